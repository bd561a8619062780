//! Which places of which thread are free.

use std::sync::Mutex;

use crate::SessionId;
use crate::handle::lock;

/// The places of all threads. Touched when a session opens or has been freed, never on a media thread.
#[derive(Debug)]
pub(crate) struct Slots {
    threads: Vec<Mutex<Places>>,
    per_thread: usize,
}

#[derive(Debug)]
struct Places {
    free: Vec<u32>,
    generations: Vec<u32>,
}

impl Slots {
    pub fn new(threads: usize, per_thread: usize) -> Self {
        let count = u32::try_from(per_thread).unwrap_or(u32::MAX);
        let places =
            || Mutex::new(Places { free: (0..count).rev().collect(), generations: vec![0; per_thread] });
        Self { threads: (0..threads).map(|_| places()).collect(), per_thread }
    }

    /// Takes a place: on the wanted thread while it has one, else on the emptiest.
    pub fn take(&self, wanted: Option<u8>) -> Option<SessionId> {
        let emptiest =
            || (0..self.threads.len()).max_by_key(|thread| lock(&self.threads[*thread]).free.len());
        let wanted = wanted.map(usize::from).filter(|thread| *thread < self.threads.len());
        wanted.and_then(|thread| self.take_on(thread)).or_else(|| self.take_on(emptiest()?))
    }

    fn take_on(&self, thread: usize) -> Option<SessionId> {
        let mut places = lock(&self.threads[thread]);
        let index = places.free.pop()?;
        let generation = places.generations[index as usize];
        Some(SessionId::new(u8::try_from(thread).ok()?, generation, index))
    }

    /// Gives a place back; its next session gets another name.
    pub fn release(&self, id: SessionId) {
        let mut places = lock(&self.threads[usize::from(id.thread())]);
        let generation = &mut places.generations[id.index() as usize];
        *generation = generation.wrapping_add(1) & 0xFF_FFFF;
        places.free.push(id.index());
    }

    /// Places in use.
    pub fn taken(&self) -> usize {
        self.threads.iter().map(|places| self.per_thread - lock(places).free.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_spread_unless_asked_for_and_never_named_twice() {
        let slots = Slots::new(2, 2);
        let first = slots.take(None).unwrap();
        let near = slots.take(Some(first.thread())).unwrap();
        assert_eq!(near.thread(), first.thread());
        let third = slots.take(Some(first.thread())).unwrap();
        assert_ne!(third.thread(), first.thread());
        slots.take(None).unwrap();
        assert_eq!((slots.take(None), slots.taken()), (None, 4));
        slots.release(near);
        let again = slots.take(None).unwrap();
        assert!(again != near && again.index() == near.index() && again.thread() == near.thread());
    }
}
