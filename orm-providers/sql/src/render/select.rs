//! Reads.

use super::{Renderer, Source, Text};
use crate::output::tells_parent;
use crate::shape::per_parent;
use orm_core::Result;
use orm_core::model::schema::{EntitySchema, PivotSchema};
use orm_core::plan::{Join, Output, Predicate, Related, Select, Sort};

/// What the rows of a read consist of.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Columns<'a> {
    /// These columns of the entity, and the parent's key.
    These(&'a [usize]),
    /// All columns of the entity, under their names.
    All,
    /// The parent's key and how many rows there are for it.
    Counts,
    /// Nothing: only whether there are rows counts.
    One,
}

/// The tables of a read, and where the parent's key is found.
struct Tables {
    source: Source,
    parent: Vec<String>,
    /// The columns of the record in between, where they go out too.
    middle: Vec<String>,
}

impl Renderer<'_> {
    /// The statement of a select.
    ///
    /// # Errors
    /// When a condition isn't expressible.
    pub fn select(self, plan: &Select) -> Result<String> {
        let mut text = self.text();
        let cut = plan.limit.is_some() || plan.offset > 0 || per_parent(plan.related.as_ref()).is_some();
        match &plan.output {
            Output::Records => {
                let all: Vec<usize> = (0..plan.entity.fields.len()).collect();
                text.body(plan, Columns::These(&all))?;
                if let Some(lock) = plan.lock {
                    text.dialect.lock(&mut text.out, lock);
                }
            }
            Output::Joined(joins) => text.left_joined(plan, joins)?,
            Output::Columns(columns) => text.body(plan, Columns::These(columns))?,
            Output::Counts => text.body(plan, Columns::Counts)?,
            Output::Groups(grouping) => text.groups(plan, grouping)?,
            Output::Count if cut => {
                text.push("SELECT COUNT(*) FROM (");
                text.body(plan, Columns::One)?;
                text.push(") AS c");
            }
            Output::Count => {
                text.push("SELECT COUNT(*) FROM ");
                text.tables(plan)?;
            }
            _ => {
                text.push("SELECT EXISTS (");
                text.body(plan, Columns::One)?;
                text.push(")");
            }
        }
        Ok(text.out)
    }

    /// The statement that finds a record by its key, bound part by part.
    #[must_use]
    pub fn find(self, entity: &'static EntitySchema) -> String {
        let mut text = self.text();
        text.push("SELECT ");
        let at = text.out.len();
        text.push(" FROM ");
        let source = text.from(entity);
        let all = text.all(&source).join(", ");
        text.out.insert_str(at, &all);
        text.push(" WHERE ");
        let key = text.columns(&source, entity.key);
        text.list(&key, " AND ", |text, column| {
            text.push(column);
            text.push(" = ");
            text.bind();
        });
        text.out
    }
}

/// How many columns the record in between puts out.
fn middle_width(related: &Related) -> usize {
    match &related.relation.pivot {
        Some(pivot) if related.with_middle => (pivot.entity)().fields.len(),
        _ => 0,
    }
}

impl Text<'_> {
    fn all(&self, of: &Source) -> Vec<String> {
        (0..of.entity.fields.len()).map(|c| self.column(of, c)).collect()
    }

    /// Writes a whole SELECT with its order and limits.
    pub(super) fn body(&mut self, plan: &Select, columns: Columns<'_>) -> Result<()> {
        match per_parent(plan.related.as_ref()) {
            Some(related) => self.numbered(plan, related, columns)?,
            None => self.plain(plan, columns)?,
        }
        self.cut(plan);
        Ok(())
    }

    fn cut(&mut self, plan: &Select) {
        let limit = plan.limit.map(|_| self.place());
        let offset = (plan.offset > 0).then(|| self.place());
        if limit.is_some() || offset.is_some() {
            self.dialect.limit(&mut self.out, limit, offset);
        }
    }

    /// Writes a whole SELECT of records and of what relations lead to beside them.
    fn left_joined(&mut self, plan: &Select, joins: &[Join]) -> Result<()> {
        self.push("SELECT ");
        let at = self.out.len();
        self.push(" FROM ");
        let source = self.from(plan.entity);
        let mut names = self.all(&source);
        let mut later = Vec::new();
        for Join { relation, filter, order } in joins {
            self.push(" LEFT JOIN ");
            let target = self.from((relation.target)());
            names.extend(self.all(&target));
            let (from, to) = (self.columns(&source, relation.from), self.columns(&target, relation.to));
            self.push(" ON ");
            self.equal(&from, &to);
            self.further(&target, Some(filter))?;
            later.extend(self.terms(target.entity, order, |text, c| text.column(&target, c)));
        }
        if !matches!(plan.filter, Predicate::Constant(true)) {
            self.push(" WHERE ");
            self.predicate(&source, &plan.filter)?;
        }
        self.out.insert_str(at, &names.join(", "));
        let column = |text: &Self, c: usize| text.column(&source, c);
        let mut terms = self.terms(plan.entity, &plan.order, column);
        if plan.limit.is_some() || plan.offset > 0 {
            terms.extend(self.by_key(plan, column));
        }
        terms.append(&mut later);
        self.order_by(terms);
        self.cut(plan);
        Ok(())
    }

    fn plain(&mut self, plan: &Select, columns: Columns<'_>) -> Result<()> {
        self.push("SELECT ");
        let at = self.out.len();
        self.push(" FROM ");
        let tables = self.tables(plan)?;
        let names = match columns {
            Columns::One => "1".to_owned(),
            Columns::All => format!("{}.*", tables.source.alias),
            Columns::Counts => format!("{}, COUNT(*)", tables.parent.join(", ")),
            Columns::These(columns) => {
                let mut names = self.columns(&tables.source, columns);
                if tells_parent(plan) {
                    names.extend_from_slice(&tables.parent);
                }
                names.extend_from_slice(&tables.middle);
                names.join(", ")
            }
        };
        self.out.insert_str(at, &names);
        match columns {
            Columns::These(_) | Columns::All => {
                self.order(plan, |text, c| text.column(&tables.source, c), &tables.parent);
            }
            Columns::Counts => self.push(&format!(" GROUP BY {}", tables.parent.join(", "))),
            Columns::One => {}
        }
        Ok(())
    }

    /// Writes a SELECT whose rows are numbered within each parent.
    fn numbered(&mut self, plan: &Select, related: &Related, columns: Columns<'_>) -> Result<()> {
        let width = plan.entity.fields.len();
        let parents = related.relation.from.len();
        let outer = |c: usize| format!("n.c{c}");
        let parent: Vec<String> = (width..width + parents).map(outer).collect();
        self.push("SELECT ");
        match columns {
            Columns::One => self.push("1"),
            Columns::Counts => self.push(&format!("{}, COUNT(*)", parent.join(", "))),
            Columns::These(columns) => {
                let mut names: Vec<String> = columns.iter().copied().map(outer).collect();
                if tells_parent(plan) {
                    names.extend((width..width + parents + middle_width(related)).map(outer));
                }
                self.push(&names.join(", "));
            }
            Columns::All => return Err(crate::shape::unknown()),
        }
        self.push(" FROM (SELECT ");
        let at = self.out.len();
        self.push(" FROM ");
        let tables = self.tables(plan)?;
        let mut names = self.all(&tables.source);
        names.extend_from_slice(&tables.parent);
        names.extend_from_slice(&tables.middle);
        let mut inner = Text {
            out: String::new(),
            ..Renderer { dialect: self.dialect, namespace: self.namespace }.text()
        };
        inner.list(names.iter().enumerate(), ", ", |text, (c, name)| {
            text.push(name);
            text.push(&format!(" AS c{c}"));
        });
        inner.push(", ROW_NUMBER() OVER (PARTITION BY ");
        inner.push(&tables.parent.join(", "));
        inner.order(plan, |text, c| text.column(&tables.source, c), &[]);
        inner.push(") AS n");
        self.out.insert_str(at, &inner.out);
        self.push(") AS n WHERE n.n > ");
        self.bind();
        if related.limit.is_some() {
            self.push(" AND n.n <= ");
            self.bind();
        }
        match columns {
            Columns::These(_) => self.order(plan, |_, c| outer(c), &parent),
            Columns::Counts => self.push(&format!(" GROUP BY {}", parent.join(", "))),
            Columns::One | Columns::All => {}
        }
        Ok(())
    }

    /// Writes the tables and the condition that narrow a read.
    fn tables(&mut self, plan: &Select) -> Result<Tables> {
        let always = matches!(plan.filter, Predicate::Constant(true));
        let tables = match &plan.related {
            None => {
                let source = self.from(plan.entity);
                self.push(if always { "" } else { " WHERE " });
                Tables { source, parent: Vec::new(), middle: Vec::new() }
            }
            Some(related) => {
                let tables = match &related.relation.pivot {
                    None => {
                        let source = self.from(plan.entity);
                        let parent = self.columns(&source, related.relation.to);
                        self.push(" WHERE ");
                        self.keys(&parent, &related.keys);
                        Tables { source, parent, middle: Vec::new() }
                    }
                    Some(pivot) => self.joined(plan.entity, related, pivot)?,
                };
                self.push(if always { "" } else { " AND " });
                tables
            }
        };
        if !always {
            self.predicate(&tables.source, &plan.filter)?;
        }
        Ok(tables)
    }

    /// Writes a target joined with its pivot, narrowed to the parents.
    fn joined(
        &mut self,
        entity: &'static EntitySchema,
        related: &Related,
        pivot: &PivotSchema,
    ) -> Result<Tables> {
        let between = (pivot.entity)();
        let source = self.from(entity);
        self.push(" JOIN ");
        let once = related.relation.ties_once();
        let tie = if once { self.from(between) } else { self.ties(related, pivot)? };
        let parent = self.columns(&tie, pivot.from);
        let on = self.columns(&tie, pivot.to);
        let to = self.columns(&source, related.relation.to);
        self.push(" ON ");
        self.list(to.iter().zip(&on), " AND ", |text, (a, b)| {
            text.push(a);
            text.push(" = ");
            text.push(b);
        });
        self.push(" WHERE ");
        if once {
            self.keys(&parent, &related.keys);
            self.further(&tie, related.middle.as_ref())?;
        } else {
            let first =
                if related.with_middle { format!("{}.orm__n = 1", tie.alias) } else { "TRUE".to_owned() };
            self.push(&first);
        }
        let middle = if related.with_middle { self.all(&tie) } else { Vec::new() };
        Ok(Tables { source, parent, middle })
    }

    /// Writes the ties of the parents, each once where several records in between say the same; the
    /// one of them with the smallest key goes out.
    fn ties(&mut self, related: &Related, pivot: &PivotSchema) -> Result<Source> {
        let between = (pivot.entity)();
        let outer = Source::new(between, self.alias());
        let inner = self.alias();
        let inner = Source::new(between, inner);
        let from = self.columns(&inner, pivot.from);
        let pair = [from.clone(), self.columns(&inner, pivot.to)].concat().join(", ");
        if related.with_middle {
            let all = self.all(&inner).join(", ");
            let key = self.columns(&inner, between.key).join(", ");
            self.push(&format!(
                "(SELECT {all}, ROW_NUMBER() OVER (PARTITION BY {pair} ORDER BY {key}) AS orm__n FROM "
            ));
        } else {
            self.push(&format!("(SELECT DISTINCT {pair} FROM "));
        }
        let table = Renderer { dialect: self.dialect, namespace: self.namespace }.table(between);
        self.push(&format!("{table} AS {} WHERE ", inner.alias));
        self.keys(&from, &related.keys);
        self.further(&inner, related.middle.as_ref())?;
        self.push(&format!(") AS {}", outer.alias));
        Ok(outer)
    }

    /// Writes the order, if there is one; where rows are cut off, the key breaks ties, and the
    /// parent's key those between one record's several rows.
    fn order(&mut self, plan: &Select, column: impl Fn(&Self, usize) -> String, parent: &[String]) {
        let cut = plan.limit.is_some() || plan.offset > 0 || per_parent(plan.related.as_ref()).is_some();
        let mut terms = self.terms(plan.entity, &plan.order, &column);
        if cut {
            terms.extend(self.by_key(plan, &column));
            let joins = plan.related.as_ref().is_some_and(|r| r.relation.pivot.is_some());
            if joins {
                terms.extend(parent.iter().map(|p| (p.clone(), self.ascending(0))));
            }
        }
        self.order_by(terms);
    }

    /// An order of an entity's records, with the columns as they are written.
    fn terms(
        &self,
        entity: &'static EntitySchema,
        order: &[Sort],
        column: impl Fn(&Self, usize) -> String,
    ) -> Vec<(String, Sort)> {
        let term = |sort: &Sort| {
            let as_it_is = entity.field(sort.column).nullable;
            let nulls_first =
                if as_it_is { sort.nulls_first } else { self.dialect.nulls_first(sort.descending) };
            (column(self, sort.column), Sort { nulls_first, ..*sort })
        };
        order.iter().map(term).collect()
    }

    /// The columns of the key that a plan doesn't order by.
    fn by_key(&self, plan: &Select, column: impl Fn(&Self, usize) -> String) -> Vec<(String, Sort)> {
        let rest = plan.entity.key.iter().filter(|key| !plan.order.iter().any(|sort| sort.column == **key));
        rest.map(|&key| (column(self, key), self.ascending(key))).collect()
    }

    fn ascending(&self, column: usize) -> Sort {
        Sort { column, descending: false, nulls_first: self.dialect.nulls_first(false) }
    }

    fn order_by(&mut self, terms: Vec<(String, Sort)>) {
        if terms.is_empty() {
            return;
        }
        self.push(" ORDER BY ");
        self.list(terms, ", ", |text, (column, sort)| {
            text.dialect.order(&mut text.out, &column, sort);
        });
    }
}
