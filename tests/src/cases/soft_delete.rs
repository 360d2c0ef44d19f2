//! Deleted records that stay stored: left out everywhere unless asked for.

use crate::scenarios::library::{Author, Book, BookGenre, Club, Genre, Membership};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::value::Timestamp;
use orm_core::{Error, Mode};

cases![
    destroy_marks,
    every_read_leaves_deleted_records_out,
    relations_leave_deleted_records_out,
    writes_by_filter_leave_deleted_records_out,
    asked_for_they_are_seen,
    restore_takes_it_back,
    force_removes_for_good,
    saves_keep_records_deleted_unless_stated,
    unique_indexes_count_deleted_records,
    deletions_by_query_and_flush_mark,
    finds_take_one_statement,
    records_in_between_are_left_out_too,
    groups_of_hidden_records_are_refused,
    projections_and_counts_leave_deleted_records_out,
];

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

const LIBRARY: &str = r#"[
    { "id": 1, "name": "Ada", "email": "a@x", "books": [{ "id": 1, "title": "One", "genres": [{ "name": "math" }] }, { "id": 2, "title": "Two", "genres": ["math"] }] },
    { "id": 2, "name": "Bob", "books": [{ "id": 3, "title": "Three" }] },
    { "id": 3, "name": "Cy" }
]"#;

async fn library<D: Mode>(setup: &Setup) -> orm_core::Result<Database<D>> {
    let db = go!(D, setup.builder::<D>().connection("main").clock(|| NOW).start())?;
    go!(D, db.repository::<Author>().save_json(LIBRARY))?;
    Ok(db)
}

async fn destroy_marks<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let books = db.repository::<Book>();
    assert!(go!(D, books.destroy(1))?);
    assert!(!go!(D, books.destroy(1))?, "it is deleted already");
    assert!(!go!(D, books.destroy(99))?);
    assert_eq!(go!(D, books.find(1))?, None);
    let marked = go!(D, books.with_deleted().find(1))?.unwrap();
    assert_eq!((marked.removed, marked.title.as_str()), (Some(NOW), "One"));
    assert_eq!(go!(D, books.destroy_many([1, 2, 3, 99]))?, 2);
    Ok(())
}

async fn every_read_leaves_deleted_records_out<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let books = db.repository::<Book>();
    go!(D, books.destroy(2))?;
    let mut all: Vec<_> = go!(D, books.all())?.iter().map(|b| b.id).collect();
    all.sort_unstable();
    assert_eq!(all, [1, 3]);
    assert_eq!(go!(D, books.count())?, 2);
    assert_eq!(go!(D, books.find_many([3, 2, 1]))?.iter().map(|b| b.id).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(go!(D, books.query().find(2))?, None);
    assert!(!go!(D, books.query().filter(|b| b.title.eq("Two")).exists())?);
    assert_eq!(go!(D, books.query().order_by(|b| b.id.desc()).limit(2).get())?.last().unwrap().id, 1);
    assert_eq!(go!(D, books.query().order_by(|b| b.id.asc()).offset(1).first())?.unwrap().id, 3);
    // Inside of a transaction too.
    let tx = go!(D, db.begin())?;
    assert_eq!(go!(D, tx.repository::<Book>().find(2))?, None);
    go!(D, tx.repository::<Book>().destroy(1))?;
    assert_eq!(go!(D, tx.repository::<Book>().find(1))?, None);
    go!(D, tx.rollback())?;
    assert!(go!(D, books.find(1))?.is_some());
    Ok(())
}

async fn relations_leave_deleted_records_out<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let authors = db.repository::<Author>();
    go!(D, db.repository::<Book>().destroy(2))?;
    let ada = go!(D, authors.query().with(|a| a.books).find(1))?.unwrap();
    assert_eq!(ada.books.get()?.iter().map(|b| b.id).collect::<Vec<_>>(), [1]);
    let of_two = go!(D, authors.query().filter(|a| a.books.any(|b| b.title.eq("Two"))).count())?;
    assert_eq!(of_two, 0);
    let with_one = go!(D, authors.query().filter(|a| a.books.count().eq(1)).order_by(|a| a.id.asc()).get())?;
    assert_eq!(with_one.iter().map(|a| a.id).collect::<Vec<_>>(), [1, 2]);
    // "All" is said of those that are there.
    let all_one = go!(D, authors.query().filter(|a| a.books.all(|b| b.title.eq("One"))).count())?;
    assert_eq!(all_one, 2, "Ada, whose other book is deleted, and Cy, who has none");
    let math = go!(D, db.repository::<Genre>().query().with(|g| g.books).find("math"))?.unwrap();
    assert_eq!(math.books.get()?.iter().map(|b| b.id).collect::<Vec<_>>(), [1]);
    // To one: a deleted author is none.
    go!(D, authors.destroy(2))?;
    let books = db.repository::<Book>();
    go!(D, books.restore(3))?;
    let three = go!(D, books.query().with(|b| b.author).find(3))?.unwrap();
    assert_eq!((three.author_id, three.author.get()?), (Some(2), None));
    assert!(!go!(D, books.query().filter(|b| b.author.exists()).filter(|b| b.id.eq(3)).exists())?);
    Ok(())
}

async fn writes_by_filter_leave_deleted_records_out<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let books = db.repository::<Book>();
    go!(D, books.destroy(2))?;
    assert_eq!(go!(D, books.query().filter(|b| b.author_id.eq(1)).update(|b| b.title.set("New")))?, 1);
    assert_eq!(go!(D, books.query().all_rows().update(|b| b.title.set("x")))?, 2);
    assert_eq!(go!(D, books.with_deleted().find(2))?.unwrap().title, "Two");
    assert!(matches!(go!(D, books.query().update(|b| b.title.set("x"))), Err(Error::AllRows { .. })));
    // Asked for, it is changed.
    assert_eq!(go!(D, books.query().only_deleted().all_rows().update(|b| b.title.set("gone")))?, 1);
    assert_eq!(go!(D, books.with_deleted().find(2))?.unwrap().title, "gone");
    Ok(())
}

async fn asked_for_they_are_seen<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let books = db.repository::<Book>();
    go!(D, books.destroy(2))?;
    assert_eq!(go!(D, books.query().with_deleted().count())?, 3);
    let deleted = go!(D, books.query().only_deleted().get())?;
    assert_eq!(deleted.iter().map(|b| b.id).collect::<Vec<_>>(), [2]);
    let authors = db.repository::<Author>();
    let ada = go!(D, authors.query().with(|a| a.books.with_deleted().order_by(|b| b.id.asc())).find(1))?;
    assert_eq!(ada.unwrap().books.get()?.iter().map(|b| b.id).collect::<Vec<_>>(), [1, 2]);
    // What a query asks of its own records says nothing of its relations.
    let ada = go!(D, authors.query().with_deleted().with(|a| a.books).find(1))?.unwrap();
    assert_eq!(ada.books.get()?.len(), 1);
    Ok(())
}

async fn restore_takes_it_back<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let books = db.repository::<Book>();
    go!(D, books.destroy_many([1, 2, 3]))?;
    assert!(go!(D, books.restore(1))?);
    assert!(!go!(D, books.restore(1))?, "it isn't deleted");
    assert_eq!(go!(D, books.find(1))?.unwrap().removed, None);
    assert_eq!(go!(D, books.restore_many([1, 2, 99]))?, 1);
    assert!(matches!(go!(D, books.query().restore()), Err(Error::AllRows { operation: "restore", .. })));
    assert_eq!(go!(D, books.query().filter(|b| b.title.eq("Three")).restore())?, 1);
    assert_eq!(go!(D, books.count())?, 3);
    Ok(())
}

async fn force_removes_for_good<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let books = db.repository::<Book>();
    go!(D, books.destroy(1))?;
    assert!(go!(D, books.force_destroy(1))?);
    assert!(!go!(D, books.force_destroy(1))?);
    assert_eq!(go!(D, books.with_deleted().find(1))?, None);
    go!(D, books.destroy(2))?;
    assert_eq!(go!(D, books.query().only_deleted().all_rows().force_delete())?, 1);
    assert_eq!(go!(D, books.query().with_deleted().count())?, 1);
    assert_eq!(go!(D, books.force_destroy_many([3, 3, 4]))?, 1);
    assert_eq!(go!(D, books.query().with_deleted().count())?, 0);
    // The pivots went with the books.
    assert_eq!(go!(D, db.repository::<BookGenre>().count())?, 0);
    Ok(())
}

async fn saves_keep_records_deleted_unless_stated<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let books = db.repository::<Book>();
    let mut one = go!(D, books.find(1))?.unwrap();
    go!(D, books.destroy(1))?;
    let saved = go!(D, books.save(Book::draft().id(1).title("Again")))?;
    assert_eq!((saved.title.as_str(), saved.removed), ("Again", Some(NOW)));
    let nested = r#"{ "id": 1, "books": [{ "id": 1, "title": "Nested" }] }"#;
    let saved = go!(D, db.repository::<Author>().save_json(nested))?;
    assert_eq!(go!(D, saved.records())?[0].books.get_partial()?[0].title, "Nested");
    assert_eq!(go!(D, books.find(1))?, None);
    assert!(matches!(go!(D, books.insert(Book::draft().id(1).title("x"))), Err(Error::DuplicateKey { .. })));
    // A typed value states all of its columns.
    one.title = "Back".to_owned();
    go!(D, books.save(one))?;
    assert_eq!(go!(D, books.find(1))?.unwrap().title, "Back");
    Ok(())
}

async fn unique_indexes_count_deleted_records<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let authors = db.repository::<Author>();
    go!(D, authors.destroy(1))?;
    assert!(matches!(
        go!(D, authors.save(Author::draft().id(9).name("Eve").email("a@x"))),
        Err(Error::Unique { .. })
    ));
    Ok(())
}

async fn deletions_by_query_and_flush_mark<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let books = db.repository::<Book>();
    assert_eq!(go!(D, books.query().filter(|b| b.title.ne("One")).delete())?, 2);
    assert_eq!(go!(D, books.query().filter(|b| b.title.ne("One")).delete())?, 0);
    assert_eq!(go!(D, books.flush())?, 1);
    assert_eq!(go!(D, books.flush())?, 0);
    assert_eq!(go!(D, books.query().with_deleted().count())?, 3);
    Ok(())
}

async fn finds_take_one_statement<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    setup.statements();
    go!(D, db.repository::<Book>().find(1))?;
    assert_eq!(setup.statements(), 1);
    go!(D, db.repository::<Author>().query().with(|a| a.books).get())?;
    assert!(setup.statements() <= 4, "two reads, and a snapshot around them where there are any");
    Ok(())
}

async fn records_in_between_are_left_out_too<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let clubs = db.repository::<Club>();
    go!(D, clubs.save_json(r#"{ "id": 1, "members": [1, 2, 3] }"#))?;
    let members = clubs.related(1, |c| c.members);
    assert_eq!(go!(D, members.detach([2]))?, 1);
    assert_eq!(go!(D, db.repository::<Membership>().query().only_deleted().count())?, 1);
    let club = go!(D, clubs.query().with(|c| c.members.order_by(|a| a.id.asc())).find(1))?.unwrap();
    assert_eq!(club.members.get()?.iter().map(|a| a.id).collect::<Vec<_>>(), [1, 3]);
    let with_bob = clubs.query().filter(|c| c.members.any(|a| a.name.eq("Bob")));
    assert!(!go!(D, with_bob.exists())?);
    assert_eq!(go!(D, clubs.query().filter(|c| c.members.count().eq(2)).count())?, 1);
    // Attached again, the old one is there again, as it was.
    go!(D, db.repository::<Membership>().query().with_deleted().all_rows().update(|m| m.role.set("old")))?;
    assert_eq!(go!(D, members.attach([2, 3]))?, 1);
    let again = go!(D, db.repository::<Membership>().find((1, 2)))?.unwrap();
    assert_eq!((again.role.as_str(), again.deleted_at), ("old", None));
    assert_eq!(go!(D, members.sync([1]))?.detached, [2, 3]);
    assert_eq!(go!(D, db.repository::<Membership>().query().with_deleted().count())?, 3);
    Ok(())
}

async fn groups_of_hidden_records_are_refused<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let books = db.repository::<Book>();
    go!(D, books.destroy(3))?;
    let by_key =
        go!(D, books.query().group_by(|b| b.author_id).aggregate(|_| orm_core::query::count()).get())?;
    assert_eq!(by_key.len(), 1, "of the records themselves, deleted ones are left out");
    let by_name =
        books.query().group_by(|b| b.author.column(|a| a.name)).aggregate(|_| orm_core::query::count());
    assert!(matches!(go!(D, by_name.get()), Err(Error::Unsupported { .. })));
    Ok(())
}

async fn projections_and_counts_leave_deleted_records_out<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let books = db.repository::<Book>();
    go!(D, books.destroy(2))?;
    let titles = go!(D, books.query().order_by(|b| b.id.asc()).select(|b| b.title).get())?;
    assert_eq!(titles, ["One", "Three"]);
    let ada = go!(D, db.repository::<Author>().query().with_count(|a| a.books).find(1))?.unwrap();
    assert_eq!(ada.books.count()?, 1);
    Ok(())
}
