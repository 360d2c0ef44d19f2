//! The works.

use crate::models::{comment, post, user};
use peer_contest::{Contestant, Data, Outcome};
use sea_orm::ActiveValue::{NotSet, Set, Unchanged};
use sea_orm::{
    AccessMode, ActiveModelTrait, ColumnTrait, DatabaseConnection, EntityTrait, IsolationLevel, LoaderTrait,
    QueryFilter, TransactionTrait,
};

pub struct SeaOrm(pub DatabaseConnection);

/// A statement has room for so many values only.
const ROWS: usize = 1_000;

impl Contestant for SeaOrm {
    type User = user::Model;
    type Joined = (user::Model, Option<post::Model>);
    type Nested = (user::Model, Vec<(post::Model, Vec<comment::Model>)>);
    type Drafts = Vec<user::ActiveModel>;
    type Trees = Vec<user::ActiveModelEx>;

    async fn clear(&mut self) -> Outcome {
        comment::Entity::delete_many().exec(&self.0).await?;
        post::Entity::delete_many().exec(&self.0).await?;
        user::Entity::delete_many().exec(&self.0).await?;
        Ok(())
    }

    async fn fill(&mut self, data: Data) -> Outcome {
        let tx = self.0.begin().await?;
        for users in data.users.chunks(ROWS) {
            let users = users.iter().cloned().map(|peer_contest::User { id, name, hair_color }| {
                user::ActiveModel { id: Set(id), name: Set(name), hair_color: Set(hair_color) }
            });
            user::Entity::insert_many(users).exec_without_returning(&tx).await?;
        }
        for posts in data.posts.chunks(ROWS) {
            let posts = posts.iter().cloned().map(|peer_contest::Post { id, user_id, title, body }| {
                post::ActiveModel { id: Set(id), user_id: Set(user_id), title: Set(title), body: Set(body) }
            });
            post::Entity::insert_many(posts).exec_without_returning(&tx).await?;
        }
        for comments in data.comments.chunks(ROWS) {
            let comments = comments.iter().cloned().map(|peer_contest::Comment { id, post_id, text }| {
                comment::ActiveModel { id: Set(id), post_id: Set(post_id), text: Set(text) }
            });
            comment::Entity::insert_many(comments).exec_without_returning(&tx).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn all(&mut self) -> Outcome<Vec<user::Model>> {
        Ok(user::Entity::find().all(&self.0).await?)
    }

    async fn joined(&mut self, color: &str) -> Outcome<Vec<Self::Joined>> {
        let users = user::Entity::find().filter(user::Column::HairColor.eq(color));
        Ok(users.find_also_related(post::Entity).all(&self.0).await?)
    }

    async fn nested(&mut self) -> Outcome<Vec<Self::Nested>> {
        let (isolation, access) = (IsolationLevel::RepeatableRead, AccessMode::ReadOnly);
        // SQLite's transactions see one state anyway.
        let tx = match self.0.get_database_backend() {
            sea_orm::DbBackend::Sqlite => self.0.begin().await?,
            _ => self.0.begin_with_config(Some(isolation), Some(access)).await?,
        };
        let users = user::Entity::find().all(&tx).await?;
        let posts = users.load_many(post::Entity, &tx).await?;
        let of_users: Vec<usize> = posts.iter().map(Vec::len).collect();
        let posts: Vec<post::Model> = posts.into_iter().flatten().collect();
        let comments = posts.load_many(comment::Entity, &tx).await?;
        tx.commit().await?;
        let mut posts = posts.into_iter().zip(comments);
        Ok(users
            .into_iter()
            .zip(of_users)
            .map(|(user, n)| (user, posts.by_ref().take(n).collect()))
            .collect())
    }

    fn drafts(&mut self, users: Vec<peer_contest::User>) -> Self::Drafts {
        let draft = |user: peer_contest::User| user::ActiveModel {
            id: NotSet,
            name: Set(user.name),
            hair_color: Set(user.hair_color),
        };
        users.into_iter().map(draft).collect()
    }

    async fn insert(&mut self, drafts: Self::Drafts) -> Outcome {
        user::Entity::insert_many(drafts).exec_without_returning(&self.0).await?;
        Ok(())
    }

    async fn find(&mut self, id: i32) -> Outcome<Option<user::Model>> {
        Ok(user::Entity::find_by_id(id).one(&self.0).await?)
    }

    async fn rename(&mut self, id: i32, name: &str) -> Outcome {
        let user = user::ActiveModel { id: Unchanged(id), name: Set(name.to_owned()), hair_color: NotSet };
        user.update_without_returning(&self.0).await?;
        Ok(())
    }

    fn trees(&mut self, data: Data) -> Option<Self::Trees> {
        let trees = data.nested().map(|(user, posts)| {
            let draft = user::ActiveModel::builder().set_name(user.name).set_hair_color(user.hair_color);
            posts.into_iter().fold(draft, |draft, (post, comments)| {
                let post = post::ActiveModel::builder().set_title(post.title).set_body(post.body);
                let with_comments = |post: post::ActiveModelEx, comment: peer_contest::Comment| {
                    post.add_comment(comment::ActiveModel::builder().set_text(comment.text))
                };
                draft.add_post(comments.into_iter().fold(post, with_comments))
            })
        });
        Some(trees.collect())
    }

    async fn save(&mut self, trees: Self::Trees) -> Outcome {
        let tx = self.0.begin().await?;
        for tree in trees {
            tree.save(&tx).await?;
        }
        Ok(tx.commit().await?)
    }
}
