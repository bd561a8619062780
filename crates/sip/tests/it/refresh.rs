//! Session timers and UPDATE.

use std::time::Duration;

use crate::script::*;
use crate::world::*;
use flexio_sip::*;

const ALLOW: &str = "Allow: INVITE, ACK, BYE, UPDATE\n";

/// A call of ours that the peer answers with further lines, and our ACK.
fn answered(script: &mut Script, lines: &str) -> LegId {
    let (leg, invite) = script.dial(|_| {});
    script.answer(&invite.message, 200, "theirs", &format!("{CONTACT}{lines}"));
    assert_eq!(script.whats(), ["ACK"]);
    assert!(matches!(script.events()[..], [Event::Answered { .. }]));
    leg
}

#[test]
fn two_endpoints_keep_a_long_call_alive_and_end_it_when_one_is_gone() {
    let mut world = World::new(1, CALM);
    let (_, theirs) = world.talking();
    world.log.clear();
    let [a, b] = world.run(Duration::from_secs(3_600));
    assert!(a.is_empty() && b.is_empty(), "nobody is told: {a:?} {b:?}");
    let updates = world.log.iter().filter(|(_, _, line)| line.starts_with("UPDATE")).count();
    assert_eq!(updates, 4, "every 900 s");
    world.weather.loss_percent = 100;
    let [a, b] = world.run(Duration::from_secs(1_900));
    assert!(matches!(ends(&a)[..], [(_, EndCause::DialogLost { .. })]), "the refresher finds out: {a:?}");
    assert_eq!(ends(&b), [(theirs, &EndCause::SessionExpired)]);
}

#[test]
fn who_refreshes_and_how_follows_from_what_the_peer_says() {
    for (lines, method) in [
        (format!("{ALLOW}Session-Expires: 200;refresher=uac\n"), "UPDATE"),
        ("Session-Expires: 200;refresher=uac\n".to_owned(), "INVITE"),
    ] {
        let mut script = Script::new();
        answered(&mut script, &lines);
        let sent = script.wait(Duration::from_secs(101));
        assert_eq!(sent[0], (100_000, method.to_owned()), "at half the interval");
    }
    // The peer is to refresh, and does not: BYE a third, at most 32 s, before the end.
    let mut script = Script::new();
    let leg = answered(&mut script, "Session-Expires: 200;refresher=uas\n");
    assert_eq!(script.wait(Duration::from_secs(169))[0], (168_000, "BYE".to_owned()));
    assert_eq!(ends(&script.events()), [(leg, &EndCause::SessionExpired)]);
    // A peer that knows no timers has none.
    let mut script = Script::new();
    answered(&mut script, "");
    assert!(script.wait(Duration::from_secs(7_200)).is_empty());
}

#[test]
fn a_refused_refresh_is_tried_once_more_and_a_silent_one_ends_the_call() {
    let mut script = Script::new();
    let leg = answered(&mut script, &format!("{ALLOW}Session-Expires: 200;refresher=uac\n"));
    script.now += Duration::from_secs(60);
    script.end.handle_timeout(script.now);
    script.now = Duration::from_secs(100);
    script.end.handle_timeout(script.now);
    let update = script.one();
    assert_eq!(update.header("Session-Expires"), "200;refresher=uac");
    script.answer(&update.message, 500, "", "");
    script.now = Duration::from_secs(150);
    script.end.handle_timeout(script.now);
    let update = script.one();
    script.answer(&update.message, 200, "", "Session-Expires: 200;refresher=uac\n");
    assert!(script.events().is_empty());
    let sent = script.wait(Duration::from_secs(300));
    assert_eq!(sent[0], (250_000, "UPDATE".to_owned()), "counted from the refresh");
    assert!(matches!(ends(&script.events())[..], [(l, EndCause::DialogLost { .. })] if l == leg));
}

#[test]
fn a_422_is_answered_with_what_it_wants_and_not_for_ever() {
    let mut script = Script::new();
    let (leg, first) = script.dial(|_| {});
    assert_eq!(first.header("Session-Expires"), "1800");
    script.answer(&first.message, 422, "a", "Min-SE: 3600\n");
    let second = script.sent().remove(1);
    assert_eq!((second.header("Session-Expires"), second.header("Min-SE")), ("3600".into(), "3600".into()));
    assert_eq!(
        (second.header("CSeq"), second.header("Call-ID")),
        ("2 INVITE".into(), first.header("Call-ID"))
    );
    script.answer(&second.message, 422, "b", "Min-SE: 3600\n");
    assert_eq!(script.whats(), ["ACK"]);
    assert_eq!(ends(&script.events()), [(leg, &EndCause::Failed { status: 422 })]);
}

#[test]
fn an_interval_that_is_too_short_is_refused_and_others_are_answered() {
    let mut script = Script::new();
    script.receive(&invite("c1", "Supported: timer\nSession-Expires: 60\n"));
    let refusal = script.one();
    assert_eq!((refusal.what(), refusal.header("Min-SE")), ("422 INVITE".to_owned(), "90".to_owned()));
    for (n, lines, wanted, required) in [
        ("a", "Supported: timer\nSession-Expires: 300\n", "300;refresher=uac", true),
        ("b", "Supported: timer\nSession-Expires: 300;refresher=uas\n", "300;refresher=uas", false),
        ("c", "Supported: timer\n", "1800;refresher=uac", true),
        ("d", "", "1800;refresher=uas", false),
        // A proxy put it in for a caller that knows nothing of it.
        ("e", "Session-Expires: 60\n", "90;refresher=uas", false),
        ("f", "Supported: timer\nMin-SE: 7200\n", "7200;refresher=uac", true),
    ] {
        script.receive(&invite(n, lines));
        let leg = script.incoming();
        script.sent();
        script.end.answer(script.now, leg, b"v=0", &ExtraHeaders::new()).unwrap();
        let answer = script.one();
        assert_eq!(answer.header("Session-Expires"), wanted, "{lines}");
        assert_eq!(answer.message.header("Require").is_some(), required, "{lines}");
    }
}

#[test]
fn their_refresh_by_update_and_by_reinvite_counts() {
    let mut script = Script::new();
    script.receive(&invite("c1", "Supported: timer\nSession-Expires: 200;refresher=uac\n"));
    let leg = script.incoming();
    script.sent();
    script.end.answer(script.now, leg, b"v=0", &ExtraHeaders::new()).unwrap();
    let answer = script.one();
    script.receive(&in_dialog(&answer.message, "ACK", 10, "", ""));
    script.events();
    let lines = "Supported: timer\nSession-Expires: 200;refresher=uac\nContact: <sip:peer@192.0.2.2:5060>\n";
    for cseq in 11..20 {
        assert!(script.wait(Duration::from_secs(150)).is_empty());
        let method = if cseq % 2 == 0 { "UPDATE" } else { "INVITE" };
        script.receive(&in_dialog(&answer.message, method, cseq, lines, ""));
        if method == "INVITE" {
            assert_eq!(script.whats(), ["100 INVITE"]);
            script.end.accept_reinvite(script.now, leg, b"v=0").unwrap();
            let ok = script.one();
            assert_eq!(ok.header("Session-Expires"), "200;refresher=uac");
            script.receive(&in_dialog(&answer.message, "ACK", cseq, "", ""));
        } else {
            let ok = script.one();
            assert_eq!(
                (ok.what(), ok.header("Session-Expires")),
                ("200 UPDATE".into(), "200;refresher=uac".into())
            );
        }
        script.events();
    }
    let sent = script.wait(Duration::from_secs(200));
    assert_eq!(sent[0].1, "BYE");
}

#[test]
fn an_update_of_ours_changes_the_session_and_gives_way_to_theirs() {
    let mut world = World::new(4, CALM);
    let (ours, theirs) = world.talking();
    world.ends[0].update(world.now, ours, Some(b"v=0 more")).unwrap();
    assert_eq!(world.ends[0].update(world.now, ours, None), Err(OpError::WrongState));
    let [_, b] = world.run(ms(20));
    assert!(matches!(&b[..], [Event::Reoffer { request, .. }] if request.sdp() == Some(b"v=0 more")));
    world.ends[1].accept_reinvite(world.now, theirs, b"v=0 fine").unwrap();
    let [a, b] = world.run(ms(20));
    assert!(
        matches!(&a[..], [Event::ReofferAnswered { response, .. }] if response.sdp() == Some(b"v=0 fine"))
    );
    assert!(b.is_empty(), "an UPDATE has no ACK: {b:?}");
    // Both at once: each refuses the other with 491, and both get through in the end.
    world.ends[0].update(world.now, ours, Some(b"v=0 a")).unwrap();
    world.ends[1].reinvite(world.now, theirs, b"v=0 b").unwrap();
    let mut answered = [false; 2];
    for _ in 0..400 {
        let events = world.run(ms(20));
        for (side, events) in events.into_iter().enumerate() {
            for event in events {
                match event {
                    Event::Reoffer { leg, .. } => {
                        world.ends[side].accept_reinvite(world.now, leg, b"v=0 yes").unwrap();
                    }
                    Event::ReofferAnswered { .. } => answered[side] = true,
                    Event::ReofferFailed { status, .. } => panic!("{status}"),
                    _ => {}
                }
            }
        }
    }
    assert_eq!(answered, [true; 2]);
    assert!(world.lines(0).iter().any(|line| line.starts_with("SIP/2.0 491")));
}
