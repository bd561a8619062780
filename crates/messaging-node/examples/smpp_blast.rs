//! Submits as fast as a window allows, and tells what that costs.
//!
//! `smpp_blast HOST:PORT COUNT WINDOW [receipt]`
//!
//! Prints one JSON line: rate, CPU per submit of this process (user and system), outcomes, receipts, and the
//! longest time a submit took. One worker thread, so the rate is that of one core at most.

#![expect(clippy::print_stdout, reason = "a program for people and scripts")]

use std::time::{Duration, Instant};

use flexio_messaging_node::smpp_client::{SmppClient, SmppNews, SmppRoute};
use flexio_smpp::{Address, Outcome, Secret, SessionConfig, SubmitKey, SubmitRequest};
use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, address, count, window, rest @ ..] = args.as_slice() else {
        return Err("usage: smpp_blast HOST:PORT COUNT WINDOW [receipt]".into());
    };
    let (host, port) = address.rsplit_once(':').ok_or("HOST:PORT")?;
    let (count, receipt): (u64, bool) = (count.parse()?, rest.first().is_some_and(|word| word == "receipt"));
    let session = SessionConfig {
        system_id: "test".into(),
        password: Secret::new("secret"),
        window: window.parse()?,
        ..SessionConfig::default()
    };
    let route = SmppRoute {
        name: "blast".into(),
        host: host.into(),
        port: port.parse()?,
        tls: None,
        session,
        queue: 1_000,
    };
    let (sender, mut events) = mpsc::channel(4_096);
    let handle = SmppClient::start(route, sender)?;
    while !matches!(events.recv().await.ok_or("ended")?.news, SmppNews::Up) {}

    let (start, cpu) = (Instant::now(), cpu_seconds()?);
    let feeder = tokio::spawn(async move {
        let request = SubmitRequest {
            from: Address::short_code("8640"),
            to: Address::international("32470000001"),
            udh: vec![],
            sar: None,
            payload: b"Your table is ready, see you tonight.".to_vec(),
            data_coding: 0,
            receipt,
            validity: None,
        };
        for key in 0..count {
            if handle.submit(SubmitKey(key), request.clone()).await.is_err() {
                break;
            }
        }
        handle
    });
    let tally = receive(&mut events, count, receipt).await?;
    let (elapsed, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    feeder.await?.close();
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    let n = count as f64;
    println!(
        "{{\"submits\":{count},\"receipts\":{},\"accepted\":{},\"other\":{},\"seconds\":{elapsed:.3},\"per_s\":{:.0},\"cpu_us_each\":{:.2},\"longest_gap_ms\":{}}}",
        tally.receipts,
        tally.accepted,
        tally.other,
        n / elapsed,
        cpu * 1e6 / n,
        tally.longest_gap.as_millis()
    );
    Ok(())
}

#[derive(Default)]
struct Tally {
    accepted: u64,
    other: u64,
    receipts: u64,
    /// Between two events: a stall of the client would show here.
    longest_gap: Duration,
}

async fn receive(
    events: &mut mpsc::Receiver<flexio_messaging_node::smpp_client::SmppEvent>,
    count: u64,
    receipt: bool,
) -> Result<Tally, &'static str> {
    let mut tally = Tally::default();
    let mut last = Instant::now();
    while tally.accepted + tally.other < count || (receipt && tally.receipts < tally.accepted) {
        let event = events.recv().await.ok_or("the route ended")?;
        tally.longest_gap = tally.longest_gap.max(last.elapsed());
        last = Instant::now();
        match event.news {
            SmppNews::Submitted { outcome: Outcome::Accepted { .. }, .. } => tally.accepted += 1,
            SmppNews::Submitted { .. } => tally.other += 1,
            SmppNews::Receipt { ack, .. } => {
                ack.accept();
                tally.receipts += 1;
            }
            SmppNews::Down { reason, .. } => eprintln!("down: {reason:?}"),
            SmppNews::Up | SmppNews::Mo { .. } | SmppNews::Stopped => {}
        }
    }
    Ok(tally)
}

/// User and system time of this process, to 10 ms (proc(5): fields 14 and 15 of `stat`, in ticks of 1/100 s).
fn cpu_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks =
        |at: usize| -> Result<f64, Box<dyn std::error::Error>> { Ok(fields.get(at).ok_or("stat")?.parse()?) };
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}
