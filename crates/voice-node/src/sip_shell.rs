//! Sockets around the SIP endpoint: one task owns it, everyone else holds a [`SipHandle`].
//!
//! Limits: 8 192 orders may wait (callers wait with them), 1 024 stream connections, 64 messages per connection that reads slowly
//! (then it is closed), 100 connections from one address, 30 s for a stream that sends half a message.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flexio_domain::CallSid;
use flexio_sip::{
    self as sip, Binding, Credentials, Destination, Endpoint, ExtraHeaders, Flow, InviteRequest, LegId,
    OpError, OptionsRequest, PingId, Reason, ReferRequest, RegisterId, RegisterRequest, RegistrationId,
    Secret, Shed, Transmit, Transport, Verdict,
};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::input::{CallInput, CallSender};
use crate::ladders::{LadderOf, Ladders};
use crate::reception::{Reception, Registration};
use crate::sip_handle::SipHandle;
use crate::sip_sockets::SipSockets;
use crate::stream::{StreamEvent, Streams};
use crate::texts::{PageOrder, Pages};
use crate::transfer::Replacement;
use crate::watchers::{WatchOrder, Watchers};

const ORDERS: usize = 8_192;
/// Datagrams taken before orders and timers get their turn.
const BATCH: usize = 64;

/// What calls ask of the endpoint.
pub(crate) enum Order {
    Invite {
        request: Box<InviteRequest>,
        owner: CallSender,
        ladder: Option<LadderOf>,
        reply: oneshot::Sender<Result<LegId, OpError>>,
    },
    Ring {
        leg: LegId,
        status: u16,
        sdp: Option<Vec<u8>>,
    },
    Answer {
        leg: LegId,
        sdp: Vec<u8>,
        headers: ExtraHeaders,
    },
    Reject {
        leg: LegId,
        status: u16,
        headers: ExtraHeaders,
    },
    Bye {
        leg: LegId,
        reason: Option<Reason>,
    },
    /// Whose ladder that of an inbound leg is.
    Name {
        leg: LegId,
        of: LadderOf,
    },
    /// Ends all ladders; told when they are saved.
    FinishLadders(oneshot::Sender<()>),
    /// The leg belongs to another call from now on.
    Own {
        leg: LegId,
        owner: CallSender,
    },
    /// Offers a changed session by re-INVITE, such as a hold: `ReofferAnswered` or `ReofferFailed` follows.
    Reoffer {
        leg: LegId,
        sdp: Vec<u8>,
    },
    AcceptReoffer {
        leg: LegId,
        sdp: Vec<u8>,
    },
    RejectReoffer {
        leg: LegId,
        status: u16,
    },
    /// Asks the peer to call somebody else: `ReferAnswered`, then `ReferProgress` follow.
    Refer {
        leg: LegId,
        request: Box<ReferRequest>,
    },
    /// Says yes to a `Referred`; then `NotifyRefer` tells the peer how it goes.
    AcceptRefer {
        leg: LegId,
    },
    RejectRefer {
        leg: LegId,
        status: u16,
    },
    NotifyRefer {
        leg: LegId,
        status: u16,
    },
    /// Sends JSON to the peer within the dialog (RFC 6086).
    Info {
        leg: LegId,
        body: Vec<u8>,
    },
    /// Asks whoever has the leg to let its far end go to another call.
    Replace {
        leg: LegId,
        asked: Box<Replacement>,
    },
    /// Checks credentials; `None` stands for an unknown user.
    Verify {
        credentials: Box<Credentials>,
        secret: Option<Secret>,
        reply: oneshot::Sender<Verdict>,
    },
    /// Asks the caller for credentials; once more when only the nonce was too old.
    Challenge {
        leg: LegId,
        is_stale: bool,
    },
    AcceptRegister {
        id: RegisterId,
        bindings: Vec<Binding>,
    },
    /// About who watches which phone.
    Watching(WatchOrder),
    /// About texts to phones and from them.
    Page(PageOrder),
    RejectRegister {
        id: RegisterId,
        status: u16,
        headers: ExtraHeaders,
    },
    ChallengeRegister {
        id: RegisterId,
    },
    /// Uses paths of datagrams, so that NATs keep them open.
    KeepAlive(Vec<Destination>),
    /// Registers for a trunk, and keeps registered; the reception is told how it stands.
    Register {
        trunk: String,
        request: Box<RegisterRequest>,
    },
    /// The trunk's registrar has these addresses now.
    SetRegistrar {
        trunk: String,
        destinations: Vec<Destination>,
    },
    /// Takes all registrations of trunks back.
    UnregisterAll,
    Ping {
        request: Box<OptionsRequest>,
        reply: oneshot::Sender<Option<u16>>,
    },
    Shed(Shed),
    Stats(oneshot::Sender<sip::Stats>),
    /// What the legs of a call have said and heard so far.
    Ladders {
        call: CallSid,
        reply: oneshot::Sender<Vec<(LadderOf, sip::Ladder)>>,
    },
}

struct Shell {
    endpoint: Endpoint,
    udp: Arc<UdpSocket>,
    local: SocketAddr,
    addresses: Vec<(Transport, SocketAddr)>,
    streams: Streams,
    reception: Arc<dyn Reception>,
    owners: HashMap<LegId, CallSender>,
    ladders: Ladders,
    watchers: Watchers,
    pings: HashMap<PingId, oneshot::Sender<Option<u16>>>,
    pages: Pages,
    /// Trunks by their registrations.
    registrations: HashMap<RegistrationId, String>,
    epoch: Instant,
}

/// Starts the task. It ends when every handle is gone.
pub(crate) fn start(
    sockets: SipSockets,
    endpoint: Endpoint,
    epoch: Instant,
    reception: Arc<dyn Reception>,
    ladders: Ladders,
) -> SipHandle {
    let (orders, inbox) = mpsc::channel(ORDERS);
    let addresses = sockets.addresses();
    let (streams, stream_events) = Streams::start(sockets.doors, sockets.tls);
    let entrance = streams.entrance();
    let shell = Shell {
        endpoint,
        udp: Arc::new(sockets.udp),
        local: sockets.local,
        addresses,
        streams,
        reception,
        owners: HashMap::new(),
        ladders,
        watchers: Watchers::default(),
        pings: HashMap::new(),
        pages: Pages::default(),
        registrations: HashMap::new(),
        epoch,
    };
    tokio::spawn(shell.run(inbox, stream_events));
    SipHandle { orders, entrance }
}

impl Shell {
    async fn run(mut self, mut inbox: mpsc::Receiver<Order>, mut stream_events: mpsc::Receiver<StreamEvent>) {
        let udp = Arc::clone(&self.udp);
        let mut buffer = vec![0_u8; 65_536];
        let mut orders = Vec::with_capacity(BATCH);
        loop {
            let deadline = self
                .endpoint
                .poll_timeout()
                .map_or_else(|| Instant::now() + Duration::from_secs(3600), |at| self.epoch + at);
            tokio::select! {
                biased;
                count = inbox.recv_many(&mut orders, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    for order in orders.drain(..) {
                        self.obey(order);
                    }
                }
                ready = udp.readable() => {
                    if ready.is_ok() {
                        self.read_datagrams(&udp, &mut buffer);
                    }
                }
                Some(event) = stream_events.recv() => self.stream_event(event),
                () = tokio::time::sleep_until(deadline) => {
                    let now = self.now();
                    self.endpoint.handle_timeout(now);
                }
            }
            self.flush();
        }
    }

    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    fn read_datagrams(&mut self, udp: &UdpSocket, buffer: &mut [u8]) {
        for _ in 0..BATCH {
            // An ICMP error of an earlier packet is reported here too; timers deal with it.
            let Ok((length, remote)) = udp.try_recv_from(buffer) else { return };
            let trust = self.reception.trust(remote);
            let flow = Flow { transport: Transport::Udp, local: self.local, remote, connection: None };
            let now = self.now();
            self.endpoint.receive_datagram(now, flow, trust, &buffer[..length]);
            self.flush();
        }
    }

    fn address_of(&self, transport: Transport) -> SocketAddr {
        let found = self.addresses.iter().find(|(of, _)| *of == transport);
        found.map_or(self.local, |(_, address)| *address)
    }

    fn stream_event(&mut self, event: StreamEvent) {
        let now = self.now();
        match event {
            StreamEvent::Bytes { connection, transport, remote, bytes } => {
                let trust = self.reception.trust(remote);
                let flow = Flow {
                    transport,
                    local: self.address_of(transport),
                    remote,
                    connection: Some(connection),
                };
                match transport {
                    // Each message of a WebSocket is one of SIP, with Content-Length or without (RFC 7118 §5).
                    Transport::Ws | Transport::Wss => {
                        self.endpoint.receive_datagram(now, flow, trust, &bytes);
                    }
                    Transport::Udp | Transport::Tcp | Transport::Tls => {
                        self.endpoint.receive_stream(now, flow, trust, &bytes);
                    }
                }
            }
            StreamEvent::Closed { connection } => {
                self.streams.forget(connection);
                self.reception.closed(connection);
                self.endpoint.connection_closed(now, connection);
            }
            StreamEvent::ConnectFailed { transmit, transport, remote, fault } => {
                self.reception.connect_failed(transport, remote, &fault);
                if let Some(id) = transmit {
                    self.endpoint.transmit_failed(now, id);
                }
            }
        }
    }

    fn obey(&mut self, order: Order) {
        let now = self.now();
        let done = match order {
            Order::Invite { request, owner, ladder, reply } => {
                let result = self.endpoint.invite(now, *request);
                if let Ok(leg) = result {
                    self.owners.insert(leg, owner);
                    if let Some(of) = ladder {
                        self.ladders.name(&self.endpoint, leg, of);
                    }
                }
                let _ = reply.send(result);
                Ok(())
            }
            Order::Ring { leg, status, sdp } => self.endpoint.ring(now, leg, status, sdp.as_deref()),
            Order::Answer { leg, sdp, headers } => {
                let done = self.endpoint.answer(now, leg, &sdp, &headers);
                self.watchers.changed(&mut self.endpoint, now, leg);
                done
            }
            Order::Reject { leg, status, headers } => self.endpoint.reject(now, leg, status, None, &headers),
            Order::Own { leg, owner } => {
                if let Some(present) = self.owners.get_mut(&leg) {
                    *present = owner;
                }
                Ok(())
            }
            Order::Bye { leg, reason } => self.endpoint.bye(now, leg, reason.as_ref()),
            Order::Reoffer { leg, sdp } => self.endpoint.reinvite(now, leg, &sdp),
            Order::AcceptReoffer { leg, sdp } => self.endpoint.accept_reinvite(now, leg, &sdp),
            Order::RejectReoffer { leg, status } => self.endpoint.reject_reinvite(now, leg, status),
            Order::Refer { leg, request } => self.endpoint.refer(now, leg, &request),
            Order::AcceptRefer { leg } => self.endpoint.accept_refer(now, leg),
            Order::RejectRefer { leg, status } => self.endpoint.reject_refer(now, leg, status),
            Order::NotifyRefer { leg, status } => self.endpoint.notify_refer(now, leg, status, None),
            Order::Info { leg, body } => self.endpoint.info(now, leg, "application/json", &body),
            Order::Replace { leg, asked } => {
                if let Some(owner) = self.owners.get(&leg) {
                    // One that is behind does not answer: who asks hears of it by the drop.
                    owner.tell(CallInput::Replace { leg, asked });
                }
                Ok(())
            }
            Order::Verify { credentials, secret, reply } => {
                let _ = reply.send(self.endpoint.verify(now, &credentials, secret.as_ref()));
                Ok(())
            }
            Order::Challenge { leg, is_stale } => self.endpoint.challenge(now, leg, is_stale),
            other => self.obey_registration(other),
        };
        // The leg may have ended while the order was on its way: its owner has been or will be told.
        if let Err(error) = done {
            tracing::debug!(%error, "order not obeyed");
        }
        self.flush();
    }

    /// Orders that are about no leg.
    fn obey_registration(&mut self, order: Order) -> Result<(), OpError> {
        let now = self.now();
        match order {
            Order::AcceptRegister { id, bindings } => {
                self.endpoint.accept_register(now, id, &bindings, &ExtraHeaders::new())
            }
            Order::RejectRegister { id, status, headers } => {
                self.endpoint.reject_register(now, id, status, &headers)
            }
            Order::ChallengeRegister { id } => self.endpoint.challenge_register(now, id),
            Order::KeepAlive(paths) => {
                for path in paths {
                    // A full buffer costs one keep-alive of many.
                    let _ = self.udp.try_send_to(b"\r\n\r\n", path.remote);
                }
                Ok(())
            }
            Order::Register { trunk, request } => self.endpoint.register(now, *request).map(|id| {
                self.reception.registration(&trunk, id, Registration::Trying);
                self.registrations.insert(id, trunk);
            }),
            Order::SetRegistrar { trunk, destinations } => {
                let id = self.registrations.iter().find(|(_, name)| **name == trunk).map(|(id, _)| *id);
                id.map_or(Ok(()), |id| self.endpoint.set_registrar(id, destinations))
            }
            Order::Page(order) => self.pages.obey(&mut self.endpoint, now, order),
            Order::Watching(order) => self.watchers.obey(&mut self.endpoint, now, order),
            Order::UnregisterAll => {
                self.watchers.end_all(&mut self.endpoint, now);
                for &id in self.registrations.keys() {
                    let _ = self.endpoint.unregister(now, id);
                }
                Ok(())
            }
            Order::Ping { request, reply } => self.endpoint.options(now, *request).map(|ping| {
                self.pings.insert(ping, reply);
            }),
            Order::Name { leg, of } => {
                self.ladders.name(&self.endpoint, leg, of);
                Ok(())
            }
            Order::FinishLadders(done) => {
                self.ladders.finish(&mut self.endpoint, done);
                Ok(())
            }
            Order::Shed(shed) => {
                self.endpoint.set_shed(shed);
                Ok(())
            }
            Order::Stats(reply) => {
                let _ = reply.send(self.endpoint.stats());
                Ok(())
            }
            Order::Ladders { call, reply } => {
                let _ = reply.send(self.ladders.running(&self.endpoint, call));
                Ok(())
            }
            _ => unreachable!("orders of legs are obeyed before"),
        }
    }

    /// Hands out what the endpoint has to tell and to send.
    fn flush(&mut self) {
        loop {
            while let Some(transmit) = self.endpoint.poll_transmit() {
                self.transmit(&transmit);
            }
            // An event may lead to more to send, such as a NOTIFY to who watches.
            let Some(event) = self.endpoint.poll_event() else { break };
            self.tell(event);
        }
        while let Some(tried) = self.endpoint.poll_tried() {
            self.reception.tried(tried);
        }
        self.ladders.collect(&mut self.endpoint);
    }

    fn transmit(&mut self, transmit: &Transmit) {
        if transmit.to.transport == Transport::Udp {
            // A full socket buffer is a lost packet, as on any network: the transaction sends it again.
            let sent = self.udp.try_send_to(&transmit.bytes, transmit.to.remote);
            if let (Err(error), Some(id)) = (sent, transmit.id)
                && error.kind() != io::ErrorKind::WouldBlock
            {
                let now = self.now();
                self.endpoint.transmit_failed(now, id);
            }
        } else if let Some(failed) = self.streams.send(transmit) {
            let now = self.now();
            self.endpoint.transmit_failed(now, failed);
        }
    }

    fn tell(&mut self, event: sip::Event) {
        let leg = leg_of(&event);
        match (leg, event) {
            (_, sip::Event::Incoming(incoming)) => {
                let leg = incoming.leg;
                let owner = self.reception.incoming(*incoming);
                self.owners.insert(leg, owner);
            }
            (_, sip::Event::Pong { ping, status }) => {
                if let Some(reply) = self.pings.remove(&ping) {
                    let _ = reply.send(status);
                }
            }
            (_, sip::Event::Register(asked)) => self.reception.register(*asked),
            (_, sip::Event::Paged(asked)) => self.reception.paged(*asked),
            (_, sip::Event::PageAnswered { page, status }) => self.pages.answered(page, status),
            (_, sip::Event::Subscribe(asked)) => self.reception.subscribe(*asked),
            (_, sip::Event::Resubscribed { subscription }) => {
                let now = self.now();
                self.watchers.refreshed(&mut self.endpoint, now, subscription);
            }
            (_, sip::Event::SubscriptionEnded { subscription }) => self.watchers.remove(subscription),
            (_, sip::Event::Registered { registration, expires_s, seen_as }) => {
                self.registration(registration, Registration::Registered { expires_s, seen_as });
            }
            (_, sip::Event::RegistrationFailed { registration, status, .. }) => {
                self.registration(registration, Registration::Failed { status });
            }
            (_, sip::Event::Unregistered { registration }) => {
                self.registration(registration, Registration::Over);
                self.registrations.remove(&registration);
            }
            (Some(leg), event) => {
                let now = self.now();
                self.watchers.changed(&mut self.endpoint, now, leg);
                let over = matches!(event, sip::Event::Ended { .. });
                let owner = if over { self.owners.remove(&leg) } else { self.owners.get(&leg).cloned() };
                if let Some(owner) = owner
                    && !owner.tell(CallInput::Sip { leg, event: Box::new(event) })
                    && !over
                {
                    // The call's task is gone or hopelessly behind: nobody would ever end this leg.
                    let _ = self.endpoint.bye(now, leg, None);
                }
            }
            (None, _) => {}
        }
    }
}

impl Shell {
    fn registration(&self, id: RegistrationId, state: Registration) {
        if let Some(trunk) = self.registrations.get(&id) {
            self.reception.registration(trunk, id, state);
        }
    }
}

/// The leg an event is about, if it is about one.
fn leg_of(event: &sip::Event) -> Option<LegId> {
    match event {
        sip::Event::Incoming(_)
        | sip::Event::Pong { .. }
        | sip::Event::Register(_)
        | sip::Event::Paged(_)
        | sip::Event::PageAnswered { .. }
        | sip::Event::Subscribe(_)
        | sip::Event::Resubscribed { .. }
        | sip::Event::SubscriptionEnded { .. }
        | sip::Event::Registered { .. }
        | sip::Event::RegistrationFailed { .. }
        | sip::Event::Unregistered { .. } => None,
        sip::Event::Progress { leg, .. }
        | sip::Event::Answered { leg, .. }
        | sip::Event::Failed { leg, .. }
        | sip::Event::Pracked { leg, .. }
        | sip::Event::Confirmed { leg, .. }
        | sip::Event::Reoffer { leg, .. }
        | sip::Event::ReofferConfirmed { leg, .. }
        | sip::Event::ReofferAnswered { leg, .. }
        | sip::Event::ReofferFailed { leg, .. }
        | sip::Event::Dtmf { leg, .. }
        | sip::Event::Info { leg, .. }
        | sip::Event::InfoAnswered { leg, .. }
        | sip::Event::Referred { leg, .. }
        | sip::Event::ReferAnswered { leg, .. }
        | sip::Event::ReferProgress { leg, .. }
        | sip::Event::Ended { leg, .. } => Some(*leg),
    }
}
