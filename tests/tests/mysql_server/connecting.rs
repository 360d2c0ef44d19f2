//! Who may connect, from where, and what is said where it fails.

use crate::server;
use orm_core::Error;
use orm_core::prelude::*;
use orm_provider_mysql::{Mysql, MysqlOptions, SslMode};
use orm_tests::executor::block_on;
use orm_tests::scenarios::blog::User;
use orm_tests::servers::MysqlServer;
use std::time::Duration;

const PASSWORD: &str = "p/w:of@a?test";

/// The certificate of somebody else.
const OTHER: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBdzCCARygAwIBAgIUR/yGynVxBAPO+XLZCujsfnLNP5kwCgYIKoZIzj0EAwIw\n\
ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyMTEzMjkwNloYDzIxMjYxMDI4MTMy\n\
OTA2WjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n\
AARzRavhfcFqpb4ZH4KU5H7oRtM+5jZYLFJgWmxkvRp4HTE9tHuKSqtzS2GHUmeU\n\
1V68cfvNRZxCVJEEyM+bZJONo1AwTjAdBgNVHQ4EFgQUtfbGUHi7fRiRS2wgzLSq\n\
q42DxvkwHwYDVR0jBBgwFoAUtfbGUHi7fRiRS2wgzLSqq42DxvkwDAYDVR0TAQH/\n\
BAIwADAKBggqhkjOPQQDAgNJADBGAiEAw6wHNdKRhl/i8r4dRtDltzY8UOk5Kmxk\n\
Kw8+Czi+JfkCIQCswWv18r9k9aqtVVI6/lX6ov/nmh/F0P+svrAzZWRbhw==\n\
-----END CERTIFICATE-----\n";

fn refused(options: MysqlOptions) -> Error {
    let error = block_on(options.connect()).unwrap_err();
    for shown in [error.to_string(), format!("{error:?}")] {
        assert!(!shown.contains(PASSWORD) && !shown.contains("guess"), "{shown}");
    }
    error
}

#[test]
fn what_is_wrong_is_told_without_the_password() {
    let Some(server) = server() else { return };
    let wrong = refused(server.options().unwrap().password("guess"));
    assert!(matches!(&wrong, Error::Configuration(why) if why.contains("password")), "{wrong}");
    let wrong = refused(server.options().unwrap().database("nowhere"));
    assert!(matches!(&wrong, Error::Configuration(why) if why.contains("no such database")), "{wrong}");
    let wrong = refused(MysqlOptions::new().host("127.0.0.1").port(1).user("orm").password(PASSWORD));
    assert!(matches!(&wrong, Error::Provider { .. }) && wrong.to_string().contains("127.0.0.1:1"), "{wrong}");
    // The throw-away server has no certificate.
    if server.socket().is_some() {
        let wrong = refused(server.options().unwrap().ssl_mode(SslMode::Require));
        assert!(matches!(&wrong, Error::Provider { .. }), "{wrong}");
    }
    let blocking = Database::builder().provider(server.options().unwrap().password("guess").lazy().unwrap());
    assert!(matches!(blocking.start(), Err(Error::Configuration(_))));
}

#[test]
fn encrypted_as_asked() {
    if server().is_none() {
        return;
    }
    let (server, certificate) = match MysqlServer::encrypted() {
        Ok(found) => found,
        Err(why) => {
            eprintln!("skipped: this needs an encrypted server, and there is {why}");
            return;
        }
    };
    let options = |mode| server.options().unwrap().ssl_mode(mode);
    let connect = |options: MysqlOptions| block_on(options.connect()).map(drop);
    connect(options(SslMode::Prefer)).unwrap();
    connect(options(SslMode::Require)).unwrap();
    connect(options(SslMode::Require).root_certificate(&certificate)).unwrap();
    connect(options(SslMode::VerifyFull).root_certificate(&certificate)).unwrap();
    refused(options(SslMode::Disable));
    // Nobody that this machine trusts has signed it, nor has another.
    refused(options(SslMode::VerifyFull));
    let other = certificate.with_file_name("other");
    std::fs::write(&other, OTHER).unwrap();
    refused(options(SslMode::VerifyFull).root_certificate(&other));
    refused(options(SslMode::Require).root_certificate(&other));
    refused(options(SslMode::VerifyFull).root_certificate(certificate.with_file_name("nowhere")));
    let url = format!("{}?ssl-mode=VERIFY_IDENTITY&ssl-ca={}", server.url(), certificate.display());
    let db = Database::builder().provider(Mysql::lazy(&url).unwrap()).models::<User>().start().unwrap();
    db.repository::<User>().save_many((1..=100).map(|id| User::draft().id(id).name("n"))).unwrap();
    assert_eq!(db.repository::<User>().all().unwrap().len(), 100);
}

#[test]
fn through_a_socket_of_this_machine() {
    let Some(folder) = server().and_then(|server| server.socket()) else { return };
    let options = MysqlOptions::new().socket(folder.join("socket")).user("orm").password(PASSWORD);
    let options = options.database("orm").database_prefix("socket_");
    let db = Database::builder().provider(options.lazy().unwrap()).models::<User>().start().unwrap();
    assert_eq!(db.repository::<User>().count().unwrap(), 0);
}

#[test]
fn where_all_connections_are_in_use_who_waits_is_told() {
    let Some(server) = server() else { return };
    let options = server.options().unwrap().pool_size(2).pool_timeout(Duration::from_millis(100));
    let db = Database::builder().provider(options.lazy().unwrap()).models::<User>().start().unwrap();
    let held = [db.begin().unwrap(), db.begin().unwrap()];
    let error = db.repository::<User>().count().unwrap_err();
    assert!(matches!(error, Error::Timeout(_)) && error.to_string().contains("2 of 2 are in use"), "{error}");
    let [one, other] = held;
    drop(one);
    assert_eq!(db.repository::<User>().count().unwrap(), 0);
    other.commit().unwrap();
    assert_eq!(db.repository::<User>().count().unwrap(), 0);
}

#[test]
fn inside_of_any_runtime_or_none() {
    let Some(server) = server() else { return };
    let provider = server.provider().unwrap();
    let build = |provider: Mysql| async {
        use orm_core::asynchronous::Database;
        let db = Database::builder().provider(provider).models::<User>().start().await.unwrap();
        db.repository::<User>().save(User::draft().id(1).name("Ada")).await.unwrap();
        db.repository::<User>().count().await.unwrap()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(build(provider.clone())), 1);
    assert_eq!(block_on(build(provider.clone())), 1);
    // Waiting blocks this thread, not the driver's.
    let waiting = runtime.block_on(async move {
        let db = Database::builder().provider(provider).start().unwrap();
        db.repository::<User>().count().unwrap()
    });
    assert_eq!(waiting, 1);
}
