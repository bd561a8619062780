//! One session: what happens at a packet, at a tick, at an order.

use std::net::SocketAddr;

use flexio_codec::{DtmfDetector, FRAME_SAMPLES, G711, g711};
use flexio_rtp::{EventReceiver, HEADER_BYTES, Header, Packet, Reception, Seen, is_rtcp};
use flexio_sdp::{Codec, Negotiated};
use mio::net::UdpSocket;

use crate::events::EventQueue;
use crate::keys::{Keys, Step};
use crate::listen::Listening;
use crate::member::Member;
use crate::mix::Mixes;
use crate::order::Passing;
use crate::outbound::{BUFFER_BYTES, Outbound};
use crate::player::{Player, Tones, Track};
use crate::recorder::Recorder;
use crate::reports::Reports;
use crate::source::{Source, Verdict, canonical};
use crate::tap::Taps;
use crate::{DtmfVia, Event, RecordEnd, SessionId};

/// A bridged peer that sends nothing for this long is filled in with silence, in ms.
const BRIDGE_SILENCE_MS: u64 = 200;
/// Time between two alarms about foreign packets, in ms.
const ALARM_MS: u64 = 10_000;
/// Comfort noise (RFC 3389): keeps a stream alive, carries no audio we play.
const COMFORT_NOISE: u8 = 13;

/// What a session needs from its thread while it acts.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    /// Steady time.
    pub now_ms: u64,
    /// The same in samples, as an RTP clock.
    pub now_samples: u32,
    pub events: &'a mut EventQueue,
    /// Where outgoing packets are built.
    pub buffer: &'a mut [u8; BUFFER_BYTES],
    pub tones: &'a Tones,
    pub mixes: &'a mut Mixes,
}

/// The other half of a bridge.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bridge {
    pub peer: SessionId,
    relay_dtmf: bool,
    heard_ms: u64,
}

impl Bridge {
    pub fn new(peer: SessionId, relay_dtmf: bool, now_ms: u64) -> Self {
        Self { peer, relay_dtmf, heard_ms: now_ms }
    }
}

/// Counted over the life of the session.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counters {
    pub received: u64,
    pub received_bytes: u64,
    pub foreign: u64,
    pub invalid: u64,
    pub lost_before: u64,
    pub media_start_ms: Option<u32>,
}

/// A session, owned by its media thread.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, none excludes another")]
#[derive(Debug)]
pub(crate) struct SessionState {
    pub id: SessionId,
    pub token: u64,
    pub rtp: UdpSocket,
    pub rtcp: UdpSocket,
    pub source: Source,
    pub remote: Option<Negotiated>,
    pub out: Outbound,
    pub reports: Reports,
    pub reception: Option<Reception>,
    pub counters: Counters,
    pub opened_ms: u64,
    /// Ticks until the next RTCP report.
    pub report_in_ticks: u32,
    /// Number of the last turn of the thread's clock in which this session ticked.
    pub last_turn: u64,
    pub bridge: Option<Bridge>,
    pub member: Option<Box<Member>>,
    pub recorder: Option<Box<Recorder>>,
    pub taps: Taps,
    pub listening: Option<Box<Listening>>,
    pub detector: Option<DtmfDetector>,
    rtp_timeout_ms: u32,
    quiet_when_idle: bool,
    pub heard_ms: u64,
    pub timeout_told: bool,
    alarm_ms: Option<u64>,
    events_in: EventReceiver,
    has_event_source: bool,
    pub prompts: Player,
    /// Beeps and keys as tones: before prompts, which pause meanwhile.
    pub overlay: Player,
    pub tone: Option<Player>,
    pub keys: Keys,
    toned_event: Option<u32>,
    pub muted: bool,
    /// We have something of our own to play: the bridge is interrupted.
    own_audio: bool,
}

/// What `Media::open` decided for a session.
#[derive(Debug)]
pub(crate) struct Opening {
    pub id: SessionId,
    pub token: u64,
    pub rtp: UdpSocket,
    pub rtcp: UdpSocket,
    pub strict_source: bool,
    pub learn_window_ms: u32,
    pub rtp_timeout_ms: u32,
    pub quiet_when_idle: bool,
    pub random: u128,
    pub cname: String,
}

impl SessionState {
    pub fn new(opening: Opening) -> Self {
        Self {
            id: opening.id,
            token: opening.token,
            rtp: opening.rtp,
            rtcp: opening.rtcp,
            source: Source::new(opening.strict_source, opening.learn_window_ms),
            remote: None,
            out: Outbound::new(opening.random),
            reports: Reports::new(opening.cname),
            reception: None,
            counters: Counters::default(),
            opened_ms: 0,
            report_in_ticks: 0,
            last_turn: 0,
            bridge: None,
            member: None,
            recorder: None,
            taps: Taps::default(),
            listening: None,
            detector: None,
            rtp_timeout_ms: opening.rtp_timeout_ms,
            quiet_when_idle: opening.quiet_when_idle,
            heard_ms: 0,
            timeout_told: false,
            alarm_ms: None,
            events_in: EventReceiver::new(8_000),
            has_event_source: false,
            prompts: Player::for_prompts(),
            overlay: Player::new(4),
            tone: None,
            keys: Keys::new(),
            toned_event: None,
            muted: false,
            own_audio: false,
        }
    }

    pub fn law(&self) -> G711 {
        match self.remote.map(|remote| remote.codec) {
            Some(Codec::Pcmu) => G711::MuLaw,
            _ => G711::ALaw,
        }
    }

    /// The law and payload types are known and the other side listens.
    fn sends(&self) -> Option<(Negotiated, SocketAddr)> {
        let remote = self.remote.filter(|remote| remote.direction.sends())?;
        Some((remote, self.source.target()?))
    }

    // --- a packet came -----------------------------------------------------------------------------

    /// Takes a datagram of the RTP socket; returns what has to go to the bridged peer.
    pub fn datagram<'d>(
        &mut self,
        cx: &mut Context<'_>,
        from: SocketAddr,
        datagram: &'d [u8],
    ) -> Option<(SessionId, Passing, &'d [u8])> {
        let Some(remote) = self.remote else {
            self.foreign(cx);
            return None;
        };
        if is_rtcp(datagram) {
            if remote.rtcp_mux {
                self.report(cx, from, datagram);
            }
            return None;
        }
        let Ok(packet) = Packet::parse(datagram) else {
            self.counters.invalid += 1;
            return None;
        };
        let is_event = remote.recv_telephone_event == Some(packet.header.payload_type);
        let is_audio = remote.recv_payload_type == packet.header.payload_type
            && (1..=480).contains(&packet.payload.len());
        if !is_event && !is_audio && packet.header.payload_type != COMFORT_NOISE {
            self.counters.invalid += 1;
            return None;
        }
        match self.source.judge(cx.now_ms, from, &packet.header) {
            Verdict::Drop => {
                self.foreign(cx);
                return None;
            }
            Verdict::AcceptNew => self.new_stream(&packet.header),
            Verdict::Accept => {}
        }
        self.accepted(cx, &packet, &remote, is_event, is_audio)
    }

    fn new_stream(&mut self, header: &Header) {
        if let Some(before) = self.reception.take() {
            self.counters.lost_before += before.lost();
        }
        self.reception = Some(Reception::new(header.ssrc, header.sequence));
        self.events_in.reset();
        if let Some(listening) = &mut self.listening {
            listening.reset();
        }
    }

    fn accepted<'d>(
        &mut self,
        cx: &mut Context<'_>,
        packet: &Packet<'d>,
        remote: &Negotiated,
        is_event: bool,
        is_audio: bool,
    ) -> Option<(SessionId, Passing, &'d [u8])> {
        let header = packet.header;
        let seen = self.reception.as_mut()?.packet(header.sequence);
        if seen == Seen::Suspect {
            return None;
        }
        self.counters.received += 1;
        self.counters.received_bytes += packet.payload.len() as u64;
        self.heard_ms = cx.now_ms;
        self.timeout_told = false;
        if self.counters.media_start_ms.is_none() {
            let after_ms = u32::try_from(cx.now_ms - self.opened_ms).unwrap_or(u32::MAX);
            self.counters.media_start_ms = Some(after_ms);
            cx.events.tell(Event::MediaStarted { token: self.token, after_ms });
        }
        // On hold the other side may go on sending for a moment; nobody is to hear that.
        if !remote.direction.receives() {
            return None;
        }
        if is_event {
            self.has_event_source = true;
            if let Some(digit) = self.events_in.packet(cx.now_ms, header.timestamp, packet.payload) {
                self.digit(cx, digit.digit, digit.duration_ms, DtmfVia::Rfc4733);
            }
        } else if is_audio {
            if let Some(reception) = &mut self.reception {
                reception.timing(header.timestamp, cx.now_samples);
            }
            if self.wants_audio()
                && let Some(listening) = &mut self.listening
            {
                listening.push(cx.now_samples, &header, packet.payload);
            }
        }
        let bridge = self.bridge?;
        let passes = if is_event { bridge.relay_dtmf } else { is_audio && !self.muted };
        let passing = Passing { header, is_event, law: self.law() };
        (passes && seen != Seen::Repeat).then_some((bridge.peer, passing, packet.payload))
    }

    fn foreign(&mut self, cx: &mut Context<'_>) {
        self.counters.foreign += 1;
        if self.alarm_ms.is_none_or(|told| cx.now_ms - told >= ALARM_MS) {
            self.alarm_ms = Some(cx.now_ms);
            cx.events.tell(Event::ForeignPackets { token: self.token, packets: self.counters.foreign });
        }
    }

    /// Takes a datagram of the RTCP socket, or a multiplexed one.
    pub fn report(&mut self, cx: &mut Context<'_>, from: SocketAddr, datagram: &[u8]) {
        let (Some(remote), Some(ssrc), Some(target)) =
            (self.remote, self.source.ssrc(), self.source.target())
        else {
            self.counters.foreign += 1;
            return;
        };
        let from = canonical(from);
        let is_signalled = from == canonical(remote.remote_rtcp) && !self.source.is_learnt();
        if !is_signalled && from.ip() != target.ip() {
            self.foreign(cx);
            return;
        }
        if self.reports.read(cx.now_ms, datagram, ssrc, self.out.ssrc) {
            self.reports.learnt = Some(from);
        } else {
            self.counters.foreign += 1;
        }
    }

    /// Sends an RTCP report, if there is anybody to get one.
    pub fn send_report(&mut self, cx: &mut Context<'_>, bye: bool) {
        let Some(remote) = self.remote else { return };
        let target = match (remote.rtcp_mux, self.source.is_learnt()) {
            (true, _) => self.source.target(),
            (false, false) => Some(remote.remote_rtcp),
            // Whoever was learnt gets reports where its own came from, and none before.
            (false, true) => self.reports.learnt,
        };
        let Some(target) = target else { return };
        let length =
            self.reports.write(cx.now_ms, &self.out, self.reception.as_mut(), bye, &mut cx.buffer[..]);
        let socket = if remote.rtcp_mux { &self.rtp } else { &self.rtcp };
        // Lost like any datagram when the system does not take it.
        let _ = socket.send_to(&cx.buffer[..length], target);
    }

    /// A packet of the bridged peer, to be sent on.
    pub fn relay(&mut self, cx: &mut Context<'_>, from: SessionId, passing: &Passing, payload: &[u8]) {
        let Some((remote, target)) = self.sends() else { return };
        let Some(bridge) = self.bridge.as_mut().filter(|bridge| bridge.peer == from) else { return };
        bridge.heard_ms = cx.now_ms;
        if self.own_audio {
            return;
        }
        let payload_type = if passing.is_event {
            let Some(payload_type) = remote.send_telephone_event else {
                return self.relay_as_tones(cx, passing, payload);
            };
            payload_type
        } else {
            remote.send_payload_type
        };
        let law = self.law();
        let bytes = &mut cx.buffer[HEADER_BYTES..HEADER_BYTES + payload.len()];
        bytes.copy_from_slice(payload);
        if !passing.is_event {
            if law != passing.law {
                g711::transcode(passing.law, bytes);
            }
            if let Some(heard) = self.recorder.as_mut().and_then(|recorder| recorder.heard.as_mut()) {
                heard.push(cx.now_samples, &passing.header, bytes);
            }
            self.taps.relayed(cx.now_samples, &passing.header, bytes);
        }
        self.out.bridged((&self.rtp, target), payload_type, &passing.header, cx.buffer, payload.len());
    }

    /// This side has no telephone-event: it hears the key once, as tones.
    fn relay_as_tones(&mut self, cx: &Context<'_>, passing: &Passing, payload: &[u8]) {
        let is_new = self.toned_event != Some(passing.header.timestamp);
        if let (true, [event @ 0..=15, ..]) = (is_new, payload) {
            self.toned_event = Some(passing.header.timestamp);
            // A fifth key within the tones of four is dropped: faster than any human.
            let _ = self.overlay.queue(Track::looped(None, cx.tones.digit(*event), 1));
        }
    }

    fn digit(&mut self, cx: &mut Context<'_>, digit: char, duration_ms: u32, via: DtmfVia) {
        cx.events.tell(Event::Dtmf { token: self.token, digit, duration_ms, via });
        if self.recorder.as_ref().is_some_and(|recorder| recorder.stops_at(digit)) {
            self.end_record(RecordEnd::Key(digit));
        }
    }

    // --- 20 ms have passed -------------------------------------------------------------------------

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

    /// Sends what is to be heard now; true when it lies in the buffer.
    fn play(&mut self, cx: &mut Context<'_>) -> bool {
        let law = self.law();
        let sends = self.sends();
        let has_events = sends.is_some_and(|(remote, _)| remote.send_telephone_event.is_some());
        loop {
            match self.keys.step(self.out.clock, has_events) {
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
        let (_, frame) = cx.buffer.split_at_mut(HEADER_BYTES);
        let frame: &mut [u8; FRAME_SAMPLES] = frame.first_chunk_mut().expect("the buffer holds 480 bytes");
        self.own_audio = self.play_own(cx.events, frame);
        if !self.own_audio && !self.hear_mix(cx.mixes, frame) {
            if self.is_filled_by_bridge(cx.now_ms) {
                return false;
            }
            if self.quiet_when_idle {
                self.out.pause();
                return false;
            }
            frame.fill(law.silence());
        }
        match sends {
            Some((remote, target)) => {
                let payload_type = remote.send_payload_type;
                self.out.audio((&self.rtp, target), payload_type, cx.buffer, FRAME_SAMPLES);
            }
            None => self.out.pause(),
        }
        true
    }

    /// Fills a frame with what is played to this session alone, if there is something.
    fn play_own(&mut self, events: &mut EventQueue, frame: &mut [u8; FRAME_SAMPLES]) -> bool {
        let (law, token) = (self.law(), self.token);
        let player = if !self.overlay.is_empty() {
            &mut self.overlay
        } else if !self.prompts.is_empty() {
            &mut self.prompts
        } else if self.taps.fill(law, frame) {
            return true;
        } else if let Some(tone) = &mut self.tone {
            tone
        } else {
            return false;
        };
        player.fill(law, frame, |play_id| {
            events.tell(Event::PlayDone { token, play_id, finished: true });
        });
        true
    }

    fn is_filled_by_bridge(&self, now_ms: u64) -> bool {
        self.bridge.is_some_and(|bridge| now_ms - bridge.heard_ms < BRIDGE_SILENCE_MS)
    }

    fn listen(
        &mut self,
        cx: &mut Context<'_>,
        played: bool,
        missed: u64,
    ) -> Option<(SessionId, [i16; FRAME_SAMPLES])> {
        let law = self.law();
        let mut said = [0; FRAME_SAMPLES];
        if let Some(listening) = &mut self.listening {
            listening.pull(law, &mut said);
        }
        let key = self.detector.as_mut().and_then(|detector| detector.listen(&said));
        // A source that sends events sends the tones too, sometimes: one key must not count twice.
        if let Some(key) = key.filter(|_| !self.has_event_source) {
            self.digit(cx, key.digit, key.duration_ms, DtmfVia::Inband);
        }
        if self.muted {
            said.fill(0);
        }
        let bytes = played.then(|| &cx.buffer[HEADER_BYTES..]);
        self.taps.tick(law, &said, bytes, missed);
        let whisper = self.say_to_mix(cx, &said).map(|to| (to, said));
        if !self.overlay.is_empty() {
            return whisper;
        }
        let Some(recorder) = &mut self.recorder else { return whisper };
        let mut heard = [0; FRAME_SAMPLES];
        if let Some(bridged) = &mut recorder.heard {
            if played {
                g711::decode(law, &cx.buffer[HEADER_BYTES..], &mut heard);
            } else {
                bridged.pull(law, &mut heard);
            }
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
