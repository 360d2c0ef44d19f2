//! Fails where one statement for each record is run instead of one for all of them.

use super::observed::{Call, Observer, observed_provider};
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::plan::{Change, CompareOp, Output, Predicate, RowWrite, Select};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A provider that refuses to run statements of one shape again and again, for tests: the N+1 problem
/// is then an error that names the entity, the shape and the count.
///
/// Statements have one shape if they differ in values only: keys, operands, what is written. Up to
/// [`at_most`](Self::at_most) of a shape are run in one window; a window is what happens between two
/// calls of [`reset`](Self::reset), or while a [`Window`] is held. A relation to its own model that is
/// loaded level by level takes one statement of the same shape for each level.
///
/// It serves whichever of [`DataProvider`](super::DataProvider) and
/// [`AsyncDataProvider`](super::AsyncDataProvider) the wrapped provider serves. A clone is another
/// handle to the same provider and the same windows.
///
/// ```
/// use orm_core::prelude::*;
/// use orm_core::Error;
/// use orm_core::provider::{DataProvider, NPlusOne};
///
/// # #[derive(Model)] struct User { #[key] id: u64, #[has_many] posts: Many<Post> }
/// # #[derive(Model)] struct Post { #[key] id: u64, user_id: u64 }
/// fn listing_users_loads_their_posts_at_once(provider: impl DataProvider) -> orm_core::Result<()> {
///     let guard = NPlusOne::new(provider).at_most(2);
///     let db = Database::builder().provider(guard.clone()).models::<User>().start()?;
///     db.repository::<User>().save_many((1..=5).map(|id| User::draft().id(id)))?;
///     guard.reset();
///     for user in db.repository::<User>().query().with(|u| u.posts).get()? {
///         let _ = user.posts.get()?;
///     }
///     // What the guard is there for:
///     let one_by_one = (1..=5).try_for_each(|id| {
///         db.repository::<Post>().query().filter(|p| p.user_id.eq(id)).get().map(drop)
///     });
///     assert!(matches!(one_by_one, Err(Error::NPlusOne { model: "Post", count: 3, .. })));
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct NPlusOne<P> {
    provider: Arc<P>,
    seen: Arc<Seen>,
}

#[derive(Debug)]
struct Seen {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    bound: u64,
    shapes: HashMap<String, u64>,
}

impl Seen {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, model: &'static str, shape: String) -> Result<()> {
        let mut state = self.state();
        let bound = state.bound;
        let count = state.shapes.entry(shape.clone()).or_default();
        *count += 1;
        if *count > bound {
            return Err(Error::NPlusOne { model, shape, count: *count });
        }
        Ok(())
    }
}

impl Observer for Seen {
    fn before(&self, call: Call<'_>, _: bool) -> Result<()> {
        match call {
            Call::Select(plan) => self.count(plan.entity.model, read_shape(plan)),
            Call::Find(entity) => {
                let mut shape = format!("read {}", entity.name);
                columns(&mut shape, " where ", entity, entity.key);
                self.count(entity.model, shape)
            }
            Call::Apply(batch) => batch.writes.iter().try_for_each(|write| {
                self.count(write.entity.model, write_shape(write.entity, &write.change))
            }),
            Call::Sql(statement) => self.count("row", statement.text.clone()),
            _ => Ok(()),
        }
    }
}

observed_provider!(NPlusOne, provider, seen);

impl<P> NPlusOne<P> {
    /// Guards a provider; ten statements of a shape are let pass.
    #[must_use]
    pub fn new(provider: P) -> Self {
        let state = Mutex::new(State { bound: 10, shapes: HashMap::new() });
        Self { provider: Arc::new(provider), seen: Arc::new(Seen { state }) }
    }

    /// How many statements of one shape may be run in a window.
    #[must_use]
    pub fn at_most(self, statements: u64) -> Self {
        self.seen.state().bound = statements;
        self
    }

    /// The provider.
    #[must_use]
    pub fn provider(&self) -> &P {
        &self.provider
    }

    /// Begins a new window.
    pub fn reset(&self) {
        self.seen.state().shapes.clear();
    }

    /// A window of its own inside of the one that is open, which goes on when it is dropped: for one
    /// request of several. It counts whatever reaches the provider meanwhile, from other threads too.
    #[must_use]
    pub fn window(&self) -> Window {
        let before = std::mem::take(&mut self.seen.state().shapes);
        Window { seen: Arc::clone(&self.seen), before }
    }

    /// The shapes that were run in this window and how often, the most frequent first.
    #[must_use]
    pub fn shapes(&self) -> Vec<(String, u64)> {
        let mut all: Vec<_> = self.seen.state().shapes.iter().map(|(s, n)| (s.clone(), *n)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all
    }
}

/// What is counted by itself while this is held; see [`NPlusOne::window`].
#[derive(Debug)]
pub struct Window {
    seen: Arc<Seen>,
    before: HashMap<String, u64>,
}

impl Drop for Window {
    fn drop(&mut self) {
        self.seen.state().shapes = std::mem::take(&mut self.before);
    }
}

fn columns(shape: &mut String, lead: &str, entity: &EntitySchema, list: &[usize]) {
    for (at, &column) in list.iter().enumerate() {
        shape.push_str(if at == 0 { lead } else { ", " });
        shape.push_str(entity.field(column).field);
    }
}

fn read_shape(plan: &Select) -> String {
    let entity = plan.entity;
    let what = match &plan.output {
        // Named one by one: shapes have no values in them.
        Output::Records => "read".to_owned(),
        Output::Count => "count".to_owned(),
        Output::Exists => "exists".to_owned(),
        Output::Columns(list) => {
            let mut what = "read".to_owned();
            columns(&mut what, " ", entity, list);
            what + " of"
        }
        Output::Joined(joins) => {
            joins.iter().fold("read".to_owned(), |what, join| what + " with " + join.relation.field + " of")
        }
        Output::Counts => "count per parent".to_owned(),
        Output::Groups(_) => "group".to_owned(),
    };
    let mut shape = format!("{what} {}", entity.name);
    if let Some(related) = &plan.related {
        let _ = write!(shape, " of {}.{}", related.relation.model, related.relation.field);
        if related.limit.is_some() {
            shape.push_str(" limited per parent");
        }
    }
    if !plan.filter.is_always_true() {
        shape.push_str(" where ");
        filter_shape(&mut shape, entity, &plan.filter);
    }
    let order: Vec<_> = plan.order.iter().map(|sort| sort.column).collect();
    columns(&mut shape, " order by ", entity, &order);
    if plan.limit.is_some() || plan.offset > 0 {
        shape.push_str(" limited");
    }
    shape
}

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

fn filter_shape(shape: &mut String, entity: &EntitySchema, filter: &Predicate) {
    let field = |column: usize| entity.field(column).field;
    let list = |shape: &mut String, word: &str, all: &[Predicate]| {
        shape.push('(');
        for (at, one) in all.iter().enumerate() {
            shape.push_str(if at == 0 { "" } else { word });
            filter_shape(shape, entity, one);
        }
        shape.push(')');
    };
    let _ = match filter {
        Predicate::Compare { column, op, .. } => write!(shape, "{} {} ?", field(*column), symbol(*op)),
        Predicate::Columns { left, op, right } => {
            write!(shape, "{} {} {}", field(*left), symbol(*op), field(*right))
        }
        Predicate::In { column, .. } => write!(shape, "{} in ?", field(*column)),
        Predicate::Null { column } => write!(shape, "{} is null", field(*column)),
        Predicate::Text { column, how, .. } => write!(shape, "{} {how:?} ?", field(*column)),
        Predicate::Keys { columns: key, .. } => {
            columns(shape, "", entity, key);
            Ok(())
        }
        Predicate::And(all) => {
            list(shape, " and ", all);
            Ok(())
        }
        Predicate::Or(any) => {
            list(shape, " or ", any);
            Ok(())
        }
        Predicate::Not(inner) | Predicate::NotTrue(inner) => {
            shape.push_str("not ");
            filter_shape(shape, entity, inner);
            Ok(())
        }
        Predicate::Related { relation, filter, .. } => {
            let _ = write!(shape, "{} with ", relation.field);
            filter_shape(shape, (relation.target)(), filter);
            Ok(())
        }
        Predicate::Constant(value) => write!(shape, "{value}"),
        Predicate::Sql(condition) => write!(shape, "({})", condition.text),
    };
}

fn write_shape(entity: &EntitySchema, change: &Change) -> String {
    let name = entity.name;
    match change {
        Change::Rows { how: RowWrite::Merge, .. } => format!("save {name}"),
        Change::Rows { how: RowWrite::Insert, .. } => format!("insert {name}"),
        Change::Rows { how: RowWrite::Update, .. } => format!("update {name}"),
        Change::Delete { .. } => format!("delete {name} by key"),
        Change::Clear => format!("clear {name}"),
        Change::DeleteWhere { filter } => {
            let mut shape = format!("delete {name} where ");
            filter_shape(&mut shape, entity, filter);
            shape
        }
        Change::UpdateWhere { filter, set } => {
            let mut shape = format!("update {name}");
            let set: Vec<_> = set.iter().map(|(column, _)| *column).collect();
            columns(&mut shape, " set ", entity, &set);
            shape.push_str(" where ");
            filter_shape(&mut shape, entity, filter);
            shape
        }
    }
}
