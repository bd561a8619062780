//! A customer's program that binds over SMPP.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, Sealed, SmppUserSid};

/// Which way messages travel on a bind (SMPP 3.4 §2.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmppBind {
    /// Submits only.
    Transmitter,
    /// Deliveries only.
    Receiver,
    /// Both ways.
    Transceiver,
}

impl SmppBind {
    /// All.
    pub const ALL: [Self; 3] = [Self::Transmitter, Self::Receiver, Self::Transceiver];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transmitter => "transmitter",
            Self::Receiver => "receiver",
            Self::Transceiver => "transceiver",
        }
    }

    /// The kind of this wire name.
    pub fn from_wire(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bind| bind.as_str() == text)
    }
}

/// A customer's program: under which name and from where it binds, and how much it may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmppUser {
    /// Identity.
    pub sid: SmppUserSid,
    /// Optimistic lock.
    pub version: u32,
    /// The account it acts for.
    pub account_sid: AccountSid,
    /// At most 64 characters.
    pub friendly_name: String,
    /// Name it binds with: 1 to 15 letters, digits, `-`, `_` or `.`; unique in the installation.
    pub system_id: String,
    /// Its password, sealed for the sid. Shown once, when it is made.
    pub password: Sealed,
    /// Kinds of binds it may make.
    pub binds: Vec<SmppBind>,
    /// Addresses it may come from; none for any.
    pub addresses: Vec<IpAddr>,
    /// Binds at the same time, from 1.
    pub binds_max: u16,
    /// Requests of one bind that may wait for their answers, 1 to 100.
    pub window: u16,
    /// Submits per second over all its binds, from 1.
    pub submits_per_s: u32,
    /// Messages to numbers of the account that have no URL and no application are delivered to it. At most one of an account.
    pub receives: bool,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}
