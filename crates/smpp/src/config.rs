//! What an operator sets for one SMPP session, with its defaults and limits.

use std::{fmt, num::NonZeroU32, time::Duration};

use crate::receipt::ReceiptPolicy;

/// `ESME_RMSGQFUL` and `ESME_RTHROTTLED` (SMPP 3.4 §5.1.3): what means "less at a time" where an SMSC has no codes of its own for it.
pub const THROTTLED: [u32; 2] = [0x14, 0x58];
/// The largest window a route may ask for.
pub const WINDOW_MAX: u16 = 100;

/// Which way messages travel on a session (SMPP 3.4 §2.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BindMode {
    /// Both ways on one connection.
    #[default]
    Transceiver,
    /// Submits only; receipts come on another session.
    Transmitter,
    /// Deliveries only; [`crate::Session::capacity`] stays 0.
    Receiver,
}

/// The edition a session says it speaks. What is sent is the same; an SMSC that knows of 5.0 says in its answers how loaded it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edition {
    /// SMPP 3.4, which every SMSC knows.
    #[default]
    V3_4,
    /// SMPP 5.0.
    V5_0,
}

/// A text that prints as `***`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the wire only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Everything a session needs to know before it starts. [`SessionConfig::check`] refuses what SMPP cannot carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionConfig {
    /// Direction of the bind.
    pub mode: BindMode,
    /// Edition named in the bind.
    pub edition: Edition,
    /// Name of this client at the SMSC, ASCII, at most 15 characters.
    pub system_id: String,
    /// Password, ASCII, at most 8 characters.
    pub password: Secret,
    /// Kind of client, ASCII, at most 12 characters, mostly empty.
    pub system_type: String,
    /// Addresses served, ASCII, at most 40 characters, mostly empty.
    pub address_range: String,
    /// From the wish to connect to a usable stream, TLS included.
    pub connect_timeout: Duration,
    /// From the bind request to its answer; an SMSC closes unbound sessions after about as long.
    pub bind_timeout: Duration,
    /// Longest silence in either direction before an `enquire_link`.
    pub enquire_interval: Duration,
    /// Silence after an `enquire_link` that means the link is dead.
    pub enquire_timeout: Duration,
    /// Wait for a `submit_sm_resp`; then the outcome is [`crate::Outcome::Unknown`].
    pub response_timeout: Duration,
    /// Wait for an `unbind_resp` before closing anyway.
    pub unbind_timeout: Duration,
    /// Submits on the wire without an answer, 1 to [`WINDOW_MAX`].
    pub window: u16,
    /// Contracted rate; `None` leaves the pace to the window and to the peer's throttling.
    pub submits_per_s: Option<NonZeroU32>,
    /// Deliveries waiting for our answer; one more is answered `ESME_RMSGQFUL` at once.
    pub unanswered_deliveries_max: usize,
    /// Age at which an unanswered delivery is answered with a temporary error, so that the peer repeats it.
    pub delivery_answer_timeout: Duration,
    /// First and longest wait between connections.
    pub reconnect: (Duration, Duration),
    /// First and longest pause after one of [`SessionConfig::throttled_statuses`].
    pub throttle: (Duration, Duration),
    /// Values of `command_status` that mean "less at a time".
    pub throttled_statuses: Vec<u32>,
    /// How receipts are recognised and how the SMSC writes message ids.
    pub receipts: ReceiptPolicy,
    /// Seed of the jitter in every wait.
    pub jitter_seed: u64,
}

impl Default for SessionConfig {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            mode: BindMode::Transceiver,
            edition: Edition::V3_4,
            system_id: String::new(),
            password: Secret::default(),
            system_type: String::new(),
            address_range: String::new(),
            connect_timeout: s(10),
            bind_timeout: s(10),
            enquire_interval: s(30),
            enquire_timeout: s(10),
            response_timeout: s(30),
            unbind_timeout: s(5),
            window: 10,
            submits_per_s: None,
            unanswered_deliveries_max: 1_000,
            delivery_answer_timeout: s(30),
            reconnect: (s(1), s(60)),
            throttle: (Duration::from_millis(500), s(30)),
            throttled_statuses: THROTTLED.to_vec(),
            receipts: ReceiptPolicy::default(),
            jitter_seed: 0,
        }
    }
}

/// A setting that SMPP or this crate cannot honour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A text is not ASCII, holds a NUL, or is longer than its field.
    #[error("{field} must be ASCII without NUL, at most {max} characters")]
    Text {
        /// Name of the setting.
        field: &'static str,
        /// Longest allowed, in characters.
        max: usize,
    },
    /// The window is 0 or above [`WINDOW_MAX`].
    #[error("window must be between 1 and {WINDOW_MAX}")]
    Window,
    /// A wait of zero would spin, and a table of zero would refuse everything.
    #[error("{field} must not be zero")]
    Zero {
        /// Name of the setting.
        field: &'static str,
    },
}

impl SessionConfig {
    /// Refuses settings that cannot work, with the first one found.
    pub fn check(&self) -> Result<(), ConfigError> {
        let texts = [
            ("system_id", self.system_id.as_str(), 15),
            ("password", self.password.expose(), 8),
            ("system_type", self.system_type.as_str(), 12),
            ("address_range", self.address_range.as_str(), 40),
        ];
        for (field, text, max) in texts {
            if !text.is_ascii() || text.contains('\0') || text.len() > max {
                return Err(ConfigError::Text { field, max });
            }
        }
        if self.window == 0 || self.window > WINDOW_MAX {
            return Err(ConfigError::Window);
        }
        let waits = [
            ("connect_timeout", self.connect_timeout),
            ("bind_timeout", self.bind_timeout),
            ("enquire_interval", self.enquire_interval),
            ("enquire_timeout", self.enquire_timeout),
            ("response_timeout", self.response_timeout),
            ("unbind_timeout", self.unbind_timeout),
            ("delivery_answer_timeout", self.delivery_answer_timeout),
            ("reconnect", self.reconnect.0),
            ("throttle", self.throttle.0),
        ];
        if let Some((field, _)) = waits.into_iter().find(|(_, wait)| wait.is_zero()) {
            return Err(ConfigError::Zero { field });
        }
        if self.unanswered_deliveries_max == 0 {
            return Err(ConfigError::Zero { field: "unanswered_deliveries_max" });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_accepted_and_a_password_never_prints() {
        let config = SessionConfig { password: Secret::new("hunter2"), ..SessionConfig::default() };
        assert_eq!(config.check(), Ok(()));
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn what_smpp_cannot_carry_is_refused_by_name() {
        let base = SessionConfig::default;
        let long = SessionConfig { password: Secret::new("123456789"), ..base() };
        assert_eq!(long.check(), Err(ConfigError::Text { field: "password", max: 8 }));
        let accent = SessionConfig { system_id: "é".into(), ..base() };
        assert_eq!(accent.check(), Err(ConfigError::Text { field: "system_id", max: 15 }));
        for window in [0, 101] {
            assert_eq!(SessionConfig { window, ..base() }.check(), Err(ConfigError::Window));
        }
        let spin = SessionConfig { enquire_interval: Duration::ZERO, ..base() };
        assert_eq!(spin.check(), Err(ConfigError::Zero { field: "enquire_interval" }));
    }
}
