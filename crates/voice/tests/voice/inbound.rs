//! Calls to a number: answering, fallbacks, endings, live modification.

use flexio_markup::{ProgressEvents, StatusCallback};
use flexio_voice::*;

use crate::{Play, document, inbound, target};

#[test]
fn a_call_is_answered_when_a_verb_needs_media_and_hung_up_at_the_end() {
    let mut facts = inbound();
    facts.status_callback =
        Some(StatusCallback { target: target("https://app.test/cdr"), events: ProgressEvents::ALL });
    let mut play = Play::new(facts);
    play.params = true;
    play.at(0, Event::Start).answer(300, "<Pause length='2'/><Say loop='2'>Dag</Say>");
    play.at(2_300, Event::Timeout).played(5_000);
    insta::assert_snapshot!(play.log, @r#"
       0 Start
         -> Callback leg 0 Progress https://app.test/cdr CallSid=CA0&AccountSid=AC1&From=+32470000001&To=+3225550100&Caller=+32470000001&Called=+3225550100&CallStatus=initiated&ApiVersion=2010-04-01&Direction=inbound&PhoneNumberSid=PN1&SipHeader_X-Order=7&CallEvent=initiated&Timestamp=Thu, 01 Jan 1970 00:00:00 +0000&CallbackSource=call-progress-events&SequenceNumber=0
         -> Ring { leg: LegId(0) }
         -> Status { leg: LegId(0), status: Ringing }
         -> Callback leg 0 Progress https://app.test/cdr CallSid=CA0&AccountSid=AC1&From=+32470000001&To=+3225550100&Caller=+32470000001&Called=+3225550100&CallStatus=ringing&ApiVersion=2010-04-01&Direction=inbound&PhoneNumberSid=PN1&SipHeader_X-Order=7&CallEvent=ringing&Timestamp=Thu, 01 Jan 1970 00:00:00 +0000&CallbackSource=call-progress-events&SequenceNumber=1
         -> Fetch Start https://app.test/voice CallSid=CA0&AccountSid=AC1&From=+32470000001&To=+3225550100&Caller=+32470000001&Called=+3225550100&CallStatus=ringing&ApiVersion=2010-04-01&Direction=inbound&PhoneNumberSid=PN1&SipHeader_X-Order=7
     300 Document [Pause Say]
    2300 Timeout
         -> Answer { leg: LegId(0) }
         -> Status { leg: LegId(0), status: InProgress }
         -> Callback leg 0 Progress https://app.test/cdr CallSid=CA0&AccountSid=AC1&From=+32470000001&To=+3225550100&Caller=+32470000001&Called=+3225550100&CallStatus=in-progress&ApiVersion=2010-04-01&Direction=inbound&PhoneNumberSid=PN1&SipHeader_X-Order=7&CallEvent=answered&Timestamp=Thu, 01 Jan 1970 00:00:02 +0000&CallbackSource=call-progress-events&SequenceNumber=2
         -> Play 2 leg 0 x2 nl-BE "Dag"
    5000 PromptDone 2
         -> Hangup { leg: LegId(0), reason: None }
         -> Status { leg: LegId(0), status: Completed }
         -> Finish leg 0 Completed DocumentEnded sip=None ring=2300 talk=2700
         -> Callback leg 0 Progress https://app.test/cdr CallSid=CA0&AccountSid=AC1&From=+32470000001&To=+3225550100&Caller=+32470000001&Called=+3225550100&CallStatus=completed&ApiVersion=2010-04-01&Direction=inbound&PhoneNumberSid=PN1&SipHeader_X-Order=7&CallEvent=completed&CallDuration=2&Duration=1&Timestamp=Thu, 01 Jan 1970 00:00:05 +0000&CallbackSource=call-progress-events&SequenceNumber=3
         -> Done
    "#);
}

#[test]
fn messages_and_redirects_do_not_answer() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Sms>We call you back</Sms><Redirect>/next</Redirect>");
    play.answer(200, "");
    insta::assert_snapshot!(play.log, @r"
      0 Start
        -> Ring { leg: LegId(0) }
        -> Status { leg: LegId(0), status: Ringing }
        -> Fetch Start https://app.test/voice CallStatus=ringing
    100 Document [Message Redirect]
        -> SendMessage 2 from +3225550100 to +32470000001: We call you back
        -> Fetch Redirect https://app.test/next CallStatus=ringing
    200 Document []
        -> Reject { leg: LegId(0), status: 480, reason: None }
        -> Status { leg: LegId(0), status: NoAnswer }
        -> Finish leg 0 NoAnswer DocumentEnded sip=Some(480) ring=200 talk=0
        -> Done
    ");
}

#[test]
fn a_rejected_call_is_never_answered() {
    for (reason, expected) in [("busy", "status: 486"), ("rejected", "status: 603")] {
        let mut play = Play::new(inbound());
        play.at(0, Event::Start).answer(100, &format!("<Reject reason='{reason}'/>"));
        assert!(play.log.contains(expected) && !play.log.contains("Answer {"), "{}", play.log);
        assert!(play.call.is_done());
    }
}

#[test]
fn a_failing_server_leads_to_the_fallback_and_then_to_an_apology() {
    let mut facts = inbound();
    facts.fallback = Some(target("https://spare.test/f"));
    let mut play = Play::new(facts);
    play.at(0, Event::Start).reply(100, Err(FetchError::Status(500)));
    play.answer(200, "<Say>Spare</Say><Redirect>more</Redirect>").played(1_000);
    play.reply(1_100, Err(FetchError::Timeout)).reply(1_200, Err(FetchError::Connect("refused".into())));
    play.played(5_000);
    insta::assert_snapshot!(play.log, @r#"
       0 Start
         -> Ring { leg: LegId(0) }
         -> Status { leg: LegId(0), status: Ringing }
         -> Fetch Start https://app.test/voice CallStatus=ringing
     100 Document failed: the application answered HTTP status 500
         -> Notify Error 11206 the application answered HTTP status 500 line 0
         -> Fetch Fallback https://spare.test/f CallStatus=ringing&ErrorCode=11206&ErrorUrl=https://app.test/voice
     200 Document [Say Redirect]
         -> Answer { leg: LegId(0) }
         -> Status { leg: LegId(0), status: InProgress }
         -> Play 3 leg 0 x1 nl-BE "Spare"
    1000 PromptDone 3
         -> Fetch Redirect https://spare.test/more CallStatus=in-progress
    1100 Document failed: the application did not answer in time
         -> Notify Error 11205 the application did not answer in time line 0
         -> Fetch Fallback https://spare.test/f CallStatus=in-progress&ErrorCode=11205&ErrorUrl=https://spare.test/more
    1200 Document failed: the application could not be reached: refused
         -> Notify Error 11205 the application could not be reached: refused line 0
         -> Play 6 leg 0 x1 nl-BE "Door een technisch probleem kan uw oproep niet verwerkt worden. Tot ziens."
    5000 PromptDone 6
         -> Hangup { leg: LegId(0), reason: Some((2000, "RCML Download Failed")) }
         -> Status { leg: LegId(0), status: Completed }
         -> Finish leg 0 Completed ApplicationFailed sip=None ring=200 talk=4800
         -> Done
    "#);
}

#[test]
fn an_unknown_url_without_fallback_is_told_to_the_network() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).reply(100, Err(FetchError::Status(404)));
    insta::assert_snapshot!(play.log, @r#"
      0 Start
        -> Ring { leg: LegId(0) }
        -> Status { leg: LegId(0), status: Ringing }
        -> Fetch Start https://app.test/voice CallStatus=ringing
    100 Document failed: the application answered HTTP status 404
        -> Notify Error 21402 the application answered HTTP status 404 line 0
        -> Reject { leg: LegId(0), status: 404, reason: Some((2000, "RCML Download Failed")) }
        -> Status { leg: LegId(0), status: Failed }
        -> Finish leg 0 Failed ApplicationFailed sip=Some(404) ring=100 talk=0
        -> Done
    "#);
}

#[test]
fn a_failed_fetch_has_the_number_of_the_documents_dialect() {
    use flexio_markup::Dialect;
    for (error, rcml, twiml) in [
        (FetchError::Timeout, 11_205, 11_200),
        (FetchError::TooLarge, 11_206, 11_750),
        (FetchError::Redirects, 11_206, 11_215),
        (FetchError::Status(404), 21_402, 11_200),
    ] {
        assert_eq!((error.code(Dialect::Rcml), error.code(Dialect::Twiml)), (rcml, twiml), "{error}");
    }
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start);
    let deadline = u64::try_from(play.call.deadline().unwrap().as_millis()).unwrap();
    play.quiet().at(deadline, Event::Timeout);
    insta::assert_snapshot!(play.log, @r#"
    40000 Timeout
          -> Notify Error 11205 the application did not answer in time line 0
          -> Reject { leg: LegId(0), status: 480, reason: Some((2000, "RCML Download Failed")) }
          -> Status { leg: LegId(0), status: Failed }
          -> Finish leg 0 Failed ApplicationFailed sip=Some(480) ring=40000 talk=0
          -> Done
    "#);
}

#[test]
fn a_caller_who_gives_up_while_the_document_is_fetched_is_finished_at_once() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).at(500, Event::LegHungUp { leg: LegId::FIRST });
    assert!(!play.call.is_done());
    play.at(600, Event::LegHungUp { leg: LegId::FIRST });
    insta::assert_snapshot!(play.log, @r"
      0 Start
        -> Ring { leg: LegId(0) }
        -> Status { leg: LegId(0), status: Ringing }
        -> Fetch Start https://app.test/voice CallStatus=ringing
    500 LegHungUp { leg: LegId(0) }
        -> Status { leg: LegId(0), status: Canceled }
        -> Finish leg 0 Canceled PartyHungUp sip=None ring=500 talk=0
    600 LegHungUp { leg: LegId(0) }
    ");
    assert!(play.call.deadline().is_some());
}

#[test]
fn a_self_redirecting_document_is_stopped() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start);
    for turn in 0..51 {
        play.answer(100 + turn, "<Redirect>/voice</Redirect>");
    }
    assert!(play.call.is_done(), "{}", play.log);
    assert!(play.log.contains("more than 50 redirects without anything done by a person"), "{}", play.log);
    assert_eq!(play.log.matches("Fetch Redirect").count(), 50);
}

#[test]
fn a_live_call_can_be_sent_elsewhere() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Play loop='0'>music.wav</Play>");
    play.quiet().at(5_000, Event::NewUrl { target: target("https://app.test/moved"), fallback: None });
    play.answer(5_100, "<Say>Moved</Say>").at(6_000, Event::NewDocument { document: document("<Hangup/>") });
    insta::assert_snapshot!(play.log, @r#"
    5000 NewUrl { target: Target { url: "https://app.test/moved", method: Post }, fallback: None }
         -> StopPrompt { prompt: PromptId(2) }
         -> Fetch Modification https://app.test/moved CallStatus=in-progress
    5100 Document [Say]
         -> Play 4 leg 0 x1 nl-BE "Moved"
    6000 NewDocument
         -> StopPrompt { prompt: PromptId(4) }
         -> Hangup { leg: LegId(0), reason: None }
         -> Status { leg: LegId(0), status: Completed }
         -> Finish leg 0 Completed DocumentEnded sip=None ring=100 talk=5900
         -> Done
    "#);
}

#[test]
fn status_completed_ends_the_call_and_canceled_only_before_the_answer() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Say>Hello</Say>").quiet();
    play.at(1_000, Event::Cancel { leg: LegId::FIRST }).at(2_000, Event::Complete { leg: LegId::FIRST });
    insta::assert_snapshot!(play.log, @r#"
    1000 Cancel { leg: LegId(0) }
    2000 Complete { leg: LegId(0) }
         -> Hangup { leg: LegId(0), reason: Some((1101, "Call Terminated")) }
         -> Status { leg: LegId(0), status: Completed }
         -> Finish leg 0 Completed Completed sip=None ring=100 talk=1900
         -> Done
    "#);
}

#[test]
fn no_call_is_longer_than_four_hours() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(0, "<Play loop='0'>music.wav</Play>").quiet();
    assert_eq!(play.call.deadline().unwrap().as_secs(), 14_400);
    play.at(14_400_000, Event::Timeout);
    insta::assert_snapshot!(play.log, @r#"
    14400000 Timeout
           -> Hangup { leg: LegId(0), reason: Some((1104, "Call Maximum Duration Exceeded")) }
           -> Status { leg: LegId(0), status: Completed }
           -> Finish leg 0 Completed TimeLimit sip=None ring=0 talk=14400000
           -> Done
    "#);
}

#[test]
fn shutting_down_ends_everything_at_once() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Record playBeep='false'/>").quiet().at(3_000, Event::Shutdown);
    insta::assert_snapshot!(play.log, @r#"
    3000 Shutdown
         -> StopRecording { recording: RecordingId(2) }
         -> Hangup { leg: LegId(0), reason: Some((1000, "Internal Error")) }
         -> Status { leg: LegId(0), status: Completed }
         -> Finish leg 0 Completed Shutdown sip=None ring=100 talk=2900
         -> RecordingFact RE1 Some(Failed { text: "the node stopped" })
         -> Notify Error 12400 a recording was lost: the node stopped line 0
         -> Done
    "#);
    assert!(play.call.is_done());
}
