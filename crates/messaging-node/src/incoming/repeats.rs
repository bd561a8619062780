//! What a carrier may send again: messages that were kept and whose answer it did not see, because the connection broke.
//!
//! SMPP gives a message that comes in no id, so only its content tells. A while after a route came up each message is compared with those of
//! that while before; they are read once, when the first message comes, and kept as digests.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use flexio_app::App;
use flexio_app::delivery::Incoming;
use flexio_domain::{Message, MessageDirection, MessageSid, Timestamp, first_sid_of};
use flexio_store::StoreError;

/// Messages read at once.
const READ_AT_ONCE: u32 = 500;
/// Messages that are remembered for one route; of more, the later ones are not compared.
const KNOWN_MAX: usize = 200_000;

/// What came lately, by route.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    hashers: [RandomState; 2],
    routes: HashMap<usize, Known>,
}

/// Digests of sender, recipient and text.
#[derive(Debug)]
struct Known {
    /// The coming up of the route that they were read for.
    up_since: Timestamp,
    seen: HashSet<u128>,
}

impl Repeats {
    /// Whether the message came already since `since`, before or after its route came up; and its digest, for [`Self::keep`].
    pub(crate) async fn is_repeat(
        &mut self,
        app: &App,
        route: (usize, Timestamp),
        incoming: &Incoming,
        since: Timestamp,
    ) -> Result<(bool, u128), StoreError> {
        let (route, up_since) = route;
        if self.routes.get(&route).is_none_or(|known| known.up_since != up_since) {
            let seen = self.read(app, since).await?;
            self.routes.insert(route, Known { up_since, seen });
        }
        let digest = self.digest((&incoming.from.to_string(), &incoming.to.to_string()), &incoming.body.0);
        let known = self.routes.get(&route).is_some_and(|known| known.seen.contains(&digest));
        Ok((known, digest))
    }

    /// Messages of routes that are on disk.
    pub(crate) fn keep(&mut self, digests: Vec<(usize, u128)>) {
        for (route, digest) in digests {
            if let Some(known) = self.routes.get_mut(&route).filter(|known| known.seen.len() < KNOWN_MAX) {
                known.seen.insert(digest);
            }
        }
    }

    /// A route nothing is compared for any more.
    pub(crate) fn forget(&mut self, route: usize) {
        self.routes.remove(&route);
    }

    async fn read(&self, app: &App, since: Timestamp) -> Result<HashSet<u128>, StoreError> {
        let mut seen = HashSet::new();
        let mut after = MessageSid::from_u128(first_sid_of(since));
        loop {
            let messages = app.store.messages_after(after, READ_AT_ONCE).await?;
            let Some(last) = messages.last() else { return Ok(seen) };
            after = last.sid;
            let inbound = |message: &&Message| message.direction == MessageDirection::Inbound;
            seen.extend(messages.iter().filter(inbound).map(|message| {
                self.digest((&message.from.to_string(), &message.to.to_string()), &message.body.0)
            }));
            if seen.len() >= KNOWN_MAX || messages.len() < READ_AT_ONCE as usize {
                return Ok(seen);
            }
        }
    }

    fn digest(&self, ends: (&str, &str), body: &str) -> u128 {
        let [one, other] = &self.hashers;
        let half = |hasher: &RandomState| u128::from(hasher.hash_one((ends, body)));
        half(one) << 64 | half(other)
    }
}
