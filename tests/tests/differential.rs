//! Random operations on all providers at once: whatever one answers, all must answer.

use orm_core::prelude::*;
use orm_provider_memory::Memory;
use orm_provider_sqlite::Sqlite;
use orm_tests::scenarios::blog::{Post, User};
use orm_tests::tiny::Tiny;
use std::fmt::Debug;

/// A small generator of numbers, so that a failure can be repeated by its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn text(&mut self) -> &'static str {
        ["", "a", "A", "ab", "b%", "_", "é", "Zz", "a b "][self.below(9) as usize]
    }
}

const KEYS: u64 = 12;

fn user(random: &mut Random, depth: u32) -> Draft<User> {
    let mut draft = User::draft().id(random.below(KEYS));
    if random.chance(80) {
        draft = draft.name(random.text());
    }
    if random.chance(50) {
        draft = draft.age(random.below(5) as i32);
    }
    if random.chance(30) {
        let email = random.chance(70).then(|| format!("{}@x", random.below(6)));
        draft = draft.email(email);
    }
    if depth > 0 && random.chance(50) {
        let posts: Vec<_> = (0..random.below(4)).map(|_| post(random, depth - 1)).collect();
        draft = draft.posts(posts);
    }
    draft
}

fn post(random: &mut Random, depth: u32) -> Draft<Post> {
    let mut draft = Post::draft().id(random.below(KEYS));
    if random.chance(85) {
        draft = draft.title(random.text());
    }
    if random.chance(40) {
        draft = draft.views(random.below(4) as i64);
    }
    if random.chance(20) {
        draft = draft.editor_id(random.chance(60).then(|| random.below(KEYS)));
    }
    if depth > 0 && random.chance(30) {
        draft = draft.author(user(random, depth - 1));
    }
    draft
}

fn post_filter(random: &mut Random, depth: u32) -> Filter<Post> {
    let p = Post::fields();
    match random.below(if depth == 0 { 8 } else { 13 }) {
        0 => p.id.le(random.below(KEYS)),
        1 => p.views.eq(random.below(4)),
        2 => p.author_id.is_null(),
        3 => p.editor_id.ne(random.below(KEYS)),
        4 => p.title.contains(random.text()),
        5 => p.title.like(["a%", "%b", "_", "%\\%%"][random.below(4) as usize]),
        6 => p.editor_id.in_((0..random.below(4)).collect::<Vec<_>>()),
        7 => p.author_id.eq_column(p.editor_id),
        8 => post_filter(random, depth - 1).not(),
        9 => post_filter(random, depth - 1).and(post_filter(random, depth - 1)),
        10 => post_filter(random, depth - 1).or(post_filter(random, depth - 1)),
        11 => {
            let inner = user_filter(random, depth - 1);
            p.author.is(|_| inner)
        }
        _ => p.editor.exists(),
    }
}

fn user_filter(random: &mut Random, depth: u32) -> Filter<User> {
    let u = User::fields();
    match random.below(if depth == 0 { 4 } else { 9 }) {
        0 => u.age.gt(random.below(5)),
        1 => u.name.starts_with(random.text()),
        2 => u.email.is_not_null(),
        3 => u.id.in_([random.below(KEYS), random.below(KEYS)]),
        4 => user_filter(random, depth - 1).not(),
        5 => user_filter(random, depth - 1).or(user_filter(random, depth - 1)),
        6 => {
            let inner = post_filter(random, depth - 1);
            u.posts.any(|_| inner)
        }
        7 => {
            let inner = post_filter(random, depth - 1);
            u.edited.all(|_| inner)
        }
        _ => u.posts.count().ge(random.below(4)),
    }
}

/// The same call on all databases: the same answer. Which of several faults is told is not fixed, so
/// errors are alike.
fn same<T: Debug>(what: &str, databases: &[Database], call: impl Fn(&Database) -> orm_core::Result<T>) {
    let answers: Vec<String> = databases
        .iter()
        .map(|db| match call(db) {
            Ok(answer) => format!("{answer:?}"),
            Err(_) => "an error".to_owned(),
        })
        .collect();
    for (db, answer) in databases.iter().zip(&answers).skip(1) {
        assert_eq!(answers[0], *answer, "{what}: {:?} against {db:?}", databases[0]);
    }
}

fn run(seed: u64, rounds: u32) {
    let start =
        |builder: orm_core::database::Builder<orm_core::Blocking>| builder.models::<User>().start().unwrap();
    let databases = [
        start(Database::builder().provider(Memory::new())),
        start(Database::builder().provider(Sqlite::memory().unwrap())),
        start(Database::builder().provider(Tiny::default())),
    ];
    let random = &mut Random(seed);
    for round in 0..rounds {
        let what = format!("seed {seed:#x}, round {round}");
        match random.below(12) {
            0..=2 => {
                let drafts: Vec<_> = (0..=random.below(3)).map(|_| user(random, 2)).collect();
                same(&what, &databases, |db| db.repository::<User>().save_many(drafts.clone()));
            }
            3 => {
                let draft = post(random, 1);
                same(&what, &databases, |db| db.repository::<Post>().insert(draft.clone()));
            }
            4 => {
                let draft = user(random, 0);
                same(&what, &databases, |db| db.repository::<User>().update(draft.clone()));
            }
            5 => {
                let (filter, by) = (post_filter(random, 2), random.below(3) as i64 - 1);
                same(&what, &databases, |db| {
                    db.repository::<Post>()
                        .query()
                        .filter_by(filter.clone())
                        .all_rows()
                        .update(|p| p.views.add(by))
                });
            }
            6 if random.chance(40) => {
                let filter = post_filter(random, 1);
                same(&what, &databases, |db| {
                    db.repository::<Post>().query().filter_by(filter.clone()).all_rows().delete()
                });
            }
            6 => {
                let key = random.below(KEYS);
                same(&what, &databases, |db| db.repository::<User>().destroy(key));
            }
            7 | 8 => {
                let filter = post_filter(random, 3);
                let (limit, offset, descending) = (random.below(6), random.below(3), random.chance(50));
                same(&what, &databases, |db| {
                    let query = db.repository::<Post>().query().filter_by(filter.clone()).offset(offset);
                    let query =
                        query.order_by(|p| if descending { p.editor_id.desc() } else { p.title.asc() });
                    query.order_by(|p| p.id.asc()).limit(limit).get()
                });
                same(&what, &databases, |db| {
                    db.repository::<Post>().query().filter_by(filter.clone()).count()
                });
            }
            _ => {
                let (users, posts) = (user_filter(random, 2), post_filter(random, 1));
                let limit = random.below(3) + 1;
                same(&what, &databases, |db| {
                    let query =
                        db.repository::<User>().query().filter_by(users.clone()).order_by(|u| u.id.asc());
                    let query = query.with(|u| {
                        u.posts
                            .filter(|_| posts.clone())
                            .order_by(|p| [p.views.desc(), p.id.asc()])
                            .limit(limit)
                            .with(|p| p.editor)
                    });
                    query.with(|u| u.edited.order_by(|p| p.id.desc())).get()
                });
            }
        }
    }
    same("at the end", &databases, |db| db.repository::<Post>().query().order_by(|p| p.id.asc()).get());
}

#[test]
fn all_providers_answer_the_same() {
    for seed in 1..=60_u64 {
        run(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), 120);
    }
}
