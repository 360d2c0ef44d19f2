//! Texts of statements. Placeholders are numbered in the order in which [`crate::shape`] binds.

mod group;
mod own;
mod predicate;
mod select;
mod write;

use crate::Dialect;
use orm_core::model::schema::EntitySchema;
use orm_core::value::Kind;

/// Renders statements for the entities of one namespace.
#[derive(Clone, Copy)]
pub struct Renderer<'d> {
    /// The engine's SQL.
    pub dialect: &'d dyn Dialect,
    /// The namespace that the tables are in, as the dialect writes it.
    pub namespace: &'d str,
}

/// A text in the making.
pub(crate) struct Text<'d> {
    dialect: &'d dyn Dialect,
    namespace: &'d str,
    out: String,
    places: usize,
    aliases: usize,
}

/// A table in a statement: its entity and how its columns are qualified.
#[derive(Clone)]
pub(crate) struct Source {
    entity: &'static EntitySchema,
    alias: String,
    /// Where the rows are computed, of these kinds: their columns are called `c0`, `c1` and so on.
    computed: Option<Vec<Kind>>,
}

impl Source {
    fn new(entity: &'static EntitySchema, alias: String) -> Self {
        Self { entity, alias, computed: None }
    }

    fn kind(&self, column: usize) -> Kind {
        match &self.computed {
            Some(kinds) => kinds[column],
            None => self.entity.field(column).kind,
        }
    }
}

impl<'d> Renderer<'d> {
    pub(crate) fn text(self) -> Text<'d> {
        Text {
            dialect: self.dialect,
            namespace: self.namespace,
            out: String::with_capacity(256),
            places: 0,
            aliases: 0,
        }
    }

    /// The quoted name of an entity's table.
    #[must_use]
    pub fn table(self, entity: &EntitySchema) -> String {
        let mut out = String::new();
        self.dialect.table(&mut out, self.namespace, entity);
        out
    }

    /// A quoted identifier.
    #[must_use]
    pub fn quoted(self, name: &str) -> String {
        quoted(self.dialect, name)
    }
}

pub(crate) fn quoted(dialect: &dyn Dialect, name: &str) -> String {
    let quote = dialect.quote();
    let mut out = String::with_capacity(name.len() + 2);
    out.push(quote);
    for c in name.chars() {
        if c == quote {
            out.push(quote);
        }
        out.push(c);
    }
    out.push(quote);
    out
}

impl Text<'_> {
    fn push(&mut self, sql: &str) {
        self.out.push_str(sql);
    }

    /// Writes items with a separator between them.
    fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        separator: &str,
        mut item: impl FnMut(&mut Self, T),
    ) {
        for (i, it) in items.into_iter().enumerate() {
            if i > 0 {
                self.push(separator);
            }
            item(self, it);
        }
    }

    /// The next bind's place.
    fn place(&mut self) -> usize {
        self.places += 1;
        self.places
    }

    /// The first of the next bind's places, of which it takes several.
    fn places(&mut self, several: usize) -> usize {
        self.places += several;
        self.places + 1 - several
    }

    /// Writes the next bind's placeholder.
    fn bind(&mut self) {
        let place = self.place();
        self.dialect.placeholder(&mut self.out, place);
    }

    fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases - 1)
    }

    /// Writes a table under a new alias.
    fn from(&mut self, entity: &'static EntitySchema) -> Source {
        let alias = self.alias();
        self.dialect.table(&mut self.out, self.namespace, entity);
        self.push(" AS ");
        self.push(&alias);
        Source::new(entity, alias)
    }

    /// The table itself, for statements that change one.
    fn itself(&mut self, entity: &'static EntitySchema) -> Source {
        let mut alias = String::new();
        self.dialect.table(&mut alias, self.namespace, entity);
        Source::new(entity, alias)
    }

    /// A column, qualified.
    fn column(&self, of: &Source, column: usize) -> String {
        if of.computed.is_some() {
            return format!("{}.c{column}", of.alias);
        }
        let name = quoted(self.dialect, of.entity.field(column).column);
        format!("{}.{name}", of.alias)
    }

    fn columns(&self, of: &Source, columns: &[usize]) -> Vec<String> {
        columns.iter().map(|&c| self.column(of, c)).collect()
    }

    /// A column's name alone.
    fn name(&self, entity: &EntitySchema, column: usize) -> String {
        quoted(self.dialect, entity.field(column).column)
    }

    fn names(&self, entity: &EntitySchema, columns: &[usize]) -> Vec<String> {
        columns.iter().map(|&c| self.name(entity, c)).collect()
    }
}

/// One column as it is, several as a row value.
fn tuple(columns: &[String]) -> String {
    match columns {
        [one] => one.clone(),
        many => format!("({})", many.join(", ")),
    }
}
