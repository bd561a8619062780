//! Who is said to call: what networks assert, what callers withhold, what phones claim.

use std::collections::HashMap;

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
    never: &[&str],
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
    for (from, trunks, expected) in [
        (own, &[O::Foreign][..], Err(20_496)),
        (own, &[O::Foreign, O::National], Ok("1")),
        (own, &[O::SpecialInterface], Ok("0")),
        ("+32470999888", &[O::SpecialInterface], Err(20_496)),
        ("+442071234567", &[O::Foreign], Ok("0")),
    ] {
        let went = goes_out(from, mobile, trunks, &[]).await;
        assert_eq!(went, expected.map(str::to_owned), "{from} {trunks:?}");
    }
    assert_eq!(
        goes_out(own, "112", &[O::Foreign], &[own]).await,
        Ok("0".to_owned()),
        "an emergency goes out"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_nobody_calls_from_is_refused_on_every_call_in_and_out() {
    let never = ["+3280012345", "+3290*"];
    let national = [config::Origination::National];
    for (from, expected) in
        [("+3280012345", Err(20_496)), ("+3290212345", Err(20_496)), ("+3280012346", Ok("0".to_owned()))]
    {
        assert_eq!(goes_out(from, "+32470123456", &national, &never).await, expected, "{from}");
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
