//! Media streams over the API.

use flexio_app::{CallChange, StreamRef, StreamTrack};

use crate::tests::world::World;

#[tokio::test]
async fn a_stream_is_started_and_stopped() {
    let world = World::new().await;
    let (call, ..) = world.records(&world.child).await;
    let path = format!("/2010-04-01/Accounts/{}/Calls/{call}/Streams", world.child.sid());
    let form = [
        ("Url", "wss://agent.test/x"),
        ("Name", "agent"),
        ("Track", "both_tracks"),
        ("Parameter1.Name", "a"),
        ("Parameter1.Value", "1"),
        ("Parameter3.Name", "c"),
    ];
    let started = world.post(&world.child, &format!("{path}.json"), &form).await.ok().json();
    assert_eq!((&started["status"], &started["name"]), (&"in-progress".into(), &"agent".into()));
    let sid = started["sid"].as_str().unwrap();
    let stop = [("Status", "stopped")];
    let stopped = world.post(&world.child, &format!("{path}/{sid}.json"), &stop).await.ok().json();
    assert_eq!(stopped["status"], "stopped");
    world.post(&world.child, &format!("{path}/agent.json"), &stop).await.ok();
    let changes = std::mem::take(&mut *world.carrier.changes.lock().unwrap());
    let [CallChange::StartStream(new), CallChange::EndStream(first), CallChange::EndStream(second)] =
        &changes[..]
    else {
        panic!("{changes:?}")
    };
    assert_eq!((new.track, new.url.as_str()), (StreamTrack::Both, "wss://agent.test/x"));
    let told = [("a".to_owned(), "1".to_owned()), ("c".to_owned(), String::new())];
    assert_eq!(new.parameters, told);
    assert_eq!((first, second), (&StreamRef::Sid(new.sid), &StreamRef::Name("agent".to_owned())));
    for (form, expected) in [
        (vec![("Name", "x")], (400, 20_001)),
        (vec![("Url", "https://agent.test/x")], (400, 21_502)),
        (vec![("Url", "wss://agent.test/x"), ("Track", "all")], (400, 20_001)),
    ] {
        assert_eq!(world.post(&world.child, &format!("{path}.json"), &form).await.refused(), expected);
    }
    assert_eq!(world.post(&world.child, &format!("{path}/{sid}.json"), &[]).await.refused(), (400, 20_001));
}

#[tokio::test]
async fn siprec_says_that_it_is_not_there() {
    let world = World::new().await;
    let (call, ..) = world.records(&world.child).await;
    let path = format!("/2010-04-01/Accounts/{}/Calls/{call}/Siprec.json", world.child.sid());
    assert_eq!(world.post(&world.child, &path, &[]).await.refused(), (501, 20_431));
}
