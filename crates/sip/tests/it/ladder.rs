//! What is kept of a leg's messages, and when it is told.

use std::time::Duration;

use crate::script::*;
use crate::world::*;
use flexio_sip::*;

fn traced(config: Config) -> Config {
    Config { ladder_bytes_max: 1 << 20, ..config }
}

/// `> INVITE` was sent, `< 200` received.
fn rungs(ladder: &Ladder) -> Vec<String> {
    let of = |message: &Traced| {
        let text = message.text();
        let words: Vec<&str> = text.split(' ').take(2).collect();
        let word = if words[0] == "SIP/2.0" { words[1] } else { words[0] };
        format!("{} {word}", if message.is_sent { '>' } else { '<' })
    };
    ladder.messages.iter().map(of).collect()
}

fn ladders(end: &mut Endpoint) -> Vec<Ladder> {
    std::iter::from_fn(|| end.poll_ladder()).collect()
}

#[test]
fn both_ends_tell_the_whole_call_as_soon_as_the_bye_is_answered() {
    let mut world = World::with(1, CALM, [traced(config(0)), traced(config(1))]);
    let (ours, theirs) = world.talking();
    world.ends[0].bye(world.now, ours, None).unwrap();
    assert!(world.ends[0].has_ladder(ours) && world.ends[1].has_ladder(theirs));
    world.run(ms(20));
    let [mine] = &ladders(&mut world.ends[0])[..] else { panic!("one ladder") };
    assert_eq!(rungs(mine), ["> INVITE", "< 100", "< 200", "> ACK", "> BYE", "< 200"]);
    assert_eq!((mine.leg, mine.dropped), (ours, 0));
    let [other] = &ladders(&mut world.ends[1])[..] else { panic!("one ladder") };
    assert_eq!(rungs(other), ["< INVITE", "> 100", "> 200", "< ACK", "< BYE", "> 200"]);
    assert_eq!((other.leg, world.ends[0].has_ladder(ours)), (theirs, false));
    world.assert_clean();
}

#[test]
fn a_refused_call_is_told_with_its_ack_and_a_cancelled_one_with_its_cancel() {
    let mut script = Script::with(traced(config(0)));
    script.receive(&invite("c1", ""));
    script.receive(&invite("c1", ""));
    let leg = script.incoming();
    script.end.reject(script.now, leg, 486, None, &ExtraHeaders::new()).unwrap();
    let refusal = script.sent().pop().unwrap();
    let ack = in_dialog(&refusal.message, "ACK", 10, "", "").replace("z9hG4bKACK10", "z9hG4bKc1");
    script.receive(&ack);
    assert_eq!(ladders(&mut script.end), []);
    script.wait(Duration::from_secs(2));
    let told = ladders(&mut script.end);
    assert_eq!(rungs(&told[0]), ["< INVITE", "> 100", "< INVITE", "> 100", "> 486", "< ACK"]);
    script.receive(&invite("c2", ""));
    let cancel = invite("c2", "").replace("INVITE sip", "CANCEL sip").replace("10 INVITE", "10 CANCEL");
    script.receive(&cancel);
    script.wait(Duration::from_secs(2));
    let told = ladders(&mut script.end);
    assert_eq!(rungs(&told[0])[..5], ["< INVITE", "> 100", "< CANCEL", "> 200", "> 487"]);
}

#[test]
fn a_peer_that_does_not_answer_the_bye_does_not_hold_the_ladder_up() {
    let mut script = Script::with(traced(config(0)));
    let (leg, _) = script.talking();
    script.end.bye(script.now, leg, None).unwrap();
    script.wait(Duration::from_millis(1_999));
    assert!(script.end.has_ladder(leg));
    script.wait(Duration::from_millis(1));
    let told = ladders(&mut script.end);
    assert_eq!(rungs(&told[0]), ["< INVITE", "> 100", "> 200", "< ACK", "> BYE", "> BYE", "> BYE"]);
}

#[test]
fn all_ladders_together_hold_no_more_than_they_may() {
    let mut script = Script::with(Config { ladder_bytes_max: 1, ..config(0) });
    let (leg, _) = script.talking();
    script.end.bye(script.now, leg, None).unwrap();
    script.end.finish_ladders();
    let told = ladders(&mut script.end);
    assert_eq!((rungs(&told[0]), told[0].dropped), (vec!["< INVITE".to_owned()], 4));
    let mut silent = Script::with(config(0));
    let (leg, _) = silent.talking();
    assert!(!silent.end.has_ladder(leg));
}

/// The same call once more, as one who has been asked for credentials sends it.
fn once_more(number: u32, lines: &str) -> String {
    let branch = format!("branch=z9hG4bKc1-{number}\n");
    let cseq = format!("CSeq: {} INVITE", 10 + number);
    invite("c1", lines).replace("branch=z9hG4bKc1\n", &branch).replace("CSeq: 10 INVITE", &cseq)
}

#[test]
fn an_invite_that_was_challenged_stands_in_the_ladder_of_the_one_that_comes_with_credentials() {
    let auth = AuthPolicy {
        realm: "flexio".to_owned(),
        algorithms: vec![Algorithm::Md5],
        nonce_lifetime: Duration::from_secs(60),
    };
    let mut script = Script::with(Config { auth: Some(auth), ..traced(config(0)) });
    let padding =
        "X-Padding: 0123456789012345678901234567890123456789012345678901234567890123456789\n".repeat(6);
    // Challenged at the door, then by the application, then let in: one story.
    script.trust = Trust::Unknown;
    script.receive(&once_more(0, &padding));
    script.trust = Trust::Trusted;
    script.receive(&once_more(2, ""));
    let leg = script.incoming();
    script.end.challenge(script.now, leg, false).unwrap();
    assert!(matches!(script.events()[..], [Event::Ended { .. }]));
    script.receive(&once_more(3, ""));
    let leg = script.incoming();
    let told = script.end.ladder_so_far(leg).unwrap();
    let all = ["< INVITE", "> 401", "< INVITE", "> 100", "> 401", "< INVITE", "> 100"];
    assert_eq!(rungs(&told), all);
    script.end.reject(script.now, leg, 486, None, &ExtraHeaders::new()).unwrap();
    assert!(matches!(script.events()[..], [Event::Ended { .. }]));
    // Told once, to nobody else, and not for ever.
    script.receive(&once_more(4, ""));
    let leg = script.incoming();
    assert_eq!(rungs(&script.end.ladder_so_far(leg).unwrap()), ["< INVITE", "> 100"]);
    script.end.challenge(script.now, leg, false).unwrap();
    assert!(matches!(script.events()[..], [Event::Ended { .. }]));
    script.wait(Duration::from_secs(33));
    script.receive(&once_more(5, ""));
    let leg = script.incoming();
    assert_eq!(rungs(&script.end.ladder_so_far(leg).unwrap()), ["< INVITE", "> 100"]);
}
