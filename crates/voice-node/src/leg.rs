//! One leg as the shell holds it: its record, its SIP dialog, its media session, its session description.

use flexio_domain::Call as Record;
use flexio_media::{Command, Media, Session};
use flexio_sdp::{Direction, LocalMedia, NegotiateError, Negotiated, Sdp};
use flexio_sip as sip;

use crate::channels::Channel;
use crate::dialling::Attempts;
use crate::terms::{MediaOptions, Terms};
use crate::text::{TextLeg, TextTerms};
use crate::web::{Web, WebOffer};

/// A leg of the call.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the leg")]
pub(crate) struct Leg {
    /// What is saved.
    pub record: Record,
    /// Needs saving.
    pub dirty: bool,
    /// Saved at least once.
    pub stored: bool,
    /// Its place on the trunk it goes by, until it is over.
    pub channel: Option<Channel>,
    /// Its dialog; `None` before the INVITE is out and after the end.
    pub sip: Option<sip::LegId>,
    /// Further phones of the same user that ring: the first to answer takes the call, the others are cancelled.
    pub forks: Vec<sip::LegId>,
    /// The best answer of those that said no, while others ring.
    pub refused: Option<Refused>,
    /// Its media; `None` before it is needed and after the end.
    pub media: Option<Session>,
    /// Its media was told to end and has not told its figures yet.
    pub media_closing: bool,
    /// The browser behind it, if it is one.
    pub web: Option<Web>,
    /// What browsers that ring were offered.
    pub web_offer: Option<WebOffer>,
    /// It came over a WebSocket: there are browsers at their ends (RFC 7118 §1), which know no media but WebRTC's.
    pub is_web: bool,
    /// Names the leg in media events.
    pub token: u64,
    /// Our side of the description.
    pub local: Option<LocalMedia>,
    /// What is typed beside the audio.
    pub text: Option<TextLeg>,
    /// The description we last sent, to match an answer with.
    pub sent_offer: Option<Sdp>,
    /// An inbound INVITE's offer, until answered.
    pub offer: Option<Vec<u8>>,
    /// Our answer to it, when it was given before the call was answered.
    pub early_answer: Option<Vec<u8>>,
    /// What both sides agreed on.
    pub agreed: Option<Negotiated>,
    /// A hold (true) or its end that the machine waits to hear of.
    pub hold_asked: Option<bool>,
    /// An inbound leg whose final answer is out, or an outbound one that was answered.
    pub answered: bool,
    /// Other trunks and addresses to try before an outbound leg has failed.
    pub attempts: Option<Attempts>,
    /// A hang-up was asked for before the INVITE was out.
    pub hangup_wanted: bool,
    /// What we did before the offer that waits for its answer: again in force when that is refused.
    pub direction_before: Option<Direction>,
}

/// Why a leg has no media.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MediaError {
    #[error("no media session")]
    Open(#[from] flexio_media::OpenError),
    #[error("no random numbers for keys")]
    Keys(#[from] getrandom::Error),
    #[error("session description")]
    Description(#[from] flexio_sdp::ParseError),
    #[error("no media with the browser")]
    Web(#[from] flexio_webrtc::RtcError),
    #[error("no common codec")]
    Negotiate(#[from] NegotiateError),
}

/// A final answer that is no 2xx, with its status; none where it was found here.
pub(crate) type Refused = (u16, Option<sip::Message>);

/// Which of several refusals tells most: less is more. A phone that was silent or broken says nothing of its user.
fn rank(status: u16) -> u8 {
    match status {
        600.. => 0,
        408 | 500..=599 => 3,
        486 => 1,
        _ => 2,
    }
}

impl Leg {
    pub(crate) fn new(record: Record, token: u64) -> Self {
        Self {
            record,
            dirty: false,
            stored: false,
            channel: None,
            sip: None,
            forks: Vec::new(),
            refused: None,
            media: None,
            media_closing: false,
            web: None,
            web_offer: None,
            is_web: false,
            token,
            local: None,
            text: None,
            sent_offer: None,
            offer: None,
            early_answer: None,
            hold_asked: None,
            agreed: None,
            answered: false,
            attempts: None,
            hangup_wanted: false,
            direction_before: None,
        }
    }

    /// A fork answered: its dialog is the leg's from now on; the others, to be cancelled.
    pub(crate) fn take_fork(&mut self, answered: sip::LegId) -> Vec<sip::LegId> {
        let mut others = std::mem::take(&mut self.forks);
        others.extend(self.sip.replace(answered));
        others.retain(|fork| *fork != answered);
        others
    }

    /// A fork was refused; what the leg failed with, when it was the last: the best of all answers.
    pub(crate) fn fork_refused(&mut self, fork: sip::LegId, refusal: Refused) -> Option<Refused> {
        self.forks.retain(|other| *other != fork);
        if self.sip == Some(fork) {
            self.sip = self.forks.pop();
        }
        let best = match self.refused.take() {
            Some(before) if rank(before.0) <= rank(refusal.0) => before,
            _ => refusal,
        };
        if self.sip.is_none() {
            return Some(best);
        }
        self.refused = Some(best);
        None
    }

    /// Opens the media session once.
    pub(crate) fn open(
        &mut self,
        media: &Media,
        options: &MediaOptions,
    ) -> Result<(Session, &mut LocalMedia), MediaError> {
        let session = match self.media {
            Some(session) => session,
            None => media.open(self.token, options.session)?,
        };
        self.media = Some(session);
        let local = self.local.get_or_insert_with(|| {
            let mut local = LocalMedia::new(self.token, session.local_rtp);
            local.rtcp_port = session.local_rtcp.port();
            local
        });
        if let (Some(terms), None) = (&options.terms, &self.agreed) {
            terms.apply(local)?;
        }
        Ok((session, local))
    }

    /// A description to offer.
    pub(crate) fn make_offer(
        &mut self,
        media: &Media,
        options: &MediaOptions,
    ) -> Result<Vec<u8>, MediaError> {
        let direction = self.local.as_ref().map_or_else(Direction::default, |local| local.direction);
        if let Some(offer) = self.reoffer_web(direction) {
            return offer;
        }
        if self.is_web {
            return self.offer_web(media, options);
        }
        let (_, local) = self.open(media, options)?;
        let mut sdp = flexio_sdp::offer(local);
        self.offer_text(media, &mut sdp, options.text.as_ref());
        let bytes = sdp.to_string().into_bytes();
        self.sent_offer = Some(sdp);
        Ok(bytes)
    }

    /// A description for the next way to the party, on other terms.
    pub(crate) fn renew_offer(
        &mut self,
        media: &Media,
        terms: Terms,
        text: Option<TextTerms>,
    ) -> Result<(), MediaError> {
        (self.web, self.web_offer, self.text) = (None, None, None);
        let options = MediaOptions { terms: Some(terms), text, ..MediaOptions::default() };
        let offer = self.make_offer(media, &options)?;
        if let Some(attempts) = &mut self.attempts {
            attempts.offer = offer;
        }
        Ok(())
    }

    /// An offer of the session as it stands but for its direction: `SendOnly` or `Inactive` puts the party on hold,
    /// `SendRecv` takes it back (RFC 3264 §8.4).
    pub(crate) fn redirect(&mut self, media: &Media, direction: Direction) -> Result<Vec<u8>, MediaError> {
        let (_, local) = self.open(media, &MediaOptions::default())?;
        let before = std::mem::replace(&mut local.direction, direction);
        local.bump();
        self.direction_before.get_or_insert(before);
        self.make_offer(media, &MediaOptions::default())
    }

    /// The party refused our last offer: the session stays as it was (RFC 3261 §14.1).
    pub(crate) fn reoffer_refused(&mut self) {
        if let Some(web) = &mut self.web {
            web.refused();
        }
        if let (Some(before), Some(local)) = (self.direction_before.take(), self.local.as_mut()) {
            local.direction = before;
        }
    }

    /// The answer to an offer, and media directed by it.
    pub(crate) fn answer_offer(
        &mut self,
        media: &Media,
        offer: &[u8],
        options: &MediaOptions,
    ) -> Result<Vec<u8>, MediaError> {
        let bytes = offer;
        let offer = flexio_sdp::parse(bytes)?;
        if flexio_sdp::is_web(&offer) {
            return self.answer_web(media, bytes, options);
        }
        let reoffer = self.agreed.is_some();
        let (session, local) = self.open(media, options)?;
        if reoffer {
            local.bump();
        }
        let (mut answer, agreed) = flexio_sdp::answer(&offer, local)?;
        self.agreed = Some(agreed);
        self.answer_text(media, (&offer, &mut answer), options.text.as_ref());
        set_remote(media, session, agreed);
        Ok(answer.to_string().into_bytes())
    }

    /// Directs media by the other side's answer to our offer.
    pub(crate) fn take_answer(&mut self, media: &Media, answer: &[u8]) -> Result<(), MediaError> {
        let bytes = answer;
        let answer = flexio_sdp::parse(bytes)?;
        if flexio_sdp::is_web(&answer) {
            return self.take_web_answer(media, bytes);
        }
        let (Some(session), Some(offer), Some(local)) =
            (self.media, self.sent_offer.as_ref(), self.local.as_ref())
        else {
            return Err(MediaError::Open(flexio_media::OpenError::Stopped));
        };
        let agreed = flexio_sdp::accept_answer(offer, &answer, local)?;
        self.direction_before = None;
        self.web_offer = None;
        self.agreed = Some(agreed);
        set_remote(media, session, agreed);
        self.accept_text(&answer);
        Ok(())
    }

    /// Gives the media session an order; without a session it is dropped.
    pub(crate) fn media(&self, media: &Media, command: Command) -> bool {
        self.media.is_some_and(|session| media.send(session.id, command).is_ok())
    }

    /// Ends the media session.
    pub(crate) fn close_media(&mut self, media: &Media) {
        (self.web, self.web_offer, self.text) = (None, None, None);
        if let Some(session) = self.media.take() {
            self.media_closing = media.send(session.id, Command::Close).is_ok();
        }
    }
}

/// A party that cannot send events sends its keys as tones (RFC 4733 §1): they are looked for in its audio, and only then.
pub(crate) fn set_remote(media: &Media, session: Session, agreed: Negotiated) {
    let _ = media.send(session.id, Command::SetRemote(agreed));
    let _ = media.send(session.id, Command::CollectDtmf { inband: agreed.recv_telephone_event.is_none() });
}
