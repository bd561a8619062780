//! Connecting parties.

use flexio_voice::*;

use crate::{Play, answered, document, failed, inbound};

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
    insta::assert_snapshot!(play.log, @r#"
        0 Start
          -> Ring { leg: LegId(0) }
          -> Status { leg: LegId(0), status: Ringing }
          -> Fetch Start https://app.test/voice CallStatus=ringing
      100 Document [Dial]
          -> Answer { leg: LegId(0) }
          -> Status { leg: LegId(0), status: InProgress }
          -> Play 2 leg 0 x1 Ringback { country: None }
          -> Dial leg 1 +3225550123 as CA1 from +3225550100
          -> Status { leg: LegId(1), status: Queued }
          -> Callback leg 1 Progress https://app.test/cb CallStatus=initiated&CallEvent=initiated&SequenceNumber=0
     1000 LegRinging { leg: LegId(1) }
          -> Status { leg: LegId(1), status: Ringing }
          -> Callback leg 1 Progress https://app.test/cb CallStatus=ringing&CallEvent=ringing&SequenceNumber=1
     5000 LegAnswered { leg: LegId(1), sip: SipFacts { call_id: Some("dialog1"), x_headers: [] } }
          -> Status { leg: LegId(1), status: InProgress }
          -> Callback leg 1 Progress https://app.test/cb CallStatus=in-progress&CallEvent=answered&SequenceNumber=2
          -> StopPrompt { prompt: PromptId(2) }
          -> Bridge { a: LegId(0), b: LegId(1) }
          -> StartRecording 3 RE2 leg 0 DialVerb channels=2 max=14400 silence=None
          -> RecordingFact RE2 None
    65000 LegHungUp { leg: LegId(1) }
          -> Status { leg: LegId(1), status: Completed }
          -> Finish leg 1 Completed PartyHungUp sip=None ring=4000 talk=60000
          -> Callback leg 1 Progress https://app.test/cb CallStatus=completed&CallEvent=completed&CallDuration=60&Duration=1&SequenceNumber=3
          -> StopRecording { recording: RecordingId(3) }
          -> Unbridge { a: LegId(0), b: LegId(1) }
    65100 RecordingDone { recording: RecordingId(3), outcome: Completed { duration_ms: 60000, url: "https://api.test/RE", public_url: None } }
          -> RecordingFact RE2 Some(Completed { duration_ms: 60000, url: "https://api.test/RE", public_url: None })
          -> Fetch Action https://app.test/done CallStatus=in-progress&DialCallStatus=completed&DialCallSid=CA1&DialCallDuration=60&DialRingDuration=4&DialBridged=true&RecordingUrl=https://api.test/RE&RecordingSid=RE2&RecordingDuration=60
    65200 Document [Hangup]
          -> Hangup { leg: LegId(0), reason: None }
          -> Status { leg: LegId(0), status: Completed }
          -> Finish leg 0 Completed DocumentEnded sip=None ring=100 talk=65100
          -> Done
    "#);
}

#[test]
fn a_call_that_rings_is_picked_up_and_whoever_rang_is_told_that_it_was_answered_elsewhere() {
    let mut play = dialling("<Dial action='/end'><Client>bob</Client><Number>+321</Number></Dial>");
    let room = || document("<Dial><Conference waitUrl=''>pickup</Conference></Dial>");
    play.quiet().at(1_000, Event::LegRinging { leg: LegId(1) });
    play.at(2_000, Event::PickedUp { leg: LegId(1), document: room() });
    assert!(play.log.contains("Finish leg 1 Canceled AnsweredElsewhere"), "{}", play.log);
    assert!(play.log.contains("Finish leg 2 Canceled AnsweredElsewhere"), "{}", play.log);
    assert!(play.log.contains("JoinRoom") && !play.log.contains("/end"), "{}", play.log);
    // Late, and of a party that talks: nothing.
    play.quiet().at(3_000, Event::PickedUp { leg: LegId(1), document: room() });
    let mut talking = dialling("<Dial><Client>bob</Client></Dial>");
    talking.at(1_000, answered(1)).quiet().at(2_000, Event::PickedUp { leg: LegId(1), document: room() });
    for log in [&play.log, &talking.log] {
        assert!(!log.contains("->"), "{log}");
    }
}

#[test]
fn the_first_of_several_to_answer_wins() {
    let mut play = dialling(
        "<Dial><Number>+321</Number><Sip>sip:a@b.test</Sip><Client>bob</Client></Dial><Say>Bye</Say>",
    );
    play.quiet().at(1_000, failed(1, 486)).at(2_000, answered(2)).at(2_001, answered(3));
    play.at(9_000, Event::LegHungUp { leg: LegId(2) });
    insta::assert_snapshot!(play.log, @r#"
    1000 LegFailed { leg: LegId(1), status: 486, sip: SipFacts { call_id: None, x_headers: [] } }
         -> Status { leg: LegId(1), status: Busy }
         -> Finish leg 1 Busy FarEnd sip=Some(486) ring=0 talk=0
    2000 LegAnswered { leg: LegId(2), sip: SipFacts { call_id: Some("dialog2"), x_headers: [] } }
         -> Status { leg: LegId(2), status: InProgress }
         -> Hangup { leg: LegId(3), reason: None }
         -> Status { leg: LegId(3), status: Canceled }
         -> Finish leg 3 Canceled AnsweredElsewhere sip=None ring=0 talk=0
         -> StopPrompt { prompt: PromptId(2) }
         -> Bridge { a: LegId(0), b: LegId(2) }
    2001 LegAnswered { leg: LegId(3), sip: SipFacts { call_id: Some("dialog3"), x_headers: [] } }
    9000 LegHungUp { leg: LegId(2) }
         -> Status { leg: LegId(2), status: Completed }
         -> Finish leg 2 Completed PartyHungUp sip=None ring=0 talk=7000
         -> Unbridge { a: LegId(0), b: LegId(2) }
         -> Play 3 leg 0 x1 nl-BE "Bye"
    "#);
}

#[test]
fn a_dial_nobody_answers_tells_the_most_telling_reason() {
    let mut play =
        dialling("<Dial action='/done' timeout='20'><Number>+321</Number><Number>+322</Number></Dial>");
    play.quiet().at(1_000, failed(1, 486)).at(20_100, Event::Timeout);
    insta::assert_snapshot!(play.log, @r#"
     1000 LegFailed { leg: LegId(1), status: 486, sip: SipFacts { call_id: None, x_headers: [] } }
          -> Status { leg: LegId(1), status: Busy }
          -> Finish leg 1 Busy FarEnd sip=Some(486) ring=0 talk=0
    20100 Timeout
          -> Hangup { leg: LegId(2), reason: Some((1105, "Call No Answer")) }
          -> Status { leg: LegId(2), status: NoAnswer }
          -> Finish leg 2 NoAnswer NoAnswer sip=None ring=0 talk=0
          -> StopPrompt { prompt: PromptId(2) }
          -> Fetch Action https://app.test/done CallStatus=in-progress&DialCallStatus=busy&DialCallSid=CA1&DialCallDuration=0&DialRingDuration=0&DialBridged=false
    "#);
}

#[test]
fn sequential_parties_ring_one_after_another() {
    let mut play =
        dialling("<Dial sequential='true' timeout='10'><Number>+321</Number><Number>+322</Number></Dial>");
    play.quiet().at(10_100, Event::Timeout).at(12_000, answered(2));
    insta::assert_snapshot!(play.log, @r#"
    10100 Timeout
          -> Hangup { leg: LegId(1), reason: Some((1105, "Call No Answer")) }
          -> Status { leg: LegId(1), status: NoAnswer }
          -> Finish leg 1 NoAnswer NoAnswer sip=None ring=0 talk=0
          -> Dial leg 2 +322 as CA2 from +32470000001
          -> Status { leg: LegId(2), status: Queued }
    12000 LegAnswered { leg: LegId(2), sip: SipFacts { call_id: Some("dialog2"), x_headers: [] } }
          -> Status { leg: LegId(2), status: InProgress }
          -> StopPrompt { prompt: PromptId(2) }
          -> Bridge { a: LegId(0), b: LegId(2) }
    "#);
}

#[test]
fn a_caller_may_stay_unanswered_until_the_bridge() {
    let mut play = dialling("<Dial answerOnBridge='true'>+321</Dial>");
    play.at(3_000, answered(1)).at(5_000, Event::LegHungUp { leg: LegId::FIRST });
    insta::assert_snapshot!(play.log, @r#"
       0 Start
         -> Ring { leg: LegId(0) }
         -> Status { leg: LegId(0), status: Ringing }
         -> Fetch Start https://app.test/voice CallStatus=ringing
     100 Document [Dial]
         -> Dial leg 1 +321 as CA1 from +32470000001
         -> Status { leg: LegId(1), status: Queued }
    3000 LegAnswered { leg: LegId(1), sip: SipFacts { call_id: Some("dialog1"), x_headers: [] } }
         -> Status { leg: LegId(1), status: InProgress }
         -> Answer { leg: LegId(0) }
         -> Status { leg: LegId(0), status: InProgress }
         -> Bridge { a: LegId(0), b: LegId(1) }
    5000 LegHungUp { leg: LegId(0) }
         -> Status { leg: LegId(0), status: Completed }
         -> Finish leg 0 Completed PartyHungUp sip=None ring=3000 talk=2000
         -> Hangup { leg: LegId(1), reason: None }
         -> Status { leg: LegId(1), status: Completed }
         -> Finish leg 1 Completed PartnerLeft sip=None ring=0 talk=2000
         -> Done
    "#);
    let mut play = dialling("<Dial answerOnBridge='true'>+321</Dial>");
    play.quiet().at(3_000, failed(1, 486));
    insta::assert_snapshot!(play.log, @r"
    3000 LegFailed { leg: LegId(1), status: 486, sip: SipFacts { call_id: None, x_headers: [] } }
         -> Status { leg: LegId(1), status: Busy }
         -> Finish leg 1 Busy FarEnd sip=Some(486) ring=0 talk=0
         -> Reject { leg: LegId(0), status: 486, reason: None }
         -> Status { leg: LegId(0), status: Busy }
         -> Finish leg 0 Busy DocumentEnded sip=Some(486) ring=3000 talk=0
         -> Done
    ");
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
    insta::assert_snapshot!(play.log, @r#"
       0 Start
         -> Ring { leg: LegId(0) }
         -> Status { leg: LegId(0), status: Ringing }
         -> Fetch Start https://app.test/voice CallStatus=ringing
     100 Document [Dial]
         -> Answer { leg: LegId(0) }
         -> Status { leg: LegId(0), status: InProgress }
         -> Play 2 leg 0 x1 Ringback { country: None }
         -> Dial leg 1 +321 as CA1 from +32470000001
         -> Status { leg: LegId(1), status: Queued }
    1000 LegAnswered { leg: LegId(1), sip: SipFacts { call_id: Some("dialog1"), x_headers: [] } }
         -> Status { leg: LegId(1), status: InProgress }
         -> Play 3 leg 1 x1 Digits("1w2")
    2000 PromptDone 3
         -> Fetch Screening https://app.test/screen CallStatus=in-progress
    2100 Document [Gather Hangup]
    3000 Digit 1 on leg 1
         -> Fetch Action https://app.test/accept CallStatus=in-progress&Digits=1&FinishedOnKey=
    3100 Document []
         -> StopPrompt { prompt: PromptId(2) }
         -> Bridge { a: LegId(0), b: LegId(1) }
    "#);
    let mut play = dialling(body);
    play.at(1_000, answered(1)).played(2_000).answer(2_100, "<Gather numDigits='1'/><Hangup/>");
    play.quiet().at(7_100, Event::Timeout);
    insta::assert_snapshot!(play.log, @r"
    7100 Timeout
         -> Hangup { leg: LegId(1), reason: None }
         -> Status { leg: LegId(1), status: Completed }
         -> Finish leg 1 Completed ScreenedOut sip=None ring=0 talk=6100
         -> StopPrompt { prompt: PromptId(2) }
         -> Fetch Action https://app.test/done CallStatus=in-progress&DialCallStatus=no-answer&DialCallSid=CA1&DialCallDuration=0&DialRingDuration=0&DialBridged=false
    ");
    let mut play = dialling(body);
    play.at(1_000, answered(1)).played(2_000).answer(2_100, "<Play loop='0'>x.wav</Play>");
    play.quiet().at(62_000, Event::Timeout);
    insta::assert_snapshot!(play.log, @r"
    62000 Timeout
          -> Hangup { leg: LegId(1), reason: None }
          -> Status { leg: LegId(1), status: Completed }
          -> Finish leg 1 Completed ScreenedOut sip=None ring=0 talk=61000
          -> StopPrompt { prompt: PromptId(2) }
          -> Fetch Action https://app.test/done CallStatus=in-progress&DialCallStatus=no-answer&DialCallSid=CA1&DialCallDuration=0&DialRingDuration=0&DialBridged=false
    ");
}

#[test]
fn a_caller_who_leaves_while_it_rings_still_has_his_action() {
    let mut play = dialling("<Dial action='/done'>+321</Dial><Say>later</Say>");
    play.quiet().at(4_000, Event::LegHungUp { leg: LegId::FIRST }).answer(4_100, "<Sms>Missed you</Sms>");
    insta::assert_snapshot!(play.log, @r"
    4000 LegHungUp { leg: LegId(0) }
         -> Status { leg: LegId(0), status: Completed }
         -> Finish leg 0 Completed PartyHungUp sip=None ring=100 talk=3900
         -> Hangup { leg: LegId(1), reason: None }
         -> Status { leg: LegId(1), status: Canceled }
         -> Finish leg 1 Canceled PartnerLeft sip=None ring=0 talk=0
         -> Fetch Action https://app.test/done CallStatus=completed&DialCallStatus=canceled&DialCallSid=CA1&DialCallDuration=0&DialRingDuration=0&DialBridged=false
    4100 Document [Message]
         -> SendMessage 4 from +3225550100 to +32470000001: Missed you
         -> Done
    ");
}

#[test]
fn star_ends_the_conversation_and_goes_on_with_the_document() {
    let mut play = dialling("<Dial hangupOnStar='true'>+321</Dial><Say>Back</Say>");
    play.at(3_000, answered(1)).quiet().keys(4_000, "5*");
    insta::assert_snapshot!(play.log, @r#"
    4000 Digit 5 on leg 0
    4000 Digit * on leg 0
         -> Hangup { leg: LegId(1), reason: None }
         -> Status { leg: LegId(1), status: Completed }
         -> Finish leg 1 Completed PartnerLeft sip=None ring=0 talk=1000
         -> Unbridge { a: LegId(0), b: LegId(1) }
         -> Play 3 leg 0 x1 nl-BE "Back"
    "#);
}

#[test]
fn the_time_limit_ends_the_conversation() {
    let mut play = dialling("<Dial timeLimit='60' action='/done'><Sip>sip:a@b.test</Sip></Dial>");
    play.at(3_000, answered(1)).quiet().at(63_000, Event::Timeout);
    insta::assert_snapshot!(play.log, @r#"
    63000 Timeout
          -> Hangup { leg: LegId(1), reason: Some((1104, "Call Maximum Duration Exceeded")) }
          -> Status { leg: LegId(1), status: Completed }
          -> Finish leg 1 Completed TimeLimit sip=None ring=0 talk=60000
          -> Unbridge { a: LegId(0), b: LegId(1) }
          -> Fetch Action https://app.test/done CallStatus=in-progress&DialCallStatus=completed&DialCallSid=CA1&DialCallDuration=60&DialRingDuration=0&DialBridged=true&DialSipCallId=dialog1&DialSipResponseCode=200
    "#);
}

#[test]
fn a_caller_id_that_is_not_allowed_stops_the_document() {
    let mut play = dialling("<Dial callerId='+1'>+321</Dial><Say>never</Say>");
    play.quiet()
        .at(150, Event::DialRefused { leg: LegId(1), code: 13214, text: "callerId is not yours".into() });
    insta::assert_snapshot!(play.log, @r#"
    150 DialRefused { leg: LegId(1), code: 13214, text: "callerId is not yours" }
        -> Notify Error 13214 callerId is not yours line 0
        -> Status { leg: LegId(1), status: Failed }
        -> Finish leg 1 Failed Refused sip=None ring=0 talk=0
        -> StopPrompt { prompt: PromptId(2) }
        -> Hangup { leg: LegId(0), reason: None }
        -> Status { leg: LegId(0), status: Completed }
        -> Finish leg 0 Completed DocumentEnded sip=None ring=100 talk=50
        -> Done
    "#);
}

#[test]
fn another_refusal_is_a_failed_party() {
    let mut play = dialling("<Dial><Client>bob</Client></Dial><Say>Sorry</Say>");
    play.quiet()
        .at(150, Event::DialRefused { leg: LegId(1), code: 13201, text: "bob is not registered".into() });
    insta::assert_snapshot!(play.log, @r#"
    150 DialRefused { leg: LegId(1), code: 13201, text: "bob is not registered" }
        -> Notify Error 13201 bob is not registered line 0
        -> Status { leg: LegId(1), status: Failed }
        -> Finish leg 1 Failed Refused sip=None ring=0 talk=0
        -> StopPrompt { prompt: PromptId(2) }
        -> Play 3 leg 0 x1 nl-BE "Sorry"
    "#);
}

#[test]
fn moving_the_caller_lets_the_called_party_go() {
    let mut play = dialling("<Dial record='true'>+321</Dial>");
    play.at(3_000, answered(1)).quiet();
    play.at(9_000, Event::NewUrl { target: crate::target("https://app.test/hold"), fallback: None });
    insta::assert_snapshot!(play.log, @r#"
    9000 NewUrl { target: Target { url: "https://app.test/hold", method: Post }, fallback: None }
         -> StopRecording { recording: RecordingId(3) }
         -> Hangup { leg: LegId(1), reason: None }
         -> Status { leg: LegId(1), status: Completed }
         -> Finish leg 1 Completed PartnerLeft sip=None ring=0 talk=6000
         -> Unbridge { a: LegId(0), b: LegId(1) }
         -> Fetch Modification https://app.test/hold CallStatus=in-progress
    "#);
}

#[test]
fn ending_the_called_leg_by_the_api_goes_on_with_the_document() {
    let mut play = dialling("<Dial>+321</Dial><Say>Back</Say>");
    play.at(3_000, answered(1)).quiet().at(4_000, Event::Complete { leg: LegId(1) });
    insta::assert_snapshot!(play.log, @r#"
    4000 Complete { leg: LegId(1) }
         -> Hangup { leg: LegId(1), reason: Some((1101, "Call Terminated")) }
         -> Status { leg: LegId(1), status: Completed }
         -> Finish leg 1 Completed Completed sip=None ring=0 talk=1000
         -> Unbridge { a: LegId(0), b: LegId(1) }
         -> Play 3 leg 0 x1 nl-BE "Back"
    "#);
}

fn early(leg: u32) -> Event {
    Event::LegEarlyMedia { leg: LegId(leg) }
}

#[test]
fn the_called_network_is_heard_before_the_answer_and_its_party_after_it() {
    let mut play = dialling("<Dial><Number>+321</Number><Number>+322</Number></Dial>");
    play.quiet().at(1_000, early(2)).at(1_100, early(1)).at(5_000, answered(2));
    insta::assert_snapshot!(play.log);
}

#[test]
fn another_party_than_the_one_heard_answers() {
    let mut play = dialling("<Dial><Number>+321</Number><Number>+322</Number></Dial>");
    play.quiet().at(1_000, early(2)).at(5_000, answered(1));
    insta::assert_snapshot!(play.log);
}

#[test]
fn ring_back_goes_on_when_the_party_heard_fails() {
    let mut play = dialling("<Dial><Number>+321</Number><Number>+322</Number></Dial>");
    play.quiet().at(1_000, early(2)).at(2_000, failed(2, 486));
    insta::assert_snapshot!(play.log);
}

#[test]
fn a_caller_not_answered_hears_the_called_network_in_a_183() {
    let mut play = dialling("<Dial answerOnBridge='true'><Number>+321</Number></Dial>");
    play.quiet().at(1_000, early(1)).at(2_000, failed(1, 404));
    insta::assert_snapshot!(play.log);
}

#[test]
fn a_screened_party_is_not_heard_while_it_is_asked() {
    let mut play = dialling("<Dial><Number url='/screen'>+321</Number></Dial>");
    play.quiet().at(1_000, early(1)).at(2_000, answered(1)).answer(2_100, "");
    insta::assert_snapshot!(play.log);
}

#[test]
fn music_the_document_named_is_not_replaced_by_the_called_network() {
    let mut play = dialling("<Dial dialMusic='m.wav'><Number>+321</Number></Dial>");
    play.quiet().at(1_000, early(1));
    assert!(play.last.is_empty(), "{:?}", play.last);
}

#[test]
fn both_legs_of_a_bridge_go_on_with_the_new_document() {
    let mut play = dialling("<Dial action='/done'><Number>+321</Number></Dial>");
    assert!(!play.call.can_move(LegId::FIRST), "nobody is connected yet");
    play.at(5_000, answered(1)).quiet();
    assert!(play.call.can_move(LegId::FIRST) && play.call.can_move(LegId(1)));
    let source = Source::Url(crate::target("https://app.test/room"));
    play.at(9_000, Event::Move { both: true, source, fallback: None });
    let mut moved = play.call.take_detached(LegId(1)).expect("it goes on");
    let now = Now {
        mono: std::time::Duration::from_secs(9),
        wall: jiff::Timestamp::UNIX_EPOCH + std::time::Duration::from_secs(9),
    };
    let mut out = Vec::new();
    moved.handle(now, Event::Start, &mut crate::Counting::default(), &mut out);
    moved.handle(now, Event::LegHungUp { leg: LegId::FIRST }, &mut crate::Counting::default(), &mut out);
    let out: Vec<String> = out
        .iter()
        .filter(|action| !matches!(action, Action::Trace(_)))
        .map(|action| crate::show(action, true))
        .collect();
    insta::assert_snapshot!(format!("{}\n{}", play.log, out.join("\n")));
}

#[test]
fn a_dialled_leg_goes_on_alone_and_the_first_with_its_document() {
    let mut play = dialling("<Dial action='/done'><Number>+321</Number></Dial>");
    play.at(5_000, answered(1)).quiet();
    let source = Source::Url(crate::target("https://app.test/elsewhere"));
    play.at(9_000, Event::Move { both: false, source, fallback: None });
    insta::assert_snapshot!(play.log);
}
