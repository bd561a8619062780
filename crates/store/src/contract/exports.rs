//! Archives of accounts.

use super::*;
use crate::{ExportChange as C, Page};
use flexio_domain::*;

fn archive(account_sid: AccountSid, due: Option<i64>) -> Export {
    Export {
        sid: ExportSid::new(),
        version: 1,
        account_sid,
        state: ExportState::Running,
        asked_by: "AC1".to_owned(),
        done: 2,
        parts: 15,
        attempts: 1,
        node: Some("node-1".to_owned()),
        bytes: Some(1 << 40),
        sha256: Some("9f86d081".repeat(8)),
        key: Some(Sealed(vec![0, 255, 7])),
        error: None,
        due_at: due.map(at),
        expires_at: due.map(at),
        created_at: at(0),
        updated_at: at(1),
    }
}

pub(super) async fn an_archive_reads_as_it_was_written_and_is_found_when_due(store: Arc<dyn Store>) {
    let (owner, stranger) = (AccountSid::new(), AccountSid::new());
    let made: Vec<Export> = [Some(30), Some(10), None].map(|due| archive(owner, due)).into();
    put_all(&store, made.iter().cloned().map(|it| C::Create(it).into())).await;
    assert_eq!(store.export(owner, made[0].sid).await.unwrap(), Some(made[0].clone()));
    assert_eq!(store.export(stranger, made[0].sid).await.unwrap(), None);
    assert!(is_conflict(&try_put(&store, C::Create(made[0].clone()).into()).await));
    let newest: Vec<Export> = made.iter().rev().cloned().collect();
    assert_eq!(store.exports(owner, &Page::default()).await.unwrap(), newest);
    assert_eq!(store.exports(stranger, &Page::default()).await.unwrap(), []);
    let due = |seconds| store.due_exports(at(seconds), 10);
    assert_eq!(due(29).await.unwrap(), made[1..2]);
    assert_eq!(due(30).await.unwrap(), [made[1].clone(), made[0].clone()]);
    let over = Export { due_at: None, state: ExportState::Expired, key: None, ..made[1].clone() };
    put(&store, C::Update(over.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, C::Update(over.clone()).into()).await));
    assert_eq!(store.export(owner, over.sid).await.unwrap(), Some(Export { version: 2, ..over }));
    assert_eq!(due(29).await.unwrap(), []);
}
