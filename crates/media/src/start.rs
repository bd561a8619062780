//! Setting up the threads.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use flexio_codec::FRAME_SAMPLES;
use mio::{Poll, Waker};

use crate::events::EventQueue;
use crate::handle::Shared;
use crate::mix::Mixes;
use crate::mixes::MixTable;
use crate::order::{Relayed, ToThread};
use crate::outbound::BUFFER_BYTES;
use crate::player::Tones;
use crate::slots::Slots;
use crate::worker::{Door, WAKE, Worker};
use crate::writer::Writers;
use crate::{EventSink, Media, MediaConfig};

const MAX_THREADS: usize = 64;
/// Packets of bridges between threads that may wait: 5 ms of 4 000 calls.
const RELAY_QUEUE: usize = 1_024;
/// Sockets that may be flooded at one time before the rest of a flood waits for its next packet.
const UNFINISHED: usize = 256;

struct Inside {
    poll: Poll,
    orders: Receiver<ToThread>,
    relays: Receiver<Relayed>,
}

pub(crate) fn start(config: MediaConfig, sink: &EventSink) -> io::Result<Media> {
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    let count = if config.threads == 0 { cores() } else { config.threads }.min(MAX_THREADS);
    let per_thread = config.max_sessions.div_ceil(count).max(1);
    let (mut doors, mut insides) = (vec![], vec![]);
    for _ in 0..count {
        let (door, inside) = door(config.command_queue.max(1))?;
        doors.push(door);
        insides.push(inside);
    }
    let doors: Arc<[Door]> = doors.into();
    let slots = Arc::new(Slots::new(count, per_thread));
    let tones = Arc::new(Tones::new());
    let (writers, mut threads) = Writers::start(config.writer_threads.clamp(1, 16), sink, &slots, &doors)?;
    // One clock for all, so that frames of a mix are the same on every thread.
    let started = Instant::now();
    for (index, inside) in insides.into_iter().enumerate() {
        let worker = Worker {
            poll: inside.poll,
            index: u8::try_from(index).expect("at most 64 threads"),
            orders: inside.orders,
            relays: inside.relays,
            doors: Arc::clone(&doors),
            events: EventQueue::new(sink.clone()),
            tones: Arc::clone(&tones),
            writers: writers.clone(),
            sessions: (0..per_thread).map(|_| None).collect(),
            turns: std::array::from_fn(|_| Vec::with_capacity(per_thread)),
            report_every_ticks: (config.rtcp_interval_ms / 20).max(1),
            mixes: Mixes::new(config.max_mixes),
            started,
            incoming: Box::new([0; 2_048]),
            outgoing: Box::new([0; BUFFER_BYTES]),
            samples: Box::new([0; FRAME_SAMPLES]),
            unfinished: Vec::with_capacity(UNFINISHED),
        };
        let run = move || {
            if let Err(error) = worker.run() {
                tracing::error!(%error, "media_thread_ended");
            }
        };
        threads.push(thread::Builder::new().name(format!("media-{index}")).spawn(run)?);
    }
    let laws = (0..count * per_thread).map(|_| AtomicU8::new(0)).collect();
    let mixes = Mutex::new(MixTable::new(config.max_mixes));
    let shared = Shared {
        config,
        mixes,
        doors,
        slots,
        laws,
        tokens: (0..count * per_thread).map(|_| AtomicU64::new(0)).collect(),
        tones,
        writers: Mutex::new(Some(writers)),
        threads: Mutex::new(threads),
        is_stopped: AtomicBool::new(false),
    };
    Ok(Media { shared: Arc::new(shared) })
}

fn door(command_queue: usize) -> io::Result<(Door, Inside)> {
    let poll = Poll::new()?;
    let (orders, orders_in) = sync_channel(command_queue);
    let (relays, relays_in) = sync_channel(RELAY_QUEUE);
    let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
    let door = Door { orders, relays, is_idle: Arc::new(AtomicBool::new(false)), waker };
    Ok((door, Inside { poll, orders: orders_in, relays: relays_in }))
}
