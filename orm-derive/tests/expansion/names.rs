/// Everything here is called as something else.
#[derive(Model)]
pub struct Option {
    #[key]
    pub r#type: u64,
    filter: String,
    r#match: core::option::Option<String>,
    pub(super) new: bool,
    #[has_many(foreign_key = r#loop)]
    r#fn: Many<Result>,
}
