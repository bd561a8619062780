//! Trunks whose addresses DNS knows: which of them calls try, and how soon the next one when one is dead.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use flexio_app::trunks::{FindingKind, TrunkState};
use flexio_domain::CallStatus;
use flexio_sip::{Event, InviteRequest, NameAddr, Uri};
use flexio_testkit::dns::{NameServer, Record};
use flexio_voice_node::config;
use tokio::net::UdpSocket;

use crate::phones::{Phone, SDP};
use crate::platform::Platform;

/// A node with one trunk, found by name alone.
async fn with_carrier(dns: &NameServer, ping_s: u32) -> Platform {
    let servers = vec![dns.address()];
    Platform::start_with(|node| {
        node.sandbox = false;
        node.sip.dns_servers = servers;
        node.trunks = vec![config::Trunk {
            name: "carrier".to_owned(),
            addresses: vec!["carrier.test".to_owned()],
            ping_s,
            ..config::Trunk::default()
        }];
    })
    .await
}

/// Calls out by the carrier; how long it took to reach it.
async fn call(platform: &Platform, carrier: &mut Phone) -> Duration {
    let begun = Instant::now();
    let record = platform.outgoing("+32470123456", "<Response><Hangup/></Response>");
    platform.app.store.commit(flexio_store::Change::CreateCall(record.clone()).into()).await.unwrap();
    platform.voice.call_control().originate(&record).await.unwrap();
    carrier.answer().await;
    let took = begun.elapsed();
    carrier.over().await;
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_takes_the_next_address_of_dns_within_two_seconds_when_the_first_is_silent() {
    let dns = NameServer::start().await;
    // It takes every packet and says nothing.
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut carrier = Phone::start_at(Ipv4Addr::LOCALHOST, None).await;
    let port = |at: std::net::SocketAddr| at.port();
    dns.set("carrier.test", vec![Record::Naptr(10, 10, "SIP+D2U", "_sip._udp.carrier.test")]);
    let first = Record::Srv(10, 5, port(silent.local_addr().unwrap()), "a.carrier.test");
    dns.set(
        "_sip._udp.carrier.test",
        vec![Record::Srv(20, 5, port(carrier.address), "b.carrier.test"), first],
    );
    for host in ["a.carrier.test", "b.carrier.test"] {
        dns.set(host, vec![Record::A(Ipv4Addr::LOCALHOST)]);
    }
    let platform = with_carrier(&dns, 0).await;
    let took = call(&platform, &mut carrier).await;
    assert!(took > Duration::from_millis(1_500) && took < Duration::from_millis(2_500), "{took:?}");
    let calls = platform.finished_calls().await;
    assert_eq!((calls[0].trunk.as_deref(), calls[0].status), (Some("carrier"), CallStatus::Completed));
    // The next call does not try the silent one first again, though nothing is pinged.
    let took = call(&platform, &mut carrier).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    let state = platform.voice.trunks().remove(0);
    let answers: Vec<_> = state.addresses.iter().map(|address| address.answers).collect();
    assert_eq!((answers, state.answers), (vec![Some(false), Some(true)], Some(true)));
    assert_eq!(kinds(&state), [FindingKind::NoAnswer]);
}

fn kinds(state: &TrunkState) -> Vec<FindingKind> {
    state.findings.iter().map(|finding| finding.kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_that_is_tried_out_tells_what_is_wrong_with_each_of_its_addresses() {
    let dns = NameServer::start().await;
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    // Somebody listens there, and does not speak TLS.
    let plain = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let closed = {
        let gone = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        gone.local_addr().unwrap()
    };
    let (servers, quiet) = (vec![dns.address()], silent.local_addr().unwrap());
    let platform = Platform::start_with(|node| {
        node.sandbox = false;
        node.sip.dns_servers = servers;
        node.trunks = vec![config::Trunk {
            name: "carrier".to_owned(),
            addresses: vec![
                "nowhere.test:5060".to_owned(),
                quiet.to_string(),
                format!("{closed};transport=tcp"),
                format!("{};transport=tls", plain.local_addr().unwrap()),
            ],
            ping_s: 0,
            ..config::Trunk::default()
        }];
    })
    .await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = plain.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"this is no TLS at all\r\n").await;
        }
    });
    let watch = platform.voice.trunk_watch();
    assert_eq!(watch.test("other").await, None);
    let state = watch.test("carrier").await.unwrap();
    let expected = [
        FindingKind::NameNotResolved,
        FindingKind::NoConnection,
        FindingKind::NoConnection,
        FindingKind::NoAnswer,
    ];
    assert_eq!(kinds(&state), expected, "{state:#?}");
    assert!(state.findings.iter().any(|finding| finding.what.contains("nowhere.test")), "{state:#?}");
    assert_eq!(state.answers, Some(false));
}

/// A trunk of one address.
fn to(name: &str, carrier: &Phone, prefixes: &[&str], max_calls: u32) -> config::Trunk {
    config::Trunk {
        name: name.to_owned(),
        addresses: vec![carrier.address.to_string()],
        prefixes: prefixes.iter().map(|prefix| (*prefix).to_owned()).collect(),
        max_calls,
        ping_s: 0,
        ..config::Trunk::default()
    }
}

fn carried(platform: &Platform) -> Vec<u32> {
    platform.voice.trunks().iter().map(|trunk| trunk.calls).collect()
}

/// Begins a call to a mobile.
async fn begin(platform: &Platform) {
    let record = platform.outgoing("+32470123456", "<Response><Pause length=\"60\"/></Response>");
    platform.app.store.commit(flexio_store::Change::CreateCall(record.clone()).into()).await.unwrap();
    platform.voice.call_control().originate(&record).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_carries_no_more_calls_than_it_may_in_both_directions_and_the_next_one_takes_the_rest() {
    let mut first = Phone::start_at(Ipv4Addr::new(127, 0, 0, 3), None).await;
    let mut second = Phone::start_at(Ipv4Addr::new(127, 0, 0, 4), None).await;
    let trunks = vec![to("first", &first, &["+32"], 1), to("second", &second, &[], 1)];
    let platform = Platform::start_with(|node| (node.sandbox, node.trunks) = (false, trunks)).await;
    platform.answers("voice", "<Gather timeout=\"60\"/>");
    let number = platform.number.clone();

    // One that comes in takes the only place.
    let came_in = first.call_at(&platform, "127.0.0.1", "+32470123456", &number, None).await.unwrap();
    assert_eq!(carried(&platform), [1, 0]);
    let refused = InviteRequest::new(
        Uri::sip(Some(&number), "127.0.0.1", None).unwrap(),
        NameAddr::new(Uri::sip(Some("+32470123456"), "127.0.0.1", None).unwrap()),
        first.way_to(&platform),
        SDP.as_bytes(),
    );
    first.invite(refused);
    let answer = first
        .until(|_, _, event| match event {
            Event::Failed { response, .. } => response.clone(),
            _ => None,
        })
        .await;
    assert_eq!((answer.status(), answer.retry_after()), (Some(503), None));
    assert!(answer.header("Reason").unwrap().contains("cause=1109"), "{answer:?}");

    // One that goes out overflows to the trunk for everything, and the next finds no place at all.
    begin(&platform).await;
    let went_out = second.answer().await;
    assert_eq!(carried(&platform), [1, 1]);
    begin(&platform).await;
    while platform.notifications().await.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(platform.notifications().await[0].code, 20_470);

    // What ends makes room.
    first.hang_up(came_in).await;
    second.hang_up(went_out).await;
    let calls = platform.finished_calls().await;
    let told: Vec<_> = calls
        .iter()
        .map(|call| (call.trunk.as_deref(), call.status, call.reason.as_ref().map(|reason| reason.code)))
        .collect();
    let expected = [
        (Some("first"), CallStatus::Completed, None),
        (Some("first"), CallStatus::Failed, Some(1109)),
        (Some("second"), CallStatus::Completed, None),
        (None, CallStatus::Failed, Some(1109)),
    ];
    assert_eq!(told, expected);
    assert_eq!(carried(&platform), [0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_misses_two_pings_is_tried_last() {
    let dns = NameServer::start().await;
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut carrier = Phone::start_at(Ipv4Addr::LOCALHOST, None).await;
    // Without NAPTR the services are asked for; a name without port or SRV would be an address at 5060.
    dns.set(
        "_sip._udp.carrier.test",
        vec![
            Record::Srv(10, 5, silent.local_addr().unwrap().port(), "a.carrier.test"),
            Record::Srv(20, 5, carrier.address.port(), "a.carrier.test"),
        ],
    );
    dns.set("a.carrier.test", vec![Record::A(Ipv4Addr::LOCALHOST)]);
    let platform = with_carrier(&dns, 1).await;
    let known = async {
        loop {
            let state = platform.voice.trunks().remove(0);
            let answers: Vec<_> = state.addresses.iter().map(|address| address.answers).collect();
            if answers == [Some(false), Some(true)] {
                return state.answers;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    // The carrier answers pings while it is run.
    tokio::select! {
        answers = known => assert_eq!(answers, Some(true), "one address is enough for the trunk"),
        () = carrier.until(|_, _, _| None) => {}
    }
    let took = call(&platform, &mut carrier).await;
    assert!(took < Duration::from_millis(1_500), "{took:?}");
    let asked = dns.asked();
    assert!(asked.contains(&("carrier.test".to_owned(), 35)), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_shows_how_the_trunks_stand_at_the_others() {
    // It takes every packet and says nothing.
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let trunk = |ping_s| config::Trunk {
        name: "carrier".to_owned(),
        addresses: vec![silent.local_addr().unwrap().to_string()],
        max_calls: 30,
        ping_s,
        ..config::Trunk::default()
    };
    let platform = Platform::start_with(|node| node.trunks = vec![trunk(0)]).await;
    platform.app.trunks.connect(platform.voice.trunk_watch());
    let other = platform
        .another_node(|node| {
            node.node = "other".to_owned();
            node.trunks = vec![trunk(1)];
        })
        .await;
    let state = seen_elsewhere(&platform, |of| of.answers == Some(false)).await;
    // Here nobody has asked the carrier yet.
    assert_eq!((state.answers, state.elsewhere.len()), (None, 1), "{state:?}");
    let told = &state.elsewhere[0];
    assert_eq!((told.node.as_str(), told.calls, told.calls_max), ("other", 0, 30));
    assert_eq!(told.faults[0].kind, FindingKind::NoAnswer.as_str(), "{told:?}");
    drop(other);
}

/// The one trunk, once another node has said something of it that is so.
async fn seen_elsewhere(
    platform: &Platform,
    is_so: impl Fn(&flexio_domain::TrunkReport) -> bool,
) -> TrunkState {
    for _ in 0..1_200 {
        let state = platform.app.trunk_states(&platform.account).await.unwrap().remove(0);
        if state.elsewhere.iter().any(&is_so) {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the other node says nothing of it")
}
