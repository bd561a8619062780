//! What an operator may set about the use cases.

use std::path::PathBuf;

use flexio_billing::dunning::DunningRules;
use flexio_billing::subscription::{EXIT_MONTHS, GRACE_DAYS, OFFER_DAYS};
use flexio_domain::{AccountSid, Address, DayHours, E164, Money, Operator, Role, Terms};
use flexio_messaging::national::Carried;
use flexio_messaging::quiet::Zones;
use flexio_rating::{DatedVatRates, InterestRates};
use flexio_verify::guard::Policy;
use serde::Deserialize;

use crate::{DunningMode, EmailPolicy, MessagePace, PaymentBounds, SpendLimits};

/// Settings of the use cases; every one has a default.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "switches of the operator, each by itself")]
pub struct AppConfig {
    /// How customers reach the API, without a slash at the end: absolute URLs in answers and documents begin with it.
    pub public_base_url: String,
    /// Loopback only, everything allowed at once: caller ids count as verified, no request limits.
    pub sandbox: bool,
    /// ISO 3166 alpha-2 code of the numbers on offer where a request names no country.
    pub home_country: String,
    /// Short number that outgoing messages leave from when the account has no number that can send.
    pub shared_sender: Address,
    /// Sender names (up to 11 letters, digits, spaces) that any account may send from.
    pub sender_names: Vec<Address>,
    /// Number that verification calls of outgoing caller ids come from. Without one, caller ids can be verified in the sandbox only.
    pub verification_caller: Option<E164>,
    /// Name of this node, stable across restarts and unique among nodes.
    pub node: String,
    /// Where recordings are made, sealed, and lie until they are in the object store, if there is one.
    pub recordings_dir: PathBuf,
    /// Realm of digest authentication (RFC 3261 §22). Passwords of phones are kept as digests for it: after a change they have to be
    /// given again.
    pub sip_realm: String,
    /// Days a recording is kept, from its making, where the account says nothing; 0 keeps it until somebody deletes it.
    pub recording_days: u16,
    /// Days the SIP messages of a call are kept where its account says nothing; 0 keeps none.
    pub ladder_days: u16,
    /// Where archives of accounts are made and lie, sealed.
    pub exports_dir: PathBuf,
    /// Days an archive can be fetched.
    pub export_days: u16,
    /// How long what is kept.
    pub retention: crate::RetentionTerms,
    /// The MP3 encoder.
    pub lame_program: PathBuf,
    /// Hours an answer is kept under its `Idempotency-Key`.
    pub idempotency_hours: u16,
    /// Roles whose people must have a second factor: before they have set one up, nothing else is open to them.
    pub second_factor_roles: Vec<Role>,
    /// A session of the console ends after so many minutes of disuse, 5 to 1 440.
    pub session_idle_minutes: u16,
    /// And after so many hours, 1 to 168, unless whoever sits there makes it longer.
    pub session_hours: u16,
    /// Fewest characters of a password (never below 8).
    pub password_chars_min: u16,
    /// Seconds a signed media URL may be valid, at most.
    pub media_url_seconds_max: u32,
    /// Seconds a change made on another node may take to be seen here by sign-in and sender checks.
    pub cache_seconds: u16,
    /// Longest talk of a call in seconds, where the request names none or a longer one.
    pub call_seconds_max: u32,
    /// The API and documents may call emergency numbers too.
    pub automated_emergency_calls: bool,
    /// A trunk is there for emergency calls: what contract summaries say of them follows it.
    pub has_emergency_route: bool,
    /// Default validity of a message in seconds.
    pub message_validity_s: u32,
    /// How far ahead a scheduled message must lie, in seconds.
    pub schedule_min_s: u32,
    /// Hours in which marketing messages wait where neither account nor messaging service says otherwise, by the recipient's clock.
    pub quiet_hours: DayHours,
    /// Whose clock that is.
    #[serde(skip)]
    pub zones: Zones,
    /// How many messages may wait, and how fast an account's leave.
    #[serde(skip)]
    pub message_pace: MessagePace,
    /// Language tables of the GSM alphabet that the routes to a recipient carry.
    #[serde(skip)]
    pub language_tables: Carried,
    /// Programs that bind by SMPP and receive the messages of an account: those to its numbers that have no URL and no application.
    pub smpp_receivers: Vec<(AccountSid, String)>,
    /// Names of the programs that the configuration lets bind.
    pub smpp_names: Vec<String>,
    /// Who sells: on contract summaries.
    pub operator: Operator,
    /// Days a released number is not for rent.
    pub quarantine_days: u16,
    /// A geographic number is rented with a proof of address in its zone or a declaration of nomadic use only.
    pub number_declarations: bool,
    /// How far invoices that are not paid are followed, and when.
    pub dunning_mode: DunningMode,
    #[serde(skip)]
    pub dunning: DunningRules,
    /// Least, with tax, that an invoice is made of; less goes onto a later one, after three months at the latest.
    pub invoice_floor: Money,
    /// Most, with tax, that one person takes back with a credit note.
    pub credit_note_alone_max: Money,
    /// Private customers of other member states are charged the tax of their country, which the operator reports under the one-stop scheme.
    pub one_stop: bool,
    /// The rates of those countries.
    #[serde(skip)]
    pub vat_rates: DatedVatRates,
    /// Companies that pay late are asked for 40 EUR and interest.
    pub late_companies: bool,
    /// Statutory interest.
    #[serde(skip)]
    pub interest_rates: InterestRates,
    /// What one payment through a provider may bring.
    #[serde(skip)]
    pub payment_bounds: PaymentBounds,
    /// Months from a notice of dearer prices in which a customer who leaves keeps the old ones to the end.
    pub exit_months: u16,
    /// Days an offer may be accepted.
    pub offer_days: u16,
    /// Days after the end of a contract in which late events may still come; then its last invoice is made.
    pub grace_days: u16,
    /// Day of the month, 1 to 28, and hour of the plan's zone at which the month before is invoiced: late usage has come in by then.
    pub invoice_time: (i8, i8),
    /// Documents that an order has to agree to.
    pub terms: Vec<Terms>,
    /// The guard against verification codes that are asked for to earn by their delivery.
    pub verify: Policy,
    /// What accounts may spend before their operator is told.
    #[serde(skip)]
    pub limits: SpendLimits,
    /// From which addresses e-mail may be sent, and how much.
    pub email: EmailPolicy,
}

impl Default for AppConfig {
    fn default() -> Self {
        Self {
            public_base_url: "http://127.0.0.1:8080".to_owned(),
            sandbox: false,
            home_country: "BE".to_owned(),
            shared_sender: Address::ShortCode("8640".to_owned()),
            sender_names: Vec::new(),
            verification_caller: None,
            node: "node-1".to_owned(),
            recordings_dir: PathBuf::from("recordings"),
            sip_realm: "flexio".to_owned(),
            recording_days: 30,
            ladder_days: 7,
            exports_dir: PathBuf::from("exports"),
            export_days: 7,
            retention: crate::RetentionTerms::default(),
            lame_program: PathBuf::from("lame"),
            idempotency_hours: 24,
            second_factor_roles: Vec::new(),
            session_idle_minutes: 30,
            session_hours: 12,
            password_chars_min: 8,
            media_url_seconds_max: 3_600,
            cache_seconds: 5,
            call_seconds_max: 14_400,
            automated_emergency_calls: false,
            has_emergency_route: false,
            message_validity_s: 36_000,
            schedule_min_s: 900,
            quiet_hours: DayHours::OFF,
            zones: Zones::default(),
            message_pace: MessagePace::default(),
            language_tables: Carried::default(),
            smpp_receivers: Vec::new(),
            smpp_names: Vec::new(),
            operator: Operator::default(),
            quarantine_days: 0,
            number_declarations: false,
            dunning_mode: DunningMode::default(),
            dunning: DunningRules::default(),
            credit_note_alone_max: Money::from_micros(500_000_000),
            one_stop: false,
            vat_rates: DatedVatRates::default(),
            late_companies: false,
            interest_rates: InterestRates::default(),
            payment_bounds: PaymentBounds::default(),
            invoice_floor: Money::ZERO,
            exit_months: EXIT_MONTHS,
            offer_days: OFFER_DAYS,
            grace_days: GRACE_DAYS,
            invoice_time: (3, 4),
            terms: Vec::new(),
            verify: Policy::default(),
            limits: SpendLimits::default(),
            email: EmailPolicy::default(),
        }
    }
}
