//! What is asked for besides an invoice that is paid late: of whom, when, how much, and what becomes of it.

use flexio_app::AppConfig;
use flexio_domain::*;
use flexio_rating::InterestRates;
use flexio_store::{Change, ContractChange};
use serde_json::Value;

use super::invoices::paid;
use super::letters::of_invoice;
use super::world::{Customer as Caller, World};
use crate::ApiConfig;

const RATES: &str = "version = \"1\"\n[[rate]]\nfrom = \"2026-07-01\"\npercent = \"10.5\"\n[[rate]]\nfrom = \"2027-01-01\"\npercent = \"10.5\"\n";

/// An installation that sends e-mail; whether companies are asked, and whether the terms of consumers say so.
async fn world(late_companies: bool, late_charges: bool) -> World {
    let email = flexio_app::EmailPolicy {
        from: Some("Flexio <billing@acme.test>".parse().unwrap()),
        senders: Vec::new(),
        per_account_day: 0,
    };
    let config = AppConfig {
        sandbox: true,
        email,
        late_companies,
        interest_rates: InterestRates::parse("rates", RATES).unwrap(),
        terms: vec![Terms { late_charges, ..Terms::default() }],
        ..AppConfig::default()
    };
    World::with(config, ApiConfig::default()).await
}

impl World {
    /// The customer is a person, who has been seen.
    pub(super) async fn is_consumer(&self, account: AccountSid) {
        let known = self.store().customer(account).await.unwrap().unwrap();
        let person = Customer {
            kind: CustomerKind::Consumer,
            enterprise_number: None,
            vat_number: None,
            identified_at: Some(self.app.clock.now()),
            ..known
        };
        let update = Change::from(ContractChange::UpdateCustomer(person));
        self.store().commit(update.into()).await.unwrap();
    }

    /// What the letters asked for besides, as kind, fixed sum and interest.
    async fn asked_besides(&self, who: &Caller, sid: &str) -> Vec<(String, String, String)> {
        let text = |letter: &Value, name: &str| letter[name].as_str().unwrap().to_owned();
        let letters = self.letters(who, sid).await;
        let besides = letters.iter().filter(|it| it["kind"] != "issue");
        besides.map(|it| (text(it, "kind"), text(it, "late_fixed"), text(it, "late_interest"))).collect()
    }
}

fn row(kind: &str, fixed: &str, interest: &str) -> (String, String, String) {
    (kind.to_owned(), fixed.to_owned(), interest.to_owned())
}

#[tokio::test]
async fn a_consumer_whose_terms_say_so_owes_a_fixed_sum_once_and_interest_behind_fourteen_days() {
    let world = world(false, true).await;
    let (who, account) = (&world.child, world.child.account.sid);
    let sid = world.indebted_consumer(who).await;
    for day in ["2027-01-05", "2027-01-20", "2027-02-04"] {
        assert_eq!(world.night(day).await.letters, 1, "{day}");
    }
    // The reminder is free and says what may follow: 114.95 is below 150.
    let letters = world.letters(who, &sid).await;
    assert!(letters[1]["text"].as_str().unwrap().contains("20,00 EUR"), "{}", letters[1]["text"]);
    // 114.95 × 10.5 % × 15 ÷ 365 = 0.496…
    assert_eq!(
        world.asked_besides(who, &sid).await,
        [row("reminder", "0.00", "0.00"), row("notice", "20.00", "0.00"), row("warning", "0.00", "0.49")]
    );
    assert!(letters[3]["text"].as_str().unwrap().contains("135,44 EUR"), "{}", letters[3]["text"]);
    assert_eq!(
        world.owed(account).await,
        [("receivable".to_owned(), "114.950000".to_owned()), ("wallet".to_owned(), "20.490000".to_owned())]
    );
    world.app.seal_ledger().await.unwrap();
    assert!(world.app.prove_books(None).await.unwrap().holds());
    // One payment of it all: the invoice first, the rest pays what is owed besides.
    world.app.take_payment(&paid("b1", "135.44", "260000000170")).await.unwrap();
    assert_eq!(world.owed(account).await, []);
    assert_eq!(world.night("2027-03-01").await.overdue, 0);
}

#[tokio::test]
async fn nothing_is_asked_besides_of_a_consumer_whose_terms_say_nothing_and_of_companies_by_default() {
    for is_consumer in [true, false] {
        let world = world(false, false).await;
        let who = &world.child;
        let sid = if is_consumer { world.indebted_consumer(who).await } else { world.indebted(who).await };
        for day in ["2027-01-05", "2027-01-20", "2027-02-04"] {
            assert_eq!(world.night(day).await.letters, 1, "{day}");
        }
        let nothing = ["reminder", "notice", "warning"].map(|kind| row(kind, "0.00", "0.00"));
        assert_eq!(world.asked_besides(who, &sid).await, nothing);
        assert_eq!(world.owed(who.account.sid).await, [("receivable".to_owned(), "114.950000".to_owned())]);
    }
}

#[tokio::test]
async fn a_company_owes_forty_euros_and_interest_from_the_due_date_and_nothing_once_all_is_credited() {
    let world = world(true, false).await;
    let (who, account) = (&world.child, world.child.account.sid);
    let sid = world.indebted(who).await;
    for day in ["2027-01-05", "2027-01-20"] {
        assert_eq!(world.night(day).await.letters, 1, "{day}");
    }
    // Due on 2 January; 17 days from the 3rd up to and with the 19th: 114.95 × 10.5 % × 17 ÷ 365 = 0.562…
    assert_eq!(
        world.asked_besides(who, &sid).await,
        [row("reminder", "0.00", "0.00"), row("notice", "40.00", "0.56")]
    );
    let reason = [("Reason", "our mistake")];
    world.post(&world.root, &of_invoice(who, &sid, "/CreditNotes.json"), &reason).await.ok();
    assert_eq!(world.owed(account).await, [], "there was nothing to pay late");
    world.app.seal_ledger().await.unwrap();
    assert!(world.app.prove_books(None).await.unwrap().holds());
}
