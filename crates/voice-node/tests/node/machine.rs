//! Answering-machine detection on parties of the sandbox carrier.

use flexio_domain::CallDirection;

use crate::platform::Platform;
use crate::speech::{silence, speech};

async fn verdict(party: &str, says: Vec<i16>, mode: &str) -> (String, Option<String>) {
    let platform = Platform::start().await;
    platform.answers(
        "voice",
        &format!(
            r#"<Dial timeLimit="6" action="/dialled"><Number machineDetection="{mode}" amdStatusCallback="/who">{party}</Number></Dial>"#
        ),
    );
    platform.answers("dialled", "<Hangup/>");
    platform.speaker(says).await;
    let calls = platform.finished_calls().await;
    let child = calls.iter().find(|call| call.direction == CallDirection::OutboundDial).unwrap();
    let about = child.sid.to_string();
    let told = platform.app.store.callbacks_about(platform.account.sid, &about).await.unwrap();
    let callback = told.iter().find(|callback| callback.webhook.url.ends_with("/who")).unwrap();
    let param =
        |name: &str| callback.params.iter().find(|(have, _)| have == name).map(|(_, value)| value.clone());
    assert_eq!(param("CallSid"), Some(about));
    assert!(
        param("MachineDetectionDuration").unwrap().parse::<u32>().unwrap() > 1_000,
        "{:?}",
        callback.params
    );
    (param("AnsweredBy").unwrap(), child.answered_by.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn short_speech_is_a_person_and_the_record_says_so() {
    // This party sends back what the caller says.
    let says = [silence(1_200), speech(900), silence(10_000)].concat();
    let told = verdict("+32470000007", says, "Enable").await;
    assert_eq!(told, ("human".to_owned(), Some("human".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn long_speech_is_a_machine_and_its_end_is_waited_for() {
    let says = || [silence(1_200), speech(2_900), silence(10_000)].concat();
    assert_eq!(verdict("+32470000007", says(), "Enable").await.0, "machine_start");
    assert_eq!(verdict("+32470000007", says(), "DetectMessageEnd").await.0, "machine_end_silence");
}
