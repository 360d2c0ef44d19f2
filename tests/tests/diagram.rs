//! Models as a diagram.

use orm_core::database::Schema;
use orm_core::prelude::*;
use orm_provider_memory::Memory;
use orm_tests::scenarios::blog::{Tag, User};
use orm_tests::scenarios::keys::Seat;

#[test]
fn a_database_is_drawn() -> orm_core::Result<()> {
    let db = Database::builder().provider(Memory::new()).models::<(User, Tag)>().start()?;
    let expected = r#"erDiagram
    comments {
        u64 id PK
        text text
        u64 post_id FK
    }
    post_tags {
        u64 post_id PK, FK
        text tag_name PK, FK
    }
    posts {
        u64 id PK
        text title
        i64 views
        u64 author_id FK "nullable"
        u64 editor_id FK "nullable"
    }
    profiles {
        u64 id PK
        text bio
        u64 user_id FK "nullable"
    }
    tags {
        text name PK
        text color
    }
    users {
        u64 id PK
        text name
        i32 age
        text email UK "nullable"
    }
    posts ||--o{ comments : "comments / post"
    users |o--o{ posts : "posts / author"
    users |o--o{ posts : "edited / editor"
    posts }o--o{ tags : "tags / posts by post_tags"
    users |o--o| profiles : "profile"
"#;
    assert_eq!(db.schema().to_mermaid(), expected);
    assert_eq!(Schema::of::<(Tag, User)>().to_mermaid(), expected);
    assert_eq!(db.schema().entity("users").unwrap().model, "User");
    Ok(())
}

/// Refers to itself, by one column and by a pivot.
#[derive(Model)]
#[model(entity = "people")]
struct Person {
    #[key]
    id: u64,
    /// Another name for the column than the field has.
    #[field(column = "full name", unique)]
    name: String,
    boss_id: Option<u64>,
    #[belongs_to]
    boss: One<Person>,
    #[has_many(foreign_key = boss_id)]
    staff: Many<Person>,
    #[belongs_to_many(pivot = Friend, foreign_key = person_id, related_key = friend_id)]
    friends: Many<Person>,
    #[belongs_to_many(pivot = Friend, foreign_key = friend_id, related_key = person_id)]
    friend_of: Many<Person>,
}

#[derive(Model)]
struct Friend {
    #[key]
    person_id: u64,
    #[key]
    friend_id: u64,
}

/// Is a person: its key is theirs.
#[derive(Model)]
#[model(entity = "1st-class members")]
struct Member {
    #[key]
    person_id: u64,
    #[belongs_to]
    person: One<Person>,
}

#[test]
fn what_refers_to_itself_is_drawn_once() {
    let text = Schema::of::<Member>().to_mermaid();
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let joins: Vec<_> = lines.iter().filter(|line| line.contains("--")).collect();
    assert_eq!(
        joins,
        [
            &r#"people ||--o| "1st-class members" : "person""#,
            &r#"people |o--o{ people : "staff / boss""#,
            &r#"people }o--o{ people : "friends / friend_of by friends""#,
        ],
        "{text}"
    );
    assert!(lines.contains(&r#""1st-class members" {"#), "{text}");
    assert!(lines.contains(&"u64 person_id PK, FK"), "{text}");
    assert!(lines.contains(&"text full_name UK"), "{text}");
}

#[test]
fn keys_of_several_columns_are_one_line() {
    let text = Schema::of::<Seat>().to_mermaid();
    assert_eq!(text.matches("--").count(), 1, "{text}");
    assert!(text.contains(r#"seats |o--o{ bookings : "bookings / seat""#), "{text}");
    assert!(text.contains("decimal(2) price"), "{text}");
}
