//! Conditions.

use super::{Source, Text, tuple};
use crate::operand::{Operand, operand, prefix_end};
use crate::shape::{Counting, counting, unknown};
use orm_core::Result;
use orm_core::model::schema::{RelationKind, RelationSchema};
use orm_core::plan::{CompareOp, KeySet, Predicate, TextMatch};
use orm_core::value::Kind;

fn symbol(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => " = ",
        CompareOp::Ne => " <> ",
        CompareOp::Lt => " < ",
        CompareOp::Le => " <= ",
        CompareOp::Gt => " > ",
        CompareOp::Ge => " >= ",
    }
}

/// Compares decimal columns of different scales, which are stored in units of them.
///
/// The finer one is split into units of the coarser and a rest, which comes only into play where those
/// are equal; it has the sign of the whole, so that it does so on the right side.
fn scaled(left: &str, op: CompareOp, right: &str, left_scale: u8, right_scale: u8) -> String {
    let power = format!("1{}", "0".repeat(usize::from(left_scale.abs_diff(right_scale))));
    let split = |column: &str| format!("({column} / {power}, {column} % {power})");
    // NULL times zero is NULL, so that what is unknown stays so.
    let whole = |column: &str| format!("({column}, {column} * 0)");
    if left_scale < right_scale {
        whole(left) + symbol(op) + &split(right)
    } else {
        split(left) + symbol(op) + &whole(right)
    }
}

impl Text<'_> {
    /// Writes a condition on `of`; it needs no parentheses inside of another.
    pub(crate) fn predicate(&mut self, of: &Source, predicate: &Predicate) -> Result<()> {
        match predicate {
            Predicate::Constant(value) => self.push(if *value { "TRUE" } else { "FALSE" }),
            Predicate::Compare { column, op, value } => {
                let name = self.column(of, *column);
                match operand(of.kind(*column), *op, value) {
                    Operand::Compare(op, _) => {
                        self.push(&name);
                        self.push(symbol(op));
                        self.bind();
                    }
                    Operand::Never => self.push(&format!("({name} IS NULL AND NULL)")),
                    Operand::Always => self.push(&format!("({name} IS NOT NULL OR NULL)")),
                }
            }
            Predicate::Columns { left, op, right } => {
                if let (Kind::Decimal(a), Kind::Decimal(b)) = (of.kind(*left), of.kind(*right))
                    && a != b
                    && self.dialect.decimals_in_units()
                {
                    let (left, right) = (self.column(of, *left), self.column(of, *right));
                    let sql = scaled(&left, *op, &right, a, b);
                    self.push(&sql);
                    return Ok(());
                }
                let sql = self.column(of, *left) + symbol(*op) + &self.column(of, *right);
                self.push(&sql);
            }
            Predicate::In { column, values } => {
                let name = self.column(of, *column);
                match values.len() {
                    0 => self.push("FALSE"),
                    1 => {
                        self.push(&name);
                        self.push(" = ");
                        self.bind();
                    }
                    _ => {
                        let place = self.place();
                        self.dialect.in_list(&mut self.out, &name, place, values.kind());
                    }
                }
            }
            Predicate::Keys { columns, keys } => {
                let columns = self.columns(of, columns);
                self.keys(&columns, keys);
            }
            Predicate::Null { column } => {
                let name = self.column(of, *column);
                self.push(&name);
                self.push(" IS NULL");
            }
            Predicate::Text { column, how, text } => {
                let name = self.column(of, *column);
                if *how == TextMatch::StartsWith {
                    self.push(&format!("({name} >= "));
                    self.bind();
                    if prefix_end(text).is_some() {
                        self.push(&format!(" AND {name} < "));
                        self.bind();
                    }
                    self.push(")");
                } else {
                    let pattern = matches!(how, TextMatch::Like | TextMatch::ILike);
                    let place = self.places(if pattern { self.dialect.pattern_places() } else { 1 });
                    self.dialect.text_match(&mut self.out, *how, &name, place);
                }
            }
            Predicate::And(terms) => self.junction(of, terms, " AND ", "TRUE")?,
            Predicate::Or(terms) => self.junction(of, terms, " OR ", "FALSE")?,
            Predicate::Not(inner) => self.wrapped(of, inner, "(NOT ", ")")?,
            Predicate::NotTrue(inner) => self.wrapped(of, inner, "((", ") IS NOT TRUE)")?,
            Predicate::Related { relation, filter, middle, count } => {
                self.related(of, relation, filter, middle.as_deref(), *count)?
            }
            Predicate::Sql(condition) => self.own(of, condition)?,
            _ => return Err(unknown()),
        }
        Ok(())
    }

    /// Writes a condition between a prefix and a suffix that put it in parentheses.
    fn wrapped(&mut self, of: &Source, inner: &Predicate, open: &str, close: &str) -> Result<()> {
        self.push(open);
        self.predicate(of, inner)?;
        self.push(close);
        Ok(())
    }

    /// Terms are joined as a balanced tree: engines bound the depth of an expression, and parse a
    /// row of a thousand terms as one of a thousand levels.
    fn junction(&mut self, of: &Source, terms: &[Predicate], operator: &str, none: &str) -> Result<()> {
        match terms {
            [] => self.push(none),
            [one] => self.predicate(of, one)?,
            _ if terms.len() <= 8 => {
                self.push("(");
                for (i, term) in terms.iter().enumerate() {
                    if i > 0 {
                        self.push(operator);
                    }
                    self.predicate(of, term)?;
                }
                self.push(")");
            }
            many => {
                let (left, right) = many.split_at(many.len() / 2);
                self.push("(");
                self.junction(of, left, operator, none)?;
                self.push(operator);
                self.junction(of, right, operator, none)?;
                self.push(")");
            }
        }
        Ok(())
    }

    /// Writes that columns together are one of a set of keys.
    pub(crate) fn keys(&mut self, columns: &[String], keys: &KeySet) {
        match (keys.len(), columns, keys.columns()) {
            (0, ..) => self.push("FALSE"),
            (1, ..) => {
                let open = columns.len() > 1;
                self.push(if open { "(" } else { "" });
                self.list(columns, " AND ", |text, column| {
                    text.push(column);
                    text.push(" = ");
                    text.bind();
                });
                self.push(if open { ")" } else { "" });
            }
            (_, [column], [list]) => {
                let place = self.place();
                self.dialect.in_list(&mut self.out, column, place, list.kind());
            }
            (_, columns, lists) => {
                let kinds: Vec<Kind> = lists.iter().map(|l| l.kind()).collect();
                let place = self.places(self.dialect.key_places(kinds.len()));
                self.dialect.in_keys(&mut self.out, columns, place, &kinds);
            }
        }
    }

    /// Writes a condition on the records that a relation leads to from the current record.
    fn related(
        &mut self,
        of: &Source,
        relation: &'static RelationSchema,
        filter: &Predicate,
        middle: Option<&Predicate>,
        count: (CompareOp, u64),
    ) -> Result<()> {
        let (open, close) = match counting(count) {
            Counting::Never => {
                self.push("FALSE");
                return Ok(());
            }
            Counting::Always => {
                self.push("TRUE");
                return Ok(());
            }
            Counting::Exists => ("EXISTS (SELECT 1 FROM ", ")".to_owned()),
            Counting::NotExists => ("(NOT EXISTS (SELECT 1 FROM ", "))".to_owned()),
            Counting::Count(op, _) => ("((SELECT COUNT(*) FROM ", format!("){}", symbol(op))),
        };
        self.push(open);
        let target = self.from((relation.target)());
        self.push(" WHERE ");
        let here = self.columns(of, relation.from);
        let there = self.columns(&target, relation.to);
        match &relation.pivot {
            None if relation.kind == RelationKind::HasManyBy => {
                if let (&[key], [column], [list]) = (relation.to, there.as_slice(), here.as_slice()) {
                    let kind = target.entity.field(key).kind;
                    self.dialect.in_listed(&mut self.out, column, list, kind);
                }
            }
            None => self.equal(&there, &here),
            Some(pivot) => {
                // The pivot is asked once for the targets' keys: a record that it names twice still
                // counts once, and the target is found by its key.
                self.push(&tuple(&there));
                self.push(" IN (SELECT ");
                let at = self.out.len();
                self.push(" FROM ");
                let between = self.from((pivot.entity)());
                let names = self.columns(&between, pivot.to).join(", ");
                self.out.insert_str(at, &names);
                self.push(" WHERE ");
                let columns = self.columns(&between, pivot.from);
                self.equal(&columns, &here);
                self.further(&between, middle)?;
                self.push(")");
            }
        }
        self.further(&target, Some(filter))?;
        self.push(&close);
        if let Counting::Count(..) = counting(count) {
            self.bind();
            self.push(")");
        }
        Ok(())
    }

    /// Writes a further condition after others.
    pub(super) fn further(&mut self, of: &Source, filter: Option<&Predicate>) -> Result<()> {
        match filter {
            None | Some(Predicate::Constant(true)) => Ok(()),
            Some(filter) => {
                self.push(" AND ");
                self.predicate(of, filter)
            }
        }
    }

    pub(super) fn equal(&mut self, left: &[String], right: &[String]) {
        self.list(left.iter().zip(right), " AND ", |text, (a, b)| {
            text.push(a);
            text.push(" = ");
            text.push(b);
        });
    }
}
