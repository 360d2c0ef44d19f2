use orm_core::Model;
use orm_core::model::Many;

#[derive(Model)]
struct Playlist {
    #[key]
    id: u64,
    #[belongs_to_many]
    tracks: Many<Track>,
}

#[derive(Model)]
struct Track {
    #[key]
    id: u64,
}

fn main() {}
