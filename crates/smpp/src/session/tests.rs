#![expect(
    clippy::disallowed_methods,
    reason = "a test needs one origin of time; all else is offsets from it"
)]

use std::fmt::Write;

use rusmpp::{
    CommandId,
    pdus::{BindTransceiverResp, DeliverSm, SubmitSmResp},
    types::OctetString,
    values::EsmClass,
};

use super::*;
use crate::{
    frame::{Frame, Header},
    submit::{Address, SubmitError},
};

/// A session and its clock; what it does is written down, one line per step.
struct Bench {
    session: Session,
    start: Instant,
    now: Instant,
    log: String,
    last: Vec<Action>,
}

impl Bench {
    fn new(config: SessionConfig) -> Self {
        let start = Instant::now();
        let session = Session::new(config).unwrap();
        Self { session, start, now: start, log: String::new(), last: vec![] }
    }

    /// Bound, with an empty log.
    fn bound(config: SessionConfig) -> Self {
        let mut bench = Self::new(config);
        bench.give(Input::Start);
        bench.give(Input::Connected);
        bench.receive(CommandStatus::EsmeRok, 1, BindTransceiverResp::default());
        assert!(bench.session.is_bound());
        bench.log.clear();
        bench
    }

    fn give(&mut self, input: Input) -> &mut Self {
        let mut out = vec![];
        self.session.handle(self.now, input, &mut out);
        for action in &out {
            let at = (self.now - self.start).as_millis();
            writeln!(self.log, "{at:>6} {}", show(action)).unwrap();
        }
        self.last = out;
        self
    }

    fn receive(&mut self, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) -> &mut Self {
        self.give(Input::Received(Frame::Command(Box::new(Command::new(status, sequence, pdu)))))
    }

    fn submit(&mut self, key: u64) -> &mut Self {
        self.give(Input::Submit { key: SubmitKey(key), request: request("32470000001") })
    }

    /// Lets time pass, with every deadline kept.
    fn wait(&mut self, wait: Duration) -> &mut Self {
        let until = self.now + wait;
        while let Some(deadline) = self.session.deadline().filter(|deadline| *deadline <= until) {
            self.now = self.now.max(deadline);
            self.give(Input::Timeout);
        }
        self.now = until;
        self
    }

    fn deliveries(&self) -> Vec<DeliveryId> {
        let id = |action: &Action| match action {
            Action::Event(Event::Receipt { delivery, .. } | Event::Mo { delivery, .. }) => Some(*delivery),
            _ => None,
        };
        self.last.iter().filter_map(id).collect()
    }
}

fn request(to: &str) -> SubmitRequest {
    SubmitRequest {
        from: Address::short_code("8640"),
        to: Address::international(to),
        udh: vec![],
        sar: None,
        payload: b"hi".to_vec(),
        data_coding: 0,
        receipt: true,
        validity: None,
    }
}

fn show(action: &Action) -> String {
    match action {
        Action::Send(c) => format!("> {:?} #{} {:?}", c.id(), c.sequence_number(), c.status()),
        Action::Event(Event::Down { reason, .. }) => format!("! Down {reason:?}"),
        Action::Event(Event::Submitted { key, outcome, late }) => {
            format!("! {} {outcome:?}{}", key.0, if *late { " late" } else { "" })
        }
        Action::Event(Event::Receipt { receipt, .. }) => format!("! Receipt {:?}", receipt.state),
        Action::Event(Event::Mo { mo, .. }) => format!("! Mo {:?}", mo.payload),
        Action::Event(event) => format!("! {event:?}"),
        Action::Connect | Action::Disconnect => format!("{action:?}"),
    }
}

fn resp(id: &str) -> SubmitSmResp {
    SubmitSmResp::builder().message_id(id.parse().unwrap()).build()
}

fn mo(text: &[u8]) -> DeliverSm {
    DeliverSm::builder()
        .esm_class(EsmClass::from(0))
        .short_message(OctetString::from_vec(text.to_vec()).unwrap())
        .build()
}

fn quiet() -> SessionConfig {
    SessionConfig { enquire_interval: Duration::from_secs(3_600), ..SessionConfig::default() }
}

const OK: CommandStatus = CommandStatus::EsmeRok;
const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_session_binds_works_and_leaves_politely() {
    let mut b = Bench::new(SessionConfig::default());
    b.give(Input::Start).give(Input::Connected).receive(OK, 1, BindTransceiverResp::default());
    b.submit(7).receive(OK, 2, resp("abc")).submit(8).give(Input::Close);
    b.submit(9).receive(OK, 3, resp("")).receive(OK, 4, Pdu::UnbindResp);
    insta::assert_snapshot!(b.log, @r#"
         0 Connect
         0 > BindTransceiver #1 EsmeRok
         0 ! Up
         0 > SubmitSm #2 EsmeRok
         0 ! 7 Accepted { message_id: Some(MessageId("abc")) }
         0 > SubmitSm #3 EsmeRok
         0 ! 9 NotSent(NotBound)
         0 ! 8 Accepted { message_id: None }
         0 > Unbind #4 EsmeRok
         0 Disconnect
         0 ! Stopped
    "#);
    assert_eq!(b.session.deadline(), None);
}

#[test]
fn an_answer_that_does_not_come_is_unknown_asks_for_life_and_counts_when_late() {
    let mut b = Bench::bound(quiet());
    b.submit(1).submit(2).wait(20 * SECOND).receive(OK, 3, resp("b")).wait(10 * SECOND);
    b.receive(OK, 4, Pdu::EnquireLinkResp).wait(100 * SECOND).receive(OK, 2, resp("a")).receive(
        OK,
        2,
        resp("a"),
    );
    insta::assert_snapshot!(b.log, @r#"
         0 > SubmitSm #2 EsmeRok
         0 > SubmitSm #3 EsmeRok
     20000 ! 2 Accepted { message_id: Some(MessageId("b")) }
     30000 ! 1 Unknown(NoAnswer)
     30000 > EnquireLink #4 EsmeRok
    130000 ! 1 Accepted { message_id: Some(MessageId("a")) } late
    "#);
}

#[test]
fn a_lost_connection_makes_open_outcomes_unknown_and_comes_back_later_each_time() {
    let mut b = Bench::bound(quiet());
    b.submit(1).submit(2).give(Input::Lost);
    insta::assert_snapshot!(b.log, @r"
         0 > SubmitSm #2 EsmeRok
         0 > SubmitSm #3 EsmeRok
         0 ! 1 Unknown(ConnectionLost)
         0 ! 2 Unknown(ConnectionLost)
         0 Disconnect
         0 ! Down Lost
    ");
    let mut waits = vec![];
    for _ in 0..8 {
        let wait = b.session.deadline().unwrap() - b.now;
        waits.push(wait);
        b.wait(wait).give(Input::Lost);
    }
    assert!(waits[0] <= 2 * SECOND && waits[7] >= 30 * SECOND, "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= 60 * SECOND));
}

#[test]
fn a_refused_bind_waits_long_when_the_password_is_wrong() {
    for (status, least) in
        [(CommandStatus::EsmeRinvpaswd, 30 * SECOND), (CommandStatus::EsmeRalybnd, SECOND / 2)]
    {
        let mut b = Bench::new(quiet());
        b.give(Input::Start).give(Input::Connected).receive(status, 1, BindTransceiverResp::default());
        assert!(b.log.contains(&format!("Down BindRefused({})", u32::from(status))), "{}", b.log);
        assert!(b.session.deadline().unwrap() - b.now >= least);
    }
}

#[test]
fn connecting_and_binding_have_their_time() {
    let mut b = Bench::new(SessionConfig { reconnect: (SECOND, SECOND), ..quiet() });
    b.give(Input::Start).wait(10 * SECOND);
    b.wait(SECOND).give(Input::Connected).wait(10 * SECOND);
    let reasons: Vec<_> = b.log.lines().filter(|line| line.contains("Down")).collect();
    assert_eq!(reasons.len(), 2, "{}", b.log);
    assert!(reasons[0].ends_with("ConnectTimeout") && reasons[1].ends_with("BindTimeout"), "{}", b.log);
}

#[test]
fn silence_is_asked_about_and_then_ends_the_link() {
    let mut b = Bench::bound(SessionConfig::default());
    b.wait(30 * SECOND).receive(OK, 2, Pdu::EnquireLinkResp).wait(41 * SECOND);
    insta::assert_snapshot!(b.log, @r"
     30000 > EnquireLink #2 EsmeRok
     60000 > EnquireLink #3 EsmeRok
     70000 Disconnect
     70000 ! Down Silent
     70582 Connect
    ");
}

#[test]
fn throttling_pauses_and_then_halves_the_window() {
    let mut b = Bench::bound(quiet());
    for key in 0..10 {
        b.submit(key);
    }
    assert_eq!((b.session.capacity(b.now), b.session.capacity_at(b.now)), (0, None));
    for sequence in 2..12 {
        b.receive(CommandStatus::EsmeRthrottled, sequence, resp(""));
    }
    let at = b.session.capacity_at(b.now).unwrap();
    assert!(at > b.now && at <= b.now + SECOND / 2);
    assert_eq!((b.session.capacity(b.now), b.session.capacity(at)), (0, 5));
    assert_eq!(b.log.matches("Refused { command_status: 88 }").count(), 10);
}

#[test]
fn a_route_says_by_which_codes_its_smsc_asks_for_less() {
    let config = SessionConfig { throttled_statuses: vec![0x405, 0x58], ..quiet() };
    for (status, is_less) in [(0x405, true), (0x58, true), (0x14, false)] {
        let mut b = Bench::bound(config.clone());
        for key in 0..10 {
            b.submit(key);
        }
        b.receive(CommandStatus::from(status), 2, resp(""));
        assert_eq!(b.session.capacity(b.now) == 0, is_less, "{status:#x}");
    }
}

#[test]
fn a_full_window_and_an_impossible_request_are_refused_without_a_trace_on_the_wire() {
    let mut b = Bench::bound(SessionConfig { window: 1, ..quiet() });
    b.give(Input::Submit { key: SubmitKey(1), request: request("") });
    assert_eq!(
        b.last,
        [submitted(SubmitKey(1), Outcome::NotSent(NotSentReason::Invalid(SubmitError::Address)), false)]
    );
    b.submit(2).submit(3);
    assert_eq!(b.last, [submitted(SubmitKey(3), Outcome::NotSent(NotSentReason::NoCapacity), false)]);
}

#[test]
fn deliveries_are_answered_when_told_and_only_on_their_own_connection() {
    let mut b = Bench::bound(quiet());
    b.receive(OK, 77, mo(b"a"));
    let first = b.deliveries()[0];
    b.receive(OK, 78, mo(b"b"));
    let second = b.deliveries()[0];
    b.give(Input::Answer { delivery: second, answer: Answer::Accept });
    b.give(Input::Answer { delivery: second, answer: Answer::Reject });
    b.give(Input::Lost).wait(2 * SECOND).give(Input::Connected).receive(
        OK,
        1,
        BindTransceiverResp::default(),
    );
    b.give(Input::Answer { delivery: first, answer: Answer::Accept });
    insta::assert_snapshot!(b.log, @r"
         0 ! Mo [97]
         0 ! Mo [98]
         0 > DeliverSmResp #78 EsmeRok
         0 Disconnect
         0 ! Down Lost
       582 Connect
      2000 > BindTransceiver #1 EsmeRok
      2000 ! Up
    ");
}

#[test]
fn deliveries_beyond_the_limit_or_left_lying_are_sent_back() {
    let mut b = Bench::bound(SessionConfig { unanswered_deliveries_max: 1, ..quiet() });
    b.receive(OK, 5, mo(b"a")).receive(OK, 6, mo(b"b")).wait(30 * SECOND).receive(OK, 7, mo(b"c"));
    insta::assert_snapshot!(b.log, @r"
         0 ! Mo [97]
         0 > DeliverSmResp #6 EsmeRmsgqful
     30000 > DeliverSmResp #5 EsmeRxTAppn
     30000 ! Mo [99]
    ");
}

#[test]
fn what_cannot_be_read_is_answered_by_its_header() {
    let mut b = Bench::bound(quiet());
    let mut malformed = |id: CommandId, status: u32, sequence_number: u32| {
        let header = Header { command_id: id.into(), command_status: status, sequence_number };
        b.give(Input::Received(Frame::Malformed(header)));
    };
    malformed(CommandId::DeliverSm, 0, 40);
    malformed(CommandId::Other(0x0000_1234), 0, 41);
    // Responses are never answered.
    malformed(CommandId::Other(0x8000_1234), 0, 42);
    malformed(CommandId::SubmitSm, 0, 43);
    malformed(CommandId::EnquireLink, 0, 44);
    b.submit(1);
    b.give(Input::Received(Frame::Malformed(Header {
        command_id: CommandId::SubmitSmResp.into(),
        command_status: 0,
        sequence_number: 2,
    })));
    b.give(Input::Garbled);
    insta::assert_snapshot!(b.log, @r"
         0 > DeliverSmResp #40 EsmeRxPAppn
         0 > GenericNack #41 EsmeRinvcmdid
         0 > GenericNack #43 EsmeRinvcmdid
         0 > EnquireLinkResp #44 EsmeRok
         0 > SubmitSm #2 EsmeRok
         0 ! 1 Accepted { message_id: None }
         0 > GenericNack #0 EsmeRinvcmdlen
         0 Disconnect
         0 ! Down Garbled
    ");
}

#[test]
fn a_nacked_submit_is_refused_and_a_nack_of_nothing_is_ignored() {
    let mut b = Bench::bound(quiet());
    b.submit(1).receive(OK, 2, Pdu::GenericNack).receive(CommandStatus::EsmeRinvcmdlen, 0, Pdu::GenericNack);
    insta::assert_snapshot!(b.log, @r"
         0 > SubmitSm #2 EsmeRok
         0 ! 1 Refused { command_status: 255 }
    ");
}

#[test]
fn an_smsc_of_the_fifth_edition_is_heard_when_it_says_that_it_is_loaded() {
    let mut b = Bench::bound(SessionConfig { edition: Edition::V5_0, window: 2, ..quiet() });
    for sequence in 2..6_u8 {
        b.submit(1);
        // A message id, then `congestion_state` 0x0428 of 97 %.
        let body = *b"7\0\x04\x28\0\x01\x61";
        let header = [0, 0, 0, 23, 0x80, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, sequence];
        let mut wire = bytes::BytesMut::from(&[&header[..], &body].concat()[..]);
        b.give(Input::Received(crate::frame::decode(&mut wire).unwrap().unwrap()));
    }
    assert_eq!(b.log.matches("Accepted { message_id: Some(").count(), 4, "{}", b.log);
    assert_eq!(b.session.capacity(b.now), 1, "half of the window");
    let Pdu::BindTransceiver(bind) = b.session.bind_pdu() else { panic!("another bind") };
    assert_eq!(u8::from(bind.interface_version), 0x50);
}

#[test]
fn a_peer_that_unbinds_gets_its_answer_and_is_bound_again() {
    let mut b = Bench::bound(quiet());
    b.submit(1).receive(OK, 9, Pdu::Unbind);
    insta::assert_snapshot!(b.log, @r"
         0 > SubmitSm #2 EsmeRok
         0 > UnbindResp #9 EsmeRok
         0 ! 1 Unknown(ConnectionLost)
         0 Disconnect
         0 ! Down UnboundByPeer
    ");
    b.wait(2 * SECOND);
    assert!(b.log.ends_with("Connect\n"));
}

#[test]
fn closing_waits_for_answers_but_not_for_ever() {
    let mut b = Bench::bound(quiet());
    b.submit(1).receive(OK, 50, mo(b"a")).give(Input::Close).receive(OK, 51, mo(b"b")).wait(60 * SECOND);
    insta::assert_snapshot!(b.log, @r"
         0 > SubmitSm #2 EsmeRok
         0 ! Mo [97]
         0 > DeliverSmResp #51 EsmeRxTAppn
     30000 ! 1 Unknown(NoAnswer)
     30000 > DeliverSmResp #50 EsmeRxTAppn
     30000 > EnquireLink #3 EsmeRok
     30000 > Unbind #4 EsmeRok
     35000 Disconnect
     35000 ! Stopped
    ");
}

#[test]
fn a_receiver_never_submits_and_closing_before_the_bind_ends_at_once() {
    let mut b = Bench::bound(SessionConfig { mode: BindMode::Receiver, ..quiet() });
    assert_eq!(b.session.capacity(b.now), 0);
    b.submit(1);
    assert!(b.log.ends_with("! 1 NotSent(NotBound)\n"));
    let mut b = Bench::new(quiet());
    b.give(Input::Start).give(Input::Close).give(Input::Lost).give(Input::Timeout);
    assert!(b.log.ends_with("Disconnect\n     0 ! Stopped\n"), "{}", b.log);
}

#[test]
fn sequence_numbers_wrap_within_their_range() {
    let mut b = Bench::bound(quiet());
    b.session.next_sequence = 0x7FFF_FFFF;
    b.submit(1).submit(2);
    assert!(b.log.contains("#2147483647 ") && b.log.contains("#1 "), "{}", b.log);
}
