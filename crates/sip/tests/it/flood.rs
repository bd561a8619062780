//! Strangers, floods and overload.

use std::net::SocketAddr;
use std::time::Duration;

use crate::script::*;
use crate::world::*;
use flexio_sip::*;

#[test]
fn a_stranger_is_answered_ten_times_a_second_and_then_met_with_silence() {
    let mut script = Script::new();
    script.trust = Trust::Unknown;
    let options = invite("c1", "").replace("INVITE", "OPTIONS");
    for _ in 0..50 {
        script.receive(&options);
    }
    assert_eq!(script.whats().len(), 10);
    assert_eq!(script.end.stats().silenced, 40);
    script.flow.remote = "198.51.100.9:5060".parse().unwrap();
    script.receive(&options);
    assert_eq!(script.whats().len(), 1, "another source has its own share");
    script.now += Duration::from_secs(1);
    script.flow.remote = address(1);
    script.receive(&options);
    assert_eq!(script.whats().len(), 1, "the next second is another one");
}

#[test]
fn requests_of_a_standing_dialog_are_not_counted_against_its_source() {
    let mut script = Script::new();
    script.trust = Trust::Unknown;
    let (_, answer) = script.talking();
    for cseq in 11..100 {
        script.receive(&in_dialog(&answer.message, "INFO", cseq, "", ""));
    }
    assert_eq!(script.whats().len(), 89);
}

#[test]
fn an_answer_without_state_is_never_half_as_big_again_as_what_a_stranger_sent() {
    let long = "a".repeat(300);
    let texts = [
        invite("c1", ""),
        invite("c1", "Require: x\n"),
        invite("c1", &format!("X: {long}\n")),
        invite("c1", "").replace("INVITE", "OPTIONS"),
        invite("c1", "").replace("INVITE", "FLY"),
        invite("c1", "").replace("From: <sip:peer@192.0.2.2>;tag=theirs\n", ""),
        "OPTIONS sip:a SIP/2.0\nv:SIP/2.0/UDP a\n\n".to_owned(),
    ];
    let auth = AuthPolicy {
        realm: "a rather long realm of an operator".to_owned(),
        algorithms: vec![Algorithm::Sha256, Algorithm::Md5],
        nonce_lifetime: Duration::from_secs(60),
    };
    let mut answered = 0;
    for text in texts {
        let mut script = Script::with(Config { auth: Some(auth.clone()), ..config(0) });
        let bytes = text.replace('\n', "\r\n").into_bytes();
        script.end.receive_datagram(script.now, script.flow, Trust::Unknown, &bytes);
        let sent: Vec<_> = std::iter::from_fn(|| script.end.poll_transmit()).collect();
        assert!(sent.len() <= 1);
        for answer in sent {
            answered += 1;
            assert!(answer.bytes.len() * 2 <= bytes.len() * 3, "{} for {}", answer.bytes.len(), bytes.len());
        }
    }
    assert!(answered >= 5, "{answered}");
}

#[test]
fn shedding_refuses_its_share_of_new_calls_with_a_time_to_come_back_and_no_state() {
    let mut script = Script::new();
    let (_, answer) = script.talking();
    script.end.set_shed(Shed { percent: 40, retry_after_s: 7 });
    let mut shed = 0;
    for n in 0..1_000 {
        let text = invite(&format!("call-{n}"), "");
        script.receive(&text);
        let first = script.one();
        if first.what() == "503 INVITE" {
            shed += 1;
            assert_eq!(first.header("Retry-After"), "7");
            script.receive(&text);
            assert_eq!(script.whats(), ["503 INVITE"], "a repetition meets the same fate");
        }
    }
    assert!((300..500).contains(&shed), "{shed}");
    assert_eq!(script.end.stats().legs, 1 + 1_000 - shed);
    script.end.set_shed(Shed { percent: 100, retry_after_s: 7 });
    script.receive(&in_dialog(&answer.message, "INFO", 11, "", ""));
    assert_eq!(script.whats(), ["200 INFO"], "calls that stand are served");
}

#[test]
fn legs_have_a_ceiling() {
    let mut script = Script::with(Config { max_legs: 3, ..config(0) });
    for n in 0..5 {
        script.receive(&invite(&format!("call-{n}"), ""));
    }
    assert_eq!(script.whats(), ["100 INVITE", "100 INVITE", "100 INVITE", "503 INVITE", "503 INVITE"]);
    let from = NameAddr::new(uri("sip:a@192.0.2.1"));
    let request = InviteRequest::new(uri("sip:b@192.0.2.2"), from, Destination::udp(address(1)), "v=0");
    assert_eq!(script.end.invite(script.now, request), Err(OpError::Full));
}

#[test]
fn calls_for_help_are_taken_and_made_by_a_full_node_that_sheds_everything_else() {
    let never_shed = vec!["112".to_owned()];
    let mut script = Script::with(Config { max_legs: 1, never_shed, ..config(0) });
    script.receive(&invite("full", ""));
    assert_eq!(script.whats(), ["100 INVITE"]);
    script.end.set_shed(Shed { percent: 100, retry_after_s: 7 });
    for (call_id, to, answer) in [
        ("other", "sip:+3225550100@192.0.2.1", "503 INVITE"),
        ("number", "sip:112@192.0.2.1", "100 INVITE"),
        ("escaped", "sip:%31%31%32@192.0.2.1", "100 INVITE"),
        ("service", "urn:service:sos", "100 INVITE"),
        ("branch", "urn:service:sos.ambulance", "100 INVITE"),
        ("counsel", "urn:service:counseling", "416 INVITE"),
    ] {
        script.receive(
            &invite(call_id, "").replace("INVITE sip:+3225550100@192.0.2.1 ", &format!("INVITE {to} ")),
        );
        assert_eq!(script.whats(), [answer], "{to}");
    }
    for (to, is_made) in [("sip:b@192.0.2.2", false), ("sip:112@192.0.2.2", true)] {
        let from = NameAddr::new(uri("sip:a@192.0.2.1"));
        let request = InviteRequest::new(uri(to), from, Destination::udp(address(1)), "v=0");
        assert_eq!(script.end.invite(script.now, request).is_ok(), is_made, "{to}");
    }
}

#[test]
fn keep_alives_and_noise_are_neither_answered_nor_counted() {
    let mut script = Script::new();
    script.trust = Trust::Unknown;
    for bytes in [&b""[..], b"\r\n\r\n", b"\0\0\0\0", b"jaK", &[b'\r'; 100]] {
        script.end.receive_datagram(script.now, script.flow, script.trust, bytes);
    }
    assert!(script.sent().is_empty());
    assert_eq!(script.end.stats(), Stats::default());
}

#[test]
fn time_that_goes_backwards_does_no_harm() {
    let mut script = Script::new();
    script.now = Duration::from_secs(100);
    script.talking();
    script.now = Duration::ZERO;
    let remote: SocketAddr = "198.51.100.9:5060".parse().unwrap();
    script.flow.remote = remote;
    script.receive(&invite("c2", ""));
    script.end.handle_timeout(script.now);
    assert!(script.end.poll_timeout().unwrap() >= Duration::from_secs(100));
}
