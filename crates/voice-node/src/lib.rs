//! The voice node: sockets and threads around the pure parts. Bytes become SIP events, SIP events become the voice engine's events,
//! and what the engine says is carried out on SIP, media, documents and storage.
//!
//! Owns: the SIP sockets (`sip_shell.rs`), the task of each call, trunks and routing, prompts being loaded, recordings being named,
//! the sandbox carrier, draining. Does not own: what a call does (`voice`), what a message means on the wire (`sip`), audio (`media`),
//! what is charged (`app`).
//!
//! Invariants
//! - One task owns one call; everyone else sends it inputs through a bounded queue. A call that does not keep up is ended.
//! - The start mark of a leg that will be charged is handed to storage, and awaited for up to 5 s, before the leg is answered or sent out.
//! - A bug in one call ends that call, not the node.
//!
//! Start reading at `call_task.rs` (`CallTask::run`), then `perform.rs`.

mod admission;
mod airtime;
mod announcing;
mod call_task;
mod channels;
pub mod config;
mod control;
mod detecting;
mod dialling;
mod documents;
mod emergency;
mod facts;
mod findings;
mod identity;
mod input;
mod keep;
mod ladders;
mod leg;
mod listening;
mod load;
mod locations;
mod music;
mod names;
mod networks;
mod node;
mod perform;
mod playing;
mod prompts;
mod quality;
mod queues;
mod reception;
mod recordings;
mod refused;
mod registrar;
mod registrations;
mod rooms;
mod routing;
pub mod sandbox;
mod saver;
mod shown;
mod sip_events;
mod sip_handle;
mod sip_shell;
mod sip_sockets;
mod stream;
mod streams;
mod stun;
mod terms;
mod text;
mod texts;
mod tls;
mod transfer;
mod trunks;
mod verb_records;
mod watchers;
mod watching;
mod web;
mod websocket;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flexio_app::App;
use flexio_app::trunks::{TrunkState, TrunkWatch};
use flexio_media as media;
use flexio_outbound::Outbound;
use flexio_sip as sip;
use flexio_speech::Speech;
use tokio::time::Instant;

pub use node::{StartError, VoiceConfig};
pub use routing::TrunkError;
pub use shown::NeverShownError;
pub use stun::StunError;
pub use tls::TlsError;

use node::{Node, Parts};
use sip_sockets::SipSockets;

/// A running voice node. Dropping it does not stop it; see [`VoiceNode::drain`] and [`VoiceNode::stop`].
#[derive(Debug, Clone)]
pub struct VoiceNode {
    node: Arc<Node>,
    sandbox: Option<Arc<sandbox::Carrier>>,
    doors: Vec<(sip::Transport, SocketAddr)>,
}

impl VoiceNode {
    /// Binds the sockets, starts the media threads and takes calls from now on.
    pub async fn start(
        app: Arc<App>,
        mut config: VoiceConfig,
        outbound: Outbound,
        speech: Speech,
    ) -> Result<Self, StartError> {
        make_folder(&config.recordings).map_err(StartError::Recordings)?;
        let names = tls::Names::new(&config.trunks)?;
        let sockets = bind(&config.sip, names.clone()).await?;
        learn_public_address(&mut config, &sockets).await?;
        let epoch = Instant::now();
        let endpoint = endpoint(&config, &app, &sockets)?;
        let doors = sockets.addresses();
        let owner: Arc<std::sync::OnceLock<std::sync::Weak<Node>>> = Arc::default();
        let sink_owner = Arc::clone(&owner);
        let sink = media::EventSink::new(move |event| {
            match (media_token(&event), sink_owner.get().and_then(std::sync::Weak::upgrade)) {
                (Some(token), Some(node)) => node.media_event(token, event),
                (None, _) | (_, None) => Ok(()),
            }
        });
        let media = media::Media::start(media_config(&config), sink).map_err(StartError::Media)?;
        let gateway = flexio_webrtc::Gateway::start(gateway_config(&config)).map_err(StartError::WebRtc)?;
        let local = sockets.local;
        let parts = Parts { app, config, outbound, speech, media, gateway, local, epoch, peer_names: names };
        let node = Node::new(parts)?;
        let _ = owner.set(Arc::downgrade(&node));
        node.resolve_trunks().await;
        registrations::restore(&node).await;
        node.start_sip(sockets, endpoint);
        let sandbox = start_sandbox(&node).await?;
        trunks::watch(&node);
        trunks::register(&node).await;
        registrar::watch(&node);
        registrations::watch(&node);
        networks::watch(&node);
        load::watch(&node);
        trunks::prove_calls(&node);
        trunks::report(&node);
        Ok(Self { node, sandbox, doors })
    }

    /// Where SIP is listened for.
    pub fn local_addr(&self) -> SocketAddr {
        self.node.local
    }

    /// Where connections of a transport come in; `None` when it is not listened for.
    pub fn address_of(&self, transport: sip::Transport) -> Option<SocketAddr> {
        self.doors.iter().find(|(of, _)| *of == transport).map(|(_, address)| *address)
    }

    /// Takes a WebSocket of a softphone, opened over HTTP with the subprotocol `sip` (RFC 7118). `remote` is the browser; its
    /// connections are limited as any.
    pub fn take_softphone<S>(&self, socket: S, remote: SocketAddr)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    {
        self.node.sip().entrance().take(socket, remote);
    }

    /// Lets the API make and change calls.
    pub fn call_control(&self) -> Arc<dyn flexio_app::CallControl> {
        Arc::new(control::Control::new(Arc::clone(&self.node)))
    }

    /// Lets messages go to the phones that are registered here.
    pub fn phone_network(&self) -> Arc<dyn flexio_app::phones::PhoneNetwork> {
        Arc::new(texts::Phones(Arc::clone(&self.node)))
    }

    /// Calls that run now.
    pub fn running_calls(&self) -> u32 {
        self.node.running()
    }

    /// Trunks and whether they answer.
    pub fn trunks(&self) -> Vec<TrunkState> {
        self.node.trunk_states()
    }

    /// Lets the API show and try out the trunks.
    pub fn trunk_watch(&self) -> Arc<dyn TrunkWatch> {
        Arc::new(trunks::Watch(Arc::clone(&self.node)))
    }

    /// The built-in carrier and test phone of a sandbox.
    pub fn sandbox(&self) -> Option<Arc<sandbox::Carrier>> {
        self.sandbox.clone()
    }

    /// No new calls from now on; returns when the running ones are over, at the latest after `patience`, when they are ended
    /// with a BYE and a record.
    pub async fn drain(&self, patience: Duration) {
        self.node.drain();
        // Carriers stop sending calls here; those that run are not touched by it.
        self.node.sip().order(sip_shell::Order::UnregisterAll).await;
        let until = Instant::now() + patience;
        while self.node.running() > 0 && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.stop().await;
    }

    /// Ends every call now, with a BYE and a record, and waits for the records, at most 10 s.
    pub async fn stop(&self) {
        self.node.drain();
        let senders: Vec<_> = self.node.calls().values().cloned().collect();
        self.node.rooms.shut_down();
        self.node.queues.shut_down();
        for sender in senders {
            sender.tell(input::CallInput::Voice(Box::new(flexio_voice::Event::Shutdown)));
        }
        let until = Instant::now() + Duration::from_secs(10);
        while self.node.running() > 0 && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let _ = tokio::time::timeout(Duration::from_secs(2), self.node.sip().finish_ladders()).await;
    }
}

/// Where the configuration names a STUN server, puts what it says in its place; media has the same address unless it has one of its own.
async fn learn_public_address(config: &mut VoiceConfig, sockets: &SipSockets) -> Result<(), StartError> {
    if !config.sip.advertised.starts_with(stun::PREFIX) {
        return Ok(());
    }
    let seen = stun::public_address(&sockets.udp, &config.sip.advertised).await?;
    tracing::info!(public_address = %seen, "public_address_learned");
    config.sip.advertised = seen.to_string();
    config.media.advertised_ip.get_or_insert(seen.ip());
    Ok(())
}

/// Whether `sip.advertised`, where it names a STUN server, does so in the right form.
pub fn check_advertised(advertised: &str) -> Result<(), StunError> {
    if advertised.starts_with(stun::PREFIX) { stun::server(advertised).map(drop) } else { Ok(()) }
}

/// Whether the list of numbers that nobody calls from can be used.
pub fn check_never_shown(listed: &[String]) -> Result<(), NeverShownError> {
    shown::NeverShown::new(listed).map(drop)
}

/// Whether the trunks of a configuration can be used.
pub fn check_trunks(trunks: &[config::Trunk]) -> Result<(), TrunkError> {
    routing::Trunks::new(trunks).map(drop)
}

async fn start_sandbox(node: &Arc<Node>) -> Result<Option<Arc<sandbox::Carrier>>, StartError> {
    if !node.config.sandbox {
        return Ok(None);
    }
    if let Some(address) = node.config.sandbox_carrier {
        node.set_sandbox_carrier(address);
    }
    let (gateway, media_ip) = (node.gateway.clone(), node.config.media.bind_ip);
    let carrier = sandbox::Carrier::start(Arc::clone(&node.app), node.local, gateway, media_ip).await?;
    if node.config.sandbox_carrier.is_none() {
        node.set_sandbox_carrier(carrier.local_addr());
    }
    Ok(Some(Arc::new(carrier)))
}

/// Binds every address of the configuration.
async fn bind(config: &config::Sip, names: tls::Names) -> Result<SipSockets, StartError> {
    let failed = |address| move |source| StartError::Listen { address, source };
    let mut sockets = SipSockets::bind(config.listen).await.map_err(failed(config.listen))?;
    sockets.secure(tls::Tls::new(config, names)?);
    for (transport, address) in [
        (sip::Transport::Tls, config.tls_listen),
        (sip::Transport::Ws, config.ws_listen),
        (sip::Transport::Wss, config.wss_listen),
    ] {
        if let Some(address) = address {
            sockets.listen(transport, address).await.map_err(failed(address))?;
        }
    }
    Ok(sockets)
}

/// `host:port` for the world: the advertised host, and the port of the transport.
fn advertised(config: &config::Sip, bound: SocketAddr, is_main: bool) -> String {
    if config.advertised.is_empty() {
        return bound.to_string();
    }
    if is_main {
        return config.advertised.clone();
    }
    format!("{}:{}", node::host_of(&config.advertised), bound.port())
}

fn endpoint(config: &VoiceConfig, app: &App, sockets: &SipSockets) -> Result<sip::Endpoint, StartError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| StartError::Random)?;
    let on = |transport, bound, is_main| sip::Local {
        transport,
        bound,
        advertised: advertised(&config.sip, bound, is_main),
    };
    let mut locals =
        vec![on(sip::Transport::Udp, sockets.local, true), on(sip::Transport::Tcp, sockets.local, true)];
    let others = sockets.addresses().into_iter().filter(|(transport, _)| *transport != sip::Transport::Tcp);
    locals.extend(others.map(|(transport, bound)| on(transport, bound, false)));
    if config.sip.ws_listen.is_none() {
        // Softphones come in over HTTP, whatever else is listened to.
        locals.push(on(sip::Transport::Ws, sockets.local, true));
    }
    if config.sip.tls_listen.is_none() {
        // Connections we make need a name in Via, though nobody is listened to there.
        locals.push(on(sip::Transport::Tls, sockets.local, true));
    }
    let settings = sip::Config {
        locals,
        user_agent: concat!("flexio/", env!("CARGO_PKG_VERSION")).to_owned(),
        unknown_rate: config.sip.unknown_rate,
        max_legs: config.sip.max_legs,
        never_shed: app.rater().numbering().emergency_numbers(),
        ladder_bytes_max: usize::from(config.calls.ladder_memory_mb) << 20,
        auth: Some(sip::AuthPolicy {
            realm: app.config.sip_realm.clone(),
            algorithms: config.sip.digest.iter().copied().map(sip::Algorithm::from).collect(),
            nonce_lifetime: Duration::from_secs(300),
        }),
        ..sip::Config::default()
    };
    Ok(sip::Endpoint::new(settings, seed))
}

/// Media sessions kept back for calls for help, two for each: SIP takes them beyond `sip.max_legs`, and nobody else.
const HELP_SESSIONS: usize = 200;

fn media_config(config: &VoiceConfig) -> media::MediaConfig {
    media::MediaConfig {
        threads: config.media.threads,
        bind_ip: config.media.bind_ip,
        advertised_ip: config.media.advertised_ip,
        ports: config.media.port_min..=config.media.port_max,
        max_sessions: config.sip.max_legs.saturating_add(HELP_SESSIONS),
        strict_source: config.media.strict_source,
        rtp_timeout_ms: config.media.silence_timeout_s.saturating_mul(1000),
        record_ring_ms: config.media.record_buffer_s.clamp(1, 60) * 1000,
        ..media::MediaConfig::default()
    }
}

fn gateway_config(config: &VoiceConfig) -> flexio_webrtc::GatewayConfig {
    flexio_webrtc::GatewayConfig {
        bind_ip: config.media.bind_ip,
        port: config.media.webrtc_port,
        advertised_ip: config.media.advertised_ip,
        max_sessions: config.media.webrtc_max,
    }
}

/// Whose event it is; `None` for those of a whole thread.
fn media_token(event: &media::Event) -> Option<u64> {
    match event {
        media::Event::MediaStarted { token, .. }
        | media::Event::Dtmf { token, .. }
        | media::Event::DtmfSent { token }
        | media::Event::PlayDone { token, .. }
        | media::Event::RecordDone { token, .. }
        | media::Event::Talking { token, .. }
        | media::Event::RtpTimeout { token, .. }
        | media::Event::ForeignPackets { token, .. }
        | media::Event::Alarm { token, .. }
        | media::Event::Closed { token, .. } => Some(*token),
        media::Event::Overflow { lost } => {
            tracing::error!(lost, "media_events_lost");
            None
        }
    }
}

fn make_folder(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}
