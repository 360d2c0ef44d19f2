#[derive(Model)]
#[model(connection = Secret)]
pub struct Note {
    #[key]
    pub id: u64,
    pub text: String,
}
