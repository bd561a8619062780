//! What a carrier from abroad may show as the caller.

use flexio_domain::{Address, NumberType, SpecialUse};
use flexio_rating::{Class, Numbering};

/// What becomes of a number of the home country that a trunk from abroad shows as the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromAbroad {
    /// Not of the home country: shown.
    Shown,
    /// A mobile, which may be roaming: it cannot be proved here, so it is not shown.
    Withheld,
    /// Such numbers do not call from abroad: the call is refused.
    Refused,
}

/// The rule for one caller (Belgium: Royal Decree of 12 May 2024 on spoofed numbers).
pub fn from_abroad(from: &Address, numbering: &Numbering) -> FromAbroad {
    let Address::Number(number) = from else {
        let is_short = matches!(from, Address::ShortCode(_));
        return if is_short { FromAbroad::Refused } else { FromAbroad::Shown };
    };
    match numbering.classify(number.as_str()) {
        Class::International | Class::Satellite => FromAbroad::Shown,
        Class::National(class) if class.id == "mobile" => FromAbroad::Withheld,
        _ => FromAbroad::Refused,
    }
}

/// Where calls over an interface enter the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origination {
    /// At an interconnection of the home country.
    National,
    /// Abroad, over an interface of its own for the exceptions of the law, which are for geographic numbers.
    SpecialInterface,
    /// Abroad.
    Foreign,
}

/// Whether a caller may be shown over an interface (Belgium: the same decree): a number of the home country does not come from abroad. Where
/// the law has an exception the number must be geographic, and registered for it (`special_use`).
pub fn shown_over(
    from: &Address,
    numbering: &Numbering,
    origination: Origination,
    special_use: Option<SpecialUse>,
) -> bool {
    let is_geographic = || {
        let number = from.number();
        number.and_then(|number| numbering.number_type(number)) == Some(NumberType::Local)
    };
    match origination {
        Origination::National => true,
        Origination::SpecialInterface => {
            from_abroad(from, numbering) == FromAbroad::Shown || (special_use.is_some() && is_geographic())
        }
        Origination::Foreign => from_abroad(from, numbering) == FromAbroad::Shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbering() -> Numbering {
        Numbering::parse("numbering", include_str!("../../../../data/belgian-numbering.toml")).expect("ours")
    }

    #[test]
    fn a_home_number_leaves_over_no_foreign_interface_and_a_geographic_one_over_that_of_the_exceptions() {
        use Origination as O;
        let numbering = numbering();
        for (caller, foreign, special) in [
            ("+442071234567", true, true),
            ("anonymous", true, true),
            ("sip:bob@example.com", true, true),
            ("+3222268888", false, true),
            ("+32470123456", false, false),
            ("+3280012345", false, false),
            ("+3278051234", false, false),
            ("8640", false, false),
        ] {
            let caller: Address = caller.parse().expect("an address");
            let support = Some(SpecialUse::CustomerSupport);
            assert!(shown_over(&caller, &numbering, O::National, None), "{caller}");
            assert_eq!(shown_over(&caller, &numbering, O::Foreign, support), foreign, "{caller}");
            assert_eq!(shown_over(&caller, &numbering, O::SpecialInterface, support), special, "{caller}");
            assert_eq!(
                shown_over(&caller, &numbering, O::SpecialInterface, None),
                foreign,
                "{caller}: not registered"
            );
        }
    }

    #[test]
    fn home_numbers_from_abroad_are_refused_and_mobiles_withheld() {
        let cases = [
            ("+442071234567", FromAbroad::Shown),
            ("+881612345678", FromAbroad::Shown),
            ("anonymous", FromAbroad::Shown),
            ("sip:bob@example.com", FromAbroad::Shown),
            ("+32470123456", FromAbroad::Withheld),
            ("+3222268888", FromAbroad::Refused),
            ("+3280012345", FromAbroad::Refused),
            ("+3278051234", FromAbroad::Refused),
            ("+3299", FromAbroad::Refused),
            ("8640", FromAbroad::Refused),
        ];
        let numbering = numbering();
        for (caller, rule) in cases {
            let caller: Address = caller.parse().expect("an address");
            assert_eq!(from_abroad(&caller, &numbering), rule, "{caller}");
        }
    }
}
