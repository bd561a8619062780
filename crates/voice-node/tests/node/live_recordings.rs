//! Recordings of live calls, asked for over the API.

use std::time::Duration;

use flexio_app::{CallChange, ControlError, EndCall, RecordingChange};
use flexio_domain::*;
use flexio_store::{CallFilter, Page, RecordingFilter};

use crate::platform::Platform;

/// A voice of 400 Hz, loud enough for silence detection, for this many seconds at 8 kHz.
fn voice(seconds: usize) -> Vec<i16> {
    (0..seconds * 8_000).map(|n| if (n / 10) % 2 == 0 { 8_000 } else { -8_000 }).collect()
}

async fn talking(platform: &Platform) -> CallSid {
    for _ in 0..400 {
        let filter = CallFilter { status: Some(CallStatus::InProgress), ..CallFilter::default() };
        let calls = platform.app.store.calls(platform.account.sid, &filter, &Page::default()).await.unwrap();
        match calls.into_iter().next() {
            Some(call) => return call.sid,
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    panic!("nobody talks")
}

/// The recording, once it has this status.
async fn until(platform: &Platform, sid: RecordingSid, status: RecordingStatus) -> Recording {
    let mut last = None;
    for _ in 0..400 {
        last = platform.app.store.recording(platform.account.sid, sid).await.unwrap();
        match last.take_if(|recording| recording.status == status) {
            Some(recording) => return recording,
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    panic!("the recording is never {status:?}: {last:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_call_is_recorded_paused_and_stopped_over_the_api() {
    let platform = Platform::start().await;
    platform.answers("voice", r#"<Say language="en">Hello</Say><Pause length="20"/>"#);
    let control = platform.voice.call_control();
    let (sid, second) = (RecordingSid::new(), RecordingSid::new());
    let record = |sid| CallChange::Record {
        sid,
        options: Box::new(RecordingOptions {
            channels: 2,
            callback: Some(Webhook { url: platform.url("recording"), method: HttpMethod::Post }),
            ..RecordingOptions::default()
        }),
    };
    let change = |change| CallChange::ChangeRecording { sid, change };
    let drive = async {
        let call = talking(&platform).await;
        control.modify(call, record(sid)).await.unwrap();
        until(&platform, sid, RecordingStatus::InProgress).await;
        assert_eq!(
            control.modify(call, record(second)).await,
            Err(ControlError::WrongState),
            "one at a time"
        );
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        control.modify(call, change(RecordingChange::Pause { silence: false })).await.unwrap();
        until(&platform, sid, RecordingStatus::Paused).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        control.modify(call, change(RecordingChange::Resume)).await.unwrap();
        control.modify(call, change(RecordingChange::Stop)).await.unwrap();
        let done = until(&platform, sid, RecordingStatus::Completed).await;
        assert_eq!(control.modify(call, change(RecordingChange::Stop)).await, Err(ControlError::Over));
        // The next one is ended by the end of the call.
        control.modify(call, record(second)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        control.modify(call, CallChange::End(EndCall::Complete)).await.unwrap();
        done
    };
    let (report, done) = tokio::join!(platform.speaker(voice(15)), drive);
    assert!(report.hung_up_by_platform);
    assert_eq!((done.source, done.channels), (RecordingSource::StartCallRecordingAPI, 2));
    // Two seconds of the three and a half were left out; a busy machine makes either longer, never the pause shorter.
    let ms = done.duration_ms.unwrap();
    assert!((1_000..3_000).contains(&ms), "{ms} ms");
    until(&platform, second, RecordingStatus::Completed).await;
    let filter = RecordingFilter::default();
    assert_eq!(platform.app.store.count_recordings(platform.account.sid, &filter).await.unwrap(), 2);
    platform.finished_calls().await;
    let charged = platform.usage().await;
    let charged = charged.iter().filter(|event| event.kind == UsageKind::Recording).count();
    assert_eq!(charged, 2, "each is charged once");
    let told = platform.told("recording").await;
    assert!(told.iter().all(|params| params["RecordingSource"] == "StartCallRecordingAPI"), "{told:?}");
    assert_eq!(told.iter().filter(|params| params["RecordingStatus"] == "completed").count(), 2);
    platform.ledger_is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_and_played_leaves_a_record() {
    let platform = Platform::start().await;
    let missing = platform.url("missing.wav");
    let document = format!(r#"<Say language="en">Hello</Say><Play>{missing}</Play><Hangup/>"#);
    platform.answers("voice", &document);
    platform.phone("").await;
    platform.finished_calls().await;
    let of = async |kind| {
        let filter = flexio_store::VerbRecordFilter::default();
        let page = Page::default();
        platform.app.store.verb_records(platform.account.sid, kind, &filter, &page).await.unwrap()
    };
    let (said, played) = (of(VerbKind::Say).await, of(VerbKind::Play).await);
    let fact = |record: &VerbRecord, name: &str| {
        record.facts.iter().find(|(have, _)| have == name).map(|(_, value)| value.clone())
    };
    assert_eq!((said.len(), said[0].status.as_str()), (1, "completed"));
    assert_eq!(fact(&said[0], "character_count").as_deref(), Some("5"));
    assert!(said[0].duration_s.unwrap() >= 1 && !format!("{said:?}").contains("Hello"));
    assert_eq!((played.len(), played[0].status.as_str()), (1, "failed"));
    assert_eq!(fact(&played[0], "play_uri"), Some(missing));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_says_what_it_is_for_and_one_of_quality_is_kept_for_a_month_at_most() {
    let platform = Platform::start().await;
    platform.answers("voice", r#"<Record maxLength="2" playBeep="false" recordingPurpose="quality"/>"#);
    platform.answers("status", "");
    platform.phone("").await;
    platform.finished_calls().await;
    let (filter, page) = (flexio_store::RecordingFilter::default(), flexio_store::Page::default());
    let made = platform.app.store.recordings(platform.account.sid, &filter, &page).await.unwrap().remove(0);
    assert_eq!(made.purpose, Some(RecordingPurpose::Quality));
    let kept = made.expires_at.unwrap().duration_since(made.created_at);
    assert!(kept <= jiff::SignedDuration::from_hours(24 * 30), "{kept:?}");
}
