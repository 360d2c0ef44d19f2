use orm_core::Model;
use orm_core::model::Many;

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    name: String,
    #[has_many]
    posts: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    user_id: u64,
}

fn main() {
    let _ = User::draft().posts([User::draft()]);
    let _ = User::draft().nmae("Ada");
}
