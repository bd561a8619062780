//! Commands as the media thread gets them: everything slow is already done.

use flexio_sdp::Negotiated;

use crate::keys::Digits;
use crate::listen::Listening;
use crate::player::{Player, Track};
use crate::recorder::Recorder;
use crate::session::SessionState;
use crate::{PlayMode, SessionId};

/// A message to a media thread.
#[derive(Debug)]
pub(crate) enum ToThread {
    /// Take over a session.
    Open(Box<SessionState>),
    /// Do this with a session.
    Order(SessionId, Order),
    /// Close everything and end.
    Stop,
}

/// A prepared command.
#[derive(Debug)]
pub(crate) enum Order {
    SetRemote(Negotiated),
    Play(Track, PlayMode),
    StopPlay,
    /// Tone detection on, with its memory, or off.
    Inband(Option<Box<Inband>>),
    StartRecord(Box<StartRecord>),
    PauseRecord(Option<bool>),
    StopRecord,
    SendDtmf(Box<Digits>),
    Bridge {
        peer: SessionId,
        relay_dtmf: bool,
    },
    Unbridge,
    /// The peer left the bridge.
    Unbridged {
        by: SessionId,
    },
    Mute(bool),
    Tone(Option<Player>),
    Close,
}

#[derive(Debug)]
pub(crate) struct Inband {
    pub detector: flexio_codec::DtmfDetector,
    pub listening: Box<Listening>,
}

#[derive(Debug)]
pub(crate) struct StartRecord {
    pub recorder: Box<Recorder>,
    pub listening: Box<Listening>,
    pub beep: Option<Track>,
}

/// A packet on its way between sessions of different threads.
#[derive(Debug)]
pub(crate) struct Relayed {
    pub to: SessionId,
    pub from: SessionId,
    pub packet: Passing,
    pub length: u16,
    pub payload: [u8; 480],
}

/// What a bridged packet is, without its payload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passing {
    pub header: flexio_rtp::Header,
    /// A telephone event rather than audio.
    pub is_event: bool,
    pub law: flexio_codec::G711,
}
