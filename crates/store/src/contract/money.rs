//! Usage events and the ledger.

use super::*;
use crate::{Change as C, LedgerProof, Scope, StoreError, UsageFilter, UsagePlace, UsageTotal};
use flexio_domain::*;

async fn events(store: &Arc<dyn Store>, account: AccountSid, filter: UsageFilter) -> Vec<UsageEvent> {
    store.usage_events(account, &filter, 100).await.unwrap()
}

pub async fn a_usage_event_reads_as_it_was_written(store: Arc<dyn Store>) {
    let event = usage(AccountSid::new(), "CA1:leg");
    put(&store, C::AddUsage(event.clone())).await;
    assert_eq!(events(&store, event.account_sid, UsageFilter::default()).await, [event]);
}

pub async fn a_repeated_usage_event_counts_once(store: Arc<dyn Store>) {
    let event = usage(AccountSid::new(), "CA1:leg");
    put(&store, C::AddUsage(event.clone())).await;
    put(&store, C::AddUsage(event.clone())).await;
    let later = UsageEvent { created_at: at(9999), ..event.clone() };
    put_all(&store, [C::AddUsage(later.clone()), C::AddUsage(later)]).await;
    assert_eq!(events(&store, event.account_sid, UsageFilter::default()).await, [event]);
}

pub async fn a_usage_event_with_another_content_is_an_event_conflict(store: Arc<dyn Store>) {
    let event = usage(AccountSid::new(), "CA1:leg");
    put(&store, C::AddUsage(event.clone())).await;
    let dearer = UsageEvent { amount: Money::from_micros(1), ..event.clone() };
    assert!(is_event_conflict(&try_put(&store, C::AddUsage(dearer)).await));
    let foreign = UsageEvent { account_sid: AccountSid::new(), ..event.clone() };
    assert!(is_event_conflict(&try_put(&store, C::AddUsage(foreign)).await));
    assert_eq!(events(&store, event.account_sid, UsageFilter::default()).await, [event.clone()]);
    let other_source = UsageEvent { source: "media".to_owned(), ..event };
    put(&store, C::AddUsage(other_source)).await;
}

pub async fn usage_events_page_by_day_source_and_id(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let sms = |id: &str| UsageEvent { source: "messaging".to_owned(), ..usage(owner, id) };
    let next_day = UsageEvent { day: "2026-11-07".to_owned(), ..usage(owner, "CA0:leg") };
    let written = [sms("SM1:a"), sms("SM2:a"), usage(owner, "CA1:leg"), usage(owner, "CA2:leg"), next_day];
    put_all(&store, written.iter().rev().cloned().map(C::AddUsage)).await;
    let mut seen = Vec::new();
    let mut filter = UsageFilter::default();
    loop {
        let page = store.usage_events(owner, &filter, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = Some(UsagePlace::of(last));
        seen.extend(page);
    }
    assert_eq!(seen, written);
}

pub async fn usage_events_are_filtered_by_resource_and_kind(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let leg = usage(owner, "CA1:leg");
    let tts = UsageEvent { kind: UsageKind::Tts, ..usage(owner, "CA1:tts") };
    let other = usage(owner, "CA2:leg");
    put_all(&store, [&leg, &tts, &other].map(|event| C::AddUsage(event.clone()))).await;
    let resource = Some("CA1".to_owned());
    let of_call = UsageFilter { resource: resource.clone(), ..UsageFilter::default() };
    assert_eq!(events(&store, owner, of_call).await, [leg, tts.clone()]);
    let both = UsageFilter { resource, kind: Some(UsageKind::Tts), after: None };
    assert_eq!(events(&store, owner, both).await, [tts]);
}

pub async fn usage_totals_group_by_day_kind_item_and_class(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let short = UsageEvent {
        duration_ms: Some(1_000),
        billed: 1,
        amount: Money::from_micros(-7500),
        ..usage(owner, "CA2:leg")
    };
    let next_day = UsageEvent { day: "2026-11-07".to_owned(), ..usage(owner, "CA3:leg") };
    let sms = UsageEvent {
        kind: UsageKind::SmsOut,
        duration_ms: None,
        billed: 2,
        item: "sms.out.be".to_owned(),
        ..usage(owner, "SM1:accepted")
    };
    let outside = UsageEvent { day: "2026-11-08".to_owned(), ..usage(owner, "CA4:leg") };
    let all = [usage(owner, "CA1:leg"), short, next_day, sms, outside];
    put_all(&store, all.map(C::AddUsage)).await;
    let totals = store.usage_totals(owner, Scope::Own, "2026-11-06", "2026-11-07").await.unwrap();
    let total = |kind, item: &str, day: &str, count, billed, minutes, amount| UsageTotal {
        kind,
        item: item.to_owned(),
        class: "mobile".to_owned(),
        day: day.to_owned(),
        count,
        billed,
        minutes,
        amount: Money::from_micros(amount),
    };
    let expected = [
        total(UsageKind::SmsOut, "sms.out.be", "2026-11-06", 1, 2, 0, 96_583),
        total(UsageKind::VoiceOut, "voice.out.mobile", "2026-11-06", 2, 62, 3, 89_083),
        total(UsageKind::VoiceOut, "voice.out.mobile", "2026-11-07", 1, 61, 2, 96_583),
    ];
    assert_eq!(totals, expected);
}

pub async fn usage_is_summed_by_each_label_and_twice_the_same_event_counts_once(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let labels = |tag: &str| UsageLabels {
        application_sid: Some(ApplicationSid::from_u128(7)),
        tag: Some(tag.to_owned()),
        ..UsageLabels::default()
    };
    let labelled = |id: &str, tag: &str| UsageEvent { labels: labels(tag), ..usage(owner, id) };
    let support = labelled("CA1:leg", "support");
    put_all(&store, [C::AddUsage(support.clone()), C::AddUsage(labelled("CA2:leg", "sales"))]).await;
    put_all(&store, [C::AddUsage(support), C::AddUsage(labelled("CA3:leg", "support"))]).await;
    put(&store, C::AddUsage(usage(owner, "CA4:leg"))).await;
    let by = async |label, limit| {
        let days = ("2026-11-06", "2026-11-06");
        let rows = store.usage_by_label(owner, Scope::Own, label, days, limit).await.unwrap();
        rows.into_iter().map(|it| (it.value, it.count, it.billed, it.amount.micros())).collect::<Vec<_>>()
    };
    let row = |value: &str, count: u64| {
        (value.to_owned(), count, 61 * count, 96_583 * i64::try_from(count).unwrap())
    };
    assert_eq!(by(UsageLabel::Tag, 10).await, [row("sales", 1), row("support", 2)]);
    assert_eq!(by(UsageLabel::Tag, 1).await, [row("sales", 1)]);
    let application = ApplicationSid::from_u128(7).to_string();
    assert_eq!(by(UsageLabel::Application, 10).await, [row(&application, 3)]);
    assert_eq!(by(UsageLabel::Key, 10).await, []);
}

pub async fn usage_totals_of_a_tree_include_its_descendants(store: Arc<dyn Store>) {
    let top = account("top");
    let child = sub_account(&top, "child");
    put_all(&store, [C::CreateAccount(top.clone()), C::CreateAccount(child.clone())]).await;
    put_all(&store, [C::AddUsage(usage(top.sid, "CA1:leg")), C::AddUsage(usage(child.sid, "CA2:leg"))]).await;
    let count = async |of: &Account, scope| {
        let totals = store.usage_totals(of.sid, scope, "2026-11-01", "2026-11-30").await.unwrap();
        totals.iter().map(|total| total.count).sum::<u64>()
    };
    assert_eq!(count(&top, Scope::Own).await, 1);
    assert_eq!(count(&top, Scope::Tree).await, 2);
    assert_eq!(count(&child, Scope::Tree).await, 1);
}

fn leg(account: LedgerAccount, micros: i64) -> LedgerLeg {
    LedgerLeg { account, amount: Money::from_micros(micros) }
}

fn revenue(item: &str) -> LedgerAccount {
    LedgerAccount::Revenue(item.to_owned())
}

pub async fn a_posting_moves_balances(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    assert_eq!(store.balances(owner).await.unwrap(), []);
    put(&store, C::Post(posting(&usage(owner, "CA1:leg")))).await;
    let split = LedgerTransaction {
        id: "adjust:1".to_owned(),
        legs: vec![
            leg(LedgerAccount::Unbilled(owner), 10),
            leg(revenue("a"), -4),
            leg(revenue("a"), -1),
            leg(revenue("b"), -5),
        ],
        ..posting(&usage(owner, "CA2:leg"))
    };
    put(&store, C::Post(split)).await;
    let expected = [
        leg(LedgerAccount::Unbilled(owner), 96_593),
        leg(revenue("a"), -5),
        leg(revenue("b"), -5),
        leg(revenue("voice.out.mobile"), -96_583),
    ];
    assert_eq!(store.balances(owner).await.unwrap(), expected);
    let proof = store.ledger_proof().await.unwrap();
    assert_eq!(proof, LedgerProof { sum: Money::ZERO, transactions: 2, unbalanced: 0, unposted: 0 });
}

pub async fn a_repeated_posting_moves_nothing(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let first = posting(&usage(owner, "CA1:leg"));
    put(&store, C::Post(first.clone())).await;
    let before = store.balances(owner).await.unwrap();
    put(&store, C::Post(first.clone())).await;
    let later = LedgerTransaction { posted_at: at(9999), ..first };
    put_all(&store, [C::Post(later.clone()), C::Post(later)]).await;
    assert_eq!(store.balances(owner).await.unwrap(), before);
    assert_eq!(store.ledger_proof().await.unwrap().transactions, 1);
}

pub async fn a_posting_with_another_content_is_an_event_conflict(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let event = usage(owner, "CA1:leg");
    put(&store, C::Post(posting(&event))).await;
    let dearer = posting(&UsageEvent { amount: Money::from_micros(1), ..event });
    assert!(is_event_conflict(&try_put(&store, C::Post(dearer)).await));
    assert_eq!(store.balances(owner).await.unwrap()[0].amount, Money::from_micros(96_583));
}

pub async fn an_unbalanced_posting_is_refused_as_a_bug(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let good = posting(&usage(owner, "CA1:leg"));
    let uneven = vec![leg(LedgerAccount::Unbilled(owner), 2), leg(revenue("a"), -1)];
    let single = vec![leg(LedgerAccount::Unbilled(owner), 0)];
    let beyond = vec![leg(revenue("a"), i64::MAX), leg(revenue("b"), i64::MAX)];
    for legs in [uneven, single, beyond, Vec::new()] {
        let bad = LedgerTransaction { legs, ..good.clone() };
        assert!(matches!(try_put(&store, C::Post(bad)).await, Err(StoreError::Broken(_))));
    }
    assert_eq!(store.ledger_proof().await.unwrap(), LedgerProof::default());
}

pub async fn the_ledger_proof_counts_what_was_not_posted(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let paid = usage(owner, "CA1:leg");
    let forgotten = usage(owner, "CA2:leg");
    let free = UsageEvent { amount: Money::ZERO, ..usage(owner, "CA3:leg") };
    put_all(&store, [&paid, &forgotten, &free].map(|event| C::AddUsage(event.clone()))).await;
    put(&store, C::Post(posting(&paid))).await;
    let expected = LedgerProof { sum: Money::ZERO, transactions: 1, unbalanced: 0, unposted: 1 };
    assert_eq!(store.ledger_proof().await.unwrap(), expected);
}

pub async fn rows_behind_a_repeated_posting_are_still_written(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let event = usage(owner, "CA1:leg");
    put_all(&store, [C::AddUsage(event.clone()), C::Post(posting(&event))]).await;
    let running = call(owner);
    put_all(&store, [C::AddUsage(event.clone()), C::Post(posting(&event)), C::CreateCall(running.clone())])
        .await;
    assert_eq!(store.call(owner, running.sid).await.unwrap(), Some(running));
    assert_eq!(store.balances(owner).await.unwrap()[0].amount, event.amount);
}
