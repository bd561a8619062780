//! Where phones are: contacts that registered, by the address of their user. Pure.
//!
//! A phone is reached by the path its REGISTER came by, whatever its Contact says: behind a NAT, in a browser or on a connection of its
//! own there is no other (RFC 5626 §5.3).
//!
//! What has to outlive the process (phones that are reached by datagrams) is named by [`Locations::take_unsaved`] whenever it is other than
//! what was saved. A refresh is not: it moves only the end of a registration, which is not kept.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::net::SocketAddr;
use std::time::Duration;

use flexio_domain::{AccountSid, SipBindings, SipContact};
use flexio_sip::{Binding, ConnectionId, Destination, RegisterContact, Transport, Uri};

/// Contacts of one user, contacts of one account, and users in all.
const MAX_CONTACTS: usize = 10;
const MAX_OF_ACCOUNT: usize = 20_000;
const MAX_USERS: usize = 100_000;
/// Lifetimes granted, in seconds. A path through a NAT does not last longer than it is used; a phone that comes more often than once a
/// minute is asked to wait (RFC 3261 §10.3 step 6).
pub(crate) const EXPIRES_S: std::ops::RangeInclusive<u32> = 60..=3_600;

/// A phone that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    pub contact: Uri,
    /// The path back.
    pub path: Destination,
    pub expires_at: Duration,
    /// As granted, in seconds.
    lifetime_s: u32,
    pub q_milli: u16,
    /// Device and its path of several, which name a contact whatever its address (RFC 5626 §4.2).
    flow: Option<(String, u32)>,
    call_id: String,
    cseq: u32,
}

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpdateError {
    /// More contacts than a user may have, or no room at all.
    Full,
    /// An older REGISTER than one that was obeyed (RFC 3261 §10.3 step 7).
    Old,
}

/// What a REGISTER changes.
#[derive(Debug)]
pub(crate) struct Update<'a> {
    pub account: AccountSid,
    /// `client:login` or `sip:user@domain`.
    pub address: &'a str,
    pub contacts: &'a [RegisterContact],
    pub removes_all: bool,
    /// No contact is granted more seconds: [`EXPIRES_S`] at most.
    pub longest_s: u32,
    pub path: Destination,
    pub call_id: &'a str,
    pub cseq: u32,
}

impl Location {
    /// What is kept of it over a restart; `None` for a phone on a connection.
    fn kept(&self) -> Option<SipContact> {
        (self.path.transport == Transport::Udp).then(|| SipContact {
            uri: self.contact.as_str().to_owned(),
            remote: self.path.remote,
            lifetime_s: self.lifetime_s,
            q_milli: self.q_milli,
            flow: self.flow.clone(),
            call_id: self.call_id.clone(),
            cseq: self.cseq,
        })
    }

    /// Whether both are kept alike, but for what a refresh moves.
    fn is_kept_as(&self, other: &Self) -> bool {
        self.path.remote == other.path.remote
            && self.lifetime_s == other.lifetime_s
            && self.q_milli == other.q_milli
            && self.contact == other.contact
            && self.flow == other.flow
            && self.call_id == other.call_id
    }
}

/// A user: names are unique within an account only.
type Key = (AccountSid, String);

/// Every contact that is registered at this node, found by its user, its source and its connection.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    users: HashMap<Key, Vec<Location>>,
    /// Contacts of an account.
    accounts: HashMap<AccountSid, usize>,
    /// Contacts behind a source: asked for each packet.
    sources: HashMap<SocketAddr, usize>,
    /// Whose phones are behind a connection.
    connections: HashMap<ConnectionId, HashSet<Key>>,
    /// Users whose phones are others than those that were saved.
    unsaved: HashSet<Key>,
    count: usize,
}

impl Locations {
    /// Obeys a REGISTER whole or not at all; what is registered then.
    pub(crate) fn update(&mut self, now: Duration, update: &Update<'_>) -> Result<Vec<Binding>, UpdateError> {
        let key = (update.account, update.address.to_owned());
        let known = self.users.get(&key);
        if known.is_none() && self.users.len() >= MAX_USERS {
            return Err(UpdateError::Full);
        }
        let mut locations = known.cloned().unwrap_or_default();
        let before = locations.len();
        locations.retain(|location| location.expires_at > now);
        let is_old = |l: &Location| l.call_id == update.call_id && l.cseq >= update.cseq;
        if update.removes_all {
            if locations.iter().any(is_old) {
                return Err(UpdateError::Old);
            }
            locations.clear();
        }
        for contact in update.contacts {
            let flow = contact.instance.clone().zip(contact.reg_id);
            let same = |l: &Location| match (&l.flow, &flow) {
                (Some(a), Some(b)) => a == b,
                _ => l.contact == contact.uri,
            };
            if locations.iter().any(|l| same(l) && is_old(l)) {
                return Err(UpdateError::Old);
            }
            locations.retain(|location| !same(location));
            if contact.expires_s > 0 {
                let expires_s = contact.expires_s.min(update.longest_s);
                locations.push(Location {
                    contact: contact.uri.clone(),
                    path: update.path,
                    expires_at: now + Duration::from_secs(u64::from(expires_s)),
                    lifetime_s: expires_s,
                    q_milli: contact.q_milli,
                    flow,
                    call_id: update.call_id.to_owned(),
                    cseq: update.cseq,
                });
            }
        }
        let of_account = self.accounts.get(&update.account).copied().unwrap_or(0);
        if locations.len() > MAX_CONTACTS || of_account - before + locations.len() > MAX_OF_ACCOUNT {
            return Err(UpdateError::Full);
        }
        let bindings = locations.iter().map(|location| binding(now, location)).collect();
        self.put(key, locations);
        Ok(bindings)
    }

    /// Phones of a user of the account, the most wanted first.
    pub(crate) fn find(&self, now: Duration, account: AccountSid, address: &str) -> Vec<Location> {
        let user = self.users.get(&(account, address.to_owned()));
        let mut found: Vec<Location> = user.cloned().unwrap_or_default();
        found.retain(|location| location.expires_at > now);
        found.sort_by_key(|location| std::cmp::Reverse(location.q_milli));
        found
    }

    /// Whether a phone is registered from there.
    pub(crate) fn has_source(&self, source: SocketAddr) -> bool {
        self.sources.contains_key(&source)
    }

    /// The connection is gone, and the phones behind it: they connect and register again.
    pub(crate) fn closed(&mut self, connection: ConnectionId) {
        for key in self.connections.remove(&connection).unwrap_or_default() {
            self.keep(key, |location| location.path.connection != Some(connection));
        }
    }

    /// Forgets what has run out; the paths that are to be kept open: datagrams, for connections are kept by the phones.
    pub(crate) fn sweep(&mut self, now: Duration) -> Vec<Destination> {
        let has_old = |locations: &Vec<Location>| locations.iter().any(|l| l.expires_at <= now);
        let old: Vec<Key> =
            self.users.iter().filter(|(_, all)| has_old(all)).map(|(key, _)| key.clone()).collect();
        for key in old {
            self.keep(key, |location| location.expires_at > now);
        }
        let paths = self.users.values().flatten().map(|location| location.path);
        paths.filter(|path| path.transport == Transport::Udp).collect()
    }

    /// Whether a user's phones have to be saved.
    pub(crate) fn is_unsaved(&self, account: AccountSid, address: &str) -> bool {
        self.unsaved.contains(&(account, address.to_owned()))
    }

    /// What has to be saved for `node`, of at most `limit` users; it counts as saved from now on.
    pub(crate) fn take_unsaved(&mut self, node: &str, limit: usize) -> Vec<SipBindings> {
        let keys: Vec<Key> = self.unsaved.iter().take(limit).cloned().collect();
        let saved = keys.into_iter().map(|key| {
            self.unsaved.remove(&key);
            let contacts = self.users.get(&key).into_iter().flatten().filter_map(Location::kept).collect();
            let (account_sid, address) = key;
            SipBindings { node: node.to_owned(), account_sid, address, contacts }
        });
        saved.collect()
    }

    /// These were not saved after all.
    pub(crate) fn not_saved(&mut self, bindings: &[SipBindings]) {
        self.unsaved.extend(bindings.iter().map(|user| (user.account_sid, user.address.clone())));
    }

    /// Takes up what an earlier process saved, `ago` after that was last seen: a phone may have come back until then, so it is there for
    /// its whole lifetime from that moment. False when there is no room.
    pub(crate) fn restore(&mut self, now: Duration, ago: Duration, saved: SipBindings) -> bool {
        if self.users.len() >= MAX_USERS {
            return false;
        }
        let all = saved.contacts.len();
        let living = saved.contacts.into_iter().filter_map(|contact| {
            let left = Duration::from_secs(u64::from(contact.lifetime_s)).checked_sub(ago)?;
            Some(Location {
                contact: contact.uri.parse().ok()?,
                path: Destination::udp(contact.remote),
                expires_at: now + left,
                lifetime_s: contact.lifetime_s,
                q_milli: contact.q_milli,
                flow: contact.flow,
                call_id: contact.call_id,
                cseq: contact.cseq,
            })
        });
        let living: Vec<Location> = living.collect();
        let (key, is_whole) = ((saved.account_sid, saved.address), living.len() == all);
        self.put(key.clone(), living);
        // `put` saw new phones; they are saved as they are unless some are over.
        if is_whole {
            self.unsaved.remove(&key);
        } else {
            self.unsaved.insert(key);
        }
        true
    }

    /// Contacts that are reached by datagrams: those that are kept.
    pub(crate) fn has_kept(&self) -> bool {
        self.users.values().flatten().any(|location| location.path.transport == Transport::Udp)
    }

    /// Contacts in all.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    fn keep(&mut self, key: Key, wanted: impl Fn(&Location) -> bool) {
        let mut locations = self.users.get(&key).cloned().unwrap_or_default();
        locations.retain(wanted);
        self.put(key, locations);
    }

    /// The only writer of `users` and of what is found by it.
    fn put(&mut self, key: Key, locations: Vec<Location>) {
        let before = self.users.remove(&key).unwrap_or_default();
        if !are_kept_alike(&before, &locations) {
            self.unsaved.insert(key.clone());
        }
        for gone in before {
            self.count -= 1;
            take_one(&mut self.accounts, key.0);
            take_one(&mut self.sources, gone.path.remote);
            if let Some(connection) = gone.path.connection
                && let Some(keys) = self.connections.get_mut(&connection)
            {
                keys.remove(&key);
                if keys.is_empty() {
                    self.connections.remove(&connection);
                }
            }
        }
        for location in &locations {
            self.count += 1;
            *self.accounts.entry(key.0).or_default() += 1;
            *self.sources.entry(location.path.remote).or_default() += 1;
            if let Some(connection) = location.path.connection {
                self.connections.entry(connection).or_default().insert(key.clone());
            }
        }
        if !locations.is_empty() {
            self.users.insert(key, locations);
        }
    }
}

/// Whether what is kept of both is the same; the order of phones does not matter.
fn are_kept_alike(before: &[Location], after: &[Location]) -> bool {
    let kept = |all: &[Location]| all.iter().filter(|l| l.path.transport == Transport::Udp).count();
    let has_twin = |location: &&Location| before.iter().any(|other| location.is_kept_as(other));
    let of_datagrams = after.iter().filter(|l| l.path.transport == Transport::Udp);
    kept(before) == kept(after) && of_datagrams.filter(has_twin).count() == kept(after)
}

fn take_one<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Entry::Occupied(mut count) = counts.entry(key) {
        *count.get_mut() -= 1;
        if *count.get() == 0 {
            count.remove();
        }
    }
}

fn binding(now: Duration, location: &Location) -> Binding {
    let left = location.expires_at.saturating_sub(now).as_secs();
    Binding { uri: location.contact.clone(), expires_s: u32::try_from(left).unwrap_or(u32::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "client:alice";

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn contact(uri: &str, expires_s: u32) -> RegisterContact {
        RegisterContact { uri: uri.parse().unwrap(), expires_s, q_milli: 1_000, instance: None, reg_id: None }
    }

    fn update<'a>(contacts: &'a [RegisterContact], call_id: &'a str, cseq: u32) -> Update<'a> {
        Update {
            account: AccountSid::from_u128(1),
            address: ALICE,
            contacts,
            removes_all: false,
            longest_s: *EXPIRES_S.end(),
            path: Destination::udp("198.51.100.7:40000".parse().unwrap()),
            call_id,
            cseq,
        }
    }

    #[test]
    fn a_contact_lives_as_long_as_it_was_granted_and_is_found_by_its_account_only() {
        let mut locations = Locations::default();
        let asked = [contact("sip:alice@10.0.0.1", 120), contact("sip:alice@10.0.0.2", 86_400)];
        let bindings = locations.update(s(0), &update(&asked, "a", 1)).unwrap();
        assert_eq!(bindings.iter().map(|b| b.expires_s).collect::<Vec<_>>(), [120, 3_600]);
        let find = |locations: &Locations, now, account| {
            locations.find(s(now), AccountSid::from_u128(account), ALICE).len()
        };
        assert_eq!((find(&locations, 119, 1), find(&locations, 120, 1), find(&locations, 0, 2)), (2, 1, 0));
        assert_eq!(locations.sweep(s(120)).len(), 1);
        assert!(locations.sweep(s(3_600)).is_empty());
        assert_eq!(locations.len(), 0);
    }

    #[test]
    fn a_refresh_takes_the_place_of_its_contact_and_an_old_one_changes_nothing() {
        let mut locations = Locations::default();
        let asked = [contact("sip:alice@10.0.0.1", 120)];
        locations.update(s(0), &update(&asked, "a", 2)).unwrap();
        assert_eq!(locations.update(s(1), &update(&asked, "a", 2)), Err(UpdateError::Old));
        assert_eq!(locations.update(s(60), &update(&asked, "a", 3)).unwrap()[0].expires_s, 120);
        // The phone was restarted: another Call-ID counts anew.
        assert_eq!(locations.update(s(61), &update(&asked, "b", 1)).unwrap().len(), 1);
        let gone = [contact("sip:alice@10.0.0.1", 0)];
        assert!(locations.update(s(62), &update(&gone, "b", 2)).unwrap().is_empty());
        assert_eq!(locations.len(), 0);
    }

    #[test]
    fn a_device_is_known_by_its_instance_wherever_it_is() {
        let mut locations = Locations::default();
        let at = |host: &str| RegisterContact {
            instance: Some("<urn:uuid:1>".to_owned()),
            reg_id: Some(1),
            ..contact(host, 120)
        };
        locations.update(s(0), &update(&[at("sip:alice@10.0.0.1")], "a", 1)).unwrap();
        locations.update(s(1), &update(&[at("sip:alice@10.0.0.9")], "b", 1)).unwrap();
        let found = locations.find(s(2), AccountSid::from_u128(1), ALICE);
        assert_eq!(found.iter().map(|l| l.contact.as_str()).collect::<Vec<_>>(), ["sip:alice@10.0.0.9"]);
    }

    #[test]
    fn a_user_has_ten_contacts_at_most_and_the_star_removes_all() {
        let mut locations = Locations::default();
        for n in 0..10 {
            let asked = [contact(&format!("sip:alice@10.0.0.{n}"), 120)];
            locations.update(s(0), &update(&asked, &n.to_string(), 1)).unwrap();
        }
        let eleventh = [contact("sip:alice@10.0.0.99", 120)];
        assert_eq!(locations.update(s(0), &update(&eleventh, "x", 1)), Err(UpdateError::Full));
        assert_eq!(locations.len(), 10);
        let all = Update { removes_all: true, ..update(&[], "x", 1) };
        assert_eq!(locations.update(s(0), &all), Ok(Vec::new()));
        assert_eq!(locations.len(), 0);
    }

    #[test]
    fn the_phones_of_a_connection_go_with_it() {
        let mut locations = Locations::default();
        let asked = [contact("sip:alice@df7jal23ls0d.invalid;transport=ws", 600)];
        let path = Destination {
            connection: Some(ConnectionId(7)),
            ..Destination::tcp("198.51.100.7:40000".parse().unwrap())
        };
        locations.update(s(0), &Update { path, ..update(&asked, "a", 1) }).unwrap();
        assert!(locations.has_source("198.51.100.7:40000".parse().unwrap()));
        assert!(locations.sweep(s(1)).is_empty(), "a connection needs no datagrams");
        locations.closed(ConnectionId(8));
        assert_eq!(locations.len(), 1);
        locations.closed(ConnectionId(7));
        assert_eq!(locations.len(), 0);
    }

    /// What a saver would write.
    fn unsaved(locations: &mut Locations) -> Vec<(String, Vec<String>)> {
        let saved = locations.take_unsaved("n", 10);
        let uris = |user: SipBindings| (user.address, user.contacts.into_iter().map(|c| c.uri).collect());
        saved.into_iter().map(uris).collect()
    }

    #[test]
    fn a_phone_is_saved_when_it_comes_moves_or_goes_and_not_when_it_stays() {
        let (mut locations, uri) = (Locations::default(), "sip:alice@10.0.0.1".to_owned());
        let asked = [contact(&uri, 120)];
        let saved = vec![(ALICE.to_owned(), vec![uri.clone()])];
        locations.update(s(0), &update(&asked, "a", 1)).unwrap();
        assert!(locations.is_unsaved(AccountSid::from_u128(1), ALICE));
        assert_eq!(unsaved(&mut locations), saved);
        locations.update(s(60), &update(&asked, "a", 2)).unwrap();
        assert_eq!(unsaved(&mut locations), [], "a refresh");
        let path = Destination::udp("198.51.100.7:40001".parse().unwrap());
        locations.update(s(120), &Update { path, ..update(&asked, "a", 3) }).unwrap();
        assert_eq!(unsaved(&mut locations), saved, "another way through the NAT");
        let longer = [contact(&uri, 600)];
        locations.update(s(121), &Update { path, ..update(&longer, "a", 4) }).unwrap();
        assert_eq!(unsaved(&mut locations), saved, "another lifetime");
        let tcp = Destination {
            connection: Some(ConnectionId(7)),
            ..Destination::tcp("198.51.100.7:40000".parse().unwrap())
        };
        let second = [contact("sip:alice@10.0.0.2;transport=tcp", 120)];
        locations.update(s(122), &Update { path: tcp, ..update(&second, "b", 1) }).unwrap();
        assert_eq!(unsaved(&mut locations), [], "a connection does not outlive the process");
        locations.sweep(s(721));
        assert_eq!(unsaved(&mut locations), [(ALICE.to_owned(), Vec::new())]);
    }

    #[test]
    fn what_is_restored_lives_its_lifetime_from_when_the_process_was_last_seen() {
        let mut before = Locations::default();
        let asked = [contact("sip:alice@10.0.0.1;ob", 120), contact("sip:alice@10.0.0.2", 600)];
        before.update(s(0), &update(&asked, "a", 5)).unwrap();
        let saved = before.take_unsaved("n", 10);
        assert_eq!(saved.len(), 1);
        let found = |locations: &Locations, now| {
            let all = locations.find(s(now), AccountSid::from_u128(1), ALICE);
            all.into_iter().map(|location| location.contact.as_str().to_owned()).collect::<Vec<_>>()
        };
        let mut after = Locations::default();
        assert!(after.restore(s(10), s(20), saved[0].clone()));
        assert_eq!(unsaved(&mut after), []);
        assert_eq!((found(&after, 109).len(), found(&after, 110).len()), (2, 1));
        assert!(after.has_source("198.51.100.7:40000".parse().unwrap()));
        // The phone goes on where it was, or begins anew.
        assert_eq!(after.update(s(11), &update(&asked, "a", 5)), Err(UpdateError::Old));
        after.update(s(11), &update(&asked, "a", 6)).unwrap();
        assert_eq!(unsaved(&mut after), []);

        let mut late = Locations::default();
        assert!(late.restore(s(0), s(300), saved[0].clone()));
        assert_eq!(found(&late, 0), ["sip:alice@10.0.0.2"]);
        assert_eq!(unsaved(&mut late)[0].1, ["sip:alice@10.0.0.2"], "what is over is dropped");
    }

    #[test]
    fn what_could_not_be_saved_is_named_again() {
        let mut locations = Locations::default();
        locations.update(s(0), &update(&[contact("sip:alice@10.0.0.1", 120)], "a", 1)).unwrap();
        let taken = locations.take_unsaved("n", 10);
        assert_eq!(unsaved(&mut locations), []);
        locations.not_saved(&taken);
        assert_eq!(locations.take_unsaved("n", 10), taken);
    }

    #[test]
    fn users_of_two_accounts_may_have_one_name_and_what_is_found_by_source_follows_every_change() {
        let mut locations = Locations::default();
        let source = "198.51.100.7:40000".parse().unwrap();
        let asked = [contact("sip:alice@10.0.0.1", 120)];
        locations.update(s(0), &update(&asked, "a", 1)).unwrap();
        let other = Update { account: AccountSid::from_u128(2), ..update(&asked, "b", 1) };
        locations.update(s(0), &other).unwrap();
        assert_eq!((locations.len(), locations.find(s(1), AccountSid::from_u128(2), ALICE).len()), (2, 1));
        let gone = [contact("sip:alice@10.0.0.1", 0)];
        locations.update(s(1), &update(&gone, "a", 2)).unwrap();
        assert!(locations.has_source(source), "the other account's phone is there");
        locations.sweep(s(120));
        assert!(!locations.has_source(source) && locations.accounts.is_empty());
    }
}
