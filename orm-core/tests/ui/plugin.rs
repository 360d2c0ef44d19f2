use orm_core::prelude::*;

struct Journal;

fn start() {
    let _ = Database::builder().plugin(Journal);
    let _ = Database::builder().plugin(|builder| builder.max_depth(20));
}

fn main() {}
