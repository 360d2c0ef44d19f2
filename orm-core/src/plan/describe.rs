//! Plans as text, for people. Values are left out: what they are is nobody's business in a log.

use super::{Aggregate, ColumnPath, CompareOp, Grouping, Join, Output, Predicate, Select, Sort, TextMatch};
use crate::model::schema::EntitySchema;
use std::fmt;

impl fmt::Display for Select {
    /// What is read, in words near to SQL's, with `?` for values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.output {
            Output::Records | Output::Joined(_) => f.write_str("records")?,
            Output::Columns(columns) => write!(f, "{}", Names(self.entity, columns))?,
            Output::Count => f.write_str("count")?,
            Output::Exists => f.write_str("whether there is any")?,
            Output::Counts => f.write_str("count per parent")?,
            Output::Groups(grouping) => write!(f, "{}", Aggregates(self.entity, grouping))?,
        }
        write!(f, " of {}", self.entity.name)?;
        if let Some(related) = &self.related {
            write!(f, ", which `{}.{}` leads to", related.relation.model, related.relation.field)?;
            cut(f, ", for each parent", related.limit, related.offset)?;
        }
        if !matches!(self.filter, Predicate::Constant(true)) {
            write!(f, ", where {}", Condition(&Of::Entity(self.entity), &self.filter))?;
        }
        if let Output::Joined(joins) = &self.output {
            for Join { relation, filter, order: terms } in joins {
                let of = Of::Entity((relation.target)());
                write!(f, ", joined with what `{}.{}` leads to", relation.model, relation.field)?;
                if !matches!(filter, Predicate::Constant(true)) {
                    write!(f, " where {}", Condition(&of, filter))?;
                }
                order(f, &of, terms)?;
            }
        }
        order(f, &Of::Entity(self.entity), &self.order)?;
        cut(f, ",", self.limit, self.offset)?;
        if self.lock.is_some() {
            f.write_str(", locked")?;
        }
        if let Output::Groups(grouping) = &self.output {
            let rows = Of::Groups(self.entity, grouping);
            let keys: Vec<String> = grouping.keys.iter().map(|key| path(self.entity, key)).collect();
            if !keys.is_empty() {
                write!(f, ", grouped by {}", keys.join(", "))?;
            }
            if !matches!(grouping.having, Predicate::Constant(true)) {
                write!(f, ", having {}", Condition(&rows, &grouping.having))?;
            }
            order(f, &rows, &grouping.order)?;
            cut(f, ",", grouping.limit, grouping.offset)?;
        }
        Ok(())
    }
}

/// What columns are counted in.
enum Of<'a> {
    Entity(&'static EntitySchema),
    Groups(&'static EntitySchema, &'a Grouping),
}

impl Of<'_> {
    fn name(&self, column: usize) -> String {
        match self {
            Of::Entity(entity) => entity.fields.get(column).map_or("?", |field| field.field).to_owned(),
            Of::Groups(entity, grouping) => match column.checked_sub(grouping.keys.len()) {
                None => path(entity, &grouping.keys[column]),
                Some(place) => {
                    grouping.aggregates.get(place).map_or_else(String::new, |a| aggregate(entity, a))
                }
            },
        }
    }
}

fn order(f: &mut fmt::Formatter<'_>, of: &Of<'_>, terms: &[Sort]) -> fmt::Result {
    for (i, sort) in terms.iter().enumerate() {
        f.write_str(if i == 0 { ", ordered by " } else { ", " })?;
        f.write_str(&of.name(sort.column))?;
        f.write_str(if sort.descending { " descending" } else { "" })?;
        if sort.nulls_first == sort.descending {
            f.write_str(if sort.nulls_first { " (NULL first)" } else { " (NULL last)" })?;
        }
    }
    Ok(())
}

fn cut(f: &mut fmt::Formatter<'_>, before: &str, limit: Option<u64>, offset: u64) -> fmt::Result {
    match (limit, offset) {
        (None, 0) => Ok(()),
        (Some(limit), 0) => write!(f, "{before} at most {limit}"),
        (None, offset) => write!(f, "{before} without the first {offset}"),
        (Some(limit), offset) => write!(f, "{before} at most {limit} without the first {offset}"),
    }
}

fn path(root: &'static EntitySchema, column: &ColumnPath) -> String {
    let mut text = String::new();
    for relation in &column.path {
        text.push_str(relation.field);
        text.push('.');
    }
    text + column.field(root).field
}

fn aggregate(root: &'static EntitySchema, aggregate: &Aggregate) -> String {
    let name = match aggregate {
        Aggregate::Count => return "count".to_owned(),
        Aggregate::CountOf(_) => "count",
        Aggregate::CountDistinct(_) => "count of different",
        Aggregate::Sum(_) => "sum",
        Aggregate::Avg(_) => "average",
        Aggregate::Min(_) => "least",
        Aggregate::Max(_) => "greatest",
    };
    let column = aggregate.column().map_or_else(String::new, |column| path(root, column));
    format!("{name}({column})")
}

/// What goes out for each group.
struct Aggregates<'a>(&'static EntitySchema, &'a Grouping);

impl fmt::Display for Aggregates<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.1.keys.iter().map(|key| path(self.0, key));
        let all: Vec<String> = keys.chain(self.1.aggregates.iter().map(|a| aggregate(self.0, a))).collect();
        f.write_str(&all.join(", "))
    }
}

/// The names of columns.
struct Names<'a>(&'static EntitySchema, &'a [usize]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = Of::Entity(self.0);
        let names: Vec<String> = self.1.iter().map(|&column| of.name(column)).collect();
        f.write_str(&names.join(", "))
    }
}

/// A condition on columns.
struct Condition<'a>(&'a Of<'a>, &'a Predicate);

fn symbol(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "=",
        CompareOp::Ne => "<>",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}

impl fmt::Display for Condition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Condition(of, predicate) = self;
        let joined = |f: &mut fmt::Formatter<'_>, terms: &[Predicate], word: &str, none: &str| {
            if terms.is_empty() {
                return f.write_str(none);
            }
            for (i, term) in terms.iter().enumerate() {
                write!(f, "{}{}", if i == 0 { "(" } else { word }, Condition(of, term))?;
            }
            f.write_str(")")
        };
        match predicate {
            Predicate::Constant(value) => write!(f, "{value}"),
            Predicate::Compare { column, op, .. } => write!(f, "{} {} ?", of.name(*column), symbol(*op)),
            Predicate::Columns { left, op, right } => {
                write!(f, "{} {} {}", of.name(*left), symbol(*op), of.name(*right))
            }
            Predicate::In { column, values } => write!(f, "{} in {} values", of.name(*column), values.len()),
            Predicate::Keys { columns, keys } => {
                let names: Vec<String> = columns.iter().map(|&c| of.name(c)).collect();
                write!(f, "({}) in {} keys", names.join(", "), keys.len())
            }
            Predicate::Null { column } => write!(f, "{} is null", of.name(*column)),
            Predicate::Text { column, how, .. } => {
                let how = match how {
                    TextMatch::Like => "like",
                    TextMatch::ILike => "ilike",
                    TextMatch::Contains => "contains",
                    TextMatch::StartsWith => "starts with",
                    TextMatch::EndsWith => "ends with",
                };
                write!(f, "{} {how} ?", of.name(*column))
            }
            Predicate::And(terms) => joined(f, terms, " and ", "true"),
            Predicate::Or(terms) => joined(f, terms, " or ", "false"),
            Predicate::Not(inner) => write!(f, "not {}", Condition(of, inner)),
            Predicate::NotTrue(inner) => write!(f, "not true that {}", Condition(of, inner)),
            Predicate::Related { relation, filter, count: (op, number), .. } => {
                write!(f, "count of {}", relation.field)?;
                if !matches!(**filter, Predicate::Constant(true)) {
                    write!(f, " where {}", Condition(&Of::Entity((relation.target)()), filter))?;
                }
                write!(f, " {} {number}", symbol(*op))
            }
            Predicate::Sql(condition) => write!(f, "({})", condition.text),
        }
    }
}
