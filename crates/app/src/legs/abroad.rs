//! What a carrier from abroad may show as the caller.

use flexio_domain::Address;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn numbering() -> Numbering {
        Numbering::parse("numbering", include_str!("../../../../data/belgian-numbering.toml")).expect("ours")
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
