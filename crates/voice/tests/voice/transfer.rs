//! Hold, Resume, Refer, and transfers a called party asks for.

use flexio_voice::*;

use crate::{Play, answered, inbound};

fn running(body: &str) -> Play {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, body);
    play
}

fn held(on: bool, status: u16) -> Event {
    Event::Held { leg: LegId::FIRST, on, status }
}

#[test]
fn a_party_is_held_with_music_and_taken_back() {
    let mut play = running("<Hold holdMusic='/music.wav' action='/held'/><Say>never</Say>");
    play.at(200, held(true, 200)).answer(300, "<Pause length='5'/><Resume/><Say>Back</Say>");
    play.at(5_300, Event::Timeout).at(5_400, held(false, 200));
    insta::assert_snapshot!(play.log);
}

#[test]
fn a_hold_that_fails_or_is_not_answered_is_told() {
    let mut refused = running("<Hold action='/held'/>");
    refused.quiet().at(200, held(true, 488));
    let mut silent = running("<Hold action='/held'/>");
    silent.quiet().at(35_100, Event::Timeout);
    let mut never = running("<Resume action='/resumed'/><Say>Nobody was held</Say>");
    never.quiet();
    insta::assert_snapshot!([refused.log, silent.log].join("\n"));
    assert!(
        never.last.iter().any(|action| matches!(action, Action::Play(_))),
        "Resume without Hold is ignored"
    );
}

#[test]
fn a_transfer_is_followed_to_its_end() {
    let mut play =
        running("<Refer action='/referred'><Sip>sip:bob@example.org</Sip></Refer><Say>never</Say>");
    play.at(200, Event::ReferAnswered { leg: LegId::FIRST, status: 202, watched: true });
    play.at(300, Event::ReferProgress { leg: LegId::FIRST, status: 180, over: false });
    play.at(9_000, Event::ReferProgress { leg: LegId::FIRST, status: 200, over: true });
    insta::assert_snapshot!(play.log);
}

#[test]
fn a_transfer_that_is_declined_unwatched_or_cut_short_is_told_as_far_as_it_is_known() {
    let body = "<Refer action='/referred'><Sip>sip:bob@example.org</Sip></Refer>";
    let mut declined = running(body);
    declined.quiet().at(200, Event::ReferAnswered { leg: LegId::FIRST, status: 603, watched: false });
    let mut unwatched = running(body);
    unwatched.quiet().at(200, Event::ReferAnswered { leg: LegId::FIRST, status: 202, watched: false });
    let mut busy = running(body);
    busy.quiet().at(200, Event::ReferAnswered { leg: LegId::FIRST, status: 202, watched: true });
    busy.at(300, Event::ReferProgress { leg: LegId::FIRST, status: 486, over: true });
    let mut gone = running(body);
    gone.quiet().at(200, Event::ReferAnswered { leg: LegId::FIRST, status: 202, watched: true });
    gone.at(300, Event::LegHungUp { leg: LegId::FIRST });
    let mut silent = running(body);
    silent.quiet().at(120_100, Event::Timeout);
    insta::assert_snapshot!([declined.log, unwatched.log, busy.log, gone.log, silent.log].join("\n"));
}

#[test]
fn a_called_party_sends_the_caller_elsewhere() {
    let mut play = running("<Dial referUrl='/refer' action='/done'><Number>+3225550123</Number></Dial>");
    play.at(5_000, answered(1)).quiet();
    play.at(9_000, Event::Referred { leg: LegId(1), target: "sip:carol@example.org".into() });
    play.answer(9_100, "<Dial><Sip>sip:carol@example.org</Sip></Dial>");
    insta::assert_snapshot!(play.log);
}

#[test]
fn a_transfer_no_document_was_named_for_is_declined() {
    let mut play = running("<Dial><Number>+3225550123</Number></Dial>");
    play.at(5_000, answered(1)).quiet();
    for leg in [LegId::FIRST, LegId(1)] {
        play.at(9_000, Event::Referred { leg, target: "sip:carol@example.org".into() });
        assert!(matches!(play.last.last(), Some(Action::AnswerRefer { status: 603, .. })), "{:?}", play.last);
    }
}
