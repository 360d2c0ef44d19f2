//! Encrypted connections.

use crate::options::{PostgresOptions, SslMode};
use orm_core::{Error, Result};

#[cfg(feature = "tls")]
pub(crate) use tokio_postgres_rustls::MakeRustlsConnect as Connector;

#[cfg(not(feature = "tls"))]
pub(crate) use tokio_postgres::NoTls as Connector;

/// What makes connections of these settings, and the settings of the driver.
pub(crate) fn connector(options: &PostgresOptions) -> Result<(Connector, tokio_postgres::Config)> {
    use tokio_postgres::config::SslMode as Driver;
    let mut config = options.config.clone();
    config.ssl_mode(match options.ssl_mode {
        SslMode::Disable => Driver::Disable,
        SslMode::Prefer => Driver::Prefer,
        SslMode::Require | SslMode::VerifyFull => Driver::Require,
    });
    make(options).map(|connector| (connector, config))
}

#[cfg(not(feature = "tls"))]
fn make(options: &PostgresOptions) -> Result<Connector> {
    match options.ssl_mode {
        SslMode::Disable | SslMode::Prefer => Ok(tokio_postgres::NoTls),
        SslMode::Require | SslMode::VerifyFull => Err(Error::Configuration(
            "encrypted connections to PostgreSQL need the feature `tls` of orm-provider-postgres".into(),
        )),
    }
}

#[cfg(feature = "tls")]
fn make(options: &PostgresOptions) -> Result<Connector> {
    use rustls::{ClientConfig, crypto::ring};
    use std::sync::Arc;

    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::provider("setting up encryption", e))?;
    let checked = match (options.ssl_mode, &options.root_certificate) {
        (SslMode::Disable | SslMode::Prefer, _) | (SslMode::Require, None) => false,
        (SslMode::Require, Some(_)) | (SslMode::VerifyFull, _) => true,
    };
    let config = if checked {
        builder.with_root_certificates(roots(options)?).with_no_client_auth()
    } else {
        let anybody = Arc::new(anybody::Anybody(provider.signature_verification_algorithms));
        builder.dangerous().with_custom_certificate_verifier(anybody).with_no_client_auth()
    };
    Ok(Connector::new(config))
}

/// The certificates that a server's must be signed with.
#[cfg(feature = "tls")]
fn roots(options: &PostgresOptions) -> Result<rustls::RootCertStore> {
    use orm_provider_sql::shown;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    let mut roots = rustls::RootCertStore::empty();
    let Some(path) = &options.root_certificate else {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(Error::Configuration(
                "`sslmode=verify-full` needs certificates to trust, and this machine has none: install \
                 them (the package is often called `ca-certificates`), or name a file: `sslrootcert=…`"
                    .into(),
            ));
        }
        return Ok(roots);
    };
    let wrong = |what: String| {
        Error::Configuration(format!(
            "the root certificates in `{}` can't be used: {what}",
            shown(&path.to_string_lossy())
        ))
    };
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| wrong(e.to_string()))? {
        let certificate = certificate.map_err(|e| wrong(e.to_string()))?;
        roots.add(certificate).map_err(|e| wrong(e.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong("there is none in it".to_owned()));
    }
    Ok(roots)
}

/// The modes that ask for no proof.
#[cfg(feature = "tls")]
mod anybody {
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{DigitallySignedStruct, Error, SignatureScheme};

    /// Takes any certificate, so that a connection is encrypted, but not proven to lead to the server.
    #[derive(Debug)]
    pub(super) struct Anybody(pub(super) WebPkiSupportedAlgorithms);

    impl ServerCertVerifier for Anybody {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls12_signature(message, certificate, signature, &self.0)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            verify_tls13_signature(message, certificate, signature, &self.0)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.supported_schemes()
        }
    }
}
