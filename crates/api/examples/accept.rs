//! How fast messages are accepted: sign-in, idempotency, checks, price, durable write, answer; in process, without sockets.
//!
//! `cargo run --release -p flexio-api --example accept -- [messages] [at once]` prints messages per second and CPU per message.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use axum::body::Body;
use base64::Engine as _;
use flexio_api::{Api, ApiConfig};
use flexio_app::{App, AppConfig, MasterKey, Vault};
use flexio_billing::Meter;
use flexio_domain::{Clock, Timestamp};
use flexio_rating::{Numbering, Plan, Rater};
use flexio_store_sqlite::SqliteStore;
use http::Request;
use tower::ServiceExt as _;

#[derive(Debug)]
struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

#[expect(clippy::print_stdout, reason = "a program that prints a figure")]
#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse().expect("a number"));
    let total: u32 = arguments.next().unwrap_or(100_000);
    let at_once: u32 = arguments.next().unwrap_or(256);
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(SqliteStore::open(&folder.path().join("flexio.db")).expect("a database"));
    let plan = Plan::parse("offer", include_str!("../../../data/offer-flexio-be.toml")).expect("a plan");
    let numbering = Numbering::parse("numbering", include_str!("../../../data/belgian-numbering.toml"));
    let meter = Meter::new(Rater::new(plan, numbering.expect("numbering")).expect("they fit"));
    let vault = Vault::new(&MasterKey::generate(1), &[]);
    let config = AppConfig { sandbox: true, ..AppConfig::default() };
    let app = Arc::new(App::new(store, Arc::new(WallClock), vault, meter, config));
    let (account, token) = app.create_root_account("Bench", None).await.expect("an account");
    let router = Api::new(app, ApiConfig::default(), None).router();
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{}:{token}", account.sid));
    let path = format!("/2010-04-01/Accounts/{}/Messages.json", account.sid);

    let next = Arc::new(AtomicU32::new(0));
    let cpu = cpu_seconds();
    let started = Instant::now();
    let workers = (0..at_once).map(|_| {
        let (router, next, path, basic) = (router.clone(), Arc::clone(&next), path.clone(), basic.clone());
        tokio::spawn(async move {
            let mut worst = std::time::Duration::ZERO;
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= total {
                    return worst;
                }
                let body =
                    format!("From=8640&To=%2B32470{:06}&Body=Uw+tafel+is+gereserveerd", index % 1_000_000);
                let request = Request::post(&path)
                    .header("authorization", format!("Basic {basic}"))
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header("idempotency-key", format!("k{index}"))
                    .body(Body::from(body))
                    .expect("a request");
                let asked = Instant::now();
                let response = router.clone().oneshot(request).await.expect("an answer");
                worst = worst.max(asked.elapsed());
                assert_eq!(response.status(), 201);
            }
        })
    });
    let mut worst = std::time::Duration::ZERO;
    for worker in workers.collect::<Vec<_>>() {
        worst = worst.max(worker.await.expect("no panic"));
    }
    let seconds = started.elapsed().as_secs_f64();
    let each = (cpu_seconds() - cpu) / f64::from(total) * 1e6;
    println!(
        "{total} accepted, {:.0}/s, {each:.1} µs of CPU each, worst {worst:?}",
        f64::from(total) / seconds
    );
}

/// User and system time of this process, from `/proc/self/stat` (fields 14 and 15, in hundredths on Linux).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
