//! Inbound legs and what happens inside dialogs.

use std::time::Duration;

use crate::script::*;
use crate::world::*;
use flexio_sip::*;

#[test]
fn a_call_is_rung_answered_confirmed_and_hung_up() {
    let mut world = World::new(1, CALM);
    let ours = world.dial(0);
    let (theirs, incoming) = world.incoming();
    assert_eq!(incoming.request.sdp(), Some(&b"v=0 offer"[..]));
    world.ends[1].ring(world.now, theirs, 180, None).unwrap();
    let [a, _] = world.run(ms(20));
    assert!(matches!(&a[..], [Event::Progress { leg, status: 180, .. }] if *leg == ours), "{a:?}");
    world.ends[1].answer(world.now, theirs, b"v=0 answer", &ExtraHeaders::new()).unwrap();
    let [a, b] = world.run(ms(20));
    assert!(matches!(&a[..], [Event::Answered { response, .. }] if response.sdp() == Some(b"v=0 answer")));
    assert!(matches!(&b[..], [Event::Confirmed { leg, .. }] if *leg == theirs));
    world.ends[0].bye(world.now, ours, Some(&Reason::q850(16))).unwrap();
    let [a, b] = world.run(ms(20));
    assert_eq!(ends(&a), [(ours, &EndCause::LocalBye)]);
    assert!(
        matches!(ends(&b)[..], [(leg, EndCause::RemoteBye { reason: Some(r) })] if leg == theirs && r.cause == Some(16))
    );
    let text: Vec<String> = world.log.iter().map(|(_, side, line)| format!("{side} {line}")).collect();
    insta::assert_snapshot!(text.join("\n"), @r"
    0 INVITE sip:+3225550100@192.0.2.2:5060 SIP/2.0
    1 SIP/2.0 100 Trying
    1 SIP/2.0 180 Ringing
    1 SIP/2.0 200 OK
    0 ACK sip:+3225550100@192.0.2.2:5060 SIP/2.0
    0 BYE sip:+3225550100@192.0.2.2:5060 SIP/2.0
    1 SIP/2.0 200 OK
    ");
    world.assert_clean();
}

#[test]
fn a_2xx_without_ack_is_repeated_at_doubled_intervals_and_then_the_leg_ends_with_bye() {
    let mut script = Script::new();
    let (leg, _) = script.answered();
    let mut sent = script.wait(Duration::from_secs(33));
    let bye = sent.split_off(10);
    let times: Vec<u128> = sent.iter().map(|s| s.0).collect();
    assert_eq!(times, [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    assert!(sent.iter().all(|s| s.1 == "200 INVITE"));
    assert_eq!((bye[0].0, bye[0].1.as_str()), (32_000, "BYE"));
    assert_eq!(ends(&script.events()), [(leg, &EndCause::NoAck)]);
}

#[test]
fn repeated_requests_get_the_same_answer_and_no_second_event() {
    let mut script = Script::new();
    script.receive(&invite("c1", ""));
    script.receive(&invite("c1", ""));
    assert_eq!(script.whats(), ["100 INVITE", "100 INVITE"]);
    let leg = script.incoming();
    script.end.reject(script.now, leg, 486, Some("Out to lunch"), &ExtraHeaders::new()).unwrap();
    let first = script.one();
    script.receive(&invite("c1", ""));
    let again = script.one();
    assert_eq!(
        (first.message.reason_phrase(), first.message.to_bytes()),
        ("Out to lunch".into(), again.message.to_bytes())
    );
    // Until the ACK, timer G repeats it.
    assert_eq!(script.wait(ms(1_600)).iter().map(|s| s.0).collect::<Vec<_>>(), [500, 1_500]);
    script.receive(&in_dialog(&first.message, "ACK", 10, "", "").replace("z9hG4bKACK10", "z9hG4bKc1"));
    assert!(script.wait(Duration::from_secs(60)).is_empty());
    assert_eq!(script.end.stats().servers, 0);
}

#[test]
fn a_merged_request_is_told_482() {
    let mut script = Script::new();
    script.receive(&invite("c1", ""));
    script.receive(&invite("c1", "").replace("branch=z9hG4bKc1", "branch=z9hG4bKother"));
    assert_eq!(script.whats(), ["100 INVITE", "482 INVITE"]);
}

#[test]
fn cancel_ends_a_ringing_leg_and_comes_too_late_for_an_answered_one() {
    let cancel = "CANCEL sip:+3225550100@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKc1\n\
        From: <sip:peer@192.0.2.2>;tag=theirs\nTo: <sip:+3225550100@192.0.2.1>\nCall-ID: c1\nCSeq: 10 CANCEL\n\
        Reason: SIP;cause=200;text=\"Call completed elsewhere\"\nContent-Length: 0\n\n";
    let mut script = Script::new();
    script.receive(&invite("c1", ""));
    let leg = script.incoming();
    script.end.ring(script.now, leg, 183, Some(b"v=0")).unwrap();
    script.receive(cancel);
    assert_eq!(script.whats(), ["100 INVITE", "183 INVITE", "200 CANCEL", "487 INVITE"]);
    let events = script.events();
    assert!(
        matches!(ends(&events)[..], [(l, EndCause::RemoteCancel { reason: Some(r) })] if l == leg && r.cause == Some(200))
    );
    script.receive(cancel);
    assert_eq!(script.whats(), ["200 CANCEL"]);
    assert!(script.events().is_empty());

    let mut script = Script::new();
    let (leg, _) = script.answered();
    script.receive(cancel);
    assert_eq!(script.whats(), ["200 CANCEL"]);
    assert!(script.events().is_empty());
    assert!(script.end.bye(script.now, leg, None).is_ok());
}

#[test]
fn a_bye_of_ours_waits_for_the_ack_but_the_leg_is_over_at_once() {
    let mut script = Script::new();
    let (leg, answer) = script.answered();
    script.end.bye(script.now, leg, None).unwrap();
    assert_eq!(ends(&script.events()), [(leg, &EndCause::LocalBye)]);
    assert!(script.whats().is_empty());
    assert_eq!(script.end.bye(script.now, leg, None), Err(OpError::UnknownLeg));
    script.receive(&in_dialog(&answer.message, "ACK", 10, "", ""));
    assert_eq!(script.whats(), ["BYE"]);
    assert!(script.events().is_empty());
}

#[test]
fn record_routes_are_followed_in_order_and_the_contact_is_the_request_uri() {
    let mut script = Script::new();
    let rr = "Record-Route: <sip:192.0.2.7;lr>, <sip:192.0.2.8;lr>\nRecord-Route: <sip:192.0.2.9:5070;lr>\n";
    script.receive(&invite("c1", rr));
    let leg = script.incoming();
    script.sent();
    script.end.answer(script.now, leg, b"v=0", &ExtraHeaders::new()).unwrap();
    let answer = script.one();
    let routes: Vec<_> = answer.message.list(Name::RecordRoute).collect();
    assert_eq!(routes, [&b"<sip:192.0.2.7;lr>"[..], b"<sip:192.0.2.8;lr>", b"<sip:192.0.2.9:5070;lr>"]);
    script.receive(&in_dialog(&answer.message, "ACK", 10, "", ""));
    script.end.bye(script.now, leg, None).unwrap();
    let bye = script.one();
    let routes: Vec<_> = bye.message.list(Name::Route).collect();
    assert_eq!(routes, [&b"<sip:192.0.2.7;lr>"[..], b"<sip:192.0.2.8;lr>", b"<sip:192.0.2.9:5070;lr>"]);
    assert_eq!(bye.message.request_uri().unwrap().as_str(), "sip:peer@192.0.2.2:5060");
    assert_eq!(bye.to.remote, "192.0.2.7:5060".parse().unwrap());
}

#[test]
fn a_strict_router_gets_the_request_uri_of_rfc_2543() {
    let mut script = Script::new();
    script.receive(&invite("c1", "Record-Route: <sip:192.0.2.7>, <sip:192.0.2.8;lr>\n"));
    let leg = script.incoming();
    script.sent();
    script.end.answer(script.now, leg, b"v=0", &ExtraHeaders::new()).unwrap();
    let answer = script.one();
    script.receive(&in_dialog(&answer.message, "ACK", 10, "", ""));
    script.end.bye(script.now, leg, None).unwrap();
    let bye = script.one();
    assert_eq!(bye.message.request_uri().unwrap().as_str(), "sip:192.0.2.7");
    let routes: Vec<_> = bye.message.list(Name::Route).collect();
    assert_eq!(routes, [&b"<sip:192.0.2.8;lr>"[..], b"<sip:peer@192.0.2.2:5060>"]);
}

#[test]
fn answers_go_to_the_sent_by_port_without_rport_and_to_the_source_port_with_it() {
    let mut script = Script::new();
    script.flow.remote = "198.51.100.7:61234".parse().unwrap();
    script.receive(&invite("c1", ""));
    let answer = script.one();
    assert_eq!(answer.to.remote, "198.51.100.7:5060".parse().unwrap());
    assert!(answer.header("Via").ends_with(";received=198.51.100.7"), "{}", answer.header("Via"));
    script.receive(&invite("c2", "").replace("branch=z9hG4bKc2", "rport;branch=z9hG4bKc2"));
    let answer = script.one();
    assert_eq!(answer.to.remote, script.flow.remote);
    assert!(answer.header("Via").ends_with(";branch=z9hG4bKc2;received=198.51.100.7;rport=61234"));
}

#[test]
fn a_contact_behind_nat_is_not_dialled_but_the_path_the_call_came_by() {
    let mut script = Script::new();
    script.flow.remote = "198.51.100.7:61234".parse().unwrap();
    let hidden = invite("c1", "").replace("peer@192.0.2.2:5060", "peer@10.0.0.5:5060");
    script.receive(&hidden);
    let leg = script.incoming();
    script.sent();
    script.end.answer(script.now, leg, b"v=0", &ExtraHeaders::new()).unwrap();
    let answer = script.one();
    script.receive(&in_dialog(&answer.message, "ACK", 10, "", ""));
    script.end.bye(script.now, leg, None).unwrap();
    assert_eq!(script.one().to.remote, script.flow.remote);
}

#[test]
fn a_host_name_in_a_contact_can_be_resolved_by_the_shell() {
    let mut script = Script::new();
    script.receive(&invite("c1", "").replace("peer@192.0.2.2:5060", "peer@gw.example.com"));
    let leg = script.incoming();
    script.sent();
    assert_eq!(script.end.unresolved(leg).unwrap().host(), "gw.example.com");
    script.end.set_route(leg, Destination::udp("192.0.2.99:5060".parse().unwrap())).unwrap();
    script.end.answer(script.now, leg, b"v=0", &ExtraHeaders::new()).unwrap();
    let answer = script.one();
    script.receive(&in_dialog(&answer.message, "ACK", 10, "", ""));
    script.end.bye(script.now, leg, None).unwrap();
    assert_eq!(script.one().to.remote, "192.0.2.99:5060".parse().unwrap());
}

#[test]
fn keys_and_other_bodies_in_info_are_shown_once_and_answered() {
    let mut script = Script::new();
    let (leg, answer) = script.talking();
    let info = |cseq, kind: &str, body: &str| {
        in_dialog(&answer.message, "INFO", cseq, &format!("Content-Type: {kind}\n"), body)
    };
    script.receive(&info(11, "application/dtmf-relay", "Signal= 5\nDuration= 160\n"));
    script.receive(&info(11, "application/dtmf-relay", "Signal= 5\nDuration= 160\n"));
    script.receive(&info(12, "application/dtmf", "#"));
    script.receive(&info(13, "application/dtmf-relay", "Signal=77\n"));
    script.receive(&info(14, "text/plain", "hello"));
    assert_eq!(script.whats(), ["200 INFO"; 5]);
    let events = script.events();
    assert!(
        matches!(
            &events[..],
            [
                Event::Dtmf { digit: '5', duration_ms: 160, .. },
                Event::Dtmf { digit: '#', duration_ms: 250, .. },
                Event::Info { .. },
                Event::Info { leg: l, request },
            ] if *l == leg && request.body() == b"hello"
        ),
        "{events:?}"
    );
}

#[test]
fn a_message_in_a_dialog_is_told_like_an_info_and_one_without_is_refused() {
    let mut script = Script::new();
    let (leg, answer) = script.talking();
    let kind = "Content-Type: application/json\n";
    script.receive(&in_dialog(&answer.message, "MESSAGE", 11, kind, "{}"));
    assert_eq!(script.whats(), ["200 MESSAGE"]);
    let events = script.events();
    assert!(
        matches!(&events[..], [Event::Info { leg: l, request }] if *l == leg && request.body() == b"{}"),
        "{events:?}"
    );
    script
        .receive(&in_dialog(&answer.message, "MESSAGE", 12, kind, "{}").replace("tag=theirs", "tag=forged"));
    assert_eq!(script.whats(), ["481 MESSAGE"]);
    assert!(script.events().is_empty());
}

#[test]
fn requests_in_a_dialog_that_do_not_fit_are_refused_and_the_leg_lives_on() {
    let mut script = Script::new();
    let (leg, answer) = script.talking();
    for (method, cseq, wanted) in [
        ("INFO", 9, "500 INFO"),
        ("SUBSCRIBE", 11, "405 SUBSCRIBE"),
        ("NOTIFY", 12, "481 NOTIFY"),
        ("PRACK", 13, "481 PRACK"),
        ("FLY", 14, "501 FLY"),
        ("OPTIONS", 15, "200 OPTIONS"),
    ] {
        script.receive(&in_dialog(&answer.message, method, cseq, "", ""));
        assert_eq!(script.whats(), [wanted]);
    }
    script.receive(&in_dialog(&answer.message, "BYE", 20, "", "").replace("tag=theirs", "tag=forged"));
    assert_eq!(script.whats(), ["481 BYE"]);
    assert!(script.events().is_empty());
    script.receive(&in_dialog(&answer.message, "BYE", 20, "", ""));
    script.receive(&in_dialog(&answer.message, "BYE", 20, "", ""));
    assert_eq!(script.whats(), ["200 BYE", "200 BYE"]);
    assert_eq!(ends(&script.events()), [(leg, &EndCause::RemoteBye { reason: None })]);
}

#[test]
fn update_with_an_offer_is_asked_and_without_one_is_granted() {
    let mut script = Script::new();
    let (leg, answer) = script.talking();
    let contact = "Contact: <sip:moved@192.0.2.55>\n";
    script.receive(&in_dialog(&answer.message, "UPDATE", 11, contact, ""));
    assert_eq!(script.whats(), ["200 UPDATE"]);
    let offer = "Content-Type: application/sdp\n";
    script.receive(&in_dialog(&answer.message, "UPDATE", 12, offer, "v=0 new"));
    assert!(script.whats().is_empty());
    assert!(
        matches!(&script.events()[..], [Event::Reoffer { request, .. }] if request.sdp() == Some(b"v=0 new"))
    );
    script.receive(&in_dialog(&answer.message, "UPDATE", 13, offer, "v=0 newer"));
    assert_eq!(script.whats(), ["500 UPDATE"]);
    script.end.accept_reinvite(script.now, leg, b"v=0 fine").unwrap();
    assert_eq!(script.one().message.sdp(), Some(&b"v=0 fine"[..]));
    script.end.bye(script.now, leg, None).unwrap();
    assert_eq!(script.one().to.remote, "192.0.2.55:5060".parse().unwrap());
}

#[test]
fn a_reoffer_the_application_forgets_is_refused() {
    let mut script = Script::new();
    let (leg, answer) = script.talking();
    script.receive(&in_dialog(&answer.message, "INVITE", 11, "", ""));
    assert_eq!(script.whats(), ["100 INVITE"]);
    assert_eq!(script.wait(Duration::from_secs(20)).last().unwrap(), &(20_000, "488 INVITE".to_owned()));
    assert_eq!(script.end.accept_reinvite(script.now, leg, b""), Err(OpError::WrongState));
}

#[test]
fn a_session_is_changed_from_either_side() {
    let mut world = World::new(2, CALM);
    let (ours, theirs) = world.talking();
    for (side, leg, other) in [(0, ours, theirs), (1, theirs, ours)] {
        world.ends[side].reinvite(world.now, leg, b"v=0 hold").unwrap();
        let events = world.run(ms(20));
        assert!(matches!(&events[1 - side][..], [Event::Reoffer { leg, request }]
            if *leg == other && request.sdp() == Some(b"v=0 hold")));
        world.ends[1 - side].accept_reinvite(world.now, other, b"v=0 held").unwrap();
        let events = world.run(ms(20));
        assert!(
            matches!(&events[side][..], [Event::ReofferAnswered { response, .. }] if response.sdp() == Some(b"v=0 held"))
        );
        assert!(matches!(&events[1 - side][..], [Event::ReofferConfirmed { leg, .. }] if *leg == other));
    }
    world.ends[0].reinvite(world.now, ours, b"v=0 no").unwrap();
    world.run(ms(20));
    world.ends[1].reject_reinvite(world.now, theirs, 488).unwrap();
    let [a, _] = world.run(ms(20));
    assert!(matches!(a[..], [Event::ReofferFailed { status: 488, .. }]), "{a:?}");
    world.ends[1].bye(world.now, theirs, None).unwrap();
    world.assert_clean();
}

#[test]
fn reinvites_that_meet_are_both_done_one_after_the_other() {
    let mut world = World::new(3, CALM);
    let (ours, theirs) = world.talking();
    world.log.clear();
    world.ends[0].reinvite(world.now, ours, b"v=0 a").unwrap();
    world.ends[1].reinvite(world.now, theirs, b"v=0 b").unwrap();
    let mut answered = [0; 2];
    for _ in 0..500 {
        let events = world.run(ms(10));
        for (side, events) in events.into_iter().enumerate() {
            for event in events {
                match event {
                    Event::Reoffer { leg, .. } => {
                        world.ends[side].accept_reinvite(world.now, leg, b"v=0 ok").unwrap();
                    }
                    Event::ReofferAnswered { .. } => answered[side] += 1,
                    Event::ReofferConfirmed { .. } => {}
                    other => panic!("{other:?}"),
                }
            }
        }
    }
    assert_eq!(answered, [1, 1]);
    assert!(world.lines(0).contains(&"SIP/2.0 491 Request Pending"));
}

#[test]
fn an_inbound_leg_nobody_answers_ends_by_itself_after_five_minutes() {
    let mut script = Script::new();
    script.receive(&invite("c1", ""));
    let leg = script.incoming();
    script.end.ring(script.now, leg, 180, None).unwrap();
    script.sent();
    let sent = script.wait(Duration::from_secs(300));
    assert_eq!(
        sent.iter().filter(|s| s.1 == "180 INVITE").count(),
        4,
        "a proxy needs one a minute: {sent:?}"
    );
    assert_eq!(sent.last().unwrap().1, "480 INVITE");
    assert_eq!(ends(&script.events()), [(leg, &EndCause::Rejected { status: 480 })]);
}

#[test]
fn text_that_would_break_a_header_is_refused_before_anything_is_sent() {
    let mut script = Script::new();
    let (leg, _) = script.talking();
    let reason = Reason { protocol: "SIP".into(), cause: Some(200), text: Some("x\r\nVia: y".into()) };
    assert_eq!(script.end.bye(script.now, leg, Some(&reason)), Err(OpError::BadText));
    assert_eq!(script.end.info(script.now, leg, "text/plain\r\nX: y", b""), Err(OpError::BadText));
    assert!(NameAddr::new(uri("sip:a@h")).with_display("a\r\nb").is_err());
    assert!(NameAddr::new(uri("sip:a@h")).with_param("x", "a\nb").is_err());
    assert!(ExtraHeaders::new().with("X-A", "a\r\nb").is_err());
    assert!(ExtraHeaders::new().with("X-A: b\r\nX-C", "a").is_err());
    script.receive(&invite("c2", ""));
    script.sent();
    let leg = script.incoming();
    assert_eq!(
        script.end.reject(script.now, leg, 486, Some("a\r\nb"), &ExtraHeaders::new()),
        Err(OpError::BadText)
    );
    assert!(script.whats().is_empty());
}
