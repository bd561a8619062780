//! Certificates in files: the one that is shown to those who connect to us, renewed without a restart, and whom we trust.
//!
//! Owns: reading certificates, keys and authorities, the acceptor that shows the newest, and the task that looks for a renewed one.
//! Does not own: sockets, and who has to prove which name: that is the nodes'.
//!
//! Invariants: a renewed certificate that cannot be used leaves the old one in place; TLS 1.2 and 1.3 only. Start reading at [`acceptor`].

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

pub use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, ServerConfig};

/// How often the file of the certificate is looked at for a new one.
const RELOAD_EVERY: Duration = Duration::from_secs(10);

/// Why TLS cannot be served or used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// An address to listen on for TLS, without certificate and key.
    #[error("`tls_cert` and `tls_key` are needed to listen for TLS")]
    NoCertificate,
    /// A file of certificates or keys that cannot be read.
    #[error("cannot read `{path}`")]
    File {
        /// As configured.
        path: String,
        /// What is wrong with it.
        #[source]
        source: pem::Error,
    },
    /// Certificate and key that do not fit, or cannot be used.
    #[error("certificate and key cannot be used")]
    Key(#[source] rustls::Error),
    /// A file of authorities with none in it.
    #[error("there is no certificate authority in `{0}`")]
    NoAuthority(String),
}

/// The certificate shown, and when its file was written.
#[derive(Debug)]
struct Shown {
    key: Mutex<(Arc<CertifiedKey>, Option<SystemTime>)>,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.key.lock().unwrap_or_else(PoisonError::into_inner).0))
    }
}

/// The library's cryptography that all parts of the platform use.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// The authorities of the file (PEM), else the system's.
pub fn roots(file: &str) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    if file.is_empty() {
        // Systems carry odd certificates; those that cannot be used are left out.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(roots);
    }
    let unreadable = |source| TlsError::File { path: file.to_owned(), source };
    for certificate in CertificateDer::pem_file_iter(file).map_err(unreadable)? {
        roots.add(certificate.map_err(unreadable)?).map_err(TlsError::Key)?;
    }
    if roots.is_empty() {
        return Err(TlsError::NoAuthority(file.to_owned()));
    }
    Ok(roots)
}

/// What connects with: trusts the authorities of the file (PEM), else the system's. On a system without any, nobody is trusted.
pub fn client(authorities: &str) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Key)?;
    Ok(Arc::new(builder.with_root_certificates(roots(authorities)?).with_no_client_auth()))
}

/// Accepts TLS with the certificate and its chain in the file `cert`, and the key in `key` (PEM). A renewed certificate is shown within ten
/// seconds, to those who connect after it. `protocols` are those offered by ALPN (RFC 7301), best first; none says nothing of them. To be
/// called on a runtime.
pub fn acceptor(cert: &str, key: &str, protocols: &[&str]) -> Result<TlsAcceptor, TlsError> {
    if cert.is_empty() || key.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let (cert, key, provider) = (cert.to_owned(), key.to_owned(), provider());
    let written = written_at(&cert);
    let shown = Arc::new(Shown { key: Mutex::new((load(&cert, &key, &provider)?, written)) });
    let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Key)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
    server.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let weak = Arc::downgrade(&shown);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(RELOAD_EVERY).await;
            let Some(shown) = weak.upgrade() else { return };
            reload(&shown, &cert, &key, &provider);
        }
    });
    Ok(TlsAcceptor::from(Arc::new(server)))
}

fn written_at(path: &str) -> Option<SystemTime> {
    Path::new(path).metadata().and_then(|file| file.modified()).ok()
}

/// Takes a renewed certificate; one that cannot be used leaves the old one in place.
fn reload(shown: &Shown, cert: &str, key: &str, provider: &Arc<CryptoProvider>) {
    let written = written_at(cert);
    let before = shown.key.lock().unwrap_or_else(PoisonError::into_inner).1;
    if written.is_none() || written == before {
        return;
    }
    match load(cert, key, provider) {
        Ok(loaded) => {
            *shown.key.lock().unwrap_or_else(PoisonError::into_inner) = (loaded, written);
            tracing::info!(file = cert, "certificate_renewed");
        }
        // Cert and key are two files: the next look finds both new.
        Err(error) => {
            tracing::warn!(file = cert, error = &error as &dyn std::error::Error, "certificate_not_renewed");
        }
    }
}

fn load(cert: &str, key: &str, provider: &Arc<CryptoProvider>) -> Result<Arc<CertifiedKey>, TlsError> {
    let in_file = |path: &str| {
        let path = path.to_owned();
        move |source| TlsError::File { path, source }
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(cert).map_err(in_file(cert))?.collect();
    let key_der = PrivateKeyDer::from_pem_file(key).map_err(in_file(key))?;
    let certified = CertifiedKey::from_der(chain.map_err(in_file(cert))?, key_der, provider);
    certified.map(Arc::new).map_err(TlsError::Key)
}
