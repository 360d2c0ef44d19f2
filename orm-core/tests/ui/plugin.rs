use orm_core::prelude::*;

struct Journal;

fn start() {
    let _ = Database::builder().plugin(Journal);
}

fn main() {}
