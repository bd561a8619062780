//! Templates and the safe list.

use super::*;
use crate::{Change, Page, VerifyChange as C};
use flexio_domain::*;

/// A template.
pub fn verify_template(account_sid: AccountSid, friendly_name: &str) -> VerifyTemplate {
    let text = "{{code}} is your code".to_owned();
    VerifyTemplate {
        sid: VerifyTemplateSid::new(),
        version: 1,
        account_sid,
        friendly_name: friendly_name.to_owned(),
        channels: vec![VerifyChannel::Sms],
        translations: [("en".to_owned(), Translation { text, updated_at: at(0) })].into(),
        default_language: "en".to_owned(),
        created_at: at(0),
        updated_at: at(0),
    }
}

pub async fn templates_are_found_by_sid_and_name(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (login, pay) = (verify_template(owner, "login"), verify_template(owner, "pay"));
    put_all(&store, [&login, &pay].map(|it| Change::from(C::CreateTemplate(it.clone())))).await;
    let page = Page::default();
    assert_eq!(store.verify_templates(owner, None, &page).await.unwrap(), [pay.clone(), login.clone()]);
    assert_eq!(store.verify_templates(owner, Some("login"), &page).await.unwrap(), [login.clone()]);
    assert_eq!(store.count_verify_templates(owner, None).await.unwrap(), 2);
    assert_eq!(store.verify_template(AccountSid::new(), login.sid).await.unwrap(), None);
    let renamed = VerifyTemplate { friendly_name: "sign in".to_owned(), ..login.clone() };
    put_all(&store, [Change::from(C::UpdateTemplate(renamed.clone()))]).await;
    assert!(is_conflict(&try_put(&store, C::UpdateTemplate(renamed.clone()).into()).await));
    let kept = store.verify_templates(owner, Some("sign in"), &page).await.unwrap();
    assert_eq!(kept, [VerifyTemplate { version: 2, ..renamed }]);
    put_all(&store, [Change::from(C::DeleteTemplate(owner, login.sid))]).await;
    assert!(is_conflict(&try_put(&store, C::DeleteTemplate(owner, login.sid).into()).await));
    assert_eq!(store.verify_template(owner, login.sid).await.unwrap(), None);
}

pub async fn a_number_is_on_the_safe_list_once(store: Arc<dyn Store>) {
    let safe = |account_sid, number: &str| SafeNumber {
        sid: SafeNumberSid::new(),
        account_sid,
        number: number.parse().unwrap(),
        created_at: at(0),
    };
    let (owner, other) = (AccountSid::new(), AccountSid::new());
    let ours = safe(owner, "+32470123456");
    let add = |safe: &SafeNumber| Change::from(C::AddSafeNumber(safe.clone()));
    put_all(&store, [add(&ours), add(&safe(other, "+32470123456")), add(&safe(owner, "+32470123457"))]).await;
    assert!(is_conflict(&try_put(&store, add(&safe(owner, "+32470123456"))).await));
    assert_eq!(store.safe_number(owner, &ours.number).await.unwrap(), Some(ours.clone()));
    assert_eq!(store.count_safe_numbers(owner).await.unwrap(), 2);
    let remove = || Change::from(C::RemoveSafeNumber(owner, ours.number.clone()));
    put_all(&store, [remove()]).await;
    assert!(is_conflict(&try_put(&store, remove()).await));
    assert_eq!(store.safe_number(owner, &ours.number).await.unwrap(), None);
    assert!(store.safe_number(other, &ours.number).await.unwrap().is_some());
}
