//! Sums, averages, least and greatest values.

use crate::scenarios::shop::{Customer, NOBODYS, Order, SHOP};
use crate::{Setup, TestResult, cases, go};
use orm_core::prelude::Decimal;
use orm_core::query::count;
use orm_core::repository::Repository;
use orm_core::value::Date;
use orm_core::{Error, Mode};

cases![
    sums,
    averages,
    least_and_greatest,
    nothing_has_no_sum,
    within_offset_and_limit,
    several_at_once,
    sums_must_fit,
    decimals_must_fit,
    floats_must_fit,
    of_related_records,
    in_a_transaction,
];

pub(super) async fn orders<D: Mode>(setup: &Setup) -> orm_core::Result<Repository<Order, D>> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<Customer>().save_json(SHOP))?;
    let orders = db.repository::<Order>();
    go!(D, orders.save_json(NOBODYS))?;
    Ok(orders)
}

fn cents(units: i64) -> Option<Decimal> {
    Some(Decimal::new(units, 2))
}

async fn sums<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    setup.statements();
    assert_eq!(go!(D, orders.query().sum(|o| o.pieces))?, Some(13_i64));
    assert_eq!(setup.statements(), 1);
    // Exact: in binary 0.1 + 0.2 is not 0.3.
    let open = orders.query().filter(|o| o.status.eq("open"));
    assert_eq!(go!(D, open.sum(|o| o.price))?, cents(30));
    assert_eq!(go!(D, orders.query().sum(|o| o.price))?, cents(1657));
    // NULL is left out.
    assert_eq!(go!(D, orders.query().sum(|o| o.weight))?, Some(7.75));
    assert_eq!(go!(D, orders.query().filter(|o| o.pieces.gt(2)).sum(|o| o.pieces))?, Some(14));
    assert_eq!(go!(D, orders.query().filter(|o| o.customer.exists()).sum(|o| o.pieces))?, Some(7));
    Ok(())
}

async fn averages<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    assert_eq!(go!(D, orders.query().filter(|o| o.id.le(2)).avg(|o| o.pieces))?, Some(1.5));
    assert_eq!(go!(D, orders.query().filter(|o| o.id.in_([3, 4])).avg(|o| o.price))?, Some(3.75));
    // Of the four that were weighed.
    assert_eq!(go!(D, orders.query().avg(|o| o.weight))?, Some(1.9375));
    Ok(())
}

async fn least_and_greatest<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    let all = || orders.query();
    assert_eq!(go!(D, all().min(|o| o.pieces))?, Some(-4));
    assert_eq!(go!(D, all().max(|o| o.pieces))?, Some(6));
    assert_eq!(go!(D, all().min(|o| o.price))?, cents(-250));
    assert_eq!(go!(D, all().max(|o| o.price))?, cents(1000));
    assert_eq!(go!(D, all().min(|o| o.weight))?, Some(0.25));
    assert_eq!(go!(D, all().max(|o| o.weight))?, Some(4.0));
    assert_eq!(go!(D, all().min(|o| o.day))?, Some("2023-01-01".parse::<Date>()?));
    assert_eq!(go!(D, all().max(|o| o.day))?, Some("2025-12-31".parse::<Date>()?));
    assert_eq!(go!(D, all().min(|o| o.status))?.as_deref(), Some("open"));
    assert_eq!(go!(D, all().max(|o| o.status))?.as_deref(), Some("sent"));
    assert_eq!(go!(D, all().max(|o| o.paid))?, Some(true));
    assert_eq!(go!(D, all().min(|o| o.paid))?, Some(false));
    assert_eq!(go!(D, all().max(|o| o.id))?, Some(6_u64));
    assert_eq!(go!(D, all().filter(|o| o.id.eq(2)).max(|o| o.weight))?, None);
    Ok(())
}

async fn nothing_has_no_sum<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    let none = || orders.query().filter(|o| o.id.gt(100));
    assert_eq!(go!(D, none().sum(|o| o.pieces))?, None);
    assert_eq!(go!(D, none().avg(|o| o.price))?, None);
    assert_eq!(go!(D, none().min(|o| o.day))?, None);
    // There are records, but no values.
    let unweighed = || orders.query().filter(|o| o.weight.is_null());
    assert_eq!(go!(D, unweighed().sum(|o| o.weight))?, None);
    assert_eq!(go!(D, unweighed().count())?, 2);
    Ok(())
}

async fn within_offset_and_limit<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    let dear = || orders.query().order_by(|o| o.price.desc());
    // 10.00, 7.77, 1.00, 0.20, 0.10, -2.50
    assert_eq!(go!(D, dear().limit(2).sum(|o| o.price))?, cents(1777));
    assert_eq!(go!(D, dear().offset(4).sum(|o| o.price))?, cents(-240));
    assert_eq!(go!(D, dear().offset(1).limit(2).max(|o| o.id))?, Some(6));
    assert_eq!(go!(D, dear().limit(0).sum(|o| o.price))?, None);
    Ok(())
}

async fn several_at_once<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    setup.statements();
    let all = go!(
        D,
        orders.query().aggregate(|o| {
            (
                count(),
                o.weight.count(),
                o.status.count_distinct(),
                o.pieces.sum(),
                o.weight.avg(),
                o.day.max(),
            )
        })
    )?;
    let last = "2025-12-31".parse::<Date>()?;
    assert_eq!(all, Some((6, 4, 2, 13, Some(1.9375), last)));
    assert_eq!(setup.statements(), 1);
    let none = orders.query().filter(|o| o.id.gt(100));
    assert_eq!(go!(D, none.aggregate(|o| (count(), o.pieces.sum())))?, None);
    assert_eq!(go!(D, orders.query().aggregate(|o| o.day.count_distinct()))?, Some(4));
    Ok(())
}

async fn sums_must_fit<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    let set = |id: u64, big: i64| orders.query().filter(move |o| o.id.eq(id)).update(move |o| o.big.set(big));
    go!(D, set(1, i64::MAX))?;
    go!(D, set(2, 1))?;
    let error = go!(D, orders.query().sum(|o| o.big)).unwrap_err();
    assert!(matches!(error, Error::Overflow { model: "Order", column: "big" }), "{error}");
    // What is passed on the way doesn't matter, whatever the order.
    go!(D, set(3, -1))?;
    assert_eq!(go!(D, orders.query().sum(|o| o.big))?, Some(i64::MAX));
    let average = go!(D, orders.query().filter(|o| o.id.le(3)).avg(|o| o.big))?;
    assert_eq!(average, Some(i64::MAX as f64 / 3.0));
    go!(D, set(1, i64::MIN))?;
    let error = go!(D, orders.query().filter(|o| o.id.ne(2)).sum(|o| o.big)).unwrap_err();
    assert!(matches!(error, Error::Overflow { .. }), "{error}");
    Ok(())
}

async fn decimals_must_fit<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    let most = Decimal::new(999_999_999_999_999_999, 2);
    go!(D, orders.query().filter(|o| o.id.eq(1)).update(|o| o.price.set(most)))?;
    let two = || orders.query().filter(|o| o.id.le(2));
    let error = go!(D, two().sum(|o| o.price)).unwrap_err();
    assert!(matches!(error, Error::Overflow { model: "Order", column: "price" }), "{error}");
    assert_eq!(go!(D, two().max(|o| o.price))?, Some(most));
    Ok(())
}

async fn floats_must_fit<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    let two = || orders.query().filter(|o| o.id.le(2));
    go!(D, two().update(|o| o.weight.set(f64::MAX)))?;
    for error in [go!(D, two().sum(|o| o.weight)).unwrap_err(), go!(D, two().avg(|o| o.weight)).unwrap_err()]
    {
        assert!(matches!(error, Error::Overflow { model: "Order", column: "weight" }), "{error}");
    }
    Ok(())
}

async fn of_related_records<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    let name = go!(D, orders.query().max(|o| o.customer.column(|c| c.name)))?;
    assert_eq!(name.as_deref(), Some("Cy"));
    let name = go!(D, orders.query().max(|o| o.customer.column(|c| c.country.column(|c| c.name))))?;
    assert_eq!(name.as_deref(), Some("Peru"));
    let all = orders.query().aggregate(|o| {
        (count(), o.customer.column(|c| c.id).sum(), o.customer.column(|c| c.country_code).count_distinct())
    });
    assert_eq!(go!(D, all)?, Some((6, Some(8), 2)));
    Ok(())
}

async fn in_a_transaction<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<Customer>().save_json(SHOP))?;
    let tx = go!(D, db.begin())?;
    let orders = tx.repository::<Order>();
    go!(D, orders.save_json(NOBODYS))?;
    assert_eq!(go!(D, orders.query().sum(|o| o.pieces))?, Some(13));
    go!(D, tx.rollback())?;
    assert_eq!(go!(D, db.repository::<Order>().query().sum(|o| o.pieces))?, Some(7));
    Ok(())
}
