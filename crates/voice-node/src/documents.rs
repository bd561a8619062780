//! Asking applications for documents.

use std::sync::Arc;

use flexio_app::{App, AppError, DocumentRequest};
use flexio_domain::{AccountSid, CallSid, HttpMethod};
use flexio_markup::{Body, InterpretError, Limits, interpret};
use flexio_outbound::{CookieJar, DocumentKind, FetchError, InstructionRequest, Outbound, Signer, WireForm};
use flexio_voice::{self as voice, Fetch};

/// Cookies of one leg's requests, shared by the fetches of that leg, which run one after the other.
pub(crate) type Cookies = Arc<tokio::sync::Mutex<CookieJar>>;

/// The status of the answer, if there was one, and the document or what was wrong.
pub(crate) type Answered = (Option<u16>, Result<flexio_markup::Document, voice::FetchError>);

/// Gets the document of one fetch: from a flow, or over HTTP.
pub(crate) async fn get_for(
    app: &App,
    account: AccountSid,
    (outbound, signer, cookies): (&Outbound, &Signer, &Cookies),
    fetch: &Fetch,
) -> Answered {
    if !is_flow(app, &fetch.url) {
        return get(outbound, signer, cookies, fetch).await;
    }
    (None, flow_document(app, account, fetch).await)
}

async fn flow_document(
    app: &App,
    account: AccountSid,
    fetch: &Fetch,
) -> Result<flexio_markup::Document, voice::FetchError> {
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
pub(crate) async fn get(outbound: &Outbound, signer: &Signer, cookies: &Cookies, fetch: &Fetch) -> Answered {
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
    let response = match outbound.fetch_instructions(request).await {
        Ok(response) => response,
        Err(error) => {
            let status = if let FetchError::Status(status) = error { Some(status) } else { None };
            return (status, Err(fetch_error(&error)));
        }
    };
    let body = Body {
        url: &response.final_url,
        content_type: Some(response.content_type.as_str()).filter(|text| !text.is_empty()),
        // The body of an audio answer is not read: the document only names its URL.
        bytes: if response.kind == DocumentKind::Audio { b"audio" } else { &response.body },
    };
    let document = interpret(body, fetch.kind, fetch.dialect, &Limits::default());
    let document = document.map_err(|error| match error {
        InterpretError::ContentType(text) => voice::FetchError::ContentType(text),
        InterpretError::Parse(error) => voice::FetchError::Parse(error.to_string()),
    });
    (Some(response.status), document)
}

/// What the timeline tells of a fetch. Queries and user-info may hold secrets: they are left out of the URL.
pub(crate) fn facts(
    fetch: &Fetch,
    took: std::time::Duration,
    (status, result): &Answered,
) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("url", bare(&fetch.url)),
        ("method", method(fetch.method).as_str().to_owned()),
        ("purpose", format!("{:?}", fetch.purpose).to_lowercase()),
        ("duration_ms", took.as_millis().to_string()),
    ];
    facts.extend(status.map(|status| ("status", status.to_string())));
    facts.extend(result.as_ref().err().map(|error| ("error", error.to_string())));
    facts
}

/// What was asked, so that it can be asked again; nothing of flows, which are no application of somebody else.
pub(crate) fn asked(app: &App, call: CallSid, fetch: &Fetch) -> Option<String> {
    if is_flow(app, &fetch.url) {
        return None;
    }
    let classic = wire(fetch.dialect) == WireForm::Rcml;
    let request = DocumentRequest::new(&fetch.url, method(fetch.method), &fetch.params, classic);
    app.keep_request(call, &request)
}

fn bare(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let host_at = rest.find('/').unwrap_or(rest.len());
            let (authority, path) = rest.split_at(host_at);
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => url.to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn secrets_of_a_url_are_not_told() {
        assert_eq!(bare("https://user:pass@a.test:8443/x/@y?token=1#z"), "https://a.test:8443/x/@y");
        assert_eq!(
            (bare("https://a.test"), bare("flow:FW1?x=1")),
            ("https://a.test".into(), "flow:FW1".into())
        );
    }
}
