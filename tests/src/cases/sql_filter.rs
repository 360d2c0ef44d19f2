//! Conditions in one's own SQL.

use super::BLOG;
use crate::scenarios::blog::{Post, User};
use crate::scenarios::shop::Order;
use crate::{Setup, TestResult, cases, go};
use orm_core::database::Database;
use orm_core::prelude::*;
use orm_core::sql::list;
use orm_core::{Error, Mode};

cases![
    conditions_find_records needs(sql),
    they_are_combined_with_typed_ones needs(sql),
    what_is_unknown_stays_unknown needs(sql),
    columns_are_those_of_the_record_that_is_asked needs(sql),
    relations_are_loaded_by_them needs(sql),
    counts_pages_and_sums needs(sql),
    updates_and_removals needs(sql),
    lists_stand_for_their_values needs(sql),
    values_have_the_type_of_their_place needs(sql),
    values_stay_data needs(sql),
    other_queries_may_be_in_them needs(sql),
    texts_and_comments_keep_what_they_have needs(sql),
    in_transactions needs(sql),
    scopes_may_be_such needs(sql),
    each_place_has_a_value needs(sql),
    what_is_no_condition_is_told needs(sql),
    decimals needs(sql),
    one_statement_each needs(sql),
    watched_queries_answer_again needs(sql),
    it_is_said_where_there_is_none lacks(sql),
];

async fn blog<D: Mode>(setup: &Setup) -> Result<Database<D>, Error> {
    let db = setup.database::<D>().await?;
    go!(D, db.repository::<User>().save_json(BLOG))?;
    setup.statements();
    Ok(db)
}

async fn ids<D: Mode>(db: &Database<D>, filter: Filter<User>) -> Result<Vec<u64>, Error> {
    let found = db.repository::<User>().query().filter_by(filter).order_by(|u| u.id.asc());
    Ok(go!(D, found.get())?.into_iter().map(|user| user.id).collect())
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>, part: &str) {
    match outcome {
        Err(Error::Sql(message)) => assert!(message.contains(part), "{message}"),
        other => panic!("{other:?}"),
    }
}

async fn conditions_find_records<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    assert_eq!(ids(&db, Filter::sql("lower({name}) = ?", ["ada"])).await?, [1]);
    assert_eq!(ids(&db, Filter::sql("{age} % 2 = ?", [0])).await?, [1, 3]);
    assert_eq!(
        ids(&db, Filter::sql("{age} BETWEEN ? AND ? OR {name} = ?", (17, 18, "Ada"))).await?,
        [1, 2, 3]
    );
    assert_eq!(ids(&db, Filter::sql("{email} IS NULL", ())).await?, [2, 3]);
    assert_eq!(ids(&db, Filter::sql("{name} = ?", vec!["nobody".to_owned()])).await?, [0_u64; 0]);
    // Wherever it stands, the same text is asked anew.
    for (age, found) in [(17, vec![2]), (36, vec![1]), (99, vec![])] {
        assert_eq!(ids(&db, Filter::sql("{age} = ?", (age,))).await?, found);
    }
    Ok(())
}

async fn they_are_combined_with_typed_ones<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let even = || Filter::<User>::sql("{age} % 2 = ?", [0]);
    let u = User::fields();
    assert_eq!(ids(&db, u.age.gt(18).and(even())).await?, [1]);
    assert_eq!(ids(&db, even().and(u.age.gt(18))).await?, [1]);
    assert_eq!(ids(&db, u.name.eq("Bob").or(even())).await?, [1, 2, 3]);
    assert_eq!(ids(&db, !even()).await?, [2]);
    assert_eq!(ids(&db, !(even().and(u.name.ne("Cy")))).await?, [2, 3]);
    // An `OR` in one doesn't reach what stands beside it.
    let either = Filter::sql("{name} = ? OR {name} = ?", ["Ada", "Bob"]);
    assert_eq!(ids(&db, u.age.lt(18).and(either.clone())).await?, [2]);
    assert_eq!(ids(&db, either.and(u.age.lt(18)).or(even().and(u.id.gt(2)))).await?, [2, 3]);
    assert_eq!(ids(&db, Filter::any([even(), u.id.eq(2)]).and(Filter::all([even(), even()]))).await?, [1, 3]);
    Ok(())
}

async fn what_is_unknown_stays_unknown<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let other = || Filter::<User>::sql("{email} <> ?", ["bob@example.org"]);
    assert_eq!(ids(&db, other()).await?, [1]);
    assert_eq!(ids(&db, !other()).await?, [0_u64; 0]);
    assert_eq!(ids(&db, !(other().and(User::fields().id.eq(2)))).await?, [1, 3]);
    assert_eq!(ids(&db, Filter::sql("{email} = ?", [None::<&str>])).await?, [0_u64; 0]);
    Ok(())
}

async fn columns_are_those_of_the_record_that_is_asked<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let u = User::fields();
    // Both models have a column `id`, and a post is asked for its own.
    assert_eq!(ids(&db, u.posts.any(|_| Filter::sql("{id} = ?", [4]))).await?, [2]);
    assert_eq!(ids(&db, u.posts.none(|_| Filter::sql("{views} > ?", [5]))).await?, [2, 3]);
    let both = u.posts.any(|p| Filter::sql("{views} > ?", [25]).and(p.title.eq("Numbers")));
    assert_eq!(ids(&db, both.and(Filter::sql("{id} < ?", [2]))).await?, [1]);
    let of_its_author = Post::fields().author.is(|_| Filter::sql("{id} = ?", [2]));
    let posts = db.repository::<Post>().query().filter_by(of_its_author);
    assert_eq!(go!(D, posts.get())?.len(), 1);
    let tagged = Post::fields().tags.any(|_| Filter::sql("upper({name}) = ?", ["MATH"]));
    let posts = db.repository::<Post>().query().filter_by(tagged).order_by(|p| p.id.asc());
    let posts: Vec<u64> = go!(D, posts.get())?.iter().map(|p| p.id).collect();
    assert_eq!(posts, [1, 2]);
    Ok(())
}

async fn relations_are_loaded_by_them<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let query = db.repository::<User>().query().order_by(|u| u.id.asc()).with(|u| {
        let some = u.posts.filter(|_| Filter::sql("{views} >= ?", [20]));
        some.order_by(|p| p.id.asc()).limit(1)
    });
    let users = go!(D, query.get())?;
    let posts: Vec<Vec<u64>> = users
        .iter()
        .map(|u| u.posts.get_partial().expect("posts").iter().map(|post| post.id).collect())
        .collect();
    assert_eq!(posts, [vec![2], vec![], vec![]]);
    let query = db.repository::<Post>().query().filter(|p| p.id.eq(1));
    let query = query.with(|p| p.tags.filter(|_| Filter::sql("{name} LIKE ?", ["e%"])));
    let post = go!(D, query.one())?;
    assert_eq!(
        post.tags.get_partial().expect("tags").iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(),
        ["engines"]
    );
    Ok(())
}

async fn counts_pages_and_sums<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = || db.repository::<Post>().query().filter(|_| Filter::sql("{views} % 20 <> ?", [0]));
    assert_eq!(go!(D, posts().count())?, 2);
    assert!(go!(D, posts().exists())?);
    assert_eq!(go!(D, posts().sum(|p| p.views))?, Some(40));
    assert_eq!(go!(D, posts().order_by(|p| p.id.desc()).select(|p| p.id).get())?, [2, 1]);
    let page = go!(D, posts().order_by(|p| p.id.asc()).page(1))?;
    assert_eq!(page.records.iter().map(|p| p.id).collect::<Vec<_>>(), [1]);
    let next = page.next.expect("a second page");
    let page = go!(D, posts().order_by(|p| p.id.asc()).page_after(&next, 5))?;
    assert_eq!(page.records.iter().map(|p| p.id).collect::<Vec<_>>(), [2]);
    Ok(())
}

async fn updates_and_removals<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.repository::<Post>();
    let short = posts.query().filter(|_| Filter::sql("length({title}) <= ? AND {id} > ?", (5, 1)));
    // `Hello`; the values before the condition's are those that are set.
    assert_eq!(go!(D, short.update(|p| [p.views.add(5), p.title.set("Hi")]))?, 1);
    let hello = go!(D, posts.find(4))?.expect("a post");
    assert_eq!((hello.views, hello.title.as_str()), (5, "Hi"));
    let gone = posts.query().filter(|p| Filter::sql("{views} = ?", [20]).and(p.id.lt(9)));
    assert_eq!(go!(D, gone.delete())?, 1);
    assert_eq!(go!(D, posts.find(3))?, None);
    assert_eq!(go!(D, posts.query().count())?, 3);
    Ok(())
}

async fn lists_stand_for_their_values<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let among = |text: &str, names: &[&str]| Filter::<User>::sql(text, (list(names.iter().copied()), 99));
    assert_eq!(ids(&db, among("lower({name}) IN (?) AND {id} <> ?", &["ada", "cy", "x"])).await?, [1, 3]);
    assert_eq!(ids(&db, among("lower({name}) NOT IN (?) AND {id} <> ?", &["ada", "cy"])).await?, [2]);
    assert_eq!(ids(&db, among("lower({name}) IN (?) AND {id} <> ?", &[])).await?, [0_u64; 0]);
    assert_eq!(ids(&db, among("lower({name}) NOT IN (?) AND {id} <> ?", &[])).await?, [1, 2, 3]);
    let many = Filter::sql("{id} + ? IN (?)", (1, list(3..=40_000_u64)));
    assert_eq!(ids(&db, many).await?, [2, 3]);
    Ok(())
}

async fn values_have_the_type_of_their_place<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    // Functions of some engines take no other numbers than those of 32 bits.
    assert_eq!(ids(&db, Filter::sql("substr({name}, ?, ?) = ?", (2, 2_u64, "ob"))).await?, [2]);
    assert_eq!(ids(&db, Filter::sql("{age} * 1.5 > ?", [26])).await?, [1, 3]);
    assert_eq!(ids(&db, Filter::sql("{age} > ?", [17.5])).await?, [1, 3]);
    Ok(())
}

async fn values_stay_data<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    for text in ["' OR '1'='1", "\" OR 1=1 --", "?", "{name}", "\\' OR 1=1 #", "\0", "/*", ")", "; DELETE"] {
        assert_eq!(
            ids(&db, Filter::sql("{name} = ? OR {email} = ?", [text, text])).await?,
            [0_u64; 0],
            "{text}"
        );
        go!(D, users.query().filter(|u| u.id.eq(3)).update(|u| u.name.set(text)))?;
        assert_eq!(ids(&db, Filter::sql("{name} = ?", [text])).await?, [3], "{text}");
        assert_eq!(ids(&db, Filter::sql("{name} IN (?)", (list([text]),))).await?, [3], "{text}");
    }
    assert_eq!(go!(D, users.query().count())?, 3);
    Ok(())
}

async fn other_queries_may_be_in_them<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let posts = db.table::<Post>()?;
    let text =
        format!("{{id}} IN (SELECT author_id FROM {posts} WHERE views < ? AND author_id > {{id}} - 1)");
    assert_eq!(ids(&db, Filter::sql(text, [15])).await?, [1, 2]);
    Ok(())
}

async fn texts_and_comments_keep_what_they_have<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    go!(D, users.query().filter(|u| u.id.eq(3)).update(|u| u.name.set("{name}? (")))?;
    assert_eq!(ids(&db, Filter::sql("{name} = '{name}? (' /* ? ) */ AND {id} = ?", [3])).await?, [3]);
    let ended = Filter::sql("{id} > ? -- why?)", [1]);
    assert_eq!(ids(&db, ended.and(User::fields().id.lt(3))).await?, [2]);
    Ok(())
}

async fn in_transactions<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let tx = go!(D, db.begin())?;
    let users = tx.repository::<User>();
    let called = |name: &str| users.query().filter(|_| Filter::sql("upper({name}) = ?", [name]));
    assert_eq!(go!(D, called("ADA").update(|u| u.name.set("Eve")))?, 1);
    assert_eq!(go!(D, called("EVE").count())?, 1);
    go!(D, tx.rollback())?;
    assert_eq!(ids(&db, Filter::sql("upper({name}) = ?", ["ADA"])).await?, [1]);
    Ok(())
}

async fn scopes_may_be_such<D: Mode>(setup: Setup) -> TestResult {
    let builder = setup.builder::<D>().models::<User>().scope::<User>(|_| Filter::sql("{age} >= ?", [18]));
    let grown = go!(D, builder.start())?;
    go!(D, grown.repository::<User>().save_json(BLOG))?;
    assert_eq!(go!(D, grown.repository::<User>().query().count())?, 2);
    assert_eq!(ids(&grown, Filter::sql("{id} < ?", [3])).await?, [1]);
    Ok(())
}

async fn each_place_has_a_value<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    refused(
        ids(&db, Filter::sql("{id} = ? OR {id} = ?", [1])).await,
        "the condition has 2 placeholders `?`, and 1 value is bound",
    );
    refused(ids(&db, Filter::sql("{id} = 1", [1])).await, "0 placeholders `?`, and 1 value is bound");
    refused(ids(&db, Filter::sql("{id} = ?", ())).await, "1 placeholder `?`, and 0 values are bound");
    refused(ids(&db, Filter::sql("{id} = ?1", [1])).await, "without a number");
    refused(ids(&db, Filter::sql("{age} > ? AND {age} > ?", (1.0, f64::NAN))).await, "value 2");
    refused(ids(&db, Filter::sql("{id} IN (?)", (list([u64::MAX]),))).await, "value 1");
    // The same text with as many as it has.
    assert_eq!(ids(&db, Filter::sql("{id} = ? OR {id} = ?", [1, 3])).await?, [1, 3]);
    Ok(())
}

async fn what_is_no_condition_is_told<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let told = |text: &'static str| ids(&db, Filter::sql(text, ()));
    refused(
        told("{nam} = 'Ada'").await,
        "names `{nam}`, and `User` has no column for such a field; it has `id`, `name`",
    );
    refused(told("1 = 1) OR (1 = 1").await, "parentheses");
    refused(told("(1 = 1").await, "parentheses");
    refused(told("1 = 1; DELETE FROM users").await, "no statement");
    refused(told(" -- nothing").await, "nothing");
    refused(told("").await, "nothing");
    refused(told("{name} = 'Ada").await, "a text has no end");
    let wrong = told("{name} LIKES 'A'").await;
    assert!(matches!(wrong, Err(Error::Provider { .. })), "{wrong:?}");
    let tx = go!(D, db.begin())?;
    let in_vain = tx.repository::<User>().query().filter(|_| Filter::sql("{nam} = 1", ()));
    refused(go!(D, in_vain.get()), "`{nam}`");
    assert_eq!(go!(D, tx.repository::<User>().query().count())?, 3);
    go!(D, tx.commit())?;
    Ok(())
}

async fn decimals<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let orders = db.repository::<Order>();
    let day: orm_core::value::Date = "2026-01-31".parse()?;
    let order = |id: u64, price: i64| Order::draft().id(id).price(Decimal::new(price, 2)).pieces(1).day(day);
    go!(D, orders.save_many([order(1, 150), order(2, 1205)]))?;
    let dear = orders.query().filter(|_| Filter::sql("{price} > ?", [Decimal::new(15, 1)]));
    let dear = go!(D, dear.select(|o| o.id).get());
    if db.capabilities().name == "sqlite" {
        // It has none, so nobody can tell which units are meant.
        refused(dear, "bind those");
        let dear = orders.query().filter(|_| Filter::sql("{price} > ?", [150]));
        assert_eq!(go!(D, dear.select(|o| o.id).get())?, [2]);
    } else {
        assert_eq!(dear?, [2]);
    }
    let of_the_day = orders.query().filter(|_| Filter::sql("{day} = ?", [day]));
    assert_eq!(go!(D, of_the_day.count())?, 2);
    Ok(())
}

async fn one_statement_each<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    ids(&db, Filter::sql("lower({name}) = ?", ["ada"])).await?;
    assert_eq!(setup.statements(), 1);
    Ok(())
}

async fn watched_queries_answer_again<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    let users = db.repository::<User>();
    let mut even = users.query().filter(|_| Filter::sql("{age} % 2 = ?", [0])).watch();
    assert_eq!(D::next(&mut even).await.expect("an answer")?.len(), 2);
    go!(D, users.query().filter(|u| u.id.eq(2)).update(|u| u.age.set(20)))?;
    assert_eq!(D::next(&mut even).await.expect("an answer")?.len(), 3);
    Ok(())
}

async fn it_is_said_where_there_is_none<D: Mode>(setup: Setup) -> TestResult {
    let db = blog::<D>(&setup).await?;
    fn told<T: std::fmt::Debug>(outcome: Result<T, Error>) {
        match outcome {
            Err(Error::Unsupported { .. }) => {
                let message = outcome.map(|_| ()).expect_err("an error").to_string();
                assert!(message.contains("Filter::sql") && message.contains("typed conditions"), "{message}");
            }
            other => panic!("{other:?}"),
        }
    }
    let all = || Filter::<User>::sql("1 = ?", [1]);
    let u = User::fields();
    for filter in [all(), !all(), u.id.eq(1).or(all()), u.id.gt(0).and(!all())] {
        told(ids(&db, filter).await);
    }
    told(ids(&db, u.posts.any(|_| Filter::sql("1 = 1", ()))).await);
    let users = db.repository::<User>();
    told(go!(D, users.query().filter(|_| all()).count()));
    told(go!(D, users.query().with(|u| u.posts.filter(|_| Filter::sql("1 = 1", ()))).get()));
    told(go!(D, users.query().filter(|_| !all()).update(|u| u.age.set(1))));
    told(go!(D, users.query().filter(|_| !all()).delete()));
    let tx = go!(D, db.begin())?;
    told(go!(D, tx.repository::<User>().query().filter(|_| all()).get()));
    told(go!(D, tx.repository::<User>().query().filter(|_| all()).delete()));
    go!(D, tx.commit())?;
    assert_eq!(go!(D, users.query().filter(|u| u.age.ne(1)).count())?, 3);
    Ok(())
}
