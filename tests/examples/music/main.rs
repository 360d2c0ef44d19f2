//! Loads a media store from nested JSON, counts what came of it, and asks it some questions.
//!
//! `cargo run --release --example music -- [--provider memory|sqlite:<file>|postgres://<address>|mysql://<address>] [<dir>]`

mod answers;
mod models;

use indicatif::{ProgressBar, ProgressStyle};
use lexopt::prelude::*;
use models::{
    Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist, PlaylistTrack, Track,
};
use orm_core::prelude::*;
use orm_provider_memory::Memory;
use orm_provider_mysql::Mysql;
use orm_provider_postgres::Postgres;
use orm_provider_sqlite::Sqlite;
use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "usage: music [--provider memory|sqlite:<file>|postgres://<address>|mysql://<address>] [<directory of music.json, customers.json, playlists.json>]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let (provider, directory) = arguments()?;
    let db = database(&provider)?;
    let started = Instant::now();
    load::<Artist>(&db, &directory.join("music.json"))?;
    load::<Customer>(&db, &directory.join("customers.json"))?;
    load::<Playlist>(&db, &directory.join("playlists.json"))?;
    took("loading", started);

    let started = Instant::now();
    count::<Artist>(&db, "artists")?;
    count::<Album>(&db, "albums")?;
    count::<Track>(&db, "tracks")?;
    count::<Genre>(&db, "genres")?;
    count::<MediaType>(&db, "media types")?;
    count::<Customer>(&db, "customers")?;
    count::<Employee>(&db, "employees")?;
    count::<Invoice>(&db, "invoices")?;
    count::<InvoiceLine>(&db, "invoice lines")?;
    count::<Playlist>(&db, "playlists")?;
    count::<PlaylistTrack>(&db, "playlist tracks")?;
    took("counting", started);

    let started = Instant::now();
    println!("\nThe five artists with the most revenue:");
    for (name, revenue) in answers::best_selling(&db, 5)? {
        println!("- {name}: {revenue}");
    }
    took("revenue", started);

    let started = Instant::now();
    if let Some((title, minutes)) = answers::longest_album(&db)? {
        println!("\nThe longest album: {title}, {minutes:.1} minutes");
    }
    took("longest album", started);

    let started = Instant::now();
    println!("\nThe playlists:");
    for (name, tracks) in answers::playlists(&db)? {
        println!("- {name}: {tracks} tracks");
    }
    took("playlists", started);

    let started = Instant::now();
    println!("\nThe managers above employee 3: {}", answers::managers_above(&db, 3)?.join(", then "));
    took("managers", started);

    let started = Instant::now();
    println!("\nThe customers in the USA with their three latest invoices:");
    for customer in answers::customers_in(&db, "USA")? {
        let invoices: Vec<_> = customer
            .invoices
            .get_partial()?
            .iter()
            .map(|i| format!("{} of {} ({})", i.total, i.invoice_date.split().0, i.id))
            .collect();
        println!("- {} {}: {}", customer.first_name, customer.last_name, invoices.join(", "));
    }
    took("customers", started);
    Ok(())
}

fn arguments() -> Result<(String, PathBuf), Box<dyn Error>> {
    let mut provider = "memory".to_owned();
    let mut directory = None;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('p') | Long("provider") => provider = parser.value()?.string()?,
            Short('h') | Long("help") => {
                println!("{USAGE}");
                std::process::exit(0);
            }
            Value(value) if directory.is_none() => directory = Some(PathBuf::from(value)),
            other => return Err(format!("{}\n{USAGE}", other.unexpected()).into()),
        }
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/music");
    Ok((provider, directory.unwrap_or(own)))
}

fn database(provider: &str) -> Result<Database, Box<dyn Error>> {
    let builder = Database::builder().connection("music").models::<(Artist, Customer, Playlist)>();
    let builder = match provider.split_once(':') {
        None if provider == "memory" => builder.provider(Memory::new()),
        Some(("mysql" | "mariadb", _)) => builder.provider(Mysql::lazy(provider)?),
        Some(("postgres" | "postgresql", _)) => builder.provider(Postgres::lazy(provider)?),
        Some(("sqlite", file)) if !file.is_empty() => builder.provider(Sqlite::open(file)?),
        _ => return Err(format!("`{provider}` is no provider that this program knows\n{USAGE}").into()),
    };
    Ok(builder.start()?)
}

/// Streams a file into the store, with a progress bar where there is a terminal to show it on.
fn load<M: Model>(db: &Database, path: &Path) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let bar = ProgressBar::new(file.metadata()?.len()).with_message(name.clone());
    bar.set_style(ProgressStyle::with_template("{msg:16} {bar:40} {bytes}/{total_bytes}")?);
    let outcome = db.repository::<M>().save_reader(BufReader::new(bar.wrap_read(file)));
    bar.finish_and_clear();
    let saved = outcome.map_err(|error| format!("{}: {error}", path.display()))?;
    took(&format!("{name} ({} records)", saved.len()), started);
    Ok(())
}

fn count<M: Model>(db: &Database, name: &str) -> orm_core::Result<()> {
    println!("{name}: {}", db.repository::<M>().count()?);
    Ok(())
}

fn took(what: &str, since: Instant) {
    println!("  [{what} took {:.1} ms]", since.elapsed().as_secs_f64() * 1e3);
}
