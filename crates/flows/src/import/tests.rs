//! Projects of other designers are read and run.

use std::io::Write as _;

use serde_json::json;

use super::*;
use crate::{FlowRef, Library, Place, Severity, Test, simulate, validate};

fn run(flow: &Flow, test: serde_json::Value) -> crate::Run {
    let reference = FlowRef { sid: "FW1".to_owned(), revision: 1 };
    let test: Test = serde_json::from_value(test).unwrap();
    simulate(&reference, &Library::of(reference.clone(), flow.clone()), &Place::default(), &test)
}

fn errors(flow: &Flow) -> Vec<crate::Problem> {
    validate(flow).into_iter().filter(|problem| problem.severity == Severity::Error).collect()
}

fn rvd_project() -> serde_json::Value {
    let say =
        |name: &str, phrase: &str| json!({ "kind": "say", "name": name, "title": "say", "phrase": phrase });
    json!({
        "header": { "projectKind": "voice", "startNodeName": "start", "version": "1.13" },
        "lastStepId": 9,
        "nodes": [
            { "name": "start", "label": "Welcome", "steps": [
                { "kind": "gather", "name": "step1", "gatherType": "menu", "numDigits": 1, "steps": [say("s", "Hello $core_From")],
                  "menu": { "mappings": [{ "digits": 1, "next": "ask" }, { "digits": "2", "next": "gone" }] } },
                say("step2", "Goodbye") ] },
            { "name": "ask", "label": "Ask", "steps": [
                { "kind": "gather", "name": "step3", "gatherType": "collectdigits", "finishOnKey": "*", "steps": [say("t", "Your number?")],
                  "collectdigits": { "next": "look", "collectVariable": "customer", "scope": "module" } } ] },
            { "name": "look", "label": "Look up", "steps": [
                say("step4", "One moment"),
                { "kind": "externalService", "name": "step5", "url": "/demo.json", "urlParams": [{ "name": "id", "value": "$customer" }],
                  "assignments": [{ "destVariable": "first", "scope": "application", "valueExtractor": { "accessOperations": [
                      { "kind": "object", "property": "people" }, { "kind": "array", "position": 0 }, { "kind": "object", "property": "name" }, { "kind": "value" }] } }],
                  "doRouting": true, "nextType": "responseBased", "onTimeout": "start",
                  "nextValueExtractor": { "accessOperations": [{ "kind": "object", "property": "next" }, { "kind": "value" }] } } ] },
            { "name": "member", "label": "Member", "steps": [
                { "kind": "control", "name": "step6", "conditionExpression": "C1 AND C2",
                  "conditions": [{ "name": "C1", "operator": "equals", "comparison": { "operand1": "$first", "operand2": "Ann" } },
                                 { "name": "C2", "operator": "greaterEqual", "comparison": { "operand1": "$customer", "operand2": "40", "type": "numeric" } }],
                  "actions": [{ "assign": { "expression": "dear $first", "varName": "greeting", "scope": "application" } },
                              { "capture": { "regex": "^(.)", "data": "$customer", "varName": "digit", "scope": "module" } }] },
                say("step7", "Welcome $greeting, $digit") ] } ]
    })
}

#[test]
fn an_email_of_a_classic_project_is_sent_and_leads_on() {
    let project = json!({ "header": { "projectKind": "voice", "startNodeName": "start", "version": "1.13" }, "lastStepId": 2, "nodes": [
        { "name": "start", "label": "Welcome", "steps": [
            { "kind": "email", "name": "step1", "from": "info@acme.test", "to": "desk@acme.test", "cc": "$core_To@acme.test", "subject": "Call of $core_From",
              "text": "He called.", "next": "bye" } ] },
        { "name": "bye", "label": "Bye", "steps": [{ "kind": "say", "name": "step2", "title": "say", "phrase": "Goodbye" }] } ] });
    let imported = read(&project.to_string(), "Demo").unwrap();
    assert_eq!(errors(&imported.flow), []);
    let run = run(&imported.flow, json!({ "name": "t", "channel": "call", "from": "+32470123456" }));
    assert_eq!((run.sent.len(), run.sent[0].to.as_str()), (1, "desk@acme.test"), "{run:#?}");
    assert_eq!(run.sent[0].body, "Call of +32470123456\nHe called.");
    assert!(run.heard.iter().any(|heard| heard.text == "Goodbye"), "{run:#?}");
}

#[test]
fn a_classic_project_runs_as_its_steps_say() {
    let imported = read(&rvd_project().to_string(), "Demo").unwrap();
    assert_eq!(errors(&imported.flow), []);
    let inputs = json!([{ "digits": "1" }, { "digits": "42" }]);
    let http = json!([{ "body": { "people": [{ "name": "Ann" }], "next": "member" } }]);
    let run = run(
        &imported.flow,
        json!({ "name": "t", "channel": "call", "from": "+32470123456", "inputs": inputs, "http": http }),
    );
    let heard: Vec<&str> =
        run.heard.iter().filter(|heard| heard.kind == "say").map(|heard| heard.text.as_str()).collect();
    assert_eq!(
        heard,
        ["Hello +32470123456", "Your number?", "One moment", "Welcome dear Ann, 4"],
        "{run:#?}"
    );
    assert_eq!(run.outcome, crate::Outcome::Completed);
    let remarks: Vec<&str> = imported.report.iter().filter_map(|remark| remark.node.as_deref()).collect();
    // A module that is not there, an address that was relative, and an order that changed.
    assert_eq!(remarks, ["start.step1", "look.step5", "look.step4"]);
    assert_eq!(imported.flow.groups.len(), 4);
}

#[test]
fn no_input_falls_through_to_the_next_step() {
    let imported = read(&rvd_project().to_string(), "Demo").unwrap();
    let run = run(&imported.flow, json!({ "name": "t", "channel": "call", "inputs": [{ "silence": true }] }));
    assert_eq!(run.heard.last().map(|heard| heard.kind.as_str()), Some("hangup"));
    assert!(run.path.contains(&"start.step2".to_owned()));
}

#[test]
fn every_project_at_hand_is_read_and_runs() {
    // Real projects, where they are at hand: one test run of each from its start.
    let Some(shared) = std::env::var_os("FLEXIO_SHARED") else { return };
    let folder = std::path::Path::new(&shared).join("testdata/rvd");
    let mut read_projects = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if !path.to_string_lossy().ends_with(".state.json") {
            continue;
        }
        let imported = read(&std::fs::read_to_string(&path).unwrap(), "Demo").unwrap();
        assert_eq!(errors(&imported.flow), [], "{}", path.display());
        let channel = if imported.flow.trigger(crate::Channel::Call).is_some() { "call" } else { "message" };
        let inputs = json!([{ "digits": "1", "reply": "Bob" }, { "digits": "1", "reply": "Bob" }]);
        let http = json!([{ "body": { "firstname": "Ann", "lastname": "Bee", "error": "", "nextModule": "module2" } }]);
        let test = json!({ "name": "t", "channel": channel, "from": "+32470123456", "to": "+3225550101", "body": "hi", "inputs": inputs, "http": http });
        let run = run(&imported.flow, test);
        assert_eq!(run.outcome, crate::Outcome::Completed, "{}: {run:#?}", path.display());
        assert!(!run.heard.is_empty() || !run.sent.is_empty());
        read_projects += 1;
    }
    assert!(read_projects >= 5);
}

fn studio() -> serde_json::Value {
    json!({
        "description": "IVR", "initial_state": "Trigger", "flags": { "allow_concurrent_calls": true },
        "states": [
            { "name": "Trigger", "type": "trigger", "properties": { "offset": { "x": 0, "y": 0 } },
              "transitions": [{ "event": "incomingMessage", "next": "reply" }, { "event": "incomingCall", "next": "gather_1" }, { "event": "incomingRequest" }] },
            { "name": "gather_1", "type": "gather-input-on-call", "properties": { "say": "Press 1 for sales", "timeout": 5, "number_of_digits": 1 },
              "transitions": [{ "event": "keypress", "next": "split_1" }, { "event": "speech" }, { "event": "timeout", "next": "vm" }] },
            { "name": "split_1", "type": "split-based-on", "properties": { "input": "{{widgets.gather_1.Digits}}" },
              "transitions": [{ "event": "noMatch", "next": "vm" }, { "event": "match", "next": "http_1",
                "conditions": [{ "friendly_name": "1", "arguments": ["{{widgets.gather_1.Digits}}"], "type": "equal_to", "value": "1" }] }] },
            { "name": "http_1", "type": "make-http-request", "properties": { "method": "POST", "url": "https://crm.test/x", "body": "{\"from\":\"{{contact.channel.address}}\"}" },
              "transitions": [{ "event": "success", "next": "set_1" }, { "event": "failed", "next": "vm" }] },
            { "name": "set_1", "type": "set-variables", "properties": { "variables": [{ "key": "desk", "value": "{{widgets.http_1.parsed.desk}}" }] },
              "transitions": [{ "event": "next", "next": "connect_1" }] },
            { "name": "connect_1", "type": "connect-call-to", "properties": { "noun": "number", "to": "{{flow.variables.desk}}", "caller_id": "{{contact.channel.address}}" },
              "transitions": [{ "event": "callCompleted" }, { "event": "hangup" }] },
            { "name": "vm", "type": "record-voicemail", "properties": { "max_length": 60 }, "transitions": [{ "event": "recordingComplete" }] },
            { "name": "reply", "type": "send-and-wait-for-reply", "properties": { "body": "Hi {{trigger.message.From}}, {{ name | default: 'who' }}?", "timeout": "3600" },
              "transitions": [{ "event": "incomingMessage", "next": "thanks" }, { "event": "timeout" }, { "event": "deliveryFailure" }] },
            { "name": "thanks", "type": "send-message", "properties": { "body": "You said {{widgets.reply.inbound.Body}}" }, "transitions": [{ "event": "sent" }] }
        ]
    })
}

#[test]
fn a_studio_definition_runs_as_its_widgets_say() {
    let imported = read(&studio().to_string(), "IVR").unwrap();
    assert_eq!((errors(&imported.flow), imported.report.clone()), (vec![], vec![]));
    let http = json!([{ "body": { "desk": "+3222268888" } }]);
    let call = json!({ "name": "t", "channel": "call", "from": "+32470123456", "inputs": [{ "digits": "1" }, { "dial": "answered" }], "http": http });
    let called = run(&imported.flow, call);
    assert_eq!(
        called.path,
        ["Trigger.call", "gather_1", "split_1", "http_1", "set_1", "connect_1"]
            .map(|id| if id == "Trigger.call" { "Trigger" } else { id }),
        "{called:#?}"
    );
    assert_eq!(called.steps[5].inputs["to"], json!(["+3222268888"]));
    let message = json!({ "name": "t", "channel": "message", "from": "+32470123456", "to": "+32470000101", "body": "hi", "inputs": [{ "reply": "yes" }] });
    let written = run(&imported.flow, message);
    let sent: Vec<&str> = written.sent.iter().map(|sent| sent.body.as_str()).collect();
    assert_eq!(sent, ["Hi +32470123456, who?", "You said yes"]);
}

#[test]
fn what_is_no_flow_is_refused_with_a_sentence() {
    for content in [
        "",
        "{",
        "[]",
        "{}",
        "null",
        "a: [",
        "nodes: 1",
        r#"{"name":"x","nodes":[{"id":"a","type":"nosuch"}]}"#,
        r#"{"name":"x","nodes":[{"id":"a","type":"say","properties":{"promts":[]}}]}"#,
        r#"{"header":{},"nodes":[]}"#,
        r#"{"states":[{"name":"a","type":"capture-payments"}]}"#,
        "a: &a [x]\nb: *a\n",
    ] {
        let error = read(content, "x").unwrap_err();
        assert!(!error.to_string().is_empty(), "{content}");
    }
    let deep = format!("{}1{}", "[".repeat(2_000), "]".repeat(2_000));
    assert!(read(&deep, "x").is_err());
    assert!(read(&"x".repeat(2 * 1024 * 1024), "x").is_err());
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn an_archive_gives_its_project_whatever_else_is_in_it() {
    let state = rvd_project().to_string();
    for name in ["state", "../../state", "/etc/state", "project/state", "C:\\x\\state"] {
        let bytes = archive(&[("../../../tmp/evil.wav", b"RIFF"), (name, state.as_bytes())]);
        assert_eq!(project(&bytes).as_deref(), Ok(state.as_str()), "{name}");
    }
}

#[test]
fn hostile_archives_are_refused() {
    let bomb = archive(&[("state", &vec![b' '; 32 * 1024 * 1024])]);
    assert!(project(&bomb).unwrap_err().contains("too large"));
    let names: Vec<String> = (0..300).map(|n| format!("f{n}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    assert!(project(&archive(&many)).unwrap_err().contains("200 entries"));
    let whole = archive(&[("state", b"{}")]);
    for end in [0, 1, 10, whole.len() / 2, whole.len() - 1] {
        assert!(project(&whole[..end]).is_err(), "{end}");
    }
    assert!(project(&archive(&[("readme.txt", b"x")])).unwrap_err().contains("no project"));
    assert!(project(&archive(&[("state", b"\xFF\xFE")])).unwrap_err().contains("not text"));
}
