//! The registrar: REGISTER of customers' phones, checked and kept.

use std::sync::Arc;
use std::time::Duration;

use flexio_app::AppError;
use flexio_app::legs::{Phone, TokenPhone};
use flexio_domain::{AccountSid, Address, ErrorCode, MappingKind};
use flexio_sip::{
    Algorithm, Authorization, BearerToken, Credentials, Destination, ExtraHeaders, Registering, Secret,
    Transport, Verdict,
};

use crate::locations::{EXPIRES_S, Update, UpdateError};
use crate::node::Node;
use crate::perform::REASON_PROTOCOL;
use crate::sip_shell::Order;
use flexio_app::SipDigests;

/// How often paths through NATs are used, so that they stay open: less than the 30 s after which the shortest-lived forget a path
/// (RFC 4787 REQ-5 wants two minutes, and is not obeyed).
const KEEP_ALIVE: Duration = Duration::from_secs(25);

/// The digest that fits the answer.
fn secret_of(digests: &SipDigests, credentials: &Credentials) -> Secret {
    let algorithm = credentials.algorithm();
    let hex = match algorithm {
        Algorithm::Md5 => digests.md5.clone(),
        Algorithm::Sha256 => digests.sha256.clone(),
    };
    Secret::Ha1 { algorithm, hex }
}

/// Sends keep-alives and forgets what has run out, for the life of the node. At once too: NATs in front of phones that were restored have
/// heard nothing for a while.
pub(crate) fn watch(node: &Arc<Node>) {
    let weak = Arc::downgrade(node);
    tokio::spawn(async move {
        loop {
            let Some(node) = weak.upgrade() else { return };
            let (paths, count) = {
                let mut locations = node.locations();
                (locations.sweep(node.epoch.elapsed()), locations.len())
            };
            metrics::gauge!("sip_registrations").set(u32::try_from(count).unwrap_or(u32::MAX));
            if !paths.is_empty() {
                node.sip().order(Order::KeepAlive(paths)).await;
            }
            drop(node);
            tokio::time::sleep(KEEP_ALIVE).await;
        }
    });
}

/// Reason of a call that comes by a trunk which carries as many as it may.
pub(crate) const TRUNK_FULL: u32 = 1109;

/// A phone that is not let in.
pub(crate) struct Denied {
    pub status: u16,
    /// Our code, and what is wrong, for those who may know it.
    pub why: Option<(u32, String)>,
}

impl From<u16> for Denied {
    fn from(status: u16) -> Self {
        Self { status, why: None }
    }
}

impl Denied {
    /// With Retry-After where it makes sense, and the reason.
    pub(crate) fn headers(&self, node: &Node) -> ExtraHeaders {
        let mut headers = ExtraHeaders::new();
        // A full trunk is no reason to leave the whole node alone: without Retry-After a 503 is about this call (RFC 3261 §21.5.4).
        if self.status == 503 && self.why.as_ref().is_none_or(|(code, _)| *code != TRUNK_FULL) {
            let _ = headers.push("Retry-After", &node.config.sip.retry_after_s.to_string());
        }
        if let Some((code, text)) = &self.why {
            let _ = headers.push("Reason", &format!("{REASON_PROTOCOL};cause={code};text=\"{text}\""));
        }
        headers
    }
}

/// Who registers, and on which terms.
struct Registrant {
    address: Address,
    account: AccountSid,
    /// By TLS only.
    secure: bool,
    longest_s: u32,
}

impl Node {
    /// Decides about a REGISTER. An unknown user is told what a wrong password is told.
    pub(crate) async fn register(&self, asked: Registering) {
        let id = asked.id;
        let order = match self.registered(asked).await {
            Ok(order) => order,
            Err(denied) => Order::RejectRegister { id, status: denied.status, headers: denied.headers(self) },
        };
        let outcome = match &order {
            Order::AcceptRegister { .. } => "accepted",
            Order::ChallengeRegister { .. } => "challenged",
            _ => "refused",
        };
        metrics::counter!("sip_registers_total", "outcome" => outcome).increment(1);
        self.sip().order(order).await;
    }

    async fn registered(&self, asked: Registering) -> Result<Order, Denied> {
        let id = asked.id;
        if self.is_draining() {
            return Err(503.into());
        }
        let Some(Registrant { address, account, secure, longest_s }) = self.registrant(&asked).await? else {
            return Ok(Order::ChallengeRegister { id });
        };
        if secure && !is_secure(asked.flow.transport) {
            return Err(403.into());
        }
        if asked.contacts.iter().any(|c| c.expires_s > 0 && c.expires_s < *EXPIRES_S.start()) {
            let mut headers = ExtraHeaders::new();
            let _ = headers.push("Min-Expires", &EXPIRES_S.start().to_string());
            return Ok(Order::RejectRegister { id, status: 423, headers });
        }
        let (call_id, address) = (asked.request.call_id(), address.to_string());
        let update = Update {
            account,
            address: &address,
            contacts: &asked.contacts,
            removes_all: asked.removes_all,
            longest_s: longest_s.min(*EXPIRES_S.end()),
            path: Destination::from(asked.flow),
            call_id: &call_id,
            cseq: asked.request.cseq().map_or(0, |cseq| cseq.number),
        };
        let (bindings, is_unsaved) = {
            let mut locations = self.locations();
            let bindings = locations.update(self.epoch.elapsed(), &update);
            (bindings, locations.is_unsaved(account, &address))
        };
        if is_unsaved {
            self.registrations.saved().await;
        }
        match bindings {
            Ok(bindings) => Ok(Order::AcceptRegister { id, bindings }),
            // Step 7 wants an older REGISTER aborted; 500 is what it names.
            Err(UpdateError::Old) => Err(500.into()),
            Err(UpdateError::Full) => {
                let why = (ErrorCode::TooManyResources.number(), "Too Many Registrations".to_owned());
                Err(Denied { status: 403, why: Some(why) })
            }
        }
    }

    /// Who registers, once it is proved; `None` asks for credentials once more. Nobody registers in another's name.
    async fn registrant(&self, asked: &Registering) -> Result<Option<Registrant>, Denied> {
        let named = asked.aor.user_decoded();
        let credentials = match &asked.authorization {
            Authorization::Digest(credentials) => credentials,
            Authorization::Bearer(token) => {
                let shown = self.token_phone(token).await?;
                let same = shown.phone.address == Address::Client(named.unwrap_or_default());
                let registrant = Registrant {
                    address: shown.phone.address,
                    account: shown.phone.account,
                    secure: false,
                    longest_s: shown.lifetime_s,
                };
                return if same && shown.incoming { Ok(Some(registrant)) } else { Err(403.into()) };
            }
        };
        let user = credentials.username();
        let kind = MappingKind::RegistrationCredentials;
        let phone = flexio_app::legs::phone(&self.app, user, asked.aor.host(), kind).await;
        let phone = phone.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "registration_not_checked");
            Denied::from(503)
        })?;
        let phone = phone.filter(|_| named.as_deref() == Some(user));
        let proved = self.proved(phone, credentials).await?;
        Ok(proved.map(|phone| Registrant {
            address: phone.address,
            account: phone.account,
            secure: phone.secure,
            longest_s: *EXPIRES_S.end(),
        }))
    }

    /// The phone, where these are its credentials; `None` where only the nonce was at fault. Whoever is no phone of ours is told what a wrong
    /// password is told, and as late.
    pub(crate) async fn proved(
        &self,
        phone: Option<Phone>,
        credentials: &Credentials,
    ) -> Result<Option<Phone>, Denied> {
        let secret = phone.as_ref().and_then(|phone| Some(secret_of(phone.digests.as_ref()?, credentials)));
        match (self.sip().verify(credentials.clone(), secret).await, phone) {
            (Verdict::Accepted, Some(phone)) => Ok(Some(phone)),
            (Verdict::Stale, _) => Ok(None),
            (Verdict::Accepted | Verdict::Wrong, _) => Err(403.into()),
        }
    }

    /// The browser that shows an access token. One that is refused is told why.
    pub(crate) async fn token_phone(&self, token: &BearerToken) -> Result<TokenPhone, Denied> {
        let shown = flexio_app::legs::token_phone(&self.app, token.as_str()).await;
        shown.map_err(|error| match error {
            AppError::Refused(refusal) => {
                Denied { status: 403, why: Some((refusal.code.number(), refusal.to_string())) }
            }
            other => {
                tracing::error!(error = &other as &dyn std::error::Error, "token_not_checked");
                Denied::from(503)
            }
        })
    }
}

pub(crate) fn is_secure(transport: Transport) -> bool {
    match transport {
        Transport::Tls | Transport::Wss => true,
        Transport::Udp | Transport::Tcp | Transport::Ws => false,
    }
}
