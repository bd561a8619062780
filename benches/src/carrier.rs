//! What comes from the carrier, each kind by itself: receipts of messages that were sent before, and messages from subscribers. Nobody is
//! told of either, so that it is the taking that is measured.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use flexio_testkit::smsc::{Behaviour, Smsc};

use crate::flexio::Flexio;
use crate::process::{Twin, cpu, scratch};
use crate::sms::{self, Load, PATIENCE};
use crate::table::{Row, Table, each, per_second};

/// Receipts, and messages, of one run.
const COUNT: usize = 20_000;
/// Deliveries without an answer; more than a thousand a session would refuse.
const WINDOW: usize = 400;
/// A process whose clock does not move for this long has nothing left to do.
const QUIET: Duration = Duration::from_millis(400);

/// A `deliver_sm`.
struct Delivery {
    from: String,
    to: String,
    esm_class: u8,
    text: String,
}

/// What taking cost.
struct Taken {
    cpu: Duration,
    elapsed: Duration,
    accepted: u64,
}

/// Sends all, a window at a time, to whoever is bound, and waits for the last answer.
async fn deliver(smsc: &Smsc, pid: u32, all: &[Delivery]) -> Result<Taken> {
    let answered = smsc.record().delivery_answers.len();
    let (begun, before) = (Instant::now(), cpu(pid)?);
    for (nth, one) in all.iter().enumerate() {
        if nth >= WINDOW {
            let least = answered + nth - WINDOW;
            let answers = smsc.until(|record| record.delivery_answers.len() > least);
            tokio::time::timeout(PATIENCE, answers).await.context("deliveries are not answered")?;
        }
        let sent = smsc.send_mo(&one.from, &one.to, one.esm_class, 0, one.text.as_bytes()).await;
        ensure!(sent, "nobody is bound");
    }
    let last = smsc.until(|record| record.delivery_answers.len() >= answered + all.len());
    tokio::time::timeout(PATIENCE, last).await.context("deliveries are not answered")?;
    let elapsed = begun.elapsed();
    let record = smsc.record();
    let accepted = record.delivery_answers[answered..].iter().filter(|(_, status)| *status == 0).count();
    Ok(Taken { cpu: cpu(pid)?.saturating_sub(before), elapsed, accepted: u64::try_from(accepted)? })
}

/// The same to one that keeps what it gets and does nothing else.
async fn raw(all: &[Delivery]) -> Result<f64> {
    let smsc = Smsc::start(Behaviour::default()).await?;
    let folder = scratch()?;
    let twin = Twin::start_with("raw-smpp", folder.path(), &[&smsc.address().to_string()])?;
    let taken = deliver(&smsc, twin.pid(), all).await?;
    ensure!(taken.accepted == u64::try_from(all.len())?, "the twin refused some");
    Ok(each(taken.cpu, taken.accepted))
}

async fn row(smsc: &Smsc, flexio: &Flexio, all: &[Delivery], figure: &str) -> Result<Row> {
    quiet(flexio.pid()).await?;
    let taken = deliver(smsc, flexio.pid(), all).await?;
    let rate = per_second(taken.accepted, taken.elapsed);
    Ok(Row {
        figure: figure.to_owned(),
        ours: each(taken.cpu, taken.accepted),
        raw: Some(raw(all).await?),
        unit: "delivery",
        reached: format!("{rate:.0}/s, {} of {} taken at the first time", taken.accepted, all.len()),
    })
}

async fn quiet(pid: u32) -> Result<()> {
    let begun = Instant::now();
    loop {
        let before = cpu(pid)?;
        tokio::time::sleep(QUIET).await;
        // One tick of the clock is the heartbeat of timers.
        if cpu(pid)?.saturating_sub(before) <= Duration::from_millis(10) || begun.elapsed() > PATIENCE {
            return Ok(());
        }
    }
}

async fn start() -> Result<(Smsc, Flexio, String)> {
    let smsc = Smsc::start(Behaviour { receipt_after: None, ..Behaviour::default() }).await?;
    let flexio = Flexio::start(&sms::route(smsc.address().port()))?;
    let number = flexio.rent("http://127.0.0.1:9/").await?;
    let bound = smsc.until(|record| record.binds > 0);
    tokio::time::timeout(PATIENCE, bound).await.context("flexio does not bind")?;
    Ok((smsc, flexio, number))
}

/// Messages of the account, page by page, that are in this state.
async fn count(flexio: &Flexio, status: &str) -> Result<usize> {
    let (mut resource, mut found) = ("/Messages.json?PageSize=500".to_owned(), 0);
    loop {
        let page = flexio.ask(&resource, None).await?;
        let rows = page["messages"].as_array().context("no list of messages")?;
        found += rows.iter().filter(|row| row["status"] == status).count();
        let Some(next) = page["next_page_uri"].as_str() else { return Ok(found) };
        let (_, query) = next.split_once("/Messages.json").context("the next page is another list")?;
        resource = format!("/Messages.json{query}");
    }
}

/// Messages are sent, and their receipts come when all is quiet.
pub(crate) async fn receipts(table: &mut Table) -> Result<()> {
    let (smsc, flexio, number) = start().await?;
    let load = Load {
        target: flexio.http,
        login: flexio.login.clone(),
        from: number,
        callback: None,
        told_of: None,
        messages_max: u64::try_from(COUNT)?,
        time_max: PATIENCE,
    };
    let accepted = usize::try_from(sms::post(&load).await?.count)?;
    let sent = smsc.until(|record| record.taken.len() >= accepted);
    tokio::time::timeout(PATIENCE, sent).await.context("messages do not leave")?;
    let receipt = |one: &flexio_testkit::smsc::Taken| Delivery {
        from: one.to.2.clone(),
        to: one.from.2.clone(),
        esm_class: 4,
        text: format!(
            "id:{} sub:001 dlvrd:001 submit date:2611231200 done date:2611231200 stat:DELIVRD err:000 text:",
            one.message_id
        ),
    };
    let all: Vec<Delivery> = smsc.record().taken.iter().map(receipt).collect();
    table.add(row(&smsc, &flexio, &all, "receipt alone, no callback").await?);
    let delivered = count(&flexio, "delivered").await?;
    ensure!(delivered == accepted, "of {accepted} messages {delivered} are delivered");
    // Each message is a transaction: what was measured was also charged.
    ensure!(flexio.prove()? >= u64::try_from(accepted)?, "messages were not charged");
    Ok(())
}

/// Messages from as many subscribers to a number that no application answers for.
pub(crate) async fn incoming(table: &mut Table) -> Result<()> {
    let (smsc, flexio, number) = start().await?;
    let message = |nth: usize| Delivery {
        from: format!("32471{nth:06}"),
        to: number.trim_start_matches('+').to_owned(),
        esm_class: 0,
        text: format!("Mijn tafel voor vanavond is nummer {nth}, toch?"),
    };
    let all: Vec<Delivery> = (0..COUNT).map(message).collect();
    table.add(row(&smsc, &flexio, &all, "incoming message alone, no application").await?);
    quiet(flexio.pid()).await?;
    let kept = count(&flexio, "received").await?;
    ensure!(kept == COUNT, "of {COUNT} messages {kept} are received");
    flexio.prove()?;
    Ok(())
}
