//! The task of one route.

use std::{collections::VecDeque, future::pending, io, ops::ControlFlow, pin::Pin, sync::Arc, time::Instant};

use bytes::BytesMut;
use flexio_smpp::{
    Action, Answer, DeliveryId, Event, Input, Outcome, Session, SubmitKey, SubmitRequest,
    frame::{self, PDU_MAX},
};
use futures_util::FutureExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    sync::{
        mpsc::{self, error::TrySendError},
        watch,
    },
    time::{self, Sleep},
};

use super::{
    Ack, SmppEvent, SmppNews,
    stream::{Connector, Stream},
};

/// Written octets that may wait for the socket before nothing more is read: the peer makes us answer faster than it reads.
const WRITE_BUFFER_MAX: usize = 1024 * 1024;

/// Read octets that may wait here while deliveries wait for their answers; the peer's own window mostly ends before.
const READ_BUFFER_MAX: usize = 256 * 1024;

type Connecting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// An open stream and what waits on either side of it.
struct Link {
    reader: ReadHalf<Box<dyn Stream>>,
    writer: WriteHalf<Box<dyn Stream>>,
    read: BytesMut,
    write: BytesMut,
    /// Octets were given to the stream that TLS may still hold.
    unflushed: bool,
}

pub(super) struct Driver {
    session: Session,
    connector: Connector,
    name: Arc<str>,
    submits: mpsc::Receiver<(SubmitKey, SubmitRequest)>,
    close_asked: watch::Receiver<bool>,
    closing: bool,
    events: mpsc::Sender<SmppEvent>,
    /// Events that did not fit the channel. While there are any nothing is read and no timer runs, so this holds at most
    /// what one read brought.
    held: VecDeque<SmppEvent>,
    answers: mpsc::UnboundedReceiver<(DeliveryId, Answer)>,
    answer_to: mpsc::UnboundedSender<(DeliveryId, Answer)>,
    connecting: Option<Connecting>,
    /// Why the last connection could not be made, until that is told.
    fault: Option<String>,
    link: Option<Link>,
    actions: Vec<Action>,
    stopped: bool,
    said_stopped: bool,
    meters: Meters,
}

/// What woke the task.
enum Wake {
    Connected(io::Result<Box<dyn Stream>>),
    Read(io::Result<usize>),
    Written(io::Result<()>),
    Submit(Option<(SubmitKey, SubmitRequest)>),
    Answer(Option<(DeliveryId, Answer)>),
    Room(Result<(), ()>),
    Close,
    Time,
}

impl Driver {
    pub(super) fn new(
        session: Session,
        connector: Connector,
        name: Arc<str>,
        submits: mpsc::Receiver<(SubmitKey, SubmitRequest)>,
        close_asked: watch::Receiver<bool>,
        events: mpsc::Sender<SmppEvent>,
    ) -> Self {
        let (answer_to, answers) = mpsc::unbounded_channel();
        Self {
            session,
            connector,
            meters: Meters::new(&name),
            name,
            submits,
            close_asked,
            closing: false,
            events,
            held: VecDeque::new(),
            answers,
            answer_to,
            connecting: None,
            fault: None,
            link: None,
            actions: Vec::new(),
            stopped: false,
            said_stopped: false,
        }
    }

    pub(super) async fn run(mut self) {
        let mut timer = Box::pin(time::sleep_until(time::Instant::now()));
        self.give(Input::Start);
        loop {
            self.settle();
            if self.stopped && self.held.is_empty() {
                return;
            }
            let wake = self.wait(timer.as_mut()).await;
            if self.on_wake(wake).is_break() {
                return;
            }
        }
    }

    /// Waits for anything to do. Every future here can be dropped without losing data.
    async fn wait(&mut self, mut timer: Pin<&mut Sleep>) -> Wake {
        let stalled = !self.held.is_empty();
        let wake_at = if stalled { None } else { self.next_time() };
        if let Some(at) = wake_at {
            // Moving a timer costs more than waking too early, which is harmless and rare: deadlines mostly move away.
            if at < timer.deadline().into_std() || timer.is_elapsed() {
                timer.as_mut().reset(at.into());
            }
        }
        // While not bound the session gives submits back at once, so that the owner can choose another route.
        let take_submits =
            !stalled && !self.stopped && (!self.session.can_submit() || self.session.capacity(now()) > 0);
        let (reading, writing) = match &mut self.link {
            Some(Link { reader, writer, read, write, unflushed }) => {
                let may_read = !stalled && write.len() < WRITE_BUFFER_MAX && read.len() < READ_BUFFER_MAX;
                let must_write = *unflushed || !write.is_empty();
                let reading =
                    async move { if may_read { read_some(reader, read).await } else { pending().await } };
                let writing = async move {
                    if must_write { write_some(writer, write, unflushed).await } else { pending().await }
                };
                (reading.left_future(), writing.left_future())
            }
            None => (pending().right_future(), pending().right_future()),
        };
        let connecting = async {
            match &mut self.connecting {
                Some(connecting) => connecting.await,
                None => pending().await,
            }
        };
        tokio::select! {
            result = writing => Wake::Written(result),
            result = reading => Wake::Read(result),
            submit = self.submits.recv(), if take_submits && !self.closing => Wake::Submit(submit),
            answer = self.answers.recv(), if !self.stopped => Wake::Answer(answer),
            result = connecting => Wake::Connected(result),
            permit = self.events.reserve(), if stalled => Wake::Room(permit.map(drop).map_err(drop)),
            _ = self.close_asked.wait_for(|asked| *asked), if !self.closing => Wake::Close,
            () = timer, if wake_at.is_some() => Wake::Time,
        }
    }

    fn on_wake(&mut self, wake: Wake) -> ControlFlow<()> {
        match wake {
            Wake::Connected(result) => {
                self.connecting = None;
                self.on_connected(result);
            }
            Wake::Read(Ok(0) | Err(_)) | Wake::Written(Err(_)) => {
                self.link = None;
                self.give(Input::Lost);
            }
            Wake::Read(Ok(_)) | Wake::Written(Ok(())) | Wake::Room(Ok(())) => {}
            Wake::Submit(Some((key, request))) => self.give(Input::Submit { key, request }),
            // No handle is left, so nobody can ask for anything any more.
            Wake::Submit(None) | Wake::Close => {
                self.closing = true;
                self.give(Input::Close);
            }
            Wake::Answer(Some((delivery, answer))) => self.give(Input::Answer { delivery, answer }),
            Wake::Answer(None) => unreachable!("the task holds a sender itself"),
            // Nobody listens: submits would be lost on their way to nowhere.
            Wake::Room(Err(())) => return ControlFlow::Break(()),
            Wake::Time => self.on_time(),
        }
        ControlFlow::Continue(())
    }

    /// What has arrived is looked at before time is called: an answer that waits in the socket is not overdue.
    fn on_time(&mut self) {
        if let Some(link) = &mut self.link
            && let Some(Ok(octets)) = read_some(&mut link.reader, &mut link.read).now_or_never()
            && octets > 0
        {
            return;
        }
        self.give(Input::Timeout);
    }

    fn on_connected(&mut self, result: io::Result<Box<dyn Stream>>) {
        match result {
            Ok(stream) => {
                let (reader, writer) = tokio::io::split(stream);
                let (read, write) = (BytesMut::with_capacity(PDU_MAX), BytesMut::with_capacity(PDU_MAX));
                self.link = Some(Link { reader, writer, read, write, unflushed: false });
                self.give(Input::Connected);
            }
            Err(error) => {
                tracing::info!(route = %self.name, %error, "smpp connection failed");
                self.fault = Some(error.to_string());
                self.give(Input::Lost);
            }
        }
    }

    /// Everything that can be done without waiting, so that one write carries all of it.
    fn settle(&mut self) {
        while let Ok((delivery, answer)) = self.answers.try_recv() {
            self.give(Input::Answer { delivery, answer });
        }
        self.decode();
        if self.held.is_empty() {
            // A window at most: capacity shrinks with each.
            while !self.closing && self.session.capacity(now()) > 0 {
                let Ok((key, request)) = self.submits.try_recv() else { break };
                self.give(Input::Submit { key, request });
            }
        }
        if self.stopped && !self.said_stopped {
            self.give_back();
            self.said_stopped = true;
            self.emit(SmppNews::Stopped);
        }
        while let Some(event) = self.held.pop_front() {
            // A closed channel is noticed where room is waited for.
            if let Err(TrySendError::Full(event) | TrySendError::Closed(event)) = self.events.try_send(event)
            {
                self.held.push_front(event);
                break;
            }
        }
    }

    /// After the end, what still waits in the queue was never sent.
    fn give_back(&mut self) {
        self.submits.close();
        while let Ok((key, request)) = self.submits.try_recv() {
            self.give(Input::Submit { key, request });
        }
    }

    /// Stops short while the owner has too much to answer: better late than refused, for a refused receipt comes back
    /// in minutes. What is left unanswered times out in the session, so this does not wait for ever.
    fn decode(&mut self) {
        while self.held.is_empty()
            && self.session.delivery_room() > 0
            && let Some(link) = &mut self.link
        {
            match frame::decode(&mut link.read) {
                Ok(Some(frame)) => self.give(Input::Received(frame)),
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(route = %self.name, %error, "smpp stream is garbled");
                    return self.give(Input::Garbled);
                }
            }
        }
    }

    /// The next time the session must be called, or can take a submit again.
    fn next_time(&self) -> Option<Instant> {
        let now = now();
        let paced = self.session.capacity_at(now).filter(|at| *at > now);
        [self.session.deadline(), paced].into_iter().flatten().min()
    }

    fn give(&mut self, input: Input) {
        let mut actions = std::mem::take(&mut self.actions);
        self.session.handle(now(), input, &mut actions);
        for action in actions.drain(..) {
            self.perform(action);
        }
        self.actions = actions;
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Connect => self.connecting = Some(Box::pin(self.connector.clone().connect())),
            Action::Send(command) => {
                if let Some(link) = &mut self.link {
                    frame::encode(&command, &mut link.write);
                }
            }
            Action::Disconnect => {
                self.connecting = None;
                if let Some(mut link) = self.link.take() {
                    // The last words (an unbind_resp, a nack) go out if the socket takes them at once.
                    let _ = write_some(&mut link.writer, &mut link.write, &mut link.unflushed).now_or_never();
                    let _ = link.writer.shutdown().now_or_never();
                }
            }
            Action::Event(event) => self.tell(event),
        }
    }

    fn tell(&mut self, event: Event) {
        self.meters.count(&event);
        let ack = |delivery| Ack { delivery, answers: self.answer_to.clone(), used: false };
        let news = match event {
            Event::Up => {
                tracing::info!(route = %self.name, "smpp route up");
                SmppNews::Up
            }
            Event::Down { reason, retry_in } => {
                tracing::warn!(route = %self.name, ?reason, ?retry_in, "smpp route down");
                SmppNews::Down { reason, fault: self.fault.take(), retry_in }
            }
            Event::Submitted { key, outcome, late } => SmppNews::Submitted { key, outcome, late },
            Event::Receipt { delivery, receipt } => SmppNews::Receipt { receipt, ack: ack(delivery) },
            Event::Mo { delivery, mo } => SmppNews::Mo { mo, ack: ack(delivery) },
            // Said when the queue has been given back, so that it is the last word.
            Event::Stopped => {
                self.stopped = true;
                return;
            }
        };
        self.emit(news);
    }

    fn emit(&mut self, news: SmppNews) {
        let event = SmppEvent { route: Arc::clone(&self.name), news };
        if !self.held.is_empty() {
            return self.held.push_back(event);
        }
        if let Err(TrySendError::Full(event) | TrySendError::Closed(event)) = self.events.try_send(event) {
            self.held.push_back(event);
        }
    }
}

/// Reads what there is, with room for a whole window of PDUs.
async fn read_some(reader: &mut ReadHalf<Box<dyn Stream>>, buffer: &mut BytesMut) -> io::Result<usize> {
    if buffer.capacity() - buffer.len() < PDU_MAX / 4 {
        buffer.reserve(PDU_MAX);
    }
    reader.read_buf(buffer).await
}

/// One step of writing: octets to the stream, and when all are there, a flush (TLS keeps records back without).
async fn write_some(
    writer: &mut WriteHalf<Box<dyn Stream>>,
    buffer: &mut BytesMut,
    unflushed: &mut bool,
) -> io::Result<()> {
    while !buffer.is_empty() {
        *unflushed = true;
        if writer.write_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
    }
    writer.flush().await?;
    *unflushed = false;
    Ok(())
}

/// The runtime's clock, so that tests can pause it.
fn now() -> Instant {
    time::Instant::now().into_std()
}

/// Counters of one route, looked up once.
struct Meters {
    accepted: metrics::Counter,
    refused: metrics::Counter,
    unknown: metrics::Counter,
    not_sent: metrics::Counter,
    receipts: metrics::Counter,
    mo: metrics::Counter,
    up: metrics::Gauge,
}

impl Meters {
    fn new(route: &str) -> Self {
        let outcome = |outcome: &'static str| metrics::counter!("smpp_submits_total", "route" => route.to_owned(), "outcome" => outcome);
        Self {
            accepted: outcome("accepted"),
            refused: outcome("refused"),
            unknown: outcome("unknown"),
            not_sent: outcome("not_sent"),
            receipts: metrics::counter!("smpp_receipts_total", "route" => route.to_owned()),
            mo: metrics::counter!("smpp_mo_total", "route" => route.to_owned()),
            up: metrics::gauge!("smpp_route_up", "route" => route.to_owned()),
        }
    }

    fn count(&self, event: &Event) {
        match event {
            Event::Up => self.up.set(1.0),
            Event::Down { .. } | Event::Stopped => self.up.set(0.0),
            Event::Receipt { .. } => self.receipts.increment(1),
            Event::Mo { .. } => self.mo.increment(1),
            // A late outcome was already counted as unknown.
            Event::Submitted { late: true, .. } => {}
            Event::Submitted { outcome, .. } => match outcome {
                Outcome::Accepted { .. } => self.accepted.increment(1),
                Outcome::Refused { .. } => self.refused.increment(1),
                Outcome::Unknown(_) => self.unknown.increment(1),
                Outcome::NotSent(_) => self.not_sent.increment(1),
            },
        }
    }
}
