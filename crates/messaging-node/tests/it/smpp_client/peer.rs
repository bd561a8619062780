//! Against an SMSC of other people's making: `e2e/peers/smsc.js` on the npm package `smpp`.
//!
//! `scripts/setup` installs it.

use std::{path::Path, process::Stdio, time::Duration};

use flexio_domain::Timestamp;
use flexio_messaging::{PlanOptions, mo, plan, reassembly};
use flexio_messaging_node::smpp_client::{SmppHandle, SmppNews, SmppRoute};
use flexio_smpp::{
    Address, DownReason, Mo, Outcome, ReceiptState, Secret, SessionConfig, SubmitKey, SubmitRequest,
    UnknownReason,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::mpsc::Receiver,
};

use super::{PATIENCE, SmppEvent, next, request, up};

struct Peer {
    /// Killed when dropped.
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    stdin: ChildStdin,
    port: u16,
}

impl Peer {
    async fn start() -> Self {
        let folder = Path::new("../../e2e/peers");
        assert!(folder.join("node_modules/smpp").exists(), "the SMSC peer is missing: run scripts/setup");
        let mut child = Command::new("node")
            .arg(folder.join("smsc.js"))
            .args(["--port", "0", "--receipt-ms", "10"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let stdin = child.stdin.take().unwrap();
        let mut peer = Self { _child: child, lines, stdin, port: 0 };
        let listening = peer.line("listening").await;
        peer.port = listening.rsplit(':').next().unwrap().trim_end_matches('}').parse().unwrap();
        peer
    }

    /// The next line of that event; others are passed over.
    async fn line(&mut self, event: &str) -> String {
        let wanted = format!("{{\"event\":\"{event}\"");
        loop {
            let line =
                tokio::time::timeout(PATIENCE, self.lines.next_line()).await.expect("the peer is silent");
            let line = line.unwrap().expect("the peer has ended");
            if line.starts_with(&wanted) {
                return line;
            }
        }
    }

    async fn tell(&mut self, command: &str) {
        self.stdin.write_all(format!("{command}\n").as_bytes()).await.unwrap();
    }

    fn route(&self) -> SmppRoute {
        SmppRoute {
            name: String::from("peer"),
            host: String::from("127.0.0.1"),
            port: self.port,
            tls: None,
            session: SessionConfig {
                system_id: String::from("flexio"),
                password: Secret::new("secret"),
                reconnect: (Duration::from_millis(10), Duration::from_millis(50)),
                response_timeout: Duration::from_secs(1),
                ..SessionConfig::default()
            },
            queue: 100,
        }
    }
}

fn to(last: &str) -> SubmitRequest {
    SubmitRequest { to: Address::international(format!("3247000{last}")), ..request("magic") }
}

/// The outcome of the one submit that is open; receipts on the way are accepted and returned.
async fn outcome(events: &mut Receiver<SmppEvent>) -> (Outcome, Vec<ReceiptState>) {
    let mut receipts = vec![];
    loop {
        match next(events).await {
            SmppNews::Submitted { outcome, .. } => return (outcome, receipts),
            SmppNews::Receipt { receipt, ack } => {
                ack.accept();
                receipts.push(receipt.state);
            }
            SmppNews::Up | SmppNews::Down { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn receipt(events: &mut Receiver<SmppEvent>) -> ReceiptState {
    match next(events).await {
        SmppNews::Receipt { receipt, ack } => {
            ack.accept();
            receipt.state
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_magic_number_has_its_outcome() {
    let mut peer = Peer::start().await;
    let (handle, mut events) = up(peer.route()).await;
    let bind = peer.line("bind").await;
    assert!(bind.contains("\"mode\":\"bind_transceiver\",\"ok\":true"), "{bind}");

    let is_accepted = |outcome: &Outcome| matches!(outcome, Outcome::Accepted { message_id: Some(_) });
    let refused = |command_status| Outcome::Refused { command_status };
    let mut send = async |last: &str| {
        handle.submit(SubmitKey(1), to(last)).await.unwrap();
        outcome(&mut events).await
    };
    assert_eq!(send("9004").await, (refused(0x0B), vec![]));
    assert_eq!(send("9010").await, (refused(0x58), vec![]));
    assert_eq!(send("9001").await, (refused(0x58), vec![]));
    assert!(is_accepted(&send("9001").await.0));
    assert_eq!(receipt(&mut events).await, ReceiptState::Delivered);
    for (last, state) in [("9005", ReceiptState::Undeliverable), ("9006", ReceiptState::Expired)] {
        handle.submit(SubmitKey(2), to(last)).await.unwrap();
        assert!(is_accepted(&outcome(&mut events).await.0));
        assert_eq!(receipt(&mut events).await, state);
    }
    handle.submit(SubmitKey(3), to("9008")).await.unwrap();
    assert!(is_accepted(&outcome(&mut events).await.0));
    assert_eq!([receipt(&mut events).await, receipt(&mut events).await], [ReceiptState::Delivered; 2]);
    handle.submit(SubmitKey(4), to("9007")).await.unwrap();
    let (accepted, early) = outcome(&mut events).await;
    assert!(is_accepted(&accepted) && early == [ReceiptState::Delivered], "the receipt came first");

    handle.submit(SubmitKey(5), to("9003")).await.unwrap();
    assert_eq!(outcome(&mut events).await.0, Outcome::Unknown(UnknownReason::ConnectionLost));
    assert!(matches!(next(&mut events).await, SmppNews::Down { reason: DownReason::Lost, .. }));
    assert!(matches!(next(&mut events).await, SmppNews::Up));
    handle.submit(SubmitKey(6), to("9002")).await.unwrap();
    assert_eq!(outcome(&mut events).await.0, Outcome::Unknown(UnknownReason::NoAnswer));
    peer.line("enquire_link").await;

    peer.tell(r#"{"unbind":true}"#).await;
    assert!(matches!(next(&mut events).await, SmppNews::Down { reason: DownReason::UnboundByPeer, .. }));
    assert!(matches!(next(&mut events).await, SmppNews::Up));
    close(&handle, &mut events, &mut peer).await;
}

async fn close(handle: &SmppHandle, events: &mut Receiver<SmppEvent>, peer: &mut Peer) {
    handle.close();
    peer.line("unbind").await;
    assert!(matches!(next(events).await, SmppNews::Stopped));
}

#[tokio::test]
async fn texts_are_read_by_the_other_side_as_they_were_written() {
    let mut peer = Peer::start().await;
    let (handle, mut events) = up(peer.route()).await;
    let long = "Goede morgen, uw afspraak kost €25 [inclusief btw]. ".repeat(4);
    let bodies = ["Hello {world} ~ €5 à l'été", "Привет 😀, Łódź", long.as_str()];
    for body in bodies {
        let planned = plan(body, PlanOptions::default()).unwrap();
        let mut read = String::new();
        for segment in planned.segments {
            let submit = SubmitRequest {
                udh: segment.udh.clone(),
                payload: segment.payload,
                data_coding: planned.encoding.data_coding(),
                receipt: false,
                ..request("")
            };
            handle.submit(SubmitKey(0), submit).await.unwrap();
            assert!(matches!(outcome(&mut events).await.0, Outcome::Accepted { .. }));
            let line = peer.line("submit").await;
            let text = line.split("\"text\":\"").nth(1).unwrap().split("\",\"udh\":").next().unwrap();
            read.push_str(text);
            assert_eq!(line.contains("\"esm_class\":64"), !segment.udh.is_empty(), "{line}");
        }
        assert_eq!(read, body);
    }
    close(&handle, &mut events, &mut peer).await;
}

#[tokio::test]
async fn a_long_message_from_a_subscriber_is_joined_and_its_parts_are_answered() {
    let mut peer = Peer::start().await;
    let (handle, mut events) = up(peer.route()).await;
    let long = "Is there a table for two tonight at eight? ".repeat(8);
    peer.tell(&format!(r#"{{"mo":{{"from":"32470000001","to":"8640","text":"{long}"}}}}"#)).await;
    let mut joiner = reassembly::Reassembler::new(reassembly::Limits::default());
    let (mut given_up, mut text) = (vec![], None);
    let now = Timestamp::UNIX_EPOCH;
    while text.is_none() {
        let SmppNews::Mo { mo: Mo { from, to, data_coding, has_udh, payload, .. }, ack } =
            next(&mut events).await
        else {
            panic!("not a message")
        };
        let part = mo::read(&payload, data_coding, has_udh, mo::DefaultAlphabet::Gsm7);
        let place = part.place.unwrap();
        let inserted = joiner.insert(now, (from.text(), to.text()), place, part.units, &mut given_up);
        ack.accept();
        assert!(peer.line("answer").await.ends_with("\"status\":0}"));
        if let reassembly::Inserted::Whole(joined) = inserted {
            text = Some(joined.text);
        }
    }
    assert_eq!(text, Some(long));
    close(&handle, &mut events, &mut peer).await;
}
