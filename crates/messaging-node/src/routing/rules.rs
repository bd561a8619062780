//! Which messages a route takes, and which of several it is: said for people too.

use std::{cmp::Reverse, fmt};

use flexio_domain::{AccountSid, MessageClass};

use crate::config::{Bind, SmppRoute};

/// What the choice of a route depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish<'m> {
    /// Recipient, as customers write it.
    pub to: &'m str,
    /// Sender, likewise.
    pub from: &'m str,
    /// Whose message it is.
    pub account: AccountSid,
    /// What it is for.
    pub class: MessageClass,
    /// Class of the recipient's number, as the numbering file calls it.
    pub kind: &'m str,
    /// Minute of the day, 0 to 1439, by the operator's clock.
    pub minute: u16,
}

/// Routes are used in this order: longest prefix, priority, cost.
pub(super) type Rank = (Reverse<usize>, u16, u32);

/// Why a route does not take a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// It is bound as a receiver.
    ReceivesOnly,
    /// `prefixes`
    Prefix,
    /// `recipient_kinds`
    Kind,
    /// `senders`
    Sender,
    /// `accounts`
    Account,
    /// `classes`
    Class,
    /// `hours`: it waits for them.
    Hours,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReceivesOnly => "it is a receiver",
            Self::Prefix => "no prefix fits the recipient",
            Self::Kind => "recipient_kinds has not got the recipient's",
            Self::Sender => "senders has not got the sender",
            Self::Account => "accounts has not got the account",
            Self::Class => "classes has not got the message's",
            Self::Hours => "it is outside of its hours",
        })
    }
}

/// The rank of a route for a message, or why it does not take it. Hours are apart: what they keep out waits for them.
pub(super) fn rank(route: &SmppRoute, wish: &Wish<'_>) -> Result<Rank, Misfit> {
    if route.bind == Bind::Receiver {
        return Err(Misfit::ReceivesOnly);
    }
    // A short code fits the empty prefix only.
    let fitting = route.prefixes.iter().filter(|prefix| wish.to.starts_with(prefix.as_str()));
    let longest = if route.prefixes.is_empty() { Some(0) } else { fitting.map(String::len).max() };
    let longest = longest.ok_or(Misfit::Prefix)?;
    let allows =
        |list: &[String], test: &dyn Fn(&str) -> bool| list.is_empty() || list.iter().any(|one| test(one));
    let account = wish.account.to_string();
    let rules = [
        (allows(&route.recipient_kinds, &|kind| kind == wish.kind), Misfit::Kind),
        (allows(&route.senders, &|pattern| matches(pattern, wish.from)), Misfit::Sender),
        (allows(&route.accounts, &|one| one == account), Misfit::Account),
        (route.classes.is_empty() || route.classes.contains(&wish.class), Misfit::Class),
    ];
    match rules.into_iter().find(|(fits, _)| !fits) {
        Some((_, misfit)) => Err(misfit),
        None => Ok((Reverse(longest), route.priority, route.cost_micros)),
    }
}

/// A sender, or the beginning of one before `*`. Names are compared without regard to case.
fn matches(pattern: &str, sender: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => {
            sender.get(..beginning.len()).is_some_and(|begins| begins.eq_ignore_ascii_case(beginning))
        }
        None => pattern.eq_ignore_ascii_case(sender),
    }
}

/// Whether the route is used at this minute of the day.
pub(super) fn is_open(route: &SmppRoute, minute: u16) -> bool {
    route.hours.is_off() || route.hours.left_min(minute).is_some()
}

/// What becomes of a route in a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choosing {
    /// It is used, for so many of a hundred messages.
    Used {
        /// Share in percent, rounded down.
        share: u64,
    },
    /// It is used if those before it are down.
    After {
        /// Its place, from 2.
        place: usize,
        /// What puts it behind: `prefix`, `priority` or `cost`.
        by: &'static str,
    },
    /// It is not used.
    Not(Misfit),
}

/// What becomes of each route for a message, were all of them up; in the order of the routes.
pub fn explain(routes: &[SmppRoute], wish: &Wish<'_>) -> Vec<Choosing> {
    let ranked = |route: &SmppRoute| {
        let rank = rank(route, wish)?;
        if is_open(route, wish.minute) { Ok(rank) } else { Err(Misfit::Hours) }
    };
    let ranks: Vec<Result<Rank, Misfit>> = routes.iter().map(ranked).collect();
    let mut order: Vec<Rank> = ranks.iter().filter_map(|rank| rank.ok()).collect();
    order.sort_unstable();
    order.dedup();
    let best = order.first().copied();
    let weight = |route: &SmppRoute| u64::from(route.weight);
    let is_best = |rank: &Result<Rank, Misfit>| rank.is_ok() && rank.ok() == best;
    let of_best = routes.iter().zip(&ranks).filter(|(_, rank)| is_best(rank));
    let total: u64 = of_best.map(|(route, _)| weight(route)).sum();
    let choosing = |(route, rank): (&SmppRoute, &Result<Rank, Misfit>)| match rank {
        Err(misfit) => Choosing::Not(*misfit),
        Ok(rank) => match order.iter().position(|one| one == rank) {
            None | Some(0) => Choosing::Used { share: weight(route) * 100 / total.max(1) },
            Some(at) => Choosing::After { place: at + 1, by: behind_by(*rank, best.unwrap_or(*rank)) },
        },
    };
    routes.iter().zip(&ranks).map(choosing).collect()
}

fn behind_by(rank: Rank, best: Rank) -> &'static str {
    match rank {
        _ if rank.0 != best.0 => "prefix",
        _ if rank.1 != best.1 => "priority",
        _ => "cost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish() -> Wish<'static> {
        Wish {
            to: "+32470000001",
            from: "Acme Shop",
            account: AccountSid::from_u128(1),
            class: MessageClass::Marketing,
            kind: "mobile",
            minute: 9 * 60,
        }
    }

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|text| (*text).to_owned()).collect()
    }

    fn route(change: impl FnOnce(&mut SmppRoute)) -> SmppRoute {
        let mut route = SmppRoute::default();
        change(&mut route);
        route
    }

    #[test]
    fn each_rule_keeps_out_what_it_does_not_name() {
        let other = AccountSid::from_u128(2).to_string();
        let (ours, day) = (wish().account.to_string(), "08:00-20:00".parse().unwrap());
        let cases: [(SmppRoute, Option<Misfit>); 13] = [
            (route(|_| ()), None),
            (route(|r| r.bind = Bind::Receiver), Some(Misfit::ReceivesOnly)),
            (route(|r| r.prefixes = texts(&["+31", "+33"])), Some(Misfit::Prefix)),
            (route(|r| r.prefixes = texts(&["+31", "+324"])), None),
            (route(|r| r.recipient_kinds = texts(&["geographic"])), Some(Misfit::Kind)),
            (route(|r| r.senders = texts(&["8640", "Acm"])), Some(Misfit::Sender)),
            (route(|r| r.senders = texts(&["8640", "acme*"])), None),
            (route(|r| r.senders = texts(&["ACME SHOP"])), None),
            (route(|r| r.accounts = vec![other]), Some(Misfit::Account)),
            (route(|r| r.accounts = vec![ours]), None),
            (route(|r| r.classes = vec![MessageClass::Otp]), Some(Misfit::Class)),
            (route(|r| r.classes = vec![MessageClass::Otp, MessageClass::Marketing]), None),
            (route(|r| r.hours = day), None),
        ];
        for (route, misfit) in cases {
            assert_eq!(rank(&route, &wish()).err(), misfit, "{route:?}");
        }
    }

    #[test]
    fn a_choice_is_explained_route_by_route() {
        let be = texts(&["+32"]);
        let routes = [
            route(|r| (r.prefixes, r.weight) = (be.clone(), 3)),
            route(|r| (r.prefixes, r.weight) = (be.clone(), 1)),
            route(|r| (r.prefixes, r.cost_micros) = (be.clone(), 1)),
            route(|r| (r.prefixes, r.priority) = (be.clone(), 1)),
            route(|_| ()),
            route(|r| r.hours = "20:00-08:00".parse().unwrap()),
        ];
        let behind = |place, by| Choosing::After { place, by };
        let expected = [
            Choosing::Used { share: 75 },
            Choosing::Used { share: 25 },
            behind(2, "cost"),
            behind(3, "priority"),
            behind(4, "prefix"),
            Choosing::Not(Misfit::Hours),
        ];
        assert_eq!(explain(&routes, &wish()), expected);
    }
}
