//! A customer's program binds to us: what it submits, what comes back, what it may not.

use flexio_messaging_node::{
    smpp_client::{SmppClient, SmppEvent, SmppHandle, SmppNews, SmppRoute as Client, TlsOptions},
    smpp_server::{SmppServer, SmppUser},
};
use flexio_smpp::{
    Address as Wire, BindMode, DownReason, Outcome, ReceiptState, Secret, SessionConfig, SubmitKey,
    SubmitRequest,
};
use tokio::sync::mpsc::{self, Receiver};

use super::*;

const THEIRS: &str = "+32470123456";

/// A platform whose account has a program, `acme` with the password `secret`.
async fn platform() -> Platform {
    let first = Platform::new().await;
    let config = AppConfig {
        sandbox: true,
        smpp_receivers: vec![(first.account.sid, "acme".to_owned())],
        ..AppConfig::default()
    };
    let platform = Platform {
        app: app_with(Arc::clone(&first.app.store), Arc::new(WallClock), config),
        account: first.account,
    };
    platform.rent(OURS, WebhookSet::default()).await;
    platform
}

async fn node(platform: &Platform, adjust: impl FnOnce(&mut SmppUser)) -> MessagingNode {
    let mut user = SmppUser {
        system_id: "acme".to_owned(),
        password: "secret".to_owned(),
        account: platform.account.sid.to_string(),
        ..SmppUser::default()
    };
    adjust(&mut user);
    let config = MessagingConfig {
        messages: Messages { poll_s: 1, ..Messages::default() },
        sandbox: true,
        smpp_server: SmppServer { listen: Some("127.0.0.1:0".parse().unwrap()), ..SmppServer::default() },
        smpp_users: vec![user],
        node: "node-1".to_owned(),
        ..MessagingConfig::default()
    };
    MessagingNode::start(Arc::clone(&platform.app), config, outbound()).await.unwrap()
}

pub(super) struct Program {
    pub(super) handle: SmppHandle,
    events: Receiver<SmppEvent>,
}

impl Program {
    fn start(node: &MessagingNode, password: &str, mode: BindMode) -> Self {
        Self::start_as(node.smpp_address().unwrap(), None, ("acme", password), mode)
    }

    pub(super) fn start_as(
        address: std::net::SocketAddr,
        tls: Option<TlsOptions>,
        (system_id, password): (&str, &str),
        mode: BindMode,
    ) -> Self {
        let (sender, events) = mpsc::channel(100);
        let client = Client {
            name: "program".to_owned(),
            host: address.ip().to_string(),
            port: address.port(),
            tls,
            session: SessionConfig {
                mode,
                system_id: system_id.to_owned(),
                password: Secret::new(password),
                ..SessionConfig::default()
            },
            queue: 100,
        };
        Self { handle: SmppClient::start(client, sender).unwrap(), events }
    }

    async fn bound(node: &MessagingNode) -> Self {
        let mut program = Self::start(node, "secret", BindMode::Transceiver);
        assert!(matches!(program.next().await, SmppNews::Up));
        program
    }

    pub(super) async fn next(&mut self) -> SmppNews {
        let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        event.expect("an event comes").expect("the program runs").news
    }

    pub(super) async fn submit(&mut self, from: &str, part: (Vec<u8>, &[u8])) {
        self.submit_wanting(from, part, true).await;
    }

    async fn submit_wanting(&mut self, from: &str, part: (Vec<u8>, &[u8]), receipt: bool) {
        let request = SubmitRequest {
            from: Wire::international(from.trim_start_matches('+')),
            to: Wire::international(THEIRS.trim_start_matches('+')),
            udh: part.0,
            sar: None,
            payload: part.1.to_vec(),
            data_coding: 0,
            receipt,
            validity: None,
        };
        self.handle.submit(SubmitKey(1), request).await.unwrap();
    }

    pub(super) async fn outcome(&mut self) -> Outcome {
        match self.next().await {
            SmppNews::Submitted { outcome, .. } => outcome,
            other => panic!("no outcome: {other:?}"),
        }
    }
}

pub(super) fn accepted(outcome: &Outcome) -> MessageSid {
    match outcome {
        Outcome::Accepted { message_id: Some(id) } => id.as_str().parse().unwrap(),
        other => panic!("not accepted: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_program_submits_is_a_message_of_the_account_and_its_receipt_comes_back() {
    let platform = platform().await;
    let node = node(&platform, |_| ()).await;
    let mut program = Program::bound(&node).await;
    program.submit(OURS, (vec![], b"Hello")).await;
    let sid = accepted(&program.outcome().await);
    let message = platform.until(sid, MessageStatus::Delivered).await;
    assert_eq!((message.body.0.as_str(), message.from.to_string().as_str()), ("Hello", OURS));
    match program.next().await {
        SmppNews::Receipt { receipt, ack } => {
            assert_eq!(receipt.message_id.unwrap().as_str(), sid.to_string());
            assert_eq!(receipt.state, ReceiptState::Delivered);
            assert_eq!((receipt.from.as_str(), receipt.to.as_str()), (&THEIRS[1..], &OURS[1..]));
            ack.accept();
        }
        other => panic!("no receipt: {other:?}"),
    }
    platform.books_are_right().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_parts_of_a_long_message_are_one_message() {
    let platform = platform().await;
    let node = node(&platform, |_| ()).await;
    let mut program = Program::bound(&node).await;
    // As Kannel does, one part asks for the receipt of all.
    program.submit_wanting(OURS, (vec![5, 0, 3, 7, 2, 2], b"world"), true).await;
    program.submit_wanting(OURS, (vec![5, 0, 3, 7, 2, 1], b"Hello "), false).await;
    let (one, two) = (accepted(&program.outcome().await), accepted(&program.outcome().await));
    assert_eq!(one, two);
    assert_eq!(platform.message(one).await.body.0, "Hello world");
    assert_eq!(platform.messages().await.len(), 1);
    match program.next().await {
        SmppNews::Receipt { receipt, ack } => {
            assert_eq!(receipt.message_id.unwrap().as_str(), one.to_string());
            ack.accept();
        }
        other => panic!("no receipt: {other:?}"),
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incoming_message_waits_for_a_bind_and_reaches_it() {
    let platform = platform().await;
    let node = node(&platform, |_| ()).await;
    let long = "Hallo ".repeat(40);
    let sid = node.sandbox_receive(THEIRS, OURS, &long).await.unwrap();
    assert_eq!(platform.message(sid).await.status, MessageStatus::Received);
    let mut program = Program::bound(&node).await;
    let mut text = Vec::new();
    while text.len() < long.len() {
        let SmppNews::Mo { mo, ack } = program.next().await else { panic!("no message") };
        assert_eq!((mo.from.text(), mo.to.text(), mo.has_udh), (&THEIRS[1..], &OURS[1..], true));
        text.extend_from_slice(&mo.payload[6..]);
        ack.accept();
    }
    assert_eq!(String::from_utf8(text).unwrap(), long);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_known_and_what_is_not_allowed_is_refused_with_its_status() {
    let platform = platform().await;
    let node = node(&platform, |_| ()).await;
    let mut stranger = Program::start(&node, "wrong", BindMode::Transceiver);
    let news = stranger.next().await;
    assert!(matches!(news, SmppNews::Down { reason: DownReason::BindRefused(0x0E), .. }), "{news:?}");
    stranger.handle.close();
    let mut program = Program::bound(&node).await;
    program.submit("+3225559999", (vec![], b"not ours")).await;
    assert_eq!(program.outcome().await, Outcome::Refused { command_status: 0x0A });
    program.submit(OURS, (vec![], b"")).await;
    assert_eq!(program.outcome().await, Outcome::Refused { command_status: 0x01 });
    assert!(platform.messages().await.is_empty());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_from_elsewhere_or_with_too_many_binds_does_not_get_in() {
    let platform = platform().await;
    let elsewhere = node(&platform, |user| user.addresses = vec!["192.0.2.1".parse().unwrap()]).await;
    let mut program = Program::start(&elsewhere, "secret", BindMode::Transceiver);
    let news = program.next().await;
    assert!(matches!(news, SmppNews::Down { reason: DownReason::BindRefused(0x0E), .. }), "{news:?}");
    elsewhere.stop().await;
    let node = node(&platform, |user| user.binds_max = 1).await;
    let mut first = Program::bound(&node).await;
    let mut second = Program::start(&node, "secret", BindMode::Receiver);
    let news = second.next().await;
    assert!(matches!(news, SmppNews::Down { reason: DownReason::BindRefused(0x0D), .. }), "{news:?}");
    second.handle.close();
    node.drain(Duration::from_secs(5)).await;
    let news = first.next().await;
    assert!(matches!(news, SmppNews::Down { reason: DownReason::UnboundByPeer, .. }), "{news:?}");
    node.stop().await;
}

/// A program whose PDUs are written octet by octet: what ours as a client does not say.
struct Raw(tokio::net::TcpStream);

impl Raw {
    async fn ask(&mut self, command: u32, sequence: u32, body: &[u8]) -> (u32, Vec<u8>) {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let length = u32::try_from(16 + body.len()).unwrap();
        let head = [length, command, 0, sequence].map(u32::to_be_bytes).concat();
        self.0.write_all(&[&head, body].concat()).await.unwrap();
        loop {
            let mut head = [0; 16];
            self.0.read_exact(&mut head).await.unwrap();
            let word = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
            let mut body = vec![0; word(0) as usize - 16];
            self.0.read_exact(&mut body).await.unwrap();
            if word(4) == command | 0x8000_0000 {
                assert_eq!(word(12), sequence);
                return (word(8), body);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_submit_to_many_is_a_message_for_each_and_names_those_who_get_none() {
    let platform = platform().await;
    let node = node(&platform, |_| ()).await;
    let stream = tokio::net::TcpStream::connect(node.smpp_address().unwrap()).await.unwrap();
    let mut program = Raw(stream);
    let (status, _) = program.ask(0x09, 1, b"acme\0secret\0\0\x34\0\0\0").await;
    assert_eq!(status, 0, "bind_transceiver");
    let sender = format!("\0\x01\x01{}\0", OURS.trim_start_matches('+'));
    let recipients = ["32470123456", "3222268888", "32470123457"];
    let recipients: Vec<u8> =
        recipients.iter().flat_map(|to| [&b"\x01\x01\x01"[..], to.as_bytes(), b"\0"].concat()).collect();
    let rest = b"\0\0\0\0\0\0\0\0\0\x05Hello";
    // SMPP 3.4 §4.5.1.
    let multi = [sender.as_bytes(), b"\x03", &recipients, rest].concat();
    let (status, answer) = program.ask(0x21, 2, &multi).await;
    assert_eq!(status, 0, "submit_multi");
    let end = answer.iter().position(|octet| *octet == 0).unwrap();
    let sid: MessageSid = std::str::from_utf8(&answer[..end]).unwrap().parse().unwrap();
    // One was not reached, and ESME_RINVDSTADR says why (SMPP 3.4 §4.5.2).
    assert_eq!(&answer[end + 1..], b"\x01\x01\x013222268888\0\0\0\0\x0b");
    let first = platform.until(sid, MessageStatus::Delivered).await;
    assert_eq!(first.to.to_string(), "+32470123456");
    let all = platform.messages().await;
    let ends: Vec<String> = all.iter().map(|message| message.to.to_string()).collect();
    assert_eq!(ends, ["+32470123456", "+32470123457"]);
    let asked = [sid.to_string().as_bytes(), &b"\0"[..], &sender.as_bytes()[1..]].concat();
    let (status, answer) = program.ask(0x03, 3, &asked).await;
    assert_eq!(status, 0, "query_sm");
    // Delivered is 2 (SMPP 3.4 §5.2.28).
    assert_eq!(answer[answer.len() - 2..], [2, 0], "{answer:?}");
}
