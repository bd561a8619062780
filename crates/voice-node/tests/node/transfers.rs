//! Attended transfer: a phone joins the far ends of its two calls, or another phone takes its place.

use std::time::Duration;

use flexio_domain::{CallStatus, UsageKind};
use flexio_sip::{
    EndCause, Event, ExtraHeaders, InviteRequest, LegId, NameAddr, ReferRequest, Replaces, Uri,
};

use crate::conferences::{calls, heard};
use crate::phones::{PASSWORD, Phone, SDP, client, login};
use crate::platform::Platform;

async fn phone(platform: &Platform, user: &str) -> Phone {
    client(platform, user, None).await;
    let mut phone = Phone::start(None).await;
    assert_eq!(phone.register(platform, user, PASSWORD).await, 200);
    phone
}

/// `from` calls `to`, who answers: both legs.
async fn talk(
    platform: &Platform,
    (from, user): (&mut Phone, &str),
    to: (&mut Phone, &str),
) -> (LegId, LegId) {
    let (called, answered) = tokio::join!(from.call(platform, user, to.1), to.0.answer());
    (called.unwrap(), answered)
}

/// Asks for a transfer; the answer, how it went where that is told, and how many of the phone's legs are over by then.
async fn refer(phone: &mut Phone, leg: LegId, replaces: &Replaces) -> (u16, Option<u16>, usize) {
    let target: Uri = "sip:carol@127.0.0.1".parse().unwrap();
    let to = NameAddr::new(target.with_replaces(replaces).unwrap());
    phone.act(|end, now| end.refer(now, leg, &ReferRequest::new(to)).unwrap());
    let (mut answer, mut over) = (0, 0);
    let outcome = phone
        .until(|_, _, event| match event {
            Event::ReferAnswered { status, .. } => {
                answer = *status;
                (answer >= 300).then_some(None)
            }
            Event::ReferProgress { status, is_over: true, .. } => Some(Some(*status)),
            Event::Ended { cause, .. } => {
                assert!(matches!(cause, EndCause::RemoteBye { .. }), "{cause:?}");
                over += 1;
                None
            }
            _ => None,
        })
        .await;
    (answer, outcome, over)
}

/// A transfer that succeeds: both legs of the phone are ended by the platform.
async fn transfer(phone: &mut Phone, leg: LegId, replaces: &Replaces) {
    let (answer, outcome, over) = refer(phone, leg, replaces).await;
    assert_eq!((answer, outcome), (202, Some(200)));
    for _ in over..2 {
        assert!(matches!(phone.over().await, EndCause::RemoteBye { .. }));
    }
}

/// An INVITE of a user that names a dialog it wants the place of.
fn with_replaces(phone: &mut Phone, platform: &Platform, user: &str, replaces: &Replaces) {
    let mut headers = ExtraHeaders::new();
    headers.push("Replaces", &replaces.to_string()).unwrap();
    let from = NameAddr::new(Uri::sip(Some(user), "127.0.0.1", None).unwrap());
    let to = Uri::sip(Some("bob"), "127.0.0.1", None).unwrap();
    let mut request = InviteRequest::new(to, from, phone.way_to(platform), SDP.as_bytes());
    (request.login, request.headers) = (Some(login(user, PASSWORD)), headers);
    phone.invite(request);
}

/// The same, and the status it is answered with.
async fn take_place(phone: &mut Phone, platform: &Platform, user: &str, replaces: &Replaces) -> u16 {
    with_replaces(phone, platform, user, replaces);
    phone
        .until(|_, _, event| match event {
            Event::Answered { .. } => Some(200),
            Event::Failed { status, .. } => Some(*status),
            _ => None,
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_joins_the_two_who_called_it_and_they_hear_each_other() {
    let platform = Platform::start().await;
    let mut bob = phone(&platform, "bob").await;
    platform.answers("voice", "<Dial><Client>bob</Client></Dial>");
    let stay = Duration::from_secs(6);
    let first_talks = tokio::sync::Notify::new();
    let second_caller = async {
        first_talks.notified().await;
        calls(&platform, 2, stay, "").await
    };
    let (one, two, ()) = tokio::join!(calls(&platform, 1, stay, ""), second_caller, async {
        let first = bob.answer().await;
        first_talks.notify_one();
        let second = bob.answer().await;
        let replaces = bob.act(|end, _| end.replaces_of(second)).unwrap();
        transfer(&mut bob, first, &replaces).await;
    });
    for (phone, other, own) in [(&one, 2, 1), (&two, 1, 2)] {
        assert!(heard(phone, &[other])[0] > 2_000, "{own} heard {:?}", heard(phone, &[other, own]));
        assert_eq!(heard(phone, &[own])[0], 0, "{own} heard himself");
    }
    let calls = platform.finished_calls().await;
    assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [CallStatus::Completed; 4]);
    // Who came by phone line pays for all the time he was there; the room is nobody's conference.
    for call in calls.iter().filter(|call| call.parent_call_sid.is_none()) {
        assert!(call.talk_ms.unwrap() > 4_000, "{:?}", call.talk_ms);
    }
    let usage = platform.usage().await;
    assert_eq!(usage.iter().filter(|event| event.kind == UsageKind::Conference).count(), 0);
    assert_eq!(usage.len(), 4, "{usage:?}");
    // What is dialled from a call is for the same number.
    assert!(usage.iter().all(|event| event.labels.number.as_deref() == Some(&platform.number)), "{usage:?}");
    platform.ledger_is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_joins_who_called_it_with_whom_it_asked_and_is_out() {
    let platform = Platform::start().await;
    let mut alice = phone(&platform, "alice").await;
    let mut bob = phone(&platform, "bob").await;
    let mut carol = phone(&platform, "carol").await;
    let (hers, first) = talk(&platform, (&mut alice, "alice"), (&mut bob, "bob")).await;
    let (second, _) = talk(&platform, (&mut bob, "bob"), (&mut carol, "carol")).await;
    let replaces = bob.act(|end, _| end.replaces_of(second)).unwrap();
    transfer(&mut bob, first, &replaces).await;
    // The two are joined: the end of one is the end of the other.
    let ((), _) = tokio::join!(alice.hang_up(hers), carol.over());
    let calls = platform.finished_calls().await;
    assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [CallStatus::Completed; 4]);
    assert!(platform.ended_conference().await.friendly_name.starts_with("transfer-"));
    platform.ledger_is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_names_another_takes_its_place_where_it_may_and_is_told_why_where_not() {
    let platform = Platform::start().await;
    let mut alice = phone(&platform, "alice").await;
    let mut bob = phone(&platform, "bob").await;
    let mut dave = phone(&platform, "dave").await;
    let (hers, his) = talk(&platform, (&mut alice, "alice"), (&mut bob, "bob")).await;
    let replaces = bob.act(|end, _| end.replaces_of(his)).unwrap();
    let unknown = Replaces { call_id: "nobodys".to_owned(), ..replaces.clone() };
    assert_eq!(refer(&mut bob, his, &unknown).await, (603, None, 0));
    assert_eq!(take_place(&mut dave, &platform, "dave", &unknown).await, 481);
    let early = Replaces { early_only: true, ..replaces.clone() };
    assert_eq!(take_place(&mut dave, &platform, "dave", &early).await, 486);
    assert_eq!(take_place(&mut dave, &platform, "dave", &replaces).await, 200);
    bob.over().await;
    // It is over, and still known by name.
    let mut eve = phone(&platform, "eve").await;
    assert!(matches!(take_place(&mut eve, &platform, "eve", &replaces).await, 481 | 603));
    let ((), _) = tokio::join!(alice.hang_up(hers), dave.over());
    let calls = platform.finished_calls().await;
    assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [CallStatus::Completed; 3]);
    platform.ledger_is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_takes_the_call_that_rings_at_another_and_that_one_shows_no_missed_call() {
    let platform = Platform::start().await;
    let mut alice = phone(&platform, "alice").await;
    let mut bob = phone(&platform, "bob").await;
    let mut dave = phone(&platform, "dave").await;
    let taken = async {
        let his = bob.ring().await;
        let early = bob.act(|end, _| end.replaces_of(his)).unwrap();
        assert!(early.early_only);
        let wrong = Replaces { from_tag: "nobodys".to_owned(), ..early.clone() };
        assert_eq!(take_place(&mut dave, &platform, "dave", &wrong).await, 481);
        assert_eq!(take_place(&mut dave, &platform, "dave", &early).await, 200);
        let over = bob.over().await;
        let reason = match &over {
            EndCause::RemoteCancel { reason } => reason.as_ref().and_then(|reason| reason.cause),
            _ => None,
        };
        assert_eq!(reason, Some(200), "{over:?}");
    };
    let (hers, ()) = tokio::join!(alice.call(&platform, "alice", "bob"), taken);
    // The two are joined: the end of one is the end of the other.
    let ((), _) = tokio::join!(alice.hang_up(hers.unwrap()), dave.over());
    let calls = platform.finished_calls().await;
    let of = |status| calls.iter().filter(|call| call.status == status).count();
    assert_eq!((of(CallStatus::Completed), of(CallStatus::Canceled)), (2, 1), "{calls:?}");
    platform.ledger_is_sound().await;
}
