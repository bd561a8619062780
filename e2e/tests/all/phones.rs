//! Phones that register: baresip over UDP and TLS, restarts, floods.

use flexio_e2e::audio::{heard_ms, tone};
use flexio_e2e::baresip::Baresip;
use flexio_e2e::flexio::{Flexio, Setup};
use flexio_e2e::programs::{free_port, root};
use flexio_e2e::rest::OVER;
use flexio_e2e::web::Web;
use tokio::net::UdpSocket;

const PASSWORD: &str = "Correct-Horse-9-Battery";
const CALLER: &str = "+32470123456";
const PCMA: &str = "audio_codecs=PCMA/8000/1,PCMU/8000/1";

async fn client(flexio: &Flexio, login: &str, voice: &str) {
    let form = [("Login", login), ("Password", PASSWORD), ("VoiceUrl", voice), ("VoiceMethod", "POST")];
    flexio.rest.post_at(&flexio.rest.native("/Clients.json"), &form).await.ok();
}

/// Somebody calls a number whose document dials alice, and hears her.
async fn alice_is_called(flexio: &Flexio, web: &Web, parameters: &str) {
    web.verbs("/to-alice", "<Dial><Client>alice</Client></Dial>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/to-alice"))]).await;
    let mut caller = Baresip::start_with(CALLER, &tone(440.0, 60_000), parameters).await;
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
async fn a_phone_registers_over_tls_and_is_heard_and_hears_in_a_call_that_is_encrypted_all_the_way() {
    let port = free_port();
    let certificates = root().join("crates/voice-node/tests/node/certs");
    let flexio = Setup::default()
        .set("sip.digest", r#"["md5"]"#)
        .set("sip.tls_listen", &format!("127.0.0.1:{port}"))
        .set("sip.tls_cert", &certificates.join("sip.pem").display().to_string())
        .set("sip.tls_key", &certificates.join("sip.key").display().to_string())
        .set("media.srtp", "required")
        .start()
        .await;
    let web = Web::start().await;
    client(&flexio, "alice", &web.url("/alice")).await;
    let secure = format!("{PCMA};mediaenc=srtp-mand");
    let registrar = format!("127.0.0.1:{port};transport=tls");
    let mut alice = Baresip::register("alice", PASSWORD, &registrar, &tone(1_000.0, 60_000), &secure).await;
    alice_is_called(&flexio, &web, &secure).await;
    alice.event("CALL_CLOSED").await;
    let heard = heard_ms(&alice.heard().await, 440.0);
    assert!(heard > 1_000, "{heard} ms of the caller\n{}", alice.log());
    // She calls, over the same connection.
    web.verbs("/alice", "<Gather timeout='10'/>");
    alice.dial("+3225550199", std::net::SocketAddr::from(([127, 0, 0, 1], port))).await;
    web.first("/alice").await;
    flexio.prove().await;
}

/// A REGISTER without credentials.
fn register(number: usize, from: std::net::SocketAddr, to: std::net::SocketAddr) -> String {
    format!(
        "REGISTER sip:{to} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK-flood-{number};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:u{number}@{to}>;tag=t{number}\r\nTo: <sip:u{number}@{to}>\r\n\
         Call-ID: flood-{number}\r\nCSeq: 1 REGISTER\r\nContact: <sip:u{number}@{from}>\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

#[tokio::test]
async fn a_flood_of_registrations_is_answered_at_the_limit_of_its_source_and_phones_get_through_after_it() {
    // Outside a sandbox nobody on loopback is trusted.
    let flexio = Setup::default()
        .set("sip.digest", r#"["md5"]"#)
        .set("sandbox.enabled", "false")
        .set("sip.unknown_rate", "10")
        .start()
        .await;
    client(&flexio, "alice", "http://127.0.0.1:9/").await;
    let flood = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let from = flood.local_addr().unwrap();
    let begun = std::time::Instant::now();
    for number in 0..400 {
        flood.send_to(register(number, from, flexio.sip).as_bytes(), flexio.sip).await.unwrap();
    }
    let mut answers = 0;
    let mut buffer = [0; 4_096];
    let quiet = std::time::Duration::from_millis(500);
    while let Ok(read) = tokio::time::timeout(quiet, flood.recv(&mut buffer)).await {
        let text = String::from_utf8_lossy(&buffer[..read.unwrap()]).into_owned();
        assert!(text.starts_with("SIP/2.0 401 "), "{text}");
        answers += 1;
    }
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap() + 2;
    assert!((10..=10 * seconds).contains(&answers), "{answers} of 400 answered in {seconds} s");
    let alice =
        Baresip::register("alice", PASSWORD, &flexio.sip.to_string(), &tone(1_000.0, 1_000), PCMA).await;
    assert_eq!(alice.registrations(), 1);
}
