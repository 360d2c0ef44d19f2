//! Columns that do something with what comes in.

use orm_core::prelude::*;

/// Takes what forms and scripts send.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "lenient")]
#[allow(missing_docs)]
pub struct Lenient {
    #[key]
    #[field(cast)]
    pub id: u64,
    #[field(cast, default = 0)]
    pub count: i32,
    #[field(cast, default = false)]
    pub on: bool,
    #[field(cast, default = "")]
    pub name: String,
    #[field(cast)]
    pub ratio: Option<f64>,
    #[field(cast, scale = 2)]
    pub price: Option<Decimal>,
    #[field(cast)]
    pub seen: Option<orm_core::value::Timestamp>,
    #[field(cast)]
    pub parent_id: Option<u64>,
    /// Isn't cast.
    pub exact: Option<i32>,
    #[belongs_to]
    pub parent: One<Lenient>,
    #[has_many(foreign_key = parent_id)]
    pub children: Many<Lenient>,
}

/// Is known by an address that is written in lower case.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "accounts")]
#[allow(missing_docs)]
pub struct Account {
    #[key]
    #[field(mutate = lower)]
    pub email: String,
    #[field(mutate = trimmed)]
    pub nick: Option<String>,
    #[field(mutate = i32::abs, default = -5)]
    pub score: i32,
    #[field(mutate = lower)]
    pub friend_id: Option<String>,
    #[belongs_to]
    pub friend: One<Account>,
}

fn lower(text: String) -> String {
    text.to_lowercase()
}

fn trimmed(text: String) -> String {
    text.trim().to_owned()
}
