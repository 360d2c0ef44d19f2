//! What was gathered, as a batch, and back.

use super::gather::Gather;
use super::order::{Order, parents_first};
use crate::error::{Error, Result};
use crate::model::schema::KeySource;
use crate::plan::{Change, Link, Write, WriteBatch};
use crate::value::Value;
use std::collections::{HashMap, HashSet};

impl Gather {
    /// The batch, in an order in which what is referred to comes first; beside it, the group of each
    /// write. The rows move into the batch and come back by [`Gather::take_back`].
    pub(crate) fn batch(&mut self) -> Result<(WriteBatch, Order)> {
        self.check_keys()?;
        self.stamp()?;
        for data in &mut self.groups {
            data.restate_versions();
            data.merge_repeats();
        }
        let order = parents_first(&self.groups);
        let mut place = vec![0_u32; if self.pending.is_empty() { 0 } else { self.groups.len() }];
        let mut writes = Vec::with_capacity(self.groups.len());
        for (at, group) in (0..).map_while(|at| Some((at, order.group(at)?))) {
            if let Some(place) = place.get_mut(group as usize) {
                *place = at as u32;
            }
            let data = &mut self.groups[group as usize];
            let entity = data.entity();
            let rows = data.rows.take();
            writes.push(Write { entity, change: Change::Rows { how: data.how, rows } });
        }
        let links = self.pending.iter().map(|p| Link {
            write: place[p.group as usize],
            row: p.row,
            column: p.column,
            to_write: place[p.to_group as usize],
            to_row: p.to_row,
            to_column: p.to_column,
            item: p.item,
        });
        Ok((WriteBatch { links: links.collect(), writes }, order))
    }

    /// Takes the rows of a batch back, with the keys that the storage made.
    pub(crate) fn take_back(&mut self, writes: Vec<Write>, order: &Order) {
        for (at, write) in writes.into_iter().enumerate() {
            if let (Change::Rows { rows, .. }, Some(group)) = (write.change, order.group(at)) {
                self.groups[group as usize].rows = rows;
            }
        }
    }

    /// Forgets the keys that the storage made, because what had them was not kept: by the next try they
    /// may be another's, which a merge would overwrite.
    pub(crate) fn forget_made_keys(&mut self) {
        for data in &mut self.groups {
            let column = data.entity().key[0];
            for row in data.unkeyed.iter() {
                data.rows.unset(row as usize, column);
            }
        }
        let mut lists: HashMap<(u32, u32, u32), HashMap<u32, Value>> = HashMap::new();
        for p in &self.pending {
            match p.item {
                None => self.groups[p.group as usize].rows.unset(p.row as usize, p.column as usize),
                Some(item) => {
                    lists.entry((p.group, p.row, p.column)).or_default().insert(item, Value::Null);
                }
            }
        }
        for ((group, row, column), blanks) in lists {
            // A blank is shorter than what it was.
            let _ = self.groups[group as usize].rows.set_items(row as usize, column as usize, &blanks);
        }
    }

    /// Every record must have its key by now, or wait for the storage to make it.
    fn check_keys(&self) -> Result<()> {
        for (group, data) in self.groups.iter().enumerate() {
            let entity = data.entity();
            if matches!(entity.key_source, KeySource::Storage) {
                continue;
            }
            for &column in entity.key {
                if data.rows.all_values(column) {
                    continue;
                }
                let waiting =
                    self.pending.iter().filter(|p| (p.group, p.column) == (group as u32, column as u32));
                let waiting: HashSet<u32> = waiting.map(|p| p.row).collect();
                let lacking = (0..data.rows.len())
                    .find(|&row| !data.rows.has_value(row, column) && !waiting.contains(&(row as u32)));
                if let Some(row) = lacking {
                    let at = self.field_path(group as u32, row as u32, column);
                    return Err(Error::MissingKey { at, model: entity.model });
                }
            }
        }
        Ok(())
    }
}
