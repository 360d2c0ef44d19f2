//! The batch in the making.

use super::ROOT;
use super::group::{Ascending, Child, Group, Origin, Origins, Pending, Tie};
use crate::database::Clock;
use crate::error::{Error, Result};
use crate::model::schema::{EntitySchema, KeySource, PivotSchema, RelationKind, RelationSchema, Side};
use crate::plan::{RowWrite, Rows};
use crate::value::{Cell, KeyValues, Mismatch, Timestamp, Value, ValueRef};
use std::collections::HashMap;

/// How saves behave.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// How many containers may nest.
    pub(crate) max_depth: usize,
    /// Whether a child that states another foreign key than its place says is an error.
    pub(crate) strict: bool,
    /// Tells the time of a write.
    pub(crate) clock: Clock,
}

/// For how many records room is made in advance at most: from there on, growing costs little, and what an
/// iterator says of its length may be wrong.
const MOST_EXPECTED: usize = 4_096;

/// Records on their way into a batch, with where they came from.
#[derive(Debug)]
pub(crate) struct Gather {
    pub(crate) settings: Settings,
    /// Whether the input was a list of records.
    pub(crate) list: bool,
    /// Whether the input only names records and how they nest: nothing of it is written.
    pub(crate) names_only: bool,
    /// Whether missing keys are told later, with all else that is missing.
    pub(crate) lists_missing: bool,
    pub(super) groups: Vec<Group>,
    /// Nested records whose parents haven't ended, innermost last.
    children: Vec<Child>,
    pub(super) pending: Vec<Pending>,
    /// The pivot rows of which the input says something, by the nested record.
    pub(super) ties: HashMap<(u32, u32), Tie>,
    /// The keys by which relations over lists of keys were given.
    pub(super) listed: Vec<KeyValues>,
    /// Relations that the input named with an empty list: (group, row, relation).
    pub(crate) empties: Vec<(u32, u32, u16)>,
    /// The time of this write, once it was asked for.
    pub(super) now: Option<Timestamp>,
    /// The error that a deserializer can't carry.
    pub(crate) fault: Option<Error>,
    /// Where a deserializer failed by itself.
    pub(crate) failed_at: Option<String>,
}

impl Gather {
    /// Nothing yet; the roots' entity has group 0 and is written as `how` says.
    pub(crate) fn new(root: &'static EntitySchema, how: RowWrite, settings: Settings) -> Self {
        let mut gather = Self {
            settings,
            list: false,
            names_only: false,
            lists_missing: false,
            groups: Vec::with_capacity(1),
            children: Vec::new(),
            pending: Vec::new(),
            ties: HashMap::new(),
            listed: Vec::new(),
            empties: Vec::new(),
            now: None,
            fault: None,
            failed_at: None,
        };
        gather.add_group(root, how);
        gather
    }

    fn add_group(&mut self, entity: &'static EntitySchema, how: RowWrite) -> u32 {
        self.groups.push(Group {
            how,
            rows: Rows::new(entity),
            origins: Origins::default(),
            targets: Vec::new(),
            unkeyed: Ascending::default(),
            stated: None,
        });
        self.groups.len() as u32 - 1
    }

    /// About so many records are to come.
    pub(crate) fn expect(&mut self, records: usize) {
        self.groups[0].rows.expect(records.min(MOST_EXPECTED));
    }

    pub(crate) fn group(&self, group: u32) -> &Group {
        &self.groups[group as usize]
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    pub(super) fn rows_mut(&mut self, group: usize) -> &mut Rows {
        &mut self.groups[group].rows
    }

    /// The group of an entity's merged records.
    fn group_of(&mut self, entity: &'static EntitySchema) -> u32 {
        let found = self.groups.iter().position(|g| g.how == RowWrite::Merge && g.entity().is(entity));
        match found {
            Some(at) => at as u32,
            None => self.add_group(entity, RowWrite::Merge),
        }
    }

    /// The group that a relation's records go to; `None` where they are on another connection, and so
    /// can't be written along.
    #[inline]
    pub(crate) fn target(&mut self, group: u32, relation: usize) -> Option<u32> {
        if let Some(&known) = self.groups[group as usize].targets.get(relation)
            && known != ROOT
        {
            return Some(known);
        }
        self.find_target(group, relation)
    }

    fn find_target(&mut self, group: u32, relation: usize) -> Option<u32> {
        let owner = self.group(group).entity();
        let entity = (owner.relations[relation].target)();
        if !owner.shares_connection(entity) {
            return None;
        }
        let target = self.group_of(entity);
        let targets = &mut self.groups[group as usize].targets;
        targets.resize(owner.relations.len(), ROOT);
        targets[relation] = target;
        Some(target)
    }

    /// The error for a record that is nested where it can't be written along; `at` is its path.
    #[cold]
    pub(crate) fn crossing(&self, group: u32, relation: usize, at: String) -> Error {
        let owner = self.group(group).entity();
        let target = (owner.relations[relation].target)();
        let name =
            |entity: &EntitySchema| entity.connection.map_or("none".into(), |name| format!("`{name}`"));
        let (here, there) = (name(owner), name(target));
        Error::CrossingRecord { at, model: owner.model, here, target: target.model, there }
    }

    /// A record begins. Answers its row and the mark to [end](Self::end) it with.
    #[inline]
    pub(crate) fn begin(&mut self, group: u32, origin: Origin) -> (u32, usize) {
        let data = &mut self.groups[group as usize];
        data.origins.push(origin);
        (data.rows.push() as u32, self.children.len())
    }

    /// A record that is known by its key alone.
    fn refer(&mut self, group: u32, origin: Origin, key: &KeyValues) -> Result<u32> {
        let (row, _) = self.begin(group, origin);
        for (part, &column) in self.group(group).entity().key.iter().enumerate() {
            self.set(group, row, column, key.get(part))?;
        }
        Ok(row)
    }

    /// Gives a cell its value.
    ///
    /// # Errors
    /// When the value doesn't fit the column.
    #[inline]
    pub(crate) fn set(&mut self, group: u32, row: u32, column: usize, value: ValueRef<'_>) -> Result<()> {
        let data = &mut self.groups[group as usize];
        let field = data.rows.entity().field(column);
        let taken;
        let fitting = match &field.intake {
            Some(intake) => {
                taken = intake.take(field.kind, field.nullable, value);
                taken.as_ref().map(Value::as_ref).map_err(Mismatch::clone)
            }
            None if value.is_null() && !field.nullable => Err(Mismatch::new(field.kind, "null")),
            None => field.kind.fit(value),
        };
        match fitting {
            Ok(value) => {
                if data.rows.set(row as usize, column, value) {
                    return Ok(());
                }
                let at = self.field_path(group, row, column);
                Err(Error::TooLarge { at, what: "one save holds at most 4 GiB of text per column; split it" })
            }
            Err(mismatch) => Err(Error::WrongType { at: self.field_path(group, row, column), mismatch }),
        }
    }

    /// Gives a cell a value that is known to fit its column; `false` where there is no room for it.
    #[cfg(feature = "json")]
    #[must_use]
    #[inline]
    pub(super) fn put(&mut self, group: u32, row: u32, column: usize, value: ValueRef<'_>) -> bool {
        self.groups[group as usize].rows.set(row as usize, column, value)
    }

    /// A nested record has ended; its parent will meet it when it ends itself.
    #[inline]
    pub(crate) fn nested(&mut self, relation: usize, group: u32, row: u32) {
        self.children.push(Child { relation: relation as u16, pivot: false, group, row });
    }

    /// A relation was given as the key of a record that is stored elsewhere.
    pub(crate) fn nested_key(
        &mut self,
        (group, row): (u32, u32),
        relation: usize,
        ordinal: u32,
        key: &KeyValues,
    ) -> Result<()> {
        let schema = &self.group(group).entity().relations[relation];
        let target = (schema.target)();
        match schema.kind {
            _ if self.names_only => self.nest_key((group, row), relation, ordinal, key)?,
            RelationKind::BelongsTo if schema.to == target.key => {
                for (part, &column) in schema.from.iter().enumerate() {
                    self.set(group, row, column, key.get(part))?;
                }
                self.attach_type((group, row), schema, Side::Own)?;
            }
            RelationKind::HasManyBy if schema.to == target.key => {
                let row = self.listed.len() as u32;
                self.listed.push(key.clone());
                self.nested(relation, ROOT, row);
            }
            RelationKind::BelongsToMany
                if schema.to == target.key && self.group(group).entity().shares_connection(target) =>
            {
                self.pivot_to_key((group, row), (relation, ordinal), schema, key)?;
            }
            _ => self.nest_key((group, row), relation, ordinal, key)?,
        }
        Ok(())
    }

    /// Nests a record that is known by its key alone.
    fn nest_key(
        &mut self,
        (group, row): (u32, u32),
        relation: usize,
        ordinal: u32,
        key: &KeyValues,
    ) -> Result<()> {
        let Some(to) = self.target(group, relation) else {
            let at = self.nested_path((group, row), relation, ordinal);
            return Err(self.crossing(group, relation, at));
        };
        let number = relation as u16;
        let origin = Origin { parent: group, parent_row: row, relation: number, pivot: false, ordinal };
        let child = self.refer(to, origin, key)?;
        self.nested(relation, to, child);
        Ok(())
    }

    /// A record ends: it gets its key, and its children and it get each other's.
    pub(crate) fn end(&mut self, group: u32, row: u32, mark: usize) -> Result<()> {
        if self.names_only {
            self.children.truncate(mark);
            return Ok(());
        }
        self.make_key(group, row)?;
        for at in mark..self.children.len() {
            let child = self.children[at];
            let relation: &'static RelationSchema =
                &self.group(group).entity().relations[child.relation as usize];
            match relation.kind {
                _ if child.pivot => {
                    let columns = relation.pivot.as_ref().map_or(&[][..], |pivot| pivot.from);
                    self.attach((child.group, child.row), columns, (group, row), relation.from)?;
                }
                RelationKind::BelongsTo => {
                    self.attach((group, row), relation.from, (child.group, child.row), relation.to)?;
                    self.attach_type((group, row), relation, Side::Own)?;
                }
                RelationKind::HasOne | RelationKind::HasMany
                    if self.attach_int(child, (group, row), relation) => {}
                RelationKind::HasOne | RelationKind::HasMany => {
                    self.attach((child.group, child.row), relation.to, (group, row), relation.from)?;
                    self.attach_type((child.group, child.row), relation, Side::Target)?;
                }
                RelationKind::BelongsToMany => self.pivot_to((group, row), relation, child)?,
                // Only the record in between could tie the two, and the input doesn't say which it is.
                RelationKind::HasOneThrough | RelationKind::HasManyThrough => {}
                RelationKind::HasManyBy => {
                    let first = self.children[mark..at].iter().all(|c| c.relation != child.relation);
                    if first {
                        self.list_children((group, row), child.relation, relation, mark)?;
                    }
                }
            }
        }
        self.children.truncate(mark);
        Ok(())
    }

    /// Gives a nested record its foreign key where that is one integer and nothing else is to be looked
    /// at, which is most of what nests; `false` where there is more to it.
    #[inline]
    fn attach_int(&mut self, child: Child, (group, row): (u32, u32), relation: &RelationSchema) -> bool {
        let (&[to], &[from], None) = (relation.to, relation.from, relation.guard) else { return false };
        let source = &self.groups[group as usize].rows;
        let Cell::Given(ValueRef::Int(key)) = source.cell(row as usize, from) else { return false };
        let rows = &mut self.groups[child.group as usize].rows;
        let field = rows.entity().field(to);
        let fits = field.kind.integer_range().is_some_and(|(low, high)| low <= key && key <= high);
        if !fits || field.intake.is_some() || (self.settings.strict && rows.is_given(child.row as usize, to))
        {
            return false;
        }
        rows.set(child.row as usize, to, ValueRef::Int(key))
    }

    fn make_key(&mut self, group: u32, row: u32) -> Result<()> {
        let data = &mut self.groups[group as usize];
        if data.rows.has_key(row as usize) {
            return Ok(());
        }
        let entity = data.entity();
        match entity.key_source {
            KeySource::Storage => data.unkeyed.push(row),
            KeySource::Made(make) => {
                let column = entity.key[0];
                let key = make();
                self.set(group, row, column, key.as_ref())?;
            }
            // A child's key may consist of its parent's, which it gets when the parent ends.
            KeySource::Given => {}
        }
        Ok(())
    }

    /// Gives the columns of one record the values of another's.
    fn attach(
        &mut self,
        (group, row): (u32, u32),
        columns: &'static [usize],
        (from_group, from_row): (u32, u32),
        from_columns: &'static [usize],
    ) -> Result<()> {
        for (&column, &from_column) in columns.iter().zip(from_columns) {
            let source = self.group(from_group);
            if !source.rows.has_value(from_row as usize, from_column) {
                if source.waits_for_storage(from_column) || self.lists_missing {
                    let (to_group, to_row, to_column) = (from_group, from_row, from_column as u32);
                    self.pending.push(Pending {
                        group,
                        row,
                        column: column as u32,
                        to_group,
                        to_row,
                        to_column,
                        item: None,
                    });
                    continue;
                }
                let at = self.field_path(from_group, from_row, from_column);
                return Err(Error::MissingKey { at, model: source.entity().model });
            }
            match source.rows.value(from_row as usize, from_column) {
                ValueRef::Int(n) => self.attach_value((group, row), column, ValueRef::Int(n))?,
                other => {
                    let value = other.to_value();
                    self.attach_value((group, row), column, value.as_ref())?;
                }
            }
        }
        Ok(())
    }

    /// Says by its type whose a record is, where the relation tells several models apart.
    fn attach_type(&mut self, at: (u32, u32), relation: &RelationSchema, side: Side) -> Result<()> {
        match relation.guard {
            Some(guard) if guard.on == side => {
                self.attach_value(at, guard.column, ValueRef::Text(guard.value))
            }
            _ => Ok(()),
        }
    }

    fn attach_value(&mut self, (group, row): (u32, u32), column: usize, value: ValueRef<'_>) -> Result<()> {
        if self.settings.strict
            && let Cell::Given(stated) = self.group(group).rows.cell(row as usize, column)
            && !stated.is_null()
            && stated != value
        {
            let (stated, nested) = (stated.describe(), value.describe());
            let at = self.field_path(group, row, column);
            return Err(Error::Contradiction { at, stated, nested });
        }
        self.set(group, row, column, value)
    }

    /// Writes the pivot row between a record and one that was nested in it.
    fn pivot_to(
        &mut self,
        parent: (u32, u32),
        relation: &'static RelationSchema,
        child: Child,
    ) -> Result<()> {
        let Some(pivot) = &relation.pivot else { return Ok(()) };
        let (group, row) = match self.ties.get(&(child.group, child.row)) {
            Some(&said) => said,
            None => {
                let ordinal = self.group(child.group).origins.get(child.row).ordinal;
                self.pivot_row(parent, child.relation, ordinal, pivot)
            }
        };
        self.attach((group, row), pivot.to, (child.group, child.row), relation.to)?;
        self.attach((group, row), pivot.from, parent, relation.from)?;
        self.attach_type((group, row), relation, Side::Middle)
    }

    /// Writes the pivot row between a record and one that is known by its key. The record's own key
    /// may come later in the input, so the row meets it when the record ends.
    fn pivot_to_key(
        &mut self,
        parent: (u32, u32),
        (relation, ordinal): (usize, u32),
        schema: &'static RelationSchema,
        key: &KeyValues,
    ) -> Result<()> {
        let Some(pivot) = &schema.pivot else { return Ok(()) };
        let (group, row) = self.pivot_row(parent, relation as u16, ordinal, pivot);
        for (part, &column) in pivot.to.iter().enumerate() {
            self.set(group, row, column, key.get(part))?;
        }
        self.attach_type((group, row), schema, Side::Middle)?;
        self.children.push(Child { relation: relation as u16, pivot: true, group, row });
        Ok(())
    }

    /// The row of a pivot, of which nothing is said yet.
    pub(super) fn pivot_row(
        &mut self,
        (parent, parent_row): (u32, u32),
        relation: u16,
        ordinal: u32,
        pivot: &PivotSchema,
    ) -> Tie {
        let group = self.group_of((pivot.entity)());
        let origin = Origin { parent, parent_row, relation, pivot: true, ordinal };
        (group, self.begin(group, origin).0)
    }

    /// Notes a foreign key that waits for a key that the storage makes.
    pub(super) fn wait(&mut self, pending: Pending) {
        self.pending.push(pending);
    }

    /// Whether a cell gets its value when another record has its key.
    pub(super) fn waits(&self, (group, row): (u32, u32), column: usize) -> bool {
        self.pending.iter().any(|p| (p.group, p.row, p.column) == (group, row, column as u32))
    }

    /// Leaves nested records, from a mark on, without a tie to their parent.
    pub(super) fn forget_children(&mut self, mark: usize) {
        self.children.truncate(mark);
    }

    /// The nested records that wait for their parents, from a mark on.
    pub(super) fn children_from(&self, mark: usize) -> &[Child] {
        &self.children[mark..]
    }

    /// The mark to [end](Self::end) a record with that has begun already.
    pub(super) fn mark(&self) -> usize {
        self.children.len()
    }
}
