//! What is SQL to others is a name or a value here, wherever a caller can say it.

use crate::scenarios::hostile::{Odd, Saying};
use crate::{Setup, TestResult, cases, go};
use orm_core::prelude::Model;
use orm_core::query::count;
use orm_core::{Error, Mode};
use serde_json::json;
use std::collections::BTreeMap;

cases![
    names_are_quoted_whatever_they_say,
    names_in_input_are_members,
    values_are_data_in_every_condition,
    values_are_data_in_every_write,
    cursors_carry_any_text
];

const TEXTS: [&str; 16] = [
    "'; DROP TABLE sayings; --",
    "' OR '1'='1",
    "\" OR 1=1 --",
    "` OR 1=1 #",
    "\\' OR 1=1 #",
    "\\",
    "?",
    "$1 :x @x %s {} {0}",
    "a\0b' OR 1=1",
    "a\u{1}b\u{3}\0\0\\\\u0000",
    "\\u0001\\\\u0002",
    "/* */ ; -- \n",
    "%' OR '_",
    "]]'\"}",
    "\u{FEFF}\u{202E}\u{10FFFF}'",
    "0; COMMIT; DROP DATABASE orm",
];

async fn names_are_quoted_whatever_they_say<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let odd = db.repository::<Odd>();
    let top =
        go!(D, odd.save(Odd::draft().text("top").below((0..3).map(|n| Odd::draft().text(format!("{n}"))))))?;
    assert_eq!((top.order, top.defaulted.as_str()), (7, "'); DROP TABLE x; -- \\"));
    let below = |least: i64| odd.query().filter(move |o| o.parent.eq(top.id).and(o.order.ge(least)));
    assert_eq!(go!(D, below(7).count())?, 3);
    assert_eq!(go!(D, below(7).update(|o| [o.order.add(1), o.parent.add(0)]))?, 3);
    assert_eq!(go!(D, below(8).order_by(|o| o.text.desc()).limit(2).get())?[1].text, "1");
    let loaded = go!(D, odd.query().filter(|o| o.above.is(|a| a.text.eq("top"))).with(|o| o.above).get())?;
    assert!(loaded.iter().all(|o| matches!(o.above.get(), Ok(Some(above)) if above.text == "top")));
    let counted =
        go!(D, odd.query().filter(|o| o.below.any(|b| b.order.eq(8))).with(|o| o.below.limit(2)).get())?;
    assert_eq!(counted[0].below.get_partial()?.len(), 2);
    let sum = go!(D, odd.query().sum(|o| o.order))?;
    assert_eq!(sum, Some(7 + 3 * 8));
    let grouped = go!(D, odd.query().group_by(|o| o.order).aggregate(|_| count()).get())?;
    assert_eq!(grouped.len(), 2);
    let page = go!(D, odd.query().order_by(|o| [o.defaulted.asc(), o.order.desc()]).page(2))?;
    let next = page.next.ok_or("there is more")?;
    let rest = odd.query().order_by(|o| [o.defaulted.asc(), o.order.desc()]).page_after(&next, 9);
    assert_eq!(go!(D, rest)?.records.len(), 2);
    match go!(D, odd.insert(Odd::draft().text("top"))) {
        Err(Error::Unique { columns, .. }) => assert_eq!(columns, "text"),
        other => panic!("{other:?}"),
    }
    let again = go!(D, odd.upsert(|o| o.text, Odd::draft().text("top").order(1)))?;
    assert_eq!((again.id, again.order), (top.id, 1));
    go!(D, odd.save_many((100..150).map(|id| Odd::draft().id(id).text(format!("{id}")).order(id))))?;
    go!(D, odd.update_many((100..150).map(|id| Odd::draft().id(id).order(-id))))?;
    assert_eq!(go!(D, odd.destroy_many(100..150))?, 50);
    assert_eq!(go!(D, odd.query().filter(|o| o.parent.is_not_null()).delete())?, 3);
    assert_eq!(go!(D, odd.all())?.len(), 1);
    Ok(())
}

async fn names_in_input_are_members<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let odd = db.repository::<Odd>();
    let input = json!({
        "'; DROP TABLE x; --": 5, "\" OR 1=1 --": "t", "'; --": 1, "i`d\"'? :y": 6, "": 0,
        "up`\"'": { "'; DROP TABLE x; --": 4, "\" OR 1=1 --": "above" }
    });
    go!(D, odd.save_from(input))?;
    let found = go!(D, odd.query().with(|o| o.above).find(5))?.ok_or("it is there")?;
    assert_eq!((found.text.as_str(), found.parent), ("t", Some(4)));
    let refused = go!(D, odd.save_from(json!({ "\" OR 1=1 --": 5 }))).map(drop);
    match refused {
        Err(Error::WrongType { at, .. }) => assert!(at.contains("OR 1=1"), "{at}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(go!(D, odd.count())?, 2);
    Ok(())
}

fn saying(at: usize) -> Saying {
    let text = TEXTS[at];
    Saying {
        key: text.to_owned(),
        text: format!("{text} said"),
        json: BTreeMap::from([(text.to_owned(), text.to_owned())]),
        other_keys: Some([text.to_owned(), TEXTS[(at + 1) % TEXTS.len()].to_owned()].into()),
        others: Default::default(),
    }
}

async fn values_are_data_in_every_condition<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Saying>();
    go!(D, all.insert_many((0..TEXTS.len()).map(saying)))?;
    let s = Saying::fields();
    for (text, at) in TEXTS.into_iter().zip(0..) {
        let meant = saying(at);
        assert_eq!(go!(D, all.find(text))?.map(|s| s.key).as_deref(), Some(text));
        let escaped: String = text
            .chars()
            .flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c]))
            .collect();
        for (how, filter) in [
            ("eq", s.key.eq(text)),
            ("in", s.key.in_([text, "nothing"])),
            ("between", s.key.between(text, text)),
            ("at least and at most", s.key.ge(text).and(s.key.le(text))),
            ("neither more nor less", s.key.gt(text).or(s.key.lt(text)).not()),
            ("not ne", s.key.ne(text).not()),
            ("like", s.text.like(&format!("{escaped} said"))),
            ("ilike", s.text.ilike(&format!("{escaped} SAID"))),
            ("starts with", s.text.starts_with(&format!("{text} s"))),
            (
                "ends with and starts with",
                s.text.ends_with(&format!("{text} said")).and(s.text.starts_with(text)),
            ),
            ("contains", s.text.contains(&format!("{text} ")).and(s.key.eq(text))),
            ("json", s.json.eq(meant.json.clone())),
            ("keys", s.others.any(|o| o.key.eq(text)).and(s.key.eq(text))),
        ] {
            let found = go!(D, all.query().filter(|_| filter.clone()).get())?;
            assert_eq!(found.iter().map(|s| s.key.as_str()).collect::<Vec<_>>(), [text], "{how} {text:?}");
        }
        let loaded = go!(D, all.query().filter(|s| s.key.eq(text)).with(|s| s.others).get())?;
        assert_eq!(loaded[0].others.get()?.len(), 2, "{text:?}");
    }
    Ok(())
}

async fn values_are_data_in_every_write<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Saying>();
    for (at, text) in TEXTS.into_iter().enumerate() {
        let one = saying(at);
        assert_eq!(go!(D, all.insert(one.clone()))?, one);
        match go!(D, all.insert(one.clone())) {
            Err(Error::DuplicateKey { .. }) => {}
            other => panic!("{other:?}"),
        }
        match go!(D, all.insert(Saying { key: "another".into(), ..one.clone() })) {
            Err(Error::Unique { columns, .. }) => assert_eq!(columns, "text"),
            other => panic!("{other:?}"),
        }
        let found = go!(D, all.upsert(|s| s.text, Saying::draft().key("another").text(one.text.clone())))?;
        assert_eq!(found.key, text);
        let only = || all.query().filter(move |s| s.key.eq(text));
        assert_eq!(go!(D, only().update(|s| s.text.set(text)))?, 1);
        assert_eq!(
            go!(D, only().update(|s| s.json.set(BTreeMap::from([(text.to_owned(), "x".to_owned())]))))?,
            1
        );
        let stored = go!(D, all.find(text))?.ok_or("it is there")?;
        assert_eq!((stored.text.as_str(), stored.json.get(text).map(String::as_str)), (text, Some("x")));
        assert_eq!(go!(D, all.save(one.clone()))?, one);
    }
    assert_eq!(go!(D, all.count())?, TEXTS.len() as u64);
    let swapped = (0..TEXTS.len()).map(|at| Saying { text: format!("{}!", TEXTS[at]), ..saying(at) });
    go!(D, all.update_many(swapped))?;
    for text in TEXTS {
        assert_eq!(go!(D, all.find(text))?.map(|s| s.text), Some(format!("{text}!")));
        assert!(go!(D, all.destroy(text))?);
    }
    assert_eq!(go!(D, all.count())?, 0);
    Ok(())
}

async fn cursors_carry_any_text<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let all = db.repository::<Saying>();
    go!(D, all.insert_many((0..TEXTS.len()).map(saying)))?;
    let ordered = || all.query().order_by(|s| [s.text.desc(), s.key.asc()]);
    let meant: Vec<String> = go!(D, ordered().get())?.into_iter().map(|s| s.key).collect();
    let mut page = go!(D, ordered().page(1))?;
    let mut seen: Vec<String> = page.records.iter().map(|s| s.key.clone()).collect();
    while let Some(next) = page.next {
        // As it travels to a client and back.
        page = go!(D, ordered().page_after(&next.to_string().parse()?, 1))?;
        seen.extend(page.records.iter().map(|s| s.key.clone()));
    }
    assert_eq!(seen, meant);
    Ok(())
}
