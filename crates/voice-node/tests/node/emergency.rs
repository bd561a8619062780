//! Calls for help: who is put through whatever hinders his other calls, what the emergency service is told, and who is refused.

use std::net::Ipv4Addr;
use std::time::Duration;

use flexio_app::{
    CallChange, ClientPatch, CreateThreshold, EmergencyAddressPatch, SipDomainPatch, UpdateAccount,
    WebhookPatch,
};
use flexio_domain::*;
use flexio_sip::{Event, InviteRequest, NameAddr, Uri};
use flexio_store::{CallFilter, Change, Page, RecordingFilter};
use flexio_voice_node::config;

use crate::phones::{PASSWORD, Phone, SDP, client, login};
use crate::platform::Platform;

/// An emergency service behind a trunk of its own, and a platform with nothing else to call by.
async fn served(max_legs: usize, change: impl FnOnce(&mut config::Trunk)) -> (Platform, Phone) {
    let service = Phone::start_at(Ipv4Addr::new(127, 0, 1, 12), None).await;
    let mut trunk = config::Trunk {
        name: "help".to_owned(),
        addresses: vec![service.address.to_string()],
        prefixes: vec!["+3225550".to_owned()],
        emergency: true,
        ping_s: 0,
        ..config::Trunk::default()
    };
    change(&mut trunk);
    let platform = Platform::start_with(|node| {
        node.sandbox = false;
        node.sip.max_legs = max_legs;
        node.trunks = vec![trunk];
    })
    .await;
    (platform, service)
}

fn place() -> EmergencyAddressPatch {
    let text = |text: &str| Some(text.to_owned());
    EmergencyAddressPatch {
        country: text("BE"),
        postal_code: text("1030"),
        city: text("Brussel"),
        street: text("Koning Albert II-laan"),
        house_number: text("27"),
        ..EmergencyAddressPatch::default()
    }
}

/// Alice dials 112, is answered, and hangs up: the INVITE that the service got.
async fn helped(platform: &Platform, alice: &mut Phone, service: &mut Phone) -> flexio_sip::Message {
    let taken = async {
        let invite = service.until(|end, now, event| match event {
            Event::Incoming(incoming) => {
                let none = flexio_sip::ExtraHeaders::new();
                end.answer(now, incoming.leg, crate::phones::SDP.as_bytes(), &none).unwrap();
                Some(incoming.request.clone())
            }
            _ => None,
        });
        let invite = invite.await;
        service.over().await;
        invite
    };
    let (called, invite) = tokio::join!(
        async {
            let leg =
                alice.call(platform, "alice", "112").await.map_err(|status| format!("refused: {status}"))?;
            tokio::time::sleep(Duration::from_millis(1_200)).await;
            alice.hang_up(leg).await;
            Ok::<_, String>(())
        },
        taken
    );
    called.unwrap();
    invite
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hindrance {
    None,
    EmptyWallet,
    Threshold,
    SuspendedAccount,
    FullTrunk,
    FullNode,
    Draining,
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_dials_for_help_is_put_through_free_whatever_hinders_his_other_calls() {
    use Hindrance as H;
    for hindrance in
        [H::None, H::EmptyWallet, H::Threshold, H::SuspendedAccount, H::FullTrunk, H::FullNode, H::Draining]
    {
        let max_legs = if hindrance == H::FullNode { 1 } else { 100 };
        let (platform, mut service) = served(max_legs, |trunk| trunk.max_calls = 1).await;
        // An application answers her other calls; it is not asked.
        client(&platform, "alice", Some("alice")).await;
        let mut alice = Phone::start(None).await;
        assert_eq!(alice.register(&platform, "alice", PASSWORD).await, 200);
        hinder(&platform, &mut service, hindrance).await;
        if hindrance != H::None && hindrance != H::FullTrunk {
            let other = alice.call(&platform, "alice", "+3225550123").await;
            assert!(
                hindrance == H::EmptyWallet || hindrance == H::Threshold || other.is_err(),
                "{hindrance:?}"
            );
        }
        let asked = platform.asked("alice").len();
        let invite = helped(&platform, &mut alice, &mut service).await;
        assert_eq!(invite.header("Resource-Priority").as_deref(), Some("esnet.0"), "{hindrance:?}");
        assert!(
            invite.from().unwrap().uri().to_string().contains("+3225880100"),
            "{hindrance:?}: its account's number"
        );
        assert_eq!(platform.asked("alice").len(), asked, "{hindrance:?}");
        let calls = help_calls(&platform).await;
        assert_eq!(calls.len(), 2, "{hindrance:?} {calls:?}");
        for call in &calls {
            assert_eq!(
                (call.status, call.price),
                (CallStatus::Completed, Some(Money::ZERO)),
                "{hindrance:?}"
            );
        }
        let used: Vec<_> = platform.usage().await.into_iter().filter(|event| event.to == "112").collect();
        assert_eq!(used.len(), 2, "{hindrance:?} {used:?}");
        assert!(
            used.iter().all(|event| (event.amount, &*event.class) == (Money::ZERO, "emergency")),
            "{hindrance:?} {used:?}"
        );
        platform.ledger_is_sound().await;
    }
}

async fn hinder(platform: &Platform, service: &mut Phone, hindrance: Hindrance) {
    let app = &platform.app;
    match hindrance {
        Hindrance::None => {}
        Hindrance::EmptyWallet => {
            app.set_credit(&platform.account, true, CreditMode::Prepaid, Money::ZERO).await.unwrap();
        }
        Hindrance::Threshold => {
            let new = CreateThreshold {
                amount: "0.01".parse().unwrap(),
                percent: None,
                reaction: Reaction::Cut,
                callback: None,
            };
            app.create_threshold(&platform.account, new, &|_| None).await.unwrap();
            let leg = platform.outgoing("+32470123456", "<Response/>");
            platform.end(leg, 600_000).await;
            assert!(app.watch_usage().await.unwrap() > 0, "the threshold is reached");
        }
        Hindrance::SuspendedAccount => {
            let account = app.store.account(platform.account.sid).await.unwrap().unwrap();
            let suspended = Account { status: AccountStatus::Suspended, ..account };
            app.store.commit(Change::UpdateAccount(suspended).into()).await.unwrap();
            // Longer than accounts are remembered.
            tokio::time::sleep(Duration::from_secs(u64::from(app.config.cache_seconds) + 1)).await;
        }
        // The one leg that there may be is on the one trunk.
        Hindrance::FullTrunk | Hindrance::FullNode => {
            let call = platform.outgoing("+3225550199", "<Response><Pause length=\"60\"/></Response>");
            let kept = Change::CreateCall(call.clone());
            app.store.commit(kept.into()).await.unwrap();
            platform.voice.call_control().originate(&call).await.unwrap();
            service.answer().await;
        }
        Hindrance::Draining => {
            // It drains for as long as a call runs.
            Box::pin(hinder(platform, service, Hindrance::FullTrunk)).await;
            let voice = platform.voice.clone();
            tokio::spawn(async move { voice.drain(Duration::from_secs(15)).await });
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Both legs of the call for help, once they are over.
async fn help_calls(platform: &Platform) -> Vec<Call> {
    for _ in 0..200 {
        let (page, filter) = (Page::default(), CallFilter::default());
        let calls = platform.app.store.calls(platform.account.sid, &filter, &page).await.unwrap();
        let help: Vec<Call> = calls.into_iter().filter(|call| call.to.to_string() == "112").collect();
        if help.len() == 2 && help.iter().all(|call| call.status.is_final()) {
            return help;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the call for help never ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_is_told_where_the_phone_is_registered() {
    let (platform, mut service) = served(100, |_| {}).await;
    client(&platform, "alice", None).await;
    let mut alice = Phone::start(None).await;
    assert_eq!(alice.register(&platform, "alice", PASSWORD).await, 200);
    // Nothing is known of it.
    let invite = helped(&platform, &mut alice, &mut service).await;
    assert_eq!((invite.header("Geolocation"), invite.sdp().is_some()), (None, true));
    // The account's address counts for all its phones.
    let office = EmergencyAddressPatch { house_number: Some("1".to_owned()), ..place() };
    let changes = UpdateAccount { emergency_address: office, ..UpdateAccount::default() };
    platform.app.update_account(platform.account.sid, true, changes).await.unwrap();
    let invite = helped(&platform, &mut alice, &mut service).await;
    let text = String::from_utf8_lossy(&invite.to_bytes()).into_owned();
    assert!(text.contains("<ca:HNO>1</ca:HNO>") && text.contains("Geolocation-Routing: yes"), "{text}");
    // Her own wins.
    let clients = platform.app.clients(platform.account.sid, Some("alice"), &Page::default()).await;
    let sid = clients.unwrap()[0].sid;
    let patch = ClientPatch { emergency_address: place(), ..ClientPatch::default() };
    platform.app.update_client(&platform.account, sid, patch).await.unwrap();
    let invite = helped(&platform, &mut alice, &mut service).await;
    let reference = invite.header("Geolocation").unwrap().into_owned();
    let text = String::from_utf8_lossy(&invite.to_bytes()).into_owned();
    assert!(text.contains(&reference.replace("cid:", "")), "the reference leads to the part: {text}");
    assert!(text.contains("application/pidf+xml") && text.contains("<ca:HNO>27</ca:HNO>"), "{text}");
    assert!(invite.sdp().is_some(), "the offer is found beside it: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_says_which_number_its_emergency_calls_show() {
    let (platform, _) = served(100, |_| {}).await;
    let second = platform.rent("+3225880101").await;
    let owned = platform.app.owner_of(&second.parse().unwrap()).await.unwrap().unwrap();
    let patch = SipDomainPatch {
        domain_name: Some("acme.sip.example".to_owned()),
        emergency_caller_sid: Some(Some(owned.sid)),
        emergency_address: place(),
        voice: WebhookPatch::default(),
        ..SipDomainPatch::default()
    };
    platform.app.create_sip_domain(&platform.account, patch, &|_| None).await.unwrap();
    let phone: Address = "sip:bob@ACME.sip.example".parse().unwrap();
    let told = platform.app.emergency_address_of(platform.account.sid, &phone).await.unwrap().unwrap();
    assert_eq!(told.house_number, "27");
    let stranger = platform.app.emergency_address_of(AccountSid::new(), &phone).await.unwrap();
    assert_eq!(stranger, None, "another account's domain is none of its");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_the_emergency_services_without_a_number_gets_112_and_is_not_recorded() {
    let (platform, mut service) = served(100, |_| {}).await;
    client(&platform, "alice", None).await;
    let mut alice = Phone::start(None).await;
    for name in ["urn:service:sos", "urn:service:sos.fire"] {
        let from = NameAddr::new(Uri::sip(Some("alice"), "127.0.0.1", None).unwrap());
        let to = Uri::parse(name.as_bytes()).unwrap();
        let mut request = InviteRequest::new(to, from, alice.way_to(&platform), SDP.as_bytes());
        request.login = Some(login("alice", PASSWORD));
        alice.invite(request);
        let answered = alice.until(|_, _, event| match event {
            Event::Answered { leg, .. } => Some(*leg),
            _ => None,
        });
        let (leg, _) = tokio::join!(answered, service.answer());
        let calls = running(&platform).await;
        assert!(calls.iter().all(|call| call.to.to_string() == "112"), "{name}: {calls:?}");
        for call in calls {
            let options = RecordingOptions::default();
            let refused = platform.app.start_recording(&platform.account, call.sid, options).await;
            assert_eq!(refused.unwrap_err().code(), ErrorCode::EmergencyNotRecorded, "{name}");
            // Nor does the node itself, whoever asks it.
            let record = CallChange::Record { sid: RecordingSid::new(), options: Box::default() };
            platform.voice.call_control().modify(call.sid, record).await.unwrap();
        }
        alice.hang_up(leg).await;
        service.over().await;
        platform.finished_calls().await;
    }
    let (page, filter) = (Page::default(), RecordingFilter::default());
    let kept = platform.app.recordings(platform.account.sid, &filter, &page).await.unwrap();
    assert!(kept.len() == 4 && kept.iter().all(|one| one.status == RecordingStatus::Failed), "{kept:?}");
    assert!(platform.usage().await.iter().all(|event| event.kind != UsageKind::Recording));
}

/// Both legs of a call that is answered.
async fn running(platform: &Platform) -> Vec<Call> {
    for _ in 0..200 {
        let filter = CallFilter { status: Some(CallStatus::InProgress), ..CallFilter::default() };
        let calls = platform.app.store.calls(platform.account.sid, &filter, &Page::default()).await.unwrap();
        if calls.len() == 2 {
            return calls;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no call for help is answered")
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_and_the_api_call_no_emergency_number() {
    let platform = Platform::start().await;
    platform.answers("voice", "<Dial><Number>112</Number></Dial>");
    platform.phone("").await;
    let calls = platform.finished_calls().await;
    let leg = calls.iter().find(|call| call.to.to_string() == "112").unwrap();
    assert_eq!((leg.status, leg.answered_at), (CallStatus::Failed, None));
    assert!(platform.notifications().await.iter().any(|note| note.code == 20_560));
    let new = flexio_app::CreateCall {
        from: platform.number.parse().unwrap(),
        to: "112".parse().unwrap(),
        source: flexio_app::CallSource::Document("<Response/>".to_owned()),
        ..flexio_app::CreateCall::default()
    };
    let refused = platform.app.create_call(&platform.account, new, &|_| None).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::EmergencyNotOpen);
}
