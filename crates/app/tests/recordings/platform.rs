//! An account with a call, whose recordings are written as the voice node writes them.

use std::path::Path;
use std::sync::{Arc, Mutex};

use flexio_app::recordings::sealed::{AudioKey, Layout, SealedWriter};
use flexio_app::{App, AppConfig, AppError, Audio, Format, MasterKey, Vault, legs};
use flexio_billing::Meter;
use flexio_domain::*;
use flexio_markup::Track;
use flexio_rating::{Numbering, Plan, Rater};
use flexio_store::contract::call;
use flexio_store::{Change, ChangeSet, Store};
use flexio_store_sqlite::SqliteStore;
use flexio_voice::{RecordingFact, RecordingOutcome, RecordingSource};
use tempfile::TempDir;

/// What is searched for on disks.
pub const fn marker() -> &'static str {
    "a secret"
}

pub struct StandingClock(Mutex<Timestamp>);

impl std::fmt::Debug for StandingClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StandingClock")
    }
}

impl StandingClock {
    pub fn advance(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub struct Platform {
    pub app: Arc<App>,
    pub account: Account,
    pub clock: Arc<StandingClock>,
    store: Arc<SqliteStore>,
    call: Call,
    folder: Arc<TempDir>,
}

fn app(store: &Arc<SqliteStore>, clock: &Arc<StandingClock>, vault: Vault, folder: &Path) -> Arc<App> {
    let plan = Plan::parse("offer", include_str!("../../../../data/offer-flexio-be.toml")).unwrap();
    let numbering =
        Numbering::parse("numbering", include_str!("../../../../data/belgian-numbering.toml")).unwrap();
    let meter = Meter::new(Rater::new(plan, numbering).unwrap());
    let config = AppConfig { recordings_dir: folder.to_owned(), ..AppConfig::default() };
    Arc::new(App::new(Arc::clone(store) as _, Arc::clone(clock) as _, vault, meter, config))
}

impl Platform {
    pub fn new() -> Self {
        Self::with_vault(Vault::new(&MasterKey::generate(1), &[]))
    }

    pub fn with_vault(vault: Vault) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let store = Arc::new(SqliteStore::open_in_memory_for_test().unwrap());
        let clock = Arc::new(StandingClock(Mutex::new("2026-11-23T12:00:00Z".parse().unwrap())));
        let app = app(&store, &clock, vault, folder.path());
        let (account, call) = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                let (account, _) = app.create_root_account("Top", None).await.unwrap();
                let call = call(account.sid);
                store.commit(Change::CreateCall(call.clone()).into()).await.unwrap();
                (account, call)
            })
        });
        Self { app, account, clock, store, call, folder }
    }

    /// The same data under another vault, as after a restart.
    pub fn restarted(&self, vault: Vault) -> Self {
        Self {
            app: app(&self.store, &self.clock, vault, self.folder.path()),
            account: self.account.clone(),
            clock: Arc::clone(&self.clock),
            store: Arc::clone(&self.store),
            call: self.call.clone(),
            folder: Arc::clone(&self.folder),
        }
    }

    fn fact(&self, sid: RecordingSid) -> RecordingFact {
        RecordingFact {
            sid: sid.to_string(),
            call_sid: self.call.sid.to_string(),
            source: RecordingSource::RecordVerb,
            purpose: None,
            channels: 1,
            track: Track::Inbound,
            started_at: self.clock.now(),
            outcome: None,
        }
    }

    /// A recording that runs.
    pub async fn begin(&self) -> (Recording, AudioKey) {
        self.begin_on("node-1").await
    }

    pub async fn begin_on(&self, node: &str) -> (Recording, AudioKey) {
        let sid = RecordingSid::new();
        let terms = self.app.recording_terms(self.account.sid).await.unwrap();
        let now = self.clock.now();
        let (recording, key) = legs::recording(&self.call, sid, &self.fact(sid), (&terms, node), now);
        self.store.commit(Change::CreateRecording(recording.clone()).into()).await.unwrap();
        (recording, key)
    }

    /// A finished recording with these bytes for samples, and how many they are.
    pub async fn record(&self, samples: &str) -> (Recording, u64) {
        let (mut recording, key) = self.begin().await;
        let path = self.app.recording_path(recording.sid);
        let mut writer = SealedWriter::new(path, &key, recording.sid, Layout::Pcm { channels: 1 });
        writer.write(samples.as_bytes()).unwrap();
        let plain = writer.finish().unwrap();
        let outcome =
            RecordingOutcome::Completed { duration_ms: plain / 16, url: String::new(), public_url: None };
        let mut changes = ChangeSet::new();
        let now = self.clock.now();
        for change in legs::recorded(&self.app, &self.call, &mut recording, &outcome, Some(plain + 44), now) {
            changes.push(change);
        }
        self.store.commit(changes).await.unwrap();
        (recording, plain)
    }

    pub async fn hear(&self, sid: RecordingSid, format: Format) -> Result<Audio, AppError> {
        let media = self.app.recording_media(sid).await?;
        self.app.recording_audio(&media, format).await
    }

    pub fn spooled_files(&self) -> usize {
        crate::s3::files(self.folder.path()).len()
    }

    pub fn folder_holds(&self, wanted: &[u8]) -> bool {
        crate::s3::files(self.folder.path())
            .iter()
            .any(|path| crate::s3::contains(&std::fs::read(path).unwrap(), wanted))
    }
}

/// The head of a WAV of one channel with this many bytes of samples, written out here once more.
pub fn wav_head(data: u64) -> Vec<u8> {
    let data = u32::try_from(data).unwrap();
    let mut head = b"RIFF".to_vec();
    head.extend((data + 36).to_le_bytes());
    head.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    head.extend(data.to_le_bytes());
    head
}
