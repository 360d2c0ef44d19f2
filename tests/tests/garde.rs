//! Validators of other crates are named by their path.

use orm_core::Error;
use orm_core::prelude::*;
use orm_provider_memory::Memory;

#[derive(Model, garde::Validate, Debug, Clone, PartialEq)]
#[model(validate = garde::Validate::validate)]
struct Person {
    #[key]
    #[garde(skip)]
    id: u64,
    #[garde(length(min = 2))]
    name: String,
    #[garde(range(max = 150))]
    age: i32,
}

#[test]
fn garde_validates_models() -> orm_core::Result<()> {
    let db = Database::builder().provider(Memory::new()).start()?;
    let people = db.repository::<Person>();
    people.save(Person { id: 1, name: "Ada".into(), age: 36 })?;
    match people.save(Person::draft().id(1).age(200)) {
        Err(Error::Invalid { at, model: "Person", message }) => {
            assert_eq!(at, "$");
            assert!(message.contains("age") && message.contains("150"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(people.find(1)?.map(|p| p.age), Some(36));
    Ok(())
}
