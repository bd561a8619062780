//! What a session does at an order.

use flexio_rtp::EventReceiver;

use crate::bridge::Bridge;
use crate::listen::Listening;
use crate::order::{Order, Remote};
use crate::player::Track;
use crate::session::{Context, SessionState};
use crate::{Event, PlayMode, RecordEnd};

impl SessionState {
    /// Obeys. Bridging, which needs two sessions, and closing are the thread's business.
    pub fn obey(&mut self, cx: &mut Context<'_>, order: Order) {
        match order {
            Order::SetRemote(remote) => self.set_remote(cx, *remote),
            Order::PeerStream(peer) => self.take_peer_stream(peer),
            Order::Play(track, mode) => self.start_play(cx, track, mode),
            Order::StopPlay => self.stop_play(cx),
            Order::Inband(None) => self.detector = None,
            Order::Inband(Some(inband)) => {
                self.hear_with(inband.listening);
                self.detector = Some(inband.detector);
            }
            Order::StartRecord(start) => {
                self.end_record(RecordEnd::Stopped);
                self.hear_with(start.listening);
                if let Some(beep) = start.beep {
                    let _ = self.overlay.queue(beep);
                }
                self.recorder = Some(start.recorder);
            }
            Order::PauseRecord(silence) => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.pause(silence);
                }
            }
            Order::StopRecord => self.end_record(RecordEnd::Stopped),
            Order::SendDtmf(digits) => self.keys.queue(&digits),
            Order::Mute(muted) => self.muted = muted,
            Order::Tone(player) => self.tone = player,
            Order::JoinMix { member, listening } => {
                self.hear_with(listening);
                self.bridge = None;
                self.join_mix(cx, member);
            }
            Order::SetMember(settings) => self.set_member(cx, settings),
            Order::LeaveMix => self.leave_mix(cx),
            Order::Tap(start) => {
                self.hear_with(start.listening);
                self.taps.add(start.end);
            }
            Order::Bridge { peer, relay_dtmf } => {
                self.leave_mix(cx);
                self.asked_for = None;
                self.bridge = Some(Bridge::new(peer, relay_dtmf, cx.now_ms));
            }
            Order::Unbridged { by } => {
                self.bridge = self.bridge.filter(|bridge| bridge.peer != by);
                self.peer = None;
            }
            Order::Unbridge => {
                self.bridge = None;
                self.peer = None;
            }
            Order::Close => {}
        }
    }

    fn set_remote(&mut self, cx: &Context<'_>, order: Remote) {
        let Remote { negotiated: remote, encoder, decoder, srtp } = order;
        let format = encoder.format();
        // A refresh with the codec of before goes on in its streams.
        if self.remote.is_none() || self.format() != format {
            (self.encoder, self.decoder) = (encoder, decoder);
            self.out.set_format(format);
            if let Some(listening) = &mut self.listening {
                listening.listen_to(format);
            }
        }
        self.out.set_packet_ms(format, remote.ptime_ms);
        // With the keys of before the counters go on: a key stream must never be used twice (RFC 3711 §9.1).
        if self.remote.is_none_or(|before| before.srtp != remote.srtp) {
            (self.out.srtp, self.srtp_in) = srtp.unzip();
        }
        if self.remote.is_none_or(|before| before.telephone_event_hz != remote.telephone_event_hz) {
            self.events_in = EventReceiver::new(remote.telephone_event_hz);
        }
        self.source.signal(cx.now_ms, remote.remote);
        let started = self.remote.replace(remote).is_none();
        if started || self.heard_ms == 0 || !remote.direction.receives() {
            self.heard_ms = cx.now_ms;
        }
        self.timeout_told = false;
    }

    fn start_play(&mut self, cx: &mut Context<'_>, track: Track, mode: PlayMode) {
        if mode == PlayMode::Replace {
            self.stop_play(cx);
        }
        if let Err(Track { play_id: Some(play_id), .. }) = self.prompts.queue(track) {
            cx.events.tell(Event::PlayDone { token: self.token, play_id, finished: false });
        }
    }

    fn stop_play(&mut self, cx: &mut Context<'_>) {
        while let Some(track) = self.prompts.take() {
            if let Some(play_id) = track.play_id {
                cx.events.tell(Event::PlayDone { token: self.token, play_id, finished: false });
            }
        }
    }

    fn hear_with(&mut self, spare: Box<Listening>) {
        if self.wants_audio() && self.listening.is_some() {
            return;
        }
        let format = self.format();
        let listening = self.listening.get_or_insert(spare);
        listening.listen_to(format);
    }

    pub fn end_record(&mut self, end: RecordEnd) {
        if let Some(recorder) = self.recorder.take() {
            recorder.end(end);
        }
    }

    /// Ends prompts and recording; the thread sends BYE and tells the rest.
    pub fn wind_up(&mut self, cx: &mut Context<'_>) {
        self.leave_mix(cx);
        self.stop_play(cx);
        self.end_record(RecordEnd::Closed);
    }
}
