//! Client transactions (RFC 3261 §17.1, RFC 6026).
//!
//! Two states of the RFC have no counterpart here because their only work is to swallow late responses, and a response
//! without transaction is dropped anyway: Completed of a non-INVITE transaction (timer K), and Terminated.

use std::sync::Arc;
use std::time::Duration;

use super::dialog::local_for;
use super::tables::own_branch;
use super::{Endpoint, Task};
use crate::flow::{Destination, Transmit, TransmitId};
use crate::header::Name;
use crate::message::{CSeq, Message, raw_via};
use crate::method::Method;
use crate::scan;
use crate::slab::Key;

/// Whom the outcome of a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Invite(Key),
    Reinvite(Key),
    /// An UPDATE with an offer, and one without.
    Update(Key),
    Refresh(Key),
    Prack(Key),
    Register(Key),
    Bye(Key),
    Info(Key),
    Refer(Key),
    Notify(Key),
    /// A NOTIFY to a watcher of dialogs.
    Watch(Key),
    /// An INVITE whose leg is tried elsewhere: should it be answered after all, that is taken back.
    Abandoned,
    Ping(Key),
    /// A text, by its number.
    Page(u64),
    /// CANCEL, or the BYE to a fork that lost: nobody waits.
    Nobody,
}

#[derive(Debug)]
pub(super) enum State {
    /// Nothing came yet.
    Calling,
    /// A provisional response came.
    Proceeding,
    /// INVITE refused: the ACK is repeated to each repeated refusal (timer D).
    Refused { ack: Arc<[u8]> },
    /// INVITE accepted: 2xx of any fork are still taken (timer M), each with its own ACK.
    Accepted { acks: Vec<ForkAck> },
}

/// ACK to the 2xx of one fork.
#[derive(Debug)]
pub(super) struct ForkAck {
    pub(super) tag: Box<[u8]>,
    pub(super) to: Destination,
    pub(super) ack: Arc<[u8]>,
}

/// Forks whose ACK is remembered; later ones are acknowledged and hung up on each copy.
const MAX_FORKS: usize = 16;

#[derive(Debug)]
pub(super) enum Cancel {
    No,
    /// To be sent after the first provisional response (RFC 3261 §9.1), with these header lines.
    Wanted(Box<[u8]>),
    Sent,
}

#[derive(Debug)]
pub(super) struct ClientTx {
    index: u64,
    pub(super) purpose: Purpose,
    pub(super) state: State,
    pub(super) request: Arc<[u8]>,
    pub(super) to: Destination,
    /// Next retransmission and the interval after it (timers A and E).
    resend: Option<(Duration, Duration)>,
    /// Timers B, F, D, M; `None` while ringing.
    give_up: Option<Duration>,
    /// The request as a datagram, while it is tried by TCP for its size.
    pub(super) datagram: Option<(Arc<[u8]>, Destination)>,
    /// Another destination is tried when nothing is heard of this one soon.
    is_hurried: bool,
    pub(super) cancel: Cancel,
}

impl ClientTx {
    fn is_invite(&self) -> bool {
        matches!(self.purpose, Purpose::Invite(_) | Purpose::Reinvite(_) | Purpose::Abandoned)
    }

    /// What it takes to send the request once more.
    pub(super) fn copy_for_retry(&self) -> ClientTx {
        ClientTx {
            index: self.index,
            purpose: self.purpose,
            state: State::Calling,
            request: self.request.clone(),
            to: self.to,
            resend: None,
            give_up: None,
            datagram: None,
            is_hurried: false,
            cancel: Cancel::No,
        }
    }
}

/// CANCEL has the branch of its INVITE: its number is turned over.
fn index_of(branch: u64, is_cancel: bool) -> u64 {
    if is_cancel { !branch } else { branch }
}

impl Endpoint {
    /// Sends a request and waits for its answer.
    pub(super) fn start_client(
        &mut self,
        purpose: Purpose,
        branch: u64,
        is_cancel: bool,
        request: Arc<[u8]>,
        to: Destination,
    ) -> Key {
        let (request, to, datagram) = match self.over_tcp(&request, branch, to) {
            Some((stream, by_tcp)) => (stream, by_tcp, Some((request, to))),
            None => (request, to, None),
        };
        let index = index_of(branch, is_cancel);
        let key = self.clients.insert(ClientTx {
            index,
            purpose,
            state: State::Calling,
            request: request.clone(),
            to,
            resend: None,
            give_up: None,
            datagram,
            is_hurried: false,
            cancel: Cancel::No,
        });
        self.branches.insert(index, key);
        if let Some(connection) = to.connection
            && let Some(connection) = self.connections.get_mut(&connection)
        {
            connection.sent.push(key);
            // Finished ones are swept out whenever the list has doubled: the cost per request stays constant.
            if connection.sent.len() > connection.sweep_at {
                connection.sent.retain(|&sent| self.clients.get(sent).is_some());
                connection.sweep_at = connection.sent.len() * 2 + 64;
            }
        }
        self.begin_resending(key);
        self.send(to, request, Some(key));
        key
    }

    pub(super) fn begin_resending(&mut self, key: Key) {
        if self.clients.get(key).is_some_and(|tx| !tx.to.transport.is_reliable()) {
            self.resend_after(key, self.config.t1);
        }
        self.give_up_after(key, self.config.patience());
    }

    /// Gives the request little time to be heard of: another destination is waiting.
    pub(super) fn hurry(&mut self, key: Key) {
        if let Some(tx) = self.clients.get_mut(key) {
            tx.is_hurried = true;
        }
        self.give_up_after(key, self.config.try_next_after);
    }

    /// Leaves a silent destination for the next one. Should it still be heard of, its call is taken back: CANCEL, or ACK
    /// and BYE.
    fn abandon(&mut self, key: Key) {
        let Some(tx) = self.clients.get_mut(key) else { return };
        let purpose = std::mem::replace(&mut tx.purpose, Purpose::Abandoned);
        let to = tx.to;
        tx.is_hurried = false;
        tx.resend = None;
        tx.cancel = Cancel::Wanted(Box::default());
        self.give_up_after(key, self.config.patience());
        if let Purpose::Invite(leg) = purpose {
            self.note_tried(to, None);
            self.invite_failed(leg, 408, None);
        }
    }

    pub(super) fn send(&mut self, to: Destination, bytes: Arc<[u8]>, client: Option<Key>) {
        let local = to.local.or_else(|| local_for(&self.locals, &to).map(|l| l.bound));
        let to = Destination { local, ..to };
        let transmit = Transmit { to, bytes, close: false, id: client.map(TransmitId) };
        self.trace_sent(&transmit);
        self.transmits.push_back(transmit);
    }

    pub(super) fn end_client(&mut self, key: Key) -> Option<ClientTx> {
        let tx = self.clients.remove(key)?;
        self.branches.remove(&tx.index);
        Some(tx)
    }

    fn resend_after(&mut self, key: Key, interval: Duration) {
        let now = self.now;
        if let Some(tx) = self.clients.get_mut(key) {
            tx.resend = Some((now + interval, interval));
            self.timers.set(now, interval, Task::Client(key));
        }
    }

    /// Gives up `after` from now, whatever was set before.
    fn give_up_after(&mut self, key: Key, after: Duration) {
        let now = self.now;
        if let Some(tx) = self.clients.get_mut(key) {
            tx.give_up = Some(now + after);
            self.timers.set(now, after, Task::Client(key));
        }
    }

    /// Stays for late responses only.
    fn linger_client(&mut self, key: Key, after: Duration) {
        if let Some(tx) = self.clients.get_mut(key) {
            tx.resend = None;
        }
        self.give_up_after(key, after);
    }

    pub(super) fn client_timeout(&mut self, key: Key) {
        let (now, t2) = (self.now, self.config.t2);
        let Some(tx) = self.clients.get_mut(key) else { return };
        if tx.give_up.is_some_and(|at| at <= now) {
            return match tx.state {
                State::Calling if tx.is_hurried => self.abandon(key),
                State::Calling | State::Proceeding => self.client_failed(key, 408),
                State::Refused { .. } | State::Accepted { .. } => {
                    self.end_client(key);
                }
            };
        }
        if let Some((at, interval)) = tx.resend
            && at <= now
        {
            // INVITE doubles without bound; others stop doubling at T2, and stay there once something was heard.
            let doubled = interval * 2;
            let next = match tx.state {
                _ if tx.is_invite() => doubled,
                State::Calling => doubled.min(t2),
                _ => t2,
            };
            let (to, request) = (tx.to, tx.request.clone());
            self.send(to, request, Some(key));
            self.resend_after(key, next);
        }
    }

    /// No answer, or no way to send: 408 or 503 (RFC 3261 §8.1.3.1).
    pub(super) fn client_failed(&mut self, key: Key, status: u16) {
        let Some(tx) = self.end_client(key) else { return };
        self.outcome(&tx, status, None);
    }

    /// Takes a response; one that fits no transaction is dropped.
    pub(super) fn receive_response(&mut self, flow: Destination, response: Message) {
        let via = response.list(Name::Via).next().and_then(raw_via);
        let Some(branch) = via.and_then(|v| v.branch()).and_then(own_branch) else { return };
        let (Some(CSeq { method, .. }), Some(status)) = (response.cseq(), response.status()) else { return };
        let index = index_of(branch, method == Method::Cancel);
        let Some(&key) = self.branches.get(&index) else { return };
        let Some(tx) = self.clients.get_mut(key) else { return };
        if tx.is_invite() {
            // A response that names another request with our branch is forged or broken.
            if method == Method::Invite {
                self.invite_response(key, flow, status, response);
            }
        } else if status < 200 {
            tx.state = State::Proceeding;
        } else if let Some(tx) = self.end_client(key) {
            self.outcome(&tx, status, Some(response));
        }
    }

    fn invite_response(&mut self, key: Key, flow: Destination, status: u16, response: Message) {
        let Some(tx) = self.clients.get_mut(key) else { return };
        let (to, is_own) = (tx.to, matches!(tx.purpose, Purpose::Invite(_)));
        if is_own && status >= 200 && matches!(tx.state, State::Calling | State::Proceeding) {
            self.note_tried(to, Some(&response));
        }
        let Some(tx) = self.clients.get_mut(key) else { return };
        match &mut tx.state {
            State::Calling | State::Proceeding => match status {
                100..=199 => self.invite_progress(key, flow, status, response),
                200..=299 => {
                    tx.state = State::Accepted { acks: Vec::new() };
                    // Only the ACK may be wanted again: the INVITE is not kept for 32 s.
                    tx.request = self.nothing.clone();
                    self.linger_client(key, self.config.patience());
                    self.invite_accepted(key, flow, response);
                }
                _ => {
                    let ack = follow_up(&tx.request, "ACK", response.get(Name::To), b"");
                    tx.state = State::Refused { ack: ack.clone() };
                    let wait =
                        if to.transport.is_reliable() { Duration::ZERO } else { self.config.patience() };
                    let purpose = tx.purpose;
                    self.send(to, ack, None);
                    self.linger_client(key, wait);
                    self.invite_refused(key, purpose, status, response);
                }
            },
            State::Refused { ack } if status >= 300 => {
                let ack = ack.clone();
                self.send(to, ack, None);
            }
            State::Accepted { acks } if (200..300).contains(&status) => {
                let tag = super::to_tag(&response).unwrap_or_default();
                match acks.iter().find(|fork| *fork.tag == *tag) {
                    Some(fork) => {
                        let (to, ack) = (fork.to, fork.ack.clone());
                        self.send(to, ack, None);
                    }
                    None => self.fork_accepted(key, flow, &response),
                }
            }
            State::Refused { .. } | State::Accepted { .. } => {}
        }
    }

    fn invite_progress(&mut self, key: Key, flow: Destination, status: u16, response: Message) {
        let Some(tx) = self.clients.get_mut(key) else { return };
        let is_first = matches!(tx.state, State::Calling);
        tx.state = State::Proceeding;
        tx.resend = None;
        let purpose = tx.purpose;
        match purpose {
            // A re-INVITE does not ring: it gets as long as a proxy would give it (RFC 3261 §16.6, timer C).
            Purpose::Reinvite(_) if is_first => self.give_up_after(key, Duration::from_secs(180)),
            // Ringing has no limit here: the leg has one, and a cancelled transaction keeps its own.
            Purpose::Invite(_) if !matches!(tx.cancel, Cancel::Sent) => tx.give_up = None,
            _ => {}
        }
        if let Some(ClientTx { cancel: Cancel::Wanted(lines), .. }) = self.clients.get_mut(key) {
            let lines = std::mem::take(lines);
            self.send_cancel(key, &lines);
        }
        if let Purpose::Invite(leg) = purpose {
            self.leg_progress(leg, flow, status, response);
        }
    }

    /// Wants an INVITE cancelled: now if something was heard of it, else as soon as it is.
    pub(super) fn cancel_client(&mut self, key: Key, lines: &[u8]) {
        let Some(tx) = self.clients.get_mut(key) else { return };
        match (&tx.state, &tx.cancel) {
            (State::Calling, Cancel::No) => tx.cancel = Cancel::Wanted(lines.into()),
            (State::Proceeding, Cancel::No) => self.send_cancel(key, lines),
            _ => {}
        }
    }

    fn send_cancel(&mut self, key: Key, lines: &[u8]) {
        let Some(tx) = self.clients.get_mut(key) else { return };
        tx.cancel = Cancel::Sent;
        let cancel = follow_up(&tx.request, "CANCEL", None, lines);
        let (to, branch) = (tx.to, tx.index);
        // Without an answer by then the INVITE counts as cancelled (RFC 3261 §9.1).
        self.give_up_after(key, self.config.patience());
        self.start_client(Purpose::Nobody, branch, true, cancel, to);
    }

    /// Remembers the ACK of a fork for repeated 2xx.
    pub(super) fn remember_ack(&mut self, key: Key, tag: &[u8], to: Destination, ack: Arc<[u8]>) {
        if let Some(ClientTx { state: State::Accepted { acks }, .. }) = self.clients.get_mut(key)
            && acks.len() < MAX_FORKS
        {
            acks.push(ForkAck { tag: tag.into(), to, ack });
        }
    }
}

/// ACK to a refusal, or CANCEL: the same top Via, Route, From, Call-ID and number as the INVITE (RFC 3261 §9.1,
/// §17.1.1.3). `invite` is one that this endpoint printed.
fn follow_up(invite: &[u8], method: &str, to: Option<&[u8]>, lines: &[u8]) -> Arc<[u8]> {
    let mut out = Vec::with_capacity(512);
    let mut head = invite.split(|&b| b == b'\n').map(<[u8]>::trim_ascii_end);
    let start = head.next().unwrap_or_default();
    out.extend_from_slice(method.as_bytes());
    out.extend_from_slice(start.strip_prefix(b"INVITE").unwrap_or_default());
    out.extend_from_slice(b"\r\n");
    for line in head.take_while(|line| !line.is_empty()) {
        let colon = memchr::memchr(b':', line).unwrap_or(0);
        match &line[..colon] {
            b"Via" | b"Route" | b"From" | b"Call-ID" | b"Max-Forwards" => {}
            b"To" if to.is_none() => {}
            // The ACK to a refusal after authentication needs the same credentials (RFC 3261 §22.1).
            b"Authorization" | b"Proxy-Authorization" if method == "ACK" => {}
            b"CSeq" => {
                let number = line.strip_suffix(b"INVITE").unwrap_or(line);
                out.extend_from_slice(number);
                super::dialog::write_line(&mut out, method.as_bytes(), b"");
                continue;
            }
            _ => continue,
        }
        super::dialog::write_line(&mut out, line, b"");
    }
    if let Some(to) = to {
        super::dialog::write_line(&mut out, b"To: ", to);
    }
    out.extend_from_slice(lines);
    out.extend_from_slice(b"Content-Length: 0\r\n\r\n");
    out.into()
}

/// The same request once more with a new branch, number and credentials (RFC 3261 §22.2).
pub(super) fn reissue(request: &[u8], branch: u64, cseq: u32, credentials: &[u8]) -> Arc<[u8]> {
    let head_end = memchr::memmem::find(request, b"\r\n\r\n").unwrap_or(request.len());
    let (head, body) = request.split_at(head_end);
    let mut out = Vec::with_capacity(request.len() + credentials.len() + 16);
    for line in head.split(|&b| b == b'\n').map(<[u8]>::trim_ascii_end) {
        let colon = memchr::memchr(b':', line).unwrap_or(0);
        match &line[..colon] {
            b"Via" => {
                let keep = memchr::memmem::rfind(line, super::tables::MAGIC).map_or(line.len(), |at| at + 7);
                out.extend_from_slice(&line[..keep]);
                scan::push_hex(&mut out, branch);
                out.extend_from_slice(b"\r\n");
            }
            b"CSeq" => {
                let method = memchr::memrchr(b' ', line).map_or(&b""[..], |at| &line[at..]);
                out.extend_from_slice(b"CSeq: ");
                scan::push_decimal(&mut out, cseq);
                super::dialog::write_line(&mut out, method, b"");
                out.extend_from_slice(credentials);
            }
            b"Authorization" | b"Proxy-Authorization" => {}
            _ => super::dialog::write_line(&mut out, line, b""),
        }
    }
    out.extend_from_slice(&body[2.min(body.len())..]);
    out.into()
}
