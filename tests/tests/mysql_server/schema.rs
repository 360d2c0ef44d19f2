//! Making the storage ready: what is created, what is taken for drift, and by whom at once.

use crate::server;
use mysql_async::prelude::Queryable as _;
use orm_core::Error;
use orm_core::prelude::*;
use orm_provider_mysql::MysqlOptions;
use orm_tests::scenarios::blog::User;
use orm_tests::scenarios::staff::Employee;
use std::thread;

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
        ("ALTER TABLE drift_x.users DROP email", "`email` is missing"),
        ("ALTER TABLE drift_x.users ADD shoe int NOT NULL", "`shoe`, which the model doesn't have"),
        (
            "ALTER TABLE drift_x.users MODIFY name longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL",
            "is collated by `utf8mb4_bin`",
        ),
        ("ALTER TABLE drift_x.users DROP PRIMARY KEY", "primary key is ()"),
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
                assert_eq!(connection, "x");
                let found = drifts[0].to_string();
                assert!(found.contains(difference), "{change}: {found}");
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
            assert!(drifts[0].to_string().contains("equal values in (email)"), "{drifts:?}");
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
