//! E-mail: addresses, and what is sent.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    AccountSid, CallSid, EmailSid, ErrorCode, InvoiceSid, MessageSid, Pii, RecordingSid, Sealed, Webhook,
};

/// Characters of a name before an address.
const NAME_MAX: usize = 100;

/// Why a text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct EmailAddressError;

/// `local@domain`: a dot-atom and a host name with at least one dot, ASCII, at most 254 bytes (RFC 5321 §4.1.2, §4.5.3.1). The host name
/// is in lower case. Quoted local parts and address literals are refused: nobody has them, and attackers do.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// As written on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is behind the `@`.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl FromStr for EmailAddress {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, EmailAddressError> {
        let (local, domain) = text.rsplit_once('@').ok_or(EmailAddressError)?;
        let is_atom = |part: &str| {
            let symbol = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
            !part.is_empty() && part.bytes().all(symbol)
        };
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let fits = text.len() <= 254 && local.len() <= 64 && local.split('.').all(is_atom);
        let is_host = domain.contains('.') && domain.split('.').all(is_label);
        if !fits || !is_host {
            return Err(EmailAddressError);
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress(…@{})", self.domain())
    }
}

/// An address, and whose it is: `Acme <info@acme.be>` or `info@acme.be`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mailbox {
    /// For people; has no control characters.
    pub name: Option<String>,
    /// The address.
    pub address: EmailAddress,
}

impl Mailbox {
    /// Mailboxes with commas between them; a comma in a quoted name does not count.
    pub fn list(text: &str) -> Result<Vec<Self>, EmailAddressError> {
        let mut quoted = false;
        let parts = text.split(|c: char| {
            quoted ^= c == '"';
            c == ',' && !quoted
        });
        parts.map(str::trim).filter(|part| !part.is_empty()).map(str::parse).collect()
    }
}

impl FromStr for Mailbox {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, EmailAddressError> {
        if text.chars().any(char::is_control) {
            return Err(EmailAddressError);
        }
        let text = text.trim();
        let Some(before) = text.strip_suffix('>') else {
            return Ok(Self { name: None, address: text.parse()? });
        };
        let (name, address) = before.rsplit_once('<').ok_or(EmailAddressError)?;
        let name = name.trim();
        let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
        if name.chars().count() > NAME_MAX || name.contains(['<', '>', '"', '\\']) {
            return Err(EmailAddressError);
        }
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), address: address.parse()? })
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) if name.contains(',') => write!(f, "\"{name}\" <{}>", self.address),
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => fmt::Display::fmt(&self.address, f),
        }
    }
}

macro_rules! as_text {
    ($($name:ident)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
as_text!(EmailAddress Mailbox);

/// State of an e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmailStatus {
    /// Waits for the relay.
    Queued,
    /// The relay took it for every recipient.
    Sent,
    /// The relay took it for some.
    PartiallySent,
    /// The relay took it for nobody.
    Failed,
}

impl EmailStatus {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::PartiallySent => "partially_sent",
            Self::Failed => "failed",
        }
    }
}

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecipientState {
    /// To be tried (again).
    Waiting,
    /// The relay took it.
    Accepted,
    /// Refused for good, or given up; in words fit for the customer.
    Refused(String),
}

/// One envelope recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailRecipient {
    /// Where to.
    pub address: EmailAddress,
    /// What became of it.
    pub state: RecipientState,
}

/// One outgoing e-mail: saved with the fact that asks for it, handed to the relay at least once per recipient, always with the same
/// Message-ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// Identity, and the left part of the Message-ID.
    pub sid: EmailSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner.
    pub account_sid: AccountSid,
    /// Sender.
    pub from: Mailbox,
    /// Receivers, as shown.
    pub to: Vec<Mailbox>,
    /// Copies, as shown.
    pub cc: Vec<Mailbox>,
    /// Everybody it goes to, blind copies included; each address once.
    pub recipients: Vec<EmailRecipient>,
    /// Subject, without line breaks.
    pub subject: Pii<String>,
    /// `text/html` rather than `text/plain`.
    pub is_html: bool,
    /// The text, sealed under its sid until it has left; nobody can read it afterwards.
    pub sealed_body: Option<Sealed>,
    /// A recording that goes with it, as WAV.
    pub recording_sid: Option<RecordingSid>,
    /// An invoice or credit note that goes with it, as PDF and UBL.
    #[serde(default)]
    pub invoice_sid: Option<InvoiceSid>,
    /// The operator's own mail to the customer: limits on what the account sends do not count it.
    #[serde(default)]
    pub by_operator: bool,
    /// The call whose document asked for it.
    pub call_sid: Option<CallSid>,
    /// The incoming message whose document asked for it.
    pub message_sid: Option<MessageSid>,
    /// Told of the outcome.
    pub status_callback: Option<Webhook>,
    /// State.
    pub status: EmailStatus,
    /// Tries so far.
    pub attempts: u32,
    /// When to try (again); `None` when it is over.
    pub next_attempt_at: Option<Timestamp>,
    /// From here on it is not tried any more.
    pub expires_at: Timestamp,
    /// Why the last try did not go through, in words fit for the customer.
    pub last_error: Option<String>,
    /// Why it failed, or failed in part.
    pub error: Option<ErrorCode>,
    /// When the relay took it.
    pub sent_at: Option<Timestamp>,
    /// API it was made through.
    pub api_version: String,
    /// Creation, and the date it bears.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_what_could_be_mistaken_is_not() {
        for (text, read) in
            [("info@acme.be", "info@acme.be"), ("Ann.O'Hara+x@Mail.ACME.be", "Ann.O'Hara+x@mail.acme.be")]
        {
            assert_eq!(text.parse::<EmailAddress>().unwrap().as_str(), read);
        }
        let long = format!("{}@acme.be", "a".repeat(65));
        for text in [
            "",
            "a",
            "@acme.be",
            "a@",
            "a@b",
            "a b@acme.be",
            "a@acme.be\r\nRCPT TO:<x@y.z>",
            "a..b@acme.be",
            ".a@acme.be",
            "\"a b\"@acme.be",
            "a@[127.0.0.1]",
            "a@-acme.be",
            "a@acme..be",
            "é@acme.be",
            "a@é.be",
            "a,b@acme.be",
            &long,
            "<a@acme.be>",
            "a@b@acme.be",
        ] {
            assert!(text.parse::<EmailAddress>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn mailboxes_have_names_and_lists_have_commas() {
        let list = Mailbox::list("\"Acme, Inc\" <a@acme.be>, b@acme.be,, Zoë <c@acme.be>").unwrap();
        let shown: Vec<_> = list.iter().map(Mailbox::to_string).collect();
        assert_eq!(shown, ["\"Acme, Inc\" <a@acme.be>", "b@acme.be", "Zoë <c@acme.be>"]);
        for mailbox in list {
            assert_eq!(mailbox.to_string().parse(), Ok(mailbox));
        }
        for bad in
            ["a@acme.be b@acme.be", "A\r\nBcc: x@y.z <a@acme.be>", "A <a@acme.be> <b@acme.be>", "<>", "a <b"]
        {
            assert!(bad.parse::<Mailbox>().is_err(), "{bad:?}");
        }
    }
}
