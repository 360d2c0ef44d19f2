//! Conditions in the user's own SQL.

use super::SqlValue;
use crate::model::Model;
use crate::plan::Predicate;
use crate::provider::{SqlBind, SqlStatement};
use crate::query::Filter;
use crate::value::{Mismatch, ValueList};
use std::sync::Arc;

/// A list that stands for its values in a condition: `{id} IN (?)`.
#[derive(Debug, Clone)]
pub struct SqlList(Result<SqlBind, Mismatch>);

/// A list for one `?` of [`Filter::sql`], which stands for all of its values. An empty one has none, so that
/// `IN` is false and `NOT IN` is true; NULL in it is left out.
///
/// ```
/// use orm_core::prelude::*;
/// use orm_core::sql::list;
/// # #[derive(Model)] struct User { #[key] id: u64, age: i32, name: String }
/// fn called(names: &[&str]) -> Filter<User> {
///     Filter::sql("lower({name}) IN (?)", (list(names.iter().copied()),))
/// }
/// ```
pub fn list<V: SqlValue>(values: impl IntoIterator<Item = V>) -> SqlList {
    let mut list = ValueList::new(V::KIND);
    let all = values.into_iter().try_for_each(|value| {
        if let SqlBind::Value(value, _) = value.into_bind()? {
            list.push(value.as_ref());
        }
        Ok(())
    });
    SqlList(all.map(|()| SqlBind::List(list)))
}

/// What can stand for a `?` of [`Filter::sql`]: a value, or a [`list`].
pub trait SqlArgument {
    #[doc(hidden)]
    fn into_argument(self) -> Result<SqlBind, Mismatch>;
}

impl<V: SqlValue> SqlArgument for V {
    fn into_argument(self) -> Result<SqlBind, Mismatch> {
        self.into_bind()
    }
}

impl SqlArgument for SqlList {
    fn into_argument(self) -> Result<SqlBind, Mismatch> {
        self.0
    }
}

/// The values of [`Filter::sql`], one for each `?`: an array or a vector of values of one type, or a tuple of
/// up to eight of different ones.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the values of a condition in SQL",
    label = "no values of a condition",
    note = "write an array (`[\"ann\"]`), a tuple of up to eight (`(18, \"ann\")`, for one value `(18,)`), or `()` \
            where there are none"
)]
pub trait SqlArguments {
    #[doc(hidden)]
    fn into_arguments(self) -> Vec<Result<SqlBind, Mismatch>>;
}

impl<A: SqlArgument, const N: usize> SqlArguments for [A; N] {
    fn into_arguments(self) -> Vec<Result<SqlBind, Mismatch>> {
        self.into_iter().map(A::into_argument).collect()
    }
}

impl<A: SqlArgument> SqlArguments for Vec<A> {
    fn into_arguments(self) -> Vec<Result<SqlBind, Mismatch>> {
        self.into_iter().map(A::into_argument).collect()
    }
}

macro_rules! tuples {
    ($(($($part:ident),*))*) => { $(
        impl<$($part: SqlArgument),*> SqlArguments for ($($part,)*) {
            #[allow(non_snake_case, reason = "the names of the types are those of the parts")]
            fn into_arguments(self) -> Vec<Result<SqlBind, Mismatch>> {
                let ($($part,)*) = self;
                vec![$($part.into_argument()),*]
            }
        }
    )* };
}

tuples! {
    () (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H)
}

impl<M: Model> Filter<M> {
    /// A condition in the SQL of the storage's engine, for what typed conditions don't say. It is combined
    /// with those by [`and`](Self::and), [`or`](Self::or) and [`not`](Self::not), and may be asked of related
    /// records.
    ///
    /// `{name}` is the column of the model's field `name`, however the table is called where the condition
    /// comes to stand. Each `?` stands for one of the `values`, in their order, which never become part of the
    /// text: never put a value into it by `format!`. In texts, quoted names and comments both are what they
    /// are; a question mark of the engine's own is written twice. What more there is to say of
    /// [statements](crate::sql::Sql) holds here too.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, age: i32, name: String }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// let anns = users
    ///     .query()
    ///     .filter(|u| Filter::sql("lower({name}) = ?", ["ann"]).and(u.age.ge(18)))
    ///     .get()?;
    /// # Ok(()) }
    /// ```
    ///
    /// A query with such a condition is [`Error::Unsupported`](crate::Error::Unsupported) where the provider
    /// has no SQL; [`Error::Sql`](crate::Error::Sql) where there are more or fewer `?` than values, or a
    /// `{name}` that the model doesn't have. Queries that are [watched](crate::query::Query::watch) answer
    /// again when records of the models change that they name, but not for what only the text leads to.
    #[must_use]
    pub fn sql(text: impl Into<String>, values: impl SqlArguments) -> Self {
        let mut binds = Vec::new();
        for (at, value) in values.into_arguments().into_iter().enumerate() {
            match value {
                Ok(bind) => binds.push(bind),
                Err(mismatch) => return Self::wrong_value(at + 1, mismatch),
            }
        }
        Predicate::Sql(Arc::new(SqlStatement::new(text.into(), binds))).into()
    }
}
