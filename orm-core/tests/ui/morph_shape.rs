use orm_core::{Model, Morph};

#[derive(Model)]
struct Post {
    #[key]
    id: u64,
}

#[derive(Morph)]
struct Subject {
    post: Post,
}

#[derive(Morph)]
enum Nothing {}

#[derive(Morph)]
enum Wrong {
    Post(Post, u8),
    Named { post: Post },
    Unit,
}

#[derive(Morph)]
enum Twice {
    First(Post),
    Second(Post),
}

#[derive(Morph)]
enum Generic<T> {
    Post(T),
}

#[derive(Morph)]
enum Arguments {
    #[morph(name = "post", value = 7)]
    Post(Post),
}

fn main() {}
