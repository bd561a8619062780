//! A leg whose party is a browser: its media goes through the WebRTC gateway, and its description is WebRTC's.

use flexio_media::Media;
use flexio_sdp::{Codec, Direction};
use flexio_sip::Transport;
use flexio_webrtc::{Accepted, Gateway, Offer, RtcError, TextReader};

use crate::input::{CallInput, CallSender};
use crate::leg::{Leg, MediaError, set_remote};
use crate::terms::{MediaOptions, Terms};

/// The browser's side of a leg. Dropped, it ends.
#[derive(Debug)]
pub(crate) struct Web {
    gateway: Gateway,
    accepted: Accepted,
    codecs: Vec<Codec>,
    /// An offer of ours within the session waits for its answer.
    is_changing: bool,
    /// It has data channels, and so a place for text.
    has_text: bool,
}

/// An offer to browsers: all of a user's have the same one, and the first to answer it has the call.
#[derive(Debug)]
pub(crate) struct WebOffer {
    gateway: Gateway,
    offer: Offer,
    codecs: Vec<Codec>,
    text: Vec<u8>,
    /// Who reads what the browser types.
    owner: Option<CallSender>,
}

/// Whether a browser describes data channels: it may open one for text (RFC 8865).
pub(crate) fn has_channels(sdp: &[u8]) -> bool {
    let of_channels = |line: &flexio_sdp::MediaLine| line.kind == "application" && line.port != 0;
    flexio_sdp::parse(sdp).is_ok_and(|sdp| sdp.media.iter().any(of_channels))
}

/// Whether there is a browser at the other end: SIP over a WebSocket.
pub(crate) fn is_browser_path(transport: Transport) -> bool {
    match transport {
        Transport::Ws | Transport::Wss => true,
        Transport::Udp | Transport::Tcp | Transport::Tls => false,
    }
}

impl Web {
    /// Whoever owns the leg is told what the browser types.
    pub(crate) fn tell_text(&self, token: u64, owner: CallSender) {
        let reader = TextReader::new(move |text| {
            if !owner.tell(CallInput::Typed { token, text }) {
                metrics::counter!("voice_text_lost_total").increment(1);
            }
        });
        self.gateway.read_text(self.accepted.id, reader);
    }

    /// Whether it has a place for text.
    pub(crate) fn has_text(&self) -> bool {
        self.has_text
    }

    /// Shows text in the browser, if it has a channel for it.
    pub(crate) fn write_text(&self, text: &str) {
        self.gateway.write_text(self.accepted.id, text);
    }

    /// Our offer was refused.
    pub(crate) fn refused(&mut self) {
        if std::mem::take(&mut self.is_changing) {
            self.gateway.unchanged(&self.accepted, self.accepted.phone.direction);
        }
    }
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
                (web.accepted, web.is_changing) = (accepted, false);
                answer
            }
            None => self.begin_web(media, text, options)?,
        };
        self.follow_web(media);
        Ok(answer.into_bytes())
    }

    /// What was agreed on with the browser holds for its media session.
    fn follow_web(&mut self, media: &Media) {
        if let (Some(web), Some(session)) = (&self.web, self.media) {
            self.agreed = Some(web.accepted.phone);
            set_remote(media, session, web.accepted.phone);
        }
    }

    /// The offer for browsers, on these terms; the same until the leg is answered or tries another way.
    pub(crate) fn offer_web(&mut self, media: &Media, options: &MediaOptions) -> Result<Vec<u8>, MediaError> {
        if let Some(made) = &self.web_offer {
            return Ok(made.text.clone());
        }
        let Some(Terms { codecs, gateway: Some(gateway), .. }) = &options.terms else {
            return Err(MediaError::Web(RtcError::NoAudio));
        };
        let (session, _) = self.open(media, options)?;
        let owner = options.text.as_ref().map(|terms| terms.owner.clone());
        let (offer, text) = gateway.offer(codecs, session.local_rtp.port(), owner.is_some())?;
        let (text, gateway, codecs) = (text.into_bytes(), gateway.clone(), codecs.clone());
        let made = WebOffer { gateway, offer, codecs, text: text.clone(), owner };
        self.web_offer = Some(made);
        Ok(text)
    }

    /// An offer within the call of a browser; `None` when the party is none.
    pub(crate) fn reoffer_web(&mut self, direction: Direction) -> Option<Result<Vec<u8>, MediaError>> {
        let web = self.web.as_mut()?;
        let offer = web.gateway.change(&web.accepted, direction);
        web.is_changing = offer.is_ok();
        Some(offer.map(String::into_bytes).map_err(MediaError::Web))
    }

    /// Takes a browser's answer to the last offer. One that comes again, such as the 200's after the 183's, changes nothing.
    pub(crate) fn take_web_answer(&mut self, media: &Media, answer: &[u8]) -> Result<(), MediaError> {
        let text = std::str::from_utf8(answer).map_err(|error| RtcError::Description(error.to_string()))?;
        match (&mut self.web, self.web_offer.take()) {
            (Some(web), _) if web.is_changing => {
                web.is_changing = false;
                web.accepted = web.gateway.changed(&web.accepted, text, &web.codecs)?;
            }
            (Some(_), _) => return Ok(()),
            (None, Some(WebOffer { gateway, offer, codecs, owner, .. })) => {
                let accepted = gateway.accept(offer, text)?;
                let web =
                    Web { gateway, accepted, codecs, is_changing: false, has_text: has_channels(answer) };
                if let Some(owner) = owner {
                    web.tell_text(self.token, owner);
                }
                self.web = Some(web);
            }
            (None, None) => return Err(MediaError::Web(RtcError::Gone)),
        }
        self.direction_before = None;
        self.follow_web(media);
        Ok(())
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
        let (gateway, codecs, has_text) = (gateway.clone(), codecs.clone(), has_channels(offer.as_bytes()));
        let web = Web { gateway, accepted, codecs, is_changing: false, has_text };
        let owner = options.text.as_ref().map(|terms| terms.owner.clone());
        if let Some(owner) = owner {
            web.tell_text(self.token, owner);
        }
        self.web = Some(web);
        Ok(answer)
    }
}
