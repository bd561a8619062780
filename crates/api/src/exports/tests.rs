//! An archive from the request to its end.

use std::collections::BTreeMap;
use std::io::Read as _;

use base64::Engine as _;

use flexio_domain::*;
use flexio_store::{Change, ExportChange};
use http::Request;
use sha2::Digest as _;

use crate::tests::world::{AUDIO, COMPANY, Customer, LOCAL, World};
use crate::transcriptions::tests::transcribed;

fn path(who: &Customer, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/Exports{rest}.json", who.sid())
}

impl World {
    /// An archive that is ready.
    pub(crate) async fn exported(&self, who: &Customer) -> String {
        let sid = self.post(who, &path(who, ""), &[]).await.ok().text("sid");
        self.app.run_exports().await.unwrap();
        sid
    }

    /// The files of an archive.
    pub(crate) async fn archive(&self, who: &Customer, sid: &str) -> BTreeMap<String, Vec<u8>> {
        let uri = format!("/restcomm/2012-04-24/Accounts/{}/Exports/{sid}.tgz", who.sid());
        let (user, password) = who.credentials();
        let request = Request::builder()
            .uri(&uri)
            .header("authorization", format!("Basic {}", basic(&user, &password)))
            .body(axum::body::Body::empty())
            .unwrap();
        let response = tower::ServiceExt::oneshot(self.router.clone(), request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/gzip");
        let length: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 26).await.unwrap();
        assert_eq!(bytes.len(), length);
        let record = self.get(who, &path(who, &format!("/{sid}"))).await.ok().json();
        let digest = sha2::Sha256::digest(&bytes);
        assert_eq!(record["sha256"], flexio_app::vault::hex(&digest));
        files(&bytes)
    }
}

fn basic(user: &str, password: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))
}

/// What tar makes of it.
fn files(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(archive).read_to_end(&mut tar).unwrap();
    let mut files = BTreeMap::new();
    let mut at = 0;
    while tar[at] != 0 {
        let text = |from: usize, to: usize| {
            let field = &tar[at + from..at + to];
            String::from_utf8(field.iter().copied().take_while(|byte| *byte != 0).collect()).unwrap()
        };
        let bytes = usize::from_str_radix(&text(124, 136), 8).unwrap();
        files.insert(text(0, 100), tar[at + 512..at + 512 + bytes].to_vec());
        at += 512 + bytes.next_multiple_of(512);
    }
    assert_eq!(tar.len(), at + 1_024, "it ends with two empty blocks");
    files
}

#[tokio::test]
async fn an_archive_holds_what_is_kept_and_no_secret() {
    let world = World::new().await;
    let who = &world.child;
    assert_eq!(world.order(who, &COMPANY).await, "active");
    world.rent(who, LOCAL).await;
    world.message(who).await;
    let (call, recording, _) = world.records(who).await;
    transcribed(&world, who, recording).await;
    let invoice = flexio_store::contract::invoice(who.account.sid, 1, "2026-11");
    let (number, invoice_sid) = (invoice.number.clone(), invoice.sid);
    let issue = flexio_store::InvoiceChange::Issue {
        invoice: Box::new(invoice),
        series: "2026".to_owned(),
        sequence: 1,
        supplies: Vec::new(),
    };
    world.store().commit(Change::from(issue).into()).await.unwrap();
    let intent = flexio_store::contract::payment_intent(who.account.sid);
    let paid = intent.sid.to_string();
    let sent = flexio_store::contract::dispatch(who.account.sid, invoice_sid, 1, None);
    let mandate = flexio_store::contract::mandate(who.account.sid);
    let changes =
        flexio_store::ChangeSet::from(Change::from(flexio_store::PaymentChange::Create(Box::new(intent))))
            .with(flexio_store::LetterChange::Send(Box::new(sent)).into())
            .with(flexio_store::DebitChange::Sign(Box::new(mandate.clone())).into());
    world.store().commit(changes).await.unwrap();
    let queued = world.post(who, &path(who, ""), &[]).await.ok().json();
    assert_eq!((&queued["status"], &queued["archive_uri"]), (&"queued".into(), &serde_json::Value::Null));
    let sid = queued["sid"].as_str().unwrap();
    let early = format!("/restcomm/2012-04-24/Accounts/{}/Exports/{sid}.tgz", who.sid());
    let refused = world.get(who, &early).await;
    assert_eq!(
        (refused.status, refused.body.contains("<Code>20432</Code>")),
        (409, true),
        "{}",
        refused.body
    );
    assert_eq!(world.post(who, &path(who, ""), &[]).await.refused(), (409, 20_409), "one at a time");
    world.app.run_exports().await.unwrap();
    let ready = world.get(who, &path(who, &format!("/{sid}"))).await.ok().json();
    assert_eq!((&ready["status"], &ready["parts_done"]), (&"ready".into(), &ready["parts"]), "{ready}");
    let files = world.archive(who, sid).await;
    let text =
        |name: &str| String::from_utf8(files.get(name).unwrap_or_else(|| panic!("{name}")).clone()).unwrap();
    assert!(text("contract.json").contains("Bakkerij Peeters"));
    assert!(text("contract.json").contains(&mandate.reference));
    assert!(text("messages/0001.jsonl").contains("\"body\":\"Hallo\""));
    assert!(text("messages/0001.csv").contains("+32470123456"));
    assert!(text("transcriptions/0001.jsonl").contains("\"text\":\"Bel mij terug.\""));
    assert!(text("calls/0001.jsonl").contains(&call.to_string()));
    assert!(text("numbers/0001.csv").contains(LOCAL));
    assert!(files[&format!("invoices/{number}.pdf")].starts_with(b"%PDF-"));
    assert!(text(&format!("invoices/{number}.xml")).contains(&number));
    assert!(text("payments/0001.jsonl").contains(&paid) && text("payments/0001.csv").contains(&paid));
    assert!(text("dispatches/0001.jsonl").contains(&invoice_sid.to_string()));
    assert!(text("dispatches/0001.csv").contains("0208:0202239951"));
    let wav = &files[&format!("recordings/{recording}.wav")];
    assert!(wav.starts_with(b"RIFF") && wav.ends_with(AUDIO.as_bytes()));
    assert_eq!(text("recordings/missing.txt"), "");
    let all: Vec<u8> = files.values().flatten().copied().collect();
    let all = String::from_utf8_lossy(&all);
    for secret in ["auth_token", "sealed", who.token.as_str(), "digest", "password"] {
        let told = all.to_lowercase().matches(&secret.to_lowercase()).count();
        // The page about the archive says that passwords are not in it.
        assert_eq!(told, usize::from(secret == "password"), "{secret}");
    }
}

#[tokio::test]
async fn an_archive_lies_sealed_and_is_gone_when_its_time_is_over() {
    let world = World::new().await;
    let who = &world.child;
    world.message(who).await;
    let sid = world.exported(who).await;
    let file = world.app.config.exports_dir.join(format!("{sid}.archive"));
    let lies = std::fs::read(&file).unwrap();
    assert!(lies.starts_with(b"FXA1"), "the head of a sealed file");
    world.clock.advance(7 * 86_400 + 60);
    world.app.run_exports().await.unwrap();
    let expired = world.get(who, &path(who, &format!("/{sid}"))).await.ok().json();
    assert_eq!(expired["status"], "expired");
    assert!(!file.exists());
    let record = world.store().export(who.account.sid, sid.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((record.key, record.due_at), (None, None), "no copy can be read");
    let uri = format!("/restcomm/2012-04-24/Accounts/{}/Exports/{sid}.tgz", who.sid());
    let refused = world.get(who, &uri).await;
    assert_eq!(
        (refused.status, refused.body.contains("<Code>20432</Code>")),
        (409, true),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn one_that_a_process_left_is_made_by_the_next_and_not_for_ever() {
    let world = World::new().await;
    let who = &world.child;
    let sid = world.post(who, &path(who, ""), &[]).await.ok().text("sid");
    let now = world.app.clock.now();
    let record =
        || async { world.store().export(who.account.sid, sid.parse().unwrap()).await.unwrap().unwrap() };
    let left = Export {
        state: ExportState::Running,
        attempts: 1,
        due_at: Some(now + jiff::SignedDuration::from_mins(10)),
        ..record().await
    };
    world.store().commit(Change::from(ExportChange::Update(left)).into()).await.unwrap();
    world.app.run_exports().await.unwrap();
    assert_eq!(record().await.state, ExportState::Running, "its process may live");
    world.clock.advance(601);
    world.app.run_exports().await.unwrap();
    assert_eq!((record().await.state, record().await.attempts), (ExportState::Ready, 2));
    world.delete(who, &path(who, &format!("/{sid}"))).await.ok();
    let other = world.post(who, &path(who, ""), &[]).await.ok().text("sid");
    let stuck = world.store().export(who.account.sid, other.parse().unwrap()).await.unwrap().unwrap();
    let stuck = Export { attempts: flexio_app::exports::ATTEMPTS_MAX, ..stuck };
    world.store().commit(Change::from(ExportChange::Update(stuck)).into()).await.unwrap();
    world.app.run_exports().await.unwrap();
    let failed = world.get(who, &path(who, &format!("/{other}"))).await.ok().json();
    assert_eq!(failed["status"], "failed", "{failed}");
    assert!(failed["error_message"].is_string());
}

#[tokio::test]
async fn five_archives_a_day_are_made() {
    let world = World::new().await;
    let who = &world.child;
    for _ in 0..5 {
        let sid = world.post(who, &path(who, ""), &[]).await.ok().text("sid");
        world.delete(who, &path(who, &format!("/{sid}"))).await.ok();
    }
    assert_eq!(world.post(who, &path(who, ""), &[]).await.refused(), (400, 20_428));
    world.clock.advance(86_401);
    world.post(who, &path(who, ""), &[]).await.ok();
}
