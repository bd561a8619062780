//! Whose number may be shown as the caller: never one that nobody calls from, and over an interface abroad none of the home country.

use flexio_app::legs::shown_over;
use flexio_domain::Address;

use crate::config::{CallerIdHeader, Trunk};
use crate::dialling::Attempt;
use crate::node::Node;

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

    pub(crate) fn has(&self, caller: &Address) -> bool {
        let Some(number) = caller.number() else { return false };
        let number = number.as_str();
        self.whole.binary_search_by(|it| it.as_str().cmp(number)).is_ok()
            || self.beginnings.iter().any(|it| number.starts_with(it.as_str()))
    }
}

impl Node {
    /// Why a call may not go out with this caller at all.
    pub(crate) fn must_be_shown(&self, from: &Address, to: &Address) -> Result<(), (u32, String)> {
        if is_short(to) || !self.never_shown.has(from) {
            return Ok(());
        }
        metrics::counter!("caller_ids_refused_total", "rule" => "do_not_originate").increment(1);
        Err((
            crate::sip_events::CALLER_REFUSED,
            "nobody calls from the number that would be shown".to_owned(),
        ))
    }

    /// Whether this way may show the caller. Emergency and other short numbers are called whatever is shown.
    pub(crate) fn may_show(&self, attempt: &Attempt, from: &Address, to: &Address) -> bool {
        let Some(trunk) = attempt.trunk.as_ref().filter(|_| !is_short(to)) else { return true };
        let numbering = self.app.rater().numbering();
        let said = shown(trunk, from);
        let may = shown_over(said.as_ref().unwrap_or(from), numbering, trunk.origination.into());
        if !may {
            metrics::counter!("caller_ids_refused_total", "rule" => "origination").increment(1);
            tracing::info!(trunk = trunk.name, "home_number_over_foreign_trunk_refused");
        }
        may
    }
}

/// Who is asserted in the place of a caller who withholds himself.
fn shown(trunk: &Trunk, from: &Address) -> Option<Address> {
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
            ("+32255501990", false),
            ("anonymous", false),
            ("8640", false),
        ] {
            assert_eq!(list.has(&caller.parse().unwrap()), expected, "{caller}");
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
        assert_eq!(shown(&asserting, &withheld), Some("+3225880100".parse().unwrap()));
        assert_eq!(shown(&asserting, &"+32470123456".parse().unwrap()), None);
        assert_eq!(shown(&Trunk { identity: String::new(), ..asserting.clone() }, &withheld), None);
        let from_alone = Trunk { caller_id_header: CallerIdHeader::From, ..asserting };
        assert_eq!(shown(&from_alone, &withheld), None);
    }
}
