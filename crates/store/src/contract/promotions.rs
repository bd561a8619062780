//! Promotions and who has taken them.

use super::*;
use crate::{Change as C, ChangeSet, PROMOTION_USED_UP, PromotionChange as P, StoreError};
use flexio_domain::*;
use jiff::civil::date;

/// Five euros of welcome credit, without code, cap and budget.
pub fn promotion(id: &str) -> Promotion {
    Promotion {
        id: id.to_owned(),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        code: None,
        label: PromotionLabel {
            nl: "Welkom".to_owned(),
            fr: "Bienvenue".to_owned(),
            de: "Willkommen".to_owned(),
            en: "Welcome".to_owned(),
        },
        kind: PromotionKind::Credit(Money::from_micros(5_000_000)),
        items: vec!["sms.out".to_owned()],
        starts: date(2026, 11, 1),
        ends: Some(date(2026, 12, 31)),
        duration_months: Some(3),
        eligibility: Eligibility {
            new: true,
            existing: false,
            kinds: vec![CustomerKind::Micro],
            accounts: vec![AccountSid::from_u128(2)],
        },
        stack_group: Some("welcome".to_owned()),
        cap: None,
        budget: None,
        ended_at: None,
        created_at: at(0),
    }
}

fn redemption(promotion: &Promotion, reserved: i64) -> Redemption {
    Redemption {
        sid: RedemptionSid::new(),
        version: 1,
        subscription_sid: SubscriptionSid::new(),
        account_sid: AccountSid::new(),
        promotion: promotion.clone(),
        taken_at: at(1),
        from: date(2026, 11, 10),
        until: date(2027, 1, 31),
        reserved: Money::from_micros(reserved),
        given: Money::ZERO,
        by: "US1".to_owned(),
    }
}

fn redeem(redemption: &Redemption) -> ChangeSet {
    C::from(P::Redeem(redemption.clone())).into()
}

fn is_used_up(outcome: &Result<(), StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Conflict(PROMOTION_USED_UP)))
}

async fn state(store: &Arc<dyn Store>, promotion: &Promotion) -> (u64, i64) {
    let state = store.promotion(&promotion.id).await.unwrap().unwrap();
    (state.taken, state.spent.micros())
}

pub async fn a_promotion_reads_as_it_was_written_and_its_id_and_code_are_its_own(store: Arc<dyn Store>) {
    let with_code = Promotion { code: Some("SPRING".to_owned()), cap: Some(7), ..promotion("a") };
    let later = Promotion { created_at: at(5), budget: Some(Money::from_micros(9)), ..promotion("b") };
    put_all(&store, [with_code.clone(), later.clone()].map(|it| C::from(P::Create(it)))).await;
    for taken in [promotion("a"), Promotion { id: "c".to_owned(), ..with_code.clone() }] {
        assert!(is_conflict(&try_put(&store, P::Create(taken).into()).await));
    }
    let fresh = |promotion| PromotionState { promotion, taken: 0, spent: Money::ZERO };
    assert_eq!(store.promotions(10).await.unwrap(), [fresh(later), fresh(with_code.clone())]);
    assert_eq!(store.promotions(1).await.unwrap().len(), 1);
    assert_eq!(store.promotion_of_code("SPRING").await.unwrap(), Some(fresh(with_code.clone())));
    assert_eq!(store.promotion_of_code("spring").await.unwrap(), None);
    assert_eq!(store.promotion("c").await.unwrap(), None);
    let ended = Promotion { ended_at: Some(at(9)), ..with_code };
    put(&store, P::Update(ended.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, P::Update(ended.clone()).into()).await));
    assert_eq!(store.promotion("a").await.unwrap(), Some(fresh(Promotion { version: 2, ..ended })));
    let taken = redemption(&promotion("a"), 0);
    store.commit(redeem(&taken)).await.unwrap();
    assert_eq!(store.redemptions(taken.account_sid, 10).await.unwrap(), [taken]);
    assert_eq!(store.redemptions(AccountSid::new(), 10).await.unwrap(), []);
}

pub async fn x05_of_many_who_take_a_promotion_at_once_no_more_get_it_than_may(store: Arc<dyn Store>) {
    let once = Promotion { cap: Some(1), ..promotion("once") };
    let thrice = Promotion { cap: Some(3), ..promotion("thrice") };
    put_all(&store, [once.clone(), thrice.clone()].map(|it| C::from(P::Create(it)))).await;
    for (promotion, may) in [(once, 1), (thrice, 3)] {
        let asking: Vec<Redemption> = (0..40).map(|_| redemption(&promotion, 0)).collect();
        let outcomes = all(asking.iter().map(|it| store.commit(redeem(it)))).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), may);
        assert_eq!(outcomes.iter().filter(|outcome| is_used_up(outcome)).count(), 40 - may, "{outcomes:?}");
        assert_eq!(state(&store, &promotion).await, (may as u64, 0));
        for (it, outcome) in asking.iter().zip(&outcomes) {
            let kept = store.redemptions(it.account_sid, 10).await.unwrap();
            assert_eq!(kept.len(), usize::from(outcome.is_ok()), "who was refused has nothing");
        }
    }
}

pub async fn an_account_takes_a_promotion_once_however_often_it_asks_at_once(store: Arc<dyn Store>) {
    let offered = promotion("a");
    put(&store, P::Create(offered.clone()).into()).await;
    let first = redemption(&offered, 0);
    let again = || Redemption { sid: RedemptionSid::new(), ..first.clone() };
    let asking: Vec<Redemption> = (0..20).map(|_| again()).collect();
    let outcomes = all(asking.iter().map(|it| store.commit(redeem(it)))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|outcome| outcome.is_ok() || is_conflict(outcome) && !is_used_up(outcome)));
    assert_eq!(state(&store, &offered).await, (1, 0));
}

pub async fn a_budget_is_never_overdrawn_however_many_ask_at_once(store: Arc<dyn Store>) {
    let offered = Promotion { budget: Some(Money::from_micros(12)), ..promotion("a") };
    put(&store, P::Create(offered.clone()).into()).await;
    let asking: Vec<Redemption> = (0..20).map(|_| redemption(&offered, 5)).collect();
    let outcomes = all(asking.iter().map(|it| store.commit(redeem(it)))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2);
    assert_eq!(state(&store, &offered).await, (2, 10));
    assert!(is_used_up(&store.commit(redeem(&redemption(&offered, 3))).await));
    store.commit(redeem(&redemption(&offered, 2))).await.unwrap();
    assert!(is_used_up(&store.commit(redeem(&redemption(&offered, 0))).await), "nothing is left");
}

pub async fn what_invoices_give_uses_the_budget_of_what_was_not_set_aside(store: Arc<dyn Store>) {
    let offered = Promotion { budget: Some(Money::from_micros(100)), ..promotion("a") };
    put(&store, P::Create(offered.clone()).into()).await;
    let (percent, credit) = (redemption(&offered, 0), redemption(&offered, 40));
    for it in [&percent, &credit] {
        store.commit(redeem(it)).await.unwrap();
    }
    let give = |it: &Redemption, amount| C::from(P::Give(it.clone(), Money::from_micros(amount)));
    put(&store, give(&percent, 30)).await;
    put(&store, give(&credit, 25)).await;
    assert_eq!(state(&store, &offered).await, (2, 70), "what was set aside is not spent twice");
    assert!(is_conflict(&try_put(&store, give(&percent, 30)).await), "the version has moved");
    assert_eq!(state(&store, &offered).await, (2, 70));
    let kept = store.redemptions(credit.account_sid, 10).await.unwrap();
    assert_eq!((kept[0].version, kept[0].given.micros()), (2, 25));
    put(&store, give(&Redemption { version: 2, given: Money::from_micros(30), ..percent }, 60)).await;
    assert_eq!(state(&store, &offered).await, (2, 130), "what was accepted is owed");
    assert!(is_used_up(&store.commit(redeem(&redemption(&offered, 0))).await));
}
