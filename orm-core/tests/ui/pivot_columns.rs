use orm_core::Model;
use orm_core::model::Many;

#[derive(Model)]
struct Playlist {
    #[key]
    id: u64,
    #[belongs_to_many(pivot = PlaylistTrack)]
    tracks: Many<Track>,
    #[belongs_to_many(pivot = PlaylistTrack, related_key = song)]
    songs: Many<Track>,
}

#[derive(Model)]
struct Track {
    #[key]
    id: u64,
}

#[derive(Model)]
struct PlaylistTrack {
    #[key]
    playlist_id: u64,
    #[key]
    song: String,
}

fn main() {}
