//! Rating seen from outside: the project's own plan and numbering files, and every vector that fixes a charge.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail as a test does")]

mod classes;
mod destinations;
mod files;
mod golden;
mod months;
mod properties;
mod vectors;

use std::sync::LazyLock;

use flexio_domain::{Money, UsageKind};
use flexio_rating::{Metered, Numbering, Plan, Rater};

const OFFER: &str = include_str!("../../../../data/offer-flexio-be.toml");
const NUMBERING: &str = include_str!("../../../../data/belgian-numbering.toml");
const GOLDEN: &str = include_str!("../../../../data/rating-golden.csv");

fn plan(text: &str) -> Plan {
    Plan::parse("offer.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

fn numbering() -> Numbering {
    Numbering::parse("numbering.toml", NUMBERING).unwrap_or_else(|error| panic!("{error}"))
}

fn rater_of(offer: &str) -> Rater {
    Rater::new(plan(offer), numbering()).unwrap()
}

/// Rating under the project's own files; read once, as a property asks it a thousand times.
fn rater() -> &'static Rater {
    static RATER: LazyLock<Rater> = LazyLock::new(|| rater_of(OFFER));
    &RATER
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

/// An answered leg on 3 November 2026.
fn leg(kind: UsageKind, to: &str, seconds: u64) -> Metered<'_> {
    Metered {
        kind,
        from: "+3225880000",
        to,
        at: "2026-11-03T10:00:00Z".parse().unwrap(),
        duration_ms: Some(seconds * 1000),
        quantity: 0,
        accepted: true,
        carries_code: false,
    }
}

/// One accepted counted use on 3 November 2026.
fn counted(kind: UsageKind, to: &str, quantity: u32) -> Metered<'_> {
    Metered { duration_ms: None, quantity, ..leg(kind, to, 0) }
}
