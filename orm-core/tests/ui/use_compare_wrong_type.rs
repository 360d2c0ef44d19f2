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

fn compare(users: Repository<User>) {
    let _ = users.query().filter(|u| u.age.eq("old"));
    let _ = users.query().filter(|u| u.name.eq(7));
    let _ = users.query().filter(|u| u.age.like("4%"));
    let _ = users.query().filter(|u| u.id.in_(["1", "2"]));
}

fn main() {}
