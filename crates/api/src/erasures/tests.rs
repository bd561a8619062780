//! Erasures from the question to the certificate, over a real database file.

use std::path::{Path, PathBuf};

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, Kept, PeopleChange, UsageFilter};

use crate::tests::foreign::Belongings;
use crate::tests::world::{COMPANY, Customer, LOCAL, MOBILE, PERSON, World};

fn path(who: &Customer, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/{rest}.json", who.sid())
}

impl World {
    /// Runs what is due as often as it takes.
    async fn erased(&self) {
        for _ in 0..5 {
            self.app.run_erasures().await.unwrap();
        }
    }

    /// Files of the database and of the recordings that hold a text.
    fn files_with(&self, text: &str) -> Vec<PathBuf> {
        let mut folders =
            vec![self.file.parent().unwrap().to_owned(), self.app.config.recordings_dir.clone()];
        let (mut found, mut searched) = (Vec::new(), 0);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                searched += 1;
                if has(&path, text) {
                    found.push(path);
                }
            }
        }
        assert!(searched >= 2, "database and log were searched");
        found
    }

    /// Ends what is under way of an account, as the nodes do.
    async fn ended(&self, who: &Customer) {
        let rows = self.store().kept_rows(who.account.sid, Kept::Calls, (None, 0), 100).await.unwrap();
        for row in rows {
            let call: Call = serde_json::from_str(&row.doc).unwrap();
            let over = Call { status: CallStatus::Completed, ended_at: Some(self.app.clock.now()), ..call };
            self.store().commit(Change::UpdateCall(over).into()).await.unwrap();
        }
        let rows = self.store().kept_rows(who.account.sid, Kept::Messages, (None, 0), 100).await.unwrap();
        for row in rows {
            let message: Message = serde_json::from_str(&row.doc).unwrap();
            let is_in = message.direction == MessageDirection::Inbound;
            let status = if is_in { MessageStatus::Received } else { MessageStatus::Delivered };
            self.store().commit(Change::UpdateMessage(Message { status, ..message }).into()).await.unwrap();
        }
    }

    async fn preview(&self, by: &Customer, who: &Customer, form: &[(&str, &str)]) -> serde_json::Value {
        self.post(by, &path(who, "Erasures/Preview"), form).await.ok().json()
    }

    /// Eva, who signs in for the account, and what she did.
    async fn eva(&self, who: &Customer) {
        let now = self.app.clock.now();
        let eva = Person {
            sid: PersonSid::new(),
            version: 1,
            account_sid: who.account.sid,
            email: Some("eva@wolvendaal.example".to_owned()),
            role: Role::Administrator,
            second_factor: None,
            passkeys: Vec::new(),
            spent_challenges: Vec::new(),
            password: None,
            link: None,
            failures: 0,
            locked_until: None,
            signed_in_at: None,
            created_at: now,
            updated_at: now,
        };
        let did = AuditEvent {
            sid: AuditSid::new(),
            account_sid: who.account.sid,
            person_sid: Some(eva.sid),
            person: "eva@wolvendaal.example".to_owned(),
            action: "people.create".to_owned(),
            subject: "jan@wolvendaal.example".to_owned(),
            details: AuditDetails::default(),
            created_at: now,
        };
        let changes =
            ChangeSet::from(Change::from(PeopleChange::Create(eva))).with(PeopleChange::Audit(did).into());
        self.store().commit(changes).await.unwrap();
    }
}

fn has(path: &Path, text: &str) -> bool {
    std::fs::read(path).unwrap().windows(text.len()).any(|window| window == text.as_bytes())
}

/// What was put in and belongs to a person.
const PERSONAL: [&str; 15] = [
    "470123456",
    "470123499",
    // The account of a mandate and of what was collected by it; the operator's own is another.
    "NL91ABNA0417164300",
    "3222268888",
    "wolvendaal",
    "Wolvendaal",
    "Peeters",
    "Stationsstraat",
    "an@example.be",
    "info@acme.test",
    "Hallo",
    "phone-AC",
    "some-body-1",
    "app.test",
    "Sibling",
];

#[tokio::test]
async fn an_erased_account_is_in_no_byte_of_the_files_and_the_ledger_adds_up() {
    let world = World::new().await;
    let (who, root) = (&world.sibling, &world.root);
    let things = Belongings::of(&world, who, LOCAL).await;
    world.eva(who).await;
    world.received(LOCAL, "Hallo Wolvendaal").await;
    assert!(PERSONAL.iter().all(|text| !world.files_with(text).is_empty()), "all of it was put in");
    let early = world.post(root, &path(who, "Erasures"), &[]).await;
    assert_eq!(early.refused(), (409, 20_480), "it is not closed");
    world.ended(who).await;
    let (invoice, dispute) = (things.value("InvoiceSid"), things.value("DisputeSid"));
    let close = path(who, &format!("Invoices/{invoice}/Disputes/{dispute}"));
    world.post(root, &close, &[("Outcome", "paid")]).await.ok();
    world
        .post(root, &format!("/restcomm/2012-04-24/Accounts/{}.json", who.sid()), &[("Status", "closed")])
        .await
        .ok();
    let preview = world.preview(root, who, &[]).await;
    assert_eq!((&preview["possible"], &preview["obstacles"]), (&true.into(), &serde_json::json!([])));
    let counted = |list: &serde_json::Value, kind: &str| {
        let found = list.as_array().unwrap().iter().find(|it| it["kind"] == kind).cloned();
        found.map_or(0, |it| it["count"].as_i64().unwrap())
    };
    assert!(counted(&preview["erased"], "messages") >= 2, "{preview}");
    let by_itself = world.post(who, &path(who, "Erasures"), &[]).await;
    assert_eq!(by_itself.status, 401, "a closed account signs in nowhere");
    let sums = world.store().usage_totals(who.account.sid, flexio_store::Scope::Own, "0", "9").await.unwrap();
    let sid = world.post(root, &path(who, "Erasures"), &[]).await.ok().text("sid");
    world.erased().await;
    let done = world.get(root, &path(who, &format!("Erasures/{sid}"))).await.ok().json();
    assert_eq!((&done["status"], &done["stages_done"]), (&"done".into(), &done["stages"]), "{done:#}");
    let certificate = &done["certificate"];
    assert_eq!(counted(&certificate["erased"], "messages"), counted(&preview["erased"], "messages"));
    assert_eq!(counted(&certificate["kept"], "invoices"), 1);
    assert_eq!(certificate["genuine"], true);
    for kind in Kept::ALL.iter().filter(|kind| **kind != Kept::AuditEvents) {
        let left = world.store().count_kept(who.account.sid, *kind).await.unwrap();
        assert_eq!(left, 0, "{}", kind.table());
    }
    for text in PERSONAL {
        assert_eq!(world.files_with(text), Vec::<PathBuf>::new(), "{text}");
    }
    assert_eq!(
        world.store().usage_totals(who.account.sid, flexio_store::Scope::Own, "0", "9").await.unwrap(),
        sums
    );
    let proof = world.store().ledger_proof().await.unwrap();
    assert_eq!((proof.sum, proof.unbalanced, proof.unposted), (Money::ZERO, 0, 0));
    world.sound_books().await;
    let again = world.post(root, &path(who, "Erasures"), &[]).await.ok().text("sid");
    assert_ne!(again, sid, "asking again finds nothing and says so");
}

#[tokio::test]
async fn who_the_customer_was_is_known_for_twelve_months_and_then_by_nobody() {
    let world = World::new().await;
    let (who, root) = (&world.sibling, &world.root);
    world.order(who, &COMPANY).await;
    let asked = world.post(who, &path(who, "Subscription/Cancellations"), &[]).await.ok().text("token");
    world.post(who, &path(who, "Subscription/Cancellations/Confirm"), &[("Token", &asked)]).await.ok();
    let close = format!("/restcomm/2012-04-24/Accounts/{}.json", who.sid());
    world.post(root, &close, &[("Status", "closed")]).await.ok();
    let early = world.post(root, &path(who, "Erasures"), &[]).await;
    assert_eq!(early.refused(), (409, 20_480), "the contract is closing: {}", early.body);
    world.clock.advance(4 * 86_400);
    world.app.end_subscriptions().await.unwrap();
    let sid = world.post(root, &path(who, "Erasures"), &[]).await.ok().text("sid");
    world.erased().await;
    let fetched = || async { world.get(root, &path(who, &format!("Erasures/{sid}"))).await.ok().json() };
    let done = fetched().await;
    let ground = |ground: &str, done: &serde_json::Value| {
        let kept = done["certificate"]["kept"].as_array().unwrap();
        kept.iter().find(|it| it["ground"] == ground).map(|it| it["until"].as_str().unwrap().to_owned())
    };
    assert_eq!(done["status"], "done", "{done:#}");
    assert_eq!(ground("identity", &done).as_deref(), Some("2027-11-27"), "{done:#}");
    assert_eq!(ground("contract", &done).as_deref(), Some("2037-01-01"));
    let customer = world.store().customer(who.account.sid).await.unwrap().unwrap();
    assert_eq!((customer.legal_name.as_str(), customer.invoice_email.as_str()), ("Bakkerij Peeters", ""));
    let contract = world.store().subscription(who.account.sid).await.unwrap().unwrap();
    assert_eq!(contract.state, SubscriptionState::Erased);
    world.clock.advance(365 * 86_400);
    world.erased().await;
    assert_eq!(world.store().customer(who.account.sid).await.unwrap(), None);
    let after = fetched().await;
    assert_eq!((ground("identity", &after), &after["certificate"]["genuine"]), (None, &true.into()));
    assert_eq!(after["date_next"], serde_json::Value::Null);
    assert_eq!(world.files_with("Bakkerij Peeters"), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_number_is_forgotten_and_not_written_to_again() {
    let world = World::new().await;
    let who = &world.child;
    Belongings::of(&world, who, LOCAL).await;
    world.rent(who, MOBILE).await;
    world.received(MOBILE, "STOP").await;
    world.received(LOCAL, "Bel mij op 0470123456").await;
    world.exported(who).await;
    world.ended(who).await;
    let sms = |to| [("From", MOBILE), ("To", to), ("Body", "x")];
    let refused = world.post(who, &path(who, "Messages"), &sms(PERSON)).await;
    assert_eq!(refused.refused().1, 21_610, "{}", refused.body);
    let sid = world.post(who, &path(who, "Erasures"), &[("Number", PERSON)]).await.ok().text("sid");
    world.erased().await;
    let done = world.get(who, &path(who, &format!("Erasures/{sid}"))).await.ok().json();
    assert_eq!(
        (&done["status"], &done["number_alias"]),
        (&"done".into(), &"+32470000000".into()),
        "{done:#}"
    );
    assert_eq!(world.files_with("470123456"), Vec::<PathBuf>::new());
    let media = world.app.count_medias(who.account.sid, &flexio_store::MediaFilter::default()).await;
    assert_eq!(media.unwrap(), 0, "what was sent to the number");
    let refused = world.post(who, &path(who, "Messages"), &sms(PERSON)).await;
    assert_eq!(refused.refused().1, 21_610, "the opt-out stands: {}", refused.body);
    world.post(who, &path(who, "Messages"), &sms("+32470123457")).await.ok();
    let kept = world.get(who, &path(who, "Messages")).await.ok();
    assert!(!kept.body.contains("Hallo") && kept.body.contains("+32470000000"), "{}", kept.body);
    let events = world.store().usage_events(who.account.sid, &UsageFilter::default(), 100).await.unwrap();
    assert!(events.iter().all(|event| !event.to.contains("470123456") && !event.from.contains("470123456")));
    world.received(MOBILE, "START").await;
    world.post(who, &path(who, "Messages"), &sms(PERSON)).await.ok();
    let again = world.post(who, &path(who, "Erasures"), &[("Number", "+32470000000")]).await;
    assert_eq!(again.refused(), (409, 20_480));
}

#[tokio::test]
async fn the_certificate_is_a_document_in_four_languages_and_shows_an_alteration() {
    let world = World::new().await;
    let who = &world.child;
    world.rent(who, LOCAL).await;
    world.received(LOCAL, "x").await;
    world.ended(who).await;
    let sid = world.post(who, &path(who, "Erasures"), &[("Number", PERSON)]).await.ok().text("sid");
    let document = |form: &str, language: &str| {
        format!("/restcomm/2012-04-24/Accounts/{}/Erasures/{sid}.{form}?Language={language}", who.sid())
    };
    assert_eq!(world.get(who, &document("pdf", "nl")).await.status, 404, "not before it is done");
    world.erased().await;
    for (language, title) in [
        ("nl", "Bewijs van wissing"),
        ("fr", "Attestation d'effacement"),
        ("de", "Bescheinigung über die Löschung"),
        ("en", "Certificate of erasure"),
    ] {
        let html = world.get(who, &document("html", language)).await.ok();
        assert!(html.body.contains(title) && html.body.contains(&sid), "{}", html.body);
        let pdf = world.get(who, &document("pdf", language)).await.ok();
        assert_eq!((pdf.header("content-type"), &pdf.body[..5]), ("application/pdf", "%PDF-"));
    }
    assert_eq!(world.get(who, &document("html", "xx")).await.status, 400);
    let kept = world.store().erasure(who.account.sid, sid.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((kept.number.as_ref(), kept.digest.as_ref().map(String::len)), (None, Some(64)));
    let mut forged = kept;
    forged.certificate.as_mut().unwrap().erased.push(ErasedCount { kind: "calls".to_owned(), count: 9 });
    let update = flexio_store::ErasureChange::Update(forged);
    world.store().commit(Change::from(update).into()).await.unwrap();
    let shown = world.get(who, &path(who, &format!("Erasures/{sid}"))).await.ok().json();
    assert_eq!(shown["certificate"]["genuine"], false);
}
