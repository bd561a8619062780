use bytes::BytesMut;
use rusmpp::pdus::{BindTransceiver, DeliverSmResp, SubmitSm};

use super::{ServerAction as A, ServerInput as I, *};
use crate::{frame, submit::Address};

const SECOND: Duration = Duration::from_secs(1);

struct Peer {
    session: ServerSession,
    now: Instant,
}

impl Peer {
    #[expect(clippy::disallowed_methods, reason = "a test needs one origin of time")]
    fn new() -> Self {
        let now = Instant::now();
        Self { session: ServerSession::new(ServerConfig { window: 2, ..ServerConfig::default() }, now), now }
    }

    fn bound(mode: BindMode) -> Self {
        let mut peer = Self::new();
        assert!(matches!(peer.send(1, bind(mode)).as_slice(), [A::AskBind(_)]));
        assert_eq!(wire(&peer.give(I::BindAnswer(Ok(())))), [(mode_resp(mode), 0, 1)]);
        peer
    }

    fn give(&mut self, input: I) -> Vec<A> {
        let mut out = Vec::new();
        self.session.handle(self.now, input, &mut out);
        out
    }

    /// Over the wire, so that what rusmpp makes of it is tested too.
    fn send(&mut self, sequence: u32, pdu: impl Into<Pdu>) -> Vec<A> {
        let mut octets = BytesMut::new();
        frame::encode(&Command::new(CommandStatus::EsmeRok, sequence, pdu), &mut octets);
        let frame = frame::decode(&mut octets).unwrap().unwrap();
        self.give(I::Received(frame))
    }

    fn after(&mut self, wait: Duration) -> Vec<A> {
        self.now += wait;
        self.give(I::Timeout)
    }
}

fn bind(mode: BindMode) -> Pdu {
    let full = BindTransceiver::builder()
        .system_id("acme".parse().unwrap())
        .password("secret".parse().unwrap())
        .build();
    match mode {
        BindMode::Transceiver => full.into(),
        BindMode::Transmitter => rusmpp::pdus::BindTransmitter::builder().build().into(),
        BindMode::Receiver => rusmpp::pdus::BindReceiver::builder().build().into(),
    }
}

fn mode_resp(mode: BindMode) -> CommandId {
    match mode {
        BindMode::Transceiver => CommandId::BindTransceiverResp,
        BindMode::Transmitter => CommandId::BindTransmitterResp,
        BindMode::Receiver => CommandId::BindReceiverResp,
    }
}

fn submit() -> SubmitSm {
    SubmitSm::builder().destination_addr("32470000001".parse().unwrap()).build()
}

fn wire(actions: &[A]) -> Vec<(CommandId, u32, u32)> {
    let sent = actions.iter().filter_map(|action| match action {
        A::Send(command) => Some((command.id(), command.status().into(), command.sequence_number())),
        _ => None,
    });
    sent.collect()
}

fn asked(actions: &[A]) -> RequestId {
    match actions {
        [A::Ask(id, _)] => *id,
        other => panic!("not asked: {other:?}"),
    }
}

fn delivery() -> Box<Deliver> {
    Box::new(Deliver {
        from: Address::international("32470000001"),
        to: Address::short_code("8640"),
        udh: vec![],
        payload: b"Hello".to_vec(),
        data_coding: 0,
        receipt: Some(ReceiptOf { message_id: "SM1".into(), state: 2 }),
    })
}

#[test]
fn who_does_not_bind_in_time_or_rightly_is_sent_away() {
    let mut silent = Peer::new();
    assert_eq!(silent.after(5 * SECOND), [A::End(EndReason::NotBound)]);
    let mut early = Peer::new();
    assert_eq!(wire(&early.send(1, submit())), [(CommandId::SubmitSmResp, 0x04, 1)]);
    let mut wrong = Peer::new();
    let asked = wrong.send(7, bind(BindMode::Transceiver));
    let A::AskBind(bind) = &asked[0] else { panic!("{asked:?}") };
    assert_eq!((bind.system_id.as_str(), bind.password.expose()), ("acme", "secret"));
    let end = wrong.give(I::BindAnswer(Err(status::INVALID_PASSWORD)));
    assert_eq!(wire(&end), [(CommandId::BindTransceiverResp, 0x0E, 7)]);
    assert_eq!(end.last(), Some(&A::End(EndReason::Refused)));
    assert_eq!(wrong.session.deadline(), None);
}

#[test]
fn a_submit_is_answered_when_its_owner_says_so_and_the_window_is_the_limit() {
    let mut peer = Peer::bound(BindMode::Transceiver);
    let first = asked(&peer.send(2, submit()));
    let second = asked(&peer.send(3, submit()));
    assert_eq!(wire(&peer.send(4, submit())), [(CommandId::SubmitSmResp, status::THROTTLED, 4)]);
    let answer = peer.give(I::Answer(second, Reply::Accepted { message_id: "SM2".into() }));
    assert_eq!(wire(&answer), [(CommandId::SubmitSmResp, 0, 3)]);
    assert!(peer.give(I::Answer(second, Reply::Canceled)).is_empty(), "answered once");
    asked(&peer.send(5, submit()));
    assert_eq!(wire(&peer.send(2, submit())), [(CommandId::SubmitSmResp, status::THROTTLED, 2)]);
    let refused = peer.give(I::Answer(first, Reply::Refused(status::INVALID_SOURCE)));
    assert_eq!(wire(&refused), [(CommandId::SubmitSmResp, 0x0A, 2)]);
}

#[test]
fn a_peer_of_the_fifth_edition_hears_how_loaded_we_are_and_one_of_the_fourth_nothing_it_does_not_know() {
    let octets = |actions: &[A]| {
        let A::Send(command) = &actions[0] else { panic!("{actions:?}") };
        let mut octets = BytesMut::new();
        frame::encode(command, &mut octets);
        octets[16..].to_vec()
    };
    // `sc_interface_version` (0x0210) and `congestion_state` (0x0428).
    let cases = [
        (0x50, &b"flexio\0\x02\x10\0\x01\x50"[..], &b"SM2\0\x04\x28\0\x01\x5D"[..]),
        (0x34, b"flexio\0\x02\x10\0\x01\x34", b"SM2\0"),
    ];
    for (version, bound, accepted) in cases {
        let mut peer = Peer::new();
        peer.send(1, BindTransceiver::builder().interface_version(version.into()).build());
        assert_eq!(octets(&peer.give(I::BindAnswer(Ok(())))), bound);
        assert!(peer.give(I::Load(93)).is_empty());
        let first = asked(&peer.send(2, submit()));
        let answer = peer.give(I::Answer(first, Reply::Accepted { message_id: "SM2".into() }));
        assert_eq!(wire(&answer), [(CommandId::SubmitSmResp, 0, 2)]);
        assert_eq!(octets(&answer), accepted);
        let refused = asked(&peer.send(3, submit()));
        let answer = peer.give(I::Answer(refused, Reply::Refused(status::QUEUE_FULL)));
        assert_eq!(wire(&answer), [(CommandId::SubmitSmResp, status::QUEUE_FULL, 3)]);
        assert_eq!(octets(&answer), b"\0");
    }
}

#[test]
fn a_receiver_may_not_submit_and_a_transmitter_gets_nothing() {
    let mut receiver = Peer::bound(BindMode::Receiver);
    assert_eq!(wire(&receiver.send(2, submit())), [(CommandId::SubmitSmResp, 0x04, 2)]);
    assert_eq!(receiver.session.capacity(receiver.now), 2);
    let mut transmitter = Peer::bound(BindMode::Transmitter);
    assert_eq!(transmitter.session.capacity(transmitter.now), 0);
    let lost = transmitter.give(I::Deliver(SubmitKey(1), delivery()));
    assert_eq!(lost, [A::Delivered(SubmitKey(1), DeliverOutcome::Later)]);
}

#[test]
fn every_delivery_ends_once_as_the_peer_answers_or_does_not() {
    let mut peer = Peer::bound(BindMode::Transceiver);
    for key in [1, 2] {
        assert_eq!(wire(&peer.give(I::Deliver(SubmitKey(key), delivery())))[0].0, CommandId::DeliverSm);
    }
    assert_eq!(peer.session.capacity(peer.now), 0);
    let taken = peer.send(1, DeliverSmResp::default());
    assert_eq!(taken, [A::Delivered(SubmitKey(1), DeliverOutcome::Taken)]);
    let late = peer.after(20 * SECOND);
    assert_eq!(late[0], A::Delivered(SubmitKey(2), DeliverOutcome::Later));
    assert!(peer.send(2, DeliverSmResp::default()).is_empty(), "it is already given back");
    peer.give(I::Deliver(SubmitKey(3), delivery()));
    let lost = peer.give(I::Lost);
    let expected = [A::Delivered(SubmitKey(3), DeliverOutcome::Later), A::End(EndReason::Lost)];
    assert_eq!(lost, expected);
}

#[test]
fn silence_is_asked_about_and_then_means_the_end() {
    let mut peer = Peer::bound(BindMode::Receiver);
    assert_eq!(wire(&peer.after(30 * SECOND))[0].0, CommandId::EnquireLink);
    assert!(peer.send(1, Pdu::EnquireLinkResp).is_empty());
    peer.after(30 * SECOND);
    assert_eq!(peer.after(10 * SECOND).last(), Some(&A::End(EndReason::Silent)));
}

#[test]
fn on_close_open_requests_are_answered_before_the_unbind() {
    let mut peer = Peer::bound(BindMode::Transceiver);
    let open = asked(&peer.send(2, submit()));
    assert!(peer.give(I::Close).is_empty());
    assert_eq!(wire(&peer.send(3, submit())), [(CommandId::SubmitSmResp, 0x04, 3)]);
    let last = peer.give(I::Answer(open, Reply::Accepted { message_id: "SM2".into() }));
    let kinds: Vec<CommandId> = wire(&last).into_iter().map(|(id, ..)| id).collect();
    assert_eq!(kinds, [CommandId::SubmitSmResp, CommandId::Unbind]);
    assert_eq!(peer.send(1, Pdu::UnbindResp), [A::End(EndReason::Closed)]);
}

#[test]
fn a_second_bind_and_an_unknown_command_are_refused_and_cost_nothing_else() {
    let mut peer = Peer::bound(BindMode::Transceiver);
    let again = peer.send(2, bind(BindMode::Transceiver));
    assert_eq!(wire(&again), [(CommandId::BindTransceiverResp, 0x05, 2)]);
    assert_eq!(wire(&peer.send(3, Pdu::EnquireLink)), [(CommandId::EnquireLinkResp, 0, 3)]);
    asked(&peer.send(4, submit()));
}
