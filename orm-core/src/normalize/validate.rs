//! Records that are validated before they are kept.

use super::assemble::Source;
use super::gather::Gather;
use super::group::SomeGroups;
use crate::error::{Error, Result};
use crate::events::Hooks;
use crate::model::located;
use crate::model::schema::Validator;
use crate::provider::Row;

impl Gather {
    /// Validates the records that the input says in whole, and answers for which groups that has to
    /// wait until they are written: what they don't say is in the storage, and `hooks` may change what
    /// they say.
    pub(crate) fn validate_whole(&self, hooks: &Hooks) -> Result<SomeGroups> {
        let groups = self.groups();
        let mut waiting = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            let Some(validate) = group.entity().validate else { continue };
            let keyed = (0..group.rows.len()).all(|row| group.rows.has_key(row));
            let alone = groups.iter().filter(|g| g.entity().is(group.entity())).count() == 1;
            if !(keyed && alone && group.says_everything()) || hooks.change(group.entity()) {
                waiting.push(at);
                continue;
            }
            for row in 0..group.rows.len() {
                self.validate(validate, at as u32, row as u32, &group.rows.row(row))?;
            }
        }
        Ok(waiting.into_iter().collect())
    }

    /// Validates the groups that had to wait.
    pub(crate) fn validate_stored(&self, waiting: &SomeGroups, sources: &[Source]) -> Result<()> {
        for (at, (group, source)) in self.groups().iter().zip(sources).enumerate() {
            let Some(validate) = group.entity().validate.filter(|_| waiting.contains(at)) else { continue };
            for row in 0..group.rows.len() {
                match source {
                    Source::Own => self.validate(validate, at as u32, row as u32, &group.rows.row(row))?,
                    Source::Read(rows, places) => match places[row] {
                        Some(place) => {
                            let stored = rows.row(place as usize);
                            self.validate(validate, at as u32, row as u32, &stored)?;
                        }
                        None => {
                            let at = self.path(at as u32, row as u32);
                            let (model, key) = (group.entity().model, "that was written".to_owned());
                            return Err(Error::NotFound { at, model, key });
                        }
                    },
                }
            }
        }
        Ok(())
    }

    fn validate(&self, validate: Validator, group: u32, row: u32, record: &dyn Row) -> Result<()> {
        validate(record).map_err(|error| located(error, || self.path(group, row)))
    }
}
