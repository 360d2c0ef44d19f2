//! Native DB, as a contestant: an embedded store of serialized records, in memory. It has no joins:
//! relations are read by secondary keys, each table once, and put together by hand.

mod models;

use models::{Comment, Post, User, UserKey};
use native_db::{Builder, Database, Models, transaction::RTransaction};
use peer_contest::{Contestant, Data, Outcome, at_once, engine, serve};
use std::collections::HashMap;

fn main() -> Outcome {
    let (engine, _) = engine()?;
    if engine != "memory" {
        return Err(format!("Native DB has no `{engine}`").into());
    }
    let mut models = Models::new();
    models.define::<User>()?;
    models.define::<Post>()?;
    models.define::<Comment>()?;
    at_once(serve(NativeDb { db: Builder::new().create_in_memory(&models)?, next: 1 }))
}

struct NativeDb<'a> {
    db: Database<'a>,
    /// It makes no keys, so an application has to.
    next: i32,
}

/// Everything in a table.
fn table<T: native_db::ToInput>(read: &RTransaction<'_>) -> Outcome<Vec<T>> {
    Ok(read.scan().primary::<T>()?.all()?.collect::<Result<_, _>>()?)
}

fn grouped<T>(all: Vec<T>, parent: impl Fn(&T) -> i32) -> HashMap<i32, Vec<T>> {
    let mut groups: HashMap<i32, Vec<T>> = HashMap::new();
    for one in all {
        groups.entry(parent(&one)).or_default().push(one);
    }
    groups
}

impl Contestant for NativeDb<'_> {
    type User = User;
    type Joined = (User, Vec<Post>);
    type Nested = (User, Vec<(Post, Vec<Comment>)>);
    type Drafts = Vec<User>;
    type Trees = ();

    async fn clear(&mut self) -> Outcome {
        let write = self.db.rw_transaction()?;
        write.drain().primary::<Comment>()?;
        write.drain().primary::<Post>()?;
        write.drain().primary::<User>()?;
        Ok(write.commit()?)
    }

    async fn fill(&mut self, data: Data) -> Outcome {
        self.next = data.users.len() as i32 + 1;
        let write = self.db.rw_transaction()?;
        data.users.into_iter().try_for_each(|user| write.insert(User::from(user)))?;
        data.posts.into_iter().try_for_each(|post| write.insert(Post::from(post)))?;
        data.comments.into_iter().try_for_each(|comment| write.insert(Comment::from(comment)))?;
        Ok(write.commit()?)
    }

    async fn all(&mut self) -> Outcome<Vec<User>> {
        table(&self.db.r_transaction()?)
    }

    async fn joined(&mut self, color: &str) -> Outcome<Vec<Self::Joined>> {
        let read = self.db.r_transaction()?;
        let black = read.scan().secondary::<User>(UserKey::hair_color)?;
        let users = black.range(Some(color)..=Some(color))?.collect::<Result<Vec<_>, _>>()?;
        let mut posts = grouped(table(&read)?, |post: &Post| post.user_id);
        let with_posts = |user: User| {
            let posts = posts.remove(&user.id).unwrap_or_default();
            (user, posts)
        };
        Ok(users.into_iter().map(with_posts).collect())
    }

    async fn nested(&mut self) -> Outcome<Vec<Self::Nested>> {
        let read = self.db.r_transaction()?;
        let mut comments = grouped(table(&read)?, |comment: &Comment| comment.post_id);
        let mut posts: HashMap<i32, Vec<(Post, Vec<Comment>)>> = HashMap::new();
        for post in table::<Post>(&read)? {
            let comments = comments.remove(&post.id).unwrap_or_default();
            posts.entry(post.user_id).or_default().push((post, comments));
        }
        let with_posts = |user: User| {
            let posts = posts.remove(&user.id).unwrap_or_default();
            (user, posts)
        };
        Ok(table(&read)?.into_iter().map(with_posts).collect())
    }

    fn drafts(&mut self, users: Vec<peer_contest::User>) -> Vec<User> {
        users.into_iter().map(User::from).collect()
    }

    async fn insert(&mut self, drafts: Vec<User>) -> Outcome {
        let write = self.db.rw_transaction()?;
        for draft in drafts {
            write.insert(User { id: self.next, ..draft })?;
            self.next += 1;
        }
        Ok(write.commit()?)
    }

    async fn find(&mut self, id: i32) -> Outcome<Option<User>> {
        Ok(self.db.r_transaction()?.get().primary(id)?)
    }

    async fn rename(&mut self, id: i32, name: &str) -> Outcome {
        let write = self.db.rw_transaction()?;
        let old: User = write.get().primary(id)?.ok_or("there is no such user")?;
        let new = User { name: name.to_owned(), ..old.clone() };
        write.update(old, new)?;
        Ok(write.commit()?)
    }

    /// It saves records one by one.
    fn trees(&mut self, _: Data) -> Option<()> {
        None
    }

    async fn save(&mut self, (): ()) -> Outcome {
        Err("Native DB doesn't save nested records".into())
    }
}
