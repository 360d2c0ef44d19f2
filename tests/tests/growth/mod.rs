//! Models that grow, and foreign keys as a net: the same on every engine that keeps what it stored.

use orm_core::Error;
use orm_core::database::Builder;
use orm_core::prelude::*;
use orm_core::provider::Drift;
use orm_core::value::Timestamp;
use orm_core::{Blocking, Result};
use orm_tests::scenarios::library::{Author, Book, Chapter, Folder, Loan, Review};

/// The first version of an application.
mod first {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    pub(crate) struct Article {
        #[key(auto)]
        pub(crate) id: u64,
        pub(crate) title: String,
    }
}

/// The next one: columns that old records can have, an index, and another table.
mod second {
    use orm_core::prelude::*;
    use orm_core::value::{Decimal, Timestamp};

    #[derive(Model, Debug)]
    pub(crate) struct Article {
        #[key(auto)]
        pub(crate) id: u64,
        pub(crate) title: String,
        pub(crate) subtitle: Option<String>,
        #[field(default = "it's a \"draft\"; --".to_owned(), index)]
        pub(crate) state: String,
        #[field(default = 3)]
        pub(crate) stars: Option<i32>,
        #[field(default = Decimal::new(-150, 2), scale = 2)]
        pub(crate) price: Decimal,
        #[field(unique)]
        pub(crate) slug: Option<String>,
        #[field(version)]
        pub(crate) version: u64,
        #[field(created_at)]
        pub(crate) since: Timestamp,
        #[has_many]
        pub(crate) remarks: Many<Remark>,
    }

    #[derive(Model, Debug)]
    pub(crate) struct Remark {
        #[key(auto)]
        pub(crate) id: u64,
        pub(crate) article_id: u64,
        pub(crate) text: String,
    }
}

/// One that asks for too much of what is stored.
mod third {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    pub(crate) struct Article {
        #[key(auto)]
        pub(crate) id: u64,
        #[field(unique)]
        pub(crate) title: i64,
        pub(crate) author: String,
    }

    #[derive(Model, Debug)]
    pub(crate) struct Remark {
        #[key]
        pub(crate) text: String,
        pub(crate) article_id: Option<u64>,
    }
}

fn drifts(answer: Result<Database>) -> Vec<Drift> {
    match answer {
        Err(Error::SchemaDrift { drifts, .. }) => drifts,
        other => panic!("no drift: {other:?}"),
    }
}

/// Old records are read by models that have grown.
pub(crate) fn models_grow(open: &dyn Fn() -> Builder<Blocking>) {
    let old = open().models::<first::Article>().start().unwrap();
    let titles = ["one", "two"].map(|title| first::Article::draft().title(title));
    old.repository::<first::Article>().save_many(titles).unwrap();

    // The check tells what the next version needs, and how it would come about.
    let found = drifts(open().schema_sync(SchemaSync::Check).models::<second::Article>().start());
    assert_eq!(found.iter().map(|d| d.entity).collect::<Vec<_>>(), ["articles", "remarks"]);
    let missing = found[0].differences.join("; ");
    for column in ["subtitle", "state", "stars", "price", "slug", "version", "since"] {
        assert!(missing.contains(&format!("column `{column}` is missing")), "{missing}");
    }
    assert!(missing.contains("no unique index on (slug)"), "{missing}");
    assert!(found[0].statements.iter().any(|sql| sql.contains("ADD COLUMN")), "{found:?}");

    let new = open().models::<second::Article>().start().unwrap();
    let articles = new.repository::<second::Article>();
    let all = articles.query().with(|a| a.remarks).order_by(|a| a.id.asc()).get().unwrap();
    assert_eq!(all.iter().map(|a| a.title.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    for article in &all {
        assert_eq!((&article.subtitle, &article.slug, article.stars), (&None, &None, Some(3)));
        assert_eq!((article.state.as_str(), article.version), ("it's a \"draft\"; --", 1));
        assert_eq!(article.price.to_string(), "-1.50");
        assert!(article.since > Timestamp::from_micros(0) && article.since == all[0].since);
        assert!(article.remarks.get().unwrap().is_empty());
    }
    articles.save(second::Article::draft().id(1).slug("s".to_owned())).unwrap();
    let twice = articles.save(second::Article::draft().id(2).slug("s".to_owned())).unwrap_err();
    assert!(matches!(twice, Error::Unique { .. }), "{twice}");
    open().schema_sync(SchemaSync::Check).models::<second::Article>().start().unwrap();

    // The older version goes on beside it: what it doesn't know is filled in.
    old.repository::<first::Article>().save(first::Article::draft().title("three")).unwrap();
    let three = articles.find(3).unwrap().unwrap();
    assert_eq!((three.stars, three.version), (Some(3), 1));
    open().models::<first::Article>().start().unwrap();
}

/// What would lose or need data is refused, all of it at once, and nothing is done.
pub(crate) fn too_much_is_refused(open: &dyn Fn() -> Builder<Blocking>) {
    let old = open().models::<second::Article>().start().unwrap();
    let saved = second::Article::draft().title("kept").remarks([second::Remark::draft().text("r")]);
    old.repository::<second::Article>().save(saved).unwrap();
    for how in [SchemaSync::Create, SchemaSync::Check] {
        let builder = open().schema_sync(how).models::<(third::Article, third::Remark)>();
        let error = builder.start().unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("2 entities on connection"), "{text}");
        let found = drifts(Err(error));
        assert_eq!(found.iter().map(|d| d.entity).collect::<Vec<_>>(), ["articles", "remarks"]);
        let articles = found[0].differences.join("; ");
        assert!(articles.contains("column `title` is "), "{articles}");
        assert!(articles.contains("column `author` is missing, and the stored records"), "{articles}");
        // The table was created with this column, so that it has no default there.
        assert!(
            articles.contains("column `state`, which the model doesn't have, must be given"),
            "{articles}"
        );
        let remarks = found[1].differences.join("; ");
        assert!(remarks.contains("the primary key is (id) instead of (text)"), "{remarks}");
        assert!(found.iter().all(|drift| !drift.statements.is_empty()), "{found:?}");
    }
    let kept = old.repository::<second::Article>().query().with(|a| a.remarks).get().unwrap();
    assert_eq!((kept[0].title.as_str(), kept[0].remarks.get().unwrap().len()), ("kept", 1));
    open().schema_sync(SchemaSync::Check).models::<second::Article>().start().unwrap();
}

/// A column that needs a value can be added while there are no records; a unique one to records that have
/// one value all can't.
pub(crate) fn empty_tables_take_more(open: &dyn Fn() -> Builder<Blocking>) {
    #[derive(Model, Debug)]
    #[model(entity = "articles")]
    struct Signed {
        #[key(auto)]
        id: u64,
        title: String,
        author: String,
    }
    #[derive(Model, Debug)]
    #[model(entity = "articles")]
    struct Ranked {
        #[key(auto)]
        id: u64,
        title: String,
        author: String,
        #[field(default = 7, unique)]
        rank: i32,
    }
    open().models::<first::Article>().start().unwrap();
    let db = open().models::<Signed>().start().unwrap();
    let draft = |title: &str| Signed::draft().title(title).author("Ada");
    db.repository::<Signed>().save_many([draft("a"), draft("b")]).unwrap();
    let found = drifts(open().models::<Ranked>().start());
    assert_eq!(found[0].differences, ["stored records have equal values in (rank), which must be unique"]);
    // Nothing of it was done.
    let missing = drifts(open().schema_sync(SchemaSync::Check).models::<Ranked>().start());
    assert!(missing[0].differences[0].contains("column `rank` is missing"), "{missing:?}");
    db.repository::<Signed>().query().filter(|s| s.title.eq("b")).delete().unwrap();
    let ranked = open().models::<Ranked>().start().unwrap().repository::<Ranked>();
    let one = ranked.query().first().unwrap().unwrap();
    assert_eq!((one.id, one.rank, one.author.as_str(), one.title.as_str()), (1, 7, "Ada", "a"));
}

/// A table that is missing while nobody may look is told by its entity, with what to do.
pub(crate) fn what_is_missing_is_named_when_nobody_looked(open: &dyn Fn() -> Builder<Blocking>) {
    let db = open().schema_sync(SchemaSync::Off).models::<first::Article>().start().unwrap();
    let articles = db.repository::<first::Article>();
    let errors = [
        articles.find(1).map(drop).unwrap_err(),
        articles.query().filter(|a| a.title.eq("x")).get().map(drop).unwrap_err(),
        articles.save(first::Article::draft().title("x")).map(drop).unwrap_err(),
        articles.query().filter(|a| a.title.eq("x")).delete().map(drop).unwrap_err(),
    ];
    for error in errors {
        let text = error.to_string();
        assert!(text.contains("articles") && text.contains("SchemaSync::Create"), "{text}");
    }
}

/// Refers to one that refers back.
#[derive(Model, Debug)]
struct Left {
    #[key]
    id: u64,
    right_id: Option<u64>,
    #[belongs_to(on_delete = set_null)]
    right: One<Right>,
}

/// Refers to one that refers back.
#[derive(Model, Debug)]
struct Right {
    #[key]
    id: u64,
    left_id: Option<u64>,
    #[belongs_to(on_delete = cascade)]
    left: One<Left>,
}

fn dangling<T: std::fmt::Debug>(answer: Result<T>, of: &str) {
    match answer {
        Err(Error::ForeignKey { entity, .. }) => assert_eq!(entity, of),
        other => panic!("no foreign key is violated: {other:?}"),
    }
}

/// Where the engine looks at foreign keys when a transaction ends, records may come in any order.
#[allow(dead_code, reason = "not every engine can wait")]
pub(crate) fn the_net_waits_for_the_end(open: &dyn Fn() -> Builder<Blocking>) {
    let db = open().models::<(Author, Chapter, Left)>().start().unwrap();
    // Children may come first, as long as their parents come in the same transaction.
    db.transaction(|tx| {
        tx.repository::<Chapter>().save(Chapter::draft().id(1).book_id(1))?;
        tx.repository::<Book>().save(Book::draft().id(1).title("b").author_id(1))?;
        tx.repository::<Author>().save(Author::draft().id(1).name("a"))
    })
    .unwrap();
    db.transaction(|tx| {
        tx.repository::<Left>().save(Left::draft().id(1).right_id(1))?;
        tx.repository::<Right>().save(Right::draft().id(1).left_id(1))
    })
    .unwrap();
    assert!(db.repository::<Left>().destroy(1).unwrap());
    assert_eq!(db.repository::<Right>().count().unwrap(), 0);
}

/// Foreign keys change nothing of what the core does, and catch what refers to nothing in the end.
pub(crate) fn the_net_holds(open: &dyn Fn() -> Builder<Blocking>) {
    let all = || open().models::<(Author, Chapter, Review, Loan, Folder, Left)>();
    let db = all().start().unwrap();
    all().schema_sync(SchemaSync::Check).start().unwrap();
    let (books, chapters) = (db.repository::<Book>(), db.repository::<Chapter>());

    // One save has its own order.
    let book = Book::draft().id(1).title("b").chapters([Chapter::draft().id(1)]);
    db.repository::<Author>().save(Author::draft().id(1).name("a").books([book])).unwrap();
    db.repository::<Review>().save(Review::draft().id(1).book_id(1)).unwrap();
    dangling(chapters.save(Chapter::draft().id(2).book_id(99)), "chapters");
    dangling(
        chapters.save_many([Chapter::draft().id(2).book_id(1), Chapter::draft().id(3).book_id(99)]),
        "chapters",
    );
    dangling(
        db.transaction(|tx| tx.repository::<Review>().save(Review::draft().id(2).book_id(99))),
        "reviews",
    );
    dangling(chapters.query().all_rows().update(|c| c.book_id.set(98)), "chapters");
    assert_eq!((chapters.count().unwrap(), db.repository::<Review>().count().unwrap()), (1, 1));
    // The connection isn't spoilt by it.
    chapters.save(Chapter::draft().id(2).book_id(1)).unwrap();

    // What the core does on removals leaves nothing to catch; what is only marked is still there.
    db.repository::<Loan>().save(Loan::draft().id(1).book_id(1)).unwrap();
    assert!(matches!(
        books.query().with_deleted().filter(|b| b.id.eq(1)).force_delete(),
        Err(Error::Restricted { .. })
    ));
    db.repository::<Loan>().destroy(1).unwrap();
    assert!(books.destroy(1).unwrap());
    assert_eq!(chapters.count().unwrap(), 2);
    books.query().with_deleted().filter(|b| b.id.eq(1)).force_delete().unwrap();
    assert_eq!(chapters.count().unwrap(), 0);
    assert_eq!(db.repository::<Review>().find(1).unwrap().unwrap().book_id, None);

    // Tables that refer to each other, and to themselves.
    let folders = db.repository::<Folder>();
    let inner = Folder::draft().id(2).folders([Folder::draft().id(3)]);
    folders.save(Folder::draft().id(1).folders([inner])).unwrap();
    dangling(folders.save(Folder::draft().id(4).parent_id(77)), "folders");
    folders.flush().unwrap();
    assert_eq!(folders.count().unwrap(), 0);
    // Whatever their order within the save, and whoever of them is there already.
    let row = |id: u64, parent: u64| Folder::draft().id(id).parent_id(parent);
    folders.save_many([row(3, 2), row(2, 1), Folder::draft().id(1), row(4, 4)]).unwrap();
    folders.save_many([row(1, 5), row(6, 3), row(5, 6)]).unwrap();
    let all = folders.query().order_by(|f| f.id.asc()).get().unwrap();
    assert_eq!(all.iter().map(|f| f.parent_id).collect::<Vec<_>>(), [5, 1, 2, 4, 6, 3].map(Some));
    dangling(folders.save_many([row(7, 8), row(8, 99)]), "folders");
    assert_eq!(folders.count().unwrap(), 6);
    // A circle goes as a whole, and by one of its records.
    assert!(folders.destroy(4).unwrap());
    assert!(folders.destroy(1).unwrap());
    assert_eq!(folders.count().unwrap(), 0);
    let right = Right::draft().id(1).left_id(1);
    db.repository::<Left>().save(Left::draft().id(1).right(right)).unwrap();
    assert_eq!(db.repository::<Left>().find(1).unwrap().unwrap().right_id, Some(1));
    assert!(db.repository::<Left>().destroy(1).unwrap());
    assert_eq!(db.repository::<Right>().count().unwrap(), 0);
}
