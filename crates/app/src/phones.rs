//! Texts between applications and customers' phones (SIP MESSAGE, RFC 3428). The messaging side knows messages, the voice side knows phones,
//! and neither knows the other: they meet here.

use std::fmt;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use flexio_domain::{AccountSid, Address, MessageSid, Pii};

use crate::delivery::ReceiveError;

/// A text, and between whom.
#[derive(Debug, Clone)]
pub struct PhoneText {
    /// Whose phone it is.
    pub account: AccountSid,
    /// Who has written it.
    pub from: Address,
    /// Who is to read it.
    pub to: Address,
    /// The text, whole.
    pub body: Pii<String>,
    /// Custom headers (`X-…`), by name.
    pub headers: Vec<(String, String)>,
}

/// What became of a text to the phones of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneAnswer {
    /// One of them has it (200).
    Delivered,
    /// One of them has passed it on (202): nothing more will be heard of it.
    Accepted,
    /// None is registered here, or none can take it now.
    Absent,
    /// All that are registered refuse it for good.
    Refused,
    /// One of them may have it: its answer was lost.
    Unknown,
}

/// Whoever has the phones.
#[async_trait]
pub trait PhoneNetwork: fmt::Debug + Send + Sync {
    /// Sends a text to all phones of a client, and waits for what they say: about half a minute at most.
    async fn tell(&self, text: PhoneText) -> PhoneAnswer;
}

/// Whoever takes what phones write.
#[async_trait]
pub trait PhoneInbox: fmt::Debug + Send + Sync {
    /// Keeps a text to a number of the phone's own account; its application is asked after this returns. `UnknownNumber` for any other
    /// recipient.
    async fn take(&self, text: PhoneText) -> Result<MessageSid, ReceiveError>;
}

/// Both, once there are nodes for them; the first ones stay.
#[derive(Debug, Default)]
pub struct Phones {
    network: OnceLock<Arc<dyn PhoneNetwork>>,
    inbox: OnceLock<Arc<dyn PhoneInbox>>,
}

impl Phones {
    /// From now on texts go out there.
    pub fn connect_network(&self, network: Arc<dyn PhoneNetwork>) {
        let _ = self.network.set(network);
    }

    /// From now on what phones write goes there.
    pub fn connect_inbox(&self, inbox: Arc<dyn PhoneInbox>) {
        let _ = self.inbox.set(inbox);
    }

    /// Sends a text to all phones of a client.
    pub async fn tell(&self, text: PhoneText) -> PhoneAnswer {
        match self.network.get() {
            Some(network) => network.tell(text).await,
            None => PhoneAnswer::Absent,
        }
    }

    /// Whoever takes what phones write; `None` where messages are not served.
    pub fn inbox(&self) -> Option<Arc<dyn PhoneInbox>> {
        self.inbox.get().cloned()
    }
}
