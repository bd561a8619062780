//! Requests of authorities for the identity behind a number, a call or a message: a record, and each answer that was given.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::customer::words;
use crate::{
    AccountSid, AccountStatus, CallSid, CustomerKind, E164, EnterpriseNumber, LawfulRequestSid, MessageSid,
    PostalAddress,
};

/// Answers kept of one request.
pub const LAWFUL_ANSWERS_MAX: usize = 20;

words! {
    /// How far a request is.
    LawfulState {
        /// Nobody has answered yet.
        Open = "open",
        /// Answered once at least.
        Answered = "answered",
        /// Not answered, with a reason.
        Refused = "refused",
    }
}

words! {
    /// What ties an account to what is asked.
    LawfulGround {
        /// The number was in service on the account.
        Held = "held",
        /// The account has proven that the number is its own, and may show it.
        Proven = "proven",
        /// The call is the account's.
        Call = "call",
        /// The message is the account's.
        Message = "message",
        /// Neither call nor message is kept any more; what it cost is, with the account.
        Use = "use",
    }
}

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LawfulSubject {
    /// Who had a number at a moment.
    Number {
        /// The number that was shown or dialled.
        number: E164,
        /// When.
        at: Timestamp,
        /// The other end, where it is known.
        other: Option<E164>,
    },
    /// Whose call it is.
    Call(CallSid),
    /// Whose message it is.
    Message(MessageSid),
}

/// A call or message that fits what is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LawfulTraffic {
    /// `CA…` or `SM…`.
    pub resource: String,
    /// Its sender as it is kept: digits that were over their term are zeros.
    pub from: String,
    /// Its destination, in the same way.
    pub to: String,
    /// When it was made.
    pub at: Timestamp,
    /// When it ended, or was sent.
    pub ended_at: Option<Timestamp>,
}

/// Who is behind an account, as far as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LawfulHolder {
    /// The account whose customer it is: the one found, or the nearest above it.
    pub account_sid: AccountSid,
    /// To the law.
    pub kind: CustomerKind,
    /// Of the person or company.
    pub legal_name: String,
    /// Such as `BV`; empty for people.
    pub legal_form: String,
    /// Seat or home.
    pub address: PostalAddress,
    /// A company's, in Belgium.
    pub enterprise_number: Option<EnterpriseNumber>,
    /// Where invoices go; empty once it is erased.
    pub email: String,
    /// When the operator saw who it is.
    pub identified_at: Option<Timestamp>,
}

/// An account that fits what is asked, and who is behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LawfulFinding {
    /// What ties it.
    pub ground: LawfulGround,
    /// The account.
    pub account_sid: AccountSid,
    /// How it stands now.
    pub account_status: AccountStatus,
    /// From when it has the number, or was tied to what is asked.
    pub since: Option<Timestamp>,
    /// Until when it had the number.
    pub until: Option<Timestamp>,
    /// Its calls and messages that fit.
    pub traffic: Vec<LawfulTraffic>,
    /// Who is behind it; `None` where nobody was named, or it is not kept any more.
    pub holder: Option<LawfulHolder>,
}

/// One look-up. Kept as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LawfulAnswer {
    /// When it was looked up.
    pub at: Timestamp,
    /// The person who did, by sid.
    pub by: String,
    /// What was found; empty where nothing is kept that fits.
    pub findings: Vec<LawfulFinding>,
}

/// A request of an authority. Its account is the top one; nobody but lawful officers reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LawfulRequest {
    /// Id.
    pub sid: LawfulRequestSid,
    /// Of optimistic updates, from 1.
    pub version: u32,
    /// The top account.
    pub account_sid: AccountSid,
    /// Who asks, 1 to 128 characters.
    pub authority: String,
    /// Its name of the case, 1 to 64 characters.
    pub reference: String,
    /// The law it asks by, 1 to 200 characters.
    pub basis: String,
    /// What it asks.
    pub subject: LawfulSubject,
    /// How far it is.
    pub state: LawfulState,
    /// When it reached the operator.
    pub received_at: Timestamp,
    /// By when it has to be answered.
    pub due_at: Timestamp,
    /// Who wrote it down, by sid.
    pub opened_by: String,
    /// When it was written down.
    pub opened_at: Timestamp,
    /// Why it was refused.
    pub refusal: Option<String>,
    /// Who refused it or answered it first, by sid.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// The answers, in order.
    pub answers: Vec<LawfulAnswer>,
}

impl LawfulRequest {
    /// Whether it is past its time and nobody has decided on it.
    pub fn is_late_at(&self, now: Timestamp) -> bool {
        self.state == LawfulState::Open && self.due_at < now
    }
}
