//! The sandbox carrier and test phone: a real SIP and RTP peer inside the process, for machines without a carrier.
//!
//! It listens on a loopback port of its own and is reached like any carrier. What it does is decided by the end of the number that is
//! called (docs/sandbox.md); whoever hears it is told that it is the sandbox by the tone it plays. Every number behind it is a handset,
//! which may be taken in hand (`handset`). It is also the phone of `flexio demo`: [`Carrier::call`] calls a number of the platform,
//! presses keys and reports what it heard.

mod handset;
mod sound;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flexio_app::App;
use flexio_app::handsets::{Answering, HandsetAct, HandsetFault};
use flexio_domain::{CallStatus, HandsetCallSid};
use flexio_media::{
    self as media, Command, Media, PlayMode, PlaySource, Prompt, Record, RecordChannels, RecordSink, Session,
    SessionOptions,
};
use flexio_sdp::{LocalMedia, Sdp};
use flexio_sip::{self as sip, Destination, ExtraHeaders, NameAddr, Trust, Uri};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::StartError;
use crate::input::{CallInput, CallSender, INBOX};
use crate::reception::Reception;
use crate::sip_handle::SipHandle;
use crate::sip_shell::Order;
use crate::sip_sockets::SipSockets;

use handset::Hand;
use sound::{Sound, SoundReply};

/// What the sandbox does with a call to a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Rings for half a second, answers, plays a tone for 60 s, hangs up; digits pressed are answered by the same digits.
    Answer,
    /// Answers at once and sends back what it hears.
    Echo,
    /// 486 Busy Here.
    Busy,
    /// Rings and is never answered.
    NoAnswer,
    /// 404 Not Found.
    Unknown,
    /// 603 Decline.
    Decline,
    /// 503 Service Unavailable: the carrier itself is out of order.
    OutOfOrder,
    /// Answers and hangs up after 2 s.
    ShortCall,
}

impl Behaviour {
    /// By the last four digits of the called number; any other number is [`Behaviour::Answer`].
    pub fn of(number: &str) -> Self {
        let tail = number.get(number.len().saturating_sub(4)..).unwrap_or_default();
        match tail {
            "0001" => Self::Busy,
            "0002" => Self::NoAnswer,
            "0003" => Self::Unknown,
            "0004" => Self::Decline,
            "0005" => Self::OutOfOrder,
            "0006" => Self::ShortCall,
            "0007" => Self::Echo,
            _ => Self::Answer,
        }
    }
}

/// A running sandbox carrier. It lives as long as the process.
#[derive(Debug)]
pub struct Carrier {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    app: Arc<App>,
    local: SocketAddr,
    platform: SocketAddr,
    media: Media,
    sip: std::sync::OnceLock<SipHandle>,
    owners: Mutex<HashMap<u64, CallSender>>,
    tokens: std::sync::atomic::AtomicU64,
    /// Whoever may do something in a call of a handset.
    hands: Mutex<HashMap<HandsetCallSid, mpsc::Sender<Wish>>>,
    /// Where browsers come in that speak and hear for a handset.
    gateway: flexio_webrtc::Gateway,
}

/// What whoever has a handset in hand wants of its call.
#[derive(Debug)]
enum Wish {
    Act(HandsetAct),
    /// The offer of a browser that is to be heard in it.
    Join(String, SoundReply),
}

/// What the test phone does.
#[derive(Debug, Clone)]
pub struct Script {
    /// Caller id it shows.
    pub from: String,
    /// Number of the platform it calls.
    pub to: String,
    /// Digits it presses, `w` waits half a second.
    pub digits: String,
    /// What it says once, as samples at 8 kHz; `None` is a hum without end.
    pub says: Option<Vec<i16>>,
    /// Where it keeps what it heard (a WAV file in this folder); nowhere if `None`.
    pub record_to: Option<std::path::PathBuf>,
    /// Longest call.
    pub patience: Duration,
}

/// What the test phone saw.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Final status of the INVITE.
    pub status: u16,
    /// From the INVITE to the answer, in ms.
    pub answered_after_ms: Option<u64>,
    /// From the answer to the end, in ms.
    pub talked_ms: u64,
    /// The platform hung up, rather than the phone's patience.
    pub hung_up_by_platform: bool,
    /// What it heard.
    pub heard: Option<std::path::PathBuf>,
}

struct Door(Arc<Shared>);

impl Reception for Door {
    fn trust(&self, source: SocketAddr) -> Trust {
        if source.ip().is_loopback() { Trust::Trusted } else { Trust::Unknown }
    }

    fn incoming(&self, incoming: sip::Incoming) -> CallSender {
        let (sender, inbox) = mpsc::channel(INBOX);
        let sender = CallSender(sender);
        tokio::spawn(take_call(Arc::clone(&self.0), incoming, sender.clone(), inbox));
        sender
    }
}

impl Carrier {
    /// Listens on a free loopback port; `platform` is where calls of the test phone go. Its media is where the gateway expects media
    /// sessions, `media_ip`, which is loopback's for any address.
    pub(crate) async fn start(
        app: Arc<App>,
        platform: SocketAddr,
        gateway: flexio_webrtc::Gateway,
        media_ip: IpAddr,
    ) -> Result<Self, StartError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sockets =
            SipSockets::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
        let local = sockets.local;
        let owner: Arc<std::sync::OnceLock<std::sync::Weak<Shared>>> = Arc::default();
        let sink_owner = Arc::clone(&owner);
        let sink = media::EventSink::new(move |event| {
            let shared = sink_owner.get().and_then(std::sync::Weak::upgrade);
            if let (Some(token), Some(shared)) = (crate::media_token(&event), shared) {
                let owner = shared.owners.lock().expect("no panic while held").get(&token).cloned();
                if let Some(owner) = owner {
                    owner.tell(CallInput::Media(event));
                }
            }
            Ok(())
        });
        let config = media::MediaConfig {
            threads: 1,
            max_sessions: 1_000,
            ports: 50_000..=59_999,
            bind_ip: if media_ip.is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { media_ip },
            ..media::MediaConfig::default()
        };
        let media = Media::start(config, sink).map_err(StartError::Media)?;
        let shared = Arc::new(Shared {
            app,
            local,
            platform,
            media,
            sip: std::sync::OnceLock::new(),
            owners: Mutex::default(),
            tokens: std::sync::atomic::AtomicU64::new(1),
            hands: Mutex::default(),
            gateway,
        });
        let _ = owner.set(Arc::downgrade(&shared));
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| StartError::Random)?;
        let config = sip::Config {
            locals: vec![
                sip::Local::new(sip::Transport::Udp, local),
                sip::Local::new(sip::Transport::Tcp, local),
            ],
            user_agent: "flexio sandbox carrier".to_owned(),
            ..sip::Config::default()
        };
        let handle = crate::sip_shell::start(
            sockets,
            sip::Endpoint::new(config, seed),
            Instant::now(),
            Arc::new(Door(Arc::clone(&shared))),
            crate::ladders::Ladders::default(),
        );
        let _ = shared.sip.set(handle);
        Ok(Self { shared })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.shared.local
    }

    /// Calls a number of the platform over real SIP and RTP and plays a script; returns when the call is over.
    pub async fn call(&self, script: Script) -> Report {
        let (sender, inbox) = mpsc::channel(INBOX);
        let sender = CallSender(sender);
        let mut phone = Phone::new(Arc::clone(&self.shared), sender, inbox);
        phone.place(&script).await
    }
}

impl Shared {
    /// Tells a call of a handset what is wanted of it.
    fn wish(&self, sid: HandsetCallSid, wish: Wish) -> Result<(), HandsetFault> {
        let hands = self.hands.lock().expect("no panic while held");
        let hand = hands.get(&sid).ok_or(HandsetFault::WrongState)?;
        hand.try_send(wish).map_err(|_| HandsetFault::WrongState)
    }

    fn sip(&self) -> &SipHandle {
        self.sip.get().expect("set before anything can call")
    }
}

/// One call of the sandbox, either way.
struct Phone {
    shared: Arc<Shared>,
    sender: CallSender,
    inbox: mpsc::Receiver<CallInput>,
    token: u64,
    session: Option<Session>,
    local: Option<LocalMedia>,
    leg: Option<sip::LegId>,
    /// The call of a handset that may be taken in hand.
    hand: Option<Hand>,
    /// The browser that speaks and hears for it.
    sound: Option<Sound>,
}

/// How waiting in a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stayed {
    /// The time is over.
    Time,
    /// The other end has gone.
    Gone,
    /// Whoever has the handset in hand takes the call.
    Taken,
    /// They do not want it, or no more.
    Left,
}

impl Phone {
    fn new(shared: Arc<Shared>, sender: CallSender, inbox: mpsc::Receiver<CallInput>) -> Self {
        let token = shared.tokens.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        shared.owners.lock().expect("no panic while held").insert(token, sender.clone());
        Self { shared, sender, inbox, token, session: None, local: None, leg: None, hand: None, sound: None }
    }

    fn open(&mut self) -> Option<LocalMedia> {
        let session = self.shared.media.open(self.token, SessionOptions::default()).ok()?;
        let mut local = LocalMedia::new(self.token, session.local_rtp);
        local.rtcp_port = session.local_rtcp.port();
        self.session = Some(session);
        self.local = Some(local.clone());
        Some(local)
    }

    fn media(&self, command: Command) {
        if let Some(session) = self.session {
            let _ = self.shared.media.send(session.id, command);
        }
    }

    /// Ends media and waits until a recording is on disk.
    async fn close(&mut self, is_recording: bool) -> Option<std::path::PathBuf> {
        self.sound = None;
        self.media(Command::StopRecord);
        self.media(Command::Close);
        let mut heard = None;
        let mut is_closed = false;
        let until = Instant::now() + Duration::from_secs(5);
        // The file may be complete before the session is closed or after.
        while (!is_closed || (is_recording && heard.is_none()))
            && let Ok(Some(input)) = tokio::time::timeout_at(until, self.inbox.recv()).await
        {
            match input {
                CallInput::Media(media::Event::RecordDone {
                    saved: Ok(media::Saved::File { path, .. }),
                    ..
                }) => heard = Some(path),
                CallInput::Media(media::Event::Closed { .. }) => is_closed = true,
                _ => {}
            }
        }
        self.session = None;
        self.shared.owners.lock().expect("no panic while held").remove(&self.token);
        heard
    }

    async fn place(&mut self, script: &Script) -> Report {
        let mut report = Report::default();
        let started = Instant::now();
        let Some(offer) = self.invite(&script.from, &script.to).await else { return report };
        let Some(leg) = self.leg else { return report };
        let mut answered = None;
        loop {
            let input = tokio::time::timeout_at(started + script.patience, self.inbox.recv()).await;
            let Ok(Some(input)) = input else {
                self.shared.sip().order(Order::Bye { leg, reason: None }).await;
                break;
            };
            let CallInput::Sip { event, .. } = input else { continue };
            match *event {
                sip::Event::Answered { response, .. } => {
                    report.status = 200;
                    report.answered_after_ms = u64::try_from(started.elapsed().as_millis()).ok();
                    answered = Some(Instant::now());
                    self.talk(&offer, &response, script);
                }
                sip::Event::Failed { status, .. } => report.status = status,
                sip::Event::Ended { cause, .. } => {
                    report.hung_up_by_platform = matches!(cause, sip::EndCause::RemoteBye { .. });
                    break;
                }
                _ => {}
            }
        }
        report.talked_ms =
            answered.map_or(0, |at| u64::try_from(at.elapsed().as_millis()).unwrap_or(u64::MAX));
        report.heard = self.close(answered.is_some() && script.record_to.is_some()).await;
        report
    }

    /// Calls a number of the platform; the offer it made.
    async fn invite(&mut self, from: &str, to: &str) -> Option<Sdp> {
        let local = self.open()?;
        let offer = flexio_sdp::offer(&local);
        let platform = self.shared.platform;
        let uri = Uri::sip(Some(to), &platform.ip().to_string(), Some(platform.port())).ok()?;
        let from = Uri::sip(Some(from), "127.0.0.1", None).ok()?;
        let body = offer.to_string().into_bytes();
        let request = sip::InviteRequest::new(uri, NameAddr::new(from), Destination::udp(platform), body);
        self.leg = Some(self.shared.sip().invite(request, self.sender.clone(), None).await.ok()?);
        Some(offer)
    }

    /// Media flows as offer and answer say; false when they do not fit.
    fn agree(&self, offer: &Sdp, response: &sip::Message) -> bool {
        let answer = response.sdp().and_then(|sdp| flexio_sdp::parse(sdp).ok());
        let (Some(answer), Some(local)) = (answer, &self.local) else { return false };
        let Ok(agreed) = flexio_sdp::accept_answer(offer, &answer, local) else { return false };
        self.media(Command::SetRemote(agreed));
        true
    }

    fn talk(&self, offer: &Sdp, response: &sip::Message, script: &Script) {
        if !self.agree(offer, response) {
            return;
        }
        if let Some(dir) = &script.record_to {
            self.media(Command::StartRecord(hearing(dir)));
        }
        // The person on the phone talks without pause, so that whoever records hears somebody.
        let (says, loops) = script
            .says
            .clone()
            .map_or_else(|| (hum(voice_hz(&script.from)), 0), |says| (Prompt::new(says), 1));
        self.media(Command::Play {
            play_id: 1,
            source: PlaySource::Prompt(says),
            loops,
            mode: PlayMode::Replace,
        });
        if !script.digits.is_empty() {
            self.media(Command::SendDtmf { digits: script.digits.clone() });
        }
    }

    /// Answers an INVITE; false when its description cannot be answered.
    async fn answer(&mut self, leg: sip::LegId, offer: &[u8]) -> bool {
        let Some(local) = self.open() else { return false };
        let answered =
            flexio_sdp::parse(offer).ok().and_then(|offer| flexio_sdp::answer(&offer, &local).ok());
        let Some((sdp, agreed)) = answered else { return false };
        self.media(Command::SetRemote(agreed));
        let sdp = sdp.to_string().into_bytes();
        self.shared.sip().order(Order::Answer { leg, sdp, headers: ExtraHeaders::new() }).await;
        true
    }

    /// Waits for the end of the call or of `length`, or for whoever has the handset in hand; keys are given to `on_key`.
    async fn stay(&mut self, length: Duration, mut on_key: impl FnMut(&Self, char)) -> Stayed {
        let until = Instant::now() + length;
        loop {
            match self.next(until).await {
                Next::Time => return Stayed::Time,
                Next::Gone => return Stayed::Gone,
                Next::Input(CallInput::Media(media::Event::Dtmf { digit, .. })) => {
                    self.heard(digit);
                    on_key(self, digit);
                }
                Next::Input(CallInput::Sip { event, .. }) if matches!(*event, sip::Event::Ended { .. }) => {
                    return Stayed::Gone;
                }
                Next::Input(_) => {}
                Next::Wish(Wish::Act(HandsetAct::Answer)) => return Stayed::Taken,
                Next::Wish(Wish::Act(HandsetAct::Decline | HandsetAct::HangUp)) => return Stayed::Left,
                Next::Wish(Wish::Act(HandsetAct::Keys(digits))) => self.media(Command::SendDtmf { digits }),
                Next::Wish(Wish::Act(HandsetAct::Say(samples))) => self.say(samples),
                Next::Wish(Wish::Join(offer, reply)) => self.join(&offer, reply),
            }
        }
    }

    fn say(&self, samples: Vec<i16>) {
        let source = PlaySource::Prompt(Prompt::new(samples));
        self.media(Command::Play { play_id: 2, source, loops: 1, mode: PlayMode::Replace });
        // A phone is never still on the wire; with a browser in the call that one speaks on.
        if self.sound.is_none() {
            self.media(play(silence(), PlayMode::Queue));
        }
    }
}

/// What happens next to a phone.
enum Next {
    Input(CallInput),
    Wish(Wish),
    Time,
    Gone,
}

fn play(source: Prompt, mode: PlayMode) -> Command {
    Command::Play { play_id: 1, source: PlaySource::Prompt(source), loops: 0, mode }
}

fn silence() -> Prompt {
    Prompt::new(vec![0; 8_000])
}

/// Everything the phone hears, up to ten minutes.
fn hearing(dir: &std::path::Path) -> Record {
    Record {
        record_id: 1,
        sink: RecordSink::Wav { dir: dir.to_owned() },
        max_ms: 600_000,
        silence_ms: 0,
        stop_keys: String::new(),
        beep: false,
        trim: false,
        channels: RecordChannels::Caller,
    }
}

/// What the sandbox carrier is recognised by.
const CARRIER_HZ: u16 = 440;

/// The voice of a phone, by the last digit of its number, so that it can be told who hears whom: 600 Hz for 0 to 1 500 Hz for 9.
pub fn voice_hz(number: &str) -> u16 {
    let digit = number.chars().last().and_then(|digit| digit.to_digit(10)).unwrap_or(0);
    600 + 100 * u16::try_from(digit).unwrap_or(0)
}

/// One second of a tone at −12 dBFS.
fn hum(hz: u16) -> Prompt {
    let sample = |n: u16| (f32::from(n) * f32::from(hz) * std::f32::consts::TAU / 8_000.0).sin() * 8_192.0;
    #[expect(clippy::cast_possible_truncation, reason = "within ±8192 by the factor")]
    let pcm: Vec<i16> = (0..8_000).map(|n| sample(n) as i16).collect();
    Prompt::new(pcm)
}

async fn take_call(
    shared: Arc<Shared>,
    incoming: sip::Incoming,
    sender: CallSender,
    inbox: mpsc::Receiver<CallInput>,
) {
    let leg = incoming.leg;
    let called = incoming.request.request_uri().ok().and_then(|uri| uri.user_decoded()).unwrap_or_default();
    let behaviour = Behaviour::of(&called);
    let mut phone = Phone::new(Arc::clone(&shared), sender, inbox);
    phone.hand = Hand::called(&shared, &called, &incoming.request);
    let unanswered = match behaviour.refusal() {
        Some((status, seen)) => {
            shared.sip().order(refusal(leg, status)).await;
            seen
        }
        None => phone.take(&incoming, behaviour).await,
    };
    phone.let_go(unanswered);
    phone.close(false).await;
}

fn refusal(leg: sip::LegId, status: u16) -> Order {
    Order::Reject { leg, status, headers: ExtraHeaders::new() }
}

impl Behaviour {
    /// The status of a network that lets no call through, and how the handset sees it.
    const fn refusal(self) -> Option<(u16, CallStatus)> {
        match self {
            Self::Busy => Some((486, CallStatus::Busy)),
            Self::Unknown => Some((404, CallStatus::Failed)),
            Self::Decline => Some((603, CallStatus::Busy)),
            Self::OutOfOrder => Some((503, CallStatus::Failed)),
            Self::Answer | Self::Echo | Self::NoAnswer | Self::ShortCall => None,
        }
    }
}

impl Phone {
    /// Rings, and answers when it is its turn. How the call ended where it was not answered.
    async fn take(&mut self, incoming: &sip::Incoming, behaviour: Behaviour) -> CallStatus {
        let (leg, shared) = (incoming.leg, Arc::clone(&self.shared));
        shared.sip().order(Order::Ring { leg, status: 180, sdp: None }).await;
        let by_hand = self.hand.as_ref().is_some_and(|hand| hand.answering(&shared) == Answering::ByHand);
        let waits = by_hand || behaviour == Behaviour::NoAnswer;
        let ringing = if waits { Duration::from_secs(180) } else { Duration::from_millis(500) };
        match self.stay(ringing, |_, _| {}).await {
            Stayed::Gone => return CallStatus::NoAnswer,
            Stayed::Left => {
                shared.sip().order(refusal(leg, 486)).await;
                return CallStatus::Busy;
            }
            Stayed::Time if waits => {
                shared.sip().order(refusal(leg, 480)).await;
                return CallStatus::NoAnswer;
            }
            Stayed::Time | Stayed::Taken => {}
        }
        let offer = incoming.request.sdp().map(<[u8]>::to_vec).unwrap_or_default();
        if !self.answer(leg, &offer).await {
            shared.sip().order(refusal(leg, 488)).await;
            return CallStatus::Failed;
        }
        self.note_answer();
        if by_hand {
            self.media(play(silence(), PlayMode::Replace));
            self.stay(handset::TALK_MAX, |_, _| {}).await;
        } else {
            self.converse(behaviour).await;
        }
        shared.sip().order(Order::Bye { leg, reason: None }).await;
        CallStatus::Completed
    }

    /// As the number says.
    async fn converse(&mut self, behaviour: Behaviour) {
        let length = Duration::from_secs(if behaviour == Behaviour::ShortCall { 2 } else { 60 });
        if behaviour == Behaviour::Echo
            && let Some(session) = self.session
        {
            // A session bridged with itself hears what it says.
            self.media(Command::Bridge { peer: session.id, relay_dtmf: false });
        } else {
            self.media(play(hum(CARRIER_HZ), PlayMode::Replace));
        }
        let echo_keys = behaviour != Behaviour::Echo;
        self.stay(length, |phone, digit| {
            if echo_keys {
                phone.media(Command::SendDtmf { digits: digit.to_string() });
            }
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::{Behaviour, voice_hz};

    #[test]
    fn each_phone_has_a_voice_of_its_own() {
        assert_eq!([voice_hz("+32470123456"), voice_hz("+32470123450"), voice_hz("")], [1_200, 600, 600]);
    }

    #[test]
    fn the_last_four_digits_decide() {
        assert_eq!(Behaviour::of("+32470000001"), Behaviour::Busy);
        assert_eq!(Behaviour::of("+32470000007"), Behaviour::Echo);
        assert_eq!(Behaviour::of("+32470123456"), Behaviour::Answer);
        assert_eq!(Behaviour::of("12"), Behaviour::Answer);
    }
}
