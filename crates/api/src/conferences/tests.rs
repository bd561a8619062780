//! Conferences over the API.

use flexio_app::{ConferenceChange, ControlError};
use flexio_domain::*;
use flexio_store::{Change, RoomChange};

use crate::tests::world::World;

async fn running(world: &World) -> (Conference, String, String) {
    let (conference, _) = world.meeting(&world.child).await;
    let path = format!("Accounts/{}/Conferences/{}", world.child.sid(), conference.sid);
    (conference, format!("/2010-04-01/{path}.json"), format!("/restcomm/2012-04-24/{path}.json"))
}

#[tokio::test]
async fn a_conference_has_the_words_of_each_dialect() {
    let world = World::new().await;
    let (conference, twilio, native) = running(&world).await;
    let shown = world.get(&world.child, &twilio).await.ok().json();
    assert_eq!((&shown["status"], &shown["friendly_name"]), (&"in-progress".into(), &"board".into()));
    let classic = world.get(&world.child, &native).await.ok().json();
    assert_eq!(classic["status"], "RUNNING_MODERATOR_PRESENT");
    let participants = format!("/Conferences/{}/Participants.json", conference.sid);
    let below = classic["subresource_uris"]["participants"].as_str().unwrap();
    assert!(below.ends_with(&participants), "{below}");
    for (list, filter, found) in [
        (&twilio, "Status=in-progress", 1),
        (&twilio, "Status=completed", 0),
        (&twilio, "FriendlyName=board", 1),
        (&twilio, "DateCreated%3C=2020-01-01", 0),
        (&native, "Status=RUNNING_MODERATOR_PRESENT", 1),
        (&native, "StartTime=2030-01-01", 0),
    ] {
        let list = list.replace(&format!("/{}", conference.sid), "");
        let rows = world.get(&world.child, &format!("{list}?{filter}")).await.ok().json();
        assert_eq!(rows["conferences"].as_array().map(Vec::len), Some(found), "{filter}");
    }
    assert_eq!(world.post(&world.child, &native, &[("Status", "COMPLETED")]).await.status, 405);
}

#[tokio::test]
async fn a_running_conference_is_ended_and_announced_to() {
    let world = World::new().await;
    let (conference, twilio, _) = running(&world).await;
    let announce = [("AnnounceUrl", "https://a.test/hello"), ("AnnounceMethod", "GET")];
    world.post(&world.child, &twilio, &announce).await.ok();
    world.post(&world.child, &twilio, &[("Status", "completed")]).await.ok();
    let asked = std::mem::take(&mut *world.carrier.conferences.lock().unwrap());
    let [ConferenceChange::Announce(webhook), ConferenceChange::End] = &asked[..] else {
        panic!("{asked:?}")
    };
    assert_eq!((webhook.url.as_str(), webhook.method), ("https://a.test/hello", HttpMethod::Get));
    for (form, expected) in
        [([("Status", "init")], (400, 20_001)), ([("AnnounceUrl", "nonsense")], (400, 21_502))]
    {
        assert_eq!(world.post(&world.child, &twilio, &form).await.refused(), expected, "{form:?}");
    }
    for (refusal, expected) in [
        (ControlError::Over, (400, 21_220)),
        (ControlError::WrongState, (400, 21_220)),
        (ControlError::NotHere, (503, 20_417)),
    ] {
        *world.carrier.refuses.lock().unwrap() = Some(refusal);
        let refused = world.post(&world.child, &twilio, &[("Status", "completed")]).await.refused();
        assert_eq!(refused, expected, "{refusal}");
    }
    let over = Conference { status: ConferenceStatus::Completed, ..conference };
    world.store().commit(Change::from(RoomChange::UpdateConference(over)).into()).await.unwrap();
    *world.carrier.refuses.lock().unwrap() = None;
    assert_eq!(world.post(&world.child, &twilio, &[("Status", "completed")]).await.refused(), (400, 21_220));
}

#[tokio::test]
async fn a_recording_of_a_conference_is_begun_for_a_purpose_that_exists() {
    let world = World::new().await;
    let (_, twilio, native) = running(&world).await;
    let recordings = twilio.replace(".json", "/Recordings.json");
    let wrong = world.post(&world.child, &recordings, &[("RecordingPurpose", "fun")]).await;
    assert_eq!(wrong.refused(), (400, 20_001));
    *world.carrier.refuses.lock().unwrap() = Some(ControlError::WrongState);
    let refused = world.post(&world.child, &recordings, &[("RecordingPurpose", "quality")]).await.refused();
    assert_eq!(refused.1, 21_220, "it is recorded already");
    let native = native.replace(".json", "/Recordings.json");
    assert_eq!(world.post(&world.child, &native, &[]).await.status, 404, "of Twilio's API");
}
