//! Models that are bound to connections, relations that lead from one to another, and sets of databases.

use crate::scenarios::secrets::{Archive, Author, Mention, Note, Page, Secret, Song};
use crate::{Setup, TestResult, cases, go};
use orm_core::connections::{AnyConnection, ConnectionMarker};
use orm_core::database::{Database, Tx};
use orm_core::model::One;
use orm_core::{Connections, Model};
use orm_core::{Error, Mode};

cases![
    a_bound_model_is_known_by_the_name,
    a_model_asked_in_vain_leaves_no_trace,
    one_statement_for_each_relation_across,
    sync_reports_a_model_of_another_connection,
    a_model_without_connection_lives_anywhere,
    no_tables_of_another_connection,
    a_set_finds_the_database_by_the_model,
    a_set_checks_the_names,
    instances_of_one_connection,
    names_of_instances,
    one_model_in_two_databases,
    loads_to_one_across,
    loads_to_many_across,
    loads_there_and_back,
    loads_below_local_relations,
    loads_over_a_pivot_there,
    loads_through_a_model_there,
    counts_across,
    loads_with_filter_and_limit_across,
    a_single_database_cannot_follow,
    nested_json_across_is_refused,
    nested_drafts_across_are_refused,
    typed_records_across_are_refused,
    what_was_loaded_across_stays_there,
    keys_across_are_kept,
    transactions_are_of_one_connection,
    transactions_roll_back_alone,
    guards_of_one_connection,
    loads_across_in_a_transaction,
    two_connections_in_one_database,
];

/// Authors and songs in one database, notes and pages in the other.
#[derive(Connections)]
struct Stores<D: Mode> {
    #[connection(default)]
    music: Database<D>,
    #[connection(Secret)]
    secret: Database<D>,
}

async fn stores<D: Mode>(setup: &Setup) -> orm_core::Result<Stores<D>> {
    Ok(Stores {
        music: go!(D, setup.builder::<D>().connection("music").start())?,
        secret: go!(D, setup.builder::<D>().connection_of::<Secret>().start())?,
    })
}

/// Ada (1) wrote songs 1 and 2 and notes 1 and 2; Bob (2) wrote song 3 and nothing else.
async fn filled<D: Mode>(setup: &Setup) -> orm_core::Result<Stores<D>> {
    let stores = stores::<D>(setup).await?;
    let authors = r#"[
        { "id": 1, "name": "Ada", "songs": [{ "id": 1, "title": "Do" }, { "id": 2, "title": "Re" }] },
        { "id": 2, "name": "Bob", "songs": [{ "id": 3, "title": "Mi" }] }
    ]"#;
    go!(D, stores.repository::<Author>().save_json(authors))?;
    let notes = r#"[
        { "id": 1, "text": "low", "author": 1, "song": 3, "pages": [{ "id": 1, "text": "a" }, { "id": 2, "text": "b" }] },
        { "id": 2, "text": "high", "author_id": 1, "song_id": 1 },
        { "id": 3, "text": "lost", "author_id": 9 }
    ]"#;
    go!(D, stores.repository::<Note>().save_json(notes))?;
    let mentions = [(1, 1), (1, 3), (2, 2)].map(|(note_id, song_id)| Mention { note_id, song_id });
    go!(D, stores.repository::<Mention>().save_many(mentions))?;
    Ok(stores)
}

fn note(id: u64) -> orm_core::model::Draft<Note> {
    Note::draft().id(id).text("psst")
}

async fn a_bound_model_is_known_by_the_name<D: Mode>(setup: Setup) -> TestResult {
    let music: Database<D> = go!(D, setup.builder::<D>().connection("music").start())?;
    let notes = music.repository::<Note>();
    for error in [
        go!(D, notes.find(1)).unwrap_err(),
        go!(D, notes.count()).unwrap_err(),
        go!(D, notes.save(note(1))).unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(
            matches!(error, Error::WrongConnection { model: "Note", connection: "secret", .. }),
            "{text}"
        );
        assert!(text.contains("`music`") && text.contains("connection_of"), "{text}");
    }
    // By whatever way the name was said.
    let secret: Database<D> = go!(D, setup.builder::<D>().connection("secret").start())?;
    go!(D, secret.repository::<Note>().save(note(1)))?;
    let same: Database<D> = go!(D, setup.builder::<D>().connection_of::<Secret>().start())?;
    assert_eq!(go!(D, same.repository::<Note>().count())?, 1);
    assert_eq!(same.connection().as_str(), Secret::NAME);
    Ok(())
}

/// Has the entity's name of a model on another connection.
#[derive(Model, Debug)]
#[model(entity = "notes")]
struct Remark {
    #[key]
    id: u64,
    remark: String,
}

async fn a_model_asked_in_vain_leaves_no_trace<D: Mode>(setup: Setup) -> TestResult {
    let stores = stores::<D>(&setup).await?;
    let music = &stores.music;
    assert!(matches!(go!(D, music.repository::<Note>().all()), Err(Error::WrongConnection { .. })));
    let tx = go!(D, music.begin())?;
    assert!(matches!(go!(D, tx.repository::<Page>().all()), Err(Error::WrongConnection { .. })));
    drop(tx);
    music.register::<Author>().register::<Remark>();
    go!(D, music.sync())?;
    go!(D, music.repository::<Remark>().save(Remark::draft().id(1).remark("fine")))?;
    go!(D, stores.repository::<Note>().save(note(1).author_id(1)))?;
    go!(D, stores.repository::<Author>().save(Author::draft().id(1).name("Ada")))?;
    let ada = go!(D, stores.repository::<Author>().query().with(|a| a.notes).find(1))?.unwrap();
    assert_eq!(ada.notes.get()?[0].text, "psst");
    assert_eq!(go!(D, music.repository::<Remark>().find(1))?.unwrap().remark, "fine");
    Ok(())
}

async fn one_statement_for_each_relation_across<D: Mode>(setup: Setup) -> TestResult {
    let stores = stores::<D>(&setup).await?;
    let (authors, notes) = (stores.repository::<Author>(), stores.repository::<Note>());
    go!(D, authors.save_many((1..=200).map(|id| Author::draft().id(id).name("x"))))?;
    let many = (1..=200).map(|id| note(id).author_id(id % 150 + 1).pages([Page::draft().id(id).text("p")]));
    go!(D, notes.save_many(many))?;
    let run = async |limit: u64| -> Result<u64, Error> {
        setup.statements();
        let query = authors.query().order_by(|a| a.id.asc()).limit(limit);
        let query = query.with(|a| a.songs).with(|a| a.notes.with(|n| n.pages).with(|n| n.author));
        let found = go!(D, query.get())?;
        assert_eq!(found[0].notes.get()?[0].pages.get()?.len(), 1);
        assert_eq!(found[0].notes.get()?[0].author.get()?.unwrap().id, 1);
        Ok(setup.statements())
    };
    // What was used for the first time is made ready, which counts for nothing here.
    let few = run(1).await?;
    assert_eq!(run(200).await?, few);
    if stores.music.capabilities().related {
        assert_eq!(few, 5, "authors, songs, notes, pages, authors");
    }
    Ok(())
}

async fn sync_reports_a_model_of_another_connection<D: Mode>(setup: Setup) -> TestResult {
    let started: Result<Database<D>, _> = go!(D, setup.builder::<D>().models::<(Song, Page)>().start());
    let error = started.unwrap_err();
    assert!(matches!(error, Error::WrongConnection { connection: "secret", .. }), "{error}");
    Ok(())
}

async fn a_model_without_connection_lives_anywhere<D: Mode>(setup: Setup) -> TestResult {
    for name in ["default", "music", "secret", "old_things"] {
        let db: Database<D> = go!(D, setup.builder::<D>().connection(name).start())?;
        go!(D, db.repository::<Song>().save(Song::draft().id(1).title(name)))?;
        assert_eq!(go!(D, db.repository::<Song>().find(1))?.unwrap().title, name);
    }
    Ok(())
}

async fn no_tables_of_another_connection<D: Mode>(setup: Setup) -> TestResult {
    let stores = stores::<D>(&setup).await?;
    stores.music.register::<Author>();
    let mut created = go!(D, stores.music.sync())?.created;
    created.sort_unstable();
    assert_eq!(created, ["authors", "songs"], "neither notes nor pages");
    stores.secret.register::<Page>();
    let mut created = go!(D, stores.secret.sync())?.created;
    created.sort_unstable();
    assert_eq!(created, ["notes", "pages"], "neither authors nor songs");
    Ok(())
}

async fn a_set_finds_the_database_by_the_model<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    assert_eq!(go!(D, stores.music.repository::<Song>().count())?, 3);
    assert_eq!(go!(D, stores.secret.repository::<Note>().count())?, 3);
    assert_eq!(go!(D, stores.repository::<Page>().count())?, 2);
    assert_eq!(stores.database::<Secret>().connection().as_str(), "secret");
    assert_eq!(stores.database::<AnyConnection>().connection().as_str(), "music");
    // Songs may live beside the notes too, but the set knows those in its default.
    assert_eq!(go!(D, stores.secret.repository::<Song>().count())?, 0);
    Ok(())
}

async fn a_set_checks_the_names<D: Mode>(setup: Setup) -> TestResult {
    let fine = stores::<D>(&setup).await?;
    fine.check()?;
    let swapped = Stores { music: fine.secret.clone(), secret: fine.music.clone() };
    let text = swapped.check().unwrap_err().to_string();
    assert!(text.contains("`Stores.secret`") && text.contains("`music`"), "{text}");
    let error = go!(D, swapped.repository::<Note>().count()).unwrap_err();
    assert!(matches!(error, Error::WrongConnection { .. }), "{error}");
    Ok(())
}

async fn instances_of_one_connection<D: Mode>(setup: Setup) -> TestResult {
    let music = stores::<D>(&setup).await?.music;
    let mut tenants = Vec::new();
    for name in ["tenant_7", "tenant_8"] {
        let secret = go!(D, setup.builder::<D>().connection_of::<Secret>().instance(name).start())?;
        tenants.push(Stores { music: music.clone(), secret });
    }
    go!(D, music.repository::<Author>().save(Author::draft().id(1).name("Ada")))?;
    for (stores, text) in tenants.iter().zip(["seven", "eight"]) {
        stores.check()?;
        go!(D, stores.repository::<Note>().save(note(1).text(text).author_id(1)))?;
    }
    for (stores, text) in tenants.iter().zip(["seven", "eight"]) {
        let found = go!(D, stores.repository::<Author>().query().with(|a| a.notes).find(1))?.unwrap();
        let texts: Vec<_> = found.notes.get()?.iter().map(|n| n.text.as_str()).collect();
        assert_eq!(texts, [text]);
    }
    let (seven, alone) = (tenants[0].database::<Secret>(), stores::<D>(&setup).await?.secret);
    assert_eq!((seven.connection().as_str(), seven.connection().base()), ("secret__tenant_7", "secret"));
    assert_eq!(go!(D, alone.repository::<Note>().count())?, 0, "the connection itself is yet another");
    Ok(())
}

async fn names_of_instances<D: Mode>(setup: Setup) -> TestResult {
    for (connection, instance) in [
        ("secret", ""),
        ("secret", "a b"),
        ("secret", "a__b"),
        ("secret", "_a"),
        ("secret__a", "b"),
        ("secret_", "a"),
        ("secret", "x".repeat(41).as_str()),
        ("secret", "\"; DROP TABLE notes"),
    ] {
        let started = go!(D, setup.builder::<D>().connection(connection).instance(instance).start());
        assert!(matches!(started, Err(Error::Configuration(_))), "{connection} {instance}");
    }
    // As a configuration would say it.
    let db: Database<D> = go!(D, setup.builder::<D>().connection("secret__a").start())?;
    assert_eq!(go!(D, db.repository::<Note>().count())?, 0);
    let other: Database<D> = go!(D, setup.builder::<D>().connection("secrets__a").start())?;
    assert!(matches!(go!(D, other.repository::<Note>().count()), Err(Error::WrongConnection { .. })));
    Ok(())
}

/// What is in use, and what was put away.
#[derive(Connections)]
struct WithArchive<D: Mode> {
    #[connection(default, Secret)]
    secret: Database<D>,
    #[connection(Archive)]
    archive: Database<D>,
}

async fn one_model_in_two_databases<D: Mode>(setup: Setup) -> TestResult {
    let stores = WithArchive {
        secret: stores::<D>(&setup).await?.secret,
        archive: go!(D, setup.builder::<D>().connection_of::<Archive>().also_hosts::<Note>().start())?,
    };
    stores.check()?;
    let old = stores.database::<Archive>().repository::<Note>();
    go!(D, old.save(note(1).pages([Page::draft().id(1).text("p")])))?;
    assert_eq!(go!(D, stores.repository::<Note>().count())?, 0, "by itself, a note is in its own database");
    assert_eq!(go!(D, stores.database::<Archive>().repository::<Page>().count())?, 1);
    // A default may host a connection as well.
    go!(D, stores.repository::<Song>().save(Song::draft().id(1).title("Do")))?;
    assert_eq!(go!(D, stores.secret.repository::<Song>().count())?, 1);
    Ok(())
}

async fn loads_to_one_across<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    let query = stores.repository::<Note>().query().order_by(|n| n.id.asc());
    let notes = go!(D, query.with(|n| n.author).with(|n| n.pages).get())?;
    let names: Vec<_> =
        notes.iter().map(|n| n.author.get().map(|a| a.map(|a| a.name.as_str()))).collect::<Result<_, _>>()?;
    assert_eq!(names, [Some("Ada"), Some("Ada"), None], "note 3 names an author who isn't there");
    assert_eq!(notes[0].pages.get()?.len(), 2);
    let song = go!(D, stores.repository::<Song>().query().with(|s| s.note).find(3))?.unwrap();
    assert_eq!(song.note.get()?.unwrap().text, "low");
    Ok(())
}

async fn loads_to_many_across<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    let query = stores.repository::<Author>().query().order_by(|a| a.id.asc());
    let authors = go!(D, query.with(|a| a.notes.order_by(|n| n.id.desc())).get())?;
    let ids: Vec<_> = authors[0].notes.get()?.iter().map(|n| n.id).collect();
    assert_eq!(ids, [2, 1]);
    assert_eq!(authors[1].notes.get()?.len(), 0);
    Ok(())
}

async fn loads_there_and_back<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    let query = stores.repository::<Author>().query().filter(|a| a.id.eq(1));
    let query = query.with(|a| {
        a.notes
            .order_by(|n| n.id.asc())
            .with(|n| n.pages.order_by(|p| p.id.asc()))
            .with(|n| n.song.with(|s| s.author))
    });
    let ada = go!(D, query.first())?.unwrap();
    let notes = ada.notes.get()?;
    assert_eq!(notes[0].pages.get()?.iter().map(|p| p.id).collect::<Vec<_>>(), [1, 2]);
    let writers: Vec<_> = notes
        .iter()
        .map(|n| Ok(n.song.get()?.unwrap().author.get()?.unwrap().name.as_str()))
        .collect::<Result<_, Error>>()?;
    assert_eq!(writers, ["Bob", "Ada"]);
    Ok(())
}

async fn loads_below_local_relations<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    let query = stores.repository::<Author>().query().order_by(|a| a.id.asc());
    let query = query.with(|a| a.songs.filter(|s| s.id.ne(2)).order_by(|s| s.id.asc()).with(|s| s.note));
    let authors = go!(D, query.get())?;
    let notes = |at: usize| -> Result<Vec<(u64, Option<u64>)>, Error> {
        let songs = authors[at].songs.get_partial()?;
        songs.iter().map(|s| Ok((s.id, s.note.get()?.map(|n| n.id)))).collect()
    };
    assert_eq!(notes(0)?, [(1, Some(2))]);
    assert_eq!(notes(1)?, [(3, Some(1))]);
    let error = authors[0].songs.get().unwrap_err();
    assert!(error.to_string().contains("`Author.songs`"), "still partial, and known by name: {error}");
    // Through one record.
    let song = go!(D, stores.repository::<Song>().query().with(|s| s.author.with(|a| a.notes)).find(2))?;
    assert_eq!(song.unwrap().author.get()?.unwrap().notes.get()?.len(), 2);
    Ok(())
}

async fn loads_over_a_pivot_there<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    let query = stores.repository::<Note>().query().order_by(|n| n.id.asc());
    let notes = go!(D, query.with(|n| n.mentions.order_by(|s| s.id.asc())).get())?;
    let ids: Vec<Vec<u64>> = notes
        .iter()
        .map(|n| Ok(n.mentions.get()?.iter().map(|s| s.id).collect()))
        .collect::<Result<_, Error>>()?;
    assert_eq!(ids, [vec![1, 3], vec![2], vec![]]);
    Ok(())
}

async fn loads_through_a_model_there<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    let query = stores.repository::<Author>().query().order_by(|a| a.id.asc());
    let authors = go!(D, query.with(|a| a.pages.order_by(|p| p.id.desc())).get())?;
    let texts: Vec<_> = authors[0].pages.get()?.iter().map(|p| p.text.as_str()).collect();
    assert_eq!(texts, ["b", "a"]);
    assert_eq!(authors[1].pages.get()?.len(), 0);
    Ok(())
}

async fn counts_across<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    let query = stores.repository::<Author>().query().order_by(|a| a.id.asc());
    let query = query.with_count(|a| a.notes).with_count(|a| a.songs.filter(|s| s.id.ne(1)));
    let authors = go!(D, query.with(|a| a.songs.with(|s| s.note)).get())?;
    let counts: Vec<_> = authors
        .iter()
        .map(|a| Ok((a.notes.count()?, a.songs.count()?, a.songs.get()?.len())))
        .collect::<Result<_, Error>>()?;
    assert_eq!(counts, [(2, 1, 2), (0, 1, 1)]);
    let bare = stores.music.repository::<Author>().query().with_count(|a| a.notes);
    assert!(matches!(go!(D, bare.get()), Err(Error::CrossingLoad { relation: "notes", .. })));
    let local = stores.music.repository::<Author>().query().with_count(|a| a.songs.with(|s| s.note));
    assert_eq!(go!(D, local.find(1))?.unwrap().songs.count()?, 2);
    Ok(())
}

async fn loads_with_filter_and_limit_across<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    let authors = stores.repository::<Author>();
    let query = authors.query().with(|a| a.notes.filter(|n| n.pages.exists()).order_by(|n| n.id.asc()));
    let ada = go!(D, query.find(1))?.unwrap();
    assert_eq!(ada.notes.get_partial()?.iter().map(|n| n.id).collect::<Vec<_>>(), [1]);
    let ada = go!(D, authors.query().with(|a| a.notes.order_by(|n| n.id.desc()).limit(1)).find(1))?.unwrap();
    assert_eq!(ada.notes.get_partial()?.iter().map(|n| n.id).collect::<Vec<_>>(), [2]);
    Ok(())
}

async fn a_single_database_cannot_follow<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    for error in [
        go!(D, stores.secret.repository::<Note>().query().with(|n| n.author).get()).unwrap_err(),
        go!(D, stores.database::<Secret>().repository::<Note>().query().with(|n| n.author).find(77))
            .unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(matches!(error, Error::CrossingLoad { model: "Note", relation: "author", .. }), "{text}");
        assert!(text.contains("`Note.author`") && text.contains("derive(Connections)"), "{text}");
    }
    let deep = stores.music.repository::<Author>().query().with(|a| a.songs.with(|s| s.note));
    assert!(matches!(go!(D, deep.get()), Err(Error::CrossingLoad { relation: "note", .. })));
    // Neither can a set that doesn't host the other connection.
    let small = Small { music: stores.music.clone() };
    let error = go!(D, small.repository::<Author>().query().with(|a| a.notes).get()).unwrap_err();
    assert!(error.to_string().contains("`Small` hosts no connection `secret`"), "{error}");
    Ok(())
}

/// Hosts models without connection alone.
#[derive(Connections)]
struct Small<D: Mode> {
    #[connection(default)]
    music: Database<D>,
}

/// Nothing was written anywhere.
async fn untouched<D: Mode>(stores: &Stores<D>) -> TestResult {
    assert_eq!(go!(D, stores.repository::<Note>().count())?, 0);
    assert_eq!(go!(D, stores.repository::<Page>().count())?, 0);
    assert_eq!(go!(D, stores.repository::<Author>().count())?, 0);
    assert_eq!(go!(D, stores.repository::<Song>().count())?, 0);
    Ok(())
}

#[track_caller]
fn refused_at(error: &Error, path: &str) {
    let text = error.to_string();
    assert!(matches!(error, Error::CrossingRecord { at, .. } if at == path), "{path}: {text}");
    assert!(text.starts_with(path) && text.contains("its own repository"), "{text}");
}

async fn nested_json_across_is_refused<D: Mode>(setup: Setup) -> TestResult {
    let stores = stores::<D>(&setup).await?;
    for (json, path) in [
        (r#"{ "id": 1, "text": "a", "author": { "id": 1, "name": "Ada" } }"#, "$.author"),
        (r#"[{ "id": 1, "text": "a" }, { "id": 2, "text": "b", "author": {} }]"#, "$[1].author"),
        (r#"{ "id": 1, "text": "a", "mentions": [{ "id": 1, "title": "Do" }] }"#, "$.mentions[0]"),
        (r#"{ "id": 1, "text": "a", "mentions": [null, 7] }"#, "$.mentions[1]"),
    ] {
        let error = go!(D, stores.repository::<Note>().save_json(json)).unwrap_err();
        refused_at(&error, path);
    }
    for (json, path) in [
        (
            r#"[{ "id": 1, "name": "Ada", "songs": [{ "id": 1, "title": "Do", "note": { "id": 1, "text": "n" } }] }]"#,
            "$[0].songs[0].note",
        ),
        (r#"{ "id": 1, "name": "Ada", "notes": [1] }"#, "$.notes[0]"),
        (r#"{ "id": 1, "name": "Ada", "notes": [{ "id": 1, "text": "n" }] }"#, "$.notes[0]"),
    ] {
        let error = go!(D, stores.repository::<Author>().save_json(json)).unwrap_err();
        refused_at(&error, path);
    }
    // Also in a single database.
    let json = r#"{ "id": 1, "text": "a", "author": { "id": 1, "name": "Ada" } }"#;
    refused_at(&go!(D, stores.secret.repository::<Note>().save_json(json)).unwrap_err(), "$.author");
    untouched(&stores).await
}

async fn nested_drafts_across_are_refused<D: Mode>(setup: Setup) -> TestResult {
    let stores = stores::<D>(&setup).await?;
    let notes = stores.repository::<Note>();
    let ada = Author::draft().id(1).name("Ada");
    refused_at(&go!(D, notes.save(note(1).author(ada.clone()))).unwrap_err(), "$.author");
    refused_at(&go!(D, notes.insert_many([note(1), note(2).author(ada)])).unwrap_err(), "$[1].author");
    refused_at(&go!(D, notes.save(note(1).mentions_keys([5]))).unwrap_err(), "$.mentions[0]");
    let ada = Author::draft().id(1).name("Ada").notes([note(1)]);
    refused_at(&go!(D, stores.repository::<Author>().save(ada)).unwrap_err(), "$.notes[0]");
    untouched(&stores).await
}

async fn typed_records_across_are_refused<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    let notes = stores.repository::<Note>();
    let load = || notes.query().with(|n| n.author).with(|n| n.mentions);
    let mut changed = go!(D, load().find(1))?.unwrap();
    changed.text = "changed".into();
    // What is tied by a pivot isn't known to be this record's.
    refused_at(&go!(D, notes.save(changed.clone())).unwrap_err(), "$.mentions[0]");
    changed.mentions = Default::default();
    // Nobody loaded this one, and this one is another's.
    let ada = go!(D, stores.repository::<Author>().find(1))?.unwrap();
    let own = Note { author: One::from(ada), ..changed.clone() };
    refused_at(&go!(D, notes.save(own)).unwrap_err(), "$.author");
    let moved = Note { author_id: Some(2), ..changed };
    refused_at(&go!(D, notes.save(moved)).unwrap_err(), "$.author");
    assert_eq!(go!(D, notes.find(1))?.unwrap().text, "low");
    Ok(())
}

async fn what_was_loaded_across_stays_there<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    let (notes, authors) = (stores.repository::<Note>(), stores.repository::<Author>());
    for id in [1, 3] {
        // There is no author 9.
        let mut loaded = go!(D, notes.query().with(|n| n.author).with(|n| n.song).find(id))?.unwrap();
        loaded.text = "changed".into();
        let saved = go!(D, notes.save(loaded.clone()))?;
        assert_eq!((saved.text.as_str(), saved.author_id), ("changed", loaded.author_id));
    }
    let mut ada = go!(D, authors.query().with(|a| a.notes.limit(1)).find(1))?.unwrap();
    ada.name = "Ada L.".into();
    go!(D, authors.save(ada))?;
    assert_eq!(go!(D, authors.find(1))?.unwrap().name, "Ada L.");
    assert_eq!(go!(D, notes.query().filter(|n| n.author_id.eq(1)).count())?, 2);
    Ok(())
}

async fn keys_across_are_kept<D: Mode>(setup: Setup) -> TestResult {
    let stores = stores::<D>(&setup).await?;
    let notes = stores.repository::<Note>();
    let json = r#"[{ "id": 1, "text": "a", "author": 7, "song": null, "mentions": [] },
                   { "author": 8, "id": 2, "text": "b" }]"#;
    let saved = go!(D, notes.save_json(json))?;
    let records = go!(D, saved.records())?;
    assert_eq!(records.iter().map(|n| n.author_id).collect::<Vec<_>>(), [Some(7), Some(8)]);
    let saved = go!(D, notes.save(note(3).author_key(9)))?;
    assert_eq!(saved.author_id, Some(9));
    let error = go!(D, notes.save_json(r#"{ "id": 4, "text": "c", "author": "x" }"#)).unwrap_err();
    assert!(matches!(&error, Error::WrongType { at, .. } if at == "$.author"), "{error}");
    Ok(())
}

async fn transactions_are_of_one_connection<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    let tx = go!(D, stores.begin::<Secret>())?;
    let notes = tx.repository::<Note>();
    go!(D, notes.save(note(4)))?;
    go!(D, tx.repository::<Page>().save(Page::draft().id(9).text("z").note_id(4)))?;
    go!(D, tx.commit())?;
    assert_eq!(go!(D, stores.repository::<Note>().count())?, 4);
    assert!(matches!(go!(D, notes.count()), Err(Error::TransactionClosed(_))));
    Ok(())
}

async fn transactions_roll_back_alone<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    let tx = go!(D, stores.begin::<AnyConnection>())?;
    go!(D, tx.repository::<Song>().flush())?;
    assert_eq!(go!(D, tx.repository::<Song>().count())?, 0);
    go!(D, tx.rollback())?;
    assert_eq!(go!(D, stores.repository::<Song>().count())?, 3);
    Ok(())
}

async fn guards_of_one_connection<D: Mode>(setup: Setup) -> TestResult {
    let stores = filled::<D>(&setup).await?;
    let tx = go!(D, stores.begin::<Secret>())?;
    go!(D, tx.repository::<Note>().destroy(1))?;
    drop(tx);
    assert_eq!(go!(D, stores.repository::<Note>().count())?, 3, "dropped, so rolled back");
    Ok(())
}

async fn loads_across_in_a_transaction<D: Mode>(setup: Setup) -> TestResult {
    let first = filled::<D>(&setup).await?;
    // A database of its own: an engine with one session has nobody to read while a transaction is open.
    let other = setup.another()?;
    let stores =
        Stores { music: go!(D, other.builder::<D>().connection("music").start())?, secret: first.secret };
    go!(D, stores.repository::<Author>().save(Author::draft().id(1).name("Ada")))?;
    let tx = go!(D, stores.begin::<Secret>())?;
    let notes = tx.repository::<Note>();
    go!(D, notes.save(note(5).author_id(1)))?;
    let found = go!(D, notes.query().with(|n| n.author).find(5))?.unwrap();
    assert_eq!(found.author.get()?.unwrap().name, "Ada");
    go!(D, tx.rollback())?;
    // A bare transaction follows to nowhere.
    let tx = go!(D, stores.secret.begin())?;
    let bare = go!(D, tx.repository::<Note>().query().with(|n| n.author).find(1));
    assert!(matches!(bare, Err(Error::CrossingLoad { .. })));
    Ok(())
}

async fn two_connections_in_one_database<D: Mode>(setup: Setup) -> TestResult {
    let stores = WithArchive {
        secret: stores::<D>(&setup).await?.secret,
        archive: go!(D, setup.builder::<D>().connection_of::<Archive>().start())?,
    };
    stores.secret.register::<Note>().register::<Author>();
    go!(D, stores.secret.sync())?;
    let tx = go!(D, stores.begin::<Secret>())?;
    let bare: &Tx<D> = &tx;
    go!(D, bare.repository::<Author>().save(Author::draft().id(1).name("Ada")))?;
    go!(D, tx.repository::<Note>().save(note(1).author_id(1)))?;
    let found =
        go!(D, tx.repository::<Note>().query().with(|n| n.author.with(|a| a.notes)).find(1))?.unwrap();
    let author = found.author.get()?.unwrap();
    assert_eq!((author.name.as_str(), author.notes.get()?.len()), ("Ada", 1), "read in the transaction");
    go!(D, tx.rollback())?;
    assert_eq!(go!(D, stores.repository::<Author>().count())?, 0);
    Ok(())
}
