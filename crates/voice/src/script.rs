//! Runs the verbs of a document on one leg, one at a time.

use std::collections::VecDeque;
use std::time::Duration;

use flexio_markup::{
    Connect, Dial, DialTo, Document, Kind, Method, RejectReason, Start, Step, Target, Verb, resolve,
};

use crate::actions::{LegId, Level, Notify, Purpose, Source};
use crate::allowed::{fits, outlives_hang_up};
use crate::conference::Conferencing;
use crate::context::Context;
use crate::dial::Dialing;
use crate::fetch::{Fetching, Got};
use crate::gather::Gathering;
use crate::holding::Holding;
pub(crate) use crate::input::{Input, LegNews};
use crate::params::Params;
use crate::prompts::{Cues, apology};
use crate::queueing::Queueing;
use crate::record::Recorder;
use crate::referring::Referring;
use crate::sending::{Place, Sending};
use crate::stream::{Connecting, Origin};

/// What a verb wants next.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// More input.
    Wait,
    /// The next verb.
    Next,
    /// Another document; `None` is the current one again.
    Goto { reference: Option<String>, method: Method, params: Params, purpose: Purpose },
    /// No more.
    End(Ending),
}

/// How a script ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Its last verb is done.
    Finished,
    /// `<Hangup>`, or an error that stops the document.
    Hangup,
    /// `<Reject>`.
    Rejected(RejectReason),
    /// No document could be had.
    Failed { not_found: bool },
    /// A limit was reached.
    Limit,
    /// `<Leave>`.
    Left,
}

/// A document being executed on a leg.
#[derive(Debug)]
pub(crate) struct Script {
    leg: LegId,
    kind: Kind,
    steps: VecDeque<Step>,
    /// Where the document came from; the URL is empty when it came with the call.
    at: Target,
    /// Goes with each request of its documents.
    extra: Params,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Before its first document, and between two verbs.
    Idle,
    Fetching(Fetching),
    Prompting(Cues),
    Gathering(Box<Gathering>),
    Recording(Box<Recorder>),
    Dialing(Box<Dialing>),
    Connecting(Box<Connecting>),
    Conferencing(Box<Conferencing>),
    Queueing(Box<Queueing>),
    Holding(Holding),
    Referring(Referring),
    Sending(Sending),
    /// The technical-problem prompt; then it ends as it would have without.
    Apologising {
        cues: Cues,
        ending: Ending,
    },
    Ended,
}

impl Script {
    pub fn new(leg: LegId, kind: Kind) -> Self {
        let at = Target { url: String::new(), method: Method::Post };
        Self { leg, kind, steps: VecDeque::new(), at, extra: Vec::new(), state: State::Idle }
    }

    /// What every later request of its documents tells besides the standard parameters.
    pub fn tell(&mut self, extra: Params) {
        self.extra = extra;
    }

    /// Begins with a document or the fetch of one.
    pub fn begin(&mut self, ctx: &mut Context<'_>, source: Source, purpose: Purpose) -> Option<Ending> {
        self.begin_with(ctx, source, Vec::new(), purpose)
    }

    /// The same, with what the first request tells besides.
    pub fn begin_with(
        &mut self,
        ctx: &mut Context<'_>,
        source: Source,
        params: Params,
        purpose: Purpose,
    ) -> Option<Ending> {
        let outcome = match source {
            Source::Url(target) => self.fetch(ctx, target, params, purpose),
            Source::Document(document) => {
                let at = Target { url: String::new(), method: Method::Post };
                self.load(ctx, document, at);
                Outcome::Next
            }
        };
        self.proceed(ctx, outcome)
    }

    /// Takes an input; some ending when the script has no more to do.
    pub fn on(&mut self, ctx: &mut Context<'_>, input: &Input) -> Option<Ending> {
        let outcome = match &mut self.state {
            State::Idle | State::Ended => Outcome::Wait,
            State::Fetching(fetching) => match fetching.on(ctx, input) {
                Got::Waiting => Outcome::Wait,
                Got::Document(document, at) => {
                    self.load(ctx, document, at);
                    Outcome::Next
                }
                Got::Failed { not_found } => self.apologise(ctx, Ending::Failed { not_found }),
                Got::Limit => self.apologise(ctx, Ending::Limit),
            },
            State::Prompting(_) if matches!(input, Input::Gone) => Outcome::End(Ending::Finished),
            State::Prompting(cues) => {
                if cues.on(ctx, input) {
                    Outcome::Wait
                } else {
                    Outcome::Next
                }
            }
            State::Gathering(gathering) => gathering.on(ctx, input),
            State::Recording(recorder) => recorder.on(ctx, input),
            State::Dialing(dialing) => dialing.on(ctx, input),
            State::Connecting(connecting) => connecting.on(input),
            State::Conferencing(conferencing) => conferencing.on(ctx, input),
            State::Queueing(queueing) => queueing.on(ctx, input),
            State::Holding(holding) => holding.on(ctx, input),
            State::Referring(referring) => referring.on(ctx, input),
            State::Sending(sending) => sending.on(ctx, input),
            State::Apologising { cues, ending } => {
                let ending = *ending;
                let playing = !matches!(input, Input::Gone) && cues.on(ctx, input);
                if playing { Outcome::Wait } else { Outcome::End(ending) }
            }
        };
        self.proceed(ctx, outcome)
    }

    /// The leg's party has typed this, which counts where something is gathered.
    pub fn typed(&mut self, ctx: &mut Context<'_>, leg: LegId, text: &str) -> Option<Ending> {
        for character in text.chars() {
            let State::Gathering(gathering) = &mut self.state else { return None };
            if leg != self.leg {
                return None;
            }
            let outcome = gathering.typed(ctx, character);
            let ending = self.proceed(ctx, outcome);
            if ending.is_some() {
                return ending;
            }
        }
        None
    }

    fn proceed(&mut self, ctx: &mut Context<'_>, mut outcome: Outcome) -> Option<Ending> {
        // Bounded: each turn executes one of the call's limited verbs or asks one of its documents.
        loop {
            outcome = match outcome {
                Outcome::Wait => return None,
                Outcome::Next => self.next_verb(ctx),
                Outcome::Goto { reference, method, params, purpose } => {
                    self.goto(ctx, reference, method, params, purpose)
                }
                Outcome::End(ending) => {
                    self.state = State::Ended;
                    ctx.trace(self.leg, "document-end", format!("{ending:?}"));
                    return Some(ending);
                }
            };
        }
    }

    fn load(&mut self, ctx: &mut Context<'_>, document: Document, at: Target) {
        ctx.trace(self.leg, "document", format!("{:?}, {} verbs", document.dialect, document.steps.len()));
        for warning in document.warnings {
            ctx.notify(Notify {
                leg: self.leg,
                level: Level::Warning,
                code: warning.code.number(),
                text: warning.text,
                url: Some(at.url.clone()).filter(|url| !url.is_empty()),
                line: warning.line,
            });
        }
        self.steps = document.steps.into();
        self.at = at;
        self.state = State::Idle;
    }

    fn fetch(
        &mut self,
        ctx: &mut Context<'_>,
        target: Target,
        mut extra: Params,
        purpose: Purpose,
    ) -> Outcome {
        extra.extend(self.extra.iter().cloned());
        match Fetching::begin(ctx, (self.leg, self.kind), target, extra, purpose) {
            Some(fetching) => {
                self.state = State::Fetching(fetching);
                Outcome::Wait
            }
            None => self.apologise(ctx, Ending::Limit),
        }
    }

    fn goto(
        &mut self,
        ctx: &mut Context<'_>,
        reference: Option<String>,
        method: Method,
        params: Params,
        purpose: Purpose,
    ) -> Outcome {
        let url = match reference {
            Some(reference) => resolve(&self.at.url, &reference),
            // Without an action the document itself is asked again; one that has no URL goes on.
            None if self.at.url.is_empty() => return Outcome::Next,
            None => Ok(self.at.url.clone()),
        };
        match url {
            Ok(url) => self.fetch(ctx, Target { url, method }, params, purpose),
            Err(error) => {
                ctx.error(self.leg, 11100, error.to_string(), Some(self.at.url.clone()));
                self.apologise(ctx, Ending::Failed { not_found: false })
            }
        }
    }

    /// Says that something went wrong, to someone who can hear it, then ends.
    fn apologise(&mut self, ctx: &mut Context<'_>, ending: Ending) -> Outcome {
        if self.kind != Kind::Voice || self.leg != LegId::FIRST || !ctx.talking(self.leg) {
            return Outcome::End(ending);
        }
        let mut cues = Cues::sound(self.leg, apology(&ctx.base.facts.language));
        cues.advance(ctx);
        self.state = State::Apologising { cues, ending };
        Outcome::Wait
    }

    fn next_verb(&mut self, ctx: &mut Context<'_>) -> Outcome {
        self.state = State::Idle;
        let Some(step) = self.steps.pop_front() else { return Outcome::End(Ending::Finished) };
        ctx.base.verbs += 1;
        if ctx.base.verbs > ctx.base.limits.verbs {
            let text = format!("more than {} verbs in one call", ctx.base.limits.verbs);
            ctx.error(self.leg, 12400, text, Some(self.at.url.clone()));
            return self.apologise(ctx, Ending::Limit);
        }
        ctx.trace(self.leg, "verb", format!("{} line {}", step.verb.name(), step.line));
        // Left out when the document was read, unless a shell reads it otherwise.
        if !fits(self.kind, &step.verb) {
            let text = format!("{} is not valid in this document and was skipped", step.verb.name());
            ctx.warn(self.leg, step.line, 12_200, text);
            return Outcome::Next;
        }
        // Nobody is left to hear anything, but messages are still sent: voicemail relies on it.
        if !ctx.alive(self.leg) && !outlives_hang_up(&step.verb) {
            return Outcome::Next;
        }
        self.execute(ctx, step)
    }

    fn execute(&mut self, ctx: &mut Context<'_>, Step { line, verb }: Step) -> Outcome {
        let leg = self.leg;
        let base_url = self.at.url.clone();
        let at = Place { leg, base_url: &base_url, line };
        match verb {
            Verb::Say(say) => {
                ctx.answer(leg);
                let mut cues = Cues::new(leg);
                cues.say(ctx, &say);
                self.prompt(ctx, cues)
            }
            Verb::Play(play) => {
                ctx.answer(leg);
                let mut cues = Cues::new(leg);
                cues.play(ctx, &play, &base_url, line);
                self.prompt(ctx, cues)
            }
            Verb::Pause(pause) => self.prompt(ctx, Cues::silence(leg, pause)),
            Verb::Gather(gather) => {
                ctx.answer(leg);
                let gathering = Gathering::begin(ctx, leg, *gather, &base_url, line);
                self.wait_in(State::Gathering(Box::new(gathering)))
            }
            Verb::Record(record) => {
                ctx.answer(leg);
                let recorder = Recorder::begin(ctx, leg, *record, &base_url, line);
                self.wait_in(State::Recording(Box::new(recorder)))
            }
            Verb::Dial(dial) => self.dial(ctx, *dial, line),
            Verb::Message(message) => self.sending(Sending::message(ctx, at, *message)),
            Verb::Email(email) => self.sending(Sending::email(ctx, at, *email)),
            Verb::Redirect(redirect) => match redirect.url {
                Some(url) => Outcome::Goto {
                    reference: Some(url),
                    method: redirect.method,
                    params: Vec::new(),
                    purpose: Purpose::Redirect,
                },
                None => Outcome::Next,
            },
            Verb::Reject(reason) => Outcome::End(Ending::Rejected(reason)),
            Verb::Hangup => Outcome::End(Ending::Hangup),
            Verb::Connect(connect) => self.connect(ctx, connect, line),
            Verb::Start(start) => self.fork(ctx, start, line),
            Verb::Stop(stop) => {
                ctx.stop_stream(leg, &stop, line);
                Outcome::Next
            }
            Verb::Leave if self.kind == Kind::QueueWait => Outcome::End(Ending::Left),
            // Who is in no queue has none to leave.
            Verb::Leave => Outcome::Next,
            Verb::Enqueue(enqueue) => {
                let queueing = Queueing::enqueue(ctx, &enqueue, &base_url, line);
                self.wait_in(State::Queueing(Box::new(queueing)))
            }
            Verb::Hold(hold) => {
                let holding = Holding::hold(ctx, leg, hold, &base_url, line);
                self.wait_in(State::Holding(holding))
            }
            Verb::Resume(resume) => match Holding::resume(ctx, leg, resume) {
                Some(holding) => self.wait_in(State::Holding(holding)),
                None => Outcome::Next,
            },
            Verb::Refer(refer) => self.wait_in(State::Referring(Referring::begin(ctx, leg, refer))),
        }
    }

    fn wait_in(&mut self, state: State) -> Outcome {
        self.state = state;
        Outcome::Wait
    }

    fn connect(&mut self, ctx: &mut Context<'_>, connect: Connect, line: u32) -> Outcome {
        ctx.answer(self.leg);
        let origin = Origin { leg: self.leg, base_url: &self.at.url, line, sid: None, action: None };
        match Connecting::begin(ctx, origin, connect) {
            Ok(connecting) => {
                self.state = State::Connecting(Box::new(connecting));
                Outcome::Wait
            }
            Err(outcome) => outcome,
        }
    }

    fn fork(&mut self, ctx: &mut Context<'_>, start: Start, line: u32) -> Outcome {
        ctx.answer(self.leg);
        let (base_url, action) = (&self.at.url, start.action);
        let origin = Origin { leg: self.leg, base_url, line, sid: None, action };
        // What cannot be started was told; the document goes on.
        let _ = ctx.start_stream(origin, start.stream, false);
        Outcome::Next
    }

    fn prompt(&mut self, ctx: &mut Context<'_>, mut cues: Cues) -> Outcome {
        if !cues.advance(ctx) {
            return Outcome::Next;
        }
        self.state = State::Prompting(cues);
        Outcome::Wait
    }

    fn dial(&mut self, ctx: &mut Context<'_>, dial: Dial, line: u32) -> Outcome {
        let base_url = self.at.url.clone();
        match &dial.to {
            DialTo::Conference(noun) => {
                let conferencing = Conferencing::begin(ctx, &dial, noun, &base_url, line);
                self.state = State::Conferencing(Box::new(conferencing));
            }
            DialTo::Queue(noun) => {
                let queueing = Queueing::dial(ctx, &dial, noun, &base_url, line);
                self.state = State::Queueing(Box::new(queueing));
            }
            DialTo::Parties(_) => match Dialing::begin(ctx, dial, &base_url, line) {
                Ok(dialing) => self.state = State::Dialing(Box::new(dialing)),
                Err(outcome) => return outcome,
            },
        }
        Outcome::Wait
    }

    fn sending(&mut self, sending: Option<Sending>) -> Outcome {
        match sending {
            Some(sending) => self.wait_in(State::Sending(sending)),
            None => Outcome::Next,
        }
    }

    /// Drops the document: live modification, or the end of its leg.
    pub fn abort(&mut self, ctx: &mut Context<'_>) {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Prompting(mut cues) | State::Apologising { mut cues, .. } => cues.stop(ctx),
            State::Gathering(mut gathering) => gathering.stop(ctx),
            State::Recording(mut recorder) => recorder.stop(ctx),
            State::Dialing(mut dialing) => dialing.stop(ctx),
            State::Connecting(connecting) => connecting.stop(ctx),
            State::Conferencing(mut conferencing) => conferencing.stop(ctx),
            State::Queueing(mut queueing) => queueing.stop(ctx),
            State::Idle
            | State::Fetching(_)
            | State::Sending(_)
            | State::Holding(_)
            | State::Referring(_)
            | State::Ended => {}
        }
    }

    /// Whether the verb that runs takes over a transfer that the party on this leg asks for.
    pub fn takes_transfer(&self, leg: LegId) -> bool {
        match &self.state {
            State::Dialing(dialing) => dialing.takes_transfer(leg),
            State::Conferencing(conferencing) => conferencing.takes_transfer(leg),
            State::Queueing(queueing) => queueing.takes_transfer(leg),
            _ => false,
        }
    }

    /// The dialled leg that is connected now.
    pub fn partner(&self) -> Option<LegId> {
        match &self.state {
            State::Dialing(dialing) => dialing.partner(),
            _ => None,
        }
    }

    /// Whether it is a party of `<Dial>` that rings.
    pub fn rings(&self, leg: LegId) -> bool {
        matches!(&self.state, State::Dialing(dialing) if dialing.rings(leg))
    }

    /// Whoever rings is let go: another call has taken this one.
    pub fn answered_elsewhere(&mut self, ctx: &mut Context<'_>) {
        if let State::Dialing(dialing) = &mut self.state {
            dialing.answered_elsewhere(ctx);
        }
    }

    /// Whether the leg hears others, rather than prompts of its own.
    pub fn in_conversation(&self, leg: LegId) -> bool {
        match &self.state {
            State::Dialing(dialing) => {
                dialing.partner().is_some_and(|partner| leg == partner || leg == self.leg)
            }
            State::Conferencing(conferencing) => leg == self.leg && conferencing.talks(),
            State::Queueing(queueing) => leg == self.leg && queueing.talks(),
            _ => false,
        }
    }

    pub fn ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    pub fn deadline(&self) -> Option<Duration> {
        match &self.state {
            State::Idle | State::Ended | State::Connecting(_) => None,
            State::Fetching(fetching) => Some(fetching.deadline()),
            State::Prompting(cues) | State::Apologising { cues, .. } => cues.deadline(),
            State::Gathering(gathering) => gathering.deadline(),
            State::Recording(recorder) => recorder.deadline(),
            State::Dialing(dialing) => dialing.deadline(),
            State::Conferencing(conferencing) => conferencing.deadline(),
            State::Queueing(queueing) => queueing.deadline(),
            State::Holding(holding) => Some(holding.deadline()),
            State::Referring(referring) => Some(referring.deadline()),
            State::Sending(sending) => Some(sending.deadline()),
        }
    }
}
