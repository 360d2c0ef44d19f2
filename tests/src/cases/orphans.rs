//! Relations of all records of a model, where there are records that refer to none of them.

use crate::scenarios::records::{Album, Cover, Note, Track};
use crate::{Setup, TestResult, cases, go};
use orm_core::Mode;
use orm_core::database::Database;
use orm_core::model::One;

cases![
    what_refers_to_nothing_is_left_out,
    narrowed_loads_of_everything,
    hidden_records_of_everything,
    parts_of_the_parents,
    nothing_to_load_for,
    many_parents_of_few_and_of_many,
];

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Albums 1 to 3, of which the last has nothing. Track 9 is on no album, nor is cover 9; note 8 is of
/// track 9, and note 9 of no track.
async fn albums<D: Mode>(setup: &Setup) -> orm_core::Result<Database<D>> {
    let db = setup.database::<D>().await?;
    go!(
        D,
        db.repository::<Album>().save_json(
            r#"[{ "id": 1, "title": "A" }, { "id": 2, "title": "B" }, { "id": 3, "title": "C" }]"#
        )
    )?;
    go!(
        D,
        db.repository::<Track>().save_json(
            r#"[{ "id": 4, "album_id": 2, "title": "x" }, { "id": 2, "album_id": 1, "title": "y" },
                { "id": 9, "album_id": 99, "title": "x" }, { "id": 1, "album_id": 1, "title": "x" },
                { "id": 3, "album_id": 2, "title": "z" }]"#
        )
    )?;
    go!(
        D,
        db.repository::<Cover>().save_json(
            r#"[{ "id": 9, "album_id": 99, "artist": "nobody" }, { "id": 2, "album_id": 1, "artist": "later" },
                { "id": 1, "album_id": 1, "artist": "first" }]"#
        )
    )?;
    go!(
        D,
        db.repository::<Note>().save_json(
            r#"[{ "id": 1, "track_id": 1, "text": "a" }, { "id": 2, "track_id": 4, "text": "b" },
                { "id": 3, "track_id": 1, "text": "c" }, { "id": 8, "track_id": 9, "text": "lost" },
                { "id": 9, "track_id": 77, "text": "lost" }]"#
        )
    )?;
    setup.statements();
    Ok(db)
}

/// The key of a track, and those of its notes.
type Kept = (u32, Vec<u32>);

/// The keys of each album's tracks, and of each track's notes, in order.
fn keys(albums: &[Album]) -> Outcome<Vec<Vec<Kept>>> {
    let of_track = |track: &Track| {
        let mut notes: Vec<u32> = match track.notes.is_loaded() {
            true => track.notes.get()?.iter().map(|n| n.id).collect(),
            false => Vec::new(),
        };
        notes.sort_unstable();
        Ok((track.id, notes))
    };
    albums.iter().map(|album| album.tracks.get_partial()?.iter().map(of_track).collect()).collect()
}

async fn what_refers_to_nothing_is_left_out<D: Mode>(setup: Setup) -> TestResult {
    let db = albums::<D>(&setup).await?;
    let query = db.repository::<Album>().query().order_by(|a| a.id.asc());
    let load = query.with(|a| a.tracks.order_by(|t| t.id.asc()).with(|t| t.notes)).with(|a| a.cover);
    let found = go!(D, load.clone().get())?;
    let all = [vec![(1, vec![1, 3]), (2, vec![])], vec![(3, vec![]), (4, vec![2])], vec![]];
    assert_eq!(keys(&found)?, all);
    // They are all that there are, so they are no part.
    assert!(found.iter().all(|album| album.tracks.get().is_ok()));
    let artist = |cover: &One<Cover>| cover.get().map(|c| c.map(|c| c.artist.clone()));
    // Of two covers, the one with the smaller key.
    assert_eq!(artist(&found[0].cover)?.as_deref(), Some("first"));
    assert_eq!(artist(&found[1].cover)?, None);
    // As many steps as are told of, and the same in a transaction.
    let told = go!(D, load.clone().explain())?;
    let of: Vec<_> = told.steps.iter().map(|step| step.of.as_str()).collect();
    assert_eq!(of, ["Album", "Album.tracks", "Track.notes", "Album.cover"]);
    Ok(())
}

async fn narrowed_loads_of_everything<D: Mode>(setup: Setup) -> TestResult {
    let db = albums::<D>(&setup).await?;
    let query = db.repository::<Album>().query().order_by(|a| a.id.asc());
    let found = go!(D, query.clone().with(|a| a.tracks.filter(|t| t.title.eq("x")).with(|t| t.notes)).get())?;
    assert_eq!(keys(&found)?, [vec![(1, vec![1, 3])], vec![(4, vec![2])], vec![]]);
    assert!(found[0].tracks.get().is_err(), "a part isn't all");
    let last = |t: &orm_core::model::Fields<Track>| t.id.desc();
    let found = go!(D, query.clone().with(|a| a.tracks.order_by(last).limit(1).with(|t| t.notes)).get())?;
    assert_eq!(keys(&found)?, [vec![(2, vec![])], vec![(4, vec![2])], vec![]]);
    let found = go!(D, query.clone().with(|a| a.tracks.order_by(last).offset(1)).get())?;
    assert_eq!(keys(&found)?, [vec![(1, vec![])], vec![(3, vec![])], vec![]]);
    // Over all orders, each parent's come in the one that was asked for.
    let found = go!(D, query.clone().with(|a| a.tracks.order_by(|t| t.title.desc())).get())?;
    assert_eq!(keys(&found)?, [vec![(2, vec![]), (1, vec![])], vec![(3, vec![]), (4, vec![])], vec![]]);
    let counted = go!(D, query.with_count(|a| a.tracks).get())?;
    let counts: Vec<_> = counted.iter().map(|album| album.tracks.count()).collect::<Result<_, _>>()?;
    assert_eq!(counts, [2, 2, 0]);
    // From the other side, a track on no album has none.
    let tracks = db.repository::<Track>().query().order_by(|t| t.id.asc()).with(|t| t.album);
    let tracks = go!(D, tracks.get())?;
    let on: Vec<_> = tracks.iter().map(|t| Ok(t.album.get()?.map(|a| a.id))).collect::<Outcome<_>>()?;
    assert_eq!(on, [Some(1), Some(1), Some(2), Some(2), None]);
    Ok(())
}

async fn hidden_records_of_everything<D: Mode>(setup: Setup) -> TestResult {
    let db = albums::<D>(&setup).await?;
    assert!(go!(D, db.repository::<Note>().destroy(1))?);
    let query = db.repository::<Track>().query().filter(|t| t.album_id.eq(1)).order_by(|t| t.id.asc());
    let notes = |tracks: &[Track]| -> Outcome<Vec<Vec<u32>>> {
        tracks.iter().map(|t| Ok(t.notes.get()?.iter().map(|n| n.id).collect())).collect()
    };
    assert_eq!(notes(&go!(D, query.clone().with(|t| t.notes).get())?)?, [vec![3], vec![]]);
    let everything = db.repository::<Track>().query().order_by(|t| t.id.asc());
    assert_eq!(
        notes(&go!(D, everything.clone().with(|t| t.notes).get())?)?,
        [vec![3], vec![], vec![], vec![2], vec![8]]
    );
    let seen = go!(D, everything.with(|t| t.notes.with_deleted().order_by(|n| n.id.asc())).get())?;
    assert_eq!(notes(&seen)?, [vec![1, 3], vec![], vec![], vec![2], vec![8]]);
    Ok(())
}

async fn parts_of_the_parents<D: Mode>(setup: Setup) -> TestResult {
    let db = albums::<D>(&setup).await?;
    let query = db.repository::<Album>().query().order_by(|a| a.id.asc());
    let tracks = |a: &orm_core::model::Fields<Album>| a.tracks.order_by(|t| t.id.asc()).with(|t| t.notes);
    let first = go!(D, query.clone().limit(1).with(tracks).get())?;
    assert_eq!(keys(&first)?, [vec![(1, vec![1, 3]), (2, vec![])]]);
    let rest = go!(D, query.clone().offset(1).limit(5).with(tracks).get())?;
    assert_eq!(keys(&rest)?, [vec![(3, vec![]), (4, vec![2])], vec![]]);
    let some = go!(D, query.filter(|a| a.title.ne("B")).with(tracks).get())?;
    assert_eq!(keys(&some)?, [vec![(1, vec![1, 3]), (2, vec![])], vec![]]);
    Ok(())
}

async fn nothing_to_load_for<D: Mode>(setup: Setup) -> TestResult {
    let db = albums::<D>(&setup).await?;
    go!(D, db.repository::<Album>().flush())?;
    assert_eq!(go!(D, db.repository::<Album>().query().with(|a| a.tracks.with(|t| t.notes)).get())?, []);
    assert_eq!(go!(D, db.repository::<Track>().count())?, 5);
    Ok(())
}

async fn many_parents_of_few_and_of_many<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let albums = (1..=200).map(|id| Album::draft().id(id).title(if id % 2 == 0 { "even" } else { "odd" }));
    go!(D, db.repository::<Album>().insert_many(albums))?;
    let (albums, tracks) = (db.repository::<Album>(), db.repository::<Track>());
    // A track of each album, and of as many more; then so many of other albums that those are a small part.
    for stored in [1..=300, 301..=2_000] {
        let all = stored.map(|id| Track::draft().id(id).album_id(id).title("t"));
        go!(D, tracks.insert_many(all))?;
        let query = albums.query().filter(|a| a.title.eq("even")).order_by(|a| a.id.asc());
        let found = go!(D, query.clone().with(|a| a.tracks).get())?;
        let expected: Vec<_> = (1..=100).map(|half| vec![(half * 2, vec![])]).collect();
        assert_eq!(keys(&found)?, expected);
        let some = query.with(|a| a.tracks.filter(|t| t.id.le(100)).order_by(|t| t.id.asc()));
        let found = go!(D, some.get())?;
        let of = |half: u32| if half <= 50 { vec![(half * 2, vec![])] } else { vec![] };
        assert_eq!(keys(&found)?, (1..=100).map(of).collect::<Vec<_>>());
        let counted = go!(D, albums.query().filter(|a| a.title.eq("odd")).with_count(|a| a.tracks).get())?;
        assert!(counted.iter().all(|album| album.tracks.count().is_ok_and(|n| n == 1)));
    }
    Ok(())
}
