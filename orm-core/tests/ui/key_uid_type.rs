use orm_core::Model;

fn number() -> u64 {
    1
}

#[derive(Model)]
struct Named {
    #[key(uid = number)]
    id: String,
}

fn main() {}
