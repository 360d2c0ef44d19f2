use orm_core::prelude::*;

#[derive(Model)]
struct User {
    #[key]
    id: u64,
}

/// Only for blocking databases.
struct Users(Repository<User>);

impl CustomRepository for Users {
    type Model = User;
    fn new(repository: Repository<User>) -> Self {
        Users(repository)
    }
}

fn find(db: Database, other: orm_core::asynchronous::Database) {
    let _ = db.custom::<Users>();
    let _ = db.custom::<User>();
    let _ = other.custom::<Users>();
}

fn main() {}
