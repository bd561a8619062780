//! Decisions and cases of the guard.

use super::*;
use crate::{CaseFilter, Change, DecisionFilter, Page, VerifyChange as C};
use flexio_domain::*;

/// What a rule saw that refuses.
pub fn guard_figure(rule: GuardRule) -> GuardFigure {
    GuardFigure { rule, seen: 50, most: 50, used: None, refuses: true }
}

/// A case that is open.
pub fn guard_case(account_sid: AccountSid, rule: GuardRule, subject: &str) -> GuardCase {
    GuardCase {
        sid: GuardCaseSid::new(),
        version: 1,
        account_sid,
        rule,
        subject: subject.to_owned(),
        figure: guard_figure(rule),
        refusals: 1,
        last_at: at(0),
        released_at: None,
        note: None,
        created_at: at(0),
    }
}

fn decision(of: &GuardCase, to: &str, second: i64, refused: bool) -> GuardDecision {
    GuardDecision {
        sid: GuardDecisionSid::new(),
        account_sid: of.account_sid,
        scope: VerifyScope::Named("login".to_owned()),
        to: to.to_owned(),
        country: Some("BE".to_owned()),
        channel: VerifyChannel::Sms,
        refused_by: refused.then_some(of.rule),
        figures: vec![of.figure],
        is_safe: false,
        case_sid: refused.then_some(of.sid),
        created_at: at(second),
    }
}

fn change(change: C) -> [Change; 1] {
    [change.into()]
}

pub async fn a_subject_has_one_open_case_and_its_last_one_is_found(store: Arc<dyn Store>) {
    let (owner, rule) = (AccountSid::new(), GuardRule::BlockOften);
    let first = guard_case(owner, rule, "+32470555");
    put_all(&store, change(C::OpenCase(first.clone()))).await;
    assert!(is_conflict(&try_put(&store, C::OpenCase(guard_case(owner, rule, "+32470555")).into()).await));
    let others = [
        guard_case(owner, GuardRule::BlockUnused, "+32470555"),
        guard_case(owner, rule, "+32470556"),
        guard_case(AccountSid::new(), rule, "+32470555"),
    ];
    put_all(&store, others.clone().map(|case| C::OpenCase(case).into())).await;
    let released = GuardCase { released_at: Some(at(9)), note: Some("ours".to_owned()), ..first.clone() };
    put_all(&store, change(C::UpdateCase(released.clone()))).await;
    assert!(is_conflict(&try_put(&store, C::UpdateCase(released.clone()).into()).await));
    let released = GuardCase { version: 2, ..released };
    let last = async || store.guard_case_of(owner, rule, "+32470555").await.unwrap();
    assert_eq!(last().await, Some(released.clone()));
    let second = guard_case(owner, rule, "+32470555");
    put_all(&store, change(C::OpenCase(second.clone()))).await;
    assert_eq!(last().await, Some(second.clone()));
    let check = async |filter: CaseFilter, expected: &[&GuardCase]| {
        let found = store.guard_cases(owner, filter, &Page::default()).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    };
    check(CaseFilter { open: Some(false), ..<_>::default() }, &[&released]).await;
    check(CaseFilter { open: Some(true), rule: Some(rule) }, &[&second, &others[1]]).await;
    check(CaseFilter::default(), &[&second, &others[1], &others[0], &released]).await;
    assert_eq!(store.guard_case(owner, others[2].sid).await.unwrap(), None, "of somebody else");
}

pub async fn decisions_are_filtered_counted_and_forgotten(store: Arc<dyn Store>) {
    let case = guard_case(AccountSid::new(), GuardRule::BlockOften, "+32470555");
    let owner = case.account_sid;
    let (a, b) = (decision(&case, "+32470555001", 10, true), decision(&case, "+32470555002", 20, false));
    put_all(&store, [&a, &b].map(|it| Change::from(C::Decide(it.clone())))).await;
    assert!(is_conflict(&try_put(&store, C::Decide(a.clone()).into()).await));
    let check = async |filter: DecisionFilter, expected: &[&GuardDecision]| {
        let found = store.guard_decisions(owner, &filter, &Page::default()).await.unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        assert_eq!(store.count_guard_decisions(owner, &filter).await.unwrap(), expected.len() as u64);
    };
    check(DecisionFilter::default(), &[&b, &a]).await;
    check(DecisionFilter { refused: Some(true), ..<_>::default() }, &[&a]).await;
    check(DecisionFilter { refused: Some(false), ..<_>::default() }, &[&b]).await;
    check(DecisionFilter { rule: Some(GuardRule::BlockOften), ..<_>::default() }, &[&a]).await;
    check(DecisionFilter { case: Some(case.sid), ..<_>::default() }, &[&a]).await;
    check(
        DecisionFilter { to: Some(b.to.clone()), scope: Some("name:login".to_owned()), ..<_>::default() },
        &[&b],
    )
    .await;
    let early = crate::Span { from: None, until: Some(at(15)) };
    check(DecisionFilter { created: early, ..<_>::default() }, &[&a]).await;
    assert_eq!(store.guard_decision(AccountSid::new(), a.sid).await.unwrap(), None);
    assert_eq!(store.guard_decision(owner, a.sid).await.unwrap(), Some(a.clone()));
    assert_eq!(store.sweep_guard_decisions(at(15), 10).await.unwrap(), 1);
    check(DecisionFilter::default(), &[&b]).await;
}
