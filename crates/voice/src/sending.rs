//! `<Sms>`, `<Message>` and `<Email>`: handed to the shell at once; the document waits only if it wants to know what came of it.

use std::time::Duration;

use flexio_markup::{Email, Message, Target, resolve};

use crate::actions::{Action, LegId, Purpose, RequestId, SendEmail, SendMessage};
use crate::context::Context;
use crate::facts::Direction;
use crate::input::Input;
use crate::params;
use crate::script::Outcome;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Message,
    Email,
}

/// Waits for what came of sending.
#[derive(Debug)]
pub(crate) struct Sending {
    what: What,
    request: RequestId,
    until: Duration,
    action: Target,
}

/// Where a verb stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub leg: LegId,
    pub base_url: &'a str,
    pub line: u32,
}

impl Place<'_> {
    fn absolute(self, ctx: &mut Context<'_>, what: &str, url: &str) -> Option<String> {
        match resolve(self.base_url, url) {
            Ok(url) => Some(url),
            Err(error) => {
                ctx.warn(self.leg, self.line, 11100, format!("{what}: {error}"));
                None
            }
        }
    }
}

impl Sending {
    /// Sends a message; `None` if nobody waits for its outcome.
    pub fn message(ctx: &mut Context<'_>, at: Place<'_>, message: Message) -> Option<Self> {
        let first = ctx.base.first();
        let (ours, theirs) = match first.facts.direction {
            Direction::Inbound => (&first.facts.to, &first.facts.from),
            Direction::OutboundApi | Direction::OutboundDial => (&first.facts.from, &first.facts.to),
        };
        let (from, to) =
            (message.from.unwrap_or_else(|| ours.clone()), message.to.unwrap_or_else(|| theirs.clone()));
        let media = message.media.iter().filter_map(|url| at.absolute(ctx, "message", url)).collect();
        let status_callback = message.status_callback.and_then(|target| {
            let url = at.absolute(ctx, "message", &target.url)?;
            Some(Target { url, ..target })
        });
        let request = ctx.request();
        ctx.push(Action::SendMessage(SendMessage {
            request,
            from,
            to,
            body: message.body,
            media,
            status_callback,
        }));
        Self::waiting(ctx, What::Message, request, message.action)
    }

    /// Sends an e-mail; `None` if nobody waits for its outcome.
    pub fn email(ctx: &mut Context<'_>, at: Place<'_>, mut email: Email) -> Option<Self> {
        email.status_callback = email.status_callback.take().and_then(|target| {
            let url = at.absolute(ctx, "e-mail", &target.url)?;
            Some(Target { url, ..target })
        });
        let (request, action) = (ctx.request(), email.action.take());
        ctx.push(Action::SendEmail(Box::new(SendEmail { request, email })));
        Self::waiting(ctx, What::Email, request, action)
    }

    fn waiting(ctx: &Context<'_>, what: What, request: RequestId, action: Option<Target>) -> Option<Self> {
        Some(Self { what, request, until: ctx.after(ctx.base.limits.answer_s), action: action? })
    }

    /// When silence of the shell is a failure.
    pub const fn deadline(&self) -> Duration {
        self.until
    }

    /// The outcome goes to `action`.
    pub fn on(&self, ctx: &Context<'_>, input: &Input) -> Outcome {
        let (sid, status) = match input {
            Input::Messaged { request, result } if *request == self.request => match result {
                Ok(accepted) => (accepted.sid.as_str(), accepted.status.as_str()),
                Err(_) => ("", "failed"),
            },
            Input::Tick if ctx.passed(Some(self.until)) => ("", "failed"),
            Input::Messaged { .. }
            | Input::Tick
            | Input::Prompt { .. }
            | Input::Key { .. }
            | Input::Recorded(_)
            | Input::StreamEnded(_)
            | Input::Heard { .. }
            | Input::Fetched { .. }
            | Input::Leg { .. }
            | Input::Room { .. }
            | Input::Queue { .. }
            | Input::Held { .. }
            | Input::Refer(_)
            | Input::Gone => return Outcome::Wait,
        };
        let params = match self.what {
            What::Message => params::message(sid, status),
            What::Email => params::email(sid, status),
        };
        let (url, method) = (self.action.url.clone(), self.action.method);
        Outcome::Goto { reference: Some(url), method, params, purpose: Purpose::Action }
    }
}
