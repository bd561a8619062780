//! Phones of customers register, are called and call; a trunk that is registered at its carrier.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use flexio_app::trunks::TrunkRegistration;
use flexio_app::{ClientPatch, WebhookPatch};
use flexio_domain::*;
use flexio_sip::{
    Algorithm, AuthPolicy, Binding, Config, ConnectionId, Destination, EndCause, Endpoint, Event,
    ExtraHeaders, Flow, InviteRequest, LegId, Local, Login, NameAddr, RegisterRequest, Secret, Transport,
    Trust, Uri, Verdict,
};
use flexio_voice_node::config;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::platform::Platform;

pub const SDP: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
    m=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";
pub const PASSWORD: &str = "Correct-Horse-9-Battery";

/// A user agent; its time stands still while a test does not run it.
pub struct Phone {
    endpoint: Endpoint,
    pub address: SocketAddr,
    transport: Transport,
    sender: mpsc::UnboundedSender<(Vec<u8>, SocketAddr)>,
    receiver: mpsc::UnboundedReceiver<(Vec<u8>, SocketAddr)>,
    epoch: Instant,
}

impl Phone {
    pub async fn start(auth: Option<AuthPolicy>) -> Phone {
        Phone::start_at(Ipv4Addr::LOCALHOST, auth).await
    }

    pub async fn start_at(ip: Ipv4Addr, auth: Option<AuthPolicy>) -> Phone {
        let socket = UdpSocket::bind((ip, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let (phone, mut outgoing, incoming) = Phone::new(Transport::Udp, address, auth);
        tokio::spawn(async move {
            let mut buffer = vec![0; 65_536];
            loop {
                tokio::select! {
                    read = socket.recv_from(&mut buffer) => {
                        let (length, remote) = read.unwrap();
                        let _ = incoming.send((buffer[..length].to_vec(), remote));
                    }
                    order = outgoing.recv() => {
                        let Some((bytes, remote)) = order else { return };
                        socket.send_to(&bytes, remote).await.unwrap();
                    }
                }
            }
        });
        phone
    }

    fn new(transport: Transport, address: SocketAddr, auth: Option<AuthPolicy>) -> (Phone, Packets, Read) {
        let mut local = Local::new(transport, address);
        if transport != Transport::Udp {
            // A browser or a phone behind a NAT cannot say where it is (RFC 7118 §5).
            "df7jal23ls0d.invalid".clone_into(&mut local.advertised);
        }
        let (sender, outgoing) = mpsc::unbounded_channel();
        let (incoming, receiver) = mpsc::unbounded_channel();
        let config = Config { locals: vec![local], auth, ..Config::default() };
        let endpoint = Endpoint::new(config, rand());
        let phone = Phone { endpoint, address, transport, sender, receiver, epoch: Instant::now() };
        (phone, outgoing, incoming)
    }

    /// One whose only path is a connection to the platform.
    async fn connect(platform: &Platform, transport: Transport) -> Phone {
        let remote = platform.voice.address_of(transport).unwrap();
        let tcp = TcpStream::connect(remote).await.unwrap();
        let (phone, outgoing, incoming) = Phone::new(transport, tcp.local_addr().unwrap(), None);
        match transport {
            Transport::Tls => {
                let name = ServerName::try_from("sip.test").unwrap();
                let stream = TlsConnector::from(trusting()).connect(name, tcp).await.unwrap();
                tokio::spawn(carry_stream(stream, remote, outgoing, incoming));
            }
            Transport::Wss => {
                let name = ServerName::try_from("sip.test").unwrap();
                let stream = TlsConnector::from(trusting()).connect(name, tcp).await.unwrap();
                let socket = websocket(stream, "sip").await.unwrap();
                tokio::spawn(carry_messages(socket, remote, outgoing, incoming));
            }
            _ => {
                let socket = websocket(tcp, "sip").await.unwrap();
                tokio::spawn(carry_messages(socket, remote, outgoing, incoming));
            }
        }
        phone
    }

    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// Runs until `wanted` finds what it looks for in an event.
    pub async fn until<T>(
        &mut self,
        mut wanted: impl FnMut(&mut Endpoint, Duration, &Event) -> Option<T>,
    ) -> T {
        let give_up = Instant::now() + Duration::from_secs(20);
        loop {
            while let Some(event) = self.endpoint.poll_event() {
                let now = self.now();
                if let Some(found) = wanted(&mut self.endpoint, now, &event) {
                    self.flush();
                    return found;
                }
            }
            self.flush();
            let next = self.endpoint.poll_timeout().map_or(give_up, |at| self.epoch + at).min(give_up);
            tokio::select! {
                read = self.receiver.recv() => {
                    let (bytes, remote) = read.expect("the connection is gone");
                    let connection = (self.transport != Transport::Udp).then_some(ConnectionId(1));
                    let flow = Flow { transport: self.transport, local: self.address, remote, connection };
                    let now = self.now();
                    match self.transport {
                        Transport::Tls => self.endpoint.receive_stream(now, flow, Trust::Unknown, &bytes),
                        _ => self.endpoint.receive_datagram(now, flow, Trust::Unknown, &bytes),
                    }
                }
                () = tokio::time::sleep_until(next) => {
                    assert!(Instant::now() < give_up, "what was waited for never came");
                    let now = self.now();
                    self.endpoint.handle_timeout(now);
                }
            }
        }
    }

    fn flush(&mut self) {
        while let Some(transmit) = self.endpoint.poll_transmit() {
            self.sender.send((transmit.bytes.to_vec(), transmit.to.remote)).unwrap();
        }
    }

    pub fn way_to(&self, platform: &Platform) -> Destination {
        let at = match self.transport {
            Transport::Udp => platform.voice.local_addr(),
            other => platform.voice.address_of(other).unwrap(),
        };
        let connection = (self.transport != Transport::Udp).then_some(ConnectionId(1));
        Destination { transport: self.transport, remote: at, local: None, connection }
    }

    /// Has the endpoint do something.
    pub fn act<T>(&mut self, what: impl FnOnce(&mut Endpoint, Duration) -> T) -> T {
        let now = self.now();
        what(&mut self.endpoint, now)
    }

    /// Sends an INVITE as it is given.
    pub fn invite(&mut self, request: InviteRequest) {
        let now = self.now();
        self.endpoint.invite(now, request).unwrap();
    }

    /// Registers; the status that was granted or refused with.
    pub async fn register(&mut self, platform: &Platform, user: &str, password: &str) -> u16 {
        let request = RegisterRequest {
            registrar: Uri::sip(None, "127.0.0.1", None).unwrap(),
            aor: NameAddr::new(Uri::sip(Some(user), "127.0.0.1", None).unwrap()),
            contact_user: user.to_owned(),
            expires: Duration::from_secs(300),
            destinations: vec![self.way_to(platform)],
            route: Vec::new(),
            login: Some(login(user, password)),
        };
        let now = self.now();
        self.endpoint.register(now, request).unwrap();
        self.until(|_, _, event| match event {
            Event::Registered { .. } => Some(200),
            Event::RegistrationFailed { status, .. } => Some(status.unwrap_or(0)),
            _ => None,
        })
        .await
    }

    /// Calls, and returns the answered leg; `Err` with the status of a refusal.
    pub async fn call(&mut self, platform: &Platform, user: &str, to: &str) -> Result<LegId, u16> {
        self.call_at(platform, "127.0.0.1", user, to, Some(PASSWORD)).await
    }

    /// Calls a user at a host, in its own name there.
    pub async fn call_at(
        &mut self,
        platform: &Platform,
        host: &str,
        user: &str,
        to: &str,
        password: Option<&str>,
    ) -> Result<LegId, u16> {
        let uri = Uri::sip(Some(to), host, None).unwrap();
        let from = NameAddr::new(Uri::sip(Some(user), host, None).unwrap());
        let mut request = InviteRequest::new(uri, from, self.way_to(platform), SDP.as_bytes());
        request.login = password.map(|password| login(user, password));
        self.invite(request);
        self.until(|_, _, event| match event {
            Event::Answered { leg, .. } => Some(Ok(*leg)),
            Event::Failed { status, .. } => Some(Err(*status)),
            _ => None,
        })
        .await
    }

    /// Waits for a call and answers it.
    pub async fn answer(&mut self) -> LegId {
        let leg = self.ring().await;
        let now = self.now();
        self.endpoint.answer(now, leg, SDP.as_bytes(), &ExtraHeaders::new()).unwrap();
        self.until(|_, _, event| matches!(event, Event::Confirmed { .. }).then_some(())).await;
        leg
    }

    pub async fn ring(&mut self) -> LegId {
        self.until(|end, now, event| match event {
            Event::Incoming(incoming) => {
                end.ring(now, incoming.leg, 180, None).unwrap();
                Some(incoming.leg)
            }
            _ => None,
        })
        .await
    }

    pub async fn over(&mut self) -> EndCause {
        self.until(|_, _, event| match event {
            Event::Ended { cause, .. } => Some(cause.clone()),
            _ => None,
        })
        .await
    }

    pub async fn hang_up(&mut self, leg: LegId) {
        let now = self.now();
        self.endpoint.bye(now, leg, None).unwrap();
        self.over().await;
        self.flush();
    }
}

type Packets = mpsc::UnboundedReceiver<(Vec<u8>, SocketAddr)>;
type Read = mpsc::UnboundedSender<(Vec<u8>, SocketAddr)>;

async fn carry_stream<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    remote: SocketAddr,
    mut outgoing: Packets,
    incoming: Read,
) {
    let mut buffer = vec![0; 65_536];
    loop {
        tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(length) if length > 0 => {
                    let _ = incoming.send((buffer[..length].to_vec(), remote));
                }
                Ok(_) | Err(_) => return,
            },
            order = outgoing.recv() => {
                let Some((bytes, _)) = order else { return };
                stream.write_all(&bytes).await.unwrap();
                stream.flush().await.unwrap();
            }
        }
    }
}

async fn carry_messages<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: WebSocketStream<S>,
    remote: SocketAddr,
    mut outgoing: Packets,
    incoming: Read,
) {
    loop {
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(message)) => {
                    let _ = incoming.send((message.into_data().to_vec(), remote));
                }
                Some(Err(_)) | None => return,
            },
            order = outgoing.recv() => {
                let Some((bytes, _)) = order else { return };
                socket.send(Message::text(String::from_utf8(bytes).unwrap())).await.unwrap();
            }
        }
    }
}

async fn websocket<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    protocol: &'static str,
) -> Result<WebSocketStream<S>, tokio_tungstenite::tungstenite::Error> {
    let mut request = "ws://sip.test/".into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(protocol));
    tokio_tungstenite::client_async(request, stream).await.map(|(socket, _)| socket)
}

fn certificate(name: &str) -> String {
    format!("tests/node/certs/{name}")
}

/// A client that trusts the authority of the tests.
fn trusting() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate("ca.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

pub fn login(user: &str, password: &str) -> Login {
    Login { username: user.to_owned(), secret: Secret::Password(password.to_owned()) }
}

fn rand() -> [u8; 32] {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    seed
}

pub async fn client(platform: &Platform, login: &str, voice: Option<&str>) {
    let url = WebhookPatch { url: Some(voice.map(|path| platform.url(path))), ..WebhookPatch::default() };
    let patch =
        ClientPatch { password: Some(Pii(PASSWORD.to_owned())), voice: url, ..ClientPatch::default() };
    platform.app.create_client(&platform.account, login, patch, &|_| None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_password_is_registered_and_an_unknown_user_is_told_what_a_wrong_password_is_told() {
    let platform = Platform::start().await;
    client(&platform, "alice", None).await;
    let mut statuses = Vec::new();
    for (user, password) in [("alice", "wrong"), ("nobody", PASSWORD), ("alice", PASSWORD)] {
        statuses.push(Phone::start(None).await.register(&platform, user, password).await);
    }
    assert_eq!(statuses, [403, 403, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_phones_of_a_client_ring_and_the_first_to_answer_has_the_call() {
    let platform = Platform::start().await;
    client(&platform, "alice", None).await;
    let (mut desk, mut mobile) = (Phone::start(None).await, Phone::start(None).await);
    for phone in [&mut desk, &mut mobile] {
        assert_eq!(phone.register(&platform, "alice", PASSWORD).await, 200);
    }
    platform.answers("voice", "<Dial><Client>alice</Client></Dial>");
    let (report, cause, ()) = tokio::join!(
        platform.phone(""),
        async {
            desk.ring().await;
            desk.over().await
        },
        async {
            let leg = mobile.answer().await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            mobile.hang_up(leg).await;
        }
    );
    assert_eq!(report.status, 200, "{report:?}");
    let EndCause::RemoteCancel { reason: Some(reason) } = cause else { panic!("{cause:?}") };
    assert_eq!(reason.cause, Some(200), "completed elsewhere: no missed call");
    let calls = platform.finished_calls().await;
    assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [CallStatus::Completed; 2]);
    assert_eq!(calls[1].to.to_string(), "client:alice");
    platform.ledger_is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_not_there_is_a_failed_leg_and_the_document_goes_on() {
    let platform = Platform::start().await;
    client(&platform, "alice", None).await;
    platform.answers("voice", "<Dial><Client>alice</Client></Dial><Hangup/>");
    platform.phone("").await;
    let calls = platform.finished_calls().await;
    assert_eq!(calls[1].status, CallStatus::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_calls_its_application_or_whom_it_dialled_and_nobody_in_its_name() {
    let platform = Platform::start().await;
    client(&platform, "alice", Some("alice")).await;
    client(&platform, "bob", None).await;
    platform.answers("alice", "<Say>One moment.</Say>");
    let (mut alice, mut bob) = (Phone::start(None).await, Phone::start(None).await);
    for (phone, user) in [(&mut alice, "alice"), (&mut bob, "bob")] {
        assert_eq!(phone.register(&platform, user, PASSWORD).await, 200);
    }
    // Alice's application answers, and is told who called whom.
    alice.call(&platform, "alice", "600").await.unwrap();
    alice.over().await;
    let asked = platform.asked("alice");
    assert_eq!((asked[0].params["From"].as_str(), asked[0].params["To"].as_str()), ("client:alice", "600"));
    // Bob has none: whom he dials is called.
    let (answered, ()) = tokio::join!(bob.call(&platform, "bob", "alice"), async {
        let leg = alice.answer().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        alice.hang_up(leg).await;
    });
    answered.unwrap();
    bob.over().await;
    let calls = platform.finished_calls().await;
    let ends: Vec<_> = calls.iter().map(|call| (call.from.to_string(), call.to.to_string())).collect();
    assert_eq!(
        ends[1..],
        [
            ("client:bob".to_owned(), "client:alice".to_owned()),
            ("client:bob".to_owned(), "client:alice".to_owned())
        ]
    );
    // With a wrong password nothing is said of whether the called exists.
    let mut thief = Phone::start(None).await;
    assert_eq!(thief.register(&platform, "alice", "wrong").await, 403);
    platform.ledger_is_sound().await;
}

/// A platform with every door open.
async fn with_all_doors() -> Platform {
    Platform::start_with(|node| {
        let any = Some((Ipv4Addr::LOCALHOST, 0).into());
        (node.sip.tls_listen, node.sip.ws_listen, node.sip.wss_listen) = (any, any, any);
        (node.sip.tls_cert, node.sip.tls_key) = (certificate("sip.pem"), certificate("sip.key"));
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_on_tls_and_browsers_on_websockets_register_call_and_are_called_on_their_connection() {
    let platform = with_all_doors().await;
    client(&platform, "alice", Some("alice")).await;
    platform.answers("alice", "<Say>One moment.</Say>");
    platform.answers("voice", "<Dial><Client>alice</Client></Dial>");
    for transport in [Transport::Tls, Transport::Ws, Transport::Wss] {
        let mut phone = Phone::connect(&platform, transport).await;
        assert_eq!(phone.register(&platform, "alice", PASSWORD).await, 200, "{transport:?}");
        phone.call(&platform, "alice", "600").await.unwrap();
        phone.over().await;
        let (report, ()) = tokio::join!(platform.phone(""), async {
            let leg = phone.answer().await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            phone.hang_up(leg).await;
        });
        assert_eq!(report.status, 200, "{transport:?}");
    }
    assert_eq!(platform.asked("alice").len(), 3);
    platform.finished_calls().await;
    platform.ledger_is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_is_gone_is_not_called_and_one_that_speaks_no_sip_is_refused() {
    let platform = with_all_doors().await;
    client(&platform, "alice", None).await;
    let at = platform.voice.address_of(Transport::Ws).unwrap();
    let refused = websocket(TcpStream::connect(at).await.unwrap(), "chat").await;
    assert!(
        matches!(refused, Err(tokio_tungstenite::tungstenite::Error::Http(answer)) if answer.status() == 400)
    );
    let mut phone = Phone::connect(&platform, Transport::Ws).await;
    assert_eq!(phone.register(&platform, "alice", PASSWORD).await, 200);
    drop(phone);
    platform.answers("voice", "<Dial><Client>alice</Client></Dial>");
    // The node hears of the end by the connection; until then a call may still be tried there, and fails too.
    platform.phone("").await;
    let calls = platform.finished_calls().await;
    assert_eq!(calls[1].status, CallStatus::Failed);
}

/// A carrier that registers `flexio` and sends one call to what was registered, from an address nobody knows.
async fn carrier_registers(carrier: &mut Phone) -> Uri {
    carrier
        .until(|end, now, event| {
            let Event::Register(asked) = event else { return None };
            let secret = Secret::Password(PASSWORD.to_owned());
            assert_eq!(
                end.verify(now, asked.authorization.digest().unwrap(), Some(&secret)),
                Verdict::Accepted
            );
            let contact = asked.contacts[0].uri.clone();
            let binding = Binding { uri: contact.clone(), expires_s: asked.contacts[0].expires_s };
            end.accept_register(now, asked.id, &[binding], &ExtraHeaders::new()).unwrap();
            (asked.contacts[0].expires_s > 0).then_some(contact)
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_registers_takes_calls_to_its_line_from_anywhere_and_leaves_when_the_node_drains() {
    let policy = AuthPolicy {
        realm: "carrier".to_owned(),
        algorithms: vec![Algorithm::Md5],
        nonce_lifetime: Duration::from_secs(60),
    };
    let mut carrier = Phone::start(Some(policy)).await;
    let trunk = config::Trunk {
        name: "carrier".to_owned(),
        addresses: vec![carrier.address.to_string()],
        username: "flexio-1".to_owned(),
        password: PASSWORD.to_owned(),
        register: true,
        domain: "carrier.test".to_owned(),
        ping_s: 0,
        ..config::Trunk::default()
    };
    let platform = Platform::start_with(|node| {
        // Loopback is not trusted: what comes in is let in for its line alone.
        node.sandbox = false;
        node.trunks = vec![trunk];
    })
    .await;
    let contact = carrier_registers(&mut carrier).await;
    assert_eq!(contact.user(), Some("flexio-1"));
    for _ in 0..200 {
        if matches!(platform.voice.trunks()[0].registration, Some(TrunkRegistration::Registered { .. })) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let state = &platform.voice.trunks()[0];
    assert!(matches!(state.registration, Some(TrunkRegistration::Registered { .. })), "{state:?}");

    platform.answers("voice", "<Say>One moment.</Say>");
    // From an address that is neither the carrier's nor of any network we trust.
    let mut far_end = Phone::start_at(Ipv4Addr::new(127, 0, 0, 2), None).await;
    let to = NameAddr::new(Uri::sip(Some(&platform.number), "carrier.test", None).unwrap());
    let from = NameAddr::new(Uri::sip(Some("+32470123456"), "carrier.test", None).unwrap());
    let call = |uri: &Uri| {
        let at = Destination::udp(platform.voice.local_addr());
        let mut request = InviteRequest::new(uri.clone(), from.clone(), at, SDP.as_bytes());
        request.to = Some(to.clone());
        request
    };
    let now = far_end.now();
    far_end.endpoint.invite(now, call(&contact)).unwrap();
    let status = |event: &Event| match event {
        Event::Answered { .. } => Some(200),
        Event::Failed { status, .. } => Some(*status),
        _ => None,
    };
    assert_eq!(far_end.until(|_, _, event| status(event)).await, 200);
    far_end.over().await;
    let calls = platform.finished_calls().await;
    assert_eq!(
        (calls[0].trunk.as_deref(), calls[0].to.to_string()),
        (Some("carrier"), platform.number.clone())
    );
    // Without the secret of the line it is a stranger's call.
    let guessed = Uri::sip(Some("flexio-1"), "127.0.0.1", None).unwrap();
    let now = far_end.now();
    far_end.endpoint.invite(now, call(&guessed)).unwrap();
    assert_eq!(far_end.until(|_, _, event| status(event)).await, 401);

    let (node, taken_back) = (platform.voice.clone(), async {
        carrier
            .until(|end, now, event| {
                let Event::Register(asked) = event else { return None };
                end.accept_register(now, asked.id, &[], &ExtraHeaders::new()).unwrap();
                Some(asked.contacts[0].expires_s)
            })
            .await
    });
    let ((), expires_s) = tokio::join!(node.drain(Duration::from_secs(5)), taken_back);
    assert_eq!(expires_s, 0);
}
