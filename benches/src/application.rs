//! The customer's application: answers calls with one document and counts what it is told of messages.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use tokio::net::TcpListener;

/// Answers at once (a pause alone would let it ring on), plays nothing, and lasts long enough that it is the caller who hangs up.
const DOCUMENT: &str =
    r#"<?xml version="1.0" encoding="UTF-8"?><Response><Play digits="w"/><Pause length="30"/></Response>"#;

/// What the application has been told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Requests of any kind.
    pub requests: AtomicU64,
    /// Status callbacks that say `delivered`.
    pub delivered: AtomicU64,
}

/// A running one; it ends with the runtime.
#[derive(Debug)]
pub(crate) struct Application {
    address: SocketAddr,
    /// Counters.
    pub told: Arc<Told>,
}

impl Application {
    /// Starts it on a free port.
    pub(crate) async fn start() -> Result<Self> {
        let told = Arc::new(Told::default());
        let (for_voice, for_status) = (Arc::clone(&told), Arc::clone(&told));
        let router = Router::new()
            .route(
                "/voice",
                post(move || async move {
                    for_voice.requests.fetch_add(1, Ordering::Relaxed);
                    ([(CONTENT_TYPE, "application/xml")], DOCUMENT)
                }),
            )
            .route(
                "/status",
                post(move |body: Bytes| async move {
                    for_status.requests.fetch_add(1, Ordering::Relaxed);
                    let body = String::from_utf8_lossy(&body);
                    if body.split('&').any(|field| field == "MessageStatus=delivered") {
                        for_status.delivered.fetch_add(1, Ordering::Relaxed);
                    }
                    StatusCode::NO_CONTENT
                }),
            );
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, told })
    }

    /// For `VoiceUrl`.
    pub(crate) fn voice_url(&self) -> String {
        format!("http://{}/voice", self.address)
    }

    /// For `StatusCallback`.
    pub(crate) fn status_url(&self) -> String {
        format!("http://{}/status", self.address)
    }
}
