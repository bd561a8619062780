//! Mixes as other threads see them: their names, and on which media threads they have a part.

use std::sync::Arc;

use crate::handle::{Media, OpenError, SendError, lock};
use crate::member::Member;
use crate::mix::{Exchange, Home, MixPart};
use crate::order::{MixOrder, Order, ToThread};
use crate::{MixCommand, MixMember, SessionId};

/// Names one mix for its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MixId(u64);

impl MixId {
    pub(crate) fn new(generation: u32, index: u32) -> Self {
        Self(u64::from(generation) << 32 | u64::from(index))
    }

    /// Its place in the tables.
    pub(crate) fn index(self) -> u32 {
        u32::try_from(self.0 & 0xFFFF_FFFF).expect("32 bits")
    }
}

/// All mixes. Touched by callers only, never by a media thread.
#[derive(Debug)]
pub(crate) struct MixTable {
    places: Vec<Place>,
    free: Vec<u32>,
}

#[derive(Debug, Default)]
struct Place {
    generation: u32,
    open: Option<OpenMix>,
}

#[derive(Debug)]
struct OpenMix {
    token: u64,
    home: u8,
    /// One bit for each thread that has a part.
    parts: u64,
    exchange: Arc<Exchange>,
}

impl MixTable {
    pub fn new(capacity: usize) -> Self {
        let count = u32::try_from(capacity).unwrap_or(u32::MAX);
        Self { places: (0..count).map(|_| Place::default()).collect(), free: (0..count).rev().collect() }
    }

    fn find(&mut self, id: MixId) -> Option<&mut OpenMix> {
        let place = self.places.get_mut(id.index() as usize)?;
        (MixId::new(place.generation, id.index()) == id).then_some(place.open.as_mut()).flatten()
    }

    fn taken(&self) -> usize {
        self.places.len() - self.free.len()
    }
}

impl Media {
    /// Opens a mix: what each of its members says is heard by all others. `token` is returned in its events.
    /// It costs nothing to speak of while nobody is in it, and lives until [`MixCommand::Close`].
    pub fn open_mix(&self, token: u64) -> Result<MixId, OpenError> {
        let mut table = lock(&self.shared.mixes);
        let index = table.free.pop().ok_or(OpenError::Full)?;
        let threads = self.shared.doors.len();
        let home = u8::try_from(index as usize % threads).expect("at most 64 threads");
        let place = &mut table.places[index as usize];
        let id = MixId::new(place.generation, index);
        let exchange = Arc::new(Exchange::new(threads));
        let part = MixPart::new(id, token, home, Arc::clone(&exchange), Some(Home::new()));
        if let Err(error) = self.post_to(home, ToThread::OpenMix(Box::new(part))) {
            table.free.push(index);
            return Err(if error == SendError::Stopped { OpenError::Stopped } else { OpenError::QueueFull });
        }
        place.open = Some(OpenMix { token, home, parts: 1 << home, exchange });
        Ok(id)
    }

    /// Gives an order to a mix. An order to a mix that was closed is [`SendError::NoMix`].
    pub fn send_mix(&self, mix: MixId, command: MixCommand) -> Result<(), SendError> {
        let mut table = lock(&self.shared.mixes);
        let Some(open) = table.find(mix) else { return Err(SendError::NoMix) };
        let (home, token) = (open.home, open.token);
        let order = match command {
            MixCommand::Play { play_id, source, loops } => {
                MixOrder::Play(self.shared.tones.track(play_id, source, loops))
            }
            MixCommand::StopPlay => MixOrder::StopPlay,
            MixCommand::StartRecord(record) => MixOrder::StartRecord(Box::new(self.prepare(token, record)?)),
            MixCommand::PauseRecord { silence } => MixOrder::PauseRecord(Some(silence)),
            MixCommand::ResumeRecord => MixOrder::PauseRecord(None),
            MixCommand::StopRecord => MixOrder::StopRecord,
            MixCommand::Close => return self.close_mix(&mut table, mix),
        };
        self.post_to(home, ToThread::Mix(mix, order))
    }

    /// Mixes open now.
    pub fn open_mixes(&self) -> usize {
        lock(&self.shared.mixes).taken()
    }

    /// Tells every thread that has a part. When one cannot take it, the mix stays open there and may be closed again.
    fn close_mix(&self, table: &mut MixTable, mix: MixId) -> Result<(), SendError> {
        let Some(open) = table.find(mix) else { return Err(SendError::NoMix) };
        for thread in 0..64 {
            if open.parts & (1 << thread) != 0 {
                self.post_to(thread, ToThread::Mix(mix, MixOrder::Close))?;
                open.parts &= !(1 << thread);
            }
        }
        let place = &mut table.places[mix.index() as usize];
        place.open = None;
        place.generation = place.generation.wrapping_add(1);
        table.free.push(mix.index());
        Ok(())
    }

    /// The thread of the session gets its part of the mix before the session joins.
    pub(crate) fn join_mix(
        &self,
        session: SessionId,
        mix: MixId,
        settings: MixMember,
    ) -> Result<(), SendError> {
        let mut table = lock(&self.shared.mixes);
        let Some(open) = table.find(mix) else { return Err(SendError::NoMix) };
        let thread = session.thread();
        if open.parts & (1 << thread) == 0 {
            let part = MixPart::new(mix, open.token, thread, Arc::clone(&open.exchange), None);
            self.post_to(thread, ToThread::OpenMix(Box::new(part)))?;
            open.parts |= 1 << thread;
        }
        // Still under the lock: the order must not overtake the part, nor come after its end.
        let member = Box::new(Member::new(mix, settings));
        self.post(session, ToThread::Order(session, Order::JoinMix { member, listening: Box::default() }))
    }
}
