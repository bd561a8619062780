//! What a browser's description says of audio. Its ICE and DTLS parts are not read here.

use crate::negotiate::{codecs_of, direction_of, find_telephone_event};
use crate::{Codec, Direction, Sdp};

/// The audio of a WebRTC description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebAudio {
    /// The codec to use.
    pub codec: Codec,
    /// Its payload type, in both directions (RFC 8829 §5.3.1 keeps the numbers of the offer).
    pub payload_type: u8,
    /// Payload type and clock of RFC 4733 events.
    pub telephone_event: Option<(u8, u32)>,
    /// What *we* may do.
    pub direction: Direction,
}

/// Whether a description is one of WebRTC (RFC 8829 §5.1.2: `UDP/TLS/RTP/SAVPF`, and its variants must be taken).
pub fn is_web(sdp: &Sdp) -> bool {
    sdp.media.iter().any(|line| line.kind == "audio" && is_web_protocol(&line.protocol))
}

fn is_web_protocol(protocol: &str) -> bool {
    matches!(protocol, "UDP/TLS/RTP/SAVPF" | "UDP/TLS/RTP/SAVP" | "TCP/DTLS/RTP/SAVPF")
}

/// The first audio stream, in its first codec that is among ours; `None` without one.
pub fn web_audio(sdp: &Sdp, codecs: &[Codec]) -> Option<WebAudio> {
    let is_stream =
        |line: &&crate::MediaLine| line.kind == "audio" && line.port != 0 && is_web_protocol(&line.protocol);
    let line = sdp.media.iter().find(is_stream)?;
    let (codec, payload_type) = codecs_of(line).into_iter().find(|(codec, _)| codecs.contains(codec))?;
    Some(WebAudio {
        codec,
        payload_type,
        telephone_event: find_telephone_event(line, codec),
        direction: direction_of(sdp, line).reversed(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    /// As Chromium offers through SIP.js, shortened.
    const CHROMIUM: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
        m=audio 51000 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 192.0.2.1\r\na=mid:0\r\na=sendonly\r\n\
        a=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\na=rtpmap:9 G722/8000\r\n\
        a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\n\
        a=rtpmap:126 telephone-event/8000\r\n";

    #[test]
    fn the_first_common_codec_is_taken_with_the_events_on_its_clock() {
        let sdp = parse(CHROMIUM.as_bytes()).unwrap();
        assert!(is_web(&sdp));
        let opus = web_audio(&sdp, &[Codec::Pcma, Codec::Opus]).unwrap();
        assert_eq!(
            (opus.codec, opus.payload_type, opus.telephone_event),
            (Codec::Opus, 111, Some((110, 48_000)))
        );
        assert_eq!(opus.direction, Direction::RecvOnly);
        let narrow = web_audio(&sdp, &[Codec::Pcma]).unwrap();
        assert_eq!(
            (narrow.codec, narrow.payload_type, narrow.telephone_event),
            (Codec::Pcma, 8, Some((126, 8_000)))
        );
        assert_eq!(web_audio(&sdp, &[]), None);
    }

    #[test]
    fn plain_rtp_is_no_web() {
        let sdp = parse(CHROMIUM.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP").as_bytes()).unwrap();
        assert!(!is_web(&sdp) && web_audio(&sdp, &[Codec::Opus]).is_none());
    }
}
