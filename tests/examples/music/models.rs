//! A digital media store: artists and their music, customers and their invoices, playlists.

use orm_core::prelude::*;
use orm_core::value::DateTime;

#[derive(Model, Debug)]
pub(crate) struct Artist {
    #[key]
    pub(crate) id: u32,
    pub(crate) name: String,
    #[has_many]
    pub(crate) albums: Many<Album>,
}

#[derive(Model, Debug)]
pub(crate) struct Album {
    #[key]
    pub(crate) id: u32,
    pub(crate) title: String,
    pub(crate) artist_id: u32,
    #[has_many]
    pub(crate) tracks: Many<Track>,
}

#[derive(Model, Debug)]
pub(crate) struct Track {
    #[key]
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) composer: Option<String>,
    pub(crate) milliseconds: u32,
    pub(crate) bytes: u64,
    #[field(scale = 2)]
    pub(crate) unit_price: Decimal,
    pub(crate) album_id: u32,
    pub(crate) genre_id: u32,
    pub(crate) media_type_id: u32,
    #[belongs_to]
    pub(crate) genre: One<Genre>,
    #[belongs_to]
    pub(crate) media_type: One<MediaType>,
    #[has_many(foreign_key = track_id)]
    pub(crate) sales: Many<InvoiceLine>,
}

#[derive(Model, Debug)]
pub(crate) struct Genre {
    #[key]
    pub(crate) id: u32,
    pub(crate) name: String,
}

#[derive(Model, Debug)]
pub(crate) struct MediaType {
    #[key]
    pub(crate) id: u32,
    pub(crate) name: String,
}

#[derive(Model, Debug)]
pub(crate) struct Customer {
    #[key]
    pub(crate) id: u32,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) company: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) fax: Option<String>,
    pub(crate) email: String,
    pub(crate) support_rep_id: Option<u32>,
    #[belongs_to]
    pub(crate) support_rep: One<Employee>,
    #[has_many]
    pub(crate) invoices: Many<Invoice>,
}

#[derive(Model, Debug)]
pub(crate) struct Employee {
    #[key]
    pub(crate) id: u32,
    pub(crate) last_name: String,
    pub(crate) first_name: String,
    pub(crate) title: Option<String>,
    pub(crate) birth_date: Option<DateTime>,
    pub(crate) hire_date: Option<DateTime>,
    pub(crate) address: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) fax: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) manager_id: Option<u32>,
    #[belongs_to]
    pub(crate) manager: One<Employee>,
}

#[derive(Model, Debug)]
pub(crate) struct Invoice {
    #[key]
    pub(crate) id: u32,
    pub(crate) invoice_date: DateTime,
    pub(crate) billing_address: Option<String>,
    pub(crate) billing_city: Option<String>,
    pub(crate) billing_state: Option<String>,
    pub(crate) billing_country: Option<String>,
    pub(crate) billing_postal_code: Option<String>,
    #[field(scale = 2)]
    pub(crate) total: Decimal,
    pub(crate) customer_id: u32,
    #[has_many]
    pub(crate) lines: Many<InvoiceLine>,
}

#[derive(Model, Debug)]
pub(crate) struct InvoiceLine {
    #[key]
    pub(crate) id: u32,
    #[field(scale = 2)]
    pub(crate) unit_price: Decimal,
    pub(crate) quantity: u32,
    pub(crate) invoice_id: u32,
    pub(crate) track_id: u32,
    #[belongs_to]
    pub(crate) track: One<Track>,
}

#[derive(Model, Debug)]
pub(crate) struct Playlist {
    #[key]
    pub(crate) id: u32,
    pub(crate) name: String,
    #[belongs_to_many(pivot = PlaylistTrack)]
    pub(crate) tracks: Many<Track>,
}

#[derive(Model, Debug)]
pub(crate) struct PlaylistTrack {
    #[key]
    pub(crate) playlist_id: u32,
    #[key]
    pub(crate) track_id: u32,
}
