//! One request of any method to a web service of a customer: what flows make.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::{FetchError, Outbound};

/// Headers of one request, at most.
const HEADERS_MAX: usize = 50;
/// Longest time one request may be given.
const TIMEOUT_MAX: Duration = Duration::from_secs(30);
/// Headers a customer does not choose: they belong to the connection.
const REFUSED: [HeaderName; 5] =
    [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION, header::UPGRADE];

/// A request as a customer composed it.
#[derive(Debug, Clone, Copy)]
pub struct ExchangeRequest<'a> {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'a str,
    /// Absolute.
    pub url: &'a str,
    /// Names and values; those of the connection are left out.
    pub headers: &'a [(String, String)],
    /// Body.
    pub body: Option<&'a str>,
    /// Time for all of it, at most 30 s.
    pub timeout: Duration,
    /// Value of `I-Twilio-Idempotency-Token`, the same when the request is made again.
    pub idempotency_token: &'a str,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeResponse {
    /// Any status; redirects are not followed.
    pub status: u16,
    /// Decompressed body.
    pub body: Vec<u8>,
    /// How long it took.
    pub took: Duration,
}

impl Outbound {
    /// Makes one request, behind the guard of all others and at the same places as requests for instructions.
    pub async fn exchange(&self, request: ExchangeRequest<'_>) -> Result<ExchangeResponse, FetchError> {
        let shared = &self.shared;
        let target = shared.targets.check(request.url)?;
        let method = match request.method {
            "GET" => Method::GET,
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            "PATCH" => Method::PATCH,
            "DELETE" => Method::DELETE,
            _ => return Err(FetchError::BadUrl("the method is not known")),
        };
        let mut headers = laid_out(&request)?;
        if let Some(authorization) = target.authorization.clone() {
            headers.entry(header::AUTHORIZATION).or_insert(authorization);
        }
        let timeout = request.timeout.min(TIMEOUT_MAX);
        let began = Instant::now();
        let body = request.body.map(|body| Bytes::copy_from_slice(body.as_bytes()));
        let whole = async {
            let pass =
                shared.instructions.enter(target.host_key(), timeout).await.map_err(|_| FetchError::Busy)?;
            let answer = shared.send_as(pass, method, target.url.clone(), (headers, body)).await?;
            let status = answer.status().as_u16();
            let body = answer.body(shared.config.instruction_bytes_max).await?;
            Ok(ExchangeResponse { status, body, took: began.elapsed() })
        };
        tokio::time::timeout(timeout, whole).await.unwrap_or(Err(FetchError::Timeout))
    }
}

fn laid_out(request: &ExchangeRequest<'_>) -> Result<HeaderMap, FetchError> {
    let refused = FetchError::BadUrl("a header cannot be sent");
    if request.headers.len() > HEADERS_MAX {
        return Err(refused);
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"));
    for (name, value) in request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused.clone())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| refused.clone())?;
        value.set_sensitive(name == header::AUTHORIZATION);
        if !REFUSED.contains(&name) {
            headers.insert(name, value);
        }
    }
    if let Ok(token) = HeaderValue::from_str(request.idempotency_token) {
        headers.insert(HeaderName::from_static("i-twilio-idempotency-token"), token);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request<'a>(method: &'a str, url: &'a str, headers: &'a [(String, String)]) -> ExchangeRequest<'a> {
        ExchangeRequest {
            method,
            url,
            headers,
            body: None,
            timeout: Duration::from_secs(1),
            idempotency_token: "t",
        }
    }

    #[tokio::test]
    async fn what_the_guard_refuses_is_not_asked() {
        let outbound = Outbound::new(crate::OutboundConfig::default()).unwrap();
        for (method, url) in [
            ("GET", "http://127.0.0.1:9/x"),
            ("POST", "http://[::1]/"),
            ("GET", "file:///etc/passwd"),
            ("TRACE", "http://a.test/"),
        ] {
            let outcome = outbound.exchange(request(method, url, &[])).await;
            assert!(
                matches!(outcome, Err(FetchError::NotAllowed | FetchError::BadUrl(_))),
                "{url}: {outcome:?}"
            );
        }
    }

    #[test]
    fn headers_of_the_connection_are_left_out_and_broken_ones_refused() {
        let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        assert!(laid_out(&request("GET", "", &pair("X-A", "b\r\nX-B: c"))).is_err());
        assert!(laid_out(&request("GET", "", &pair("X A", "b"))).is_err());
        assert_eq!(laid_out(&request("GET", "", &pair("Host", "internal"))).unwrap().get("host"), None);
        assert_eq!(laid_out(&request("GET", "", &pair("X-Key", "k"))).unwrap()["x-key"], "k");
    }
}
