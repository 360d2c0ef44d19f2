//! Names that say something in SQL, and models that take any text.

use orm_core::prelude::*;
use std::collections::BTreeMap;

/// Its names have all that is quoted, bound, escaped or a comment somewhere.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "no`tes\"'; DROP TABLE x; -- ? $1 :x #")]
#[allow(missing_docs)]
pub struct Odd {
    #[key(auto)]
    #[field(column = "i`d\"'? :y", rename = "'; DROP TABLE x; --")]
    pub id: i64,
    #[field(column = "DROP TABLE `a`; \"'\\ /*", rename = "\" OR 1=1 --", unique)]
    pub text: String,
    #[field(column = "select", index, default = 7)]
    pub order: i64,
    #[field(column = "%s {} {0} $1", default = "'); DROP TABLE x; -- \\".to_owned())]
    pub defaulted: String,
    #[field(column = "pa rent */")]
    pub parent: Option<i64>,
    #[belongs_to(foreign_key = parent, rename = "up`\"'")]
    pub above: One<Odd>,
    #[has_many(foreign_key = parent)]
    pub below: Many<Odd>,
}

/// Takes any text in every way there is.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "sayings")]
#[allow(missing_docs)]
pub struct Saying {
    #[key]
    pub key: String,
    #[field(unique)]
    pub text: String,
    #[field(json, default_with = BTreeMap::new)]
    pub json: BTreeMap<String, String>,
    pub other_keys: Option<Keys<String>>,
    #[has_many_by(keys = other_keys)]
    pub others: Many<Saying>,
}
