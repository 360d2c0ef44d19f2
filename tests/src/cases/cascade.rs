//! What becomes of the records that refer to removed ones.

use crate::scenarios::library::{Author, Book, BookGenre, Chapter, Club, Folder, Genre, Loan, Note, Review};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::{Error, Mode};

cases![
    cascade_goes_down_the_levels,
    cascade_of_marks_leaves_the_rest,
    set_null_lets_go,
    restrict_refuses_and_nothing_happens,
    a_failed_cascade_leaves_an_open_transaction_as_it_was,
    circles_end,
    restricted_records_that_go_too_are_no_hindrance,
    cascades_by_query_and_flush,
    cascades_take_a_statement_per_level,
    keys_that_are_not_stored_cascade_nothing,
    cascades_of_a_type_leave_others,
    faulty_deletions_are_told_at_the_start,
];

const LIBRARY: &str = r#"[
    { "id": 1, "name": "Ada", "books": [
        { "id": 1, "title": "One", "chapters": [{ "id": 1 }, { "id": 2 }], "genres": [{ "name": "math" }] },
        { "id": 2, "title": "Two", "chapters": [{ "id": 3 }], "genres": ["math"] }] },
    { "id": 2, "name": "Bob", "books": [{ "id": 3, "title": "Three", "chapters": [{ "id": 4 }] }] }
]"#;

async fn library<D: Mode>(setup: &Setup) -> orm_core::Result<Database<D>> {
    let models = setup.builder::<D>().connection("main").models::<(Author, Review, Loan, Folder)>();
    let db = go!(D, models.start())?;
    go!(D, db.repository::<Author>().save_json(LIBRARY))?;
    go!(D, db.repository::<Review>().save_json(r#"[{ "id": 1, "book_id": 1 }, { "id": 2, "book_id": 3 }]"#))?;
    Ok(db)
}

async fn cascade_goes_down_the_levels<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    assert!(go!(D, db.repository::<Author>().force_destroy(1))?);
    let books = go!(D, db.repository::<Book>().query().with_deleted().get())?;
    assert_eq!(books.iter().map(|b| b.id).collect::<Vec<_>>(), [3]);
    assert_eq!(go!(D, db.repository::<Chapter>().all())?.iter().map(|c| c.id).collect::<Vec<_>>(), [4]);
    assert_eq!(go!(D, db.repository::<BookGenre>().count())?, 0);
    assert_eq!(go!(D, db.repository::<Genre>().count())?, 1, "what is on the other side of a pivot stays");
    let reviews = go!(D, db.repository::<Review>().query().order_by(|r| r.id.asc()).get())?;
    assert_eq!(reviews.iter().map(|r| r.book_id).collect::<Vec<_>>(), [None, Some(3)]);
    Ok(())
}

async fn cascade_of_marks_leaves_the_rest<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    assert!(go!(D, db.repository::<Author>().destroy(1))?);
    let books = db.repository::<Book>();
    assert_eq!(go!(D, books.all())?.iter().map(|b| b.id).collect::<Vec<_>>(), [3]);
    let authors = go!(D, db.repository::<Author>().query().only_deleted().get())?;
    let deleted = go!(D, books.query().only_deleted().get())?;
    assert_eq!(deleted.len(), 2);
    assert!(deleted.iter().all(|b| b.removed == authors[0].deleted_at), "all at one moment");
    // What can't be marked stays, and so does what refers to it.
    assert_eq!(go!(D, db.repository::<Chapter>().count())?, 4);
    assert_eq!(go!(D, db.repository::<BookGenre>().count())?, 2);
    assert_eq!(go!(D, db.repository::<Review>().find(1))?.unwrap().book_id, Some(1));
    // Records that were marked go too when the author goes for good.
    assert!(go!(D, db.repository::<Author>().force_destroy(1))?);
    assert_eq!(go!(D, books.query().with_deleted().count())?, 1);
    assert_eq!(go!(D, db.repository::<Chapter>().count())?, 1);
    Ok(())
}

async fn set_null_lets_go<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    go!(D, db.repository::<Book>().force_destroy_many([1, 3]))?;
    let reviews = go!(D, db.repository::<Review>().all())?;
    assert!(reviews.len() == 2 && reviews.iter().all(|r| r.book_id.is_none()));
    Ok(())
}

async fn restrict_refuses_and_nothing_happens<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let loans = r#"[{ "id": 1, "book_id": 2 }, { "id": 2, "book_id": 2 }]"#;
    go!(D, db.repository::<Loan>().save_json(loans))?;
    for forever in [false, true] {
        let authors = db.repository::<Author>();
        let outcome = if forever { go!(D, authors.force_destroy(1)) } else { go!(D, authors.destroy(1)) };
        match outcome {
            Err(Error::Restricted { model, by, relation, count }) => {
                assert_eq!((model, by, relation.as_str(), count), ("Book", "Loan", "Loan.book", 2));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(go!(D, db.repository::<Author>().count())?, 2);
    assert_eq!(go!(D, db.repository::<Book>().count())?, 3);
    assert_eq!(go!(D, db.repository::<Review>().find(1))?.unwrap().book_id, Some(1));
    go!(D, db.repository::<Loan>().flush())?;
    assert!(go!(D, db.repository::<Author>().destroy(1))?);
    Ok(())
}

async fn a_failed_cascade_leaves_an_open_transaction_as_it_was<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    go!(D, db.repository::<Loan>().save_json(r#"{ "id": 1, "book_id": 2 }"#))?;
    let tx = go!(D, db.begin())?;
    assert!(matches!(go!(D, tx.repository::<Author>().force_destroy(1)), Err(Error::Restricted { .. })));
    assert!(go!(D, tx.repository::<Author>().force_destroy(2))?);
    go!(D, tx.commit())?;
    assert_eq!(go!(D, db.repository::<Author>().all())?.iter().map(|a| a.id).collect::<Vec<_>>(), [1]);
    assert_eq!(go!(D, db.repository::<Book>().count())?, 2);
    assert_eq!(go!(D, db.repository::<Chapter>().count())?, 3);
    Ok(())
}

async fn circles_end<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let folders = db.repository::<Folder>();
    let json = r#"[{ "id": 1, "parent_id": 3 }, { "id": 2, "parent_id": 1 }, { "id": 3, "parent_id": 2 },
                   { "id": 4, "parent_id": 4 }, { "id": 5, "parent_id": 3 }, { "id": 6 }]"#;
    go!(D, folders.save_json(json))?;
    assert!(go!(D, folders.destroy(2))?);
    let left = go!(D, folders.query().order_by(|f| f.id.asc()).get())?;
    assert_eq!(left.iter().map(|f| f.id).collect::<Vec<_>>(), [4, 6]);
    assert_eq!(go!(D, folders.destroy_many([4, 6]))?, 2);
    Ok(())
}

async fn restricted_records_that_go_too_are_no_hindrance<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    go!(D, db.repository::<Loan>().save_json(r#"[{ "id": 1, "book_id": 2 }]"#))?;
    assert!(go!(D, db.repository::<Loan>().destroy(1))?);
    assert!(go!(D, db.repository::<Book>().force_destroy(2))?);
    Ok(())
}

async fn cascades_by_query_and_flush<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let books = db.repository::<Book>();
    assert_eq!(go!(D, books.query().filter(|b| b.author.is(|a| a.name.eq("Bob"))).force_delete())?, 1);
    assert_eq!(go!(D, db.repository::<Chapter>().count())?, 3);
    assert_eq!(go!(D, db.repository::<Review>().find(2))?.unwrap().book_id, None);
    let folders = db.repository::<Folder>();
    go!(D, folders.save_json(r#"[{ "id": 1 }, { "id": 2, "parent_id": 1 }]"#))?;
    assert_eq!(go!(D, folders.flush())?, 2);
    assert_eq!(go!(D, folders.count())?, 0);
    // A mark doesn't cascade to what can't be marked, by whichever way.
    assert_eq!(go!(D, books.flush())?, 2);
    assert_eq!(go!(D, db.repository::<Chapter>().count())?, 3);
    Ok(())
}

async fn cascades_take_a_statement_per_level<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    let folders: Vec<_> = (1..=200_u64)
        .map(|id| Folder::draft().id(id + 10).parent_id((id > 1).then_some(11 + id / 100)))
        .collect();
    go!(D, db.repository::<Folder>().save_many(folders))?;
    setup.statements();
    assert!(go!(D, db.repository::<Folder>().destroy(11))?);
    let few = setup.statements();
    assert!(few <= 8, "{few} statements for 200 folders in three levels");
    assert_eq!(go!(D, db.repository::<Folder>().count())?, 0);
    Ok(())
}

async fn keys_that_are_not_stored_cascade_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    go!(D, db.repository::<Chapter>().save_json(r#"{ "id": 9, "book_id": 77 }"#))?;
    assert!(!go!(D, db.repository::<Book>().force_destroy(77))?);
    assert!(go!(D, db.repository::<Chapter>().find(9))?.is_some());
    Ok(())
}

async fn cascades_of_a_type_leave_others<D: Mode>(setup: Setup) -> TestResult {
    let db = library::<D>(&setup).await?;
    go!(D, db.repository::<Book>().save_json(r#"{ "id": 1, "notes": [{ "id": 1 }, { "id": 2 }] }"#))?;
    go!(D, db.repository::<Club>().save_json(r#"{ "id": 1, "notes": [{ "id": 3 }] }"#))?;
    assert!(go!(D, db.repository::<Book>().force_destroy(1))?);
    assert_eq!(go!(D, db.repository::<Note>().all())?.iter().map(|n| n.id).collect::<Vec<_>>(), [3]);
    let clubs = db.repository::<Club>();
    go!(D, db.repository::<Book>().save_json(r#"{ "id": 2, "notes": [{ "id": 4 }] }"#))?;
    go!(D, db.repository::<Note>().query().filter(|n| n.id.eq(4)).update(|n| n.noted_id.set(1)))?;
    let notes = go!(D, clubs.related(1, |c| c.notes).replace([Note::draft().id(5)]))?;
    assert_eq!(notes[0].noted_type, "clubs");
    let left = go!(D, db.repository::<Note>().query().order_by(|n| n.id.asc()).get())?;
    assert_eq!(left.iter().map(|n| n.id).collect::<Vec<_>>(), [4, 5], "the note of a book stays");
    Ok(())
}

/// Models whose relations say what can't be.
mod faulty {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    pub(super) struct Parent {
        #[key]
        pub(super) id: u64,
        #[has_many(on_delete = set_null)]
        pub(super) firsts: Many<First>,
        #[has_many(on_delete = cascade)]
        pub(super) seconds: Many<Second>,
    }

    #[derive(Model, Debug)]
    pub(super) struct First {
        #[key]
        pub(super) id: u64,
        pub(super) parent_id: u64,
    }

    #[derive(Model, Debug)]
    pub(super) struct Second {
        #[key]
        pub(super) id: u64,
        pub(super) parent_id: u64,
        #[belongs_to(on_delete = restrict)]
        pub(super) parent: One<Parent>,
    }
}

async fn faulty_deletions_are_told_at_the_start<D: Mode>(setup: Setup) -> TestResult {
    let models = setup.builder::<D>().connection("main").models::<(faulty::Parent, faulty::Second)>();
    match go!(D, models.start()) {
        Err(Error::Schema(faults)) => {
            assert!(faults.iter().any(|f| f.contains("`First.parent_id` can't be NULL")), "{faults:?}");
            let both = "`Parent.seconds` and `Second.parent` are about one foreign key";
            assert!(faults.iter().any(|f| f.contains(both)), "{faults:?}");
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}
