//! Who is said to call: what networks assert, what callers withhold, what phones claim.

use std::collections::HashMap;

use flexio_app::legs::{Allowed, authorise, dialled};
use flexio_app::{NumberPatch, Principal};
use flexio_domain::{Address, Call, CallDirection, CallSid, NumberSid, SpecialUse, Timestamp};
use flexio_sip::{Event, InviteRequest, NameAddr, Uri};
use flexio_voice_node::config;

use crate::phones::{PASSWORD, Phone, SDP, client, login};
use crate::platform::Platform;

/// What a carrier said of its caller, what the application was told, and what the called phone saw.
async fn passed_on(
    headers: &[(&str, &str)],
    from: &str,
    change: impl FnOnce(&mut config::Trunk),
) -> Result<(HashMap<String, String>, String), u16> {
    let mut carrier = Phone::start(None).await;
    let mut trunk = config::Trunk {
        name: "carrier".to_owned(),
        addresses: vec![carrier.address.to_string()],
        ping_s: 0,
        ..config::Trunk::default()
    };
    change(&mut trunk);
    let platform = Platform::start_with(|node| node.trunks = vec![trunk]).await;
    client(&platform, "alice", None).await;
    let mut alice = Phone::start(None).await;
    assert_eq!(alice.register(&platform, "alice", PASSWORD).await, 200);
    platform.answers("voice", "<Dial><Client>alice</Client></Dial>");
    let uri = Uri::sip(Some(&platform.number), "127.0.0.1", None).unwrap();
    let from = NameAddr::parse(from.as_bytes()).unwrap();
    let mut request = InviteRequest::new(uri, from, carrier.way_to(&platform), SDP.as_bytes());
    for (name, value) in headers {
        request.headers.push(name, value).unwrap();
    }
    carrier.invite(request);
    let called = async {
        let invite = alice.until(|_, _, event| match event {
            Event::Incoming(incoming) => Some(incoming.request.clone()),
            _ => None,
        });
        invite.await
    };
    let refused = carrier.until(|_, _, event| match event {
        Event::Failed { status, .. } => Some(*status),
        _ => None,
    });
    tokio::select! {
        invite = called => {
            let shown = String::from_utf8_lossy(&invite.to_bytes()).into_owned();
            Ok((platform.asked("voice")[0].params.clone(), shown))
        }
        status = refused => Err(status),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_caller_withholds_reaches_neither_application_nor_phone() {
    let asserted = ("P-Asserted-Identity", "\"Eve\" <sip:+32470999888@carrier.example>");
    let anonymous = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";
    let shown = "\"Eve\" <sip:+32470999888@carrier.example>";
    for (from, headers) in [
        (anonymous, vec![asserted, ("Privacy", "id")]),
        (shown, vec![("Privacy", "header;id")]),
        (shown, vec![asserted, ("Privacy", "user")]),
        (anonymous, vec![asserted]),
    ] {
        let (params, invite) = passed_on(&headers, from, |_| {}).await.unwrap();
        assert_eq!(params["From"], "anonymous", "{headers:?}");
        assert!(
            !params.values().any(|value| value.contains("999888") || value.contains("Eve")),
            "{params:?}"
        );
        assert!(invite.contains("sip:anonymous@anonymous.invalid"), "{invite}");
        assert!(!invite.contains("999888") && !invite.contains("Eve"), "{invite}");
    }
    let (params, invite) =
        passed_on(&[asserted, ("Privacy", "none")], "<sip:+3225880199@x>", |_| {}).await.unwrap();
    assert_eq!((params["From"].as_str(), params["CallerName"].as_str()), ("+32470999888", "Eve"));
    assert!(invite.contains("<sip:+32470999888@"), "{invite}");
    assert!(!invite.contains("P-Asserted-Identity"), "not to a phone: {invite}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarding_number_is_told_unless_it_is_withheld() {
    let from = "<sip:+32470123456@x>";
    let diversion = "<sip:+3225880111@x>;reason=unconditional";
    let (params, _) = passed_on(&[("Diversion", diversion)], from, |_| {}).await.unwrap();
    assert_eq!(params["ForwardedFrom"], "+3225880111");
    let withheld = format!("{diversion};privacy=full");
    let (params, _) = passed_on(&[("Diversion", &withheld)], from, |_| {}).await.unwrap();
    assert!(!params.values().any(|value| value.contains("880111")), "{params:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_tells_who_forwarded_unless_it_is_withheld() {
    let from = "<sip:+32470123456@x>";
    let told = async |history: &str, privacy: &str| {
        let headers = [("History-Info", history), ("Privacy", privacy)];
        passed_on(&headers, from, |_| {}).await.unwrap().0.get("ForwardedFrom").cloned()
    };
    // Forwarded twice: the last of them, whom the one who was reached names.
    let twice = "<sip:+3225880111@x>;index=1, <sip:+3225880112@x;cause=302>;index=1.1;mp=1, \
                 <sip:+3225880113;phone-context=be@x;cause=408>;index=1.1.1;mp=1.1";
    assert_eq!(told(twice, "none").await.as_deref(), Some("+3225880112"));
    let old = "<sip:+3225880111@x?Reason=SIP%3Bcause%3D486>;index=1, <sip:+3225880112@x>;index=1.1";
    assert_eq!(told(old, "none").await.as_deref(), Some("+3225880111"));
    let withheld =
        "<sip:+3225880111@x?Privacy=history>;index=1, <sip:+3225880112@x;cause=302>;index=1.1;mp=1";
    let never = "<sip:+3225880111@x>;index=1, <sip:0800@x;cause=380>;index=1.1;rc=1";
    for (history, privacy) in [(withheld, "none"), (twice, "history"), (never, "none"), ("<nonsense", "none")]
    {
        assert_eq!(told(history, privacy).await, None, "{history}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_network_says_of_the_callers_number_reaches_the_application() {
    let payload = "eyJhdHRlc3QiOiJCIiwib3JpZyI6eyJ0biI6IjMyNDcwMTIzNDU2In19";
    let passport = format!("eyJhbGciOiJFUzI1NiJ9.{payload}.c2lnbmF0dXJl");
    let identity = format!("{passport};info=<https://cert.example/a.pem>;alg=ES256;ppt=shaken");
    let plain = "<sip:+32470123456@x>";
    let passed = ("P-Asserted-Identity", "<sip:+32470123456;verstat=TN-Validation-Passed@x;user=phone>");
    let failed = "<sip:+32470123456@x;verstat=TN-Validation-Failed>";
    let told = async |headers: &[(&str, &str)], from: &str| {
        let params = passed_on(headers, from, |_| {}).await.unwrap().0;
        let known = |name: &str| params.get(name).cloned().unwrap_or_default();
        (known("From"), known("StirVerstat"), known("StirPassportToken"))
    };
    let number = || "+32470123456".to_owned();
    let attested = told(&[passed, ("Attestation-Info", "A")], plain).await;
    assert_eq!(attested, (number(), "TN-Validation-Passed-A".into(), String::new()));
    let signed = told(&[passed, ("Identity", &identity)], plain).await;
    assert_eq!(signed, (number(), "TN-Validation-Passed-B".into(), passport.clone()));
    assert_eq!(told(&[], failed).await, (number(), "TN-Validation-Failed".into(), String::new()));
    assert_eq!(told(&[], plain).await, (number(), String::new(), String::new()));
    // What is signed names the caller.
    let withheld = told(&[passed, ("Identity", &identity), ("Privacy", "id")], plain).await;
    assert_eq!(withheld, ("anonymous".into(), "TN-Validation-Passed-B".into(), String::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_from_abroad_cannot_show_a_number_of_the_home_country() {
    let abroad = |trunk: &mut config::Trunk| trunk.international = true;
    assert_eq!(passed_on(&[], "<sip:+3222268888@x>", abroad).await.unwrap_err(), 403);
    let (params, _) = passed_on(&[], "<sip:+32470123456@x>", abroad).await.unwrap();
    assert_eq!(params["From"], "anonymous");
    let (params, _) = passed_on(&[], "<sip:+442071234567@x>", abroad).await.unwrap();
    assert_eq!(params["From"], "+442071234567");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_cannot_say_that_it_is_somebody_else() {
    let platform = Platform::start_with(|node| node.sandbox = false).await;
    client(&platform, "alice", Some("alice")).await;
    platform.answers("alice", "<Say>One moment.</Say>");
    let mut alice = Phone::start(None).await;
    let uri = Uri::sip(Some("600"), "127.0.0.1", None).unwrap();
    let from = NameAddr::parse(b"\"The Bank\" <sip:alice@127.0.0.1>").unwrap();
    let mut request = InviteRequest::new(uri, from, alice.way_to(&platform), SDP.as_bytes());
    request.login = Some(login("alice", PASSWORD));
    for (name, value) in [
        ("P-Asserted-Identity", "<sip:+3222268888@x>"),
        ("Diversion", "<sip:+3222268889@x>"),
        ("X-Mine", "yes"),
    ] {
        request.headers.push(name, value).unwrap();
    }
    alice.invite(request);
    alice.until(|_, _, event| matches!(event, Event::Answered { .. }).then_some(())).await;
    let params = &platform.asked("alice")[0].params;
    assert_eq!((params["From"].as_str(), params["SipHeader_X-Mine"].as_str()), ("client:alice", "yes"));
    assert!(!params.values().any(|value| value.contains("22268") || value.contains("Bank")), "{params:?}");
}

/// A call that shows this caller, to a mobile or to `to`, over trunks that enter the network there: the name of the trunk that is asked, or
/// the code of the notification.
async fn goes_out(
    from: &str,
    to: &str,
    trunks: &[config::Origination],
    (never, used): (&[&str], Option<SpecialUse>),
) -> Result<String, u32> {
    let mut carriers = Vec::new();
    for (place, _) in (10_u8..).zip(trunks) {
        carriers.push(Phone::start_at(std::net::Ipv4Addr::new(127, 0, 1, place), None).await);
    }
    let configured =
        trunks.iter().zip(&carriers).enumerate().map(|(place, (origination, carrier))| config::Trunk {
            name: place.to_string(),
            addresses: vec![carrier.address.to_string()],
            priority: u32::try_from(place).expect("few"),
            origination: *origination,
            ping_s: 0,
            ..config::Trunk::default()
        });
    let configured: Vec<_> = configured.collect();
    let never: Vec<String> = never.iter().map(|text| (*text).to_owned()).collect();
    let platform = Platform::start_with(|node| {
        (node.sandbox, node.trunks, node.calls.do_not_originate) = (false, configured, never);
    })
    .await;
    if used.is_some() {
        platform.register(used).await;
    }
    let mut record = platform.outgoing(to, "<Response><Pause length=\"60\"/></Response>");
    record.from = from.parse().expect("an address");
    platform
        .app
        .store
        .commit(flexio_store::Change::CreateCall(record.clone()).into())
        .await
        .expect("it is kept");
    platform.voice.call_control().originate(&record).await.expect("it is taken");
    let refused = async {
        loop {
            if let Some(first) = platform.notifications().await.first() {
                return first.code;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let asked = futures_util::future::select_all(carriers.iter_mut().enumerate().map(|(place, carrier)| {
        Box::pin(async move {
            carrier.until(|_, _, event| matches!(event, Event::Incoming(_)).then_some(())).await;
            place.to_string()
        })
    }));
    tokio::select! {
        (place, ..) = asked => Ok(place),
        code = refused => Err(code),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_number_is_not_sent_over_a_foreign_trunk_and_takes_the_next_one() {
    use config::Origination as O;
    let mobile = "+32470123456";
    let own = "+3225880100";
    let support = Some(SpecialUse::CustomerSupport);
    for (from, trunks, used, expected) in [
        (own, &[O::Foreign][..], support, Err(20_496)),
        (own, &[O::Foreign, O::National], None, Ok("1")),
        (own, &[O::SpecialInterface], support, Ok("0")),
        (own, &[O::SpecialInterface], None, Err(20_496)),
        ("+32470999888", &[O::SpecialInterface], support, Err(20_496)),
        ("+442071234567", &[O::Foreign], None, Ok("0")),
    ] {
        let went = goes_out(from, mobile, trunks, (&[], used)).await;
        assert_eq!(went, expected.map(str::to_owned), "{from} {trunks:?} {used:?}");
    }
    // Other short numbers are called whatever is shown; an emergency number is for people.
    assert_eq!(goes_out(own, "1712", &[O::Foreign], (&[own], None)).await, Ok("0".to_owned()));
    assert_eq!(goes_out(own, "112", &[O::Foreign], (&[own], None)).await, Err(20_560));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_nobody_calls_from_is_refused_on_every_call_in_and_out() {
    let never = ["+3280012345", "+3290*"];
    let national = [config::Origination::National];
    for (from, expected) in
        [("+3280012345", Err(20_496)), ("+3290212345", Err(20_496)), ("+3280012346", Ok("0".to_owned()))]
    {
        assert_eq!(goes_out(from, "+32470123456", &national, (&never, None)).await, expected, "{from}");
    }
    for (from, expected) in [("+3280012345", 403), ("+3290212345", 403), ("+3280012346", 200)] {
        let mut carrier = Phone::start(None).await;
        let trunk = config::Trunk {
            name: "carrier".to_owned(),
            addresses: vec![carrier.address.to_string()],
            ping_s: 0,
            ..config::Trunk::default()
        };
        let platform = Platform::start_with(|node| {
            node.trunks = vec![trunk];
            node.calls.do_not_originate = never.map(str::to_owned).into();
        })
        .await;
        platform.answers("voice", "<Gather timeout=\"60\"/>");
        let number = platform.number.clone();
        let called = carrier.call_at(&platform, "127.0.0.1", from, &number, None).await;
        let status = called.map_or_else(|status| status, |_| 200);
        assert_eq!(status, expected, "{from}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_shown_what_the_call_is_about() {
    let platform = Platform::start().await;
    client(&platform, "alice", None).await;
    let mut alice = Phone::start(None).await;
    assert_eq!(alice.register(&platform, "alice", PASSWORD).await, 200);
    platform.answers("voice", r#"<Dial><Client callReason="Uw levering&#10;X-Bad: 1">alice</Client></Dial>"#);
    let (_, invite) = tokio::join!(platform.phone(""), declined(&mut alice));
    assert_eq!(invite.header("Subject").as_deref(), Some("Uw levering X-Bad: 1"));
    assert_eq!(invite.header("X-Bad"), None);
    // The same of a call over REST.
    let mut call = platform.outgoing("client:alice", "<Response/>");
    call.options.reason = Some("Uw afspraak".to_owned());
    platform.app.store.commit(flexio_store::Change::CreateCall(call.clone()).into()).await.unwrap();
    platform.voice.call_control().originate(&call).await.unwrap();
    assert_eq!(declined(&mut alice).await.header("Subject").as_deref(), Some("Uw afspraak"));
}

/// The INVITE that comes in; it is answered with 486.
async fn declined(phone: &mut Phone) -> flexio_sip::Message {
    let declined = phone.until(|end, now, event| match event {
        Event::Incoming(incoming) => {
            let none = flexio_sip::ExtraHeaders::new();
            end.reject(now, incoming.leg, 486, None, &none).expect("it rings");
            Some(incoming.request.clone())
        }
        _ => None,
    });
    declined.await
}

impl Platform {
    /// The operator says what the number is registered for.
    async fn register(&self, used: Option<SpecialUse>) {
        let owned = self.app.owner_of(&self.number.parse().unwrap()).await.unwrap().unwrap();
        let account = std::sync::Arc::new(self.account.clone());
        let by = Principal { account, key: None, seat: None };
        let patch = NumberPatch { special_use: Some(used), ..NumberPatch::default() };
        self.app.update_number(&by, &self.account, owned.sid, patch).await.unwrap();
    }
}

/// How a call came that a document handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    /// A network brought it to the number of the account.
    FromNetwork,
    /// A phone of the account made it.
    FromPhone,
    /// It was made over REST.
    ByApi,
    /// It was dialled by a document of a call that a network brought, and goes on by itself.
    Dialled,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leg_shows_a_number_of_its_account_or_whom_a_network_has_shown_however_that_is_written() {
    let platform = Platform::start().await;
    let verified = "+3222268888".parse().unwrap();
    platform.app.create_caller_id(&platform.account, &verified, None, &|_| None).await.unwrap();
    let (own, mobile, stranger) = ("+3225880100", "+32470123456", "+3225550199");
    let forwarded = Ok(Some(own));
    for (came, first_from, from, to, explicit, expected) in [
        // A document's word alone shows nobody else, in whatever form.
        (Came::FromNetwork, mobile, stranger, mobile, true, Err(13_214)),
        (Came::FromNetwork, mobile, "sip:+3225550199@x", mobile, true, Err(13_214)),
        (Came::FromNetwork, mobile, "sip:%2B3225550199@x", mobile, true, Err(13_214)),
        (Came::FromNetwork, mobile, "client:+3225550199", mobile, true, Err(13_214)),
        (Came::FromNetwork, mobile, "client:alice", mobile, true, Err(13_214)),
        (Came::FromNetwork, mobile, "client:+3225550199", "1712", true, Err(13_214)),
        (Came::FromNetwork, mobile, "sip:+3225550199@x", "sip:bob@example.com", true, Err(13_214)),
        (Came::FromNetwork, mobile, "sip:+3225550199@x", "client:alice", true, Err(13_214)),
        (Came::FromNetwork, mobile, own, mobile, true, Ok(None)),
        (Came::FromNetwork, mobile, "client:+3225880100", mobile, true, Ok(None)),
        (Came::FromNetwork, mobile, "+3222268888", mobile, true, Ok(None)),
        (Came::FromNetwork, mobile, "client:carol", "client:alice", true, Ok(None)),
        (Came::FromNetwork, mobile, "client:carol", "sip:bob@example.com", true, Ok(None)),
        // Whom a network has shown is carried on.
        (Came::FromNetwork, mobile, mobile, stranger, false, forwarded),
        (Came::FromNetwork, mobile, mobile, stranger, true, forwarded),
        (Came::FromNetwork, "anonymous", "anonymous", stranger, false, Ok(None)),
        (
            Came::FromNetwork,
            "sip:unavailable@carrier.example",
            "sip:unavailable@carrier.example",
            stranger,
            false,
            Ok(None),
        ),
        (Came::Dialled, mobile, mobile, stranger, false, forwarded),
        (Came::Dialled, own, mobile, stranger, true, Err(13_214)),
        // What a phone says of itself is not.
        (Came::FromPhone, "client:+3225550199", "client:+3225550199", mobile, false, Err(13_214)),
        (
            Came::FromPhone,
            "sip:+3225550199@x.example",
            "sip:+3225550199@x.example",
            mobile,
            false,
            Err(13_214),
        ),
        (Came::FromPhone, "client:alice", "client:alice", mobile, false, Err(13_214)),
        (Came::FromPhone, "client:+3225550199", "client:+3225550199", "client:bob", false, Ok(None)),
        (Came::FromPhone, "client:alice", own, mobile, true, Ok(None)),
        // Nor is whom a call over REST went to.
        (Came::ByApi, own, stranger, mobile, true, Err(13_214)),
        (Came::ByApi, own, own, mobile, false, Ok(None)),
    ] {
        let first = came.first(&platform, first_from, stranger).await;
        let address = |text: &str| text.parse::<Address>().unwrap();
        let leg = dialled(&first, CallSid::new(), address(from), address(to), 20, Timestamp::now());
        let allowed = authorise(&platform.app, &leg, Some(&first), explicit).await;
        let told = allowed.map(|Allowed { diverted_by, .. }| diverted_by.map(|by| by.to_string()));
        let expected = expected.map(|by: Option<&str>| by.map(str::to_owned));
        assert_eq!(
            told.map_err(|refusal| refusal.code),
            expected,
            "{came:?} {first_from} {from} {to} {explicit}"
        );
    }
}

impl Came {
    /// The first leg of such a call; `far` is whom a call over REST went to.
    async fn first(self, platform: &Platform, from: &str, far: &str) -> Call {
        let mut first = platform.outgoing(far, "<Response/>");
        first.from = from.parse().unwrap();
        let inbound = |call: &mut Call| {
            call.direction = CallDirection::Inbound;
            call.phone_number_sid = Some(NumberSid::new());
            call.to = platform.number.parse().unwrap();
        };
        match self {
            Self::FromNetwork => inbound(&mut first),
            Self::FromPhone => first.direction = CallDirection::Inbound,
            Self::ByApi => {}
            Self::Dialled => {
                let mut parent = first.clone();
                parent.sid = CallSid::new();
                inbound(&mut parent);
                let kept = flexio_store::Change::CreateCall(parent.clone());
                platform.app.store.commit(kept.into()).await.unwrap();
                first.direction = CallDirection::OutboundDial;
                first.parent_call_sid = Some(parent.sid);
            }
        }
        first
    }
}

/// A caller of a number whose document forwards him over the same carrier: the INVITE that goes out, or the code of the notification.
async fn forwarded_over(
    diverted_identity: config::DivertedIdentity,
    dial: &str,
) -> Result<flexio_sip::Message, u32> {
    let mut carrier = Phone::start(None).await;
    let trunk = config::Trunk {
        name: "carrier".to_owned(),
        addresses: vec![carrier.address.to_string()],
        diverted_identity,
        ping_s: 0,
        ..config::Trunk::default()
    };
    let platform = Platform::start_with(|node| node.trunks = vec![trunk]).await;
    platform.answers("voice", dial);
    let uri = Uri::sip(Some(&platform.number), "127.0.0.1", None).unwrap();
    let from = NameAddr::parse(b"<sip:+32470123456@carrier.example>").unwrap();
    let way = carrier.way_to(&platform);
    carrier.invite(InviteRequest::new(uri, from, way, SDP.as_bytes()));
    let called = carrier.until(|_, _, event| match event {
        Event::Incoming(incoming) => Some(incoming.request.clone()),
        _ => None,
    });
    let refused = async {
        loop {
            if let Some(first) = platform.notifications().await.first() {
                return first.code;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        invite = called => Ok(invite),
        code = refused => Err(code),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_call_shows_its_caller_only_where_the_operator_lets_it_be_told() {
    use config::DivertedIdentity as D;
    let plain = "<Dial><Number>+32470999888</Number></Dial>";
    assert_eq!(forwarded_over(D::Refused, plain).await.unwrap_err(), 20_496);
    let invite = forwarded_over(D::Diversion, plain).await.unwrap();
    let from = invite.from().unwrap().uri().user_decoded();
    assert_eq!(from.as_deref(), Some("+32470123456"));
    let diversion = invite.header("Diversion").unwrap().into_owned();
    assert!(
        diversion.starts_with("<sip:+3225880100@") && diversion.contains("reason=unconditional"),
        "{diversion}"
    );
    let invite = forwarded_over(D::HistoryInfo, plain).await.unwrap();
    let history = invite.header("History-Info").unwrap().into_owned();
    assert!(history.starts_with("<sip:+3225880100@") && history.contains("cause=302"), "{history}");
    // With a number of the account nothing is diverted.
    let own = r#"<Dial callerId="+3225880100"><Number>+32470999888</Number></Dial>"#;
    let invite = forwarded_over(D::Refused, own).await.unwrap();
    assert_eq!(
        (invite.header("Diversion"), invite.from().unwrap().uri().user_decoded().as_deref()),
        (None, Some("+3225880100"))
    );
}
