//! Encrypted connections.

use crate::options::{MysqlOptions, SslMode};
use mysql_async::{Opts, OptsBuilder};
#[cfg(not(feature = "tls"))]
use orm_core::Error;
use orm_core::Result;

/// The driver's settings for a connection, in the order in which they are tried: where encryption is
/// only preferred, one without it follows.
pub(crate) fn settings(options: &MysqlOptions) -> Result<Vec<Opts>> {
    let plain = options.driver();
    Ok(match options.ssl_mode {
        SslMode::Disable => vec![plain.into()],
        SslMode::Prefer => match encrypted(plain.clone(), options) {
            Ok(encrypted) => vec![encrypted.into(), plain.into()],
            Err(_) => vec![plain.into()],
        },
        SslMode::Require | SslMode::VerifyFull => vec![encrypted(plain, options)?.into()],
    })
}

#[cfg(not(feature = "tls"))]
fn encrypted(_: OptsBuilder, _: &MysqlOptions) -> Result<OptsBuilder> {
    Err(Error::Configuration(
        "encrypted connections to MariaDB and MySQL need the feature `tls` of orm-provider-mysql".into(),
    ))
}

#[cfg(feature = "tls")]
fn encrypted(driver: OptsBuilder, options: &MysqlOptions) -> Result<OptsBuilder> {
    let checked = match (options.ssl_mode, &options.root_certificate) {
        (SslMode::Disable | SslMode::Prefer, _) | (SslMode::Require, None) => false,
        (SslMode::Require, Some(_)) | (SslMode::VerifyFull, _) => true,
    };
    let mut ssl = mysql_async::SslOpts::default();
    if let Some(path) = &options.root_certificate {
        ssl = ssl.with_root_certs(vec![path.clone().into()]).with_disable_built_in_roots(true);
    }
    if !checked {
        ssl = ssl.with_danger_accept_invalid_certs(true).with_danger_skip_domain_validation(true);
    }
    Ok(driver.ssl_opts(ssl))
}
