//! Promotions: the operator makes them, customers take them with an order or by a code. What is taken is owed: it is pinned as it was.

use flexio_domain::*;
use flexio_rating::{PromotedLabel, Rate};
use flexio_store::{Change, ChangeSet, ContractChange, PROMOTION_USED_UP, PromotionChange, StoreError};
use jiff::civil::Date;

use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};

/// Promotions that may be made.
pub const PROMOTIONS_MAX: u32 = 1_000;
/// Promotions of one offer, and those an account may take in all.
const OFFERED_MAX: usize = 5;
pub(crate) const REDEMPTIONS_MAX: u32 = 100;
/// Characters of ids and stack groups, codes and labels.
const ID_CHARS: usize = 32;
const CODE_CHARS: std::ops::RangeInclusive<usize> = 4..=32;
const LABEL_CHARS: std::ops::RangeInclusive<usize> = 1..=60;
/// Months a promotion may hold: ten years.
const MONTHS_MAX: u32 = 120;
/// Items and accounts a promotion may name.
const NAMED_MAX: usize = 100;
/// A hundred per cent.
const ALL_OF_IT: u32 = 1_000_000;

/// A promotion to make.
#[derive(Debug, Clone)]
pub struct NewPromotion {
    /// Lower case letters, digits and hyphens, at most 32.
    pub id: String,
    /// What has to be said to take it, in any case.
    pub code: Option<String>,
    /// As printed.
    pub label: PromotionLabel,
    /// What it gives.
    pub kind: PromotionKind,
    /// Price items; empty for all.
    pub items: Vec<String>,
    /// First day to take it; today if absent.
    pub starts: Option<Date>,
    /// Last day to take it.
    pub ends: Option<Date>,
    /// Months it holds once taken.
    pub duration_months: Option<u32>,
    /// Who may.
    pub eligibility: Eligibility,
    /// One of a group at a time.
    pub stack_group: Option<String>,
    /// Subscriptions that may take it.
    pub cap: Option<u32>,
    /// What it may give in all.
    pub budget: Option<Money>,
}

/// How a customer names a promotion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// By its id, where it has no code.
    Id(String),
    /// By its code, in any case.
    Code(String),
}

impl App {
    /// Every promotion, newest first. Only for the top account.
    pub async fn promotions(&self, account: &Account) -> Result<Vec<PromotionState>, AppError> {
        must_be_top(account)?;
        Ok(self.store.promotions(PROMOTIONS_MAX).await?)
    }

    /// One promotion. Only for the top account.
    pub async fn promotion(&self, account: &Account, id: &str) -> Result<PromotionState, AppError> {
        must_be_top(account)?;
        self.store.promotion(id).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Makes a promotion. What it gives never changes.
    pub async fn create_promotion(
        &self,
        account: &Account,
        new: NewPromotion,
    ) -> Result<PromotionState, AppError> {
        must_be_top(account)?;
        must_be_active(account)?;
        let now = self.clock.now();
        let promotion = Promotion {
            id: new.id,
            version: 1,
            account_sid: account.sid,
            code: new.code.map(|code| code.to_uppercase()),
            label: new.label,
            kind: new.kind,
            items: new.items,
            starts: new.starts.unwrap_or_else(|| self.local_today()),
            ends: new.ends,
            duration_months: new.duration_months,
            eligibility: new.eligibility,
            stack_group: new.stack_group,
            cap: new.cap,
            budget: new.budget,
            ended_at: None,
            created_at: now,
        };
        check(&promotion)?;
        self.check_items(&promotion)?;
        if self.store.promotions(PROMOTIONS_MAX).await?.len() >= PROMOTIONS_MAX as usize {
            return Err(ErrorCode::TooManyResources.into());
        }
        match self.store.commit(Change::from(PromotionChange::Create(promotion.clone())).into()).await {
            Ok(()) => Ok(PromotionState { promotion, taken: 0, spent: Money::ZERO }),
            Err(StoreError::Conflict(_)) => {
                Err(refuse(ErrorCode::Conflict, "Another promotion has this Id or Code."))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Nobody takes it any more; who has it keeps it. Again changes nothing.
    pub async fn end_promotion(&self, account: &Account, id: &str) -> Result<PromotionState, AppError> {
        must_be_active(account)?;
        retrying!(self.try_end_promotion(account, id))
    }

    async fn try_end_promotion(&self, account: &Account, id: &str) -> Result<PromotionState, AppError> {
        let mut state = self.promotion(account, id).await?;
        if state.promotion.ended_at.is_none() {
            state.promotion.ended_at = Some(self.clock.now());
            let change = Change::from(PromotionChange::Update(state.promotion.clone()));
            self.store.commit(change.into()).await?;
            state.promotion.version += 1;
        }
        Ok(state)
    }

    /// Items must be for sale: a misspelt one would give nothing, in silence.
    fn check_items(&self, promotion: &Promotion) -> Result<(), AppError> {
        let plan = self.rater().plan();
        for item in &promotion.items {
            let Some(known) = plan.item(item) else {
                return Err(wrong("Items", format!("names {item}, which the plan does not sell")));
            };
            match promotion.kind {
                PromotionKind::PriceOverride(price) if price >= known.rate.price() => {
                    let list = known.rate.price();
                    return Err(wrong("Price", format!("is not below that of {item}, {list}")));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What an account has taken, oldest first.
    pub async fn redemptions(&self, account: AccountSid) -> Result<Vec<Redemption>, AppError> {
        Ok(self.store.redemptions(account, REDEMPTIONS_MAX).await?)
    }

    /// A running contract takes a promotion.
    pub async fn redeem(
        &self,
        account: &Account,
        wanted: &Wanted,
        user: &str,
    ) -> Result<Redemption, AppError> {
        must_be_active(account)?;
        let customer = self.customer(account.sid).await?;
        let taken = retrying!(self.try_redeem(account.sid, &customer, wanted, user))?;
        self.refresh_prices_of(account.sid).await?;
        Ok(taken)
    }

    async fn try_redeem(
        &self,
        account: AccountSid,
        customer: &Customer,
        wanted: &Wanted,
        user: &str,
    ) -> Result<Redemption, AppError> {
        let now = self.clock.now();
        let contract = self.subscription(account).await?;
        if contract.state != SubscriptionState::Active {
            let state = contract.state.as_str();
            return Err(refuse(ErrorCode::SubscriptionState, format!("The subscription is {state}.")));
        }
        let promotion = self.wanted(wanted).await?.promotion;
        self.must_be_eligible(&promotion, customer, false)?;
        self.must_be_free_for(account, std::slice::from_ref(&promotion)).await?;
        let meter = self.meter(account);
        let redemption = self.redemption(&contract, promotion, user)?;
        let base = |item: &str| meter.list_pricing(item, now).plan().label().to_owned();
        // The contract as it was: of several that take something for it at once, one does, and the others look again.
        let touched = Subscription { updated_at: now, ..contract };
        let mut changes = ChangeSet::from(Change::from(ContractChange::UpdateSubscription(touched)));
        changes.push(PromotionChange::Redeem(redemption.clone()).into());
        changes.extend(self.promotion_pins(&redemption, now, base));
        self.store.commit(changes).await.map_err(used_up)?;
        Ok(redemption)
    }

    /// What is offered with a contract summary; refused where one may not be taken.
    pub(crate) async fn wanted_with_order(
        &self,
        account: AccountSid,
        customer: &Customer,
        wanted: &[Wanted],
    ) -> Result<Vec<Promotion>, AppError> {
        if wanted.len() > OFFERED_MAX {
            let why = format!("At most {OFFERED_MAX} promotions are taken with an order.");
            return Err(refuse(ErrorCode::InvalidParameter, why));
        }
        let mut promotions = Vec::new();
        for wanted in wanted {
            let state = self.wanted(wanted).await?;
            self.must_be_eligible(&state.promotion, customer, true)?;
            let cap = state.promotion.cap.is_some_and(|cap| state.taken >= u64::from(cap));
            let budget = state.promotion.budget.is_some_and(|budget| state.spent >= budget);
            if cap || budget {
                return Err(ErrorCode::PromotionUsedUp.into());
            }
            promotions.push(state.promotion.for_customer());
        }
        self.must_be_free_for(account, &promotions).await?;
        Ok(promotions)
    }

    async fn wanted(&self, wanted: &Wanted) -> Result<PromotionState, AppError> {
        let found = match wanted {
            Wanted::Code(code) => self.store.promotion_of_code(&code.trim().to_uppercase()).await?,
            Wanted::Id(id) => self.store.promotion(id).await?.filter(|it| it.promotion.code.is_none()),
        };
        found.ok_or_else(|| refuse(ErrorCode::PromotionNotOpen, "There is no such promotion."))
    }

    fn must_be_eligible(
        &self,
        promotion: &Promotion,
        customer: &Customer,
        is_new: bool,
    ) -> Result<(), AppError> {
        let not_open = |why: &str| Err(refuse(ErrorCode::PromotionNotOpen, why));
        let who = &promotion.eligibility;
        if !promotion.is_open_on(self.local_today()) {
            return not_open("The promotion cannot be taken today.");
        }
        match (is_new, who.new, who.existing) {
            (true, false, _) => return not_open("The promotion is for contracts in force."),
            (false, _, false) => return not_open("The promotion is taken with an order."),
            _ => {}
        }
        if !who.kinds.is_empty() && !who.kinds.contains(&customer.kind) {
            return not_open("The promotion is not for customers of this kind.");
        }
        if !who.accounts.is_empty() && !who.accounts.contains(&customer.account_sid) {
            return not_open("The promotion is for other accounts.");
        }
        Ok(())
    }

    /// Refused where the account has one of these, ever, or another of its group in this month; or two of them are of one group.
    async fn must_be_free_for(&self, account: AccountSid, wanted: &[Promotion]) -> Result<(), AppError> {
        let taken = self.redemptions(account).await?;
        if taken.len() + wanted.len() > REDEMPTIONS_MAX as usize {
            return Err(ErrorCode::TooManyResources.into());
        }
        let month = self.local_today().first_of_month();
        let same_group =
            |a: &Promotion, b: &Promotion| a.stack_group.is_some() && a.stack_group == b.stack_group;
        for (at, promotion) in wanted.iter().enumerate() {
            if taken.iter().any(|it| it.promotion.id == promotion.id) {
                return Err(refuse(
                    ErrorCode::PromotionTaken,
                    "The account has taken this promotion before.",
                ));
            }
            let running = taken.iter().filter(|it| it.until >= month).map(|it| &it.promotion);
            let others = running.chain(&wanted[..at]);
            if let Some(other) =
                others.into_iter().find(|it| it.id == promotion.id || same_group(it, promotion))
            {
                let why = format!("It does not go together with {}.", other.id);
                return Err(refuse(ErrorCode::PromotionTaken, why));
            }
        }
        Ok(())
    }

    /// A promotion as a contract takes it now.
    pub(crate) fn redemption(
        &self,
        contract: &Subscription,
        promotion: Promotion,
        user: &str,
    ) -> Result<Redemption, AppError> {
        let from = self.local_today();
        let until = promotion.holds_until(from).filter(|until| *until >= from);
        let until = until.ok_or_else(|| refuse(ErrorCode::PromotionNotOpen, "The promotion is over."))?;
        Ok(Redemption {
            sid: RedemptionSid::new(),
            version: 1,
            subscription_sid: contract.sid,
            account_sid: contract.account_sid,
            taken_at: self.clock.now(),
            from,
            until,
            reserved: promotion.reserved(from, until),
            promotion: promotion.for_customer(),
            given: Money::ZERO,
            by: user.to_owned(),
        })
    }

    /// What an order takes of what was offered with it. `base` is the plan version of the order; without it, pins come with activation.
    pub(crate) fn take_offered(
        &self,
        contract: &Subscription,
        user: &str,
        pinned_from: Option<Timestamp>,
    ) -> Result<ChangeSet, AppError> {
        let mut changes = ChangeSet::new();
        for promotion in contract.offer.promotions.clone() {
            let redemption = self.redemption(contract, promotion, user)?;
            if let Some(from) = pinned_from {
                changes.extend(self.promotion_pins(&redemption, from, |_| contract.offer.plan.clone()));
            }
            changes.push(PromotionChange::Redeem(redemption).into());
        }
        Ok(changes)
    }

    /// Prices that a promotion pins until it ends: of what is used. What is paid by the month is made cheaper on the invoice. `base` is the
    /// plan version that prices an item without it.
    pub(crate) fn promotion_pins(
        &self,
        redemption: &Redemption,
        from: Timestamp,
        base: impl Fn(&str) -> String,
    ) -> Vec<Change> {
        let PromotionKind::PriceOverride(price) = redemption.promotion.kind else { return Vec::new() };
        let zone = self.rater().plan().zone();
        let after = redemption.until.tomorrow().unwrap_or(Date::MAX);
        let until = zone.to_timestamp(after.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX);
        let pin = |item: &String| {
            let base = base(item);
            let rate = self.plan_version(&base)?.plan().item(item)?.rate;
            if matches!(rate, Rate::Monthly(_)) {
                return None;
            }
            let label = PromotedLabel { base: &base, promotion: &redemption.promotion.id, price };
            let pin = PricePin {
                sid: PinSid::new(),
                subscription_sid: redemption.subscription_sid,
                account_sid: redemption.account_sid,
                item: Some(item.clone()),
                valid_from: from,
                valid_until: Some(until),
                plan: label.to_string(),
                reason: PinReason::Promotion,
                notice_sid: None,
                created_at: self.clock.now(),
            };
            Some(ContractChange::Pin(pin).into())
        };
        redemption.promotion.items.iter().filter_map(pin).collect()
    }
}

/// A promotion that was used up meanwhile is refused by its own number; other conflicts are decided again.
pub(crate) fn used_up(error: StoreError) -> AppError {
    match error {
        StoreError::Conflict(PROMOTION_USED_UP) => ErrorCode::PromotionUsedUp.into(),
        error => error.into(),
    }
}

/// Promotions are the installation's.
fn must_be_top(account: &Account) -> Result<(), AppError> {
    if account.parent_sid.is_some() {
        return Err(ErrorCode::NotFound.into());
    }
    Ok(())
}

fn wrong(name: &str, why: impl std::fmt::Display) -> AppError {
    refuse(ErrorCode::InvalidParameter, format!("{name} {why}."))
}

fn check(promotion: &Promotion) -> Result<(), AppError> {
    check_names(promotion)?;
    check_gift(promotion)?;
    if promotion.ends.is_none() && promotion.duration_months.is_none() {
        return Err(wrong("Ends", "or DurationMonths is required: a promotion is temporary"));
    }
    if promotion.ends.is_some_and(|ends| ends < promotion.starts) {
        return Err(wrong("Ends", "is before Starts"));
    }
    if promotion.duration_months.is_some_and(|months| !(1..=MONTHS_MAX).contains(&months)) {
        return Err(wrong("DurationMonths", format!("is 1 to {MONTHS_MAX}")));
    }
    if promotion.cap == Some(0) {
        return Err(wrong("Cap", "is 1 or more"));
    }
    if promotion.budget.is_some_and(|budget| budget <= Money::ZERO) {
        return Err(wrong("Budget", "is more than nothing"));
    }
    let who = &promotion.eligibility;
    if !who.new && !who.existing {
        return Err(wrong("Eligibility", "names neither new nor existing"));
    }
    if promotion.items.len().max(who.accounts.len()) > NAMED_MAX {
        return Err(wrong("Items", format!("and Accounts name {NAMED_MAX} at most")));
    }
    Ok(())
}

fn check_names(promotion: &Promotion) -> Result<(), AppError> {
    let is_id = |text: &str| {
        (1..=ID_CHARS).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if !is_id(&promotion.id) {
        return Err(wrong("Id", format!("has 1 to {ID_CHARS} lower case letters, digits and hyphens")));
    }
    if promotion.stack_group.as_deref().is_some_and(|group| !is_id(group)) {
        return Err(wrong(
            "StackGroup",
            format!("has 1 to {ID_CHARS} lower case letters, digits and hyphens"),
        ));
    }
    let is_code = |code: &str| {
        CODE_CHARS.contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if promotion.code.as_deref().is_some_and(|code| !is_code(code)) {
        return Err(wrong("Code", "has 4 to 32 letters, digits and hyphens"));
    }
    let label = &promotion.label;
    for text in [&label.nl, &label.fr, &label.de, &label.en] {
        let ok = LABEL_CHARS.contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if !ok {
            return Err(wrong("Label", "has 1 to 60 characters in each language"));
        }
    }
    Ok(())
}

fn check_gift(promotion: &Promotion) -> Result<(), AppError> {
    let is_positive = |amount: Money| amount > Money::ZERO;
    let in_cents = |amount: Money| is_positive(amount) && amount.micros() % 10_000 == 0;
    match promotion.kind {
        PromotionKind::PriceOverride(price) if !is_positive(price) => {
            Err(wrong("Price", "is more than nothing; what costs nothing is a `percent` of 100"))
        }
        PromotionKind::PriceOverride(_) if promotion.items.is_empty() => {
            Err(wrong("Items", "names the items that have another price"))
        }
        PromotionKind::FreeUnits(0) => Err(wrong("Units", "is 1 or more")),
        PromotionKind::FreeUnits(_) if promotion.items.is_empty() => {
            Err(wrong("Items", "names the items whose units are free"))
        }
        PromotionKind::PercentOff(millionths) if !(1..=ALL_OF_IT).contains(&millionths) => {
            Err(wrong("Percent", "is more than 0 and at most 100"))
        }
        PromotionKind::AmountOff(amount) | PromotionKind::Credit(amount) if !in_cents(amount) => {
            Err(wrong("Amount", "is more than nothing, in whole cents"))
        }
        PromotionKind::AmountOff(_) | PromotionKind::Credit(_) if !promotion.items.is_empty() => {
            Err(wrong("Items", "is for kinds that are about items; this one is about the document"))
        }
        _ => Ok(()),
    }
}
