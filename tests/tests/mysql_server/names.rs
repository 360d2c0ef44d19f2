//! Names that mean something to the engine or the driver, and names that it doesn't take.

use crate::server;
use orm_core::Error;
use orm_core::prelude::*;

/// Its names have all that is quoted, bound or a comment elsewhere.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "no`tes'\"; -- ? :x #")]
struct Odd {
    #[key(auto)]
    #[field(column = "i`d ? :y")]
    id: u64,
    #[field(column = "DROP TABLE `a`; '\"\\ /*", unique)]
    text: String,
    #[field(column = "select", index)]
    order: i32,
}

#[test]
fn are_quoted_whatever_they_say() {
    let Some(server) = server() else { return };
    let db = Database::builder().provider(server.provider().unwrap()).models::<Odd>().start().unwrap();
    let odd = db.repository::<Odd>();
    let said = "'; DROP TABLE notes; -- ` \\ ? :x \0";
    let saved = odd.save(Odd::draft().text(said).order(1)).unwrap();
    assert_eq!((saved.id, saved.text.as_str()), (1, said));
    odd.save_many((2..20).map(|id| Odd { id, text: format!("{said}{id}"), order: 2 })).unwrap();
    let found = odd.query().filter(|o| o.text.starts_with(said)).order_by(|o| o.order.desc()).limit(3).get();
    assert_eq!(found.unwrap().len(), 3);
    assert_eq!(odd.query().filter(|o| o.order.eq(2)).update(|o| o.order.add(1)).unwrap(), 18);
    match odd.insert(Odd { id: 99, text: said.to_owned(), order: 0 }).unwrap_err() {
        Error::Unique { columns, .. } => assert_eq!(columns, "text"),
        other => panic!("{other}"),
    }
    assert_eq!(odd.destroy_many([1, 2, 3]).unwrap(), 3);
    assert_eq!(odd.count().unwrap(), 16);
}

/// A name of more characters than the engine has.
#[derive(Model, Debug)]
#[model(entity = "a23456789_123456789_123456789_123456789_123456789_123456789_12345")]
struct Long {
    #[key]
    id: u64,
}

/// A name of characters that the engine doesn't take.
#[derive(Model, Debug)]
#[model(entity = "books \u{1F4D6}")]
struct Emoji {
    #[key]
    id: u64,
}

#[test]
fn that_cannot_be_are_refused() {
    let Some(server) = server() else { return };
    let provider = server.provider().unwrap();
    let long = Database::builder().provider(provider.clone()).models::<Long>().start().map(drop);
    assert!(matches!(&long, Err(Error::Configuration(why)) if why.contains("64 characters")), "{long:?}");
    let emoji = Database::builder().provider(provider).models::<Emoji>().start().map(drop);
    assert!(matches!(&emoji, Err(Error::Configuration(why)) if why.contains("U+FFFF")), "{emoji:?}");
}
