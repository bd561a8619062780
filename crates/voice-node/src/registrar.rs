//! The registrar: REGISTER of customers' phones, checked and kept.

use std::sync::Arc;
use std::time::Duration;

use flexio_domain::MappingKind;
use flexio_sip::{
    Algorithm, Credentials, Destination, ExtraHeaders, Registering, Secret, Transport, Verdict,
};

use crate::locations::{EXPIRES_S, Update, UpdateError};
use crate::node::Node;
use crate::sip_shell::Order;
use flexio_app::SipDigests;

/// How often paths through NATs are used, so that they stay open: less than the 30 s after which the shortest-lived forget a path
/// (RFC 4787 REQ-5 wants two minutes, and is not obeyed).
const KEEP_ALIVE: Duration = Duration::from_secs(25);

/// The digest that fits the answer.
pub(crate) fn secret_of(digests: &SipDigests, credentials: &Credentials) -> Secret {
    let algorithm = credentials.algorithm();
    let hex = match algorithm {
        Algorithm::Md5 => digests.md5.clone(),
        Algorithm::Sha256 => digests.sha256.clone(),
    };
    Secret::Ha1 { algorithm, hex }
}

/// Sends keep-alives and forgets what has run out, for the life of the node.
pub(crate) fn watch(node: &Arc<Node>) {
    let weak = Arc::downgrade(node);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(KEEP_ALIVE).await;
            let Some(node) = weak.upgrade() else { return };
            let (paths, count) = {
                let mut locations = node.locations();
                (locations.sweep(node.epoch.elapsed()), locations.len())
            };
            metrics::gauge!("sip_registrations").set(u32::try_from(count).unwrap_or(u32::MAX));
            if !paths.is_empty() {
                node.sip().order(Order::KeepAlive(paths)).await;
            }
        }
    });
}

impl Node {
    /// Decides about a REGISTER. An unknown user is told what a wrong password is told.
    pub(crate) async fn register(&self, asked: Registering) {
        let id = asked.id;
        let order = match self.registered(asked).await {
            Ok(order) => order,
            Err(status) => Order::RejectRegister { id, status, headers: retry_headers(self, status) },
        };
        let outcome = match &order {
            Order::AcceptRegister { .. } => "accepted",
            Order::ChallengeRegister { .. } => "challenged",
            _ => "refused",
        };
        metrics::counter!("sip_registers_total", "outcome" => outcome).increment(1);
        self.sip().order(order).await;
    }

    async fn registered(&self, asked: Registering) -> Result<Order, u16> {
        let id = asked.id;
        if self.is_draining() {
            return Err(503);
        }
        let user = asked.credentials.username();
        let same = asked.aor.user_decoded().as_deref() == Some(user);
        let kind = MappingKind::RegistrationCredentials;
        let phone = flexio_app::legs::phone(&self.app, user, asked.aor.host(), kind).await;
        let phone = phone.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "registration_not_checked");
            503_u16
        })?;
        // Nobody registers in another's name.
        let phone = phone.filter(|_| same);
        let secret = phone.as_ref().map(|phone| secret_of(&phone.digests, &asked.credentials));
        match self.sip().verify(asked.credentials.clone(), secret).await {
            Verdict::Accepted => {}
            Verdict::Stale => return Ok(Order::ChallengeRegister { id }),
            Verdict::Wrong => return Err(403),
        }
        let phone = phone.ok_or(403_u16)?;
        if phone.secure && !is_secure(asked.flow.transport) {
            return Err(403);
        }
        if asked.contacts.iter().any(|c| c.expires_s > 0 && c.expires_s < *EXPIRES_S.start()) {
            let mut headers = ExtraHeaders::new();
            let _ = headers.push("Min-Expires", &EXPIRES_S.start().to_string());
            return Ok(Order::RejectRegister { id, status: 423, headers });
        }
        let (call_id, address) = (asked.request.call_id(), phone.address.to_string());
        let update = Update {
            account: phone.account,
            address: &address,
            contacts: &asked.contacts,
            removes_all: asked.removes_all,
            path: Destination::from(asked.flow),
            call_id: &call_id,
            cseq: asked.request.cseq().map_or(0, |cseq| cseq.number),
        };
        let bindings = self.locations().update(self.epoch.elapsed(), &update);
        match bindings {
            Ok(bindings) => Ok(Order::AcceptRegister { id, bindings }),
            // Step 7 wants an older REGISTER aborted; 500 is what it names.
            Err(UpdateError::Old) => Err(500),
            Err(UpdateError::Full) => Err(403),
        }
    }
}

fn is_secure(transport: Transport) -> bool {
    match transport {
        Transport::Tls | Transport::Wss => true,
        Transport::Udp | Transport::Tcp | Transport::Ws => false,
    }
}

fn retry_headers(node: &Node, status: u16) -> ExtraHeaders {
    let mut headers = ExtraHeaders::new();
    if status == 503 {
        let _ = headers.push("Retry-After", &node.config.sip.retry_after_s.to_string());
    }
    headers
}
