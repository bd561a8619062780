//! WebSockets (RFC 6455) to applications, behind the same guard, limits and signatures as requests.
//!
//! The upgrade is an ordinary guarded GET over HTTP/1.1, so that names, addresses, ports and certificates are judged in one place.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flexio_domain::HttpMethod;
use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use sha1::{Digest, Sha1};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use url::Url;

use crate::client::Sending;
use crate::gate::Pass;
use crate::sign::Signed;
use crate::{FetchError, Outbound, Signer, WireForm};

/// Time for name, connection, TLS and upgrade together.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);
/// RFC 6455 §1.3.
const MAGIC: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// Bytes that may wait for a slow receiver before writing fails.
const WRITE_BUFFER_BYTES: usize = 128 * 1024;

/// Opens a WebSocket to an application.
#[derive(Debug)]
pub struct WebSocketRequest<'a> {
    /// `wss:` or `ws:`, as the user wrote it; may carry user-info, which becomes `Authorization: Basic`.
    pub url: &'a str,
    /// Secrets of the account that owns the call. The upgrade is signed as a GET of the `wss:` or `ws:` URL.
    pub signer: &'a Signer,
    /// The dialect of the application.
    pub wire: WireForm,
    /// Longest message taken, in bytes; a longer one ends the connection.
    pub message_bytes_max: usize,
}

/// An open WebSocket. Dropping both halves ends the connection.
#[derive(Debug)]
pub struct WebSocket {
    /// What comes.
    pub receiver: WebSocketReceiver,
    /// What goes.
    pub sender: WebSocketSender,
}

type Socket = WebSocketStream<reqwest::Upgraded>;

/// The reading half. Answers pings while it is read.
#[derive(Debug)]
pub struct WebSocketReceiver {
    stream: futures_util::stream::SplitStream<Socket>,
    _place: Arc<Pass>,
}

/// The writing half.
#[derive(Debug)]
pub struct WebSocketSender {
    sink: futures_util::stream::SplitSink<Socket, Message>,
    _place: Arc<Pass>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebSocketMessage {
    /// UTF-8 text.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}

/// How a WebSocket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebSocketEnd {
    /// The other side closed it.
    #[error("the WebSocket was closed by the application")]
    Closed,
    /// The connection broke.
    #[error("the connection was lost")]
    Lost,
    /// A frame against RFC 6455, or a message too long.
    #[error("the application broke the WebSocket protocol")]
    Protocol,
}

impl Outbound {
    /// Opens a WebSocket. Redirects are not followed: any answer but 101 is [`FetchError::Status`].
    ///
    /// An open WebSocket holds its place until it is dropped; where `websockets_max` are open, a further one is
    /// [`FetchError::Busy`] at once.
    pub async fn open_websocket(&self, request: WebSocketRequest<'_>) -> Result<WebSocket, FetchError> {
        tokio::time::timeout(UPGRADE_TIMEOUT, self.upgrade(&request))
            .await
            .unwrap_or(Err(FetchError::Timeout))
    }

    async fn upgrade(&self, request: &WebSocketRequest<'_>) -> Result<WebSocket, FetchError> {
        let url = Url::parse(request.url.trim()).map_err(|_| FetchError::BadUrl("it cannot be read"))?;
        let target = self.shared.targets.check(over_http(url)?.as_str())?;
        let pass = self.shared.websockets.enter(target.host_key(), Duration::from_millis(1)).await?;
        let (key, accept) = keys();
        let mut headers = HeaderMap::new();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(header::SEC_WEBSOCKET_KEY, key);
        if let Some(authorization) = &target.authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        let told = over_websocket(target.url.clone());
        let now = Timestamp::now();
        let signed =
            Signed { wire: request.wire, method: HttpMethod::Get, url: told.as_str(), form: &[], now };
        request.signer.sign_request(&signed, &mut headers);
        let sending = Sending { method: HttpMethod::Get, url: target.url, headers, body: None };
        let (response, pass) = self.shared.send_upgrade(pass, sending).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        if response.headers().get(header::SEC_WEBSOCKET_ACCEPT) != Some(&accept) {
            return Err(FetchError::Protocol);
        }
        let upgraded = response.upgrade().await.map_err(|_| FetchError::Protocol)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(request.message_bytes_max))
            .max_frame_size(Some(request.message_bytes_max))
            .write_buffer_size(0)
            .max_write_buffer_size(WRITE_BUFFER_BYTES);
        let socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await;
        let (sink, stream) = socket.split();
        let place = Arc::new(pass);
        Ok(WebSocket {
            receiver: WebSocketReceiver { stream, _place: Arc::clone(&place) },
            sender: WebSocketSender { sink, _place: place },
        })
    }
}

impl WebSocketReceiver {
    /// The next message. Cancelling loses nothing.
    pub async fn read(&mut self) -> Result<WebSocketMessage, WebSocketEnd> {
        loop {
            return match self.stream.next().await {
                Some(Ok(Message::Text(text))) => Ok(WebSocketMessage::Text(text.as_str().to_owned())),
                Some(Ok(Message::Binary(bytes))) => Ok(WebSocketMessage::Binary(bytes)),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Ok(Message::Close(_))) | None => Err(WebSocketEnd::Closed),
                Some(Err(error)) => Err(end_of(&error)),
            };
        }
    }
}

impl WebSocketSender {
    /// Sends a text; waits while the receiver is slow.
    pub async fn text(&mut self, text: String) -> Result<(), WebSocketEnd> {
        self.sink.send(Message::Text(text.into())).await.map_err(|error| end_of(&error))
    }

    /// Sends bytes; waits while the receiver is slow.
    pub async fn binary(&mut self, bytes: Bytes) -> Result<(), WebSocketEnd> {
        self.sink.send(Message::Binary(bytes)).await.map_err(|error| end_of(&error))
    }

    /// Says that it ends, in good order; waits up to a second for it to be taken.
    pub async fn close(mut self) {
        let frame = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() };
        let close = self.sink.send(Message::Close(Some(frame)));
        let _ = tokio::time::timeout(Duration::from_secs(1), close).await;
    }
}

fn end_of(error: &Error) -> WebSocketEnd {
    match error {
        Error::ConnectionClosed | Error::AlreadyClosed => WebSocketEnd::Closed,
        Error::Protocol(
            tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        )
        | Error::Io(_) => WebSocketEnd::Lost,
        _ => WebSocketEnd::Protocol,
    }
}

fn keys() -> (HeaderValue, HeaderValue) {
    // RFC 6455 §4.1 wants a nonce, not a secret: it only shows that the answer belongs to this request.
    let nonce: [u8; 16] = std::array::from_fn(|_| fastrand());
    let key = STANDARD.encode(nonce);
    let digest = Sha1::new().chain_update(key.as_bytes()).chain_update(MAGIC).finalize();
    let value = |text: &str| HeaderValue::from_str(text).expect("Base64 is ASCII");
    (value(&key), value(&STANDARD.encode(digest)))
}

/// A byte of the hasher keys the standard library draws from the system.
fn fastrand() -> u8 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish().to_be_bytes()[7]
}

/// The URL the guard checks: a WebSocket is HTTP until it is upgraded.
fn over_http(url: Url) -> Result<Url, FetchError> {
    with_scheme(url, &[("ws", "http"), ("wss", "https"), ("http", "http"), ("https", "https")])
        .ok_or(FetchError::NotAllowed)
}

/// The URL that is signed: as applications know it.
fn over_websocket(url: Url) -> Url {
    with_scheme(url.clone(), &[("http", "ws"), ("https", "wss")]).unwrap_or(url)
}

fn with_scheme(mut url: Url, schemes: &[(&str, &str)]) -> Option<Url> {
    let (_, to) = schemes.iter().find(|(from, _)| *from == url.scheme())?;
    url.set_scheme(to).ok()?;
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_go_there_and_back_and_others_nowhere() {
        let url = |text: &str| Url::parse(text).unwrap();
        assert_eq!(over_http(url("wss://a.test/x?y=1")).unwrap().as_str(), "https://a.test/x?y=1");
        assert_eq!(over_http(url("ws://a.test:8080/")).unwrap().as_str(), "http://a.test:8080/");
        assert_eq!(over_http(url("ftp://a.test/")).unwrap_err(), FetchError::NotAllowed);
        assert_eq!(over_websocket(url("https://a.test/x")).as_str(), "wss://a.test/x");
    }

    #[test]
    fn the_accept_value_follows_the_rfc() {
        // RFC 6455 §1.3: the example.
        let digest = Sha1::new().chain_update(b"dGhlIHNhbXBsZSBub25jZQ==").chain_update(MAGIC).finalize();
        assert_eq!(STANDARD.encode(digest), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_ne!(keys().0, keys().0);
    }
}
