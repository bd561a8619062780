//! A small installation: a top account with a child and a grandchild, a stranger beside them, and a stock of numbers.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::body::Body;
use base64::Engine as _;
use flexio_app::delivery::{Incoming, receive};
use flexio_app::recordings::sealed::{Layout, SealedWriter};
use flexio_app::*;
use flexio_billing::Meter;
use flexio_domain::*;
use flexio_rating::{Numbering, Plan, Rater};
use flexio_store::{Change, ChangeSet, MailChange, RoomChange, Store};
use flexio_store_sqlite::SqliteStore;
use http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::{Api, ApiConfig};

/// A number of the stock that each test may rent; `…01` to `…09` exist of each kind.
pub(crate) const LOCAL: &str = "+3225550101";
pub(crate) const MOBILE: &str = "+32470000101";
/// Somebody with a telephone, who is no customer.
pub(crate) const PERSON: &str = "+32470123456";

/// What a company says of itself, as a customer.
pub(crate) const COMPANY: [(&str, &str); 10] = [
    ("Kind", "small"),
    ("LegalName", "Bakkerij Peeters"),
    ("LegalForm", "BV"),
    ("Street", "Stationsstraat 1"),
    ("PostCode", "9000"),
    ("City", "Gent"),
    ("EnterpriseNumber", "0202.239.951"),
    ("VatNumber", "BE0202239951"),
    ("InvoiceEmail", "facturen@example.be"),
    ("Language", "nl"),
];

/// What a consumer says.
pub(crate) const CONSUMER: [(&str, &str); 5] = [
    ("LegalName", "An Peeters"),
    ("Street", "Stationsstraat 1"),
    ("PostCode", "9000"),
    ("City", "Gent"),
    ("InvoiceEmail", "an@example.be"),
];

/// A clock that stands still until it is told.
#[derive(Debug)]
pub(crate) struct StandingClock(Mutex<Timestamp>);

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

impl StandingClock {
    pub(crate) fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap() = now;
    }

    pub(crate) fn advance(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap();
        *now = Timestamp::from_microsecond(now.as_microsecond() + seconds * 1_000_000).unwrap();
    }
}

/// A carrier that remembers what it was asked and answers as told.
#[derive(Debug, Default)]
pub(crate) struct FakeCarrier {
    pub(crate) changes: Mutex<Vec<CallChange>>,
    pub(crate) conferences: Mutex<Vec<ConferenceChange>>,
    pub(crate) participants: Mutex<Vec<(CallSid, Vec<ParticipantChange>)>>,
    pub(crate) recordings: Mutex<Vec<RecordingChange>>,
    pub(crate) dequeued: Mutex<Vec<(QueueMemberRef, WebhookSet)>>,
    /// What a recording is kept as when one is begun, and where.
    pub(crate) records: Mutex<Option<(Arc<dyn Store>, Recording)>>,
    pub(crate) refuses: Mutex<Option<ControlError>>,
    pub(crate) full: Mutex<bool>,
}

#[async_trait]
impl CallControl for FakeCarrier {
    fn accepts_calls(&self) -> bool {
        !*self.full.lock().unwrap()
    }
    async fn originate(&self, _: &Call) -> Result<(), ControlError> {
        self.refuses.lock().unwrap().map_or(Ok(()), Err)
    }
    async fn modify(&self, _: CallSid, change: CallChange) -> Result<(), ControlError> {
        let kept = self.records.lock().unwrap().clone();
        if let (CallChange::Record { sid, .. }, Some((store, record))) = (&change, kept) {
            let record = Recording { sid: *sid, ..record };
            store.commit(Change::CreateRecording(record).into()).await.unwrap();
        }
        self.changes.lock().unwrap().push(change);
        self.refuses.lock().unwrap().map_or(Ok(()), Err)
    }
}

/// A picture, as the world of these tests has it.
pub(crate) const PICTURE: &str = "GIF89a of a table";

/// A web server whose files follow from their names.
#[derive(Debug)]
struct FakeFiles;

#[async_trait]
impl MediaSource for FakeFiles {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, MediaFault> {
        match url.rsplit('/').next() {
            Some("table.gif") => Ok(PICTURE.into()),
            Some("card.vcf") => Ok("BEGIN:VCARD\r\nFN:Ann\r\nEND:VCARD\r\n".into()),
            Some("page.html") => Ok("<html><script>alert(1)</script></html>".into()),
            Some("half.gif") => Ok([b"GIF89a".to_vec(), vec![b'x'; 3 << 20]].concat()),
            Some("large.gif") => Err(MediaFault::TooLarge),
            _ => Err(MediaFault::Unreachable("the answer has status 404".to_owned())),
        }
    }
}

impl FakeCarrier {
    fn answer<T>(&self, good: T) -> Result<T, ControlError> {
        self.refuses.lock().unwrap().map_or(Ok(good), Err)
    }
}

#[async_trait]
impl ConferenceControl for FakeCarrier {
    async fn expect_participant(
        &self,
        _: AccountSid,
        conference: &ConferenceRef,
        _: CallSid,
    ) -> Result<ConferenceSid, ControlError> {
        self.answer(match conference {
            ConferenceRef::Sid(sid) => *sid,
            ConferenceRef::Name(_) => ConferenceSid::new(),
        })
    }
    async fn modify_conference(
        &self,
        _: AccountSid,
        _: ConferenceSid,
        change: ConferenceChange,
    ) -> Result<(), ControlError> {
        self.conferences.lock().unwrap().push(change);
        self.answer(())
    }
    async fn modify_participant(
        &self,
        _: AccountSid,
        _: ConferenceSid,
        call: CallSid,
        changes: Vec<ParticipantChange>,
    ) -> Result<(), ControlError> {
        self.participants.lock().unwrap().push((call, changes));
        self.answer(())
    }
    async fn record_conference(
        &self,
        _: AccountSid,
        _: ConferenceSid,
        _: RecordConference,
    ) -> Result<RecordingSid, ControlError> {
        self.answer(RecordingSid::new())
    }
    async fn change_conference_recording(
        &self,
        _: AccountSid,
        _: ConferenceSid,
        _: Option<RecordingSid>,
        change: RecordingChange,
    ) -> Result<(), ControlError> {
        self.recordings.lock().unwrap().push(change);
        self.answer(())
    }
}

#[async_trait]
impl QueueControl for FakeCarrier {
    async fn dequeue(
        &self,
        _: AccountSid,
        _: QueueSid,
        member: QueueMemberRef,
        instructions: WebhookSet,
    ) -> Result<CallSid, ControlError> {
        self.dequeued.lock().unwrap().push((member, instructions));
        self.answer(match member {
            QueueMemberRef::Front => CallSid::from_u128(1),
            QueueMemberRef::Call(sid) => sid,
        })
    }
    async fn queue_changed(&self, _: AccountSid, _: QueueSid) -> Result<(), ControlError> {
        self.answer(())
    }
}

/// An account and what it signs in with.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) account: Account,
    pub(crate) token: String,
}

impl Customer {
    pub(crate) fn sid(&self) -> String {
        self.account.sid.to_string()
    }
    pub(crate) fn credentials(&self) -> (String, String) {
        (self.sid(), self.token.clone())
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.body))
    }
    pub(crate) fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("{name} in {}", self.body)).to_owned()
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    /// Status and code of a refusal.
    pub(crate) fn refused(&self) -> (u16, u64) {
        (self.status, self.json()["code"].as_u64().unwrap_or(0))
    }
    /// The body, if the request went well.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        self
    }
}

/// What the samples of a recording say, again and again.
pub(crate) const AUDIO: &str = "MOREWAVE";

pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<StandingClock>,
    pub(crate) carrier: Arc<FakeCarrier>,
    pub(crate) router: axum::Router,
    pub(crate) root: Customer,
    pub(crate) child: Customer,
    pub(crate) grandchild: Customer,
    pub(crate) sibling: Customer,
    /// The database.
    pub(crate) file: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

impl World {
    /// A sandbox.
    pub(crate) async fn new() -> Self {
        Self::with(AppConfig { sandbox: true, ..AppConfig::default() }, ApiConfig::default()).await
    }

    pub(crate) async fn with(mut config: AppConfig, api: ApiConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        folder.path().clone_into(&mut config.recordings_dir);
        config.exports_dir = folder.path().join("exports");
        let store = Arc::new(SqliteStore::open_in_memory_for_test().unwrap());
        let file = store.file().to_owned();
        let clock = Arc::new(StandingClock(Mutex::new("2026-11-23T12:00:00Z".parse().unwrap())));
        let vault = Vault::new(&MasterKey::from_bytes(1, [7; 32]), &[]);
        let app = Arc::new(App::new(store, Arc::clone(&clock) as _, vault, meter(), config));
        let carrier = Arc::new(FakeCarrier::default());
        app.set_call_control(Arc::clone(&carrier) as _);
        app.set_media_source(Arc::new(FakeFiles));
        app.publish_plan(app.rater().plan()).await.unwrap();
        app.store.commit(Change::ImportStock(stock()).into()).await.unwrap();
        let (root, token) = app.create_root_account("Top", None).await.unwrap();
        let root = Customer { account: root, token };
        let child = sub_account(&app, &root, "Child").await;
        let grandchild = sub_account(&app, &child, "Grandchild").await;
        let sibling = sub_account(&app, &root, "Sibling").await;
        let router = Api::new(Arc::clone(&app), api, Some(Arc::new(|| "metric 1\n".to_owned()))).router();
        Self { app, clock, carrier, router, root, child, grandchild, sibling, file, _folder: folder }
    }

    /// A second node over the same store.
    pub(crate) fn second_node(&self) -> axum::Router {
        let vault = Vault::new(&MasterKey::from_bytes(1, [7; 32]), &[]);
        let clock = Arc::clone(&self.clock) as _;
        let app = App::new(Arc::clone(&self.app.store), clock, vault, meter(), self.app.config.clone());
        Api::new(Arc::new(app), ApiConfig::default(), None).router()
    }

    /// A running conference with one participant, labelled `chair`.
    pub(crate) async fn meeting(&self, who: &Customer) -> (Conference, Participant) {
        let now = self.app.clock.now();
        let conference = Conference {
            sid: ConferenceSid::new(),
            version: 1,
            account_sid: who.account.sid,
            friendly_name: "board".to_owned(),
            status: ConferenceStatus::InProgress,
            api_version: "2010-04-01".to_owned(),
            status_callback: None,
            status_callback_events: Vec::new(),
            started_at: Some(now),
            ended_at: None,
            ended_by: None,
            ending_call_sid: None,
            node: None,
            created_at: now,
            updated_at: now,
        };
        let participant = Participant {
            conference_sid: conference.sid,
            call_sid: CallSid::new(),
            account_sid: who.account.sid,
            label: Some("chair".to_owned()),
            status: ParticipantStatus::Connected,
            muted: false,
            hold: false,
            coaching: false,
            call_sid_to_coach: None,
            start_conference_on_enter: true,
            end_conference_on_exit: false,
            queue_time_s: None,
            joined_at: Some(now),
            left_at: None,
            created_at: now,
            updated_at: now,
        };
        let changes = ChangeSet::from(Change::from(RoomChange::CreateConference(conference.clone())))
            .with(RoomChange::SaveParticipant(participant.clone()).into());
        self.store().commit(changes).await.unwrap();
        (conference, participant)
    }

    /// Makes a recording one of a conference.
    pub(crate) async fn record_meeting(&self, who: &Customer, sid: RecordingSid, conference: ConferenceSid) {
        let kept = self.app.recording(who.account.sid, sid).await.unwrap();
        let of_conference = Recording { conference_sid: Some(conference), ..kept };
        self.store().commit(Change::UpdateRecording(of_conference).into()).await.unwrap();
    }

    /// A record of something that was said on a call.
    pub(crate) async fn said(&self, who: &Customer, call_sid: CallSid) -> VerbRecord {
        let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let record = VerbRecord {
            id: VerbRecordId::new(),
            kind: VerbKind::Say,
            account_sid: who.account.sid,
            call_sid,
            status: "completed".to_owned(),
            reason: None,
            duration_s: Some(2),
            facts: vec![fact("character_count", "25"), fact("language", "nl-BE"), fact("loop", "1")],
            created_at: self.app.clock.now(),
        };
        self.store().commit(Change::AddVerbRecord(record.clone()).into()).await.unwrap();
        record
    }

    /// A queue in which one call waits.
    pub(crate) async fn waiting(&self, who: &Customer) -> (Queue, CallSid) {
        let now = self.app.clock.now();
        let queue = Queue {
            sid: QueueSid::new(),
            version: 1,
            account_sid: who.account.sid,
            friendly_name: "support".to_owned(),
            max_size: 100,
            created_at: now,
            updated_at: now,
        };
        self.store().commit(Change::from(RoomChange::CreateQueue(queue.clone())).into()).await.unwrap();
        let call = self.wait_in(&queue).await;
        (queue, call)
    }

    /// One more call that waits.
    pub(crate) async fn wait_in(&self, queue: &Queue) -> CallSid {
        let member = QueueMember {
            queue_sid: queue.sid,
            call_sid: CallSid::new(),
            account_sid: queue.account_sid,
            priority: 0,
            enqueued_at: self.app.clock.now(),
            node: "node-1".to_owned(),
        };
        self.store().commit(Change::from(RoomChange::SaveMember(member.clone())).into()).await.unwrap();
        member.call_sid
    }

    /// A SIP user of the child, as kept.
    pub(crate) async fn store_credential(&self, sid: &str) -> Credential {
        let (account, sid) = (self.child.account.sid, sid.parse().unwrap());
        self.store().credential(account, sid).await.unwrap().unwrap()
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.app.store
    }

    /// `GET` as this customer.
    pub(crate) async fn get(&self, who: &Customer, path: &str) -> Reply {
        self.send(Request::get(path), Some(who.credentials()), "").await
    }

    /// `POST` of a form as this customer.
    pub(crate) async fn post(&self, who: &Customer, path: &str, form: &[(&str, &str)]) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.send(Request::post(path), Some(who.credentials()), &body).await
    }

    pub(crate) async fn delete(&self, who: &Customer, path: &str) -> Reply {
        self.send(Request::delete(path), Some(who.credentials()), "").await
    }

    pub(crate) async fn send(
        &self,
        mut request: http::request::Builder,
        who: Option<(String, String)>,
        body: &str,
    ) -> Reply {
        if let Some((user, password)) = who {
            let basic = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            request = request.header("authorization", format!("Basic {basic}"));
        }
        if !body.is_empty() && !request.headers_ref().unwrap().contains_key("content-type") {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        self.exchange(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub(crate) async fn exchange(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let status = head.status;
        assert!(status != StatusCode::INTERNAL_SERVER_ERROR, "{}", String::from_utf8_lossy(&body));
        Reply {
            status: status.as_u16(),
            headers: head.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// Rents a number and answers its sid.
    pub(crate) async fn rent(&self, who: &Customer, number: &str) -> String {
        let path = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers.json", who.sid());
        self.post(who, &path, &[("PhoneNumber", number)]).await.ok().text("sid")
    }

    /// Sends a message from the shared short number and answers its sid.
    pub(crate) async fn message(&self, who: &Customer) -> String {
        let path = format!("/2010-04-01/Accounts/{}/Messages.json", who.sid());
        let form = [("From", "8640"), ("To", "+32470123456"), ("Body", "Hallo")];
        self.post(who, &path, &form).await.ok().text("sid")
    }

    /// What `PERSON` writes, as the node keeps it.
    pub(crate) async fn received(&self, to: &str, body: &str) -> Message {
        let incoming = Incoming {
            from: PERSON.parse().unwrap(),
            to: to.parse().unwrap(),
            body: Pii(body.to_owned()),
            segments: 1,
            route: None,
            media: 0,
            is_whole: true,
            sip_headers: Vec::new(),
        };
        let mut changes = ChangeSet::new();
        let message = receive(&self.app, incoming, &mut changes).await.unwrap();
        self.store().commit(changes).await.unwrap();
        message
    }

    /// An e-mail that waits.
    pub(crate) async fn email(&self, who: &Customer) -> String {
        let email = flexio_store::contract::email(who.account.sid, 0);
        self.store().commit(Change::from(MailChange::Create(email.clone())).into()).await.unwrap();
        email.sid.to_string()
    }

    /// A recording with eight bytes of audio, a call and a notification, put straight into the store.
    pub(crate) async fn records(&self, who: &Customer) -> (CallSid, RecordingSid, NotificationSid) {
        let now = self.app.clock.now();
        let call = Call {
            sid: CallSid::new(),
            version: 1,
            account_sid: who.account.sid,
            status: CallStatus::InProgress,
            ..crate::calls::specimen()
        };
        let mut recording = Recording {
            sid: RecordingSid::new(),
            version: 1,
            account_sid: who.account.sid,
            call_sid: call.sid,
            conference_sid: None,
            source: RecordingSource::RecordVerb,
            status: RecordingStatus::Completed,
            channels: 1,
            track: RecordingTrack::Inbound,
            purpose: None,
            node: Some("node-1".to_owned()),
            is_stored: false,
            key: None,
            expires_at: None,
            duration_ms: Some(14_700),
            bytes: Some(8),
            api_version: "2012-04-24".to_owned(),
            price: None,
            started_at: now,
            created_at: now,
            updated_at: now,
        };
        let notification = Notification {
            sid: NotificationSid::new(),
            account_sid: who.account.sid,
            call_sid: Some(call.sid),
            message_sid: None,
            level: Level::Error,
            code: 11_205,
            text: "could not connect".to_owned(),
            request_url: Some("https://app.test/voice".to_owned()),
            request_method: Some(HttpMethod::Post),
            request_variables: None,
            response_headers: None,
            response_body: None,
            api_version: "2012-04-24".to_owned(),
            created_at: now,
        };
        let terms = self.app.recording_terms(who.account.sid).await.unwrap();
        let (key, sealed) = terms.new_key(recording.sid);
        recording.key = Some(sealed);
        recording.expires_at = terms.expires_at(now, None);
        let path = self.app.recording_path(recording.sid);
        let mut writer = SealedWriter::new(path, &key, recording.sid, Layout::Pcm { channels: 1 });
        // Half a second that is text too, so that answers can be compared.
        writer.write(AUDIO.repeat(1_000).as_bytes()).unwrap();
        writer.finish().unwrap();
        let sids = (call.sid, recording.sid, notification.sid);
        let changes = flexio_store::ChangeSet::from(Change::CreateCall(call))
            .with(Change::CreateRecording(recording))
            .with(Change::AddNotification(notification));
        self.store().commit(changes).await.unwrap();
        sids
    }
}

async fn sub_account(app: &App, parent: &Customer, name: &str) -> Customer {
    let new = CreateAccount { friendly_name: Some(name.to_owned()), ..CreateAccount::default() };
    let account = app.create_account(&parent.account, new, &|_| None).await.unwrap();
    let token = app.auth_token(&account).unwrap();
    Customer { account, token }
}

pub(crate) fn meter() -> Meter {
    let plan = Plan::parse("offer", include_str!("../../../../data/offer-flexio-be.toml")).unwrap();
    let numbering =
        Numbering::parse("numbering", include_str!("../../../../data/belgian-numbering.toml")).unwrap();
    Meter::new(Rater::new(plan, numbering).unwrap())
}

fn stock() -> Vec<StockNumber> {
    let kinds = [
        ("+3225550", NumberType::Local),
        ("+32470000", NumberType::Mobile),
        ("+3280012", NumberType::TollFree),
    ];
    let number = |prefix: &str, index: u32| format!("{prefix}{}", 100 + index).parse().unwrap();
    let capabilities =
        |kind| Capabilities { voice: true, sms: kind != NumberType::TollFree, ..Capabilities::default() };
    kinds
        .into_iter()
        .flat_map(|(prefix, number_type)| {
            (1..10).map(move |index| StockNumber {
                number: number(prefix, index),
                country: "BE".to_owned(),
                number_type,
                capabilities: capabilities(number_type),
            })
        })
        .collect()
}
