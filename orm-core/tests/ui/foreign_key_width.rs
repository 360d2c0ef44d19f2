use orm_core::Model;
use orm_core::model::{Many, One};

#[derive(Model)]
struct Region {
    #[key]
    country: String,
    #[key]
    code: u16,
    #[has_many]
    cities: Many<City>,
    #[has_many(foreign_key = country)]
    towns: Many<City>,
}

#[derive(Model)]
struct City {
    #[key]
    id: u64,
    country: String,
    region_code: u16,
    #[belongs_to(foreign_key = (country, region_code), owner_key = code)]
    region: One<Region>,
}

fn main() {}
