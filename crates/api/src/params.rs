//! Parameters of a request: query and form (or, where an operation takes it, a flat JSON object) as one list of names and values.

use std::borrow::Cow;

use flexio_app::{WebhookPatch, check_url};
use flexio_domain::{ErrorCode, FlowSid, HttpMethod, Timestamp, Webhook};
use flexio_store::Span;
use jiff::civil::Date;
use jiff::{SignedDuration, tz::Offset};

use crate::error::{Result, invalid, refuse};

/// Parameters of one request, at most.
const PARAMS_MAX: usize = 1_000;

/// Checks a URL that is to be saved. Where instructions come from, it may also be a flow's.
fn check(name: &str, url: &str, code: ErrorCode) -> Result<()> {
    let instructs = ["Url", "VoiceUrl", "SmsUrl", "RcmlUrl"].contains(&name);
    match url.strip_prefix("flow:").filter(|_| instructs) {
        Some(sid) if sid.strip_suffix("/test").unwrap_or(sid).parse::<FlowSid>().is_ok() => Ok(()),
        Some(_) => Err(refuse(
            code,
            format!("{name} is not `flow:` and the sid of a flow, with or without `/test`."),
        )),
        None => Ok(check_url(url, code)?),
    }
}

fn http_method(name: &str, text: &str) -> Result<HttpMethod> {
    match text {
        text if text.eq_ignore_ascii_case("GET") => Ok(HttpMethod::Get),
        text if text.eq_ignore_ascii_case("POST") => Ok(HttpMethod::Post),
        _ => Err(refuse(ErrorCode::MethodInvalid, format!("{name} must be GET or POST."))),
    }
}

/// Names are case-sensitive; unknown ones are never looked at; of a repeated one the first counts, unless a list is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Params<'a> {
    /// Adds what a query or a form holds (WHATWG URL §5.1).
    pub(crate) fn add_form(&mut self, bytes: &'a [u8]) -> Result<()> {
        for pair in form_urlencoded::parse(bytes) {
            self.push(pair.0, pair.1)?;
        }
        Ok(())
    }

    /// Adds the members of a JSON object of objects and lists of objects, by the path that leads to each: `Limits.per_phone`,
    /// `Buckets.0.name`. At most three deep; names within are left as they are.
    pub(crate) fn add_nested_json(&mut self, bytes: &[u8]) -> Result<()> {
        let unreadable = |_| refuse(ErrorCode::BodyUnreadable, "The body is not a JSON object.");
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(bytes).map_err(unreadable)?;
        for (name, value) in object {
            self.add_value(crate::write::pascal(&name).into_owned(), value, 0)?;
        }
        Ok(())
    }

    fn add_value(&mut self, name: String, value: serde_json::Value, depth: usize) -> Result<()> {
        use serde_json::Value;
        if depth > 3 {
            return Err(invalid(&name, "is nested too deeply"));
        }
        match value {
            Value::Null => Ok(()),
            Value::String(text) => self.push(Cow::Owned(name), Cow::Owned(text)),
            Value::Bool(_) | Value::Number(_) => self.push(Cow::Owned(name), Cow::Owned(value.to_string())),
            Value::Array(values) => values.into_iter().enumerate().try_for_each(|(at, value)| match value {
                Value::Object(_) | Value::Array(_) => {
                    self.add_value(format!("{name}.{at}"), value, depth + 1)
                }
                value => self.add_value(name.clone(), value, depth + 1),
            }),
            Value::Object(members) => members
                .into_iter()
                .try_for_each(|(member, value)| self.add_value(format!("{name}.{member}"), value, depth + 1)),
        }
    }

    /// The members of an object that was read under `name`.
    pub(crate) fn members(&self, name: &str) -> Vec<(String, String)> {
        let under = |have: &str| have.strip_prefix(name)?.strip_prefix('.').map(str::to_owned);
        self.pairs
            .iter()
            .filter_map(|(have, value)| Some((under(have)?, value.clone().into_owned())))
            .collect()
    }

    /// Adds the members of a flat JSON object, `snake_case` as `PascalCase`; arrays repeat the name.
    pub(crate) fn add_json(&mut self, bytes: &[u8]) -> Result<()> {
        use serde_json::Value;
        let unreadable = |_| refuse(ErrorCode::BodyUnreadable, "The body is not a JSON object.");
        let object: serde_json::Map<String, Value> = serde_json::from_slice(bytes).map_err(unreadable)?;
        for (name, value) in object {
            let name = crate::write::pascal(&name).into_owned();
            let values = match value {
                Value::Array(values) => values,
                value => vec![value],
            };
            for value in values {
                let text = match value {
                    Value::Null => continue,
                    Value::String(text) => text,
                    Value::Bool(_) | Value::Number(_) => value.to_string(),
                    Value::Array(_) | Value::Object(_) => return Err(invalid(&name, "must not be nested")),
                };
                self.push(Cow::Owned(name.clone()), Cow::Owned(text))?;
            }
        }
        Ok(())
    }

    fn push(&mut self, name: Cow<'a, str>, value: Cow<'a, str>) -> Result<()> {
        if self.pairs.len() >= PARAMS_MAX {
            return Err(refuse(ErrorCode::InvalidParameter, "There are more than 1000 parameters."));
        }
        // NUL ends a text in too many places to be let in, PostgreSQL among them.
        if name.contains('\0') || value.contains('\0') {
            return Err(refuse(ErrorCode::InvalidParameter, "A parameter holds a NUL character."));
        }
        self.pairs.push((name, value));
        Ok(())
    }

    /// All names and values.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The value, perhaps empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(have, _)| have == name).map(|(_, value)| &**value)
    }

    /// The value, if there is one that is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// A parameter of the turnkey APIs, whose names begin with a small letter: of a form as documented, or the member of a JSON object,
    /// whose first letter the reader of objects has raised.
    pub(crate) fn camel(&self, name: &str) -> Option<&str> {
        let mut raised = name.to_owned();
        raised[..1].make_ascii_uppercase();
        self.text(name).or_else(|| self.text(&raised))
    }

    /// A new webhook from two such parameters.
    pub(crate) fn camel_webhook(&self, url: &str, method: &str) -> Result<Option<Webhook>> {
        let asked = self.camel(method).map(|text| http_method(method, text)).transpose()?;
        let Some(url) = self.camel(url) else { return Ok(None) };
        check_url(url, ErrorCode::UrlInvalid)?;
        Ok(Some(Webhook { url: url.to_owned(), method: asked.unwrap_or_default() }))
    }

    /// The same as an owned text.
    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// The value, or this error.
    pub(crate) fn required(&self, name: &str, code: ErrorCode) -> Result<&str> {
        self.text(name).ok_or_else(|| match code {
            ErrorCode::InvalidParameter => invalid(name, "is missing"),
            code => code.into(),
        })
    }

    /// All values of a repeated name; a single one is also split at blanks and commas.
    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        let values = self.pairs.iter().filter(|(have, _)| have == name);
        values
            .flat_map(|(_, value)| value.split([' ', ',']))
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// `true` or `false` in any case.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>> {
        match self.text(name) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(invalid(name, "must be true or false")),
        }
    }

    /// A whole number within bounds, or this error.
    pub(crate) fn whole(
        &self,
        name: &str,
        bounds: std::ops::RangeInclusive<u32>,
        code: ErrorCode,
    ) -> Result<Option<u32>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse::<u32>() {
            Ok(number) if bounds.contains(&number) => Ok(Some(number)),
            _ => Err(refuse(
                code,
                format!("{name} must be a whole number from {} to {}.", bounds.start(), bounds.end()),
            )),
        }
    }

    /// Anything that parses, such as a sid.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, name: &str, code: ErrorCode) -> Result<Option<T>> {
        match self.text(name).map(str::parse) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(_)) if code == ErrorCode::InvalidParameter => Err(invalid(name, "is not valid")),
            Some(Err(_)) => Err(code.into()),
        }
    }

    /// A sid that an empty value clears.
    #[expect(clippy::option_option, reason = "absent, cleared and set are three things in a change")]
    pub(crate) fn clearable<T: std::str::FromStr>(
        &self,
        name: &str,
        code: ErrorCode,
    ) -> Result<Option<Option<T>>> {
        match self.get(name) {
            None => Ok(None),
            Some("") => Ok(Some(None)),
            Some(_) => self.parsed(name, code).map(Some),
        }
    }

    /// `GET` or `POST`, in any case.
    pub(crate) fn method(&self, name: &str) -> Result<Option<HttpMethod>> {
        self.text(name).map(|text| http_method(name, text)).transpose()
    }

    /// A new webhook from its two parameters; `code` if the URL may not be saved.
    pub(crate) fn webhook(&self, url: &str, method: &str, code: ErrorCode) -> Result<Option<Webhook>> {
        let asked = self.method(method)?;
        let name = url;
        let Some(url) = self.text(url) else { return Ok(None) };
        check(name, url, code)?;
        Ok(Some(Webhook { url: url.to_owned(), method: asked.unwrap_or_default() }))
    }

    /// A change of a webhook: an empty URL clears it.
    pub(crate) fn webhook_patch(&self, url: &str, method: &str) -> Result<WebhookPatch> {
        let name = url;
        let url = match self.get(url) {
            None => None,
            Some("") => Some(None),
            Some(url) => {
                check(name, url, ErrorCode::UrlInvalid)?;
                Some(Some(url.to_owned()))
            }
        };
        Ok(WebhookPatch { url, method: self.method(method)? })
    }

    /// A range as Twilio writes it: the operator is the last character of the *name* (`StartTime<` at or before, `StartTime>` at or
    /// after), and the bare name is that day or second.
    pub(crate) fn span(&self, name: &str) -> Result<Span> {
        let moment = |suffix: &str| -> Result<Option<Moment>> {
            let name = format!("{name}{suffix}");
            self.text(&name).map(|text| Moment::parse(&name, text)).transpose()
        };
        let (at, before, after) = (moment("")?, moment("<")?, moment(">")?);
        let mut span = Span::default();
        for lower in [&at, &after].into_iter().flatten() {
            span.from = span.from.max(Some(lower.start));
        }
        for upper in [&at, &before].into_iter().flatten() {
            span.until = Some(span.until.map_or(upper.end, |until| until.min(upper.end)));
        }
        Ok(span)
    }

    /// A range as the classic API writes it: two names, both bounds included; the operator forms of the first are taken too.
    pub(crate) fn span_between(&self, from: &str, until: &str) -> Result<Span> {
        let moment = |name: &str| self.text(name).map(|text| Moment::parse(name, text)).transpose();
        let mut span = Span::default();
        for lower in [moment(from)?, moment(&format!("{from}>"))?].into_iter().flatten() {
            span.from = span.from.max(Some(lower.start));
        }
        let upper = [moment(until)?, moment(&format!("{from}<"))?, moment(&format!("{until}<"))?];
        for upper in upper.into_iter().flatten() {
            span.until = Some(span.until.map_or(upper.end, |until| until.min(upper.end)));
        }
        Ok(span)
    }
}

/// A day or a second, as a half-open range.
struct Moment {
    start: Timestamp,
    end: Timestamp,
}

impl Moment {
    fn parse(name: &str, text: &str) -> Result<Self> {
        let bad = || invalid(name, "must be a date (2026-11-23) or a time (2026-11-23T09:30:00Z)");
        if let Ok(date) = text.parse::<Date>()
            && text.len() == 10
        {
            let midnight = |date: Date| Offset::UTC.to_timestamp(date.at(0, 0, 0, 0));
            let start = midnight(date).map_err(|_| bad())?;
            let end = date.tomorrow().and_then(midnight).map_err(|_| bad())?;
            return Ok(Self { start, end });
        }
        let start = match text.parse::<Timestamp>() {
            Ok(start) => start,
            // Without an offset it means UTC.
            Err(_) => format!("{text}Z").parse().map_err(|_| bad())?,
        };
        let end = start.checked_add(SignedDuration::from_secs(1)).map_err(|_| bad())?;
        Ok(Self { start, end })
    }
}

/// `InvalidParameter` naming the parameter; for values that are checked elsewhere.
pub(crate) fn one_of<T>(
    name: &str,
    text: Option<&str>,
    find: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>> {
    text.map(|text| find(text).ok_or_else(|| invalid(name, "is not one of its values"))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn params(query: &str) -> Params<'_> {
        let mut params = Params::default();
        params.add_form(query.as_bytes()).unwrap();
        params
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_operator_of_a_range_is_in_the_name() {
        let span = |query| params(query).span("StartTime").unwrap();
        let day = span("StartTime=2026-11-23");
        assert_eq!(
            (day.from, day.until),
            (Some(at("2026-11-23T00:00:00Z")), Some(at("2026-11-24T00:00:00Z")))
        );
        let up_to = span("StartTime%3C=2026-11-23");
        assert_eq!((up_to.from, up_to.until), (None, Some(at("2026-11-24T00:00:00Z"))));
        let both = span("StartTime>=2026-11-01T10:00:00Z&StartTime<=2026-11-02T10:00:00");
        assert_eq!(
            (both.from, both.until),
            (Some(at("2026-11-01T10:00:00Z")), Some(at("2026-11-02T10:00:01Z")))
        );
        assert!(params("StartTime=yesterday").span("StartTime").is_err());
    }

    #[test]
    fn the_classic_range_is_two_names_with_both_ends_in() {
        let span =
            params("StartTime=2026-11-01&EndTime=2026-11-02").span_between("StartTime", "EndTime").unwrap();
        assert_eq!(
            (span.from, span.until),
            (Some(at("2026-11-01T00:00:00Z")), Some(at("2026-11-03T00:00:00Z")))
        );
    }

    #[test]
    fn event_lists_come_in_three_spellings() {
        for query in ["E=initiated&E=ringing", "E=initiated+ringing", "E=initiated,ringing"] {
            assert_eq!(params(query).words("E"), ["initiated", "ringing"], "{query}");
        }
    }

    #[test]
    fn names_are_case_sensitive_and_the_first_value_counts() {
        let params = params("to=1&To=2&To=3");
        assert_eq!((params.get("To"), params.get("to"), params.get("TO")), (Some("2"), Some("1"), None));
    }

    #[test]
    fn a_json_object_reads_like_a_form() {
        let mut params = Params::default();
        params
            .add_json(br#"{"from":"sms:+32","status_callback":null,"media":["a","b"],"dry_run":true}"#)
            .unwrap();
        assert_eq!(params.get("From"), Some("sms:+32"));
        assert_eq!(params.get("StatusCallback"), None);
        assert_eq!(params.words("Media"), ["a", "b"]);
        assert_eq!(params.boolean("DryRun"), Ok(Some(true)));
        for bad in ["", "[]", "1", r#"{"a":{"b":1}}"#] {
            assert!(Params::default().add_json(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut params = Params::default();
            let _ = params.add_form(&bytes);
            let _ = params.span("StartTime");
            let _ = Params::default().add_json(&bytes);
        }
    }
}
