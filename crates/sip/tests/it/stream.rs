//! Framing of streams, and legs over them.

use std::time::Duration;

use crate::script::{in_dialog, invite};
use crate::world::*;
use flexio_sip::*;

fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

/// Frames, by what they are.
fn frames(framer: &mut StreamFramer) -> Vec<String> {
    std::iter::from_fn(|| framer.next_frame())
        .map(|frame| match frame {
            Frame::Message(m) => {
                format!("{}+{}", m.method().map_or("response", |m| m.as_str()), m.body().len())
            }
            Frame::Malformed(r) => format!("malformed: {}", r.error),
            Frame::Lost(r) => format!("lost: {}", r.error),
            Frame::KeepAlive => "ping".to_owned(),
        })
        .collect()
}

fn with_body(body: &str) -> String {
    invite("c1", "").replace("Content-Length: 0\n\n", &format!("l: {}\n\n{body}", body.len()))
}

#[test]
fn messages_are_found_wherever_the_stream_is_cut() {
    let stream = crlf(&format!("\n{}\n\n{}{}\n", with_body("v=0"), invite("c2", ""), with_body("")));
    let wanted = ["INVITE+3", "ping", "INVITE+0", "INVITE+0"];
    for cut in 0..stream.len() {
        let mut framer = StreamFramer::new();
        framer.push(&stream[..cut]);
        let mut found = frames(&mut framer);
        framer.push(&stream[cut..]);
        found.extend(frames(&mut framer));
        // A ping that is cut in two looks like two line breaks between messages, which are skipped.
        found.retain(|f| f != "ping");
        assert_eq!(found, ["INVITE+3", "INVITE+0", "INVITE+0"], "cut at {cut}");
    }
    let mut framer = StreamFramer::new();
    framer.push(&stream);
    assert_eq!(frames(&mut framer), wanted);
    assert!(framer.is_idle() || stream.ends_with(b"\r\n"));
    let mut framer = StreamFramer::new();
    let mut found = Vec::new();
    for byte in &stream {
        framer.push(&[*byte]);
        found.extend(frames(&mut framer));
    }
    found.retain(|f| f != "ping");
    assert_eq!(found, ["INVITE+3", "INVITE+0", "INVITE+0"]);
}

#[test]
fn a_stream_whose_framing_is_lost_is_given_up() {
    let good = with_body("v=0");
    for (bad, wanted) in [
        (good.replace("l: 3", "l: -5"), "lost: bad Content-Length header"),
        (good.replace("l: 3", "l: 18446744073709551615"), "lost: bad Content-Length header"),
        (good.replace("l: 3", "l: 3\nContent-Length: 4"), "lost: bad Content-Length header"),
        (good.replace("l: 3\n", ""), "lost: bad Content-Length header"),
        (good.replace("l: 3", "l: 999999"), "lost: message beyond limits"),
        (format!("INVITE {}", "a".repeat(40_000)), "lost: message beyond limits"),
    ] {
        let mut framer = StreamFramer::new();
        framer.push(&crlf(&bad));
        framer.push(&crlf(&good));
        assert_eq!(frames(&mut framer), [wanted]);
        framer.push(&crlf(&good));
        assert!(frames(&mut framer).is_empty());
    }
}

#[test]
fn a_malformed_message_with_a_known_end_is_answered_and_the_next_one_read() {
    let mut framer = StreamFramer::new();
    framer.push(&crlf(&format!("{}{}", with_body("v=0").replace("Call-ID: c1\n", ""), invite("c2", ""))));
    assert_eq!(frames(&mut framer), ["malformed: Call-ID header missing", "INVITE+0"]);
}

fn tcp(connection: u64) -> Flow {
    Flow {
        transport: Transport::Tcp,
        local: address(0),
        remote: "192.0.2.2:49152".parse().unwrap(),
        connection: Some(ConnectionId(connection)),
    }
}

fn endpoint() -> Endpoint {
    let locals = vec![Local::new(Transport::Udp, address(0)), Local::new(Transport::Tcp, address(0))];
    Endpoint::new(Config { locals, ..Config::default() }, [3; 32])
}

fn sent(end: &mut Endpoint) -> Vec<Transmit> {
    std::iter::from_fn(|| end.poll_transmit()).collect()
}

fn status_of(transmit: &Transmit) -> &str {
    std::str::from_utf8(&transmit.bytes).unwrap().split("\r\n").next().unwrap()
}

#[test]
fn lost_framing_is_answered_400_and_the_connection_closed() {
    let mut end = endpoint();
    end.receive_stream(
        Duration::ZERO,
        tcp(1),
        Trust::Trusted,
        &crlf(&with_body("v=0").replace("l: 3", "l: x")),
    );
    let out = sent(&mut end);
    assert_eq!(out.len(), 2);
    assert_eq!((status_of(&out[0]), out[0].close), ("SIP/2.0 400 Bad Request", false));
    assert!(out[1].close && out[1].bytes.is_empty());
    assert_eq!(out[1].to.connection, Some(ConnectionId(1)));
    end.connection_closed(Duration::ZERO, ConnectionId(1));
    assert_eq!(end.stats(), Stats::default());
}

#[test]
fn a_leg_over_a_stream_stays_on_its_connection_and_nothing_is_repeated_but_2xx() {
    let mut end = endpoint();
    let now = Duration::ZERO;
    end.receive_stream(now, tcp(1), Trust::Trusted, &crlf("\n\n"));
    assert_eq!(&*sent(&mut end)[0].bytes, b"\r\n");
    end.receive_stream(now, tcp(1), Trust::Trusted, &crlf(&invite("c1", "").replace("/UDP", "/TCP")));
    let Some(Event::Incoming(incoming)) = end.poll_event() else { panic!("no call") };
    let leg = incoming.leg;
    end.answer(now, leg, b"v=0", &ExtraHeaders::new()).unwrap();
    let answer = sent(&mut end).pop().unwrap();
    assert_eq!(answer.to, Destination::from(tcp(1)));
    let answer = Message::parse(&answer.bytes).unwrap();
    assert!(answer.header("Contact").unwrap().contains(";transport=tcp"));
    end.handle_timeout(ms(500));
    assert_eq!(status_of(&sent(&mut end)[0]), "SIP/2.0 200 OK");
    end.receive_stream(ms(600), tcp(1), Trust::Trusted, &crlf(&in_dialog(&answer, "ACK", 10, "", "")));
    end.info(ms(700), leg, "text/plain", b"x").unwrap();
    let info = sent(&mut end).pop().unwrap();
    assert_eq!(info.to.connection, Some(ConnectionId(1)));
    assert!(std::str::from_utf8(&info.bytes).unwrap().contains("Via: SIP/2.0/TCP 192.0.2.1:5060;branch="));
    end.handle_timeout(ms(5_000));
    assert!(sent(&mut end).is_empty(), "a stream repeats by itself");
    // The connection breaks: the INFO has no answer to hope for.
    while end.poll_event().is_some() {}
    end.connection_closed(ms(6_000), ConnectionId(1));
    assert!(matches!(end.poll_event(), Some(Event::InfoAnswered { status: 503, .. })));
}
