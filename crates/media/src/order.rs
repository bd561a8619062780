//! Commands as the media thread gets them: everything slow is already done.

use flexio_codec::{Decoder, Encoder, FRAME_SAMPLES, Format};
use flexio_rtp::{SrtpReceiver, SrtpSender};
use flexio_sdp::Negotiated;

use crate::keys::Digits;
use crate::listen::Listening;
use crate::member::Member;
use crate::mix::MixPart;
use crate::player::{Player, Track};
use crate::recorder::Recorder;
use crate::session::SessionState;
use crate::tap::TapEnd;
use crate::transcode::PeerStream;
use crate::{MixId, MixMember, PlayMode, SessionId};

/// A message to a media thread.
#[derive(Debug)]
pub(crate) enum ToThread {
    /// Take over a session.
    Open(Box<SessionState>),
    /// Do this with a session.
    Order(SessionId, Order),
    /// Take over a part of a mix.
    OpenMix(Box<MixPart>),
    /// Do this with a part of a mix.
    Mix(MixId, MixOrder),
    /// Close everything and end.
    Stop,
}

/// A prepared command.
#[derive(Debug)]
pub(crate) enum Order {
    SetRemote(Box<Remote>),
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
    /// What it needs to decode the peer, as it asked for.
    PeerStream(Box<PeerStream>),
    /// The peer left the bridge.
    Unbridged {
        by: SessionId,
    },
    JoinMix {
        member: Box<Member>,
        listening: Box<Listening>,
    },
    SetMember(MixMember),
    LeaveMix,
    Mute(bool),
    Tone(Option<Player>),
    Tap(Box<StartTap>),
    Close,
}

/// The other side, and the codec to talk to it with.
#[derive(Debug)]
pub(crate) struct Remote {
    pub negotiated: Negotiated,
    pub encoder: Encoder,
    pub decoder: Decoder,
    /// Both ways, when media is encrypted.
    pub srtp: Option<(Box<SrtpSender>, Box<SrtpReceiver>)>,
}

/// A prepared command to a mix.
#[derive(Debug)]
pub(crate) enum MixOrder {
    Play(Track),
    StopPlay,
    StartRecord(Box<StartRecord>),
    PauseRecord(Option<bool>),
    StopRecord,
    /// What a part asked for, to encode once for many.
    Encoder(Box<Encoder>),
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

#[derive(Debug)]
pub(crate) struct StartTap {
    pub end: Box<TapEnd>,
    pub listening: Box<Listening>,
}

/// Audio on its way between sessions of different threads.
#[derive(Debug)]
pub(crate) struct Relayed {
    pub to: SessionId,
    pub from: SessionId,
    pub what: Relay,
}

#[derive(Debug)]
pub(crate) enum Relay {
    /// A packet of a bridge.
    Packet { packet: Passing, length: u16, payload: [u8; 480] },
    /// Samples for one member of a mix alone, to be heard in this frame.
    Whisper { frame: u64, samples: [i16; FRAME_SAMPLES] },
}

/// What a bridged packet is, without its payload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passing {
    pub header: flexio_rtp::Header,
    /// A telephone event rather than audio.
    pub is_event: bool,
    pub format: Format,
}
