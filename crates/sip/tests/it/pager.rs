//! Texts outside dialogs (RFC 3428).

use crate::script::*;
use crate::world::*;
use flexio_sip::*;

const TOKEN: &str = "Authorization: Bearer abc.def.ghi\n";
const TEXT: &str = "Content-Type: text/plain\n";

/// An endpoint with a phone on a connection of its own.
fn server() -> Script {
    let policy = AuthPolicy {
        realm: "flexio".to_owned(),
        algorithms: vec![Algorithm::Sha256],
        nonce_lifetime: ms(60_000),
    };
    let locals = vec![Local::new(Transport::Ws, address(0))];
    let mut script = Script::with(Config { locals, auth: Some(policy), ..config(0) });
    script.trust = Trust::Unknown;
    script.flow.transport = Transport::Ws;
    script.flow.connection = Some(ConnectionId(7));
    script
}

fn text(call_id: &str, lines: &str) -> String {
    invite(call_id, &format!("{TEXT}{lines}")).replace("INVITE", "MESSAGE")
}

fn paged(script: &mut Script) -> Box<Paged> {
    match script.events().as_slice() {
        [Event::Paged(paged)] => paged.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_writer_is_asked_who_he_is_and_answered_once_it_is_decided() {
    let mut script = server();
    script.receive(&text("t0", ""));
    assert_eq!(script.whats(), ["401 MESSAGE"]);
    assert!(script.events().is_empty());
    script.receive(&text("t1", TOKEN));
    assert_eq!(script.whats(), [""; 0], "nothing is said before it is decided");
    let asked = paged(&mut script);
    assert!(matches!(asked.authorization, Authorization::Bearer(_)));
    assert_eq!(asked.request.request_uri().unwrap().user_decoded().unwrap(), "+3225550100");
    script.receive(&text("t1", TOKEN));
    assert!(script.events().is_empty(), "a repeated text is told once");
    let none = ExtraHeaders::new();
    assert_eq!(script.end.answer_page(script.now, asked.id, 100, &none), Err(OpError::BadStatus));
    script.end.answer_page(script.now, asked.id, 202, &none).unwrap();
    assert_eq!(script.whats(), ["202 MESSAGE"]);
    assert_eq!(script.end.answer_page(script.now, asked.id, 200, &none), Err(OpError::UnknownLeg));
}

#[test]
fn one_that_nobody_decides_on_leaves_nothing_behind() {
    let mut script = server();
    script.receive(&text("t1", TOKEN));
    let asked = paged(&mut script);
    script.wait(ms(20_001));
    assert_eq!((script.end.stats().servers, script.whats()), (0, Vec::<String>::new()));
    assert_eq!(script.end.challenge_page(script.now, asked.id), Err(OpError::UnknownLeg));
}

#[test]
fn who_checks_nobody_serves_no_text_outside_a_dialog() {
    let mut script = Script::new();
    script.receive(&text("t1", TOKEN));
    assert_eq!(script.whats(), ["481 MESSAGE"]);
}

fn request(body: &str) -> PageRequest {
    let mut headers = ExtraHeaders::new();
    headers.push("X-Order", "17").unwrap();
    PageRequest {
        uri: uri("sip:alice@192.0.2.2:5062"),
        from: NameAddr::new(uri("sip:+3225550100@192.0.2.1")),
        to: NameAddr::new(uri("sip:alice@192.0.2.1")),
        destination: Destination::udp(address(1)),
        content_type: "text/plain;charset=UTF-8".to_owned(),
        body: body.as_bytes().to_vec(),
        headers,
    }
}

#[test]
fn a_text_goes_out_is_repeated_until_it_is_answered_and_its_end_is_told_once() {
    let mut script = Script::new();
    let page = script.end.page(script.now, request("Dag Alice, tot zo €")).unwrap();
    let sent = script.one();
    assert_eq!(sent.what(), "MESSAGE");
    assert_eq!(sent.message.body(), "Dag Alice, tot zo €".as_bytes());
    assert_eq!(
        ["To", "X-Order", "Content-Type"].map(|name| sent.header(name)),
        ["<sip:alice@192.0.2.1>", "17", "text/plain;charset=UTF-8"]
    );
    assert!(sent.message.header("Contact").is_none(), "RFC 3428 §4");
    assert_eq!(script.wait(ms(500)), [(500, "MESSAGE".to_owned())]);
    script.answer(&sent.message, 200, "theirs", "");
    script.answer(&sent.message, 200, "theirs", "");
    assert!(
        matches!(script.events()[..], [Event::PageAnswered { page: of, status: Some(200) }] if of == page)
    );
    assert_eq!(script.end.stats().clients, 0);
}

#[test]
fn silence_is_told_as_silence_and_what_cannot_be_sent_is_refused() {
    let mut script = Script::new();
    script.end.page(script.now, request("?")).unwrap();
    script.sent();
    script.wait(ms(32_001));
    assert!(matches!(script.events()[..], [Event::PageAnswered { status: None, .. }]));
    let long = request(&"x".repeat(16 * 1024 + 1));
    assert_eq!(script.end.page(script.now, long), Err(OpError::TooLarge));
    let split = PageRequest { content_type: "text/plain\r\nX: y".to_owned(), ..request("?") };
    assert_eq!(script.end.page(script.now, split), Err(OpError::BadText));
}
