//! A price list: where calls and messages can go, and at what price, by the digits numbers begin with.

use std::collections::BTreeMap;

use flexio_domain::UsageKind;

use super::{FREE, Rater, Verdict, of_service};
use crate::{Country, Item, Service};

/// Numbers of one country that are priced alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination<'r> {
    /// What they begin with, from the country code on; where prefixes of two destinations fit, the longer one counts.
    pub prefixes: Vec<String>,
    /// What is charged; `None` where it is free.
    pub item: Option<&'r Item>,
}

impl Destination<'_> {
    /// Item code, `free` where nothing is charged.
    pub fn code(&self) -> &str {
        self.item.map_or(FREE, |item| &item.code)
    }
}

impl Rater {
    /// The country whose classes the numbering data has, by ISO code.
    fn is_home(&self, country: &Country) -> bool {
        country.iso == self.numbering.country()
    }

    /// Countries that calls (`VoiceOut`) or messages (`SmsOut`) can go to, by ISO code.
    pub fn served(&self, kind: UsageKind) -> Vec<&'static Country> {
        Country::all().iter().filter(|country| self.serves(kind, country)).collect()
    }

    fn serves(&self, kind: UsageKind, country: &Country) -> bool {
        if self.is_home(country) {
            return self.at_home(kind).any(|verdict| !matches!(verdict, Verdict::Refused(_)));
        }
        let deck = self.plan.deck();
        let priced =
            |prefix: &&str| deck.has_branch(is_sms(kind), prefix) || self.around(kind, prefix).is_some();
        country.prefixes.iter().any(priced)
    }

    /// What calls or messages to a country cost, one row for each price. Nothing for a country that is not served.
    pub fn destinations(&self, kind: UsageKind, country: &Country) -> Vec<Destination<'_>> {
        let mut by_item: BTreeMap<Option<usize>, Vec<String>> = BTreeMap::new();
        let mut add = |item: Option<usize>, prefix: String| by_item.entry(item).or_default().push(prefix);
        if self.is_home(country) {
            let verdicts: Vec<Verdict> = self.at_home(kind).collect();
            let code = self.numbering.country_code();
            let groups: Vec<usize> = verdicts.iter().map(group).collect();
            for (prefix, group) in self.numbering.national_prefixes(&groups) {
                match verdicts[groups.iter().position(|known| *known == group).unwrap_or_default()] {
                    Verdict::Item(index) => add(Some(index), format!("{code}{prefix}")),
                    Verdict::Free => add(None, format!("{code}{prefix}")),
                    Verdict::Refused(_) => {}
                }
            }
        } else {
            for prefix in &country.prefixes {
                if let Some(item) = self.around(kind, prefix) {
                    add(item, (*prefix).to_owned());
                }
                for (row, item) in self.plan.deck().rows(is_sms(kind), prefix) {
                    // Rows of a country whose prefix is longer are that country's, and one row is at the prefix itself.
                    let is_own = Country::of_digits(&row).is_some_and(|owner| owner.iso == country.iso);
                    if is_own && row != *prefix {
                        add(Some(item), row);
                    }
                }
            }
        }
        let items = self.plan.items();
        by_item
            .into_iter()
            .map(|(item, prefixes)| Destination { prefixes, item: item.map(|index| &items[index]) })
            .collect()
    }

    /// Verdicts of the classes at home, in their order.
    fn at_home(&self, kind: UsageKind) -> impl Iterator<Item = Verdict> + '_ {
        self.national.iter().map(move |verdicts| if is_sms(kind) { verdicts.sms } else { verdicts.voice })
    }

    /// What numbers abroad cost that begin with `prefix` and no longer one: `Some(None)` is free, `None` is refused.
    #[expect(clippy::option_option, reason = "refused, free and priced are three answers")]
    fn around(&self, kind: UsageKind, prefix: &str) -> Option<Option<usize>> {
        let sms = is_sms(kind);
        let deck = self.plan.deck();
        let found = if sms { deck.sms(prefix) } else { deck.voice(prefix) };
        let service = if sms { Service::SmsOutInternational } else { Service::VoiceOutInternational };
        match found.map_or_else(|| of_service(&self.plan, service), Verdict::Item) {
            Verdict::Item(index) => Some(Some(index)),
            Verdict::Free => Some(None),
            Verdict::Refused(_) => None,
        }
    }
}

const fn is_sms(kind: UsageKind) -> bool {
    matches!(kind, UsageKind::SmsOut)
}

/// Classes of one price are one group: refused ones too.
const fn group(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Refused(_) => 0,
        Verdict::Free => 1,
        Verdict::Item(index) => 2 + *index,
    }
}
