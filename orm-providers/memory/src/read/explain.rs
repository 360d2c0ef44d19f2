//! The way a plan is read, for people.

use super::access;
use crate::namespace::Namespace;
use crate::store::EntityStore;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Output, Select};

/// Says which way a plan is read now: by the key, by an index, or by a scan.
pub(crate) fn explain(namespace: &Namespace, plan: &Select) -> Vec<String> {
    let Some(store) = namespace.store(plan.entity) else {
        return vec!["nothing is stored".to_owned()];
    };
    let mut lines = vec![way(store, plan)];
    let ordered = matches!(plan.output, Output::Records | Output::Columns(_));
    if ordered
        && plan.related.is_none()
        && (!plan.order.is_empty() || plan.limit.is_some() || plan.offset > 0)
    {
        lines.push("sort what is found".to_owned());
    }
    if let Output::Groups(grouping) = &plan.output {
        let own = grouping.columns().all(|column| column.path.is_empty());
        lines.push(match grouping.keys.is_empty() && own {
            true => "compute column by column".to_owned(),
            false => "group record by record".to_owned(),
        });
    }
    lines
}

fn way(store: &EntityStore, plan: &Select) -> String {
    if plan.filter.is_always_false() {
        return "nothing: the condition is never true".to_owned();
    }
    let live = store.live();
    if let Some(related) = &plan.related {
        let (entity, columns) = match &related.relation.pivot {
            Some(pivot) => ((pivot.entity)(), pivot.from),
            None => (plan.entity, related.relation.to),
        };
        return format!("{}.{}: by an index where there is one", entity.name, names(entity, columns));
    }
    let terms = access::terms(&plan.filter);
    match access::index_of(store, &terms) {
        Some((columns, _)) if columns == store.schema.key => {
            format!("by the key {}", names(store.schema, &columns))
        }
        Some((columns, unique)) => {
            let kind = if unique { "unique index" } else { "index" };
            format!("by the {kind} {}", names(store.schema, &columns))
        }
        None if terms.is_empty() => format!("all {live} records"),
        None => format!("scan of {live} records"),
    }
}

fn names(entity: &EntitySchema, columns: &[usize]) -> String {
    let names: Vec<&str> = columns.iter().map(|&c| entity.field(c).field).collect();
    format!("({})", names.join(", "))
}
