//! Which callbacks that this process has committed may be sent without being read back from the database, and when.
//!
//! One goes out when the one before it is over, in the order of their sequence. That is known here of what was handed over from its first on
//! without a gap; everything else is left to the database, which knows it of all.

use std::collections::{HashMap, VecDeque};

use flexio_domain::Callback;

/// Subjects that are remembered; of more, those nothing is under way of are forgotten first.
const SUBJECTS_MAX: usize = 20_000;

/// What one subject has.
#[derive(Debug)]
struct Chain {
    /// The last that is known here.
    last: u32,
    /// One is queued, or being sent.
    is_open: bool,
    /// Those behind it, without a gap.
    waiting: VecDeque<Callback>,
    /// The database may have further ones.
    has_more: bool,
}

/// What to do with a callback that was committed.
#[derive(Debug)]
pub(super) enum Place {
    /// It can be sent.
    First(Callback),
    /// It waits here for those before it.
    Kept,
    /// It will be found in the database when the one that is under way is over.
    Later,
    /// It has to be looked for in the database.
    Look,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Chains {
    subjects: HashMap<String, Chain>,
    order: VecDeque<String>,
    held: usize,
}

impl Chains {
    /// Callbacks that wait here.
    pub(super) const fn held(&self) -> usize {
        self.held
    }

    /// A callback was committed by this process.
    pub(super) fn committed(&mut self, callback: Callback, has_room: bool) -> Place {
        let Some(chain) = self.subjects.get_mut(&callback.subject) else {
            if callback.sequence > 0 || !has_room {
                return Place::Look;
            }
            self.remember(&callback, false);
            return Place::First(callback);
        };
        // One that is not behind the last was read in the moment between its commit and now, or shares its place: the database knows.
        if callback.sequence != chain.last + 1 || !has_room {
            chain.has_more = true;
            return if chain.is_open { Place::Later } else { Place::Look };
        }
        chain.last = callback.sequence;
        if !chain.is_open {
            chain.is_open = true;
            return Place::First(callback);
        }
        chain.waiting.push_back(callback);
        self.held += 1;
        Place::Kept
    }

    /// A callback was read: all before it are over, and there may be others behind it.
    pub(super) fn was_read(&mut self, callback: &Callback) {
        let Some(chain) = self.subjects.get_mut(&callback.subject) else {
            return self.remember(callback, true);
        };
        chain.last = chain.last.max(callback.sequence);
        chain.is_open = true;
        chain.has_more = true;
    }

    /// A callback was settled: what goes out next, and whether the database has to be looked at.
    pub(super) fn over(&mut self, callback: &Callback, is_final: bool) -> (Option<Callback>, bool) {
        let Some(chain) = self.subjects.get_mut(&callback.subject) else { return (None, is_final) };
        if !is_final {
            // It is tried again later, and what is behind it waits with it.
            self.held -= chain.waiting.len();
            self.subjects.remove(&callback.subject);
            return (None, false);
        }
        if let Some(next) = chain.waiting.pop_front() {
            self.held -= 1;
            return (Some(next), false);
        }
        chain.is_open = false;
        (None, std::mem::take(&mut chain.has_more))
    }

    fn remember(&mut self, callback: &Callback, has_more: bool) {
        let chain = Chain { last: callback.sequence, is_open: true, waiting: VecDeque::new(), has_more };
        self.subjects.insert(callback.subject.clone(), chain);
        self.order.push_back(callback.subject.clone());
        for _ in 0..2 {
            if self.order.len() <= SUBJECTS_MAX {
                return;
            }
            let Some(oldest) = self.order.pop_front() else { return };
            match self.subjects.get(&oldest) {
                Some(chain) if chain.is_open => self.order.push_back(oldest),
                Some(_) => drop(self.subjects.remove(&oldest)),
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
