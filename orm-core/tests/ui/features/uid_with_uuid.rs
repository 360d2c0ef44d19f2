use orm_core::Model;

#[derive(Model)]
struct Token {
    #[key(uid)]
    id: u64,
}

fn main() {}
