use super::*;
use proptest::prelude::*;

const OFFER: &str = "v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.7\r\ns=call\r\ni=ignored\r\n\
    c=IN IP4 192.0.2.7\r\nb=AS:64\r\nt=0 0\r\na=sendrecv\r\nm=audio 49170 RTP/AVP 0 8 97\r\n\
    b=TIAS:64000\r\na=rtpmap:97 telephone-event/8000\r\na=ptime:20\r\nm=video 0/2 RTP/AVP 31\r\n";

#[test]
fn an_ordinary_offer_is_read() {
    let sdp = parse(OFFER.as_bytes()).unwrap();
    assert_eq!((sdp.name.as_str(), sdp.origin.username.as_str()), ("call", "alice"));
    assert_eq!(sdp.bandwidth, [Bandwidth { kind: "AS".into(), value: 64 }]);
    let audio = &sdp.media[0];
    assert_eq!((audio.port, audio.formats.join(" ").as_str()), (49_170, "0 8 97"));
    assert_eq!((audio.attribute("ptime"), audio.bandwidth[0].value), (Some("20"), 64_000));
    assert_eq!((sdp.media[1].port, sdp.media[1].port_count), (0, Some(2)));
}

#[test]
fn what_is_read_prints_to_the_same_description() {
    let sdp = parse(OFFER.as_bytes()).unwrap();
    assert_eq!(parse(sdp.to_string().as_bytes()), Ok(sdp));
}

#[test]
fn bare_line_feeds_and_a_last_empty_line_are_taken() {
    assert!(parse(OFFER.replace('\r', "").as_bytes()).is_ok());
    assert!(parse(format!("{OFFER}\r\n").as_bytes()).is_ok());
}

#[test]
fn malformed_descriptions_are_refused_at_their_line() {
    let head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n";
    let fault = |rest: &str| parse(format!("{head}{rest}").as_bytes()).unwrap_err();
    for bad in [
        "m=audio",
        "m=audio 1",
        "m=audio 1 RTP/AVP",
        "m=audio 65536 RTP/AVP 0",
        "m=audio -1 RTP/AVP 0",
        "m=audio 1/x RTP/AVP 0",
        "c=IN IP4",
        "c=IN IP4 1.2.3.4 5",
        "b=AS",
        "b=AS:x",
        "b=:1",
        "a=",
        "a=:x",
        "no equals sign",
        "xx=1",
        "=1",
        "a=tool:x\ry",
    ] {
        assert_eq!(fault(bad), ParseError::Line(4), "{bad}");
    }
    for bad in
        ["o=- 1 1 IN IP4", "o=- x 1 IN IP4 192.0.2.1", "o=- 1 -1 IN IP4 192.0.2.1", "o= 1 1 IN IP4 192.0.2.1"]
    {
        assert_eq!(parse(format!("v=0\r\n{bad}\r\n").as_bytes()), Err(ParseError::Line(2)), "{bad}");
    }
    assert_eq!(parse(b"v=0\r\ns=-\r\n"), Err(ParseError::NoOrigin));
    assert_eq!(parse(b"v=1\r\n"), Err(ParseError::Version));
    assert_eq!(parse(b""), Err(ParseError::Version));
    assert_eq!(parse(b"\r\nv=0\r\n"), Err(ParseError::Version));
    assert_eq!(parse(b"v=0\r\ns=\xFF\r\n"), Err(ParseError::NotText));
    assert_eq!(parse(b"v=0\r\ns=\0\r\n"), Err(ParseError::NotText));
}

#[test]
fn size_and_number_of_media_are_limited() {
    let head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n";
    let with = |count| parse(format!("{head}{}", "m=audio 1 RTP/AVP 0\r\n".repeat(count)).as_bytes());
    assert_eq!(with(MAX_MEDIA).unwrap().media.len(), MAX_MEDIA);
    assert_eq!(with(MAX_MEDIA + 1), Err(ParseError::TooManyMedia));
    assert_eq!(parse(&vec![b'v'; MAX_BYTES + 1]), Err(ParseError::TooLong));
}

proptest! {
    #[test]
    fn mutated_descriptions_never_panic_and_print_what_was_read(
        edits in proptest::collection::vec((0usize..OFFER.len(), any::<u8>()), 0..6),
        cut in 0usize..OFFER.len(),
        doubled in 0usize..OFFER.len(),
    ) {
        let mut bytes = OFFER.as_bytes().to_vec();
        for (at, byte) in edits {
            bytes[at] = byte;
        }
        let repeated = [&bytes[..doubled], &bytes[cut.min(doubled)..]].concat();
        for bytes in [&bytes[..], &bytes[..cut], &repeated] {
            if let Ok(sdp) = parse(bytes) {
                prop_assert_eq!(parse(sdp.to_string().as_bytes()), Ok(sdp));
            }
        }
    }

    #[test]
    fn any_lines_are_survived(lines in proptest::collection::vec("[vosctbam]=[ -~]{0,40}", 0..40)) {
        let text = format!("v=0\r\no=- 1 1 IN IP6 ::1\r\n{}\r\n", lines.join("\r\n"));
        if let Ok(sdp) = parse(text.as_bytes()) {
            prop_assert_eq!(parse(sdp.to_string().as_bytes()), Ok(sdp));
        }
    }
}
