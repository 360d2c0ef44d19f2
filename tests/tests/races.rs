//! Records that another creates between the look and the write: a failure that the storage tells, and
//! what had happened meanwhile.

use orm_core::model::IntoDraft;
use orm_core::prelude::*;
use orm_core::provider::{DataProvider, Fault, Faults, On};
use orm_core::{Error, Result};
use orm_provider_memory::Memory;
use orm_tests::scenarios::races::Runner;
use std::sync::Arc;

/// Two databases on one storage: calls of the first fail where the second was faster.
struct Race {
    late: Database,
    faults: Arc<Faults<Arc<dyn DataProvider>>>,
    faster: Database,
}

fn race() -> Result<Race> {
    let memory: Arc<dyn DataProvider> = Arc::new(Memory::new());
    let faults = Arc::new(Faults::new(Arc::clone(&memory)));
    let failing: Arc<dyn DataProvider> = Arc::<Faults<_>>::clone(&faults);
    let late = Database::builder().provider(failing).models::<Runner>().start()?;
    let faster = Database::builder().provider(memory).models::<Runner>().start()?;
    Ok(Race { late, faults, faster })
}

impl Race {
    /// The next write is refused for another's `bib`, since that other came first.
    fn is_lost(&self) {
        let faster = self.faster.repository::<Runner>();
        self.faults.inject(Fault::before(On::Apply).error(move || {
            let first = faster.save(Runner::draft().id(9).place(1).bib(7));
            let columns = if first.is_ok() { "bib" } else { "nothing: it was there before" };
            Error::Unique {
                at: "$".into(),
                model: "Runner",
                columns: columns.into(),
                values: None,
                may_be_deleted: false,
            }
        }));
    }
}

fn beaten() -> impl IntoDraft<Runner> {
    Runner::draft().id(2).place(1).bib(7).name("late")
}

#[test]
fn an_upsert_that_was_beaten_merges() -> Result<()> {
    let race = race()?;
    race.is_lost();
    let saved = race.late.repository::<Runner>().upsert(|r| r.place, beaten())?;
    assert_eq!((saved.id, saved.name.as_str()), (9, "late"));
    assert_eq!(race.faults.fired().len(), 1);
    assert_eq!(race.faster.repository::<Runner>().count()?, 1);
    Ok(())
}

#[test]
fn what_was_created_meanwhile_is_found() -> Result<()> {
    for update in [false, true] {
        let race = race()?;
        race.is_lost();
        let runners = race.late.repository::<Runner>();
        let look = Runner::draft().place(1);
        let saved = match update {
            true => runners.update_or_create(look, Runner::draft().id(2).bib(7).name("late"))?,
            false => runners.first_or_create(look, beaten())?,
        };
        assert_eq!((saved.id, saved.name.as_str()), (9, if update { "late" } else { "" }));
        assert_eq!(runners.count()?, 1);
    }
    Ok(())
}
