use orm_core::Model;

#[derive(Model)]
struct Tagged<T> {
    #[key]
    id: u64,
    tag: T,
}

fn main() {}
