use orm_core::Model;
use orm_core::model::One;

#[derive(Model)]
struct Region {
    #[key]
    country: String,
    #[key]
    code: u16,
}

#[derive(Model)]
struct City {
    #[key]
    id: u64,
    region_id: u64,
    #[belongs_to]
    region: One<Region>,
}

fn main() {}
