//! Nights under a clock that is moved.

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, UsageFilter};

use crate::tests::world::{COMPANY, Customer, LOCAL, PERSON, World};

fn path(who: &Customer, rest: &str) -> String {
    format!("/restcomm/2012-04-24/Accounts/{}/{rest}.json", who.sid())
}

impl World {
    /// The night of a day, in Brussels.
    async fn retained_by(&self, day: &str) -> bool {
        self.clock.set(format!("{day}T04:00:00Z").parse().unwrap());
        self.app.retain_if_due().await.unwrap()
    }

    /// A use of a day with its posting, and a call like it.
    async fn used_on(&self, who: &Customer, day: &str) -> UsageEvent {
        let at: Timestamp = format!("{day}T12:00:00Z").parse().unwrap();
        let call = Call {
            sid: CallSid::new(),
            version: 1,
            account_sid: who.account.sid,
            from: LOCAL.parse().unwrap(),
            to: PERSON.parse().unwrap(),
            status: CallStatus::Completed,
            created_at: at,
            ..crate::calls::specimen()
        };
        let event = UsageEvent {
            to: PERSON.to_owned(),
            day: day.to_owned(),
            month: day[..7].to_owned(),
            at,
            resource: call.sid.to_string(),
            ..flexio_store::contract::usage(who.account.sid, &format!("{}:leg", call.sid))
        };
        let changes = ChangeSet::from(Change::AddUsage(event.clone()))
            .with(Change::Post(flexio_store::contract::posting(&event)))
            .with(Change::AddTimeline(vec![flexio_store::contract::timeline(&call, 0)]))
            .with(Change::CreateCall(call));
        self.store().commit(changes).await.unwrap();
        event
    }

    async fn numbers_called(&self, who: &Customer) -> Vec<String> {
        let events = self.store().usage_events(who.account.sid, &UsageFilter::default(), 100).await.unwrap();
        events.into_iter().map(|event| event.to).collect()
    }
}

#[tokio::test]
async fn numbers_lose_digits_by_their_terms_and_charges_are_rated_as_before() {
    let world = World::new().await;
    let who = &world.child;
    let first = world.used_on(who, "2026-11-20").await;
    world.used_on(who, "2026-12-20").await;
    let call: CallSid = first.resource.parse().unwrap();
    let explained = || async { world.app.explain(who.account.sid, &first.resource).await.unwrap() };
    let before = explained().await;
    assert!(world.retained_by("2027-03-19").await);
    assert!(!world.retained_by("2027-03-19").await, "once a night");
    assert_eq!(world.store().timeline(who.account.sid, call).await.unwrap().len(), 1);
    assert!(world.retained_by("2027-03-21").await);
    assert_eq!(world.store().timeline(who.account.sid, call).await.unwrap(), [], "four months");
    assert!(world.retained_by("2027-06-03").await);
    assert_eq!(
        world.numbers_called(who).await,
        [PERSON, PERSON],
        "six months after the invoice of the third of December"
    );
    assert!(world.retained_by("2027-06-04").await);
    assert_eq!(world.numbers_called(who).await, ["+32470123400", PERSON]);
    let kept = world.store().call(who.account.sid, call).await.unwrap().unwrap();
    assert_eq!(kept.to.to_string(), "+32470123400");
    assert!(world.retained_by("2028-12-04").await);
    assert_eq!(world.numbers_called(who).await, ["+32470000000", "+32470123400"]);
    let after = explained().await;
    assert_eq!(after[0].rerated, before[0].rerated);
    assert_eq!(after[0].event.amount, before[0].event.amount);
    let proof = world.store().ledger_proof().await.unwrap();
    assert_eq!((proof.sum, proof.unposted), (Money::ZERO, 0));
    let report = world.get(&world.root, &path(&world.root, "Retention")).await.ok().json();
    assert_eq!(report["last_night"], "2028-12-04");
    let gone: Vec<&str> =
        report["gone"].as_array().unwrap().iter().map(|it| it["class"].as_str().unwrap()).collect();
    assert!(gone.contains(&"numbers") && gone.contains(&"numbers_rest"), "{report:#}");
    assert_eq!(world.get(who, &path(who, "Retention")).await.refused().0, 403);
}

#[tokio::test]
async fn what_is_in_dispute_keeps_its_numbers_for_as_long() {
    let world = World::new().await;
    let who = &world.child;
    world.post(who, &path(who, "Customer"), &COMPANY).await.ok();
    world.used_on(who, "2026-11-20").await;
    let invoice = flexio_store::contract::invoice(who.account.sid, 1, "2026-11");
    let issue = flexio_store::InvoiceChange::Issue {
        invoice: Box::new(invoice.clone()),
        series: "2026".to_owned(),
        sequence: 1,
        supplies: Vec::new(),
    };
    world.store().commit(Change::from(issue).into()).await.unwrap();
    let disputes = path(who, &format!("Invoices/{}/Disputes", invoice.sid));
    let dispute = [("Reason", "I was not there"), ("Amount", "0.50")];
    let dispute = world.post(who, &disputes, &dispute).await.ok().text("sid");
    world.retained_by("2027-07-10").await;
    assert_eq!(world.numbers_called(who).await, [PERSON], "open");
    let close = path(who, &format!("Invoices/{}/Disputes/{dispute}", invoice.sid));
    world.post(&world.root, &close, &[("Outcome", "You were")]).await.ok();
    world.retained_by("2028-01-09").await;
    assert_eq!(world.numbers_called(who).await, [PERSON], "six months from its end");
    world.retained_by("2028-01-11").await;
    assert_eq!(world.numbers_called(who).await, ["+32470123400"]);
}

#[tokio::test]
async fn texts_go_in_the_night_unless_the_account_searches_them_and_a_hold_keeps_all() {
    let world = World::new().await;
    let one = &world.child;
    world.rent(one, LOCAL).await;
    let mine = world.received(LOCAL, "geheim").await;
    let close =
        |message: Message| Change::UpdateMessage(Message { status: MessageStatus::Received, ..message });
    world.store().commit(close(mine.clone()).into()).await.unwrap();
    let account = format!("/restcomm/2012-04-24/Accounts/{}.json", one.sid());
    assert_eq!(world.post(one, &account, &[("MessageDays", "8")]).await.refused().0, 400);
    world.post(one, &account, &[("MessageDays", "2")]).await.ok();
    let body = || async { world.store().message(one.account.sid, mine.sid).await.unwrap().unwrap().body.0 };
    assert!(world.retained_by("2026-11-24").await);
    assert_eq!(body().await, "geheim", "it was asked for two days");
    let on = flexio_store::contract::legal_hold(one.account.sid, None);
    world
        .store()
        .commit(Change::from(flexio_store::ErasureChange::CreateHold(on.clone())).into())
        .await
        .unwrap();
    assert!(world.retained_by("2026-11-27").await);
    assert_eq!(body().await, "geheim", "a hold stands");
    let lifted = LegalHold { state: LegalHoldState::Lifted, ..on };
    world.store().commit(Change::from(flexio_store::ErasureChange::UpdateHold(lifted)).into()).await.unwrap();
    assert!(world.retained_by("2026-11-28").await);
    assert_eq!(body().await, "");
}

#[tokio::test]
async fn a_message_without_a_receipt_or_ahead_of_its_time_keeps_no_other() {
    let world = World::new().await;
    let (one, account) = (&world.child, world.child.account.sid);
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", one.sid());
    let send = async |body: &str, status| {
        let form = [("From", "8640"), ("To", PERSON), ("Body", body)];
        let sid: MessageSid = world.post(one, &path, &form).await.ok().text("sid").parse().unwrap();
        let sent = world.store().message(account, sid).await.unwrap().unwrap();
        let sent = Message { status, next_attempt_at: None, ..sent };
        world.store().commit(Change::UpdateMessage(sent).into()).await.unwrap();
        sid
    };
    let scheduled = send("later", MessageStatus::Scheduled).await;
    let later = world.store().message(account, scheduled).await.unwrap().unwrap();
    let send_at = Some("2026-12-20T10:00:00Z".parse().unwrap());
    world.store().commit(Change::UpdateMessage(Message { send_at, ..later }).into()).await.unwrap();
    let unheard = send("no receipt", MessageStatus::Sent).await;
    let heard = send("received", MessageStatus::Delivered).await;
    let body = async |sid| world.store().message(account, sid).await.unwrap().unwrap().body.0;
    assert!(world.retained_by("2026-12-01").await);
    assert_eq!(
        (body(scheduled).await, body(unheard).await, body(heard).await),
        ("later".into(), String::new(), String::new())
    );
    let later = world.store().message(account, scheduled).await.unwrap().unwrap();
    let over = Message { status: MessageStatus::Delivered, ..later };
    world.store().commit(Change::UpdateMessage(over).into()).await.unwrap();
    assert!(world.retained_by("2026-12-02").await);
    assert_eq!(body(scheduled).await, "", "it was waited for");
}

#[tokio::test]
async fn what_a_message_carries_goes_with_its_text() {
    let world = World::new().await;
    let (one, account) = (&world.child, world.child.account.sid);
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", one.sid());
    let picture = [("From", "8640"), ("To", PERSON), ("MediaUrl", "https://a.test/table.gif")];
    let sid = world.post(one, &path, &picture).await.ok().text("sid").parse().unwrap();
    let sent = world.store().message(account, sid).await.unwrap().unwrap();
    let delivered = Message { status: MessageStatus::Delivered, next_attempt_at: None, ..sent };
    world.store().commit(Change::UpdateMessage(delivered).into()).await.unwrap();
    let left = async || world.app.count_medias(account, &flexio_store::MediaFilter::default()).await.unwrap();
    let own = format!("/restcomm/2012-04-24/Accounts/{}.json", one.sid());
    world.post(one, &own, &[("MessageDays", "2")]).await.ok();
    assert!(world.retained_by("2026-11-24").await);
    assert_eq!(left().await, 1);
    assert!(world.retained_by("2026-11-28").await);
    assert_eq!(left().await, 0);
}

#[tokio::test]
async fn books_whose_years_are_over_go_and_what_they_came_to_is_carried_forward() {
    use flexio_store::{ContractChange, LedgerChange};
    let world = World::new().await;
    let (who, left) = (&world.child, &world.sibling);
    world.clock.set("2026-11-10T11:00:00Z".parse().unwrap());
    for customer in [who, left] {
        assert_eq!(world.order(customer, &COMPANY).await, "active");
        world.called(customer, "2026-11-11T10:00:00Z", 600).await;
    }
    world.invoice("2026-11", false).await;
    // One has paid and left; the other has not paid.
    let paid = world.newest_invoice(left).await;
    let (gross, words) = (paid["gross"].as_str().unwrap(), paid["communication"].as_str().unwrap());
    world.app.take_payment(&crate::tests::invoices::paid("b1", gross, words)).await.unwrap();
    let contract = world.store().subscription(left.account.sid).await.unwrap().unwrap();
    let at = world.app.clock.now();
    let over = Subscription { state: SubscriptionState::Closed, closed_at: Some(at), ..contract };
    world.store().commit(Change::from(ContractChange::UpdateSubscription(over)).into()).await.unwrap();
    world.app.seal_ledger().await.unwrap();
    // Twenty years later.
    world.clock.set("2046-12-20T10:00:00Z".parse().unwrap());
    world.called(who, "2046-12-20T10:00:00Z", 60).await;
    world.app.seal_ledger().await.unwrap();
    let balances = async |who: &Customer| world.store().balances(who.account.sid).await.unwrap();
    let before = (balances(who).await, balances(left).await);
    let sound = async || {
        let proof = world.app.prove_books(None).await.unwrap();
        assert!(proof.holds(), "{proof:?}");
        proof
    };
    let whole = sound().await;
    assert!(world.retained_by("2047-01-02").await);
    assert_eq!((balances(who).await, balances(left).await), before, "balances are what they were");
    let kept = sound().await;
    assert!(kept.transactions < whole.transactions && kept.seals == whole.seals, "{whole:?}\n{kept:?}");
    assert_eq!(kept.last_seal, whole.last_seal);
    let uses = async |who: &Customer| {
        world.store().usage_events(who.account.sid, &UsageFilter::default(), 100).await.unwrap().len()
    };
    assert_eq!((uses(who).await, uses(left).await), (1, 0), "what was used in 2046 is there");
    assert_eq!(world.invoices(who).await.len(), 1, "what is owed is kept");
    assert_eq!(world.invoices(left).await.len(), 0);
    assert_eq!(world.store().subscription(left.account.sid).await.unwrap(), None);
    assert!(world.store().pins(left.account.sid, 10).await.unwrap().is_empty());
    assert!(world.store().subscription(who.account.sid).await.unwrap().is_some());
    let report = world.get(&world.root, &path(&world.root, "Retention")).await.ok().json();
    assert!(report["gone"].as_array().unwrap().iter().any(|it| it["class"] == "books"), "{report:#}");
    // The chain goes on, and what was carried cannot be altered in silence.
    world.called(who, "2047-01-02T10:00:00Z", 60).await;
    world.app.seal_ledger().await.unwrap();
    assert_eq!(sound().await.seals, whole.seals + 1);
    let carried = world.store().carried().await.unwrap().unwrap();
    let opening = LedgerOpening {
        account_sid: who.account.sid,
        ledger_account: "goodwill".to_owned(),
        amount: Money::from_micros(1),
    };
    let behind = carried.seal.number;
    let forged = LedgerCarried { version: carried.version + 1, ..carried };
    let change = LedgerChange::Carry { carried: Box::new(forged), behind, openings: vec![opening] };
    world.store().commit(Change::from(change).into()).await.unwrap();
    let proof = world.app.prove_books(None).await.unwrap();
    for check in ["sum", "balances", "chain"] {
        assert_eq!(proof.faults(check).map(|it| it.count), Some(1), "{check}: {proof:?}");
    }
}

#[tokio::test]
async fn old_books_wait_for_a_legal_hold() {
    let world = World::new().await;
    let who = &world.child;
    world.used_on(who, "2026-11-20").await;
    world.clock.set("2026-11-20T13:00:00Z".parse().unwrap());
    world.app.seal_ledger().await.unwrap();
    world.clock.set("2046-12-20T10:00:00Z".parse().unwrap());
    world.used_on(who, "2046-12-20").await;
    world.app.seal_ledger().await.unwrap();
    let hold = flexio_store::contract::legal_hold(world.sibling.account.sid, None);
    world
        .store()
        .commit(Change::from(flexio_store::ErasureChange::CreateHold(hold.clone())).into())
        .await
        .unwrap();
    assert!(world.retained_by("2047-01-02").await);
    assert_eq!(
        world.store().carried().await.unwrap(),
        None,
        "held by another account's hold: the ledger is one"
    );
    let lifted = LegalHold { state: LegalHoldState::Lifted, ..hold };
    world.store().commit(Change::from(flexio_store::ErasureChange::UpdateHold(lifted)).into()).await.unwrap();
    assert!(world.retained_by("2047-01-03").await);
    assert_eq!(world.store().carried().await.unwrap().map(|it| it.postings), Some(1));
    assert!(world.app.prove_books(None).await.unwrap().holds());
}

#[tokio::test]
async fn who_never_ordered_is_forgotten_some_months_after_the_account_was_closed() {
    let world = World::new().await;
    let who = &world.child;
    world.clock.set("2026-11-10T11:00:00Z".parse().unwrap());
    let native = |rest: &str| format!("/restcomm/2012-04-24/Accounts/{}{rest}.json", who.sid());
    world.post(who, &native("/Customer"), &COMPANY).await.ok();
    world.post(who, &native("/Subscription/Offers"), &[]).await.ok();
    let is_known = async || world.store().customer(who.account.sid).await.unwrap().is_some();
    assert!(world.retained_by("2028-01-02").await && is_known().await, "the account is open");
    world.post(&world.root, &native(""), &[("Status", "closed")]).await.ok();
    assert!(world.retained_by("2028-12-30").await && is_known().await, "not yet twelve months");
    assert!(world.retained_by("2029-01-03").await && !is_known().await);
}
