//! Schema sync: creating what is missing, noticing another shape.

use crate::dialect::{LONGEST_NAME, column_type, counts_keys, indexed, short};
use crate::error::is_duplicate;
use crate::keys::{counter, counter_name};
use crate::session::{Place, Session};
use crate::stored::{self, Stored, StoredIndex};
use orm_core::model::schema::EntitySchema;
use orm_core::provider::{SchemaSync, SyncReport};
use orm_core::value::Class;
use orm_core::{Error, Result};
use orm_provider_sql::ddl::{Index, indexes};

/// How many seconds are waited for another process that makes the same storage ready.
const PATIENCE: u32 = 60;

/// One run over some entities.
struct Run<'a> {
    session: &'a mut Session,
    place: &'a Place,
    how: SchemaSync,
}

/// Makes the tables of entities ready, under a lock: of two processes that start at once, one creates
/// and the other finds. The engine creates each table by itself, so what was created stays when
/// something further on fails; the next run finds it.
pub(crate) async fn sync(
    session: &mut Session,
    place: &Place,
    entities: &[&'static EntitySchema],
    how: SchemaSync,
) -> Result<SyncReport> {
    for entity in entities {
        check_names(entity)?;
    }
    let lock = short(format!("orm:{}", place.database)).replace('\\', "\\\\").replace('\'', "\\'");
    if how == SchemaSync::Create {
        let sql = format!("SELECT GET_LOCK('{lock}', {PATIENCE})");
        let rows = session.ask(&sql).await.map_err(|e| session.origin.failure("locking the schema", e))?;
        let locked = rows.first().and_then(|row| row.get::<Option<i64>, _>(0)).flatten();
        if locked != Some(1) {
            return Err(Error::Busy(format!(
                "{}: another process has been making `{}` ready for more than {PATIENCE} seconds",
                session.origin.label, place.database
            )));
        }
    }
    let mut run = Run { session, place, how };
    let report = run.all(entities).await;
    if how == SchemaSync::Create {
        session.run(&format!("DO RELEASE_LOCK('{lock}')")).await?;
    }
    report
}

fn check_names(entity: &EntitySchema) -> Result<()> {
    let columns = entity.fields.iter().map(|f| ("column", f.column));
    for (what, name) in std::iter::once(("table", entity.name)).chain(columns) {
        let why = if name.chars().count() > LONGEST_NAME {
            "is longer than 64 characters, which is all that the engine takes for a name"
        } else if name.is_empty() || name.chars().any(char::is_control) {
            "is empty or contains control characters"
        } else if name.ends_with(' ') || name.chars().any(|c| c > '\u{FFFF}') {
            "ends in a space or has characters beyond U+FFFF, which the engine doesn't take in names"
        } else {
            continue;
        };
        return Err(Error::Configuration(format!(
            "the name `{}` in `{}` can't be that of a {what} of MariaDB or MySQL: it {why}; name it \
             otherwise with `#[model(entity = \"…\")]` or `#[field(column = \"…\")]`",
            name.escape_debug(),
            entity.model
        )));
    }
    Ok(())
}

impl Run<'_> {
    async fn all(&mut self, entities: &[&'static EntitySchema]) -> Result<SyncReport> {
        if self.how == SchemaSync::Create && !stored::database(self.session, self.place).await? {
            let collation = self.session.server.dialect.collation();
            let name = self.session.renderer(self.place).quoted(&self.place.database);
            let sql =
                format!("CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4 COLLATE {collation}");
            self.session.run(&sql).await?;
        }
        // What is of another shape is told before anything is created.
        self.compare(entities).await?;
        let mut report = SyncReport::default();
        for &entity in entities {
            if self.table(entity).await? {
                report.created.push(entity.name);
            }
        }
        self.indexes(entities).await?;
        Ok(report)
    }

    /// Tells all tables of another shape at once, and those that are missing where nothing is created.
    async fn compare(&mut self, entities: &[&'static EntitySchema]) -> Result<()> {
        let mut drifts = Vec::new();
        for &entity in entities {
            let collation = self.session.server.dialect.collation();
            let found = match stored::table(self.session, self.place, entity).await? {
                Some(stored) => difference(entity, &stored, collation),
                None if self.how == SchemaSync::Create => continue,
                None => {
                    vec![format!("there is no table {}", self.session.renderer(self.place).table(entity))]
                }
            };
            if !found.is_empty()
                && let Error::SchemaDrift { drifts: more, .. } = self.drift(entity, found.join("; "))
            {
                drifts.extend(more);
            }
        }
        if drifts.is_empty() {
            return Ok(());
        }
        Err(Error::SchemaDrift { connection: self.place.name.to_string(), drifts })
    }

    /// Makes an entity's table ready; answers whether it was created.
    async fn table(&mut self, entity: &'static EntitySchema) -> Result<bool> {
        let created = match stored::table(self.session, self.place, entity).await? {
            Some(_) => false,
            None if self.how == SchemaSync::Create => {
                let collation = self.session.server.dialect.collation();
                let sql = format!(
                    "{} ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4 COLLATE {collation}",
                    self.session.renderer(self.place).create_table(entity)
                );
                self.session.run(&sql).await?;
                true
            }
            // It was there a moment ago.
            None => return Err(self.drift(entity, "its table is gone".to_owned())),
        };
        if counts_keys(entity) {
            self.counter(entity).await?;
        }
        Ok(created)
    }

    /// Makes the table ready that counts an entity's keys.
    async fn counter(&mut self, entity: &'static EntitySchema) -> Result<()> {
        if stored::counter(self.session, self.place, entity).await? {
            return Ok(());
        }
        if self.how != SchemaSync::Create {
            let why = format!(
                "there is no table `{0}`, which counts its keys: create it by CREATE TABLE `{0}` (id BIGINT \
                 UNSIGNED AUTO_INCREMENT PRIMARY KEY) ENGINE = InnoDB",
                counter_name(entity)
            );
            return Err(self.drift(entity, why));
        }
        let counter = counter(self.place, entity);
        // The keys of removed records aren't given again, as far as the engine remembers them.
        let rows = self.session.fetch(
            "SELECT CAST(COALESCE(MAX(AUTO_INCREMENT), 1) AS UNSIGNED) FROM information_schema.TABLES \
             WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
            vec![self.place.database.as_str().into(), entity.name.into()],
        );
        let rows = match rows.await {
            Ok(rows) => rows,
            Err(error) => return Err(self.session.failure("reading the schema", error)),
        };
        let next: u64 = rows.first().and_then(|row| row.get(0)).unwrap_or(1);
        let sql = format!(
            "CREATE TABLE IF NOT EXISTS {counter} (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY) \
             ENGINE = InnoDB AUTO_INCREMENT = {}",
            next.max(1)
        );
        self.session.run(&sql).await
    }

    fn drift(&self, entity: &EntitySchema, difference: String) -> Error {
        Error::drift(&self.place.name, entity, difference)
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
                let sql = create_index(self.session, self.place, entity, index);
                match self.session.batch(&sql).await {
                    Ok(()) => Ok(()),
                    Err(error) if is_duplicate(&error) => {
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
fn create_index(session: &Session, place: &Place, entity: &'static EntitySchema, index: &Index) -> String {
    let render = session.renderer(place);
    let names: Vec<&str> = index.columns.iter().map(|&c| entity.field(c).column).collect();
    let kind = if index.unique { "ux" } else { "ix" };
    let name = short(format!("{kind}:{}:{}", entity.name, names.join(",")));
    let part = |&column: &usize| {
        let name = render.quoted(entity.field(column).column);
        match indexed(entity, column) {
            Some(length) => format!("{name}({length})"),
            None => name,
        }
    };
    let columns: Vec<String> = index.columns.iter().map(part).collect();
    format!(
        "CREATE {}INDEX {} ON {} ({})",
        if index.unique { "UNIQUE " } else { "" },
        render.quoted(&name),
        render.table(entity),
        columns.join(", ")
    )
}

/// What a stored table has otherwise than its model.
fn difference(entity: &EntitySchema, stored: &Stored, collation: &str) -> Vec<String> {
    if !stored.is_table {
        return vec!["what has its name is no table".to_owned()];
    }
    let mut found = Vec::new();
    if !stored.engine.eq_ignore_ascii_case("InnoDB") {
        found
            .push(format!("it is stored by {}, which has no transactions, instead of InnoDB", stored.engine));
    }
    for (at, field) in entity.fields.iter().enumerate() {
        let name = field.column;
        let Some(column) = stored.columns.iter().find(|c| c.name == name) else {
            found.push(format!("column `{name}` is missing"));
            continue;
        };
        let expected = column_type(entity, at);
        if column.type_name != expected && !is_as_good(&column.type_name, &expected) {
            found.push(format!("column `{name}` is {} instead of {expected}", column.type_name));
        }
        match (&column.collation, field.kind.class()) {
            (Some(stored), Class::Text) if stored != collation => {
                found.push(format!("column `{name}` is collated by `{stored}` instead of `{collation}`"));
            }
            _ => {}
        }
        match (column.not_null, field.nullable) {
            (true, true) => found.push(format!("column `{name}` refuses NULL")),
            (false, false) => found.push(format!("column `{name}` allows NULL")),
            _ => {}
        }
        if column.generated {
            found.push(format!("column `{name}` is generated by the engine alone"));
        }
    }
    for column in &stored.columns {
        let known = entity.column(&column.name).is_some();
        if !known && column.not_null && !column.has_default && !column.generated {
            found.push(format!("column `{}`, which the model doesn't have, must be given", column.name));
        }
    }
    let expected: Vec<&str> = entity.key.iter().map(|&c| entity.field(c).column).collect();
    let key = stored.indexes.iter().find(|i| i.name == "PRIMARY");
    let key: Vec<&str> = key.map_or(Vec::new(), |k| {
        k.columns.iter().map(|(name, _)| name.as_deref().unwrap_or("an expression")).collect()
    });
    if key != expected {
        found.push(format!("the primary key is ({}) instead of ({})", key.join(", "), expected.join(", ")));
    }
    found
}

/// Whether a stored type of text or bytes does for another: they differ in how much they hold.
fn is_as_good(stored: &str, expected: &str) -> bool {
    let family = |name: &str| match name.split('(').next().unwrap_or(name) {
        "varchar" | "text" | "mediumtext" | "longtext" => 1,
        "varbinary" | "blob" | "mediumblob" | "longblob" => 2,
        _ => 0,
    };
    family(stored) != 0 && family(stored) == family(expected)
}

/// Whether a stored index does what an index is wanted for.
fn serves(entity: &EntitySchema, stored: &StoredIndex, index: &Index) -> bool {
    let same = index.columns.iter().zip(&stored.columns).all(|(&c, (name, whole))| {
        name.as_deref() == Some(entity.field(c).column) && (*whole || !index.unique)
    });
    let wide = if index.unique {
        stored.unique && stored.columns.len() == index.columns.len()
    } else {
        stored.columns.len() >= index.columns.len()
    };
    same && wide
}
