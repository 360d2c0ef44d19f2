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

fn start() {
    let _ = Database::builder().provider("sqlite:music.db").start();
}

fn main() {}
