//! What attributes say of columns.

use crate::scenarios::fields::Ware;
use crate::{Setup, TestResult, cases, go};
use orm_core::{Error, Mode};
use rust_decimal::Decimal;

cases![
    defaults_of_every_form,
    decimals_of_another_crate,
    nulls_are_distinct_in_unique_indexes,
    members_and_columns_have_their_own_names
];

fn decimal(units: i64, scale: u32) -> Decimal {
    Decimal::new(units, scale)
}

async fn defaults_of_every_form<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let wares = db.repository::<Ware>();
    let ware = go!(D, wares.insert(Ware::draft()))?;
    assert!(ware.code.starts_with('W'), "{}", ware.code);
    assert_eq!((ware.net_price, ware.weight, ware.image.len()), (Decimal::ONE, None, 0));
    assert_eq!(ware.since.to_string(), "2000-02-29");
    let other = go!(D, wares.insert(Ware::draft()))?;
    assert_ne!(ware.code, other.code);
    Ok(())
}

async fn decimals_of_another_crate<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let wares = db.repository::<Ware>();
    let ware = |code: &str, price: Decimal| Ware::draft().code(code).net_price(price);
    go!(
        D,
        wares.save_many([ware("a", decimal(15, 1)), ware("b", decimal(-2500, 3)), ware("c", decimal(10, 0))])
    )?;
    // The column's scale is what is read.
    assert_eq!(go!(D, wares.find("a"))?.unwrap().net_price.to_string(), "1.50");
    let sorted = go!(D, wares.query().order_by(|w| w.net_price.asc()).get())?;
    assert_eq!(sorted.iter().map(|w| w.code.as_str()).collect::<Vec<_>>(), ["b", "a", "c"]);
    assert_eq!(go!(D, wares.query().filter(|w| w.net_price.gt(decimal(1499, 3))).count())?, 2);
    assert_eq!(go!(D, wares.query().filter(|w| w.net_price.eq(10)).count())?, 1);
    let of_a = wares.query().filter(|w| w.code.eq("a"));
    assert_eq!(go!(D, of_a.update(|w| [w.net_price.add(decimal(25, 2)), w.weight.set(decimal(1, 4))]))?, 1);
    let a = go!(D, wares.find("a"))?.unwrap();
    assert_eq!((a.net_price, a.weight), (decimal(175, 2), Some(decimal(1, 4))));
    for price in [decimal(1234, 3), Decimal::MAX, decimal(1_000_000_000_000_000_000, 2)] {
        match go!(D, wares.save(ware("x", price))) {
            Err(Error::WrongType { at, .. }) => assert_eq!(at, "$.netPrice"),
            other => panic!("{price}: {other:?}"),
        }
    }
    Ok(())
}

async fn nulls_are_distinct_in_unique_indexes<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let wares = db.repository::<Ware>();
    let ware = |code: &str| Ware::draft().code(code);
    go!(
        D,
        wares.save_many([
            ware("a").shelf("s"),
            ware("b").shelf("s"),
            ware("c").place(1),
            ware("d").place(1),
            ware("e").shelf("s").place(1),
            ware("f").shelf("s").place(2).bar_code("1"),
            ware("g").shelf("t").place(2),
        ])
    )?;
    for (draft, columns) in [
        (ware("a").place(1), "shelf, place"),
        (ware("x").shelf("s").place(2), "shelf, place"),
        (ware("g").shelf("s"), "shelf, place"),
        (ware("b").bar_code("1"), "bar_code"),
    ] {
        match go!(D, wares.save(draft)) {
            Err(Error::Unique { columns: told, .. }) => assert_eq!(told, columns),
            other => panic!("{columns}: {other:?}"),
        }
    }
    // The record itself is no other, and a value that was given up is free.
    go!(D, wares.save(ware("e").shelf("s").place(1)))?;
    go!(D, wares.save(ware("f").place(None::<i16>)))?;
    go!(D, wares.save(ware("a").place(2)))?;
    Ok(())
}

async fn members_and_columns_have_their_own_names<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let wares = db.repository::<Ware>();
    go!(
        D,
        wares
            .save_json(r#"{ "code": "a", "netPrice": "2.5", "ean": "7", "bar_code": 1, "net_price": true }"#)
    )?;
    let ware = go!(D, wares.find("a"))?.unwrap();
    assert_eq!((ware.net_price, ware.bar_code.as_deref()), (decimal(25, 1), Some("7")));
    assert_eq!(go!(D, wares.query().filter(|w| w.bar_code.eq("7")).count())?, 1);
    Ok(())
}
