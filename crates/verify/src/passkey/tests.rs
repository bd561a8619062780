use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use proptest::prelude::*;

use super::*;

const CHALLENGE: &[u8] = b"a challenge of ours";

fn site() -> Site {
    Site { id: "flexio.example".to_owned(), origin: "https://flexio.example".to_owned() }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn client_data(purpose: &str, challenge: &[u8], origin: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(challenge);
    format!(
        r#"{{"type":"{purpose}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false,"new":[1]}}"#
    )
}

fn seen(site: &str, flags: u8, counter: u32, behind: &[u8]) -> Vec<u8> {
    let mut bytes = Sha256::digest(site.as_bytes()).to_vec();
    bytes.push(flags);
    bytes.extend(counter.to_be_bytes());
    bytes.extend(behind);
    bytes
}

fn credential(id: &[u8], key: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; AAGUID];
    bytes.extend(u16::try_from(id.len()).unwrap().to_be_bytes());
    bytes.extend(id);
    bytes.extend(key);
    bytes
}

fn cbor_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend([0x59]);
    out.extend(u16::try_from(bytes.len()).unwrap().to_be_bytes());
    out.extend(bytes);
}

/// An authenticator: its `COSE_Key`, and how it signs.
type Authenticator = (Vec<u8>, Box<dyn Fn(&[u8]) -> Vec<u8>>);

fn es256() -> Authenticator {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let point = pair.public_key().as_ref().to_vec();
    let mut key = hex("a5010203262001");
    key.push(0x21);
    cbor_bytes(&mut key, &point[1..33]);
    key.push(0x22);
    cbor_bytes(&mut key, &point[33..]);
    (key, Box::new(move |message| pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()))
}

fn ed25519() -> Authenticator {
    let pair = Ed25519KeyPair::generate().unwrap();
    let mut key = hex("a40101032720062158");
    key.push(32);
    key.extend(pair.public_key().as_ref());
    (key, Box::new(move |message| pair.sign(message).as_ref().to_vec()))
}

fn rs256() -> Authenticator {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    // `RSAPublicKey` (RFC 8017 App. A.1.1): a sequence of modulus and exponent, whose lengths are those of any key of 2048 bits.
    let public = pair.public_key().as_ref();
    let mut key = hex("a401030339010020");
    cbor_bytes(&mut key, &public[9..265]);
    key.push(0x21);
    cbor_bytes(&mut key, &public[267..]);
    let sign = move |message: &[u8]| {
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    };
    (key, Box::new(sign))
}

/// A use of a passkey, signed.
fn assertion(authenticator: &Authenticator, client_data: &str, authenticator_data: &[u8]) -> Vec<u8> {
    let mut message = authenticator_data.to_vec();
    message.extend(Sha256::digest(client_data));
    (authenticator.1)(&message)
}

fn use_it(
    authenticator: &Authenticator,
    client_data: &str,
    data: &[u8],
    last: u32,
) -> Result<u32, PasskeyError> {
    let signature = assertion(authenticator, client_data, data);
    let said =
        Assertion { client_data: client_data.as_bytes(), authenticator_data: data, signature: &signature };
    used(&site(), CHALLENGE, (&authenticator.0, last), said)
}

#[test]
fn the_example_of_the_standard_is_read_and_its_signature_is_right() {
    // Web Authentication Level 3, §16.2 "ES256 Credential with No Attestation".
    let made_data = hex(
        "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020\
         f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb6\
         4098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220"
            .replace(char::is_whitespace, "")
            .as_str(),
    );
    let seen = Seen::read(&made_data).unwrap();
    let (id, key) = seen.credential.unwrap();
    assert_eq!(id, hex("f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4"));
    let example = Site { id: "example.org".to_owned(), origin: "https://example.org".to_owned() };
    assert_eq!(seen.must_be_of(&example), Err(PasskeyError::NotVerified), "it does not verify the person");
    let client_data = hex(
        "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049\
         393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263\
         726f73734f726967696e223a66616c73657d"
            .replace(char::is_whitespace, "")
            .as_str(),
    );
    let challenge = hex("39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408");
    let read = ClientData::read(&client_data).unwrap();
    assert_eq!(read.must_answer("webauthn.get", &example, &challenge), Ok(()));
    let said = Assertion {
        client_data: &client_data,
        authenticator_data: &hex("bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000"),
        signature: &hex(
            "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd\
             5d78c6e486013f937295ea13653e331e87"
                .replace(char::is_whitespace, "")
                .as_str(),
        ),
    };
    assert_eq!(signed(&Key::read(key).unwrap().0, said), Ok(()));
    let other = Assertion { client_data: b"{}", ..said };
    assert_eq!(signed(&Key::read(key).unwrap().0, other), Err(PasskeyError::Signature));
}

#[test]
fn a_passkey_of_each_kind_is_made_and_used() {
    for authenticator in [es256(), ed25519(), rs256()] {
        let data = seen("flexio.example", 0b0100_1101, 0, &credential(b"its name", &authenticator.0));
        let told = client_data("webauthn.create", CHALLENGE, "https://flexio.example");
        let found = made(&site(), CHALLENGE, told.as_bytes(), &data).unwrap();
        assert_eq!((found.id.as_slice(), &found.key, found.counter), (&b"its name"[..], &authenticator.0, 0));
        assert!(found.synced);
        let told = client_data("webauthn.get", CHALLENGE, "https://flexio.example");
        assert_eq!(use_it(&authenticator, &told, &seen("flexio.example", 0b101, 7, &[]), 6), Ok(7));
        let (data, signature) = (seen("flexio.example", 0b101, 8, &[]), assertion(&es256(), &told, &[]));
        let forged =
            Assertion { client_data: told.as_bytes(), authenticator_data: &data, signature: &signature };
        let refused = used(&site(), CHALLENGE, (&authenticator.0, 7), forged);
        assert_eq!(refused, Err(PasskeyError::Signature));
    }
}

#[test]
fn what_is_not_for_us_now_and_by_a_verified_person_is_refused() {
    let authenticator = es256();
    let (ours, get) = (seen("flexio.example", 0b101, 5, &[]), "webauthn.get");
    let told = client_data(get, CHALLENGE, "https://flexio.example");
    let refused = |told: &str, data: &[u8], last| use_it(&authenticator, told, data, last).unwrap_err();
    let other = client_data("webauthn.create", CHALLENGE, "https://flexio.example");
    assert_eq!(refused(&other, &ours, 0), PasskeyError::Challenge);
    assert_eq!(
        refused(&client_data(get, b"old", "https://flexio.example"), &ours, 0),
        PasskeyError::Challenge
    );
    for origin in [
        "https://evil.example",
        "http://flexio.example",
        "https://flexio.example:444",
        "https://a.flexio.example",
    ] {
        assert_eq!(refused(&client_data(get, CHALLENGE, origin), &ours, 0), PasskeyError::Site);
    }
    for framed in [r#""crossOrigin":true"#, r#""crossOrigin":false,"topOrigin":"https://evil.example""#] {
        let framed = told.replace(r#""crossOrigin":false"#, framed);
        assert_eq!(refused(&framed, &ours, 0), PasskeyError::Site);
    }
    assert_eq!(refused(&told, &seen("evil.example", 0b101, 5, &[]), 0), PasskeyError::Site);
    for flags in [0b001, 0b100, 0] {
        assert_eq!(refused(&told, &seen("flexio.example", flags, 5, &[]), 0), PasskeyError::NotVerified);
    }
    assert_eq!(refused(&told, &ours, 5), PasskeyError::Counter);
    assert_eq!(refused(&told, &seen("flexio.example", 0b101, 0, &[]), 5), PasskeyError::Counter);
    assert_eq!(
        use_it(&authenticator, &told, &seen("flexio.example", 0b101, 0, &[]), 0),
        Ok(0),
        "it does not count"
    );
    assert_eq!(refused(&told, &seen("flexio.example", 0b101, 6, b"more"), 0), PasskeyError::Malformed);
}

#[test]
fn keys_of_other_kinds_and_broken_ones_are_refused() {
    let (key, _) = es256();
    let refused = |key: &[u8]| Key::read(key).map(|_| ()).unwrap_err();
    assert_eq!(refused(&key[..key.len() - 1]), PasskeyError::Malformed);
    assert_eq!(refused(&hex("a40102033822200121404040")), PasskeyError::Algorithm, "ES384");
    assert_eq!(refused(&hex("a50102032620012140225820")), PasskeyError::Malformed);
    assert_eq!(refused(&hex("a2010201020326")), PasskeyError::Malformed, "twice the same");
    assert_eq!(refused(&hex("bf0102ff")), PasskeyError::Malformed, "of no definite length");
    assert_eq!(refused(&hex("bb00000000ffffffff")), PasskeyError::Malformed);
}

proptest! {
    #[test]
    fn nothing_a_browser_sends_is_too_strange(told in ".{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0usize..200) {
        let _ = challenge_of(told.as_bytes());
        let _ = made(&site(), CHALLENGE, told.as_bytes(), &bytes);
        let _ = Key::read(&bytes);
        let whole = seen("flexio.example", 0b0100_0101, 0, &credential(b"n", &ed25519().0));
        let cut = cut.min(whole.len() - 1);
        prop_assert!(Seen::read(&whole[..cut]).is_err());
    }
}
