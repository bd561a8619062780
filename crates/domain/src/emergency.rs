//! Where somebody is who calls for help.

use serde::{Deserialize, Serialize};

/// The place a phone is registered at, as emergency services are told it (civic address, RFC 5139). Every text has at most
/// [`PLACE_CHARS_MAX`] characters; those marked so may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EmergencyAddress {
    /// ISO 3166 alpha-2, upper case.
    pub country: String,
    /// Postal code.
    pub postal_code: String,
    /// Municipality.
    pub city: String,
    /// Street, without the house number.
    pub street: String,
    /// House number with its suffix: `27B`.
    pub house_number: String,
    /// What finds the place inside: floor, flat, room. May be empty.
    pub addition: String,
    /// Who is there: a person or a firm. May be empty.
    pub name: String,
}

/// Longest text of an [`EmergencyAddress`], in characters.
pub const PLACE_CHARS_MAX: usize = 100;
