//! A browser as the microphone and loudspeaker of a handset: its media session is bridged with the one of the handset's call.

use flexio_app::handsets::HandsetFault;
use flexio_sdp::Codec;
use flexio_webrtc::{Accepted, Gateway};
use tokio::sync::oneshot;

use super::*;

/// Those of the sandbox carrier, which every browser has too.
const CODECS: [Codec; 2] = [Codec::Pcma, Codec::Pcmu];

/// Where the answer to a browser's offer is waited for.
pub(super) type SoundReply = oneshot::Sender<Result<String, HandsetFault>>;

/// One browser in a call. Dropped, it is out of it.
#[derive(Debug)]
pub(super) struct Sound {
    media: Media,
    gateway: Gateway,
    accepted: Accepted,
    session: Session,
}

impl Drop for Sound {
    fn drop(&mut self) {
        self.gateway.close(self.accepted.id);
        let _ = self.media.send(self.session.id, Command::Close);
    }
}

impl Sound {
    /// Agrees with a browser; its answer goes back there. `call` is the session it will be bridged with.
    fn open(shared: &Shared, call: Session, offer: &str) -> Result<(Self, String), HandsetFault> {
        // What happens in it concerns nobody: keys come through the bridge.
        let token = shared.tokens.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let options = SessionOptions { near: Some(call.id), ..SessionOptions::default() };
        let session = shared.media.open(token, options).map_err(|error| {
            tracing::warn!(%error, "handset_sound_not_opened");
            HandsetFault::WrongState
        })?;
        let agreed = shared.gateway.answer(offer, &CODECS, session.local_rtp.port());
        let (accepted, answer) = match agreed {
            Ok(agreed) => agreed,
            Err(error) => {
                let _ = shared.media.send(session.id, Command::Close);
                tracing::info!(%error, "handset_sound_not_agreed");
                return Err(HandsetFault::NoSound);
            }
        };
        let _ = shared.media.send(session.id, Command::SetRemote(accepted.phone));
        let (media, gateway) = (shared.media.clone(), shared.gateway.clone());
        Ok((Self { media, gateway, accepted, session }, answer))
    }
}

impl Carrier {
    /// Joins a browser with a call of a handset, by WebRTC: its offer, our answer. The one before it, if any, is out of the call.
    pub async fn join(&self, sid: HandsetCallSid, offer: &str) -> Result<String, HandsetFault> {
        let (reply, answer) = oneshot::channel();
        self.shared.wish(sid, Wish::Join(offer.to_owned(), reply))?;
        answer.await.map_err(|_| HandsetFault::WrongState)?
    }
}

impl Phone {
    /// The browser is heard in the call from now on, and hears it.
    pub(super) fn join(&mut self, offer: &str, reply: SoundReply) {
        let _ = reply.send(self.joined(offer));
    }

    fn joined(&mut self, offer: &str) -> Result<String, HandsetFault> {
        let call = self.session.ok_or(HandsetFault::WrongState)?;
        let (sound, answer) = Sound::open(&self.shared, call, offer)?;
        // A prompt of its own, silence too, would stand before what the browser says.
        self.media(Command::StopPlay);
        self.media(Command::Bridge { peer: sound.session.id, relay_dtmf: true });
        self.sound = Some(sound);
        Ok(answer)
    }
}
