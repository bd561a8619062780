//! A leg whose party is a browser: its media goes through the WebRTC gateway, and its description is WebRTC's.

use flexio_media::Media;
use flexio_sdp::Codec;
use flexio_webrtc::{Accepted, Gateway, RtcError};

use crate::leg::{Leg, MediaError, set_remote};
use crate::terms::{MediaOptions, Terms};

/// The browser's side of a leg. Dropped, it ends.
#[derive(Debug)]
pub(crate) struct Web {
    gateway: Gateway,
    accepted: Accepted,
    codecs: Vec<Codec>,
}

impl Drop for Web {
    fn drop(&mut self) {
        self.gateway.close(self.accepted.id);
    }
}

impl Leg {
    /// Answers a browser's offer, the first or one within the call (hold).
    pub(crate) fn answer_web(
        &mut self,
        media: &Media,
        offer: &[u8],
        options: &MediaOptions,
    ) -> Result<Vec<u8>, MediaError> {
        let text = std::str::from_utf8(offer).map_err(|error| RtcError::Description(error.to_string()))?;
        let answer = match &mut self.web {
            Some(web) => {
                let (accepted, answer) = web.gateway.reoffer(&web.accepted, text, &web.codecs)?;
                web.accepted = accepted;
                answer
            }
            None => self.begin_web(media, text, options)?,
        };
        if let (Some(web), Some(session)) = (&self.web, self.media) {
            self.agreed = Some(web.accepted.phone);
            set_remote(media, session, web.accepted.phone);
        }
        Ok(answer.into_bytes())
    }

    fn begin_web(
        &mut self,
        media: &Media,
        offer: &str,
        options: &MediaOptions,
    ) -> Result<String, MediaError> {
        let Some(Terms { codecs, gateway: Some(gateway), .. }) = &options.terms else {
            return Err(MediaError::Web(RtcError::NoAudio));
        };
        let (session, _) = self.open(media, options)?;
        let (accepted, answer) = gateway.answer(offer, codecs, session.local_rtp.port())?;
        self.web = Some(Web { gateway: gateway.clone(), accepted, codecs: codecs.clone() });
        Ok(answer)
    }
}
