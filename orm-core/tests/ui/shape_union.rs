use orm_core::Model;

#[derive(Model)]
union Either {
    a: u64,
    b: i64,
}

fn main() {}
