//! Outbound legs: retransmission, cancelling, forks, fail-over, pings.

use std::time::Duration;

use crate::script::*;
use crate::world::*;
use flexio_sip::*;

#[test]
fn an_invite_says_what_it_should() {
    let mut script = Script::new();
    let (_, invite) = script.dial(|r| {
        r.headers.push("P-Asserted-Identity", "<tel:+3220000000>").unwrap();
        r.contact_user = Some("me".to_owned());
        r.route = vec![NameAddr::new(uri("sip:192.0.2.50;lr"))];
    });
    let m = &invite.message;
    assert_eq!(m.request_uri().unwrap().as_str(), "sip:+3225550100@192.0.2.2");
    assert_eq!(m.from().unwrap().display(), Some("A \"B\""));
    assert_eq!(m.to().unwrap().tag(), None);
    assert_eq!(m.header("Route").unwrap(), "<sip:192.0.2.50;lr>");
    assert_eq!(m.header("Contact").unwrap(), "<sip:me@192.0.2.1:5060>");
    assert_eq!(m.header("P-Asserted-Identity").unwrap(), "<tel:+3220000000>");
    assert!(m.header("Via").unwrap().starts_with("SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK"));
    assert_eq!(m.sdp(), Some(&b"v=0 offer"[..]));
}

#[test]
fn an_unanswered_invite_is_repeated_by_timer_a_and_given_up_by_timer_b() {
    let mut script = Script::new();
    let (leg, _) = script.dial(|_| ());
    let sent = script.wait(Duration::from_secs(40));
    assert_eq!(sent.iter().map(|s| s.0).collect::<Vec<_>>(), [500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    let events = script.events();
    assert!(matches!(events[0], Event::Failed { status: 408, .. }));
    assert_eq!(ends(&events), [(leg, &EndCause::Failed { status: 408 })]);
    assert_eq!(script.end.stats().legs, 0);
}

#[test]
fn a_refusal_is_acknowledged_each_time_and_told_once() {
    let mut script = Script::new();
    let (leg, invite) = script.dial(|_| ());
    script.answer(&invite.message, 503, "x", "Retry-After: 120 (busy)\n");
    let ack = script.one();
    assert_eq!(ack.message.header("Via"), invite.message.header("Via"));
    assert_eq!((ack.what(), ack.header("CSeq")), ("ACK".to_owned(), "1 ACK".to_owned()));
    assert!(ack.header("To").ends_with(";tag=x"));
    script.answer(&invite.message, 503, "x", "");
    assert_eq!(script.whats(), ["ACK"]);
    let events = script.events();
    assert!(matches!(events[0], Event::Failed { status: 503, retry_after: Some(120), .. }));
    assert_eq!(ends(&events), [(leg, &EndCause::Failed { status: 503 })]);
    script.wait(Duration::from_secs(200));
    assert_eq!(script.end.stats(), Stats::default());
}

#[test]
fn cancel_waits_for_a_sign_of_life_and_then_the_487_ends_it() {
    let mut script = Script::new();
    let (leg, invite) = script.dial(|_| ());
    script.end.cancel(script.now, leg, Some(&Reason::q850(16))).unwrap();
    assert_eq!(ends(&script.events()), [(leg, &EndCause::LocalCancel)]);
    assert!(script.whats().is_empty());
    script.answer(&invite.message, 180, "x", "");
    let cancel = script.one();
    assert_eq!(cancel.message.header("Via"), invite.message.header("Via"));
    assert_eq!((cancel.what(), cancel.header("Reason")), ("CANCEL".to_owned(), "Q.850;cause=16".to_owned()));
    script.answer(&cancel.message, 200, "x", "");
    script.answer(&invite.message, 487, "x", "");
    assert_eq!(script.whats(), ["ACK"]);
    assert!(script.events().is_empty());
    script.wait(Duration::from_secs(200));
    assert_eq!(script.end.stats(), Stats::default());
}

#[test]
fn a_200_that_crosses_our_cancel_is_acked_and_hung_up() {
    let mut script = Script::new();
    let (leg, invite) = script.dial(|_| ());
    script.answer(&invite.message, 180, "x", CONTACT);
    script.end.cancel(script.now, leg, None).unwrap();
    assert_eq!(script.whats(), ["CANCEL"]);
    script.answer(&invite.message, 200, "x", CONTACT);
    let sent = script.sent();
    assert_eq!(sent.iter().map(Sent::what).collect::<Vec<_>>(), ["ACK", "BYE"]);
    assert!(sent.iter().all(|s| s.message.request_uri().unwrap().as_str() == "sip:peer@192.0.2.2:5060"));
    script.answer(&invite.message, 200, "x", CONTACT);
    assert_eq!(script.whats(), ["ACK"]);
    script.answer(&sent[1].message, 200, "", "");
    script.wait(Duration::from_secs(200));
    assert_eq!(script.end.stats(), Stats::default());
    let ended = script.events();
    assert_eq!(ends(&ended), [(leg, &EndCause::LocalCancel)]);
}

#[test]
fn the_first_fork_to_answer_wins_and_later_ones_are_acked_and_hung_up() {
    let mut script = Script::new();
    let (leg, invite) = script.dial(|_| ());
    for tag in ["x", "y"] {
        script.answer(&invite.message, 180, tag, CONTACT);
    }
    let tags: Vec<_> = script
        .events()
        .iter()
        .map(|e| match e {
            Event::Progress { to_tag, .. } => to_tag.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(tags, ["x", "y"]);
    let route = "Record-Route: <sip:192.0.2.8;lr>, <sip:192.0.2.7;lr>\n";
    script.answer(&invite.message, 200, "y", &format!("{CONTACT}{route}"));
    let ack = script.one();
    assert_eq!(ack.to.remote, "192.0.2.7:5060".parse().unwrap());
    assert_eq!(ack.message.list(Name::Route).next().unwrap(), b"<sip:192.0.2.7;lr>");
    assert!(matches!(script.events()[..], [Event::Answered { .. }]));
    script.answer(&invite.message, 200, "x", "Contact: <sip:other@192.0.2.3>\n");
    let sent = script.sent();
    assert_eq!(sent.iter().map(Sent::what).collect::<Vec<_>>(), ["ACK", "BYE"]);
    assert!(
        sent.iter()
            .all(|s| s.header("To").ends_with(";tag=x") && s.to.remote == "192.0.2.3:5060".parse().unwrap())
    );
    assert_eq!((sent[0].header("CSeq"), sent[1].header("CSeq")), ("1 ACK".to_owned(), "2 BYE".to_owned()));
    script.answer(&invite.message, 200, "x", "");
    script.answer(&invite.message, 200, "y", "");
    assert_eq!(script.whats(), ["ACK", "ACK"]);
    assert!(script.events().is_empty());
    assert!(script.end.bye(script.now, leg, None).is_ok());
}

#[test]
fn the_next_destination_is_tried_after_503_a_send_failure_and_silence_but_not_after_486() {
    let mut script = Script::new();
    let addresses = ["192.0.2.21:5060", "192.0.2.22:5060", "192.0.2.23:5060", "192.0.2.24:5060"];
    let (leg, first) =
        script.dial(|r| r.destinations = addresses.map(|a| Destination::udp(a.parse().unwrap())).to_vec());
    script.answer(&first.message, 503, "x", "");
    let sent = script.sent();
    assert_eq!(sent.iter().map(Sent::what).collect::<Vec<_>>(), ["ACK", "INVITE"]);
    assert_eq!(sent[1].to.remote, addresses[1].parse().unwrap());
    assert_ne!(sent[1].header("Via"), first.header("Via"));
    assert_eq!(
        (sent[1].header("Call-ID"), sent[1].header("CSeq")),
        (first.header("Call-ID"), first.header("CSeq"))
    );
    // Copies at 500 and 1500 ms, then the third: a destination is not waited for while there are others.
    assert_eq!(script.wait(ms(1_800)).iter().map(|sent| sent.0).collect::<Vec<_>>(), [500, 1_500, 1_800]);
    // The socket refuses the next copy.
    script.now += ms(500);
    script.end.handle_timeout(script.now);
    let id = script.end.poll_transmit().unwrap().id.unwrap();
    script.end.transmit_failed(script.now, id);
    let last = script.one();
    assert_eq!(last.to.remote, addresses[3].parse().unwrap());
    script.answer(&last.message, 486, "x", "");
    assert_eq!(script.whats(), ["ACK"]);
    assert_eq!(ends(&script.events()), [(leg, &EndCause::Failed { status: 486 })]);
}

#[test]
fn ringing_has_the_limit_the_application_gave() {
    let mut script = Script::new();
    let (leg, invite) = script.dial(|r| r.ring_timeout = Duration::from_secs(20));
    script.answer(&invite.message, 180, "x", "");
    script.events();
    assert_eq!(script.wait(Duration::from_secs(20)), [(20_000, "CANCEL".to_owned())]);
    let events = script.events();
    assert!(matches!(events[0], Event::Failed { status: 408, .. }));
    assert_eq!(ends(&events), [(leg, &EndCause::Failed { status: 408 })]);
}

#[test]
fn a_lost_dialog_ends_the_leg() {
    for (status, events_before) in [(481, 1), (408, 1)] {
        let mut script = Script::new();
        let (leg, _) = script.talking();
        script.end.info(script.now, leg, "text/plain", b"x").unwrap();
        let info = script.one();
        script.answer(&info.message, status, "", "");
        let events = script.events();
        assert!(matches!(events[0], Event::InfoAnswered { status: s, .. } if s == status));
        assert_eq!(events.len(), events_before + 1);
        assert_eq!(ends(&events), [(leg, &EndCause::DialogLost { method: Method::Info })]);
        assert_eq!(script.whats(), ["BYE"]);
    }
}

#[test]
fn a_ping_is_answered_or_given_up() {
    let mut script = Script::new();
    let request = || OptionsRequest {
        uri: uri("sip:192.0.2.2"),
        from: NameAddr::new(uri("sip:192.0.2.1")),
        destination: Destination::udp(address(1)),
        login: None,
    };
    let ping = script.end.options(script.now, request()).unwrap();
    let options = script.one();
    script.answer(&options.message, 404, "x", "");
    assert!(matches!(script.events()[..], [Event::Pong { ping: p, status: Some(404) }] if p == ping));
    script.end.options(script.now, request()).unwrap();
    script.sent();
    let times: Vec<_> = script.wait(Duration::from_secs(32)).iter().map(|s| s.0).collect();
    assert_eq!(times, [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    assert!(matches!(script.events()[..], [Event::Pong { status: None, .. }]));
    script.wait(Duration::from_secs(10));
    assert_eq!(script.end.stats(), Stats::default());
}

#[test]
fn forged_responses_are_dropped() {
    let mut script = Script::new();
    let (_, invite) = script.dial(|_| ());
    let good = response(&invite.message, 200, "x", CONTACT);
    script.receive(&good.replace("z9hG4bK", "z9hG4bK0"));
    script.receive(&good.replace("CSeq: 1 INVITE", "CSeq: 1 BYE"));
    script.receive(&good.replace("SIP/2.0 200", "SIP/2.0 20"));
    assert!(script.whats().is_empty() && script.events().is_empty());
}

#[test]
fn a_request_that_overtakes_the_200_of_its_dialog_does_not_end_the_call() {
    let mut script = Script::new();
    let (_, invite) = script.dial(|_| ());
    let text = response(&invite.message, 200, "x", CONTACT);
    let answer = Message::parse(text.replace('\n', "\r\n").as_bytes()).unwrap();
    // Inside the dialog the peer's From is our To.
    let info = in_dialog(&answer, "INFO", 1, "", "")
        .replace("From:", "T:")
        .replace("To:", "From:")
        .replace("T:", "To:");
    script.receive(&info);
    assert_eq!(script.whats(), ["500 INFO"]);
    script.receive(&text);
    assert_eq!(script.whats(), ["ACK"]);
    script.receive(&info.replace("INFO1", "INFO2").replace("1 INFO", "2 INFO"));
    assert_eq!(script.whats(), ["200 INFO"]);
}

#[test]
fn a_callee_whose_dialog_is_lost_before_the_ack_hangs_up_after_it() {
    let mut script = Script::new();
    let (leg, answer) = script.answered();
    script.end.info(script.now, leg, "text/plain", b"x").unwrap();
    let info = script.one();
    script.answer(&info.message, 481, "", "");
    assert!(matches!(ends(&script.events())[..], [(l, EndCause::DialogLost { .. })] if l == leg));
    assert!(script.whats().is_empty());
    script.receive(&in_dialog(&answer.message, "ACK", 10, "", ""));
    assert_eq!(script.whats(), ["BYE"]);
}

fn two_transports() -> Config {
    let local = |transport| Local::new(transport, address(0));
    Config { locals: vec![local(Transport::Udp), local(Transport::Tcp)], ..config(0) }
}

fn large(request: &mut InviteRequest) {
    request.sdp = vec![b'a'; 1_400];
}

#[test]
fn a_request_too_large_for_a_datagram_goes_by_tcp() {
    let mut script = Script::with(two_transports());
    let (_, small) = script.dial(|_| {});
    assert_eq!(small.to.transport, Transport::Udp);
    let (_, invite) = script.dial(large);
    assert_eq!((invite.to.transport, invite.to.remote), (Transport::Tcp, address(1)));
    assert!(invite.header("Via").starts_with("SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK"));
    // Without a socket for TCP there is no choice.
    let mut script = Script::new();
    assert_eq!(script.dial(large).1.to.transport, Transport::Udp);
}

#[test]
fn when_no_connection_comes_about_it_goes_by_udp_after_all_and_the_peer_is_not_asked_again() {
    let mut script = Script::with(two_transports());
    let from = NameAddr::new(uri("sip:a@192.0.2.1"));
    let mut request =
        InviteRequest::new(uri("sip:b@192.0.2.2"), from, Destination::udp(address(1)), vec![b'a'; 1_400]);
    request.ring_timeout = Duration::from_secs(60);
    let leg = script.end.invite(script.now, request).unwrap();
    let by_tcp = script.end.poll_transmit().unwrap();
    assert_eq!(by_tcp.to.transport, Transport::Tcp);
    script.end.transmit_failed(script.now, by_tcp.id.unwrap());
    let again = script.one();
    assert_eq!(again.to.transport, Transport::Udp);
    assert!(again.header("Via").starts_with("SIP/2.0/UDP"));
    assert_eq!(script.wait(ms(600)), [(500, "INVITE".to_owned())], "repeated, as datagrams are");
    script.answer(&again.message, 200, "x", CONTACT);
    assert!(matches!(&script.events()[..], [Event::Answered { leg: l, .. }] if *l == leg));
    script.sent();
    assert_eq!(script.dial(large).1.to.transport, Transport::Udp);
    script.now += Duration::from_secs(700);
    assert_eq!(script.dial(large).1.to.transport, Transport::Tcp, "but later it is");
}

#[test]
fn a_silent_destination_is_left_in_less_than_two_seconds_and_a_late_answer_of_it_taken_back() {
    let second = "192.0.2.3:5060".parse().unwrap();
    let mut script = Script::new();
    let (leg, first) = script.dial(|r| r.destinations.push(Destination::udp(second)));
    let mut sent = Vec::new();
    while script.now < ms(2_000) {
        script.now += ms(100);
        script.end.handle_timeout(script.now);
        sent.extend(script.sent().into_iter().map(|sent| (script.now, sent.to.remote)));
    }
    assert_eq!(sent, [(ms(500), address(1)), (ms(1_500), address(1)), (ms(1_800), second)]);
    // The first is heard of after all: its call is taken back, the second one goes on.
    script.answer(&first.message, 180, "late", CONTACT);
    assert_eq!(script.whats(), ["CANCEL"]);
    script.answer(&first.message, 200, "late", CONTACT);
    assert_eq!(script.whats(), ["ACK", "BYE"]);
    assert!(script.events().is_empty(), "nobody is told of it");
    assert!(script.end.bye(script.now, leg, None).is_ok());
    script.wait(Duration::from_secs(400));
    let Stats { legs, clients, .. } = script.end.stats();
    assert_eq!((legs, clients), (0, 0));
}

#[test]
fn the_last_destination_is_waited_for_unless_there_are_other_ways() {
    for (has_other_ways, after) in [(false, 32_000), (true, 1_800)] {
        let mut script = Script::new();
        let (leg, _) = script.dial(|r| r.has_other_ways = has_other_ways);
        let mut ended = None;
        while ended.is_none() {
            script.now += ms(100);
            script.end.handle_timeout(script.now);
            ended = script.events().into_iter().find_map(|event| match event {
                Event::Ended { leg, cause } => Some((leg, cause)),
                _ => None,
            });
        }
        assert_eq!((ended, script.now), (Some((leg, EndCause::Failed { status: 408 })), ms(after)));
    }
}
