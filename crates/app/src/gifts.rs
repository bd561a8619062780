//! What promotions do to an invoice, and how they are named in the customer's language.

use std::sync::Arc;

use flexio_billing::invoice::{self, Supply, UnitPrice};
use flexio_documents::promotions::{Gift, PriceAfter, named};
use flexio_domain::*;
use flexio_rating::{BillingMonth, Plan, PromotedLabel, Rate, Rater};
use flexio_store::{Change, PromotionChange};
use jiff::civil::Date;

use crate::App;
use crate::error::AppError;
use crate::invoices::PlanBook;

/// A promotion as its customer sees it: offered with a summary, or taken.
#[derive(Debug, Clone)]
pub struct PromotionShown {
    /// Where it was taken.
    pub sid: Option<RedemptionSid>,
    /// As it was made.
    pub promotion: Promotion,
    /// In the contract's language.
    pub label: String,
    /// First day it holds, once taken.
    pub from: Option<Date>,
    /// Last day it holds.
    pub until: Date,
    /// It was taken and holds today.
    pub active: bool,
    /// What invoices have given by it.
    pub given: Money,
    /// Of a credit: what is left.
    pub left: Option<Money>,
    /// What it gives, until when, and what comes then.
    pub sentences: Vec<String>,
}

/// What a customer has taken, with the price that comes after each.
pub(crate) struct Gifts {
    language: Language,
    /// Of every contract the account had: usage that comes late is named too.
    all: Vec<Redemption>,
    /// The contract whose promotions apply.
    contract: Option<SubscriptionSid>,
}

impl App {
    /// The promotions of an account, for its invoices.
    pub(crate) async fn gifts(&self, customer: &Customer) -> Result<Gifts, AppError> {
        let account = customer.account_sid;
        let all = self.redemptions(account).await?;
        let contract = if all.is_empty() { None } else { self.store.subscription(account).await? };
        Ok(Gifts { language: customer.language, all, contract: contract.map(|contract| contract.sid) })
    }

    /// The promotions of a contract: those it has taken, or before the order those that stand in the summary.
    pub async fn promotions_shown(&self, contract: &Subscription) -> Result<Vec<PromotionShown>, AppError> {
        use SubscriptionState as S;
        if matches!(contract.state, S::Draft | S::Offered | S::Expired | S::NotInForce) {
            let offered = contract.offer.promotions.iter();
            return Ok(offered.map(|it| self.offered_shown(contract, it)).collect());
        }
        let taken = self.redemptions(contract.account_sid).await?;
        let own = taken.iter().filter(|it| it.subscription_sid == contract.sid);
        Ok(own.map(|it| self.redemption_shown(contract, it)).collect())
    }

    fn offered_shown(&self, contract: &Subscription, promotion: &Promotion) -> PromotionShown {
        let day = self.local_day(contract.offer.issued_at);
        let until = promotion.holds_until(day).unwrap_or(day);
        let (plan, language) = (&contract.offer.plan, contract.offer.language);
        PromotionShown {
            sid: None,
            label: promotion.label.in_language(language).to_owned(),
            from: None,
            until,
            active: false,
            given: Money::ZERO,
            left: None,
            sentences: self.promotion_sentences(promotion, until, plan, language),
            promotion: promotion.clone(),
        }
    }

    /// A promotion that a contract has taken.
    pub fn redemption_shown(&self, contract: &Subscription, taken: &Redemption) -> PromotionShown {
        let today = self.local_today();
        let left = match taken.promotion.kind {
            PromotionKind::Credit(amount) => Some(amount - taken.given),
            _ => None,
        };
        let (plan, language) = (&contract.offer.plan, contract.offer.language);
        PromotionShown {
            sid: Some(taken.sid),
            from: Some(taken.from),
            until: taken.until,
            active: (taken.from..=taken.until).contains(&today),
            given: taken.given,
            left,
            sentences: self.promotion_sentences(&taken.promotion, taken.until, plan, language),
            ..self.offered_shown(contract, &taken.promotion)
        }
    }

    /// A promotion that is taken now or was, in sentences for the customer: what it gives, until when, and what comes then.
    pub fn promotion_sentences(
        &self,
        promotion: &Promotion,
        until: Date,
        plan: &str,
        language: Language,
    ) -> Vec<String> {
        let Some(rater) = self.plan_version(plan) else { return Vec::new() };
        let plan = rater.plan();
        let tax = plan.vat_rate().millionths;
        let label = promotion.label.in_language(language);
        let sentence = |gift: Gift, then| {
            format!("{} ({})", gift.words(tax, language), named(label, until, then, language))
        };
        let items = || promotion.items.clone();
        match promotion.kind {
            PromotionKind::PriceOverride(price) => {
                let of_item = |code: &String| {
                    let then = price_after(plan, code)?;
                    Some(sentence(Gift::Price(code.clone(), PriceAfter { price, ..then }), Some(then)))
                };
                promotion.items.iter().filter_map(of_item).collect()
            }
            PromotionKind::FreeUnits(units) => {
                vec![sentence(Gift::FreeUnits(units, items()), of_one(plan, promotion))]
            }
            PromotionKind::PercentOff(part) => {
                vec![sentence(Gift::Percent(part, items()), of_one(plan, promotion))]
            }
            PromotionKind::AmountOff(amount) => vec![sentence(Gift::AmountOff(amount), None)],
            PromotionKind::Credit(amount) => vec![sentence(Gift::Credit(amount), None)],
        }
    }
}

/// The price of an item as a plan has it.
fn price_after(plan: &Plan, code: &str) -> Option<PriceAfter> {
    let (price, base, unit) = match plan.item(code)?.rate {
        Rate::Timed(timed) => (timed.price, u64::from(timed.unit_s), LineUnit::Second),
        Rate::Counted(counted) => (counted.price, 1, LineUnit::Piece),
        Rate::Monthly(monthly) => (monthly.price, 1, LineUnit::Month),
    };
    Some(PriceAfter { price, base, unit })
}

/// The price that comes after a promotion of one item; of several, it is the usual one of each.
fn of_one(plan: &Plan, promotion: &Promotion) -> Option<PriceAfter> {
    match &promotion.items[..] {
        [one] => price_after(plan, one),
        _ => None,
    }
}

impl Gifts {
    /// Those that apply to an invoice of `month`. `list` is the plan version that prices an item without promotion.
    pub(crate) fn of_month(
        &self,
        month: BillingMonth,
        list: impl Fn(&str) -> Arc<Rater>,
    ) -> Vec<invoice::Promotion> {
        let running = self.all.iter().filter(|it| Some(it.subscription_sid) == self.contract);
        running.flat_map(|it| self.on_invoice(it, month, &list)).collect()
    }

    fn on_invoice(
        &self,
        it: &Redemption,
        month: BillingMonth,
        list: &impl Fn(&str) -> Arc<Rater>,
    ) -> Vec<invoice::Promotion> {
        let promotion = &it.promotion;
        let months = (BillingMonth::of_day(it.from), BillingMonth::of_day(it.until));
        let is_running = (months.0..=months.1).contains(&month);
        let made = |kind, items: Vec<String>, then| invoice::Promotion {
            id: promotion.id.clone(),
            label: named(promotion.label.in_language(self.language), it.until, then, self.language),
            kind,
            items,
            plan: None,
            months,
            stack_group: promotion.stack_group.clone(),
        };
        match promotion.kind {
            // What is used was rated at its price; what is paid by the month gets it here.
            PromotionKind::PriceOverride(_) => {
                let monthly = |code: &&String| {
                    matches!(list(code).plan().item(code).map(|item| item.rate), Some(Rate::Monthly(_)))
                };
                let of_item = |code: &String| {
                    let then = price_after(list(code).plan(), code);
                    made(promotion.kind, vec![code.clone()], then)
                };
                promotion.items.iter().filter(monthly).map(of_item).collect()
            }
            PromotionKind::FreeUnits(_) | PromotionKind::PercentOff(_) => {
                let then = promotion.items.first().and_then(|code| of_one(list(code).plan(), promotion));
                vec![made(promotion.kind, promotion.items.clone(), then)]
            }
            PromotionKind::AmountOff(_) if is_running => vec![made(promotion.kind, Vec::new(), None)],
            PromotionKind::Credit(amount) if is_running => {
                vec![made(PromotionKind::Credit(amount - it.given), Vec::new(), None)]
            }
            PromotionKind::AmountOff(_) | PromotionKind::Credit(_) => Vec::new(),
        }
    }

    fn of(&self, promotion: &str) -> Option<&Redemption> {
        self.all.iter().find(|it| it.promotion.id == promotion)
    }

    /// Names supplies that were rated at a promotion's price.
    pub(crate) fn name(&self, supplies: &mut [Supply], plans: &PlanBook) {
        for supply in supplies {
            let Some(label) = PromotedLabel::parse(&supply.plan) else { continue };
            let then = plans.plan(label.base).and_then(|plan| price_after(plan, &supply.item));
            let words = self.of(label.promotion).map(|it| {
                named(it.promotion.label.in_language(self.language), it.until, then, self.language)
            });
            supply.promotion = Some(words.unwrap_or_else(|| label.promotion.to_owned()));
        }
    }

    /// What the invoice gives by each, to be noted with it.
    pub(crate) fn given_by(&self, invoice: &Invoice, plans: &PlanBook) -> Vec<Change> {
        let of = |it: &Redemption| {
            let id = &it.promotion.id;
            let lines = invoice.lines.iter().flat_map(|line| &line.discounts);
            let on_lines = lines.filter(|off| off.promotion == *id).map(|off| off.amount);
            let on_document =
                invoice.allowances.iter().filter(|off| off.promotion == *id).map(|off| off.amount);
            let by_price = invoice.lines.iter().map(|line| below_list(line, id, plans));
            on_lines.chain(on_document).chain(by_price).sum::<Money>()
        };
        let given = self.all.iter().map(|it| (it, of(it))).filter(|(_, amount)| *amount > Money::ZERO);
        given.map(|(it, amount)| PromotionChange::Give(it.clone(), amount).into()).collect()
    }
}

/// How much less a line comes to because it was rated at a promotion's price.
fn below_list(line: &InvoiceLine, promotion: &str, plans: &PlanBook) -> Money {
    let label = PromotedLabel::parse(&line.plan).filter(|label| label.promotion == promotion);
    let list = label.and_then(|label| plans.plan(label.base)?.item(&line.item));
    let Some(list) = list.filter(|_| line.price > Money::ZERO) else { return Money::ZERO };
    let cents = |price| UnitPrice { price, base: line.base, unit: line.unit }.cents(line.quantity);
    let off = line.discounts.iter().filter(|off| invoice::is_volume(off)).map(|off| off.amount);
    match (cents(list.rate.price()), cents(line.price)) {
        (Ok(list), Ok(promoted)) => (list - promoted - off.sum()).max(Money::ZERO),
        _ => Money::ZERO,
    }
}
