//! Factors of end users, who has them, and challenges.

use super::verify::verify_service;
use super::*;
use crate::{ChallengeFilter, Change, Page, VerifyChange as C};
use flexio_domain::*;

/// Somebody.
pub fn entity(account_sid: AccountSid, service_sid: VerifyServiceSid, identity: &str) -> Entity {
    Entity {
        sid: EntitySid::new(),
        account_sid,
        service_sid,
        identity: identity.to_owned(),
        created_at: at(0),
        updated_at: at(0),
    }
}

/// An app of theirs.
pub fn factor(of: &Entity) -> Factor {
    Factor {
        sid: FactorSid::new(),
        version: 1,
        account_sid: of.account_sid,
        service_sid: of.service_sid,
        entity_sid: of.sid,
        identity: of.identity.clone(),
        friendly_name: "phone".to_owned(),
        status: FactorStatus::Verified,
        config: TotpConfig { digits: 8, ..TotpConfig::default() },
        secret: Sealed(vec![1, 2, 3]),
        last_step: 57,
        wrong_at: vec![at(4)],
        metadata: Some("{}".to_owned()),
        created_at: at(0),
        updated_at: at(0),
    }
}

/// A challenge of it that waits until then.
pub fn challenge(of: &Factor, until: i64) -> Challenge {
    Challenge {
        sid: ChallengeSid::new(),
        version: 1,
        account_sid: of.account_sid,
        service_sid: of.service_sid,
        entity_sid: of.entity_sid,
        identity: of.identity.clone(),
        factor_sid: of.sid,
        status: ChallengeStatus::Pending,
        expires_at: at(until),
        responded_at: None,
        metadata: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

async fn write(store: &Arc<dyn Store>, changes: impl IntoIterator<Item = C>) {
    put_all(store, changes.into_iter().map(Change::from)).await;
}

async fn conflicts(store: &Arc<dyn Store>, change: C) -> bool {
    is_conflict(&try_put(store, change.into()).await)
}

pub async fn somebody_is_known_once_in_a_service_and_goes_with_what_they_have(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (service, other) = (verify_service(owner), verify_service(owner));
    let (an, bo) = (entity(owner, service.sid, "an-000001"), entity(owner, other.sid, "an-000001"));
    let (phone, pad, his) = (factor(&an), factor(&an), factor(&bo));
    write(&store, [&service, &other].map(|it| C::CreateService(it.clone()))).await;
    write(&store, [&an, &bo].map(|it| C::CreateEntity(it.clone()))).await;
    assert!(conflicts(&store, C::CreateEntity(entity(owner, service.sid, "an-000001"))).await);
    write(&store, [&phone, &pad, &his].map(|it| C::CreateFactor(it.clone()))).await;
    let asked = challenge(&phone, 300);
    write(&store, [C::CreateChallenge(asked.clone()), C::CreateChallenge(challenge(&his, 300))]).await;
    let later = Entity { updated_at: at(9), ..an.clone() };
    write(&store, [C::UpdateEntity(later.clone())]).await;
    assert_eq!(store.entity(owner, service.sid, "an-000001").await.unwrap(), Some(later.clone()));
    assert_eq!(store.entity(AccountSid::new(), service.sid, "an-000001").await.unwrap(), None);
    assert_eq!(store.entities(owner, other.sid, &Page::default()).await.unwrap(), [bo.clone()]);
    assert_eq!(store.factors(owner, an.sid, &Page::default()).await.unwrap(), [pad.clone(), phone.clone()]);
    assert_eq!(store.count_factors(owner, an.sid).await.unwrap(), 2);
    assert_eq!(store.factor(owner, bo.sid, phone.sid).await.unwrap(), None, "of somebody else");
    assert_eq!(store.factor(AccountSid::new(), an.sid, phone.sid).await.unwrap(), None);
    write(&store, [C::DeleteFactor(owner, pad.sid)]).await;
    assert!(conflicts(&store, C::DeleteFactor(owner, pad.sid)).await);
    write(&store, [C::DeleteEntity(owner, an.sid)]).await;
    assert_eq!(store.factor(owner, an.sid, phone.sid).await.unwrap(), None);
    assert_eq!(store.challenge(owner, an.sid, asked.sid).await.unwrap(), None);
    assert!(conflicts(&store, C::UpdateEntity(later)).await, "nothing is added to who is gone");
    assert!(conflicts(&store, C::DeleteEntity(owner, an.sid)).await);
    assert_eq!(store.factor(owner, bo.sid, his.sid).await.unwrap(), Some(his.clone()));
    write(&store, [C::DeleteService(owner, other.sid)]).await;
    assert_eq!(store.factor(owner, bo.sid, his.sid).await.unwrap(), None);
    let left = store.challenges(owner, bo.sid, &ChallengeFilter::default(), &Page::default()).await.unwrap();
    assert!(left.is_empty() && store.entity(owner, other.sid, "an-000001").await.unwrap().is_none());
}

pub async fn a_code_that_crosses_itself_is_taken_once(store: Arc<dyn Store>) {
    let an = entity(AccountSid::new(), VerifyServiceSid::new(), "an-000001");
    let phone = factor(&an);
    write(&store, [C::CreateEntity(an.clone()), C::CreateFactor(phone.clone())]).await;
    let tries = (0..20).map(|step| {
        let taken = Factor { last_step: 100 + step, ..phone.clone() };
        let store = Arc::clone(&store);
        async move { store.commit(Change::from(C::UpdateFactor(taken)).into()).await.is_ok() }
    });
    assert_eq!(all(tries).await.into_iter().filter(|won| *won).count(), 1);
    assert_eq!(store.factor(an.account_sid, an.sid, phone.sid).await.unwrap().unwrap().version, 2);
}

pub async fn challenges_are_told_apart_by_the_time(store: Arc<dyn Store>) {
    use ChallengeStatus as S;
    let an = entity(AccountSid::new(), VerifyServiceSid::new(), "an-000001");
    let (phone, pad) = (factor(&an), factor(&an));
    let (early, late) = (challenge(&phone, 100), challenge(&phone, 200));
    let done = challenge(&pad, 100);
    write(&store, [&early, &late, &done].map(|it| C::CreateChallenge(it.clone()))).await;
    let approved = Challenge { status: S::Approved, responded_at: Some(at(50)), ..done };
    write(&store, [C::UpdateChallenge(approved.clone())]).await;
    assert!(conflicts(&store, C::UpdateChallenge(approved.clone())).await);
    let approved = Challenge { version: 2, ..approved };
    let check = async |filter: ChallengeFilter, expected: &[&Challenge]| {
        let found = store.challenges(an.account_sid, an.sid, &filter, &Page::default()).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    };
    let at_150 = |status| ChallengeFilter { status: Some((status, at(150))), ..<_>::default() };
    check(ChallengeFilter::default(), &[&approved, &late, &early]).await;
    check(at_150(S::Pending), &[&late]).await;
    check(at_150(S::Expired), &[&early]).await;
    check(at_150(S::Approved), &[&approved]).await;
    check(ChallengeFilter { factor: Some(pad.sid), ..<_>::default() }, &[&approved]).await;
    assert_eq!(store.challenge(an.account_sid, an.sid, late.sid).await.unwrap(), Some(late));
    assert_eq!(store.sweep_challenges(at(0), 2).await.unwrap(), 0);
    assert_eq!(store.sweep_challenges(at(1), 2).await.unwrap(), 2);
    assert_eq!(store.sweep_challenges(at(1), 2).await.unwrap(), 1);
    check(ChallengeFilter::default(), &[]).await;
}

pub async fn a_factor_nobody_has_shown_a_code_of_goes_after_a_while(store: Arc<dyn Store>) {
    let an = entity(AccountSid::new(), VerifyServiceSid::new(), "an-000001");
    let fresh = |second| Factor { status: FactorStatus::Unverified, created_at: at(second), ..factor(&an) };
    let (young, shown, old) = (fresh(100), fresh(1), fresh(2));
    write(&store, [C::CreateEntity(an.clone())]).await;
    write(&store, [&young, &shown, &old].map(|it| C::CreateFactor(it.clone()))).await;
    write(&store, [C::UpdateFactor(Factor { status: FactorStatus::Verified, ..shown.clone() })]).await;
    assert_eq!(store.sweep_factors(at(2), 10).await.unwrap(), 0);
    assert_eq!(store.sweep_factors(at(50), 10).await.unwrap(), 1);
    assert_eq!(store.factor(an.account_sid, an.sid, old.sid).await.unwrap(), None);
    for stays in [young.sid, shown.sid] {
        assert!(store.factor(an.account_sid, an.sid, stays).await.unwrap().is_some());
    }
}
