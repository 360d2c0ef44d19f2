//! The works. Diesel's statements are typed by the engine, so they are spelled out once and compiled for
//! each.

/// Makes a contestant of a connection. `$snapshot` is a function that runs a body in a transaction which
/// sees one state of the tables.
macro_rules! contestant {
    ($connection:ty, $snapshot:path) => {
        use crate::models::{Comment, NewUser, Post, User, comments, posts, users};
        use diesel::prelude::*;
        use peer_contest::{Contestant, Data, Outcome};

        /// Diesel on this engine.
        pub struct Diesel($connection);

        /// A statement has room for so many values only.
        const ROWS: usize = 1_000;

        impl Contestant for Diesel {
            type User = User;
            type Joined = (User, Option<Post>);
            type Nested = (User, Vec<(Post, Vec<Comment>)>);
            type Drafts = Vec<NewUser>;
            type Trees = ();

            async fn clear(&mut self) -> Outcome {
                diesel::delete(comments::table).execute(&mut self.0)?;
                diesel::delete(posts::table).execute(&mut self.0)?;
                diesel::delete(users::table).execute(&mut self.0)?;
                Ok(())
            }

            async fn fill(&mut self, data: Data) -> Outcome {
                let users: Vec<User> = data.users.into_iter().map(User::from).collect();
                let posts: Vec<Post> = data.posts.into_iter().map(Post::from).collect();
                let comments: Vec<Comment> = data.comments.into_iter().map(Comment::from).collect();
                self.0.transaction::<_, diesel::result::Error, _>(|db| {
                    for users in users.chunks(ROWS) {
                        diesel::insert_into(users::table).values(users).execute(db)?;
                    }
                    for posts in posts.chunks(ROWS) {
                        diesel::insert_into(posts::table).values(posts).execute(db)?;
                    }
                    for comments in comments.chunks(ROWS) {
                        diesel::insert_into(comments::table).values(comments).execute(db)?;
                    }
                    Ok(())
                })?;
                Ok(())
            }

            async fn all(&mut self) -> Outcome<Vec<User>> {
                Ok(users::table.select(User::as_select()).load(&mut self.0)?)
            }

            async fn joined(&mut self, color: &str) -> Outcome<Vec<Self::Joined>> {
                let joined = users::table
                    .left_join(posts::table)
                    .filter(users::hair_color.eq(color))
                    .select((User::as_select(), Option::<Post>::as_select()));
                Ok(joined.load(&mut self.0)?)
            }

            async fn nested(&mut self) -> Outcome<Vec<Self::Nested>> {
                let nested = $snapshot(&mut self.0, |db| {
                    let users = users::table.select(User::as_select()).load(db)?;
                    let posts = Post::belonging_to(&users).select(Post::as_select()).load(db)?;
                    let comments = Comment::belonging_to(&posts).select(Comment::as_select()).load(db)?;
                    let comments = comments.grouped_by(&posts);
                    let posts = posts.into_iter().zip(comments).grouped_by(&users);
                    Ok::<_, diesel::result::Error>(users.into_iter().zip(posts).collect())
                })?;
                Ok(nested)
            }

            fn drafts(&mut self, users: Vec<peer_contest::User>) -> Vec<NewUser> {
                users.into_iter().map(|u| NewUser { name: u.name, hair_color: u.hair_color }).collect()
            }

            async fn insert(&mut self, drafts: Vec<NewUser>) -> Outcome {
                diesel::insert_into(users::table).values(&drafts).execute(&mut self.0)?;
                Ok(())
            }

            async fn find(&mut self, id: i32) -> Outcome<Option<User>> {
                let one = users::table.find(id).select(User::as_select());
                Ok(one.first(&mut self.0).optional()?)
            }

            async fn rename(&mut self, id: i32, name: &str) -> Outcome {
                diesel::update(users::table.find(id)).set(users::name.eq(name)).execute(&mut self.0)?;
                Ok(())
            }

            /// Diesel saves rows.
            fn trees(&mut self, _: Data) -> Option<()> {
                None
            }

            async fn save(&mut self, (): ()) -> Outcome {
                Err("Diesel doesn't save nested records".into())
            }
        }
    };
}
pub(crate) use contestant;
