//! Changes of prices for many.

use super::*;
use crate::{Change as C, PriceRunChange as P};
use flexio_domain::*;
use jiff::civil::date;

/// A run that is due at `second`.
pub fn price_run(account_sid: AccountSid, second: i64) -> PriceRun {
    PriceRun {
        sid: PriceRunSid::new(),
        version: 1,
        account_sid,
        plan: "flexio-be/2".to_owned(),
        from: date(2027, 1, 15),
        items: vec!["voice.out.mobile".to_owned()],
        ground: Some(NoticeGround::Law),
        ground_note: "Royal Decree of 1 April".to_owned(),
        state: PriceRunState::Counting,
        after: None,
        seen: 0,
        total: 3,
        customers: 0,
        announced: 0,
        refused: 0,
        difference: Money::ZERO,
        by: "US1".to_owned(),
        due_at: Some(at(second)),
        created_at: at(0),
        updated_at: at(0),
    }
}

pub async fn a_run_goes_on_behind_where_it_was_and_only_once(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (late, early) = (price_run(owner, 9), price_run(owner, 3));
    put_all(&store, [late.clone(), early.clone()].map(|run| C::from(P::Create(run)))).await;
    assert!(is_conflict(&try_put(&store, P::Create(late.clone()).into()).await));
    assert_eq!(store.due_price_runs(at(2), 10).await.unwrap(), []);
    assert_eq!(store.due_price_runs(at(9), 10).await.unwrap(), [early.clone(), late.clone()]);
    assert_eq!(store.due_price_runs(at(9), 1).await.unwrap(), [early.clone()]);
    let next = PriceRun { after: Some(owner), seen: 1, due_at: None, ..early.clone() };
    let outcomes = all((0..10).map(|_| store.commit(C::from(P::Update(next.clone())).into()))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "one process went on");
    assert_eq!(store.price_run(early.sid).await.unwrap(), Some(PriceRun { version: 2, ..next }));
    assert_eq!(store.due_price_runs(at(9), 10).await.unwrap(), [late.clone()]);
    assert_eq!(store.price_runs(1).await.unwrap()[0].sid, late.sid.max(early.sid));
    let customer = |account: u128, outcome| PriceRunCustomer {
        run_sid: late.sid,
        account_sid: AccountSid::from_u128(account),
        outcome,
        reason: None,
        uses: 3,
        is_partial: false,
        old: Money::from_micros(7),
        new: Money::from_micros(8),
        notice_sid: None,
    };
    let counted = [1, 2, 3].map(|account| customer(account, PriceRunOutcome::Counted));
    put_all(&store, counted.clone().map(|it| C::from(P::Save(it)))).await;
    let told = customer(2, PriceRunOutcome::Announced);
    put(&store, P::Save(told.clone()).into()).await;
    let [first, _, third] = counted;
    assert_eq!(store.price_run_customers(late.sid, None, 10).await.unwrap(), [first, told.clone(), third]);
    let after = Some(AccountSid::from_u128(1));
    assert_eq!(store.price_run_customers(late.sid, after, 1).await.unwrap(), [told]);
    assert_eq!(store.price_run_customers(early.sid, None, 10).await.unwrap(), []);
}

pub async fn contracts_are_gone_through_by_account(store: Arc<dyn Store>) {
    let mut made =
        [super::contracts::contract(AccountSid::new()), super::contracts::contract(AccountSid::new())];
    made.sort_by_key(|it| it.account_sid);
    let over =
        Subscription { state: SubscriptionState::Closed, ..super::contracts::contract(AccountSid::new()) };
    for contract in made.iter().chain([&over]) {
        put(&store, crate::ContractChange::CreateSubscription(contract.clone()).into()).await;
    }
    assert_eq!(store.count_contracts().await.unwrap(), 2);
    assert_eq!(store.contracts_behind(None, 10).await.unwrap(), made);
    assert_eq!(store.contracts_behind(Some(made[0].account_sid), 10).await.unwrap(), made[1..]);
    assert_eq!(store.contracts_behind(None, 1).await.unwrap(), made[..1]);
}
