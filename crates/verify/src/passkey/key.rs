//! Public keys of passkeys: a `COSE_Key` (RFC 9052 §7), which is a CBOR map (RFC 8949) of small numbers to numbers and bytes.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::{PasskeyError, split};

/// What authenticators may use, the best first (RFC 9053 §2, RFC 8812 §2): ECDSA on P-256, Ed25519, and RSA for older Windows.
pub const ALGORITHMS: [i32; 3] = [ES256, EDDSA, RS256];
const ES256: i32 = -7;
const EDDSA: i32 = -8;
const RS256: i32 = -257;

/// Members of a key; none we read has more.
const MEMBERS_MAX: u64 = 8;
/// Key types (RFC 9053 §7, RFC 8230 §4).
const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;
/// Curves (RFC 9053 §7.1).
const P256: i64 = 1;
const CURVE_ED25519: i64 = 6;

/// A key that signatures can be tried with.
pub(super) enum Key<'a> {
    /// A point on P-256, uncompressed.
    Es256([u8; 65]),
    Ed25519(&'a [u8]),
    Rsa {
        modulus: &'a [u8],
        exponent: &'a [u8],
    },
}

impl<'a> Key<'a> {
    /// The key at the beginning of `bytes`, and what is behind it.
    pub(super) fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), PasskeyError> {
        let (members, rest) = members(bytes)?;
        let number =
            |label| members.iter().find_map(|(have, value)| value.number().filter(|_| *have == label));
        let text = |label| members.iter().find_map(|(have, value)| value.bytes().filter(|_| *have == label));
        let (kind, algorithm, curve) = (number(1), number(3), number(-1));
        let is = |wanted: i32, family| algorithm == Some(wanted.into()) && kind == Some(family);
        let key = if is(ES256, EC2) && curve == Some(P256) {
            let (x, y) = (text(-2), text(-3));
            let (Some(x), Some(y)) = (x.filter(|x| x.len() == 32), y.filter(|y| y.len() == 32)) else {
                return Err(PasskeyError::Malformed);
            };
            let mut point = [4; 65];
            point[1..33].copy_from_slice(x);
            point[33..].copy_from_slice(y);
            Self::Es256(point)
        } else if is(EDDSA, OKP) && curve == Some(CURVE_ED25519) {
            Self::Ed25519(text(-2).filter(|x| x.len() == 32).ok_or(PasskeyError::Malformed)?)
        } else if is(RS256, RSA) {
            let (Some(modulus), Some(exponent)) = (text(-1), text(-2)) else {
                return Err(PasskeyError::Malformed);
            };
            Self::Rsa { modulus, exponent }
        } else {
            return Err(PasskeyError::Algorithm);
        };
        Ok((key, rest))
    }

    /// Whether `signature` of `message` was made with its other half.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self {
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
        };
        verified.is_ok()
    }
}

#[derive(Clone, Copy)]
enum Item<'a> {
    Number(i64),
    Bytes(&'a [u8]),
}

impl<'a> Item<'a> {
    const fn number(self) -> Option<i64> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    const fn bytes(self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}

/// Labels and values of the map at the beginning, and what is behind it.
type Members<'a> = (Vec<(i64, Item<'a>)>, &'a [u8]);

fn members(bytes: &[u8]) -> Result<Members<'_>, PasskeyError> {
    let (kind, count, mut rest) = head(bytes)?;
    if kind != 5 || count > MEMBERS_MAX {
        return Err(PasskeyError::Malformed);
    }
    let mut members = Vec::new();
    for _ in 0..count {
        let (label, behind) = item(rest)?;
        let (value, behind) = item(behind)?;
        let label = label.number().ok_or(PasskeyError::Malformed)?;
        // Of two with one label each reader might take another.
        if members.iter().any(|(have, _)| *have == label) {
            return Err(PasskeyError::Malformed);
        }
        members.push((label, value));
        rest = behind;
    }
    Ok((members, rest))
}

fn item(bytes: &[u8]) -> Result<(Item<'_>, &[u8]), PasskeyError> {
    let (kind, argument, rest) = head(bytes)?;
    let number = i64::try_from(argument).map_err(|_| PasskeyError::Malformed)?;
    match kind {
        0 => Ok((Item::Number(number), rest)),
        1 => Ok((Item::Number(-1 - number), rest)),
        2 => {
            let length = usize::try_from(argument).map_err(|_| PasskeyError::Malformed)?;
            let (bytes, rest) = split(rest, length)?;
            Ok((Item::Bytes(bytes), rest))
        }
        _ => Err(PasskeyError::Malformed),
    }
}

/// Major type and argument of an item of a definite length (RFC 8949 §3), and what is behind them.
fn head(bytes: &[u8]) -> Result<(u8, u64, &[u8]), PasskeyError> {
    let (first, rest) = bytes.split_first().ok_or(PasskeyError::Malformed)?;
    let (kind, short) = (first >> 5, first & 31);
    let length = match short {
        0..24 => return Ok((kind, short.into(), rest)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return Err(PasskeyError::Malformed),
    };
    let (digits, rest) = split(rest, length)?;
    Ok((kind, digits.iter().fold(0, |number, digit| (number << 8) | u64::from(*digit)), rest))
}
