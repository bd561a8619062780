//! What follows an invoice that nobody pays, day by day; disputes, two persons for a credit note, and the end of a contract's money.

use flexio_domain::*;
use flexio_messaging::email::Outcome;
use serde_json::Value;

use super::invoices::paid;
use super::letters::of_invoice;
use super::world::{Customer as Caller, LOCAL, PERSON, World};

impl World {
    /// A customer with a contract in force, a number, and an invoice of 114.95 that is due on 2 January.
    pub(super) async fn indebted(&self, who: &Caller) -> String {
        self.customer(who.account.sid).await;
        self.in_debt(who).await
    }

    /// The same of a person.
    pub(super) async fn indebted_consumer(&self, who: &Caller) -> String {
        self.customer(who.account.sid).await;
        self.is_consumer(who.account.sid).await;
        self.in_debt(who).await
    }

    async fn in_debt(&self, who: &Caller) -> String {
        self.listening(who.account.sid).await;
        self.contracted(who).await;
        self.used(who.account.sid, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 1_000, "95")).await;
        let run = self.invoice("2026-11", false).await;
        assert_eq!((run.issued, run.refused), (1, 0), "{run:?}");
        self.rent(who, LOCAL).await;
        self.mail_leaves(&Outcome::Accepted).await;
        self.invoices(who).await[0]["sid"].as_str().unwrap().to_owned()
    }

    pub(super) async fn contracted(&self, who: &Caller) {
        let at = |rest: &str| format!("/2010-04-01/Accounts/{}/Subscription{rest}.json", who.sid());
        let offer = self.post(who, &at("/Offers"), &[]).await.ok().json();
        let form = [
            ("SummarySid", offer["summary_sid"].as_str().unwrap()),
            ("SummarySha256", offer["summary_sha256"].as_str().unwrap()),
            ("Accept", "true"),
            ("Statement", "I order with obligation to pay."),
            ("Terms", "general/2026-01"),
            ("Begin", "true"),
        ];
        assert_eq!(self.post(who, &at("/Orders"), &form).await.ok().json()["state"], "active");
    }

    /// The run of a night, seven o'clock in Brussels, and again: the second finds nothing to do. Then the mail leaves.
    pub(super) async fn night(&self, day: &str) -> flexio_app::DunningRun {
        self.clock.set(format!("{day}T06:00:00Z").parse().unwrap());
        let run = self.app.dun_invoices(false).await.unwrap();
        let again = self.app.dun_invoices(false).await.unwrap();
        assert_eq!((again.letters, again.suspended, again.closed, again.restored), (0, 0, 0, 0), "{day}");
        self.mail_leaves(&Outcome::Accepted).await;
        run
    }

    /// The kinds of letters about an invoice.
    async fn kinds(&self, who: &Caller, sid: &str) -> Vec<String> {
        let letters = self.letters(who, sid).await;
        letters.iter().map(|letter| letter["kind"].as_str().unwrap().to_owned()).collect()
    }

    async fn contract(&self, who: &Caller) -> Value {
        self.get(who, &format!("/2010-04-01/Accounts/{}/Subscription.json", who.sid())).await.ok().json()
    }

    /// What a text message is answered with, in each dialect.
    async fn texts(&self, who: &Caller) -> [(u16, u64); 2] {
        let form = [("From", "8640"), ("To", PERSON), ("Body", "x")];
        let native = format!("/restcomm/2012-04-24/Accounts/{}/SMS/Messages.json", who.sid());
        let twilio = format!("/2010-04-01/Accounts/{}/Messages.json", who.sid());
        [self.post(who, &native, &form).await.refused(), self.post(who, &twilio, &form).await.refused()]
    }

    async fn calls(&self, who: &Caller, to: &str) -> (u16, u64) {
        let form = [("From", LOCAL), ("To", to), ("Url", "https://app.test/call")];
        self.post(who, &format!("/2010-04-01/Accounts/{}/Calls.json", who.sid()), &form).await.refused()
    }

    async fn states(&self, who: &Caller) -> Vec<String> {
        let sid = self.contract(who).await["sid"].as_str().unwrap().to_owned();
        let told = self.told(who.account.sid, &sid).await;
        let state = |it: &Vec<(String, String)>| {
            it.iter().find(|(name, _)| name == "State").map(|(_, value)| value.clone()).unwrap()
        };
        told.iter().map(state).collect()
    }
}

/// To the suspension, a step a night.
async fn suspended(world: &World, who: &Caller) -> String {
    let sid = world.indebted(who).await;
    for (day, letters, suspended) in [
        ("2027-01-02", 0, 0),
        ("2027-01-04", 0, 0),
        ("2027-01-05", 1, 0),
        ("2027-01-19", 0, 0),
        ("2027-01-20", 1, 0),
        ("2027-02-03", 0, 0),
        ("2027-02-04", 1, 0),
        ("2027-02-18", 0, 0),
        ("2027-02-19", 0, 1),
    ] {
        let run = world.night(day).await;
        assert_eq!((run.letters, run.suspended, run.stuck), (letters, suspended, 0), "{day}: {run:?}");
    }
    sid
}

#[tokio::test]
async fn nobody_pays_until_the_service_is_suspended_and_then_somebody_does() {
    let world = World::mailing().await;
    let who = &world.child;
    let sid = suspended(&world, who).await;
    let kinds = world.kinds(who, &sid).await;
    assert_eq!(kinds, ["issue", "reminder", "notice", "warning", "suspension"]);
    let warning = &world.letters(who, &sid).await[3];
    assert_eq!((&warning["suspend_on"], &warning["amount"]), (&"2027-02-19".into(), &"114.95".into()));
    assert_eq!(warning["status"], "sent");
    assert!(warning["text"].as_str().unwrap().contains("19/02/2027"), "{warning}");
    let contract = world.contract(who).await;
    assert_eq!(
        (&contract["state"], &contract["suspended_for"], &contract["suspended_because_of"]),
        (&"suspended".into(), &"non_payment".into(), &sid.as_str().into())
    );
    assert_eq!(world.texts(who).await, [(403, 20_461); 2]);
    assert_eq!(world.calls(who, PERSON).await, (403, 20_461));
    assert_eq!(world.calls(who, "+3280012345").await.0, 201, "what is free goes on");
    let reserve = async |to: &str| {
        let mut leg = Call {
            account_sid: who.account.sid,
            direction: CallDirection::OutboundDial,
            to: to.parse().unwrap(),
            ..crate::calls::specimen()
        };
        flexio_app::legs::reserve(&world.app, &mut leg).await
    };
    assert_eq!(reserve(PERSON).await.unwrap_err().code, 20_461, "nor does a document call");
    assert!(reserve("112").await.is_ok(), "calls for help ask nobody");
    world.received(LOCAL, "still there?").await;

    world.app.take_payment(&paid("b1", "114.94", "260000000170")).await.unwrap();
    assert_eq!(world.contract(who).await["state"], "suspended", "a cent is missing");
    world.clock.advance(1);
    world.app.take_payment(&paid("b2", "0.01", "260000000170")).await.unwrap();
    assert_eq!(world.contract(who).await["state"], "active");
    assert_eq!(world.texts(who).await.map(|(status, _)| status), [200, 201]);
    assert_eq!(world.kinds(who, &sid).await.last().unwrap(), "restoration");
    assert_eq!(world.states(who).await, ["active", "suspended", "active"]);
    assert_eq!(world.night("2027-06-01").await.overdue, 0);
    assert!(world.app.prove_books(None).await.unwrap().holds());
}

#[tokio::test]
async fn what_is_in_dispute_is_not_asked_for_and_keeps_nobody_suspended() {
    let world = World::mailing().await;
    let who = &world.child;
    let sid = world.indebted(who).await;
    let path = of_invoice(who, &sid, "/Disputes.json");
    for wrong in [
        &[("Reason", "a"), ("Amount", "114.96")][..],
        &[("Reason", "a"), ("Amount", "0")],
        &[("Amount", "1")],
    ] {
        assert_eq!(world.post(who, &path, wrong).await.refused(), (400, 20_001), "{wrong:?}");
    }
    let part = world.post(who, &path, &[("Reason", "not ours"), ("Amount", "14.95")]).await.ok().text("sid");
    world.night("2027-01-05").await;
    let reminder = &world.letters(who, &sid).await[1];
    assert_eq!(reminder["amount"], "100.00");
    assert!(reminder["text"].as_str().unwrap().contains("14,95 EUR"), "{reminder}");
    for day in ["2027-01-20", "2027-02-04", "2027-02-19"] {
        world.night(day).await;
    }
    assert_eq!(world.contract(who).await["state"], "suspended");
    world.post(who, &path, &[("Reason", "the rest too")]).await.ok();
    assert_eq!(world.contract(who).await["state"], "active", "all of it is in dispute");
    assert_eq!(world.night("2027-03-10").await.letters, 0);

    let decided = format!("{}/{part}.json", path.trim_end_matches(".json"));
    let outcome = [("Outcome", "These calls were made by your phone.")];
    assert_eq!(world.post(who, &decided, &outcome).await.refused(), (403, 20_006));
    assert_eq!(world.post(&world.root, &decided, &outcome).await.ok().json()["status"], "closed");
    assert_eq!(world.post(&world.root, &decided, &outcome).await.refused(), (409, 20_409));
    assert_eq!(world.night("2027-03-11").await.letters, 1);
    let letters = world.letters(who, &sid).await;
    let last = letters.last().unwrap();
    assert_eq!((&last["kind"], &last["amount"]), (&"reminder".into(), &"14.95".into()), "it begins anew");
}

#[tokio::test]
async fn a_letter_that_does_not_arrive_is_written_again_and_then_posted() {
    let world = World::mailing().await;
    let who = &world.child;
    let sid = world.indebted(who).await;
    let refused = Outcome::Refused("550 no such user".to_owned());
    for (day, letters) in [("05", 1), ("06", 1), ("07", 1), ("08", 1), ("11", 1), ("12", 0)] {
        world.clock.set(format!("2027-01-{day}T06:00:00Z").parse().unwrap());
        let run = world.app.dun_invoices(false).await.unwrap();
        assert_eq!((run.letters, run.stuck), (letters, 1 - letters), "{day}: {run:?}");
        assert_eq!(world.app.dun_invoices(false).await.unwrap().letters, 0, "once a day");
        world.mail_leaves(&refused).await;
    }
    let path = of_invoice(who, &sid, "/Letters.json");
    let post = [("Channel", "post")];
    assert_eq!(world.post(who, &path, &post).await.refused(), (403, 20_006));
    let letter = world.post(&world.root, &path, &post).await.ok().json();
    assert_eq!((&letter["kind"], &letter["status"]), (&"reminder".into(), &"posted".into()), "{letter}");
    assert!(letter["to"].as_str().unwrap().contains("Kerkstraat 12, 9000 Gent"), "{letter}");
    assert_eq!(world.post(&world.root, &path, &post).await.refused().0, 422, "one a step");
    // Posted on Tuesday the 12th: the term begins on Friday the 15th, the third working day.
    assert_eq!(world.night("2027-01-28").await.letters, 0);
    assert_eq!(world.night("2027-01-29").await.letters, 1);
    assert_eq!(world.kinds(who, &sid).await.last().unwrap(), "notice");
}

#[tokio::test]
async fn without_a_contract_nobody_is_warned_and_without_mail_nobody_is_reminded() {
    let world = World::mailing().await;
    let who = &world.child;
    world.customer(who.account.sid).await;
    world.used(who.account.sid, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 1_000, "95")).await;
    world.invoice("2026-11", false).await;
    world.mail_leaves(&Outcome::Accepted).await;
    world.night("2027-01-05").await;
    world.night("2027-01-20").await;
    let run = world.night("2027-02-04").await;
    assert_eq!((run.letters, run.stuck), (0, 1));
    assert!(run.reasons[0].1.contains("no subscription"), "{run:?}");

    let mute = World::new().await;
    let who = &mute.child;
    mute.customer(who.account.sid).await;
    mute.used(who.account.sid, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 1_000, "95")).await;
    mute.invoice("2026-11", false).await;
    let run = mute.night("2027-01-05").await;
    assert_eq!(run.reasons, [("2026-000001".to_owned(), "This installation sends no e-mail.".to_owned())]);
}

#[tokio::test]
async fn a_suspension_by_hand_needs_a_warning_or_a_reason_that_needs_none() {
    let world = World::mailing().await;
    let who = &world.child;
    let sid = world.indebted(who).await;
    let at = |rest: &str| format!("/2010-04-01/Accounts/{}/Subscription{rest}.json", who.sid());
    let suspend =
        async |by: &Caller, reason: &str| world.post(by, &at("/Suspension"), &[("Reason", reason)]).await;
    assert_eq!(suspend(who, "fraud_hold").await.refused(), (403, 20_006));
    assert_eq!(suspend(&world.root, "whim").await.refused(), (400, 20_001));
    assert_eq!(suspend(&world.root, "non_payment").await.refused(), (409, 20_464), "no warning");
    let held = suspend(&world.root, "fraud_hold").await.ok().json();
    assert_eq!((&held["state"], &held["suspended_for"]), (&"suspended".into(), &"fraud_hold".into()));
    assert_eq!(suspend(&world.root, "fraud_hold").await.refused(), (409, 20_452), "it is");
    assert_eq!(world.texts(who).await, [(403, 20_461); 2]);
    world.app.take_payment(&paid("b1", "114.95", "260000000170")).await.unwrap();
    assert_eq!(world.contract(who).await["state"], "suspended", "money does not lift a hold");
    assert_eq!(world.kinds(who, &sid).await, ["issue"]);
    // Leaving later does not open what is held.
    let asked = world.post(who, &at("/Cancellations"), &[("EndsAt", "2027-01-31T00:00:00Z")]).await.ok();
    let token = asked.text("token");
    world.post(who, &at("/Cancellations/Confirm"), &[("Token", &token)]).await.ok();
    assert_eq!(world.texts(who).await, [(403, 20_461); 2]);

    let other = &world.sibling;
    world.customer(other.account.sid).await;
    world.contracted(other).await;
    let base = format!("/2010-04-01/Accounts/{}/Subscription", other.sid());
    let hold = [("Reason", "identity_lapse"), ("Note", "moved")];
    world.post(&world.root, &format!("{base}/Suspension.json"), &hold).await.ok();
    let restore = format!("{base}/Restoration.json");
    assert_eq!(world.post(other, &restore, &[]).await.refused(), (403, 20_006));
    assert_eq!(world.post(&world.root, &restore, &[]).await.ok().json()["state"], "active");
    assert_eq!(world.texts(other).await.map(|(status, _)| status), [200, 201]);
}

#[tokio::test]
async fn a_contract_that_stays_unpaid_ends_and_its_last_invoice_is_out_after_the_grace() {
    let world = World::mailing().await;
    let who = &world.child;
    let sid = suspended(&world, who).await;
    assert_eq!(world.night("2027-04-19").await.closed, 0);
    assert_eq!(world.night("2027-04-20").await.closed, 1);
    assert_eq!(world.kinds(who, &sid).await.last().unwrap(), "closing");
    assert_eq!(world.contract(who).await["state"], "closing");
    world.app.end_subscriptions().await.unwrap();
    let owner = world.app.store.number_owner(&LOCAL.parse().unwrap()).await.unwrap();
    assert!(owner.is_none(), "its numbers are released");
    assert_eq!(world.contract(who).await["state"], "closing", "late events may come");
    for month in ["2026-12", "2027-01", "2027-02", "2027-03"] {
        world.app.close_month(month.parse().unwrap()).await.unwrap();
    }
    world.clock.set("2027-04-23T07:00:00Z".parse().unwrap());
    world.app.end_subscriptions().await.unwrap();
    assert_eq!(world.contract(who).await["state"], "closed");
    assert_eq!(world.states(who).await, ["active", "suspended", "closing", "closed"]);
    let last = world.invoices(who).await[0].clone();
    assert_eq!(last["month"], "2027-04");
    let lines = world.get(who, &of_invoice(who, last["sid"].as_str().unwrap(), ".json")).await.ok().json();
    let april =
        lines["lines"].as_array().unwrap().iter().find(|line| line["month"] == "2027-04").unwrap().clone();
    assert_eq!((&april["item"], &april["quantity"]), (&"number.fixed".into(), &"20".into()));
    assert_eq!(world.texts(who).await, [(403, 20_454); 2]);
    // The month makes the same charges again, and no second invoice.
    let before = world.owed(who.account.sid).await;
    let run = world.invoice("2027-04", false).await;
    assert_eq!((run.issued, run.already), (0, 1));
    assert_eq!(world.owed(who.account.sid).await, before);
}

#[tokio::test]
async fn what_is_left_of_a_wallet_is_paid_back_once() {
    let world = World::mailing().await;
    let who = &world.child;
    world.indebted(who).await;
    world.app.take_payment(&paid("b1", "120", "260000000170")).await.unwrap();
    let used = UsageEvent {
        kind: UsageKind::SmsOut,
        item: "sms.out".to_owned(),
        billed: 10,
        amount: "0.95".parse().unwrap(),
        plan: world.app.rater().plan().label().to_owned(),
        month: "2026-12".to_owned(),
        day: "2026-12-05".to_owned(),
        ..flexio_store::contract::usage(who.account.sid, "SM2:accepted")
    };
    let posting = flexio_billing::ledger::posting_for(&used, Currency::EUR).unwrap();
    let set = flexio_store::ChangeSet::from(flexio_store::Change::AddUsage(used));
    world.store().commit(set.with(flexio_store::Change::Post(posting))).await.unwrap();
    world.clock.set("2026-12-10T12:00:00Z".parse().unwrap());
    let at = |rest: &str| format!("/2010-04-01/Accounts/{}/Subscription{rest}.json", who.sid());
    let token = world.post(who, &at("/Cancellations"), &[]).await.ok().text("token");
    world.post(who, &at("/Cancellations/Confirm"), &[("Token", &token)]).await.ok();
    let payouts = format!("/2010-04-01/Accounts/{}/Payouts", world.root.sid());
    let listed = async || {
        let all = world.get(&world.root, &format!("{payouts}.json")).await.ok().json();
        all["payouts"].as_array().unwrap().clone()
    };
    assert!(listed().await.is_empty());
    world.clock.set("2026-12-13T12:00:01Z".parse().unwrap());
    world.app.end_subscriptions().await.unwrap();
    world.app.end_subscriptions().await.unwrap();
    // 5.05 were paid too much; ten texts and eight days of a number (0.21) are 1.16, with 21 % 1.40.
    let last = world.invoices(who).await[0].clone();
    assert_eq!(
        (&last["gross"], &last["prepaid"], &last["open"]),
        (&"1.40".into(), &"1.40".into(), &"0.00".into())
    );
    let due = listed().await;
    assert_eq!((due.len(), &due[0]["amount"], &due[0]["status"]), (1, &"3.650000".into(), &"due".into()));
    let refund = world.owed(who.account.sid).await;
    assert_eq!(refund.iter().map(|(_, amount)| amount.as_str()).collect::<Vec<_>>(), ["-3.650000"]);
    let path = format!("/2010-04-01/Accounts/{}/Payouts/{}.json", who.sid(), due[0]["sid"].as_str().unwrap());
    assert_eq!(world.post(who, &path, &[("Reference", "b9")]).await.refused(), (403, 20_006));
    let done = world.post(&world.root, &path, &[("Reference", "b9")]).await.ok().json();
    assert_eq!((&done["status"], &done["reference"]), (&"paid".into(), &"b9".into()));
    assert_eq!(world.post(&world.root, &path, &[("Reference", "b9")]).await.ok().json(), done);
    assert_eq!(world.post(&world.root, &path, &[("Reference", "b10")]).await.refused(), (409, 20_409));
    assert!(world.owed(who.account.sid).await.is_empty());
    assert!(world.app.prove_books(None).await.unwrap().holds());
}

#[tokio::test]
async fn a_large_credit_note_takes_two_persons() {
    let world = World::mailing().await;
    let who = &world.grandchild;
    world.customer(who.account.sid).await;
    world.used(who.account.sid, "SM1:accepted", (UsageKind::SmsOut, "sms.out", 10_000, "950")).await;
    world.invoice("2026-11", false).await;
    let sid = world.invoices(who).await[0]["sid"].as_str().unwrap().to_owned();
    let whole = [("Reason", "a fault of ours")];
    let path = |rest: &str| of_invoice(who, &sid, rest);
    assert_eq!(world.post(&world.root, &path("/CreditNotes.json"), &whole).await.refused(), (403, 20_463));
    let part = [("Reason", "a part"), ("Line", "1"), ("Amount", "400.00")];
    world.post(&world.root, &path("/CreditNotes.json"), &part).await.ok();
    assert_eq!(world.post(who, &path("/CreditRequests.json"), &whole).await.refused(), (403, 20_006));
    let asked = world.post(&world.root, &path("/CreditRequests.json"), &whole).await.ok().json();
    assert_eq!((&asked["status"], &asked["gross"]), (&"waiting".into(), &"665.50".into()), "{asked}");
    let decide = path(&format!("/CreditRequests/{}.json", asked["sid"].as_str().unwrap()));
    let yes = [("Approve", "true")];
    assert_eq!(world.post(&world.root, &decide, &yes).await.refused(), (403, 20_463), "who asked");
    assert_eq!(world.post(who, &decide, &yes).await.refused(), (403, 20_006), "the customer");
    assert_eq!(world.invoices(who).await.len(), 2);
    let approved = world.post(&world.child, &decide, &yes).await.ok().json();
    assert_eq!(
        (&approved["status"], &approved["decided_by"]),
        (&"approved".into(), &world.child.sid().into())
    );
    let note = world.invoices(who).await[0].clone();
    assert_eq!((&note["sid"], &note["gross"]), (&approved["credit_note_sid"], &"665.50".into()));
    assert_eq!(world.post(&world.child, &decide, &yes).await.refused(), (409, 20_409));
    assert!(world.app.prove_books(None).await.unwrap().holds());
}

#[tokio::test]
async fn what_nobody_will_pay_is_written_off_and_stands_again_when_somebody_does() {
    let world = World::mailing().await;
    let who = &world.child;
    let sid = world.indebted(who).await;
    let path = format!("/restcomm/2012-04-24/Accounts/{}/Invoices/{sid}/WriteOffs.json", who.sid());
    let why = [("Reason", "Bankrupt")];
    assert_eq!(world.post(who, &path, &why).await.refused().0, 403, "not by who owes");
    let back = [("Reason", "Paid by the curator"), ("Back", "true")];
    assert_eq!(world.post(&world.root, &path, &back).await.refused().0, 422, "nothing is written off");
    let open = async || world.invoices(who).await[0]["open"].to_string();
    let owed = open().await;
    world.post(&world.root, &path, &why).await.ok();
    assert!(open().await.contains("0.00"), "{}", open().await);
    assert_eq!(world.post(&world.root, &path, &why).await.refused().0, 422, "nothing is open");
    assert_eq!(world.night("2027-03-01").await.letters, 0, "nobody is asked for it");
    world.post(&world.root, &path, &back).await.ok();
    assert_eq!(open().await, owed);
    assert_eq!(world.post(&world.root, &path, &back).await.refused().0, 422, "once");
    world.post(&world.root, &path, &why).await.ok();
    assert!(world.app.prove_books(None).await.unwrap().holds());
    let csv = path.replace("/WriteOffs.json", ".csv");
    let focus = world.get(who, &format!("{csv}?Form=focus")).await.ok().body;
    assert!(focus.starts_with("AvailabilityZone") || focus.contains("BilledCost"), "{focus}");
    assert_eq!(world.get(who, &format!("{csv}?Form=x")).await.status, 400);
}
