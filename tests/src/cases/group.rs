//! Groups and what is computed over each.

use super::aggregate::orders;
use crate::scenarios::blog::{Profile, User};
use crate::{Setup, TestResult, cases, go};
use orm_core::prelude::Decimal;
use orm_core::query::count;
use orm_core::{Error, Mode};

cases![
    null_is_one_group,
    several_keys,
    filter_before_grouping,
    having,
    order_by_aggregates_and_keys,
    limits_are_stable,
    over_paths,
    records_are_cut_before,
    kinds_of_keys,
    sums_overflow_in_any_group,
    what_cannot_be,
];

async fn null_is_one_group<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    setup.statements();
    let groups =
        orders.query().group_by(|o| o.status).aggregate(|o| (count(), o.pieces.sum(), o.weight.sum()));
    let found = go!(D, groups.order_by(|o| o.status.asc()).get())?;
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        found,
        [(None, (2, 11, Some(2.0))), (text("open"), (2, 3, Some(1.5))), (text("sent"), (2, -1, Some(4.25)))]
    );
    assert_eq!(setup.statements(), 1);
    // A group of records without any value.
    let groups = orders.query().filter(|o| o.weight.is_null()).group_by(|o| o.paid);
    let found =
        go!(D, groups.aggregate(|o| (o.weight.sum(), o.weight.count())).order_by(|o| o.paid.desc()).get())?;
    assert_eq!(found, [(true, (None, 0)), (false, (None, 0))]);
    Ok(())
}

async fn several_keys<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    let groups = orders.query().group_by(|o| (o.day, o.paid)).aggregate(|o| o.id.max());
    let found = go!(D, groups.order_by(|o| o.day.asc()).order_by(|o| o.paid.asc()).get())?;
    let found: Vec<_> = found.into_iter().map(|((day, paid), id)| (day.to_string(), paid, id)).collect();
    let expected = [
        ("2023-01-01", false, 3),
        ("2024-05-01", false, 1),
        ("2024-05-03", false, 5),
        ("2024-05-03", true, 6),
        ("2025-12-31", false, 4),
    ];
    assert_eq!(found, expected.map(|(day, paid, id)| (day.to_owned(), paid, id)));
    Ok(())
}

async fn filter_before_grouping<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    let groups = orders.query().filter(|o| o.pieces.gt(2)).group_by(|o| o.status).aggregate(|_| count());
    let found = go!(D, groups.order_by(|o| o.status.desc()).get())?;
    assert_eq!(found, [(Some("sent".to_owned()), 1), (None, 2)]);
    let none = orders.query().filter(|o| o.pieces.gt(100)).group_by(|o| o.status).aggregate(|_| count());
    assert_eq!(go!(D, none.get())?, []);
    Ok(())
}

async fn having<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    let by_status = || orders.query().group_by(|o| o.status).aggregate(|_| count());
    let found = go!(D, by_status().having(|o| o.pieces.sum().gt(0)).order_by(|o| o.status.asc()).get())?;
    assert_eq!(found, [(None, 2), (Some("open".to_owned()), 2)]);
    // Of aggregates that are asked for, of others, and of decimals of another scale.
    let found = go!(
        D,
        by_status()
            .having(|o| count().eq(2).and(o.price.sum().lt("7.505".parse::<Decimal>().unwrap())))
            .order_by(|o| o.status.asc())
            .get()
    )?;
    assert_eq!(found, [(Some("open".to_owned()), 2), (Some("sent".to_owned()), 2)]);
    let found = go!(
        D,
        by_status()
            .having(|o| o.pieces.sum().eq(11).or(o.pieces.sum().eq(3)).and(!o.weight.avg().gt(1.2)))
            .get()
    )?;
    // The average of the open ones is 1.5, of those without a status 2.
    assert_eq!(found, []);
    let found =
        go!(D, by_status().having(|o| o.pieces.sum().ge(11)).having(|o| o.day.min().is_null().not()).get())?;
    assert_eq!(found, [(None, 2)]);
    Ok(())
}

async fn order_by_aggregates_and_keys<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    let by_status = || orders.query().group_by(|o| o.status).aggregate(|o| o.pieces.sum());
    let keys =
        |found: Vec<(Option<String>, i64)>| -> Vec<_> { found.into_iter().map(|(_, sum)| sum).collect() };
    assert_eq!(keys(go!(D, by_status().order_by(|o| o.pieces.sum().desc()).get())?), [11, 3, -1]);
    assert_eq!(keys(go!(D, by_status().order_by(|o| o.pieces.sum().asc()).get())?), [-1, 3, 11]);
    // By what isn't asked for.
    assert_eq!(keys(go!(D, by_status().order_by(|o| o.weight.max().asc()).get())?), [3, 11, -1]);
    assert_eq!(keys(go!(D, by_status().order_by(|o| o.status.asc().nulls_last()).get())?), [3, -1, 11]);
    let ties = by_status().order_by(|_| count().desc()).order_by(|o| o.status.desc());
    assert_eq!(keys(go!(D, ties.get())?), [-1, 3, 11]);
    Ok(())
}

async fn limits_are_stable<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    let by_id = || orders.query().group_by(|o| o.id).aggregate(|_| count());
    assert_eq!(go!(D, by_id().limit(2).get())?, [(1, 1), (2, 1)]);
    assert_eq!(go!(D, by_id().offset(4).get())?, [(5, 1), (6, 1)]);
    assert_eq!(go!(D, by_id().order_by(|_| count().desc()).offset(1).limit(2).get())?, [(2, 1), (3, 1)]);
    assert_eq!(go!(D, by_id().order_by(|o| o.id.desc()).first())?, Some((6, 1)));
    assert_eq!(go!(D, by_id().having(|_| count().gt(1)).first())?, None);
    Ok(())
}

async fn over_paths<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    setup.statements();
    let groups = orders
        .query()
        .group_by(|o| o.customer.column(|c| c.country.column(|c| c.name)))
        .aggregate(|o| (count(), o.price.sum()));
    let found =
        go!(D, groups.order_by(|o| o.customer.column(|c| c.country.column(|c| c.name)).desc()).get())?;
    let text = |text: &str| Some(text.to_owned());
    // Cy has no country, and one order has no customer: both are of none.
    let expected = [
        (text("Peru"), (1, Decimal::new(-250, 2))),
        (text("France"), (3, Decimal::new(1030, 2))),
        (None, (2, Decimal::new(877, 2))),
    ];
    assert_eq!(found, expected);
    // One statement, or a scan of each of the three entities.
    assert!([1, 3].contains(&setup.statements()));
    // Together with a column of its own and one at half the way, and a condition on a relation.
    let groups = orders
        .query()
        .filter(|o| o.customer.is(|c| c.name.lt("Cy")))
        .group_by(|o| (o.customer.column(|c| c.name), o.status))
        .aggregate(|o| o.customer.column(|c| c.country_code).min());
    let found = go!(D, groups.order_by(|o| [o.id.min().asc()]).get())?;
    let found: Vec<_> = found
        .into_iter()
        .map(|((name, status), code)| (name.unwrap(), status.unwrap(), code.unwrap()))
        .collect();
    let expected = [("Ada", "open", "fr"), ("Ada", "sent", "fr"), ("Bo", "sent", "pe")];
    assert_eq!(found, expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    Ok(())
}

async fn records_are_cut_before<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    // The three dearest: 3 (sent), 5 and 6 (none).
    let dearest = orders.query().order_by(|o| o.price.desc()).limit(3);
    let groups = dearest.group_by(|o| o.status).aggregate(|o| (count(), o.customer.column(|c| c.name).max()));
    let found = go!(D, groups.having(|_| count().ge(1)).order_by(|_| count().desc()).limit(5).get())?;
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found, [(None, (2, text("Cy"))), (text("sent"), (1, text("Ada")))]);
    Ok(())
}

async fn kinds_of_keys<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    let groups = orders.query().group_by(|o| o.price).aggregate(|_| count()).order_by(|o| o.price.asc());
    let prices: Vec<String> = go!(D, groups.get())?.into_iter().map(|(price, _)| price.to_string()).collect();
    assert_eq!(prices, ["-2.50", "0.10", "0.20", "1.00", "7.77", "10.00"]);
    let groups = orders.query().group_by(|o| o.weight).aggregate(|_| count()).order_by(|o| o.weight.asc());
    let found = go!(D, groups.get())?;
    assert_eq!(found, [(None, 2), (Some(0.25), 1), (Some(1.5), 1), (Some(2.0), 1), (Some(4.0), 1)]);
    Ok(())
}

async fn sums_overflow_in_any_group<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    go!(D, orders.query().filter(|o| o.status.eq("sent")).update(|o| o.big.set(i64::MAX)))?;
    let groups = orders.query().group_by(|o| o.status).aggregate(|o| (count(), o.big.sum()));
    let error = go!(D, groups.get()).unwrap_err();
    assert!(matches!(error, Error::Overflow { model: "Order", column: "big" }), "{error}");
    Ok(())
}

async fn what_cannot_be<D: Mode>(setup: Setup) -> TestResult {
    let orders = orders::<D>(&setup).await?;
    let groups = orders.query().group_by(|o| o.status).aggregate(|_| count()).order_by(|o| o.day.asc());
    let error = go!(D, groups.get()).unwrap_err();
    assert!(matches!(&error, Error::Configuration(text) if text.contains("`day`")), "{error}");
    let groups = orders.query().with(|o| o.customer).group_by(|o| o.status).aggregate(|_| count());
    let error = go!(D, groups.get()).unwrap_err();
    assert!(matches!(&error, Error::Configuration(text) if text.contains("`.with(…)`")), "{error}");
    // Nothing says that a user has only one profile.
    let db = setup.database::<D>().await?;
    let users = db.repository::<User>().query();
    let groups = users.group_by(|u| u.profile.column(|p: &orm_core::prelude::Fields<Profile>| p.bio));
    let error = go!(D, groups.aggregate(|_| count()).get()).unwrap_err();
    assert!(matches!(&error, Error::Configuration(text) if text.contains("`User.profile`")), "{error}");
    Ok(())
}
