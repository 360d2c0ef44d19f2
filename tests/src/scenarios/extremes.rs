//! Types that no other scenario has, and keys of every type.

use orm_core::prelude::*;
use orm_core::value::{Date, DateTime, Time, Timestamp};

/// Has the dates and times of the core itself.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "moments", serde)]
#[allow(missing_docs)]
pub struct Moment {
    #[key]
    pub id: u64,
    pub date: Date,
    pub time: Time,
    pub date_time: DateTime,
    pub instant: Timestamp,
}

/// Has decimals of every kind of scale, and of another crate.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "amounts")]
#[allow(missing_docs)]
pub struct Amount {
    #[key]
    pub id: u64,
    #[field(scale = 0)]
    pub whole: Decimal,
    #[field(scale = 2)]
    pub money: Decimal,
    #[field(scale = 18)]
    pub fraction: Decimal,
    #[field(scale = 4)]
    pub other: Option<rust_decimal::Decimal>,
}

macro_rules! keyed {
    ($($(#[$doc:meta])* $name:ident of $key:ty;)*) => { $(
        $(#[$doc])*
        #[derive(Model, Debug, Clone, PartialEq)]
        #[allow(missing_docs)]
        pub struct $name {
            #[key]
            pub key: $key,
            pub next: Option<$key>,
            #[belongs_to(foreign_key = next)]
            pub following: One<$name>,
        }
    )* };
}

keyed! {
    /// Is known by a signed number.
    ByNumber of i64;
    /// Is known by a number of 8 bits.
    ByByte of i8;
    /// Is known by a text.
    ByText of String;
    /// Is known by a UUID.
    ByUuid of uuid::Uuid;
    /// Is known by an instant.
    ByInstant of Timestamp;
    /// Is known by a day.
    ByDate of Date;
}
