//! Published vectors, and the window of used counts.

use std::time::Duration;

use super::Verdict::{Accepted, Stale};
use super::server::Nonces;
use super::*;
use crate::random::Random;

/// RFC 7616 §3.9.1: user Mufasa, both hashes.
#[test]
fn the_responses_of_rfc_7616_are_reproduced() {
    for (algorithm, wanted) in [
        (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
        (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ] {
        let proof = Proof {
            algorithm,
            method: "GET",
            uri: "/dir/index.html",
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            qop: Some(("00000001", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")),
        };
        let secret = Secret::Password("Circle of Life".to_owned());
        let ha1 = secret.ha1_for(algorithm, "Mufasa", "http-auth@example.org").unwrap();
        assert_eq!(proof.response(&ha1), wanted);
    }
}

/// RFC 2617 §3.5 has the example with MD5 and qop; RFC 2069 §2.4 as corrected by its errata the one without.
#[test]
fn a_challenge_without_qop_is_answered_the_old_way() {
    let proof = Proof {
        algorithm: Algorithm::Md5,
        method: "GET",
        uri: "/dir/index.html",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: None,
    };
    let secret = Secret::Password("CircleOfLife".to_owned());
    let ha1 = secret.ha1_for(Algorithm::Md5, "Mufasa", "testrealm@host.com").unwrap();
    assert_eq!(proof.response(&ha1), "1949323746fe6a43ef61f9606e7febea");
}

#[test]
fn counts_are_accepted_once_and_in_any_order_within_the_window() {
    let mut random = Random::new([1; 32]);
    let mut nonces = Nonces::new(&mut random, Duration::from_secs(60));
    let source = "192.0.2.1".parse().unwrap();
    let nonce = nonces.issue(Duration::ZERO, &mut random, source);
    let secret = Secret::Password("p".to_owned());
    let mut verify = |now: u64, count: u32| {
        let nc = format!("{count:08x}");
        let proof = Proof {
            algorithm: Algorithm::Sha256,
            method: "INVITE",
            uri: "sip:x",
            nonce: &nonce,
            qop: Some((&nc, "c")),
        };
        let response = proof.response(&secret.ha1_for(Algorithm::Sha256, "u", "r").unwrap());
        let credentials = Credentials {
            username: "u".into(),
            realm: "r".into(),
            nonce: nonce.clone(),
            uri: "sip:x".into(),
            response,
            algorithm: Algorithm::Sha256,
            nc: nc.clone(),
            cnonce: "c".into(),
            method: "INVITE".into(),
            source: None,
        };
        nonces.verify(Duration::from_secs(now), "r", &credentials, Some(&secret))
    };
    let tried: Vec<_> =
        [1, 1, 300, 299, 299, 237, 236, 0x0fff_ffff, 2].map(|count| verify(1, count)).to_vec();
    assert_eq!(tried, [Accepted, Stale, Accepted, Accepted, Stale, Accepted, Stale, Accepted, Stale]);
    assert_eq!(verify(1, 0), Stale, "counting begins at 1");
    assert_eq!(verify(61, 0x1fff_ffff), Stale, "too old");
}
