//! Values of every kind: their extremes, their order, their sums.

mod common;
use common::*;
use orm_core::Error;
use orm_core::plan::{Assignment, Change, CompareOp, Predicate, RowWrite, Select};
use orm_core::value::{Date, DateTime, Decimal, Kind, Time, Timestamp, Value, ValueRef};

#[test]
fn sums_never_leave_their_range() {
    let at = memory();
    let dec = |units| Value::Decimal(Decimal::new(units, 2));
    let most = 999_999_999_999_999_999;
    let cases = [
        (1 + 1, Value::Int(127), Value::Int(1)),
        (1 + 1, Value::Int(-128), Value::Int(-1)),
        (1 + 4, Value::Int(i64::MAX), Value::Int(1)),
        (1 + 4, Value::Int(i64::MIN), Value::Int(-1)),
        (1 + 5, Value::Int(0), Value::Int(-1)),
        (1 + 8, Value::Int(0), Value::Int(-1)),
        (1 + 8, Value::Int(i64::MAX), Value::Int(i64::MAX)),
        (1 + 9, Value::Float(f64::from(f32::MAX)), Value::Float(f64::from(f32::MAX))),
        (1 + 10, Value::Float(f64::MAX), Value::Float(f64::MAX)),
        (1 + 18, dec(most), dec(1)),
        (1 + 18, dec(-most), dec(-1)),
    ];
    for (column, stored, delta) in cases {
        let mut cells = vec![None; 20];
        (cells[0], cells[column]) = (i(1), Some(stored.clone()));
        write(&*at, RowWrite::Merge, &KINDS, &[&cells]).unwrap();
        (cells[0], cells[column]) =
            (i(0), Some(KINDS.fields[column].kind.fit(ValueRef::Int(1)).unwrap().to_value()));
        write(&*at, RowWrite::Merge, &KINDS, &[&cells]).unwrap();
        let before = all(&*at, &KINDS);
        let add = |delta: Value| {
            change(
                &*at,
                &KINDS,
                Change::UpdateWhere {
                    filter: Predicate::Constant(true),
                    set: vec![(column, Assignment::Add(delta))],
                },
            )
        };
        let error = add(delta.clone()).unwrap_err();
        assert!(matches!(error, Error::Overflow { .. }), "{stored:?} + {delta:?}: {error}");
        assert_eq!(all(&*at, &KINDS), before, "nothing is changed");
        assert_eq!(add(Value::Int(0)).unwrap(), 2);
        assert_eq!(all(&*at, &KINDS), before);
        change(&*at, &KINDS, Change::Clear).unwrap();
    }
}

#[test]
fn extremes_of_every_kind_come_back() {
    let at = memory();
    let days = |d| Value::Date(Date::from_days(d));
    let day = 86_400_000_000;
    let (first, last) = (-719_162_i64 * day, (2_932_896 + 1) * day - 1);
    let values: Vec<Vec<Value>> = ALL_KINDS
        .iter()
        .map(|kind| match *kind {
            Kind::Bool => vec![Value::Bool(false), Value::Bool(true)],
            Kind::F32 => vec![Value::Float(f64::from(f32::MIN)), Value::Float(f64::from(f32::MIN_POSITIVE))],
            Kind::F64 => vec![
                Value::Float(f64::MAX),
                Value::Float(5e-324),
                Value::Float(0.1 + 0.2),
                Value::Float(-1e18),
            ],
            Kind::Text => {
                ["", "\0", "it's", "\"q\"", "a\0b\u{10ffff} "].map(|s| Value::Text(s.into())).to_vec()
            }
            Kind::Bytes => vec![Value::Bytes([].into()), Value::Bytes([0, 255, 39].into())],
            Kind::Uuid => vec![Value::Uuid([0; 16]), Value::Uuid([255; 16])],
            Kind::Date => vec![days(-719_162), days(2_932_896), days(0)],
            Kind::Time => vec![Value::Time(Time::from_micros(0)), Value::Time(Time::from_micros(day - 1))],
            Kind::DateTime => [first, -1, last].map(|m| Value::DateTime(DateTime::from_micros(m))).to_vec(),
            Kind::Timestamp => {
                [first, -1, last].map(|m| Value::Timestamp(Timestamp::from_micros(m))).to_vec()
            }
            Kind::Decimal(s) => [-999_999_999_999_999_999, 1, 999_999_999_999_999_999]
                .map(|u| Value::Decimal(Decimal::new(u, s)))
                .to_vec(),
            other => {
                let (low, high) = other.integer_range().unwrap();
                vec![Value::Int(low), Value::Int(high), Value::Int(0)]
            }
        })
        .collect();
    for (column, values) in (1..).zip(&values) {
        for value in values {
            let mut cells = vec![None; 20];
            (cells[0], cells[column]) = (i(i64::MIN), Some(value.clone()));
            write(&*at, RowWrite::Insert, &KINDS, &[&cells]).unwrap();
            for list in [vec![value.clone()], vec![value.clone(), value.clone()]] {
                let kind = KINDS.fields[column].kind;
                let values = value_list(kind, &list);
                let found = read(&*at, filtered(&KINDS, Predicate::In { column, values }));
                assert_eq!(found, [record(&cells)], "{kind:?}");
            }
            let equal = compare(column, CompareOp::Eq, value.clone());
            assert_eq!(read(&*at, filtered(&KINDS, equal)).len(), 1);
            change(&*at, &KINDS, Change::Clear).unwrap();
        }
        // All of them in order, as the values compare.
        for (id, value) in (0..).zip(values) {
            let mut cells = vec![None; 20];
            (cells[0], cells[column]) = (i(id), Some(value.clone()));
            write(&*at, RowWrite::Insert, &KINDS, &[&cells]).unwrap();
        }
        let order = vec![orm_core::plan::Sort { column, descending: false, nulls_first: true }];
        let stored: Vec<Value> = read(&*at, Select { order, ..Select::all(&KINDS) })
            .into_iter()
            .map(|mut row| row.swap_remove(column))
            .collect();
        let mut sorted = values.clone();
        sorted.sort_by(|a, b| a.as_ref().sort_order(b.as_ref()));
        assert_eq!(stored, sorted, "{:?}", KINDS.fields[column].kind);
        change(&*at, &KINDS, Change::Clear).unwrap();
    }
    let mut cells = vec![None; 20];
    (cells[0], cells[11]) = (i(1), Some(Value::Float(-0.0)));
    write(&*at, RowWrite::Insert, &KINDS, &[&cells]).unwrap();
    let Value::Float(zero) = read(&*at, Select::all(&KINDS))[0][11] else { panic!() };
    assert!(zero.is_sign_positive());
}

#[test]
fn rows_of_many_shapes_in_one_write() {
    let at = memory();
    let records: Vec<Vec<Option<Value>>> = (0..600)
        .map(|n: i64| {
            let mut cells = vec![i(n)];
            cells.extend((0..9).map(|bit| (n >> bit & 1 == 1).then_some(Value::Int(n % 2))));
            cells[1] = cells[1].take().map(|_| Value::Bool(true));
            cells
        })
        .collect();
    let slices: Vec<&[Option<Value>]> = records.iter().map(Vec::as_slice).collect();
    write(&*at, RowWrite::Merge, &KINDS, &slices).unwrap();
    for (row, cells) in all(&*at, &KINDS).iter().zip(&records) {
        assert_eq!(row[..10], record(cells));
    }
}
