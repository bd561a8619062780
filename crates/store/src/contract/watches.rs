//! Usage triggers and thresholds.

use super::*;
use crate::{Change as C, Page, TriggerFilter, WatchChange};
use flexio_domain::*;
use jiff::civil::Date;

const MONTH: Date = Date::constant(2026, 11, 1);

fn told() -> Webhook {
    Webhook { url: "https://app.example/told".to_owned(), method: HttpMethod::Post }
}

fn trigger(account: AccountSid, category: &str, recurring: Recurring) -> UsageTrigger {
    UsageTrigger {
        sid: UsageTriggerSid::new(),
        version: 1,
        account_sid: account,
        friendly_name: Some("budget".to_owned()),
        category: category.to_owned(),
        by: TriggerBy::Price,
        value: "+5".to_owned(),
        millionths: 5_000_000,
        base: Some((1, MONTH)),
        recurring,
        callback: told(),
        fired: None,
        api_version: "2010-04-01".to_owned(),
        created_at: at(0),
        updated_at: at(1),
    }
}

fn threshold(account: AccountSid, reaction: Reaction) -> Threshold {
    Threshold {
        sid: ThresholdSid::new(),
        version: 1,
        account_sid: account,
        amount: Money::from_micros(50_000_000),
        percent: None,
        reaction,
        callback: Some(told()),
        fired: None,
        created_at: at(0),
        updated_at: at(1),
    }
}

fn fired() -> Fired {
    let money = Money::from_micros;
    Fired { at: at(9), month: MONTH, net: money(1), gross: money(2), owed: money(3) }
}

pub async fn triggers_are_made_changed_filtered_and_deleted(store: Arc<dyn Store>) {
    let owner = account("owner");
    put(&store, C::CreateAccount(owner.clone())).await;
    let daily = trigger(owner.sid, "calls", Recurring::Daily);
    let all = trigger(owner.sid, "sms", Recurring::AllTime);
    put_all(&store, [&daily, &all].map(|one| WatchChange::CreateTrigger(one.clone()).into())).await;
    assert!(is_conflict(&try_put(&store, WatchChange::CreateTrigger(daily.clone()).into()).await));
    let changed = UsageTrigger { fired: Some((at(4), MONTH)), ..daily.clone() };
    put(&store, WatchChange::UpdateTrigger(changed.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, WatchChange::UpdateTrigger(changed.clone()).into()).await));
    let changed = UsageTrigger { version: 2, ..changed };
    assert_eq!(store.usage_trigger(owner.sid, daily.sid).await.unwrap(), Some(changed.clone()));
    assert_eq!(store.usage_trigger(AccountSid::new(), daily.sid).await.unwrap(), None);
    let page = Page::default();
    for (filter, wanted) in [
        (TriggerFilter::default(), vec![all.clone(), changed.clone()]),
        (
            TriggerFilter { category: Some("calls".to_owned()), ..TriggerFilter::default() },
            vec![changed.clone()],
        ),
        (
            TriggerFilter { recurring: Some(Recurring::AllTime), ..TriggerFilter::default() },
            vec![all.clone()],
        ),
        (TriggerFilter { by: Some(TriggerBy::Count), ..TriggerFilter::default() }, vec![]),
    ] {
        let found = store.usage_triggers(owner.sid, &filter, &page).await.unwrap();
        assert_eq!(found, wanted, "{filter:?}");
        let count = store.count_usage_triggers(owner.sid, &filter).await.unwrap();
        assert_eq!(count, wanted.len() as u64);
    }
    put(&store, WatchChange::DeleteTrigger(owner.sid, daily.sid).into()).await;
    assert!(is_conflict(&try_put(&store, WatchChange::DeleteTrigger(owner.sid, daily.sid).into()).await));
}

pub async fn a_threshold_blocks_the_tree_below_and_cuts_what_runs_there(store: Arc<dyn Store>) {
    let owner = account("owner");
    let below = sub_account(&owner, "below");
    put_all(&store, [&owner, &below].map(|account| C::CreateAccount(account.clone()))).await;
    let running =
        Call { node: Some("n1".to_owned()), direction: CallDirection::OutboundDial, ..call(below.sid) };
    let came_in = Call { direction: CallDirection::Inbound, ..running.clone() };
    let came_in = Call { sid: CallSid::new(), ..came_in };
    put(&store, C::CreateCall(came_in)).await;
    let other = Call { node: Some("n1".to_owned()), ..call(AccountSid::new()) };
    put_all(&store, [C::CreateCall(running.clone()), C::CreateCall(other)]).await;
    let cuts = threshold(owner.sid, Reaction::Cut);
    let alerts = threshold(owner.sid, Reaction::Alert);
    put_all(&store, [&cuts, &alerts].map(|one| WatchChange::CreateThreshold(one.clone()).into())).await;
    assert_eq!(store.thresholds(owner.sid, 10).await.unwrap(), [cuts.clone(), alerts.clone()]);
    let reached =
        |one: &Threshold| WatchChange::UpdateThreshold(Threshold { fired: Some(fired()), ..one.clone() });
    put(&store, reached(&alerts).into()).await;
    assert_eq!(store.blocking_thresholds(below.sid, MONTH, 9).await.unwrap().len(), 0);
    assert!(store.calls_to_cut("n1", MONTH, None, 10).await.unwrap().is_empty());
    put(&store, reached(&cuts).into()).await;
    assert!(is_conflict(&try_put(&store, reached(&cuts).into()).await));
    assert_eq!(store.blocking_thresholds(below.sid, MONTH, 9).await.unwrap().len(), 1);
    assert_eq!(store.blocking_thresholds(below.sid, Date::constant(2026, 12, 1), 9).await.unwrap().len(), 0);
    let found = store.calls_to_cut("n1", MONTH, None, 10).await.unwrap();
    assert_eq!(found.iter().map(|call| call.sid).collect::<Vec<_>>(), [running.sid]);
    assert!(store.calls_to_cut("n2", MONTH, None, 10).await.unwrap().is_empty());
    assert!(store.calls_to_cut("n1", MONTH, Some(running.sid), 10).await.unwrap().is_empty());
    assert_eq!(store.threshold(owner.sid, cuts.sid).await.unwrap().unwrap().fired, Some(fired()));
    put(&store, WatchChange::DeleteThreshold(owner.sid, cuts.sid).into()).await;
    assert_eq!(store.blocking_thresholds(below.sid, MONTH, 9).await.unwrap().len(), 0);
}

pub async fn usage_marks_those_who_watch_it(store: Arc<dyn Store>) {
    let owner = account("owner");
    let below = sub_account(&owner, "below");
    put_all(&store, [&owner, &below].map(|account| C::CreateAccount(account.clone()))).await;
    put(&store, C::AddUsage(usage(below.sid, "CA1:leg"))).await;
    assert!(store.moved_watches(10).await.unwrap().is_empty(), "nobody watches");
    put(&store, WatchChange::CreateTrigger(trigger(owner.sid, "calls", Recurring::Daily)).into()).await;
    let moved = store.moved_watches(10).await.unwrap();
    assert_eq!(
        moved.iter().map(|(account, _)| *account).collect::<Vec<_>>(),
        [owner.sid],
        "a new one is looked at"
    );
    let (_, seen) = moved[0];
    put(&store, C::AddUsage(usage(below.sid, "CA2:leg"))).await;
    put(&store, WatchChange::Seen(owner.sid, seen).into()).await;
    let again = store.moved_watches(10).await.unwrap();
    assert_eq!(again.len(), 1, "what came while it was looked at is looked at too");
    put(&store, WatchChange::Seen(owner.sid, again[0].1).into()).await;
    assert!(store.moved_watches(10).await.unwrap().is_empty());
    put(&store, WatchChange::Look(owner.sid).into()).await;
    assert_eq!(store.moved_watches(10).await.unwrap().len(), 1);
}

pub async fn a_month_is_summed_over_the_tree_by_the_month_of_each_use(store: Arc<dyn Store>) {
    let owner = account("owner");
    let below = sub_account(&owner, "below");
    put_all(&store, [&owner, &below].map(|account| C::CreateAccount(account.clone()))).await;
    let base = usage(below.sid, "CA1:leg");
    let late = UsageEvent { id: "CA2:leg".to_owned(), month: "2026-12".to_owned(), ..base.clone() };
    let own = UsageEvent { account_sid: owner.sid, ..usage(owner.sid, "CA3:leg") };
    put_all(&store, [&base, &late, &own].map(|event| C::AddUsage(event.clone()))).await;
    let day: Date = base.day.parse().unwrap();
    let spent =
        async |who: AccountSid, month: &str, days| store.spent_in_month(who, month, days).await.unwrap();
    assert_eq!(spent(owner.sid, &base.month, (day, day)).await, base.amount + own.amount);
    assert_eq!(spent(below.sid, &base.month, (day, day)).await, base.amount);
    assert_eq!(spent(below.sid, "2026-12", (day, day)).await, late.amount);
    let tomorrow = day.tomorrow().unwrap();
    assert_eq!(spent(owner.sid, &base.month, (tomorrow, tomorrow)).await, Money::ZERO);
}

pub async fn an_account_has_one_case_of_a_rule_in_a_day_and_those_above_see_it(store: Arc<dyn Store>) {
    let top = account("top");
    let child = sub_account(&top, "child");
    put_all(&store, [&top, &child].map(|account| C::CreateAccount(account.clone()))).await;
    let (top, child) = (top.sid, child.sid);
    let case = case_of(child, "calls-outbound");
    put(&store, WatchChange::OpenCase(case.clone()).into()).await;
    let again = SpendCase { sid: SpendCaseSid::new(), ..case.clone() };
    assert!(is_conflict(&try_put(&store, WatchChange::OpenCase(again.clone()).into()).await));
    let second = SpendCase { round: 2, ..again.clone() };
    put(&store, WatchChange::OpenCase(second.clone()).into()).await;
    assert_eq!(store.spend_cases_of_day(child, MONTH, 9).await.unwrap(), [case.clone(), second.clone()]);
    assert_eq!(store.spend_cases_of_day(top, MONTH, 9).await.unwrap(), []);
    let seen = Some(Cleared { by: "US1".to_owned(), note: String::new(), at: at(5), up_to: 2 });
    put(&store, WatchChange::UpdateCase(SpendCase { cleared: seen, ..second }).into()).await;
    let other = SpendCase { sid: SpendCaseSid::new(), subject: "sms-outbound".to_owned(), ..again };
    put(&store, WatchChange::OpenCase(other.clone()).into()).await;
    assert_eq!(store.spend_case(child, case.sid).await.unwrap().as_ref(), Some(&case));
    assert_eq!(store.spend_case(top, case.sid).await.unwrap(), None);
    for who in [top, child] {
        assert_eq!(store.spend_cases(who, true, 10).await.unwrap(), [other.clone(), case.clone()]);
    }
    let cleared = Cleared { by: "US1".to_owned(), note: "a campaign".to_owned(), at: at(5), up_to: 1 };
    let looked_at = SpendCase { cleared: Some(cleared), ..case.clone() };
    put(&store, WatchChange::UpdateCase(looked_at.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, WatchChange::UpdateCase(looked_at).into()).await));
    assert_eq!(store.spend_cases(top, true, 10).await.unwrap(), [other]);
    assert_eq!(store.spend_cases(top, false, 10).await.unwrap().len(), 3);
    assert_eq!(store.spend_cases(AccountSid::new(), false, 10).await.unwrap(), []);
}

pub async fn an_open_case_that_holds_cuts_what_runs_there(store: Arc<dyn Store>) {
    let held = account("held");
    let below = sub_account(&held, "below");
    put_all(&store, [&held, &below].map(|account| C::CreateAccount(account.clone()))).await;
    let running =
        Call { node: Some("n1".to_owned()), direction: CallDirection::OutboundDial, ..call(below.sid) };
    let came_in = Call { direction: CallDirection::Inbound, ..running.clone() };
    let came_in = Call { sid: CallSid::new(), ..came_in };
    put(&store, C::CreateCall(came_in)).await;
    let other = Call { node: Some("n1".to_owned()), ..call(AccountSid::new()) };
    put_all(&store, [C::CreateCall(running.clone()), C::CreateCall(other)]).await;
    let tells = SpendCase { holds: false, ..case_of(held.sid, "tells") };
    put(&store, WatchChange::OpenCase(tells).into()).await;
    assert!(store.calls_to_cut("n1", MONTH, None, 10).await.unwrap().is_empty());
    let holds = case_of(held.sid, "holds");
    put(&store, WatchChange::OpenCase(holds.clone()).into()).await;
    let found = store.calls_to_cut("n1", MONTH, None, 10).await.unwrap();
    assert_eq!(found.iter().map(|call| call.sid).collect::<Vec<_>>(), [running.sid]);
    assert!(store.calls_to_cut("n2", MONTH, None, 10).await.unwrap().is_empty());
    let cleared = Some(Cleared { by: "US1".to_owned(), note: String::new(), at: at(5), up_to: 1 });
    put(&store, WatchChange::UpdateCase(SpendCase { cleared, ..holds }).into()).await;
    assert!(store.calls_to_cut("n1", MONTH, None, 10).await.unwrap().is_empty());
}

fn case_of(account: AccountSid, subject: &str) -> SpendCase {
    SpendCase {
        sid: SpendCaseSid::new(),
        version: 1,
        account_sid: account,
        rule: SpendRule::Category,
        subject: subject.to_owned(),
        day: MONTH,
        round: 1,
        limit: "50.00".to_owned(),
        seen: "50.32".to_owned(),
        holds: true,
        suspended: None,
        opened_at: at(3),
        cleared: None,
    }
}
