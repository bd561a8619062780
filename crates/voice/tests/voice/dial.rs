//! Connecting parties.

use flexio_voice::*;

use crate::{Play, answered, failed, inbound};

fn dialling(body: &str) -> Play {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, body);
    play
}

#[test]
fn a_party_is_called_connected_recorded_and_its_outcome_told() {
    let mut play = dialling(
        "<Dial action='/done' record='record-from-answer-dual' callerId='+3225550100'>\
         <Number statusCallback='/cb' statusCallbackEvent='initiated ringing answered completed'>+3225550123</Number></Dial>",
    );
    play.at(1_000, Event::LegRinging { leg: LegId(1) }).at(5_000, answered(1));
    let recording = play.recording();
    play.at(65_000, Event::LegHungUp { leg: LegId(1) }).recorded(65_100, recording, 60_000);
    play.answer(65_200, "<Hangup/>");
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn the_first_of_several_to_answer_wins() {
    let mut play = dialling(
        "<Dial><Number>+321</Number><Sip>sip:a@b.test</Sip><Client>bob</Client></Dial><Say>Bye</Say>",
    );
    play.quiet().at(1_000, failed(1, 486)).at(2_000, answered(2)).at(2_001, answered(3));
    play.at(9_000, Event::LegHungUp { leg: LegId(2) });
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn a_dial_nobody_answers_tells_the_most_telling_reason() {
    let mut play =
        dialling("<Dial action='/done' timeout='20'><Number>+321</Number><Number>+322</Number></Dial>");
    play.quiet().at(1_000, failed(1, 486)).at(20_100, Event::Timeout);
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn sequential_parties_ring_one_after_another() {
    let mut play =
        dialling("<Dial sequential='true' timeout='10'><Number>+321</Number><Number>+322</Number></Dial>");
    play.quiet().at(10_100, Event::Timeout).at(12_000, answered(2));
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn a_caller_may_stay_unanswered_until_the_bridge() {
    let mut play = dialling("<Dial answerOnBridge='true'>+321</Dial>");
    play.at(3_000, answered(1)).at(5_000, Event::LegHungUp { leg: LegId::FIRST });
    insta::assert_snapshot!(play.log, @"");
    let mut play = dialling("<Dial answerOnBridge='true'>+321</Dial>");
    play.quiet().at(3_000, failed(1, 486));
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn a_screened_party_is_connected_only_if_it_accepts() {
    let body = "<Dial action='/done'><Number url='/screen' sendDigits='1w2'>+321</Number></Dial>";
    let mut play = dialling(body);
    play.at(1_000, answered(1))
        .played(2_000)
        .answer(2_100, "<Gather numDigits='1' action='/accept'/><Hangup/>");
    play.at(3_000, Event::Digit { leg: LegId(1), key: flexio_markup::Key::from_char('1').unwrap() });
    play.answer(3_100, "");
    insta::assert_snapshot!(play.log, @"");
    let mut play = dialling(body);
    play.at(1_000, answered(1)).played(2_000).answer(2_100, "<Gather numDigits='1'/><Hangup/>");
    play.quiet().at(7_100, Event::Timeout);
    insta::assert_snapshot!(play.log, @"");
    let mut play = dialling(body);
    play.at(1_000, answered(1)).played(2_000).answer(2_100, "<Play loop='0'>x.wav</Play>");
    play.quiet().at(62_000, Event::Timeout);
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn a_caller_who_leaves_while_it_rings_still_has_his_action() {
    let mut play = dialling("<Dial action='/done'>+321</Dial><Say>later</Say>");
    play.quiet().at(4_000, Event::LegHungUp { leg: LegId::FIRST }).answer(4_100, "<Sms>Missed you</Sms>");
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn star_ends_the_conversation_and_goes_on_with_the_document() {
    let mut play = dialling("<Dial hangupOnStar='true'>+321</Dial><Say>Back</Say>");
    play.at(3_000, answered(1)).quiet().keys(4_000, "5*");
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn the_time_limit_ends_the_conversation() {
    let mut play = dialling("<Dial timeLimit='60' action='/done'><Sip>sip:a@b.test</Sip></Dial>");
    play.at(3_000, answered(1)).quiet().at(63_000, Event::Timeout);
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn a_caller_id_that_is_not_allowed_stops_the_document() {
    let mut play = dialling("<Dial callerId='+1'>+321</Dial><Say>never</Say>");
    play.quiet()
        .at(150, Event::DialRefused { leg: LegId(1), code: 13214, text: "callerId is not yours".into() });
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn another_refusal_is_a_failed_party() {
    let mut play = dialling("<Dial><Client>bob</Client></Dial><Say>Sorry</Say>");
    play.quiet()
        .at(150, Event::DialRefused { leg: LegId(1), code: 13201, text: "bob is not registered".into() });
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn moving_the_caller_lets_the_called_party_go() {
    let mut play = dialling("<Dial record='true'>+321</Dial>");
    play.at(3_000, answered(1)).quiet();
    play.at(9_000, Event::NewUrl { target: crate::target("https://app.test/hold"), fallback: None });
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn ending_the_called_leg_by_the_api_goes_on_with_the_document() {
    let mut play = dialling("<Dial>+321</Dial><Say>Back</Say>");
    play.at(3_000, answered(1)).quiet().at(4_000, Event::Complete { leg: LegId(1) });
    insta::assert_snapshot!(play.log, @"");
}
