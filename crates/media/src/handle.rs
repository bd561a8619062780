//! The handle other threads hold.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::TrySendError;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use flexio_codec::{CoderError, Decoder, DtmfDetector, Encoder, Format, G711};
use flexio_rtp::{SrtpReceiver, SrtpSender};
use flexio_sdp::{Codec, Negotiated, SrtpSuite};
use rtrb::RingBuffer;

use crate::keys::Digits;
use crate::listen::Listening;
use crate::mixes::MixTable;
use crate::order::{Inband, Order, Remote, StartRecord, StartTap, ToThread};
use crate::player::{Player, Tones, Track};
use crate::ports::{bind_one, bind_pair};
use crate::recorder::{Plan, Recorder};
use crate::session::{Opening, SessionState};
use crate::slots::Slots;
use crate::worker::Door;
use crate::writer::{Job, RecordJob, Writers};
use crate::{Command, EventSink, MediaConfig, PlaySource, Record, Tap, TapOptions, random, start, tap};

/// The running media threads. Cheap to clone, usable from any thread; never blocks for more than the few
/// system calls of [`Media::open`].
#[derive(Debug, Clone)]
pub struct Media {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub config: MediaConfig,
    pub doors: Arc<[Door]>,
    pub slots: Arc<Slots>,
    /// The law of each session, so that prompts are encoded here and not on the media thread.
    pub laws: Box<[AtomicU8]>,
    /// The token of each session, for the events of its recordings.
    pub tokens: Box<[AtomicU64]>,
    pub tones: Arc<Tones>,
    pub mixes: Mutex<MixTable>,
    /// `None` once stopped.
    pub writers: Mutex<Option<Writers>>,
    pub threads: Mutex<Vec<JoinHandle<()>>>,
    pub is_stopped: AtomicBool,
}

/// Names one session for its life; a place is used 2²⁴ times before a name comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(u64);

impl SessionId {
    pub(crate) fn new(thread: u8, generation: u32, index: u32) -> Self {
        Self((u64::from(thread) << 56) | (u64::from(generation & 0xFF_FFFF) << 32) | u64::from(index))
    }

    pub(crate) fn thread(self) -> u8 {
        self.0.to_be_bytes()[0]
    }

    /// Its place in the table of its thread.
    pub(crate) fn index(self) -> u32 {
        u32::try_from(self.0 & 0xFFFF_FFFF).expect("32 bits")
    }
}

/// An open session: its ports are bound and answer nobody before [`Command::SetRemote`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Its name in commands.
    pub id: SessionId,
    /// Where the other side must send RTP: the advertised address. For the SDP.
    pub local_rtp: SocketAddr,
    /// Where the other side must send RTCP when it does not multiplex.
    pub local_rtcp: SocketAddr,
}

/// Choices for one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionOptions {
    /// The session this one will probably be bridged with: both then share a thread.
    pub near: Option<SessionId>,
    /// Overrides [`MediaConfig::strict_source`] for this session, as a trunk may ask.
    pub strict_source: Option<bool>,
    /// Overrides [`MediaConfig::rtp_timeout_ms`] for this session; `Some(0)` = never.
    pub rtp_timeout_ms: Option<u32>,
    /// Send nothing while there is nothing to say, rather than packets of silence.
    pub quiet_when_idle: bool,
}

/// Why a session could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// `max_sessions` are open.
    #[error("all media sessions are in use")]
    Full,
    /// No free pair of ports was found in 64 random tries.
    #[error("no free pair of media ports in the configured range")]
    NoPort,
    /// The command queue of the thread is full.
    #[error("the media thread has too many commands waiting")]
    QueueFull,
    /// [`Media::stop`] was called.
    #[error("the media threads have stopped")]
    Stopped,
    /// The system refused a socket.
    #[error("cannot make a media socket")]
    Socket(#[source] io::Error),
}

/// Why a command was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The command queue of the thread is full: try again later, or end the call.
    #[error("the media thread has too many commands waiting")]
    QueueFull,
    /// [`Media::stop`] was called.
    #[error("the media threads have stopped")]
    Stopped,
    /// The recording could not be started: too many are being written.
    #[error("the recording writers have too much to do")]
    WritersBusy,
    /// There is no memory for the codec.
    #[error("no codec for the session")]
    Codec(#[from] CoderError),
    /// The mix was closed.
    #[error("the mix is not open")]
    NoMix,
}

impl Media {
    /// Starts the threads. `events` receives everything of all sessions.
    #[expect(clippy::needless_pass_by_value, reason = "the sink belongs to the threads from now on")]
    pub fn start(config: MediaConfig, events: EventSink) -> io::Result<Self> {
        start::start(config, &events)
    }

    /// Opens a session: binds its two sockets and places it on a thread. `token` is returned in its events.
    pub fn open(&self, token: u64, options: SessionOptions) -> Result<Session, OpenError> {
        let shared = &self.shared;
        if shared.is_stopped.load(Ordering::Acquire) {
            return Err(OpenError::Stopped);
        }
        let (rtp, control) = bind_pair(shared.config.bind_ip, &shared.config.ports)?;
        let port = rtp.local_addr().map_err(OpenError::Socket)?.port();
        let random = random::number128().map_err(OpenError::Socket)?;
        let cname = format!("{:016x}", random::number().map_err(OpenError::Socket)?);
        let near = options.near.map(SessionId::thread);
        let id = shared.slots.take(near).ok_or(OpenError::Full)?;
        shared.laws[shared.place_of(id)].store(0, Ordering::Relaxed);
        shared.tokens[shared.place_of(id)].store(token, Ordering::Relaxed);
        let opening = Opening {
            id,
            token,
            rtp,
            rtcp: control,
            strict_source: options.strict_source.unwrap_or(shared.config.strict_source),
            learn_window_ms: shared.config.learn_window_ms,
            rtp_timeout_ms: options.rtp_timeout_ms.unwrap_or(shared.config.rtp_timeout_ms),
            quiet_when_idle: options.quiet_when_idle,
            random,
            cname,
        };
        let message = ToThread::Open(Box::new(SessionState::new(opening)));
        if let Err(error) = self.post(id, message) {
            shared.slots.release(id);
            return Err(if error == SendError::Stopped { OpenError::Stopped } else { OpenError::QueueFull });
        }
        let ip = shared.config.advertised_ip.unwrap_or(shared.config.bind_ip);
        let address = |port| SocketAddr::new(ip, port);
        Ok(Session { id, local_rtp: address(port), local_rtcp: address(port + 1) })
    }

    /// A socket from the same ports, and its address as the other side must see it, for a stream of a call that is carried elsewhere.
    /// It does not block.
    pub fn bind_beside(&self) -> Result<(std::net::UdpSocket, SocketAddr), OpenError> {
        let config = &self.shared.config;
        let socket = bind_one(config.bind_ip, &config.ports)?;
        socket.set_nonblocking(true).map_err(OpenError::Socket)?;
        let port = socket.local_addr().map_err(OpenError::Socket)?.port();
        Ok((socket, SocketAddr::new(config.advertised_ip.unwrap_or(config.bind_ip), port)))
    }

    /// Gives an order. Prepares on this thread whatever would be slow on the media thread: encoding a
    /// prompt the first time, the memory of a recording. A recording whose order is refused still gives its
    /// `RecordDone`, empty.
    pub fn send(&self, id: SessionId, command: Command) -> Result<(), SendError> {
        let shared = &self.shared;
        let order = match command {
            Command::SetRemote(remote) => {
                let law = match remote.codec {
                    Codec::Pcma => 1,
                    Codec::Pcmu => 2,
                    Codec::G722 | Codec::Opus => 0,
                };
                shared.laws[shared.place_of(id)].store(law, Ordering::Relaxed);
                Order::SetRemote(Box::new(Remote::new(remote)?))
            }
            Command::Play { play_id, source, loops, mode } => {
                if let PlaySource::Prompt(prompt) = &source {
                    self.law_of(id).into_iter().for_each(|law| prompt.prepare(law));
                }
                Order::Play(shared.tones.track(play_id, source, loops), mode)
            }
            Command::StopPlay => Order::StopPlay,
            Command::CollectDtmf { inband } => Order::Inband(inband.then(|| {
                Box::new(Inband { detector: DtmfDetector::new(), listening: Box::new(Listening::new()) })
            })),
            Command::StartRecord(record) => {
                let token = shared.tokens[shared.place_of(id)].load(Ordering::Relaxed);
                Order::StartRecord(Box::new(self.prepare(token, record)?))
            }
            Command::PauseRecord { silence } => Order::PauseRecord(Some(silence)),
            Command::ResumeRecord => Order::PauseRecord(None),
            Command::StopRecord => Order::StopRecord,
            Command::SendDtmf { digits } => Order::SendDtmf(Box::new(Digits::parse(&digits))),
            Command::Bridge { peer, relay_dtmf } => return self.bridge(id, peer, relay_dtmf),
            Command::Unbridge => Order::Unbridge,
            Command::JoinMix { mix, member } => return self.join_mix(id, mix, member),
            Command::SetMember(member) => Order::SetMember(member),
            Command::LeaveMix => Order::LeaveMix,
            Command::Mute(muted) => Order::Mute(muted),
            Command::Tone(tone) => Order::Tone(tone.map(|tone| {
                let mut player = Player::new(1);
                let track = Track::looped(None, shared.tones.cycle(tone), 0);
                player.queue(track).expect("an empty player takes one track");
                player
            })),
            Command::Close => Order::Close,
        };
        self.post(id, ToThread::Order(id, order))
    }

    /// Gives a copy of the session's audio, from its next tick on. When the session has ended or has
    /// [`MAX_TAPS`](crate::MAX_TAPS) already, the tap is closed.
    pub fn tap(&self, id: SessionId, options: TapOptions) -> Result<Tap, SendError> {
        let (tap, end) = tap::pair(options);
        let start = Box::new(StartTap { end, listening: Box::new(Listening::new()) });
        self.post(id, ToThread::Order(id, Order::Tap(start)))?;
        Ok(tap)
    }

    /// Sessions open now.
    pub fn open_sessions(&self) -> usize {
        self.shared.slots.taken()
    }

    /// Closes all sessions, waits for recordings to reach the disk, ends the threads. Blocks; a second call, of
    /// any clone, returns at once.
    pub fn stop(self) {
        let shared = &self.shared;
        if shared.is_stopped.swap(true, Ordering::AcqRel) {
            return;
        }
        drop(lock(&shared.writers).take());
        for door in &*shared.doors {
            // The only wait for room: a stop must not be lost. The thread empties its queue every 5 ms.
            let _ = door.orders.send(ToThread::Stop);
            let _ = door.waker.wake();
        }
        let threads = std::mem::take(&mut *lock(&shared.threads));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("media_thread_panicked");
            }
        }
    }

    fn law_of(&self, id: SessionId) -> Option<G711> {
        match self.shared.laws[self.shared.place_of(id)].load(Ordering::Relaxed) {
            1 => Some(G711::ALaw),
            2 => Some(G711::MuLaw),
            _ => None,
        }
    }

    pub(crate) fn post(&self, id: SessionId, message: ToThread) -> Result<(), SendError> {
        self.post_to(id.thread(), message)
    }

    pub(crate) fn post_to(&self, thread: u8, message: ToThread) -> Result<(), SendError> {
        let door = self.shared.doors.get(usize::from(thread)).ok_or(SendError::Stopped)?;
        door.orders.try_send(message).map_err(|error| match error {
            TrySendError::Full(_) => SendError::QueueFull,
            TrySendError::Disconnected(_) => SendError::Stopped,
        })?;
        door.knock();
        Ok(())
    }

    /// Both sides must know of each other. When only the first could be told, that is undone.
    fn bridge(&self, id: SessionId, peer: SessionId, relay_dtmf: bool) -> Result<(), SendError> {
        self.post(id, ToThread::Order(id, Order::Bridge { peer, relay_dtmf }))?;
        let told = self.post(peer, ToThread::Order(peer, Order::Bridge { peer: id, relay_dtmf }));
        if told.is_err() {
            let _ = self.post(id, ToThread::Order(id, Order::Unbridge));
        }
        told
    }

    /// Makes the memory of a recording and its writer.
    pub(crate) fn prepare(&self, token: u64, record: Record) -> Result<StartRecord, SendError> {
        let Record { record_id, sink, max_ms, silence_ms, stop_keys, beep, trim, channels } = record;
        // What the writer has in hand, up to 300 ms, leaves the ring only when the disk has it.
        let ring_ms = self.shared.config.record_ring_ms.max(1_000) + 500;
        let samples = ring_ms as usize * 8 * usize::from(channels.count());
        let (producer, ring) = RingBuffer::new(samples);
        let ending = Arc::new(OnceLock::new());
        let plan = Plan { channels, max_ms, silence_ms, stop_keys };
        let recorder = Box::new(Recorder::new(plan, producer, Arc::clone(&ending)));
        let job = RecordJob { token, record_id, channels: channels.count(), trim, sink, ring, ending };
        let writers = lock(&self.shared.writers);
        let given = writers.as_ref().ok_or(SendError::Stopped)?.give(Job::Record(Box::new(job)));
        given.map_err(|_| SendError::WritersBusy)?;
        let beep = beep.then(|| Track::looped(None, self.shared.tones.beep(), 1));
        Ok(StartRecord { recorder, listening: Box::new(Listening::new()), beep })
    }
}

impl Drop for Shared {
    /// The last handle is gone without [`Media::stop`]: the threads end all the same, unwaited for.
    fn drop(&mut self) {
        for door in &*self.doors {
            let _ = door.orders.try_send(ToThread::Stop);
            let _ = door.waker.wake();
        }
    }
}

impl Shared {
    fn place_of(&self, id: SessionId) -> usize {
        let per_thread = self.laws.len() / self.doors.len();
        (usize::from(id.thread()) * per_thread + id.index() as usize).min(self.laws.len() - 1)
    }
}

impl Remote {
    fn new(negotiated: Negotiated) -> Result<Self, CoderError> {
        let format = format_of(negotiated.codec);
        let srtp = negotiated.srtp.map(|srtp| {
            let tag_bytes = match srtp.suite {
                SrtpSuite::AesCm128HmacSha1_80 => 10,
                SrtpSuite::AesCm128HmacSha1_32 => 4,
            };
            let sender = SrtpSender::new(&srtp.send.0, tag_bytes);
            (Box::new(sender), Box::new(SrtpReceiver::new(&srtp.receive.0, tag_bytes)))
        });
        Ok(Self { negotiated, encoder: Encoder::new(format)?, decoder: Decoder::new(format)?, srtp })
    }
}

fn format_of(codec: Codec) -> Format {
    match codec {
        Codec::Pcma => Format::G711(G711::ALaw),
        Codec::Pcmu => Format::G711(G711::MuLaw),
        Codec::G722 => Format::G722,
        Codec::Opus => Format::Opus,
    }
}

/// These locks guard plain values: one left by a panicking thread is as good as any.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
