//! How queries are read, for people.

use crate::scenarios::blog::{Post, User};
use crate::{Setup, TestResult, cases, go};
use orm_core::query::count;
use orm_core::{Error, Mode};

cases![steps, no_values, nothing_is_read, of_groups_and_columns, of_what_locks, not_in_a_transaction];

async fn steps<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let query = db.repository::<User>().query().filter(|u| u.id.eq(7)).order_by(|u| u.name.desc()).limit(3);
    let explain =
        go!(D, query.with(|u| u.posts.limit(2).with(|p| p.tags)).with_count(|u| u.edited).explain())?;
    let of: Vec<_> = explain.steps.iter().map(|step| step.of.as_str()).collect();
    assert_eq!(of, ["User", "User.posts", "Post.tags", "User.edited"]);
    assert_eq!(
        explain.steps[0].plan,
        "records of users, where id = ?, ordered by name descending, at most 3"
    );
    assert_eq!(
        explain.steps[1].plan,
        "records of posts, which `User.posts` leads to, for each parent at most 2"
    );
    assert_eq!(explain.steps[3].plan, "count per parent of posts, which `User.edited` leads to");
    let text = explain.to_string();
    for step in &explain.steps {
        assert!(!step.lines.is_empty());
        assert!(step.lines.iter().all(|line| text.contains(line)));
    }
    // How the engine reads it is told in its own words; where it can't, the core says that it fills in.
    let claims = db.capabilities();
    let filled = format!("core: fills in what `{}` does not claim", claims.name);
    for (step, claimed) in explain.steps.iter().zip([
        claims.filters && claims.order && claims.limit,
        claims.related && claims.order && claims.limit,
        claims.related,
        claims.related && claims.counts,
    ]) {
        assert_eq!(!step.lines[0].starts_with(&filled), claimed, "{text}");
    }
    Ok(())
}

async fn of_what_locks<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let users = || db.repository::<User>().query().filter(|u| u.id.eq(7));
    // Looked at, it locks nothing, so that it needs no transaction.
    for query in [users().for_update(), users().for_share()] {
        let explain = go!(D, query.explain())?;
        assert_eq!(explain.steps[0].plan, "records of users, where id = ?, locked");
        assert!(!explain.steps[0].lines.is_empty());
    }
    let skipping = go!(D, users().for_update().skip_locked().explain());
    match skipping {
        Err(Error::Unsupported { .. }) => assert!(!db.capabilities().row_locks),
        other => assert!(db.capabilities().row_locks && other.is_ok(), "{other:?}"),
    }
    let outside = go!(D, users().for_update().get());
    assert!(matches!(outside, Err(Error::NeedsTransaction { .. })), "{outside:?}");
    Ok(())
}

async fn no_values<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let secret = "S3CRET";
    let query = db.repository::<User>().query().filter(|u| {
        let named = u.name.eq(secret).or(u.name.like(secret)).or(u.name.in_([secret, "y"]));
        named.or(u.posts.any(|p| p.title.starts_with(secret))).or(u.age.eq(987_654).not())
    });
    let text = go!(D, query.with(|u| u.posts.filter(|p| p.title.eq(secret))).explain())?.to_string();
    assert!(!text.contains(secret) && !text.contains("987654"), "{text}");
    assert!(
        text.contains("name = ?") && text.contains("count of posts where title starts with ? >= 1"),
        "{text}"
    );
    Ok(())
}

async fn nothing_is_read<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    setup.statements();
    go!(D, db.repository::<User>().query().with_all_recursive(2).explain())?;
    assert_eq!(setup.statements(), 0);
    Ok(())
}

async fn of_groups_and_columns<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let posts = || db.repository::<Post>().query();
    let columns = go!(D, posts().select(|p| (p.title, p.id)).explain())?;
    assert_eq!(columns.steps[0].plan, "title, id of posts");
    let distinct = go!(D, posts().order_by(|p| p.title.asc()).select(|p| p.title).distinct().explain())?;
    assert_eq!(distinct.steps[0].plan, "title of posts, grouped by title, ordered by title");
    let groups = posts()
        .group_by(|p| p.author.column(|a| a.name))
        .aggregate(|p| (count(), p.views.sum()))
        .having(|p| p.views.max().gt(5))
        .order_by(|_| count().desc())
        .limit(3);
    assert_eq!(
        go!(D, groups.explain())?.steps[0].plan,
        "author.name, count, sum(views), greatest(views) of posts, grouped by author.name, having \
         greatest(views) > ?, ordered by count descending, at most 3"
    );
    Ok(())
}

async fn not_in_a_transaction<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().count())?;
    let tx = go!(D, db.begin())?;
    let error = go!(D, tx.repository::<User>().query().explain()).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    go!(D, tx.rollback())?;
    Ok(())
}
