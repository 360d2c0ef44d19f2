use orm_core::prelude::*;

#[derive(FieldEnum)]
enum Status {
    Active,
}

#[derive(FieldEnum)]
enum Other {
    Active,
}

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    status: Status,
}

fn other(u: &Fields<User>) -> Filter<User> {
    u.status.eq(Other::Active)
}

fn text(u: &Fields<User>) -> Filter<User> {
    u.status.eq("Active")
}

fn main() {}
