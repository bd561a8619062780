//! Calls made over REST.

use flexio_voice::*;

use crate::{Play, answered, failed, outbound};

#[test]
fn a_rest_call_is_made_answered_recorded_and_reported() {
    let mut facts = outbound();
    let originate = facts.originate.as_mut().unwrap();
    originate.send_digits = Some("ww12#".into());
    originate.time_limit_s = Some(60);
    originate.record = Some(RecordCall {
        channels: 2,
        track: flexio_markup::Track::Both,
        purpose: None,
        trim: false,
        callback: None,
    });
    let mut play = Play::new(facts);
    play.at(0, Event::Start).at(1_000, Event::LegRinging { leg: LegId::FIRST }).at(4_000, answered(0));
    let recording = play.recording();
    play.played(6_000).answer(6_100, "<Play>long.wav</Play>").at(64_000, Event::Timeout);
    play.recorded(64_500, recording, 60_000);
    insta::assert_snapshot!(play.log, @r#"
        0 Start
          -> Dial leg 0 +32470000001 as CA0 from +3225550100
          -> Status { leg: LegId(0), status: Queued }
          -> Callback leg 0 Progress https://app.test/status CallStatus=initiated&CallEvent=initiated&SequenceNumber=0
     1000 LegRinging { leg: LegId(0) }
          -> Status { leg: LegId(0), status: Ringing }
          -> Callback leg 0 Progress https://app.test/status CallStatus=ringing&CallEvent=ringing&SequenceNumber=1
     4000 LegAnswered { leg: LegId(0), sip: SipFacts { call_id: Some("dialog0"), x_headers: [] } }
          -> Status { leg: LegId(0), status: InProgress }
          -> Callback leg 0 Progress https://app.test/status CallStatus=in-progress&CallEvent=answered&SequenceNumber=2
          -> StartRecording 1 RE1 leg 0 OutboundApi channels=2 max=14400 silence=None
          -> RecordingFact RE1 None
          -> Play 2 leg 0 x1 Digits("ww12#")
     6000 PromptDone 2
          -> Fetch Start https://app.test/voice CallStatus=in-progress
     6100 Document [Play]
          -> Play 4 leg 0 x1 Url("https://app.test/long.wav")
    64000 Timeout
          -> Hangup { leg: LegId(0), reason: Some((1104, "Call Maximum Duration Exceeded")) }
          -> Status { leg: LegId(0), status: Completed }
          -> Finish leg 0 Completed TimeLimit sip=None ring=3000 talk=60000
          -> StopRecording { recording: RecordingId(1) }
    64500 RecordingDone { recording: RecordingId(1), outcome: Completed { duration_ms: 60000, url: "https://api.test/RE", public_url: None } }
          -> RecordingFact RE1 Some(Completed { duration_ms: 60000, url: "https://api.test/RE", public_url: None })
          -> Callback leg 0 Progress https://app.test/status CallStatus=completed&CallEvent=completed&CallDuration=60&RecordingUrl=https://api.test/RE&RecordingSid=RE1&RecordingDuration=60&SequenceNumber=3
          -> Done
    "#);
    assert!(play.call.is_done());
}

#[test]
fn sip_failures_become_the_right_status() {
    let cases = [
        (486, "Busy"),
        (600, "Busy"),
        (480, "NoAnswer"),
        (408, "NoAnswer"),
        (404, "Failed"),
        (503, "Failed"),
    ];
    for (status, expected) in cases {
        let mut play = Play::new(outbound());
        play.at(0, Event::Start).at(1_000, failed(0, status));
        assert!(
            play.log.contains(&format!("Finish leg 0 {expected} FarEnd sip=Some({status})")),
            "{}",
            play.log
        );
        assert!(play.call.is_done());
    }
}

#[test]
fn nobody_answers_in_time() {
    let mut play = Play::new(outbound());
    play.at(0, Event::Start).at(1_000, Event::LegRinging { leg: LegId::FIRST }).at(60_000, Event::Timeout);
    play.at(60_001, answered(0));
    insta::assert_snapshot!(play.log, @r#"
        0 Start
          -> Dial leg 0 +32470000001 as CA0 from +3225550100
          -> Status { leg: LegId(0), status: Queued }
          -> Callback leg 0 Progress https://app.test/status CallStatus=initiated&CallEvent=initiated&SequenceNumber=0
     1000 LegRinging { leg: LegId(0) }
          -> Status { leg: LegId(0), status: Ringing }
          -> Callback leg 0 Progress https://app.test/status CallStatus=ringing&CallEvent=ringing&SequenceNumber=1
    60000 Timeout
          -> Hangup { leg: LegId(0), reason: Some((1105, "Call No Answer")) }
          -> Status { leg: LegId(0), status: NoAnswer }
          -> Finish leg 0 NoAnswer NoAnswer sip=None ring=59000 talk=0
          -> Callback leg 0 Progress https://app.test/status CallStatus=no-answer&CallEvent=completed&CallDuration=0&SequenceNumber=3
          -> Done
    60001 LegAnswered { leg: LegId(0), sip: SipFacts { call_id: Some("dialog0"), x_headers: [] } }
    "#);
}

#[test]
fn a_call_canceled_before_the_answer_is_canceled() {
    let mut play = Play::new(outbound());
    play.at(0, Event::Start).quiet().at(1_000, Event::Cancel { leg: LegId::FIRST });
    insta::assert_snapshot!(play.log, @r#"
    1000 Cancel { leg: LegId(0) }
         -> Hangup { leg: LegId(0), reason: Some((1102, "Call Canceled")) }
         -> Status { leg: LegId(0), status: Canceled }
         -> Finish leg 0 Canceled Canceled sip=None ring=0 talk=0
         -> Callback leg 0 Progress https://app.test/status CallStatus=canceled&CallEvent=completed&CallDuration=0&SequenceNumber=3
         -> Done
    "#);
}

#[test]
fn a_destination_that_is_not_allowed_fails() {
    let mut play = Play::new(outbound());
    let refused = Event::DialRefused { leg: LegId::FIRST, code: 13227, text: "not allowed".into() };
    play.at(0, Event::Start).quiet().at(5, refused);
    insta::assert_snapshot!(play.log, @r#"
    5 DialRefused { leg: LegId(0), code: 13227, text: "not allowed" }
      -> Notify Error 13227 not allowed line 0
      -> Status { leg: LegId(0), status: Failed }
      -> Finish leg 0 Failed Refused sip=None ring=0 talk=0
      -> Callback leg 0 Progress https://app.test/status CallStatus=failed&CallEvent=completed&CallDuration=0&SequenceNumber=3
      -> Done
    "#);
}
