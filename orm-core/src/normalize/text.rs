//! JSON text, read straight into the rows: what [`stream`](super::stream) does for any format, without the
//! layers of serde in between.
//!
//! It is only for what is well-formed and fits the models, which is nearly everything: it says nothing of
//! errors. At the first thing that it doesn't take it gives up, and the text is read again by serde_json,
//! which knows what is wrong and where. What is rare (embedded structs, JSON, lists, keys) is cut out of
//! the text and read by serde_json as well, in its place.

use super::cells::of_kind;
use super::column::column;
use super::embedded::EmbedSeed;
use super::gather::Gather;
use super::group::Origin;
use super::names::{Member, Names};
use super::scan::{DEEPEST, Scanner};
use super::stream::{self, Next, RecordSeed, Taken};
use super::tie::TieSeed;
use super::variant::is_variant;
use crate::model::schema::{EntitySchema, FieldSchema};
use crate::value::{Kind, ValueRef};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess};

/// Reads a record or a list of records; `None` where serde_json is to read the text instead, with a
/// [`Gather`] as it was before.
pub(crate) fn read(gather: &mut Gather, json: &str) -> Option<()> {
    let mut reader = Reader { scanner: Scanner::new(json), open: 0, orders: Vec::new() };
    let root = Origin::root(0);
    match reader.scanner.peek() {
        b'{' => drop(reader.record(gather, 0, root, 1)?),
        b'[' => {
            gather.list = true;
            reader.list(gather, Some(0), root, 1)?;
        }
        _ => return None,
    }
    reader.scanner.at_end().then_some(())
}

struct Reader<'j> {
    scanner: Scanner<'j>,
    /// How many containers are open.
    open: usize,
    /// For each group, the members of its last record, in their order: the next mostly has the same.
    orders: Vec<Vec<Known>>,
}

/// A member that was met before.
#[derive(Clone, Copy)]
struct Known {
    name: &'static str,
    member: Member,
    take: Take,
}

/// How a member's value is taken.
#[derive(Clone, Copy)]
enum Take {
    /// Strings as they are.
    Text,
    /// Integers in a range.
    Int(i64, i64),
    /// Strings that mean something else, by the column's kind.
    Spelled(Kind),
    /// As the member says.
    Other,
}

impl Take {
    fn of(field: &FieldSchema) -> Self {
        match (field.kind, field.kind.integer_range()) {
            _ if field.intake.is_some() || field.list.is_some() => Take::Other,
            (Kind::Json, _) => Take::Other,
            (Kind::Text, _) => Take::Text,
            (_, Some((low, high))) => Take::Int(low, high),
            (kind, _) => Take::Spelled(kind),
        }
    }
}

/// The one value that a text is, in the place of a member's.
struct Cut<'j>(&'j str);

impl<'j> Cut<'j> {
    fn read<S: DeserializeSeed<'j>>(&self, seed: S) -> serde_json::Result<S::Value> {
        let mut deserializer = serde_json::Deserializer::from_str(self.0);
        let value = seed.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(value)
    }
}

impl<'j> MapAccess<'j> for Cut<'j> {
    type Error = serde_json::Error;
    fn next_key_seed<K: DeserializeSeed<'j>>(&mut self, _: K) -> serde_json::Result<Option<K::Value>> {
        Ok(None)
    }
    fn next_value_seed<V: DeserializeSeed<'j>>(&mut self, seed: V) -> serde_json::Result<V::Value> {
        self.read(seed)
    }
}

impl<'j> Reader<'j> {
    /// A record, whose opening brace is next.
    fn record(&mut self, gather: &mut Gather, group: u32, origin: Origin, depth: usize) -> Option<u32> {
        let (row, mark) = gather.begin(group, origin);
        if depth > gather.settings.max_depth {
            return None;
        }
        self.enter()?;
        self.members(gather, (group, row), depth)?;
        self.open -= 1;
        gather.end(group, row, mark).ok()?;
        Some(row)
    }

    /// Passes what opens a container.
    fn enter(&mut self) -> Option<()> {
        self.scanner.pass();
        self.open += 1;
        (self.open <= DEEPEST).then_some(())
    }

    fn members(&mut self, gather: &mut Gather, of: (u32, u32), depth: usize) -> Option<()> {
        if self.scanner.peek() == b'}' {
            self.scanner.pass();
            return Some(());
        }
        // Values whose model is said further on: the relation, and where they stand.
        let mut waiting = Vec::new();
        let mut next = 0;
        loop {
            self.scanner.expect(b'"')?;
            let known = self.name(gather.group(of.0).entity(), of.0, &mut next)?;
            self.scanner.expect(b':')?;
            self.value(gather, of, known, depth, &mut waiting)?;
            match self.scanner.peek() {
                b',' => self.scanner.pass(),
                b'}' => break self.scanner.pass(),
                _ => return None,
            }
            // A name must follow, which `expect` sees to.
        }
        let after = self.scanner.place();
        for (relation, (start, end)) in waiting {
            self.scanner.go_to(start);
            let variant = gather.variant(of, relation).ok()??;
            self.related(gather, of, variant, depth)?;
            if self.scanner.place() != end {
                return None;
            }
        }
        self.scanner.go_to(after);
        Some(())
    }

    /// A member's name, after its opening quote; `next` is where in the order it is expected.
    #[inline]
    fn name(&mut self, entity: &'static EntitySchema, group: u32, next: &mut usize) -> Option<Known> {
        if let Some(&known) = self.orders.get(group as usize).and_then(|order| order.get(*next))
            && self.scanner.passes_name(known.name)
        {
            *next += 1;
            return Some(known);
        }
        self.other_name(entity, group as usize, next)
    }

    /// The same, where another name was expected, or none.
    fn other_name(&mut self, entity: &'static EntitySchema, group: usize, next: &mut usize) -> Option<Known> {
        if self.orders.len() <= group {
            self.orders.resize_with(group + 1, Vec::new);
        }
        let order = &mut self.orders[group];
        if let Some(at) = order.iter().position(|known| self.scanner.passes_name(known.name)) {
            *next = at + 1;
            return Some(order[at]);
        }
        let member = Names::new(entity).find(self.scanner.string()?);
        let (name, take) = match member {
            Member::Column(at) => (entity.fields[at].name, Take::of(&entity.fields[at])),
            Member::Relation(at) => (entity.relations[at].name, Take::Other),
            Member::Embedded(at) => (entity.embeds[at].name, Take::Other),
            // What isn't known isn't expected again.
            Member::Pivot | Member::Unknown => return Some(Known { name: "", member, take: Take::Other }),
        };
        let known = Known { name, member, take };
        // What is expected is compared with the text as it stands, so it must mean itself there.
        let escaped = name.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        // A name that is written with escapes may be there already.
        if !escaped && order.iter().all(|other| other.name != name) {
            *next = (*next).min(order.len());
            order.insert(*next, known);
            *next += 1;
        }
        Some(known)
    }

    #[inline]
    fn value(
        &mut self,
        gather: &mut Gather,
        of: (u32, u32),
        known: Known,
        depth: usize,
        waiting: &mut Vec<(usize, (usize, usize))>,
    ) -> Option<()> {
        if let Member::Column(at) = known.member {
            return self.cell(gather, of, at, known.take, depth);
        }
        self.other_value(gather, of, known.member, depth, waiting)
    }

    #[inline]
    fn cell(
        &mut self,
        gather: &mut Gather,
        (group, row): (u32, u32),
        at: usize,
        take: Take,
        depth: usize,
    ) -> Option<()> {
        match (take, self.scanner.peek()) {
            (Take::Text, b'"') => {
                self.scanner.pass();
                let text = ValueRef::Text(self.scanner.string()?);
                return gather.put(group, row, at, text).then_some(());
            }
            (Take::Int(low, high), b'-' | b'0'..=b'9') => {
                if let Some(n) = self.scanner.integer() {
                    return (low <= n && n <= high && gather.put(group, row, at, ValueRef::Int(n)))
                        .then_some(());
                }
            }
            (Take::Spelled(kind), b'"') => {
                self.scanner.pass();
                let value = of_kind(kind, self.scanner.string()?)?;
                return gather.set(group, row, at, value).ok();
            }
            (_, b'n') => {
                return if self.scanner.passes(b"null") {
                    gather.set(group, row, at, ValueRef::Null).ok()
                } else {
                    None
                };
            }
            _ => {}
        }
        let mut cut = self.cut(usize::MAX)?;
        column(gather, (group, row), at, depth, &mut cut).ok()
    }

    /// Cuts a value out, which nests no deeper than this.
    fn cut(&mut self, deepest: usize) -> Option<Cut<'j>> {
        let (text, deep) = self.scanner.skip()?;
        (deep <= deepest && self.open + deep <= DEEPEST).then_some(Cut(text))
    }

    fn other_value(
        &mut self,
        gather: &mut Gather,
        of: (u32, u32),
        member: Member,
        depth: usize,
        waiting: &mut Vec<(usize, (usize, usize))>,
    ) -> Option<()> {
        let entity = gather.group(of.0).entity();
        match member {
            Member::Relation(relation) if is_variant(&entity.relations[relation]) => {
                match gather.variant(of, relation).ok()? {
                    Some(variant) => self.related(gather, of, variant, depth)?,
                    None => {
                        self.scanner.peek();
                        let start = self.scanner.place();
                        let Cut(text) = self.cut(gather.settings.max_depth.saturating_sub(depth))?;
                        if text != "null" {
                            waiting.push((relation, (start, self.scanner.place())));
                        }
                    }
                }
            }
            Member::Relation(relation) => self.related(gather, of, relation, depth)?,
            Member::Embedded(at) => {
                let (place, embed, depth) = (of, &entity.embeds[at], depth + 1);
                let cut = self.cut(usize::MAX)?;
                cut.read(EmbedSeed { gather, place, embed, depth }).ok()?;
            }
            Member::Pivot if gather.has_tie(of) => {
                let cut = self.cut(usize::MAX)?;
                cut.read(TieSeed { gather, of, depth: depth + 1 }).ok()?;
            }
            Member::Pivot | Member::Unknown if entity.deny_unknown_fields => return None,
            Member::Pivot | Member::Unknown => {
                self.cut(usize::MAX)?.read(std::marker::PhantomData::<IgnoredAny>).ok()?;
            }
            Member::Column(at) => self.cell(gather, of, at, Take::Other, depth)?,
        }
        Some(())
    }

    /// What a relation's member holds.
    fn related(
        &mut self,
        gather: &mut Gather,
        (group, row): (u32, u32),
        relation: usize,
        depth: usize,
    ) -> Option<()> {
        let target = gather.target(group, relation);
        let schema = &gather.group(group).entity().relations[relation];
        let origin =
            Origin { parent: group, parent_row: row, relation: relation as u16, pivot: false, ordinal: 0 };
        match (schema.kind.to_many(), self.scanner.peek()) {
            (true, b'[') => self.list(gather, target, origin, depth + 1),
            (false, b'{') => {
                let target = target?;
                let nested = self.record(gather, target, origin, depth + 1)?;
                gather.nested(relation, target, nested);
                Some(())
            }
            _ => {
                let mut cut = self.cut(usize::MAX)?;
                stream::related(gather, (group, row), relation, depth, Next(&mut cut)).ok()
            }
        }
    }

    /// A list of records or keys, whose opening bracket is next.
    fn list(&mut self, gather: &mut Gather, target: Option<u32>, list: Origin, depth: usize) -> Option<()> {
        if depth > gather.settings.max_depth {
            return None;
        }
        self.enter()?;
        let is_root = list.parent == super::ROOT;
        let mut ordinal = 0;
        let mut ended = self.scanner.peek() == b']';
        if ended {
            self.scanner.pass();
        }
        while !ended {
            let origin = Origin { ordinal, ..list };
            if self.scanner.peek() == b'{' {
                let target = target?;
                let row = self.record(gather, target, origin, depth + 1)?;
                if !is_root {
                    gather.nested(list.relation as usize, target, row);
                }
            } else {
                self.element(gather, target, origin, depth + 1)?;
            }
            ordinal += 1;
            ended = match self.scanner.peek() {
                b',' => false,
                b']' => true,
                _ => return None,
            };
            self.scanner.pass();
        }
        if ordinal == 0 && !is_root {
            gather.empties.push((list.parent, list.parent_row, list.relation));
        }
        self.open -= 1;
        Some(())
    }

    /// What stands for a record in a list: its key, or null.
    fn element(
        &mut self,
        gather: &mut Gather,
        group: Option<u32>,
        origin: Origin,
        depth: usize,
    ) -> Option<()> {
        let cut = self.cut(usize::MAX)?;
        let Origin { parent, parent_row, relation, ordinal, .. } = origin;
        if parent == super::ROOT {
            // Nothing is known of a null.
            return (cut.0 == "null").then_some(());
        }
        let entity = (gather.group(parent).entity().relations[relation as usize].target)();
        let seed = RecordSeed { gather: &mut *gather, entity, group, origin, depth, list: false, key: true };
        match cut.read(seed).ok()? {
            Taken::Nothing => Some(()),
            Taken::Key(key) => gather.nested_key((parent, parent_row), relation as usize, ordinal, &key).ok(),
            Taken::Record(_) | Taken::List => None,
        }
    }
}

#[cfg(test)]
mod tests;
