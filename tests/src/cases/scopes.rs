//! Scopes of a database: conditions that are put into every plan.

use crate::scenarios::library::{Author, Book};
use crate::scenarios::pivot::{Membership, Player, Team};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::{Error, Mode};

cases![
    scopes_are_put_into_every_read,
    scopes_are_put_into_relations,
    scopes_are_put_into_writes_by_filter_and_removals,
    scopes_can_be_left_out,
    scopes_refer_to_other_models,
    scopes_add_up_and_are_checked,
    ties_out_of_scope_stay,
];

const AUTHORS: &str = r#"[
    { "id": 1, "name": "Ada", "tenant": 7, "books": [{ "id": 1, "title": "One" }] },
    { "id": 2, "name": "Bob", "tenant": 8, "books": [{ "id": 2, "title": "Two" }] },
    { "id": 3, "name": "Cy", "tenant": 7 }
]"#;

/// A database that sees tenant 7 alone.
async fn scoped<D: Mode>(setup: &Setup) -> orm_core::Result<Database<D>> {
    let builder = setup.builder::<D>().connection("main").scope::<Author>(|a| a.tenant.eq(7));
    let db = go!(D, builder.start())?;
    // What is saved isn't checked.
    go!(D, db.repository::<Author>().save_json(AUTHORS))?;
    Ok(db)
}

async fn scopes_are_put_into_every_read<D: Mode>(setup: Setup) -> TestResult {
    let db = scoped::<D>(&setup).await?;
    let authors = db.repository::<Author>();
    assert_eq!(go!(D, authors.find(2))?, None);
    assert_eq!(go!(D, authors.find(1))?.unwrap().name, "Ada");
    assert_eq!(go!(D, authors.find_many([3, 2, 1]))?.iter().map(|a| a.id).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(go!(D, authors.all())?.len(), 2);
    assert_eq!(go!(D, authors.count())?, 2);
    assert_eq!(go!(D, authors.query().filter(|a| a.name.eq("Bob")).first())?, None);
    let tx = go!(D, db.begin())?;
    assert_eq!(go!(D, tx.repository::<Author>().count())?, 2);
    go!(D, tx.commit())?;
    Ok(())
}

async fn scopes_are_put_into_relations<D: Mode>(setup: Setup) -> TestResult {
    let db = scoped::<D>(&setup).await?;
    let books = db.repository::<Book>();
    let all = go!(D, books.query().with(|b| b.author).order_by(|b| b.id.asc()).get())?;
    assert_eq!(all[0].author.get()?.map(|a| a.id), Some(1));
    assert_eq!(all[1].author.get()?, None);
    let known = go!(D, books.query().filter(|b| b.author.exists()).get())?;
    assert_eq!(known.iter().map(|b| b.id).collect::<Vec<_>>(), [1]);
    let by_bob = go!(D, books.query().filter(|b| !b.author.is(|a| a.name.eq("Bob"))).count())?;
    assert_eq!(by_bob, 2);
    Ok(())
}

async fn scopes_are_put_into_writes_by_filter_and_removals<D: Mode>(setup: Setup) -> TestResult {
    let db = scoped::<D>(&setup).await?;
    let authors = db.repository::<Author>();
    assert_eq!(go!(D, authors.query().all_rows().update(|a| a.name.set("x")))?, 2);
    assert!(!go!(D, authors.destroy(2))?);
    assert!(!go!(D, authors.force_destroy(2))?);
    assert_eq!(go!(D, authors.query().filter(|a| a.id.ge(2)).delete())?, 1);
    assert_eq!(go!(D, authors.flush())?, 1);
    let left = go!(D, authors.query().without_scopes().get())?;
    assert_eq!(left.iter().map(|a| (a.id, a.name.as_str())).collect::<Vec<_>>(), [(2, "Bob")]);
    Ok(())
}

async fn scopes_can_be_left_out<D: Mode>(setup: Setup) -> TestResult {
    let db = scoped::<D>(&setup).await?;
    let authors = db.repository::<Author>();
    assert_eq!(go!(D, authors.query().without_scopes().count())?, 3);
    let books = db.repository::<Book>();
    let all = go!(D, books.query().without_scopes().with(|b| b.author).find(2))?.unwrap();
    assert_eq!(all.author.get()?.map(|a| a.id), Some(2), "relations are seen without them too");
    assert_eq!(go!(D, books.query().without_scopes().filter(|b| b.author.exists()).count())?, 2);
    // Deleted records stay out.
    go!(D, authors.destroy(1))?;
    assert_eq!(go!(D, authors.query().without_scopes().count())?, 2);
    assert_eq!(go!(D, authors.query().without_scopes().with_deleted().count())?, 3);
    assert_eq!(go!(D, authors.query().with_deleted().count())?, 2);
    Ok(())
}

async fn scopes_refer_to_other_models<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup
        .builder::<D>()
        .connection("main")
        .scope::<Author>(|a| a.books.exists())
        .scope::<Book>(|b| b.author.is(|a| a.tenant.eq(7)));
    let db = go!(D, builder.start())?;
    go!(D, db.repository::<Author>().save_json(AUTHORS))?;
    assert_eq!(go!(D, db.repository::<Book>().all())?.iter().map(|b| b.id).collect::<Vec<_>>(), [1]);
    let authors = db.repository::<Author>();
    // A scope that leads to another model doesn't take that one's scope along.
    assert_eq!(go!(D, authors.count())?, 2);
    let all = go!(D, authors.query().with(|a| a.books).order_by(|a| a.id.asc()).get())?;
    let books: Vec<_> = all.iter().map(|a| a.books.get().map_or(9, <[_]>::len)).collect();
    assert_eq!(books, [1, 0]);
    // Deleted books don't count for it.
    go!(D, db.repository::<Book>().destroy(1))?;
    assert_eq!(go!(D, authors.all())?.iter().map(|a| a.id).collect::<Vec<_>>(), [2]);
    Ok(())
}

async fn scopes_add_up_and_are_checked<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup.builder::<D>().connection("main").scope::<Author>(|a| a.tenant.eq(7));
    let db = go!(D, builder.scope::<Author>(|a| a.name.ne("Cy")).start())?;
    go!(D, db.repository::<Author>().save_json(AUTHORS))?;
    assert_eq!(go!(D, db.repository::<Author>().all())?.iter().map(|a| a.id).collect::<Vec<_>>(), [1]);
    let wrong = setup.builder::<D>().connection("other").scope::<Author>(|a| a.tenant.eq(u64::MAX));
    assert!(matches!(go!(D, wrong.start()), Err(Error::Operand { column: "tenant", .. })));
    Ok(())
}

async fn ties_out_of_scope_stay<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup.builder::<D>().connection("main").scope::<Membership>(|m| m.number.lt(10));
    let db = go!(D, builder.models::<Team>().start())?;
    let teams = db.repository::<Team>();
    go!(D, db.repository::<Player>().save_many((1..=4).map(|id: u64| Player::draft().id(id))))?;
    go!(D, teams.save(Team::draft().id(1).name("a")))?;
    let tie = |player: u64, number: i32| Membership::draft().player_id(player).team_id(1).number(number);
    let ties = db.repository::<Membership>();
    go!(D, ties.save_many([tie(1, 5), tie(2, 50), tie(3, 6)]))?;
    let players = teams.related(1, |t| t.players);
    assert_eq!(go!(D, players.detach([1, 2]))?, 1, "the second tie isn't seen");
    let changed = go!(D, players.sync(Vec::<u64>::new()))?;
    assert_eq!((changed.attached, changed.detached), (vec![], vec![3]));
    assert_eq!(go!(D, players.detach_all())?, 0);
    let left = || ties.query().without_scopes();
    assert_eq!(go!(D, left().get())?.iter().map(|m| m.player_id).collect::<Vec<_>>(), [2]);
    // To attach what isn't seen writes the record in between that there is.
    assert!(go!(D, players.attach_with(2, Membership::draft().number(7)))?);
    let changed = go!(D, players.toggle([2]))?;
    assert_eq!((changed.attached, changed.detached), (vec![], vec![2]));
    assert_eq!(go!(D, left().count())?, 0);
    Ok(())
}
