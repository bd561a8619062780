//! What an operator sets about customers' programs: `[smpp_server]` and each `[[smpp_user]]`.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use flexio_domain::AccountSid;
use flexio_smpp::server::ServerConfig;
use serde::Deserialize;

/// `[smpp_server]`: the door for customers' programs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmppServer {
    /// Address it listens on; `None` for none.
    pub listen: Option<SocketAddr>,
    /// Address it listens on for TLS; `None` for none.
    pub tls_listen: Option<SocketAddr>,
    /// File with our certificate and its chain (PEM), for `tls_listen`. Looked at every minute for a renewed one.
    pub tls_cert: String,
    /// File with its key (PEM).
    pub tls_key: String,
    /// Our name in the answers to binds, at most 15 characters.
    pub system_id: String,
    /// Connections that have not bound yet; further ones are closed.
    pub unbound_max: usize,
    /// Binds from one address that may fail in ten minutes; with the last of them it is locked out. 0 for no limit.
    pub bind_failures_max: u32,
    /// How long, in seconds.
    pub lockout_s: u32,
    /// Time to bind, in milliseconds.
    pub bind_timeout_ms: u32,
    /// Longest silence before an `enquire_link`, in milliseconds.
    pub enquire_interval_ms: u32,
    /// Wait for the answer to a delivery, in milliseconds.
    pub response_timeout_ms: u32,
    /// Requests of one bind that wait for an answer, and as many deliveries to it (1 to 100).
    pub window: u16,
}

impl Default for SmppServer {
    fn default() -> Self {
        Self {
            listen: None,
            tls_listen: None,
            tls_cert: String::new(),
            tls_key: String::new(),
            system_id: "flexio".to_owned(),
            unbound_max: 100,
            bind_failures_max: 10,
            lockout_s: 900,
            bind_timeout_ms: 5_000,
            enquire_interval_ms: 30_000,
            response_timeout_ms: 20_000,
            window: 50,
        }
    }
}

impl SmppServer {
    pub(super) fn session(&self) -> ServerConfig {
        let ms = |ms: u32| Duration::from_millis(ms.max(100).into());
        ServerConfig {
            system_id: self.system_id.clone(),
            bind_timeout: ms(self.bind_timeout_ms),
            enquire_interval: ms(self.enquire_interval_ms),
            response_timeout: ms(self.response_timeout_ms),
            window: self.window.clamp(1, 100),
            ..ServerConfig::default()
        }
    }
}

/// `[[smpp_user]]`: one customer's program.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmppUser {
    /// Name it binds with, 1 to 15 letters, digits, `-`, `_` or `.`.
    pub system_id: String,
    /// Password, 1 to 8 characters: SMPP carries no more.
    pub password: String,
    /// Sid of the account it acts for.
    pub account: String,
    /// Addresses it may come from; none for any.
    pub addresses: Vec<IpAddr>,
    /// Binds at the same time.
    pub binds_max: usize,
    /// Submits per second over all its binds; 0 for no limit.
    pub submits_per_s: u32,
    /// Whether messages to numbers of the account that have no URL and no application are delivered to it. At most one of an account.
    pub receives: bool,
}

impl Default for SmppUser {
    fn default() -> Self {
        Self {
            system_id: String::new(),
            password: String::new(),
            account: String::new(),
            addresses: Vec::new(),
            binds_max: 4,
            submits_per_s: 50,
            receives: true,
        }
    }
}

impl std::fmt::Debug for SmppUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmppUser").field("system_id", &self.system_id).finish_non_exhaustive()
    }
}

/// A user that cannot work.
#[derive(Debug, thiserror::Error)]
#[error("smpp_user `{user}`: {what}")]
pub struct UserError {
    /// Its name.
    pub user: String,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Refuses users that cannot work, with the first fault found.
pub fn check(users: &[SmppUser]) -> Result<(), UserError> {
    for (at, user) in users.iter().enumerate() {
        let wrong = |what| Err(UserError { user: user.system_id.clone(), what });
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if !(1..=15).contains(&user.system_id.len()) || !user.system_id.bytes().all(plain) {
            return wrong("a system_id has 1 to 15 letters, digits, `-`, `_` or `.`");
        }
        if users[..at].iter().any(|other| other.system_id == user.system_id) {
            return wrong("the system_id is taken");
        }
        if !(1..=8).contains(&user.password.len()) || !user.password.bytes().all(|b| b.is_ascii_graphic()) {
            return wrong("a password has 1 to 8 printable ASCII characters");
        }
        let Ok(account) = user.account.parse::<AccountSid>() else {
            return wrong("the account is no account sid");
        };
        let same = |other: &&SmppUser| other.receives && other.account.parse() == Ok(account);
        if user.receives && users[..at].iter().any(|other| same(&other)) {
            return wrong("another one receives the messages of the account already");
        }
        if user.binds_max == 0 {
            return wrong("binds_max is at least 1");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(system_id: &str, password: &str, account: u128) -> SmppUser {
        let account = AccountSid::from_u128(account).to_string();
        SmppUser { system_id: system_id.into(), password: password.into(), account, ..SmppUser::default() }
    }

    #[test]
    fn users_that_cannot_work_are_refused() {
        assert!(check(&[user("acme", "secret", 1), user("other", "secret", 2)]).is_ok());
        let also = SmppUser { receives: false, ..user("acme-2", "secret", 1) };
        assert!(check(&[user("acme", "secret", 1), also]).is_ok());
        let faults = [
            vec![user("", "secret", 1)],
            vec![user("sixteen-letters-", "secret", 1)],
            vec![user("acme", "nine-char", 1)],
            vec![user("acme", "", 1)],
            vec![user("acme", "a", 1), user("acme", "b", 2)],
            vec![user("acme", "a", 1), user("acme-2", "b", 1)],
            vec![SmppUser { account: "AC1".into(), ..user("acme", "a", 1) }],
            vec![SmppUser { binds_max: 0, ..user("acme", "a", 1) }],
        ];
        for users in faults {
            assert!(check(&users).is_err(), "{users:?}");
        }
    }
}
