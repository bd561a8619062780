//! Terms that end by night.

use super::*;
use crate::{Change as C, RetentionChange as R, RetentionCount};
use flexio_domain::*;

pub(super) async fn how_far_a_term_has_come_is_kept_by_account_and_counts_add_up(store: Arc<dyn Store>) {
    let (owner, other) = (AccountSid::new(), AccountSid::new());
    for done in ["2026-01-01", "2026-01-02"] {
        put(&store, R::Mark(owner, "usage".into(), done.to_owned()).into()).await;
    }
    assert_eq!(store.retention_mark(owner, "usage").await.unwrap().as_deref(), Some("2026-01-02"));
    assert_eq!(store.retention_mark(owner, "bodies").await.unwrap(), None);
    assert_eq!(store.retention_mark(other, "usage").await.unwrap(), None);
    for (day, class, gone) in
        [("2026-12-01", "bodies", 3), ("2026-12-01", "bodies", 4), ("2026-12-02", "audit", 1)]
    {
        put(&store, R::Count { day: day.to_owned(), class, gone }.into()).await;
    }
    let count =
        |day: &str, class: &str, gone| RetentionCount { day: day.to_owned(), class: class.to_owned(), gone };
    let all = [count("2026-12-02", "audit", 1), count("2026-12-01", "bodies", 7)];
    assert_eq!(store.retention_counts("2026-12-01", 10).await.unwrap(), all);
    assert_eq!(store.retention_counts("2026-12-02", 10).await.unwrap(), all[..1]);
}

pub(super) async fn uses_are_found_day_by_day(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let used = |day: &str, id: &str| UsageEvent { day: day.to_owned(), ..usage(owner, id) };
    let events =
        [used("2026-11-03", "CA1:leg"), used("2026-11-03", "CA2:leg"), used("2026-11-07", "CA3:leg")];
    put_all(&store, events.iter().cloned().map(C::AddUsage)).await;
    for (day, next) in [("", Some("2026-11-03")), ("2026-11-03", Some("2026-11-07")), ("2026-11-07", None)] {
        assert_eq!(store.usage_day_after(owner, day).await.unwrap().as_deref(), next, "{day}");
    }
    let of_day = |behind| store.usage_of_day(owner, "2026-11-03", behind, 10);
    assert_eq!(of_day(("", "")).await.unwrap(), events[..2]);
    assert_eq!(of_day((&events[0].source, "CA1:leg")).await.unwrap(), events[1..2]);
    assert_eq!(store.usage_day_after(AccountSid::new(), "").await.unwrap(), None);
}
