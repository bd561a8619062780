//! Charges rated again from their events and the published plans: a month as a whole, and one thing with its arithmetic.

use flexio_billing::rerate::{Rerated, rerate};
use flexio_domain::{AccountSid, Faults, UsageEvent};
use flexio_rating::BillingMonth;
use flexio_store::UsageFilter;

use crate::App;
use crate::error::AppError;

/// Events read at once.
const EVENTS_AT_ONCE: u32 = 1_000;
/// Events of one call, message or recording that are explained.
const EXPLAINED_MAX: u32 = 100;

/// What rating a month again found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RerateReport {
    /// Events seen.
    pub events: u64,
    /// Events whose charge is not reproduced, with what it would be.
    pub differences: Faults,
}

/// An event, and its charge rated again, or why that cannot be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// As kept.
    pub event: UsageEvent,
    /// By the plan version it names.
    pub rerated: Result<Rerated, String>,
}

impl App {
    /// Rates every event of a month again. `progress` is told how many are done.
    pub async fn rerate_month(
        &self,
        month: BillingMonth,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<RerateReport, AppError> {
        let plans = self.plan_book().await?;
        let mut report = RerateReport::default();
        let mut after = (String::new(), String::new());
        loop {
            let events = self.store.usage_of_month(&month.to_string(), &after, EVENTS_AT_ONCE).await?;
            let Some(last) = events.last() else { return Ok(report) };
            after = (last.source.clone(), last.id.clone());
            for event in &events {
                report.events += 1;
                let rerated = plans.rerate(event);
                let name = || format!("{}/{}", event.source, event.id);
                match rerated {
                    Ok(again) if (again.billed, again.amount) == (event.billed, event.amount) => {}
                    Ok(again) => {
                        let what = format!("{}: {} charged, {} again", name(), event.amount, again.amount);
                        report.differences.add(&what);
                    }
                    Err(reason) => report.differences.add(&format!("{}: {reason}", name())),
                }
            }
            progress(report.events);
        }
    }

    /// What a call, message, recording or number of the account was charged, and how that comes about.
    pub async fn explain(&self, account: AccountSid, resource: &str) -> Result<Vec<Explained>, AppError> {
        let plans = self.plan_book().await?;
        let filter = UsageFilter { resource: Some(resource.to_owned()), ..UsageFilter::default() };
        let events = self.store.usage_events(account, &filter, EXPLAINED_MAX).await?;
        let explained = |event: UsageEvent| Explained { rerated: plans.rerate(&event), event };
        Ok(events.into_iter().map(explained).collect())
    }
}

impl super::invoices::PlanBook {
    fn rerate(&self, event: &UsageEvent) -> Result<Rerated, String> {
        let plan = self.plan(&event.plan).ok_or_else(|| format!("no published plan {}", event.plan))?;
        rerate(event, plan).map_err(|error| error.to_string())
    }
}
