//! Trunks over REST; what a node finds out about them is tested there.

use std::sync::Arc;

use async_trait::async_trait;
use flexio_app::trunks::{FindingKind, TrunkFinding, TrunkState, TrunkWatch};
use flexio_domain::{TrunkFault, TrunkReport};
use flexio_store::{Change, PhoneChange};

use crate::tests::world::World;

/// A node with one trunk that is fine until it is tried out.
#[derive(Debug)]
struct One;

fn carrier(findings: Vec<TrunkFinding>) -> TrunkState {
    TrunkState {
        name: "carrier a".to_owned(),
        addresses: Vec::new(),
        answers: None,
        registration: None,
        calls: 2,
        calls_max: 30,
        findings,
        elsewhere: Vec::new(),
    }
}

#[async_trait]
impl TrunkWatch for One {
    fn node(&self) -> String {
        "a".to_owned()
    }

    fn trunks(&self) -> Vec<TrunkState> {
        vec![carrier(Vec::new())]
    }

    async fn test(&self, name: &str) -> Option<TrunkState> {
        let finding =
            TrunkFinding { kind: FindingKind::NoAnswer, what: "silence".to_owned(), cure: "ask".to_owned() };
        (name == "carrier a").then(|| carrier(vec![finding]))
    }
}

#[tokio::test]
async fn the_top_account_alone_sees_trunks_and_tries_them_out() {
    let world = World::new().await;
    world.app.trunks.connect(Arc::new(One));
    let base = |customer: &str| format!("/restcomm/2012-04-24/Accounts/{customer}/Trunks");
    let own = base(&world.root.sid());
    let all = world.get(&world.root, &format!("{own}.json")).await.ok().json();
    let shown = &all["trunks"][0];
    assert_eq!(
        (&shown["name"], &shown["state"], &shown["calls"], &shown["calls_max"]),
        (&"carrier a".into(), &"unknown".into(), &2.into(), &30.into())
    );
    assert_eq!(shown["other_nodes"], serde_json::json!([]));
    for (node, ago_s) in [("a", 1), ("c", 40), ("b", 12)] {
        let report = TrunkReport {
            node: node.to_owned(),
            trunk: "carrier a".to_owned(),
            at: world.app.clock.now() - jiff::SignedDuration::from_secs(ago_s),
            answers: Some(false),
            calls: 9,
            calls_max: 10,
            faults: vec![TrunkFault {
                kind: "full".to_owned(),
                what: "it is full".to_owned(),
                cure: "another".to_owned(),
            }],
        };
        world.app.store.commit(Change::from(PhoneChange::Report(report)).into()).await.unwrap();
    }
    // Neither what this node has said itself nor what is too old.
    let all = world.get(&world.root, &format!("{own}.json")).await.ok().json();
    let others = all["trunks"][0]["other_nodes"].as_array().unwrap();
    assert_eq!(others.len(), 1, "{others:?}");
    assert_eq!(
        (&others[0]["node"], &others[0]["state"], &others[0]["calls"], &others[0]["findings"][0]["kind"]),
        (&"b".into(), &"down".into(), &9.into(), &"full".into())
    );
    let one = world.get(&world.root, &format!("{own}/carrier%20a.json")).await.ok().json();
    assert_eq!(one["findings"], serde_json::json!([]));
    let tried = world.post(&world.root, &format!("{own}/carrier%20a/Test.json"), &[]).await.ok().json();
    assert_eq!(tried["findings"][0]["kind"], "no-answer");
    let other = world.get(&world.root, &format!("{own}/other.json")).await;
    assert_eq!(other.status, 404);
    for path in ["", "/carrier%20a"] {
        let hidden = world.get(&world.child, &format!("{}{path}.json", base(&world.child.sid()))).await;
        assert_eq!(hidden.status, 404);
    }
}
