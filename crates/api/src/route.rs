//! Paths: prefix, segments, and the suffix that selects the format.

use percent_encoding::percent_decode_str;

use crate::dialect::{Face, Format, PREFIXES};

/// Segments of a path, at most.
const SEGMENTS_MAX: usize = 12;

/// Where Twilio's later APIs begin, each with a version of its own.
const LATER: [&str; 11] = [
    "v1/Messaging",
    "v1/PhoneNumbers",
    "v1/Services",
    "v1/Voice",
    "v2/Attempts",
    "v2/Flows",
    "v2/PhoneNumbers",
    "v2/SafeList",
    "v2/Services",
    "v2/Templates",
    "v2/Voice",
];
/// Where FlexIO's turnkey APIs begin.
const TURNKEY: [&str; 3] = ["callqueue/", "2fa/", "numbermasking/"];

/// Whether a path, without the slash before it, is of one of Twilio's later APIs.
pub(crate) fn is_later(path: &str) -> bool {
    LATER
        .iter()
        .any(|later| path.strip_prefix(later).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Whether a path stands by itself: no prefix selects its API, and no suffix its format, which is JSON.
pub(crate) fn stands_alone(path: &str) -> bool {
    is_later(path) || TURNKEY.iter().any(|turnkey| path.starts_with(turnkey))
}

/// A path of one of the two APIs, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) face: Face,
    /// Asked for by suffix; without one the caller's `Accept` decides.
    pub(crate) format: Option<Format>,
    /// `wav` or another file suffix on the last segment.
    pub(crate) file: Option<String>,
    /// Decoded, without suffixes.
    pub(crate) segments: Vec<String>,
}

impl Route {
    /// `None` if the path is of neither API, too deep, or not decodable.
    ///
    /// The classic API takes its suffix on any segment (`…/Calls.json/{CallSid}`), Twilio's on the last.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let alone = path.strip_prefix('/').filter(|rest| stands_alone(rest));
        let (face, rest) = match alone {
            Some(rest) => (if is_later(rest) { Face::Twilio } else { Face::Native }, rest),
            None => PREFIXES.iter().find_map(|(prefix, face)| {
                let rest = path.strip_prefix(prefix)?.strip_prefix('/')?;
                Some((*face, rest))
            })?,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let raw: Vec<&str> = rest.split('/').take(SEGMENTS_MAX + 1).collect();
        if raw.len() > SEGMENTS_MAX {
            return None;
        }
        let last = raw.len() - 1;
        let format = alone.map(|_| Format::Json);
        let mut route = Self { face, format, file: None, segments: Vec::with_capacity(raw.len()) };
        for (index, segment) in raw.into_iter().enumerate() {
            let decoded = percent_decode_str(segment).decode_utf8().ok()?;
            if decoded.is_empty() || decoded.contains(['\0', '/']) {
                return None;
            }
            let stem = route.take_suffix(&decoded, index == last);
            route.segments.push(stem);
        }
        Some(route)
    }

    fn take_suffix(&mut self, segment: &str, is_last: bool) -> String {
        if let Some((stem, suffix)) = segment.rsplit_once('.')
            && !stem.is_empty()
            && (is_last || self.face == Face::Native)
        {
            match suffix {
                "json" => self.format = Some(Format::Json),
                "xml" => self.format = Some(Format::Xml),
                "wav" | "mp3" | "mp4" | "pdf" | "html" | "csv" | "tgz" if is_last => {
                    self.file = Some(suffix.to_owned());
                }
                // Part of a name, such as an e-mail address.
                _ => return segment.to_owned(),
            }
            return stem.to_owned();
        }
        segment.to_owned()
    }

    /// Whether the suffix is that of a document.
    pub(crate) fn asks_for_document(&self) -> bool {
        matches!(self.file.as_deref(), Some("pdf" | "html" | "csv" | "tgz"))
    }

    /// The path behind the prefix, without suffixes: `Accounts/AC…/Calls`.
    pub(crate) fn bare(&self) -> String {
        self.segments.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_leads_to_the_same_call() {
        let bare = "Accounts/AC1/Calls/CA1";
        for (path, face, format) in [
            ("/restcomm/2012-04-24/Accounts/AC1/Calls/CA1.json", Face::Native, Some(Format::Json)),
            ("/restcomm/2012-04-24/Accounts/AC1/Calls.json/CA1", Face::Native, Some(Format::Json)),
            ("/restcomm/2012-04-24/Accounts.json/AC1/Calls/CA1", Face::Native, Some(Format::Json)),
            ("/api/2012-04-24/Accounts/AC1/Calls/CA1", Face::Native, None),
            ("/2012-04-24/Accounts/AC1/Calls/CA1.xml", Face::Native, Some(Format::Xml)),
            ("/2010-04-01/Accounts/AC1/Calls/CA1.json", Face::Twilio, Some(Format::Json)),
            ("/2010-04-01/Accounts/AC1/Calls/CA1/", Face::Twilio, None),
        ] {
            let route = Route::parse(path).unwrap();
            assert_eq!((route.face, route.format, route.bare().as_str()), (face, format, bare), "{path}");
        }
    }

    #[test]
    fn an_address_keeps_its_dots_and_a_file_its_suffix() {
        let route = Route::parse("/restcomm/2012-04-24/Accounts/ops%40acme.test.json").unwrap();
        assert_eq!(route.segments, ["Accounts", "ops@acme.test"]);
        let route = Route::parse("/2010-04-01/Accounts/AC1/Recordings/RE1.wav").unwrap();
        assert_eq!(
            (route.file.as_deref(), route.bare().as_str()),
            (Some("wav"), "Accounts/AC1/Recordings/RE1")
        );
    }

    #[test]
    fn foreign_and_broken_paths_are_nobodys() {
        for path in [
            "/",
            "/2010-04-01",
            "/2010-04-01/",
            "/2011-01-01/Accounts",
            "/2010-04-01/Accounts//Calls",
            "/2010-04-01/Accounts/%FF",
            "/2010-04-01/Accounts/%00",
            "/2010-04-01/Accounts/a%2Fb",
            "/2010-04-01/1/2/3/4/5/6/7/8/9/10/11/12/13",
        ] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }
}
