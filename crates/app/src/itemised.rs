//! The uses behind an invoice, one by one.

use std::collections::HashSet;

use flexio_documents::items::{Itemised, ItemisedUse, masked};
use flexio_domain::*;
use flexio_rating::BillingMonth;
use jiff::ToSpan;

use crate::App;
use crate::error::{AppError, refuse};

/// Uses on one itemised bill, at most: it is made in memory.
const USES_MAX: u64 = 100_000;
/// Sums of usage on one invoice.
const SUPPLIES_MAX: u32 = 100_000;

impl App {
    /// The itemised bill of an invoice, at most `most` uses. `mask` hides the last three digits of everybody else's numbers. Calls to numbers
    /// that no bill may list are left out, whatever they cost.
    pub async fn itemised(
        &self,
        account: AccountSid,
        sid: InvoiceSid,
        mask: bool,
        most: usize,
    ) -> Result<Itemised, AppError> {
        let invoice = self.store.invoice(account, sid).await?.ok_or(ErrorCode::NotFound)?.invoice;
        let supplies = self.store.supplies_on(sid, SUPPLIES_MAX).await?;
        let count: u64 = supplies.iter().map(|(supply, _)| supply.count).sum();
        let most = USES_MAX.min(most as u64);
        if count > most {
            let why = format!("The invoice has {count} uses; {most} are listed at most.");
            return Err(refuse(ErrorCode::ItemsTooMany, why));
        }
        let mut bill = Itemised { invoice, uses: Vec::new(), not_listed: (0, Money::ZERO) };
        for (supply, earlier) in &supplies {
            for event in self.uses_behind(supply, *earlier).await? {
                if self.may_be_listed(&event) {
                    bill.uses.push(self.itemised_use(&event, mask));
                } else {
                    bill.not_listed.0 += 1;
                    bill.not_listed.1 += event.amount;
                }
            }
        }
        bill.uses.sort_by(|one, other| (one.at, &one.resource).cmp(&(other.at, &other.resource)));
        Ok(bill)
    }

    /// The uses of a sum, in the order in which they were recorded: an invoice has all that there were, so those on earlier invoices come
    /// first.
    async fn uses_behind(&self, supply: &UsageSupply, earlier: u64) -> Result<Vec<UsageEvent>, AppError> {
        let month: BillingMonth =
            supply.month.parse().map_err(|_| refuse(ErrorCode::Internal, "a month that is none"))?;
        let from = month.first_day().saturating_sub(1.days()).to_string();
        let to = month.last_day().saturating_add(1.days()).to_string();
        // Together with all that later invoices may have of it.
        let limit = u32::try_from(2 * USES_MAX + earlier).unwrap_or(u32::MAX);
        let mut events = self.store.usage_of_supply(supply, (&from, &to), limit).await?;
        // What was taken back before the invoice, and what took it back, are none of its uses.
        let back: HashSet<(String, String)> = events
            .iter()
            .filter(|event| event.takes_back())
            .filter_map(|event| Some((event.source.clone(), event.corrects.as_ref()?.id.clone())))
            .collect();
        events.retain(|it| !it.takes_back() && !back.contains(&(it.source.clone(), it.id.clone())));
        events.sort_by(|one, other| {
            (one.created_at, &one.source, &one.id).cmp(&(other.created_at, &other.source, &other.id))
        });
        let skip = usize::try_from(earlier).unwrap_or(usize::MAX);
        let take = usize::try_from(supply.count).unwrap_or(usize::MAX);
        Ok(events.into_iter().skip(skip).take(take).collect())
    }

    fn may_be_listed(&self, event: &UsageEvent) -> bool {
        let numbering = self.rater().numbering();
        match event.kind {
            UsageKind::VoiceOut => {
                numbering.class(&event.class).is_none_or(flexio_rating::Class::is_itemised)
            }
            // The leg of somebody at a phone who called for help.
            UsageKind::VoiceIn => !numbering.is_emergency(&event.to),
            _ => true,
        }
    }

    fn itemised_use(&self, event: &UsageEvent, mask: bool) -> ItemisedUse {
        let shown = |number: &str, is_other: bool| {
            if mask && is_other { masked(number) } else { number.to_owned() }
        };
        let is_in = matches!(event.kind, UsageKind::VoiceIn | UsageKind::SmsIn);
        ItemisedUse {
            at: self.rater().plan().zone().to_datetime(event.at),
            account_sid: event.account_sid,
            resource: event.resource.clone(),
            item: event.item.clone(),
            from: shown(&event.from, is_in),
            to: shown(&event.to, !is_in),
            quantity: event.billed,
            unit: unit(event.kind),
            amount: event.amount,
        }
    }
}

/// What the billed units of a kind of usage are.
const fn unit(kind: UsageKind) -> LineUnit {
    match kind {
        UsageKind::VoiceOut
        | UsageKind::VoiceIn
        | UsageKind::Recording
        | UsageKind::Tts
        | UsageKind::Queue => LineUnit::Second,
        UsageKind::SmsOut | UsageKind::SmsIn | UsageKind::Conference | UsageKind::TwoFa | UsageKind::Api => {
            LineUnit::Piece
        }
        UsageKind::Number => LineUnit::Day,
        UsageKind::Designer => LineUnit::Month,
    }
}
