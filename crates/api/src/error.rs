//! Refusals as HTTP answers: the one map from what went wrong to what the customer is told.

use flexio_app::AppError;
use flexio_domain::{ErrorCode, Reason};
use http::StatusCode;

use crate::dialect::{Face, Format};
use crate::write::Writer;

/// Why a request is not answered with what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) code: ErrorCode,
    pub(crate) detail: Option<String>,
    pub(crate) reason: Option<Reason>,
    /// Methods the path knows, for `Allow`.
    pub(crate) allow: Option<&'static str>,
    /// Seconds, for `Retry-After`.
    pub(crate) retry_after_s: Option<u32>,
    /// Status and `error` of the classic API, where the original has words of its own.
    pub(crate) classic: Option<(u16, &'static str)>,
}

pub(crate) type Result<T, E = ApiError> = std::result::Result<T, E>;

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        let retry_after_s = match code {
            ErrorCode::TooManyRequests | ErrorCode::Unavailable | ErrorCode::CallNotHere => Some(1),
            ErrorCode::StorageFull => Some(30),
            _ => None,
        };
        Self { code, detail: None, reason: None, allow: None, retry_after_s, classic: None }
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        let code = error.code();
        let known = Self::from(code);
        match error {
            AppError::Refused(refusal) => Self {
                detail: refusal.detail,
                reason: refusal.reason,
                retry_after_s: refusal.retry_after_s.or(known.retry_after_s),
                ..known
            },
            AppError::Control(error) => {
                tracing::info!(%error, code = code.number(), "call control refused");
                known
            }
            AppError::Contended => known,
            error @ (AppError::Store(_) | AppError::Vault(_)) => {
                // The cause is logged and never sent.
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, source, code = code.number(), "request failed");
                known
            }
        }
    }
}

/// A refusal that says more than the catalogue's sentence.
pub(crate) fn refuse(code: ErrorCode, detail: impl Into<String>) -> ApiError {
    ApiError { detail: Some(detail.into()), ..code.into() }
}

/// A parameter that cannot be used, with its name.
pub(crate) fn invalid(name: &str, why: &str) -> ApiError {
    refuse(ErrorCode::InvalidParameter, format!("{name} {why}."))
}

impl ApiError {
    /// The answer's status and body in one face and format. `base` is the public base URL, for `more_info`.
    pub(crate) fn render(&self, face: Face, format: Format, base: &str) -> (StatusCode, String) {
        let code = face.code(self.code);
        let classic = self.classic.filter(|_| face == Face::Native);
        let status = classic.map_or_else(|| face.status(code), |(status, _)| status);
        let message = match &self.detail {
            Some(detail) => detail.as_str(),
            None => code.sentence(),
        };
        let more_info = format!("{base}/errors/{}", code.number());
        let properties = |w: &mut Writer| {
            w.put("code", code.number());
            w.put("message", message);
            w.put("more_info", more_info.as_str());
            w.put("status", u32::from(status));
            if let Some((_, error)) = classic {
                w.put("error", error);
            }
            if let Some(reason) = &self.reason {
                w.put("reason_code", u32::from(reason.code));
                w.put("reason_text", reason.text.as_str());
            }
        };
        let writer = Writer::new(face, format);
        let body = match (face, format) {
            (Face::Twilio, Format::Xml) => writer.root("RestException", properties),
            (Face::Native, Format::Xml) => writer.bare_root(properties),
            (_, Format::Json) => writer.root("", properties),
        };
        (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body)
    }
}
