//! Value added tax of buyers abroad: whose number counts, where a person is, what an order needs, and the list of what was invoiced.

use std::sync::Mutex;

use async_trait::async_trait;
use flexio_app::{AppConfig, VatAnswer, VatNumbers};
use flexio_domain::*;
use flexio_rating::DatedVatRates;

use super::world::{Customer as Caller, World};
use crate::ApiConfig;

/// Registers that say what they are told.
#[derive(Debug, Default)]
struct Registers(Mutex<Option<bool>>);

#[async_trait]
impl VatNumbers for Registers {
    async fn check(&self, number: &str) -> Result<VatAnswer, String> {
        let said =
            self.0.lock().unwrap().ok_or_else(|| format!("the register of {} is down", &number[..2]))?;
        let reference = Some("WAPIAAAA".to_owned());
        Ok(VatAnswer { is_valid: said, name: said.then(|| "Müller GmbH".to_owned()), reference })
    }
}

async fn world(one_stop: bool) -> (World, std::sync::Arc<Registers>) {
    let rates = include_str!("../../../../data/eu-vat.toml");
    let vat_rates = DatedVatRates::parse("eu-vat.toml", rates).unwrap();
    let config = AppConfig { sandbox: true, one_stop, vat_rates, ..AppConfig::default() };
    let world = World::with(config, ApiConfig::default()).await;
    let registers = std::sync::Arc::new(Registers::default());
    world.app.set_vat_numbers(std::sync::Arc::clone(&registers) as _);
    (world, registers)
}

fn at(who: &Caller, rest: &str) -> String {
    format!("/2010-04-01/Accounts/{}/{rest}.json", who.sid())
}

impl World {
    async fn lives(&self, who: &Caller, form: &[(&str, &str)]) {
        let all = [
            ("LegalName", "Müller"),
            ("Street", "Hauptstraße 1"),
            ("PostCode", "50667"),
            ("City", "Köln"),
            ("Country", "DE"),
            ("InvoiceEmail", "mueller@example.de"),
        ];
        self.post(who, &at(who, "Customer"), &[&all, form].concat()).await.ok();
    }

    /// What an order is answered with.
    async fn orders(&self, who: &Caller) -> (u16, u64) {
        let offer = self.post(who, &at(who, "Subscription/Offers"), &[]).await.ok().json();
        let form = [
            ("SummarySid", offer["summary_sid"].as_str().unwrap()),
            ("SummarySha256", offer["summary_sha256"].as_str().unwrap()),
            ("Accept", "true"),
            ("Statement", "I order with obligation to pay."),
        ];
        self.post(who, &at(who, "Subscription/Orders"), &form).await.refused()
    }
}

#[tokio::test]
async fn a_business_abroad_orders_once_its_register_confirms_its_number() {
    let (world, registers) = world(false).await;
    let (who, parent) = (&world.child, &world.root);
    world.lives(who, &[("Kind", "larger"), ("VatNumber", "DE136695976")]).await;
    assert_eq!(world.orders(who).await, (422, 20_493), "nobody knows");
    *registers.0.lock().unwrap() = Some(false);
    assert_eq!(world.orders(who).await, (422, 20_493), "it is none");
    let shown = world.get(who, &at(who, "Customer")).await.ok().json();
    assert_eq!(
        (&shown["vat_number_valid"], &shown["vat_check_reference"]),
        (&false.into(), &"WAPIAAAA".into())
    );
    *registers.0.lock().unwrap() = Some(true);
    world.post(parent, &at(who, "Customer/VatCheck"), &[]).await.ok();
    assert_eq!(world.orders(who).await.0, 200);
    world.used(who.account.sid, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 1_000, "95")).await;
    let run = world.invoice("2026-11", false).await;
    assert_eq!((run.issued, run.gross.to_decimals(2).as_str()), (1, "95.00"), "{run:?}");
    // Another number is another one.
    world.lives(who, &[("VatNumber", "DE999999999")]).await;
    world.used(who.account.sid, "SM2:accepted", (UsageKind::SmsOut, "sms.out", 1_000, "95")).await;
    let run = world.invoice("2026-12", false).await;
    assert_eq!((run.issued, run.refused), (0, 1), "{run:?}");
}

#[tokio::test]
async fn a_person_abroad_orders_with_two_pieces_of_evidence_and_pays_the_tax_of_his_country() {
    let (world, _) = world(true).await;
    let (who, parent) = (&world.child, &world.root);
    world.lives(who, &[]).await;
    assert_eq!(world.orders(who).await, (422, 20_493), "an address is one piece");
    let evidence = at(who, "Customer/VatEvidence");
    let note = |country: &'static str| [("Kind", "bank"), ("Country", country)];
    assert_eq!(world.post(who, &evidence, &note("DE")).await.refused(), (403, 20_006));
    assert_eq!(world.post(parent, &evidence, &[("Country", "DE")]).await.refused(), (400, 20_001));
    assert_eq!(world.post(parent, &evidence, &note("de")).await.refused(), (400, 20_001));
    world.post(parent, &evidence, &note("FR")).await.ok();
    assert_eq!(world.orders(who).await, (422, 20_493), "they say two countries");
    let noted = world.post(parent, &evidence, &note("DE")).await.ok().json();
    assert_eq!(noted["vat_evidence"].as_array().unwrap().len(), 1, "one of a kind");
    assert_eq!(world.orders(who).await.0, 200);
    world.used(who.account.sid, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 1_000, "95")).await;
    let run = world.invoice("2026-11", false).await;
    assert_eq!((run.issued, run.gross.to_decimals(2).as_str()), (1, "113.05"), "19 % in Germany");
    let (closed, _) = self::world(false).await;
    let who = &closed.child;
    closed.lives(who, &[]).await;
    closed.post(&closed.root, &at(who, "Customer/VatEvidence"), &note("DE")).await.ok();
    assert_eq!(closed.orders(who).await, (422, 20_493), "the operator reports nothing there");
}

#[tokio::test]
async fn the_list_has_every_document_of_a_period_and_what_it_comes_to() {
    let (world, _) = world(true).await;
    let (home, abroad) = (&world.child, &world.sibling);
    world.customer(home.account.sid).await;
    world.lives(abroad, &[]).await;
    let note = [("Kind", "card"), ("Country", "DE")];
    world.post(&world.root, &at(abroad, "Customer/VatEvidence"), &note).await.ok();
    for who in [home, abroad] {
        let id = format!("SM{}:accepted", who.sid());
        world.used(who.account.sid, &id, (UsageKind::SmsOut, "sms.out", 1_000, "95")).await;
    }
    assert_eq!(world.invoice("2026-11", false).await.issued, 2);
    let invoice = world.invoices(home).await[0]["sid"].as_str().unwrap().to_owned();
    let credit = super::letters::of_invoice(home, &invoice, "/CreditNotes.json");
    let part = [("Reason", "a mistake"), ("Line", "1"), ("Amount", "10")];
    world.post(&world.root, &credit, &part).await.ok();
    let native = |who: &Caller, rest: &str| {
        format!("/restcomm/2012-04-24/Accounts/{}/VatList{rest}?From=2026-12-01&To=2026-12-31", who.sid())
    };
    let list = world.get(&world.root, &native(&world.root, ".json")).await.ok().json();
    let of = |country: &str| {
        let totals = list["totals"].as_array().unwrap();
        totals.iter().find(|it| it["taxed_in"] == country).cloned().unwrap()
    };
    let (be, de) = (of("BE"), of("DE"));
    assert_eq!(
        (&be["net"], &be["tax"], &be["documents"]),
        (&"85.00".into(), &"17.85".into(), &2.into()),
        "{be}"
    );
    assert_eq!(
        (&de["net"], &de["tax"], &de["rate"]),
        (&"95.00".into(), &"18.05".into(), &"19".into()),
        "{de}"
    );
    assert_eq!(list["documents"].as_array().unwrap().len(), 3);
    let csv = world.get(&world.root, &native(&world.root, ".csv")).await.ok().body;
    assert_eq!(csv.lines().count(), 4, "{csv}");
    assert!(
        csv.lines().any(|line| line.contains("credit_note") && line.contains("-10.00,-2.10,EUR")),
        "{csv}"
    );
    let other = format!(
        "/restcomm/2012-04-24/Accounts/{}/VatList.json?From=2027-01-01&To=2027-01-31",
        world.root.sid()
    );
    assert_eq!(world.get(&world.root, &other).await.ok().json()["documents"], serde_json::json!([]));
    assert_eq!(world.get(home, &native(home, ".json")).await.refused().0, 403);
}
