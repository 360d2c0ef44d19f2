use orm_core::asynchronous::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    name: String,
    age: i32,
    email: Option<String>,
    #[has_many]
    posts: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    title: String,
    user_id: u64,
    #[belongs_to]
    user: One<User>,
}

use std::rc::Rc;

async fn not_send(db: Database) -> orm_core::Result<()> {
    db.transaction(async |tx| {
        let name = Rc::new(1);
        tx.repository::<User>().find(1).await?;
        drop(name);
        Ok(())
    })
    .await
}

fn main() {}
