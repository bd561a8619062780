//! What is answered without signing in: health, metrics, the description of the API, and the pages of the error catalogue.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use flexio_domain::ErrorCode;
use serde_json::json;

use crate::Api;
use crate::pages;

/// The process runs.
pub(crate) async fn live() -> Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], r#"{"status":"live"}"#).into_response()
}

/// New work is taken: a durable write is possible, and the process is not draining.
pub(crate) async fn ready(State(api): State<Arc<Api>>) -> Response {
    if api.is_draining() {
        return not_ready("draining");
    }
    match api.app.store.ready().await {
        Ok(()) => {
            let store = api.app.store.describe();
            let body = json!({
                "status": "ready", "store": store.kind, "durable": store.durable, "sandbox": api.app.config.sandbox,
            });
            axum::Json(body).into_response()
        }
        Err(error) => {
            tracing::warn!(%error, "not ready");
            not_ready("storage")
        }
    }
}

fn not_ready(why: &str) -> Response {
    let body = axum::Json(json!({ "status": "not ready", "why": why }));
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], body).into_response()
}

/// Prometheus text.
pub(crate) async fn metrics(State(api): State<Arc<Api>>) -> Response {
    match &api.metrics {
        Some(render) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], render()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// OpenAPI 3.1.
pub(crate) async fn openapi() -> Response {
    axum::Json(crate::openapi()).into_response()
}

/// What each code of the debugging log means.
pub(crate) async fn notifications_page() -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], pages::html(pages::NOTIFICATIONS)).into_response()
}

/// Cause and cure of an error code.
pub(crate) async fn error_page(Path(code): Path<String>) -> Response {
    let code = code.parse().ok().and_then(|number: u32| ErrorCode::try_from(number).ok());
    match code.and_then(pages::error_page) {
        Some(page) => {
            ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], pages::html(page)).into_response()
        }
        None => (StatusCode::NOT_FOUND, "There is no such error code.").into_response(),
    }
}
