//! Makes a list of operations that shows a difference as short and simple as can be.

use crate::ops::{Op, PostDraft, PostFilter, UserDraft, UserFilter};

/// Leaves out operations, then parts of them, as long as it still `fails`.
pub(crate) fn shrink(mut ops: Vec<Op>, fails: impl Fn(&[Op]) -> bool) -> Vec<Op> {
    loop {
        let before = ops.clone();
        ops = fewer(ops, &fails);
        for at in 0..ops.len() {
            while let Some(simpler) = simpler(&ops[at]).into_iter().find(|op| {
                let mut tried = ops.clone();
                tried[at] = op.clone();
                fails(&tried)
            }) {
                ops[at] = simpler;
            }
        }
        if ops == before {
            return ops;
        }
    }
}

/// Leaves out halves, quarters and so on down to single operations.
fn fewer(mut ops: Vec<Op>, fails: &impl Fn(&[Op]) -> bool) -> Vec<Op> {
    let mut size = ops.len().div_ceil(2);
    while size > 0 {
        // From the end, because what comes last often needs what came first.
        let mut end = ops.len();
        while end > 0 {
            let start = end.saturating_sub(size);
            let tried: Vec<_> = ops[..start].iter().chain(&ops[end..]).cloned().collect();
            if fails(&tried) {
                ops = tried;
            }
            end = start.min(ops.len());
        }
        size /= 2;
    }
    ops
}

/// Operations that are simpler by one step.
fn simpler(op: &Op) -> Vec<Op> {
    match op {
        Op::Together(body) => {
            let alone = body.steps.iter().map(|step| step.op.clone());
            alone.chain(body.simpler(&simpler).into_iter().map(Op::Together)).collect()
        }
        Op::SaveUsers(drafts) => each(drafts, user).into_iter().map(Op::SaveUsers).collect(),
        Op::InsertPost(draft) => post(draft).into_iter().map(Op::InsertPost).collect(),
        Op::UpdateUser(draft) => user(draft).into_iter().map(Op::UpdateUser).collect(),
        Op::AddViews(filter, by) => post_filter(filter).into_iter().map(|f| Op::AddViews(f, *by)).collect(),
        Op::DeletePosts(filter) => post_filter(filter).into_iter().map(Op::DeletePosts).collect(),
        Op::DestroyUser(key) => smaller(*key).into_iter().map(Op::DestroyUser).collect(),
        Op::FindPosts { filter, by_editor, offset, limit } => {
            let with = |filter, by_editor, offset, limit| Op::FindPosts { filter, by_editor, offset, limit };
            let mut all: Vec<_> =
                post_filter(filter).into_iter().map(|f| with(f, *by_editor, *offset, *limit)).collect();
            all.extend(smaller(*offset).into_iter().map(|o| with(filter.clone(), *by_editor, o, *limit)));
            all.extend(by_editor.then(|| with(filter.clone(), false, *offset, *limit)));
            all
        }
        Op::GroupPosts { filter, at_least } => {
            let with = |filter, at_least| Op::GroupPosts { filter, at_least };
            let mut all: Vec<_> = post_filter(filter).into_iter().map(|f| with(f, *at_least)).collect();
            all.extend(smaller(*at_least).into_iter().map(|n| with(filter.clone(), n)));
            all
        }
        Op::SelectPosts { filter, offset, limit } => {
            let with = |filter, offset| Op::SelectPosts { filter, offset, limit: *limit };
            let mut all: Vec<_> = post_filter(filter).into_iter().map(|f| with(f, *offset)).collect();
            all.extend(smaller(*offset).into_iter().map(|n| with(filter.clone(), n)));
            all
        }
        Op::CountPosts { users, posts } => {
            let with = |users, posts| Op::CountPosts { users, posts };
            let mut all: Vec<_> = user_filter(users).into_iter().map(|u| with(u, posts.clone())).collect();
            all.extend(post_filter(posts).into_iter().map(|p| with(users.clone(), p)));
            all
        }
        Op::LoadUsers { users, posts, limit } => {
            let with = |users, posts| Op::LoadUsers { users, posts, limit: *limit };
            // A limit of none would hide what is looked for.
            let one = (*limit > Some(1)).then(|| {
                let (users, posts) = (users.clone(), posts.clone());
                Op::LoadUsers { users, posts, limit: Some(1) }
            });
            let mut all: Vec<_> = user_filter(users).into_iter().map(|u| with(u, posts.clone())).collect();
            all.extend(post_filter(posts).into_iter().map(|p| with(users.clone(), p)));
            all.extend(one);
            all
        }
    }
}

/// Zero at once, or one less.
fn smaller(number: u64) -> Vec<u64> {
    match number {
        0 => Vec::new(),
        1 => vec![0],
        _ => vec![0, number - 1],
    }
}

/// The text without its last character.
fn shorter(text: &'static str) -> Option<&'static str> {
    let (last, _) = text.char_indices().next_back()?;
    Some(&text[..last])
}

/// A list without one of its items, or with one made simpler.
pub(crate) fn each<T: Clone>(list: &[T], simpler: impl Fn(&T) -> Vec<T>) -> Vec<Vec<T>> {
    let mut all = Vec::new();
    for at in 0..list.len() {
        let mut without = list.to_vec();
        without.remove(at);
        all.push(without);
    }
    for at in 0..list.len() {
        for item in simpler(&list[at]) {
            let mut with = list.to_vec();
            with[at] = item;
            all.push(with);
        }
    }
    all
}

fn user(draft: &UserDraft) -> Vec<UserDraft> {
    let mut all = Vec::new();
    if let Some(posts) = &draft.posts {
        all.push(UserDraft { posts: None, ..draft.clone() });
        all.extend(each(posts, post).into_iter().map(|p| UserDraft { posts: Some(p), ..draft.clone() }));
    }
    all.extend(draft.email.map(|_| UserDraft { email: None, ..draft.clone() }));
    all.extend(draft.age.map(|_| UserDraft { age: None, ..draft.clone() }));
    all.extend(draft.name.map(|_| UserDraft { name: None, ..draft.clone() }));
    let shorter = draft.name.and_then(shorter);
    all.extend(shorter.map(|name| UserDraft { name: Some(name), ..draft.clone() }));
    all.extend(smaller(draft.id).into_iter().map(|id| UserDraft { id, ..draft.clone() }));
    all
}

fn post(draft: &PostDraft) -> Vec<PostDraft> {
    let mut all = Vec::new();
    if let Some(author) = &draft.author {
        all.push(PostDraft { author: None, ..draft.clone() });
        let simpler = user(author).into_iter();
        all.extend(simpler.map(|a| PostDraft { author: Some(Box::new(a)), ..draft.clone() }));
    }
    all.extend(draft.views.map(|_| PostDraft { views: None, ..draft.clone() }));
    all.extend(draft.editor_id.map(|_| PostDraft { editor_id: None, ..draft.clone() }));
    all.extend(draft.title.map(|_| PostDraft { title: None, ..draft.clone() }));
    let shorter = draft.title.and_then(shorter);
    all.extend(shorter.map(|title| PostDraft { title: Some(title), ..draft.clone() }));
    all.extend(smaller(draft.id).into_iter().map(|id| PostDraft { id, ..draft.clone() }));
    all
}

/// One of its parts, or the same with a part made simpler. There is always one of a handful of leaves
/// to end with.
fn post_filter(filter: &PostFilter) -> Vec<PostFilter> {
    use PostFilter::*;
    let boxed = |inner: &PostFilter, wrap: &dyn Fn(Box<PostFilter>) -> PostFilter| {
        post_filter(inner).into_iter().map(|f| wrap(Box::new(f))).collect::<Vec<_>>()
    };
    match filter {
        Not(inner) => [vec![(**inner).clone()], boxed(inner, &Not)].concat(),
        And(a, b) => {
            let left = boxed(a, &|a| And(a, b.clone()));
            [vec![(**a).clone(), (**b).clone()], left, boxed(b, &|b| And(a.clone(), b))].concat()
        }
        Or(a, b) => {
            let left = boxed(a, &|a| Or(a, b.clone()));
            [vec![(**a).clone(), (**b).clone()], left, boxed(b, &|b| Or(a.clone(), b))].concat()
        }
        Author(inner) => user_filter(inner).into_iter().map(|f| Author(Box::new(f))).collect(),
        EditorIn(list) => each(list, |id| smaller(*id)).into_iter().map(EditorIn).collect(),
        // Any id will do, so this is the nearest thing to no filter.
        IdLe(99) => Vec::new(),
        _ => vec![IdLe(99)],
    }
}

fn user_filter(filter: &UserFilter) -> Vec<UserFilter> {
    use UserFilter::*;
    let boxed = |inner: &PostFilter, wrap: &dyn Fn(Box<PostFilter>) -> UserFilter| {
        post_filter(inner).into_iter().map(|f| wrap(Box::new(f))).collect::<Vec<_>>()
    };
    match filter {
        Not(inner) => {
            let simpler = user_filter(inner).into_iter().map(|f| Not(Box::new(f)));
            [vec![(**inner).clone()], simpler.collect()].concat()
        }
        Or(a, b) => {
            let left = user_filter(a).into_iter().map(|a| Or(Box::new(a), b.clone()));
            let right = user_filter(b).into_iter().map(|b| Or(a.clone(), Box::new(b)));
            [vec![(**a).clone(), (**b).clone()], left.chain(right).collect()].concat()
        }
        AnyPost(inner) => boxed(inner, &AnyPost),
        AllEdited(inner) => boxed(inner, &AllEdited),
        PostsAtLeast(0) => Vec::new(),
        _ => vec![PostsAtLeast(0)],
    }
}
