//! A change of prices for all customers of a plan: counted first, then announced to each.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::customer::words;
use crate::{AccountSid, Money, NoticeGround, PriceNoticeSid, PriceRunSid};

words! {
    /// Where a run stands.
    PriceRunState {
        /// The dry run goes from customer to customer.
        Counting = "counting",
        /// The dry run is over: it may be announced.
        Counted = "counted",
        /// Each customer is given notice.
        Announcing = "announcing",
        /// All were.
        Announced = "announced",
        /// It was dropped before anybody was told.
        Dropped = "dropped",
    }
}

words! {
    /// What became of a customer in a run.
    PriceRunOutcome {
        /// It would be told, or waits to be.
        Counted = "counted",
        /// It was told.
        Announced = "announced",
        /// It cannot be told, the reason says why.
        Refused = "refused",
    }
}

/// A change of prices for many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceRun {
    /// Identity.
    pub sid: PriceRunSid,
    /// Optimistic lock.
    pub version: u32,
    /// The operator's account.
    pub account_sid: AccountSid,
    /// Plan and version that prices from then on.
    pub plan: String,
    /// First day.
    pub from: Date,
    /// Items that change; all that differ if empty.
    pub items: Vec<String>,
    /// Why nobody may leave because of it.
    pub ground: Option<NoticeGround>,
    /// What the operator says of the ground.
    pub ground_note: String,
    /// Where it stands.
    pub state: PriceRunState,
    /// The last account that was looked at in this state.
    pub after: Option<AccountSid>,
    /// Contracts that were looked at in this state.
    pub seen: u64,
    /// Contracts in force when it began.
    pub total: u64,
    /// Customers whose prices change.
    pub customers: u64,
    /// Of those, how many were told.
    pub announced: u64,
    /// Of those, how many cannot be told.
    pub refused: u64,
    /// What they pay more on their use of the last twelve months, together, without tax; less than nothing where they pay less.
    pub difference: Money,
    /// Who began it.
    pub by: String,
    /// When a process has to look at it; `None`: nothing is to be done.
    pub due_at: Option<Timestamp>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// A customer in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceRunCustomer {
    /// The run.
    pub run_sid: PriceRunSid,
    /// Who.
    pub account_sid: AccountSid,
    /// What became of it.
    pub outcome: PriceRunOutcome,
    /// Why it cannot be told.
    pub reason: Option<String>,
    /// Uses of the last twelve months whose price changes.
    pub uses: u64,
    /// There were more, which are not counted.
    pub is_partial: bool,
    /// What they came to at today's prices, without tax.
    pub old: Money,
    /// What they would have come to.
    pub new: Money,
    /// The notice, once told.
    pub notice_sid: Option<PriceNoticeSid>,
}
