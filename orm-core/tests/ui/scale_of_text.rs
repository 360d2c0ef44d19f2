use orm_core::Model;

#[derive(Model)]
struct Price {
    #[key]
    id: u64,
    #[field(scale = 2)]
    amount: String,
}

fn main() {}
