//! Who leaves because of a notice keeps the old prices to the end: as if it had never taken effect.
//!
//! What is used from the cancellation on is rated at the old prices, and what is held is held at them. What was used between the day of
//! the change and the cancellation comes to the old prices on the next invoice where it is on none yet; where it is, what was too much is
//! credited with the cancellation.

use std::collections::BTreeMap;

use flexio_billing::invoice::{self, CreditLine, UnitPrice};
use flexio_domain::*;
use flexio_rating::{BillingMonth, base_of};
use flexio_store::{Change, ChangeSet, ContractChange, HoldingChange, InvoiceFilter, Page};
use jiff::SignedDuration;

use crate::App;
use crate::error::AppError;
use crate::subscriptions::ROWS_SHOWN;

/// Invoices looked at: those since the day of a change, which is within the months of the exit right.
const INVOICES_MAX: u32 = 100;
/// Things held at changed prices, of one account.
const HOLDINGS_MAX: u32 = 4_000;
/// Id of the discount that brings charges back to the old prices, in the ledger and on lines.
const EXIT_RIGHT: &str = "exit-right";

/// What is undone for one item: the price before the first of the notices, and when each took or takes effect.
struct Undone {
    /// Plan version before.
    before: String,
    notices: Vec<PriceNotice>,
}

impl App {
    /// All that keeps the old prices for a contract that is cancelled now and ends at `ends_at`. Empty where there is no notice in its exit
    /// window.
    pub(crate) async fn keep_old_prices(
        &self,
        contract: &Subscription,
        ends_at: Timestamp,
    ) -> Result<ChangeSet, AppError> {
        let mut changes = ChangeSet::new();
        let undone = self.undone(contract, ends_at).await?;
        for (item, undone) in &undone {
            for notice in &undone.notices {
                changes.push(self.pin_before(contract, item, undone, notice));
            }
        }
        self.reprice_back(contract.account_sid, ends_at, &undone, &mut changes).await?;
        changes.append(Box::pin(self.credit_too_much(contract.account_sid, &undone)).await?);
        Ok(changes)
    }

    /// Items whose notices are undone, by their codes.
    async fn undone(
        &self,
        contract: &Subscription,
        ends_at: Timestamp,
    ) -> Result<BTreeMap<String, Undone>, AppError> {
        let now = self.clock.now();
        let mut notices = self.store.price_notices(contract.account_sid, ROWS_SHOWN).await?;
        notices.retain(|it| {
            it.subscription_sid == contract.sid && it.keeps_old_prices(now) && it.effective_at < ends_at
        });
        notices.sort_by_key(|it| it.effective_at);
        let meter = self.meter(contract.account_sid);
        let mut undone: BTreeMap<String, Undone> = BTreeMap::new();
        for notice in notices {
            let before =
                notice.effective_at.saturating_sub(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MIN);
            // What became cheaper stays cheaper.
            for change in notice.changes.iter().filter(|change| change.new >= change.old) {
                // The price before the first of them: those behind it never take effect either.
                let item = base_of(&change.item);
                let first = || Undone {
                    before: meter.list_pricing(item, before).plan().label().to_owned(),
                    notices: Vec::new(),
                };
                let notices = &mut undone.entry(item.to_owned()).or_insert_with(first).notices;
                if notices.last().is_none_or(|last| last.sid != notice.sid) {
                    notices.push(notice.clone());
                }
            }
        }
        Ok(undone)
    }

    /// Behind the pin of the notice: of two from the same moment the later one holds.
    fn pin_before(
        &self,
        contract: &Subscription,
        item: &str,
        undone: &Undone,
        notice: &PriceNotice,
    ) -> Change {
        ContractChange::Pin(PricePin {
            sid: PinSid::new(),
            subscription_sid: contract.sid,
            account_sid: contract.account_sid,
            item: Some(item.to_owned()),
            valid_from: notice.effective_at,
            valid_until: None,
            plan: undone.before.clone(),
            reason: PinReason::ExitRight,
            notice_sid: Some(notice.sid),
            created_at: self.clock.now(),
        })
        .into()
    }

    /// What is held at the price of a notice is held at the one before, from now or from the day it would have changed.
    async fn reprice_back(
        &self,
        subscriber: AccountSid,
        ends_at: Timestamp,
        undone: &BTreeMap<String, Undone>,
        changes: &mut ChangeSet,
    ) -> Result<(), AppError> {
        let now = self.clock.now();
        let monthly = ["number.fixed", "designer"];
        let all = undone.iter().filter(|(item, _)| monthly.contains(&item.as_str()));
        let Some(first) = all.filter_map(|(_, it)| it.notices.first()).map(|it| it.effective_at).min() else {
            return Ok(());
        };
        let before = first.saturating_sub(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MIN);
        for account in self.subscribed(subscriber) {
            let held = self.store.holdings(account, before, Timestamp::MAX, HOLDINGS_MAX).await?;
            for old in held.iter().filter(|it| it.from < first && it.until == Some(first)) {
                let same =
                    |it: &&Holding| it.item == old.item && it.subject == old.subject && it.from >= first;
                // Given back meanwhile, it is not taken up again.
                let is_held = held.iter().filter(same).any(|it| it.until.is_none_or(|until| until > now));
                let from = first.max(now);
                if !is_held || !undone.contains_key(&old.terms.item) || from >= ends_at {
                    continue;
                }
                changes.push(HoldingChange::End(account, old.item, old.subject.clone(), from).into());
                let next = Holding { sid: HoldingSid::new(), from, until: None, ..old.clone() };
                changes.push(HoldingChange::Begin(next).into());
            }
        }
        Ok(())
    }

    /// What invoices asked too much since, line by line.
    async fn credit_too_much(
        &self,
        account: AccountSid,
        undone: &BTreeMap<String, Undone>,
    ) -> Result<ChangeSet, AppError> {
        let mut changes = ChangeSet::new();
        let filter = InvoiceFilter { kind: Some(InvoiceKind::Invoice), ..InvoiceFilter::default() };
        let page = Page { limit: INVOICES_MAX, ..Page::default() };
        let since = undone.values().filter_map(|it| it.notices.first()).map(|it| it.announced_at).min();
        let Some(since) = since.map(|at| self.local_day(at)) else { return Ok(changes) };
        let mut behind = 0;
        for state in self.store.invoices(account, &filter, &page).await? {
            let invoice = &state.invoice;
            let lines = invoice.lines.iter().filter(|_| invoice.issued_on >= since);
            let parts: Vec<CreditLine> = lines.filter_map(|line| self.too_much(line, undone)).collect();
            if parts.is_empty() {
                continue;
            }
            let reason = exit_words(invoice.buyer.language);
            let sid = invoice.sid;
            let draft = Box::pin(self.draft_credit_within(account, sid, (&parts, reason), behind)).await?;
            // Nobody is kept from leaving because nothing of it is left to give back.
            let Some(draft) = draft else { continue };
            behind += 1;
            // The contract ends with it; a suspension is looked at behind that.
            changes.append(self.credit_alone(draft).await?);
        }
        Ok(changes)
    }

    /// What a line comes to above the old price, where it was rated by a notice that is undone.
    fn too_much(&self, line: &InvoiceLine, undone: &BTreeMap<String, Undone>) -> Option<CreditLine> {
        let undone = undone.get(base_of(&line.item))?;
        undone.notices.iter().find(|notice| notice.plan == line.plan)?;
        let old = self.plan_version(&undone.before)?.plan().item(&line.item)?.rate.price();
        let cents = |price| UnitPrice { price, base: line.base, unit: line.unit }.cents(line.quantity).ok();
        let net = (cents(line.price)? - cents(old)?).min(line.net);
        (net > Money::ZERO).then_some(CreditLine { line: line.number, net })
    }

    /// What brings uses that are on no invoice yet back to the old prices.
    pub(crate) async fn old_prices_on_invoice(
        &self,
        account: AccountSid,
        language: Language,
    ) -> Result<Vec<invoice::Promotion>, AppError> {
        let mut promotions = Vec::new();
        let Some(contract) = self.store.subscription(account).await? else { return Ok(promotions) };
        let pins = self.store.pins(account, ROWS_SHOWN).await?;
        let own =
            |pin: &&PricePin| pin.reason == PinReason::ExitRight && pin.subscription_sid == contract.sid;
        for pin in pins.iter().filter(own) {
            let (Some(item), Some(notice)) = (&pin.item, pin.notice_sid) else { continue };
            // The plan version of the notice, by the pin it made.
            let made = pins.iter().find(|it| it.notice_sid == Some(notice) && it.reason == PinReason::Notice);
            let old = self
                .plan_version(&pin.plan)
                .and_then(|rater| rater.plan().item(item).map(|it| it.rate.price()));
            let (Some(made), Some(old)) = (made, old) else { continue };
            let month = |at| BillingMonth::of(at, self.rater().plan().zone());
            promotions.push(invoice::Promotion {
                id: EXIT_RIGHT.to_owned(),
                label: exit_words(language).to_owned(),
                kind: PromotionKind::PriceOverride(old),
                items: vec![item.clone()],
                plan: Some(made.plan.clone()),
                months: (month(pin.valid_from), month(pin.created_at)),
                stack_group: None,
            });
        }
        Ok(promotions)
    }
}

const fn exit_words(language: Language) -> &'static str {
    match language {
        Language::Nl => "Opzegging na een prijswijziging: de oude prijzen gelden tot het einde",
        Language::Fr => "Résiliation après une modification de prix : les anciens prix valent jusqu'à la fin",
        Language::De => "Kündigung nach einer Preisänderung: Die alten Preise gelten bis zum Ende",
        Language::En => "Cancelled after a change of prices: the old prices hold to the end",
    }
}
