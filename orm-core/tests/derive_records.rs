//! What derived models do with rows, values and drafts.

use orm_core::model::{IntoDraft, Many, Morph, One, RelationVisitor};
use orm_core::provider::Row;
use orm_core::value::{KeyType, ValueRef};
use orm_core::{Error, Model, Result};

#[derive(Model, Debug, Clone, PartialEq)]
struct Author {
    #[key]
    id: u64,
    name: String,
    age: Option<u8>,
    #[has_many]
    books: Many<Book>,
    #[has_one(foreign_key = author_id)]
    first: One<Book>,
}

#[derive(Model, Debug, Clone, PartialEq)]
struct Book {
    #[key]
    shelf: String,
    #[key]
    place: i16,
    author_id: Option<u64>,
    #[belongs_to]
    author: One<Author>,
}

/// A row made by hand.
struct Cells(Vec<ValueRef<'static>>);

impl Row for Cells {
    fn value(&self, column: usize) -> ValueRef<'_> {
        self.0.get(column).copied().unwrap_or(ValueRef::Null)
    }
}

#[test]
fn rows_become_records() -> Result<()> {
    let row = Cells(vec![ValueRef::Int(7), ValueRef::Text("Ada"), ValueRef::Null]);
    let ada = Author::hydrate(&row)?;
    assert_eq!((ada.id, ada.name.as_str(), ada.age), (7, "Ada", None));
    let missing = ada.books.get().unwrap_err().to_string();
    assert!(missing.contains("`Author.books`"), "{missing}");
    let missing = ada.first.get().unwrap_err().to_string();
    assert!(missing.contains("`Author.first`"), "{missing}");
    Ok(())
}

#[test]
fn rows_that_do_not_fit_are_errors() {
    let row = Cells(vec![ValueRef::Int(7), ValueRef::Null, ValueRef::Int(256)]);
    let error = Author::hydrate(&row).unwrap_err();
    assert!(matches!(&error, Error::Operand { model: "Author", column: "name", .. }), "{error}");
}

#[test]
fn records_show_their_values() {
    let ada = Author {
        id: 7,
        name: "Ada".into(),
        age: Some(36),
        books: Many::not_loaded(),
        first: One::not_loaded(),
    };
    assert_eq!(ada.value(0), Ok(ValueRef::Int(7)));
    assert_eq!(ada.value(1), Ok(ValueRef::Text("Ada")));
    assert_eq!(ada.value(2), Ok(ValueRef::Int(36)));
    assert_eq!(ada.value(3), Ok(ValueRef::Null));
    let huge = Author { id: u64::MAX, ..ada };
    assert!(huge.value(0).is_err());
}

#[test]
fn keys_are_types_or_tuples() {
    fn read<K: KeyType>(cells: &[ValueRef<'static>]) -> Option<K> {
        K::read(&mut |at| cells[at]).ok()
    }
    let one: Option<<Author as Model>::Key> = read(&[ValueRef::Int(7)]);
    assert_eq!(one, Some(7_u64));
    let two: Option<<Book as Model>::Key> = read(&[ValueRef::Text("a"), ValueRef::Int(3)]);
    assert_eq!(two, Some(("a".to_owned(), 3_i16)));
}

#[test]
fn visitors_see_every_relation_in_order() -> Result<()> {
    #[derive(Default)]
    struct Seen(Vec<(usize, &'static str, bool)>);
    impl RelationVisitor for Seen {
        fn one<T: Model>(&mut self, at: usize, slot: &mut One<T>) -> Result<()> {
            self.0.push((at, T::schema().model, slot.is_loaded()));
            Ok(())
        }
        fn many<T: Model>(&mut self, at: usize, slot: &mut Many<T>) -> Result<()> {
            self.0.push((at, T::schema().model, slot.is_loaded()));
            Ok(())
        }
        fn morph<E: Morph>(&mut self, _: usize, _: &mut One<E>) -> Result<()> {
            Ok(())
        }
    }
    let mut ada =
        Author { id: 7, name: String::new(), age: None, books: Many::from([]), first: One::not_loaded() };
    let mut seen = Seen::default();
    ada.relations(&mut seen)?;
    assert_eq!(seen.0, [(0, "Book", true), (1, "Book", false)]);
    Ok(())
}

#[test]
fn fields_are_typed_and_in_place() {
    let author = Author::fields();
    let shown = [
        format!("{:?}", author.id),
        format!("{:?}", author.age),
        format!("{:?}", author.books),
        format!("{:?}", author.first),
    ];
    assert_eq!(shown, ["Column(0)", "Column(2)", "ToMany(0)", "ToOne(1)"]);
}

/// A draft's cells and relations, as `Debug` shows them.
fn said<M: Model>(draft: impl IntoDraft<M>) -> String {
    let shown = format!("{:?}", draft.into_draft());
    let cells = shown.find("cells: ").expect("cells");
    let end = shown.rfind(", fault: ").expect("fault");
    shown[cells..end].to_owned()
}

#[test]
fn drafts_say_what_they_were_told() {
    let draft = Author::draft().name("Ada").age(None::<i32>);
    assert_eq!(said(draft), "cells: [None, Some(\"Ada\"), Some(null)], relations: []");
    // Integers of any width, later calls over earlier ones.
    let draft = Author::draft().id(1_u8).id(2_i64).age(Some(3)).age(4);
    assert_eq!(said(draft), "cells: [Some(2), None, Some(4)], relations: []");
    assert_eq!(said(<Author as Model>::Draft::default()), said(Author::draft()));
}

#[test]
fn drafts_nest_drafts_and_records_and_keys() {
    let book = Book { shelf: "a".into(), place: 1, author_id: None, author: One::not_loaded() };
    let nested = said(
        Author::draft()
            .books([book.clone(), book.clone()])
            .books(vec![Book::draft().shelf("b").place(2)])
            .first(book.clone()),
    );
    assert_eq!(nested.matches("Some(\"a\"), Some(1), Some(null)").count(), 3);
    assert_eq!(nested.matches("Some(\"b\"), Some(2), None").count(), 1);
    let keyed = said(Author::draft().books_keys([("a", 1), ("a", 2)]).first_key(("b", 3)));
    assert_eq!(keyed.matches("KeyValues").count(), 3);
    let to_one = said(Book::draft().author(Author::draft().name("Ada")));
    assert!(to_one.contains("Some(\"Ada\")"), "{to_one}");
    let to_one = said(Book::draft().author_key(1));
    assert!(to_one.contains("KeyValues { first: 1"), "{to_one}");
}
