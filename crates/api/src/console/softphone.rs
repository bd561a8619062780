//! The softphone's connection: SIP over a WebSocket (RFC 7118) at the console's own address, so that it needs no port, certificate or
//! name besides those the page came by. HTTP only opens it; from then on it is the voice node's.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use base64::Engine as _;
use flexio_domain::{E164, ErrorCode};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use super::Reply;
use crate::dialect::{Face, Format};
use crate::error::{Result, invalid, refuse};
use crate::{Api, dressed};

/// A connection that has become a WebSocket.
pub type Upgraded = TokioIo<hyper::upgrade::Upgraded>;
/// Takes the WebSockets of softphones; the address is the browser's.
pub type SoftphoneDoor = Arc<dyn Fn(Upgraded, SocketAddr) + Send + Sync>;

/// Of every server (RFC 6455 §1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Opens a WebSocket for whoever has signed in. Pages of other sites cannot: the cookie is `SameSite=Lax`, and a token is asked for
/// in SIP besides.
pub(crate) async fn socket(State(api): State<Arc<Api>>, request: Request<Body>) -> Response<Body> {
    let opened = api.open_softphone(request).await;
    opened.unwrap_or_else(|error| {
        let mut response = api.refusal(&error, Face::Native, Format::Json).into_response();
        response.headers_mut().remove(header::WWW_AUTHENTICATE);
        dressed(response)
    })
}

impl Api {
    async fn open_softphone(&self, mut request: Request<Body>) -> Result<Response<Body>> {
        let principal = self.seated(request.headers(), &Method::GET).await?;
        self.enrolled(&principal)?;
        let door = self.softphones.get().ok_or(ErrorCode::NotFound)?.clone();
        let accept = accept_of(request.headers())?;
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
        let peer = peer.ok_or(ErrorCode::NotFound)?;
        let ip = self.client(request.headers(), Some(&ConnectInfo(peer)));
        let remote = SocketAddr::new(ip.unwrap_or(peer.ip()), peer.port());
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            // A browser that breaks off meanwhile is its own affair.
            if let Ok(upgraded) = upgrade.await {
                door(TokioIo::new(upgraded), remote);
            }
        });
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("sip"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        Ok(response)
    }

    /// A phone for the person: `caller_id` is a number of the account, or a verified one.
    pub(super) fn softphone(&self, seat: &flexio_app::Seat, given: &Value) -> Result<Reply> {
        let caller_id = given["caller_id"].as_str().map(str::parse::<E164>).transpose();
        let caller_id = caller_id.map_err(|_| invalid("caller_id", "is not a number"))?;
        let phone = self.app.softphone(seat, caller_id.as_ref())?;
        Ok(Reply::ok(json!({
            "identity": phone.identity, "token": phone.token, "lifetime_s": phone.lifetime_s,
        })))
    }
}

/// The answer to the browser's key, where it asks for a WebSocket that speaks SIP (RFC 6455 §4.2.2).
fn accept_of(headers: &HeaderMap) -> Result<HeaderValue> {
    let has = |name: header::HeaderName, word: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|list| list.split(',')).any(|one| one.trim().eq_ignore_ascii_case(word))
    };
    let asks = has(header::UPGRADE, "websocket")
        && has(header::CONNECTION, "upgrade")
        && has(header::SEC_WEBSOCKET_VERSION, "13")
        && has(header::SEC_WEBSOCKET_PROTOCOL, "sip");
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| asks);
    let key =
        key.ok_or_else(|| refuse(ErrorCode::InvalidParameter, "This is for WebSockets that speak SIP."))?;
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    let accept = base64::engine::general_purpose::STANDARD.encode(digest);
    HeaderValue::from_str(&accept).map_err(|_| ErrorCode::InvalidParameter.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_that_of_the_specification() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("upgrade", "WebSocket"),
            ("connection", "keep-alive, Upgrade"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-protocol", "sip"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        // RFC 6455 §1.3.
        assert_eq!(accept_of(&headers).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        headers.remove("sec-websocket-protocol");
        assert!(accept_of(&headers).is_err());
    }
}
