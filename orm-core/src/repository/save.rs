//! Writing records, nested ones included.

use super::{Place, Repository, Saved};
use crate::engine::{Atomic, Mode, Session, Snapshot};
use crate::error::{Error, Result, RowFault};
use crate::model::{IntoDraft, Model};
#[cfg(feature = "json")]
use crate::normalize::read_text;
use crate::normalize::{Assembler, Gather, Order, Roots, SomeGroups, Source, readback};
use crate::plan::{RowWrite, Write, of_row};
use crate::provider::TxOptions;
use serde::de::DeserializeSeed;

impl<M: Model, D: Mode> Repository<M, D> {
    /// Saves a record: merges it by key with what is stored, or creates it. Nested records are saved
    /// along, all or nothing.
    ///
    /// Takes a typed value or a draft; answers what is stored now, with the relations that the input
    /// named (a to-many relation as *partial*: there may be more in the store).
    ///
    /// # Errors
    /// [`Error::MissingField`] and [`Error::MissingKey`] for a new record that isn't whole, and those of
    /// the storage. Nothing is stored then.
    pub fn save<'a>(&'a self, record: impl IntoDraft<M>) -> D::Answer<'a, Result<M>> {
        self.written_one(self.gather(RowWrite::Merge, [record], false))
    }

    /// Saves several records, all or nothing; answers them in the input's order.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn save_many<'a, R: IntoDraft<M>>(
        &'a self,
        records: impl IntoIterator<Item = R>,
    ) -> D::Answer<'a, Result<Vec<M>>> {
        self.written(self.gather(RowWrite::Merge, records, true))
    }

    /// Inserts a record, which must be new; nested records are saved along.
    ///
    /// # Errors
    /// [`Error::DuplicateKey`] when there is a record of this key; otherwise as [`save`](Self::save).
    pub fn insert<'a>(&'a self, record: impl IntoDraft<M>) -> D::Answer<'a, Result<M>> {
        self.written_one(self.gather(RowWrite::Insert, [record], false))
    }

    /// Inserts several records, all or nothing; answers them in the input's order.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn insert_many<'a, R: IntoDraft<M>>(
        &'a self,
        records: impl IntoIterator<Item = R>,
    ) -> D::Answer<'a, Result<Vec<M>>> {
        self.written(self.gather(RowWrite::Insert, records, true))
    }

    /// Updates a record, which must exist: what a draft doesn't say stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no record of this key; otherwise as [`save`](Self::save).
    pub fn update<'a>(&'a self, record: impl IntoDraft<M>) -> D::Answer<'a, Result<M>> {
        self.written_one(self.gather(RowWrite::Update, [record], false))
    }

    /// Updates several records, which must exist, all or nothing; answers them in the input's order.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub fn update_many<'a, R: IntoDraft<M>>(
        &'a self,
        records: impl IntoIterator<Item = R>,
    ) -> D::Answer<'a, Result<Vec<M>>> {
        self.written(self.gather(RowWrite::Update, records, true))
    }

    /// Saves nested records from JSON text: one object or an array of them. All or nothing.
    ///
    /// Errors carry the path in the input (`$[0].posts[3].title`), malformed text its line and column.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::WrongType`], [`Error::TooDeep`] and those of [`save`](Self::save).
    #[cfg(feature = "json")]
    pub fn save_json<'a>(&'a self, json: &'a str) -> D::Answer<'a, Result<Saved<M, D>>> {
        if D::BLOCKING {
            return self.streamed(self.text(json));
        }
        D::answer(async move { self.write_stream(self.text(json)?).await })
    }

    /// As [`save_json`](Self::save_json), from a reader. The records are taken in as they come; give a
    /// file a [`BufReader`](std::io::BufReader).
    ///
    /// # Errors
    /// As [`save_json`](Self::save_json); a failing reader is [`Error::Malformed`] too.
    #[cfg(feature = "json")]
    pub fn save_reader<'a>(&'a self, reader: impl std::io::Read) -> D::Answer<'a, Result<Saved<M, D>>> {
        let mut deserializer = serde_json::Deserializer::from_reader(reader);
        let gather = self.stream(&mut deserializer);
        self.streamed(ended(gather, deserializer.end()))
    }

    /// As [`save_json`](Self::save_json), from any serde deserializer of a self-describing format, a
    /// `serde_json::Value` among them.
    ///
    /// # Errors
    /// As [`save_json`](Self::save_json).
    pub fn save_from<'a, 'de>(
        &'a self,
        deserializer: impl serde::Deserializer<'de>,
    ) -> D::Answer<'a, Result<Saved<M, D>>> {
        self.streamed(self.stream(deserializer))
    }

    pub(super) fn gather<R: IntoDraft<M>>(
        &self,
        how: RowWrite,
        records: impl IntoIterator<Item = R>,
        list: bool,
    ) -> Result<Gather> {
        let mut gather = Gather::new(M::schema(), how, self.database.settings.clone());
        gather.list = list;
        let records = records.into_iter();
        gather.expect(records.size_hint().0);
        for (ordinal, record) in records.enumerate() {
            gather.root(record, ordinal as u32)?;
        }
        Ok(gather)
    }

    fn begun(&self) -> Gather {
        Gather::new(M::schema(), RowWrite::Merge, self.database.settings.clone())
    }

    fn stream<'de>(&self, deserializer: impl serde::Deserializer<'de>) -> Result<Gather> {
        stream_into(self.begun(), deserializer)
    }

    #[cfg(feature = "json")]
    fn text(&self, json: &str) -> Result<Gather> {
        text_into(&|| self.begun(), json)
    }

    fn written_one(&self, gather: Result<Gather>) -> D::Answer<'_, Result<M>> {
        if D::BLOCKING {
            return D::now(self.written_now(gather).and_then(only));
        }
        D::answer(async move { self.write_one(gather?).await })
    }

    fn written(&self, gather: Result<Gather>) -> D::Answer<'_, Result<Vec<M>>> {
        if D::BLOCKING {
            return D::now(self.written_now(gather));
        }
        D::answer(async move { self.write_many(gather?).await })
    }

    fn written_now(&self, gather: Result<Gather>) -> Result<Vec<M>> {
        let mut records = Vec::new();
        self.place().write_all_now(&mut gather?, &mut |gather, sources| {
            records = assembled(gather, sources)?;
            Ok(())
        })?;
        Ok(records)
    }

    pub(super) async fn write_one(&self, gather: Gather) -> Result<M> {
        only(self.write_many(gather).await?)
    }

    /// Writes and hydrates; what must be read back is read in the write's own transaction.
    pub(super) async fn write_many(&self, mut gather: Gather) -> Result<Vec<M>> {
        let mut records = Vec::new();
        let assemble = &mut |gather: &Gather, sources| {
            records = assembled(gather, sources)?;
            Ok(())
        };
        self.place().write_all(&mut gather, assemble).await?;
        Ok(records)
    }

    /// Writes, after other writes of the same batch, and hydrates, all in one transaction.
    pub(super) async fn write_and_read(
        &self,
        gather: &mut Gather,
        needed: &SomeGroups,
        before: Vec<Write>,
        session: &Session,
    ) -> Result<Vec<M>> {
        let sources = self.place().write_within(gather, needed, before, session).await?;
        Assembler::new(gather, sources).roots()
    }

    fn streamed(&self, gather: Result<Gather>) -> D::Answer<'_, Result<Saved<M, D>>> {
        if D::BLOCKING {
            let written = gather.and_then(|mut gather| {
                self.place().write_streamed_now(&mut gather)?;
                Ok(Saved::new(self.clone(), gather))
            });
            return D::now(written);
        }
        D::answer(async move { self.write_stream(gather?).await })
    }

    async fn write_stream(&self, mut gather: Gather) -> Result<Saved<M, D>> {
        self.place().write_streamed(&mut gather).await?;
        Ok(Saved::new(self.clone(), gather))
    }
}

/// Makes records of what was written and read back; `None` where nothing is nested in them and all of
/// them is known.
fn assembled<M: Model>(gather: &Gather, sources: Option<Vec<Source>>) -> Result<Vec<M>> {
    match sources {
        Some(sources) => Assembler::new(gather, sources).roots(),
        None => gather.flat_roots(),
    }
}

/// One record went in, so one comes out.
fn only<M>(mut records: Vec<M>) -> Result<M> {
    records.pop().ok_or_else(|| Error::unsupported("an empty answer", "one record was saved"))
}

/// Takes what was written and read back, to make records of it; see [`assembled`].
pub(super) type Assemble<'a> = dyn FnMut(&Gather, Option<Vec<Source>>) -> Result<()> + Send + 'a;

impl Place<'_> {
    /// Writes; what must be read back is read in the write's own transaction.
    pub(super) async fn write_all(self, gather: &mut Gather, assemble: &mut Assemble<'_>) -> Result<()> {
        self.ready().await?;
        gather.stamp()?;
        let waiting = gather.validate_whole(&self.database.hooks)?;
        gather.complete_new(&self.database.hooks);
        let needed = gather.to_read_back();
        if !waiting.is_empty() {
            let sources = self.write_validated(gather, &needed, &waiting).await?;
            return assemble(gather, Some(sources));
        }
        if needed.is_empty() {
            self.write(gather, self.session).await?;
            if gather.is_flat() {
                return assemble(gather, None);
            }
            let sources = readback(gather, &needed, self.session).await?;
            return assemble(gather, Some(sources));
        }
        let mut backoff = self.backoff();
        loop {
            let outcome = match Snapshot::begin(self.session, TxOptions::default()).await {
                Ok(work) => {
                    let sources = self.write_within(gather, &needed, Vec::new(), work.session()).await;
                    let outcome = sources.and_then(|sources| assemble(gather, Some(sources)));
                    work.end(outcome).await
                }
                Err(error) => Err(error),
            };
            match outcome {
                Err(error) if error.is_transient() && backoff.again_as(self.blocking).await => {
                    gather.forget_made_keys();
                }
                outcome => return outcome,
            }
        }
    }

    /// Writes, after other writes of the same batch, and validates what has to be; `session` is undone
    /// when it fails.
    pub(super) async fn write_within(
        self,
        gather: &mut Gather,
        needed: &SomeGroups,
        before: Vec<Write>,
        session: &Session,
    ) -> Result<Vec<Source>> {
        gather.stamp()?;
        let waiting = gather.validate_whole(&self.database.hooks)?;
        let read = gather.to_read_back_for(needed, &waiting);
        self.write_after(before, gather, session).await?;
        let sources = readback(gather, &read, session).await?;
        gather.validate_stored(&waiting, &sources)?;
        Ok(sources)
    }

    /// Writes; nothing is read but what has to be validated.
    pub(super) async fn write_streamed(self, gather: &mut Gather) -> Result<()> {
        self.ready().await?;
        gather.stamp()?;
        let waiting = gather.validate_whole(&self.database.hooks)?;
        if !waiting.is_empty() {
            return self.write_validated(gather, &SomeGroups::default(), &waiting).await.map(drop);
        }
        self.write(gather, self.session).await
    }

    /// Writes, reads back what is needed or was waiting to be validated, and validates it; nothing is
    /// kept if a record is refused.
    async fn write_validated(
        self,
        gather: &mut Gather,
        needed: &SomeGroups,
        waiting: &SomeGroups,
    ) -> Result<Vec<Source>> {
        let read = gather.to_read_back_for(needed, waiting);
        let mut backoff = self.backoff();
        loop {
            let atomic = Atomic::begin(self.session).await?;
            let outcome = async {
                self.write(gather, atomic.session()).await?;
                let sources = readback(gather, &read, atomic.session()).await?;
                gather.validate_stored(waiting, &sources)?;
                Ok(sources)
            };
            let outcome = outcome.await;
            let outcome = atomic.end(outcome).await;
            if outcome.is_err() {
                gather.forget_made_keys();
            }
            match outcome {
                Err(error) if error.is_transient() && backoff.again_as(self.blocking).await => {}
                outcome => return outcome,
            }
        }
    }

    /// Applies what was gathered; the rows, keys included, are in `gather` again afterwards.
    pub(super) async fn write(self, gather: &mut Gather, session: &Session) -> Result<()> {
        self.write_after(Vec::new(), gather, session).await
    }

    async fn write_after(self, before: Vec<Write>, gather: &mut Gather, session: &Session) -> Result<()> {
        let mut backoff = self.backoff_in(session);
        loop {
            let (mut batch, order) = gather.batch()?;
            let rows = std::mem::take(&mut batch.writes);
            if before.is_empty()
                && rows
                    .iter()
                    .all(|w| matches!(&w.change, crate::plan::Change::Rows { rows, .. } if rows.is_empty()))
            {
                gather.take_back(rows, &order);
                return Ok(());
            }
            let first = before.len();
            batch.writes = match first {
                0 => rows,
                _ => before.iter().cloned().chain(rows).collect(),
            };
            for link in &mut batch.links {
                link.write += first as u32;
                link.to_write += first as u32;
            }
            let (mut batch, outcome) = self.database.apply(session, batch).await;
            let rows = match first {
                0 => std::mem::take(&mut batch.writes),
                _ => batch.writes.split_off(first),
            };
            gather.take_back(rows, &order);
            if outcome.is_err() {
                gather.forget_made_keys();
            }
            match outcome {
                Ok(_) => return Ok(()),
                Err(error) if error.is_transient() && backoff.again_as(self.blocking).await => {}
                Err(error) => return Err(located(error, gather, &order, first)),
            }
        }
    }
}

/// Reads records into what was begun for them.
pub(super) fn stream_into<'de>(
    mut gather: Gather,
    deserializer: impl serde::Deserializer<'de>,
) -> Result<Gather> {
    match Roots(&mut gather).deserialize(deserializer) {
        Ok(()) => Ok(gather),
        Err(error) => Err(match gather.fault {
            Some(fault) => fault,
            None => Error::Malformed {
                at: gather.failed_at.unwrap_or_else(|| "$".to_owned()),
                message: error.to_string(),
            },
        }),
    }
}

/// Reads JSON text; `begun` answers what it is read into, again where a second try is needed.
#[cfg(feature = "json")]
pub(super) fn text_into(begun: &dyn Fn() -> Gather, json: &str) -> Result<Gather> {
    let mut quick = begun();
    if read_text(&mut quick, json).is_some() {
        return Ok(quick);
    }
    drop(quick);
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let gather = stream_into(begun(), &mut deserializer);
    ended(gather, deserializer.end())
}

/// What a deserializer's end says of its text.
#[cfg(feature = "json")]
fn ended(gather: Result<Gather>, end: serde_json::Result<()>) -> Result<Gather> {
    let gather = gather?;
    match end {
        Ok(()) => Ok(gather),
        Err(error) => Err(Error::Malformed { at: "$".to_owned(), message: error.to_string() }),
    }
}

/// Gives a row's fault the path of the row. The gathered writes begin at place `first` of the batch.
fn located(error: Error, gather: &Gather, order: &Order, first: usize) -> Error {
    let Error::Row { at, fault } = error else { return error };
    let Some(group) = at.write.checked_sub(first).and_then(|write| order.group(write)) else {
        return Error::Row { at, fault };
    };
    let data = gather.group(group);
    if at.row >= data.rows.len() {
        return Error::Row { at, fault };
    }
    let row = at.row as u32;
    match fault {
        RowFault::Missing(column) => {
            Error::MissingField { at: gather.field_path(group, row, column), model: data.entity().model }
        }
        fault => of_row(&data.rows, at.row, fault, gather.path(group, row)),
    }
}
