//! What a call's legs say over SIP, seen while they still do.

use flexio_domain::{AccountSid, CallSid, SipMessage};

use crate::phones::{PASSWORD, Phone, client};
use crate::platform::Platform;

/// Each message as direction and first word, `> INVITE` or `< 200`.
fn steps(messages: &[SipMessage]) -> Vec<String> {
    let step = |message: &SipMessage| {
        let line = message.text.lines().next().unwrap().replace("SIP/2.0 ", "");
        let word = line.split(' ').next().unwrap().to_owned();
        format!("{} {word}", if message.is_sent { "<" } else { ">" })
    };
    messages.iter().map(step).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_call_shows_what_its_legs_have_said_so_far_and_nobody_elses() {
    let platform = Platform::start().await;
    for user in ["alice", "bob"] {
        client(&platform, user, (user == "alice").then_some("alice")).await;
    }
    let (mut alice, mut bob) = (Phone::start(None).await, Phone::start(None).await);
    assert_eq!(alice.register(&platform, "alice", PASSWORD).await, 200);
    assert_eq!(bob.register(&platform, "bob", PASSWORD).await, 200);
    platform.answers("alice", "<Say>x</Say><Dial><Client>bob</Client></Dial>");
    let (leg, his) = tokio::join!(alice.call(&platform, "alice", "600"), bob.answer());
    let call: CallSid = platform.asked("alice")[0].params["CallSid"].parse().unwrap();

    let shown = platform.app.call_timeline(platform.account.sid, call).await.unwrap().ladders;
    let own = shown.iter().find(|ladder| ladder.call_sid == call).expect("the leg of the caller");
    let steps_of_own = steps(&own.messages);
    assert_eq!(&steps_of_own[..2], ["> INVITE", "< 100"], "{steps_of_own:?}");
    assert!(steps_of_own.contains(&"< 200".to_owned()), "{steps_of_own:?}");
    let dialled = shown.iter().find(|ladder| ladder.call_sid != call).expect("the leg that was dialled");
    let steps_of_dialled = steps(&dialled.messages);
    assert_eq!(steps_of_dialled.first().map(String::as_str), Some("< INVITE"));
    assert!(steps_of_dialled.contains(&"< ACK".to_owned()), "{steps_of_dialled:?}");
    assert_eq!((shown.len(), dialled.root_call_sid), (2, call));
    assert!(!own.messages.iter().any(|message| message.text.contains("response=\"")), "no secret is shown");
    assert!(platform.app.call_timeline(AccountSid::new(), call).await.is_err());

    bob.hang_up(his).await;
    alice.hang_up(leg.unwrap()).await;
    platform.finished_calls().await;
}
