//! Restoring: frames become records again.

use super::{ColumnFrame, EntityFrame, FORMAT, Frame, RowsFrame};
use crate::database::{Database, Inner};
use crate::engine::{Mode, Session, Snapshot};
use crate::error::{Error, Result};
use crate::model::schema::EntitySchema;
use crate::plan::{Change, RowWrite, Rows, WriteBatch, described};
use crate::provider::TxOptions;
use crate::value::Kind;
use std::error::Error as StdError;

impl<D: Mode> Database<D> {
    /// Stores all records of a dump, all or nothing, and answers how many there were.
    ///
    /// The dump may be of another provider. Its entities must be models that are registered here, with
    /// all of its columns, of kinds that can hold its values; columns that the dump doesn't have take
    /// their defaults. No record may be stored already: empty the entities before, if they aren't. Keys
    /// that the storage makes go on after the largest that was restored. Hooks don't run; those who
    /// listen to changes are told, in one set.
    ///
    /// It is one transaction, so a provider may keep all of it in memory until the end.
    ///
    /// # Errors
    /// [`Error::Restore`] for a dump that doesn't fit or isn't whole, [`Error::DuplicateKey`] and
    /// [`Error::Unique`] for records that are in the way, those of the frames, and those of the storage.
    /// Nothing is stored then.
    pub fn restore<'a>(&'a self, frames: D::Rows<'a, Result<Frame>>) -> D::Answer<'a, Result<u64>> {
        D::answer(async move {
            let mut frames = frames;
            let mut restore = Restore::begin(self).await?;
            let outcome = loop {
                match D::next(&mut frames).await {
                    None => break restore.whole(),
                    Some(Ok(frame)) => {
                        if let Err(error) = restore.frame(frame).await {
                            break Err(error);
                        }
                    }
                    Some(Err(error)) => break Err(error),
                }
            };
            restore.snapshot.end(outcome).await
        })
    }

    /// As [`restore`](Self::restore), from frames that were deserialized, in whichever format they were
    /// kept. In async code, the iterator is read where the future is polled.
    ///
    /// # Errors
    /// As there; an error of the iterator is [`Error::Restore`].
    pub fn restore_from<'a, I, E>(&'a self, frames: I) -> D::Answer<'a, Result<u64>>
    where
        I: IntoIterator<Item = Result<Frame, E>>,
        I::IntoIter: Send + 'a,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        let frames = frames.into_iter();
        let numbered = (frames, 0_usize);
        self.restore(D::rows(numbered, |(mut frames, number)| async move {
            let frame = frames.next()?;
            let number = number + 1;
            let frame = frame.map_err(|error| {
                let error = error.into();
                // Ours says where it is better than the number of a frame does.
                match error.downcast::<Error>() {
                    Ok(ours) => *ours,
                    Err(other) => wrong(format!("frame {number}"), other.to_string()),
                }
            });
            Some((frame, (frames, number)))
        }))
    }
}

fn wrong(at: String, message: impl Into<String>) -> Error {
    Error::Restore { at, message: message.into() }
}

/// A restore that is under way.
struct Restore<'a> {
    inner: &'a Inner,
    snapshot: Snapshot,
    entities: Vec<Target>,
    /// How many frames there were.
    frames: u64,
    rows: u64,
    ended: bool,
}

/// An entity of the dump and where its columns go.
struct Target {
    schema: &'static EntitySchema,
    /// For each column of the dump, the place in the schema.
    columns: Vec<usize>,
}

impl<'a> Restore<'a> {
    async fn begin<D: Mode>(database: &'a Database<D>) -> Result<Self> {
        database.synchronize_all().await?;
        let inner = database.inner();
        let snapshot = Snapshot::begin(&inner.session(), TxOptions::default()).await?;
        Ok(Self { inner, snapshot, entities: Vec::new(), frames: 0, rows: 0, ended: false })
    }

    fn session(&self) -> &Session {
        self.snapshot.session()
    }

    /// The number of rows, if nothing is lacking.
    fn whole(&self) -> Result<u64> {
        if self.ended {
            return Ok(self.rows);
        }
        Err(wrong(format!("after frame {}", self.frames), "the dump ends too early: it has no end frame"))
    }

    async fn frame(&mut self, frame: Frame) -> Result<()> {
        self.frames += 1;
        let at = format!("frame {}", self.frames);
        if self.ended {
            return Err(wrong(at, "there is more after the end"));
        }
        if (self.frames == 1) != matches!(frame, Frame::Start { .. }) {
            return Err(wrong(at, "a dump has one start frame, and it comes first"));
        }
        match frame {
            Frame::Start { format: FORMAT } => Ok(()),
            Frame::Start { format } => Err(wrong(
                at,
                format!("the format {format} is not known; this version reads format {FORMAT}"),
            )),
            Frame::Entity(entity) => {
                let target = self.target(at, &entity)?;
                self.entities.push(target);
                Ok(())
            }
            Frame::Rows(rows) => self.write(at, rows).await,
            Frame::End { rows } if rows == self.rows => {
                self.ended = true;
                Ok(())
            }
            Frame::End { rows } => {
                Err(wrong(at, format!("the dump had {rows} rows, but {} came before its end", self.rows)))
            }
        }
    }

    fn target(&self, at: String, entity: &EntityFrame) -> Result<Target> {
        let name = &entity.name;
        if self.entities.iter().any(|target| target.schema.name == *name) {
            return Err(wrong(at, format!("the entity `{name}` comes twice")));
        }
        let schemas = self.inner.registry.schemas();
        let Some(schema) = schemas.into_iter().find(|schema| schema.name == *name) else {
            let text = format!("no registered model has the entity `{name}`; name it in `models::<…>()`");
            return Err(wrong(at, text));
        };
        let mut columns = Vec::with_capacity(entity.columns.len());
        for column in &entity.columns {
            let at = || format!("{at}, column {}", column.name);
            let Some(place) = schema.column(&column.name) else {
                let text = format!("`{}` has no such column, so its values would be lost", schema.model);
                return Err(wrong(at(), text));
            };
            if columns.contains(&place) {
                return Err(wrong(at(), "the column comes twice"));
            }
            let own = schema.field(place).kind;
            if !holds(own, column) {
                let text = format!("`{}` has it as {own}, the dump as {}", schema.model, column.kind);
                return Err(wrong(at(), text));
            }
            columns.push(place);
        }
        let lacking = (0..schema.fields.len()).find(|place| {
            let field = schema.field(*place);
            !columns.contains(place) && (field.required() || schema.key.contains(place))
        });
        if let Some(place) = lacking {
            let text = format!("`{}` needs it, and the dump doesn't have it", schema.model);
            return Err(wrong(format!("{at}, column {}", schema.field(place).column), text));
        }
        Ok(Target { schema, columns })
    }

    async fn write(&mut self, at: String, frame: RowsFrame) -> Result<()> {
        let Some(target) = self.entities.iter().find(|target| target.schema.name == frame.entity) else {
            return Err(wrong(
                at,
                format!("there are rows of `{}`, but no frame of that entity", frame.entity),
            ));
        };
        let schema = target.schema;
        let mut rows = Rows::new(schema);
        for (row, cells) in frame.rows.into_iter().enumerate() {
            let at = || format!("{at}, row {}", row + 1);
            if cells.len() != target.columns.len() {
                let (found, wanted) = (cells.len(), target.columns.len());
                return Err(wrong(
                    at(),
                    format!("it has {found} values, but `{}` {wanted} columns", schema.name),
                ));
            }
            rows.push();
            for (cell, &column) in cells.into_iter().zip(&target.columns) {
                let field = schema.field(column);
                let at = || format!("{}, column {}", at(), field.column);
                let value = cell.of_column(field).map_err(|mismatch| wrong(at(), mismatch.to_string()))?;
                if !rows.set(row, column, value.as_ref()) {
                    return Err(Error::TooLarge { at: at(), what: "one frame holds at most 4 GiB of text" });
                }
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        let count = rows.len() as u64;
        let batch = WriteBatch::one(schema, Change::Rows { how: RowWrite::Insert, rows });
        let (batch, written) = self.session().apply(batch).await;
        written.map_err(|error| match error {
            Error::Row { at: row, fault } => {
                described(&batch, row, fault, format!("{at}, row {}", row.row + 1))
            }
            error => error,
        })?;
        self.rows += count;
        Ok(())
    }
}

/// Whether a column of a kind can hold the values of a column of a dump; each value is looked at too.
fn holds(own: Kind, column: &ColumnFrame) -> bool {
    match column.kind.parse::<Kind>() {
        Ok(Kind::F32) if own == Kind::F64 => true,
        Ok(kind) => kind == own || own.refers_to(kind),
        Err(_) => false,
    }
}
