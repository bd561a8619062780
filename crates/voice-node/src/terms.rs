//! What a leg's media is to be: how its session is opened, and what its description says.

use flexio_media::SessionOptions;
use flexio_sdp::{Codec, LocalMedia, SRTP_KEY_BYTES, SrtpKey, SrtpPolicy};
use flexio_webrtc::Gateway;

use crate::config::{CodecName, SrtpUse};
use crate::node::Node;
use crate::text::TextTerms;

/// Options of a leg's media.
#[derive(Debug, Clone, Default)]
pub(crate) struct MediaOptions {
    pub session: SessionOptions,
    /// `None` keeps what was said before, as in a re-INVITE.
    pub terms: Option<Terms>,
    /// Text may be agreed on for the first time.
    pub text: Option<TextTerms>,
}

/// What may be agreed on with the other side.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub codecs: Vec<Codec>,
    srtp: SrtpPolicy,
    /// The way to browsers, which trunks have no use for.
    pub gateway: Option<Gateway>,
}

impl Terms {
    fn new(codecs: &[CodecName], srtp: SrtpUse) -> Self {
        Self { codecs: codecs.iter().copied().map(Codec::from).collect(), srtp: srtp.into(), gateway: None }
    }

    /// Puts them into our side of the description; its keys are made once, and stay.
    pub(crate) fn apply(&self, local: &mut LocalMedia) -> Result<(), getrandom::Error> {
        local.codecs.clone_from(&self.codecs);
        local.srtp = self.srtp;
        if self.srtp != SrtpPolicy::Off && local.srtp_keys[0] == SrtpKey([0; SRTP_KEY_BYTES]) {
            for key in &mut local.srtp_keys {
                getrandom::fill(&mut key.0)?;
            }
        }
        Ok(())
    }

    /// With this codec first, if it is among them: what the other side of the call speaks needs no transcoding.
    pub(crate) fn preferring(mut self, codec: Option<Codec>) -> Self {
        if let Some(at) = codec.and_then(|codec| self.codecs.iter().position(|known| *known == codec)) {
            self.codecs[..=at].rotate_right(1);
        }
        self
    }

    /// Whether an offer could be answered, without opening anything.
    pub(crate) fn can_answer(&self, offer: &[u8]) -> bool {
        let mut probe = LocalMedia::new(1, ([127, 0, 0, 1], 9).into());
        probe.codecs.clone_from(&self.codecs);
        probe.srtp = self.srtp;
        flexio_sdp::parse(offer).is_ok_and(|offer| match &self.gateway {
            Some(_) if flexio_sdp::is_web(&offer) => Gateway::can_answer(&offer, &self.codecs),
            Some(_) | None => flexio_sdp::answer(&offer, &probe).is_ok(),
        })
    }
}

impl Node {
    /// The terms of this trunk, or of everybody else.
    pub(crate) fn media_terms(&self, trunk: Option<&str>) -> Terms {
        let of_trunk = trunk.and_then(|name| {
            let trunks = self.trunks();
            let entry = trunks.get(name)?;
            Some(Terms::new(&entry.config.codecs, entry.config.srtp))
        });
        of_trunk.unwrap_or_else(|| {
            let media = &self.config.media;
            Terms { gateway: Some(self.gateway.clone()), ..Terms::new(&media.codecs, media.srtp) }
        })
    }
}
