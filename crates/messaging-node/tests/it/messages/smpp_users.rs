//! Programs that accounts let in over REST: what is changed holds at once.

use flexio_app::SmppUserPatch;
use flexio_domain::SmppBind;
use flexio_messaging_node::{
    smpp_client::{SmppNews, TlsOptions},
    smpp_server::SmppServer,
};
use flexio_smpp::{BindMode, DownReason, Outcome};

use super::{
    smpp_server::{Program, accepted},
    *,
};

async fn node(platform: &Platform, adjust: impl FnOnce(&mut SmppServer)) -> MessagingNode {
    let mut smpp_server =
        SmppServer { listen: Some("127.0.0.1:0".parse().unwrap()), ..SmppServer::default() };
    adjust(&mut smpp_server);
    let config = MessagingConfig {
        messages: Messages { poll_s: 1, ..Messages::default() },
        sandbox: true,
        smpp_server,
        node: "node-1".to_owned(),
        ..MessagingConfig::default()
    };
    MessagingNode::start(Arc::clone(&platform.app), config, outbound()).await.unwrap()
}

async fn platform() -> Platform {
    let platform = Platform::new().await;
    platform.rent(OURS, WebhookSet::default()).await;
    platform
}

/// A new user of this name, and its password.
async fn user(platform: &Platform, name: &str, patch: SmppUserPatch) -> (flexio_domain::SmppUser, String) {
    let made = platform.app.create_smpp_user(&platform.account, name, &patch, &|_| None).await;
    let (user, password) = made.unwrap();
    (user, password.0)
}

fn start(node: &MessagingNode, name: &str, password: &str, mode: BindMode) -> Program {
    Program::start_as(node.smpp_address().unwrap(), None, (name, password), mode)
}

async fn bound(node: &MessagingNode, name: &str, password: &str) -> Program {
    let mut program = start(node, name, password, BindMode::Transceiver);
    let news = program.next().await;
    assert!(matches!(news, SmppNews::Up), "{news:?}");
    program
}

async fn refused(mut program: Program, status: u32) {
    let news = program.next().await;
    let expected = DownReason::BindRefused(status);
    assert!(matches!(&news, SmppNews::Down { reason, .. } if *reason == expected), "{news:?}");
    program.handle.close();
}

async fn unbound(program: &mut Program) {
    loop {
        match program.next().await {
            SmppNews::Down { reason, .. } => {
                return assert!(matches!(reason, DownReason::UnboundByPeer), "{reason:?}");
            }
            SmppNews::Receipt { ack, .. } => ack.accept(),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_that_is_made_binds_sends_and_receives_and_one_that_is_deleted_is_unbound() {
    let platform = platform().await;
    let node = node(&platform, |_| ()).await;
    refused(start(&node, "shop", "whatever", BindMode::Transceiver), 0x0E).await;
    let receives = SmppUserPatch { receives: Some(true), ..SmppUserPatch::default() };
    let (made, password) = user(&platform, "shop", receives).await;
    let mut program = bound(&node, "shop", &password).await;
    program.submit(OURS, (vec![], b"Hello")).await;
    let sid = accepted(&program.outcome().await);
    platform.until(sid, MessageStatus::Delivered).await;
    match program.next().await {
        SmppNews::Receipt { receipt, ack } => {
            assert_eq!(receipt.message_id.unwrap().as_str(), sid.to_string());
            ack.accept();
        }
        other => panic!("no receipt: {other:?}"),
    }
    node.sandbox_receive("+32470123456", OURS, "Hallo").await.unwrap();
    match program.next().await {
        SmppNews::Mo { mo, ack } => {
            assert_eq!(mo.payload, b"Hallo");
            ack.accept();
        }
        other => panic!("no message: {other:?}"),
    }
    platform.app.delete_smpp_user(&platform.account, made.sid).await.unwrap();
    unbound(&mut program).await;
    refused(start(&node, "shop", &password, BindMode::Transceiver), 0x0E).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_password_unbinds_and_other_limits_hold_at_once() {
    let platform = platform().await;
    let node = node(&platform, |_| ()).await;
    let (made, password) = user(&platform, "shop", SmppUserPatch::default()).await;
    let mut program = bound(&node, "shop", &password).await;
    let slow = SmppUserPatch { submits_per_s: Some(1), ..SmppUserPatch::default() };
    platform.app.update_smpp_user(&platform.account, made.sid, &slow, false).await.unwrap();
    let throttled = async {
        loop {
            program.submit(OURS, (vec![], b"again")).await;
            match program.next().await {
                SmppNews::Submitted { outcome: Outcome::Refused { command_status: 0x58 }, .. } => return,
                SmppNews::Receipt { ack, .. } => ack.accept(),
                SmppNews::Submitted { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, throttled).await.expect("the new pace holds");
    let changed =
        platform.app.update_smpp_user(&platform.account, made.sid, &SmppUserPatch::default(), true).await;
    let (_, renewed) = changed.unwrap();
    unbound(&mut program).await;
    program.handle.close();
    refused(start(&node, "shop", &password, BindMode::Transceiver), 0x0E).await;
    let again = bound(&node, "shop", &renewed.unwrap().0).await;
    again.handle.close();
    let transmits = SmppUserPatch { binds: Some(vec![SmppBind::Transmitter]), ..SmppUserPatch::default() };
    let (_, password) = user(&platform, "sender", transmits).await;
    refused(start(&node, "sender", &password, BindMode::Receiver), 0x0D).await;
    let mut sender = start(&node, "sender", &password, BindMode::Transmitter);
    assert!(matches!(sender.next().await, SmppNews::Up));
    let elsewhere =
        SmppUserPatch { addresses: Some(vec!["192.0.2.1".parse().unwrap()]), ..SmppUserPatch::default() };
    let (_, password) = user(&platform, "far", elsewhere).await;
    refused(start(&node, "far", &password, BindMode::Transceiver), 0x0E).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_guesses_is_locked_out_even_with_the_right_password() {
    let platform = platform().await;
    let node = node(&platform, |server| server.bind_failures_max = 2).await;
    let (_, password) = user(&platform, "shop", SmppUserPatch::default()).await;
    for _ in 0..2 {
        refused(start(&node, "shop", "guess", BindMode::Transceiver), 0x0E).await;
    }
    let mut late = start(&node, "shop", &password, BindMode::Transceiver);
    let news = late.next().await;
    assert!(matches!(news, SmppNews::Down { reason: DownReason::Lost, .. }), "{news:?}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_binds_over_tls() {
    let platform = platform().await;
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let certs = format!("{here}/tests/it/smpp_client/certs/");
    let node = node(&platform, |server| {
        server.listen = None;
        server.tls_listen = Some("127.0.0.1:0".parse().unwrap());
        server.tls_cert = format!("{certs}smsc.pem");
        server.tls_key = format!("{certs}smsc.key");
    })
    .await;
    let (_, password) = user(&platform, "shop", SmppUserPatch::default()).await;
    let tls = TlsOptions { server_name: Some("smsc.test".to_owned()), ca_file: format!("{certs}ca.pem") };
    let address = node.smpp_tls_address().unwrap();
    assert!(node.smpp_address().is_none());
    let mut program = Program::start_as(address, Some(tls), ("shop", &password), BindMode::Transceiver);
    assert!(matches!(program.next().await, SmppNews::Up));
    program.submit(OURS, (vec![], b"Hello")).await;
    accepted(&program.outcome().await);
    // In clear nobody gets in.
    let mut plain = Program::start_as(address, None, ("shop", &password), BindMode::Transceiver);
    assert!(matches!(plain.next().await, SmppNews::Down { .. }));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_has_not_left_gets_another_text() {
    let platform = platform().await;
    let node = node(&platform, |_| ()).await;
    let (_, password) = user(&platform, "shop", SmppUserPatch::default()).await;
    let mut raw = wire::Wire::bound(node.smpp_address().unwrap(), "shop", &password).await;
    let waits = platform.send_with("+32470000100", "old", None, |new| {
        new.send_at = Some(Timestamp::now() + jiff::SignedDuration::from_hours(1));
    });
    let waits = waits.await;
    assert_eq!(raw.replace(&waits.sid.to_string(), &OURS[1..], b"new text").await, 0);
    assert_eq!(platform.message(waits.sid).await.body.0, "new text");
    assert_eq!(raw.replace(&waits.sid.to_string(), "3225559999", b"x").await, 0x0A, "another sender");
    assert_eq!(raw.replace(&waits.sid.to_string(), "", b"").await, 0x01, "no text");
    assert_eq!(raw.replace("SM1", "", b"x").await, 0x0C, "no such message");
    let left = platform.send("+32470000100", "gone", None).await;
    platform.until(left.sid, MessageStatus::Delivered).await;
    assert_eq!(raw.replace(&left.sid.to_string(), "", b"late").await, 0x13, "it has left");
    assert_eq!(platform.message(left.sid).await.body.0, "gone");
    node.stop().await;
}

/// A client that can ask for what the platform's own does not.
mod wire {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    const BIND_TRANSCEIVER: u32 = 9;
    const REPLACE_SM: u32 = 7;
    const RESPONSE: u32 = 0x8000_0000;

    pub(super) struct Wire {
        stream: TcpStream,
        sequence: u32,
    }

    fn text(octets: &mut Vec<u8>, text: &str) {
        octets.extend_from_slice(text.as_bytes());
        octets.push(0);
    }

    impl Wire {
        pub(super) async fn bound(address: std::net::SocketAddr, name: &str, password: &str) -> Self {
            let stream = TcpStream::connect(address).await.unwrap();
            let mut wire = Self { stream, sequence: 0 };
            let mut body = Vec::new();
            text(&mut body, name);
            text(&mut body, password);
            // No system type; version 3.4; no address range (SMPP 3.4 §4.1.5).
            body.extend_from_slice(&[0, 0x34, 0, 0, 0]);
            assert_eq!(wire.ask(BIND_TRANSCEIVER, &body).await, 0);
            wire
        }

        /// The status of the answer (SMPP 3.4 §4.10.1).
        pub(super) async fn replace(&mut self, message_id: &str, from: &str, message: &[u8]) -> u32 {
            let mut body = Vec::new();
            text(&mut body, message_id);
            body.extend_from_slice(&[1, 1]);
            text(&mut body, from);
            // No schedule, no validity, no receipt, no message of the SMSC's own.
            body.extend_from_slice(&[0, 0, 0, 0]);
            body.push(u8::try_from(message.len()).unwrap());
            body.extend_from_slice(message);
            self.ask(REPLACE_SM, &body).await
        }

        async fn ask(&mut self, command: u32, body: &[u8]) -> u32 {
            self.sequence += 1;
            let length = u32::try_from(16 + body.len()).unwrap();
            let header = [length, command, 0, self.sequence].map(u32::to_be_bytes).concat();
            self.stream.write_all(&[header.as_slice(), body].concat()).await.unwrap();
            loop {
                let mut head = [0_u8; 16];
                self.stream.read_exact(&mut head).await.unwrap();
                let word = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
                let mut rest = vec![0; word(0) as usize - 16];
                self.stream.read_exact(&mut rest).await.unwrap();
                if word(4) == command | RESPONSE && word(12) == self.sequence {
                    return word(8);
                }
            }
        }
    }
}
