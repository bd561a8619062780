//! The RTP fixed header and what may follow it (RFC 3550 §5).

/// Bytes of the header this crate writes: no CSRC, no extension.
pub const HEADER_BYTES: usize = 12;

/// The fields of the fixed header that a two-party audio call uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// First packet after silence, or first packet of an event (RFC 3551 §4.1, RFC 4733 §2.5.1.1).
    pub marker: bool,
    /// 0–127.
    pub payload_type: u8,
    /// Counts packets; wraps at 2¹⁶.
    pub sequence: u16,
    /// Counts samples of the payload's clock; wraps at 2³².
    pub timestamp: u32,
    /// Names the stream.
    pub ssrc: u32,
}

/// A received packet: header and payload without padding, extension and CSRC list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The header.
    pub header: Header,
    /// The payload; may be empty.
    pub payload: &'a [u8],
}

/// Why bytes are not an RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Ends before the header, CSRC list, or extension does.
    #[error("packet is shorter than its header says")]
    Short,
    /// The version is not 2: STUN, DTLS, or noise.
    #[error("not RTP version 2")]
    Version,
    /// The padding count is 0 or longer than the payload.
    #[error("padding longer than the payload")]
    Padding,
}

impl Header {
    /// Writes the 12 bytes.
    pub fn write(&self, out: &mut [u8; HEADER_BYTES]) {
        out[0] = 0x80;
        out[1] = (u8::from(self.marker) << 7) | (self.payload_type & 0x7F);
        out[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        out[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        out[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
    }
}

impl<'a> Packet<'a> {
    /// Reads a datagram. With RTCP on the same port ask [`is_rtcp`] first.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, mut rest) = datagram.split_first_chunk::<HEADER_BYTES>().ok_or(ParseError::Short)?;
        if fixed[0] >> 6 != 2 {
            return Err(ParseError::Version);
        }
        let csrc_bytes = usize::from(fixed[0] & 0x0F) * 4;
        rest = rest.get(csrc_bytes..).ok_or(ParseError::Short)?;
        if fixed[0] & 0x10 != 0 {
            let (extension, after) = rest.split_first_chunk::<4>().ok_or(ParseError::Short)?;
            let words = usize::from(u16::from_be_bytes([extension[2], extension[3]]));
            rest = after.get(words * 4..).ok_or(ParseError::Short)?;
        }
        if fixed[0] & 0x20 != 0 {
            let padding = usize::from(*rest.last().ok_or(ParseError::Padding)?);
            if padding == 0 || padding > rest.len() {
                return Err(ParseError::Padding);
            }
            rest = &rest[..rest.len() - padding];
        }
        let header = Header {
            marker: fixed[1] & 0x80 != 0,
            payload_type: fixed[1] & 0x7F,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
        };
        Ok(Self { header, payload: rest })
    }
}

/// Whether a datagram on a shared port is RTCP rather than RTP (RFC 5761 §4: second byte 192–223).
pub fn is_rtcp(datagram: &[u8]) -> bool {
    datagram.len() >= 4 && datagram[0] >> 6 == 2 && (192..=223).contains(&datagram[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header() -> impl Strategy<Value = Header> {
        (any::<bool>(), 0u8..128, any::<u16>(), any::<u32>(), any::<u32>()).prop_map(
            |(marker, payload_type, sequence, timestamp, ssrc)| Header {
                marker,
                payload_type,
                sequence,
                timestamp,
                ssrc,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(header in header(), payload in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut first = [0; HEADER_BYTES];
            header.write(&mut first);
            let datagram = [&first[..], &payload].concat();
            prop_assert_eq!(Packet::parse(&datagram), Ok(Packet { header, payload: &payload }));
        }

        #[test]
        fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), force in any::<bool>()) {
            if force && !bytes.is_empty() {
                bytes[0] = 0x80 | (bytes[0] & 0x3F);
            }
            if let Ok(packet) = Packet::parse(&bytes) {
                prop_assert!(packet.payload.len() <= bytes.len() - HEADER_BYTES);
            }
        }
    }

    #[test]
    fn csrc_extension_and_padding_are_peeled_off() {
        let mut bytes = vec![0x80 | 0x20 | 0x10 | 1, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend([9, 9, 9, 9]); // CSRC
        bytes.extend([0xBE, 0xDE, 0, 1, 7, 7, 7, 7]); // extension of one word
        bytes.extend([1, 2, 3, 0, 2]); // payload, two bytes of padding
        assert_eq!(Packet::parse(&bytes).unwrap().payload, [1, 2, 3]);
    }

    #[test]
    fn lying_lengths_are_refused() {
        let good = [0x80, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        let with = |first: u8, rest: &[u8]| {
            let mut bytes = good.to_vec();
            bytes[0] = first;
            bytes.extend(rest);
            Packet::parse(&bytes).map(|packet| packet.payload.len())
        };
        assert_eq!(with(0x8F, &[0; 59]), Err(ParseError::Short));
        assert_eq!(with(0x90, &[0, 0, 0]), Err(ParseError::Short));
        assert_eq!(with(0x90, &[0, 0, 0xFF, 0xFF, 1]), Err(ParseError::Short));
        assert_eq!(with(0xA0, &[]), Err(ParseError::Padding));
        assert_eq!(with(0xA0, &[1, 0]), Err(ParseError::Padding));
        assert_eq!(with(0xA0, &[1, 3]), Err(ParseError::Padding));
        assert_eq!(with(0x40, &[]), Err(ParseError::Version));
        assert_eq!(Packet::parse(&good[..11]), Err(ParseError::Short));
    }
}
