//! Making the storage ready: what is created, what is taken for drift, and by whom at once.

use crate::{growth, server};
use mysql_async::prelude::Queryable as _;
use orm_core::prelude::*;
use orm_core::{Blocking, Error};
use orm_provider_mysql::MysqlOptions;
use orm_tests::scenarios::blog::{Post, User};
use orm_tests::scenarios::library::Chapter;
use orm_tests::scenarios::staff::Employee;
use std::process::{Command, Stdio};
use std::{env, thread};

/// Runs statements as others would, and answers the first column of the first.
pub(crate) fn sql(statements: &str) -> Vec<String> {
    let url = server().unwrap().url().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut conn = mysql_async::Conn::from_url(&url).await.unwrap();
        let rows: Vec<mysql_async::Row> = conn.query(statements).await.unwrap();
        conn.disconnect().await.unwrap();
        rows.iter().filter_map(|row| row.get::<Option<String>, _>(0).flatten()).collect()
    })
}

fn options(prefix: &str) -> MysqlOptions {
    server().unwrap().options().unwrap().database_prefix(prefix)
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
    let tables = sql("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'once_x'");
    for table in ["users", "employees", "employees__keys"] {
        assert!(tables.contains(&table.to_owned()), "{table}: {tables:?}");
    }
    let collations = sql("SELECT DISTINCT COLLATION_NAME FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA = 'once_x' AND DATA_TYPE IN ('varchar', 'longtext')");
    assert_eq!(collations, ["utf8mb4_nopad_bin"], "whatever the server's own is");
    let indexes =
        || sql("SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = 'once_x'");
    // What is there is enough.
    let before = indexes();
    start("once_").unwrap();
    assert_eq!(indexes(), before);
}

#[test]
fn another_shape_is_drift() {
    if server().is_none() {
        return;
    }
    let changes = [
        ("ALTER TABLE drift_x.users MODIFY age bigint NOT NULL", "`age` is bigint instead of int"),
        ("ALTER TABLE drift_x.users MODIFY age int NULL", "`age` allows NULL"),
        ("ALTER TABLE drift_x.users MODIFY email varchar(700) NOT NULL", "`email` refuses NULL"),
        (
            "DROP INDEX `ux:users:email` ON drift_x.users; ALTER TABLE drift_x.users MODIFY email longtext NULL",
            "`email` is longtext instead of varchar(768)",
        ),
        (
            "ALTER TABLE drift_x.users RENAME COLUMN age TO Age",
            "`age` is named `Age`, which differs in letters' case alone",
        ),
        ("ALTER TABLE drift_x.users ADD shoe int NOT NULL", "`shoe`, which the model doesn't have"),
        (
            "ALTER TABLE drift_x.users ADD shoe varchar(9) CHARACTER SET latin1 NOT NULL",
            "`shoe`, which the model doesn't have",
        ),
        (
            "ALTER TABLE drift_x.users MODIFY name longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL",
            "is collated by `utf8mb4_bin` instead of utf8mb4_nopad_bin",
        ),
        (
            "ALTER TABLE drift_x.users MODIFY name longtext CHARACTER SET latin1 NOT NULL",
            "is collated by `latin1_swedish_ci`",
        ),
        ("ALTER TABLE drift_x.users DROP PRIMARY KEY", "primary key is ()"),
        (
            "ALTER TABLE drift_x.employees MODIFY id bigint NOT NULL",
            "the keys in column `id` aren't counted (AUTO_INCREMENT)",
        ),
        (
            "CREATE UNIQUE INDEX one ON drift_x.users (age)",
            "the unique index `one` on (age), which the model doesn't have, refuses records",
        ),
        (
            "DROP INDEX `ux:users:email` ON drift_x.users; ALTER TABLE drift_x.users ENGINE = Aria",
            "no transactions",
        ),
        ("DROP TABLE drift_x.users; CREATE VIEW drift_x.users AS SELECT 1 AS id", "is no table"),
    ];
    for (change, difference) in changes {
        sql("DROP DATABASE IF EXISTS drift_x");
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
    sql("DROP DATABASE drift_x");
    start("drift_").unwrap();
    sql("ALTER TABLE drift_x.users ADD shoe int NOT NULL DEFAULT 42");
    start("drift_").unwrap().repository::<User>().save(User::draft().id(1).name("Ada")).unwrap();
    // An index that is gone is made anew; where it can't be, that is told.
    sql("DROP INDEX `ux:users:email` ON drift_x.users; UPDATE drift_x.users SET email = 'a'; \
         INSERT INTO drift_x.users (id, name, age, email) VALUES (2, 'b', 1, 'a')");
    match start("drift_") {
        Err(Error::SchemaDrift { drifts, .. }) => {
            assert!(drifts[0].differences[0].contains("equal values in (email)"), "{drifts:?}");
            assert!(drifts[0].statements[0].starts_with("CREATE UNIQUE INDEX"), "{drifts:?}");
        }
        other => panic!("{other:?}"),
    }
    sql("UPDATE drift_x.users SET email = id");
    let users = start("drift_").unwrap().repository::<User>();
    let twice = users.save(User::draft().id(3).name("c").email("1".to_owned())).unwrap_err();
    assert!(matches!(twice, Error::Unique { .. }), "{twice}");
}

#[test]
fn keys_follow_on_those_of_a_table_that_was_there() {
    if server().is_none() {
        return;
    }
    start("legacy_").unwrap();
    // As another program has left it: its own counter, and no table that counts.
    sql("INSERT INTO legacy_x.employees (name) VALUES ('a'), ('b'), ('c'); \
         DELETE FROM legacy_x.employees WHERE id = 3; DROP TABLE legacy_x.employees__keys");
    let staff = start("legacy_").unwrap().repository::<Employee>();
    assert_eq!(staff.insert(Employee::draft().name("d")).unwrap().id, 4);
    // Others go on by the engine's own counting.
    sql("INSERT INTO legacy_x.employees (name) VALUES ('e')");
    assert_eq!(staff.insert(Employee::draft().name("f")).unwrap().id, 6);
}

/// A database whose tables are in databases of this prefix.
pub(crate) fn open(prefix: &str, net: bool) -> orm_core::database::Builder<Blocking> {
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
fn columns_that_are_gone_come_back() {
    if server().is_none() {
        return;
    }
    start("gone_").unwrap().repository::<User>().save(User::draft().id(1).name("Ada")).unwrap();
    sql("ALTER TABLE gone_x.users DROP age, DROP email; ALTER TABLE gone_x.employees DROP manager_id");
    let users = start("gone_").unwrap().repository::<User>();
    let ada = users.find(1).unwrap().unwrap();
    assert_eq!((ada.age, ada.email), (18, None));
    // What they are is what they would have been.
    open("gone_", false).schema_sync(SchemaSync::Check).models::<(User, Employee)>().start().unwrap();
    users.save(User::draft().id(2).name("b").email("e".to_owned())).unwrap();
    let twice = users.save(User::draft().id(3).name("c").email("e".to_owned())).unwrap_err();
    assert!(matches!(twice, Error::Unique { .. }), "{twice}");
}

#[test]
fn a_check_names_the_table_that_counts_keys() {
    if server().is_none() {
        return;
    }
    start("counts_").unwrap();
    let check = || open("counts_", false).schema_sync(SchemaSync::Check).models::<Employee>().start();
    check().unwrap();
    sql("DROP TABLE counts_x.employees__keys");
    let Err(Error::SchemaDrift { drifts, .. }) = check() else { panic!("nothing counts") };
    assert_eq!(drifts[0].differences, ["there is no table `employees__keys`, which counts its keys"]);
    sql(&drifts[0].statements.join(";"));
    check().unwrap();
}

#[test]
fn a_check_lists_what_would_be_faster() {
    if server().is_none() {
        return;
    }
    let checked = || open("slow_", false).schema_sync(SchemaSync::Check).start().unwrap();
    open("slow_", false).models::<(User, Post)>().start().unwrap();
    sql("DROP INDEX `ix:posts:author_id` ON slow_x.posts");
    let report = checked().register::<Post>().sync().unwrap();
    assert_eq!(report.slower, ["CREATE INDEX `ix:posts:author_id` ON `slow_x`.`posts` (`author_id`)"]);
    open("slow_", false).models::<(User, Post)>().start().unwrap();
    let report = checked().register::<Post>().sync().unwrap();
    assert!(report.slower.is_empty(), "{report:?}");
}

/// Names that would end a statement, if they were not quoted.
#[derive(Model, Debug)]
#[model(entity = "x`; DROP DATABASE y; --")]
struct Hostile {
    #[key]
    id: u64,
    #[field(column = "a`b'; --", index, default = "\\'; DROP TABLE x; --".to_owned())]
    text: String,
    #[field(default = "it's \"plain\"".to_owned())]
    plain: String,
    #[field(default = vec![0, 39, 92, 255])]
    bytes: Vec<u8>,
}

/// The same, before it had the columns.
#[derive(Model, Debug)]
#[model(entity = "x`; DROP DATABASE y; --")]
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
    let one = db.repository::<Hostile>().find(1).unwrap().unwrap();
    assert_eq!((one.text.as_str(), one.plain.as_str()), ("\\'; DROP TABLE x; --", "it's \"plain\""));
    assert_eq!(one.bytes, [0, 39, 92, 255]);
    // Who doesn't know the columns writes the same.
    let db = open("names_", false).models::<Younger>().start().unwrap();
    db.repository::<Younger>().save(Younger { id: 2 }).unwrap();
    let two = open("names_", false).models::<Hostile>().start().unwrap().repository::<Hostile>().find(2);
    assert_eq!(two.unwrap().unwrap().text, one.text);
    open("names_", false).schema_sync(SchemaSync::Check).models::<Hostile>().start().unwrap();
}

/// Tells a process which server it is to start on.
const URL: &str = "ORM_STARTED_URL";

/// Starts with all there is to create, and saves something; run by itself, it does nothing.
#[test]
fn starter() {
    let Some(url) = env::var_os(URL) else { return };
    let options = MysqlOptions::from_url(&url.to_string_lossy()).unwrap().database_prefix("many_");
    let builder = Database::builder().provider(options.foreign_keys(true).lazy().unwrap()).connection("x");
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
    let models = open("many_", true).schema_sync(SchemaSync::Check).models::<(User, Employee, Chapter)>();
    assert_eq!(models.start().unwrap().repository::<Employee>().count().unwrap(), 6);
}
