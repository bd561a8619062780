//! Changes of terms, and the letters that bring notices.

use super::*;
use crate::{Change as C, NoticeChange as N};
use flexio_domain::*;
use jiff::civil::date;

fn change(account_sid: AccountSid, second: i64) -> TermsChange {
    let words = || "Claims are answered within five days.".to_owned();
    TermsChange {
        sid: TermsChangeSid::new(),
        version: 1,
        account_sid,
        terms: vec![Terms::default()],
        words: PromotionLabel { nl: words(), fr: words(), de: words(), en: words() },
        from: date(2027, 1, 15),
        ground: None,
        ground_note: String::new(),
        after: None,
        seen: 0,
        told: 0,
        by: "US1".to_owned(),
        due_at: Some(at(second)),
        created_at: at(0),
        updated_at: at(0),
    }
}

pub async fn a_change_of_terms_goes_on_behind_where_it_was_and_only_once(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (late, early) = (change(owner, 9), change(owner, 3));
    put_all(&store, [late.clone(), early.clone()].map(|it| C::from(N::CreateTerms(it)))).await;
    assert!(is_conflict(&try_put(&store, N::CreateTerms(late.clone()).into()).await));
    assert_eq!(store.due_terms_changes(at(2), 10).await.unwrap(), []);
    assert_eq!(store.due_terms_changes(at(9), 10).await.unwrap(), [early.clone(), late.clone()]);
    let next = TermsChange { after: Some(owner), seen: 1, due_at: None, ..early.clone() };
    let outcomes = all((0..10).map(|_| store.commit(C::from(N::UpdateTerms(next.clone())).into()))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "one process went on");
    assert_eq!(store.terms_change(early.sid).await.unwrap(), Some(TermsChange { version: 2, ..next }));
    assert_eq!(store.due_terms_changes(at(9), 10).await.unwrap(), [late.clone()]);
    assert_eq!(store.terms_changes(1).await.unwrap()[0].sid, late.sid.max(early.sid));
}

pub async fn a_notice_is_kept_with_its_letters_and_its_last_one_is_found(store: Arc<dyn Store>) {
    let (owner, stranger) = (AccountSid::new(), AccountSid::new());
    let notice = TermsNotice {
        sid: TermsNoticeSid::new(),
        change_sid: TermsChangeSid::new(),
        subscription_sid: SubscriptionSid::new(),
        account_sid: owner,
        terms: vec![Terms::default()],
        words: "Claims are answered within five days.".to_owned(),
        announced_at: at(1),
        effective_at: at(5),
        exit_until: at(9),
        ground: Some(NoticeGround::Law),
        ground_note: "Royal Decree of 1 April".to_owned(),
    };
    put(&store, N::AnnounceTerms(notice.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, N::AnnounceTerms(notice.clone()).into()).await));
    assert_eq!(store.terms_notices(owner, 10).await.unwrap(), [notice.clone()]);
    assert_eq!(store.terms_notices(stranger, 10).await.unwrap(), []);
    let (of_terms, of_prices) = (NoticeSid::Terms(notice.sid), NoticeSid::Price(PriceNoticeSid::new()));
    let letter = |notice_sid, number| NoticeLetter {
        notice_sid,
        number,
        account_sid: owner,
        channel: LetterChannel::Email,
        email_sid: Some(EmailSid::new()),
        failure: None,
        subject: "Our terms change".to_owned(),
        text: "From 15 January on …".to_owned(),
        sha256: "0".repeat(64),
        written_at: at(i64::from(number)),
    };
    let (first, second, other) = (letter(of_terms, 1), letter(of_terms, 2), letter(of_prices, 1));
    put_all(&store, [&first, &second, &other].map(|it| C::from(N::Write(it.clone())))).await;
    assert!(is_conflict(&try_put(&store, N::Write(first.clone()).into()).await));
    assert_eq!(store.notice_letters(owner, of_terms, 10).await.unwrap(), [first, second.clone()]);
    assert_eq!(store.notice_letters(stranger, of_terms, 10).await.unwrap(), []);
    assert_eq!(store.last_notice_letters(0, 10).await.unwrap(), [second.clone(), other.clone()]);
    assert_eq!(store.last_notice_letters(0, 1).await.unwrap(), [second]);
    assert_eq!(store.last_notice_letters(of_terms.as_u128(), 10).await.unwrap(), [other]);
}
