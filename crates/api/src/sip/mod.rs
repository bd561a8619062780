//! SIP access in Twilio's API: domains, lists of users and networks, and which domain uses which list.

pub(crate) mod credentials;
pub(crate) mod domains;
pub(crate) mod mappings;
pub(crate) mod networks;
#[cfg(test)]
mod tests;

use flexio_domain::Timestamp;

/// When the specimens were made.
fn specimen_time() -> Timestamp {
    Timestamp::from_second(1_766_000_000).expect("a second of 2025")
}
