use orm_core::Model;

#[derive(Model)]
struct Wide {
    #[key]
    a: u64,
    #[key]
    b: u64,
    #[key]
    c: u64,
    #[key]
    d: u64,
    #[key]
    e: u64,
}

#[derive(Model)]
struct Made {
    #[key(auto)]
    a: u64,
    #[key(uid)]
    b: u64,
}

#[derive(Model)]
struct Both {
    #[key(auto, uid)]
    a: u64,
}

fn main() {}
