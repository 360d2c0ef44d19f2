//! Relations to several models, told apart by a type.

use crate::scenarios::morph::{Article, Clip, Label, Labelling, Picture, Remark};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::prelude::*;
use orm_core::{Error, Mode};

cases![
    nested_saves_set_key_and_type,
    drafts_and_typed_values_set_key_and_type,
    loads,
    loads_are_filtered_ordered_and_cut,
    predicates,
    labels_from_both_sides,
    a_contradicting_type,
];

/// Article 1 and clip 1 have one key, and remarks, pictures and labels of their own.
async fn things<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    let articles = r#"[
        { "id": 1, "remarks": [{ "text": "a" }, { "text": "b" }, { "text": "c" }], "picture": { "id": 5 },
          "labels": [{ "name": "new" }, { "name": "good" }] },
        { "id": 2, "labels": ["new"] }, { "id": 3 }]"#;
    go!(D, db.repository::<Article>().save_json(articles))?;
    let clips = r#"[{ "labels": ["good"], "remarks": [{ "text": "b" }], "picture": { "id": 6 }, "id": 1 },
        { "id": 3, "remarks": [{ "text": "z" }] }]"#;
    go!(D, db.repository::<Clip>().save_json(clips))?;
    setup.statements();
    Ok(db)
}

async fn nested_saves_set_key_and_type<D: Mode>(setup: Setup) -> TestResult {
    let db = things::<D>(&setup).await?;
    let remarks = go!(
        D,
        db.repository::<Remark>().query().filter(|r| r.text.eq("b")).order_by(|r| r.subject_type.asc()).get()
    )?;
    let subjects: Vec<_> = remarks.iter().map(|r| (r.subject_id, r.subject_type.as_deref())).collect();
    assert_eq!(subjects, [(Some(1), Some("articles")), (Some(1), Some("film"))]);
    let picture = go!(D, db.repository::<Picture>().find(6))?.unwrap();
    assert_eq!((picture.subject_id, picture.subject_type.as_str()), (1, "clips"));
    let labelling = db.repository::<Labelling>();
    assert!(go!(D, labelling.find(("new", 2, "articles")))?.is_some());
    assert!(go!(D, labelling.find(("good", 1, "film")))?.is_some());
    assert_eq!(go!(D, labelling.count())?, 4);
    Ok(())
}

async fn drafts_and_typed_values_set_key_and_type<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let clips = db.repository::<Clip>();
    let draft = Clip::draft()
        .id(4)
        .remarks([Remark::draft().text("x")])
        .picture(Picture::draft().id(1))
        .labels([Label::draft().name("new")])
        .labels_keys(["new"]);
    let saved = go!(D, clips.save(draft))?;
    assert_eq!(saved.remarks.get_partial()?[0].subject_type.as_deref(), Some("film"));
    assert_eq!(saved.picture.get()?.map(|p| p.subject_type.as_str()), Some("clips"));
    assert_eq!(go!(D, db.repository::<Labelling>().count())?, 1);
    // What an article's picture was becomes a clip's.
    let mut clip = saved.clone();
    let picture =
        Picture { id: 7, subject_id: 9, subject_type: "articles".to_owned(), subject: One::default() };
    go!(D, db.repository::<Picture>().save(picture.clone()))?;
    clip.picture = One::from(picture);
    let saved = go!(D, clips.save(clip))?;
    let now = saved.picture.get()?.unwrap();
    assert_eq!((now.id, now.subject_id, now.subject_type.as_str()), (7, 4, "clips"));
    Ok(())
}

async fn loads<D: Mode>(setup: Setup) -> TestResult {
    let db = things::<D>(&setup).await?;
    let all = go!(
        D,
        db.repository::<Article>()
            .query()
            .order_by(|a| a.id.asc())
            .with(|a| a.remarks.order_by(|r| r.text.asc()))
            .with(|a| a.picture)
            .with(|a| a.labels.order_by(|l| l.name.asc()))
            .get()
    )?;
    assert!(setup.statements() <= 6);
    let remarks: Vec<Vec<&str>> =
        all.iter().map(|a| a.remarks.get().unwrap().iter().map(|r| r.text.as_str()).collect()).collect();
    assert_eq!(remarks, [vec!["a", "b", "c"], vec![], vec![]]);
    let pictures: Vec<Option<u64>> = all.iter().map(|a| a.picture.get().unwrap().map(|p| p.id)).collect();
    assert_eq!(pictures, [Some(5), None, None]);
    let labels: Vec<Vec<&str>> =
        all.iter().map(|a| a.labels.get().unwrap().iter().map(|l| l.name.as_str()).collect()).collect();
    assert_eq!(labels, [vec!["good", "new"], vec!["new"], vec![]]);
    Ok(())
}

async fn loads_are_filtered_ordered_and_cut<D: Mode>(setup: Setup) -> TestResult {
    let db = things::<D>(&setup).await?;
    let all = go!(
        D,
        db.repository::<Article>()
            .query()
            .order_by(|a| a.id.asc())
            .with(|a| a.remarks.filter(|r| r.text.ne("c")).order_by(|r| r.text.desc()).limit(1))
            .with(|a| a.labels.order_by(|l| l.name.desc()).limit(1))
            .get()
    )?;
    let remarks: Vec<Vec<&str>> = all
        .iter()
        .map(|a| a.remarks.get_partial().unwrap().iter().map(|r| r.text.as_str()).collect())
        .collect();
    assert_eq!(remarks, [vec!["b"], vec![], vec![]]);
    let labels: Vec<Vec<&str>> = all
        .iter()
        .map(|a| a.labels.get_partial().unwrap().iter().map(|l| l.name.as_str()).collect())
        .collect();
    assert_eq!(labels, [vec!["new"], vec!["new"], vec![]]);
    Ok(())
}

async fn predicates<D: Mode>(setup: Setup) -> TestResult {
    let db = things::<D>(&setup).await?;
    let articles = async |filter: Filter<Article>| -> Result<Vec<u64>, Error> {
        let query = db.repository::<Article>().query().filter(|_| filter);
        Ok(go!(D, query.order_by(|a| a.id.asc()).get())?.into_iter().map(|a| a.id).collect())
    };
    let a = Article::fields();
    assert_eq!(articles(a.remarks.any(|r| r.text.eq("b"))).await?, [1]);
    assert_eq!(articles(a.remarks.any(|r| r.text.eq("z"))).await?, [] as [u64; 0]);
    assert_eq!(articles(a.remarks.all(|r| r.text.le("b"))).await?, [2, 3]);
    assert_eq!(articles(a.remarks.none(|r| r.text.eq("z"))).await?, [1, 2, 3]);
    assert_eq!(articles(a.remarks.count().eq(0)).await?, [2, 3]);
    assert_eq!(articles(a.picture.is(|p| p.id.eq(5))).await?, [1]);
    assert_eq!(articles(a.picture.is(|p| p.id.eq(6))).await?, [] as [u64; 0]);
    assert_eq!(articles(a.picture.exists().not()).await?, [2, 3]);
    assert_eq!(articles(a.labels.any(|l| l.name.eq("good"))).await?, [1]);
    assert_eq!(articles(a.labels.count().eq(1)).await?, [2]);
    let clips = go!(D, db.repository::<Clip>().query().filter(|c| c.labels.exists()).get())?;
    assert_eq!(clips.iter().map(|c| c.id).collect::<Vec<_>>(), [1]);
    Ok(())
}

async fn labels_from_both_sides<D: Mode>(setup: Setup) -> TestResult {
    let db = things::<D>(&setup).await?;
    let labels = db.repository::<Label>();
    go!(D, labels.save_json(r#"{ "name": "old", "clips": [3, { "id": 9 }], "articles": [3] }"#))?;
    let all = go!(
        D,
        labels
            .query()
            .order_by(|l| l.name.asc())
            .with(|l| l.articles.order_by(|a| a.id.asc()))
            .with(|l| l.clips.order_by(|c| c.id.asc()))
            .get()
    )?;
    let articles: Vec<Vec<u64>> =
        all.iter().map(|l| l.articles.get().unwrap().iter().map(|a| a.id).collect()).collect();
    assert_eq!(articles, [vec![1], vec![1, 2], vec![3]]);
    let clips: Vec<Vec<u64>> =
        all.iter().map(|l| l.clips.get().unwrap().iter().map(|c| c.id).collect()).collect();
    assert_eq!(clips, [vec![1], vec![], vec![3, 9]]);
    let names = async |filter: Filter<Label>| -> Result<Vec<String>, Error> {
        let query = labels.query().filter(|_| filter).order_by(|l| l.name.asc());
        Ok(go!(D, query.get())?.into_iter().map(|l| l.name).collect())
    };
    let l = Label::fields();
    assert_eq!(names(l.clips.none(|c| c.id.ge(0))).await?, ["new"]);
    assert_eq!(names(l.articles.any(|a| a.id.eq(1)).and(l.clips.any(|c| c.id.eq(1)))).await?, ["good"]);
    assert_eq!(names(l.clips.count().ge(2)).await?, ["old"]);
    Ok(())
}

async fn a_contradicting_type<D: Mode>(setup: Setup) -> TestResult {
    let db = D::settle(setup.builder::<D>().connection("main").strict_nesting(true).start()).await?;
    let json = r#"{ "id": 1, "remarks": [{ "text": "a", "subject_type": "clips" }] }"#;
    let error = go!(D, db.repository::<Article>().save_json(json)).err().map(|e| e.to_string());
    assert!(error.as_ref().is_some_and(|e| e.contains("$.remarks[0].subject_type")), "{error:?}");
    Ok(())
}
