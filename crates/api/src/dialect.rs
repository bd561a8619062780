//! The two faces of one resource model: what differs in paths, names, dates and statuses.

use flexio_domain::{ErrorCode, Timestamp};

/// Which API a request speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Face {
    /// FlexIO, the classic Restcomm API `2012-04-24`.
    Native,
    /// Twilio's `2010-04-01`.
    Twilio,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `application/json`.
    Json,
    /// `application/xml`.
    Xml,
}

impl Format {
    /// Media type.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml",
        }
    }
}

/// Prefixes that select a face, longest first: all three native ones are one API.
pub(crate) const PREFIXES: [(&str, Face); 4] = [
    ("/restcomm/2012-04-24", Face::Native),
    ("/api/2012-04-24", Face::Native),
    ("/2012-04-24", Face::Native),
    ("/2010-04-01", Face::Twilio),
];

impl Face {
    /// `ApiVersion`.
    pub const fn version(self) -> &'static str {
        match self {
            Self::Native => "2012-04-24",
            Self::Twilio => "2010-04-01",
        }
    }

    /// Root element of an XML answer.
    pub(crate) const fn xml_root(self) -> &'static str {
        match self {
            Self::Native => "RestcommResponse",
            Self::Twilio => "TwilioResponse",
        }
    }

    /// Status of an answer to a creation.
    pub(crate) const fn created(self) -> u16 {
        match self {
            Self::Native => 200,
            Self::Twilio => 201,
        }
    }

    /// Relative URI of a resource, `Accounts/…` given: with the suffix that gives the same format again.
    pub(crate) fn uri(self, format: Format, path: &str) -> String {
        match (self, format) {
            (Self::Twilio, _) => format!("/2010-04-01/{path}.json"),
            (Self::Native, Format::Json) => format!("/restcomm/2012-04-24/{path}.json"),
            (Self::Native, Format::Xml) => format!("/2012-04-24/{path}"),
        }
    }

    /// The code this face uses where the two have different ones for the same fact.
    pub(crate) const fn code(self, code: ErrorCode) -> ErrorCode {
        match (self, code) {
            (Self::Twilio, ErrorCode::CallNotFound) => ErrorCode::NotFound,
            (Self::Twilio, ErrorCode::CallOver) => ErrorCode::CallStateInvalid,
            (Self::Twilio, ErrorCode::NothingToModify) => ErrorCode::InvalidParameter,
            (Self::Native, ErrorCode::NumberNotForSale) => ErrorCode::NoNumberAvailable,
            (_, code) => code,
        }
    }

    /// HTTP status of a code: the catalogue's, but for refused destinations, which the classic API forbids.
    pub(crate) const fn status(self, code: ErrorCode) -> u16 {
        match (self, code) {
            (Self::Native, ErrorCode::DestinationNotPermitted | ErrorCode::DestinationBlocked) => 403,
            (_, code) => code.http_status(),
        }
    }
}

/// `Tue, 31 Aug 2010 20:36:28 +0000` (RFC 2822, always UTC).
pub(crate) fn rfc2822(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// `2015-11-19T12:21:24.000+00:00`: the classic API's times of calls, messages and notifications.
pub(crate) fn iso_ms(at: Timestamp) -> String {
    let ms = at.subsec_millisecond();
    format!("{}.{ms:03}+00:00", at.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// `2015-07-30T20:00:00Z`: Twilio's later APIs; without fractions, which some of the official libraries do not read.
pub(crate) fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_each_api_shows_them() {
        let at: Timestamp = "2010-08-31T20:36:28.042Z".parse().unwrap();
        assert_eq!(rfc2822(at), "Tue, 31 Aug 2010 20:36:28 +0000");
        assert_eq!(iso_ms(at), "2010-08-31T20:36:28.042+00:00");
    }
}
