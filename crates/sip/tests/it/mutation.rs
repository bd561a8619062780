//! What no input may do, and what printing must keep.

use std::time::Duration;

use proptest::prelude::*;

use crate::script::*;
use crate::world::*;
use flexio_sip::*;

/// Messages to break: each kind of header and state once.
fn corpus() -> Vec<Vec<u8>> {
    let auth = "Authorization: Digest username=\"u\", realm=\"r\", nonce=\"0\", uri=\"sip:x\", response=\"0\", \
        algorithm=SHA-256, cnonce=\"c\", qop=auth, nc=00000001\n";
    let multipart = "Content-Type: multipart/mixed;boundary=b\n";
    let body = "--b\nContent-Type: application/sdp\n\nv=0\n--b--\n";
    let call =
        invite("c1", "Record-Route: <sip:a;lr>,\n <sip:b;lr>\nDiversion: \"x, y\" <tel:+1>;reason=busy\n");
    [
        call.clone(),
        invite("c2", auth),
        invite("c3", multipart).replace("Content-Length: 0\n\n", &format!("l: {}\n\n{body}", body.len() + 5)),
        call.replace("INVITE", "OPTIONS"),
        call.replace("INVITE", "CANCEL"),
        call.replace("INVITE", "BYE").replace("To: <sip:+3225550100@192.0.2.1>", "To: <sip:a@b>;tag=0123456789abcdef"),
        "SIP/2.0 401 No\nVia: SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK0123456789abcdef\nFrom: <sip:a@b>;tag=1\n\
            To: <sip:a@b>;tag=2\nCall-ID: c\nCSeq: 1 INVITE\nContact: <sip:x@h>;q=0.5\nRetry-After: 5\n\
            WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\nContent-Length: 0\n\n"
            .to_owned(),
    ]
    .map(|text| text.replace('\n', "\r\n").into_bytes())
    .to_vec()
}

/// Pieces that parsers trip over.
const SPLICES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\xff\xfe",
    b"\"",
    b"<",
    b">",
    b",",
    b";",
    b"=",
    b":",
    b"%",
    b"%00",
    b"[::1]",
    b"[",
    b"@",
    b"\r\n ",
    b"Via: ",
    b"CSeq: 99999999999 INVITE\r\n",
    b"Content-Length: -1\r\n",
    b"l: 70000\r\n",
    b"SIP/2.0",
    b"\\",
    b"tag=",
    b"z9hG4bK",
    b"--b",
    b"Digest ",
    b"sip:",
    b"tel:",
];

fn mutate(random: &mut Random, message: &[u8]) -> Vec<u8> {
    let mut out = message.to_vec();
    for _ in 0..=random.below(6) {
        let at = random.below(u32::try_from(out.len()).unwrap() + 1) as usize;
        match random.below(5) {
            0 if at < out.len() => out[at] = random.next_u64() as u8,
            1 => {
                let splice = SPLICES[random.below(u32::try_from(SPLICES.len()).unwrap()) as usize];
                out.splice(at..at, splice.iter().copied());
            }
            2 => out.truncate(at),
            3 => {
                let end = (at + random.below(30) as usize).min(out.len());
                out.drain(at..end);
            }
            _ => {
                let end = (at + random.below(200) as usize).min(out.len());
                let piece = out[at..end].to_vec();
                out.splice(at..at, piece);
            }
        }
    }
    out
}

/// Reads everything of a message that can be read.
fn read_all(m: &Message) {
    let _ = (
        m.from(),
        m.to(),
        m.contact(),
        m.request_uri(),
        m.top_via(),
        m.cseq(),
        m.sdp(),
        m.reason(),
        m.retry_after(),
    );
    let _ = (m.contacts().count(), m.asserted_identity().count(), m.diversion().count(), m.headers().count());
    for name in [Name::Authorization, Name::WwwAuthenticate] {
        let _ = m.get_all(name).filter_map(|v| Credentials::parse(v, "INVITE")).count();
    }
}

#[test]
fn a_hundred_thousand_broken_messages_do_not_panic_and_what_is_read_prints_to_what_is_read() {
    let corpus = corpus();
    let mut random = Random::new([5; 32]);
    let mut read = 0;
    for n in 0..100_000 {
        let bytes = mutate(&mut random, &corpus[n % corpus.len()]);
        let Ok(message) = Message::parse(&bytes) else { continue };
        read += 1;
        read_all(&message);
        let printed = message.to_bytes();
        let again = Message::parse(&printed).unwrap_or_else(|e| {
            panic!(
                "{:?}\n{}\n{}",
                e.error,
                String::from_utf8_lossy(&bytes),
                String::from_utf8_lossy(&printed)
            )
        });
        assert_eq!(again, message, "{}", String::from_utf8_lossy(&bytes));
    }
    assert!(read > 5_000, "{read} of 100000 were read: the mutations are too coarse to test anything");
}

#[test]
fn an_endpoint_with_calls_under_way_survives_broken_messages_and_leaks_nothing() {
    let corpus = corpus();
    let mut random = Random::new([6; 32]);
    let mut script = Script::with(Config { max_legs: 5_000, ..config(0) });
    let mut legs = std::collections::HashSet::new();
    for n in 0..30_000 {
        let bytes = mutate(&mut random, &corpus[n % corpus.len()]);
        if n % 3 == 0 {
            let flow = Flow {
                transport: Transport::Tcp,
                connection: Some(ConnectionId(n as u64 / 30)),
                ..script.flow
            };
            script.end.receive_stream(script.now, flow, Trust::Trusted, &bytes);
        } else {
            script.end.receive_datagram(script.now, script.flow, Trust::Trusted, &bytes);
        }
        while script.end.poll_transmit().is_some() {}
        for event in script.events() {
            match event {
                Event::Incoming(incoming) => {
                    assert!(legs.insert(incoming.leg));
                    if n % 2 == 0 {
                        let _ = script.end.answer(script.now, incoming.leg, b"v=0", &ExtraHeaders::new());
                    }
                }
                Event::Ended { leg, .. } => assert!(legs.remove(&leg), "ended twice"),
                _ => {}
            }
        }
        script.now += ms(10);
        script.end.handle_timeout(script.now);
    }
    for connection in 0..=1_000 {
        script.end.connection_closed(script.now, ConnectionId(connection));
    }
    script.now += Duration::from_secs(400);
    for _ in 0..3 {
        script.end.handle_timeout(script.now);
        script.now += Duration::from_secs(400);
    }
    for event in script.events() {
        if let Event::Ended { leg, .. } = event {
            assert!(legs.remove(&leg));
        }
    }
    assert!(legs.is_empty(), "{} legs never ended", legs.len());
    let stats = script.end.stats();
    assert_eq!((stats.legs, stats.clients, stats.servers, stats.connections), (0, 0, 0, 0));
}

#[test]
fn after_a_storm_of_broken_messages_options_is_still_answered() {
    let corpus = corpus();
    let mut random = Random::new([7; 32]);
    let mut script = Script::new();
    for n in 0..6_000 {
        let bytes = mutate(&mut random, &corpus[n % corpus.len()]);
        script.end.receive_datagram(script.now, script.flow, Trust::Trusted, &bytes);
    }
    while script.end.poll_transmit().is_some() {}
    script.receive(&invite("last", "").replace("INVITE", "OPTIONS"));
    let answer = script.one();
    assert_eq!(answer.what(), "200 OPTIONS");
    assert_eq!(
        answer.header("Allow"),
        "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, MESSAGE, UPDATE, PRACK, REFER, SUBSCRIBE, NOTIFY"
    );
    assert_eq!(answer.header("Accept"), "application/sdp");
}

fn token() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9.!%*_+`'~-]{1,12}"
}

fn any_uri() -> impl Strategy<Value = Uri> {
    let sip = (
        proptest::option::of("[ -~é]{1,12}"),
        "[a-z][a-z0-9-]{0,10}\\.example",
        proptest::option::of(1u16..),
    )
        .prop_map(|(user, host, port)| Uri::sip(user.as_deref(), &host, port).unwrap());
    prop_oneof![sip, "\\+[0-9]{3,15}".prop_map(|n| uri(&format!("tel:{n}")))]
}

fn any_address() -> impl Strategy<Value = NameAddr> {
    (any_uri(), "[ -~é]{0,16}", proptest::option::of((token(), "[ -~]{1,10}"))).prop_map(
        |(uri, name, param)| {
            let address = NameAddr::new(uri).with_display(&name).unwrap();
            match param {
                Some((key, value)) => address.with_param(&key, &value).unwrap(),
                None => address,
            }
        },
    )
}

fn any_message() -> impl Strategy<Value = Message> {
    let start = prop_oneof![
        (token(), any_uri())
            .prop_map(|(m, uri)| Message::request(Method::parse(m.as_bytes()).unwrap(), &uri)),
        (100u16..700, "[ -~é]{0,20}")
            .prop_map(|(status, reason)| Message::response(status, reason.trim()).unwrap()),
    ];
    let extra = proptest::collection::vec((token(), "[!-~]([ -~é]{0,20}[!-~])?"), 0..5);
    (
        start,
        any_address(),
        any_address(),
        token(),
        0u32..1 << 31,
        extra,
        proptest::collection::vec(any::<u8>(), 0..64),
    )
        .prop_map(|(mut m, from, to, id, cseq, extra, body)| {
            let method = m.method().map_or_else(|| "INVITE".to_owned(), ToString::to_string);
            m.push("Via", format!("SIP/2.0/UDP h.example:5060;branch=z9hG4bK{id}").as_bytes()).unwrap();
            m.push("From", from.to_string().as_bytes()).unwrap();
            m.push("To", to.to_string().as_bytes()).unwrap();
            m.push("Call-ID", id.as_bytes()).unwrap();
            m.push("CSeq", format!("{cseq} {method}").as_bytes()).unwrap();
            for (name, value) in extra {
                let _ = m.push(&format!("X-{name}"), value.as_bytes());
            }
            m.set_body("application/octet-stream", &body).unwrap();
            m
        })
}

proptest! {
    #[test]
    fn a_message_that_is_printed_and_parsed_is_the_same(message in any_message()) {
        let printed = message.to_bytes();
        let parsed = Message::parse(&printed).unwrap();
        prop_assert_eq!(&parsed, &message);
        prop_assert_eq!(parsed.to_bytes(), printed);
    }

    #[test]
    fn an_address_that_is_printed_and_parsed_is_the_same(address in any_address()) {
        prop_assert_eq!(NameAddr::parse(address.to_string().as_bytes()).unwrap(), address);
    }

    #[test]
    fn a_user_part_survives_escaping(user in "\\PC{1,20}") {
        prop_assert_eq!(Uri::sip(Some(&user), "h", None).unwrap().user_decoded().unwrap(), user);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = (Message::parse(&bytes), Uri::parse(&bytes), NameAddr::parse(&bytes), Via::parse(&bytes));
        let mut framer = StreamFramer::new();
        framer.push(&bytes);
        while framer.next_frame().is_some() {}
    }
}
