//! Calls that somebody may watch: every call of the core to a storage passes here.

use super::lent::{Lent, LentSink};
use super::link;
use super::watch::Watch;
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::plan::{Change, Predicate, Select, Write, WriteBatch, Written};
use crate::provider::no_sql_condition;
use crate::provider::{
    Connection, Flow, Row, RowSink, SchemaSync, SqlSink, SqlStatement, SyncReport, TxOptions, Wanted,
};
use crate::value::KeyValues;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A connection of either kind.
#[derive(Clone)]
pub(crate) struct Link {
    line: link::Link,
    watch: Watch,
    /// Whether the provider has SQL.
    sql: bool,
}

/// A transaction of either kind.
pub(crate) struct OpenTx {
    line: link::OpenTx,
    watch: Watch,
    /// Whether the provider has SQL.
    sql: bool,
}

/// Refuses conditions that only SQL can work out, where there is none.
#[inline]
fn may_read(sql: bool, plan: &Select) -> Result<()> {
    let middle = plan.related.as_ref().and_then(|related| related.middle.as_ref());
    if !sql && (plan.filter.has_sql() || middle.is_some_and(Predicate::has_sql)) {
        return Err(no_sql_condition());
    }
    Ok(())
}

/// As [`may_read`], of writes.
#[inline]
fn may_apply(sql: bool, batch: &WriteBatch) -> Result<()> {
    let refused = |write: &Write| match &write.change {
        Change::DeleteWhere { filter } | Change::UpdateWhere { filter, .. } => filter.has_sql(),
        _ => false,
    };
    if !sql && batch.writes.iter().any(refused) {
        return Err(no_sql_condition());
    }
    Ok(())
}

/// A sink that knows how many rows went in.
struct Counting<S> {
    sink: S,
    rows: u64,
}

impl<S> Counting<S> {
    fn new(sink: S) -> Self {
        Self { sink, rows: 0 }
    }
}

impl<S: RowSink> RowSink for Counting<S> {
    fn expect(&mut self, rows: usize) {
        self.sink.expect(rows);
    }

    #[inline]
    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.rows += 1;
        self.sink.row(row)
    }
}

impl<S: SqlSink> SqlSink for Counting<S> {
    fn columns(&mut self, names: &[&str]) -> Result<Vec<Wanted>> {
        self.rows = 0;
        self.sink.columns(names)
    }

    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.sink.poll_room(context)
    }
}

/// How many rows a statement of the user's own put out, or else touched.
fn of_sql<S>((sink, touched): &(Counting<S>, u64)) -> u64 {
    sink.rows.max(*touched)
}

fn of_batch(written: &Written) -> u64 {
    written.affected.iter().sum()
}

fn none<T>(_: &T) -> u64 {
    0
}

impl Watch {
    /// A connection whose calls are watched like this.
    pub(crate) fn over(&self, line: link::Link, name: &crate::connection::ConnectionName, sql: bool) -> Link {
        Link { line, watch: self.named(name), sql }
    }
}

impl Link {
    /// The connection, where it may be called as it stands and nobody watches.
    #[inline]
    pub(crate) fn direct(&self) -> Option<&dyn Connection> {
        match &self.line {
            link::Link::Direct(connection) if !self.watch.is_on() => Some(&**connection),
            _ => None,
        }
    }

    /// Reads, where it may be called as it stands and nobody watches.
    pub(crate) fn select_directly(&self, plan: &Arc<Select>, sink: &mut dyn LentSink) -> Option<Result<()>> {
        let connection = self.direct()?;
        Some(may_read(self.sql, plan).and_then(|()| connection.select(plan, sink.plain())))
    }

    /// What it is made of, for calls that are watched by whoever makes them.
    pub(crate) fn parts(&self) -> (link::Link, Watch) {
        (self.line.clone(), self.watch.clone())
    }

    #[inline]
    pub(crate) async fn select_into(&self, plan: &Arc<Select>, sink: &mut dyn LentSink) -> Result<()> {
        may_read(self.sql, plan)?;
        let seen = self.watch.select(plan);
        let outcome = seen.around(self.line.select(plan, sink)).await;
        seen.end(&outcome, |()| sink.rows());
        outcome
    }

    #[inline]
    pub(crate) async fn find_into(
        &self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: &mut dyn LentSink,
    ) -> Result<()> {
        let seen = self.watch.find(entity, &key);
        let outcome = seen.around(self.line.find(entity, key, sink)).await;
        seen.end(&outcome, |()| sink.rows());
        outcome
    }

    pub(crate) async fn sql<S: SqlSink>(&self, statement: &Arc<SqlStatement>, sink: S) -> Result<(S, u64)> {
        let seen = self.watch.sql(statement);
        let outcome = seen.around(self.line.sql(statement, Counting::new(sink))).await;
        seen.end(&outcome, of_sql);
        outcome.map(|(counting, touched)| (counting.sink, touched))
    }

    pub(crate) fn table(&self, entity: &'static EntitySchema) -> Option<String> {
        self.line.table(entity)
    }

    pub(crate) async fn apply(&self, batch: WriteBatch) -> (WriteBatch, Result<Written>) {
        if let Err(error) = may_apply(self.sql, &batch) {
            return (batch, Err(error));
        }
        let seen = self.watch.apply(&batch);
        let (batch, outcome) = seen.around(self.line.apply(batch)).await;
        seen.end(&outcome, of_batch);
        (batch, outcome)
    }

    pub(crate) async fn explain(&self, plan: &Arc<Select>) -> Result<Vec<String>> {
        may_read(self.sql, plan)?;
        self.line.explain(plan).await
    }

    pub(crate) async fn sync(
        &self,
        entities: Vec<&'static EntitySchema>,
        how: SchemaSync,
    ) -> Result<SyncReport> {
        let seen = self.watch.step("sync");
        let outcome = seen.around(self.line.sync(entities, how)).await;
        seen.end(&outcome, none);
        outcome
    }

    pub(crate) async fn begin(&self, options: TxOptions) -> Result<OpenTx> {
        let seen = self.watch.step("begin");
        let outcome = seen.around(self.line.begin(options)).await;
        seen.end(&outcome, none);
        outcome.map(|line| OpenTx { line, watch: self.watch.clone(), sql: self.sql })
    }
}

impl OpenTx {
    pub(crate) async fn select<S: RowSink>(&mut self, plan: &Arc<Select>, sink: S) -> Result<S> {
        let mut lent = Lent::new(sink);
        self.select_into(plan, &mut lent).await?;
        lent.back()
    }

    pub(crate) async fn select_into(&mut self, plan: &Arc<Select>, sink: &mut dyn LentSink) -> Result<()> {
        may_read(self.sql, plan)?;
        if let (link::OpenTx::Direct(tx), false) = (&mut self.line, self.watch.is_on()) {
            return tx.select(plan, sink.plain());
        }
        let seen = self.watch.select(plan);
        let outcome = seen.around(self.line.select(plan, sink)).await;
        seen.end(&outcome, |()| sink.rows());
        outcome
    }

    pub(crate) async fn find_into(
        &mut self,
        entity: &'static EntitySchema,
        key: KeyValues,
        sink: &mut dyn LentSink,
    ) -> Result<()> {
        let seen = self.watch.find(entity, &key);
        let outcome = seen.around(self.line.find(entity, key, sink)).await;
        seen.end(&outcome, |()| sink.rows());
        outcome
    }

    pub(crate) async fn sql<S: SqlSink>(
        &mut self,
        statement: &Arc<SqlStatement>,
        sink: S,
    ) -> Result<(S, u64)> {
        let seen = self.watch.sql(statement);
        let outcome = seen.around(self.line.sql(statement, Counting::new(sink))).await;
        seen.end(&outcome, of_sql);
        outcome.map(|(counting, touched)| (counting.sink, touched))
    }

    pub(crate) async fn apply(&mut self, batch: WriteBatch) -> (WriteBatch, Result<Written>) {
        if let Err(error) = may_apply(self.sql, &batch) {
            return (batch, Err(error));
        }
        let seen = self.watch.apply(&batch);
        let (batch, outcome) = seen.around(self.line.apply(batch)).await;
        seen.end(&outcome, of_batch);
        (batch, outcome)
    }

    pub(crate) async fn savepoint(&mut self, number: u32) -> Result<()> {
        let seen = self.watch.step("savepoint");
        let outcome = seen.around(self.line.savepoint(number)).await;
        seen.end(&outcome, none);
        outcome
    }

    pub(crate) async fn rollback_to(&mut self, number: u32) -> Result<()> {
        let seen = self.watch.step("rollback to");
        let outcome = seen.around(self.line.rollback_to(number)).await;
        seen.end(&outcome, none);
        outcome
    }

    pub(crate) async fn release(&mut self, number: u32) -> Result<()> {
        let seen = self.watch.step("release");
        let outcome = seen.around(self.line.release(number)).await;
        seen.end(&outcome, none);
        outcome
    }

    pub(crate) async fn commit(self) -> Result<()> {
        let seen = self.watch.step("commit");
        let outcome = seen.around(self.line.commit()).await;
        seen.end(&outcome, none);
        outcome
    }

    pub(crate) async fn rollback(self) -> Result<()> {
        let seen = self.watch.step("rollback");
        let outcome = seen.around(self.line.rollback()).await;
        seen.end(&outcome, none);
        outcome
    }
}
