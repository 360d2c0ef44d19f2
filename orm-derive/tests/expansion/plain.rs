/// A person.
#[derive(Model)]
pub struct User {
    /// The key.
    #[key]
    pub id: u64,
    /// The name.
    pub name: String,
    age: Option<i32>,
}
