//! Which prices hold for whom: the plan versions that were published and the pins of subscriptions, in memory.
//!
//! Charges are made where nothing may be waited for, so everything is held that they need. What another process pins is seen after
//! [`LOOK_EVERY`]; pins of a notice are made long before they hold.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use flexio_billing::{Meter, PinnedPrice};
use flexio_domain::{Account, AccountSid, Timestamp};
use flexio_rating::{Plan, Rater};
use flexio_store::StoreError;

use crate::App;
use crate::error::AppError;

/// How often pins of other processes are looked for; longer where reading them takes long.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Part of the time that reading may take: one in so many.
const LOOK_SHARE: u32 = 20;
/// Accounts below subscriptions; with more, the prices that were read last stay and the log says so.
const ACCOUNTS_MAX: u32 = 1_000_000;
/// Pins read at once.
const PINS_AT_ONCE: u32 = 1_000;

/// Prices of every account.
#[derive(Debug)]
pub(crate) struct Prices {
    /// Of accounts without a subscription.
    installation: Arc<Meter>,
    book: RwLock<Arc<Book>>,
    /// Reading again begins after whoever reads has written: what was read before a pin never replaces what was read after it.
    reading: tokio::sync::Mutex<()>,
}

/// By id and version.
type PlanVersions = BTreeMap<(String, u32), Arc<Rater>>;

#[derive(Debug, Clone, Default)]
struct Book {
    plans: PlanVersions,
    /// Prices of the accounts with a subscription, and whose it is.
    accounts: HashMap<AccountSid, (AccountSid, Arc<Meter>)>,
}

impl Prices {
    pub(crate) fn new(installation: Meter) -> Self {
        Self {
            installation: Arc::new(installation),
            book: RwLock::default(),
            reading: tokio::sync::Mutex::default(),
        }
    }

    fn book(&self) -> Arc<Book> {
        Arc::clone(&self.book.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn rater(&self) -> &Rater {
        self.installation.rater()
    }
}

/// Sees what other processes pinned, until the process ends.
pub async fn keep_prices(app: Arc<App>) {
    loop {
        let began = tokio::time::Instant::now();
        if let Err(error) = app.refresh_prices().await {
            tracing::error!(%error, "prices_not_read");
        }
        tokio::time::sleep(LOOK_EVERY.max(began.elapsed() * LOOK_SHARE)).await;
    }
}

impl App {
    /// What the uses of an account cost: by the pins of its subscription or of the nearest account above that has one, otherwise by the
    /// installation's plan.
    pub fn meter(&self, account: AccountSid) -> Arc<Meter> {
        let book = self.prices.book();
        book.accounts.get(&account).map_or(&self.prices.installation, |(_, meter)| meter).clone()
    }

    /// The plan version whoever takes something now takes it at: the newest that is open, of the plan of the account's subscription.
    pub(crate) fn selling(&self, account: AccountSid, now: Timestamp) -> Arc<Rater> {
        let meter = self.meter(account);
        let pinned = meter.rater_at(now);
        let is_subscribed = self.subscriber(account).is_some();
        let newest = is_subscribed.then(|| self.newest_open(pinned.plan().id(), now)).flatten();
        newest.unwrap_or_else(|| Arc::clone(pinned))
    }

    /// The account whose subscription the account is under.
    pub(crate) fn subscriber(&self, account: AccountSid) -> Option<AccountSid> {
        self.prices.book().accounts.get(&account).map(|(subscriber, _)| *subscriber)
    }

    /// Accounts under the subscription of this one, itself with them.
    pub(crate) fn subscribed(&self, subscriber: AccountSid) -> Vec<AccountSid> {
        let book = self.prices.book();
        let mut accounts: Vec<AccountSid> = book
            .accounts
            .iter()
            .filter(|(_, (owner, _))| *owner == subscriber)
            .map(|(account, _)| *account)
            .collect();
        accounts.sort_unstable();
        accounts
    }

    /// The newest version of a plan that new customers may take.
    pub(crate) fn newest_open(&self, id: &str, now: Timestamp) -> Option<Arc<Rater>> {
        let book = self.prices.book();
        let versions = book.plans.range((id.to_owned(), 0)..=(id.to_owned(), u32::MAX));
        versions.rev().map(|(_, rater)| rater).find(|rater| rater.plan().is_open_at(now)).cloned()
    }

    /// A plan version that was published, by its label.
    pub fn plan_version(&self, label: &str) -> Option<Arc<Rater>> {
        by_label(&self.prices.book().plans, label).cloned()
    }

    /// Every plan version, by id and version.
    pub fn plan_versions(&self) -> Vec<Arc<Rater>> {
        self.prices.book().plans.values().cloned().collect()
    }

    /// A new account has the prices of its parent's subscription from its first use.
    pub(crate) async fn price_new_account(&self, account: &Account) {
        let Some(parent) = account.parent_sid else { return };
        let _reading = self.prices.reading.lock().await;
        let mut book = self.prices.book.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(prices) = book.accounts.get(&parent).cloned() {
            Arc::make_mut(&mut book).accounts.insert(account.sid, prices);
        }
    }

    /// Reads plans, pins and the accounts they are for.
    pub async fn refresh_prices(&self) -> Result<(), AppError> {
        let _reading = self.prices.reading.lock().await;
        let before = self.prices.book();
        let mut plans = before.plans.clone();
        for plan in self.plans().await? {
            if let Entry::Vacant(place) = plans.entry((plan.id.clone(), plan.version)) {
                let read = Plan::parse(&plan.label(), &plan.text).map_err(broken)?;
                place.insert(Arc::new(self.rater().with_plan(read).map_err(broken)?));
            }
        }
        let meters = self.pinned_meters(&plans).await?;
        let accounts = if meters.is_empty() { HashMap::new() } else { self.nearest(&meters).await? };
        *self.prices.book.write().unwrap_or_else(PoisonError::into_inner) =
            Arc::new(Book { plans, accounts });
        Ok(())
    }

    /// A meter for each account with pins.
    async fn pinned_meters(&self, plans: &PlanVersions) -> Result<HashMap<AccountSid, Arc<Meter>>, AppError> {
        let mut pinned: HashMap<AccountSid, Vec<PinnedPrice>> = HashMap::new();
        let mut after = None;
        loop {
            let pins = self.store.all_pins(after, PINS_AT_ONCE).await?;
            after = pins.last().map(|pin| pin.sid);
            let is_last = pins.len() < PINS_AT_ONCE as usize;
            for pin in pins {
                let rater = by_label(plans, &pin.plan)
                    .ok_or_else(|| broken(format!("{} is pinned and not published", pin.plan)))?;
                pinned.entry(pin.account_sid).or_default().push(PinnedPrice {
                    item: pin.item,
                    from: pin.valid_from,
                    rater: Arc::clone(rater),
                });
            }
            if is_last {
                break;
            }
        }
        let installation = self.prices.installation.rater_at(Timestamp::MIN);
        let meter = |pins| Arc::new(Meter::pinned(Arc::clone(installation), pins));
        Ok(pinned.into_iter().map(|(account, pins)| (account, meter(pins))).collect())
    }

    /// For each account below one with pins, the nearest such: the one that stands under most of them.
    async fn nearest(
        &self,
        meters: &HashMap<AccountSid, Arc<Meter>>,
    ) -> Result<HashMap<AccountSid, (AccountSid, Arc<Meter>)>, AppError> {
        let tree = self.store.pinned_tree(ACCOUNTS_MAX).await?;
        if tree.len() == ACCOUNTS_MAX as usize {
            return Err(broken(format!("more than {ACCOUNTS_MAX} accounts are under subscriptions")));
        }
        let mut depths: HashMap<AccountSid, usize> = HashMap::new();
        for (below, _) in &tree {
            *depths.entry(*below).or_default() += 1;
        }
        let mut accounts: HashMap<AccountSid, (AccountSid, Arc<Meter>)> = HashMap::new();
        for (below, above) in tree {
            let Some(meter) = meters.get(&above) else { continue };
            let is_nearer = accounts.get(&below).is_none_or(|(known, _)| depths[known] < depths[&above]);
            if is_nearer {
                accounts.insert(below, (above, Arc::clone(meter)));
            }
        }
        Ok(accounts)
    }
}

/// The version that is called `id/version`.
fn by_label<'p>(plans: &'p PlanVersions, label: &str) -> Option<&'p Arc<Rater>> {
    let (id, version) = label.rsplit_once('/')?;
    plans.get(&(id.to_owned(), version.parse().ok()?))
}

fn broken(error: impl std::fmt::Display) -> AppError {
    StoreError::Broken(error.to_string().into()).into()
}
