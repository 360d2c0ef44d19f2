//! How many requests really go to the server.

use crate::wire::{Seen, Wire, database};
use orm_core::prelude::*;
use orm_tests::servers::PostgresServer;

#[derive(Model, Debug, Clone)]
#[model(entity = "authors")]
struct User {
    #[key(auto)]
    id: i64,
    name: String,
    #[has_many]
    posts: Many<Post>,
}

#[derive(Model, Debug, Clone)]
#[model(entity = "articles")]
struct Post {
    #[key(auto)]
    id: i64,
    #[field(index)]
    user_id: i64,
    title: String,
    #[has_many]
    comments: Many<Comment>,
}

#[derive(Model, Debug, Clone)]
#[model(entity = "remarks")]
struct Comment {
    #[key(auto)]
    id: i64,
    #[field(index)]
    post_id: i64,
    text: String,
}

fn user(n: usize) -> Draft<User> {
    let comment = |c: usize| Comment::draft().text(format!("comment {c}"));
    let post = |p: usize| Post::draft().title(format!("post {p}")).comments((0..2).map(comment));
    User::draft().name(format!("user {n}")).posts((0..5).map(post))
}

fn json(users: usize) -> serde_json::Value {
    let comments = serde_json::json!([{ "text": "a" }, { "text": "b" }]);
    let posts: Vec<_> =
        (0..5).map(|p| serde_json::json!({ "title": format!("post {p}"), "comments": comments })).collect();
    let user = |n: usize| serde_json::json!({ "name": format!("user {n}"), "posts": posts });
    (0..users).map(user).collect()
}

fn beginning_with<'a>(seen: &'a [String], word: &str) -> Vec<&'a String> {
    seen.iter().filter(|sql| sql.starts_with(word)).collect()
}

pub(crate) fn nested_saves_with_keys_of_the_storage<S: Wire>() {
    let Some((seen, db)) = database::<S, User>("nested") else { return };
    let users = db.repository::<User>();
    users.save(user(0)).unwrap();
    seen.take();
    users.save_many((0..100).map(user)).unwrap();
    let hundred = seen.take();
    // Of each entity one statement takes its keys.
    let keys = hundred.iter().filter(|sql| sql.contains(S::TAKES_KEYS)).count();
    assert_eq!(keys, 3, "{hundred:#?}");
    let written = beginning_with(&hundred, "INSERT");
    assert_eq!(written.len(), 3, "each entity at once: {hundred:#?}");
    for (entity, sql) in ["authors", "articles", "remarks"].into_iter().zip(&written) {
        assert!(sql.contains(entity), "parents come first: {sql}");
    }
    // Nothing is read back: keys are all that the drafts don't say.
    let read = |sql: &&String| sql.starts_with("SELECT") && sql.contains("title");
    assert_eq!(hundred.iter().find(read), None);
    assert!(hundred.len() <= S::REQUESTS, "{} requests: {hundred:#?}", hundred.len());
    users.save_many((0..1).map(user)).unwrap();
    assert!(seen.take().len() <= hundred.len(), "one takes no more");
    // Nor does it matter whether anybody asks for the records.
    users.save_json(&json(100).to_string()).unwrap();
    let streamed = seen.take();
    assert_eq!(beginning_with(&streamed, "INSERT"), written);
    assert!(streamed.len() <= hundred.len(), "{streamed:#?}");

    let all = users.query().with(|u| u.posts.with(|p| p.comments)).get().unwrap();
    assert_eq!(all.len(), 202);
    for user in &all {
        let posts = user.posts.get().unwrap();
        assert!(posts.len() == 5 && posts.iter().all(|p| p.comments.get().unwrap().len() == 2));
    }
}

fn load(db: &Database, seen: &Seen, most: u64) -> Vec<String> {
    seen.take();
    let users = db.repository::<User>().query().with(|u| u.posts).limit(most).get().unwrap();
    assert!(users.iter().all(|u| u.posts.get().unwrap().len() == 1));
    assert_eq!(users.len() as u64, most);
    // The end of what only reads isn't waited for.
    seen.until("COMMIT")
}

pub(crate) fn an_eager_load_of_50_000_parents<S: Wire>() {
    let Some((seen, db)) = database::<S, User>("eager") else { return };
    let user = |id: i64| User::draft().id(id).name("u");
    let post = |id: i64| Post::draft().id(id).user_id(id).title("p");
    db.repository::<User>().insert_many((1..=50_000).map(user)).unwrap();
    db.repository::<Post>().insert_many((1..=50_000).map(post)).unwrap();
    load(&db, &seen, 10);
    let few = load(&db, &seen, 10);
    assert_eq!(beginning_with(&few, "SELECT").len(), 2, "{few:#?}");
    // The snapshot's begin and end.
    assert_eq!(few.len(), 4, "{few:#?}");
    let many = load(&db, &seen, 50_000);
    assert_eq!(many.len(), 4, "{} requests", many.len());
}

pub(crate) fn many_records_are_written_in_few_statements<S: Wire>() {
    let Some((seen, db)) = database::<S, User>("bulk") else { return };
    let users = db.repository::<User>();
    users.save(user(0)).unwrap();
    seen.take();
    // More values than a statement could have parameters.
    users.insert_many((0..70_000).map(|n| User::draft().name(format!("user {n}")))).unwrap();
    let seen = seen.take();
    let (word, statements) = S::BULK;
    assert_eq!(beginning_with(&seen, word).len(), statements);
    assert_eq!(beginning_with(&seen, "COMMIT").len(), 1);
    assert!(seen.len() <= 2 * statements, "{} requests", seen.len());
    assert_eq!(users.count().unwrap(), 70_001);
}

pub(crate) fn new_records_with_keys_of_the_storage<S: Wire>() {
    let Some((seen, db)) = database::<S, User>("fresh") else { return };
    let users = db.repository::<User>();
    // What is stored already is looked for once.
    let mut last = users.insert(User::draft().name("first")).unwrap().id;
    for count in [1, 2, 100, 1, 100] {
        seen.take();
        let drafts = (0..count).map(|n| User::draft().name(format!("{count} {n}")));
        let saved = users.insert_many(drafts).unwrap();
        let seen = seen.take();
        assert_eq!(seen.len(), S::NEW, "{count} records: {seen:#?}");
        let keys: Vec<i64> = saved.iter().map(|user| user.id).collect();
        assert_eq!(keys, (last + 1..=last + count).collect::<Vec<_>>());
        // Each record has the key that was told.
        for (n, user) in users.find_many(keys).unwrap().iter().enumerate() {
            assert_eq!(user.name, format!("{count} {n}"));
        }
        last += count;
    }
    // A transaction begins, has a savepoint around the statement, and ends.
    seen.take();
    db.transaction(|tx| tx.repository::<User>().insert(User::draft().name("within")).map(drop)).unwrap();
    let within = seen.take();
    assert!(within.len() <= S::NEW + 6, "{within:#?}");
}

#[test]
fn saved_records_are_merged_only_where_one_may_be_stored() {
    let Some((seen, db)) = database::<PostgresServer, User>("saved") else { return };
    let users = db.repository::<User>();
    let save = |ids: std::ops::RangeInclusive<i64>| {
        seen.take();
        let count = ids.clone().count();
        assert_eq!(users.save_many(ids.map(|id| User::draft().id(id).name("u"))).unwrap().len(), count);
        let seen = seen.take();
        let merges = |sql: &&String| sql.starts_with("MERGE") || sql.contains("ON CONFLICT");
        let inserts = |sql: &&String| sql.starts_with("INSERT") && !merges(sql);
        let looks = beginning_with(&seen, "SELECT").len();
        (looks, seen.iter().filter(inserts).count(), seen.iter().filter(merges).count())
    };
    // The first time, others' keys are looked for as well.
    let (_, inserts, merges) = save(1..=600);
    assert_eq!((inserts, merges), (1, 0));
    assert_eq!(save(601..=1_200), (1, 1, 0));
    assert_eq!(save(1_200..=1_800), (1, 0, 1));
    // Asking doesn't pay.
    assert_eq!(save(1_801..=1_900), (0, 0, 1));
    assert_eq!(users.count().unwrap(), 1_900);
}
