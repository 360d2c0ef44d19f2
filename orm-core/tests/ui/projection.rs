use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    name: Option<String>,
    #[has_many]
    posts: Many<Post>,
}

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
    user_id: u64,
}

#[derive(Projection)]
#[projection(User)]
struct Misspelt {
    nmae: Option<String>,
}

#[derive(Projection)]
#[projection(User)]
struct OtherType {
    name: String,
}

#[derive(Projection)]
#[projection(User)]
struct OfRelation {
    posts: Vec<Post>,
}

#[derive(Projection)]
struct OfNothing {
    id: u64,
}

#[derive(Projection)]
#[projection(User)]
struct Tuple(u64);

fn selects(users: Repository<User>) {
    let _ = users.query().select(|u| u.posts);
    let _ = users.query().select_as::<User>();
    let _ = users.query().sum(|u| u.name);
}

fn main() {}
