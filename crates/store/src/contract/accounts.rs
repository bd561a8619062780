//! Accounts and keys.

use super::*;
use crate::{AccountFilter, Change as C, Page, Scope};
use flexio_domain::*;

pub async fn an_account_reads_as_it_was_written(store: Arc<dyn Store>) {
    let written = account("acme");
    put(&store, C::CreateAccount(written.clone())).await;
    assert_eq!(store.account(written.sid).await.unwrap(), Some(written));
    assert_eq!(store.account(AccountSid::new()).await.unwrap(), None);
}

pub async fn an_email_address_finds_its_account_in_any_case(store: Arc<dyn Store>) {
    let written = account("acme");
    put(&store, C::CreateAccount(written.clone())).await;
    for spelled in ["acme@example.com", "ACME@EXAMPLE.COM", "acme@Example.com"] {
        assert_eq!(store.account_by_email(spelled).await.unwrap().as_ref(), Some(&written), "{spelled}");
    }
    assert_eq!(store.account_by_email("acme@example.org").await.unwrap(), None);
}

pub async fn an_email_address_belongs_to_one_account(store: Arc<dyn Store>) {
    put(&store, C::CreateAccount(account("acme"))).await;
    let second = Account { email_address: Some("ACME@example.COM".to_owned()), ..account("other") };
    assert!(is_conflict(&try_put(&store, C::CreateAccount(second.clone())).await));
    assert_eq!(store.account(second.sid).await.unwrap(), None);
    for name in ["one", "two"] {
        put(&store, C::CreateAccount(Account { email_address: None, ..account(name) })).await;
    }
}

pub async fn an_email_address_cannot_be_changed_into_anothers(store: Arc<dyn Store>) {
    let (first, second) = (account("first"), account("second"));
    put_all(&store, [C::CreateAccount(first.clone()), C::CreateAccount(second.clone())]).await;
    let renamed = Account { email_address: first.email_address, ..second.clone() };
    assert!(is_conflict(&try_put(&store, C::UpdateAccount(renamed)).await));
    assert_eq!(store.account(second.sid).await.unwrap(), Some(second));
}

pub async fn a_sid_is_taken_once(store: Arc<dyn Store>) {
    let first = account("first");
    put(&store, C::CreateAccount(first.clone())).await;
    assert!(is_conflict(
        &try_put(&store, C::CreateAccount(Account { sid: first.sid, ..account("x") })).await
    ));
    assert_eq!(store.account(first.sid).await.unwrap(), Some(first));
}

pub async fn an_update_counts_the_version_up(store: Arc<dyn Store>) {
    let mut written = account("acme");
    put(&store, C::CreateAccount(written.clone())).await;
    for version in 1..4 {
        assert_eq!(store.account(written.sid).await.unwrap().unwrap().version, version);
        written.version = version;
        written.friendly_name = format!("name {version}");
        written.status = AccountStatus::Suspended;
        put(&store, C::UpdateAccount(written.clone())).await;
    }
    let expected = Account { version: 4, ..written };
    assert_eq!(store.account(expected.sid).await.unwrap(), Some(expected));
}

pub async fn an_update_of_a_version_that_moved_is_a_conflict(store: Arc<dyn Store>) {
    let written = account("acme");
    put(&store, C::CreateAccount(written.clone())).await;
    put(&store, C::UpdateAccount(written.clone())).await;
    assert!(is_conflict(&try_put(&store, C::UpdateAccount(written.clone())).await));
    let ahead = Account { version: 3, ..written.clone() };
    assert!(is_conflict(&try_put(&store, C::UpdateAccount(ahead)).await));
    assert!(is_conflict(&try_put(&store, C::UpdateAccount(account("unknown"))).await));
    assert_eq!(store.account(written.sid).await.unwrap().unwrap().version, 2);
}

pub async fn an_account_does_not_move_in_the_tree(store: Arc<dyn Store>) {
    let top = account("top");
    let child = sub_account(&top, "child");
    put_all(&store, [C::CreateAccount(top), C::CreateAccount(child.clone())]).await;
    let moved = Account { parent_sid: None, ..child };
    assert!(is_conflict(&try_put(&store, C::UpdateAccount(moved)).await));
}

pub async fn the_root_account_is_the_one_without_a_parent(store: Arc<dyn Store>) {
    assert_eq!(store.root_account().await.unwrap(), None);
    let top = account("top");
    let child = sub_account(&top, "child");
    put_all(&store, [C::CreateAccount(top.clone()), C::CreateAccount(child)]).await;
    assert_eq!(store.root_account().await.unwrap(), Some(top));
}

pub async fn sub_accounts_are_listed_direct_or_all(store: Arc<dyn Store>) {
    let top = account("top");
    let child = sub_account(&top, "child");
    let grandchild = sub_account(&child, "grandchild");
    let other = account("other");
    let all = [&top, &child, &grandchild, &other];
    put_all(&store, all.map(|account| C::CreateAccount(account.clone()))).await;
    let list = async |parent: AccountSid, scope| {
        let filter = AccountFilter { scope, ..AccountFilter::default() };
        store.accounts(parent, &filter, &Page::default()).await.unwrap()
    };
    assert_eq!(list(top.sid, Scope::Own).await, [child.clone()]);
    assert_eq!(list(top.sid, Scope::Tree).await, [grandchild.clone(), child.clone()]);
    assert_eq!(list(child.sid, Scope::Tree).await, [grandchild.clone()]);
    assert_eq!(list(grandchild.sid, Scope::Tree).await, []);
    assert_eq!(list(other.sid, Scope::Tree).await, []);
}

pub async fn sub_accounts_are_filtered_by_name_and_status(store: Arc<dyn Store>) {
    let top = account("top");
    let mut suspended = sub_account(&top, "b");
    suspended.status = AccountStatus::Suspended;
    let active = sub_account(&top, "a");
    put_all(&store, [&top, &suspended, &active].map(|account| C::CreateAccount(account.clone()))).await;
    let by_name = AccountFilter { friendly_name: Some("a".to_owned()), ..AccountFilter::default() };
    assert_eq!(store.accounts(top.sid, &by_name, &Page::default()).await.unwrap(), [active]);
    let by_status =
        AccountFilter { status: Some(AccountStatus::Suspended), scope: Scope::Tree, friendly_name: None };
    assert_eq!(store.accounts(top.sid, &by_status, &Page::default()).await.unwrap(), [suspended]);
}

pub async fn keys_are_made_changed_and_deleted(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (first, second) = (key(owner), key(owner));
    put_all(&store, [C::CreateKey(first.clone()), C::CreateKey(second.clone())]).await;
    assert!(is_conflict(&try_put(&store, C::CreateKey(first.clone())).await));
    assert_eq!(store.key(first.sid).await.unwrap().as_ref(), Some(&first));
    assert_eq!(store.keys(owner, &Page::default()).await.unwrap(), [second.clone(), first.clone()]);
    let renamed = ApiKey { friendly_name: "phone".to_owned(), ..first.clone() };
    put(&store, C::UpdateKey(renamed.clone())).await;
    assert!(is_conflict(&try_put(&store, C::UpdateKey(renamed.clone())).await));
    assert_eq!(store.key(first.sid).await.unwrap(), Some(ApiKey { version: 2, ..renamed }));
    put(&store, C::DeleteKey(owner, first.sid)).await;
    assert!(is_conflict(&try_put(&store, C::DeleteKey(owner, first.sid)).await));
    assert_eq!(store.key(first.sid).await.unwrap(), None);
    assert_eq!(store.keys(owner, &Page::default()).await.unwrap(), [second]);
}

pub async fn text_with_a_nul_character_is_kept(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let odd = application(owner, "a\0b");
    put(&store, C::CreateApplication(odd.clone())).await;
    assert_eq!(store.application(owner, odd.sid).await.unwrap().as_ref(), Some(&odd));
    let filter = crate::ApplicationFilter { friendly_name: Some("a\0b".to_owned()) };
    assert_eq!(store.applications(owner, &filter, &Page::default()).await.unwrap(), [odd]);
}
