//! What a provider claims to understand, plan by plan.

use super::evaluate::{Chosen, Source, evaluate};
use super::{Condition, Gather, Record};
use crate::error::Result;
use crate::model::schema::EntitySchema;
use crate::plan::{Change, Output, Predicate, Select, Write, WriteBatch, Written};
use crate::provider::{Capabilities, Connection, Flow, RowSink, Transaction};
use std::sync::Arc;

/// What is read from and written to: a connection or a transaction of the provider's own.
pub(super) trait Engine {
    fn read(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()>;
    fn write(&mut self, batch: &mut WriteBatch) -> Result<Written>;
}

impl Engine for Arc<dyn Connection> {
    fn read(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        self.select(plan, sink)
    }
    fn write(&mut self, batch: &mut WriteBatch) -> Result<Written> {
        self.apply(batch)
    }
}

impl Engine for Box<dyn Transaction> {
    fn read(&mut self, plan: &Arc<Select>, sink: &mut dyn RowSink) -> Result<()> {
        self.select(plan, sink)
    }
    fn write(&mut self, batch: &mut WriteBatch) -> Result<Written> {
        self.apply(batch)
    }
}

/// Whether the provider understands all of a plan.
pub(super) fn selects(claimed: &Capabilities, plan: &Select) -> bool {
    let cut = plan.offset > 0 || plan.limit.is_some();
    let middle = plan.related.as_ref().and_then(|r| r.middle.as_ref());
    filters(claimed, &plan.filter)
        && middle.is_none_or(|middle| filters(claimed, middle))
        && (plan.related.is_none() || claimed.related)
        && (plan.order.is_empty() || claimed.order)
        // A cut is made in the order of the key, at least.
        && (!cut || claimed.limit && claimed.order)
        && puts_out(claimed, plan)
}

fn puts_out(claimed: &Capabilities, plan: &Select) -> bool {
    match &plan.output {
        Output::Records => true,
        Output::Joined(_) => claimed.joins,
        Output::Columns(_) => claimed.projections,
        Output::Count | Output::Exists | Output::Counts => claimed.counts,
        // Groups of what relations lead to are asked by nobody, so that no provider needs to know them.
        Output::Groups(_) => claimed.aggregates && plan.related.is_none(),
    }
}

/// Whether the provider understands a write.
pub(super) fn applies(claimed: &Capabilities, write: &Write) -> bool {
    match &write.change {
        Change::DeleteWhere { filter } | Change::UpdateWhere { filter, .. } => {
            claimed.writes_by_filter && (claimed.relation_filters || !has_relations(filter))
        }
        _ => true,
    }
}

fn filters(claimed: &Capabilities, filter: &Predicate) -> bool {
    match filter {
        Predicate::Constant(true) => true,
        _ => claimed.filters && (claimed.relation_filters || !has_relations(filter)),
    }
}

fn has_relations(filter: &Predicate) -> bool {
    match filter {
        Predicate::Related { .. } => true,
        Predicate::And(list) | Predicate::Or(list) => list.iter().any(has_relations),
        Predicate::Not(inner) | Predicate::NotTrue(inner) => has_relations(inner),
        _ => false,
    }
}

/// Whether a plan is evaluated over more than one scan.
pub(super) fn needs_several_scans(plan: &Select) -> bool {
    let pivot = plan.related.as_ref().and_then(|r| r.relation.pivot.as_ref());
    let paths = match &plan.output {
        Output::Groups(grouping) => grouping.columns().any(|column| !column.path.is_empty()),
        _ => false,
    };
    pivot.is_some() || paths || has_relations(&plan.filter)
}

/// The entities that a filter leads to.
pub(super) fn entities(filter: &Predicate, found: &mut Vec<&'static EntitySchema>) {
    match filter {
        Predicate::Related { relation, filter, middle, .. } => {
            found.push((relation.target)());
            found.extend(relation.pivot.as_ref().map(|p| (p.entity)()));
            entities(filter, found);
            middle.iter().for_each(|middle| entities(middle, found));
        }
        Predicate::And(list) | Predicate::Or(list) => {
            list.iter().for_each(|p| entities(p, found));
        }
        Predicate::Not(inner) | Predicate::NotTrue(inner) => entities(inner, found),
        _ => {}
    }
}

/// A filter without relations that lets through at least what the plan selects.
fn narrowed(plan: &Select) -> Predicate {
    let plain = match &plan.filter {
        Predicate::And(all) => {
            let plain = all.iter().filter(|p| !has_relations(p)).cloned();
            plain.fold(Predicate::Constant(true), Predicate::and)
        }
        other if has_relations(other) => Predicate::Constant(true),
        other => other.clone(),
    };
    match &plan.related {
        Some(related) if related.relation.pivot.is_none() => {
            plain.and(Predicate::Keys { columns: related.relation.to, keys: Arc::clone(&related.keys) })
        }
        _ => plain,
    }
}

/// What a provider puts out, as a source of the evaluator. A plan's own entity is filtered by the
/// provider where it claims that, and otherwise before anything of it is kept.
pub(super) struct Reading<'a> {
    pub(super) claimed: &'a Capabilities,
    pub(super) engine: &'a mut dyn Engine,
}

impl Source for Reading<'_> {
    fn scan(&mut self, entity: &'static EntitySchema) -> Result<Vec<Record>> {
        let mut gather = Gather::new(entity.fields.len());
        let plan = Arc::new(Select::all(entity));
        self.engine.read(&plan, &mut gather)?;
        Ok(gather.rows)
    }

    fn root(&mut self, plan: &Select) -> Result<Vec<Record>> {
        let entity = plan.entity;
        let filter = narrowed(plan);
        if filter.is_always_false() {
            return Ok(Vec::new());
        }
        let mut gather = Gather::new(entity.fields.len());
        if let Predicate::Keys { columns, keys } = &filter
            && *columns == entity.key
        {
            gather = gather.at_most(keys.len());
        }
        if !self.claimed.filters && filter != Predicate::Constant(true) {
            gather = gather.matching(Condition::new(&filter, entity, self)?);
        }
        // What more is locked than goes out does no harm.
        let scan = Select { lock: plan.lock, ..scan_of(self.claimed, entity, filter) };
        self.engine.read(&Arc::new(scan), &mut gather)?;
        Ok(gather.rows)
    }
}

/// The scan of a plan's own entity.
fn scan_of(claimed: &Capabilities, entity: &'static EntitySchema, filter: Predicate) -> Select {
    let filter = if claimed.filters { filter } else { Predicate::Constant(true) };
    Select { filter, ..Select::all(entity) }
}

/// Says how a plan is read: by the provider, or by the core over its scans.
pub(super) fn explain(
    claimed: &Capabilities,
    connection: &Arc<dyn Connection>,
    plan: &Arc<Select>,
) -> Result<Vec<String>> {
    if selects(claimed, plan) {
        return connection.explain(plan);
    }
    let mut scans = vec![scan_of(claimed, plan.entity, narrowed(plan))];
    let mut others = Vec::new();
    entities(&plan.filter, &mut others);
    others.extend(plan.related.iter().filter_map(|r| r.relation.pivot.as_ref()).map(|p| (p.entity)()));
    if let Output::Groups(grouping) = &plan.output {
        let path = grouping.columns().flat_map(|column| &column.path);
        others.extend(path.map(|relation| (relation.target)()));
    }
    for (i, other) in others.iter().enumerate() {
        if !others[..i].iter().any(|known| known.is(other)) {
            scans.push(Select::all(other));
        }
    }
    let mut lines = vec![format!("core: fills in what `{}` does not claim, over:", claimed.name)];
    for scan in scans {
        lines.push(format!("core: scan for {scan}"));
        lines.extend(connection.explain(&Arc::new(scan))?);
    }
    Ok(lines)
}

/// Reads a plan: as it is where it is claimed, else by evaluating it.
pub(super) fn select(
    claimed: &Capabilities,
    engine: &mut dyn Engine,
    plan: &Arc<Select>,
    sink: &mut dyn RowSink,
) -> Result<()> {
    if selects(claimed, plan) {
        return engine.read(plan, sink);
    }
    if let Output::Columns(columns) = &plan.output {
        let whole = Select { output: Output::Records, ..Select::clone(plan) };
        if plan.related.is_none() && selects(claimed, &whole) {
            return chosen(engine, whole, columns, sink);
        }
    }
    evaluate(plan, &mut Reading { claimed, engine }, sink)
}

/// Reads whole records where the provider can do all but leave columns out.
fn chosen(engine: &mut dyn Engine, whole: Select, columns: &[usize], sink: &mut dyn RowSink) -> Result<()> {
    let mut gather = Gather::new(whole.entity.fields.len());
    engine.read(&Arc::new(whole), &mut gather)?;
    for record in &gather.rows {
        if sink.row(&Chosen { record, columns, keys: None, parent: 0, middle: None })? == Flow::Stop {
            break;
        }
    }
    Ok(())
}
