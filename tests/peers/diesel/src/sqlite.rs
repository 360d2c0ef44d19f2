//! SQLite in memory.

crate::works::contestant!(SqliteConnection, SqliteConnection::transaction);

/// A new database.
pub fn connect() -> Outcome<Diesel> {
    use diesel::connection::SimpleConnection as _;
    let mut db = SqliteConnection::establish(":memory:")?;
    db.batch_execute(peer_contest::SQLITE)?;
    Ok(Diesel(db))
}
