#[derive(Model)]
#[model(entity = "customers", rename_all = "camelCase", deny_unknown_fields, crate = crate::orm)]
#[index(last_name, first_name)]
#[unique(first_name, born)]
struct Customer {
    #[key(uid = next_code)]
    code: String,
    first_name: String,
    #[field(rename = "surname", column = "family_name")]
    last_name: String,
    #[field(unique)]
    email: Option<String>,
    #[field(default = 18, index)]
    born: i32,
    #[field(default_with = always)]
    active: bool,
    #[field(scale = 2)]
    credit: Option<Decimal>,
}
