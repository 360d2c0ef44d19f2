//! Making the storage ready: what is created, what is taken for drift, and by whom at once.

use crate::{growth, server};
use orm_core::prelude::*;
use orm_core::{Blocking, Error};
use orm_provider_postgres::PostgresOptions;
use orm_tests::scenarios::blog::{Post, User};
use orm_tests::scenarios::library::{Author, Book, Chapter};
use orm_tests::scenarios::staff::Employee;
use orm_tests::{Ending, Suite};
use std::process::{Command, Stdio};
use std::{env, thread};

/// Runs statements as others would.
fn sql(statements: &str) -> Vec<String> {
    let url = server().unwrap().url().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        let serving = tokio::spawn(connection);
        let rows = client.simple_query(statements).await.unwrap();
        drop(client);
        let _ = serving.await;
        let first = rows.into_iter().filter_map(|row| match row {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        first.collect()
    })
}

fn options(prefix: &str) -> PostgresOptions {
    server().unwrap().options().unwrap().schema_prefix(prefix)
}

fn start(prefix: &str) -> orm_core::Result<Database> {
    let builder = Database::builder().provider(options(prefix).lazy()?).connection("x");
    builder.models::<(User, Employee)>().start()
}

#[test]
fn many_start_at_once() {
    if server().is_none() {
        return;
    }
    let threads: Vec<_> = (0..6).map(|_| thread::spawn(|| start("once_").map(drop))).collect();
    for thread in threads {
        thread.join().unwrap().unwrap();
    }
    let tables = sql("SELECT tablename FROM pg_tables WHERE schemaname = 'once_x' ORDER BY 1");
    assert!(tables.contains(&"users".to_owned()) && tables.contains(&"employees".to_owned()), "{tables:?}");
    let collations = sql("SELECT DISTINCT collation_name FROM information_schema.columns \
         WHERE table_schema = 'once_x' AND data_type = 'text'");
    assert_eq!(collations, ["C"]);
    // What is there is enough.
    let before = sql("SELECT indexname FROM pg_indexes WHERE schemaname = 'once_x' ORDER BY 1");
    start("once_").unwrap();
    assert_eq!(sql("SELECT indexname FROM pg_indexes WHERE schemaname = 'once_x' ORDER BY 1"), before);
}

#[test]
fn another_shape_is_drift() {
    if server().is_none() {
        return;
    }
    let changes = [
        ("ALTER TABLE drift_x.users ALTER age TYPE bigint", "`age` is bigint instead of integer"),
        ("ALTER TABLE drift_x.users ALTER age DROP NOT NULL", "`age` allows NULL"),
        ("ALTER TABLE drift_x.users ALTER email SET NOT NULL", "`email` refuses NULL"),
        ("ALTER TABLE drift_x.users ADD shoe int NOT NULL", "`shoe`, which the model doesn't have"),
        ("ALTER TABLE drift_x.users ALTER name TYPE text COLLATE \"default\"", "is collated by"),
        ("ALTER TABLE drift_x.users DROP CONSTRAINT users_pkey", "primary key is ()"),
        ("ALTER TABLE drift_x.employees ALTER id DROP IDENTITY", "in column `id` aren't counted"),
        (
            "CREATE UNIQUE INDEX one ON drift_x.users (age)",
            "the unique index `one` on (age), which the model",
        ),
        ("ALTER TABLE drift_x.users ADD UNIQUE (name)", "on (name), which the model doesn't have, refuses"),
        ("DROP TABLE drift_x.users; CREATE VIEW drift_x.users AS SELECT 1 AS id", "is no table"),
    ];
    for (change, difference) in changes {
        sql("DROP SCHEMA IF EXISTS drift_x CASCADE");
        start("drift_").unwrap();
        sql(change);
        match start("drift_") {
            Err(Error::SchemaDrift { connection, drifts }) => {
                assert_eq!((connection.as_str(), drifts.len()), ("x", 1));
                let found = drifts[0].differences.join("; ");
                assert!(found.contains(difference), "{change}: {found}");
                // The statements that were not run do what they say.
                let by_hand = &drifts[0].statements;
                assert_eq!(by_hand.is_empty(), difference == "is no table", "{change}: {by_hand:?}");
                if !by_hand.is_empty() {
                    sql(&by_hand.join(";"));
                    start("drift_").unwrap();
                }
            }
            other => panic!("{change}: {other:?}"),
        }
    }
    // What others added doesn't matter, if it need not be given.
    sql("DROP SCHEMA drift_x CASCADE");
    start("drift_").unwrap();
    sql("ALTER TABLE drift_x.users ADD shoe int DEFAULT 42");
    start("drift_").unwrap().repository::<User>().save(User::draft().id(1).name("Ada")).unwrap();
    // An index that is gone is made anew; where it can't be, that is told.
    sql("DROP INDEX drift_x.\"ux:users:email\"; UPDATE drift_x.users SET email = 'a'; \
         INSERT INTO drift_x.users (id, name, age, email) VALUES (2, 'b', 1, 'a')");
    match start("drift_") {
        Err(Error::SchemaDrift { drifts, .. }) => {
            assert!(drifts[0].differences[0].contains("equal values in (email)"), "{drifts:?}");
            assert!(drifts[0].statements[0].starts_with("CREATE UNIQUE INDEX"), "{drifts:?}");
        }
        other => panic!("{other:?}"),
    }
    sql("UPDATE drift_x.users SET email = id::text");
    let users = start("drift_").unwrap().repository::<User>();
    let twice = users.save(User::draft().id(3).name("c").email("1".to_owned())).unwrap_err();
    assert!(matches!(twice, Error::Unique { .. }), "{twice}");
}

#[test]
fn an_order_by_a_key_or_an_index_reads_no_more_than_it_puts_out() {
    if server().is_none() {
        return;
    }
    let db = start("plans_").unwrap();
    db.repository::<User>().save_many((1..=2000).map(|id| User::draft().id(id).name("n"))).unwrap();
    db.repository::<Post>()
        .save_many((1..=2000).map(|id| Post::draft().id(id).title("t").author_id(id)))
        .unwrap();
    sql("ANALYZE plans_x.users, plans_x.posts");
    for query in [
        "SELECT * FROM plans_x.users ORDER BY id LIMIT 3",
        // NULL is smallest: the index is made for this order.
        "SELECT * FROM plans_x.posts ORDER BY author_id NULLS FIRST LIMIT 3",
        "SELECT * FROM plans_x.posts ORDER BY author_id DESC NULLS LAST LIMIT 3",
    ] {
        let plan = sql(&format!("EXPLAIN {query}")).join("\n");
        assert!(plan.contains("Index Scan") && !plan.contains("Sort"), "{query}: {plan}");
    }
}

/// A database whose tables are in schemas of this prefix.
fn open(prefix: &str, net: bool) -> orm_core::database::Builder<Blocking> {
    Database::builder().provider(options(prefix).foreign_keys(net).lazy().unwrap()).connection("x")
}

#[test]
fn models_grow_and_old_records_stay() {
    if server().is_none() {
        return;
    }
    growth::models_grow(&|| open("grow_a_", false));
    growth::too_much_is_refused(&|| open("grow_b_", false));
    growth::empty_tables_take_more(&|| open("grow_c_", false));
    growth::what_is_missing_is_named_when_nobody_looked(&|| open("grow_d_", false));
}

#[test]
fn foreign_keys_are_a_net() {
    if server().is_none() {
        return;
    }
    growth::the_net_holds(&|| open("net_a_", true));
    growth::the_net_waits_for_the_end(&|| open("net_c_", true));
    // Who says something of deletions has one, at either end; what leads to one of several has none.
    let keys =
        sql("SELECT conname || CASE WHEN condeferred AND confdeltype = 'a' THEN '' ELSE ' at once' END \
         FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace \
         WHERE contype = 'f' AND nspname = 'net_a_x' ORDER BY conname COLLATE \"C\"");
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
    assert!(constraint.contains("fk:chapters:book_id") && constraint.contains("99"), "{constraint}");
}

#[test]
fn the_net_changes_nothing_of_removals() {
    let Some(server) = server() else { return };
    let with_net = || server.scratch_with(|options| options.foreign_keys(true));
    let suite = Suite::asynchronous("postgres with foreign keys", with_net).area("cascade").except(
        "cascade::keys_that_are_not_stored_cascade_nothing",
        "foreign keys refuse what refers to nothing",
    );
    let outcomes = suite.outcomes().unwrap();
    assert!(outcomes.len() > 20);
    for outcome in outcomes {
        if let Ending::Failed(error) = &outcome.ending {
            panic!("{}, {}: {error}", outcome.case.path(), outcome.mode);
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
    assert!(drifts[0].statements[0].contains("ADD CONSTRAINT \"fk:chapters:book_id\""), "{drifts:?}");
    let checked = open("net_b_", true).schema_sync(SchemaSync::Check).models::<(Author, Chapter)>().start();
    let Err(Error::SchemaDrift { drifts, .. }) = checked else { panic!("nothing was created") };
    assert_eq!(drifts.len(), 2, "{drifts:?}");
    old.repository::<Book>().save(Book::draft().id(1).title("b")).unwrap();
    let db = open("net_b_", true).models::<(Author, Chapter)>().start().unwrap();
    let error = db.repository::<Chapter>().save(Chapter::draft().id(2).book_id(9)).unwrap_err();
    assert!(matches!(error, Error::ForeignKey { .. }), "{error}");
    // Keys that others made serve as well.
    sql("ALTER TABLE net_b_x.chapters DROP CONSTRAINT \"fk:chapters:book_id\", \
         ADD CONSTRAINT mine FOREIGN KEY (book_id) REFERENCES net_b_x.books ON DELETE CASCADE");
    open("net_b_", true).schema_sync(SchemaSync::Check).models::<(Author, Chapter)>().start().unwrap();
}

/// Names that would end a statement, if they were not quoted.
#[derive(Model, Debug)]
#[model(entity = "x\"; DROP SCHEMA y; --")]
struct Hostile {
    #[key]
    id: u64,
    #[field(column = "a\"b'; --", index, default = "\\'; DROP TABLE x; --".to_owned())]
    text: String,
}

/// The same, before it had the column.
#[derive(Model, Debug)]
#[model(entity = "x\"; DROP SCHEMA y; --")]
struct Younger {
    #[key]
    id: u64,
}

#[test]
fn names_and_defaults_stay_data() {
    if server().is_none() {
        return;
    }
    let db = open("names_", false).models::<Younger>().start().unwrap();
    db.repository::<Younger>().save(Younger { id: 1 }).unwrap();
    let checked = open("names_", false).schema_sync(SchemaSync::Check).models::<Hostile>().start();
    assert!(matches!(checked, Err(Error::SchemaDrift { .. })));
    let db = open("names_", false).models::<Hostile>().start().unwrap();
    assert_eq!(db.repository::<Hostile>().find(1).unwrap().unwrap().text, "\\'; DROP TABLE x; --");
    open("names_", false).schema_sync(SchemaSync::Check).models::<Hostile>().start().unwrap();
}

/// Tells a process which server it is to start on.
const URL: &str = "ORM_STARTED_URL";

/// Starts with all there is to create, and saves something; run by itself, it does nothing.
#[test]
fn starter() {
    let Some(url) = env::var_os(URL) else { return };
    let options = PostgresOptions::from_url(&url.to_string_lossy()).unwrap().schema_prefix("many_");
    let builder = Database::builder().provider(options.lazy().unwrap()).connection("x");
    let db = builder.models::<(User, Employee, Chapter)>().start().unwrap();
    db.repository::<Employee>().save(Employee::draft().name("new")).unwrap();
}

#[test]
fn many_processes_start_at_once() {
    let Some(server) = server() else { return };
    let start = || {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "schema::starter", "--nocapture"]).env(URL, server.url());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let started: Vec<_> = (0..6).map(|_| start()).collect();
    for child in started {
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    let models = open("many_", false).schema_sync(SchemaSync::Check).models::<(User, Employee, Chapter)>();
    assert_eq!(models.start().unwrap().repository::<Employee>().count().unwrap(), 6);
}
