//! The web address of a flow: whoever may ask it starts the flow.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use flexio_app::flows::{FlowAt, FlowStart, flow_url_of};
use flexio_app::vault;
use flexio_domain::{Account, AccountSid, ApplicationSid, ErrorCode, FlowSid};
use flexio_flows::nodes::WebTrigger;
use http::{Method, Request, Response, header};
use serde_json::{Map, Value, json};

use super::{answer, views};
use crate::answer::Answer;
use crate::ask::Shown;
use crate::dialect::{Face, Format};
use crate::error::{ApiError, Result, refuse};
use crate::params::Params;
use crate::{Api, dressed};

/// Name of the secret that opens the address without credentials.
const TOKEN: &str = "web_token";
/// Bytes of a request, at most.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// A request's parameters.
type Given = Map<String, Value>;

pub(crate) async fn start(
    State(api): State<Arc<Api>>,
    Path((account, flow)): Path<(String, String)>,
    request: Request<Body>,
) -> Response<Body> {
    let answered = async {
        let (Ok(account), Ok(flow)) = (account.parse::<AccountSid>(), flow.parse::<FlowSid>()) else {
            return Err(ErrorCode::NotFound.into());
        };
        api.web_start(account, flow, request).await
    };
    respond(&api, answered.await)
}

/// The classic designer's address: the application names the flow.
pub(crate) async fn legacy(
    State(api): State<Arc<Api>>,
    Path((application, _)): Path<(String, String)>,
    request: Request<Body>,
) -> Response<Body> {
    let answered = async {
        let application: ApplicationSid = application.parse().map_err(|_| ErrorCode::NotFound)?;
        let client = api.client(request.headers(), request.extensions().get::<ConnectInfo<SocketAddr>>());
        let principal = api.authenticate(request.headers(), &Method::POST, client).await?;
        Api::no_officer(&principal)?;
        let application = api.app.application(principal.account.sid, application).await?;
        let url = application.voice.primary.map(|webhook| webhook.url).unwrap_or_default();
        let flow = flow_url_of(&url, &api.app.config.public_base_url).ok_or(ErrorCode::FlowNotPublished)?;
        api.web_start(principal.account.sid, flow.sid, request).await
    };
    respond(&api, answered.await)
}

fn respond(api: &Api, answered: Result<Answer>) -> Response<Body> {
    let answer = answered.unwrap_or_else(|error| api.refusal(&error, Face::Native, Format::Json));
    dressed(answer.into_response())
}

impl Api {
    async fn web_start(&self, account: AccountSid, flow: FlowSid, request: Request<Body>) -> Result<Answer> {
        let client = self.client(request.headers(), request.extensions().get::<ConnectInfo<SocketAddr>>());
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| ErrorCode::BodyTooLarge)?;
        let is_json = head
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        let mut given = given(head.uri.query().unwrap_or(""), &body, is_json)?;
        let token = given.remove("token").and_then(|token| token.as_str().map(str::to_owned));
        let owner = match token {
            Some(token) => self.opened_by(account, flow, &token, client).await?,
            None => {
                let principal = self.authenticate(&head.headers, &Method::POST, client).await?;
                Self::no_officer(&principal)?;
                self.app.within_reach(&principal, account).await?.ok_or(ErrorCode::NotFound)?
            }
        };
        let trigger = self.app.flow_web_trigger(account, flow).await?.ok_or(ErrorCode::NotFound)?;
        if !(trigger.enabled || trigger.allow_get) {
            return Err(ErrorCode::NotFound.into());
        }
        if head.method != Method::POST && !(head.method == Method::GET && trigger.allow_get) {
            return Err(ApiError { allow: Some("POST"), ..ErrorCode::MethodNotAllowed.into() });
        }
        self.flow_starts.take(flow.as_u128(), self.app.clock.now()).map_err(|seconds| ApiError {
            retry_after_s: Some(seconds),
            ..ErrorCode::TooManyRequests.into()
        })?;
        let at = FlowAt::production(flow);
        let made = self.app.start_flow(&owner, at, begun(&trigger, given), &|_| None).await?;
        let shown = Shown {
            face: Face::Native,
            format: Format::Json,
            base: &self.app.config.public_base_url,
            native_prices: false,
            fresh: true,
        };
        let mut view = views::execution(&shown, &made, false);
        view["execution_sid"] = json!(made.sid.to_string());
        Ok(answer(200, &view))
    }

    /// The account, where `token` is the flow's secret. A wrong one costs as much as a wrong password.
    async fn opened_by(
        &self,
        account: AccountSid,
        flow: FlowSid,
        token: &str,
        client: Option<std::net::IpAddr>,
    ) -> Result<Arc<Account>> {
        let now = self.app.clock.now();
        let slow = |seconds| ApiError { retry_after_s: Some(seconds), ..ErrorCode::TooManyRequests.into() };
        if let Some(client) = client {
            self.failures.check(client, now).map_err(slow)?;
        }
        let found = self.app.flow(account, flow).await;
        let secret = found.as_ref().ok().and_then(|flow| self.app.flow_secret(flow, TOKEN).ok().flatten());
        let right = secret.is_some_and(|secret| vault::same(&vault::digest(&secret), &vault::digest(token)));
        if right && let Some(owner) = self.app.account_now(account).await? {
            return Ok(owner);
        }
        if let Some(client) = client {
            let _ = self.failures.take(client, now);
        }
        Err(ErrorCode::Unauthorized.into())
    }
}

fn given(query: &str, body: &[u8], is_json: bool) -> Result<Given> {
    let mut params = Params::default();
    let mut given = Map::new();
    if is_json {
        let unreadable = |_| refuse(ErrorCode::BodyUnreadable, "The body is not a JSON object.");
        given = serde_json::from_slice(body).map_err(unreadable)?;
    } else {
        params.add_form(body)?;
    }
    params.add_form(query.as_bytes())?;
    for (name, value) in params.all() {
        given.entry(name.to_owned()).or_insert_with(|| json!(value));
    }
    Ok(given)
}

/// What the trigger fixes wins over the request; what is neither `to` nor `from` is data.
fn begun(trigger: &WebTrigger, mut given: Given) -> FlowStart {
    let mut take = |name: &str, fixed: Option<&String>| {
        let asked = given.remove(name).and_then(|value| value.as_str().map(str::to_owned));
        fixed.cloned().or(asked).unwrap_or_default()
    };
    let (to, from) = (take("to", trigger.to.as_ref()), take("from", trigger.from.as_ref()));
    let data = match given.remove("data") {
        Some(data) if given.is_empty() => data,
        Some(data) => {
            given.insert("data".to_owned(), data);
            Value::Object(given)
        }
        None => Value::Object(given),
    };
    FlowStart { to, from, data }
}
