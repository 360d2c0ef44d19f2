//! SQLite, against rusqlite.

use super::data::{Comment, Data, Post, User, together, with_posts};
use super::raw::Raw;
use super::works::{Bench, Ours};
use crate::report::Report;
use crate::{Form, Outcome};
use orm_core::prelude::*;
use orm_provider_sqlite::Sqlite;
use orm_test_support::executor::block_on;
use rusqlite::{CachedStatement, Connection, Row, params};

const TABLES: &str = "\
    CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name TEXT NOT NULL, hair_color TEXT);\
    CREATE TABLE posts (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, user_id INT NOT NULL, \
        title TEXT NOT NULL, body TEXT);\
    CREATE INDEX posts_user_id ON posts (user_id);\
    CREATE TABLE comments (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, post_id INT NOT NULL, \
        text TEXT NOT NULL);\
    CREATE INDEX comments_post_id ON comments (post_id);";

struct Hand(Connection);

impl Hand {
    fn statement(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        self.0.prepare_cached(sql)
    }

    fn run(&self, sql: &str) -> rusqlite::Result<usize> {
        self.statement(sql)?.execute([])
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        self.statement(sql)?.query_map(params, read)?.collect()
    }

    fn insert_users(&self, users: &[User]) -> rusqlite::Result<()> {
        let mut insert = self.statement("INSERT INTO users (id, name, hair_color) VALUES (?1, ?2, ?3)")?;
        users.iter().try_for_each(|u| insert.execute(params![u.id, u.name, u.hair_color]).map(drop))
    }

    fn insert_posts(&self, posts: &[Post]) -> rusqlite::Result<()> {
        let mut insert =
            self.statement("INSERT INTO posts (id, user_id, title, body) VALUES (?1, ?2, ?3, ?4)")?;
        posts.iter().try_for_each(|p| insert.execute(params![p.id, p.user_id, p.title, p.body]).map(drop))
    }

    fn insert_comments(&self, comments: &[Comment]) -> rusqlite::Result<()> {
        let mut insert = self.statement("INSERT INTO comments (id, post_id, text) VALUES (?1, ?2, ?3)")?;
        comments.iter().try_for_each(|c| insert.execute(params![c.id, c.post_id, c.text]).map(drop))
    }
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User { id: row.get(0)?, name: row.get(1)?, hair_color: row.get(2)?, posts: Many::not_loaded() })
}

fn post(row: &Row<'_>) -> rusqlite::Result<Post> {
    let (id, user_id, title, body) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    Ok(Post { id, user_id, title, body, comments: Many::not_loaded() })
}

fn comment(row: &Row<'_>) -> rusqlite::Result<Comment> {
    Ok(Comment { id: row.get(0)?, post_id: row.get(1)?, text: row.get(2)? })
}

impl Raw for Hand {
    async fn fill(&mut self, data: &Data) -> Outcome {
        self.run("BEGIN")?;
        self.insert_users(&data.users)?;
        self.insert_posts(&data.posts)?;
        self.insert_comments(&data.comments)?;
        self.run("COMMIT")?;
        Ok(())
    }

    async fn clear(&mut self) -> Outcome {
        Ok(self.0.execute_batch("DELETE FROM comments; DELETE FROM posts; DELETE FROM users")?)
    }

    async fn users(&mut self) -> Outcome<Vec<User>> {
        Ok(self.all("SELECT id, name, hair_color FROM users", [], user)?)
    }

    async fn with_hair(&mut self, color: &str) -> Outcome<Vec<User>> {
        self.run("BEGIN")?;
        let users =
            self.all("SELECT id, name, hair_color FROM users WHERE hair_color = ?1", [color], user)?;
        let posts = self.all(
            "SELECT id, user_id, title, body FROM posts \
             WHERE user_id IN (SELECT id FROM users WHERE hair_color = ?1)",
            [color],
            post,
        )?;
        self.run("COMMIT")?;
        Ok(with_posts(users, posts))
    }

    async fn nested(&mut self) -> Outcome<Vec<User>> {
        self.run("BEGIN")?;
        let users = self.all("SELECT id, name, hair_color FROM users", [], user)?;
        let posts = self.all("SELECT id, user_id, title, body FROM posts", [], post)?;
        let comments = self.all("SELECT id, post_id, text FROM comments", [], comment)?;
        self.run("COMMIT")?;
        Ok(together(users, posts, comments))
    }

    async fn insert(&mut self, users: &[User]) -> Outcome {
        self.run("BEGIN")?;
        {
            let mut insert = self.statement("INSERT INTO users (name, hair_color) VALUES (?1, ?2)")?;
            users.iter().try_for_each(|u| insert.execute(params![u.name, u.hair_color]).map(drop))?;
        }
        self.run("COMMIT")?;
        Ok(())
    }

    async fn find(&mut self, id: i32) -> Outcome<Option<User>> {
        use rusqlite::OptionalExtension as _;
        let mut find = self.statement("SELECT id, name, hair_color FROM users WHERE id = ?1")?;
        Ok(find.query_row([id], user).optional()?)
    }

    async fn rename(&mut self, id: i32, name: &str) -> Outcome<u64> {
        let mut update = self.statement("UPDATE users SET name = ?2 WHERE id = ?1")?;
        Ok(update.execute(params![id, name])? as u64)
    }

    async fn save(&mut self, users: Vec<User>, posts: Vec<Post>, comments: Vec<Comment>) -> Outcome {
        self.fill(&Data { users, posts, comments }).await
    }
}

pub(crate) fn run(form: &Form, report: &mut Report) -> Outcome {
    let db = Database::builder().provider(Sqlite::memory()?).models::<User>().start()?;
    let hand = Connection::open_in_memory()?;
    hand.set_prepared_statement_cache_capacity(64);
    hand.execute_batch(TABLES)?;
    let bench = Bench {
        form,
        report,
        group: "sqlite",
        driver: "rusqlite, prepared statements",
        ours: Ours::new(&db),
        raw: Hand(hand),
    };
    block_on(bench.run())
}
