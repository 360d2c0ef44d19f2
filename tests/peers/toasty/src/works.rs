//! The works.

use crate::models::{Comment, Post, User};
use peer_contest::{Contestant, Data, Outcome};
use toasty::stmt::CreateMany;
use toasty::{Db, Transaction};
use toasty_core::driver::operation::IsolationLevel;

pub struct Toasty {
    pub db: Db,
    pub postgres: bool,
}

impl Toasty {
    /// A transaction that sees one state of the tables, as SQLite's always do.
    async fn snapshot(&mut self) -> toasty::Result<Transaction<'_>> {
        if self.postgres {
            let builder = self.db.transaction_builder();
            builder.isolation(IsolationLevel::RepeatableRead).read_only(true).begin().await
        } else {
            self.db.transaction().await
        }
    }
}

/// A statement has room for so many values only.
const ROWS: usize = 1_000;

/// New users, in statements of so many.
fn users(users: &[peer_contest::User], keys: bool) -> CreateMany<User> {
    users.iter().fold(User::create_many(), |all, user| {
        let draft = User::create().name(&user.name).hair_color(user.hair_color.clone());
        all.item(if keys { draft.id(user.id) } else { draft })
    })
}

impl Contestant for Toasty {
    type User = User;
    type Joined = User;
    type Nested = User;
    type Drafts = CreateMany<User>;
    type Trees = CreateMany<User>;

    async fn clear(&mut self) -> Outcome {
        for table in ["comments", "posts", "users"] {
            toasty::sql::statement(format!("DELETE FROM {table}")).exec(&mut self.db).await?;
        }
        Ok(())
    }

    async fn fill(&mut self, data: Data) -> Outcome {
        let mut tx = self.db.transaction().await?;
        for chunk in data.users.chunks(ROWS) {
            users(chunk, true).exec(&mut tx).await?;
        }
        for chunk in data.posts.chunks(ROWS) {
            let posts = chunk.iter().fold(Post::create_many(), |all, post| {
                let draft = Post::create().id(post.id).user_id(post.user_id).title(&post.title);
                all.item(draft.body(post.body.clone()))
            });
            posts.exec(&mut tx).await?;
        }
        for chunk in data.comments.chunks(ROWS) {
            let comments = chunk.iter().fold(Comment::create_many(), |all, comment| {
                all.item(Comment::create().id(comment.id).post_id(comment.post_id).text(&comment.text))
            });
            comments.exec(&mut tx).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn all(&mut self) -> Outcome<Vec<User>> {
        Ok(User::all().exec(&mut self.db).await?)
    }

    async fn joined(&mut self, color: &str) -> Outcome<Vec<User>> {
        let mut tx = self.snapshot().await?;
        let users = User::filter(User::fields().hair_color().eq(Some(color.to_owned())));
        let users = users.include(User::fields().posts()).exec(&mut tx).await?;
        tx.commit().await?;
        Ok(users)
    }

    async fn nested(&mut self) -> Outcome<Vec<User>> {
        let mut tx = self.snapshot().await?;
        let users = User::all().include(User::fields().posts().comments()).exec(&mut tx).await?;
        tx.commit().await?;
        Ok(users)
    }

    fn drafts(&mut self, all: Vec<peer_contest::User>) -> Self::Drafts {
        users(&all, false)
    }

    async fn insert(&mut self, drafts: Self::Drafts) -> Outcome {
        drafts.exec(&mut self.db).await?;
        Ok(())
    }

    async fn find(&mut self, id: i32) -> Outcome<Option<User>> {
        Ok(User::filter_by_id(id).first().exec(&mut self.db).await?)
    }

    async fn rename(&mut self, id: i32, name: &str) -> Outcome {
        User::filter_by_id(id).update().name(name).exec(&mut self.db).await?;
        Ok(())
    }

    fn trees(&mut self, data: Data) -> Option<Self::Trees> {
        Some(data.nested().fold(User::create_many(), |all, (user, posts)| {
            let draft = User::create().name(user.name).hair_color(user.hair_color);
            let posts = posts.into_iter().fold(Post::create_many(), |all, (post, comments)| {
                let comments = comments.into_iter().fold(Comment::create_many(), |all, comment| {
                    all.item(Comment::create().text(comment.text))
                });
                all.item(Post::create().title(post.title).body(post.body).comments(comments))
            });
            all.item(draft.posts(posts))
        }))
    }

    async fn save(&mut self, trees: Self::Trees) -> Outcome {
        let mut tx = self.db.transaction().await?;
        trees.exec(&mut tx).await?;
        Ok(tx.commit().await?)
    }
}
