//! PostgreSQL, over libpq.

crate::works::contestant!(PgConnection, snapshot);

fn snapshot<T>(
    db: &mut PgConnection,
    body: impl FnOnce(&mut PgConnection) -> diesel::QueryResult<T>,
) -> diesel::QueryResult<T> {
    db.build_transaction().repeatable_read().read_only().run(body)
}

/// A schema of its own on this server.
pub fn connect(url: &str) -> Outcome<Diesel> {
    use diesel::connection::SimpleConnection as _;
    let mut db = PgConnection::establish(url)?;
    db.batch_execute(&peer_contest::postgres_schema("diesel"))?;
    db.batch_execute(peer_contest::POSTGRES)?;
    Ok(Diesel(db))
}
