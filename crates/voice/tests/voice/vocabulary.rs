//! docs/verbs.md says what each verb and attribute does, and is written from the code.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use flexio_markup::{Dialect, Kind, Limits as MarkupLimits};
use flexio_voice::*;

use crate::{Play, inbound};

/// What is understood and has no effect yet, and how that shows.
const WITHOUT_EFFECT: &[(&str, &str, &str)] = &[
    ("Gather", "enhanced", "the better model is always used"),
    ("Gather", "profanityFilter", "recognisers tell what was said, and have no such switch"),
    ("Gather", "speechModel", "the model is the operator's, set for each recogniser"),
    ("Queue", "reservationSid", "there are no reservations"),
    ("Enqueue", "workflowSid", "there are no workflows"),
    ("Queue", "postWorkActivitySid", "there are no workers whose activity could change"),
    ("Gather", "debug", "the debugger is told of every Gather anyhow"),
    ("Record", "recordingTrack", "it records who is on the line, to whom nothing is said meanwhile"),
    ("Conference", "region", "a conference is mixed on the node that holds its first call"),
    ("Number", "byoc", "trunks are the operator's, and chosen by him"),
    ("Client", "byoc", "trunks are the operator's, and chosen by him"),
    ("Sip", "byoc", "trunks are the operator's, and chosen by him"),
    ("Number", "name", "it has no meaning on the wire that is documented"),
    ("Client", "name", "it has no meaning on the wire that is documented"),
    ("Sip", "name", "it has no meaning on the wire that is documented"),
    (
        "Hangup",
        "reason",
        "a call that ends by its document ended normally (Q.850 cause 16), whatever words are given",
    ),
];

/// Whether it is one of these.
pub fn is_without_effect(element: &str, attribute: &str) -> bool {
    WITHOUT_EFFECT.iter().any(|(e, a, _)| *e == element && *a == attribute)
}

/// Verbs, each alone in a document, with what it cannot do without.
const VERBS: &[(&str, &str)] = &[
    ("Say", "<Say>x</Say>"),
    ("Play", "<Play>x.wav</Play>"),
    ("Pause", "<Pause/>"),
    ("Gather", "<Gather/>"),
    ("Record", "<Record/>"),
    ("Dial", "<Dial>+1</Dial>"),
    ("Enqueue", "<Enqueue>a</Enqueue>"),
    ("Leave", "<Leave/>"),
    ("Hold", "<Hold/>"),
    ("Resume", "<Resume/>"),
    ("Refer", "<Refer><Sip>sip:a@b</Sip></Refer>"),
    ("Message", "<Message>x</Message>"),
    ("Email", "<Email from='a@b' to='a@b'>x</Email>"),
    ("Redirect", "<Redirect>x</Redirect>"),
    ("Reject", "<Reject/>"),
    ("Hangup", "<Hangup/>"),
    ("Connect", "<Connect><Stream url='wss://a/b'/></Connect>"),
    ("Start", "<Start><Stream url='wss://a/b'/></Start>"),
    ("Stop", "<Start><Stream name='a' url='wss://a/b'/></Start><Stop><Stream name='a'/></Stop>"),
];

/// Elements of other platforms, and of older ones of this family, that are not verbs here.
const UNKNOWN: &[&str] = &[
    "Application",
    "ConversationRelay",
    "Fax",
    "Geolocation",
    "Language",
    "Pay",
    "Prompt",
    "Sim",
    "Siprec",
    "Task",
    "Transcription",
    "UssdCollect",
    "UssdMessage",
    "VirtualAgent",
];

/// The notification a document with only this verb leaves: what it says, or nothing.
fn notified(body: &str) -> Option<u32> {
    let mut play = Play::new(inbound());
    play.at(0, Event::Start);
    let text = format!("<Response>{body}</Response>");
    let document =
        flexio_markup::parse(text.as_bytes(), Kind::Voice, Dialect::Twiml, &MarkupLimits::default())
            .expect("it parses");
    play.reply(1, Ok(document));
    play.last.iter().find_map(|action| match action {
        Action::Notify(notify) => Some(notify.code),
        _ => None,
    })
}

fn table() -> String {
    let mut out = String::from(
        "# Verbs\n\nWhat a document may say, and what becomes of it. This page is written from the code: `UPDATE_DOCS=1 cargo nextest run \
         -p flexio-voice vocabulary` writes it anew.\n\nAttributes and values not listed here are ignored with \
         [notification 12200](notifications.md).\n\n| element | attribute | state |\n|---|---|---|\n",
    );
    let mut rows: BTreeMap<(String, String), String> = BTreeMap::new();
    for (verb, body) in VERBS {
        let state = notified(body).map_or("done".to_owned(), |code| format!("not done: notification {code}"));
        rows.insert(((*verb).to_owned(), String::new()), state);
    }
    for noun in ["Number", "Client", "Sip", "Conference", "Queue", "Stream"] {
        rows.insert((noun.to_owned(), String::new()), "done".to_owned());
    }
    for word in flexio_markup::vocabulary() {
        let known = WITHOUT_EFFECT.iter().find(|(e, a, _)| *e == word.element && *a == word.attribute);
        let verb = rows.get(&(word.element.clone(), String::new())).cloned().unwrap_or_default();
        let state = match known {
            Some((_, _, how)) => format!("no effect: {how}"),
            None if !word.is_read => "accepted, no effect".to_owned(),
            None if verb.starts_with("not done") => verb,
            None => "done".to_owned(),
        };
        rows.insert((word.element, word.attribute.to_owned()), state);
    }
    for ((element, attribute), state) in rows {
        let attribute = if attribute.is_empty() { String::new() } else { format!("`{attribute}`") };
        let _ = writeln!(out, "| `{element}` | {attribute} | {state} |");
    }
    out.push_str("\nNot verbs here; skipped with notification 12200: ");
    let unknown: Vec<String> = UNKNOWN.iter().map(|name| format!("`{name}`")).collect();
    out.push_str(&unknown.join(", "));
    out.push_str(".\n");
    out
}

#[test]
fn the_page_of_verbs_says_what_the_code_does() {
    let path = "../../docs/verbs.md";
    let table = table();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &table).expect("the page can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(written, table, "write it anew with UPDATE_DOCS=1");
}

#[test]
fn what_is_listed_as_unknown_or_without_effect_is() {
    for name in UNKNOWN {
        assert_eq!(notified(&format!("<{name}/>")), Some(12_200), "{name}");
    }
    let words = flexio_markup::vocabulary();
    for (element, attribute, _) in WITHOUT_EFFECT {
        assert!(
            words.iter().any(|word| word.element == *element && word.attribute == *attribute),
            "{element}.{attribute}"
        );
    }
}
