//! The client itself: one connection pool, one guard, three gates.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flexio_domain::HttpMethod;
use http::{HeaderMap, StatusCode, header};

use crate::body::BodySink;
use crate::gate::{Gate, GateLimits, Pass};
use crate::resolve::GuardedResolver;
use crate::target::TargetPolicy;
use crate::{FetchError, HostResolver, OutboundConfig, SystemResolver};

/// The guarded client. Cloning shares connections and limits; make one per process, and a new one when the configuration changes.
#[derive(Debug, Clone)]
pub struct Outbound {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    http: reqwest::Client,
    /// The same without HTTP/2, which has another way to open WebSockets that few servers know.
    upgrades: reqwest::Client,
    pub(crate) config: OutboundConfig,
    pub(crate) targets: TargetPolicy,
    pub(crate) instructions: Gate,
    pub(crate) callbacks: Gate,
    pub(crate) media: Gate,
    pub(crate) websockets: Gate,
}

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// `extra_ca_pem` holds no readable certificates.
    #[error("extra_ca_pem cannot be read")]
    ExtraCa(#[source] reqwest::Error),
    /// TLS cannot start, most often because the system has no certificate authorities (package ca-certificates).
    #[error("TLS cannot be set up; is the package ca-certificates installed?")]
    Tls(#[source] reqwest::Error),
}

impl Outbound {
    /// What it was set up with.
    pub fn config(&self) -> &OutboundConfig {
        &self.shared.config
    }

    /// A client that resolves names as the system does. Proxies named in the environment are ignored.
    pub fn new(config: OutboundConfig) -> Result<Self, SetupError> {
        Self::with_resolver(config, Arc::new(SystemResolver::default()))
    }

    /// A client with another resolver behind the same guard.
    pub fn with_resolver(
        config: OutboundConfig,
        resolver: Arc<dyn HostResolver>,
    ) -> Result<Self, SetupError> {
        let targets = TargetPolicy::new(&config);
        let guard = GuardedResolver { inner: resolver, policy: targets.addresses().clone() };
        let head_bytes_max = u32::try_from(config.head_bytes_max).unwrap_or(u32::MAX);
        let extra = if config.extra_ca_pem.trim().is_empty() {
            None
        } else {
            let bundle = reqwest::Certificate::from_pem_bundle(config.extra_ca_pem.as_bytes());
            Some(bundle.map_err(SetupError::ExtraCa)?)
        };
        let guard = Arc::new(guard);
        let builder = || {
            let builder = reqwest::Client::builder()
                .user_agent(concat!("FlexIO/", env!("CARGO_PKG_VERSION")))
                .no_proxy()
                .no_gzip()
                .referer(false)
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(Duration::from_millis(config.connect_timeout_ms.into()))
                // Shorter than the idle time of common servers, so that we rarely write into a connection they are closing.
                .pool_idle_timeout(Duration::from_secs(20))
                .pool_max_idle_per_host(config.in_flight_per_host_max)
                .http2_max_header_list_size(head_bytes_max)
                .dns_resolver(Arc::clone(&guard));
            match &extra {
                Some(extra) => builder.tls_certs_merge(extra.clone()),
                None => builder,
            }
        };
        let limits = GateLimits {
            total: config.in_flight_max,
            per_host: config.in_flight_per_host_max,
            waiting_per_host: config.waiting_per_host_max,
            suspects: false,
        };
        let shared = Shared {
            http: builder().build().map_err(SetupError::Tls)?,
            upgrades: builder().http1_only().build().map_err(SetupError::Tls)?,
            targets,
            instructions: Gate::new(limits),
            callbacks: Gate::new(GateLimits { suspects: true, ..limits }),
            media: Gate::new(GateLimits { total: config.media_in_flight_max, ..limits }),
            websockets: Gate::new(GateLimits {
                total: config.websockets_max,
                per_host: config.websockets_max,
                ..limits
            }),
            config,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Whether a customer may make the platform send to this address; SIP targets keep the rule of URLs.
    pub fn permits(&self, address: std::net::IpAddr) -> bool {
        self.shared.targets.addresses().permits(address)
    }

    /// Time for a whole fetch: the configured one, or what the request asks for within 1 to 15 s.
    pub(crate) fn total_timeout(&self, asked: Option<Duration>) -> Duration {
        let configured = Duration::from_millis(self.shared.config.total_timeout_ms.into());
        asked.map_or(configured, |asked| asked.clamp(Duration::from_secs(1), Duration::from_secs(15)))
    }
}

/// One request, fully laid out.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(crate) method: HttpMethod,
    pub(crate) url: url::Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

/// The head of an answer; the body has not been read.
#[derive(Debug)]
pub(crate) struct Answer {
    response: reqwest::Response,
    // Held until the body is read: that is part of the request.
    _pass: Pass,
}

impl Shared {
    /// Sends one request to a checked target, without following redirects.
    pub(crate) async fn send(&self, pass: Pass, sending: Sending) -> Result<Answer, FetchError> {
        let method = match sending.method {
            HttpMethod::Get => http::Method::GET,
            HttpMethod::Post => http::Method::POST,
        };
        self.send_as(pass, method, sending.url, (sending.headers, sending.body)).await
    }

    /// As [`Shared::send`], by any method.
    pub(crate) async fn send_as(
        &self,
        mut pass: Pass,
        method: http::Method,
        url: url::Url,
        (headers, body): (HeaderMap, Option<Bytes>),
    ) -> Result<Answer, FetchError> {
        let mut request = self.http.request(method, url).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.map_err(|error| FetchError::from_reqwest(&error))?;
        pass.answered();
        // hyper itself stops reading a head of HTTP/1 after about 400 KiB or 100 fields, so this cannot come too late for memory.
        let head_bytes: usize =
            response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        if head_bytes > self.config.head_bytes_max {
            return Err(FetchError::HeadTooLarge);
        }
        Ok(Answer { response, _pass: pass })
    }
}

impl Shared {
    /// Asks for another protocol. The answer may be any; the place is given back with it.
    pub(crate) async fn send_upgrade(
        &self,
        mut pass: Pass,
        sending: Sending,
    ) -> Result<(reqwest::Response, Pass), FetchError> {
        let request = self.upgrades.get(sending.url).headers(sending.headers);
        let response = request.send().await.map_err(|error| FetchError::from_reqwest(&error))?;
        pass.answered();
        Ok((response, pass))
    }
}

impl Answer {
    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// A header as text; `None` when absent or not ASCII.
    pub(crate) fn text(&self, name: header::HeaderName) -> Option<&str> {
        self.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// Where a redirect leads, if this is one.
    pub(crate) fn redirect(&self) -> Option<&str> {
        let is_redirect = matches!(self.status().as_u16(), 301 | 302 | 303 | 307 | 308);
        is_redirect.then(|| self.text(header::LOCATION)).flatten()
    }

    /// The decompressed body, at most `bytes_max` bytes.
    pub(crate) async fn body(mut self, bytes_max: usize) -> Result<Vec<u8>, FetchError> {
        let stated = self.response.content_length().unwrap_or(0);
        if stated > bytes_max as u64 {
            return Err(FetchError::BodyTooLarge);
        }
        let mut sink = BodySink::new(self.text(header::CONTENT_ENCODING), bytes_max)?;
        while let Some(piece) = self.response.chunk().await.map_err(|_| FetchError::Closed)? {
            sink.push(&piece)?;
        }
        sink.finish()
    }

    /// Reads a short body away so that the connection can be used again; gives up on a long or slow one.
    pub(crate) async fn discard(self) {
        let _ = tokio::time::timeout(Duration::from_millis(500), self.body(16 * 1024)).await;
    }
}
