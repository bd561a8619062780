//! Structured documents on their way.

use super::*;
use crate::LetterChange as L;
use flexio_domain::*;

/// A sending that waits.
pub fn dispatch(account_sid: AccountSid, invoice_sid: InvoiceSid, number: u32, due: Option<i64>) -> Dispatch {
    Dispatch {
        invoice_sid,
        number,
        version: 1,
        account_sid,
        way: DispatchWay::Folder,
        participant: "0208:0202239951".to_owned(),
        sha256: "ab".repeat(32),
        state: DispatchState::Queued,
        reason: None,
        reference: None,
        tries: 0,
        due_at: due.map(at),
        created_at: at(1),
        sent_at: None,
        decided_at: None,
    }
}

pub(super) async fn a_sending_is_numbered_once_and_found_when_due(store: Arc<dyn Store>) {
    let (owner, of) = (AccountSid::new(), InvoiceSid::new());
    let (first, second) = (dispatch(owner, of, 1, Some(30)), dispatch(owner, of, 2, Some(10)));
    put(&store, L::Send(Box::new(first.clone())).into()).await;
    put(&store, L::Send(Box::new(second.clone())).into()).await;
    let twin = dispatch(owner, of, 2, None);
    assert!(is_conflict(&try_put(&store, L::Send(Box::new(twin)).into()).await), "somebody sent it again");
    assert_eq!(store.dispatches(owner, of, 10).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(store.dispatches(AccountSid::new(), of, 10).await.unwrap(), []);
    let due = |seconds| store.due_dispatches(at(seconds), 10);
    assert_eq!(due(29).await.unwrap(), [second.clone()]);
    assert_eq!(due(30).await.unwrap(), [second.clone(), first.clone()]);
    let arrived = Dispatch {
        state: DispatchState::Delivered,
        reference: Some("r1".to_owned()),
        due_at: None,
        decided_at: Some(at(40)),
        ..second
    };
    put(&store, L::UpdateSending(Box::new(arrived.clone())).into()).await;
    assert!(is_conflict(&try_put(&store, L::UpdateSending(Box::new(arrived.clone())).into()).await));
    let arrived = Dispatch { version: 2, ..arrived };
    assert_eq!(store.dispatches(owner, of, 10).await.unwrap(), [first.clone(), arrived]);
    assert_eq!(due(99).await.unwrap(), [first]);
}
