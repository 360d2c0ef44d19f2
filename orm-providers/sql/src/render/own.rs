//! Conditions in the user's own SQL.

use super::{Source, Text};
use crate::raw::{Piece, condition};
use orm_core::provider::{SqlBind, SqlStatement};
use orm_core::value::Kind;
use orm_core::{Error, Result};

impl Text<'_> {
    /// Writes a condition on `of` that the user wrote.
    pub(super) fn own(&mut self, of: &Source, own: &SqlStatement) -> Result<()> {
        let mut bound = 0;
        self.push("(");
        condition(&own.text, self.dialect.lexis(), |piece| {
            match piece {
                Piece::Text(text) => self.push(text),
                Piece::Column(name) => {
                    let column = self.named(of, name)?;
                    self.push(&column);
                }
                Piece::Place => {
                    if let Some(bind) = own.binds.get(bound) {
                        self.own_bind(bound, bind)?;
                    }
                    bound += 1;
                }
            }
            Ok(())
        })?;
        self.push(")");
        crate::raw::as_many("condition", bound, own.binds.len())
    }

    fn own_bind(&mut self, at: usize, bind: &SqlBind) -> Result<()> {
        let kind = match bind {
            SqlBind::Value(_, kind) => *kind,
            SqlBind::List(values) => values.kind(),
        };
        if matches!(kind, Kind::Decimal(_)) && self.dialect.decimals_in_units() {
            return Err(crate::raw::no_decimals(at + 1));
        }
        match bind {
            SqlBind::Value(..) => self.bind(),
            SqlBind::List(values) => {
                let place = self.place();
                if !self.dialect.list_rows(&mut self.out, place, values.kind()) {
                    return Err(Error::unsupported("a list as one value", "the engine takes none"));
                }
            }
        }
        Ok(())
    }

    /// The column of a field, qualified.
    fn named(&self, of: &Source, name: &str) -> Result<String> {
        match of.entity.fields.iter().position(|field| field.field == name) {
            Some(column) => Ok(self.column(of, column)),
            None => {
                let names: Vec<_> =
                    of.entity.fields.iter().map(|field| format!("`{}`", field.field)).collect();
                Err(Error::Sql(format!(
                    "a condition names `{{{}}}`, and `{}` has no column for such a field; it has {}",
                    name.escape_debug(),
                    of.entity.model,
                    names.join(", ")
                )))
            }
        }
    }
}
