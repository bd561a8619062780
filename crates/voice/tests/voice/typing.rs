//! Text that is typed during a call.

use flexio_markup::{ProgressEvents, StatusCallback};
use flexio_voice::*;

use crate::{Play, inbound, target};

fn watched() -> CallFacts {
    let events = ProgressEvents { text: true, ..ProgressEvents::COMPLETED };
    let target = target("https://app.test/status");
    CallFacts { status_callback: Some(StatusCallback { target, events }), ..inbound() }
}

fn typed(text: &str) -> Event {
    Event::Text { leg: LegId::FIRST, text: text.into() }
}

#[test]
fn a_line_is_told_as_it_ends_and_what_is_none_after_a_second_and_the_rest_before_the_end() {
    let mut play = Play::new(watched());
    play.at(0, Event::Start).answer(100, "<Say>x</Say><Pause length='60'/>");
    play.quiet().at(1_000, typed("Goed")).at(1_300, typed("e")).at(1_600, typed("dag\u{2028}"));
    play.at(5_000, typed("ik ")).at(6_000, Event::Timeout);
    play.at(7_000, typed("ben")).at(7_200, Event::LegHungUp { leg: LegId::FIRST });
    insta::assert_snapshot!(play.log, @r#"
    1000 Text { leg: LegId(0), text: "Goed" }
    1300 Text { leg: LegId(0), text: "e" }
    1600 Text { leg: LegId(0), text: "dag\u{2028}" }
         -> Callback leg 0 Text https://app.test/status CallStatus=in-progress&CallEvent=text&Text=Goededag &SequenceNumber=0
    5000 Text { leg: LegId(0), text: "ik " }
    6000 Timeout
         -> Callback leg 0 Text https://app.test/status CallStatus=in-progress&CallEvent=text&Text=ik &SequenceNumber=1
    7000 Text { leg: LegId(0), text: "ben" }
    7200 LegHungUp { leg: LegId(0) }
         -> Callback leg 0 Text https://app.test/status CallStatus=in-progress&CallEvent=text&Text=ben&SequenceNumber=2
         -> Status { leg: LegId(0), status: Completed }
         -> Finish leg 0 Completed PartyHungUp sip=None ring=100 talk=7100
         -> Callback leg 0 Progress https://app.test/status CallStatus=completed&CallEvent=completed&CallDuration=7&Duration=1&SequenceNumber=0
         -> Done
    "#);
}

#[test]
fn whoever_did_not_ask_for_text_is_not_told_and_no_deadline_waits() {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Say>x</Say><Pause length='60'/>");
    let before = play.call.deadline();
    play.quiet().at(1_000, typed("Goedendag\n"));
    assert_eq!((play.last.len(), play.call.deadline()), (0, before));
}

#[test]
fn where_keys_or_speech_are_gathered_what_is_typed_counts_as_either() {
    let asked = |play: &Play| {
        let fetch = play.last.iter().find_map(|action| match action {
            Action::Fetch(fetch) => Some(&fetch.params),
            _ => None,
        });
        let value = |name: &str| {
            let found = fetch?.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        };
        (value("Digits"), value("SpeechResult"))
    };
    // Keys, one after the other, to their number.
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Gather numDigits='3' action='/g'/>");
    play.at(1_000, typed("12")).at(1_500, typed("3\u{2028}"));
    assert_eq!(asked(&play), (Some("123".into()), None));
    // A number of any length ends with the line; letters are none of it.
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Gather action='/g'/>");
    play.at(1_000, typed("a4")).at(1_200, typed("2\n"));
    assert_eq!(asked(&play), (Some("42".into()), None));
    // A line in place of speech, with what was taken back; then one that is never ended.
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Gather input='speech' action='/g'/>");
    play.at(1_000, typed("\u{2028}Dinxdag")).at(1_500, typed("\u{8}\u{8}\u{8}\u{8}sdag 7\u{2028}"));
    assert_eq!(asked(&play), (None, Some("Dinsdag 7".into())));
    let mut play = Play::new(inbound());
    play.at(0, Event::Start).answer(100, "<Gather input='dtmf speech' action='/g'/>");
    play.at(1_000, typed("Ja"));
    play.at(11_000, Event::Timeout);
    assert_eq!(asked(&play), (None, Some("Ja".into())));
}
