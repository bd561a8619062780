//! Trunks over REST; what a node finds out about them is tested there.

use std::sync::Arc;

use async_trait::async_trait;
use flexio_app::trunks::{FindingKind, TrunkFinding, TrunkState, TrunkWatch};

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
    }
}

#[async_trait]
impl TrunkWatch for One {
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
