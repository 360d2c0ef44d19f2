//! The works.

use crate::models::{Comment, Post, User};
use orm_core::Mode;
use orm_core::database::Database;
use orm_core::prelude::Model;
use orm_core::repository::Repository;
use peer_contest::{Contestant, Data, Outcome};

/// A database in either mode.
pub struct Ours<D: Mode> {
    users: Repository<User, D>,
    posts: Repository<Post, D>,
    comments: Repository<Comment, D>,
    /// Whether posts are read in one statement with their users.
    joins: bool,
}

impl<D: Mode> Ours<D> {
    pub fn new(db: &Database<D>) -> Self {
        Self { users: db.repository(), posts: db.repository(), comments: db.repository(), joins: false }
    }

    /// For a server, where each statement is a way there and back, and each row a message.
    pub fn joining(db: &Database<D>) -> Self {
        Self { joins: true, ..Self::new(db) }
    }
}

type Draft<M> = <M as Model>::Draft;

/// A user without a key.
fn draft(user: peer_contest::User) -> Draft<User> {
    let draft = User::draft().name(user.name);
    match user.hair_color {
        Some(color) => draft.hair_color(color),
        None => draft,
    }
}

impl<D: Mode> Contestant for Ours<D> {
    type User = User;
    type Joined = User;
    type Nested = User;
    type Drafts = Vec<Draft<User>>;
    type Trees = Vec<Draft<User>>;

    async fn clear(&mut self) -> Outcome {
        D::settle(self.comments.flush()).await?;
        D::settle(self.posts.flush()).await?;
        D::settle(self.users.flush()).await?;
        Ok(())
    }

    async fn fill(&mut self, data: Data) -> Outcome {
        D::settle(self.users.insert_many(data.users.into_iter().map(User::from))).await?;
        D::settle(self.posts.insert_many(data.posts.into_iter().map(Post::from))).await?;
        D::settle(self.comments.insert_many(data.comments.into_iter().map(Comment::from))).await?;
        Ok(())
    }

    async fn all(&mut self) -> Outcome<Vec<User>> {
        Ok(D::settle(self.users.all()).await?)
    }

    async fn joined(&mut self, color: &str) -> Outcome<Vec<User>> {
        let users = self.users.query().filter(|u| u.hair_color.eq(color));
        let query = if self.joins { users.with(|u| u.posts.joined()) } else { users.with(|u| u.posts) };
        Ok(D::settle(query.get()).await?)
    }

    async fn nested(&mut self) -> Outcome<Vec<User>> {
        Ok(D::settle(self.users.query().with(|u| u.posts.with(|p| p.comments)).get()).await?)
    }

    fn drafts(&mut self, users: Vec<peer_contest::User>) -> Self::Drafts {
        users.into_iter().map(draft).collect()
    }

    async fn insert(&mut self, drafts: Self::Drafts) -> Outcome {
        D::settle(self.users.insert_many(drafts)).await?;
        Ok(())
    }

    async fn find(&mut self, id: i32) -> Outcome<Option<User>> {
        Ok(D::settle(self.users.find(id)).await?)
    }

    async fn rename(&mut self, id: i32, name: &str) -> Outcome {
        let one = self.users.query().filter(|u| u.id.eq(id));
        D::settle(one.update(|u| u.name.set(name))).await?;
        Ok(())
    }

    fn trees(&mut self, data: Data) -> Option<Self::Trees> {
        let with_comments = |(post, comments): (peer_contest::Post, Vec<peer_contest::Comment>)| {
            let draft = Post::draft().title(post.title);
            let draft = match post.body {
                Some(body) => draft.body(body),
                None => draft,
            };
            draft.comments(comments.into_iter().map(|c| Comment::draft().text(c.text)))
        };
        let with_posts = |(user, posts): (_, Vec<_>)| draft(user).posts(posts.into_iter().map(with_comments));
        Some(data.nested().map(with_posts).collect())
    }

    async fn save(&mut self, trees: Self::Trees) -> Outcome {
        D::settle(self.users.save_many(trees)).await?;
        Ok(())
    }
}
