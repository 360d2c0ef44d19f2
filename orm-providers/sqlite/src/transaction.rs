//! Open transactions.

use crate::database::{Database, Lease, Place};
use crate::session::{Session, lost};
use crate::{raw, read, write};
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Select, WriteBatch, Written};
use orm_core::provider::{RowSink, SqlSink, SqlStatement, Transaction};
use orm_core::value::KeyValues;
use orm_core::{Error, Result};
use std::sync::Arc;

/// An open transaction. It owns its session, which goes back when it is dropped and then rolls back
/// what is open.
pub(crate) struct SqliteTransaction {
    pub(crate) lease: Lease<Arc<Database>>,
    pub(crate) place: Place,
    pub(crate) read_only: bool,
}

impl SqliteTransaction {
    /// The session, if its transaction is still open, and the tables.
    fn parts(&mut self) -> Result<(&mut Session, &Place)> {
        let session = self.lease.session()?;
        if session.in_transaction() { Ok((session, &self.place)) } else { Err(lost()) }
    }

    fn run(&mut self, sql: &str) -> Result<()> {
        self.parts()?.0.run(sql)
    }
}

impl Transaction for SqliteTransaction {
    fn select(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        let (session, place) = self.parts()?;
        read::select(session, place, plan, sink)
    }

    fn find(&mut self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        let (session, place) = self.parts()?;
        read::find(session, place, entity, key, sink)
    }

    fn sql(&mut self, statement: &Arc<SqlStatement>, sink: &mut dyn SqlSink) -> Result<u64> {
        let raw = raw::Raw::new(statement)?;
        let read_only = self.read_only;
        let (session, _) = self.parts()?;
        if raw.only_reads(session)? {
            raw.run(session, sink)
        } else if read_only {
            Err(Error::unsupported("writing", "the transaction was begun as read-only"))
        } else {
            session.within(|session| raw.run_to_change(session, sink))
        }
    }

    fn apply(&mut self, batch: &mut WriteBatch) -> Result<Written> {
        if self.read_only {
            return Err(Error::read_only(batch));
        }
        let (session, place) = self.parts()?;
        write::apply(session, place, batch, |session, work| session.within(work))
    }

    fn savepoint(&mut self, number: u32) -> Result<()> {
        self.run(&format!("SAVEPOINT orm_{number}"))
    }

    fn rollback_to(&mut self, number: u32) -> Result<()> {
        self.run(&format!("ROLLBACK TO orm_{number}"))?;
        // The engine keeps the savepoint itself when it goes back to it.
        self.run(&format!("RELEASE orm_{number}"))
    }

    fn release(&mut self, number: u32) -> Result<()> {
        self.run(&format!("RELEASE orm_{number}"))
    }

    fn commit(mut self: Box<Self>) -> Result<()> {
        self.parts()?.0.commit()
    }

    fn rollback(mut self: Box<Self>) -> Result<()> {
        self.run("ROLLBACK")
    }
}
