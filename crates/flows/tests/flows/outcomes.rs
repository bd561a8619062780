//! Each kind of node leaves by each of its ports.

use std::collections::{BTreeMap, BTreeSet};

use flexio_flows::nodes::Kind;
use serde_json::{Value, json};

use super::{flow, run};

/// A kind of node with its properties, what comes in, and the port it leaves by.
#[derive(serde::Deserialize)]
struct Row {
    #[serde(rename = "type")]
    kind: String,
    port: String,
    properties: Value,
    test: Value,
}

/// Ports only a refusal or the far end brings about, which the simulator does not play.
const ELSEWHERE: [(&str, &str); 9] = [
    ("enqueue", "full"),
    ("enqueue", "failed"),
    ("transfer", "failed"),
    ("send_message", "failed"),
    ("email", "failed"),
    ("ask_by_message", "failed"),
    ("loop", "done"),
    ("subflow", "done"),
    ("subflow", "hangup"),
];

#[test]
fn every_node_leaves_by_each_of_its_ports() {
    let rows: Vec<Row> = serde_json::from_str(include_str!("outcomes.json")).unwrap();
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Row { kind, port, properties, test } in rows {
        let next = if port == "speech" { json!({ "speech": "end" }) } else { json!({}) };
        let x = json!({ "id": "x", "type": kind, "properties": properties, "next": next });
        let channel = test["channel"].as_str().unwrap().to_owned();
        let run = run(&flow(&channel, &json!([x, { "id": "end", "type": "end" }])), test.clone());
        let left = run.steps.iter().find(|step| step.node == "x").and_then(|step| step.port.clone());
        assert_eq!(left.as_ref(), Some(&port), "{kind} {properties} {test}: {run:#?}");
        for (name, value) in test["expect"]["variables"].as_object().into_iter().flatten() {
            assert_eq!(run.variables.get(name), Some(value), "{kind} {properties} {test}");
        }
        seen.entry(kind).or_default().insert(port);
    }
    for kind in Kind::every() {
        for port in kind.ports() {
            let elsewhere = ELSEWHERE.contains(&(kind.name(), port.name.as_str()));
            let untold = kind.trigger().is_some() || kind.name() == "wait" && port.name == "error";
            let has = seen.get(kind.name()).is_some_and(|ports| ports.contains(&port.name));
            assert!(has || elsewhere || untold, "no row leaves {} by {}", kind.name(), port.name);
        }
    }
}

#[test]
fn what_follows_a_loop_a_subflow_and_a_goto() {
    let rounds = flow(
        "message",
        &json!([
            { "id": "l", "type": "loop", "properties": { "times": 3 }, "next": { "again": "c", "done": "end" } },
            { "id": "c", "type": "counter", "properties": { "variable": "n" }, "next": { "done": "g" } },
            { "id": "g", "type": "goto", "properties": { "node": "l" } },
            { "id": "end", "type": "end" },
        ]),
    );
    let run = run(&rounds, json!({ "channel": "message", "from": "+32470123456" }));
    assert_eq!(run.variables["n"], 3, "{run:#?}");
    assert_eq!(run.path.iter().filter(|node| *node == "l").count(), 4);
    assert_eq!(run.path.last().map(String::as_str), Some("end"));
}

#[test]
fn a_fault_that_leads_nowhere_goes_to_the_handler_or_fails_with_the_nodes_name() {
    let mut broken = flow(
        "message",
        &json!([
            { "id": "x", "type": "log", "properties": { "message": "{{" } },
            { "id": "sorry", "type": "send_message", "properties": { "body": "Sorry" } },
        ]),
    );
    let failed = run(&broken, json!({ "channel": "message", "from": "+32470123456", "to": "+32470000101" }));
    assert_eq!(failed.outcome.as_str(), "failed");
    broken.on_error = Some("sorry".to_owned());
    let handled = run(&broken, json!({ "channel": "message", "from": "+32470123456", "to": "+32470000101" }));
    assert_eq!((handled.outcome.as_str(), handled.sent.len()), ("completed", 1), "{handled:#?}");
}

#[test]
fn an_endless_flow_is_stopped_and_the_node_named() {
    let endless =
        flow("message", &json!([{ "id": "round", "type": "goto", "properties": { "node": "round" } }]));
    let run = run(&endless, json!({ "channel": "message", "from": "+32470123456" }));
    assert_eq!(run.outcome.as_str(), "failed");
    assert!(run.error.unwrap().contains("`round`"));
}

#[test]
fn a_secret_is_used_and_never_logged() {
    let asks = flow(
        "message",
        &json!([{ "id": "x", "type": "http", "properties": {
        "method": "POST", "url": "https://a.test/?k={{ secrets.key }}", "body": "{\"k\":\"{{ secrets.key }}\"}",
        "headers": { "X-Key": "{{ secrets.key }}" } } }]),
    );
    let answer = json!([{ "body": "you sent s3cret-value" }]);
    let run = run(&asks, json!({ "channel": "message", "from": "+32470123456", "http": answer }));
    let shown = serde_json::to_string(&run.steps).unwrap();
    assert!(!shown.contains("s3cret-value"), "{shown}");
    assert!(shown.contains("••••"));
}
