//! Calls.

use flexio_domain::*;

use crate::platform::Platform;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_speaks_gathers_records_and_is_priced() {
    let platform = Platform::start().await;
    platform.answers(
        "voice",
        r#"<Gather action="/pressed" numDigits="2"><Say language="en">Press two keys.</Say></Gather>"#,
    );
    platform.answers("pressed", r#"<Record action="/recorded" maxLength="2" playBeep="false"/>"#);
    platform.answers("recorded", "<Say>Thank you</Say><Hangup/>");
    let report = platform.phone("ww42").await;
    assert_eq!(report.status, 200);
    assert!(report.hung_up_by_platform);

    let pressed = platform.asked("pressed");
    assert_eq!(pressed[0].params["Digits"], "42");
    assert_eq!(pressed[0].params["To"], platform.number);
    let recorded = platform.asked("recorded");
    assert!(recorded[0].params["RecordingUrl"].contains("/Recordings/RE"), "{recorded:?}");

    let calls = platform.finished_calls().await;
    let call = &calls[0];
    assert_eq!(
        (calls.len(), call.status, call.direction),
        (1, CallStatus::Completed, CallDirection::Inbound)
    );
    assert!(call.talk_ms.unwrap() > 1_500, "{call:?}");
    let usage = platform.usage().await;
    let voice = usage.iter().find(|event| event.kind == UsageKind::VoiceIn).unwrap();
    assert_eq!(voice.billed, call.duration_s().unwrap());
    assert_eq!(Some(voice.amount), call.price);
    assert!(voice.amount > Money::ZERO);
    let recording = usage.iter().find(|event| event.kind == UsageKind::Recording).unwrap();
    assert_eq!(recording.billed, 2);
    assert_eq!(voice.carrier, call.trunk);
    let number = Some(platform.number.as_str());
    assert_eq!([voice, recording].map(|event| event.labels.number.as_deref()), [number; 2]);
    platform.ledger_is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_call_is_refused_and_free() {
    let platform = Platform::start().await;
    platform.answers("voice", r#"<Reject reason="busy"/>"#);
    let report = platform.phone("").await;
    assert_eq!(report.status, 486);
    let calls = platform.finished_calls().await;
    assert_eq!(calls[0].status, CallStatus::Busy);
    assert_eq!(calls[0].price, Some(Money::ZERO));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_nobody_rents_is_not_found_and_leaves_nothing() {
    let platform = Platform::start().await;
    let script = flexio_voice_node::sandbox::Script {
        from: "+32470123456".to_owned(),
        to: "+3225880999".to_owned(),
        digits: String::new(),
        says: None,
        record_to: None,
        patience: std::time::Duration::from_secs(5),
    };
    let report = platform.voice.sandbox().unwrap().call(script).await;
    assert_eq!(report.status, 404);
    assert!(platform.usage().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialled_leg_is_bridged_and_both_legs_are_charged() {
    let platform = Platform::start().await;
    // …0006 of the sandbox answers and hangs up after two seconds.
    platform.answers("voice", r#"<Dial action="/dialled" timeout="10"><Number>+32470000006</Number></Dial>"#);
    platform.answers("dialled", "<Hangup/>");
    let report = platform.phone("").await;
    assert_eq!(report.status, 200);
    let dialled = platform.asked("dialled");
    assert_eq!(dialled[0].params["DialCallStatus"], "completed", "{dialled:?}");
    let calls = platform.finished_calls().await;
    assert_eq!(calls.len(), 2);
    let child = calls.iter().find(|call| call.direction == CallDirection::OutboundDial).unwrap();
    assert_eq!(child.status, CallStatus::Completed);
    assert_eq!(
        child.parent_call_sid,
        Some(calls.iter().find(|c| c.direction == CallDirection::Inbound).unwrap().sid)
    );
    assert!(child.price.unwrap() >= "0.012".parse().unwrap(), "{:?}", child.price);
    platform.ledger_is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_party_is_told_to_the_document() {
    let platform = Platform::start().await;
    platform.answers("voice", r#"<Dial action="/dialled"><Number>+32470000001</Number></Dial>"#);
    platform.answers("dialled", "<Hangup/>");
    platform.phone("").await;
    assert_eq!(platform.asked("dialled")[0].params["DialCallStatus"], "busy");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_is_down_ends_the_call_with_a_notification() {
    let platform = Platform::start().await;
    platform.answers("voice", "<Say>unclosed");
    let report = platform.phone("").await;
    assert_ne!(report.status, 200, "nothing was answered");
    let calls = platform.finished_calls().await;
    assert_eq!(calls[0].status, CallStatus::Failed);
    let page = flexio_store::Page::default();
    let filter = flexio_store::NotificationFilter::default();
    let notes = platform.app.store.notifications(platform.account.sid, &filter, &page).await.unwrap();
    assert!(notes.iter().any(|note| note.code == 12_100), "{notes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_in_the_middle_ends_the_call_and_the_record_is_whole() {
    let platform = Platform::start().await;
    platform.answers("voice", r#"<Say loop="0" language="en">For ever and ever.</Say>"#);
    let script = flexio_voice_node::sandbox::Script {
        from: "+32470123456".to_owned(),
        to: platform.number.clone(),
        digits: String::new(),
        says: None,
        record_to: None,
        patience: std::time::Duration::from_millis(1_500),
    };
    let report = platform.voice.sandbox().unwrap().call(script).await;
    assert!(!report.hung_up_by_platform);
    let calls = platform.finished_calls().await;
    assert_eq!((calls[0].status, calls[0].duration_s() >= Some(1)), (CallStatus::Completed, true));
    assert_eq!(platform.asked("status").len(), 0, "callbacks are delivered by the worker, not by this node");
    let callbacks =
        platform.app.store.callbacks_about(platform.account.sid, &calls[0].sid.to_string()).await.unwrap();
    let events: Vec<&str> = callbacks
        .iter()
        .map(|c| {
            c.params.iter().find(|(name, _)| name == "CallStatus").map_or("", |(_, value)| value.as_str())
        })
        .collect();
    assert_eq!(events.last(), Some(&"completed"), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_on_net_call_comes_back_in_as_a_call_to_the_other_number() {
    let platform = Platform::start().await;
    let other = platform.rent("+3225880101").await;
    platform.answers(
        "voice",
        &format!(r#"<Dial action="/dialled"><Number url="/screen">{other}</Number></Dial>"#),
    );
    platform.answers("dialled", "<Hangup/>");
    platform.answers("screen", "<Hangup/>");
    platform.phone("").await;
    let calls = platform.finished_calls().await;
    let inbound: Vec<_> = calls.iter().filter(|call| call.direction == CallDirection::Inbound).collect();
    assert!(inbound.len() >= 2, "{calls:?}");
    platform.ledger_is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_in_quarantine_says_so_before_it_refuses_and_the_operator_keeps_the_call() {
    let platform = Platform::start().await;
    platform.give_back(&platform.number).await;
    let begun = std::time::Instant::now();
    let report = platform.phone("").await;
    assert_eq!(report.status, 404);
    assert!(begun.elapsed() > std::time::Duration::from_secs(2), "it was said: {:?}", begun.elapsed());
    let calls = platform.finished_calls().await;
    let call = &calls[0];
    let reason = call.reason.as_ref().map(|reason| (reason.code, reason.text.as_str()));
    assert_eq!(reason, Some((3102, "Number Not In Service")));
    assert_eq!((call.status, call.answered_at, call.price), (CallStatus::Failed, None, Some(Money::ZERO)));
    assert!(platform.usage().await.is_empty());
    assert!(platform.asked("voice").is_empty());
    assert_eq!(platform.voice.running_calls(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_while_he_is_told_is_not_refused_as_well() {
    let platform = Platform::start().await;
    platform.give_back(&platform.number).await;
    let script = flexio_voice_node::sandbox::Script {
        from: "+32470123456".to_owned(),
        to: platform.number.clone(),
        digits: String::new(),
        says: None,
        record_to: None,
        patience: std::time::Duration::from_millis(1_200),
    };
    let report = platform.voice.sandbox().unwrap().call(script).await;
    assert_ne!(report.status, 404);
    let calls = platform.finished_calls().await;
    assert_eq!((calls[0].status, calls[0].sip_response_code), (CallStatus::Canceled, Some(487)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_inside_the_platform_to_a_number_in_quarantine_does_not_leave_it_and_costs_nothing() {
    let platform = Platform::start().await;
    let gone = platform.rent("+3225880101").await;
    platform.give_back(&gone).await;
    platform
        .answers("voice", &format!(r#"<Dial action="/dialled" timeout="20"><Number>{gone}</Number></Dial>"#));
    platform.answers("dialled", "<Hangup/>");
    platform.phone("").await;
    assert_eq!(platform.asked("dialled")[0].params["DialCallStatus"], "failed");
    let calls = platform.finished_calls().await;
    let child = calls.iter().find(|call| call.direction == CallDirection::OutboundDial).unwrap();
    assert_eq!(
        (child.trunk.as_deref(), child.talk_ms.unwrap_or(0), child.price),
        (None, 0, Some(Money::ZERO))
    );
    let told = calls.iter().find(|call| call.reason.as_ref().is_some_and(|reason| reason.code == 3102));
    assert!(told.is_some_and(|call| call.to.to_string() == gone), "{calls:?}");
}
