//! Counting relations, and loading all of them.

use super::BLOG;
use crate::scenarios::blog::{Post, User};
use crate::scenarios::races::{Desk, Person, Room};
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::model::Many;
use orm_core::{Error, Mode};

cases![
    counts,
    counts_with_a_filter,
    counts_over_a_pivot,
    counts_beside_a_part,
    counts_in_relations,
    counts_of_loaded_relations,
    counts_are_not_serialized,
    counts_are_one_statement,
    all_relations,
    all_relations_recursively,
    recursion_is_bounded,
];

async fn blog<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    setup.statements();
    Ok(db)
}

fn all_counts<T>(records: &[T], relation: impl Fn(&T) -> u64) -> Vec<u64> {
    records.iter().map(relation).collect()
}

async fn counts<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let query = db.repository::<User>().query().order_by(|u| u.id.asc());
    let users = go!(D, query.clone().with_count(|u| u.posts).with_count(|u| u.edited).get())?;
    assert_eq!(all_counts(&users, |u| u.posts.count().unwrap()), [3, 1, 0]);
    assert_eq!(all_counts(&users, |u| u.edited.count().unwrap()), [1, 1, 0]);
    // Counted isn't loaded.
    assert!(users[0].posts.get().is_err());
    assert!(users[0].posts.is_not_loaded());
    let users = go!(D, query.get())?;
    let error = users[0].posts.count().unwrap_err().to_string();
    assert!(
        error.contains("`User.posts` is not counted") && error.contains(".with_count(|m| m.posts)"),
        "{error}"
    );
    assert!(Many::<Post>::default().count().unwrap_err().to_string().contains(".with_count("));
    let none = db.repository::<User>().query().filter(|u| u.id.eq(99)).with_count(|u| u.posts);
    assert_eq!(go!(D, none.get())?, []);
    Ok(())
}

async fn counts_with_a_filter<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let query = db.repository::<User>().query().order_by(|u| u.id.asc());
    let read = query.clone().with_count(|u| u.posts.filter(|p| p.views.ge(20)));
    assert_eq!(all_counts(&go!(D, read.get())?, |u| u.posts.count().unwrap()), [2, 0, 0]);
    let tagged = query.clone().with_count(|u| u.posts.filter(|p| p.tags.exists()));
    assert_eq!(all_counts(&go!(D, tagged.get())?, |u| u.posts.count().unwrap()), [2, 0, 0]);
    // A limit bounds the count.
    let some = query.clone().with_count(|u| u.posts.limit(2));
    assert_eq!(all_counts(&go!(D, some.get())?, |u| u.posts.count().unwrap()), [2, 1, 0]);
    let wrong = query.with_count(|u| u.posts.filter(|p| p.id.eq(u64::MAX)));
    assert!(matches!(go!(D, wrong.get()), Err(Error::Operand { .. })));
    Ok(())
}

async fn counts_over_a_pivot<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let query = db.repository::<Post>().query().order_by(|p| p.id.asc());
    let posts = go!(D, query.clone().with_count(|p| p.tags).get())?;
    assert_eq!(all_counts(&posts, |p| p.tags.count().unwrap()), [2, 1, 0, 0]);
    let posts = go!(D, query.with_count(|p| p.tags.filter(|t| t.color.eq("red"))).get())?;
    assert_eq!(all_counts(&posts, |p| p.tags.count().unwrap()), [1, 0, 0, 0]);
    Ok(())
}

async fn counts_beside_a_part<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    for first in [true, false] {
        let query = db.repository::<User>().query().order_by(|u| u.id.asc());
        let part = |query: orm_core::query::Query<User, D>| {
            query.with(|u| u.posts.order_by(|p| p.views.desc()).limit(1))
        };
        let query =
            if first { part(query.with_count(|u| u.posts)) } else { part(query).with_count(|u| u.posts) };
        let users = go!(D, query.get())?;
        assert_eq!(users[0].posts.count()?, 3);
        assert_eq!(users[0].posts.get_partial()?.iter().map(|p| p.id).collect::<Vec<_>>(), [2]);
        assert!(users[0].posts.is_partial());
    }
    let part = db.repository::<User>().query().with(|u| u.posts.limit(1));
    let users = go!(D, part.get())?;
    assert!(users[0].posts.count().unwrap_err().to_string().contains("`User.posts` is not counted"));
    Ok(())
}

async fn counts_in_relations<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let query = db.repository::<User>().query().filter(|u| u.id.eq(1));
    let users = go!(D, query.with(|u| u.posts.order_by(|p| p.id.asc()).with_count(|p| p.comments)).get())?;
    assert_eq!(all_counts(users[0].posts.get()?, |p| p.comments.count().unwrap()), [2, 1, 0]);
    let first = db.repository::<Post>().query().order_by(|p| p.id.asc());
    let post = go!(D, first.with(|p| p.author.with_count(|u| u.posts)).first())?;
    assert_eq!(post.unwrap().author.get()?.unwrap().posts.count()?, 3);
    Ok(())
}

async fn counts_of_loaded_relations<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let query = db.repository::<User>().query().order_by(|u| u.id.asc());
    let users = go!(D, query.with(|u| u.posts).get())?;
    assert_eq!(all_counts(&users, |u| u.posts.count().unwrap()), [3, 1, 0]);
    // The count goes along with a copy, and isn't compared.
    let counted = go!(D, db.repository::<User>().query().with_count(|u| u.posts).find(1))?.unwrap();
    assert_eq!(counted.clone().posts.count()?, 3);
    assert_eq!(Some(counted), go!(D, db.repository::<User>().find(1))?);
    Ok(())
}

async fn counts_are_not_serialized<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let counted = go!(D, db.repository::<User>().query().with_count(|u| u.posts).find(1))?.unwrap();
    let posts: Many<u8> = Many::not_loaded();
    assert_eq!(serde_json::to_value(&posts)?, serde_json::Value::Null);
    // Saving what was counted changes nothing of the relation.
    go!(D, db.repository::<User>().save(counted))?;
    assert_eq!(go!(D, db.repository::<Post>().query().filter(|p| p.author_id.eq(1)).count())?, 3);
    Ok(())
}

async fn counts_are_one_statement<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    go!(D, db.repository::<User>().query().with_count(|u| u.posts).with_count(|u| u.edited).get())?;
    // Where the core fills in by scans, an entity is scanned once.
    assert_eq!(setup.statements(), if db.capabilities().related { 3 } else { 2 });
    // Nobody, so nothing to count.
    go!(D, db.repository::<User>().query().filter(|u| u.id.eq(9)).with_count(|u| u.posts).get())?;
    assert_eq!(setup.statements(), 1);
    Ok(())
}

async fn all_relations<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = go!(D, db.repository::<User>().query().with_all().order_by(|u| u.id.asc()).get())?;
    // Users, their posts, those that they edited, and their profiles.
    assert_eq!(setup.statements(), if db.capabilities().related { 4 } else { 3 });
    assert_eq!(users[0].posts.get()?.len(), 3);
    assert_eq!(users[1].edited.get()?.len(), 1);
    assert_eq!(users[1].profile.get()?.map(|p| p.bio.as_str()), Some("Hi"));
    assert_eq!(users[2].profile.get()?, None);
    assert!(users[0].posts.get()?[0].comments.get().is_err());
    Ok(())
}

async fn all_relations_recursively<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = || db.repository::<User>().query().order_by(|u| u.id.asc());
    assert!(go!(D, users().with_all_recursive(0).get())?[0].posts.is_not_loaded());
    let two = go!(D, users().with_all_recursive(2).get())?;
    let posts = two[0].posts.get()?;
    let first = posts.iter().find(|p| p.id == 1).unwrap();
    assert_eq!(first.comments.get()?.len(), 2);
    assert_eq!(first.tags.get()?.len(), 2);
    assert_eq!(first.author.get()?.unwrap().name, "Ada");
    assert_eq!(first.editor.get()?.unwrap().name, "Bob");
    // That is where it ends.
    assert!(first.author.get()?.unwrap().posts.is_not_loaded());
    assert!(first.comments.get()?[0].post.is_not_loaded());
    let three = go!(D, users().filter(|u| u.id.eq(1)).with_all_recursive(3).get())?;
    let again = three[0].posts.get()?[0].author.get()?.unwrap();
    assert_eq!(again.posts.get()?.len(), 3);
    Ok(())
}

async fn recursion_is_bounded<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    for depth in [20, u32::MAX] {
        let query = db.repository::<User>().query().with_all_recursive(depth);
        let error = go!(D, query.clone().get()).unwrap_err();
        assert!(matches!(&error, Error::Configuration(text) if text.contains("`User`")), "{error}");
        assert!(go!(D, query.explain()).is_err());
    }
    assert_eq!(setup.statements(), 0);
    // Where no relation leads back, all of them end by themselves.
    let db = go!(D, setup.builder::<D>().connection("desks").models::<Desk>().start())?;
    go!(D, db.repository::<Room>().save(Room::draft().id(1)))?;
    go!(D, db.repository::<Person>().save(Person::draft().id(1).room_id(1)))?;
    go!(D, db.repository::<Desk>().save(Desk::draft().id(1).room_id(1).person_id(1)))?;
    let desk = go!(D, db.repository::<Desk>().query().with_all_recursive(u32::MAX).one())?;
    let person = desk.person.get()?.expect("the desk is somebody's");
    assert_eq!(person.room.get()?.map(|room| room.id), Some(1));
    Ok(())
}
