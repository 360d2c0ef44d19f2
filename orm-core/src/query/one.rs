//! Queries for one record that must be there.

use super::Query;
use crate::engine::Mode;
use crate::error::{Error, Result};
use crate::model::Model;

impl<M: Model, D: Mode> Query<M, D> {
    /// The first record, which must be there.
    ///
    /// # Errors
    /// As [`get`](Self::get); [`Error::NotFound`] where no record meets the query.
    pub fn first_or_fail<'a>(self) -> D::Answer<'a, Result<M>> {
        let limit = self.limit.map_or(1, |limit| limit.min(1));
        D::answer(async move { self.limit(limit).run().await?.pop().ok_or_else(missing::<M>) })
    }

    /// The only record.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # #[derive(Model)] struct User { #[key] id: u64, email: String }
    /// # fn example(users: Repository<User>) -> orm_core::Result<()> {
    /// let ada: User = users.query().filter(|u| u.email.eq("ada@example.org")).one()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`get`](Self::get); [`Error::NotFound`] where no record meets the query, [`Error::NotOne`] where
    /// several do.
    pub fn one<'a>(self) -> D::Answer<'a, Result<M>> {
        let limit = self.limit.map_or(2, |limit| limit.min(2));
        D::answer(async move {
            let mut found = self.limit(limit).run().await?;
            match (found.pop(), found.is_empty()) {
                (Some(record), true) => Ok(record),
                (Some(_), false) => Err(Error::NotOne { model: M::schema().model }),
                (None, _) => Err(missing::<M>()),
            }
        })
    }
}

fn missing<M: Model>() -> Error {
    let schema = M::schema();
    Error::NotFound { at: "$".to_owned(), model: schema.model, key: "that meets the query".to_owned() }
}
