//! How much one client may ask.

use axum::extract::ConnectInfo;
use flexio_app::AppConfig;
use http::Request;

use super::world::World;
use crate::ApiConfig;

#[tokio::test]
async fn a_key_that_asks_too_much_waits_and_others_do_not() {
    let api = ApiConfig { requests_per_second: 10, requests_burst: 3, ..ApiConfig::default() };
    let world = World::with(AppConfig::default(), api).await;
    let path = |who: &super::world::Customer| format!("/2010-04-01/Accounts/{}.json", who.sid());
    for _ in 0..3 {
        assert_eq!(world.get(&world.root, &path(&world.root)).await.status, 200);
    }
    let slow = world.get(&world.root, &path(&world.root)).await;
    assert_eq!(slow.refused(), (429, 20_429));
    assert_eq!(slow.header("retry-after"), "1");
    assert_eq!(world.get(&world.child, &path(&world.child)).await.status, 200);
    world.clock.advance(1);
    assert_eq!(world.get(&world.root, &path(&world.root)).await.status, 200);
}

#[tokio::test]
async fn an_address_that_keeps_failing_to_sign_in_waits() {
    let api = ApiConfig { failures_per_second: 1, failures_burst: 2, ..ApiConfig::default() };
    let world = World::with(AppConfig::default(), api).await;
    let ask = async |address: &str| {
        let mut request = Request::get("/2010-04-01/Accounts.json").body(axum::body::Body::empty()).unwrap();
        let peer: std::net::SocketAddr = format!("{address}:1").parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        world.exchange(request).await.status
    };
    assert_eq!([ask("192.0.2.1").await, ask("192.0.2.1").await, ask("192.0.2.1").await], [401, 401, 429]);
    assert_eq!(ask("192.0.2.2").await, 401);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_whether_announced_or_not() {
    let api = ApiConfig { body_bytes_max: 1_000, ..ApiConfig::default() };
    let world = World::with(AppConfig { sandbox: true, ..AppConfig::default() }, api).await;
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", world.root.sid());
    let body = "x".repeat(1_001);
    let announced = Request::post(&path).header("content-length", "1001");
    assert_eq!(world.send(announced, Some(world.root.credentials()), &body).await.refused(), (413, 20_427));
    let silent = world.send(Request::post(&path), Some(world.root.credentials()), &body).await;
    assert_eq!(silent.refused(), (413, 20_427));
}
