//! Speech input of `<Gather>`.

use flexio_voice::*;

use crate::{Play, inbound};

fn gathering(body: &str) -> (Play, ListeningId) {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, body);
    let id = listening(&play);
    (play, id)
}

fn listening(play: &Play) -> ListeningId {
    let found = play.last.iter().find_map(|action| match action {
        Action::Listen(listen) => Some(listen.listening),
        _ => None,
    });
    found.expect("somebody listens")
}

fn said(text: &str) -> Heard {
    Heard::Done(Utterance { text: text.into(), confidence: Some(0.9), language: "nl-BE".into() })
}

fn partial(stable: &str, unstable: &str) -> Heard {
    Heard::Partial { stable: stable.into(), unstable: unstable.into() }
}

#[test]
fn speech_stops_the_prompt_is_told_as_it_grows_and_goes_to_the_action() {
    let (mut play, listening) = gathering(
        "<Gather input='dtmf speech' action='/said' language='nl-BE' hints='ja, nee' speechTimeout='auto' partialResultCallback='/so-far'>\
         <Say>Ja of nee?</Say></Gather>",
    );
    play.at(900, Event::Heard { listening, heard: Heard::Begun });
    play.at(1_000, Event::Heard { listening, heard: partial("", "ja") });
    play.at(1_200, Event::Heard { listening, heard: partial("ja graag", "") });
    play.at(2_000, Event::Heard { listening, heard: said("ja graag") });
    insta::assert_snapshot!(play.log, @r#"
       0 Start
         -> Ring { leg: LegId(0) }
         -> Status { leg: LegId(0), status: Ringing }
         -> Fetch Start https://app.test/voice CallStatus=ringing
     100 Document [Gather]
         -> Answer { leg: LegId(0) }
         -> Status { leg: LegId(0), status: InProgress }
         -> Listen(Listen { listening: ListeningId(2), leg: LegId(0), language: "nl-BE", hints: ["ja", "nee"], silence_s: None, longest_s: None, shortest_s: None })
         -> Play 3 leg 0 x1 nl-BE "Ja of nee?"
     900 Heard { listening: ListeningId(2), heard: Begun }
         -> StopPrompt { prompt: PromptId(3) }
    1000 Heard { listening: ListeningId(2), heard: Partial { stable: "", unstable: "ja" } }
         -> Callback leg 0 PartialResult https://app.test/so-far CallStatus=in-progress&UnstableSpeechResult=ja&StableSpeechResult=&Stability=0.5&SequenceNumber=0
    1200 Heard { listening: ListeningId(2), heard: Partial { stable: "ja graag", unstable: "" } }
         -> Callback leg 0 PartialResult https://app.test/so-far CallStatus=in-progress&UnstableSpeechResult=&StableSpeechResult=ja graag&Stability=1.0&SequenceNumber=1
    2000 Heard { listening: ListeningId(2), heard: Done(Utterance { text: "ja graag", confidence: Some(0.9), language: "nl-BE" }) }
         -> Fetch Action https://app.test/said CallStatus=in-progress&SpeechResult=ja graag&Confidence=0.9000000&Language=nl-BE
    "#);
}

#[test]
fn without_a_recogniser_it_says_so_and_keys_work() {
    let (mut play, listening) = gathering("<Gather input='speech' numDigits='1' action='/s'/>");
    let heard = Heard::Failed { text: "no recogniser for this language is configured".into() };
    play.at(110, Event::Heard { listening, heard }).keys(1_000, "4");
    insta::assert_snapshot!(play.log, @r#"
       0 Start
         -> Ring { leg: LegId(0) }
         -> Status { leg: LegId(0), status: Ringing }
         -> Fetch Start https://app.test/voice CallStatus=ringing
     100 Document [Gather]
         -> Answer { leg: LegId(0) }
         -> Status { leg: LegId(0), status: InProgress }
         -> Listen(Listen { listening: ListeningId(2), leg: LegId(0), language: "en-US", hints: [], silence_s: Some(5), longest_s: None, shortest_s: None })
     110 Heard { listening: ListeningId(2), heard: Failed { text: "no recogniser for this language is configured" } }
         -> Notify Warning 11001 no recogniser for this language is configured; Gather listens for keys only line 1
    1000 Digit 4 on leg 0
         -> Fetch Action https://app.test/s CallStatus=in-progress&Digits=4&FinishedOnKey=
    "#);
}

#[test]
fn keys_win_over_speech_and_are_ignored_where_only_speech_is_wanted() {
    let (mut play, listening) = gathering("<Gather input='dtmf speech' numDigits='1' action='/s'/>");
    play.quiet().at(500, Event::Heard { listening, heard: Heard::Begun }).keys(600, "1");
    play.at(700, Event::Heard { listening, heard: said("too late") });
    insta::assert_snapshot!(play.log, @r#"
    500 Heard { listening: ListeningId(2), heard: Begun }
    600 Digit 1 on leg 0
        -> StopListening { listening: ListeningId(2) }
        -> Fetch Action https://app.test/s CallStatus=in-progress&Digits=1&FinishedOnKey=
    700 Heard { listening: ListeningId(2), heard: Done(Utterance { text: "too late", confidence: Some(0.9), language: "nl-BE" }) }
    "#);
    let (mut play, listening) = gathering("<Gather input='speech' numDigits='1' action='/s'/>");
    play.quiet().keys(600, "1").at(700, Event::Heard { listening, heard: said("one") });
    insta::assert_snapshot!(play.log, @r#"
    600 Digit 1 on leg 0
    700 Heard { listening: ListeningId(2), heard: Done(Utterance { text: "one", confidence: Some(0.9), language: "nl-BE" }) }
        -> Fetch Action https://app.test/s CallStatus=in-progress&SpeechResult=one&Confidence=0.9000000&Language=nl-BE
    "#);
}

#[test]
fn nobody_who_speaks_ends_it_after_the_pre_timeout_and_noise_begins_it_anew() {
    let (mut play, listening) =
        gathering("<Gather input='speech' preTimeout='3' postTimeout='2'/><Say>Nothing</Say>");
    play.quiet().at(3_000, Event::Timeout).at(3_100, Event::Timeout);
    insta::assert_snapshot!(play.log, @r#"
    3000 Timeout
    3100 Timeout
         -> StopListening { listening: ListeningId(2) }
         -> Play 3 leg 0 x1 nl-BE "Nothing"
    "#);
    let _ = listening;
    let (mut play, listening) = gathering("<Gather input='speech' preTimeout='3'/><Say>Nothing</Say>");
    play.quiet().at(2_000, Event::Heard { listening, heard: Heard::Begun });
    play.at(4_000, Event::Timeout).at(5_000, Event::Heard { listening, heard: said("") });
    play.at(10_000, Event::Timeout);
    insta::assert_snapshot!(play.log, @r#"
     2000 Heard { listening: ListeningId(2), heard: Begun }
     4000 Timeout
     5000 Heard { listening: ListeningId(2), heard: Done(Utterance { text: "", confidence: Some(0.9), language: "nl-BE" }) }
    10000 Timeout
          -> Play 3 leg 0 x1 nl-BE "Nothing"
    "#);
}

#[test]
fn without_barge_in_the_recogniser_starts_after_the_prompt() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start);
    play.answer(100, "<Gather input='speech' bargeIn='false'><Say>Listen to me</Say></Gather>").quiet();
    play.played(2_000);
    insta::assert_snapshot!(play.log, @r#"
    2000 PromptDone 2
         -> Listen(Listen { listening: ListeningId(3), leg: LegId(0), language: "en-US", hints: [], silence_s: Some(5), longest_s: None, shortest_s: None })
    "#);
}

#[test]
fn what_is_shorter_than_an_answer_may_be_is_listened_past_and_keys_count_on_a_line_of_noise() {
    let (mut play, mut id) = gathering(
        "<Gather input='dtmf speech' action='/said' minSpeechLength='1' timeout='5' numDigits='1'/>",
    );
    let asked = play.last.iter().find_map(|action| match action {
        Action::Listen(listen) => listen.shortest_s,
        _ => None,
    });
    assert_eq!(asked, Some(1));
    for cough in 0..10 {
        play.at(1_000 + cough * 1_000, Event::Heard { listening: id, heard: Heard::Begun });
        play.at(1_500 + cough * 1_000, Event::Heard { listening: id, heard: Heard::TooShort });
        id = listening(&play);
    }
    play.at(12_000, Event::Heard { listening: id, heard: Heard::TooShort });
    assert!(!play.last.iter().any(|action| matches!(action, Action::Listen(_))), "{}", play.log);
    play.at(
        13_000,
        Event::Digit { leg: LegId::FIRST, key: flexio_markup::Key::from_char('4').expect("a key") },
    );
    assert!(play.log.contains("Digits=4&"), "{}", play.log);
}

#[test]
fn keys_that_are_not_to_be_detected_do_not_count_beside_speech() {
    let (mut play, listening) =
        gathering("<Gather input='dtmf speech' dtmfDetection='false' numDigits='1'/>");
    play.at(500, Event::Digit { leg: LegId::FIRST, key: flexio_markup::Key::from_char('4').expect("a key") });
    play.quiet().at(900, Event::Heard { listening, heard: said("ja") });
    assert!(play.log.contains("SpeechResult=ja"), "{}", play.log);
}
