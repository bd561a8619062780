//! `flexio serve`: everything running, until told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use flexio_api::{Api, ApiConfig};
use flexio_app::App;
use flexio_messaging_node::{MessagingConfig, MessagingNode};
use flexio_outbound::Outbound;
use flexio_voice_node::VoiceNode;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::cli::{self, Serve};
use crate::config::{Config, DataDir};
use crate::flow_http::{FlowClient, MediaClient};
use crate::handset_network::SandboxNetwork;
use crate::webhooks::WebhookClient;
use crate::{console, plan, platform, setup, telemetry};

/// How long answers that are under way may take when everything stops.
const HTTP_DRAIN: Duration = Duration::from_secs(2);

/// A running platform.
#[derive(Debug)]
pub(crate) struct Running {
    pub app: Arc<App>,
    pub voice: VoiceNode,
    pub messaging: MessagingNode,
    pub http: SocketAddr,
    pub public_url: String,
    /// Sid and token of a top account made just now.
    pub new_root: Option<(String, String)>,
    /// Where the first administrator sets a password, while there is none.
    pub setup_url: Option<String>,
    api: Arc<Api>,
    stop_http: watch::Sender<bool>,
    http_task: tokio::task::JoinHandle<()>,
    /// Tasks that end with the process: what one has not done stays for the next start.
    keepers: Vec<tokio::task::JoinHandle<()>>,
    drain: Duration,
}

/// What the use cases ask of customers' servers goes over the one guarded client.
fn reach_out(app: &App, outbound: &Outbound) {
    app.set_flow_http(Arc::new(FlowClient(outbound.clone())));
    app.set_media_source(Arc::new(MediaClient(outbound.clone())));
    app.set_webhook_sender(Arc::new(WebhookClient(outbound.clone())));
}

/// Starts every part.
pub(crate) async fn start(config: &Config, data: &DataDir) -> Result<Running> {
    let listener = TcpListener::bind(config.http.listen).await;
    let listener = listener.with_context(|| format!("cannot listen for HTTP on {}", config.http.listen))?;
    let (http, tls) = (listener.local_addr()?, https(config)?);
    let public_url = config.public_url(http);
    let metrics = telemetry::start_metrics()?;
    let app = platform::open_app(config, data, &public_url).await?;
    publish_plan(&app, config).await?;
    let (root, token) = setup::ensure_root(&app).await?;
    let setup_url = setup::setup_link(&app, &root, &public_url).await?;
    if config.sandbox.enabled {
        setup::stock_sandbox(&app).await?;
    }
    take_over(&app, config).await?;
    let mut keepers = vec![tokio::spawn(flexio_app::recordings::keep_house(Arc::clone(&app)))];
    let outbound = platform::outbound(config)?;
    reach_out(&app, &outbound);
    let speech = platform::speech(config, data);
    let voice = VoiceNode::start(
        Arc::clone(&app),
        platform::voice_config(config, data)?,
        outbound.clone(),
        speech.clone(),
    )
    .await
    .context("the voice side did not start")?;
    app.set_call_control(voice.call_control());
    app.trunks.connect(voice.trunk_watch());
    app.phones.connect_network(voice.phone_network());
    keepers.extend(keep(&app));
    let messaging = MessagingNode::start(Arc::clone(&app), messaging_config(config)?, outbound)
        .await
        .context("the messaging side did not start")?;
    app.smpp_routes.connect(messaging.route_watch());
    if let (Some(calls), Some(messages)) = (voice.sandbox(), messaging.sandbox()) {
        app.handsets.connect(Arc::new(SandboxNetwork { calls, messages, speech }));
    }
    let api_config = ApiConfig {
        requests_per_second: config.http.rate_per_key,
        requests_burst: config.http.burst_per_key,
        behind_proxy: config.http.behind_proxy,
        ..ApiConfig::default()
    };
    let api = Api::new(Arc::clone(&app), api_config.clone(), Some(Arc::new(move || metrics.render())));
    let softphones = voice.clone();
    api.set_softphones(Arc::new(move |socket, browser| softphones.take_softphone(socket, browser)));
    let (stop_http, mut stopped) = watch::channel(false);
    let router = console::guarded(api.router().merge(console::router()), &public_url);
    let http_task = tokio::spawn(async move {
        let stop = async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        flexio_api::serve(listener, tls, router, &api_config, stop, HTTP_DRAIN).await;
    });
    Ok(Running {
        app,
        voice,
        messaging,
        http,
        public_url,
        setup_url,
        new_root: token.map(|token| (root.sid.to_string(), token)),
        api,
        stop_http,
        http_task,
        keepers,
        drain: Duration::from_secs(u64::from(config.calls.drain_s)),
    })
}

/// With a certificate the API and the console speak HTTPS, and HTTP/2 to those who can.
fn https(config: &Config) -> anyhow::Result<Option<flexio_tls::TlsAcceptor>> {
    if config.http.tls_cert.is_empty() && config.http.tls_key.is_empty() {
        return Ok(None);
    }
    let (cert, key) = (&config.http.tls_cert, &config.http.tls_key);
    flexio_tls::acceptor(cert, key, &["h2", "http/1.1"]).map(Some).context("HTTPS cannot be served")
}

/// What the application does by itself, once calls can be made.
fn keep(app: &Arc<App>) -> Vec<tokio::task::JoinHandle<()>> {
    vec![
        tokio::spawn(flexio_app::flows::keep_running(Arc::clone(app))),
        tokio::spawn(flexio_app::keep_months(Arc::clone(app))),
        tokio::spawn(flexio_app::keep_invoices(Arc::clone(app))),
        tokio::spawn(flexio_app::keep_dunning(Arc::clone(app))),
        tokio::spawn(flexio_app::keep_payments(Arc::clone(app))),
        tokio::spawn(flexio_app::keep_dispatches(Arc::clone(app))),
        tokio::spawn(flexio_app::keep_books(Arc::clone(app))),
        tokio::spawn(flexio_app::keep_prices(Arc::clone(app))),
        tokio::spawn(flexio_app::keep_subscriptions(Arc::clone(app))),
        tokio::spawn(flexio_app::watches::keep_watch(Arc::clone(app))),
        tokio::spawn(flexio_app::keep_spending(Arc::clone(app))),
        tokio::spawn(flexio_app::legs::keep_swept(Arc::clone(app))),
        tokio::spawn(flexio_app::keep_audit(Arc::clone(app))),
        tokio::spawn(flexio_app::keep_count(Arc::clone(app))),
        tokio::spawn(flexio_app::keep_api_requests(Arc::clone(app))),
        tokio::spawn(flexio_app::exports::keep_exports(Arc::clone(app))),
        tokio::spawn(flexio_app::erasure::keep_erasures(Arc::clone(app))),
        tokio::spawn(flexio_app::retention::keep_retention(Arc::clone(app))),
        tokio::spawn(flexio_app::keep_price_runs(Arc::clone(app))),
        tokio::spawn(flexio_app::keep_terms_changes(Arc::clone(app))),
        tokio::spawn(flexio_app::verify::keep_workflows(Arc::clone(app))),
    ]
}

/// The plan of the configuration is a published version from now on, like any other.
async fn publish_plan(app: &App, config: &Config) -> Result<()> {
    let file = &config.billing.plan_file;
    let name = if file.is_empty() { "the built-in plan" } else { file };
    if plan::publish_named(app, app.rater().plan(), name).await.context("billing.plan_file")? {
        tracing::info!(plan = app.rater().plan().label(), "plan_published");
    }
    Ok(())
}

/// What earlier runs left, before the first new call.
async fn take_over(app: &App, config: &Config) -> Result<()> {
    let adopted = app.adopt_holdings().await.context("rents of the past were not taken in")?;
    if adopted > 0 {
        tracing::info!(adopted, "holdings_adopted");
    }
    // What a crash left open is closed at its last proven second.
    if let Err(error) = app.replay_journal().await {
        tracing::warn!(%error, "journal_not_replayed");
    }
    let recovered = flexio_app::legs::recover(app, &config.platform.node).await.context("cannot recover")?;
    if recovered.calls > 0 || recovered.recordings > 0 {
        tracing::warn!(calls = recovered.calls, recordings = recovered.recordings, "closed_after_crash");
    }
    Ok(())
}

fn messaging_config(config: &Config) -> Result<MessagingConfig> {
    Ok(MessagingConfig {
        messages: config.messages.clone(),
        routes: config.smpp_route.clone(),
        sandbox: config.sandbox.enabled,
        smpp_server: config.smpp_server.clone(),
        smpp_users: config.smpp_user.clone(),
        relay: platform::relay(config)?,
        node: config.platform.node.clone(),
    })
}

impl Running {
    /// No new work; running calls may finish. A second signal while this waits is the caller's to see.
    pub(crate) async fn drain(&self) {
        self.api.drain();
        self.voice.drain(self.drain).await;
        self.messaging.drain(Duration::from_secs(10)).await;
    }

    /// Ends everything now, with records.
    pub(crate) async fn stop(self) -> Result<()> {
        self.api.drain();
        self.voice.stop().await;
        self.messaging.stop().await;
        let _ = self.stop_http.send(true);
        let _ = self.http_task.await;
        for keeper in self.keepers {
            keeper.abort();
        }
        if let Err(error) = self.app.save_api_requests().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "api_requests_not_saved");
        }
        Ok(())
    }
}

/// Serves until SIGTERM or SIGINT; the second one stops at once.
pub(crate) async fn run(arguments: Serve) -> Result<()> {
    let mut config = Config::load(arguments.place.config.as_deref(), std::env::vars())?;
    config.http.listen = arguments.http.unwrap_or(config.http.listen);
    config.sip.listen = arguments.sip.unwrap_or(config.sip.listen);
    telemetry::start_log(&config.log)?;
    let data = DataDir::open(&arguments.place.data)?;
    let running = start(&config, &data).await?;
    for warning in config.warnings() {
        tracing::warn!(warning, "configuration");
    }
    announce(&running, arguments.place.json)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!(running_calls = running.voice.running_calls(), "draining");
    tokio::select! {
        () = running.drain() => {}
        _ = terminate.recv() => tracing::warn!("stopping_at_once"),
        _ = interrupt.recv() => tracing::warn!("stopping_at_once"),
    }
    running.stop().await
}

fn announce(running: &Running, json: bool) -> Result<()> {
    let sip = running.voice.local_addr();
    tracing::info!(http = %running.http, %sip, store = running.app.store.describe().kind, "ready");
    if json {
        let root = running.new_root.as_ref();
        let facts = serde_json::json!({
            "http": running.http.to_string(), "sip": sip.to_string(), "public_url": running.public_url,
            "account_sid": root.map(|(sid, _)| sid), "auth_token": root.map(|(_, token)| token),
            "setup_url": running.setup_url,
        });
        return cli::say(&facts.to_string());
    }
    cli::say(&format!("flexio serves {} and SIP on {sip}", running.public_url))?;
    if let Some((sid, token)) = &running.new_root {
        cli::say("A top account was made; its token is shown once:")?;
        cli::say(&format!("  account sid  {sid}\n  auth token   {token}"))?;
    }
    if let Some(url) = &running.setup_url {
        cli::say(&format!(
            "Nobody can sign in to the console yet. Choose a password (within 72 hours, once):\n  {url}"
        ))?;
    }
    Ok(())
}
