//! What a session does every 20 ms: it sends what is to be heard, and listens to what came.

use flexio_codec::{Decoder, FRAME_SAMPLES, g711};
use flexio_rtp::HEADER_BYTES;

use crate::keys::Step;
use crate::player::Track;
use crate::session::{Context, SessionState};
use crate::{DtmfVia, Event, SessionId};

impl SessionState {
    /// Plays, records and listens for 20 ms, and for the `missed` ticks the thread could not run in time.
    /// Returns what was said to one member of the mix alone.
    pub fn tick(&mut self, cx: &mut Context<'_>, missed: u64) -> Option<(SessionId, [i16; FRAME_SAMPLES])> {
        self.out.advance(missed);
        if let Some(digit) = self.events_in.tick(cx.now_ms) {
            self.digit(cx, digit.digit, digit.duration_ms, DtmfVia::Rfc4733);
        }
        let played = self.play(cx);
        let is_heard = self.wants_audio() || !self.taps.is_empty();
        let whisper = if is_heard { self.listen(cx, played, missed) } else { None };
        self.watch(cx);
        whisper
    }

    pub fn wants_audio(&self) -> bool {
        let is_speaker = self.member.as_ref().is_some_and(|member| member.is_listened_to());
        is_speaker || self.recorder.is_some() || self.detector.is_some() || self.taps.wants_inbound()
    }

    /// Whether what the party hears is kept or copied somewhere.
    pub fn wants_heard(&self) -> bool {
        self.recorder.as_ref().is_some_and(|recorder| recorder.heard.is_some()) || self.taps.want_outbound()
    }

    /// Sends what is to be heard now; true when it lies in the samples, where a recording or a tap wants it.
    fn play(&mut self, cx: &mut Context<'_>) -> bool {
        let sends = self.sends();
        let events =
            sends.and_then(|(remote, _)| remote.send_telephone_event.map(|_| remote.telephone_event_hz));
        loop {
            match self.keys.step(self.out.clock, events) {
                Step::Idle | Step::Hold => break,
                Step::Done => cx.events.tell(Event::DtmfSent { token: self.token }),
                Step::Tones(event) => {
                    let _ = self.overlay.queue(Track::looped(None, cx.tones.digit(event), 1));
                    break;
                }
                Step::Packet(packet) => {
                    self.own_audio = true;
                    if let Some((remote, target)) = sends
                        && let Some(payload_type) = remote.send_telephone_event
                    {
                        self.out.event((&self.rtp, target), payload_type, &packet, cx.buffer);
                    }
                    return false;
                }
            }
        }
        let Some(length) = self.fill(cx) else { return false };
        let wants_heard = self.wants_heard();
        if let (true, Some(law)) = (wants_heard, self.format().law()) {
            // Now: encryption is in place.
            g711::decode(law, &cx.buffer[HEADER_BYTES..HEADER_BYTES + FRAME_SAMPLES], cx.samples);
        }
        match sends {
            Some((remote, target)) if length > 0 => {
                let payload_type = remote.send_payload_type;
                self.out.audio((&self.rtp, target), payload_type, cx.buffer, length);
            }
            Some(_) | None => self.out.pause(),
        }
        wants_heard
    }

    /// Puts the next 20 ms behind the header: what is played to this session alone, or the mix, or the peer in another
    /// codec, or silence. Returns their length, or `None` when packets of the bridge, or nothing, are sent instead.
    /// What is not G.711 is in the samples too.
    fn fill(&mut self, cx: &mut Context<'_>) -> Option<usize> {
        let law = self.format().law();
        let room = cx.buffer[HEADER_BYTES..].first_chunk_mut().expect("the buffer holds 480 bytes");
        let frame: &mut [u8; FRAME_SAMPLES] = room.first_chunk_mut().expect("320 bytes");
        let (token, is_member, wants_heard) = (self.token, self.hears_mix(), self.wants_heard());
        let [is_passed_on, is_transcoded] = [false, true].map(|how| self.is_bridged(cx.now_ms, how));
        let is_idle = self.overlay.is_empty() && self.prompts.is_empty();
        let is_tapped = is_idle && self.taps.fill(cx.samples);
        let player = if is_tapped {
            None
        } else if !self.overlay.is_empty() {
            Some(&mut self.overlay)
        } else if !self.prompts.is_empty() {
            Some(&mut self.prompts)
        } else {
            self.tone.as_mut()
        };
        self.own_audio = is_tapped || player.is_some();
        let done = |play_id| cx.events.tell(Event::PlayDone { token, play_id, finished: true });
        match (player, law) {
            (None, _) if is_tapped => {}
            (Some(player), Some(law)) => {
                player.fill(law, frame, done);
                return Some(FRAME_SAMPLES);
            }
            (Some(player), None) => player.fill_samples(cx.samples, done),
            (None, Some(law)) if is_member => {
                self.hear_mix(cx.mixes, law, frame);
                return Some(FRAME_SAMPLES);
            }
            (None, None) if is_member => {
                if !wants_heard && let Some(length) = self.hear_mix_shared(cx.mixes, cx.writers, room) {
                    return Some(length);
                }
                self.hear_mix_samples(cx.mixes, cx.samples);
            }
            (None, _) if is_transcoded => match &mut self.peer {
                Some(peer) => peer.pull(cx.samples),
                None => cx.samples.fill(0),
            },
            (None, _) if is_passed_on => return None,
            (None, _) if self.quiet_when_idle => {
                self.out.pause();
                return None;
            }
            (None, Some(law)) => {
                frame.fill(law.silence());
                return Some(FRAME_SAMPLES);
            }
            (None, None) => cx.samples.fill(0),
        }
        Some(self.encoder.encode(cx.samples, room))
    }

    fn listen(
        &mut self,
        cx: &mut Context<'_>,
        played: bool,
        missed: u64,
    ) -> Option<(SessionId, [i16; FRAME_SAMPLES])> {
        let is_passed_on = self.is_bridged(cx.now_ms, false);
        let mut said = [0; FRAME_SAMPLES];
        if let Some(listening) = &mut self.listening {
            listening.pull(&mut self.decoder, &mut said);
            self.meter.decoded(self.encoder.format(), &said);
        }
        let key = self.detector.as_mut().and_then(|detector| detector.listen(&said));
        // A source that sends events sends the tones too, sometimes: one key must not count twice.
        if let Some(key) = key.filter(|_| !self.has_event_source) {
            self.digit(cx, key.digit, key.duration_ms, DtmfVia::Inband);
        }
        if self.muted {
            said.fill(0);
        }
        // What passes through in G.711 each of them decodes for itself.
        let law = self.encoder.format().law();
        let mut heard = *cx.samples;
        if !played {
            match &mut self.peer {
                Some(peer) if law.is_none() && is_passed_on => peer.pull(&mut heard),
                Some(_) | None => heard.fill(0),
            }
        }
        let law = law.filter(|_| !played);
        self.taps.tick(law, &said, &heard, missed);
        let whisper = self.say_to_mix(cx, &said).map(|to| (to, said));
        if !self.overlay.is_empty() {
            return whisper;
        }
        let Some(recorder) = &mut self.recorder else { return whisper };
        if let (Some(bridged), Some(law)) = (&mut recorder.heard, law) {
            bridged.pull(&mut Decoder::g711(law), &mut heard);
        }
        recorder.missed(missed);
        if let Some(end) = recorder.frame(&mut said, &mut heard) {
            self.end_record(end);
        }
        whisper
    }

    fn watch(&mut self, cx: &mut Context<'_>) {
        let receives = self.remote.is_some_and(|remote| remote.direction.receives());
        let silent_ms = cx.now_ms - self.heard_ms;
        if self.rtp_timeout_ms > 0
            && receives
            && !self.timeout_told
            && silent_ms >= u64::from(self.rtp_timeout_ms)
        {
            self.timeout_told = true;
            let silent_ms = u32::try_from(silent_ms).unwrap_or(u32::MAX);
            cx.events.tell(Event::RtpTimeout { token: self.token, silent_ms });
        }
    }
}
