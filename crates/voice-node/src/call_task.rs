//! The task of one call: it owns the machine and its legs, takes inputs one at a time and carries out what the machine says.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use flexio_app::ControlError;
use flexio_app::recordings::RecordingTerms;
use flexio_domain::{AccountSid, CallSid, RecordingSid, StreamSid, TranscriptionSid};
use flexio_media as media;
use flexio_outbound::{CookieJar, Signer};
use flexio_sip as sip;
use flexio_store::{ChangeSet, TimelineEntry};
use flexio_voice::{self as voice, Action, LegId};
use tokio::sync::{mpsc, oneshot};

use crate::documents::{self, Cookies};
use crate::input::{CallInput, CallSender};
use crate::keep::take_changes;
use crate::leg::Leg;
use crate::listening::Listenings;
use crate::node::Node;
use crate::queues::Slot;
use crate::recordings::Recordings;
use crate::rooms::Seat;
use crate::saver::Saver;
use crate::sip_shell::Order;
use crate::streams::Streams;

/// Sids are random; the machine takes them from here so that its tests can count.
pub(crate) struct RandomSids;

impl voice::Sids for RandomSids {
    fn call(&mut self) -> String {
        CallSid::new().to_string()
    }

    fn recording(&mut self) -> String {
        RecordingSid::new().to_string()
    }

    fn transcription(&mut self) -> String {
        TranscriptionSid::new().to_string()
    }

    fn stream(&mut self) -> String {
        StreamSid::new().to_string()
    }
}

/// A change that was carried out, and who waits for the answer.
type Reply = (oneshot::Sender<Result<(), ControlError>>, Result<(), ControlError>);

/// One call.
pub(crate) struct CallTask {
    pub(crate) node: Arc<Node>,
    pub(crate) sid: CallSid,
    pub(crate) account: AccountSid,
    pub(crate) machine: voice::Call,
    pub(crate) sender: CallSender,
    pub(crate) inbox: mpsc::Receiver<CallInput>,
    pub(crate) legs: HashMap<LegId, Leg>,
    pub(crate) prompts: HashMap<voice::PromptId, crate::playing::Playing>,
    pub(crate) verbs: crate::verb_records::Verbs,
    pub(crate) recordings: Recordings,
    pub(crate) streams: Streams,
    pub(crate) listenings: Listenings,
    /// Places in conferences; what is left here when the call ends is given up by its drop.
    pub(crate) seats: HashMap<LegId, Seat>,
    /// The same in queues.
    pub(crate) slots: HashMap<LegId, Slot>,
    pub(crate) cookies: HashMap<LegId, Cookies>,
    pub(crate) signer: Arc<Signer>,
    /// What recordings are made with; `None` where that could not be read: then none can be made.
    pub(crate) recording_terms: Option<RecordingTerms>,
    pub(crate) unsaved: ChangeSet,
    pub(crate) saver: Saver,
    /// Timeline entries so far, and those not saved yet.
    pub(crate) timeline: u32,
    pub(crate) entries: Vec<TimelineEntry>,
    pub(crate) callbacks: u32,
    /// Changes asked for over the API, answered when what follows from them is saved.
    pub(crate) replies: Vec<Reply>,
    /// Events found while actions were carried out: they are next.
    pub(crate) found: VecDeque<voice::Event>,
    /// Legs that are calls of their own now: what still comes here for them is passed on.
    pub(crate) moved: Vec<(sip::LegId, CallSender)>,
    /// A flow has asked for the call, or answers it: it is told of the end.
    pub(crate) runs_flow: bool,
}

impl CallTask {
    pub(crate) async fn new(
        node: Arc<Node>,
        sid: CallSid,
        facts: voice::CallFacts,
        sender: CallSender,
        inbox: mpsc::Receiver<CallInput>,
    ) -> Box<Self> {
        let limits =
            voice::Limits { max_call_s: node.config.calls.max_duration_s, ..voice::Limits::default() };
        let account = facts.leg.account_sid.parse().expect("the facts were made from a typed sid");
        let runs_flow =
            matches!(&facts.source, voice::Source::Url(target) if documents::is_flow(&node.app, &target.url));
        let mut task = Self::with(node, (account, sid), voice::Call::new(facts, limits), sender, inbox).await;
        task.runs_flow = runs_flow;
        task
    }

    /// The task of a machine that exists. Boxed: it is handed from task to task, and kilobytes would be copied each time.
    pub(crate) async fn with(
        node: Arc<Node>,
        (account, sid): (AccountSid, CallSid),
        machine: voice::Call,
        sender: CallSender,
        inbox: mpsc::Receiver<CallInput>,
    ) -> Box<Self> {
        let signer = node.signer(account).await;
        let recording_terms = node.app.recording_terms(account).await;
        if let Err(error) = &recording_terms {
            tracing::warn!(call_sid = %sid, %error, "recording_terms_not_read");
        }
        let saver = Saver::start(Arc::clone(&node.app), sid.to_string());
        Box::new(Self {
            node,
            sid,
            account,
            machine,
            sender,
            inbox,
            legs: HashMap::new(),
            prompts: HashMap::new(),
            verbs: crate::verb_records::Verbs::default(),
            recordings: Recordings::default(),
            streams: Streams::default(),
            listenings: Listenings::default(),
            seats: HashMap::new(),
            slots: HashMap::new(),
            cookies: HashMap::new(),
            signer,
            recording_terms: recording_terms.ok(),
            unsaved: ChangeSet::new(),
            saver,
            timeline: 0,
            entries: Vec::new(),
            callbacks: 0,
            replies: Vec::new(),
            found: VecDeque::from([voice::Event::Start]),
            moved: Vec::new(),
            runs_flow: false,
        })
    }

    /// Runs until the machine is done and everything is saved.
    pub(crate) async fn run(mut self: Box<Self>) {
        let mut actions = Vec::new();
        loop {
            while let Some(event) = self.found.pop_front() {
                self.machine.handle(self.node.now(), event, &mut RandomSids, &mut actions);
                self.perform(&mut actions).await;
            }
            if !self.replies.is_empty() {
                self.save_all(true).await;
            }
            for (reply, result) in self.replies.drain(..) {
                let _ = reply.send(result);
            }
            if self.machine.is_done() {
                break;
            }
            match self.next_input().await {
                Some(input) => self.translate(input).await,
                None => self.found.push_back(voice::Event::Timeout),
            }
        }
        self.finish().await;
    }

    /// The next input; `None` when the machine's deadline has come.
    async fn next_input(&mut self) -> Option<CallInput> {
        let deadline = self.machine.deadline().map(|at| self.node.epoch + at);
        match deadline {
            Some(at) => tokio::select! {
                biased;
                input = self.inbox.recv() => input,
                () = tokio::time::sleep_until(at) => None,
            },
            None => self.inbox.recv().await,
        }
    }

    /// From what the shells tell to what the machine knows.
    async fn translate(&mut self, input: CallInput) {
        match input {
            CallInput::Voice(event) => {
                self.out_of_the_room(&event);
                self.found.push_back(*event);
            }
            CallInput::Fetched { leg, facts, asked, event } => {
                self.trace_request(leg, facts, asked);
                self.found.push_back(*event);
            }
            CallInput::JoinAgain(join) => self.join_again(*join),
            CallInput::Media(media::Event::Alarm { token, alarms }) => self.media_alarm(token, alarms).await,
            CallInput::Media(event) => self.media_event(event),
            CallInput::Typed { token, text } => self.typed(token, text),
            CallInput::Shown { leg, text } => self.show(leg, &text),
            CallInput::Sip { leg, event } => match self.moved.iter().find(|(moved, _)| *moved == leg) {
                Some((_, owner)) => owner.clone().answer(CallInput::Sip { leg, event }).await,
                None => self.sip_event(leg, *event).await,
            },
            CallInput::Replace { leg, asked } => match self.moved.iter().find(|(moved, _)| *moved == leg) {
                Some((_, owner)) => owner.clone().answer(CallInput::Replace { leg, asked }).await,
                None => self.replaced(leg, *asked).await,
            },
            CallInput::Transferred { leg, sip, document, with } => {
                self.transferred(leg, sip, *document, with).await;
            }
            CallInput::Change { call, change, reply } => {
                let result = self.change(call, *change);
                self.replies.push((reply, result));
            }
            CallInput::Prompt { prompt, leg, times, result } => self.prompt_ready(prompt, leg, times, result),
        }
    }

    fn media_event(&mut self, event: media::Event) {
        match event {
            media::Event::Dtmf { token, digit, .. } => {
                if let (Some(leg), Some(key)) =
                    (self.leg_of_token(token), flexio_markup::Key::from_char(digit))
                {
                    self.stream_digit(leg, digit);
                    self.found.push_back(voice::Event::Digit { leg, key });
                }
            }
            media::Event::PlayDone { play_id, finished, .. } => self.play_done(play_id, finished),
            media::Event::DtmfSent { token } => self.digits_sent(token),
            media::Event::RecordDone { record_id, end: _, duration_ms, saved, empty, lost_ms, token: _ } => {
                self.record_done(record_id, duration_ms, saved, empty, lost_ms);
            }
            media::Event::RtpTimeout { token, .. } => {
                if let Some(leg) = self.leg_of_token(token) {
                    metrics::counter!("voice_media_lost_total").increment(1);
                    self.found.push_back(voice::Event::LegHungUp { leg });
                    self.bye_later(leg);
                }
            }
            media::Event::Talking { token, talking } => {
                let seat = self.leg_of_token(token).and_then(|leg| self.seats.get(&leg));
                if let Some(seat) = seat {
                    seat.speech(talking);
                }
            }
            media::Event::Closed { token, stats } => self.media_closed(token, &stats),
            media::Event::MediaStarted { .. }
            | media::Event::ForeignPackets { .. }
            // Of a call that is over: its figures come at once.
            | media::Event::Alarm { .. }
            | media::Event::Overflow { .. } => {}
        }
    }

    fn bye_later(&mut self, leg: LegId) {
        if let Some(sip) = self.legs.get(&leg).and_then(|leg| leg.sip) {
            let handle = self.node.sip().clone();
            tokio::spawn(async move { handle.order(Order::Bye { leg: sip, reason: None }).await });
        }
    }

    pub(crate) fn leg_of_token(&self, token: u64) -> Option<LegId> {
        self.legs.iter().find(|(_, leg)| leg.token == token).map(|(id, _)| *id)
    }

    pub(crate) fn leg_of_sip(&self, sip: sip::LegId) -> Option<LegId> {
        self.legs.iter().find(|(_, leg)| leg.sip == Some(sip) || leg.forks.contains(&sip)).map(|(id, _)| *id)
    }

    pub(crate) fn cookies_of(&mut self, leg: LegId) -> Cookies {
        Arc::clone(
            self.cookies.entry(leg).or_insert_with(|| Arc::new(tokio::sync::Mutex::new(CookieJar::new()))),
        )
    }

    /// After the machine's last action: media is closed, recordings that are still being written are awaited, and everything is saved. The
    /// end of the call goes into one transaction with the figures of its media where they come at once, as they do unless the media
    /// threads are behind.
    async fn finish(mut self: Box<Self>) {
        let now = tokio::time::Instant::now();
        for leg in self.legs.values_mut() {
            leg.close_media(&self.node.media);
        }
        self.await_figures(now + FIGURES_SOON).await;
        if self.has_urgent_changes() {
            self.save_all(false).await;
        }
        self.await_figures(now + FIGURES_WAIT).await;
        while self.recordings.is_running() && self.media_input(now + RECORDINGS_WAIT).await {}
        self.save_late_recordings();
        for leg in self.legs.values() {
            self.node.forget_token(leg.token);
        }
        let last = take_changes(&mut self.legs, &mut self.unsaved, &mut self.entries);
        self.saver.finish((!last.is_empty()).then_some(last)).await;
        if self.runs_flow {
            tell_flow(&self.node, self.account, self.sid).await;
        }
    }

    async fn await_figures(&mut self, until: tokio::time::Instant) {
        while self.legs.values().any(|leg| leg.media_closing) && self.media_input(until).await {}
    }

    /// Takes one more input, of which only media counts any more; whether there was one before `until`.
    async fn media_input(&mut self, until: tokio::time::Instant) -> bool {
        match tokio::time::timeout_at(until, self.inbox.recv()).await {
            Ok(Some(CallInput::Media(event))) => self.media_event(event),
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return false,
        }
        true
    }
}

/// Tells the flow of a call that it is over. Where that fails it is found out within minutes, by the call's own record.
async fn tell_flow(node: &Node, account: AccountSid, sid: CallSid) {
    let told = async {
        let call = node.app.store.call(account, sid).await?;
        let status = call.map_or("completed", |call| call.status.as_str());
        node.app.flow_call_ended(account, sid, status).await
    };
    if let Err(error) = told.await {
        tracing::warn!(call_sid = %sid, %error, "flow_not_told_of_the_end");
    }
}

/// How long the end of a call waits for the figures of its media before it is saved without them, and before it gives them up. They come
/// within milliseconds.
const FIGURES_SOON: Duration = Duration::from_millis(25);
const FIGURES_WAIT: Duration = Duration::from_millis(500);
/// How long it waits for its recordings to be written.
const RECORDINGS_WAIT: Duration = Duration::from_secs(60);

/// Splits what the machine says into what must be on disk first and what is done.
pub(crate) fn must_be_saved_first(action: &Action) -> bool {
    // The start mark of a leg that will be charged: answering, and calling somebody.
    matches!(action, Action::Answer { .. } | Action::Dial(_))
}
