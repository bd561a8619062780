//! Our address as the world sees it, told by a STUN server (RFC 8489): for a node behind a NAT whose public address nobody wants to write
//! down. Asked from the SIP socket itself, so that the port is the one that SIP has.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;

/// Marks the setting that names a server instead of an address.
pub(crate) const PREFIX: &str = "stun:";
/// RFC 8489 §14: every message has it.
const MAGIC: u32 = 0x2112_A442;
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const MAPPED_ADDRESS: u16 = 0x0001;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
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
        let _ = socket.send_to(&request(&id), server).await;
        let answer = async {
            loop {
                match socket.recv_from(&mut buffer).await {
                    Ok((length, from)) if from == server => {
                        if let Some(seen) = mapped(&buffer[..length], &id) {
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

/// A Binding request without attributes.
fn request(id: &[u8; 12]) -> [u8; 20] {
    let mut out = [0; 20];
    out[..2].copy_from_slice(&BINDING_REQUEST.to_be_bytes());
    out[4..8].copy_from_slice(&MAGIC.to_be_bytes());
    out[8..].copy_from_slice(id);
    out
}

/// The address in the answer to the request of this id; `None` for anything else.
fn mapped(bytes: &[u8], id: &[u8; 12]) -> Option<SocketAddr> {
    let half = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let is_ours =
        half(0)? == BINDING_SUCCESS && bytes.get(4..8)? == MAGIC.to_be_bytes() && bytes.get(8..20)? == id;
    if !is_ours {
        return None;
    }
    let end = 20 + usize::from(half(2)?);
    let mut attributes = bytes.get(20..end)?;
    let mut plain = None;
    while let [kind_high, kind_low, length_high, length_low, rest @ ..] = attributes {
        let kind = u16::from_be_bytes([*kind_high, *kind_low]);
        let length = usize::from(u16::from_be_bytes([*length_high, *length_low]));
        let value = rest.get(..length)?;
        match kind {
            XOR_MAPPED_ADDRESS => return address(value, Some(id)),
            // What servers from before RFC 5389 say.
            MAPPED_ADDRESS => plain = address(value, None),
            _ => {}
        }
        // Values are padded to four octets (RFC 8489 §14).
        attributes = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    plain
}

/// Reads an address; with an id it is masked (RFC 8489 §14.2).
fn address(value: &[u8], masked: Option<&[u8; 12]>) -> Option<SocketAddr> {
    let [_, family, port_high, port_low, ip @ ..] = value else { return None };
    let mut mask = [0; 16];
    if let Some(id) = masked {
        mask[..4].copy_from_slice(&MAGIC.to_be_bytes());
        mask[4..].copy_from_slice(id);
    }
    let port = u16::from_be_bytes([port_high ^ mask[0], port_low ^ mask[1]]);
    let ip = match (family, ip.len()) {
        (1, 4) => {
            let ip: [u8; 4] = std::array::from_fn(|at| ip[at] ^ mask[at]);
            IpAddr::V4(Ipv4Addr::from(ip))
        }
        (2, 16) => {
            let ip: [u8; 16] = std::array::from_fn(|at| ip[at] ^ mask[at]);
            IpAddr::V6(Ipv6Addr::from(ip))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5769 §2.2 and §2.3: the transaction and the two addresses.
    const ID: [u8; 12] = [0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae];

    fn answer(attributes: &[u8]) -> Vec<u8> {
        let mut bytes = request(&ID).to_vec();
        bytes[..2].copy_from_slice(&BINDING_SUCCESS.to_be_bytes());
        bytes[2..4].copy_from_slice(&u16::try_from(attributes.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(attributes);
        bytes
    }

    #[test]
    fn the_addresses_of_rfc_5769_are_read_behind_other_attributes_and_their_padding() {
        // SOFTWARE "test vector", padded with a blank.
        let software = [&[0x80, 0x22, 0, 11][..], b"test vector "].concat();
        let v4 = [0, 0x20, 0, 8, 0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43];
        let seen = mapped(&answer(&[&software[..], &v4].concat()), &ID);
        assert_eq!(seen, Some("192.0.2.1:32853".parse().unwrap()));
        let v6 = [
            0, 0x20, 0, 20, 0, 2, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25,
            0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9,
        ];
        let seen = mapped(&answer(&v6), &ID);
        assert_eq!(seen, Some("[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap()));
        let plain = [0, 1, 0, 8, 0, 1, 0x80, 0x55, 192, 0, 2, 1];
        assert_eq!(mapped(&answer(&plain), &ID), Some("192.0.2.1:32853".parse().unwrap()));
    }

    #[test]
    fn what_is_no_answer_to_our_request_is_none_however_it_is_cut() {
        let whole = answer(&[0, 0x20, 0, 8, 0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43]);
        assert_eq!(mapped(&whole, &[0; 12]), None);
        for length in 0..whole.len() {
            assert_eq!(mapped(&whole[..length], &ID), None, "{length}");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut broken = whole.clone();
                broken[at] ^= 1 << bit;
                let _ = mapped(&broken, &ID);
            }
        }
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
