//! What is held and paid by the month.

use super::flows::{flow, revision};
use super::*;
use crate::{Change as C, FlowChange, HoldingChange, StoreError};
use flexio_domain::*;

fn holding(account_sid: AccountSid, subject: &str, from: i64) -> Holding {
    Holding {
        sid: HoldingSid::new(),
        account_sid,
        item: HeldItem::Number,
        subject: subject.to_owned(),
        terms: MonthlyTerms {
            plan: "flexio-be/1".to_owned(),
            item: "number.fixed".to_owned(),
            price: Money::from_micros(800_000),
            by_day: true,
        },
        from: at(from),
        until: None,
    }
}

async fn begin(store: &Arc<dyn Store>, holding: &Holding) -> Result<(), StoreError> {
    try_put(store, HoldingChange::Begin(holding.clone()).into()).await
}

async fn end(store: &Arc<dyn Store>, holding: &Holding, second: i64) {
    let subject = holding.subject.clone();
    put(store, HoldingChange::End(holding.account_sid, holding.item, subject, at(second)).into()).await;
}

/// Whole microseconds, as a column holds them.
fn micros(second: i64) -> Timestamp {
    Timestamp::from_microsecond(at(second).as_microsecond()).unwrap()
}

async fn all_of(store: &Arc<dyn Store>, account: AccountSid) -> Vec<Holding> {
    store.holdings(account, at(0), at(1_000), 100).await.unwrap()
}

pub async fn a_holding_reads_as_it_was_written_and_ends(store: Arc<dyn Store>) {
    let first = holding(AccountSid::new(), "+3225550101", 10);
    begin(&store, &first).await.unwrap();
    assert!(is_conflict(&begin(&store, &first).await));
    assert_eq!(all_of(&store, first.account_sid).await, [first.clone()]);
    let held = store.held(first.account_sid, HeldItem::Number, Some("+3225550101"), at(10)).await.unwrap();
    assert_eq!(held.as_ref(), Some(&first));
    assert_eq!(store.held(first.account_sid, HeldItem::Number, None, at(9)).await.unwrap(), None);
    end(&store, &first, 20).await;
    end(&store, &first, 30).await;
    assert_eq!(store.held(first.account_sid, HeldItem::Number, None, at(20)).await.unwrap(), None);
    let ended = Holding { until: Some(micros(20)), ..first.clone() };
    assert_eq!(all_of(&store, first.account_sid).await, [ended]);
    assert_eq!(store.holdings(first.account_sid, at(20), at(1_000), 100).await.unwrap(), []);
    assert_eq!(store.holdings(first.account_sid, at(0), at(10), 100).await.unwrap(), []);
}

pub async fn a_thing_is_held_once_at_a_time(store: Arc<dyn Store>) {
    let first = holding(AccountSid::new(), "+3225550101", 10);
    let again = holding(first.account_sid, "+3225550101", 30);
    let designer = Holding { item: HeldItem::Designer, ..holding(first.account_sid, "+3225550101", 10) };
    let elsewhere = holding(AccountSid::new(), "+3225550101", 10);
    begin(&store, &first).await.unwrap();
    assert!(is_conflict(&begin(&store, &again).await));
    begin(&store, &designer).await.unwrap();
    begin(&store, &elsewhere).await.unwrap();
    end(&store, &first, 20).await;
    begin(&store, &again).await.unwrap();
    put(&store, HoldingChange::EndAll(first.account_sid, at(40)).into()).await;
    let ends: Vec<_> = all_of(&store, first.account_sid).await.iter().map(|held| held.until).collect();
    assert_eq!(ends, [Some(micros(40)), Some(micros(20)), Some(micros(40))]);
    assert_eq!(all_of(&store, elsewhere.account_sid).await, [elsewhere]);
}

pub async fn an_end_takes_back_what_was_to_begin_later(store: Arc<dyn Store>) {
    let now = Holding { until: Some(at(50)), ..holding(AccountSid::new(), "+3225550101", 10) };
    let later = holding(now.account_sid, "+3225550101", 50);
    begin(&store, &now).await.unwrap();
    begin(&store, &later).await.unwrap();
    let chain =
        async || store.held_later(now.account_sid, HeldItem::Number, "+3225550101", at(40)).await.unwrap();
    assert_eq!(chain().await, [now.clone(), later.clone()]);
    assert_eq!(store.held(now.account_sid, HeldItem::Number, None, at(40)).await.unwrap(), Some(now.clone()));
    assert_eq!(
        store.held(now.account_sid, HeldItem::Number, None, at(50)).await.unwrap(),
        Some(later.clone())
    );
    end(&store, &now, 30).await;
    assert_eq!(chain().await, []);
    let held: Vec<_> = all_of(&store, now.account_sid).await;
    assert_eq!(held.iter().map(|held| held.until).collect::<Vec<_>>(), [Some(micros(30)), Some(micros(30))]);
    assert_eq!(store.held(now.account_sid, HeldItem::Number, None, at(60)).await.unwrap(), None);
}

pub async fn holders_are_listed_by_what_they_held_in_a_time(store: Arc<dyn Store>) {
    let mut owners: Vec<AccountSid> = (0..3).map(|_| AccountSid::new()).collect();
    owners.sort_unstable();
    for owner in &owners {
        for subject in ["+3225550101", "+3225550102"] {
            begin(&store, &holding(*owner, subject, 10)).await.unwrap();
        }
    }
    put(&store, HoldingChange::EndAll(owners[1], at(20)).into()).await;
    let holders =
        async |after, from, until, limit| store.holders(after, at(from), at(until), limit).await.unwrap();
    assert_eq!(holders(None, 0, 100, 10).await, owners);
    assert_eq!(holders(None, 0, 100, 2).await, owners[..2]);
    assert_eq!(holders(Some(owners[0]), 0, 100, 10).await, owners[1..]);
    assert_eq!(holders(None, 20, 100, 10).await, [owners[0], owners[2]]);
    assert_eq!(holders(None, 0, 10, 10).await, []);
}

pub async fn numbers_and_flows_without_a_holding_are_found(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (old, new) = (rent(&store, owner, "+3225550101").await, rent(&store, owner, "+3225550102").await);
    put(&store, C::ReleaseNumber(owner, old.sid, at(5), at(5))).await;
    let sid = HoldingSid::from_u128(new.sid.as_u128());
    begin(&store, &Holding { sid, ..holding(owner, "+3225550102", 1) }).await.unwrap();
    let found = store.unheld_numbers(None, 10).await.unwrap();
    assert_eq!(found.iter().map(|number| number.sid).collect::<Vec<_>>(), [old.sid]);
    assert_eq!(found[0].released_at, Some(micros(5)));
    assert_eq!(store.unheld_numbers(Some(old.sid), 10).await.unwrap(), []);
    let (draft, published, held) = (flow(owner), flow(owner), flow(owner));
    for made in [&draft, &published, &held] {
        put(&store, FlowChange::CreateFlow(made.clone()).into()).await;
    }
    for made in [&published, &held] {
        put(&store, FlowChange::AddRevision(revision(made, 1)).into()).await;
    }
    let sid = HoldingSid::from_u128(held.sid.as_u128());
    begin(&store, &Holding { sid, item: HeldItem::Designer, ..holding(owner, "FW", 1) }).await.unwrap();
    let found = store.unheld_flows(None, 10).await.unwrap();
    assert_eq!(found.iter().map(|flow| flow.sid).collect::<Vec<_>>(), [published.sid]);
    assert_eq!(store.unheld_flows(Some(published.sid), 10).await.unwrap(), []);
}

pub async fn a_month_is_closed_once(store: Arc<dyn Store>) {
    let closed = |month: &str, charges| ClosedMonth {
        month: month.to_owned(),
        accounts: 1,
        charges,
        amount: Money::from_micros(800_000),
        closed_at: at(0),
    };
    assert_eq!(store.last_closed_month().await.unwrap(), None);
    for month in [closed("2026-11", 1), closed("2026-10", 2), closed("2026-11", 3)] {
        put(&store, HoldingChange::CloseMonth(month).into()).await;
    }
    assert_eq!(store.closed_month("2026-11").await.unwrap(), Some(closed("2026-11", 1)));
    assert_eq!(store.closed_month("2026-12").await.unwrap(), None);
    assert_eq!(store.last_closed_month().await.unwrap(), Some(closed("2026-11", 1)));
}
