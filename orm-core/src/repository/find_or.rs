//! Records that are looked for, and created where there are none.

use super::Repository;
use super::in_hand::key_of;
use crate::engine::{Backoff, Mode, Session};
use crate::error::{Error, Result};
use crate::model::{IntoDraft, Model, RawDraft};
use crate::normalize::Gather;
use crate::plan::{CompareOp, Predicate, RowWrite};
use crate::query::Filter;
use crate::value::{KeyValues, Value};

/// How often is looked again when another created the record at the same time.
pub(super) const RACES: u32 = 3;

/// What was found when records were looked for before they were written.
#[derive(Default)]
pub(super) struct Look {
    found: Option<Vec<KeyValues>>,
    /// Whether it was looked again in vain.
    settled: bool,
    /// How the write was refused that followed.
    pub(super) refused: Option<Error>,
}

impl Look {
    /// Whether a write may be refused because another was faster.
    pub(super) fn may_be_a_race(&self, error: &Error) -> bool {
        !self.settled && matches!(error, Error::Unique { .. } | Error::DuplicateKey { .. })
    }

    /// Notes what is found now. If it is what was found before the write that was refused, nobody was
    /// faster: it is refused for another reason, and would be again.
    ///
    /// # Errors
    /// How it was refused.
    pub(super) fn again(&mut self, found: Vec<KeyValues>) -> Result<()> {
        match self.refused.take() {
            Some(refused) if self.found.as_ref() == Some(&found) => {
                self.settled = true;
                Err(refused)
            }
            _ => {
                self.found = Some(found);
                Ok(())
            }
        }
    }
}

impl<M: Model, D: Mode> Repository<M, D> {
    /// Updates the first record, by key, that has all the columns that `matching` says, with what
    /// `values` says; where there is none, creates one of both.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct Setting { #[key(auto)] id: i64, #[field(unique)] name: String, value: String }
    /// # fn example(settings: Repository<Setting>) -> orm_core::Result<()> {
    /// let named = Setting::draft().name("theme");
    /// settings.update_or_create(named, Setting::draft().value("dark"))?;
    /// # Ok(()) }
    /// ```
    ///
    /// Two that create at the same time both do so, unless a unique index or the key stands against it:
    /// then the later one updates.
    ///
    /// # Errors
    /// [`Error::NothingToMatch`] when `matching` says no column; otherwise as [`save`](Self::save).
    pub fn update_or_create<'a>(
        &'a self,
        matching: impl IntoDraft<M>,
        values: impl IntoDraft<M>,
    ) -> D::Answer<'a, Result<M>> {
        let (matching, values) = (matching.into_draft(), values.into_draft());
        D::answer(async move { self.found_or_created(matching, values, true).await })
    }

    /// The first record, by key, that has all the columns that `matching` says; where there is none,
    /// creates one of `matching` and `values`.
    ///
    /// # Errors
    /// As [`update_or_create`](Self::update_or_create).
    pub fn first_or_create<'a>(
        &'a self,
        matching: impl IntoDraft<M>,
        values: impl IntoDraft<M>,
    ) -> D::Answer<'a, Result<M>> {
        let (matching, values) = (matching.into_draft(), values.into_draft());
        D::answer(async move { self.found_or_created(matching, values, false).await })
    }

    async fn found_or_created(&self, matching: RawDraft, values: RawDraft, update: bool) -> Result<M> {
        self.ready().await?;
        let filter = self.matching(&matching)?;
        let created = matching.overlaid(values.clone());
        let mut backoff = Backoff::new(self.retries());
        let mut look = Look::default();
        let mut races = if self.session.in_transaction() { 0 } else { RACES };
        loop {
            let values = update.then_some(&values);
            let outcome = attempt!(&self.session, work => {
                self.find_or(work.session(), &filter, values, &created, &mut look).await
            });
            match outcome {
                Err(error) if error.is_transient() && backoff.again::<D>().await => {}
                // Maybe another created it since it was looked for.
                Err(error) if races > 0 && look.may_be_a_race(&error) => {
                    look.refused = Some(error);
                    races -= 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn find_or(
        &self,
        session: &Session,
        filter: &Predicate,
        values: Option<&RawDraft>,
        created: &RawDraft,
        look: &mut Look,
    ) -> Result<M> {
        let here = self.within(session);
        let query = here.query().filter_by(Filter::from(filter.clone())).in_order_of_keys();
        let found = D::settle(query.first()).await?;
        look.again(found.iter().map(key_of).collect::<Result<_>>()?)?;
        let (how, draft) = match (found, values) {
            (Some(found), None) => return Ok(found),
            (Some(found), Some(values)) => {
                let key = key_of(&found)?;
                let mut draft = values.clone();
                for (part, &column) in M::schema().key.iter().enumerate() {
                    draft.state(column, Ok(key.get(part).to_value()));
                }
                (RowWrite::Update, draft)
            }
            (None, _) => (RowWrite::Insert, created.clone()),
        };
        let mut gather = Gather::new(M::schema(), how, self.database.settings.clone());
        gather.root_draft(draft, 0)?;
        here.write_one(gather).await
    }

    /// The condition that a record has all the columns that a draft says.
    fn matching(&self, draft: &RawDraft) -> Result<Predicate> {
        let schema = M::schema();
        if let Some((column, mismatch)) = &draft.fault {
            let (column, mismatch) = (schema.field(*column).field, mismatch.clone());
            return Err(Error::Operand { model: schema.model, column, mismatch });
        }
        let said = draft.cells.iter().enumerate().filter_map(|(column, cell)| Some((column, cell.as_ref()?)));
        let equal = said.map(|(column, value)| {
            Ok(match super::taken(schema, column, value.as_ref())? {
                Value::Null => Predicate::Null { column },
                value => Predicate::Compare { column, op: CompareOp::Eq, value },
            })
        });
        match equal.reduce(|a: Result<_>, b| Ok(Predicate::and(a?, b?))) {
            Some(filter) => filter,
            None => Err(Error::NothingToMatch { at: "the draft to match".into(), model: schema.model }),
        }
    }

    /// The same records, through another session.
    pub(super) fn within(&self, session: &Session) -> Self {
        Self { session: session.clone(), ..self.clone() }
    }
}
