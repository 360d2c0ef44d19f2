//! The works, for every engine.

use super::data::{Comment, Data, MANY, Post, User, input, nested};
use super::raw::Raw;
use crate::report::{Report, Unit, Work};
use crate::timing::{Times, awaited};
use crate::{Form, Outcome};
use orm_core::Mode;
use orm_core::database::Database;
use orm_core::prelude::Many;
use orm_core::repository::Repository;

/// Our side.
pub(crate) struct Ours<D: Mode> {
    users: Repository<User, D>,
    posts: Repository<Post, D>,
    comments: Repository<Comment, D>,
}

/// An engine under measurement.
pub(crate) struct Bench<'a, D: Mode, R> {
    pub(crate) form: &'a Form,
    pub(crate) report: &'a mut Report,
    pub(crate) group: &'static str,
    pub(crate) driver: &'static str,
    pub(crate) ours: Ours<D>,
    pub(crate) raw: R,
}

impl<D: Mode> Ours<D> {
    pub(crate) fn new(db: &Database<D>) -> Self {
        Self { users: db.repository(), posts: db.repository(), comments: db.repository() }
    }

    async fn clear(&self) -> orm_core::Result<()> {
        D::settle(self.comments.flush()).await?;
        D::settle(self.posts.flush()).await?;
        D::settle(self.users.flush()).await?;
        Ok(())
    }

    async fn fill(&self, data: &Data) -> orm_core::Result<()> {
        D::settle(self.users.insert_many(data.users.clone())).await?;
        D::settle(self.posts.insert_many(data.posts.clone())).await?;
        D::settle(self.comments.insert_many(data.comments.clone())).await?;
        Ok(())
    }

    async fn nested(&self) -> orm_core::Result<Vec<User>> {
        D::settle(self.users.query().with(|u| u.posts.with(|p| p.comments)).get()).await
    }

    async fn with_hair(&self, color: &str) -> orm_core::Result<Vec<User>> {
        let query = self.users.query().filter(|u| u.hair_color.eq(color)).with(|u| u.posts);
        D::settle(query.get()).await
    }
}

/// A user with everything below, for comparing.
fn flat(users: &[User]) -> Outcome<Vec<String>> {
    let mut lines = Vec::new();
    for user in users {
        lines.push(format!("{} {} {:?}", user.id, user.name, user.hair_color));
        if !user.posts.is_loaded() {
            continue;
        }
        for post in user.posts.get()? {
            lines.push(format!("{} {} {} {:?}", post.id, post.user_id, post.title, post.body));
            if post.comments.is_loaded() {
                let comments = post.comments.get()?.iter();
                lines.extend(comments.map(|c| format!("{} {} {}", c.id, c.post_id, c.text)));
            }
        }
    }
    lines.sort_unstable();
    Ok(lines)
}

impl<D: Mode, R: Raw> Bench<'_, D, R> {
    pub(crate) async fn run(mut self) -> Outcome {
        for size in [1_000, self.form.pick(10_000, 2_000)] {
            self.all(size).await?;
            self.joined(size).await?;
        }
        self.nested().await?;
        for size in [1, 10, 100, 1_000, self.form.pick(10_000, 2_000)] {
            self.insert(size).await?;
        }
        self.by_key().await?;
        self.save_json().await
    }

    fn work(&self, work: String, unit: Unit, bar: f64) -> Work {
        Work { group: self.group, work, against: self.driver, unit, bar: Some(bar) }
    }

    /// How many rounds, for works over so many rows.
    fn rounds(&self, rows: i32) -> usize {
        (self.form.pick(400_000, 20_000) / rows.max(1) as usize).clamp(self.form.pick(15, 3), 300)
    }

    async fn fill(&mut self, data: &Data) -> Outcome {
        self.ours.clear().await?;
        self.raw.clear().await?;
        self.ours.fill(data).await?;
        self.raw.fill(data).await?;
        self.raw.learn().await
    }

    async fn all(&mut self, size: i32) -> Outcome {
        self.fill(&Data::new(size, 0, 0)).await?;
        assert!(flat(&D::settle(self.ours.users.all()).await?)? == flat(&self.raw.users().await?)?);
        let mut times = Times::default();
        for round in 0..=self.rounds(size) {
            let ours = awaited(async { D::settle(self.ours.users.all()).await }).await?;
            times.add(round, ours, awaited(self.raw.users()).await?);
        }
        let work = self.work(format!("all rows of {size}"), Unit::Milliseconds, 1.1);
        self.report.times(work, &times.medians(), 1);
        Ok(())
    }

    async fn joined(&mut self, size: i32) -> Outcome {
        self.fill(&Data::new(size, 1, 0)).await?;
        assert!(flat(&self.ours.with_hair("black").await?)? == flat(&self.raw.with_hair("black").await?)?);
        let mut times = Times::default();
        for round in 0..=self.rounds(size) {
            let ours = awaited(self.ours.with_hair("black")).await?;
            times.add(round, ours, awaited(self.raw.with_hair("black")).await?);
        }
        let work =
            self.work(format!("half of {size} users by a filter, each with a post"), Unit::Milliseconds, 1.1);
        self.report.times(work, &times.medians(), 1);
        Ok(())
    }

    async fn nested(&mut self) -> Outcome {
        let size = self.form.pick(100, 20);
        self.fill(&Data::new(size, MANY, MANY)).await?;
        assert!(flat(&self.ours.nested().await?)? == flat(&self.raw.nested().await?)?);
        let mut times = Times::default();
        for round in 0..=self.rounds(size * MANY * MANY) {
            let ours = awaited(self.ours.nested()).await?;
            times.add(round, ours, awaited(self.raw.nested()).await?);
        }
        let work = self.work(
            format!("{size} users with {MANY} posts with {MANY} comments"),
            Unit::Milliseconds,
            1.1,
        );
        self.report.times(work, &times.medians(), 1);
        Ok(())
    }

    async fn insert(&mut self, size: i32) -> Outcome {
        let users: Vec<User> = (1..=size).map(User::number).collect();
        let drafts = || -> Vec<_> {
            users
                .iter()
                .map(|user| {
                    let draft = User::draft().name(user.name.clone());
                    match &user.hair_color {
                        Some(color) => draft.hair_color(color.clone()),
                        None => draft,
                    }
                })
                .collect()
        };
        let mut times = Times::default();
        self.fill(&Data::new(0, 0, 0)).await?;
        for round in 0..=self.rounds(size * 4) {
            let drafts = drafts();
            let ours = awaited(async { D::settle(self.ours.users.insert_many(drafts)).await }).await?;
            let theirs = awaited(self.raw.insert(&users)).await?;
            times.add(round, ours, theirs);
            if round == 0 {
                assert_eq!(D::settle(self.ours.users.count()).await?, size as u64);
                assert_eq!(self.raw.users().await?.len() as u64, size as u64);
            }
            self.ours.clear().await?;
            self.raw.clear().await?;
        }
        let work = self.work(format!("insert {size} in one call, keys made"), Unit::Microseconds, 1.15);
        self.report.times(work, &times.medians(), 1);
        Ok(())
    }

    async fn by_key(&mut self) -> Outcome {
        let size = 10_000;
        self.fill(&Data::new(size, 0, 0)).await?;
        let key = |i: usize| (i as i32).wrapping_mul(7_919).rem_euclid(size) + 1;
        let (mut finds, mut updates) = (Times::default(), Times::default());
        let operations = 100;
        for round in 0..=self.form.pick(60, 5) {
            let keys: Vec<i32> = (0..operations).map(|i| key(round * operations + i)).collect();
            let ours = async {
                for &id in &keys {
                    D::settle(self.ours.users.find(id)).await?;
                }
                Ok::<_, orm_core::Error>(())
            };
            let ours = awaited(ours).await?;
            let theirs = async {
                for &id in &keys {
                    self.raw.find(id).await?;
                }
                Outcome::Ok(())
            };
            finds.add(round, ours, awaited(theirs).await?);

            let name = format!("Renamed in round {round}");
            let ours = async {
                for &id in &keys {
                    let one = self.ours.users.query().filter(|u| u.id.eq(id));
                    D::settle(one.update(|u| u.name.set(name.as_str()))).await?;
                }
                Ok::<_, orm_core::Error>(())
            };
            let ours = awaited(ours).await?;
            let theirs = async {
                for &id in &keys {
                    self.raw.rename(id, &name).await?;
                }
                Outcome::Ok(())
            };
            updates.add(round, ours, awaited(theirs).await?);
        }
        let id = key(0);
        let found = D::settle(self.ours.users.find(id)).await?.into_iter().collect::<Vec<_>>();
        let by_hand = self.raw.find(id).await?.into_iter().collect::<Vec<_>>();
        assert!(found.len() == 1 && flat(&found)? == flat(&by_hand)?);
        let work = self.work(format!("`find` by key, {size} rows"), Unit::Microseconds, 1.3);
        self.report.times(work, &finds.medians(), operations);
        let work = self.work(format!("update a column by key, {size} rows"), Unit::Microseconds, 1.3);
        self.report.times(work, &updates.medians(), operations);
        Ok(())
    }

    async fn save_json(&mut self) -> Outcome {
        let users = self.form.pick(1_000, 50);
        let text = nested(users, 5, 2)?;
        self.fill(&Data::new(0, 0, 0)).await?;
        let mut times = Times::default();
        for round in 0..=self.form.pick(15, 3) {
            let ours = awaited(async { D::settle(self.ours.users.save_json(&text)).await }).await?;
            let raw = &mut self.raw;
            let theirs = async {
                let (users, posts, comments) = apart(&text)?;
                raw.save(users, posts, comments).await
            };
            let theirs = awaited(theirs).await?;
            times.add(round, ours, theirs);
            if round == 0 {
                assert!(flat(&self.ours.nested().await?)? == flat(&self.raw.nested().await?)?);
            }
            self.ours.clear().await?;
            self.raw.clear().await?;
        }
        let work = self.work(
            format!("`save_json` of {users} users × 5 posts × 2 comments, keys given"),
            Unit::Milliseconds,
            1.3,
        );
        self.report.times(work, &times.medians(), 1);
        Ok(())
    }
}

/// Takes nested text apart by hand.
fn apart(text: &str) -> Outcome<(Vec<User>, Vec<Post>, Vec<Comment>)> {
    let (mut users, mut posts, mut comments) = (Vec::new(), Vec::new(), Vec::new());
    for input::User { id: user_id, name, posts: of_user } in serde_json::from_str::<Vec<input::User>>(text)? {
        for input::Post { id: post_id, title, comments: of_post } in of_user {
            let all = of_post.into_iter();
            comments.extend(all.map(|input::Comment { id, text }| Comment { id, post_id, text }));
            posts.push(Post { id: post_id, user_id, title, body: None, comments: Many::not_loaded() });
        }
        users.push(User { id: user_id, name, hair_color: None, posts: Many::not_loaded() });
    }
    Ok((users, posts, comments))
}
