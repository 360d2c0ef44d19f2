//! Models through serde.

use crate::scenarios::fields::{Badge, Member, Rank, Settings, Status};
use crate::{Setup, TestResult, cases, go};
use orm_core::Mode;
use orm_core::prelude::Decimal;
use serde_json::json;

cases![records_are_serialized_as_they_are_saved, records_come_back_from_outside];

async fn records_are_serialized_as_they_are_saved<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let members = db.repository::<Member>();
    let input = json!({
        "id": 1, "fullName": "Ada", "level": 3, "status": "off", "settings": { "theme": "t", "sizes": { "a": 1 } },
        "ratio": 0.5, "price": "1.50", "seen": "2024-02-29T10:20:30Z", "token": "67e55044-10b1-426f-9247-bb680e5fe0c8",
        "bytes": [1, 255], "bossId": null,
        "staff": [{ "id": 2, "fullName": "Bob" }, { "id": 3, "fullName": "Cy" }], "badges": []
    });
    go!(D, members.save_from(input.clone()))?;
    go!(D, members.query().filter(|m| m.id.eq(1)).update(|m| m.password.set("secret")))?;
    let query = members.query().with(|m| m.people.order_by(|p| p.id.asc())).with(|m| m.badges);
    let found = go!(D, query.find(1))?.unwrap();
    assert_eq!(found.password.as_deref(), Some("secret"));
    let output = serde_json::to_value(&found)?;
    let mut expected = input;
    let worker = |id: u64, name: &str| {
        json!({
            "id": id, "fullName": name, "level": 1, "status": "active", "settings": { "theme": "", "sizes": {} },
            "ratio": null, "price": null, "seen": null, "token": null, "bytes": null, "bossId": 1
        })
    };
    expected["staff"] = json!([worker(2, "Bob"), worker(3, "Cy")]);
    // Neither the hidden column nor the relation that isn't loaded (`boss`) is there.
    assert_eq!(output, expected);
    // What was put out can be taken in again; what was hidden stays as it is.
    go!(D, members.save_from(output))?;
    assert_eq!(go!(D, members.find(1))?.unwrap().password.as_deref(), Some("secret"));
    Ok(())
}

async fn records_come_back_from_outside<D: Mode>(setup: Setup) -> TestResult {
    let db = setup.database::<D>().await?;
    let text = r#"{ "price": 2, "staff": [{ "fullName": "Bob", "id": 2 }], "id": 1, "level": "7", "nobodys": [{}],
        "fullName": "Ada", "boss": null, "badges": [{ "id": 5, "member": 1, "rank": "gold" }] }"#;
    let read: Member = serde_json::from_str(text)?;
    assert_eq!((read.id, read.full_name.as_str(), read.level, read.status), (1, "Ada", 7, Status::Active));
    assert_eq!((read.price, &read.settings), (Some(Decimal::new(200, 2)), &Settings::default()));
    // Relations are partial: there may be more of them where the record came from.
    assert!(read.people.is_partial() && read.badges.is_partial() && read.boss.is_not_loaded());
    assert_eq!(read.badges.get_partial()?[0].rank, Some(Rank::Gold));
    let saved = go!(D, db.repository::<Member>().save(read.clone()))?;
    assert_eq!(saved.people.get_partial()?[0].boss_id, Some(1));
    assert_eq!(go!(D, db.repository::<Badge>().find(5))?.map(|b| b.member_id), Some(Some(1)));
    // There and back.
    let again: Member = serde_json::from_value(serde_json::to_value(&saved)?)?;
    assert_eq!(again, saved);
    Ok(())
}
