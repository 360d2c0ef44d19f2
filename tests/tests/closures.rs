//! Transactions as closures, which read differently in the two modes.

use orm_core::Error;
use orm_core::provider::{Fault, Faults, On};
use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_tests::executor::block_on;
use orm_tests::scenarios::blog::{Post, User};
use std::sync::atomic::{AtomicU32, Ordering};

/// An error of an application.
#[derive(Debug, thiserror::Error)]
enum AppError {
    #[error("too young")]
    TooYoung,
    #[error(transparent)]
    Orm(#[from] Error),
}

mod blocking {
    use super::*;
    use orm_core::prelude::*;

    fn database() -> Database {
        let db = Database::builder().provider(Sqlite::memory().unwrap()).models::<User>().start().unwrap();
        db.repository::<User>().save(User::draft().id(1).name("Ada").age(10)).unwrap();
        db
    }

    #[test]
    fn what_the_body_did_is_kept() {
        let db = database();
        let posts = db
            .transaction(|tx| {
                tx.repository::<User>().save(User::draft().id(2).name("Bob"))?;
                tx.repository::<Post>().save(Post::draft().id(1).title("t").author_id(2))?;
                tx.repository::<User>().query().filter(|u| u.posts.exists()).count()
            })
            .unwrap();
        assert_eq!(posts, 1);
        assert_eq!(db.repository::<User>().count().unwrap(), 2);
    }

    #[test]
    fn an_error_undoes_it_and_comes_out() {
        let db = database();
        let outcome: orm_core::Result<()> = db.transaction(|tx| {
            tx.repository::<User>().flush()?;
            tx.abort(AppError::TooYoung)
        });
        assert!(matches!(outcome.unwrap_err().downcast::<AppError>(), Ok(AppError::TooYoung)));
        assert_eq!(db.repository::<User>().count().unwrap(), 1);
    }

    #[test]
    fn typed_errors() {
        let db = database();
        let outcome = db.transaction_as(|tx| {
            let ada = tx.repository::<User>().find(1)?.unwrap();
            tx.repository::<User>().destroy(1)?;
            if ada.age < 18 { Err(AppError::TooYoung) } else { Ok(ada.age) }
        });
        assert!(matches!(outcome, Err(AppError::TooYoung)));
        assert_eq!(db.repository::<User>().count().unwrap(), 1);
        let outcome = db.transaction_as(|tx| {
            tx.repository::<User>().insert(User::draft().id(1).name("again"))?;
            Ok::<_, AppError>(())
        });
        assert!(matches!(outcome, Err(AppError::Orm(Error::DuplicateKey { .. }))));
    }

    #[test]
    fn a_nested_transaction_is_a_savepoint() {
        let db = database();
        db.transaction(|tx| {
            let users = tx.repository::<User>();
            users.save(User::draft().id(2).name("kept"))?;
            let inner: orm_core::Result<()> = tx.transaction(|inner| {
                inner.repository::<User>().save(User::draft().id(3).name("undone"))?;
                inner.transaction(|deepest| {
                    deepest.repository::<User>().save(User::draft().id(4).name("undone"))
                })?;
                inner.abort(AppError::TooYoung)
            });
            assert!(inner.is_err());
            tx.transaction(|inner| inner.repository::<User>().save(User::draft().id(5).name("kept")))?;
            assert_eq!(users.count()?, 3);
            Ok(())
        })
        .unwrap();
        let names: Vec<_> = db.repository::<User>().query().order_by(|u| u.id.asc()).get().unwrap();
        assert_eq!(names.iter().map(|u| u.id).collect::<Vec<_>>(), [1, 2, 5]);
    }

    /// `#[error(transparent)]` shows the cause of what it wraps, but not that itself.
    #[test]
    fn a_conflict_behind_a_transparent_error_is_tried_again() {
        let provider = Faults::new(Memory::new());
        let db = Database::builder().provider(provider.clone()).models::<User>().start().unwrap();
        db.repository::<User>().save(User::draft().id(1).name("Ada").age(10)).unwrap();
        let runs = AtomicU32::new(0);
        let older = |by_another: bool| {
            runs.store(0, Ordering::Relaxed);
            db.transaction_as(|tx| {
                let first = runs.fetch_add(1, Ordering::Relaxed) == 0;
                let users = tx.repository::<User>();
                let age = users.find(1)?.map_or(0, |u| u.age);
                if by_another && first {
                    db.repository::<User>().update(User::draft().id(1).age(50))?;
                }
                users.update(User::draft().id(1).age(age + 1))?;
                Ok::<_, AppError>(age + 1)
            })
        };
        // The commit meets it.
        assert_eq!(older(true).unwrap(), 51);
        assert_eq!(runs.load(Ordering::Relaxed), 2);
        // A call meets it.
        provider.inject(Fault::before(On::Apply).error(|| Error::Serialization));
        assert_eq!(older(false).unwrap(), 52);
        assert_eq!(runs.load(Ordering::Relaxed), 2);
        // The beginning meets it.
        provider.inject(Fault::before(On::Begin).error(|| Error::Busy("locked".into())));
        assert_eq!(older(false).unwrap(), 53);
        // What is no conflict is not tried again.
        runs.store(0, Ordering::Relaxed);
        let refused: Result<(), AppError> = db.transaction_as(|tx| {
            runs.fetch_add(1, Ordering::Relaxed);
            tx.repository::<User>().find(1)?;
            Err(AppError::TooYoung)
        });
        assert!(matches!(refused, Err(AppError::TooYoung)));
        assert_eq!(runs.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_conflict_is_tried_again() {
        let db = database();
        let tries = AtomicU32::new(0);
        let answer = db.transaction(|tx| {
            tx.repository::<User>().query().filter(|u| u.id.eq(1)).update(|u| u.age.add(1))?;
            match tries.fetch_add(1, Ordering::Relaxed) {
                0 | 1 => Err(Error::Serialization),
                _ => Ok(tx.repository::<User>().find(1)?.unwrap().age),
            }
        });
        assert_eq!(answer.unwrap(), 11);
        assert_eq!(tries.load(Ordering::Relaxed), 3);
        assert_eq!(db.repository::<User>().find(1).unwrap().unwrap().age, 11);
    }

    #[test]
    fn a_panic_in_the_body_undoes_it() {
        let db = database();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = db.transaction(|tx| {
                tx.repository::<User>().flush()?;
                if true {
                    panic!("in the body");
                }
                Ok(())
            });
        }));
        assert!(panicked.is_err());
        assert_eq!(db.repository::<User>().count().unwrap(), 1);
    }
}

mod asynchronous {
    use super::*;
    use orm_core::asynchronous::prelude::*;

    async fn database() -> Database {
        let db =
            Database::builder().provider(Sqlite::memory().unwrap()).models::<User>().start().await.unwrap();
        db.repository::<User>().save(User::draft().id(1).name("Ada").age(10)).await.unwrap();
        db
    }

    /// What a runtime asks of a task: `Send` and `'static`.
    fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
        std::thread::spawn(move || block_on(future)).join().unwrap()
    }

    #[test]
    fn async_closures_in_a_spawned_task() {
        let ages = spawn(async {
            let db = database().await;
            let older = 5;
            let age = db
                .transaction(async |tx| {
                    let users = tx.repository::<User>();
                    users.query().filter(|u| u.id.eq(1)).update(|u| u.age.add(older)).await?;
                    Ok(users.find(1).await?.unwrap().age)
                })
                .await
                .unwrap();
            (age, db.repository::<User>().find(1).await.unwrap().unwrap().age)
        });
        assert_eq!(ages, (15, 15));
    }

    #[test]
    fn an_error_undoes_it_and_comes_out() {
        block_on(async {
            let db = database().await;
            let outcome: orm_core::Result<()> = db
                .transaction(async |tx| {
                    tx.repository::<User>().flush().await?;
                    tx.abort(AppError::TooYoung)
                })
                .await;
            assert!(matches!(outcome.unwrap_err().downcast::<AppError>(), Ok(AppError::TooYoung)));
            let outcome = db
                .transaction_as(async |tx| {
                    tx.repository::<User>().insert(User::draft().id(1).name("again")).await?;
                    Ok::<_, AppError>(())
                })
                .await;
            assert!(matches!(outcome, Err(AppError::Orm(Error::DuplicateKey { .. }))));
            assert_eq!(db.repository::<User>().count().await.unwrap(), 1);
        });
    }

    #[test]
    fn a_nested_transaction_is_a_savepoint() {
        block_on(async {
            let db = database().await;
            db.transaction(async |tx| {
                let inner: orm_core::Result<()> = tx
                    .transaction(async |inner| {
                        inner.repository::<User>().flush().await?;
                        inner.abort(AppError::TooYoung)
                    })
                    .await;
                assert!(inner.is_err());
                assert_eq!(tx.repository::<User>().count().await?, 1);
                Ok(())
            })
            .await
            .unwrap();
        });
    }

    #[test]
    fn futures_of_one_transaction_take_turns() {
        block_on(async {
            let db = database().await;
            db.transaction(async |tx| {
                let users = tx.repository::<User>();
                let mut one = users.save(User::draft().id(2).name("b"));
                let mut two = users.save(User::draft().id(3).name("c"));
                let (mut first, mut second) = (None, None);
                std::future::poll_fn(|context| {
                    use std::task::Poll;
                    if first.is_none()
                        && let Poll::Ready(answer) = one.as_mut().poll(context)
                    {
                        first = Some(answer);
                    }
                    if second.is_none()
                        && let Poll::Ready(answer) = two.as_mut().poll(context)
                    {
                        second = Some(answer);
                    }
                    if first.is_some() && second.is_some() { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
                assert!(first.unwrap().is_ok() && second.unwrap().is_ok());
                Ok(())
            })
            .await
            .unwrap();
            assert_eq!(db.repository::<User>().count().await.unwrap(), 3);
        });
    }
}
