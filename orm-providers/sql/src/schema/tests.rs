//! What is made of what an engine tells.

use super::*;
use crate::tests::Plain;
use orm_core::model::schema::{
    EntitySchema, FieldSchema, Guard, IndexSchema, OnDelete, RelationKind, RelationSchema, Side,
};
use orm_core::value::{Kind, Value};
use std::any::TypeId;

impl SchemaDialect for Plain {
    fn type_name(&self, entity: &EntitySchema, column: usize) -> String {
        format!("{:?}", entity.field(column).kind)
    }
    fn collation(&self) -> &'static str {
        "C"
    }
    fn counting(&self, _: &EntitySchema) -> Option<&'static str> {
        None
    }
    fn name(&self, _: &str, entity: &EntitySchema, kind: &str, columns: &[&str]) -> String {
        format!("{kind}:{}:{}", entity.name, columns.join(","))
    }
    fn referred(&self, _: &str, entity: &EntitySchema) -> String {
        entity.name.to_owned()
    }
    fn changes(
        &self,
        _: Statements<'_>,
        _: &'static EntitySchema,
        _: &Stored,
        changes: &[Change],
    ) -> Vec<String> {
        changes.iter().map(|change| format!("{change:?}")).collect()
    }
}

const STATEMENTS: Statements<'_> = Statements { dialect: &Plain, namespace: "n" };

const fn field(name: &'static str, kind: Kind, nullable: bool) -> FieldSchema {
    FieldSchema { field: name, name, column: name, kind, nullable, ..FieldSchema::BASE }
}

const fn belongs_to(from: &'static [usize], on_delete: Option<OnDelete>) -> RelationSchema {
    RelationSchema {
        model: "Leaf",
        field: "tree",
        target: || &TREES,
        from,
        to: &[0],
        on_delete,
        ..RelationSchema::BASE
    }
}

static TREES: EntitySchema = EntitySchema {
    name: "trees",
    model: "Tree",
    type_id: TypeId::of::<u8>,
    fields: &[field("id", Kind::U64, false), field("name", Kind::Text, false)],
    key: &[0],
    indexes: &[IndexSchema { fields: &[1], unique: true }],
    relations: &[RelationSchema {
        model: "Tree",
        field: "fallen",
        kind: RelationKind::HasMany,
        target: || &LEAVES,
        from: &[0],
        to: &[2],
        on_delete: Some(OnDelete::SetNull),
        ..RelationSchema::BASE
    }],
    ..EntitySchema::BASE
};

static LEAVES: EntitySchema = EntitySchema {
    name: "leaves",
    model: "Leaf",
    type_id: TypeId::of::<u16>,
    fields: &[
        field("id", Kind::U64, false),
        field("tree", Kind::I64, false),
        field("fell_from", Kind::U64, true),
        FieldSchema { default: Some(|| Value::Int(5)), ..field("size", Kind::I32, false) },
    ],
    key: &[0],
    relations: &[
        belongs_to(&[1], Some(OnDelete::Cascade)),
        // The same key again, and one of which only the other end says something.
        belongs_to(&[1], Some(OnDelete::Cascade)),
        belongs_to(&[2], None),
        // Nothing is said of these, or no engine has such keys.
        belongs_to(&[3], None),
        RelationSchema {
            guard: Some(Guard { on: Side::Own, column: 3, value: "trees" }),
            ..belongs_to(&[3], Some(OnDelete::Cascade))
        },
        RelationSchema { to: &[1], ..belongs_to(&[3], Some(OnDelete::Cascade)) },
        RelationSchema { target: || &ELSEWHERE, ..belongs_to(&[3], Some(OnDelete::Cascade)) },
    ],
    ..EntitySchema::BASE
};

static ELSEWHERE: EntitySchema = EntitySchema {
    name: "elsewhere",
    connection: Some("other"),
    fields: TREES.fields,
    key: &[0],
    ..EntitySchema::BASE
};

fn column(name: &str, kind: &str, not_null: bool) -> StoredColumn {
    StoredColumn { name: name.into(), type_name: kind.into(), not_null, ..StoredColumn::default() }
}

/// What is stored of the leaves, without their size.
fn stored() -> Stored {
    Stored {
        columns: vec![
            column("id", "U64", true),
            column("tree", "I64", true),
            column("fell_from", "U64", false),
        ],
        key: vec!["id".to_owned()],
        ..Stored::default()
    }
}

fn of_leaves(stored: Option<Stored>, net: bool) -> Plan {
    plan(STATEMENTS, &[Table { entity: &LEAVES, stored, asked: true }], net)
}

fn texts(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.sql.as_str()).collect()
}

#[test]
fn keys_are_those_of_which_something_is_said() {
    let keys = foreign_keys(&LEAVES);
    assert_eq!(keys.iter().map(|key| key.columns).collect::<Vec<_>>(), [[1], [2]]);
    assert!(foreign_keys(&TREES).is_empty());
}

#[test]
fn a_new_table_comes_with_its_indexes_and_then_its_keys() {
    let plan = of_leaves(None, true);
    assert!(plan.drifts.is_empty());
    assert_eq!(plan.report().created, ["leaves"]);
    let texts = texts(&plan);
    let table = r#"CREATE TABLE "n"."leaves" ("id" U64, "tree" I64, "fell_from" U64, "size" I32, PRIMARY KEY ("id"))"#;
    assert_eq!(texts[0], table);
    assert_eq!(texts[1], r#"CREATE INDEX "ix:leaves:tree" ON "n"."leaves" ("tree")"#);
    let last = r#"ALTER TABLE "n"."leaves" ADD CONSTRAINT "fk:leaves:fell_from" FOREIGN KEY ("fell_from") REFERENCES "n"."trees" ("id") DEFERRABLE INITIALLY DEFERRED"#;
    assert_eq!(texts.last(), Some(&last));
    assert!(of_leaves(None, false).steps.iter().all(|step| !matches!(step.what, What::ForeignKey(_))));
}

#[test]
fn columns_need_a_value_for_what_is_stored() {
    let lacking = stored().lacking(&Plain, &LEAVES);
    assert_eq!(lacking.defaults, [(3, Value::Int(5))]);
    assert!(!lacking.required);
    let filled = Stored { fillers: vec![(3, "5".to_owned())], has_rows: true, ..stored() };
    let plan = of_leaves(Some(filled), false);
    assert!(plan.drifts.is_empty());
    assert_eq!(texts(&plan)[0], r#"ALTER TABLE "n"."leaves" ADD COLUMN "size" I32 DEFAULT 5"#);
    assert_eq!(plan.report().extended, ["leaves"]);
    // Without one it depends on the records.
    assert!(of_leaves(Some(stored()), false).drifts.is_empty());
    let refused = of_leaves(Some(Stored { has_rows: true, ..stored() }), false);
    assert_eq!(refused.drifts[0].statements, ["Missing(3)"]);
}

#[test]
fn what_is_unknown_is_left_alone_unless_it_refuses_records() {
    let mut table = stored();
    table.columns.push(column("size", "I32", true));
    table.columns.push(column("note", "Text", false));
    let index = |name: &str, unique, columns: &[&str]| StoredIndex {
        name: name.to_owned(),
        unique,
        of_constraint: false,
        columns: columns.iter().map(|c| Some((*c).to_owned())).collect(),
    };
    table.indexes = vec![
        index("plain", false, &["size"]),
        index("of_others", true, &["note"]),
        index("implied", true, &["tree", "id"]),
        StoredIndex { columns: vec![None], ..index("expression", true, &[]) },
    ];
    table.foreign_keys = vec![StoredForeignKey::default()];
    assert!(of_leaves(Some(table.clone()), false).drifts.is_empty());
    table.indexes.push(index("refusing", true, &["tree"]));
    table.columns.push(column("must", "Text", true));
    let plan = of_leaves(Some(table), false);
    assert_eq!(
        plan.drifts[0].differences,
        [
            "column `must`, which the model doesn't have, must be given",
            "the unique index `refusing` on (tree), which the model doesn't have, refuses records"
        ]
    );
    assert_eq!(plan.drifts[0].statements, [r#"Optional("must")"#, "Unindexed(4)"]);
}

#[test]
fn a_check_tells_what_is_missing_but_for_what_is_only_quicker() {
    let mut table = stored();
    table.columns.push(column("size", "I32", true));
    let report = of_leaves(Some(table), false).check().unwrap();
    // Each relation looks things up by its column.
    assert_eq!(report.slower.len(), 3);
    let drifts = of_leaves(None, true).check().unwrap_err();
    assert_eq!(drifts.len(), 1);
    assert_eq!(
        drifts[0].differences,
        [
            "there is no table `leaves`",
            "there is no foreign key (tree) to `trees`",
            "there is no foreign key (fell_from) to `trees`"
        ]
    );
}

#[test]
fn a_table_that_is_none_gets_nothing() {
    let unfit = Stored { unfit: Some("it is a view".to_owned()), ..Stored::default() };
    let plan = of_leaves(Some(unfit), true);
    assert!(plan.steps.is_empty());
    assert_eq!(plan.drifts[0].differences, ["it is a view"]);
    // Others that aren't asked for get indexes if they are there, and nothing else.
    let steps = |stored| {
        let leaves = Table { entity: &LEAVES, stored: None, asked: true };
        let trees = Table { entity: &TREES, stored, asked: false };
        let plan = super::plan(STATEMENTS, &[leaves, trees], false);
        plan.steps.iter().map(|step| step.entity.name).collect::<Vec<_>>()
    };
    assert!(steps(None).iter().all(|entity| *entity == "leaves"));
    assert!(steps(Some(Stored::default())).contains(&"trees"));
}
