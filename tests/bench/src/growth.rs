//! What one more nested record costs, with little and with much stored.

use crate::blog::{self, RECORDS, Stores, User};
use crate::report::{Report, Unit, Work};
use crate::timing::{median, quantile, timed, tried};
use crate::{Form, Outcome};
use orm_core::prelude::*;
use orm_provider_memory::Memory;
use std::ops::Range;
use std::time::Duration;

/// Both sides, filled with the same.
struct Stored {
    db: Database,
    users: Repository<User>,
    maps: Stores,
    next: u64,
}

impl Stored {
    fn new(records: u64) -> Outcome<Self> {
        let db = Database::builder().provider(Memory::new()).models::<User>().start()?;
        let mut stored =
            Self { users: db.repository(), db, maps: Stores::default(), next: records / RECORDS };
        for start in (0..stored.next).step_by(10_000) {
            let text = blog::text(start..(start + 10_000).min(stored.next))?;
            stored.users.save_json(&text)?;
            stored.maps.save(&text)?;
        }
        Ok(stored)
    }

    /// The texts of so many more users.
    fn more(&mut self, users: u64) -> Outcome<Vec<String>> {
        let range: Range<u64> = self.next..self.next + users;
        self.next = range.end;
        range.map(|id| Ok(blog::text(id..id + 1)?)).collect()
    }

    fn save_ours(&self, texts: &[String]) -> Outcome<Vec<Duration>> {
        texts.iter().map(|text| tried(|| self.users.save_json(text))).collect()
    }

    fn save_theirs(&mut self, texts: &[String]) -> Outcome<Vec<Duration>> {
        texts.iter().map(|text| timed(|| self.maps.save(text).is_ok())).collect()
    }
}

/// Saves a few in a round.
const FEW: u64 = 50;

pub(crate) fn run(form: &Form, report: &mut Report) -> Outcome {
    let rounds = form.pick(60, 6);
    let (little, much) = (1_000, form.pick(1_000_000, 50_000));
    let mut large = Stored::new(much)?;
    let (mut ours, mut theirs) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for _ in 0..rounds {
        let mut small = Stored::new(little)?;
        for (i, stored) in [&mut small, &mut large].into_iter().enumerate() {
            let texts = stored.more(FEW)?;
            ours[i].extend(stored.save_ours(&texts)?);
            theirs[i].extend(stored.save_theirs(&texts)?);
        }
    }
    assert_eq!(large.users.count()?, large.maps.users.len() as u64);

    let growth = |[small, large]: &[Vec<Duration>; 2]| {
        median(large.clone()).as_secs_f64() / median(small.clone()).as_secs_f64()
    };
    let work = Work {
        group: "growth",
        work: format!(
            "save one more nested record ({RECORDS} in all): growth of its cost from {little} to {much} stored"
        ),
        against: "growth of `HashMap`s by hand",
        unit: Unit::Times,
        bar: Some(1.2),
    };
    report.numbers(work.clone(), growth(&ours), growth(&theirs));

    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let [_, at_large] = ours;
    let slowest = Work {
        work: format!("save one more nested record at {much} stored, the 99th of 100"),
        against: "its own median",
        unit: Unit::Microseconds,
        bar: Some(20.0),
        ..work.clone()
    };
    report.numbers(slowest, micros(quantile(at_large.clone(), 0.99)), micros(median(at_large)));

    under_snapshot(form, report, &mut large, work, much)
}

/// The same while somebody reads: what is changed can't be changed in place then.
fn under_snapshot(form: &Form, report: &mut Report, stored: &mut Stored, work: Work, much: u64) -> Outcome {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..form.pick(60, 6) {
        let texts = stored.more(FEW)?;
        let reader = stored.db.begin()?;
        let seen = reader.repository::<User>().count()?;
        ours.extend(stored.save_ours(&texts)?);
        assert_eq!(reader.repository::<User>().count()?, seen);
        drop(reader);
        let texts = stored.more(FEW)?;
        theirs.extend(stored.save_ours(&texts)?);
    }
    let micros = |times: Vec<Duration>| median(times).as_secs_f64() * 1e6;
    let work = Work {
        work: format!("save one more nested record at {much} stored, a snapshot being open"),
        against: "the same without a snapshot",
        unit: Unit::Microseconds,
        bar: Some(3.0),
        ..work
    };
    report.numbers(work, micros(ours), micros(theirs));
    Ok(())
}
