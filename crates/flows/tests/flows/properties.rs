//! Laws for flows of any shape.

use flexio_flows::{Flow, read, to_value, to_yaml, validate};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::run;

const KINDS: [&str; 16] = [
    "say",
    "ask",
    "menu",
    "dial",
    "record",
    "hangup",
    "wait",
    "send_message",
    "ask_by_message",
    "condition",
    "switch",
    "counter",
    "loop",
    "goto",
    "http",
    "end",
];

fn node(index: usize, kind: &str, targets: &[usize]) -> Value {
    let id = |target: usize| format!("n{target}");
    let properties = match kind {
        "say" => json!({ "prompts": [{ "kind": "say", "text": "{{ n }}" }] }),
        "ask" | "record" => json!({ "prompts": [{ "kind": "say", "text": "?" }] }),
        "menu" => {
            json!({ "prompts": [{ "kind": "say", "text": "?" }], "choices": [{ "port": "done", "digits": "1" }] })
        }
        "dial" => json!({ "to": [{ "address": "+3222268888" }] }),
        "wait" => json!({ "seconds": 60 }),
        "send_message" | "ask_by_message" => json!({ "body": "{{ n }}" }),
        "condition" => json!({ "when": "n < 5" }),
        "switch" => json!({ "value": "{{ n }}", "cases": [{ "port": "done", "value": "3" }] }),
        "counter" => json!({ "variable": "n" }),
        "loop" => json!({ "times": 3 }),
        "goto" => json!({ "node": id(targets[0]) }),
        "http" => json!({ "url": "https://a.test/{{ n }}" }),
        _ => json!({}),
    };
    let mut made = json!({ "id": id(index), "type": kind, "properties": properties });
    let parsed: Result<flexio_flows::Node, _> = serde_json::from_value(made.clone());
    let ports = parsed.unwrap().kind.ports();
    let next: serde_json::Map<String, Value> = ports
        .iter()
        .zip(targets.iter().cycle())
        .map(|(port, target)| (port.name.clone(), json!(id(*target))))
        .collect();
    made["next"] = Value::Object(next);
    made
}

prop_compose! {
    fn any_flow()(kinds in proptest::collection::vec(0..KINDS.len(), 1..12), seeds in proptest::collection::vec(0_usize..100, 48)) -> Flow {
        let count = kinds.len();
        let mut nodes = vec![json!({ "id": "begin", "type": "on_call", "next": { "start": "n0" } })];
        for (index, kind) in kinds.iter().enumerate() {
            let targets: Vec<usize> = (0..4).map(|port| seeds[(index * 4 + port) % 48] % count).collect();
            nodes.push(node(index, KINDS[*kind], &targets));
        }
        read(json!({ "name": "any", "variables": { "n": { "type": "number" } }, "on_error": "n0", "nodes": nodes })).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn every_execution_ends(flow in any_flow(), digits in proptest::collection::vec("[0-9]{0,2}", 0..6), hangs_up in any::<bool>()) {
        let mut inputs: Vec<Value> = digits.iter().map(|digits| json!({ "digits": digits, "reply": digits, "dial": "busy" })).collect();
        if hangs_up {
            inputs.push(json!({ "hangup": true }));
        }
        let run = run(&flow, json!({ "channel": "call", "from": "+32470123456", "to": "+3225550101", "inputs": inputs }));
        prop_assert!(run.steps.len() <= 10_000);
        prop_assert!(run.outcome.as_str() != "failed" || run.error.is_some());
    }

    #[test]
    fn a_document_is_the_same_after_each_form(flow in any_flow()) {
        prop_assert_eq!(&flexio_flows::parse(&to_yaml(&flow)).unwrap(), &flow);
        prop_assert_eq!(&read(to_value(&flow)).unwrap(), &flow);
        prop_assert_eq!(flexio_flows::diff(&flow, &flow), flexio_flows::Diff::default());
        let _ = validate(&flow);
    }

    #[test]
    fn no_text_breaks_the_readers(text in any::<String>()) {
        let _ = flexio_flows::import::read(&text, "x");
        let _ = flexio_flows::import::project(text.as_bytes());
        let _ = flexio_flows::expression::check_expression(&text);
        let _ = flexio_flows::expression::check_template(&text);
        let _ = flexio_flows::expression::render(&format!("{{{{ {text} }}}}"), flexio_flows::expression::Escape::Json, &json!({}));
    }
}
