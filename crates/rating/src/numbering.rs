//! A country's numbering plan as data: which class a dialled string is of, and what that class allows.

mod file;
mod format;

use std::num::NonZeroU32;

use flexio_domain::{E164, Money, NumberType};

use crate::FileError;
use crate::automaton::{Automaton, MAX_DIGITS};
use format::Template;

/// What a class says of calls or messages to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    /// Costs nothing and is never itemised.
    Free,
    /// Not possible under this numbering data.
    Refuse,
    /// Priced (or freed, or refused) by the plan under this service code.
    Service(crate::Service),
}

/// A class of national numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NationalClass {
    /// Its name on events: `geographic`, `mobile`, `toll_free`, …
    pub id: String,
    /// Calls to it.
    pub voice: Policy,
    /// Messages to it.
    pub sms: Policy,
    /// Whether the offer rents such numbers to customers. Stock of other classes may exist: the caller decides.
    pub rentable: bool,
    /// Whether such a number, which the account does not rent but has proved to hold, may be shown as caller identity.
    pub cli: bool,
    index: usize,
}

/// A class of short codes, matched on the dialled string as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortCode {
    /// Its name on events: `emergency`, `helpline`, `directory`, …
    pub id: String,
    /// Calls to it.
    pub voice: Policy,
    /// May be the sender of messages where the operator holds it.
    pub sms_sender: bool,
    /// Whether calls to it may appear on an itemised bill.
    pub itemise: bool,
    index: usize,
}

/// What a dialled string is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class<'n> {
    /// A number of the plan's country.
    National(&'n NationalClass),
    /// A short code of the plan's country.
    Short(&'n ShortCode),
    /// A number of another country, 4 to 15 digits.
    International,
    /// A number of a satellite network (ITU-T E.164 codes 870, 881, 882 13, 882 16).
    Satellite,
    /// A SIP address.
    Sip,
    /// A registered client of the platform.
    Client,
    /// Nothing that can be reached.
    Invalid,
}

impl<'n> Class<'n> {
    /// The name kept on usage events.
    pub fn id(self) -> &'n str {
        match self {
            Self::National(class) => &class.id,
            Self::Short(code) => &code.id,
            Self::International => "international",
            Self::Satellite => "satellite",
            Self::Sip => "sip",
            Self::Client => "client",
            Self::Invalid => "invalid",
        }
    }

    /// Whether a call to it may appear on an itemised bill; what is free for the caller never does.
    pub fn is_itemised(self) -> bool {
        match self {
            Self::National(class) => class.voice != Policy::Free,
            Self::Short(code) => code.itemise && code.voice != Policy::Free,
            Self::International | Self::Satellite | Self::Sip | Self::Client | Self::Invalid => true,
        }
    }

    pub(crate) const fn slot(self) -> Slot {
        match self {
            Self::National(class) => Slot::National(class.index),
            Self::Short(code) => Slot::Short(code.index),
            Self::International => Slot::International,
            Self::Satellite => Slot::Satellite,
            Self::Sip => Slot::Sip,
            Self::Client => Slot::Client,
            Self::Invalid => Slot::Invalid,
        }
    }
}

/// [`Class`] as positions, for tables made per class.
#[derive(Clone, Copy)]
pub(crate) enum Slot {
    National(usize),
    Short(usize),
    International,
    Satellite,
    Sip,
    Client,
    Invalid,
}

/// A geographic zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Area code without the trunk prefix: `2`, `50`.
    pub ndc: String,
    /// Name in Dutch.
    pub nl: String,
    /// Name in French.
    pub fr: String,
    /// Name in English.
    pub en: String,
}

/// What a premium number may cost at most; for the texts of refusals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PremiumCeiling {
    /// As dialled, with the trunk prefix: `0900`.
    pub prefix: String,
    /// Per minute rather than per call.
    pub per_minute: bool,
    /// EUR including VAT.
    pub ceiling: Money,
}

/// Shared identity of outgoing messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Short code shown to the recipient.
    pub shared_short_code: String,
    /// Hours in which a reply goes to the account that wrote last.
    pub reply_window_h: NonZeroU32,
}

/// A dialled string taken apart; digits borrowed from it.
pub(crate) enum Dialled<'d> {
    /// National significant number, unchecked.
    National(&'d str),
    /// Neither trunk nor international prefix.
    Bare(&'d str),
    /// Country code and number of another country, 4 to 15 digits.
    International(&'d str),
    Sip,
    Client,
    Invalid,
}

/// The numbering data of one country, checked when it is read.
#[derive(Debug)]
pub struct Numbering {
    version: String,
    country: String,
    country_code: String,
    trunk_prefix: String,
    international_prefix: String,
    classes: Vec<NationalClass>,
    short_codes: Vec<ShortCode>,
    zones: Vec<Zone>,
    ceilings: Vec<PremiumCeiling>,
    sender: Sender,
    formats: Formats,
    national: Automaton,
    short: Automaton,
}

/// How national numbers are written for people.
#[derive(Debug)]
struct Formats {
    ndc1: Template,
    ndc2: Template,
    mobile: Template,
    toll_free: Template,
}

/// Class of the numbers that bring help.
const EMERGENCY: &str = "emergency";

const SATELLITE: [&str; 4] = ["870", "881", "88213", "88216"];

impl Numbering {
    /// Reads numbering data. `name` is the file's, for messages.
    ///
    /// Refused with place and cure: unknown keys, two patterns that take one number (proved over all numbers), a
    /// pattern of another length than `nsn_length`, an example of another class, a policy that names no service.
    pub fn parse(name: &str, text: &str) -> Result<Self, FileError> {
        file::read(crate::error::Source { name, text })
    }

    /// Version of the data, kept on each event.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// ISO 3166 alpha-2.
    pub fn country(&self) -> &str {
        &self.country
    }

    /// Country code without `+`, such as `32`.
    pub fn country_code(&self) -> &str {
        &self.country_code
    }

    /// The class of a dialled string: E.164 with `+`, national with the trunk prefix, with the international
    /// prefix, a short code as typed, `sip:`, `sips:` or `client:`. No separators: they are taken off at the edge.
    pub fn classify(&self, dialled: &str) -> Class<'_> {
        self.class_of(&self.take_apart(dialled))
    }

    pub(crate) fn class_of(&self, dialled: &Dialled<'_>) -> Class<'_> {
        match *dialled {
            Dialled::National(nsn) => {
                self.national.find(nsn).map_or(Class::Invalid, |index| Class::National(&self.classes[index]))
            }
            Dialled::Bare(code) => {
                self.short.find(code).map_or(Class::Invalid, |index| Class::Short(&self.short_codes[index]))
            }
            Dialled::International(digits) => {
                let satellite = SATELLITE.iter().any(|code| digits.starts_with(code));
                if satellite { Class::Satellite } else { Class::International }
            }
            Dialled::Sip => Class::Sip,
            Dialled::Client => Class::Client,
            Dialled::Invalid => Class::Invalid,
        }
    }

    pub(crate) fn take_apart<'d>(&self, dialled: &'d str) -> Dialled<'d> {
        let with_country = if let Some(digits) = dialled.strip_prefix('+') {
            digits
        } else if let Some(digits) = dialled.strip_prefix(&*self.international_prefix) {
            digits
        } else if let Some(nsn) = dialled.strip_prefix(&*self.trunk_prefix) {
            return Dialled::National(nsn);
        } else if dialled.as_bytes().first().is_some_and(u8::is_ascii_digit) {
            return Dialled::Bare(dialled);
        } else {
            return uri(dialled);
        };
        if with_country.len() > MAX_DIGITS {
            return Dialled::Invalid;
        }
        if let Some(nsn) = with_country.strip_prefix(&*self.country_code) {
            return Dialled::National(nsn);
        }
        let foreign = with_country.len() >= 4
            && !with_country.starts_with('0')
            && with_country.bytes().all(|byte| byte.is_ascii_digit());
        if foreign { Dialled::International(with_country) } else { Dialled::Invalid }
    }

    /// The one E.164 form of a national, `00` or `+` input; `None` for short codes, addresses and invalid numbers.
    pub fn to_e164(&self, dialled: &str) -> Option<E164> {
        let apart = self.take_apart(dialled);
        match (apart, self.classify(dialled)) {
            (Dialled::National(nsn), Class::National(_)) => {
                format!("+{}{nsn}", self.country_code).parse().ok()
            }
            (Dialled::International(digits), _) => format!("+{digits}").parse().ok(),
            _ => None,
        }
    }

    /// The class of this name, national ones first.
    pub fn class(&self, id: &str) -> Option<Class<'_>> {
        let national = self.classes.iter().find(|class| class.id == id).map(Class::National);
        national.or_else(|| self.short_codes.iter().find(|code| code.id == id).map(Class::Short))
    }

    /// Classes of national numbers, in the order of the file.
    pub fn classes(&self) -> &[NationalClass] {
        &self.classes
    }

    /// The shortest prefixes of national numbers that lead to one group alone, and that group, by digits; `groups` has one for each class.
    pub(crate) fn national_prefixes(&self, groups: &[usize]) -> Vec<(String, usize)> {
        self.national.prefixes(groups)
    }

    /// Classes of short codes, in the order of the file.
    pub fn short_codes(&self) -> &[ShortCode] {
        &self.short_codes
    }

    /// The kind a number of this country is searched and rented as; `None` for every other class and country.
    pub fn number_type(&self, number: &E164) -> Option<NumberType> {
        match self.classify(number.as_str()) {
            Class::National(class) => {
                NUMBER_TYPES.iter().find(|(_, id)| *id == class.id).map(|&(kind, _)| kind)
            }
            _ => None,
        }
    }

    /// Whether the offer rents numbers of this kind. Whether stock of another kind may be rented all the same, as
    /// in a sandbox, is the caller's decision.
    pub fn rentable(&self, number_type: NumberType) -> bool {
        self.class_of_type(number_type).is_some_and(|class| class.rentable)
    }

    /// Whether a number that somebody has proved to hold may be shown as caller identity: one of another country, or of a class of this one
    /// that is open to that.
    pub fn may_be_shown(&self, number: &E164) -> bool {
        match self.classify(number.as_str()) {
            Class::National(class) => class.cli,
            Class::International => true,
            Class::Satellite | Class::Short(_) | Class::Sip | Class::Client | Class::Invalid => false,
        }
    }

    /// Whether this, as dialled, is an emergency number.
    pub fn is_emergency(&self, dialled: &str) -> bool {
        matches!(self.classify(dialled), Class::Short(code) if code.id == EMERGENCY)
    }

    /// All emergency numbers, as dialled, of up to five digits.
    pub fn emergency_numbers(&self) -> Vec<String> {
        let of_length = |length: usize| {
            let all = 0..10_usize.pow(u32::try_from(length).unwrap_or(0));
            all.map(move |number| format!("{number:0length$}"))
        };
        (3..=5).flat_map(of_length).filter(|dialled| self.is_emergency(dialled)).collect()
    }

    fn class_of_type(&self, number_type: NumberType) -> Option<&NationalClass> {
        let (_, id) = NUMBER_TYPES.iter().find(|(kind, _)| *kind == number_type)?;
        self.classes.iter().find(|class| class.id == *id)
    }

    /// The zone of a geographic number.
    pub fn zone(&self, number: &E164) -> Option<&Zone> {
        let Dialled::National(nsn) = self.take_apart(number.as_str()) else { return None };
        if self.number_type(number) != Some(NumberType::Local) {
            return None;
        }
        self.zones.iter().filter(|zone| nsn.starts_with(&zone.ndc)).max_by_key(|zone| zone.ndc.len())
    }

    /// All zones, in the order of the file.
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// The ceiling for a premium number, by longest prefix; for the text of a refusal.
    pub fn premium_ceiling(&self, dialled: &str) -> Option<&PremiumCeiling> {
        let Dialled::National(nsn) = self.take_apart(dialled) else { return None };
        let covers = |ceiling: &&PremiumCeiling| {
            ceiling.prefix.strip_prefix(&*self.trunk_prefix).is_some_and(|prefix| nsn.starts_with(prefix))
        };
        self.ceilings.iter().filter(covers).max_by_key(|ceiling| ceiling.prefix.len())
    }

    /// Shared identity of outgoing messages.
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// The number as people of the country write it, such as `02 226 88 88`; for display only.
    pub fn national_format(&self, number: &E164) -> Option<String> {
        let Dialled::National(nsn) = self.take_apart(number.as_str()) else { return None };
        let template = match self.number_type(number)? {
            NumberType::Local if self.zone(number).is_some_and(|zone| zone.ndc.len() == 1) => {
                &self.formats.ndc1
            }
            NumberType::Local => &self.formats.ndc2,
            NumberType::Mobile => &self.formats.mobile,
            NumberType::TollFree => &self.formats.toll_free,
        };
        template.fill(nsn)
    }
}

/// Class names that are kinds of rented numbers.
const NUMBER_TYPES: [(NumberType, &str); 3] =
    [(NumberType::Local, "geographic"), (NumberType::Mobile, "mobile"), (NumberType::TollFree, "toll_free")];

fn uri(text: &str) -> Dialled<'static> {
    match text.split_once(':') {
        Some(("sip" | "sips", rest)) if !rest.is_empty() => Dialled::Sip,
        Some(("client", rest)) if !rest.is_empty() => Dialled::Client,
        _ => Dialled::Invalid,
    }
}
