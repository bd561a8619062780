//! From use to invoice: a month is used, closed, invoiced, and read.

use flexio_app::{AppConfig, Matched};
use flexio_billing::LegEnded;
use flexio_documents::bank::BankPayment;
use flexio_domain::*;
use flexio_rating::BillingMonth;
use flexio_store::contract::usage;
use flexio_store::{Change, ChangeSet, ContractChange};

use serde_json::json;

use super::world::{Customer as Caller, World};
use crate::ApiConfig;

pub(crate) const NOVEMBER: [(UsageKind, &str, u64, &str); 9] = [
    (UsageKind::Number, "number.fixed", 47, "1.253333"),
    (UsageKind::Designer, "designer", 1, "30"),
    (UsageKind::SmsOut, "sms.out", 1_234, "117.23"),
    (UsageKind::VoiceOut, "voice.out.mobile", 10_005, "61.6975"),
    (UsageKind::VoiceOut, "voice.out.fixed", 7_261, "11.496583"),
    (UsageKind::VoiceIn, "voice.in", 90_000, "6.75"),
    (UsageKind::Conference, "conference.setup", 12, "0.0864"),
    (UsageKind::Recording, "recording", 3_661, "0.152542"),
    (UsageKind::TwoFa, "twofa.request", 200, "10"),
];

impl World {
    /// Something that was used, with its posting.
    pub(crate) async fn used(
        &self,
        account: AccountSid,
        id: &str,
        (kind, item, billed, amount): (UsageKind, &str, u64, &str),
    ) {
        let event = UsageEvent {
            kind,
            item: item.to_owned(),
            billed,
            amount: amount.parse().unwrap(),
            plan: self.app.rater().plan().label().to_owned(),
            ..usage(account, id)
        };
        let posting = flexio_billing::ledger::posting_for(&event, Currency::EUR).unwrap();
        let set = ChangeSet::from(Change::AddUsage(event)).with(Change::Post(posting));
        self.store().commit(set).await.unwrap();
    }

    /// The same at another time.
    pub(crate) async fn used_at(
        &self,
        account: AccountSid,
        id: &str,
        (kind, item, billed, amount): (UsageKind, &str, u64, &str),
        at: &str,
    ) {
        let at: Timestamp = at.parse().unwrap();
        let event = UsageEvent {
            kind,
            item: item.to_owned(),
            billed,
            amount: amount.parse().unwrap(),
            plan: self.app.rater().plan().label().to_owned(),
            at,
            month: BillingMonth::of(at, self.app.rater().plan().zone()).to_string(),
            day: at.to_string()[..10].to_owned(),
            ..usage(account, id)
        };
        let posting = flexio_billing::ledger::posting_for(&event, Currency::EUR).unwrap();
        let set = ChangeSet::from(Change::AddUsage(event)).with(Change::Post(posting));
        self.store().commit(set).await.unwrap();
    }

    /// A call to a mobile number, answered then, charged and kept.
    pub(crate) async fn called(&self, who: &Caller, answered: &str, seconds: u64) -> UsageEvent {
        let at: Timestamp = answered.parse().unwrap();
        let leg = LegEnded {
            call_sid: CallSid::new(),
            account_sid: who.account.sid,
            outbound: true,
            from: "+3225550101",
            to: "+32470123456",
            answered_at: Some(at),
            ended_at: at,
            duration_ms: seconds * 1_000,
            truncated: false,
            carries_code: false,
        };
        let charge = self.app.meter(who.account.sid).leg_ended(&leg);
        let set = ChangeSet::from(Change::AddUsage(charge.event.clone()));
        self.store().commit(set.with(Change::Post(charge.posting.unwrap()))).await.unwrap();
        charge.event
    }

    pub(crate) async fn customer(&self, account: AccountSid) {
        let now = self.app.clock.now();
        let customer = Customer {
            account_sid: account,
            version: 1,
            kind: CustomerKind::Larger,
            legal_name: "Bakkerij De Korenbloem".to_owned(),
            legal_form: "BV".to_owned(),
            address: PostalAddress {
                street: "Kerkstraat 12".to_owned(),
                post_code: "9000".to_owned(),
                city: "Gent".to_owned(),
                country: "BE".to_owned(),
            },
            enterprise_number: Some("0202239951".parse().unwrap()),
            vat_number: Some("BE0202239951".to_owned()),
            language: Language::Nl,
            invoice_email: "books@korenbloem.test".to_owned(),
            notice_email: None,
            peppol: None,
            reference: None,
            iban: None,
            large_print: false,
            event_webhook: None,
            vat_check: None,
            vat_evidence: Vec::new(),
            identified_at: None,
            waived_at: None,
            created_at: now,
            updated_at: now,
        };
        let create = Change::from(ContractChange::CreateCustomer(customer));
        self.store().commit(create.into()).await.unwrap();
    }

    /// The books, which hold but for notices: no e-mail is sent here.
    pub(crate) async fn sound_books(&self) -> flexio_app::BooksProof {
        self.sound_but_for(&["undelivered_notices"]).await
    }

    async fn sound_but_for(&self, elsewhere: &[&str]) -> flexio_app::BooksProof {
        let proof = self.app.prove_books(None).await.unwrap();
        let holds = proof.checks.iter().all(|(name, faults)| elsewhere.contains(name) || faults.count == 0);
        assert!(holds, "{proof:?}");
        proof
    }

    /// Closes and invoices a month at the time of the run.
    pub(crate) async fn invoice(&self, month: &str, dry_run: bool) -> flexio_app::InvoiceRun {
        let month: BillingMonth = month.parse().unwrap();
        let (_, end) = month.bounds(self.app.rater().plan().zone());
        self.clock.set(self.clock.now().max(end + jiff::SignedDuration::from_hours(52)));
        self.app.close_month(month).await.unwrap();
        let run = self.app.invoice_month(month, dry_run, &mut |_, _| ()).await.unwrap();
        // Whom a dry run, or one that refuses somebody, leaves without an invoice is seen elsewhere.
        let elsewhere = ["uninvoiced", "undelivered_notices"];
        let before = self.sound_but_for(&elsewhere).await;
        let sealed = self.app.seal_ledger().await.unwrap();
        let proof = self.sound_but_for(&elsewhere).await;
        assert_eq!(proof.seals, before.seals + u64::from(sealed > 0));
        run
    }

    pub(crate) async fn invoices(&self, who: &Caller) -> Vec<serde_json::Value> {
        let path = format!("/restcomm/2012-04-24/Accounts/{}/Invoices.json", who.sid());
        let page = self.get(who, &path).await.ok().json();
        page["invoices"].as_array().unwrap().clone()
    }

    /// The whole of it, which is a PDF too.
    pub(crate) async fn newest_invoice(&self, who: &Caller) -> serde_json::Value {
        let sid = self.invoices(who).await[0]["sid"].as_str().unwrap().to_owned();
        let path = format!("/restcomm/2012-04-24/Accounts/{}/Invoices/{sid}", who.sid());
        let pdf = self.get(who, &format!("{path}.pdf")).await.ok();
        assert!(pdf.header("content-type").starts_with("application/pdf"));
        self.get(who, &format!("{path}.json")).await.ok().json()
    }

    pub(crate) async fn owed(&self, account: AccountSid) -> Vec<(String, String)> {
        let balances = self.store().balances(account).await.unwrap();
        let open =
            balances.into_iter().filter(|leg| leg.account.holder().is_some() && leg.amount != Money::ZERO);
        open.map(|leg| {
            let name = leg.account.to_string();
            (name.rsplit(':').next().unwrap().to_owned(), leg.amount.to_decimals(6))
        })
        .collect()
    }
}

#[tokio::test]
async fn the_month_of_the_specification_is_invoiced_once_and_read_in_every_form() {
    let world = World::new().await;
    let who = &world.child;
    let account = who.account.sid;
    for (number, used) in NOVEMBER.into_iter().enumerate() {
        world.used(account, &format!("CA{number}:leg"), used).await;
    }
    assert_eq!(world.invoice("2026-11", false).await.unpaid.count, 1, "nobody pays");
    world.customer(account).await;
    let dry = world.invoice("2026-11", true).await;
    assert_eq!((dry.issued, dry.gross.to_decimals(2).as_str()), (1, "288.79"));
    assert!(world.invoices(who).await.is_empty());
    let run = world.invoice("2026-11", false).await;
    assert_eq!((run.issued, run.refused, run.reasons.len(), run.unpaid.count), (1, 0, 0, 0), "{run:?}");
    let again = world.invoice("2026-11", false).await;
    assert_eq!((again.issued, again.already), (0, 1));

    let listed = world.invoices(who).await;
    let shown = &listed[0];
    for (name, value) in [
        ("number", "2026-000001"),
        ("net", "238.67"),
        ("tax", "50.12"),
        ("gross", "288.79"),
        ("open", "288.79"),
        ("status", "open"),
        ("communication", "+++260/0000/00170+++"),
    ] {
        assert_eq!(shown[name], value, "{name}: {shown}");
    }
    let sid = shown["sid"].as_str().unwrap();
    let path = |suffix: &str| format!("/restcomm/2012-04-24/Accounts/{}/Invoices/{sid}{suffix}", who.sid());
    let one = world.get(who, &path(".json")).await.ok().json();
    let lines: Vec<&str> =
        one["lines"].as_array().unwrap().iter().map(|line| line["net"].as_str().unwrap()).collect();
    let mut sorted = lines.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["0.09", "0.15", "1.25", "10.00", "11.50", "117.23", "30.00", "6.75", "61.70"]);
    let ubl = world.get(who, &path(".xml")).await.ok();
    let ubl = ubl.body;
    assert!(ubl.contains(">288.79<") && ubl.contains("CustomizationID"), "{ubl}");
    let csv = world.get(who, &path(".csv")).await.ok();
    assert!(csv.body.contains("288.79"));
    let pdf = world.get(who, &path(".pdf")).await.ok();
    assert!(pdf.body.starts_with("%PDF-"));
    assert_eq!(world.owed(account).await, [("receivable".to_owned(), "288.790000".to_owned())]);
    assert_eq!(world.get(&world.sibling, &path(".json")).await.refused().0, 401);
}

#[tokio::test]
async fn late_usage_is_on_the_next_invoice_with_its_month_and_numbers_have_no_gaps() {
    let world = World::new().await;
    let account = world.child.account.sid;
    world.customer(account).await;
    let sms = |count: u64, amount| (UsageKind::SmsOut, "sms.out", count, amount);
    world.used(account, "SM1:accepted", sms(10, "0.95")).await;
    assert_eq!(world.invoice("2026-11", false).await.net.to_decimals(2), "0.95");
    assert_eq!(world.invoice("2026-12", false).await.nothing, 1);
    world.used(account, "SM2:accepted", sms(2, "0.19")).await;
    assert_eq!(world.invoice("2027-01", false).await.net.to_decimals(2), "0.19");
    let listed = world.invoices(&world.child).await;
    let shown: Vec<_> =
        listed.iter().map(|it| (it["number"].as_str().unwrap(), it["month"].as_str().unwrap())).collect();
    assert_eq!(shown, [("2027-000001", "2027-01"), ("2026-000001", "2026-11")]);
    let path = format!(
        "/restcomm/2012-04-24/Accounts/{}/Invoices/{}.json",
        world.child.sid(),
        listed[0]["sid"].as_str().unwrap()
    );
    let line = world.get(&world.child, &path).await.ok().json()["lines"][0].clone();
    assert_eq!((line["month"].as_str(), line["quantity"].as_str()), (Some("2026-11"), Some("2")));
}

#[tokio::test]
async fn what_is_below_the_floor_waits_for_three_months_at_most_and_no_longer_than_the_contract() {
    let config = AppConfig { sandbox: true, invoice_floor: "1.00".parse().unwrap(), ..AppConfig::default() };
    let world = World::with(config, ApiConfig::default()).await;
    let account = world.child.account.sid;
    world.customer(account).await;
    let sms = |count: u64, amount| (UsageKind::SmsOut, "sms.out", count, amount);
    world.used(account, "SM1:accepted", sms(2, "0.19")).await;
    assert_eq!(world.invoice("2026-11", false).await.nothing, 1);
    assert_eq!(world.invoice("2026-12", true).await.nothing, 1, "0.23 with tax");
    assert_eq!(world.invoice("2026-12", false).await.nothing, 1);
    let run = world.invoice("2027-01", false).await;
    assert_eq!((run.issued, run.net.to_decimals(2)), (1, "0.19".to_owned()), "the third month");
    let line = &world.newest_invoice(&world.child).await["lines"][0];
    assert_eq!((&line["month"], &line["carried_over"]), (&json!("2026-11"), &json!(true)));
    // What comes later of a month that was invoiced is late.
    world.used(account, "SM2:accepted", sms(1, "0.095")).await;
    assert_eq!(world.invoice("2027-02", false).await.issued, 1, "November is more than three months ago");
    let line = &world.newest_invoice(&world.child).await["lines"][0];
    assert_eq!((&line["month"], &line["carried_over"]), (&json!("2026-11"), &json!(false)));
}

#[tokio::test]
async fn a_customer_pays_for_the_accounts_below_and_what_was_paid_in_pays_first() {
    let world = World::new().await;
    let (top, child) = (world.root.account.sid, world.child.account.sid);
    world.customer(top).await;
    let calls = |amount| (UsageKind::VoiceOut, "voice.out.mobile", 60, amount);
    world.used(top, "CA1:leg", calls("0.37")).await;
    // The child spends what it paid in to the account above it.
    let base = format!("/2010-04-01/Accounts/{}/Credit", world.child.sid());
    world.post(&world.root, &format!("{base}.json"), &[("Mode", "prepaid")]).await.ok();
    let paid = [("Amount", "5"), ("Reference", "a")];
    world.post(&world.root, &format!("{base}/Payments.json"), &paid).await.ok();
    world.used(child, "CA2:leg", calls("0.37")).await;
    let before = world.app.credit_for(child).await.unwrap().unwrap();
    let run = world.invoice("2026-11", false).await;
    assert_eq!((run.issued, run.net.to_decimals(2).as_str()), (1, "0.74"), "{run:?}");
    assert_eq!(world.app.credit_for(child).await.unwrap().unwrap(), before, "its own standing is untouched");
    assert_eq!(world.owed(top).await, [("receivable".to_owned(), "0.900000".to_owned())]);
    let of_child = world.owed(child).await;
    assert!(of_child.iter().any(|(_, amount)| amount == "-0.370000"), "{of_child:?}");
}

pub(crate) fn paid(reference: &str, amount: &str, communication: &str) -> BankPayment {
    BankPayment {
        reference: reference.to_owned(),
        amount: amount.parse().unwrap(),
        currency: "EUR".to_owned(),
        booked_on: None,
        communication: communication.to_owned(),
        payer: "Bakkerij".to_owned(),
        payer_iban: None,
        collected: None,
    }
}

#[tokio::test]
async fn a_payment_without_a_communication_is_known_by_its_account_and_amount() {
    let world = World::new().await;
    let who = &world.child;
    world.customer(who.account.sid).await;
    world.used(who.account.sid, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 1_000, "95")).await;
    world.invoice("2026-11", false).await;
    let path = format!("/restcomm/2012-04-24/Accounts/{}/Customer.json", who.sid());
    let wrong = world.post(who, &path, &[("Iban", "BE68 5390 0754 7035")]).await;
    assert_eq!((wrong.status, wrong.json()["code"].as_u64()), (400, Some(20_001)), "{}", wrong.body);
    let kept = world.post(who, &path, &[("Iban", "be68 5390 0754 7034")]).await;
    assert_eq!(kept.json()["iban"], "BE68539007547034");
    let pay = async |reference: &str, amount: &str, iban: &str| {
        let payment =
            BankPayment { payer_iban: iban.parse().ok(), ..paid(reference, amount, "invoice of november") };
        world.app.take_payment(&payment).await.unwrap()
    };
    let unknown = Matched::Unmatched("no structured communication");
    assert_eq!(pay("b1", "114.95", "NL91ABNA0417164300").await, unknown, "somebody else's account");
    assert_eq!(pay("b1", "114.94", "BE68539007547034").await, unknown, "another amount");
    // A second invoice of the same amount: which one is meant is for a person to say.
    world.used(who.account.sid, "SM2:accepted", (UsageKind::SmsOut, "sms.out", 1_000, "95")).await;
    world.invoice("2026-12", false).await;
    let several = Matched::Unmatched("several open invoices of this payer are of this amount");
    assert_eq!(pay("b1", "114.95", "BE68539007547034").await, several);
    world.app.take_payment(&paid("b0", "114.95", "260000000170")).await.unwrap();
    let second = Matched::Paid { number: "2027-000001".to_owned(), open: Money::ZERO };
    assert_eq!(pay("b1", "114.95", "BE68539007547034").await, second);
    assert_eq!(pay("b1", "114.95", "BE68539007547034").await, Matched::Again);
}

#[tokio::test]
async fn payments_find_their_invoice_by_its_communication_and_never_by_a_wrong_one() {
    let world = World::new().await;
    let account = world.child.account.sid;
    world.customer(account).await;
    world.used(account, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 1_000, "95")).await;
    // 95.00 and 21 % are 114.95.
    world.invoice("2026-11", false).await;
    let pay = async |payment: &BankPayment| world.app.take_payment(payment).await.unwrap();
    let part = |open: &str| Matched::Paid { number: "2026-000001".to_owned(), open: open.parse().unwrap() };
    for (wrong, reason) in [
        ("invoice of november", "no structured communication"),
        ("+++260/0000/00166+++", "the check digits of the communication are wrong"),
        ("+++260/0000/00271+++", "no invoice has this communication"),
    ] {
        assert_eq!(pay(&paid("x", "10", wrong)).await, Matched::Unmatched(reason), "{wrong}");
    }
    let dollars = BankPayment { currency: "USD".to_owned(), ..paid("x", "10", "260000000170") };
    assert!(matches!(pay(&dollars).await, Matched::Unmatched(_)));
    let first = paid("b1", "100", "thanks 260/0000/00170");
    assert_eq!(pay(&first).await, part("14.95"));
    assert_eq!(pay(&first).await, Matched::Again);
    assert!(matches!(pay(&paid("b1", "99", "260000000170")).await, Matched::Unmatched(_)));
    assert_eq!(world.invoices(&world.child).await[0]["open"], "14.95");
    // Too much goes to the wallet, and pays the next one first.
    assert_eq!(pay(&paid("b2", "20", "+++260/0000/00170+++")).await, part("0"));
    assert_eq!(world.invoices(&world.child).await[0]["status"], "paid");
    assert_eq!(world.owed(account).await, [("wallet".to_owned(), "-5.050000".to_owned())]);
    world.used(account, "SM2:accepted", (UsageKind::SmsOut, "sms.out", 100, "9.5")).await;
    world.invoice("2026-12", false).await;
    let next = world.invoices(&world.child).await[0].clone();
    assert_eq!(
        (&next["gross"], &next["prepaid"], &next["open"]),
        (&"11.50".into(), &"5.05".into(), &"6.45".into())
    );
}

#[tokio::test]
async fn no_more_is_credited_than_remains_and_what_was_paid_goes_to_the_wallet() {
    let world = World::new().await;
    let who = &world.child;
    world.customer(who.account.sid).await;
    world.used(who.account.sid, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 1_000, "95")).await;
    world.invoice("2026-11", false).await;
    world.app.take_payment(&paid("b1", "100", "260000000170")).await.unwrap();
    let sid = world.invoices(who).await[0]["sid"].as_str().unwrap().to_owned();
    let path = format!("/restcomm/2012-04-24/Accounts/{}/Invoices/{sid}/CreditNotes.json", who.sid());
    let credit = async |by: &Caller, form: &[(&str, &str)]| world.post(by, &path, form).await;
    let part = [("Reason", "five texts too many"), ("Line", "1"), ("Amount", "10.00")];
    assert_eq!(credit(who, &part).await.refused(), (403, 20_006), "only an ancestor");
    for wrong in [
        &[("Line", "1"), ("Amount", "10.00")][..],
        &[("Reason", "a"), ("Line", "1")],
        &[("Reason", "a"), ("Line", "x"), ("Amount", "1")],
    ] {
        assert_eq!(credit(&world.root, wrong).await.status, 400, "{wrong:?}");
    }
    for wrong in [("1", "95.01"), ("2", "1"), ("1", "0.001"), ("1", "-1")] {
        let form = [("Reason", "a"), ("Line", wrong.0), ("Amount", wrong.1)];
        assert_eq!(credit(&world.root, &form).await.refused(), (422, 20_460), "{wrong:?}");
    }
    let note = credit(&world.root, &part).await.ok().json();
    assert_eq!(
        (&note["number"], &note["gross"], &note["credits_sid"]),
        (&"CN2026-000001".into(), &"12.10".into(), &sid.as_str().into()),
        "{note}"
    );
    // 14.95 were open: 2.85 are left.
    assert_eq!(world.invoices(who).await.iter().find(|it| it["sid"] == *sid).unwrap()["open"], "2.85");
    let rest = credit(&world.root, &[("Reason", "all of it")]).await.ok().json();
    assert_eq!((&rest["net"], &rest["gross"]), (&"85.00".into(), &"102.85".into()));
    assert_eq!(credit(&world.root, &[("Reason", "again")]).await.refused(), (422, 20_460));
    assert_eq!(world.owed(who.account.sid).await, [("wallet".to_owned(), "-100.000000".to_owned())]);
    assert!(world.app.prove_books(None).await.unwrap().holds());
}

#[tokio::test]
async fn every_charge_of_a_month_comes_out_again_and_one_that_does_not_is_named() {
    let world = World::new().await;
    let account = world.child.account.sid;
    let leg = |id: u128, seconds: u64| flexio_billing::LegEnded {
        call_sid: CallSid::from_u128(id),
        account_sid: account,
        outbound: true,
        from: "+3225880000",
        to: "+32470123456",
        answered_at: Some("2026-11-03T10:00:00Z".parse().unwrap()),
        ended_at: "2026-11-03T10:05:00Z".parse().unwrap(),
        duration_ms: seconds * 1_000 - 1,
        truncated: false,
        carries_code: false,
    };
    let mut set = ChangeSet::new();
    for (id, seconds) in [(1, 61), (2, 125), (3, 3_600)] {
        set.push(Change::AddUsage(super::world::meter().leg_ended(&leg(id, seconds)).event));
    }
    world.store().commit(set).await.unwrap();
    world.rent(&world.child, super::world::LOCAL).await;
    let month: BillingMonth = "2026-11".parse().unwrap();
    world.clock.set(month.bounds(world.app.rater().plan().zone()).1);
    world.app.close_month(month).await.unwrap();
    let rerate = async || world.app.rerate_month(month, &mut |_| ()).await.unwrap();
    let report = rerate().await;
    assert_eq!((report.events, &report.differences), (4, &Faults::default()));
    let explained = world.app.explain(account, &CallSid::from_u128(1).to_string()).await.unwrap();
    let again = explained[0].rerated.as_ref().unwrap();
    assert_eq!(
        (again.amount.to_decimals(6).as_str(), again.arithmetic.as_str()),
        ("0.376167", "61 s × 0.370000 ÷ 60 s")
    );
    let told = format!("/2010-04-01/Accounts/{account}/Usage/Explain/{}.json", CallSid::from_u128(1));
    let told = world.get(&world.child, &told).await.ok().json();
    let charge = &told["charges"][0];
    assert_eq!((&charge["amount"], &charge["reproduced"]), (&"0.376167".into(), &true.into()));
    assert_eq!(charge["plan_sha256"], world.app.rater().plan().content_hash().to_string());
    let wrong =
        UsageEvent { amount: "0.38".parse().unwrap(), ..super::world::meter().leg_ended(&leg(5, 61)).event };
    world.store().commit(Change::AddUsage(wrong).into()).await.unwrap();
    let report = rerate().await;
    assert_eq!((report.events, report.differences.count), (5, 1));
    assert!(report.differences.ids[0].contains("0.380000 charged, 0.376167 again"), "{report:?}");
}

#[tokio::test]
async fn volume_prices_of_the_contracts_plan_are_on_the_invoice() {
    use crate::subscription::tests::version;
    let world = World::new().await;
    let who = &world.child;
    let accepted = "charge_on = \"accepted_by_carrier\"";
    let tiers = "tier_mode = \"graduated\"\n[[item.tier]]\nfrom = 100\nprice = \"0.08\"";
    let plan = version(2, "2026-11-01T00:00:00+01:00", &[(accepted, &format!("{accepted}\n{tiers}"))]);
    world.app.publish_plan(&plan).await.unwrap();
    world.clock.set(crate::subscription::tests::noon("2026-11-10"));
    assert_eq!(world.order(who, &crate::tests::world::COMPANY).await, "active");
    for segments in [90, 60] {
        let charge = world.app.meter(who.account.sid).segments_accepted(&flexio_billing::SegmentsAccepted {
            message_sid: MessageSid::new(),
            account_sid: who.account.sid,
            from: "8640",
            to: "+32470123456",
            segments,
            at: world.app.clock.now(),
            carries_code: false,
        });
        assert_eq!(charge.event.plan, "flexio-be/2");
        let set = ChangeSet::from(Change::AddUsage(charge.event)).with(Change::Post(charge.posting.unwrap()));
        world.store().commit(set).await.unwrap();
    }
    world.invoice("2026-11", false).await;
    let invoice = world.newest_invoice(who).await;
    let lines: Vec<_> = invoice["lines"].as_array().unwrap().iter().collect();
    let row =
        |at: usize| ["quantity", "price", "net"].map(|name| lines[at][name].to_string().replace('"', ""));
    assert_eq!(row(0), ["100", "0.095000", "9.50"], "{lines:#?}");
    assert_eq!(row(1), ["50", "0.080000", "4.00"]);
    assert!(world.app.prove_books(None).await.unwrap().holds());
}

/// The child has a contract with cheaper evenings, and has called for a minute before and two in one.
async fn called_into_the_evening(world: &World) {
    use crate::subscription::tests::{noon, version};
    let who = &world.child;
    let mobile = "code = \"voice.out.mobile\"";
    let band = "[[item.band]]\nname = \"evening\"\nfrom = \"18:00\"\nuntil = \"24:00\"\nprice = \"0.20\"";
    let fee = "connection_fee = \"0\"";
    let offer = include_str!("../../../../data/offer-flexio-be.toml");
    let (_, fields) = offer.split_once(mobile).unwrap();
    let (fields, _) = fields.split_once("\n[[item]]").unwrap();
    assert!(fields.contains(fee), "{fields}");
    let banded = format!("{mobile}{fields}\n{band}\n");
    let plan = version(2, "2026-11-01T00:00:00+01:00", &[(&format!("{mobile}{fields}"), &banded)]);
    world.app.publish_plan(&plan).await.unwrap();
    world.clock.set(noon("2026-11-10"));
    assert_eq!(world.order(who, &crate::tests::world::COMPANY).await, "active");
    let answered: Timestamp = "2026-11-10T16:59:00Z".parse().unwrap();
    let ended = answered + jiff::SignedDuration::from_secs(180);
    let mut call = Call {
        direction: CallDirection::OutboundApi,
        from: "+3225550101".parse().unwrap(),
        to: "+32470123456".parse().unwrap(),
        answered_at: None,
        ..flexio_store::contract::call(who.account.sid)
    };
    world.store().commit(Change::CreateCall(call.clone()).into()).await.unwrap();
    let over = flexio_app::legs::Ended {
        status: CallStatus::Completed,
        answered_at: Some(answered),
        ended_at: ended,
        talk_ms: 180_000,
        reason: None,
        sip_status: None,
        spoken_ms: 0,
    };
    let mut set = ChangeSet::new();
    for change in flexio_app::legs::ended(&world.app, &mut call, &over) {
        set.push(change);
    }
    set.push(Change::UpdateCall(call.clone()));
    world.store().commit(set).await.unwrap();
    assert_eq!(call.price.unwrap().to_decimals(2), "0.77", "a minute at 0.37 and two at 0.20");
}

#[tokio::test]
async fn a_call_into_the_evening_is_two_lines() {
    let world = World::new().await;
    let who = &world.child;
    called_into_the_evening(&world).await;
    world.invoice("2026-11", false).await;
    let invoice = world.newest_invoice(who).await;
    let line = |at: usize| {
        let line = &invoice["lines"][at];
        ["item", "quantity", "price", "net"].map(|name| line[name].to_string().replace('"', ""))
    };
    assert_eq!(line(0), ["voice.out.mobile", "60", "0.370000", "0.37"], "{invoice:#}");
    assert_eq!(line(1), ["voice.out.mobile~evening", "120", "0.200000", "0.40"]);
    let items = format!(
        "/restcomm/2012-04-24/Accounts/{}/Invoices/{}/Items.csv",
        who.sid(),
        invoice["sid"].as_str().unwrap()
    );
    let listed = world.get(who, &items).await.ok().body;
    assert!(listed.contains("voice.out.mobile~evening") || listed.contains("evening"), "{listed}");
    assert!(world.app.prove_books(None).await.unwrap().holds());
    let rerated = world.app.rerate_month("2026-11".parse().unwrap(), &mut |_| {}).await.unwrap();
    assert_eq!((rerated.events, rerated.differences.count), (2, 0));
}

#[tokio::test]
async fn a_call_into_the_evening_is_one_use_under_every_plan() {
    let world = World::new().await;
    let who = &world.child;
    called_into_the_evening(&world).await;
    let records = format!("/restcomm/2012-04-24/Accounts/{}/Usage/Records.json", who.sid());
    let records = format!("{records}?Category=calls-outbound&StartDate=2026-11-01&EndDate=2026-11-30");
    let records = world.get(who, &records).await.ok().body;
    assert!(records.contains("\"count\":\"1\"") || records.contains("\"count\":1"), "{records}");
    // Under the version without the band, and back under its own, the whole call is priced.
    let month = "2026-11".parse().unwrap();
    for (label, simulated) in [("flexio-be/1", "1.11"), ("flexio-be/2", "0.77")] {
        let rater = world.app.plan_version(label).unwrap();
        let report = world.app.simulate_plan(rater.plan(), month, None, &mut |_| {}).await.unwrap();
        let totals: Vec<String> = report.totals.iter().map(|(_, cell)| cell.text()).collect();
        assert_eq!(totals[..2], ["0.770000".to_owned(), format!("{simulated}0000")], "{label}: {report:?}");
        assert_eq!(report.rows[0][1].text(), "1", "one use");
    }
    // Half past six in the evening, and a minute before it: what an estimate says is what is charged.
    let estimate = format!("/restcomm/2012-04-24/Accounts/{}/Estimates/Call.json", who.sid());
    let asked =
        [("2026-11-11T17:30:00Z", "0.400000", "0.200000"), ("2026-11-11T16:59:00Z", "0.570000", "0.370000")];
    for (now, price, minute) in asked {
        world.clock.set(now.parse().unwrap());
        let told =
            world.post(who, &estimate, &[("To", "+32470123456"), ("Seconds", "120")]).await.ok().json();
        assert_eq!(
            (&told["price"], &told["price_per_minute"]),
            (&price.into(), &minute.into()),
            "{now}: {told}"
        );
    }
}

#[tokio::test]
async fn the_running_month_is_shown_as_the_invoice_that_it_becomes() {
    let world = World::new().await;
    let who = &world.child;
    let preview = format!("/restcomm/2012-04-24/Accounts/{}/InvoicePreview.json", who.sid());
    let shown = async || world.get(who, &preview).await.ok().json();
    world.clock.set("2026-11-10T12:00:00Z".parse().unwrap());
    let nothing = shown().await;
    assert_eq!((nothing["month"].clone(), nothing["lines"].clone()), (json!(null), json!([])), "nobody pays");
    world.customer(who.account.sid).await;
    assert_eq!(shown().await["net"], "0.00", "nothing was used");
    world
        .used(who.account.sid, "CA1:leg", (UsageKind::VoiceOut, "voice.out.mobile", 10_005, "61.6975"))
        .await;
    let account = format!("/2010-04-01/Accounts/{}", who.sid());
    let offers = world.get(who, &format!("{account}/AvailablePhoneNumbers/BE/Local.json")).await.ok().json();
    let number = offers["available_phone_numbers"][0]["phone_number"].as_str().unwrap().to_owned();
    world.post(who, &format!("{account}/IncomingPhoneNumbers.json"), &[("PhoneNumber", &number)]).await.ok();

    let before = shown().await;
    assert_eq!(before["month"], "2026-11");
    let items = |invoice: &serde_json::Value| {
        let line =
            |line: &serde_json::Value| (line["item"].clone(), line["quantity"].clone(), line["net"].clone());
        invoice["lines"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    let lines = items(&before);
    assert_eq!(lines.len(), 2, "{before}");
    assert!(lines.iter().any(|(item, _, net)| item == "voice.out.mobile" && net == "61.70"), "{before}");
    assert!(lines.iter().any(|(item, ..)| item == "number.fixed"), "{before}");
    assert!(world.invoices(who).await.is_empty(), "nothing is kept");
    assert_eq!(world.get(&world.sibling, &preview).await.refused().0, 401);

    // The month ends: the invoice is what was shown.
    world.invoice("2026-11", false).await;
    let invoice = world.newest_invoice(who).await;
    assert_eq!(items(&invoice), lines);
    for total in ["net", "tax", "gross", "payable"] {
        assert_eq!(invoice[total], before[total], "{total}");
    }
}
