use orm_core::prelude::*;

#[derive(Connection)]
struct Secret;

#[derive(Model)]
struct User {
    #[key]
    id: u64,
    #[has_many]
    notes: Many<Note>,
}

#[derive(Model)]
#[model(connection = Secret)]
struct Note {
    #[key]
    id: u64,
    user_id: u64,
    #[belongs_to]
    user: One<User>,
}

fn to_many(users: Repository<User>) {
    let _ = users.query().filter(|u| u.notes.any(|n| n.id.eq(1)));
    let _ = users.query().filter(|u| u.notes.count().ge(1));
}

fn to_one(notes: Repository<Note>) {
    let _ = notes.query().filter(|n| n.user.is(|u| u.id.eq(1)));
}

fn group(notes: Repository<Note>) {
    let _ = notes.query().group_by(|n| n.user.column(|u| u.id));
}

fn main() {}
