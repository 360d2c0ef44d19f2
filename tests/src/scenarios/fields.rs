//! Columns that do something with what comes in.

use orm_core::prelude::*;
use orm_core::value::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

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
    pub seen: Option<Timestamp>,
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

/// Stored as text.
#[derive(FieldEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[field_enum(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Status {
    Active,
    InReview,
    #[field_enum(rename = "off")]
    Suspended,
}

/// Stored as a number.
#[derive(FieldEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[field_enum(number)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Level {
    Low = 1,
    High = 10,
    Top,
}

/// Is known by an enum and another.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "tasks")]
#[allow(missing_docs)]
pub struct Task {
    #[key]
    pub id: u64,
    #[field(default = Status::Active, index)]
    pub status: Status,
    pub before: Option<Status>,
    #[field(cast, default = Level::Low)]
    pub level: Level,
    #[belongs_to(foreign_key = level)]
    pub about: One<LevelText>,
}

/// Has an enum as its key.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "level_texts")]
#[allow(missing_docs)]
pub struct LevelText {
    #[key]
    pub level: Level,
    pub text: String,
}

/// What a column holds as JSON.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Default)]
#[allow(missing_docs)]
pub struct Settings {
    pub theme: String,
    #[serde(default)]
    pub sizes: HashMap<String, u8>,
}

/// Has JSON of every form.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "pages")]
#[allow(missing_docs)]
pub struct Page {
    #[key]
    pub id: u64,
    #[field(json, default = Settings::default(), mutate = lower_theme)]
    pub settings: Settings,
    #[field(json)]
    pub draft: Option<Settings>,
    #[field(default_with = empty)]
    pub any: serde_json::Value,
    pub maybe: Option<serde_json::Value>,
    #[field(json, default_with = Vec::new)]
    pub tags: Vec<String>,
}

fn lower_theme(settings: Settings) -> Settings {
    Settings { theme: settings.theme.to_lowercase(), ..settings }
}

fn empty() -> serde_json::Value {
    serde_json::json!({})
}

/// Knows when it was written.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "notes", timestamps)]
#[allow(missing_docs)]
pub struct Note {
    #[key]
    pub id: u64,
    #[field(default = "")]
    pub text: String,
    pub parent_id: Option<u64>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[has_many(foreign_key = note_id)]
    pub marks: Many<Mark>,
    #[belongs_to_many(pivot = NoteMark, foreign_key = note_id, related_key = mark_id)]
    pub shared: Many<Mark>,
}

/// The same by names and types of its own.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "marks")]
#[allow(missing_docs)]
pub struct Mark {
    #[key(auto)]
    pub id: u64,
    pub note_id: Option<u64>,
    #[field(created_at)]
    pub born: chrono::DateTime<chrono::Utc>,
    #[field(updated_at)]
    pub touched: Option<chrono::DateTime<chrono::Utc>>,
}

/// Ties notes to marks.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "notes_marks", timestamps)]
#[allow(missing_docs)]
pub struct NoteMark {
    #[key]
    pub note_id: u64,
    #[key]
    pub mark_id: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Goes through serde.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "members", serde, rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Member {
    #[key]
    pub id: u64,
    pub full_name: String,
    #[field(hidden)]
    pub password: Option<String>,
    #[field(cast, default = 1)]
    pub level: i32,
    #[field(default = Status::Active)]
    pub status: Status,
    #[field(json, default = Settings::default())]
    pub settings: Settings,
    pub ratio: Option<f32>,
    #[field(scale = 2)]
    pub price: Option<Decimal>,
    pub seen: Option<Timestamp>,
    pub token: Option<uuid::Uuid>,
    pub bytes: Option<Vec<u8>>,
    pub boss_id: Option<u64>,
    #[belongs_to]
    pub boss: One<Member>,
    #[has_many(foreign_key = boss_id, rename = "staff")]
    pub people: Many<Member>,
    #[has_many]
    pub badges: Many<Badge>,
}

/// Is strict about what comes in.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "badges", serde, deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Badge {
    #[key]
    pub id: u64,
    #[field(rename = "member")]
    pub member_id: Option<u64>,
    pub rank: Option<Rank>,
}

/// Goes through serde by itself, too.
#[derive(FieldEnum, Debug, Clone, Copy, PartialEq, Eq)]
#[field_enum(serde, rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Rank {
    Gold,
    Silver,
}

/// Is embedded.
#[derive(Embedded, Debug, Clone, PartialEq)]
#[embedded(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Address {
    pub street: String,
    #[field(cast, column = "postal")]
    pub zip_code: String,
    #[field(default = "AT", mutate = upper)]
    pub country: String,
    pub floor: Option<i32>,
    #[field(json, hidden, default_with = Vec::new)]
    pub notes: Vec<String>,
}

fn upper(text: String) -> String {
    text.to_uppercase()
}

/// Is embedded, too.
#[derive(Embedded, Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct Point {
    pub x: i32,
    pub y: i32,
}

/// Embeds one struct twice and another that may be missing.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "sites", serde, deny_unknown_fields)]
#[unique(name, home.zip_code)]
#[index(work.country, id)]
#[allow(missing_docs)]
pub struct Site {
    #[key]
    pub id: u64,
    #[field(embed)]
    pub home: Address,
    #[field(default = "")]
    pub name: String,
    #[field(embed = "w_", rename = "office")]
    pub work: Option<Address>,
    pub parent_id: Option<u64>,
    #[field(embed = "")]
    pub at: Option<Point>,
    #[has_many(foreign_key = parent_id)]
    pub parts: Many<Site>,
}

/// Is checked before it is stored.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "bookings", validate)]
#[allow(missing_docs)]
pub struct Booking {
    #[key(auto)]
    pub id: u64,
    pub first: i32,
    #[field(default = 10)]
    pub last: i32,
    pub room_id: Option<u64>,
    #[has_many]
    pub guests: Many<Guest>,
    #[belongs_to]
    pub room: One<Room>,
}

impl Validate for Booking {
    type Error = String;
    fn validate(&self) -> Result<(), String> {
        if self.first <= self.last { Ok(()) } else { Err(format!("{} is after {}", self.first, self.last)) }
    }
}

/// Is checked by a function.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "guests", validate = named)]
#[allow(missing_docs)]
pub struct Guest {
    #[key]
    pub id: u64,
    pub name: String,
    #[field(default = false)]
    pub vip: bool,
    pub booking_id: Option<u64>,
}

fn named(guest: &Guest) -> Result<(), &'static str> {
    if guest.name.is_empty() { Err("a guest has a name") } else { Ok(()) }
}

/// Is checked by nobody.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "rooms")]
#[allow(missing_docs)]
pub struct Room {
    #[key]
    pub id: u64,
    #[has_many]
    pub bookings: Many<Booking>,
    #[belongs_to_many(pivot = Visit)]
    pub visitors: Many<Guest>,
}

/// Ties rooms to guests; needs what no nesting says of it.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "visits", validate = lucky)]
#[allow(missing_docs)]
pub struct Visit {
    #[key]
    pub room_id: u64,
    #[key]
    pub guest_id: u64,
    #[field(default = 0)]
    pub hours: i32,
}

fn lucky(visit: &Visit) -> Result<(), &'static str> {
    if visit.room_id == 13 { Err("nobody visits room 13") } else { Ok(()) }
}

/// Has columns with whatever attributes fit together.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "wares", rename_all = "camelCase")]
#[unique(shelf, place)]
#[index(net_price, shelf)]
#[allow(missing_docs)]
pub struct Ware {
    #[key(uid = next_code)]
    pub code: String,
    #[field(scale = 2, default = 1)]
    pub net_price: rust_decimal::Decimal,
    #[field(scale = 4)]
    pub weight: Option<rust_decimal::Decimal>,
    pub shelf: Option<String>,
    pub place: Option<i16>,
    #[field(unique, column = "bar code", rename = "ean")]
    pub bar_code: Option<String>,
    #[field(default_with = Vec::new)]
    pub image: Vec<u8>,
    #[field(default_with = today)]
    pub since: chrono::NaiveDate,
}

fn next_code() -> String {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
    format!("W{}", NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
}

fn today() -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2000, 2, 29).unwrap_or_default()
}

/// Has numbers that no signed integer of 64 bits holds.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "stars", serde)]
#[allow(missing_docs)]
pub struct Star {
    #[key]
    #[field(decimal)]
    pub id: u64,
    #[field(decimal, default = u64::MAX, mutate = even)]
    pub mass: u64,
    #[field(decimal, cast, index)]
    pub sun_id: Option<u64>,
    #[belongs_to]
    pub sun: One<Star>,
    #[has_many(foreign_key = sun_id)]
    pub planets: Many<Star>,
}

fn even(n: u64) -> u64 {
    n & !1
}
