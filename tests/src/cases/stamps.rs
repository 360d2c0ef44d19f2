//! When records were written.

use crate::scenarios::fields::{Mark, Note, NoteMark};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::model::Many;
use orm_core::value::Timestamp;
use orm_core::{Mode, Model};
use std::cell::Cell;

cases![
    new_records_have_the_time,
    drafts_keep_when_a_record_was_created,
    typed_values_overwrite_no_time,
    what_is_stated_counts,
    nested_records_have_the_time,
    updates_by_query_touch,
    other_names_and_types,
    repeats_keep_what_is_stated
];

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(0) };
}

fn clock() -> Timestamp {
    Timestamp::from_micros(NOW.get())
}

/// The time `micros` after the epoch; the clock shows it from now on.
fn at(micros: i64) -> Timestamp {
    NOW.set(micros);
    clock()
}

fn instant(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

async fn database<D: Mode>(setup: &Setup) -> orm_core::Result<Database<D>> {
    D::settle(setup.builder::<D>().connection("main").clock(clock).start()).await
}

fn times(note: &Note) -> (i64, i64) {
    (note.created_at.micros(), note.updated_at.micros())
}

async fn new_records_have_the_time<D: Mode>(setup: Setup) -> TestResult {
    let db = database::<D>(&setup).await?;
    let notes = db.repository::<Note>();
    at(1);
    assert_eq!(times(&go!(D, notes.save(Note::draft().id(1)))?), (1, 1));
    assert_eq!(times(&go!(D, notes.insert(Note::draft().id(2)))?), (1, 1));
    go!(D, notes.save_json(r#"[{ "id": 3 }, { "id": 4, "text": "x" }]"#))?;
    for note in go!(D, notes.all())? {
        assert_eq!(times(&note), (1, 1));
    }
    // A database without a clock of its own has the system's.
    let plain = setup.database::<D>().await?;
    let note = go!(D, plain.repository::<Note>().save(Note::draft().id(5)))?;
    assert!(note.created_at.micros() > 1_700_000_000_000_000);
    Ok(())
}

async fn drafts_keep_when_a_record_was_created<D: Mode>(setup: Setup) -> TestResult {
    let db = database::<D>(&setup).await?;
    let notes = db.repository::<Note>();
    at(1);
    go!(D, notes.save_many([Note::draft().id(1), Note::draft().id(2)]))?;
    at(2);
    assert_eq!(times(&go!(D, notes.save(Note::draft().id(1).text("two")))?), (1, 2));
    at(3);
    assert_eq!(times(&go!(D, notes.update(Note::draft().id(1)))?), (1, 3));
    at(4);
    go!(D, notes.save_json(r#"[{ "id": 1 }, { "id": 9 }]"#))?;
    let found = go!(D, notes.find_many([1, 2, 9]))?;
    assert_eq!(found.iter().map(times).collect::<Vec<_>>(), [(1, 4), (1, 1), (4, 4)]);
    Ok(())
}

async fn typed_values_overwrite_no_time<D: Mode>(setup: Setup) -> TestResult {
    let db = database::<D>(&setup).await?;
    let notes = db.repository::<Note>();
    at(1);
    let note = Note {
        id: 1,
        text: String::new(),
        parent_id: None,
        created_at: instant(77),
        updated_at: instant(77),
        marks: Many::unloaded(&Note::schema().relations[0]),
        shared: Many::unloaded(&Note::schema().relations[1]),
    };
    assert_eq!(times(&go!(D, notes.save(note.clone()))?), (1, 1));
    at(2);
    assert_eq!(times(&go!(D, notes.save(Note { text: "b".into(), ..note.clone() }))?), (1, 2));
    at(3);
    assert_eq!(times(&go!(D, notes.update(note.clone()))?), (1, 3));
    assert_eq!(times(&go!(D, notes.insert(Note { id: 2, ..note }))?), (3, 3));
    assert_eq!(go!(D, notes.find_many([1, 2]))?.iter().map(times).collect::<Vec<_>>(), [(1, 3), (3, 3)]);
    Ok(())
}

async fn what_is_stated_counts<D: Mode>(setup: Setup) -> TestResult {
    let db = database::<D>(&setup).await?;
    let notes = db.repository::<Note>();
    at(5);
    let stated = go!(D, notes.save(Note::draft().id(1).created_at(instant(2)).updated_at(instant(3))))?;
    assert_eq!(times(&stated), (2, 3));
    go!(D, notes.save_json(r#"{ "id": 2, "created_at": "1970-01-01T00:00:01Z" }"#))?;
    assert_eq!(times(&go!(D, notes.find(2))?.unwrap()), (1_000_000, 5));
    go!(D, notes.save(Note::draft().id(2).created_at(instant(9))))?;
    assert_eq!(times(&go!(D, notes.find(2))?.unwrap()), (9, 5));
    Ok(())
}

async fn nested_records_have_the_time<D: Mode>(setup: Setup) -> TestResult {
    let db = database::<D>(&setup).await?;
    let notes = db.repository::<Note>();
    at(1);
    let saved = go!(
        D,
        notes.save(Note::draft().id(1).marks([Mark::draft(), Mark::draft()]).shared([Mark::draft()]))
    )?;
    let born: Vec<_> = saved.marks.get_partial()?.iter().map(|m| m.born.timestamp_micros()).collect();
    assert_eq!(born, [1, 1]);
    let key = saved.shared.get_partial()?[0].id;
    at(2);
    go!(D, notes.save(Note::draft().id(1).shared_keys([key])))?;
    let ties = go!(D, db.repository::<NoteMark>().all())?;
    let ties: Vec<_> = ties.iter().map(|t| (t.created_at.micros(), t.updated_at.micros())).collect();
    assert_eq!(ties, [(1, 2)]);
    // A typed record that was loaded and is saved again, with what was loaded along.
    at(3);
    let loaded = go!(D, notes.query().with(|n| n.marks).find(1))?.unwrap();
    go!(D, notes.save(loaded))?;
    let marks = go!(D, db.repository::<Mark>().query().order_by(|m| m.id.asc()).get())?;
    let times: Vec<_> =
        marks.iter().map(|m| (m.born.timestamp_micros(), m.touched.map(|t| t.timestamp_micros()))).collect();
    assert_eq!(times.iter().filter(|t| **t == (1, Some(3))).count(), 2, "{times:?}");
    assert_eq!(times.iter().filter(|t| **t == (1, Some(1))).count(), 1, "{times:?}");
    Ok(())
}

async fn updates_by_query_touch<D: Mode>(setup: Setup) -> TestResult {
    let db = database::<D>(&setup).await?;
    let notes = db.repository::<Note>();
    at(1);
    go!(D, notes.save_many([Note::draft().id(1), Note::draft().id(2)]))?;
    at(2);
    assert_eq!(go!(D, notes.query().filter(|n| n.id.eq(1)).update(|n| n.text.set("x")))?, 1);
    assert_eq!(go!(D, notes.query().filter(|n| n.id.eq(2)).update(|n| n.updated_at.set(instant(50))))?, 1);
    assert_eq!(go!(D, notes.find_many([1, 2]))?.iter().map(times).collect::<Vec<_>>(), [(1, 2), (1, 50)]);
    assert_eq!(go!(D, notes.query().filter(|n| n.updated_at.gt(instant(2))).count())?, 1);
    Ok(())
}

async fn other_names_and_types<D: Mode>(setup: Setup) -> TestResult {
    let db = database::<D>(&setup).await?;
    let marks = db.repository::<Mark>();
    at(1);
    let mark = go!(D, marks.insert(Mark::draft()))?;
    at(2);
    let mark = go!(D, marks.save(Mark { note_id: Some(4), ..mark }))?;
    assert_eq!(mark.born.timestamp_micros(), 1);
    assert_eq!(mark.touched.map(|t| t.timestamp_micros()), Some(2));
    Ok(())
}

async fn repeats_keep_what_is_stated<D: Mode>(setup: Setup) -> TestResult {
    let db = database::<D>(&setup).await?;
    let notes = db.repository::<Note>();
    at(1);
    go!(
        D,
        notes.save_json(
            r#"[{ "id": 1, "updated_at": "1970-01-01T00:00:09Z" }, { "id": 1, "text": "t" }, { "id": 2 }]"#
        )
    )?;
    let found = go!(D, notes.find_many([1, 2]))?;
    assert_eq!(found.iter().map(times).collect::<Vec<_>>(), [(1, 9_000_000), (1, 1)]);
    assert_eq!(found[0].text, "t");
    // In bulk, too.
    let many: Vec<String> = (10..1500).map(|id| format!(r#"{{ "id": {id} }}"#)).collect();
    at(2);
    go!(D, notes.save_json(&format!("[{}]", many.join(","))))?;
    assert_eq!(go!(D, notes.query().filter(|n| n.created_at.eq(instant(2))).count())?, 1490);
    Ok(())
}
