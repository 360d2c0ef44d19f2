//! Reading a result piece by piece.

use super::cursor::Cursor;
use super::page::Paging;
use super::{Query, crossing};
use crate::database::Lens;
use crate::engine::{Mode, Snapshot};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::plan::Output;
use crate::provider::TxOptions;
use std::sync::Arc;

/// How many records a stream reads at once.
const STREAMED: u64 = 1000;

impl<M: Model, D: Mode> Query<M, D> {
    /// The records in chunks of `size`, the last one maybe smaller: an iterator in blocking code, a stream
    /// in async code. Each chunk is read when it is asked for, its relations with it, so that the memory
    /// in use doesn't grow with the result.
    ///
    /// All chunks are of one state: the first one begins a read-only transaction, which ends after the
    /// last one or when the sequence is dropped. Inside of a transaction, that one is read. The order is
    /// that of the query, then by the key; offset and limit count as ever. After an error nothing follows.
    /// Relations to other connections are read with each chunk, as they are then.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, #[has_many] posts: Many<Post> }
    /// # #[derive(Model)] struct Post { #[key] id: u64, user_id: u64 }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// for chunk in users.query().with(|u| u.posts).chunk(500) {
    ///     let users: Vec<User> = chunk?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As pieces of the sequence: as [`get`](Self::get); [`Error::Configuration`] where `size` is 0.
    pub fn chunk(self, size: u64) -> D::Rows<'static, Result<Vec<M>>> {
        D::rows(Chunks::new(self, size), Chunks::next)
    }

    /// The records one by one: an iterator in blocking code, a stream in async code. As
    /// [`chunk`](Self::chunk), of which it reads one at a time.
    ///
    /// ```
    /// # use orm_core::asynchronous::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64 }
    /// # async fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// let mut all = users.query().stream();
    /// while let Some(user) = all.next().await {
    ///     let user: User = user?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As those of [`chunk`](Self::chunk).
    pub fn stream(self) -> D::Rows<'static, Result<M>> {
        let state = (Chunks::new(self, STREAMED), Vec::new().into_iter());
        D::rows(state, |(mut chunks, mut records)| async move {
            loop {
                if let Some(record) = records.next() {
                    return Some((Ok(record), (chunks, records)));
                }
                let (chunk, rest) = chunks.next().await?;
                chunks = rest;
                match chunk {
                    Ok(chunk) => records = chunk.into_iter(),
                    Err(error) => return Some((Err(error), (chunks, records))),
                }
            }
        })
    }
}

/// What is still to be read.
struct Chunks<M: Model, D: Mode> {
    query: Query<M, D>,
    paging: Paging,
    size: u64,
    /// Where the last chunk ended.
    place: Option<Cursor>,
    /// How many records the query's limit leaves.
    left: Option<u64>,
    /// `None` before the first chunk.
    snapshot: Option<Snapshot>,
    ended: bool,
}

impl<M: Model, D: Mode> Chunks<M, D> {
    fn new(query: Query<M, D>, size: u64) -> Self {
        let paging = Paging::new::<M>(&query.order);
        let left = query.limit;
        Self { query, paging, size, place: None, left, snapshot: None, ended: false }
    }

    /// Makes one chunk.
    async fn next(mut self) -> Option<(Result<Vec<M>>, Self)> {
        if self.ended {
            return None;
        }
        let read = self.read().await;
        let outcome = match read {
            Ok(records) if !self.ended => Ok(records),
            // The end of the snapshot is the end of the sequence; if it fails, what was read is no answer.
            outcome => {
                self.ended = true;
                match self.snapshot.take() {
                    Some(snapshot) => snapshot.end(outcome).await,
                    None => outcome,
                }
            }
        };
        match outcome {
            Ok(records) if records.is_empty() => None,
            outcome => Some((outcome, self)),
        }
    }

    async fn read(&mut self) -> Result<Vec<M>> {
        if self.size == 0 {
            let model = M::schema().model;
            return Err(Error::Configuration(format!("a chunk of `{model}` has at least one record")));
        }
        let wanted = self.left.map_or(self.size, |left| left.min(self.size));
        let mut plan = self.query.select_plan(Output::Records)?;
        plan.order = self.paging.terms();
        plan.limit = Some(wanted);
        if let Some(place) = &self.place {
            plan.offset = 0;
            plan.filter = plan.filter.and(self.paging.after(place));
        }
        if self.snapshot.is_none() {
            self.query.repository.ready().await?;
            let session = self.query.repository.session();
            self.snapshot = Some(Snapshot::begin(session, TxOptions::snapshot()).await?);
        }
        let Some(snapshot) = &self.snapshot else {
            return Ok(Vec::new());
        };
        let (scopes, unscoped) = (self.query.repository.scopes(), self.query.view.unscoped);
        let lens = Lens { session: snapshot.session(), scopes, unscoped, whole: false };
        let mut records = self.query.read(Arc::new(plan), lens).await?;
        // Other databases are read while the snapshot of this one stays open.
        let lens = Lens { session: self.query.repository.session(), ..lens };
        crossing::load(&self.query.with, lens, &mut records).await?;
        let count = records.len() as u64;
        self.left = self.left.map(|left| left - count.min(left));
        match records.last() {
            Some(last) if count == wanted => self.place = Some(self.paging.cursor(last)?),
            _ => self.ended = true,
        }
        self.ended |= self.left == Some(0);
        Ok(records)
    }
}
