//! Ratings per second on one core: `cargo run --release -p flexio-rating --example rate`.
//!
//! Rates a fixed mix of legs, messages and recordings under the project's own plan, with the numbers spread over
//! every class. Prints the mean of a million ratings, of the classification alone, and of loading both files.

#![expect(clippy::print_stdout, reason = "a program that measures time and prints it")]
// Only forbidden where this crate's clippy.toml is read; it is also built as a part of `flexio-bench`.
#![allow(clippy::disallowed_methods)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use flexio_domain::UsageKind;
use flexio_rating::{Metered, Numbering, Plan, Rater};

const OFFER: &str = include_str!("../../../data/offer-flexio-be.toml");
const NUMBERING: &str = include_str!("../../../data/belgian-numbering.toml");
const ROUNDS: u32 = 3_000_000;

fn main() {
    let loading = Instant::now();
    let plan = Plan::parse("offer-flexio-be.toml", OFFER).expect("the project's own plan");
    let numbering =
        Numbering::parse("belgian-numbering.toml", NUMBERING).expect("the project's own numbering");
    let rater = Rater::new(plan, numbering).expect("files that belong together");
    println!("load     {:>9} us for both files", loading.elapsed().as_micros());

    let destinations: Vec<String> = destinations();
    let uses: Vec<Metered<'_>> =
        (0..4096).map(|index: usize| metered(index, &destinations[index % destinations.len()])).collect();
    report(
        "rate",
        timed(|round| u64::from(black_box(rater.rate(&uses[round % uses.len()])).amount.micros() != 0)),
    );
    report(
        "classify",
        timed(|round| rater.numbering().classify(uses[round % uses.len()].to).id().len() as u64),
    );
}

/// Numbers of every class, as carriers and people write them.
fn destinations() -> Vec<String> {
    let tails = (0..97).map(|n: u32| 1_000_000 + n * 9_173);
    let written = |tail: u32| {
        [
            format!("+3247{tail}"),
            format!("+322{tail}"),
            format!("0032485{}", tail % 1_000_000),
            format!("03{tail}"),
            format!("+3280012{:03}", tail % 1000),
            format!("+3390{tail}"),
            "112".to_owned(),
            "sip:agent@example.be".to_owned(),
        ]
    };
    tails.flat_map(written).collect()
}

fn metered(index: usize, to: &str) -> Metered<'_> {
    let kind = match index % 8 {
        0..=3 => UsageKind::VoiceOut,
        4 | 5 => UsageKind::VoiceIn,
        6 => UsageKind::SmsOut,
        _ => UsageKind::Recording,
    };
    let spread = i64::try_from(index).expect("below 4096");
    Metered {
        kind,
        from: "+3225880000",
        to,
        at: jiff::Timestamp::from_second(1_790_000_000 + spread * 7_919).expect("in 2026 and 2027"),
        duration_ms: Some(index as u64 * 97),
        quantity: 1,
        accepted: true,
        carries_code: false,
    }
}

fn timed(mut work: impl FnMut(usize) -> u64) -> Duration {
    let started = Instant::now();
    let sum: u64 = (0..ROUNDS as usize).map(&mut work).sum();
    black_box(sum);
    started.elapsed()
}

fn report(what: &str, took: Duration) {
    let nanos = took.as_nanos() / u128::from(ROUNDS);
    let per_second = u128::from(ROUNDS) * 1_000_000_000 / took.as_nanos().max(1);
    println!("{what:<8} {nanos:>9} ns each, {per_second} per second on one core");
}
