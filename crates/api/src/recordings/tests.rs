//! Who hears a recording.

use flexio_domain::RecordingSid;
use flexio_store::Change;
use http::Request;

use crate::tests::world::{AUDIO, Customer, Reply, World};

/// A whole WAV: its head, as far as that is text, and the samples.
fn is_wav(reply: &Reply) -> bool {
    let samples = AUDIO.repeat(1_000);
    reply.body.starts_with("RIFF") && reply.body.contains("WAVEfmt ") && reply.body.ends_with(&samples)
}

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
            assert_eq!((is_wav(&heard), heard.header("content-type")), (true, "audio/x-wav"));
            assert_eq!(heard.header("content-length"), (44 + 8 * 1_000).to_string());
        }
        let signed = format!("{path}?{}", world.app.sign_media(&path, 60));
        assert!(is_wav(&hear(&world, None, &signed).await.ok()));
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
    assert!(is_wav(&hear(&world, None, file).await.ok()));
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
    assert!(is_wav(&hear(&world, None, &path).await.ok()));
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
    // The head has 44 bytes; the third sample word begins at 60.
    let middle = part("bytes=60-67").await;
    assert_eq!((middle.status, middle.body.as_str()), (206, AUDIO));
    assert_eq!((middle.header("content-range"), middle.header("content-length")), ("bytes 60-67/8044", "8"));
    assert_eq!(part("bytes=-2").await.body, "VE");
    assert_eq!(part("bytes=36-47").await.body.get(..4), Some("data"), "over the end of the head");
    let beyond = part("bytes=8044-").await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */8044"));
    let head = Request::head(&path);
    let head = world.send(head, Some(world.child.credentials()), "").await.ok();
    assert_eq!((head.body.as_str(), head.header("content-length")), ("", "8044"));
}

#[tokio::test]
async fn mp3_is_made_when_it_is_asked_for_and_served_in_parts() {
    let world = World::new().await;
    let (_, sid, _) = world.records(&world.child).await;
    let path = format!("/2010-04-01/Accounts/{}/Recordings/{sid}.mp3", world.child.sid());
    let whole = hear(&world, Some(&world.child), &path).await.ok();
    assert_eq!(whole.header("content-type"), "audio/mpeg");
    let length: u64 = whole.header("content-length").parse().unwrap();
    // Half a second at 24 kbit/s, in whole frames.
    assert!((1_000..4_000).contains(&length), "{length} bytes");
    let part = Request::get(&path).header("range", "bytes=0-99");
    let part = world.send(part, Some(world.child.credentials()), "").await;
    assert_eq!((part.status, part.header("content-range")), (206, &*format!("bytes 0-99/{length}")));
    assert_eq!(hear(&world, Some(&world.sibling), &path).await.status, 404);
}

#[tokio::test]
async fn audio_ends_with_its_time_and_so_do_its_signatures() {
    let world = World::new().await;
    let sid = recorded(&world).await;
    let path = format!("/recordings/{sid}.wav");
    world.clock.advance(30 * 86_400 - 60);
    let recording = world.app.recording(world.child.account.sid, sid).await.unwrap();
    let signed = format!("{path}?{}", world.app.sign_recording(&recording, &path, 3_600));
    assert!(is_wav(&hear(&world, None, &signed).await.ok()));
    world.clock.advance(60);
    assert_eq!(hear(&world, None, &signed).await.status, 401, "the signature does not outlive the audio");
    assert_eq!(hear(&world, Some(&world.child), &path).await.status, 404);
    assert_eq!(world.app.sweep_recordings().await.unwrap(), 1);
    assert!(!world.app.recording_path(sid).exists());
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
    assert_eq!(world.delete(&world.child, &path).await.status, 404);
    let gone = world.get(&world.child, &format!("{path}?IncludeSoftDeleted=true")).await.ok();
    assert_eq!(gone.text("status"), "deleted");
    let stored = world.app.recording(world.child.account.sid, sid).await.unwrap();
    assert!(stored.key.is_none(), "without its key no copy of the audio can be read");
    let list = format!("/2010-04-01/Accounts/{}/Recordings.json", world.child.sid());
    let listed = async |query: &str| world.get(&world.child, &format!("{list}{query}")).await.ok().json();
    assert_eq!(listed("").await["recordings"].as_array().unwrap().len(), 0);
    assert_eq!(listed("?IncludeSoftDeleted=true").await["recordings"].as_array().unwrap().len(), 1);
    assert_eq!(hear(&world, Some(&world.child), &format!("/recordings/{sid}.wav")).await.status, 404);
}
