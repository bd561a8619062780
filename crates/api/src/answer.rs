//! What goes back.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};

/// A rendered answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Sent instead of `body`: a file.
    pub(crate) stream: Option<axum::body::Body>,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, content_type, body: body.into(), headers: Vec::new(), stream: None }
    }

    /// 204, nothing inside.
    pub(crate) fn empty() -> Self {
        Self::new(204, "", Bytes::new())
    }

    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn into_response(self) -> Response<axum::body::Body> {
        let mut response = Response::new(self.stream.unwrap_or_else(|| axum::body::Body::from(self.body)));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if !self.content_type.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        headers.extend(self.headers);
        response
    }
}
