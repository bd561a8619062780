//! Nodes by their outcomes, and laws that hold for all flows.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod limits;
mod outcomes;
mod properties;
mod restart;

use std::collections::BTreeMap;

use flexio_flows::{Flow, FlowRef, Library, Place, Run, Test, read, simulate};
use serde_json::{Value, json};

/// A flow of these nodes behind a trigger that leads to the first.
fn flow(channel: &str, nodes: &Value) -> Flow {
    let first = nodes[0]["id"].clone();
    let mut all = vec![json!({ "id": "begin", "type": format!("on_{channel}"), "next": { "start": first } })];
    all.extend(nodes.as_array().unwrap().clone());
    read(json!({ "name": "t", "languages": ["en", "nl"], "variables": { "n": { "type": "number" }, "s": {}, "b": { "type": "boolean" } }, "secrets": ["key"], "nodes": all })).unwrap()
}

fn reference() -> FlowRef {
    FlowRef { sid: "FW00000000000000000000000000000001".to_owned(), revision: 1 }
}

fn run(flow: &Flow, mut test: Value) -> Run {
    test["name"] = json!("t");
    let test: Test = serde_json::from_value(test).unwrap();
    let secrets = BTreeMap::from([("key".to_owned(), "s3cret-value".to_owned())]);
    let place = Place { secrets, ..Place::default() };
    simulate(&reference(), &Library::of(reference(), flow.clone()), &place, &test)
}
