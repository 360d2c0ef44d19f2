//! Groups and aggregates.

use super::select::Columns;
use super::{Source, Text};
use orm_core::model::schema::RelationSchema;
use orm_core::plan::{Aggregate, ColumnPath, Grouping, Predicate, Select};
use orm_core::{Error, Result};

/// The tables that paths lead to: a path and the table at its end.
type Joined = Vec<(Vec<&'static RelationSchema>, Source)>;

impl Text<'_> {
    /// Writes a SELECT with a row for each group. What counts the rows' columns, such as the condition
    /// on them, is written around it.
    pub(super) fn groups(&mut self, plan: &Select, grouping: &Grouping) -> Result<()> {
        if plan.related.is_some() {
            return Err(Error::unsupported("groups of related records", "no plan asks for them"));
        }
        let always = matches!(grouping.having, Predicate::Constant(true));
        if always && grouping.order.is_empty() && !grouping.is_cut() {
            return self.grouped(plan, grouping, "");
        }
        let kinds = grouping.kinds(plan.entity);
        let width = kinds.len();
        let rows = Source { entity: plan.entity, alias: "g".to_owned(), computed: Some(kinds) };
        let names: Vec<String> = (0..width).map(|c| self.column(&rows, c)).collect();
        self.push(&format!("SELECT {} FROM (", names.join(", ")));
        self.grouped(plan, grouping, " AS c")?;
        self.push(") AS g");
        if !always {
            self.push(" WHERE ");
            self.predicate(&rows, &grouping.having)?;
        }
        let order = if grouping.is_cut() { grouping.stable_order() } else { grouping.order.clone() };
        if !order.is_empty() {
            self.push(" ORDER BY ");
            self.list(order, ", ", |text, sort| {
                text.dialect.order(&mut text.out, &names[sort.column], sort);
            });
        }
        let limit = grouping.limit.map(|_| self.place());
        let offset = (grouping.offset > 0).then(|| self.place());
        if limit.is_some() || offset.is_some() {
            self.dialect.limit(&mut self.out, limit, offset);
        }
        Ok(())
    }

    /// Writes the groups; the columns are named by `alias` and their place, unless it is empty.
    fn grouped(&mut self, plan: &Select, grouping: &Grouping, alias: &str) -> Result<()> {
        self.push("SELECT ");
        let at = self.out.len();
        self.push(" FROM ");
        let cut = plan.limit.is_some() || plan.offset > 0;
        let root = if cut {
            self.push("(");
            self.body(plan, Columns::All)?;
            let alias = self.alias();
            self.push(&format!(") AS {alias}"));
            Source::new(plan.entity, alias)
        } else {
            self.from(plan.entity)
        };
        let mut joined: Joined = vec![(Vec::new(), root.clone())];
        for column in grouping.columns() {
            self.join(&mut joined, &column.path);
        }
        if !cut && !matches!(plan.filter, Predicate::Constant(true)) {
            self.push(" WHERE ");
            self.predicate(&root, &plan.filter)?;
        }
        let keys: Vec<String> = grouping.keys.iter().map(|key| self.at_path(&joined, key)).collect();
        let mut names = keys.clone();
        for (place, aggregate) in grouping.aggregates.iter().enumerate() {
            names.push(self.aggregate(plan, &joined, place, aggregate)?);
        }
        if !alias.is_empty() {
            for (place, name) in names.iter_mut().enumerate() {
                name.push_str(&format!("{alias}{place}"));
            }
        }
        self.out.insert_str(at, &names.join(", "));
        if !keys.is_empty() {
            self.push(&format!(" GROUP BY {}", keys.join(", ")));
        }
        Ok(())
    }

    /// Writes the joins of a path, as far as they aren't there.
    fn join(&mut self, joined: &mut Joined, path: &[&'static RelationSchema]) {
        for length in 1..=path.len() {
            let (way, relation) = (&path[..length], path[length - 1]);
            if joined.iter().any(|(known, _)| known == way) {
                continue;
            }
            let Some(before) = joined.iter().find(|(known, _)| known == &way[..length - 1]) else {
                continue;
            };
            let here = self.columns(&before.1, relation.from);
            self.push(" LEFT JOIN ");
            let target = self.from((relation.target)());
            let there = self.columns(&target, relation.to);
            self.push(" ON ");
            self.equal(&there, &here);
            joined.push((way.to_vec(), target));
        }
    }

    fn at_path(&self, joined: &Joined, column: &ColumnPath) -> String {
        let table = joined.iter().find(|(known, _)| *known == column.path);
        table.map_or_else(String::new, |(_, table)| self.column(table, column.column))
    }

    fn aggregate(
        &self,
        plan: &Select,
        joined: &Joined,
        place: usize,
        aggregate: &Aggregate,
    ) -> Result<String> {
        let Some(path) = aggregate.column() else {
            return Ok("COUNT(*)".to_owned());
        };
        let column = self.at_path(joined, path);
        let kind = path.field(plan.entity).kind;
        let mut out = String::new();
        match aggregate {
            Aggregate::CountOf(_) => out = format!("COUNT({column})"),
            Aggregate::CountDistinct(_) => out = format!("COUNT(DISTINCT {column})"),
            Aggregate::Min(_) => self.dialect.extreme(&mut out, &column, false, kind),
            Aggregate::Max(_) => self.dialect.extreme(&mut out, &column, true, kind),
            Aggregate::Sum(_) => self.dialect.sum(&mut out, &column, place, kind),
            Aggregate::Avg(_) => self.dialect.average(&mut out, &column, kind),
            _ => return Err(Error::unsupported("this aggregate", "it is not known to the SQL providers")),
        }
        Ok(out)
    }
}
