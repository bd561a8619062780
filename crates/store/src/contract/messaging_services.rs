//! Messaging services, their senders, short codes.

use super::*;
use crate::{MessagingChange as C, Page};
use flexio_domain::*;

/// A service with every switch off.
pub fn messaging_service(account_sid: AccountSid) -> MessagingService {
    MessagingService {
        sid: MessagingServiceSid::new(),
        version: 1,
        account_sid,
        friendly_name: "shop".to_owned(),
        inbound: WebhookSet::default(),
        status_callback: None,
        sticky_sender: false,
        smart_encoding: false,
        area_code_geomatch: false,
        validity_s: 600,
        use_inbound_webhook_on_number: false,
        mms_converter: false,
        fallback_to_long_code: false,
        synchronous_validation: false,
        scan_message_content: "inherit".to_owned(),
        usecase: "undeclared".to_owned(),
        quiet_hours: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

fn sender(service: &MessagingService, sid: SenderSid, address: &str) -> ServiceSender {
    ServiceSender {
        sid,
        service_sid: service.sid,
        account_sid: service.account_sid,
        address: address.parse().unwrap(),
        country: None,
        created_at: at(0),
    }
}

pub(super) async fn a_service_is_changed_listed_and_deleted_with_its_senders(store: Arc<dyn Store>) {
    let (owner, other) = (AccountSid::new(), AccountSid::new());
    let (first, second) = (messaging_service(owner), messaging_service(owner));
    put_all(&store, [&first, &second].map(|one| C::CreateService(one.clone()).into())).await;
    assert!(is_conflict(&try_put(&store, C::CreateService(first.clone()).into()).await));
    assert_eq!(store.messaging_services(owner, &Page::default()).await.unwrap(), [second, first.clone()]);
    assert_eq!(store.count_messaging_services(owner).await.unwrap(), 2);
    assert_eq!(store.messaging_service(other, first.sid).await.unwrap(), None);
    let named = MessagingService { friendly_name: "other".to_owned(), ..first.clone() };
    put(&store, C::UpdateService(named.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, C::UpdateService(named.clone()).into()).await));
    let kept = store.messaging_service(owner, first.sid).await.unwrap();
    assert_eq!(kept, Some(MessagingService { version: 2, ..named }));
    let number = sender(&first, SenderSid::Number(NumberSid::new()), "+3225550101");
    put(&store, C::AddSender(number.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, C::DeleteService(other, first.sid).into()).await));
    put(&store, C::DeleteService(owner, first.sid).into()).await;
    assert_eq!(store.messaging_service(owner, first.sid).await.unwrap(), None);
    assert_eq!(store.service_of_sender(owner, &number.address).await.unwrap(), None);
    assert_eq!(store.count_service_senders(owner, first.sid).await.unwrap(), 0);
}

pub(super) async fn a_number_is_in_one_service_and_a_name_in_many(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let (a, b) = (messaging_service(owner), messaging_service(owner));
    put_all(&store, [&a, &b].map(|one| C::CreateService(one.clone()).into())).await;
    let pn = NumberSid::new();
    let number = sender(&a, SenderSid::Number(pn), "+3225550101");
    let name = |service| sender(service, SenderSid::Alpha(AlphaSenderSid::new()), "Acme");
    let (in_a, in_b) = (name(&a), name(&b));
    put_all(&store, [&number, &in_a, &in_b].map(|one| C::AddSender(one.clone()).into())).await;
    let again = sender(&b, SenderSid::Number(pn), "+3225550101");
    assert!(is_conflict(&try_put(&store, C::AddSender(again.clone()).into()).await));
    let page = Page::default();
    let found = |kind| store.service_senders(owner, a.sid, kind, &page);
    assert_eq!(found(Some("number")).await.unwrap(), [number.clone()]);
    assert_eq!(found(None).await.unwrap().len(), 2);
    assert_eq!(store.service_of_sender(owner, &number.address).await.unwrap(), Some(a.clone()));
    assert_eq!(store.service_of_sender(AccountSid::new(), &number.address).await.unwrap(), None);
    assert_eq!(store.service_of_sender(owner, &in_a.address).await.unwrap(), None);
    put(&store, C::RemoveSender(owner, a.sid, in_a.sid).into()).await;
    assert!(is_conflict(&try_put(&store, C::RemoveSender(owner, a.sid, in_a.sid).into()).await));
    put(&store, C::DropNumber(pn).into()).await;
    assert_eq!(found(None).await.unwrap(), []);
    put(&store, C::AddSender(again).into()).await;
    assert_eq!(store.count_service_senders(owner, b.sid).await.unwrap(), 2);
}

pub(super) async fn what_an_account_sets_for_a_short_code_is_its_own(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let code = ShortCode {
        sid: ShortCodeSid::new(),
        version: 1,
        account_sid: owner,
        code: "8640".parse().unwrap(),
        friendly_name: "8640".to_owned(),
        sms: WebhookSet::default(),
        created_at: at(0),
        updated_at: at(0),
    };
    put(&store, C::CreateShortCode(code.clone()).into()).await;
    assert_eq!(store.short_code(owner, code.sid).await.unwrap(), Some(code.clone()));
    assert_eq!(store.short_code(AccountSid::new(), code.sid).await.unwrap(), None);
    let named = ShortCode { friendly_name: "shop".to_owned(), ..code };
    put(&store, C::UpdateShortCode(named.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, C::UpdateShortCode(named).into()).await));
}
