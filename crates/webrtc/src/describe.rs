//! Session descriptions for browsers.

use std::net::SocketAddr;

use flexio_sdp::{Codec, Connection, Sdp, WebAudio};
use str0m::format::{Codec as RtcCodec, CodecConfig, FormatParams};
use str0m::media::Frequency;

/// Payload types: of codecs, and of events on each clock in Hz.
#[derive(Debug)]
pub(crate) struct Numbers {
    codecs: Vec<(Codec, u8)>,
    events: Vec<(u8, u32)>,
}

/// Configures what may be talked: these payload types and no other.
pub(crate) fn configure(config: &mut CodecConfig, numbers: &Numbers) {
    for (codec, payload_type) in &numbers.codecs {
        let (codec, clock, channels) = match codec {
            Codec::Pcmu => (RtcCodec::PCMU, Frequency::EIGHT_KHZ, None),
            Codec::Pcma => (RtcCodec::PCMA, Frequency::EIGHT_KHZ, None),
            // str0m counts its samples and writes its clock (RFC 3551 §4.5.2).
            Codec::G722 => (RtcCodec::G722, Frequency::SIXTEEN_KHZ, None),
            Codec::Opus => (RtcCodec::Opus, Frequency::FORTY_EIGHT_KHZ, Some(2)),
        };
        let mut format = FormatParams::default();
        if codec == RtcCodec::Opus {
            (format.min_p_time, format.use_inband_fec) = (Some(10), Some(true));
        }
        config.add_config((*payload_type).into(), None, codec, clock, channels, format);
    }
    for (payload_type, clock_hz) in &numbers.events {
        let clock = if *clock_hz == 48_000 { Frequency::FORTY_EIGHT_KHZ } else { Frequency::EIGHT_KHZ };
        config.add_config((*payload_type).into(), None, RtcCodec::Tele, clock, None, FormatParams::default());
    }
}

/// The payload types of an offer of ours, as browsers use them.
pub(crate) fn offered(codecs: &[Codec]) -> Numbers {
    let events: &[(u8, u32)] =
        if codecs.contains(&Codec::Opus) { &[(110, 48_000), (126, 8_000)] } else { &[(126, 8_000)] };
    let codecs = codecs.iter().map(|codec| (*codec, codec.offered_payload_type())).collect();
    Numbers { codecs, events: events.to_vec() }
}

/// Those of the answer to one of theirs: the codec that was chosen, with their numbers.
pub(crate) fn chosen(audio: &WebAudio) -> Numbers {
    let codecs = vec![(audio.codec, audio.payload_type)];
    Numbers { codecs, events: audio.telephone_event.into_iter().collect() }
}

/// Writes the true address where WebRTC has a placeholder, which signalling on the way may take for hold.
pub(crate) fn with_address(text: &str, address: SocketAddr) -> Option<String> {
    let mut sdp: Sdp = flexio_sdp::parse(text.as_bytes()).ok()?;
    for line in &mut sdp.media {
        if line.port != 0 {
            line.port = address.port();
            line.connection = Some(Connection::Ip(address.ip()));
        }
    }
    Some(sdp.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_placeholder_address_is_replaced_and_nothing_else() {
        let text = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
                    c=IN IP4 0.0.0.0\r\na=mid:0\r\na=fingerprint:sha-256 AA:BB\r\na=setup:active\r\n";
        let written = with_address(text, "192.0.2.7:7000".parse().unwrap()).unwrap();
        let expected =
            text.replace("audio 9", "audio 7000").replace("c=IN IP4 0.0.0.0", "c=IN IP4 192.0.2.7");
        assert_eq!(written, expected);
        assert_eq!(with_address("nonsense", "192.0.2.7:7000".parse().unwrap()), None);
    }
}
