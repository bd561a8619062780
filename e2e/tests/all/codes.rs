//! One-time codes that go by message, by call and by e-mail, one after the other, and a search for them where none may be: in the logs, in
//! the files of SQLite after a crash, in a dump of PostgreSQL, and in everything customers' programs are told.

use std::process::Command;

use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::mail::MailServer;
use flexio_e2e::smsc::Smsc;
use flexio_e2e::web::Web;
use flexio_testkit::postgres::Server;
use serde_json::{Value, json};

const PERSON: &str = "+32470111222";
/// Ten digits that stand nowhere by chance.
const MARKER: &str = "7402958316";

struct World {
    smsc: Smsc,
    mail: MailServer,
    web: Web,
    flexio: Flexio,
}

impl World {
    async fn new(setup: Setup) -> Self {
        let (smsc, mail, web) = (Smsc::start(20).await, MailServer::start().await, Web::start().await);
        let config = format!("{}\n{}", mail.settings(), smsc.route());
        let flexio = setup.config(&config).start().await;
        smsc.bound().await;
        Self { smsc, mail, web, flexio }
    }

    async fn twofa(&self, path: &str, body: &Value) -> Value {
        let headers = [("content-type", "application/json")];
        let answer = self.flexio.rest.send("POST", path, &headers, body.to_string().as_bytes()).await;
        answer.expect("flexio answers").json()
    }

    /// Texts that the carrier got.
    fn texts(&self) -> Vec<String> {
        self.smsc.submits().iter().filter_map(|event| event["text"].as_str().map(str::to_owned)).collect()
    }

    /// The code in the text that came last.
    async fn code_by_message(&self, count: usize) -> String {
        let text = self
            .smsc
            .wait("the message", |all| {
                let submits: Vec<&Value> = all.iter().filter(|event| event["event"] == "submit").collect();
                (submits.len() >= count).then(|| submits[count - 1]["text"].as_str().unwrap().to_owned())
            })
            .await;
        text.trim_start_matches("Your Acme code is ").to_owned()
    }

    /// Everything that customers' programs were told.
    fn told(&self) -> String {
        ["/status", "/hook"]
            .iter()
            .flat_map(|path| self.web.asked(path))
            .fold(String::new(), |told, request| told + &format!("{request:?}\n"))
    }
}

fn workflow(world: &World) -> Value {
    json!({
        "service": "login", "from": "8640", "to": PERSON, "emailFrom": "Acme <info@acme.test>", "emailTo": "ann@example.test",
        "subject": "Your code", "body": "Your Acme code is {code}", "codeLength": 10, "statusCallback": world.web.url("/status"),
        "workflow": [{ "channel": "sms", "wait": 10 }, { "channel": "email" }],
    })
}

/// Codes go by both channels, some come back; those that were sent.
async fn live(world: &World) -> Vec<String> {
    let rest = &world.flexio.rest;
    // A code of the customer's own, told of by a webhook.
    let form = [("FriendlyName", "Acme"), ("CustomCodeEnabled", "true"), ("CodeLength", "10")];
    let service = rest.post_at("/v2/Services", &form).await.ok()["sid"].as_str().unwrap().to_owned();
    let hook = [("FriendlyName", "all"), ("EventTypes", "*"), ("WebhookUrl", &world.web.url("/hook"))];
    rest.post_at(&format!("/v2/Services/{service}/Webhooks"), &hook).await.ok();
    let start = [("To", PERSON), ("Channel", "sms"), ("CustomCode", MARKER)];
    rest.post_at(&format!("/v2/Services/{service}/Verifications"), &start).await.ok();
    world
        .smsc
        .wait("the marker", |all| {
            all.iter().any(|e| e["text"].as_str().is_some_and(|t| t.contains(MARKER))).then_some(())
        })
        .await;
    let check = [("To", PERSON), ("Code", MARKER)];
    let checked = rest.post_at(&format!("/v2/Services/{service}/VerificationCheck"), &check).await.ok();
    assert_eq!(checked["status"], "approved");
    // One that nobody gives back until it has gone by both channels.
    let sent = world.twofa("/2fa/send", &workflow(world)).await;
    let id = sent["requestID"].as_str().unwrap_or_else(|| panic!("{sent}")).to_owned();
    let first = world.code_by_message(2).await;
    let mail = world.mail.taken(1).await.remove(0);
    let text = mail["text"].as_str().unwrap();
    let second = text.split("Your Acme code is ").nth(1).expect("our words");
    let second: String = second.chars().take_while(char::is_ascii_digit).collect();
    assert_eq!((first.len(), second.len(), first == second), (10, 10, false));
    let wrong = if first == "1234567890" { "0987654321" } else { "1234567890" };
    let refused = world.twofa("/2fa/verify", &json!({ "requestID": id, "code": wrong })).await;
    assert_eq!(refused["attemptsLeft"], 2, "{refused}");
    // The first one is as good as the second.
    let verified = world.twofa("/2fa/verify", &json!({ "requestID": id, "code": first })).await;
    assert_eq!(verified["status"], "verified", "{verified}");
    rest.wait_all("/Messages.json", "messages", 2, &["delivered"]).await;
    let emails = rest.native("/Email/Messages.json");
    eventually("the e-mail is over", || async {
        (rest.get_at(&emails).await.ok()["emails"][0]["status"] == "sent").then_some(())
    })
    .await;
    world.web.wait("/status", |all| all.iter().any(|r| r.param("MessageStatus") == "delivered")).await;
    world.web.wait("/hook", |all| all.iter().any(|r| r.param("type") == "verification.approved")).await;
    vec![MARKER.to_owned(), first, second]
}

#[tokio::test]
async fn codes_go_by_the_next_channel_and_stand_in_no_file_log_or_callback() {
    let mut world = World::new(Setup::default()).await;
    let codes = live(&world).await;
    // The log of the database, which a clean end would have emptied, is searched too.
    world.flexio.kill().await;
    let wal = world.flexio.data().join("flexio.db-wal");
    assert!(wal.metadata().is_ok_and(|file| file.len() > 0), "there is no log to search");
    let told = world.told();
    assert!(told.contains("delivered") && told.contains("verification.approved"), "{told}");
    for code in &codes {
        world.flexio.is_nowhere(code);
        assert!(!told.contains(code.as_str()), "a program was told a code");
    }
    assert_eq!(world.texts().iter().filter(|text| codes.iter().any(|code| text.contains(code))).count(), 2);
}

/// The sender is a short number, which cannot call: the call comes from the account's own number.
#[tokio::test]
async fn a_code_that_does_not_come_back_is_said_by_a_call_and_then_written_by_email() {
    let world = World::new(Setup::default()).await;
    let rest = &world.flexio.rest;
    let number = rest.rent(&[]).await;
    let mut asked = workflow(&world);
    asked["workflow"] = json!([
        { "channel": "sms", "wait": 10 }, { "channel": "call", "wait": 30 }, { "channel": "email" }
    ]);
    let sent = world.twofa("/2fa/send", &asked).await;
    let id = sent["requestID"].as_str().unwrap_or_else(|| panic!("{sent}")).to_owned();
    let written = world.code_by_message(1).await;
    let calls = rest.wait_all("/Calls.json", "calls", 1, &["completed"]).await;
    let call = &calls[0];
    assert_eq!((&call["from"], &call["to"]), (&json!(number), &json!(PERSON)), "{call}");
    let talk_s: u32 = call["duration"].as_str().unwrap().parse().unwrap();
    assert!(talk_s >= 10, "ten digits with pauses: {call}");
    let mail = world.mail.taken(1).await.remove(0);
    assert!(mail["text"].as_str().unwrap().contains("Your Acme code is "), "{mail}");
    let verified = world.twofa("/2fa/verify", &json!({ "requestID": id, "code": written })).await;
    assert_eq!(verified["status"], "verified", "{verified}");
}

#[tokio::test]
async fn a_dump_of_postgresql_holds_no_code() {
    let server = Server::start_own();
    let url = server.new_database().await;
    let mut world = World::new(Setup::default().set("storage.postgres_url", &url)).await;
    let codes = live(&world).await;
    world.flexio.kill().await;
    let dump = Command::new("pg_dump")
        .args(["--inserts", "--dbname", &url])
        .output()
        .expect("PostgreSQL is installed");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let dump = String::from_utf8_lossy(&dump.stdout);
    assert!(dump.contains("verifications") && dump.contains(&PERSON[1..]), "the dump is not whole");
    for code in &codes {
        assert!(!dump.contains(code.as_str()), "a code stands in the dump");
        assert!(!world.flexio.log().contains(code.as_str()));
        assert!(!world.told().contains(code.as_str()));
    }
}
