#[derive(Model)]
pub struct Playlist {
    #[key(uid)]
    pub id: uuid::Uuid,
    pub name: String,
    #[belongs_to_many(pivot = PlaylistTrack)]
    pub tracks: Many<Track>,
}

#[derive(Model)]
pub struct PlaylistTrack {
    #[key]
    pub playlist_id: uuid::Uuid,
    #[key]
    pub track_id: u64,
}
