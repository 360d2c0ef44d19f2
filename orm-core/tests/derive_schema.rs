//! What the derive writes into schemas.

use orm_core::Model;
use orm_core::model::schema::{EntitySchema, IndexSchema, KeySource, RelationKind, RelationSchema};
use orm_core::model::{Many, One};
use orm_core::value::{Decimal, Kind, Value};
use std::any::TypeId;

#[derive(Model, Debug, Clone, PartialEq)]
#[model(rename_all = "camelCase", deny_unknown_fields)]
#[index(last_name, first_name)]
#[unique(first_name, born)]
struct Customer {
    #[key]
    id: u64,
    first_name: String,
    #[field(rename = "surname", column = "family_name")]
    last_name: String,
    #[field(unique)]
    email: Option<String>,
    #[field(default = 18, index)]
    born: i32,
    #[field(default = "none yet")]
    note: Option<String>,
    #[field(default_with = always)]
    active: bool,
    #[field(scale = 2)]
    credit: Option<Decimal>,
    #[has_many]
    all_orders: Many<Order>,
    #[has_one(foreign_key = customer_id, local_key = id, rename = "the-profile")]
    profile: One<Profile>,
}

fn always() -> bool {
    true
}

#[derive(Model, Debug, Clone, PartialEq)]
struct Order {
    #[key(auto)]
    number: i64,
    customer_id: u32,
    shipped_to: Option<u64>,
    #[belongs_to]
    customer: One<Customer>,
    #[belongs_to(foreign_key = shipped_to, owner_key = id)]
    receiver: One<Customer>,
}

#[derive(Model, Debug, Clone, PartialEq)]
struct Profile {
    #[key(uid = next_code)]
    code: String,
    #[field(unique)]
    customer_id: u64,
    #[belongs_to]
    customer: One<Customer>,
}

fn next_code() -> String {
    "p-1".to_owned()
}

fn schema<M: Model>() -> &'static EntitySchema {
    M::schema()
}

fn indexes(schema: &'static EntitySchema) -> Vec<(&'static [usize], bool)> {
    let of = |i: &'static IndexSchema| (i.fields, i.unique);
    schema.indexes.iter().map(of).collect()
}

fn meeting(relation: &RelationSchema) -> (RelationKind, &'static str, &[usize], &[usize]) {
    let target = (relation.target)();
    (relation.kind, target.model, relation.from, relation.to)
}

#[test]
fn entities_have_names_and_an_identity() {
    let customers = schema::<Customer>();
    assert_eq!((customers.name, customers.model), ("customers", "Customer"));
    assert_eq!((customers.type_id)(), TypeId::of::<Customer>());
    assert!(std::ptr::eq(customers, schema::<Customer>()));
    assert!(customers.is(schema::<Customer>()));
    assert!(!customers.is(schema::<Order>()));
    assert!(customers.deny_unknown_fields);
    assert!(!schema::<Order>().deny_unknown_fields);
}

#[test]
fn columns_have_names_kinds_and_nullability() {
    let columns: Vec<_> =
        schema::<Customer>().fields.iter().map(|f| (f.field, f.name, f.column, f.kind, f.nullable)).collect();
    assert_eq!(
        columns,
        [
            ("id", "id", "id", Kind::U64, false),
            ("first_name", "firstName", "first_name", Kind::Text, false),
            ("last_name", "surname", "family_name", Kind::Text, false),
            ("email", "email", "email", Kind::Text, true),
            ("born", "born", "born", Kind::I32, false),
            ("note", "note", "note", Kind::Text, true),
            ("active", "active", "active", Kind::Bool, false),
            ("credit", "credit", "credit", Kind::Decimal(2), true),
        ]
    );
    assert_eq!(Customer::COLUMNS[2], ("last_name", Kind::Text));
    assert_eq!(Customer::KEY, [0]);
}

#[test]
fn defaults_make_values() {
    let made: Vec<_> = schema::<Customer>().fields.iter().map(|f| f.default.map(|make| make())).collect();
    assert_eq!(made[4], Some(Value::Int(18)));
    assert_eq!(made[5], Some(Value::Text("none yet".into())));
    assert_eq!(made[6], Some(Value::Bool(true)));
    assert_eq!(made.iter().flatten().count(), 3);
}

#[test]
fn keys_have_sources() {
    assert!(matches!(schema::<Customer>().key_source, KeySource::Given));
    assert!(matches!(schema::<Order>().key_source, KeySource::Storage));
    let KeySource::Made(make) = schema::<Profile>().key_source else {
        panic!("made by a function");
    };
    assert_eq!(make(), Value::Text("p-1".into()));
    assert_eq!(schema::<Order>().key, [0]);
}

#[test]
fn indexes_are_those_asked_for_and_the_foreign_keys() {
    assert_eq!(
        indexes(schema::<Customer>()),
        [(&[3][..], true), (&[4], false), (&[2, 1], false), (&[1, 4], true)]
    );
    assert_eq!(indexes(schema::<Order>()), [(&[1][..], false), (&[2], false)]);
    // One index serves both: the unique one that is asked for.
    assert_eq!(indexes(schema::<Profile>()), [(&[1][..], true)]);
}

#[test]
fn relations_say_which_columns_meet() {
    let [orders, profile] = schema::<Customer>().relations else {
        panic!("two relations");
    };
    assert_eq!(meeting(orders), (RelationKind::HasMany, "Order", &[0][..], &[1][..]));
    assert_eq!((orders.model, orders.field, orders.name), ("Customer", "all_orders", "allOrders"));
    assert_eq!(meeting(profile), (RelationKind::HasOne, "Profile", &[0][..], &[1][..]));
    assert_eq!((profile.field, profile.name), ("profile", "the-profile"));
    let [customer, receiver] = schema::<Order>().relations else {
        panic!("two relations");
    };
    assert_eq!(meeting(customer), (RelationKind::BelongsTo, "Customer", &[1][..], &[0][..]));
    assert_eq!(meeting(receiver), (RelationKind::BelongsTo, "Customer", &[2][..], &[0][..]));
    assert_ne!(customer, receiver);
    assert!(customer.pivot.is_none());
}

#[test]
fn models_in_circles_reach_each_other() {
    let names = |from: &'static EntitySchema| -> Vec<_> { from.reach().iter().map(|e| e.name).collect() };
    assert_eq!(names(schema::<Customer>()), ["customers", "orders", "profiles"]);
    assert_eq!(names(schema::<Profile>()), ["profiles", "customers", "orders"]);
}

#[derive(Model, Debug, Clone)]
struct Employee {
    #[key]
    id: u64,
    employee_id: Option<u64>,
    manager_id: Option<u64>,
    #[belongs_to]
    manager: One<Employee>,
    #[has_many(foreign_key = manager_id)]
    reports: Many<Self>,
    #[has_many]
    others: Many<Employee>,
}

#[test]
fn a_model_may_refer_to_itself() {
    let employees = schema::<Employee>();
    let [manager, reports, others] = employees.relations else {
        panic!("three relations");
    };
    assert_eq!(meeting(manager), (RelationKind::BelongsTo, "Employee", &[2][..], &[0][..]));
    assert_eq!(meeting(reports), (RelationKind::HasMany, "Employee", &[0][..], &[2][..]));
    assert_eq!(meeting(others), (RelationKind::HasMany, "Employee", &[0][..], &[1][..]));
    assert_eq!(employees.reach().len(), 1);
}

mod library {
    use super::*;

    #[derive(Model, Debug, Clone)]
    pub(super) struct Playlist {
        #[key]
        id: u64,
        #[belongs_to_many(pivot = PlaylistTrack)]
        tracks: Many<Track>,
        #[belongs_to_many(
            pivot = self::PlaylistTrack,
            foreign_key = playlist_id,
            related_key = hidden_isrc,
            local_key = id,
            owner_key = isrc
        )]
        hidden: Many<Track>,
    }

    #[derive(Model, Debug, Clone)]
    pub(super) struct Track {
        title: String,
        #[key]
        id: u64,
        isrc: String,
    }

    #[derive(Model, Debug, Clone)]
    pub(super) struct PlaylistTrack {
        #[key]
        track_id: u64,
        #[key]
        playlist_id: u64,
        position: Option<u32>,
        hidden_isrc: Option<String>,
        #[belongs_to]
        track: One<Track>,
        #[belongs_to]
        playlist: One<Playlist>,
    }
}
use library::{Playlist, PlaylistTrack};

#[test]
fn a_pivot_stands_between_two() {
    let [tracks, hidden] = schema::<Playlist>().relations else {
        panic!("two relations");
    };
    assert_eq!(meeting(tracks), (RelationKind::BelongsToMany, "Track", &[0][..], &[1][..]));
    assert_eq!(meeting(hidden), (RelationKind::BelongsToMany, "Track", &[0][..], &[2][..]));
    let pivot = |r: &'static RelationSchema| {
        let pivot = r.pivot.as_ref().expect("a pivot");
        ((pivot.entity)().model, pivot.from, pivot.to)
    };
    assert_eq!(pivot(tracks), ("PlaylistTrack", &[1][..], &[0][..]));
    assert_eq!(pivot(hidden), ("PlaylistTrack", &[1][..], &[3][..]));
    let entities: Vec<_> = schema::<Playlist>().reach().iter().map(|e| e.name).collect();
    assert_eq!(entities, ["playlists", "tracks", "playlist_tracks"]);
    assert_eq!(schema::<PlaylistTrack>().key, [0, 1]);
}

#[derive(Model, Debug, Clone)]
struct Region {
    #[key]
    country: String,
    #[key]
    code: u16,
    #[has_many(foreign_key = (country, region_code))]
    cities: Many<City>,
}

#[derive(Model, Debug, Clone)]
struct City {
    region_code: u16,
    #[key]
    id: u32,
    country: String,
    #[belongs_to(foreign_key = (country, region_code))]
    region: One<Region>,
    #[belongs_to(foreign_key = (country, region_code), owner_key = (country, code))]
    same: One<Region>,
}

#[test]
fn composite_keys_meet_column_by_column() {
    assert_eq!(schema::<Region>().key, [0, 1]);
    let cities = &schema::<Region>().relations[0];
    assert_eq!(meeting(cities), (RelationKind::HasMany, "City", &[0, 1][..], &[2, 0][..]));
    let [region, same] = schema::<City>().relations else {
        panic!("two relations");
    };
    for relation in [region, same] {
        assert_eq!(meeting(relation), (RelationKind::BelongsTo, "Region", &[2, 0][..], &[0, 1][..]));
    }
    // Two relations over the same columns share an index.
    assert_eq!(indexes(schema::<City>()), [(&[2, 0][..], false)]);
}

#[cfg(feature = "uuid")]
mod uid {
    use super::*;

    #[derive(Model)]
    struct Token {
        #[key(uid)]
        id: uuid::Uuid,
    }

    #[test]
    fn keys_are_made_in_order() {
        let KeySource::Made(make) = schema::<Token>().key_source else {
            panic!("made here");
        };
        let (Value::Uuid(first), Value::Uuid(second)) = (make(), make()) else {
            panic!("UUIDs");
        };
        assert_eq!(first[6] >> 4, 7);
        assert!(first < second);
    }
}
