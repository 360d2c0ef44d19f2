//! What a configuration says besides addresses: names of connections and instances, files, certificates,
//! and the parts of an address one by one.

use orm_core::database::Builder;
use orm_core::prelude::*;
use orm_core::{Blocking, Error, Result};
use orm_provider_memory::Memory;
use orm_provider_mysql::{Mysql, MysqlOptions};
use orm_provider_postgres::{Postgres, PostgresOptions, SslMode};
use orm_provider_sqlite::{Sqlite, SqliteOptions};
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::LazyLock;
use std::time::Duration;

/// What passwords begin with here.
const SECRET: &str = "s3cr3t";

#[derive(Model, Debug, PartialEq)]
struct Note {
    #[key]
    id: u64,
    text: String,
}

/// A folder with nothing in it that an engine could connect to.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("orm-hostile-{}", process::id()));
    fs::create_dir_all(&folder).expect("a folder for temporary files");
    folder
});

/// Takes the lines of any text as the name of a connection, that of an instance, and a text that is used
/// everywhere else; what follows them is a file of certificates.
///
/// # Panics
/// Where an error has control characters, or a password is shown, or two engines disagree on names.
pub fn config(input: &[u8]) {
    // What is no password is shown.
    let text = String::from_utf8_lossy(input).replace(SECRET, "secret");
    let mut lines = text.splitn(4, '\n');
    let [name, instance, word, certificates] = std::array::from_fn(|_| lines.next().unwrap_or_default());
    names(name, instance);
    files(word);
    servers(name, word, certificates);
}

/// Names of connections are taken by all engines, or refused by all, but for what SQLite can't tell apart; and
/// a database of such a name works.
fn names(name: &str, instance: &str) {
    let in_memory = note(Database::builder().provider(Memory::new()), name, instance);
    let in_sqlite = Sqlite::memory().and_then(|sqlite| {
        let builder = Database::builder().provider(sqlite);
        note(builder, name, instance)
    });
    for started in [&in_memory, &in_sqlite] {
        if let Err(error) = started {
            assert!(matches!(error, Error::Configuration(_)), "{error:?}");
            plain(error);
        }
    }
    // What SQLite puts between a connection's name and an entity's begins with the same, and names that begin
    // with its own it keeps for itself.
    let ends = if instance.is_empty() { name } else { instance }.ends_with('_');
    let begins = name.to_ascii_lowercase().starts_with("sqlite");
    let alike = in_memory.is_ok() == in_sqlite.is_ok() || ((ends || begins) && in_sqlite.is_err());
    assert!(alike, "{in_memory:?} {in_sqlite:?}");
}

fn note(builder: Builder<Blocking>, name: &str, instance: &str) -> Result<()> {
    let builder = if name.is_empty() { builder } else { builder.connection(name) };
    let builder = if instance.is_empty() { builder } else { builder.instance(instance) };
    let db = builder.models::<Note>().start()?;
    let notes = db.repository::<Note>();
    notes.save(Note { id: 1, text: name.to_owned() })?;
    assert_eq!(notes.find(1)?, Some(Note { id: 1, text: name.to_owned() }));
    Ok(())
}

/// A file that isn't there, of any name.
fn files(name: &str) {
    // Nothing but this folder is looked into.
    if name.contains(['/', '\\']) || name == ".." {
        return;
    }
    let options = SqliteOptions::file(FOLDER.join(name)).read_only(true).busy_timeout(Duration::ZERO);
    match options.open() {
        Err(error) => plain(&error),
        Ok(opened) => panic!("{opened:?} is there"),
    }
}

/// Parts of addresses that are told one by one, of servers that aren't there.
fn servers(name: &str, word: &str, certificates: &str) {
    let nowhere = FOLDER.join("nowhere").join(word.replace(['/', '\\'], "_"));
    let password = format!("{SECRET}{word}");
    let at_once = Duration::from_millis(100);
    let postgres = PostgresOptions::new().host(&nowhere.to_string_lossy()).user(word).password(&password);
    let postgres = postgres.database(word).application_name(word).schema_prefix(word).threads(1);
    hidden(&postgres);
    connect(name, postgres.clone().connect_timeout(at_once).ssl_mode(SslMode::Disable).lazy());
    let mysql = MysqlOptions::new().socket(&nowhere).user(word).password(&password).database(word);
    let mysql = mysql.database_prefix(word).threads(1);
    hidden(&mysql);
    connect_mysql(name, mysql.connect_timeout(at_once).ssl_mode(orm_provider_mysql::SslMode::Disable).lazy());
    if !certificates.is_empty() {
        let file = FOLDER.join("certificates.pem");
        fs::write(&file, certificates).expect("a temporary file");
        trust(postgres.clone(), &file);
        trust(postgres, &FOLDER.join(word.replace(['/', '\\'], "_")));
    }
}

fn connect(name: &str, provider: Result<Postgres>) {
    refused(provider.and_then(|provider| started(Database::builder().provider(provider), name)));
}

fn connect_mysql(name: &str, provider: Result<Mysql>) {
    refused(provider.and_then(|provider| started(Database::builder().provider(provider), name)));
}

fn started(builder: Builder<Blocking>, name: &str) -> Result<()> {
    let builder = if name.is_empty() { builder } else { builder.connection(name) };
    builder.models::<Note>().start().map(drop)
}

/// Nobody is there, which is told without the password.
fn refused(started: Result<()>) {
    let error = started.expect_err("nobody is there");
    plain(&error);
    hidden(&error);
}

fn trust(options: PostgresOptions, certificates: &Path) {
    let options = options.ssl_mode(SslMode::VerifyFull).root_certificate(certificates);
    if let Err(error) = options.lazy() {
        assert!(matches!(error, Error::Configuration(_)), "{error:?}");
        plain(&error);
    }
}

fn plain(error: &Error) {
    let message = error.to_string();
    assert!(!message.chars().any(char::is_control), "{message:?}");
}

fn hidden(shown: &impl Debug) {
    let shown = format!("{shown:?}");
    assert!(!shown.contains(SECRET), "a password is shown: {shown}");
}
