//! Models as users write them.
#![deny(missing_docs, warnings, unreachable_pub)]
#![forbid(unsafe_code)]

use orm_core::Model;
use orm_core::model::{Many, One};

#[derive(Model, Debug, Clone)]
#[model(entity = "users")]
struct User {
    #[key]
    id: u64,
    name: String,
    #[field(default = 18)]
    age: i32,
    #[has_many(foreign_key = author_id)]
    posts: Many<Post>,
}

#[derive(Model, Debug, Clone)]
#[model(entity = "posts")]
struct Post {
    #[key]
    id: u64,
    title: String,
    author_id: Option<u64>,
    #[belongs_to]
    author: One<User>,
}

#[test]
fn smoke() {
    assert_eq!(<User as orm_core::model::Model>::schema().name, "users");
    let _ = User::draft()
        .name("Ada")
        .posts([Post::draft().title("x")])
        .posts_keys([1, 2]);
    let _ = Post::draft()
        .author(User::draft().name("Ada"))
        .author_key(1);
}
