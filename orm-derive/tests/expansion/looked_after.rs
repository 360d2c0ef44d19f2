#[derive(Model)]
#[model(soft_delete)]
struct Page {
    #[key]
    id: u64,
    deleted_at: Option<Timestamp>,
    #[field(version)]
    version: u32,
    parent_id: Option<u64>,
    #[belongs_to(on_delete = set_null)]
    parent: One<Page>,
    #[has_many(foreign_key = page_id, on_delete = cascade)]
    notes: Many<Note>,
}
