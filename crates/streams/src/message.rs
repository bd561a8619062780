//! The messages as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::MESSAGE_BYTES_MAX;

/// Longest name of a mark that is taken, in bytes.
const NAME_BYTES_MAX: usize = 1_024;

/// Which side of the conversation audio belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Track {
    /// Said by the party on the call.
    Inbound,
    /// Heard by it.
    Outbound,
}

impl Track {
    /// As `media.track` and `start.tracks` spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// A message of the platform. Numbers are strings, as they are on Twilio's wire.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outgoing<'a> {
    pub event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence_number: Option<String>,
    #[serde(flatten)]
    pub body: Body<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_sid: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Body<'a> {
    Start(Start<'a>),
    Media(Media),
    Dtmf(Dtmf),
    Mark(Mark<'a>),
    Stop(Stop<'a>),
    #[serde(untagged)]
    Connected {
        protocol: &'static str,
        version: &'static str,
    },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Start<'a> {
    pub account_sid: &'a str,
    pub stream_sid: &'a str,
    pub call_sid: &'a str,
    pub tracks: Vec<&'static str>,
    pub media_format: MediaFormat,
    pub custom_parameters: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MediaFormat {
    pub encoding: &'static str,
    pub sample_rate: u32,
    pub channels: u8,
}

#[derive(Debug, Serialize)]
pub(crate) struct Media {
    pub track: &'static str,
    pub chunk: String,
    pub timestamp: String,
    pub payload: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Dtmf {
    pub track: &'static str,
    pub digit: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Mark<'a> {
    pub name: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stop<'a> {
    pub account_sid: &'a str,
    pub call_sid: &'a str,
}

impl Outgoing<'_> {
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("strings and maps of strings are always JSON")
    }
}

/// A message of the application.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// µ-law bytes to be played after what waits.
    Media(Vec<u8>),
    /// To be told when everything before it was played.
    Mark(String),
    /// Forget what waits.
    Clear,
}

/// Why a message of the application was not taken; it changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadMessage {
    /// Longer than [`MESSAGE_BYTES_MAX`].
    #[error("the message is too long")]
    TooLong,
    /// Not a JSON object with an `event`, or the event's part is missing or of another shape.
    #[error("the message is not valid")]
    Malformed,
    /// Another event than media, mark and clear.
    #[error("the event of the message is not supported")]
    Event,
    /// The `streamSid` of another stream.
    #[error("the streamSid is that of another stream")]
    Stream,
    /// A payload that is not Base64.
    #[error("the payload is not Base64")]
    Payload,
    /// The stream goes one way only.
    #[error("the stream was started for listening only")]
    OneWay,
    /// The queue of audio or marks is full.
    #[error("too much waits to be played")]
    Full,
}

#[derive(Deserialize)]
struct Raw {
    event: String,
    #[serde(rename = "streamSid")]
    stream_sid: Option<String>,
    media: Option<RawMedia>,
    mark: Option<RawMark>,
}

#[derive(Deserialize)]
struct RawMedia {
    payload: String,
}

#[derive(Deserialize)]
struct RawMark {
    name: String,
}

/// Reads a message. A `streamSid` may be left out: clients exist that do not send it back.
pub(crate) fn read(text: &str, stream_sid: &str) -> Result<Incoming, BadMessage> {
    if text.len() > MESSAGE_BYTES_MAX {
        return Err(BadMessage::TooLong);
    }
    let raw: Raw = serde_json::from_str(text).map_err(|_| BadMessage::Malformed)?;
    if raw.stream_sid.is_some_and(|sid| sid != stream_sid) {
        return Err(BadMessage::Stream);
    }
    match raw.event.as_str() {
        "media" => {
            let media = raw.media.ok_or(BadMessage::Malformed)?;
            STANDARD.decode(media.payload.trim()).map(Incoming::Media).map_err(|_| BadMessage::Payload)
        }
        "mark" => {
            let mark = raw.mark.filter(|mark| mark.name.len() <= NAME_BYTES_MAX);
            mark.map(|mark| Incoming::Mark(mark.name)).ok_or(BadMessage::Malformed)
        }
        "clear" => Ok(Incoming::Clear),
        _ => Err(BadMessage::Event),
    }
}

pub(crate) fn encode(payload: &[u8]) -> String {
    STANDARD.encode(payload)
}
