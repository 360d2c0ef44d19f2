use orm_core::prelude::*;

#[derive(Connection)]
struct Secret;
#[derive(Connection)]
struct Audit;

#[derive(Connections)]
struct Twice {
    #[connection(default)]
    music: Database,
    #[connection(Secret)]
    secret: Database,
    #[connection(Secret)]
    other: Database,
}

#[derive(Connections)]
struct Several {
    #[connection(default)]
    music: Database,
    #[connection(Secret, Audit)]
    both: Database,
}

#[derive(Connections)]
struct Unsaid {
    #[connection]
    music: Database,
    #[connection("secret")]
    secret: Database,
}

#[derive(Connections)]
struct Any {
    #[connection(default)]
    music: Database,
    #[connection(AnyConnection)]
    other: Database,
}

fn main() {}
