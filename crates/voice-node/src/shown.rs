//! Whose number may be shown as the caller: never one that nobody calls from, over an interface abroad none of the home country, and that of
//! somebody whose call is forwarded only where the operator lets it be told.

use std::collections::VecDeque;

use flexio_app::legs::{Allowed, Shown, shown, shown_over};
use flexio_domain::Address;
use flexio_store::StoreError;

use crate::config::{CallerIdHeader, DivertedIdentity, Origination, Trunk};
use crate::dialling::Attempt;
use crate::node::Node;
use crate::sip_events::CALLER_REFUSED;

/// Not a number with `+`, perhaps with `*` at its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "calls.do_not_originate: `{0}` is neither a number such as +3280012345 nor the beginning of some, such as +3290*"
)]
pub struct NeverShownError(String);

/// Numbers that nobody calls from (do not originate): of lines that only take calls, or that are not given out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NeverShown {
    /// Sorted.
    whole: Vec<String>,
    beginnings: Vec<String>,
}

impl NeverShown {
    pub(crate) fn new(listed: &[String]) -> Result<Self, NeverShownError> {
        let mut read = Self::default();
        for text in listed {
            let (number, list) = match text.strip_suffix('*') {
                Some(beginning) => (beginning, &mut read.beginnings),
                None => (text.as_str(), &mut read.whole),
            };
            let digits = number.strip_prefix('+').unwrap_or_default();
            if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(NeverShownError(text.clone()));
            }
            list.push(number.to_owned());
        }
        read.whole.sort_unstable();
        Ok(read)
    }

    /// Whether it has the number that this caller is taken for, however that is written.
    pub(crate) fn has(&self, caller: &Address, country_code: &str) -> bool {
        let Shown::Number(number) = shown(caller, country_code) else { return false };
        let number = number.as_str();
        self.whole.binary_search_by(|it| it.as_str().cmp(number)).is_ok()
            || self.beginnings.iter().any(|it| number.starts_with(it.as_str()))
    }
}

impl Node {
    /// Why a call may not go out with this caller at all.
    pub(crate) fn must_be_shown(&self, from: &Address, to: &Address) -> Result<(), (u32, String)> {
        if is_short(to) || !self.never_shown.has(from, &self.config.sip.country_code) {
            return Ok(());
        }
        metrics::counter!("caller_ids_refused_total", "rule" => "do_not_originate").increment(1);
        Err((CALLER_REFUSED, "nobody calls from the number that would be shown".to_owned()))
    }

    /// Leaves the ways that may show the caller; an error in words where none is left. Emergency and other short numbers are called whatever is
    /// shown.
    pub(crate) async fn keep_those_that_show(
        &self,
        ways: &mut VecDeque<Attempt>,
        (from, to): (&Address, &Address),
        allowed: &Allowed,
    ) -> Result<(), (u32, String)> {
        if is_short(to) {
            return Ok(());
        }
        let mut why = None;
        let mut kept = VecDeque::with_capacity(ways.len());
        for way in ways.drain(..) {
            match self.hindrance(&way, from, allowed).await {
                Ok(None) => kept.push_back(way),
                Ok(hindrance) => why = hindrance,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "caller_not_judged");
                    why = Some("the platform could not look the caller up");
                }
            }
        }
        *ways = kept;
        match why.filter(|_| ways.is_empty()) {
            Some(why) => Err((CALLER_REFUSED, why.to_owned())),
            None => Ok(()),
        }
    }

    /// Why this way may not show the caller.
    async fn hindrance(
        &self,
        attempt: &Attempt,
        from: &Address,
        allowed: &Allowed,
    ) -> Result<Option<&'static str>, StoreError> {
        let Some(trunk) = attempt.trunk.as_ref() else { return Ok(None) };
        if allowed.diverted_by.is_some() && trunk.diverted_identity == DivertedIdentity::Refused {
            metrics::counter!("caller_ids_refused_total", "rule" => "diverted").increment(1);
            return Ok(Some(
                "no trunk to the destination shows the caller of a forwarded call: a number of the account as callerId is shown by all",
            ));
        }
        let said = asserted(trunk, from).unwrap_or_else(|| self.taken_for(from));
        let special_use = match said.number() {
            Some(number) if trunk.origination == Origination::SpecialInterface => {
                self.app.owner_of(number).await?.and_then(|owned| owned.special_use)
            }
            Some(_) | None => None,
        };
        if shown_over(&said, self.app.rater().numbering(), trunk.origination.into(), special_use) {
            return Ok(None);
        }
        metrics::counter!("caller_ids_refused_total", "rule" => "origination").increment(1);
        tracing::info!(trunk = trunk.name, "home_number_over_foreign_trunk_refused");
        Ok(Some("no trunk to the destination may show this caller: it is a number of the home country"))
    }

    /// The caller as the far end reads him.
    fn taken_for(&self, from: &Address) -> Address {
        match shown(from, &self.config.sip.country_code) {
            Shown::Number(number) => Address::Number(number),
            Shown::Digits(digits) => Address::ShortCode(digits),
            // A carrier is told no names.
            Shown::Name | Shown::Nobody => Address::Anonymous,
        }
    }
}

/// Who is asserted in the place of a caller who withholds himself.
fn asserted(trunk: &Trunk, from: &Address) -> Option<Address> {
    let asserts = trunk.caller_id_header == CallerIdHeader::AssertedIdentity;
    (asserts && *from == Address::Anonymous)
        .then(|| trunk.identity.parse().ok().map(Address::Number))
        .flatten()
}

const fn is_short(to: &Address) -> bool {
    matches!(to, Address::ShortCode(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_beginnings_of_numbers_are_on_the_list_and_others_are_not() {
        let listed = ["+3280012345", "+3290*", "+3225550199"].map(str::to_owned);
        let list = NeverShown::new(&listed).unwrap();
        for (caller, expected) in [
            ("+3280012345", true),
            ("+3280012346", false),
            ("+3290212345", true),
            ("+3225550199", true),
            ("client:+3225550199", true),
            ("sip:%2B3225550199@x", true),
            ("sip:025550199@x", true),
            ("+32255501990", false),
            ("anonymous", false),
            ("8640", false),
        ] {
            assert_eq!(list.has(&caller.parse().unwrap(), "32"), expected, "{caller}");
        }
        for wrong in ["", "+", "*", "+*", "080012345", "+32x", "+1234567890123456"] {
            assert!(NeverShown::new(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_identity_of_ours_is_what_a_withheld_caller_is_asserted_as() {
        let asserting = Trunk {
            caller_id_header: CallerIdHeader::AssertedIdentity,
            identity: "+3225880100".to_owned(),
            ..Trunk::default()
        };
        let withheld = Address::Anonymous;
        assert_eq!(asserted(&asserting, &withheld), Some("+3225880100".parse().unwrap()));
        assert_eq!(asserted(&asserting, &"+32470123456".parse().unwrap()), None);
        assert_eq!(asserted(&Trunk { identity: String::new(), ..asserting.clone() }, &withheld), None);
        let from_alone = Trunk { caller_id_header: CallerIdHeader::From, ..asserting };
        assert_eq!(asserted(&from_alone, &withheld), None);
    }
}
