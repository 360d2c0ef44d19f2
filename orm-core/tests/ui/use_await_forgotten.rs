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

async fn forgotten(db: Database) -> orm_core::Result<()> {
    let user = db.repository::<User>().find(1)?;
    let users = db.repository::<User>().all();
    println!("{}", users.len());
    db.repository::<User>().save(User::draft().id(1))?;
    Ok(())
}

fn main() {}
