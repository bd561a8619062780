//! The node: what all calls share, and the door new calls come in by.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use flexio_app::App;
use flexio_domain::{AccountSid, CallSid};
use flexio_media as media;
use flexio_outbound::{Outbound, Signer};
use flexio_sip::{self as sip, Trust};
use flexio_speech::{RecogniserConfig, Recognisers, Speech};
use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::admission;
use crate::call_task::CallTask;
use crate::config;
use crate::input::{CallInput, CallSender, INBOX};
use crate::ladders::Ladders;
use crate::locations::Locations;
use crate::names::Names;
use crate::networks::Networks;
use crate::prompts::Prompts;
use crate::queues::Queues;
use crate::reception::{Reception, Registration};
use crate::rooms::{RoomSender, Rooms};
use crate::routing::{TrunkError, Trunks};
use crate::shown::{NeverShown, NeverShownError};
use crate::sip_handle::SipHandle;
use crate::sip_sockets::SipSockets;

/// Everything the voice side is set up with.
#[derive(Debug, Clone, Default)]
pub struct VoiceConfig {
    /// `[sip]`
    pub sip: config::Sip,
    /// `[media]`
    pub media: config::Media,
    /// `[calls]`
    pub calls: config::Calls,
    /// `[[trunk]]`
    pub trunks: Vec<config::Trunk>,
    /// `[[recogniser]]`
    pub recognisers: Vec<RecogniserConfig>,
    /// Sandbox mode: SIP from loopback counts as the carrier's, off-net calls go to the sandbox carrier.
    pub sandbox: bool,
    /// Hand off-net calls of the sandbox to this SIP address instead of the built-in carrier.
    pub sandbox_carrier: Option<SocketAddr>,
    /// Names this node in call records, stable across restarts.
    pub node: String,
    /// Where recordings are kept.
    pub recordings: std::path::PathBuf,
}

/// Why the node did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A trunk of the configuration is not usable.
    #[error(transparent)]
    Trunk(#[from] TrunkError),
    /// The list of numbers that nobody calls from is not usable.
    #[error(transparent)]
    NeverShown(#[from] NeverShownError),
    /// An address is taken or not ours.
    #[error("cannot listen for SIP on {address}")]
    Listen {
        /// As configured.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The media threads did not start.
    #[error("cannot start the media threads")]
    Media(#[source] std::io::Error),
    /// The port for browsers cannot be bound, or there is no certificate for it.
    #[error("cannot start the WebRTC gateway")]
    WebRtc(#[source] std::io::Error),
    /// TLS cannot be served or used.
    #[error(transparent)]
    Tls(#[from] crate::tls::TlsError),
    /// The recordings folder cannot be made.
    #[error("cannot make the recordings folder")]
    Recordings(#[source] std::io::Error),
    /// The public address could not be learned.
    #[error("`sip.advertised` could not be learned")]
    Stun(#[from] crate::stun::StunError),
    /// No randomness from the system.
    #[error("no randomness from the system")]
    Random,
}

/// `host[:port]` without the port.
pub(crate) fn host_of(text: &str) -> &str {
    match text.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !host.ends_with(':') => host,
        _ => text,
    }
}

/// What all calls of this node share.
pub(crate) struct Node {
    pub app: Arc<App>,
    pub config: VoiceConfig,
    pub outbound: Outbound,
    pub prompts: Prompts,
    pub recognisers: Recognisers,
    pub media: media::Media,
    pub gateway: flexio_webrtc::Gateway,
    pub local: SocketAddr,
    pub epoch: Instant,
    /// Names that peers of TLS must prove.
    pub peer_names: crate::tls::Names,
    sip: std::sync::OnceLock<SipHandle>,
    trunks: Mutex<Trunks>,
    pub never_shown: NeverShown,
    pub refusals: crate::refused::Refusals,
    carrier: std::sync::OnceLock<SocketAddr>,
    locations: Mutex<Locations>,
    pub registrations: crate::registrations::Saver,
    networks: Mutex<Networks>,
    pub names: Names,
    /// Trunks by the registration whose Contact calls are addressed to.
    lines: Mutex<HashMap<sip::RegistrationId, String>>,
    tokens: AtomicU64,
    media_owners: Mutex<HashMap<u64, Owner>>,
    pub rooms: Rooms,
    /// For callers who are told that a number is nobody's.
    pub announcements: tokio::sync::Semaphore,
    pub queues: Queues,
    calls: Mutex<HashMap<CallSid, CallSender>>,
    /// Since when legs talk, by the monotonic clock.
    talking: Mutex<HashMap<CallSid, Duration>>,
    signers: Mutex<HashMap<AccountSid, (Instant, Arc<Signer>)>>,
    draining: AtomicBool,
    running: AtomicU32,
    itself: Weak<Node>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("local", &self.local).finish_non_exhaustive()
    }
}

/// Whom the events of a media session, or of a mix, concern.
#[derive(Clone)]
pub(crate) enum Owner {
    Call(CallSender),
    Room(RoomSender),
}

impl From<&CallSender> for Owner {
    fn from(call: &CallSender) -> Self {
        Self::Call(call.clone())
    }
}

/// Parts the node is built from.
pub(crate) struct Parts {
    pub app: Arc<App>,
    pub config: VoiceConfig,
    pub outbound: Outbound,
    pub speech: Speech,
    pub media: media::Media,
    pub gateway: flexio_webrtc::Gateway,
    pub local: SocketAddr,
    pub epoch: Instant,
    pub peer_names: crate::tls::Names,
}

impl Node {
    pub(crate) fn new(parts: Parts) -> Result<Arc<Self>, StartError> {
        let trunks = Trunks::new(&parts.config.trunks)?;
        let never_shown = NeverShown::new(&parts.config.calls.do_not_originate)?;
        let names = Names::new(&parts.config.sip.dns_servers);
        Ok(Arc::new_cyclic(|itself| Self {
            prompts: Prompts::new(parts.speech, parts.outbound.clone(), Arc::clone(&parts.app)),
            app: parts.app,
            recognisers: Recognisers::new(parts.config.recognisers.clone()),
            config: parts.config,
            outbound: parts.outbound,
            media: parts.media,
            gateway: parts.gateway,
            local: parts.local,
            epoch: parts.epoch,
            peer_names: parts.peer_names,
            sip: std::sync::OnceLock::new(),
            trunks: Mutex::new(trunks),
            never_shown,
            refusals: crate::refused::Refusals::default(),
            names,
            carrier: std::sync::OnceLock::new(),
            locations: Mutex::default(),
            registrations: crate::registrations::Saver::default(),
            networks: Mutex::default(),
            lines: Mutex::default(),
            tokens: AtomicU64::new(1),
            media_owners: Mutex::default(),
            rooms: Rooms::default(),
            announcements: tokio::sync::Semaphore::new(crate::announcing::ANNOUNCEMENTS_MAX),
            queues: Queues::default(),
            calls: Mutex::default(),
            talking: Mutex::default(),
            signers: Mutex::default(),
            draining: AtomicBool::new(false),
            running: AtomicU32::new(0),
            itself: itself.clone(),
        }))
    }

    pub(crate) fn sip(&self) -> &SipHandle {
        self.sip.get().expect("set before the first call can arrive")
    }

    /// The SIP task; `None` before it runs.
    pub(crate) fn sip_if_running(&self) -> Option<&SipHandle> {
        self.sip.get()
    }

    pub(crate) fn start_sip(self: &Arc<Self>, sockets: SipSockets, endpoint: sip::Endpoint) {
        let ladders = Ladders::new(crate::ladders::start(Arc::clone(&self.app), self.epoch));
        let reception = Arc::clone(self) as Arc<dyn Reception>;
        let handle = crate::sip_shell::start(sockets, endpoint, self.epoch, reception, ladders);
        let _ = self.sip.set(handle);
    }

    pub(crate) fn set_sandbox_carrier(&self, address: SocketAddr) {
        let _ = self.carrier.set(address);
    }

    pub(crate) fn sandbox_carrier(&self) -> Option<SocketAddr> {
        self.carrier.get().copied()
    }

    pub(crate) fn trunks(&self) -> MutexGuard<'_, Trunks> {
        self.trunks.lock().expect("no panic while the trunks are held")
    }

    pub(crate) fn locations(&self) -> MutexGuard<'_, Locations> {
        self.locations.lock().expect("no panic while the locations are held")
    }

    pub(crate) fn networks(&self) -> MutexGuard<'_, Networks> {
        self.networks.lock().expect("no panic while the networks are held")
    }

    /// The trunk that registered the Contact a call is addressed to.
    pub(crate) fn trunk_of_line(&self, line: sip::RegistrationId) -> Option<String> {
        self.lines.lock().expect("no panic while held").get(&line).cloned()
    }

    /// `host` of our From and Contact.
    pub(crate) fn advertised_host(&self) -> String {
        let advertised = &self.config.sip.advertised;
        if advertised.is_empty() {
            return match self.local.ip() {
                IpAddr::V4(v4) => v4.to_string(),
                IpAddr::V6(v6) => format!("[{v6}]"),
            };
        }
        host_of(advertised).to_owned()
    }

    /// Whether a customer's `<Sip>` may go there: where its webhooks may.
    pub(crate) fn sip_target_allowed(&self, ip: IpAddr) -> bool {
        self.outbound.permits(ip)
    }

    /// A number nobody can foresee, for lots.
    pub(crate) fn draw(&self) -> u64 {
        getrandom::u64().unwrap_or_else(|_| self.tokens.load(Ordering::Relaxed))
    }

    pub(crate) fn now(&self) -> flexio_voice::Now {
        flexio_voice::Now { mono: self.epoch.elapsed(), wall: self.wall() }
    }

    pub(crate) fn wall(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// A name for a leg in media events.
    pub(crate) fn new_token(&self, owner: impl Into<Owner>) -> u64 {
        let token = self.tokens.fetch_add(1, Ordering::Relaxed);
        self.media_owners().insert(token, owner.into());
        token
    }

    /// A name for something in media events that nobody waits for.
    pub(crate) fn new_number(&self) -> u64 {
        self.tokens.fetch_add(1, Ordering::Relaxed)
    }

    /// A leg's media events go to another call from now on.
    pub(crate) fn give_token(&self, token: u64, owner: &CallSender) {
        self.media_owners().insert(token, owner.into());
    }

    pub(crate) fn forget_token(&self, token: u64) {
        self.media_owners().remove(&token);
    }

    fn media_owners(&self) -> MutexGuard<'_, HashMap<u64, Owner>> {
        self.media_owners.lock().expect("no panic while the owners are held")
    }

    /// Called from media threads.
    pub(crate) fn media_event(&self, token: u64, event: media::Event) -> Result<(), media::Event> {
        let owner = self.media_owners().get(&token).cloned();
        // Given back when the call or room is behind: the media thread tries again.
        let call = match owner {
            None => return Ok(()),
            Some(Owner::Room(room)) => return room.media(event),
            Some(Owner::Call(call)) => call,
        };
        match call.0.try_reserve() {
            Ok(room) => room.send(CallInput::Media(event)),
            Err(mpsc::error::TrySendError::Closed(())) => {}
            Err(mpsc::error::TrySendError::Full(())) => return Err(event),
        }
        Ok(())
    }

    pub(crate) fn calls(&self) -> MutexGuard<'_, HashMap<CallSid, CallSender>> {
        self.calls.lock().expect("no panic while the calls are held")
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn running(&self) -> u32 {
        self.running.load(Ordering::Relaxed)
    }

    /// Signs requests of the account. Kept for 5 s, so that a revoked token stops signing by then.
    pub(crate) async fn signer(&self, account: AccountSid) -> Arc<Signer> {
        let kept = self.signers.lock().expect("no panic while held").get(&account).cloned();
        if let Some((at, signer)) = kept
            && at.elapsed() < Duration::from_secs(5)
        {
            return signer;
        }
        let found = self.app.account_now(account).await.ok().flatten();
        let token = found.and_then(|account| self.app.auth_token(&account).ok()).unwrap_or_default();
        let signer = Arc::new(Signer::new(token));
        let mut signers = self.signers.lock().expect("no panic while held");
        if signers.len() >= 10_000 {
            signers.clear();
        }
        signers.insert(account, (Instant::now(), Arc::clone(&signer)));
        signer
    }

    /// A leg talks from now on, by the monotonic clock.
    pub(crate) fn talks(&self, leg: CallSid) {
        let since = self.epoch.elapsed();
        self.talking.lock().expect("no panic while it is held").entry(leg).or_insert(since);
    }

    /// A leg is over: nobody finds it here any more, and nobody says that it runs.
    pub(crate) fn leg_is_over(&self, leg: CallSid) {
        self.calls().remove(&leg);
        self.talking.lock().expect("no panic while it is held").remove(&leg);
    }

    /// All legs of a call are over, which had no time to say so.
    fn legs_are_over(&self, of: &CallSender) {
        let calls = self.calls();
        let legs = calls.iter().filter_map(|(leg, owner)| owner.0.same_channel(&of.0).then_some(*leg));
        let legs: Vec<CallSid> = legs.collect();
        drop(calls);
        for leg in legs {
            self.leg_is_over(leg);
        }
    }

    /// Legs that run, and for how many milliseconds they have talked.
    pub(crate) fn proofs(&self) -> Vec<(CallSid, u64)> {
        let legs: Vec<CallSid> = self.calls().keys().copied().collect();
        let (talking, now) = (self.talking.lock().expect("no panic while it is held"), self.epoch.elapsed());
        let talked =
            |leg: &CallSid| talking.get(leg).map_or(Duration::ZERO, |since| now.saturating_sub(*since));
        legs.into_iter()
            .map(|leg| (leg, u64::try_from(talked(&leg).as_millis()).unwrap_or(u64::MAX)))
            .collect()
    }

    /// Runs a call in a task of its own.
    pub(crate) fn run(self: &Arc<Self>, sid: CallSid, sender: CallSender, task: Box<CallTask>) {
        self.calls().insert(sid, sender.clone());
        self.running.fetch_add(1, Ordering::Relaxed);
        metrics::gauge!("voice_calls_running").increment(1.0);
        let node = Arc::clone(self);
        tokio::spawn(async move {
            // A panic is a bug in one call: it must end that call and no other.
            if AssertUnwindSafe(task.run()).catch_unwind().await.is_err() {
                tracing::error!(call_sid = %sid, "call_task_panicked");
                node.legs_are_over(&sender);
            }
            node.leg_is_over(sid);
            node.rooms.call_ended(sid);
            node.running.fetch_sub(1, Ordering::Relaxed);
            metrics::gauge!("voice_calls_running").decrement(1.0);
        });
    }
}

impl Reception for Node {
    fn trust(&self, source: SocketAddr) -> Trust {
        // A phone proves who it is with each call, wherever it is.
        if self.locations().has_source(source) {
            return Trust::Unknown;
        }
        let own = source == self.local || self.sandbox_carrier() == Some(source);
        if own
            || (self.config.sandbox && source.ip().is_loopback())
            || self.trunks().identify(source).is_some()
        {
            Trust::Trusted
        } else if self.networks().contain(source.ip()) {
            Trust::Listed
        } else {
            Trust::Unknown
        }
    }

    fn incoming(&self, incoming: sip::Incoming) -> CallSender {
        let (sender, inbox) = mpsc::channel(INBOX);
        let sender = CallSender(sender);
        if let Some(node) = self.itself.upgrade() {
            tokio::spawn(admission::receive(node, incoming, sender.clone(), inbox));
        }
        sender
    }

    fn register(&self, asked: sip::Registering) {
        if let Some(node) = self.itself.upgrade() {
            tokio::spawn(async move { node.register(asked).await });
        }
    }

    fn subscribe(&self, asked: sip::Subscribing) {
        if let Some(node) = self.itself.upgrade() {
            tokio::spawn(async move { node.subscribe(asked).await });
        }
    }

    fn paged(&self, asked: sip::Paged) {
        if let Some(node) = self.itself.upgrade() {
            tokio::spawn(async move { node.paged(asked).await });
        }
    }

    fn registration(&self, trunk: &str, id: sip::RegistrationId, state: Registration) {
        match state {
            Registration::Registered { .. } => {
                self.lines.lock().expect("no panic while held").insert(id, trunk.to_owned());
            }
            Registration::Over => {
                self.lines.lock().expect("no panic while held").remove(&id);
            }
            Registration::Trying | Registration::Failed { .. } => {}
        }
        self.trunk_registration(trunk, state);
    }

    fn tried(&self, tried: sip::Tried) {
        self.note_tried(&tried);
    }

    fn connect_failed(&self, transport: sip::Transport, remote: SocketAddr, fault: &str) {
        self.note_fault(transport, remote, fault);
    }

    fn closed(&self, connection: sip::ConnectionId) {
        self.locations().closed(connection);
    }
}
