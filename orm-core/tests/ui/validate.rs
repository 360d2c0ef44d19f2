use orm_core::prelude::*;

#[derive(Model)]
#[model(validate)]
struct Booking {
    #[key]
    id: u64,
}

#[derive(Model)]
#[model(validate = check)]
struct Guest {
    #[key]
    id: u64,
}

fn check(guest: &Guest) -> bool {
    guest.id > 0
}

fn main() {}
