//! An open connection of the provider.

use crate::database::{Database, Place};
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
        let mut reader = self.database.reader()?;
        if let Some(report) = sync.check(reader.session()?, how)? {
            return Ok(report);
        }
        drop(reader);
        sync.create(self.database.writer()?.session()?)
    }

    fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        let mut lease = self.database.reader()?;
        read::select(lease.session()?, &self.place, plan, sink)
    }

    fn find(&self, entity: &'static EntitySchema, key: &KeyValues, sink: &mut dyn RowSink) -> Result<()> {
        let mut lease = self.database.reader()?;
        read::find(lease.session()?, &self.place, entity, key, sink)
    }

    fn explain(&self, plan: &Arc<Select>) -> Result<Vec<String>> {
        let mut lease = self.database.reader()?;
        read::explain(lease.session()?, &self.place, plan)
    }

    fn sql(&self, statement: &Arc<SqlStatement>, sink: &mut dyn SqlSink) -> Result<u64> {
        let raw = raw::Raw::new(statement)?;
        if raw.may_read() {
            let mut lease = self.database.reader()?;
            let session = lease.session()?;
            if raw.only_reads(session)? {
                return raw.run(session, sink);
            }
        }
        let mut lease = self.database.writer()?;
        raw.run_alone(lease.session()?, sink)
    }

    fn table(&self, entity: &'static EntitySchema) -> Option<String> {
        let mut out = String::new();
        SqliteDialect.table(&mut out, &self.place.namespace, entity);
        Some(out)
    }

    fn apply(&self, batch: &mut WriteBatch) -> Result<Written> {
        let mut lease = self.database.writer()?;
        // Which foreign key is violated can be asked only while the transaction is open.
        let alone = !self.database.has_foreign_keys() && write::is_one_statement(batch);
        write::apply(lease.session()?, &self.place, batch, |session, work| match alone {
            true => work(session),
            false => session.atomically("BEGIN IMMEDIATE", work),
        })
    }

    fn begin(&self, options: &TxOptions) -> Result<Box<dyn Transaction>> {
        let mut lease = if options.read_only { self.database.reader()? } else { self.database.writer()? };
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
