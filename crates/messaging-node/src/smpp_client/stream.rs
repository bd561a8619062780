//! Streams to an SMSC: TCP, or TLS over it.

use std::{io, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        self, ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use super::SmppRoute;

/// How to speak TLS. The server's certificate is always verified.
#[derive(Debug, Clone, Default)]
pub struct TlsOptions {
    /// Name the certificate must carry; the route's host when `None`.
    pub server_name: Option<String>,
    /// PEM file of the only authorities trusted, for carriers with a private one; the system's when `None`.
    pub ca_pem: Option<Vec<u8>>,
}

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The server's name is no host name.
    #[error("`{0}` is not a server name")]
    ServerName(String),
    /// The given authorities cannot be read.
    #[error("the certificate authorities cannot be read")]
    Authorities(#[source] rustls::pki_types::pem::Error),
    /// One of the given authorities cannot be used.
    #[error("a certificate authority cannot be used")]
    Authority(#[source] rustls::Error),
    /// There is no authority to verify against.
    #[error("there is no certificate authority to verify the server with")]
    NoAuthority,
    /// The library refuses its own defaults.
    #[error("TLS versions are not available")]
    Versions(#[source] rustls::Error),
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
                Some((TlsConnector::from(Arc::new(client_config(options)?)), server))
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

fn client_config(options: &TlsOptions) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = &options.ca_pem {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.map_err(TlsError::Authorities)?).map_err(TlsError::Authority)?;
        }
    } else {
        // Systems carry odd certificates; those that cannot be used are left out.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() {
        return Err(TlsError::NoAuthority);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Versions)?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
