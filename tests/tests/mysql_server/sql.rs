//! SQL of one's own that only this engine has.

use crate::server;
use orm_core::Error;
use orm_core::prelude::*;
use orm_tests::scenarios::blog::User;

fn database() -> Option<Database> {
    let options = server()?.options().unwrap();
    let db = Database::builder().provider(options.lazy().unwrap()).models::<User>().start().unwrap();
    db.repository::<User>().save_many((1..=3).map(|id| User::draft().id(id).name("n").age(10))).unwrap();
    Some(db)
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: orm_core::Result<T>, part: &str) {
    match outcome {
        Err(Error::Sql(message)) => assert!(message.contains(part), "{message}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_would_commit_the_open_transaction_is_refused() {
    let Some(db) = database() else { return };
    let users = db.table::<User>().unwrap();
    let tx = db.begin().unwrap();
    tx.sql(format!("UPDATE {users} SET age = 11 WHERE id = 1")).execute().unwrap();
    for text in
        ["CREATE TABLE t (a int)", "truncate t", "DROP TABLE t", "ALTER TABLE t ADD b int", "ANALYZE TABLE t"]
    {
        refused(tx.sql(text).execute(), "can't be run in a transaction");
    }
    refused(tx.sql("LOCK TABLES t READ").execute(), "`LOCK`");
    tx.sql("CREATE TEMPORARY TABLE passing (a int)").execute().unwrap();
    assert_eq!(tx.sql("INSERT INTO passing VALUES (1), (2)").execute().unwrap(), 2);
    tx.sql("DROP TEMPORARY TABLE passing").execute().unwrap();
    tx.rollback().unwrap();
    assert_eq!(db.repository::<User>().find(1).unwrap().unwrap().age, 10);
    // Outside of one they are as good as any.
    let (database, _) = users.split_once('.').unwrap();
    db.sql(format!("CREATE TABLE {database}.other (a int, b bit(4), c year)")).execute().unwrap();
    db.sql(format!("INSERT INTO {database}.other VALUES (1, b'101', 2026)")).execute().unwrap();
    let read: (Option<bool>, i64, i64) =
        db.sql(format!("SELECT a, b, c FROM {database}.other")).one().unwrap();
    assert_eq!(read, (Some(true), 5, 2026));
    db.sql(format!("DROP TABLE {database}.other")).execute().unwrap();
}

#[test]
fn procedures_answer_their_first_rows() {
    let Some(db) = database() else { return };
    let users = db.table::<User>().unwrap();
    let (database, _) = users.split_once('.').unwrap();
    let make = format!(
        "CREATE OR REPLACE PROCEDURE {database}.older(by_years int) BEGIN \
         UPDATE {users} SET age = age + by_years; SELECT id, age FROM {users} ORDER BY id; SELECT 'more'; END"
    );
    // Its `;` are its own.
    refused(db.sql(&make).execute(), "one statement at a time");
    let make = format!(
        "CREATE OR REPLACE PROCEDURE {database}.ages(least int) SELECT id, age FROM {users} WHERE age >= least"
    );
    db.sql(make).execute().unwrap();
    let ages: Vec<(u64, i32)> = db.sql(format!("CALL {database}.ages(?)")).bind(10).fetch().unwrap();
    assert_eq!(ages, [(1, 10), (2, 10), (3, 10)]);
    let tx = db.begin().unwrap();
    assert_eq!(tx.sql(format!("CALL {database}.ages(?)")).bind(11).fetch::<(u64, i32)>().unwrap(), []);
    tx.commit().unwrap();
}

#[test]
fn what_the_engine_tells_is_read() {
    let Some(db) = database() else { return };
    let users = db.table::<User>().unwrap();
    let shown: Vec<(String, String)> = db.sql("SHOW VARIABLES LIKE 'autocommit'").fetch().unwrap();
    assert_eq!(shown, [("autocommit".to_owned(), "ON".to_owned())]);
    assert_eq!(db.sql(format!("EXPLAIN SELECT * FROM {users}")).execute().unwrap(), 0);
    // `RETURNING` and duplicates.
    let gone: Vec<u64> =
        db.sql(format!("DELETE FROM {users} WHERE id > ? RETURNING id")).bind(2).fetch().unwrap();
    assert_eq!(gone, [3]);
    let again = format!("INSERT INTO {users} (id, name, age) VALUES (1, 'x', 1)");
    let told = db.sql(again).execute();
    assert!(matches!(&told, Err(Error::Unique { columns, .. }) if columns == "PRIMARY"), "{told:?}");
    // Colons and escapes are the engine's own; its text is the user's.
    let text: String = db.sql(r"SELECT CONCAT('a:b ''?', '\'', ?, ':x') -- it's: ?").bind("c").one().unwrap();
    assert_eq!(text, "a:b '?'c:x");
    refused(db.sql("SELECT :name").fetch::<String>(), "other placeholders");
    refused(db.sql("SELECT :name, ?").bind(1).fetch::<(String, i64)>(), "other placeholders");
    refused(db.sql("SELECT ??").fetch::<i64>(), "other placeholders");
}

#[test]
fn many_rows_that_nobody_wants_end_the_connection_and_no_other() {
    let Some(db) = database() else { return };
    let many = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000) \
                SELECT a.n FROM c AS a CROSS JOIN c AS b CROSS JOIN c AS d";
    // It would be a thousand million rows.
    let first: Option<i64> = db.sql(format!("SELECT n FROM ({many}) AS m")).first().unwrap();
    assert_eq!(first, Some(1));
    for _ in 0..20 {
        assert_eq!(db.repository::<User>().query().count().unwrap(), 3);
    }
}
