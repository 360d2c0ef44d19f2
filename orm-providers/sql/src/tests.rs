//! The texts of representative plans, in a plain dialect.

use crate::raw::Lexis;
use crate::shape::{Shape, describe};
use crate::{Dialect, Renderer, prefix_end};
use orm_core::model::schema::{
    EntitySchema, FieldSchema, IndexSchema, KeySource, PivotSchema, RelationKind, RelationSchema,
};
use orm_core::plan::{
    Aggregate, Assignment, ColumnPath, CompareOp, Grouping, Join, KeySet, Output, Predicate, Related, Rows,
    Select, Sort, TextMatch,
};
use orm_core::value::{Decimal, Kind, Value, ValueList, ValueRef};
use std::any::TypeId;
use std::fmt::Write as _;
use std::sync::Arc;

/// A dialect like PostgreSQL's, to see that nothing of SQLite's is presumed.
pub(crate) struct Plain;

impl Dialect for Plain {
    fn lexis(&self) -> Lexis {
        Lexis::POSTGRES
    }

    fn table(&self, out: &mut String, namespace: &str, entity: &EntitySchema) {
        let _ = write!(out, "\"{namespace}\".\"{}\"", entity.name.replace('"', "\"\""));
    }
    fn placeholder(&self, out: &mut String, place: usize) {
        let _ = write!(out, "${place}");
    }
    fn in_list(&self, out: &mut String, column: &str, place: usize, _: Kind) {
        let _ = write!(out, "{column} = ANY(${place})");
    }
    fn list_rows(&self, out: &mut String, place: usize, _: Kind) -> bool {
        let _ = write!(out, "SELECT rows(${place})");
        true
    }
    fn in_listed(&self, out: &mut String, column: &str, list: &str, _: Kind) {
        let _ = write!(out, "{column} IN (SELECT jsonb_array_elements({list}))");
    }
    fn in_keys(&self, out: &mut String, columns: &[String], place: usize, _: &[Kind]) {
        let _ = write!(out, "({}) IN (SELECT * FROM keys(${place}))", columns.join(", "));
    }
    fn text_match(&self, out: &mut String, how: TextMatch, column: &str, place: usize) {
        let _ = write!(out, "{column} {how:?} ${place}");
    }
    fn order(&self, out: &mut String, column: &str, sort: Sort) {
        let nulls = if sort.nulls_first { "FIRST" } else { "LAST" };
        let way = if sort.descending { "DESC" } else { "ASC" };
        let _ = write!(out, "{column} {way} NULLS {nulls}");
    }
    fn limit(&self, out: &mut String, limit: Option<usize>, offset: Option<usize>) {
        for (word, place) in [("LIMIT", limit), ("OFFSET", offset)] {
            if let Some(place) = place {
                let _ = write!(out, " {word} ${place}");
            }
        }
    }
    fn upsert(&self, out: &mut String, key: &[String], overwrite: &[String]) {
        let _ = write!(out, " ON ({}) SET ({})", key.join(", "), overwrite.join(", "));
    }
    fn add(&self, out: &mut String, column: &str, place: usize, _: usize, _: Kind) {
        let _ = write!(out, "{column} + ${place}");
    }
    fn column_definition(&self, out: &mut String, entity: &EntitySchema, column: usize) {
        let _ = write!(out, "{:?}", entity.field(column).kind);
    }
    fn defines_key(&self, _: &EntitySchema) -> bool {
        false
    }
}

const fn field(name: &'static str, kind: Kind) -> FieldSchema {
    FieldSchema { field: name, name, column: name, kind, nullable: false, default: None, ..FieldSchema::BASE }
}

pub(crate) static USERS: EntitySchema = EntitySchema {
    name: "users",
    model: "User",
    type_id: TypeId::of::<u8>,
    fields: &[field("id", Kind::I64), field("order", Kind::Text), field("pay\"", Kind::Decimal(2))],
    key: &[0],
    key_source: KeySource::Given,
    indexes: &[IndexSchema { fields: &[1, 2], unique: true }],
    relations: &[
        RelationSchema {
            model: "User",
            field: "teams",
            name: "teams",
            kind: RelationKind::BelongsToMany,
            target: || &TEAMS,
            from: &[0],
            to: &[0, 1],
            pivot: Some(PivotSchema { entity: || &MEMBERS, from: &[0], to: &[1, 2] }),
            ..RelationSchema::BASE
        },
        RelationSchema {
            model: "User",
            field: "members",
            name: "members",
            kind: RelationKind::HasMany,
            target: || &MEMBERS,
            from: &[0],
            to: &[0],
            pivot: None,
            ..RelationSchema::BASE
        },
    ],
    deny_unknown_fields: false,
    ..EntitySchema::BASE
};

static TEAMS: EntitySchema = EntitySchema {
    name: "teams",
    model: "Team",
    type_id: TypeId::of::<u16>,
    fields: &[field("a", Kind::I64), field("b", Kind::Text)],
    key: &[0, 1],
    key_source: KeySource::Given,
    indexes: &[],
    relations: &[],
    deny_unknown_fields: false,
    ..EntitySchema::BASE
};

static MEMBERS: EntitySchema = EntitySchema {
    name: "members",
    model: "Member",
    type_id: TypeId::of::<u32>,
    fields: &[
        field("user", Kind::I64),
        field("a", Kind::I64),
        field("b", Kind::Text),
        field("role", Kind::Text),
    ],
    key: &[0, 1, 2],
    key_source: KeySource::Given,
    indexes: &[],
    relations: &[RelationSchema {
        model: "Member",
        field: "of",
        name: "of",
        kind: RelationKind::BelongsTo,
        target: || &USERS,
        from: &[0],
        to: &[0],
        ..RelationSchema::BASE
    }],
    deny_unknown_fields: false,
    ..EntitySchema::BASE
};

pub(crate) const RENDER: Renderer<'static> = Renderer { dialect: &Plain, namespace: "n" };

/// The text, the shape and the binds of a select; each bind has one placeholder.
pub(crate) fn all_of(plan: &Select) -> (String, Vec<u8>, Vec<String>) {
    let mut key = Vec::new();
    let mut shape = Shape::new(&mut key);
    shape.select(plan).unwrap();
    let binds: Vec<String> = shape.into_binds().iter().map(|b| describe(b).into_owned()).collect();
    let text = RENDER.select(plan).unwrap();
    for place in 1..=binds.len() {
        assert!(text.contains(&format!("${place}")), "{text} lacks {place}");
    }
    assert!(!text.contains(&format!("${}", binds.len() + 1)), "{text}");
    (text, key, binds)
}

pub(crate) fn filtered(filter: Predicate) -> Select {
    Select { filter, ..Select::all(&USERS) }
}

fn condition(filter: Predicate) -> String {
    let (text, ..) = all_of(&filtered(filter));
    let (_, condition) = text.split_once(" WHERE ").unwrap();
    condition.replace("t0.", "")
}

fn compare(column: usize, op: CompareOp, value: Value) -> Predicate {
    Predicate::Compare { column, op, value }
}

fn keys(n: i64) -> Arc<KeySet> {
    let mut set = KeySet::new([Kind::I64]);
    (0..n).for_each(|k| assert!(set.push(|_| ValueRef::Int(k))));
    Arc::new(set)
}

#[test]
fn selects() {
    let all = r#"SELECT t0."id", t0."order", t0."pay""" FROM "n"."users" AS t0"#;
    assert_eq!(all_of(&Select::all(&USERS)).0, all);
    let plan = Select {
        order: vec![Sort { column: 1, descending: true, nulls_first: false }],
        offset: 5,
        limit: Some(10),
        ..Select::all(&USERS)
    };
    let (text, _, binds) = all_of(&plan);
    let order = r#" ORDER BY t0."order" DESC NULLS LAST, t0."id" ASC NULLS FIRST"#;
    assert_eq!(text, format!("{all}{order} LIMIT $1 OFFSET $2"));
    assert_eq!(binds, ["integer 10", "integer 5"]);
    let count = Select { output: Output::Count, ..plan.clone() };
    assert_eq!(
        all_of(&count).0,
        r#"SELECT COUNT(*) FROM (SELECT 1 FROM "n"."users" AS t0 LIMIT $1 OFFSET $2) AS c"#
    );
    let exists = Select { output: Output::Exists, ..Select::all(&USERS) };
    assert_eq!(all_of(&exists).0, r#"SELECT EXISTS (SELECT 1 FROM "n"."users" AS t0)"#);
    assert_eq!(
        RENDER.find(&TEAMS),
        r#"SELECT t0."a", t0."b" FROM "n"."teams" AS t0 WHERE t0."a" = $1 AND t0."b" = $2"#
    );
}

fn groups(keys: Vec<ColumnPath>, aggregates: Vec<Aggregate>) -> Grouping {
    Grouping::new(keys, aggregates)
}

fn grouped(grouping: Grouping) -> Select {
    Select { output: Output::Groups(Box::new(grouping)), ..Select::all(&USERS) }
}

#[test]
fn columns_and_groups() {
    let some = Select { output: Output::Columns(vec![1, 0, 1]), ..Select::all(&USERS) };
    assert_eq!(all_of(&some).0, r#"SELECT t0."order", t0."id", t0."order" FROM "n"."users" AS t0"#);

    let order = || ColumnPath::own(1);
    let sum = grouped(groups(Vec::new(), vec![Aggregate::Count, Aggregate::Sum(order())]));
    assert_eq!(all_of(&sum).0, r#"SELECT COUNT(*), SUM(t0."order") FROM "n"."users" AS t0"#);

    let mut all = groups(vec![order()], vec![Aggregate::CountDistinct(ColumnPath::own(0))]);
    all.having = compare(1, CompareOp::Gt, Value::Int(7));
    all.order = vec![Sort { column: 1, descending: true, nulls_first: false }];
    all.limit = Some(3);
    let filter = compare(0, CompareOp::Lt, Value::Int(9));
    let plan = Select { filter: filter.clone(), limit: Some(20), ..grouped(all.clone()) };
    let (text, _, binds) = all_of(&plan);
    // Each value at its place: of the records, then of the groups.
    let records =
        r#"SELECT t0.* FROM "n"."users" AS t0 WHERE t0."id" < $1 ORDER BY t0."id" ASC NULLS FIRST LIMIT $2"#;
    let inner = r#"SELECT t1."order" AS c0, COUNT(DISTINCT t1."id") AS c1"#;
    assert_eq!(
        text,
        format!(
            r#"SELECT g.c0, g.c1 FROM ({inner} FROM ({records}) AS t1 GROUP BY t1."order") AS g WHERE g.c1 > $3 ORDER BY g.c1 DESC NULLS LAST, g.c0 ASC NULLS FIRST LIMIT $4"#
        )
    );
    assert_eq!(binds, ["integer 9", "integer 20", "integer 7", "integer 3"]);
    assert_eq!(
        all_of(&Select { filter, ..grouped(groups(vec![order()], Vec::new())) }).0,
        r#"SELECT t0."order" FROM "n"."users" AS t0 WHERE t0."id" < $1 GROUP BY t0."order""#
    );
}

#[test]
fn paths_are_joined_once() {
    let back: &'static RelationSchema = &MEMBERS.relations[0];
    let at = |column| ColumnPath { path: vec![back], column };
    let grouping = groups(vec![at(1), ColumnPath::own(1)], vec![Aggregate::Max(at(0))]);
    let plan = Select { output: Output::Groups(Box::new(grouping)), ..Select::all(&MEMBERS) };
    assert_eq!(
        all_of(&plan).0,
        r#"SELECT t1."order", t0."a", MAX(t1."id") FROM "n"."members" AS t0 LEFT JOIN "n"."users" AS t1 ON t1."id" = t0."user" GROUP BY t1."order", t0."a""#
    );
}

#[test]
fn conditions() {
    use CompareOp as C;
    let id = |op, n| compare(0, op, Value::Int(n));
    let two = || vec![id(C::Ge, 1), Predicate::Null { column: 1 }];
    assert_eq!(condition(Predicate::And(two())), r#"("id" >= $1 AND "order" IS NULL)"#);
    let not = Predicate::Not(Box::new(Predicate::Or(two())));
    assert_eq!(condition(not), r#"(NOT ("id" >= $1 OR "order" IS NULL))"#);
    let not = Predicate::NotTrue(Box::new(id(C::Ne, 1)));
    assert_eq!(condition(not), r#"(("id" <> $1) IS NOT TRUE)"#);
    let pay = |op, units, scale| compare(2, op, Value::Decimal(Decimal::new(units, scale)));
    assert_eq!(condition(pay(C::Lt, 5, 3)), r#""pay""" <= $1"#);
    assert_eq!(condition(pay(C::Eq, 5, 3)), r#"("pay""" IS NULL AND NULL)"#);
    assert_eq!(condition(pay(C::Eq, 50, 3)), r#""pay""" = $1"#);
    let text = |how, text: &str| Predicate::Text { column: 1, how, text: text.into() };
    assert_eq!(condition(text(TextMatch::StartsWith, "ab")), r#"("order" >= $1 AND "order" < $2)"#);
    assert_eq!(condition(text(TextMatch::StartsWith, "")), r#"("order" >= $1)"#);
    assert_eq!(condition(text(TextMatch::Like, "%")), r#""order" Like $1"#);
    let many = Predicate::Or((0..9).map(|n| id(C::Eq, n)).collect());
    assert!(condition(many).starts_with(r#"(("id" = $1 OR "id" = $2 OR "id" = $3 OR "id" = $4) OR ("#));
    let set = |n| Predicate::Keys { columns: USERS.key, keys: keys(n) };
    assert_eq!(condition(set(0)), "FALSE");
    assert_eq!(condition(set(1)), r#""id" = $1"#);
    assert_eq!(condition(set(2)), r#""id" = ANY($1)"#);
}

#[test]
fn relations() {
    let related = |relation: usize, count| Predicate::Related {
        relation: &USERS.relations[relation],
        filter: Box::new(Predicate::Constant(true)),
        middle: None,
        count,
    };
    assert_eq!(
        condition(related(1, (CompareOp::Gt, 0))),
        r#"EXISTS (SELECT 1 FROM "n"."members" AS t1 WHERE t1."user" = "id")"#
    );
    assert_eq!(
        condition(related(0, (CompareOp::Lt, 3))),
        r#"((SELECT COUNT(*) FROM "n"."teams" AS t1 WHERE (t1."a", t1."b") IN (SELECT t2."a", t2."b" FROM "n"."members" AS t2 WHERE t2."user" = "id")) < $1)"#
    );
    let load = |relation: usize, per: Option<u64>| {
        let relation = &USERS.relations[relation];
        let plan = Select {
            related: Some(Related {
                relation,
                keys: keys(9),
                middle: None,
                with_middle: false,
                loose: false,
                offset: 0,
                limit: per,
            }),
            ..Select::all((relation.target)())
        };
        all_of(&plan)
    };
    // What refers to the parents by itself has their key among its own columns.
    let columns = r#"t0."user", t0."a", t0."b", t0."role""#;
    assert_eq!(
        load(1, None).0,
        format!(r#"SELECT {columns} FROM "n"."members" AS t0 WHERE t0."user" = ANY($1)"#)
    );
    let (text, _, binds) = load(1, Some(3));
    assert!(text.starts_with("SELECT n.c0, n.c1, n.c2, n.c3 FROM (SELECT "), "{text}");
    assert_eq!(binds, ["9 values", "integer 0", "integer 3"]);
    assert_eq!(
        load(0, None).0,
        r#"SELECT t0."a", t0."b", t1."user" FROM "n"."teams" AS t0 JOIN "n"."members" AS t1 ON t0."a" = t1."a" AND t0."b" = t1."b" WHERE t1."user" = ANY($1)"#
    );
    let (text, _, binds) = load(0, Some(3));
    assert_eq!(
        text,
        r#"SELECT n.c0, n.c1, n.c2 FROM (SELECT t0."a" AS c0, t0."b" AS c1, t1."user" AS c2, ROW_NUMBER() OVER (PARTITION BY t1."user" ORDER BY t0."a" ASC NULLS FIRST, t0."b" ASC NULLS FIRST) AS n FROM "n"."teams" AS t0 JOIN "n"."members" AS t1 ON t0."a" = t1."a" AND t0."b" = t1."b" WHERE t1."user" = ANY($1)) AS n WHERE n.n > $2 AND n.n <= $3 ORDER BY n.c0 ASC NULLS FIRST, n.c1 ASC NULLS FIRST, n.c2 ASC NULLS FIRST"#
    );
    assert_eq!(binds, ["9 values", "integer 0", "integer 3"]);
}

#[test]
fn joins() {
    let members = |filter, order| Join { relation: &USERS.relations[1], filter, order };
    let role = compare(3, CompareOp::Eq, Value::Text("x".into()));
    let by_team = Sort { column: 1, descending: true, nulls_first: false };
    let plan = Select {
        output: Output::Joined(vec![members(role, vec![by_team])]),
        filter: compare(0, CompareOp::Ge, Value::Int(5)),
        order: vec![Sort { column: 1, descending: false, nulls_first: true }],
        ..Select::all(&USERS)
    };
    let (text, shape, binds) = all_of(&plan);
    let columns = r#"t0."id", t0."order", t0."pay""", t1."user", t1."a", t1."b", t1."role""#;
    let tables = r#""n"."users" AS t0 LEFT JOIN "n"."members" AS t1 ON t0."id" = t1."user""#;
    let order = r#"t0."order" ASC NULLS FIRST, t1."a" DESC NULLS LAST"#;
    assert_eq!(
        text,
        format!(r#"SELECT {columns} FROM {tables} AND t1."role" = $1 WHERE t0."id" >= $2 ORDER BY {order}"#)
    );
    // Values come in the order of their places.
    assert_eq!(binds, ["text \"x\"", "integer 5"]);
    let everything = Output::Joined(vec![members(Predicate::Constant(true), Vec::new())]);
    let (text, other, _) = all_of(&Select { output: everything, ..plan });
    assert!(text.contains(&format!(r#"{tables} WHERE t0."id" >= $1 ORDER BY "#)), "{text}");
    assert_ne!(shape, other);
}

#[test]
fn writes() {
    assert_eq!(
        RENDER.upsert(&TEAMS, &[0, 1], &[], 1),
        r#"INSERT INTO "n"."teams" ("a", "b") VALUES ($1, $2) ON ("a", "b") SET ()"#
    );
    assert_eq!(
        RENDER.insert(&TEAMS, &[1, 0], 3),
        r#"INSERT INTO "n"."teams" ("b", "a") VALUES ($1, $2), ($3, $4), ($5, $6)"#
    );
    assert_eq!(RENDER.insert(&TEAMS, &[], 1), r#"INSERT INTO "n"."teams" DEFAULT VALUES"#);
    assert_eq!(
        RENDER.update(&MEMBERS, &[3]),
        r#"UPDATE "n"."members" SET "role" = $1 WHERE "user" = $2 AND "a" = $3 AND "b" = $4"#
    );
    let set = [(0, Assignment::Add(Value::Int(1))), (1, Assignment::Set(Value::Null))];
    assert_eq!(
        RENDER.update_where(&USERS, &set, &Predicate::Null { column: 1 }).unwrap(),
        r#"UPDATE "n"."users" SET "id" = "id" + $1, "order" = $2 WHERE "n"."users"."order" IS NULL"#
    );
    let mut key = Vec::new();
    let wrong = [(0, Assignment::Set(Value::Bool(true)))];
    assert!(Shape::new(&mut key).assignments(&USERS, &wrong).is_err());
}

#[test]
fn indexes_are_those_of_keys_and_relations() {
    let all: &[&'static EntitySchema] = &[&USERS, &TEAMS, &MEMBERS];
    let of = |entity| crate::ddl::indexes(entity, all);
    assert_eq!(of(&USERS)[0], crate::ddl::Index { columns: &[1, 2], unique: true });
    // The key serves `user`; the pivot's other side needs an index of its own.
    let members: Vec<_> = of(&MEMBERS).iter().map(|i| i.columns).collect();
    assert_eq!(members, [[1, 2]]);
}

#[test]
fn a_shape_tells_texts_apart_and_nothing_else() {
    let select = |n: i64, op| filtered(compare(0, op, Value::Int(n)));
    let shape = |plan: &Select| all_of(plan).1;
    assert_eq!(shape(&select(1, CompareOp::Eq)), shape(&select(2, CompareOp::Eq)));
    assert_ne!(shape(&select(1, CompareOp::Eq)), shape(&select(1, CompareOp::Ne)));
    let list = |n: i64| {
        let mut values = ValueList::new(Kind::I64);
        (0..n).for_each(|v| assert!(values.push(ValueRef::Int(v))));
        filtered(Predicate::In { column: 0, values: Arc::new(values) })
    };
    assert_eq!(shape(&list(2)), shape(&list(5000)));
    let as_u64 = filtered(Predicate::In {
        column: 0,
        values: Arc::new({
            let mut values = ValueList::new(Kind::U64);
            (0..2).for_each(|v| assert!(values.push(ValueRef::Int(v))));
            values
        }),
    });
    let plans = [
        as_u64,
        Select::all(&USERS),
        Select::all(&TEAMS),
        list(0),
        list(1),
        list(2),
        filtered(Predicate::And(vec![])),
        filtered(Predicate::Or(vec![])),
        filtered(Predicate::And(vec![Predicate::And(vec![Predicate::Null { column: 0 }])])),
        filtered(Predicate::And(vec![Predicate::Null { column: 0 }, Predicate::And(vec![])])),
        Select { limit: Some(1), ..Select::all(&USERS) },
        Select { offset: 1, ..Select::all(&USERS) },
        Select { output: Output::Count, ..Select::all(&USERS) },
        Select { output: Output::Columns(vec![0]), ..Select::all(&USERS) },
        Select { output: Output::Columns(vec![0, 1]), ..Select::all(&USERS) },
        grouped(groups(vec![ColumnPath::own(0)], Vec::new())),
        grouped(groups(Vec::new(), vec![Aggregate::Min(ColumnPath::own(0))])),
        grouped(groups(Vec::new(), vec![Aggregate::Max(ColumnPath::own(0))])),
        grouped(Grouping { limit: Some(1), ..groups(vec![ColumnPath::own(0)], Vec::new()) }),
        grouped(Grouping { offset: 1, ..groups(vec![ColumnPath::own(0)], Vec::new()) }),
        grouped(Grouping {
            having: Predicate::Null { column: 0 },
            ..groups(vec![ColumnPath::own(0)], Vec::new())
        }),
    ];
    for (i, a) in plans.iter().enumerate() {
        for b in &plans[..i] {
            assert_ne!(shape(a), shape(b), "{a:?} {b:?}");
        }
    }
}

#[test]
fn prefixes_end_at_the_next_text() {
    assert_eq!(prefix_end("ab").as_deref(), Some("ac"));
    assert_eq!(prefix_end("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
    assert_eq!(prefix_end("a\u{10ffff}\u{10ffff}").as_deref(), Some("b"));
    assert_eq!(prefix_end("\u{10ffff}"), None);
    assert_eq!(prefix_end(""), None);
}

#[test]
fn repeats_are_merged_in_order() {
    let mut rows = Rows::new(&TEAMS);
    for (a, b) in [(1, "x"), (2, "x"), (1, "x"), (1, "y")] {
        let row = rows.push();
        assert!(rows.set(row, 0, ValueRef::Int(a)) && rows.set(row, 1, ValueRef::Text(b)));
    }
    let merged = crate::rows::merge_repeats(&rows).unwrap();
    assert_eq!(merged.firsts, [0, 1, 3]);
    let mut columns = vec![7];
    assert!(crate::rows::uniform(&rows, &mut columns));
    assert_eq!(columns, [0, 1]);
    rows.unset(2, 1);
    assert!(!crate::rows::uniform(&rows, &mut columns));
}
