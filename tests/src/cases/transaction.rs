//! Transactions: what they see, what they leave behind.

use crate::scenarios::blog::{Post, User};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::{Error, Mode};

cases![
    commit_keeps_all,
    rollback_and_drop_keep_nothing,
    reads_its_own_writes,
    a_failed_call_leaves_the_transaction_usable,
    a_closed_transaction_says_so,
    first_use_inside_is_refused,
    nested_saves_inside,
];

async fn ready<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save(User::draft().id(1).name("Ada").age(1)))?;
    Ok(db)
}

async fn commit_keeps_all<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    let tx = go!(D, db.begin())?;
    go!(D, tx.repository::<User>().save(User::draft().id(2).name("Bob")))?;
    go!(D, tx.repository::<User>().query().filter(|u| u.id.eq(1)).update(|u| u.age.add(1)))?;
    go!(D, tx.commit())?;
    assert_eq!(go!(D, db.repository::<User>().count())?, 2);
    assert_eq!(go!(D, db.repository::<User>().find(1))?.unwrap().age, 2);
    Ok(())
}

async fn rollback_and_drop_keep_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    for dropped in [false, true] {
        let tx = go!(D, db.begin())?;
        let users = tx.repository::<User>();
        go!(D, users.save(User::draft().id(2).name("Bob")))?;
        go!(D, users.destroy(1))?;
        assert_eq!(go!(D, users.count())?, 1);
        if dropped {
            drop(tx);
        } else {
            go!(D, tx.rollback())?;
        }
        assert_eq!(go!(D, db.repository::<User>().find(1))?.unwrap().age, 1);
        assert_eq!(go!(D, db.repository::<User>().count())?, 1);
    }
    Ok(())
}

async fn reads_its_own_writes<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    let tx = go!(D, db.begin())?;
    let (users, posts) = (tx.repository::<User>(), tx.repository::<Post>());
    go!(
        D,
        users.save(
            User::draft().id(1).posts([Post::draft().id(1).title("a"), Post::draft().id(2).title("b")])
        )
    )?;
    go!(D, posts.query().filter(|p| p.id.eq(2)).delete())?;
    assert_eq!(go!(D, users.query().filter(|u| u.posts.any(|p| p.title.eq("a"))).count())?, 1);
    assert_eq!(go!(D, users.query().filter(|u| u.posts.any(|p| p.title.eq("b"))).count())?, 0);
    let ada = go!(D, users.query().with(|u| u.posts).find(1))?.unwrap();
    assert_eq!(ada.posts.get()?.len(), 1);
    go!(D, posts.flush())?;
    assert_eq!(go!(D, posts.count())?, 0);
    go!(D, tx.commit())?;
    assert_eq!(go!(D, db.repository::<Post>().count())?, 0);
    Ok(())
}

async fn a_failed_call_leaves_the_transaction_usable<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    let tx = go!(D, db.begin())?;
    let users = tx.repository::<User>();
    go!(D, users.save(User::draft().id(2).name("Bob")))?;
    let half = User::draft().id(3).name("Cy").posts([Post::draft().id(1).title("t"), Post::draft().id(2)]);
    assert!(matches!(go!(D, users.save(half)), Err(Error::MissingField { .. })));
    assert!(matches!(go!(D, users.insert(User::draft().id(1).name("x"))), Err(Error::DuplicateKey { .. })));
    assert!(go!(D, users.find(3))?.is_none());
    assert_eq!(go!(D, tx.repository::<Post>().count())?, 0);
    go!(D, tx.commit())?;
    assert_eq!(go!(D, db.repository::<User>().count())?, 2);
    Ok(())
}

async fn a_closed_transaction_says_so<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    let tx = go!(D, db.begin())?;
    let (handle, users) = ((*tx).clone(), tx.repository::<User>());
    go!(D, tx.commit())?;
    assert!(matches!(go!(D, users.find(1)), Err(Error::TransactionClosed(_))));
    assert!(matches!(go!(D, users.save(User::draft().id(9).name("x"))), Err(Error::TransactionClosed(_))));
    assert!(matches!(go!(D, handle.repository::<User>().count()), Err(Error::TransactionClosed(_))));
    assert_eq!(go!(D, db.repository::<User>().count())?, 1);
    Ok(())
}

async fn first_use_inside_is_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let tx = go!(D, db.begin())?;
    let error = go!(D, tx.repository::<User>().find(1)).unwrap_err();
    assert!(matches!(error, Error::SyncInTransaction { model: "User" }), "{error}");
    assert!(error.to_string().contains("db.register::<User>().sync()"), "{error}");
    drop(tx);
    db.register::<User>();
    go!(D, db.sync())?;
    let tx = go!(D, db.begin())?;
    assert!(go!(D, tx.repository::<User>().find(1))?.is_none());
    Ok(())
}

async fn nested_saves_inside<D: Mode>(setup: Setup) -> TestResult {
    let db = ready::<D>(&setup).await?;
    let tx = go!(D, db.begin())?;
    let saved = go!(D, tx.repository::<User>().save_json(super::BLOG))?;
    assert_eq!(go!(D, saved.records())?[0].posts.get_partial()?.len(), 3);
    go!(D, tx.rollback())?;
    assert_eq!(go!(D, db.repository::<Post>().count())?, 0);
    Ok(())
}
