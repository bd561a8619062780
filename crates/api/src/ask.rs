//! One request, read as far as every operation needs it, and the renderings every operation shares.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use flexio_app::{App, Principal};
use flexio_domain::{Account, AccountSid, ErrorCode, UsageLabels};
use flexio_store::IdempotencyRecord;

use crate::Api;
use crate::answer::Answer;
use crate::dialect::{Face, Format};
use crate::error::Result;
use crate::operation::{Kind, Operation};
use crate::params::Params;
use crate::write::Writer;

/// What a view needs to know about who looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    pub(crate) face: Face,
    pub(crate) format: Format,
    /// `https://…`, no slash at the end.
    pub(crate) base: &'a str,
    /// Prices in the classic API too.
    pub(crate) native_prices: bool,
    /// The answer to the creation itself, now or again.
    pub(crate) fresh: bool,
}

impl Shown<'_> {
    /// Relative URI of something of an account: `Calls/CA…`.
    pub(crate) fn uri(&self, account: AccountSid, rest: impl std::fmt::Display) -> String {
        self.face.uri(self.format, &format!("Accounts/{account}/{rest}"))
    }

    pub(crate) const fn is_twilio(&self) -> bool {
        matches!(self.face, Face::Twilio)
    }

    /// Whether `price` is shown.
    pub(crate) const fn prices(&self) -> bool {
        self.is_twilio() || self.native_prices
    }
}

/// The `Idempotency-Key` of a creation and the digest of its request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a> {
    pub(crate) key: &'a str,
    pub(crate) digest: [u8; 32],
}

/// A request whose sender is known and may touch the account in the path.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) api: &'a Api,
    pub(crate) face: Face,
    pub(crate) format: Format,
    pub(crate) operation: &'static Operation,
    pub(crate) principal: &'a Principal,
    /// The account in the path; the principal's own where the path has none.
    pub(crate) account: Arc<Account>,
    /// Values of the path's names.
    pub(crate) names: Vec<(&'static str, &'a str)>,
    pub(crate) params: Params<'a>,
    /// As it came, for operations that read JSON.
    pub(crate) body: &'a Bytes,
    /// `pdf` or another file suffix of the path.
    pub(crate) file: Option<&'a str>,
    /// The version a change is meant for.
    pub(crate) if_match: Option<&'a str>,
    /// `Accounts/AC…/Calls`, as asked for, percent-encoding undone.
    pub(crate) path: &'a str,
    /// As it came, for links to other pages.
    pub(crate) query: &'a str,
    pub(crate) key: Option<Key<'a>>,
    /// Where the request came from.
    pub(crate) client: Option<IpAddr>,
    /// `User-Agent`, empty without one.
    pub(crate) user_agent: &'a str,
    /// A creation that ran before is answered again.
    pub(crate) replay: bool,
}

impl Ask<'_> {
    /// Whether an account above the one of the path asks.
    pub(crate) fn is_by_ancestor(&self) -> bool {
        self.account.ancestors.contains(&self.principal.account.sid)
    }

    /// What the call or message that is asked for is for: the key it is asked with, and its `Tag`.
    pub(crate) fn labels(&self) -> Result<UsageLabels> {
        let tag = self.params.text("Tag").map(flexio_app::checked_tag).transpose()?.flatten();
        Ok(UsageLabels { key_sid: self.principal.key, tag, ..UsageLabels::default() })
    }

    /// Who asks: the person at a browser, else the key, else the account.
    pub(crate) fn user(&self) -> String {
        match (self.principal.seat.as_ref(), self.principal.key) {
            (Some(seat), _) => seat.person.sid.to_string(),
            (None, Some(key)) => key.to_string(),
            (None, None) => self.principal.account.sid.to_string(),
        }
    }

    pub(crate) fn app(&self) -> &App {
        &self.api.app
    }

    pub(crate) fn shown(&self) -> Shown<'_> {
        Shown {
            face: self.face,
            format: self.format,
            base: &self.api.app.config.public_base_url,
            native_prices: self.api.config.native_prices,
            fresh: self.replay || self.operation.kind == Kind::Create,
        }
    }

    /// A sid of the path; one of another shape is simply not found.
    pub(crate) fn sid<T: std::str::FromStr>(&self, name: &str) -> Result<T> {
        self.name(name).parse().map_err(|_| ErrorCode::NotFound.into())
    }

    /// The value of a name of the path; empty if the operation's path has no such name.
    pub(crate) fn name(&self, name: &str) -> &str {
        self.names.iter().find(|(have, _)| *have == name).map_or("", |(_, value)| value)
    }

    /// One resource, 200.
    pub(crate) fn one(&self, element: &str, view: impl FnOnce(&mut Writer)) -> Answer {
        self.answer(200, Writer::new(self.face, self.format).root(element, view))
    }

    /// A resource that was made: 201, natively 200.
    pub(crate) fn made(&self, element: &str, view: impl FnOnce(&mut Writer)) -> Answer {
        self.answer(self.face.created(), Writer::new(self.face, self.format).root(element, view))
    }

    pub(crate) fn answer(&self, status: u16, body: String) -> Answer {
        Answer::new(status, self.format.content_type(), body)
    }

    /// The record that keeps the answer of a creation, where the request carries a key. Without an answer it is rendered again from the
    /// resource: for messages and calls, whose text must not lie in a second place, and for keys, whose secret must not be kept.
    pub(crate) fn kept(
        &self,
        resource: impl std::fmt::Display,
        answer: Option<&Answer>,
    ) -> Option<IdempotencyRecord> {
        let key = self.key?;
        Some(IdempotencyRecord {
            account_sid: self.account.sid,
            key: key.key.to_owned(),
            request_digest: key.digest,
            status: answer.map_or(0, |answer| answer.status),
            body: answer.map(|answer| answer.body.to_vec()).unwrap_or_default(),
            content_type: self.format.content_type().to_owned(),
            resource: resource.to_string(),
            created_at: self.app().clock.now(),
        })
    }
}
