//! The audio codecs this platform can name in a session description.

/// An audio codec with its RTP/AVP identity (RFC 3551 §6, RFC 7587 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 µ-law, static payload type 0, 8 000 Hz.
    Pcmu,
    /// G.711 A-law, static payload type 8, 8 000 Hz.
    Pcma,
    /// G.722, static payload type 9. Its RTP clock is 8 000 Hz although it samples at 16 000 Hz
    /// (RFC 3551 §4.5.2).
    G722,
    /// Opus, dynamic payload type, RTP clock 48 000 Hz, always written with two channels (RFC 7587 §7).
    Opus,
}

impl Codec {
    /// Every codec this crate knows the names of.
    pub const ALL: [Self; 4] = [Self::Pcmu, Self::Pcma, Self::G722, Self::Opus];

    /// The static payload type of RFC 3551 table 4, or `None` for a codec that has only dynamic ones.
    pub fn static_payload_type(self) -> Option<u8> {
        match self {
            Self::Pcmu => Some(0),
            Self::Pcma => Some(8),
            Self::G722 => Some(9),
            Self::Opus => None,
        }
    }

    /// The payload type written in our own offers: the static one, or 111 for Opus as browsers use it.
    pub fn offered_payload_type(self) -> u8 {
        self.static_payload_type().unwrap_or(111)
    }

    /// RTP clock rate in Hz, which for G.722 is not its sampling rate.
    pub fn clock_rate_hz(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 8_000,
            Self::Opus => 48_000,
        }
    }

    /// The encoding name of `a=rtpmap`, in the case of the IANA registry.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::G722 => "G722",
            Self::Opus => "opus",
        }
    }

    /// The value of `a=rtpmap` after the payload type, such as `PCMA/8000`.
    pub fn rtpmap(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU/8000",
            Self::Pcma => "PCMA/8000",
            Self::G722 => "G722/8000",
            Self::Opus => "opus/48000/2",
        }
    }

    /// The codec an unmapped payload type stands for (RFC 3551 table 4).
    pub fn from_static(payload_type: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.static_payload_type() == Some(payload_type))
    }

    /// The codec an `a=rtpmap` value names. Encoding names are case-insensitive (RFC 8866 §6.6); the
    /// clock rate must agree; a channel count of one may be written or left out.
    pub fn from_rtpmap(value: &str) -> Option<Self> {
        let mut parts = value.trim().split('/');
        let name = parts.next()?;
        let rate: u32 = parts.next()?.trim().parse().ok()?;
        let channels = parts.next().map_or("1", str::trim);
        Self::ALL.into_iter().find(|codec| {
            let expected = if *codec == Self::Opus { "2" } else { "1" };
            codec.name().eq_ignore_ascii_case(name) && codec.clock_rate_hz() == rate && channels == expected
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_codec_reads_its_own_rtpmap() {
        for codec in Codec::ALL {
            assert_eq!(Codec::from_rtpmap(codec.rtpmap()), Some(codec));
        }
        assert_eq!(Codec::from_rtpmap("pcma/8000/1"), Some(Codec::Pcma));
    }

    #[test]
    fn a_known_name_at_another_rate_is_another_codec() {
        assert_eq!(Codec::from_rtpmap("PCMU/16000"), None);
        assert_eq!(Codec::from_rtpmap("opus/48000"), None);
        assert_eq!(Codec::from_rtpmap("PCMU"), None);
    }
}
