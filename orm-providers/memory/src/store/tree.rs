//! The tree behind every index: hashes to rows, several rows per hash.
//!
//! A radix tree over the hash's bits whose leaves are small sorted pages. It grows by splitting one
//! page at a time, so that there is never one great rehash, and a writer that shares it with a
//! snapshot copies one path. Below the hash's bits it goes on by the bits of the row, so that any
//! number of rows may share a hash (rows of one parent, of one status).

use std::sync::Arc;

/// The entries of a leaf before it splits.
const PAGE: usize = 256;
/// The levels that the 32 bits of the hash make, four bits each; as many come from the row.
const HASH_LEVELS: u32 = 8;
const LEVELS: u32 = 16;

/// A hash above a row: leaves are sorted by both.
type Entry = u64;

/// The entries of a leaf are one step away from the node above: each step is a place in memory to wait for.
#[derive(Debug, Clone)]
enum Node {
    Leaf(Leaf),
    Inner(Arc<[Node; 16]>),
}

/// Sorted entries, with room for some more behind them.
#[derive(Debug, Clone, Default)]
struct Leaf {
    slots: Arc<[Entry]>,
    len: usize,
}

impl Leaf {
    #[inline]
    fn entries(&self) -> &[Entry] {
        self.slots.get(..self.len).unwrap_or(&[])
    }

    fn insert(&mut self, at: usize, new: Entry) {
        match Arc::get_mut(&mut self.slots) {
            Some(slots) if self.len < slots.len() => {
                slots.copy_within(at..self.len, at + 1);
                slots[at] = new;
            }
            _ => {
                let (before, after) = self.entries().split_at(at);
                let room = std::iter::repeat_n(0, (self.len / 4).max(3));
                let all = before.iter().copied().chain([new]).chain(after.iter().copied()).chain(room);
                self.slots = all.collect();
            }
        }
        self.len += 1;
    }

    fn remove(&mut self, at: usize) {
        match Arc::get_mut(&mut self.slots) {
            Some(slots) => slots.copy_within(at + 1..self.len, at),
            None => {
                let (before, after) = (&self.entries()[..at], &self.entries()[at + 1..]);
                self.slots = before.iter().chain(after).copied().collect();
            }
        }
        self.len -= 1;
    }
}

impl From<&[Entry]> for Leaf {
    fn from(entries: &[Entry]) -> Self {
        // What is empty shares one allocation.
        let slots = if entries.is_empty() { Arc::default() } else { entries.into() };
        Self { slots, len: entries.len() }
    }
}

/// Rows by hash.
#[derive(Debug, Clone)]
pub(crate) struct HashTree {
    root: Node,
}

#[inline]
pub(crate) fn entry(hash: u64, row: u32) -> Entry {
    hash & 0xffff_ffff_0000_0000 | u64::from(row)
}

/// Which child of an inner node at `level` leads to the entry.
#[inline]
fn digit(entry: Entry, level: u32) -> usize {
    if level < HASH_LEVELS {
        (entry >> (60 - 4 * level)) as usize & 15
    } else {
        // Rows are small consecutive numbers; an odd factor spreads them and keeps them distinct.
        let mixed = (entry as u32).wrapping_mul(0x9e37_79b1);
        (mixed >> (28 - 4 * (level - HASH_LEVELS).min(7))) as usize & 15
    }
}

/// The entries of a line of memory.
const LINE: usize = 8;

/// The place of the first entry that is not smaller.
#[inline]
fn lower_bound(entries: &[Entry], target: Entry, level: u32) -> usize {
    if level >= HASH_LEVELS || entries.len() < 16 {
        return entries.partition_point(|e| *e < target);
    }
    // Hashes are spread evenly, so the place can be guessed.
    let wide = u128::from(target << (4 * level)) * entries.len() as u128;
    let last = entries.len() - 1;
    let mut at = ((wide >> 64) as usize).min(last);
    // The search may end in a line of memory beside this one: it is fetched at the same time.
    std::hint::black_box(entries[at.saturating_sub(LINE)] ^ entries[(at + LINE).min(last)]);
    if entries[at] < target {
        while at < entries.len() && entries[at] < target {
            at += 1;
        }
    } else {
        while at > 0 && entries[at - 1] >= target {
            at -= 1;
        }
    }
    at
}

/// A node of these entries, which are sorted.
fn build(entries: &[Entry], level: u32) -> Node {
    if entries.len() <= PAGE || level >= LEVELS {
        return Node::Leaf(entries.into());
    }
    split(entries, level)
}

/// An inner node of these entries, which are sorted, however few there are.
fn split(entries: &[Entry], level: u32) -> Node {
    if level < HASH_LEVELS {
        let mut rest = entries;
        return Node::Inner(Arc::new(std::array::from_fn(|child| {
            let (part, later) = rest.split_at(rest.partition_point(|e| digit(*e, level) <= child));
            rest = later;
            build(part, level + 1)
        })));
    }
    let mut parts: [Vec<Entry>; 16] = std::array::from_fn(|_| Vec::new());
    for &entry in entries {
        parts[digit(entry, level)].push(entry);
    }
    Node::Inner(Arc::new(parts.map(|part| build(&part, level + 1))))
}

/// Fewer entries than this are compared rather than counted.
const COUNTED: usize = 512;

/// Sorts entries whose rows ascend already: by the hash, eight bits at a time.
pub(crate) fn sort(entries: &mut Vec<Entry>) {
    if entries.len() < COUNTED || !entries.is_sorted_by_key(|entry| *entry as u32) {
        entries.sort_unstable();
        return;
    }
    let mut sorted = vec![0; entries.len()];
    for shift in [32, 40, 48, 56] {
        let byte = |entry: Entry| (entry >> shift) as usize & 0xff;
        let mut places = [0; 256];
        for &entry in &*entries {
            places[byte(entry)] += 1;
        }
        let mut before = 0;
        for place in &mut places {
            before += std::mem::replace(place, before);
        }
        for &entry in &*entries {
            let place = &mut places[byte(entry)];
            sorted[*place] = entry;
            *place += 1;
        }
        std::mem::swap(entries, &mut sorted);
    }
}

/// Merges two sorted lists.
fn merge(old: &[Entry], new: &[Entry]) -> Vec<Entry> {
    let mut out = Vec::with_capacity(old.len() + new.len());
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        if old[i] <= new[j] {
            out.push(old[i]);
            i += 1;
        } else {
            out.push(new[j]);
            j += 1;
        }
    }
    out.extend_from_slice(&old[i..]);
    out.extend_from_slice(&new[j..]);
    out
}

fn insert_sorted(node: &mut Node, level: u32, new: &[Entry]) {
    match node {
        Node::Leaf(old) if old.len == 0 => *node = build(new, level),
        Node::Leaf(old) => *node = build(&merge(old.entries(), new), level),
        Node::Inner(children) => {
            let children = Arc::make_mut(children);
            if level < HASH_LEVELS {
                let mut rest = new;
                while let Some(first) = rest.first() {
                    let here = digit(*first, level);
                    let (part, later) = rest.split_at(rest.partition_point(|e| digit(*e, level) == here));
                    insert_sorted(&mut children[here], level + 1, part);
                    rest = later;
                }
            } else {
                for one in new {
                    let child = &mut children[digit(*one, level)];
                    insert_sorted(child, level + 1, std::slice::from_ref(one));
                }
            }
        }
    }
}

impl HashTree {
    pub(crate) fn new() -> Self {
        Self { root: Node::Leaf(Leaf::default()) }
    }

    pub(crate) fn insert(&mut self, hash: u64, row: u32) {
        let new = entry(hash, row);
        let mut node = &mut self.root;
        let mut level = 0;
        loop {
            if let Node::Leaf(leaf) = node
                && leaf.len >= PAGE
                && level < LEVELS
            {
                *node = split(leaf.entries(), level);
            }
            match node {
                Node::Leaf(leaf) => {
                    let at = lower_bound(leaf.entries(), new, level);
                    leaf.insert(at, new);
                    return;
                }
                Node::Inner(children) => {
                    node = &mut Arc::make_mut(children)[digit(new, level)];
                    level += 1;
                }
            }
        }
    }

    /// Inserts many entries at once, which is faster than one by one.
    pub(crate) fn insert_many(&mut self, mut entries: Vec<Entry>) {
        if !entries.is_sorted() {
            sort(&mut entries);
        }
        insert_sorted(&mut self.root, 0, &entries);
    }

    pub(crate) fn remove(&mut self, hash: u64, row: u32) {
        let old = entry(hash, row);
        let mut node = &mut self.root;
        let mut level = 0;
        loop {
            match node {
                Node::Leaf(leaf) => {
                    let at = lower_bound(leaf.entries(), old, level);
                    if leaf.entries().get(at) == Some(&old) {
                        leaf.remove(at);
                    }
                    return;
                }
                Node::Inner(children) => {
                    node = &mut Arc::make_mut(children)[digit(old, level)];
                    level += 1;
                }
            }
        }
    }

    /// Shows rows whose hash may be this until `visit` answers `false`; the answer is whether all
    /// were seen. Only 32 bits of the hash are kept, so the caller compares.
    #[inline]
    pub(crate) fn each(&self, hash: u64, visit: &mut impl FnMut(u32) -> bool) -> bool {
        let first = entry(hash, 0);
        let mut node = &self.root;
        let mut level = 0;
        loop {
            match node {
                Node::Leaf(leaf) => {
                    let entries = leaf.entries();
                    return entries[lower_bound(entries, first, level)..]
                        .iter()
                        .take_while(|e| **e >> 32 == first >> 32)
                        .all(|e| visit(*e as u32));
                }
                Node::Inner(_) if level >= HASH_LEVELS => return each_below(node, visit),
                Node::Inner(children) => {
                    node = &children[digit(first, level)];
                    level += 1;
                }
            }
        }
    }
}

fn each_below(node: &Node, visit: &mut impl FnMut(u32) -> bool) -> bool {
    match node {
        Node::Leaf(leaf) => leaf.entries().iter().all(|e| visit(*e as u32)),
        Node::Inner(children) => children.iter().all(|c| each_below(c, visit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(tree: &HashTree, hash: u64) -> Vec<u32> {
        let mut found = Vec::new();
        tree.each(hash, &mut |row| {
            found.push(row);
            true
        });
        found.sort_unstable();
        found
    }

    #[test]
    fn sorts_as_by_comparing() {
        for count in [0, 1, COUNTED - 1, COUNTED, if cfg!(miri) { 600 } else { 5000 }] {
            for same in [1, 7, 1_000_000] {
                let hash = |row: u32| u64::from(row % same).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let mut counted: Vec<Entry> = (3..count as u32 + 3).map(|r| entry(hash(r), r)).collect();
                for _ in 0..2 {
                    let mut compared = counted.clone();
                    compared.sort_unstable();
                    sort(&mut counted);
                    assert_eq!(counted, compared);
                    // Now the rows don't ascend.
                    counted.reverse();
                }
            }
        }
    }

    #[test]
    fn keeps_many_rows_of_one_hash_and_of_many() {
        let mut tree = HashTree::new();
        let hash = |key: u64| key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // An interpreter takes a thousand times as long.
        let half = if cfg!(miri) { 600 } else { 20_000_u32 };
        for row in 0..half {
            tree.insert(hash(u64::from(row % 7)), row);
            tree.insert(hash(u64::from(row) + 100), row);
        }
        let many = (half..half * 2).map(|r| entry(hash(u64::from(r % 7)), r));
        tree.insert_many(many.collect());
        for key in 0..7 {
            let expected: Vec<u32> = (0..half * 2).filter(|r| r % 7 == key).collect();
            assert_eq!(rows(&tree, hash(u64::from(key))), expected);
        }
        let before = tree.clone();
        for row in (0..half).step_by(2) {
            tree.remove(hash(u64::from(row) + 100), row);
        }
        for row in (1..half).step_by(2) {
            tree.insert(hash(u64::from(row) + 100), row + 50_000);
        }
        for row in 0..half {
            let key = hash(u64::from(row) + 100);
            let there = rows(&tree, key);
            assert_eq!((there.contains(&row), there.contains(&(row + 50_000))), (row % 2 == 1, row % 2 == 1));
            let then = rows(&before, key);
            assert!(then.contains(&row) && !then.contains(&(row + 50_000)));
        }
    }
}
