//! Digest, both sides.

use std::time::Duration;

use crate::script::*;
use crate::world::*;
use flexio_sip::*;

fn policy() -> AuthPolicy {
    AuthPolicy {
        realm: "flexio".to_owned(),
        algorithms: vec![Algorithm::Sha256, Algorithm::Md5],
        nonce_lifetime: Duration::from_secs(60),
    }
}

fn server() -> Script {
    let mut script = Script::with(Config { auth: Some(policy()), ..config(0) });
    script.trust = Trust::Unknown;
    script
}

fn login() -> Login {
    Login { username: "alice".to_owned(), secret: Secret::Password("correct horse".to_owned()) }
}

/// A real client that was challenged by `challenge` and answers it; its second INVITE, from the address scripts use.
fn authorization(challenge: &Message) -> Message {
    let mut client = Script::with(config(1));
    let (_, first) = client.dial(|r| {
        r.login = Some(login());
        r.destinations = vec![Destination::udp(address(0))];
    });
    let lines: Vec<_> = challenge
        .get_all(Name::WwwAuthenticate)
        .map(|value| format!("WWW-Authenticate: {}\n", String::from_utf8_lossy(value)))
        .collect();
    let lines = lines.concat();
    client.answer(&first.message, 401, "x", &lines);
    let mut sent = client.sent();
    assert_eq!(sent.iter().map(Sent::what).collect::<Vec<_>>(), ["ACK", "INVITE"]);
    sent.remove(1).message
}

fn receive(script: &mut Script, message: &Message) {
    let bytes = message.to_bytes();
    script.end.receive_datagram(script.now, script.flow, script.trust, &bytes);
}

#[test]
fn an_unknown_caller_is_challenged_without_state_and_let_in_with_the_right_password() {
    let mut script = server();
    script.receive(&invite(
        "c1",
        &"X-Padding: 0123456789012345678901234567890123456789012345678901234567890123456789\n".repeat(6),
    ));
    let challenge = script.one();
    assert_eq!((challenge.what(), script.end.stats()), ("401 INVITE".to_owned(), Stats::default()));
    let offered: Vec<_> = challenge.message.get_all(Name::WwwAuthenticate).collect();
    assert_eq!(offered.len(), 2);
    assert!(offered[0].windows(17).any(|w| w == b"algorithm=SHA-256"));

    let answer = authorization(&challenge.message);
    assert!(answer.header("Authorization").unwrap().contains("algorithm=SHA-256"), "the strongest is taken");
    receive(&mut script, &answer);
    assert_eq!(script.whats(), ["100 INVITE"]);
    let credentials = match &script.events()[..] {
        [Event::Incoming(incoming)] => incoming.authorization.as_ref().unwrap().digest().unwrap().clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(credentials.username(), "alice");
    let now = script.now;
    let mut verify = |secret: Option<Secret>| script.end.verify(now, &credentials, secret.as_ref());
    assert_eq!(verify(None), Verdict::Wrong);
    assert_eq!(verify(Some(Secret::Password("wrong".to_owned()))), Verdict::Wrong);
    assert_eq!(verify(Some(Secret::ha1(Algorithm::Md5, "alice", "flexio", "correct horse"))), Verdict::Wrong);
    assert_eq!(
        verify(Some(Secret::ha1(Algorithm::Sha256, "alice", "flexio", "correct horse"))),
        Verdict::Accepted
    );
    assert_eq!(verify(Some(Secret::Password("correct horse".to_owned()))), Verdict::Stale, "a replay");
}

#[test]
fn a_nonce_is_good_for_its_time_its_source_and_its_request_uri_only() {
    let mut script = server();
    script.receive(&invite("c1", ""));
    // The request is small: only what fits half as much again is sent, which is one challenge.
    let challenge = script.one().message;
    assert_eq!(challenge.get_all(Name::WwwAuthenticate).count(), 1);
    let answer = authorization(&challenge);

    let mut elsewhere = script.flow;
    elsewhere.remote = "198.51.100.1:5060".parse().unwrap();
    script.end.receive_datagram(script.now, elsewhere, Trust::Unknown, &answer.to_bytes());
    assert_eq!(script.whats(), ["401 INVITE"]);

    let text = String::from_utf8(answer.to_bytes()).unwrap();
    let other = text.replacen("INVITE sip:+3225550100@192.0.2.2 ", "INVITE sip:+3225550199@192.0.2.2 ", 1);
    script.end.receive_datagram(script.now, script.flow, Trust::Unknown, other.as_bytes());
    assert_eq!(script.whats(), ["401 INVITE"]);

    script.now += Duration::from_secs(61);
    receive(&mut script, &answer);
    let stale = script.one();
    assert!(stale.header("WWW-Authenticate").ends_with("stale=true"));
    assert_eq!(script.end.stats().legs, 0);
}

#[test]
fn the_application_can_challenge_and_the_count_is_eight_hex_digits() {
    let mut script = Script::with(Config { auth: Some(policy()), ..config(0) });
    script.receive(&invite("c1", ""));
    let leg = script.incoming();
    script.sent();
    script.end.challenge(script.now, leg, false).unwrap();
    let challenge = script.one();
    assert_eq!(ends(&script.events()), [(leg, &EndCause::Rejected { status: 401 })]);
    let value = authorization(&challenge.message).header("Authorization").unwrap().into_owned();
    assert!(value.contains("nc=00000001"), "{value}");
    let parse = |value: &str| Credentials::parse(value.as_bytes(), "INVITE");
    assert!(parse(&value).is_some());
    for bad in ["nc=1", "nc=000000001", "nc=0000000g", "nc=\"\""] {
        assert!(parse(&value.replace("nc=00000001", bad)).is_none(), "{bad}");
    }
    assert!(parse(&value.replace("qop=auth", "qop=auth-int")).is_none());
    assert!(parse(&value.replace("SHA-256", "SHA-1024")).is_none());
    assert!(parse("Basic abc").is_none());
}

#[test]
fn a_client_tries_once_and_once_more_for_a_stale_nonce() {
    let challenge = |nonce: &str, more: &str| {
        format!(
            "Proxy-Authenticate: Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth,auth-int\", opaque=\"o\"{more}\n"
        )
    };
    let mut script = Script::new();
    let (leg, first) = script.dial(|r| r.login = Some(login()));
    script.answer(&first.message, 407, "a", &challenge("n1", ""));
    let second = script.sent().remove(1);
    assert_eq!(second.header("CSeq"), "2 INVITE");
    assert_eq!(
        (second.header("Call-ID"), second.header("From")),
        (first.header("Call-ID"), first.header("From"))
    );
    assert!(second.header("Proxy-Authorization").contains("opaque=\"o\""));
    assert_eq!(second.message.sdp(), first.message.sdp());
    script.answer(&second.message, 407, "b", &challenge("n2", ", stale=true"));
    let third = script.sent().remove(1);
    assert!(third.header("Proxy-Authorization").contains("nonce=\"n2\""));
    script.answer(&third.message, 407, "c", &challenge("n3", ""));
    assert_eq!(script.whats(), ["ACK"]);
    assert_eq!(ends(&script.events()), [(leg, &EndCause::Failed { status: 407 })]);
}

#[test]
fn a_challenged_bye_is_sent_again_with_credentials() {
    let challenge =
        |nonce: &str| format!("WWW-Authenticate: Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\"\n");
    let mut script = Script::new();
    let (leg, first) = script.dial(|r| r.login = Some(login()));
    script.answer(&first.message, 401, "a", &challenge("n1"));
    let second = script.sent().remove(1);
    script.answer(&second.message, 200, "b", CONTACT);
    assert!(
        script.one().header("Authorization").contains("nonce=\"n1\""),
        "the ACK has the credentials of its INVITE"
    );
    script.end.bye(script.now, leg, None).unwrap();
    let bye = script.one();
    script.answer(&bye.message, 401, "", &challenge("n2"));
    let again = script.one();
    assert_eq!((again.what(), again.header("CSeq")), ("BYE".to_owned(), "4 BYE".to_owned()));
    assert!(again.header("Authorization").contains("nonce=\"n2\""));
    script.answer(&again.message, 200, "", "");
    script.wait(Duration::from_secs(200));
    assert_eq!(script.end.stats(), Stats::default());
}

#[test]
fn a_challenge_nobody_can_answer_is_a_failure() {
    for lines in [
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256, qop=\"auth\"\n",
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"\n",
        "WWW-Authenticate: Basic realm=\"r\"\n",
        "",
    ] {
        let mut script = Script::new();
        let (leg, first) = script.dial(|r| r.login = Some(login()));
        script.answer(&first.message, 401, "a", lines);
        assert_eq!(script.whats(), ["ACK"]);
        assert_eq!(ends(&script.events()), [(leg, &EndCause::Failed { status: 401 })]);
    }
}

#[test]
fn a_token_is_shown_to_the_application_when_it_came_by_a_connection_and_no_other_way() {
    let mut script = server();
    let with_token = "Authorization: Bearer a.b.c\n";
    script.receive(&invite("c1", with_token));
    assert_eq!(script.whats(), ["401 INVITE"], "a datagram with a token is a stranger's");
    script.flow.connection = Some(ConnectionId(7));
    script.receive(&invite("c2", with_token));
    assert_eq!(script.whats(), ["100 INVITE"]);
    match &script.events()[..] {
        [Event::Incoming(incoming)] => match &incoming.authorization {
            Some(Authorization::Bearer(token)) => assert_eq!(token.as_str(), "a.b.c"),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}
