//! Trunks whose addresses DNS knows: which of them calls try, and how soon the next one when one is dead.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use flexio_domain::CallStatus;
use flexio_testkit::dns::{NameServer, Record};
use flexio_voice_node::config;
use tokio::net::UdpSocket;

use crate::phones::Phone;
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
