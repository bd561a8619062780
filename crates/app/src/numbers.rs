//! The stock of numbers, and the numbers accounts rent from it.

use std::sync::Arc;

use flexio_domain::*;
use flexio_rating::Class;
use flexio_store::{
    Change, ChangeSet, HoldingChange, MessagingChange, NumberFilter, Page, StockFilter, StoreError,
};
use jiff::SignedDuration;

use crate::accounts::{checked_name, checked_tag};
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::urls::WebhookPatch;
use crate::{App, Principal};

/// Free numbers looked at when the platform picks one.
const PICK_FROM: u32 = 20;
/// Free numbers a search answers at most.
pub const SEARCH_MAX: u32 = 1_000;
/// Rows read per step when rented numbers are counted, and steps.
const COUNT_STEP: u32 = 1_000;
const COUNT_STEPS_MAX: u32 = 100;

/// What free numbers are searched by.
#[derive(Debug, Clone, Default)]
pub struct NumberSearch {
    /// ISO 3166 alpha-2; default the home country.
    pub country: Option<String>,
    /// Kind.
    pub number_type: Option<NumberType>,
    /// Area code without the trunk prefix: `2`, `50`.
    pub area_code: Option<String>,
    /// Digits, letters (as on a telephone keypad) and `*` for any one digit; anywhere in the number, or from its start with `+`.
    pub contains: Option<String>,
    /// Must have these, where true.
    pub capabilities: Capabilities,
}

/// Which number to rent.
#[derive(Debug, Clone)]
pub enum Pick {
    /// This one.
    Number(E164),
    /// Any that matches.
    Any(NumberSearch),
}

/// What is set on a rented number; what is `None` stays or takes its default.
#[derive(Debug, Clone, Default)]
pub struct NumberPatch {
    /// At most 64 characters.
    pub friendly_name: Option<String>,
    /// Language of its documents.
    pub dialect: Option<Dialect>,
    /// Asked on calls.
    pub voice: WebhookPatch,
    /// Asked where that fails.
    pub voice_fallback: WebhookPatch,
    /// Asked on messages.
    pub sms: WebhookPatch,
    /// Asked where that fails.
    pub sms_fallback: WebhookPatch,
    /// Told of call states.
    pub status_callback: WebhookPatch,
    /// Asked when the called phone sends REFER.
    pub refer: WebhookPatch,
    /// `Some(None)` clears it.
    pub voice_application_sid: Option<Option<ApplicationSid>>,
    /// `Some(None)` clears it.
    pub sms_application_sid: Option<Option<ApplicationSid>>,
    /// `Some(None)` clears it.
    pub refer_application_sid: Option<Option<ApplicationSid>>,
    /// Look the caller's name up.
    pub voice_caller_id_lookup: Option<bool>,
    /// What calls that come to it are for; an empty text clears it.
    pub tag: Option<String>,
    /// New owner.
    pub account_sid: Option<AccountSid>,
    /// What binds the holder to the number's zone, said anew.
    pub declaration: Option<(DeclarationKind, String)>,
    /// What it is registered for with the interface abroad, which an account above says; `Some(None)` clears it.
    pub special_use: Option<Option<SpecialUse>>,
}

impl NumberPatch {
    fn apply(self, number: &mut IncomingNumber) -> Result<(), AppError> {
        if let Some(name) = &self.friendly_name {
            number.friendly_name = checked_name(name)?;
        }
        number.dialect = self.dialect.unwrap_or(number.dialect);
        self.voice.apply(&mut number.voice.primary);
        self.voice_fallback.apply(&mut number.voice.fallback);
        self.sms.apply(&mut number.sms.primary);
        self.sms_fallback.apply(&mut number.sms.fallback);
        self.status_callback.apply(&mut number.status_callback);
        self.refer.apply(&mut number.refer);
        number.voice_application_sid = self.voice_application_sid.unwrap_or(number.voice_application_sid);
        number.sms_application_sid = self.sms_application_sid.unwrap_or(number.sms_application_sid);
        number.refer_application_sid = self.refer_application_sid.unwrap_or(number.refer_application_sid);
        number.voice_caller_id_lookup = self.voice_caller_id_lookup.unwrap_or(number.voice_caller_id_lookup);
        if let Some(tag) = &self.tag {
            number.tag = checked_tag(tag)?;
        }
        Ok(())
    }

    fn applications(&self) -> impl Iterator<Item = ApplicationSid> {
        [self.voice_application_sid, self.sms_application_sid, self.refer_application_sid]
            .into_iter()
            .flatten()
            .flatten()
    }
}

impl App {
    /// Free numbers, in number order; `skip` of them are stepped over. At most [`SEARCH_MAX`] are looked at.
    pub async fn search_numbers(
        &self,
        account: AccountSid,
        search: &NumberSearch,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<StockNumber>, AppError> {
        let mut filter = self.stock_filter(search)?;
        filter.seen_by = Some((account, self.clock.now()));
        let looked_at = skip.saturating_add(limit).min(SEARCH_MAX);
        let found = self.store.stock(&filter, looked_at).await?;
        Ok(found.into_iter().skip(skip as usize).collect())
    }

    /// Rents a number. The rent, and with it the monthly charge, starts when this returns.
    pub async fn rent_number(
        &self,
        account: &Account,
        pick: &Pick,
        number_type: Option<NumberType>,
        patch: NumberPatch,
        keep: Keep<'_, IncomingNumber>,
    ) -> Result<IncomingNumber, AppError> {
        must_be_active(account)?;
        self.must_be_in_force(account.sid).await?;
        self.check_applications(account.sid, &patch).await?;
        retrying!(async {
            let stock = self.pick(account.sid, pick, number_type).await?;
            let number = self.rent_of(account, stock, patch.clone())?;
            self.must_be_declared(number.number_type, number.declaration.as_ref())?;
            let changes =
                ChangeSet::from(Change::RentNumber(number.clone())).with(self.rent_begins(&number)?);
            self.commit_creation(changes, &number, keep).await?;
            self.forget_number(&number.number, [account.sid, account.sid]);
            Ok::<_, AppError>(number)
        })
    }

    async fn pick(
        &self,
        account: AccountSid,
        pick: &Pick,
        number_type: Option<NumberType>,
    ) -> Result<StockNumber, AppError> {
        let (mut filter, none) = match pick {
            Pick::Number(number) => {
                let pattern = Some(number.as_str().to_owned());
                (StockFilter { pattern, number_type, ..StockFilter::default() }, ErrorCode::NumberNotForSale)
            }
            Pick::Any(search) => {
                let search =
                    NumberSearch { number_type: number_type.or(search.number_type), ..search.clone() };
                (self.stock_filter(&search)?, ErrorCode::NoNumberAvailable)
            }
        };
        filter.seen_by = Some((account, self.clock.now()));
        let mut found = self.store.stock(&filter, PICK_FROM).await?;
        let found_any = !found.is_empty();
        found.retain(|stock| self.may_be_rented(&stock.number));
        if found.is_empty() {
            return Err(if found_any { ErrorCode::NumberClassNotRented } else { none }.into());
        }
        // Two accounts that pick at once should rarely pick the same number: the low bits of a fresh sid are random.
        let index = (NumberSid::new().as_u128() % found.len() as u128) as usize;
        Ok(found.swap_remove(index))
    }

    /// Whether the numbering data has numbers of this class for rent. A sandbox has some of others in stock, for tests of programs that ask for
    /// mobile and toll-free numbers. Of other countries nothing is known here: whoever imports them knows.
    pub fn may_be_rented(&self, number: &E164) -> bool {
        match self.rater().numbering().classify(number.as_str()) {
            Class::National(class) => class.rentable || self.config.sandbox,
            Class::International => true,
            Class::Satellite | Class::Short(_) | Class::Sip | Class::Client | Class::Invalid => {
                self.config.sandbox
            }
        }
    }

    /// A number of the stock as the account would rent it now.
    pub(crate) fn rent_of(
        &self,
        account: &Account,
        stock: StockNumber,
        patch: NumberPatch,
    ) -> Result<IncomingNumber, AppError> {
        let now = self.clock.now();
        let mut number = IncomingNumber {
            sid: NumberSid::new(),
            version: 1,
            account_sid: account.sid,
            friendly_name: stock.number.as_str().to_owned(),
            number: stock.number,
            country: stock.country,
            number_type: stock.number_type,
            capabilities: stock.capabilities,
            dialect: Dialect::default(),
            voice: WebhookSet::default(),
            sms: WebhookSet::default(),
            status_callback: None,
            refer: None,
            voice_application_sid: None,
            sms_application_sid: None,
            refer_application_sid: None,
            voice_caller_id_lookup: false,
            tag: None,
            declaration: self.declared(patch.declaration.as_ref())?,
            special_use: None,
            created_at: now,
            updated_at: now,
            released_at: None,
        };
        patch.apply(&mut number)?;
        Ok(number)
    }

    /// One rented number; a released one is not found.
    pub async fn number(&self, account: AccountSid, sid: NumberSid) -> Result<IncomingNumber, AppError> {
        let number = self.store.number(account, sid).await?.filter(|number| number.released_at.is_none());
        number.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// The rented number that calls and messages to or from `number` belong to; at most [`crate::AppConfig::cache_seconds`] old. Not
    /// for decisions of one account about its own numbers: see [`App::number`].
    pub async fn owner_of(&self, number: &E164) -> Result<Option<Arc<IncomingNumber>>, StoreError> {
        let now = self.clock.now();
        if let Some(known) = self.owners.get(number, now) {
            return Ok(known);
        }
        let ticket = self.owners.ticket();
        let owner = self.store.number_owner(number).await?.map(Arc::new);
        self.owners.put(ticket, number.clone(), owner.clone(), now);
        Ok(owner)
    }

    /// Whether the number was released and is for nobody yet; at most [`crate::AppConfig::cache_seconds`] old.
    pub async fn is_quarantined(&self, number: &E164) -> Result<bool, StoreError> {
        let now = self.clock.now();
        if let Some(known) = self.quarantined.get(number, now) {
            return Ok(known);
        }
        let ticket = self.quarantined.ticket();
        let quarantined = self.store.quarantined_until(number).await?.is_some();
        self.quarantined.put(ticket, number.clone(), quarantined, now);
        Ok(quarantined)
    }

    /// Rented numbers.
    pub async fn numbers(
        &self,
        account: AccountSid,
        filter: &NumberFilter,
        page: &Page,
    ) -> Result<Vec<IncomingNumber>, AppError> {
        Ok(self.store.numbers(account, filter, page).await?)
    }

    /// How many rented numbers match; counting stops at 100 000.
    pub async fn count_numbers(&self, account: AccountSid, filter: &NumberFilter) -> Result<u64, AppError> {
        let mut page = Page { limit: COUNT_STEP, ..Page::default() };
        let mut count = 0;
        for _ in 0..COUNT_STEPS_MAX {
            let numbers = self.store.numbers(account, filter, &page).await?;
            count += numbers.len() as u64;
            match numbers.last() {
                Some(last) if numbers.len() == COUNT_STEP as usize => page.after = Some(last.sid.as_u128()),
                _ => break,
            }
        }
        Ok(count)
    }

    /// Changes a rented number, or moves it to another account within reach of `by`.
    pub async fn update_number(
        &self,
        by: &Principal,
        account: &Account,
        sid: NumberSid,
        patch: NumberPatch,
    ) -> Result<IncomingNumber, AppError> {
        must_be_active(account)?;
        let owner = match patch.account_sid.filter(|owner| *owner != account.sid) {
            Some(target) => {
                let Some(target) = self.within_reach(by, target).await? else {
                    return Err(refuse(ErrorCode::InvalidParameter, "AccountSid names no account in reach."));
                };
                must_be_active(&target)?;
                target.sid
            }
            None => account.sid,
        };
        self.check_applications(owner, &patch).await?;
        retrying!(async {
            let mut number = self.number(account.sid, sid).await?;
            if owner != account.sid {
                number.special_use = None;
                // Applications stay with their account.
                number.voice_application_sid = None;
                number.sms_application_sid = None;
                number.refer_application_sid = None;
            }
            number.account_sid = owner;
            if let Some(declared) = self.declared(patch.declaration.as_ref())? {
                number.declaration = Some(declared);
            }
            patch.clone().apply(&mut number)?;
            if let Some(special_use) = patch.special_use {
                self.may_register(by, account, &number)?;
                number.special_use = special_use;
            }
            number.updated_at = self.clock.now();
            let mut changes = ChangeSet::from(Change::UpdateNumber(number.clone()));
            if owner != account.sid {
                changes.push(MessagingChange::DropNumber(sid).into());
                changes.append(self.rent_moves(&number.number, account.sid, owner).await?);
            }
            self.store.commit(changes).await?;
            self.forget_number(&number.number, [account.sid, owner]);
            number.version += 1;
            Ok::<_, AppError>(number)
        })
    }

    /// Whether a number may be registered for calls that enter the network abroad: by the operator, where it is geographic.
    fn may_register(
        &self,
        by: &Principal,
        account: &Account,
        number: &IncomingNumber,
    ) -> Result<(), AppError> {
        // The account itself may not say what its number is registered for; the top one has nobody above it.
        if by.account.sid == account.sid && account.parent_sid.is_some() {
            return Err(refuse(
                ErrorCode::Forbidden,
                "Only a parent account may register a number for a special use.",
            ));
        }
        match self.rater().numbering().number_type(&number.number) {
            Some(NumberType::Local) => Ok(()),
            _ => Err(ErrorCode::SpecialUseRefused.into()),
        }
    }

    /// Gives a number back. Its rent ends now.
    pub async fn release_number(&self, account: &Account, sid: NumberSid) -> Result<(), AppError> {
        must_be_active(account)?;
        let number = self.number(account.sid, sid).await?;
        let now = self.clock.now();
        let released = Change::ReleaseNumber(account.sid, sid, now, self.free_from(now));
        let changes = ChangeSet::from(released).with(Self::rent_ends(account.sid, &number.number, now));
        let changes = changes.with(MessagingChange::DropNumber(sid).into());
        match self.store.commit(changes).await {
            Err(flexio_store::StoreError::Conflict(_)) => Err(ErrorCode::NotFound.into()),
            done => {
                self.forget_number(&number.number, [account.sid, account.sid]);
                Ok(done?)
            }
        }
    }

    /// When a number that is released now may be rented again: whoever knew its last holder should not reach the next.
    pub(crate) fn free_from(&self, now: Timestamp) -> Timestamp {
        let quarantine = SignedDuration::from_hours(24 * i64::from(self.config.quarantine_days));
        now.saturating_add(quarantine).unwrap_or(Timestamp::MAX)
    }

    /// Numbers whose quarantine is over are for rent again.
    pub async fn free_numbers(&self) -> Result<(), AppError> {
        let now = self.clock.now();
        Ok(self.store.commit(Change::from(HoldingChange::FreeNumbers(now)).into()).await?)
    }

    /// Countries numbers can be rented in.
    pub fn countries(&self) -> &[String] {
        std::slice::from_ref(&self.config.home_country)
    }

    pub(crate) fn forget_number(&self, number: &E164, accounts: [AccountSid; 2]) {
        self.owners.remove(number);
        self.quarantined.remove(number);
        for account in accounts {
            self.has_sender.remove(&account);
        }
    }

    async fn check_applications(&self, owner: AccountSid, patch: &NumberPatch) -> Result<(), AppError> {
        for sid in patch.applications() {
            if self.store.application(owner, sid).await?.is_none() {
                return Err(ErrorCode::ApplicationInvalid.into());
            }
        }
        Ok(())
    }

    fn stock_filter(&self, search: &NumberSearch) -> Result<StockFilter, AppError> {
        let area = search.area_code.as_deref().map(|code| self.area_pattern(code)).transpose()?;
        let pattern = match (area, search.contains.as_deref()) {
            (area, None) => area,
            (None, Some(contains)) => Some(contains_pattern(contains)?),
            (Some(_), Some(_)) => {
                return Err(refuse(ErrorCode::InvalidParameter, "Give AreaCode or Contains, not both."));
            }
        };
        Ok(StockFilter {
            country: Some(search.country.clone().unwrap_or_else(|| self.config.home_country.clone())),
            number_type: search.number_type,
            pattern,
            capabilities: search.capabilities,
            seen_by: None,
        })
    }

    fn area_pattern(&self, code: &str) -> Result<String, AppError> {
        let digits = code.strip_prefix('0').unwrap_or(code);
        let ok = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if ok {
            Ok(format!("+{}{digits}%", self.rater().numbering().country_code()))
        } else {
            Err(ErrorCode::AreaCodeInvalid.into())
        }
    }
}

/// A partial number as a `LIKE` pattern: `*` is any digit, letters are keys of a telephone (ITU-T E.161).
pub fn contains_pattern(contains: &str) -> Result<String, AppError> {
    let (anchored, rest) = match contains.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, contains),
    };
    let mut pattern = String::from(if anchored { "+" } else { "%" });
    for c in rest.chars() {
        pattern.push(match c.to_ascii_uppercase() {
            '0'..='9' => c,
            '*' => '_',
            'A'..='C' => '2',
            'D'..='F' => '3',
            'G'..='I' => '4',
            'J'..='L' => '5',
            'M'..='O' => '6',
            'P'..='S' => '7',
            'T'..='V' => '8',
            'W'..='Z' => '9',
            _ => return Err(refuse(ErrorCode::InvalidParameter, "A pattern has digits, letters and `*`.")),
        });
    }
    if !(1..=16).contains(&rest.len()) {
        return Err(refuse(ErrorCode::InvalidParameter, "A pattern has 1 to 16 characters."));
    }
    pattern.push('%');
    Ok(pattern)
}

#[cfg(test)]
mod tests {
    use super::contains_pattern;

    #[test]
    fn a_partial_number_becomes_a_pattern() {
        let pattern = |text| contains_pattern(text).ok();
        assert_eq!(pattern("55*01").as_deref(), Some("%55_01%"));
        assert_eq!(pattern("+322").as_deref(), Some("+322%"));
        assert_eq!(pattern("TAXI").as_deref(), Some("%8294%"));
        for bad in ["", "+", "5%", "5_", "12345678901234567", "é"] {
            assert_eq!(pattern(bad), None, "{bad}");
        }
    }
}
