//! Putting saved records together again, in the shape of the input.

use super::ROOT;
use super::gather::Gather;
use super::group::{Group, Origin, Pending, SomeGroups};
use crate::database::{Lens, View};
use crate::engine::Session;
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::model::{Holds, Many, Model, Morph, MorphVisitor, One, RelationVisitor};
use crate::plan::{KeySet, Predicate, Rows, Select};
use crate::provider::{Flow, Row, RowSink};
use crate::query::KeyIndex;
use crate::value::{Cells, Kind};
use std::collections::HashSet;
use std::sync::Arc;

/// The stored state of a group's records.
pub(crate) enum Source {
    /// The group's rows say everything, and none of them twice.
    Own,
    /// What was read back; for each row of the group, its place there.
    Read(Rows, Vec<Option<u32>>),
}

impl Source {
    fn has(&self, row: u32) -> bool {
        match self {
            Source::Own => true,
            Source::Read(_, places) => places[row as usize].is_some(),
        }
    }
}

impl Group {
    /// Whether the rows say every column of their records and no record is met twice.
    pub(super) fn says_everything(&self) -> bool {
        self.says_everything_but(|_| false)
    }

    /// The same, without the columns that have been looked at otherwise.
    fn says_everything_but(&self, looked_at: impl Fn(usize) -> bool) -> bool {
        let said =
            |column| self.rows.all_given(column) || self.waits_for_storage(column) || looked_at(column);
        (0..self.entity().fields.len()).all(said) && (self.rows.len() < 2 || !self.repeats())
    }

    fn repeats(&self) -> bool {
        let entity = self.entity();
        if self.is_unkeyed() {
            return false;
        }
        if let [key] = entity.key
            && let Cells::Int(ints) = self.rows.cells(*key)
            && self.rows.all_values(*key)
            && ints.is_sorted_by(|a, b| a < b)
        {
            // Lists mostly come in the order of their keys.
            return false;
        }
        let kinds: Vec<Kind> = entity.key.iter().map(|&c| entity.field(c).kind).collect();
        let mut index = KeyIndex::new(&kinds, self.rows.len());
        let mut keyed = 0;
        for row in 0..self.rows.len() {
            keyed += usize::from(self.rows.has_key(row));
            index.push(|part| self.rows.value(row, entity.key[part]));
        }
        index.take_keys().len() < keyed
    }
}

impl Gather {
    /// Whether nothing is nested in the records.
    pub(crate) fn is_flat(&self) -> bool {
        self.groups().len() == 1 && self.empties.is_empty() && self.group(0).origins.are_roots()
    }

    /// The records that were written, where nothing is nested in them and all of them is known.
    pub(crate) fn flat_roots<M: Model>(&self) -> Result<Vec<M>> {
        let rows = &self.group(0).rows;
        let mut records = Vec::with_capacity(rows.len());
        for row in 0..rows.len() {
            records.push(M::hydrate(&rows.row(row))?);
        }
        Ok(records)
    }

    /// The groups whose stored state must be read back to be known.
    pub(crate) fn to_read_back(&self) -> SomeGroups {
        let shown = |at: usize| self.groups()[at].origins.iter().any(|o| !o.pivot);
        (0..self.groups().len()).filter(|&at| shown(at) && !self.is_known_once_written(at)).collect()
    }

    /// The groups that must be read back because they are `needed`, or because they are `waiting` and
    /// don't say everything themselves.
    pub(crate) fn to_read_back_for(&self, needed: &SomeGroups, waiting: &SomeGroups) -> SomeGroups {
        let read =
            |at: &usize| needed.contains(*at) || (waiting.contains(*at) && !self.is_known_once_written(*at));
        (0..self.groups().len()).filter(read).collect()
    }

    /// Whether a group's rows say everything when the keys that the storage makes have come to where they
    /// belong.
    fn is_known_once_written(&self, at: usize) -> bool {
        let group = &self.groups()[at];
        let alone = self.groups().iter().filter(|g| g.entity().is(group.entity())).count() == 1;
        alone && group.says_everything_but(|column| self.comes_with_a_key(at, column))
    }

    /// Whether each record of a group that doesn't say a column gets it as another record's key.
    fn comes_with_a_key(&self, at: usize, column: usize) -> bool {
        let here = |p: &&Pending| (p.group as usize, p.column as usize) == (at, column) && p.item.is_none();
        let waiting: HashSet<u32> = self.pending.iter().filter(here).map(|p| p.row).collect();
        let rows = &self.groups()[at].rows;
        !waiting.is_empty()
            && (0..rows.len()).all(|row| rows.is_given(row, column) || waiting.contains(&(row as u32)))
    }
}

/// Gathers whole rows.
struct Stored(Rows);

impl RowSink for Stored {
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        let at = self.0.push();
        for column in 0..self.0.entity().fields.len() {
            if !self.0.set(at, column, row.value(column)) {
                let at = self.0.entity().name.to_owned();
                return Err(Error::TooLarge { at, what: "more than 4 GiB of text in one column" });
            }
        }
        Ok(Flow::More)
    }
}

/// Reads the stored state of those groups that need it: one statement for each.
pub(crate) async fn readback(gather: &Gather, needed: &SomeGroups, session: &Session) -> Result<Vec<Source>> {
    let mut sources = Vec::with_capacity(gather.groups().len());
    for (at, group) in gather.groups().iter().enumerate() {
        let all = |plan| plan;
        sources.push(if needed.contains(at) { read(group, session, all).await? } else { Source::Own });
    }
    Ok(sources)
}

/// Reads the stored state of all that is named, as far as it is seen.
pub(crate) async fn read_named(gather: &Gather, lens: Lens<'_>) -> Result<Vec<Source>> {
    let mut sources = Vec::with_capacity(gather.groups().len());
    for group in gather.groups() {
        let seen = |plan| lens.scopes.plan(plan, View::default());
        sources.push(read(group, lens.session, seen).await?);
    }
    Ok(sources)
}

async fn read(group: &Group, session: &Session, narrowed: impl FnOnce(Select) -> Select) -> Result<Source> {
    let entity: &'static EntitySchema = group.entity();
    let kinds: Vec<Kind> = entity.key.iter().map(|&c| entity.field(c).kind).collect();
    let mut index = KeyIndex::new(&kinds, group.rows.len());
    for row in 0..group.rows.len() {
        index.push(|part| group.rows.value(row, entity.key[part]));
    }
    let keys: Arc<KeySet> = Arc::new(index.take_keys());
    let plan = Select { filter: Predicate::Keys { columns: entity.key, keys }, ..Select::all(entity) };
    let Stored(stored) = session.select(&Arc::new(narrowed(plan)), Stored(Rows::new(entity))).await?;
    let mut places = vec![None; group.rows.len()];
    for at in 0..stored.len() {
        for row in index.places(|part| stored.value(at, entity.key[part])) {
            places[row] = Some(at as u32);
        }
    }
    Ok(Source::Read(stored, places))
}

/// Hydrates records and their nested ones.
pub(crate) struct Assembler<'g> {
    gather: &'g Gather,
    sources: Vec<Source>,
    /// For each group, its records' children.
    children: Vec<Children>,
}

/// The children of one group's records.
struct Children {
    /// In the order of parents, relations and lists.
    list: Vec<Child>,
    /// For each parent, where its children begin in the list; and where the last one's end.
    starts: Vec<u32>,
}

impl Children {
    fn new(mut list: Vec<Child>, parents: usize) -> Self {
        list.sort_unstable();
        let mut starts = Vec::new();
        if !list.is_empty() {
            starts.reserve_exact(parents + 1);
            for (at, child) in list.iter().enumerate() {
                starts.resize(starts.len().max(child.parent_row as usize + 1), at as u32);
            }
            starts.resize(parents + 1, list.len() as u32);
        }
        Self { list, starts }
    }

    fn of(&self, parent: u32) -> &[Child] {
        let bound = |at: u32| self.starts.get(at as usize).map_or(0, |start| *start as usize);
        self.list.get(bound(parent)..bound(parent + 1)).unwrap_or(&[])
    }
}

/// A nested record, by its place under its parent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Child {
    parent_row: u32,
    relation: u16,
    ordinal: u32,
    /// [`ROOT`] where the input named the relation with an empty list.
    group: u32,
    row: u32,
}

impl<'g> Assembler<'g> {
    pub(crate) fn new(gather: &'g Gather, sources: Vec<Source>) -> Self {
        let mut children = vec![Vec::new(); gather.groups().len()];
        for (group, data) in gather.groups().iter().enumerate() {
            for (row, origin) in data.origins.iter().enumerate() {
                if origin.parent != ROOT && !origin.pivot {
                    let Origin { parent, parent_row, relation, ordinal, .. } = origin;
                    let child = Child { parent_row, relation, ordinal, group: group as u32, row: row as u32 };
                    children[parent as usize].push(child);
                }
            }
        }
        for &(group, row, relation) in &gather.empties {
            let named = Child { parent_row: row, relation, ordinal: 0, group: ROOT, row: 0 };
            children[group as usize].push(named);
        }
        let groups = gather.groups().iter();
        let children = children.into_iter().zip(groups).map(|(list, of)| Children::new(list, of.rows.len()));
        Self { gather, sources, children: children.collect() }
    }

    /// The records that were nested in no other, in order.
    pub(crate) fn roots<M: Model>(&self) -> Result<Vec<M>> {
        let origins = &self.gather.group(0).origins;
        let mut records = Vec::with_capacity(origins.roots().count());
        for row in origins.roots() {
            records.push(self.record(0, row as u32)?);
        }
        Ok(records)
    }

    /// As [`roots`](Self::roots), without those that aren't stored.
    pub(crate) fn stored_roots<M: Model>(mut self) -> Result<Vec<M>> {
        let sources = &self.sources;
        for Children { list, .. } in &mut self.children {
            for child in list.iter_mut().filter(|c| c.group != ROOT) {
                if !sources[child.group as usize].has(child.row) {
                    // The relation is named, but leads to nothing.
                    child.group = ROOT;
                }
            }
            // What is there comes before what only says that the relation is named.
            list.sort_unstable_by_key(|c| (c.parent_row, c.relation, c.group == ROOT, c.ordinal));
        }
        let roots = self.gather.group(0).origins.roots().filter(|&row| sources[0].has(row as u32));
        roots.map(|row| self.record(0, row as u32)).collect()
    }

    fn record<M: Model>(&self, group: u32, row: u32) -> Result<M> {
        let own = &self.gather.group(group).rows;
        let mut record = match &self.sources[group as usize] {
            Source::Own => M::hydrate(&own.row(row as usize))?,
            Source::Read(rows, places) => match places[row as usize] {
                Some(place) => M::hydrate(&rows.row(place as usize))?,
                None => {
                    let schema = M::schema();
                    let key: Vec<_> = schema.key.iter().map(|&c| own.value(row as usize, c)).collect();
                    let at = self.gather.path(group, row);
                    return Err(Error::NotFound { at, model: schema.model, key: format!("{key:?}") });
                }
            },
        };
        let children = self.children[group as usize].of(row);
        if !children.is_empty() {
            record.relations(&mut Fill { assembler: self, children })?;
        }
        Ok(record)
    }
}

/// Fills a relation to one of several models with what the input named.
struct FillOneOf<'f, 'a, E> {
    fill: &'f Fill<'a>,
    first: usize,
    slot: &'f mut One<E>,
}

impl<E: Morph> MorphVisitor<E> for FillOneOf<'_, '_, E> {
    fn target<T: Model>(&mut self) -> Result<()>
    where
        E: Holds<T>,
    {
        if let Some((group, row)) = self.fill.of(self.first + <E as Holds<T>>::PLACE).next()
            && group != ROOT
        {
            let record: T = self.fill.assembler.record(group, row)?;
            self.slot.fill(Some(Box::new(E::of(record))), false);
        }
        Ok(())
    }
}

/// Fills the relations that the input named.
struct Fill<'a> {
    assembler: &'a Assembler<'a>,
    children: &'a [Child],
}

impl Fill<'_> {
    /// The children of a relation; they lie side by side.
    fn of(&self, relation: usize) -> impl ExactSizeIterator<Item = (u32, u32)> {
        let first = self.children.iter().position(|child| child.relation as usize == relation);
        let children = &self.children[first.unwrap_or(self.children.len())..];
        let others = children.iter().position(|child| child.relation as usize != relation);
        children[..others.unwrap_or(children.len())].iter().map(|child| (child.group, child.row))
    }
}

impl RelationVisitor for Fill<'_> {
    fn one<T: Model>(&mut self, relation: usize, slot: &mut One<T>) -> Result<()> {
        if let Some((group, row)) = self.of(relation).next()
            && group != ROOT
        {
            slot.fill(Some(Box::new(self.assembler.record(group, row)?)), false);
        }
        Ok(())
    }

    fn morph<E: Morph>(&mut self, first: usize, slot: &mut One<E>) -> Result<()> {
        E::targets(&mut FillOneOf { fill: self, first, slot })
    }

    fn many<T: Model>(&mut self, relation: usize, slot: &mut Many<T>) -> Result<()> {
        let children = self.of(relation);
        let named = children.len() > 0;
        let mut records = Vec::with_capacity(children.len());
        for (group, row) in children {
            if group != ROOT {
                records.push(self.assembler.record(group, row)?);
            }
        }
        if named {
            // There may be more in the store than the input named.
            slot.fill(records, true);
        }
        Ok(())
    }
}
