//! Which trunk takes a call, whose call this is, and how numbers are written. Pure.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use flexio_app::trunks::TrunkAnswer;
use flexio_domain::{E164, Timestamp};
use flexio_sip::{Destination, Transport, Tried};

use crate::channels::Channels;
use crate::config::{NumberFormat, Trunk};
use crate::reception::Registration;

/// An address block, such as `203.0.113.0/28`; a bare address is a block of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cidr {
    network: IpAddr,
    prefix: u8,
}

/// Why a trunk of the configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrunkError {
    /// Not `a.b.c.d/n`.
    #[error("trunk `{trunk}`: `{text}` is not a network such as 203.0.113.0/28")]
    Source {
        /// Trunk.
        trunk: String,
        /// As written.
        text: String,
    },
    /// Not `host:port[;transport=udp|tcp|tls]`.
    #[error("trunk `{trunk}`: `{text}` is not an address such as sip.example.net:5060;transport=udp")]
    Address {
        /// Trunk.
        trunk: String,
        /// As written.
        text: String,
    },
    /// Registering without user name or address.
    #[error("trunk `{0}`: to register it needs `username` and an address")]
    Register(String),
    /// No name, or one that is used twice.
    #[error("trunk `{0}`: each trunk needs a name of its own")]
    Name(String),
    /// A prefix that is neither `+digits` nor digits.
    #[error("trunk `{trunk}`: `{text}` is not a prefix such as +32 or 112")]
    Prefix {
        /// Trunk.
        trunk: String,
        /// As written.
        text: String,
    },
}

impl FromStr for Cidr {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let network: IpAddr = address.parse().map_err(|_| ())?;
        let longest = if network.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), |p| p.parse().map_err(|_| ()))?;
        if prefix > longest { Err(()) } else { Ok(Self { network, prefix }) }
    }
}

impl Cidr {
    pub(crate) fn contains(self, ip: IpAddr) -> bool {
        let bits = |ip: IpAddr| match ip {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32_u8),
            IpAddr::V6(v6) => (v6.to_bits(), 128),
        };
        let (network, width) = bits(self.network);
        let (candidate, other) = bits(ip);
        let shift = u32::from(width.saturating_sub(self.prefix));
        width == other && (self.prefix == 0 || network >> shift == candidate >> shift)
    }
}

/// A target of the configuration before its name is resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub host: String,
    /// Where none is written, DNS says, or it is the transport's own (RFC 3263 §4.2).
    pub port: Option<u16>,
    /// Where none is written, DNS says, or it is UDP (RFC 3263 §4.1).
    pub transport: Option<Transport>,
}

/// How long calls shun an address that was silent. Then one of them finds out anew.
const SHUNNED: Duration = Duration::from_secs(60);

/// One address of a trunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Way {
    pub destination: Destination,
    /// Lower is tried first; ways of one group share by weight.
    pub group: u32,
    pub weight: u32,
    /// Missed pings in a row.
    pub missed: u32,
    /// A call got no answer from it: calls try others first until then, in time of the node.
    pub shunned_until: Option<Duration>,
    /// The last OPTIONS and the last INVITE.
    pub options: Option<TrunkAnswer>,
    pub invite: Option<TrunkAnswer>,
    /// Why there was no connection, until there is one.
    pub fault: Option<String>,
    /// Whether it answers, as far as is known, and since when.
    known: Option<(bool, Timestamp)>,
}

impl Way {
    pub(crate) fn new(destination: Destination, group: u32, weight: u32) -> Self {
        Self {
            destination,
            group,
            weight,
            missed: 0,
            shunned_until: None,
            options: None,
            invite: None,
            fault: None,
            known: None,
        }
    }

    /// Since when it is as it is now.
    pub(crate) fn since(&self, answers: Option<bool>) -> Option<Timestamp> {
        self.known.filter(|(known, _)| Some(*known) == answers).map(|(_, at)| at)
    }

    fn settle(&mut self, now: Duration, wall: Timestamp) {
        let answers = !self.is_down(now);
        if self.known.is_none_or(|(known, _)| known != answers) {
            self.known = Some((answers, wall));
        }
    }

    /// Learns from an OPTIONS. 503 says "not now" (RFC 3261 §21.5.4); any other answer shows a living peer.
    pub(crate) fn pinged(&mut self, now: Duration, wall: Timestamp, status: Option<u16>) {
        self.options = Some(TrunkAnswer { status, at: wall });
        self.missed =
            if status.is_some_and(|status| status != 503) { 0 } else { self.missed.saturating_add(1) };
        if status.is_some() {
            self.fault = None;
        }
        // One missed alone says nothing yet.
        if self.missed != 1 {
            self.settle(now, wall);
        }
    }

    pub(crate) fn is_down(&self, now: Duration) -> bool {
        self.missed >= 2 || self.shunned_until.is_some_and(|until| until > now)
    }

    /// Learns from an INVITE: an address that says nothing, or asks to be left alone, is shunned for a while; one that says anything else
    /// lives. A 503 without Retry-After is about the call alone (RFC 3261 §21.5.4).
    pub(crate) fn tried(&mut self, now: Duration, wall: Timestamp, tried: &Tried) {
        self.invite = Some(TrunkAnswer { status: tried.status, at: wall });
        if tried.status.is_some() {
            self.fault = None;
        }
        self.shunned_until = match (tried.status, tried.retry_after) {
            (None, _) => Some(now + SHUNNED),
            (Some(503), Some(seconds)) => Some(now + SHUNNED.min(Duration::from_secs(u64::from(seconds)))),
            (Some(_), _) => None,
        };
        self.settle(now, wall);
    }
}

impl FromStr for Target {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, transport) = match text.split_once(";transport=") {
            None => (text, None),
            Some((address, name)) if name.eq_ignore_ascii_case("udp") => (address, Some(Transport::Udp)),
            Some((address, name)) if name.eq_ignore_ascii_case("tcp") => (address, Some(Transport::Tcp)),
            Some((address, name)) if name.eq_ignore_ascii_case("tls") => (address, Some(Transport::Tls)),
            Some(_) => return Err(()),
        };
        if let Ok(socket) = address.parse::<SocketAddr>() {
            return Ok(Self { host: socket.ip().to_string(), port: Some(socket.port()), transport });
        }
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().map_err(|_| ())?)),
            None => (address, None),
        };
        let named =
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
        if named { Ok(Self { host: host.to_owned(), port, transport }) } else { Err(()) }
    }
}

/// A trunk ready for use.
#[derive(Debug, Clone)]
pub(crate) struct TrunkEntry {
    pub config: Trunk,
    pub targets: Vec<Target>,
    /// Domain of the registration.
    pub domain: String,
    sources: Vec<Cidr>,
    /// Result of the last name look-ups, in the order of the targets.
    pub ways: Vec<Way>,
    /// Calls now.
    pub channels: Arc<Channels>,
    /// How its registration stands; `None` for one that does not register.
    pub registration: Option<Registration>,
    /// When that was told.
    pub registration_at: Timestamp,
    /// Names of the last look-up that have no address, and why.
    pub unresolved: Vec<(String, String)>,
    /// Its last calls, at most 32, one bit each: sound came in one direction only.
    pub one_way: u32,
    /// How many these are.
    pub heard: u32,
}

/// All trunks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trunks {
    entries: Vec<TrunkEntry>,
}

impl Trunks {
    pub(crate) fn new(trunks: &[Trunk]) -> Result<Self, TrunkError> {
        let mut entries: Vec<TrunkEntry> = Vec::new();
        for config in trunks {
            if config.name.is_empty() || entries.iter().any(|e| e.config.name == config.name) {
                return Err(TrunkError::Name(config.name.clone()));
            }
            entries.push(TrunkEntry::new(config)?);
        }
        Ok(Self { entries })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &TrunkEntry> {
        self.entries.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut TrunkEntry> {
        self.entries.iter_mut()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&TrunkEntry> {
        self.entries.iter().find(|entry| entry.config.name == name)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut TrunkEntry> {
        self.entries.iter_mut().find(|entry| entry.config.name == name)
    }

    /// Whose address this is.
    pub(crate) fn identify(&self, source: SocketAddr) -> Option<&TrunkEntry> {
        self.entries.iter().find(|entry| entry.owns(source))
    }

    /// Whether a trunk would take the destination if it did not carry as many calls as it may.
    pub(crate) fn is_full(&self, dialled: &str) -> bool {
        self.entries.iter().any(|entry| entry.channels.is_full() && entry.prefix_length(dialled).is_some())
    }

    /// Trunks that take the destination, in the order they are to be tried: longest prefix, then those that answer pings and
    /// are registered where they should be, then
    /// priority, then by weight with `draw` (any number) as the lot. Full ones are left out: calls overflow to shorter prefixes.
    pub(crate) fn choose(&self, dialled: &str, draw: u64, now: Duration) -> Vec<&TrunkEntry> {
        let matching = |entry: &TrunkEntry| entry.prefix_length(dialled);
        let usable = |entry: &&TrunkEntry| !entry.ways.is_empty() && !entry.channels.is_full();
        let longest = self.entries.iter().filter(usable).filter_map(matching).max();
        let of_longest = |entry: &&TrunkEntry| matching(entry).is_some() && matching(entry) == longest;
        in_turn(self.entries.iter().filter(usable).filter(of_longest), draw, now)
    }

    /// Trunks for an emergency call, in the order they are to be tried: those for such calls, then all that would take the number. How many
    /// calls they carry is no matter.
    pub(crate) fn choose_for_help(&self, dialled: &str, draw: u64, now: Duration) -> Vec<&TrunkEntry> {
        let usable = |entry: &&TrunkEntry| !entry.ways.is_empty();
        let is_meant = |entry: &&TrunkEntry| entry.config.emergency;
        let mut chosen = in_turn(self.entries.iter().filter(usable).filter(is_meant), draw, now);
        let takes = |entry: &&TrunkEntry| !entry.config.emergency && entry.prefix_length(dialled).is_some();
        chosen.extend(in_turn(self.entries.iter().filter(usable).filter(takes), draw, now));
        chosen
    }
}

impl TrunkEntry {
    /// No address answers.
    pub(crate) fn is_down(&self, now: Duration) -> bool {
        !self.ways.is_empty() && self.ways.iter().all(|way| way.is_down(now))
    }

    /// Its addresses in the order of DNS, whatever is up.
    pub(crate) fn destinations(&self) -> Vec<Destination> {
        self.ways.iter().map(|way| way.destination).collect()
    }

    /// Its addresses in the order a call tries them: those that answer pings first, and of a group by weight with `draw` as the lot
    /// (RFC 2782).
    pub(crate) fn drawn(&self, draw: u64, now: Duration) -> Vec<Destination> {
        let mut ways: Vec<(&Way, u64)> = self
            .ways
            .iter()
            .enumerate()
            // A weight of 0 is a small chance beside others (RFC 2782), and alone none that counts.
            .map(|(index, way)| (way, lot(draw, index as u64, way.weight.max(1))))
            .collect();
        ways.sort_by_key(|(way, lot)| {
            (way.is_down(now), way.group, if way.weight == 0 { u64::MAX } else { *lot })
        });
        ways.into_iter().map(|(way, _)| way.destination).collect()
    }

    /// Takes the result of a look-up, and remembers of the addresses that stay how they answered; whether anything changed.
    pub(crate) fn found(&mut self, mut ways: Vec<Way>) -> bool {
        for way in &mut ways {
            let known = self.ways.iter().find(|known| known.destination == way.destination);
            if let Some(known) = known {
                *way = Way { group: way.group, weight: way.weight, ..known.clone() };
            }
        }
        let has_changed = self.destinations() != ways.iter().map(|way| way.destination).collect::<Vec<_>>();
        self.ways = ways;
        has_changed
    }

    /// The sound of a call over it is over.
    pub(crate) fn heard(&mut self, one_way: bool) {
        self.one_way = (self.one_way << 1) | u32::from(one_way);
        self.heard = (self.heard + 1).min(u32::BITS);
    }

    fn is_doubtful(&self, now: Duration) -> bool {
        self.is_down(now)
            || matches!(self.registration, Some(Registration::Failed { .. } | Registration::Over))
    }

    fn new(config: &Trunk) -> Result<Self, TrunkError> {
        let trunk = config.name.clone();
        let targets = config.addresses.iter().map(|text| {
            text.parse().map_err(|()| TrunkError::Address { trunk: trunk.clone(), text: text.clone() })
        });
        let targets: Vec<Target> = targets.collect::<Result<_, _>>()?;
        let proxy = Some(&config.outbound_proxy).filter(|proxy| !proxy.is_empty());
        let proxy = proxy.map(|text| {
            text.parse().map_err(|()| TrunkError::Address { trunk: trunk.clone(), text: text.clone() })
        });
        let host = targets.first().map(|target| target.host.clone()).unwrap_or_default();
        let domain = if config.domain.is_empty() { host } else { config.domain.clone() };
        // With a proxy all goes there; the addresses only say whom we call.
        let targets = proxy.transpose()?.map_or(targets, |proxy: Target| vec![proxy]);
        if config.register && (config.username.is_empty() || targets.is_empty()) {
            return Err(TrunkError::Register(trunk));
        }
        let sources = config.sources.iter().map(|text| {
            text.parse().map_err(|()| TrunkError::Source { trunk: trunk.clone(), text: text.clone() })
        });
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if let Some(bad) = config.prefixes.iter().find(|p| !digits(p.strip_prefix('+').unwrap_or(p))) {
            return Err(TrunkError::Prefix { trunk, text: bad.clone() });
        }
        Ok(Self {
            config: config.clone(),
            domain,
            targets,
            sources: sources.collect::<Result<_, _>>()?,
            ways: Vec::new(),
            channels: Channels::new(&config.name, config.max_calls),
            registration: config.register.then_some(Registration::Trying),
            registration_at: Timestamp::UNIX_EPOCH,
            unresolved: Vec::new(),
            one_way: 0,
            heard: 0,
        })
    }

    fn owns(&self, source: SocketAddr) -> bool {
        self.sources.iter().any(|cidr| cidr.contains(source.ip()))
            || self.ways.iter().any(|way| way.destination.remote.ip() == source.ip())
    }

    /// Length of the longest prefix that fits; `None` if the trunk does not take the destination.
    fn prefix_length(&self, dialled: &str) -> Option<usize> {
        if self.config.prefixes.is_empty() {
            return Some(0);
        }
        self.config
            .prefixes
            .iter()
            .filter(|prefix| dialled.starts_with(prefix.as_str()))
            .map(String::len)
            .max()
    }
}

/// Those that answer pings and are registered first, then by priority, then by lot.
fn in_turn<'t>(
    entries: impl Iterator<Item = &'t TrunkEntry>,
    draw: u64,
    now: Duration,
) -> Vec<&'t TrunkEntry> {
    let with_lot =
        |(index, entry): (usize, &'t TrunkEntry)| (entry, lot(draw, index as u64, entry.config.weight));
    let mut chosen: Vec<(&TrunkEntry, u64)> = entries.enumerate().map(with_lot).collect();
    chosen.sort_by_key(|(entry, lot)| (entry.is_doubtful(now), entry.config.priority, *lot));
    chosen.into_iter().map(|(entry, _)| entry).collect()
}

/// Smaller wins: exponential lots give each trunk its share of first places (weighted sampling without replacement,
/// Efraimidis–Spirakis), in integers: −ln(u)/w scaled.
fn lot(draw: u64, index: u64, weight: u32) -> u64 {
    // SplitMix64 of the draw and index: independent lots from one number.
    let mut z = draw.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    // −log2(u) in 1/2^20 from leading zeros and the following bits, linear between powers of two: exact enough for shares.
    let z = z | 1;
    let zeros = u64::from(z.leading_zeros());
    let fraction = (z << (zeros + 1)) >> 44;
    let log = ((zeros + 1) << 20) - fraction;
    log / u64::from(weight.max(1))
}

/// Writes a number as the trunk wants it.
pub(crate) fn write_number(number: &E164, format: NumberFormat, country_code: &str) -> String {
    match format {
        NumberFormat::E164 => number.to_string(),
        NumberFormat::Plain => number.digits().to_owned(),
        NumberFormat::International => format!("00{}", number.digits()),
        NumberFormat::National => match number.digits().strip_prefix(country_code) {
            Some(national) => format!("0{national}"),
            None => format!("00{}", number.digits()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn way(address: &str, group: u32, weight: u32) -> Way {
        Way::new(Destination::udp(address.parse().unwrap()), group, weight)
    }

    #[test]
    fn addresses_are_tried_by_group_then_weight_and_those_that_miss_pings_last() {
        let mut table = trunks(&[("t", &[], 1, 1)]);
        let entry = table.get_mut("t").unwrap();
        entry.ways =
            vec![way("192.0.2.1:5060", 0, 30), way("192.0.2.2:5060", 0, 10), way("192.0.2.3:5060", 1, 0)];
        let first = |entry: &TrunkEntry, draw| entry.drawn(draw, NOW)[0].remote.ip().to_string();
        let of_30 = (0..10_000).filter(|draw| first(entry, *draw) == "192.0.2.1").count();
        assert!((7_000..8_000).contains(&of_30), "{of_30}");
        assert!((0..100).all(|draw| entry.drawn(draw, NOW)[2].remote.ip().to_string() == "192.0.2.3"));
        entry.ways[0].missed = 2;
        assert!((0..100).all(|draw| first(entry, draw) == "192.0.2.2"));
        assert!(!entry.is_down(NOW));
        // A look-up that finds the same keeps what is known of it.
        assert!(!entry.found(vec![
            way("192.0.2.1:5060", 0, 30),
            way("192.0.2.2:5060", 0, 10),
            way("192.0.2.3:5060", 1, 0),
        ]));
        assert_eq!(first(entry, 1), "192.0.2.2");
        assert!(entry.found(vec![way("192.0.2.1:5060", 0, 30)]));
        assert!(entry.is_down(NOW));
    }

    fn trunks(list: &[(&str, &[&str], u32, u32)]) -> Trunks {
        let configs: Vec<Trunk> = list
            .iter()
            .map(|(name, prefixes, priority, weight)| Trunk {
                name: (*name).to_owned(),
                addresses: vec!["192.0.2.1:5060".to_owned()],
                prefixes: prefixes.iter().map(|p| (*p).to_owned()).collect(),
                priority: *priority,
                weight: *weight,
                ..Trunk::default()
            })
            .collect();
        let mut trunks = Trunks::new(&configs).unwrap();
        for entry in &mut trunks.entries {
            entry.ways = vec![way("192.0.2.1:5060", 0, 0)];
        }
        trunks
    }

    fn names(chosen: &[&TrunkEntry]) -> Vec<String> {
        chosen.iter().map(|entry| entry.config.name.clone()).collect()
    }

    #[test]
    fn the_longest_prefix_wins_then_priority() {
        let table = trunks(&[
            ("any", &[], 1, 1),
            ("be", &["+32"], 20, 1),
            ("be-first", &["+32"], 10, 1),
            ("mobile", &["+324"], 10, 1),
        ]);
        assert_eq!(names(&table.choose("+32470123456", 1, NOW)), ["mobile"]);
        assert_eq!(names(&table.choose("+3225550123", 1, NOW)), ["be-first", "be"]);
        assert_eq!(names(&table.choose("+33142345678", 1, NOW)), ["any"]);
    }

    #[test]
    fn a_trunk_that_misses_pings_is_tried_last_and_a_full_one_not_at_all() {
        let mut table = trunks(&[("a", &[], 1, 1), ("b", &[], 2, 1), ("c", &[], 3, 1)]);
        table.get_mut("a").unwrap().ways[0].missed = 2;
        let b = table.get_mut("b").unwrap();
        b.channels = Channels::new("b", 1);
        let taken = b.channels.take("outbound");
        assert!(taken.is_some() && table.is_full("+3225550123"));
        assert_eq!(names(&table.choose("+3225550123", 1, NOW)), ["c", "a"]);
    }

    #[test]
    fn a_call_for_help_takes_the_trunks_meant_for_it_however_full_and_then_any() {
        let mut table = trunks(&[("any", &[], 1, 1), ("be", &["+32"], 1, 1), ("help", &["+32"], 5, 1)]);
        let help = table.get_mut("help").unwrap();
        help.config.emergency = true;
        help.channels = Channels::new("help", 1);
        let _taken = help.channels.take("outbound");
        assert_eq!(names(&table.choose_for_help("112", 1, NOW)), ["help", "any"]);
        table.get_mut("help").unwrap().ways.clear();
        assert_eq!(names(&table.choose_for_help("112", 1, NOW)), ["any"]);
    }

    #[test]
    fn calls_overflow_from_a_full_trunk_to_a_less_specific_one() {
        let mut table = trunks(&[("any", &[], 1, 1), ("be", &["+32"], 1, 1)]);
        let be = table.get_mut("be").unwrap();
        be.channels = Channels::new("be", 1);
        let taken = be.channels.take("inbound");
        assert_eq!(names(&table.choose("+3225550123", 1, NOW)), ["any"]);
        drop(taken);
        assert_eq!(names(&table.choose("+3225550123", 1, NOW)), ["be"]);
    }

    #[test]
    fn an_address_that_was_silent_to_a_call_is_shunned_for_a_minute_or_until_it_speaks() {
        let mut one = way("192.0.2.1:5060", 0, 0);
        let tried = |status, retry_after| Tried { destination: one.destination, status, retry_after };
        let (silent, busy, leave_alone) =
            (tried(None, None), tried(Some(503), None), tried(Some(503), Some(5)));
        let refused = tried(Some(486), None);
        let mut after = |tried: &Tried, s: u64| {
            one.tried(NOW, Timestamp::UNIX_EPOCH, tried);
            one.is_down(NOW + Duration::from_secs(s))
        };
        assert_eq!([after(&silent, 59), after(&silent, 60)], [true, false]);
        assert_eq!([after(&leave_alone, 4), after(&leave_alone, 5)], [true, false]);
        assert_eq!([after(&busy, 0), after(&refused, 0)], [false, false]);
    }

    #[test]
    fn weights_give_their_share_of_first_places() {
        let table = trunks(&[("one", &[], 1, 1), ("three", &[], 1, 3)]);
        let first = (0..10_000_u64)
            .filter(|draw| names(&table.choose("+3225550123", *draw, NOW))[0] == "three")
            .count();
        assert!((7_000..8_000).contains(&first), "{first}");
    }

    #[test]
    fn numbers_are_written_as_the_trunk_wants_them() {
        let number: E164 = "+3225550123".parse().unwrap();
        let write = |format| write_number(&number, format, "32");
        assert_eq!(write(NumberFormat::National), "025550123");
        assert_eq!(write(NumberFormat::International), "003225550123");
        assert_eq!(write(NumberFormat::Plain), "3225550123");
        let abroad: E164 = "+33142345678".parse().unwrap();
        assert_eq!(write_number(&abroad, NumberFormat::National, "32"), "0033142345678");
    }

    #[test]
    fn a_source_is_known_by_its_network() {
        let mut config =
            Trunk { name: "t".to_owned(), sources: vec!["203.0.113.0/28".to_owned()], ..Trunk::default() };
        let table = Trunks::new(std::slice::from_ref(&config)).unwrap();
        assert!(table.identify("203.0.113.15:5060".parse().unwrap()).is_some());
        assert!(table.identify("203.0.113.16:5060".parse().unwrap()).is_none());
        config.sources = vec!["203.0.113.0/33".to_owned()];
        assert!(matches!(Trunks::new(&[config]), Err(TrunkError::Source { .. })));
    }

    #[test]
    fn a_target_that_is_no_address_is_refused() {
        assert!("sip.example.net".parse::<Target>().is_ok_and(|t| t.port.is_none() && t.transport.is_none()));
        assert!(
            "[2001:db8::1]:5070;transport=tcp"
                .parse::<Target>()
                .is_ok_and(|t| t.transport == Some(Transport::Tcp) && t.port == Some(5070))
        );
        for bad in ["", "host:port", "a b", "host;transport=sctp", ":5060"] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
    }
}
