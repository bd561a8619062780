//! A small company's year.

use std::sync::Arc;

use super::{Scale, simulate};

async fn lived(seed: u64) -> super::Year {
    let store = flexio_store_sqlite::SqliteStore::open_in_memory_for_test().unwrap();
    let scale = Scale { customers: 24, events: 2_000, seed };
    let mut told = Vec::new();
    let year = simulate(Arc::new(store), scale, &mut |line| told.push(line.to_owned())).await;
    year.unwrap_or_else(|error| panic!("seed {seed}: {error:#}\n{}", told.join("\n")))
}

#[tokio::test]
async fn a_year_is_charged_and_invoiced_as_a_second_reckoning_says() {
    for seed in [1, 2, 20] {
        let year = lived(seed).await;
        assert_eq!(year.events, 2_000, "seed {seed}");
        assert!(year.invoices > 100 && year.postings > 1_500 && year.seals > 100, "seed {seed}: {year:?}");
        assert!(year.net > flexio_domain::Money::ZERO, "seed {seed}: {year:?}");
    }
}

#[tokio::test]
async fn the_same_seed_is_the_same_year() {
    let (first, second) = (lived(7).await, lived(7).await);
    assert_eq!((first.net, first.charged, first.postings), (second.net, second.charged, second.postings));
}
