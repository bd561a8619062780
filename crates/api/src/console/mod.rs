//! The console's own requests, under `/console/api/`: signing in and out, people, sessions, and what they did. Everything else the
//! console shows comes from the same APIs that customers use, which take its session in place of credentials.
//!
//! Against requests forged by other sites: the cookie is `SameSite=Lax`; every change needs `X-CSRF-Token`, which only this origin can
//! read; and signing in takes JSON, which a form of another site cannot send.

#[cfg(test)]
mod passkey_tests;
mod passkeys;
mod presence;
mod roles;
mod second_factor;
mod softphone;
#[cfg(test)]
pub(crate) mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::IntoResponse as _;
use flexio_app::{Principal, Seat, vault};
use flexio_domain::{AuditEvent, ErrorCode, Person, Role, Session};
use flexio_store::Page;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::dialect::{Face, Format};
use crate::error::{ApiError, Result, invalid, refuse};
use crate::{Api, dressed};

pub(crate) use presence::Presence;
pub(crate) use roles::{may, may_see_tokens};
pub(crate) use softphone::socket;
pub use softphone::{SoftphoneDoor, Upgraded};

const CSRF: &str = "x-csrf-token";
/// Bytes of a request, at most.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// What a request of the console is answered with.
struct Reply {
    status: StatusCode,
    body: Value,
    cookie: Option<String>,
}

impl Reply {
    fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body, cookie: None }
    }

    fn done() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: Value::Null, cookie: None }
    }
}

/// Answers what the console asks.
pub(crate) async fn handle(
    State(api): State<Arc<Api>>,
    Path(path): Path<String>,
    request: Request<Body>,
) -> Response<Body> {
    let answered = api.console(&path, request).await;
    let response = match answered {
        Ok(Reply { status, body, cookie }) => {
            let mut response = match body {
                Value::Null => status.into_response(),
                body => (status, axum::Json(body)).into_response(),
            };
            if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(error) => {
            let mut response = api.refusal(&error, Face::Native, Format::Json).into_response();
            // A challenge would make the browser ask by a window of its own.
            response.headers_mut().remove(header::WWW_AUTHENTICATE);
            response
        }
    };
    dressed(response)
}

impl Api {
    async fn console(&self, path: &str, request: Request<Body>) -> Result<Reply> {
        let client = self.client(request.headers(), request.extensions().get::<ConnectInfo<SocketAddr>>());
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| ErrorCode::BodyTooLarge)?;
        let given = given(&head.headers, &body)?;
        let segments: Vec<&str> = path.split('/').collect();
        match (&head.method, segments.as_slice()) {
            (&Method::POST, ["sign-in"]) => return self.sign_in(&head.headers, &given, client).await,
            (&Method::POST, ["sign-in", "passkey"]) => {
                return self.sign_in_by_passkey(&head.headers, &given, client).await;
            }
            (&Method::POST, ["sign-in", "challenge"]) => return self.passkey_wanted(client),
            (&Method::POST, ["link"]) => return self.look_at_link(&given, client).await,
            (&Method::POST, ["link", "use"]) => return self.use_link(&head.headers, &given, client).await,
            _ => {}
        }
        let principal = self.seated(&head.headers, &head.method).await?;
        let Some(seat) = principal.seat.as_deref() else { return Err(ErrorCode::Unauthorized.into()) };
        match (&head.method, segments.as_slice()) {
            (&Method::GET, ["session"]) => {
                return Ok(Reply::ok(self.who(&principal, seat, csrf_of(&head.headers, self).as_deref())));
            }
            (&Method::DELETE, ["session"]) => {
                self.app.end_session(seat, seat.session.sid).await?;
                return Ok(Reply { cookie: Some(self.cookie("", 0)), ..Reply::done() });
            }
            (&Method::POST, ["session", "extend"]) => {
                return self.extend(&principal, seat, &head.headers).await;
            }
            (&Method::POST, ["second-factor"]) => return self.begin_second_factor(seat, &given).await,
            (&Method::POST, ["second-factor", "confirm"]) => {
                return self.confirm_second_factor(seat, &given).await;
            }
            (&Method::POST, ["second-factor", "remove"]) => {
                return self.remove_second_factor(seat, &given).await;
            }
            _ => {}
        }
        self.enrolled(&principal)?;
        match (&head.method, segments.as_slice()) {
            (&Method::GET, ["sessions"]) => {
                let sessions = self.app.sessions(seat).await?;
                Ok(Reply::ok(sessions.iter().map(|session| shown_session(session, seat)).collect()))
            }
            (&Method::DELETE, ["sessions", sid]) => {
                let sid = sid.parse().map_err(|_| ErrorCode::NotFound)?;
                self.app.end_session(seat, sid).await?;
                Ok(Reply::done())
            }
            (method, ["passkeys", rest @ ..]) => self.passkeys(method, rest, seat, &given).await,
            (&Method::POST, ["softphone"]) => self.softphone(seat, &given),
            (&Method::POST, ["flows", flow, "presence"]) => {
                Self::no_officer(&principal)?;
                self.present(&principal, seat, flow, &given).await
            }
            (&Method::POST, ["password"]) => {
                self.app.change_password(seat, text(&given, "old")?, text(&given, "new")?).await?;
                Ok(Reply::done())
            }
            (method, rest) => self.people(method, rest, &principal, seat, &given, head.uri.query()).await,
        }
    }

    /// What only administrators may.
    async fn people(
        &self,
        method: &Method,
        segments: &[&str],
        principal: &Principal,
        seat: &Seat,
        given: &Value,
        query: Option<&str>,
    ) -> Result<Reply> {
        if seat.person.role != Role::Administrator {
            return Err(refuse(ErrorCode::Forbidden, "This is for administrators."));
        }
        let account = &principal.account;
        let sid = |sid: &str| sid.parse().map_err(|_| ApiError::from(ErrorCode::NotFound));
        match (method, segments) {
            (&Method::GET, ["people"]) => {
                Ok(Reply::ok(self.app.people(account.sid).await?.iter().map(shown_person).collect()))
            }
            (&Method::POST, ["people"]) => {
                let (email, role) = (text(given, "email")?, role(given)?);
                let (person, token) = self.app.invite(seat, account, email, role).await?;
                Ok(self.invited(&person, &token))
            }
            (&Method::GET | &Method::POST, ["accounts", below, "people"]) => {
                self.people_below(method, below, principal, seat, given).await
            }
            (&Method::POST, ["people", person, "link"]) => {
                let (person, token) = self.app.renew_link(seat, sid(person)?).await?;
                Ok(self.invited(&person, &token))
            }
            (&Method::POST, ["people", person]) => {
                let person = self.app.change_role(seat, sid(person)?, role(given)?).await?;
                Ok(Reply::ok(shown_person(&person)))
            }
            (&Method::DELETE, ["people", person, "second-factor"]) => {
                self.app.reset_second_factor(seat, sid(person)?).await?;
                Ok(Reply::done())
            }
            (&Method::DELETE, ["people", person]) => {
                self.app.remove_person(seat, sid(person)?).await?;
                Ok(Reply::done())
            }
            (&Method::GET, ["audit"]) => {
                let after = query.and_then(|query| query.strip_prefix("after="));
                let after = after.map(str::parse::<flexio_domain::AuditSid>).transpose();
                let after = after.map_err(|_| invalid("after", "is not the sid of an event"))?;
                let page = Page { after: after.map(flexio_domain::AuditSid::as_u128), ..Page::default() };
                let events = self.app.audit_events(account.sid, &page).await?;
                Ok(Reply::ok(events.iter().map(shown_event).collect()))
            }
            _ => Err(ErrorCode::NotFound.into()),
        }
    }

    /// Whoever opens an account for a customer lets the customer in. What these people do is noted in their own account, and they are
    /// managed there.
    async fn people_below(
        &self,
        method: &Method,
        below: &str,
        principal: &Principal,
        seat: &Seat,
        given: &Value,
    ) -> Result<Reply> {
        let sid = below.parse().map_err(|_| ErrorCode::NotFound)?;
        let account = self.app.within_reach(principal, sid).await?.ok_or(ErrorCode::NotFound)?;
        if method == Method::GET {
            return Ok(Reply::ok(self.app.people(account.sid).await?.iter().map(shown_person).collect()));
        }
        let (person, token) = self.app.invite(seat, &account, text(given, "email")?, role(given)?).await?;
        Ok(self.invited(&person, &token))
    }

    async fn sign_in(&self, headers: &HeaderMap, given: &Value, client: Option<IpAddr>) -> Result<Reply> {
        self.may_try(client)?;
        let (email, password) = (text(given, "email")?, text(given, "password")?);
        let code = given["code"].as_str();
        let begun =
            self.app.begin_session(email, password, code, device_of(headers)).await.map_err(ApiError::from);
        if let Err(error) = &begun {
            self.count_failure(error, client);
        }
        let (token, seat) = begun?;
        self.begun(&token, seat).await
    }

    async fn begun(&self, token: &str, seat: Seat) -> Result<Reply> {
        let account = self.app.account_now(seat.person.account_sid).await?.ok_or(ErrorCode::Unauthorized)?;
        let seconds = seat.session.ends_at.duration_since(self.app.clock.now()).as_secs();
        let principal = Principal { account, key: None, seat: None };
        let body = self.who(&principal, &seat, Some(&csrf(token)));
        Ok(Reply { cookie: Some(self.cookie(token, seconds)), ..Reply::ok(body) })
    }

    /// The session lasts longer, and its cookie with it.
    async fn extend(&self, principal: &Principal, seat: &Seat, headers: &HeaderMap) -> Result<Reply> {
        let session = self.app.extend_session(seat).await?;
        let seconds = session.ends_at.duration_since(self.app.clock.now()).as_secs();
        let seat = Seat { session, ..seat.clone() };
        let cookie = self.session_token(headers).map(|token| self.cookie(token, seconds));
        Ok(Reply { cookie, ..Reply::ok(self.who(principal, &seat, csrf_of(headers, self).as_deref())) })
    }

    async fn look_at_link(&self, given: &Value, client: Option<IpAddr>) -> Result<Reply> {
        self.may_try(client)?;
        let person = self.holder(text(given, "token")?, client).await?;
        Ok(Reply::ok(json!({ "email": person.email, "role": person.role.as_str() })))
    }

    async fn use_link(&self, headers: &HeaderMap, given: &Value, client: Option<IpAddr>) -> Result<Reply> {
        self.may_try(client)?;
        let (token, password) = (text(given, "token")?, text(given, "password")?);
        self.holder(token, client).await?;
        let email = given["email"].as_str();
        let person = self.app.use_link(token, email, password).await?;
        let email = person.email.unwrap_or_default();
        let (token, seat) = self.app.begin_session(&email, password, None, device_of(headers)).await?;
        self.begun(&token, seat).await
    }

    /// Guessing links is slowed down like guessing passwords.
    async fn holder(&self, token: &str, client: Option<IpAddr>) -> Result<Person> {
        let found = self.app.link_holder(token).await;
        if let (Err(_), Some(client)) = (&found, client) {
            let _ = self.failures.take(client, self.app.clock.now());
        }
        Ok(found?)
    }

    /// Whoever gives what is wrong is slowed down; an error of another kind is not theirs.
    fn count_failure(&self, error: &ApiError, client: Option<IpAddr>) {
        if let Some(client) = client
            && matches!(error.code, ErrorCode::Unauthorized | ErrorCode::SecondFactorWrong)
        {
            metrics::counter!("console_sign_in_failures_total").increment(1);
            let _ = self.failures.take(client, self.app.clock.now());
        }
    }

    fn may_try(&self, client: Option<IpAddr>) -> Result<()> {
        client.map_or(Ok(()), |client| {
            self.failures.check(client, self.app.clock.now()).map_err(crate::handle::slow_down)
        })
    }

    /// Who sits at the browser, by its cookie. A change needs the token against forgery too.
    pub(crate) async fn seated(&self, headers: &HeaderMap, method: &Method) -> Result<Principal> {
        let token = self.session_token(headers).ok_or(ErrorCode::Unauthorized)?;
        if method != Method::GET && method != Method::HEAD {
            let given = headers.get(CSRF).and_then(|value| value.to_str().ok()).unwrap_or("");
            if !vault::same(&vault::digest(given), &vault::digest(&csrf(token))) {
                return Err(refuse(ErrorCode::Forbidden, "X-CSRF-Token is missing or wrong."));
            }
        }
        Ok(self.app.seat(token).await?)
    }

    /// Whoever needs a second factor and has none can set it up, and nothing else.
    pub(crate) fn enrolled(&self, principal: &Principal) -> Result<()> {
        match principal.seat.as_deref() {
            Some(seat) if self.app.needs_second_factor(&seat.person) => {
                Err(ErrorCode::SecondFactorNeeded.into())
            }
            _ => Ok(()),
        }
    }

    /// Lawful officers do what [`Access::Officer`](crate::operation::Access::Officer) lets them, and nothing that is not in the table.
    pub(crate) fn no_officer(principal: &Principal) -> Result<()> {
        match &principal.seat {
            Some(seat) if seat.person.role == Role::LawfulOfficer => {
                Err(refuse(ErrorCode::Forbidden, "The role of this person does not allow it."))
            }
            _ => Ok(()),
        }
    }

    /// The session's token in the cookies.
    pub(crate) fn session_token<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let name = self.cookie_name();
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .find_map(|cookie| cookie.trim().strip_prefix(name)?.strip_prefix('='))
            .filter(|token| !token.is_empty())
    }

    /// Browsers hold `__Host-` to HTTPS, to this host, and to the whole of it; over plain HTTP they would refuse it.
    fn cookie_name(&self) -> &'static str {
        if self.is_secure() { "__Host-flexio" } else { "flexio-session" }
    }

    fn is_secure(&self) -> bool {
        self.app.config.public_base_url.starts_with("https://")
    }

    fn cookie(&self, token: &str, seconds: i64) -> String {
        let secure = if self.is_secure() { "; Secure" } else { "" };
        let name = self.cookie_name();
        format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
    }

    fn who(&self, principal: &Principal, seat: &Seat, csrf: Option<&str>) -> Value {
        json!({
            "person": shown_person(&seat.person),
            "account_sid": principal.account.sid.to_string(),
            "account_name": principal.account.friendly_name,
            "top": principal.account.parent_sid.is_none(),
            "ends_at": seat.session.ends_at.to_string(),
            "csrf_token": csrf,
            "sandbox": self.app.config.sandbox,
            "home_country": self.app.config.home_country,
            "emergency": { "route": self.app.config.has_emergency_route },
            "second_factor": {
                "on": seat.person.has_second_factor(),
                "needed": self.app.needs_second_factor(&seat.person),
            },
        })
    }

    fn invited(&self, person: &Person, token: &str) -> Reply {
        let url = format!("{}/console/welcome#{token}", self.app.config.public_base_url);
        let body = json!({ "person": shown_person(person), "link": url });
        Reply { status: StatusCode::CREATED, body, cookie: None }
    }
}

/// Follows from the session's token, so that nothing more is kept.
fn csrf(token: &str) -> String {
    vault::hex(&vault::digest_parts(&[b"csrf", token.as_bytes()]))
}

/// What the browser calls itself.
fn device_of(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn csrf_of(headers: &HeaderMap, api: &Api) -> Option<String> {
    api.session_token(headers).map(csrf)
}

fn given(headers: &HeaderMap, body: &[u8]) -> Result<Value> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    if !kind.starts_with(b"application/json") {
        return Err(refuse(ErrorCode::BodyUnreadable, "The body must be JSON."));
    }
    serde_json::from_slice(body).map_err(|_| ErrorCode::BodyUnreadable.into())
}

fn text<'v>(given: &'v Value, name: &str) -> Result<&'v str> {
    given[name].as_str().ok_or_else(|| invalid(name, "is missing"))
}

fn role(given: &Value) -> Result<Role> {
    Role::from_name(text(given, "role")?).ok_or_else(|| invalid("role", "is not a role"))
}

fn shown_person(person: &Person) -> Value {
    json!({
        "sid": person.sid.to_string(),
        "email": person.email,
        "role": person.role.as_str(),
        "invited": person.password.is_none(),
        "second_factor": person.has_second_factor(),
        "passkeys": person.passkeys.len(),
        "locked_until": person.locked_until.map(|at| at.to_string()),
        "signed_in_at": person.signed_in_at.map(|at| at.to_string()),
        "created_at": person.created_at.to_string(),
    })
}

fn shown_session(session: &Session, seat: &Seat) -> Value {
    json!({
        "sid": session.sid.to_string(),
        "device": session.device,
        "created_at": session.created_at.to_string(),
        "seen_at": session.seen_at.to_string(),
        "this": session.sid == seat.session.sid,
    })
}

fn shown_event(event: &AuditEvent) -> Value {
    json!({
        "sid": event.sid.to_string(),
        "person": event.person,
        "action": event.action,
        "subject": event.subject,
        "created_at": event.created_at.to_string(),
    })
}
