//! Streams to an SMSC: TCP, or TLS over it.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::SmppRoute;

/// How to speak TLS. The server's certificate is always verified.
#[derive(Debug, Clone, Default)]
pub struct TlsOptions {
    /// Name the certificate must carry; the route's host when `None`.
    pub server_name: Option<String>,
    /// PEM file of the only authorities trusted, for carriers with a private one; the system's when empty.
    pub ca_file: String,
}

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The server's name is no host name.
    #[error("`{0}` is not a server name")]
    ServerName(String),
    /// The given authorities cannot be used.
    #[error(transparent)]
    Authorities(#[from] flexio_tls::TlsError),
}

/// A usable stream.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Makes streams to one SMSC.
#[derive(Clone)]
pub(super) struct Connector {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Connector {
    pub(super) fn new(route: &SmppRoute) -> Result<Self, TlsError> {
        let tls = match &route.tls {
            None => None,
            Some(options) => {
                let name = options.server_name.as_ref().unwrap_or(&route.host);
                let server =
                    ServerName::try_from(name.clone()).map_err(|_| TlsError::ServerName(name.clone()))?;
                Some((TlsConnector::from(flexio_tls::client(&options.ca_file)?), server))
            }
        };
        Ok(Self { host: route.host.clone(), port: route.port, tls })
    }

    /// Connects. The session bounds the time: the future is dropped at its deadline.
    pub(super) async fn connect(self) -> io::Result<Box<dyn Stream>> {
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await?;
        // Without it a window of small PDUs waits for the peer's delayed acknowledgements.
        tcp.set_nodelay(true)?;
        match self.tls {
            None => Ok(Box::new(tcp)),
            Some((connector, name)) => Ok(Box::new(connector.connect(name, tcp).await?)),
        }
    }
}
