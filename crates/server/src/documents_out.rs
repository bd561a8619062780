//! How structured documents leave: into a folder, or to the provider of an access point; and who takes them, by DNS and his publisher.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use async_trait::async_trait;
use flexio_app::{
    DocumentTransport, Fate, HandOverFolder, OutgoingDocument, ParticipantDirectory, Receipt, TransportError,
};
use flexio_documents::peppol::{self, Naptr};
use flexio_domain::{DispatchWay, InvoiceKind};
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::{ResolverBuilder, TokioResolver};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use crate::config::{Documents, DocumentsWay};

/// Time for all of a request.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer of a provider that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

type Ways = (Arc<dyn DocumentTransport>, Option<Arc<dyn ParticipantDirectory>>);

/// What of it can be wrong without being run; no folder is made.
pub(crate) fn check(config: &Documents) -> Result<()> {
    match config.way {
        DocumentsWay::Email => {}
        DocumentsWay::Folder => ensure!(!config.folder.is_empty(), "documents.folder is empty"),
        DocumentsWay::AccessPoint => {
            AccessPoint::new(config)?;
        }
    }
    Ok(())
}

/// How documents go out; `None`: by e-mail and over the API only.
pub(crate) fn ways(config: &Documents) -> Result<Option<Ways>> {
    let transport: Arc<dyn DocumentTransport> = match config.way {
        DocumentsWay::Email => return Ok(None),
        DocumentsWay::Folder => {
            check(config)?;
            let folder = HandOverFolder::open(Path::new(&config.folder));
            Arc::new(folder.with_context(|| format!("documents.folder {}", config.folder))?)
        }
        DocumentsWay::AccessPoint => Arc::new(AccessPoint::new(config)?),
    };
    let directory: Option<Arc<dyn ParticipantDirectory>> = if config.lookup_zone.is_empty() {
        None
    } else {
        Some(Arc::new(Directory::new(&config.lookup_zone)?))
    };
    Ok(Some((transport, directory)))
}

fn client(headers: HeaderMap) -> Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("FlexIO/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .build()
        .context("documents: no secure connection can be set up")
}

async fn body(mut answer: reqwest::Response, bytes_max: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| error.without_url().to_string())? {
        if body.len() + piece.len() > bytes_max {
            return Err("the answer is too large".to_owned());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// The provider of an access point, by a small API of documents (docs/documents.md).
#[derive(Debug)]
struct AccessPoint {
    http: reqwest::Client,
    base: String,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    status: String,
    #[serde(default)]
    reason: String,
}

impl AccessPoint {
    fn new(config: &Documents) -> Result<Self> {
        let base = config.url.trim_end_matches('/').to_owned();
        let is_local = ["http://127.0.0.1:", "http://[::1]:"].iter().any(|local| base.starts_with(local));
        ensure!(base.starts_with("https://") || is_local, "documents.url is not https");
        if config.token.is_empty() {
            bail!("documents.token is empty");
        }
        let mut token = HeaderValue::from_str(&format!("Bearer {}", config.token))
            .map_err(|_| anyhow::anyhow!("documents.token has characters that no token has"))?;
        token.set_sensitive(true);
        Ok(Self { http: client(HeaderMap::from_iter([(AUTHORIZATION, token)]))?, base })
    }

    async fn answer(request: reqwest::RequestBuilder) -> Result<Answer, TransportError> {
        let unknown = |error: reqwest::Error| TransportError::Unknown(error.without_url().to_string());
        let answer = request.send().await.map_err(unknown)?;
        let status = answer.status().as_u16();
        let body = body(answer, ANSWER_BYTES_MAX).await.map_err(TransportError::Unknown)?;
        let words = || String::from_utf8_lossy(&body).chars().take(200).collect::<String>();
        match status {
            200..=299 => {
                serde_json::from_slice(&body).map_err(|error| TransportError::Unknown(error.to_string()))
            }
            // What the operator can mend, or time: it is handed over again.
            401 | 403 | 408 | 409 | 425 | 429 | 500.. => {
                Err(TransportError::Unknown(format!("HTTP {status}")))
            }
            _ => Err(TransportError::Refused(format!("HTTP {status}: {}", words()))),
        }
    }
}

fn fate(answer: &Answer) -> Result<Fate, TransportError> {
    match answer.status.as_str() {
        "queued" | "sent" => Ok(Fate::Sent),
        "delivered" => Ok(Fate::Delivered),
        "rejected" => Ok(Fate::Rejected(answer.reason.clone())),
        other => Err(TransportError::Unknown(format!("`{other}` is no status"))),
    }
}

#[async_trait]
impl DocumentTransport for AccessPoint {
    fn way(&self) -> DispatchWay {
        DispatchWay::AccessPoint
    }

    fn tells_delivery(&self) -> bool {
        true
    }

    async fn send(&self, document: &OutgoingDocument) -> Result<Receipt, TransportError> {
        let headers = [
            ("idempotency-key", document.name.clone()),
            ("x-sender", document.sender.clone()),
            ("x-receiver", document.receiver.clone()),
            ("x-document-type", peppol::document_type(document.kind)),
        ];
        let mut request = self.http.post(format!("{}/documents", self.base));
        for (name, value) in headers {
            let value = HeaderValue::from_str(&value)
                .map_err(|_| TransportError::Refused(format!("{name} cannot be sent")))?;
            request = request.header(HeaderName::from_static(name), value);
        }
        let request = request.header(CONTENT_TYPE, "application/xml").body(document.content.clone());
        let answer = Self::answer(request).await?;
        Ok(Receipt { fate: fate(&answer)?, reference: answer.id })
    }

    async fn fate(&self, reference: &str) -> Result<Fate, TransportError> {
        let id: String = form_urlencoded::byte_serialize(reference.as_bytes()).collect();
        fate(&Self::answer(self.http.get(format!("{}/documents/{id}", self.base))).await?)
    }
}

/// Peppol's directory: DNS leads to the publisher of a participant, who says what that one takes.
#[derive(Debug)]
struct Directory {
    resolver: TokioResolver,
    http: reqwest::Client,
    zone: String,
}

impl Directory {
    fn new(zone: &str) -> Result<Self> {
        let resolver = TokioResolver::builder_tokio().and_then(ResolverBuilder::build);
        let resolver = resolver.context("documents.lookup_zone: the system's name servers are not known")?;
        Ok(Self { resolver, http: client(HeaderMap::new())?, zone: zone.to_owned() })
    }

    async fn publisher(&self, participant: &str) -> Result<Option<String>, String> {
        let name = peppol::locator_name(participant, &self.zone);
        let found = match self.resolver.lookup(format!("{name}."), RecordType::NAPTR).await {
            Ok(found) => found,
            Err(error) if error.is_no_records_found() || error.is_nx_domain() => return Ok(None),
            Err(error) => return Err(format!("{name}: {error}")),
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let records = found.answers().iter().filter_map(|record| match &record.data {
            RData::NAPTR(record) => Some(Naptr {
                order: record.order,
                preference: record.preference,
                flags: text(&record.flags),
                service: text(&record.services),
                expression: text(&record.regexp),
            }),
            _ => None,
        });
        Ok(peppol::publisher(&records.collect::<Vec<_>>()))
    }
}

#[async_trait]
impl ParticipantDirectory for Directory {
    async fn takes(&self, participant: &str, kind: InvoiceKind) -> Result<bool, String> {
        let Some(publisher) = self.publisher(participant).await? else { return Ok(false) };
        let url = peppol::services_url(&publisher, participant);
        let answer = self.http.get(url).send().await.map_err(|error| error.without_url().to_string())?;
        match answer.status().as_u16() {
            200 => {}
            404 => return Ok(false),
            status => return Err(format!("the publisher answers HTTP {status}")),
        }
        let text = body(answer, peppol::ANSWER_BYTES_MAX).await?;
        peppol::takes(&String::from_utf8_lossy(&text), kind)
    }
}
