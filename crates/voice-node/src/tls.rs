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

use crate::config::{Sip, Trunk};

/// Names that are remembered by address, of trunks and of what was dialled each.
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
    /// Trust the authorities of a trunk, by its name; as everywhere, where it has none of its own.
    authorities: HashMap<String, Arc<ClientConfig>>,
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

/// A table that is full begins anew.
fn put<T>(table: &mut HashMap<SocketAddr, T>, address: SocketAddr, value: T) {
    if table.len() >= MAX_NAMES {
        table.clear();
    }
    table.insert(address, value);
}

impl Names {
    /// Reads the authorities of the trunks that have their own.
    pub(crate) fn new(trunks: &[Trunk]) -> Result<Self, TlsError> {
        let own = trunks.iter().filter(|trunk| !trunk.tls_ca.is_empty());
        let authorities = own.map(|trunk| Ok((trunk.name.clone(), flexio_tls::client(&trunk.tls_ca)?)));
        let authorities = authorities.collect::<Result<_, TlsError>>()?;
        Ok(Self(Arc::new(Mutex::new(Known { authorities, ..Known::default() }))))
    }

    /// What is at `address` must show a certificate for `name`. A table that is full begins anew: an address without name
    /// has to prove its IP address.
    pub(crate) fn note(&self, address: SocketAddr, name: &str) {
        let known = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        put(&mut known.dialled, address, name.to_owned());
    }

    /// What is at `address` is the trunk's, and must show a certificate for `name` of its authorities. It is noted with each look-up, so
    /// a table that began anew is whole again with the next.
    pub(crate) fn note_trunk(&self, address: SocketAddr, name: &str, trunk: &str) {
        let known = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let config = known.authorities.get(trunk).cloned();
        put(&mut known.trunks, address, Peer { name: name.to_owned(), config });
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
        Ok(Self { acceptor, config: flexio_tls::client(&config.tls_ca)?, names })
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
