//! Foreign keys, which this engine looks at with each record.

use crate::schema::{open, sql};
use crate::{growth, server};
use orm_core::Error;
use orm_core::prelude::*;
use orm_tests::scenarios::library::{Author, Book, Chapter};
use orm_tests::{Ending, Suite};
use std::thread;
use std::time::Duration;

#[test]
fn foreign_keys_are_a_net() {
    if server().is_none() {
        return;
    }
    growth::the_net_holds(&|| open("net_a_", true));
    // Who says something of deletions has one, at either end; what leads to one of several has none.
    let keys =
        sql("SELECT CONCAT(CONSTRAINT_NAME, IF(DELETE_RULE IN ('RESTRICT', 'NO ACTION'), '', ' acts')) \
         FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = 'net_a_x' ORDER BY 1");
    let of = |names: &[&str]| names.iter().map(|name| format!("fk:{name}_id")).collect::<Vec<_>>();
    assert_eq!(
        keys,
        of(&[
            "books:author",
            "chapters:book",
            "folders:parent",
            "lefts:right",
            "loans:book",
            "reviews:book",
            "rights:left"
        ])
    );
    // What others do is caught.
    let db = open("net_a_", false).models::<Chapter>().start().unwrap();
    let error = db.repository::<Chapter>().save(Chapter::draft().id(9).book_id(99)).unwrap_err();
    let Error::ForeignKey { entity, constraint } = &error else { panic!("{error}") };
    assert_eq!(entity, "chapters");
    assert!(constraint.contains("fk:chapters:book_id") && constraint.contains("`books`"), "{constraint}");
    let chapters = db.table::<Chapter>().unwrap();
    let own = db.sql(format!("INSERT INTO {chapters} (id, book_id) VALUES (9, 99)")).execute();
    assert!(matches!(&own, Err(Error::ForeignKey { entity, .. }) if entity == "chapters"), "{own:?}");
}

#[test]
fn what_a_call_refers_to_was_saved_by_an_earlier_one() {
    if server().is_none() {
        return;
    }
    let db = open("net_c_", true).models::<(Author, Chapter)>().start().unwrap();
    let kept = db.transaction(|tx| {
        tx.repository::<Book>().save(Book::draft().id(1).title("b"))?;
        match tx.repository::<Chapter>().save(Chapter::draft().id(1).book_id(2)) {
            Err(Error::ForeignKey { entity, .. }) => assert_eq!(entity, "chapters"),
            other => panic!("{other:?}"),
        }
        // The transaction goes on as it was.
        tx.repository::<Chapter>().save(Chapter::draft().id(1).book_id(1))
    });
    kept.unwrap();
    assert_eq!(db.repository::<Chapter>().count().unwrap(), 1);
}

#[test]
fn the_net_changes_nothing_of_removals() {
    let Some(server) = server() else { return };
    let with_net = || server.scratch_with(|options| options.foreign_keys(true));
    for area in ["cascade", "removals", "soft_delete"] {
        let suite = Suite::asynchronous("mysql with foreign keys", with_net).area(area).except(
            "cascade::keys_that_are_not_stored_cascade_nothing",
            "foreign keys refuse what refers to nothing",
        );
        let outcomes = suite.outcomes().unwrap();
        assert!(outcomes.len() > 5);
        for outcome in outcomes {
            if let Ending::Failed(error) = &outcome.ending {
                panic!("{}, {}: {error}", outcome.case.path(), outcome.mode);
            }
        }
    }
}

#[test]
fn the_net_comes_later_if_the_records_allow() {
    if server().is_none() {
        return;
    }
    let old = open("net_b_", false).models::<(Author, Chapter)>().start().unwrap();
    old.repository::<Chapter>().save(Chapter::draft().id(1).book_id(1)).unwrap();
    let Err(Error::SchemaDrift { drifts, .. }) = open("net_b_", true).models::<(Author, Chapter)>().start()
    else {
        panic!("a record refers to nothing")
    };
    assert_eq!(drifts[0].differences, ["stored records refer by (book_id) to `books` that aren't there"]);
    assert!(drifts[0].statements[0].contains("ADD CONSTRAINT `fk:chapters:book_id`"), "{drifts:?}");
    // Nothing of it was done.
    let made = "SELECT CONSTRAINT_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS \
         WHERE CONSTRAINT_SCHEMA = 'net_b_x'";
    assert!(sql(made).is_empty());
    let checked = open("net_b_", true).schema_sync(SchemaSync::Check).models::<(Author, Chapter)>().start();
    let Err(Error::SchemaDrift { drifts, .. }) = checked else { panic!("nothing was created") };
    assert_eq!(drifts.len(), 2, "{drifts:?}");
    old.repository::<Book>().save(Book::draft().id(1).title("b")).unwrap();
    let db = open("net_b_", true).models::<(Author, Chapter)>().start().unwrap();
    let error = db.repository::<Chapter>().save(Chapter::draft().id(2).book_id(9)).unwrap_err();
    assert!(matches!(error, Error::ForeignKey { .. }), "{error}");
    // Keys that others made serve as well.
    sql("ALTER TABLE net_b_x.chapters DROP CONSTRAINT `fk:chapters:book_id`, \
         ADD CONSTRAINT mine FOREIGN KEY (book_id) REFERENCES net_b_x.books (id) ON DELETE CASCADE");
    open("net_b_", true).schema_sync(SchemaSync::Check).models::<(Author, Chapter)>().start().unwrap();
}

/// Refers to what comes and goes in several ways: by levels, a removal would meet it too late.
mod ways {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    pub(super) struct Shelf {
        #[key]
        pub(super) id: u64,
        pub(super) name: String,
        #[field(default = "plain".to_owned())]
        pub(super) state: String,
    }

    #[derive(Model, Debug)]
    pub(super) struct Label {
        #[key]
        pub(super) id: u64,
        pub(super) shelf_id: u64,
        pub(super) folder_id: u64,
        #[belongs_to(on_delete = cascade)]
        pub(super) shelf: One<Shelf>,
        #[belongs_to(on_delete = cascade)]
        pub(super) folder: One<Binder>,
    }

    #[derive(Model, Debug)]
    pub(super) struct Binder {
        #[key]
        pub(super) id: u64,
        pub(super) shelf_id: u64,
        #[belongs_to(on_delete = cascade)]
        pub(super) shelf: One<Shelf>,
    }
}

use ways::{Binder, Label, Shelf};

#[test]
fn what_refers_goes_first_whichever_way_it_was_met() {
    if server().is_none() {
        return;
    }
    let db = open("ways_", true).models::<(Label, Binder, Shelf)>().start().unwrap();
    let shelves = db.repository::<Shelf>();
    for _ in 0..2 {
        shelves.save(Shelf::draft().id(1).name("s")).unwrap();
        db.repository::<Binder>().save_many((1..4).map(|id| Binder::draft().id(id).shelf_id(1))).unwrap();
        let label = |id| Label::draft().id(id).shelf_id(1).folder_id(id);
        db.repository::<Label>().save_many((1..4).map(label)).unwrap();
        assert!(shelves.destroy(1).unwrap());
        assert_eq!(db.repository::<Label>().count().unwrap() + db.repository::<Binder>().count().unwrap(), 0);
    }
}

#[test]
fn what_comes_back_was_never_gone() {
    if server().is_none() {
        return;
    }
    let db = open("back_", true).models::<(Label, Binder, Shelf)>().start().unwrap();
    let (shelves, binders) = (db.repository::<Shelf>(), db.repository::<Binder>());
    let draft = |id| Shelf::draft().id(id).name(format!("s{id}"));
    shelves.save_many([draft(1).state("worn"), draft(2), draft(3)]).unwrap();
    binders.save_many([1, 2].map(|id| Binder::draft().id(id).shelf_id(id))).unwrap();
    // The second one doesn't come back, and its binder goes along; the first one has its defaults.
    let fresh = shelves.fresh([draft(1), draft(4)]).unwrap();
    assert_eq!(
        fresh.iter().map(|s| (s.id, s.state.as_str())).collect::<Vec<_>>(),
        [(1, "plain"), (4, "plain")]
    );
    assert_eq!(shelves.query().order_by(|s| s.id.asc()).get().unwrap().len(), 2);
    assert_eq!(binders.all().unwrap().iter().map(|b| (b.id, b.shelf_id)).collect::<Vec<_>>(), [(1, 1)]);
}

#[test]
fn one_transaction_removes_what_another_begins_to_refer_to() {
    if server().is_none() {
        return;
    }
    let db = open("races_", true).models::<(Author, Chapter)>().start().unwrap();
    let (books, chapters) = (db.repository::<Book>(), db.repository::<Chapter>());
    for id in 1..6 {
        books.save(Book::draft().id(id).title("b")).unwrap();
        let tx = db.begin().unwrap();
        tx.repository::<Chapter>().save(Chapter::draft().id(id).book_id(id)).unwrap();
        let removing = {
            let books = books.clone();
            thread::spawn(move || books.query().with_deleted().filter(|b| b.id.eq(id)).force_delete())
        };
        thread::sleep(Duration::from_millis(100));
        tx.commit().unwrap();
        let removed = removing.join().unwrap();
        // Whoever was first, nothing refers to nothing.
        let (book, chapter) = (books.find(id).unwrap(), chapters.find(id).unwrap());
        assert!(book.is_some() || chapter.is_none(), "{removed:?}");
        assert!(removed.is_ok() == book.is_none(), "{removed:?}");
    }
}

/// Models whose foreign keys this engine can't have.
mod refused {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    pub(super) struct Hen {
        #[key]
        pub(super) id: u64,
        pub(super) egg_id: u64,
        #[belongs_to(on_delete = cascade)]
        pub(super) egg: One<Egg>,
    }

    #[derive(Model, Debug)]
    pub(super) struct Egg {
        #[key]
        pub(super) id: u64,
        pub(super) hen_id: u64,
        #[belongs_to(on_delete = cascade)]
        pub(super) hen: One<Hen>,
    }

    #[derive(Model, Debug)]
    pub(super) struct Feather {
        #[key]
        pub(super) id: u64,
        pub(super) nest_id: u32,
        #[belongs_to(on_delete = cascade)]
        pub(super) nest: One<Nest>,
    }

    #[derive(Model, Debug)]
    pub(super) struct Nest {
        #[key]
        pub(super) id: u64,
    }
}

#[test]
fn keys_that_it_cannot_have_are_told_at_the_start() {
    if server().is_none() {
        return;
    }
    let told = |answer: orm_core::Result<Database>| match answer {
        Err(Error::Configuration(text)) => text,
        other => panic!("{other:?}"),
    };
    let circle = told(open("never_", true).models::<refused::Hen>().start());
    assert!(circle.contains("circle") && circle.contains("`Option`"), "{circle}");
    let types = told(open("never_", true).models::<refused::Feather>().start());
    assert!(types.contains("(nest_id) of `Feather` to `Nest`") && types.contains("types"), "{types}");
    assert!(sql("SHOW DATABASES LIKE 'never%'").is_empty());
    // Without the net, all of it goes.
    let db = open("never_", false).models::<(refused::Hen, refused::Feather)>().start().unwrap();
    db.repository::<refused::Egg>().save(refused::Egg::draft().id(1).hen_id(7)).unwrap();
}
