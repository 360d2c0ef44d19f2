//! Transactions that say how they are to be: read-only, and how isolated from others.

use crate::executor::block_on;
use crate::scenarios::blog::{Post, User};
use crate::scenarios::customers::Customer;
use crate::{Setup, TestResult, cases, go};
use orm_core::database::{Database, Tx};
use orm_core::prelude::{Isolation, TxOptions};
use orm_core::{Async, Blocking, Error, Mode, Result};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

cases![
    read_only_refuses_every_write,
    read_only_closures_refuse_and_are_not_tried_again,
    every_level_commits_and_rolls_back,
    serializable_keeps_what_was_read,
    serializable_notices_what_was_not_there,
    serializable_readers_see_one_state,
    one_state_for_several_reads needs(transactions),
    versions_hold_at_every_level,
    a_body_is_tried_again_as_often_as_it_says,
];

/// Closures, whose types differ between the modes.
trait Closures: Mode {
    /// Writes in a read-only transaction.
    fn write_read_only(db: &Database<Self>) -> impl Future<Output = Result<()>>;
    /// Takes a user of age 1 down to 0 if there is another one.
    fn leave_one(db: &Database<Self>, id: u64) -> impl Future<Output = Result<()>>;
    /// Adds the post of this key if the author has none.
    fn only_post(db: &Database<Self>, id: u64) -> impl Future<Output = Result<()>>;
    /// Takes some from a user and gives it to a post.
    fn shift(db: &Database<Self>) -> impl Future<Output = Result<()>>;
    /// Fails with a conflict; answers how often it was run.
    fn runs(db: &Database<Self>, options: TxOptions) -> impl Future<Output = u32>;
}

/// Many tries: engines without locks have many conflicts here.
const SERIALIZABLE: TxOptions = TxOptions::new().serializable().retries(200);

/// So long that others come in between.
fn dawdle() {
    thread::sleep(Duration::from_millis(8));
}

macro_rules! closures {
    ($mode:ident, ($($how:ident)?) $(, $wait:tt)?) => {
        impl Closures for $mode {
            async fn write_read_only(db: &Database<Self>) -> Result<()> {
                let options = TxOptions::new().read_only();
                db.transaction_with(options, $($how)? |tx: Tx<$mode>| {
                    let users = tx.repository::<User>();
                    assert_eq!(users.count()$(.$wait)??, 1);
                    users.save(User::draft().id(2).name("Bob"))$(.$wait)?.map(drop)
                })$(.$wait)?
            }

            async fn leave_one(db: &Database<Self>, id: u64) -> Result<()> {
                db.transaction_with(SERIALIZABLE, $($how)? |tx: Tx<$mode>| {
                    let users = tx.repository::<User>();
                    let others = users.query().filter(|u| u.age.eq(1)).count()$(.$wait)??;
                    dawdle();
                    if others > 1 {
                        users.update(User::draft().id(id).age(0))$(.$wait)??;
                    }
                    Ok(())
                })$(.$wait)?
            }

            async fn only_post(db: &Database<Self>, id: u64) -> Result<()> {
                db.transaction_with(SERIALIZABLE, $($how)? |tx: Tx<$mode>| {
                    let users = tx.repository::<User>().query().filter(|u| u.posts.count().eq(0));
                    let free = users.exists()$(.$wait)??;
                    dawdle();
                    if free {
                        tx.repository::<Post>().insert(Post::draft().id(id).title("t").author_id(1))$(.$wait)??;
                    }
                    Ok(())
                })$(.$wait)?
            }

            async fn shift(db: &Database<Self>) -> Result<()> {
                db.transaction_with(TxOptions::new().retries(200), $($how)? |tx: Tx<$mode>| {
                    let (users, posts) = (tx.repository::<User>(), tx.repository::<Post>());
                    users.query().filter(|u| u.id.eq(1)).update(|u| u.age.add(-1))$(.$wait)??;
                    posts.query().filter(|p| p.id.eq(1)).update(|p| p.views.add(1))$(.$wait)?.map(drop)
                })$(.$wait)?
            }

            async fn runs(db: &Database<Self>, options: TxOptions) -> u32 {
                let runs = std::sync::atomic::AtomicU32::new(0);
                let outcome: Result<()> = db.transaction_with(options, $($how)? |_: Tx<$mode>| {
                    runs.fetch_add(1, Ordering::Relaxed);
                    Err(Error::Serialization)
                })$(.$wait)?;
                assert!(matches!(outcome, Err(Error::Serialization)), "{outcome:?}");
                runs.into_inner()
            }
        }
    };
}

closures!(Blocking, ());
closures!(Async, (async), await);

async fn ready<D: Mode>(setup: &Setup) -> Result<Database<D>> {
    let builder = setup.builder::<D>().connection("main").models::<(User, Customer)>();
    let db = go!(D, builder.start())?;
    go!(D, db.repository::<User>().save(User::draft().id(1).name("Ada").age(1)))?;
    Ok(db)
}

async fn read_only_refuses_every_write<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    for options in [TxOptions::snapshot(), TxOptions::new().serializable().read_only()] {
        let tx = go!(D, db.begin_with(options))?;
        let (users, posts) = (tx.repository::<User>(), tx.repository::<Post>());
        let one = || users.query().filter(|u| u.id.eq(1));
        let outcomes = [
            go!(D, users.save(User::draft().id(2).name("Bob"))).map(drop),
            go!(D, users.insert(User::draft().id(2).name("Bob"))).map(drop),
            go!(D, users.update(User::draft().id(1).name("Bob"))).map(drop),
            go!(D, users.save_json(r#"{ "id": 1, "name": "Bob", "posts": [] }"#)).map(drop),
            go!(D, one().update(|u| u.age.add(1))).map(drop),
            go!(D, one().delete()).map(drop),
            go!(D, users.destroy(1)).map(drop),
            go!(D, users.flush()).map(drop),
            go!(D, users.related(1, |u| u.posts).add([Post::draft().id(1).title("t")])).map(drop),
        ];
        for (at, outcome) in outcomes.into_iter().enumerate() {
            assert!(matches!(outcome, Err(Error::ReadOnly { .. })), "write {at}: {outcome:?}");
        }
        let outcome = go!(D, posts.save(Post::draft().id(1).title("t")));
        assert!(matches!(outcome, Err(Error::ReadOnly { model: "Post" })), "{outcome:?}");
        // It goes on.
        let ada = go!(D, one().with(|u| u.posts).first())?.unwrap();
        assert_eq!((ada.name.as_str(), ada.posts.get()?.len()), ("Ada", 0));
        go!(D, tx.commit())?;
    }
    assert_eq!(go!(D, db.repository::<User>().all())?.len(), 1);
    Ok(())
}

async fn read_only_closures_refuse_and_are_not_tried_again<D: Closures>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    setup.clear_faults();
    let outcome = D::write_read_only(&db).await;
    assert!(matches!(outcome, Err(Error::ReadOnly { model: "User" })), "{outcome:?}");
    assert_eq!(go!(D, db.repository::<User>().count())?, 1);
    Ok(())
}

async fn every_level_commits_and_rolls_back<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    let users = db.repository::<User>();
    for (id, level) in (2..).zip([Isolation::ReadCommitted, Isolation::Snapshot, Isolation::Serializable]) {
        let options = TxOptions::new().isolation(level);
        let tx = go!(D, db.begin_with(options))?;
        go!(
            D,
            tx.repository::<User>()
                .save(User::draft().id(id).name("kept").posts([Post::draft().id(id).title("t")]))
        )?;
        assert_eq!(
            go!(D, tx.repository::<User>().query().filter(|u| u.posts.any(|p| p.id.eq(id))).count())?,
            1
        );
        go!(D, tx.repository::<User>().query().filter(|u| u.id.eq(id)).update(|u| u.age.set(5)))?;
        go!(D, tx.commit())?;
        let tx = go!(D, db.begin_with(options))?;
        go!(D, tx.repository::<User>().flush())?;
        drop(tx);
        assert_eq!(go!(D, users.query().filter(|u| u.age.eq(5)).count())?, id - 1, "{level:?}");
    }
    Ok(())
}

/// Runs the same on several threads, each with its own number, from 1 on.
fn at_once(threads: u64, work: impl Fn(u64) -> Result<()> + Sync) {
    thread::scope(|scope| {
        let all: Vec<_> = (1..=threads)
            .map(|n| {
                scope.spawn({
                    let work = &work;
                    move || work(n)
                })
            })
            .collect();
        for thread in all {
            thread.join().unwrap().unwrap();
        }
    });
}

async fn serializable_keeps_what_was_read<D: Closures>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    let users = db.repository::<User>();
    for _ in 0..4 {
        go!(D, users.save_many((1..=2).map(|id| User::draft().id(id).name("on duty").age(1))))?;
        at_once(2, |id| block_on(D::leave_one(&db, id)));
        assert_eq!(
            go!(D, users.query().filter(|u| u.age.eq(1)).count())?,
            1,
            "each left because of the other"
        );
    }
    Ok(())
}

async fn serializable_notices_what_was_not_there<D: Closures>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    for _ in 0..4 {
        go!(D, posts.flush())?;
        at_once(2, |id| block_on(D::only_post(&db, id)));
        assert_eq!(go!(D, posts.count())?, 1);
    }
    Ok(())
}

async fn readers_see_one_state<D: Closures>(setup: Setup, options: TxOptions) -> TestResult {
    let db = ready::<D>(&setup).await?;
    let shared = Post::draft().id(1).title("t").views(50);
    go!(D, db.repository::<User>().save(User::draft().id(1).age(50).posts([shared])))?;
    let done = AtomicBool::new(false);
    at_once(2, |n| {
        block_on(async {
            if n == 1 {
                for _ in 0..20 {
                    D::shift(&db).await?;
                }
                done.store(true, Ordering::Relaxed);
                return Ok(());
            }
            let mut seen = 0;
            while !done.load(Ordering::Relaxed) || seen < 3 {
                // Who may not read now reads later.
                let read = async {
                    let tx = go!(D, db.begin_with(options))?;
                    let (users, posts) = (tx.repository::<User>(), tx.repository::<Post>());
                    let one = i64::from(go!(D, users.find(1))?.map_or(0, |u| u.age));
                    thread::sleep(Duration::from_millis(1));
                    let other = go!(D, posts.find(1))?.map_or(0, |p| p.views);
                    go!(D, tx.commit())?;
                    Ok(one + other)
                };
                match read.await {
                    Ok(sum) => {
                        assert_eq!(sum, 100, "half of a transaction was seen");
                        seen += 1;
                    }
                    Err(Error::Serialization | Error::Busy(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })
    });
    Ok(())
}

async fn serializable_readers_see_one_state<D: Closures>(setup: Setup) -> TestResult {
    readers_see_one_state::<D>(setup, TxOptions::new().serializable().read_only()).await
}

async fn one_state_for_several_reads<D: Closures>(setup: Setup) -> TestResult {
    readers_see_one_state::<D>(setup.another()?, TxOptions::snapshot()).await?;
    readers_see_one_state::<D>(setup, TxOptions::new()).await
}

async fn versions_hold_at_every_level<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    for level in [Isolation::ReadCommitted, Isolation::Snapshot, Isolation::Serializable] {
        let id = go!(D, db.repository::<Customer>().save(Customer::draft().email(format!("{level:?}"))))?.id;
        at_once(3, |_| {
            block_on(async {
                for _ in 0..5 {
                    loop {
                        let write = async {
                            let tx = go!(D, db.begin_with(TxOptions::new().isolation(level)))?;
                            let customers = tx.repository::<Customer>();
                            let mut customer = go!(D, customers.find(id))?.unwrap();
                            customer.paid += 1;
                            thread::sleep(Duration::from_millis(1));
                            go!(D, customers.save(customer))?;
                            go!(D, tx.commit())
                        };
                        match write.await {
                            Ok(()) => break,
                            Err(Error::Stale { .. }) => {}
                            Err(error) if error.is_transient() => {}
                            Err(error) => return Err(error),
                        }
                    }
                }
                Ok(())
            })
        });
        let customer = go!(D, db.repository::<Customer>().find(id))?.unwrap();
        assert_eq!((customer.paid, customer.version), (15, 16), "{level:?}");
    }
    Ok(())
}

async fn a_body_is_tried_again_as_often_as_it_says<D: Closures>(setup: Setup) -> TestResult {
    let db = go!(D, setup.builder::<D>().connection("main").retries(2).start())?;
    assert_eq!(D::runs(&db, TxOptions::new()).await, 3);
    assert_eq!(D::runs(&db, TxOptions::new().retries(0)).await, 1);
    assert_eq!(D::runs(&db, TxOptions::new().serializable().retries(4)).await, 5);
    Ok(())
}
