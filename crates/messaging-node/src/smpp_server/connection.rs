//! The task of one connection.

use std::{
    collections::HashMap,
    future::pending,
    io,
    net::IpAddr,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use flexio_domain::AccountStatus;
use flexio_smpp::{
    BindMode, SubmitKey, frame,
    server::{Bind, DeliverOutcome, Reply, RequestId, ServerAction, ServerInput, ServerSession, status},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time,
};

use super::{
    PARCELS, Parcel, Shared,
    submit::{Answers, Joining},
    users::User,
};
use crate::smpp_client::Stream;

/// Written octets that may wait for the socket before nothing more is read.
const WRITE_BUFFER_MAX: usize = 256 * 1024;
/// A wrong password is answered after this: guessing gets slow, and holds a place of those that may be unbound.
const WRONG_PASSWORD_WAIT: Duration = Duration::from_secs(1);
/// How often long messages that are not complete are looked at.
const JOINING_LOOK: Duration = Duration::from_secs(1);

pub(super) struct Connection {
    shared: Arc<Shared>,
    peer: IpAddr,
    session: ServerSession,
    reader: ReadHalf<Box<dyn Stream>>,
    writer: WriteHalf<Box<dyn Stream>>,
    read: BytesMut,
    write: BytesMut,
    /// Octets were given to the stream that TLS may still hold.
    unflushed: bool,
    /// Who it is, once bound, and the number of the bind.
    user: Option<(Arc<User>, u64)>,
    parcels: mpsc::Receiver<Parcel>,
    parcel_to: mpsc::Sender<Parcel>,
    waiting: HashMap<u64, oneshot::Sender<DeliverOutcome>>,
    next_key: u64,
    /// Requests being dealt with: at most the window of the session.
    work: JoinSet<Answers>,
    joining: Joining,
    actions: Vec<ServerAction>,
    ended: bool,
}

impl Connection {
    pub(super) fn new(shared: Arc<Shared>, stream: Box<dyn Stream>, peer: IpAddr) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        let (parcel_to, parcels) = mpsc::channel(PARCELS);
        Self {
            session: ServerSession::new(shared.session.clone(), now()),
            shared,
            peer,
            reader,
            writer,
            read: BytesMut::new(),
            write: BytesMut::new(),
            unflushed: false,
            user: None,
            parcels,
            parcel_to,
            waiting: HashMap::new(),
            next_key: 0,
            work: JoinSet::new(),
            joining: Joining::default(),
            actions: Vec::new(),
            ended: false,
        }
    }

    pub(super) async fn run(mut self, mut closed: watch::Receiver<bool>) {
        let mut closing = false;
        while !self.ended {
            let mut over = self.user.as_ref().map(|(user, _)| user.over());
            let deadline = self.session.deadline();
            let may_read = self.write.len() < WRITE_BUFFER_MAX;
            let may_deliver = self.session.capacity(now()) > 0;
            tokio::select! {
                result = write_some(&mut self.writer, &mut self.write, &mut self.unflushed) => {
                    if result.is_err() {
                        self.give(ServerInput::Lost).await;
                    }
                }
                result = self.reader.read_buf(&mut self.read), if may_read => match result {
                    Ok(0) | Err(_) => self.give(ServerInput::Lost).await,
                    Ok(_) => self.decode().await,
                },
                Some(answers) = self.work.join_next(), if !self.work.is_empty() => self.on_done(answers).await,
                Some(parcel) = self.parcels.recv(), if may_deliver => self.hand(parcel).await,
                () = until(deadline) => self.give(ServerInput::Timeout).await,
                () = time::sleep(JOINING_LOOK), if !self.joining.is_empty() => {
                    let late = self.joining.overdue(now());
                    self.answer(late, &Reply::Refused(status::SUBMIT_FAILED)).await;
                }
                () = told(Some(&mut closed)), if !closing => {
                    closing = true;
                    self.give(ServerInput::Close).await;
                }
                () = told(over.as_mut()), if !closing => {
                    closing = true;
                    self.give(ServerInput::Close).await;
                }
            }
        }
        // What is on its way to be kept is kept all the same; the peer does not hear of it.
        self.work.detach_all();
        let last_words = async {
            self.writer.write_all(&self.write).await?;
            self.writer.shutdown().await
        };
        let _ = time::timeout(Duration::from_secs(1), last_words).await;
    }

    async fn decode(&mut self) {
        while !self.ended {
            match frame::decode(&mut self.read) {
                Ok(Some(frame)) => self.give(ServerInput::Received(frame)).await,
                Ok(None) => return,
                Err(_) => self.give(ServerInput::Garbled).await,
            }
        }
    }

    async fn hand(&mut self, parcel: Parcel) {
        self.next_key += 1;
        self.waiting.insert(self.next_key, parcel.done);
        self.give(ServerInput::Deliver(SubmitKey(self.next_key), Box::new(parcel.deliver))).await;
    }

    async fn on_done(&mut self, done: Result<Answers, tokio::task::JoinError>) {
        // A task that panicked has answered nobody; the peer's own timer ends its wait.
        if let Ok((requests, reply)) = done {
            self.answer(requests, &reply).await;
        }
    }

    async fn answer(&mut self, requests: Vec<RequestId>, reply: &Reply) {
        if let Some((user, _)) = &self.user {
            let load = self.shared.app.fullness_percent(user.terms().account);
            self.give(ServerInput::Load(load)).await;
        }
        for request in requests {
            self.give(ServerInput::Answer(request, reply.clone())).await;
        }
    }

    /// Gives an input, and does what follows, until nothing does.
    async fn give(&mut self, input: ServerInput) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            let mut actions = std::mem::take(&mut self.actions);
            self.session.handle(now(), input, &mut actions);
            for action in actions.drain(..) {
                match action {
                    ServerAction::Send(command) => frame::encode(&command, &mut self.write),
                    ServerAction::AskBind(bind) => next = Some(self.on_bind(bind).await),
                    ServerAction::Ask(request, what) => next = self.on_request(request, *what),
                    ServerAction::Delivered(SubmitKey(key), outcome) => {
                        if let Some(done) = self.waiting.remove(&key) {
                            // Who waited has given up: the delivery is made again, as after a lost answer.
                            let _ = done.send(outcome);
                        }
                    }
                    ServerAction::End(reason) => {
                        tracing::info!(?reason, user = self.name(), "smpp_connection_ended");
                        self.ended = true;
                    }
                }
            }
            self.actions = actions;
        }
    }

    fn name(&self) -> &str {
        self.user.as_ref().map_or("", |(user, _)| user.name.as_str())
    }

    async fn on_bind(&mut self, bind: Bind) -> ServerInput {
        let app = Arc::clone(&self.shared.app);
        let known = match self.shared.users.find(&app, &bind.system_id).await {
            Ok(found) => found.filter(|user| user.terms().lets_in(&bind, self.peer)),
            Err(error) => {
                tracing::warn!(%error, "smpp_user_not_read");
                return ServerInput::BindAnswer(Err(status::SYSTEM_ERROR));
            }
        };
        let Some(user) = known else {
            tracing::warn!("smpp_bind_refused");
            self.shared.lockout.failed(self.peer, now());
            time::sleep(WRONG_PASSWORD_WAIT).await;
            return ServerInput::BindAnswer(Err(status::INVALID_PASSWORD));
        };
        let terms = user.terms();
        let account = app.account_now(terms.account).await;
        let may_act = account
            .is_ok_and(|account| account.is_some_and(|account| account.status == AccountStatus::Active));
        let binds = user.binds.fetch_add(1, Ordering::Relaxed);
        let number = self.shared.next_bind.fetch_add(1, Ordering::Relaxed);
        self.shared.unbound.fetch_sub(1, Ordering::Relaxed);
        let may_bind = may_act && binds < terms.binds_max && terms.may(bind.mode);
        if may_bind && bind.mode != BindMode::Transmitter {
            let mut receivers = user.receivers.lock().unwrap_or_else(PoisonError::into_inner);
            receivers.push((number, self.parcel_to.clone()));
        }
        tracing::info!(user = %user.name, may_bind, "smpp_bound");
        self.user = Some((user, number));
        ServerInput::BindAnswer(if may_bind { Ok(()) } else { Err(status::BIND_FAILED) })
    }

    fn on_request(&mut self, id: RequestId, request: flexio_smpp::server::Request) -> Option<ServerInput> {
        let (user, _) = self.user.as_ref()?;
        let is_full = self.work.len() + self.joining.waiting() >= user.terms().window;
        if is_full || !user.may_submit(now()) {
            return Some(ServerInput::Answer(id, Reply::Refused(status::THROTTLED)));
        }
        let (requests, request) = match self.joining.add(id, request, now()) {
            Ok(Some(whole)) => whole,
            Ok(None) => return None,
            Err(status) => return Some(ServerInput::Answer(id, Reply::Refused(status))),
        };
        let (app, user) = (Arc::clone(&self.shared.app), Arc::clone(user));
        self.work.spawn(async move { (requests, super::submit::deal_with(&app, &user, request).await) });
        None
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        match &self.user {
            None => {
                self.shared.unbound.fetch_sub(1, Ordering::Relaxed);
            }
            Some((user, number)) => {
                user.binds.fetch_sub(1, Ordering::Relaxed);
                let mut receivers = user.receivers.lock().unwrap_or_else(PoisonError::into_inner);
                receivers.retain(|(other, _)| other != number);
            }
        }
    }
}

/// Octets to the stream, and when all are there, a flush: TLS keeps records back without.
async fn write_some(
    writer: &mut WriteHalf<Box<dyn Stream>>,
    octets: &mut BytesMut,
    unflushed: &mut bool,
) -> io::Result<()> {
    if octets.is_empty() && !*unflushed {
        return pending().await;
    }
    while !octets.is_empty() {
        *unflushed = true;
        if writer.write_buf(octets).await? == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
    }
    writer.flush().await?;
    *unflushed = false;
    Ok(())
}

/// Waits until `true` is told; for ever where nobody tells.
async fn told(news: Option<&mut watch::Receiver<bool>>) {
    // Where whoever would tell is gone, nothing comes any more.
    if let Some(news) = news
        && news.wait_for(|told| *told).await.is_ok()
    {
        return;
    }
    pending::<()>().await;
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => time::sleep_until(at.into()).await,
        None => pending().await,
    }
}

/// The runtime's clock, so that tests can pause it.
pub(super) fn now() -> Instant {
    time::Instant::now().into_std()
}
