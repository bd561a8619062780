//! Values of usage that a customer wants to be told of, or stopped at.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{AccountSid, CreditState, Money, ThresholdSid, UsageTriggerSid, Webhook};

/// What of a usage record is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TriggerBy {
    /// How often: calls, messages.
    Count,
    /// How much: minutes, segments.
    Usage,
    /// What it cost.
    Price,
}

impl TriggerBy {
    /// All.
    pub const ALL: [Self; 3] = [Self::Count, Self::Usage, Self::Price];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Usage => "usage",
            Self::Price => "price",
        }
    }
}

/// Over which time a trigger counts, in UTC days; it fires once in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recurring {
    /// Each day.
    Daily,
    /// Each calendar month.
    Monthly,
    /// Each calendar year.
    Yearly,
    /// Everything: it fires once.
    AllTime,
}

impl Recurring {
    /// All.
    pub const ALL: [Self; 4] = [Self::Daily, Self::Monthly, Self::Yearly, Self::AllTime];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
            Self::AllTime => "alltime",
        }
    }

    /// First day of the period that `today` is in.
    pub fn start(self, today: Date) -> Date {
        match self {
            Self::Daily => today,
            Self::Monthly => today.first_of_month(),
            Self::Yearly => today.first_of_year(),
            // Before the platform there was no usage.
            Self::AllTime => Date::constant(2020, 1, 1),
        }
    }
}

/// Tells a URL when usage reaches a value (Twilio's `Usage/Triggers`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageTrigger {
    /// Identity.
    pub sid: UsageTriggerSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner; what accounts below it use counts too.
    pub account_sid: AccountSid,
    /// For people.
    pub friendly_name: Option<String>,
    /// Category of usage records, by its wire name.
    pub category: String,
    /// What is compared.
    pub by: TriggerBy,
    /// As the customer wrote it, `100` or `+100`.
    pub value: String,
    /// The same in millionths of a call, a minute, a euro. Of a relative value what is wanted beyond `base`.
    pub millionths: i64,
    /// Of a relative value: what was used when it was made, in millionths, and the first day of the period of that moment.
    pub base: Option<(i64, Date)>,
    /// Over which time.
    pub recurring: Recurring,
    /// Told.
    pub callback: Webhook,
    /// When it fired last, and the first day of the period it fired in.
    pub fired: Option<(Timestamp, Date)>,
    /// API it was made through.
    pub api_version: String,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

impl UsageTrigger {
    /// What has to be reached in the period that begins at `start`. A later period begins at nothing, so there a relative value is absolute.
    pub fn wanted(&self, start: Date) -> i64 {
        let base = self.base.filter(|(_, of)| *of == start).map_or(0, |(base, _)| base);
        base.saturating_add(self.millionths)
    }

    /// Whether it fires in the period that begins at `start`, of which `used` is what was used so far.
    pub fn fires(&self, used: i64, start: Date) -> bool {
        used >= self.wanted(start) && self.fired.is_none_or(|(_, of)| of < start)
    }

    /// Millionths as a number without needless digits.
    pub fn text(millionths: i64) -> String {
        let text = Money::from_micros(millionths).to_string();
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// What happens at a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// It is told.
    Alert,
    /// It is told, and nothing more that costs money goes out in that month.
    BlockNew,
    /// The same, and legs that went out and cost money are ended.
    Cut,
}

impl Reaction {
    /// All.
    pub const ALL: [Self; 3] = [Self::Alert, Self::BlockNew, Self::Cut];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::BlockNew => "block_new",
            Self::Cut => "cut",
        }
    }
}

/// What a customer wants to spend in a calendar month of the plan's zone, and what happens there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    /// Identity.
    pub sid: ThresholdSid,
    /// Optimistic lock.
    pub version: u32,
    /// Owner; what accounts below it spend counts too, and they are stopped with it.
    pub account_sid: AccountSid,
    /// How much, with VAT; zero where `percent` says it.
    pub amount: Money,
    /// So much of the credit limit is owed, 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u16>,
    /// What happens.
    pub reaction: Reaction,
    /// Told.
    pub callback: Option<Webhook>,
    /// The last time it was reached.
    pub fired: Option<Fired>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// Where an account stood when a threshold was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fired {
    /// When.
    pub at: Timestamp,
    /// First day of the month it was reached in.
    pub month: Date,
    /// What was spent in that month so far, without VAT.
    pub net: Money,
    /// The same with VAT.
    pub gross: Money,
    /// What the account owed then: rated, less what was paid in.
    pub owed: Money,
}

impl Threshold {
    /// The month in which it stops what goes out; `None` where it does not.
    pub fn blocks(&self) -> Option<Date> {
        let fired = self.fired.as_ref()?;
        (self.reaction != Reaction::Alert).then_some(fired.month)
    }

    /// The month in which it ends what runs.
    pub fn cuts(&self) -> Option<Date> {
        self.blocks().filter(|_| self.reaction == Reaction::Cut)
    }

    /// Whether it is reached now, in the month that begins at `month`. A percentage is of what may be owed at all, and is reached by what is
    /// owed or set aside; without a limit it never is.
    pub fn fires(&self, gross: Money, credit: Option<&CreditState>, month: Date) -> bool {
        if self.fired.as_ref().is_some_and(|fired| fired.month == month) {
            return false;
        }
        match self.percent {
            None => gross >= self.amount,
            Some(percent) => credit.is_some_and(|state| {
                let part = i128::from(state.terms.limit.micros()) * i128::from(percent) / 100;
                let used = i128::from(state.owed.micros()) + i128::from(state.granted.micros());
                part > 0 && used >= part
            }),
        }
    }
}
