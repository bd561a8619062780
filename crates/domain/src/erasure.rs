//! Personal data that goes (Regulation (EU) 2016/679, Article 17), what is kept of it and why, and what may not go yet.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::customer::words;
use crate::{AccountSid, E164, ErasureSid, LegalHoldSid, Sealed};

words! {
    /// How far an erasure is.
    ErasureState {
        /// Rows go, some at a time.
        Running = "running",
        /// A legal hold came in between: nothing goes until it is lifted.
        Held = "held",
        /// All is gone that may go today; its certificate is made.
        Done = "done",
    }
}

words! {
    /// Why something is kept although somebody asked for its erasure.
    KeptGround {
        /// Books and their documents are kept for ten years (Article 17(3)(b) with the law on accounting and value added tax).
        Accounting = "accounting",
        /// The contract and the proof that it was accepted, as long as the documents that come of it.
        Contract = "contract",
        /// Who the subscriber was, for as long as the law on electronic communications wants it known.
        Identity = "identity",
        /// What was charged can be contested and rated again; who was called is not in it any more.
        Charging = "charging",
        /// Who did what, for the security of the service; names and addresses are not in it any more.
        Security = "security",
        /// That somebody wants no messages, or he would be written to again; his number is a keyed digest.
        OptOut = "opt_out",
        /// What the account wrote into its flows, applications and settings is its own to change.
        Settings = "settings",
    }
}

/// How many of a kind are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedCount {
    /// Such as `messages`.
    pub kind: String,
    /// Rows.
    pub count: u64,
}

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFact {
    /// Such as `invoices`.
    pub kind: String,
    /// Rows.
    pub count: u64,
    /// Why.
    pub ground: KeptGround,
    /// The day it goes; `None` where that follows something that has no day yet.
    pub until: Option<Date>,
}

/// The proof of an erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureCertificate {
    /// When it was made.
    pub issued_at: Timestamp,
    /// What was erased.
    pub erased: Vec<ErasedCount>,
    /// What was kept.
    pub kept: Vec<KeptFact>,
    /// Holds that stood when it was asked for or in between, by name and dates; all were lifted.
    pub holds: Vec<String>,
    /// HMAC-SHA-256 under a key of the installation, over all of the above and the erasure's sid, account and subject.
    pub signature: String,
}

/// An erasure: of a whole account, or of one telephone number in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Identity.
    pub sid: ErasureSid,
    /// Optimistic lock.
    pub version: u32,
    /// Whose.
    pub account_sid: AccountSid,
    /// Of a number: what takes its place, of the same country and class. `None`: of the account.
    pub alias: Option<E164>,
    /// The number, sealed, until it is done.
    pub number: Option<Sealed>,
    /// Keyed digest of the number: whoever has the number can show that this is its erasure.
    pub digest: Option<String>,
    /// How far it is.
    pub state: ErasureState,
    /// Who asked: an account or key, or a person of the console.
    pub asked_by: String,
    /// Stages that are done, of [`Erasure::stages`].
    pub done: u32,
    /// Stages it has.
    pub stages: u32,
    /// The row behind which the running stage goes on.
    pub after: String,
    /// What is gone so far.
    pub erased: Vec<ErasedCount>,
    /// Names of holds that it had to wait for.
    pub waited_for: Vec<String>,
    /// Once it is done.
    pub certificate: Option<ErasureCertificate>,
    /// When somebody has to look at it; `None`: nothing is left that goes later.
    pub due_at: Option<Timestamp>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Of the last change.
    pub updated_at: Timestamp,
}

impl Erasure {
    /// Counts rows that are gone.
    pub fn count(&mut self, kind: &str, rows: u64) {
        if rows == 0 {
            return;
        }
        match self.erased.iter_mut().find(|it| it.kind == kind) {
            Some(it) => it.count += rows,
            None => self.erased.push(ErasedCount { kind: kind.to_owned(), count: rows }),
        }
    }
}

words! {
    /// Where a legal hold stands.
    LegalHoldState {
        /// Asked for; nothing is held before a second person confirms it.
        Asked = "asked",
        /// Nothing goes.
        Active = "active",
        /// It holds still; a second person has to agree that it ends.
        LiftAsked = "lift_asked",
        /// It was ended.
        Lifted = "lifted",
        /// The second person said no.
        Refused = "refused",
    }
}

impl LegalHoldState {
    /// Whether it holds.
    pub const fn holds(self) -> bool {
        matches!(self, Self::Active | Self::LiftAsked)
    }
}

/// Why nothing of an account and those below it, or of one number in them, may go (Article 17(3)(e)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalHold {
    /// Identity.
    pub sid: LegalHoldSid,
    /// Optimistic lock.
    pub version: u32,
    /// Whose.
    pub account_sid: AccountSid,
    /// The number; `None` for all of the account. Once it is lifted, what took the number's place.
    pub number: Option<E164>,
    /// Its name, such as a case number; 1 to 64 characters.
    pub name: String,
    /// Why; at most 500 characters.
    pub reason: String,
    /// Where it stands.
    pub state: LegalHoldState,
    /// Who asked for what waits, or asked last.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// The second person of the last step.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// From when on it held.
    pub active_from: Option<Timestamp>,
    /// When it ended.
    pub lifted_at: Option<Timestamp>,
}
