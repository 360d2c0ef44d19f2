//! Conditions of the user's own: what their text becomes, and what is told of one that is none.

use crate::tests::{RENDER, USERS, all_of, filtered};
use orm_core::Error;
use orm_core::plan::{Assignment, CompareOp, Predicate};
use orm_core::provider::{SqlBind, SqlStatement};
use orm_core::value::{Decimal, Kind, Value, ValueList};
use std::sync::Arc;

fn number(n: i64) -> SqlBind {
    SqlBind::Value(Value::Int(n), Kind::I64)
}

fn own(text: &str, binds: Vec<SqlBind>) -> Predicate {
    Predicate::Sql(Arc::new(SqlStatement::new(text.to_owned(), binds)))
}

#[track_caller]
fn reads(text: &str, binds: Vec<SqlBind>, expected: &str) {
    let (sql, ..) = all_of(&filtered(own(text, binds)));
    assert_eq!(sql.split_once(" WHERE ").unwrap().1, expected);
}

#[track_caller]
fn refused(text: &str, binds: Vec<SqlBind>, part: &str) {
    match RENDER.select(&filtered(own(text, binds))) {
        Err(Error::Sql(message)) => assert!(message.contains(part), "{text}: {message}"),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn columns_are_qualified_and_values_are_placed() {
    reads("lower({order}) = ?", vec![number(1)], r#"(lower(t0."order") = $1)"#);
    reads("{id}+{id}>? OR ?=1", vec![number(1), number(2)], r#"(t0."id"+t0."id">$1 OR $2=1)"#);
    let list = SqlBind::List(ValueList::new(Kind::I64));
    reads("{id} IN (?) AND ?", vec![list, number(1)], r#"(t0."id" IN (SELECT rows($1)) AND $2)"#);
    reads("{order} ?? ?", vec![number(1)], r#"(t0."order" ? $1)"#);
}

#[test]
fn texts_names_and_comments_keep_theirs() {
    reads("'{id} ? )' = \"{id}?(\"", vec![], r#"('{id} ? )' = "{id}?(")"#);
    reads("{id} /* {id} ? ( */ = ? -- {id}?)", vec![number(1)], "(t0.\"id\" /* {id} ? ( */ = $1 \n)");
    // What isn't a name between braces is the engine's to judge.
    reads("{ id } = {}", vec![], "({ id } = {})");
}

#[test]
fn places_go_on_where_others_ended() {
    let term = |n| own("? < {id}", vec![number(n)]);
    let compared = Predicate::Compare { column: 0, op: CompareOp::Eq, value: Value::Int(5) };
    let (sql, _, binds) =
        all_of(&filtered(Predicate::And(vec![term(1), compared.clone(), Predicate::Not(Box::new(term(2)))])));
    let expected = r#"(($1 < t0."id") AND t0."id" = $2 AND (NOT ($3 < t0."id")))"#;
    assert_eq!(sql.split_once(" WHERE ").unwrap().1, expected);
    assert_eq!(binds.len(), 3);
    // Below a relation, the columns are those of the other table.
    let related = Predicate::Related {
        relation: &USERS.relations[1],
        filter: Box::new(own("{a} = ?", vec![number(1)])),
        middle: None,
        count: (CompareOp::Ge, 1),
    };
    let (sql, ..) = all_of(&filtered(related));
    assert!(sql.ends_with(r#" AND (t1."a" = $1))"#), "{sql}");
    let set = [(1, Assignment::Set(Value::Text("x".into())))];
    let update = RENDER.update_where(&USERS, &set, &term(1)).unwrap();
    assert_eq!(update, r#"UPDATE "n"."users" SET "order" = $1 WHERE ($2 < "n"."users"."id")"#);
}

#[test]
fn shapes_differ_where_texts_do() {
    let key = |text: &str, binds: Vec<SqlBind>| all_of(&filtered(own(text, binds))).1;
    assert_eq!(key("{id} = ?", vec![number(1)]), key("{id} = ?", vec![number(2)]));
    assert_ne!(key("{id} = ?", vec![number(1)]), key("{id} < ?", vec![number(1)]));
    let text = SqlBind::Value(Value::Text("1".into()), Kind::Text);
    assert_ne!(key("{id} = ?", vec![number(1)]), key("{id} = ?", vec![text]));
    let null = SqlBind::Value(Value::Null, Kind::I64);
    assert_ne!(key("{id} = ?", vec![number(1)]), key("{id} = ?", vec![null]));
}

#[test]
fn what_is_no_condition_is_told() {
    refused("{id} = ?", vec![], "the condition has 1 placeholder `?`, and 0 values are bound");
    refused("{id} = 1", vec![number(1)], "0 placeholders");
    refused("{name} = 1", vec![], "names `{name}`, and `User` has no column");
    refused("1) OR (1", vec![], "parentheses");
    refused("(1", vec![], "parentheses");
    refused("1; SELECT 1", vec![], "no statement");
    refused("", vec![], "nothing");
    refused(" /* nothing */ ", vec![], "nothing");
    refused("'a", vec![], "no end");
    refused("a = '\0'", vec![], "NUL");
    let decimal = SqlBind::Value(Value::Decimal(Decimal::new(1, 0)), Kind::Decimal(0));
    refused("{id} = ?", vec![decimal], "bind those");
}
