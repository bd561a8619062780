//! A whole document and the ways to read one.

use crate::element::{self, ParseError};
use crate::read;
use crate::verbs::Step;
use crate::warning::Warning;

/// Which language a document is read as. They differ in queues, in the default of
/// `statusCallbackEvent`, and in few other places; each accepts the other's verbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Restcomm and FlexIO markup.
    Rcml,
    /// Twilio markup.
    Twiml,
    /// RCML when an attribute only RCML has on a queue verb is present, else TwiML.
    #[default]
    Auto,
}

/// What a document is for: decides which verbs it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Runs on a call.
    Voice,
    /// Answers a message.
    Messaging,
    /// Runs on a called leg before it is connected: no `Dial`, `Enqueue` or `Refer`.
    Screening,
    /// Heard while waiting for a conference: `Play`, `Say`, `Pause` and `Redirect` only.
    ConferenceWait,
    /// Heard while waiting in a queue: as above, and `Gather`, `Leave` and `Hangup`.
    QueueWait,
}

/// A document that may be executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The language it was read as; never [`Dialect::Auto`].
    pub dialect: Dialect,
    /// What it is for.
    pub kind: Kind,
    /// Its verbs in order; at most [`Limits::verbs`].
    pub steps: Vec<Step>,
    /// What was ignored or replaced by a default; at most 100.
    pub warnings: Vec<Warning>,
}

/// What a document may cost. Beyond any of these it is refused with the limit's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Size of the document in bytes.
    pub bytes: usize,
    /// Elements within elements, `<Response>` included.
    pub depth: usize,
    /// Elements in all.
    pub elements: usize,
    /// Verbs, those inside `<Gather>` included.
    pub verbs: usize,
    /// Characters of one `<Say>`.
    pub speech_chars: usize,
    /// Attributes of one element.
    pub attributes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 * 1024, depth: 16, elements: 500, verbs: 100, speech_chars: 4_000, attributes: 50 }
    }
}

/// Reads an XML document.
///
/// # Errors
/// Malformed XML, a root other than `<Response>`, a DTD or entity, or a limit exceeded, each with
/// its line and column. Anything else is a [`Warning`] in the document.
///
/// ```
/// use flexio_markup::{Dialect, Kind, Limits, Verb, parse};
/// let text = br#"<Response><Say loop="2">Hello</Say><Hangup/></Response>"#;
/// let document = parse(text, Kind::Voice, Dialect::Auto, &Limits::default())?;
/// assert!(matches!(&document.steps[0].verb, Verb::Say(say) if say.times == 2));
/// assert_eq!(document.steps[1].verb, Verb::Hangup);
/// # Ok::<(), flexio_markup::ParseError>(())
/// ```
pub fn parse(body: &[u8], kind: Kind, dialect: Dialect, limits: &Limits) -> Result<Document, ParseError> {
    let (root, warnings) = element::read(body, limits)?;
    read::document(&root, warnings, kind, dialect, limits)
}
