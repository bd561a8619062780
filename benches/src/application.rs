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

/// What callers of a soak get, in turns: a room of a few, a recording, keys awaited, a room again.
fn soak_document(number: u64) -> String {
    let verb = match number % 4 {
        0 | 2 => {
            let room = number / 4 % 10;
            format!(r#"<Dial><Conference beep="false" waitUrl="">soak-{room}</Conference></Dial>"#)
        }
        1 => r#"<Record maxLength="60" timeout="60" playBeep="false"/>"#.to_owned(),
        _ => r#"<Gather timeout="60" numDigits="1"><Play digits="w"/></Gather>"#.to_owned(),
    };
    format!("<Response>{verb}</Response>")
}

/// All callers meet in one conference.
const ROOM: &str = r#"<Response><Dial><Conference beep="false" waitUrl="" maxParticipants="1000">room</Conference></Dial></Response>"#;

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
        let soaked = Arc::new(AtomicU64::new(0));
        let router = Router::new()
            .route(
                "/soak",
                post(move || async move {
                    let number = soaked.fetch_add(1, Ordering::Relaxed);
                    ([(CONTENT_TYPE, "application/xml")], soak_document(number))
                }),
            )
            .route("/room", post(|| async { ([(CONTENT_TYPE, "application/xml")], ROOM) }))
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

    /// For `VoiceUrl` of a soak.
    pub(crate) fn soak_url(&self) -> String {
        format!("http://{}/soak", self.address)
    }

    /// For `VoiceUrl` where all callers meet.
    pub(crate) fn room_url(&self) -> String {
        format!("http://{}/room", self.address)
    }

    /// For `StatusCallback`.
    pub(crate) fn status_url(&self) -> String {
        format!("http://{}/status", self.address)
    }
}
