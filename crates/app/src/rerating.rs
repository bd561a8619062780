//! Charges rated again from their events and the published plans: a month as a whole, and one thing with its arithmetic.

use std::collections::HashMap;

use flexio_billing::rerate::{Rerated, rerate};
use flexio_domain::{
    AccountSid, CallSid, Faults, InvoiceSid, MessageSid, PricePin, Timestamp, UsageEvent, UsageKind,
};
use flexio_rating::{BillingMonth, base_of};
use flexio_store::UsageFilter;

use crate::App;
use crate::error::AppError;
use crate::prices::end_with_the_next;

/// Events read at once.
const EVENTS_AT_ONCE: u32 = 1_000;
/// Subscribers whose pins are kept in memory while a month is gone through.
const SUBSCRIBERS_KNOWN: usize = 4_096;
/// Events of one call, message or recording that are explained.
const EXPLAINED_MAX: u32 = 100;
/// Invoices looked at for the one an event is on: that of its month, and those it may have come late to.
const INVOICES_LOOKED_AT: usize = 3;

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
    /// SHA-256 of that version's file, where it is published.
    pub plan_sha256: Option<String>,
    /// What made that version the price; `None` where the account is under no contract.
    pub pin: Option<PricePin>,
    /// The invoice with the line it is in, and its number.
    pub invoice: Option<(InvoiceSid, String)>,
    /// What happened on the wire.
    pub wire: Wire,
}

/// Where the fact behind a charge is found outside: in the logs of the trunk, at the carrier.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wire {
    /// Call-ID of the leg's SIP dialog.
    pub sip_call_id: Option<String>,
    /// Trunk of the leg, or route of the message; `None` on-net.
    pub carrier: Option<String>,
    /// Final SIP status of the leg.
    pub sip_status: Option<u16>,
}

impl App {
    /// Rates every event of a month again. `progress` is told how many are done.
    pub async fn rerate_month(
        &self,
        month: BillingMonth,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<RerateReport, AppError> {
        let plans = self.plan_book().await?;
        let (mut report, mut pins) = (RerateReport::default(), PinsRead::default());
        let mut after = (String::new(), String::new());
        loop {
            let events = self.store.usage_of_month(&month.to_string(), &after, EVENTS_AT_ONCE).await?;
            let Some(last) = events.last() else { return Ok(report) };
            after = (last.source.clone(), last.id.clone());
            for event in &events {
                report.events += 1;
                if let Some(difference) = plans.difference(event) {
                    report.differences.add(&difference);
                }
                if let Some(difference) = self.priced_unlike_pinned(event, &mut pins).await? {
                    report.differences.add(&difference);
                }
            }
            progress(report.events);
        }
    }

    /// Which version should have priced an event by the pins of its contract; `None` where that is the one it names, or none was pinned.
    pub(crate) async fn priced_unlike_pinned(
        &self,
        event: &UsageEvent,
        read: &mut PinsRead,
    ) -> Result<Option<String>, AppError> {
        let Some(subscriber) = self.subscriber(event.account_sid) else { return Ok(None) };
        // A cache that is full begins anew: whom it forgets is read again.
        if read.len() >= SUBSCRIBERS_KNOWN && !read.contains_key(&subscriber) {
            read.clear();
        }
        let pins = match read.entry(subscriber) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                let mut pins = self.pins(subscriber).await?;
                end_with_the_next(&mut pins);
                place.insert(pins)
            }
        };
        Ok(pinned_instead(event, pins))
    }

    /// What a call, message, recording or number of the account was charged, and how that comes about.
    pub async fn explain(&self, account: AccountSid, resource: &str) -> Result<Vec<Explained>, AppError> {
        let plans = self.plan_book().await?;
        let filter = UsageFilter { resource: Some(resource.to_owned()), ..UsageFilter::default() };
        let events = self.store.usage_events(account, &filter, EXPLAINED_MAX).await?;
        let subscriber = self.subscriber(account).unwrap_or(account);
        let pins = if events.is_empty() { Vec::new() } else { self.pins(subscriber).await? };
        let wire = self.wire(account, resource).await?;
        let mut explained = Vec::with_capacity(events.len());
        for event in events {
            explained.push(Explained {
                rerated: plans.rerate(&event),
                plan_sha256: plans.plan(&event.plan).map(|plan| plan.content_hash().to_string()),
                pin: pin_of(&event, &pins),
                invoice: self.invoice_with(account, &event).await?,
                wire: wire.clone(),
                event,
            });
        }
        Ok(explained)
    }

    /// What is known of a call or message outside the platform.
    async fn wire(&self, account: AccountSid, resource: &str) -> Result<Wire, AppError> {
        if let Ok(sid) = resource.parse::<CallSid>() {
            let call = self.store.call(account, sid).await?;
            return Ok(call.map_or_else(Wire::default, |call| Wire {
                sip_call_id: call.sip_call_id,
                carrier: call.trunk,
                sip_status: call.sip_response_code,
            }));
        }
        let Ok(sid) = resource.parse::<MessageSid>() else { return Ok(Wire::default()) };
        let message = self.store.message(account, sid).await?;
        Ok(Wire { carrier: message.and_then(|message| message.route), ..Wire::default() })
    }

    /// The first invoice, issued after the event was kept, that has a line of its item, plan and month.
    async fn invoice_with(
        &self,
        account: AccountSid,
        event: &UsageEvent,
    ) -> Result<Option<(InvoiceSid, String)>, AppError> {
        let Ok(month) = event.month.parse::<BillingMonth>() else { return Ok(None) };
        let Some(account) = self.account_now(account).await? else { return Ok(None) };
        let kept_on = self.local_day(event.created_at);
        let months = std::iter::successors(Some(month), |month| month.next()).take(INVOICES_LOOKED_AT);
        for month in months {
            for payer in std::iter::once(&account.sid).chain(account.ancestors.iter().rev()) {
                let found = self.store.invoice_of_month(*payer, &month.to_string()).await?;
                let Some(invoice) = found.map(|state| state.invoice) else { continue };
                let has_it = invoice.lines.iter().any(|line| {
                    (&line.item, &line.plan, &line.month) == (&event.item, &event.plan, &event.month)
                });
                if has_it && invoice.issued_on >= kept_on {
                    return Ok(Some((invoice.sid, invoice.number)));
                }
            }
        }
        Ok(None)
    }
}

/// Pins of subscribers met lately, of [`SUBSCRIBERS_KNOWN`] at most.
pub(crate) type PinsRead = HashMap<AccountSid, Vec<PricePin>>;

/// The version that was pinned for an event when it was charged, where that is another than the one that priced it.
fn pinned_instead(event: &UsageEvent, pins: &[PricePin]) -> Option<String> {
    // What is held has the price of the day it was taken, what is free has none, and a correction has that of what it corrects.
    let is_held = matches!(event.kind, UsageKind::Number | UsageKind::Designer);
    if is_held || event.corrects.is_some() || matches!(event.item.as_str(), "free" | "refuse") {
        return None;
    }
    let item = base_of(&event.item);
    // Who leaves because of a notice gets pins that reach back: what was charged before had the price of the notice.
    let known = |pin: &&PricePin| {
        pin.created_at <= event.created_at
            && pin.valid_from <= event.at
            && pin.item.as_deref().is_none_or(|code| code == item)
    };
    let list = pins.iter().filter(known).filter(|pin| pin.valid_until.is_none());
    let list = list.max_by_key(|pin| pin.valid_from)?;
    let mut promoted =
        pins.iter().filter(known).filter(|pin| pin.valid_until.is_some_and(|it| event.at < it));
    let fits = list.plan == event.plan || promoted.any(|pin| pin.plan == event.plan);
    (!fits)
        .then(|| format!("{}/{}: priced by {}, pinned is {}", event.source, event.id, event.plan, list.plan))
}

/// The last pin that held for an event's item and is of the version that priced it.
fn pin_of(event: &UsageEvent, pins: &[PricePin]) -> Option<PricePin> {
    let began: Timestamp = event.at;
    let holds = |pin: &&PricePin| {
        pin.valid_from <= began
            && pin.valid_until.is_none_or(|until| began < until)
            && pin.item.as_ref().is_none_or(|item| *item == event.item)
    };
    // A promotion's pin stands beside the others and may be the dearer one.
    pins.iter().filter(holds).rfind(|pin| pin.plan == event.plan).cloned()
}

impl super::invoices::PlanBook {
    fn rerate(&self, event: &UsageEvent) -> Result<Rerated, String> {
        let plan = self.plan(&event.plan).ok_or_else(|| format!("no published plan {}", event.plan))?;
        rerate(event, plan).map_err(|error| error.to_string())
    }

    /// How a charge differs when its event is rated again; `None` where it comes out.
    pub(crate) fn difference(&self, event: &UsageEvent) -> Option<String> {
        let name = || format!("{}/{}", event.source, event.id);
        match self.rerate(event) {
            Ok(again) if (again.billed, again.amount) == (event.billed, event.amount) => None,
            Ok(again) => Some(format!("{}: {} charged, {} again", name(), event.amount, again.amount)),
            Err(reason) => Some(format!("{}: {reason}", name())),
        }
    }
}
