//! What a derive knows about a model, as static data.
//!
//! Fields are referred to by their place in [`EntitySchema::fields`]. Relations name their target by
//! a function, so that models may refer to each other in circles.

use crate::plan::{CompareOp, Predicate};
use crate::provider::Row;
use crate::value::{Intake, Kind, Value};
use std::any::TypeId;

/// Refuses a record that may not be stored, by [`crate::Error::Invalid`] without a place.
pub type Validator = fn(&dyn Row) -> crate::Result<()>;

/// A model's entity: its name, fields, key, indexes and relations.
#[derive(Debug)]
pub struct EntitySchema {
    /// The entity's name, which is also the name of its table: `users`.
    pub name: &'static str,
    /// The struct's name, for messages: `User`.
    pub model: &'static str,
    /// The type of the model: two types with one entity name in one database are an error.
    pub type_id: fn() -> TypeId,
    /// The columns, in the order of the struct's fields.
    pub fields: &'static [FieldSchema],
    /// The fields that make up the key; never empty.
    pub key: &'static [usize],
    /// Where the key comes from when a record has none.
    pub key_source: KeySource,
    /// Indexes beside the key's: unique ones are enforced.
    pub indexes: &'static [IndexSchema],
    /// The relations, in the order of the struct's fields.
    pub relations: &'static [RelationSchema],
    /// The embedded structs; their columns are the last of `fields`.
    pub embeds: &'static [EmbedSchema],
    /// Whether unknown members of the input are an error.
    pub deny_unknown_fields: bool,
    /// The connection that the model is bound to; `None` where it may live in any database.
    pub connection: Option<&'static str>,
    /// Checks each record before it is stored.
    pub validate: Option<Validator>,
    /// The column that is set when a record is first stored.
    pub created_at: Option<usize>,
    /// The column that is set whenever a record is written.
    pub updated_at: Option<usize>,
    /// The column that says when a record was deleted: it stays stored, but is left out unless asked for.
    pub deleted_at: Option<usize>,
    /// The column that counts the writes of a record, so that a write of an old state is noticed.
    pub version: Option<usize>,
}

/// An embedded struct, whose columns are the model's.
#[derive(Debug)]
pub struct EmbedSchema {
    /// The model's field: `address`.
    pub field: &'static str,
    /// The member in serialized input, which holds an object.
    pub name: &'static str,
    /// The struct's name, for messages: `Address`.
    pub model: &'static str,
    /// The place of its first column in the model.
    pub first: usize,
    /// Its columns as the struct has them, by the names that they have in it.
    pub fields: &'static [FieldSchema],
    /// Whether it may be NULL as a whole; an object stands for all of it then.
    pub optional: bool,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct FieldSchema {
    /// The struct's field: `author_id`.
    pub field: &'static str,
    /// The member's name in serialized input: the field's, unless renamed.
    pub name: &'static str,
    /// The column's name in a table: the field's, unless `column = "…"`.
    pub column: &'static str,
    /// The column's type.
    pub kind: Kind,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Makes the value of a new record that doesn't state this column.
    pub default: Option<fn() -> Value>,
    /// Whether serialized output leaves it out.
    pub hidden: bool,
    /// The kind of the keys, where the column is a [list of keys](crate::value::Keys).
    pub list: Option<Kind>,
    /// What values go through on their way in; `None` when they only have to fit the kind.
    pub intake: Option<Intake>,
}

impl FieldSchema {
    /// What a field is unless it says otherwise: the rest of a literal, `..FieldSchema::BASE`.
    pub const BASE: Self = Self {
        field: "",
        name: "",
        column: "",
        kind: Kind::I64,
        nullable: false,
        default: None,
        hidden: false,
        list: None,
        intake: None,
    };

    /// Whether a new record must state this column.
    #[must_use]
    pub fn required(&self) -> bool {
        !self.nullable && self.default.is_none()
    }

    /// The value of a new record that doesn't state this column; `None` when it must.
    #[must_use]
    pub fn filler(&self) -> Option<Value> {
        match self.default {
            Some(make) => {
                let value = make();
                match self.kind {
                    // A default may be written with another scale than the column's.
                    Kind::Decimal(_) => {
                        Some(self.kind.fit(value.as_ref()).map_or(Value::Null, |v| v.to_value()))
                    }
                    _ => Some(value),
                }
            }
            None if self.nullable => Some(Value::Null),
            None => None,
        }
    }
}

/// Where a record's key comes from when its input has none.
#[derive(Debug, Clone, Copy)]
pub enum KeySource {
    /// From the input only; a record without it is an error.
    Given,
    /// From the storage: consecutive integers (`#[key(auto)]`).
    Storage,
    /// From a function of ours (`#[key(uid)]`).
    Made(fn() -> Value),
}

/// An index over one or several fields.
#[derive(Debug)]
pub struct IndexSchema {
    /// The fields, in order.
    pub fields: &'static [usize],
    /// Whether two records with equal, non-NULL values are refused.
    pub unique: bool,
}

/// A relation from one entity to another, described by the columns that meet.
#[derive(Debug, Clone, Copy)]
pub struct RelationSchema {
    /// The name of the struct that has the field: `User`.
    pub model: &'static str,
    /// The struct's field: `posts`.
    pub field: &'static str,
    /// The member's name in serialized input.
    pub name: &'static str,
    /// What kind of relation this is.
    pub kind: RelationKind,
    /// The entity it leads to.
    pub target: fn() -> &'static EntitySchema,
    /// The columns of this side: the foreign key for `belongs_to`, the local key otherwise.
    pub from: &'static [usize],
    /// The columns of the target: its key for `belongs_to` and `belongs_to_many`, its foreign key otherwise.
    pub to: &'static [usize],
    /// The entity between the two, for `belongs_to_many` and the relations through another.
    pub pivot: Option<PivotSchema>,
    /// What else decides which records are related: those of a relation to several models say by a
    /// type whose they are. The core states it in its plans; providers need not look.
    pub guard: Option<Guard>,
    /// What happens to the records that hold the foreign key when the record that it refers to is
    /// deleted; `None` where nothing was said.
    pub on_delete: Option<OnDelete>,
}

/// What happens to the records that refer to a deleted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnDelete {
    /// They are deleted too.
    Cascade,
    /// Their foreign key becomes NULL.
    SetNull,
    /// As long as there are any, the deletion is refused.
    Restrict,
}

impl RelationSchema {
    /// What a relation is unless it says otherwise: the rest of a literal, `..RelationSchema::BASE`.
    pub const BASE: Self = Self {
        model: "",
        field: "",
        name: "",
        kind: RelationKind::BelongsTo,
        target: || &EntitySchema::BASE,
        from: &[],
        to: &[],
        pivot: None,
        guard: None,
        on_delete: None,
    };

    /// Whether no two records in between can tie the same two records: what ties them, or a part of
    /// it, is unique. Also where nothing is in between.
    #[must_use]
    pub fn ties_once(&self) -> bool {
        let Some(pivot) = &self.pivot else { return true };
        let entity = (pivot.entity)();
        let guard = self.guard.filter(|guard| guard.on == Side::Middle).map(|guard| guard.column);
        let within = |columns: &[usize]| {
            columns.iter().all(|c| pivot.from.contains(c) || pivot.to.contains(c) || guard == Some(*c))
        };
        within(entity.key) || entity.indexes.iter().any(|index| index.unique && within(index.fields))
    }

    /// The condition that the relation's guard makes for one of its sides, if it is about that.
    #[must_use]
    pub fn guarding(&self, side: Side) -> Option<Predicate> {
        let guard = self.guard.filter(|guard| guard.on == side)?;
        let value = Value::Text(guard.value.into());
        Some(Predicate::Compare { column: guard.column, op: CompareOp::Eq, value })
    }
}

/// The kinds of relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RelationKind {
    /// This record holds the other's key.
    BelongsTo,
    /// One other record holds this one's key.
    HasOne,
    /// Other records hold this one's key.
    HasMany,
    /// Records of a pivot entity hold both keys.
    BelongsToMany,
    /// One other record holds the key of a record that holds this one's.
    HasOneThrough,
    /// Other records hold the keys of records that hold this one's.
    HasManyThrough,
    /// This record holds the keys of others in a list, which is the only column of
    /// [`RelationSchema::from`]; see [`crate::value::keys`]. Plans with such a relation in
    /// [`Select::related`](crate::plan::Select::related) are never made.
    HasManyBy,
}

impl RelationKind {
    /// The name of the attribute that declares it: `has_many`. A morph is declared by one of its own and
    /// has the kind of what it comes to.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            RelationKind::BelongsTo => "belongs_to",
            RelationKind::HasOne => "has_one",
            RelationKind::HasMany => "has_many",
            RelationKind::HasManyBy => "has_many_by",
            RelationKind::BelongsToMany => "belongs_to_many",
            RelationKind::HasOneThrough => "has_one_through",
            RelationKind::HasManyThrough => "has_many_through",
        }
    }

    /// Whether the relation leads to a list.
    #[must_use]
    pub const fn to_many(self) -> bool {
        matches!(
            self,
            RelationKind::HasMany
                | RelationKind::BelongsToMany
                | RelationKind::HasManyThrough
                | RelationKind::HasManyBy
        )
    }
}

/// A column that must hold a text for a record to take part in a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Whose column it is.
    pub on: Side,
    /// The column.
    pub column: usize,
    /// What it must hold.
    pub value: &'static str,
}

/// The records that take part in a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Those that the relation belongs to.
    Own,
    /// Those that it leads to.
    Target,
    /// Those in between.
    Middle,
}

/// The entity between two others.
#[derive(Debug, Clone, Copy)]
pub struct PivotSchema {
    /// The pivot entity, an ordinary model.
    pub entity: fn() -> &'static EntitySchema,
    /// Its columns that hold this side's key.
    pub from: &'static [usize],
    /// Its columns that are the target's key, or, for relations through another, that the target
    /// refers to.
    pub to: &'static [usize],
}

impl EntitySchema {
    /// What an entity is unless it says otherwise: the rest of a literal, `..EntitySchema::BASE`.
    pub const BASE: Self = Self {
        name: "",
        model: "",
        type_id: TypeId::of::<()>,
        fields: &[],
        key: &[],
        key_source: KeySource::Given,
        indexes: &[],
        relations: &[],
        embeds: &[],
        deny_unknown_fields: false,
        connection: None,
        validate: None,
        created_at: None,
        updated_at: None,
        deleted_at: None,
        version: None,
    };

    /// The field at place `at` (places come from this schema, so they are in range).
    #[must_use]
    pub fn field(&self, at: usize) -> &'static FieldSchema {
        &self.fields[at]
    }

    /// How many of the columns are the model's own: those of embedded structs come after them.
    pub(crate) fn own_fields(&self) -> usize {
        self.embeds.first().map_or(self.fields.len(), |embed| embed.first)
    }

    /// The columns that a typed record states: it has a value for those that say when it was written,
    /// but that value is the past's.
    pub(crate) fn typed_columns(&self) -> impl Iterator<Item = usize> {
        let stamps = [self.created_at, self.updated_at];
        (0..self.fields.len()).filter(move |column| !stamps.contains(&Some(*column)))
    }

    /// The place of the field with this column name.
    #[must_use]
    pub fn column(&self, column: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.column == column)
    }

    /// Whether both are the same entity of the same model.
    #[must_use]
    pub fn is(&self, other: &EntitySchema) -> bool {
        std::ptr::eq(self, other) || (self.type_id)() == (other.type_id)()
    }

    /// Whether relations between the two stay in one database: both models name the same connection,
    /// or neither names one.
    #[must_use]
    pub fn shares_connection(&self, other: &EntitySchema) -> bool {
        self.connection == other.connection
    }

    /// The entities that the relations lead to, pivots among them, as far as they are on the same
    /// connection. Some may come more than once.
    pub fn neighbours(&self) -> impl Iterator<Item = &'static EntitySchema> + '_ {
        let targets = self.relations.iter().map(|relation| (relation.target)());
        let pivots = self.relations.iter().filter_map(|relation| Some((relation.pivot.as_ref()?.entity)()));
        targets.chain(pivots).filter(|other| self.shares_connection(other))
    }

    /// The entities that `self` reaches through relations and pivots, itself first. Where a relation
    /// leads to another connection, its target lives in another database and isn't reached.
    #[must_use]
    pub fn reach(&'static self) -> Vec<&'static EntitySchema> {
        let mut found = vec![self];
        let mut next = 0;
        while let Some(&entity) = found.get(next) {
            for other in entity.neighbours() {
                if !found.iter().any(|e| e.is(other)) {
                    found.push(other);
                }
            }
            next += 1;
        }
        found
    }
}

impl PartialEq for EntitySchema {
    fn eq(&self, other: &Self) -> bool {
        self.is(other)
    }
}

impl PartialEq for RelationSchema {
    /// A relation is a field of a model, so two are equal only if they are the same one.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}
