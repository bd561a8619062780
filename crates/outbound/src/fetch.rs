//! Fetching instructions: one form of request, redirects by the dialect's rule, one retry, one deadline over all of it.

use std::time::Duration;

use bytes::Bytes;
use flexio_domain::HttpMethod;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use jiff::Timestamp;
use url::Url;

use crate::client::{Answer, Sending, Shared};
use crate::gate::Gate;
use crate::params::{encode, lay_out};
use crate::sign::Signed;
use crate::target::{Target, keeps_secrets};
use crate::{CookieJar, FetchError, Outbound, Signer};

/// Redirects followed for instructions and media.
const REDIRECTS_MAX: usize = 5;

pub(crate) const FORM: HeaderValue =
    HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
const ACCEPT: HeaderValue =
    HeaderValue::from_static("text/xml, application/xml, text/html;q=0.9, text/plain;q=0.8, audio/*;q=0.8");

/// Whose wire form a request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WireForm {
    /// Restcomm: on GET the platform's parameters come first; every redirect repeats method and parameters.
    Rcml,
    /// As `Rcml`, and on POST the URL's own parameters are also copied into the form, as the first generation did.
    RcmlG1,
    /// Twilio: on GET the platform's parameters come last; 301, 302 and 303 become a GET without parameters, as in a browser; the
    /// request also carries `X-Twilio-Signature`.
    Twiml,
}

impl WireForm {
    /// That of a callback with these parameters: the dialect of the receiver is the one the resource was made in.
    pub fn of(params: &[(String, String)]) -> Self {
        let classic = params.iter().any(|(name, value)| name == "ApiVersion" && value == "2012-04-24");
        if classic { Self::Rcml } else { Self::Twiml }
    }
}

/// Asks an application what to do next.
#[derive(Debug)]
pub struct InstructionRequest<'a> {
    /// As the user wrote it; may carry user-info, which becomes `Authorization: Basic`.
    pub url: &'a str,
    /// How to send the parameters.
    pub method: HttpMethod,
    /// Names and values in the order to be sent.
    pub params: &'a [(String, String)],
    /// Secrets of the account that owns the call or message.
    pub signer: &'a Signer,
    /// The cookies of this call or conversation; updated from the answer.
    pub cookies: &'a mut CookieJar,
    /// Instead of the configured total time; brought within 1 to 15 s.
    pub timeout: Option<Duration>,
    /// The dialect of the application.
    pub wire: WireForm,
    /// Value of `I-Twilio-Idempotency-Token`, the same for each try of one request.
    pub idempotency_token: Option<&'a str>,
}

/// What the body of an answer is, by its content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// RCML or `TwiML` (`text/xml`, `application/xml`, `text/html`).
    Markup,
    /// To be spoken or sent as it is (`text/plain`).
    Text,
    /// To be played from `final_url` (`audio/*`); the body was not read.
    Audio,
    /// Nothing more to do: an empty body, or 204.
    Empty,
}

/// An application's answer with a 2xx status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstructionResponse {
    /// URL of the document, after redirects and without our parameters, user-info and fragment: what relative URLs resolve against.
    pub final_url: String,
    /// 200 to 299.
    pub status: u16,
    /// `Content-Type` as sent, empty when absent.
    pub content_type: String,
    /// What to do with `body`.
    pub kind: DocumentKind,
    /// Decompressed bytes, within the configured size.
    pub body: Vec<u8>,
}

impl Outbound {
    /// Fetches the next instructions of a call or message.
    ///
    /// Tries a second time, at once and within the same total time, when no connection came about or the server failed (5xx). The
    /// fallback URL is the caller's matter. At the concurrency limit the request waits within its own time.
    pub async fn fetch_instructions(
        &self,
        request: InstructionRequest<'_>,
    ) -> Result<InstructionResponse, FetchError> {
        let shared = &self.shared;
        let total = self.total_timeout(request.timeout);
        let first = shared.targets.check(request.url)?;
        let exchange = Exchange {
            gate: &shared.instructions,
            patience: total,
            wire: request.wire,
            method: request.method,
            params: request.params,
            signer: Some(request.signer),
            token: request.idempotency_token,
            headers: HeaderMap::from_iter([(header::ACCEPT, ACCEPT)]),
        };
        let cookies = request.cookies;
        let both_tries = async {
            match shared.fetch_once(&first, &exchange, cookies).await {
                Err(error) if error.is_worth_one_retry() => {
                    shared.fetch_once(&first, &exchange, cookies).await
                }
                result => result,
            }
        };
        tokio::time::timeout(total, both_tries).await.unwrap_or(Err(FetchError::Timeout))
    }
}

/// What stays the same over the hops of one fetch.
pub(crate) struct Exchange<'a> {
    pub(crate) gate: &'a Gate,
    pub(crate) patience: Duration,
    pub(crate) wire: WireForm,
    pub(crate) method: HttpMethod,
    pub(crate) params: &'a [(String, String)],
    pub(crate) signer: Option<&'a Signer>,
    pub(crate) token: Option<&'a str>,
    pub(crate) headers: HeaderMap,
}

impl Shared {
    async fn fetch_once(
        &self,
        first: &Target,
        exchange: &Exchange<'_>,
        cookies: &mut CookieJar,
    ) -> Result<InstructionResponse, FetchError> {
        let (final_url, answer) = self.follow(first, exchange, Some(cookies)).await?;
        let status = answer.status();
        if !status.is_success() {
            answer.discard().await;
            return Err(FetchError::Status(status.as_u16()));
        }
        let content_type = answer.text(header::CONTENT_TYPE).unwrap_or_default().to_owned();
        let stated = kind_of(&content_type);
        let body = match stated {
            Some(DocumentKind::Audio) => Vec::new(),
            _ => answer.body(self.config.instruction_bytes_max).await?,
        };
        let kind = match stated {
            Some(DocumentKind::Audio) => DocumentKind::Audio,
            _ if body.is_empty() => DocumentKind::Empty,
            Some(kind) => kind,
            None if content_type.is_empty() && body.trim_ascii_start().starts_with(b"<") => {
                DocumentKind::Markup
            }
            None => return Err(FetchError::ContentType),
        };
        Ok(InstructionResponse {
            final_url: final_url.into(),
            status: status.as_u16(),
            content_type,
            kind,
            body,
        })
    }

    /// Sends the request and follows redirects, each checked like the first URL. The answer is the first that is none.
    pub(crate) async fn follow(
        &self,
        first: &Target,
        exchange: &Exchange<'_>,
        mut cookies: Option<&mut CookieJar>,
    ) -> Result<(Url, Answer), FetchError> {
        let (mut target, mut method, mut params) = (first.clone(), exchange.method, exchange.params);
        for _ in 0..=REDIRECTS_MAX {
            let sending = lay_out_hop(first, &target, method, params, exchange, cookies.as_deref());
            let pass = exchange.gate.enter(target.host_key(), exchange.patience).await?;
            let answer = self.send(pass, sending).await?;
            if let Some(jar) = cookies.as_deref_mut() {
                let set = answer
                    .headers()
                    .get_all(header::SET_COOKIE)
                    .iter()
                    .filter_map(|value| value.to_str().ok());
                set.for_each(|cookie| jar.store(&target.url, cookie, Timestamp::now()));
            }
            let Some(location) = answer.redirect() else { return Ok((target.url, answer)) };
            if exchange.wire == WireForm::Twiml && matches!(answer.status().as_u16(), 301..=303) {
                (method, params) = (HttpMethod::Get, &[]);
            }
            target = self.targets.check_redirect(&target.url, location)?;
        }
        Err(FetchError::TooManyRedirects)
    }
}

/// The request for one hop. Away from the first host it carries the parameters, and no secret of any kind.
fn lay_out_hop(
    first: &Target,
    target: &Target,
    method: HttpMethod,
    params: &[(String, String)],
    exchange: &Exchange<'_>,
    cookies: Option<&CookieJar>,
) -> Sending {
    let (url, form) = lay_out(exchange.wire, method, &target.url, params);
    let now = Timestamp::now();
    let mut headers = exchange.headers.clone();
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    if let Some(token) = exchange.token.and_then(|token| HeaderValue::from_str(token).ok()) {
        headers.insert(HeaderName::from_static("i-twilio-idempotency-token"), token);
    }
    if let Some(mut value) =
        cookies.and_then(|jar| jar.header(&url, now)).and_then(|text| HeaderValue::try_from(text).ok())
    {
        value.set_sensitive(true);
        headers.insert(header::COOKIE, value);
    }
    if keeps_secrets(&first.url, &target.url) {
        if let Some(authorization) = &first.authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        if let Some(signer) = exchange.signer {
            let signed = Signed { wire: exchange.wire, method, url: url.as_str(), form: &form, now };
            signer.sign_request(&signed, &mut headers);
        }
    }
    let body = (method == HttpMethod::Post).then(|| {
        headers.insert(header::CONTENT_TYPE, FORM);
        Bytes::from(encode(&form))
    });
    Sending { method, url, headers, body }
}

/// The kind a content type stands for; `None` for those that hold no instructions.
fn kind_of(content_type: &str) -> Option<DocumentKind> {
    let mime = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match mime.as_str() {
        "text/xml" | "application/xml" | "text/html" => Some(DocumentKind::Markup),
        "text/plain" => Some(DocumentKind::Text),
        _ if mime.starts_with("audio/") => Some(DocumentKind::Audio),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dialect_of_a_callback_is_in_its_parameters() {
        let params = |version: &str| vec![("ApiVersion".to_owned(), version.to_owned())];
        assert_eq!(WireForm::of(&params("2012-04-24")), WireForm::Rcml);
        assert_eq!(WireForm::of(&params("2010-04-01")), WireForm::Twiml);
        assert_eq!(WireForm::of(&[]), WireForm::Twiml);
    }
}
