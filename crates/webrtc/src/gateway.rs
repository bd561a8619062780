//! The handle others hold.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flexio_sdp::{Codec, Direction, Negotiated, Sdp, WebAudio};
use mio::net::UdpSocket;
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::media::{Direction as RtcDirection, MediaKind, Mid};
use str0m::{Candidate, Rtc, RtcConfig};

use crate::describe::{Numbers, chosen, configure, offered, with_address};
use crate::session::Session;
use crate::text::{TextReader, text_channel};
use crate::thread::{Order, Reply, WAKE, Worker};

/// Orders that may wait for the thread.
const QUEUE: usize = 1_024;
/// How long an answer of the thread is waited for; it looks at its orders within milliseconds.
const PATIENCE: Duration = Duration::from_millis(500);

/// Settings of [`Gateway`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayConfig {
    /// Address the socket of all browsers binds to, and sockets towards the media threads too.
    pub bind_ip: IpAddr,
    /// Its port; 0 takes a free one.
    pub port: u16,
    /// The address browsers must send to, when it is not `bind_ip` (1:1 NAT, or `bind_ip` is `0.0.0.0`).
    pub advertised_ip: Option<IpAddr>,
    /// Browsers at one time; more are refused.
    pub max_sessions: usize,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        let bind_ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self { bind_ip, port: 0, advertised_ip: None, max_sessions: 500 }
    }
}

/// Names one session for its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RtcId(pub(crate) u64);

/// Why a browser and we could not agree.
#[derive(Debug, thiserror::Error)]
pub enum RtcError {
    /// `max_sessions` are open, or the thread has too many orders waiting.
    #[error("all places for browsers are in use")]
    Full,
    /// No audio for browsers in it, or none of our codecs.
    #[error("no common audio")]
    NoAudio,
    /// The description is not one of WebRTC.
    #[error("not a session description of WebRTC: {0}")]
    Description(String),
    /// The system refused a socket.
    #[error("cannot make a socket")]
    Socket(#[source] io::Error),
    /// The session has ended, or the thread has.
    #[error("the session has ended")]
    Gone,
}

/// What was agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// For [`Gateway::reoffer`] and [`Gateway::close`].
    pub id: RtcId,
    /// What the media session is told: the browser as a phone on this host.
    pub phone: Negotiated,
}

/// An offer of ours that waits for its answer. Dropped, it leaves nothing.
pub struct Offer {
    rtc: Box<Rtc>,
    pending: SdpPendingOffer,
    mid: Mid,
    codecs: Vec<Codec>,
    media_port: u16,
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer").field("media_port", &self.media_port).finish_non_exhaustive()
    }
}

/// The running gateway. Cheap to clone, usable from any thread.
#[derive(Debug, Clone)]
pub struct Gateway(Arc<Shared>);

struct Shared {
    config: GatewayConfig,
    /// Where browsers send to.
    address: SocketAddr,
    rtc: RtcConfig,
    orders: SyncSender<Order>,
    waker: mio::Waker,
    next: AtomicU64,
    open: Arc<AtomicUsize>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Gateway {
    /// Binds the port and starts the thread. Without random numbers or memory for a certificate it fails.
    pub fn start(config: GatewayConfig) -> io::Result<Self> {
        let socket = UdpSocket::bind(SocketAddr::new(config.bind_ip, config.port))?;
        let port = socket.local_addr()?.port();
        let address = SocketAddr::new(config.advertised_ip.unwrap_or(config.bind_ip), port);
        let poll = mio::Poll::new()?;
        let waker = mio::Waker::new(poll.registry(), WAKE)?;
        let (orders, receiver) = sync_channel(QUEUE);
        let open = Arc::new(AtomicUsize::new(0));
        let worker = Worker::new(poll, socket, address, receiver, Arc::clone(&open))?;
        let thread = std::thread::Builder::new().name("webrtc".into()).spawn(move || worker.run())?;
        // One certificate for all: making one for each call would cost more than the call.
        let provider = str0m::crypto::from_feature_flags();
        let certificate = provider.dtls_provider.generate_certificate();
        let certificate = certificate.ok_or_else(|| io::Error::other("no certificate for DTLS"))?;
        let rtc = RtcConfig::new().clear_codecs().set_rtp_mode(true).set_dtls_cert(certificate);
        let thread = Mutex::new(Some(thread));
        let next = AtomicU64::new(1);
        Ok(Self(Arc::new(Shared { config, address, rtc, orders, waker, next, open, thread })))
    }

    /// Where browsers send to.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Browsers that are connected or connecting.
    pub fn open_sessions(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// Whether an offer is one of WebRTC that could be answered with these codecs.
    pub fn can_answer(offer: &Sdp, codecs: &[Codec]) -> bool {
        flexio_sdp::web_audio(offer, codecs).is_some()
    }

    /// Answers a browser's offer; `media_port` is where the media session for it
    /// listens on this host. Returns the answer too.
    pub fn answer(
        &self,
        offer: &str,
        codecs: &[Codec],
        media_port: u16,
    ) -> Result<(Accepted, String), RtcError> {
        let audio = read(offer, codecs)?;
        let offer = SdpOffer::from_sdp_string(offer).map_err(description)?;
        let mut rtc = self.rtc(&chosen(&audio))?;
        let answer = rtc.sdp_api().accept_offer(offer).map_err(description)?.to_sdp_string();
        let answer = self.described(&answer)?;
        Ok((self.add(rtc, None, &audio, media_port)?, answer))
    }

    /// An offer for a browser. It is sent, and answered with [`Gateway::accept`].
    /// `has_text` offers a channel for real-time text beside the audio (RFC 8865).
    pub fn offer(
        &self,
        codecs: &[Codec],
        media_port: u16,
        has_text: bool,
    ) -> Result<(Offer, String), RtcError> {
        let mut rtc = self.rtc(&offered(codecs))?;
        let mut changes = rtc.sdp_api();
        let mid = changes.add_media(MediaKind::Audio, RtcDirection::SendRecv, None, None, None);
        if has_text {
            changes.add_channel_with_config(text_channel());
        }
        let (offer, pending) = changes.apply().ok_or(RtcError::NoAudio)?;
        let text = self.described(&offer.to_sdp_string())?;
        Ok((Offer { rtc, pending, mid, codecs: codecs.to_vec(), media_port }, text))
    }

    /// The browser answered.
    pub fn accept(&self, offer: Offer, answer: &str) -> Result<Accepted, RtcError> {
        let Offer { mut rtc, pending, mid, codecs, media_port } = offer;
        let audio = read(answer, &codecs)?;
        let answer = SdpAnswer::from_sdp_string(answer).map_err(description)?;
        rtc.sdp_api().accept_answer(pending, answer).map_err(description)?;
        self.add(rtc, Some(mid), &audio, media_port)
    }

    /// Answers an offer within the session (hold, another address). Waits some milliseconds for the thread.
    pub fn reoffer(
        &self,
        accepted: &Accepted,
        offer: &str,
        codecs: &[Codec],
    ) -> Result<(Accepted, String), RtcError> {
        let audio = read(offer, codecs)?;
        let offer = SdpOffer::from_sdp_string(offer).map_err(description)?;
        let answer =
            self.ask(|reply| Order::Reoffer { id: accepted.id, offer: Box::new(offer), audio, reply })?;
        let answer = self.described(&answer)?;
        Ok((Accepted { id: accepted.id, phone: phone(accepted.phone.remote, &audio) }, answer))
    }

    /// An offer of ours within the session: `SendOnly` or `Inactive` holds the browser, `SendRecv` takes it back. It takes the
    /// place of one that was not answered; the answer goes to [`Gateway::changed`]. A session that does so already has nothing
    /// to offer: `Description`. Waits some milliseconds for the thread.
    pub fn change(&self, accepted: &Accepted, direction: Direction) -> Result<String, RtcError> {
        let direction = rtc_direction(direction);
        let offer = self.ask(|reply| Order::Offer { id: accepted.id, direction, reply })?;
        self.described(&offer)
    }

    /// The browser answered [`Gateway::change`].
    pub fn changed(&self, accepted: &Accepted, answer: &str, codecs: &[Codec]) -> Result<Accepted, RtcError> {
        let audio = read(answer, codecs)?;
        let answer = SdpAnswer::from_sdp_string(answer).map_err(description)?;
        self.ask(|reply| Order::Answer { id: accepted.id, answer: Box::new(answer), audio, reply })?;
        Ok(Accepted { id: accepted.id, phone: phone(accepted.phone.remote, &audio) })
    }

    /// The browser refused [`Gateway::change`]: the session goes on as it was, in this direction.
    pub fn unchanged(&self, accepted: &Accepted, direction: Direction) {
        // With a full queue the direction is put right by the next change.
        let _ = self.post(Order::Refused { id: accepted.id, direction: rtc_direction(direction) });
    }

    /// Tells `reader` from now on what the browser types: text messages of a data channel whose protocol is `t140` (RFC 8865), which
    /// either side has opened. Before that, it is not read.
    pub fn read_text(&self, id: RtcId, reader: TextReader) {
        // With a full queue the text is lost, and the call goes on.
        let _ = self.post(Order::ReadText { id, reader });
    }

    /// Shows text to the browser, at once or as soon as it has opened its channel; what finds no room is lost.
    pub fn write_text(&self, id: RtcId, text: &str) {
        let _ = self.post(Order::WriteText { id, text: text.to_owned() });
    }

    /// Gives an order that is answered with a description, or with nothing, and waits for that.
    fn ask(&self, order: impl FnOnce(Reply) -> Order) -> Result<String, RtcError> {
        let (reply, answer) = sync_channel(1);
        self.post(order(reply))?;
        let answer = answer.recv_timeout(PATIENCE).map_err(|error| match error {
            RecvTimeoutError::Timeout => RtcError::Full,
            RecvTimeoutError::Disconnected => RtcError::Gone,
        })?;
        answer.map_err(RtcError::Description)
    }

    /// Ends a session; the browser is told by DTLS.
    pub fn close(&self, id: RtcId) {
        // With a full queue the session ends by itself when the browser goes, or the media session does.
        let _ = self.post(Order::Close(id));
    }

    /// Ends all sessions and the thread. Blocks until it has.
    pub fn stop(&self) {
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = self.0.orders.send(Order::Stop);
            let _ = self.0.waker.wake();
            if thread.join().is_err() {
                tracing::error!("webrtc_thread_panicked");
            }
        }
    }

    fn rtc(&self, numbers: &Numbers) -> Result<Box<Rtc>, RtcError> {
        if self.open_sessions() >= self.0.config.max_sessions {
            return Err(RtcError::Full);
        }
        let mut config = self.0.rtc.clone();
        configure(config.codec_config(), numbers);
        let mut rtc = Box::new(config.build(Instant::now()));
        // Full ICE: lite is slow when the browser answers late.
        let candidate = Candidate::host(self.0.address, "udp").map_err(description)?;
        rtc.add_local_candidate(candidate);
        Ok(rtc)
    }

    fn described(&self, text: &str) -> Result<String, RtcError> {
        with_address(text, self.0.address).ok_or(RtcError::NoAudio)
    }

    fn add(
        &self,
        rtc: Box<Rtc>,
        mid: Option<Mid>,
        audio: &WebAudio,
        media_port: u16,
    ) -> Result<Accepted, RtcError> {
        let ip = local(self.0.config.bind_ip);
        let inside = UdpSocket::bind(SocketAddr::new(ip, 0)).map_err(RtcError::Socket)?;
        let media = SocketAddr::new(ip, media_port);
        inside.connect(media).map_err(RtcError::Socket)?;
        let phone = phone(inside.local_addr().map_err(RtcError::Socket)?, audio);
        let id = RtcId(self.0.next.fetch_add(1, Ordering::Relaxed));
        let session = Session::new(id, rtc, mid, audio, inside);
        self.post(Order::Add(Box::new(session)))?;
        Ok(Accepted { id, phone })
    }

    fn post(&self, order: Order) -> Result<(), RtcError> {
        self.0.orders.try_send(order).map_err(|error| match error {
            TrySendError::Full(_) => RtcError::Full,
            TrySendError::Disconnected(_) => RtcError::Gone,
        })?;
        // Failing means that the thread is being woken already.
        let _ = self.0.waker.wake();
        Ok(())
    }
}

/// The host's own address to talk to itself.
fn local(ip: IpAddr) -> IpAddr {
    if ip.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { ip }
}

fn read(text: &str, codecs: &[Codec]) -> Result<WebAudio, RtcError> {
    let sdp = flexio_sdp::parse(text.as_bytes()).map_err(description)?;
    flexio_sdp::web_audio(&sdp, codecs).ok_or(RtcError::NoAudio)
}

fn rtc_direction(direction: Direction) -> RtcDirection {
    match direction {
        Direction::SendRecv => RtcDirection::SendRecv,
        Direction::SendOnly => RtcDirection::SendOnly,
        Direction::RecvOnly => RtcDirection::RecvOnly,
        Direction::Inactive => RtcDirection::Inactive,
    }
}

fn description(error: impl fmt::Display) -> RtcError {
    RtcError::Description(error.to_string())
}

/// The browser as the media threads know it.
fn phone(address: SocketAddr, audio: &WebAudio) -> Negotiated {
    let events = audio.telephone_event;
    Negotiated {
        remote: address,
        remote_rtcp: address,
        rtcp_mux: true,
        codec: audio.codec,
        send_payload_type: audio.payload_type,
        recv_payload_type: audio.payload_type,
        send_telephone_event: events.map(|(number, _)| number),
        recv_telephone_event: events.map(|(number, _)| number),
        telephone_event_hz: events.map_or(8_000, |(_, clock_hz)| clock_hz),
        ptime_ms: 20,
        direction: Direction::SendRecv.and(audio.direction),
        srtp: None,
    }
}
