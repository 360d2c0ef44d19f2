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

fn order(users: Repository<User>) {
    let _ = users.query().order_by(|u| u.posts);
    let _ = users.query().order_by(|u| u.name);
    let _ = users.query().order_by(|u| (u.name.asc(), u.age.desc()));
    let _ = users.query().update(|u| u.name);
}

fn main() {}
