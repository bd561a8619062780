//! `<Enqueue>` and `<Dial><Queue>`: one call's part in a queue, on either side. The queue itself is [`crate::Queue`].

mod transfer;

use std::time::Duration;

use flexio_markup::{Dial, Enqueue, Key, Kind, QueueNoun, QueueSide, RecordMode, Target, resolve};

use crate::actions::{Action, Callback, CallbackKind, LegId, Purpose, RecordingId, RecordingSource, Source};
use crate::context::{Context, FinishedRecording, RecordingPlan};
use crate::facts::LegStatus;
use crate::params::{self, Params, QueuePlace};
use crate::queue::{EnterQueue, Place, QueueNews};
use crate::record::resolved;
use crate::script::{Ending, Input, LegNews, Outcome, Script};
use crate::wait::{Wait, WaitSource, Waited};

/// Who waits in a queue, or serves it.
#[derive(Debug)]
pub(crate) struct Queueing {
    leg: LegId,
    side: QueueSide,
    verb: QueueVerb,
    action: Option<Target>,
    wait: WaitSource,
    /// `referUrl`, absolute: where the other one goes when this one's phone asks for a transfer.
    refer: Option<Target>,
    hangup_on_star: bool,
    time_limit_s: u32,
    record: Option<RecordingPlan>,
    queue_sid: String,
    name: String,
    place: Option<Place>,
    peer: Option<String>,
    /// How long the one who waited has waited, once it was matched.
    waited_s: Option<u64>,
    stage: Stage,
    /// `timeout` of a `<Dial>`: until it is connected.
    patience: Option<Duration>,
    /// The conversation lasts so long at most.
    talk_until: Option<Duration>,
    talk_since: Option<Duration>,
    talked: Duration,
    recording: Option<RecordingId>,
    finished: Option<FinishedRecording>,
}

/// The verb, which decides how the outcome is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum QueueVerb {
    Enqueue,
    Dial,
}

#[derive(Debug)]
enum Stage {
    /// The queue has not answered.
    Entering {
        until: Duration,
    },
    Waiting(Wait),
    /// Hears what is to be heard before it is connected.
    Joining(Box<Script>),
    /// Has heard it.
    Ready,
    Talking,
    /// All over but for the recording, whose URL the action tells.
    Closing(Ended),
    Out,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Connected, and the conversation is over.
    Bridged,
    /// The call's party hung up while it waited.
    HangUp,
    Left,
    Full,
    /// Nobody came in time.
    NoAnswer,
    /// The queue did not answer, or is no more.
    Error,
    Redirected,
    RedirectedFromBridged,
}

impl Ended {
    /// As `QueueResult` spells it.
    fn as_str(self) -> &'static str {
        match self {
            Self::Bridged => "bridged",
            Self::HangUp => "hangup",
            Self::Left => "leave",
            Self::Full => "queue-full",
            Self::NoAnswer | Self::Error => "system-error",
            Self::Redirected => "redirected",
            Self::RedirectedFromBridged => "redirected-from-bridged",
        }
    }

    /// The word of `DialCallStatus`.
    fn dial_status(self) -> LegStatus {
        match self {
            Self::Bridged | Self::RedirectedFromBridged => LegStatus::Completed,
            Self::HangUp | Self::Redirected => LegStatus::Canceled,
            Self::NoAnswer | Self::Left => LegStatus::NoAnswer,
            Self::Full => LegStatus::Busy,
            Self::Error => LegStatus::Failed,
        }
    }
}

/// What differs between the two verbs.
struct Plan {
    verb: QueueVerb,
    side: QueueSide,
    name: String,
    priority: u32,
    action: Option<Target>,
    wait: Option<Target>,
    join: Option<Target>,
    peer_join: Option<Target>,
    rejoin: bool,
}

impl Queueing {
    pub fn enqueue(ctx: &mut Context<'_>, verb: &Enqueue, base_url: &str, line: u32) -> Self {
        let plan = Plan {
            verb: QueueVerb::Enqueue,
            side: verb.side,
            name: verb.name.clone(),
            priority: verb.priority,
            action: verb.action.clone(),
            wait: verb.wait.clone(),
            join: verb.join.clone(),
            peer_join: None,
            rejoin: verb.rejoin && verb.side == QueueSide::Serving,
        };
        Self::begin(ctx, plan, base_url, line)
    }

    pub fn dial(ctx: &mut Context<'_>, dial: &Dial, noun: &QueueNoun, base_url: &str, line: u32) -> Self {
        let plan = Plan {
            verb: QueueVerb::Dial,
            side: noun.side,
            name: noun.name.clone(),
            priority: noun.priority,
            action: dial.action.clone(),
            wait: noun.wait.clone(),
            join: noun.join.clone(),
            peer_join: noun.url.clone(),
            rejoin: false,
        };
        let mut queueing = Self::begin(ctx, plan, base_url, line);
        queueing.patience = Some(ctx.after(dial.timeout_s));
        queueing.refer = transfer::document(ctx, queueing.leg, dial, base_url, line);
        queueing.hangup_on_star = dial.hangup_on_star;
        queueing.time_limit_s = dial.time_limit_s;
        let callback = resolved(ctx, queueing.leg, dial.recording_callback.clone(), base_url, line);
        queueing.record = (dial.record != RecordMode::Off).then(|| RecordingPlan {
            leg: queueing.leg,
            source: RecordingSource::DialVerb,
            purpose: dial.recording_purpose,
            channels: dial.record.channels(),
            track: dial.recording_track,
            max_length_s: ctx.base.limits.max_call_s,
            silence_timeout_s: None,
            trim: dial.trim,
            callback,
        });
        queueing
    }

    fn begin(ctx: &mut Context<'_>, plan: Plan, base_url: &str, line: u32) -> Self {
        let leg = LegId::FIRST;
        ctx.answer(leg);
        let url = |ctx: &mut Context<'_>, target: Option<Target>, what: &str| {
            let target = target.filter(|target| !target.url.is_empty())?;
            match resolve(base_url, &target.url) {
                Ok(url) => Some(Target { url, ..target }),
                Err(error) => {
                    ctx.warn(leg, line, 11_100, format!("{what}: {error}"));
                    None
                }
            }
        };
        let wait = url(ctx, plan.wait, "waitUrl");
        let join = url(ctx, plan.join, "joinUrl");
        let peer_join = url(ctx, plan.peer_join, "url");
        // One that leads nowhere is reported when it is asked.
        let action = plan.action.map(|action| Target {
            url: resolve(base_url, &action.url).unwrap_or(action.url),
            method: action.method,
        });
        let until = ctx.after(ctx.base.limits.answer_s);
        ctx.push(Action::EnterQueue(Box::new(EnterQueue {
            leg,
            call_sid: ctx.base.first().facts.call_sid.clone(),
            queue: plan.name,
            side: plan.side,
            priority: plan.priority,
            join,
            peer_join,
            rejoin: plan.rejoin,
        })));
        Self {
            leg,
            side: plan.side,
            verb: plan.verb,
            action,
            wait: WaitSource::of(wait),
            refer: None,
            hangup_on_star: false,
            time_limit_s: Dial::TIME_LIMIT_S,
            record: None,
            queue_sid: String::new(),
            name: String::new(),
            place: None,
            peer: None,
            waited_s: None,
            stage: Stage::Entering { until },
            patience: None,
            talk_until: None,
            talk_since: None,
            talked: Duration::ZERO,
            recording: None,
            finished: None,
        }
    }

    /// What goes with the requests of its documents.
    fn params(&self, ctx: &Context<'_>) -> Params {
        params::in_queue(&QueuePlace {
            queue_sid: &self.queue_sid,
            name: &self.name,
            place: self.place.as_ref().filter(|_| self.side == QueueSide::Waiting),
            waited_s: self.queue_time(ctx),
            peer: self.peer.as_deref().filter(|_| self.side == QueueSide::Waiting),
        })
    }

    /// Seconds it has waited, or those of the one it serves.
    fn queue_time(&self, ctx: &Context<'_>) -> u64 {
        let so_far = self.place.map(|place| ctx.now.mono.saturating_sub(place.since).as_secs());
        self.waited_s.or(so_far).unwrap_or(0)
    }

    pub fn on(&mut self, ctx: &mut Context<'_>, input: &Input) -> Outcome {
        if let Stage::Closing(ended) = self.stage {
            return self.closing(ctx, ended, input);
        }
        match input {
            Input::Gone => {
                let ended = if self.talk_since.is_some() { Ended::Bridged } else { Ended::HangUp };
                return self.leave(ctx, ended);
            }
            Input::Queue { leg, news } if *leg == self.leg => return self.news(ctx, news),
            Input::Key { leg, key } if *leg == self.leg => {
                ctx.user_acted();
                if self.hangup_on_star && *key == Key::STAR && self.talk_since.is_some() {
                    return self.leave(ctx, Ended::Bridged);
                }
            }
            Input::Leg { leg, news: LegNews::Referred { target } } if *leg == self.leg => {
                return self.transfer(ctx, target);
            }
            Input::Recorded(finished) if self.recording == Some(finished.id) => {
                self.finished = Some(finished.clone());
            }
            Input::Tick => {
                if self.talk_since.is_none() && ctx.passed(self.patience) {
                    return self.leave(ctx, Ended::NoAnswer);
                }
                if self.talk_since.is_some() && ctx.passed(self.talk_until) {
                    return self.leave(ctx, Ended::Bridged);
                }
            }
            Input::Queue { .. }
            | Input::Room { .. }
            | Input::Held { .. }
            | Input::Refer(_)
            | Input::Key { .. }
            | Input::Recorded(_)
            | Input::StreamEnded(_)
            | Input::Heard { .. }
            | Input::Prompt { .. }
            | Input::Fetched { .. }
            | Input::Messaged { .. }
            | Input::Leg { .. } => {}
        }
        self.play_on(ctx, input)
    }

    /// Hands an input to whatever is heard.
    fn play_on(&mut self, ctx: &mut Context<'_>, input: &Input) -> Outcome {
        let params = self.params(ctx);
        match &mut self.stage {
            Stage::Entering { until } => {
                let until = *until;
                if matches!(input, Input::Tick) && ctx.passed(Some(until)) {
                    ctx.error(self.leg, 12_400, "the queue did not answer", None);
                    return self.leave(ctx, Ended::Error);
                }
            }
            Stage::Waiting(wait) => match wait.on(ctx, input, &params) {
                Waited::Still => {}
                Waited::Left => return self.leave(ctx, Ended::Left),
                Waited::HangUp => {
                    self.leave(ctx, Ended::HangUp);
                    return Outcome::End(Ending::Hangup);
                }
            },
            Stage::Joining(script) => {
                if let Some(ending) = script.on(ctx, input) {
                    return self.joined(ctx, ending);
                }
            }
            Stage::Ready | Stage::Talking | Stage::Closing(_) | Stage::Out => {}
        }
        Outcome::Wait
    }

    /// The document heard before the conversation is over.
    fn joined(&mut self, ctx: &mut Context<'_>, ending: Ending) -> Outcome {
        match ending {
            // A document that failed has been reported; it must not keep the two apart.
            Ending::Finished | Ending::Failed { .. } | Ending::Limit | Ending::Left => {
                self.stage = Stage::Ready;
                ctx.push(Action::QueueReady { leg: self.leg });
                Outcome::Wait
            }
            Ending::Hangup | Ending::Rejected(_) => {
                self.leave(ctx, Ended::HangUp);
                Outcome::End(Ending::Hangup)
            }
        }
    }

    fn news(&mut self, ctx: &mut Context<'_>, news: &QueueNews) -> Outcome {
        match news {
            QueueNews::Entered { queue_sid, name, place } => {
                if matches!(self.stage, Stage::Entering { .. }) {
                    ctx.trace(self.leg, "queue-enter", queue_sid.clone());
                    self.queue_sid.clone_from(queue_sid);
                    self.name.clone_from(name);
                    self.place = Some(*place);
                    self.idle(ctx);
                }
            }
            QueueNews::Full { queue_sid } => {
                self.queue_sid.clone_from(queue_sid);
                return self.over(ctx, Ended::Full);
            }
            QueueNews::Moved { place } => self.place = Some(*place),
            QueueNews::Back { place } => {
                self.end_talk(ctx);
                (self.place, self.waited_s, self.peer) = (Some(*place), None, None);
                self.idle(ctx);
            }
            QueueNews::Matched { peer, join, waited_s } => {
                ctx.user_acted();
                self.hush(ctx);
                ctx.trace(self.leg, "queue-matched", peer.clone());
                (self.peer, self.waited_s) = (Some(peer.clone()), Some(*waited_s));
                return self.whisper(ctx, join.as_ref());
            }
            QueueNews::Connected => {
                ctx.trace(self.leg, "queue-connected", "");
                self.stage = Stage::Talking;
                self.talk_since = Some(ctx.now.mono);
                self.talk_until = Some(ctx.after(self.time_limit_s));
                self.start_recording(ctx);
            }
            QueueNews::Parted => return self.over(ctx, Ended::Bridged),
            QueueNews::Closed => return self.over(ctx, Ended::Error),
            QueueNews::Dequeued { target } => {
                self.hush(ctx);
                self.stage = Stage::Out;
                self.tell_action(ctx, Ended::Redirected);
                return Outcome::Goto {
                    reference: Some(target.url.clone()),
                    method: target.method,
                    params: Vec::new(),
                    purpose: Purpose::Modification,
                };
            }
        }
        Outcome::Wait
    }

    fn idle(&mut self, ctx: &mut Context<'_>) {
        self.hush(ctx);
        let params = self.params(ctx);
        let source = self.wait.clone();
        self.stage = Stage::Waiting(Wait::begin(ctx, self.leg, Kind::QueueWait, source, &params));
    }

    fn whisper(&mut self, ctx: &mut Context<'_>, join: Option<&Target>) -> Outcome {
        let Some(target) = join else { return self.joined(ctx, Ending::Finished) };
        let mut script = Box::new(Script::new(self.leg, Kind::QueueWait));
        script.tell(self.params(ctx));
        match script.begin(ctx, Source::Url(target.clone()), Purpose::Wait) {
            Some(ending) => self.joined(ctx, ending),
            None => {
                self.stage = Stage::Joining(script);
                Outcome::Wait
            }
        }
    }

    fn start_recording(&mut self, ctx: &mut Context<'_>) {
        let Some(plan) = self.record.clone() else { return };
        self.recording = Some(ctx.record(plan));
    }

    /// Stops what this call alone hears.
    fn hush(&mut self, ctx: &mut Context<'_>) {
        match &mut self.stage {
            Stage::Waiting(wait) => wait.stop(ctx),
            Stage::Joining(script) => script.abort(ctx),
            Stage::Entering { .. } | Stage::Ready | Stage::Talking | Stage::Closing(_) | Stage::Out => {}
        }
    }

    fn end_talk(&mut self, ctx: &mut Context<'_>) {
        if let Some(since) = self.talk_since.take() {
            self.talked += ctx.now.mono.saturating_sub(since);
        }
        self.talk_until = None;
        if let Some(recording) = self.recording.filter(|_| self.finished.is_none()) {
            ctx.stop_recording(recording);
        }
    }

    /// Leaves by itself.
    fn leave(&mut self, ctx: &mut Context<'_>, ended: Ended) -> Outcome {
        if self.inside() {
            self.hush(ctx);
            ctx.push(Action::LeaveQueue { leg: self.leg });
        }
        self.over(ctx, ended)
    }

    /// Whether it is connected.
    pub fn talks(&self) -> bool {
        matches!(self.stage, Stage::Talking)
    }

    fn inside(&self) -> bool {
        !matches!(self.stage, Stage::Closing(_) | Stage::Out)
    }

    /// Is out; with an action the end of a recording is awaited.
    fn over(&mut self, ctx: &mut Context<'_>, ended: Ended) -> Outcome {
        self.hush(ctx);
        let connected = self.talk_since.is_some();
        self.end_talk(ctx);
        let awaited = self.recording.is_some() && self.finished.is_none();
        if connected && awaited && self.action.is_some() {
            self.stage = Stage::Closing(ended);
            return Outcome::Wait;
        }
        self.stage = Stage::Out;
        self.result(ctx, ended)
    }

    fn closing(&mut self, ctx: &mut Context<'_>, ended: Ended, input: &Input) -> Outcome {
        match input {
            // Comes in any case: the shell's silence is made a failed recording.
            Input::Recorded(finished) if self.recording == Some(finished.id) => {
                self.finished = Some(finished.clone());
                self.stage = Stage::Out;
                self.result(ctx, ended)
            }
            Input::Recorded(_)
            | Input::StreamEnded(_)
            | Input::Heard { .. }
            | Input::Prompt { .. }
            | Input::Key { .. }
            | Input::Fetched { .. }
            | Input::Messaged { .. }
            | Input::Leg { .. }
            | Input::Room { .. }
            | Input::Queue { .. }
            | Input::Held { .. }
            | Input::Refer(_)
            | Input::Gone
            | Input::Tick => Outcome::Wait,
        }
    }

    fn result_params(&self, ctx: &Context<'_>, ended: Ended) -> Params {
        let talked_s = self.talked.as_secs();
        match self.verb {
            QueueVerb::Enqueue => params::enqueued(
                ended.as_str(),
                &self.queue_sid,
                self.queue_time(ctx),
                self.finished.as_ref(),
            ),
            QueueVerb::Dial => {
                params::dialled_queue(ended.dial_status(), talked_s, self.finished.as_ref(), &self.queue_sid)
            }
        }
    }

    fn result(&self, ctx: &mut Context<'_>, ended: Ended) -> Outcome {
        let Some(action) = self.action.clone() else {
            return if ctx.alive(self.leg) { Outcome::Next } else { Outcome::End(Ending::Finished) };
        };
        let params = self.result_params(ctx, ended);
        Outcome::Goto { reference: Some(action.url), method: action.method, params, purpose: Purpose::Action }
    }

    /// The document does not go on from here: the action is told all the same, and its answer ignored.
    fn tell_action(&self, ctx: &mut Context<'_>, ended: Ended) {
        let Some(action) = self.action.clone().filter(|_| self.verb == QueueVerb::Enqueue) else { return };
        let mut params = params::standard(ctx.base, self.leg);
        params.extend(self.result_params(ctx, ended));
        let (leg, url, method) = (self.leg, action.url, action.method);
        ctx.push(Action::Callback(Callback { leg, kind: CallbackKind::Queue, url, method, params }));
    }

    /// Another document takes over, or all ends.
    pub fn stop(&mut self, ctx: &mut Context<'_>) {
        if !self.inside() {
            return;
        }
        let ended = if self.talk_since.is_some() { Ended::RedirectedFromBridged } else { Ended::Redirected };
        self.hush(ctx);
        ctx.push(Action::LeaveQueue { leg: self.leg });
        self.end_talk(ctx);
        self.stage = Stage::Out;
        if ctx.alive(self.leg) {
            self.tell_action(ctx, ended);
        }
    }

    pub fn deadline(&self) -> Option<Duration> {
        let own = match &self.stage {
            Stage::Entering { until } => Some(*until),
            Stage::Waiting(wait) => wait.deadline(),
            Stage::Joining(script) => script.deadline(),
            Stage::Ready | Stage::Talking | Stage::Closing(_) | Stage::Out => None,
        };
        let patience = self.patience.filter(|_| self.talk_since.is_none() && self.inside());
        let talk = self.talk_until.filter(|_| self.inside());
        own.into_iter().chain(patience).chain(talk).min()
    }
}
