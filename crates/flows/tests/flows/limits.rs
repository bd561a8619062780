//! Executions end: whoever goes round is stopped, and told where.

use std::collections::{BTreeMap, BTreeSet};

use flexio_flows::{
    Advance, Channel, Env, Event, Library, Outcome, Place, Start, State, Stops, handle, simulate_until,
};
use jiff::SignedDuration;
use serde_json::json;

use super::{flow, reference, run};

#[test]
fn a_loop_that_waits_each_time_is_stopped_at_ten_thousand_steps_and_its_node_named() {
    let round = json!([
        { "id": "rest", "type": "wait", "properties": { "seconds": 1 }, "next": { "done": "again" } },
        { "id": "again", "type": "counter", "properties": { "variable": "n" }, "next": { "done": "rest" } },
    ]);
    let library = Library::of(reference(), flow("web", &round));
    let secrets = BTreeMap::new();
    let mut now: flexio_domain::Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
    let mut state = State::new(reference(), Channel::Web, Start::default(), 42, now);
    let (mut event, mut log) = (Event::Start, Vec::new());
    // The trigger, then two steps each time.
    for _ in 0..6_000 {
        let env = Env { now, secrets: &secrets, url: "flow:FN1", stops: None };
        if matches!(handle(&mut state, &library, env, &event, &mut log), Advance::Ended(_)) {
            break;
        }
        now = now.checked_add(SignedDuration::from_secs(2)).unwrap();
        event = Event::Time;
    }
    assert_eq!((state.is_over(), state.steps), (true, 10_000));
    assert_eq!(state.error.as_deref(), Some("more than 10000 steps; the last is `again`"));
    assert_eq!(log.last().map(|step| (step.sequence, step.node.as_str())), Some((10_000, "rest")));
}

#[test]
fn a_loop_without_an_end_is_stopped_where_it_is_whatever_it_is_made_of() {
    let round = |node: serde_json::Value| {
        run(
            &flow("web", &json!([node])),
            json!({ "channel": "web", "to": "+32470123456", "from": "+3225550101" }),
        )
    };
    for node in [
        json!({ "id": "x", "type": "goto", "properties": { "node": "x" } }),
        json!({ "id": "x", "type": "counter", "properties": { "variable": "n" }, "next": { "done": "x" } }),
        json!({ "id": "x", "type": "condition", "properties": { "when": "true" }, "next": { "true": "x", "false": "x" } }),
        json!({ "id": "x", "type": "wait", "properties": { "seconds": 1 }, "next": { "done": "x" } }),
        json!({ "id": "x", "type": "send_message", "properties": { "body": "again" }, "next": { "sent": "x" } }),
        json!({ "id": "x", "type": "store", "properties": { "key": "k" }, "next": { "done": "x", "missing": "x" } }),
    ] {
        let run = round(node.clone());
        let error = run.error.unwrap_or_default();
        assert!(error.contains("`x`"), "{node}: {error}");
        assert_eq!(run.outcome, flexio_flows::Outcome::Failed, "{node}");
    }
}

#[test]
fn a_run_stops_where_it_is_to_be_looked_at_and_goes_on_from_there() {
    let nodes = json!([
        { "id": "first", "type": "counter", "properties": { "variable": "n" }, "next": { "done": "hello" } },
        { "id": "hello", "type": "say", "properties": { "prompts": [{ "kind": "say", "text": "Hello {{ n }}" }] }, "next": { "done": "again" } },
        { "id": "again", "type": "counter", "properties": { "variable": "n" }, "next": { "done": "hello" } },
    ]);
    let (flow, place) = (flow("call", &nodes), Place::default());
    let test = serde_json::from_value(
        json!({ "name": "t", "channel": "call", "to": "+3225550101", "from": "+32470123456" }),
    )
    .unwrap();
    let until = |after| {
        let stops = Stops { before: BTreeSet::from(["hello".to_owned()]), after };
        simulate_until(&reference(), &Library::of(reference(), flow.clone()), &place, &test, &stops)
    };
    let run = until(0);
    let stopped = run.stopped.clone().unwrap();
    assert_eq!((stopped.node.as_str(), stopped.steps, run.path.len()), ("hello", 2, 2));
    assert_eq!((&run.variables["n"], run.heard.len(), run.outcome), (&json!(1), 0, Outcome::Stopped));
    let next = until(stopped.steps + 1);
    assert_eq!(next.stopped.as_ref().map(|stopped| stopped.steps), Some(4));
    assert_eq!((&next.variables["n"], next.heard.len()), (&json!(2), 1));
    assert_eq!(run.steps[..], next.steps[..2], "it goes the same way");
}
