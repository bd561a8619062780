//! Which sender of a service a message leaves from.

use flexio_domain::Address;

/// What the service wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish<'a> {
    /// The sender this recipient heard from before, where the service keeps to it.
    pub sticky: Option<&'a Address>,
    /// Of the numbers of the recipient's country, the nearest one.
    pub geomatch: bool,
    /// Chooses among equals: the same for the same recipient, so that a conversation keeps its sender without anything being kept.
    pub seed: u64,
}

/// Countries whose networks show no names as senders, by the digits their numbers begin with.
const WITHOUT_NAMES: [&str; 2] = ["+1", "+86"];

/// The sender for `to`: the one it knows, else a name where the country shows names, else a short code of the home country, else a number of
/// the recipient's country, else any number. `home` is the country code of the platform with its `+`. `None` where no sender reaches `to`.
pub fn choose<'s>(senders: &'s [Address], to: &Address, home: &str, wish: Wish<'_>) -> Option<&'s Address> {
    let dialled = to.dialled()?;
    if let Some(known) = wish.sticky.and_then(|sticky| senders.iter().find(|sender| *sender == sticky)) {
        return Some(known);
    }
    let rank = |sender: &Address| -> Option<(u8, std::cmp::Reverse<usize>)> {
        let common = |number: &str| number.bytes().zip(dialled.bytes()).take_while(|(a, b)| a == b).count();
        let nearness = |length: usize| std::cmp::Reverse(if wish.geomatch { length } else { 0 });
        match sender {
            _ if sender == to => None,
            Address::Alphanumeric(_) if !WITHOUT_NAMES.iter().any(|code| dialled.starts_with(code)) => {
                Some((0, std::cmp::Reverse(0)))
            }
            Address::ShortCode(_) if dialled.starts_with(home) => Some((1, std::cmp::Reverse(0))),
            Address::Number(number) => {
                let length = common(number.as_str());
                // A country code has one to three digits; two in common, with the `+`, tell most countries from each other.
                let is_near = length >= 3 || (length >= 2 && dialled.starts_with("+1"));
                Some((if is_near { 2 } else { 3 }, nearness(length)))
            }
            Address::Alphanumeric(_)
            | Address::ShortCode(_)
            | Address::Client(_)
            | Address::Sip(_)
            | Address::Anonymous => None,
        }
    };
    let best = senders.iter().filter_map(rank).min()?;
    let equals: Vec<&Address> = senders.iter().filter(|sender| rank(sender) == Some(best)).collect();
    let at = wish.seed % u64::try_from(equals.len()).ok()?.max(1);
    equals.get(usize::try_from(at).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn addresses(texts: &[&str]) -> Vec<Address> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    const ANY: Wish<'_> = Wish { sticky: None, geomatch: true, seed: 0 };

    #[test]
    fn names_go_before_short_codes_and_those_before_numbers_where_they_can_be_shown() {
        let pool = addresses(&["+3225550101", "+12025550101", "8640", "Acme"]);
        for (to, expected) in
            [("+32470123456", "Acme"), ("+12125550100", "+12025550101"), ("+447700900123", "Acme")]
        {
            let chosen = choose(&pool, &to.parse().unwrap(), "+32", ANY);
            assert_eq!(chosen.map(ToString::to_string).as_deref(), Some(expected), "{to}");
        }
        let to: Address = "+32470123456".parse().unwrap();
        assert_eq!(choose(&pool[..3], &to, "+32", ANY), Some(&pool[2]));
        assert_eq!(choose(&pool[2..3], &"+12125550100".parse().unwrap(), "+32", ANY), None);
    }

    #[test]
    fn a_number_of_the_recipients_country_is_taken_and_the_nearest_of_them() {
        let pool = addresses(&["+33140000001", "+3225550101", "+32470000101"]);
        let to: Address = "+32470123456".parse().unwrap();
        assert_eq!(choose(&pool, &to, "+32", ANY), Some(&pool[2]));
        let far = Wish { geomatch: false, ..ANY };
        let chosen: Vec<_> =
            (0..2).filter_map(|seed| choose(&pool, &to, "+32", Wish { seed, ..far })).collect();
        assert_eq!(chosen, [&pool[1], &pool[2]]);
        assert_eq!(choose(&pool, &"+4930000000".parse().unwrap(), "+32", ANY), Some(&pool[0]));
    }

    #[test]
    fn a_recipient_keeps_the_sender_it_knows_while_that_is_in_the_service() {
        let pool = addresses(&["+3225550101", "+32470000101"]);
        let to: Address = "+32470123456".parse().unwrap();
        let sticky = |sender| Wish { sticky: Some(sender), ..ANY };
        assert_eq!(choose(&pool, &to, "+32", sticky(&pool[0])), Some(&pool[0]));
        let gone = "+3225550109".parse().unwrap();
        assert_eq!(choose(&pool, &to, "+32", sticky(&gone)), Some(&pool[1]));
        assert_eq!(choose(&pool, &pool[1], "+32", ANY), Some(&pool[0]), "nobody texts themselves");
    }

    proptest! {
        #[test]
        fn what_is_chosen_is_in_the_pool_and_the_same_each_time(seed: u64, digits in "[1-9][0-9]{6,12}") {
            let pool = addresses(&["+3225550101", "+32470000101", "+33140000001", "8640", "Acme"]);
            let to: Address = format!("+{digits}").parse().unwrap();
            let wish = Wish { seed, ..ANY };
            let chosen = choose(&pool, &to, "+32", wish);
            prop_assert!(chosen.is_some_and(|sender| pool.contains(sender) && *sender != to));
            prop_assert_eq!(chosen, choose(&pool, &to, "+32", wish));
        }
    }
}
