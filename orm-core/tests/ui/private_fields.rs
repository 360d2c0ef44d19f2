mod users {
    use orm_core::Model;

    #[derive(Model)]
    pub struct User {
        #[key]
        id: u64,
        pub name: String,
    }
}

fn main() {
    let fields = <users::User as orm_core::Model>::fields();
    let _ = fields.name;
    let _ = fields.id;
    let _ = users::User::draft().name("Ada").id(1);
}
