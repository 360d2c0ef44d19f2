//! Every predicate against a naive evaluation, on random records.

mod common;
use common::*;
use orm_core::model::schema::{EntitySchema, RelationSchema};
use orm_core::plan::*;
use orm_core::provider::Connection;
use orm_core::value::*;
use std::sync::Arc;

type Table = Vec<Vec<Value>>;

/// All records, for the naive evaluation.
struct World {
    tables: Vec<(&'static EntitySchema, Table)>,
}

impl World {
    fn table(&self, entity: &EntitySchema) -> &Table {
        &self.tables.iter().find(|(e, _)| e.is(entity)).unwrap().1
    }

    fn holds(&self, predicate: &Predicate, row: &[Value]) -> Option<bool> {
        let compare = |a: &Value, op: CompareOp, b: &Value| Some(op.holds(a.as_ref().compare(b.as_ref())?));
        match predicate {
            Predicate::Constant(value) => Some(*value),
            Predicate::Compare { column, op, value } => compare(&row[*column], *op, value),
            Predicate::Columns { left, op, right } => compare(&row[*left], *op, &row[*right]),
            Predicate::In { column, values } => {
                any(values.iter().map(|v| compare(&row[*column], CompareOp::Eq, &v.to_value())))
            }
            Predicate::Keys { columns, keys } => any((0..keys.len()).map(|at| {
                all(columns.iter().enumerate().map(|(part, &column)| {
                    compare(&row[column], CompareOp::Eq, &keys.get(at, part).to_value())
                }))
            })),
            Predicate::Null { column } => Some(row[*column].is_null()),
            Predicate::Text { column, how, text } => match &row[*column] {
                Value::Text(value) => Some(matches(value, *how, text)),
                _ => None,
            },
            Predicate::And(terms) => all(terms.iter().map(|t| self.holds(t, row))),
            Predicate::Or(terms) => any(terms.iter().map(|t| self.holds(t, row))),
            Predicate::Not(inner) => self.holds(inner, row).map(|v| !v),
            Predicate::NotTrue(inner) => Some(self.holds(inner, row) != Some(true)),
            Predicate::Related { relation, filter, count: (op, wanted), .. } => {
                let key: Vec<_> = relation.from.iter().map(|&c| row[c].clone()).collect();
                let related = self.related(relation, &key);
                let meeting = related.filter(|r| self.holds(filter, r) == Some(true));
                Some(op.holds((meeting.count() as u64).cmp(wanted)))
            }
            other => panic!("{other:?}"),
        }
    }

    fn related<'a>(
        &'a self,
        relation: &'static RelationSchema,
        key: &'a [Value],
    ) -> Box<dyn Iterator<Item = &'a Vec<Value>> + 'a> {
        let equal = |row: &[Value], columns: &[usize], key: &[Value]| {
            columns
                .iter()
                .zip(key)
                .all(|(&c, part)| row[c].as_ref().compare(part.as_ref()) == Some(std::cmp::Ordering::Equal))
        };
        let target = self.table((relation.target)());
        match &relation.pivot {
            None => Box::new(target.iter().filter(move |row| equal(row, relation.to, key))),
            Some(pivot) => {
                let pairs = self.table((pivot.entity)()).iter();
                let pairs = pairs.filter(move |pair| equal(pair, pivot.from, key));
                Box::new(pairs.flat_map(move |pair| {
                    let to: Vec<_> = pivot.to.iter().map(|&c| pair[c].clone()).collect();
                    target.iter().filter(move |row| equal(row, relation.to, &to))
                }))
            }
        }
    }
}

fn all(terms: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let terms: Vec<_> = terms.collect();
    if terms.contains(&Some(false)) {
        return Some(false);
    }
    (!terms.contains(&None)).then_some(true)
}

fn any(terms: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all(terms.map(|t| t.map(|v| !v))).map(|v| !v)
}

fn matches(value: &str, how: TextMatch, text: &str) -> bool {
    fn like(value: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => value.is_empty(),
            ['%', rest @ ..] => (0..=value.len()).any(|n| like(&value[n..], rest)),
            ['_', rest @ ..] => !value.is_empty() && like(&value[1..], rest),
            ['\\', c, rest @ ..] | [c, rest @ ..] => value.first() == Some(c) && like(&value[1..], rest),
        }
    }
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    match how {
        TextMatch::Like => like(&chars(value), &chars(text)),
        TextMatch::ILike => like(&chars(&value.to_ascii_lowercase()), &chars(&text.to_ascii_lowercase())),
        TextMatch::Contains => value.contains(text),
        TextMatch::StartsWith => value.starts_with(text),
        TextMatch::EndsWith => value.ends_with(text),
    }
}

const WORDS: [&str; 10] =
    ["", "a", "A%b", "größe", "GRÖSSE", "x_y", "日本語", "Notes", "notes of a", "abcabd"];
const PATTERNS: [&str; 12] =
    ["%", "", "_", "a%", "%b%", "gr__e", "%\\%%", "x\\_y", "_本%", "n%A", "abc%d", "%ab_"];

/// A value that a column of this kind may have, or be compared with.
fn value(random: &mut Random, kind: Kind) -> Value {
    match kind {
        Kind::Text => text(WORDS[random.below(10) as usize]),
        Kind::F64 => Value::Float([-1.5, -0.0, 0.0, 0.5, 2.0][random.below(5) as usize]),
        Kind::Decimal(scale) => Value::Decimal(Decimal::new(random.below(6) as i64 * 50, scale)),
        Kind::I8 => int(random.below(6) as i64 - 3),
        _ => int(random.below(40) as i64),
    }
}

fn fill(random: &mut Random, entity: &'static EntitySchema, count: i64) -> Table {
    let mut table: Table = Vec::new();
    for id in 0..count {
        let row: Vec<Value> = entity
            .fields
            .iter()
            .enumerate()
            .map(|(c, field)| match c {
                0 if entity.key.len() == 1 && field.kind == Kind::Text => text(&format!("{id}")),
                0 if entity.key.len() == 1 => int(id),
                _ if field.nullable && random.one_in(4) => Value::Null,
                1 if entity.is(&POST_TAGS) => text(&format!("{}", random.below(10))),
                // The one unique column.
                3 if entity.is(&USERS) => text(&format!("{id}@x")),
                _ => value(random, field.kind),
            })
            .collect();
        if !table.iter().any(|other| entity.key.iter().all(|&c| other[c] == row[c])) {
            table.push(row);
        }
    }
    table
}

fn op(random: &mut Random) -> CompareOp {
    use CompareOp::*;
    [Eq, Ne, Lt, Le, Gt, Ge][random.below(6) as usize]
}

fn predicate(random: &mut Random, entity: &'static EntitySchema, depth: u32) -> Predicate {
    let column = random.below(entity.fields.len() as u64) as usize;
    let kind = entity.fields[column].kind;
    let inner = |random: &mut Random| Box::new(predicate(random, entity, depth - 1));
    let several = |random: &mut Random| {
        let count = random.below(4);
        (0..count).map(|_| predicate(random, entity, depth - 1)).collect()
    };
    match random.below(if depth == 0 { 7 } else { 13 }) {
        0 => Predicate::Constant(random.one_in(2)),
        1 => Predicate::Compare {
            column,
            op: op(random),
            value: match value(random, kind) {
                Value::Int(_) if random.one_in(6) => int(1 << 40),
                Value::Float(_) if random.one_in(3) => int(2),
                Value::Decimal(_) if random.one_in(3) => Value::Decimal(Decimal::new(1005, 3)),
                other => other,
            },
        },
        2 => {
            let same = |c: &usize| entity.fields[*c].kind.refers_to(kind);
            let others: Vec<_> = (0..entity.fields.len()).filter(same).collect();
            let right = others.get(random.below(9) as usize).copied().unwrap_or(column);
            Predicate::Columns { left: column, op: op(random), right }
        }
        3 => {
            let mut values = ValueList::new(kind);
            for _ in 0..random.below(4) {
                values.push(value(random, kind).as_ref());
            }
            Predicate::In { column, values: Arc::new(values) }
        }
        4 => Predicate::Null { column },
        5 => {
            let columns: &'static [usize] = [entity.key, &[1, 0], &[2, 1], &[2]][random.below(4) as usize];
            let fits = columns.iter().all(|&c| c < entity.fields.len());
            let columns = if fits { columns } else { entity.key };
            let mut keys = KeySet::new(columns.iter().map(|&c| entity.fields[c].kind));
            let mut taken: Vec<Vec<Value>> = Vec::new();
            for _ in 0..random.below(5) {
                let key: Vec<_> = columns.iter().map(|&c| value(random, entity.fields[c].kind)).collect();
                if !taken.contains(&key) {
                    keys.push(|i| key[i].as_ref());
                    taken.push(key);
                }
            }
            Predicate::Keys { columns, keys: Arc::new(keys) }
        }
        6 => match (0..entity.fields.len()).find(|&c| entity.fields[c].kind == Kind::Text) {
            Some(column) => {
                use TextMatch::*;
                let how = [Like, ILike, Contains, StartsWith, EndsWith][random.below(5) as usize];
                let text = match how {
                    Like | ILike => PATTERNS[random.below(12) as usize],
                    _ => ["", "a", "ab", "ö", "s"][random.below(5) as usize],
                };
                Predicate::Text { column, how, text: text.into() }
            }
            None => Predicate::Constant(true),
        },
        7 | 8 => Predicate::And(several(random)),
        9 => Predicate::Or(several(random)),
        10 => Predicate::Not(inner(random)),
        11 => Predicate::NotTrue(inner(random)),
        _ if entity.relations.is_empty() => Predicate::Not(inner(random)),
        _ => {
            let relation = random.below(entity.relations.len() as u64) as usize;
            let relation = &entity.relations[relation];
            Predicate::Related {
                relation,
                filter: Box::new(predicate(random, (relation.target)(), depth - 1)),
                middle: None,
                count: (op(random), random.below(4)),
            }
        }
    }
}

fn load(db: &Arc<dyn Connection>, world: &World) {
    for (entity, table) in &world.tables {
        let records: Vec<Vec<Option<Value>>> =
            table.iter().map(|row| row.iter().cloned().map(Some).collect()).collect();
        apply(db, vec![merge(entity, &records)]).unwrap();
    }
}

fn check(seed: u64, sizes: [i64; 5], rounds: u32, depth: u32) {
    let mut random = Random(seed);
    let entities = [&USERS, &PROFILES, &POSTS, &TAGS, &POST_TAGS];
    let tables = entities.into_iter().zip(sizes);
    let world = World { tables: tables.map(|(e, n)| (e, fill(&mut random, e, n))).collect() };
    let mut db = connect();
    load(&db, &world);
    let mut found = 0;
    for round in 0..rounds {
        let entity = entities[random.below(5) as usize];
        let filter = predicate(&mut random, entity, depth);
        let mut expected: Table = world
            .table(entity)
            .iter()
            .filter(|row| world.holds(&filter, row) == Some(true))
            .cloned()
            .collect();
        let mut rows = db.rows(Select { filter: filter.clone(), ..Select::all(entity) });
        let by_key = |a: &Vec<Value>, b: &Vec<Value>| {
            let keys = entity.key.iter().map(|&c| a[c].as_ref().sort_order(b[c].as_ref()));
            keys.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        };
        rows.sort_by(by_key);
        expected.sort_by(by_key);
        assert_eq!(rows, expected, "seed {seed}, round {round}: {filter:?}");
        assert_eq!(db.count(entity, filter.clone()), expected.len() as i64);
        let exists = db.rows(Select { filter, output: Output::Exists, ..Select::all(entity) });
        assert_eq!(exists, [[Value::Bool(!expected.is_empty())]]);
        found += expected.len();
    }
    assert!(found > 0);
}

#[test]
fn of_columns() {
    let sizes = sized([2500, 10, 1500, 10, 10], [50, 10, 30, 10, 10]);
    check(1, sizes, sized(300, 30), 2);
}

#[test]
fn of_few_records() {
    for seed in 10..sized(40, 11) {
        let sizes = sized([60, 30, 80, 10, 120], [20, 10, 25, 10, 30]);
        check(seed, sizes, sized(60, 8), 3);
    }
}

#[test]
fn of_more_records() {
    for seed in 50..sized(54, 51) {
        let sizes = sized([300, 100, 200, 10, 400], [40, 20, 30, 10, 40]);
        check(seed, sizes, sized(30, 4), 3);
    }
}
