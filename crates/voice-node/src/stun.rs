//! Our address as the world sees it, told by a STUN server (RFC 8489): for a node behind a NAT whose public address nobody wants to write
//! down. Asked from the SIP socket itself, so that the port is the one that SIP has.

use std::net::SocketAddr;
use std::time::Duration;

use flexio_rtp::{stun_mapped, stun_request};
use tokio::net::UdpSocket;

/// Marks the setting that names a server instead of an address.
pub(crate) const PREFIX: &str = "stun:";
/// Waits for an answer, one request each: 3.5 s in all (RFC 8489 §6.2.1 has more patience than a start should have).
const WAITS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// Why the address is not known.
#[derive(Debug, thiserror::Error)]
pub enum StunError {
    /// Not `stun:host[:port]`.
    #[error("`{0}` is not a STUN server such as stun:stun.example.net:3478")]
    Server(String),
    /// The server's name has no address of our kind (IPv4 or IPv6), or cannot be looked up.
    #[error("the STUN server `{0}` has no address")]
    NoAddress(String),
    /// No randomness from the system.
    #[error("no randomness from the system")]
    Random,
    /// Nothing usable came back.
    #[error("the STUN server {0} does not answer")]
    Silent(SocketAddr),
}

/// Host and port of a setting; the port is 3478 where none is written.
pub(crate) fn server(setting: &str) -> Result<(String, u16), StunError> {
    let fault = || StunError::Server(setting.to_owned());
    let text = setting.strip_prefix(PREFIX).ok_or_else(fault)?;
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| fault())?),
        None => (text, 3478),
    };
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    if host.is_empty() || !host.bytes().all(is_name) || port == 0 {
        return Err(fault());
    }
    Ok((host.to_owned(), port))
}

/// Asks the server of a setting how it sees this socket. Whatever else comes in meanwhile is lost: nobody is answered before this is known.
pub(crate) async fn public_address(socket: &UdpSocket, setting: &str) -> Result<SocketAddr, StunError> {
    let (host, port) = server(setting)?;
    let is_v4 = socket.local_addr().is_ok_and(|local| local.is_ipv4());
    let found = tokio::net::lookup_host((host.as_str(), port)).await;
    let found = found.ok().and_then(|mut all| all.find(|address| address.is_ipv4() == is_v4));
    let server = found.ok_or_else(|| StunError::NoAddress(host.clone()))?;
    let mut id = [0; 12];
    getrandom::fill(&mut id).map_err(|_| StunError::Random)?;
    let mut buffer = [0; 1_500];
    for wait in WAITS {
        // A packet that cannot be sent is as good as lost.
        let _ = socket.send_to(&stun_request(&id), server).await;
        let answer = async {
            loop {
                match socket.recv_from(&mut buffer).await {
                    Ok((length, from)) if from == server => {
                        if let Some(seen) = stun_mapped(&buffer[..length], &id) {
                            return seen;
                        }
                    }
                    // An error is an ICMP message about an earlier packet.
                    Ok(_) | Err(_) => {}
                }
            }
        };
        if let Ok(seen) = tokio::time::timeout(wait, answer).await {
            return Ok(seen);
        }
    }
    Err(StunError::Silent(server))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    /// The answer to a request, with these attributes.
    fn answer(attributes: &[u8]) -> Vec<u8> {
        let mut bytes = stun_request(&[0; 12]).to_vec();
        bytes[..2].copy_from_slice(&[1, 1]);
        bytes[2..4].copy_from_slice(&u16::try_from(attributes.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(attributes);
        bytes
    }

    #[test]
    fn a_server_is_named_with_or_without_its_port() {
        assert_eq!(server("stun:stun.example.net").unwrap(), ("stun.example.net".to_owned(), 3478));
        assert_eq!(server("stun:192.0.2.1:5000").unwrap(), ("192.0.2.1".to_owned(), 5000));
        for bad in ["stun:", "stun:host:port", "203.0.113.1", "stun:a b", "stun:host:0"] {
            assert!(server(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_server_that_answers_at_the_second_request_is_believed_and_strangers_are_not() {
        let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let ours = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (at, local) = (server.local_addr().unwrap(), ours.local_addr().unwrap());
        let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; 100];
            for turn in 0..2 {
                let (_, from) = server.recv_from(&mut buffer).await.unwrap();
                let forged = [0, 1, 0, 8, 0, 1, 0, 9, 6, 6, 6, 6];
                let mut bytes = answer(&forged);
                bytes[8..20].copy_from_slice(&buffer[8..20]);
                stranger.send_to(&bytes, from).await.unwrap();
                if turn == 1 {
                    bytes[20..].copy_from_slice(&[0, 1, 0, 8, 0, 1, 0x13, 0xC4, 203, 0, 113, 9]);
                    server.send_to(&bytes, from).await.unwrap();
                }
            }
        });
        let seen = public_address(&ours, &format!("stun:{at}")).await.unwrap();
        assert_eq!(seen, "203.0.113.9:5060".parse().unwrap());
        assert_eq!(ours.local_addr().unwrap(), local);
    }
}
