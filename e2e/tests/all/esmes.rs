//! Customers' programs that bind to our SMPP server, or to the SMSC we are bound to: smpplib and Kannel, of which neither shares code with
//! flexio.

use flexio_e2e::esme::{Bind, Esme, Kannel};
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::programs::free_port;
use flexio_e2e::smsc::Smsc;
use flexio_e2e::web::Web;
use serde_json::{Value, json};

const PERSON: &str = "+32470111222";
const OK: i64 = 0;
const THROTTLED: i64 = 0x58;

/// A carrier on one side, a door for programs on the other.
struct World {
    smsc: Smsc,
    flexio: Flexio,
    port: u16,
    number: String,
    password: String,
}

impl World {
    /// With the program `acme`, made over REST with these further parameters.
    async fn new(more: &[(&str, &str)]) -> Self {
        let (smsc, port) = (Smsc::start(50).await, free_port());
        let config = format!("[smpp_server]\nlisten = \"127.0.0.1:{port}\"\n{}", smsc.route());
        let flexio = Setup::default().config(&config).start().await;
        smsc.bound().await;
        let form = [&[("SystemId", "acme"), ("Receives", "true")][..], more].concat();
        let made = flexio.rest.post_at(&flexio.rest.native("/SmppUsers.json"), &form).await.ok();
        let password = made["password"].as_str().expect("it is shown once").to_owned();
        let number = flexio.rest.rent(&[]).await;
        Self { smsc, flexio, port, number, password }
    }

    fn bind(&self) -> Bind<'_> {
        Bind { port: self.port, system_id: "acme", password: &self.password }
    }
}

#[tokio::test]
async fn smpplib_sends_short_long_and_unicode_texts_and_gets_a_receipt_for_each() {
    let world = World::new(&[]).await;
    let mut esme = Esme::bound(world.bind()).await;
    let long = "A long text of more than one segment. ".repeat(9);
    let unicode = "Zażółć gęślą jaźń. ".repeat(8);
    let texts = [("Hello, world: 5 €", 1), (long.as_str(), 3), (unicode.as_str(), 3)];
    for (text, parts) in texts {
        let answers = esme.submit(&world.number, PERSON, text, 1).await;
        assert_eq!(answers.len(), parts, "{text}");
        let sid = answers[0]["id"].as_str().unwrap();
        assert!(answers.iter().all(|a| a["status"] == OK && a["id"] == sid), "{answers:?}");
        let receipt = esme
            .wait("its receipt", |all| {
                all.iter().find(|e| e["event"] == "receipt" && e["id"] == sid).cloned()
            })
            .await;
        assert_eq!(receipt["state"], 2, "{receipt}");
        let said = receipt["text"].as_str().unwrap();
        assert!(said.starts_with(&format!("id:{sid} sub:001 dlvrd:001 ")), "{said}");
        assert!(said.contains(" stat:DELIVRD err:000 "), "{said}");
        assert_eq!((&receipt["from"], &receipt["to"]), (&json!(PERSON[1..]), &json!(world.number[1..])));
        let message = world.flexio.rest.get(&format!("/Messages/{sid}.json")).await;
        assert_eq!((message["body"].as_str(), message["status"].as_str()), (Some(text), Some("delivered")));
        assert_eq!(message["num_segments"].as_str().unwrap(), parts.to_string());
    }
    let refused = esme.submit("+3225559999", PERSON, "not ours", 1).await;
    assert_eq!(refused[0]["status"], 0x0A, "{refused:?}");
    assert_eq!(
        world.smsc.submits().len(),
        7,
        "three texts in seven segments, and nothing of the refused one"
    );
}

#[tokio::test]
async fn smpplib_gets_what_people_write_in_parts_and_asks_for_states() {
    let mut world = World::new(&[]).await;
    let mut esme = Esme::bound(world.bind()).await;
    let long = "A question with a long story. ".repeat(8);
    for (text, parts) in [("Short & simple", 1), (long.as_str(), 2), ("Dziękuję", 1)] {
        let mo = json!({"mo": {"from": &PERSON[1..], "to": &world.number[1..], "text": text}});
        world.smsc.tell(&mo).await;
        let got = esme
            .wait("the text", |all| {
                let mos: Vec<&Value> = all.iter().filter(|e| e["event"] == "mo").collect();
                let last = mos.get(mos.len().checked_sub(parts)?..)?;
                let whole: String = last.iter().filter_map(|e| e["text"].as_str()).collect();
                (whole == text).then(|| last.iter().map(|e| (*e).clone()).collect::<Vec<_>>())
            })
            .await;
        assert!(got.iter().all(|e| e["from"] == PERSON[1..] && e["to"] == world.number[1..]), "{got:?}");
        assert!(got.iter().all(|e| (parts > 1) == (e["udh"] != "")), "{got:?}");
    }
    let sent = esme.submit(&world.number, PERSON, "state?", 1).await;
    let sid = sent[0]["id"].as_str().unwrap().to_owned();
    esme.event("receipt").await;
    esme.tell(&json!({"query": sid, "from": world.number})).await;
    let state = esme.wait("the state", |all| all.iter().find(|e| e["of"] == "query_sm_resp").cloned()).await;
    assert_eq!((&state["status"], &state["id"], &state["state"]), (&json!(0), &json!(sid), &json!(2)));
    esme.tell(&json!({"unbind": true})).await;
    let bye = esme.wait("the answer", |all| all.iter().find(|e| e["of"] == "unbind_resp").cloned()).await;
    assert_eq!(bye["status"], 0);
}

#[tokio::test]
async fn smpplib_schedules_a_text_which_waits_and_can_be_cancelled() {
    let world = World::new(&[]).await;
    let mut esme = Esme::bound(world.bind()).await;
    let order = |schedule: &str, validity: &str| json!({"from": world.number, "to": PERSON, "text": "later", "schedule": schedule, "validity": validity});
    // In two hours; at noon of a day three weeks ahead by a clock two hours ahead of UTC.
    let noon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(21 * 24);
    let clock = noon.strftime("%y%m%d120000008+").to_string();
    let due = noon.strftime("%Y-%m-%dT10:00:00Z").to_string();
    for (schedule, at) in [("000000020000000R", None), (clock.as_str(), Some(due))] {
        let answer = esme.submit_as(order(schedule, "000000010000000R")).await;
        assert_eq!(answer[0]["status"], OK, "{answer:?}");
        let sid = answer[0]["id"].as_str().unwrap();
        let message = world.flexio.rest.get(&format!("/Messages/{sid}.json")).await;
        assert_eq!(message["status"], "scheduled", "{message}");
        if let Some(at) = at {
            assert_eq!(message["send_at"], at, "{message}");
        }
        esme.tell(&json!({"query": sid, "from": world.number})).await;
        let state = esme.wait("its state", |all| {
            all.iter().find(|e| e["of"] == "query_sm_resp" && e["id"] == sid).cloned()
        });
        assert_eq!(state.await["state"], 1);
    }
    let refused =
        [("000000000500000R", "", 0x61), ("000000020000000X", "", 0x61), ("", "200101000000000+", 0x62)];
    for (schedule, validity, status) in refused {
        let answer = esme.submit_as(order(schedule, validity)).await;
        assert_eq!(answer[0]["status"], status, "{schedule} {validity}: {answer:?}");
    }
    assert!(world.smsc.submits().is_empty(), "nothing left yet");
}

#[tokio::test]
async fn smpplib_is_refused_with_a_wrong_password_and_throttled_beyond_its_rate() {
    let world = World::new(&[("SubmitsPerSecond", "5")]).await;
    let stranger = Esme::start(Bind { password: "wrong", ..world.bind() });
    assert_eq!(stranger.event("refused").await["status"], 0x0E);
    let mut esme = Esme::bound(world.bind()).await;
    let answers = esme.submit(&world.number, PERSON, "one of many", 40).await;
    let with = |status: i64| answers.iter().filter(|answer| answer["status"] == status).count();
    assert_eq!(with(OK) + with(THROTTLED), 40, "{answers:?}");
    assert!((5..20).contains(&with(OK)), "a second's worth at once, and the pace: {}", with(OK));
    let rows = world.flexio.rest.messages_at_rest().await;
    assert_eq!(rows.len(), with(OK), "what was throttled is nowhere");
}

#[tokio::test]
async fn kannel_sends_gets_its_delivery_reports_and_hands_on_what_people_write() {
    let (mut world, web) = (World::new(&[]).await, Web::start().await);
    let kannel = Kannel::start(world.bind(), &web.url("/mo")).await;
    let long = "Kannel cuts this text into parts itself. ".repeat(6);
    for (text, path) in [("Hello from Kannel", "/a"), (long.as_str(), "/b"), ("Zażółć gęślą", "/c")] {
        kannel.send(&world.number, PERSON, text, &web.url(&format!("{path}?state=%d"))).await;
        let report = web.wait(path, |all| all.iter().any(|r| r.param("state") == "1")).await;
        assert!(!report.is_empty(), "{}", kannel.log());
    }
    let rows = world.flexio.rest.messages_at_rest().await;
    let bodies: Vec<&str> = rows.iter().filter_map(|row| row["body"].as_str()).collect();
    for text in ["Hello from Kannel", long.trim_end(), "Zażółć gęślą"] {
        assert_eq!(bodies.iter().filter(|body| body.trim_end() == text).count(), 1, "{bodies:?}");
    }
    let question = "Is this for Kannel? ".repeat(10);
    let mo = json!({"mo": {"from": &PERSON[1..], "to": &world.number[1..], "text": question}});
    world.smsc.tell(&mo).await;
    let asked = web.wait("/mo", |all| !all.is_empty()).await;
    let heard: String = asked.iter().map(|request| request.param("text")).collect();
    assert!(heard.contains("Is this for Kannel?"), "{asked:?}\n{}", kannel.log());
}

#[tokio::test]
async fn texts_pass_between_kannel_and_an_application_of_ours_through_an_smsc_of_neither() {
    let (smsc, web) = (Smsc::between("3247011").await, Web::start().await);
    let flexio = Setup::default().config(&smsc.route()).start().await;
    smsc.bound().await;
    let bind = Bind { port: smsc.port, system_id: "kannel", password: "secret" };
    let kannel = Kannel::start(bind, &web.url("/kannel")).await;
    let is_kannels = |e: &Value| e["event"] == "bind" && e["system_id"] == "kannel" && e["ok"] == true;
    smsc.wait("kannel's bind", |all| all.iter().any(is_kannels).then_some(())).await;
    // These take two octets in GSM text, or have another place there than in Latin-1.
    let reply = "It costs 5 € [VAT @ 6 %], _see_ {the} é-mail. ".repeat(6);
    web.verbs("/sms", &format!("<Message>{}</Message>", reply.trim_end()));
    let number = flexio.rest.rent(&[("SmsUrl", &web.url("/sms"))]).await;
    for (text, path) in [("Hello from Kannel", "/a"), ("Zażółć gęślą jaźń. ", "/b")] {
        let text = text.repeat(if path == "/b" { 6 } else { 1 });
        let before = web.asked("/kannel").len();
        kannel.send(PERSON, &number, text.trim_end(), &web.url(&format!("{path}?state=%d"))).await;
        let asked = web.wait("/sms", |all| all.iter().any(|r| r.param("Body") == text.trim_end())).await;
        let asked = asked.last().unwrap();
        assert_eq!((asked.param("From"), asked.param("To")), (PERSON, number.as_str()));
        web.wait(path, |all| all.iter().any(|r| r.param("state") == "1")).await;
        let heard = |all: &[flexio_e2e::web::Request]| -> String {
            all[before.min(all.len())..].iter().map(|request| request.param("text")).collect()
        };
        let told = web.wait("/kannel", |all| heard(all).len() >= reply.trim_end().len()).await;
        assert_eq!(heard(&told), reply.trim_end(), "{}", kannel.log());
    }
    let rows = flexio.rest.wait_all("/Messages.json", "messages", 4, &["received", "delivered"]).await;
    let of = |wanted: &str| rows.iter().filter(|row| row["direction"] == wanted).count();
    assert_eq!((of("inbound"), of("outbound-reply")), (2, 2), "{rows:?}");
    assert!(rows.iter().all(|row| row["error_code"].is_null()), "{rows:?}");
}

#[tokio::test]
async fn a_program_whose_user_is_deleted_is_unbound_and_does_not_come_back() {
    let world = World::new(&[]).await;
    let esme = Esme::bound(world.bind()).await;
    let rest = &world.flexio.rest;
    let users = rest.get_at(&rest.native("/SmppUsers.json")).await.ok();
    let sid = users["smpp_users"][0]["sid"].as_str().unwrap();
    let path = rest.native(&format!("/SmppUsers/{sid}.json"));
    let gone = rest.send("DELETE", &path, &[], &[]).await.unwrap();
    assert_eq!(gone.status, 204);
    esme.event("unbound").await;
    esme.event("closed").await;
    let again = Esme::start(world.bind());
    assert_eq!(again.event("refused").await["status"], 0x0E);
}
