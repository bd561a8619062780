//! Typed reading of one element's attributes.

use std::ops::RangeInclusive;

use crate::dial::{ProgressEvents, StatusCallback};
use crate::document::Dialect;
use crate::element::{Element, MAX_WARNINGS};
use crate::keys::KeySet;
use crate::verbs::{Method, RecordingCallback, RecordingPurpose, Target, Track};
use crate::warning::{Code, Warning};

/// What reading a document carries along.
pub(crate) struct Context {
    pub dialect: Dialect,
    pub warnings: Vec<Warning>,
    pub verbs: usize,
    /// Which attributes are asked for, while that is being found out.
    pub words: Option<Vec<Word>>,
}

/// An attribute that is understood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word {
    /// The element.
    pub element: String,
    /// The attribute.
    pub attribute: &'static str,
    /// Its value is read; if not, it is accepted and means nothing here.
    pub is_read: bool,
}

impl Context {
    pub fn warn(&mut self, element: &Element, code: Code, text: impl Into<String>) {
        if self.warnings.len() < MAX_WARNINGS {
            let (line, column) = element.at;
            self.warnings.push(Warning { code, line, column, text: text.into() });
        }
    }
}

/// An element being read: remembers which attributes were asked for, to warn of the others.
pub(crate) struct Attributes<'a> {
    pub element: &'a Element,
    pub context: &'a mut Context,
    known: Vec<&'static str>,
    ignored: Vec<&'static str>,
}

impl<'a> Attributes<'a> {
    pub fn new(element: &'a Element, context: &'a mut Context) -> Self {
        Self { element, context, known: Vec::new(), ignored: Vec::new() }
    }

    pub fn warn(&mut self, code: Code, text: impl Into<String>) {
        self.context.warn(self.element, code, text);
    }

    fn bad(&mut self, code: Code, name: &str, value: &str) {
        let value: String = value.chars().take(60).collect();
        let text =
            format!("`{name}=\"{value}\"` of `<{}>` is not usable; the default is used", self.element.name);
        self.warn(code, text);
    }

    /// The attribute trimmed, empty ones included.
    pub fn raw(&mut self, name: &'static str) -> Option<&'a str> {
        self.known.push(name);
        self.element.attribute(name).map(str::trim)
    }

    /// The attribute trimmed, if it holds anything.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.raw(name).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    pub fn flag(&mut self, name: &'static str, default: bool, code: Code) -> bool {
        match self.raw(name) {
            None => default,
            Some(value) if value.eq_ignore_ascii_case("true") => true,
            Some(value) if value.eq_ignore_ascii_case("false") => false,
            Some(value) => {
                self.bad(code, name, value);
                default
            }
        }
    }

    /// A whole number. Beyond the range it is clamped, below or malformed it is the default; both warn.
    pub fn number(&mut self, name: &'static str, range: RangeInclusive<u32>, code: Code) -> Option<u32> {
        let value = self.raw(name)?;
        match value.parse::<u64>() {
            Ok(n) if n > u64::from(*range.end()) => {
                let most = *range.end();
                self.warn(code, format!("`{name}` of `<{}>` is cut to {most}", self.element.name));
                Some(most)
            }
            Ok(n) if n >= u64::from(*range.start()) => u32::try_from(n).ok(),
            Ok(_) | Err(_) => {
                self.bad(code, name, value);
                None
            }
        }
    }

    /// `loop`: 0 is until hang-up, which the cap of 1000 stands for.
    pub fn times(&mut self, code: Code) -> u16 {
        match self.number("loop", 0..=1000, code) {
            Some(0) => 1000,
            Some(n) => u16::try_from(n).unwrap_or(1000),
            None => 1,
        }
    }

    pub fn method(&mut self, name: &'static str, code: Code) -> Method {
        match self.raw(name) {
            None => Method::Post,
            Some(value) if value.eq_ignore_ascii_case("GET") => Method::Get,
            Some(value) if value.eq_ignore_ascii_case("POST") => Method::Post,
            Some(value) => {
                self.bad(code, name, value);
                Method::Post
            }
        }
    }

    /// A URL attribute with its method sibling. An empty URL warns and counts as absent.
    pub fn target(&mut self, url: &'static str, method: &'static str, code: Code) -> Option<Target> {
        let method = self.method(method, code);
        self.url(url).map(|url| Target { url, method })
    }

    pub fn url(&mut self, name: &'static str) -> Option<String> {
        match self.raw(name) {
            Some("") => {
                self.warn(Code::EmptyCallback, format!("`{name}` of `<{}>` is empty", self.element.name));
                None
            }
            value => value.map(str::to_owned),
        }
    }

    pub fn keys(&mut self, name: &'static str, code: Code) -> Option<KeySet> {
        let value = self.raw(name)?;
        let keys = KeySet::parse(value);
        if keys.is_none() {
            self.bad(code, name, value);
        }
        keys
    }

    /// One of a closed list of words; anything else warns and is the default.
    pub fn word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)], default: T, code: Code) -> T {
        let Some(value) = self.raw(name) else { return default };
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == value) {
            return *meaning;
        }
        self.bad(code, name, value);
        default
    }

    pub fn track(&mut self) -> Track {
        let words = [("both", Track::Both), ("inbound", Track::Inbound), ("outbound", Track::Outbound)];
        self.word("recordingTrack", &words, Track::Both, Code::Schema)
    }

    pub fn purpose(&mut self) -> Option<RecordingPurpose> {
        use RecordingPurpose as P;
        let words = [P::Agreed, P::Transaction, P::Quality].map(|purpose| (purpose.as_str(), Some(purpose)));
        self.word("recordingPurpose", &words, None, Code::Schema)
    }

    pub fn trim(&mut self, default: bool) -> bool {
        let words = [("trim-silence", true), ("do-not-trim", false), ("true", true), ("false", false)];
        self.word("trim", &words, default, Code::Schema)
    }

    pub fn recording_callback(&mut self) -> Option<RecordingCallback> {
        let target = self.target("recordingStatusCallback", "recordingStatusCallbackMethod", Code::Schema);
        let events = self.text("recordingStatusCallbackEvent").unwrap_or_else(|| "completed".to_owned());
        let mut callback =
            RecordingCallback { target: target?, in_progress: false, completed: false, absent: false };
        for word in events.split([' ', ',']).filter(|w| !w.is_empty()) {
            match word {
                "in-progress" => callback.in_progress = true,
                "completed" => callback.completed = true,
                "absent" => callback.absent = true,
                unknown => self.bad(Code::Schema, "recordingStatusCallbackEvent", unknown),
            }
        }
        if !(callback.in_progress || callback.completed || callback.absent) {
            callback.completed = true;
        }
        Some(callback)
    }

    pub fn status_callback(&mut self) -> Option<StatusCallback> {
        let target = self.target("statusCallback", "statusCallbackMethod", Code::Schema);
        let written = self.text("statusCallbackEvent");
        let by_dialect = if self.context.dialect == Dialect::Rcml {
            ProgressEvents::ALL
        } else {
            ProgressEvents::COMPLETED
        };
        let events = written.as_deref().map(|list| (list, ProgressEvents::parse(list)));
        let target = target?;
        let events = match events {
            None => by_dialect,
            Some((_, Some(events))) => events,
            Some((list, None)) => {
                self.bad(Code::Schema, "statusCallbackEvent", list);
                by_dialect
            }
        };
        Some(StatusCallback { target, events })
    }

    /// Attributes understood but without effect here.
    pub fn ignore(&mut self, names: &[&'static str]) {
        self.ignored.extend(names);
    }

    /// Warns of attributes nobody asked for. Call it last.
    pub fn finish(self) {
        for (name, _) in &self.element.attributes {
            let meta = name == "xmlns" || name.starts_with("xml:") || name.starts_with("xmlns:");
            let name = name.as_str();
            if !meta && !self.known.contains(&name) && !self.ignored.contains(&name) {
                let text = format!("attribute `{name}` of `<{}>` is unknown and ignored", self.element.name);
                self.context.warn(self.element, Code::Schema, text);
            }
        }
        if let Some(words) = &mut self.context.words {
            let word = |attribute: &'static str, is_read: bool| Word {
                element: self.element.name.clone(),
                attribute,
                is_read,
            };
            words.extend(self.known.iter().map(|name| word(name, true)));
            words.extend(self.ignored.iter().map(|name| word(name, false)));
        }
    }
}
