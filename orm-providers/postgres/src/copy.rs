//! Many new records at once, by `COPY`: for ten thousand of them it takes two thirds of the time of an
//! `INSERT`, for more of them half.

use crate::read::renderer;
use crate::session::{Place, Prepared, Session, Text};
use crate::values::write_value;
use bytes::{Bytes, BytesMut};
use futures_util::SinkExt as _;
use futures_util::future::join;
use orm_core::Result;
use orm_core::model::schema::EntitySchema;
use orm_core::value::ValueRef;
use std::pin::pin;
use std::sync::Arc;
use tokio_postgres::types::{IsNull, Type};

const COPY: u8 = 24;
const COPIED: u8 = 25;
/// From how many records on it pays to ask for it.
pub(crate) const WORTH_IT: usize = 5_000;
/// How many bytes are sent at once.
const SENT: usize = 256 << 10;

const HEAD: &[u8] = b"PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0";
const END: [u8; 2] = (-1_i16).to_be_bytes();

/// A `COPY` of columns of an entity, and the types that they have.
pub(crate) struct Copy {
    statement: tokio_postgres::Statement,
    types: Vec<Type>,
}

impl Copy {
    /// Prepares it. `None` where a column has a type that is none of ours: others made the table.
    pub(crate) async fn prepare(
        session: &mut Session,
        place: &Place,
        entity: &'static EntitySchema,
        columns: &[usize],
    ) -> Result<Option<Self>> {
        let render = renderer(place);
        let names = || {
            let quoted = columns.iter().map(|&c| render.quoted(entity.field(c).column));
            quoted.collect::<Vec<_>>().join(", ")
        };
        let table = render.table(entity);
        let typed = text(session, place, COPIED, entity, columns, || {
            format!("SELECT {} FROM {table} LIMIT 0", names())
        })?;
        let failed = |session: &mut Session, e| session.failure(&format!("writing `{}`", entity.name), e);
        let types = match session.statement(&typed, &[]).await {
            Ok(types) => types,
            Err(error) => return Err(failed(session, error)),
        };
        let types: Vec<Type> = types.columns().iter().map(|column| column.type_().clone()).collect();
        if !types.iter().all(is_ours) {
            return Ok(None);
        }
        let prepared = text(session, place, COPY, entity, columns, || {
            format!("COPY {table} ({}) FROM STDIN (FORMAT binary)", names())
        })?;
        match session.statement(&prepared, &[]).await {
            Ok(statement) => Ok(Some(Self { statement, types })),
            Err(error) => Err(failed(session, error)),
        }
    }

    /// Sends the rows, of which `value` tells row and column. Without an error of the engine's, a value has
    /// no form in its column's type.
    pub(crate) async fn send<'v>(
        &self,
        session: &mut Session,
        rows: usize,
        value: impl Fn(usize, usize) -> ValueRef<'v>,
    ) -> Result<u64, Option<tokio_postgres::Error>> {
        let before = session.take_pending();
        let client = &session.client;
        let begun = async {
            match before {
                Some(before) => client.batch_execute(before).await,
                None => Ok(()),
            }
        };
        // They are sent in this order.
        let (begun, sink) = join(begun, client.copy_in::<_, Bytes>(&self.statement)).await;
        begun?;
        let mut sink = pin!(sink?);
        let mut buffer = BytesMut::with_capacity(SENT + (SENT >> 2));
        buffer.extend_from_slice(HEAD);
        for row in 0..rows {
            buffer.extend_from_slice(&(self.types.len() as i16).to_be_bytes());
            for (column, ty) in self.types.iter().enumerate() {
                let at = buffer.len();
                buffer.extend_from_slice(&(-1_i32).to_be_bytes());
                let written = write_value(value(row, column), ty, &mut buffer);
                match written {
                    Ok(IsNull::Yes) => {}
                    Ok(IsNull::No) => {
                        let size = (buffer.len() - at - 4) as i32;
                        buffer[at..at + 4].copy_from_slice(&size.to_be_bytes());
                    }
                    // Dropping the sink makes the engine forget what it was sent.
                    Err(_) => return Err(None),
                }
            }
            if buffer.len() >= SENT {
                sink.send(buffer.split().freeze()).await?;
            }
        }
        buffer.extend_from_slice(&END);
        sink.send(buffer.freeze()).await?;
        Ok(sink.as_mut().finish().await?)
    }
}

fn text(
    session: &mut Session,
    place: &Place,
    sort: u8,
    entity: &'static EntitySchema,
    columns: &[usize],
    render: impl FnOnce() -> String,
) -> Result<Arc<Prepared>> {
    let key = session.shape(sort, place);
    orm_provider_sql::shape::Shape::new(key).entity(entity);
    for &column in columns {
        key.extend_from_slice(&(column as u32).to_ne_bytes());
    }
    session.text(|| Ok(Text::silent(render())))
}

/// Whether values are written for columns of this type as they are stored.
fn is_ours(ty: &Type) -> bool {
    matches!(
        *ty,
        Type::BOOL
            | Type::INT2
            | Type::INT4
            | Type::INT8
            | Type::FLOAT4
            | Type::FLOAT8
            | Type::TEXT
            | Type::BYTEA
            | Type::UUID
            | Type::DATE
            | Type::TIME
            | Type::TIMESTAMP
            | Type::TIMESTAMPTZ
            | Type::NUMERIC
    )
}
