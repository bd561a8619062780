//! SUBSCRIBE to the dialogs of a phone (RFC 4235): who may watch whom. A phone sees what it may pick up: the calls of phones of its own
//! account.

use flexio_app::legs::Phone;
use flexio_domain::{Address, MappingKind};
use flexio_sip::{Authorization, Message, Subscribing};

use crate::node::Node;
use crate::registrar::{Denied, is_secure};
use crate::sip_shell::Order;
use crate::watchers::{Party, WatchOrder};

impl Node {
    /// Decides about a SUBSCRIBE. Whom somebody may not watch is not found, whether there is such a phone or not.
    pub(crate) async fn subscribe(&self, asked: Subscribing) {
        let id = asked.id;
        let entity = asked.resource.without_headers().to_string();
        let order = match self.watched(&asked).await {
            Ok(Some(whom)) => WatchOrder::Accept { id, whom, entity },
            Ok(None) => WatchOrder::Challenge { id },
            Err(denied) => WatchOrder::Reject { id, status: denied.status, headers: denied.headers(self) },
        };
        let outcome = match &order {
            WatchOrder::Accept { .. } => "accepted",
            WatchOrder::Challenge { .. } => "challenged",
            _ => "refused",
        };
        metrics::counter!("sip_subscribes_total", "outcome" => outcome).increment(1);
        self.sip().order(Order::Watching(order)).await;
    }

    /// Whom he watches; `None` asks him for credentials once more.
    async fn watched(&self, asked: &Subscribing) -> Result<Option<Party>, Denied> {
        if self.is_draining() {
            return Err(503.into());
        }
        let Some(watcher) = self.asker(&asked.authorization, &asked.request).await? else {
            return Ok(None);
        };
        if watcher.secure && !is_secure(asked.flow.transport) {
            return Err(403.into());
        }
        let user = asked.resource.user_decoded().ok_or(404_u16)?;
        let found = self.phone_of(&user, asked.resource.host()).await?;
        let found = found.filter(|phone| phone.account == watcher.account).ok_or(404_u16)?;
        Ok(Some((found.account, found.address.to_string())))
    }

    /// The phone that asks, once it is proved; `None` asks for credentials once more.
    pub(crate) async fn asker(
        &self,
        authorization: &Authorization,
        request: &Message,
    ) -> Result<Option<Phone>, Denied> {
        let credentials = match authorization {
            Authorization::Digest(credentials) => credentials,
            Authorization::Bearer(token) => {
                return Ok(Some(self.token_phone(token).await?.phone));
            }
        };
        let from = request.from().map_err(|_| 400_u16)?;
        let phone = self.phone_of(credentials.username(), from.uri().host()).await?;
        self.proved(phone, credentials).await
    }

    async fn phone_of(&self, user: &str, host: &str) -> Result<Option<Phone>, Denied> {
        let found =
            flexio_app::legs::phone(&self.app, user, host, MappingKind::RegistrationCredentials).await;
        found.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "phone_not_checked");
            Denied::from(503)
        })
    }

    /// A leg leads to a phone of the account: its watchers are told.
    pub(crate) async fn leads_to(&self, leg: flexio_sip::LegId, whom: Party) {
        self.sip().order(Order::Watching(WatchOrder::Belongs { leg, whom })).await;
    }
}

/// The address of a phone, by which it is watched; none for what is no phone of ours.
pub(crate) fn watched_as(address: &Address) -> Option<String> {
    match address {
        Address::Client(_) | Address::Sip(_) => Some(address.to_string()),
        Address::Number(_) | Address::ShortCode(_) | Address::Alphanumeric(_) | Address::Anonymous => None,
    }
}
