//! Getting the next document: the request, the fallback, the loop guards.

use std::time::Duration;

use flexio_markup::{Document, Kind, Target};

use crate::actions::{Action, Fetch, LegId, Purpose, RequestId};
use crate::context::Context;
use crate::events::FetchError;
use crate::params::{self, Params};
use crate::script::Input;

/// A document asked for and not yet had.
#[derive(Debug)]
pub(crate) struct Fetching {
    leg: LegId,
    kind: Kind,
    request: RequestId,
    target: Target,
    params: Params,
    purpose: Purpose,
    until: Duration,
    fell_back: bool,
}

/// What became of a fetch.
#[derive(Debug)]
pub(crate) enum Got {
    /// Nothing yet.
    Waiting,
    /// A document and where it came from.
    Document(Document, Target),
    /// No document, neither there nor from the fallback.
    Failed {
        /// The application answered 404 and there was no fallback.
        not_found: bool,
    },
    /// The fallback may not be asked: a limit is reached and has been reported.
    Limit,
}

impl Fetching {
    /// Asks for a document; `None` when a limit forbids it, which has then been reported.
    pub fn begin(
        ctx: &mut Context<'_>,
        (leg, kind): (LegId, Kind),
        target: Target,
        extra: Params,
        purpose: Purpose,
    ) -> Option<Self> {
        let mut params = params::standard(ctx.base, leg);
        params.extend(extra);
        let until = ctx.after(ctx.base.limits.fetch_s);
        let request = ctx.request();
        let fetching = Self { leg, kind, request, target, params, purpose, until, fell_back: false };
        fetching.send(ctx).then_some(fetching)
    }

    fn send(&self, ctx: &mut Context<'_>) -> bool {
        if let Some(limit) = exceeded(ctx, self.purpose, is_flow(&self.target.url)) {
            ctx.error(self.leg, 12400, limit, Some(self.target.url.clone()));
            return false;
        }
        ctx.trace(self.leg, "fetch", format!("{:?}", self.purpose));
        ctx.push(Action::Fetch(Fetch {
            request: self.request,
            leg: self.leg,
            url: self.target.url.clone(),
            method: self.target.method,
            params: self.params.clone(),
            purpose: self.purpose,
            kind: self.kind,
            dialect: ctx.base.facts.dialect,
        }));
        true
    }

    pub fn on(&mut self, ctx: &mut Context<'_>, input: &Input) -> Got {
        match input {
            Input::Fetched { request, result } if *request == self.request => match result {
                Ok(document) => Got::Document(document.clone(), self.target.clone()),
                Err(error) => self.failed(ctx, error),
            },
            Input::Tick if ctx.passed(Some(self.until)) => self.failed(ctx, &FetchError::Timeout),
            Input::Fetched { .. }
            | Input::StreamEnded(_)
            | Input::Heard { .. }
            | Input::Tick
            | Input::Prompt { .. }
            | Input::Key { .. }
            | Input::Recorded(_)
            | Input::Messaged { .. }
            | Input::Leg { .. }
            | Input::Room { .. }
            | Input::Queue { .. }
            | Input::Held { .. }
            | Input::Refer(_)
            | Input::Gone => Got::Waiting,
        }
    }

    /// Once to the fallback with the same parameters and what went wrong, then no further.
    fn failed(&mut self, ctx: &mut Context<'_>, error: &FetchError) -> Got {
        let url = self.target.url.clone();
        let code = error.code(ctx.base.facts.dialect);
        ctx.error(self.leg, code, error.to_string(), Some(url.clone()));
        ctx.trace(self.leg, "fetch-failed", code.to_string());
        let fallback = ctx.base.facts.fallback.clone();
        // The fallback belongs to the call's own document, not to one heard before or instead of a conversation.
        let fallback =
            fallback.filter(|_| self.leg == LegId::FIRST && self.kind == Kind::Voice && !self.fell_back);
        let Some(fallback) = fallback else {
            return Got::Failed { not_found: *error == FetchError::Status(404) && !self.fell_back };
        };
        self.fell_back = true;
        self.params.extend(params::fallback(code, &url));
        self.target = fallback;
        self.purpose = Purpose::Fallback;
        self.request = ctx.request();
        self.until = ctx.after(ctx.base.limits.fetch_s);
        if self.send(ctx) { Got::Waiting } else { Got::Limit }
    }

    pub fn deadline(&self) -> Duration {
        self.until
    }
}

/// A flow counts its own steps: each of its documents is one.
fn is_flow(url: &str) -> bool {
    url.starts_with("flow:")
}

/// Counts a fetch; a sentence when it is one too many.
fn exceeded(ctx: &mut Context<'_>, purpose: Purpose, is_flow: bool) -> Option<String> {
    let limits = ctx.base.limits.clone();
    ctx.base.fetches += u32::from(!is_flow);
    if ctx.base.fetches > limits.fetches {
        return Some(format!("more than {} documents in one call", limits.fetches));
    }
    if matches!(purpose, Purpose::Redirect | Purpose::Action) && !is_flow {
        ctx.base.fetches_without_user += 1;
        if ctx.base.fetches_without_user > limits.fetches_without_user {
            let most = limits.fetches_without_user;
            return Some(format!("more than {most} redirects without anything done by a person"));
        }
    }
    if !ctx.alive(LegId::FIRST) {
        ctx.base.fetches_after_hangup += 1;
        if ctx.base.fetches_after_hangup > limits.fetches_after_hangup {
            return Some(format!("more than {} documents after the hang-up", limits.fetches_after_hangup));
        }
    }
    None
}
