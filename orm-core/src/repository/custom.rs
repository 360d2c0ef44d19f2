//! Repositories of the user's own.

use super::Repository;
use crate::database::{Database, Tx};
use crate::engine::{Blocking, Mode};
use crate::model::Model;

/// A type of the user's own over a [`Repository`], with the queries that the application needs by name.
/// It is found by its type, in a database or in a transaction.
///
/// ```
/// use orm_core::prelude::*;
/// # #[derive(Model)] struct User { #[key] id: u64, age: i32 }
///
/// struct Users(Repository<User>);
///
/// impl CustomRepository for Users {
///     type Model = User;
///     fn new(repository: Repository<User>) -> Self {
///         Users(repository)
///     }
/// }
///
/// impl Users {
///     fn grown(&self) -> orm_core::Result<Vec<User>> {
///         self.0.query().filter(|u| u.age.ge(18)).get()
///     }
/// }
///
/// # fn example(db: Database) -> orm_core::Result<()> {
/// let grown = db.custom::<Users>().grown()?;
/// db.transaction(|tx| Ok(tx.custom::<Users>().grown()?.len()))?;
/// # Ok(()) }
/// ```
///
/// In async code it is `CustomRepository<Async>`; a type that is generic over its [`Mode`] serves both.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no custom repository of a database whose mode is `{D}`",
    label = "not found by this type",
    note = "implement `CustomRepository<{D}>` for it: its model, and how it is made of a `Repository`",
    note = "a model's plain repository is found by `repository::<Model>()`"
)]
pub trait CustomRepository<D: Mode = Blocking>: Sized {
    /// The model.
    type Model: Model;

    /// Made of the model's repository.
    fn new(repository: Repository<Self::Model, D>) -> Self;
}

impl<D: Mode> Database<D> {
    /// A repository of the user's own; see [`CustomRepository`].
    #[must_use]
    pub fn custom<R: CustomRepository<D>>(&self) -> R {
        R::new(self.repository())
    }
}

impl<D: Mode> Tx<D> {
    /// A repository of the user's own, as this transaction sees it; see [`CustomRepository`].
    #[must_use]
    pub fn custom<R: CustomRepository<D>>(&self) -> R {
        R::new(self.repository())
    }
}
