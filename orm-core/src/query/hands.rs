//! The only parts of a load that know the models: making records, and putting them into relations' fields.

use super::children::Found;
use super::record_list::{OwnedList, RecordList, list, records};
use crate::model::{Holds, Many, Model, One, Ties};
use crate::value::ValueRef;
use std::any::Any;
use std::marker::PhantomData;

/// How records are put into fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// Whether some related records may be left out.
    pub(super) partial: bool,
    /// Whether the first of several has the place of one.
    pub(super) ordered: bool,
}

/// What knows the related records' model.
pub(super) trait Hands: Send + Sync {
    /// An empty list.
    fn list(&self) -> Box<dyn OwnedList>;

    /// Takes out what parents have in their fields of a relation.
    fn take(&self, parents: &mut dyn RecordList, slot: usize, partial: bool) -> Found;

    /// Puts records where they belong: `of` has the place of each one's parent, `ties` what stands in
    /// between, if that is known.
    fn put(&self, parents: &mut dyn RecordList, slot: usize, found: Found, how: How);
}

/// The field has many records.
struct OfMany<T>(PhantomData<fn() -> T>);
/// The field has one record.
struct OfOne<T>(PhantomData<fn() -> T>);
/// The field has one record of one of several models.
struct OfMorph<E, T>(PhantomData<fn() -> (E, T)>);

pub(super) const fn many<T: Model>() -> &'static dyn Hands {
    const { &OfMany::<T>(PhantomData) }
}

pub(super) const fn one<T: Model>() -> &'static dyn Hands {
    const { &OfOne::<T>(PhantomData) }
}

pub(super) const fn morph<E: Holds<T>, T: Model>() -> &'static dyn Hands {
    const { &OfMorph::<E, T>(PhantomData) }
}

impl<T: Model> Hands for OfMany<T> {
    fn list(&self) -> Box<dyn OwnedList> {
        list::<T>()
    }

    fn take(&self, parents: &mut dyn RecordList, slot: usize, _: bool) -> Found {
        let (mut taken, mut of, mut ties) = (Vec::<T>::new(), Vec::new(), Vec::new());
        parents.slots(slot, &mut |at, slot| {
            if let Some(many) = slot.downcast_mut::<Many<T>>() {
                ties.push(many.ties());
                taken.append(&mut many.take_content().unwrap_or_default());
                of.resize(taken.len(), at as u32);
            }
        });
        Found { ties, ..Found::new(Box::new(taken), of) }
    }

    fn put(&self, parents: &mut dyn RecordList, slot: usize, found: Found, how: How) {
        let mut lists: Vec<Vec<T>> = Vec::with_capacity(parents.len());
        for count in found.counts(parents.len()) {
            lists.push(Vec::with_capacity(count));
        }
        let mut of = found.of.into_iter();
        for record in records::<T>(found.records) {
            if let Some(parent) = of.next() {
                lists[parent as usize].push(record);
            }
        }
        let mut ties: Vec<Option<Ties>> = found.ties;
        parents.slots(slot, &mut |at, slot| {
            if let Some(many) = slot.downcast_mut::<Many<T>>() {
                let list = std::mem::take(&mut lists[at]);
                match ties.get_mut(at).and_then(Option::take) {
                    Some(ties) => many.fill_tied(list, ties, how.partial),
                    None => many.fill(list, how.partial),
                }
            }
        });
    }
}

impl<T: Model> Hands for OfOne<T> {
    fn list(&self) -> Box<dyn OwnedList> {
        list::<T>()
    }

    fn take(&self, parents: &mut dyn RecordList, slot: usize, _: bool) -> Found {
        let (mut taken, mut of) = (Vec::<T>::new(), Vec::new());
        parents.slots(slot, &mut |at, slot| {
            if let Some(one) = slot.downcast_mut::<One<T>>()
                && let Some(Some(record)) = one.take_content()
            {
                taken.push(*record);
                of.push(at as u32);
            }
        });
        Found::new(Box::new(taken), of)
    }

    fn put(&self, parents: &mut dyn RecordList, slot: usize, found: Found, how: How) {
        let mut chosen = places::<Box<T>>(parents.len());
        let mut of = found.of.into_iter();
        for record in records::<T>(found.records) {
            let Some(parent) = of.next() else { break };
            let place = &mut chosen[parent as usize];
            // Of several that claim the place, the first in the order asked for has it, or else the one
            // with the smallest key.
            let better = match place {
                Some(other) => {
                    !how.ordered
                        && precedes(T::schema().key, &|column| part(&record, column), &|column| {
                            part(&**other, column)
                        })
                }
                None => true,
            };
            if better {
                *place = Some(Box::new(record));
            }
        }
        parents.slots(slot, &mut |at, slot| {
            if let Some(one) = slot.downcast_mut::<One<T>>() {
                one.fill(chosen[at].take(), how.partial);
            }
        });
    }
}

impl<E: Holds<T>, T: Model> Hands for OfMorph<E, T> {
    fn list(&self) -> Box<dyn OwnedList> {
        list::<T>()
    }

    fn take(&self, parents: &mut dyn RecordList, slot: usize, partial: bool) -> Found {
        let (mut taken, mut of) = (Vec::<T>::new(), Vec::new());
        parents.slots(slot, &mut |at, slot| {
            let Some(one) = slot.downcast_mut::<One<E>>() else { return };
            match one.take_content().flatten().map(|value| Holds::<T>::into_record(*value)) {
                Some(Ok(record)) => {
                    taken.push(record);
                    of.push(at as u32);
                }
                Some(Err(other)) => one.fill(Some(Box::new(other)), partial),
                None => one.fill(None, partial),
            }
        });
        Found::new(Box::new(taken), of)
    }

    fn put(&self, parents: &mut dyn RecordList, slot: usize, found: Found, how: How) {
        let mut chosen = places::<Box<E>>(parents.len());
        let mut of = found.of.into_iter();
        for record in records::<T>(found.records) {
            let Some(parent) = of.next() else { break };
            chosen[parent as usize] = Some(Box::new(E::of(record)));
        }
        parents.slots(slot, &mut |at, slot| {
            if let Some(one) = slot.downcast_mut::<One<E>>()
                && let Some(value) = chosen[at].take()
            {
                one.fill(Some(value), how.partial);
            }
        });
    }
}

fn places<T>(count: usize) -> Vec<Option<T>> {
    let mut places = Vec::new();
    places.resize_with(count, || None);
    places
}

fn part<T: Model>(record: &T, column: usize) -> ValueRef<'_> {
    match record.value(column) {
        Ok(value) => value,
        Err(_) => ValueRef::Null,
    }
}

/// Whether a record's key is smaller than another's.
fn precedes<'a>(
    key: &[usize],
    one: &dyn Fn(usize) -> ValueRef<'a>,
    other: &dyn Fn(usize) -> ValueRef<'a>,
) -> bool {
    let parts = key.iter().filter_map(|&column| one(column).compare(other(column)));
    parts.into_iter().find(|order| order.is_ne()) == Some(std::cmp::Ordering::Less)
}

/// Leaves the fields of a relation to one of several models empty.
pub(super) fn clear<E: crate::model::Morph>(parents: &mut dyn RecordList, slot: usize, partial: bool) {
    parents.slots(slot, &mut |_, slot: &mut dyn Any| {
        if let Some(one) = slot.downcast_mut::<One<E>>() {
            one.fill(None, partial);
        }
    });
}

/// Says how many related records there are.
pub(super) fn set_count<T: Model>(slot: &mut dyn Any, count: u64) {
    if let Some(many) = slot.downcast_mut::<Many<T>>() {
        many.set_count(count);
    }
}
