//! The bridged peer decoded, for a session that cannot pass its packets on or that records them.
//!
//! Most bridges never need it, so its memory is made when the first packet asks for it, by a disk thread; until it is
//! there, some 20 ms, the packets are left out.

use flexio_codec::{CoderError, Decoder, FRAME_SAMPLES, Format};

use crate::listen::Listening;
use crate::order::Passing;
use crate::session::{Context, SessionState};
use crate::writer::Job;

/// Decodes what a peer sends.
#[derive(Debug)]
pub(crate) struct PeerStream {
    listening: Listening,
    decoder: Decoder,
}

impl PeerStream {
    pub fn new(format: Format) -> Result<Self, CoderError> {
        let mut listening = Listening::new();
        listening.listen_to(format);
        Ok(Self { listening, decoder: Decoder::new(format)? })
    }

    pub fn pull(&mut self, out: &mut [i16; FRAME_SAMPLES]) {
        self.listening.pull(&mut self.decoder, out);
    }
}

impl SessionState {
    /// Takes a packet of the peer to decode it, or asks for the means to.
    pub fn decode_peer(&mut self, cx: &Context<'_>, passing: &Passing, payload: &[u8]) {
        if let Some(peer) = &mut self.peer
            && peer.decoder.format() == passing.format
        {
            peer.listening.push(cx.now_samples, &passing.header, payload);
            return;
        }
        if self.asked_for != Some(passing.format)
            && cx.writers.give(Job::Peer { to: self.id, format: passing.format }).is_ok()
        {
            self.asked_for = Some(passing.format);
        }
    }

    /// The means have come.
    pub fn take_peer_stream(&mut self, peer: Box<PeerStream>) {
        if self.asked_for == Some(peer.decoder.format()) {
            self.peer = Some(peer);
            self.asked_for = None;
        }
    }
}
