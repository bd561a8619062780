//! Use cases: what a customer can ask for, one function and one transaction each.
//!
//! Owns: the rules of a request (whose number, which destination, what may follow what), sign-in, the vault of secrets, idempotency,
//! and the change set that makes each request a fact. Does not own: HTTP and its two dialects (`api`), sockets (the nodes), SQL
//! (`store-*`), prices (`rating`), how a call or a message runs (`voice`, `messaging`).
//!
//! Invariants
//! - A use case makes one [`flexio_store::ChangeSet`]; when it returns `Ok`, that is on disk. Exceptions say so.
//! - Every use case takes the account first; a foreign sid is not found.
//! - An update that crossed another is read and decided again, at most [`RETRIES_MAX`] times.
//! - Secrets leave only by [`App::auth_token`] and at the creation of a key.
//!
//! Start reading at [`App`], then [`App::create_message`].

/// Awaits a future again while it fails because rows moved under it, at most [`RETRIES_MAX`] times. The expression is evaluated anew each
/// time. (A macro, because futures of async closures are not `Send` for every lifetime, which an HTTP server needs.)
macro_rules! retrying {
    ($attempt:expr) => {{
        let mut left = $crate::RETRIES_MAX;
        loop {
            match $attempt.await {
                Err($crate::AppError::Store(flexio_store::StoreError::Conflict(what))) => {
                    tracing::debug!(what, "read and decide again");
                    left -= 1;
                    if left == 0 {
                        break Err($crate::AppError::Contended);
                    }
                }
                done => break done,
            }
        }
    }};
}

/// Awaits a future again while the credit it counted on was taken by others before it, at most [`RETRIES_MAX`] times in all.
macro_rules! asking {
    ($attempt:expr) => {{
        let mut left = $crate::RETRIES_MAX;
        loop {
            match $attempt.await {
                Err($crate::AppError::Store(flexio_store::StoreError::Conflict(
                    flexio_store::CREDIT_SHORT,
                ))) if left > 1 => {
                    left -= 1;
                }
                done => break done,
            }
        }
    }};
}

mod access_tokens;
mod accounts;
mod advice;
mod api_requests;
mod applications;
mod assurance;
mod audit;
mod auth;
mod books;
mod cache;
mod callbacks;
mod caller_ids;
mod callqueue;
mod calls;
mod cancellations;
mod carrier_lists;
mod clients;
mod conferences;
mod config;
mod control;
mod corrections;
mod credit;
mod credit_requests;
mod customer_mail;
mod customers;
mod debits;
pub mod delivery;
mod dispatches;
mod disputes;
mod documents;
mod dunning;
mod emails;
mod emergency;
pub mod erasure;
mod error;
mod estimates;
mod exit_rights;
pub mod exports;
pub mod flows;
mod gifts;
mod handover;
pub mod handsets;
mod holdings;
mod idempotency;
mod intents;
mod invoice_board;
mod invoices;
mod itemised;
mod keys;
mod keywords;
mod ladders;
mod late;
mod lawful;
mod legal_holds;
pub mod legs;
mod letters;
mod lookups;
mod masking;
mod media;
mod message_feedback;
mod messages;
mod messaging_services;
mod months;
mod notices;
mod notifications;
mod numbers;
mod opt_outs;
mod pace;
mod parked;
mod passkeys;
mod passwords;
mod payments;
mod people;
pub mod phones;
mod plans;
mod porting;
mod price_changes;
mod price_list;
mod price_runs;
mod prices;
mod promotions;
mod queues;
mod reach;
pub mod recordings;
pub mod reports;
mod rerating;
mod resend;
pub mod retention;
mod rooms;
mod scheduled;
mod second_factor;
mod sender_names;
mod settlements;
mod short_codes;
mod sip_domains;
mod sip_lists;
mod sip_secret;
pub mod smpp_routes;
mod smpp_users;
mod softphone;
mod sounds;
mod spend_cases;
mod spending;
mod subscriptions;
mod suspensions;
pub(crate) mod terms_changes;
mod threshold_mail;
mod thresholds;
pub mod transcriptions;
pub mod trunks;
mod turns;
mod urls;
mod usage;
mod vat;
pub mod vault;
mod verb_records;
pub mod verify;
pub mod watches;
mod withdrawals;
mod write_offs;
mod xml;

use std::sync::{Arc, OnceLock};

use flexio_billing::Meter;
use flexio_domain::{Account, AccountSid, ApiKey, Clock, E164, ExecutionSid, IncomingNumber, KeySid};
use flexio_rating::Rater;
use flexio_store::Store;
use tokio::sync::{Notify, Semaphore};

pub use access_tokens::AccessToken;
pub use accounts::{CreateAccount, ReachPatch, UpdateAccount, checked_tag};
pub use api_requests::{ApiRequests, keep_api_requests};
pub use applications::ApplicationPatch;
pub use assurance::{CHECKS, Check, Proven};
pub use audit::{Act, keep_audit};
pub use auth::Principal;
pub use books::{BooksProof, keep_books};
pub use caller_ids::CallerIdRequest;
pub use callqueue::ProvisionNumber;
pub use calls::{CallSource, CallTimeline, CreateCall};
pub use cancellations::{Cancellation, keep_subscriptions};
pub use carrier_lists::{CarrierList, CarrierLists};
pub use clients::ClientPatch;
pub use conferences::{JoinConference, Participation};
pub use config::AppConfig;
pub use control::{
    CallChange, CallControl, ConferenceChange, ConferenceControl, ConferenceRef, ControlError, EndCall,
    NewInstructions, NewStream, ParticipantChange, QueueControl, QueueMemberRef, RecordConference,
    RecordingChange, StreamRef, StreamTrack,
};
pub use corrections::CorrectUsage;
pub use credit::Payment;
pub use customers::CustomerPatch;
pub use debits::{CollectRun, MandateTerms, RefusedByBank, Returned, SignMandate};
pub use dispatches::folder::HandOverFolder;
pub use dispatches::{
    DocumentTransport, Fate, OutgoingDocument, ParticipantDirectory, Receipt, TransportError, keep_dispatches,
};
pub use dunning::{DunningMode, DunningRun, keep_dunning};
pub use emails::{
    BODY_BYTES_MAX, CreateEmail, EmailFile, EmailFileError, EmailOrigin, EmailPolicy, EmailSender,
    RECIPIENTS_MAX, SUBJECT_MAX,
};
pub use emergency::EmergencyAddressPatch;
pub use erasure::ErasurePreview;
pub use error::{AppError, Refusal, refuse, refuse_because};
pub use estimates::{CallEstimate, Charged, MessageEstimate};
pub use flexio_messaging::media as media_kinds;
pub use flexio_messaging::quiet::Zones;
pub use flexio_verify::guard::Policy as VerifyPolicy;
pub use gifts::PromotionShown;
pub use handover::Handover;
pub use idempotency::{Begin, KEY_CHARS_MAX, Keep, RunningKey};
pub use intents::{CreatePayment, EventTaken, PayablePayment, PaymentBounds, keep_payments};
pub use invoice_board::{InvoiceBoard, RunShown};
pub use invoices::{InvoiceRun, keep_invoices};
pub use keywords::KeywordPatch;
pub use lawful::{LawfulAsked, Officer};
pub use legal_holds::HoldStep;
pub use letters::LetterShown;
pub use lookups::{LookupFault, NumberLookup};
pub use masking::{MaskApplicationPatch, MaskRoute, MaskedParty};
pub use media::{MediaFault, MediaFile, MediaSource};
pub use messages::{CreateMessage, MessagePreview, ReplaceMessage, encoding_name};
pub use messaging_services::{MessagingServicePatch, NewServiceSender};
pub use months::keep_months;
pub use notices::NoticeLetterShown;
pub use numbers::{NumberPatch, NumberSearch, Pick, SEARCH_MAX, contains_pattern};
pub use pace::{MessagePace, keep_count};
pub use passkeys::{NewPasskey, PasskeyMade, PasskeyUsed};
pub use payments::Matched;
pub use people::{PEOPLE_MAX, Seat};
pub use porting::{PortingAsked, PortingStep};
pub use price_changes::Announcement;
pub use price_list::{CountryPrices, NumberPrices, Price, PriceList, PricedPrefixes};
pub use price_runs::keep_price_runs;
pub use prices::keep_prices;
pub use promotions::{NewPromotion, PROMOTIONS_MAX, Wanted};
pub use queues::{QueueMemberShown, QueueShown};
pub use recordings::{Audio, Format, RecordingMedia};
pub use rerating::{Explained, RerateReport, Wire};
pub use resend::{DocumentRequest, ResendOf, WebhookAnswer, WebhookRequest, WebhookSender};
pub use retention::{RetentionReport, RetentionTerms};
pub use second_factor::NewSecondFactor;
pub use sender_names::SenderNameDecision;
pub use short_codes::ShortCodePatch;
pub use sip_domains::{NamedMapping, SipDomainPatch};
pub use sip_lists::IpAddressPatch;
pub use sip_secret::SipDigests;
pub use smpp_users::SmppUserPatch;
pub use softphone::Softphone;
pub use sounds::{SOUND_BYTES_MAX, SOUND_SCHEME, SOUNDS_MAX};
pub use spending::{SpendLimits, keep_spending};
pub use subscriptions::Order;
pub use terms_changes::{NewTermsChange, TermsStanding, keep_terms_changes};
pub use thresholds::{CreateThreshold, ThresholdPatch};
pub use urls::{URL_BYTES_MAX, WebhookPatch, check_url};
pub use usage::{LABELLED_MAX, LabelQuery, UsageInterval, UsageQuery, UsageRow};
pub use vat::{VatAnswer, VatListed, VatNumbers, VatTotal, vat_totals};
pub use vault::{MasterKey, Vault};
pub use watches::{CreateTrigger, TriggerShown};

use cache::Cache;
use turns::Turns;

/// Times a use case reads and decides again when others change the same rows.
pub const RETRIES_MAX: usize = 5;
/// Seconds that the cost of what is held is remembered.
const HELD_S: u32 = 300;

/// Hints that there is work; whoever misses one finds the work by polling.
#[derive(Debug, Default)]
pub struct Wake {
    /// A message is due.
    pub messages: Notify,
    /// An e-mail is due.
    pub emails: Notify,
    /// A callback is due.
    pub callbacks: Notify,
    /// Callbacks that were just committed.
    pub handover: Handover,
    /// A recording is finished.
    pub recordings: Notify,
    /// An archive is asked for.
    pub exports: Notify,
    /// An erasure is asked for, or may go on.
    pub erasures: Notify,
    /// A change of prices for many is asked for.
    pub price_runs: Notify,
    /// A change of terms is announced.
    pub terms_changes: Notify,
    /// An execution of a flow is due.
    pub flows: Notify,
    /// Networks that may call to SIP domains have changed.
    pub networks: Notify,
    /// Programs that bind over SMPP have changed.
    pub smpp_users: Notify,
}

/// The platform's use cases over one store. Shared behind an `Arc` by the API and the nodes.
#[derive(Debug)]
pub struct App {
    /// Everything that is kept.
    pub store: Arc<dyn Store>,
    /// Wall time.
    pub clock: Arc<dyn Clock>,
    /// Secrets.
    pub vault: Vault,
    /// Settings.
    pub config: AppConfig,
    /// Hints to the workers.
    pub wake: Wake,
    /// Phones of people, where the sandbox carrier is.
    pub handsets: handsets::Handsets,
    prices: prices::Prices,
    /// The trunks of this node.
    pub trunks: trunks::TrunkBook,
    /// The SMPP routes of this node.
    pub smpp_routes: smpp_routes::SmppRouteBook,
    /// Texts to phones of this node, and from them.
    pub phones: phones::Phones,
    control: OnceLock<Arc<dyn CallControl>>,
    accounts: Cache<AccountSid, Arc<Account>>,
    keys: Cache<KeySid, Arc<ApiKey>>,
    /// Whose spending is to be looked at.
    spenders: spending::Spenders,
    /// Requests of programs, until they are saved as usage.
    pub api_requests: api_requests::ApiRequests,
    audit: audit::Waiting,
    /// What waits of each account's messages.
    lanes: pace::Lanes,
    owners: Cache<E164, Option<Arc<IncomingNumber>>>,
    quarantined: Cache<E164, bool>,
    has_sender: Cache<AccountSid, bool>,
    /// Who holds a sender name, by its key.
    held_names: Cache<String, Option<AccountSid>>,
    payers: Cache<AccountSid, Option<AccountSid>>,
    /// What stops what costs money and goes out: a threshold, or the end of the subscription.
    stopped: Cache<AccountSid, Option<thresholds::Stop>>,
    /// What numbers and the designer have cost so far in the month.
    held: Cache<AccountSid, flexio_domain::Money>,
    account_keys: Cache<AccountSid, Arc<Vault>>,
    /// The key of the top account, read once.
    installation_key: tokio::sync::OnceCell<Arc<Vault>>,
    /// The database's log may still hold what an erasure took: from the start on, as the process before may have ended in between.
    log_uncut: std::sync::atomic::AtomicBool,
    objects: OnceLock<Arc<dyn object_store::ObjectStore>>,
    /// What trunks and SMPP routes cost the operator, by name.
    carrier_prices: OnceLock<std::collections::HashMap<String, flexio_rating::Rater>>,
    carrier_lists: OnceLock<Arc<dyn CarrierLists>>,
    encoders: Semaphore,
    hashers: Semaphore,
    flow_http: OnceLock<Arc<dyn flows::FlowHttp>>,
    media_source: OnceLock<Arc<dyn MediaSource>>,
    webhook_sender: OnceLock<Arc<dyn WebhookSender>>,
    payment_provider: OnceLock<Arc<dyn flexio_payments::PaymentProvider>>,
    /// How structured documents go out.
    outgoing: OnceLock<dispatches::Outgoing>,
    vat_numbers: OnceLock<Arc<dyn VatNumbers>>,
    flow_turns: Turns<ExecutionSid>,
    running: idempotency::Running,
    /// By account and recipient.
    verify_turns: Turns<(AccountSid, String)>,
    /// The last proof of the books.
    proven: std::sync::Mutex<Option<Proven>>,
    /// Held while somebody has asked for one.
    proving: tokio::sync::Mutex<()>,
    /// The last invoice run.
    last_run: std::sync::Mutex<Option<RunShown>>,
    /// Held while one goes on.
    invoicing: Arc<tokio::sync::Mutex<()>>,
}

impl App {
    /// The use cases over `store`. Calls can be made once [`App::set_call_control`] was called.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        vault: Vault,
        meter: Meter,
        config: AppConfig,
    ) -> Self {
        let ttl = config.cache_seconds;
        Self {
            store,
            clock,
            vault,
            config,
            wake: Wake::default(),
            handsets: handsets::Handsets::default(),
            prices: prices::Prices::new(meter),
            trunks: trunks::TrunkBook::default(),
            smpp_routes: smpp_routes::SmppRouteBook::default(),
            phones: phones::Phones::default(),
            control: OnceLock::new(),
            accounts: Cache::new(ttl),
            keys: Cache::new(ttl),
            spenders: spending::Spenders::default(),
            api_requests: api_requests::ApiRequests::default(),
            audit: audit::Waiting::default(),
            lanes: pace::Lanes::default(),
            owners: Cache::new(ttl),
            quarantined: Cache::new(ttl),
            has_sender: Cache::new(ttl),
            held_names: Cache::new(ttl),
            payers: Cache::new(ttl),
            stopped: Cache::new(ttl),
            held: Cache::new(HELD_S),
            account_keys: Cache::new(ttl),
            installation_key: tokio::sync::OnceCell::new(),
            log_uncut: std::sync::atomic::AtomicBool::new(true),
            objects: OnceLock::new(),
            carrier_prices: OnceLock::new(),
            carrier_lists: OnceLock::new(),
            encoders: Semaphore::new(recordings::mp3::ENCODERS_MAX),
            hashers: Semaphore::new(passwords::HASHERS_MAX),
            flow_http: OnceLock::new(),
            media_source: OnceLock::new(),
            webhook_sender: OnceLock::new(),
            payment_provider: OnceLock::new(),
            outgoing: OnceLock::new(),
            vat_numbers: OnceLock::new(),
            flow_turns: Turns::default(),
            running: idempotency::Running::default(),
            verify_turns: Turns::default(),
            proven: std::sync::Mutex::default(),
            proving: tokio::sync::Mutex::default(),
            last_run: std::sync::Mutex::default(),
            invoicing: Arc::default(),
        }
    }

    /// The installation's plan, which is on sale, and the numbering data.
    pub fn rater(&self) -> &Rater {
        self.prices.rater()
    }

    /// Names the carrier of calls; the first one stays. A process without the voice role has none and refuses to make calls.
    pub fn set_call_control(&self, control: Arc<dyn CallControl>) {
        if self.control.set(control).is_err() {
            tracing::warn!("call control was set twice; the first stays");
        }
    }
}
