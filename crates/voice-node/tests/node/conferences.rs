//! Conferences over SIP and RTP.

use std::time::Duration;

use flexio_app::*;
use flexio_domain::*;
use flexio_store::{ConferenceFilter, Page, ParticipantFilter};
use flexio_voice_node::sandbox::{Report, Script, voice_hz};

use crate::hearing::{heard_ms, samples};
use crate::platform::Platform;

/// A phone whose number ends in this digit calls and stays so long.
pub async fn calls(platform: &Platform, digit: u8, stays: Duration, keys: &str) -> Report {
    let script = Script {
        from: format!("+3247012345{digit}"),
        to: platform.number.clone(),
        digits: keys.to_owned(),
        record_to: Some(platform.folder.path().to_owned()),
        says: None,
        patience: stays,
    };
    platform.voice.sandbox().unwrap().call(script).await
}

/// How long a phone has heard each of these voices, in ms.
pub fn heard(report: &Report, digits: &[u8]) -> Vec<usize> {
    let samples = samples(report.heard.as_ref().unwrap());
    digits.iter().map(|digit| heard_ms(&samples, voice_hz(&digit.to_string()))).collect()
}

async fn conference(platform: &Platform) -> Conference {
    for _ in 0..400 {
        let filter = ConferenceFilter::default();
        let found =
            platform.app.store.conferences(platform.account.sid, &filter, &Page::default()).await.unwrap();
        if let Some(conference) = found.into_iter().next() {
            return conference;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no conference");
}

/// Waits until so many take part; their calls, by the last digit of the caller.
async fn present(platform: &Platform, count: usize) -> (ConferenceSid, Vec<CallSid>) {
    for _ in 0..400 {
        let sid = conference(platform).await.sid;
        let filter = ParticipantFilter { present: Some(true), ..ParticipantFilter::default() };
        let page = Page::default();
        let there = platform.app.store.participants(platform.account.sid, sid, &filter, &page).await.unwrap();
        if there.len() == count {
            let mut calls = Vec::new();
            for participant in there {
                let call = platform.app.store.call(platform.account.sid, participant.call_sid).await.unwrap();
                calls.push(call.unwrap());
            }
            calls.sort_by_key(|call| call.from.to_string());
            return (sid, calls.into_iter().map(|call| call.sid).collect());
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("never {count} present");
}

async fn callbacks(platform: &Platform, subject: &str) -> Vec<Vec<(String, String)>> {
    let callbacks = platform.app.store.callbacks_about(platform.account.sid, subject).await.unwrap();
    callbacks.into_iter().map(|callback| callback.params).collect()
}

fn value<'a>(params: &'a [(String, String)], name: &str) -> &'a str {
    params.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hear_each_other_and_nobody_himself_and_all_is_told_and_kept() {
    let platform = Platform::start().await;
    platform.answers(
        "voice",
        r#"<Dial action="/left"><Conference waitUrl="" record="record-from-start" statusCallback="/cf"
           statusCallbackEvent="start end join leave">team</Conference></Dial>"#,
    );
    platform.answers("left", "<Hangup/>");
    let stay = Duration::from_secs(5);
    let (one, two, three) = tokio::join!(
        calls(&platform, 1, stay, ""),
        calls(&platform, 2, stay, ""),
        calls(&platform, 3, stay, "")
    );
    for (phone, others, own) in [(&one, [2, 3], 1), (&two, [1, 3], 2), (&three, [1, 2], 3)] {
        assert!(
            heard(phone, &others).iter().all(|ms| *ms > 2_000),
            "{own} heard {:?}",
            heard(phone, &others)
        );
        assert_eq!(heard(phone, &[own])[0], 0, "{own} heard himself");
    }
    platform.finished_calls().await;
    let conference = platform.ended_conference().await;
    assert_eq!(conference.status, ConferenceStatus::Completed);
    assert_eq!(conference.ended_by, Some(ConferenceEnd::LastParticipantLeft));
    assert!(conference.started_at.is_some());
    let told = callbacks(&platform, &conference.sid.to_string()).await;
    let events: Vec<&str> = told.iter().map(|params| value(params, "StatusCallbackEvent")).collect();
    let count = |name| events.iter().filter(|event| **event == name).count();
    assert_eq!((count("participant-join"), count("participant-leave")), (3, 3), "{events:?}");
    assert_eq!((count("conference-start"), count("conference-end")), (1, 1), "{events:?}");
    let sequence: Vec<String> = (1..=events.len()).map(|number| number.to_string()).collect();
    let numbers: Vec<&str> = told.iter().map(|params| value(params, "SequenceNumber")).collect();
    assert_eq!(numbers, sequence);
    let audio = platform.only_recording().await;
    for digit in 1..=3 {
        assert!(heard_ms(&audio, voice_hz(&digit.to_string())) > 2_000, "{digit} is not in the recording");
    }
    let usage = platform.usage().await;
    let of = |kind| usage.iter().filter(move |event| event.kind == kind).collect::<Vec<_>>();
    let (conferences, calls) = (of(UsageKind::Conference), of(UsageKind::VoiceIn));
    assert_eq!(conferences.len(), 1);
    assert!(calls[0].labels.number.is_some());
    assert_eq!(conferences[0].labels, calls[0].labels, "it is for what the call that opened it is for");
    platform.ledger_is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mute_hold_coach_kick_announce_and_end_are_heard() {
    let platform = Platform::start().await;
    platform
        .answers("voice", r#"<Dial><Conference waitUrl="" beep="false">team</Conference></Dial><Hangup/>"#);
    platform.answers("announce", r#"<Say language="en">Attention please, this is an announcement.</Say>"#);
    let stay = Duration::from_secs(15);
    let control = platform.voice.call_control();
    let account = platform.account.sid;
    let script = async {
        let (sid, calls) = present(&platform, 3).await;
        let change =
            |call: usize, change| control.modify_participant(account, sid, calls[call], vec![change]);
        // One is not heard by anyone, two hears nobody, three is heard by two alone.
        change(0, ParticipantChange::Mute(true)).await.unwrap();
        change(2, ParticipantChange::Coach(Some(calls[1]))).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        change(
            1,
            ParticipantChange::Hold {
                on: true,
                wait: Some(Webhook { url: platform.url("silence"), method: HttpMethod::Post }),
            },
        )
        .await
        .unwrap();
        let webhook = Webhook { url: platform.url("announce"), method: HttpMethod::Post };
        control.modify_conference(account, sid, ConferenceChange::Announce(webhook)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let kept = platform.app.store.participant(account, sid, calls[0]).await.unwrap().unwrap();
        assert!(kept.muted && kept.status == ParticipantStatus::Connected);
        change(2, ParticipantChange::Kick).await.unwrap();
        assert_eq!(change(2, ParticipantChange::Kick).await, Err(ControlError::Over), "it has left");
        let foreign = control.modify_conference(AccountSid::new(), sid, ConferenceChange::End).await;
        assert_eq!(foreign, Err(ControlError::NotHere));
        control.modify_conference(account, sid, ConferenceChange::End).await.unwrap();
        assert!(control.modify_conference(account, sid, ConferenceChange::End).await.is_err());
    };
    let (one, two, three, ()) = tokio::join!(
        calls(&platform, 1, stay, ""),
        calls(&platform, 2, stay, ""),
        calls(&platform, 3, stay, ""),
        script
    );
    assert!(one.hung_up_by_platform && two.hung_up_by_platform && three.hung_up_by_platform);
    let by_one = heard(&one, &[2, 3]);
    let by_two = heard(&two, &[1, 3]);
    assert!(by_one[0] > 1_000 && by_one[0] < 4_500, "one heard two until the hold: {by_one:?}");
    assert!(by_two[1] > 1_000 && by_two[1] < 4_500, "the coach is heard by two: {by_two:?}");
    assert!(by_one[1] < 1_500, "the coach is not heard by one: {by_one:?}");
    assert!(by_two[0] < 1_500, "one is muted: {by_two:?}");
    let conference = platform.ended_conference().await;
    assert_eq!(conference.ended_by, Some(ConferenceEnd::ConferenceEndedViaApi));
    platform.finished_calls().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_of_a_conference_says_what_it_is_for_and_one_is_begun_over_the_api() {
    let platform = Platform::start().await;
    platform.answers(
        "voice",
        r#"<Dial><Conference waitUrl="" record="record-from-start" recordingPurpose="quality">team</Conference></Dial>"#,
    );
    let control = platform.voice.call_control();
    let account = platform.account.sid;
    let begin = |purpose| RecordConference { purpose: Some(purpose), ..RecordConference::default() };
    let script = async {
        let (sid, _) = present(&platform, 2).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let second = control.record_conference(account, sid, begin(RecordingPurpose::Agreed)).await;
        assert_eq!(second, Err(ControlError::WrongState), "one at a time");
        control.change_conference_recording(account, sid, None, RecordingChange::Stop).await.unwrap();
        for _ in 0..200 {
            let made = control.record_conference(account, sid, begin(RecordingPurpose::Agreed)).await;
            if let Ok(made) = made {
                let recording = platform.app.recording(account, made).await.unwrap();
                assert_eq!(recording.source, RecordingSource::StartConferenceRecordingAPI);
                assert_eq!(recording.conference_sid, Some(sid));
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        control.modify_conference(account, sid, ConferenceChange::End).await.unwrap();
    };
    let stay = Duration::from_secs(15);
    let (_, _, ()) = tokio::join!(calls(&platform, 1, stay, ""), calls(&platform, 2, stay, ""), script);
    platform.finished_calls().await;
    let (filter, page) = (flexio_store::RecordingFilter::default(), Page::default());
    let made = platform.app.store.recordings(account, &filter, &page).await.unwrap();
    let mut purposes: Vec<_> =
        made.iter().map(|recording| (recording.created_at, recording.purpose)).collect();
    purposes.sort_by_key(|(at, _)| *at);
    let purposes: Vec<_> = purposes.into_iter().map(|(_, purpose)| purpose).collect();
    assert_eq!(purposes, [Some(RecordingPurpose::Quality), Some(RecordingPurpose::Agreed)]);
    for recording in made.iter().filter(|it| it.purpose == Some(RecordingPurpose::Quality)) {
        let kept = recording.expires_at.unwrap().duration_since(recording.created_at);
        assert!(kept <= jiff::SignedDuration::from_hours(24 * 30), "{kept:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_used_again_after_its_end_and_a_full_one_is_skipped() {
    let platform = Platform::start().await;
    platform.answers(
        "voice",
        r#"<Dial hangupOnStar="true" action="/left"><Conference maxParticipants="1">team</Conference></Dial><Redirect>/full</Redirect>"#,
    );
    platform.answers("left", "<Hangup/>");
    platform.answers("full", "<Hangup/>");
    let first = async {
        let report = calls(&platform, 1, Duration::from_secs(10), "wwwwww*").await;
        assert!(report.hung_up_by_platform);
    };
    let second = async {
        present(&platform, 1).await;
        calls(&platform, 2, Duration::from_secs(10), "").await;
    };
    tokio::join!(first, second);
    assert_eq!(platform.asked("full").len(), 1, "the second was not taken in");
    assert_eq!(platform.asked("left")[0].params["DialCallStatus"], "answered");
    let ended = platform.ended_conference().await;
    calls(&platform, 1, Duration::from_secs(10), "ww*").await;
    platform.finished_calls().await;
    let again = platform.ended_conference().await;
    assert_ne!(ended.sid, again.sid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_participant_is_added_by_a_call_and_one_who_does_not_answer_leaves_nothing() {
    let platform = Platform::start().await;
    let control = platform.voice.call_control();
    let account = platform.account.sid;
    for (number, joins) in [("+32470000008", true), ("+32470000001", false)] {
        let call = CallSid::new();
        let sid =
            control.expect_participant(account, &ConferenceRef::Name("team".to_owned()), call).await.unwrap();
        let document = r"<Response><Dial><Conference>team</Conference></Dial></Response>";
        let mut record = platform.outgoing(number, document);
        record.sid = call;
        platform.app.store.commit(flexio_store::Change::CreateCall(record.clone()).into()).await.unwrap();
        control.originate(&record).await.unwrap();
        if joins {
            let (there, calls) = present(&platform, 1).await;
            assert_eq!((there, calls), (sid, vec![call]));
            control.modify(call, CallChange::End(EndCall::Complete)).await.unwrap();
        }
        platform.finished_calls().await;
        let conference = platform.ended_conference().await;
        assert_eq!(conference.sid, sid);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_name_of_the_recording_callback_tells_of_the_recording_once() {
    let platform = Platform::start().await;
    platform.answers(
        "voice",
        r#"<Dial><Conference waitUrl="" record="record-from-start" eventCallbackUrl="/kept">team</Conference></Dial>"#,
    );
    let stay = Duration::from_secs(2);
    tokio::join!(calls(&platform, 1, stay, ""), calls(&platform, 2, stay, ""));
    platform.finished_calls().await;
    let conference = platform.ended_conference().await;
    platform.only_recording().await;
    let about = conference.sid.to_string();
    let told = platform.app.store.callbacks_about(platform.account.sid, &about).await.unwrap();
    let told: Vec<_> = told.iter().filter(|callback| callback.webhook.url.ends_with("/kept")).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(value(&told[0].params, "RecordingStatus"), "completed");
    assert_eq!(value(&told[0].params, "ConferenceSid"), about);
    assert!(value(&told[0].params, "RecordingUrl").contains("/Recordings/RE"), "{:?}", told[0].params);
}
