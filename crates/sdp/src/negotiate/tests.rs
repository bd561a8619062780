use super::*;
use crate::{SrtpKey, parse};
use proptest::prelude::*;

fn local() -> LocalMedia {
    LocalMedia::new(7, "192.0.2.9:30000".parse().unwrap())
}

fn theirs(body: &str) -> Sdp {
    let head = "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n";
    parse(format!("{head}{body}").as_bytes()).unwrap()
}

fn negotiate(body: &str) -> Negotiated {
    answer(&theirs(body), &local()).unwrap().1
}

#[test]
fn our_offer_is_this_text() {
    insta::assert_snapshot!(offer(&local()).to_string().replace('\r', ""), @r"
    v=0
    o=- 7 7 IN IP4 192.0.2.9
    s=-
    c=IN IP4 192.0.2.9
    t=0 0
    m=audio 30000 RTP/AVP 8 0 101
    a=rtpmap:8 PCMA/8000
    a=rtpmap:0 PCMU/8000
    a=rtpmap:101 telephone-event/8000
    a=fmtp:101 0-15
    a=ptime:20
    a=rtcp-mux
    a=sendrecv
    ");
}

#[test]
fn an_answer_takes_one_audio_stream_and_refuses_the_rest_in_order() {
    let offer = theirs(
        "m=video 5000 RTP/AVP 31\r\nm=audio 0 RTP/AVP 0\r\nm=audio 6000 RTP/AVP 97 0 8 98\r\n\
         a=rtpmap:97 speex/16000\r\na=rtpmap:98 telephone-event/8000\r\nm=audio 7000 RTP/AVP 8\r\n",
    );
    let (answer, negotiated) = answer(&offer, &local()).unwrap();
    let lines: Vec<(String, u16)> = answer.media.iter().map(|m| (m.kind.clone(), m.port)).collect();
    let expected = [("video", 0), ("audio", 0), ("audio", 30_000), ("audio", 0)];
    assert_eq!(lines, expected.map(|(kind, port)| (kind.to_owned(), port)));
    assert_eq!(answer.media[2].formats, ["0", "98"]);
    assert_eq!(negotiated.remote, "198.51.100.1:6000".parse().unwrap());
    assert_eq!(negotiated.remote_rtcp.port(), 6_001);
    assert_eq!((negotiated.codec, negotiated.send_telephone_event), (Codec::Pcmu, Some(98)));
}

#[test]
fn the_order_of_codecs_is_theirs_or_ours_as_set() {
    let offer = theirs("m=audio 6000 RTP/AVP 0 8\r\n");
    let chosen =
        |prefer_own_order| answer(&offer, &LocalMedia { prefer_own_order, ..local() }).unwrap().1.codec;
    assert_eq!((chosen(false), chosen(true)), (Codec::Pcmu, Codec::Pcma));
}

#[test]
fn a_codec_under_a_dynamic_number_keeps_that_number() {
    let negotiated =
        negotiate("m=audio 6000 RTP/AVP 96 0\r\na=rtpmap:96 pcma/8000/1\r\na=rtpmap:0 L16/8000\r\n");
    assert_eq!((negotiated.codec, negotiated.send_payload_type), (Codec::Pcma, 96));
}

#[test]
fn holds_of_all_kinds_are_understood_and_answered() {
    for (line, sends, receives, word) in [
        ("", true, true, "sendrecv"),
        ("a=sendonly\r\n", false, true, "recvonly"),
        ("a=recvonly\r\n", true, false, "sendonly"),
        ("a=inactive\r\n", false, false, "inactive"),
        ("c=IN IP4 0.0.0.0\r\n", false, false, "sendrecv"),
    ] {
        let offer = theirs(&format!("m=audio 6000 RTP/AVP 8\r\n{line}"));
        let (answer, negotiated) = answer(&offer, &local()).unwrap();
        assert_eq!(
            (negotiated.direction.sends(), negotiated.direction.receives()),
            (sends, receives),
            "{line}"
        );
        assert_eq!(answer.media[0].attribute(word), Some(""), "{line}");
    }
    let mut session_level = theirs("m=audio 6000 RTP/AVP 8\r\n");
    session_level.attributes.push(Attribute::flag("sendonly"));
    assert!(!answer(&session_level, &local()).unwrap().1.direction.sends());
}

#[test]
fn addresses_of_the_medium_go_before_those_of_the_session() {
    let negotiated =
        negotiate("m=audio 6000 RTP/AVP 8\r\nc=IN IP4 203.0.113.5\r\na=rtcp:7777 IN IP4 203.0.113.6\r\n");
    assert_eq!(negotiated.remote, "203.0.113.5:6000".parse().unwrap());
    assert_eq!(negotiated.remote_rtcp, "203.0.113.6:7777".parse().unwrap());
}

#[test]
fn rtcp_is_multiplexed_only_when_both_want_it() {
    let offer = theirs("m=audio 6000 RTP/AVP 8\r\na=rtcp-mux\r\n");
    let (text, negotiated) = answer(&offer, &local()).unwrap();
    assert!(negotiated.rtcp_mux && negotiated.remote_rtcp == negotiated.remote);
    assert!(text.media[0].attribute("rtcp-mux").is_some());
    let (text, negotiated) = answer(&offer, &LocalMedia { rtcp_mux: false, ..local() }).unwrap();
    assert!(!negotiated.rtcp_mux && text.media[0].attribute("rtcp-mux").is_none());
}

#[test]
fn packet_lengths_stay_within_reason() {
    let ptime = |line: &str| negotiate(&format!("m=audio 6000 RTP/AVP 8\r\n{line}")).ptime_ms;
    assert_eq!([ptime(""), ptime("a=ptime:30\r\n"), ptime("a=ptime:200\r\n")], [20, 30, 60]);
    assert_eq!([ptime("a=ptime:0\r\n"), ptime("a=ptime:x\r\n"), ptime("a=maxptime:10\r\n")], [10, 20, 10]);
}

#[test]
fn what_cannot_be_talked_to_is_refused_with_its_reason() {
    let refused = |body: &str| answer(&theirs(body), &local()).unwrap_err();
    assert_eq!(refused("m=video 5000 RTP/AVP 31\r\n"), NegotiateError::NoAudio);
    assert_eq!(refused("m=audio 0 RTP/AVP 8\r\n"), NegotiateError::NoAudio);
    assert_eq!(refused("m=audio 6000 RTP/SAVP 8\r\n"), NegotiateError::Encryption);
    assert_eq!(refused("m=audio 6000 RTP/AVP 18\r\n"), NegotiateError::NoCommonCodec);
    assert_eq!(refused("m=audio 6000 RTP/AVP 8\r\nc=IN IP4 224.0.0.1/127\r\n"), NegotiateError::NoAddress);
    assert_eq!(refused("m=audio 6000 RTP/AVP 8\r\nc=IN IP4 host.example\r\n"), NegotiateError::NoAddress);
    assert_eq!(refused("m=audio 6000 RTP/AVP 8\r\nc=IN IP6 2001:db8::1\r\n"), NegotiateError::NoAddress);
}

#[test]
fn both_ends_of_an_exchange_agree() {
    let (ours, mut answerer) = (local(), LocalMedia::new(9, "198.51.100.4:40000".parse().unwrap()));
    answerer.codecs = vec![Codec::Pcmu];
    answerer.telephone_event = Some(96);
    let offered = offer(&ours);
    let (reply, taken_there) = answer(&offered, &answerer).unwrap();
    let heard_here = accept_answer(&offered, &reply, &ours).unwrap();
    assert_eq!((heard_here.remote, taken_there.remote), (answerer.rtp, ours.rtp));
    assert_eq!((heard_here.codec, taken_there.codec), (Codec::Pcmu, Codec::Pcmu));
    assert_eq!(heard_here.send_telephone_event, taken_there.recv_telephone_event);
    assert_eq!(taken_there.send_telephone_event, Some(101));
}

#[test]
fn answers_that_break_the_rules_are_noticed() {
    let ours = offer(&local());
    let taken = |body: &str| accept_answer(&ours, &theirs(body), &local());
    assert_eq!(taken(""), Err(NegotiateError::Mismatch));
    assert_eq!(taken("m=video 1 RTP/AVP 31\r\n"), Err(NegotiateError::Mismatch));
    assert_eq!(taken("m=audio 0 RTP/AVP 8\r\n"), Err(NegotiateError::Refused));
    assert_eq!(taken("m=audio 6000 RTP/AVP 9\r\n"), Err(NegotiateError::NoCommonCodec));
    assert_eq!(taken("m=audio 6000 RTP/AVP 8\r\n").unwrap().send_telephone_event, None);
    // Another number for events in the answer: theirs to send, ours to receive.
    let own = taken("m=audio 6000 RTP/AVP 8 97\r\na=rtpmap:97 telephone-event/8000\r\n").unwrap();
    assert_eq!((own.send_telephone_event, own.recv_telephone_event), (Some(97), Some(101)));
}

#[test]
fn a_re_offer_has_a_new_version_and_no_field_makes_a_second_line() {
    let mut media = local();
    let first = offer(&media);
    media.bump();
    media.direction = Direction::SendOnly;
    let second = offer(&media);
    assert_eq!((first.origin.version.as_str(), second.origin.version.as_str()), ("7", "8"));
    assert_eq!(first.origin.session_id, second.origin.session_id);
    let mut forged = second;
    forged.name = "x\r\na=crypto:1".into();
    assert_eq!(parse(forged.to_string().as_bytes()).unwrap().name, "xa=crypto:1");
}

proptest! {
    #[test]
    fn an_answer_always_has_the_media_lines_of_the_offer(
        lines in proptest::collection::vec(("(audio|video|text)", 0u16..3, "(RTP/AVP|RTP/SAVP|udp)", "(0|8|9|18|97)( (0|8|101)){0,3}"), 0..8),
        extra in "(a=sendonly\r\n|a=rtcp:9\r\n|a=ptime:40\r\n|a=rtpmap:97 PCMA/8000\r\n|)",
    ) {
        let line = |(kind, port, protocol, formats): &(String, u16, String, String)| {
            format!("m={kind} {} {protocol} {formats}\r\n{extra}", port * 10_000)
        };
        let body = lines.iter().map(line).collect::<Vec<_>>().concat();
        let offer = theirs(&body);
        if let Ok((answer, negotiated)) = answer(&offer, &local()) {
            prop_assert_eq!(answer.media.len(), offer.media.len());
            prop_assert_eq!(answer.media.iter().filter(|line| line.port != 0).count(), 1);
            for (ours, theirs) in answer.media.iter().zip(&offer.media) {
                prop_assert_eq!(&ours.kind, &theirs.kind);
                prop_assert_eq!(&ours.protocol, &theirs.protocol);
            }
            prop_assert_eq!(parse(answer.to_string().as_bytes()), Ok(answer));
            prop_assert!((10..=60).contains(&negotiated.ptime_ms));
        }
    }
}

fn secured(srtp: SrtpPolicy) -> LocalMedia {
    LocalMedia { srtp, srtp_keys: [SrtpKey([1; 30]), SrtpKey([2; 30])], ..local() }
}

#[test]
fn keys_are_exchanged_and_both_ends_agree_on_them() {
    for (policy, protocol) in [(SrtpPolicy::Required, "RTP/SAVP"), (SrtpPolicy::Optional, "RTP/AVP")] {
        let ours = secured(policy);
        let theirs = LocalMedia {
            srtp: SrtpPolicy::Optional,
            srtp_keys: [SrtpKey([3; 30]), SrtpKey([4; 30])],
            ..LocalMedia::new(9, "198.51.100.4:40000".parse().unwrap())
        };
        let offered = offer(&ours);
        assert_eq!(offered.media[0].protocol, protocol);
        let (reply, there) = answer(&offered, &theirs).unwrap();
        assert_eq!(reply.media[0].protocol, protocol);
        let here = accept_answer(&offered, &reply, &ours).unwrap();
        let (here, there) = (here.srtp.unwrap(), there.srtp.unwrap());
        assert_eq!((here.send, here.receive, here.suite), (there.receive, there.send, there.suite));
        assert_eq!((here.send, here.receive), (SrtpKey([1; 30]), SrtpKey([3; 30])));
    }
}

#[test]
fn nothing_falls_back_to_clear_that_must_be_encrypted_and_nothing_is_encrypted_in_name_only() {
    let clear = theirs("m=audio 6000 RTP/AVP 8\r\n");
    assert_eq!(answer(&clear, &secured(SrtpPolicy::Required)).unwrap_err(), NegotiateError::Encryption);
    assert_eq!(answer(&clear, &secured(SrtpPolicy::Optional)).unwrap().1.srtp, None);
    let nameless = theirs("m=audio 6000 RTP/SAVP 8\r\n");
    assert_eq!(answer(&nameless, &secured(SrtpPolicy::Optional)).unwrap_err(), NegotiateError::Encryption);
    let key = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
    let both = theirs(&format!(
        "m=audio 6000 RTP/AVP 8\r\nm=audio 6002 RTP/SAVP 8\r\na=crypto:4 AES_CM_128_HMAC_SHA1_32 {key}\r\n"
    ));
    for (policy, port) in
        [(SrtpPolicy::Off, 6_000), (SrtpPolicy::Optional, 6_002), (SrtpPolicy::Required, 6_002)]
    {
        let (reply, agreed) = answer(&both, &secured(policy)).unwrap();
        assert_eq!((agreed.remote.port(), agreed.srtp.is_some()), (port, port == 6_002));
        let lines: Vec<&str> = reply.media[1].attributes("crypto").collect();
        assert_eq!(lines.len(), usize::from(port == 6_002));
        assert!(lines.iter().all(|line| line.starts_with("4 AES_CM_128_HMAC_SHA1_32 inline:")));
    }
    // An answer in clear, or under a key we did not offer, ends a call that must be encrypted.
    let ours = secured(SrtpPolicy::Required);
    for reply in [
        "m=audio 6000 RTP/AVP 8\r\n".to_owned(),
        format!("m=audio 6000 RTP/SAVP 8\r\na=crypto:7 AES_CM_128_HMAC_SHA1_80 {key}\r\n"),
        "m=audio 6000 RTP/SAVP 8\r\n".to_owned(),
    ] {
        let refused = accept_answer(&offer(&ours), &theirs(&reply), &ours).unwrap_err();
        assert_eq!(refused, NegotiateError::Encryption, "{reply}");
    }
}

#[test]
fn events_are_on_the_clock_of_the_codec_where_both_have_it() {
    let wide = LocalMedia { codecs: vec![Codec::Opus, Codec::G722, Codec::Pcma], ..local() };
    let offered = offer(&wide).to_string();
    assert!(offered.contains("m=audio 30000 RTP/AVP 111 9 8 101 110\r\n"), "{offered}");
    assert!(offered.contains("a=rtpmap:110 telephone-event/48000\r\n"), "{offered}");
    let take = |body: &str| answer(&theirs(body), &wide).unwrap().1;
    let opus =
        "m=audio 6000 RTP/AVP 96 97 98\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/8000\r\n";
    let narrow = take(opus);
    assert_eq!(
        (narrow.codec, narrow.send_telephone_event, narrow.telephone_event_hz),
        (Codec::Opus, Some(97), 8_000)
    );
    let agreed = take(&format!("{opus}a=rtpmap:98 telephone-event/48000\r\n"));
    assert_eq!((agreed.send_telephone_event, agreed.telephone_event_hz), (Some(98), 48_000));
    // In an answer to our offer too; there each side has its own number.
    let reply = theirs(
        "m=audio 6000 RTP/AVP 96 98\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:98 telephone-event/48000\r\n",
    );
    let agreed = accept_answer(&offer(&wide), &reply, &wide).unwrap();
    assert_eq!((agreed.send_telephone_event, agreed.recv_telephone_event), (Some(98), Some(110)));
    assert_eq!((agreed.send_payload_type, agreed.recv_payload_type), (96, 111));
}
