//! Payments through a provider: made ready, paid, told twice and late, paid back, taken back by a bank.

use flexio_app::{AppConfig, EmailPolicy};
use flexio_domain::*;
use flexio_store::{Change, LetterChange};
use jiff::SignedDuration;
use serde_json::Value;

use super::world::{Customer as Caller, World};
use crate::ApiConfig;

fn path(who: &Caller, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/Payments/Intents{rest}", who.sid())
}

impl World {
    /// A payment that is ready to be made: ours, and the provider's name of it.
    async fn ready(&self, who: &Caller, form: &[(&str, &str)]) -> (String, String) {
        let made = self.post(who, &path(who, ".json"), form).await.ok();
        assert_eq!(made.text("publishable_key"), "pk_test_1");
        let id = made.text("provider_id");
        assert_eq!(made.text("client_secret"), format!("{id}_secret"));
        (made.text("sid"), id)
    }

    async fn payment(&self, who: &Caller, sid: &str) -> Value {
        self.get(who, &path(who, &format!("/{sid}.json"))).await.ok().json()
    }

    async fn books_hold(&self) {
        self.app.seal_ledger().await.unwrap();
        let proof = self.app.prove_books(None).await.unwrap();
        assert!(proof.holds(), "{proof:?}");
    }

    /// What is kept under the operator's names of the ledger.
    async fn operators(&self, account: AccountSid, name: &str) -> Money {
        let balances = self.store().balances(account).await.unwrap();
        balances.iter().find(|leg| leg.account.to_string() == name).map_or(Money::ZERO, |leg| leg.amount)
    }
}

fn euros(text: &str) -> Money {
    text.parse().unwrap()
}

/// An invoice of 114.95 of a customer.
async fn invoiced(world: &World, who: &Caller) -> String {
    world.customer(who.account.sid).await;
    world.used(who.account.sid, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 1_000, "95")).await;
    assert_eq!(world.invoice("2026-11", false).await.issued, 1);
    world.invoices(who).await[0]["sid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_wallet_is_topped_up_once_however_often_it_is_told() {
    let email = EmailPolicy {
        from: Some("Flexio <billing@acme.test>".parse().unwrap()),
        senders: Vec::new(),
        // The receipt is the operator's mail: no limit of the account counts it.
        per_account_day: 0,
    };
    let config = AppConfig { sandbox: true, email, ..AppConfig::default() };
    let world = World::with(config, ApiConfig::default()).await;
    let (who, account) = (&world.child, world.child.account.sid);
    let stripe = world.taking_payments();
    world.customer(account).await;
    world.listening(account).await;
    let (sid, id) = world.ready(who, &[("Amount", "25")]).await;
    let waiting = world.payment(who, &sid).await;
    assert_eq!((&waiting["status"], &waiting["client_secret"]), (&"open".into(), &Value::Null));
    let paid = stripe.pay(&id, 63);
    for _ in 0..2 {
        let told = world.told_by_stripe("evt_1", "payment_intent.succeeded", &paid).await;
        assert_eq!(told.status, 200, "{}", told.body);
    }
    // Another event about the same fact, as Stripe may send.
    world.told_by_stripe("evt_2", "payment_intent.succeeded", &paid).await.ok();
    world.told_by_stripe("evt_3", "payment_intent.payment_failed", &paid).await.ok();
    let unknown =
        world.told_by_stripe("evt_4", "customer.created", &serde_json::json!({"id": "cus_1"})).await;
    assert_eq!((unknown.status, &*unknown.body), (200, "ignored"));
    // Its fee is known when it is asked.
    assert_eq!(world.app.follow_payments().await.unwrap(), 1);
    let now = world.payment(who, &sid).await;
    assert_eq!(
        (&now["status"], &now["received"], &now["fee"]),
        (&"succeeded".into(), &"25.00".into(), &"0.63".into())
    );
    assert_eq!(world.owed(account).await, [("wallet".to_owned(), "-25.000000".to_owned())]);
    assert_eq!(world.operators(account, "cash:stripe").await, euros("24.37"));
    assert_eq!(world.operators(account, "fee:stripe").await, euros("0.63"));
    world.books_hold().await;
    let told = world.told(account, &sid).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0][0].1, "payment.received");
    let letters = world.store().claim_emails(world.app.clock.now(), world.app.clock.now(), 10).await.unwrap();
    let text = world.app.email_body(&letters[0]).unwrap();
    assert!(text.contains("25,00 EUR") && text.contains("geen factuur"), "a receipt: {text}");
}

#[tokio::test]
async fn what_nobody_signed_is_not_believed() {
    let world = World::new().await;
    let stripe = world.taking_payments();
    world.customer(world.child.account.sid).await;
    let (sid, id) = world.ready(&world.child, &[("Amount", "25")]).await;
    let (paid, now) = (stripe.pay(&id, 63), world.app.clock.now());
    let old = now - SignedDuration::from_secs(301);
    for (at, secret) in [(now, "whsec_of_another"), (old, "whsec_of_the_test")] {
        let told = world.signed("evt_1", "payment_intent.succeeded", &paid, (at, secret)).await;
        assert_eq!(told.status, 400, "{}", told.body);
    }
    let bare = http::Request::post("/payments/stripe/events");
    assert_eq!(world.send(bare, None, "{}").await.status, 400);
    let elsewhere = http::Request::post("/payments/mollie/events");
    assert_eq!(world.send(elsewhere, None, "{}").await.status, 404);
    assert_eq!(world.payment(&world.child, &sid).await["status"], "open");
    let other = World::new().await;
    let request = http::Request::post("/payments/stripe/events");
    assert_eq!(other.send(request, None, "{}").await.status, 404, "nobody takes payments there");
    let off = other.post(&other.child, &path(&other.child, ".json"), &[("Amount", "25")]).await;
    assert_eq!(off.refused(), (403, 20_490));
}

#[tokio::test]
async fn an_invoice_is_paid_and_a_bank_that_takes_the_money_back_opens_it_again() {
    let world = World::new().await;
    let (who, account) = (&world.child, world.child.account.sid);
    let stripe = world.taking_payments();
    let invoice = invoiced(&world, who).await;
    let too_much = [("InvoiceSid", &*invoice), ("Amount", "114.96")];
    assert_eq!(world.post(who, &path(who, ".json"), &too_much).await.refused(), (400, 20_001));
    let (sid, id) = world.ready(who, &[("InvoiceSid", &invoice)]).await;
    let paid = stripe.pay(&id, 200);
    world.told_by_stripe("evt_1", "payment_intent.succeeded", &paid).await.ok();
    let open = async || world.invoices(who).await[0]["open"].as_str().unwrap().to_owned();
    assert_eq!(open().await, "0.00");
    let again = world.post(who, &path(who, ".json"), &[("InvoiceSid", &invoice)]).await;
    assert_eq!(again.refused(), (422, 20_422), "nothing is open");

    let taken = ("txn_9", -11_495, 2_000);
    let dispute = stripe.dispute(&id, "needs_response", &[taken]);
    world.told_by_stripe("evt_2", "charge.dispute.created", &dispute).await.ok();
    world.told_by_stripe("evt_3", "charge.dispute.funds_withdrawn", &dispute).await.ok();
    assert_eq!(open().await, "114.95");
    let held = world.payment(who, &sid).await;
    assert_eq!((&held["charged_back"], &held["settled"]), (&"114.95".into(), &"0.00".into()));
    assert_eq!((&held["chargeback_status"], &held["refundable"]), (&"needs_response".into(), &"0.00".into()));
    assert_eq!(world.operators(account, "cash:stripe").await, euros("-20"));
    world.books_hold().await;

    let won = stripe.dispute(&id, "won", &[taken, ("txn_10", 11_495, -2_000)]);
    world.told_by_stripe("evt_4", "charge.dispute.closed", &won).await.ok();
    assert_eq!(open().await, "0.00");
    assert_eq!(world.operators(account, "cash:stripe").await, euros("114.95"));
    assert_eq!(world.payment(who, &sid).await["chargeback_status"], "won");
    world.books_hold().await;
}

#[tokio::test]
async fn a_refund_told_before_the_payment_and_an_event_before_the_answer_end_the_same() {
    let world = World::new().await;
    let (who, account) = (&world.child, world.child.account.sid);
    let stripe = world.taking_payments();
    world.customer(account).await;
    // Stripe makes the payment, and its answer is lost: nobody knows its name here.
    stripe.mute(true);
    let lost = world.post(who, &path(who, ".json"), &[("Amount", "25")]).await;
    assert_eq!(lost.refused(), (502, 20_491));
    stripe.mute(false);
    let listed = world.get(who, &path(who, ".json")).await.ok().json();
    let sid = listed["payment_intents"][0]["sid"].as_str().unwrap().to_owned();
    assert_eq!(listed["payment_intents"][0]["provider_id"], Value::Null);
    let paid = stripe.pay("pi_1", 63);
    let mut refund = stripe.refund_elsewhere("pi_1", 1_000);
    let stranger = world.told_by_stripe("evt_0", "refund.created", &refund).await;
    assert_eq!((stranger.status, &*stranger.body), (200, "trouble"), "it says nothing of us");
    refund["metadata"] = serde_json::json!({"flexio_intent": sid});
    world.told_by_stripe("evt_1", "refund.created", &refund).await.ok();
    assert_eq!(world.payment(who, &sid).await["status"], "open");
    assert_eq!(world.owed(account).await, [("wallet".to_owned(), "10.000000".to_owned())]);
    world.told_by_stripe("evt_2", "payment_intent.succeeded", &paid).await.ok();
    world.told_by_stripe("evt_3", "refund.updated", &refund).await.ok();
    let charge = serde_json::json!({"id": "ch_1", "payment_intent": "pi_1"});
    world.told_by_stripe("evt_4", "charge.refunded", &charge).await.ok();
    world.app.follow_payments().await.unwrap();
    let now = world.payment(who, &sid).await;
    assert_eq!((&now["status"], &now["refunded"]), (&"succeeded".into(), &"10.00".into()));
    assert_eq!(now["provider_id"], "pi_1");
    assert_eq!(world.owed(account).await, [("wallet".to_owned(), "-15.000000".to_owned())]);
    assert_eq!(world.operators(account, "cash:stripe").await, euros("14.37"));
    world.books_hold().await;
}

#[tokio::test]
async fn another_amount_than_was_asked_for_is_not_booked_and_told_to_a_person() {
    let world = World::new().await;
    let (who, account) = (&world.child, world.child.account.sid);
    let stripe = world.taking_payments();
    world.customer(account).await;
    let (sid, id) = world.ready(who, &[("Amount", "25")]).await;
    let mut paid = stripe.pay(&id, 63);
    paid["amount_received"] = 2_499.into();
    let told = world.told_by_stripe("evt_1", "payment_intent.succeeded", &paid).await;
    assert_eq!((told.status, &*told.body), (200, "trouble"));
    assert_eq!(world.payment(who, &sid).await["received"], "0.00");
    assert_eq!(world.owed(account).await, []);
    let noted = world.store().payment_event("stripe", "evt_1").await.unwrap().unwrap();
    assert_eq!(noted.trouble.as_deref(), Some("24.99 was received and 25.00 was asked for"));
}

#[tokio::test]
async fn asked_again_under_its_key_a_payment_is_the_one_that_was_made() {
    let world = World::new().await;
    let who = &world.child;
    let stripe = world.taking_payments();
    world.customer(who.account.sid).await;
    let ask = async || {
        let request = http::Request::post(path(who, ".json")).header("idempotency-key", "k1");
        world.send(request, Some(who.credentials()), "Amount=25").await
    };
    stripe.down(true);
    assert_eq!(ask().await.refused(), (502, 20_491));
    stripe.down(false);
    let (first, second) = (ask().await.ok(), ask().await.ok());
    assert_eq!(first.text("sid"), second.text("sid"));
    assert_eq!(second.text("client_secret"), "pi_1_secret");
    assert_eq!(stripe.counts().0, 1);
    // What is refused is over, and says why.
    stripe.declines(Some("amount_too_small"));
    let refused = world.post(who, &path(who, ".json"), &[("Amount", "5")]).await;
    assert_eq!(refused.refused(), (502, 20_491));
    assert!(refused.body.contains("amount_too_small (HTTP 400)"), "{}", refused.body);
    let listed = world.get(who, &path(who, ".json")).await.ok().json();
    assert_eq!(listed["payment_intents"][0]["status"], "cancelled");
    for (form, fault) in [
        (vec![], "no amount"),
        (vec![("Amount", "4.99")], "less than the least"),
        (vec![("Amount", "10000.01")], "more than the most"),
        (vec![("Amount", "25.001")], "a part of a cent"),
        (vec![("Amount", "x")], "no amount at all"),
        (vec![("InvoiceSid", "IN1")], "no invoice"),
    ] {
        assert_eq!(world.post(who, &path(who, ".json"), &form).await.refused(), (400, 20_001), "{fault}");
    }
    let nobody = world.post(&world.sibling, &path(&world.sibling, ".json"), &[("Amount", "25")]).await;
    assert_eq!(nobody.refused(), (422, 20_422), "no wallet of its own");
}

#[tokio::test]
async fn what_is_in_the_wallet_goes_back_the_way_it_came_and_no_more() {
    let world = World::new().await;
    let (who, parent, account) = (&world.child, &world.root, world.child.account.sid);
    let stripe = world.taking_payments();
    world.customer(account).await;
    let (sid, id) = world.ready(who, &[("Amount", "25")]).await;
    world.told_by_stripe("evt_1", "payment_intent.succeeded", &stripe.pay(&id, 63)).await.ok();
    let refunds = path(who, &format!("/{sid}/Refunds.json"));
    assert_eq!(world.post(who, &refunds, &[("Amount", "5")]).await.refused(), (403, 20_006));
    for amount in ["25.01", "0", "-1", "1.001"] {
        assert_eq!(
            world.post(parent, &refunds, &[("Amount", amount)]).await.refused(),
            (422, 20_492),
            "{amount}"
        );
    }
    // The answer is lost; the request is made again by itself, under the same name.
    stripe.mute(true);
    assert_eq!(world.post(parent, &refunds, &[("Amount", "5")]).await.refused(), (502, 20_491));
    assert_eq!(world.payment(who, &sid).await["refunds"][0]["status"], "asked");
    stripe.mute(false);
    world.app.follow_payments().await.unwrap();
    let now = world.payment(who, &sid).await;
    assert_eq!((&now["refunds"][0]["status"], &now["refunded"]), (&"succeeded".into(), &"5.00".into()));
    assert_eq!(stripe.counts().1, 1, "one refund");
    let rest = world.post(parent, &refunds, &[]).await.ok();
    assert_eq!((rest.text("refunded"), rest.text("refundable")), ("25.00".to_owned(), "0.00".to_owned()));
    assert_eq!(world.owed(account).await, []);
    assert_eq!(world.post(parent, &refunds, &[]).await.refused(), (422, 20_492));
    world.books_hold().await;
}

#[tokio::test]
async fn the_end_of_a_contract_is_paid_back_through_the_payments_it_came_by() {
    let world = World::new().await;
    let (who, parent, account) = (&world.child, &world.root, world.child.account.sid);
    let stripe = world.taking_payments();
    world.customer(account).await;
    for (number, amount) in [(1, "25"), (2, "10")] {
        let (_, id) = world.ready(who, &[("Amount", amount)]).await;
        let paid = stripe.pay(&id, 63);
        world.told_by_stripe(&format!("evt_{number}"), "payment_intent.succeeded", &paid).await.ok();
    }
    let payout = Payout {
        sid: PayoutSid::new(),
        version: 1,
        account_sid: account,
        subscription_sid: SubscriptionSid::new(),
        amount: euros("30"),
        currency: Currency::EUR,
        created_at: world.app.clock.now(),
        paid_at: None,
        reference: None,
    };
    let left = LedgerTransaction {
        id: format!("payout:{}", payout.subscription_sid),
        account_sid: account,
        reference: "end".to_owned(),
        currency: Currency::EUR,
        legs: vec![
            LedgerLeg { account: LedgerAccount::Wallet(account), amount: euros("30") },
            LedgerLeg { account: LedgerAccount::Refund(account), amount: euros("-30") },
        ],
        posted_at: world.app.clock.now(),
    };
    let set = flexio_store::ChangeSet::from(Change::Post(left))
        .with(LetterChange::OwePayout(payout.clone()).into());
    world.store().commit(set).await.unwrap();
    let pay = format!("/2010-04-01/Accounts/{}/Payouts/{}.json", who.sid(), payout.sid);
    let by_provider = [("Way", "provider")];
    stripe.mute(true);
    assert_eq!(world.post(parent, &pay, &by_provider).await.refused(), (502, 20_491));
    stripe.mute(false);
    for _ in 0..2 {
        let paid = world.post(parent, &pay, &by_provider).await.ok();
        assert_eq!(paid.text("status"), "paid", "{}", paid.body);
    }
    assert_eq!(stripe.counts().1, 2, "10 and 20");
    assert_eq!(world.operators(account, "cash:stripe").await, euros("5"));
    assert_eq!(world.owed(account).await, [("wallet".to_owned(), "-5.000000".to_owned())]);
    world.books_hold().await;
}

#[tokio::test]
async fn a_payment_whose_events_are_lost_is_found_by_asking_and_one_nobody_makes_is_given_up() {
    let world = World::new().await;
    let who = &world.child;
    let stripe = world.taking_payments();
    world.customer(who.account.sid).await;
    let (paid, id) = world.ready(who, &[("Amount", "25")]).await;
    let (forgotten, _) = world.ready(who, &[("Amount", "30")]).await;
    assert_eq!(world.app.follow_payments().await.unwrap(), 0, "not yet");
    stripe.pay(&id, 63);
    world.clock.advance(601);
    stripe.down(true);
    assert_eq!(world.app.follow_payments().await.unwrap(), 2);
    stripe.down(false);
    world.clock.advance(61);
    assert_eq!(world.app.follow_payments().await.unwrap(), 2);
    assert_eq!(world.payment(who, &paid).await["status"], "succeeded");
    assert_eq!(world.payment(who, &forgotten).await["status"], "open");
    for _ in 0..12 {
        world.clock.advance(6 * 3_600);
        world.app.follow_payments().await.unwrap();
    }
    assert_eq!(world.payment(who, &forgotten).await["status"], "cancelled");
    assert_eq!(world.app.follow_payments().await.unwrap(), 0, "nothing is expected any more");
    world.books_hold().await;
}

#[tokio::test]
async fn only_so_many_payments_wait_for_their_payer() {
    let config = AppConfig { sandbox: true, ..AppConfig::default() };
    let world = World::with(config, ApiConfig::default()).await;
    let who = &world.child;
    world.taking_payments();
    world.customer(who.account.sid).await;
    for _ in 0..20 {
        world.ready(who, &[("Amount", "25")]).await;
    }
    let more = world.post(who, &path(who, ".json"), &[("Amount", "25")]).await;
    assert_eq!(more.refused(), (400, 20_428));
}
