//! Where the engines' SQL differs.

use crate::raw::Lexis;
use orm_core::model::schema::EntitySchema;
use orm_core::plan::{Lock, LockStrength, LockWait, Sort, TextMatch};
use orm_core::value::Kind;

/// What is particular to an engine's SQL. Columns are passed as finished SQL.
pub trait Dialect: Send + Sync {
    /// The character that identifiers are quoted with; inside of them it is doubled.
    fn quote(&self) -> char {
        '"'
    }

    /// What of the engine's SQL decides where texts, names and comments end.
    fn lexis(&self) -> Lexis;

    /// Writes the quoted name of an entity's table in a connection's namespace.
    fn table(&self, out: &mut String, namespace: &str, entity: &EntitySchema);

    /// Writes the placeholder of bind `place`, counted from 1.
    fn placeholder(&self, out: &mut String, place: usize);

    /// Writes that `column` is in the list of `kind` that is bound as one at `place`.
    fn in_list(&self, out: &mut String, column: &str, place: usize, kind: Kind);

    /// Writes a query whose rows are the values of the list of `kind` that is bound as one at `place`, as
    /// it stands between brackets after `IN`. `false` where the engine has no such thing.
    fn list_rows(&self, out: &mut String, place: usize, kind: Kind) -> bool {
        let _ = (out, place, kind);
        false
    }

    /// Writes that `column`, of this kind, is in the [list of keys](orm_core::value::keys) that the
    /// column `list` holds; not true where that is NULL.
    fn in_listed(&self, out: &mut String, column: &str, list: &str, kind: Kind);

    /// How many placeholders a set of keys of this many columns takes: one, unless each of the columns
    /// is bound as a list of its own.
    fn key_places(&self, width: usize) -> usize {
        let _ = width;
        1
    }
    /// How many placeholders a pattern takes.
    fn pattern_places(&self) -> usize {
        1
    }
    /// Writes that `columns` together are in the set of keys that is bound from `place` on.
    fn in_keys(&self, out: &mut String, columns: &[String], place: usize, kinds: &[Kind]);

    /// Writes that `column` matches the text at `place`; not asked for
    /// [`TextMatch::StartsWith`], which is a range everywhere.
    fn text_match(&self, out: &mut String, how: TextMatch, column: &str, place: usize);

    /// Whether NULL comes first where an order doesn't say it. (An order of columns that are never NULL
    /// doesn't, so that every index on them serves it.)
    fn nulls_first(&self, descending: bool) -> bool {
        !descending
    }
    /// Writes one term of an ORDER BY.
    fn order(&self, out: &mut String, column: &str, sort: Sort);

    /// Writes LIMIT and OFFSET, of which at least one is given, as the places of their binds; the
    /// limit is bound first.
    fn limit(&self, out: &mut String, limit: Option<usize>, offset: Option<usize>);

    /// Writes the end of a SELECT that locks the rows which it puts out. An engine whose transactions have
    /// the write lock from their beginning writes nothing.
    fn lock(&self, out: &mut String, lock: Lock) {
        out.push_str(match lock.strength {
            LockStrength::Share => " FOR SHARE",
            _ => " FOR UPDATE",
        });
        out.push_str(match lock.wait {
            LockWait::Skip => " SKIP LOCKED",
            LockWait::Fail => " NOWAIT",
            _ => "",
        });
    }

    /// Writes what follows an INSERT's values for a merge: the columns to overwrite, maybe none.
    fn upsert(&self, out: &mut String, key: &[String], overwrite: &[String]);

    /// Writes the sum of `column` and the number at `place`, which must fail where it leaves the
    /// range of `kind`; `at` is the column's place in the schema, for the message.
    fn add(&self, out: &mut String, column: &str, place: usize, at: usize, kind: Kind);

    /// Whether decimals are stored in units of their scale, as whole numbers.
    fn decimals_in_units(&self) -> bool {
        true
    }

    /// Writes the sum of `column` over a group, which must fail where it leaves the range of a sum of
    /// `kind`; `at` is the place of the aggregate, for the message.
    fn sum(&self, out: &mut String, column: &str, at: usize, kind: Kind) {
        let _ = (at, kind);
        out.push_str("SUM(");
        out.push_str(column);
        out.push(')');
    }

    /// Writes the average of `column` over a group as a float; a decimal is stored in units of its scale.
    fn average(&self, out: &mut String, column: &str, kind: Kind) {
        match kind {
            Kind::Decimal(scale) => {
                out.push_str(&format!("(AVG({column}) / 1{}.0)", "0".repeat(usize::from(scale))));
            }
            _ => out.push_str(&format!("AVG({column})")),
        }
    }

    /// Writes the least value of `column` in a group, or the greatest; NULL where there are none.
    fn extreme(&self, out: &mut String, column: &str, greatest: bool, kind: Kind) {
        let _ = kind;
        out.push_str(if greatest { "MAX(" } else { "MIN(" });
        out.push_str(column);
        out.push(')');
    }

    /// Writes a column's type and constraints, as they stand after its name in a CREATE TABLE.
    fn column_definition(&self, out: &mut String, entity: &EntitySchema, column: usize);

    /// Whether [`Dialect::column_definition`] has said that the column is the primary key.
    fn defines_key(&self, entity: &EntitySchema) -> bool;
}
