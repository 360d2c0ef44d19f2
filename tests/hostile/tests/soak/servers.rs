//! Servers that end connections, and tell of them.

use mysql_async::prelude::Queryable as _;
use orm_core::Result;
use orm_core::provider::AsyncDataProvider;
use orm_provider_postgres::PostgresOptions;
use orm_test_support::servers::{MysqlServer, PostgresServer};
use std::sync::Arc;

/// By what the server knows our connections.
const NAME: &str = "soaked";

/// What is asked of a server beside the provider.
pub(crate) trait Server: Sized + Sync {
    /// # Errors
    /// Why there is none, for people.
    fn find() -> Result<Self, String>;

    /// A provider with so many connections, which sees nobody else's data.
    fn provider(&self, pool: usize) -> Result<Arc<dyn AsyncDataProvider>>;

    /// Ends one of the provider's connections, whatever it is doing; whether there was one.
    fn end_a_connection(&self) -> bool;

    /// How many connections the provider has.
    fn connections(&self) -> usize;

    /// How many of them are in a transaction.
    fn open_transactions(&self) -> usize;
}

pub(crate) struct Postgres(PostgresServer);

impl Postgres {
    fn count(&self, sql: &str) -> usize {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(self.0.url(), tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            let count: i64 = client.query_one(sql, &[&NAME]).await.unwrap().get(0);
            usize::try_from(count).unwrap()
        })
    }
}

impl Server for Postgres {
    fn find() -> Result<Self, String> {
        PostgresServer::find().map(Self)
    }

    fn provider(&self, pool: usize) -> Result<Arc<dyn AsyncDataProvider>> {
        self.0.scratch_with(|options: PostgresOptions| options.application_name(NAME).pool_size(pool))
    }

    fn end_a_connection(&self) -> bool {
        self.count(
            "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity \
             WHERE application_name = $1 ORDER BY random() LIMIT 1) one",
        ) > 0
    }

    fn connections(&self) -> usize {
        self.count("SELECT count(*) FROM pg_stat_activity WHERE application_name = $1")
    }

    fn open_transactions(&self) -> usize {
        self.count(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND xact_start IS NOT NULL",
        )
    }
}

pub(crate) struct MariaDb(MysqlServer);

impl MariaDb {
    fn ask<T: mysql_async::prelude::FromRow + Send + 'static>(&self, sql: &str) -> Vec<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut conn = mysql_async::Conn::from_url(self.0.url()).await.unwrap();
            let rows = conn.query(sql).await.unwrap();
            conn.disconnect().await.unwrap();
            rows
        })
    }

    /// Connections of the database that the provider's begin in.
    fn ids(&self) -> Vec<u64> {
        self.ask(&format!(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '{NAME}' AND COMMAND <> 'Killed' ORDER BY RAND()"
        ))
    }
}

impl Server for MariaDb {
    fn find() -> Result<Self, String> {
        MysqlServer::find().map(Self)
    }

    fn provider(&self, pool: usize) -> Result<Arc<dyn AsyncDataProvider>> {
        self.ask::<u8>(&format!("CREATE DATABASE IF NOT EXISTS {NAME}"));
        Ok(Arc::new(self.0.options()?.database(NAME).pool_size(pool).lazy()?))
    }

    fn end_a_connection(&self) -> bool {
        let Some(id) = self.ids().first().copied() else { return false };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut conn = mysql_async::Conn::from_url(self.0.url()).await.unwrap();
            // It may have ended by itself since.
            let killed = conn.query_drop(format!("KILL {id}")).await.is_ok();
            conn.disconnect().await.unwrap();
            killed
        })
    }

    fn connections(&self) -> usize {
        self.ids().len()
    }

    fn open_transactions(&self) -> usize {
        let ids = self.ids();
        // The table of transactions is a copy that is renewed only when nobody has read it for a while.
        let status: Vec<(String, String, String)> = self.ask("SHOW ENGINE INNODB STATUS");
        let open = status.iter().flat_map(|(.., text)| text.split("---TRANSACTION").skip(1));
        let open = open.filter(|told| told.lines().next().is_some_and(|line| line.contains("ACTIVE")));
        let of = |told: &str| told.split_once("thread id ")?.1.split(',').next()?.parse::<u64>().ok();
        open.filter_map(of).filter(|id| ids.contains(id)).count()
    }
}
