//! Gather, Record, messages, and what is not available.

use flexio_voice::*;

use crate::{Play, inbound};

fn talking(body: &str) -> Play {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, body);
    play
}

#[test]
fn the_first_key_stops_the_prompt_and_the_last_one_asks_the_action() {
    let mut play =
        talking("<Gather action='/menu' numDigits='2'><Say>Choose</Say><Play>a.wav</Play></Gather>");
    play.quiet().keys(1_000, "#");
    let mut play =
        talking("<Gather action='/menu' numDigits='2'><Say>Choose</Say><Play>a.wav</Play></Gather>");
    play.quiet().keys(1_000, "1").keys(2_000, "2");
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn the_timeout_starts_after_the_prompts_and_restarts_with_each_key() {
    let mut play = talking("<Gather timeout='3'><Say>Choose</Say></Gather>");
    play.quiet().played(10_000).keys(12_000, "*").at(13_000, Event::Timeout).at(15_000, Event::Timeout);
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn nothing_entered_goes_on_with_the_next_verb_unless_told_otherwise() {
    let mut play = talking("<Gather/><Say>Nothing</Say>");
    play.quiet().at(5_100, Event::Timeout);
    insta::assert_snapshot!(play.log, @"");
    let mut play = talking("<Gather actionOnEmptyResult='true' action='/e'/><Say>Nothing</Say>");
    play.quiet().at(5_100, Event::Timeout);
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn only_the_finishing_key_is_nothing_entered() {
    let mut play = talking("<Gather/><Hangup/>");
    play.quiet().keys(1_000, "#");
    assert!(play.log.contains("Hangup") && !play.log.contains("Fetch"), "{}", play.log);
}

#[test]
fn start_keys_and_finish_keys_are_sets() {
    let mut play = talking("<Gather finishOnKey='*9' startInputKey='12' action='/a'/>");
    play.quiet().keys(1_000, "3#1#9");
    assert!(play.log.contains("Digits=1#&FinishedOnKey=9"), "{}", play.log);
}

#[test]
fn keys_do_not_stop_prompts_without_barge_in() {
    let mut play = talking("<Gather bargeIn='false' numDigits='1'><Say>Listen</Say></Gather>");
    play.quiet().keys(1_000, "1");
    assert!(!play.log.contains("StopPrompt"), "{}", play.log);
}

#[test]
fn speech_without_a_recogniser_says_so_and_keys_work() {
    let mut play = talking("<Gather input='speech' numDigits='1' action='/s'/>");
    play.keys(1_000, "4");
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn a_recording_ends_on_a_key_and_its_url_is_told() {
    let mut play = talking("<Record action='/done' maxLength='30' recordingStatusCallback='/rec'/>");
    play.quiet().played(600).at(5_000, Event::Timeout);
    let mut play = talking("<Record action='/done' maxLength='30' recordingStatusCallback='/rec'/>");
    play.quiet().played(600);
    let recording = play.recording();
    play.keys(5_000, "5").recorded(5_100, recording, 4_400);
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn an_empty_recording_goes_on_with_the_next_verb() {
    let mut play = talking("<Record playBeep='false'/><Say>Nothing heard</Say>");
    let recording = play.recording();
    play.quiet().at(6_000, Event::RecordingDone { recording, outcome: RecordingOutcome::Absent });
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn voicemail_of_a_caller_who_hung_up_is_still_delivered() {
    let mut play = talking("<Record playBeep='false' action='/vm'/>");
    play.quiet().at(9_000, Event::LegHungUp { leg: LegId::FIRST });
    let recording = play.recording();
    play.recorded(9_200, recording, 8_900);
    play.answer(
        9_300,
        "<Say>Thank you</Say><Sms to='+32470000009'>New voicemail</Sms><Redirect>/x</Redirect>",
    );
    play.answer(9_400, "");
    insta::assert_snapshot!(play.log, @"");
    assert!(play.call.is_done());
}

#[test]
fn a_media_thread_that_never_reports_does_not_hold_the_call() {
    let mut play = talking("<Record playBeep='false' action='/vm'/>");
    play.at(9_000, Event::LegHungUp { leg: LegId::FIRST }).quiet();
    play.at(19_000, Event::Timeout);
    insta::assert_snapshot!(play.log, @"");
    assert!(play.call.is_done());
}

#[test]
fn the_outcome_of_a_message_goes_to_its_action() {
    let mut play = talking("<Message action='/sent' statusCallback='/dlr'>Hi</Message><Hangup/>");
    let request = play.last.iter().find_map(|a| match a {
        Action::SendMessage(m) => Some(m.request),
        _ => None,
    });
    let request = request.unwrap();
    let accepted = MessageAccepted { sid: "SM1".into(), status: "queued".into() };
    play.quiet().at(200, Event::MessageDone { request, result: Ok(accepted) });
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn what_is_not_available_is_told_and_skipped() {
    let body = "<Enqueue>q</Enqueue><Dial><Conference>r</Conference></Dial><Dial><Queue>q</Queue></Dial><Leave/><Hold/>\
                <Resume/><Refer><Sip>sip:a@b</Sip></Refer><Email from='a' to='b'>x</Email>\
                <Connect><Stream url='wss://x'/></Connect><Start><Stream url='wss://x'/></Start><Stop><Stream/></Stop>\
                <Fax>f</Fax>";
    insta::assert_snapshot!(talking(body).log, @"");
}
