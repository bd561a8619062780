//! Plans, customers, subscriptions, pins.

use super::*;
use crate::{Change as C, ContractChange as S, StoreError};
use flexio_domain::*;

fn customer(account_sid: AccountSid) -> Customer {
    Customer {
        account_sid,
        version: 1,
        kind: CustomerKind::Small,
        legal_name: "Bakkerij Peeters".to_owned(),
        legal_form: "BV".to_owned(),
        address: PostalAddress {
            street: "Stationsstraat 1".to_owned(),
            post_code: "9000".to_owned(),
            city: "Gent".to_owned(),
            country: "BE".to_owned(),
        },
        enterprise_number: Some("0202239951".parse().unwrap()),
        vat_number: Some("BE0202239951".to_owned()),
        language: Language::Nl,
        invoice_email: "facturen@example.be".to_owned(),
        notice_email: None,
        peppol: Some("0208:0202239951".to_owned()),
        reference: Some("PO 7".to_owned()),
        iban: "BE68539007547034".parse().ok(),
        large_print: true,
        event_webhook: Some(Webhook { url: "https://app.test/e".to_owned(), method: HttpMethod::Post }),
        vat_check: None,
        vat_evidence: Vec::new(),
        identified_at: Some(at(3)),
        waived_at: None,
        created_at: at(0),
        updated_at: at(1),
    }
}

pub(super) fn contract(account_sid: AccountSid) -> Subscription {
    Subscription {
        sid: SubscriptionSid::new(),
        version: 1,
        account_sid,
        state: SubscriptionState::Offered,
        offer: Offer {
            summary_sid: SummarySid::new(),
            summary_sha256: "ab".repeat(32),
            plan: "flexio-be/1".to_owned(),
            plan_sha256: "cd".repeat(32),
            language: Language::Fr,
            issued_at: at(0),
            valid_until: at(9),
            promotions: vec![promotion("welcome")],
        },
        ordered_at: Some(at(2)),
        activated_at: Some(at(3)),
        ends_at: None,
        closed_at: None,
        suspension: Some(Suspension {
            reason: SuspensionReason::FraudHold,
            invoice_sid: None,
            note: "calls to one number".to_owned(),
            by: "US1".to_owned(),
            at: at(4),
        }),
        withdrawal: Some(Withdrawal { until: at(14), begun_at: Some(at(2)), used_at: None }),
        created_at: at(0),
        updated_at: at(1),
    }
}

fn pin(contract: &Subscription, item: Option<&str>, second: i64) -> PricePin {
    PricePin {
        sid: PinSid::new(),
        subscription_sid: contract.sid,
        account_sid: contract.account_sid,
        item: item.map(str::to_owned),
        valid_from: at(second),
        valid_until: Some(at(second + 9)),
        plan: "flexio-be/1".to_owned(),
        reason: PinReason::Notice,
        notice_sid: Some(PriceNoticeSid::new()),
        created_at: at(0),
    }
}

async fn write(store: &Arc<dyn Store>, change: S) -> Result<(), StoreError> {
    try_put(store, change.into()).await
}

pub async fn a_plan_version_is_published_once(store: Arc<dyn Store>) {
    let plan = |version, text: &str| PublishedPlan {
        id: "flexio-be".to_owned(),
        version,
        sha256: "ab".repeat(32),
        text: text.to_owned(),
        published_at: at(0),
    };
    assert_eq!(store.plans(10).await.unwrap(), []);
    for (version, text) in [(10, "ten"), (2, "two")] {
        write(&store, S::PublishPlan(plan(version, text))).await.unwrap();
    }
    assert!(is_conflict(&write(&store, S::PublishPlan(plan(2, "other"))).await));
    assert_eq!(store.plans(10).await.unwrap(), [plan(2, "two"), plan(10, "ten")]);
    let id = plan(2, "two").id;
    assert_eq!(store.plan_labels(10).await.unwrap(), [(id.clone(), 2), (id.clone(), 10)]);
    assert_eq!(store.plan(&id, 10).await.unwrap(), Some(plan(10, "ten")));
    assert_eq!(store.plan(&id, 3).await.unwrap(), None);
    let retired = PlanRetirement {
        id,
        version: 2,
        reason: "a price was wrong".to_owned(),
        by: "operator".to_owned(),
        at: at(1),
    };
    assert_eq!(store.plan_retirements(10).await.unwrap(), []);
    write(&store, S::RetirePlan(retired.clone())).await.unwrap();
    assert!(is_conflict(
        &write(&store, S::RetirePlan(PlanRetirement { at: at(2), ..retired.clone() })).await
    ));
    assert_eq!(store.plan_retirements(10).await.unwrap(), [retired]);
}

pub async fn a_customer_and_a_contract_read_as_they_were_written(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    assert_eq!(
        (store.customer(owner).await.unwrap(), store.subscription(owner).await.unwrap()),
        (None, None)
    );
    let (who, made) = (customer(owner), contract(owner));
    write(&store, S::CreateCustomer(who.clone())).await.unwrap();
    write(&store, S::CreateSubscription(made.clone())).await.unwrap();
    assert!(is_conflict(&write(&store, S::CreateCustomer(who.clone())).await));
    assert_eq!(store.customer(owner).await.unwrap(), Some(who.clone()));
    assert_eq!(store.subscription(owner).await.unwrap(), Some(made.clone()));
    let account: Iban = "BE68539007547034".parse().unwrap();
    assert_eq!(store.payers_from(&account, 10).await.unwrap(), [owner]);
    let moved = Customer { legal_name: "Peeters".to_owned(), iban: None, ..who };
    write(&store, S::UpdateCustomer(moved.clone())).await.unwrap();
    assert_eq!(store.payers_from(&account, 10).await.unwrap(), []);
    assert!(is_conflict(&write(&store, S::UpdateCustomer(moved.clone())).await));
    assert_eq!(store.customer(owner).await.unwrap(), Some(Customer { version: 2, ..moved }));
    let active = Subscription { state: SubscriptionState::Active, ..made };
    write(&store, S::UpdateSubscription(active.clone())).await.unwrap();
    assert!(is_conflict(&write(&store, S::UpdateSubscription(active.clone())).await));
    assert_eq!(store.subscription(owner).await.unwrap(), Some(Subscription { version: 2, ..active }));
}

pub async fn an_account_has_one_contract_that_is_not_over(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (first, second) = (contract(owner), contract(owner));
    write(&store, S::CreateSubscription(first.clone())).await.unwrap();
    assert!(is_conflict(&write(&store, S::CreateSubscription(second.clone())).await));
    write(&store, S::CreateSubscription(contract(AccountSid::new()))).await.unwrap();
    let over = Subscription { state: SubscriptionState::Closed, closed_at: Some(at(5)), ..first };
    write(&store, S::UpdateSubscription(over.clone())).await.unwrap();
    assert_eq!(store.subscription(owner).await.unwrap(), Some(Subscription { version: 2, ..over }));
    write(&store, S::CreateSubscription(second.clone())).await.unwrap();
    assert_eq!(store.subscription(owner).await.unwrap(), Some(second));
}

pub async fn contracts_whose_end_has_come_are_found(store: Arc<dyn Store>) {
    let closing = |second| Subscription {
        state: SubscriptionState::Closing,
        ends_at: Some(at(second)),
        ..contract(AccountSid::new())
    };
    let (late, early, future) = (closing(20), closing(10), closing(30));
    // One that is over has an end, and is not waited for.
    let over = Subscription { state: SubscriptionState::Closed, ..closing(5) };
    for made in [&late, &early, &future, &over] {
        write(&store, S::CreateSubscription(made.clone())).await.unwrap();
    }
    assert_eq!(store.ended_subscriptions(at(20), 10).await.unwrap(), [early.clone(), late]);
    assert_eq!(store.ended_subscriptions(at(20), 1).await.unwrap(), [early]);
}

fn accepted(made: &Subscription, summary: &Summary) -> Acceptance {
    Acceptance {
        subscription_sid: made.sid,
        account_sid: made.account_sid,
        user: made.account_sid.to_string(),
        plan: "flexio-be/1".to_owned(),
        plan_sha256: "cd".repeat(32),
        summary_sid: summary.sid,
        summary_sha256: summary.sha256.clone(),
        language: Language::De,
        terms: vec![Terms::default()],
        shown_at: at(0),
        accepted_at: at(1),
        channel: "api".to_owned(),
        ip: "192.0.2.1".to_owned(),
        user_agent: "curl".to_owned(),
        pins: [("sms.out".to_owned(), made.offer.plan.clone())].into(),
        waivers: vec!["summary".to_owned()],
        statement: "Ich bestelle zahlungspflichtig.".to_owned(),
        signature: "ef".repeat(32),
    }
}

pub async fn what_was_shown_accepted_pinned_and_announced_is_kept_by_account(store: Arc<dyn Store>) {
    let made = contract(AccountSid::new());
    let (owner, stranger) = (made.account_sid, AccountSid::new());
    let summary = Summary {
        sid: SummarySid::new(),
        subscription_sid: made.sid,
        account_sid: owner,
        sha256: "ab".repeat(32),
        media_type: "text/html".to_owned(),
        text: "<p>0,095</p>".to_owned(),
        pdf: "JVBERi0=".to_owned(),
        issued_at: at(0),
    };
    let acceptance = accepted(&made, &summary);
    let pins = [pin(&made, None, 1), pin(&made, Some("voice.out.mobile"), 2)];
    let notice = PriceNotice {
        sid: PriceNoticeSid::new(),
        subscription_sid: made.sid,
        account_sid: owner,
        plan: "flexio-be/2".to_owned(),
        changes: vec![PriceChange {
            item: "voice.out.mobile".to_owned(),
            old: Money::from_micros(370_000),
            new: Money::from_micros(400_000),
        }],
        is_advantage: false,
        announced_at: at(0),
        effective_at: at(8),
        exit_until: at(9),
        ground: Some(NoticeGround::Law),
        ground_note: "Royal Decree".to_owned(),
    };
    let mut changes = pins.clone().map(S::Pin).to_vec();
    changes.extend([
        S::KeepSummary(summary.clone()),
        S::Accept(acceptance.clone()),
        S::Announce(notice.clone()),
    ]);
    put_all(&store, changes.iter().cloned().map(C::from)).await;
    for change in changes {
        assert!(is_conflict(&write(&store, change).await));
    }
    assert_eq!(store.summary(owner, summary.sid).await.unwrap(), Some(summary.clone()));
    assert_eq!(store.acceptances(owner, made.sid, 10).await.unwrap(), [acceptance]);
    assert_eq!(store.pins(owner, 10).await.unwrap(), pins);
    assert_eq!(store.price_notices(owner, 10).await.unwrap(), [notice]);
    assert_eq!(store.summary(stranger, summary.sid).await.unwrap(), None);
    assert_eq!(store.acceptances(stranger, made.sid, 10).await.unwrap(), []);
    assert_eq!(store.pins(stranger, 10).await.unwrap(), []);
    assert_eq!(store.price_notices(stranger, 10).await.unwrap(), []);
    assert_eq!(store.all_pins(None, 10).await.unwrap(), pins);
    assert_eq!(store.all_pins(Some(pins[0].sid), 10).await.unwrap(), pins[1..]);
}

pub async fn pins_reach_the_tree_below(store: Arc<dyn Store>) {
    let top = account("top");
    let child = sub_account(&top, "child");
    let grandchild = sub_account(&child, "grandchild");
    let accounts = [&top, &child, &grandchild].map(|made| C::CreateAccount(made.clone()));
    put_all(&store, accounts).await;
    let sids = |accounts: &[&Account]| {
        let mut sids: Vec<AccountSid> = accounts.iter().map(|it| it.sid).collect();
        sids.sort_unstable();
        sids
    };
    assert_eq!(store.accounts_below(child.sid, None, 10).await.unwrap(), sids(&[&child, &grandchild]));
    let below = sids(&[&top, &child, &grandchild]);
    assert_eq!(store.accounts_below(top.sid, None, 10).await.unwrap(), below);
    assert_eq!(store.accounts_below(top.sid, Some(below[0]), 1).await.unwrap(), below[1..2]);
    assert_eq!(store.accounts_under_pins(None, 10).await.unwrap(), []);
    assert_eq!(store.pinned_tree(10).await.unwrap(), []);
    for owner in [child.sid, child.sid, grandchild.sid] {
        write(&store, S::Pin(pin(&contract(owner), None, 1))).await.unwrap();
    }
    let mut tree = store.pinned_tree(10).await.unwrap();
    tree.sort_unstable();
    let mut expected =
        [(child.sid, child.sid), (grandchild.sid, child.sid), (grandchild.sid, grandchild.sid)];
    expected.sort_unstable();
    assert_eq!(tree, expected);
    let under = sids(&[&child, &grandchild]);
    assert_eq!(store.accounts_under_pins(None, 10).await.unwrap(), under);
    assert_eq!(store.accounts_under_pins(Some(under[0]), 10).await.unwrap(), under[1..]);
}
