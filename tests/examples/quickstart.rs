//! The lines that matter: models by one derive, nested JSON in, typed queries out.

use orm_core::prelude::*;
use orm_provider_memory::Memory;

#[derive(Model, Debug, Clone)]
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
struct Post {
    #[key]
    id: u64,
    title: String,
    author_id: Option<u64>,
    #[belongs_to]
    author: One<User>,
}

fn main() -> orm_core::Result<()> {
    let db = Database::builder().provider(Memory::new()).connection("entities").start()?;
    let users = db.repository::<User>();

    // Nested records are taken apart into one store per entity, all or nothing…
    users.save_json(
        r#"[{ "id": 1, "name": "Ada", "posts": [{ "id": 7, "title": "Notes" }, { "id": 8, "title": "Numbers" }] },
            { "id": 2, "name": "Grace", "age": 37 }]"#,
    )?;

    // …and put together again by queries that the compiler checks.
    let writers = users
        .query()
        .filter(|u| u.age.ge(18).and(u.posts.any(|p| p.title.starts_with("No"))))
        .order_by(|u| u.name.asc())
        .with(|u| u.posts.order_by(|p| p.title.asc()).with(|p| p.author))
        .get()?;
    for user in &writers {
        println!("{}, {}, wrote {} posts:", user.name, user.age, user.posts.get()?.len());
        for post in user.posts.get()? {
            println!("- {} (by {:?})", post.title, post.author.get()?.map(|a| a.name.as_str()));
        }
    }

    users.query().filter(|u| u.name.eq("Ada")).update(|u| u.age.add(1))?;
    println!("Ada is {:?} now", users.find(1)?.map(|u| u.age));
    Ok(())
}
