use orm_core::Model;

#[derive(Model)]
#[key]
struct User {
    #[key]
    #[model(entity = "x")]
    id: u64,
}

fn main() {}
