//! Locking reads: what they lock doesn't change before their transaction ends.

use crate::executor::block_on;
use crate::scenarios::blog::{Post, User};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::{Database, Tx};
use orm_core::prelude::TxOptions;
use orm_core::{Async, Blocking, Error, Mode, Result};
use std::thread;
use std::time::Duration;

cases![
    locks_need_a_transaction_that_writes,
    locking_reads_answer_what_reads_answer,
    only_records_are_locked,
    no_update_is_lost_between_a_locking_read_and_a_write,
    what_refers_to_a_locked_record_is_seen_by_who_changes_it,
    who_locks_alone_is_alone,
    locked_records_are_left_out needs(row_locks),
    locked_records_are_told needs(row_locks),
    without_locks_of_records_it_says_so lacks(row_locks),
];

/// Closures, whose types differ between the modes.
trait Closures: Mode {
    /// Adds one to an age that was read before.
    fn count_on(db: &Database<Self>) -> impl Future<Output = Result<()>>;
    /// Adds a post with as many views as its author is old.
    fn add_post(db: &Database<Self>, id: u64) -> impl Future<Output = Result<()>>;
    /// Makes the author one older, and adds one to the views of all posts.
    fn grow(db: &Database<Self>) -> impl Future<Output = Result<()>>;
    /// Adds a post if there are fewer than ten.
    fn add_tenth(db: &Database<Self>, id: u64) -> impl Future<Output = Result<()>>;
}

/// The lowest level, at which engines rely on the locks alone. Many tries, for engines that have none.
const OPTIONS: TxOptions = TxOptions::new().read_committed().retries(200);

/// So long that others come in between.
fn dawdle() {
    thread::sleep(Duration::from_millis(3));
}

macro_rules! closures {
    ($mode:ident, ($($how:ident)?) $(, $wait:tt)?) => {
        impl Closures for $mode {
            async fn count_on(db: &Database<Self>) -> Result<()> {
                db.transaction_with(OPTIONS, $($how)? |tx: Tx<$mode>| {
                    let users = tx.repository::<User>();
                    let age = users.query().filter(|u| u.id.eq(1)).for_update().one()$(.$wait)??.age;
                    dawdle();
                    users.update(User::draft().id(1).age(age + 1))$(.$wait)?.map(drop)
                })$(.$wait)?
            }

            async fn add_post(db: &Database<Self>, id: u64) -> Result<()> {
                db.transaction_with(OPTIONS, $($how)? |tx: Tx<$mode>| {
                    let author = tx.repository::<User>().query().for_share().find(1)$(.$wait)??;
                    let views = i64::from(author.map_or(0, |u| u.age));
                    dawdle();
                    let post = Post::draft().id(id).title("t").author_id(1).views(views);
                    tx.repository::<Post>().insert(post)$(.$wait)?.map(drop)
                })$(.$wait)?
            }

            async fn grow(db: &Database<Self>) -> Result<()> {
                db.transaction_with(OPTIONS, $($how)? |tx: Tx<$mode>| {
                    tx.repository::<User>().query().filter(|u| u.id.eq(1)).update(|u| u.age.add(1))$(.$wait)??;
                    dawdle();
                    let posts = tx.repository::<Post>().query();
                    posts.all_rows().update(|p| p.views.add(1))$(.$wait)?.map(drop)
                })$(.$wait)?
            }

            async fn add_tenth(db: &Database<Self>, id: u64) -> Result<()> {
                db.transaction_with(OPTIONS, $($how)? |tx: Tx<$mode>| {
                    tx.repository::<User>().query().filter(|u| u.id.eq(1)).for_update().get()$(.$wait)??;
                    let posts = tx.repository::<Post>();
                    if posts.count()$(.$wait)?? < 10 {
                        dawdle();
                        posts.insert(Post::draft().id(id).title("t"))$(.$wait)??;
                    }
                    Ok(())
                })$(.$wait)?
            }
        }
    };
}

closures!(Blocking, ());
closures!(Async, (async), await);

async fn ready<D: Mode>(setup: &Setup) -> Result<Database<D>> {
    let db = setup.database::<D>().await?;
    let users = (1..=4).map(|id| User::draft().id(id).name(format!("user {id}")).age(10 * id as i32));
    go!(D, db.repository::<User>().save_many(users))?;
    Ok(db)
}

async fn locks_need_a_transaction_that_writes<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    let all = || db.repository::<User>().query();
    for query in [all().for_update(), all().for_share(), all().skip_locked(), all().no_wait()] {
        let outcome = go!(D, query.clone().get());
        assert!(matches!(outcome, Err(Error::NeedsTransaction { model: "User" })), "{outcome:?}");
        let outcome = go!(D, query.clone().with(|u| u.posts).first());
        assert!(matches!(outcome, Err(Error::NeedsTransaction { .. })), "{outcome:?}");
        let outcome = go!(D, query.find(1));
        assert!(matches!(outcome, Err(Error::NeedsTransaction { .. })), "{outcome:?}");
    }
    let tx = go!(D, db.begin_with(TxOptions::snapshot()))?;
    let outcome = go!(D, tx.repository::<User>().query().for_update().get());
    assert!(matches!(outcome, Err(Error::ReadOnly { model: "User" })), "{outcome:?}");
    assert_eq!(go!(D, tx.repository::<User>().count())?, 4);
    Ok(())
}

async fn locking_reads_answer_what_reads_answer<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    go!(D, db.repository::<Post>().save(Post::draft().id(1).title("t").author_id(2)))?;
    for options in [TxOptions::new().read_committed(), TxOptions::new(), TxOptions::new().serializable()] {
        let tx = go!(D, db.begin_with(options))?;
        let users = tx.repository::<User>();
        let query = || users.query().for_update();
        let ids = |users: Vec<User>| users.into_iter().map(|u| u.id).collect::<Vec<_>>();
        let sorted = query().order_by(|u| u.age.desc()).offset(1).limit(2);
        assert_eq!(ids(go!(D, sorted.get())?), [3, 2]);
        // What it wrote itself is no obstacle.
        go!(D, users.update(User::draft().id(4).age(1)))?;
        assert_eq!(ids(go!(D, query().order_by(|u| u.age.asc()).limit(1).for_share().get())?), [4]);
        let author = go!(D, query().filter(|u| u.posts.any(|p| p.id.eq(1))).with(|u| u.posts).one())?;
        assert_eq!((author.id, author.posts.get()?[0].id), (2, 1));
        assert_eq!(go!(D, query().find(3))?.map(|u| u.id), Some(3));
        assert_eq!(go!(D, query().find(9))?, None);
        assert_eq!(ids(go!(D, query().order_by(|u| u.id.asc()).page(3))?.records), [1, 2, 3]);
        assert_eq!(go!(D, users.query().for_share().filter(|u| u.age.ge(20)).first_or_fail())?.age % 10, 0);
        go!(D, tx.rollback())?;
    }
    Ok(())
}

async fn only_records_are_locked<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    let tx = go!(D, db.begin())?;
    let query = || tx.repository::<User>().query().filter(|u| u.id.eq(1)).for_update();
    let outcomes = [
        go!(D, query().count()).map(drop),
        go!(D, query().exists()).map(drop),
        go!(D, query().select(|u| u.name).get()).map(drop),
        go!(D, query().sum(|u| u.age)).map(drop),
        go!(D, query().update(|u| u.age.add(1))).map(drop),
        go!(D, query().delete()).map(drop),
    ];
    for (at, outcome) in outcomes.into_iter().enumerate() {
        assert!(matches!(outcome, Err(Error::Configuration(_))), "{at}: {outcome:?}");
    }
    assert_eq!(go!(D, query().get())?.len(), 1);
    Ok(())
}

/// Runs the same on several threads, each with its own number, from 0 on.
fn at_once(threads: u64, work: impl Fn(u64) -> Result<()> + Sync) {
    thread::scope(|scope| {
        let all: Vec<_> = (0..threads)
            .map(|n| {
                let work = &work;
                scope.spawn(move || work(n))
            })
            .collect();
        for thread in all {
            thread.join().unwrap().unwrap();
        }
    });
}

async fn no_update_is_lost_between_a_locking_read_and_a_write<D: Closures>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    at_once(3, |_| (0..6).try_for_each(|_| block_on(D::count_on(&db))));
    assert_eq!(go!(D, db.repository::<User>().find(1))?.unwrap().age, 10 + 18);
    Ok(())
}

async fn what_refers_to_a_locked_record_is_seen_by_who_changes_it<D: Closures>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    at_once(3, |n| {
        (0..6).try_for_each(|round| {
            block_on(async {
                if n == 0 { D::grow(&db).await } else { D::add_post(&db, 10 * round + n).await }
            })
        })
    });
    let author = go!(D, db.repository::<User>().query().with(|u| u.posts).find(1))?.unwrap();
    let views: Vec<i64> = author.posts.get()?.iter().map(|p| p.views).collect();
    assert_eq!((author.age, views), (16, vec![16; 12]));
    Ok(())
}

async fn who_locks_alone_is_alone<D: Closures>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    // The record that is locked stands for the others and isn't changed itself.
    at_once(3, |n| (0..5).try_for_each(|round| block_on(D::add_tenth(&db, 10 * round + n + 1))));
    assert_eq!(go!(D, db.repository::<Post>().count())?, 10);
    Ok(())
}

async fn locked_records_are_left_out<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    let (one, other) = (go!(D, db.begin())?, go!(D, db.begin())?);
    let next = |tx: &Tx<D>| tx.repository::<User>().query().order_by(|u| u.id.asc()).limit(1).skip_locked();
    assert_eq!(go!(D, next(&one).one())?.id, 1);
    assert_eq!(go!(D, next(&other).one())?.id, 2);
    assert_eq!(go!(D, next(&one).offset(1).one())?.id, 3);
    // Who shares is left out by those who don't, and not by those who do.
    let fourth = |tx: &Tx<D>| tx.repository::<User>().query().filter(|u| u.id.eq(4)).skip_locked();
    assert_eq!(go!(D, fourth(&one).for_share().get())?.len(), 1);
    assert_eq!(go!(D, fourth(&other).for_share().get())?.len(), 1);
    assert_eq!(go!(D, fourth(&other).for_update().get())?.len(), 0);
    go!(D, one.commit())?;
    assert_eq!(go!(D, fourth(&other).for_update().get())?.len(), 1);
    let third = go!(D, db.begin())?;
    assert_eq!(go!(D, next(&third).one())?.id, 1);
    Ok(())
}

async fn locked_records_are_told<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    let (one, other) = (go!(D, db.begin())?, go!(D, db.begin())?);
    let by_id = |tx: &Tx<D>, id: u64| tx.repository::<User>().query().filter(|u| u.id.eq(id)).no_wait();
    assert_eq!(go!(D, by_id(&one, 1).one())?.id, 1);
    go!(D, other.repository::<User>().update(User::draft().id(2).age(1)))?;
    let outcome = go!(D, by_id(&other, 1).get());
    assert!(matches!(outcome, Err(Error::Locked { model: "User" })), "{outcome:?}");
    assert!(!outcome.is_err_and(|error| error.is_transient()), "it would be waited for after all");
    // The transaction goes on with what it did, and keeps the locks that it got.
    assert_eq!(go!(D, by_id(&other, 3).one())?.id, 3);
    let outcome = go!(D, by_id(&one, 3).for_share().get());
    assert!(matches!(outcome, Err(Error::Locked { .. })), "{outcome:?}");
    go!(D, other.commit())?;
    assert_eq!(go!(D, by_id(&one, 3).one())?.id, 3);
    go!(D, one.commit())?;
    assert_eq!(go!(D, db.repository::<User>().find(2))?.unwrap().age, 1);
    Ok(())
}

async fn without_locks_of_records_it_says_so<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    let tx = go!(D, db.begin())?;
    let all = || tx.repository::<User>().query();
    for query in [all().skip_locked(), all().no_wait(), all().for_share().skip_locked()] {
        let outcome = go!(D, query.get());
        assert!(matches!(outcome, Err(Error::Unsupported { .. })), "{outcome:?}");
    }
    assert_eq!(go!(D, all().for_update().get())?.len(), 4);
    go!(D, tx.commit())?;
    Ok(())
}
