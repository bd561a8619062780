//! Executions end: whoever goes round is stopped, and told where.

use std::collections::BTreeMap;

use flexio_flows::{Advance, Channel, Env, Event, Library, Start, State, handle};
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
        let env = Env { now, secrets: &secrets, url: "flow:FN1" };
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
