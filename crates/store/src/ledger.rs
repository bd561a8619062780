//! The chain over the ledger, and what must be true of the books.

use async_trait::async_trait;
use flexio_domain::*;

use crate::StoreError;

/// Changes of the chain.
#[derive(Debug, Clone)]
pub enum LedgerChange {
    /// A seal over postings, by their ids. Unique: number. `Conflict` if one of the postings has a seal already.
    Seal(LedgerSeal, Vec<String>),
    /// The oldest postings go and what they came to stays. `Conflict` unless it goes on from the version before.
    Carry {
        /// How far they are gone then; its version counts on.
        carried: Box<LedgerCarried>,
        /// The last seal that was gone before; 0 at first.
        behind: u64,
        /// Openings that become others: nought drops the row.
        openings: Vec<LedgerOpening>,
    },
    /// What else of the books goes.
    Drop(OldBooks),
    /// A use that is on record with another content; one that is parked already stays as it is.
    Park(Box<ParkedEvent>),
    /// By source and id. `Conflict` if nothing is parked there.
    Unpark(String, String),
}

/// Rows of the books whose years are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldBooks {
    /// Sums of uses, and uses that cost nothing, of an account from before a day (UTC, `2017-01-01`).
    Uses(AccountSid, jiff::civil::Date),
    /// What an account held until before an instant, and its finished payments through providers from before it.
    Terms(AccountSid, Timestamp),
    /// Customers of runs of price changes from before an instant.
    PriceRuns(Timestamp),
    /// An invoice or credit note nothing is open of, with its letters, disputes, requests, dispatches and collection.
    Invoice(AccountSid, InvoiceSid),
    /// The contracts of an account that has none any more, with all that was accepted, pinned and announced.
    Contracts(AccountSid),
}

/// What must be true of all that is kept; a question names what is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LedgerCheck {
    /// A posting has two legs or more, which sum to zero.
    Unbalanced,
    /// A usage event with an amount has its posting, of the same amount.
    Unposted,
    /// A posting of usage has its event.
    Unfounded,
    /// A leg has its posting.
    StrayLegs,
    /// A cached balance is the sum of the legs.
    Balances,
    /// The kept sum of a day's usage is the sum of its events.
    UsageDays,
    /// A rented number is paid for.
    UnheldRents,
    /// A number that is paid for is rented.
    UnrentedHoldings,
}

impl LedgerCheck {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Unbalanced,
        Self::Unposted,
        Self::Unfounded,
        Self::StrayLegs,
        Self::Balances,
        Self::UsageDays,
        Self::UnheldRents,
        Self::UnrentedHoldings,
    ];

    /// As in reports and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unbalanced => "unbalanced",
            Self::Unposted => "unposted",
            Self::Unfounded => "unfounded",
            Self::StrayLegs => "stray_legs",
            Self::Balances => "balances",
            Self::UsageDays => "usage_days",
            Self::UnheldRents => "unheld_rents",
            Self::UnrentedHoldings => "unrented_holdings",
        }
    }
}

/// Questions about the chain and the books. The checks read everything: for a nightly proof, not for a request.
#[async_trait]
pub trait LedgerStore {
    /// The posting of this id.
    async fn posting(&self, id: &str) -> Result<Option<LedgerTransaction>, StoreError>;
    /// Postings without a seal, by id.
    async fn unsealed_postings(&self, limit: u32) -> Result<Vec<KeptPosting>, StoreError>;
    /// The seal with the highest number.
    async fn last_seal(&self) -> Result<Option<LedgerSeal>, StoreError>;
    /// Seals behind `after`, by number.
    async fn seals(&self, after: u64, limit: u32) -> Result<Vec<LedgerSeal>, StoreError>;
    /// Postings that say they are under a seal, by id.
    async fn sealed_postings(&self, seal: u64, limit: u32) -> Result<Vec<KeptPosting>, StoreError>;
    /// Rows of the legs of those postings, by posting and leg.
    async fn sealed_legs(&self, seal: u64) -> Result<Vec<KeptLeg>, StoreError>;
    /// How far the oldest postings are gone; `None` where none are.
    async fn carried(&self) -> Result<Option<LedgerCarried>, StoreError>;
    /// What the postings that are gone came to, behind an account of the ledger, in the order of the accounts.
    async fn openings(
        &self,
        behind: (AccountSid, &str),
        limit: u32,
    ) -> Result<Vec<LedgerOpening>, StoreError>;
    /// What postings of the seals behind `behind` up to `until` come to, by account of the ledger.
    async fn legs_of_seals(&self, behind: u64, until: u64) -> Result<Vec<LedgerOpening>, StoreError>;
    /// What is parked, by source and id.
    async fn parked_events(&self, limit: u32) -> Result<Vec<ParkedEvent>, StoreError>;
    /// Legal holds that stand, of all accounts.
    async fn holds_active(&self) -> Result<u64, StoreError>;
    /// Calls of every account behind `after`, by sid: oldest first.
    async fn calls_after(&self, after: CallSid, limit: u32) -> Result<Vec<Call>, StoreError>;
    /// Messages of every account behind `after`, by sid: oldest first.
    async fn messages_after(&self, after: MessageSid, limit: u32) -> Result<Vec<Message>, StoreError>;
    /// What is not as it must be.
    async fn ledger_faults(&self, check: LedgerCheck) -> Result<Faults, StoreError>;
}
