//! Queries that answer again.

use super::Query;
use super::choice::Choice;
use crate::database::View;
use crate::engine::Mode;
use crate::error::{Error, Result};
use crate::events::Watcher;
use crate::model::Model;
use crate::model::schema::{EntitySchema, RelationSchema};
use crate::plan::Predicate;

/// Where a watch stands between two answers.
struct Watch<M: Model, D: Mode> {
    query: Query<M, D>,
    /// `None` before the first answer.
    watcher: Option<Watcher>,
    over: bool,
}

impl<M: Model, D: Mode> Query<M, D> {
    /// Answers now, and again whenever the answer may be another because of a commit: of any database of
    /// this process on the same connection of the same provider, to an entity that the query names in
    /// its filters, its loads or as its own.
    ///
    /// It is an iterator that waits, or a stream. What is committed while nobody asks is answered once,
    /// as it is when it is asked for; the records may then be the same as before. An error is an answer
    /// too, and doesn't end it. Dropping it ends it.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, age: i32 }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// for grown in users.query().filter(|u| u.age.ge(18)).watch() {
    ///     println!("there are {} of age now", grown?.len());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Each answer's are those of [`get`](Self::get); the only answer inside of a transaction, where
    /// nobody else is seen, is [`Error::Unsupported`].
    pub fn watch<'a>(self) -> D::Rows<'a, Result<Vec<M>>> {
        D::rows(Watch { query: self, watcher: None, over: false }, |watch| watch.next())
    }

    /// Waits for commits that may change the answer, in all databases that have a part in it.
    fn watcher(&self) -> Watcher {
        let mut watcher = Watcher::default();
        let (mut here, there): (Vec<_>, Vec<_>) =
            self.entities().into_iter().partition(|entity| entity.shares_connection(M::schema()));
        let own = self.repository.database();
        match self.repository.session().peers() {
            Some(peers) => {
                for (connection, hub) in peers.hubs() {
                    let hosted = there.iter().filter(|entity| entity.connection == connection);
                    watcher.watch(hub, hosted.copied().collect());
                }
            }
            // The query will say that it can't follow them.
            None => here.extend(there),
        }
        watcher.watch(own.hub.hub(), here);
        watcher
    }

    /// The entities whose records have a say in the answer.
    fn entities(&self) -> Vec<&'static EntitySchema> {
        let mut found = vec![M::schema()];
        if let Ok(filter) = &self.filter {
            of_predicate(filter, &mut found);
        }
        for load in &self.with {
            load.entities(&mut found);
        }
        // What the scopes of any of them lead to, theirs included.
        let scopes = self.repository.scopes();
        let mut next = 0;
        while let Some(&entity) = found.get(next) {
            of_predicate(&scopes.condition(entity, View::default()), &mut found);
            next += 1;
        }
        found
    }
}

impl<M: Model, D: Mode> Watch<M, D> {
    async fn next(mut self) -> Option<(Result<Vec<M>>, Self)> {
        if self.over {
            return None;
        }
        let repository = &self.query.repository;
        if repository.session().in_transaction() {
            self.over = true;
            let why = "a transaction sees one state; watch by a repository of the database";
            return Some((Err(Error::unsupported("watching inside of a transaction", why)), self));
        }
        match &self.watcher {
            // From before the first answer on, so that nothing falls in between.
            None => self.watcher = Some(self.query.watcher()),
            Some(watcher) => {
                if !watcher.rung().await {
                    return None;
                }
            }
        }
        let answer = self.query.clone().run().await;
        Some((answer, self))
    }
}

/// Adds the entities that a relation leads to and through.
pub(super) fn of_relation(relation: &RelationSchema, into: &mut Vec<&'static EntitySchema>) {
    add((relation.target)(), into);
    if let Some(pivot) = &relation.pivot {
        add((pivot.entity)(), into);
    }
}

/// Adds the entities that are read to load a relation.
pub(super) fn of_load(relation: &RelationSchema, choice: &Choice, into: &mut Vec<&'static EntitySchema>) {
    of_relation(relation, into);
    if let Ok(filter) = &choice.filter {
        of_predicate(filter, into);
    }
    for load in &choice.with {
        load.entities(into);
    }
}

/// Adds the entities that a condition names.
pub(super) fn of_predicate(filter: &Predicate, into: &mut Vec<&'static EntitySchema>) {
    match filter {
        Predicate::And(all) | Predicate::Or(all) => all.iter().for_each(|p| of_predicate(p, into)),
        Predicate::Not(inner) | Predicate::NotTrue(inner) => of_predicate(inner, into),
        Predicate::Related { relation, filter, middle, .. } => {
            of_relation(relation, into);
            of_predicate(filter, into);
            if let Some(middle) = middle {
                of_predicate(middle, into);
            }
        }
        _ => {}
    }
}

fn add(entity: &'static EntitySchema, into: &mut Vec<&'static EntitySchema>) {
    if !into.iter().any(|e| e.is(entity)) {
        into.push(entity);
    }
}
