//! `POST /payments/{provider}/events`: what the payment provider tells by itself, signed and without signing in.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Response};
use flexio_domain::ErrorCode;
use http::{Request, StatusCode};

use crate::Api;
use crate::error::ApiError;

/// Largest event that is read, in bytes. Stripe's are far below.
const EVENT_BYTES_MAX: usize = 512 * 1024;

/// 200: the provider need not tell it again. 400: it is not believed. 5xx: it is to be told again.
pub(crate) async fn take(
    State(api): State<Arc<Api>>,
    Path(provider): Path<String>,
    request: Request<Body>,
) -> Response {
    let client = api.client(request.headers(), request.extensions().get::<ConnectInfo<SocketAddr>>());
    let now = api.app.clock.now();
    if client.is_some_and(|client| api.failures.check(client, now).is_err()) {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    let Some(header) = api.app.payment_signature_header(&provider) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let header = request.headers().get(header).and_then(|value| value.to_str().ok());
    let signature = header.unwrap_or_default().to_owned();
    let Ok(payload) = axum::body::to_bytes(request.into_body(), EVENT_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    match api.app.take_payment_event(&signature, &payload).await {
        Ok(Ok(taken)) => (StatusCode::OK, taken.as_str()).into_response(),
        Ok(Err(error)) => {
            // Whoever does not know the secret is slowed down like whoever does not know a password.
            if let Some(client) = client {
                let _ = api.failures.take(client, now);
            }
            tracing::warn!(%error, provider, "payment_event_refused");
            (StatusCode::BAD_REQUEST, error.to_string()).into_response()
        }
        Err(error) => {
            let ApiError { code, .. } = error.into();
            let status = if code == ErrorCode::StorageFull { 503 } else { code.http_status().max(500) };
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
    }
}
