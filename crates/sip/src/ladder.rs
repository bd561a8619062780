//! What one leg said and heard, message by message, for those who look for a fault.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::event::LegId;
use crate::flow::Transport;
use crate::scan;

/// Messages kept of one leg: half of them the first, half the last.
pub const LADDER_MESSAGES_MAX: usize = 64;
/// Bytes kept of one leg, likewise.
pub const LADDER_BYTES_MAX: usize = 64 * 1024;
/// Bytes kept of one message.
const MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// A message as it went over the wire.
#[derive(Clone, PartialEq, Eq)]
pub struct Traced {
    /// When it was received, or handed to the shell to be sent.
    pub at: Duration,
    /// We sent it.
    pub is_sent: bool,
    /// Transport.
    pub transport: Transport,
    /// Our socket; `None` where the endpoint left the choice to the shell.
    pub local: Option<SocketAddr>,
    /// The peer.
    pub remote: SocketAddr,
    bytes: Arc<[u8]>,
}

impl std::fmt::Debug for Traced {
    /// Without the bytes: they hold numbers and credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Traced")
            .field("at", &self.at)
            .field("is_sent", &self.is_sent)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl Traced {
    pub(crate) fn new(
        at: Duration,
        is_sent: bool,
        transport: Transport,
        (local, remote): (Option<SocketAddr>, SocketAddr),
        bytes: Arc<[u8]>,
    ) -> Traced {
        Traced { at, is_sent, transport, local, remote, bytes }
    }

    /// The message without its secrets, at most 16 KiB of it: credentials, SDES and ICE keys, and the body of an INFO, which is where
    /// keys that are pressed travel, or of a MESSAGE, stand as `***`. What is not UTF-8 is shown lossily.
    pub fn text(&self) -> String {
        let shown = &self.bytes[..self.bytes.len().min(MESSAGE_BYTES_MAX)];
        mask(&String::from_utf8_lossy(shown))
    }

    pub(crate) fn kept(&self) -> usize {
        self.bytes.len().min(MESSAGE_BYTES_MAX)
    }
}

/// The messages of one leg, told once by [`Endpoint::poll_ladder`](crate::Endpoint::poll_ladder).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// The leg.
    pub leg: LegId,
    /// In order of time: the first ones and, behind a gap if some were dropped, the last ones.
    pub messages: Vec<Traced>,
    /// How many of them stand before the gap.
    pub before_gap: usize,
    /// Messages that are not here, for there were too many.
    pub dropped: u32,
}

/// A ladder while its leg lives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rungs {
    first: Vec<Traced>,
    first_bytes: usize,
    last: VecDeque<Traced>,
    last_bytes: usize,
    dropped: u32,
}

impl Rungs {
    /// Keeps a message while the first half has room, else among the last ones.
    pub(crate) fn push(&mut self, message: Traced) {
        let bytes = message.kept();
        let has_room = self.first.len() < LADDER_MESSAGES_MAX / 2
            && self.first_bytes + bytes <= LADDER_BYTES_MAX / 2
            && self.last.is_empty();
        if has_room {
            self.first_bytes += bytes;
            self.first.push(message);
            return;
        }
        self.last_bytes += bytes;
        self.last.push_back(message);
        while self.last.len() > LADDER_MESSAGES_MAX / 2 || self.last_bytes > LADDER_BYTES_MAX / 2 {
            let Some(oldest) = self.last.pop_front() else { return };
            self.last_bytes -= oldest.kept();
            self.dropped += 1;
        }
    }

    /// Counts a message for which there is no memory.
    pub(crate) fn skip(&mut self) {
        self.dropped += 1;
    }

    /// Bytes kept.
    pub(crate) fn bytes(&self) -> usize {
        self.first_bytes + self.last_bytes
    }

    pub(crate) fn finish(self, leg: LegId) -> Ladder {
        let before_gap = self.first.len();
        let mut messages = self.first;
        messages.extend(self.last);
        Ladder { leg, messages, before_gap, dropped: self.dropped }
    }
}

/// Headers that carry what proves somebody: only the scheme is shown.
const SECRET_HEADERS: [&str; 2] = ["authorization", "proxy-authorization"];
/// Lines of a session description that carry keys.
const SECRET_LINES: [&str; 3] = ["a=crypto:", "a=ice-pwd:", "k="];

fn mask(text: &str) -> String {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let is_info = head.starts_with("INFO ");
    // Words of people, or of their application to them.
    let is_message =
        head.starts_with("MESSAGE ") || is_info && head.to_ascii_lowercase().contains("application/json");
    let mut out = String::with_capacity(text.len());
    let mut is_secret = false;
    for (number, line) in head.split("\r\n").enumerate() {
        if number > 0 {
            out.push_str("\r\n");
        }
        if line.starts_with([' ', '\t']) {
            // A folded line belongs to the one before.
            out.push_str(if is_secret { " ***" } else { line });
        } else {
            is_secret = push_header(&mut out, line);
        }
    }
    if text.len() > head.len() {
        out.push_str("\r\n\r\n");
    }
    for line in body.split_inclusive('\n') {
        match SECRET_LINES.iter().find(|secret| line.starts_with(*secret)) {
            _ if is_message => {
                let content = line.trim_end();
                out.push_str(if content.is_empty() { "" } else { "***" });
                out.push_str(&line[content.len()..]);
            }
            _ if is_info => out.push_str(&pressed(line)),
            Some(secret) => {
                out.push_str(secret);
                out.push_str("***");
                out.push_str(&line[line.trim_end().len()..]);
            }
            None => out.push_str(line),
        }
    }
    out
}

/// Appends a header, masked if it is a secret, and tells that.
fn push_header(out: &mut String, line: &str) -> bool {
    let Some((name, value)) = line.split_once(':') else {
        out.push_str(line);
        return false;
    };
    let is_secret = SECRET_HEADERS.iter().any(|secret| name.trim().eq_ignore_ascii_case(secret));
    if is_secret {
        let scheme = value.split_whitespace().next().unwrap_or_default();
        // A value of one word is the secret itself.
        let scheme = if scan::is_token(scheme.as_bytes()) && value.trim() != scheme { scheme } else { "" };
        out.push_str(name);
        out.push_str(": ");
        out.push_str(scheme);
        out.push_str(" ***");
    } else {
        out.push_str(line);
    }
    is_secret
}

/// A line of an INFO's body: how long a key was pressed may be seen, which one may not.
fn pressed(line: &str) -> String {
    let content = line.trim_end();
    let shown = match content.split_once('=') {
        _ if content.is_empty() => "",
        Some((name, _)) if name.trim().eq_ignore_ascii_case("duration") => content,
        Some((name, _)) => return format!("{name}=***{}", &line[content.len()..]),
        None => "***",
    };
    format!("{shown}{}", &line[content.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traced(number: u64, bytes: &[u8]) -> Traced {
        let peer = "192.0.2.2:5060".parse().unwrap();
        Traced::new(Duration::from_secs(number), false, Transport::Udp, (None, peer), bytes.into())
    }

    #[test]
    fn the_first_and_the_last_messages_are_kept_and_the_rest_is_counted() {
        let mut rungs = Rungs::default();
        for number in 0..100 {
            rungs.push(traced(number, b"OPTIONS"));
        }
        let ladder = rungs.finish(LegId(1));
        let times: Vec<u64> = ladder.messages.iter().map(|message| message.at.as_secs()).collect();
        assert_eq!(times, (0..32).chain(68..100).collect::<Vec<_>>());
        assert_eq!((ladder.before_gap, ladder.dropped), (32, 36));
    }

    #[test]
    fn no_leg_keeps_more_bytes_than_the_limit() {
        let mut rungs = Rungs::default();
        let large = vec![b'x'; 60_000];
        for number in 0..20 {
            rungs.push(traced(number, &large));
            assert!(rungs.bytes() <= LADDER_BYTES_MAX);
        }
        let ladder = rungs.finish(LegId(1));
        assert_eq!((ladder.messages.len(), ladder.dropped), (4, 16));
        assert!(ladder.messages.iter().all(|message| message.text().len() == MESSAGE_BYTES_MAX));
        assert_eq!(ladder.messages.last().unwrap().at.as_secs(), 19);
    }

    #[test]
    fn secrets_do_not_show() {
        let text = "INVITE sip:a@b SIP/2.0\r\nAuthorization: Digest username=\"u\",\r\n response=\"beef\"\r\n\
            proxy-authorization : Bearer eyJh\r\nX-Plain: 1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\
            a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0\r\na=ice-pwd:hush\r\nm=audio 9 RTP/SAVP 8\r\n";
        assert_eq!(
            traced(1, text.as_bytes()).text(),
            "INVITE sip:a@b SIP/2.0\r\nAuthorization: Digest ***\r\n ***\r\nproxy-authorization : Bearer ***\r\n\
             X-Plain: 1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\na=crypto:***\r\na=ice-pwd:***\r\n\
             m=audio 9 RTP/SAVP 8\r\n"
        );
        let info = |body: &str| traced(1, format!("INFO sip:a@b SIP/2.0\r\n\r\n{body}").as_bytes()).text();
        assert_eq!(
            info("Signal=5\r\nDuration=160\r\n"),
            "INFO sip:a@b SIP/2.0\r\n\r\nSignal=***\r\nDuration=160\r\n"
        );
        assert_eq!(info("7"), "INFO sip:a@b SIP/2.0\r\n\r\n***");
        for head in ["INFO sip:a@b SIP/2.0\r\nContent-Type: application/json", "MESSAGE sip:a@b SIP/2.0"] {
            let shown = traced(1, format!("{head}\r\n\r\n{{\"a=b\":1}}\r\n2").as_bytes()).text();
            assert_eq!(shown, format!("{head}\r\n\r\n***\r\n***"));
        }
        let bare = traced(1, b"BYE sip:a@b SIP/2.0\r\nAuthorization: secret\r\n\r\n").text();
        assert_eq!(bare, "BYE sip:a@b SIP/2.0\r\nAuthorization:  ***\r\n\r\n");
    }
}
