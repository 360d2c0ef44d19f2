//! SQL of one's own.

use super::BLOG;
use super::types::{largest, smallest};
use crate::scenarios::blog::{Post, User};
use crate::scenarios::shop::Order;
use crate::scenarios::types::{Everything, Maybe};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::prelude::*;
use orm_core::value::Date;
use orm_core::{Error, Mode};

cases![
    models_by_the_names_of_columns needs(sql),
    a_missing_column_is_named needs(sql),
    the_engine_is_quoted needs(sql),
    tuples_and_values_by_place needs(sql),
    projections needs(sql),
    every_type_is_bound_and_read needs(sql),
    nulls needs(sql),
    computed_numbers needs(sql),
    decimals needs(sql),
    lists needs(sql),
    each_place_has_a_value needs(sql),
    values_stay_data needs(sql),
    question_marks_in_texts needs(sql),
    one_and_first needs(sql),
    writes_tell_how_many_rows_they_touched needs(sql),
    rows_of_writes needs(sql),
    in_transactions needs(sql),
    a_failed_statement_leaves_the_transaction_as_it_was needs(sql),
    transactions_are_not_its_own needs(sql),
    what_the_engine_refuses needs(sql),
    tables_are_made_before_it_runs needs(sql),
    connections_have_their_own_tables needs(sql),
    watched_queries_answer_again needs(sql),
    rows_one_by_one needs(sql),
    streams_end_early_and_with_errors needs(sql),
    one_statement_each needs(sql),
    it_is_said_where_there_is_none lacks(sql),
];

async fn blog<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    Ok(db)
}

/// A name as the engine quotes it.
fn quoted<D: Mode>(db: &Database<D>, name: &str) -> String {
    match db.capabilities().name {
        "mysql" | "mariadb" => format!("`{name}`"),
        _ => format!("\"{name}\""),
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>, part: &str) {
    match outcome {
        Err(Error::Sql(message)) => assert!(message.contains(part), "{message}"),
        other => panic!("{other:?}"),
    }
}

async fn models_by_the_names_of_columns<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.table::<User>()?;
    let stored = go!(D, db.repository::<User>().query().order_by(|u| u.id.asc()).get())?;
    let read: Vec<User> = go!(D, db.sql(format!("SELECT * FROM {users} ORDER BY id")).fetch())?;
    assert_eq!(read, stored);
    // The order of the columns doesn't count, nor do columns that the model doesn't have.
    let text =
        format!("SELECT 7 AS other, email, age, name AS NAME, id FROM {users} WHERE age > ? ORDER BY id");
    let read: Vec<User> = go!(D, db.sql(text).bind(17).fetch())?;
    assert_eq!(read, [stored[0].clone(), stored[2].clone()]);
    let read: Vec<User> = go!(D, db.sql(format!("SELECT * FROM {users} WHERE id > 9")).fetch())?;
    assert_eq!(read, []);
    // What was read so is saved like any other.
    let mut ada: User =
        go!(D, db.repository::<User>().sql(format!("SELECT * FROM {users} WHERE id = ?")).bind(1).one())?;
    ada.age = 37;
    assert_eq!(go!(D, db.repository::<User>().save(ada))?.age, 37);
    Ok(())
}

async fn the_engine_is_quoted<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let told = go!(D, db.sql("SELECT 1 FROM no_such_table").fetch::<i64>());
    assert!(matches!(&told, Err(error) if error.to_string().contains("no_such_table")), "{told:?}");
    Ok(())
}

async fn a_missing_column_is_named<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let (users, posts) = (db.table::<User>()?, db.table::<Post>()?);
    let lacking = go!(D, db.sql(format!("SELECT id, name, email FROM {users}")).fetch::<User>());
    refused(
        lacking,
        "`User` is read from a column `age`, and the result has 3 columns (`id`, `name`, `email`)",
    );
    // Also where there are no rows.
    let lacking = go!(D, db.sql(format!("SELECT id FROM {users} WHERE id = 99")).first::<User>());
    refused(lacking, "`name`");
    let doubled = format!("SELECT u.*, p.id FROM {users} u JOIN {posts} p ON p.author_id = u.id");
    refused(go!(D, db.sql(doubled).fetch::<User>()), "several columns `id`");
    let silent = format!("DELETE FROM {users} WHERE id = 99");
    refused(go!(D, db.sql(silent).fetch::<User>()), "answers no columns");
    // A column that the model has otherwise.
    let wrong = go!(D, db.sql(format!("SELECT id, 5 AS name, age, email FROM {users}")).fetch::<User>());
    assert!(matches!(wrong, Err(Error::Operand { model: "User", column: "name", .. })), "{wrong:?}");
    let null = go!(D, db.sql(format!("SELECT id, NULL AS name, age, email FROM {users}")).fetch::<User>());
    assert!(matches!(null, Err(Error::Operand { model: "User", column: "name", .. })), "{null:?}");
    Ok(())
}

async fn tuples_and_values_by_place<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.table::<User>()?;
    let ages: Vec<(String, i32)> =
        go!(D, db.sql(format!("SELECT name, age FROM {users} ORDER BY age")).fetch())?;
    assert_eq!(ages, [("Bob".to_owned(), 17), ("Cy".to_owned(), 18), ("Ada".to_owned(), 36)]);
    let names: Vec<String> = go!(D, db.sql(format!("SELECT name FROM {users} ORDER BY id")).fetch())?;
    assert_eq!(names, ["Ada", "Bob", "Cy"]);
    let emails: Vec<Option<String>> =
        go!(D, db.sql(format!("SELECT email FROM {users} ORDER BY id")).fetch())?;
    assert_eq!(emails, [Some("ada@example.org".to_owned()), None, None]);
    let count: i64 = go!(D, db.sql(format!("SELECT COUNT(*) FROM {users}")).one())?;
    assert_eq!(count, 3);
    let one: (u8,) = go!(D, db.sql("SELECT ?").bind(200_u8).one())?;
    assert_eq!(one, (200,));

    let two = || db.sql(format!("SELECT id, name FROM {users} ORDER BY id"));
    refused(go!(D, two().fetch::<(u64, String, i32)>()), "2 columns (`id`, `name`), and a tuple of 3");
    refused(go!(D, two().fetch::<u64>()), "a single value");
    refused(go!(D, two().fetch::<(u64, i32)>()), "column 2 of the result (`name`): expected an integer");
    let null = go!(D, db.sql(format!("SELECT email FROM {users} ORDER BY id")).fetch::<String>());
    refused(null, "column 1 of the result (`email`): expected text, found null");
    Ok(())
}

#[derive(Projection, Debug, PartialEq)]
#[projection(User)]
struct Brief {
    age: i32,
    name: String,
}

async fn projections<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.table::<User>()?;
    let brief: Vec<Brief> =
        go!(D, db.sql(format!("SELECT name, id, age FROM {users} WHERE age < 30 ORDER BY id")).fetch())?;
    let expected = [(17, "Bob"), (18, "Cy")].map(|(age, name)| Brief { age, name: name.to_owned() });
    assert_eq!(brief, expected);
    let lacking = go!(D, db.sql(format!("SELECT name FROM {users}")).fetch::<Brief>());
    refused(lacking, "column `age`");
    Ok(())
}

async fn every_type_is_bound_and_read<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Everything>();
    go!(D, all.insert_many([smallest(), largest()]))?;
    let table = db.table::<Everything>()?;
    let read: Vec<Everything> = go!(D, db.sql(format!("SELECT * FROM {table} ORDER BY id")).fetch())?;
    assert_eq!(read, [smallest(), largest()]);
    for one in [smallest(), largest()] {
        macro_rules! found_by {
            ($($column:ident),*) => { $({
                let text = format!("SELECT * FROM {table} WHERE {} = ?", quoted(&db, stringify!($column)));
                let found: Vec<Everything> = go!(D, db.sql(text).bind(one.$column.clone()).fetch())?;
                assert_eq!(found, std::slice::from_ref(&one), stringify!($column));
                let text = format!("SELECT {} FROM {table} WHERE id = ?", quoted(&db, stringify!($column)));
                let mut values = vec![one.$column.clone()];
                values.append(&mut go!(D, db.sql(text).bind(one.id).fetch())?);
                assert_eq!(values[0], values[1], stringify!($column));
            })* };
        }
        found_by!(
            bool, i8, i16, i32, i64, u8, u16, u32, u64, f64, text, bytes, uuid, date, time, date_time,
            instant
        );
    }
    // What can't be a value is told when the statement is run.
    refused(go!(D, db.sql("SELECT ?, ?").bind(1).bind(f64::NAN).fetch::<(i64, f64)>()), "value 2");
    refused(go!(D, db.sql("SELECT ?").bind(u64::MAX).one::<u64>()), "value 1");
    refused(go!(D, db.sql("SELECT 1 WHERE 1 IN (?)").bind_list([f64::INFINITY]).fetch::<i64>()), "value 1");
    Ok(())
}

async fn nulls<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let none = Maybe { id: 1, ..go!(D, db.repository::<Maybe>().save(Maybe::draft().id(1)))? };
    let table = db.table::<Maybe>()?;
    let read: Vec<Maybe> = go!(D, db.sql(format!("SELECT * FROM {table}")).fetch())?;
    assert_eq!(read, [none]);
    let text = format!("UPDATE {table} SET i32 = ?, text = ?, uuid = ?, f64 = ? WHERE id = ?");
    let update = db.sql(text).bind(Some(5)).bind("x").bind(None::<uuid::Uuid>).bind(None::<f64>).bind(1_u64);
    assert_eq!(go!(D, update.execute())?, 1);
    let text = format!("SELECT i32, text, uuid, f64 FROM {table}");
    let read = go!(D, db.sql(text).one::<(Option<i32>, Option<String>, Option<uuid::Uuid>, Option<f64>)>())?;
    assert_eq!(read, (Some(5), Some("x".to_owned()), None, None));
    let none = go!(
        D,
        db.sql("SELECT ?, ?").bind(None::<i64>).bind(None::<&str>).one::<(Option<i64>, Option<String>)>()
    )?;
    assert_eq!(none, (None, None));
    let none =
        go!(D, db.sql(format!("SELECT id FROM {table} WHERE i32 = ?")).bind(None::<i32>).first::<u64>())?;
    assert_eq!(none, None);
    Ok(())
}

async fn computed_numbers<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.table::<Post>()?;
    let text = format!("SELECT COUNT(*), SUM(views), AVG(views), MAX(views) FROM {posts}");
    assert_eq!(go!(D, db.sql(text).one::<(u64, i64, f64, Option<i64>)>())?, (4, 60, 15.0, Some(30)));
    let text = format!("SELECT COUNT(*), SUM(views), AVG(views) FROM {posts} WHERE id > ?");
    let none = go!(D, db.sql(text).bind(99).one::<(u64, Option<i64>, Option<f64>)>())?;
    assert_eq!(none, (0, None, None));
    let halves = go!(D, db.sql(format!("SELECT SUM(views) * 0.5 FROM {posts}")).one::<f64>())?;
    assert_eq!(halves, 30.0);
    Ok(())
}

async fn decimals<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let orders = db.repository::<Order>();
    let day: Date = "2026-01-31".parse()?;
    let order = |id: u64, price: i64| Order::draft().id(id).price(Decimal::new(price, 2)).pieces(1).day(day);
    go!(D, orders.save_many([order(1, 150), order(2, 1205)]))?;
    let table = db.table::<Order>()?;
    let read: Vec<Order> = go!(D, db.sql(format!("SELECT * FROM {table} ORDER BY id")).fetch())?;
    assert_eq!(read, go!(D, orders.query().order_by(|o| o.id.asc()).get())?);
    let prices: Vec<Decimal> = go!(D, db.sql(format!("SELECT price FROM {table} ORDER BY id")).fetch())?;
    assert_eq!(prices, [Decimal::new(150, 2), Decimal::new(1205, 2)]);
    let floats: Vec<f64> = go!(D, db.sql(format!("SELECT price FROM {table} ORDER BY id")).fetch())?;
    assert_eq!(floats, [1.5, 12.05]);
    let bound = db.sql(format!("SELECT id FROM {table} WHERE price > ?")).bind(Decimal::new(15, 1));
    let bound = go!(D, bound.fetch::<u64>());
    if db.capabilities().name == "sqlite" {
        // It has no decimals, so nobody can tell which units are meant.
        refused(bound, "bind those");
        let sum = db.sql(format!("SELECT SUM(price) FROM {table}"));
        refused(go!(D, sum.one::<Decimal>()), "column 1");
        assert_eq!(go!(D, db.sql(format!("SELECT SUM(price) FROM {table}")).one::<i64>())?, 1355);
    } else {
        assert_eq!(bound?, [2]);
        let sum = go!(D, db.sql(format!("SELECT SUM(price) FROM {table}")).one::<Decimal>())?;
        assert_eq!(sum, Decimal::new(1355, 2));
    }
    Ok(())
}

async fn lists<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.table::<User>()?;
    let ids = |text: &str| db.sql(format!("SELECT id FROM {users} WHERE {text} ORDER BY id"));
    assert_eq!(go!(D, ids("id IN (?)").bind_list([3_u64, 1, 99]).fetch::<u64>())?, [1, 3]);
    assert_eq!(go!(D, ids("id NOT IN (?)").bind_list(vec![3_u64, 1]).fetch::<u64>())?, [2]);
    assert_eq!(go!(D, ids("name IN (?)").bind_list(["Bob", "', 'Ada"]).fetch::<u64>())?, [2]);
    let both = ids("id IN (?) AND age > ? AND name IN (?)").bind_list(1..=3_u64).bind(17);
    assert_eq!(go!(D, both.bind_list(["Ada".to_owned(), "Bob".to_owned()]).fetch::<u64>())?, [1]);
    assert_eq!(go!(D, ids("id IN (?)").bind_list(Vec::<u64>::new()).fetch::<u64>())?, [0_u64; 0]);
    assert_eq!(go!(D, ids("id NOT IN (?)").bind_list(Vec::<u64>::new()).fetch::<u64>())?, [1, 2, 3]);
    // One of any length is one value.
    assert_eq!(go!(D, ids("id IN (?)").bind_list(2..=40_000_u64).fetch::<u64>())?, [2, 3]);
    Ok(())
}

async fn each_place_has_a_value<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    refused(
        go!(D, db.sql("SELECT ?, ?").bind(1).fetch::<(i64, i64)>()),
        "2 placeholders `?`, and 1 value is bound",
    );
    refused(go!(D, db.sql("SELECT 1").bind(1).fetch::<i64>()), "0 placeholders `?`, and 1 value is bound");
    refused(go!(D, db.sql("SELECT ?").execute()), "1 placeholder `?`, and 0 values are bound");
    refused(go!(D, db.sql("SELECT ?1").bind(1).fetch::<i64>()), "without a number");
    refused(go!(D, db.sql("").execute()), "empty statement");
    refused(go!(D, db.sql("SELECT 'x").execute()), "a text has no end");
    refused(go!(D, db.sql("SELECT 1; SELECT 2").execute()), "one statement at a time");
    assert_eq!(go!(D, db.sql("SELECT 1;").one::<i64>())?, 1);
    Ok(())
}

async fn values_stay_data<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.table::<User>()?;
    let hostile = [
        "'; DROP TABLE users; --",
        "' OR '1'='1",
        "\" OR 1=1 --",
        "?",
        "$1",
        "\\' OR 1=1 #",
        "`users`",
        "\0",
        "a\0b' OR 1=1",
        "/* */ ; -- \n",
        "\u{FEFF}\u{202E}\u{10FFFF}",
    ];
    for text in hostile {
        let found =
            db.sql(format!("SELECT id FROM {users} WHERE name = ? OR email = ?")).bind(text).bind(text);
        assert_eq!(go!(D, found.fetch::<u64>())?, [0_u64; 0], "{text}");
        let changed = db.sql(format!("UPDATE {users} SET name = ? WHERE id = 3")).bind(text);
        assert_eq!(go!(D, changed.execute())?, 1);
        let stored = go!(D, db.repository::<User>().find(3))?.expect("a user");
        assert_eq!(stored.name, text);
        let found = db.sql(format!("SELECT name FROM {users} WHERE name IN (?)")).bind_list([text]);
        assert_eq!(go!(D, found.one::<String>())?, text);
    }
    assert_eq!(go!(D, db.repository::<User>().query().count())?, 3);
    Ok(())
}

async fn question_marks_in_texts<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.table::<User>()?;
    let text = format!("SELECT '?', 'it''s ?' /* ? */, name -- ?\nFROM {users} WHERE id = ?");
    let read = go!(D, db.sql(text).bind(2).one::<(String, String, String)>())?;
    assert_eq!(read, ("?".to_owned(), "it's ?".to_owned(), "Bob".to_owned()));
    Ok(())
}

async fn one_and_first<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.table::<User>()?;
    let of = |filter: &str| db.sql(format!("SELECT * FROM {users} WHERE {filter} ORDER BY id"));
    assert_eq!(go!(D, of("id = 2").one::<User>())?.name, "Bob");
    assert!(matches!(go!(D, of("id > 1").one::<User>()), Err(Error::NotOne { .. })));
    let missing = go!(D, of("id > 9").one::<User>());
    assert!(matches!(missing, Err(Error::NotFound { .. })), "{missing:?}");
    assert_eq!(go!(D, of("id > 1").first::<User>())?.map(|u| u.id), Some(2));
    assert_eq!(go!(D, of("id > 9").first::<User>())?, None);
    Ok(())
}

async fn writes_tell_how_many_rows_they_touched<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.table::<User>()?;
    let insert = db.sql(format!("INSERT INTO {users} (id, name, age) VALUES (?, ?, ?), (8, 'Di', 1)"));
    assert_eq!(go!(D, insert.bind(7_u64).bind("Eve").bind(20).execute())?, 2);
    assert_eq!(
        go!(D, db.sql(format!("UPDATE {users} SET age = age + ? WHERE id > ?")).bind(1).bind(2).execute())?,
        3
    );
    assert_eq!(go!(D, db.sql(format!("DELETE FROM {users} WHERE id = ?")).bind(99).execute())?, 0);
    assert_eq!(go!(D, db.sql(format!("DELETE FROM {users} WHERE age < 20")).execute())?, 3);
    assert_eq!(go!(D, db.sql(format!("SELECT * FROM {users}")).execute())?, 0);
    let left: Vec<(u64, i32)> = go!(D, db.sql(format!("SELECT id, age FROM {users} ORDER BY id")).fetch())?;
    assert_eq!(left, [(1, 36), (7, 21)]);
    Ok(())
}

async fn rows_of_writes<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.table::<User>()?;
    let returning = |id: u64| {
        db.sql(format!("INSERT INTO {users} (id, name, age) VALUES (?, ?, ?) RETURNING id, name"))
            .bind(id)
            .bind("Eve")
            .bind(20)
    };
    assert_eq!(go!(D, returning(7).fetch::<(u64, String)>())?, [(7, "Eve".to_owned())]);
    // A row that can't be read undoes what it tells of.
    refused(go!(D, returning(8).fetch::<(u64, i64)>()), "column 2");
    refused(go!(D, returning(8).fetch::<u64>()), "a single value");
    assert_eq!(go!(D, db.repository::<User>().find(8))?, None);
    assert_eq!(go!(D, returning(8).first::<(u64, String)>())?, Some((8, "Eve".to_owned())));
    assert_eq!(go!(D, db.repository::<User>().query().count())?, 5);
    Ok(())
}

async fn in_transactions<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.table::<User>()?;
    let tx = go!(D, db.begin())?;
    assert_eq!(tx.table::<User>()?, users);
    assert_eq!(go!(D, tx.sql(format!("UPDATE {users} SET age = 50 WHERE id = ?")).bind(1).execute())?, 1);
    // Each sees the other's work.
    assert_eq!(go!(D, tx.repository::<User>().find(1))?.map(|u| u.age), Some(50));
    go!(D, tx.repository::<User>().query().filter(|u| u.id.eq(2)).update(|u| u.age.set(51)))?;
    let ages = tx.repository::<User>().sql(format!("SELECT age FROM {users} WHERE id < 3 ORDER BY id"));
    assert_eq!(go!(D, ages.fetch::<i32>())?, [50, 51]);
    go!(D, tx.rollback())?;
    assert_eq!(go!(D, db.repository::<User>().find(1))?.map(|u| u.age), Some(36));

    let text = format!("UPDATE {users} SET age = age + 1");
    let touched = {
        let tx = go!(D, db.begin())?;
        let touched = go!(D, tx.sql(text).execute())?;
        go!(D, tx.commit())?;
        touched
    };
    assert_eq!(touched, 3);
    assert_eq!(go!(D, db.repository::<User>().find(1))?.map(|u| u.age), Some(37));
    let ended = {
        let tx = go!(D, db.begin())?;
        let late = tx.sql("SELECT 1");
        go!(D, tx.commit())?;
        go!(D, late.one::<i64>())
    };
    assert!(matches!(ended, Err(Error::TransactionClosed(_))), "{ended:?}");
    Ok(())
}

async fn a_failed_statement_leaves_the_transaction_as_it_was<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.table::<User>()?;
    let tx = go!(D, db.begin())?;
    go!(D, tx.sql(format!("UPDATE {users} SET age = 50 WHERE id = 1")).execute())?;
    assert!(go!(D, tx.sql("SELECT * FROM there_is_no_such_table").execute()).is_err());
    let twice = format!("INSERT INTO {users} (id, name, age) VALUES (9, 'a', 1), (1, 'b', 1)");
    assert!(go!(D, tx.sql(twice).execute()).is_err());
    let unread = format!("UPDATE {users} SET age = 60 WHERE id = 1 RETURNING id, name");
    if !matches!(db.capabilities().name, "mysql" | "mariadb") {
        refused(go!(D, tx.sql(unread).fetch::<u64>()), "a single value");
    }
    let ages = tx.sql(format!("SELECT id, age FROM {users} ORDER BY id"));
    assert_eq!(go!(D, ages.fetch::<(u64, i32)>())?, [(1, 50), (2, 17), (3, 18)]);
    go!(D, tx.commit())?;
    assert_eq!(go!(D, db.repository::<User>().find(1))?.map(|u| u.age), Some(50));
    Ok(())
}

async fn transactions_are_not_its_own<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    for text in ["BEGIN", "/* */ begin", "COMMIT", "ROLLBACK", "SAVEPOINT a", "START TRANSACTION", "END"] {
        refused(go!(D, db.sql(text).execute()), "db.transaction");
        let tx = go!(D, db.begin())?;
        refused(go!(D, tx.sql(text).execute()), "db.transaction");
        go!(D, tx.repository::<User>().destroy(1))?;
        go!(D, tx.rollback())?;
    }
    refused(go!(D, db.sql("SET x = 1").execute()), "options");
    assert_eq!(go!(D, db.repository::<User>().query().count())?, 3);
    Ok(())
}

async fn what_the_engine_refuses<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.table::<User>()?;
    for text in ["SELEC 1", "SELECT * FROM there_is_no_such_table", "SELECT FROM FROM"] {
        let told = go!(D, db.sql(text).execute());
        assert!(matches!(told, Err(Error::Provider { .. })), "{told:?}");
    }
    let doubled = format!("INSERT INTO {users} (id, name, age, email) VALUES (9, 'a', 1, 'ada@example.org')");
    let told = go!(D, db.sql(doubled).execute());
    assert!(matches!(told, Err(Error::Unique { model: "row", .. })), "{told:?}");
    // Nothing is left of it.
    assert_eq!(go!(D, db.repository::<User>().query().count())?, 3);
    Ok(())
}

async fn tables_are_made_before_it_runs<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = db.table::<User>()?;
    assert_eq!(go!(D, db.sql(format!("SELECT COUNT(*) FROM {users}")).one::<u64>())?, 0);
    Ok(())
}

async fn connections_have_their_own_tables<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let other = go!(D, setup.builder::<D>().connection("other").models::<User>().start())?;
    let (here, there) = (db.table::<User>()?, other.table::<User>()?);
    assert_ne!(here, there);
    assert_eq!(go!(D, other.sql(format!("SELECT COUNT(*) FROM {there}")).one::<u64>())?, 0);
    // The names say it all, so one of them can be asked for both.
    let both = format!("SELECT (SELECT COUNT(*) FROM {here}), (SELECT COUNT(*) FROM {there})");
    assert_eq!(go!(D, other.sql(both).one::<(u64, u64)>())?, (3, 0));
    Ok(())
}

async fn watched_queries_answer_again<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.table::<User>()?;
    let mut grown = db.repository::<User>().query().filter(|u| u.age.ge(18)).watch();
    assert_eq!(D::next(&mut grown).await.expect("an answer")?.len(), 2);
    let grow = || db.sql(format!("UPDATE {users} SET age = 18 WHERE id = 2")).touches::<User>();
    assert_eq!(go!(D, grow().execute())?, 1);
    assert_eq!(D::next(&mut grown).await.expect("an answer")?.len(), 3);
    let tx = go!(D, db.begin())?;
    go!(D, tx.sql(format!("DELETE FROM {users} WHERE id = 3")).touches::<User>().execute())?;
    go!(D, tx.commit())?;
    assert_eq!(D::next(&mut grown).await.expect("an answer")?.len(), 2);
    Ok(())
}

async fn many<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    let posts = (1..=2_000_u64).map(|id| Post::draft().id(id).title("t").views(id as i64 / 7));
    go!(D, db.repository::<Post>().save_many(posts.collect::<Vec<_>>()))?;
    setup.statements();
    Ok(db)
}

async fn rows_one_by_one<D: Mode>(setup: Setup) -> TestResult {
    let db = many::<D>(&setup).await?;
    let posts = db.table::<Post>()?;
    let mut rows = db.sql(format!("SELECT * FROM {posts} WHERE id > ? ORDER BY id")).bind(1).stream::<Post>();
    assert_eq!(setup.statements(), 0);
    let mut expected = 2;
    while let Some(post) = D::next(&mut rows).await {
        assert_eq!(post?.id, expected);
        expected += 1;
    }
    assert_eq!((expected, setup.statements()), (2_001, 1));
    assert!(D::next(&mut rows).await.is_none());
    let mut none = db.sql(format!("SELECT id FROM {posts} WHERE id > 9999")).stream::<u64>();
    assert!(D::next(&mut none).await.is_none());
    Ok(())
}

async fn streams_end_early_and_with_errors<D: Mode>(setup: Setup) -> TestResult {
    let db = many::<D>(&setup).await?;
    let posts = db.table::<Post>()?;
    for taken in [1, 300, 1_999] {
        let mut rows = db.sql(format!("SELECT id FROM {posts} ORDER BY id")).stream::<u64>();
        for expected in 1..=taken {
            assert_eq!(D::next(&mut rows).await.expect("a row")?, expected);
        }
        drop(rows);
        // Nothing is held any more.
        go!(D, db.repository::<Post>().save(Post::draft().id(1).title("again")))?;
    }
    // An error in the middle: the title of the 700th is none.
    let text = format!("SELECT id, CASE WHEN id < 700 THEN title END FROM {posts} ORDER BY id");
    let mut rows = db.sql(text).stream::<(u64, String)>();
    let mut read = 0;
    let error = loop {
        match D::next(&mut rows).await.expect("an error") {
            Ok(_) => read += 1,
            Err(error) => break error,
        }
    };
    refused(Err::<(), _>(error), "column 2");
    assert!(read < 700);
    assert!(D::next(&mut rows).await.is_none());
    let mut wrong = db.sql("SELECT ?").stream::<u64>();
    refused(D::next(&mut wrong).await.expect("an error"), "placeholder");
    assert!(D::next(&mut wrong).await.is_none());
    let tx = go!(D, db.begin())?;
    let mut inside = tx.sql("SELECT 1").stream::<u64>();
    let told = D::next(&mut inside).await.expect("an error");
    assert!(matches!(told, Err(Error::Unsupported { .. })), "{told:?}");
    // The transaction is still open.
    assert_eq!(go!(D, tx.sql("SELECT 1").one::<u64>())?, 1);
    go!(D, tx.commit())?;
    Ok(())
}

async fn one_statement_each<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    setup.statements();
    go!(D, db.sql("SELECT 1").fetch::<i64>())?;
    go!(D, db.sql("SELECT 1").execute())?;
    assert_eq!(setup.provider.statements().sql, 2);
    assert_eq!(setup.statements(), 2);
    Ok(())
}

async fn it_is_said_where_there_is_none<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    assert!(matches!(db.table::<User>(), Err(Error::Unsupported { .. })));
    assert!(matches!(go!(D, db.sql("SELECT 1").fetch::<i64>()), Err(Error::Unsupported { .. })));
    let mut rows = db.sql("SELECT 1").stream::<i64>();
    assert!(matches!(D::next(&mut rows).await, Some(Err(Error::Unsupported { .. }))));
    let tx = go!(D, db.begin())?;
    assert!(matches!(go!(D, tx.sql("SELECT 1").execute()), Err(Error::Unsupported { .. })));
    Ok(())
}
