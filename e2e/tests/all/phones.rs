//! Phones that register: baresip over UDP and TLS, restarts, floods.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use flexio_e2e::audio::{self, heard_ms, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::programs::{free_port, root};
use flexio_e2e::rest::OVER;
use flexio_e2e::web::{Reply, Web};
use tokio::net::UdpSocket;

const PASSWORD: &str = "Correct-Horse-9-Battery";
const CALLER: &str = "+32470123456";
const PCMA: &str = "audio_codecs=PCMA/8000/1,PCMU/8000/1";

async fn client(flexio: &Flexio, login: &str, voice: &str) {
    let form = [("Login", login), ("Password", PASSWORD), ("VoiceUrl", voice), ("VoiceMethod", "POST")];
    flexio.rest.post_at(&flexio.rest.native("/Clients.json"), &form).await.ok();
}

/// Somebody calls a number whose document dials alice, and hears her. `media` are parameters of the caller's account.
async fn alice_is_called(flexio: &Flexio, web: &Web, media: &str) {
    web.verbs("/to-alice", "<Dial><Client>alice</Client></Dial>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/to-alice"))]).await;
    let mut caller = Baresip::start_with(CALLER, &tone(440.0, 60_000), media).await;
    caller.call(&number, flexio.sip).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    caller.hang_up().await;
    let heard = heard_ms(&caller.heard().await, 1_000.0);
    assert!(heard > 1_000, "{heard} ms of alice\n{}", caller.log());
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    assert!(calls.iter().all(|call| call["status"] == "completed"), "{calls:?}");
}

#[tokio::test]
async fn a_phone_is_called_after_a_kill_without_registering_anew() {
    // This baresip knows MD5 alone.
    let mut flexio = Setup::default().set("sip.digest", r#"["md5"]"#).start().await;
    let web = Web::start().await;
    client(&flexio, "alice", &web.url("/alice")).await;
    let alice =
        Baresip::register("alice", PASSWORD, &flexio.sip.to_string(), &tone(1_000.0, 60_000), PCMA).await;
    flexio.kill().await;
    flexio.serve_again().await;
    let log = flexio.log();
    assert!(log.contains("registrations_restored"), "{log}");
    alice_is_called(&flexio, &web, PCMA).await;
    assert_eq!(alice.registrations(), 1, "it registered anew: {}", alice.log());
}

#[tokio::test]
async fn a_phone_over_tls_with_encrypted_media_is_called_and_calls() {
    let tls = format!("127.0.0.1:{}", free_port());
    let file =
        |name: &str| root().join("crates/voice-node/tests/node/certs").join(name).display().to_string();
    let setup = Setup::default()
        .set("sip.digest", r#"["md5"]"#)
        .set("sip.tls_listen", &tls)
        .set("sip.tls_cert", &file("sip.pem"))
        .set("sip.tls_key", &file("sip.key"))
        .set("media.srtp", "required");
    let (flexio, web) = (setup.start().await, Web::start().await);
    web.answer("/440.wav", Reply::Body(200, "audio/wav", audio::wav(&tone(440.0, 30_000))));
    web.verbs("/alice", &format!("<Play>{}</Play>", web.url("/440.wav")));
    client(&flexio, "alice", &web.url("/alice")).await;
    let media = format!("{PCMA};mediaenc=srtp-mand");
    let registrar = format!("{tls};transport=tls");
    let mut alice = Baresip::register("alice", PASSWORD, &registrar, &tone(1_000.0, 60_000), &media).await;
    alice_is_called(&flexio, &web, &media).await;
    alice.event("CALL_CLOSED").await;
    // The recording of the call she was in is not the one she makes now.
    let earlier = heard_ms(&alice.heard().await, 440.0);
    assert!(earlier > 1_000, "{earlier} ms of the caller");
    alice.call_address(&format!("sip:600@{tls};transport=tls")).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    alice.hang_up().await;
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 3, OVER).await;
    let hers = calls.iter().find(|call| call["from"] == "client:alice");
    assert!(hers.is_some_and(|call| call["status"] == "completed"), "{calls:?}");
    let log = alice.log();
    assert!(log.contains("SRTP is Enabled"), "{log}");
}

#[tokio::test]
async fn somebody_at_a_phone_reaches_112_with_an_empty_wallet_and_pays_nothing() {
    // This baresip knows MD5 alone.
    let flexio = Setup::default().set("sip.digest", r#"["md5"]"#).start().await;
    let web = Web::start().await;
    client(&flexio, "alice", &web.url("/alice")).await;
    let sip = flexio.sip.to_string();
    let mut alice = Baresip::register("alice", PASSWORD, &sip, &tone(1_000.0, 60_000), PCMA).await;
    flexio.rest.post("/Credit.json", &[("Mode", "prepaid")]).await;
    alice.call_address(&format!("sip:112@{sip}")).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    alice.hang_up().await;
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    for call in &calls {
        assert_eq!((&call["to"], &call["status"]), (&"112".into(), &"completed".into()), "{call}");
        let price = call["price"].as_str().unwrap_or_default().trim_start_matches('-').to_owned();
        assert_eq!(price.parse::<f64>().ok(), Some(0.0), "{call}");
    }
    assert!(web.asked("/alice").is_empty(), "no application is asked");
}

/// REGISTERs of nobody, 500 a second, until it is told to stop; four of these are more than an unoptimised program on two cores has
/// time for beside a call.
async fn floods(target: SocketAddr, stop: Arc<AtomicBool>, sent: Arc<AtomicU64>, seed: u64) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
    let from = socket.local_addr().expect("it is bound");
    let (mut n, mut answer) = (seed << 32, [0_u8; 2_048]);
    while !stop.load(Ordering::Relaxed) {
        n += 1;
        let register = format!(
            "REGISTER sip:{target} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{n:x};rport\r\n\
             From: <sip:nobody{n}@{target}>;tag={n:x}\r\nTo: <sip:nobody{n}@{target}>\r\nCall-ID: {n:x}\r\n\
             CSeq: 1 REGISTER\r\nContact: <sip:nobody{n}@{from}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        );
        let _ = socket.send_to(register.as_bytes(), target).await;
        sent.fetch_add(1, Ordering::Relaxed);
        // Answers are taken so that only flexio can be what is full.
        while socket.try_recv(&mut answer).is_ok() {}
        if n.is_multiple_of(10) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_registers_keeps_nobody_out_and_fills_no_memory() {
    let setup = Setup::default().set("sip.digest", r#"["md5"]"#);
    let (flexio, web) = (setup.start().await, Web::start().await);
    client(&flexio, "alice", &web.url("/alice")).await;
    let before = flexio.resident_kib();
    let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let floods: Vec<_> = (1..=4)
        .map(|seed| tokio::spawn(floods(flexio.sip, Arc::clone(&stop), Arc::clone(&sent), seed)))
        .collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    // In the middle of it a phone registers, is called, and is heard.
    let _alice =
        Baresip::register("alice", PASSWORD, &flexio.sip.to_string(), &tone(1_000.0, 60_000), PCMA).await;
    alice_is_called(&flexio, &web, PCMA).await;
    stop.store(true, Ordering::Relaxed);
    for flood in floods {
        flood.await.expect("it ends when it is told");
    }
    let sent = sent.load(Ordering::Relaxed);
    assert!(sent > 4_000, "only {sent} were sent");
    let grown = flexio.resident_kib().saturating_sub(before);
    assert!(grown < 200 * 1_024, "{grown} KiB more after {sent} requests");
}
