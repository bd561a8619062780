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

/// Names of peers that are remembered, by address.
const MAX_NAMES: usize = 4_096;

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
        let listens = config.tls_listen.is_some() || config.wss_listen.is_some();
        let has_certificate = !config.tls_cert.is_empty() && !config.tls_key.is_empty();
        let acceptor = if has_certificate || listens {
            Some(flexio_tls::acceptor(&config.tls_cert, &config.tls_key)?)
        } else {
            None
        };
        let builder = ClientConfig::builder_with_provider(flexio_tls::provider())
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Key)?;
        let connector =
            builder.with_root_certificates(flexio_tls::roots(&config.tls_ca)?).with_no_client_auth();
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
