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

fn update(users: Repository<User>) {
    let _ = users.query().update(|u| u.age.set("x"));
    let _ = users.query().update(|u| u.name.add(1));
    let _ = users.query().update(|u| u.posts.set(1));
}

fn main() {}
