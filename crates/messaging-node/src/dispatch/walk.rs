//! How far behind those that cannot leave now the dispatcher looks, so that they hide nobody.
//!
//! Messages are due in an order: by time, then by sid. A look takes the first of them. Where some of those cannot leave, because their
//! route has no room or is down, it goes on behind them, page by page, and remembers two kinds of places: how far it came, and for each
//! route the first message it passed for want of room. When the route has room again, it begins there. Nothing is written, whatever
//! waits.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use flexio_domain::{MessageSid, Timestamp};
use jiff::SignedDuration;

/// A place in the order in which messages are due.
pub(super) type Place = (Timestamp, MessageSid);

/// A message is due from when it was made, and seen when it is saved: this much later, at most, on a database in order.
const SAVED_AFTER: SignedDuration = SignedDuration::from_millis(100);
/// Between the begins of two walks: what became able to leave for a reason the walk does not know of waits this long.
const WALK_EVERY: Duration = Duration::from_secs(10);
/// A walk that takes long is made seldom.
const PART_OF_TIME: u32 = 10;
/// Messages read at once at a route's place, at least.
const STRIDE_MIN: usize = 16;

/// Where to read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leg {
    /// What is due behind this place.
    pub(super) behind: Place,
    /// At most so many.
    pub(super) count: usize,
    /// For the room of this route; `None` to see what has not been seen.
    route: Option<usize>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Walk {
    /// All before it was looked at in this walk; `None` before its first page.
    reached: Option<Place>,
    began: Instant,
    /// It has come to the end, and goes on with what is new until it begins again.
    is_through: bool,
    again_at: Instant,
    /// By route: nothing for it lies before that place, as far as the walk came.
    left: BTreeMap<usize, Place>,
    stride: usize,
}

impl Walk {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            reached: None,
            began: now,
            is_through: false,
            again_at: now,
            left: BTreeMap::new(),
            stride: STRIDE_MIN,
        }
    }

    /// Everything may be different: all is looked at again.
    pub(super) fn begin_again(&mut self) {
        self.reached = None;
        self.left.clear();
    }

    /// The message at `place` stays for want of room on `route`.
    pub(super) fn leave(&mut self, route: usize, place: Place) {
        let before = just_before(place);
        let first = self.left.entry(route).or_insert(before);
        *first = before.min(*first);
    }

    /// What to read after the first page, which ended at `first`.
    pub(super) fn next(
        &mut self,
        now: Instant,
        first: Place,
        page: usize,
        has_room: impl Fn(usize) -> bool,
    ) -> Leg {
        let room = self.left.iter().filter(|(route, _)| has_room(**route)).min_by_key(|(_, place)| **place);
        if let Some((&route, &place)) = room {
            self.left.remove(&route);
            let count = self.stride.clamp(STRIDE_MIN, page.max(STRIDE_MIN));
            return Leg { behind: place.max(first), count, route: Some(route) };
        }
        if self.reached.is_none() || (self.is_through && now >= self.again_at) {
            (self.reached, self.began, self.is_through) = (None, now, false);
        }
        let behind = self.reached.unwrap_or(first).max(first);
        Leg { behind, count: page, route: None }
    }

    /// A page was read, `taken` of it could leave, and its last message is at `end`; `is_full` when there is more behind. Returns whether
    /// to go on at once.
    pub(super) fn read(
        &mut self,
        leg: Leg,
        (end, is_full): (Option<Place>, bool),
        taken: usize,
        (instant, now): (Instant, Timestamp),
    ) -> bool {
        let end = end.unwrap_or(leg.behind);
        if let Some(route) = leg.route {
            self.stride = if taken == 0 { self.stride.saturating_mul(2).min(4_096) } else { STRIDE_MIN };
            // What was left for it in this page is where to begin when there is room again.
            let has_more = is_full && !self.left.contains_key(&route);
            if has_more {
                self.left.insert(route, end);
            }
            return has_more;
        }
        if is_full {
            self.reached = Some(end);
            return true;
        }
        let unsure = (now.saturating_sub(SAVED_AFTER).unwrap_or(now), MessageSid::from_u128(0));
        // Behind it new ones are found as they come; all is looked at again in a while.
        self.reached = Some(end.min(unsure).max(leg.behind.min(unsure)));
        if !self.is_through {
            self.is_through = true;
            let took = instant.saturating_duration_since(self.began);
            self.again_at = self.began + WALK_EVERY.max(took.saturating_mul(PART_OF_TIME));
        }
        false
    }
}

/// The order's predecessor of a place: what lies behind it begins with the place.
fn just_before((at, sid): Place) -> Place {
    (at, MessageSid::from_u128(sid.as_u128().saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(second: i64, sid: u128) -> Place {
        (Timestamp::from_second(second).unwrap(), MessageSid::from_u128(sid))
    }

    fn late() -> Timestamp {
        Timestamp::from_second(1_000_000).unwrap()
    }

    const NO_ROOM: fn(usize) -> bool = |_| false;

    #[test]
    fn it_goes_on_page_by_page_and_then_looks_at_what_is_new_only() {
        let start = Instant::now();
        let mut walk = Walk::new(start);
        let leg = walk.next(start, place(1, 1), 500, NO_ROOM);
        assert_eq!((leg.behind, leg.count), (place(1, 1), 500));
        assert!(walk.read(leg, (Some(place(2, 9)), true), 0, (start, late())), "there is more");
        let leg = walk.next(start, place(1, 1), 500, NO_ROOM);
        assert_eq!(leg.behind, place(2, 9));
        assert!(!walk.read(leg, (Some(place(3, 9)), false), 0, (start, late())));
        let leg = walk.next(start, place(1, 1), 500, NO_ROOM);
        assert_eq!(leg.behind, place(3, 9), "new ones come behind");
        assert!(!walk.read(leg, (None, false), 0, (start, late())));
        let after = start + WALK_EVERY;
        let leg = walk.next(after, place(1, 1), 500, NO_ROOM);
        assert_eq!(leg.behind, place(1, 1), "and in a while all is seen again");
    }

    #[test]
    fn what_is_saved_late_is_not_passed() {
        let start = Instant::now();
        let mut walk = Walk::new(start);
        let leg = walk.next(start, place(1, 1), 500, NO_ROOM);
        let now = Timestamp::from_second(10).unwrap();
        walk.read(leg, (Some(place(10, 5)), false), 0, (start, now));
        let leg = walk.next(start, place(1, 1), 500, NO_ROOM);
        assert!(leg.behind < place(10, 0) && leg.behind > place(9, 0), "{leg:?}");
    }

    #[test]
    fn room_on_a_route_brings_it_to_the_first_message_that_was_left_for_it() {
        let start = Instant::now();
        let mut walk = Walk::new(start);
        walk.leave(3, place(50, 7));
        walk.leave(3, place(60, 1));
        walk.leave(1, place(20, 1));
        let leg = walk.next(start, place(1, 1), 500, |route| route == 3);
        assert_eq!((leg.behind, leg.count), (place(50, 6), 16), "{leg:?}");
        // Nothing for it in the page: it goes on behind, with longer strides.
        assert!(walk.read(leg, (Some(place(55, 1)), true), 0, (start, late())));
        let leg = walk.next(start, place(1, 1), 500, |route| route == 3);
        assert_eq!((leg.behind, leg.count), (place(55, 1), 32));
        walk.leave(3, place(56, 9));
        assert!(!walk.read(leg, (Some(place(58, 1)), true), 2, (start, late())), "its room is used up");
        let leg = walk.next(start, place(1, 1), 500, |route| route == 3);
        assert_eq!((leg.behind, leg.count), (place(56, 8), 16));
        assert!(!walk.read(leg, (Some(place(59, 1)), false), 1, (start, late())));
        let leg = walk.next(start, place(30, 1), 500, |route| route == 1);
        assert_eq!(leg.behind, place(30, 1), "the first page has been looked at");
    }
}
