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

async fn blocking_body(db: Database) -> orm_core::Result<()> {
    db.transaction(|tx| {
        let _ = tx.repository::<User>();
        Ok(())
    })
    .await
}

fn main() {}
