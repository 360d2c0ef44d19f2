//! Which connections meet in a relation, looked up while the user's crate is compiled.

use super::columns::Text;
use crate::connections::ConnectionMarker;
use crate::model::Model;

/// Checks that a pivot is in the database of the records that it leads to.
#[track_caller]
pub const fn beside<P: Model, T: Model>(pivot: &str, target: &str) {
    let (here, there) =
        (<P::Connection as ConnectionMarker>::BOUND_TO, <T::Connection as ConnectionMarker>::BOUND_TO);
    let same = match (here, there) {
        (Some(here), Some(there)) => super::same(here, there),
        (None, None) => true,
        _ => false,
    };
    if !same {
        let (said, on) = match there {
            Some(name) => ("`, which is on connection `", name),
            None => ("`, which names no connection", ""),
        };
        let end = if there.is_some() { "`" } else { "" };
        let text = Text::new()
            .add("the pivot `")
            .add(pivot)
            .add("` must be on the connection of `")
            .add(target)
            .add(said)
            .add(on)
            .add(end)
            .add(": the two are read together");
        panic!("{}", text.get());
    }
}
