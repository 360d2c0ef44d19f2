//! Schema sync: creating what is missing, noticing another shape.

use crate::dialect::{LONGEST_NAME, column_type, counts_keys, short};
use crate::keys::lock_of;
use crate::read::renderer;
use crate::session::{Place, Session};
use crate::stored::{self, Stored, StoredIndex};
use orm_core::model::schema::EntitySchema;
use orm_core::provider::{SchemaSync, SyncReport};
use orm_core::{Error, Result};
use orm_provider_sql::ddl::{Index, indexes};
use tokio_postgres::error::SqlState;

/// One run over some entities.
struct Run<'a> {
    session: &'a mut Session,
    place: &'a Place,
    how: SchemaSync,
}

/// Makes the tables of entities ready, in one transaction and under a lock: of two processes that start
/// at once, one creates and the other finds.
pub(crate) async fn sync(
    session: &mut Session,
    place: &Place,
    entities: &[&'static EntitySchema],
    how: SchemaSync,
) -> Result<SyncReport> {
    for entity in entities {
        check_names(entity)?;
    }
    let mut run = Run { session, place, how };
    run.session.run("BEGIN").await?;
    let report = run.all(entities).await?;
    match run.session.client.batch_execute("COMMIT").await {
        Ok(()) => Ok(report),
        // Whether it happened shows when it is done again.
        Err(error) => Err(run.session.failure("making the storage ready", error)),
    }
}

fn check_names(entity: &EntitySchema) -> Result<()> {
    let columns = entity.fields.iter().map(|f| ("column", f.column));
    for (what, name) in std::iter::once(("table", entity.name)).chain(columns) {
        let why = if name.len() > LONGEST_NAME {
            "is longer than 63 bytes, which is all that the engine keeps of a name"
        } else if name.is_empty() || name.contains('\0') {
            "is empty or contains NUL"
        } else {
            continue;
        };
        return Err(Error::Configuration(format!(
            "the name `{}` in `{}` can't be that of a {what} of PostgreSQL: it {why}; name it otherwise \
             with `#[model(entity = \"…\")]` or `#[field(column = \"…\")]`",
            name.escape_debug(),
            entity.model
        )));
    }
    Ok(())
}

impl Run<'_> {
    async fn all(&mut self, entities: &[&'static EntitySchema]) -> Result<SyncReport> {
        if self.how == SchemaSync::Create {
            let lock = lock_of(&format!("sync {}", self.place.schema));
            self.session.run(&format!("SELECT pg_advisory_xact_lock({lock})")).await?;
        }
        let (exists, encoding) = stored::schema(self.session, self.place).await?;
        if encoding != "UTF8" {
            return Err(Error::Configuration(format!(
                "{} keeps text as {encoding}, which can't hold all of it: create the database with \
                 `ENCODING 'UTF8'`",
                self.session.origin.label
            )));
        }
        if !exists && self.how == SchemaSync::Create {
            let sql = format!("CREATE SCHEMA {}", renderer(self.place).quoted(&self.place.schema));
            self.session.run(&sql).await?;
        }
        let mut report = SyncReport::default();
        for &entity in entities {
            if self.table(entity).await? {
                report.created.push(entity.name);
            }
        }
        self.indexes(entities).await?;
        Ok(report)
    }

    /// Makes an entity's table ready; answers whether it was created.
    async fn table(&mut self, entity: &'static EntitySchema) -> Result<bool> {
        match stored::table(self.session, self.place, entity).await? {
            Some(stored) => {
                let difference = difference(entity, &stored);
                if difference.is_empty() {
                    return Ok(false);
                }
                Err(self.drift(entity, difference.join("; ")))
            }
            None if self.how == SchemaSync::Create => {
                let sql = renderer(self.place).create_table(entity);
                self.session.run(&sql).await?;
                Ok(true)
            }
            None => {
                let table = renderer(self.place).table(entity);
                Err(self.drift(entity, format!("there is no table {table}")))
            }
        }
    }

    fn drift(&self, entity: &EntitySchema, difference: String) -> Error {
        Error::SchemaDrift {
            connection: self.place.name.to_string(),
            entity: entity.name,
            model: entity.model,
            difference,
        }
    }

    /// Makes the indexes ready of entities and of those that they refer to, as far as these exist.
    async fn indexes(&mut self, entities: &[&'static EntitySchema]) -> Result<()> {
        let mut all = entities.to_vec();
        for entity in entities {
            for other in entity.neighbours() {
                if !all.iter().any(|e| e.is(other)) {
                    all.push(other);
                }
            }
        }
        for &entity in &all {
            let Some(stored) = stored::table(self.session, self.place, entity).await? else { continue };
            if !stored.is_table {
                continue;
            }
            for index in indexes(entity, &all) {
                if !stored.indexes.iter().any(|s| serves(entity, s, &index)) {
                    self.index(entity, &index).await?;
                }
            }
        }
        Ok(())
    }

    async fn index(&mut self, entity: &'static EntitySchema, index: &Index) -> Result<()> {
        let columns: Vec<&str> = index.columns.iter().map(|&c| entity.field(c).column).collect();
        let columns = columns.join(", ");
        match self.how {
            SchemaSync::Create => {
                let sql = create_index(self.place, entity, index);
                match self.session.client.batch_execute(&sql).await {
                    Ok(()) => Ok(()),
                    Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
                        let why =
                            format!("stored records have equal values in ({columns}), which must be unique");
                        Err(self.drift(entity, why))
                    }
                    Err(error) => Err(self.session.failure(&sql, error)),
                }
            }
            _ if index.unique => Err(self.drift(entity, format!("there is no unique index on ({columns})"))),
            // Without the others everything works, only slower.
            _ => Ok(()),
        }
    }
}

/// Creates an index under a name that tells its table and columns.
fn create_index(place: &Place, entity: &'static EntitySchema, index: &Index) -> String {
    let render = renderer(place);
    let fields = || index.columns.iter().map(|&c| entity.field(c));
    let names: Vec<&str> = fields().map(|f| f.column).collect();
    let kind = if index.unique { "ux" } else { "ix" };
    let name = short(format!("{kind}:{}:{}", entity.name, names.join(",")));
    // NULL is smallest, so that the index serves an order by its columns.
    let columns: Vec<String> = fields()
        .map(|f| format!("{}{}", render.quoted(f.column), if f.nullable { " NULLS FIRST" } else { "" }))
        .collect();
    format!(
        "CREATE {}INDEX {} ON {} ({})",
        if index.unique { "UNIQUE " } else { "" },
        render.quoted(&name),
        render.table(entity),
        columns.join(", ")
    )
}

/// What a stored table has otherwise than its model.
fn difference(entity: &EntitySchema, stored: &Stored) -> Vec<String> {
    if !stored.is_table {
        return vec!["what has its name is no table".to_owned()];
    }
    let mut found = Vec::new();
    for (at, field) in entity.fields.iter().enumerate() {
        let name = field.column;
        let Some(column) = stored.columns.iter().find(|c| c.name == name) else {
            found.push(format!("column `{name}` is missing"));
            continue;
        };
        let expected = column_type(field.kind);
        if column.type_name != expected {
            found.push(format!("column `{name}` is {} instead of {expected}", column.type_name));
        }
        if let Some(collation) = &column.collation {
            found.push(format!("column `{name}` is collated by `{collation}` instead of \"C\""));
        }
        match (column.not_null, field.nullable) {
            (true, true) => found.push(format!("column `{name}` refuses NULL")),
            (false, false) => found.push(format!("column `{name}` allows NULL")),
            _ => {}
        }
        if column.generated {
            found.push(format!("column `{name}` is generated by the engine alone"));
        }
        if counts_keys(entity) && entity.key == [at] && !column.counts {
            found.push(format!("column `{name}` has no sequence (GENERATED BY DEFAULT AS IDENTITY)"));
        }
    }
    for column in &stored.columns {
        let known = entity.column(&column.name).is_some();
        if !known && column.not_null && !column.has_default && !column.generated {
            found.push(format!("column `{}`, which the model doesn't have, must be given", column.name));
        }
    }
    let expected: Vec<&str> = entity.key.iter().map(|&c| entity.field(c).column).collect();
    let key = stored.indexes.iter().find(|i| i.primary);
    let key: Vec<&str> = key.map_or(Vec::new(), |k| {
        k.columns.iter().map(|name| name.as_deref().unwrap_or("an expression")).collect()
    });
    if key != expected {
        found.push(format!("the primary key is ({}) instead of ({})", key.join(", "), expected.join(", ")));
    }
    found
}

/// Whether a stored index does what an index is wanted for.
fn serves(entity: &EntitySchema, stored: &StoredIndex, index: &Index) -> bool {
    let same = index
        .columns
        .iter()
        .zip(&stored.columns)
        .all(|(&c, name)| name.as_deref() == Some(entity.field(c).column));
    let wide = if index.unique {
        stored.unique && stored.columns.len() == index.columns.len()
    } else {
        stored.columns.len() >= index.columns.len()
    };
    same && wide
}
