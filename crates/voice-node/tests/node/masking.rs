//! Number masking: a call to a mask.

use flexio_app::MaskApplicationPatch;
use flexio_domain::*;

use crate::platform::Platform;

/// A context of the sandbox's caller and its phone that answers; the one number is the mask of both.
async fn met(platform: &Platform) -> (MaskRecord, MaskRecord) {
    let (app, account) = (&platform.app, &platform.account);
    let rules = MaskApplicationPatch { name: Some("rides".to_owned()), ..MaskApplicationPatch::default() };
    let application = app.create_mask_application(account, rules).await.unwrap();
    let owned = app.owner_of(&platform.number.parse().unwrap()).await.unwrap().unwrap();
    app.add_mask_number(account, application.sid, owned.sid, false).await.unwrap();
    let context = app.create_mask_context(account, application.sid, None, None).await.unwrap();
    for party in ["+32470123456", "+32470000006"] {
        let (place, party) = ((application.sid, context.sid), party.parse().unwrap());
        app.add_mask_participant(account, place, &party, None).await.unwrap();
    }
    (application, context)
}

/// All SIP messages of a leg.
async fn on_the_wire(platform: &Platform, leg: CallSid) -> String {
    for _ in 0..100 {
        let ladders = platform.app.call_timeline(platform.account.sid, leg).await.unwrap().ladders;
        if let Some(ladder) = ladders.iter().find(|ladder| ladder.call_sid == leg) {
            return ladder.messages.iter().map(|message| message.text.as_str()).collect();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the leg has no ladder");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_to_a_mask_is_bridged_from_the_other_mask_and_both_legs_are_charged() {
    let platform = Platform::start().await;
    met(&platform).await;
    let report = platform.phone("").await;
    assert_eq!(report.status, 200);
    let calls = platform.finished_calls().await;
    assert_eq!(calls.len(), 2, "{calls:?}");
    let child = calls.iter().find(|call| call.direction == CallDirection::OutboundDial).unwrap();
    assert_eq!(
        (child.from.to_string(), child.to.to_string()),
        (platform.number.clone(), "+32470000006".into())
    );
    assert_eq!(
        (child.status, &child.forwarded_from, &child.caller_name),
        (CallStatus::Completed, &None, &None)
    );
    assert!(calls.iter().all(|call| call.price.is_some()), "{calls:?}");
    assert!(platform.asked("voice").is_empty(), "the number's own application is not asked");
    let said = on_the_wire(&platform, child.sid).await;
    assert!(said.contains("+32470000006") && said.contains(&platform.number), "{said}");
    assert!(!said.contains("470123456"), "the caller's own number went out: {said}");
    platform.ledger_is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_to_a_mask_whose_context_is_closed_is_refused_and_told() {
    let platform = Platform::start().await;
    let (_, context) = met(&platform).await;
    let context = platform.app.store.mask_record(platform.account.sid, context.sid).await.unwrap().unwrap();
    platform.app.update_mask_context(&platform.account, context, None, true).await.unwrap();
    let report = platform.phone("").await;
    assert_eq!(report.status, 403);
    assert!(platform.notifications().await.iter().any(|note| note.code == 20_554));
    assert!(platform.usage().await.is_empty());
    let calls = platform.finished_calls().await;
    let [refused] = &calls[..] else { panic!("{calls:?}") };
    assert_eq!((refused.status, refused.sip_response_code), (CallStatus::Failed, Some(403)));
    assert_eq!(refused.reason.as_ref().map(|reason| reason.code), Some(3_103));
    assert_eq!(
        (refused.from.to_string(), refused.to.to_string()),
        ("+32470123456".into(), platform.number.clone())
    );
    assert_eq!(refused.price, None);
}
