//! Batches in an order in which no record refers to one that isn't there.
//!
//! The engine looks at foreign keys with each record, also within a statement, and can't be told to wait
//! for the batch's end. So what is referred to is written first and removed last, where it can't be done
//! without; elsewhere, in circles, records refer to nothing for a while. Only batches that the engine has
//! refused as they were are written so.

use crate::net::{is_optional, ranks};
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Assignment, Change, KeySet, Predicate, RowWrite, Rows, WriteBatch};
use orm_core::value::{Value, ValueRef};
use orm_provider_sql::rows::bytes_of;
use orm_provider_sql::schema::{ForeignKey, foreign_keys};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// How many records let go by one statement.
const AT_ONCE: usize = 1024;

/// A part of what a batch does.
pub(crate) enum Stage {
    /// A write of the batch, as it is.
    Write(usize),
    /// The rows of a write, of which some refer to nothing for now.
    Rows(usize, Rows),
    /// What rows of a write refer to, and which of its rows they are.
    References { write: usize, rows: Rows, places: Vec<usize> },
    /// Records that are about to be removed let go of what they refer to.
    LetGo(&'static EntitySchema, Change),
    /// A removal of records that a later write may bring back: to those that refer to them, they were
    /// never gone.
    Leave(usize),
}

/// What a write does, as far as it matters to the order.
#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Rows,
    Removal,
    /// What it touches depends on what was done before.
    Other,
}

/// The stages of a batch whose keys are known; `None` where they are its writes in their order.
pub(crate) fn stages(batch: &WriteBatch) -> Option<Vec<Stage>> {
    let sort = |write: usize| match &batch.writes[write].change {
        Change::Rows { .. } => Sort::Rows,
        Change::Delete { .. } | Change::Clear => Sort::Removal,
        _ => Sort::Other,
    };
    let entities: Vec<_> = batch.writes.iter().map(|write| write.entity).collect();
    let ranks = ranks(&entities);
    let mut stages = Vec::new();
    let mut from = 0;
    while from < entities.len() {
        let all = from..entities.len();
        let run = match sort(from) {
            Sort::Other => 1,
            same => all.take_while(|&write| sort(write) == same).count(),
        };
        let mut which: Vec<usize> = (from..from + run).collect();
        match sort(from) {
            Sort::Rows => {
                which.sort_by_key(|&write| ranks[write]);
                rows(batch, &which, &mut stages);
            }
            Sort::Removal => {
                which.sort_by_key(|&write| Reverse(ranks[write]));
                removals(batch, &which, &mut stages);
            }
            Sort::Other => stages.push(alone(batch, from)),
        }
        from += run;
    }
    let same = stages.iter().enumerate().all(|(at, stage)| matches!(stage, Stage::Write(w) if *w == at));
    (!same).then_some(stages)
}

fn alone(batch: &WriteBatch, write: usize) -> Stage {
    let removes = matches!(
        batch.writes[write].change,
        Change::Delete { .. } | Change::DeleteWhere { .. } | Change::Clear
    );
    if removes && returning(batch, write).next().is_some() {
        Stage::Leave(write)
    } else {
        Stage::Write(write)
    }
}

/// The rows that may bring back what a write removes.
pub(crate) fn returning(batch: &WriteBatch, write: usize) -> impl Iterator<Item = &Rows> {
    let entity = batch.writes[write].entity;
    batch.writes[write + 1..].iter().filter_map(move |later| match &later.change {
        Change::Rows { how: RowWrite::Merge, rows } if later.entity.is(entity) => Some(rows),
        _ => None,
    })
}

/// The bytes of a row's key.
pub(crate) fn key_of(rows: &Rows, row: usize) -> Vec<u8> {
    bytes_of(rows.entity().key.iter().map(|&column| rows.value(row, column)))
}

fn optional(entity: &'static EntitySchema) -> impl Iterator<Item = ForeignKey> {
    foreign_keys(entity).into_iter().filter(move |key| is_optional(entity, key))
}

/// The columns of a foreign key that may be NULL.
fn nullable<'k>(entity: &'static EntitySchema, key: &'k ForeignKey) -> impl Iterator<Item = usize> + 'k {
    key.columns.iter().copied().filter(|&column| entity.field(column).nullable)
}

fn removals(batch: &WriteBatch, which: &[usize], stages: &mut Vec<Stage>) {
    for (at, &write) in which.iter().enumerate() {
        let entity = batch.writes[write].entity;
        let before = |key: &ForeignKey| which[..=at].iter().any(|&w| batch.writes[w].entity.is(key.target));
        let mut columns: Vec<usize> = Vec::new();
        for key in optional(entity).filter(before) {
            columns.extend(nullable(entity, &key));
        }
        columns.sort_unstable();
        columns.dedup();
        if columns.is_empty() {
            continue;
        }
        let set: Vec<_> = columns.into_iter().map(|c| (c, Assignment::Set(Value::Null))).collect();
        let let_go = |filter| Stage::LetGo(entity, Change::UpdateWhere { filter, set: set.clone() });
        match &batch.writes[write].change {
            Change::Delete { keys } => stages.extend(
                parts(keys, AT_ONCE)
                    .map(|keys| let_go(Predicate::Keys { columns: entity.key, keys: Arc::new(keys) })),
            ),
            _ => stages.push(let_go(Predicate::Constant(true))),
        }
    }
    stages.extend(which.iter().map(|&write| alone(batch, write)));
}

/// Keys, so many at a time.
pub(crate) fn parts(keys: &KeySet, most: usize) -> impl Iterator<Item = KeySet> {
    (0..keys.len()).step_by(most).map(move |from| {
        let mut some = KeySet::new(keys.columns().iter().map(|column| column.kind()));
        for key in from..keys.len().min(from + most) {
            some.push(|part| keys.get(key, part));
        }
        some
    })
}

fn rows(batch: &WriteBatch, which: &[usize], stages: &mut Vec<Stage>) {
    let mut references = Vec::new();
    for (at, &write) in which.iter().enumerate() {
        let Some(rows) = batch.rows(write) else { continue };
        let mut waiting = Waiting { rows, early: None, late: BTreeMap::new() };
        for key in optional(rows.entity()) {
            if let Some(later) = Later::of(batch, &which[at..], &key) {
                waiting.look(&key, &later);
            }
        }
        let (late, places) = waiting.late();
        match waiting.early {
            None => stages.push(Stage::Write(write)),
            Some(early) => {
                stages.push(Stage::Rows(write, early));
                references.push(Stage::References { write, rows: late, places });
            }
        }
    }
    stages.append(&mut references);
}

/// What is written no sooner than what may refer to it.
struct Later(Option<HashSet<Vec<u8>>>);

impl Later {
    fn of(batch: &WriteBatch, which: &[usize], key: &ForeignKey) -> Option<Self> {
        let rows = which.iter().filter_map(|&write| batch.rows(write));
        let mut rows = rows.filter(|rows| rows.entity().is(key.target)).peekable();
        rows.peek()?;
        // What other columns are, rows needn't say.
        let all = |rows: &Rows| (0..rows.len()).map(|row| key_of(rows, row)).collect::<Vec<_>>();
        Some(Self((key.to == key.target.key).then(|| rows.flat_map(all).collect())))
    }

    /// Whether a row refers to what comes later.
    fn has(&self, rows: &Rows, row: usize, key: &ForeignKey) -> bool {
        if key.columns.iter().any(|&c| rows.is_given(row, c) && rows.value(row, c) == ValueRef::Null) {
            return false;
        }
        let whole = key.columns.iter().all(|&column| rows.has_value(row, column));
        let Some(known) = self.0.as_ref().filter(|_| whole) else { return true };
        let referred = bytes_of(key.columns.iter().map(|&column| rows.value(row, column)));
        // A record may refer to itself at once.
        known.contains(&referred) && !(rows.entity().is(key.target) && referred == key_of(rows, row))
    }
}

/// The rows of a write, and what they refer to.
struct Waiting<'a> {
    rows: &'a Rows,
    /// The rows without what they refer to; `None` where nothing has to wait.
    early: Option<Rows>,
    /// The columns of rows that are written late.
    late: BTreeMap<usize, Vec<usize>>,
}

impl Waiting<'_> {
    fn look(&mut self, key: &ForeignKey, later: &Later) {
        let rows = self.rows;
        let columns: Vec<usize> = nullable(rows.entity(), key).collect();
        let mut some = false;
        for row in 0..rows.len() {
            let given = || columns.iter().copied().filter(|&column| rows.is_given(row, column));
            if given().next().is_none() {
                continue;
            }
            let waits = later.has(rows, row, key);
            if waits {
                let early = self.early.get_or_insert_with(|| rows.clone());
                for column in given() {
                    // NULL takes no buffer.
                    let _ = early.set(row, column, ValueRef::Null);
                }
            }
            some |= waits;
            if some {
                // A later row of the same key has the last word.
                self.late.entry(row).or_default().extend(given());
            }
        }
    }

    /// What is written late, and of which rows it is.
    fn late(&self) -> (Rows, Vec<usize>) {
        let (mut late, mut places) = (Rows::new(self.rows.entity()), Vec::new());
        for (&row, columns) in &self.late {
            let at = late.push();
            places.push(row);
            for &column in self.rows.entity().key.iter().chain(columns) {
                // It was in a buffer of the same size.
                let _ = late.set(at, column, self.rows.value(row, column));
            }
        }
        (late, places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use orm_core::model::schema::{FieldSchema, OnDelete, RelationKind, RelationSchema};
    use orm_core::plan::Write;
    use orm_core::value::Kind;
    use std::any::TypeId;

    const fn field(name: &'static str, nullable: bool) -> FieldSchema {
        FieldSchema { field: name, name, column: name, kind: Kind::I64, nullable, ..FieldSchema::BASE }
    }

    const fn belongs_to(from: &'static [usize], target: fn() -> &'static EntitySchema) -> RelationSchema {
        RelationSchema {
            kind: RelationKind::BelongsTo,
            target,
            from,
            to: &[0],
            on_delete: Some(OnDelete::Cascade),
            ..RelationSchema::BASE
        }
    }

    /// Refers to a tree, and maybe to another leaf.
    static LEAVES: EntitySchema = EntitySchema {
        name: "leaves",
        type_id: TypeId::of::<u8>,
        fields: &[field("id", false), field("tree", false), field("near", true)],
        key: &[0],
        relations: &[belongs_to(&[1], || &TREES), belongs_to(&[2], || &LEAVES)],
        ..EntitySchema::BASE
    };

    /// May refer to a leaf.
    static TREES: EntitySchema = EntitySchema {
        name: "trees",
        type_id: TypeId::of::<u16>,
        fields: &[field("id", false), field("top", true)],
        key: &[0],
        relations: &[belongs_to(&[1], || &LEAVES)],
        ..EntitySchema::BASE
    };

    fn rows(entity: &'static EntitySchema, cells: &[&[Option<i64>]]) -> Write {
        let mut rows = Rows::new(entity);
        for record in cells {
            let row = rows.push();
            for (column, cell) in record.iter().enumerate() {
                assert!(rows.set(row, column, cell.map_or(ValueRef::Null, ValueRef::Int)));
            }
        }
        Write { entity, change: Change::Rows { how: RowWrite::Merge, rows } }
    }

    fn delete(entity: &'static EntitySchema, keys: &[i64]) -> Write {
        let mut set = KeySet::new([Kind::I64]);
        keys.iter().for_each(|key| assert!(set.push(|_| ValueRef::Int(*key))));
        Write { entity, change: Change::Delete { keys: set } }
    }

    fn cells(rows: &Rows) -> Vec<Vec<ValueRef<'_>>> {
        let row = |row| (0..rows.entity().fields.len()).map(move |column| rows.value(row, column)).collect();
        (0..rows.len()).map(row).collect()
    }

    fn told(writes: Vec<Write>) -> Vec<String> {
        let batch = WriteBatch { writes, links: Vec::new() };
        let Some(stages) = stages(&batch) else { return vec!["as they are".to_owned()] };
        let of = |stage: Stage| match stage {
            Stage::Write(write) => format!("{write}"),
            Stage::Rows(write, rows) => format!("{write} early {:?}", cells(&rows)),
            Stage::References { write, rows, places } => {
                format!("{write} late {:?} of {places:?}", cells(&rows))
            }
            Stage::LetGo(entity, _) => format!("{} let go", entity.name),
            Stage::Leave(write) => format!("{write} leave"),
        };
        stages.into_iter().map(of).collect()
    }

    const N: ValueRef<'_> = ValueRef::Null;

    fn i(n: i64) -> ValueRef<'static> {
        ValueRef::Int(n)
    }

    #[test]
    fn what_is_needed_comes_first_and_circles_are_closed_late() {
        // The tree before its leaf; the tree's top when that is there.
        let tree = rows(&TREES, &[&[Some(1), Some(7)], &[Some(2), None], &[Some(3), Some(99)]]);
        let leaf = rows(&LEAVES, &[&[Some(7), Some(1), None]]);
        assert_eq!(
            told(vec![leaf, tree]),
            [
                format!("1 early {:?}", [[i(1), N], [i(2), N], [i(3), i(99)]]),
                "0".to_owned(),
                // What comes after it in the list has the last word, should it be of the same key.
                format!("1 late {:?} of [0, 1, 2]", [[i(1), i(7)], [i(2), N], [i(3), i(99)]]),
            ]
        );
        // What is stored already, or is the record itself, needs no waiting.
        let leaves = rows(&LEAVES, &[&[Some(7), Some(1), Some(7)], &[Some(8), Some(1), Some(5)]]);
        assert_eq!(told(vec![leaves]), ["as they are"]);
        let leaves = rows(&LEAVES, &[&[Some(7), Some(1), Some(7)], &[Some(8), Some(1), Some(7)]]);
        assert_eq!(
            told(vec![leaves]),
            [
                format!("0 early {:?}", [[i(7), i(1), i(7)], [i(8), i(1), N]]),
                format!("0 late {:?} of [1]", [[i(8), N, i(7)]]),
            ]
        );
    }

    #[test]
    fn what_refers_goes_first_and_circles_let_go() {
        // Trees need no leaves, but leaves trees.
        let removals = || vec![delete(&TREES, &[1]), delete(&LEAVES, &[7])];
        assert_eq!(told(removals()), ["leaves let go", "trees let go", "1", "0"]);
        assert_eq!(told(vec![delete(&TREES, &[1])]), ["as they are"]);
        assert_eq!(told(vec![delete(&LEAVES, &[1, 2])]), ["leaves let go", "0"]);
        // What comes back is left.
        let mut fresh = removals();
        fresh.push(rows(&TREES, &[&[Some(1), None]]));
        assert_eq!(told(fresh), ["leaves let go", "trees let go", "1", "0 leave", "2"]);
    }
}
