//! Groups and what is computed over them, over plain scans.

use super::accumulate::Accumulator;
use super::atom::{Tuple, joinable, order};
use super::evaluate::Scans;
use super::{Condition, Record};
use crate::error::Result;
use crate::model::schema::{EntitySchema, RelationSchema};
use crate::plan::{ColumnPath, Grouping, Sort};
use crate::provider::{Flow, Row, RowSink};
use crate::value::{Value, ValueRef};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Groups records and puts the groups' rows out.
pub(super) fn groups<'a>(
    grouping: &Grouping,
    root: &'static EntitySchema,
    records: impl Iterator<Item = &'a Record>,
    scans: &mut Scans<'_>,
    sink: &mut dyn RowSink,
) -> Result<()> {
    let paths = Paths::new(grouping, scans)?;
    let mut table = GroupTable::new(grouping, root);
    for record in records {
        table.push(|column| paths.value(record, column));
    }
    put_out(grouping, table.finish()?, sink)
}

/// Groups in the making: what a grouping means, for evaluators of plans.
#[derive(Debug)]
pub struct GroupTable<'p> {
    grouping: &'p Grouping,
    fresh: Vec<Accumulator>,
    places: HashMap<Box<[u8]>, usize>,
    /// The key at hand.
    scratch: Vec<u8>,
    groups: Vec<(Vec<Value>, Vec<Accumulator>)>,
}

impl<'p> GroupTable<'p> {
    /// No groups yet, but the one of all records where there are no keys.
    #[must_use]
    pub fn new(grouping: &'p Grouping, root: &'static EntitySchema) -> Self {
        let fresh: Vec<Accumulator> =
            grouping.aggregates.iter().map(|aggregate| Accumulator::new(aggregate, root)).collect();
        let mut groups = Vec::new();
        let mut places = HashMap::new();
        if grouping.keys.is_empty() {
            groups.push((Vec::new(), fresh.clone()));
            places.insert(Box::default(), 0);
        }
        Self { grouping, fresh, places, scratch: Vec::new(), groups }
    }

    /// Takes one more record, of which `value` answers columns.
    pub fn push<'v>(&mut self, mut value: impl FnMut(&ColumnPath) -> ValueRef<'v>) {
        let keys = &self.grouping.keys;
        self.scratch.clear();
        keys.iter().for_each(|key| encode(&mut self.scratch, value(key)));
        let place = match self.places.get(self.scratch.as_slice()) {
            Some(place) => *place,
            None => {
                let key = keys.iter().map(|key| value(key).to_value()).collect();
                self.groups.push((key, self.fresh.clone()));
                let place = self.groups.len() - 1;
                self.places.insert(self.scratch.as_slice().into(), place);
                place
            }
        };
        let Some((_, accumulators)) = self.groups.get_mut(place) else {
            return;
        };
        for (aggregate, accumulator) in self.grouping.aggregates.iter().zip(accumulators) {
            accumulator.push(aggregate.column().map_or(ValueRef::Bool(true), &mut value));
        }
    }

    /// The accumulators of the one group that there is without keys.
    pub fn all(&mut self) -> Option<&mut [Accumulator]> {
        self.groups.first_mut().map(|(_, accumulators)| accumulators.as_mut_slice())
    }

    /// The groups' rows, in no particular order, neither narrowed nor cut.
    ///
    /// # Errors
    /// Where a sum doesn't fit.
    pub fn finish(self) -> Result<Vec<Record>> {
        let row = |(mut row, accumulators): (Vec<Value>, Vec<Accumulator>)| {
            for accumulator in accumulators {
                row.push(accumulator.finish()?);
            }
            Ok(Record::from(row))
        };
        self.groups.into_iter().map(row).collect()
    }
}

/// Writes a value so that equal values of a column have equal bytes and others don't.
fn encode(out: &mut Vec<u8>, value: ValueRef<'_>) {
    let mut bytes = |bytes: &[u8]| {
        out.push(2);
        out.extend_from_slice(&bytes.len().to_ne_bytes());
        out.extend_from_slice(bytes);
    };
    match value {
        ValueRef::Null => out.push(0),
        ValueRef::Text(text) => bytes(text.as_bytes()),
        ValueRef::Bytes(data) => bytes(data),
        ValueRef::Uuid(uuid) => bytes(&uuid),
        // The sum turns -0.0 into 0.0.
        ValueRef::Float(x) => bytes(&(x + 0.0).to_bits().to_ne_bytes()),
        ValueRef::Decimal(d) => {
            let d = d.normalize();
            bytes(&d.units().to_ne_bytes());
            out.push(d.scale());
        }
        whole => {
            out.push(1);
            out.extend_from_slice(&whole.as_raw_int().unwrap_or(0).to_ne_bytes());
        }
    }
}

/// Narrows, orders and cuts the rows of groups, and puts them out.
///
/// # Errors
/// Those of the sink.
pub fn put_out(grouping: &Grouping, mut rows: Vec<Record>, sink: &mut dyn RowSink) -> Result<()> {
    // The rows are no entity's; a condition asks the schema only which columns of a list may be NULL.
    let condition = Condition::new(&grouping.having, &EntitySchema::BASE, &mut nothing)?;
    rows.retain(|row| condition.holds(row));
    let order = if grouping.is_cut() { grouping.stable_order() } else { grouping.order.clone() };
    if !order.is_empty() {
        rows.sort_by(|a, b| compare(&order, a, b));
    }
    let offset = usize::try_from(grouping.offset).unwrap_or(usize::MAX);
    let limit = grouping.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    for row in rows.iter().skip(offset).take(limit) {
        if sink.row(row)? == Flow::Stop {
            break;
        }
    }
    Ok(())
}

fn nothing(_: &'static EntitySchema) -> Result<Vec<Record>> {
    Ok(Vec::new())
}

/// The order of two rows by these terms.
pub(super) fn compare(terms: &[Sort], a: &dyn Row, b: &dyn Row) -> Ordering {
    for sort in terms {
        let (left, right) = (a.value(sort.column), b.value(sort.column));
        let ordering = match (left.is_null(), right.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) if sort.nulls_first => Ordering::Less,
            (true, false) => Ordering::Greater,
            (false, true) if sort.nulls_first => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) if sort.descending => order(right, left),
            (false, false) => order(left, right),
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
    Ordering::Equal
}

/// The records that paths lead through, found by the columns that refer to them.
struct Paths(Vec<(&'static RelationSchema, HashMap<Tuple, Record>)>);

impl Paths {
    fn new(grouping: &Grouping, scans: &mut Scans<'_>) -> Result<Self> {
        let mut steps: Vec<(&'static RelationSchema, HashMap<Tuple, Record>)> = Vec::new();
        for relation in grouping.columns().flat_map(|column| column.path.iter().copied()) {
            if steps.iter().any(|(known, _)| *known == relation) {
                continue;
            }
            let targets = scans.all((relation.target)())?;
            let found = targets.iter().filter_map(|r| Some((joinable(r, relation.to)?, r.clone())));
            steps.push((relation, found.collect()));
        }
        Ok(Self(steps))
    }

    fn value<'v>(&'v self, record: &'v Record, column: &ColumnPath) -> ValueRef<'v> {
        let mut at = record;
        for relation in &column.path {
            let step = self.0.iter().find(|(known, _)| known == relation);
            let next = step.and_then(|(_, found)| found.get(&joinable(at, relation.from)?));
            match next {
                Some(next) => at = next,
                None => return ValueRef::Null,
            }
        }
        at.value(column.column)
    }
}
