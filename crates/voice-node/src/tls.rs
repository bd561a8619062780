//! TLS of SIP connections: our certificate for those who come, and whom we trust when we connect (RFC 5922).

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

pub use flexio_tls::TlsError;
use tokio::net::TcpStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use crate::config::Sip;

/// Names of peers that are no trunks, remembered by address.
const MAX_NAMES: usize = 4_096;

/// Both directions of TLS.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: Option<TlsAcceptor>,
    /// Trusts `sip.tls_ca`, else the system's authorities.
    config: Arc<ClientConfig>,
    names: Names,
}

/// Names that peers must prove, by the addresses they resolved to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// Of trunks. What somebody dials never changes whom a trunk has to be.
    trunks: HashMap<SocketAddr, Peer>,
    /// Of addresses that were dialled.
    dialled: HashMap<SocketAddr, String>,
}

/// Whom a trunk's server has to be.
#[derive(Debug, Clone)]
struct Peer {
    name: String,
    /// Trusts the trunk's own authorities; absent: as everywhere.
    config: Option<Arc<ClientConfig>>,
}

impl Names {
    /// What is at `address` must show a certificate for `name`. A table that is full begins anew: an address without name
    /// has to prove its IP address.
    pub(crate) fn note(&self, address: SocketAddr, name: &str) {
        let dialled = &mut self.0.lock().unwrap_or_else(PoisonError::into_inner).dialled;
        if dialled.len() >= MAX_NAMES {
            dialled.clear();
        }
        dialled.insert(address, name.to_owned());
    }

    /// What is at `address` is a trunk's, and must show a certificate for `name` by whom `config` trusts, where the trunk has authorities of
    /// its own. There are as many as the trunks of the configuration resolve to.
    pub(crate) fn note_trunk(&self, address: SocketAddr, name: &str, config: Option<Arc<ClientConfig>>) {
        let trunks = &mut self.0.lock().unwrap_or_else(PoisonError::into_inner).trunks;
        trunks.insert(address, Peer { name: name.to_owned(), config });
    }

    fn of(&self, address: SocketAddr) -> io::Result<(ServerName<'static>, Option<Arc<ClientConfig>>)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let named = |name: &String| ServerName::try_from(name.clone()).map_err(io::Error::other);
        if let Some(peer) = known.trunks.get(&address) {
            return Ok((named(&peer.name)?, peer.config.clone()));
        }
        match known.dialled.get(&address) {
            Some(name) => Ok((named(name)?, None)),
            None => Ok((ServerName::IpAddress(address.ip().into()), None)),
        }
    }
}

/// Trusts the authorities of the file, else the system's.
pub(crate) fn trusting(authorities: &str) -> Result<Arc<ClientConfig>, TlsError> {
    let builder = ClientConfig::builder_with_provider(flexio_tls::provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Key)?;
    let roots = flexio_tls::roots(authorities)?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

impl Tls {
    /// By the configuration; the acceptor only with a certificate.
    pub(crate) fn new(config: &Sip, names: Names) -> Result<Self, TlsError> {
        let listens = config.tls_listen.is_some() || config.wss_listen.is_some();
        let has_certificate = !config.tls_cert.is_empty() && !config.tls_key.is_empty();
        let acceptor = if has_certificate || listens {
            Some(flexio_tls::acceptor(&config.tls_cert, &config.tls_key, &[])?)
        } else {
            None
        };
        Ok(Self { acceptor, config: trusting(&config.tls_ca)?, names })
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
        let (name, own) = self.names.of(remote)?;
        TlsConnector::from(own.unwrap_or_else(|| Arc::clone(&self.config))).connect(name, stream).await
    }
}
