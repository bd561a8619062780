//! REFER, NOTIFY and Replaces.

use std::time::Duration;

use crate::script::*;
use crate::world::*;
use flexio_sip::*;

fn target() -> NameAddr {
    NameAddr::new(uri("sip:+3225550177@192.0.2.9"))
}

fn refer_lines(more: &str) -> String {
    format!("Refer-To: <sip:+3225550177@192.0.2.9>\nContact: <sip:peer@192.0.2.2:5060>\n{more}")
}

/// The NOTIFYs a peer sends in the dialog of our INVITE answered by `answer`.
fn notify(answer: &Message, cseq: u32, event: &str, state: &str, line: &str) -> String {
    let lines =
        format!("Event: {event}\nSubscription-State: {state}\nContent-Type: message/sipfrag;version=2.0\n");
    in_dialog(answer, "NOTIFY", cseq, &lines, &format!("{line}\n"))
}

#[test]
fn a_refer_goes_to_the_other_side_and_its_progress_comes_back() {
    let mut world = World::new(1, CALM);
    let (ours, theirs) = world.talking();
    let by = NameAddr::new(uri("sip:+3220000000@192.0.2.1"));
    let request = ReferRequest { referred_by: Some(by.clone()), ..ReferRequest::new(target()) };
    world.ends[0].refer(world.now, ours, &request).unwrap();
    assert_eq!(world.ends[0].refer(world.now, ours, &request), Err(OpError::WrongState), "one at a time");
    let [_, b] = world.run(ms(20));
    let [Event::Referred { leg, referred }] = &b[..] else { panic!("{b:?}") };
    assert_eq!((*leg, &referred.to, &referred.by), (theirs, &target(), &Some(by)));
    assert!(referred.is_watched && referred.replaces.is_none() && referred.replaced.is_none());
    world.ends[1].accept_refer(world.now, theirs).unwrap();
    world.ends[1].notify_refer(world.now, theirs, 180, None).unwrap();
    world.ends[1].notify_refer(world.now, theirs, 200, None).unwrap();
    assert!(world.ends[1].notify_refer(world.now, theirs, 200, None).is_ok(), "the end was told already");
    let [a, _] = world.run(ms(20));
    let seen: Vec<_> = a
        .iter()
        .map(|event| match event {
            Event::ReferAnswered { status, is_watched: true, .. } => (*status, false),
            Event::ReferProgress { status, is_over, .. } => (*status, *is_over),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(seen, [(202, false), (100, false), (180, false), (200, true)]);
    assert_eq!(world.lines(1).iter().filter(|line| line.starts_with("NOTIFY")).count(), 3);
    world.ends[0].bye(world.now, ours, None).unwrap();
    world.assert_clean();
}

#[test]
fn a_refused_refer_leaves_the_call_as_it_is_and_another_may_follow() {
    let mut world = World::new(2, CALM);
    let (ours, theirs) = world.talking();
    for _ in 0..2 {
        world.ends[0].refer(world.now, ours, &ReferRequest::new(target())).unwrap();
        world.run(ms(20));
        world.ends[1].reject_refer(world.now, theirs, 603).unwrap();
        let [a, _] = world.run(ms(20));
        assert!(matches!(a[..], [Event::ReferAnswered { status: 603, is_watched: false, .. }]), "{a:?}");
    }
    world.ends[1].bye(world.now, theirs, None).unwrap();
    world.assert_clean();
}

#[test]
fn who_does_not_want_to_know_is_not_told() {
    let mut world = World::new(3, CALM);
    let (ours, theirs) = world.talking();
    let request = ReferRequest { watch: false, ..ReferRequest::new(target()) };
    world.ends[0].refer(world.now, ours, &request).unwrap();
    let [_, b] = world.run(ms(20));
    assert!(matches!(&b[..], [Event::Referred { referred, .. }] if !referred.is_watched));
    world.ends[1].accept_refer(world.now, theirs).unwrap();
    world.ends[1].notify_refer(world.now, theirs, 200, None).unwrap();
    let [a, _] = world.run(ms(20));
    assert!(matches!(a[..], [Event::ReferAnswered { status: 202, is_watched: false, .. }]), "{a:?}");
    assert!(!world.lines(1).iter().any(|line| line.starts_with("NOTIFY")));
}

#[test]
fn an_attended_transfer_names_the_other_call_and_it_is_found() {
    let mut world = World::new(4, CALM);
    let (first, first_theirs) = world.talking();
    let (second, second_theirs) = world.talking();
    // Side 0 joins its two calls: the far end of the first is to replace the second, which side 1 knows as its own.
    let replaces = world.ends[0].replaces_of(second).unwrap();
    assert_eq!(world.ends[1].find_replaced(&replaces), Some(second_theirs));
    let to = NameAddr::new(uri("sip:x@192.0.2.2").with_replaces(&replaces).unwrap());
    world.ends[0].refer(world.now, first, &ReferRequest::new(to)).unwrap();
    let [_, b] = world.run(ms(20));
    let [Event::Referred { leg, referred }] = &b[..] else { panic!("{b:?}") };
    assert_eq!((*leg, referred.replaced), (first_theirs, Some(second_theirs)));
    assert_eq!(referred.replaces, Some(replaces));
}

#[test]
fn an_invite_with_replaces_is_matched_or_refused_by_rfc_3891() {
    let mut script = Script::new();
    let (leg, answer) = script.talking();
    let tag = answer.message.to().unwrap().tag().unwrap().into_owned();
    let with =
        |call_id: &str, value: &str| invite(call_id, &format!("Require: replaces\nReplaces: {value}\n"));
    script.receive(&with("c2", &format!("c1;to-tag={tag};from-tag=theirs")));
    let events = script.events();
    assert!(
        matches!(&events[..], [Event::Incoming(incoming)] if incoming.replaces == Some(leg)),
        "{events:?}"
    );
    script.sent();
    for (call_id, value, status) in [
        ("c3", format!("c1;to-tag={tag};from-tag=other"), 481),
        ("c4", format!("elsewhere;to-tag={tag};from-tag=theirs"), 481),
        ("c5", format!("c1;to-tag={tag};from-tag=theirs;early-only"), 486),
        ("c6", "c1".to_owned(), 400),
        ("c7", format!("c1;to-tag={tag};from-tag=theirs\nReplaces: c1;to-tag=a;from-tag=b"), 400),
    ] {
        script.receive(&with(call_id, &value));
        assert_eq!(script.whats(), [format!("{status} INVITE")], "{value}");
        assert!(script.events().is_empty());
    }
    // An early dialog that the peer began is not replaced.
    script.receive(&invite("c8", ""));
    let ringing = script.incoming();
    script.sent();
    script.end.ring(script.now, ringing, 180, None).unwrap();
    let tag = script.one().message.to().unwrap().tag().unwrap().into_owned();
    script.receive(&with("c9", &format!("c8;to-tag={tag};from-tag=theirs")));
    assert_eq!(script.whats(), ["481 INVITE"]);
    // One of ours is, under the name of each fork that rings.
    let (leg, dialled) = script.dial(|_| ());
    let (ours, id) = (dialled.message.from().unwrap().tag().unwrap().into_owned(), dialled.header("Call-ID"));
    let name = |theirs: &str| format!("{id};to-tag={ours};from-tag={theirs};early-only");
    script.receive(&with("c11", &name("desk")));
    assert_eq!(script.whats(), ["481 INVITE"], "nothing rings yet");
    for fork in ["desk", "hall"] {
        script.answer(&dialled.message, 180, fork, "");
    }
    script.events();
    for (call_id, theirs) in [("c12", "desk"), ("c13", "hall")] {
        script.receive(&with(call_id, &name(theirs)));
        let events = script.events();
        let taken = matches!(&events[..], [Event::Incoming(incoming)] if incoming.replaces == Some(leg));
        assert!(taken, "{events:?}");
    }
    script.sent();
    script.receive(&with("c14", &name("attic")));
    assert_eq!(script.whats(), ["481 INVITE"]);
    // One that has just ended, and whose BYE is under way.
    let mut script = Script::new();
    let (leg, answer) = script.talking();
    let tag = answer.message.to().unwrap().tag().unwrap().into_owned();
    script.end.bye(script.now, leg, None).unwrap();
    script.sent();
    script.events();
    script.receive(&with("c10", &format!("c1;to-tag={tag};from-tag=theirs")));
    assert_eq!(script.whats(), ["603 INVITE"]);
}

#[test]
fn a_refer_that_makes_no_sense_is_refused_with_what_is_wrong() {
    let mut script = Script::new();
    let (leg, answer) = script.talking();
    for (cseq, lines, status) in [
        (11, String::new(), 400),
        (12, "Refer-To: <sip:a@b>\nRefer-To: <sip:c@d>\n".to_owned(), 400),
        (13, "Refer-To: <mailto:a@b>\n".to_owned(), 416),
        (14, "Refer-To: <sip:a@b;method=BYE>\n".to_owned(), 603),
        (15, refer_lines("Require: tdialog\n"), 420),
    ] {
        script.receive(&in_dialog(&answer.message, "REFER", cseq, &lines, ""));
        assert_eq!(script.whats(), [format!("{status} REFER")], "{lines}");
        assert!(script.events().is_empty());
    }
    // A second one while the first is not decided, and the first when the application forgets it.
    script.receive(&in_dialog(&answer.message, "REFER", 16, &refer_lines(""), ""));
    assert!(matches!(script.events()[..], [Event::Referred { .. }]));
    script.receive(&in_dialog(&answer.message, "REFER", 17, &refer_lines(""), ""));
    assert_eq!(script.whats(), ["491 REFER"]);
    assert_eq!(script.wait(Duration::from_secs(21)), [(20_000, "603 REFER".to_owned())]);
    // One that is pending when the leg ends is answered too.
    script.receive(&in_dialog(&answer.message, "REFER", 18, &refer_lines(""), ""));
    script.end.bye(script.now, leg, None).unwrap();
    assert_eq!(script.whats(), ["BYE", "487 REFER"]);
    script.receive("REFER sip:x@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKr\nFrom: <sip:p@h>;tag=t\n\
        To: <sip:x@192.0.2.1>\nCall-ID: r\nCSeq: 1 REFER\nMax-Forwards: 70\nRefer-To: <sip:a@b>\nContent-Length: 0\n\n");
    assert_eq!(script.whats(), ["405 REFER"], "outside a dialog");
}

#[test]
fn the_second_refer_of_a_dialog_has_a_name_in_its_notifies() {
    let mut script = Script::new();
    let (leg, answer) = script.talking();
    for (cseq, name) in [(11, "refer"), (12, "refer;id=12")] {
        script.receive(&in_dialog(&answer.message, "REFER", cseq, &refer_lines(""), ""));
        script.events();
        script.end.accept_refer(script.now, leg).unwrap();
        let sent = script.sent();
        assert_eq!(sent.iter().map(Sent::what).collect::<Vec<_>>(), ["202 REFER", "NOTIFY"]);
        assert_eq!(sent[1].header("Event"), name);
        assert_eq!(sent[1].header("Subscription-State"), "active;expires=180");
        assert_eq!(sent[1].message.body(), b"SIP/2.0 100 Trying\r\n");
        script.answer(&sent[1].message, 200, "", "");
        script.end.notify_refer(script.now, leg, 486, Some("Not now")).unwrap();
        let last = script.one();
        assert_eq!(last.header("Subscription-State"), "terminated;reason=noresource");
        assert_eq!(last.message.body(), b"SIP/2.0 486 Not now\r\n");
        script.answer(&last.message, 200, "", "");
    }
}

#[test]
fn a_peer_that_says_nothing_of_the_outcome_is_not_waited_for_without_end() {
    let mut script = Script::new();
    let (leg, answer) = script.talking();
    script.end.refer(script.now, leg, &ReferRequest::new(target())).unwrap();
    let refer = script.one();
    script.answer(&refer.message, 202, "", "");
    script.receive(&notify(&answer.message, 11, "refer;id=99", "active", "SIP/2.0 200 OK"));
    script.receive(&notify(&answer.message, 12, "dialog", "active", "SIP/2.0 200 OK"));
    assert_eq!(script.whats(), ["481 NOTIFY", "481 NOTIFY"], "of somebody else");
    script.receive(&notify(&answer.message, 13, "refer", "active;expires=60", "SIP/2.0 100 Trying"));
    assert_eq!(script.whats(), ["200 NOTIFY"]);
    assert!(matches!(
        script.events()[..],
        [
            Event::ReferAnswered { status: 202, is_watched: true, .. },
            Event::ReferProgress { status: 100, is_over: false, .. }
        ]
    ));
    script.wait(Duration::from_secs(181));
    assert!(matches!(script.events()[..], [Event::ReferProgress { status: 408, is_over: true, .. }]));
    // Ended by the peer without a final status: the outcome is not known, which is no success.
    script.end.refer(script.now, leg, &ReferRequest::new(target())).unwrap();
    let refer = script.one();
    script.answer(&refer.message, 202, "", "");
    script.receive(&notify(&answer.message, 14, "refer", "terminated;reason=timeout", "nonsense"));
    let events = script.events();
    assert!(matches!(events[1], Event::ReferProgress { status: 408, is_over: true, .. }), "{events:?}");
}
