//! Connections: accepted up to a number, each with a time limit for the request's head, drained at the end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use flexio_tls::TlsAcceptor;
use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

use crate::ApiConfig;

/// Streams of one HTTP/2 connection at a time.
const HTTP2_STREAMS_MAX: u32 = 128;
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Pause after the listener failed, for instance for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` on `listener` until `stop` resolves, then finishes what is being answered, for at most `drain`.
///
/// Beyond [`ApiConfig::connections_max`] connections wait in the listener's backlog. A head that does not come within
/// [`ApiConfig::head_timeout_s`] ends its connection, and so does a handshake: with `tls` nothing is answered in the clear.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    config: &ApiConfig,
    stop: impl Future<Output = ()>,
    drain: Duration,
) {
    let connections = Arc::new(Semaphore::new(config.connections_max.max(1)));
    let graceful = GracefulShutdown::new();
    let builder = builder(config);
    let mut stop = std::pin::pin!(stop);
    loop {
        let (permit, accepted) = tokio::select! {
            biased;
            () = &mut stop => break,
            next = next(&listener, &connections) => next,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Answers are small and written whole: waiting for more only adds time.
                let _ = stream.set_nodelay(true);
                let door = Door { router: router.clone(), builder: builder.clone(), peer };
                let watcher = graceful.watcher();
                let (tls, patience) = (tls.clone(), patience(config));
                tokio::spawn(async move {
                    match tls {
                        None => door.answer(stream, watcher).await,
                        Some(tls) => match tokio::time::timeout(patience, tls.accept(stream)).await {
                            Ok(Ok(stream)) => door.answer(stream, watcher).await,
                            Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS"),
                            Err(_) => tracing::debug!(%peer, "no TLS in time"),
                        },
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections were cut at the end of the drain");
    }
}

/// One connection and what answers it.
struct Door {
    router: Router,
    builder: auto::Builder<TokioExecutor>,
    peer: SocketAddr,
}

impl Door {
    async fn answer(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, watcher: Watcher) {
        let Self { router, builder, peer } = self;
        let service = hyper_util::service::TowerToHyperService::new(tower::service_fn(
            move |mut request: Request<_>| {
                request.extensions_mut().insert(ConnectInfo(peer));
                router.clone().oneshot(request)
            },
        ));
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        // A client that breaks off or is too slow is its own affair.
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(error, "connection ended");
        }
    }
}

/// How long a client may take for a handshake, and for a request's head.
fn patience(config: &ApiConfig) -> Duration {
    Duration::from_secs(u64::from(config.head_timeout_s.max(1)))
}

fn builder(config: &ApiConfig) -> auto::Builder<TokioExecutor> {
    let patience = patience(config);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS_MAX)
        .keep_alive_interval(Some(patience))
        .max_header_list_size(64 * 1024);
    builder
}

async fn next(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> (OwnedSemaphorePermit, std::io::Result<(tokio::net::TcpStream, SocketAddr)>) {
    let permit = Arc::clone(connections).acquire_owned().await.expect("the semaphore is never closed");
    (permit, listener.accept().await)
}
