//! What the operations mean, in plain Rust over two maps: written without the core, and slowly.

use crate::ops::{Op, PostDraft, PostFilter, UserDraft, UserFilter};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct User {
    pub name: String,
    pub age: i32,
    pub email: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Post {
    pub title: String,
    pub views: i64,
    pub author_id: Option<u64>,
    pub editor_id: Option<u64>,
}

/// All that is stored.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct State {
    pub users: BTreeMap<u64, User>,
    pub posts: BTreeMap<u64, Post>,
}

/// What an operation must answer, in the form of [`crate::run::brief`].
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    Is(String),
    Fails,
    /// The rules leave it open: whether a unique index refuses a write depends on the order in which
    /// one batch meets it, and a post may be nested under two authors at once.
    Open,
}

/// What a batch says of a record, in the order of appearance.
#[derive(Default)]
struct Said {
    users: BTreeMap<u64, SaidUser>,
    posts: BTreeMap<u64, SaidPost>,
    /// Who is given which address.
    emails: Vec<(u64, String)>,
    contradicted: bool,
}

#[derive(Default)]
struct SaidUser {
    name: Option<String>,
    age: Option<i32>,
    email: Option<Option<String>>,
}

#[derive(Default)]
struct SaidPost {
    title: Option<String>,
    views: Option<i64>,
    author_id: Option<u64>,
    editor_id: Option<Option<u64>>,
}

impl Said {
    fn user(&mut self, draft: &UserDraft) {
        let said = self.users.entry(draft.id).or_default();
        said.name = draft.name.map(str::to_owned).or(said.name.take());
        said.age = draft.age.or(said.age);
        if let Some(number) = draft.email {
            let email = number.map(crate::ops::email);
            self.emails.extend(email.clone().map(|email| (draft.id, email)));
            said.email = Some(email);
        }
        for post in draft.posts.iter().flatten() {
            self.post(post, Some(draft.id));
        }
    }

    fn post(&mut self, draft: &PostDraft, under: Option<u64>) {
        let author = draft.author.as_ref().map(|a| a.id);
        self.contradicted |= under.is_some() && author.is_some() && under != author;
        let said = self.posts.entry(draft.id).or_default();
        said.title = draft.title.map(str::to_owned).or(said.title.take());
        said.views = draft.views.or(said.views);
        said.editor_id = draft.editor_id.or(said.editor_id);
        said.author_id = under.or(author).or(said.author_id);
        if let Some(author) = &draft.author {
            self.user(author);
        }
    }
}

impl State {
    /// Runs an operation.
    pub(crate) fn run(&mut self, op: &Op) -> Answer {
        match op {
            // What a whole transaction answers is told by its steps: see [`crate::run::follow`].
            Op::Together(_) => Answer::Open,
            Op::SaveUsers(drafts) => {
                let mut said = Said::default();
                drafts.iter().for_each(|draft| said.user(draft));
                self.save(said)
            }
            Op::InsertPost(draft) => {
                if self.posts.contains_key(&draft.id) {
                    return Answer::Fails;
                }
                let mut said = Said::default();
                said.post(draft, None);
                self.save(said)
            }
            Op::UpdateUser(draft) => {
                if !self.users.contains_key(&draft.id) {
                    return Answer::Fails;
                }
                let mut said = Said::default();
                said.user(draft);
                self.save(said)
            }
            Op::AddViews(filter, by) => {
                let met = self.posts_that(filter);
                for id in &met {
                    if let Some(post) = self.posts.get_mut(id) {
                        post.views += by;
                    }
                }
                Answer::Is(met.len().to_string())
            }
            Op::DeletePosts(filter) => {
                let met = self.posts_that(filter);
                self.posts.retain(|id, _| !met.contains(id));
                Answer::Is(met.len().to_string())
            }
            Op::DestroyUser(key) => Answer::Is(self.users.remove(key).is_some().to_string()),
            Op::FindPosts { filter, by_editor, offset, limit } => {
                let mut met = self.posts_that(filter);
                let count = met.len();
                // NULL is smallest, as `None` is.
                if *by_editor {
                    met.sort_by_key(|id| (Reverse(self.posts[id].editor_id), *id));
                } else {
                    met.sort_by_key(|id| (self.posts[id].title.clone(), *id));
                }
                let found: Vec<_> = met.into_iter().skip(*offset as usize).take(*limit as usize).collect();
                Answer::Is(format!("{found:?} of {count}"))
            }
            Op::GroupPosts { filter, at_least } => {
                let mut groups: BTreeMap<Option<i32>, (u64, i64, &str)> = BTreeMap::new();
                for id in self.posts_that(filter) {
                    let post = &self.posts[&id];
                    let author = post.author_id.and_then(|a| self.users.get(&a));
                    let group = groups.entry(author.map(|a| a.age)).or_insert((0, 0, ""));
                    *group = (group.0 + 1, group.1 + post.views, post.title.as_str().max(group.2));
                }
                groups.retain(|_, (count, ..)| *count >= *at_least);
                let groups: Vec<_> = groups.into_iter().collect();
                Answer::Is(format!("{groups:?}"))
            }
            Op::SelectPosts { filter, offset, limit } => {
                let met = self.posts_that(filter).into_iter().map(|id| &self.posts[&id]);
                // By title, the largest first; then by what else is selected, the smallest first.
                let rows: BTreeSet<_> = met.map(|p| (Reverse(p.title.as_str()), p.editor_id)).collect();
                let rows = rows.into_iter().map(|(title, editor)| (title.0, editor));
                let rows: Vec<_> = rows.skip(*offset as usize).take(*limit as usize).collect();
                Answer::Is(format!("{rows:?}"))
            }
            Op::CountPosts { users, posts } => {
                let met = self.users.iter().filter(|(id, u)| self.user_meets(users, **id, u) == Some(true));
                let chosen = self.posts_that(posts);
                let counts = met.map(|(id, _)| {
                    let written = self.written_by(*id).filter(|(post, _)| chosen.contains(post)).count();
                    (*id, written as u64, self.edited_by(*id).count() as u64)
                });
                Answer::Is(format!("{:?}", counts.collect::<Vec<_>>()))
            }
            Op::LoadUsers { users, posts, limit } => {
                let met = self.users.iter().filter(|(id, u)| self.user_meets(users, **id, u) == Some(true));
                let load = |id: u64| {
                    let mut own = self.posts_that(posts);
                    own.retain(|p| self.posts[p].author_id == Some(id));
                    own.sort_by_key(|p| (Reverse(self.posts[p].views), *p));
                    let own = own.into_iter().take(limit.map_or(usize::MAX, |limit| limit as usize));
                    let with_editors = own.map(|p| {
                        let editor = self.posts[&p].editor_id.filter(|e| self.users.contains_key(e));
                        (p, editor)
                    });
                    let mut edited: Vec<_> = self.edited_by(id).map(|(p, _)| p).collect();
                    edited.reverse();
                    (id, with_editors.collect::<Vec<_>>(), edited)
                };
                Answer::Is(format!("{:?}", met.map(|(id, _)| load(*id)).collect::<Vec<_>>()))
            }
        }
    }

    /// All or nothing.
    fn save(&mut self, said: Said) -> Answer {
        let mut next = self.clone();
        for (id, user) in said.users {
            let Some(name) = user.name.or(next.users.get(&id).map(|u| u.name.clone())) else {
                return self.unless_open(&said.emails, said.contradicted, Answer::Fails);
            };
            let new = || User { name: String::new(), age: 18, email: None };
            let stored = next.users.entry(id).or_insert_with(new);
            stored.name = name;
            stored.age = user.age.unwrap_or(stored.age);
            stored.email = user.email.unwrap_or(stored.email.take());
        }
        for (id, post) in said.posts {
            let Some(title) = post.title.or(next.posts.get(&id).map(|p| p.title.clone())) else {
                return self.unless_open(&said.emails, said.contradicted, Answer::Fails);
            };
            let new = || Post { title: String::new(), views: 0, author_id: None, editor_id: None };
            let stored = next.posts.entry(id).or_insert_with(new);
            stored.title = title;
            stored.views = post.views.unwrap_or(stored.views);
            stored.author_id = post.author_id.or(stored.author_id);
            stored.editor_id = post.editor_id.unwrap_or(stored.editor_id);
        }
        let answer = self.unless_open(&said.emails, said.contradicted, Answer::Is("saved".to_owned()));
        if answer != Answer::Open {
            *self = next;
        }
        answer
    }

    /// The answer, unless two might be in each other's way, or a record has two places.
    fn unless_open(&self, emails: &[(u64, String)], contradicted: bool, answer: Answer) -> Answer {
        let stored = self.users.iter().filter_map(|(id, u)| Some((*id, u.email.clone()?)));
        let all: BTreeSet<(u64, String)> = emails.iter().cloned().chain(stored).collect();
        let distinct: BTreeSet<&str> = all.iter().map(|(_, email)| email.as_str()).collect();
        let collides = !emails.is_empty() && distinct.len() < all.len();
        if (collides || contradicted) && answer != Answer::Fails {
            return Answer::Open;
        }
        answer
    }

    fn posts_that(&self, filter: &PostFilter) -> Vec<u64> {
        let met = self.posts.iter().filter(|(id, p)| self.post_meets(filter, **id, p) == Some(true));
        met.map(|(id, _)| *id).collect()
    }

    fn written_by(&self, user: u64) -> impl Iterator<Item = (u64, &Post)> {
        self.posts.iter().filter(move |(_, p)| p.author_id == Some(user)).map(|(id, p)| (*id, p))
    }

    fn edited_by(&self, user: u64) -> impl Iterator<Item = (u64, &Post)> {
        self.posts.iter().filter(move |(_, p)| p.editor_id == Some(user)).map(|(id, p)| (*id, p))
    }

    /// Three-valued: `None` is unknown.
    fn post_meets(&self, filter: &PostFilter, id: u64, post: &Post) -> Option<bool> {
        match filter {
            PostFilter::IdLe(bound) => Some(id <= *bound),
            PostFilter::ViewsEq(views) => Some(post.views == *views as i64),
            PostFilter::NoAuthor => Some(post.author_id.is_none()),
            PostFilter::EditorNe(other) => post.editor_id.map(|e| e != *other),
            PostFilter::TitleContains(part) => Some(post.title.contains(part)),
            PostFilter::TitleLike(pattern) => {
                let (title, pattern): (Vec<_>, Vec<_>) =
                    (post.title.chars().collect(), pattern.chars().collect());
                Some(like(&title, &pattern))
            }
            PostFilter::EditorIn(list) if list.is_empty() => Some(false),
            PostFilter::EditorIn(list) => post.editor_id.map(|e| list.contains(&e)),
            PostFilter::AuthorIsEditor => Some(post.author_id? == post.editor_id?),
            PostFilter::HasEditor => Some(post.editor_id.is_some_and(|e| self.users.contains_key(&e))),
            PostFilter::Author(inner) => {
                let author = post.author_id.and_then(|a| Some((a, self.users.get(&a)?)));
                Some(author.is_some_and(|(id, a)| self.user_meets(inner, id, a) == Some(true)))
            }
            PostFilter::Not(inner) => self.post_meets(inner, id, post).map(|met| !met),
            PostFilter::And(a, b) => and(self.post_meets(a, id, post), self.post_meets(b, id, post)),
            PostFilter::Or(a, b) => or(self.post_meets(a, id, post), self.post_meets(b, id, post)),
        }
    }

    fn user_meets(&self, filter: &UserFilter, id: u64, user: &User) -> Option<bool> {
        let meets = |inner: &PostFilter, (id, p): (u64, &Post)| self.post_meets(inner, id, p) == Some(true);
        match filter {
            UserFilter::AgeGt(age) => Some(i64::from(user.age) > *age as i64),
            UserFilter::NameStartsWith(start) => Some(user.name.starts_with(start)),
            UserFilter::HasEmail => Some(user.email.is_some()),
            UserFilter::IdIn(list) => Some(list.contains(&id)),
            UserFilter::AnyPost(inner) => Some(self.written_by(id).any(|p| meets(inner, p))),
            UserFilter::AllEdited(inner) => Some(self.edited_by(id).all(|p| meets(inner, p))),
            UserFilter::PostsAtLeast(count) => Some(self.written_by(id).count() as u64 >= *count),
            UserFilter::Not(inner) => self.user_meets(inner, id, user).map(|met| !met),
            UserFilter::Or(a, b) => or(self.user_meets(a, id, user), self.user_meets(b, id, user)),
        }
    }
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    and(a.map(|a| !a), b.map(|b| !b)).map(|neither| !neither)
}

fn like(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|from| like(&text[from..], rest)),
        ['_', rest @ ..] => !text.is_empty() && like(&text[1..], rest),
        ['\\', one, rest @ ..] | [one, rest @ ..] => text.first() == Some(one) && like(&text[1..], rest),
    }
}
