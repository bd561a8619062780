//! A platform with one account and one number, and an application whose documents a test gives.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, RawForm, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use flexio_app::{App, AppConfig, MasterKey, NumberPatch, Pick, Vault, WebhookPatch};
use flexio_billing::Meter;
use flexio_domain::*;
use flexio_outbound::{Outbound, OutboundConfig};
use flexio_rating::{Numbering, Plan, Rater};
use flexio_speech::{Speech, SpeechConfig};
use flexio_store::{CallFilter, Change, Page};
use flexio_store_sqlite::SqliteStore;
use flexio_voice_node::sandbox::{Report, Script};
use flexio_voice_node::{VoiceConfig, VoiceNode};
use tempfile::TempDir;

#[derive(Debug)]
struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// One request an application got.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub params: HashMap<String, String>,
}

#[derive(Debug, Default)]
struct Web {
    documents: Mutex<HashMap<String, String>>,
    asked: Mutex<Vec<Asked>>,
}

pub struct Platform {
    pub app: Arc<App>,
    pub voice: VoiceNode,
    pub account: Account,
    pub number: String,
    pub folder: TempDir,
    web: Arc<Web>,
    web_address: SocketAddr,
}

fn decode(form: &[u8]) -> HashMap<String, String> {
    url::form_urlencoded::parse(form).map(|(k, v)| (k.into_owned(), v.into_owned())).collect()
}

async fn answer(
    State(web): State<Arc<Web>>,
    Path(path): Path<String>,
    RawForm(form): RawForm,
) -> impl IntoResponse {
    web.asked.lock().unwrap().push(Asked { path: path.clone(), params: decode(&form) });
    let body = web.documents.lock().unwrap().get(&path).cloned().unwrap_or_default();
    ([(CONTENT_TYPE, "application/xml")], body)
}

async fn node(app: &Arc<App>, folder: &std::path::Path, change: impl FnOnce(&mut VoiceConfig)) -> VoiceNode {
    let outbound = Outbound::new(OutboundConfig {
        allow_private_cidrs: vec!["127.0.0.0/8".parse().unwrap()],
        ..OutboundConfig::default()
    })
    .unwrap();
    let mut config = VoiceConfig {
        sip: flexio_voice_node::config::Sip { listen: (Ipv4Addr::LOCALHOST, 0).into(), ..Default::default() },
        media: flexio_voice_node::config::Media { threads: 1, ..Default::default() },
        sandbox: true,
        node: "test".to_owned(),
        recordings: folder.join("recordings"),
        ..VoiceConfig::default()
    };
    change(&mut config);
    VoiceNode::start(Arc::clone(app), config, outbound, Speech::new(SpeechConfig::default())).await.unwrap()
}

impl Platform {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With a changed configuration of the node.
    pub async fn start_with(change: impl FnOnce(&mut VoiceConfig)) -> Self {
        let _ = tracing_subscriber::fmt()
            .with_env_filter("warn,flexio_voice_node=debug")
            .with_test_writer()
            .try_init();
        let folder = tempfile::tempdir().unwrap();
        let web = Arc::new(Web::default());
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let web_address = listener.local_addr().unwrap();
        let router = Router::new().route("/{*path}", post(answer)).with_state(Arc::clone(&web));
        tokio::spawn(async move { axum::serve(listener, router).await });

        let plan = Plan::parse("offer", include_str!("../../../../data/offer-flexio-be.toml")).unwrap();
        let numbering =
            Numbering::parse("numbering", include_str!("../../../../data/belgian-numbering.toml")).unwrap();
        let meter = Meter::new(Rater::new(plan, numbering).unwrap());
        let store = Arc::new(SqliteStore::open_in_memory_for_test().unwrap());
        let vault = Vault::new(&MasterKey::generate(1), &[]);
        let config = AppConfig {
            sandbox: true,
            recordings_dir: folder.path().join("recordings"),
            ..AppConfig::default()
        };
        let app = Arc::new(App::new(store, Arc::new(Now), vault, meter, config));
        let (account, _) = app.create_root_account("Test", None).await.unwrap();
        let voice = node(&app, folder.path(), change).await;
        app.set_call_control(voice.call_control());
        let mut platform = Self { app, voice, account, number: String::new(), folder, web, web_address };
        platform.number = platform.rent("+3225880100").await;
        platform
    }

    /// A second node with the same database.
    pub async fn another_node(&self, change: impl FnOnce(&mut VoiceConfig)) -> VoiceNode {
        node(&self.app, self.folder.path(), change).await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.web_address)
    }

    pub async fn rent(&self, number: &str) -> String {
        let number: E164 = number.parse().unwrap();
        let stock = StockNumber {
            number: number.clone(),
            country: "BE".to_owned(),
            number_type: NumberType::Local,
            capabilities: Capabilities { voice: true, sms: true, mms: false, fax: false },
        };
        self.app.store.commit(Change::ImportStock(vec![stock]).into()).await.unwrap();
        let webhook =
            |path: &str| WebhookPatch { url: Some(Some(self.url(path))), ..WebhookPatch::default() };
        let patch = NumberPatch {
            voice: webhook("voice"),
            status_callback: webhook("status"),
            ..NumberPatch::default()
        };
        self.app
            .rent_number(&self.account, &Pick::Number(number.clone()), None, patch, &|_| None)
            .await
            .unwrap();
        number.to_string()
    }

    /// Gives a number back, for nobody else for a day.
    pub async fn give_back(&self, number: &str) {
        let rented = self.app.store.number_owner(&number.parse().unwrap()).await.unwrap().unwrap();
        let now = Timestamp::now();
        let free_at = now + jiff::SignedDuration::from_hours(24);
        let released = Change::ReleaseNumber(self.account.sid, rented.sid, now, free_at);
        self.app.store.commit(released.into()).await.unwrap();
    }

    /// What the application answers on this path.
    pub fn answers(&self, path: &str, body: &str) {
        self.web.documents.lock().unwrap().insert(path.to_owned(), format!("<Response>{body}</Response>"));
    }

    pub async fn notifications(&self) -> Vec<Notification> {
        let page = flexio_store::Page::default();
        let filter = flexio_store::NotificationFilter::default();
        self.app.store.notifications(self.account.sid, &filter, &page).await.unwrap()
    }

    /// Parameters of callbacks to this path that were queued about the first call, in order.
    pub async fn told(&self, path: &str) -> Vec<HashMap<String, String>> {
        let call = self.finished_calls().await.remove(0);
        let about = call.sid.to_string();
        let told = self.app.store.callbacks_about(self.account.sid, &about).await.unwrap();
        let of_path = told.into_iter().filter(|callback| callback.webhook.url.ends_with(path));
        of_path.map(|callback| callback.params.into_iter().collect()).collect()
    }

    pub fn asked(&self, path: &str) -> Vec<Asked> {
        self.web.asked.lock().unwrap().iter().filter(|asked| asked.path == path).cloned().collect()
    }

    pub async fn phone(&self, digits: &str) -> Report {
        let script = Script {
            from: "+32470123456".to_owned(),
            to: self.number.clone(),
            digits: digits.to_owned(),
            says: None,
            record_to: Some(self.folder.path().to_owned()),
            patience: Duration::from_secs(20),
        };
        self.voice.sandbox().unwrap().call(script).await
    }

    /// A phone that says these samples.
    pub async fn speaker(&self, says: Vec<i16>) -> Report {
        let script = Script {
            from: "+32470123456".to_owned(),
            to: self.number.clone(),
            digits: String::new(),
            says: Some(says),
            record_to: None,
            patience: Duration::from_secs(20),
        };
        self.voice.sandbox().unwrap().call(script).await
    }

    /// All legs once they are over, oldest first.
    pub async fn finished_calls(&self) -> Vec<Call> {
        let page = Page { order: flexio_store::Order::Oldest, ..Page::default() };
        for _ in 0..400 {
            let calls = self.app.store.calls(self.account.sid, &CallFilter::default(), &page).await.unwrap();
            if !calls.is_empty()
                && calls.iter().all(|call| call.status.is_final())
                && self.voice.running_calls() == 0
            {
                return calls;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("a call never ended");
    }

    /// The newest conference, once it is over.
    pub async fn ended_conference(&self) -> Conference {
        for _ in 0..400 {
            let filter = flexio_store::ConferenceFilter::default();
            let found =
                self.app.store.conferences(self.account.sid, &filter, &Page::default()).await.unwrap();
            if let Some(conference) =
                found.into_iter().next().filter(|one| one.status == ConferenceStatus::Completed)
            {
                return conference;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the conference never ended");
    }

    /// The samples of the account's one recording, once it is completed.
    pub async fn only_recording(&self) -> Vec<i16> {
        for _ in 0..400 {
            let filter = flexio_store::RecordingFilter::default();
            let all = self.app.store.recordings(self.account.sid, &filter, &Page::default()).await.unwrap();
            assert!(all.len() <= 1, "{all:?}");
            if let Some(one) = all.into_iter().find(|one| one.status == RecordingStatus::Completed) {
                let media = self.app.recording_media(one.sid).await.unwrap();
                let audio =
                    self.app.recording_audio(&media, flexio_app::recordings::Format::Wav).await.unwrap();
                return crate::hearing::samples_of(&audio.read(0..audio.bytes()).await.unwrap());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the recording is never completed")
    }

    /// A call over REST to this number, with its document.
    pub fn outgoing(&self, to: &str, document: &str) -> Call {
        let now = Timestamp::now();
        Call {
            sid: CallSid::new(),
            version: 1,
            account_sid: self.account.sid,
            parent_call_sid: None,
            from: self.number.parse().unwrap(),
            to: to.parse().unwrap(),
            phone_number_sid: None,
            application_sid: None,
            direction: CallDirection::OutboundApi,
            status: CallStatus::Queued,
            dialect: Dialect::Twiml,
            api_version: "2010-04-01".to_owned(),
            instructions: WebhookSet::default(),
            document: Some(document.to_owned()),
            sealed_document: None,
            status_callback: None,
            status_callback_events: Vec::new(),
            ring_timeout_s: 20,
            time_limit_s: 600,
            send_digits: None,
            record: false,
            options: Box::default(),
            ringing_at: None,
            answered_at: None,
            ended_at: None,
            talk_ms: None,
            proven_at: None,
            proven_ms: None,
            granted_s: None,
            price: None,
            forwarded_from: None,
            caller_name: None,
            answered_by: None,
            reason: None,
            sip_call_id: None,
            sip_response_code: None,
            trunk: None,
            sip_auth: None,
            node: None,
            created_at: now,
            updated_at: now,
        }
    }

    pub async fn usage(&self) -> Vec<UsageEvent> {
        self.app
            .store
            .usage_events(self.account.sid, &flexio_store::UsageFilter::default(), 100)
            .await
            .unwrap()
    }

    pub async fn ledger_is_sound(&self) {
        let proof = self.app.store.ledger_proof().await.unwrap();
        assert_eq!((proof.sum, proof.unbalanced, proof.unposted), (Money::ZERO, 0, 0), "{proof:?}");
    }
}
