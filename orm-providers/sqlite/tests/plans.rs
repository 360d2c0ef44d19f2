//! How the engine carries statements out: by index where there is one.

mod common;
use common::*;
use orm_core::plan::{Change, CompareOp, KeySet, Predicate, Related, RowWrite, Rows, Select, TextMatch};
use orm_core::value::{Kind, Value, ValueRef};
use orm_provider_sql::Renderer;
use orm_provider_sqlite::{Sqlite, SqliteDialect};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[test]
fn indexes_serve_keys_relations_and_prefixes() {
    let folder = Folder::new("plans");
    ready(&Sqlite::open(folder.file("a.db")).unwrap(), "default");
    let engine = rusqlite::Connection::open(folder.file("a.db")).unwrap();
    rusqlite::vtab::array::load_module(&engine).unwrap();
    let explain = |plan: &Select| -> String {
        let render = Renderer { dialect: &SqliteDialect, namespace: "" };
        let sql = format!("EXPLAIN QUERY PLAN {}", render.select(plan).unwrap());
        let mut statement = engine.prepare(&sql).unwrap();
        let mut rows = statement.raw_query();
        let mut lines = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            lines.push(row.get::<_, String>(3).unwrap());
        }
        lines.join("\n")
    };
    let related = |relation: usize, limit| {
        let relation = &USERS.relations[relation];
        explain(&Select {
            related: Some(Related {
                relation,
                keys: int_keys(0..9),
                middle: None,
                with_middle: false,
                loose: false,
                offset: 0,
                limit,
            }),
            ..Select::all((relation.target)())
        })
    };
    let any = |relation: usize| {
        explain(&filtered(
            &USERS,
            Predicate::Related {
                relation: &USERS.relations[relation],
                filter: Box::new(Predicate::Constant(true)),
                middle: None,
                count: (CompareOp::Ge, 2),
            },
        ))
    };
    for (plan, searches) in [
        (related(0, None), vec!["t0 USING INDEX ix:posts:author_id,title"]),
        (related(0, Some(3)), vec!["t0 USING INDEX ix:posts:author_id,title"]),
        (related(1, None), vec!["t0 USING INTEGER PRIMARY KEY"]),
        (related(2, None), vec!["t0 USING INTEGER PRIMARY KEY", "t1 USING COVERING INDEX"]),
        (any(0), vec!["t1 USING COVERING INDEX ix:posts:author_id,title"]),
        (any(2), vec!["t1 USING INTEGER PRIMARY KEY", "t2 USING COVERING INDEX"]),
        (
            explain(&filtered(
                &USERS,
                Predicate::Text { column: 4, how: TextMatch::StartsWith, text: "a".into() },
            )),
            vec!["t0 USING INDEX ux:users:email (email>? AND email<?)"],
        ),
    ] {
        for search in searches {
            assert!(plan.contains(&format!("SEARCH {search}")), "{search} in:\n{plan}");
        }
    }
    let mut pairs = KeySet::new([Kind::U64, Kind::I64]);
    (0..9).for_each(|n| assert!(pairs.push(|_| ValueRef::Int(n))));
    let plan =
        explain(&filtered(&ROLE_USER, Predicate::Keys { columns: ROLE_USER.key, keys: Arc::new(pairs) }));
    assert!(plan.contains("SEARCH t0 USING INDEX"), "{plan}");
}

#[test]
fn fifty_thousand_keys_are_one_statement() {
    const KEYS: i64 = 50_000;
    let at = memory();
    let mut users = Rows::new(&USERS);
    let mut posts = Rows::new(&POSTS);
    let mut ties = Rows::new(&ROLE_USER);
    for id in 0..KEYS {
        let user = users.push();
        assert!(users.set(user, 0, ValueRef::Int(id)) && users.set(user, 1, ValueRef::Text("x")));
        let post = posts.push();
        assert!(posts.set(post, 1, ValueRef::Text("x")) && posts.set(post, 2, ValueRef::Int(id)));
        let tie = ties.push();
        assert!(ties.set(tie, 0, ValueRef::Int(id)) && ties.set(tie, 1, ValueRef::Int(-id)));
    }
    for rows in [users, posts, ties] {
        at.apply(&mut batch(rows, RowWrite::Merge)).unwrap();
    }
    let start = Instant::now();
    for limit in [None, Some(1)] {
        let plan = Select {
            related: Some(Related {
                relation: &USERS.relations[0],
                keys: int_keys(0..KEYS),
                middle: None,
                with_middle: false,
                loose: false,
                offset: 0,
                limit,
            }),
            ..Select::all(&POSTS)
        };
        assert_eq!(read(&*at, plan).len(), KEYS as usize);
    }
    let mut pairs = KeySet::new([Kind::U64, Kind::I64]);
    for n in 0..KEYS {
        assert!(pairs.push(|part| ValueRef::Int(if part == 0 { n } else { -n })));
    }
    let filter = Predicate::Keys { columns: ROLE_USER.key, keys: Arc::new(pairs.clone()) };
    assert_eq!(read(&*at, filtered(&ROLE_USER, filter)).len(), KEYS as usize);
    let deleted = change(&*at, &ROLE_USER, Change::Delete { keys: pairs }).unwrap();
    assert_eq!(deleted, KEYS as u64);
    let values = value_list(Kind::U64, &(0..KEYS).map(Value::Int).collect::<Vec<_>>());
    assert_eq!(ids(&*at, filtered(&USERS, Predicate::In { column: 0, values })).len(), KEYS as usize);
    // Generous for a debug build on a busy machine; a quadratic plan would take minutes.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
