//! Which route a message takes, and how it is written there.

mod rules;

use std::{sync::Arc, time::Duration};

use flexio_domain::{Address, Message, Pii};
use flexio_messaging::{
    Alphabet, Encoding, MessagePlan, PlanOptions, mo::DefaultAlphabet, national::Languages, plan,
    udh::Reference,
};
use flexio_smpp::{Address as WireAddress, Sar, SubmitRequest};

use crate::{
    carrier::{Carrier, Health},
    config::{LongMessages, MoAlphabet, SmppRoute},
    sandbox,
};

use rules::Rank;
pub use rules::{Choosing, Misfit, Wish, explain};

/// Octets of a header that says nothing but a part's place (`udh::Concat::header`).
const PLACE_OCTETS: usize = 6;

/// What addresses of clients begin with.
const CLIENT: &str = "client:";

/// A route as the dispatcher uses it.
#[derive(Debug)]
pub(crate) struct Route {
    pub carrier: Arc<dyn Carrier>,
    pub health: Arc<Health>,
    /// The set within which the carrier's ids are unique: by this name receipts find their message.
    pub id_space: Arc<str>,
    /// The same among the routes of this start.
    pub space: usize,
    pub settings: SmppRoute,
    /// Segments handed over whose outcome is open.
    pub in_flight: usize,
    pub kind: RouteKind,
}

/// Whom a route leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RouteKind {
    /// An SMSC.
    Smpp,
    /// The sandbox carrier.
    Sandbox,
    /// Phones of clients.
    Phones,
}

/// Where a message can go now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// By this route.
    Use(usize),
    /// Its routes are down.
    Down,
    /// There is none.
    NoRoute,
}

/// The route for a message: of those whose rules fit it, that are up and in their hours, the longest prefix, then the lowest priority,
/// then the lowest cost, then by weight and `seed`. The sandbox serves what no other route could. Clients are at their phones.
pub(crate) fn choose(routes: &[Route], wish: &Wish<'_>, seed: u64) -> Choice {
    let only = |kind: RouteKind| {
        routes.iter().position(|route| route.kind == kind).map_or(Choice::NoRoute, Choice::Use)
    };
    if wish.to.starts_with(CLIENT) {
        return only(RouteKind::Phones);
    }
    let fitting: Vec<(usize, &Route, Rank)> = routes
        .iter()
        .enumerate()
        .filter(|(_, route)| route.kind == RouteKind::Smpp)
        .filter_map(|(at, route)| Some((at, route, rules::rank(&route.settings, wish).ok()?)))
        .collect();
    if fitting.is_empty() {
        return only(RouteKind::Sandbox);
    }
    let open = |route: &Route| route.health.is_up() && rules::is_open(&route.settings, wish.minute);
    let Some(best) = fitting.iter().filter(|(_, route, _)| open(route)).map(|(.., rank)| *rank).min() else {
        return Choice::Down;
    };
    let equals = || fitting.iter().filter(|(_, route, rank)| *rank == best && open(route));
    let total: u64 = equals().map(|(_, route, _)| u64::from(route.settings.weight)).sum();
    let mut rest = seed % total.max(1);
    for (at, route, _) in equals() {
        let weight = u64::from(route.settings.weight);
        if rest < weight {
            return Choice::Use(*at);
        }
        rest -= weight;
    }
    Choice::Down
}

impl Route {
    /// How incoming GSM text is written.
    pub(crate) fn mo_alphabet(&self) -> DefaultAlphabet {
        match self.settings.mo_alphabet {
            MoAlphabet::Gsm7 => DefaultAlphabet::Gsm7,
            MoAlphabet::Gsm7Packed => DefaultAlphabet::Gsm7Packed,
            MoAlphabet::Latin1 => DefaultAlphabet::Latin1,
        }
    }

    /// The segments `at` of `message`, whose text is `body`, as submits; `None` if its text cannot be cut into as many segments as it has.
    pub(crate) fn requests(
        &self,
        message: &Message,
        body: &Pii<String>,
        at: &[usize],
        validity: Duration,
    ) -> Option<Vec<SubmitRequest>> {
        let s = &self.settings;
        if self.kind == RouteKind::Phones {
            let whole = SubmitRequest {
                from: WireAddress::with_type(0, 0, message.from.to_string()),
                to: WireAddress::with_type(0, 0, message.to.to_string()),
                udh: Vec::new(),
                sar: None,
                payload: body.0.as_bytes().to_vec(),
                data_coding: s.gsm_data_coding,
                receipt: true,
                validity: Some(validity),
            };
            return Some(vec![whole; at.len()]);
        }
        let plan = planned(message, body, s.languages())?;
        let data_coding = match (plan.encoding, message.is_flash) {
            (Encoding::Gsm7, false) => s.gsm_data_coding,
            (Encoding::Ucs2, false) => s.ucs2_data_coding,
            (Encoding::Gsm7, true) => s.flash_data_coding.0,
            (Encoding::Ucs2, true) => s.flash_data_coding.1,
        };
        let typed = |(ton, npi): (u8, u8), text: &str| WireAddress::with_type(ton, npi, text);
        let from = match &message.from {
            Address::Number(number) => typed(s.number_ton_npi, number.digits()),
            Address::ShortCode(code) => typed(s.short_code_ton_npi, code),
            Address::Alphanumeric(name) | Address::Client(name) | Address::Sip(name) => {
                typed(s.name_ton_npi, name)
            }
            Address::Anonymous => typed((0, 0), ""),
        };
        let to = match &message.to {
            Address::Number(number) => typed(s.recipient_ton_npi, number.digits()),
            other => typed(s.short_code_ton_npi, &other.to_string()),
        };
        let request = |at: &usize| {
            let segment = plan.segments.get(*at)?;
            let sar = self.sar_of(message, &plan, *at);
            Some(SubmitRequest {
                from: from.clone(),
                to: to.clone(),
                udh: if sar.is_some() { Vec::new() } else { segment.udh.clone() },
                sar,
                payload: segment.payload.clone(),
                data_coding,
                receipt: true,
                validity: Some(validity),
            })
        };
        at.iter().map(request).collect()
    }
}

impl Route {
    /// The place of a part, where the carrier writes the header of long messages. One with language tables has a header of ours all the same.
    fn sar_of(&self, message: &Message, plan: &MessagePlan, at: usize) -> Option<Sar> {
        let is_place_alone = plan.segments.get(at)?.udh.len() == PLACE_OCTETS;
        if self.settings.long_messages == LongMessages::Udh || !is_place_alone {
            return None;
        }
        Some(Sar {
            reference: message.concat_ref.into(),
            total: u8::try_from(plan.segments.len()).ok()?,
            sequence: u8::try_from(at + 1).ok()?,
        })
    }
}

/// The plan the message was accepted, and priced, with: its options are not kept, but the number of segments is.
/// Without the tables of `languages` first: they are used where fewer segments were priced than there would be without.
fn planned(message: &Message, body: &Pii<String>, languages: Languages) -> Option<MessagePlan> {
    let reference = Reference::Short(message.concat_ref);
    let none = Languages::default();
    let plain = [(Alphabet::Auto, false, none), (Alphabet::Auto, true, none), (Alphabet::Ucs2, false, none)];
    let of_one = languages.iter().map(|language| none.with(language));
    let national = of_one.flat_map(|one| [(Alphabet::Auto, false, one), (Alphabet::Auto, true, one)]);
    plain.into_iter().chain(national).find_map(|(alphabet, smart, national)| {
        let plan = plan(&body.0, PlanOptions { alphabet, reference, smart, national }).ok()?;
        (plan.segments.len() == message.segment_states.len()).then_some(plan)
    })
}

/// The settings of the sandbox, as if it were a route.
pub(crate) fn sandbox_settings() -> SmppRoute {
    SmppRoute { name: sandbox::NAME.to_owned(), host: sandbox::NAME.to_owned(), ..SmppRoute::default() }
}

/// An address from the wire as customers know it. `country_code` goes before numbers in national form (SMPP 3.4 §5.2.5).
pub(crate) fn from_wire(address: &WireAddress, country_code: &str) -> Address {
    let text = address.text();
    let digits = text.trim_start_matches('+');
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let written = match address.ton() {
        5 => text.to_owned(),
        _ if !is_number => text.to_owned(),
        1 => format!("+{}", digits.strip_prefix("00").unwrap_or(digits)),
        _ if text.starts_with('+') => text.to_owned(),
        _ if digits.len() <= 6 => digits.to_owned(),
        _ => match digits.strip_prefix("00") {
            Some(international) => format!("+{international}"),
            None if !country_code.is_empty() && (address.ton() == 2 || digits.starts_with('0')) => {
                format!("+{country_code}{}", digits.strip_prefix('0').unwrap_or(digits))
            }
            None => format!("+{digits}"),
        },
    };
    written.parse().unwrap_or(Address::Anonymous)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(name: &str, prefixes: &[&str], priority: u16, weight: u16, up: bool) -> Route {
        let health = Health::new(name);
        health.set_up(up, flexio_domain::Timestamp::UNIX_EPOCH);
        let (carrier, _) = crate::sandbox::Sandbox::idle();
        Route {
            carrier: Arc::new(carrier),
            health: Arc::new(health),
            id_space: name.into(),
            space: 0,
            settings: SmppRoute {
                name: name.to_owned(),
                prefixes: prefixes.iter().map(|p| (*p).to_owned()).collect(),
                priority,
                weight,
                ..SmppRoute::default()
            },
            in_flight: 0,
            kind: match name {
                "sandbox" => RouteKind::Sandbox,
                "phones" => RouteKind::Phones,
                _ => RouteKind::Smpp,
            },
        }
    }

    fn to_number(to: &str) -> Wish<'_> {
        Wish {
            to,
            from: "8640",
            account: flexio_domain::AccountSid::from_u128(1),
            class: flexio_domain::MessageClass::Transactional,
            kind: "mobile",
            minute: 12 * 60,
        }
    }

    #[test]
    fn a_route_out_of_its_hours_is_waited_for_like_one_that_is_down() {
        let mut routes = vec![route("day", &["+32"], 0, 1, true), route("sandbox", &[], 0, 1, true)];
        routes[0].settings.hours = "08:00-20:00".parse().unwrap();
        let at = |hour: u16| Wish { minute: hour * 60, ..to_number("+32470000001") };
        assert_eq!(choose(&routes, &at(8), 0), Choice::Use(0));
        assert_eq!(choose(&routes, &at(20), 0), Choice::Down);
        assert_eq!(choose(&routes, &to_number("+31201234567"), 0), Choice::Use(1));
    }

    #[test]
    fn the_longest_prefix_wins_then_priority_and_a_route_that_is_down_is_passed_over() {
        let routes = vec![
            route("world", &[], 0, 1, true),
            route("be", &["+32"], 1, 1, true),
            route("be-first", &["+32"], 0, 1, true),
            route("mobile", &["+3247"], 9, 1, true),
        ];
        let choose = |routes: &[Route], to| choose(routes, &to_number(to), 7);
        assert_eq!(choose(&routes, "+32470000001"), Choice::Use(3));
        assert_eq!(choose(&routes, "+3225550123"), Choice::Use(2));
        assert_eq!(choose(&routes, "+3120000000"), Choice::Use(0));
        assert_eq!(choose(&routes, "8640"), Choice::Use(0));
        routes[3].health.set_up(false, flexio_domain::Timestamp::UNIX_EPOCH);
        assert_eq!(choose(&routes, "+32470000001"), Choice::Use(2));
        for route in &routes {
            route.health.set_up(false, flexio_domain::Timestamp::UNIX_EPOCH);
        }
        assert_eq!(choose(&routes, "+32470000001"), Choice::Down);
        assert_eq!(choose(&routes[1..3], "+3120000000"), Choice::NoRoute);
    }

    #[test]
    fn weights_share_and_the_sandbox_takes_only_what_nobody_serves() {
        let routes = [
            route("a", &["+32"], 0, 1, true),
            route("b", &["+32"], 0, 3, true),
            route("sandbox", &[], 0, 1, true),
        ];
        let to_b = (0..400)
            .filter(|seed| super::choose(&routes, &to_number("+321"), *seed) == Choice::Use(1))
            .count();
        assert_eq!(to_b, 300);
        assert_eq!(choose(&routes, &to_number("+4912"), 0), Choice::Use(2));
        routes[0].health.set_up(false, flexio_domain::Timestamp::UNIX_EPOCH);
        routes[1].health.set_up(false, flexio_domain::Timestamp::UNIX_EPOCH);
        assert_eq!(choose(&routes, &to_number("+321"), 0), Choice::Down, "real messages are not faked");
    }

    #[test]
    fn a_long_message_says_its_places_by_header_or_by_tlv_as_the_carrier_wants() {
        let mut by_tlv = route("a", &[], 0, 1, true);
        let by_header = route("b", &[], 0, 1, true);
        by_tlv.settings.long_messages = LongMessages::Sar;
        let body = Pii("x".repeat(200));
        let message = crate::work::tests::message(2);
        let requests =
            |route: &Route| route.requests(&message, &body, &[0, 1], Duration::from_secs(60)).unwrap();
        let (tlvs, headers) = (requests(&by_tlv), requests(&by_header));
        for (at, (tlv, header)) in tlvs.iter().zip(&headers).enumerate() {
            let sequence = u8::try_from(at + 1).unwrap();
            assert_eq!((tlv.sar, tlv.udh.len()), (Some(Sar { reference: 7, total: 2, sequence }), 0));
            assert_eq!((header.sar, &*header.udh), (None, &[5, 0, 3, 7, 2, sequence][..]));
            assert_eq!(tlv.payload, header.payload, "the header takes its room whoever writes it");
        }
        let alone = by_tlv.requests(
            &crate::work::tests::message(1),
            &Pii("x".to_owned()),
            &[0],
            Duration::from_secs(60),
        );
        assert_eq!(alone.unwrap()[0].sar, None);
    }

    #[test]
    fn clients_are_at_their_phones_and_nobody_else_is() {
        let routes = [
            route("a", &[], 0, 1, true),
            route("sandbox", &[], 0, 1, true),
            route("phones", &[], 0, 1, true),
        ];
        assert_eq!(choose(&routes, &to_number("client:alice"), 0), Choice::Use(2));
        assert_eq!(choose(&routes[..2], &to_number("client:alice"), 0), Choice::NoRoute);
        assert_eq!(choose(&routes[2..], &to_number("+32470000001"), 0), Choice::NoRoute);
    }

    #[test]
    fn addresses_from_the_wire_are_read_by_their_type() {
        let read = |ton, text: &str| from_wire(&WireAddress::with_type(ton, 1, text), "32").to_string();
        assert_eq!(read(1, "32470000001"), "+32470000001");
        assert_eq!(read(0, "+32470000001"), "+32470000001");
        assert_eq!(read(0, "0470000001"), "+32470000001");
        assert_eq!(read(0, "0032470000001"), "+32470000001");
        assert_eq!(read(2, "470000001"), "+32470000001");
        assert_eq!(read(0, "32470000001"), "+32470000001");
        assert_eq!(read(3, "8640"), "8640");
        assert_eq!(read(5, "Acme"), "Acme");
        assert_eq!(from_wire(&WireAddress::with_type(1, 1, ""), ""), Address::Anonymous);
    }
}
