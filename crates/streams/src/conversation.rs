//! One stream from `connected` to `stop`.

use crate::message::{
    BadMessage, Body, Dtmf, Incoming, Mark, Media, MediaFormat, Outgoing, Start, Stop, Track, encode, read,
};
use crate::queue::{Next, Queue};

/// What a stream tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// `MZ…`.
    pub stream_sid: String,
    /// `AC…`.
    pub account_sid: String,
    /// `CA…` of the leg whose audio it is.
    pub call_sid: String,
    /// The tracks that are sent.
    pub tracks: Vec<Track>,
    /// The application may play audio and is told of keys.
    pub is_bidirectional: bool,
    /// `<Parameter>` children; of a repeated name the last counts.
    pub parameters: Vec<(String, String)>,
}

/// The machine of one stream: audio and keys in, messages out, and the other way round.
#[derive(Debug)]
pub struct Conversation {
    facts: Facts,
    sequence: u64,
    chunks: [u64; 2],
    queue: Queue,
}

/// What a message of the application did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// Something waits to be played: see [`Conversation::next`].
    Queued,
    /// What was handed out but not played yet must be dropped, and [`Conversation::cleared`] called.
    Clear,
}

/// Messages that tell of the marks that were cleared.
pub type Cleared = Vec<String>;

impl Conversation {
    /// A stream that is about to begin.
    pub fn new(facts: Facts) -> Self {
        Self { facts, sequence: 0, chunks: [0; 2], queue: Queue::default() }
    }

    fn message(&mut self, event: &'static str, body: Body<'_>) -> String {
        self.sequence += 1;
        let sequence_number = Some(self.sequence.to_string());
        Outgoing { event, sequence_number, body, stream_sid: Some(&self.facts.stream_sid) }.text()
    }

    /// The first two messages.
    pub fn begin(&mut self) -> [String; 2] {
        let body = Body::Connected { protocol: "Call", version: "1.0.0" };
        let connected = Outgoing { event: "connected", sequence_number: None, body, stream_sid: None }.text();
        let facts = self.facts.clone();
        let value = |text: &String| serde_json::Value::String(text.clone());
        let start = Body::Start(Start {
            account_sid: &facts.account_sid,
            stream_sid: &facts.stream_sid,
            call_sid: &facts.call_sid,
            tracks: facts.tracks.iter().map(|track| track.as_str()).collect(),
            media_format: MediaFormat { encoding: "audio/x-mulaw", sample_rate: 8_000, channels: 1 },
            custom_parameters: facts
                .parameters
                .iter()
                .map(|(name, text)| (name.clone(), value(text)))
                .collect(),
        });
        [connected, self.message("start", start)]
    }

    /// Audio of the call. `at_ms` counts from the beginning of the stream.
    pub fn media(&mut self, track: Track, at_ms: u32, payload: &[u8]) -> String {
        let chunk = &mut self.chunks[usize::from(track == Track::Outbound)];
        *chunk += 1;
        let media = Media {
            track: track.as_str(),
            chunk: chunk.to_string(),
            timestamp: at_ms.to_string(),
            payload: encode(payload),
        };
        self.message("media", Body::Media(media))
    }

    /// A key of the party; told on bidirectional streams only.
    pub fn digit(&mut self, digit: char) -> Option<String> {
        let dtmf = Dtmf { track: "inbound_track", digit: digit.to_string() };
        self.facts.is_bidirectional.then(|| self.message("dtmf", Body::Dtmf(dtmf)))
    }

    /// The last message.
    pub fn stop(&mut self) -> String {
        let facts = self.facts.clone();
        let stop = Stop { account_sid: &facts.account_sid, call_sid: &facts.call_sid };
        self.message("stop", Body::Stop(stop))
    }

    /// Takes a message of the application.
    pub fn receive(&mut self, text: &str) -> Result<Received, BadMessage> {
        let incoming = read(text, &self.facts.stream_sid)?;
        if !self.facts.is_bidirectional {
            return Err(BadMessage::OneWay);
        }
        let taken = match incoming {
            Incoming::Media(bytes) => self.queue.audio(&bytes),
            Incoming::Mark(name) => self.queue.mark(name),
            Incoming::Clear => return Ok(Received::Clear),
        };
        if taken { Ok(Received::Queued) } else { Err(BadMessage::Full) }
    }

    /// What is to be played next, in pieces of at most `bytes_max` bytes.
    pub fn next(&mut self, bytes_max: usize) -> Option<Next> {
        self.queue.next(bytes_max)
    }

    /// Everything up to the mark with this number was played; the messages that tell it.
    pub fn reached(&mut self, number: u32) -> Vec<String> {
        let names = self.queue.reached(number);
        self.marks(&names)
    }

    /// What waited was dropped; the messages that tell it.
    pub fn cleared(&mut self) -> Cleared {
        let names = self.queue.clear();
        self.marks(&names)
    }

    fn marks(&mut self, names: &[String]) -> Vec<String> {
        names.iter().map(|name| self.message("mark", Body::Mark(Mark { name }))).collect()
    }
}
