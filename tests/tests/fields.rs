//! What columns are, where no provider has a say.

use orm_core::Model;
use orm_tests::TestResult;
use orm_tests::scenarios::fields::{Member, Rank, Site};
use serde_json::{Value, json};

#[test]
fn embedded_columns_have_their_names() -> TestResult {
    let schema = Site::schema();
    let columns: Vec<_> = schema.fields.iter().map(|f| f.column).collect();
    assert_eq!(
        columns,
        [
            "id",
            "name",
            "parent_id",
            "home_street",
            "home_postal",
            "home_country",
            "home_floor",
            "home_notes",
            "w_street",
            "w_postal",
            "w_country",
            "w_floor",
            "w_notes",
            "x",
            "y"
        ]
    );
    let members: Vec<_> = schema.fields[3..9].iter().map(|f| f.name).collect();
    let expected =
        ["home.street", "home.zipCode", "home.country", "home.floor", "home.notes", "office.street"];
    assert_eq!(members, expected);
    assert_eq!((schema.fields[8].field, schema.fields[8].nullable), ("work.street", true));
    assert_eq!((schema.indexes[0].fields, schema.indexes[0].unique), (&[1, 4][..], true));
    assert_eq!((schema.indexes[1].fields, schema.indexes[1].unique), (&[10, 0][..], false));
    Ok(())
}

#[test]
fn what_a_record_lacks_is_told() -> TestResult {
    let told = |json: Value| serde_json::from_value::<Member>(json).unwrap_err().to_string();
    assert_eq!(told(json!({ "id": 1 })), "missing field `fullName`");
    assert_eq!(told(json!({ "id": 1, "fullName": null })), "`fullName`: expected text, found null");
    assert_eq!(
        told(json!({ "id": -1, "fullName": "" })),
        "`id`: expected an integer from 0 to 9223372036854775807, found integer -1"
    );
    assert!(told(json!({ "id": 1, "fullName": "", "status": "gone" })).contains(r#"one of "active""#));
    assert_eq!(
        told(json!({ "id": 1, "fullName": "", "badges": [{ "id": 1, "x": 0 }] })),
        "`Badge` has no member `x`"
    );
    assert!(told(json!([1])).contains("a record of `Member`"));
    Ok(())
}

#[test]
fn enums_go_through_serde() -> TestResult {
    assert_eq!(serde_json::to_value([Rank::Gold, Rank::Silver])?, json!(["gold", "silver"]));
    assert_eq!(serde_json::from_value::<Vec<Rank>>(json!(["silver"]))?, [Rank::Silver]);
    assert!(serde_json::from_value::<Rank>(json!("Gold")).is_err());
    Ok(())
}
