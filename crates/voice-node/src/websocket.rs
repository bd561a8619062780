//! SIP over WebSocket (RFC 7118): the handshake with subprotocol `sip`, one message of SIP in one message of the WebSocket.

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use crate::stream::{HANDSHAKE_TIMEOUT, IDLE, Link, Outgoing, WRITE_TIMEOUT};

const PROTOCOL: &str = "Sec-WebSocket-Protocol";

/// Serves a browser until either side ends it.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S, link: &mut Link) {
    let handshake = accept_hdr_async_with_config(stream, subprotocol, Some(limits()));
    if let Ok(Ok(socket)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake).await {
        converse(socket, link).await;
    }
}

/// Serves a browser whose handshake was done elsewhere.
pub(crate) async fn serve_open<S: AsyncRead + AsyncWrite + Unpin>(stream: S, link: &mut Link) {
    converse(WebSocketStream::from_raw_socket(stream, Role::Server, Some(limits())).await, link).await;
}

fn limits() -> WebSocketConfig {
    let limit = Some(flexio_sip::limits::MAX_DATAGRAM);
    WebSocketConfig::default().max_message_size(limit).max_frame_size(limit)
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocketStream<S>, link: &mut Link) {
    loop {
        let reply = tokio::select! {
            received = socket.next() => {
                let bytes = match received {
                    Some(Ok(Message::Text(text))) => text.as_bytes().to_vec(),
                    Some(Ok(Message::Binary(bytes))) => bytes.to_vec(),
                    // Pings are answered by the library.
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                };
                if bytes == b"\r\n\r\n" {
                    // Keep-alive of RFC 5626 §4.4.1.
                    Message::text("\r\n")
                } else if link.received(bytes).await {
                    continue;
                } else {
                    return;
                }
            }
            order = link.outgoing.recv() => match order {
                Some(Outgoing::Bytes(bytes)) => match std::str::from_utf8(&bytes) {
                    Ok(text) => Message::text(text),
                    Err(_) => Message::binary(bytes.to_vec()),
                },
                Some(Outgoing::Close) | None => {
                    let _ = tokio::time::timeout(WRITE_TIMEOUT, socket.close(None)).await;
                    return;
                }
            },
            () = tokio::time::sleep(IDLE) => return,
        };
        if !matches!(tokio::time::timeout(WRITE_TIMEOUT, socket.send(reply)).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// Takes the handshake of a client that speaks SIP (RFC 7118 §4).
#[expect(clippy::result_large_err, reason = "the library wants the response itself")]
fn subprotocol(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offered = request.headers().get_all(PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    if offered.flat_map(|list| list.split(',')).any(|name| name.trim() == "sip") {
        response.headers_mut().insert(PROTOCOL, HeaderValue::from_static("sip"));
        return Ok(response);
    }
    let mut refusal = ErrorResponse::new(Some("the subprotocol sip is wanted (RFC 7118)".to_owned()));
    *refusal.status_mut() = StatusCode::BAD_REQUEST;
    Err(refusal)
}
