use orm_core::Model;
use orm_core::model::Many;

#[derive(Model)]
#[model(entiti = "users", table = "users")]
struct User {
    #[key(automatic)]
    id: u64,
    #[field(defualt = 1)]
    age: i32,
    #[has_many(forein_key = author_id)]
    posts: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    author_id: u64,
}

fn main() {}
