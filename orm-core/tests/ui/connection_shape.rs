use orm_core::prelude::*;

#[derive(Connection)]
struct WithFields {
    url: String,
}

#[derive(Connection)]
struct Generic<T>(T);

#[derive(Connection)]
enum Choice {
    Secret,
}

#[derive(Connection)]
#[connection(name = "not a name")]
struct Named;

#[derive(Connection)]
#[connection(name = "secret__7")]
struct Instance;

#[derive(Connection)]
#[connection(named = "secret")]
struct Unknown;

fn main() {}
