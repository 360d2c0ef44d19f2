//! Where the calls of a repository go: straight to a connection, or through an open transaction.

use super::lent::{Lent, LentSink};
use super::slot::TxSlot;
use super::watched::Link;
use crate::connections::Peers;
use crate::error::{Error, Result};
use crate::events::{Entry, Hub, News, apply_noting, touched};
use crate::model::schema::EntitySchema;
use crate::plan::{Select, WriteBatch, Written};
use crate::provider::{Connection, RowSink, SqlSink, SqlStatement, TxOptions};
use crate::value::KeyValues;
use std::sync::Arc;

/// A connection, or a transaction on it.
#[derive(Clone)]
pub(crate) enum Session {
    /// With the hub where its commits are told.
    Connection(Link, Arc<Hub>),
    Transaction(Arc<TxSlot>),
    /// A connection of a set, beside the others that relations may lead to.
    Hosted(Link, Arc<Hub>, Arc<Peers>),
}

impl Session {
    /// The databases that relations may lead to from here.
    pub(crate) fn peers(&self) -> Option<&Arc<Peers>> {
        match self {
            Session::Connection(..) => None,
            Session::Transaction(slot) => slot.peers(),
            Session::Hosted(_, _, peers) => Some(peers),
        }
    }

    /// The connection, if it may be called where it stands.
    #[inline]
    pub(crate) fn direct(&self) -> Option<&dyn Connection> {
        match self {
            Session::Connection(link, _) | Session::Hosted(link, ..) => link.direct(),
            Session::Transaction(_) => None,
        }
    }

    /// Reads from the connection, if it may be called where it stands.
    pub(crate) fn select_directly(&self, plan: &Arc<Select>, sink: &mut dyn LentSink) -> Option<Result<()>> {
        match self {
            Session::Connection(link, _) | Session::Hosted(link, ..) => link.select_directly(plan, sink),
            Session::Transaction(_) => None,
        }
    }

    pub(crate) fn in_transaction(&self) -> bool {
        matches!(self, Session::Transaction(_))
    }

    /// How the open transaction was begun, if one is open.
    pub(crate) fn options(&self) -> Option<&TxOptions> {
        match self {
            Session::Transaction(slot) => Some(slot.options()),
            _ => None,
        }
    }

    pub(crate) async fn select<S: RowSink>(&self, plan: &Arc<Select>, sink: S) -> Result<S> {
        let mut lent = Lent::new(sink);
        self.select_into(plan, &mut lent).await?;
        lent.back()
    }

    pub(crate) async fn select_into(&self, plan: &Arc<Select>, sink: &mut dyn LentSink) -> Result<()> {
        match self {
            Session::Connection(link, _) | Session::Hosted(link, ..) => link.select_into(plan, sink).await,
            Session::Transaction(slot) => {
                let mut guard = slot.take().await?;
                let outcome = guard.tx()?.select_into(plan, sink).await;
                guard.done();
                slot.heed(outcome)
            }
        }
    }

    pub(crate) async fn find_into(
        &self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: &mut dyn LentSink,
    ) -> Result<()> {
        match self {
            Session::Connection(link, _) | Session::Hosted(link, ..) => {
                link.find_into(entity, key, sink).await
            }
            Session::Transaction(slot) => {
                let mut guard = slot.take().await?;
                let outcome = guard.tx()?.find_into(entity, key, sink).await;
                guard.done();
                slot.heed(outcome)
            }
        }
    }

    pub(crate) async fn explain(&self, plan: &Arc<Select>) -> Result<Vec<String>> {
        match self {
            Session::Connection(link, _) | Session::Hosted(link, ..) => link.explain(plan).await,
            Session::Transaction(_) => Err(Error::unsupported(
                "explaining a query inside of a transaction",
                "providers explain outside of one only; ask the database's own repository",
            )),
        }
    }

    /// Runs a statement of the user's own, of which is known which entities it touches.
    pub(crate) async fn sql<S: SqlSink>(
        &self,
        statement: &Arc<SqlStatement>,
        touches: &[&'static EntitySchema],
        sink: S,
    ) -> Result<(S, u64)> {
        let log: Vec<Entry> = touches.iter().copied().map(Entry::touched).collect();
        match self {
            Session::Connection(link, hub) | Session::Hosted(link, hub, _) => {
                let news = News::new(hub, log);
                let outcome = link.sql(statement, sink).await;
                news.tell(&outcome);
                outcome
            }
            Session::Transaction(slot) => {
                let mut guard = slot.take().await?;
                let outcome = match guard.tx() {
                    Ok(tx) => tx.sql(statement, sink).await,
                    Err(error) => Err(error),
                };
                guard.done();
                outcome.map(|done| slot.note(log, done))
            }
        }
    }

    /// Applies a batch. What it did is told to those who listen when it is committed.
    pub(crate) async fn apply(&self, batch: WriteBatch) -> (WriteBatch, Result<Written>) {
        match self {
            Session::Connection(link, hub) | Session::Hosted(link, hub, _) if hub.wants_keys() => {
                Box::pin(Self::apply_alone(link, hub, batch)).await
            }
            Session::Connection(link, hub) | Session::Hosted(link, hub, _) => {
                let news = hub.is_heard().then(|| News::new(hub, touched(&batch)));
                let (batch, written) = link.apply(batch).await;
                match news {
                    Some(news) => news.tell(&written),
                    // Whoever began to watch meanwhile must hear of it too.
                    None if hub.is_heard() => News::new(hub, touched(&batch)).tell(&written),
                    None => {}
                }
                (batch, written)
            }
            Session::Transaction(slot) => {
                if let (true, Some(first)) = (slot.options().read_only, batch.writes.first()) {
                    let refused = Error::ReadOnly { model: first.entity.model };
                    return (batch, Err(refused));
                }
                let mut guard = match slot.take().await {
                    Ok(guard) => guard,
                    Err(error) => return (batch, Err(error)),
                };
                let (batch, outcome) = match guard.tx() {
                    Ok(tx) if slot.hub().wants_keys() => {
                        let (batch, outcome) = Box::pin(apply_noting(tx, batch)).await;
                        (batch, outcome.map(|(written, log)| slot.note(log, written)))
                    }
                    Ok(tx) => {
                        let (batch, written) = tx.apply(batch).await;
                        let written = written.map(|written| slot.note(touched(&batch), written));
                        (batch, written)
                    }
                    Err(error) => (batch, Err(error)),
                };
                guard.done();
                (batch, slot.heed(outcome))
            }
        }
    }

    /// In a transaction of its own, in which is read what those who listen want to know.
    async fn apply_alone(link: &Link, hub: &Arc<Hub>, batch: WriteBatch) -> (WriteBatch, Result<Written>) {
        let mut tx = match link.begin(TxOptions::default()).await {
            Ok(tx) => tx,
            Err(error) => return (batch, Err(error)),
        };
        let (batch, outcome) = apply_noting(&mut tx, batch).await;
        let (written, log) = match outcome {
            Ok(done) => done,
            Err(error) => {
                // The first error is the one to tell; a failed rollback leaves nothing either.
                let _ = tx.rollback().await;
                return (batch, Err(error));
            }
        };
        let news = News::new(hub, log);
        let outcome = tx.commit().await.map(|()| written);
        news.tell(&outcome);
        (batch, outcome)
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
            Session::Connection(link, hub) | Session::Hosted(link, hub, _) => {
                let slot = Arc::new(TxSlot::new(link.begin(options).await?, Arc::clone(hub), options));
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
        self.conclude(outcome.is_ok()).await?;
        outcome
    }

    async fn conclude(self, keep: bool) -> Result<()> {
        let Some(slot) = self.own else { return Ok(()) };
        if keep {
            return slot.commit("it has ended").await;
        }
        let tx = slot.finish("it has ended").await?;
        // The first error is the one to tell; a failed rollback leaves nothing either.
        let _ = tx.rollback().await;
        Ok(())
    }
}
