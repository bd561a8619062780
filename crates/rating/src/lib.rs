//! What a use of the platform costs: plans, numbering classes, increments, one pure function to a charge.
//!
//! Owns: the plan file ([`Plan`]), the numbering data ([`Numbering`]), the arithmetic of a charge ([`Timed`],
//! [`Counted`], [`recurring`]) and the answer to "may this start, and at what price" ([`Rater::authorise`]).
//! Does not own: who is charged, whether there is credit, how a charge is kept (`billing`, `app`).
//!
//! Invariants: no clock, file or network, and the zone database is compiled in, so the same event under the
//! same two files is the same amount for ever; money is integers and is rounded once per event, half away
//! from zero (docs/decisions/0007-money.md); a service without a price is free or refused, never charged;
//! a charge never goes down as a call goes on. A file that leaves a question open is refused when it is read,
//! so nothing in rating can fail later.
//!
//! Start reading at [`Rater`]; docs/tariff.md is the same from outside.

mod automaton;
mod bands;
mod compared;
mod country;
mod dated;
mod decimal;
mod error;
mod month;
mod numbering;
mod plan;
mod rate;
mod rater;
pub mod recurring;
mod service;
mod tiers;

pub use bands::{Band, Hours, base_of};
pub use compared::Changed;
pub use country::{Country, calling_code};
pub use dated::{DatedVatRates, InterestRates, RatesError};
pub use error::FileError;
pub use month::{BillingMonth, MonthError};
pub use numbering::{Class, NationalClass, Numbering, Policy, PremiumCeiling, Sender, ShortCode, Zone};
pub use plan::{BillingMode, ContentHash, Difference, Item, Plan, PromotedLabel, Rate, VatRate};
pub use rate::{Allowance, Counted, Monthly, Proration, Timed};
pub use rater::{Authorised, Destination, Metered, Priced, Rated, Rater, RaterError, Refusal, RefusalReason};
pub use service::{Service, Unit};
pub use tiers::{Slice, Tier, TierMode, Tiers};
