//! Joining the parts of incoming long messages (3GPP TS 23.040 §9.2.3.24.1).

use std::collections::{BTreeMap, HashMap};

use flexio_domain::Timestamp;
use jiff::SignedDuration;

use crate::{mo::TextUnits, udh::Concat};

/// Bounds of the table. At each of them the oldest message concerned comes out incomplete; nothing is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Messages being joined.
    pub messages: usize,
    /// The same, from one sender.
    pub messages_per_sender: usize,
    /// Parts held, over all messages.
    pub parts: usize,
    /// Wait for the next part.
    pub patience: SignedDuration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            messages: 10_000,
            messages_per_sender: 16,
            parts: 50_000,
            patience: SignedDuration::from_mins(10),
        }
    }
}

/// What the parts of one message share. The reference alone is not enough: phones count each for themselves.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key {
    from: String,
    to: String,
    reference: crate::udh::Reference,
    total: u8,
}

/// A message whose parts were joined, or given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// Sender, as given with the parts.
    pub from: String,
    /// Recipient, as given with the parts.
    pub to: String,
    /// What its parts had in common beside the ends.
    pub reference: crate::udh::Reference,
    /// The text of the parts that came, in order.
    pub text: String,
    /// Parts that came.
    pub parts: u8,
    /// Parts announced; more than `parts` when it was given up (error 30009).
    pub total: u8,
}

impl Joined {
    /// Whether nothing is missing.
    pub fn is_whole(&self) -> bool {
        self.parts == self.total
    }
}

/// What became of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted {
    /// It was the last one.
    Whole(Joined),
    /// Others are missing.
    Waiting,
    /// It is here already; carriers repeat a part that was answered late. The first copy is kept.
    Repeated,
}

#[derive(Debug)]
struct Set {
    parts: BTreeMap<u8, TextUnits>,
    last: Timestamp,
    ticket: u64,
}

/// Parts waiting for the rest of their message.
///
/// The owner stores each part before it answers the carrier, for a carrier with a window of one sends the second part
/// only then, and puts the stored parts back with [`Reassembler::insert`] after a restart: a part put back twice is
/// [`Inserted::Repeated`].
#[derive(Debug)]
pub struct Reassembler {
    limits: Limits,
    sets: HashMap<Key, Set>,
    /// By last part, oldest first.
    by_age: BTreeMap<(Timestamp, u64), Key>,
    per_sender: HashMap<String, usize>,
    parts: usize,
    next_ticket: u64,
}

impl Reassembler {
    /// An empty table.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            sets: HashMap::new(),
            by_age: BTreeMap::new(),
            per_sender: HashMap::new(),
            parts: 0,
            next_ticket: 0,
        }
    }

    /// Adds a part. `given_up` receives messages that had to leave to make room.
    pub fn insert(
        &mut self,
        now: Timestamp,
        (from, to): (&str, &str),
        place: Concat,
        units: TextUnits,
        given_up: &mut Vec<Joined>,
    ) -> Inserted {
        let key =
            Key { from: from.to_owned(), to: to.to_owned(), reference: place.reference, total: place.total };
        let known = self.sets.get(&key);
        if known.is_some_and(|set| set.parts.contains_key(&place.sequence)) {
            return Inserted::Repeated;
        }
        if known.is_none() {
            self.make_room(&key, given_up);
            self.open(now, key.clone());
        } else if self.parts >= self.limits.parts {
            // This message is younger than the oldest, or it is the oldest and gives itself up.
            given_up.extend(self.close_oldest(|_| true));
            if !self.sets.contains_key(&key) {
                self.open(now, key.clone());
            }
        }
        self.add(now, &key, place.sequence, units);
        let complete = self.sets.get(&key).is_some_and(|set| set.parts.len() == usize::from(key.total));
        match complete.then(|| self.close(&key)).flatten() {
            Some(joined) => Inserted::Whole(joined),
            None => Inserted::Waiting,
        }
    }

    /// Takes out the messages whose next part did not come in time.
    pub fn expire(&mut self, now: Timestamp) -> Vec<Joined> {
        let mut out = Vec::new();
        while let Some(((last, _), key)) = self.by_age.first_key_value() {
            if now.duration_since(*last) < self.limits.patience {
                break;
            }
            let key = key.clone();
            out.extend(self.close(&key));
        }
        out
    }

    /// When [`Reassembler::expire`] has something to do.
    pub fn deadline(&self) -> Option<Timestamp> {
        let ((last, _), _) = self.by_age.first_key_value()?;
        last.checked_add(self.limits.patience).ok()
    }

    /// Parts held.
    pub fn parts(&self) -> usize {
        self.parts
    }

    fn make_room(&mut self, new: &Key, given_up: &mut Vec<Joined>) {
        if self.per_sender.get(&new.from).copied().unwrap_or(0) >= self.limits.messages_per_sender {
            let sender = new.from.clone();
            given_up.extend(self.close_oldest(|key| key.from == sender));
        }
        if self.sets.len() >= self.limits.messages || self.parts >= self.limits.parts {
            given_up.extend(self.close_oldest(|_| true));
        }
    }

    fn open(&mut self, now: Timestamp, key: Key) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        *self.per_sender.entry(key.from.clone()).or_default() += 1;
        self.by_age.insert((now, ticket), key.clone());
        self.sets.insert(key, Set { parts: BTreeMap::new(), last: now, ticket });
    }

    fn add(&mut self, now: Timestamp, key: &Key, sequence: u8, units: TextUnits) {
        let Some(set) = self.sets.get_mut(key) else { return };
        if set.parts.insert(sequence, units).is_none() {
            self.parts += 1;
        }
        self.by_age.remove(&(set.last, set.ticket));
        set.last = now;
        self.by_age.insert((now, set.ticket), key.clone());
    }

    fn close_oldest(&mut self, matches: impl Fn(&Key) -> bool) -> Option<Joined> {
        let key = self.by_age.values().find(|key| matches(key))?.clone();
        self.close(&key)
    }

    fn close(&mut self, key: &Key) -> Option<Joined> {
        let set = self.sets.remove(key)?;
        self.by_age.remove(&(set.last, set.ticket));
        self.parts -= set.parts.len();
        if let Some(count) = self.per_sender.get_mut(&key.from) {
            *count -= 1;
            if *count == 0 {
                self.per_sender.remove(&key.from);
            }
        }
        let parts = u8::try_from(set.parts.len()).unwrap_or(u8::MAX);
        Some(Joined {
            from: key.from.clone(),
            to: key.to.clone(),
            reference: key.reference,
            text: join(set.parts.into_values()),
            parts,
            total: key.total,
        })
    }
}

/// Characters are made from neighbours of one kind together, because phones cut pairs; a change of alphabet between parts ends
/// a run.
fn join(parts: impl Iterator<Item = TextUnits>) -> String {
    let mut out = String::new();
    let mut run: Option<TextUnits> = None;
    for part in parts {
        run = Some(match run.take() {
            None => part,
            Some(mut run) => match run.append(part) {
                Ok(()) => run,
                Err(part) => {
                    out.push_str(&run.to_text());
                    part
                }
            },
        });
    }
    if let Some(run) = run {
        out.push_str(&run.to_text());
    }
    out
}

#[cfg(test)]
mod tests;
