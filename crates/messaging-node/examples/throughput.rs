//! CPU and time per message through the whole node: from due in the database, over the sandbox carrier and its receipt, to the
//! callbacks, each durable.
//!
//! `cargo run --release -p flexio-messaging-node --example throughput -- [MESSAGES] [FOLDER]`
//!
//! The database is a file in FOLDER (default: the system's temporary folder), and every commit waits for the disk. The carrier and
//! the receiver of callbacks run in the same process, so their cost is in the figures. Messages are made before the clock starts.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use flexio_app::{App, AppConfig, MasterKey, Vault};
use flexio_billing::Meter;
use flexio_domain::{
    Account, Clock, HttpMethod, Message, MessageClass, MessageDirection, MessageSid, MessageStatus, Pii,
    Timestamp, Webhook, message::SegmentState,
};
use flexio_messaging_node::{MessagingConfig, MessagingNode};
use flexio_outbound::{Outbound, OutboundConfig};
use flexio_rating::{Numbering, Plan, Rater};
use flexio_store::{Change, ChangeSet, MessageFilter};
use flexio_store_sqlite::SqliteStore;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

type Failure = Box<dyn std::error::Error>;

#[derive(Debug)]
struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    let parent = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    for with_callbacks in [false, true] {
        let folder = parent.join(format!("flexio-throughput-{}-{with_callbacks}", std::process::id()));
        let result = run(count, &folder, with_callbacks).await;
        std::fs::remove_dir_all(&folder)?;
        result?;
    }
    Ok(())
}

async fn run(count: usize, folder: &std::path::Path, with_callbacks: bool) -> Result<(), Failure> {
    let app = open(folder)?;
    let (account, _) = app.create_root_account("Top", None).await?;
    let (url, told) = receiver().await?;
    let callback = with_callbacks.then_some(Webhook { url, method: HttpMethod::Post });
    make(&app, &account, count, callback.as_ref()).await?;

    let (start, cpu) = (Instant::now(), cpu_ms()?);
    let allow_private_cidrs = vec!["127.0.0.0/8".parse()?];
    let outbound = Outbound::new(OutboundConfig { allow_private_cidrs, ..OutboundConfig::default() })?;
    let config = MessagingConfig { sandbox: true, ..MessagingConfig::default() };
    let node = MessagingNode::start(Arc::clone(&app), config, outbound).await?;
    let delivered = MessageFilter { status: Some(MessageStatus::Delivered), ..MessageFilter::default() };
    while app.store.count_messages(account.sid, &delivered).await? < count as u64 {
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    // Each message tells of sending, sent and delivered.
    while with_callbacks && told.load(Ordering::Relaxed) < 3 * count as u64 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (took, used) = (start.elapsed(), cpu_ms()? - cpu);
    let per_message = Duration::from_millis(used) / u32::try_from(count)?;
    let per_second = u128::try_from(count)? * 1_000 / took.as_millis().max(1);
    let proof = app.store.ledger_proof().await?;
    eprintln!(
        "callbacks: {with_callbacks}; messages: {count}; time: {took:.2?}; per second: {per_second}; CPU per message: {per_message:.1?}; \
         postings: {}, unbalanced: {}, unposted: {}",
        proof.transactions, proof.unbalanced, proof.unposted
    );
    node.stop().await;
    Ok(())
}

fn open(folder: &std::path::Path) -> Result<Arc<App>, Failure> {
    let plan = Plan::parse("offer", include_str!("../../../data/offer-flexio-be.toml"))?;
    let numbering = Numbering::parse("numbering", include_str!("../../../data/belgian-numbering.toml"))?;
    let meter = Meter::new(Rater::new(plan, numbering)?);
    let vault = Vault::from_key_file(&MasterKey::generate(1).to_line())?;
    let store = Arc::new(SqliteStore::open(&folder.join("flexio.db"))?);
    Ok(Arc::new(App::new(store, Arc::new(WallClock), vault, meter, AppConfig::default())))
}

/// Messages as the API leaves them: queued and due.
async fn make(app: &App, account: &Account, count: usize, callback: Option<&Webhook>) -> Result<(), Failure> {
    let mut changes = ChangeSet::new();
    for n in 0..count {
        let now = Timestamp::now();
        changes.push(Change::CreateMessage(Message {
            sid: MessageSid::new(),
            version: 1,
            account_sid: account.sid,
            from: "8640".parse()?,
            to: format!("+3247{:07}", 1_000_000 + n * 10).parse()?,
            body: Pii("Uw tafel is klaar. Tot straks!".to_owned()),
            sealed_body: None,
            direction: MessageDirection::OutboundApi,
            status: MessageStatus::Queued,
            segments: 1,
            labels: None,
            segment_states: vec![SegmentState::Waiting],
            concat_ref: 0,
            api_version: "2010-04-01".to_owned(),
            application_sid: None,
            status_callback: callback.cloned(),
            told_of: Vec::new(),
            callback_sequence: 0,
            validity_s: 36_000,
            route: None,
            node: None,
            attempts: 0,
            next_attempt_at: Some(now),
            error: None,
            price: None,
            class: MessageClass::Transactional,
            quiet_hours: None,
            is_granted: false,
            feedback: None,
            opt_out: None,
            is_flash: false,
            sip_headers: Vec::new(),
            media: 0,
            messaging_service_sid: None,
            send_at: None,
            sent_at: None,
            created_at: now,
            updated_at: now,
        }));
        if changes.changes().len() >= 5_000 || n + 1 == count {
            app.store.commit(std::mem::take(&mut changes)).await?;
        }
    }
    Ok(())
}

/// A web server that is pleased with everything, and how much it was told.
async fn receiver() -> Result<(String, Arc<AtomicU64>), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/status", listener.local_addr()?);
    let told = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&told);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&counted)));
        }
    });
    Ok((url, told))
}

async fn serve(stream: TcpStream, told: Arc<AtomicU64>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
            if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = text.trim().parse().unwrap_or(0);
            }
        }
        body.resize(length, 0);
        stream.read_exact(&mut body).await?;
        told.fetch_add(1, Ordering::Relaxed);
        stream.get_mut().write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
    }
}

/// User and system time of this process in milliseconds; the kernel counts in hundredths of a second.
fn cpu_ms() -> Result<u64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit_once(')').ok_or("no fields")?.1;
    let ticks: Vec<u64> =
        fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<u64>() * 10)
}
