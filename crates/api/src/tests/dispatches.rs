//! Structured documents: queued with their issue, handed over, followed; and nobody is reminded of one that did not arrive.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use flexio_app::{DocumentTransport, Fate, OutgoingDocument, ParticipantDirectory, Receipt, TransportError};
use flexio_domain::*;
use flexio_messaging::email::Outcome;
use serde_json::Value;

use super::letters::of_invoice;
use super::world::{Customer as Caller, World};

/// The provider of an access point that does as it is told.
#[derive(Debug, Default)]
struct FakeProvider {
    taken: Mutex<Vec<OutgoingDocument>>,
    fates: Mutex<HashMap<String, Fate>>,
    fails: Mutex<Option<TransportError>>,
    /// Whether the buyer takes documents; `None`: nobody knows.
    is_listed: Mutex<Option<bool>>,
    asked: Mutex<u32>,
}

#[async_trait]
impl DocumentTransport for FakeProvider {
    fn way(&self) -> DispatchWay {
        DispatchWay::AccessPoint
    }
    fn tells_delivery(&self) -> bool {
        true
    }
    async fn send(&self, document: &OutgoingDocument) -> Result<Receipt, TransportError> {
        if let Some(error) = self.fails.lock().unwrap().clone() {
            return Err(error);
        }
        self.taken.lock().unwrap().push(document.clone());
        Ok(Receipt { reference: format!("ref-{}", document.name), fate: Fate::Sent })
    }
    async fn fate(&self, reference: &str) -> Result<Fate, TransportError> {
        Ok(self.fates.lock().unwrap().get(reference).cloned().unwrap_or(Fate::Sent))
    }
}

#[async_trait]
impl ParticipantDirectory for FakeProvider {
    async fn takes(&self, participant: &str, _: InvoiceKind) -> Result<bool, String> {
        assert_eq!(participant, "0208:0202239951");
        *self.asked.lock().unwrap() += 1;
        self.is_listed.lock().unwrap().ok_or_else(|| "no name server answers".to_owned())
    }
}

impl World {
    fn sending_documents(&self) -> Arc<FakeProvider> {
        let fake = Arc::new(FakeProvider { is_listed: Mutex::new(Some(true)), ..FakeProvider::default() });
        self.app.set_document_transport(Arc::clone(&fake) as _, Some(Arc::clone(&fake) as _));
        fake
    }

    async fn sendings(&self, who: &Caller, sid: &str) -> Vec<Value> {
        let page = self.get(who, &of_invoice(who, sid, "/Dispatches.json")).await.ok().json();
        page["dispatches"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn a_document_goes_out_with_its_issue_and_is_followed_until_it_arrived() {
    let world = World::mailing().await;
    let who = &world.child;
    let provider = world.sending_documents();
    let sid = world.indebted(who).await;
    assert_eq!(world.sendings(who, &sid).await[0]["status"], "queued");
    assert_eq!(world.app.dispatch_due().await.unwrap(), 1);
    let sent = &world.sendings(who, &sid).await[0];
    assert_eq!((&sent["status"], &sent["participant"]), (&"sent".into(), &"0208:0202239951".into()));
    let taken = provider.taken.lock().unwrap().clone();
    assert_eq!((&*taken[0].name, &*taken[0].sender), ("2026-000001-1", "0208:0999999922"));
    let ubl = world.get(who, &of_invoice(who, &sid, ".xml")).await.ok().body;
    let (before, printed) = taken[0].content.split_once("<cac:AdditionalDocumentReference>").unwrap();
    let (printed, behind) = printed.split_once("</cac:AdditionalDocumentReference>").unwrap();
    assert_eq!(format!("{before}{behind}"), ubl, "what is read over the API is what went out");
    assert!(printed.contains("filename=\"2026-000001.pdf\">JVBERi0"), "with its printed form");
    assert_eq!(world.app.dispatch_due().await.unwrap(), 0, "it is not asked at once");
    world.clock.advance(61);
    world.app.dispatch_due().await.unwrap();
    assert_eq!(world.sendings(who, &sid).await[0]["status"], "sent");
    provider.fates.lock().unwrap().insert("ref-2026-000001-1".to_owned(), Fate::Delivered);
    world.clock.advance(121);
    world.app.dispatch_due().await.unwrap();
    let done = &world.sendings(who, &sid).await[0];
    assert_eq!(done["status"], "delivered", "{done}");
    assert!(done["date_decided"].is_string(), "{done}");
    let again = world.post(&world.root, &of_invoice(who, &sid, "/Dispatches.json"), &[]).await;
    assert_eq!(again.refused(), (409, 20_409), "it has arrived");
    assert_eq!(world.night("2027-01-05").await.letters, 1, "and may be asked for");
}

#[tokio::test]
async fn nobody_is_reminded_of_a_document_that_was_rejected_until_it_is_sent_again() {
    let world = World::mailing().await;
    let who = &world.child;
    let provider = world.sending_documents();
    *provider.is_listed.lock().unwrap() = Some(false);
    let sid = world.indebted(who).await;
    world.app.dispatch_due().await.unwrap();
    let rejected = &world.sendings(who, &sid).await[0];
    assert_eq!(rejected["status"], "rejected");
    assert_eq!(rejected["reason"], "0208:0202239951 takes no such documents over Peppol");
    world.clock.set("2027-01-05T06:00:00Z".parse().unwrap());
    let run = world.app.dun_invoices(false).await.unwrap();
    assert_eq!((run.letters, run.stuck), (0, 1), "{run:?}");
    assert!(run.reasons[0].1.contains("was not delivered, it is rejected"), "{run:?}");
    let send = of_invoice(who, &sid, "/Dispatches.json");
    assert_eq!(world.post(who, &send, &[]).await.refused(), (403, 20_006));
    *provider.is_listed.lock().unwrap() = Some(true);
    // What was said a day ago is asked again.
    world.post(&world.root, &send, &[]).await.ok();
    assert_eq!(world.post(&world.root, &send, &[]).await.refused(), (409, 20_409), "it waits");
    world.app.dispatch_due().await.unwrap();
    provider.fates.lock().unwrap().insert("ref-2026-000001-2".to_owned(), Fate::Delivered);
    world.clock.advance(61);
    world.app.dispatch_due().await.unwrap();
    let states: Vec<Value> = world.sendings(who, &sid).await.iter().map(|it| it["status"].clone()).collect();
    assert_eq!(states, ["rejected", "delivered"]);
    assert_eq!(world.night("2027-01-06").await.letters, 1);
    world.mail_leaves(&Outcome::Accepted).await;
}

#[tokio::test]
async fn what_cannot_be_handed_over_is_tried_for_three_days_and_the_directory_is_asked_once_a_day() {
    let world = World::mailing().await;
    let who = &world.child;
    let provider = world.sending_documents();
    *provider.is_listed.lock().unwrap() = None;
    let sid = world.indebted(who).await;
    world.app.dispatch_due().await.unwrap();
    let waiting = &world.sendings(who, &sid).await[0];
    assert_eq!(
        (&waiting["status"], &waiting["reason"]),
        (&"queued".into(), &"no name server answers".into())
    );
    *provider.is_listed.lock().unwrap() = Some(true);
    *provider.fails.lock().unwrap() = Some(TransportError::Unknown("HTTP 503".to_owned()));
    *provider.asked.lock().unwrap() = 0;
    for _ in 0..8 {
        world.clock.advance(2 * 3_600);
        world.app.dispatch_due().await.unwrap();
    }
    assert_eq!(*provider.asked.lock().unwrap(), 1, "known for a day");
    assert_eq!(world.sendings(who, &sid).await[0]["reason"], "HTTP 503");
    for _ in 0..12 {
        world.clock.advance(6 * 3_600);
        world.app.dispatch_due().await.unwrap();
    }
    let over = &world.sendings(who, &sid).await[0];
    assert_eq!((&over["status"], &over["reason"]), (&"rejected".into(), &"given up: HTTP 503".into()));
    assert_eq!(provider.taken.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_document_for_a_person_goes_by_email_only() {
    let world = World::mailing().await;
    let who = &world.child;
    world.sending_documents();
    let sid = world.indebted_consumer(who).await;
    assert_eq!(world.sendings(who, &sid).await.len(), 0);
    assert_eq!(world.letters(who, &sid).await[0]["status"], "sent");
    let send = world.post(&world.root, &of_invoice(who, &sid, "/Dispatches.json"), &[]).await;
    assert_eq!(send.refused(), (422, 20_422));
    assert_eq!(world.night("2027-01-05").await.letters, 1);
}
