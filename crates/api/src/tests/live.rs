//! Live calls: their recordings, what happened on them, and their end in the archive.

use std::sync::Arc;

use flexio_app::{CallChange, ControlError, RecordingChange};
use flexio_domain::*;
use flexio_store::Change;

use super::world::World;

#[tokio::test]
async fn a_live_call_is_recorded_paused_and_stopped() {
    let world = World::new().await;
    let (call, recording, _) = world.records(&world.child).await;
    let kept = world.app.recording(world.child.account.sid, recording).await.unwrap();
    let running = Recording { status: RecordingStatus::InProgress, ..kept };
    *world.carrier.records.lock().unwrap() = Some((Arc::clone(world.store()), running));
    let path = format!("/2010-04-01/Accounts/{}/Calls/{call}/Recordings", world.child.sid());
    let current = format!("{path}/Twilio.CURRENT.json");
    let pause = [("Status", "paused"), ("PauseBehavior", "skip")];
    assert_eq!(world.post(&world.child, &current, &pause).await.refused(), (404, 20_404), "nothing runs");
    let form = [
        ("RecordingChannels", "dual"),
        ("RecordingTrack", "inbound"),
        ("Trim", "trim-silence"),
        ("RecordingStatusCallback", "https://a.test/r"),
        ("RecordingStatusCallbackEvent", "in-progress completed"),
    ];
    let begun = world.post(&world.child, &format!("{path}.json"), &form).await.ok();
    let sid: RecordingSid = begun.text("sid").parse().unwrap();
    assert_eq!(begun.text("status"), "in-progress");
    world.post(&world.child, &current, &pause).await.ok();
    world.post(&world.child, &format!("{path}/{sid}.json"), &[("Status", "in-progress")]).await.ok();
    world.post(&world.child, &current, &[("Status", "stopped")]).await.ok();
    let over = world.post(&world.child, &format!("{path}/{recording}.json"), &pause).await;
    assert_eq!(over.refused(), (400, 21_220), "that one has ended");
    let changes = std::mem::take(&mut *world.carrier.changes.lock().unwrap());
    let CallChange::Record { sid: asked, options } = &changes[0] else { panic!("{changes:?}") };
    assert_eq!((*asked, options.channels, options.track), (sid, 2, RecordingTrack::Inbound));
    assert_eq!((options.trim, options.callback_events.join(" ")), (true, "in-progress completed".to_owned()));
    let expected =
        [RecordingChange::Pause { silence: false }, RecordingChange::Resume, RecordingChange::Stop];
    assert_eq!(changes[1..], expected.map(|change| CallChange::ChangeRecording { sid, change }));
    for (form, expected) in [
        (vec![("Status", "completed")], (400, 20_001)),
        (vec![], (400, 20_001)),
        (vec![("Status", "paused"), ("PauseBehavior", "hum")], (400, 20_001)),
    ] {
        assert_eq!(world.post(&world.child, &current, &form).await.refused(), expected, "{form:?}");
    }
    let bad = [("RecordingChannels", "three")];
    assert_eq!(world.post(&world.child, &format!("{path}.json"), &bad).await.refused(), (400, 20_001));
    *world.carrier.refuses.lock().unwrap() = Some(ControlError::WrongState);
    assert_eq!(world.post(&world.child, &format!("{path}.json"), &[]).await.refused(), (400, 21_220));
}

#[tokio::test]
async fn a_conference_has_recordings_of_its_own() {
    let world = World::new().await;
    let (conference, _) = world.meeting(&world.child).await;
    let (_, recording, _) = world.records(&world.child).await;
    let mut kept = world.app.recording(world.child.account.sid, recording).await.unwrap();
    kept.conference_sid = Some(conference.sid);
    kept.status = RecordingStatus::InProgress;
    world.store().commit(Change::UpdateRecording(kept).into()).await.unwrap();
    let path =
        format!("/2010-04-01/Accounts/{}/Conferences/{}/Recordings", world.child.sid(), conference.sid);
    let list = world.get(&world.child, &format!("{path}.json")).await.ok().json();
    assert_eq!(list["recordings"][0]["conference_sid"], conference.sid.to_string());
    world.get(&world.child, &format!("{path}/{recording}.json")).await.ok();
    let current = format!("{path}/Twilio.CURRENT.json");
    world.post(&world.child, &current, &[("Status", "paused")]).await.ok();
    let changes = std::mem::take(&mut *world.carrier.recordings.lock().unwrap());
    assert_eq!(changes, [RecordingChange::Pause { silence: true }]);
    let (other, _) = world.meeting(&world.sibling).await;
    let astray = path.replace(&conference.sid.to_string(), &other.sid.to_string());
    assert_eq!(world.get(&world.child, &format!("{astray}.json")).await.refused(), (404, 20_404));
}

#[tokio::test]
async fn the_record_of_a_call_that_is_over_is_deleted() {
    let world = World::new().await;
    let (call, ..) = world.records(&world.child).await;
    let path = format!("/2010-04-01/Accounts/{}/Calls/{call}.json", world.child.sid());
    assert_eq!(world.delete(&world.child, &path).await.refused(), (400, 21_220));
    let mut kept = world.app.call(world.child.account.sid, call).await.unwrap();
    kept.status = CallStatus::Completed;
    world.store().commit(Change::UpdateCall(kept).into()).await.unwrap();
    assert_eq!(world.delete(&world.child, &path).await.status, 204);
    assert_eq!(world.get(&world.child, &path).await.refused(), (404, 20_404));
    let native = format!("/restcomm/2012-04-24/Accounts/{}/Calls/{call}.json", world.child.sid());
    assert_eq!(world.delete(&world.child, &native).await.status, 405);
}

#[tokio::test]
async fn events_of_a_call_are_requests_with_their_responses() {
    let world = World::new().await;
    world.rent(&world.child, super::world::LOCAL).await;
    *world.carrier.refuses.lock().unwrap() = Some(ControlError::Overloaded);
    let path = format!("/2010-04-01/Accounts/{}/Calls", world.child.sid());
    let form = [
        ("From", super::world::LOCAL),
        ("To", "+32470123456"),
        ("Url", "https://a.test/x"),
        ("StatusCallback", "https://a.test/cdr"),
    ];
    let sid = world.post(&world.child, &format!("{path}.json"), &form).await.ok().text("sid");
    let events = world.get(&world.child, &format!("{path}/{sid}/Events.json")).await.ok().json();
    let rows = events["events"].as_array().unwrap();
    assert_eq!(
        (&rows[0]["request"]["event"], &rows[0]["response"]),
        (&"queued".into(), &serde_json::Value::Null)
    );
    let told = rows.last().unwrap();
    assert_eq!(told["request"]["parameters"]["CallStatus"], "failed");
    assert_eq!(told["response"]["state"], "pending");
    assert_eq!(events["next_page_uri"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_token_names_no_servers_as_none_are_needed() {
    let world = World::new().await;
    let path = format!("/2010-04-01/Accounts/{}/Tokens.json", world.child.sid());
    let made = world.post(&world.child, &path, &[("Ttl", "60")]).await.ok();
    assert_eq!((made.status, made.text("ttl")), (201, "60".to_owned()));
    assert_eq!(made.json()["ice_servers"], serde_json::json!([]));
    assert_eq!(world.post(&world.child, &path, &[("Ttl", "0")]).await.refused(), (400, 20_001));
}
