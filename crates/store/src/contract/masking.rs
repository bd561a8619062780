//! Number masking.

use super::*;
use crate::{MaskingChange as M, Page};
use flexio_domain::*;

fn record(account_sid: AccountSid, parent: MaskingSid, key: Option<&str>, body: MaskBody) -> MaskRecord {
    MaskRecord {
        sid: MaskingSid::new(),
        version: 1,
        account_sid,
        parent,
        key: key.map(str::to_owned),
        body,
        created_at: at(1),
        updated_at: at(1),
    }
}

fn context() -> MaskBody {
    MaskBody::Context(MaskContext {
        friendly_name: None,
        ttl_s: 60,
        expires_at: Some(at(61)),
        closed_at: None,
    })
}

fn participant(digits: &str) -> MaskBody {
    MaskBody::Participant(MaskParticipant {
        identifier: e164(digits),
        friendly_name: None,
        mask: e164("+3225550101"),
    })
}

pub(super) async fn what_masks_numbers_is_unique_by_key_and_goes_with_what_is_below(store: Arc<dyn Store>) {
    let (owner, other, top) = (AccountSid::new(), AccountSid::new(), MaskingSid::from_u128(0));
    let ride = record(owner, top, None, context());
    let ann = record(owner, ride.sid, Some("P:ann:mask"), participant("+32470123456"));
    for made in [&ride, &ann] {
        put(&store, M::Create(made.clone()).into()).await;
    }
    let twin = record(other, top, Some("P:ann:mask"), participant("+32470123456"));
    assert!(is_conflict(&try_put(&store, M::Create(twin).into()).await));
    assert_eq!(store.mask_by_key("P:ann:mask").await.unwrap(), Some(ann.clone()));
    assert_eq!(store.mask_record(owner, ride.sid).await.unwrap(), Some(ride.clone()));
    assert_eq!(store.mask_record(other, ride.sid).await.unwrap(), None);
    let found = async |account, parent, subject| {
        store.mask_records(account, MaskKind::Participant, parent, subject, &Page::default()).await.unwrap()
    };
    assert_eq!(found(owner, Some(ride.sid), None).await, [ann.clone()]);
    assert_eq!(found(owner, None, Some("+32470123456")).await, [ann.clone()]);
    assert_eq!(found(owner, None, Some("+32470123457")).await, []);
    assert_eq!(found(other, Some(ride.sid), None).await, []);
    let freed = MaskRecord { key: None, ..ann.clone() };
    put(&store, M::Update(freed.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, M::Update(freed).into()).await));
    assert_eq!(store.mask_by_key("P:ann:mask").await.unwrap(), None);
    put(&store, M::Delete(other, ride.sid).into()).await;
    assert_eq!(found(owner, Some(ride.sid), None).await.len(), 1, "it is another account's");
    put(&store, M::Delete(owner, ride.sid).into()).await;
    assert_eq!(found(owner, Some(ride.sid), None).await, []);
    assert_eq!(store.mask_record(owner, ride.sid).await.unwrap(), None);
}
