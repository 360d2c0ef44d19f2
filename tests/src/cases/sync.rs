//! Making the storage ready: what may be created, and when it is looked at.

use crate::scenarios::blog::{Post, User};
use crate::scenarios::staff::Employee;
use crate::{Setup, TestResult, cases, go};
use orm_core::database::{Builder, Database};
use orm_core::prelude::{Connection, Connections, Model, SchemaSync};
use orm_core::provider::On;
use orm_core::{Error, Mode};

cases![
    check_creates_nothing_and_tells_all_that_is_missing,
    what_was_created_passes_the_check,
    off_asks_for_nothing,
    off_needs_no_first_use_outside_of_a_transaction,
    many_create_at_once,
    bound_models_are_checked_where_they_live,
];

fn builder<D: Mode>(setup: &Setup, how: SchemaSync) -> Builder<D> {
    setup.builder::<D>().connection("main").schema_sync(how)
}

/// The entities that an error says have another shape.
fn drifted(error: &Error) -> Vec<&'static str> {
    let Error::SchemaDrift { drifts, .. } = error else { panic!("no drift: {error}") };
    assert!(drifts.iter().all(|drift| !drift.differences.is_empty()));
    let mut entities: Vec<_> = drifts.iter().map(|drift| drift.entity).collect();
    entities.sort_unstable();
    entities
}

async fn check_creates_nothing_and_tells_all_that_is_missing<D: Mode>(setup: Setup) -> TestResult {
    for _ in 0..2 {
        let checking = builder::<D>(&setup, SchemaSync::Check).models::<Employee>();
        let error = go!(D, checking.start()).unwrap_err();
        assert_eq!(drifted(&error), ["employees", "tasks"]);
        assert!(error.to_string().contains("Employee"), "{error}");
    }
    // A model that wasn't named is looked at when it is first used.
    let db: Database<D> = go!(D, builder::<D>(&setup, SchemaSync::Check).start())?;
    let error = go!(D, db.repository::<Employee>().count()).unwrap_err();
    assert_eq!(drifted(&error), ["employees", "tasks"]);
    let created: Database<D> = go!(D, builder::<D>(&setup, SchemaSync::Create).start())?;
    let mut report = go!(D, created.register::<Employee>().sync())?.created;
    report.sort_unstable();
    assert_eq!(report, ["employees", "tasks"], "the checks created nothing");
    // What failed is looked at again.
    assert_eq!(go!(D, db.repository::<Employee>().count())?, 0);
    Ok(())
}

async fn what_was_created_passes_the_check<D: Mode>(setup: Setup) -> TestResult {
    let db: Database<D> = go!(D, builder::<D>(&setup, SchemaSync::Create).models::<User>().start())?;
    go!(D, db.repository::<User>().save(User::draft().id(1).name("Ada")))?;
    let checking = builder::<D>(&setup, SchemaSync::Check).models::<User>();
    let checked: Database<D> = go!(D, checking.start())?;
    assert_eq!(go!(D, checked.repository::<User>().find(1))?.unwrap().name, "Ada");
    let report = go!(D, checked.sync())?;
    assert!(report.created.is_empty() && report.extended.is_empty() && report.slower.is_empty());
    // Again, everything is there.
    let again: Database<D> = go!(D, builder::<D>(&setup, SchemaSync::Create).start())?;
    let report = go!(D, again.register::<User>().sync())?;
    assert!(report.created.is_empty() && report.extended.is_empty());
    Ok(())
}

async fn off_asks_for_nothing<D: Mode>(setup: Setup) -> TestResult {
    go!(D, builder::<D>(&setup, SchemaSync::Create).models::<User>().start())?;
    setup.clear_faults();
    let db: Database<D> = go!(D, builder::<D>(&setup, SchemaSync::Off).models::<User>().start())?;
    assert_eq!(go!(D, db.sync())?.created.len(), 0);
    assert!(setup.calls().is_empty(), "{:?}", setup.calls());
    go!(D, db.repository::<User>().save(User::draft().id(1).name("Ada")))?;
    assert_eq!(go!(D, db.repository::<User>().query().with(|u| u.posts).get())?.len(), 1);
    assert!(!setup.calls().contains(&On::Sync), "{:?}", setup.calls());
    Ok(())
}

async fn off_needs_no_first_use_outside_of_a_transaction<D: Mode>(setup: Setup) -> TestResult {
    go!(D, builder::<D>(&setup, SchemaSync::Create).models::<User>().start())?;
    let db: Database<D> = go!(D, builder::<D>(&setup, SchemaSync::Off).start())?;
    let tx = go!(D, db.begin())?;
    go!(D, tx.repository::<Post>().save(Post::draft().id(1).title("t")))?;
    go!(D, tx.commit())?;
    assert_eq!(go!(D, db.repository::<Post>().count())?, 1);
    Ok(())
}

async fn many_create_at_once<D: Mode>(setup: Setup) -> TestResult {
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let setup = setup.clone();
            std::thread::spawn(move || {
                crate::executor::block_on(async {
                    go!(D, builder::<D>(&setup, SchemaSync::Create).models::<(User, Employee)>().start())
                        .map(|db| db.connection().to_string())
                })
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap()?, "main");
    }
    go!(D, builder::<D>(&setup, SchemaSync::Check).models::<(User, Employee)>().start())?;
    Ok(())
}

#[derive(Connection)]
struct Secret;

#[derive(Model, Debug)]
#[model(connection = Secret)]
struct Memo {
    #[key]
    id: u64,
    text: String,
}

#[derive(Connections)]
struct Stores<D: Mode> {
    #[connection(default)]
    main: Database<D>,
    #[connection(Secret)]
    secret: Database<D>,
}

async fn bound_models_are_checked_where_they_live<D: Mode>(setup: Setup) -> TestResult {
    let main: Database<D> = go!(D, builder::<D>(&setup, SchemaSync::Create).start())?;
    let secret = setup.builder::<D>().connection_of::<Secret>().schema_sync(SchemaSync::Check);
    let stores = Stores { main, secret: go!(D, secret.start())? };
    let memo = || Memo::draft().id(1).text("m");
    let error = go!(D, stores.repository::<Memo>().save(memo())).unwrap_err();
    assert_eq!(drifted(&error), ["memos"]);
    go!(D, stores.repository::<User>().save(User::draft().id(1).name("Ada")))?;
    assert_eq!(go!(D, stores.main.repository::<User>().count())?, 1);
    go!(D, setup.builder::<D>().connection_of::<Secret>().models::<Memo>().start())?;
    assert_eq!(go!(D, stores.repository::<Memo>().save(memo()))?.text, "m");
    assert_eq!(go!(D, stores.secret.repository::<Memo>().find(1))?.map(|memo| memo.id), Some(1));
    Ok(())
}
