//! Where in the input a record stood, for messages: `$[0].posts[3].title`.

use super::ROOT;
use super::gather::Gather;
use super::group::Origin;

/// How many of a path's steps are shown at each end when it is very long.
const ENDS: usize = 8;

impl Gather {
    /// The path of a record.
    pub(crate) fn path(&self, group: u32, row: u32) -> String {
        let mut steps = Vec::new();
        let (mut group, mut row) = (group, row);
        loop {
            let Origin { parent, parent_row, relation, pivot, ordinal } = self.group(group).origins.get(row);
            if parent == ROOT {
                let root = if self.list { format!("$[{ordinal}]") } else { "$".to_owned() };
                steps.push(root);
                break;
            }
            let schema = &self.group(parent).entity().relations[relation as usize];
            if pivot {
                steps.push(format!(".{}", super::tie::MEMBER));
            }
            steps.push(if schema.kind.to_many() {
                format!(".{}[{ordinal}]", schema.name)
            } else {
                format!(".{}", schema.name)
            });
            (group, row) = (parent, parent_row);
        }
        steps.reverse();
        if steps.len() > 2 * ENDS + 1 {
            let tail = steps.split_off(steps.len() - ENDS);
            steps.truncate(ENDS);
            return format!("{}…{}", steps.concat(), tail.concat());
        }
        steps.concat()
    }

    /// The path of a record that is nested in another, before there is a row for it.
    pub(crate) fn nested_path(&self, (group, row): (u32, u32), relation: usize, ordinal: u32) -> String {
        let schema = &self.group(group).entity().relations[relation];
        let path = format!("{}.{}", self.path(group, row), schema.name);
        if schema.kind.to_many() { format!("{path}[{ordinal}]") } else { path }
    }

    /// The path of a field of a record.
    pub(crate) fn field_path(&self, group: u32, row: u32, column: usize) -> String {
        let name = self.group(group).entity().field(column).name;
        format!("{}.{name}", self.path(group, row))
    }
}
