//! Orders of customers, of which sums and groups are made.

use orm_core::prelude::*;
use orm_core::value::Date;

/// Where customers live.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Country {
    /// The key is text.
    #[key]
    pub code: String,
    /// The name.
    pub name: String,
}

/// Gives orders.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Customer {
    /// The key.
    #[key]
    pub id: u32,
    /// The name.
    pub name: String,
    /// The code of the country, where it is known.
    pub country_code: Option<String>,
    /// The country.
    #[belongs_to(foreign_key = country_code)]
    pub country: One<Country>,
    /// What was ordered.
    #[has_many]
    pub orders: Many<Order>,
}

/// What was ordered.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Order {
    /// The key.
    #[key]
    pub id: u64,
    /// Who ordered, where it is known.
    pub customer_id: Option<u32>,
    /// How far it is.
    pub status: Option<String>,
    /// How many pieces.
    pub pieces: i32,
    /// A number of all 64 bits.
    #[field(default = 0)]
    pub big: i64,
    /// What it costs.
    #[field(scale = 2)]
    pub price: Decimal,
    /// What it weighs, where it was weighed.
    pub weight: Option<f64>,
    /// When it was ordered.
    pub day: Date,
    /// Whether it is paid.
    #[field(default = false)]
    pub paid: bool,
    /// Who ordered.
    #[belongs_to]
    pub customer: One<Customer>,
}

/// Two prices of different scales.
#[derive(Model, Debug, Clone, PartialEq)]
pub struct Bid {
    /// The key.
    #[key]
    pub id: u64,
    /// With one digit.
    #[field(scale = 1)]
    pub coarse: Decimal,
    /// With four digits, where there is one.
    #[field(scale = 4)]
    pub fine: Option<Decimal>,
}

/// Six orders: of Ada in France 1 to 3, of Bo in Peru 4, of Cy in no country 5, of nobody 6.
pub const SHOP: &str = r#"[
    { "id": 1, "name": "Ada", "country": { "code": "fr", "name": "France" }, "orders": [
        { "id": 1, "status": "open", "pieces": 1, "price": "0.10", "weight": 1.5, "day": "2024-05-01" },
        { "id": 2, "status": "open", "pieces": 2, "price": "0.20", "day": "2024-05-03", "paid": true },
        { "id": 3, "status": "sent", "pieces": 3, "price": "10.00", "weight": 0.25, "day": "2023-01-01" }] },
    { "id": 2, "name": "Bo", "country": { "code": "pe", "name": "Peru" }, "orders": [
        { "id": 4, "status": "sent", "pieces": -4, "price": "-2.50", "weight": 4.0, "day": "2025-12-31" }] },
    { "id": 3, "name": "Cy", "orders": [{ "id": 5, "pieces": 5, "price": "7.77", "day": "2024-05-03" }] }
]"#;

/// The order of nobody.
pub const NOBODYS: &str =
    r#"{ "id": 6, "pieces": 6, "price": "1", "weight": 2, "day": "2024-05-03", "paid": true }"#;
