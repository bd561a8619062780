//! The way of a request: path, sign-in, reach, operation, parameters, idempotency, answer.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use base64::Engine as _;
use bytes::Bytes;
use flexio_app::vault::digest_parts;
use flexio_app::{Begin, Officer, Principal};
use flexio_domain::{Account, AccountStatus, ErrorCode};
use flexio_store::IdempotencyRecord;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};

use crate::Api;
use crate::answer::Answer;
use crate::ask::{Ask, Key};
use crate::dialect::{Face, Format};
use crate::error::{ApiError, Result, refuse};
use crate::operation::{Access, Found, Kind, Operation, find};
use crate::params::Params;
use crate::route::Route;

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// What a request is after its path was read.
struct Incoming<'r> {
    route: &'r Route,
    format: Format,
    method: &'r Method,
    headers: &'r HeaderMap,
    path: &'r str,
    query: &'r str,
}

impl Api {
    /// Answers a request to one of the two APIs. Never fails: every failure is an answer in the face that was asked.
    pub(crate) async fn handle(&self, request: Request<Body>, client: Option<IpAddr>) -> Answer {
        let (head, body) = request.into_parts();
        let Some(route) = Route::parse(head.uri.path()) else {
            let twilio = head.uri.path().starts_with("/2010-04-01");
            let face = if twilio { Face::Twilio } else { Face::Native };
            let json = twilio || head.uri.path().rsplit_once('.').is_some_and(|(_, suffix)| suffix == "json");
            let format = if json { Format::Json } else { accepted_format(&head.headers) };
            return self.refusal(&ErrorCode::NotFound.into(), face, format);
        };
        let incoming = Incoming {
            format: route.format.unwrap_or_else(|| accepted_format(&head.headers)),
            route: &route,
            method: &head.method,
            headers: &head.headers,
            path: head.uri.path(),
            query: head.uri.query().unwrap_or(""),
        };
        let asked = incoming.as_media();
        let answered = match (crate::media::wanted(&asked), crate::messages::media::wanted(&asked)) {
            (Some(sid), _) => self.recording_media(&asked, sid, client).await,
            (None, Some(media)) => self.message_media(media, incoming.headers, client).await,
            (None, None) => self.run(&incoming, body, client).await,
        };
        answered.unwrap_or_else(|error| {
            let answer = self.refusal(&error, route.face, incoming.format);
            if incoming.path.starts_with("/numbermasking/") {
                crate::numbermasking::refused(&error, answer)
            } else {
                answer
            }
        })
    }

    /// A refusal as an answer.
    pub(crate) fn refusal(&self, error: &ApiError, face: Face, format: Format) -> Answer {
        let (status, body) = error.render(face, format, &self.app.config.public_base_url);
        let mut answer = Answer::new(status.as_u16(), format.content_type(), body);
        if status == http::StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"flexio\", charset=\"UTF-8\"");
            answer = answer.with(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(allow) = error.allow {
            answer = answer.with(header::ALLOW, HeaderValue::from_static(allow));
        }
        if let Some(seconds) = error.retry_after_s {
            answer = answer.with(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(reason) = &error.reason {
            answer = answer.with(HeaderName::from_static("x-reason-code"), HeaderValue::from(reason.code));
            if let Ok(text) = HeaderValue::from_str(&reason.text) {
                answer = answer.with(HeaderName::from_static("x-reason-text"), text);
            }
        }
        answer
    }

    async fn run(&self, incoming: &Incoming<'_>, body: Body, client: Option<IpAddr>) -> Result<Answer> {
        let face = incoming.route.face;
        let principal = self.authenticate(incoming.headers, incoming.method, client).await?;
        self.may_ask(&principal)?;
        let account = self.reached(face, &principal, &incoming.route.segments).await?;
        let (operation, names) = match find(face, incoming.method, &incoming.route.segments) {
            Found::Operation(operation, names) => (operation, names),
            Found::OtherMethods(allow) => {
                return Err(ApiError { allow: Some(allow), ..ErrorCode::MethodNotAllowed.into() });
            }
            Found::Nothing => return Err(ErrorCode::NotFound.into()),
        };
        if incoming.route.asks_for_document() && !operation.makes_documents() {
            return Err(ErrorCode::NotFound.into());
        }
        permitted(face, operation, &principal, &account)?;
        if principal.seat.is_none() {
            self.app.api_requests.count(account.sid, principal.key);
        }
        let body = self.read_body(incoming, operation, body).await?;
        let mut params = Params::default();
        read_params(&mut params, incoming, operation, &body)?;
        let bare = incoming.route.bare();
        let ask = Ask {
            api: self,
            face,
            format: if body_form(face, operation) == BodyForm::Json { Format::Json } else { incoming.format },
            operation,
            principal: &principal,
            account,
            names,
            params,
            body: &body,
            file: incoming.route.file.as_deref(),
            if_match: incoming.headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()),
            path: &bare,
            query: incoming.query,
            key: key_of(incoming, operation, &body),
            client,
            user_agent: incoming
                .headers
                .get(header::USER_AGENT)
                .and_then(|value| value.to_str().ok())
                .unwrap_or(""),
            replay: false,
        };
        match ask.key {
            Some(key) => self.run_once(ask, key).await,
            None => run_noted(&ask).await,
        }
    }

    /// Runs a creation at most once per key.
    async fn run_once(&self, ask: Ask<'_>, key: Key<'_>) -> Result<Answer> {
        match self.app.begin(ask.account.sid, key.key, &key.digest).await? {
            Begin::Run(running) => {
                let answer = run_noted(&ask).await;
                drop(running);
                answer
            }
            Begin::Replay(record) => {
                let answer = self.replay(ask, *record).await?;
                Ok(answer.with(REPLAYED, HeaderValue::from_static("true")))
            }
        }
    }

    /// Gives the answer of a creation again: as kept, or rendered again from the resource it made.
    async fn replay(&self, mut ask: Ask<'_>, record: IdempotencyRecord) -> Result<Answer> {
        if record.status != 0 {
            let xml = record.content_type == Format::Xml.content_type();
            let format = if xml { Format::Xml } else { Format::Json };
            return Ok(Answer::new(record.status, format.content_type(), record.body));
        }
        let mut segments: Vec<String> = ask.path.split('/').map(str::to_owned).collect();
        segments.push(record.resource);
        let (face, status) = (ask.face, ask.operation.success(ask.face));
        let Found::Operation(fetch, names) = find(face, &Method::GET, &segments) else {
            return Err(ErrorCode::NotFound.into());
        };
        // The names point into segments made here, so the request is rebuilt around them. A new account is a path of its own.
        let account = self.reached(face, ask.principal, &segments).await?;
        let params = std::mem::take(&mut ask.params);
        let again = Ask { names, operation: fetch, replay: true, key: None, params, account, ..ask };
        let mut answer = (fetch.run)(&again).await?;
        answer.status = status;
        Ok(answer)
    }

    /// Who asks, by HTTP Basic (RFC 7617) or the console's session. A client that fails too often waits.
    pub(crate) async fn authenticate(
        &self,
        headers: &HeaderMap,
        method: &Method,
        client: Option<IpAddr>,
    ) -> Result<Principal> {
        if !headers.contains_key(header::AUTHORIZATION) && self.session_token(headers).is_some() {
            let principal = self.seated(headers, method).await?;
            self.enrolled(&principal)?;
            return Ok(principal);
        }
        let now = self.app.clock.now();
        if let Some(client) = client {
            self.failures.check(client, now).map_err(slow_down)?;
        }
        let failed = match credentials(headers) {
            Some((user, password)) => match self.app.sign_in(&user, &password).await {
                Ok(principal) => return Ok(principal),
                Err(error) => ApiError::from(error),
            },
            None => ErrorCode::Unauthorized.into(),
        };
        if failed.code == ErrorCode::Unauthorized {
            metrics::counter!("api_sign_in_failures_total").increment(1);
            if let Some(client) = client {
                let _ = self.failures.take(client, now);
            }
        }
        Err(failed)
    }

    /// The rate limit of the account or key.
    fn may_ask(&self, principal: &Principal) -> Result<()> {
        let who = principal.key.map_or(principal.account.sid.as_u128(), flexio_domain::KeySid::as_u128);
        self.requests.take(who, self.app.clock.now()).map_err(slow_down)
    }

    /// The account in the path, if the principal may touch it: otherwise 401 in the classic API, 404 in Twilio's.
    async fn reached(&self, face: Face, principal: &Principal, segments: &[String]) -> Result<Arc<Account>> {
        let Some(name) = segments.get(1).filter(|_| segments[0] == "Accounts") else {
            return Ok(Arc::clone(&principal.account));
        };
        let found = match face {
            Face::Native => self.app.find_account(principal, name).await?,
            Face::Twilio => match name.parse() {
                Ok(sid) => self.app.within_reach(principal, sid).await?,
                Err(_) => None,
            },
        };
        found.ok_or_else(|| match face {
            Face::Native => ErrorCode::Unauthorized.into(),
            Face::Twilio => ErrorCode::NotFound.into(),
        })
    }

    async fn read_body(&self, incoming: &Incoming<'_>, operation: &Operation, body: Body) -> Result<Bytes> {
        if incoming.method == Method::GET || incoming.method == Method::HEAD {
            return Ok(Bytes::new());
        }
        let limit = self.config.body_bytes_max.max(file_bytes(operation));
        let declared = incoming.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        if declared.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > limit as u64)
        {
            return Err(ErrorCode::BodyTooLarge.into());
        }
        let patience = Duration::from_secs(u64::from(self.config.body_timeout_s));
        match tokio::time::timeout(patience, axum::body::to_bytes(body, limit)).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(error)) if is_too_long(&error) => Err(ErrorCode::BodyTooLarge.into()),
            Ok(Err(_)) => Err(ErrorCode::BodyUnreadable.into()),
            Err(_) => Err(refuse(ErrorCode::BodyUnreadable, "The body did not come in time.")),
        }
    }
}

impl<'r> Incoming<'r> {
    fn as_media(&self) -> crate::media::MediaRequest<'r> {
        crate::media::MediaRequest {
            route: self.route,
            method: self.method,
            headers: self.headers,
            path: self.path,
            query: self.query,
            json: self.route.format.is_some() || accepted_format(self.headers) == Format::Json,
        }
    }
}

/// Runs an operation, after who asked for what was noted.
async fn run_noted(ask: &Ask<'_>) -> Result<Answer> {
    Box::pin(crate::audit::note(ask)).await?;
    (ask.operation.run)(ask).await
}

/// Rules about who may run what that do not depend on the resource.
fn permitted(face: Face, operation: &Operation, principal: &Principal, account: &Account) -> Result<()> {
    if principal.account.status == AccountStatus::Suspended {
        match (face, operation.kind) {
            // A suspended account's credentials do not authenticate in the classic API; in Twilio's they may read.
            (Face::Native, _) => return Err(ErrorCode::Unauthorized.into()),
            (Face::Twilio, Kind::Read | Kind::Question) => {}
            (Face::Twilio, Kind::Create | Kind::Update | Kind::Delete) => {
                return Err(ErrorCode::AccountNotActive.into());
            }
        }
    }
    if operation.access == Access::Officer {
        Officer::of(principal)?;
        return if account.parent_sid.is_none() { Ok(()) } else { Err(ErrorCode::NotFound.into()) };
    }
    if let Some(seat) = &principal.seat
        && !crate::console::may(seat.person.role, operation)
    {
        return Err(refuse(ErrorCode::Forbidden, "The role of this person does not allow it."));
    }
    match operation.access {
        Access::Own if face == Face::Native && principal.account.sid != account.sid => {
            Err(ErrorCode::Unauthorized.into())
        }
        Access::Token if principal.key.is_some() => Err(refuse(
            ErrorCode::Forbidden,
            "This needs the account's auth token; an API key is not enough.",
        )),
        Access::Branch | Access::Own | Access::Token | Access::Top | Access::Officer => Ok(()),
    }
}

fn read_params<'b>(
    params: &mut Params<'b>,
    incoming: &Incoming<'b>,
    operation: &Operation,
    body: &'b Bytes,
) -> Result<()> {
    let form = body_form(incoming.route.face, operation);
    if !body.is_empty() && form != BodyForm::Json {
        let is_json = incoming
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().to_ascii_lowercase().starts_with(b"application/json"));
        match form {
            _ if !is_json => params.add_form(body)?,
            BodyForm::Nested => params.add_nested_json(body)?,
            BodyForm::Flat => params.add_json(body)?,
            BodyForm::Form | BodyForm::Json => {
                return Err(refuse(ErrorCode::BodyUnreadable, "The body must be a form, not JSON."));
            }
        }
    }
    params.add_form(incoming.query.as_bytes())
}

/// What a body may be, besides a form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BodyForm {
    /// Nothing else.
    Form,
    /// A JSON object of texts and numbers, read like a form.
    Flat,
    /// One that may hold further objects.
    Nested,
    /// Only JSON, which the operation reads itself; the answer is JSON too.
    Json,
}

/// FlexIO's turnkey APIs and its multi-channel `Messages` take JSON, flows take nothing else.
fn body_form(face: Face, operation: &Operation) -> BodyForm {
    match operation.id {
        id if id.starts_with("flows.") => BodyForm::Json,
        id if id.starts_with("twofa") || id.starts_with("masking") => BodyForm::Nested,
        "messages.create" | "callqueue.provision" if face == Face::Native => BodyForm::Flat,
        _ => BodyForm::Form,
    }
}

/// Bytes of a body that holds a file, in base64: an archive of 8 MiB, a sound of 4 MiB. Whoever sends one has signed in.
fn file_bytes(operation: &Operation) -> usize {
    match operation.id {
        "flows.import" => 11 * 1024 * 1024,
        "flows.sound_save" => 6 * 1024 * 1024,
        _ => 0,
    }
}

fn key_of<'b>(incoming: &Incoming<'b>, operation: &Operation, body: &Bytes) -> Option<Key<'b>> {
    let value = incoming.headers.get(IDEMPOTENCY_KEY).filter(|_| operation.kind == Kind::Create)?;
    // What is not visible ASCII becomes a key that is refused.
    let key = value.to_str().unwrap_or("");
    let method = incoming.method.as_str().as_bytes();
    let parts = [method, incoming.path.as_bytes(), incoming.query.as_bytes(), body];
    Some(Key { key, digest: digest_parts(&parts) })
}

pub(crate) fn slow_down(seconds: u32) -> ApiError {
    ApiError { retry_after_s: Some(seconds), ..ErrorCode::TooManyRequests.into() }
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("length limit exceeded") {
            return true;
        }
        cause = error.source();
    }
    false
}

/// User and password of `Authorization: Basic`.
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > 2_048 {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (user, password) = text.split_once(':')?;
    // Clients that take the user from a URL send `%40` as it stands there.
    let user = if user.contains("%40") { Cow::Owned(user.replace("%40", "@")) } else { Cow::Borrowed(user) };
    Some((user.into_owned(), password.to_owned()))
}

/// JSON if it is asked for and XML is not asked for before it; XML otherwise.
fn accepted_format(headers: &HeaderMap) -> Format {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    match (accept.find("application/json"), accept.find("xml")) {
        (Some(json), xml) if xml.is_none_or(|xml| json < xml) => Format::Json,
        _ => Format::Xml,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn credentials_are_basic_or_nothing() {
        let read = |value: &str| credentials(&with(header::AUTHORIZATION, value));
        assert_eq!(read("Basic QUMxOnRva2Vu"), Some(("AC1".into(), "token".into())));
        assert_eq!(read("basic QUMxOmE6Yg=="), Some(("AC1".into(), "a:b".into())));
        for bad in ["", "Basic", "Bearer x", "Basic !!!", "Basic QUMx", "Basic /////w=="] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_accept_header_selects_json() {
        for (accept, format) in [
            ("application/json", Format::Json),
            ("application/json, text/xml;q=0.5", Format::Json),
            ("application/xml, application/json", Format::Xml),
            ("*/*", Format::Xml),
        ] {
            assert_eq!(accepted_format(&with(header::ACCEPT, accept)), format, "{accept}");
        }
        assert_eq!(accepted_format(&HeaderMap::new()), Format::Xml);
    }
}
