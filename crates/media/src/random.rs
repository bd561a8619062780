//! Random numbers nobody can guess (ports, SSRCs, names).

use std::io;

/// 64 random bits from the operating system.
pub(crate) fn number() -> io::Result<u64> {
    getrandom::u64().map_err(io::Error::other)
}

/// 128 random bits from the operating system.
pub(crate) fn number128() -> io::Result<u128> {
    Ok((u128::from(number()?) << 64) | u128::from(number()?))
}
