//! Making the storage ready: what is created, what is taken for drift, and by whom at once.

use crate::server;
use orm_core::Error;
use orm_core::prelude::*;
use orm_provider_postgres::PostgresOptions;
use orm_tests::scenarios::blog::{Post, User};
use orm_tests::scenarios::staff::Employee;
use std::thread;

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
        ("ALTER TABLE drift_x.users DROP email", "`email` is missing"),
        ("ALTER TABLE drift_x.users ADD shoe int NOT NULL", "`shoe`, which the model doesn't have"),
        ("ALTER TABLE drift_x.users ALTER name TYPE text COLLATE \"default\"", "is collated by"),
        ("ALTER TABLE drift_x.users DROP CONSTRAINT users_pkey", "primary key is ()"),
        ("ALTER TABLE drift_x.employees ALTER id DROP IDENTITY", "`id` has no sequence"),
        ("DROP TABLE drift_x.users; CREATE VIEW drift_x.users AS SELECT 1 AS id", "is no table"),
    ];
    for (change, difference) in changes {
        sql("DROP SCHEMA IF EXISTS drift_x CASCADE");
        start("drift_").unwrap();
        sql(change);
        match start("drift_") {
            Err(Error::SchemaDrift { connection, difference: found, .. }) => {
                assert_eq!(connection, "x");
                assert!(found.contains(difference), "{change}: {found}");
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
        Err(Error::SchemaDrift { difference, .. }) => assert!(difference.contains("equal values in (email)")),
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
