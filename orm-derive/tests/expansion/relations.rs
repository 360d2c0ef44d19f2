#[derive(Model)]
pub struct Post {
    #[key(auto)]
    pub id: i64,
    pub author_id: Option<u64>,
    pub(crate) editor: u64,
    #[belongs_to]
    pub author: One<User>,
    #[belongs_to(foreign_key = editor, owner_key = id)]
    pub edited_by: One<User>,
    #[has_one]
    pub summary: One<Summary>,
    #[has_many(foreign_key = post_id, local_key = id)]
    pub comments: Many<Comment>,
}
