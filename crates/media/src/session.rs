//! One session: its state, and what happens at a packet.

use std::net::SocketAddr;

use flexio_codec::{Decoder, DtmfDetector, Encoder, FRAME_SAMPLES, Format, G711};
use flexio_rtp::{EventReceiver, Header, Packet, Reception, Seen, SrtpError, SrtpReceiver, is_rtcp};
use flexio_sdp::Negotiated;
use mio::net::UdpSocket;

use crate::bridge::Bridge;
use crate::events::EventQueue;
use crate::keys::Keys;
use crate::listen::Listening;
use crate::member::Member;
use crate::meter::Meter;
use crate::mix::Mixes;
use crate::order::Passing;
use crate::outbound::{BUFFER_BYTES, Outbound};
use crate::player::{Player, Tones};
use crate::recorder::Recorder;
use crate::reports::Reports;
use crate::source::{Source, Verdict, canonical};
use crate::tap::Taps;
use crate::transcode::PeerStream;
use crate::writer::Writers;
use crate::{Alarms, DtmfVia, Event, RecordEnd, SessionId};

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
    /// Where what is heard is put together.
    pub samples: &'a mut [i16; FRAME_SAMPLES],
    /// Who makes memory that is needed only now.
    pub writers: &'a Writers,
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
    /// Opens what the other side encrypts; with it nothing else is believed.
    pub srtp_in: Option<Box<SrtpReceiver>>,
    pub counters: Counters,
    pub meter: Meter,
    pub opened_ms: u64,
    /// Ticks until the next RTCP report.
    pub report_in_ticks: u32,
    /// Number of the last turn of the thread's clock in which this session ticked.
    pub last_turn: u64,
    /// What the other side is sent in, and what it sends.
    pub encoder: Encoder,
    pub decoder: Decoder,
    pub bridge: Option<Bridge>,
    /// The bridged peer decoded, where that is needed, and what was asked for to do so.
    pub peer: Option<Box<PeerStream>>,
    pub asked_for: Option<Format>,
    pub member: Option<Box<Member>>,
    pub recorder: Option<Box<Recorder>>,
    pub taps: Taps,
    pub listening: Option<Box<Listening>>,
    pub detector: Option<DtmfDetector>,
    pub rtp_timeout_ms: u32,
    pub quiet_when_idle: bool,
    pub heard_ms: u64,
    pub timeout_told: bool,
    alarm_ms: Option<u64>,
    alarms_told: Alarms,
    pub events_in: EventReceiver,
    pub has_event_source: bool,
    pub prompts: Player,
    /// Beeps and keys as tones: before prompts, which pause meanwhile.
    pub overlay: Player,
    pub tone: Option<Player>,
    pub keys: Keys,
    pub toned_event: Option<u32>,
    pub muted: bool,
    /// We have something of our own to play: the bridge is interrupted.
    pub own_audio: bool,
}

/// A datagram as it was before it was encrypted; `None` when it is not authentic.
fn opened<'d>(
    srtp: Option<&mut SrtpReceiver>,
    datagram: &'d mut [u8],
    open: fn(&mut SrtpReceiver, &mut [u8]) -> Result<usize, SrtpError>,
) -> Option<&'d [u8]> {
    let Some(srtp) = srtp else { return Some(datagram) };
    let length = open(srtp, datagram).ok()?;
    Some(&datagram[..length])
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
            srtp_in: None,
            counters: Counters::default(),
            meter: Meter::default(),
            opened_ms: 0,
            report_in_ticks: 0,
            last_turn: 0,
            encoder: Encoder::g711(G711::ALaw),
            decoder: Decoder::g711(G711::ALaw),
            bridge: None,
            peer: None,
            asked_for: None,
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
            alarms_told: Alarms::default(),
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

    pub fn format(&self) -> Format {
        self.encoder.format()
    }

    /// The law and payload types are known and the other side listens.
    pub fn sends(&self) -> Option<(Negotiated, SocketAddr)> {
        let remote = self.remote.filter(|remote| remote.direction.sends())?;
        Some((remote, self.source.target()?))
    }

    // --- a packet came -----------------------------------------------------------------------------

    /// Takes a datagram of the RTP socket; returns what has to go to the bridged peer.
    pub fn datagram<'d>(
        &mut self,
        cx: &mut Context<'_>,
        from: SocketAddr,
        datagram: &'d mut [u8],
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
        // Authenticated before anything is learnt from it.
        let Some(datagram) = opened(self.srtp_in.as_deref_mut(), datagram, SrtpReceiver::open) else {
            self.foreign(cx);
            return None;
        };
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
            self.meter.packet(self.encoder.format(), packet.payload);
            if let Some(reception) = &mut self.reception {
                let units = self.encoder.format().units_per_sample();
                reception.timing(header.timestamp, cx.now_samples.wrapping_mul(units));
            }
            if self.wants_audio()
                && let Some(listening) = &mut self.listening
            {
                listening.push(cx.now_samples, &header, packet.payload);
            }
        }
        let bridge = self.bridge?;
        let passes = if is_event { bridge.relay_dtmf } else { is_audio && !self.muted };
        let passing = Passing { header, is_event, format: self.format() };
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
    pub fn report(&mut self, cx: &mut Context<'_>, from: SocketAddr, datagram: &mut [u8]) {
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
        let Some(datagram) = opened(self.srtp_in.as_deref_mut(), datagram, SrtpReceiver::open_rtcp) else {
            self.foreign(cx);
            return;
        };
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
        self.out.report((socket, target), cx.buffer, length);
    }

    /// Tells which signs of trouble are new since it was last asked.
    pub fn raise_alarms(&mut self, cx: &mut Context<'_>) {
        let now = self.meter.alarms_so_far(self.out.packets, self.counters.received);
        let alarms = now.but_for(self.alarms_told);
        if alarms.is_any() {
            self.alarms_told = self.alarms_told.and(alarms);
            cx.events.tell(Event::Alarm { token: self.token, alarms });
        }
    }

    pub fn digit(&mut self, cx: &mut Context<'_>, digit: char, duration_ms: u32, via: DtmfVia) {
        cx.events.tell(Event::Dtmf { token: self.token, digit, duration_ms, via });
        if self.recorder.as_ref().is_some_and(|recorder| recorder.stops_at(digit)) {
            self.end_record(RecordEnd::Key(digit));
        }
    }
}
