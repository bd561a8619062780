//! Usage records: stored totals read as the categories of the FlexIO and Twilio documents.
//!
//! A total counts in every category that holds it: an inbound call to a toll-free number is in `calls`,
//! `calls-inbound`, `calls-inbound-tollfree` and `totalprice`. Legs of clients and SIP addresses are in
//! `calls-client` and `calls-sip`, and in neither direction, as in Twilio's records. A month of a number counts it once, for each
//! price it had.

use flexio_domain::{Money, UsageKind};

/// Sum of usage events of one kind, item and class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total<'t> {
    /// What was used.
    pub kind: UsageKind,
    /// Price item, or `free`.
    pub item: &'t str,
    /// Numbering class.
    pub class: &'t str,
    /// Events.
    pub count: u64,
    /// Sum of billed units: seconds or segments.
    pub billed: u64,
    /// Sum of started minutes, rounded up for each event on its own.
    pub minutes: u64,
    /// Sum of amounts.
    pub amount: Money,
}

/// What `count` or `usage` of a category counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CategoryUnit {
    /// Legs.
    Calls,
    /// Started minutes of each leg.
    Minutes,
    /// Messages.
    Messages,
    /// Segments.
    Segments,
    /// Rented numbers.
    Numbers,
    /// Recordings.
    Recordings,
    /// Anything else that happens one by one.
    Requests,
    /// The amount of money itself: `totalprice`.
    Money,
}

impl CategoryUnit {
    /// As in records; for money the record's own price unit stands instead.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Minutes => "minutes",
            Self::Messages => "messages",
            Self::Segments => "segments",
            Self::Numbers => "numbers",
            Self::Recordings => "recordings",
            Self::Requests => "requests",
            Self::Money => "",
        }
    }
}

macro_rules! categories {
    ($($name:ident = $wire:literal, $description:literal, $count:ident, $usage:ident;)*) => {
        /// A category of usage records, by its name on the wire.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Category { $(#[doc = concat!("`", $wire, "`: ", $description, ".")] $name,)* }

        impl Category {
            /// All, in the order they are listed.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// For people.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$name => $description,)* }
            }

            /// What `count` counts.
            pub const fn count_unit(self) -> CategoryUnit {
                match self { $(Self::$name => CategoryUnit::$count,)* }
            }

            /// What `usage` counts.
            pub const fn usage_unit(self) -> CategoryUnit {
                match self { $(Self::$name => CategoryUnit::$usage,)* }
            }
        }
    };
}

categories! {
    Calls = "calls", "Total Calls", Calls, Minutes;
    CallsInbound = "calls-inbound", "Inbound Calls", Calls, Minutes;
    CallsInboundLocal = "calls-inbound-local", "Inbound Local Calls", Calls, Minutes;
    CallsInboundMobile = "calls-inbound-mobile", "Inbound Mobile Calls", Calls, Minutes;
    CallsInboundTollFree = "calls-inbound-tollfree", "Inbound Toll Free Calls", Calls, Minutes;
    CallsOutbound = "calls-outbound", "Outbound Calls", Calls, Minutes;
    CallsOutboundLocal = "calls-outbound-local", "Outbound Local Calls", Calls, Minutes;
    CallsOutboundMobile = "calls-outbound-mobile", "Outbound Mobile Calls", Calls, Minutes;
    CallsOutboundTollFree = "calls-outbound-tollfree", "Outbound Toll Free Calls", Calls, Minutes;
    CallsOutboundOther = "calls-outbound-other", "Other Outbound Calls", Calls, Minutes;
    CallsClient = "calls-client", "Client Calls", Calls, Minutes;
    CallsSip = "calls-sip", "SIP Calls", Calls, Minutes;
    Sms = "sms", "Total SMS", Messages, Segments;
    SmsInbound = "sms-inbound", "Inbound SMS", Messages, Segments;
    SmsInboundShortCode = "sms-inbound-shortcode", "Inbound Short Code SMS", Messages, Segments;
    SmsInboundLongCode = "sms-inbound-longcode", "Inbound Long Code SMS", Messages, Segments;
    SmsOutbound = "sms-outbound", "Outbound SMS", Messages, Segments;
    SmsOutboundShortCode = "sms-outbound-shortcode", "Outbound Short Code SMS", Messages, Segments;
    SmsOutboundLongCode = "sms-outbound-longcode", "Outbound Long Code SMS", Messages, Segments;
    PhoneNumbers = "phonenumbers", "Phone Numbers", Numbers, Numbers;
    PhoneNumbersTollFree = "phonenumbers-tollfree", "Toll Free Phone Numbers", Numbers, Numbers;
    PhoneNumbersLocal = "phonenumbers-local", "Local Phone Numbers", Numbers, Numbers;
    PhoneNumbersMobile = "phonenumbers-mobile", "Mobile Phone Numbers", Numbers, Numbers;
    ShortCodes = "shortcodes", "Short Codes", Numbers, Numbers;
    ShortCodesVanity = "shortcodes-vanity", "Vanity Short Codes", Numbers, Numbers;
    ShortCodesRandom = "shortcodes-random", "Random Short Codes", Numbers, Numbers;
    ShortCodesCustomerOwned = "shortcodes-customerowned", "Customer Owned Short Codes", Numbers, Numbers;
    CallerIdLookups = "calleridlookups", "Caller Id Lookups", Requests, Requests;
    Recordings = "recordings", "Recordings", Recordings, Minutes;
    Transcriptions = "transcriptions", "Transcriptions", Requests, Minutes;
    RecordingStorage = "recordingstorage", "Recording Storage", Recordings, Minutes;
    Conference = "conference", "Conference Set-ups", Requests, Requests;
    TwoFa = "twofa", "Two-factor Requests", Requests, Requests;
    Designer = "designer", "Visual Designer", Requests, Requests;
    Speech = "speech", "Speech Synthesis", Requests, Minutes;
    Queues = "queues", "Waiting in Queues", Calls, Minutes;
    ApiRequests = "apirequests", "API Requests", Requests, Requests;
    TotalPrice = "totalprice", "Total Price", Money, Money;
}

impl Category {
    /// The category of this wire name, whatever the case.
    pub fn from_wire(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|category| category.as_str().eq_ignore_ascii_case(text))
    }

    /// Whether a total counts in it.
    pub fn holds(self, total: &Total<'_>) -> bool {
        let call = matches!(total.kind, UsageKind::VoiceIn | UsageKind::VoiceOut);
        let message = matches!(total.kind, UsageKind::SmsIn | UsageKind::SmsOut);
        let address = matches!(total.class, "client" | "sip");
        let came = |kind| total.kind == kind && !address;
        match self {
            Self::TotalPrice => true,
            Self::Calls => call,
            Self::CallsClient => call && total.class == "client",
            Self::CallsSip => call && total.class == "sip",
            Self::CallsInbound => came(UsageKind::VoiceIn),
            Self::CallsInboundLocal => came(UsageKind::VoiceIn) && total.class == "geographic",
            Self::CallsInboundMobile => came(UsageKind::VoiceIn) && total.class == "mobile",
            Self::CallsInboundTollFree => came(UsageKind::VoiceIn) && total.class == "toll_free",
            Self::CallsOutbound => came(UsageKind::VoiceOut),
            Self::CallsOutboundLocal => came(UsageKind::VoiceOut) && total.class == "geographic",
            Self::CallsOutboundMobile => came(UsageKind::VoiceOut) && total.class == "mobile",
            Self::CallsOutboundTollFree => came(UsageKind::VoiceOut) && total.class == "toll_free",
            Self::CallsOutboundOther => {
                came(UsageKind::VoiceOut) && !matches!(total.class, "geographic" | "mobile" | "toll_free")
            }
            Self::Speech => total.kind == UsageKind::Tts,
            Self::Queues => total.kind == UsageKind::Queue,
            Self::ApiRequests => total.kind == UsageKind::Api,
            Self::Sms => message,
            Self::SmsInbound => came(UsageKind::SmsIn),
            Self::SmsInboundShortCode => came(UsageKind::SmsIn) && is_short_code(total.class),
            Self::SmsInboundLongCode => came(UsageKind::SmsIn) && !is_short_code(total.class),
            // The sender is not part of a total: what goes out is counted as sent from a long number.
            Self::SmsOutbound | Self::SmsOutboundLongCode => came(UsageKind::SmsOut),
            Self::Recordings => total.kind == UsageKind::Recording,
            Self::Conference => total.kind == UsageKind::Conference,
            Self::TwoFa => total.kind == UsageKind::TwoFa,
            Self::PhoneNumbers => came(UsageKind::Number),
            Self::PhoneNumbersLocal => came(UsageKind::Number) && total.class == "geographic",
            Self::PhoneNumbersMobile => came(UsageKind::Number) && total.class == "mobile",
            Self::PhoneNumbersTollFree => came(UsageKind::Number) && total.class == "toll_free",
            Self::Designer => total.kind == UsageKind::Designer,
            Self::SmsOutboundShortCode
            | Self::ShortCodes
            | Self::ShortCodesVanity
            | Self::ShortCodesRandom
            | Self::ShortCodesCustomerOwned
            | Self::CallerIdLookups
            | Self::Transcriptions
            | Self::RecordingStorage => false,
        }
    }
}

fn is_short_code(class: &str) -> bool {
    matches!(class, "sms_free" | "sms_premium")
}

/// One usage record, before a dialect renders it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Which category.
    pub category: Category,
    /// In the category's count unit; 0 for `totalprice`.
    pub count: u64,
    /// In the category's usage unit; 0 for `totalprice`, whose usage is its price.
    pub usage: u64,
    /// What it cost.
    pub price: Money,
}

/// The record of one category for the totals of an account and period; all zero where nothing counts in it.
pub fn record(category: Category, totals: &[Total<'_>]) -> Record {
    let mut record = Record { category, count: 0, usage: 0, price: Money::ZERO };
    let counted = category != Category::TotalPrice;
    for total in totals.iter().filter(|total| category.holds(total)) {
        record.price += total.amount;
        if counted {
            record.count += total.count;
            record.usage += match category.usage_unit() {
                CategoryUnit::Minutes => total.minutes,
                CategoryUnit::Segments => total.billed,
                _ => total.count,
            };
        }
    }
    record
}

/// One record per category, in the order of [`Category::ALL`].
pub fn records(totals: &[Total<'_>]) -> Vec<Record> {
    Category::ALL.iter().map(|&category| record(category, totals)).collect()
}
