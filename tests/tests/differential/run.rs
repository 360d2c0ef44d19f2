//! Runs operations on all providers and by the oracle, and finds the first difference.

use crate::body::{Body, End, Step};
use crate::ops::Op;
use crate::oracle::{self, Answer, State};
use orm_core::database::IntoProvider;
use orm_core::prelude::*;
use orm_core::query::count;
use orm_core::{Error, Result};
use orm_tests::scenarios::blog::{Post, User};
use std::fmt::Debug;
use std::slice::Iter;

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

/// Where operations go.
enum Place<'a> {
    Database(&'a Database),
    Transaction(&'a Tx),
}

impl Place<'_> {
    fn repository<M: Model>(&self) -> Repository<M> {
        match self {
            Self::Database(db) => db.repository(),
            Self::Transaction(tx) => tx.repository(),
        }
    }

    /// A transaction, or within one a savepoint.
    fn transaction(&self, mut body: impl FnMut(&Tx) -> Result<()> + Send) -> Result<()> {
        match self {
            Self::Database(db) => db.transaction(|tx| body(&tx)),
            Self::Transaction(tx) => tx.transaction(|tx| body(&tx)),
        }
    }
}

/// What a provider answers: in full, to be compared with the others, and as the oracle says it.
#[derive(PartialEq)]
struct Answered {
    full: String,
    brief: Option<String>,
}

/// What came of an operation.
#[derive(PartialEq)]
struct Told {
    answered: Answered,
    /// What is stored then, as the transaction sees it that it was in, if it may have written.
    stored: Option<Result<State, String>>,
}

/// The error of the user's own that ends a body.
#[derive(Debug, thiserror::Error)]
#[error("undone")]
struct Undone;

const ENDED: &str = "it ended";
const UNDONE: &str = "it was undone";

fn refused(error: &Error) -> Answered {
    let brief = match error {
        Error::Aborted(why) if why.is::<Undone>() => Some(UNDONE.to_owned()),
        // Which of several faults is told is not fixed, so these errors are alike.
        Error::MissingField { .. }
        | Error::DuplicateKey { .. }
        | Error::NotFound { .. }
        | Error::Unique { .. }
        | Error::Contradiction { .. } => None,
        other => Some(format!("{other:?}")),
    };
    Answered { full: brief.clone().unwrap_or_else(|| "an error".to_owned()), brief }
}

fn answered<T: Debug>(outcome: Result<T>, brief: impl FnOnce(T) -> String) -> Result<Answered> {
    outcome.map(|answer| Answered { full: format!("{answer:?}"), brief: Some(brief(answer)) })
}

/// Does an operation, and notes what came of it; of a transaction after what came of its steps.
fn run(place: &Place<'_>, op: &Op, told: &mut Vec<Told>) -> Result<()> {
    let (answered, outcome) = match run_one(place, op, told) {
        Ok(answered) => (answered, Ok(())),
        Err(error) => (refused(&error), Err(error)),
    };
    let stored = op.writes().then(|| state(place).map_err(|error| format!("{error:?}")));
    told.push(Told { answered, stored });
    outcome
}

fn run_body(place: &Place<'_>, body: &Body, told: &mut Vec<Told>) -> Result<()> {
    let first = told.len();
    let mut steps = |tx: &Tx| -> Result<()> {
        // It may be tried again.
        told.truncate(first);
        for Step { op, must } in &body.steps {
            let outcome = run(&Place::Transaction(tx), op, told);
            if *must {
                outcome?;
            }
        }
        Ok(())
    };
    match (place, body.end) {
        (Place::Database(db), end) if end.is_guard() => {
            let tx = db.begin()?;
            steps(&tx)?;
            match end {
                End::GuardCommits => tx.commit(),
                End::GuardRollsBack => tx.rollback(),
                _ => Ok(()),
            }
        }
        (_, end) => place.transaction(|tx| {
            steps(tx)?;
            if end == End::Aborts { tx.abort(Undone) } else { Ok(()) }
        }),
    }
}

fn run_one(place: &Place<'_>, op: &Op, told: &mut Vec<Told>) -> Result<Answered> {
    let (users, posts) = (place.repository::<User>(), place.repository::<Post>());
    let saved = || "saved".to_owned();
    match op {
        Op::Together(body) => answered(run_body(place, body, told), |()| ENDED.to_owned()),
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
                let posts = match limit {
                    Some(limit) => posts.limit(*limit),
                    None => posts.joined(),
                };
                posts.with(|p| p.editor)
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

/// All that is stored, in the oracle's form.
fn state(place: &Place<'_>) -> Result<State> {
    let user = |u: User| (u.id, oracle::User { name: u.name, age: u.age, email: u.email });
    let post = |p: Post| {
        let (author_id, editor_id) = (p.author_id, p.editor_id);
        (p.id, oracle::Post { title: p.title, views: p.views, author_id, editor_id })
    };
    Ok(State {
        users: place.repository::<User>().all()?.into_iter().map(user).collect(),
        posts: place.repository::<Post>().all()?.into_iter().map(post).collect(),
    })
}

/// How an operation came out, for the body that it is in.
enum Came {
    Well,
    Undone,
    Failed,
}

/// Does an operation to the oracle's state, and compares what was told.
fn follow(oracle: &mut State, op: &Op, told: &mut Iter<'_, Told>) -> Result<Came, String> {
    let expected = match op {
        Op::Together(body) => {
            let before = oracle.clone();
            let came = follow_body(oracle, body, told)?;
            if !matches!((&came, body.end), (Came::Well, End::Commits | End::GuardCommits)) {
                *oracle = before;
            }
            match came {
                Came::Well => Answer::Is(ENDED.to_owned()),
                Came::Undone => Answer::Is(UNDONE.to_owned()),
                Came::Failed => Answer::Fails,
            }
        }
        _ => oracle.run(op),
    };
    let Some(Told { answered, stored }) = told.next() else {
        return Err(format!("expected {expected:?}, but it wasn't done:\n    {op}"));
    };
    let agrees = match (&expected, &answered.brief) {
        (Answer::Is(expected), Some(brief)) => brief == expected,
        (Answer::Fails, None) | (Answer::Open, _) => true,
        _ => false,
    };
    if !agrees {
        return Err(format!("expected {expected:?}, answered {}", answered.full));
    }
    match stored {
        Some(Ok(stored)) if expected == Answer::Open => oracle.clone_from(stored),
        Some(Ok(stored)) if stored != oracle => {
            return Err(format!("expected to be stored: {oracle:#?}\nstored: {stored:#?}"));
        }
        Some(Err(error)) => return Err(format!("it can't be read any more: {error}")),
        _ => {}
    }
    Ok(match &answered.brief {
        None => Came::Failed,
        Some(brief) if brief == UNDONE => Came::Undone,
        Some(_) => Came::Well,
    })
}

fn follow_body(oracle: &mut State, body: &Body, told: &mut Iter<'_, Told>) -> Result<Came, String> {
    for Step { op, must } in &body.steps {
        match follow(oracle, op, told)? {
            Came::Well => {}
            came if *must => return Ok(came),
            _ => {}
        }
    }
    Ok(if body.end == End::Aborts { Came::Undone } else { Came::Well })
}

/// How two providers differ in what they told of one operation.
fn unlike((a, of_a): (&str, &[Told]), (b, of_b): (&str, &[Told])) -> Option<String> {
    for (one, other) in of_a.iter().zip(of_b) {
        if one.answered != other.answered {
            return Some(format!("{a}: {}\n{b}: {}", one.answered.full, other.answered.full));
        }
        if one.stored != other.stored {
            return Some(format!("{a} stored: {:#?}\n{b} stored: {:#?}", one.stored, other.stored));
        }
    }
    (of_a.len() != of_b.len()).then(|| format!("{a} did {}, {b} did {}", of_a.len(), of_b.len()))
}

/// The first difference between the providers, or between them and the oracle.
pub(crate) fn difference(ops: &[Op], providers: Providers) -> Option<Difference> {
    let databases = providers();
    let mut oracle = State::default();
    for (at, op) in ops.iter().enumerate() {
        let differs = |what: String| Some(Difference { at, what });
        let told: Vec<_> = databases
            .iter()
            .map(|(name, db)| {
                let mut told = Vec::new();
                // What it answers is noted at the end.
                let _ = run(&Place::Database(db), op, &mut told);
                (*name, told)
            })
            .collect();
        let (first, first_told) = &told[0];
        for (name, others) in &told[1..] {
            if let Some(what) = unlike((first, first_told), (name, others)) {
                return differs(what);
            }
        }
        if let Err(what) = follow(&mut oracle, op, &mut first_told.iter()) {
            return differs(format!("{first}: {what}"));
        }
    }
    None
}
