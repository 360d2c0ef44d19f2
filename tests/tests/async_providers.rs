//! An engine that is async by nature, in both modes.

use orm_core::connection::ConnectionName;
use orm_core::database::Database;
use orm_core::provider::fallback::complete;
use orm_core::provider::{
    AsyncConnection, AsyncDataProvider, BoxFuture, Capabilities, DataProvider, Threads,
};
use orm_core::{Async, Blocking, Error, Mode, Result};
use orm_tests::executor::block_on;
use orm_tests::go;
use orm_tests::scenarios::blog::{Post, User};
use orm_tests::tiny::Tiny;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tiny on threads, as a server would be; it may be told that waiting would dead-lock.
#[derive(Clone, Default)]
struct Server {
    tiny: Arc<Tiny>,
    inside_its_runtime: Arc<AtomicBool>,
}

impl AsyncDataProvider for Server {
    fn capabilities(&self) -> &Capabilities {
        &Tiny::CAPABILITIES
    }

    fn open<'a>(&'a self, connection: &'a ConnectionName) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>> {
        Box::pin(async move {
            let inner = complete(&Tiny::CAPABILITIES, self.tiny.open(connection)?);
            Ok(Arc::new(Threads::new(inner, "server", 2)) as Arc<dyn AsyncConnection>)
        })
    }

    fn may_block(&self) -> Result<()> {
        if self.inside_its_runtime.load(Ordering::SeqCst) {
            return Err(Error::unsupported("blocking", "this is the runtime's own thread"));
        }
        Ok(())
    }
}

async fn works<D: Mode>() -> Result<()> {
    let db: Database<D> = {
        let builder = Database::<D>::builder().provider(Server::default());
        go!(D, builder.models::<User>().start())?
    };
    let users = db.repository::<User>();
    let json =
        r#"{ "id": 1, "name": "Ada", "posts": [{ "id": 1, "title": "a" }, { "id": 2, "title": "b" }] }"#;
    assert_eq!(go!(D, users.save_json(json))?.len(), 1);
    assert_eq!(go!(D, users.find(1))?.unwrap().name, "Ada");
    let ada = go!(D, users.query().with(|u| u.posts.order_by(|p| p.id.desc())).first())?.unwrap();
    assert_eq!(ada.posts.get()?[0].title, "b");

    let tx = go!(D, db.begin())?;
    go!(D, tx.repository::<Post>().save(Post::draft().id(3).title("c").author_id(1)))?;
    assert_eq!(go!(D, tx.repository::<User>().query().filter(|u| u.posts.count().eq(3)).count())?, 1);
    go!(D, tx.rollback())?;
    assert_eq!(go!(D, db.repository::<Post>().count())?, 2);
    Ok(())
}

#[test]
fn in_async_code() {
    block_on(works::<Async>()).unwrap();
}

#[test]
fn in_blocking_code() {
    block_on(works::<Blocking>()).unwrap();
}

#[test]
fn where_waiting_would_dead_lock_every_call_says_so() {
    use orm_core::prelude::*;
    let server = Server::default();
    let db = Database::builder().provider(server.clone()).models::<User>().start().unwrap();
    let users = db.repository::<User>();
    let tx = db.begin().unwrap();
    server.inside_its_runtime.store(true, Ordering::SeqCst);
    let refused = |error: Error| matches!(error, Error::Unsupported { what: "blocking", .. });
    assert!(refused(users.find(1).unwrap_err()));
    assert!(refused(users.count().unwrap_err()));
    assert!(refused(users.save(User::draft().id(1).name("Ada")).unwrap_err()));
    assert!(refused(users.query().with(|u| u.posts).get().unwrap_err()));
    assert!(refused(tx.repository::<User>().count().unwrap_err()));
    assert!(refused(db.begin().unwrap_err()));
    assert!(refused(Database::builder().provider(server.clone()).start().unwrap_err()));
    server.inside_its_runtime.store(false, Ordering::SeqCst);
    assert_eq!(users.count().unwrap(), 0);
}
