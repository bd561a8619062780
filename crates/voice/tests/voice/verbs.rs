//! Gather, Record, messages, and what is not available.

use flexio_voice::*;

use crate::{Play, inbound};

fn talking(body: &str) -> Play {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, body);
    play
}

/// A call of a document that came with it, and so has no URL.
fn with_own_document(body: &str) -> Play {
    let mut facts = inbound();
    facts.source = Source::Document(crate::document(body));
    let mut play = Play::new(facts);
    play.at(0, Event::Start);
    play
}

#[test]
fn the_first_key_stops_the_prompt_and_the_last_one_asks_the_action() {
    let mut play =
        talking("<Gather action='/menu' numDigits='2'><Say>Choose</Say><Play>a.wav</Play></Gather>");
    play.quiet().keys(1_000, "1").keys(2_000, "2");
    insta::assert_snapshot!(play.log, @r"
    1000 Digit 1 on leg 0
         -> StopPrompt { prompt: PromptId(2) }
    2000 Digit 2 on leg 0
         -> Fetch Action https://app.test/menu CallStatus=in-progress&Digits=12&FinishedOnKey=
    ");
}

#[test]
fn the_timeout_starts_after_the_prompts_and_restarts_with_each_key() {
    let mut play = talking("<Gather timeout='3'><Say>Choose</Say></Gather>");
    play.quiet().played(10_000).keys(12_000, "*").at(13_000, Event::Timeout).at(15_000, Event::Timeout);
    insta::assert_snapshot!(play.log, @r"
    10000 PromptDone 2
    12000 Digit * on leg 0
    13000 Timeout
    15000 Timeout
          -> Fetch Action https://app.test/voice CallStatus=in-progress&Digits=*&FinishedOnKey=
    ");
}

#[test]
fn nothing_entered_goes_on_with_the_next_verb_unless_told_otherwise() {
    let mut play = talking("<Gather/><Say>Nothing</Say>");
    play.quiet().at(5_100, Event::Timeout);
    insta::assert_snapshot!(play.log, @r#"
    5100 Timeout
         -> Play 2 leg 0 x1 nl-BE "Nothing"
    "#);
    let mut play = talking("<Gather actionOnEmptyResult='true' action='/e'/><Say>Nothing</Say>");
    play.quiet().at(5_100, Event::Timeout);
    insta::assert_snapshot!(play.log, @r"
    5100 Timeout
         -> Fetch Action https://app.test/e CallStatus=in-progress&Digits=&FinishedOnKey=
    ");
}

#[test]
fn a_call_that_asks_for_any_key_goes_on_with_one_and_ends_without() {
    let gather = "<Gather timeout='5' numDigits='1' finishOnKey='' startInputKey='0123456789*#' hangupOnEmptyResult='true'/>";
    let mut play = with_own_document(&format!("{gather}<Say>Secret</Say>"));
    play.quiet().at(5_100, Event::Timeout);
    assert!(play.log.contains("Hangup") && !play.log.contains("Secret"), "{}", play.log);
    for key in ["1", "*", "#"] {
        let mut play = with_own_document(&format!("{gather}<Say>Secret</Say>"));
        play.quiet().keys(1_000, key);
        assert!(play.log.contains("Secret") && !play.log.contains("Fetch"), "{key}: {}", play.log);
    }
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
fn a_recording_ends_on_a_key_and_its_url_is_told() {
    let mut play = talking("<Record action='/done' maxLength='30' recordingStatusCallback='/rec'/>");
    play.quiet().played(600);
    let recording = play.recording();
    play.keys(5_000, "5").recorded(5_100, recording, 4_400);
    insta::assert_snapshot!(play.log, @r#"
     600 PromptDone 2
         -> StartRecording 3 RE1 leg 0 RecordVerb channels=1 max=30 silence=Some(5)
         -> RecordingFact RE1 None
    5000 Digit 5 on leg 0
         -> StopRecording { recording: RecordingId(3) }
    5100 RecordingDone { recording: RecordingId(3), outcome: Completed { duration_ms: 4400, url: "https://api.test/RE", public_url: None } }
         -> RecordingFact RE1 Some(Completed { duration_ms: 4400, url: "https://api.test/RE", public_url: None })
         -> Callback leg 0 Recording https://app.test/rec RecordingSid=RE1&RecordingStatus=completed&RecordingUrl=https://api.test/RE&RecordingDuration=4&RecordingChannels=1&RecordingStartTime=Thu, 01 Jan 1970 00:00:00 +0000&RecordingSource=RecordVerb&RecordingTrack=inbound
         -> Fetch Action https://app.test/done CallStatus=in-progress&RecordingUrl=https://api.test/RE&RecordingSid=RE1&RecordingDuration=4&Digits=5
    "#);
}

#[test]
fn an_empty_recording_goes_on_with_the_next_verb() {
    let mut play = talking("<Record playBeep='false'/><Say>Nothing heard</Say>");
    let recording = play.recording();
    play.quiet().at(6_000, Event::RecordingDone { recording, outcome: RecordingOutcome::Absent });
    insta::assert_snapshot!(play.log, @r#"
    6000 RecordingDone { recording: RecordingId(2), outcome: Absent }
         -> RecordingFact RE1 Some(Absent)
         -> Play 3 leg 0 x1 nl-BE "Nothing heard"
    "#);
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
    insta::assert_snapshot!(play.log, @r#"
    9000 LegHungUp { leg: LegId(0) }
         -> Status { leg: LegId(0), status: Completed }
         -> Finish leg 0 Completed PartyHungUp sip=None ring=100 talk=8900
         -> StopRecording { recording: RecordingId(2) }
    9200 RecordingDone { recording: RecordingId(2), outcome: Completed { duration_ms: 8900, url: "https://api.test/RE", public_url: None } }
         -> RecordingFact RE1 Some(Completed { duration_ms: 8900, url: "https://api.test/RE", public_url: None })
         -> Fetch Action https://app.test/vm CallStatus=completed&RecordingUrl=https://api.test/RE&RecordingSid=RE1&RecordingDuration=9&Digits=hangup
    9300 Document [Say Message Redirect]
         -> SendMessage 4 from +3225550100 to +32470000009: New voicemail
         -> Fetch Redirect https://app.test/x CallStatus=completed
    9400 Document []
         -> Done
    "#);
    assert!(play.call.is_done());
}

#[test]
fn a_media_thread_that_never_reports_does_not_hold_the_call() {
    let mut play = talking("<Record playBeep='false' action='/vm'/>");
    play.at(9_000, Event::LegHungUp { leg: LegId::FIRST }).quiet();
    play.at(49_000, Event::Timeout);
    insta::assert_snapshot!(play.log, @r#"
    49000 Timeout
          -> RecordingFact RE1 Some(Failed { text: "the media thread did not report its end" })
          -> Notify Error 12400 a recording was lost: the media thread did not report its end line 0
          -> Done
    "#);
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
    insta::assert_snapshot!(play.log, @r#"
    200 MessageDone { request: RequestId(2), result: Ok(MessageAccepted { sid: "SM1", status: "queued" }) }
        -> Fetch Action https://app.test/sent CallStatus=ringing&SmsSid=SM1&MessageSid=SM1&SmsStatus=queued&MessageStatus=queued
    "#);
}

#[test]
fn an_email_is_sent_as_it_is_written_and_its_outcome_goes_to_its_action() {
    let body =
        "<Email from='a@x.test' to='b@x.test' action='/done' statusCallback='/later'>x</Email><Fax>f</Fax>";
    let mut play = talking(body);
    let sent = play.last.iter().find_map(|action| match action {
        Action::SendEmail(sent) => Some(sent.clone()),
        _ => None,
    });
    let sent = sent.unwrap();
    assert_eq!(
        sent.email.status_callback.map(|target| target.url).as_deref(),
        Some("https://app.test/later")
    );
    let refused = MessageRefused { code: 14122, text: "no".into() };
    play.quiet().at(200, Event::MessageDone { request: sent.request, result: Err(refused) });
    for part in
        ["Notify Error 14122 no", "Fetch Action https://app.test/done", "EmailSid=&EmailStatus=failed"]
    {
        assert!(play.log.contains(part), "{part} in {}", play.log);
    }
}
