//! The notifier's side of SUBSCRIBE (RFC 6665), for the event package `dialog` alone (RFC 4235): who watches a phone, and what he is
//! told of its dialogs.
//!
//! Every SUBSCRIBE outside a dialog is challenged, whoever sends it: what is told is who talks with whom. One NOTIFY is under way at a
//! time; what is newer waits for its answer, and only the newest of that goes out. A subscription ends by its watcher, by time, by the
//! application, or with the first NOTIFY that is refused or not answered (RFC 6665 §4.2.2).

use std::time::Duration;

use super::client::Purpose;
use super::dialog::{Dialog, local_for, write_line};
use super::leg::State as LegState;
use super::tables::TxKey;
use super::{ALLOW, Endpoint, Source, Task};
use crate::event::{Event, LegId, Subscribing, SubscriptionId};
use crate::header::{ExtraHeaders, Name};
use crate::message::{Message, media_type, raw_name_addr};
use crate::method::Method;
use crate::request::{DialogFacts, DialogState, OpError};
use crate::scan;
use crate::slab::Key;

/// Subscriptions at once; a further one gets 503.
const MAX_SUBSCRIPTIONS: usize = 20_000;
/// Lifetimes granted, in seconds. Subscriptions end with the process, so the longest is how long a watcher may go without knowing: he
/// is told 481 when he comes again, and begins anew (RFC 6665 §4.1.2.2). RFC 4235 §3.4 has an hour for who asks for none.
const MIN_EXPIRES_S: u32 = 60;
const MAX_EXPIRES_S: u32 = 600;
/// How long the application may take to decide: less than its transaction is kept.
const MAX_DECIDING: Duration = Duration::from_secs(15);
/// Most bytes of a document.
const MAX_BODY: usize = 16 * 1024;
/// The only kind of document there is of this package.
const DIALOG_INFO: &str = "application/dialog-info+xml";
const ALLOW_EVENTS: &[u8] = b"Allow-Events: dialog\r\n";

/// One watcher.
#[derive(Debug)]
pub(super) struct Subscription {
    dialog: Dialog,
    /// `;id=…` of its Event, which NOTIFYs repeat (RFC 6665 §8.2.1).
    id: Box<[u8]>,
    stage: Stage,
    /// A NOTIFY has no answer yet.
    is_notifying: bool,
    /// What is to be told after that.
    waiting: Option<Box<[u8]>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The application has not decided on this transaction.
    Asked { tx: Key, expires_s: u32, until: Duration },
    /// Accepted until then.
    Active { until: Duration },
    /// Accepted for one look (RFC 6665 §4.4.3).
    Fetch,
}

/// Seconds asked for; what is no number counts as none asked for.
fn asked_s(request: &Message) -> u32 {
    request.get(Name::Expires).and_then(|value| scan::decimal(scan::trim(value))).unwrap_or(MAX_EXPIRES_S)
}

/// Why a SUBSCRIBE makes no sense here, with the lines of its answer.
fn refusal(request: &Message) -> Option<(u16, Vec<u8>)> {
    let event = request.get(Name::Event).unwrap_or_default();
    if !media_type(event).eq_ignore_ascii_case(b"dialog") {
        return Some((489, ALLOW_EVENTS.to_vec()));
    }
    if !request.accepts(DIALOG_INFO) {
        return Some((406, format!("Accept: {DIALOG_INFO}\r\n").into_bytes()));
    }
    let asked = asked_s(request);
    (asked > 0 && asked < MIN_EXPIRES_S)
        .then(|| (423, format!("Min-Expires: {MIN_EXPIRES_S}\r\n").into_bytes()))
}

/// `;id=…` of the Event, if it has one.
fn event_id(request: &Message) -> Box<[u8]> {
    let event = request.get(Name::Event).unwrap_or_default();
    let params = &event[memchr::memchr(b';', event).unwrap_or(event.len())..];
    match scan::param(params, "id") {
        Some(id) if id.len() <= 64 => [&b";id="[..], id].concat().into(),
        _ => Box::default(),
    }
}

impl Endpoint {
    pub(super) fn receive_subscribe(&mut self, source: Source, key: TxKey, request: Message) {
        if let Some((status, lines)) = refusal(&request) {
            return self.respond_stateless(&request, source, status, &lines);
        }
        if self.subscriptions.len() >= MAX_SUBSCRIPTIONS {
            return self.respond_stateless(&request, source, 503, b"Retry-After: 60\r\n");
        }
        let Some(authorization) = self.authorization(source, &request, "SUBSCRIBE") else { return };
        let tag = self.random.next_u64();
        let dialog = self.inbound_dialog(source, tag, &request);
        let (Some(dialog), Ok(resource)) = (dialog, request.request_uri()) else {
            return self.respond_stateless(&request, source, 400, b"");
        };
        let tx = self.start_server(&request, source.flow, key, tag);
        self.limit_reoffer(tx);
        let expires_s = asked_s(&request).min(MAX_EXPIRES_S);
        let subscription = Subscription {
            dialog,
            id: event_id(&request),
            stage: Stage::Asked { tx, expires_s, until: self.now + MAX_DECIDING },
            is_notifying: false,
            waiting: None,
        };
        let id = self.subscriptions.insert(subscription);
        self.watchers.insert(tag, id);
        self.timers.set(self.now, MAX_DECIDING, Task::Subscription(id));
        let Source { flow, trust, .. } = source;
        let asked = Subscribing { id: SubscriptionId(id), resource, flow, trust, authorization, request };
        self.events.push_back(Event::Subscribe(Box::new(asked)));
    }

    /// The subscription whose dialog a request is in.
    pub(super) fn find_subscription(&self, request: &Message) -> Option<Key> {
        let key = *self.watchers.get(&scan::hex64(super::to_tag(request)?)?)?;
        self.subscriptions.get(key)?.dialog.has(request).then_some(key)
    }

    /// A SUBSCRIBE in its dialog: the watcher goes on watching, or ceases to (RFC 6665 §4.2.1.4).
    pub(super) fn resubscribe(&mut self, source: Source, key: TxKey, id: Key, request: &Message) {
        let number = request.cseq().map_or(0, |c| c.number);
        let Some(s) = self.subscriptions.get_mut(id) else { return };
        if s.dialog.remote_cseq.is_some_and(|last| number < last) {
            return self.respond_stateless(request, source, 500, b"");
        }
        s.dialog.remote_cseq = Some(number);
        if let Some((status, lines)) = refusal(request) {
            return self.respond_stateless(request, source, status, &lines);
        }
        if !matches!(s.stage, Stage::Active { .. }) {
            return self.respond_stateless(request, source, 481, b"");
        }
        s.dialog.refresh_target(request, &self.config);
        let tx = self.start_server(request, source.flow, key, 0);
        let expires_s = asked_s(request).min(MAX_EXPIRES_S);
        self.grant(id, tx, expires_s);
        if expires_s == 0 {
            self.finish_subscription(id, "timeout");
        } else {
            self.events.push_back(Event::Resubscribed { subscription: SubscriptionId(id) });
        }
    }

    /// Answers 200 and counts the time anew.
    fn grant(&mut self, id: Key, tx: Key, expires_s: u32) {
        let after = Duration::from_secs(u64::from(expires_s));
        let Some(s) = self.subscriptions.get_mut(id) else { return };
        s.stage = Stage::Active { until: self.now + after };
        let mut lines = Vec::with_capacity(128);
        write_line(&mut lines, b"Contact: ", &s.dialog.contact);
        lines.extend_from_slice(ALLOW.as_bytes());
        lines.extend_from_slice(ALLOW_EVENTS);
        write_line(&mut lines, b"Expires: ", expires_s.to_string().as_bytes());
        self.timers.set(self.now, after, Task::Subscription(id));
        self.respond(tx, 200, None, &lines, None);
    }

    fn asked_subscription(&mut self, now: Duration, id: SubscriptionId) -> Result<(Key, u32), OpError> {
        self.tick(now);
        match self.subscriptions.get(id.0).map(|s| s.stage) {
            Some(Stage::Asked { tx, expires_s, .. }) => Ok((tx, expires_s)),
            Some(_) => Err(OpError::WrongState),
            None => Err(OpError::UnknownLeg),
        }
    }

    /// Grants an [`Event::Subscribe`] for as long as was asked, ten minutes at most. A first
    /// [`notify_dialogs`](Self::notify_dialogs) must follow at once (RFC 6665 §4.2.1.2).
    pub fn accept_subscription(&mut self, now: Duration, id: SubscriptionId) -> Result<(), OpError> {
        let (tx, expires_s) = self.asked_subscription(now, id)?;
        self.grant(id.0, tx, expires_s);
        if let (0, Some(s)) = (expires_s, self.subscriptions.get_mut(id.0)) {
            s.stage = Stage::Fetch;
        }
        Ok(())
    }

    /// Refuses an [`Event::Subscribe`] with 300 to 699.
    pub fn reject_subscription(
        &mut self,
        now: Duration,
        id: SubscriptionId,
        status: u16,
        extra: &ExtraHeaders,
    ) -> Result<(), OpError> {
        let (tx, _) = self.asked_subscription(now, id)?;
        if !(300..700).contains(&status) {
            return Err(OpError::BadStatus);
        }
        self.forget_subscription(id.0);
        self.respond(tx, status, None, extra.lines(), None);
        Ok(())
    }

    /// Asks for credentials once more: the nonce was used before, or is too old.
    pub fn challenge_subscription(&mut self, now: Duration, id: SubscriptionId) -> Result<(), OpError> {
        let (tx, _) = self.asked_subscription(now, id)?;
        let source = self.servers.get(tx).ok_or(OpError::UnknownLeg)?.to.remote.ip();
        let lines = self.challenge_lines(source, true, usize::MAX).ok_or(OpError::WrongState)?;
        self.forget_subscription(id.0);
        self.respond(tx, 401, None, &lines, None);
        Ok(())
    }

    /// Tells a watcher the dialogs of the phone: a whole document (`application/dialog-info+xml`, 16 KiB at most). While the
    /// last one has no answer it waits, and takes the place of one that waits.
    pub fn notify_dialogs(
        &mut self,
        now: Duration,
        id: SubscriptionId,
        document: &[u8],
    ) -> Result<(), OpError> {
        self.tick(now);
        if document.len() > MAX_BODY {
            return Err(OpError::TooLarge);
        }
        let s = self.subscriptions.get_mut(id.0).ok_or(OpError::UnknownLeg)?;
        match s.stage {
            Stage::Asked { .. } => return Err(OpError::WrongState),
            Stage::Active { .. } if s.is_notifying => s.waiting = Some(document.into()),
            Stage::Active { .. } => self.send_state(id.0, None, document),
            Stage::Fetch => {
                self.send_state(id.0, Some("timeout"), document);
                self.forget_subscription(id.0);
            }
        }
        Ok(())
    }

    /// Whether somebody watches by this subscription, beyond one look.
    pub fn watches(&self, id: SubscriptionId) -> bool {
        self.subscriptions.get(id.0).is_some()
    }

    /// Ends a subscription: `reason` is one of RFC 6665 §4.1.3, such as `deactivated` (the watcher may come again at once) or
    /// `noresource`. No event follows.
    pub fn end_subscription(
        &mut self,
        now: Duration,
        id: SubscriptionId,
        reason: &str,
    ) -> Result<(), OpError> {
        self.tick(now);
        if !scan::is_token(reason.as_bytes()) {
            return Err(OpError::BadText);
        }
        if self.subscriptions.get(id.0).is_none_or(|s| matches!(s.stage, Stage::Asked { .. })) {
            return Err(OpError::UnknownLeg);
        }
        self.send_state(id.0, Some(reason), b"");
        self.forget_subscription(id.0);
        Ok(())
    }

    /// Sends a NOTIFY, the last one where a reason is given.
    fn send_state(&mut self, id: Key, over: Option<&str>, document: &[u8]) {
        let branch = self.random.next_u64();
        let Some(s) = self.subscriptions.get_mut(id) else { return };
        let to = s.dialog.hop;
        let Some(local) = local_for(&self.locals, &to) else { return };
        let left = match s.stage {
            Stage::Active { until } => until.saturating_sub(self.now).as_secs().max(1),
            Stage::Asked { .. } | Stage::Fetch => 0,
        };
        s.dialog.local_cseq += 1;
        s.is_notifying = over.is_none();
        let out = &mut self.scratch;
        out.clear();
        s.dialog.write_request(out, local, Method::Notify.as_str(), s.dialog.local_cseq, branch);
        write_line(out, b"Contact: ", &s.dialog.contact);
        write_line(out, b"Event: dialog", &s.id);
        let state = match over {
            Some(reason) => format!("terminated;reason={reason}"),
            None => format!("active;expires={left}"),
        };
        write_line(out, b"Subscription-State: ", state.as_bytes());
        out.extend_from_slice(&self.agent_line);
        if !document.is_empty() {
            write_line(out, b"Content-Type: ", DIALOG_INFO.as_bytes());
        }
        crate::message::write_body(out, document);
        let bytes = out.as_slice().into();
        // Whatever becomes of the last one, nobody waits for it.
        let purpose = if over.is_some() { Purpose::Nobody } else { Purpose::Watch(id) };
        self.start_client(purpose, branch, false, bytes, to);
    }

    /// A NOTIFY was answered, or not.
    pub(super) fn watch_answered(&mut self, id: Key, status: u16) {
        let Some(s) = self.subscriptions.get_mut(id) else { return };
        s.is_notifying = false;
        if status >= 300 {
            self.forget_subscription(id);
            self.events.push_back(Event::SubscriptionEnded { subscription: SubscriptionId(id) });
        } else if let Some(document) = s.waiting.take() {
            self.send_state(id, None, &document);
        }
    }

    /// Ends a subscription of the watcher's own accord, or for its time.
    fn finish_subscription(&mut self, id: Key, reason: &str) {
        self.send_state(id, Some(reason), b"");
        self.forget_subscription(id);
        self.events.push_back(Event::SubscriptionEnded { subscription: SubscriptionId(id) });
    }

    fn forget_subscription(&mut self, id: Key) {
        if let Some(s) = self.subscriptions.remove(id) {
            self.watchers.remove(&s.dialog.local_tag);
        }
    }

    /// The application has not decided, or the watcher has not come again.
    pub(super) fn subscription_timeout(&mut self, id: Key) {
        match self.subscriptions.get(id).map(|s| s.stage) {
            Some(Stage::Asked { tx, until, .. }) if until <= self.now => {
                self.forget_subscription(id);
                self.respond(tx, 480, None, b"", None);
            }
            Some(Stage::Active { until }) if until <= self.now => self.finish_subscription(id, "timeout"),
            // A refresh has moved its end.
            Some(_) | None => {}
        }
    }

    /// Whether a leg has a dialog that is not over, of which [`dialog_of`](Self::dialog_of) tells.
    pub fn has_dialog(&self, leg: LegId) -> bool {
        self.legs.get(leg.0).is_some_and(|leg| !matches!(leg.state, LegState::Over))
    }

    /// How the dialog of a leg stands, for a document about it; `None` when it is over.
    pub fn dialog_of(&self, leg: LegId) -> Option<DialogFacts> {
        let leg = self.legs.get(leg.0)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let uri = |bytes: &[u8]| raw_name_addr(bytes).map(|address| text(address.uri)).unwrap_or_default();
        let (state, their_tag) = match &leg.state {
            LegState::Calling(attempt) => match attempt.ringing.first() {
                Some(tag) => (DialogState::Early, Some(text(tag))),
                None => (DialogState::Trying, None),
            },
            LegState::Incoming { .. } => (DialogState::Proceeding, Some(text(&leg.dialog.remote_tag))),
            LegState::Talking => (DialogState::Confirmed, Some(text(&leg.dialog.remote_tag))),
            LegState::Over => return None,
        };
        Some(DialogFacts {
            call_id: text(&leg.dialog.call_id),
            our_tag: format!("{:016x}", leg.dialog.local_tag),
            their_tag,
            state,
            is_ours: leg.dialog.is_ours,
            our_uri: uri(&leg.dialog.local),
            our_contact: uri(&leg.dialog.contact),
        })
    }
}
