//! A column of every type.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Utc};
use orm_core::prelude::*;

/// Has a column of every type that can't be NULL.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "every_type")]
#[allow(missing_docs)]
pub struct Everything {
    #[key]
    pub id: u64,
    pub bool: bool,
    pub i8: i8,
    pub i16: i16,
    pub i32: i32,
    pub i64: i64,
    pub u8: u8,
    pub u16: u16,
    pub u32: u32,
    pub u64: u64,
    pub f32: f32,
    pub f64: f64,
    pub text: String,
    pub bytes: Vec<u8>,
    pub uuid: uuid::Uuid,
    pub date: NaiveDate,
    pub time: NaiveTime,
    pub date_time: NaiveDateTime,
    pub instant: chrono::DateTime<Utc>,
    #[field(scale = 3)]
    pub decimal: Decimal,
}

/// Has a column of every type that can be NULL.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "maybe_every_type")]
#[allow(missing_docs)]
pub struct Maybe {
    #[key]
    pub id: u64,
    pub bool: Option<bool>,
    pub i32: Option<i32>,
    pub u64: Option<u64>,
    pub f64: Option<f64>,
    pub text: Option<String>,
    pub bytes: Option<Vec<u8>>,
    pub uuid: Option<uuid::Uuid>,
    pub date: Option<NaiveDate>,
    pub time: Option<NaiveTime>,
    pub date_time: Option<NaiveDateTime>,
    pub instant: Option<chrono::DateTime<Utc>>,
    pub decimal: Option<Decimal>,
    #[field(column = "select", rename = "from")]
    pub r#where: Option<String>,
}
