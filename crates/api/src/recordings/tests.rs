//! Who hears a recording.

use flexio_domain::RecordingSid;
use flexio_store::Change;
use http::Request;

use crate::tests::world::{Customer, Reply, World};

async fn recorded(world: &World) -> RecordingSid {
    world.records(&world.child).await.1
}

async fn hear(world: &World, who: Option<&Customer>, path: &str) -> Reply {
    world.send(Request::get(path), who.map(Customer::credentials), "").await
}

#[tokio::test]
async fn protected_audio_needs_credentials_or_a_signature() {
    let world = World::new().await;
    let sid = recorded(&world).await;
    let account = world.child.sid();
    for path in [
        format!("/restcomm/2012-04-24/Accounts/{account}/Recordings/{sid}.wav"),
        format!("/2010-04-01/Accounts/{account}/Recordings/{sid}.wav"),
        format!("/2010-04-01/Accounts/{account}/Recordings/{sid}"),
        format!("/recordings/{sid}.wav"),
    ] {
        assert_eq!(hear(&world, None, &path).await.status, 401, "{path}");
        assert_eq!(hear(&world, Some(&world.sibling), &path).await.status, 404, "{path}");
        for who in [&world.child, &world.root] {
            let heard = hear(&world, Some(who), &path).await.ok();
            assert_eq!((heard.body.as_str(), heard.header("content-type")), ("RIFFWAVE", "audio/x-wav"));
        }
        let signed = format!("{path}?{}", world.app.sign_media(&path, 60));
        assert_eq!(hear(&world, None, &signed).await.ok().body, "RIFFWAVE");
        assert_eq!(hear(&world, None, &signed.replace("Signature=", "Signature=0")).await.status, 401);
        let other = format!("/recordings/{}.wav?{}", RecordingSid::new(), world.app.sign_media(&path, 60));
        assert_eq!(hear(&world, None, &other).await.status, 401);
    }
}

#[tokio::test]
async fn a_signature_ends_after_its_time_and_never_lives_longer_than_an_hour() {
    let world = World::new().await;
    let path = format!("/recordings/{}.wav", recorded(&world).await);
    let signed = format!("{path}?{}", world.app.sign_media(&path, 86_400));
    world.clock.advance(3_599);
    assert_eq!(hear(&world, None, &signed).await.status, 200);
    world.clock.advance(1);
    assert_eq!(hear(&world, None, &signed).await.status, 401);
}

#[tokio::test]
async fn the_address_in_a_recording_opens_it() {
    let world = World::new().await;
    let sid = recorded(&world).await;
    let path = format!("/restcomm/2012-04-24/Accounts/{}/Recordings/{sid}.json", world.child.sid());
    let recording = world.get(&world.child, &path).await.ok();
    assert_eq!(recording.text("duration"), "14.70");
    let file = recording.text("file_uri");
    let file = file.strip_prefix("http://127.0.0.1:8080").unwrap();
    assert_eq!(hear(&world, None, file).await.ok().body, "RIFFWAVE");
}

#[tokio::test]
async fn an_account_may_open_its_recordings_to_whoever_has_the_address() {
    let world = World::new().await;
    let sid = recorded(&world).await;
    let path = format!("/restcomm/2012-04-24/Accounts/{}/Recordings/{sid}.wav", world.child.sid());
    let mut account = world.child.account.clone();
    account.protected_media = false;
    world.store().commit(Change::UpdateAccount(account).into()).await.unwrap();
    world.clock.advance(5);
    assert_eq!(hear(&world, None, &path).await.ok().body, "RIFFWAVE");
    let elsewhere = path.replace(&world.child.sid(), &world.sibling.sid());
    assert_eq!(hear(&world, None, &elsewhere).await.status, 404);
}

#[tokio::test]
async fn audio_is_served_in_parts() {
    let world = World::new().await;
    let path = format!("/recordings/{}.wav", recorded(&world).await);
    let part = async |range: &str| {
        let request = Request::get(&path).header("range", range);
        world.send(request, Some(world.child.credentials()), "").await
    };
    let middle = part("bytes=4-5").await;
    assert_eq!((middle.status, middle.body.as_str()), (206, "WA"));
    assert_eq!((middle.header("content-range"), middle.header("content-length")), ("bytes 4-5/8", "2"));
    assert_eq!(part("bytes=-2").await.body, "VE");
    let beyond = part("bytes=8-").await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */8"));
}

#[tokio::test]
async fn a_deleted_recording_leaves_no_audio() {
    let world = World::new().await;
    let (call, sid, _) = world.records(&world.child).await;
    let file = world.app.recording_path(sid);
    let path = format!("/2010-04-01/Accounts/{}/Calls/{call}/Recordings/{sid}.json", world.child.sid());
    assert!(file.exists());
    assert_eq!(world.delete(&world.child, &path).await.status, 204);
    assert!(!file.exists());
    assert_eq!(world.get(&world.child, &path).await.status, 404);
    assert_eq!(hear(&world, Some(&world.child), &format!("/recordings/{sid}.wav")).await.status, 404);
}
