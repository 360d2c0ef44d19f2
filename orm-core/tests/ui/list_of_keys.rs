use orm_core::Model;
use orm_core::model::Many;
use orm_core::value::Keys;

#[derive(Model)]
struct Cluster {
    #[key]
    id: u64,
    node_ids: Vec<u8>,
    #[has_many_by]
    nodes: Many<Node>,
    names: Keys<String>,
    #[has_many_by(keys = names)]
    named: Many<Node>,
    seat_ids: Keys<u32>,
    #[has_many_by]
    seats: Many<Seat>,
}

#[derive(Model)]
struct Missing {
    #[key]
    id: u64,
    #[has_many_by]
    nodes: Many<Node>,
    #[has_many_by(keys = node_idz)]
    others: Many<Node>,
}

#[derive(Model)]
struct Node {
    #[key]
    id: u64,
}

#[derive(Model)]
struct Seat {
    #[key]
    row: u32,
    #[key]
    number: u32,
}

fn main() {}
