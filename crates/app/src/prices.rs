//! Which prices hold for whom: the plan versions that were published and the pins of subscriptions, in memory.
//!
//! Charges are made where nothing may be waited for, so everything is held that they need. A plan version and a pin never change, so each is
//! read once: what this process writes it takes in at once, what others write it sees after [`LOOK_EVERY`]. Pins of a notice are made long
//! before they hold.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use flexio_billing::{Meter, PinnedPrice};
use flexio_domain::{Account, AccountSid, PinSid, PricePin, SubscriptionSid, Timestamp};
use flexio_rating::{Plan, PromotedLabel, Rater};
use flexio_store::StoreError;

use crate::App;
use crate::error::AppError;
use crate::plans::PLANS_MAX;

/// How often is looked for what other processes wrote; longer where that takes long.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Part of the time that reading may take: one in so many.
const LOOK_SHARE: u32 = 20;
/// Accounts below subscriptions; with more, the prices that were read last stay and the log says so.
const ACCOUNTS_MAX: u32 = 1_000_000;
/// Pins and accounts read at once.
const READ_AT_ONCE: u32 = 1_000;
/// Pins of one account; more are a fault, as each is an order or a notice.
const PINS_MAX: u32 = 10_000;
/// How far back what is new is looked for: sids begin with the time they were given at, by the clock of their process, and a transaction
/// may commit a while later.
const OVERLAP: Duration = Duration::from_secs(600);

/// Prices of every account.
#[derive(Debug)]
pub(crate) struct Prices {
    /// Of accounts without a subscription.
    installation: Arc<Meter>,
    /// Price versions that promotions made, by label and item: at most one for each item of each promotion and plan version.
    promoted: Mutex<HashMap<(String, String), Arc<Rater>>>,
    book: RwLock<Book>,
    /// Held while something is read and put into the book: what was read before a pin never replaces what was read after it.
    seen: tokio::sync::Mutex<Seen>,
}

/// By id and version.
type PlanVersions = BTreeMap<(String, u32), Arc<Rater>>;

#[derive(Debug, Default)]
struct Book {
    plans: PlanVersions,
    /// Of them, those that are sold no more.
    retired: BTreeSet<(String, u32)>,
    /// The account whose subscription each account is under: the nearest above it that has one, or itself.
    accounts: HashMap<AccountSid, AccountSid>,
    subscribers: HashMap<AccountSid, Subscriber>,
}

/// An account with a subscription.
#[derive(Debug)]
struct Subscriber {
    meter: Arc<Meter>,
    /// Accounts under it, itself with them.
    accounts: BTreeSet<AccountSid>,
}

impl Book {
    /// Puts an account under a subscription.
    fn place(&mut self, account: AccountSid, subscriber: AccountSid) {
        let Some(under) = self.subscribers.get_mut(&subscriber) else { return };
        under.accounts.insert(account);
        if let Some(before) = self.accounts.insert(account, subscriber).filter(|before| *before != subscriber)
            && let Some(left) = self.subscribers.get_mut(&before)
        {
            left.accounts.remove(&account);
        }
    }
}

/// How far has been read.
#[derive(Debug, Default)]
struct Seen {
    /// Everything there was has been read once.
    all: bool,
    /// Newest pin and account.
    pin: u128,
    account: u128,
    /// Pins of the last [`OVERLAP`], which are met again.
    recent: BTreeSet<PinSid>,
}

impl Seen {
    /// The first key that may be new.
    fn overlapping(key: u128) -> u128 {
        key.saturating_sub(OVERLAP.as_millis() << 80)
    }

    fn meet(&mut self, pin: PinSid) {
        self.pin = self.pin.max(pin.as_u128());
        self.recent.insert(pin);
    }

    fn forget_old(&mut self) {
        self.recent = self.recent.split_off(&PinSid::from_u128(Self::overlapping(self.pin)));
    }
}

impl Prices {
    pub(crate) fn new(installation: Meter) -> Self {
        Self {
            installation: Arc::new(installation),
            promoted: Mutex::default(),
            book: RwLock::default(),
            seen: tokio::sync::Mutex::default(),
        }
    }

    fn book(&self) -> RwLockReadGuard<'_, Book> {
        self.book.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Book> {
        self.book.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn rater(&self) -> &Rater {
        self.installation.rater()
    }

    /// What a pin prices by: a plan version, or what a promotion made of one, which is made once for all who took it.
    fn pinned(&self, pin: &PricePin, plans: &PlanVersions) -> Option<Arc<Rater>> {
        let Some(label) = PromotedLabel::parse(&pin.plan) else {
            return by_label(plans, &pin.plan).cloned();
        };
        let item = pin.item.as_deref()?;
        let mut made = self.promoted.lock().unwrap_or_else(PoisonError::into_inner);
        match made.entry((pin.plan.clone(), item.to_owned())) {
            hash_map::Entry::Occupied(known) => Some(Arc::clone(known.get())),
            hash_map::Entry::Vacant(place) => {
                let base = by_label(plans, label.base)?;
                let plan = base.plan().promoted(item, label.promotion, label.price)?;
                // The same items as the plan version: numbering data and decks fit as they did.
                Some(Arc::clone(place.insert(Arc::new(base.with_plan(plan).ok()?))))
            }
        }
    }
}

/// Sees what other processes wrote, until the process ends.
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
        self.spenders.metered(account);
        self.terms(account)
    }

    /// As [`App::meter`], for what is charged without being used: nobody's spending is looked at for it.
    pub(crate) fn terms(&self, account: AccountSid) -> Arc<Meter> {
        let book = self.prices.book();
        let subscriber = book.accounts.get(&account).and_then(|owner| book.subscribers.get(owner));
        subscriber.map_or(&self.prices.installation, |subscriber| &subscriber.meter).clone()
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
        self.prices.book().accounts.get(&account).copied()
    }

    /// Accounts under the subscription of this one, itself with them, by sid.
    pub(crate) fn subscribed(&self, subscriber: AccountSid) -> Vec<AccountSid> {
        let book = self.prices.book();
        let found = book.subscribers.get(&subscriber);
        found.map(|subscriber| subscriber.accounts.iter().copied().collect()).unwrap_or_default()
    }

    /// The newest version of a plan that new customers may take.
    pub(crate) fn newest_open(&self, id: &str, now: Timestamp) -> Option<Arc<Rater>> {
        let book = self.prices.book();
        let versions = book.plans.range((id.to_owned(), 0)..=(id.to_owned(), u32::MAX));
        let sold = versions.rev().filter(|(label, _)| !book.retired.contains(*label));
        sold.map(|(_, rater)| rater).find(|rater| rater.plan().is_open_at(now)).cloned()
    }

    /// Whether a plan version can be ordered.
    pub fn is_sold(&self, plan: &Plan, now: Timestamp) -> bool {
        plan.is_open_at(now) && !self.is_retired(plan)
    }

    /// Whether a plan version was taken from sale.
    pub(crate) fn is_retired(&self, plan: &Plan) -> bool {
        self.prices.book().retired.contains(&(plan.id().to_owned(), plan.version()))
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
        let _seen = self.prices.seen.lock().await;
        let mut book = self.prices.write();
        if let Some(subscriber) = book.accounts.get(&parent).copied() {
            book.place(account.sid, subscriber);
        }
    }

    /// Reads what is new of plans, of pins, and of the accounts they are for.
    pub async fn refresh_prices(&self) -> Result<(), AppError> {
        let mut seen = self.prices.seen.lock().await;
        self.read_new_plans().await?;
        if !seen.all {
            return self.read_all_prices(&mut seen).await;
        }
        let mut fresh: Vec<(PinSid, AccountSid)> = Vec::new();
        let mut after = PinSid::from_u128(Seen::overlapping(seen.pin));
        loop {
            let pins = self.store.all_pins(Some(after), READ_AT_ONCE).await?;
            let unknown = pins.iter().filter(|pin| !seen.recent.contains(&pin.sid));
            fresh.extend(unknown.map(|pin| (pin.sid, pin.account_sid)));
            match pins.last() {
                Some(last) if pins.len() == READ_AT_ONCE as usize => after = last.sid,
                _ => break,
            }
        }
        let repriced: BTreeSet<AccountSid> = fresh.iter().map(|(_, account)| *account).collect();
        for account in repriced {
            self.reprice(account).await?;
        }
        // Only now: what failed is met again.
        for (pin, _) in fresh {
            seen.meet(pin);
        }
        seen.forget_old();
        self.read_new_accounts(&mut seen).await
    }

    /// Takes in what was just pinned for one account, without looking for anything else.
    pub(crate) async fn refresh_prices_of(&self, account: AccountSid) -> Result<(), AppError> {
        let seen = self.prices.seen.lock().await;
        if !seen.all {
            drop(seen);
            return self.refresh_prices().await;
        }
        self.read_new_plans().await?;
        self.reprice(account).await
    }

    async fn read_new_plans(&self) -> Result<(), AppError> {
        let retired = self.store.plan_retirements(PLANS_MAX).await?;
        self.prices.write().retired = retired.into_iter().map(|it| (it.id, it.version)).collect();
        for label in self.store.plan_labels(PLANS_MAX).await? {
            if self.prices.book().plans.contains_key(&label) {
                continue;
            }
            let Some(plan) = self.store.plan(&label.0, label.1).await? else { continue };
            let read = Plan::parse(&plan.label(), &plan.text).map_err(broken)?;
            let rater = Arc::new(self.rater().with_plan(read).map_err(broken)?);
            if let Entry::Vacant(place) = self.prices.write().plans.entry(label) {
                place.insert(rater);
            }
        }
        Ok(())
    }

    /// Everything, as a process begins.
    async fn read_all_prices(&self, seen: &mut Seen) -> Result<(), AppError> {
        let mut pinned: HashMap<AccountSid, Vec<PricePin>> = HashMap::new();
        let mut after = None;
        loop {
            let pins = self.store.all_pins(after, READ_AT_ONCE).await?;
            after = pins.last().map(|pin| pin.sid);
            let is_last = pins.len() < READ_AT_ONCE as usize;
            for pin in pins {
                seen.meet(pin.sid);
                pinned.entry(pin.account_sid).or_default().push(pin);
            }
            if is_last {
                break;
            }
        }
        seen.forget_old();
        let tree = if pinned.is_empty() { Vec::new() } else { self.store.pinned_tree(ACCOUNTS_MAX).await? };
        if tree.len() == ACCOUNTS_MAX as usize {
            return Err(broken(format!("more than {ACCOUNTS_MAX} accounts are under subscriptions")));
        }
        seen.account = tree.iter().map(|(below, _)| below.as_u128()).max().unwrap_or_default();
        let mut book = self.prices.write();
        for (account, pins) in pinned {
            let meter = self.meter_of(pins, &book.plans)?;
            book.subscribers.insert(account, Subscriber { meter, accounts: BTreeSet::new() });
        }
        for (account, subscriber) in nearest(tree, &book.subscribers) {
            book.place(account, subscriber);
        }
        seen.all = true;
        Ok(())
    }

    /// Makes an account's meter anew from its pins. With its first pins it becomes a subscriber, whose prices those below have who
    /// stand under none that is nearer.
    async fn reprice(&self, account: AccountSid) -> Result<(), AppError> {
        let pins = self.store.pins(account, PINS_MAX).await?;
        if pins.len() == PINS_MAX as usize {
            return Err(broken(format!("{account} has {PINS_MAX} pins or more")));
        }
        if pins.is_empty() {
            return Ok(());
        }
        let is_known = self.prices.book().subscribers.contains_key(&account);
        let (above, below) = if is_known {
            (Vec::new(), Vec::new())
        } else {
            let above = self.store.account(account).await?.map(|known| known.ancestors);
            (above.unwrap_or_default(), self.all_below(account).await?)
        };
        let mut book = self.prices.write();
        let meter = self.meter_of(pins, &book.plans)?;
        if let Some(known) = book.subscribers.get_mut(&account) {
            known.meter = meter;
            return Ok(());
        }
        book.subscribers.insert(account, Subscriber { meter, accounts: BTreeSet::new() });
        for each in below {
            let before = book.accounts.get(&each);
            if before.is_none_or(|subscriber| above.contains(subscriber)) {
                book.place(each, account);
            }
        }
        Ok(())
    }

    /// The account and all below it.
    async fn all_below(&self, account: AccountSid) -> Result<Vec<AccountSid>, AppError> {
        let mut all: Vec<AccountSid> = Vec::new();
        loop {
            let below = self.store.accounts_below(account, all.last().copied(), READ_AT_ONCE).await?;
            let is_last = below.len() < READ_AT_ONCE as usize;
            all.extend(below);
            if is_last {
                return Ok(all);
            }
            if all.len() >= ACCOUNTS_MAX as usize {
                return Err(broken(format!("more than {ACCOUNTS_MAX} accounts are below {account}")));
            }
        }
    }

    /// Accounts that other processes made below a subscription.
    async fn read_new_accounts(&self, seen: &mut Seen) -> Result<(), AppError> {
        let mut after = AccountSid::from_u128(Seen::overlapping(seen.account));
        loop {
            let accounts = self.store.accounts_under_pins(Some(after), READ_AT_ONCE).await?;
            for account in &accounts {
                if self.prices.book().accounts.contains_key(account) {
                    continue;
                }
                let Some(known) = self.store.account(*account).await? else { continue };
                let mut book = self.prices.write();
                let mut upwards = known.ancestors.iter().rev();
                if let Some(nearest) = upwards.find(|above| book.subscribers.contains_key(above)).copied() {
                    book.place(*account, nearest);
                }
            }
            let Some(last) = accounts.last() else { return Ok(()) };
            seen.account = seen.account.max(last.as_u128());
            if accounts.len() < READ_AT_ONCE as usize {
                return Ok(());
            }
            after = *last;
        }
    }

    fn meter_of(&self, mut pins: Vec<PricePin>, plans: &PlanVersions) -> Result<Arc<Meter>, AppError> {
        end_with_the_next(&mut pins);
        let price = |pin: PricePin| {
            let rater = self.prices.pinned(&pin, plans);
            let rater = rater.ok_or_else(|| broken(format!("{} is pinned and not published", pin.plan)))?;
            Ok(PinnedPrice { item: pin.item, from: pin.valid_from, until: pin.valid_until, rater })
        };
        let prices: Result<Vec<PinnedPrice>, AppError> = pins.into_iter().map(price).collect();
        let installation = self.prices.installation.rater_at(Timestamp::MIN);
        Ok(Arc::new(Meter::pinned(Arc::clone(installation), prices?)))
    }
}

/// A contract's prices end where the account's next contract begins: what was announced under it for later, and its promotions.
pub(crate) fn end_with_the_next(pins: &mut Vec<PricePin>) {
    let begins: Vec<(SubscriptionSid, Timestamp)> = pins
        .iter()
        .filter(|pin| pin.item.is_none())
        .map(|pin| (pin.subscription_sid, pin.valid_from))
        .collect();
    let begun = |contract| begins.iter().filter(|it| it.0 == contract).map(|it| it.1).min();
    let next = |contract| {
        let from = begun(contract)?;
        begins.iter().filter(|it| it.0 != contract && it.1 > from).map(|it| it.1).min()
    };
    pins.retain_mut(|pin| {
        let Some(end) = next(pin.subscription_sid) else { return true };
        pin.valid_until = pin.valid_until.map(|until| until.min(end));
        pin.valid_from < end
    });
}

/// For each account below subscribers, the nearest: the one that stands under most of them.
fn nearest(
    tree: Vec<(AccountSid, AccountSid)>,
    subscribers: &HashMap<AccountSid, Subscriber>,
) -> HashMap<AccountSid, AccountSid> {
    let mut depths: HashMap<AccountSid, usize> = HashMap::new();
    for (below, _) in &tree {
        *depths.entry(*below).or_default() += 1;
    }
    let mut nearest: HashMap<AccountSid, AccountSid> = HashMap::new();
    for (below, above) in tree.into_iter().filter(|(_, above)| subscribers.contains_key(above)) {
        if nearest.get(&below).is_none_or(|known| depths[known] < depths[&above]) {
            nearest.insert(below, above);
        }
    }
    nearest
}

/// The version that is called `id/version`.
fn by_label<'p>(plans: &'p PlanVersions, label: &str) -> Option<&'p Arc<Rater>> {
    let (id, version) = label.rsplit_once('/')?;
    plans.get(&(id.to_owned(), version.parse().ok()?))
}

fn broken(error: impl std::fmt::Display) -> AppError {
    StoreError::Broken(error.to_string().into()).into()
}
