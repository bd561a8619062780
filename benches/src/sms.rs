//! Messages: accepted over HTTP with everything on disk, and all the way to the carrier, its receipt and the customer's callback.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use flexio_testkit::smsc::{Behaviour, Smsc};
use tokio::task::JoinSet;

use crate::application::Application;
use crate::carrier;
use crate::client::{Connection, Login};
use crate::flexio::Flexio;
use crate::process::{Twin, cpu, scratch};
use crate::table::{Row, Table, each, float, per_second, percentile};

/// Connections that post, each one message at a time.
const CONNECTIONS: u64 = 64;
/// How long messages are accepted for.
const ACCEPTING: Duration = Duration::from_secs(6);
/// Messages sent end to end.
const END_TO_END: u64 = 20_000;
/// The last receipt and callback are waited for so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(25);
/// How a message ends, for those who want to hear of nothing else.
const ENDS: &str = "delivered undelivered failed";
const BODY: &str = "Uw tafel is klaar, tot straks.";

/// Who posts what to whom, and when it ends.
#[derive(Clone)]
pub(crate) struct Load {
    /// Where.
    pub target: SocketAddr,
    /// As whom.
    pub login: Login,
    /// Sender.
    pub from: String,
    /// `StatusCallback`.
    pub callback: Option<String>,
    /// `StatusCallbackEvent`: what is told of; `None` for each state.
    pub told_of: Option<&'static str>,
    /// Whichever comes first.
    pub messages_max: u64,
    /// The other.
    pub time_max: Duration,
}

/// What came of it.
pub(crate) struct Accepted {
    /// Messages that were taken.
    pub count: u64,
    refused: u64,
    elapsed: Duration,
    waits: Vec<Duration>,
}

impl Accepted {
    fn show(&self) -> String {
        let ms = |per_mille| percentile(&self.waits, per_mille).as_secs_f64() * 1e3;
        let rate = per_second(self.count, self.elapsed);
        format!(
            "{rate:.0}/s over {CONNECTIONS} connections, p50 {:.1} ms, p99 {:.1} ms, {} refused",
            ms(500),
            ms(990),
            self.refused
        )
    }
}

/// All figures of messages.
pub(crate) fn run(table: &mut Table, runtime: &tokio::runtime::Runtime) -> Result<()> {
    runtime.block_on(async {
        accept(table).await?;
        end_to_end(table, "one callback, of its end", Some(ENDS)).await?;
        end_to_end(table, "a callback of each state", None).await?;
        carrier::receipts(table).await?;
        carrier::incoming(table).await
    })
}

/// The section of a route to a carrier here.
pub(crate) fn route(port: u16) -> String {
    format!(
        "[[smpp_route]]\nname = \"bench\"\nhost = \"127.0.0.1\"\nport = {port}\nsystem_id = \"bench\"\npassword = \"bench\"\nwindow = 100\n"
    )
}

/// The carrier is down: messages are accepted, priced and kept, and nothing else competes for the cores.
async fn accept(table: &mut Table) -> Result<()> {
    // Port 9 of loopback: nobody is there, and nobody will be.
    let flexio = Flexio::start(&route(9))?;
    let load = |target, login: &Login, from: &str| Load {
        target,
        login: login.clone(),
        from: from.to_owned(),
        callback: None,
        told_of: None,
        messages_max: 500_000,
        time_max: ACCEPTING,
    };
    let number = flexio.rent("http://127.0.0.1:9/").await?;
    let ours = load(flexio.http, &flexio.login, &number);
    post(&Load { time_max: Duration::from_millis(500), ..ours.clone() }).await?;
    let before = cpu(flexio.pid())?;
    let accepted = post(&ours).await?;
    let cost = each(cpu(flexio.pid())?.saturating_sub(before), accepted.count);
    let login = flexio.login.clone();
    // Ended before its twin starts: both have the machine to themselves.
    // Nothing is charged yet: a message is when the carrier has taken it.
    flexio.prove()?;
    let folder = scratch()?;
    let twin = Twin::start("raw-accept", folder.path())?;
    let before = cpu(twin.pid())?;
    let kept = post(&load(twin.address, &login, &number)).await?;
    let floor = each(cpu(twin.pid())?.saturating_sub(before), kept.count);
    let row = |figure: &str, ours, reached| Row {
        figure: figure.to_owned(),
        ours,
        raw: Some(floor),
        unit: "message",
        reached,
    };
    table.add(row("message accepted, idempotency key, synced", cost, accepted.show()));
    table.add(row("raw accept, the same bytes, synced", floor, kept.show()));
    Ok(())
}

/// Accept, submit, receipt, callback `delivered`, all at once.
async fn end_to_end(table: &mut Table, callbacks: &str, told_of: Option<&'static str>) -> Result<()> {
    let application = Application::start().await?;
    let smsc = Smsc::start(Behaviour::default()).await?;
    let flexio = Flexio::start(&route(smsc.address().port()))?;
    let number = flexio.rent("http://127.0.0.1:9/").await?;
    // Bound before the clock starts.
    tokio::time::timeout(PATIENCE, smsc.until(|record| record.binds > 0))
        .await
        .context("flexio does not bind")?;
    let load = Load {
        target: flexio.http,
        login: flexio.login.clone(),
        from: number,
        callback: Some(application.status_url()),
        told_of,
        messages_max: END_TO_END,
        time_max: PATIENCE,
    };
    let (begun, before) = (Instant::now(), cpu(flexio.pid())?);
    let accepted = post(&load).await?;
    let told = || application.told.delivered.load(Ordering::Relaxed);
    while told() < accepted.count && begun.elapsed() < accepted.elapsed + PATIENCE {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (elapsed, delivered) = (begun.elapsed(), told());
    let cost = each(cpu(flexio.pid())?.saturating_sub(before), delivered);
    let requests = float(application.told.requests.load(Ordering::Relaxed)) / float(delivered.max(1));
    let reached = format!(
        "{:.0}/s, accepted at {:.0}/s, {delivered} of {} delivered, {requests:.1} callbacks each",
        per_second(delivered, elapsed),
        per_second(accepted.count, accepted.elapsed),
        accepted.count,
    );
    table.add(Row {
        figure: format!("message end to end, receipt and {callbacks}"),
        ours: cost,
        raw: None,
        unit: "message",
        reached,
    });
    Ok(())
}

/// Posts over all connections until the first limit.
pub(crate) async fn post(load: &Load) -> Result<Accepted> {
    let (begun, next) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    // Keys of one run are not those of another.
    let run = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let mut posting = JoinSet::new();
    for _ in 0..CONNECTIONS {
        posting.spawn(post_by_one(load.clone(), begun, Arc::clone(&next), run));
    }
    let mut accepted = Accepted { count: 0, refused: 0, elapsed: Duration::ZERO, waits: Vec::new() };
    while let Some(ended) = posting.join_next().await {
        let (waits, refused) = ended??;
        accepted.count += waits.len() as u64;
        accepted.refused += refused;
        accepted.waits.extend(waits);
    }
    accepted.elapsed = begun.elapsed();
    accepted.waits.sort_unstable();
    ensure!(accepted.count > 0, "no message was accepted");
    Ok(accepted)
}

async fn post_by_one(
    load: Load,
    begun: Instant,
    next: Arc<AtomicU64>,
    run: u128,
) -> Result<(Vec<Duration>, u64)> {
    let mut connection = Connection::open(load.target).await?;
    let (mut waits, mut refused) = (Vec::new(), 0);
    while begun.elapsed() < load.time_max {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= load.messages_max {
            break;
        }
        let to = format!("+32470{:06}", number % 1_000_000);
        let mut form = vec![("From", load.from.as_str()), ("To", to.as_str()), ("Body", BODY)];
        if let Some(callback) = &load.callback {
            form.push(("StatusCallback", callback));
        }
        form.extend(load.told_of.map(|states| ("StatusCallbackEvent", states)));
        let key = format!("Idempotency-Key: {run}-{number}\r\n");
        let request = load.login.request("/Messages.json", Some(&form), &key);
        let asked = Instant::now();
        let (status, body) = connection.ask(&request).await?;
        if status == 201 {
            waits.push(asked.elapsed());
        } else {
            ensure!(refused < 100, "{status}: {}", String::from_utf8_lossy(body));
            refused += 1;
        }
    }
    Ok((waits, refused))
}
