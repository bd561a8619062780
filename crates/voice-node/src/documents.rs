//! Asking applications for documents.

use std::sync::Arc;

use flexio_app::{App, AppError};
use flexio_domain::AccountSid;
use flexio_domain::HttpMethod;
use flexio_markup::{Body, InterpretError, Limits, interpret};
use flexio_outbound::{CookieJar, DocumentKind, FetchError, InstructionRequest, Outbound, Signer, WireForm};
use flexio_voice::{self as voice, Fetch};

/// Cookies of one leg's requests, shared by the fetches of that leg, which run one after the other.
pub(crate) type Cookies = Arc<tokio::sync::Mutex<CookieJar>>;

/// Gets the document of one fetch: from a flow, or over HTTP.
pub(crate) async fn get_for(
    app: &App,
    account: AccountSid,
    (outbound, signer, cookies): (&Outbound, &Signer, &Cookies),
    fetch: &Fetch,
) -> Result<flexio_markup::Document, voice::FetchError> {
    if !is_flow(app, &fetch.url) {
        return get(outbound, signer, cookies, fetch).await;
    }
    let text = match app.flow_document(account, &fetch.url, &fetch.params).await {
        Ok(Some(text)) => text,
        Ok(None) => return Err(voice::FetchError::Status(404)),
        Err(AppError::Store(error)) => {
            tracing::warn!(%error, "flow_not_run");
            return Err(voice::FetchError::Status(503));
        }
        Err(error) => {
            tracing::warn!(%error, "flow_not_run");
            return Err(voice::FetchError::Status(500));
        }
    };
    // Flows speak TwiML, whatever the number's own documents are written in.
    let dialect = flexio_markup::Dialect::Twiml;
    flexio_markup::parse(text.as_bytes(), fetch.kind, dialect, &Limits::default())
        .map_err(|error| voice::FetchError::Parse(error.to_string()))
}

/// Whether a URL is a flow's, or that of one of its executions.
pub(crate) fn is_flow(app: &App, url: &str) -> bool {
    url.starts_with("flow:") || flexio_app::flows::flow_url_of(url, &app.config.public_base_url).is_some()
}

/// Gets the document of one fetch.
pub(crate) async fn get(
    outbound: &Outbound,
    signer: &Signer,
    cookies: &Cookies,
    fetch: &Fetch,
) -> Result<flexio_markup::Document, voice::FetchError> {
    let mut cookies = cookies.lock().await;
    let request = InstructionRequest {
        url: &fetch.url,
        method: method(fetch.method),
        params: &fetch.params,
        signer,
        cookies: &mut cookies,
        timeout: None,
        wire: wire(fetch.dialect),
        idempotency_token: None,
    };
    let response = outbound.fetch_instructions(request).await.map_err(|error| fetch_error(&error))?;
    let body = Body {
        url: &response.final_url,
        content_type: Some(response.content_type.as_str()).filter(|text| !text.is_empty()),
        // The body of an audio answer is not read: the document only names its URL.
        bytes: if response.kind == DocumentKind::Audio { b"audio" } else { &response.body },
    };
    interpret(body, fetch.kind, fetch.dialect, &Limits::default()).map_err(|error| match error {
        InterpretError::ContentType(text) => voice::FetchError::ContentType(text),
        InterpretError::Parse(error) => voice::FetchError::Parse(error.to_string()),
    })
}

fn method(method: flexio_markup::Method) -> HttpMethod {
    match method {
        flexio_markup::Method::Get => HttpMethod::Get,
        flexio_markup::Method::Post => HttpMethod::Post,
    }
}

fn wire(dialect: flexio_markup::Dialect) -> WireForm {
    match dialect {
        flexio_markup::Dialect::Rcml => WireForm::Rcml,
        flexio_markup::Dialect::Twiml | flexio_markup::Dialect::Auto => WireForm::Twiml,
    }
}

fn fetch_error(error: &FetchError) -> voice::FetchError {
    match error {
        FetchError::Status(status) => voice::FetchError::Status(*status),
        FetchError::Timeout | FetchError::Busy | FetchError::NoAnswer | FetchError::Closed => {
            voice::FetchError::Timeout
        }
        FetchError::TooManyRedirects => voice::FetchError::Redirects,
        FetchError::BodyTooLarge | FetchError::HeadTooLarge => voice::FetchError::TooLarge,
        FetchError::BadUrl(_) | FetchError::NotAllowed => voice::FetchError::Forbidden(error.to_string()),
        FetchError::ContentType => voice::FetchError::ContentType("of another kind".to_owned()),
        other => voice::FetchError::Connect(other.to_string()),
    }
}
