//! Relations to a record of one of several models.

use crate::scenarios::morph::{Anything, Article, Clip, FollowUp, Label, Picture, Remark, Shown, Subject};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::prelude::*;
use orm_core::{Error, Mode};

cases![
    nested_json_by_a_type_before_or_after,
    keys_by_a_type_before_or_after,
    a_type_that_nobody_is,
    null_touches_nothing,
    broken_input_after_the_type,
    deep_input,
    drafts_set_key_and_type,
    typed_values_set_key_and_type,
    loads,
    loads_within,
    predicates,
    two_morphs_of_one_model,
    a_contradicting_type,
];

/// Remarks 1 to 3: on article 1, on clip 1, on nothing.
async fn remarks<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    let json = r#"[
        { "text": "a", "subject_type": "articles", "subject": { "id": 1, "title": "Notes", "labels": [{ "name": "new" }] } },
        { "text": "b", "subject_type": "film", "subject": { "id": 1, "seconds": 90 } },
        { "text": "c" }]"#;
    go!(D, db.repository::<Remark>().save_json(json))?;
    setup.statements();
    Ok(db)
}

async fn subjects<D: Mode>(db: &Database<D>) -> Result<Vec<(u64, Option<u64>, Option<String>)>, Error> {
    let all = go!(D, db.repository::<Remark>().query().order_by(|r| r.id.asc()).get())?;
    Ok(all.into_iter().map(|r| (r.id, r.subject_id, r.subject_type)).collect())
}

fn of(id: u64, subject: u64, kind: &str) -> (u64, Option<u64>, Option<String>) {
    (id, Some(subject), Some(kind.to_owned()))
}

async fn nested_json_by_a_type_before_or_after<D: Mode>(setup: Setup) -> TestResult {
    let db = remarks::<D>(&setup).await?;
    let json = r#"[
        { "subject": { "title": "Later", "id": 7, "remarks": [{ "text": "e" }], "picture": null,
            "labels": ["new", { "name": "x" }] }, "text": "d", "subject_type": "articles" },
        { "subject_type": "film", "subject": { "id": 8 }, "text": "f" }]"#;
    go!(D, db.repository::<Remark>().save_json(json))?;
    let all = subjects(&db).await?;
    assert_eq!(all[..3], [of(1, 1, "articles"), of(2, 1, "film"), (3, None, None)]);
    let mut rest: Vec<_> = all[3..].iter().map(|(_, id, kind)| (*id, kind.as_deref())).collect();
    rest.sort_unstable();
    assert_eq!(rest, [(Some(7), Some("articles")), (Some(7), Some("articles")), (Some(8), Some("film"))]);
    let article =
        go!(D, db.repository::<Article>().query().filter(|a| a.id.eq(7)).with(|a| a.labels).first())?;
    let article = article.unwrap();
    assert_eq!((article.title.as_str(), article.labels.get()?.len()), ("Later", 2));
    assert_eq!(go!(D, db.repository::<Clip>().find(1))?.unwrap().seconds, 90);
    assert!(go!(D, db.repository::<Clip>().find(7))?.is_none());
    Ok(())
}

async fn keys_by_a_type_before_or_after<D: Mode>(setup: Setup) -> TestResult {
    let db = remarks::<D>(&setup).await?;
    let json = r#"[{ "id": 1, "subject_type": "film", "subject": 1 }, { "id": 2, "subject": 1, "subject_type": "articles" }]"#;
    go!(D, db.repository::<Remark>().save_json(json))?;
    assert_eq!(subjects(&db).await?[..2], [of(1, 1, "film"), of(2, 1, "articles")]);
    Ok(())
}

async fn a_type_that_nobody_is<D: Mode>(setup: Setup) -> TestResult {
    let db = remarks::<D>(&setup).await?;
    let remarks = db.repository::<Remark>();
    for (members, at, words) in [
        (r#""subject_type": "clips", "subject": { "id": 1 }"#, "$.subject_type", r#""articles" or "film""#),
        (r#""subject": { "id": 1 }, "subject_type": "clips""#, "$.subject_type", r#""articles" or "film""#),
        (r#""subject": { "id": 1 }"#, "$.subject", "`subject_type`"),
        (r#""subject": { "id": 1 }, "subject_type": null"#, "$.subject", "`subject_type`"),
        (r#""subject": 1"#, "$.subject", "`subject_type`"),
    ] {
        let json = format!(r#"{{ "id": 1, {members} }}"#);
        let error = go!(D, remarks.save_json(&json)).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains(at) && error.contains(words), "{members}: {error}");
    }
    assert_eq!(subjects(&db).await?[0], of(1, 1, "articles"));
    Ok(())
}

async fn null_touches_nothing<D: Mode>(setup: Setup) -> TestResult {
    let db = remarks::<D>(&setup).await?;
    let json = r#"[{ "id": 1, "subject": null }, { "id": 2, "subject_type": "film", "subject": null }]"#;
    go!(D, db.repository::<Remark>().save_json(json))?;
    assert_eq!(subjects(&db).await?[..2], [of(1, 1, "articles"), of(2, 1, "film")]);
    Ok(())
}

async fn broken_input_after_the_type<D: Mode>(setup: Setup) -> TestResult {
    let db = remarks::<D>(&setup).await?;
    for (subject, at) in [
        (r#"{ "id": "x" }"#, "$.subject.id"),
        (r#"{ "id": 1, "labels": [{ "name": 5 }] }"#, "$.subject.labels[0].name"),
        (r#"{ "id": 1, "labels": [true] }"#, "$.subject.labels[0]"),
        ("[1]", "$.subject"),
        ("true", "$.subject"),
        (r#"{ "id": 18446744073709551615 }"#, "$.subject.id"),
        (r#"{ "id": 1.5 }"#, "$.subject.id"),
    ] {
        for json in [
            format!(r#"{{ "id": 1, "subject": {subject}, "subject_type": "articles" }}"#),
            format!(r#"{{ "id": 1, "subject_type": "articles", "subject": {subject} }}"#),
        ] {
            let error = go!(D, db.repository::<Remark>().save_json(&json));
            let error = error.err().map(|e| e.to_string()).unwrap_or_default();
            assert!(error.contains(at), "{json}: {error}");
        }
    }
    Ok(())
}

async fn deep_input<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let follow_ups = db.repository::<FollowUp>();
    // The type comes last on every level, so that all of it is kept; and kept again within.
    let nested = |levels: usize| {
        let open = r#"{"other":"#.repeat(levels);
        let close = r#","other_type":"follow_ups"}"#.repeat(levels);
        format!("{open}null{close}")
    };
    go!(D, follow_ups.save_json(&nested(50)))?;
    assert_eq!(go!(D, follow_ups.count())?, 50);
    assert!(matches!(go!(D, follow_ups.save_json(&nested(100_000))), Err(Error::TooDeep { .. })));
    let lists =
        format!(r#"{{"other":{}{},"other_type":"follow_ups"}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(go!(D, follow_ups.save_json(&lists)).is_err());
    assert_eq!(go!(D, follow_ups.count())?, 50);
    Ok(())
}

async fn drafts_set_key_and_type<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let remarks = db.repository::<Remark>();
    let on_article = Remark::draft().text("a").subject(Article::draft().id(4).title("Notes"));
    let saved = go!(D, remarks.save(on_article))?;
    assert_eq!(of(saved.id, 4, "articles"), (saved.id, saved.subject_id, saved.subject_type.clone()));
    let Some(Subject::Article(article)) = saved.subject.get()? else { panic!("{saved:?}") };
    assert_eq!(article.title, "Notes");
    let on_clip = go!(D, remarks.save(Remark::draft().text("b").subject_key::<Clip>(9)))?;
    assert_eq!((on_clip.subject_id, on_clip.subject_type.as_deref()), (Some(9), Some("film")));
    let typed = Clip {
        id: 5,
        seconds: 1,
        remarks: Many::default(),
        picture: One::default(),
        labels: Many::default(),
    };
    let on_typed = go!(D, remarks.save(Remark::draft().text("c").subject(typed)))?;
    assert_eq!((on_typed.subject_id, on_typed.subject_type.as_deref()), (Some(5), Some("film")));
    // The key is made by the storage and follows.
    let follow_up = FollowUp::draft().other(Remark::draft().text("d"));
    let saved = go!(D, db.repository::<FollowUp>().save(follow_up))?;
    assert_eq!((saved.other_id, saved.other_type.as_deref()), (Some(4), Some("remarks")));
    Ok(())
}

async fn typed_values_set_key_and_type<D: Mode>(setup: Setup) -> TestResult {
    let db = remarks::<D>(&setup).await?;
    let remarks = db.repository::<Remark>();
    let mut remark = go!(D, remarks.query().filter(|r| r.id.eq(1)).with(|r| r.subject).first())?.unwrap();
    let again = go!(D, remarks.save(remark.clone()))?;
    assert_eq!(again.subject.get()?, remark.subject.get()?);
    let clip = go!(D, db.repository::<Clip>().find(1))?.unwrap();
    remark.subject = One::from(Subject::from(clip));
    let saved = go!(D, remarks.save(remark.clone()))?;
    assert_eq!((saved.subject_id, saved.subject_type.as_deref()), (Some(1), Some("film")));
    assert!(matches!(saved.subject.get()?, Some(Subject::Clip(clip)) if clip.seconds == 90));
    // As a part of a draft, too.
    let follow_up = FollowUp::draft().remark(remark);
    assert_eq!(go!(D, db.repository::<FollowUp>().save(follow_up))?.remark_id, Some(1));
    Ok(())
}

async fn loads<D: Mode>(setup: Setup) -> TestResult {
    let db = remarks::<D>(&setup).await?;
    let all = go!(D, db.repository::<Remark>().query().order_by(|r| r.id.asc()).with(|r| r.subject).get())?;
    // The snapshot and its end, the remarks, the articles, the clips.
    assert!(setup.statements() <= 5);
    let article = matches!(all[0].subject.get()?, Some(Subject::Article(a)) if a.title == "Notes");
    let clip = matches!(all[1].subject.get()?, Some(Subject::Clip(c)) if c.seconds == 90);
    assert!(article && clip && all[2].subject.get()?.is_none());
    let unloaded = go!(D, db.repository::<Remark>().find(1))?.unwrap();
    let error = unloaded.subject.get().unwrap_err().to_string();
    assert!(error.contains("`Remark.subject`"), "{error}");
    // Only those models are asked of which there are records.
    setup.statements();
    let one = db.repository::<Remark>().query().filter(|r| r.id.eq(1)).with(|r| r.subject);
    go!(D, one.get())?;
    assert!(setup.statements() <= 4);
    Ok(())
}

async fn loads_within<D: Mode>(setup: Setup) -> TestResult {
    let db = remarks::<D>(&setup).await?;
    let remarks = || db.repository::<Remark>().query().order_by(|r| r.id.asc());
    let all = go!(
        D,
        remarks()
            .with(|r| {
                r.subject
                    .of::<Article>(|a| a.with(|a| a.labels).with(|a| a.remarks))
                    .of::<Clip>(|c| c.with(|c| c.remarks))
            })
            .get()
    )?;
    let Some(Subject::Article(article)) = all[0].subject.get()? else { panic!("{all:?}") };
    assert_eq!(article.labels.get()?.iter().map(|l: &Label| l.name.as_str()).collect::<Vec<_>>(), ["new"]);
    assert_eq!(article.remarks.get()?.iter().map(|r| r.id).collect::<Vec<_>>(), [1]);
    let Some(Subject::Clip(clip)) = all[1].subject.get()? else { panic!("{all:?}") };
    assert_eq!(clip.remarks.get()?.iter().map(|r| r.id).collect::<Vec<_>>(), [2]);
    let some = go!(D, remarks().with(|r| r.subject.of::<Clip>(|c| c.filter(|c| c.seconds.gt(100)))).get())?;
    assert!(some[1].subject.get_partial()?.is_none() && some[1].subject.get().is_err());
    assert!(some[0].subject.get_partial()?.is_some());
    // As a step on the way.
    let clips = go!(D, db.repository::<Clip>().query().with(|c| c.remarks.with(|r| r.subject)).get())?;
    let back = clips[0].remarks.get()?[0].subject.get()?;
    assert!(matches!(back, Some(Subject::Clip(clip)) if clip.id == 1));
    Ok(())
}

async fn predicates<D: Mode>(setup: Setup) -> TestResult {
    let db = remarks::<D>(&setup).await?;
    // There is no such article.
    go!(D, db.repository::<Remark>().save(Remark::draft().text("d").subject_key::<Article>(9)))?;
    let ids = async |filter: Filter<Remark>| -> Result<Vec<u64>, Error> {
        let query = db.repository::<Remark>().query().filter(|_| filter);
        Ok(go!(D, query.order_by(|r| r.id.asc()).get())?.into_iter().map(|r| r.id).collect())
    };
    let r = Remark::fields();
    assert_eq!(ids(r.subject.is::<Article>(|a| a.title.eq("Notes"))).await?, [1]);
    assert_eq!(ids(r.subject.is::<Article>(|a| a.title.eq("?"))).await?, [] as [u64; 0]);
    assert_eq!(ids(r.subject.is_a::<Clip>()).await?, [2]);
    assert_eq!(ids(r.subject.is_a::<Clip>().not()).await?, [1, 3, 4]);
    assert_eq!(ids(r.subject.exists()).await?, [1, 2]);
    assert_eq!(ids(!r.subject.exists()).await?, [3, 4]);
    assert_eq!(ids(r.subject.is::<Article>(|a| a.labels.any(|l| l.name.eq("new")))).await?, [1]);
    let labelled = db
        .repository::<Clip>()
        .query()
        .filter(|c| c.remarks.any(|r| r.subject.is::<Clip>(|c| c.seconds.eq(90))));
    assert_eq!(go!(D, labelled.count())?, 1);
    Ok(())
}

async fn two_morphs_of_one_model<D: Mode>(setup: Setup) -> TestResult {
    let db = remarks::<D>(&setup).await?;
    let follow_ups = db.repository::<FollowUp>();
    let json = r#"{ "about": { "id": 1 }, "other": { "id": 9, "subject_type": "clips", "subject": { "id": 1 } },
        "other_type": "pictures", "kind": "film", "remark": 2 }"#;
    go!(D, follow_ups.save_json(json))?;
    let read = go!(
        D,
        follow_ups
            .query()
            .with(|f| f.about_first)
            .with(|f| f.other.of::<Picture>(|p| p.with(|p| p.subject)))
            .with(|f| f.remark)
            .first()
    )?
    .unwrap();
    assert_eq!((read.first, read.kind.as_deref()), (Some(1), Some("film")));
    assert!(matches!(read.about_first.get()?, Some(Subject::Clip(clip)) if clip.seconds == 90));
    let Some(Anything::Picture(picture)) = read.other.get()? else { panic!("{read:?}") };
    assert!(matches!(picture.subject.get()?, Some(Shown::Clip(clip)) if clip.id == 1));
    assert_eq!(read.remark.get()?.map(|r| r.id), Some(2));
    let found = follow_ups.query().filter(|f| f.other.is_a::<Picture>().and(f.about_first.is_a::<Clip>()));
    assert_eq!(go!(D, found.count())?, 1);
    let none = follow_ups.query().filter(|f| f.other.is_a::<Remark>().or(f.about_first.is_a::<Article>()));
    assert_eq!(go!(D, none.count())?, 0);
    Ok(())
}

async fn a_contradicting_type<D: Mode>(setup: Setup) -> TestResult {
    let db = D::settle(setup.builder::<D>().connection("main").strict_nesting(true).start()).await?;
    let draft = Remark::draft().text("a").subject_type("film").subject(Article::draft().id(1));
    let error = go!(D, db.repository::<Remark>().save(draft));
    assert!(matches!(error, Err(Error::Contradiction { .. })));
    Ok(())
}
