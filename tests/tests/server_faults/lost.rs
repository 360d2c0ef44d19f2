//! Connections that end in the middle of something.

use crate::line::{Fate, Line};
use orm_core::Error;
use orm_core::prelude::*;
use orm_tests::polling::until;
use orm_tests::scenarios::blog::{Post, User};
use orm_tests::servers::FaultyServer;

fn database<S: FaultyServer>(name: &str) -> Option<(Line, Database)> {
    let server = S::shared()?;
    let line = Line::to(server.address());
    let provider = server.provider_at(&line.address(), name, 3).unwrap();
    let db = Database::builder().provider(provider).models::<User>().start().unwrap();
    Some((line, db))
}

fn user(id: u64) -> Draft<User> {
    User::draft().id(id).name("n")
}

pub(crate) fn a_lost_commit_is_told_and_never_tried_again<S: FaultyServer>() {
    let Some((line, db)) = database::<S>("lost_commit") else { return };
    let users = db.repository::<User>();
    let nested = || user(1).posts([Post::draft().id(1).title("t"), Post::draft().id(2).title("t")]);
    for (fate, stored) in [(Fate::LostOnItsWay, 0), (Fate::LostAnswer, 1)] {
        let mut tries = 0;
        let outcome = db.transaction(|tx| {
            tries += 1;
            tx.repository::<User>().save(user(1))?;
            line.strike(S::COMMIT, fate);
            Ok(())
        });
        assert!(matches!(outcome, Err(Error::CommitUnknown(_))), "{fate:?}: {outcome:?}");
        assert_eq!((tries, line.seen()), (1, 1), "{fate:?}");
        assert_eq!(users.count().unwrap(), stored, "{fate:?}");
        users.flush().unwrap();

        // The commit of a save's own transaction.
        line.strike(S::COMMIT, fate);
        let outcome = users.insert(nested());
        assert!(matches!(outcome, Err(Error::CommitUnknown(_))), "{fate:?}: {outcome:?}");
        assert_eq!(line.seen(), 1, "{fate:?}");
        assert_eq!(db.repository::<Post>().count().unwrap(), 2 * stored, "{fate:?}");
        assert_eq!(users.count().unwrap(), stored, "{fate:?}");
        users.flush().unwrap();
        db.repository::<Post>().flush().unwrap();

        // That of a guard.
        let tx = db.begin().unwrap();
        tx.repository::<User>().save(user(1)).unwrap();
        line.strike(S::COMMIT, fate);
        let outcome = tx.commit();
        assert!(matches!(outcome, Err(Error::CommitUnknown(_))), "{fate:?}: {outcome:?}");
        assert_eq!((line.seen(), users.count().unwrap()), (1, stored), "{fate:?}");
        users.flush().unwrap();
    }
}

pub(crate) fn a_lost_write_is_told_and_never_tried_again<S: FaultyServer>() {
    let Some((line, db)) = database::<S>("lost_write") else { return };
    let users = db.repository::<User>();
    for (fate, stored) in [(Fate::LostOnItsWay, 0), (Fate::LostAnswer, 1)] {
        users.insert(user(2)).unwrap();
        // One statement, which is its own transaction.
        line.strike(b"fateful", fate);
        let outcome = users.query().filter(|u| u.id.eq(2)).update(|u| u.name.set("fateful"));
        assert!(matches!(outcome, Err(Error::CommitUnknown(_))), "{fate:?}: {outcome:?}");
        assert_eq!(line.seen(), 1, "{fate:?}");
        let fateful = users.query().filter(|u| u.name.eq("fateful"));
        assert_eq!(fateful.count().unwrap(), stored, "{fate:?}");
        users.flush().unwrap();

        // Inside of a transaction nothing is durable yet, so it is tried again.
        let mut tries = 0;
        let outcome = db.transaction(|tx| {
            tries += 1;
            if tries == 1 {
                line.strike(b"harmless", fate);
            }
            tx.repository::<User>().insert(User::draft().id(1).name("harmless")).map(drop)
        });
        outcome.unwrap();
        assert_eq!((tries, users.count().unwrap()), (2, 1), "{fate:?}");
        users.flush().unwrap();
    }
}

pub(crate) fn a_connection_that_is_lost_before_is_told_and_tried_again<S: FaultyServer>() {
    let Some((line, db)) = database::<S>("lost_before") else { return };
    let users = db.repository::<User>();
    let guard = db.begin().unwrap();
    guard.repository::<User>().save(user(1)).unwrap();
    line.cut();
    let error = guard.repository::<User>().save(user(2)).unwrap_err();
    assert!(matches!(error, Error::ConnectionLost(_)) && error.is_transient(), "{error}");
    assert!(guard.commit().is_err());
    // What waits in the pool is dead as well; nobody notices.
    assert_eq!(users.count().unwrap(), 0);
    line.cut();
    users.save(user(1)).unwrap();

    let mut tries = 0;
    let saved = db.transaction(|tx| {
        tries += 1;
        tx.repository::<User>().save(user(2))?;
        if tries == 1 {
            line.cut();
        }
        tx.repository::<User>().save(user(3))?;
        Ok(())
    });
    saved.unwrap();
    assert_eq!((tries, users.count().unwrap()), (2, 3));
}

pub(crate) fn a_connection_that_is_gone_before_the_commit_is_no_unknown_commit<S: FaultyServer>() {
    let Some((line, db)) = database::<S>("lost_idle") else { return };
    let mut tries = 0;
    let saved = db.transaction(|tx| {
        tries += 1;
        tx.repository::<User>().save(user(1))?;
        if tries == 1 {
            line.cut();
            // So long that the loss is noticed before the commit is asked for.
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
        Ok(())
    });
    saved.unwrap();
    assert_eq!((tries, db.repository::<User>().count().unwrap()), (2, 1));
    // The server rolls back what it lost.
    until(|| S::shared().is_some_and(|server| server.open_transactions("lost_idle") == 0));
}
