//! The wrappers that users put around a provider in tests of their own, around engines of both kinds.

use orm_core::connection::ConnectionName;
use orm_core::database::{Builder, Database};
use orm_core::provider::fallback::complete;
use orm_core::provider::*;
use orm_core::{Async, Blocking, Error, Mode, Result};
use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_tests::executor::block_on;
use orm_tests::go;
use orm_tests::scenarios::blog::{Post, User};
use orm_tests::tiny::Tiny;
use std::sync::Arc;

/// An engine that is async by nature: Tiny on threads.
#[derive(Clone, Default)]
struct Server(Arc<Tiny>);

impl AsyncDataProvider for Server {
    fn capabilities(&self) -> &Capabilities {
        &Tiny::CAPABILITIES
    }

    fn open<'a>(&'a self, connection: &'a ConnectionName) -> BoxFuture<'a, Result<Arc<dyn AsyncConnection>>> {
        Box::pin(async move {
            let inner = complete(&Tiny::CAPABILITIES, self.0.open(connection)?);
            Ok(Arc::new(Threads::new(inner, "server", 2)) as Arc<dyn AsyncConnection>)
        })
    }
}

async fn started<D: Mode>(builder: Builder<D>) -> Database<D> {
    let db = go!(D, builder.models::<User>().start()).unwrap();
    let drafts = (1..=4).map(|id| {
        User::draft()
            .id(id)
            .name("n")
            .posts([Post::draft().id(id).title("t"), Post::draft().id(id + 10).title("t")])
    });
    go!(D, db.repository::<User>().save_many(drafts)).unwrap();
    db
}

async fn loads_pass_and_loops_dont<D: Mode, P>(builder: Builder<D>, guard: NPlusOne<P>) {
    let db = started(builder).await;
    let (users, posts) = (db.repository::<User>(), db.repository::<Post>());
    guard.reset();
    let all =
        go!(D, users.query().with(|u| u.posts.with(|p| p.editor)).order_by(|u| u.id.asc()).get()).unwrap();
    assert_eq!(all.len(), 4);
    let mut outcome = Ok(());
    for user in &all {
        let of = posts.query().filter(|p| p.author_id.eq(user.id));
        if let Err(error) = go!(D, of.limit(1).get()) {
            outcome = Err((user.id, error));
            break;
        }
    }
    let (stopped_at, error) = outcome.unwrap_err();
    assert_eq!(stopped_at, 4);
    match &error {
        Error::NPlusOne { model: "Post", shape, count: 4 } => {
            assert_eq!(shape, "read posts where author_id = ? limited");
        }
        other => panic!("{other}"),
    }
    assert!(error.to_string().contains(".with(…)"), "{error}");

    // Finds by key are statements too, and another window begins from zero.
    let window = guard.window();
    for key in 1..=3 {
        go!(D, users.find(key)).unwrap();
    }
    let error = go!(D, users.find(4)).unwrap_err();
    assert!(matches!(&error, Error::NPlusOne { shape, .. } if shape == "read users where id"), "{error}");
    drop(window);
    assert!(go!(D, users.find(4)).is_ok());

    // Writes one by one, and all at once.
    guard.reset();
    let mut last = Ok(());
    for id in 5..=8 {
        last = go!(D, users.save(User::draft().id(id).name("n"))).map(drop);
    }
    assert!(matches!(last, Err(Error::NPlusOne { model: "User", .. })), "{last:?}");
    guard.reset();
    go!(D, users.save_many((20..=90).map(|id| User::draft().id(id).name("n")))).unwrap();
}

/// The shapes that the fall-backs ask of a provider that claims nothing are others: a full one is used.
#[test]
fn the_guard_stops_loops_of_statements() {
    let guard = NPlusOne::new(Memory::new()).at_most(3);
    block_on(loads_pass_and_loops_dont(Database::<Blocking>::builder().provider(guard.clone()), guard));
    let guard = NPlusOne::new(Memory::new()).at_most(3);
    block_on(loads_pass_and_loops_dont(Database::<Async>::builder().provider(guard.clone()), guard));
    let guard = NPlusOne::new(Sqlite::memory().unwrap()).at_most(3);
    block_on(loads_pass_and_loops_dont(Database::<Async>::builder().provider(guard.clone()), guard));
    let guard = NPlusOne::new(Server::default()).at_most(3);
    block_on(loads_pass_and_loops_dont(Database::<Blocking>::builder().provider(guard.clone()), guard));
    let guard = NPlusOne::new(Server::default()).at_most(3);
    block_on(loads_pass_and_loops_dont(Database::<Async>::builder().provider(guard.clone()), guard));
}

#[test]
fn shapes_have_no_values_in_them() {
    use orm_core::prelude::*;
    let guard = NPlusOne::new(Memory::new());
    let db = Database::builder().provider(guard.clone()).models::<User>().start().unwrap();
    guard.reset();
    let users = db.repository::<User>();
    for (age, name) in [(1, "secret-a"), (2, "secret-b")] {
        let query = users.query().filter(|u| u.age.ge(age).and(u.name.starts_with(name)));
        query.filter(|u| u.posts.any(|p| p.title.eq(name)).or(u.email.is_null())).count().unwrap();
        users.query().filter(|u| u.age.eq(age)).update(|u| u.name.set(name)).unwrap();
        users.query().filter(|u| u.age.eq(age)).delete().unwrap();
    }
    let shapes = guard.shapes();
    assert!(shapes.iter().all(|(shape, count)| *count == 2 && !shape.contains("secret")), "{shapes:?}");
    assert_eq!(shapes.len(), 3, "{shapes:?}");
}

async fn faults_fire_where_they_are_told<D: Mode, P>(builder: Builder<D>, faults: Faults<P>) {
    let db = started(builder).await;
    let users = db.repository::<User>();
    faults.clear();
    faults.inject(Fault::before(On::Find).nth(2).times(2));
    faults.inject(Fault::after(On::Apply).error(|| Error::CommitUnknown("lost".to_owned())));
    assert!(go!(D, users.find(1)).is_ok());
    for _ in 0..2 {
        let error = go!(D, users.find(1)).unwrap_err();
        assert!(matches!(error, Error::Provider { .. }), "{error}");
    }
    assert!(go!(D, users.find(1)).is_ok());
    let lost = go!(D, users.save(User::draft().id(9).name("n").age(1).email(None::<&str>)));
    assert!(matches!(lost, Err(Error::CommitUnknown(_))), "{lost:?}");
    assert!(go!(D, users.find(9)).unwrap().is_some());
    assert_eq!(faults.fired(), [On::Find, On::Find, On::Apply]);
}

#[test]
fn faults_fire_in_both_modes_on_both_kinds() {
    let faults = Faults::new(Memory::new());
    block_on(faults_fire_where_they_are_told(
        Database::<Blocking>::builder().provider(faults.clone()),
        faults,
    ));
    let faults = Faults::new(Sqlite::memory().unwrap());
    block_on(faults_fire_where_they_are_told(Database::<Async>::builder().provider(faults.clone()), faults));
    let faults = Faults::new(Server::default());
    block_on(faults_fire_where_they_are_told(
        Database::<Blocking>::builder().provider(faults.clone()),
        faults,
    ));
    let faults = Faults::new(Server::default());
    block_on(faults_fire_where_they_are_told(Database::<Async>::builder().provider(faults.clone()), faults));
}

#[test]
fn wrappers_may_be_nested() {
    use orm_core::prelude::*;
    let counted = Counted::new(NPlusOne::new(Faults::new(Memory::new()))).with_log();
    let db = Database::builder().provider(counted.clone()).models::<User>().start().unwrap();
    counted.reset();
    counted.provider().provider().inject(Fault::before(On::Select));
    assert!(db.repository::<User>().count().is_err());
    assert_eq!(db.repository::<User>().count().unwrap(), 0);
    assert_eq!(counted.log(), ["read users", "read users"]);
    assert_eq!(counted.provider().shapes(), [("count users".to_owned(), 2)]);
}
