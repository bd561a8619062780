//! The whole node: a store in memory, a fake SMSC or the sandbox on one side, a customer's web server on the other.

mod incoming;
mod jam;
mod outages;
mod outbox;
mod outgoing;
mod phones;
mod restart;
mod rules;
mod smpp_server;
mod smpp_users;
mod two_nodes;
mod web;

use std::{sync::Arc, time::Duration};

use flexio_app::{App, AppConfig, CreateMessage, MasterKey, Vault};
use flexio_billing::Meter;
use flexio_domain::{
    Account, Capabilities, Clock, Dialect, IncomingNumber, Message, MessageDirection, MessageSid,
    MessageStatus, NumberSid, NumberType, Pii, StockNumber, Timestamp, UsageLabel, Webhook, WebhookSet,
};
use flexio_messaging_node::{
    MessagingConfig, MessagingNode,
    config::{Messages, SmppRoute},
};
use flexio_outbound::{Outbound, OutboundConfig, RetryPolicy};
use flexio_rating::{Numbering, Plan, Rater};
use flexio_store::{Change, ChangeSet, NotificationFilter, Page, Store, UsageFilter};
use flexio_store_sqlite::SqliteStore;
use flexio_testkit::smsc::Smsc;

/// Long enough for a loaded machine, short enough to notice a hang.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A platform with one account and two numbers, that outlives its nodes.
struct Platform {
    app: Arc<App>,
    account: Account,
}

fn app(store: Arc<dyn Store>) -> Arc<App> {
    app_with(store, Arc::new(WallClock), AppConfig { sandbox: true, ..AppConfig::default() })
}

fn app_with(store: Arc<dyn Store>, clock: Arc<dyn Clock>, config: AppConfig) -> Arc<App> {
    let plan = include_str!("../../../../../data/offer-flexio-be.toml");
    let numbering = include_str!("../../../../../data/belgian-numbering.toml");
    let plan = Plan::parse("offer", plan).unwrap();
    let numbering = Numbering::parse("numbering", numbering).unwrap();
    let meter = Meter::new(Rater::new(plan, numbering).unwrap());
    let vault = Vault::new(&MasterKey::from_bytes(1, [7; 32]), &[]);
    Arc::new(App::new(store, clock, vault, meter, config))
}

const OURS: &str = "+3225880100";
const OTHER: &str = "+3225880101";

impl Platform {
    async fn new() -> Self {
        Self::over(Arc::new(SqliteStore::open_in_memory_for_test().unwrap())).await
    }

    async fn over(store: Arc<dyn Store>) -> Self {
        let app = app(store);
        let (account, _) = app.create_root_account("Top", None).await.unwrap();
        Self { app, account }
    }

    /// The same platform as another node sees it, over its own connection to the same database.
    fn beside(&self, store: Arc<dyn Store>) -> Self {
        Self { app: app(store), account: self.account.clone() }
    }

    /// Rents a number whose messages are answered by `sms`.
    async fn rent(&self, number: &str, sms: WebhookSet) {
        let number: flexio_domain::E164 = number.parse().unwrap();
        let capabilities = Capabilities { voice: true, sms: true, ..Capabilities::default() };
        let stock = StockNumber {
            number: number.clone(),
            country: "BE".to_owned(),
            number_type: NumberType::Local,
            capabilities,
        };
        let now = Timestamp::now();
        let rented = IncomingNumber {
            sid: NumberSid::new(),
            version: 1,
            account_sid: self.account.sid,
            number,
            country: "BE".to_owned(),
            number_type: NumberType::Local,
            capabilities,
            friendly_name: "test".to_owned(),
            dialect: Dialect::Auto,
            voice: WebhookSet::default(),
            sms,
            status_callback: None,
            refer: None,
            voice_application_sid: None,
            sms_application_sid: None,
            refer_application_sid: None,
            voice_caller_id_lookup: false,
            tag: None,
            declaration: None,
            special_use: None,
            created_at: now,
            updated_at: now,
            released_at: None,
        };
        let changes =
            ChangeSet::new().with(Change::ImportStock(vec![stock])).with(Change::RentNumber(rented));
        self.app.store.commit(changes).await.unwrap();
    }

    async fn send(&self, to: &str, body: &str, callback: Option<String>) -> Message {
        self.send_with(to, body, callback, |_| ()).await
    }

    async fn send_with(
        &self,
        to: &str,
        body: &str,
        callback: Option<String>,
        adjust: impl FnOnce(&mut CreateMessage),
    ) -> Message {
        let from: flexio_domain::Address = OURS.parse().unwrap();
        let to = to.parse().unwrap();
        let (body, direction) = (Pii(body.to_owned()), MessageDirection::OutboundApi);
        let mut new = CreateMessage {
            status_callback: callback.map(webhook),
            ..CreateMessage::new(from, to, body, direction, "2010-04-01")
        };
        adjust(&mut new);
        self.app.create_message(&self.account, new, &|_| None).await.unwrap()
    }

    async fn message(&self, sid: MessageSid) -> Message {
        self.app.store.message(self.account.sid, sid).await.unwrap().expect("the message is there")
    }

    /// Waits until the message has this status.
    async fn until(&self, sid: MessageSid, status: MessageStatus) -> Message {
        let waiting = async {
            loop {
                let message = self.message(sid).await;
                if message.status == status {
                    return message;
                }
                assert!(
                    !message.status.is_final(),
                    "{} instead of {}: {:?}",
                    message.status.as_str(),
                    status.as_str(),
                    message.error
                );
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if let Ok(message) = tokio::time::timeout(PATIENCE, waiting).await {
            return message;
        }
        panic!("still {:?}", self.message(sid).await)
    }

    /// All messages of the account, oldest first.
    async fn messages(&self) -> Vec<Message> {
        let page = Page { limit: 1_000, order: flexio_store::Order::Oldest, ..Page::default() };
        self.app
            .store
            .messages(self.account.sid, &flexio_store::MessageFilter::default(), &page)
            .await
            .unwrap()
    }

    /// Usage events: item and billed units.
    async fn usage(&self) -> Vec<(String, String, u64)> {
        let events =
            self.app.store.usage_events(self.account.sid, &UsageFilter::default(), 1_000).await.unwrap();
        events.into_iter().map(|event| (event.id, event.kind.as_str().to_owned(), event.billed)).collect()
    }

    /// What carried each use.
    async fn carriers(&self) -> Vec<Option<String>> {
        let events =
            self.app.store.usage_events(self.account.sid, &UsageFilter::default(), 1_000).await.unwrap();
        events.into_iter().map(|event| event.carrier).collect()
    }

    /// Billed units by the values of a label.
    async fn usage_by(&self, label: UsageLabel) -> Vec<(String, u64)> {
        let (days, scope) = (("2000-01-01", "2100-01-01"), flexio_store::Scope::Own);
        let rows = self.app.store.usage_by_label(self.account.sid, scope, label, days, 10).await.unwrap();
        rows.into_iter().map(|row| (row.value, row.billed)).collect()
    }

    async fn notifications(&self) -> Vec<u32> {
        let (filter, page) = (NotificationFilter::default(), Page::default());
        let all = self.app.store.notifications(self.account.sid, &filter, &page).await.unwrap();
        all.into_iter().map(|one| one.code).collect()
    }

    /// Every posting balances, every charge is posted.
    async fn books_are_right(&self) {
        let proof = self.app.store.ledger_proof().await.unwrap();
        assert_eq!((proof.sum.micros(), proof.unbalanced, proof.unposted), (0, 0, 0), "{proof:?}");
    }

    async fn node(&self, routes: Vec<SmppRoute>, sandbox: bool) -> MessagingNode {
        self.node_with(routes, sandbox, |_| ()).await
    }

    async fn node_with(
        &self,
        routes: Vec<SmppRoute>,
        sandbox: bool,
        adjust: impl FnOnce(&mut Messages),
    ) -> MessagingNode {
        self.node_named("node-1", routes, sandbox, adjust).await
    }

    async fn node_named(
        &self,
        node: &str,
        routes: Vec<SmppRoute>,
        sandbox: bool,
        adjust: impl FnOnce(&mut Messages),
    ) -> MessagingNode {
        let callback_retry = RetryPolicy { first_wait_s: 1, wait_max_s: 2, give_up_after_s: 3_600 };
        let mut messages =
            Messages { poll_s: 1, receipt_wait_ms: 1_000, callback_retry, ..Messages::default() };
        adjust(&mut messages);
        let node = node.to_owned();
        let config = MessagingConfig { messages, routes, sandbox, node, ..MessagingConfig::default() };
        MessagingNode::start(Arc::clone(&self.app), config, outbound()).await.unwrap()
    }
}

fn outbound() -> Outbound {
    let allow_private_cidrs = vec!["127.0.0.0/8".parse().unwrap()];
    let config = OutboundConfig { allow_private_cidrs, total_timeout_ms: 2_000, ..OutboundConfig::default() };
    Outbound::new(config).unwrap()
}

fn webhook(url: String) -> Webhook {
    Webhook { url, method: flexio_domain::HttpMethod::Post }
}

fn answered_by(url: String) -> WebhookSet {
    WebhookSet { primary: Some(webhook(url)), fallback: None }
}

fn route(name: &str, smsc: &Smsc) -> SmppRoute {
    SmppRoute {
        name: name.to_owned(),
        host: smsc.address().ip().to_string(),
        port: smsc.address().port(),
        system_id: "flexio".to_owned(),
        password: "secret".into(),
        response_timeout_ms: 300,
        reconnect_ms: (10, 50),
        ..SmppRoute::default()
    }
}

/// Waits until a route is up.
async fn up(node: &MessagingNode, name: &str) {
    let waiting = async {
        while !node.routes().iter().any(|route| route.name == name && route.up) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("the route did not come up");
}
