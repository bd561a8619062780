//! Due messages: which are read, in which order they are taken, and what lies behind those that cannot leave.

use std::{collections::HashSet, time::Instant as Moment};

use flexio_domain::{Message, MessageSid, MessageStatus, Timestamp};
use flexio_store::StoreError;

use tokio::time::Instant;

use super::{CALM, Dispatcher, lost::Lost, walk::Place};
use crate::{
    book::Remembered,
    routing::{Route, RouteKind},
    work::Turn,
};

/// Scheduled messages whose time has come that are queued in one turn, each in a transaction of its own.
const RELEASED_MAX: usize = 100;
/// Accounts that have their turn at once when there is more than can be taken.
const ACCOUNTS_MAX: usize = 32;
/// Messages read at once, at least: also without room there is something to do, for those that stay on the platform or have no route.
const READ_MIN: usize = 16;

/// Looks in vain take at most one part in so many of the time.
pub(super) const PART_OF_TIME: u32 = 10;

/// What became of a page.
#[derive(Debug, Default)]
struct Seen {
    taken: usize,
    blocked: usize,
    released: usize,
}

impl Dispatcher {
    /// Due messages from the database.
    pub(super) async fn look_for_work(&mut self, turn: &mut Turn) {
        if !self.state.look {
            return;
        }
        (self.state.look, self.state.new_at) = (false, None);
        let began = Instant::now();
        let limit = self.worth_reading();
        let due = match self.app.store.due_messages(turn.now, limit).await {
            Ok(due) => due,
            Err(error) => return tracing::warn!(%error, "due_messages_not_read"),
        };
        let (count, last) = (due.len(), due.last().map(place));
        let is_full = count >= limit as usize;
        let (due, in_turn) = if is_full { self.shared(due, turn.now).await } else { (due, HashSet::new()) };
        let seen = self.take_all(due, &in_turn, turn).await;
        self.state.is_starved = seen.blocked > 0;
        self.state.look = seen.released > 0 || (is_full && seen.taken > 0);
        self.state.reach = if seen.blocked > 0 { seen.taken } else { count }.saturating_mul(2);
        let taken = match last.filter(|_| is_full && seen.blocked > 0) {
            Some(last) => seen.taken + self.look_behind(last, turn).await,
            None => {
                self.state.walk.begin_again();
                seen.taken
            }
        };
        if taken == 0 && seen.blocked > 0 {
            self.state.calm_until = Instant::now() + CALM.max(began.elapsed() * PART_OF_TIME);
        }
    }

    /// Not more than could be taken, if the last look is a measure.
    fn worth_reading(&self) -> u32 {
        // Few messages go to phones: their room is no reason to read more of what waits for carriers.
        let is_read_for = |route: &&Route| route.health.is_up() && route.kind != RouteKind::Phones;
        let up = self.routes.iter().filter(is_read_for);
        let room = up.map(|route| route.carrier.room()).fold(0, usize::saturating_add);
        let worth = room.min(self.state.reach).clamp(READ_MIN, self.page());
        u32::try_from(worth).unwrap_or(u32::MAX)
    }

    fn page(&self) -> usize {
        usize::try_from(self.settings.batch).unwrap_or(usize::MAX).clamp(READ_MIN, 2_000)
    }

    /// One page of what is due behind `first`, where the first page ended: how many could leave.
    async fn look_behind(&mut self, first: Place, turn: &mut Turn) -> usize {
        let (page, routes) = (self.page(), &self.routes);
        let has_room = |at: usize| {
            routes
                .get(at)
                .is_some_and(|route| route.health.is_up() && route.carrier.room() > turn.promised(at))
        };
        let leg = self.state.walk.next(moment(), first, page, has_room);
        let limit = u32::try_from(leg.count).unwrap_or(u32::MAX);
        let due = match self.app.store.due_messages_behind(leg.behind, turn.now, limit).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(%error, "due_messages_not_read");
                return 0;
            }
        };
        let (end, is_full) = (due.last().map(place), due.len() >= leg.count);
        let seen = self.take_all(due, &HashSet::new(), turn).await;
        let times = (moment(), turn.now);
        self.state.look |= self.state.walk.read(leg, (end, is_full), seen.taken, times) || seen.released > 0;
        seen.taken
    }

    /// Takes what can leave. `in_turn` have their place by their account's turn.
    async fn take_all(&mut self, due: Vec<Message>, in_turn: &HashSet<MessageSid>, turn: &mut Turn) -> Seen {
        let mut seen = Seen::default();
        self.state.lost = match Lost::since(&self.app, &due).await {
            Ok(lost) => lost,
            Err(error) => {
                tracing::warn!(%error, "opt_outs_not_read");
                return seen;
            }
        };
        for message in due {
            if message.status == MessageStatus::Scheduled {
                seen.released += usize::from(seen.released < RELEASED_MAX && self.release(&message).await);
                continue;
            }
            if turn.works.contains_key(&message.sid) || self.book.knows(message.sid) {
                continue;
            }
            let (place, account) = (place(&message), message.account_sid);
            let has_turn = in_turn.contains(&message.sid);
            match self.claim(Remembered::new(message), turn).await {
                Ok(()) => {
                    seen.taken += 1;
                    self.state.turn_of = if has_turn { Some(account) } else { self.state.turn_of };
                    // Only a message that left has used its side's turn: a look that found no room has not.
                    self.state.is_turn_first = !has_turn;
                }
                Err(blocked) => {
                    seen.blocked += 1;
                    if let Some(route) = blocked.by {
                        self.state.walk.leave(route, place);
                    }
                }
            }
        }
        seen
    }

    /// There is more than can be taken now: half is what has waited longest (one-time codes before all), half is of all accounts in turn,
    /// one after the other, so that none waits for the end of another's campaign. With those that have their place by their account's turn.
    async fn shared(&self, mut due: Vec<Message>, now: Timestamp) -> (Vec<Message>, HashSet<MessageSid>) {
        let half = due.len() / 2;
        let mut others = match self.of_accounts_in_turn(half, now).await {
            Ok(others) => others,
            Err(error) => {
                tracing::warn!(%error, "waiting_accounts_not_read");
                return (due, HashSet::new());
            }
        };
        let rest = due.split_off(due.len() - half);
        let oldest: HashSet<MessageSid> = due.iter().map(|message| message.sid).collect();
        others.retain(|message| !oldest.contains(&message.sid));
        others.truncate(half);
        let in_turn: HashSet<MessageSid> = others.iter().map(|message| message.sid).collect();
        // What the accounts do not fill stays for the oldest.
        let left = half - others.len();
        due.extend(rest.into_iter().filter(|message| !in_turn.contains(&message.sid)).take(left));
        let mut others = others.into_iter();
        // Where there is room for one only, it is now the one's and now the other's.
        let is_first = self.state.is_turn_first;
        let pair = |oldest: Message, other: Option<Message>| {
            if is_first { [other, Some(oldest)] } else { [Some(oldest), other] }
        };
        let mut all: Vec<Message> =
            due.into_iter().flat_map(|one| pair(one, others.next())).flatten().collect();
        all.extend(others);
        (all, in_turn)
    }

    /// Due messages of the accounts behind the one that had its turn last, then of those before it.
    async fn of_accounts_in_turn(&self, room: usize, now: Timestamp) -> Result<Vec<Message>, StoreError> {
        let share = u32::try_from(room.div_ceil(ACCOUNTS_MAX)).unwrap_or(u32::MAX);
        let (begin, mut after, mut is_round) = (self.state.turn_of, self.state.turn_of, false);
        let mut found = Vec::new();
        for _ in 0..ACCOUNTS_MAX {
            let mut next = self.app.store.next_waiting_account(after).await?;
            if next.is_none() && begin.is_some() && !is_round {
                is_round = true;
                next = self.app.store.next_waiting_account(None).await?;
            }
            let Some(account) = next.filter(|account| !is_round || Some(*account) <= begin) else { break };
            found.extend(self.app.store.due_messages_of(account, now, share).await?);
            if found.len() >= room {
                break;
            }
            after = Some(account);
        }
        Ok(found)
    }

    /// The time of a scheduled message has come: from now on it is due like any other.
    async fn release(&self, message: &Message) -> bool {
        let released = self.app.release_message(message.account_sid, message.sid).await;
        if let Err(error) = &released {
            tracing::warn!(%error, message_sid = %message.sid, "scheduled_message_not_released");
        }
        released.is_ok()
    }
}

fn place(message: &Message) -> Place {
    (message.next_attempt_at.unwrap_or(message.created_at), message.sid)
}

/// The runtime's clock, so that tests can pause it.
fn moment() -> Moment {
    tokio::time::Instant::now().into_std()
}
