//! What is needed of STUN to learn one's own address (RFC 8489): a Binding request and the address in its answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// RFC 8489 §14: every message has it.
const MAGIC: u32 = 0x2112_A442;
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const MAPPED_ADDRESS: u16 = 0x0001;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;

/// A Binding request without attributes; `id` is its transaction, by chance.
pub fn stun_request(id: &[u8; 12]) -> [u8; 20] {
    let mut out = [0; 20];
    out[..2].copy_from_slice(&BINDING_REQUEST.to_be_bytes());
    out[4..8].copy_from_slice(&MAGIC.to_be_bytes());
    out[8..].copy_from_slice(id);
    out
}

/// The address in the answer to the request of this id, as the server sees who asked; `None` for anything else.
pub fn stun_mapped(bytes: &[u8], id: &[u8; 12]) -> Option<SocketAddr> {
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
        let mut bytes = stun_request(&ID).to_vec();
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
        let seen = stun_mapped(&answer(&[&software[..], &v4].concat()), &ID);
        assert_eq!(seen, Some("192.0.2.1:32853".parse().unwrap()));
        let v6 = [
            0, 0x20, 0, 20, 0, 2, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25,
            0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9,
        ];
        let seen = stun_mapped(&answer(&v6), &ID);
        assert_eq!(seen, Some("[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap()));
        let plain = [0, 1, 0, 8, 0, 1, 0x80, 0x55, 192, 0, 2, 1];
        assert_eq!(stun_mapped(&answer(&plain), &ID), Some("192.0.2.1:32853".parse().unwrap()));
    }

    #[test]
    fn what_is_no_answer_to_our_request_is_none_however_it_is_cut() {
        let whole = answer(&[0, 0x20, 0, 8, 0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43]);
        assert_eq!(stun_mapped(&whole, &[0; 12]), None);
        for length in 0..whole.len() {
            assert_eq!(stun_mapped(&whole[..length], &ID), None, "{length}");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut broken = whole.clone();
                broken[at] ^= 1 << bit;
                let _ = stun_mapped(&broken, &ID);
            }
        }
    }
}
