//! An invoice is sent, told, sent again, and listed use by use.

use flexio_app::{AppConfig, EmailPolicy};
use flexio_domain::*;
use flexio_messaging::email::Outcome;
use flexio_store::contract::usage;
use flexio_store::{Change, ChangeSet, ContractChange};

use super::invoices::paid;
use super::world::{Customer as Caller, World};
use crate::ApiConfig;

/// A path of something of an invoice.
pub(super) fn of_invoice(who: &Caller, sid: &str, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/Invoices/{sid}{rest}", who.sid())
}

impl World {
    /// An installation that sends e-mail; the account itself may send none.
    pub(super) async fn mailing() -> Self {
        let email = EmailPolicy {
            from: Some("Flexio <billing@acme.test>".parse().unwrap()),
            senders: Vec::new(),
            per_account_day: 0,
        };
        Self::with(AppConfig { sandbox: true, email, ..AppConfig::default() }, ApiConfig::default()).await
    }

    /// The customer's program is told of everything.
    pub(super) async fn listening(&self, account: AccountSid) {
        let customer = self.store().customer(account).await.unwrap().unwrap();
        let webhook = Webhook { url: "https://app.test/events".to_owned(), method: HttpMethod::Post };
        let customer = Customer { event_webhook: Some(webhook), ..customer };
        let update = Change::from(ContractChange::UpdateCustomer(customer));
        self.store().commit(update.into()).await.unwrap();
    }

    /// Every e-mail that is due leaves, or is refused: how many.
    pub(crate) async fn mail_leaves(&self, outcome: &Outcome) -> usize {
        let now = self.app.clock.now();
        let due = self.store().claim_emails(now, now, 100).await.unwrap();
        let count = due.len();
        for email in due {
            self.app.email_tried(email, vec![outcome.clone()], None).await.unwrap();
        }
        count
    }

    pub(super) async fn letters(&self, who: &Caller, sid: &str) -> Vec<serde_json::Value> {
        let page = self.get(who, &of_invoice(who, sid, "/Letters.json")).await.ok().json();
        page["letters"].as_array().unwrap().clone()
    }

    /// Events about something, as name and value.
    pub(super) async fn told(&self, account: AccountSid, subject: &str) -> Vec<Vec<(String, String)>> {
        let callbacks = self.store().callbacks_about(account, subject).await.unwrap();
        callbacks.into_iter().map(|callback| callback.params).collect()
    }
}

fn value<'p>(params: &'p [(String, String)], name: &str) -> &'p str {
    params.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

async fn invoiced(world: &World, who: &Caller) -> String {
    world.customer(who.account.sid).await;
    world.listening(who.account.sid).await;
    world.used(who.account.sid, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 1_000, "95")).await;
    assert_eq!(world.invoice("2026-11", false).await.issued, 1);
    world.invoices(who).await[0]["sid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_invoice_is_sent_with_its_issue_and_its_payment_is_told() {
    let world = World::mailing().await;
    let (who, account) = (&world.child, world.child.account.sid);
    let sid = invoiced(&world, who).await;
    let letters = world.letters(who, &sid).await;
    assert_eq!(letters.len(), 1);
    for (name, wanted) in
        [("kind", "issue"), ("status", "queued"), ("to", "books@korenbloem.test"), ("amount", "114.95")]
    {
        assert_eq!(letters[0][name], wanted, "{name}: {}", letters[0]);
    }
    let email = letters[0]["email_sid"].as_str().unwrap().parse().unwrap();
    let email = world.app.email(account, email).await.unwrap();
    let files = world.app.email_files(&email).await.unwrap();
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["2026-000001.pdf", "2026-000001.xml"]);
    assert!(files[0].bytes.starts_with(b"%PDF-"));
    assert_eq!(files[1].bytes, world.get(who, &of_invoice(who, &sid, ".xml")).await.ok().body.as_bytes());
    let text = world.app.email_body(&email).unwrap();
    assert_eq!(text, letters[0]["text"].as_str().unwrap());
    assert!(text.contains("114,95 EUR") && text.contains("+++260/0000/00170+++"), "{text}");
    assert_eq!(world.mail_leaves(&Outcome::Accepted).await, 1);
    let sent = &world.letters(who, &sid).await[0];
    assert_eq!(sent["status"], "sent");
    assert!(sent["date_sent"].is_string(), "{sent}");

    world.app.take_payment(&paid("b1", "100", "260000000170")).await.unwrap();
    world.clock.advance(1);
    world.app.take_payment(&paid("b2", "20", "260000000170")).await.unwrap();
    world.app.take_payment(&paid("b2", "20", "260000000170")).await.unwrap();
    let told = world.told(account, &sid).await;
    let facts: Vec<_> =
        told.iter().map(|it| (value(it, "Event"), value(it, "Amount"), value(it, "Open"))).collect();
    assert_eq!(
        facts,
        [
            ("invoice.issued", "", ""),
            ("payment.settled", "100.00", "14.95"),
            ("payment.settled", "14.95", "0.00")
        ]
    );
    assert_eq!((value(&told[0], "Payable"), value(&told[2], "Status")), ("114.95", "paid"));
}

#[tokio::test]
async fn a_letter_that_did_not_arrive_says_why_and_is_sent_again() {
    let world = World::mailing().await;
    let who = &world.child;
    let sid = invoiced(&world, who).await;
    world.mail_leaves(&Outcome::Refused("550 5.1.1 no such user".to_owned())).await;
    let failed = &world.letters(who, &sid).await[0];
    assert_eq!((&failed["status"], &failed["reason"]), (&"failed".into(), &"550 5.1.1 no such user".into()));
    let path = of_invoice(who, &sid, "/Letters.json");
    assert_eq!(world.post(&world.sibling, &path, &[]).await.refused().0, 401);
    let again = world.post(who, &path, &[]).await.ok().json();
    assert_eq!((&again["kind"], &again["status"]), (&"issue".into(), &"queued".into()), "{again}");
    for _ in 2..20 {
        world.post(who, &path, &[]).await.ok();
    }
    assert_eq!(world.post(who, &path, &[]).await.refused(), (400, 20_428));
    assert_eq!(world.letters(who, &sid).await.len(), 20);
    // A credit note has letters of its own.
    let credit = of_invoice(who, &sid, "/CreditNotes.json");
    let note = world.post(&world.root, &credit, &[("Reason", "a fault of ours")]).await.ok().json();
    let letters = world.letters(who, note["sid"].as_str().unwrap()).await;
    assert!(letters[0]["subject"].as_str().unwrap().starts_with("Creditnota CN"), "{letters:?}");
}

#[tokio::test]
async fn without_a_mail_server_an_invoice_is_issued_all_the_same() {
    let world = World::new().await;
    let who = &world.child;
    let sid = invoiced(&world, who).await;
    let letters = world.letters(who, &sid).await;
    assert_eq!((letters.len(), &letters[0]["status"]), (1, &"failed".into()));
    assert_eq!(letters[0]["reason"], "This installation sends no e-mail.");
    let path = of_invoice(who, &sid, "/Letters.json");
    assert_eq!(world.post(who, &path, &[]).await.refused(), (403, 20_442));
    assert_eq!(world.told(who.account.sid, &sid).await.len(), 1, "a program is told by its own way");
}

/// Items of the bill: resource and number called.
async fn items(world: &World, who: &Caller, sid: &str, query: &str) -> Vec<(String, String)> {
    let bill = world.get(who, &of_invoice(who, sid, &format!("/Items.json{query}"))).await.ok().json();
    let item = |it: &serde_json::Value| {
        (it["resource"].as_str().unwrap().to_owned(), it["to"].as_str().unwrap().to_owned())
    };
    bill["items"].as_array().unwrap().iter().map(item).collect()
}

#[tokio::test]
async fn an_itemised_bill_has_the_uses_of_its_invoice_and_no_number_that_none_may_list() {
    let world = World::new().await;
    let (who, account) = (&world.child, world.child.account.sid);
    world.customer(account).await;
    let keep = async |id: &str, at: &str, to: &str, class: &str| {
        let event = UsageEvent {
            to: to.to_owned(),
            class: class.to_owned(),
            at: at.parse().unwrap(),
            created_at: world.app.clock.now(),
            amount: "0.37".parse().unwrap(),
            plan: world.app.rater().plan().label().to_owned(),
            ..usage(account, id)
        };
        let posting = flexio_billing::ledger::posting_for(&event, Currency::EUR).unwrap();
        let set = ChangeSet::from(Change::AddUsage(event)).with(Change::Post(posting));
        world.store().commit(set).await.unwrap();
        world.clock.advance(1);
    };
    keep("CA2:leg", "2026-11-06T11:00:00Z", "+32470123456", "mobile").await;
    keep("CA1:leg", "2026-11-06T10:00:00Z", "+32470123457", "mobile").await;
    // Were it ever charged.
    keep("CA3:leg", "2026-11-06T12:00:00Z", "+3280012345", "toll_free").await;
    world.invoice("2026-11", false).await;
    let first = world.invoices(who).await[0]["sid"].as_str().unwrap().to_owned();
    let listed = |rows: &[(&str, &str)]| {
        rows.iter().map(|(id, to)| ((*id).to_owned(), (*to).to_owned())).collect::<Vec<_>>()
    };
    let all = items(&world, who, &first, "").await;
    assert_eq!(all, listed(&[("CA1", "+32470123457"), ("CA2", "+32470123456")]));
    let masked = items(&world, who, &first, "?Masked=true").await;
    assert_eq!(masked, listed(&[("CA1", "+32470123xxx"), ("CA2", "+32470123xxx")]));
    let csv = world.get(who, &of_invoice(who, &first, "/Items.csv?Masked=true")).await.ok().body;
    assert!(csv.contains("2026-11-06 11:00:00"), "the wall clock of Brussels: {csv}");
    assert!(!csv.contains("+3280012345") && csv.contains("not_listed,,,,,,,,1,,0.370000"), "{csv}");
    let pdf = world.get(who, &of_invoice(who, &first, "/Items.pdf")).await.ok();
    assert!(pdf.body.starts_with("%PDF-"));

    // What comes late is on the bill of the invoice that has it.
    keep("CA4:leg", "2026-11-06T09:00:00Z", "+32470123458", "mobile").await;
    world.invoice("2026-12", false).await;
    let second = world.invoices(who).await[0]["sid"].as_str().unwrap().to_owned();
    assert_eq!(items(&world, who, &second, "").await, listed(&[("CA4", "+32470123458")]));
    assert_eq!(items(&world, who, &first, "").await, all);
    let too_many = world.app.itemised(account, first.parse().unwrap(), false, 2).await.unwrap_err();
    assert_eq!(too_many.code(), ErrorCode::ItemsTooMany);
    assert_eq!(world.get(who, &of_invoice(who, &first, "/Items.html")).await.status, 404);
}
