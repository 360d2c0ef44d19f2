use orm_core::prelude::*;

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

fn find(users: Repository<User>) {
    let _ = users.find("x");
    let _ = users.find((1, 2));
    let _ = users.find(Some(1));
}

fn main() {}
