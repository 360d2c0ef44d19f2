//! Random conditions against an evaluator in plain Rust, all on one session: a wrong text for a
//! shape, or a wrong meaning of NULL, shows as another set of records.

mod common;
use common::*;
use orm_core::plan::{CompareOp, KeySet, Predicate, RowWrite, TextMatch};
use orm_core::value::{Kind, Value, ValueList, ValueRef};
use std::sync::Arc;

/// Xorshift: the same numbers with every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }
}

const NAMES: [&str; 6] = ["", "a", "A", "ab", "a%", "b "];
const COLORS: [Option<&str>; 4] = [None, Some("a"), Some("ab"), Some("B")];
const OPS: [CompareOp; 6] =
    [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge];

fn operand(random: &mut Random) -> (usize, Value) {
    match random.below(4) {
        0 => (0, Value::Int(random.below(30) as i64)),
        1 => (3, Value::Int(random.below(30) as i64)),
        2 => (1, Value::Text(random.pick(&NAMES).into())),
        _ => (2, Value::Text(random.pick(&NAMES).into())),
    }
}

fn predicate(random: &mut Random, depth: u64) -> Predicate {
    let nested = |random: &mut Random| Box::new(predicate(random, depth - 1));
    match random.below(if depth == 0 { 6 } else { 11 }) {
        0 => {
            let (column, value) = operand(random);
            compare(column, random.pick(&OPS), value)
        }
        1 => Predicate::Columns {
            left: random.pick(&[0, 3]),
            op: random.pick(&OPS),
            right: random.pick(&[0, 3]),
        },
        2 => {
            let column = random.pick(&[1, 2]);
            let mut values = ValueList::new(Kind::Text);
            (0..random.below(4)).for_each(|_| assert!(values.push(ValueRef::Text(random.pick(&NAMES)))));
            Predicate::In { column, values: Arc::new(values) }
        }
        3 => Predicate::Null { column: random.below(4) as usize },
        4 => Predicate::Text {
            column: random.pick(&[1, 2]),
            how: random.pick(&[TextMatch::Contains, TextMatch::StartsWith, TextMatch::EndsWith]),
            text: random.pick(&NAMES).into(),
        },
        5 => {
            let mut keys = KeySet::new([Kind::U64, Kind::U64]);
            for _ in 0..random.below(4) {
                let key = [random.below(8) as i64, random.below(8) as i64];
                keys.push(|part| ValueRef::Int(key[part]));
            }
            Predicate::Keys { columns: &[3, 0], keys: Arc::new(keys) }
        }
        6 => Predicate::Not(nested(random)),
        7 => Predicate::NotTrue(nested(random)),
        8 => Predicate::And((0..random.below(4)).map(|_| *nested(random)).collect()),
        9 => Predicate::Or((0..random.below(11)).map(|_| *nested(random)).collect()),
        _ => Predicate::Related {
            relation: &USERS.relations[1],
            filter: nested(random),
            middle: None,
            count: (random.pick(&OPS), random.below(3)),
        },
    }
}

/// What a condition says of a record: `None` is unknown.
fn holds(all: &[Vec<Value>], row: &[Value], predicate: &Predicate) -> Option<bool> {
    let text = |column: usize| match &row[column] {
        Value::Text(text) => Some(&**text),
        _ => None,
    };
    match predicate {
        Predicate::Compare { column, op, value } => {
            row[*column].as_ref().compare(value.as_ref()).map(|o| op.holds(o))
        }
        Predicate::Columns { left, op, right } => {
            row[*left].as_ref().compare(row[*right].as_ref()).map(|o| op.holds(o))
        }
        Predicate::In { values, .. } if values.is_empty() => Some(false),
        Predicate::In { column, values } => {
            text(*column).map(|text| values.iter().any(|v| v == ValueRef::Text(text)))
        }
        Predicate::Keys { keys, .. } if keys.is_empty() => Some(false),
        Predicate::Keys { columns, keys } => (0..keys.len())
            .map(|k| {
                let parts = columns.iter().enumerate();
                all_of(parts.map(|(part, c)| row[*c].as_ref().compare(keys.get(k, part)).map(|o| o.is_eq())))
            })
            .fold(Some(false), or),
        Predicate::Null { column } => Some(row[*column].is_null()),
        Predicate::Text { column, how, text: part } => text(*column).map(|text| match how {
            TextMatch::Contains => text.contains(&**part),
            TextMatch::StartsWith => text.starts_with(&**part),
            _ => text.ends_with(&**part),
        }),
        Predicate::And(terms) => all_of(terms.iter().map(|p| holds(all, row, p))),
        Predicate::Or(terms) => terms.iter().map(|p| holds(all, row, p)).fold(Some(false), or),
        Predicate::Not(inner) => holds(all, row, inner).map(|b| !b),
        Predicate::NotTrue(inner) => Some(holds(all, row, inner) != Some(true)),
        Predicate::Related { filter, count, .. } => {
            let boss = |other: &&Vec<Value>| {
                row[3].as_ref().compare(other[0].as_ref()).is_some_and(|o| o.is_eq())
                    && holds(all, other, filter) == Some(true)
            };
            let found = all.iter().filter(boss).count() as u64;
            Some(count.0.holds(found.cmp(&count.1)))
        }
        other => panic!("{other:?} isn't made here"),
    }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

fn all_of(terms: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut some_false = Some(false);
    for term in terms {
        some_false = or(some_false, term.map(|b| !b));
    }
    some_false.map(|some_false| !some_false)
}

#[test]
fn random_conditions_mean_what_they_say() {
    let at = memory();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for id in 0..25 {
        let color = random.pick(&COLORS).map_or(Value::Null, |c| Value::Text(c.into()));
        let boss = match random.below(3) {
            0 => Value::Null,
            _ => Value::Int(random.below(8) as i64),
        };
        let user = [i(id), t(random.pick(&NAMES)), Some(color), Some(boss)];
        write(&*at, RowWrite::Insert, &USERS, &[&user]).unwrap();
    }
    let users = all(&*at, &USERS);
    for round in 0..3000 {
        let predicate = predicate(&mut random, round % 4);
        let expected: Vec<i64> = users
            .iter()
            .filter(|row| holds(&users, row, &predicate) == Some(true))
            .map(|row| int(&row[0]))
            .collect();
        let mut found = ids(&*at, filtered(&USERS, predicate.clone()));
        found.sort_unstable();
        assert_eq!(found, expected, "{predicate:?}");
    }
}
