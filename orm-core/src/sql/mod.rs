//! SQL of the user's own, for providers that have it.

mod bind;
mod condition;
mod row;
mod sinks;
mod stream;

pub use bind::SqlValue;
pub use condition::{SqlArgument, SqlArguments, SqlList, list};
pub use row::{FromRow, Layout};

use crate::database::{Database, Inner, Tx};
use crate::engine::{Mode, Session};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::model::schema::EntitySchema;
use crate::provider::{SqlBind, SqlSink, SqlStatement};
use crate::repository::Repository;
use crate::value::{Mismatch, ValueList};
use sinks::{Gathered, Ignored};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A statement of the user's own SQL: made by [`Database::sql`], [`Tx::sql`] and [`Repository::sql`],
/// run by [`fetch`](Self::fetch), [`one`](Self::one), [`first`](Self::first),
/// [`stream`](Self::stream) or [`execute`](Self::execute).
///
/// Each `?` of the text stands for a value that is [bound](Self::bind), in their order; the provider
/// writes it as its engine does. Values are never part of the text. In texts, quoted names and comments a
/// question mark is what it is; an operator of the engine's that has one is written with two:
/// `tags ??| array['a']`. One statement is run at a time; what begins or ends transactions is refused, as
/// the database and its transactions do that.
///
/// The engine alone says what a statement means: soft delete, scopes, hooks, validation, timestamps and
/// versions are the core's, and don't apply. Those who listen to changes hear nothing of it, and watched
/// queries answer again only if the entities are [named](Self::touches).
#[must_use = "a statement does nothing until it is run, for example by `fetch`"]
pub struct Sql<D: Mode> {
    database: Arc<Inner>,
    session: Session,
    text: String,
    binds: Result<Vec<SqlBind>>,
    touches: Vec<&'static EntitySchema>,
    _mode: PhantomData<fn() -> D>,
}

impl<D: Mode> fmt::Debug for Sql<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sql")
            .field("text", &self.text)
            .field("binds", &self.binds.as_ref().map(Vec::len))
            .field("touches", &self.touches.iter().map(|e| e.name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl<D: Mode> Database<D> {
    /// A statement of one's own SQL, where the provider has SQL.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, age: i32, name: String }
    /// # fn example(db: Database) -> orm_core::Result<()> {
    /// let users = db.table::<User>()?;
    /// let adults: Vec<User> =
    ///     db.sql(format!("SELECT * FROM {users} WHERE age >= ?")).bind(18).fetch()?;
    /// let ages: Vec<(i32, i64)> =
    ///     db.sql(format!("SELECT age, COUNT(*) FROM {users} GROUP BY age")).fetch()?;
    /// # Ok(()) }
    /// ```
    pub fn sql(&self, text: impl Into<String>) -> Sql<D> {
        Sql::new(Arc::clone(self.inner()), self.inner().session(), text.into())
    }

    /// The name of a model's table as it stands in SQL, quoted, with what the connection puts before it.
    /// The model is registered, so that its table is made before the next statement is run.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the provider has no SQL; [`Error::WrongConnection`].
    pub fn table<M: Model>(&self) -> Result<String> {
        table_of::<M>(self.inner())
    }
}

impl<D: Mode> Tx<D> {
    /// A statement of one's own SQL in this transaction; see [`Database::sql`]. If it fails, the
    /// transaction goes on as if it had never been run.
    pub fn sql(&self, text: impl Into<String>) -> Sql<D> {
        let (database, session) = self.parts();
        Sql::new(database, session, text.into())
    }

    /// See [`Database::table`]. A table that doesn't exist yet is not made inside of a transaction.
    ///
    /// # Errors
    /// As there.
    pub fn table<M: Model>(&self) -> Result<String> {
        table_of::<M>(&self.parts().0)
    }
}

impl<M: Model, D: Mode> Repository<M, D> {
    /// A statement of one's own SQL where this repository's records are: in its database, or in its
    /// transaction. See [`Database::sql`].
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, age: i32, name: String }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// let table = users.table()?;
    /// let oldest: Option<User> =
    ///     users.sql(format!("SELECT * FROM {table} ORDER BY age DESC LIMIT 1")).first()?;
    /// # Ok(()) }
    /// ```
    pub fn sql(&self, text: impl Into<String>) -> Sql<D> {
        Sql::new(self.shared_database(), self.session().clone(), text.into())
    }

    /// The name of this model's table as it stands in SQL; see [`Database::table`].
    ///
    /// # Errors
    /// As there.
    pub fn table(&self) -> Result<String> {
        table_of::<M>(self.database())
    }
}

fn table_of<M: Model>(database: &Inner) -> Result<String> {
    let schema = M::schema();
    database.admit(schema)?;
    database.registry.register(schema);
    database.link.table(schema).ok_or(Error::unsupported("the name of a table", "the provider has no SQL"))
}

impl<D: Mode> Sql<D> {
    fn new(database: Arc<Inner>, session: Session, text: String) -> Self {
        Self { database, session, text, binds: Ok(Vec::new()), touches: Vec::new(), _mode: PhantomData }
    }

    /// The value of the next `?`: whatever can be a column, or a `&str`. `None` is NULL.
    pub fn bind<V: SqlValue>(mut self, value: V) -> Self {
        self.push(value.into_bind());
        self
    }

    /// A list for the next `?`, which stands for all of its values: `id IN (?)`. An empty one has none,
    /// so that `IN` is false and `NOT IN` is true; NULL in it is left out.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # fn example(db: Database) -> orm_core::Result<()> {
    /// let names: Vec<String> =
    ///     db.sql("SELECT name FROM users WHERE id IN (?)").bind_list([1_u64, 2, 3]).fetch()?;
    /// # Ok(()) }
    /// ```
    pub fn bind_list<V: SqlValue>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        let mut list = ValueList::new(V::KIND);
        let all = values.into_iter().try_for_each(|value| {
            if let SqlBind::Value(value, _) = value.into_bind()? {
                list.push(value.as_ref());
            }
            Ok(())
        });
        self.push(all.map(|()| SqlBind::List(list)));
        self
    }

    /// Says that the statement changes records of `M`, so that queries which are
    /// [watched](crate::query::Query::watch) answer again. Which records, nobody knows: those who listen to
    /// changes aren't told.
    pub fn touches<M: Model>(mut self) -> Self {
        self.touches.push(M::schema());
        self
    }

    fn push(&mut self, bind: Result<SqlBind, Mismatch>) {
        let Ok(binds) = &mut self.binds else { return };
        match bind {
            Ok(bind) => binds.push(bind),
            // The first fault is the one to tell, when the statement is run.
            Err(mismatch) => self.binds = Err(Error::Sql(format!("value {}: {mismatch}", binds.len() + 1))),
        }
    }

    /// All rows: as models and [projections](crate::query::Projection) by the names of their columns,
    /// whatever else is in the result; as tuples of up to twelve by place; as single values where there is
    /// but one column.
    ///
    /// # Errors
    /// [`Error::Unsupported`] where the provider has no SQL; [`Error::Sql`] where the statement has more or
    /// fewer `?` than values, or its result lacks a column or has other ones than a tuple;
    /// [`Error::Operand`] for a value that doesn't fit a model; those of the engine.
    pub fn fetch<'a, R: FromRow>(self) -> D::Answer<'a, Result<Vec<R>>> {
        D::answer(async move { Ok(self.run(Gathered::<R>::up_to(usize::MAX)).await?.0.rows) })
    }

    /// The first row, if there is one; the rest isn't read.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn first<'a, R: FromRow>(self) -> D::Answer<'a, Result<Option<R>>> {
        D::answer(async move { Ok(self.run(Gathered::<R>::up_to(1)).await?.0.rows.pop()) })
    }

    /// The only row.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch); [`Error::NotFound`] where there is no row, [`Error::NotOne`] where there
    /// are several.
    pub fn one<'a, R: FromRow>(self) -> D::Answer<'a, Result<R>> {
        D::answer(async move {
            let mut rows = self.run(Gathered::<R>::up_to(2)).await?.0.rows;
            match (rows.pop(), rows.is_empty()) {
                (Some(row), true) => Ok(row),
                (Some(_), false) => Err(Error::NotOne { model: "row" }),
                (None, _) => {
                    let key = "that the statement answers".to_owned();
                    Err(Error::NotFound { at: "$".to_owned(), model: "row", key })
                }
            }
        })
    }

    /// Runs the statement for what it does, and answers how many rows it touched.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn execute<'a>(self) -> D::Answer<'a, Result<u64>> {
        D::answer(async move { Ok(self.run(Ignored).await?.1) })
    }

    async fn run<S: SqlSink>(mut self, sink: S) -> Result<(S, u64)> {
        let statement = self.statement().await?;
        self.session.sql(&statement, &self.touches, sink).await
    }

    /// What the provider is handed, when the tables it may name are there.
    async fn statement(&mut self) -> Result<Arc<SqlStatement>> {
        let binds = std::mem::replace(&mut self.binds, Ok(Vec::new()))?;
        if !self.session.in_transaction() {
            Database::<D>::from_inner(Arc::clone(&self.database)).synchronize_all().await?;
        }
        Ok(Arc::new(SqlStatement::new(std::mem::take(&mut self.text), binds)))
    }
}
