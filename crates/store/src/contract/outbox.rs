//! Callbacks, idempotency keys, sweeping, health.

use super::*;
use crate::Change as C;
use flexio_domain::*;

async fn due(store: &Arc<dyn Store>, second: i64) -> Vec<RequestSid> {
    let found = store.due_callbacks(at(second), 100).await.unwrap();
    found.iter().map(|callback| callback.sid).collect()
}

async fn queue<const N: usize>(store: &Arc<dyn Store>, callbacks: [&Callback; N]) {
    put_all(store, callbacks.map(|callback| C::QueueCallback(callback.clone()))).await;
}

async fn settle(store: &Arc<dyn Store>, callback: &Callback, state: CallbackState) {
    put(store, C::SettleCallback(Callback { state, attempts: 1, ..callback.clone() })).await;
}

pub async fn callbacks_of_one_subject_wait_for_each_other(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let [first, second, third] = [0, 1, 2].map(|sequence| callback(owner, "CA1", sequence, 10));
    queue(&store, [&third, &first, &second]).await;
    assert_eq!(due(&store, 9).await, []);
    assert_eq!(store.due_callbacks(at(10), 100).await.unwrap(), [first.clone()]);
    settle(&store, &first, CallbackState::Delivered).await;
    assert_eq!(due(&store, 10).await, [second.sid]);
    settle(&store, &second, CallbackState::Delivered).await;
    assert_eq!(due(&store, 10).await, [third.sid]);
    settle(&store, &third, CallbackState::Delivered).await;
    assert_eq!(due(&store, 10).await, []);
}

pub async fn callbacks_of_other_subjects_do_not_wait(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let stuck = callback(owner, "CA1", 0, 1000);
    let behind = callback(owner, "CA1", 1, 10);
    let [late, early] = [callback(owner, "CA2", 5, 12), callback(AccountSid::new(), "SM1", 0, 11)];
    queue(&store, [&stuck, &behind, &late, &early]).await;
    assert_eq!(due(&store, 20).await, [early.sid, late.sid], "longest due first");
    assert_eq!(store.due_callbacks(at(20), 1).await.unwrap(), [early]);
}

pub async fn claimed_callbacks_are_those_that_are_due_in_their_order(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let [first, behind, late] =
        [callback(owner, "CA1", 0, 10), callback(owner, "CA1", 1, 10), callback(owner, "CA2", 0, 12)];
    queue(&store, [&late, &behind, &first]).await;
    let claim = async |now: i64, until: i64| {
        let claimed = store.claim_callbacks(at(now), at(until), 10).await.unwrap();
        claimed.iter().map(|callback| callback.sid).collect::<Vec<_>>()
    };
    assert_eq!(claim(20, 50).await, [first.sid, late.sid], "longest due first, one of each subject");
    if !store.describe().shared {
        return;
    }
    assert_eq!(claim(49, 60).await, [], "they are the first claimer's until then");
    let mut again = claim(50, 60).await;
    again.sort_unstable();
    let mut both = [first.sid, late.sid];
    both.sort_unstable();
    assert_eq!(again, both);
}

pub async fn a_delayed_callback_holds_back_the_later_ones_of_its_subject(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (first, second) = (callback(owner, "CA1", 0, 10), callback(owner, "CA1", 1, 10));
    queue(&store, [&first, &second]).await;
    let delayed = Callback {
        attempts: 1,
        next_attempt_at: at(50),
        last_error: Some("the server answered 500".to_owned()),
        ..first
    };
    put(&store, C::SettleCallback(delayed.clone())).await;
    assert_eq!(due(&store, 49).await, []);
    assert_eq!(store.due_callbacks(at(50), 10).await.unwrap(), [delayed]);
}

pub async fn a_dropped_callback_lets_the_next_one_go(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (first, second) = (callback(owner, "CA1", 0, 10), callback(owner, "CA1", 1, 10));
    queue(&store, [&first, &second]).await;
    settle(&store, &first, CallbackState::Dropped).await;
    assert_eq!(due(&store, 10).await, [second.sid]);
    // Replay: it is pending again, and again the first.
    settle(&store, &first, CallbackState::Pending).await;
    assert_eq!(due(&store, 10).await, [first.sid]);
}

pub async fn callbacks_about_a_subject_read_in_order(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (first, second) = (callback(owner, "CA1", 0, 10), callback(owner, "CA1", 1, 10));
    let other = callback(owner, "CA2", 0, 10);
    queue(&store, [&second, &first, &other]).await;
    settle(&store, &first, CallbackState::Delivered).await;
    let delivered = Callback { state: CallbackState::Delivered, attempts: 1, ..first };
    assert_eq!(store.callbacks_about(owner, "CA1").await.unwrap(), [delivered, second]);
}

pub async fn settling_a_callback_that_is_not_there_is_a_conflict(store: Arc<dyn Store>) {
    let known = callback(AccountSid::new(), "CA1", 0, 10);
    assert!(is_conflict(&try_put(&store, C::SettleCallback(known.clone())).await));
    put(&store, C::QueueCallback(known.clone())).await;
    assert!(is_conflict(&try_put(&store, C::QueueCallback(known)).await));
}

pub async fn an_idempotency_key_is_kept_once_per_account(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let kept = idempotency(owner, "k");
    put(&store, C::KeepIdempotency(kept.clone())).await;
    assert!(is_conflict(&try_put(&store, C::KeepIdempotency(kept.clone())).await));
    put(&store, C::KeepIdempotency(idempotency(AccountSid::new(), "k"))).await;
    assert_eq!(store.idempotency(owner, "k", at(0)).await.unwrap(), Some(kept));
    assert_eq!(store.idempotency(owner, "other", at(0)).await.unwrap(), None);
}

pub async fn an_old_idempotency_key_is_not_found(store: Arc<dyn Store>) {
    let kept = idempotency(AccountSid::new(), "k");
    put(&store, C::KeepIdempotency(kept.clone())).await;
    assert!(store.idempotency(kept.account_sid, "k", kept.created_at).await.unwrap().is_some());
    assert!(store.idempotency(kept.account_sid, "k", at(11)).await.unwrap().is_none());
}

pub async fn a_sweep_drops_what_is_old_and_finished(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (done, pending) = (callback(owner, "CA1", 0, 10), callback(owner, "CA2", 0, 10));
    let recent = callback(owner, "CA3", 0, 200);
    queue(&store, [&done, &pending, &recent]).await;
    settle(&store, &done, CallbackState::Delivered).await;
    settle(&store, &recent, CallbackState::Dropped).await;
    put_all(&store, [C::KeepIdempotency(idempotency(owner, "k")), C::KeepMoPart(mo_part("m", 1))]).await;
    assert_eq!(store.sweep(at(5), at(5), at(0), 100).await.unwrap(), 0);
    assert_eq!(store.sweep(at(100), at(100), at(100), 100).await.unwrap(), 3);
    assert!(store.idempotency(owner, "k", at(0)).await.unwrap().is_none());
    assert_eq!(store.mo_parts("m").await.unwrap(), []);
    assert_eq!(store.callbacks_about(owner, "CA1").await.unwrap(), []);
    assert_eq!(store.callbacks_about(owner, "CA2").await.unwrap(), [pending]);
    assert_eq!(store.callbacks_about(owner, "CA3").await.unwrap().len(), 1);
}

pub async fn a_sweep_is_limited(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    put_all(&store, (0..5).map(|number| C::KeepIdempotency(idempotency(owner, &number.to_string())))).await;
    assert_eq!(store.sweep(at(100), at(100), at(100), 3).await.unwrap(), 3);
    assert_eq!(store.sweep(at(100), at(100), at(100), 3).await.unwrap(), 2);
}

pub async fn the_store_is_ready_and_says_what_it_is(store: Arc<dyn Store>) {
    store.ready().await.unwrap();
    store.ready().await.unwrap();
    assert!(["sqlite", "postgres"].contains(&store.describe().kind));
}
