//! What is left of the verbs of a repository whose storage fails: all of it or nothing.

use crate::scenarios::customers::{Customer, Order};
use crate::scenarios::library::{Author, Book, BookGenre, Chapter, Review};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::provider::{Fault, On};
use orm_core::{Error, Mode, Result};

cases![every_call_of_a_verb_may_fail, conflicts_of_verbs_are_tried_again];

/// What is done while calls fail.
#[derive(Debug, Clone, Copy)]
enum Verb {
    Mark,
    Cascade,
    CascadeByFilter,
    Restore,
    Fresh,
    Upsert,
    UpdateOrCreate,
    VersionedSave,
    Attach,
    Sync,
    Replace,
    Clear,
    Associate,
}
use Verb::*;

const ALL: [Verb; 13] = [
    Mark,
    Cascade,
    CascadeByFilter,
    Restore,
    Fresh,
    Upsert,
    UpdateOrCreate,
    VersionedSave,
    Attach,
    Sync,
    Replace,
    Clear,
    Associate,
];

async fn run<D: Mode>(verb: Verb, db: &Database<D>) -> Result<()> {
    let (authors, books) = (db.repository::<Author>(), db.repository::<Book>());
    let customers = db.repository::<Customer>();
    match verb {
        Mark => go!(D, authors.destroy(1)).map(drop),
        Cascade => go!(D, authors.force_destroy(1)).map(drop),
        CascadeByFilter => go!(D, books.query().filter(|b| b.title.ne("Three")).force_delete()).map(drop),
        Restore => go!(D, books.restore(4)).map(drop),
        Fresh => {
            let new = [Book::draft().id(2).title("New"), Book::draft().id(9).title("Nine")];
            go!(D, books.fresh(new)).map(drop)
        }
        Upsert => {
            let drafts = [Customer::draft().email("a").paid(9), Customer::draft().email("new")];
            go!(D, customers.upsert_many(|c| c.email, drafts)).map(drop)
        }
        UpdateOrCreate => {
            let values = Customer::draft().name("Ada").orders([Order::draft().what("milk")]);
            go!(D, customers.update_or_create(Customer::draft().email("a"), values)).map(drop)
        }
        VersionedSave => {
            let draft = Customer::draft().id(1).version(1).email("changed");
            go!(D, customers.save(draft)).map(drop)
        }
        Attach => go!(D, books.related(2, |b| b.genres).attach(["math"])).map(drop),
        Sync => go!(D, books.related(1, |b| b.genres).sync(["art"])).map(drop),
        Replace => {
            go!(D, customers.related(1, |c| c.orders).replace([Order::draft().what("milk")])).map(drop)
        }
        Clear => go!(D, customers.related(1, |c| c.orders).clear()).map(drop),
        Associate => go!(D, books.related(3, |b| b.author).associate(1)).map(drop),
    }
}

async fn start<D: Mode>(setup: &Setup) -> Result<Database<D>> {
    go!(D, setup.builder::<D>().connection("main").models::<(Author, Review, Customer)>().start())
}

/// Stores the same as ever, and nothing else.
async fn reset<D: Mode>(setup: &Setup, db: &Database<D>) -> Result<()> {
    go!(D, db.repository::<Book>().query().with_deleted().all_rows().force_delete())?;
    go!(D, db.repository::<Author>().query().with_deleted().all_rows().force_delete())?;
    go!(D, db.repository::<Review>().flush())?;
    go!(D, db.repository::<Customer>().flush())?;
    go!(D, db.repository::<Order>().flush())?;
    let library = r#"[
        { "id": 1, "name": "Ada", "books": [
            { "id": 1, "title": "One", "chapters": [{ "id": 1 }], "genres": [{ "name": "math" }, { "name": "art" }] },
            { "id": 2, "title": "Two", "chapters": [{ "id": 2 }] }] },
        { "id": 2, "name": "Bob", "books": [{ "id": 3, "title": "Three" }, { "id": 4, "title": "Four" }] }
    ]"#;
    go!(D, db.repository::<Author>().save_json(library))?;
    go!(D, db.repository::<Review>().save_json(r#"[{ "id": 1, "book_id": 1 }, { "id": 2, "book_id": 3 }]"#))?;
    go!(D, db.repository::<Book>().destroy(4))?;
    let customer = r#"{ "id": 1, "email": "a", "orders": [{ "what": "tea" }, { "what": "jam" }] }"#;
    go!(D, db.repository::<Customer>().save_json(customer))?;
    setup.clear_faults();
    Ok(())
}

/// All that is stored, but for keys that the storage made and times.
async fn state<D: Mode>(db: &Database<D>) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for a in go!(D, db.repository::<Author>().query().with_deleted().get())? {
        lines.push(format!("author {} {}", a.id, a.deleted_at.is_some()));
    }
    for b in go!(D, db.repository::<Book>().query().with_deleted().get())? {
        lines.push(format!("book {} {} {:?} {}", b.id, b.title, b.author_id, b.removed.is_some()));
    }
    lines.extend(go!(D, db.repository::<Chapter>().all())?.iter().map(|c| format!("{c:?}")));
    lines.extend(go!(D, db.repository::<BookGenre>().all())?.iter().map(|g| format!("{g:?}")));
    lines.extend(go!(D, db.repository::<Review>().all())?.iter().map(|r| format!("{r:?}")));
    for c in go!(D, db.repository::<Customer>().query().with(|c| c.orders).get())? {
        let mut orders: Vec<_> = c.orders.get()?.iter().map(|o| o.what.as_str()).collect();
        orders.sort_unstable();
        lines.push(format!("customer {} {} {} {} {orders:?}", c.email, c.name, c.paid, c.version));
    }
    lines.push(format!("{} orders", go!(D, db.repository::<Order>().count())?));
    lines.sort();
    Ok(lines)
}

async fn is_usable<D: Mode>(db: &Database<D>) -> Result<()> {
    let tx = go!(D, db.begin())?;
    go!(D, tx.repository::<Customer>().save(Customer::draft().email("later")))?;
    go!(D, tx.commit())
}

/// The calls of a verb, and what is stored before and after it.
async fn course<D: Mode>(
    setup: &Setup,
    db: &Database<D>,
    verb: Verb,
) -> Result<(Vec<On>, Vec<String>, Vec<String>)> {
    reset(setup, db).await?;
    let before = state(db).await?;
    setup.clear_faults();
    run(verb, db).await?;
    let calls = setup.calls();
    let after = state(db).await?;
    assert_ne!(before, after, "{verb:?}");
    Ok((calls, before, after))
}

async fn every_call_of_a_verb_may_fail<D: Mode>(setup: Setup) -> TestResult {
    let db = start::<D>(&setup).await?;
    for verb in ALL {
        let (calls, before, after) = course(&setup, &db, verb).await?;
        for (at, call) in calls.iter().enumerate() {
            for lost in [false, true] {
                let what = format!("{verb:?}, call {at} ({call:?}), lost answer: {lost}");
                reset(&setup, &db).await?;
                let fault = if lost { Fault::after(On::Any) } else { Fault::before(On::Any) };
                setup.inject(fault.nth(at as u64 + 1));
                let outcome = run(verb, &db).await;
                assert_eq!(setup.fired(), [*call], "{what}");
                setup.clear_faults();
                let state = state(&db).await?;
                match outcome {
                    Err(Error::CommitUnknown(_)) if lost => assert_eq!(state, after, "{what}"),
                    Err(Error::Provider { .. }) => assert_eq!(state, before, "{what}"),
                    Ok(()) => assert_eq!(state, after, "{what}"),
                    Err(other) => panic!("{what}: {other}"),
                }
                is_usable(&db).await?;
            }
        }
    }
    Ok(())
}

async fn conflicts_of_verbs_are_tried_again<D: Mode>(setup: Setup) -> TestResult {
    let db = start::<D>(&setup).await?;
    for verb in ALL {
        let (calls, _, after) = course(&setup, &db, verb).await?;
        for (at, call) in calls.iter().enumerate() {
            reset(&setup, &db).await?;
            setup.inject(Fault::before(On::Any).nth(at as u64 + 1).error(|| Error::Serialization));
            let what = format!("{verb:?}, call {at} ({call:?})");
            run(verb, &db).await.map_err(|error| format!("{what}: {error}"))?;
            setup.clear_faults();
            assert_eq!(state(&db).await?, after, "{what}");
        }
    }
    Ok(())
}
