//! The best plan for what a customer used: once a year on his invoice, and whenever he asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use flexio_billing::comparison::{Legs, Volumes, charge_under};
use flexio_domain::*;
use flexio_rating::{BillingMonth, PromotedLabel, Rater, base_of};
use flexio_store::{InvoiceFilter, Page, UsageFilter, UsagePlace};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::App;
use crate::error::AppError;

/// Months that are looked back on.
const MONTHS: i64 = 12;
/// Uses that are recomputed for one customer; with more the figures are of the first ones, and say so.
pub(crate) const USES_MAX: u64 = 1_000_000;
/// Uses read at once.
const USES_AT_ONCE: u32 = 1_000;
/// Invoices of a year, that of a contract that ended in it with them.
const INVOICES_OF_A_YEAR: u32 = 24;

/// Days of use: both included, in the plan's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Year {
    pub(crate) from: Date,
    pub(crate) to: Date,
}

/// The twelve months that end with a day.
pub(crate) fn year_until(to: Date) -> Year {
    let from = to.checked_sub(MONTHS.months()).and_then(Date::tomorrow).unwrap_or(Date::MIN);
    Year { from, to }
}

/// A plan, and what the uses come to under it.
struct Alternative {
    rater: Arc<Rater>,
    /// `None`: it does not sell what was used, and is no alternative.
    sum: Option<Money>,
    volumes: Volumes<()>,
}

impl Alternative {
    fn new(rater: Arc<Rater>) -> Self {
        Self { rater, sum: Some(Money::ZERO), volumes: Volumes::default() }
    }

    fn add(&mut self, event: &UsageEvent) {
        let under = charge_under(event, &self.rater).ok();
        self.sum = self.sum.zip(under).and_then(|(sum, under)| sum.checked_add(under.amount).ok());
        if let Some((item, billed)) = under.and_then(|it| Some((it.item?, it.billed))) {
            self.volumes.add(&(), &event.month, self.rater.plan().label(), item, billed);
        }
    }

    fn amount(&self) -> Option<Money> {
        Some(self.sum? - self.volumes.sum())
    }
}

impl App {
    /// The last twelve months of the account's use under every plan that is open for orders.
    pub async fn plan_advice(&self, account: AccountSid) -> Result<PlanAdvice, AppError> {
        let to = self.local_today();
        self.advice_of(account, year_until(to)).await
    }

    /// The advice that goes onto an invoice of a month: the contract runs for a year, and no invoice of the last twelve months has one.
    pub(crate) async fn yearly_advice(
        &self,
        account: AccountSid,
        month: BillingMonth,
    ) -> Result<Option<PlanAdvice>, AppError> {
        let year = year_until(month.last_day());
        let contract = self.store.subscription(account).await?;
        let since =
            contract.filter(|it| it.state == SubscriptionState::Active).and_then(|it| it.activated_at);
        if since.is_none_or(|at| self.local_day(at) > year.from.last_of_month()) {
            return Ok(None);
        }
        let filter = InvoiceFilter { kind: Some(InvoiceKind::Invoice), ..InvoiceFilter::default() };
        let page = Page { limit: INVOICES_OF_A_YEAR, ..Page::default() };
        let earlier = self.store.invoices(account, &filter, &page).await?;
        let first = BillingMonth::of_day(year.from).to_string();
        if earlier.iter().any(|it| it.invoice.advice.is_some() && it.invoice.month >= first) {
            return Ok(None);
        }
        Ok(Some(self.advice_of(account, year).await?))
    }

    async fn advice_of(&self, account: AccountSid, year: Year) -> Result<PlanAdvice, AppError> {
        let mut accounts = self.subscribed(account);
        if accounts.is_empty() {
            accounts.push(account);
        }
        let now = self.clock.now();
        let own = self.meter(account).rater_at(now).plan().clone();
        let mut sums: Vec<Alternative> = self.open_plans(now).into_iter().map(Alternative::new).collect();
        let (mut charged, mut volumes) = (Money::ZERO, Volumes::default());
        let counted = self
            .each_use(&accounts, year, &mut |event| {
                charged += event.amount;
                self.add_volume(&mut volumes, &(), event);
                for alternative in &mut sums {
                    alternative.add(event);
                }
            })
            .await?;
        let cost = |plan: &flexio_rating::Plan, amount| PlanCost {
            plan: plan.label().to_owned(),
            name: plan.name().to_owned(),
            amount,
        };
        let mut plans: Vec<PlanCost> =
            sums.iter().filter_map(|it| Some(cost(it.rater.plan(), it.amount()?))).collect();
        plans.sort_by(|a, b| (a.amount, &a.plan).cmp(&(b.amount, &b.plan)));
        Ok(PlanAdvice {
            from: year.from,
            to: year.to,
            uses: counted.0,
            is_partial: counted.1,
            own: cost(&own, charged - volumes.sum()),
            plans,
        })
    }

    /// Counts a use towards the volume price it was charged under.
    pub(crate) fn add_volume<K: Ord + Clone>(&self, volumes: &mut Volumes<K>, whose: &K, event: &UsageEvent) {
        let Some(rater) = self.plan_version(PromotedLabel::base_of(&event.plan)) else { return };
        let (plan, code) = (rater.plan(), base_of(&event.item));
        // Most items have none, and are not copied for every use.
        if plan.item(code).is_none_or(|item| item.tiers.is_none()) {
            return;
        }
        if let Some(item) = plan.item_of(&event.plan, code) {
            volumes.add(whose, &event.month, &event.plan, &item, event.signed(event.billed));
        }
    }

    /// The newest open version of each plan.
    fn open_plans(&self, now: Timestamp) -> Vec<Arc<Rater>> {
        let mut newest: BTreeMap<String, Arc<Rater>> = BTreeMap::new();
        for rater in self.plan_versions() {
            if self.is_sold(rater.plan(), now) {
                newest.insert(rater.plan().id().to_owned(), rater);
            }
        }
        newest.into_values().collect()
    }

    /// Shows every use of the accounts in a year, in pages, legs as wholes; how many there were, and whether some were left out.
    pub(crate) async fn each_use(
        &self,
        accounts: &[AccountSid],
        year: Year,
        show: &mut (dyn FnMut(&UsageEvent) + Send),
    ) -> Result<(u64, bool), AppError> {
        let zone = self.rater().plan().zone();
        let midnight = |day: Date| zone.to_timestamp(day.at(0, 0, 0, 0)).ok();
        let from = midnight(year.from).unwrap_or(Timestamp::MIN);
        let until = year.to.tomorrow().ok().and_then(midnight).unwrap_or(Timestamp::MAX);
        let (mut seen, mut read) = (0, 0);
        for account in accounts {
            // A day of the zone begins on the same day of UTC or on the one before.
            let day = year.from.yesterday().unwrap_or(year.from).to_string();
            let after = Some(UsagePlace { day, ..UsagePlace::default() });
            let mut filter = UsageFilter { after, ..UsageFilter::default() };
            let mut legs = Legs::default();
            let is_within = |event: &&UsageEvent| (from..until).contains(&event.at);
            let is_over = loop {
                let events = self.store.usage_events(*account, &filter, USES_AT_ONCE).await?;
                for event in events.iter().filter(is_within).filter_map(|event| legs.next(event)) {
                    seen += 1;
                    show(&event);
                }
                read += events.len() as u64;
                match events.last() {
                    Some(last) if events.len() == USES_AT_ONCE as usize => {
                        filter.after = Some(UsagePlace::of(last));
                    }
                    _ => break false,
                }
                if read >= USES_MAX {
                    break true;
                }
            };
            if let Some(event) = legs.last() {
                seen += 1;
                show(&event);
            }
            if is_over {
                return Ok((seen, true));
            }
        }
        Ok((seen, false))
    }
}
