use orm_core::Model;

type Maybe = Option<u64>;

#[derive(Model)]
struct User {
    #[key]
    id: Option<u64>,
}

#[derive(Model)]
struct Aliased {
    #[key]
    id: Maybe,
}

fn main() {}
