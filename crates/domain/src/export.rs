//! An archive of everything that is kept of an account, made because somebody asked for it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::customer::words;
use crate::{AccountSid, ExportSid, Sealed};

words! {
    /// How far an archive is.
    ExportState {
        /// It waits for its turn.
        Queued = "queued",
        /// It is being made.
        Running = "running",
        /// It can be fetched.
        Ready = "ready",
        /// It could not be made; the reason is kept.
        Failed = "failed",
        /// Its time is over, or somebody deleted it: the archive is gone.
        Expired = "expired",
    }
}

/// An archive of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Identity.
    pub sid: ExportSid,
    /// Optimistic lock.
    pub version: u32,
    /// Whose.
    pub account_sid: AccountSid,
    /// How far it is.
    pub state: ExportState,
    /// Who asked: an account or key, or a person of the console.
    pub asked_by: String,
    /// Parts that are in it, of [`Export::parts`].
    pub done: u32,
    /// Parts it will have.
    pub parts: u32,
    /// Times it was begun: a process may end while it makes one.
    pub attempts: u32,
    /// The node that makes or has it.
    pub node: Option<String>,
    /// Size of the archive, once it is ready.
    pub bytes: Option<u64>,
    /// SHA-256 of the archive, 64 hexadecimal digits.
    pub sha256: Option<String>,
    /// The key it lies under, sealed; destroyed with it.
    pub key: Option<Sealed>,
    /// Why it failed, in words for the customer.
    pub error: Option<String>,
    /// When somebody has to look at it: to make it, to take over what another process left, to delete it. `None`: it is over.
    pub due_at: Option<Timestamp>,
    /// When it is deleted, once it is ready.
    pub expires_at: Option<Timestamp>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Of the last change.
    pub updated_at: Timestamp,
}
