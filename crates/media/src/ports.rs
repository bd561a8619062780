//! Random pairs of media ports.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use mio::net::UdpSocket;

use crate::{OpenError, random};

const TRIES: u32 = 64;

/// Binds one random even port, for a stream that is not ours. Pairs of ours go round it.
pub(crate) fn bind_one(ip: IpAddr, range: &RangeInclusive<u16>) -> Result<std::net::UdpSocket, OpenError> {
    let first = range.start().next_multiple_of(2);
    let count = u64::from((u32::from(*range.end()) + 2).saturating_sub(u32::from(first)) / 2);
    for _ in 0..TRIES {
        let random = random::number().map_err(OpenError::Socket)?;
        let at = random.checked_rem(count).ok_or(OpenError::NoPort)?;
        let port = first + 2 * u16::try_from(at).expect("fewer than 2^15 of them");
        match std::net::UdpSocket::bind(SocketAddr::new(ip, port)) {
            Ok(socket) => return Ok(socket),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(OpenError::Socket(error)),
        }
    }
    Err(OpenError::NoPort)
}

/// Binds RTP to a random even port and RTCP to the odd one above it. Random, so that an outsider cannot
/// guess where calls are.
pub(crate) fn bind_pair(
    ip: IpAddr,
    range: &RangeInclusive<u16>,
) -> Result<(UdpSocket, UdpSocket), OpenError> {
    let first = range.start().next_multiple_of(2);
    let pairs = (u32::from(*range.end()) + 1).saturating_sub(u32::from(first)) / 2;
    if pairs == 0 {
        return Err(OpenError::NoPort);
    }
    for _ in 0..TRIES {
        let random = random::number().map_err(OpenError::Socket)?;
        let pair = u16::try_from(random % u64::from(pairs)).expect("fewer than 2^15 pairs");
        let port = first + 2 * pair;
        let bound = UdpSocket::bind(SocketAddr::new(ip, port))
            .and_then(|rtp| Ok((rtp, UdpSocket::bind(SocketAddr::new(ip, port + 1))?)));
        match bound {
            Ok(pair) => return Ok(pair),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(OpenError::Socket(error)),
        }
    }
    Err(OpenError::NoPort)
}
