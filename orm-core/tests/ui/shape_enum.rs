use orm_core::Model;

#[derive(Model)]
enum Status {
    Open,
    Closed,
}

fn main() {}
