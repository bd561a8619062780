//! What was said over SIP: the messages of a leg, for those who look for a fault.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, CallSid};

/// The messages of one INVITE and the dialog it made. A leg has several where more than one phone rang or more than one way was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipLadder {
    /// Owner.
    pub account_sid: AccountSid,
    /// The call that is this leg.
    pub call_sid: CallSid,
    /// The call whose document runs; the same for that call's own leg.
    pub root_call_sid: CallSid,
    /// In order of time: the first ones and, behind a gap if some were dropped, the last ones.
    pub messages: Vec<SipMessage>,
    /// How many stand before the gap.
    pub before_gap: usize,
    /// Messages that were not kept, for there were too many or they came while the node's memory for them was full.
    pub dropped: u32,
}

/// One message on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipMessage {
    /// When.
    pub at: Timestamp,
    /// The platform sent it.
    pub is_sent: bool,
    /// `UDP`, `TCP`, `TLS`, `WS` or `WSS`.
    pub transport: String,
    /// `ip:port` of the platform's socket, where known.
    pub local: Option<String>,
    /// `ip:port` of the peer.
    pub remote: String,
    /// As on the wire, at most 16 KiB of it; credentials, media keys and keys that were pressed stand as `***`.
    pub text: String,
}

impl SipMessage {
    /// Request or status line.
    pub fn start_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// First value of a header, by its full name or its compact form of one letter.
    pub fn header(&self, name: &str, compact: &str) -> Option<&str> {
        let head = self.text.split("\r\n\r\n").next()?;
        head.split("\r\n").skip(1).find_map(|line| {
            let (have, value) = line.split_once(':')?;
            let have = have.trim();
            (have.eq_ignore_ascii_case(name) || have.eq_ignore_ascii_case(compact)).then_some(value.trim())
        })
    }

    /// The tag in From or To.
    pub fn tag(&self, name: &str, compact: &str) -> Option<&str> {
        let value = self.header(name, compact)?;
        // What stands in a name or URI before the last bracket is no parameter of the header.
        let params = value.rsplit_once('>').map_or(value, |(_, params)| params);
        let tag = params.split(';').skip(1).find_map(|param| param.trim().strip_prefix("tag="))?;
        Some(tag.trim())
    }

    /// Media type of the body; `None` without one.
    pub fn body_kind(&self) -> Option<&str> {
        let body = self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        if body.is_empty() {
            return None;
        }
        let kind = self.header("Content-Type", "c")?;
        Some(kind.split(';').next().unwrap_or(kind).trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_tells_its_dialog_by_full_and_compact_names() {
        let message = |text: &str| SipMessage {
            at: Timestamp::UNIX_EPOCH,
            is_sent: true,
            transport: "UDP".to_owned(),
            local: None,
            remote: "192.0.2.2:5060".to_owned(),
            text: text.to_owned(),
        };
        let full = message(
            "SIP/2.0 200 OK\r\nf: \"a;tag=no\" <sip:a@b;tag=no>;tag=one\r\nTo: sip:c@d;tag=two\r\ni: x\r\n\
             CSeq: 1 INVITE\r\nc: application/sdp;q=1\r\n\r\nv=0\r\n",
        );
        assert_eq!(full.start_line(), "SIP/2.0 200 OK");
        assert_eq!((full.tag("From", "f"), full.tag("To", "t")), (Some("one"), Some("two")));
        assert_eq!((full.header("Call-ID", "i"), full.body_kind()), (Some("x"), Some("application/sdp")));
        let bare = message("ACK sip:a@b SIP/2.0\r\nTo: <sip:c@d>\r\nContent-Type: text/plain\r\n\r\n");
        assert_eq!((bare.tag("To", "t"), bare.body_kind(), bare.header("CSeq", "")), (None, None, None));
    }
}
