//! Questions of the operator over all accounts.

use super::*;
use crate::{Change as C, HoldingChange, RevenueMoved, SupplySpan, UsageCount};
use flexio_domain::*;

pub(super) async fn revenue_is_summed_by_item_within_its_time(store: Arc<dyn Store>) {
    let (one, other) = (AccountSid::new(), AccountSid::new());
    let charged = |account, id: &str, item: &str, second| {
        let event = UsageEvent { item: item.to_owned(), ..usage(account, id) };
        LedgerTransaction { posted_at: at(second), ..posting(&event) }
    };
    let postings = [
        charged(one, "CA1:leg", "voice.in", 10),
        charged(other, "CA2:leg", "voice.in", 19),
        charged(one, "SM1:accepted", "sms.out", 15),
        charged(one, "CA3:leg", "voice.in", 20),
    ];
    let amount = -postings[0].legs[1].amount;
    put_all(&store, postings.into_iter().map(C::Post)).await;
    let moved = |item: &str, times: i64, legs| RevenueMoved {
        account: LedgerAccount::Revenue(item.to_owned()),
        amount: -Money::from_micros(amount.micros() * times),
        legs,
    };
    assert_eq!(
        store.revenue_moved(at(10), at(20)).await.unwrap(),
        [moved("sms.out", 1, 1), moved("voice.in", 2, 2)]
    );
    assert_eq!(store.revenue_moved(at(20), at(21)).await.unwrap(), [moved("voice.in", 1, 1)]);
    assert_eq!(store.revenue_moved(at(21), at(99)).await.unwrap(), []);
    let all = store.unbilled("", 10).await.unwrap();
    let sums: Vec<i64> = all.iter().map(|leg| leg.amount.micros()).collect();
    assert_eq!(sums.iter().sum::<i64>(), 4 * amount.micros(), "{all:?}");
    assert_eq!(all.len(), 2);
    let first = all[0].account.to_string();
    assert_eq!(store.unbilled(&first, 10).await.unwrap(), all[1..]);
    assert_eq!(store.unbilled("", 1).await.unwrap(), all[..1]);
    assert_eq!(store.receivable().await.unwrap(), Money::ZERO);
}

pub(super) async fn use_is_counted_by_month_and_numbers_at_an_instant(store: Arc<dyn Store>) {
    let top = account("top");
    let below = sub_account(&top, "below");
    let stranger = account("stranger");
    put_all(&store, [&top, &below, &stranger].map(|it| C::CreateAccount(it.clone()))).await;
    let used = |account, id: &str, month: &str| UsageEvent {
        month: month.to_owned(),
        day: format!("{month}-06"),
        ..usage(account, id)
    };
    let events = [
        used(top.sid, "CA1:leg", "2026-11"),
        used(below.sid, "CA2:leg", "2026-11"),
        used(below.sid, "CA3:leg", "2026-12"),
        used(stranger.sid, "CA4:leg", "2026-11"),
    ];
    put_all(&store, events.iter().cloned().map(C::AddUsage)).await;
    let span = |from: &str, to: &str| SupplySpan {
        from_month: from.to_owned(),
        to_month: to.to_owned(),
        from_day: format!("{from}-01"),
        to_day: format!("{to}-31"),
    };
    let counted = |month: &str, count: u64| UsageCount {
        month: month.to_owned(),
        kind: UsageKind::VoiceOut,
        class: "mobile".to_owned(),
        count,
        billed: 61 * count,
        minutes: 2 * count,
    };
    let both = store.usage_counts(top.sid, &span("2026-11", "2026-12")).await.unwrap();
    assert_eq!(both, [counted("2026-11", 2), counted("2026-12", 1)]);
    assert_eq!(store.usage_counts(top.sid, &span("2026-12", "2026-12")).await.unwrap(), both[1..]);
    let held = |subject: &str, from| Holding {
        sid: HoldingSid::new(),
        account_sid: below.sid,
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
    };
    for subject in ["+3225550101", "+3225550102"] {
        put(&store, HoldingChange::Begin(held(subject, 10)).into()).await;
    }
    let end = |subject: &str, second| {
        HoldingChange::End(below.sid, HeldItem::Number, subject.to_owned(), at(second))
    };
    put(&store, end("+3225550102", 20).into()).await;
    for (second, count) in [(10, 0), (11, 2), (20, 2), (21, 1)] {
        assert_eq!(store.numbers_in_service(at(second)).await.unwrap(), count, "{second}");
    }
}
