//! More than goes into one statement.

use crate::server;
use orm_core::Error;
use orm_core::prelude::*;
use orm_core::provider::Counted;
use orm_tests::scenarios::blog::{Post, User};
use orm_tests::scenarios::staff::{Employee, Task};

const MANY: u64 = 25_000;

fn database() -> Option<Database> {
    let provider = server()?.provider().unwrap();
    Some(Database::builder().provider(provider).models::<(User, Employee)>().start().unwrap())
}

#[test]
fn is_written_whole_and_found_whole() {
    let Some(db) = database() else { return };
    let posts = db.repository::<Post>();
    let text = |id: u64| if id.is_multiple_of(5_000) { "x".repeat(3 << 20) } else { format!("title {id}") };
    // Some say more than others; nothing depends on their order.
    let draft = |id: u64| {
        let post = Post::draft().id(id).title(text(id));
        if id.is_multiple_of(3) { post.views(id as i64) } else { post }
    };
    assert_eq!(posts.insert_many((1..=MANY).map(draft)).unwrap().len() as u64, MANY);
    assert_eq!(posts.count().unwrap(), MANY);
    assert_eq!(posts.query().filter(|p| p.views.eq(0)).count().unwrap(), MANY - MANY / 3);
    // Merged by key, with what others say of the same ones.
    let again = (1..=MANY).chain(1..=MANY / 2).map(|id| Post::draft().id(id).views(7).title("again"));
    posts.save_many(again).unwrap();
    assert_eq!(posts.query().filter(|p| p.views.eq(7)).count().unwrap(), MANY);
    let ids: Vec<u64> = (1..=MANY).rev().collect();
    let found = posts.find_many(ids.clone()).unwrap();
    assert!(found.iter().map(|p| p.id).eq(ids.iter().copied()));
    assert_eq!(posts.destroy_many(ids).unwrap(), MANY);
}

#[test]
fn tells_the_one_record_at_fault_and_keeps_nothing() {
    let Some(db) = database() else { return };
    let users = db.repository::<User>();
    users.insert(User::draft().id(2_900).name("there")).unwrap();
    let all = || (1..=3_000).map(|id| User::draft().id(id).name("n").email(format!("{id}@x")));
    match users.insert_many(all()).unwrap_err() {
        Error::DuplicateKey { at, .. } => assert!(at.starts_with("$[2899]"), "{at}"),
        other => panic!("{other}"),
    }
    users.update(User::draft().id(2_900).email("2950@x".to_owned())).unwrap();
    match users.save_many(all().filter(|_| true).skip(2_900)).unwrap_err() {
        Error::Unique { at, columns, .. } => {
            assert!(at.starts_with("$[49]"), "{at}");
            assert_eq!(columns, "email");
        }
        other => panic!("{other}"),
    }
    assert_eq!(users.count().unwrap(), 1);
    // Inside of a transaction, which goes on.
    let tx = db.begin().unwrap();
    let inside = tx.repository::<User>();
    inside.save(User::draft().id(1).name("kept")).unwrap();
    assert!(matches!(inside.insert_many(all()), Err(Error::DuplicateKey { .. })));
    tx.commit().unwrap();
    assert_eq!(users.count().unwrap(), 2);
}

#[test]
fn keys_are_threaded_through_thousands_of_children() {
    let Some(server) = server() else { return };
    let counted = Counted::new(server.provider().unwrap());
    let db = Database::builder().provider(counted.clone()).models::<Employee>().start().unwrap();
    let staff = db.repository::<Employee>();
    let task = |what: String| Task::draft().what(what);
    let lead = |n: u32| {
        let report = move |r: u32| {
            Employee::draft()
                .name(format!("{n}/{r}"))
                .tasks([task(format!("{n}/{r}/a")), task(format!("{n}/{r}/b"))])
        };
        Employee::draft().name(format!("{n}")).reports((0..5).map(report))
    };
    counted.reset();
    staff.save_many((0..1_000).map(lead)).unwrap();
    counted.reset();
    let all =
        staff.query().filter(|e| e.manager_id.is_null()).with(|e| e.reports.with(|r| r.tasks)).get().unwrap();
    // A snapshot, and a statement for each level, however many there are.
    assert!(counted.statements().total() <= 5, "{:?}", counted.statements());
    assert_eq!(all.len(), 1_000);
    for lead in &all {
        let reports = lead.reports.get().unwrap();
        assert_eq!(reports.len(), 5);
        for report in reports {
            assert!(report.name.starts_with(&format!("{}/", lead.name)));
            let tasks = report.tasks.get().unwrap();
            assert_eq!(tasks.len(), 2);
            assert!(tasks.iter().all(|t| t.what.starts_with(&format!("{}/", report.name))));
        }
    }
}
