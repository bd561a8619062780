//! One-time passwords of an app on a phone: HOTP (RFC 4226) over the time (RFC 6238). The console's second factor and the factors of a
//! customer's end users are both this.

use flexio_domain::{TotpAlgorithm, TotpConfig};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

/// Bytes of a secret that is made here: the length of SHA-1 (RFC 4226 §4, R6), which is enough for the others too.
pub const SECRET_LEN: usize = 20;
/// Bytes of a secret that is brought along: 128 bits (RFC 4226 §4, R6) to a block of SHA-1.
pub const SECRET_LENS: std::ops::RangeInclusive<usize> = 16..=64;
/// Seconds a code may be shown.
pub const STEPS_S: std::ops::RangeInclusive<u32> = 20..=60;
/// Digits of a code.
pub const DIGITS: std::ops::RangeInclusive<u8> = 3..=8;
/// Codes before and after the present one that may be taken: clocks differ, and people type.
pub const SKEW_MAX: u8 = 2;

fn hash<M: Mac + KeyInit>(secret: &[u8], step: i64) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The code of a step, with its leading zeros.
fn code(secret: &[u8], step: i64, config: TotpConfig) -> String {
    let hash = match config.algorithm {
        TotpAlgorithm::Sha1 => hash::<Hmac<Sha1>>(secret, step),
        TotpAlgorithm::Sha256 => hash::<Hmac<Sha256>>(secret, step),
        TotpAlgorithm::Sha512 => hash::<Hmac<Sha512>>(secret, step),
    };
    // RFC 4226 §5.3: the last four bits say where the number begins.
    let at = usize::from(hash[hash.len() - 1] & 0xf);
    let number = u32::from_be_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]]) & 0x7fff_ffff;
    let digits = config.digits.min(*DIGITS.end());
    format!("{:0width$}", number % 10_u32.pow(digits.into()), width = usize::from(digits))
}

/// The code an app shows at `now_s`, in seconds since 1970.
pub fn code_at(secret: &[u8], now_s: i64, config: &TotpConfig) -> String {
    code(secret, now_s.div_euclid(config.step_s.max(1).into()), *config)
}

/// The step whose code this is, later than `last`: a code that was taken, and those before it, are never taken again.
pub fn step_of(secret: &[u8], given: &str, now_s: i64, last: i64, config: &TotpConfig) -> Option<i64> {
    use subtle::ConstantTimeEq as _;
    let (now, skew) = (now_s.div_euclid(config.step_s.max(1).into()), i64::from(config.skew));
    // All are compared, and whole: how long it takes says nothing.
    (now - skew..=now + skew).fold(None, |found, step| {
        let is_it = bool::from(code(secret, step, *config).as_bytes().ct_eq(given.as_bytes()));
        if is_it && step > last { Some(step) } else { found }
    })
}

/// What an app scans: the "Key URI Format" of Google Authenticator, which the others read too. What has its default is left out.
pub fn key_uri(issuer: &str, holder: &str, secret: &[u8], config: &TotpConfig) -> String {
    let (issuer, usual) = (escaped(issuer), TotpConfig::default());
    let mut uri =
        format!("otpauth://totp/{issuer}:{}?secret={}&issuer={issuer}", escaped(holder), base32(secret));
    if config.algorithm != usual.algorithm {
        uri.push_str("&algorithm=");
        uri.push_str(&config.algorithm.as_str().to_uppercase());
    }
    if config.digits != usual.digits {
        uri.push_str(&format!("&digits={}", config.digits));
    }
    if config.step_s != usual.step_s {
        uri.push_str(&format!("&period={}", config.step_s));
    }
    uri
}

/// Percent-encoded (RFC 3986 §2.1): apps show a `+` as it is.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// RFC 4648 §6, without padding, as apps want a secret.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut group = [0_u8; 8];
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(group);
        let letters = (chunk.len() * 8).div_ceil(5);
        let letter = |n: usize| {
            let five = usize::try_from((bits >> (35 - 5 * n)) & 31).expect("five bits fit");
            char::from(LETTERS[five])
        };
        text.extend((0..letters).map(letter));
    }
    text
}

/// A secret as people and programs write it: in either case, with or without padding and blanks. `None` if it is none, or not of
/// [`SECRET_LENS`].
pub fn from_base32(text: &str) -> Option<Vec<u8>> {
    let letters = text.trim_end_matches('=').bytes().filter(|byte| *byte != b' ');
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(*SECRET_LENS.end()), 0_u32, 0_u32);
    for letter in letters {
        let five = LETTERS.iter().position(|have| *have == letter.to_ascii_uppercase())?;
        bits = (bits << 5 | u32::try_from(five).ok()?) & 0xfff;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
        if bytes.len() > *SECRET_LENS.end() {
            return None;
        }
    }
    SECRET_LENS.contains(&bytes.len()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &[u8] = b"12345678901234567890";
    const USUAL: TotpConfig = TotpConfig { algorithm: TotpAlgorithm::Sha1, step_s: 30, digits: 6, skew: 1 };

    #[test]
    fn codes_are_those_of_rfc_6238_appendix_b() {
        let secrets = [
            (TotpAlgorithm::Sha1, SECRET.to_vec()),
            (TotpAlgorithm::Sha256, SECRET.repeat(2)[..32].to_vec()),
            (TotpAlgorithm::Sha512, SECRET.repeat(4)[..64].to_vec()),
        ];
        for (seconds, codes) in [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ] {
            for ((algorithm, secret), expected) in secrets.iter().zip(codes) {
                let config = TotpConfig { algorithm: *algorithm, digits: 8, ..USUAL };
                assert_eq!(code_at(secret, seconds, &config), expected, "{seconds} {algorithm:?}");
            }
        }
    }

    #[test]
    fn a_code_is_taken_once_and_for_a_minute_and_a_half() {
        let code = code(SECRET, 100, USUAL);
        for (now, taken) in
            [(98 * 30, false), (99 * 30, true), (100 * 30, true), (101 * 30 + 29, true), (102 * 30, false)]
        {
            assert_eq!(step_of(SECRET, &code, now, 0, &USUAL).is_some(), taken, "{now}");
        }
        assert_eq!(step_of(SECRET, &code, 3_000, 99, &USUAL), Some(100));
        assert_eq!(step_of(SECRET, &code, 3_000, 100, &USUAL), None, "again");
        let strict = TotpConfig { skew: 0, ..USUAL };
        assert_eq!(step_of(SECRET, &code, 3_030, 0, &strict), None, "its time is over");
        for text in ["", "12345", "1234567", "+12345", " 12345", "12345a"] {
            assert_eq!(step_of(SECRET, text, 0, -9, &USUAL), None, "{text}");
        }
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        for bad in ["", "MZXW6YTBOI", "GEZDGNBVGY3TQOJQGEZDGNB1", &"A".repeat(200)] {
            assert_eq!(from_base32(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_link_says_what_is_not_usual_and_escapes_names() {
        let uri = key_uri("Bäcker & Co", "an@example.be", SECRET, &USUAL);
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(
            uri,
            format!(
                "otpauth://totp/B%C3%A4cker%20%26%20Co:an%40example.be?secret={secret}&issuer=B%C3%A4cker%20%26%20Co"
            )
        );
        let other = TotpConfig { algorithm: TotpAlgorithm::Sha256, step_s: 60, digits: 8, skew: 1 };
        assert!(key_uri("a", "b", SECRET, &other).ends_with("&algorithm=SHA256&digits=8&period=60"));
    }

    proptest! {
        #[test]
        fn no_step_is_taken_twice(
            secret in any::<[u8; 20]>(), now in 0_i64..4_000_000_000, later in 0_i64..120, skew in 0_u8..3,
        ) {
            let config = TotpConfig { skew, ..USUAL };
            let code = code_at(&secret, now, &config);
            let step = step_of(&secret, &code, now, i64::MIN, &config).unwrap();
            if let Some(next) = step_of(&secret, &code, now + later, step, &config) {
                prop_assert!(next > step);
            }
        }

        #[test]
        fn a_secret_is_read_as_it_was_written(secret in proptest::collection::vec(any::<u8>(), 16..65)) {
            prop_assert_eq!(from_base32(&base32(&secret)), Some(secret.clone()));
            prop_assert_eq!(from_base32(&format!("{}==", base32(&secret).to_lowercase())), Some(secret));
        }

        #[test]
        fn no_text_breaks_the_reader(text in ".{0,80}") {
            if let Some(secret) = from_base32(&text) {
                prop_assert!(SECRET_LENS.contains(&secret.len()));
            }
        }
    }
}
