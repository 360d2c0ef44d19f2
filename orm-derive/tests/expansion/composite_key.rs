#[derive(Model)]
pub struct Seat {
    #[key]
    pub row: String,
    #[key]
    pub number: u32,
    #[has_many(foreign_key = (seat_row, seat_number))]
    pub bookings: Many<Booking>,
}
