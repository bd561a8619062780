//! The HTTP API in both dialects: one handler per operation, a dialect is a parameter reader and a renderer.
//!
//! Owns: paths, sign-in over HTTP, limits, parameters, statuses, names, dates, envelopes, error bodies, request ids, the OpenAPI file.
//! Does not own: what an operation means (`app`), how anything is kept (`store-*`; this crate never speaks to a store but for filters,
//! which are `app`'s parameters, and the health of it), calls and messages (the nodes).
//!
//! Invariants
//! - Every route, documented or tested, comes from one table of operations (`operation.rs`).
//! - Whatever bytes come, the answer is in the face and format that were asked, and a client's fault is never a 5xx.
//! - No answer tells an account from a foreign one, or an unknown user from a wrong password.
//!
//! Start reading at `handle.rs`, then `messages/mod.rs` for what a resource looks like. docs/adding-an-endpoint.md is the check-list.

mod accessibility;
mod accounts;
mod answer;
mod applications;
mod ask;
mod assurance;
mod audit;
mod available_numbers;
mod books;
mod caller_ids;
mod callqueue;
mod calls;
mod clients;
mod collections;
mod conferences;
mod config;
mod console;
mod contract_summary;
mod credit;
mod customer;
mod dialect;
mod emails;
mod emergency;
mod erasures;
mod error;
mod estimates;
mod exports;
mod flows;
mod handle;
mod handsets;
mod invoices;
mod keys;
mod keywords;
mod lawful_requests;
mod legal_holds;
mod limits;
mod lookups;
mod media;
mod messages;
mod messaging;
mod notifications;
mod numbermasking;
mod numbers;
mod openapi;
mod operation;
mod opt_outs;
mod pages;
mod paging;
mod params;
mod participants;
mod payments;
mod plan_files;
mod porting;
mod price_runs;
mod pricing;
mod promotions;
mod public;
mod queues;
mod recordings;
mod reports;
mod retention;
mod route;
mod sender_names;
mod serve;
mod short_codes;
mod sip;
mod smpp_routes;
mod smpp_users;
mod spend_cases;
mod streams;
mod studio;
mod subscription;
mod terms;
mod thresholds;
mod tokens;
mod transcriptions;
mod triggers;
mod trunks;
mod twofa;
mod usage;
mod user_messages;
mod vat_list;
mod verb_records;
mod verify;
mod write;

#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use axum::routing::{any, get, post};
use flexio_app::App;
use flexio_domain::RequestSid;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};

pub use config::ApiConfig;
pub use console::{SoftphoneDoor, Upgraded};
pub use dialect::{Face, Format};
pub use openapi::openapi;
pub use serve::serve;

use limits::Limit;

/// Requests of calls that an account sends again: a second, and at once.
const RESENDS: (u32, u32) = (1, 20);
/// Starts of one flow at its web address: a second, and at once.
const FLOW_STARTS: (u32, u32) = (1, 60);

/// Writes the metrics in Prometheus' text form.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// The API over one set of use cases.
pub struct Api {
    app: Arc<App>,
    config: ApiConfig,
    metrics: Option<RenderMetrics>,
    requests: Limit<u128>,
    failures: Limit<IpAddr>,
    flow_starts: Limit<u128>,
    resends: Limit<u128>,
    draining: AtomicBool,
    softphones: OnceLock<SoftphoneDoor>,
    presence: console::Presence,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Api {
    /// The API over `app`. In the sandbox nothing is limited. `metrics` answers `/metrics`; without it that path is not found.
    pub fn new(app: Arc<App>, config: ApiConfig, metrics: Option<RenderMetrics>) -> Arc<Self> {
        let sandbox = app.config.sandbox;
        let rate = |per_second: u32| if sandbox { 0 } else { per_second };
        Arc::new(Self {
            requests: Limit::new(rate(config.requests_per_second), config.requests_burst),
            failures: Limit::new(rate(config.failures_per_second), config.failures_burst),
            flow_starts: Limit::new(rate(FLOW_STARTS.0), FLOW_STARTS.1),
            resends: Limit::new(rate(RESENDS.0), RESENDS.1),
            draining: AtomicBool::new(false),
            softphones: OnceLock::new(),
            presence: console::Presence::default(),
            metrics,
            config,
            app,
        })
    }

    /// Where the console's softphones connect to; before this is said, and in programs without voice, there are none.
    pub fn set_softphones(&self, door: SoftphoneDoor) {
        let _ = self.softphones.set(door);
    }

    /// From now on `/health/ready` says that no new work is taken; requests are still answered.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Every route: both APIs, media, health, metrics, OpenAPI and the pages of errors.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/health/live", get(public::live))
            .route("/health/ready", get(public::ready))
            .route("/metrics", get(public::metrics))
            .route("/openapi.json", get(public::openapi))
            .route("/errors/{code}", get(public::error_page))
            .route("/notifications", get(public::notifications_page))
            .route("/accessibility", get(accessibility::preferred))
            .route("/accessibility/{language}", get(accessibility::in_language))
            .route("/recordings/{file}", get(legacy_media))
            .route("/m/{link}", get(linked_media))
            .route("/payments/{provider}/events", post(payments::events::take))
            .route("/flows/{account}/{flow}/start", any(flows::web::start))
            .route("/restcomm-rvd/services/apps/{application}/{start}", any(flows::web::legacy))
            .route("/console/api/softphone/socket", get(console::socket))
            .route("/console/api/{*path}", any(console::handle))
            .fallback(both_apis)
            .with_state(Arc::clone(self))
    }

    /// Where a request comes from, for the limit on failed sign-ins.
    fn client(&self, headers: &HeaderMap, peer: Option<&ConnectInfo<SocketAddr>>) -> Option<IpAddr> {
        let peer = peer.map(|ConnectInfo(peer)| peer.ip());
        if !self.config.behind_proxy {
            return peer;
        }
        let forwarded = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
        let last = forwarded.and_then(|list| list.rsplit(',').next()).and_then(|ip| ip.trim().parse().ok());
        last.or(peer)
    }
}

async fn both_apis(State(api): State<Arc<Api>>, request: Request<Body>) -> Response<Body> {
    let started = Instant::now();
    if request.method() == Method::OPTIONS {
        return dressed(preflight());
    }
    let client = api.client(request.headers(), request.extensions().get());
    let method = request.method().clone();
    let from_console = request.headers().contains_key("x-flexio-console");
    let answer = api.handle(request, client).await;
    let status = answer.status;
    let mut response = answer.into_response();
    if from_console {
        // A challenge would make the browser ask by a window of its own.
        response.headers_mut().remove(header::WWW_AUTHENTICATE);
    }
    if method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    metrics::counter!("api_requests_total", "status" => status_class(status)).increment(1);
    metrics::histogram!("api_request_seconds").record(started.elapsed());
    dressed(response)
}

async fn legacy_media(
    State(api): State<Arc<Api>>,
    Path(file): Path<String>,
    request: Request<Body>,
) -> Response<Body> {
    let client = api.client(request.headers(), request.extensions().get());
    let query = request.uri().query().unwrap_or("");
    let answered = api.legacy_media(&file, query, request.headers(), client).await;
    let answer = answered.unwrap_or_else(|error| api.refusal(&error, Face::Native, Format::Json));
    dressed(answer.into_response())
}

/// A picture or file of a message, for whoever got the link in its text.
async fn linked_media(State(api): State<Arc<Api>>, Path(link): Path<String>) -> Response<Body> {
    let answered = api.linked_media(&link).await;
    let answer = answered.unwrap_or_else(|error| api.refusal(&error, Face::Native, Format::Json));
    dressed(answer.into_response())
}

/// CORS (the Fetch standard): other origins sign in by `Authorization`; the console's cookie is not theirs to send
/// with a change (`SameSite=Lax`, and `X-CSRF-Token` is not among the headers), nor to read an answer by (no `Allow-Credentials`).
fn preflight() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    let value = HeaderValue::from_static;
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, value("GET, POST, PUT, DELETE, OPTIONS"));
    let allowed = "Authorization, Content-Type, Accept, Idempotency-Key, If-Match, Range";
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, value(allowed));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, value("3600"));
    response
}

/// Headers of every answer: request id, CORS, and what keeps a browser from reading more into it.
fn dressed(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    let value = HeaderValue::from_static;
    if let Ok(id) = HeaderValue::from_str(&RequestSid::new().to_string()) {
        headers.insert(HeaderName::from_static("twilio-request-id"), id.clone());
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, value("*"));
    let exposed = "Twilio-Request-Id, X-Request-Id, ETag, Retry-After, Idempotent-Replayed, X-Reason-Code, X-Reason-Text";
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, value(exposed));
    headers.entry(header::CACHE_CONTROL).or_insert(value("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, value("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, value("DENY"));
    let policy = value("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    headers.insert(header::REFERRER_POLICY, value("no-referrer"));
    response
}

const fn status_class(status: u16) -> &'static str {
    match status {
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
