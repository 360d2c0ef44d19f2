//! Repositories of one's own, and plug-ins.

use super::BLOG;
use crate::scenarios::blog::{Post, User};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::{Builder, Database, Plugin};
use orm_core::prelude::{CustomRepository, Model};
use orm_core::repository::Repository;
use orm_core::{Error, Mode, Result};
use std::sync::{Arc, Mutex};

cases![
    custom_repositories_are_found_by_type,
    a_plug_in_brings_models_and_hooks,
    plug_ins_keep_their_order,
    a_closure_is_a_plug_in,
];

/// Users as the application asks for them.
struct Users<D: Mode> {
    users: Repository<User, D>,
}

impl<D: Mode> CustomRepository<D> for Users<D> {
    type Model = User;
    fn new(users: Repository<User, D>) -> Self {
        Self { users }
    }
}

impl<D: Mode> Users<D> {
    async fn authors(&self) -> Result<Vec<String>> {
        let authors =
            self.users.query().filter(|u| u.posts.any(|p| p.views.gt(0))).order_by(|u| u.name.asc());
        Ok(go!(D, authors.get())?.into_iter().map(|u| u.name).collect())
    }
}

async fn custom_repositories_are_found_by_type<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    let users = db.custom::<Users<D>>();
    assert_eq!(users.authors().await?, ["Ada"]);
    let tx = go!(D, db.begin())?;
    go!(D, tx.repository::<Post>().query().filter(|p| p.author_id.eq(2)).update(|p| p.views.add(1)))?;
    assert_eq!(tx.custom::<Users<D>>().authors().await?, ["Ada", "Bob"]);
    go!(D, tx.rollback())?;
    assert_eq!(users.authors().await?, ["Ada"]);
    Ok(())
}

/// What happened to users.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "audit")]
struct Entry {
    #[key(auto)]
    id: u64,
    what: String,
    user_id: u64,
}

/// Writes down what happens to users, in the same transaction; counts the commits that touch them.
#[derive(Default, Clone)]
struct Audit {
    commits: Arc<Mutex<u32>>,
}

impl<D: Mode> Plugin<D> for Audit {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn install(self, builder: Builder<D>) -> Builder<D> {
        builder
            .models::<Entry>()
            .saving::<User>(|saving| {
                let Some(id) = saving.get(|u| u.id)? else { return Ok(()) };
                let what = if saving.is_new() { "inserted" } else { "updated" };
                saving.also_insert::<Entry>(Entry::draft().what(what).user_id(id))
            })
            .deleting::<User>(|deleting| {
                let id = deleting.record().id;
                deleting.also_insert::<Entry>(Entry::draft().what("deleted").user_id(id))
            })
            .on_change(move |set| {
                if set.touches::<User>() {
                    *self.commits.lock().unwrap() += 1;
                }
            })
    }
}

async fn a_plug_in_brings_models_and_hooks<D: Mode>(setup: Setup) -> TestResult {
    let audit = Audit::default();
    let commits = Arc::clone(&audit.commits);
    let builder = setup.builder::<D>().connection("main").models::<User>().plugin(audit);
    let db: Database<D> = go!(D, builder.start())?;
    assert!(format!("{db:?}").contains("\"audit\""), "{db:?}");
    let users = db.repository::<User>();
    go!(D, users.save_json(BLOG))?;
    let tx = go!(D, db.begin())?;
    go!(D, tx.repository::<User>().update(User::draft().id(1).age(3)))?;
    go!(D, tx.repository::<User>().destroy(3))?;
    go!(D, tx.commit())?;
    // What is undone is not in the audit either.
    let tx = go!(D, db.begin())?;
    go!(D, tx.repository::<User>().flush())?;
    drop(tx);
    assert!(matches!(go!(D, users.insert(User::draft().id(1).name("x"))), Err(Error::DuplicateKey { .. })));
    let audit = go!(D, db.repository::<Entry>().query().order_by(|e| e.id.asc()).get())?;
    let audit: Vec<_> = audit.iter().map(|e| (e.what.as_str(), e.user_id)).collect();
    assert_eq!(audit, [("inserted", 1), ("inserted", 2), ("inserted", 3), ("updated", 1), ("deleted", 3)]);
    assert_eq!(*commits.lock().unwrap(), 2);
    Ok(())
}

/// Adds its letter to the names of users.
struct Letter(&'static str);

impl<D: Mode> Plugin<D> for Letter {
    fn install(self, builder: Builder<D>) -> Builder<D> {
        builder.saving::<User>(move |saving| {
            let name = saving.get(|u| u.name)?.unwrap_or_default();
            saving.set(|u| u.name, format!("{name}{}", self.0))
        })
    }
}

async fn plug_ins_keep_their_order<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup.builder::<D>().plugin(Letter("a")).plugin(Letter("b"));
    let text = format!("{builder:?}");
    assert!(text.contains("Letter") && text.contains("saving"), "{text}");
    let db: Database<D> = go!(D, builder.plugin(Letter("c")).start())?;
    assert_eq!(go!(D, db.repository::<User>().save(User::draft().id(1).name("-")))?.name, "-abc");
    Ok(())
}

async fn a_closure_is_a_plug_in<D: Mode>(setup: Setup) -> TestResult {
    let db: Database<D> = go!(D, setup.builder::<D>().plugin(|b: Builder<D>| b.max_depth(2)).start())?;
    let users = db.repository::<User>();
    let deep = r#"{ "id": 1, "name": "Ada", "posts": [{ "id": 1, "title": "t" }] }"#;
    assert!(matches!(go!(D, users.save_json(deep)), Err(Error::TooDeep { bound: 2, .. })));
    Ok(())
}
