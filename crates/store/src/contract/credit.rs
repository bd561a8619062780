//! Credit and grants.

use super::*;
use crate::{CREDIT_SHORT, Change as C, CreditChange, StoreError};
use flexio_domain::*;

fn terms(account: AccountSid, limit: i64) -> Credit {
    Credit {
        account_sid: account,
        version: 1,
        mode: CreditMode::Postpaid,
        limit: Money::from_micros(limit),
        created_at: at(0),
        updated_at: at(1),
    }
}

fn grant(payer: AccountSid, id: &str, amount: i64) -> Grant {
    Grant { id: id.to_owned(), payer, amount: Money::from_micros(amount), made_at: at(2) }
}

fn is_short(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict(CREDIT_SHORT)))
}

async fn standing(store: &Arc<dyn Store>, account: AccountSid) -> (i64, i64) {
    let state = store.credit(account).await.unwrap().unwrap();
    (state.owed.micros(), state.granted.micros())
}

/// A posting of 96 583 micro-units, as [`usage`] costs.
fn spent(account: AccountSid, id: &str) -> C {
    C::Post(posting(&usage(account, id)))
}

pub async fn credit_reads_as_it_was_written(store: Arc<dyn Store>) {
    let owner = account("owner");
    put(&store, C::CreateAccount(owner.clone())).await;
    assert_eq!(store.credit_for(owner.sid).await.unwrap(), None);
    let written = terms(owner.sid, 5);
    put(&store, CreditChange::Create(written.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, CreditChange::Create(written.clone()).into()).await));
    let raised = Credit { limit: Money::from_micros(9), ..written };
    put(&store, CreditChange::Update(raised.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, CreditChange::Update(raised.clone()).into()).await));
    let state = store.credit(owner.sid).await.unwrap().unwrap();
    assert_eq!(state.terms, Credit { version: 2, ..raised });
    assert_eq!(state.available(), Money::from_micros(9));
}

pub async fn no_more_is_granted_than_is_left_however_many_ask_at_once(store: Arc<dyn Store>) {
    let owner = account("owner");
    put(&store, C::CreateAccount(owner.clone())).await;
    put(&store, CreditChange::Create(terms(owner.sid, 1_000_000)).into()).await;
    let ask = |number: usize| {
        let wanted = grant(owner.sid, &format!("CA{number}"), 95_000);
        store.commit(C::from(CreditChange::Grant(wanted)).into())
    };
    let outcomes = all((0..200).map(ask)).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 10);
    assert!(outcomes.iter().all(|outcome| outcome.is_ok() || is_short(outcome)), "{outcomes:?}");
    assert_eq!(standing(&store, owner.sid).await, (0, 950_000));
    assert_eq!(store.credit_faults().await.unwrap(), 0);
}

pub async fn a_grant_is_extended_and_returned_with_its_charge(store: Arc<dyn Store>) {
    let owner = account("owner");
    put(&store, C::CreateAccount(owner.clone())).await;
    put(&store, CreditChange::Create(terms(owner.sid, 200_000)).into()).await;
    put(&store, CreditChange::Grant(grant(owner.sid, "CA1", 90_000)).into()).await;
    put(&store, CreditChange::Extend(grant(owner.sid, "CA1", 90_000)).into()).await;
    assert!(is_short(&try_put(&store, CreditChange::Extend(grant(owner.sid, "CA1", 90_000)).into()).await));
    let missing = try_put(&store, CreditChange::Extend(grant(owner.sid, "CA2", 1)).into()).await;
    assert!(is_conflict(&missing) && !is_short(&missing));
    assert_eq!(standing(&store, owner.sid).await, (0, 180_000));
    let ends = || [spent(owner.sid, "CA1:leg"), CreditChange::Return("CA1".to_owned()).into()];
    put_all(&store, ends()).await;
    put_all(&store, ends()).await;
    assert_eq!(standing(&store, owner.sid).await, (96_583, 0));
    assert_eq!(store.credit_faults().await.unwrap(), 0);
}

pub async fn what_is_required_has_to_be_left(store: Arc<dyn Store>) {
    let owner = account("owner");
    put(&store, C::CreateAccount(owner.clone())).await;
    put(&store, CreditChange::Create(terms(owner.sid, 100_000)).into()).await;
    let require = || CreditChange::Require { payer: owner.sid, amount: Money::from_micros(96_583) };
    put_all(&store, [require().into(), spent(owner.sid, "VL1:requested")]).await;
    let set = crate::ChangeSet::from(C::from(require())).with(spent(owner.sid, "VL2:requested"));
    assert!(is_short(&store.commit(set).await));
    assert_eq!(standing(&store, owner.sid).await, (96_583, 0));
}

pub async fn accounts_spend_on_the_nearest_terms_above(store: Arc<dyn Store>) {
    let top = account("top");
    let middle = sub_account(&top, "middle");
    let low = sub_account(&middle, "low");
    put_all(&store, [&top, &middle, &low].map(|account| C::CreateAccount(account.clone()))).await;
    put(&store, spent(low.sid, "CA1:leg")).await;
    put(&store, CreditChange::Create(terms(top.sid, 0)).into()).await;
    assert_eq!(standing(&store, top.sid).await, (96_583, 0), "what was used before counts");
    put(&store, spent(low.sid, "CA2:leg")).await;
    assert_eq!(standing(&store, top.sid).await, (2 * 96_583, 0));
    assert_eq!(store.credit_for(low.sid).await.unwrap().unwrap().terms.account_sid, top.sid);
    put(&store, CreditChange::Create(terms(middle.sid, 0)).into()).await;
    assert_eq!(standing(&store, top.sid).await, (0, 0));
    put_all(&store, [spent(low.sid, "CA3:leg"), spent(middle.sid, "CA4:leg"), spent(top.sid, "CA5:leg")])
        .await;
    assert_eq!(standing(&store, middle.sid).await, (4 * 96_583, 0));
    assert_eq!(standing(&store, top.sid).await, (96_583, 0));
    assert_eq!(store.credit_for(low.sid).await.unwrap().unwrap().terms.account_sid, middle.sid);
    assert_eq!(store.credit_faults().await.unwrap(), 0);
}

pub async fn concurrent_postings_and_payments_add_up_in_credit(store: Arc<dyn Store>) {
    let owner = account("owner");
    let below = sub_account(&owner, "below");
    put_all(&store, [&owner, &below].map(|account| C::CreateAccount(account.clone()))).await;
    put(&store, CreditChange::Create(terms(owner.sid, 0)).into()).await;
    let post = |number: usize| {
        let whose = if number.is_multiple_of(3) { owner.sid } else { below.sid };
        let mut paid = posting(&usage(owner.sid, &format!("P{number}")));
        paid.id = format!("payment:{number}");
        paid.legs = vec![
            LedgerLeg { account: LedgerAccount::Cash("transfer".to_owned()), amount: Money::from_micros(10) },
            LedgerLeg { account: LedgerAccount::Wallet(owner.sid), amount: Money::from_micros(-10) },
        ];
        let set = crate::ChangeSet::from(spent(whose, &format!("CA{number}:leg"))).with(C::Post(paid));
        store.commit(set)
    };
    let outcomes = all((0..90).map(post)).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(standing(&store, owner.sid).await, (90 * (96_583 - 10), 0));
    assert_eq!(store.credit_faults().await.unwrap(), 0);
}

pub async fn grants_nobody_returned_are_found(store: Arc<dyn Store>) {
    let owner = account("owner");
    put(&store, C::CreateAccount(owner.clone())).await;
    put(&store, CreditChange::Create(terms(owner.sid, 100)).into()).await;
    put(&store, CreditChange::Grant(grant(owner.sid, "SM1", 6)).into()).await;
    put(&store, CreditChange::Grant(grant(owner.sid, "CA1", 7)).into()).await;
    assert_eq!(store.old_call_grants(at(2), 10).await.unwrap(), Vec::<String>::new());
    assert_eq!(store.old_call_grants(at(3), 10).await.unwrap(), ["CA1"], "a message may wait for days");
    let kept = store.grant("CA1").await.unwrap().unwrap();
    // Times are kept in microseconds.
    assert_eq!(Grant { made_at: at(2), ..kept }, grant(owner.sid, "CA1", 7));
    assert_eq!(store.grant("CA2").await.unwrap(), None);
}
