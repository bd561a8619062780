//! Media streams: `<Connect><Stream>`, `<Start><Stream>`, `<Stop><Stream>`, and those made over the API.
//!
//! A stream belongs to a leg and ends with it. The machine knows when a stream begins and ends; what runs through it is
//! the shell's matter.

use std::time::Duration;

use flexio_markup::{Connect, StopStream, Stream, Target, resolve, resolve_stream};

use crate::actions::{Action, Callback, CallbackKind, LegId, Purpose, StartStream, StreamId};
use crate::context::Context;
use crate::events::{StreamError, StreamRef};
use crate::params;
use crate::script::{Ending, Input, Outcome};

/// Twilio's "Stream - Invalid Track configuration", which it also gives for one stream too many.
const TOO_MANY: u32 = 31_941;
/// Twilio's "Stream - WebSocket - Connection timeout" is told by this number of the same family.
const NOT_STARTED: u32 = 31_920;

/// A stream that was started and has not ended.
#[derive(Debug, Clone)]
pub(crate) struct LiveStream {
    pub id: StreamId,
    pub sid: String,
    pub leg: LegId,
    pub name: Option<String>,
    callback: Option<Target>,
    /// Told once when it has ended: `action` of `<Start>`.
    action: Option<Target>,
    /// The shell must have told of its beginning by then.
    pub until: Option<Duration>,
}

/// A stream that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FinishedStream {
    pub id: StreamId,
    pub sid: String,
    pub name: Option<String>,
    pub error: Option<StreamError>,
}

/// Where a stream was asked for.
pub(crate) struct Origin<'a> {
    pub leg: LegId,
    /// Base of relative URLs; empty for none.
    pub base_url: &'a str,
    /// Line of the document; 0 for a stream of the API.
    pub line: u32,
    /// Given by the API, which has told it to the customer already.
    pub sid: Option<String>,
    /// Told once when the stream has ended, while the document goes on.
    pub action: Option<Target>,
}

impl Context<'_> {
    /// Starts a stream; `None` when it cannot be, which has been told then.
    pub fn start_stream(
        &mut self,
        origin: Origin<'_>,
        stream: Stream,
        is_bidirectional: bool,
    ) -> Option<StreamId> {
        let Origin { leg, base_url, line, sid, action } = origin;
        let url = match resolve_stream(base_url, &stream.url) {
            Ok(url) => url,
            Err(error) => {
                self.warn(leg, line, 11_100, format!("Stream: {error}"));
                return None;
            }
        };
        let running = self.base.streams.iter().filter(|live| live.leg == leg).count();
        if running >= self.base.limits.streams {
            self.warn(
                leg,
                line,
                TOO_MANY,
                format!("more than {} streams of one call", self.base.limits.streams),
            );
            return None;
        }
        let mut target = |target: Option<Target>, what: &str| match resolve(base_url, &target.as_ref()?.url) {
            Ok(url) => target.map(|target| Target { url, ..target }),
            Err(error) => {
                self.warn(leg, line, 11_100, format!("{what}: {error}"));
                None
            }
        };
        let callback = target(stream.status_callback, "statusCallback of Stream");
        let action = target(action, "action of Start");
        let id = StreamId(self.number());
        let sid = sid.unwrap_or_else(|| self.sids.stream());
        self.push(Action::StartStream(StartStream {
            stream: id,
            sid: sid.clone(),
            leg,
            url,
            track: stream.track,
            parameters: stream.parameters,
            is_bidirectional,
        }));
        let until = Some(self.after(self.base.limits.stream_s));
        self.base.streams.push(LiveStream { id, sid, leg, name: stream.name, callback, action, until });
        Some(id)
    }

    /// The shell has the connection.
    pub fn stream_started(&mut self, id: StreamId) -> bool {
        let Some(live) = self.base.streams.iter_mut().find(|live| live.id == id) else { return false };
        live.until = None;
        let live = live.clone();
        self.tell_stream(&live, "stream-started", None);
        self.user_acted();
        true
    }

    /// A stream ended by the other side's doing, or never began.
    pub fn stream_ended(&mut self, id: StreamId, error: Option<StreamError>) -> Option<FinishedStream> {
        let at = self.base.streams.iter().position(|live| live.id == id)?;
        let live = self.base.streams.remove(at);
        if let Some(error) = &error {
            self.error(live.leg, error.code, error.text.clone(), None);
        }
        let event = if error.is_some() { "stream-error" } else { "stream-stopped" };
        self.tell_stream(&live, event, error.as_ref());
        Some(FinishedStream { id, sid: live.sid, name: live.name, error })
    }

    /// Ends streams from our side.
    pub fn stop_streams(&mut self, which: impl Fn(&LiveStream) -> bool) -> Vec<StreamId> {
        let mut stopped = Vec::new();
        let mut index = 0;
        while let Some(live) = self.base.streams.get(index) {
            if !which(live) {
                index += 1;
                continue;
            }
            let live = self.base.streams.remove(index);
            self.push(Action::StopStream { stream: live.id });
            self.tell_stream(&live, "stream-stopped", None);
            stopped.push(live.id);
        }
        stopped
    }

    /// `<Stop><Stream>`. Without a name the only one is meant; of several, the oldest.
    pub fn stop_stream(&mut self, leg: LegId, stop: &StopStream, line: u32) {
        let is_meant =
            |live: &&LiveStream| live.leg == leg && (stop.name.is_none() || live.name == stop.name);
        let found = self.base.streams.iter().find(is_meant).map(|live| live.id);
        match found {
            Some(id) => drop(self.stop_streams(|live| live.id == id)),
            None => self.warn(leg, line, 11_001, "Stop: no such stream runs"),
        }
    }

    /// Streams the shell did not tell the beginning of in time.
    pub fn overdue_streams(&self) -> Vec<StreamId> {
        self.base.streams.iter().filter(|live| self.passed(live.until)).map(|live| live.id).collect()
    }

    /// Ends a stream whose beginning was not told in time.
    pub fn give_up_stream(&mut self, id: StreamId) -> Option<FinishedStream> {
        self.push(Action::StopStream { stream: id });
        let text = "the stream did not begin in time".to_owned();
        self.stream_ended(id, Some(StreamError { code: NOT_STARTED, text }))
    }

    fn tell_stream(&mut self, live: &LiveStream, event: &str, error: Option<&StreamError>) {
        self.trace(live.leg, event_name(event), live.sid.clone());
        let ended = live.action.clone().filter(|_| event != "stream-started");
        for target in ended.into_iter().chain(live.callback.clone()) {
            let params = params::stream(self.base, live.leg, live, event, error, self.now);
            let (leg, kind, url, method) = (live.leg, CallbackKind::Stream, target.url, target.method);
            self.push(Action::Callback(Callback { leg, kind, url, method, params }));
        }
    }
}

/// The timeline wants constants.
fn event_name(event: &str) -> &'static str {
    match event {
        "stream-started" => "stream-started",
        "stream-stopped" => "stream-stopped",
        _ => "stream-error",
    }
}

impl StreamRef {
    pub(crate) fn is(&self, live: &LiveStream) -> bool {
        match self {
            Self::Sid(sid) => live.sid == *sid,
            Self::Name(name) => live.name.as_deref() == Some(name),
        }
    }
}

/// A `<Connect>` under way: the document waits for the end of its stream.
#[derive(Debug)]
pub(crate) struct Connecting {
    stream: StreamId,
    action: Option<Target>,
}

impl Connecting {
    /// `Err` is what follows when the stream cannot even be tried.
    pub fn begin(ctx: &mut Context<'_>, origin: Origin<'_>, connect: Connect) -> Result<Self, Outcome> {
        match ctx.start_stream(origin, connect.stream, true) {
            Some(stream) => Ok(Self { stream, action: connect.action }),
            None => Err(Outcome::Next),
        }
    }

    pub fn on(&mut self, input: &Input) -> Outcome {
        match input {
            Input::StreamEnded(finished) if finished.id == self.stream => match self.action.take() {
                Some(action) => Outcome::Goto {
                    reference: Some(action.url),
                    method: action.method,
                    params: params::stream_action(finished),
                    purpose: Purpose::Action,
                },
                None => Outcome::Next,
            },
            Input::Gone => Outcome::End(Ending::Finished),
            _ => Outcome::Wait,
        }
    }

    pub fn stop(&self, ctx: &mut Context<'_>) {
        ctx.stop_streams(|live| live.id == self.stream);
    }
}
