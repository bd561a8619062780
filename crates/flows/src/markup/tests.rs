//! Nodes and documents are the same where both can say it, and what one cannot is told.

use std::collections::BTreeSet;

use flexio_markup::{DialTo, Dialect, Kind as MarkupKind, Limits, Verb, parse};
use proptest::prelude::*;
use serde_json::json;

use super::write::steps_of;
use super::*;
use crate::document::{Flow, Node};
use crate::{Severity, read, validate};

fn pasted(text: &str) -> Pasted {
    from_markup(text, Dialect::Auto).unwrap()
}

fn told(pasted: &Pasted) -> Vec<(u32, &str)> {
    pasted.report.iter().map(|remark| (remark.line, remark.text.as_str())).collect()
}

/// The pasted nodes behind a trigger.
fn flow_of(nodes: &[Node]) -> Flow {
    let first = nodes.first().map(|node| node.id.clone()).unwrap_or_default();
    let mut all = vec![json!({ "id": "begin", "type": "on_call", "next": { "start": first } })];
    all.extend(nodes.iter().map(|node| serde_json::to_value(node).unwrap()));
    read(json!({ "name": "t", "nodes": all })).unwrap()
}

#[test]
fn a_document_becomes_nodes_that_fall_through_as_it_does() {
    let pasted = pasted(
        r#"<Response>
  <Say voice="woman" language="nl-BE">Goeiedag</Say><Play>https://a.test/tune.wav</Play><Pause length="2"/>
  <Gather numDigits="1" timeout="4"><Say>Kies</Say></Gather>
  <Dial timeout="20"><Number>+3222268888</Number><Client>ann</Client></Dial>
  <Record maxLength="30" playBeep="false" trim="do-not-trim"/>
  <Sms>Dank u</Sms>
  <Hangup/>
</Response>"#,
    );
    let ids: Vec<&str> = pasted.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(ids, ["say", "ask", "dial", "record", "send_message", "hangup"]);
    let next = |at: usize, port: &str| pasted.nodes[at].next.get(port).map(String::as_str);
    assert_eq!(next(0, "done"), Some("ask"));
    assert_eq!((next(1, "no_input"), next(1, "answered")), (Some("dial"), None));
    assert_eq!(
        (next(2, "answered"), next(2, "failed"), next(3, "empty")),
        (Some("record"), Some("record"), Some("send_message"))
    );
    let asked = "the answer went to the application that made the document: connect the outcomes";
    assert_eq!(told(&pasted), [(3, asked)]);
    // No document says what a recording is for.
    let problems = validate(&flow_of(&pasted.nodes));
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    let errors: Vec<_> =
        errors.map(|problem| (problem.node.as_deref(), problem.property.as_deref())).collect();
    assert_eq!(errors, [(Some("record"), Some("purpose"))], "{problems:#?}");
}

#[test]
fn what_no_node_does_is_told_by_line() {
    let pasted = pasted(
        "\n<Response>\n<Start><Stream url=\"wss://a.test\"/></Start>\n<Dial action=\"/done\" hangupOnStar=\"true\">\
         <Number statusCallback=\"https://a.test/s\">+3222268888</Number></Dial>\n<Say>Really <emphasis>now</emphasis></Say>\n\
         <Fax>x</Fax>\n<Redirect>/next</Redirect></Response>",
    );
    let kinds: Vec<&str> = pasted.nodes.iter().map(|node| node.kind.name()).collect();
    assert_eq!(kinds, ["dial", "say", "redirect"]);
    assert!(pasted.nodes[0].next.is_empty(), "the document of the action goes on, not this one");
    let told: Vec<String> = told(&pasted).into_iter().map(|(line, text)| format!("{line} {text}")).collect();
    let wanted = [
        "3 `<Start>` has no counterpart among the steps",
        "4 `<Dial>` loses hangupOnStar, Number statusCallback, Number statusCallbackEvent",
        "4 the answer went to `/done`: connect the outcomes",
        "5 `<Say>` loses emphasis",
        "6 verb `<Fax>` is not supported and was skipped",
        "7 `/next` is no whole address: complete it",
    ];
    assert_eq!(told, wanted);
    let broken = from_markup("<Response><Say>x</Response>", Dialect::Auto).unwrap_err().to_string();
    assert!(broken.contains("line 1"), "{broken}");
    for text in ["", "x", "{}", "<Answer/>", "<!DOCTYPE a [<!ENTITY b \"c\">]><Response>&b;</Response>"] {
        assert!(from_markup(text, Dialect::Auto).is_err(), "{text}");
    }
}

#[test]
fn the_dialects_put_a_caller_on_opposite_sides_of_a_queue() {
    let enqueue = "<Response><Enqueue>support</Enqueue></Response>";
    let kind = |dialect| from_markup(enqueue, dialect).unwrap().nodes[0].kind.name();
    assert_eq!((kind(Dialect::Twiml), kind(Dialect::Rcml)), ("enqueue", "take_from_queue"));
    let nodes = from_markup(enqueue, Dialect::Twiml).unwrap().nodes;
    let written = to_markup(&flow_of(&nodes), &BTreeSet::from(["enqueue".to_owned()]));
    let [document] = written.documents.as_slice() else { panic!("{written:?}") };
    assert!(document.twiml.contains("<Enqueue>support</Enqueue>"), "{}", document.twiml);
    assert!(document.rcml.contains("<Queue>support</Queue>"), "{}", document.rcml);
}

#[test]
fn nodes_that_fall_through_are_one_document_and_what_it_cannot_say_is_told() {
    let flow = read(json!({ "name": "t", "languages": ["nl-BE", "fr-BE"], "nodes": [
        { "id": "call", "type": "on_call", "next": { "start": "hello" } },
        { "id": "hello", "type": "say", "properties": { "prompts": [{ "kind": "say", "text": { "nl-BE": "Dag {{ trigger.from }}", "fr-BE": "Bonjour" } }] }, "next": { "done": "menu" } },
        { "id": "menu", "type": "menu", "properties": { "prompts": [{ "kind": "say", "text": "Kies" }], "choices": [{ "port": "a", "digits": "12" }, { "port": "b", "digits": "#" }] }, "next": { "a": "text", "no_input": "bye" } },
        { "id": "bye", "type": "hangup" },
        { "id": "text", "type": "send_message", "properties": { "body": "Code" }, "next": { "sent": "ask" } },
        { "id": "ask", "type": "http", "properties": { "url": "https://a.test" } },
    ] }))
    .unwrap();
    let all: BTreeSet<String> = flow.nodes.iter().map(|node| node.id.clone()).collect();
    let written = to_markup(&flow, &all);
    let [call, message] = written.documents.as_slice() else { panic!("{written:#?}") };
    assert_eq!(call.nodes, ["hello", "menu", "bye"]);
    let lines: Vec<&str> = call.twiml.lines().collect();
    let wanted = [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
        "<Response>",
        "  <Say language=\"nl-BE\">Dag {{ trigger.from }}</Say>",
        "  <Gather finishOnKey=\"\" startInputKey=\"0123456789*#\" numDigits=\"2\">",
        "    <Say language=\"nl-BE\">Kies</Say>",
        "  </Gather>",
        "  <Hangup/>",
        "</Response>",
    ];
    assert_eq!(lines, wanted);
    assert_eq!(message.nodes, ["text"]);
    assert!(
        message.rcml.contains("  <Sms>Code</Sms>\n") && message.twiml.contains("  <Message>Code</Message>\n")
    );
    let told: Vec<(Option<&str>, &str)> =
        written.report.iter().map(|remark| (remark.node.as_deref(), remark.text.as_str())).collect();
    let decided =
        "where an answer leads is decided by the flow; with a document, by the application its `action` asks";
    assert_eq!(
        told,
        [
            (None, "the texts are those in nl-BE"),
            (Some("menu"), decided),
            (Some("ask"), "`http` has no counterpart in a document"),
        ]
    );
}

#[test]
fn every_document_of_other_platforms_at_hand_is_pasted() {
    let Some(shared) = std::env::var_os("FLEXIO_SHARED") else { return };
    let folder = std::path::Path::new(&shared).join("testdata/rcml");
    let mut read_documents = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let Ok(pasted) = from_markup(&text, Dialect::Rcml) else { continue };
        let flow = flow_of(&pasted.nodes);
        let all = flow.nodes.iter().map(|node| node.id.clone()).collect();
        let written = to_markup(&flow, &all);
        assert_eq!(written.documents.is_empty(), pasted.nodes.is_empty(), "{}", path.display());
        read_documents += 1;
    }
    // The others are configuration files of that platform.
    assert!(read_documents >= 30, "{read_documents}");
}

const HEARD: &str = "<Say>Hello there</Say>|<Say voice=\"woman\" language=\"fr\">Bonjour</Say>|<Say loop=\"3\">Again {{ call.digits }}</Say>|\
    <Play>https://a.test/a.wav</Play>|<Play loop=\"1000\">https://a.test/b.mp3?x=1&amp;y=2</Play>|<Pause length=\"3\"/>";
const DONE: &str = "<Gather/>|<Gather input=\"dtmf speech\" hints=\"one,two\" language=\"nl-BE\" timeout=\"9\"><Say>Well?</Say><Pause/></Gather>|\
    <Gather finishOnKey=\"\" numDigits=\"4\"><Play>https://a.test/a.wav</Play></Gather>|<Gather finishOnKey=\"*#\" input=\"speech\"/>|\
    <Record trim=\"do-not-trim\"/>|<Record timeout=\"3\" maxLength=\"60\" finishOnKey=\"-1\" playBeep=\"false\" transcribe=\"true\" recordingPurpose=\"agreed\"/>|\
    <Dial><Number>+3222268888</Number></Dial>|<Dial sequential=\"true\" timeout=\"12\" timeLimit=\"60\" callerId=\"+3225550101\" record=\"record-from-answer\" recordingPurpose=\"quality\"><Sip>sip:a@b.test</Sip><Client>ann</Client><Number sendDigits=\"ww12\">{{ number }}</Number></Dial>|\
    <Dial><Conference muted=\"true\" beep=\"false\" startConferenceOnEnter=\"false\" endConferenceOnExit=\"true\" maxParticipants=\"3\" record=\"record-from-start\">room</Conference></Dial>|\
    <Dial timeout=\"90\"><Queue>a</Queue></Dial>|<Enqueue waitUrl=\"https://a.test/wait\">a</Enqueue>|<Enqueue>{{ queue }}</Enqueue>|\
    <Hold holdMusic=\"https://a.test/a.wav\"/>|<Hold/>|<Resume/>|<Refer><Sip>sip:a@b.test</Sip></Refer>|\
    <Connect><Stream url=\"wss://a.test/s\"><Parameter name=\"a\" value=\"b &amp; c\"/></Stream></Connect>|\
    <Message>Hi &lt;you&gt;</Message>|<Message to=\"+32470123456\" from=\"8640\">Hi</Message>|\
    <Email from=\"a@a.test\" to=\"b@a.test\" cc=\"c@a.test,d@a.test\" subject=\"S\" contentType=\"text/html\" attachRecording=\"RE1\">T</Email>";
const LAST: &str = "|<Hangup/>|<Reject/>|<Reject reason=\"busy\"/>|<Redirect method=\"GET\">https://a.test/next</Redirect>|<Redirect>flow:FW1</Redirect>";

fn without_lines(steps: Vec<Verb>) -> Vec<Verb> {
    let plain = |mut verb: Verb| {
        if let Verb::Dial(dial) = &mut verb
            && let DialTo::Parties(parties) = &mut dial.to
        {
            for party in parties {
                party.line = 0;
            }
        }
        verb
    };
    steps.into_iter().map(plain).collect()
}

proptest! {
    /// Document → nodes → document says the same, in the dialect it was in; nodes → document → nodes are the same nodes.
    #[test]
    fn nothing_of_a_document_that_nodes_can_do_is_lost(
        parts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..12),
        last in any::<proptest::sample::Index>(),
        rcml in any::<bool>(),
    ) {
        // What waits for a queue in one dialect serves it in the other, and has other attributes there.
        let both = |verb: &&str| !rcml || !["timeout=\"90\"", "waitUrl"].iter().any(|only| verb.contains(only));
        let (verbs, ends): (Vec<&str>, Vec<&str>) = (HEARD.split('|').chain(DONE.split('|')).filter(both).collect(), LAST.split('|').collect());
        let text: String = parts.iter().map(|part| *part.get(&verbs)).chain([*last.get(&ends)]).map(str::trim).collect();
        let text = format!("<Response>{text}</Response>");
        let dialect = if rcml { Dialect::Rcml } else { Dialect::Twiml };
        let before = parse(text.as_bytes(), MarkupKind::Voice, dialect, &Limits::default()).unwrap();
        let pasted = from_markup(&text, dialect).unwrap();
        prop_assert!(pasted.report.iter().all(|remark| !remark.text.contains("loses")), "{:?}", pasted.report);
        let before = without_lines(before.steps.into_iter().map(|step| step.verb).collect());
        prop_assert_eq!(steps_of(&pasted.nodes, dialect), before.clone());
        let flow = flow_of(&pasted.nodes);
        let all = flow.nodes.iter().map(|node| node.id.clone()).collect();
        let documents = to_markup(&flow, &all).documents;
        prop_assert!(documents.len() <= 1);
        for document in documents {
            let shown = if rcml { &document.rcml } else { &document.twiml };
            let read = parse(shown.as_bytes(), MarkupKind::Voice, dialect, &Limits::default()).unwrap();
            prop_assert_eq!(read.warnings, vec![]);
            prop_assert_eq!(without_lines(read.steps.into_iter().map(|step| step.verb).collect()), before.clone());
            prop_assert_eq!(from_markup(shown, dialect).unwrap().nodes, pasted.nodes.clone());
        }
    }

    #[test]
    fn no_text_breaks_it(text in any::<String>()) {
        let _ = from_markup(&text, Dialect::Auto);
        let _ = from_markup(&format!("<Response>{text}</Response>"), Dialect::Auto);
        let _ = from_markup(&format!("<Response><Say loop='{text}'>{text}</Say><Dial>{text}</Dial></Response>"), Dialect::Auto);
    }
}
