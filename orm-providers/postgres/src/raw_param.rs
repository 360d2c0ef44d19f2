//! Values of statements of the user's own.

use crate::values::{Param, kind_type};
use bytes::{BufMut, BytesMut};
use orm_core::provider::SqlBind;
use orm_core::value::{Kind, ValueRef};
use std::error::Error;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};

/// Which types a statement is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// None where the engine may know better: whole numbers, texts, NULL.
    Open,
    /// All of them.
    Stated,
}

/// A value of a statement of the user's own.
///
/// Whole numbers and texts travel as text, which the engine reads as whatever type they have where they
/// stand.
#[derive(Debug)]
pub(crate) struct RawParam<'a> {
    param: Param<'a>,
    kind: Kind,
}

/// Notes what the values are: statements of one text may differ in their parameters' types.
pub(crate) fn tags(binds: &[SqlBind], key: &mut Vec<u8>) {
    for bind in binds {
        let oid = RawParam::new(bind).type_(Choice::Stated).oid();
        key.extend_from_slice(&oid.to_ne_bytes());
        key.push(u8::from(matches!(bind, SqlBind::Value(value, _) if value.is_null())));
    }
    key.push(0xFF);
}

impl<'a> RawParam<'a> {
    pub(crate) fn new(bind: &'a SqlBind) -> Self {
        match bind {
            SqlBind::Value(value, kind) => Self { param: Param::Value(value.as_ref()), kind: *kind },
            SqlBind::List(values) => Self { param: Param::List(values), kind: values.kind() },
        }
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self.param, Param::Value(ValueRef::Int(_)))
    }

    pub(crate) fn type_(&self, choice: Choice) -> Type {
        match self.param {
            Param::Value(ValueRef::Null | ValueRef::Int(_) | ValueRef::Text(_)) if choice == Choice::Open => {
                Type::UNKNOWN
            }
            Param::Value(ValueRef::Null) => kind_type(self.kind),
            _ => self.param.type_(),
        }
    }
}

/// Whether the texts of a type may have characters that are stored otherwise than they are meant.
fn is_text(ty: &Type) -> bool {
    matches!(*ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN)
}

impl ToSql for RawParam<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.param {
            Param::Value(ValueRef::Int(n)) => out.put_slice(n.to_string().as_bytes()),
            Param::Value(ValueRef::Text(text)) if !is_text(ty) => out.put_slice(text.as_bytes()),
            _ => return self.param.to_sql(ty, out),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        match self.param {
            Param::Value(ValueRef::Int(_) | ValueRef::Text(_)) => Format::Text,
            _ => Format::Binary,
        }
    }

    to_sql_checked!();
}
