//! Routes over REST; what a node knows of them is tested there.

use std::sync::Arc;

use flexio_app::smpp_routes::{RouteFault, RouteFinding, SmppRouteState, SmppRouteWatch};

use crate::tests::world::World;

#[derive(Debug)]
struct One;

impl SmppRouteWatch for One {
    fn routes(&self) -> Vec<SmppRouteState> {
        vec![SmppRouteState {
            name: "smsc-1".to_owned(),
            carrier: "smsc".to_owned(),
            peer: "192.0.2.7:2775".to_owned(),
            bind: "transceiver",
            prefixes: vec!["+32".to_owned()],
            is_up: false,
            since: None,
            in_flight: 2,
            finding: Some(RouteFinding {
                kind: RouteFault::NoConnection,
                what: "No connection to 192.0.2.7:2775.".to_owned(),
                cure: "Check the firewall.",
            }),
        }]
    }
}

#[tokio::test]
async fn the_top_account_alone_sees_routes() {
    let world = World::new().await;
    let path = |sid: String| format!("/restcomm/2012-04-24/Accounts/{sid}/SmppRoutes.json");
    let none = world.get(&world.root, &path(world.root.sid())).await.ok().json();
    assert_eq!(none["smpp_routes"], serde_json::json!([]), "no node yet");
    world.app.smpp_routes.connect(Arc::new(One));
    let all = world.get(&world.root, &path(world.root.sid())).await.ok().json();
    let shown = &all["smpp_routes"][0];
    assert_eq!(
        (&shown["state"], &shown["in_flight"], &shown["since"]),
        (&"down".into(), &2.into(), &().into())
    );
    assert_eq!(shown["findings"][0]["kind"], "no-connection");
    assert_eq!(shown["prefixes"], serde_json::json!(["+32"]));
    assert_eq!(world.get(&world.child, &path(world.child.sid())).await.status, 404);
}
