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

fn filter(users: Repository<User>) {
    let _ = users.query().filter(|_| Post::fields().title.eq("x"));
    let _ = users.query().filter(|u| u.posts.any(|p| u.name.eq("x")));
}

fn main() {}
