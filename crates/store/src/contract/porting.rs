//! Numbers that move between operators, and numbers that are held.

use super::*;
use crate::{Change as C, HoldingChange, Page, PortingChange as P, StockFilter};
use flexio_domain::*;

fn request(account_sid: AccountSid, digits: &str) -> PortingRequest {
    PortingRequest {
        sid: PortingRequestSid::new(),
        version: 1,
        account_sid,
        number: e164(digits),
        direction: PortingDirection::Out,
        operator: "Other Telecom".to_owned(),
        authorisation: "M-417".to_owned(),
        requested_day: jiff::civil::date(2027, 1, 15),
        confirmed_day: None,
        state: PortingState::Requested,
        reason: None,
        declaration: None,
        number_sid: None,
        created_at: at(1),
        updated_at: at(1),
    }
}

pub(super) async fn a_number_has_one_open_porting_request_and_others_read_as_they_were(
    store: Arc<dyn Store>,
) {
    let (owner, other) = (AccountSid::new(), AccountSid::new());
    let first = request(owner, "+3225550101");
    put(&store, P::Create(first.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, P::Create(request(other, "+3225550101")).into()).await));
    assert_eq!(store.porting_request(owner, first.sid).await.unwrap(), Some(first.clone()));
    assert_eq!(store.porting_request(other, first.sid).await.unwrap(), None);
    assert_eq!(store.open_porting_requests(&Page::default()).await.unwrap(), [first.clone()]);
    let done = PortingRequest { state: PortingState::Done, ..first.clone() };
    put(&store, P::Update(done.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, P::Update(done.clone()).into()).await));
    assert_eq!(store.open_porting_requests(&Page::default()).await.unwrap(), []);
    let second = request(other, "+3225550101");
    put(&store, P::Create(second.clone()).into()).await;
    let of_owner = store.porting_requests(owner, &Page::default()).await.unwrap();
    assert_eq!(of_owner, [PortingRequest { version: 2, ..done }]);
    assert_eq!(store.porting_requests(other, &Page::default()).await.unwrap(), [second]);
}

pub(super) async fn a_number_that_is_asked_away_does_not_become_free_and_leaves_the_stock(
    store: Arc<dyn Store>,
) {
    let rented = rent(&store, AccountSid::new(), "+3225550101").await;
    assert_eq!(store.quarantined_number(&rented.number).await.unwrap(), None);
    put(&store, C::ReleaseNumber(rented.account_sid, rented.sid, at(50), at(90))).await;
    let last = store.quarantined_number(&rented.number).await.unwrap().unwrap();
    assert_eq!((last.sid, last.account_sid), (rented.sid, rented.account_sid));
    let asked = request(rented.account_sid, "+3225550101");
    put(&store, P::Create(asked.clone()).into()).await;
    put(&store, HoldingChange::FreeNumbers(at(95)).into()).await;
    assert_eq!(store.stock(&StockFilter::default(), 10).await.unwrap(), []);
    put(&store, P::DropStock(rented.number.clone()).into()).await;
    assert_eq!(store.stock_number(&rented.number).await.unwrap(), None);
    assert_eq!(store.quarantined_until(&rented.number).await.unwrap(), None);
    assert!(is_conflict(&try_put(&store, C::RentNumber(number(AccountSid::new(), "+3225550101"))).await));
}

pub(super) async fn a_number_that_is_held_is_for_its_holder_alone_for_as_long(store: Arc<dyn Store>) {
    let (holder, other) = (AccountSid::new(), AccountSid::new());
    let free = stock("+3225550101", NumberType::Local, false);
    put(&store, C::ImportStock(vec![free.clone()])).await;
    let hold = |account, until, now| P::Hold(free.number.clone(), account, at(until), at(now)).into();
    put(&store, hold(holder, 20, 5)).await;
    assert!(is_conflict(&try_put(&store, hold(other, 30, 19)).await));
    put(&store, hold(holder, 20, 6)).await;
    let seen = async |account, now| {
        let filter = StockFilter { seen_by: Some((account, at(now))), ..StockFilter::default() };
        store.stock(&filter, 10).await.unwrap().len()
    };
    assert_eq!((seen(holder, 10).await, seen(other, 10).await, seen(other, 20).await), (1, 0, 1));
    let rents = |account, now| {
        C::RentNumber(IncomingNumber { created_at: at(now), ..number(account, "+3225550101") })
    };
    assert!(is_conflict(&try_put(&store, rents(other, 19)).await));
    put(&store, hold(other, 40, 20)).await;
    put(&store, rents(other, 25)).await;
    assert!(is_conflict(&try_put(&store, hold(holder, 90, 80)).await), "it is rented");
}
