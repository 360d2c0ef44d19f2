//! Values of statements of the user's own.

use crate::values::{Param, kind_type};
use bytes::BytesMut;
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
            SqlBind::Value(value, kind) => Self { param: Param::Open(value.as_ref()), kind: *kind },
            SqlBind::List(values) => Self { param: Param::List(values), kind: values.kind() },
        }
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self.param, Param::Open(ValueRef::Int(_)))
    }

    pub(crate) fn type_(&self, choice: Choice) -> Type {
        match self.param {
            Param::Open(ValueRef::Null) if choice == Choice::Stated => kind_type(self.kind),
            Param::Open(ValueRef::Int(_)) if choice == Choice::Stated => Type::INT8,
            Param::Open(ValueRef::Text(_)) if choice == Choice::Stated => Type::TEXT,
            _ => self.param.type_(),
        }
    }
}

impl ToSql for RawParam<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.param.to_sql(ty, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, ty: &Type) -> Format {
        self.param.encode_format(ty)
    }

    to_sql_checked!();
}
