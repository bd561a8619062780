//! Studio's API: definitions as Twilio's own designer makes them.

use serde_json::json;

use crate::tests::world::World;

fn definition(body: &str) -> String {
    json!({ "description": "d", "initial_state": "Trigger", "flags": { "allow_concurrent_calls": true }, "states": [
        { "name": "Trigger", "type": "trigger", "properties": { "offset": { "x": 0, "y": 0 } },
          "transitions": [{ "event": "incomingRequest", "next": "set_1" }, { "event": "incomingMessage", "next": "send_1" }] },
        { "name": "set_1", "type": "set-variables", "properties": { "variables": [{ "key": "name", "value": "{{flow.data.name}}" }] },
          "transitions": [{ "event": "next" }] },
        { "name": "send_1", "type": "send-message", "properties": { "body": body }, "transitions": [{ "event": "sent" }] } ] }).to_string()
}

#[tokio::test]
async fn a_definition_is_created_validated_published_executed_and_read_back() {
    let world = World::new().await;
    let who = &world.child;
    let given = definition("Hi {{contact.channel.address}}");
    let form = [
        ("FriendlyName", "Greeter"),
        ("Status", "published"),
        ("Definition", given.as_str()),
        ("CommitMessage", "first"),
    ];
    assert_eq!(world.post(who, "/v2/Flows/Validate", &form).await.ok().json(), json!({ "valid": true }));
    let made = world.post(who, "/v2/Flows", &form).await;
    assert_eq!(made.status, 201);
    let (sid, shown) = (made.text("sid"), made.json());
    assert_eq!(shown["definition"], serde_json::from_str::<serde_json::Value>(&given).unwrap());
    assert_eq!(
        (shown["status"].clone(), shown["revision"].clone(), shown["valid"].clone()),
        (json!("published"), json!(1), json!(true))
    );

    let start = [("To", "+32470123456"), ("From", "+3225550101"), ("Parameters", r#"{"name":"Ann"}"#)];
    let started = world.post(who, &format!("/v2/Flows/{sid}/Executions"), &start).await;
    assert_eq!((started.status, started.json()["status"].clone()), (201, json!("active")));
    flexio_app::flows::run_due(&world.app).await.unwrap();
    let run = format!("/v2/Flows/{sid}/Executions/{}", started.text("sid"));
    assert_eq!(world.get(who, &run).await.ok().json()["status"], "ended");
    let context = world.get(who, &format!("{run}/Context")).await.ok().json();
    assert_eq!(context["context"]["flow"]["variables"]["name"], "Ann");
    let steps = world.get(who, &format!("{run}/Steps")).await.ok().json();
    assert_eq!(
        (steps["steps"][0]["transitioned_from"].clone(), steps["meta"]["key"].clone()),
        (json!("set_1"), json!("steps"))
    );
    let step = format!("{run}/Steps/{}", steps["steps"][1]["sid"].as_str().unwrap());
    assert_eq!(world.get(who, &step).await.ok().json()["transitioned_to"], "set_1");
    world.get(who, &format!("{step}/Context")).await.ok();

    let changed = definition("Hello");
    let form = [("Status", "published"), ("Definition", changed.as_str())];
    assert_eq!(world.post(who, &format!("/v2/Flows/{sid}"), &form).await.ok().json()["revision"], 2);
    for (name, revision) in [("LatestPublished", 2), ("LatestRevision", 2), ("1", 1)] {
        let shown = world.get(who, &format!("/v2/Flows/{sid}/Revisions/{name}")).await.ok().json();
        assert_eq!(shown["revision"], revision);
    }
    assert_eq!(
        world.get(who, &format!("/v2/Flows/{sid}/Revisions")).await.ok().json()["revisions"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let listed = world.get(who, "/v2/Flows?PageSize=1").await.ok().json();
    assert_eq!(
        (listed["flows"][0]["sid"].clone(), listed["meta"]["page_size"].clone()),
        (json!(sid), json!(1))
    );
    assert_eq!(world.get(&world.sibling, &format!("/v2/Flows/{sid}")).await.refused(), (404, 20_404));
}

#[tokio::test]
async fn what_cannot_be_executed_is_refused_when_it_is_published() {
    let world = World::new().await;
    let who = &world.child;
    let broken = definition("{{ x | nosuch }}");
    let foreign = broken.replace("send-message", "capture-payments");
    for (definition, status, refused) in [
        (broken.as_str(), "published", true),
        (broken.as_str(), "draft", false),
        (foreign.as_str(), "draft", true),
        ("{", "draft", true),
        ("{}", "draft", true),
    ] {
        let form = [("FriendlyName", "x"), ("Status", status), ("Definition", definition)];
        let reply = world.post(who, "/v2/Flows", &form).await;
        assert_eq!(reply.status == 422, refused, "{definition} {status}: {}", reply.status);
    }
    assert_eq!(world.post(who, "/v2/Flows", &[("FriendlyName", "x")]).await.status, 400);
}
