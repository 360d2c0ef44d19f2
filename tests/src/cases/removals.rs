//! Removals of records that others refer to: models that are met late, and records met on two ways.

use crate::scenarios::library::{Book, Chapter, Loan};
use crate::scenarios::races::{Desk, Person, Room};
use crate::{Setup, TestResult, cases, go};
use orm_core::{Error, Mode};
use std::sync::{Arc, Mutex};

cases![
    models_that_come_too_late_are_told,
    models_that_come_in_time,
    doomed_records_are_not_updated,
    what_is_doomed_can_be_let_go_of_first,
];

async fn models_that_come_too_late_are_told<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    // Nothing of a book leads to its loans, so that until now it could have been removed in spite of them.
    go!(D, db.repository::<Book>().count())?;
    for _ in 0..2 {
        match go!(D, db.repository::<Loan>().count()) {
            Err(Error::Schema(faults)) => assert!(
                faults.len() == 1
                    && faults[0].contains("`Loan.book`")
                    && faults[0].contains("`models::<Loan>()`"),
                "{faults:?}"
            ),
            other => panic!("{other:?}"),
        }
    }
    // Chapters were known all the time, since books have them.
    assert_eq!(go!(D, db.repository::<Chapter>().count())?, 0);
    assert!(matches!(go!(D, db.register::<Loan>().sync()), Err(Error::Schema(_))));
    Ok(())
}

async fn models_that_come_in_time<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<Loan>().count())?;
    go!(D, db.repository::<Book>().count())?;
    let named = setup.another()?;
    let builder = named.builder::<D>().connection("main").models::<(Book, Loan)>();
    let db = go!(D, builder.start())?;
    go!(D, db.repository::<Book>().save(Book::draft().id(1).title("One")))?;
    go!(D, db.repository::<Loan>().save(Loan::draft().id(1).book_id(1)))?;
    assert!(matches!(go!(D, db.repository::<Book>().destroy(1)), Err(Error::Restricted { .. })));
    Ok(())
}

async fn doomed_records_are_not_updated<D: Mode>(setup: Setup) -> TestResult {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let (old, gone) = (Arc::clone(&seen), Arc::clone(&seen));
    let builder = setup
        .builder::<D>()
        .connection("main")
        .updating::<Desk>(move |saving| {
            old.lock().unwrap().push(format!("update {:?}", saving.get(|d| d.id)?));
            Ok(())
        })
        .deleting::<Desk>(move |deleting| {
            gone.lock().unwrap().push(format!("delete {}", deleting.record().id));
            Ok(())
        });
    let db = go!(D, builder.models::<Desk>().start())?;
    let rooms = [Room::draft().id(1), Room::draft().id(2)];
    go!(D, db.repository::<Room>().save_many(rooms))?;
    go!(D, db.repository::<Person>().save(Person::draft().id(1).room_id(1)))?;
    // The person goes with the first room, and the first desk with both of them.
    let desk = |id: u64, room: u64| Desk::draft().id(id).room_id(room).person_id(1);
    go!(D, db.repository::<Desk>().save_many([desk(1, 1), desk(2, 2)]))?;
    assert!(go!(D, db.repository::<Room>().destroy(1))?);
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    assert_eq!(seen, ["delete 1", "update Some(2)"]);
    let left = go!(D, db.repository::<Desk>().all())?;
    assert_eq!(left.iter().map(|d| (d.id, d.person_id)).collect::<Vec<_>>(), [(2, None)]);
    assert_eq!(go!(D, db.repository::<Person>().count())?, 0);
    Ok(())
}

async fn what_is_doomed_can_be_let_go_of_first<D: Mode>(setup: Setup) -> TestResult {
    // The other way round: the person is removed alone, and no desk is.
    let db = go!(D, setup.builder::<D>().connection("main").models::<Desk>().start())?;
    go!(D, db.repository::<Room>().save(Room::draft().id(1)))?;
    go!(D, db.repository::<Person>().save(Person::draft().id(1).room_id(1)))?;
    go!(D, db.repository::<Desk>().save(Desk::draft().id(1).room_id(1).person_id(1)))?;
    assert!(go!(D, db.repository::<Person>().destroy(1))?);
    assert_eq!(go!(D, db.repository::<Desk>().find(1))?.map(|d| d.person_id), Some(None));
    assert!(go!(D, db.repository::<Room>().destroy(1))?);
    assert_eq!(go!(D, db.repository::<Desk>().count())?, 0);
    Ok(())
}
