//! Real-time text of a browser: a data channel of the protocol `t140` (RFC 8865), opened in-band by either side.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use str0m::Rtc;
use str0m::channel::{ChannelConfig, ChannelData, ChannelId};

/// Name of the protocol (RFC 8865 §3.1).
const PROTOCOL: &str = "t140";
/// Characters a browser may type at once, and in a second; of more, one U+FFFD is told.
const BURST: u32 = 2_000;
const PER_SECOND: u32 = 100;
/// Octets that wait for the channel.
const WAITING_MAX: usize = 4_096;

/// Told what is typed, on the thread of all browsers: it must not wait.
#[derive(Clone)]
pub struct TextReader(Arc<dyn Fn(String) + Send + Sync>);

impl TextReader {
    /// `read` is given the characters in their order (T.140: U+0008 takes one back, U+2028 ends a line, U+FFFD stands for what was lost).
    pub fn new(read: impl Fn(String) + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
}

impl fmt::Debug for TextReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TextReader")
    }
}

/// The channel we open.
pub(crate) fn text_channel() -> ChannelConfig {
    ChannelConfig { label: PROTOCOL.to_owned(), protocol: PROTOCOL.to_owned(), ..ChannelConfig::default() }
}

/// The text of one session.
#[derive(Debug, Default)]
pub(crate) struct Text {
    channel: Option<ChannelId>,
    pub reader: Option<TextReader>,
    waiting: String,
    /// Characters that may still be typed, and since when.
    budget: Option<(u32, Instant)>,
}

impl Text {
    /// A channel is open: it is ours if it speaks the protocol.
    pub fn opened(&mut self, rtc: &mut Rtc, id: ChannelId) {
        let is_text = rtc.channel(id).is_some_and(|channel| {
            channel.config().is_some_and(|config| config.protocol.eq_ignore_ascii_case(PROTOCOL))
        });
        if is_text && self.channel.is_none() {
            self.channel = Some(id);
            let waiting = std::mem::take(&mut self.waiting);
            self.write(rtc, &waiting);
        }
    }

    pub fn closed(&mut self, id: ChannelId) {
        if self.channel == Some(id) {
            self.channel = None;
        }
    }

    /// Something came over a channel.
    pub fn read(&mut self, now: Instant, data: &ChannelData) {
        let Some(reader) = self.reader.clone().filter(|_| self.channel == Some(data.id) && !data.binary)
        else {
            return;
        };
        let text = String::from_utf8_lossy(&data.data);
        let allowed = usize::try_from(self.allowed(now)).unwrap_or(usize::MAX);
        let mut told: String = text.chars().take(allowed).collect();
        let taken = told.chars().count();
        if text.chars().nth(taken).is_some() && taken > 0 {
            told.push('\u{FFFD}');
        }
        if let Some((budget, _)) = &mut self.budget {
            *budget = budget.saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX));
        }
        if !told.is_empty() {
            (reader.0)(told);
        }
    }

    fn allowed(&mut self, now: Instant) -> u32 {
        let (left, since) = self.budget.unwrap_or((BURST, now));
        let seconds = u32::try_from(now.saturating_duration_since(since).as_secs()).unwrap_or(u32::MAX);
        let left = left.saturating_add(seconds.saturating_mul(PER_SECOND)).min(BURST);
        self.budget = Some((left, if seconds > 0 { now } else { since }));
        left
    }

    /// Shows text, or keeps it until there is a channel.
    pub fn write(&mut self, rtc: &mut Rtc, text: &str) {
        let Some(mut channel) = self.channel.and_then(|id| rtc.channel(id)) else {
            if self.waiting.len() + text.len() <= WAITING_MAX {
                self.waiting.push_str(text);
            }
            return;
        };
        if !text.is_empty() && channel.write(false, text.as_bytes()).is_err() {
            tracing::debug!("webrtc_text_lost");
        }
    }
}
