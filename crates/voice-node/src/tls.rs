//! TLS of SIP connections: our certificate for those who come, and whom we trust when we connect (RFC 5922).

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use crate::config::Sip;

/// How often the files of certificate and key are looked at for new ones.
const RELOAD_EVERY: Duration = Duration::from_secs(60);
/// Names of peers that are remembered, by address.
const MAX_NAMES: usize = 4_096;

/// Why TLS cannot be served or used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// `tls_listen` or `wss_listen` without certificate and key.
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

/// Both directions of TLS.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: Option<TlsAcceptor>,
    connector: TlsConnector,
    names: Names,
}

/// Names that peers must prove, by the addresses they resolved to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Arc<Mutex<HashMap<SocketAddr, String>>>);

impl Names {
    /// What is at `address` must show a certificate for `name`. A table that is full begins anew: an address without name
    /// has to prove its IP address.
    pub(crate) fn note(&self, address: SocketAddr, name: &str) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= MAX_NAMES {
            names.clear();
        }
        names.insert(address, name.to_owned());
    }

    fn of(&self, address: SocketAddr) -> io::Result<ServerName<'static>> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match names.get(&address) {
            Some(name) => ServerName::try_from(name.clone()).map_err(io::Error::other),
            None => Ok(ServerName::IpAddress(address.ip().into())),
        }
    }
}

impl Tls {
    /// By the configuration; the acceptor only with a certificate.
    pub(crate) fn new(config: &Sip, names: Names) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let listens = config.tls_listen.is_some() || config.wss_listen.is_some();
        let acceptor = match (config.tls_cert.is_empty() || config.tls_key.is_empty(), listens) {
            (true, true) => return Err(TlsError::NoCertificate),
            (true, false) => None,
            (false, _) => Some(acceptor(config, &provider)?),
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Key)?;
        let connector = builder.with_root_certificates(roots(&config.tls_ca)?).with_no_client_auth();
        Ok(Self { acceptor, connector: TlsConnector::from(Arc::new(connector)), names })
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<server::TlsStream<TcpStream>> {
        match &self.acceptor {
            Some(acceptor) => acceptor.accept(stream).await,
            None => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    pub(crate) async fn connect(
        &self,
        remote: SocketAddr,
        stream: TcpStream,
    ) -> io::Result<client::TlsStream<TcpStream>> {
        self.connector.connect(self.names.of(remote)?, stream).await
    }
}

/// The authorities of the file, else the system's.
fn roots(file: &str) -> Result<RootCertStore, TlsError> {
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
    Ok(roots)
}

fn acceptor(config: &Sip, provider: &Arc<rustls::crypto::CryptoProvider>) -> Result<TlsAcceptor, TlsError> {
    let (cert, key) = (config.tls_cert.clone(), config.tls_key.clone());
    let written = written_at(&cert);
    let shown = Arc::new(Shown { key: Mutex::new((load(&cert, &key, provider)?, written)) });
    let server = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Key)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(&shown) as Arc<dyn ResolvesServerCert>);
    let (weak, provider) = (Arc::downgrade(&shown), Arc::clone(provider));
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
fn reload(shown: &Shown, cert: &str, key: &str, provider: &Arc<rustls::crypto::CryptoProvider>) {
    let written = written_at(cert);
    let before = shown.key.lock().unwrap_or_else(PoisonError::into_inner).1;
    if written.is_none() || written == before {
        return;
    }
    match load(cert, key, provider) {
        Ok(loaded) => {
            *shown.key.lock().unwrap_or_else(PoisonError::into_inner) = (loaded, written);
            tracing::info!("sip_certificate_renewed");
        }
        // Cert and key are two files: the next look finds both new.
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "sip_certificate_not_renewed");
        }
    }
}

fn load(
    cert: &str,
    key: &str,
    provider: &Arc<rustls::crypto::CryptoProvider>,
) -> Result<Arc<CertifiedKey>, TlsError> {
    let in_file = |path: &str| {
        let path = path.to_owned();
        move |source| TlsError::File { path, source }
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(cert).map_err(in_file(cert))?.collect();
    let key_der = PrivateKeyDer::from_pem_file(key).map_err(in_file(key))?;
    let certified = CertifiedKey::from_der(chain.map_err(in_file(cert))?, key_der, provider);
    certified.map(Arc::new).map_err(TlsError::Key)
}
