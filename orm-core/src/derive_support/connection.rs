//! Which connections meet in a relation, looked up while the user's crate is compiled.

use super::columns::Text;
use crate::connections::ConnectionMarker;
use crate::model::Model;

/// The connection that a model is bound to.
#[must_use]
pub const fn bound_to<M: Model>() -> Option<&'static str> {
    <M::Connection as ConnectionMarker>::BOUND_TO
}

/// Checks that what stands between, a pivot or a model that a relation goes through, is in the database of the records that it leads to.
#[track_caller]
pub const fn beside<P: Model, T: Model>(pivot: &str, target: &str) {
    let there = bound_to::<T>();
    let same = match (bound_to::<P>(), there) {
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
            .add("`")
            .add(pivot)
            .add("` must be on the connection of `")
            .add(target)
            .add(said)
            .add(on)
            .add(end)
            .add(": what stands between is read together with what it leads to");
        panic!("{}", text.get());
    }
}

/// Checks that no two connections of a set have the same name.
#[track_caller]
pub const fn distinct(names: &[&str]) {
    let mut i = 0;
    while i < names.len() {
        let mut j = 0;
        while j < i {
            if super::same(names[i], names[j]) {
                let text = Text::new()
                    .add("two connections of this set are named `")
                    .add(names[i])
                    .add("`: give one of them another name by `#[connection(name = \"…\")]`");
                panic!("{}", text.get());
            }
            j += 1;
        }
        i += 1;
    }
}
