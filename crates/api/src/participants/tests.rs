//! Participants over the API.

use flexio_app::{ControlError, ParticipantChange};
use flexio_domain::*;
use flexio_store::{Change, RoomChange};

use crate::tests::world::{LOCAL, World};

fn base(world: &World, conference: ConferenceSid) -> String {
    format!("Accounts/{}/Conferences/{conference}/Participants", world.child.sid())
}

#[tokio::test]
async fn a_participant_is_a_call_in_the_classic_api() {
    let world = World::new().await;
    let (conference, participant) = world.meeting(&world.child).await;
    let base = base(&world, conference.sid);
    let call = participant.call_sid.to_string();
    let classic = world.get(&world.child, &format!("/restcomm/2012-04-24/{base}.json")).await.ok().json();
    let row = &classic["calls"][0];
    assert_eq!((&row["sid"], &row["end_conference_on_enter"]), (&call.as_str().into(), &false.into()));
    assert!(row["uri"].as_str().unwrap().ends_with(&format!("/Calls/{call}.json")));
    let xml = world.get(&world.child, &format!("/2012-04-24/{base}/{call}")).await.ok().body;
    assert!(xml.starts_with("<RestcommResponse><Call><Sid>CA"), "{xml}");
    let twilio = world.get(&world.child, &format!("/2010-04-01/{base}.json")).await.ok().json();
    let row = &twilio["participants"][0];
    assert_eq!((&row["call_sid"], &row["label"]), (&call.as_str().into(), &"chair".into()));
    let by_label = world.get(&world.child, &format!("/2010-04-01/{base}/chair.json")).await.ok().json();
    assert_eq!(&by_label, row);
    let muted = world.get(&world.child, &format!("/2010-04-01/{base}.json?Muted=true")).await.ok().json();
    assert_eq!(muted["participants"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn a_participant_is_changed_and_put_out() {
    let world = World::new().await;
    let (conference, participant) = world.meeting(&world.child).await;
    let base = base(&world, conference.sid);
    let coach = CallSid::from_u128(77);
    let path = format!("/2010-04-01/{base}/chair.json");
    let sid = coach.to_string();
    let form = [
        ("Muted", "true"),
        ("Hold", "true"),
        ("HoldUrl", "https://a.test/hold"),
        ("HoldMethod", "GET"),
        ("Coaching", "true"),
        ("CallSidToCoach", &*sid),
        ("BeepOnExit", "false"),
        ("EndConferenceOnExit", "true"),
        ("AnnounceUrl", "https://a.test/announce"),
        ("WaitUrl", ""),
    ];
    world.post(&world.child, &path, &form).await.ok();
    let webhook = |name: &str, method| Webhook { url: format!("https://a.test/{name}"), method };
    let expected = vec![
        ParticipantChange::Mute(true),
        ParticipantChange::Hold { on: true, wait: Some(webhook("hold", HttpMethod::Get)) },
        ParticipantChange::Coach(Some(coach)),
        ParticipantChange::Wait(None),
        ParticipantChange::BeepOnExit(false),
        ParticipantChange::EndOnExit(true),
        ParticipantChange::Announce(webhook("announce", HttpMethod::Post)),
    ];
    let take = || std::mem::take(&mut *world.carrier.participants.lock().unwrap());
    assert_eq!(take(), [(participant.call_sid, expected)]);
    let native = format!("/restcomm/2012-04-24/{base}/{}.json", participant.call_sid);
    world.post(&world.child, &native, &[("Mute", "false")]).await.ok();
    assert_eq!(world.delete(&world.child, &path).await.status, 204);
    let asked: Vec<_> = take().into_iter().flat_map(|(_, changes)| changes).collect();
    assert_eq!(asked, [ParticipantChange::Mute(false), ParticipantChange::Kick]);
    assert_eq!(world.post(&world.child, &native, &[]).await.refused(), (400, 20_001));
    let form = [("Coaching", "true")];
    assert_eq!(world.post(&world.child, &path, &form).await.refused(), (400, 20_001));
}

#[tokio::test]
async fn who_is_not_there_is_unknown_in_the_words_of_each_dialect() {
    let world = World::new().await;
    let (conference, participant) = world.meeting(&world.child).await;
    let base = base(&world, conference.sid);
    let native = |who: &str| format!("/restcomm/2012-04-24/{base}/{who}.json");
    let twilio = |who: &str| format!("/2010-04-01/{base}/{who}.json");
    let unknown = CallSid::from_u128(3).to_string();
    let mute = [("Mute", "true"), ("Muted", "true")];
    assert_eq!(world.post(&world.child, &native(&unknown), &mute).await.refused(), (406, 20_414));
    assert_eq!(world.post(&world.child, &twilio(&unknown), &mute).await.refused(), (404, 20_404));
    assert_eq!(world.get(&world.child, &twilio("nobody")).await.refused(), (404, 20_404));
    let there = participant.call_sid.to_string();
    *world.carrier.refuses.lock().unwrap() = Some(ControlError::Over);
    assert_eq!(world.post(&world.child, &twilio(&there), &mute).await.refused(), (404, 20_404));
    *world.carrier.refuses.lock().unwrap() = None;
    let gone = Participant { status: ParticipantStatus::Complete, ..participant };
    world.store().commit(Change::from(RoomChange::SaveParticipant(gone)).into()).await.unwrap();
    assert_eq!(world.post(&world.child, &twilio(&there), &mute).await.refused(), (404, 20_404));
    let list = world.get(&world.child, &format!("/2010-04-01/{base}.json")).await.ok().json();
    assert_eq!(
        list["participants"].as_array().map(Vec::len),
        Some(0),
        "of a running conference: who is there"
    );
    world.get(&world.child, &twilio(&there)).await.ok();
}

#[tokio::test]
async fn somebody_is_called_into_a_conference() {
    let world = World::new().await;
    world.rent(&world.child, LOCAL).await;
    let path = format!("/2010-04-01/Accounts/{}/Conferences/board/Participants.json", world.child.sid());
    let form = [
        ("From", LOCAL),
        ("To", "+32470123456"),
        ("Label", "customer"),
        ("Muted", "true"),
        ("EndConferenceOnExit", "true"),
        ("Beep", "onEnter"),
        ("JitterBufferSize", "large"),
        ("Timeout", "20"),
    ];
    let made = world.post(&world.child, &path, &form).await.ok();
    assert_eq!(made.status, 201);
    let shown = made.json();
    assert_eq!((&shown["status"], &shown["label"]), (&"queued".into(), &"customer".into()));
    assert_eq!((&shown["muted"], &shown["end_conference_on_exit"]), (&true.into(), &true.into()));
    let call: CallSid = made.text("call_sid").parse().unwrap();
    let call = world.app.call(world.child.account.sid, call).await.unwrap();
    let document = call.document.unwrap();
    for part in [
        "participantLabel=\"customer\"",
        "muted=\"true\"",
        "beep=\"onEnter\"",
        "jitterBufferSize=\"large\"",
        ">board</Conference>",
    ] {
        assert!(document.contains(part), "{document}");
    }
    assert_eq!((call.ring_timeout_s, call.direction), (20, CallDirection::OutboundApi));
    let twice = async || {
        let request = http::Request::post(&path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("idempotency-key", "once");
        let body = format!("From={}&To=%2B32470123456", LOCAL.replace('+', "%2B"));
        world.send(request, Some(world.child.credentials()), &body).await.ok().text("call_sid")
    };
    assert_eq!(twice().await, twice().await, "one key, one call");
    for (form, expected) in [
        (vec![("To", "+32470123456")], (400, 21_213)),
        (vec![("From", LOCAL)], (400, 21_201)),
        (vec![("From", "+3225550199"), ("To", "+32470123456")], (400, 21_210)),
        (vec![("From", LOCAL), ("To", "+32470123456"), ("Beep", "loud")], (400, 20_001)),
        (vec![("From", LOCAL), ("To", "+32470123456"), ("MaxParticipants", "1001")], (400, 20_001)),
        (
            vec![("From", LOCAL), ("To", "+32470123456"), ("ConferenceStatusCallbackEvent", "x")],
            (400, 20_001),
        ),
    ] {
        assert_eq!(world.post(&world.child, &path, &form).await.refused(), expected, "{form:?}");
    }
    let (conference, _) = world.meeting(&world.sibling).await;
    let foreign = path.replace("board", &conference.sid.to_string());
    let form = [("From", LOCAL), ("To", "+32470123456")];
    assert_eq!(world.post(&world.child, &foreign, &form).await.refused(), (404, 20_404));
}
