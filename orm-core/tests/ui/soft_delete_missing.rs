use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    #[has_many]
    posts: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    user_id: u64,
}

fn read(users: Repository<User>) -> orm_core::Result<()> {
    users.query().with_deleted().get()?;
    users.restore(1)?;
    users.query().with(|u| u.posts.with_deleted()).get()?;
    Ok(())
}

fn main() {}
