//! The databases beside the one that a repository works on, for loads that lead there.

use super::{Connections, Hosted};
use crate::database::{Database, Inner, Scopes};
use crate::engine::{Mode, Session};
use crate::error::{Error, Result};
use crate::events::Hub;
use crate::model::schema::{EntitySchema, RelationSchema};
use std::sync::Arc;

/// The databases of a set of connections, as those see each other that come from it.
pub(crate) struct Peers {
    set: &'static str,
    hosted: Arc<[Hosted]>,
    /// The database of those who have this.
    home: Arc<Inner>,
    /// Whether they block.
    blocking: bool,
}

impl Peers {
    /// All databases of a set, for one of them.
    pub(crate) fn of<S: Connections, D: Mode>(set: &S, home: &Database<D>) -> Arc<Self> {
        let (hosted, home) = (set.hosted().into(), Arc::clone(home.inner()));
        Arc::new(Self { set: S::SET, hosted, home, blocking: D::BLOCKING })
    }

    /// Where the commits of each database are told, with the connection that it hosts.
    pub(crate) fn hubs(&self) -> impl Iterator<Item = (Option<&'static str>, &Arc<Hub>)> {
        self.hosted.iter().map(|host| (host.connection, host.database.hub.hub()))
    }

    /// The default scopes of the database of those who have this.
    pub(crate) fn scopes(&self) -> &Scopes {
        &self.home.registry.scopes
    }

    /// The database where a relation leads to from `here`, ready for what is there.
    async fn session(&self, here: &Session, relation: &'static RelationSchema) -> Result<Session> {
        let target = (relation.target)();
        let refused = |why: String| Error::CrossingLoad {
            model: relation.model,
            relation: relation.field,
            target: target.model,
            why,
        };
        let Some(host) = self.hosted.iter().find(|host| host.connection == target.connection) else {
            return Err(refused(format!("`{}` hosts no connection `{}`", self.set, place(target))));
        };
        if host.blocking != self.blocking {
            let (here, there) = if self.blocking { ("blocking", "async") } else { ("async", "blocking") };
            return Err(refused(format!(
                "this database is {here} and that one is {there}: query `{}` by a repository of its own",
                target.model
            )));
        }
        let session = if Arc::ptr_eq(&host.database, &self.home) {
            here.clone()
        } else {
            let (hosted, home) = (Arc::clone(&self.hosted), Arc::clone(&host.database));
            let link = home.link.clone();
            let hub = Arc::clone(home.hub.hub());
            Session::Hosted(link, hub, Arc::new(Self { hosted, home, ..*self }))
        };
        host.database.make_ready_for(relation, &session).await?;
        Ok(session)
    }
}

fn place(entity: &EntitySchema) -> &'static str {
    entity.connection.unwrap_or("AnyConnection")
}

impl Session {
    /// The database of the same set where a relation leads to.
    ///
    /// # Errors
    /// [`Error::CrossingLoad`] where this is no database of a set, or the set's has another mode.
    pub(crate) async fn across(&self, relation: &'static RelationSchema) -> Result<Session> {
        match self.peers() {
            Some(peers) => peers.session(self, relation).await,
            None => Err(Error::CrossingLoad {
                model: relation.model,
                relation: relation.field,
                target: (relation.target)().model,
                why: format!(
                    "a single database can't follow it; put both into a struct with `#[derive(Connections)]` \
                     and query by its `repository::<{}>()`",
                    relation.model
                ),
            }),
        }
    }
}
