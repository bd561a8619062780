//! Calls with sipp on the other side.

use std::net::UdpSocket;
use std::time::Duration;

use flexio_e2e::eventually;
use flexio_e2e::flexio::{Flexio, Setup, binary};
use flexio_e2e::programs::run;
use flexio_e2e::rest::OVER;
use flexio_e2e::sipp::{Running, Sipp};
use flexio_e2e::web::Web;

/// Answers and goes on for a minute. (A Pause that comes first holds the answer back.)
const HOLD: &str = r#"<Gather timeout="60"/>"#;
/// Off-net, so it is handed to the carrier.
const FRIEND: &str = "+32470987654";

async fn with_number(web: &Web) -> (Flexio, String) {
    let flexio = Flexio::start().await;
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    (flexio, number)
}

/// A flexio whose carrier is this sipp.
async fn with_carrier(carrier: &Running) -> Flexio {
    Setup::default().set("sandbox.carrier", &carrier.address()).start().await
}

/// Calls the friend over REST, and gives the call when it is over.
async fn call_friend(flexio: &Flexio, web: &Web, more: &[(&str, &str)]) -> serde_json::Value {
    let number = flexio.rest.rent(&[]).await;
    let (url, callback) = (web.url("/out"), web.url("/status"));
    let mut form =
        vec![("From", number.as_str()), ("To", FRIEND), ("Url", &url), ("StatusCallback", &callback)];
    form.extend_from_slice(more);
    let call = flexio.rest.post("/Calls.json", &form).await;
    assert_eq!(call["status"], "queued", "{call}");
    flexio.rest.wait_status(&format!("/Calls/{}.json", call["sid"].as_str().unwrap()), OVER).await
}

#[tokio::test]
async fn a_caller_is_answered_talks_and_hangs_up() {
    let web = Web::start().await;
    web.verbs("/voice", HOLD);
    let (flexio, number) = with_number(&web).await;
    Sipp::new("caller").calls(flexio.sip, &number).pause(1_500).succeed().await;
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 1, OVER).await;
    let call = &calls[0];
    assert_eq!((call["status"].as_str(), call["direction"].as_str()), (Some("completed"), Some("inbound")));
    assert_eq!((call["from"].as_str(), call["to"].as_str()), (Some("+32470123456"), Some(number.as_str())));
    let seconds: u32 = call["duration"].as_str().unwrap().parse().unwrap();
    assert!((1..=10).contains(&seconds), "{call}");
    let asked = web.first("/voice").await;
    assert_eq!((asked.param("CallStatus"), asked.param("Direction")), ("ringing", "inbound"));
}

#[tokio::test]
async fn a_caller_over_tcp_is_answered_and_the_platform_hangs_up() {
    let web = Web::start().await;
    web.verbs("/voice", r#"<Gather timeout="1"/><Hangup/>"#);
    let (flexio, number) = with_number(&web).await;
    Sipp::new("listener").calls(flexio.sip, &number).tcp().succeed().await;
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 1, OVER).await;
    assert_eq!(calls[0]["status"], "completed");
}

#[tokio::test]
async fn a_document_can_refuse_a_caller_as_busy() {
    let web = Web::start().await;
    web.verbs("/voice", r#"<Reject reason="busy"/>"#);
    let (flexio, number) = with_number(&web).await;
    Sipp::new("refused").with("@STATUS@", "486").calls(flexio.sip, &number).succeed().await;
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 1, OVER).await;
    assert_eq!(calls[0]["status"], "busy");
}

#[tokio::test]
async fn a_number_nobody_rents_is_not_found() {
    let flexio = Flexio::start().await;
    Sipp::new("refused").with("@STATUS@", "404").calls(flexio.sip, "+3225880999").succeed().await;
    assert_eq!(flexio.rest.get("/Calls.json").await["calls"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_caller_who_gives_up_while_the_other_party_rings_cancels_both_legs() {
    let carrier = Sipp::new("ringing").listen().await;
    let flexio = with_carrier(&carrier).await;
    let web = Web::start().await;
    web.verbs("/voice", &format!(r#"<Dial answerOnBridge="true"><Number>{FRIEND}</Number></Dial>"#));
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    Sipp::new("quitter").calls(flexio.sip, &number).pause(3_000).succeed().await;
    let seen = carrier.succeed().await;
    assert!(seen.contains("CANCEL sip:"), "{seen}");
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 2, OVER).await;
    for call in calls {
        assert!(["canceled", "no-answer"].contains(&call["status"].as_str().unwrap()), "{call}");
        assert!(
            call["price"].as_str().is_none_or(|price| price.trim_start_matches('-') == "0.00000"),
            "{call}"
        );
    }
}

#[tokio::test]
async fn a_dialled_party_who_does_not_answer_in_time_is_cancelled_and_the_document_goes_on() {
    let carrier = Sipp::new("ringing").listen().await;
    let flexio = with_carrier(&carrier).await;
    let web = Web::start().await;
    web.verbs(
        "/voice",
        &format!(r#"<Dial timeout="2" action="{}"><Number>{FRIEND}</Number></Dial>"#, web.url("/dialled")),
    );
    web.verbs("/dialled", "<Hangup/>");
    let number = flexio.rest.rent(&[("VoiceUrl", &web.url("/voice"))]).await;
    let caller = Sipp::new("listener").calls(flexio.sip, &number).start();
    carrier.succeed().await;
    assert_eq!(web.first("/dialled").await.param("DialCallStatus"), "no-answer");
    caller.succeed().await;
}

#[tokio::test]
async fn a_hundred_callers_at_twenty_a_second_are_all_served() {
    let web = Web::start().await;
    web.verbs("/voice", HOLD);
    let (flexio, number) = with_number(&web).await;
    Sipp::new("caller").calls(flexio.sip, &number).pause(2_000).load(100, 20).succeed().await;
    let calls = flexio.rest.wait_all("/Calls.json?PageSize=1000", "calls", 100, OVER).await;
    assert!(calls.iter().all(|call| call["status"] == "completed" && call["price"].is_string()), "{calls:?}");
    let proof = flexio.prove().await;
    assert_eq!(
        (&proof["sum"], &proof["unbalanced"], &proof["unposted"]),
        (&"0.000000".into(), &0.into(), &0.into())
    );
}

#[tokio::test]
async fn a_call_over_rest_reaches_the_party_and_tells_each_state() {
    let carrier = Sipp::new("callee").listen().await;
    let flexio = with_carrier(&carrier).await;
    let web = Web::start().await;
    web.verbs("/out", r#"<Pause length="2"/><Hangup/>"#);
    let events = [("StatusCallbackEvent", "initiated ringing answered completed")];
    let call = call_friend(&flexio, &web, &events).await;
    let seen = carrier.succeed().await;
    assert!(seen.contains(&format!("INVITE sip:{FRIEND}@")), "{seen}");
    assert_eq!(
        (call["status"].as_str(), call["direction"].as_str()),
        (Some("completed"), Some("outbound-api"))
    );
    let told =
        web.wait("/status", |requests| requests.iter().any(|r| r.param("CallStatus") == "completed")).await;
    let mut ordered: Vec<(u32, &str)> =
        told.iter().map(|r| (r.param("SequenceNumber").parse().unwrap(), r.param("CallStatus"))).collect();
    ordered.sort_unstable();
    let states: Vec<&str> = ordered.into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, ["initiated", "ringing", "in-progress", "completed"]);
}

#[tokio::test]
async fn a_call_over_rest_to_a_busy_party_is_busy_and_free() {
    let carrier = Sipp::new("busy").listen().await;
    let flexio = with_carrier(&carrier).await;
    let web = Web::start().await;
    let call = call_friend(&flexio, &web, &[]).await;
    carrier.succeed().await;
    assert_eq!(call["status"], "busy", "{call}");
    assert!(call["price"].as_str().is_none_or(|price| price.trim_start_matches('-') == "0.00000"), "{call}");
    assert_eq!(web.first("/status").await.param("CallStatus"), "busy");
    assert!(web.asked("/out").is_empty(), "nobody answered, so no document was wanted");
}

#[tokio::test]
async fn a_call_over_rest_that_nobody_answers_is_cancelled_after_its_timeout() {
    let carrier = Sipp::new("ringing").listen().await;
    let flexio = with_carrier(&carrier).await;
    let web = Web::start().await;
    let call = call_friend(&flexio, &web, &[("Timeout", "2")]).await;
    let seen = carrier.succeed().await;
    assert!(seen.contains("CANCEL sip:"), "{seen}");
    assert_eq!(call["status"], "no-answer", "{call}");
}

#[tokio::test]
async fn a_trunk_over_tcp_carries_a_call() {
    let carrier = Sipp::new("callee").tcp().listen().await;
    let trunk = format!(
        "[[trunk]]\nname = \"tcp\"\naddresses = [\"{};transport=tcp\"]\nping_s = 0\n",
        carrier.address()
    );
    let flexio = Setup::default().config(&trunk).start().await;
    let web = Web::start().await;
    web.verbs("/out", "<Hangup/>");
    let call = call_friend(&flexio, &web, &[]).await;
    let seen = carrier.succeed().await;
    assert!(seen.contains("SIP/2.0/TCP"), "{seen}");
    assert_eq!(call["status"], "completed", "{call}");
}

#[tokio::test]
async fn a_trunk_is_tried_out_from_the_command_line_and_what_is_wrong_is_told_with_its_cure() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let carrier = Sipp::new("callee").tcp().listen().await;
    let trunks = format!(
        "[[trunk]]\nname = \"dead\"\naddresses = [\"{}\"]\nping_s = 0\nmax_calls = 5\n\
         [[trunk]]\nname = \"fine\"\naddresses = [\"{};transport=tcp\"]\nping_s = 0\n",
        silent.local_addr().unwrap(),
        carrier.address()
    );
    let flexio = Setup::default().config(&trunks).start().await;
    let environment = [
        ("FLEXIO_URL", flexio.rest.base.as_str()),
        ("FLEXIO_ACCOUNT_SID", &flexio.rest.account),
        ("FLEXIO_AUTH_TOKEN", &flexio.rest.token),
    ];
    let told = async |arguments: &[&str]| {
        let output = run(&binary(), arguments, &environment).await;
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, text) = told(&["trunk", "test", "dead"]).await;
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("no-answer") && text.contains("ping_s = 0") && text.contains("calls 0/5"),
        "{text}"
    );
    let (code, text) = told(&["trunk", "--json", "list"]).await;
    let trunks: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &trunks[0]["state"], &trunks[1]["name"]), (Some(0), &"down".into(), &"fine".into()));
    assert_eq!(told(&["trunk", "test", "nobody"]).await.0, Some(1));
    drop(carrier);
}

#[tokio::test]
async fn a_running_call_is_ended_and_redirected_over_rest() {
    let web = Web::start().await;
    web.verbs("/voice", HOLD);
    web.verbs("/moved", r#"<Pause length="60"/>"#);
    let (flexio, number) = with_number(&web).await;
    let caller = Sipp::new("listener").calls(flexio.sip, &number).start();
    let calls = flexio.rest.wait_all("/Calls.json", "calls", 1, &["in-progress"]).await;
    let path = format!("/Calls/{}.json", calls[0]["sid"].as_str().unwrap());
    flexio.rest.post(&path, &[("Url", &web.url("/moved"))]).await;
    web.first("/moved").await;
    flexio.rest.post(&path, &[("Status", "completed")]).await;
    caller.succeed().await;
    flexio.rest.wait_status(&path, &["completed"]).await;
}

fn options(flexio: &Flexio, from: &UdpSocket, n: usize) -> bool {
    let local = from.local_addr().unwrap();
    let text = format!(
        "OPTIONS sip:{0} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKalive{n}\r\nFrom: <sip:a@{local}>;tag=t{n}\r\n\
         To: <sip:{0}>\r\nCall-ID: alive{n}@{local}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
        flexio.sip
    );
    from.send_to(text.as_bytes(), flexio.sip).unwrap();
    let mut buffer = [0; 4_096];
    while let Ok(length) = from.recv(&mut buffer) {
        let answer = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if answer.starts_with("SIP/2.0 200") && answer.contains(&format!("alive{n}@")) {
            return true;
        }
    }
    false
}

#[tokio::test]
async fn sip_garbage_leaves_the_platform_answering() {
    let mut flexio = Flexio::start().await;
    let mut garbage: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\r\n\r\n".to_vec(),
        vec![0; 65_000],
        vec![0xff; 1_200],
        b"INVITE".to_vec(),
        b"INVITE sip:a SIP/2.0\r\n\r\n".to_vec(),
        b"SIP/2.0 200 OK\r\n\r\n".to_vec(),
        b"INVITE sip:+3225880100@127.0.0.1 SIP/2.0\r\nContent-Length: -1\r\nVia: ;;;\r\n\r\n".to_vec(),
        [b"OPTIONS sip:a SIP/2.0\r\n".to_vec(), b"Via: SIP/2.0/UDP a\r\n".repeat(2_000)].concat(),
    ];
    let outside = std::env::var("FLEXIO_SHARED")
        .map_or_else(|_| flexio_e2e::programs::root().join("../shared"), std::path::PathBuf::from);
    match std::fs::read_dir(outside.join("testdata/sip-torture")) {
        Ok(files) => garbage.extend(
            files
                .map(|file| file.unwrap().path())
                .filter(|path| path.is_file())
                .map(|path| std::fs::read(path).unwrap()),
        ),
        Err(_) => eprintln!("outside vectors absent"),
    }
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut sent = 0;
    for message in &garbage {
        // A datagram that does not fit in one is sent as far as it goes.
        if socket.send_to(&message[..message.len().min(60_000)], flexio.sip).is_ok() {
            sent += 1;
        }
    }
    assert!(sent >= 8);
    let mut n = 0;
    eventually("OPTIONS is answered after the datagrams", || {
        n += 1;
        let alive = options(&flexio, &socket, n);
        async move { alive.then_some(()) }
    })
    .await;
    for message in &garbage {
        use std::io::Write;
        let mut stream = std::net::TcpStream::connect(flexio.sip).unwrap();
        // It may be closed before all is written.
        let _ = stream.write_all(message);
    }
    assert!(options(&flexio, &socket, 1_000), "OPTIONS is answered after the streams");
    assert!(flexio.is_running());
    assert!(!flexio.log().contains("panicked"), "{}", flexio.log());
}
