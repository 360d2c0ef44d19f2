//! A digital media store: artists and their music, customers and their invoices, playlists.

use orm_core::prelude::*;
use orm_core::value::DateTime;

#[derive(Model, Debug)]
pub struct Artist {
    #[key]
    pub id: u32,
    pub name: String,
    #[has_many]
    pub albums: Many<Album>,
}

#[derive(Model, Debug)]
pub struct Album {
    #[key]
    pub id: u32,
    pub title: String,
    pub artist_id: u32,
    #[has_many]
    pub tracks: Many<Track>,
}

#[derive(Model, Debug)]
pub struct Track {
    #[key]
    pub id: u32,
    pub name: String,
    pub composer: Option<String>,
    pub milliseconds: u32,
    pub bytes: u64,
    #[field(scale = 2)]
    pub unit_price: Decimal,
    pub album_id: u32,
    pub genre_id: u32,
    pub media_type_id: u32,
    #[belongs_to]
    pub genre: One<Genre>,
    #[belongs_to]
    pub media_type: One<MediaType>,
    #[has_many(foreign_key = track_id)]
    pub sales: Many<InvoiceLine>,
}

#[derive(Model, Debug)]
pub struct Genre {
    #[key]
    pub id: u32,
    pub name: String,
}

#[derive(Model, Debug)]
pub struct MediaType {
    #[key]
    pub id: u32,
    pub name: String,
}

#[derive(Model, Debug)]
pub struct Customer {
    #[key]
    pub id: u32,
    pub first_name: String,
    pub last_name: String,
    pub company: Option<String>,
    pub address: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: Option<String>,
    pub postal_code: Option<String>,
    pub phone: Option<String>,
    pub fax: Option<String>,
    pub email: String,
    pub support_rep_id: Option<u32>,
    #[belongs_to]
    pub support_rep: One<Employee>,
    #[has_many]
    pub invoices: Many<Invoice>,
}

#[derive(Model, Debug)]
pub struct Employee {
    #[key]
    pub id: u32,
    pub last_name: String,
    pub first_name: String,
    pub title: Option<String>,
    pub birth_date: Option<DateTime>,
    pub hire_date: Option<DateTime>,
    pub address: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: Option<String>,
    pub postal_code: Option<String>,
    pub phone: Option<String>,
    pub fax: Option<String>,
    pub email: Option<String>,
    pub manager_id: Option<u32>,
    #[belongs_to]
    pub manager: One<Employee>,
}

#[derive(Model, Debug)]
pub struct Invoice {
    #[key]
    pub id: u32,
    pub invoice_date: DateTime,
    pub billing_address: Option<String>,
    pub billing_city: Option<String>,
    pub billing_state: Option<String>,
    pub billing_country: Option<String>,
    pub billing_postal_code: Option<String>,
    #[field(scale = 2)]
    pub total: Decimal,
    pub customer_id: u32,
    #[has_many]
    pub lines: Many<InvoiceLine>,
}

#[derive(Model, Debug)]
pub struct InvoiceLine {
    #[key]
    pub id: u32,
    #[field(scale = 2)]
    pub unit_price: Decimal,
    pub quantity: u32,
    pub invoice_id: u32,
    pub track_id: u32,
    #[belongs_to]
    pub track: One<Track>,
}

#[derive(Model, Debug)]
pub struct Playlist {
    #[key]
    pub id: u32,
    pub name: String,
    #[belongs_to_many(pivot = PlaylistTrack)]
    pub tracks: Many<Track>,
}

#[derive(Model, Debug)]
pub struct PlaylistTrack {
    #[key]
    pub playlist_id: u32,
    #[key]
    pub track_id: u32,
}
