//! Texts of recordings.

use super::*;
use crate::{Page, Span, TranscriptionChange as C, TranscriptionFilter};
use flexio_domain::*;

/// A transcription in progress.
pub fn transcription(account_sid: AccountSid, recording_sid: RecordingSid, second: i64) -> Transcription {
    Transcription {
        sid: TranscriptionSid::new(),
        version: 1,
        account_sid,
        call_sid: CallSid::from_u128(5),
        recording_sid,
        status: TranscriptionStatus::InProgress,
        duration_ms: 4_000,
        text: None,
        due_at: Some(at(second + 60)),
        expires_at: Some(at(second + 600)),
        api_version: "2010-04-01".to_owned(),
        created_at: at(second),
        updated_at: at(second),
    }
}

pub(super) async fn a_transcription_is_changed_once_and_deleted_by_its_owner(store: Arc<dyn Store>) {
    let account = AccountSid::new();
    let made = transcription(account, RecordingSid::new(), 0);
    put(&store, C::Create(made.clone()).into()).await;
    assert_eq!(store.transcription(account, made.sid).await.unwrap(), Some(made.clone()));
    assert_eq!(store.transcription(AccountSid::new(), made.sid).await.unwrap(), None);
    assert!(is_conflict(&try_put(&store, C::Create(made.clone()).into()).await));
    let done = Transcription {
        status: TranscriptionStatus::Completed,
        text: Some(Sealed(vec![0, 255, 7])),
        ..made.clone()
    };
    put(&store, C::Update(done.clone()).into()).await;
    assert!(is_conflict(&try_put(&store, C::Update(made.clone()).into()).await));
    assert_eq!(
        store.transcription(account, made.sid).await.unwrap(),
        Some(Transcription { version: 2, ..done })
    );
    assert!(is_conflict(&try_put(&store, C::Delete(AccountSid::new(), made.sid).into()).await));
    put(&store, C::Delete(account, made.sid).into()).await;
    assert_eq!(store.transcription(account, made.sid).await.unwrap(), None);
    assert!(is_conflict(&try_put(&store, C::Delete(account, made.sid).into()).await));
}

pub(super) async fn transcriptions_are_found_by_recording_by_time_and_when_due(store: Arc<dyn Store>) {
    let (account, recording) = (AccountSid::new(), RecordingSid::new());
    let made = [0, 10, 20].map(|second| transcription(account, recording, second));
    put_all(&store, made.iter().cloned().map(|made| C::Create(made).into())).await;
    put(&store, C::Create(transcription(account, RecordingSid::new(), 15)).into()).await;
    let kept = Transcription { due_at: None, ..transcription(account, recording, 1) };
    put(&store, C::Create(kept).into()).await;
    let created = Span { from: Some(at(10)), until: None };
    let filter = TranscriptionFilter { recording_sid: Some(recording), created, ..Default::default() };
    let found = store.transcriptions(account, &filter, &Page::default()).await.unwrap();
    assert_eq!(found, [made[2].clone(), made[1].clone()]);
    assert_eq!(store.count_transcriptions(account, &filter).await.unwrap(), 2);
    assert_eq!(store.count_transcriptions(account, &TranscriptionFilter::default()).await.unwrap(), 5);
    assert_eq!(store.count_transcriptions(AccountSid::new(), &filter).await.unwrap(), 0);
    let due = store.due_transcriptions(at(75), 2).await.unwrap();
    assert_eq!(due, [made[0].clone(), made[1].clone()]);
}
