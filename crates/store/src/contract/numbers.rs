//! Applications, stock, rented numbers, caller ids.

use super::*;
use crate::{ApplicationFilter, CallerIdFilter, Change as C, NumberFilter, Page, StockFilter};
use flexio_domain::*;

pub async fn applications_are_made_changed_listed_and_deleted(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (first, second) = (application(owner, "menu"), application(owner, "queue"));
    put_all(&store, [C::CreateApplication(first.clone()), C::CreateApplication(second.clone())]).await;
    assert!(is_conflict(&try_put(&store, C::CreateApplication(first.clone())).await));
    let list = async |name: Option<&str>| {
        let filter = ApplicationFilter { friendly_name: name.map(str::to_owned) };
        store.applications(owner, &filter, &Page::default()).await.unwrap()
    };
    assert_eq!(list(None).await, [second.clone(), first.clone()]);
    assert_eq!(list(Some("menu")).await, [first.clone()]);
    let renamed = Application { friendly_name: "main menu".to_owned(), ..first.clone() };
    put(&store, C::UpdateApplication(renamed.clone())).await;
    assert!(is_conflict(&try_put(&store, C::UpdateApplication(renamed.clone())).await));
    assert_eq!(list(Some("main menu")).await, [Application { version: 2, ..renamed }]);
    put(&store, C::DeleteApplication(owner, first.sid)).await;
    assert!(is_conflict(&try_put(&store, C::DeleteApplication(owner, first.sid)).await));
    assert_eq!(store.application(owner, first.sid).await.unwrap(), None);
    assert_eq!(list(None).await, [second]);
}

/// A number bound to the application for all three purposes, and the application.
async fn bound(store: &Arc<dyn Store>) -> (IncomingNumber, Application) {
    let owner = AccountSid::new();
    let app = application(owner, "menu");
    put(store, C::CreateApplication(app.clone())).await;
    let mut rented = rent(store, owner, "+3225550101").await;
    rented.voice_application_sid = Some(app.sid);
    rented.sms_application_sid = Some(app.sid);
    rented.refer_application_sid = Some(app.sid);
    put(store, C::UpdateNumber(rented.clone())).await;
    (IncomingNumber { version: 2, ..rented }, app)
}

pub async fn deleting_an_application_frees_the_numbers_that_use_it(store: Arc<dyn Store>) {
    let (rented, app) = bound(&store).await;
    let other = application(rented.account_sid, "other");
    put(&store, C::CreateApplication(other.clone())).await;
    let half = IncomingNumber { sms_application_sid: Some(other.sid), ..rented.clone() };
    put(&store, C::UpdateNumber(half.clone())).await;
    put(&store, C::DeleteApplication(app.account_sid, app.sid)).await;
    let freed =
        IncomingNumber { voice_application_sid: None, refer_application_sid: None, version: 4, ..half };
    assert_eq!(store.number(rented.account_sid, rented.sid).await.unwrap().as_ref(), Some(&freed));
    assert_eq!(store.number_owner(&rented.number).await.unwrap(), Some(freed));
}

pub async fn an_update_read_before_an_application_was_deleted_does_not_bring_it_back(store: Arc<dyn Store>) {
    let (rented, app) = bound(&store).await;
    put(&store, C::DeleteApplication(app.account_sid, app.sid)).await;
    assert!(is_conflict(&try_put(&store, C::UpdateNumber(rented)).await));
}

pub async fn stock_is_imported_and_searched(store: Arc<dyn Store>) {
    let local = stock("+3225550101", NumberType::Local, false);
    let mobile = stock("+32470000001", NumberType::Mobile, true);
    let dutch = StockNumber { country: "NL".to_owned(), ..stock("+31205550101", NumberType::Local, true) };
    put(&store, C::ImportStock(vec![mobile.clone(), dutch.clone(), local.clone()])).await;
    let search = async |filter: StockFilter| store.stock(&filter, 10).await.unwrap();
    assert_eq!(search(StockFilter::default()).await, [dutch.clone(), local.clone(), mobile.clone()]);
    assert_eq!(store.stock(&StockFilter::default(), 1).await.unwrap(), [dutch.clone()]);
    let country = StockFilter { country: Some("BE".to_owned()), ..StockFilter::default() };
    assert_eq!(search(country).await, [local.clone(), mobile.clone()]);
    let kind = StockFilter { number_type: Some(NumberType::Mobile), ..StockFilter::default() };
    assert_eq!(search(kind).await, [mobile.clone()]);
    let pattern = StockFilter { pattern: Some("+32_555%".to_owned()), ..StockFilter::default() };
    assert_eq!(search(pattern).await, [local]);
    let able = Capabilities { sms: true, voice: true, ..Capabilities::default() };
    assert_eq!(search(StockFilter { capabilities: able, ..StockFilter::default() }).await, [dutch, mobile]);
    let fax = Capabilities { fax: true, ..Capabilities::default() };
    assert_eq!(search(StockFilter { capabilities: fax, ..StockFilter::default() }).await, []);
}

pub async fn a_stock_import_replaces_but_leaves_rents_alone(store: Arc<dyn Store>) {
    let rented = rent(&store, AccountSid::new(), "+3225550101").await;
    let free = stock("+3225550102", NumberType::Local, false);
    put(&store, C::ImportStock(vec![free.clone(), stock("+3225550101", NumberType::Local, false)])).await;
    assert_eq!(store.stock(&StockFilter::default(), 10).await.unwrap(), [free.clone()]);
    let better = stock("+3225550102", NumberType::Local, true);
    put(&store, C::ImportStock(vec![better.clone()])).await;
    assert_eq!(store.stock(&StockFilter::default(), 10).await.unwrap(), [better]);
    assert_eq!(store.number_owner(&rented.number).await.unwrap(), Some(rented));
}

pub async fn a_rented_number_leaves_the_stock_and_has_an_owner(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let rented = rent(&store, owner, "+3225550101").await;
    assert_eq!(store.stock(&StockFilter::default(), 10).await.unwrap(), []);
    assert_eq!(store.number(owner, rented.sid).await.unwrap().as_ref(), Some(&rented));
    assert_eq!(store.number_owner(&rented.number).await.unwrap().as_ref(), Some(&rented));
    assert_eq!(store.numbers(owner, &NumberFilter::default(), &Page::default()).await.unwrap(), [rented]);
    assert_eq!(store.number_owner(&e164("+3225550102")).await.unwrap(), None);
}

pub async fn a_number_that_is_rented_or_unknown_cannot_be_rented(store: Arc<dyn Store>) {
    let rented = rent(&store, AccountSid::new(), "+3225550101").await;
    let second = number(AccountSid::new(), "+3225550101");
    assert!(is_conflict(&try_put(&store, C::RentNumber(second.clone())).await));
    assert_eq!(store.number(second.account_sid, second.sid).await.unwrap(), None);
    assert!(is_conflict(&try_put(&store, C::RentNumber(number(AccountSid::new(), "+3225550109"))).await));
    assert_eq!(store.number_owner(&rented.number).await.unwrap(), Some(rented));
}

pub async fn a_released_number_can_be_rented_again(store: Arc<dyn Store>) {
    let first = rent(&store, AccountSid::new(), "+3225550101").await;
    put(&store, C::ReleaseNumber(first.account_sid, first.sid, at(50), at(50))).await;
    assert_eq!(store.stock(&StockFilter::default(), 10).await.unwrap().len(), 1);
    assert_eq!(store.number_owner(&first.number).await.unwrap(), None);
    let filter = NumberFilter::default();
    assert_eq!(store.numbers(first.account_sid, &filter, &Page::default()).await.unwrap(), []);
    let kept = store.number(first.account_sid, first.sid).await.unwrap().unwrap();
    assert_eq!(kept.released_at.map(Timestamp::as_microsecond), Some(at(50).as_microsecond()));
    let second = number(AccountSid::new(), "+3225550101");
    put(&store, C::RentNumber(second.clone())).await;
    assert_eq!(store.number_owner(&first.number).await.unwrap(), Some(second));
    assert!(is_conflict(&try_put(&store, C::UpdateNumber(kept)).await), "a released number is over");
}

pub async fn a_number_in_quarantine_is_nobodys_until_it_is_over(store: Arc<dyn Store>) {
    let first = rent(&store, AccountSid::new(), "+3225550101").await;
    put(&store, C::ReleaseNumber(first.account_sid, first.sid, at(50), at(90))).await;
    assert_eq!(store.number_owner(&first.number).await.unwrap(), None);
    assert_eq!(store.stock(&StockFilter::default(), 10).await.unwrap(), []);
    let until = store.quarantined_until(&first.number).await.unwrap();
    assert_eq!(until.map(Timestamp::as_microsecond), Some(at(90).as_microsecond()));
    let second = number(AccountSid::new(), "+3225550101");
    put(&store, crate::HoldingChange::FreeNumbers(at(89)).into()).await;
    assert!(is_conflict(&try_put(&store, C::RentNumber(second.clone())).await));
    put(&store, crate::HoldingChange::FreeNumbers(at(90)).into()).await;
    assert_eq!(store.quarantined_until(&first.number).await.unwrap(), None);
    assert_eq!(store.stock(&StockFilter::default(), 10).await.unwrap().len(), 1);
    put(&store, C::RentNumber(second.clone())).await;
    put(&store, crate::HoldingChange::FreeNumbers(at(99)).into()).await;
    assert_eq!(store.number_owner(&first.number).await.unwrap(), Some(second));
}

pub async fn a_number_is_released_by_its_renter_only_and_once(store: Arc<dyn Store>) {
    let rented = rent(&store, AccountSid::new(), "+3225550101").await;
    let release = |account| C::ReleaseNumber(account, rented.sid, at(50), at(50));
    assert!(is_conflict(&try_put(&store, release(AccountSid::new())).await));
    assert_eq!(store.stock(&StockFilter::default(), 10).await.unwrap(), []);
    put(&store, release(rented.account_sid)).await;
    assert!(is_conflict(&try_put(&store, release(rented.account_sid)).await));
}

pub async fn a_number_moves_to_another_account(store: Arc<dyn Store>) {
    let rented = rent(&store, AccountSid::new(), "+3225550101").await;
    let moved = IncomingNumber { account_sid: AccountSid::new(), ..rented.clone() };
    put(&store, C::UpdateNumber(moved.clone())).await;
    let moved = IncomingNumber { version: 2, ..moved };
    assert_eq!(store.number(rented.account_sid, rented.sid).await.unwrap(), None);
    assert_eq!(store.number(moved.account_sid, moved.sid).await.unwrap().as_ref(), Some(&moved));
    assert_eq!(store.number_owner(&rented.number).await.unwrap(), Some(moved));
}

pub async fn an_update_of_a_number_cannot_change_what_was_rented(store: Arc<dyn Store>) {
    let rented = rent(&store, AccountSid::new(), "+3225550101").await;
    let other = IncomingNumber { number: e164("+3225550102"), ..rented.clone() };
    assert!(is_conflict(&try_put(&store, C::UpdateNumber(other)).await));
    let changed = IncomingNumber { friendly_name: "sales".to_owned(), ..rented.clone() };
    put(&store, C::UpdateNumber(changed.clone())).await;
    assert!(is_conflict(&try_put(&store, C::UpdateNumber(changed)).await));
}

pub async fn numbers_are_filtered(store: Arc<dyn Store>) {
    let (bound, app) = bound(&store).await;
    let owner = bound.account_sid;
    let mut other = rent(&store, owner, "+3227770101").await;
    other.friendly_name = "sales".to_owned();
    other.number_type = NumberType::Mobile;
    put(&store, C::UpdateNumber(other.clone())).await;
    other.version = 2;
    let list = async |filter: NumberFilter| store.numbers(owner, &filter, &Page::default()).await.unwrap();
    assert_eq!(list(NumberFilter::default()).await, [other.clone(), bound.clone()]);
    let pattern = NumberFilter { pattern: Some("%777%".to_owned()), ..NumberFilter::default() };
    assert_eq!(list(pattern).await, [other.clone()]);
    let name = NumberFilter { friendly_name: Some("desk".to_owned()), ..NumberFilter::default() };
    assert_eq!(list(name).await, [bound.clone()]);
    let kind = NumberFilter { number_type: Some(NumberType::Mobile), ..NumberFilter::default() };
    assert_eq!(list(kind).await, [other]);
    let application = NumberFilter { application: Some(app.sid), ..NumberFilter::default() };
    assert_eq!(list(application).await, [bound]);
}

pub async fn caller_ids_are_unique_within_their_account(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let first = caller_id(owner, "+32470123456");
    put(&store, C::CreateCallerId(first.clone())).await;
    assert!(is_conflict(&try_put(&store, C::CreateCallerId(caller_id(owner, "+32470123456"))).await));
    put(&store, C::CreateCallerId(caller_id(AccountSid::new(), "+32470123456"))).await;
    let second = caller_id(owner, "+32470123457");
    put(&store, C::CreateCallerId(second.clone())).await;
    let list =
        async |filter: CallerIdFilter| store.caller_ids(owner, &filter, &Page::default()).await.unwrap();
    assert_eq!(list(CallerIdFilter::default()).await, [second.clone(), first.clone()]);
    let by_number = CallerIdFilter { number: Some(first.number.clone()), friendly_name: None };
    assert_eq!(list(by_number).await, [first.clone()]);
    let by_name = CallerIdFilter { number: None, friendly_name: Some("desk".to_owned()) };
    assert_eq!(list(by_name).await, []);
    let renamed = OutgoingCallerId { friendly_name: "desk".to_owned(), ..first.clone() };
    put(&store, C::UpdateCallerId(renamed.clone())).await;
    assert!(is_conflict(&try_put(&store, C::UpdateCallerId(renamed.clone())).await));
    let renamed = OutgoingCallerId { version: 2, ..renamed };
    assert_eq!(store.caller_id(owner, first.sid).await.unwrap(), Some(renamed));
    put(&store, C::DeleteCallerId(owner, first.sid)).await;
    assert!(is_conflict(&try_put(&store, C::DeleteCallerId(owner, first.sid)).await));
    assert_eq!(list(CallerIdFilter::default()).await, [second]);
}
