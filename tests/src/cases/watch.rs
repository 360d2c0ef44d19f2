//! Queries that answer again when they may have another answer.

use super::BLOG;
use crate::scenarios::blog::{Comment, Post, PostTag, Profile, User};
use crate::scenarios::secrets::{Author, Note, Secret};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::{Connections, Error, Mode};

cases![
    answers_now_and_after_commits,
    only_what_the_query_names_counts,
    filters_and_loads_over_relations_count,
    bursts_are_answered_once,
    rolled_back_writes_wake_nobody,
    other_handles_are_heard,
    a_watch_waits_for_others,
    an_open_transaction_is_no_place_for_it,
    an_error_is_an_answer,
    other_connections_are_heard_where_relations_lead,
];

type Answers<D> = <D as Mode>::Rows<'static, Result<Vec<User>, Error>>;

async fn ids<D: Mode>(answers: &mut Answers<D>) -> Result<Vec<u64>, Error> {
    let mut ids: Vec<_> = D::next(answers).await.expect("an answer")?.iter().map(|u| u.id).collect();
    ids.sort_unstable();
    Ok(ids)
}

async fn blog<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    Ok(db)
}

async fn answers_now_and_after_commits<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    let mut grown = users.query().filter(|u| u.age.ge(18)).watch();
    assert_eq!(ids::<D>(&mut grown).await?, [1, 3]);
    go!(D, users.query().filter(|u| u.id.eq(2)).update(|u| u.age.add(1)))?;
    assert_eq!(ids::<D>(&mut grown).await?, [1, 2, 3]);
    go!(D, users.destroy(1))?;
    assert_eq!(ids::<D>(&mut grown).await?, [2, 3]);
    let tx = go!(D, db.begin())?;
    go!(D, tx.repository::<User>().flush())?;
    go!(D, tx.commit())?;
    assert_eq!(ids::<D>(&mut grown).await?, Vec::<u64>::new());
    Ok(())
}

async fn only_what_the_query_names_counts<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    let mut all = users.query().watch();
    assert_eq!(ids::<D>(&mut all).await?, [1, 2, 3]);
    let writer = db.clone();
    // Posts are not named, so it waits for the user that comes later.
    go!(D, db.repository::<Post>().flush())?;
    let thread = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(30));
        let user = User::draft().id(9).name("Zoe");
        crate::executor::block_on(async { go!(D, writer.repository::<User>().save(user)) }).is_ok()
    });
    assert_eq!(ids::<D>(&mut all).await?, [1, 2, 3, 9]);
    assert!(thread.join().unwrap());
    Ok(())
}

async fn filters_and_loads_over_relations_count<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    let mut tagged = users.query().filter(|u| u.posts.any(|p| p.tags.any(|t| t.name.eq("math")))).watch();
    assert_eq!(ids::<D>(&mut tagged).await?, [1]);
    // The pivot of a relation in a relation.
    go!(D, db.repository::<PostTag>().save(PostTag { post_id: 4, tag_name: "math".into() }))?;
    assert_eq!(ids::<D>(&mut tagged).await?, [1, 2]);
    let mut with = users
        .query()
        .with(|u| u.posts.with(|p| p.comments))
        .with(|u| u.edited.filter(|p| p.author.is(|a| a.profile.is(|p| p.bio.eq("Hi")))))
        .watch();
    let first = D::next(&mut with).await.expect("an answer")?;
    assert_eq!(first.len(), 3);
    go!(D, db.repository::<Comment>().query().filter(|c| c.id.eq(3)).update(|c| c.text.set("less")))?;
    let again = D::next(&mut with).await.expect("an answer")?;
    let ada = again.iter().find(|u| u.id == 1).expect("Ada");
    let numbers = ada.posts.get()?.iter().find(|p| p.id == 2).expect("a post");
    assert_eq!(numbers.comments.get()?[0].text, "less");
    assert_eq!(ada.edited.get_partial()?.len(), 1);
    go!(D, db.repository::<Profile>().flush())?;
    let again = D::next(&mut with).await.expect("an answer")?;
    assert!(again.iter().all(|u| u.edited.get_partial().is_ok_and(|e| e.is_empty())));
    Ok(())
}

async fn bursts_are_answered_once<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    let mut all = users.query().watch();
    assert_eq!(ids::<D>(&mut all).await?.len(), 3);
    for id in 10..30_u64 {
        go!(D, users.save(User::draft().id(id).name("x")))?;
    }
    assert_eq!(ids::<D>(&mut all).await?.len(), 23);
    go!(D, users.destroy(1))?;
    assert_eq!(ids::<D>(&mut all).await?.len(), 22);
    Ok(())
}

async fn rolled_back_writes_wake_nobody<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    let mut all = users.query().watch();
    assert_eq!(ids::<D>(&mut all).await?, [1, 2, 3]);
    let tx = go!(D, db.begin())?;
    go!(D, tx.repository::<User>().destroy(1))?;
    go!(D, tx.rollback())?;
    assert!(go!(D, users.insert(User::draft().id(1).name("x"))).is_err());
    setup.statements();
    go!(D, users.destroy(3))?;
    setup.statements();
    assert_eq!(ids::<D>(&mut all).await?, [1, 2]);
    assert_eq!(setup.statements(), 1, "it was woken once");
    Ok(())
}

async fn other_handles_are_heard<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let mut all = db.repository::<User>().query().watch();
    assert_eq!(ids::<D>(&mut all).await?, [1, 2, 3]);
    let other = setup.database::<D>().await?;
    go!(D, other.repository::<User>().destroy(2))?;
    assert_eq!(ids::<D>(&mut all).await?, [1, 3]);
    Ok(())
}

async fn a_watch_waits_for_others<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let mut all = db.repository::<User>().query().watch();
    assert_eq!(ids::<D>(&mut all).await?, [1, 2, 3]);
    let thread = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(30));
        crate::executor::block_on(async { go!(D, db.repository::<User>().destroy(1)) }).is_ok()
    });
    assert_eq!(ids::<D>(&mut all).await?, [2, 3]);
    assert!(thread.join().unwrap());
    Ok(())
}

async fn an_open_transaction_is_no_place_for_it<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let tx = go!(D, db.begin())?;
    let mut answers = tx.repository::<User>().query().watch();
    assert!(matches!(D::next(&mut answers).await, Some(Err(Error::Unsupported { .. }))));
    assert!(D::next(&mut answers).await.is_none());
    Ok(())
}

async fn an_error_is_an_answer<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    let mut answers = users.query().filter(|u| u.id.eq(u64::MAX)).watch();
    assert!(matches!(D::next(&mut answers).await, Some(Err(Error::Operand { .. }))));
    go!(D, users.destroy(1))?;
    assert!(matches!(D::next(&mut answers).await, Some(Err(Error::Operand { .. }))));
    Ok(())
}

/// Authors in one database, their notes in the other.
#[derive(Connections)]
struct Stores<D: Mode> {
    #[connection(default)]
    music: Database<D>,
    #[connection(Secret)]
    secret: Database<D>,
}

async fn other_connections_are_heard_where_relations_lead<D: Mode>(setup: Setup) -> TestResult {
    let stores = Stores::<D> {
        music: go!(D, setup.builder::<D>().connection("music").start())?,
        secret: go!(D, setup.builder::<D>().connection_of::<Secret>().start())?,
    };
    let authors = stores.repository::<Author>();
    go!(D, authors.save_json(r#"{ "id": 1, "name": "Ada" }"#))?;
    let mut watched = authors.query().with(|a| a.notes).watch();
    assert_eq!(D::next(&mut watched).await.expect("an answer")?[0].notes.get()?.len(), 0);
    // Whoever writes, and through whichever handle.
    let alone: Database<D> = go!(D, setup.builder::<D>().connection_of::<Secret>().start())?;
    let note = Note::draft().id(1).text("psst").author_id(1);
    go!(D, alone.repository::<Note>().save(note))?;
    assert_eq!(D::next(&mut watched).await.expect("an answer")?[0].notes.get()?.len(), 1);
    go!(D, stores.music.repository::<Author>().destroy(1))?;
    assert_eq!(D::next(&mut watched).await.expect("an answer")?.len(), 0);
    Ok(())
}
