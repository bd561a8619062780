//! What the API does to a live call.

use flexio_voice::*;

use crate::{Play, answered, document, inbound};

fn bridged() -> Play {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Dial action='/done'><Number>+321</Number></Dial>");
    play.at(5_000, answered(1));
    play
}

#[test]
fn either_leg_of_a_bridge_is_held_with_music_and_taken_back() {
    let mut play = bridged();
    play.quiet();
    let hold = |on| Event::HoldLeg { leg: LegId(1), on, music: Some("https://app.test/m.wav".into()) };
    let held = |on, status| Event::Held { leg: LegId(1), on, status };
    play.at(6_000, hold(false)).at(6_100, hold(true)).at(6_200, hold(true)).at(6_300, held(true, 200));
    play.at(9_000, hold(false)).at(9_100, held(false, 200)).at(9_200, hold(true)).at(9_300, held(true, 488));
    play.at(9_400, hold(false));
    insta::assert_snapshot!(play.log);
}

#[test]
fn keys_are_sent_into_a_conversation() {
    let mut play = bridged();
    play.quiet().at(6_000, Event::SendDigits { leg: LegId(1), digits: "1w2".into() });
    play.at(6_100, Event::SendDigits { leg: LegId(7), digits: "1".into() });
    insta::assert_snapshot!(play.log);
}

#[test]
fn something_is_said_to_one_leg_over_the_conversation() {
    let mut play = bridged();
    assert!(play.call.in_conversation(LegId::FIRST) && play.call.in_conversation(LegId(1)));
    let words = || {
        document("<Say>One minute left</Say><Pause length='1'/><Play>https://app.test/x.wav</Play><Record/>")
    };
    play.quiet().at(6_000, Event::Interject { leg: LegId(1), document: words() });
    play.played(7_000).at(8_000, Event::Timeout).at(8_500, Event::LegHungUp { leg: LegId(1) });
    insta::assert_snapshot!(play.log);
    assert!(!play.call.in_conversation(LegId::FIRST));
    play.quiet().at(9_000, Event::Interject { leg: LegId::FIRST, document: words() });
    assert!(play.last.is_empty(), "there is no conversation any more");
}
