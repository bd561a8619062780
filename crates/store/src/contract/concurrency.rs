//! Sets as a whole, and many at once.

use super::*;
use crate::{CallFilter, Change as C, ChangeSet, MessageFilter, StoreError};
use flexio_domain::*;

fn set(changes: impl IntoIterator<Item = C>) -> ChangeSet {
    changes.into_iter().fold(ChangeSet::new(), ChangeSet::with)
}

/// What accepting a message writes.
fn accept(owner: AccountSid, number: u32) -> ChangeSet {
    let accepted = message(owner);
    let event = usage(owner, &format!("{}:accepted", accepted.sid));
    set([
        C::CreateMessage(accepted),
        C::KeepIdempotency(idempotency(owner, &number.to_string())),
        C::Post(posting(&event)),
        C::AddUsage(event),
    ])
}

pub async fn a_set_is_written_whole_or_not_at_all(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let taken = call(owner);
    put(&store, C::CreateCall(taken.clone())).await;
    let event = usage(owner, "CA1:leg");
    let fresh = message(owner);
    let failing = set([
        C::CreateMessage(fresh.clone()),
        C::AddUsage(event.clone()),
        C::Post(posting(&event)),
        C::QueueCallback(callback(owner, "CA1", 0, 10)),
        C::CreateCall(taken),
        C::CreateMessage(message(owner)),
    ]);
    assert!(is_conflict(&store.commit(failing).await));
    assert_eq!(store.message(owner, fresh.sid).await.unwrap(), None);
    assert_eq!(store.count_messages(owner, &MessageFilter::default()).await.unwrap(), 0);
    assert_eq!(store.usage_events(owner, &crate::UsageFilter::default(), 10).await.unwrap(), []);
    assert_eq!(store.balances(owner).await.unwrap(), []);
    assert_eq!(store.ledger_proof().await.unwrap(), crate::LedgerProof::default());
    assert_eq!(store.due_callbacks(at(100), 10).await.unwrap(), []);
}

pub async fn a_failing_set_does_not_spoil_those_beside_it(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let taken = call(owner);
    put(&store, C::CreateCall(taken.clone())).await;
    let sets = (0..90).map(|number| match number % 3 {
        0 => accept(owner, number),
        1 => set([C::CreateMessage(message(owner)), C::CreateCall(taken.clone())]),
        _ => set([C::CreateCall(call(owner)), C::UpdateCall(Call { version: 9, ..taken.clone() })]),
    });
    let outcomes = all(sets.map(|set| store.commit(set))).await;
    for (number, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_ok(), number % 3 == 0, "{number}: {outcome:?}");
    }
    assert_eq!(store.count_messages(owner, &MessageFilter::default()).await.unwrap(), 30);
    assert_eq!(store.count_calls(owner, &CallFilter::default()).await.unwrap(), 1);
    assert_eq!(store.ledger_proof().await.unwrap().transactions, 30);
}

pub async fn a_set_of_many_steps_is_written_whole(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    put_all(&store, (0..2_000).map(|_| C::CreateCall(call(owner)))).await;
    assert_eq!(store.count_calls(owner, &CallFilter::default()).await.unwrap(), 2_000);
}

pub async fn an_empty_set_is_fine(store: Arc<dyn Store>) {
    store.commit(ChangeSet::new()).await.unwrap();
}

pub async fn a_set_that_is_too_large_is_refused(store: Arc<dyn Store>) {
    let large = set((0..=10_000).map(|_| C::DropMoParts(String::new())));
    assert!(matches!(store.commit(large).await, Err(StoreError::Broken(_))));
}

pub async fn a_set_applied_twice_is_a_conflict(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let once = accept(owner, 1);
    store.commit(once.clone()).await.unwrap();
    assert!(is_conflict(&store.commit(once).await));
    assert_eq!(store.ledger_proof().await.unwrap().transactions, 1);
}

pub async fn one_of_many_renters_gets_the_number(store: Arc<dyn Store>) {
    put(&store, C::ImportStock(vec![stock("+3225550101", NumberType::Local, true)])).await;
    let renters: Vec<IncomingNumber> = (0..40).map(|_| number(AccountSid::new(), "+3225550101")).collect();
    let outcomes = all(renters.iter().map(|renter| store.commit(C::RentNumber(renter.clone()).into()))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| is_conflict(outcome)).count(), 39);
    let winner = renters.iter().zip(&outcomes).find(|(_, outcome)| outcome.is_ok()).map(|(renter, _)| renter);
    assert_eq!(store.number_owner(&e164("+3225550101")).await.unwrap().as_ref(), winner);
}

pub async fn concurrent_updates_of_one_version_have_one_winner(store: Arc<dyn Store>) {
    let running = call(AccountSid::new());
    put(&store, C::CreateCall(running.clone())).await;
    let update = |trunk: u32| C::UpdateCall(Call { trunk: Some(trunk.to_string()), ..running.clone() });
    let outcomes = all((0..40).map(|number| store.commit(update(number).into()))).await;
    let winners: Vec<usize> = (0..40).filter(|number| outcomes[*number].is_ok()).collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| outcome.is_ok() || is_conflict(outcome)));
    let kept = store.call(running.account_sid, running.sid).await.unwrap().unwrap();
    assert_eq!((kept.version, kept.trunk), (2, Some(winners[0].to_string())));
}

pub async fn concurrent_retries_lose_no_update(store: Arc<dyn Store>) {
    let fresh = Message { callback_sequence: 0, ..message(AccountSid::new()) };
    let (owner, sid) = (fresh.account_sid, fresh.sid);
    put(&store, C::CreateMessage(fresh)).await;
    let count_up = async || {
        loop {
            let mut read = store.message(owner, sid).await.unwrap().unwrap();
            read.callback_sequence += 1;
            match store.commit(C::UpdateMessage(read).into()).await {
                Ok(()) => break,
                outcome => assert!(is_conflict(&outcome), "{outcome:?}"),
            }
        }
    };
    all((0..12).map(|_| count_up())).await;
    let counted = store.message(owner, sid).await.unwrap().unwrap();
    assert_eq!((counted.callback_sequence, counted.version), (12, 13));
}

pub async fn two_hundred_concurrent_commits_are_all_there(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let outcomes = all((0..200).map(|number| store.commit(accept(owner, number)))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(store.count_messages(owner, &MessageFilter::default()).await.unwrap(), 200);
    let proof = store.ledger_proof().await.unwrap();
    assert_eq!((proof.transactions, proof.unposted, proof.sum), (200, 0, Money::ZERO));
}

pub async fn concurrent_postings_add_up(store: Arc<dyn Store>) {
    let owners = [AccountSid::new(), AccountSid::new(), AccountSid::new()];
    let post = |number: usize| {
        let event = usage(owners[number % 3], &format!("CA{}:leg", number / 2));
        store.commit(C::Post(posting(&UsageEvent { account_sid: owners[(number / 2) % 3], ..event })).into())
    };
    let outcomes = all((0..120).map(post)).await;
    assert!(outcomes.iter().all(Result::is_ok), "each posting came twice and counts once: {outcomes:?}");
    for owner in owners {
        assert_eq!(store.balances(owner).await.unwrap()[0].amount, Money::from_micros(20 * 96_583));
    }
    assert_eq!(store.ledger_proof().await.unwrap().transactions, 60);
}

pub async fn concurrent_uses_of_one_idempotency_key_have_one_winner(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let outcomes = all((0..30).map(|_| store.commit(accept(owner, 7)))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|outcome| outcome.is_ok() || is_conflict(outcome)), "{outcomes:?}");
    assert_eq!(store.count_messages(owner, &MessageFilter::default()).await.unwrap(), 1);
}

pub async fn what_was_committed_is_read_at_once(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    for version in 1..50 {
        let written = call(owner);
        put(&store, C::CreateCall(written.clone())).await;
        assert_eq!(store.call(owner, written.sid).await.unwrap(), Some(written));
        assert_eq!(store.count_calls(owner, &CallFilter::default()).await.unwrap(), version);
    }
}
