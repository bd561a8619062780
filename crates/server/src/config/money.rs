//! Sections about money: carriers, billing, limits, documents, payments.

use std::collections::BTreeMap;

use serde::Deserialize;

use flexio_app::DunningMode;

/// `[[carrier_prices]]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CarrierPrices {
    /// Name of the trunk or SMPP route.
    pub carrier: String,
    /// Plan file of what it costs; empty for the reference offer.
    pub plan_file: String,
}

/// `[[carrier_lists]]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CarrierListFolder {
    /// Name of the trunk.
    pub carrier: String,
    /// Where its files are put, `*.csv`.
    pub folder: String,
    /// `answered_at=Start,to=Called,seconds=Duration`; empty where the columns are called so.
    pub columns: String,
    /// How much a length may differ (0–60).
    pub tolerance_seconds: u64,
}

impl Default for CarrierListFolder {
    fn default() -> Self {
        let (carrier, folder, columns) = (String::new(), String::new(), String::new());
        Self { carrier, folder, columns, tolerance_seconds: 1 }
    }
}

/// `[billing]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Billing {
    /// Plan file; empty for the reference offer `flexio-be`.
    pub plan_file: String,
    /// Numbering file; empty for the Belgian plan.
    pub numbering_file: String,
    /// How far unpaid invoices are followed.
    pub dunning: DunningMode,
    /// Days from the due date to the reminder (0–60).
    pub dunning_reminder_days: u16,
    /// Full calendar days that reminder, notice and warning leave (14–90).
    pub dunning_term_days: u16,
    /// Days from a suspension to the end of the contract (14–365).
    pub dunning_close_days: u16,
    /// Nobody is reminded of less than this, a decimal.
    pub dunning_least: String,
    /// Least, with tax, that an invoice is made of, a decimal; less waits, for three months at most.
    pub invoice_floor: String,
    /// Most, with tax, that one person takes back with a credit note, a decimal.
    pub credit_note_alone_max: String,
    /// Private customers of other member states are charged the tax of their country.
    pub one_stop: bool,
    /// File of the rates of those countries; empty for those of the program.
    pub vat_rates_file: String,
    /// Ask the registers of other member states about VAT numbers: URL of the service; empty: nobody is asked.
    pub vat_register_url: String,
    /// Companies that pay late are asked for 40 EUR and statutory interest.
    pub late_companies: bool,
    /// File of statutory interest; empty for that of the program.
    pub interest_file: String,
    /// Months from a notice of dearer prices in which a customer who leaves keeps the old ones to the end (1–24).
    pub exit_months: u16,
    /// Days an offer may be accepted (1–365).
    pub offer_days: u16,
    /// Days after the end of a contract in which late events may still come (0–28).
    pub grace_days: u16,
    /// Day of the month on which the month before is invoiced (1–28).
    pub invoice_day: i8,
    /// Hour of that day in the plan's zone (0–23).
    pub invoice_hour: i8,
}

impl Billing {
    /// Refuses days, months and hours out of their bounds.
    pub(crate) fn check_days(&self) -> anyhow::Result<()> {
        anyhow::ensure!((1..=24).contains(&self.exit_months), "billing.exit_months must be 1 to 24");
        anyhow::ensure!((1..=365).contains(&self.offer_days), "billing.offer_days must be 1 to 365");
        anyhow::ensure!(self.grace_days <= 28, "billing.grace_days must be 0 to 28");
        anyhow::ensure!((1..=28).contains(&self.invoice_day), "billing.invoice_day must be 1 to 28");
        anyhow::ensure!((0..=23).contains(&self.invoice_hour), "billing.invoice_hour must be 0 to 23");
        Ok(())
    }
}

impl Default for Billing {
    fn default() -> Self {
        Self {
            plan_file: String::new(),
            numbering_file: String::new(),
            dunning: DunningMode::Full,
            dunning_reminder_days: 3,
            dunning_term_days: 14,
            dunning_close_days: 60,
            dunning_least: "5.00".to_owned(),
            invoice_floor: "0.00".to_owned(),
            credit_note_alone_max: "500.00".to_owned(),
            one_stop: false,
            vat_rates_file: String::new(),
            vat_register_url: "https://ec.europa.eu/taxation_customs/vies/rest-api".to_owned(),
            late_companies: false,
            interest_file: String::new(),
            exit_months: 3,
            offer_days: 30,
            grace_days: 3,
            invoice_day: 3,
            invoice_hour: 4,
        }
    }
}

/// `[limits]`: what one account may spend before its operator is told, decimals without tax, by UTC days; 0 is no limit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// Days in which an account is new.
    pub new_account_days: u16,
    /// In a day, while it is new.
    pub new_account_day: String,
    /// In a day.
    pub day: String,
    /// In a calendar month.
    pub month: String,
    /// What one call that goes out may cost: there it is ended.
    pub call: String,
    /// In a day, by category of usage records.
    pub category_day: BTreeMap<String, String>,
    /// So many times what it spent on an average day of those before.
    pub spike_factor: u16,
    /// So many times, within an hour, what it spent in an average hour of the days before.
    pub spike_hour_factor: u16,
    /// The days before that an average is made of.
    pub spike_days: u16,
    /// A spike below this is none; and what is a spike of an account that spent nothing before.
    pub spike_floor: String,
    /// Calls and messages to one number in an hour.
    pub destination_hour: u32,
    /// Stop the account too, until somebody has looked at the case.
    pub hold: bool,
    /// The customer's own threshold, with VAT in a month, that an order sets where he has set none.
    pub default_threshold: String,
    /// Amounts that customers are offered for thresholds, with VAT.
    pub threshold_presets: Vec<String>,
    /// Where calls of a customer may go that cost money, until the operator says otherwise for him; `home` is `platform.home_country`.
    pub calls_to: Vec<String>,
    /// The same of his messages.
    pub messages_to: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            new_account_days: 14,
            new_account_day: "50.00".to_owned(),
            day: "0".to_owned(),
            month: "0".to_owned(),
            call: "0".to_owned(),
            category_day: BTreeMap::new(),
            spike_factor: 10,
            spike_hour_factor: 5,
            spike_days: 7,
            spike_floor: "50.00".to_owned(),
            destination_hour: 600,
            hold: false,
            default_threshold: "50.00".to_owned(),
            threshold_presets: ["50", "75", "100"].map(str::to_owned).to_vec(),
            calls_to: ["home:geographic", "home:mobile"].map(str::to_owned).to_vec(),
            messages_to: vec!["home".to_owned()],
        }
    }
}

/// How structured documents go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DocumentsWay {
    /// With their e-mail, and over the API.
    #[default]
    Email,
    /// Into a folder.
    Folder,
    /// To the provider of an access point.
    AccessPoint,
}

/// `[documents]`: structured documents to Belgian businesses.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Documents {
    /// How they go out.
    pub way: DocumentsWay,
    /// The hand-over folder.
    pub folder: String,
    /// URL of the access point's provider.
    pub url: String,
    /// What signs in there.
    pub token: String,
    /// Zone of the Peppol directory in which buyers are looked up; empty: they are not.
    pub lookup_zone: String,
}

impl std::fmt::Debug for Documents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Documents")
            .field("way", &self.way)
            .field("folder", &self.folder)
            .field("url", &self.url)
            .field("lookup_zone", &self.lookup_zone)
            .finish_non_exhaustive()
    }
}

/// `[payments]`: a payment provider, Stripe.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Payments {
    /// Secret key; empty: nobody pays through a provider.
    pub stripe_secret_key: String,
    /// Publishable key, for browsers.
    pub stripe_publishable_key: String,
    /// Signing secret of the endpoint for events.
    pub stripe_webhook_secret: String,
    /// Where its API is.
    pub stripe_url: String,
    /// Least of one payment, a decimal.
    pub least: String,
    /// Most of one payment, a decimal.
    pub most: String,
}

impl Default for Payments {
    fn default() -> Self {
        Self {
            stripe_secret_key: String::new(),
            stripe_publishable_key: String::new(),
            stripe_webhook_secret: String::new(),
            stripe_url: "https://api.stripe.com".to_owned(),
            least: "5.00".to_owned(),
            most: "10000.00".to_owned(),
        }
    }
}

impl std::fmt::Debug for Payments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payments")
            .field("stripe_url", &self.stripe_url)
            .field("least", &self.least)
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}
