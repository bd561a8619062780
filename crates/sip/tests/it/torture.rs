//! Odd and broken messages, each with the outcome it must have: our own set, and the 49 of RFC 4475 where they are found.

use std::time::Duration;

use crate::world::*;
use flexio_sip::*;

/// What an endpoint does with one datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Shown to the application as a call.
    Call,
    /// Answered so, and forgotten.
    Answer(u16),
    /// A response or ACK that is read, and fits nothing.
    Read,
    /// Not a message; nothing is sent.
    Dropped,
}
use Outcome::*;

/// Gives `bytes` to a fresh endpoint.
fn outcome(bytes: &[u8]) -> Outcome {
    let mut end = Endpoint::new(config(1), [1; 32]);
    let flow = Flow { transport: Transport::Udp, local: address(1), remote: address(0), connection: None };
    end.receive_datagram(Duration::ZERO, flow, Trust::Trusted, bytes);
    let parsed = Message::parse(bytes);
    // A malformed header is echoed as it came, so the answer is not always a message we would read.
    let sent: Vec<u16> = std::iter::from_fn(|| end.poll_transmit())
        .map(|t| std::str::from_utf8(&t.bytes[8..11]).unwrap().parse().unwrap())
        .collect();
    let stats = end.stats();
    if let Some(Event::Incoming(_)) = end.poll_event() {
        assert_eq!((sent, stats.legs, stats.servers), (vec![100], 1, 1));
        assert!(parsed.is_ok());
        return Call;
    }
    assert_eq!((stats.legs, stats.servers, stats.clients, stats.timers), (0, 0, 0, 0), "state was made");
    match sent.as_slice() {
        [] if parsed.is_ok() => Read,
        [] => Dropped,
        [answer] => Answer(*answer),
        more => panic!("{} messages sent", more.len()),
    }
}

/// A message of the usual headers, some replaced (`Name`, line) or left out (`Name`, empty); new ones go to the end.
fn message(start: &str, changes: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let method = start.split(' ').next().unwrap();
    let cseq = format!("CSeq: 7 {}", if method == "SIP/2.0" { "INVITE" } else { method });
    let mut lines: Vec<(&str, &str)> = vec![
        ("Via", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKtorture"),
        ("Max-Forwards", "Max-Forwards: 70"),
        ("From", "From: <sip:a@192.0.2.1>;tag=1"),
        ("To", "To: <sip:b@192.0.2.2>"),
        ("Call-ID", "Call-ID: torture"),
        ("CSeq", &cseq),
        ("Contact", "Contact: <sip:a@192.0.2.1>"),
    ];
    for &(name, line) in changes {
        match lines.iter_mut().find(|l| l.0 == name) {
            Some(old) => old.1 = line,
            None => lines.push((name, line)),
        }
    }
    let mut out = format!("{start}\r\n").into_bytes();
    for (_, line) in lines.into_iter().filter(|l| !l.1.is_empty()) {
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
    out
}

type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static [u8], Outcome);

const INVITE: &str = "INVITE sip:b@192.0.2.2 SIP/2.0";
const OPTIONS: &str = "OPTIONS sip:b@192.0.2.2 SIP/2.0";
const SDP: (&str, &str) = ("Content-Type", "Content-Type: application/sdp");

/// Valid, however odd.
const GOOD: &[Case] = &[
    ("plain call", INVITE, &[SDP], b"v=0\r\n", Call),
    ("no Content-Length and no Content-Type", INVITE, &[], b"v=0\r\n", Call),
    ("call without offer", INVITE, &[], b"", Call),
    ("compact forms", INVITE, &[("Via", "v:SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa"), ("From", "f:sip:a@h;tag=1"), ("To", "t:sip:b@h"), ("Call-ID", "i:x"), ("Contact", "m:sip:a@h"), ("l", "l:0")], b"", Call),
    ("names in odd case with white space before the colon", INVITE, &[("From", "fRoM \t: <sip:a@h>;tag=1")], b"", Call),
    ("headers folded at each place", INVITE, &[("From", "From:\r\n \"A\"\r\n\t<sip:a@h>\r\n ;\r\n tag\r\n =\r\n 1"), ("CSeq", "CSeq:\r\n 7\r\n INVITE")], b"", Call),
    ("white space inside Via", INVITE, &[("Via", "Via: SIP  / 2.0 /\tUDP   192.0.2.1 : 5060 ; branch = z9hG4bKa")], b"", Call),
    ("vias in one line", INVITE, &[("Via", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa,SIP/2.0/TCP h.example:5061;branch=z9hG4bKb")], b"", Call),
    ("via of an IPv6 host", INVITE, &[("Via", "Via: SIP/2.0/UDP [2001:db8::9]:5070;branch=z9hG4bKa;received=2001:db8::9")], b"", Call),
    ("via of an unknown transport", OPTIONS, &[("Via", "Via: SIP/2.0/CARRIER-PIGEON h;branch=z9hG4bKa")], b"", Answer(200)),
    ("quoted name with escapes, brackets and commas", INVITE, &[("From", "From: \"a\\\"<b>,;c\\\\\" <sip:a@h>;tag=1")], b"", Call),
    ("empty quoted name", INVITE, &[("From", "From: \"\" <sip:a@h>;tag=1")], b"", Call),
    ("names of several tokens", INVITE, &[("From", "From: A. B-C 'd' <sip:a@h>;tag=1")], b"", Call),
    ("name next to its bracket", INVITE, &[("From", "From: caller<sip:a@h>;tag=1")], b"", Call),
    ("from without tag", INVITE, &[("From", "From: <sip:a@192.0.2.1>")], b"", Call),
    ("no contact, as before RFC 3261", INVITE, &[("Contact", "")], b"", Call),
    ("no Max-Forwards", INVITE, &[("Max-Forwards", "")], b"", Call),
    ("branch without cookie", INVITE, &[("Via", "Via: SIP/2.0/UDP 192.0.2.1;branch=1")], b"", Call),
    ("branch that is only the cookie", OPTIONS, &[("Via", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK")], b"", Answer(200)),
    ("no branch at all", INVITE, &[("Via", "Via: SIP/2.0/UDP 192.0.2.1")], b"", Call),
    ("escapes in the Request-URI", "INVITE sip:%62%40x;y=1@192.0.2.2:5070;transport=udp SIP/2.0", &[], b"", Call),
    ("tel Request-URI", "INVITE tel:+32-2-5550100;phone-context=example.com SIP/2.0", &[], b"", Call),
    ("sips Request-URI", "INVITE sips:b@192.0.2.2 SIP/2.0", &[], b"", Call),
    ("Request-URI without user", "OPTIONS sip:192.0.2.2 SIP/2.0", &[], b"", Answer(200)),
    ("Request-URI of an IPv6 host", "INVITE sip:b@[2001:db8::1]:5060 SIP/2.0", &[], b"", Call),
    ("unknown headers with odd values", INVITE, &[("X", "X-!.%*+`'~: ;;,,;\"<"), ("Y", "Y:")], b"", Call),
    ("highest CSeq", INVITE, &[("CSeq", "CSeq: 2147483647 INVITE")], b"", Call),
    ("CSeq with zeros in front", INVITE, &[("CSeq", "CSeq: 0000000000007 INVITE")], b"", Call),
    ("bytes after Content-Length", INVITE, &[SDP, ("l", "Content-Length: 5")], b"v=0\r\nINVITE sip:x SIP/2.0\r\n", Call),
    ("sdp inside multipart", INVITE, &[("c", "Content-Type: multipart/mixed; boundary=\"b b\"")], b"--b b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b b--\r\n", Call),
    ("a body that may be ignored", INVITE, &[("c", "Content-Type: x/y"), ("d", "Content-Disposition: session;handling=optional")], b"xyz", Call),
    ("any type accepted", INVITE, &[("Accept", "Accept: text/plain, */*;q=0.1")], b"", Call),
    ("options with Max-Forwards 0", OPTIONS, &[("Max-Forwards", "Max-Forwards: 0")], b"", Answer(200)),
    ("routes and record-routes", INVITE, &[("Route", "Route: <sip:h;lr>, \"x\" <sip:i;lr>;p"), ("rr", "Record-Route: <sip:j;lr>,<sip:k;lr>")], b"", Call),
    ("line ends without CR", "OPTIONS sip:b@192.0.2.2 SIP/2.0\nX: y", &[], b"", Answer(200)),
    ("response with spaces for a reason", "SIP/2.0 200  ", &[], b"", Read),
    ("response without reason", "SIP/2.0 180", &[], b"", Read),
    ("response of an unknown status", "SIP/2.0 699 \u{201c}no\u{201d}", &[], b"", Read),
    ("ack without dialog", "ACK sip:b@192.0.2.2 SIP/2.0", &[], b"", Read),
    ("credentials of an unknown scheme", INVITE, &[("a", "Authorization: Nobody knows=this")], b"", Call),
    ("wildcard contact", "REGISTER sip:h SIP/2.0", &[("Contact", "Contact: *")], b"", Answer(405)),
];

/// Invalid, or valid and not served.
const BAD: &[Case] = &[
    ("another version", "INVITE sip:b@192.0.2.2 SIP/3.0", &[], b"", Answer(505)),
    ("two spaces in the request line", "INVITE  sip:b@192.0.2.2 SIP/2.0", &[], b"", Answer(400)),
    ("space after the version", "INVITE sip:b@192.0.2.2 SIP/2.0 ", &[], b"", Answer(400)),
    ("Request-URI in brackets", "INVITE <sip:b@192.0.2.2> SIP/2.0", &[], b"", Answer(400)),
    ("white space in the Request-URI", "INVITE sip:b@192.0.2.2; lr SIP/2.0", &[], b"", Answer(400)),
    ("Request-URI with headers", "INVITE sip:b@192.0.2.2?Subject=x SIP/2.0", &[], b"", Answer(400)),
    ("Request-URI of an unknown scheme", "OPTIONS other:b SIP/2.0", &[], b"", Answer(416)),
    ("Request-URI with a bad escape", "INVITE sip:b%4@192.0.2.2 SIP/2.0", &[], b"", Answer(400)),
    ("no Call-ID", INVITE, &[("Call-ID", "")], b"", Answer(400)),
    ("empty Call-ID", INVITE, &[("Call-ID", "Call-ID:")], b"", Answer(400)),
    ("Call-ID of two words", INVITE, &[("Call-ID", "Call-ID: a b")], b"", Answer(400)),
    ("no From", INVITE, &[("From", "")], b"", Answer(400)),
    ("no To", INVITE, &[("To", "")], b"", Answer(400)),
    ("no CSeq", INVITE, &[("CSeq", "")], b"", Answer(400)),
    ("no Via", INVITE, &[("Via", "")], b"", Dropped),
    ("CSeq of another method", INVITE, &[("CSeq", "CSeq: 7 OPTIONS")], b"", Answer(400)),
    ("CSeq beyond 31 bits", INVITE, &[("CSeq", "CSeq: 2147483648 INVITE")], b"", Answer(400)),
    ("CSeq without number", INVITE, &[("CSeq", "CSeq: INVITE")], b"", Answer(400)),
    ("negative CSeq", INVITE, &[("CSeq", "CSeq: -1 INVITE")], b"", Answer(400)),
    ("two Call-IDs", INVITE, &[("i", "i: other")], b"", Answer(400)),
    ("two Froms", INVITE, &[("f", "f: <sip:c@h>;tag=2")], b"", Answer(400)),
    ("quote that does not end", INVITE, &[("From", "From: \"a <sip:a@h>;tag=1")], b"", Answer(400)),
    ("bracket that does not end", INVITE, &[("From", "From: <sip:a@h;tag=1")], b"", Answer(400)),
    ("comma in an unquoted name", INVITE, &[("To", "To: B, C <sip:b@h>")], b"", Answer(400)),
    ("white space in brackets", INVITE, &[("To", "To: < sip:b@h >")], b"", Answer(400)),
    ("empty parameters in From", INVITE, &[("From", "From: <sip:a@h>;;tag=1")], b"", Answer(400)),
    ("garbage after the address", INVITE, &[("To", "To: <sip:b@h> x")], b"", Answer(400)),
    (
        "unescaped question mark in a bare contact",
        INVITE,
        &[("Contact", "Contact: sip:a@h?X=y")],
        b"",
        Answer(400),
    ),
    ("empty parameters in Via", INVITE, &[("Via", "Via: SIP/2.0/UDP 192.0.2.1;;,;")], b"", Answer(400)),
    ("Via without host", INVITE, &[("Via", "Via: SIP/2.0/UDP ;branch=z9hG4bKa")], b"", Answer(400)),
    (
        "Via with a port that is none",
        INVITE,
        &[("Via", "Via: SIP/2.0/UDP h:99999;branch=z9hG4bKa")],
        b"",
        Answer(400),
    ),
    ("Max-Forwards beyond 255", INVITE, &[("Max-Forwards", "Max-Forwards: 256")], b"", Answer(400)),
    ("Max-Forwards used up", INVITE, &[("Max-Forwards", "Max-Forwards: 0")], b"", Answer(483)),
    ("body shorter than it says", INVITE, &[SDP, ("l", "Content-Length: 6")], b"v=0\r\n", Answer(400)),
    ("negative Content-Length", INVITE, &[("l", "Content-Length: -5")], b"", Answer(400)),
    ("huge Content-Length", INVITE, &[("l", "Content-Length: 18446744073709551615")], b"", Answer(400)),
    ("two Content-Lengths", INVITE, &[("l", "Content-Length: 0"), ("l2", "l: 5")], b"v=0\r\n", Answer(400)),
    ("a line without colon", INVITE, &[("x", "garbage")], b"", Answer(400)),
    ("a header name with a space", INVITE, &[("x", "X Y: z")], b"", Answer(400)),
    ("a lone CR in a header", INVITE, &[("x", "X: a\rVia: b")], b"", Answer(400)),
    ("unknown method", "FLY sip:b@192.0.2.2 SIP/2.0", &[], b"", Answer(501)),
    ("a method in small letters is another method", "invite sip:b@192.0.2.2 SIP/2.0", &[], b"", Answer(501)),
    ("known method that is not served", "SUBSCRIBE sip:b@192.0.2.2 SIP/2.0", &[], b"", Answer(405)),
    ("refer without dialog", "REFER sip:b@192.0.2.2 SIP/2.0", &[], b"", Answer(405)),
    (
        "required extension",
        INVITE,
        &[("r", "Require: teleport"), ("r2", "Require: time-travel")],
        b"",
        Answer(420),
    ),
    ("body of an unknown type", INVITE, &[("c", "Content-Type: x/y")], b"xyz", Answer(415)),
    ("compressed body", INVITE, &[SDP, ("e", "e: gzip")], b"v=0\r\n", Answer(415)),
    ("multipart without boundary", INVITE, &[("c", "Content-Type: multipart/mixed")], b"--\r\n", Answer(415)),
    ("caller that cannot take sdp", INVITE, &[("Accept", "Accept: text/plain")], b"", Answer(406)),
    (
        "bye without dialog",
        "BYE sip:b@192.0.2.2 SIP/2.0",
        &[("To", "To: <sip:b@h>;tag=0123456789abcdef")],
        b"",
        Answer(481),
    ),
    ("bye without tag", "BYE sip:b@192.0.2.2 SIP/2.0", &[], b"", Answer(481)),
    ("invite of an unknown dialog", INVITE, &[("To", "To: <sip:b@h>;tag=x")], b"", Answer(481)),
    ("cancel of nothing", "CANCEL sip:b@192.0.2.2 SIP/2.0", &[], b"", Answer(481)),
    ("response with four digits", "SIP/2.0 2000 OK", &[], b"", Dropped),
    ("response below 100", "SIP/2.0 099 No", &[], b"", Dropped),
    ("response of another version", "SIP/3.0 200 OK", &[], b"", Dropped),
    ("malformed ack", "ACK sip:b@192.0.2.2 SIP/2.0", &[("Call-ID", "")], b"", Dropped),
    ("no SIP at all", "GET / HTTP/1.1", &[], b"", Dropped),
];

#[test]
fn odd_messages_of_our_own_have_the_outcome_they_must() {
    let wrong: Vec<_> = [GOOD, BAD]
        .concat()
        .into_iter()
        .map(|(name, start, changes, body, wanted)| (name, wanted, outcome(&message(start, changes, body))))
        .filter(|(_, wanted, got)| wanted != got)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn messages_without_an_end_of_headers_or_beyond_a_limit_are_refused() {
    let invite = |line: String| message(INVITE, &[("x", &line)], b"");
    let cut = message(INVITE, &[], b"");
    assert_eq!(outcome(&cut[..cut.len() - 2]), Answer(400));
    assert_eq!(outcome(&invite(format!("X: {}", "a".repeat(9_000)))), Answer(513));
    assert_eq!(outcome(&invite(vec!["X: y"; 201].join("\r\n"))), Answer(513));
    assert_eq!(outcome(&invite(vec!["Route: <sip:h;lr>"; 71].join("\r\n"))), Answer(513));
    assert_eq!(outcome(&invite(format!("Record-Route: {}", vec!["<sip:h;lr>"; 71].join(",")))), Answer(513));
    assert_eq!(outcome(&invite(vec![format!("X: {}", "a".repeat(8_000)); 5].join("\r\n"))), Answer(513));
    let uri = format!("INVITE sip:{}@h SIP/2.0", "a".repeat(2_100));
    assert_eq!(outcome(&message(&uri, &[], b"")), Answer(513));
    assert_eq!(outcome(&message(INVITE, &[SDP], &vec![b'a'; 70_000])), Dropped);
}

#[test]
fn latin_1_in_a_name_is_answered_and_echoed_byte_for_byte() {
    let mut bytes = message(INVITE, &[("From", "From: Ren@ <sip:a@192.0.2.1>;tag=1")], b"");
    let at = bytes.windows(4).position(|w| w == b"Ren@").unwrap() + 3;
    bytes[at] = 0xe9;
    assert_eq!(outcome(&bytes), Call);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.get(Name::From).unwrap(), b"Ren\xe9 <sip:a@192.0.2.1>;tag=1");
    assert_eq!(message.from().unwrap().display(), Some("Ren\u{fffd}"));
    assert_eq!(message.to_bytes()[..40], bytes[..40]);
}

#[test]
fn an_invite_without_content_length_keeps_its_body() {
    let message = Message::parse(&message(INVITE, &[SDP], b"v=0\r\ns=-\r\n")).unwrap();
    assert_eq!(message.sdp(), Some(&b"v=0\r\ns=-\r\n"[..]));
}

#[test]
fn a_refusal_for_a_required_extension_names_each() {
    let mut end = Endpoint::new(config(1), [1; 32]);
    let flow = Flow { transport: Transport::Udp, local: address(1), remote: address(0), connection: None };
    let bytes = message(OPTIONS, &[("r", "Require: a, b"), ("r2", "Require: c")], b"");
    end.receive_datagram(Duration::ZERO, flow, Trust::Trusted, &bytes);
    let answer = Message::parse(&end.poll_transmit().unwrap().bytes).unwrap();
    assert_eq!(answer.header("Unsupported").unwrap(), "a, b, c");
}

/// RFC 4475 by section: §3.1.1 valid, §3.1.2 invalid, §3.2 transaction, §3.3 application layer, §3.4 compatibility.
const RFC_4475: &[(&str, Outcome)] = &[
    // Valid; its To has a tag of no dialog here.
    ("wsinv", Answer(481)),
    ("intmeth", Answer(501)),
    ("esc01", Call),
    ("escnull", Answer(405)),
    ("esc02", Answer(501)),
    ("lwsdisp", Answer(200)),
    ("longreq", Call),
    // The REGISTER alone: what follows in the datagram is not looked at.
    ("dblreq", Answer(405)),
    ("semiuri", Answer(200)),
    ("transports", Answer(200)),
    // Within a dialog a MESSAGE is served; this one is in none.
    ("mpart01", Answer(481)),
    ("unreason", Read),
    ("noreason", Read),
    ("badinv01", Answer(400)),
    ("clerr", Answer(400)),
    ("ncl", Answer(400)),
    ("scalar02", Answer(400)),
    ("scalarlg", Dropped),
    ("quotbal", Answer(400)),
    ("ltgtruri", Answer(400)),
    ("lwsruri", Answer(400)),
    ("lwsstart", Answer(400)),
    ("trws", Answer(400)),
    ("escruri", Answer(400)),
    // §3.1.2.12 lets an element that does not use Date ignore it, as this one does.
    ("baddate", Call),
    ("regbadct", Answer(400)),
    ("badaspec", Answer(400)),
    ("baddn", Answer(400)),
    ("badvers", Answer(505)),
    ("mismatch01", Answer(400)),
    ("mismatch02", Answer(501)),
    ("bigcode", Dropped),
    ("badbranch", Answer(200)),
    ("insuf", Answer(400)),
    ("unkscm", Answer(416)),
    ("novelsc", Answer(416)),
    ("unksm2", Answer(405)),
    ("bext01", Answer(420)),
    ("invut", Answer(415)),
    ("regaut01", Answer(405)),
    ("multi01", Answer(400)),
    ("mcl01", Answer(400)),
    ("bcast", Read),
    ("zeromf", Answer(200)),
    ("cparam01", Answer(405)),
    ("cparam02", Answer(405)),
    ("regescrt", Answer(405)),
    ("sdp01", Answer(406)),
    ("inv2543", Call),
];

/// The messages of RFC 4475 by name, or nothing where they are not installed.
fn rfc_4475(name: &str) -> Option<Vec<u8>> {
    let root = std::env::var("FLEXIO_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let root = std::path::Path::new("../..").join(root);
    std::fs::read(root.join("testdata/sip-torture").join(format!("{name}.dat"))).ok()
}

#[test]
fn the_messages_of_rfc_4475_have_the_outcome_it_names() {
    assert_eq!(RFC_4475.len(), 49);
    if rfc_4475("wsinv").is_none() {
        println!("outside vectors absent");
        return;
    }
    let wrong: Vec<_> = RFC_4475
        .iter()
        .map(|&(name, wanted)| (name, wanted, outcome(&rfc_4475(name).unwrap())))
        .filter(|(_, wanted, got)| wanted != got)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_valid_messages_of_rfc_4475_are_read_as_it_says() {
    let Some(wsinv) = rfc_4475("wsinv") else {
        println!("outside vectors absent");
        return;
    };
    let m = Message::parse(&wsinv).unwrap();
    assert_eq!(m.cseq().unwrap(), CSeq { number: 9, method: Method::Invite });
    assert_eq!(m.list(Name::Via).count(), 3);
    assert_eq!(m.from().unwrap().display(), Some("J Rosenberg \\\""));
    assert_eq!(
        (m.to().unwrap().tag().unwrap(), m.from().unwrap().tag().unwrap()),
        ("1918181833n".into(), "98asjd8".into())
    );
    assert_eq!(m.contact().unwrap().params().get("q").unwrap(), "0.33");
    assert_eq!(m.header("Subject").unwrap(), "");
    assert!(m.sdp().is_some());

    let m = Message::parse(&rfc_4475("intmeth").unwrap()).unwrap();
    assert_eq!(m.method().unwrap().as_str(), "!interesting-Method0123456789_*+`.%indeed'~");
    assert_eq!(m.from().unwrap().display(), Some("token1~` token2'+_ token3*%!.-"));
    assert_eq!(m.from().unwrap().tag().unwrap(), "_token~1'+`*%!-.");

    let m = Message::parse(&rfc_4475("esc01").unwrap()).unwrap();
    assert_eq!(m.request_uri().unwrap().user_decoded().unwrap(), "sips:user@example.com");
    assert_eq!(m.contact().unwrap().uri().user_decoded().unwrap(), "caller");

    let m = Message::parse(&rfc_4475("esc02").unwrap()).unwrap();
    assert_eq!((m.get_all(Name::Contact).count(), m.from().unwrap().display()), (2, Some("%Z%45")));

    let m = Message::parse(&rfc_4475("dblreq").unwrap()).unwrap();
    assert_eq!((m.method(), m.body().len()), (Some(&Method::Register), 0));

    let m = Message::parse(&rfc_4475("unreason").unwrap()).unwrap();
    assert!(m.reason_phrase().starts_with("= 2**3 * 5**2 но сто девяносто"));
    assert_eq!(Message::parse(&rfc_4475("noreason").unwrap()).unwrap().reason_phrase(), "");
    assert_eq!(Message::parse(&rfc_4475("mpart01").unwrap()).unwrap().body().len(), 553);
}
