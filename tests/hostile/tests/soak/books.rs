//! Counters and what was booked on them.

use crate::tasks::Told;
use orm_core::asynchronous::prelude::*;
use std::collections::HashMap;

/// How many counters there are: so few that tasks meet.
pub(crate) const COUNTERS: u64 = 6;

/// The sum of what was booked on it.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "counters")]
pub(crate) struct Counter {
    #[key]
    pub(crate) id: u64,
    #[field(default = 0)]
    pub(crate) total: i64,
    #[has_many]
    pub(crate) bookings: Many<Booking>,
}

/// Booked once, under the number of the call that did it.
#[derive(Model, Debug, Clone, PartialEq)]
#[model(entity = "bookings")]
pub(crate) struct Booking {
    #[key]
    pub(crate) id: u64,
    pub(crate) amount: i64,
    #[field(index)]
    pub(crate) counter_id: u64,
}

pub(crate) async fn open(databases: &[&Database]) -> orm_core::Result<()> {
    let counters = (1..=COUNTERS).map(|id| Counter::draft().id(id));
    for db in databases {
        db.register::<Counter>().sync().await?;
    }
    databases[0].repository::<Counter>().insert_many(counters).await.map(drop)
}

/// Whether a counter is the sum of its bookings, as of one moment.
pub(crate) async fn is_even(db: &Database, counter: u64) -> orm_core::Result<()> {
    let both = db.transaction_with(TxOptions::snapshot(), async |tx| {
        let total = tx.repository::<Counter>().find(counter).await?.map(|c| c.total);
        let bookings = tx.repository::<Booking>().query().filter(|b| b.counter_id.eq(counter));
        Ok((total, bookings.sum(|b| b.amount).await?.unwrap_or_default()))
    });
    let (total, sum) = both.await?;
    assert_eq!(total, Some(sum), "counter {counter} is seen half-way");
    Ok(())
}

/// Compares what is stored with what the calls were told.
pub(crate) async fn audit(db: &Database, told: &Told) {
    let bookings = db.repository::<Booking>().query().get().await.unwrap();
    let mut sums: HashMap<u64, i64> = HashMap::new();
    for booking in &bookings {
        *sums.entry(booking.counter_id).or_default() += booking.amount;
    }
    for counter in db.repository::<Counter>().query().get().await.unwrap() {
        let sum = sums.remove(&counter.id).unwrap_or_default();
        assert_eq!(counter.total, sum, "an update of counter {} is lost", counter.id);
    }
    assert!(sums.is_empty(), "bookings on nothing: {sums:?}");
    let mut unsure = 0;
    let mut done = told.done.clone();
    for id in bookings.iter().map(|booking| booking.id) {
        if !done.remove(&id) {
            assert!(told.unknown.contains(&id), "{id} is stored, and nobody was told");
            unsure += 1;
        }
    }
    assert!(done.is_empty(), "acknowledged and not stored: {done:?}");
    println!("{unsure} of {} whose end is not known are stored", told.unknown.len());
}
