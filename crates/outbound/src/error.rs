//! Why a fetch failed, in words that may be shown to the user who gave the URL.

use crate::WireForm;

/// Why a URL could not be fetched. No variant carries an address, a URL or bytes of the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Not an absolute http or https URL with a host, or too long.
    #[error("the URL is not valid: {0}")]
    BadUrl(&'static str),
    /// Scheme, port or address is not allowed. The same text whether the address was written in the URL or came from DNS, so that it
    /// tells nothing about names inside the platform's network.
    #[error("the URL leads to a destination that is not allowed")]
    NotAllowed,
    /// The name has no address.
    #[error("the host name was not found")]
    HostNotFound,
    /// No connection within the connect timeout, or refused.
    #[error("could not connect")]
    Connect,
    /// No TLS session: wrong, expired or unknown certificate, or no common version.
    #[error("could not set up a secure connection")]
    Tls,
    /// No complete answer in time.
    #[error("no complete answer in time")]
    Timeout,
    /// The connection ended before anything was answered.
    #[error("the connection was closed without an answer")]
    NoAnswer,
    /// The connection ended before the answer did.
    #[error("the connection was closed before the answer was complete")]
    Closed,
    /// The answer is not HTTP, or in an encoding we did not ask for.
    #[error("the answer is not valid HTTP")]
    Protocol,
    /// The response head is larger than allowed.
    #[error("the head of the answer is too large")]
    HeadTooLarge,
    /// The body is larger than allowed, or was compressed more than a hundredfold.
    #[error("the body of the answer is too large")]
    BodyTooLarge,
    /// More redirects than allowed.
    #[error("too many redirects")]
    TooManyRedirects,
    /// Another status than one that carries a document.
    #[error("the answer has status {0}")]
    Status(u16),
    /// The body is of a kind that holds no instructions.
    #[error("the content type of the answer is not supported")]
    ContentType,
    /// Too many requests to this host are waiting already; nothing was sent.
    #[error("too many requests to this host are in progress")]
    Busy,
}

impl FetchError {
    /// Number for the notification log: Restcomm's catalogue for RCML, Twilio's (docs "Error and Warning Dictionary") for `TwiML`.
    pub fn notification_code(&self, wire: WireForm) -> u16 {
        let (rcml, twiml) = match self {
            Self::BadUrl(_) => (11_100, 11_100),
            Self::NotAllowed | Self::Connect => (11_205, 11_205),
            Self::HostNotFound => (11_205, 11_210),
            Self::Tls => (11_205, 11_220),
            Self::Timeout | Self::NoAnswer | Self::Closed | Self::Busy => (11_205, 11_200),
            Self::Protocol | Self::HeadTooLarge => (11_206, 11_206),
            Self::BodyTooLarge => (11_206, 11_750),
            Self::TooManyRedirects => (11_206, 11_215),
            Self::Status(404) => (21_402, 11_200),
            Self::Status(_) => (11_206, 11_200),
            Self::ContentType => (12_300, 12_300),
        };
        if wire == WireForm::Twiml { twiml } else { rcml }
    }

    /// Whether a second try right away may succeed: the connection failed or the server did, and not the request.
    pub(crate) fn is_worth_one_retry(&self) -> bool {
        match self {
            Self::HostNotFound | Self::Connect | Self::Tls | Self::NoAnswer => true,
            Self::Status(status) => *status >= 500,
            Self::BadUrl(_)
            | Self::NotAllowed
            | Self::Timeout
            | Self::Closed
            | Self::Protocol
            | Self::HeadTooLarge
            | Self::BodyTooLarge
            | Self::TooManyRedirects
            | Self::ContentType
            | Self::Busy => false,
        }
    }

    /// Sorts an error of the HTTP library. Its own text may name addresses and is dropped here.
    pub(crate) fn from_reqwest(error: &reqwest::Error) -> Self {
        let mut tls = false;
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(cause) = next {
            if cause.is::<crate::resolve::AddressRefused>() {
                return Self::NotAllowed;
            }
            // Also a head beyond hyper's own limits, which are far above ours.
            if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
                return Self::Protocol;
            }
            // tokio-rustls reports every handshake fault as `InvalidData`, and hyper-rustls wraps that in another `io::Error`, whose
            // `source` would skip it.
            let io = cause.downcast_ref::<std::io::Error>();
            tls |= io.is_some_and(|io| io.kind() == std::io::ErrorKind::InvalidData);
            next = match io.and_then(std::io::Error::get_ref) {
                Some(inner) => Some(inner),
                None => cause.source(),
            };
        }
        match () {
            () if error.is_dns() => Self::HostNotFound,
            () if error.is_connect() && tls => Self::Tls,
            () if error.is_connect() => Self::Connect,
            () if error.is_timeout() => Self::Timeout,
            () if error.is_builder() => Self::BadUrl("it cannot be sent"),
            () => Self::NoAnswer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_the_number_of_its_dialect() {
        let code = |error: FetchError| {
            (error.notification_code(WireForm::Rcml), error.notification_code(WireForm::Twiml))
        };
        assert_eq!(code(FetchError::Connect), (11_205, 11_205));
        assert_eq!(code(FetchError::HostNotFound), (11_205, 11_210));
        assert_eq!(code(FetchError::Protocol), (11_206, 11_206));
        assert_eq!(code(FetchError::Status(404)), (21_402, 11_200));
        assert_eq!(code(FetchError::Status(500)), (11_206, 11_200));
        assert_eq!(code(FetchError::ContentType), (12_300, 12_300));
        assert_eq!(code(FetchError::BodyTooLarge), (11_206, 11_750));
    }
}
