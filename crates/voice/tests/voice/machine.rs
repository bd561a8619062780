//! Answering-machine detection.

use flexio_markup::{MachineDetection, Target};
use flexio_voice::*;

use crate::{Play, answered, inbound, outbound, target};

pub fn detection(callback: Option<Target>) -> MachineDetection {
    MachineDetection {
        message_end: false,
        timeout_s: 30,
        speech_threshold_ms: 2_400,
        speech_end_threshold_ms: 1_200,
        silence_timeout_ms: 5_000,
        callback,
    }
}

fn called(detection: MachineDetection, digits: Option<&str>) -> Play {
    let mut facts = outbound();
    if let Some(originate) = &mut facts.originate {
        originate.machine_detection = Some(detection);
        originate.send_digits = digits.map(str::to_owned);
    }
    let mut play = Play::new(facts);
    play.at(0, Event::Start).quiet().at(1_000, answered(0));
    play
}

fn verdict(verdict: AnsweredBy) -> Event {
    Event::MachineDetected { leg: LegId::FIRST, verdict }
}

#[test]
fn the_document_waits_for_the_verdict_and_is_told() {
    let mut play = called(detection(None), None);
    play.at(3_400, verdict(AnsweredBy::MachineStart)).at(3_500, verdict(AnsweredBy::Human));
    insta::assert_snapshot!(play.log, @r#"
    1000 LegAnswered { leg: LegId(0), sip: SipFacts { call_id: Some("dialog0"), x_headers: [] } }
         -> Status { leg: LegId(0), status: InProgress }
         -> Callback leg 0 Progress https://app.test/status CallStatus=in-progress&CallEvent=answered&SequenceNumber=2
         -> DetectMachine(DetectMachine { leg: LegId(0), message_end: false, timeout_s: 30, speech_threshold_ms: 2400, speech_end_threshold_ms: 1200, silence_timeout_ms: 5000 })
    3400 MachineDetected { leg: LegId(0), verdict: MachineStart }
         -> AnsweredBy { leg: LegId(0), verdict: MachineStart }
         -> Fetch Start https://app.test/voice CallStatus=in-progress&AnsweredBy=machine_start&MachineDetectionDuration=2400
    3500 MachineDetected { leg: LegId(0), verdict: Human }
    "#);
}

#[test]
fn with_a_callback_the_document_runs_at_once() {
    let mut play = called(detection(Some(target("https://app.test/who"))), None);
    play.at(3_400, verdict(AnsweredBy::Human));
    insta::assert_snapshot!(play.log, @r#"
    1000 LegAnswered { leg: LegId(0), sip: SipFacts { call_id: Some("dialog0"), x_headers: [] } }
         -> Status { leg: LegId(0), status: InProgress }
         -> Callback leg 0 Progress https://app.test/status CallStatus=in-progress&CallEvent=answered&SequenceNumber=2
         -> DetectMachine(DetectMachine { leg: LegId(0), message_end: false, timeout_s: 30, speech_threshold_ms: 2400, speech_end_threshold_ms: 1200, silence_timeout_ms: 5000 })
         -> Fetch Start https://app.test/voice CallStatus=in-progress
    3400 MachineDetected { leg: LegId(0), verdict: Human }
         -> AnsweredBy { leg: LegId(0), verdict: Human }
         -> Callback leg 0 Machine https://app.test/who AnsweredBy=human&MachineDetectionDuration=2400
    "#);
}

#[test]
fn a_verdict_that_never_comes_is_unknown_and_one_that_comes_during_the_digits_is_kept() {
    let mut play = called(detection(None), None);
    play.quiet().at(35_999, Event::Timeout).at(36_000, Event::Timeout);
    insta::assert_snapshot!(play.log, @"
    35999 Timeout
    36000 Timeout
          -> AnsweredBy { leg: LegId(0), verdict: Unknown }
          -> Fetch Start https://app.test/voice CallStatus=in-progress&AnsweredBy=unknown&MachineDetectionDuration=35000
    ");
    let mut play = called(detection(None), Some("1"));
    play.quiet().at(1_100, verdict(AnsweredBy::Fax));
    play.log.clear();
    insta::assert_snapshot!(play.log, @"");
}

#[test]
fn a_called_party_of_dial_is_told_apart_beside_the_bridge() {
    let mut play = Play::new(inbound());
    let body = "<Dial><Number machineDetection='DetectMessageEnd' amdStatusCallback='/who'>+32470000001</Number></Dial>";
    play.at(0, Event::Start).answer(100, body).quiet().at(2_000, answered(1));
    play.at(9_000, Event::MachineDetected { leg: LegId(1), verdict: AnsweredBy::MachineEndBeep });
    insta::assert_snapshot!(play.log, @r#"
    2000 LegAnswered { leg: LegId(1), sip: SipFacts { call_id: Some("dialog1"), x_headers: [] } }
         -> Status { leg: LegId(1), status: InProgress }
         -> DetectMachine(DetectMachine { leg: LegId(1), message_end: true, timeout_s: 30, speech_threshold_ms: 2400, speech_end_threshold_ms: 1200, silence_timeout_ms: 5000 })
         -> StopPrompt { prompt: PromptId(2) }
         -> Bridge { a: LegId(0), b: LegId(1) }
    9000 MachineDetected { leg: LegId(1), verdict: MachineEndBeep }
         -> AnsweredBy { leg: LegId(1), verdict: MachineEndBeep }
         -> Callback leg 1 Machine https://app.test/who AnsweredBy=machine_end_beep&MachineDetectionDuration=7000
    "#);
}

#[test]
fn every_kind_of_party_is_listened_to_and_told_of() {
    let parties = [("Number", "+32470000001"), ("Client", "alice"), ("Sip", "sip:alice@example.test")];
    for (noun, address) in parties {
        let mut play = Play::new(inbound());
        let body = format!(
            "<Dial><{noun} machineDetection='Enable' machineDetectionTimeout='9' amdStatusCallback='/who'>{address}</{noun}></Dial>"
        );
        play.at(0, Event::Start).answer(100, &body).quiet().at(2_000, answered(1));
        let asked = play.last.iter().find_map(|action| match action {
            Action::DetectMachine(detect) => Some((detect.leg, detect.message_end, detect.timeout_s)),
            _ => None,
        });
        assert_eq!(asked, Some((LegId(1), false, 9)), "{noun}");
        play.at(4_000, Event::MachineDetected { leg: LegId(1), verdict: AnsweredBy::MachineStart });
        let told = play.last.iter().find_map(|action| match action {
            Action::Callback(callback) => Some(callback),
            _ => None,
        });
        let told = told.unwrap_or_else(|| panic!("{noun}: nobody is told"));
        assert_eq!((told.leg, told.url.as_str()), (LegId(1), "https://app.test/who"), "{noun}");
        assert!(
            told.params.iter().any(|(name, value)| name == "AnsweredBy" && value == "machine_start"),
            "{noun}"
        );
    }
}
