use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    #[has_many(on_delete = delete)]
    posts: Many<Post>,
    #[has_many(foreign_key = editor_id, on_delete)]
    edited: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    user_id: u64,
    editor_id: u64,
    #[belongs_to(foreign_key = editor_id, on_delete = set_null)]
    editor: One<User>,
    #[belongs_to(on_delete = "cascade")]
    user: One<User>,
}

fn main() {}
