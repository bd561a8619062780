//! 100rel and PRACK.

use std::time::Duration;

use crate::script::*;
use crate::world::*;
use flexio_sip::*;

const SUPPORTED: &str = "Supported: 100rel\n";
const REQUIRED: &str = "Require: 100rel\n";

fn prack(provisional: &Sent, cseq: u32, body: &str) -> String {
    let rack = format!("RAck: {} {}\n", provisional.header("RSeq"), provisional.header("CSeq"));
    let lines = if body.is_empty() { rack } else { format!("{rack}Content-Type: application/sdp\n") };
    in_dialog(&provisional.message, "PRACK", cseq, &lines, body)
}

fn reliable(rseq: u32, more: &str) -> String {
    format!("{CONTACT}Require: 100rel\nRSeq: {rseq}\n{more}")
}

/// An inbound call of a peer that sent `lines`, and an offer.
fn ringing(script: &mut Script, lines: &str) -> LegId {
    let text = invite("c1", &format!("{lines}Content-Type: application/sdp\n"));
    script.receive(&text.replace("Content-Length: 0\n\n", "Content-Length: 9\n\nv=0 offer"));
    let leg = script.incoming();
    assert_eq!(script.whats(), ["100 INVITE"]);
    leg
}

#[test]
fn early_media_arrives_and_is_acknowledged_between_two_endpoints() {
    let mut world = World::new(1, CALM);
    let ours = world.dial(0);
    let (theirs, _) = world.incoming();
    world.ends[1].ring(world.now, theirs, 180, None).unwrap();
    world.ends[1].ring(world.now, theirs, 183, Some(b"v=0 early")).unwrap();
    world.ends[1].answer(world.now, theirs, b"v=0 early", &ExtraHeaders::new()).unwrap();
    assert_eq!(world.ends[1].ring(world.now, theirs, 180, None), Err(OpError::WrongState), "it is answered");
    let [a, b] = world.run(ms(50));
    assert!(
        matches!(
            &a[..],
            [
                Event::Progress { status: 180, .. },
                Event::Progress { status: 183, response, .. },
                Event::Answered { leg, .. }
            ] if *leg == ours && response.sdp() == Some(b"v=0 early")
        ),
        "{a:?}"
    );
    assert!(matches!(&b[..], [Event::Confirmed { leg, .. }] if *leg == theirs), "{b:?}");
    let text: Vec<String> = world.log.iter().map(|(_, side, line)| format!("{side} {line}")).collect();
    insta::assert_snapshot!(text.join("\n"), @r"
    0 INVITE sip:+3225550100@192.0.2.2:5060 SIP/2.0
    1 SIP/2.0 100 Trying
    1 SIP/2.0 180 Ringing
    1 SIP/2.0 183 Session Progress
    0 PRACK sip:+3225550100@192.0.2.2:5060 SIP/2.0
    1 SIP/2.0 200 OK
    1 SIP/2.0 200 OK
    0 ACK sip:+3225550100@192.0.2.2:5060 SIP/2.0
    ");
    world.ends[0].bye(world.now, ours, None).unwrap();
    world.assert_clean();
}

#[test]
fn a_provisional_response_is_repeated_at_doubled_intervals_until_its_prack() {
    let mut script = Script::new();
    let leg = ringing(&mut script, SUPPORTED);
    script.end.ring(script.now, leg, 183, Some(b"v=0")).unwrap();
    let first = script.one();
    assert_eq!((first.header("Require"), first.what()), ("100rel".to_owned(), "183 INVITE".to_owned()));
    let times: Vec<_> = script.wait(ms(4_000)).into_iter().map(|sent| sent.0).collect();
    assert_eq!(times, [500, 1_500, 3_500]);
    for wrong in ["RAck: 1 10 INVITE\n", "RAck: x\n", ""] {
        script.receive(
            &in_dialog(&first.message, "PRACK", 11, wrong, "")
                .replace("PRACK11", &format!("n{}", wrong.len())),
        );
        assert_eq!(script.whats(), ["481 PRACK"], "{wrong}");
    }
    script.receive(&prack(&first, 12, ""));
    assert_eq!(script.whats(), ["200 PRACK"]);
    script.receive(&prack(&first, 12, ""));
    assert_eq!(script.whats(), ["200 PRACK"], "repeated");
    assert!(script.wait(ms(20_000)).is_empty());
    // The ACK names the INVITE, whatever numbers came in between.
    script.end.answer(script.now, leg, b"v=0", &ExtraHeaders::new()).unwrap();
    let answer = script.one();
    script.receive(&in_dialog(&answer.message, "ACK", 10, "", ""));
    assert!(matches!(script.events()[..], [Event::Confirmed { .. }]));
}

#[test]
fn a_plain_ringing_goes_unreliably_unless_the_peer_requires_otherwise() {
    for (lines, wanted) in [("", None), (SUPPORTED, None), (REQUIRED, Some("100rel"))] {
        let mut script = Script::new();
        let leg = ringing(&mut script, lines);
        script.end.ring(script.now, leg, 180, None).unwrap();
        assert_eq!(script.one().message.header("Require").as_deref(), wanted, "{lines}");
    }
}

#[test]
fn a_second_provisional_response_and_the_answer_wait_for_the_prack() {
    let mut script = Script::new();
    let leg = ringing(&mut script, REQUIRED);
    script.end.ring(script.now, leg, 180, None).unwrap();
    let first = script.one();
    script.end.ring(script.now, leg, 183, Some(b"v=0 a")).unwrap();
    assert!(script.whats().is_empty());
    script.receive(&prack(&first, 11, ""));
    let sent = script.sent();
    assert_eq!(sent.iter().map(Sent::what).collect::<Vec<_>>(), ["200 PRACK", "183 INVITE"]);
    let number = |sent: &Sent| sent.header("RSeq").parse::<u32>().unwrap();
    assert_eq!(number(&sent[1]), number(&first) + 1);
    script.end.answer(script.now, leg, b"v=0 a", &ExtraHeaders::new()).unwrap();
    assert_eq!(script.end.answer(script.now, leg, b"v=0 a", &ExtraHeaders::new()), Err(OpError::WrongState));
    assert!(script.whats().is_empty());
    // A new offer in the PRACK is declined, and the call goes on.
    script.receive(&prack(&sent[1], 12, "v=0 b"));
    assert_eq!(script.whats(), ["488 PRACK", "200 INVITE"]);
}

#[test]
fn without_a_prack_the_call_ends() {
    let mut script = Script::new();
    let leg = ringing(&mut script, SUPPORTED);
    script.end.ring(script.now, leg, 183, Some(b"v=0")).unwrap();
    let sent = script.wait(Duration::from_secs(33));
    let last = sent.iter().find(|sent| sent.1 == "504 INVITE").unwrap();
    assert_eq!(last.0, 32_000);
    assert_eq!(ends(&script.events()), [(leg, &EndCause::Rejected { status: 504 })]);
    script.wait(Duration::from_secs(400));
    assert_eq!((script.end.stats().legs, script.end.stats().servers), (0, 0));
}

#[test]
fn hanging_up_and_cancelling_do_not_wait_for_a_prack() {
    let mut script = Script::new();
    let leg = ringing(&mut script, SUPPORTED);
    script.end.ring(script.now, leg, 183, Some(b"v=0")).unwrap();
    script.end.answer(script.now, leg, b"v=0", &ExtraHeaders::new()).unwrap();
    script.sent();
    assert_eq!(script.end.bye(script.now, leg, None), Ok(()));
    assert_eq!(script.whats(), ["480 INVITE"]);
}

#[test]
fn an_offer_in_our_provisional_response_is_answered_by_the_prack() {
    let mut script = Script::new();
    script.receive(&invite("c1", SUPPORTED));
    let leg = script.incoming();
    script.sent();
    script.end.ring(script.now, leg, 183, Some(b"v=0 offer")).unwrap();
    let offer = script.one();
    script.receive(&prack(&offer, 11, "v=0 answer"));
    assert_eq!(script.whats(), ["200 PRACK"]);
    let events = script.events();
    assert!(
        matches!(&events[..], [Event::Pracked { leg: l, prack }] if *l == leg && prack.sdp() == Some(b"v=0 answer")),
        "{events:?}"
    );
}

#[test]
fn each_fork_is_acknowledged_in_its_own_order_and_repetitions_are_not_shown() {
    let mut script = Script::new();
    let (leg, invite) = script.dial(|_| {});
    assert!(invite.header("Supported").contains("100rel"));
    let mut pracks = Vec::new();
    for (tag, rseq, is_new) in [
        ("a", 7, true),
        ("a", 7, false),
        ("b", 100, true),
        ("a", 9, false),
        ("a", 8, true),
        ("b", 100, false),
    ] {
        script.answer(&invite.message, 183, tag, &reliable(rseq, ""));
        let sent = script.sent();
        assert_eq!(
            (sent.len(), script.events().len()),
            (usize::from(is_new), usize::from(is_new)),
            "{tag} {rseq}"
        );
        pracks.extend(sent);
    }
    let racks: Vec<_> = pracks.iter().map(|sent| sent.header("RAck")).collect();
    assert_eq!(racks, ["7 1 INVITE", "100 1 INVITE", "8 1 INVITE"]);
    let numbers: Vec<_> = pracks.iter().map(|sent| sent.header("CSeq")).collect();
    assert_eq!(numbers, ["2 PRACK", "3 PRACK", "4 PRACK"]);
    assert!(pracks[1].header("To").ends_with(";tag=b"));
    script.answer(&invite.message, 200, "a", CONTACT);
    let ack = script.one();
    assert_eq!(ack.header("CSeq"), "1 ACK");
    assert!(matches!(script.events()[..], [Event::Answered { .. }]));
    script.end.bye(script.now, leg, None).unwrap();
    assert_eq!(script.one().header("CSeq"), "5 BYE");
}

#[test]
fn an_invite_without_offer_does_not_ask_for_reliable_responses() {
    let mut script = Script::new();
    let (_, invite) = script.dial(|request| request.sdp = Vec::new());
    assert!(!invite.header("Supported").contains("100rel"));
}
