//! Updates by a condition, as writes of the records that meet it, in an order in which none takes a
//! unique value that another has yet to leave.
//!
//! Where the provider can visit them in one order that does, it does so itself.
//!
//! Engines check unique indexes record by record, and each visits the records of an update in an order
//! of its own. What counts is how the records are when the update has ended. The two differ only where
//! an update *adds*: if what is set makes a record equal to another of the update as that one was, then
//! setting the same again changes nothing, so both are equal afterwards too.

use crate::engine::Session;
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::plan::{
    Assignment, Change, Predicate, RowWrite, Rows, Select, Write, WriteBatch, Written, described, moved,
};
use crate::provider::fallback::{Gather, Record, changed, joinable};
use crate::provider::{Capabilities, Row};
use crate::value::{Cell, ValueRef};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Whether a batch has updates that may move unique values from record to record, and that the provider
/// can't do itself.
pub(super) fn is_needed(batch: &WriteBatch, capabilities: &Capabilities) -> bool {
    batch.writes.iter().any(|write| moves(write, capabilities))
}

fn moves(write: &Write, capabilities: &Capabilities) -> bool {
    let Change::UpdateWhere { set, .. } = &write.change else { return false };
    let ordered = capabilities.ordered_updates && capabilities.writes_by_filter;
    if ordered && moved(write.entity, set).is_some() {
        return false;
    }
    let mut unique = write.entity.indexes.iter().filter(|index| index.unique);
    unique.any(|index| {
        let added = |(column, how): &(usize, Assignment)| {
            matches!(how, Assignment::Add(_)) && index.fields.contains(column)
        };
        set.iter().any(added)
    })
}

/// The updates of a batch that were made into writes of records, as they were.
pub(super) struct Lowered(Vec<(usize, Change)>);

impl Lowered {
    /// Makes those updates of a batch that may move unique values into writes of records. What it reads
    /// must not change before the batch is applied.
    pub(super) async fn of(
        batch: &mut WriteBatch,
        session: &Session,
        capabilities: &Capabilities,
    ) -> Result<Self> {
        let mut lowered = Vec::new();
        let writes = batch.writes.iter().enumerate();
        for (at, write) in writes.filter(|(_, write)| moves(write, capabilities)) {
            let Change::UpdateWhere { filter, set } = &write.change else { continue };
            let records = read(session, write.entity, filter.clone()).await?;
            let rows = in_order(&records, assigned(write.entity, &records, set)?)?;
            lowered.push((at, Change::Rows { how: RowWrite::Update, rows }));
        }
        for (at, change) in &mut lowered {
            std::mem::swap(&mut batch.writes[*at].change, change);
        }
        Ok(Self(lowered))
    }

    /// Gives a batch back as it was, and faults of records that the caller doesn't know a place.
    pub(super) fn undo(self, batch: &mut WriteBatch, written: Result<Written>) -> Result<Written> {
        let written = written.map_err(|error| match error {
            Error::Row { at, fault } if self.0.iter().any(|(write, _)| *write == at.write) => {
                described(batch, at, fault, batch.writes[at.write].entity.name.to_owned())
            }
            error => error,
        });
        for (at, change) in self.0 {
            batch.writes[at].change = change;
        }
        written
    }
}

/// The records that meet a condition.
pub(crate) async fn read(
    session: &Session,
    entity: &'static EntitySchema,
    filter: Predicate,
) -> Result<Vec<Record>> {
    let plan = Arc::new(Select { filter, ..Select::all(entity) });
    Ok(session.select(&plan, Gather::new(entity.fields.len())).await?.rows)
}

/// What an update by a condition makes of each record.
pub(crate) fn assigned(
    entity: &'static EntitySchema,
    records: &[Record],
    set: &[(usize, Assignment)],
) -> Result<Rows> {
    let mut rows = Rows::new(entity);
    for record in records {
        let after = changed(entity, record, set)?;
        // The version is counted on with each row that is written.
        let columns = set.iter().map(|(column, _)| column).filter(|c| entity.version != Some(**c));
        append(&mut rows, entity.key.iter().chain(columns).map(|&column| (column, after[column].as_ref())))?;
    }
    Ok(rows)
}

/// Rows that update these records, one each, in an order in which each unique value is left before
/// another record takes it.
///
/// # Errors
/// [`Error::Unsupported`] when there is none, since records take each other's values in a circle.
pub(crate) fn in_order(records: &[Record], rows: Rows) -> Result<Rows> {
    let before = leaving_first(records, &rows);
    if before.iter().all(Vec::is_empty) {
        return Ok(rows);
    }
    let mut waiting: Vec<usize> = vec![0; rows.len()];
    before.iter().flatten().for_each(|&taker| waiting[taker] += 1);
    let mut free: VecDeque<usize> = (0..rows.len()).filter(|&row| waiting[row] == 0).collect();
    let mut ordered = Rows::new(rows.entity());
    while let Some(row) = free.pop_front() {
        let given = (0..rows.entity().fields.len()).filter_map(|column| match rows.cell(row, column) {
            Cell::Given(value) => Some((column, value)),
            Cell::Absent => None,
        });
        append(&mut ordered, given)?;
        for &taker in &before[row] {
            waiting[taker] -= 1;
            if waiting[taker] == 0 {
                free.push_back(taker);
            }
        }
    }
    if ordered.len() == rows.len() {
        return Ok(ordered);
    }
    Err(Error::unsupported(
        "an update in which records take unique values from each other in a circle",
        "in any order, one of them would meet a value that is still another's: move some of them to free values \
         first, in an update of its own",
    ))
}

/// For each record, those that take a unique value from it.
fn leaving_first(records: &[Record], rows: &Rows) -> Vec<Vec<usize>> {
    let entity = rows.entity();
    let mut takers = vec![Vec::new(); records.len()];
    for index in entity.indexes.iter().filter(|index| index.unique) {
        if index.fields.iter().all(|&column| rows.none_given(column)) {
            continue;
        }
        let mut held = HashMap::with_capacity(records.len());
        for (at, record) in records.iter().enumerate() {
            if let Some(values) = joinable(record, index.fields) {
                held.insert(values, at);
            }
        }
        for (taker, record) in records.iter().enumerate() {
            let after = After { rows, row: taker, record };
            let holder = joinable(&after, index.fields).and_then(|values| held.get(&values));
            if let Some(&holder) = holder.filter(|holder| **holder != taker) {
                takers[holder].push(taker);
            }
        }
    }
    takers
}

/// A record as a row makes it.
struct After<'a> {
    rows: &'a Rows,
    row: usize,
    record: &'a Record,
}

impl Row for After<'_> {
    fn value(&self, column: usize) -> ValueRef<'_> {
        match self.rows.cell(self.row, column) {
            Cell::Given(value) => value,
            Cell::Absent => self.record.value(column),
        }
    }
}

fn append<'v>(rows: &mut Rows, cells: impl Iterator<Item = (usize, ValueRef<'v>)>) -> Result<()> {
    let row = rows.push();
    for (column, value) in cells {
        if !rows.set(row, column, value) {
            let at = rows.entity().name.to_owned();
            return Err(Error::TooLarge { at, what: "more than 4 GiB of text in one column" });
        }
    }
    Ok(())
}
