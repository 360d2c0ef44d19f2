use orm_core::Model;

#[derive(Model)]
#[index(nam)]
#[unique(name, name)]
#[index]
struct User {
    #[key]
    id: u64,
    #[unique]
    name: String,
}

fn main() {}
