//! The handle other threads hold.

use std::io;
use std::net::SocketAddr;

use crate::{Command, EventSink, MediaConfig};

/// The running media threads. Cheap to clone, usable from any thread; never blocks for more than the few
/// system calls of [`Media::open`].
#[derive(Debug, Clone)]
pub struct Media {}

/// Names one session for its life; never reused while the process lives within 2²⁴ sessions of one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub(crate) u64);

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
}

impl Media {
    /// Starts the threads. `events` receives everything of all sessions.
    pub fn start(config: MediaConfig, events: EventSink) -> io::Result<Self> {
        drop((config, events));
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    /// Opens a session: binds its two sockets and places it on a thread. `token` is returned in its events.
    pub fn open(&self, token: u64, options: SessionOptions) -> Result<Session, OpenError> {
        drop((token, options));
        Err(OpenError::Stopped)
    }

    /// Gives an order. Prepares on this thread whatever would be slow on the media thread: encoding a
    /// prompt the first time, the memory of a recording.
    pub fn send(&self, id: SessionId, command: Command) -> Result<(), SendError> {
        drop((id, command));
        Err(SendError::Stopped)
    }

    /// Sessions open now.
    pub fn open_sessions(&self) -> usize {
        0
    }

    /// Closes all sessions, waits for recordings to reach the disk, ends the threads. Blocks.
    pub fn stop(self) {}
}
