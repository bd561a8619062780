//! Who may register and call over SIP: clients of the classic API; SIP domains with lists of users and of networks.

use std::net::{IpAddr, SocketAddr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AccountSid, ApplicationSid, ClientSid, CredentialListSid, CredentialSid, Dialect, EmergencyAddress,
    IpAccessControlListSid, IpAddressSid, NumberSid, Sealed, SipDomainSid, Webhook, WebhookSet,
};

/// What is kept of a SIP password: its digests `H(user:realm:password)` (RFC 7616 §3.4.2), sealed for the sid of their owner. They are
/// good for one realm only, and never leave by the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipSecret {
    /// Realm the digests were made for.
    pub realm: String,
    /// MD5 and SHA-256 digests in lower-case hexadecimal, one behind the other (32 and 64 digits), sealed.
    pub digests: Sealed,
}

/// A phone or browser that registers with a login and a password, reached as `client:login`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Identity.
    pub sid: ClientSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner; calls of the client are its calls.
    pub account_sid: AccountSid,
    /// User part of its address (RFC 3261 §25.1 `user`); unique in the installation, since all clients register at one host.
    pub login: String,
    /// At most 64 characters.
    pub friendly_name: String,
    /// Whether it may register and call.
    pub enabled: bool,
    /// Proof of its password.
    pub secret: SipSecret,
    /// Language of its documents.
    pub dialect: Dialect,
    /// Asked when the client places a call.
    pub voice: WebhookSet,
    /// Wins over `voice`.
    pub voice_application_sid: Option<ApplicationSid>,
    /// Wants to be woken by a push message; kept, not acted on.
    pub push_enabled: bool,
    /// Where it is, for emergency services; `None` where the account's address counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency_address: Option<EmergencyAddress>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// Where a user's phones are: the contacts that registered over UDP at one node. Others are on connections, which end with the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipBindings {
    /// Node whose socket they registered at, and which keeps the paths to them open.
    pub node: String,
    /// Whose user.
    pub account_sid: AccountSid,
    /// `client:login` or `sip:user@domain`.
    pub address: String,
    /// At most 10 (the registrar's limit).
    pub contacts: Vec<SipContact>,
}

/// A phone, as its REGISTER described it (RFC 3261 §10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipContact {
    /// URI of its Contact.
    pub uri: String,
    /// Where its REGISTER came from: behind a NAT the only way back.
    pub remote: SocketAddr,
    /// Lifetime granted, in seconds. When it ends is not kept: see [`SipBindings`]'s node, which is marked while it runs.
    pub lifetime_s: u32,
    /// Preference in thousandths (RFC 3261 §20.10).
    pub q_milli: u16,
    /// `+sip.instance` and `reg-id` (RFC 5626 §4.2).
    pub flow: Option<(String, u32)>,
    /// Call-ID of the REGISTER.
    pub call_id: String,
    /// Its CSeq when it was kept; refreshes since have higher ones.
    pub cseq: u32,
}

/// A host name of an account: phones register at it as `user@domain`, PBXs call to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipDomain {
    /// Identity.
    pub sid: SipDomainSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// Lower-case host name, unique in the installation.
    pub domain_name: String,
    /// At most 64 characters.
    pub friendly_name: String,
    /// Language of its documents.
    pub dialect: Dialect,
    /// Asked when a call to the domain comes in.
    pub voice: WebhookSet,
    /// Told of call states.
    pub voice_status_callback: Option<Webhook>,
    /// Whether users of the registration lists may register.
    pub sip_registration: bool,
    /// Whether TLS and SRTP are demanded.
    pub secure: bool,
    /// Whether emergency calls may be made; kept, not acted on.
    pub emergency_calling_enabled: bool,
    /// Number of the account that emergency calls of its phones show.
    pub emergency_caller_sid: Option<NumberSid>,
    /// Where its phones are, for emergency services; `None` where the account's address counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency_address: Option<EmergencyAddress>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// A list of SIP users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialList {
    /// Identity.
    pub sid: CredentialListSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// At most 64 characters.
    pub friendly_name: String,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// A SIP user of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Identity.
    pub sid: CredentialSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// The list; `username` is unique in it.
    pub list_sid: CredentialListSid,
    /// 1 to 32 characters.
    pub username: String,
    /// Proof of its password.
    pub secret: SipSecret,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// A list of networks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpAccessControlList {
    /// Identity.
    pub sid: IpAccessControlListSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// At most 64 characters.
    pub friendly_name: String,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// A network of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpAddress {
    /// Identity.
    pub sid: IpAddressSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// The list.
    pub list_sid: IpAccessControlListSid,
    /// At most 64 characters.
    pub friendly_name: String,
    /// An address of the network.
    pub ip_address: IpAddr,
    /// Leading bits that count: at most 32, for IPv6 128.
    pub cidr_prefix_length: u8,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

impl IpAddress {
    /// Whether `address` lies in the network. An IPv4 address that came in its IPv6 form (RFC 4291 §2.5.5.2) is the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        Prefix::of(self.ip_address, self.cidr_prefix_length) == Prefix::of(address, self.cidr_prefix_length)
    }
}

/// The first bits of an address: equal for all addresses of one network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prefix {
    /// Bits of an address of its family: 32 or 128.
    pub width: u8,
    /// How many bits count, at most `width`.
    pub length: u8,
    /// Those bits.
    pub bits: u128,
}

impl Prefix {
    /// The first `length` bits of an address, or all that it has. An IPv4 address in its IPv6 form is the IPv4 address.
    pub fn of(address: IpAddr, length: u8) -> Self {
        let (width, bits) = match address.to_canonical() {
            IpAddr::V4(v4) => (32, u128::from(v4.to_bits())),
            IpAddr::V6(v6) => (128, v6.to_bits()),
        };
        let length = length.min(width);
        let bits = bits.checked_shr(u32::from(width - length)).unwrap_or(0);
        Self { width, length, bits }
    }
}

/// What a list is used for at a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MappingKind {
    /// Its users may call to the domain.
    CallCredentials,
    /// Its networks may call to the domain.
    CallAddresses,
    /// Its users may register at the domain.
    RegistrationCredentials,
}

impl MappingKind {
    /// As kept.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CallCredentials => "call-credentials",
            Self::CallAddresses => "call-addresses",
            Self::RegistrationCredentials => "registration-credentials",
        }
    }
}

/// A list of either kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MappedList {
    /// Users.
    Credentials(CredentialListSid),
    /// Networks.
    Addresses(IpAccessControlListSid),
}

impl MappedList {
    /// The number of the list's sid: with the domain and the kind it names the mapping.
    pub const fn as_u128(self) -> u128 {
        match self {
            Self::Credentials(sid) => sid.as_u128(),
            Self::Addresses(sid) => sid.as_u128(),
        }
    }
}

/// A list in use at a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainMapping {
    /// Owner of domain and list.
    pub account_sid: AccountSid,
    /// The domain.
    pub domain_sid: SipDomainSid,
    /// What for.
    pub kind: MappingKind,
    /// The list.
    pub list: MappedList,
    /// Creation.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str, cidr_prefix_length: u8) -> IpAddress {
        IpAddress {
            sid: IpAddressSid::from_u128(1),
            version: 1,
            account_sid: AccountSid::from_u128(1),
            list_sid: IpAccessControlListSid::from_u128(1),
            friendly_name: String::new(),
            ip_address: address.parse().unwrap(),
            cidr_prefix_length,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_network_holds_the_addresses_of_its_prefix_and_family() {
        for (address, prefix, asked, holds) in [
            ("192.0.2.1", 32, "192.0.2.1", true),
            ("192.0.2.1", 32, "192.0.2.2", false),
            ("192.0.2.9", 24, "192.0.2.255", true),
            ("192.0.2.9", 24, "192.0.3.0", false),
            ("192.0.2.9", 0, "203.0.113.7", true),
            ("192.0.2.9", 24, "::ffff:192.0.2.77", true),
            ("192.0.2.9", 0, "2001:db8::1", false),
            ("2001:db8::", 32, "2001:db8:ffff::1", true),
            ("2001:db8::", 32, "2001:db9::1", false),
            ("2001:db8::1", 128, "2001:db8::1", true),
            ("::", 0, "2001:db8::1", true),
        ] {
            assert_eq!(
                network(address, prefix).contains(asked.parse().unwrap()),
                holds,
                "{address}/{prefix} {asked}"
            );
        }
    }
}
