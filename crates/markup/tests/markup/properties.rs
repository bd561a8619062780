//! Whatever is read can be printed and read again; nothing makes the reader panic.

use flexio_markup::{DialTo, Dialect, Kind, Limits, Verb, parse, print};
use proptest::prelude::*;

/// Lines are not printed, so they are not compared.
pub fn without_lines(verb: Verb) -> Verb {
    match verb {
        Verb::Dial(mut dial) => {
            if let DialTo::Parties(parties) = &mut dial.to {
                for party in parties {
                    party.line = 0;
                }
            }
            Verb::Dial(dial)
        }
        other => other,
    }
}

const NAMES: &[&str] = &[
    "Say",
    "Play",
    "Pause",
    "Gather",
    "Record",
    "Dial",
    "Enqueue",
    "Leave",
    "Hold",
    "Resume",
    "Refer",
    "Sms",
    "Message",
    "Email",
    "Redirect",
    "Reject",
    "Hangup",
    "Connect",
    "Start",
    "Stop",
    "Number",
    "Client",
    "Sip",
    "Uri",
    "Conference",
    "Queue",
    "Body",
    "Media",
    "Identity",
    "Parameter",
    "Stream",
    "speak",
    "break",
    "sub",
    "p",
    "Fax",
];
const ATTRIBUTES: &[&str] = &[
    "voice",
    "language",
    "loop",
    "digits",
    "length",
    "action",
    "method",
    "input",
    "timeout",
    "preTimeout",
    "postTimeout",
    "speechTimeout",
    "maxSpeechTime",
    "finishOnKey",
    "startInputKey",
    "numDigits",
    "actionOnEmptyResult",
    "hangupOnEmptyResult",
    "partialResultCallback",
    "hints",
    "bargeIn",
    "maxLength",
    "playBeep",
    "transcribe",
    "transcribeCallback",
    "timeLimit",
    "callerId",
    "record",
    "dialMusic",
    "ringTone",
    "hangupOnStar",
    "answerOnBridge",
    "sequential",
    "trim",
    "recordingTrack",
    "recordingPurpose",
    "recordingStatusCallback",
    "recordingStatusCallbackEvent",
    "referUrl",
    "sendDigits",
    "url",
    "statusCallback",
    "statusCallbackEvent",
    "machineDetection",
    "callReason",
    "username",
    "muted",
    "beep",
    "waitUrl",
    "waitMethod",
    "waitUrlMethod",
    "joinUrl",
    "maxParticipants",
    "rejoin",
    "priority",
    "workflowSid",
    "name",
    "value",
    "track",
    "to",
    "from",
    "cc",
    "subject",
    "reason",
    "alias",
    "holdMusic",
    "participantLabel",
    "unknown",
];
const VALUES: &[&str] = &[
    "",
    "0",
    "1",
    "5",
    "1001",
    "-1",
    "x",
    "true",
    "false",
    "GET",
    "post",
    "woman",
    "Polly.Lotte",
    "nl-BE",
    "bf",
    "#",
    "*#",
    "1w2",
    "dtmf speech",
    "auto",
    "/next?a=1&amp;b=2",
    "https://app.test/é",
    "sip:a@b;x=y?A=b&amp;X-C=%41%26",
    "+3225550123",
    "alice?X-A=%C3%A9",
    "completed",
    "in-progress absent",
    "ringing, answered",
    "record-from-answer",
    "Enable",
    "onEnter",
    "busy",
    "a, b,, c",
    " padded ",
    "&lt;&quot;&#9;&#x10FFFF;",
    "both_tracks",
    "quality",
    "be",
    "wss://x/y",
];

fn element() -> impl Strategy<Value = String> {
    let attributes =
        prop::collection::btree_map(prop::sample::select(ATTRIBUTES), prop::sample::select(VALUES), 0..8);
    let leaf = (prop::sample::select(NAMES), attributes.clone(), prop::sample::select(VALUES))
        .prop_map(|(name, attributes, text)| written(name, &attributes, text));
    leaf.prop_recursive(3, 12, 4, move |inner| {
        (
            prop::sample::select(NAMES),
            attributes.clone(),
            prop::collection::vec(inner, 0..4),
            prop::sample::select(VALUES),
        )
            .prop_map(|(name, attributes, children, text)| {
                written(name, &attributes, &format!("{text}{}", children.concat()))
            })
    })
}

fn written(name: &str, attributes: &std::collections::BTreeMap<&str, &str>, inner: &str) -> String {
    let attributes = attributes.iter().map(|(k, v)| format!(" {k}=\"{v}\"")).collect::<Vec<_>>().concat();
    format!("<{name}{attributes}>{inner}</{name}>")
}

const KINDS: &[Kind] =
    &[Kind::Voice, Kind::Messaging, Kind::Screening, Kind::ConferenceWait, Kind::QueueWait];
const DIALECTS: &[Dialect] = &[Dialect::Rcml, Dialect::Twiml, Dialect::Auto];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_prints_back_to_itself(
        verbs in prop::collection::vec(element(), 0..6),
        kind in prop::sample::select(KINDS),
        dialect in prop::sample::select(DIALECTS),
    ) {
        let text = format!("<Response>{}</Response>", verbs.concat());
        let limits = Limits::default();
        let first = parse(text.as_bytes(), kind, dialect, &limits).unwrap();
        let printed = print(&first);
        let second = parse(printed.as_bytes(), kind, first.dialect, &limits).unwrap();
        let verbs = |d: flexio_markup::Document| d.steps.into_iter().map(|s| without_lines(s.verb)).collect::<Vec<_>>();
        let count = second.warnings.len();
        prop_assert_eq!(verbs(first), verbs(second.clone()), "{}", printed);
        prop_assert_eq!(count, 0, "a printed document warns: {:?} {}", second.warnings, printed);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes, Kind::Voice, Dialect::Auto, &Limits::default());
    }

    #[test]
    fn no_scrap_of_xml_makes_the_reader_panic(
        scraps in prop::collection::vec(prop::sample::select(vec![
            "<Response>", "</Response>", "<Say", " a='", "'", "\"", ">", "/>", "</", "<!--", "-->", "<![CDATA[", "]]>",
            "&", ";", "&#", "x", "amp", "<?xml", "?>", "<!DOCTYPE", "é", "\r\n", "\u{0}", "=",
        ]), 0..40)
    ) {
        let _ = parse(scraps.concat().as_bytes(), Kind::Messaging, Dialect::Rcml, &Limits::default());
    }
}
