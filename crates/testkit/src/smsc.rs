//! A small SMSC on a loopback port, with a seeded schedule of faults.
//!
//! It answers binds, submits, enquiries and unbinds, sends receipts for what it accepted, and messages on request.
//! What it did is kept for the test to look at.

use std::{
    io,
    net::SocketAddr,
    str::FromStr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use rusmpp::{
    Command, CommandStatus, Pdu,
    pdus::{BindReceiverResp, BindTransceiverResp, BindTransmitterResp, DeliverSm, SubmitSm, SubmitSmResp},
    tokio_codec::CommandCodec,
    types::OctetString,
    values::{DataCoding, EsmClass},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinSet,
};
use tokio_util::codec::{Decoder, Encoder, Framed};

/// How often each fault happens, in a thousand. All are zero by default: an honest SMSC.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Which events are hit; the same seed and traffic give the same faults.
    pub seed: u64,
    /// A submit is taken and not answered.
    pub silent: u32,
    /// A submit is refused with `ESME_RTHROTTLED`.
    pub throttled: u32,
    /// A submit is refused with `ESME_RSUBMITFAIL`.
    pub refused: u32,
    /// The connection ends instead of an answer; the message was taken.
    pub cut: u32,
    /// The same after half of the answer.
    pub cut_mid_pdu: u32,
    /// Octets that are no PDU, instead of an answer.
    pub garbage: u32,
    /// Nothing more is read or written on this connection; it stays open.
    pub hang: u32,
    /// A bind is refused with `ESME_RBINDFAIL`.
    pub bind_refused: u32,
    /// A receipt is sent twice.
    pub receipt_twice: u32,
}

/// How an SMSC behaves.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// Password that binds must carry; `None` for any.
    pub password: Option<String>,
    /// Wait before a receipt; `None` sends none.
    pub receipt_after: Option<Duration>,
    /// The receipt goes out before the answer to its submit.
    pub receipt_first: bool,
    /// Faults.
    pub faults: Faults,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            password: None,
            receipt_after: Some(Duration::ZERO),
            receipt_first: false,
            faults: Faults::default(),
        }
    }
}

/// A submit that the SMSC took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The id it was given.
    pub message_id: String,
    /// Sender: type of number, plan, digits.
    pub from: (u8, u8, String),
    /// Recipient: type of number, plan, digits.
    pub to: (u8, u8, String),
    /// `esm_class`.
    pub esm_class: u8,
    /// `data_coding`.
    pub data_coding: u8,
    /// `registered_delivery`.
    pub registered_delivery: u8,
    /// `short_message`, header included.
    pub octets: Vec<u8>,
}

/// What the SMSC has seen so far.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// Submits taken, answered or not.
    pub taken: Vec<Taken>,
    /// Answers to our deliveries: sequence number and status.
    pub delivery_answers: Vec<(u32, u32)>,
    /// Receipts and messages sent.
    pub deliveries_sent: usize,
    /// Connections accepted.
    pub connections: usize,
    /// Sessions bound.
    pub binds: usize,
    /// Unbinds received.
    pub unbinds: usize,
    /// Faults done to submits.
    pub faults: usize,
    /// PDUs that were none: the client wrote nonsense.
    pub nonsense: usize,
}

#[derive(Debug)]
struct Shared {
    behaviour: Mutex<Behaviour>,
    record: Mutex<Record>,
    changed: watch::Sender<u64>,
    /// Open sessions' queues.
    sessions: Mutex<Vec<mpsc::Sender<Outgoing>>>,
    dice: AtomicU64,
    next_id: AtomicU64,
}

/// What another task wants written on a session.
#[derive(Debug)]
enum Outgoing {
    Deliver(Box<DeliverSm>),
    Unbind,
    Cut,
}

/// A running SMSC. It stops when dropped.
#[derive(Debug)]
pub struct Smsc {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Smsc {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Smsc {
    /// Listens on a free loopback port.
    pub async fn start(behaviour: Behaviour) -> io::Result<Self> {
        Self::start_with(behaviour, |stream| async move { Ok(stream) }).await
    }

    /// The same, with each stream passed through `upgrade` first: TLS, a slow link.
    pub async fn start_with<U, F, S>(behaviour: Behaviour, upgrade: U) -> io::Result<Self>
    where
        U: Fn(TcpStream) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            dice: AtomicU64::new(behaviour.faults.seed),
            behaviour: Mutex::new(behaviour),
            record: Mutex::default(),
            changed: watch::Sender::new(0),
            sessions: Mutex::default(),
            next_id: AtomicU64::new(1),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared), Arc::new(upgrade)));
        Ok(Self { address, shared, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the behaviour from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.shared.dice.store(behaviour.faults.seed, Ordering::Relaxed);
        *lock(&self.shared.behaviour) = behaviour;
    }

    /// What it has seen so far.
    pub fn record(&self) -> Record {
        lock(&self.shared.record).clone()
    }

    /// Forgets what it has taken and been answered, for runs so long that the memory of it would count.
    pub fn forget(&self) {
        let mut record = lock(&self.shared.record);
        record.taken.clear();
        record.delivery_answers.clear();
    }

    /// Waits until `seen` holds of what it has seen. Tests bound this with a timeout of their own.
    pub async fn until(&self, seen: impl Fn(&Record) -> bool) {
        let mut changed = self.shared.changed.subscribe();
        while !seen(&lock(&self.shared.record)) {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Sends a message from a subscriber on the newest session; false when there is none.
    pub async fn send_mo(&self, from: &str, to: &str, esm_class: u8, data_coding: u8, octets: &[u8]) -> bool {
        self.tell_newest(Outgoing::Deliver(Box::new(deliver(from, to, esm_class, data_coding, octets)))).await
    }

    /// Asks the newest session to end, politely.
    pub async fn unbind(&self) -> bool {
        self.tell_newest(Outgoing::Unbind).await
    }

    /// Ends the newest session without a word.
    pub async fn cut(&self) -> bool {
        self.tell_newest(Outgoing::Cut).await
    }

    async fn tell_newest(&self, outgoing: Outgoing) -> bool {
        let session = lock(&self.shared.sessions).iter().rev().find(|session| !session.is_closed()).cloned();
        match session {
            Some(session) => session.send(outgoing).await.is_ok(),
            None => false,
        }
    }
}

fn deliver(from: &str, to: &str, esm_class: u8, data_coding: u8, octets: &[u8]) -> DeliverSm {
    DeliverSm::builder()
        .source_addr(FromStr::from_str(from).expect("the test gives at most 20 ASCII characters"))
        .destination_addr(FromStr::from_str(to).expect("the test gives at most 20 ASCII characters"))
        .esm_class(EsmClass::from(esm_class))
        .data_coding(DataCoding::from(data_coding))
        .short_message(OctetString::from_vec(octets.to_vec()).expect("the test gives at most 255 octets"))
        .build()
}

async fn accept<U, F, S>(listener: TcpListener, shared: Arc<Shared>, upgrade: Arc<U>)
where
    U: Fn(TcpStream) -> F + Send + Sync + 'static,
    F: Future<Output = io::Result<S>> + Send + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // Sessions end with the listener: aborting this task drops the set.
    let mut sessions = JoinSet::new();
    loop {
        let Ok((tcp, _)) = listener.accept().await else { return };
        shared.note(|record| record.connections += 1);
        let (shared, upgrade) = (Arc::clone(&shared), Arc::clone(&upgrade));
        sessions.spawn(async move {
            if tcp.set_nodelay(true).is_ok()
                && let Ok(stream) = upgrade(tcp).await
            {
                serve(stream, shared).await;
            }
        });
    }
}

impl Shared {
    fn note(&self, change: impl FnOnce(&mut Record)) {
        change(&mut lock(&self.record));
        self.changed.send_modify(|n| *n += 1);
    }

    /// True `per_mille` times in a thousand.
    fn roll(&self, per_mille: u32) -> bool {
        if per_mille == 0 {
            return false;
        }
        let mut z = self.dice.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z >> 32) % 1_000 < u64::from(per_mille)
    }
}

/// What the session does after a PDU.
enum Next {
    Go,
    End,
    Hang,
}

struct Session<S> {
    shared: Arc<Shared>,
    framed: Framed<S, CommandCodec>,
    deliveries: mpsc::Sender<Outgoing>,
    sequence: u32,
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send>(stream: S, shared: Arc<Shared>) {
    let (deliveries, mut outgoing) = mpsc::channel(10_000);
    let framed = CommandCodec::new().framed(stream);
    let mut session = Session { shared, framed, deliveries, sequence: 1 };
    loop {
        let next = tokio::select! {
            incoming = session.framed.next() => match incoming {
                Some(Ok(command)) => session.take(command).await,
                Some(Err(_)) => {
                    session.shared.note(|record| record.nonsense += 1);
                    Ok(Next::End)
                }
                None => Ok(Next::End),
            },
            Some(outgoing) = outgoing.recv() => session.send_outgoing(outgoing).await,
        };
        match next {
            Ok(Next::Go) => {}
            Ok(Next::Hang) => std::future::pending().await,
            Ok(Next::End) | Err(_) => return,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    async fn take(&mut self, command: Command) -> io::Result<Next> {
        let sequence = command.sequence_number();
        match command.pdu() {
            Some(Pdu::BindTransceiver(bind)) => {
                self.bind(sequence, bind.password.as_str(), BindTransceiverResp::default().into()).await
            }
            Some(Pdu::BindTransmitter(bind)) => {
                self.bind(sequence, bind.password.as_str(), BindTransmitterResp::default().into()).await
            }
            Some(Pdu::BindReceiver(bind)) => {
                self.bind(sequence, bind.password.as_str(), BindReceiverResp::default().into()).await
            }
            Some(Pdu::SubmitSm(sm)) => self.submit(sequence, sm).await,
            Some(Pdu::EnquireLink) => {
                self.reply(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp).await
            }
            Some(Pdu::DeliverSmResp(_)) => {
                let status = command.status().into();
                self.shared.note(|record| record.delivery_answers.push((sequence, status)));
                Ok(Next::Go)
            }
            Some(Pdu::Unbind) => {
                self.shared.note(|record| record.unbinds += 1);
                self.reply(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp).await?;
                Ok(Next::End)
            }
            Some(Pdu::UnbindResp) => Ok(Next::End),
            _ => Ok(Next::Go),
        }
    }

    async fn bind(&mut self, sequence: u32, password: &str, resp: Pdu) -> io::Result<Next> {
        let behaviour = lock(&self.shared.behaviour).clone();
        if behaviour.password.is_some_and(|expected| expected != password) {
            self.reply(CommandStatus::EsmeRinvpaswd, sequence, resp).await?;
            return Ok(Next::End);
        }
        if self.shared.roll(behaviour.faults.bind_refused) {
            self.reply(CommandStatus::EsmeRbindfail, sequence, resp).await?;
            return Ok(Next::End);
        }
        lock(&self.shared.sessions).push(self.deliveries.clone());
        let next = self.reply(CommandStatus::EsmeRok, sequence, resp).await;
        self.shared.note(|record| record.binds += 1);
        next
    }

    async fn submit(&mut self, sequence: u32, sm: &SubmitSm) -> io::Result<Next> {
        let behaviour = lock(&self.shared.behaviour).clone();
        let faults = &behaviour.faults;
        for (rate, status) in [
            (faults.throttled, CommandStatus::EsmeRthrottled),
            (faults.refused, CommandStatus::EsmeRsubmitfail),
        ] {
            if self.shared.roll(rate) {
                self.shared.note(|record| record.faults += 1);
                return self.reply(status, sequence, SubmitSmResp::default()).await;
            }
        }
        let message_id = self.shared.next_id.fetch_add(1, Ordering::Relaxed).to_string();
        self.shared.note(|record| record.taken.push(taken(&message_id, sm)));
        let resp = SubmitSmResp::builder()
            .message_id(FromStr::from_str(&message_id).expect("decimal digits"))
            .build();
        if let Some(next) = self.lose_answer(faults, sequence, &resp).await? {
            self.shared.note(|record| record.faults += 1);
            return Ok(next);
        }
        if behaviour.receipt_first {
            self.receipt(&behaviour, sm, &message_id).await?;
        }
        let next = self.reply(CommandStatus::EsmeRok, sequence, resp).await?;
        if !behaviour.receipt_first {
            self.receipt(&behaviour, sm, &message_id).await?;
        }
        Ok(next)
    }

    /// One of the faults that take a message and lose its answer; `None` when none is due.
    async fn lose_answer(
        &mut self,
        faults: &Faults,
        sequence: u32,
        resp: &SubmitSmResp,
    ) -> io::Result<Option<Next>> {
        if self.shared.roll(faults.silent) {
            return Ok(Some(Next::Go));
        }
        if self.shared.roll(faults.hang) {
            return Ok(Some(Next::Hang));
        }
        if self.shared.roll(faults.cut) {
            return Ok(Some(Next::End));
        }
        if self.shared.roll(faults.garbage) {
            self.framed.get_mut().write_all(&[0xFF; 64]).await?;
            return Ok(Some(Next::Go));
        }
        if self.shared.roll(faults.cut_mid_pdu) {
            let mut whole = tokio_util::bytes::BytesMut::new();
            let command = Command::new(CommandStatus::EsmeRok, sequence, resp.clone());
            CommandCodec::new().encode(command, &mut whole).map_err(io::Error::other)?;
            self.framed.get_mut().write_all(&whole[..whole.len() / 2]).await?;
            self.framed.get_mut().flush().await?;
            return Ok(Some(Next::End));
        }
        Ok(None)
    }

    async fn receipt(&mut self, behaviour: &Behaviour, sm: &SubmitSm, message_id: &str) -> io::Result<()> {
        let (Some(after), 1) = (behaviour.receipt_after, u8::from(sm.registered_delivery) & 3) else {
            return Ok(());
        };
        let text = format!(
            "id:{message_id} sub:001 dlvrd:001 submit date:2611231200 done date:2611231200 stat:DELIVRD err:000 text:"
        );
        let sm = deliver(sm.destination_addr.as_str(), sm.source_addr.as_str(), 4, 0, text.as_bytes());
        let copies = if self.shared.roll(behaviour.faults.receipt_twice) { 2 } else { 1 };
        for _ in 0..copies {
            if after.is_zero() {
                self.send_outgoing(Outgoing::Deliver(Box::new(sm.clone()))).await?;
            } else {
                let (deliveries, sm) = (self.deliveries.clone(), Box::new(sm.clone()));
                tokio::spawn(async move {
                    tokio::time::sleep(after).await;
                    // The session may have ended meanwhile; a real SMSC would keep it for the next one.
                    let _ = deliveries.send(Outgoing::Deliver(sm)).await;
                });
            }
        }
        Ok(())
    }

    async fn send_outgoing(&mut self, outgoing: Outgoing) -> io::Result<Next> {
        let sequence = self.sequence;
        self.sequence += 1;
        match outgoing {
            Outgoing::Deliver(sm) => {
                self.shared.note(|record| record.deliveries_sent += 1);
                self.reply(CommandStatus::EsmeRok, sequence, *sm).await
            }
            Outgoing::Unbind => self.reply(CommandStatus::EsmeRok, sequence, Pdu::Unbind).await,
            Outgoing::Cut => Ok(Next::End),
        }
    }

    async fn reply(&mut self, status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) -> io::Result<Next> {
        self.framed.send(Command::new(status, sequence, pdu)).await.map_err(io::Error::other)?;
        Ok(Next::Go)
    }
}

fn taken(message_id: &str, sm: &SubmitSm) -> Taken {
    Taken {
        message_id: message_id.to_owned(),
        from: (sm.source_addr_ton.into(), sm.source_addr_npi.into(), sm.source_addr.as_str().to_owned()),
        to: (sm.dest_addr_ton.into(), sm.dest_addr_npi.into(), sm.destination_addr.as_str().to_owned()),
        esm_class: sm.esm_class.into(),
        data_coding: sm.data_coding.into(),
        registered_delivery: sm.registered_delivery.into(),
        octets: sm.short_message().to_vec(),
    }
}

/// A test that panicked elsewhere must not hide its reason behind a poisoned lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
