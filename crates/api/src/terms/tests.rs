//! A change of terms from the operator's word to each customer's answer, and the proof that he was told.

use std::sync::Arc;

use flexio_app::{App, AppConfig, EmailPolicy, MasterKey, Vault};
use flexio_domain::*;
use flexio_messaging::email::Outcome;
use serde_json::Value;

use crate::subscription::tests::{dearer, noon, path};
use crate::tests::world::{COMPANY, CONSUMER, Customer, Reply, World, meter};
use crate::{Api, ApiConfig};

fn terms(id: &str, version: &str) -> Terms {
    let url = format!("https://flexio.example/{id}/{version}");
    Terms { id: id.to_owned(), version: version.to_owned(), sha256: "a".repeat(64), url, late_charges: false }
}

fn config(terms: Vec<Terms>) -> AppConfig {
    let from = Some("Flexio <billing@acme.test>".parse().unwrap());
    let email = EmailPolicy { from, senders: Vec::new(), per_account_day: 0 };
    AppConfig { sandbox: true, email, terms, ..AppConfig::default() }
}

fn changes(world: &World, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/TermsChanges{rest}.json", world.root.sid())
}

const NEW: [(&str, &str); 4] = [
    ("Terms", "general/2027-01"),
    ("From", "2027-01-15"),
    ("Changes", "Complaints are answered within five days."),
    ("ChangesNl", "Klachten krijgen binnen vijf dagen een antwoord."),
];

impl World {
    /// An installation with terms that sends e-mail; two customers are under them since 10 November.
    async fn under_terms() -> Self {
        let before = vec![terms("general", "2026-01"), terms("privacy", "2026-01")];
        let mut world = Self::with(config(before), ApiConfig::default()).await;
        world.clock.set(noon("2026-11-10"));
        for (who, form) in [(&world.child, &COMPANY[..]), (&world.sibling, &CONSUMER[..])] {
            world.post(who, &path(who, "Customer"), form).await.ok();
            let offer = world.post(who, &path(who, "Subscription/Offers"), &[]).await.ok();
            let (summary, sha256) = (offer.text("summary_sid"), offer.text("summary_sha256"));
            let order = [
                ("SummarySid", summary.as_str()),
                ("SummarySha256", &sha256),
                ("Accept", "true"),
                ("Statement", "Ik bestel met betalingsverplichting."),
                ("Begin", "true"),
                ("Terms", "general/2026-01,privacy/2026-01"),
            ];
            world.post(who, &path(who, "Subscription/Orders"), &order).await.ok();
        }
        let identity = path(&world.sibling, "Customer/Identity").replace("2010-04-01", "restcomm/2012-04-24");
        world.post(&world.root, &identity, &[]).await.ok();
        // The operator writes the new document into the configuration and starts again.
        let after = config(vec![terms("general", "2027-01"), terms("privacy", "2026-01")]);
        let vault = Vault::new(&MasterKey::from_bytes(1, [7; 32]), &[]);
        let clock = Arc::clone(&world.clock) as _;
        let app = Arc::new(App::new(Arc::clone(world.store()), clock, vault, meter(), after));
        world.router = Api::new(Arc::clone(&app), ApiConfig::default(), None).router();
        world.app = app;
        world.app.refresh_prices().await.unwrap();
        world.mail_leaves(&Outcome::Accepted).await;
        world
    }

    async fn standing(&self, who: &Customer) -> (Vec<String>, Vec<Value>) {
        let shown = self.get(who, &path(who, "Subscription/Terms")).await.ok().json();
        let label =
            |it: &Value| format!("{}/{}", it["id"].as_str().unwrap(), it["version"].as_str().unwrap());
        let in_force = shown["terms"].as_array().unwrap().iter().map(label).collect();
        (in_force, shown["changes"].as_array().unwrap().clone())
    }

    async fn announced(&self, day: &str) -> Reply {
        self.clock.set(noon(day));
        let announced = self.post(&self.root, &changes(self, ""), &NEW).await;
        self.app.run_terms_changes().await.unwrap();
        announced
    }
}

#[tokio::test]
async fn a_change_of_terms_is_told_once_and_holds_from_its_day_without_an_answer() {
    let world = World::under_terms().await;
    let who = &world.child;
    let early = world.announced("2026-12-20").await;
    assert_eq!(early.refused(), (400, 20_453));
    assert!(early.body.contains("2027-01-20"), "{}", early.body);
    let change = world.announced("2026-12-10").await.ok().text("sid");
    for _ in 0..2 {
        world.app.run_terms_changes().await.unwrap();
        let shown = world.get(&world.root, &changes(&world, &format!("/{change}"))).await.ok().json();
        assert_eq!((&shown["state"], &shown["customers_told"]), (&"announced".into(), &2.into()));
    }
    let (before, told) = world.standing(who).await;
    assert_eq!((before, told.len()), (vec!["general/2026-01".to_owned(), "privacy/2026-01".to_owned()], 1));
    let letters = path(who, &format!("Subscription/Notices/{}/Letters", told[0]["sid"].as_str().unwrap()));
    let letter = world.get(who, &letters).await.ok().json()["letters"][0].clone();
    let text = letter["text"].as_str().unwrap();
    for said in [
        "Vanaf 2027-01-15 gelden voor uw contract",
        "- general 2027-01: https://flexio.example/general/2027-01 (SHA-256 aaaa",
        "Tot dan gelden:\n- general 2026-01: https://flexio.example/general/2026-01",
        "Klachten krijgen binnen vijf dagen een antwoord.",
        "Als u niet antwoordt, gelden de nieuwe voorwaarden vanaf die dag.",
        "U kunt tot 2027-03-10 kosteloos opzeggen",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("privacy"), "what stays is not announced: {text}");
    world.clock.set(noon("2027-01-15"));
    let (after, _) = world.standing(who).await;
    assert_eq!(after, ["general/2027-01", "privacy/2026-01"]);
}

#[tokio::test]
async fn announced_terms_are_accepted_anew_with_a_record_of_their_own() {
    let world = World::under_terms().await;
    let who = &world.child;
    world.announced("2026-12-10").await.ok();
    let (_, told) = world.standing(who).await;
    let accept = path(who, &format!("Subscription/Terms/{}", told[0]["sid"].as_str().unwrap()));
    let said = ("Statement", "Ik aanvaard de nieuwe voorwaarden.");
    let named = ("Terms", "general/2027-01");
    for missing in [&[said, named][..], &[said, ("Accept", "true")], &[named, ("Accept", "true")]] {
        assert_eq!(world.post(who, &accept, missing).await.refused(), (400, 20_451), "{missing:?}");
    }
    world.clock.set(noon("2026-12-11"));
    let form = [said, named, ("Accept", "true")];
    world.post(who, &accept, &form).await.ok();
    world.post(who, &accept, &form).await.ok();
    let (in_force, told) = world.standing(who).await;
    assert_eq!(in_force, ["general/2027-01", "privacy/2026-01"], "from the acceptance on");
    assert!(told[0]["date_accepted"].is_string());
    let kept = world.get(who, &path(who, "Subscription/Acceptances")).await.ok().json();
    let kept = kept["acceptances"].as_array().unwrap();
    assert_eq!(kept.len(), 2, "the old one stays, and it is accepted once");
    assert_eq!(kept[0]["terms"], serde_json::json!(["general/2026-01", "privacy/2026-01"]));
    let anew = (&kept[1]["terms"], &kept[1]["genuine"], &kept[1]["statement"]);
    assert_eq!(anew, (&serde_json::json!(["general/2027-01"]), &true.into(), &said.1.into()));
    // Who has them is not told again.
    world.announced("2026-12-12").await.ok();
    assert_eq!(world.standing(who).await.1.len(), 1);
    assert_eq!(world.standing(&world.sibling).await.1.len(), 2);
}

#[tokio::test]
async fn who_leaves_because_of_new_terms_keeps_the_old_ones_to_the_end() {
    let world = World::under_terms().await;
    let who = &world.child;
    world.announced("2026-12-10").await.ok();
    let ends = [("EndsAt", "2027-02-28T12:00:00Z")];
    let token = world.post(who, &path(who, "Subscription/Cancellations"), &ends).await.ok().text("token");
    let confirm = path(who, "Subscription/Cancellations/Confirm");
    let left = world.post(who, &confirm, &[("Token", &token)]).await.ok();
    assert_eq!(left.text("state"), "closing");
    world.clock.set(noon("2027-02-01"));
    assert_eq!(world.standing(who).await.0, ["general/2026-01", "privacy/2026-01"]);
    assert_eq!(world.standing(&world.sibling).await.0, ["general/2027-01", "privacy/2026-01"]);
}

#[tokio::test]
async fn a_notice_that_did_not_leave_is_named_and_written_again() {
    let world = World::under_terms().await;
    let who = &world.child;
    world.clock.set(noon("2026-12-10"));
    world.app.publish_plan(&dearer()).await.unwrap();
    let rise = [("Plan", "flexio-be/2"), ("From", "2027-01-15"), ("Items", "voice.out.mobile")];
    let changes = path(who, "Subscription/PriceChanges");
    let notice = world.post(&world.root, &changes, &rise).await.ok().text("sid");
    let status = async || {
        let shown = world.get(who, &changes).await.ok().json();
        shown["price_changes"][0]["letter_status"].as_str().unwrap().to_owned()
    };
    let undelivered = async || {
        let proof = world.app.prove_books(None).await.unwrap();
        proof.faults("undelivered_notices").unwrap().ids.clone()
    };
    assert_eq!((status().await.as_str(), undelivered().await.len()), ("queued", 0));
    world.mail_leaves(&Outcome::Refused("550 no such mailbox".to_owned())).await;
    assert_eq!(status().await, "failed");
    let named = undelivered().await;
    assert!(named.len() == 1 && named[0].contains(&notice) && named[0].contains("550"), "{named:?}");
    let letters = path(who, &format!("Subscription/Notices/{notice}/Letters"));
    assert_eq!(world.post(who, &letters, &[]).await.refused(), (403, 20_006), "that is the operator's");
    world.post(&world.root, &letters, &[]).await.ok();
    world.mail_leaves(&Outcome::Accepted).await;
    assert_eq!((status().await.as_str(), undelivered().await.len()), ("sent", 0));
    let kept = world.get(who, &letters).await.ok().json()["letters"].clone();
    assert_eq!((&kept[0]["status"], &kept[1]["status"]), (&"failed".into(), &"sent".into()));
    assert_eq!(
        (&kept[0]["text"], &kept[0]["sha256"]),
        (&kept[1]["text"], &kept[1]["sha256"]),
        "word by word"
    );
    let posted = world.post(&world.root, &letters, &[("Channel", "post")]).await.ok().json();
    assert_eq!((&posted["status"], &posted["number"]), (&"posted".into(), &3.into()));
}
