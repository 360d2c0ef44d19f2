//! What is done to the databases, as data: it can be run, evaluated by the oracle, made simpler, and
//! printed as the code that does it.

use crate::body::Body;
use orm_core::Model;
use orm_core::model::Draft;
use orm_core::query::Filter;
use orm_tests::scenarios::blog::{Post, User};
use std::fmt;

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Op {
    SaveUsers(Vec<UserDraft>),
    InsertPost(PostDraft),
    UpdateUser(UserDraft),
    AddViews(PostFilter, i64),
    DeletePosts(PostFilter),
    DestroyUser(u64),
    FindPosts {
        filter: PostFilter,
        by_editor: bool,
        offset: u64,
        limit: u64,
    },
    LoadUsers {
        users: UserFilter,
        posts: PostFilter,
        /// Without one, the posts are joined.
        limit: Option<u64>,
    },
    /// Posts by the age of who wrote them.
    GroupPosts {
        filter: PostFilter,
        at_least: u64,
    },
    /// Distinct titles and editors.
    SelectPosts {
        filter: PostFilter,
        offset: u64,
        limit: u64,
    },
    CountPosts {
        users: UserFilter,
        posts: PostFilter,
    },
    /// A transaction; within another, a savepoint.
    Together(Body),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct UserDraft {
    pub id: u64,
    pub name: Option<&'static str>,
    pub age: Option<i32>,
    pub email: Option<Option<u64>>,
    pub posts: Option<Vec<PostDraft>>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct PostDraft {
    pub id: u64,
    pub title: Option<&'static str>,
    pub views: Option<i64>,
    pub editor_id: Option<Option<u64>>,
    pub author: Option<Box<UserDraft>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PostFilter {
    IdLe(u64),
    ViewsEq(u64),
    NoAuthor,
    EditorNe(u64),
    TitleContains(&'static str),
    TitleLike(&'static str),
    EditorIn(Vec<u64>),
    AuthorIsEditor,
    HasEditor,
    Author(Box<UserFilter>),
    Not(Box<PostFilter>),
    And(Box<PostFilter>, Box<PostFilter>),
    Or(Box<PostFilter>, Box<PostFilter>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum UserFilter {
    AgeGt(u64),
    NameStartsWith(&'static str),
    HasEmail,
    IdIn(Vec<u64>),
    AnyPost(Box<PostFilter>),
    AllEdited(Box<PostFilter>),
    PostsAtLeast(u64),
    Not(Box<UserFilter>),
    Or(Box<UserFilter>, Box<UserFilter>),
}

impl Op {
    /// Whether it may change what is stored.
    pub(crate) fn writes(&self) -> bool {
        match self {
            Self::SaveUsers(_)
            | Self::InsertPost(_)
            | Self::UpdateUser(_)
            | Self::AddViews(..)
            | Self::DeletePosts(_)
            | Self::DestroyUser(_)
            | Self::Together(_) => true,
            Self::FindPosts { .. }
            | Self::LoadUsers { .. }
            | Self::GroupPosts { .. }
            | Self::SelectPosts { .. }
            | Self::CountPosts { .. } => false,
        }
    }
}

/// The address of this number.
pub(crate) fn email(number: u64) -> String {
    format!("{number}@x")
}

impl UserDraft {
    pub(crate) fn draft(&self) -> Draft<User> {
        let mut draft = User::draft().id(self.id);
        if let Some(name) = self.name {
            draft = draft.name(name);
        }
        if let Some(age) = self.age {
            draft = draft.age(age);
        }
        if let Some(number) = self.email {
            draft = draft.email(number.map(email));
        }
        if let Some(posts) = &self.posts {
            draft = draft.posts(posts.iter().map(PostDraft::draft));
        }
        draft
    }
}

impl PostDraft {
    pub(crate) fn draft(&self) -> Draft<Post> {
        let mut draft = Post::draft().id(self.id);
        if let Some(title) = self.title {
            draft = draft.title(title);
        }
        if let Some(views) = self.views {
            draft = draft.views(views);
        }
        if let Some(editor) = self.editor_id {
            draft = draft.editor_id(editor);
        }
        if let Some(author) = &self.author {
            draft = draft.author(author.draft());
        }
        draft
    }
}

impl PostFilter {
    pub(crate) fn filter(&self) -> Filter<Post> {
        let p = Post::fields();
        match self {
            Self::IdLe(id) => p.id.le(*id),
            Self::ViewsEq(views) => p.views.eq(*views),
            Self::NoAuthor => p.author_id.is_null(),
            Self::EditorNe(id) => p.editor_id.ne(*id),
            Self::TitleContains(text) => p.title.contains(text),
            Self::TitleLike(pattern) => p.title.like(pattern),
            Self::EditorIn(ids) => p.editor_id.in_(ids.clone()),
            Self::AuthorIsEditor => p.author_id.eq_column(p.editor_id),
            Self::HasEditor => p.editor.exists(),
            Self::Author(inner) => p.author.is(|_| inner.filter()),
            Self::Not(inner) => inner.filter().not(),
            Self::And(a, b) => a.filter().and(b.filter()),
            Self::Or(a, b) => a.filter().or(b.filter()),
        }
    }
}

impl UserFilter {
    pub(crate) fn filter(&self) -> Filter<User> {
        let u = User::fields();
        match self {
            Self::AgeGt(age) => u.age.gt(*age),
            Self::NameStartsWith(text) => u.name.starts_with(text),
            Self::HasEmail => u.email.is_not_null(),
            Self::IdIn(ids) => u.id.in_(ids.clone()),
            Self::AnyPost(inner) => u.posts.any(|_| inner.filter()),
            Self::AllEdited(inner) => u.edited.all(|_| inner.filter()),
            Self::PostsAtLeast(count) => u.posts.count().ge(*count),
            Self::Not(inner) => inner.filter().not(),
            Self::Or(a, b) => a.filter().or(b.filter()),
        }
    }
}

/// Items between commas.
struct List<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (at, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if at == 0 { "" } else { ", " })?;
        }
        f.write_str("]")
    }
}

impl fmt::Display for UserDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User::draft().id({})", self.id)?;
        if let Some(name) = self.name {
            write!(f, ".name({name:?})")?;
        }
        if let Some(age) = self.age {
            write!(f, ".age({age})")?;
        }
        match self.email {
            Some(Some(number)) => write!(f, ".email(Some({:?}))", email(number))?,
            Some(None) => f.write_str(".email(None::<&str>)")?,
            None => {}
        }
        match &self.posts {
            Some(posts) => write!(f, ".posts({})", List(posts)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for PostDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Post::draft().id({})", self.id)?;
        if let Some(title) = self.title {
            write!(f, ".title({title:?})")?;
        }
        if let Some(views) = self.views {
            write!(f, ".views({views})")?;
        }
        if let Some(editor) = self.editor_id {
            write!(f, ".editor_id({editor:?})")?;
        }
        match &self.author {
            Some(author) => write!(f, ".author({author})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for PostFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IdLe(id) => write!(f, "p.id.le({id})"),
            Self::ViewsEq(views) => write!(f, "p.views.eq({views})"),
            Self::NoAuthor => write!(f, "p.author_id.is_null()"),
            Self::EditorNe(id) => write!(f, "p.editor_id.ne({id})"),
            Self::TitleContains(text) => write!(f, "p.title.contains({text:?})"),
            Self::TitleLike(pattern) => write!(f, "p.title.like({pattern:?})"),
            Self::EditorIn(ids) => write!(f, "p.editor_id.in_({ids:?})"),
            Self::AuthorIsEditor => write!(f, "p.author_id.eq_column(p.editor_id)"),
            Self::HasEditor => write!(f, "p.editor.exists()"),
            Self::Author(inner) => write!(f, "p.author.is(|u| {inner})"),
            Self::Not(inner) => write!(f, "{inner}.not()"),
            Self::And(a, b) => write!(f, "{a}.and({b})"),
            Self::Or(a, b) => write!(f, "{a}.or({b})"),
        }
    }
}

impl fmt::Display for UserFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AgeGt(age) => write!(f, "u.age.gt({age})"),
            Self::NameStartsWith(text) => write!(f, "u.name.starts_with({text:?})"),
            Self::HasEmail => write!(f, "u.email.is_not_null()"),
            Self::IdIn(ids) => write!(f, "u.id.in_({ids:?})"),
            Self::AnyPost(inner) => write!(f, "u.posts.any(|p| {inner})"),
            Self::AllEdited(inner) => write!(f, "u.edited.all(|p| {inner})"),
            Self::PostsAtLeast(count) => write!(f, "u.posts.count().ge({count})"),
            Self::Not(inner) => write!(f, "{inner}.not()"),
            Self::Or(a, b) => write!(f, "{a}.or({b})"),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Together(body) => {
                fmt::Display::fmt(body, f)?;
                f.write_str(";")
            }
            Self::SaveUsers(drafts) => write!(f, "users.save_many({});", List(drafts)),
            Self::InsertPost(draft) => write!(f, "posts.insert({draft});"),
            Self::UpdateUser(draft) => write!(f, "users.update({draft});"),
            Self::AddViews(filter, by) => {
                write!(f, "posts.query().filter(|p| {filter}).all_rows().update(|p| p.views.add({by}));")
            }
            Self::DeletePosts(filter) => {
                write!(f, "posts.query().filter(|p| {filter}).all_rows().delete();")
            }
            Self::DestroyUser(key) => write!(f, "users.destroy({key});"),
            Self::FindPosts { filter, by_editor, offset, limit } => {
                let order = if *by_editor { "p.editor_id.desc()" } else { "p.title.asc()" };
                write!(
                    f,
                    "posts.query().filter(|p| {filter}).order_by(|p| {order}).order_by(|p| p.id.asc()).offset({offset}).limit({limit}).get();"
                )
            }
            Self::GroupPosts { filter, at_least } => write!(
                f,
                "posts.query().filter(|p| {filter}).group_by(|p| p.author.column(|u| u.age)).aggregate(|p| (count(), p.views.sum(), p.title.max()))\n    .having(|_| count().ge({at_least})).order_by(|p| p.author.column(|u| u.age).asc()).get();"
            ),
            Self::SelectPosts { filter, offset, limit } => write!(
                f,
                "posts.query().filter(|p| {filter}).order_by(|p| p.title.desc()).offset({offset}).limit({limit}).select(|p| (p.title, p.editor_id)).distinct().get();"
            ),
            Self::CountPosts { users, posts } => write!(
                f,
                "users.query().filter(|u| {users}).order_by(|u| u.id.asc()).with_count(|u| u.posts.filter(|p| {posts})).with_count(|u| u.edited).get();"
            ),
            Self::LoadUsers { users, posts, limit } => {
                let how = limit.map_or_else(|| "joined()".to_owned(), |limit| format!("limit({limit})"));
                write!(
                    f,
                    "users.query().filter(|u| {users}).order_by(|u| u.id.asc())\n    .with(|u| u.posts.filter(|p| {posts}).order_by(|p| [p.views.desc(), p.id.asc()]).{how}.with(|p| p.editor))\n    .with(|u| u.edited.order_by(|p| p.id.desc())).get();"
                )
            }
        }
    }
}
