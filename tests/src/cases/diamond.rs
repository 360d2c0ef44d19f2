//! Records that are reached on several ways, and two relations to one model.

use crate::scenarios::diamond::{Address, Airport, Flight, Invoice, Order, Parcel};
use crate::scenarios::staff::Employee;
use crate::{Setup, TestResult, cases, go};
use orm_core::prelude::*;
use orm_core::{Error, Mode};

cases![
    one_record_on_two_ways,
    the_way_back_leads_to_the_same_record,
    a_circle_of_one_model,
    two_relations_to_one_model,
    predicates_keep_the_ways_apart,
];

const ORDER: &str = r#"{ "id": 1, "customer": "Ada",
    "invoice": { "id": 10, "total": 99, "address": { "id": 5, "town": "Bath" } },
    "parcels": [
        { "id": 20, "address": { "id": 5, "street": "High Street" } },
        { "id": 21, "address": 5 },
        { "id": 22, "address": { "id": 6, "street": "Low Street" } }
    ] }"#;

async fn one_record_on_two_ways<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<Order>().save_json(ORDER))?;
    // Each way said a part of it.
    let address = go!(D, db.repository::<Address>().find(5))?.unwrap();
    assert_eq!((address.street.as_str(), address.town.as_deref()), ("High Street", Some("Bath")));
    assert_eq!(go!(D, db.repository::<Address>().count())?, 2);
    let order = go!(
        D,
        db.repository::<Order>()
            .query()
            .with(|o| o.invoice.with(|i| i.address))
            .with(|o| o.parcels.order_by(|p| p.id.asc()).with(|p| p.address))
            .first()
    )?
    .unwrap();
    let billed = order.invoice.get()?.unwrap().address.get()?.unwrap();
    let sent: Vec<u64> = order.parcels.get()?.iter().map(|p| p.address.get().unwrap().unwrap().id).collect();
    assert_eq!((billed.id, sent), (5, vec![5, 5, 6]));
    // A typed tree that holds the record twice: it is merged in order of appearance.
    let saved = go!(D, db.repository::<Order>().save(order))?;
    assert_eq!(saved.parcels.get_partial()?.len(), 3);
    assert_eq!(go!(D, db.repository::<Address>().count())?, 2);
    Ok(())
}

async fn the_way_back_leads_to_the_same_record<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    // The order stands inside of itself, and says more there.
    let json = r#"{ "id": 1, "parcels": [{ "id": 20, "address": { "id": 5, "street": "High Street",
        "parcels": [{ "id": 20 }, { "id": 21, "order": { "id": 1, "customer": "Ada" } }] } }] }"#;
    go!(D, db.repository::<Order>().save_json(json))?;
    assert_eq!(go!(D, db.repository::<Order>().find(1))?.unwrap().customer, "Ada");
    let parcels = go!(D, db.repository::<Parcel>().query().order_by(|p| p.id.asc()).get())?;
    let all: Vec<_> = parcels.iter().map(|p| (p.id, p.order_id, p.address_id)).collect();
    assert_eq!(all, [(20, 1, 5), (21, 1, 5)]);
    assert_eq!(go!(D, db.repository::<Invoice>().count())?, 0);
    Ok(())
}

async fn a_circle_of_one_model<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let staff = db.repository::<Employee>();
    let json = r#"[{ "id": 1, "name": "Ada", "manager": { "id": 2, "name": "Bob", "manager": { "id": 1 } } },
        { "id": 3, "name": "Self", "manager_id": 3, "reports": [{ "id": 3 }] }]"#;
    go!(D, staff.save_json(json))?;
    let all = go!(
        D,
        staff
            .query()
            .order_by(|e| e.id.asc())
            .with(|e| e.manager.with(|m| m.manager))
            .with(|e| e.reports)
            .get()
    )?;
    let up = |e: &Employee| e.manager.get().unwrap().map(|m| m.id);
    assert_eq!(all.iter().map(up).collect::<Vec<_>>(), [Some(2), Some(1), Some(3)]);
    assert_eq!(up(all[0].manager.get()?.unwrap()), Some(1));
    let reports: Vec<Vec<i64>> =
        all.iter().map(|e| e.reports.get().unwrap().iter().map(|r| r.id).collect()).collect();
    assert_eq!(reports, [vec![2], vec![1], vec![3]]);
    let own = go!(D, staff.query().filter(|e| e.reports.any(|r| r.name.eq("Self"))).get())?;
    assert_eq!(own.iter().map(|e| e.id).collect::<Vec<_>>(), [3]);
    Ok(())
}

async fn flights<D: Mode>(db: &orm_core::database::Database<D>) -> Result<(), Error> {
    let airport = |code: &str| Airport::draft().code(code);
    let vie = go!(
        D,
        db.repository::<Airport>().save(
            airport("VIE")
                .departures([Flight::draft().destination(airport("LHR"))])
                .arrivals([Flight::draft().origin(airport("JFK"))])
        )
    )?;
    assert_eq!((vie.departures.get_partial()?.len(), vie.arrivals.get_partial()?.len()), (1, 1));
    Ok(())
}

async fn two_relations_to_one_model<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    flights(&db).await?;
    let all = go!(
        D,
        db.repository::<Flight>()
            .query()
            .with(|f| f.origin)
            .with(|f| f.destination.with(|a| a.arrivals))
            .get()
    )?;
    let mut ways: Vec<(String, String)> = all
        .iter()
        .map(|f| {
            let code = |one: &One<Airport>| one.get().unwrap().unwrap().code.clone();
            (code(&f.origin), code(&f.destination))
        })
        .collect();
    ways.sort();
    let way = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(ways, [way("JFK", "VIE"), way("VIE", "LHR")]);
    assert!(all.iter().all(|f| f.destination.get().unwrap().unwrap().arrivals.get().unwrap().len() == 1));
    Ok(())
}

async fn predicates_keep_the_ways_apart<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    flights(&db).await?;
    let airports = db.repository::<Airport>();
    let codes = async |filter: Filter<Airport>| -> Result<Vec<String>, Error> {
        let all = go!(D, airports.query().filter(|_| filter).order_by(|a| a.code.asc()).get())?;
        Ok(all.into_iter().map(|a| a.code).collect())
    };
    let a = Airport::fields();
    assert_eq!(codes(a.departures.exists()).await?, ["JFK", "VIE"]);
    assert_eq!(codes(a.arrivals.exists()).await?, ["LHR", "VIE"]);
    assert_eq!(codes(a.departures.exists().and(a.arrivals.exists())).await?, ["VIE"]);
    assert_eq!(codes(a.departures.any(|f| f.destination.is(|d| d.code.eq("LHR")))).await?, ["VIE"]);
    // There and on: from JFK one can be in LHR by two flights.
    let two = a
        .departures
        .any(|f| f.destination.is(|d| d.departures.any(|g| g.destination.is(|e| e.code.eq("LHR")))));
    assert_eq!(codes(two).await?, ["JFK"]);
    Ok(())
}
