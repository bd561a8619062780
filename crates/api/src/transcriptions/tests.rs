//! Who reads what was said.

use flexio_domain::{RecordingSid, Transcription, TranscriptionSid, TranscriptionStatus};
use flexio_store::{Change, TranscriptionChange};

use crate::tests::world::{Customer, World};

/// A text of a recording, sealed as a node seals it.
pub(crate) async fn transcribed(world: &World, who: &Customer, recording: RecordingSid) -> TranscriptionSid {
    let terms = world.app.recording_terms(who.account.sid).await.expect("the account's key");
    let now = world.app.clock.now();
    let kept = world.app.recording(who.account.sid, recording).await.expect("a recording");
    let sid = TranscriptionSid::new();
    let transcription = Transcription {
        sid,
        version: 1,
        account_sid: who.account.sid,
        call_sid: kept.call_sid,
        recording_sid: recording,
        status: TranscriptionStatus::Completed,
        duration_ms: 4_200,
        text: Some(terms.seal_text(sid, "Bel mij terug.")),
        due_at: None,
        expires_at: None,
        api_version: "2010-04-01".to_owned(),
        created_at: now,
        updated_at: now,
    };
    let made = Change::from(TranscriptionChange::Create(transcription));
    world.store().commit(made.into()).await.expect("a new transcription");
    sid
}

#[tokio::test]
async fn texts_are_read_listed_and_deleted_in_both_dialects() {
    let world = World::new().await;
    let who = &world.child;
    let recording = world.records(who).await.1;
    let sid = transcribed(&world, who, recording).await;
    for base in ["/restcomm/2012-04-24", "/2010-04-01"] {
        let account = format!("{base}/Accounts/{}", who.sid());
        for path in ["Transcriptions".to_owned(), format!("Recordings/{recording}/Transcriptions")] {
            let one = world.get(who, &format!("{account}/{path}/{sid}.json")).await.ok();
            assert_eq!(one.text("transcription_text"), "Bel mij terug.");
            assert_eq!((one.text("status"), one.text("duration")), ("completed".into(), "5".into()));
            let all = world.get(who, &format!("{account}/{path}.json")).await.ok();
            assert_eq!(all.json()["transcriptions"][0]["sid"], sid.to_string());
        }
        let elsewhere = format!("{account}/Recordings/{}/Transcriptions", RecordingSid::new());
        assert_eq!(world.get(who, &format!("{elsewhere}/{sid}.json")).await.status, 404);
        assert_eq!(world.get(who, &format!("{elsewhere}.json")).await.status, 404);
        let searched = world.get(who, &format!("{account}/Transcriptions.json?TranscriptionText=bel")).await;
        assert_eq!(searched.status, 400);
    }
    let path = format!("/2010-04-01/Accounts/{}/Transcriptions/{sid}.json", who.sid());
    assert_eq!(world.delete(who, &path).await.status, 204);
    assert_eq!(world.get(who, &path).await.status, 404);
}

#[tokio::test]
async fn texts_lie_encrypted_and_go_with_the_accounts_key() {
    let world = World::new().await;
    let who = &world.child;
    let recording = world.records(who).await.1;
    let sid = transcribed(&world, who, recording).await;
    let kept = world.store().transcription(who.account.sid, sid).await.unwrap().unwrap();
    let sealed = kept.text.expect("a text");
    assert!(!sealed.0.windows(3).any(|part| part == b"Bel"));
    world.app.destroy_account_key(who.account.sid).await.unwrap();
    let text = world.app.transcription(who.account.sid, sid).await.unwrap();
    assert!(text.text.is_none());
}

#[tokio::test]
async fn texts_go_when_their_time_is_up_and_those_nobody_works_on_have_failed() {
    let world = World::new().await;
    let who = &world.child;
    let recording = world.records(who).await.1;
    let sid = transcribed(&world, who, recording).await;
    let now = world.app.clock.now();
    let kept = world.store().transcription(who.account.sid, sid).await.unwrap().unwrap();
    let later = now + jiff::SignedDuration::from_hours(1);
    let orphan = Transcription {
        status: TranscriptionStatus::InProgress,
        text: None,
        due_at: Some(now + jiff::SignedDuration::from_mins(10)),
        expires_at: Some(later),
        ..kept
    };
    let given_up = Change::from(TranscriptionChange::Update(orphan));
    world.store().commit(given_up.into()).await.unwrap();
    let of = async || world.store().transcription(who.account.sid, sid).await.unwrap();
    assert_eq!(world.app.sweep_transcriptions().await.unwrap(), 0);
    world.clock.advance(600);
    assert_eq!(world.app.sweep_transcriptions().await.unwrap(), 1);
    assert_eq!(of().await.map(|text| text.status), Some(TranscriptionStatus::Failed));
    world.clock.advance(3_000);
    assert_eq!(world.app.sweep_transcriptions().await.unwrap(), 1);
    assert_eq!(of().await, None);
}
