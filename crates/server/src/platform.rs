//! Putting the parts together, up to but not including sockets.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use flexio_app::{
    App, AppConfig, EmailPolicy, EmailSender, MasterKey, MessagePace, PaymentBounds, SpendLimits, Vault,
    Zones,
};
use flexio_billing::Meter;
use flexio_billing::dunning::DunningRules;
use flexio_domain::{AccountSid, Address, Clock, E164, Money, Reach, Timestamp};
use flexio_mail::{Relay, SmtpSender};
use flexio_messaging_node::smpp_server::SmppUser;
use flexio_outbound::{Outbound, OutboundConfig};
use flexio_rating::{DatedVatRates, InterestRates, Numbering, Plan, Rater};
use flexio_speech::{Speech, SpeechConfig};
use flexio_store::Store;
use flexio_store_postgres::PostgresStore;
use flexio_store_sqlite::SqliteStore;
use flexio_voice_node::VoiceConfig;
use jiff::tz::TimeZoneDatabase;

use object_store::aws::AmazonS3Builder;
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use crate::config::{Config, DataDir, Recordings};
use crate::{documents_out, stripe, vies};

/// The reference offer and the Belgian numbering plan travel with the program.
const OFFER: &str = include_str!("../../../data/offer-flexio-be.toml");
const VAT_RATES: &str = include_str!("../../../data/eu-vat.toml");
const INTEREST: &str = include_str!("../../../data/late-interest-be.toml");
const NUMBERING: &str = include_str!("../../../data/belgian-numbering.toml");

/// The machine's clock.
#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Reads everything of the configuration that can be wrong without being run.
pub(crate) fn check(config: &Config) -> Result<()> {
    documents(config)?;
    outbound_config(config)?;
    flexio_voice_node::check_trunks(&config.trunk)?;
    flexio_voice_node::check_never_shown(&config.calls.do_not_originate)?;
    flexio_voice_node::check_advertised(&config.sip.advertised)?;
    flexio_messaging_node::check(&config.smpp_route)?;
    flexio_messaging_node::smpp_server::check(&config.smpp_user)?;
    zones(config)?;
    recipient_kinds(config)?;
    sandbox_carrier(config)?;
    object_store(&config.recordings)?;
    email_policy(config)?;
    dunning_rules(config)?;
    amount(&config.billing.credit_note_alone_max).context("billing.credit_note_alone_max")?;
    amount(&config.billing.invoice_floor).context("billing.invoice_floor")?;
    carrier_prices(config)?;
    crate::carrier::folders(config, &jiff::tz::TimeZone::UTC)?;
    spend_limits(config)?;
    stripe::provider(&config.payments)?;
    payment_bounds(config)?;
    documents_out::check(&config.documents)?;
    vat_rates(config)?;
    interest_rates(config)?;
    vies::registers(&config.billing.vat_register_url)?;
    relay(config)?;
    config.billing.check_days()?;
    anyhow::ensure!((1..=30).contains(&config.exports.keep_days), "exports.keep_days must be 1 to 30");
    config.retention.check()?;
    Ok(())
}

pub(crate) fn rater(config: &Config) -> Result<Rater> {
    let (plan_name, plan) = own_or_built_in(&config.billing.plan_file, OFFER)?;
    let (numbering_name, numbering) = own_or_built_in(&config.billing.numbering_file, NUMBERING)?;
    let plan = Plan::parse(&plan_name, &plan).context("billing.plan_file")?;
    let numbering = Numbering::parse(&numbering_name, &numbering).context("billing.numbering_file")?;
    Rater::new(plan, numbering).context("the plan and the numbering file do not fit each other")
}

/// What carriers cost, by name.
fn carrier_prices(config: &Config) -> Result<HashMap<String, Rater>> {
    let base = rater(config)?;
    let mut prices = HashMap::new();
    for it in &config.carrier_prices {
        let known = config.trunk.iter().map(|trunk| &trunk.name);
        let mut known = known.chain(config.smpp_route.iter().map(|route| &route.name));
        anyhow::ensure!(
            known.any(|name| *name == it.carrier),
            "carrier_prices: {:?} is no trunk and no SMPP route",
            it.carrier
        );
        let (name, text) = own_or_built_in(&it.plan_file, OFFER)?;
        let plan = Plan::parse(&name, &text).with_context(|| format!("carrier_prices of {}", it.carrier))?;
        let rater = base.with_plan(plan).with_context(|| format!("carrier_prices of {}", it.carrier))?;
        anyhow::ensure!(
            prices.insert(it.carrier.clone(), rater).is_none(),
            "carrier_prices: {} has two lists",
            it.carrier
        );
    }
    Ok(prices)
}

/// A file of the operator, or the one that travels with the program: its name and its text.
fn own_or_built_in(path: &str, built_in: &str) -> Result<(String, String)> {
    if path.is_empty() {
        return Ok(("built in".to_owned(), built_in.to_owned()));
    }
    Ok((path.to_owned(), std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?))
}

fn vat_rates(config: &Config) -> Result<DatedVatRates> {
    let (name, text) = own_or_built_in(&config.billing.vat_rates_file, VAT_RATES)?;
    DatedVatRates::parse(&name, &text).context("billing.vat_rates_file")
}

fn interest_rates(config: &Config) -> Result<InterestRates> {
    let (name, text) = own_or_built_in(&config.billing.interest_file, INTEREST)?;
    InterestRates::parse(&name, &text).context("billing.interest_file")
}

/// That documents can be made: the operator's block is complete, and the contract summary fits on its page in every language.
fn documents(config: &Config) -> Result<()> {
    let rater = rater(config)?;
    if let Some(violation) = flexio_documents::rules::check_seller(&config.operator).first() {
        bail!("operator: {violation}");
    }
    let has_route = has_emergency_route(config);
    // A date of many letters in every language.
    let day = jiff::civil::date(2026, 9, 30);
    for language in flexio_domain::Language::ALL {
        let summary =
            flexio_documents::summary::of(rater.plan(), &config.operator, has_route, *language, day);
        summary.pdf().with_context(|| format!("operator: contract summary in {}", language.as_str()))?;
    }
    Ok(())
}

/// The use cases over the configured store.
pub(crate) async fn open_app(config: &Config, data: &DataDir, public_url: &str) -> Result<Arc<App>> {
    let store: Arc<dyn Store> = if config.storage.postgres_url.is_empty() {
        Arc::new(SqliteStore::open(&data.database()).context("cannot open the database")?)
    } else {
        Arc::new(
            PostgresStore::connect(&config.storage.postgres_url).await.context("cannot open PostgreSQL")?,
        )
    };
    let vault = vault(&data.master_key())?;
    let app_config = AppConfig {
        public_base_url: public_url.to_owned(),
        sandbox: config.sandbox.enabled,
        home_country: config.platform.home_country.clone(),
        shared_sender: config.platform.shared_sender.parse().context("platform.shared_sender")?,
        node: config.platform.node.clone(),
        recordings_dir: data.recordings(),
        recording_days: config.recordings.retention_days,
        exports_dir: data.exports(),
        export_days: config.exports.keep_days,
        retention: config.retention,
        ladder_days: config.calls.ladder_days,
        lame_program: config.recordings.lame_program.clone(),
        sender_names: addresses(&config.platform.sender_names).context("platform.sender_names")?,
        verification_caller: optional_number(&config.platform.verification_caller)
            .context("platform.verification_caller")?,
        quiet_hours: config.platform.quiet_hours,
        zones: zones(config)?,
        message_validity_s: config.platform.message_validity_s,
        schedule_min_s: config.platform.schedule_min_s,
        message_pace: message_pace(config),
        idempotency_hours: config.platform.idempotency_hours,
        second_factor_roles: config.http.second_factor.clone(),
        sip_realm: config.platform.sip_realm.clone(),
        verify: config.platform.verify,
        call_seconds_max: config.calls.max_duration_s,
        language_tables: flexio_messaging_node::config::carried(&config.smpp_route),
        smpp_receivers: smpp_receivers(config)?,
        smpp_names: config.smpp_user.iter().map(|user| user.system_id.clone()).collect(),
        operator: config.operator.clone(),
        // The few numbers of a sandbox are wanted again at once.
        quarantine_days: if config.sandbox.enabled { 0 } else { config.platform.number_quarantine_days },
        number_declarations: config.platform.number_declarations,
        terms: config.terms.clone(),
        email: email_policy(config)?,
        limits: spend_limits(config)?,
        dunning_mode: config.billing.dunning,
        dunning: dunning_rules(config)?,
        invoice_floor: amount(&config.billing.invoice_floor).context("billing.invoice_floor")?,
        credit_note_alone_max: amount(&config.billing.credit_note_alone_max)
            .context("billing.credit_note_alone_max")?,
        payment_bounds: payment_bounds(config)?,
        one_stop: config.billing.one_stop,
        vat_rates: vat_rates(config)?,
        late_companies: config.billing.late_companies,
        interest_rates: interest_rates(config)?,
        exit_months: config.billing.exit_months,
        offer_days: config.billing.offer_days,
        grace_days: config.billing.grace_days,
        invoice_time: (config.billing.invoice_day, config.billing.invoice_hour),
        ..of_people(config)
    };
    let app = App::new(store, Arc::new(SystemClock), vault, Meter::new(rater(config)?), app_config);
    app.set_carrier_prices(carrier_prices(config)?);
    if let Some(lists) = crate::carrier::folders(config, app.rater().plan().zone())? {
        app.set_carrier_lists(lists);
    }
    connect(&app, config)?;
    app.refresh_prices().await.context("the prices of subscriptions could not be read")?;
    Ok(Arc::new(app))
}

/// Whether a trunk is meant for emergency calls.
fn has_emergency_route(config: &Config) -> bool {
    config.trunk.iter().any(|trunk| trunk.emergency)
}

/// What holds for people at the console and at phones; the rest at its default.
fn of_people(config: &Config) -> AppConfig {
    AppConfig {
        session_idle_minutes: config.http.session_idle_minutes,
        session_hours: config.http.session_hours,
        automated_emergency_calls: config.calls.automated_emergency_calls,
        has_emergency_route: has_emergency_route(config),
        ..AppConfig::default()
    }
}

/// The services of others that the configuration names.
fn connect(app: &App, config: &Config) -> Result<()> {
    if let Some(objects) = object_store(&config.recordings)? {
        app.set_object_store(objects);
    }
    if let Some((transport, directory)) = documents_out::ways(&config.documents)? {
        app.set_document_transport(transport, directory);
    }
    if let Some(registers) = vies::registers(&config.billing.vat_register_url)? {
        app.set_vat_numbers(registers);
    }
    if let Some(provider) = stripe::provider(&config.payments)? {
        app.set_payment_provider(provider);
    }
    Ok(())
}

/// The mail server; `None` where there is none.
pub(crate) fn relay(config: &Config) -> Result<Option<Relay>> {
    if config.smtp.host.is_empty() {
        return Ok(None);
    }
    Relay::new(config.smtp.clone(), &config.smtp_sender).map(Some).context("smtp")
}

fn email_policy(config: &Config) -> Result<EmailPolicy> {
    if config.smtp.host.is_empty() {
        return Ok(EmailPolicy::default());
    }
    let sender = |sender: &SmtpSender| {
        let account = Some(&sender.account).filter(|account| !account.is_empty());
        let account = account.map(|account| account.parse().context("smtp_sender.account")).transpose()?;
        Ok(EmailSender { domain: sender.domain.to_ascii_lowercase(), account })
    };
    Ok(EmailPolicy {
        from: Some(config.smtp.from.parse().context("smtp.from is no e-mail address")?),
        senders: config.smtp_sender.iter().map(sender).collect::<Result<_>>()?,
        per_account_day: config.smtp.per_account_day,
    })
}

/// An amount that is not negative.
fn amount(text: &str) -> Result<Money> {
    let amount: Money = text.parse().context("is no decimal")?;
    anyhow::ensure!(amount >= Money::ZERO, "is negative");
    Ok(amount)
}

/// A list of destinations, in which `home` is the country of the installation.
fn reach(config: &Config, entries: &[String]) -> Result<Reach> {
    let home = &config.platform.home_country;
    let entry = |entry: &String| match entry.strip_prefix("home") {
        Some(class) => format!("{home}{class}"),
        None => entry.clone(),
    };
    if entries.is_empty() {
        return Ok("none".parse()?);
    }
    Ok(entries.iter().map(entry).collect::<Vec<_>>().join(",").parse()?)
}

/// `[limits]`, with amounts read.
fn spend_limits(config: &Config) -> Result<SpendLimits> {
    let limits = &config.limits;
    let mut category_day = BTreeMap::new();
    for (name, most) in &limits.category_day {
        category_day
            .insert(name.clone(), amount(most).with_context(|| format!("limits.category_day.{name}"))?);
    }
    let read = SpendLimits {
        new_account_days: limits.new_account_days,
        new_account_day: amount(&limits.new_account_day).context("limits.new_account_day")?,
        day: amount(&limits.day).context("limits.day")?,
        month: amount(&limits.month).context("limits.month")?,
        call: amount(&limits.call).context("limits.call")?,
        category_day,
        spike_hour_factor: limits.spike_hour_factor,
        spike_days: limits.spike_days,
        default_threshold: amount(&limits.default_threshold).context("limits.default_threshold")?,
        threshold_presets: limits
            .threshold_presets
            .iter()
            .map(|preset| amount(preset))
            .collect::<Result<_>>()
            .context("limits.threshold_presets")?,
        calls_to: reach(config, &limits.calls_to).context("limits.calls_to")?,
        messages_to: reach(config, &limits.messages_to).context("limits.messages_to")?,
        spike_factor: limits.spike_factor,
        spike_floor: amount(&limits.spike_floor).context("limits.spike_floor")?,
        destination_hour: limits.destination_hour,
        hold: limits.hold,
    };
    match read.fault() {
        Some(fault) => anyhow::bail!("{fault}"),
        None => Ok(read),
    }
}

fn payment_bounds(config: &Config) -> Result<PaymentBounds> {
    let least = amount(&config.payments.least).context("payments.least")?;
    let most = amount(&config.payments.most).context("payments.most")?;
    anyhow::ensure!(
        Money::ZERO < least && least <= most,
        "payments.least is above zero and not above payments.most"
    );
    Ok(PaymentBounds { least, most })
}

fn dunning_rules(config: &Config) -> Result<DunningRules> {
    let billing = &config.billing;
    let within = |name: &str, days: u16, range: std::ops::RangeInclusive<u16>| {
        anyhow::ensure!(range.contains(&days), "billing.{name} is {} to {}", range.start(), range.end());
        Ok(days)
    };
    Ok(DunningRules {
        reminder_days: within("dunning_reminder_days", billing.dunning_reminder_days, 0..=60)?,
        term_days: within("dunning_term_days", billing.dunning_term_days, 14..=90)?,
        close_days: within("dunning_close_days", billing.dunning_close_days, 14..=365)?,
        least: amount(&billing.dunning_least).context("billing.dunning_least")?,
    })
}

/// A class of numbers that nobody knows would keep every message from its route.
fn recipient_kinds(config: &Config) -> Result<()> {
    let rater = rater(config)?;
    for route in &config.smpp_route {
        // These two are not of the country, so the file does not name them.
        let is_known = |kind: &String| {
            matches!(kind.as_str(), "international" | "satellite") || rater.numbering().class(kind).is_some()
        };
        if let Some(kind) = route.recipient_kinds.iter().find(|kind| !is_known(kind)) {
            bail!("smpp_route `{}`: the numbering file has no class `{kind}`", route.name);
        }
    }
    Ok(())
}

/// Whose clock counts when a message may leave.
pub(crate) fn zones(config: &Config) -> Result<Zones> {
    let zone = |name: &String| {
        TimeZoneDatabase::bundled().get(name).with_context(|| format!("`{name}` is no time zone"))
    };
    let by_prefix = config.platform.recipient_time_zones.iter().map(|(prefix, name)| {
        let plain = prefix.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        if !plain {
            bail!("platform.recipient_time_zones: `{prefix}` is not `+` and digits");
        }
        Ok((prefix.clone(), zone(name).context("platform.recipient_time_zones")?))
    });
    let default = zone(&config.platform.time_zone).context("platform.time_zone")?;
    Ok(Zones::new(default, by_prefix.collect::<Result<_>>()?))
}

const fn message_pace(config: &Config) -> MessagePace {
    MessagePace {
        per_account_s: config.platform.account_messages_per_s,
        waiting_per_account: config.platform.account_messages_waiting_max,
        waiting: config.platform.messages_waiting_max,
    }
}

fn smpp_receivers(config: &Config) -> Result<Vec<(AccountSid, String)>> {
    let receiving = config.smpp_user.iter().filter(|user| user.receives);
    let pair =
        |user: &SmppUser| Ok((user.account.parse().context("smpp_user.account")?, user.system_id.clone()));
    receiving.map(pair).collect()
}

/// Where finished recordings go; `None` leaves them in the data directory.
fn object_store(config: &Recordings) -> Result<Option<Arc<dyn ObjectStore>>> {
    let s3 = &config.s3;
    if s3.bucket.is_empty() {
        return Ok(None);
    }
    let patience = Duration::from_secs(30);
    let retry = RetryConfig { max_retries: 3, retry_timeout: patience, ..RetryConfig::default() };
    let client = ClientOptions::new().with_connect_timeout(Duration::from_secs(5)).with_timeout(patience);
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&s3.bucket)
        .with_region(&s3.region)
        .with_access_key_id(&s3.access_key_id)
        .with_secret_access_key(&s3.secret_access_key)
        .with_virtual_hosted_style_request(!s3.path_style)
        .with_retry(retry)
        .with_client_options(client.with_allow_http(s3.endpoint.starts_with("http://")));
    if !s3.endpoint.is_empty() {
        builder = builder.with_endpoint(&s3.endpoint);
    }
    Ok(Some(Arc::new(builder.build().context("recordings.s3")?)))
}

fn addresses(texts: &[String]) -> Result<Vec<Address>> {
    texts.iter().map(|text| text.parse().with_context(|| format!("`{text}`"))).collect()
}

fn optional_number(text: &str) -> Result<Option<E164>> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).with_context(|| format!("`{text}`")) }
}

/// Reads the master key, or makes one for a new installation. It is not in the database, so a stolen database holds no readable
/// secret.
fn vault(path: &Path) -> Result<Vault> {
    use std::io::Write;
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    if !path.exists() {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{}", MasterKey::generate(1).to_line())?;
        file.sync_all()?;
    }
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!("{} is readable by others (mode {mode:o}): chmod 600 it", path.display());
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Vault::from_key_file(&text).with_context(|| format!("{} holds no usable key", path.display()))
}

pub(crate) fn outbound(config: &Config) -> Result<Outbound> {
    Outbound::new(outbound_config(config)?).context("cannot set up outgoing requests")
}

fn outbound_config(config: &Config) -> Result<OutboundConfig> {
    let from = &config.outbound;
    let allowed = from.allow_private_cidrs.iter().map(|text| {
        text.parse().map_err(|_| {
            anyhow::anyhow!("outbound.allow_private_cidrs: `{text}` is not a network such as 10.0.0.0/8")
        })
    });
    let extra_ca_pem = if from.extra_ca_file.is_empty() {
        String::new()
    } else {
        std::fs::read_to_string(&from.extra_ca_file)
            .with_context(|| format!("outbound.extra_ca_file {}", from.extra_ca_file))?
    };
    Ok(OutboundConfig {
        https_only: from.https_only,
        allow_private_cidrs: allowed.collect::<Result<_>>()?,
        low_ports: from.low_ports.clone(),
        connect_timeout_ms: from.connect_timeout_ms,
        total_timeout_ms: from.total_timeout_ms,
        instruction_bytes_max: from.instruction_bytes_max,
        media_bytes_max: from.media_bytes_max,
        extra_ca_pem,
        ..OutboundConfig::default()
    })
}

pub(crate) fn speech(config: &Config, data: &DataDir) -> Speech {
    Speech::new(SpeechConfig {
        espeak_program: config.speech.espeak_program.clone(),
        servers: config.tts.clone(),
        memory_cache_bytes: config.speech.memory_cache_bytes,
        disk_cache_dir: Some(data.speech_cache()),
        disk_cache_bytes: config.speech.disk_cache_bytes,
        ..SpeechConfig::default()
    })
}

fn sandbox_carrier(config: &Config) -> Result<Option<SocketAddr>> {
    let text = config.sandbox.carrier.strip_prefix("sip:").unwrap_or(&config.sandbox.carrier);
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .with_context(|| format!("sandbox.carrier `{text}` is not an address such as 127.0.0.1:5090"))
}

pub(crate) fn voice_config(config: &Config, data: &DataDir) -> Result<VoiceConfig> {
    Ok(VoiceConfig {
        sip: config.sip.clone(),
        media: config.media.clone(),
        calls: config.calls.clone(),
        trunks: config.trunk.clone(),
        recognisers: config.recogniser.clone(),
        sandbox: config.sandbox.enabled,
        sandbox_carrier: sandbox_carrier(config)?,
        node: config.platform.node.clone(),
        recordings: data.recordings(),
    })
}
