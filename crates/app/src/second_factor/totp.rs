//! One-time passwords of an app on a phone: HOTP (RFC 4226) over the time (RFC 6238), six digits, 30 s, HMAC-SHA-1, which is what every
//! such app can do.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Bytes of a secret: the length of the hash (RFC 4226 §4, R6).
pub(super) const SECRET_LEN: usize = 20;
/// How long a code is shown, in seconds.
const STEP_S: i64 = 30;
/// A code of this many steps before or after is taken too: clocks differ, and people type.
const STEPS_OFF: i64 = 1;

/// The code of a step.
fn code(secret: &[u8], step: i64) -> u32 {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    // RFC 4226 §5.3: the last four bits say where the number begins.
    let at = usize::from(hash[19] & 0xf);
    let number = u32::from_be_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]]);
    (number & 0x7fff_ffff) % 1_000_000
}

/// The step whose code this is, later than `last`: a code that was taken, and those before it, are never taken again.
pub(super) fn step_of(secret: &[u8], given: &str, now_s: i64, last: i64) -> Option<i64> {
    let is_code = given.len() == 6 && given.bytes().all(|b| b.is_ascii_digit());
    let given: u32 = given.parse().ok().filter(|_| is_code)?;
    let now = now_s.div_euclid(STEP_S);
    let steps = now - STEPS_OFF..=now + STEPS_OFF;
    // All are compared: how long it takes says nothing.
    steps
        .fold(None, |found, step| if code(secret, step) == given && step > last { Some(step) } else { found })
}

/// RFC 4648 §6, without padding, as apps want a secret.
pub(super) fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_rfc_6238_appendix_b() {
        for (seconds, eight_digits) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_234_567_890, 89_005_924),
            (20_000_000_000, 65_353_130),
        ] {
            assert_eq!(code(SECRET, seconds / 30), eight_digits % 1_000_000, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_taken_once_and_for_a_minute_and_a_half() {
        let code = format!("{:06}", code(SECRET, 100));
        for (now, taken) in
            [(98 * 30, false), (99 * 30, true), (100 * 30, true), (101 * 30 + 29, true), (102 * 30, false)]
        {
            assert_eq!(step_of(SECRET, &code, now, 0).is_some(), taken, "{now}");
        }
        assert_eq!(step_of(SECRET, &code, 3_000, 99), Some(100));
        assert_eq!(step_of(SECRET, &code, 3_000, 100), None, "again");
        for text in ["", "12345", "1234567", "+12345", " 12345", "12345a"] {
            assert_eq!(step_of(SECRET, text, 0, -9), None, "{text}");
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
    }

    proptest! {
        #[test]
        fn no_step_is_taken_twice(secret in any::<[u8; 20]>(), now in 0_i64..4_000_000_000, later in 0_i64..120) {
            let code = format!("{:06}", code(&secret, now / 30));
            let step = step_of(&secret, &code, now, i64::MIN).unwrap();
            if let Some(next) = step_of(&secret, &code, now + later, step) {
                prop_assert!(next > step);
            }
        }
    }
}
