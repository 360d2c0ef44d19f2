use orm_core::prelude::*;

#[derive(FieldEnum)]
enum Content {
    Empty,
    Text(String),
}

#[derive(FieldEnum)]
#[field_enum(rename_all = "snake")]
enum Names {
    First,
    #[field_enum(rename = "First")]
    Second,
}

#[derive(FieldEnum)]
#[field_enum(number)]
enum Numbers {
    #[field_enum(rename = "one")]
    One = 1,
}

#[derive(FieldEnum)]
enum Never {}

#[derive(FieldEnum)]
struct NoEnum {
    id: u64,
}

#[derive(FieldEnum)]
#[field_enum(numbers)]
enum Misspelt {
    A,
}

fn main() {}
