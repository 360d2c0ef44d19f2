//! Where the calls of a repository go: straight to a connection, or through an open transaction.

use super::link::Link;
use super::slot::TxSlot;
use crate::connections::Peers;
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::plan::{Select, WriteBatch, Written};
use crate::provider::{Connection, RowSink, TxOptions};
use crate::value::KeyValues;
use std::sync::Arc;

/// A connection, or a transaction on it.
#[derive(Clone)]
pub(crate) enum Session {
    Connection(Link),
    Transaction(Arc<TxSlot>),
    /// A connection of a set, beside the others that relations may lead to.
    Hosted(Link, Arc<Peers>),
}

impl Session {
    /// The databases that relations may lead to from here.
    pub(crate) fn peers(&self) -> Option<&Arc<Peers>> {
        match self {
            Session::Connection(_) => None,
            Session::Transaction(slot) => slot.peers(),
            Session::Hosted(_, peers) => Some(peers),
        }
    }

    /// The connection, if it may be called where it stands.
    #[inline]
    pub(crate) fn direct(&self) -> Option<&dyn Connection> {
        match self {
            Session::Connection(Link::Direct(connection)) | Session::Hosted(Link::Direct(connection), _) => {
                Some(&**connection)
            }
            _ => None,
        }
    }

    pub(crate) fn in_transaction(&self) -> bool {
        matches!(self, Session::Transaction(_))
    }

    pub(crate) async fn select<S: RowSink>(&self, plan: &Arc<Select>, sink: S) -> Result<S> {
        match self {
            Session::Connection(link) | Session::Hosted(link, _) => link.select(plan, sink).await,
            Session::Transaction(slot) => {
                let mut guard = slot.take().await?;
                let outcome = guard.tx()?.select(plan, sink).await;
                guard.done();
                outcome
            }
        }
    }

    #[inline]
    pub(crate) async fn find<S: RowSink>(
        &self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: S,
    ) -> Result<S> {
        match self {
            Session::Connection(link) | Session::Hosted(link, _) => link.find(entity, key, sink).await,
            Session::Transaction(slot) => {
                let mut guard = slot.take().await?;
                let outcome = guard.tx()?.find(entity, key, sink).await;
                guard.done();
                outcome
            }
        }
    }

    pub(crate) async fn explain(&self, plan: &Arc<Select>) -> Result<Vec<String>> {
        match self {
            Session::Connection(link) | Session::Hosted(link, _) => link.explain(plan).await,
            Session::Transaction(_) => Err(Error::unsupported(
                "explaining a query inside of a transaction",
                "providers explain outside of one only; ask the database's own repository",
            )),
        }
    }

    pub(crate) async fn apply(&self, batch: WriteBatch) -> (WriteBatch, Result<Written>) {
        match self {
            Session::Connection(link) | Session::Hosted(link, _) => link.apply(batch).await,
            Session::Transaction(slot) => {
                let mut guard = match slot.take().await {
                    Ok(guard) => guard,
                    Err(error) => return (batch, Err(error)),
                };
                let outcome = match guard.tx() {
                    Ok(tx) => tx.apply(batch).await,
                    Err(error) => (batch, Err(error)),
                };
                guard.done();
                outcome
            }
        }
    }
}

/// One snapshot for several reads: a transaction's own, or a new one of the connection.
pub(crate) struct Snapshot {
    session: Session,
    own: Option<Arc<TxSlot>>,
}

impl Snapshot {
    pub(crate) async fn begin(session: &Session, options: TxOptions) -> Result<Self> {
        match session {
            Session::Transaction(_) => Ok(Self { session: session.clone(), own: None }),
            Session::Connection(link) | Session::Hosted(link, _) => {
                let slot = Arc::new(TxSlot::new(link.begin(options).await?));
                if let Some(peers) = session.peers() {
                    slot.introduce(peers);
                }
                Ok(Self { session: Session::Transaction(Arc::clone(&slot)), own: Some(slot) })
            }
        }
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Ends it: commits what came out well, rolls back what didn't.
    pub(crate) async fn end<R>(self, outcome: Result<R>) -> Result<R> {
        let Some(slot) = self.own else { return outcome };
        let tx = slot.finish("it has ended").await?;
        match outcome {
            Ok(answer) => tx.commit().await.map(|()| answer),
            Err(error) => {
                // The first error is the one to tell; a failed rollback leaves nothing either.
                let _ = tx.rollback().await;
                Err(error)
            }
        }
    }
}
