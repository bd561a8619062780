//! Programs that bind over SMPP, and names that accounts want to send from.

use super::*;
use crate::{MessagingChange as C, Page, Scope, SenderNameFilter};
use flexio_domain::*;

fn program(account_sid: AccountSid, receives: bool) -> SmppUser {
    let sid = SmppUserSid::new();
    SmppUser {
        sid,
        version: 1,
        account_sid,
        friendly_name: "shop".to_owned(),
        system_id: format!("u{}", &sid.to_string()[22..]),
        password: Sealed(vec![1, 2, 3]),
        binds: vec![SmppBind::Transceiver],
        addresses: vec!["192.0.2.1".parse().unwrap()],
        binds_max: 4,
        window: 50,
        submits_per_s: 50,
        receives,
        created_at: at(0),
        updated_at: at(0),
    }
}

pub(super) async fn a_program_is_found_by_its_name_and_one_of_an_account_receives(store: Arc<dyn Store>) {
    let (owner, other) = (AccountSid::new(), AccountSid::new());
    let (first, second) = (program(owner, true), program(owner, false));
    put_all(&store, [&first, &second].map(|one| C::CreateSmppUser(one.clone()).into())).await;
    assert_eq!(store.smpp_user_by_name(&first.system_id).await.unwrap(), Some(first.clone()));
    assert_eq!(store.smpp_user_by_name("nobody").await.unwrap(), None);
    assert_eq!(store.smpp_user(owner, second.sid).await.unwrap(), Some(second.clone()));
    assert_eq!(store.smpp_user(other, second.sid).await.unwrap(), None);
    assert_eq!(store.smpp_receiver(owner).await.unwrap(), Some(first.clone()));
    assert_eq!(store.smpp_receiver(other).await.unwrap(), None);
    let page = Page::default();
    assert_eq!(store.smpp_users(owner, &page).await.unwrap(), [second.clone(), first.clone()]);
    assert_eq!(store.count_smpp_users(owner).await.unwrap(), 2);
    assert_eq!(store.count_smpp_users(other).await.unwrap(), 0);
    let namesake = SmppUser { system_id: first.system_id.clone(), ..program(other, false) };
    for taken in [namesake, program(owner, true)] {
        assert!(is_conflict(&try_put(&store, C::CreateSmppUser(taken).into()).await));
    }
    let silent = SmppUser { receives: false, window: 7, ..first.clone() };
    put(&store, C::UpdateSmppUser(silent.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, C::UpdateSmppUser(silent.clone()).into()).await));
    let kept = store.smpp_user_by_name(&first.system_id).await.unwrap();
    assert_eq!(kept, Some(SmppUser { version: 2, ..silent }));
    assert_eq!(store.smpp_receiver(owner).await.unwrap(), None);
    assert!(is_conflict(&try_put(&store, C::DeleteSmppUser(other, first.sid).into()).await));
    put(&store, C::DeleteSmppUser(owner, first.sid).into()).await;
    assert_eq!(store.smpp_user_by_name(&first.system_id).await.unwrap(), None);
}

fn name(account_sid: AccountSid, name: &str) -> SenderName {
    SenderName {
        sid: SenderNameSid::new(),
        version: 1,
        account_sid,
        name: name.parse().unwrap(),
        proof: "Registered trade name.".to_owned(),
        state: SenderNameState::Requested,
        reason: None,
        decided_by: None,
        decided_at: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

pub(super) async fn a_sender_name_is_asked_for_by_many_and_held_by_one(store: Arc<dyn Store>) {
    let top = account("top");
    let child = sub_account(&top, "child");
    put_all(&store, [&top, &child].map(|one| crate::Change::CreateAccount(one.clone()))).await;
    // Cases may share a database: the name is this one's.
    let word = format!("N{}", &child.sid.to_string()[26..]);
    let (ours, theirs) = (name(child.sid, &word), name(top.sid, &word.to_uppercase()));
    put_all(&store, [&ours, &theirs].map(|one| C::CreateSenderName(one.clone()).into())).await;
    let again = name(child.sid, &word.to_lowercase());
    assert!(
        is_conflict(&try_put(&store, C::CreateSenderName(again).into()).await),
        "case makes no other name"
    );
    let key = ours.key();
    assert_eq!(store.held_name(&key).await.unwrap(), None);
    let held = SenderName { state: SenderNameState::Approved, decided_by: Some(top.sid), ..ours.clone() };
    put(&store, C::UpdateSenderName(held.clone()).into()).await;
    let held = SenderName { version: 2, ..held };
    assert_eq!(store.held_name(&key).await.unwrap(), Some(held.clone()));
    let second = SenderName { state: SenderNameState::Approved, ..theirs.clone() };
    assert!(try_put(&store, C::UpdateSenderName(second).into()).await.is_err(), "one account holds it");
    let find = async |account, scope, state| {
        let filter = SenderNameFilter { scope, state };
        let found = store.sender_names(account, &filter, &Page::default()).await.unwrap();
        assert_eq!(store.count_sender_names(account, &filter).await.unwrap(), found.len() as u64);
        found
    };
    assert_eq!(find(child.sid, Scope::Own, None).await, [held.clone()]);
    assert_eq!(find(top.sid, Scope::Tree, None).await, [theirs.clone(), held.clone()]);
    assert_eq!(find(top.sid, Scope::Tree, Some(SenderNameState::Requested)).await, [theirs.clone()]);
    assert_eq!(store.sender_name(child.sid, ours.sid).await.unwrap(), Some(held));
    assert_eq!(store.sender_name(child.sid, theirs.sid).await.unwrap(), None);
    assert!(is_conflict(&try_put(&store, C::DeleteSenderName(top.sid, ours.sid).into()).await));
    put(&store, C::DeleteSenderName(child.sid, ours.sid).into()).await;
    assert_eq!(store.held_name(&key).await.unwrap(), None);
}

pub(super) async fn a_keyword_is_one_accounts_and_found_by_its_word(store: Arc<dyn Store>) {
    let (owner, other) = (AccountSid::new(), AccountSid::new());
    // Cases may share a database: the words are this one's.
    let word = |letter: &str| format!("{letter}{}", &owner.to_string()[26..]);
    let keyword = |account_sid, word: String| Keyword {
        sid: KeywordSid::new(),
        version: 1,
        account_sid,
        word,
        sms: WebhookSet::default(),
        created_at: at(0),
        updated_at: at(0),
    };
    let (first, second) = (keyword(owner, word("A")), keyword(owner, word("B")));
    put_all(&store, [&first, &second].map(|one| C::CreateKeyword(one.clone()).into())).await;
    assert!(is_conflict(&try_put(&store, C::CreateKeyword(keyword(other, word("A"))).into()).await));
    assert_eq!(store.keyword_by_word(&word("A")).await.unwrap(), Some(first.clone()));
    assert_eq!(store.keyword_by_word(&word("C")).await.unwrap(), None);
    let webhook = Webhook { url: "https://shop.example".to_owned(), method: HttpMethod::Post };
    let asked = Keyword { sms: WebhookSet { primary: Some(webhook), fallback: None }, ..first.clone() };
    put(&store, C::UpdateKeyword(asked.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, C::UpdateKeyword(asked.clone()).into()).await));
    let asked = Keyword { version: 2, ..asked };
    assert_eq!(store.keyword(owner, first.sid).await.unwrap(), Some(asked.clone()));
    assert_eq!(store.keyword(other, first.sid).await.unwrap(), None);
    assert_eq!(store.keywords(owner, &Page::default()).await.unwrap(), [second, asked]);
    assert_eq!(
        (store.count_keywords(owner).await.unwrap(), store.count_keywords(other).await.unwrap()),
        (2, 0)
    );
    assert!(is_conflict(&try_put(&store, C::DeleteKeyword(other, first.sid).into()).await));
    put(&store, C::DeleteKeyword(owner, first.sid).into()).await;
    assert_eq!(store.keyword_by_word(&word("A")).await.unwrap(), None);
}
