//! Rows of statements of the user's own, whose types are whatever the statement makes them.

use crate::numeric;
use crate::row::EngineRow;
use orm_core::provider::{Row, SqlSink, Wanted};
use orm_core::value::{Decimal, Kind, ValueRef};
use orm_core::{Error, Result};
use orm_provider_sql::raw::as_wanted;
use std::error::Error as StdError;
use tokio_postgres::Statement;
use tokio_postgres::types::{FromSql, Kind as TypeKind, Type};

/// The columns of a result.
pub(crate) struct Columns {
    kinds: Vec<Kind>,
    forms: Vec<Form>,
}

/// How a value gets out of its bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As a column of a model.
    Plain,
    /// The bytes are a text.
    Text,
    /// A text behind the number of its format.
    Jsonb,
    /// With the scale that it has itself.
    Numeric,
}

/// Asks what the columns are wanted as, and sees whether they can be that.
pub(crate) fn columns(statement: &Statement, sink: &mut dyn SqlSink) -> Result<Columns> {
    let told = statement.columns();
    let names: Vec<&str> = told.iter().map(|column| column.name()).collect();
    let wanted = sink.columns(&names)?;
    let mut columns = Columns { kinds: Vec::new(), forms: Vec::new() };
    for (at, column) in told.iter().enumerate() {
        let ty = plain(column.type_());
        let (kind, form) = match wanted.get(at) {
            Some(&Wanted::Column(kind @ Kind::Decimal(_))) => (kind, form(ty).map(|_| Form::Plain)),
            Some(&(Wanted::Column(kind) | Wanted::Type(kind))) => (kind, form(ty)),
            _ => (Kind::I64, Some(Form::Plain)),
        };
        let form = form.ok_or_else(|| {
            Error::Sql(format!(
                "column {} of the result (`{}`) is of type `{}`, which no value here is read from: cast it in \
                 the statement, for example `{}::text`",
                at + 1,
                column.name(),
                column.type_().name(),
                column.name()
            ))
        })?;
        columns.kinds.push(kind);
        columns.forms.push(form);
    }
    Ok(columns)
}

/// The type beneath a domain.
fn plain(ty: &Type) -> &Type {
    match ty.kind() {
        TypeKind::Domain(base) => plain(base),
        _ => ty,
    }
}

fn form(ty: &Type) -> Option<Form> {
    Some(match *ty {
        Type::BOOL
        | Type::INT2
        | Type::INT4
        | Type::INT8
        | Type::FLOAT4
        | Type::FLOAT8
        | Type::TEXT
        | Type::VARCHAR
        | Type::BPCHAR
        | Type::NAME
        | Type::BYTEA
        | Type::UUID
        | Type::DATE
        | Type::TIME
        | Type::TIMESTAMP
        | Type::TIMESTAMPTZ => Form::Plain,
        Type::NUMERIC => Form::Numeric,
        Type::JSON | Type::XML | Type::UNKNOWN => Form::Text,
        Type::JSONB => Form::Jsonb,
        _ if matches!(ty.kind(), TypeKind::Enum(_)) || ty.name() == "citext" => Form::Text,
        _ => return None,
    })
}

/// A row whose columns are wanted as something.
pub(crate) struct RawRow<'r> {
    row: EngineRow<'r>,
    columns: &'r Columns,
}

impl<'r> RawRow<'r> {
    pub(crate) fn new(row: &'r tokio_postgres::Row, columns: &'r Columns) -> Self {
        Self { row: EngineRow::new(row, &columns.kinds), columns }
    }
}

/// The bytes of a cell, whatever its type.
struct Bytes<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Bytes<'a> {
    fn from_sql(_: &Type, bytes: &'a [u8]) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Self(bytes))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl Row for RawRow<'_> {
    fn value(&self, column: usize) -> ValueRef<'_> {
        let (Some(&form), Some(&kind)) = (self.columns.forms.get(column), self.columns.kinds.get(column))
        else {
            return ValueRef::Null;
        };
        if form == Form::Plain {
            return as_wanted(kind, self.row.value(column));
        }
        let Ok(Some(Bytes(bytes))) = self.row.row.try_get::<_, Option<Bytes<'_>>>(column) else {
            return ValueRef::Null;
        };
        match form {
            Form::Numeric => number(kind, bytes).unwrap_or(ValueRef::Text("a number that is too long")),
            Form::Jsonb => text(bytes.get(1..).unwrap_or_default()),
            _ => text(bytes),
        }
    }
}

fn text(bytes: &[u8]) -> ValueRef<'_> {
    std::str::from_utf8(bytes).map_or(ValueRef::Bytes(bytes), ValueRef::Text)
}

fn number(kind: Kind, bytes: &[u8]) -> Option<ValueRef<'static>> {
    match kind {
        Kind::F32 | Kind::F64 => numeric::float(bytes).map(ValueRef::Float),
        _ => {
            // Zeros behind the point say nothing: an average has many of them.
            let decimal = (0..=numeric::scale(bytes).min(18))
                .rev()
                .find_map(|scale| numeric::read(bytes, scale).map(|units| Decimal::new(units, scale)));
            decimal.map(|d| as_wanted(kind, ValueRef::Decimal(d)))
        }
    }
}
