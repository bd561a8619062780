//! Environments, queues, the directory, e-mails and measures of flows over HTTP.

use flexio_app::flows::{QueueEvent, flow_url_of, run_due};
use flexio_app::{AppConfig, EmailPolicy};
use flexio_domain::{CallSid, FlowSid, Queue};
use flexio_store::Page;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::ApiConfig;
use crate::tests::world::{Customer, World};

fn base(who: &Customer) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}", who.sid())
}

/// A flow that is started over the web or by a call, and marks its execution with what its variable is.
fn telling(text: &str) -> Value {
    json!({ "name": "Desk", "variables": { "server": { "value": "live.test" } }, "secrets": ["key"], "nodes": [
        { "id": "web", "type": "on_web", "next": { "start": "mark" } },
        { "id": "call", "type": "on_call", "next": { "start": "say" } },
        { "id": "say", "type": "say", "properties": { "prompts": [{ "kind": "say", "text": format!("{text} {{{{ server }}}}") }] } },
        { "id": "mark", "type": "tag", "properties": { "name": "seen", "value": format!("{text} {{{{ server }}}} {{{{ secrets.key }}}}") }, "next": { "done": "count" } },
        { "id": "count", "type": "metric", "properties": { "name": "seen", "value": "{{ 2 }}" } },
    ] })
}

struct Desk<'w> {
    world: &'w World,
    who: &'w Customer,
    sid: String,
}

impl<'w> Desk<'w> {
    async fn new(world: &'w World, definition: Value) -> Self {
        let who = &world.child;
        let path = format!("{}/Flows.json", base(who));
        let made = world.json(who, "POST", &path, json!({ "definition": definition })).await.ok();
        Self { world, who, sid: made.text("sid") }
    }

    async fn send(&self, method: &str, rest: &str, body: Value) -> crate::tests::world::Reply {
        let path = format!("{}/Flows/{}{rest}.json", base(self.who), self.sid);
        self.world.json(self.who, method, &path, body).await
    }

    async fn publish(&self, environment: &str) -> u64 {
        let revision = self.send("POST", "/Publish", json!({ "environment": environment })).await.ok().json();
        revision["revision"].as_u64().unwrap()
    }

    async fn save(&self, definition: Value) {
        self.send("PUT", "", json!({ "definition": definition })).await.ok();
    }

    /// What an execution started in an environment saw; `None` where nothing answers.
    async fn seen(&self, environment: &str, to: &str) -> Option<String> {
        let started = self.send("POST", "/Executions", json!({ "to": to, "environment": environment })).await;
        if started.status != 200 {
            assert_eq!(started.status, 409, "{}", started.body);
            return None;
        }
        let execution = started.text("sid");
        run_due(&self.world.app).await.unwrap();
        let path = format!("{}/Flows/{}/Executions/{execution}.json", base(self.who), self.sid);
        let shown = self.world.get(self.who, &path).await.ok().json();
        assert_eq!(shown["environment"], environment);
        Some(shown["tags"]["seen"].as_str().unwrap().to_owned())
    }

    async fn heard(&self, url: &str, from: &str) -> Option<String> {
        let params = [("CallSid", CallSid::new().to_string()), ("From", from.to_owned())];
        let params = params.map(|(name, value)| (name.to_owned(), value));
        self.world.app.flow_document(self.who.account.sid, url, &params).await.unwrap()
    }
}

#[tokio::test]
async fn test_and_production_run_their_own_revisions_variables_and_secrets() {
    let world = World::new().await;
    let desk = Desk::new(&world, telling("one")).await;
    desk.send("PUT", "/Secrets", json!({ "key": "live-key" })).await.ok();
    assert_eq!(desk.seen("test", "+32470000001").await, None, "nothing is in test");
    assert_eq!(desk.publish("test").await, 1);
    assert_eq!(desk.seen("production", "+32470000001").await, None, "nothing is in production");
    assert_eq!(desk.seen("test", "+32470000001").await.unwrap(), "one live.test live-key");

    let variables = json!({ "environment": "test", "variables": { "server": "try.test", "nosuch": "x" } });
    desk.send("PUT", "/Environments", variables).await.ok();
    let path = format!("{}/Flows/{}/Secrets.json?Environment=test", base(desk.who), desk.sid);
    world.json(desk.who, "PUT", &path, json!({ "key": "try-key" })).await.ok();
    assert_eq!(desk.seen("test", "+32470000001").await.unwrap(), "one try.test try-key");

    // From test to production: the same revision, with production's values.
    let shown =
        desk.send("PUT", "/Environments", json!({ "environment": "production", "revision": 1 })).await.ok();
    let (shown, whole) = (shown.json(), shown.body.clone());
    assert_eq!(shown["published_revision"], 1);
    assert_eq!(shown["environments"]["test"]["secrets"], json!(["key"]));
    assert!(!whole.contains("try-key") && !whole.contains("live-key"));
    assert_eq!(desk.seen("production", "+32470000001").await.unwrap(), "one live.test live-key");
    let call = format!("flow:{}/test", desk.sid);
    assert!(desk.heard(&call, "+32470000001").await.unwrap().contains("one try.test"));
    assert!(flow_url_of(&format!("flow:{}/nosuch", desk.sid), "http://x").is_none());
    desk.send("PUT", "/Environments", json!({ "environment": "test", "revision": null })).await.ok();
    assert_eq!(desk.heard(&call, "+32470000001").await, None);
}

#[tokio::test]
async fn a_part_of_the_contacts_gets_another_revision_and_each_keeps_it() {
    let world = World::new().await;
    let desk = Desk::new(&world, telling("one")).await;
    desk.publish("production").await;
    desk.save(telling("two")).await;
    desk.publish("test").await;
    let rollout = |rollout: Value| json!({ "environment": "production", "rollout": rollout });
    for wrong in [json!({ "revision": 2, "percent": 0 }), json!({ "revision": 2, "percent": 100 })] {
        assert_eq!(desk.send("PUT", "/Environments", rollout(wrong)).await.status, 400);
    }
    let missing = json!({ "revision": 9, "percent": 10 });
    assert_eq!(desk.send("PUT", "/Environments", rollout(missing)).await.status, 404);
    desk.send("PUT", "/Environments", rollout(json!({ "revision": 2, "percent": 30 }))).await.ok();
    let url = format!("flow:{}", desk.sid);
    let mut news = 0;
    for number in 0..200 {
        let from = format!("+3247000{number:04}");
        let first = desk.heard(&url, &from).await.unwrap().contains("two");
        let again = desk.heard(&url, &from).await.unwrap().contains("two");
        assert_eq!(first, again, "{from}");
        news += u32::from(first);
    }
    assert!((35..=85).contains(&news), "{news} of 200 at 30 %");
    desk.send("PUT", "/Environments", rollout(Value::Null)).await.ok();
    assert!(desk.heard(&url, "+32470000001").await.unwrap().contains("one"));
}

#[tokio::test]
async fn what_flows_count_is_kept_with_the_step_and_trying_does_not_count() {
    let world = World::new().await;
    let desk = Desk::new(&world, telling("one")).await;
    desk.publish("test").await;
    desk.publish("production").await;
    for environment in ["test", "production", "production"] {
        desk.seen(environment, "+32470000001").await.unwrap();
    }
    let told = world.get(desk.who, &format!("{}/FlowMetrics.json", base(desk.who))).await.ok().json();
    let row = &told["metrics"][0];
    assert_eq!(
        (row["name"].as_str(), row["uses"].as_u64(), row["total"].as_i64()),
        (Some("seen"), Some(2), Some(4))
    );
    let stranger = format!("{}/FlowMetrics.json", base(&world.grandchild));
    assert_eq!(world.get(&world.grandchild, &stranger).await.ok().json()["metrics"], json!([]));
}

#[tokio::test]
async fn an_event_of_a_queue_starts_the_flows_that_wait_for_it() {
    let world = World::new().await;
    let (queue, _) = world.waiting(&world.child).await;
    let (member, _, _) = world.records(&world.child).await;
    let watching = json!({ "name": "Missed", "nodes": [
        { "id": "queue", "type": "on_queue", "properties": { "queue": queue.friendly_name, "events": ["abandoned"], "after_s": 20 }, "next": { "start": "mark" } },
        { "id": "mark", "type": "tag", "properties": { "name": "seen", "value": "{{ flow.data.event }} after {{ flow.data.waited_s }} s in {{ flow.data.queue }}" } },
    ] });
    let desk = Desk::new(&world, watching).await;
    let account = desk.who.account.sid;
    let happens = async |name: &str, event: QueueEvent, waited_s: i64| {
        let queue = Queue { friendly_name: name.to_owned(), ..queue.clone() };
        let at = world.app.clock.now();
        let since = at.checked_sub(SignedDuration::from_secs(waited_s)).unwrap();
        let cue = flexio_app::legs::told_to_flows(&queue, member, event, Some(since), at);
        world.store().commit(cue.into()).await.unwrap();
        let cue = world.store().flow_cues(10).await.unwrap().pop().unwrap();
        let started = world.app.tell_cue(&cue).await.unwrap();
        // What was told is gone: a second process, or the same after a crash, tells nobody again.
        assert!(
            world.app.tell_cue(&cue).await.is_err() && world.store().flow_cues(10).await.unwrap().is_empty()
        );
        started
    };
    let name = queue.friendly_name.as_str();
    assert_eq!(happens(name, QueueEvent::Abandoned, 30).await, 0, "it is not published");
    desk.publish("production").await;
    assert_eq!(happens(name, QueueEvent::Served, 30).await, 0);
    assert_eq!(happens(name, QueueEvent::Abandoned, 19).await, 0, "too soon");
    assert_eq!(happens("other", QueueEvent::Abandoned, 30).await, 0);
    assert_eq!(happens(name, QueueEvent::Abandoned, 30).await, 1);
    let counted = world.get(desk.who, &format!("{}/QueueDays.json", base(desk.who))).await.ok().json();
    let day = counted["queue_days"].as_array().unwrap().iter().find(|day| day["queue"] == name).unwrap();
    assert_eq!(
        ["entered", "served", "in_time", "abandoned", "waited_s"].map(|figure| day[figure].as_u64().unwrap()),
        [0, 1, 0, 3, 30],
        "{counted}"
    );
    run_due(&world.app).await.unwrap();
    let all = world.get(desk.who, &format!("{}/FlowExecutions.json", base(desk.who))).await.ok().json();
    let ran = &all["executions"][0];
    let call = world.store().call(account, member).await.unwrap().unwrap();
    assert_eq!(ran["tags"]["seen"], json!(format!("abandoned after 30 s in {}", queue.friendly_name)));
    // We called: the person is the one called.
    assert!(call.direction.as_str().starts_with("outbound"));
    assert_eq!(
        (ran["channel"].clone(), ran["contact"].clone()),
        (json!("queue"), json!(call.to.to_string()))
    );
    let of = |query: &str| format!("{}/FlowExecutions.json?{query}", base(desk.who));
    for (query, count) in [
        (format!("FlowSid={}", desk.sid), 1),
        (format!("FlowSid={}", FlowSid::new()), 0),
        ("Status=active".to_owned(), 0),
        ("StartTime%3C=2001-01-01".to_owned(), 0),
    ] {
        let found = world.get(desk.who, &of(&query)).await.ok().json();
        assert_eq!(found["executions"].as_array().unwrap().len(), count, "{query}");
    }
    assert_eq!(world.get(desk.who, &of("FlowSid=x")).await.status, 400);
}

#[tokio::test]
async fn a_flow_looks_somebody_up_and_mails_once() {
    let email = EmailPolicy {
        from: Some("Flexio <noreply@flexio.test>".parse().unwrap()),
        senders: vec![],
        per_account_day: 10,
    };
    let config = AppConfig { sandbox: true, email, ..AppConfig::default() };
    let world = World::with(config, ApiConfig::default()).await;
    let who = &world.child;
    let clients = [("Login", "ann"), ("FriendlyName", "Ann Peeters"), ("Password", "S3cure!pass")];
    world.post(who, &format!("{}/Clients.json", base(who)), &clients).await.ok();
    let definition = json!({ "name": "Mail", "nodes": [
        { "id": "web", "type": "on_web", "next": { "start": "who" } },
        { "id": "who", "type": "directory", "properties": { "query": "{{ flow.data.name }}" }, "next": { "found": "mail" } },
        { "id": "mail", "type": "email", "properties": { "to": "desk@example.test", "subject": "For {{ nodes.who.name }}", "body": "At {{ nodes.who.address }}" },
          "next": { "sent": "bad" } },
        { "id": "bad", "type": "email", "properties": { "to": "nobody", "subject": "x", "body": "y" }, "next": { "failed": "end" } },
        { "id": "end", "type": "end" },
    ] });
    let desk = Desk::new(&world, definition).await;
    desk.publish("production").await;
    let data = json!({ "data": { "name": "peeters ann" } });
    let execution = desk.send("POST", "/Executions", data).await.ok().text("sid");
    run_due(&world.app).await.unwrap();
    let steps = desk
        .world
        .get(who, &format!("{}/Flows/{}/Executions/{execution}/Steps.json", base(who), desk.sid))
        .await
        .ok()
        .json();
    let ports: Vec<&Value> = steps["steps"].as_array().unwrap().iter().map(|step| &step["port"]).collect();
    assert_eq!(ports[..4], [&json!("start"), &json!("found"), &json!("sent"), &json!("failed")], "{steps}");
    let mails =
        world.app.emails(who.account.sid, flexio_store::Span::default(), &Page::default()).await.unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject.0, "For Ann Peeters");
    assert_eq!(world.app.email_body(&mails[0]).unwrap(), "At client:ann");
    assert_eq!(steps["steps"][2]["outputs"]["sid"], json!(mails[0].sid.to_string()));
}

#[tokio::test]
async fn a_run_of_the_simulator_sees_what_an_environment_has_and_shows_no_secret() {
    let world = World::new().await;
    let mut definition = telling("one");
    let test = |environment: Value, seen: &str| {
        json!({ "name": format!("in {environment}"), "environment": environment, "channel": "web", "to": "+32470000001",
                "expect": { "variables": { "server": seen } } })
    };
    definition["tests"] = json!([test(json!("test"), "try.test"), test(json!("production"), "real.test")]);
    let desk = Desk::new(&world, definition).await;
    let change = |environment: &str, server: &str| json!({ "environment": environment, "variables": { "server": server } });
    let run = async |test: &Value| desk.send("POST", "/Simulate", json!({ "test": test })).await.ok().json();
    let secrets = format!("{}/Flows/{}/Secrets.json", base(desk.who), desk.sid);
    world.json(desk.who, "PUT", &secrets, json!({ "key": "live-key" })).await.ok();
    world
        .json(desk.who, "PUT", &format!("{secrets}?Environment=test"), json!({ "key": "try-key" }))
        .await
        .ok();

    // Before anything is set there, both see what is drawn: their tests fail, and hold up the publication.
    let told = desk.send("POST", "/Test", json!({})).await.ok().json();
    assert_eq!((told["passed"].clone(), told["results"][1]["passed"].clone()), (json!(false), json!(false)));
    assert_eq!(desk.send("POST", "/Publish", json!({})).await.refused().1, 81_003);
    for (environment, server) in [("test", "try.test"), ("production", "real.test")] {
        desk.send("PUT", "/Environments", change(environment, server)).await.ok();
        let seen = run(&json!({ "environment": environment, "channel": "web", "to": "+32470000001" })).await;
        assert_eq!(seen["variables"]["server"], server);
        assert_eq!(seen["steps"][1]["outputs"]["value"], json!(format!("one {server} ••••")), "{seen}");
        assert!(!seen.to_string().contains("-key"), "{seen}");
    }
    let drawn = run(&json!({ "channel": "web", "to": "+32470000001" })).await;
    assert_eq!(drawn["variables"]["server"], "live.test");
    assert_eq!(desk.send("POST", "/Test", json!({})).await.ok().json()["passed"], true);
    desk.publish("production").await;
    // A revision is run like the draft, and what happened in an environment is repeated in it.
    let old =
        json!({ "test": { "environment": "test", "channel": "web", "to": "+32470000001" }, "revision": 1 });
    assert_eq!(desk.send("POST", "/Simulate", old).await.ok().json()["variables"]["server"], "try.test");
    let wrong = json!({ "test": { "environment": "draft", "channel": "web" } });
    assert_eq!(desk.send("POST", "/Simulate", wrong).await.status, 400);
    assert_eq!(desk.seen("production", "+32470000001").await.unwrap(), "one real.test live-key");
    let runs = format!("{}/Flows/{}/Executions", base(desk.who), desk.sid);
    let done = world.get(desk.who, &format!("{runs}.json")).await.ok().json()["executions"][0]["sid"].clone();
    let path = format!("{runs}/{}/Replay.json", done.as_str().unwrap());
    let again = world.json(desk.who, "POST", &path, json!({})).await.ok().json();
    assert_eq!(
        (again["same"].clone(), again["run"]["variables"]["server"].clone()),
        (json!(true), json!("real.test"))
    );
}
