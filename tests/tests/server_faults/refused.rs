//! Addresses that lead nowhere, or not in: the error says where to, what was wrong and what to do, and no
//! form of it shows the password.

use orm_core::Error;
use orm_core::asynchronous;
use orm_core::prelude::*;
use orm_core::provider::AsyncDataProvider;
use orm_provider_mysql::Mysql;
use orm_provider_postgres::Postgres;
use orm_tests::executor::block_on;
use orm_tests::scenarios::blog::User;
use orm_tests::servers::{FaultyServer, MysqlServer, PostgresServer};
use std::error::Error as StdError;
use std::fmt::Debug;

/// A server that is found by its address.
pub(crate) trait Addressed: FaultyServer {
    type Provider: AsyncDataProvider + Debug + Clone;
    const SCHEMES: [&'static str; 2];

    fn url(&self) -> &str;

    fn lazy(url: &str) -> orm_core::Result<Self::Provider>;
}

impl Addressed for PostgresServer {
    type Provider = Postgres;
    const SCHEMES: [&'static str; 2] = ["postgres", "mysql"];

    fn url(&self) -> &str {
        self.url()
    }

    fn lazy(url: &str) -> orm_core::Result<Postgres> {
        Postgres::lazy(url)
    }
}

impl Addressed for MysqlServer {
    type Provider = Mysql;
    const SCHEMES: [&'static str; 2] = ["mysql", "postgres"];

    fn url(&self) -> &str {
        self.url()
    }

    fn lazy(url: &str) -> orm_core::Result<Mysql> {
        Mysql::lazy(url)
    }
}

/// A password, and how it is written in an address; neither may be shown.
const SECRET: &str = "hu$h/h:u@s?h";
const ESCAPED: &str = "hu$h%2Fh%3Au%40s%3Fh";

/// All that an error says of itself.
fn told(error: &Error) -> String {
    let mut all = format!("{error}\n{error:?}\n{error:#?}");
    let mut inner = error.source();
    while let Some(error) = inner {
        all.push_str(&format!("\n{error}\n{error:?}"));
        inner = error.source();
    }
    all
}

fn assert_hushed(all: &str, secrets: &[&str]) {
    for secret in secrets {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}

/// What using a server at an address comes to, which is the same in both modes.
fn refused<S: Addressed>(url: &str, secrets: &[&str]) -> Error {
    let provider = S::lazy(url).unwrap();
    let builder = || Database::builder().provider(provider.clone()).models::<User>();
    let blocking = match builder().start() {
        Ok(db) => db.repository::<User>().count().map(drop).unwrap_err(),
        Err(error) => error,
    };
    let later = block_on(async {
        let builder = asynchronous::Database::builder().provider(provider.clone()).models::<User>();
        match builder.start().await {
            Ok(db) => db.repository::<User>().count().await.map(drop).unwrap_err(),
            Err(error) => error,
        }
    });
    assert_eq!(blocking.to_string(), later.to_string());
    assert!(blocking.to_string().contains("connection `default`"), "{blocking}");
    assert_hushed(&format!("{provider:?} {provider:#?}"), secrets);
    assert_hushed(&format!("{:?}", builder()), secrets);
    assert_hushed(&told(&blocking), secrets);
    assert_hushed(&told(&later), secrets);
    blocking
}

pub(crate) fn what_leads_nowhere_is_told_without_the_password<S: Addressed>() {
    let Some(server) = S::shared() else { return };
    let (scheme, at) = (S::SCHEMES[0], server.address());
    let (login, _) = server.url().rsplit_once('@').unwrap();
    let (_, right) = login.rsplit_once(':').unwrap();

    let wrong = refused::<S>(&format!("{scheme}://orm:{ESCAPED}@{at}/orm"), &[SECRET, ESCAPED]);
    assert!(matches!(&wrong, Error::Configuration(_)), "{wrong}");
    assert!(wrong.to_string().contains("check the user and the password"), "{wrong}");
    assert!(wrong.to_string().contains(&at) && wrong.to_string().contains("`orm`"), "{wrong}");

    let wrong = refused::<S>(&format!("{scheme}://nobody:{ESCAPED}@{at}/orm"), &[SECRET, ESCAPED]);
    assert!(matches!(&wrong, Error::Configuration(why) if why.contains("`nobody`")), "{wrong}");

    let wrong = refused::<S>(&format!("{login}@{at}/no-such-db"), &[right]);
    assert!(matches!(&wrong, Error::Configuration(why) if why.contains("no such database")), "{wrong}");
    assert!(wrong.to_string().contains("no-such-db"), "{wrong}");

    let closed = refused::<S>(&format!("{login}@127.0.0.1:1/orm"), &[right]);
    assert!(closed.to_string().contains("refused"), "{closed}");

    for nowhere in ["127.0.0.1:1", "nowhere.invalid:7"] {
        let wrong = refused::<S>(&format!("{login}@{nowhere}/orm"), &[right]);
        assert!(matches!(&wrong, Error::Provider { .. }), "{wrong}");
        assert!(wrong.to_string().contains(nowhere) && wrong.to_string().contains("check"), "{wrong}");
    }
}

pub(crate) fn what_is_no_address_is_told_without_the_password<S: Addressed>() {
    let [scheme, other] = S::SCHEMES;
    for url in [
        String::new(),
        ESCAPED.to_owned(),
        format!("//orm:{ESCAPED}@db/orm"),
        format!("{other}://orm:{ESCAPED}@db/orm"),
        format!("{scheme}:orm:{ESCAPED}@db/orm"),
        format!("{scheme}://orm:{ESCAPED}@db:port/orm"),
        format!("{scheme}://orm:{ESCAPED}@db:99999/orm"),
        format!("{scheme}://orm:{ESCAPED}@db:-1/orm"),
        format!("{scheme}://orm:{ESCAPED}@[::1/orm"),
        format!("{scheme}://orm:{ESCAPED}%@db/orm"),
        format!("{scheme}://orm:{ESCAPED}%ff@db/orm"),
        format!("{scheme}://orm:{ESCAPED}@db/orm?nothing=1"),
        format!("{scheme}://orm:{ESCAPED}@db/orm?password={ESCAPED}%zz"),
        // What should have been escaped.
        format!("{scheme}://orm:{SECRET}@db/orm"),
    ] {
        let error = match S::lazy(&url) {
            Err(error) => error,
            Ok(provider) => {
                // It may be read as another address, which then leads nowhere.
                assert_hushed(&format!("{provider:?}"), &[SECRET, ESCAPED, "hu$h"]);
                let start = Database::builder().provider(provider).models::<User>().start();
                start.and_then(|db| db.repository::<User>().count()).map(drop).unwrap_err()
            }
        };
        assert_hushed(&told(&error), &[SECRET, ESCAPED, "hu$h"]);
        assert!(!error.to_string().is_empty(), "{url}");
    }
}
