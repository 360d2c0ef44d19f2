//! Hooks before writes: they change, refuse and write along.

use super::BLOG;
use crate::scenarios::blog::{Comment, Post, Tag, User};
use crate::scenarios::customers::Customer;
use crate::scenarios::library::Author;
use crate::{Setup, TestResult, cases, go};
use orm_core::database::{Builder, Database};
use orm_core::events::ChangeSet;
use orm_core::prelude::Model;
use orm_core::{Error, Mode, Result};
use std::sync::{Arc, Mutex};

cases![
    values_are_changed_before_they_are_stored,
    hooks_chain_in_their_order,
    new_and_old_are_told_apart,
    a_veto_stores_nothing_and_says_where,
    nested_records_are_met_too,
    what_is_stored_can_be_compared,
    a_record_twice_in_one_save,
    updates_by_filter_meet_each_record,
    deletions_are_met,
    a_deletion_that_is_refused_deletes_nothing,
    records_are_written_along,
    what_a_hook_forgets_is_told_as_the_hooks,
    what_is_written_along_fails_with_the_rest,
    writing_along_forever_is_noticed,
    keys_and_wrong_values_are_refused,
    inside_of_transactions,
    events_tell_what_hooks_made_of_it,
    other_models_cost_nothing,
    marking_as_deleted_is_a_deletion,
    versions_count_on_beside_hooks,
    updates_by_filter_tell_what_is_not_unique,
];

/// What hooks saw, in order.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

async fn start<D: Mode>(builder: Builder<D>) -> Result<Database<D>> {
    go!(D, builder.connection("main").models::<(User, Log)>().start())
}

/// Written along by hooks.
#[derive(Model, Debug, Clone, PartialEq)]
struct Log {
    #[key(auto)]
    id: u64,
    text: String,
}

async fn values_are_changed_before_they_are_stored<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup.builder::<D>().saving::<User>(|saving| {
        if let Some(name) = saving.get(|u| u.name)? {
            saving.set(|u| u.name, name.to_uppercase())?;
        }
        if saving.get(|u| u.email)?.flatten().is_none() {
            saving.set(|u| u.email, saving.get(|u| u.id)?.map(|id| format!("{id}@example.org")))?;
        }
        Ok(())
    });
    let db = start(builder).await?;
    let users = db.repository::<User>();
    let ada = go!(D, users.save(User::draft().id(1).name("Ada")))?;
    assert_eq!((ada.name.as_str(), ada.email.as_deref(), ada.age), ("ADA", Some("1@example.org"), 18));
    assert_eq!(go!(D, users.find(1))?, Some(ada));
    let saved = go!(D, users.save_json(r#"{ "id": 2, "name": "Bob", "email": "b@b", "age": 5 }"#))?;
    let bob = go!(D, saved.records())?.remove(0);
    assert_eq!((bob.name.as_str(), bob.email.as_deref()), ("BOB", Some("b@b")));
    // A typed value says everything: what comes back is what the hook made of it.
    let cy = go!(D, users.insert(User { id: 3, name: "cy".into(), ..bob }))
        .map(|_| String::new())
        .unwrap_or_else(|error| error.to_string());
    assert!(cy.contains("email"), "the email is Bob's: {cy}");
    Ok(())
}

async fn hooks_chain_in_their_order<D: Mode>(setup: Setup) -> TestResult {
    let seen = Seen::default();
    let step = |name: &'static str| {
        let seen = seen.clone();
        move |saving: &mut orm_core::events::Saving<'_, Tag>| {
            let color = saving.get(|t| t.color)?.unwrap_or_default();
            seen.note(format!("{name} {color}"));
            saving.set(|t| t.color, format!("{color}{name}"))
        }
    };
    let builder = setup.builder::<D>().inserting::<Tag>(step("c")).saving::<Tag>(step("a"));
    let builder = builder.updating::<Tag>(step("d")).saving::<Tag>(step("b"));
    let db = start(builder).await?;
    let tags = db.repository::<Tag>();
    let tag = go!(D, tags.save(Tag::draft().name("x").color("-")))?;
    assert_eq!(tag.color, "-abc");
    assert_eq!(seen.take(), ["a -", "b -a", "c -ab"]);
    let tag = go!(D, tags.save(Tag::draft().name("x").color("-")))?;
    assert_eq!(tag.color, "-abd");
    Ok(())
}

async fn new_and_old_are_told_apart<D: Mode>(setup: Setup) -> TestResult {
    let seen = Seen::default();
    let (new, old, any) = (seen.clone(), seen.clone(), seen.clone());
    let builder = setup
        .builder::<D>()
        .inserting::<User>(move |s| {
            new.note(format!("new {:?}", s.get(|u| u.id)?));
            Ok(())
        })
        .updating::<User>(move |s| {
            old.note(format!("old {:?}", s.get(|u| u.id)?));
            Ok(())
        })
        .inserting::<Log>(move |s| {
            any.note(format!("log {:?} {}", s.get(|l| l.id)?, s.is_new()));
            Ok(())
        });
    let db = start(builder).await?;
    let users = db.repository::<User>();
    go!(D, users.insert(User::draft().id(1).name("a")))?;
    go!(D, users.save_many([User::draft().id(1).age(1), User::draft().id(2).name("b")]))?;
    go!(D, users.update(User::draft().id(2).age(1)))?;
    assert!(go!(D, users.update(User::draft().id(3).age(1))).is_err());
    go!(D, db.repository::<Log>().save(Log::draft().text("key of the storage")))?;
    assert_eq!(seen.take(), ["new Some(1)", "old Some(1)", "new Some(2)", "old Some(2)", "log None true"]);
    Ok(())
}

fn no_empty_titles<D: Mode>(builder: Builder<D>) -> Builder<D> {
    builder.saving::<Post>(|saving| match saving.get(|p| p.title)?.as_deref() {
        Some("") => saving.veto("a title has letters"),
        _ => Ok(()),
    })
}

async fn a_veto_stores_nothing_and_says_where<D: Mode>(setup: Setup) -> TestResult {
    let db = start(no_empty_titles(setup.builder::<D>())).await?;
    let users = db.repository::<User>();
    let json =
        r#"[{ "id": 1, "name": "Ada", "posts": [{ "id": 1, "title": "t" }, { "id": 2, "title": "" }] }]"#;
    match go!(D, users.save_json(json)) {
        Err(Error::Vetoed { at, model, reason }) => {
            assert_eq!(
                (at.as_str(), model, reason.as_str()),
                ("$[0].posts[1]", "Post", "a title has letters")
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, users.count())?, 0);
    assert_eq!(go!(D, db.repository::<Post>().count())?, 0);
    go!(D, users.save_json(BLOG))?;
    let emptied = db.repository::<Post>().query().filter(|p| p.views.ge(20)).update(|p| p.title.set(""));
    match go!(D, emptied) {
        Err(Error::Vetoed { at, .. }) => assert!(["posts[2]", "posts[3]"].contains(&&*at), "{at}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, db.repository::<Post>().find(2))?.unwrap().title, "Numbers");
    Ok(())
}

async fn nested_records_are_met_too<D: Mode>(setup: Setup) -> TestResult {
    let seen = Seen::default();
    let (posts, comments) = (seen.clone(), seen.clone());
    let builder = setup
        .builder::<D>()
        .saving::<Post>(move |s| {
            posts.note(format!("post {:?} of {:?}", s.get(|p| p.id)?, s.get(|p| p.author_id)?));
            s.set(|p| p.views, 7)
        })
        .saving::<Comment>(move |s| {
            comments.note(format!("comment of {:?}", s.get(|c| c.post_id)?));
            Ok(())
        });
    let db = start(builder).await?;
    let user = User::draft()
        .id(1)
        .name("Ada")
        .posts([Post::draft().id(4).title("t").comments([Comment::draft().id(9).text("c")])]);
    let ada = go!(D, db.repository::<User>().save(user))?;
    assert_eq!(ada.posts.get_partial()?[0].views, 7);
    let mut seen = seen.take();
    seen.sort();
    assert_eq!(seen, ["comment of Some(4)", "post Some(4) of Some(Some(1))"]);
    Ok(())
}

async fn what_is_stored_can_be_compared<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup.builder::<D>().updating::<User>(|saving| {
        let (Some(before), Some(after)) = (saving.stored(|u| u.age)?, saving.get(|u| u.age)?) else {
            return Ok(());
        };
        assert_eq!(saving.changes(|u| u.age), before != after);
        if after < before { saving.veto(format!("{before} comes after {after}")) } else { Ok(()) }
    });
    let db = start(builder).await?;
    let users = db.repository::<User>();
    go!(D, users.save(User::draft().id(1).name("Ada").age(20)))?;
    go!(D, users.save(User::draft().id(1).name("Ada L.")))?;
    go!(D, users.save(User::draft().id(1).age(20)))?;
    go!(D, users.update(User::draft().id(1).age(21)))?;
    match go!(D, users.update(User::draft().id(1).age(19))) {
        Err(Error::Vetoed { at, reason, .. }) => {
            assert_eq!((at.as_str(), reason.as_str()), ("$", "21 comes after 19"));
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}

async fn a_record_twice_in_one_save<D: Mode>(setup: Setup) -> TestResult {
    let seen = Seen::default();
    let note = seen.clone();
    let builder = setup.builder::<D>().saving::<User>(move |s| {
        note.note(format!("{} {:?} {:?}", s.is_new(), s.stored(|u| u.age)?, s.get(|u| u.age)?));
        Ok(())
    });
    let db = start(builder).await?;
    go!(
        D,
        db.repository::<User>()
            .save_many([User::draft().id(1).name("a").age(5), User::draft().id(1).name("a").age(6)])
    )?;
    assert_eq!(seen.take(), ["true None Some(5)", "false Some(5) Some(6)"]);
    Ok(())
}

async fn updates_by_filter_meet_each_record<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup.builder::<D>().updating::<Post>(|saving| {
        // Not above 33, whatever the update says.
        match saving.get(|p| p.views)? {
            Some(views) if views > 33 => saving.set(|p| p.views, 33),
            _ => Ok(()),
        }
    });
    let db = start(builder).await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let posts = db.repository::<Post>();
    let raised = posts.query().filter(|p| p.views.ge(20)).update(|p| [p.views.add(5), p.editor_id.add(1)]);
    assert_eq!(go!(D, raised)?, 2);
    let all = go!(D, posts.query().order_by(|p| p.id.asc()).get())?;
    assert_eq!(all.iter().map(|p| p.views).collect::<Vec<_>>(), [10, 33, 25, 0]);
    assert_eq!(all[1].editor_id, None);
    let too_far = posts.query().filter(|p| p.id.eq(1)).update(|p| p.views.add(i64::MAX));
    assert!(matches!(go!(D, too_far), Err(Error::Overflow { column: "views", .. })));
    assert_eq!(go!(D, posts.query().filter(|p| p.id.eq(77)).update(|p| p.views.set(1)))?, 0);
    Ok(())
}

fn noting_deletions<D: Mode>(builder: Builder<D>, seen: &Seen) -> Builder<D> {
    let seen = seen.clone();
    builder.deleting::<Post>(move |deleting| {
        let post = deleting.record();
        if post.title == "Hello" {
            return deleting.veto("greetings stay");
        }
        seen.note(format!("{} {}", post.id, post.title));
        Ok(())
    })
}

async fn deletions_are_met<D: Mode>(setup: Setup) -> TestResult {
    let seen = Seen::default();
    let db = start(noting_deletions(setup.builder::<D>(), &seen)).await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let posts = db.repository::<Post>();
    assert!(go!(D, posts.destroy(1))?);
    assert!(!go!(D, posts.destroy(1))?);
    assert_eq!(seen.take(), ["1 Notes"]);
    assert_eq!(go!(D, posts.query().filter(|p| p.author.is(|u| u.id.eq(1))).delete())?, 2);
    let mut rest = seen.take();
    rest.sort();
    assert_eq!(rest, ["2 Numbers", "3 notes again"]);
    assert_eq!(go!(D, posts.count())?, 1);
    Ok(())
}

async fn a_deletion_that_is_refused_deletes_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = start(noting_deletions(setup.builder::<D>(), &Seen::default())).await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let posts = db.repository::<Post>();
    for refused in [
        go!(D, posts.destroy_many([1_u64, 4])),
        go!(D, posts.query().all_rows().delete()),
        go!(D, posts.flush()),
    ] {
        match refused {
            Err(Error::Vetoed { at, model, reason }) => {
                assert_eq!((at.as_str(), model, reason.as_str()), ("posts[4]", "Post", "greetings stay"));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(go!(D, posts.count())?, 4);
    go!(D, posts.update(Post::draft().id(4).title("Bye")))?;
    assert_eq!(go!(D, posts.flush())?, 4);
    Ok(())
}

/// Writes down what happens to users.
fn audit<D: Mode>(builder: Builder<D>) -> Builder<D> {
    builder
        .saving::<User>(|saving| {
            let what = if saving.is_new() { "new" } else { "old" };
            let name = saving.get(|u| u.name)?.unwrap_or_default();
            saving.also_insert::<Log>(Log::draft().text(format!("{what} {name}")))
        })
        .deleting::<User>(|deleting| {
            let text = format!("gone {}", deleting.record().name);
            deleting.also_insert::<Log>(Log::draft().text(text))
        })
}

async fn log<D: Mode>(db: &Database<D>) -> Result<Vec<String>> {
    let log = go!(D, db.repository::<Log>().query().order_by(|l| l.id.asc()).get())?;
    Ok(log.into_iter().map(|l| l.text).collect())
}

async fn records_are_written_along<D: Mode>(setup: Setup) -> TestResult {
    let seen = Seen::default();
    let note = seen.clone();
    let builder = audit(setup.builder::<D>()).inserting::<Log>(move |log| {
        note.note(log.get(|l| l.text)?.unwrap_or_default());
        Ok(())
    });
    let db = start(builder).await?;
    let users = db.repository::<User>();
    let bob = User::draft().id(2).name("Bob").posts([Post::draft().id(1).title("t")]);
    let both = go!(D, users.save_many([User::draft().id(1).name("Ada"), bob]))?;
    assert_eq!((both.len(), both[1].posts.get_partial()?.len()), (2, 1));
    let saved = go!(D, users.save_json(r#"{ "id": 1, "age": 3 }"#))?;
    assert_eq!(saved.counts().collect::<Vec<_>>(), [("users", 1)]);
    assert_eq!(go!(D, users.query().filter(|u| u.age.ge(18)).update(|u| u.age.add(1)))?, 1);
    assert!(go!(D, users.destroy(1))?);
    let expected = ["new Ada", "new Bob", "old Ada", "old Bob", "gone Ada"];
    assert_eq!(log(&db).await?, expected);
    assert_eq!(seen.take(), expected);
    Ok(())
}

async fn what_is_written_along_fails_with_the_rest<D: Mode>(setup: Setup) -> TestResult {
    let builder = audit(setup.builder::<D>())
        .saving::<User>(|saving| match saving.get(|u| u.age)? {
            Some(13) => saving.also_insert::<Tag>(Tag::draft().name("unlucky")),
            _ => Ok(()),
        })
        .saving::<Log>(|log| match log.get(|l| l.text)?.as_deref() {
            Some("new Cy") => log.veto("not him"),
            _ => Ok(()),
        });
    let db = start(builder).await?;
    let users = db.repository::<User>();
    go!(D, users.save(User::draft().id(1).name("Ada").age(13)))?;
    match go!(D, users.save(User::draft().id(2).name("Bob").age(13))) {
        Err(Error::DuplicateKey { at, model, .. }) => {
            assert_eq!(at, "tags[\"unlucky\"] (written along by a hook of `User`)");
            assert_eq!(model, "Tag");
        }
        other => panic!("{other:?}"),
    }
    match go!(D, users.save(User::draft().id(3).name("Cy"))) {
        Err(Error::Vetoed { at, model, .. }) => {
            assert_eq!((at.as_str(), model), ("logs (written along by a hook of `User`)", "Log"));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(go!(D, users.insert(User::draft().id(1).name("x"))), Err(Error::DuplicateKey { .. })));
    assert_eq!((go!(D, users.count())?, log(&db).await?), (1, vec!["new Ada".to_owned()]));
    Ok(())
}

async fn what_a_hook_forgets_is_told_as_the_hooks<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup.builder::<D>().inserting::<User>(|saving| match saving.get(|u| u.age)? {
        Some(1) => saving.also_save::<Post>(Post::draft().title("t")),
        Some(2) => saving.also_save::<Post>(Post::draft().id(u64::MAX)),
        _ => saving.also_save::<Post>(Post::draft().id(7)),
    });
    let db = start(builder).await?;
    let users = db.repository::<User>();
    for (age, expected) in [
        (1, "posts.id (written along by a hook of `User`) is missing"),
        (2, "posts.id (written along by a hook of `User`): expected"),
        (3, "posts[7] (written along by a hook of `User`).title is missing"),
    ] {
        let error = go!(D, users.save(User::draft().id(1).name("Ada").age(age))).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    assert_eq!(go!(D, users.count())?, 0);
    Ok(())
}

async fn writing_along_forever_is_noticed<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup
        .builder::<D>()
        .saving::<Log>(|log| log.also_insert::<Log>(Log::draft().text("and another one")));
    let db = start(builder).await?;
    let error = go!(D, db.repository::<Log>().save(Log::draft().text("first"))).unwrap_err();
    assert!(error.to_string().contains("`Log`"), "{error}");
    assert_eq!(go!(D, db.repository::<Log>().count())?, 0);
    Ok(())
}

async fn keys_and_wrong_values_are_refused<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup.builder::<D>().saving::<User>(|saving| match saving.get(|u| u.name)?.as_deref() {
        Some("key") => saving.set(|u| u.id, 9),
        Some("range") => saving.set(|u| u.age, i64::MAX),
        Some("other") => Err(Error::Aborted("of another kind".into())),
        _ => Ok(()),
    });
    let db = start(builder).await?;
    let users = db.repository::<User>();
    let save = |name: &str| users.save(User::draft().id(1).name(name));
    assert!(matches!(go!(D, save("key")), Err(Error::Configuration(_))));
    assert!(matches!(go!(D, save("range")), Err(Error::Operand { column: "age", .. })));
    assert!(matches!(go!(D, save("other")), Err(Error::Aborted(_))));
    assert_eq!(go!(D, users.count())?, 0);
    Ok(())
}

async fn inside_of_transactions<D: Mode>(setup: Setup) -> TestResult {
    let db = start(no_empty_titles(audit(setup.builder::<D>()))).await?;
    let tx = go!(D, db.begin())?;
    let users = tx.repository::<User>();
    go!(D, users.save(User::draft().id(1).name("Ada")))?;
    let refused = User::draft().id(2).name("Bob").posts([Post::draft().id(1).title("")]);
    assert!(matches!(go!(D, users.save(refused)), Err(Error::Vetoed { .. })));
    // What was refused is undone; the transaction goes on.
    go!(D, users.update(User::draft().id(1).age(4)))?;
    go!(D, tx.commit())?;
    assert_eq!(log(&db).await?, ["new Ada", "old Ada"]);
    assert_eq!(go!(D, db.repository::<User>().count())?, 1);
    let tx = go!(D, db.begin())?;
    go!(D, tx.repository::<User>().flush())?;
    go!(D, tx.rollback())?;
    assert_eq!(log(&db).await?.len(), 2);
    Ok(())
}

async fn events_tell_what_hooks_made_of_it<D: Mode>(setup: Setup) -> TestResult {
    let db = start(audit(setup.builder::<D>())).await?;
    let mut rows = db.subscribe();
    let next = |set: Option<ChangeSet>| set.expect("there is a set");
    go!(D, db.repository::<User>().save(User::draft().id(1).name("Ada")))?;
    let set = next(D::next(&mut rows).await);
    assert_eq!((set.inserted::<User>(), set.inserted::<Log>()), (vec![1], vec![1]));
    go!(D, db.repository::<User>().query().filter(|u| u.id.eq(1)).update(|u| u.age.add(1)))?;
    let set = next(D::next(&mut rows).await);
    assert_eq!((set.updated::<User>(), set.inserted::<Log>()), (vec![1], vec![2]));
    go!(D, db.repository::<User>().query().filter(|u| u.id.eq(1)).delete())?;
    let set = next(D::next(&mut rows).await);
    assert_eq!((set.deleted::<User>(), set.inserted::<Log>()), (vec![1], vec![3]));
    Ok(())
}

async fn other_models_cost_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = start(audit(setup.builder::<D>())).await?;
    setup.statements();
    go!(D, db.repository::<Tag>().save_many([Tag::draft().name("x").color("y")]))?;
    assert_eq!(setup.statements(), 1);
    Ok(())
}

async fn marking_as_deleted_is_a_deletion<D: Mode>(setup: Setup) -> TestResult {
    let seen = Seen::default();
    let (gone, old) = (seen.clone(), seen.clone());
    let builder = setup
        .builder::<D>()
        .deleting::<Author>(move |deleting| {
            gone.note(format!("gone {}", deleting.record().name));
            if deleting.record().name == "Bob" { deleting.veto("Bob stays") } else { Ok(()) }
        })
        .updating::<Author>(move |saving| {
            old.note(format!("back {}", saving.stored(|a| a.deleted_at)?.flatten().is_some()));
            Ok(())
        });
    let db: Database<D> = go!(D, builder.models::<Author>().start())?;
    let mut changes = db.subscribe();
    let authors = db.repository::<Author>();
    go!(D, authors.save_many([Author::draft().id(1).name("Ada"), Author::draft().id(2).name("Bob")]))?;
    let next = |set: Option<ChangeSet>| set.expect("there is a set");
    assert_eq!(next(D::next(&mut changes).await).inserted::<Author>(), [1, 2]);
    assert!(matches!(go!(D, authors.destroy(2)), Err(Error::Vetoed { .. })));
    assert!(go!(D, authors.destroy(1))?);
    assert_eq!(seen.take(), ["gone Bob", "gone Ada"]);
    assert_eq!(next(D::next(&mut changes).await).deleted::<Author>(), [1]);
    assert_eq!(go!(D, authors.count())?, 1);
    assert!(go!(D, authors.restore(1))?);
    assert_eq!(seen.take(), ["back true"]);
    let back = next(D::next(&mut changes).await);
    assert_eq!((back.of::<Author>().len(), go!(D, authors.count())?), (1, 2));
    Ok(())
}

async fn versions_count_on_beside_hooks<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup.builder::<D>().saving::<Customer>(|saving| saving.set(|c| c.name, "hooked"));
    let db: Database<D> = go!(D, builder.models::<Customer>().start())?;
    let customers = db.repository::<Customer>();
    let first = go!(D, customers.save(Customer::draft().id(1).email("a").name("a")))?;
    go!(D, customers.query().filter(|c| c.id.eq(1)).update(|c| c.name.set("b")))?;
    let now = go!(D, customers.find(1))?.expect("it is there");
    assert_eq!((now.version, now.name.as_str()), (first.version + 1, "hooked"));
    assert!(matches!(go!(D, customers.save(first)), Err(Error::Stale { .. })));
    assert_eq!(go!(D, customers.save(now))?.version, 3);
    Ok(())
}

async fn updates_by_filter_tell_what_is_not_unique<D: Mode>(setup: Setup) -> TestResult {
    let db = start(setup.builder::<D>().saving::<User>(|_| Ok(()))).await?;
    let users = db.repository::<User>();
    go!(D, users.save_json(BLOG))?;
    go!(D, users.query().filter(|u| u.id.eq(2)).update(|u| u.email.set("b@example.org")))?;
    let taken = go!(D, users.query().filter(|u| u.id.eq(2)).update(|u| u.email.set("ada@example.org")));
    assert!(
        matches!(&taken, Err(Error::Unique { at, columns, .. }) if at == "users" && columns == "email"),
        "{taken:?}"
    );
    Ok(())
}
