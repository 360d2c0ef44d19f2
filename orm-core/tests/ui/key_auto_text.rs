use orm_core::Model;

type Name = String;

#[derive(Model)]
struct User {
    #[key(auto)]
    id: String,
}

#[derive(Model)]
struct Aliased {
    #[key(auto)]
    id: Name,
}

fn main() {}
