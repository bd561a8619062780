//! Drafts, revisions, executions over HTTP.

use flexio_domain::{CallSid, FlowSid};
use serde_json::{Value, json};

use crate::tests::world::World;

fn base(world: &World) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/Flows", world.child.sid())
}

#[tokio::test]
async fn a_flow_is_drawn_published_compared_and_rolled_back() {
    let world = World::new().await;
    let (base, who) = (base(&world), &world.child);
    let made = world
        .json(who, "POST", &format!("{base}.json"), json!({ "name": "Desk", "template": "menu" }))
        .await
        .ok();
    let sid = made.text("sid");
    assert_eq!((made.json()["valid"].clone(), made.header("etag")), (json!(true), "\"1\""));
    let one = format!("{base}/{sid}.json");

    let published =
        world.json(who, "POST", &format!("{base}/{sid}/Publish.json"), json!({ "note": "first" })).await.ok();
    assert_eq!(published.json()["revision"], 1);
    let mut definition = made.json()["definition"].clone();
    let rings = definition["nodes"].as_array().unwrap().iter().position(|node| node["id"] == "ring").unwrap();
    definition["nodes"][rings]["properties"]["timeout_s"] = json!(40);
    let body = json!({ "definition": definition });
    // The publication moved the version: an editor that does not know is told.
    let world = &world;
    let save = |tag: &'static str| {
        let request = http::Request::builder()
            .method("PUT")
            .uri(&one)
            .header("if-match", tag)
            .header("content-type", "application/json");
        let body = body.to_string();
        async move { world.send(request, Some(who.credentials()), &body).await }
    };
    assert_eq!(save("\"1\"").await.refused(), (412, 81_002));
    let saved = save("\"2\"").await.ok();
    assert_eq!(saved.json()["changed"], true);
    let diff = world.get(who, &format!("{base}/{sid}/Diff.json")).await.ok().json();
    assert_eq!(diff["changed"], json!([{ "id": "ring", "paths": ["properties.timeout_s"] }]));
    world.json(who, "POST", &format!("{base}/{sid}/Publish.json"), json!({})).await.ok();
    let back =
        world.json(who, "POST", &format!("{base}/{sid}/Revisions/1/Restore.json"), json!({})).await.ok();
    assert_eq!(back.json()["revision"], 3);
    let shown = world.get(who, &one).await.ok().json();
    let ring = shown["definition"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|node| node["id"] == "ring")
        .unwrap()
        .clone();
    assert_eq!(
        (ring["properties"]["timeout_s"].clone(), shown["published_revision"].clone()),
        (json!(20), json!(3))
    );
    let exported = world.get(who, &format!("{base}/{sid}/Export.json")).await.ok().json();
    let import = json!({ "content": exported["content"], "name": "Copy" });
    let copy = world.json(who, "POST", &format!("{base}/Import.json"), import).await.ok().json();
    assert_eq!(copy["definition"]["nodes"], shown["definition"]["nodes"]);
    world.json(who, "DELETE", &one, json!({})).await;
    assert_eq!(world.get(who, &one).await.refused(), (404, 20_404));
}

#[tokio::test]
async fn a_draft_answers_the_phone_its_address_was_signed_for_and_nobody_else() {
    let world = World::new().await;
    let (base, who) = (base(&world), &world.child);
    let nodes = |text: &str| {
        json!([{ "id": "call", "type": "on_call", "next": { "start": "say" } },
        { "id": "say", "type": "say", "properties": { "prompts": [{ "kind": "say", "text": text }] } }])
    };
    let draft =
        |text: &str| json!({ "name": "Desk", "definition": { "name": "Desk", "nodes": nodes(text) } });
    let made = world.json(who, "POST", &format!("{base}.json"), draft("It is a draft.")).await.ok();
    let sid: FlowSid = made.text("sid").parse().unwrap();
    let (account, ann) = (who.account.sid, "client:ann-at-acme.test");
    let url = world.app.draft_url(account, sid, ann).await.unwrap().unwrap();
    let asks = async |account, url: &str, from: &str| {
        let params = [("CallSid", CallSid::new().to_string()), ("From", from.to_owned())];
        let params = params.map(|(name, value)| (name.to_owned(), value));
        world.app.flow_document(account, url, &params).await.unwrap()
    };
    assert!(asks(account, &url, ann).await.unwrap().contains("It is a draft."));
    assert_eq!(asks(account, &url, "client:bob-at-acme.test").await, None, "another phone");
    assert_eq!(asks(world.grandchild.account.sid, &url, ann).await, None, "another account");
    let forged = format!("flow:draft/{sid}/{}", "0".repeat(64));
    assert_eq!(asks(account, &forged, ann).await, None, "a signature of nobody");
    assert_eq!(asks(account, &format!("flow:{sid}"), ann).await, None, "nothing is published");
    // No program may name such an address.
    let number = [("FriendlyName", "x"), ("VoiceUrl", url.as_str())];
    let applications = format!("/restcomm/2012-04-24/Accounts/{}/Applications.json", who.sid());
    assert_eq!(world.post(who, &applications, &number).await.refused().0, 400);
    let broken = draft("{{ x | nosuch }}");
    world.json(who, "PUT", &format!("{base}/{sid}.json"), broken).await.ok();
    assert_eq!(world.app.draft_url(account, sid, ann).await.unwrap(), None, "it has an error");
}

#[tokio::test]
async fn a_flow_with_errors_or_a_failing_test_is_not_published() {
    let world = World::new().await;
    let (base, who) = (base(&world), &world.child);
    let nodes = |text: &str| {
        json!([{ "id": "call", "type": "on_call", "next": { "start": "say" } },
        { "id": "say", "type": "say", "properties": { "prompts": [{ "kind": "say", "text": text }] } }])
    };
    let tests = json!([{ "name": "hello", "channel": "call", "expect": { "heard": ["Hello"] } }]);
    for (text, refused) in [("{{ x | nosuch }}", (422, 81_001)), ("Bye", (409, 81_003))] {
        let definition = json!({ "name": "x", "nodes": nodes(text), "tests": tests });
        let made =
            world.json(who, "POST", &format!("{base}.json"), json!({ "definition": definition })).await.ok();
        let publish = format!("{base}/{}/Publish.json", made.text("sid"));
        assert_eq!(world.json(who, "POST", &publish, json!({})).await.refused(), refused, "{text}");
    }
    let problems = json!({ "definition": { "name": "x", "nodes": nodes("{{") } });
    let told = world.json(who, "POST", &format!("{base}/Validate.json"), problems).await.ok().json();
    assert_eq!((told["valid"].clone(), told["problems"][0]["node"].clone()), (json!(false), json!("say")));
    let shape = json!({ "definition": { "name": "x", "nodes": [{ "id": "a", "type": "nosuch" }] } });
    let told = world.json(who, "POST", &format!("{base}/Validate.json"), shape).await.ok().json();
    assert!(told["problems"][0]["text"].as_str().unwrap().contains("`a`"));
    for body in [json!({ "definition": 1 }), json!({ "nosuch": 1 }), json!({ "template": "nosuch" })] {
        let refused = world.json(who, "POST", &format!("{base}.json"), body.clone()).await.refused();
        assert!([400, 422].contains(&refused.0), "{body} {refused:?}");
    }
}

#[tokio::test]
async fn an_execution_is_started_seen_and_run_again_on_the_draft() {
    let world = World::new().await;
    let (base, who) = (base(&world), &world.child);
    let (flow, execution, _) = world.flow(who).await;
    let one = format!("{base}/{flow}/Executions/{execution}");
    let shown = world.get(who, &format!("{one}.json")).await.ok().json();
    assert_eq!(
        (shown["status"].clone(), shown["outcome"].clone(), shown["tags"]["seen"].clone()),
        (json!("ended"), json!("completed"), json!("1"))
    );
    let steps = world.get(who, &format!("{one}/Steps.json")).await.ok().json();
    let path: Vec<&Value> = steps["steps"].as_array().unwrap().iter().map(|step| &step["node"]).collect();
    assert_eq!(path, ["web", "mark"]);
    let same = world.json(who, "POST", &format!("{one}/Replay.json"), json!({})).await.ok().json();
    assert_eq!(same["same"], true, "{same}");
    let mut definition =
        world.get(who, &format!("{base}/{flow}.json")).await.ok().json()["definition"].clone();
    definition["nodes"][0]["next"] = json!({});
    world.json(who, "PUT", &format!("{base}/{flow}.json"), json!({ "definition": definition })).await.ok();
    let other = world.json(who, "POST", &format!("{one}/Replay.json"), json!({})).await.ok().json();
    assert_eq!((other["same"].clone(), other["after"].clone()), (json!(false), json!(["web"])));
    let test = json!({ "test": { "channel": "web", "to": "+32470123456" }, "revision": 1 });
    let run = world.json(who, "POST", &format!("{base}/{flow}/Simulate.json"), test).await.ok().json();
    assert_eq!(run["path"], json!(["web", "mark"]));
    let listed = world.get(who, &format!("{base}/{flow}/Executions.json?Status=ended")).await.ok().json();
    assert_eq!(listed["executions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_web_address_opens_by_credentials_or_token_only() {
    let world = World::new().await;
    let (base, who) = (base(&world), &world.child);
    let (flow, _, _) = world.flow(who).await;
    let address = format!("/flows/{}/{flow}/start", who.sid());
    let world = &world;
    let ask = |path: String, credentials| {
        let request = http::Request::builder().method("GET").uri(path);
        async move { world.send(request, credentials, "").await }
    };
    assert_eq!(ask(format!("{address}?to=%2B32470123456"), None).await.status, 401);
    assert_eq!(ask(format!("{address}?token=x"), None).await.status, 401);
    assert_eq!(ask(address.clone(), Some(world.sibling.credentials())).await.status, 404);
    world
        .json(who, "PUT", &format!("{base}/{flow}/Secrets.json"), json!({ "web_token": "open-sesame" }))
        .await
        .ok();
    let started = ask(format!("{address}?to=%2B32470123456&token=open-sesame&x=7"), None).await.ok();
    let execution = started.text("execution_sid");
    flexio_app::flows::run_due(&world.app).await.unwrap();
    let shown = world.get(who, &format!("{base}/{flow}/Executions/{execution}.json")).await.ok().json();
    assert_eq!(
        (shown["tags"]["seen"].clone(), shown["contact"].clone()),
        (json!("7"), json!("+32470123456"))
    );
    let secret = world.get(who, &format!("{base}/{flow}.json")).await.ok();
    assert!(!secret.body.contains("open-sesame"));
}

#[tokio::test]
async fn a_flow_answers_where_a_url_may_stand_and_nothing_like_it_does() {
    let world = World::new().await;
    let who = &world.child;
    let (flow, _, _) = world.flow(who).await;
    let applications = format!("/restcomm/2012-04-24/Accounts/{}/Applications.json", who.sid());
    for (name, url, status) in [
        ("RcmlUrl", format!("flow:{flow}"), 200),
        ("RcmlUrl", "flow:FW1".to_owned(), 400),
        ("RcmlUrl", format!("flow:FN{}", &flow[2..]), 400),
        ("StatusCallback", format!("flow:{flow}"), 400),
    ] {
        let form = [("FriendlyName", "a"), (name, url.as_str())];
        assert_eq!(world.post(who, &applications, &form).await.status, status, "{name} {url}");
    }
}

#[tokio::test]
async fn an_endless_loop_is_stopped_by_the_step_limit_which_names_its_node_everywhere() {
    let world = World::new().await;
    let (base, who) = (base(&world), &world.child);
    let definition = json!({ "name": "Round", "variables": { "n": { "type": "number", "value": 0 } }, "nodes": [
        { "id": "web", "type": "on_web", "next": { "start": "count" } },
        { "id": "count", "type": "counter", "properties": { "variable": "n" }, "next": { "done": "look" } },
        { "id": "look", "type": "condition", "properties": { "when": "n < 0" }, "next": { "true": "end", "false": "count" } },
        { "id": "end", "type": "end" },
    ] });
    let made =
        world.json(who, "POST", &format!("{base}.json"), json!({ "definition": definition })).await.ok();
    let sid = made.text("sid");
    let one = format!("{base}/{sid}");
    let wanted = "500 nodes in a row without an end; the last is `count`";
    let test = json!({ "test": { "channel": "web", "to": "+32470123456" } });
    let run = world.json(who, "POST", &format!("{one}/Simulate.json"), test).await.ok().json();
    assert_eq!((run["outcome"].clone(), run["error"].clone()), (json!("failed"), json!(wanted)));

    world.json(who, "POST", &format!("{one}/Publish.json"), json!({})).await.ok();
    let started =
        world.json(who, "POST", &format!("{one}/Executions.json"), json!({ "to": "+32470123456" })).await;
    let execution = started.ok().text("sid");
    flexio_app::flows::run_due(&world.app).await.unwrap();
    let shown = world.get(who, &format!("{one}/Executions/{execution}.json")).await.ok().json();
    assert_eq!(
        (shown["status"].clone(), shown["outcome"].clone(), shown["steps"].clone(), shown["error"].clone()),
        (json!("ended"), json!("failed"), json!(500), json!(wanted))
    );
    let steps = world.get(who, &format!("{one}/Executions/{execution}/Steps.json")).await.ok().json();
    assert_eq!(steps["steps"].as_array().unwrap().last().unwrap()["node"], "count");
    let told =
        world.get(who, &format!("/2010-04-01/Accounts/{}/Notifications.json", who.sid())).await.ok().json();
    let notice =
        told["notifications"].as_array().unwrap().iter().find(|one| one["error_code"] == "81010").unwrap();
    assert!(notice["message_text"].as_str().unwrap().contains(wanted), "{notice}");
}

#[tokio::test]
async fn the_ways_of_many_executions_are_counted_and_where_those_are_that_run() {
    let world = World::new().await;
    let (base, who) = (base(&world), &world.child);
    let definition = json!({ "name": "Ways", "nodes": [
        { "id": "web", "type": "on_web", "next": { "start": "old" } },
        { "id": "old", "type": "condition", "properties": { "when": "int(flow.data.age) > 60" }, "next": { "true": "wait", "false": "end" } },
        { "id": "wait", "type": "wait", "properties": { "seconds": 600 }, "next": { "done": "end" } },
        { "id": "end", "type": "end" },
    ] });
    let made =
        world.json(who, "POST", &format!("{base}.json"), json!({ "definition": definition })).await.ok();
    let one = format!("{base}/{}", made.text("sid"));
    world.json(who, "POST", &format!("{one}/Publish.json"), json!({})).await.ok();
    let nothing = world.get(who, &format!("{one}/Traffic.json")).await.ok().json();
    assert_eq!(nothing, json!({ "left": [], "at": [] }));
    for age in ["20", "70", "30"] {
        let data = json!({ "to": "+32470123456", "data": { "age": age } });
        world.json(who, "POST", &format!("{one}/Executions.json"), data).await.ok();
    }
    flexio_app::flows::run_due(&world.app).await.unwrap();
    let told = world.get(who, &format!("{one}/Traffic.json")).await.ok().json();
    let left: Vec<(&str, &str, u64)> = told["left"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (row["node"].as_str().unwrap(), row["port"].as_str().unwrap(), row["times"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(left, [("old", "false", 2), ("old", "true", 1), ("web", "start", 3)], "{told}");
    assert_eq!(told["at"], json!([{ "node": "wait", "executions": 1 }]));
}
