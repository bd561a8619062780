//! What goes out for a call: requests for documents, callbacks, legs that are dialled, messages.

use flexio_markup::{Dialect, Document, Endpoint, Kind, MachineDetection, Method};

use super::{LegId, RequestId};
use crate::facts::LegFacts;

/// A document to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// Names the answer.
    pub request: RequestId,
    /// Which leg the document is for.
    pub leg: LegId,
    /// Absolute URL.
    pub url: String,
    /// GET or POST.
    pub method: Method,
    /// Form or query parameters in order.
    pub params: Vec<(String, String)>,
    /// Why.
    pub purpose: Purpose,
    /// How to read the answer.
    pub kind: Kind,
    /// How to read the answer.
    pub dialect: Dialect,
}

/// Why a document is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The call's first document.
    Start,
    /// `action` of a verb.
    Action,
    /// `<Redirect>`.
    Redirect,
    /// Live modification.
    Modification,
    /// `url` of a dialled noun.
    Screening,
    /// What someone hears who waits or is held, or an announcement.
    Wait,
    /// The fallback of a fetch that failed.
    Fallback,
}

/// A webhook whose answer is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// Which leg it tells about.
    pub leg: LegId,
    /// What it tells.
    pub kind: CallbackKind,
    /// Absolute URL.
    pub url: String,
    /// GET or POST.
    pub method: Method,
    /// Form or query parameters in order.
    pub params: Vec<(String, String)>,
}

/// What a callback tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackKind {
    /// Call progress: initiated, ringing, answered, completed.
    Progress,
    /// Recording status.
    Recording,
    /// Beginning and end of a media stream.
    Stream,
    /// What a recogniser has understood so far.
    PartialResult,
    /// Who answered.
    Machine,
    /// The text of a recording.
    Transcription,
    /// What somebody types.
    Text,
    /// What a phone has sent to its application.
    UserMessage,
    /// The outcome of an `<Enqueue>` whose document does not go on from there.
    Queue,
}

/// A party to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialLeg {
    /// The new leg.
    pub leg: LegId,
    /// Its sid, parent, from, to and direction. `facts.from` is the caller id wanted.
    pub facts: LegFacts,
    /// Where.
    pub endpoint: Endpoint,
    /// True when the document named the caller id; the shell refuses with 13214 one it does not allow.
    pub caller_id_explicit: bool,
    /// SIP headers to add; no control characters.
    pub headers: Vec<(String, String)>,
    /// How long it may ring; the machine itself hangs up after it.
    pub timeout_s: u32,
    /// Answering-machine detection wanted.
    pub machine_detection: Option<MachineDetection>,
}

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendMessage {
    /// Names the answer.
    pub request: RequestId,
    /// Sender as written, else our number in the call.
    pub from: String,
    /// Receiver as written, else the other party of the call.
    pub to: String,
    /// Text.
    pub body: String,
    /// Absolute URLs of attachments.
    pub media: Vec<String>,
    /// Where later delivery states go; absolute URL.
    pub status_callback: Option<flexio_markup::Target>,
}

/// An e-mail to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendEmail {
    /// Names the answer.
    pub request: RequestId,
    /// As written; its status callback is an absolute URL, its action is the document's own business.
    pub email: flexio_markup::Email,
}

/// Where a call's first document comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Ask this URL. A flow has a URL too; the shell knows its scheme.
    Url(flexio_markup::Target),
    /// Given with the call (`Twiml` parameter).
    Document(Document),
}
