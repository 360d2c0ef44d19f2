//! A provider with one bug of two, to see that it is found and how it is shown.

use orm_core::Result;
use orm_core::connection::ConnectionName;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Predicate, Select, TextMatch, WriteBatch, Written};
use orm_core::provider::*;
use orm_provider_memory::Memory;
use std::sync::Arc;

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bug {
    /// It takes `contains` for `starts_with`.
    Contains,
    /// It doesn't go back to a savepoint.
    Savepoint,
}

pub(crate) struct Buggy(pub Memory, pub Bug);

struct BuggyConnection<C>(C, Bug);

impl<C> BuggyConnection<C> {
    fn plan(&self, plan: &Arc<Select>) -> Arc<Select> {
        let mut plan = Select::clone(plan);
        if self.1 == Bug::Contains {
            break_it(&mut plan.filter);
        }
        Arc::new(plan)
    }
}

fn break_it(filter: &mut Predicate) {
    match filter {
        Predicate::Text { how, .. } if *how == TextMatch::Contains => *how = TextMatch::StartsWith,
        Predicate::And(list) | Predicate::Or(list) => list.iter_mut().for_each(break_it),
        Predicate::Not(inner) | Predicate::NotTrue(inner) => break_it(inner),
        Predicate::Related { filter, .. } => break_it(filter),
        _ => {}
    }
}

impl DataProvider for Buggy {
    fn capabilities(&self) -> &Capabilities {
        self.0.capabilities()
    }
    fn open(&self, connection: &ConnectionName) -> Result<Arc<dyn Connection>> {
        Ok(Arc::new(BuggyConnection(self.0.open(connection)?, self.1)))
    }
}

impl Connection for BuggyConnection<Arc<dyn Connection>> {
    fn sync(&self, entities: &[&'static EntitySchema], how: SchemaSync) -> Result<SyncReport> {
        self.0.sync(entities, how)
    }
    fn select(&self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        self.0.select(&self.plan(plan), sink)
    }
    fn apply(&self, batch: &mut WriteBatch) -> Result<Written> {
        self.0.apply(batch)
    }
    fn begin(&self, options: &TxOptions) -> Result<Box<dyn Transaction>> {
        Ok(Box::new(BuggyConnection(self.0.begin(options)?, self.1)))
    }
}

impl Transaction for BuggyConnection<Box<dyn Transaction>> {
    fn select(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        self.0.select(&self.plan(plan), sink)
    }
    fn apply(&mut self, batch: &mut WriteBatch) -> Result<Written> {
        self.0.apply(batch)
    }
    fn savepoint(&mut self, number: u32) -> Result<()> {
        self.0.savepoint(number)
    }
    fn rollback_to(&mut self, number: u32) -> Result<()> {
        if self.1 == Bug::Savepoint {
            return self.0.release(number);
        }
        self.0.rollback_to(number)
    }
    fn release(&mut self, number: u32) -> Result<()> {
        self.0.release(number)
    }
    fn commit(self: Box<Self>) -> Result<()> {
        self.0.commit()
    }
    fn rollback(self: Box<Self>) -> Result<()> {
        self.0.rollback()
    }
}
