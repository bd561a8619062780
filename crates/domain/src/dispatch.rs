//! Structured documents on their way to their buyers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::customer::words;
use crate::{AccountSid, InvoiceSid};

words! {
    /// How a structured document goes.
    DispatchWay {
        /// Into a folder, from which another program takes it.
        Folder = "folder",
        /// To the provider of an access point.
        AccessPoint = "access_point",
    }
}

words! {
    /// Where a structured document is.
    DispatchState {
        /// It waits to be handed over.
        Queued = "queued",
        /// It was handed over; nobody has said yet that it arrived.
        Sent = "sent",
        /// It arrived.
        Delivered = "delivered",
        /// It will not.
        Rejected = "rejected",
    }
}

/// One sending of a structured document. A document that is sent again has another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// Of which document.
    pub invoice_sid: InvoiceSid,
    /// Order among the sendings of the document, from 1.
    pub number: u32,
    /// Optimistic lock.
    pub version: u32,
    /// Whose.
    pub account_sid: AccountSid,
    /// How it goes.
    pub way: DispatchWay,
    /// To which participant, with its scheme: `0208:0202239951`.
    pub participant: String,
    /// SHA-256 of what is sent, 64 hexadecimal digits.
    pub sha256: String,
    /// Where it is.
    pub state: DispatchState,
    /// Why it was rejected, or why the last try failed.
    pub reason: Option<String>,
    /// The name under which whoever takes it knows it.
    pub reference: Option<String>,
    /// Tries to hand it over, or, once it is sent, to hear what became of it.
    pub tries: u32,
    /// When something is to be done; `None` once it is decided.
    pub due_at: Option<Timestamp>,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it was handed over.
    pub sent_at: Option<Timestamp>,
    /// When it arrived, or was rejected.
    pub decided_at: Option<Timestamp>,
}
