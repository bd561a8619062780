//! Requests of authorities: who may, what is found, what is noted, and what nobody else sees.

use flexio_domain::{AuditEvent, Call, CallSid, CallStatus};
use flexio_store::{Change, ChangeSet};
use http::Method;
use serde_json::{Value, json};

use crate::console::tests::{Browser, administrator};
use crate::tests::world::{COMPANY, Customer, LOCAL, PERSON, World};

fn requests(who: &Customer) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/LawfulRequests", who.sid())
}

/// What every request has, and what this one asks.
fn form(more: &[(&str, &str)]) -> String {
    let fixed = [("Authority", "Court of Ghent"), ("Reference", "2026/417"), ("Basis", "article 46bis")];
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fixed).extend_pairs(more);
    query.finish()
}

impl World {
    /// An officer at a browser.
    async fn officer(&self) -> Browser {
        let (_, token) = self.app.appoint_officer("leo@acme.test").await.unwrap();
        Browser::welcome(self, &token, "").await
    }

    /// Writes a request down and has it answered: its sid and its findings.
    async fn lawfully_asked(&self, officer: &mut Browser, more: &[(&str, &str)]) -> (String, Value) {
        let create = format!("{}.json?{}", requests(&self.root), form(more));
        let (status, made) = officer.ask(self, Method::POST, &create, Value::Null).await;
        assert_eq!((status.as_u16(), &made["status"]), (200, &"open".into()), "{made}");
        let sid = made["sid"].as_str().unwrap().to_owned();
        (sid.clone(), self.answered(officer, &sid).await)
    }

    /// He signs in again: no session lasts so long.
    async fn officer_again(&self) -> Browser {
        Browser::back(self, "leo@acme.test").await
    }

    /// A minute of talk that the account has paid, and that is over.
    async fn talked(&self, who: &Customer) -> CallSid {
        let now = self.app.clock.now();
        let call = Call {
            sid: CallSid::new(),
            version: 1,
            account_sid: who.account.sid,
            from: PERSON.parse().unwrap(),
            to: LOCAL.parse().unwrap(),
            status: CallStatus::Completed,
            created_at: now,
            answered_at: Some(now),
            ended_at: Some(now),
            ..crate::calls::specimen()
        };
        let leg = flexio_billing::LegEnded {
            call_sid: call.sid,
            account_sid: who.account.sid,
            outbound: false,
            from: PERSON,
            to: LOCAL,
            answered_at: Some(now),
            ended_at: now,
            duration_ms: 60_000,
            truncated: false,
            carries_code: false,
        };
        let charge = self.app.meter(who.account.sid).leg_ended(&leg);
        let sid = call.sid;
        let mut changes = ChangeSet::from(Change::CreateCall(call)).with(Change::AddUsage(charge.event));
        changes.extend(charge.posting.map(Change::Post));
        self.store().commit(changes).await.unwrap();
        sid
    }

    async fn answered(&self, officer: &mut Browser, sid: &str) -> Value {
        let answer = format!("{}/{sid}.json?Step=answer", requests(&self.root));
        let (status, done) = officer.ask(self, Method::POST, &answer, Value::Null).await;
        assert_eq!((status.as_u16(), &done["status"]), (200, &"answered".into()), "{done}");
        done["answers"].as_array().unwrap().last().unwrap()["findings"].clone()
    }

    fn now(&self) -> String {
        self.app.clock.now().to_string()
    }

    /// What the top account's people did, oldest last: action and subject.
    async fn noted(&self) -> Vec<AuditEvent> {
        let page = flexio_store::Page { limit: 1_000, ..flexio_store::Page::default() };
        self.store().audit_events(self.root.account.sid, &page).await.unwrap()
    }
}

#[tokio::test]
async fn nobody_but_a_lawful_officer_asks_and_reads_not_even_an_administrator() {
    let world = World::new().await;
    let mut leo = world.officer().await;
    let (sid, _) = world.lawfully_asked(&mut leo, &[("Number", LOCAL), ("At", &world.now())]).await;
    let list = format!("{}.json", requests(&world.root));
    let create = format!("{list}?{}", form(&[("Number", LOCAL), ("At", &world.now())]));
    let one = format!("{}/{sid}.json", requests(&world.root));
    let routes = [
        (Method::GET, list.clone()),
        (Method::POST, create),
        (Method::GET, one.clone()),
        (Method::POST, format!("{one}?Step=answer")),
    ];
    let mut ann = administrator(&world).await;
    for role in ["developer", "provisioning-agent", "read-only", "administrator"] {
        let invite = json!({ "email": format!("{role}@acme.test"), "role": role });
        let (_, invited) = ann.ask(&world, Method::POST, "/console/api/people", invite).await;
        let token = invited["link"].as_str().unwrap().split_once('#').unwrap().1;
        let mut other = Browser::welcome(&world, token, "").await;
        for (method, path) in &routes {
            let (status, body) = other.ask(&world, method.clone(), path, Value::Null).await;
            assert_eq!((status.as_u16(), &body["code"]), (403, &20_494.into()), "{role} {method} {path}");
        }
    }
    let key =
        world.post(&world.root, &requests(&world.root).replace("LawfulRequests", "Keys.json"), &[]).await;
    let key = (key.ok().text("sid"), String::new());
    for (method, path) in &routes {
        let build = || http::Request::builder().method(method.clone()).uri(path);
        let by_token = world.send(build(), Some(world.root.credentials()), "").await;
        assert_eq!(by_token.refused(), (403, 20_494), "{method} {path} with the token of the top account");
        assert_eq!(world.send(build(), Some(key.clone()), "").await.status, 401, "half a key");
        assert_eq!(world.send(build(), Some(world.child.credentials()), "").await.status, 401);
    }
    let own = world.get(&world.child, &format!("{}.json", requests(&world.child))).await;
    assert_eq!(own.refused(), (403, 20_494), "a tenant of itself");
    let below = format!("{}.json", requests(&world.child));
    assert_eq!(leo.ask(&world, Method::GET, &below, Value::Null).await.0, 404, "they are the top account's");
}

#[tokio::test]
async fn an_administrator_makes_nobody_an_officer_and_an_officer_does_nothing_else() {
    let world = World::new().await;
    let mut leo = world.officer().await;
    let mut ann = administrator(&world).await;
    let people = "/console/api/people";
    let invite = json!({ "email": "eve@acme.test", "role": "lawful-officer" });
    let refused = |answer: (http::StatusCode, Value)| (answer.0.as_u16(), answer.1["code"].clone());
    let denied = (403, json!(20_494));
    assert_eq!(refused(ann.ask(&world, Method::POST, people, invite.clone()).await), denied);
    let below = format!("/console/api/accounts/{}/people", world.child.sid());
    assert_eq!(refused(ann.ask(&world, Method::POST, &below, invite).await), denied);
    let (_, known) = ann.ask(&world, Method::GET, people, Value::Null).await;
    let sid_of = |role: &str| {
        let found = known.as_array().unwrap().iter().find(|it| it["role"] == role).unwrap();
        found["sid"].as_str().unwrap().to_owned()
    };
    let officer = format!("{people}/{}", sid_of("lawful-officer"));
    let oneself = format!("{people}/{}", sid_of("administrator"));
    for (method, path, body) in [
        (Method::POST, oneself, json!({ "role": "lawful-officer" })),
        (Method::POST, officer.clone(), json!({ "role": "administrator" })),
        (Method::POST, format!("{officer}/link"), Value::Null),
        (Method::DELETE, format!("{officer}/second-factor"), Value::Null),
        (Method::DELETE, officer, Value::Null),
    ] {
        assert_eq!(refused(ann.ask(&world, method, &path, body).await), denied, "{path}");
    }
    let base = format!("/restcomm/2012-04-24/Accounts/{}", world.root.sid());
    for path in [format!("{base}.json"), format!("{base}/Calls.json"), format!("{base}/Messages.json")] {
        assert_eq!(leo.ask(&world, Method::GET, &path, Value::Null).await.0, 403, "{path}");
    }
    let (_, recording, _) = world.records(&world.root).await;
    let audio = format!("{base}/Recordings/{recording}.wav");
    assert_eq!(leo.ask(&world, Method::GET, &audio, Value::Null).await.0, 403, "{audio}");
    for path in [people, "/console/api/audit"] {
        assert_eq!(leo.ask(&world, Method::GET, path, Value::Null).await.0, 403, "{path}");
    }
    assert_eq!(leo.ask(&world, Method::POST, "/console/api/softphone", json!({})).await.0, 403);
    world.app.dismiss_officer("leo@acme.test").await.unwrap();
    let list = format!("{}.json", requests(&world.root));
    assert_eq!(leo.ask(&world, Method::GET, &list, Value::Null).await.0, 401, "dismissed");
    assert!(world.app.dismiss_officer("ann@acme.test").await.is_err(), "no officer");
    assert!(world.app.appoint_officer("ann@acme.test").await.is_err(), "signs in to another role");
}

#[tokio::test]
async fn a_number_at_a_moment_leads_to_the_account_and_the_person_who_had_it_then() {
    let world = World::new().await;
    let (first, second) = (&world.child, &world.sibling);
    let mut leo = world.officer().await;
    world.order(first, &COMPANY).await;
    let before = world.now();
    world.clock.advance(60);
    world.rent(first, LOCAL).await;
    let call = world.talked(first).await.to_string();
    let message = world.received(LOCAL, "Hallo").await;
    let during = world.now();
    let at = |moment: &str| [("Number", LOCAL), ("At", moment)].map(|(name, it)| (name, it.to_owned()));
    let asked = async |leo: &mut Browser, moment: &str, other: Option<&str>| {
        let mut form: Vec<(&str, String)> = at(moment).into();
        form.extend(other.map(|it| ("Other", it.to_owned())));
        let form: Vec<(&str, &str)> = form.iter().map(|(name, it)| (*name, it.as_str())).collect();
        world.lawfully_asked(leo, &form).await.1
    };
    assert_eq!(asked(&mut leo, &before, None).await, json!([]), "nobody had it");
    let found = asked(&mut leo, &during, None).await;
    assert_eq!(found.as_array().unwrap().len(), 1, "{found:#}");
    assert_eq!((&found[0]["ground"], &found[0]["account_sid"]), (&"held".into(), &first.sid().into()));
    let holder = &found[0]["holder"];
    assert_eq!(
        (&holder["legal_name"], &holder["city"], &holder["enterprise_number"], &holder["email"]),
        (&"Bakkerij Peeters".into(), &"Gent".into(), &"0202239951".into(), &"facturen@example.be".into())
    );
    let traffic = found[0]["traffic"].as_array().unwrap();
    let resources: Vec<&str> = traffic.iter().map(|it| it["resource"].as_str().unwrap()).collect();
    assert!(resources.contains(&message.sid.to_string().as_str()), "{resources:?}");
    assert!(resources.contains(&call.as_str()), "{resources:?}");
    assert!(!found.to_string().contains("Hallo"), "what was said is nobody's business");
    let found = asked(&mut leo, &during, Some("+32470999999")).await;
    assert_eq!(found[0]["traffic"], json!([]), "with somebody else nothing went");
    let found = asked(&mut leo, &during, Some(PERSON)).await;
    assert!(!found[0]["traffic"].as_array().unwrap().is_empty());
    let release = world.store().number_owner(&LOCAL.parse().unwrap()).await.unwrap().unwrap();
    let path = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/{}.json", first.sid(), release.sid);
    world.clock.advance(3_600);
    assert_eq!(world.delete(first, &path).await.status, 204);
    world.clock.advance(91 * 86_400);
    world.app.free_numbers().await.unwrap();
    world.rent(second, LOCAL).await;
    let mut leo = world.officer_again().await;
    let found = asked(&mut leo, &world.now(), None).await;
    assert_eq!((&found[0]["account_sid"], &found[0]["holder"]), (&second.sid().into(), &Value::Null));
    let found = asked(&mut leo, &during, None).await;
    assert_eq!(found[0]["account_sid"].as_str(), Some(&*first.sid()), "whoever has it now is another");
    assert!(found[0]["until"].is_string());
}

#[tokio::test]
async fn after_an_erasure_a_request_is_answered_from_what_is_kept() {
    let world = World::new().await;
    let (who, root) = (&world.sibling, &world.root);
    world.officer().await;
    world.order(who, &COMPANY).await;
    world.rent(who, LOCAL).await;
    let call = world.talked(who).await;
    let during = world.now();
    world.clock.advance(60);
    let native = |rest: &str| format!("/restcomm/2012-04-24/Accounts/{}{rest}.json", who.sid());
    let cancel = world.post(who, &native("/Subscription/Cancellations"), &[]).await.ok().text("token");
    world.post(who, &native("/Subscription/Cancellations/Confirm"), &[("Token", &cancel)]).await.ok();
    world.post(root, &native(""), &[("Status", "closed")]).await.ok();
    world.clock.advance(4 * 86_400);
    world.app.end_subscriptions().await.unwrap();
    let erasure = world.post(root, &native("/Erasures"), &[]).await.ok().text("sid");
    for _ in 0..5 {
        world.app.run_erasures().await.unwrap();
    }
    let done = world.get(root, &native(&format!("/Erasures/{erasure}"))).await.ok();
    assert_eq!(done.text("status"), "done");
    assert_eq!(world.store().call(who.account.sid, call).await.unwrap(), None, "the call is gone");
    let mut leo = world.officer_again().await;
    let call = call.to_string();
    for (more, ground) in
        [(vec![("Number", LOCAL), ("At", &*during)], "held"), (vec![("CallSid", &*call)], "use")]
    {
        let (_, found) = world.lawfully_asked(&mut leo, &more).await;
        assert_eq!((&found[0]["ground"], &found[0]["account_sid"]), (&ground.into(), &who.sid().into()));
        assert_eq!(found[0]["account_status"], "closed");
        let holder = &found[0]["holder"];
        assert_eq!((&holder["legal_name"], &holder["email"]), (&"Bakkerij Peeters".into(), &Value::Null));
        assert!(!found.to_string().contains("470123456"), "{found}");
    }
    world.clock.advance(366 * 86_400);
    for _ in 0..3 {
        world.app.run_erasures().await.unwrap();
    }
    let mut leo = world.officer_again().await;
    let (_, found) = world.lawfully_asked(&mut leo, &[("Number", LOCAL), ("At", &during)]).await;
    assert_eq!((&found[0]["account_sid"], &found[0]["holder"]), (&who.sid().into(), &Value::Null));
}

#[tokio::test]
async fn every_look_up_is_noted_with_its_answer_and_nothing_of_it_is_in_what_the_tenant_sees() {
    let world = World::new().await;
    let who = &world.child;
    let mut leo = world.officer().await;
    world.rent(who, LOCAL).await;
    let message = world.received(LOCAL, "Hallo").await;
    let (sid, found) = world.lawfully_asked(&mut leo, &[("MessageSid", &message.sid.to_string())]).await;
    assert_eq!((&found[0]["ground"], &found[0]["account_sid"]), (&"message".into(), &who.sid().into()));
    world.answered(&mut leo, &sid).await;
    let one = format!("{}/{sid}.json", requests(&world.root));
    let (_, read) = leo.ask(&world, Method::GET, &one, Value::Null).await;
    assert_eq!(read["answers"].as_array().unwrap().len(), 2, "{read:#}");
    let noted = world.noted().await;
    let lawful: Vec<(&str, &str)> = noted
        .iter()
        .filter(|it| it.action.starts_with("lawful"))
        .map(|it| (it.action.as_str(), it.person.as_str()))
        .collect();
    let by = "leo@acme.test";
    let actions = ["lawful.read", "lawful.look_up", "lawful.look_up", "lawful.open", "lawful.appoint"];
    assert_eq!(lawful, actions.map(|action| (action, by)));
    let of_request = noted.iter().filter(|it| it.subject == sid).count();
    assert_eq!(of_request, 4, "by the sid of the request, once each");
    let of_officers: Vec<&AuditEvent> = noted.iter().filter(|it| it.action.starts_with("lawful")).collect();
    let told = format!("{of_officers:?}");
    assert!(!told.contains(&message.sid.to_string()) && !told.contains(&who.sid()) && !told.contains(LOCAL));
    let list = format!("{}.json", requests(&world.root));
    let (_, listed) = leo.ask(&world, Method::GET, &list, Value::Null).await;
    assert!(listed.to_string().contains(&sid) && !listed.to_string().contains(&message.sid.to_string()));
    let page = flexio_store::Page::default();
    let own = world.store().audit_events(who.account.sid, &page).await.unwrap();
    assert!(!format!("{own:?}").contains("lawful") && !format!("{own:?}").contains(&sid));
    let native = |rest: &str| format!("/restcomm/2012-04-24/Accounts/{}/{rest}.json", who.sid());
    for rest in ["Notifications", "Messages", "Erasures", "Exports"] {
        let seen = world.get(who, &native(rest)).await.ok();
        assert!(!seen.body.contains("LR") && !seen.body.contains("lawful"), "{rest}: {}", seen.body);
    }
    let export = world.exported(who).await;
    let archive = world.archive(who, &export).await;
    assert!(archive.len() > 5, "{:?}", archive.keys());
    for (name, bytes) in archive {
        for text in [sid.as_str(), "Court of Ghent", "2026/417", "46bis"] {
            assert!(!bytes.windows(text.len()).any(|it| it == text.as_bytes()), "{text} is in {name}");
        }
    }
}

#[tokio::test]
async fn a_request_is_due_in_a_day_refused_with_a_reason_and_checked_when_written_down() {
    let world = World::new().await;
    let mut leo = world.officer().await;
    let list = format!("{}.json", requests(&world.root));
    let later = world.app.clock.now() + std::time::Duration::from_secs(60);
    let later = later.to_string();
    for wrong in [
        vec![],
        vec![("Number", LOCAL)],
        vec![("Number", LOCAL), ("At", "yesterday")],
        vec![("Number", LOCAL), ("At", &*later)],
        vec![("Number", "x"), ("At", "2026-11-01T00:00:00Z")],
        vec![("CallSid", "CA1")],
        vec![
            ("CallSid", "CA00000000000000000000000000000001"),
            ("MessageSid", "SM00000000000000000000000000000001"),
        ],
        vec![("CallSid", "CA00000000000000000000000000000001"), ("Received", &*later)],
    ] {
        let create = format!("{list}?{}", form(&wrong));
        assert_eq!(leo.ask(&world, Method::POST, &create, Value::Null).await.0, 400, "{wrong:?}");
    }
    let nothing = format!("{list}?Number=%2B3225550101&At=2026-11-01T00:00:00Z");
    assert_eq!(leo.ask(&world, Method::POST, &nothing, Value::Null).await.0, 400, "by no authority");
    let create = format!("{list}?{}", form(&[("CallSid", "CA00000000000000000000000000000001")]));
    let (_, made) = leo.ask(&world, Method::POST, &create, Value::Null).await;
    let one = format!("{}/{}.json", requests(&world.root), made["sid"].as_str().unwrap());
    assert_eq!((&made["late"], &made["refusal"]), (&false.into(), &Value::Null));
    let late =
        || async { world.app.prove_books(None).await.unwrap().faults("late_lawful").cloned().unwrap() };
    world.clock.advance(86_400);
    assert_eq!(late().await.count, 0, "a day is a day");
    world.clock.advance(1);
    let told = late().await;
    assert_eq!((told.count, told.ids[0].as_str()), (1, made["sid"].as_str().unwrap()));
    let mut leo = world.officer_again().await;
    let step = |step: &str| format!("{one}?{step}");
    assert_eq!(leo.ask(&world, Method::GET, &one, Value::Null).await.1["late"], true);
    assert_eq!(leo.ask(&world, Method::POST, &step("Step=refuse"), Value::Null).await.0, 400, "no reason");
    assert_eq!(leo.ask(&world, Method::POST, &step("Step=burn"), Value::Null).await.0, 400);
    let (status, refused) =
        leo.ask(&world, Method::POST, &step("Step=refuse&Reason=No+law"), Value::Null).await;
    assert_eq!((status.as_u16(), &refused["refusal"]), (200, &"No law".into()));
    for again in ["Step=answer", "Step=refuse&Reason=x"] {
        let (status, body) = leo.ask(&world, Method::POST, &step(again), Value::Null).await;
        assert_eq!((status.as_u16(), &body["code"]), (409, &20_495.into()), "{again}");
    }
    assert_eq!(late().await.count, 0);
    let unknown = format!("{}/LR00000000000000000000000000000009.json", requests(&world.root));
    assert_eq!(leo.ask(&world, Method::GET, &unknown, Value::Null).await.0, 404);
    world.clock.advance(3 * 365 * 86_400);
    world.app.retain_if_due().await.unwrap();
    let page = flexio_store::Page::default();
    assert!(world.store().lawful_requests(world.root.account.sid, &page).await.unwrap().is_empty());
}
