//! A session as one half of a bridge: packets of the other half on their way to its caller.

use flexio_codec::g711;
use flexio_rtp::HEADER_BYTES;

use crate::SessionId;
use crate::keys::Digits;
use crate::order::Passing;
use crate::player::Track;
use crate::session::{Context, SessionState};

/// A bridged peer that sends nothing for this long is filled in with silence, in ms.
const BRIDGE_SILENCE_MS: u64 = 200;

/// The other half of a bridge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bridge {
    pub peer: SessionId,
    pub relay_dtmf: bool,
    heard_ms: u64,
    /// The peer's packets cannot be passed on as they are.
    transcodes: bool,
}

impl Bridge {
    pub fn new(peer: SessionId, relay_dtmf: bool, now_ms: u64) -> Self {
        Self { peer, relay_dtmf, heard_ms: now_ms, transcodes: false }
    }
}

impl SessionState {
    /// A packet of the bridged peer, to be sent on.
    pub fn relay(&mut self, cx: &mut Context<'_>, from: SessionId, passing: &Passing, payload: &[u8]) {
        let Some((remote, target)) = self.sends() else { return };
        let Some(bridge) = self.bridge.as_mut().filter(|bridge| bridge.peer == from) else { return };
        let format = self.encoder.format();
        let passes = passing.format.passes_to(format);
        if !passing.is_event {
            bridge.heard_ms = cx.now_ms;
            bridge.transcodes = !passes;
            if !passes || (passing.format.law().is_none() && self.wants_heard()) {
                self.decode_peer(cx, passing, payload);
            }
        }
        if self.own_audio {
            return;
        }
        let payload_type = match (passing.is_event, remote.send_telephone_event) {
            (true, Some(payload_type)) if passes => payload_type,
            (true, events) => return self.relay_key(cx, passing, payload, events.is_some()),
            (false, _) if passes => remote.send_payload_type,
            (false, _) => return,
        };
        let bytes = &mut cx.buffer[HEADER_BYTES..HEADER_BYTES + payload.len()];
        bytes.copy_from_slice(payload);
        if let (false, Some(from), Some(law)) = (passing.is_event, passing.format.law(), format.law()) {
            if law != from {
                g711::transcode(from, bytes);
            }
            if let Some(heard) = self.recorder.as_mut().and_then(|recorder| recorder.heard.as_mut()) {
                heard.push(cx.now_samples, &passing.header, bytes);
            }
            self.taps.relayed(cx.now_samples, &passing.header, bytes);
        }
        self.out.bridged((&self.rtp, target), payload_type, &passing.header, cx.buffer, payload.len());
    }

    /// This side has another clock, or no telephone-event: it gets the key once, anew, or as tones.
    fn relay_key(&mut self, cx: &Context<'_>, passing: &Passing, payload: &[u8], has_events: bool) {
        let is_new = self.toned_event != Some(passing.header.timestamp);
        if let (true, [event @ 0..=15, ..]) = (is_new, payload) {
            self.toned_event = Some(passing.header.timestamp);
            if has_events {
                return self.keys.queue(&Digits::press(*event));
            }
            // A fifth key within the tones of four is dropped: faster than any human.
            let _ = self.overlay.queue(Track::looped(None, cx.tones.digit(*event), 1));
        }
    }

    /// Whether a peer is heard, whose packets are passed on or, if so asked, transcoded.
    pub fn is_bridged(&self, now_ms: u64, transcoded: bool) -> bool {
        self.bridge.is_some_and(|bridge| {
            bridge.transcodes == transcoded && now_ms - bridge.heard_ms < BRIDGE_SILENCE_MS
        })
    }
}
