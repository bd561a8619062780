//! What the guard decided can be looked up, and taken back.

use serde_json::{Value, json};

use crate::tests::world::{Customer, Reply, World};

async fn service(world: &World, who: &Customer) -> String {
    world.post(who, "/v2/Services", &[("FriendlyName", "Acme")]).await.ok().text("sid")
}

async fn send(world: &World, who: &Customer, service: &str, to: &str, more: &[(&str, &str)]) -> Reply {
    let mut form = vec![("To", to), ("Channel", "sms")];
    form.extend_from_slice(more);
    world.post(who, &format!("/v2/Services/{service}/Verifications"), &form).await
}

/// Fifty codes to a block, and the answer to the next.
async fn flood(world: &World, who: &Customer, service: &str, block: &str) -> Reply {
    for at in 0..50 {
        let reply = send(world, who, service, &format!("{block}{at:03}"), &[]).await;
        assert_eq!(reply.status, 201, "{at} {:?}", reply.json());
    }
    send(world, who, service, &format!("{block}500"), &[]).await
}

fn guard(who: &Customer, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/Guard/{rest}", who.sid())
}

async fn rows(world: &World, who: &Customer, rest: &str, member: &str) -> Vec<Value> {
    let reply = world.get(who, &guard(who, rest)).await.ok().json();
    reply[member].as_array().unwrap_or_else(|| panic!("no {member} in {reply}")).clone()
}

#[tokio::test]
async fn a_refusal_says_what_it_saw_and_an_account_above_takes_it_back() {
    let world = World::new().await;
    let who = &world.child;
    let service = service(&world, who).await;
    let refused = flood(&world, who, &service, "+32470555").await;
    assert_eq!(refused.refused(), (403, 60_410));
    let message = refused.json()["message"].as_str().unwrap().to_owned();
    let found = rows(&world, who, "Decisions.json?Outcome=refused", "decisions").await;
    assert_eq!(found.len(), 1);
    let decision = &found[0];
    assert!(message.contains(decision["sid"].as_str().unwrap()), "{message}");
    assert_eq!(
        (&decision["rule"], &decision["to"], &decision["service_sid"], &decision["country"]),
        (&json!("block-hour"), &json!("+32470555500"), &json!(service), &json!("BE"))
    );
    let figure = json!({"rule": "block-hour", "seen": 50, "allowed": 50, "used": null, "refuses": true});
    assert_eq!(decision["figures"][3], figure);
    let path = format!("Decisions/{}.json", decision["sid"].as_str().unwrap());
    assert_eq!(world.get(who, &guard(who, &path)).await.ok().json()["sid"], decision["sid"]);

    send(&world, who, &service, "+32470555501", &[]).await;
    let cases = rows(&world, who, "Cases.json?Status=open", "cases").await;
    assert_eq!(cases.len(), 1, "one case, whatever the refusals");
    assert_eq!((&cases[0]["subject"], &cases[0]["refusals"]), (&json!("+32470555"), &json!(2)));
    assert_eq!(cases[0]["sid"], decision["case_sid"]);
    let notified = format!("/2010-04-01/Accounts/{}/Notifications.json", who.sid());
    let notified = world.get(who, &notified).await.ok().json();
    assert_eq!(notified["notifications"].as_array().unwrap().len(), 1);
    assert_eq!(notified["notifications"][0]["error_code"], "60410");

    let case = guard(who, &format!("Cases/{}.json", cases[0]["sid"].as_str().unwrap()));
    let release = [("Status", "released"), ("Note", "our own test range")];
    assert_eq!(world.post(who, &case, &release).await.refused(), (403, 20_006));
    assert_eq!(world.post(&world.root, &case, &[("Status", "open")]).await.refused(), (400, 20_001));
    let released = world.post(&world.root, &case, &release).await.ok().json();
    assert_eq!((&released["status"], &released["note"]), (&json!("released"), &json!("our own test range")));
    assert_eq!(world.post(&world.root, &case, &release).await.refused(), (409, 20_409));
    world.clock.advance(1);
    assert_eq!(send(&world, who, &service, "+32470555500", &[]).await.status, 201, "let through again");
    let allowed = rows(&world, who, "Decisions.json?Outcome=allowed&To=%2B32470555500", "decisions").await;
    assert_eq!(allowed[0]["figures"][3]["seen"], 0, "what was before the release counts no more");
    let attempt = allowed[0]["attempt_sid"].as_str().unwrap();
    let attempt = world.get(who, &format!("/v2/Attempts/{attempt}")).await.ok().json();
    assert_eq!(attempt["channel_data"]["guard_decision_sid"], allowed[0]["sid"]);
}

#[tokio::test]
async fn a_released_block_is_watched_again_from_then_on() {
    let world = World::new().await;
    let who = &world.child;
    let service = service(&world, who).await;
    for round in 1..=2 {
        assert_eq!(flood(&world, who, &service, "+32470555").await.refused(), (403, 60_410), "{round}");
        let open = rows(&world, who, "Cases.json?Status=open", "cases").await;
        assert_eq!(open.len(), 1, "a case of its own each time");
        assert_eq!(open[0]["rule"], "block-hour");
        let case = guard(who, &format!("Cases/{}.json", open[0]["sid"].as_str().unwrap()));
        world.post(&world.root, &case, &[("Status", "released")]).await.ok();
        world.clock.advance(601);
    }
    assert_eq!(rows(&world, who, "Cases.json?Status=released", "cases").await.len(), 2);
}

#[tokio::test]
async fn a_block_whose_codes_nobody_uses_is_a_case_of_its_own() {
    let world = World::new().await;
    let who = &world.child;
    let service = service(&world, who).await;
    assert_eq!(flood(&world, who, &service, "+32470555").await.status, 403);
    // The hour is over; the day's watch over what is used is not.
    world.clock.advance(3_601);
    let refused = send(&world, who, &service, "+32470555600", &[]).await;
    assert!(refused.json()["message"].as_str().unwrap().contains("block-unverified"), "{}", refused.json());
    let unused = rows(&world, who, "Cases.json?Rule=block-unverified", "cases").await;
    assert_eq!((&unused[0]["figure"]["seen"], &unused[0]["figure"]["used"]), (&json!(50), &json!(0)));
    let case = guard(who, &format!("Cases/{}.json", unused[0]["sid"].as_str().unwrap()));
    world.post(&world.root, &case, &[("Status", "released")]).await.ok();
    world.clock.advance(1);
    assert_eq!(send(&world, who, &service, "+32470555600", &[]).await.status, 201);
}

#[tokio::test]
async fn a_number_on_the_safe_list_is_not_suspected_but_is_not_pestered_either() {
    let world = World::new().await;
    let who = &world.child;
    let service = service(&world, who).await;
    assert_eq!(flood(&world, who, &service, "+32470555").await.status, 403);
    let safe = world.post(who, "/v2/SafeList/Numbers", &[("PhoneNumber", "+32470555777")]).await.ok();
    assert!(safe.text("sid").starts_with("GN"));
    assert_eq!(safe.text("phone_number"), "+32470555777");
    assert_eq!(send(&world, who, &service, "+32470555777", &[]).await.status, 201);
    assert_eq!(send(&world, who, &service, "+32470555778", &[]).await.status, 403, "its neighbour");
    let allowed = rows(&world, who, "Decisions.json?To=%2B32470555777", "decisions").await;
    assert_eq!((&allowed[0]["outcome"], &allowed[0]["safe_listed"]), (&json!("allowed"), &json!(true)));
    assert_eq!(allowed[0]["figures"][3]["refuses"], true, "the rule saw what it saw");
    let mut sent = 1;
    let refused = loop {
        world.clock.advance(601);
        let reply = send(&world, who, &service, "+32470555777", &[]).await;
        if reply.status != 201 {
            break reply;
        }
        sent += 1;
    };
    assert_eq!((sent, refused.refused()), (10, (429, 60_203)), "ten a day, safe or not");
    let path = "/v2/SafeList/Numbers/%2B32470555777";
    assert_eq!(world.get(who, path).await.ok().text("phone_number"), "+32470555777");
    assert_eq!(world.get(&world.sibling, path).await.refused(), (404, 20_404));
    let again = world.post(who, "/v2/SafeList/Numbers", &[("PhoneNumber", "+32470555777")]).await;
    assert_eq!(again.refused(), (409, 20_409));
    assert_eq!(world.delete(who, path).await.status, 204);
    assert_eq!(world.get(who, path).await.refused(), (404, 20_404));
    assert_eq!(
        world.post(who, "/v2/SafeList/Numbers", &[("PhoneNumber", "x")]).await.refused(),
        (400, 60_200)
    );
}

#[tokio::test]
async fn refusals_of_one_recipient_are_kept_to_a_hundred_an_hour() {
    let world = World::new().await;
    let who = &world.child;
    let service = service(&world, who).await;
    assert_eq!(flood(&world, who, &service, "+32470555").await.status, 403);
    for _ in 0..150 {
        assert_eq!(send(&world, who, &service, "+32470555500", &[]).await.status, 403);
    }
    let kept = rows(&world, who, "Decisions.json?Outcome=refused&PageSize=1000", "decisions").await;
    assert_eq!(kept.len(), 100);
    let case = &rows(&world, who, "Cases.json", "cases").await[0];
    assert_eq!(case["refusals"], 151, "the case counts on");
}

#[tokio::test]
async fn an_end_users_address_is_a_subject_that_tells_nobody_who_it_is() {
    let world = World::new().await;
    let who = &world.child;
    let service = service(&world, who).await;
    let address = [("DeviceIp", "203.0.113.7")];
    for at in 0..20 {
        let to = format!("+3247{at:02}00000");
        assert_eq!(send(&world, who, &service, &to, &address).await.status, 201, "{at}");
    }
    assert_eq!(send(&world, who, &service, "+32479900000", &address).await.refused(), (403, 60_410));
    let cases = rows(&world, who, "Cases.json?Rule=client-hour", "cases").await;
    let subject = cases[0]["subject"].as_str().unwrap();
    assert!(subject.starts_with("client:") && !subject.contains("203"), "{subject}");
    assert_eq!(send(&world, who, &service, "+32479900000", &[("DeviceIp", "203.0.113.8")]).await.status, 201);
    let unknown = world.get(who, &guard(who, "Decisions.json?Rule=nothing")).await;
    assert_eq!(unknown.refused(), (400, 20_001));
}
