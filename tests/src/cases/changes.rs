//! News of commits: what subscribers are told, and what never.

use super::BLOG;
use crate::scenarios::blog::{Comment, Post, PostTag, Tag, User};
use crate::scenarios::keys::Seat;
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::events::ChangeSet;
use orm_core::prelude::Model;
use orm_core::{Error, Mode};
use std::sync::{Arc, Mutex};

cases![
    a_nested_save_is_one_set,
    a_merge_tells_new_from_old,
    writes_by_key_and_by_filter_name_their_records,
    flush_clears,
    a_transaction_is_one_set_of_what_it_came_to,
    what_is_rolled_back_is_never_told,
    made_keys_are_told,
    composite_keys_are_told,
    all_databases_of_a_connection_are_heard,
    a_callback_that_panics_breaks_nothing,
    a_callback_may_write,
    dropping_ends_a_subscription,
    nobody_listening_costs_nothing,
    waiting_wakes_up,
    the_last_database_ends_it,
];

type Rows<D> = <D as Mode>::Rows<'static, ChangeSet>;

async fn listening<D: Mode>(setup: &Setup) -> Result<(Database<D>, Rows<D>), Error> {
    let db = setup.database::<D>().await?;
    db.register::<User>();
    go!(D, db.sync())?;
    let rows = db.subscribe();
    Ok((db, rows))
}

async fn next<D: Mode>(rows: &mut Rows<D>) -> ChangeSet {
    D::next(rows).await.expect("there is a set")
}

async fn a_nested_save_is_one_set<D: Mode>(setup: Setup) -> TestResult {
    let (db, mut rows) = listening::<D>(&setup).await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let set = next::<D>(&mut rows).await;
    assert_eq!(set.inserted::<User>(), [1, 2, 3]);
    assert_eq!(set.inserted::<Post>(), [1, 2, 3, 4]);
    assert_eq!(set.inserted::<Comment>(), [1, 2, 3]);
    // "math" is nested twice, as a record and as a key.
    assert_eq!(set.of::<Tag>().len(), 2);
    let pairs = [(1, "engines".to_owned()), (1, "math".to_owned()), (2, "math".to_owned())];
    assert_eq!(set.inserted::<PostTag>(), pairs);
    assert_eq!((set.updated::<User>(), set.missed()), (Vec::new(), 0));
    go!(D, db.repository::<User>().destroy(3))?;
    let set = next::<D>(&mut rows).await;
    assert_eq!(set.entities().collect::<Vec<_>>(), ["users"]);
    assert_eq!(set.deleted::<User>(), [3]);
    Ok(())
}

async fn a_merge_tells_new_from_old<D: Mode>(setup: Setup) -> TestResult {
    let (db, mut rows) = listening::<D>(&setup).await?;
    let users = db.repository::<User>();
    go!(D, users.insert(User::draft().id(2).name("Bob")))?;
    assert_eq!(next::<D>(&mut rows).await.inserted::<User>(), [2]);
    go!(
        D,
        users.save_many([
            User::draft().id(1).name("Ada"),
            User::draft().id(2).age(3),
            User::draft().id(1).age(4),
        ])
    )?;
    let set = next::<D>(&mut rows).await;
    assert_eq!((set.inserted::<User>(), set.updated::<User>()), (vec![1], vec![2]));
    go!(D, users.update(User::draft().id(1).age(5)))?;
    let set = next::<D>(&mut rows).await;
    assert_eq!((set.inserted::<User>(), set.updated::<User>()), (vec![], vec![1]));
    Ok(())
}

async fn writes_by_key_and_by_filter_name_their_records<D: Mode>(setup: Setup) -> TestResult {
    let (db, mut rows) = listening::<D>(&setup).await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    next::<D>(&mut rows).await;
    let posts = db.repository::<Post>();
    go!(D, posts.query().filter(|p| p.views.ge(20)).update(|p| p.views.add(1)))?;
    assert_eq!(next::<D>(&mut rows).await.updated::<Post>(), [2, 3]);
    go!(D, posts.query().filter(|p| p.author.is(|u| u.name.eq("Bob"))).delete())?;
    assert_eq!(next::<D>(&mut rows).await.deleted::<Post>(), [4]);
    assert_eq!(go!(D, posts.destroy_many([3_u64, 4, 77]))?, 1);
    assert_eq!(next::<D>(&mut rows).await.deleted::<Post>(), [3]);
    // What touches nothing is nothing to tell.
    go!(D, posts.destroy(77))?;
    go!(D, posts.query().filter(|p| p.id.eq(77)).update(|p| p.views.set(1)))?;
    go!(D, posts.destroy(2))?;
    assert_eq!(next::<D>(&mut rows).await.deleted::<Post>(), [2]);
    Ok(())
}

async fn flush_clears<D: Mode>(setup: Setup) -> TestResult {
    let (db, mut rows) = listening::<D>(&setup).await?;
    let users = db.repository::<User>();
    go!(D, users.flush())?;
    go!(D, users.save(User::draft().id(1).name("Ada")))?;
    assert_eq!(next::<D>(&mut rows).await.inserted::<User>(), [1], "an empty entity isn't cleared");
    let tx = go!(D, db.begin())?;
    let users = tx.repository::<User>();
    go!(D, users.save(User::draft().id(2).name("Bob")))?;
    go!(D, users.flush())?;
    go!(D, users.save(User::draft().id(3).name("Cy")))?;
    go!(D, tx.commit())?;
    let set = next::<D>(&mut rows).await;
    assert!(set.cleared::<User>() && !set.cleared::<Post>());
    assert_eq!((set.inserted::<User>(), set.deleted::<User>()), (vec![3], vec![]));
    Ok(())
}

async fn a_transaction_is_one_set_of_what_it_came_to<D: Mode>(setup: Setup) -> TestResult {
    let (db, mut rows) = listening::<D>(&setup).await?;
    go!(
        D,
        db.repository::<User>().save_many([User::draft().id(1).name("Ada"), User::draft().id(2).name("Bob")])
    )?;
    next::<D>(&mut rows).await;
    let tx = go!(D, db.begin())?;
    let users = tx.repository::<User>();
    go!(D, users.save(User::draft().id(3).name("Cy")))?;
    go!(D, users.query().filter(|u| u.id.ge(2)).update(|u| u.age.add(1)))?;
    go!(D, users.save(User::draft().id(4).name("Di")))?;
    go!(D, users.destroy_many([1_u64, 4]))?;
    go!(D, tx.repository::<Post>().save(Post::draft().id(1).title("t")))?;
    go!(D, tx.commit())?;
    let set = next::<D>(&mut rows).await;
    assert_eq!((set.inserted::<User>(), set.updated::<User>()), (vec![3], vec![2]));
    assert_eq!((set.deleted::<User>(), set.inserted::<Post>()), (vec![1], vec![1]));
    assert_eq!(set.changes().count(), 4);
    Ok(())
}

async fn what_is_rolled_back_is_never_told<D: Mode>(setup: Setup) -> TestResult {
    let (db, mut rows) = listening::<D>(&setup).await?;
    let save = |id: u64| User::draft().id(id).name("x");
    let tx = go!(D, db.begin())?;
    go!(D, tx.repository::<User>().save(save(1)))?;
    drop(tx);
    let tx = go!(D, db.begin())?;
    go!(D, tx.repository::<User>().save(save(2)))?;
    go!(D, tx.rollback())?;
    let users = db.repository::<User>();
    assert!(go!(D, users.insert_many([save(3), save(3)])).is_err());
    assert!(go!(D, users.save(User::draft().id(4))).is_err());
    assert!(go!(D, users.update(save(5))).is_err());
    go!(D, users.save(save(6)))?;
    let set = next::<D>(&mut rows).await;
    assert_eq!(set.of::<User>().len(), 1);
    assert_eq!(set.inserted::<User>(), [6]);
    Ok(())
}

async fn made_keys_are_told<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let mut rows = db.subscribe();
    let tickets = db.repository::<Ticket>();
    let one = go!(D, tickets.save(Ticket::draft().title("a")))?;
    assert_eq!(next::<D>(&mut rows).await.inserted::<Ticket>(), [one.id]);
    let two = go!(D, tickets.save_many([Ticket::draft().id(one.id).title("b"), Ticket::draft().title("c")]))?;
    let set = next::<D>(&mut rows).await;
    assert_eq!((set.inserted::<Ticket>(), set.updated::<Ticket>()), (vec![two[1].id], vec![one.id]));
    Ok(())
}

/// Its key is made by the storage.
#[derive(Model, Debug)]
struct Ticket {
    #[key(auto)]
    id: u64,
    title: String,
}

async fn composite_keys_are_told<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let mut rows = db.subscribe();
    let seats = db.repository::<Seat>();
    let seat = |row: &str, number: u32| Seat::draft().row(row).number(number).price(3);
    go!(D, seats.save_many([seat("b", 1), seat("a", 10), seat("a", 9)]))?;
    let key = |row: &str, number: u32| (row.to_owned(), number);
    assert_eq!(next::<D>(&mut rows).await.inserted::<Seat>(), [key("a", 9), key("a", 10), key("b", 1)]);
    go!(D, seats.save_many([seat("a", 9), seat("c", 1)]))?;
    let set = next::<D>(&mut rows).await;
    assert_eq!((set.inserted::<Seat>(), set.updated::<Seat>()), (vec![key("c", 1)], vec![key("a", 9)]));
    Ok(())
}

async fn all_databases_of_a_connection_are_heard<D: Mode>(setup: Setup) -> TestResult {
    let (_db, mut rows) = listening::<D>(&setup).await?;
    let same = setup.database::<D>().await?;
    let other: Database<D> = go!(D, setup.builder::<D>().connection("other").start())?;
    go!(D, other.repository::<User>().save(User::draft().id(1).name("Ada")))?;
    go!(D, same.repository::<User>().save(User::draft().id(2).name("Bob")))?;
    assert_eq!(next::<D>(&mut rows).await.inserted::<User>(), [2]);
    Ok(())
}

async fn a_callback_that_panics_breaks_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let heard = Arc::new(Mutex::new(0));
    let count = Arc::clone(&heard);
    let panics = db.on_change(|set| assert!(!set.touches::<User>(), "a callback panics, as it is to"));
    let counts = db.on_change(move |_| *count.lock().unwrap() += 1);
    let users = db.repository::<User>();
    go!(D, users.save(User::draft().id(1).name("Ada")))?;
    assert_eq!((go!(D, users.count())?, *heard.lock().unwrap()), (1, 1));
    drop((panics, counts));
    Ok(())
}

async fn a_callback_may_write<D: Mode>(setup: Setup) -> TestResult {
    let (db, mut rows) = listening::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    let writes = db.on_change(move |set| {
        if set.touches::<User>() {
            let saved = async { go!(D, posts.save(Post::draft().id(1).title("of a callback"))) };
            crate::executor::block_on(saved).expect("it is saved");
        }
    });
    go!(D, db.repository::<User>().save(User::draft().id(1).name("Ada")))?;
    assert_eq!(go!(D, db.repository::<Post>().count())?, 1);
    assert!(next::<D>(&mut rows).await.touches::<User>());
    assert_eq!(next::<D>(&mut rows).await.inserted::<Post>(), [1]);
    drop(writes);
    Ok(())
}

async fn dropping_ends_a_subscription<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let users = db.repository::<User>();
    let on = |name: &'static str| {
        let heard = Arc::clone(&heard);
        db.on_change(move |_| heard.lock().unwrap().push(name))
    };
    let (dropped, kept) = (on("dropped"), on("kept"));
    go!(D, users.save(User::draft().id(1).name("Ada")))?;
    drop(dropped);
    kept.keep();
    go!(D, users.save(User::draft().id(2).name("Bob")))?;
    assert_eq!(*heard.lock().unwrap(), ["dropped", "kept", "kept"]);
    Ok(())
}

async fn nobody_listening_costs_nothing<D: Mode>(setup: Setup) -> TestResult {
    let (db, rows) = listening::<D>(&setup).await?;
    let users = db.repository::<User>();
    let ada = || [User { age: 3, ..user(1, "Ada") }];
    drop(rows);
    setup.statements();
    go!(D, users.save_many(ada()))?;
    assert_eq!(setup.statements(), 1);
    // A watch asks for no keys.
    let mut watch = users.query().watch();
    assert_eq!(D::next(&mut watch).await.expect("an answer")?.len(), 1);
    setup.statements();
    go!(D, users.save_many(ada()))?;
    assert_eq!(setup.statements(), 1);
    Ok(())
}

fn user(id: u64, name: &str) -> User {
    User {
        id,
        name: name.to_owned(),
        age: 18,
        email: None,
        posts: Default::default(),
        edited: Default::default(),
        profile: Default::default(),
    }
}

async fn waiting_wakes_up<D: Mode>(setup: Setup) -> TestResult {
    let (db, mut rows) = listening::<D>(&setup).await?;
    let writer = db.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(30));
        crate::executor::block_on(async { go!(D, writer.repository::<User>().save(user(1, "Ada"))) }).is_ok()
    });
    assert_eq!(next::<D>(&mut rows).await.inserted::<User>(), [1]);
    assert!(thread.join().unwrap());
    Ok(())
}

async fn the_last_database_ends_it<D: Mode>(setup: Setup) -> TestResult {
    let (db, mut rows) = listening::<D>(&setup).await?;
    let users = db.repository::<User>();
    drop(db);
    go!(D, users.save(user(1, "Ada")))?;
    drop(users);
    assert_eq!(next::<D>(&mut rows).await.inserted::<User>(), [1]);
    assert!(D::next(&mut rows).await.is_none());
    Ok(())
}
