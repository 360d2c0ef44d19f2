//! Other ORMs at the same works, each in a program of its own (`tests/peers`). They are built here, from
//! the registry, so this group runs only when it is named.

mod process;
mod works;

use crate::report::Report;
use crate::{Form, Outcome};
use orm_test_support::servers::PostgresServer;
use process::Contestant;
use tokio_postgres::NoTls;
use works::Contest;

/// An engine, and who takes part.
struct Engine {
    name: &'static str,
    peers: &'static [Peer],
    /// Whether ours must be ahead.
    ahead: bool,
}

/// One of the others.
struct Peer {
    package: &'static str,
    features: &'static str,
    /// What the table calls it. The version is the one in its `Cargo.lock`.
    label: &'static str,
}

impl Peer {
    const fn new(package: &'static str, label: &'static str) -> Self {
        Self { package, features: "", label }
    }

    const fn features(self, features: &'static str) -> Self {
        Self { features, ..self }
    }
}

const OURS: Peer = Peer::new("orm", "orm");

const SQLITE: Engine = Engine {
    name: "sqlite",
    peers: &[
        Peer::new("diesel", "diesel 2.3, SQLite in memory"),
        Peer::new("sea-orm", "sea-orm 2.0, SQLite in memory"),
        Peer::new("toasty", "toasty 0.11, SQLite in memory"),
    ],
    ahead: true,
};

const POSTGRES: Engine = Engine {
    name: "postgres",
    peers: &[
        Peer::new("diesel", "diesel 2.3 over libpq, PostgreSQL").features("postgres"),
        Peer::new("sea-orm", "sea-orm 2.0, PostgreSQL"),
        Peer::new("toasty", "toasty 0.11, PostgreSQL"),
    ],
    ahead: true,
};

const MEMORY: Engine = Engine {
    name: "memory",
    peers: &[Peer::new("native_db", "native_db 0.8 in memory, the memory provider")],
    ahead: false,
};

pub(crate) fn run(form: &Form, report: &mut Report) -> Outcome {
    contest(form, report, &MEMORY, None)?;
    contest(form, report, &SQLITE, None)?;
    match PostgresServer::find() {
        Ok(server) => contest(form, report, &POSTGRES, Some(server.url())),
        Err(why) => {
            println!("skipped: the peers on PostgreSQL ({why})");
            Ok(())
        }
    }
}

fn contest(form: &Form, report: &mut Report, engine: &Engine, url: Option<&str>) -> Outcome {
    let ours = Contestant::start(&OURS, engine.name, url)?;
    let mut peers = Vec::new();
    for peer in engine.peers {
        match Contestant::start(peer, engine.name, url) {
            Ok(contestant) => peers.push(contestant),
            // The registry isn't there everywhere, and neither are the libraries that some need.
            Err(why) => println!("skipped: {} ({})", peer.label, why.to_string().trim()),
        }
    }
    Contest { form, report, ours, peers, ahead: engine.ahead, filled: &|| url.map_or(Ok(()), vacuum) }.run()
}

/// What was deleted and what is new is known to the planner before anything is timed.
fn vacuum(url: &str) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let connection = tokio::spawn(connection);
        client.batch_execute("VACUUM (ANALYZE)").await?;
        drop(client);
        Ok(connection.await??)
    })
}
