//! The machine of one call: routes events to the first leg, its document and the dialled legs.

mod credit;
mod live;

use std::time::Duration;

use flexio_markup::{Kind, RejectReason};

pub(crate) use live::ApiHold;
use live::Interjection;

use crate::actions::{
    Action, Cause, DialLeg, LegId, ListeningId, PromptId, PromptSource, Purpose, RecordingId,
    RecordingSource, RequestId, StreamId,
};
use crate::branch::failure;
use crate::context::{Base, Context, Detached, RecordingPlan};
use crate::events::{
    AnsweredBy, Event, Heard, MessageAccepted, MessageRefused, PromptError, RecordingOutcome, SipFacts,
    StreamError,
};
use crate::facts::{CallFacts, LegFacts, LegStatus, Limits, Now, Originate, Sids};
use crate::progress::{Leg, ProgressEvent};
use crate::prompts::Cues;
use crate::referring::ReferNews;
use crate::script::{Ending, Input, LegNews, Script};
use crate::stream::Origin;

/// One call with its legs and its running document.
///
/// See the crate's documentation for what the caller must do with the actions.
#[derive(Debug)]
pub struct Call {
    base: Base,
    script: Script,
    phase: Phase,
    /// The first leg rings until then (REST calls).
    ring_until: Option<Duration>,
    /// `TimeLimit` of a REST call, from the answer.
    time_limit: Option<Duration>,
    /// The document may send messages until then, after the first leg's end.
    after_until: Option<Duration>,
    /// Its leg was dialled by another call and is answered.
    detached: bool,
    /// Said to a leg over its conversation, at the API's wish.
    interjection: Option<Interjection>,
}

#[derive(Debug)]
enum Phase {
    /// Before [`Event::Start`].
    Created,
    /// A REST call is being made.
    Originating,
    /// The document of a REST call waits for who answered.
    Detecting,
    /// `SendDigits` of a REST call is being sent.
    Digits(Cues),
    /// The document runs, or has ended and something is still awaited.
    Running,
    Done,
}

impl Call {
    /// A call that has not started; the first event must be [`Event::Start`].
    pub fn new(facts: CallFacts, limits: Limits) -> Self {
        Self {
            base: Base::new(facts, limits),
            script: Script::new(LegId::FIRST, Kind::Voice),
            phase: Phase::Created,
            ring_until: None,
            time_limit: None,
            after_until: None,
            detached: false,
            interjection: None,
        }
    }

    /// The machine of a leg that goes on as a call of its own, once for each [`Action::Detach`]. Its first event must be
    /// [`Event::Start`]. Its longest life counts from the start of the call it comes from.
    pub fn take_detached(&mut self, leg: LegId) -> Option<Self> {
        let index = self.base.detached.iter().position(|detached| detached.leg == leg)?;
        let Detached { state, source, fallback, .. } = self.base.detached.remove(index);
        let own = &self.base.facts;
        let facts = CallFacts {
            leg: state.facts.clone(),
            source,
            fallback: fallback.or_else(|| own.fallback.clone()),
            status_callback: state.callback.clone(),
            originate: None,
            ..own.clone()
        };
        let mut call = Self::new(facts, self.base.limits.clone());
        call.base.legs = vec![state];
        call.base.started = self.base.started;
        call.detached = true;
        Some(call)
    }

    /// Whether the leg hears others, rather than prompts of its own.
    pub fn in_conversation(&self, leg: LegId) -> bool {
        self.script.in_conversation(leg)
    }

    /// Whether the leg is a dialled one that is connected, or the first one while another is connected to it.
    pub fn can_move(&self, leg: LegId) -> bool {
        let partner = self.script.partner();
        partner.is_some() && (leg == LegId::FIRST || partner == Some(leg))
    }

    /// Whether the leg is a dialled one that rings, so that another call may take it.
    pub fn rings(&self, leg: LegId) -> bool {
        self.script.rings(leg)
    }

    /// Whom the leg talks with by `<Dial>`: the connected party, or the first leg; `None` when that is nobody, or a room or queue.
    pub fn far_end(&self, leg: LegId) -> Option<LegId> {
        let partner = self.script.partner()?;
        match leg {
            LegId::FIRST => Some(partner),
            leg => (leg == partner).then_some(LegId::FIRST),
        }
    }

    /// Takes one event and appends what must be done, in order, to `out`. Late, repeated and
    /// unknown events do nothing. After [`Action::Done`] every event does nothing.
    pub fn handle(&mut self, now: Now, event: Event, sids: &mut dyn Sids, out: &mut Vec<Action>) {
        match (&self.phase, &event) {
            (Phase::Created, Event::Start) if !self.detached => self.base.started = now.mono,
            (Phase::Created, Event::Start) => {}
            (Phase::Done | Phase::Created, _) | (_, Event::Start) => return,
            (Phase::Originating | Phase::Detecting | Phase::Digits(_) | Phase::Running, _) => {}
        }
        let Self { base, script, phase, ring_until, time_limit, after_until, detached, interjection } = self;
        let ctx = Context { base, now, sids, out };
        let detached = *detached;
        let mut turn =
            Turn { ctx, script, phase, ring_until, time_limit, after_until, detached, interjection };
        turn.event(event);
        turn.settle();
    }

    /// When to call [`Call::handle`] with [`Event::Timeout`], in [`Now::mono`] time; `None` once done.
    pub fn deadline(&self) -> Option<Duration> {
        let own = match &self.phase {
            Phase::Created | Phase::Done => return None,
            Phase::Originating => self.ring_until,
            Phase::Detecting => None,
            Phase::Digits(cues) => cues.deadline(),
            Phase::Running => self.script.deadline(),
        };
        let longest = Some(self.base.started + Duration::from_secs(u64::from(self.base.limits.max_call_s)));
        let longest = longest.filter(|_| !self.base.first().finished);
        let interjection = self.interjection.as_ref().and_then(Interjection::deadline);
        let recordings = self.base.recordings.iter().filter_map(|r| r.until);
        let streams = self.base.streams.iter().filter_map(|stream| stream.until);
        let detections = self.base.detections.iter().map(|detection| detection.until);
        let airtimes = self.base.legs.iter().filter_map(Leg::airtime_deadline);
        let typing = self.base.legs.iter().filter_map(|leg| leg.typing.deadline());
        recordings
            .chain(streams)
            .chain(typing)
            .chain(detections)
            .chain(airtimes)
            .chain(self.base.transcriptions.iter().filter_map(|t| t.until))
            .chain([own, longest, self.time_limit, self.after_until, interjection].into_iter().flatten())
            .min()
    }

    /// When the next leg ends for want of credit, in [`Now::mono`] time, unless more is granted before: whatever takes longer must not
    /// be waited for.
    pub fn cut_at(&self) -> Option<Duration> {
        self.base.legs.iter().filter_map(Leg::cut_at).min()
    }

    /// Whether [`Action::Done`] was emitted.
    pub fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }

    /// Identity of a leg, while the call lives and after.
    pub fn leg(&self, leg: LegId) -> Option<&LegFacts> {
        self.base.leg(leg).map(|leg| &leg.facts)
    }

    /// Status of a leg; `None` for an unknown leg and before [`Event::Start`].
    pub fn status(&self, leg: LegId) -> Option<LegStatus> {
        self.base.leg(leg)?.status
    }

    /// Whether the subscription to messages of this leg's phone is there.
    pub fn is_subscribed(&self, leg: LegId, sid: &str) -> bool {
        self.base.leg(leg).is_some_and(|leg| leg.messaging.is_subscribed(sid))
    }

    /// Whether one more subscription to messages of this leg's phone would be taken.
    pub fn takes_subscription(&self, leg: LegId) -> bool {
        self.base.leg(leg).is_some_and(|leg| leg.messaging.takes_subscription())
    }

    /// The leg with this sid.
    pub fn leg_by_sid(&self, call_sid: &str) -> Option<LegId> {
        let index = self.base.legs.iter().position(|leg| leg.facts.call_sid == call_sid)?;
        u32::try_from(index).ok().map(LegId)
    }
}

/// One event being handled.
struct Turn<'a> {
    ctx: Context<'a>,
    script: &'a mut Script,
    phase: &'a mut Phase,
    ring_until: &'a mut Option<Duration>,
    time_limit: &'a mut Option<Duration>,
    after_until: &'a mut Option<Duration>,
    detached: bool,
    interjection: &'a mut Option<Interjection>,
}

impl Turn<'_> {
    fn event(&mut self, event: Event) {
        match event {
            Event::Start => self.start(),
            Event::LegRinging { leg } => self.leg(leg, LegNews::Ringing),
            Event::LegEarlyMedia { leg } => self.leg(leg, LegNews::EarlyMedia),
            Event::LegAnswered { leg, sip } => self.leg(leg, LegNews::Answered(sip)),
            Event::LegFailed { leg, status, sip } => self.leg(leg, LegNews::Failed { status, sip }),
            Event::LegHungUp { leg } => self.leg(leg, LegNews::HungUp),
            Event::DialRefused { leg, code, text } => self.leg(leg, LegNews::Refused { code, text }),
            Event::Granted { leg, seconds } => self.ctx.granted(leg, seconds),
            Event::PromptDone { prompt, result } => self.prompted(prompt, result.err()),
            Event::Digit { leg, key } => {
                if self.ctx.talking(leg) {
                    self.input(&Input::Key { leg, key });
                }
            }
            Event::Text { leg, text } => self.typed(leg, &text),
            Event::Messaging { leg, news } => self.ctx.messaging(leg, news),
            Event::RecordingDone { recording, outcome } => self.recorded(recording, outcome),
            Event::Document { request, result } => self.input(&Input::Fetched { request, result }),
            Event::MessageDone { request, result } => self.messaged(request, result),
            Event::MachineDetected { leg, verdict } => self.machine_detected(leg, verdict),
            Event::Heard { listening, heard } => self.heard(listening, heard),
            Event::StreamStarted { stream } => drop(self.ctx.stream_started(stream)),
            Event::StreamEnded { stream, error } => {
                if let Some(finished) = self.ctx.stream_ended(stream, error) {
                    self.input(&Input::StreamEnded(finished));
                }
            }
            Event::StreamWarning { stream, warning } => self.stream_warning(stream, warning),
            Event::NewStream { leg, sid, stream } => self.new_stream(leg, sid, *stream),
            Event::NewRecording { leg, sid, record } => self.record_by_api(leg, sid, *record),
            Event::EndStream { leg, stream } => {
                self.ctx.stop_streams(|live| live.leg == leg && stream.is(live));
            }
            Event::Room { leg, news } => self.input(&Input::Room { leg, news }),
            Event::Queue { leg, news } => self.input(&Input::Queue { leg, news }),
            Event::Held { leg, on, status } => {
                if !self.held_by_api(leg, on, status) {
                    self.input(&Input::Held { leg, on, status });
                }
            }
            Event::HoldLeg { leg, on, music } => self.hold_by_api(leg, on, music),
            Event::SendDigits { leg, digits } => self.send_digits(leg, digits),
            Event::Interject { leg, document } => self.interject(leg, &document),
            Event::ReferAnswered { leg, status, watched } => {
                self.sent_on(leg, ReferNews::Answered { status, watched });
            }
            Event::ReferProgress { leg, status, over } => {
                self.sent_on(leg, ReferNews::Progress { status, over });
            }
            Event::Referred { leg, target } => self.referred(leg, target),
            Event::NewUrl { target, fallback } => self.new_url(target, fallback),
            Event::Move { both, source, fallback } => self.move_legs(both, source, fallback),
            Event::NewDocument { document } => self.new_document(document),
            Event::PickedUp { leg, document } => self.picked_up(leg, document),
            Event::SentElsewhere { target, params } => self.sent_elsewhere(target, params),
            Event::NewStatusCallback { callback } => self.ctx.base.legs[0].callback = Some(callback),
            Event::NewTimeLimit { seconds } => self.new_time_limit(seconds),
            Event::Complete { leg } => self.end_by_api(leg, Cause::Completed),
            Event::Cancel { leg } => {
                if !self.ctx.talking(leg) {
                    self.end_by_api(leg, Cause::Canceled);
                }
            }
            Event::Timeout => self.tick(),
            Event::Shutdown => self.shut_down(),
        }
    }

    /// Only the first leg is ever sent elsewhere.
    fn sent_on(&mut self, leg: LegId, news: ReferNews) {
        if leg == LegId::FIRST {
            self.input(&Input::Refer(news));
        }
    }

    /// Text reaches the application, and whatever runs on the leg.
    fn typed(&mut self, leg: LegId, text: &str) {
        self.ctx.typed(leg, text);
        if matches!(self.phase, Phase::Running) && self.ctx.talking(leg) {
            let ending = self.script.typed(&mut self.ctx, leg, text);
            self.ended(ending);
        }
    }

    fn prompted(&mut self, prompt: PromptId, error: Option<PromptError>) {
        if let Some(PromptError { code, text }) = error {
            self.ctx.error(LegId::FIRST, code, text, None);
        }
        self.input(&Input::Prompt { prompt });
    }

    fn messaged(&mut self, request: RequestId, result: Result<MessageAccepted, MessageRefused>) {
        if let Err(refused) = &result {
            self.ctx.error(LegId::FIRST, refused.code, refused.text.clone(), None);
        }
        self.input(&Input::Messaged { request, result });
    }

    fn new_stream(&mut self, leg: LegId, sid: String, stream: flexio_markup::Stream) {
        if self.ctx.talking(leg) {
            let origin = Origin { leg, base_url: "", line: 0, sid: Some(sid), action: None };
            let _ = self.ctx.start_stream(origin, stream, false);
        }
    }

    fn recorded(&mut self, recording: RecordingId, outcome: RecordingOutcome) {
        if let Some(finished) = self.ctx.recording_done(recording, outcome) {
            self.input(&Input::Recorded(finished));
        }
    }

    fn heard(&mut self, listening: ListeningId, heard: Heard) {
        if !self.ctx.transcribed(listening, heard.clone()) {
            self.input(&Input::Heard { listening, heard });
        }
    }

    fn start(&mut self) {
        if self.detached {
            *self.phase = Phase::Running;
            let source = self.ctx.base.facts.source.clone();
            let ending = self.script.begin(&mut self.ctx, source, Purpose::Modification);
            return self.ended(ending);
        }
        match self.ctx.base.facts.originate.clone() {
            None => {
                self.ctx.progress(LegId::FIRST, ProgressEvent::Initiated);
                self.ctx.push(Action::Ring { leg: LegId::FIRST });
                self.ctx.set_status(LegId::FIRST, LegStatus::Ringing);
                self.run();
            }
            Some(originate) => self.originate(originate),
        }
    }

    fn originate(&mut self, originate: Originate) {
        let leg = LegId::FIRST;
        *self.phase = Phase::Originating;
        *self.ring_until = Some(self.ctx.after(originate.timeout_s));
        let facts = self.ctx.base.first().facts.clone();
        self.ctx.push(Action::Dial(Box::new(DialLeg {
            leg,
            facts,
            endpoint: originate.endpoint,
            caller_id_explicit: true,
            headers: originate.headers,
            timeout_s: originate.timeout_s,
            machine_detection: originate.machine_detection,
        })));
        self.ctx.set_status(leg, LegStatus::Queued);
        self.ctx.progress(leg, ProgressEvent::Initiated);
    }

    /// Runs the call's first document.
    fn run(&mut self) {
        *self.phase = Phase::Running;
        let source = self.ctx.base.facts.source.clone();
        let ending = self.script.begin(&mut self.ctx, source, Purpose::Start);
        self.ended(ending);
    }

    fn leg(&mut self, leg: LegId, news: LegNews) {
        if !self.ctx.alive(leg) {
            return;
        }
        if leg != LegId::FIRST {
            return self.input(&Input::Leg { leg, news });
        }
        let calling = matches!(self.phase, Phase::Originating);
        match news {
            LegNews::HungUp => self.first_gone(LegStatus::Canceled, Cause::PartyHungUp, None),
            LegNews::Ended => self.end_by_api(leg, Cause::Completed),
            LegNews::Ringing if calling => self.ctx.set_status(leg, LegStatus::Ringing),
            LegNews::Answered(sip) if calling => self.first_answered(&sip),
            LegNews::Failed { status, .. } if calling => {
                let (outcome, cause) = failure(status);
                self.first_gone(outcome, cause, Some(status));
            }
            LegNews::Refused { code, text } if calling => {
                self.ctx.error(leg, code, text, None);
                self.first_gone(LegStatus::Failed, Cause::of_refusal(code), None);
            }
            // An inbound caller, or one already answered, has no such news.
            LegNews::Ringing
            | LegNews::EarlyMedia
            | LegNews::Answered(_)
            | LegNews::Failed { .. }
            | LegNews::Referred { .. }
            | LegNews::Moved { .. }
            | LegNews::Cut
            | LegNews::Refused { .. } => {}
        }
    }

    fn first_answered(&mut self, sip: &SipFacts) {
        let Some(originate) = self.ctx.base.facts.originate.clone() else { return };
        *self.ring_until = None;
        self.ctx.leg_answered(LegId::FIRST, sip);
        *self.time_limit = originate.time_limit_s.map(|seconds| self.ctx.after(seconds));
        if let Some(record) = originate.record {
            let max_length_s = self.ctx.base.limits.max_call_s;
            self.ctx.record(RecordingPlan {
                leg: LegId::FIRST,
                source: RecordingSource::OutboundApi,
                purpose: record.purpose,
                channels: record.channels,
                track: record.track,
                max_length_s,
                silence_timeout_s: None,
                trim: record.trim,
                callback: record.callback,
            });
        }
        match originate.send_digits {
            // After the digits it is asked again.
            None if self.ctx.awaits_verdict() => *self.phase = Phase::Detecting,
            Some(digits) => {
                let mut cues = Cues::sound(LegId::FIRST, PromptSource::Digits(digits));
                cues.advance(&mut self.ctx);
                *self.phase = Phase::Digits(cues);
            }
            None => self.run(),
        }
    }

    /// Hands an input to what runs now.
    fn input(&mut self, input: &Input) {
        self.interjected(input);
        match self.phase {
            Phase::Digits(cues) => {
                if !cues.on(&mut self.ctx, input) {
                    if self.ctx.awaits_verdict() {
                        *self.phase = Phase::Detecting;
                    } else {
                        self.run();
                    }
                }
            }
            Phase::Running => {
                let ending = self.script.on(&mut self.ctx, input);
                self.ended(ending);
            }
            Phase::Created | Phase::Originating | Phase::Detecting | Phase::Done => {}
        }
    }

    /// Who answered is known: a document that waits for it begins.
    fn machine_detected(&mut self, leg: LegId, verdict: AnsweredBy) {
        let is_new = self.ctx.machine_detected(leg, verdict);
        if is_new && leg == LegId::FIRST && matches!(self.phase, Phase::Detecting) {
            self.run();
        }
    }

    /// The document ended: so does the first leg.
    fn ended(&mut self, ending: Option<Ending>) {
        let Some(ending) = ending else { return };
        let relay = self.ctx.base.relay;
        let (status, cause, reject) = match ending {
            // What the dialled party said is told to a caller who was never answered.
            Ending::Finished => match relay {
                Some(code) => (failure(code).0, Cause::DocumentEnded, code),
                None => (LegStatus::NoAnswer, Cause::DocumentEnded, 480),
            },
            Ending::Hangup | Ending::Left => (LegStatus::NoAnswer, Cause::DocumentEnded, 603),
            Ending::Rejected(RejectReason::Busy) => (LegStatus::Busy, Cause::Rejected, 486),
            Ending::Rejected(RejectReason::Rejected) => (LegStatus::NoAnswer, Cause::Rejected, 603),
            Ending::Failed { not_found: true } => (LegStatus::Failed, Cause::ApplicationFailed, 404),
            Ending::Failed { not_found: false } => (LegStatus::Failed, Cause::ApplicationFailed, 480),
            Ending::Limit => (LegStatus::Failed, Cause::LimitReached, 480),
        };
        self.ctx.hang_up(LegId::FIRST, status, cause, reject);
    }

    /// The first leg is over by the far end's doing; its document may go on to send messages.
    fn first_gone(&mut self, unanswered: LegStatus, cause: Cause, sip_status: Option<u16>) {
        self.ctx.finish(LegId::FIRST, unanswered, cause, sip_status);
        self.after_first();
    }

    /// Ends the first leg from our side while its document runs.
    fn end_first(&mut self, unanswered: LegStatus, cause: Cause, reject: u16) {
        self.ctx.hang_up(LegId::FIRST, unanswered, cause, reject);
        self.after_first();
    }

    fn after_first(&mut self) {
        if matches!(self.phase, Phase::Running) {
            self.input(&Input::Gone);
        } else {
            // No document has begun, and none will.
            *self.phase = Phase::Running;
            self.script.abort(&mut self.ctx);
        }
    }

    fn tick(&mut self) {
        if matches!(self.phase, Phase::Originating) && self.ctx.passed(*self.ring_until) {
            return self.end_first(LegStatus::NoAnswer, Cause::NoAnswer, 480);
        }
        let now = self.ctx.now.mono;
        let longest = self.ctx.base.started + Duration::from_secs(u64::from(self.ctx.base.limits.max_call_s));
        if self.ctx.alive(LegId::FIRST) && (now >= longest || self.ctx.passed(*self.time_limit)) {
            self.end_first(LegStatus::NoAnswer, Cause::TimeLimit, 480);
        }
        self.airtime();
        if self.ctx.passed(*self.after_until) {
            self.script.abort(&mut self.ctx);
        }
        let silent: Vec<_> =
            self.ctx.base.recordings.iter().filter(|r| self.ctx.passed(r.until)).map(|r| r.id).collect();
        for recording in silent {
            let text = "the media thread did not report its end".to_owned();
            if let Some(finished) = self.ctx.recording_done(recording, RecordingOutcome::Failed { text }) {
                self.input(&Input::Recorded(finished));
            }
        }
        self.ctx.tell_typing();
        self.ctx.give_up_transcriptions();
        for leg in self.ctx.overdue_verdicts() {
            self.machine_detected(leg, AnsweredBy::Unknown);
        }
        for stream in self.ctx.overdue_streams() {
            if let Some(finished) = self.ctx.give_up_stream(stream) {
                self.input(&Input::StreamEnded(finished));
            }
        }
        self.input(&Input::Tick);
    }

    fn stream_warning(&mut self, stream: StreamId, warning: StreamError) {
        if let Some(leg) = self.ctx.base.streams.iter().find(|live| live.id == stream).map(|live| live.leg) {
            self.ctx.warn(leg, 0, warning.code, warning.text);
        }
    }

    /// Everything ends at once, without further requests.
    fn shut_down(&mut self) {
        self.script.abort(&mut self.ctx);
        self.ctx.hang_up(LegId::FIRST, LegStatus::Failed, Cause::Shutdown, 503);
        *self.phase = Phase::Running;
        let live: Vec<_> = self.ctx.base.recordings.iter().map(|r| r.id).collect();
        for recording in live {
            let outcome = RecordingOutcome::Failed { text: "the node stopped".to_owned() };
            self.ctx.recording_done(recording, outcome);
        }
        self.ctx.drop_transcriptions();
    }

    /// Looks whether the call is done, and keeps the clock of what may follow a hang-up.
    fn settle(&mut self) {
        if matches!(self.phase, Phase::Done) || self.ctx.alive(LegId::FIRST) {
            return;
        }
        *self.time_limit = None;
        *self.interjection = None;
        let base = &self.ctx.base;
        let over = self.script.ended() && base.recordings.is_empty() && base.transcriptions.is_empty();
        if over {
            *self.phase = Phase::Done;
            *self.after_until = None;
            self.ctx.push(Action::Done);
        } else if self.script.ended() {
            // Only a recording or its text is awaited, and these have their own clocks.
            *self.after_until = None;
        } else if self.after_until.is_none() {
            *self.after_until = Some(self.ctx.after(self.ctx.base.limits.after_hangup_s));
        }
    }
}
