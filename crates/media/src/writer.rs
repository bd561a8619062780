//! The threads that bring recordings to disk.
//!
//! A writer looks at the rings of its recordings twenty times a second and empties those that have gathered a
//! quarter of a second, so that a write is worth its system call. While a disk stalls, only the ring of
//! each recording fills; the media threads never wait. When a sink fails, its ring is emptied all the same and
//! the error is told at the end.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use flexio_codec::{CoderError, Encoder, Format};
use rtrb::Consumer;

use crate::mix::MixPart;
use crate::order::{MixOrder, Order, ToThread};
use crate::recorder::Ending;
use crate::session::SessionState;
use crate::slots::Slots;
use crate::tap::TapEnd;
use crate::transcode::PeerStream;
use crate::trim::Trimmer;
use crate::wav::WavFile;
use crate::worker::Door;
use crate::{Event, EventSink, MixId, RecordSink, Saved, SessionId, SinkWriter};

/// Jobs that may wait for one writer.
const QUEUE: usize = 1_024;
const PERIOD: Duration = Duration::from_millis(50);
/// Samples per channel that are worth a write: 250 ms.
const WORTH_WRITING: usize = 2_000;
/// How long a refused event is tried again before it counts as lost.
const EVENT_TRIES: u32 = 200;

/// Work for a writer.
pub(crate) enum Job {
    Record(Box<RecordJob>),
    /// A session that has ended: its sockets are closed and its memory freed here, not on the media thread.
    Bury(Box<SessionState>),
    /// A session needs to decode its peer.
    Peer {
        to: SessionId,
        format: Format,
    },
    /// A part of a mix wants to encode once for many.
    MixEncoder {
        thread: u8,
        mix: MixId,
        format: Format,
    },
    /// A part of a mix that has ended.
    BuryMix(Box<MixPart>),
    /// A tap whose holder is gone.
    DropTap(Box<TapEnd>),
}

/// One recording to write.
pub(crate) struct RecordJob {
    pub token: u64,
    pub record_id: u64,
    pub channels: u16,
    pub trim: bool,
    pub sink: RecordSink,
    pub ring: Consumer<i16>,
    pub ending: Arc<OnceLock<Ending>>,
}

/// The way to the writers.
#[derive(Debug, Clone)]
pub(crate) struct Writers {
    queues: Arc<[SyncSender<Job>]>,
    next: Arc<AtomicUsize>,
    slots: Arc<Slots>,
}

impl Writers {
    /// Starts the threads; they end when the last `Writers` is gone and all recordings are written.
    pub fn start(
        count: usize,
        events: &EventSink,
        slots: &Arc<Slots>,
        doors: &Arc<[Door]>,
    ) -> io::Result<(Self, Vec<JoinHandle<()>>)> {
        let (mut queues, mut joins) = (vec![], vec![]);
        for index in 0..count {
            let (sender, receiver) = sync_channel(QUEUE);
            let (events, slots, doors) = (events.clone(), Arc::clone(slots), Arc::clone(doors));
            let run = move || Writer { jobs: receiver, active: vec![], events, slots, doors }.run();
            joins.push(thread::Builder::new().name(format!("media-disk-{index}")).spawn(run)?);
            queues.push(sender);
        }
        Ok((Self { queues: queues.into(), next: Arc::default(), slots: Arc::clone(slots) }, joins))
    }

    /// Frees a session on the calling thread.
    pub fn bury(&self, session: Box<SessionState>) {
        bury(&self.slots, session);
    }

    /// Gives a job to the next writer in turn, or back when that one has too much to do.
    pub fn give(&self, job: Job) -> Result<(), Job> {
        let index = self.next.fetch_add(1, Ordering::Relaxed) % self.queues.len();
        self.queues[index].try_send(job).map_err(|error| match error {
            std::sync::mpsc::TrySendError::Full(job) | std::sync::mpsc::TrySendError::Disconnected(job) => {
                job
            }
        })
    }
}

/// Closes the sockets first, so that the place is never taken by a session whose ports are still in use.
fn bury(slots: &Slots, session: Box<SessionState>) {
    let id = session.id;
    drop(session);
    slots.release(id);
}

struct Writer {
    jobs: Receiver<Job>,
    active: Vec<Active>,
    events: EventSink,
    slots: Arc<Slots>,
    doors: Arc<[Door]>,
}

struct Active {
    job: RecordJob,
    trimmer: Option<Trimmer>,
    sink: io::Result<Box<dyn SinkWriter>>,
    written: u64,
}

impl Writer {
    fn run(mut self) {
        let mut is_open = true;
        while is_open || !self.active.is_empty() {
            is_open = self.take_jobs(is_open);
            for active in &mut self.active {
                active.drain();
            }
            while let Some(index) = self.active.iter().position(Active::is_over) {
                let event = self.active.swap_remove(index).finish();
                self.tell(event);
            }
        }
    }

    /// Waits for jobs: without end when there is nothing to write, else for one period.
    fn take_jobs(&mut self, is_open: bool) -> bool {
        if !is_open {
            thread::sleep(PERIOD);
            return false;
        }
        let first = if self.active.is_empty() {
            self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            self.jobs.recv_timeout(PERIOD)
        };
        match first {
            Ok(job) => self.begin(job),
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        loop {
            match self.jobs.try_recv() {
                Ok(job) => self.begin(job),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn begin(&mut self, job: Job) {
        match job {
            Job::Record(job) => self.active.push(Active::new(*job)),
            Job::Bury(session) => bury(&self.slots, session),
            Job::Peer { to, format } => self.make(to.thread(), || {
                Ok(ToThread::Order(to, Order::PeerStream(Box::new(PeerStream::new(format)?))))
            }),
            Job::MixEncoder { thread, mix, format } => self
                .make(thread, || Ok(ToThread::Mix(mix, MixOrder::Encoder(Box::new(Encoder::new(format)?))))),
            Job::BuryMix(part) => drop(part),
            Job::DropTap(end) => drop(end),
        }
    }

    /// Makes what a media thread asked for and hands it over. When the thread cannot take it, it does without; its
    /// commands wait in thousands then.
    fn make(&self, thread: u8, made: impl FnOnce() -> Result<ToThread, CoderError>) {
        match made() {
            Ok(message) => {
                if let Some(door) = self.doors.get(usize::from(thread)) {
                    let _ = door.orders.try_send(message);
                }
            }
            Err(error) => tracing::error!(%error, "media_codec_not_made"),
        }
    }

    fn tell(&self, mut event: Event) {
        for _ in 0..EVENT_TRIES {
            match self.events.emit(event) {
                Ok(()) => return,
                Err(refused) => event = refused,
            }
            thread::sleep(PERIOD / 10);
        }
        tracing::error!("recording_event_lost");
    }
}

impl Active {
    fn new(mut job: RecordJob) -> Self {
        let sink = std::mem::replace(&mut job.sink, RecordSink::Wav { dir: std::path::PathBuf::new() });
        let sink = match sink {
            RecordSink::Wav { dir } => {
                WavFile::create(&dir, job.channels).map(|wav| Box::new(wav) as Box<dyn SinkWriter>)
            }
            RecordSink::Custom(writer) => Ok(writer),
        };
        let trimmer = job.trim.then(|| Trimmer::new(job.channels));
        Self { job, trimmer, sink, written: 0 }
    }

    /// Empties the ring into the sink, when there is enough in it or no more will come.
    fn drain(&mut self) {
        let is_ending = self.job.ending.get().is_some() || self.job.ring.is_abandoned();
        if !is_ending && self.job.ring.slots() < WORTH_WRITING * usize::from(self.job.channels) {
            return;
        }
        loop {
            let count = self.job.ring.slots();
            let Ok(chunk) = self.job.ring.read_chunk(count) else { return };
            if count == 0 {
                return;
            }
            let (first, second) = chunk.as_slices();
            for samples in [first, second] {
                take(&mut self.trimmer, &mut self.sink, &mut self.written, samples);
            }
            chunk.commit_all();
        }
    }

    /// The ending is set after the last sample: when it is there and the ring is empty, that is all.
    fn is_over(&self) -> bool {
        self.job.ending.get().is_some() && self.job.ring.is_empty() || self.is_orphaned()
    }

    /// The session vanished without an ending: its media thread is gone.
    fn is_orphaned(&self) -> bool {
        self.job.ring.is_abandoned() && self.job.ring.is_empty() && self.job.ending.get().is_none()
    }

    fn finish(mut self) -> Event {
        let fallback = Ending { end: crate::RecordEnd::Closed, empty: self.written == 0, lost: 0, owed: 0 };
        let ending = self.job.ending.get().copied().unwrap_or(fallback);
        let silence = [0; 1_600];
        let mut owed = ending.owed;
        while owed > 0 {
            let count = usize::try_from(owed).unwrap_or(silence.len()).min(silence.len());
            take(&mut self.trimmer, &mut self.sink, &mut self.written, &silence[..count]);
            owed -= count as u64;
        }
        if let Some(mut trimmer) = self.trimmer.take() {
            let rest = trimmer.finish().to_vec();
            take(&mut None, &mut self.sink, &mut self.written, &rest);
        }
        let saved: io::Result<Saved> = self.sink.and_then(|mut sink| sink.finish(ending.empty));
        let per_ms = 8 * u64::from(self.job.channels);
        let to_ms = |samples: u64| u32::try_from(samples / per_ms).unwrap_or(u32::MAX);
        Event::RecordDone {
            token: self.job.token,
            record_id: self.job.record_id,
            end: ending.end,
            duration_ms: to_ms(self.written),
            saved: saved.map_err(|error| error.to_string()),
            empty: ending.empty,
            lost_ms: to_ms(ending.lost),
        }
    }
}

/// Samples on their way to the sink; after an error they are dropped.
fn take(
    trimmer: &mut Option<Trimmer>,
    sink: &mut io::Result<Box<dyn SinkWriter>>,
    written: &mut u64,
    samples: &[i16],
) {
    let kept = match trimmer {
        Some(trimmer) => trimmer.take(samples),
        None => samples,
    };
    if kept.is_empty() {
        return;
    }
    if let Ok(writer) = sink {
        match writer.write(kept) {
            Ok(()) => *written += kept.len() as u64,
            Err(error) => *sink = Err(error),
        }
    }
}
