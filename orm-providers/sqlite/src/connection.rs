//! An open connection of the provider.

use crate::database::{Database, Lease, Place};
use crate::dialect::SqliteDialect;
use crate::sync::Sync;
use crate::transaction::SqliteTransaction;
use crate::{raw, read, write};
use orm_core::Result;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Select, WriteBatch, Written};
use orm_core::provider::{
    Connection, RowSink, SchemaSync, SqlSink, SqlStatement, SyncReport, Transaction, TxOptions,
};
use orm_core::value::KeyValues;
use orm_provider_sql::Dialect as _;
use std::sync::Arc;

/// An open connection of the provider.
pub(crate) struct SqliteConnection {
    database: Arc<Database>,
    place: Place,
}

impl SqliteConnection {
    pub(crate) fn new(database: Arc<Database>, place: Place) -> Self {
        Self { database, place }
    }
}

impl Connection for SqliteConnection {
    fn sync(&self, entities: &[&'static EntitySchema], how: SchemaSync) -> Result<SyncReport> {
        let how = if self.database.is_read_only() { SchemaSync::Check } else { how };
        let sync = Sync { place: &self.place, entities, net: self.database.has_foreign_keys() };
        let mut reader = Lease::to_read(&*self.database)?;
        if let Some(report) = sync.check(reader.session()?, how)? {
            return Ok(report);
        }
        drop(reader);
        sync.create(Lease::to_write(&*self.database)?.session()?)
    }

    fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        let mut lease = Lease::to_read(&*self.database)?;
        read::select(lease.session()?, &self.place, plan, sink)
    }

    fn find(&self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        let mut lease = Lease::to_read(&*self.database)?;
        read::find(lease.session()?, &self.place, entity, key, sink)
    }

    fn explain(&self, plan: &Arc<Select>) -> Result<Vec<String>> {
        let mut lease = Lease::to_read(&*self.database)?;
        read::explain(lease.session()?, &self.place, plan)
    }

    fn sql(&self, statement: &Arc<SqlStatement>, sink: &mut dyn SqlSink) -> Result<u64> {
        let raw = raw::Raw::new(statement)?;
        if raw.may_read() {
            let mut lease = Lease::to_read(&*self.database)?;
            let session = lease.session()?;
            if raw.only_reads(session)? {
                return raw.run(session, sink);
            }
        }
        let mut lease = Lease::to_write(&*self.database)?;
        raw.run_alone(lease.session()?, sink)
    }

    fn table(&self, entity: &'static EntitySchema) -> Option<String> {
        let mut out = String::new();
        SqliteDialect.table(&mut out, &self.place.namespace, entity);
        Some(out)
    }

    fn apply(&self, batch: &mut WriteBatch) -> Result<Written> {
        let mut lease = Lease::to_write(&*self.database)?;
        let session = lease.session()?;
        // Which foreign key is violated can be asked only while the transaction is open.
        let alone = !self.database.has_foreign_keys() && write::is_one_statement(session, batch);
        write::apply(session, &self.place, batch, |session, work| match alone {
            true => work(session),
            false => session.atomically("BEGIN IMMEDIATE", work),
        })
    }

    fn begin(&self, options: &TxOptions) -> Result<Box<dyn Transaction>> {
        let database = Arc::clone(&self.database);
        let mut lease =
            if options.read_only { Lease::to_read(database)? } else { Lease::to_write(database)? };
        let session = lease.session()?;
        if options.read_only {
            session.run("BEGIN DEFERRED")?;
            // Only a read takes the snapshot; without one it would be as of the first read.
            let begun = session
                .statement("SELECT 1 FROM sqlite_schema LIMIT 1")
                .and_then(|mut s| s.exists([]).map_err(|e| session.origin.failure("taking a snapshot", e)));
            begun?;
        } else {
            session.run("BEGIN IMMEDIATE")?;
        }
        Ok(Box::new(SqliteTransaction { lease, place: self.place.clone(), read_only: options.read_only }))
    }
}
