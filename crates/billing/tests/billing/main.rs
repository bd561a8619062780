//! Billing seen from outside: facts to events and postings, what a ledger proves, usage records.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail as a test does")]

mod categories;
mod invoice;
mod ledger;
mod meter;

use flexio_billing::{LegEnded, Meter, SegmentsAccepted};
use flexio_domain::{AccountSid, CallSid, MessageSid, Money};
use flexio_rating::{Numbering, Plan, Rater};
use jiff::Timestamp;

fn meter() -> Meter {
    let plan = Plan::parse("offer.toml", include_str!("../../../../data/offer-flexio-be.toml")).unwrap();
    let numbering = include_str!("../../../../data/belgian-numbering.toml");
    Meter::new(Rater::new(plan, Numbering::parse("numbering.toml", numbering).unwrap()).unwrap())
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const ACCOUNT: AccountSid = AccountSid::from_u128(0xA1);

/// An outbound leg to a mobile number, answered at 10:00:07.
fn leg(call: u128, duration_ms: u64) -> LegEnded<'static> {
    LegEnded {
        call_sid: CallSid::from_u128(call),
        account_sid: ACCOUNT,
        outbound: true,
        from: "+3225880000",
        to: "+32470123456",
        answered_at: Some(at("2026-11-03T10:00:07Z")),
        ended_at: at("2026-11-03T10:01:08.5Z"),
        duration_ms,
        truncated: false,
        carries_code: false,
    }
}

fn message(message: u128, segments: u32) -> SegmentsAccepted<'static> {
    SegmentsAccepted {
        message_sid: MessageSid::from_u128(message),
        account_sid: ACCOUNT,
        from: "8640",
        to: "+32470123456",
        segments,
        at: at("2026-11-30T23:30:00Z"),
        carries_code: false,
    }
}
