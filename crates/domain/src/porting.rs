//! Numbers that move between operators and stay with their users (Directive (EU) 2018/1972, Article 106).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, E164, NumberDeclaration, NumberSid, PortingRequestSid};

/// Which way a number goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortingDirection {
    /// From another operator to this one.
    In,
    /// From this operator to another one.
    Out,
}

impl PortingDirection {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    /// The direction of this word.
    pub fn from_wire(text: &str) -> Option<Self> {
        [Self::In, Self::Out].into_iter().find(|direction| direction.as_str() == text)
    }
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortingState {
    /// Asked for by the customer.
    Requested,
    /// Both operators have agreed on a day.
    Confirmed,
    /// The other operator, or this one, does not do it.
    Rejected,
    /// The number has moved.
    Done,
    /// Withdrawn before it moved.
    Cancelled,
}

impl PortingState {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether something is still to come of it. A number has one such request at a time.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Confirmed)
    }
}

/// A customer wants a number to move to this operator, or away from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortingRequest {
    /// Id.
    pub sid: PortingRequestSid,
    /// Raised by one with each change.
    pub version: u32,
    /// Whose number it is, or will be.
    pub account_sid: AccountSid,
    /// The number.
    pub number: E164,
    /// Which way.
    pub direction: PortingDirection,
    /// The donor (in) or the recipient (out), 1 to 128 characters.
    pub operator: String,
    /// What shows that the number's user wants it: the reference of a mandate, or the code of its line; 1 to 128 characters.
    pub authorisation: String,
    /// The day the customer wants, on the plan's calendar.
    pub requested_day: Date,
    /// The day both operators have agreed on.
    pub confirmed_day: Option<Date>,
    /// How far it is.
    pub state: PortingState,
    /// Why it was rejected or cancelled, at most 200 characters.
    pub reason: Option<String>,
    /// What the number will be rented with, where the operator wants that (in).
    pub declaration: Option<NumberDeclaration>,
    /// The rented number that came of it (in) or went (out), once it is done.
    pub number_sid: Option<NumberSid>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Of the last change.
    pub updated_at: Timestamp,
}
