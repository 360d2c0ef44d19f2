//! Runs operations on all providers and by the oracle, and finds the first difference.

use crate::ops::Op;
use crate::oracle::{self, Answer, State};
use orm_core::database::IntoProvider;
use orm_core::prelude::*;
use orm_core::query::count;
use orm_tests::scenarios::blog::{Post, User};
use std::fmt::Debug;

/// Databases to be compared, each on another provider and without data.
pub(crate) type Providers = fn() -> Vec<(&'static str, Database)>;

/// A database on a provider.
pub(crate) fn on<K>(name: &'static str, provider: impl IntoProvider<K>) -> (&'static str, Database) {
    let db = Database::builder().provider(provider).models::<User>().start();
    (name, db.unwrap_or_else(|error| panic!("{name} doesn't start: {error}")))
}

/// Where answers differ.
#[derive(Debug)]
pub(crate) struct Difference {
    /// The place of the operation.
    pub at: usize,
    /// Who answered what.
    pub what: String,
}

/// What a provider answers: in full, to be compared with the others, and as the oracle says it.
struct Answered {
    full: String,
    brief: Option<String>,
}

fn answered<T: Debug>(outcome: orm_core::Result<T>, brief: impl FnOnce(T) -> String) -> Answered {
    match outcome {
        Ok(answer) => Answered { full: format!("{answer:?}"), brief: Some(brief(answer)) },
        // Which of several faults is told is not fixed, so errors are alike.
        Err(_) => Answered { full: "an error".to_owned(), brief: None },
    }
}

fn run_one(db: &Database, op: &Op) -> Answered {
    let (users, posts) = (db.repository::<User>(), db.repository::<Post>());
    let saved = || "saved".to_owned();
    match op {
        Op::SaveUsers(drafts) => {
            answered(users.save_many(drafts.iter().map(|draft| draft.draft())), |_| saved())
        }
        Op::InsertPost(draft) => answered(posts.insert(draft.draft()), |_| saved()),
        Op::UpdateUser(draft) => answered(users.update(draft.draft()), |_| saved()),
        Op::AddViews(filter, by) => {
            let query = posts.query().filter_by(filter.filter()).all_rows();
            answered(query.update(|p| p.views.add(*by)), |count| count.to_string())
        }
        Op::DeletePosts(filter) => {
            let query = posts.query().filter_by(filter.filter()).all_rows();
            answered(query.delete(), |count| count.to_string())
        }
        Op::DestroyUser(key) => answered(users.destroy(*key), |was_there| was_there.to_string()),
        Op::FindPosts { filter, by_editor, offset, limit } => {
            let query = posts.query().filter_by(filter.filter());
            let all = query.clone().count();
            let query = query.order_by(|p| if *by_editor { p.editor_id.desc() } else { p.title.asc() });
            let found = query.order_by(|p| p.id.asc()).offset(*offset).limit(*limit).get();
            answered(found.and_then(|found| Ok((found, all?))), |(found, all)| {
                format!("{:?} of {all}", ids(&found))
            })
        }
        Op::GroupPosts { filter, at_least } => {
            let query = posts.query().filter_by(filter.filter());
            let groups = query.group_by(|p| p.author.column(|u| u.age));
            let groups = groups.aggregate(|p| (count(), p.views.sum(), p.title.max()));
            let groups = groups.having(|_| count().ge(*at_least));
            answered(groups.order_by(|p| p.author.column(|u| u.age).asc()).get(), |groups| {
                format!("{groups:?}")
            })
        }
        Op::SelectPosts { filter, offset, limit } => {
            let query = posts.query().filter_by(filter.filter()).order_by(|p| p.title.desc());
            let rows = query.offset(*offset).limit(*limit).select(|p| (p.title, p.editor_id)).distinct();
            answered(rows.get(), |rows| format!("{rows:?}"))
        }
        Op::CountPosts { users: filter, posts: of } => {
            let query = users.query().filter_by(filter.filter()).order_by(|u| u.id.asc());
            let query = query.with_count(|u| u.posts.filter(|_| of.filter())).with_count(|u| u.edited);
            answered(query.get(), |all| {
                let counts = all.iter().map(|u| (u.id, u.posts.count().ok(), u.edited.count().ok()));
                let counts: Vec<_> = counts
                    .map(|(id, posts, edited)| (id, posts.unwrap_or(99), edited.unwrap_or(99)))
                    .collect();
                format!("{counts:?}")
            })
        }
        Op::LoadUsers { users: filter, posts: of, limit } => {
            let query = users.query().filter_by(filter.filter()).order_by(|u| u.id.asc());
            let query = query.with(|u| {
                let posts = u.posts.filter(|_| of.filter()).order_by(|p| [p.views.desc(), p.id.asc()]);
                posts.limit(*limit).with(|p| p.editor)
            });
            let loaded = query.with(|u| u.edited.order_by(|p| p.id.desc())).get();
            answered(loaded, |all| {
                let brief = all.iter().map(|user| {
                    let posts = user.posts.get_partial().unwrap_or_default();
                    let editor = |p: &Post| p.editor.get().ok().flatten().map(|e| e.id);
                    let posts: Vec<_> = posts.iter().map(|p| (p.id, editor(p))).collect();
                    (user.id, posts, ids(user.edited.get_partial().unwrap_or_default()))
                });
                format!("{:?}", brief.collect::<Vec<_>>())
            })
        }
    }
}

fn ids(posts: &[Post]) -> Vec<u64> {
    posts.iter().map(|p| p.id).collect()
}

/// All that a database stores, in the oracle's form.
fn state(db: &Database) -> orm_core::Result<State> {
    let user = |u: User| (u.id, oracle::User { name: u.name, age: u.age, email: u.email });
    let post = |p: Post| {
        let (author_id, editor_id) = (p.author_id, p.editor_id);
        (p.id, oracle::Post { title: p.title, views: p.views, author_id, editor_id })
    };
    Ok(State {
        users: db.repository::<User>().all()?.into_iter().map(user).collect(),
        posts: db.repository::<Post>().all()?.into_iter().map(post).collect(),
    })
}

/// The first difference between the providers, or between them and the oracle.
pub(crate) fn difference(ops: &[Op], providers: Providers) -> Option<Difference> {
    let databases = providers();
    let mut oracle = State::default();
    for (at, op) in ops.iter().enumerate() {
        let differs = |what: String| Some(Difference { at, what });
        let expected = oracle.run(op);
        let answers: Vec<_> = databases.iter().map(|(name, db)| (name, run_one(db, op))).collect();
        let (first, first_answer) = &answers[0];
        for (name, answer) in &answers[1..] {
            if answer.full != first_answer.full {
                return differs(format!("{first}: {}\n{name}: {}", first_answer.full, answer.full));
            }
        }
        let agrees = match (&expected, &first_answer.brief) {
            (Answer::Is(expected), Some(brief)) => brief == expected,
            (Answer::Fails, None) | (Answer::Open, _) => true,
            _ => false,
        };
        if !agrees {
            return differs(format!("expected {expected:?}\n{first}: {}", first_answer.full));
        }
        if !op.writes() {
            continue;
        }
        for (name, db) in &databases {
            let stored = match state(db) {
                Ok(stored) => stored,
                Err(error) => return differs(format!("{name} can't be read: {error}")),
            };
            if expected == Answer::Open && name == *first {
                oracle = stored;
            } else if stored != oracle {
                return differs(format!("expected to be stored: {oracle:#?}\nstored by {name}: {stored:#?}"));
            }
        }
    }
    None
}
