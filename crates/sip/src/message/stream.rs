//! Messages out of a byte stream (RFC 3261 §18.3, RFC 5626 §3.5.1).

use super::{Message, ParseError, Rejection};
use crate::limits::{MAX_HEAD, MAX_STREAM_MESSAGE};
use crate::scan;

/// What came out of a stream.
#[derive(Debug)]
pub enum Frame {
    /// A message.
    Message(Message),
    /// A message whose end is known but that is malformed: answer it and go on.
    Malformed(Rejection),
    /// The end of a message cannot be known: answer 400 and close. Nothing comes after it.
    Lost(Rejection),
    /// A double CRLF: answer with CRLF.
    KeepAlive,
}

/// Cuts a stream into messages: they may come in pieces or several at once.
///
/// Holds at most one message (128 KiB) and what was read with it. A message that stays incomplete is for the shell to
/// time out: [`StreamFramer::is_idle`] says whether one has begun.
#[derive(Debug, Default)]
pub struct StreamFramer {
    buffer: Vec<u8>,
    /// Where the next message begins in `buffer`.
    start: usize,
    /// How far the end of headers has been looked for, so that slow senders do not cost a scan per byte.
    scanned: usize,
    /// Length of the message whose headers are complete.
    wanted: Option<usize>,
    lost: bool,
}

impl StreamFramer {
    /// An empty framer.
    pub fn new() -> StreamFramer {
        StreamFramer::default()
    }

    /// True if no message is half read.
    pub fn is_idle(&self) -> bool {
        self.start == self.buffer.len()
    }

    /// Takes bytes read from the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.lost {
            return;
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.scanned = self.scanned.saturating_sub(self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next frame, if one is complete.
    pub fn next_frame(&mut self) -> Option<Frame> {
        if self.lost {
            return None;
        }
        if self.wanted.is_none()
            && let Some(frame) = self.skip_blank()
        {
            return Some(frame);
        }
        let rest = &self.buffer[self.start..];
        let total = match self.wanted {
            Some(total) => total,
            None => match find_length(rest, self.scanned - self.start) {
                Ok(Some(total)) => total,
                Ok(None) => {
                    self.scanned = self.start + rest.len().saturating_sub(3);
                    return None;
                }
                Err(error) => return Some(self.lose(error)),
            },
        };
        if rest.len() < total {
            self.wanted = Some(total);
            return None;
        }
        let text = rest[..total].to_vec();
        self.start += total;
        self.scanned = self.start;
        self.wanted = None;
        if self.start == self.buffer.len() {
            self.buffer.clear();
            (self.start, self.scanned) = (0, 0);
        }
        Some(Message::parse_owned(text).map_or_else(Frame::Malformed, Frame::Message))
    }

    /// Skips line breaks between messages; two in a row are a keep-alive.
    fn skip_blank(&mut self) -> Option<Frame> {
        loop {
            let rest = &self.buffer[self.start..];
            let (len, is_ping) = match rest {
                [b'\r', b'\n', b'\r', b'\n', ..] => (4, true),
                [b'\r', b'\n', b'\r'] | [b'\r'] => return None,
                [b'\r', b'\n', ..] => (2, false),
                [b'\n', ..] => (1, false),
                _ => {
                    self.scanned = self.scanned.max(self.start);
                    return None;
                }
            };
            self.start += len;
            self.scanned = self.scanned.max(self.start);
            if is_ping {
                return Some(Frame::KeepAlive);
            }
        }
    }

    fn lose(&mut self, error: ParseError) -> Frame {
        self.lost = true;
        let text = std::mem::take(&mut self.buffer).split_off(self.start);
        let end = text.len().min(MAX_HEAD);
        // What was read is parsed once more as if it were a datagram, to find whom to answer.
        let partial = Message::parse(&text[..end]).map_or_else(|r| r.partial, |m| Some(Box::new(m)));
        Frame::Lost(Rejection { error, partial })
    }
}

/// Length of the message at the start of `text`, if its headers are complete.
fn find_length(text: &[u8], scanned: usize) -> Result<Option<usize>, ParseError> {
    let Some(head) = find_head_end(text, scanned) else {
        return if text.len() >= MAX_HEAD { Err(ParseError::TooLarge) } else { Ok(None) };
    };
    if head > MAX_HEAD {
        return Err(ParseError::TooLarge);
    }
    let mut length = None;
    let mut bad = false;
    for line in text[..head].split(|&b| b == b'\n') {
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let name = line[..colon].trim_ascii_end();
        if !name.eq_ignore_ascii_case(b"content-length") && !name.eq_ignore_ascii_case(b"l") {
            continue;
        }
        // Two lengths, or one that is none: where this message ends cannot be known.
        let value = scan::decimal(line[colon + 1..].trim_ascii());
        bad |= length.is_some() || value.is_none();
        length = value;
    }
    match length {
        Some(length) if !bad => {
            let total = head + usize::try_from(length).expect("at least 32 bits");
            if total > MAX_STREAM_MESSAGE { Err(ParseError::TooLarge) } else { Ok(Some(total)) }
        }
        _ => Err(ParseError::Bad(crate::header::Name::ContentLength)),
    }
}

/// Where the empty line ends.
fn find_head_end(text: &[u8], scanned: usize) -> Option<usize> {
    let from = scanned.min(text.len());
    memchr::memchr_iter(b'\n', &text[from..]).map(|i| from + i).find_map(|newline| {
        let before = &text[..newline];
        (before.ends_with(b"\n") || before.ends_with(b"\n\r")).then_some(newline + 1)
    })
}
