//! NULL is no value to compare with, and a float is no decimal.

use orm_core::prelude::*;
use orm_core::value::Decimal;

#[derive(Model)]
struct Ware {
    #[key]
    id: u64,
    name: Option<String>,
    #[field(scale = 2)]
    price: Decimal,
}

fn nameless(ware: &Fields<Ware>) -> Filter<Ware> {
    ware.name.eq(None)
}

fn named(ware: &Fields<Ware>, name: Option<String>) -> Filter<Ware> {
    ware.name.eq(name)
}

fn cheap(ware: &Fields<Ware>) -> Filter<Ware> {
    ware.price.lt(0.5)
}

fn main() {}
