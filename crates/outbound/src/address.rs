//! Which IP addresses may be reached: the IANA special-purpose registries (RFC 6890 and its updates) turned into a filter.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::Deserialize;

use crate::OutboundConfig;

/// A network in CIDR form, `10.0.0.0/8` or `fd00::/8`; an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cidr {
    network: IpAddr,
    prefix_bits: u8,
}

/// A text that is not a network in CIDR form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a network such as 10.0.0.0/8 or fd00::/8")]
pub struct NotACidr(String);

impl Cidr {
    /// Whether `address` lies in this network. IPv4 and IPv6 never match each other.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix_bits)).unwrap_or(0);
                (network.to_bits() ^ address.to_bits()) & mask == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix_bits)).unwrap_or(0);
                (network.to_bits() ^ address.to_bits()) & mask == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Cidr {
    type Err = NotACidr;

    fn from_str(text: &str) -> Result<Self, NotACidr> {
        let refuse = || NotACidr(text.chars().take(50).collect());
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let network: IpAddr = address.parse().map_err(|_| refuse())?;
        let whole = if network.is_ipv4() { 32 } else { 128 };
        let prefix_bits: u8 = prefix.map_or(Ok(whole), str::parse).map_err(|_| refuse())?;
        if prefix_bits > whole { Err(refuse()) } else { Ok(Self { network, prefix_bits }) }
    }
}

impl TryFrom<String> for Cidr {
    type Error = NotACidr;

    fn try_from(text: String) -> Result<Self, NotACidr> {
        text.parse()
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix_bits)
    }
}

/// IPv4 networks that no user's server lives in.
const REFUSED_V4: [(Ipv4Addr, u8); 18] = [
    (Ipv4Addr::UNSPECIFIED, 8),            // this host, this network (RFC 791)
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private (RFC 1918)
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // carrier-grade NAT (RFC 6598), one cloud's metadata
    (Ipv4Addr::new(127, 0, 0, 0), 8),      // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32), // a cloud's wire server: public by number, local by meaning
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local (RFC 3927), most clouds' metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private (RFC 1918)
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // IETF protocol assignments (RFC 6890)
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation (RFC 5737)
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // 6to4 relays (RFC 7526)
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private (RFC 1918)
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarking (RFC 2544)
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast
    (Ipv4Addr::new(233, 252, 0, 0), 24),   // documentation (RFC 6676)
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved
    (Ipv4Addr::BROADCAST, 32),             // broadcast
];

/// Networks inside 2000::/3, the only global unicast block in use, that are not users' servers either.
const REFUSED_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // IETF protocols, among them Teredo and ORCHID (RFC 2928)
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation (RFC 3849)
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4: reaches whatever IPv4 address is inside (RFC 7526)
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation (RFC 9637)
];

const GLOBAL_UNICAST: Cidr =
    Cidr { network: IpAddr::V6(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0)), prefix_bits: 3 };
const NAT64: Cidr =
    Cidr { network: IpAddr::V6(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0)), prefix_bits: 96 };

/// Decides on one address. Cheap to clone: it holds the few networks an operator lists.
#[derive(Debug, Clone)]
pub(crate) struct AddressPolicy {
    allowed: Vec<Cidr>,
    own: Vec<IpAddr>,
}

impl AddressPolicy {
    pub(crate) fn new(config: &OutboundConfig) -> Self {
        let own = config.own_addresses.iter().map(IpAddr::to_canonical).collect();
        Self { allowed: config.allow_private_cidrs.clone(), own }
    }

    /// Whether a connection to `address` may be made.
    pub(crate) fn permits(&self, address: IpAddr) -> bool {
        // The kernel treats ::ffff:a.b.c.d as a.b.c.d, so the rules must too.
        let address = address.to_canonical();
        if self.allowed.iter().any(|network| network.contains(address)) {
            return true;
        }
        if self.own.contains(&address) {
            return false;
        }
        match address {
            IpAddr::V4(address) => is_public_v4(address),
            // DNS64 makes such addresses for ordinary names (RFC 6147): the IPv4 address inside decides.
            IpAddr::V6(v6) if NAT64.contains(address) => {
                let [.., a, b, c, d] = v6.octets();
                self.permits(Ipv4Addr::new(a, b, c, d).into())
            }
            IpAddr::V6(v6) => is_public_v6(v6),
        }
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !REFUSED_V4
        .iter()
        .any(|&(network, prefix_bits)| Cidr { network: network.into(), prefix_bits }.contains(address.into()))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // ISATAP carries an IPv4 address in the interface identifier, under any prefix (RFC 5214 §6.1).
    let is_isatap = matches!(segments[4], 0 | 0x200) && segments[5] == 0x5efe;
    GLOBAL_UNICAST.contains(address.into())
        && !is_isatap
        && !REFUSED_V6.iter().any(|&(network, prefix_bits)| {
            Cidr { network: network.into(), prefix_bits }.contains(address.into())
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy(allow: &[&str], own: &[&str]) -> AddressPolicy {
        AddressPolicy::new(&OutboundConfig {
            allow_private_cidrs: allow.iter().map(|text| text.parse().unwrap()).collect(),
            own_addresses: own.iter().map(|text| text.parse().unwrap()).collect(),
            ..OutboundConfig::default()
        })
    }

    #[test]
    fn public_addresses_are_permitted() {
        let policy = policy(&[], &[]);
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a02:2788::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2001:4860::8",
        ] {
            assert!(policy.permits(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn special_addresses_are_refused() {
        let policy = policy(&[], &[]);
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:0808:0808::1",
            "3fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2a02:2788::5efe:7f00:1",
            "2a02:2788::200:5efe:a00:1",
        ] {
            assert!(!policy.permits(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn own_addresses_are_refused_and_listed_networks_win() {
        let strict = policy(&[], &["81.82.83.84"]);
        assert!(!strict.permits("81.82.83.84".parse().unwrap()));
        assert!(!strict.permits("::ffff:81.82.83.84".parse().unwrap()));
        assert!(!strict.permits("64:ff9b::81.82.83.84".parse().unwrap()));
        let open = policy(&["127.0.0.0/8", "81.82.83.84/32", "fd00::/8"], &["81.82.83.84"]);
        for address in ["127.1.2.3", "::ffff:127.0.0.1", "81.82.83.84", "fd12::1"] {
            assert!(open.permits(address.parse().unwrap()), "{address}");
        }
        assert!(!open.permits("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn networks_are_read_and_refused_as_written() {
        for text in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "::1/128", "192.0.2.1/32"] {
            assert_eq!(text.parse::<Cidr>().unwrap().to_string(), text);
        }
        assert_eq!("::1".parse::<Cidr>().unwrap().to_string(), "::1/128");
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/-1", "localhost/8", "10.0.0.0/8/8"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_address_and_its_mapped_form_are_judged_alike(bits in any::<u32>()) {
            let policy = policy(&["10.9.0.0/16"], &["81.82.83.84"]);
            let v4 = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(policy.permits(v4.into()), policy.permits(v4.to_ipv6_mapped().into()));
        }
    }
}
