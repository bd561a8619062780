//! Documents that are no XML: what each content type means.

use crate::document::{Dialect, Document, Kind, Limits, parse};
use crate::element::ParseError;
use crate::verbs::{Message, Play, Say, Step, Verb, Voice};

/// An application's answer with status 200 or 204.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a> {
    /// The URL it came from: an audio answer means to play it.
    pub url: &'a str,
    /// `Content-Type` header, parameters included.
    pub content_type: Option<&'a str>,
    /// The body.
    pub bytes: &'a [u8],
}

/// Why an answer is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InterpretError {
    /// 12300: the content type is none a document may have.
    #[error("content type `{0}` is not supported")]
    ContentType(String),
    /// 12100: the XML is malformed or beyond a limit.
    #[error("the document does not parse")]
    Parse(#[from] ParseError),
}

/// Reads an application's answer by its content type: XML and HTML as markup, audio as a `<Play>`
/// of the URL, plain text as a `<Say>` (or as the reply, for messages). An empty body is an empty
/// document, whatever its type. A missing type counts as XML when the body begins with `<`.
///
/// # Errors
/// Another content type, or XML that does not parse.
pub fn interpret(
    body: Body<'_>,
    kind: Kind,
    dialect: Dialect,
    limits: &Limits,
) -> Result<Document, InterpretError> {
    if body.bytes.trim_ascii().is_empty() {
        return Ok(made_of(None, kind, dialect));
    }
    let written = body.content_type.unwrap_or("");
    let essence = written.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    match essence.as_str() {
        "text/xml" | "application/xml" | "text/html" => Ok(parse(body.bytes, kind, dialect, limits)?),
        "" if body.bytes.trim_ascii_start().starts_with(b"<") => {
            Ok(parse(body.bytes, kind, dialect, limits)?)
        }
        audio if audio.starts_with("audio/") && kind != Kind::Messaging => {
            let play = Play { url: Some(body.url.to_owned()), digits: None, times: 1 };
            Ok(made_of(Some(Verb::Play(play)), kind, dialect))
        }
        "text/plain" => plain(body.bytes, kind, dialect, limits),
        _ => Err(InterpretError::ContentType(written.chars().take(100).collect())),
    }
}

fn plain(bytes: &[u8], kind: Kind, dialect: Dialect, limits: &Limits) -> Result<Document, InterpretError> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim();
    if bytes.len() > limits.bytes || text.chars().count() > limits.speech_chars {
        return Err(ParseError::limit("characters of speech", limits.speech_chars).into());
    }
    // The reply of `made_of` must hold what an XML document could: control characters cannot.
    let text: String = text.chars().filter(|c| !c.is_control() || c.is_whitespace()).collect();
    let verb = if kind == Kind::Messaging {
        let media = Vec::new();
        let reply = Message { to: None, from: None, body: text, media, action: None, status_callback: None };
        Verb::Message(Box::new(reply))
    } else {
        Verb::Say(Say { text, ssml: None, voice: Voice::Man, language: None, times: 1 })
    };
    Ok(made_of(Some(verb), kind, dialect))
}

fn made_of(verb: Option<Verb>, kind: Kind, dialect: Dialect) -> Document {
    let dialect = if dialect == Dialect::Rcml { Dialect::Rcml } else { Dialect::Twiml };
    let steps = verb.into_iter().map(|verb| Step { line: 0, verb }).collect();
    Document { dialect, kind, steps, warnings: Vec::new() }
}
