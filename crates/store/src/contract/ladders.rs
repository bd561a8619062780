//! What the legs of calls said over SIP.

use super::*;
use crate::{Change as C, KeptLadder};
use flexio_domain::*;

fn ladder(of: &Call, root: &Call, id: u128, content: &[u8]) -> KeptLadder {
    KeptLadder {
        id,
        account_sid: of.account_sid,
        call_sid: of.sid,
        root_call_sid: root.sid,
        expires_at: at(i64::try_from(id).unwrap()),
        content: content.to_vec(),
    }
}

pub(super) async fn ladders_are_found_by_leg_and_by_call_and_go_with_their_call(store: Arc<dyn Store>) {
    let owner = AccountSid::new();
    let root = Call { status: CallStatus::Completed, ..call(owner) };
    let child = Call { parent_call_sid: Some(root.sid), ..call(owner) };
    let kept = [
        ladder(&root, &root, 1, b"root"),
        ladder(&child, &root, 2, &[0, 255]),
        ladder(&child, &root, 3, b""),
    ];
    put_all(&store, [&root, &child].map(|call| C::CreateCall(call.clone()))).await;
    put_all(&store, kept.iter().rev().map(|ladder| C::AddLadder(ladder.clone()))).await;
    assert!(is_conflict(&try_put(&store, C::AddLadder(kept[0].clone())).await));
    let of_call = |call| store.ladders_of_call(owner, call, 10);
    assert_eq!(of_call(child.sid).await.unwrap(), [vec![0, 255], vec![]]);
    assert_eq!(of_call(root.sid).await.unwrap(), [b"root".to_vec()]);
    assert_eq!(store.ladders_of_root(owner, root.sid, 10).await.unwrap().len(), 3);
    assert_eq!(store.ladders_of_root(owner, root.sid, 2).await.unwrap().len(), 2);
    let other = AccountSid::new();
    assert_eq!(store.ladders_of_root(other, root.sid, 10).await.unwrap(), Vec::<Vec<u8>>::new());
    assert_eq!(store.ladders_of_call(other, root.sid, 10).await.unwrap(), Vec::<Vec<u8>>::new());
    put(&store, C::DeleteCall(owner, root.sid)).await;
    assert_eq!(store.ladders_of_root(owner, root.sid, 10).await.unwrap().len(), 2);
}

pub(super) async fn ladders_are_swept_when_their_time_is_up(store: Arc<dyn Store>) {
    let of = call(AccountSid::new());
    put_all(&store, (1..=4).map(|id| C::AddLadder(ladder(&of, &of, id, b"x")))).await;
    assert_eq!(store.sweep_ladders(at(4), 2).await.unwrap(), 2);
    assert_eq!(store.sweep_ladders(at(4), 2).await.unwrap(), 1);
    assert_eq!(store.sweep_ladders(at(4), 2).await.unwrap(), 0);
    assert_eq!(store.ladders_of_call(of.account_sid, of.sid, 10).await.unwrap().len(), 1);
}
