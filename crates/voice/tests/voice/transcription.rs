//! Transcription of recordings.

use flexio_voice::*;

use crate::{Play, inbound};

const RECORD: &str = "<Record action='/done' playBeep='false' transcribeCallback='/text'/>";

fn listening(play: &Play) -> ListeningId {
    let found = play.last.iter().find_map(|action| match action {
        Action::Transcribe(transcribe) => Some(transcribe.listening),
        _ => None,
    });
    found.expect("somebody listens")
}

fn said(text: &str) -> Heard {
    Heard::Done(Utterance { text: text.into(), confidence: None, language: "nl".into() })
}

#[test]
fn the_text_comes_after_the_recording_and_goes_to_its_callback() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, RECORD);
    let (listening, recording) = (listening(&play), play.recording());
    play.recorded(5_000, recording, 4_000);
    play.at(6_000, Event::Heard { listening, heard: said("bel mij terug") });
    insta::assert_snapshot!(play.log, @r#"
       0 Start
         -> Ring { leg: LegId(0) }
         -> Status { leg: LegId(0), status: Ringing }
         -> Fetch Start https://app.test/voice CallStatus=ringing
     100 Document [Record]
         -> Answer { leg: LegId(0) }
         -> Status { leg: LegId(0), status: InProgress }
         -> StartRecording 2 RE1 leg 0 RecordVerb channels=1 max=3600 silence=Some(5)
         -> RecordingFact RE1 None
         -> Transcribe(Transcribe { listening: ListeningId(3), leg: LegId(0), language: "nl-BE" })
    5000 RecordingDone { recording: RecordingId(2), outcome: Completed { duration_ms: 4000, url: "https://api.test/RE", public_url: None } }
         -> RecordingFact RE1 Some(Completed { duration_ms: 4000, url: "https://api.test/RE", public_url: None })
         -> TranscriptionFact TR2 of RE1 None
         -> FinishTranscription { listening: ListeningId(3) }
         -> Fetch Action https://app.test/done CallStatus=in-progress&RecordingUrl=https://api.test/RE&RecordingSid=RE1&RecordingDuration=4&Digits=
    6000 Heard { listening: ListeningId(3), heard: Done(Utterance { text: "bel mij terug", confidence: None, language: "nl" }) }
         -> TranscriptionFact TR2 of RE1 Some(Completed { text: "bel mij terug" })
         -> Callback leg 0 Transcription https://app.test/text CallStatus=in-progress&TranscriptionSid=TR2&TranscriptionText=bel mij terug&TranscriptionStatus=completed&TranscriptionUrl=https://api.test/RE/Transcriptions/TR2&RecordingUrl=https://api.test/RE&RecordingSid=RE1&RecordingDuration=4
    "#);
}

#[test]
fn a_call_that_is_over_waits_for_its_text_and_not_for_ever() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, RECORD);
    let recording = play.recording();
    play.quiet()
        .at(4_000, Event::LegHungUp { leg: LegId::FIRST })
        .recorded(4_500, recording, 4_000)
        .answer(4_600, "");
    let deadline = play.call.deadline().expect("the text is awaited");
    play.at(u64::try_from(deadline.as_millis()).expect("soon"), Event::Timeout);
    insta::assert_snapshot!(play.log, @r#"
     4000 LegHungUp { leg: LegId(0) }
          -> Status { leg: LegId(0), status: Completed }
          -> Finish leg 0 Completed PartyHungUp sip=None ring=100 talk=3900
          -> StopRecording { recording: RecordingId(2) }
     4500 RecordingDone { recording: RecordingId(2), outcome: Completed { duration_ms: 4000, url: "https://api.test/RE", public_url: None } }
          -> RecordingFact RE1 Some(Completed { duration_ms: 4000, url: "https://api.test/RE", public_url: None })
          -> TranscriptionFact TR2 of RE1 None
          -> FinishTranscription { listening: ListeningId(3) }
          -> Fetch Action https://app.test/done CallStatus=completed&RecordingUrl=https://api.test/RE&RecordingSid=RE1&RecordingDuration=4&Digits=hangup
     4600 Document []
    94500 Timeout
          -> StopListening { listening: ListeningId(3) }
          -> Notify Warning 11001 the speech recogniser takes too long; the recording was not transcribed line 0
          -> TranscriptionFact TR2 of RE1 Some(Failed)
          -> Callback leg 0 Transcription https://app.test/text CallStatus=completed&TranscriptionSid=TR2&TranscriptionText=&TranscriptionStatus=failed&TranscriptionUrl=https://api.test/RE/Transcriptions/TR2&RecordingUrl=https://api.test/RE&RecordingSid=RE1&RecordingDuration=4
          -> Done
    "#);
}

#[test]
fn a_recording_without_a_voice_has_no_text() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, RECORD);
    let recording = play.recording();
    play.quiet().at(5_000, Event::RecordingDone { recording, outcome: RecordingOutcome::Absent });
    insta::assert_snapshot!(play.log, @"
    5000 RecordingDone { recording: RecordingId(2), outcome: Absent }
         -> RecordingFact RE1 Some(Absent)
         -> StopListening { listening: ListeningId(3) }
         -> Hangup { leg: LegId(0), reason: None }
         -> Status { leg: LegId(0), status: Completed }
         -> Finish leg 0 Completed DocumentEnded sip=None ring=100 talk=4900
         -> Done
    ");
}

#[test]
fn without_a_receiver_the_text_is_kept() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Record playBeep='false' transcribe='true'/>");
    let (listening, recording) = (listening(&play), play.recording());
    play.recorded(5_000, recording, 4_000);
    play.quiet().at(6_000, Event::Heard { listening, heard: said("bel mij terug") });
    insta::assert_snapshot!(play.log, @r#"
    6000 Heard { listening: ListeningId(3), heard: Done(Utterance { text: "bel mij terug", confidence: None, language: "nl" }) }
         -> TranscriptionFact TR2 of RE1 Some(Completed { text: "bel mij terug" })
    "#);
}

#[test]
fn a_node_that_stops_leaves_no_text_in_progress() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Record playBeep='false' transcribe='true'/>");
    let recording = play.recording();
    play.recorded(5_000, recording, 4_000);
    play.quiet().at(6_000, Event::Shutdown);
    assert!(play.log.contains("TranscriptionFact TR2 of RE1 Some(Failed)"), "{}", play.log);
}
