//! Transactions of a set of connections: each spans one database and knows which.

use super::{AnswerOf, ConnectionMarker, Connections, Hosts, ModeOf, Peers};
use crate::database::{Body, Database, Transaction, Tx};
use crate::engine::Mode;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::provider::TxOptions;
use crate::repository::Repository;
use std::error::Error as StdError;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

/// A handle to an open transaction on connection `C`: as [`Tx`], which it leads to, but its
/// repositories are those of the connection's models.
pub struct TxOf<C, D: Mode> {
    tx: Tx<D>,
    _on: PhantomData<fn() -> C>,
}

impl<C, D: Mode> Clone for TxOf<C, D> {
    fn clone(&self) -> Self {
        Self::new(self.tx.clone())
    }
}

impl<C, D: Mode> fmt::Debug for TxOf<C, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tx.fmt(f)
    }
}

impl<C, D: Mode> Deref for TxOf<C, D> {
    type Target = Tx<D>;
    fn deref(&self) -> &Tx<D> {
        &self.tx
    }
}

/// That the models of a connection can be used in a transaction on connection `C`: it is the same one.
#[diagnostic::on_unimplemented(
    message = "the transaction is on connection `{C}`, and this model is on `{Self}`",
    label = "not a model of connection `{C}`",
    note = "a transaction spans one database: begin another on `{Self}`",
    note = "`AnyConnection` is where models without `#[model(connection = …)]` are"
)]
pub trait TransactsOn<C> {}

impl<C> TransactsOn<C> for C {}

impl<C, D: Mode> TxOf<C, D> {
    fn new(tx: Tx<D>) -> Self {
        Self { tx, _on: PhantomData }
    }

    /// The records of `M` as this transaction sees them.
    #[must_use]
    pub fn repository<M: Model>(&self) -> Repository<M, D>
    where
        M::Connection: TransactsOn<C>,
    {
        self.tx.repository()
    }

    /// Runs `body` in a savepoint; see [`Tx::transaction`].
    ///
    /// # Errors
    /// The body's, and those of the storage.
    pub fn transaction<'a, R, A>(
        &'a self,
        body: impl FnOnce(Self) -> A + Send + 'a,
    ) -> D::Answer<'a, Result<R>>
    where
        R: Send + 'a,
        A: Body<D, R> + 'a,
    {
        self.tx.transaction(|tx| body(Self::new(tx)))
    }
}

/// An open transaction on connection `C`, which is rolled back when it is dropped before its
/// [`commit`](Self::commit). Everything that [`TxOf`] can do, it can.
#[derive(Debug)]
pub struct TransactionOf<C, D: Mode> {
    transaction: Transaction<D>,
    handle: TxOf<C, D>,
}

impl<C, D: Mode> Deref for TransactionOf<C, D> {
    type Target = TxOf<C, D>;
    fn deref(&self) -> &TxOf<C, D> {
        &self.handle
    }
}

impl<C, D: Mode> TransactionOf<C, D> {
    pub(super) fn begin(
        database: &Database<D>,
        peers: Arc<Peers>,
        options: TxOptions,
    ) -> D::Answer<'_, Result<Self>>
    where
        C: 'static,
    {
        D::answer(async move {
            let transaction = D::settle(database.begin_with(options)).await?;
            let handle = TxOf::new((*transaction).clone().among(&peers));
            Ok(Self { transaction, handle })
        })
    }

    /// Makes all of it durable and visible at once.
    ///
    /// # Errors
    /// As [`Transaction::commit`].
    pub fn commit<'a>(self) -> D::Answer<'a, Result<()>> {
        self.transaction.commit()
    }

    /// Undoes all of it.
    ///
    /// # Errors
    /// As [`Transaction::rollback`].
    pub fn rollback<'a>(self) -> D::Answer<'a, Result<()>> {
        self.transaction.rollback()
    }
}

/// The transactions of every [set of connections](Connections). `R` and `A`, what the body answers, are
/// parameters of the trait so that a call names the connection alone: `stores.transaction::<Secret>(…)`.
pub trait Transact<R, A>: Connections {
    /// Runs `body` in a transaction on connection `C`; see
    /// [`Database::transaction`](crate::database::Database::transaction). The handle that it gets has the
    /// repositories of that connection's models; others don't compile.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Connection)] struct Secret;
    /// # #[derive(Model)] #[model(connection = Secret)] struct Note { #[key] id: u64, text: String }
    /// # #[derive(Connections)]
    /// # struct Stores { #[connection(default)] music: Database, #[connection(Secret)] secret: Database }
    /// # fn example(stores: Stores) -> orm_core::Result<()> {
    /// let count = stores.transaction::<Secret>(|tx| {
    ///     let notes = tx.repository::<Note>();
    ///     notes.save(Note { id: 1, text: "hush".into() })?;
    ///     notes.count()
    /// })?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As there.
    fn transaction<'a, C: ConnectionMarker>(
        &'a self,
        body: impl FnMut(TxOf<C, ModeOf<Self, C>>) -> A + Send + 'a,
    ) -> AnswerOf<'a, Self, C, Result<R>>
    where
        Self: Hosts<C>,
        R: Send + 'a,
        A: Body<ModeOf<Self, C>, R> + 'a,
    {
        self.transaction_with(TxOptions::new(), body)
    }

    /// As [`transaction`](Self::transaction), with options as of
    /// [`Database::transaction_with`](crate::database::Database::transaction_with).
    ///
    /// # Errors
    /// As there.
    fn transaction_with<'a, C: ConnectionMarker>(
        &'a self,
        options: TxOptions,
        mut body: impl FnMut(TxOf<C, ModeOf<Self, C>>) -> A + Send + 'a,
    ) -> AnswerOf<'a, Self, C, Result<R>>
    where
        Self: Hosts<C>,
        R: Send + 'a,
        A: Body<ModeOf<Self, C>, R> + 'a,
    {
        let peers = Peers::of(self, self.host());
        self.host().transaction_with(options, move |tx| body(TxOf::new(tx.among(&peers))))
    }

    /// As [`transaction`](Self::transaction), for bodies with an error type of their own that can hold
    /// ours: `stores.transaction_as::<Secret, MyError>(…)`.
    ///
    /// # Errors
    /// The body's, and ours made into its type.
    fn transaction_as<'a, C: ConnectionMarker, E>(
        &'a self,
        body: impl FnMut(TxOf<C, ModeOf<Self, C>>) -> A + Send + 'a,
    ) -> AnswerOf<'a, Self, C, Result<R, E>>
    where
        Self: Hosts<C>,
        E: StdError + From<Error> + Send + 'static,
        R: Send + 'a,
        A: Body<ModeOf<Self, C>, R, E> + 'a,
    {
        self.transaction_as_with(TxOptions::new(), body)
    }

    /// As [`transaction_as`](Self::transaction_as), with options as of
    /// [`Database::transaction_with`](crate::database::Database::transaction_with).
    ///
    /// # Errors
    /// As there.
    fn transaction_as_with<'a, C: ConnectionMarker, E>(
        &'a self,
        options: TxOptions,
        mut body: impl FnMut(TxOf<C, ModeOf<Self, C>>) -> A + Send + 'a,
    ) -> AnswerOf<'a, Self, C, Result<R, E>>
    where
        Self: Hosts<C>,
        E: StdError + From<Error> + Send + 'static,
        R: Send + 'a,
        A: Body<ModeOf<Self, C>, R, E> + 'a,
    {
        let peers = Peers::of(self, self.host());
        self.host().transaction_as_with(options, move |tx| body(TxOf::new(tx.among(&peers))))
    }
}

impl<S: Connections, R, A> Transact<R, A> for S {}
