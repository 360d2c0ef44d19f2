//! What writes did, noted until their commit and then told.

use super::changes::{ChangeKind, ChangeSet};
use super::hub::Hub;
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::value::KeyValues;
use std::sync::Arc;

/// What a write did to an entity.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(super) entity: &'static EntitySchema,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// Something; nobody asked what.
    Touched,
    /// All of its records are gone.
    Cleared,
    /// This happened to the records of these keys.
    Keys(ChangeKind, Vec<KeyValues>),
}

impl Entry {
    pub(crate) fn touched(entity: &'static EntitySchema) -> Self {
        Self { entity, what: What::Touched }
    }

    /// Whether it says no more than one of those before it.
    pub(crate) fn is_known(&self, before: &[Entry]) -> bool {
        matches!(self.what, What::Touched) && before.iter().any(|e| e.entity.is(self.entity))
    }
}

/// News of a commit that is under way. Unless its end is told, those who watch are told that they may
/// have something to see: a dropped future doesn't say whether the engine went through with it.
pub(crate) struct News<'h> {
    hub: &'h Arc<Hub>,
    log: Vec<Entry>,
}

impl<'h> News<'h> {
    pub(crate) fn new(hub: &'h Arc<Hub>, log: Vec<Entry>) -> Self {
        Self { hub, log }
    }

    /// Tells how the commit ended.
    pub(crate) fn tell<T>(mut self, outcome: &Result<T>) {
        match outcome {
            Ok(_) => {
                let log = std::mem::take(&mut self.log);
                if self.hub.is_heard() {
                    let touched = entities(&log);
                    let set = if self.hub.wants_keys() { ChangeSet::of_log(log) } else { None };
                    self.hub.publish(&touched, set);
                }
            }
            // Nobody knows; whoever watches had better look.
            Err(Error::CommitUnknown(_)) => {}
            Err(_) => self.log.clear(),
        }
    }
}

impl Drop for News<'_> {
    fn drop(&mut self) {
        if !self.log.is_empty() && self.hub.is_heard() {
            self.hub.publish(&entities(&self.log), None);
        }
    }
}

fn entities(log: &[Entry]) -> Vec<&'static EntitySchema> {
    let mut found: Vec<&'static EntitySchema> = Vec::new();
    for entry in log {
        if !found.iter().any(|e| e.is(entry.entity)) {
            found.push(entry.entity);
        }
    }
    found
}
