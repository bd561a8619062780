//! The operator puts right what was metered wrongly, before it is invoiced; behind an invoice it is a credit note.

use flexio_billing::correction::Truth;
use flexio_domain::*;
use flexio_rating::BillingMonth;
use flexio_store::{Change, ChangeSet, StoreError, UsageFilter};

use crate::App;
use crate::error::{AppError, refuse};
use crate::usage::booked;

/// Events of one thing.
const EVENTS_MAX: u32 = 1_000;
/// Characters of a reason.
const REASON_CHARS: usize = 200;

/// A correction.
#[derive(Debug, Clone)]
pub struct CorrectUsage {
    /// Id of the event, `CA…:leg`; of a leg that was cut, of its first part.
    pub event: String,
    /// What it was in truth.
    pub truth: Truth,
    /// Why.
    pub reason: String,
}

impl App {
    /// The events that put a use right: it is taken back, and what it was in truth stands in its place at the prices of its time.
    pub async fn correct_usage(
        &self,
        account: AccountSid,
        by_operator: bool,
        new: &CorrectUsage,
    ) -> Result<Vec<UsageEvent>, AppError> {
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account corrects what was metered."));
        }
        let reason = new.reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_CHARS {
            return Err(refuse(ErrorCode::InvalidParameter, "Reason has 1 to 200 characters."));
        }
        let parts = self.parts_of_use(account, &new.event).await?;
        let first = parts.first().ok_or(ErrorCode::NotFound)?;
        if first.takes_back() || !first.accepted || !new.truth.is_of(first.kind) {
            let why = "That cannot be said of this event: what lasts has Seconds, what is counted a Quantity, what is held or was \
                       not answered is not corrected.";
            return Err(refuse(ErrorCode::Unprocessable, why));
        }
        let month: BillingMonth = first.month.parse().map_err(|_| ErrorCode::Internal)?;
        if let Some(payer) = self.payer_of_invoices(account).await?
            && let Some(invoice) = self.store.invoice_of_month(payer, &month.to_string()).await?
        {
            let number = invoice.invoice.number;
            let why = format!("{month} is invoiced ({number}): make a credit note of it.");
            return Err(refuse(ErrorCode::Conflict, why));
        }
        let charges = self.meter(account).correct(&parts, new.truth, reason, self.clock.now());
        let events: Vec<UsageEvent> = charges.iter().map(|charge| charge.event.clone()).collect();
        let mut set = ChangeSet::new();
        set.extend(self.price_shown(first, events.iter().map(|event| event.amount).sum()).await?);
        set.extend(charges.into_iter().flat_map(booked));
        self.store.commit(set).await.map_err(|error| match error {
            StoreError::EventConflict(_) | StoreError::Conflict(_) => {
                refuse(ErrorCode::Conflict, "It was corrected before.")
            }
            error => error.into(),
        })?;
        Ok(events)
    }

    /// The record of what was used shows what it costs now.
    async fn price_shown(&self, event: &UsageEvent, difference: Money) -> Result<Option<Change>, AppError> {
        let (account, resource) = (event.account_sid, &event.resource);
        let now_costs = |price: Option<Money>| price.map(|price| price + difference);
        Ok(match event.kind {
            UsageKind::VoiceIn | UsageKind::VoiceOut => {
                let Ok(sid) = resource.parse() else { return Ok(None) };
                let call = self.store.call(account, sid).await?;
                call.map(|call| Change::UpdateCall(Call { price: now_costs(call.price), ..call }))
            }
            UsageKind::SmsOut | UsageKind::SmsIn => {
                let Ok(sid) = resource.parse() else { return Ok(None) };
                let message = self.store.message(account, sid).await?;
                message.map(|it| Change::UpdateMessage(Message { price: now_costs(it.price), ..it }))
            }
            UsageKind::Recording => {
                let Ok(sid) = resource.parse() else { return Ok(None) };
                let recording = self.store.recording(account, sid).await?;
                recording.map(|it| Change::UpdateRecording(Recording { price: now_costs(it.price), ..it }))
            }
            _ => None,
        })
    }

    /// An event and the further parts of its leg, none of which was taken back.
    async fn parts_of_use(&self, account: AccountSid, id: &str) -> Result<Vec<UsageEvent>, AppError> {
        // `corrected:CA…:leg` is of the call too.
        let resource = id.split(':').find(|part| part.len() == 34).unwrap_or_default();
        let filter = UsageFilter { resource: Some(resource.to_owned()), ..UsageFilter::default() };
        let events = self.store.usage_events(account, &filter, EVENTS_MAX).await?;
        if events.iter().any(|it| it.takes_back() && it.corrects.as_ref().is_some_and(|it| it.id == id)) {
            return Err(refuse(ErrorCode::Conflict, "It was corrected before."));
        }
        let behind = format!("{id}:");
        let is_of =
            |event: &UsageEvent| event.id == id || (event.is_further_part() && event.id.starts_with(&behind));
        let mut parts: Vec<UsageEvent> = events.into_iter().filter(is_of).collect();
        parts.sort_by_key(|part| part.id.rsplit(':').next().and_then(|number| number.parse::<u32>().ok()));
        Ok(parts)
    }
}
