//! The messaging side as one thing that starts, drains and stops.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flexio_app::{
    App,
    smpp_routes::{SmppRouteState, SmppRouteWatch},
};
use flexio_domain::{Message, MessageSid, message::SegmentState};
use flexio_messaging::{PlanError, lifecycle, retry::RetryPolicy};
use flexio_outbound::Outbound;
use flexio_store::StoreError;
use jiff::SignedDuration;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::Instant,
};

use crate::{
    Phase,
    book::{Book, Remembered},
    carrier::{Arrival, Carrier, CarrierEvent, Health},
    config::{Bind, Messages, MessagingConfig, RouteError, SmppRoute},
    conversation::{self, Asker},
    dispatch::{Dispatcher, State},
    housekeeping,
    incoming::{Parts, Receiver, Repeats, Source},
    mailer,
    outbox::Outbox,
    phones::{self, Inbox, PhoneCarrier},
    receipts::Receipts,
    routing::{Route, RouteKind, sandbox_settings},
    sandbox::{self, Sandbox},
    smpp_client::{self, SmppClient, SmppEvent},
    smpp_server::{self, Door, UserError},
    work::{Turn, Work},
};

/// Events of all routes that wait for the dispatcher; a full queue stops the reading from the carriers.
const EVENTS: usize = 4_096;
/// Incoming messages that wait to be kept.
const ARRIVALS: usize = 1_024;
/// Incoming messages that wait to be asked about.
const ASKS: usize = 4_096;
/// Messages found in the middle of being sent that are looked at after a start.
const RECOVERED_MAX: u32 = 100_000;
/// The same, per transaction.
const RECOVERED_BATCH: usize = 500;
/// A message that another node was handing over and has not touched for this long: far beyond the wait for any carrier's answer.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_mins(10);
/// For the tasks to end by themselves.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// Why the node did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A route's settings.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// A route cannot be started.
    #[error("smpp_route `{route}` cannot be started")]
    Client {
        /// Which.
        route: String,
        /// Why.
        #[source]
        source: smpp_client::StartError,
    },
    /// A customer's program.
    #[error(transparent)]
    User(#[from] UserError),
    /// The door for customers' programs cannot be opened.
    #[error("smpp_server cannot listen")]
    Listen(#[from] std::io::Error),
    /// Its certificate cannot be used.
    #[error("smpp_server cannot serve TLS")]
    Tls(#[from] flexio_tls::TlsError),
    /// What was left under way cannot be read.
    #[error("messages under way cannot be read")]
    Store(#[from] StoreError),
}

/// Why a message was not injected.
#[derive(Debug, thiserror::Error)]
pub enum InjectError {
    /// The node runs without the sandbox.
    #[error("there is no sandbox carrier")]
    NoSandbox,
    /// The text is no message.
    #[error("the text cannot be sent")]
    Text(#[from] PlanError),
    /// Nobody takes messages at that number, or it could not be kept.
    #[error("the number takes no messages")]
    NotTaken,
}

/// How a route is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteState {
    /// Its name.
    pub name: String,
    /// Traffic can flow.
    pub up: bool,
    /// Segments handed over whose outcome is open.
    pub in_flight: usize,
}

/// The routes of the configuration, and their health in the same order; the sandbox and the phones come behind them.
#[derive(Debug)]
struct Watched {
    known: Vec<SmppRouteState>,
    healths: Vec<Arc<Health>>,
}

impl SmppRouteWatch for Watched {
    fn routes(&self) -> Vec<SmppRouteState> {
        let state = |(route, health): (&SmppRouteState, &Arc<Health>)| SmppRouteState {
            is_up: health.is_up(),
            since: health.since(),
            in_flight: health.in_flight(),
            finding: health.finding(),
            ..route.clone()
        };
        self.known.iter().zip(&self.healths).map(state).collect()
    }
}

/// What of a route does not change while the program runs.
fn configured(route: &SmppRoute) -> SmppRouteState {
    let bind = match route.bind {
        Bind::Transceiver => "transceiver",
        Bind::Transmitter => "transmitter",
        Bind::Receiver => "receiver",
    };
    SmppRouteState {
        name: route.name.clone(),
        carrier: if route.carrier.is_empty() { route.name.clone() } else { route.carrier.clone() },
        peer: route.peer(),
        bind,
        prefixes: route.prefixes.clone(),
        is_up: false,
        since: None,
        in_flight: 0,
        finding: None,
    }
}

/// The running messaging side. Dropped, its tasks end at once, as in a crash: nothing durable is lost.
#[derive(Debug)]
pub struct MessagingNode {
    app: Arc<App>,
    phase: watch::Sender<Phase>,
    carriers: Vec<Arc<dyn Carrier>>,
    healths: Vec<Arc<Health>>,
    watched: Arc<Watched>,
    callbacks_busy: Arc<AtomicUsize>,
    arrivals: mpsc::Sender<Arrival>,
    sandbox_at: Option<usize>,
    door: Door,
    tasks: Vec<JoinHandle<()>>,
    /// Kept open, so that a queue without routes does not look closed.
    _events: (mpsc::Sender<SmppEvent>, mpsc::Sender<CarrierEvent>),
}

impl Drop for MessagingNode {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.door.close();
        self.carriers.iter().for_each(|carrier| carrier.close());
    }
}

impl MessagingNode {
    /// Starts everything on the current runtime, after what an earlier life left under way has been put in order.
    pub async fn start(
        app: Arc<App>,
        config: MessagingConfig,
        outbound: Outbound,
    ) -> Result<Self, StartError> {
        crate::check(&config.routes)?;
        smpp_server::check(&config.smpp_users)?;
        let settings = limited(config.messages);
        let known = config.routes.iter().map(configured).collect();
        let (smpp_sender, smpp) = mpsc::channel(EVENTS);
        let (sandbox_sender, sandbox) = mpsc::channel(EVENTS);
        let sandbox_at = config.sandbox.then_some(config.routes.len());
        let routes = start_routes(&app, config.routes, config.sandbox, &smpp_sender, &sandbox_sender)?;
        let (phase, phases) = watch::channel(Phase::Run);
        let (arrival_sender, arrivals) = mpsc::channel(ARRIVALS);
        let (ask_sender, asks) = mpsc::channel(ASKS);
        let wait = SignedDuration::from_millis(i64::from(settings.receipt_wait_ms));
        let receiver = receiver(&app, &settings, &routes, arrivals, (ask_sender.clone(), phases.clone()));
        let carriers = routes.iter().map(|route| Arc::clone(&route.carrier)).collect();
        let healths: Vec<_> = routes.iter().map(|route| Arc::clone(&route.health)).collect();
        let mut dispatcher = Dispatcher {
            app: Arc::clone(&app),
            routes,
            smpp,
            sandbox,
            arrivals: arrival_sender.clone(),
            asks: ask_sender.clone(),
            phase: phases.clone(),
            book: Book::new(settings.remembered_max),
            receipts: Receipts::new(wait),
            policy: RetryPolicy::default(),
            node: config.node,
            retries: BTreeMap::new(),
            state: State::new(),
            settings: settings.clone(),
        };
        dispatcher.recover().await?;
        app.phones.connect_inbox(Arc::new(Inbox::new(Arc::clone(&app), ask_sender.clone())));
        let callbacks_busy = Arc::new(AtomicUsize::new(0));
        let busy = Arc::clone(&callbacks_busy);
        let door = Door::open(Arc::clone(&app), &config.smpp_server, config.smpp_users).await?;
        let outbox = Outbox::new(
            Arc::clone(&app),
            settings.clone(),
            outbound.clone(),
            door.clone(),
            phases.clone(),
            busy,
        );
        let mailer = config.relay.map(|relay| mailer::run(Arc::clone(&app), relay, phases.clone()));
        let asker = Asker::new(Arc::clone(&app), outbound, asks, phases, settings.asking_max);
        let mut tasks = vec![
            tokio::spawn(conversation::ask_again(Arc::clone(&app), ask_sender)),
            tokio::spawn(dispatcher.run()),
            tokio::spawn(receiver.run()),
            tokio::spawn(outbox.run()),
            tokio::spawn(asker.run()),
            tokio::spawn(housekeeping::run(Arc::clone(&app), settings.callbacks_kept_days)),
        ];
        tasks.extend(mailer.map(tokio::spawn));
        Ok(Self {
            app,
            phase,
            carriers,
            watched: Arc::new(Watched { known, healths: healths.clone() }),
            healths,
            callbacks_busy,
            arrivals: arrival_sender,
            sandbox_at,
            door,
            tasks,
            _events: (smpp_sender, sandbox_sender),
        })
    }

    /// Where customers' programs bind, if they can.
    pub const fn smpp_address(&self) -> Option<SocketAddr> {
        self.door.address()
    }

    /// What the operator may ask about the routes.
    pub fn route_watch(&self) -> Arc<dyn SmppRouteWatch> {
        Arc::clone(&self.watched) as _
    }

    /// The same over TLS.
    pub const fn smpp_tls_address(&self) -> Option<SocketAddr> {
        self.door.tls_address()
    }

    /// How the routes are, the sandbox and the phones included.
    pub fn routes(&self) -> Vec<RouteState> {
        let state = |health: &Arc<Health>| RouteState {
            name: health.name.to_string(),
            up: health.is_up(),
            in_flight: health.in_flight(),
        };
        self.healths.iter().map(state).collect()
    }

    /// Begins nothing new, and waits for what is under way: open answers of carriers, then callbacks that are due. Waits `patience` at
    /// most; what is left is found after the next start.
    pub async fn drain(&self, patience: Duration) {
        let until = Instant::now() + patience;
        self.phase.send_if_modified(|phase| {
            let runs = *phase == Phase::Run;
            if runs {
                *phase = Phase::Drain;
            }
            runs
        });
        self.door.close();
        let pause = Duration::from_millis(20);
        // The dispatcher may have been in the middle of a turn that hands over more.
        tokio::time::sleep(pause).await;
        while Instant::now() < until && self.healths.iter().any(|health| health.in_flight() > 0) {
            tokio::time::sleep(pause).await;
        }
        self.carriers.iter().for_each(|carrier| carrier.close());
        for carrier in &self.carriers {
            if tokio::time::timeout_at(until, carrier.ended()).await.is_err() {
                tracing::warn!("route_not_ended");
            }
        }
        while Instant::now() < until {
            let due = self.app.store.due_callbacks(self.app.clock.now(), 1).await;
            if self.callbacks_busy.load(Ordering::Relaxed) == 0 && due.is_ok_and(|due| due.is_empty()) {
                return;
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Ends all tasks. What they had not finished is found after the next start.
    pub async fn stop(mut self) {
        self.phase.send_replace(Phase::Stop);
        self.carriers.iter().for_each(|carrier| carrier.close());
        // The last two sleep and hold nothing.
        for task in self.tasks.drain(..) {
            let abort = task.abort_handle();
            if abort.is_finished() {
                continue;
            }
            if tokio::time::timeout(STOP_PATIENCE.min(Duration::from_millis(500)), task).await.is_err() {
                abort.abort();
            }
        }
    }

    /// Lets the sandbox carrier deliver a message from `from` to a number of the platform, in as many segments as it needs. The sid of
    /// the message, when it is kept.
    pub async fn sandbox_receive(&self, from: &str, to: &str, body: &str) -> Result<MessageSid, InjectError> {
        self.sandbox().ok_or(InjectError::NoSandbox)?.receive(from, to, body).await
    }

    /// The way from a handset of the sandbox carrier into the platform.
    pub fn sandbox(&self) -> Option<sandbox::Uplink> {
        let route = self.sandbox_at?;
        Some(sandbox::Uplink { arrivals: self.arrivals.clone(), route })
    }
}

/// Settings outside their range are brought into it.
fn limited(settings: Messages) -> Messages {
    Messages {
        poll_s: settings.poll_s.clamp(1, 5),
        batch: settings.batch.clamp(16, 2_000),
        callbacks_max: settings.callbacks_max.max(1),
        callbacks_per_host_max: settings.callbacks_per_host_max.max(1),
        ..settings
    }
}

/// The task that keeps what comes in.
fn receiver(
    app: &Arc<App>,
    settings: &Messages,
    routes: &[Route],
    arrivals: mpsc::Receiver<Arrival>,
    (asks, phase): (mpsc::Sender<Message>, watch::Receiver<Phase>),
) -> Receiver {
    let sources = routes.iter().map(|route| Source {
        health: Arc::clone(&route.health),
        alphabet: route.mo_alphabet(),
        country_code: route.settings.mo_country_code.clone(),
    });
    Receiver {
        app: Arc::clone(app),
        settings: settings.clone(),
        sources: sources.collect(),
        arrivals,
        asks,
        phase,
        parts: Parts::new(settings.part_wait_s),
        repeats: Repeats::default(),
    }
}

/// Starts the routes: those to SMSCs, then the sandbox, then the phones.
fn start_routes(
    app: &Arc<App>,
    routes: Vec<SmppRoute>,
    sandbox: bool,
    smpp_events: &mpsc::Sender<SmppEvent>,
    sandbox_events: &mpsc::Sender<CarrierEvent>,
) -> Result<Vec<Route>, StartError> {
    let mut started = Vec::new();
    for route in routes {
        let client = SmppClient::start(route.client(), smpp_events.clone());
        let handle = client.map_err(|source| StartError::Client { route: route.name.clone(), source })?;
        push(&mut started, Arc::new(handle), route, RouteKind::Smpp);
    }
    if sandbox {
        push(
            &mut started,
            Arc::new(Sandbox::start(Arc::clone(app), sandbox_events.clone())),
            sandbox_settings(),
            RouteKind::Sandbox,
        );
    }
    // They have no connection that could be lost: whoever is not registered is not there.
    let phones = PhoneCarrier::new(Arc::clone(app), sandbox_events.clone());
    push(&mut started, Arc::new(phones), phones::settings(), RouteKind::Phones);
    started.last().expect("just pushed").health.set_up(true, app.clock.now());
    Ok(started)
}

fn push(routes: &mut Vec<Route>, carrier: Arc<dyn Carrier>, settings: SmppRoute, kind: RouteKind) {
    let id_space: Arc<str> = settings.id_space().into();
    let space = routes.iter().position(|route| route.id_space == id_space).unwrap_or(routes.len());
    let health = Arc::new(Health::new(&settings.name));
    routes.push(Route { carrier, health, id_space, space, settings, in_flight: 0, kind });
}

impl Dispatcher {
    /// Segments that were being submitted when the process ended may have been sent: their outcome is unknown. Those that were not
    /// handed over go on.
    async fn recover(&mut self) -> Result<(), StoreError> {
        let now = self.app.clock.now();
        let mut sending = self.app.store.sending_messages(RECOVERED_MAX).await?;
        // What another node is handing over now is its to decide; what it has not touched for long was left behind.
        sending.retain(|message| {
            let is_mine = message.node.as_ref().is_none_or(|node| *node == self.node);
            is_mine || now.duration_since(message.updated_at) >= LEFT_BEHIND
        });
        if !sending.is_empty() {
            tracing::info!(messages = sending.len(), "messages_under_way_found");
        }
        let mut sending = sending.into_iter().peekable();
        while sending.peek().is_some() {
            let mut turn = Turn::new(now);
            for message in sending.by_ref().take(RECOVERED_BATCH) {
                let mut work = Work::new(Remembered::new(message));
                for event in lifecycle::recover(work.message()) {
                    work.event(&self.app, event);
                }
                turn.works.insert(work.message().sid, work);
            }
            turn.commit(&self.app, &|| false).await;
            for (_, work) in turn.works {
                let remembered = work.remembered;
                self.expect_unknown(&remembered);
                self.put_back(remembered, now);
            }
        }
        Ok(())
    }

    /// Receipts of segments with an unknown outcome are looked out for.
    fn expect_unknown(&mut self, remembered: &Remembered) {
        let message = &remembered.message;
        let Some(name) = &message.route else { return };
        let Some(route) = self.routes.iter().find(|route| route.settings.name == *name) else { return };
        for (segment, state) in message.segment_states.iter().enumerate() {
            if *state == SegmentState::Unknown {
                self.receipts.expect_unknown(route.space, message, segment);
            }
        }
    }
}
