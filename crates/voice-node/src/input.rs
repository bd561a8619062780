//! What reaches the task of one call, from the SIP task, the media threads, fetches and the API.

use flexio_app::{CallChange, ControlError};
use flexio_domain::CallSid;
use flexio_markup::Document;
use flexio_media as media;
use flexio_sip as sip;
use flexio_voice as voice;
use tokio::sync::{mpsc, oneshot};

use crate::transfer::Replacement;

/// Inputs that may wait for one call; a call that is further behind is ended.
pub(crate) const INBOX: usize = 256;

/// Something for one call.
pub(crate) enum CallInput {
    /// News of a SIP leg.
    Sip { leg: sip::LegId, event: Box<sip::Event> },
    /// News of a media session.
    Media(media::Event),
    /// Somebody typed this, on the leg of that token.
    Typed { token: u64, text: String },
    /// Somebody in the same conference or queue typed this: it is shown on the leg.
    Shown { leg: voice::LegId, text: String },
    /// Something the shell itself found out: a document, an accepted message, a live modification.
    Voice(Box<voice::Event>),
    /// An application has answered, or not, with what is told of it, and what it was asked, sealed.
    Fetched {
        leg: voice::LegId,
        facts: Vec<(&'static str, String)>,
        asked: Option<String>,
        event: Box<voice::Event>,
    },
    /// The leg is to be replaced: its far end goes elsewhere.
    Replace { leg: sip::LegId, asked: Box<Replacement> },
    /// The other call of an attended transfer has let its far end go, or cannot.
    Transferred { leg: voice::LegId, sip: sip::LegId, document: Box<Document>, with: Option<CallSid> },
    /// A change asked for over the API, for one of the call's legs.
    Change { call: CallSid, change: Box<CallChange>, reply: oneshot::Sender<Result<(), ControlError>> },
    /// The conference asked for had just ended: another is to be asked for.
    JoinAgain(Box<voice::JoinRoom>),
    /// A prompt was loaded and is to be played now, unless it was stopped meanwhile.
    Prompt {
        prompt: voice::PromptId,
        leg: voice::LegId,
        times: u16,
        result: Result<media::Prompt, voice::PromptError>,
    },
}

/// Reaches a call without waiting.
#[derive(Debug, Clone)]
pub(crate) struct CallSender(pub mpsc::Sender<CallInput>);

impl CallSender {
    /// False when the call is gone or its inbox is full.
    pub(crate) fn tell(&self, input: CallInput) -> bool {
        self.0.try_send(input).is_ok()
    }

    /// Shows text on a leg; a call that is behind loses it.
    pub(crate) fn show(&self, leg: voice::LegId, text: String) {
        if !self.tell(CallInput::Shown { leg, text }) {
            metrics::counter!("voice_text_lost_total").increment(1);
        }
    }

    /// Waits for room. For answers the call asked for itself.
    pub(crate) async fn answer(&self, input: CallInput) {
        let _ = self.0.send(input).await;
    }
}
