//! Numbers that move between operators and stay with their users; numbers that are held for whoever looks at them; and what binds their
//! holders to a zone.
//!
//! The customer asks, whoever operates the platform agrees with the other operator on a day, and on it the number changes hands in one
//! transaction: a rent begins that is paid like any other, or it ends and the number leaves the stock for good.

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, MessagingChange, Page, PortingChange, StoreError};
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};

use crate::App;
use crate::accounts::checked_line;
use crate::error::{AppError, refuse};
use crate::numbers::NumberPatch;

/// How long a number is held for whoever asked.
const HELD: SignedDuration = SignedDuration::from_mins(15);
/// Numbers that one account holds at once.
const HELD_MAX: usize = 20;
/// Requests of an account of which something is to come.
const OPEN_MAX: usize = 100;
const OPERATOR_CHARS_MAX: usize = 128;
const REASON_CHARS_MAX: usize = 200;
const DECLARATION_CHARS_MAX: usize = 500;
/// How far ahead a day may lie.
const DAYS_AHEAD: i64 = 366;

/// What a customer asks.
#[derive(Debug, Clone)]
pub struct PortingAsked {
    /// The number.
    pub number: E164,
    /// Which way.
    pub direction: PortingDirection,
    /// The donor (in) or the recipient (out).
    pub operator: String,
    /// What shows that the number's user wants it.
    pub authorisation: String,
    /// The day he wants; today or later, within a year.
    pub day: Date,
    /// What binds him to the number's zone (in).
    pub declaration: Option<(DeclarationKind, String)>,
}

/// What is done to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortingStep {
    /// Both operators agree on a day; it may be agreed on anew.
    Confirm(Date),
    /// It is not done, and why.
    Reject(String),
    /// The number has moved.
    Done,
    /// It is withdrawn, and why.
    Cancel(String),
}

impl App {
    /// Asks that a number moves to this operator or away from it.
    pub async fn ask_porting(
        &self,
        account: &Account,
        asked: &PortingAsked,
    ) -> Result<PortingRequest, AppError> {
        let now = self.clock.now();
        self.check_day("Day", asked.day)?;
        let request = PortingRequest {
            sid: PortingRequestSid::new(),
            version: 1,
            account_sid: account.sid,
            number: asked.number.clone(),
            direction: asked.direction,
            operator: checked_line("Operator", &asked.operator, OPERATOR_CHARS_MAX)?,
            authorisation: checked_line("Authorisation", &asked.authorisation, OPERATOR_CHARS_MAX)?,
            requested_day: asked.day,
            confirmed_day: None,
            state: PortingState::Requested,
            reason: None,
            declaration: self.declared(asked.declaration.as_ref())?,
            number_sid: None,
            created_at: now,
            updated_at: now,
        };
        match asked.direction {
            PortingDirection::In => self.may_come(account, &request).await?,
            PortingDirection::Out => drop(self.to_go(&request).await?),
        }
        let latest = Page { limit: 1_000, ..Page::default() };
        let mine = self.store.porting_requests(account.sid, &latest).await?;
        if mine.iter().filter(|it| it.state.is_open()).count() >= OPEN_MAX {
            return Err(refuse(ErrorCode::TooManyResources, format!("{OPEN_MAX} requests are open.")));
        }
        let mut changes = ChangeSet::from(Change::from(PortingChange::Create(request.clone())));
        changes.extend(self.porting_told(&request).await?);
        match self.store.commit(changes).await {
            Err(StoreError::Conflict(_)) => Err(not_portable("a request for the number is open")),
            done => Ok(done.map(|()| request)?),
        }
    }

    /// Requests of the account, newest first.
    pub async fn porting_requests(
        &self,
        account: AccountSid,
        page: &Page,
    ) -> Result<Vec<PortingRequest>, AppError> {
        Ok(self.store.porting_requests(account, page).await?)
    }

    /// Requests of all accounts of which something is to come, newest first: the operator's work.
    pub async fn open_porting_requests(
        &self,
        account: &Account,
        page: &Page,
    ) -> Result<Vec<PortingRequest>, AppError> {
        if account.parent_sid.is_some() {
            return Err(refuse(ErrorCode::Forbidden, "Only the top account sees the requests of all."));
        }
        Ok(self.store.open_porting_requests(page).await?)
    }

    /// One request.
    pub async fn porting_request(
        &self,
        account: AccountSid,
        sid: PortingRequestSid,
    ) -> Result<PortingRequest, AppError> {
        self.store.porting_request(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// A request goes on. Whoever asked may withdraw; everything else is for an account above.
    pub async fn step_porting(
        &self,
        account: &Account,
        by_operator: bool,
        sid: PortingRequestSid,
        step: &PortingStep,
    ) -> Result<PortingRequest, AppError> {
        if !by_operator && !matches!(step, PortingStep::Cancel(_)) {
            return Err(refuse(ErrorCode::Forbidden, "Only an account above decides on a porting."));
        }
        if let PortingStep::Confirm(day) = step {
            self.check_day("Day", *day)?;
        }
        retrying!(async {
            let request = self.porting_request(account.sid, sid).await?;
            let mut next = stepped(request, step, self.clock.now())?;
            let mut changes = ChangeSet::new();
            if next.state == PortingState::Done {
                self.is_its_day(&next)?;
                changes = Box::pin(self.moves(account, &mut next)).await?;
            }
            changes.extend(self.porting_told(&next).await?);
            changes.push(PortingChange::Update(next.clone()).into());
            self.store.commit(changes).await?;
            self.forget_number(&next.number, [account.sid, account.sid]);
            next.version += 1;
            Ok::<_, AppError>(next)
        })
    }

    /// Holds a free number for the account for a quarter of an hour; until when. Asking again begins anew.
    pub async fn hold_number(&self, account: &Account, number: &E164) -> Result<Timestamp, AppError> {
        crate::auth::must_be_active(account)?;
        let now = self.clock.now();
        let until = now.checked_add(HELD).unwrap_or(Timestamp::MAX);
        let held = self.store.held_numbers(account.sid, now).await?;
        if held.len() >= HELD_MAX && !held.iter().any(|it| it.number == *number) {
            return Err(refuse(ErrorCode::TooManyResources, format!("{HELD_MAX} numbers are held.")));
        }
        let hold = PortingChange::Hold(number.clone(), account.sid, until, now);
        match self.store.commit(Change::from(hold).into()).await {
            Err(StoreError::Conflict(_)) => Err(ErrorCode::NumberNotForSale.into()),
            done => Ok(done.map(|()| until)?),
        }
    }

    /// What is kept of a declaration; refused where the operator wants one and there is none.
    pub(crate) fn declared(
        &self,
        given: Option<&(DeclarationKind, String)>,
    ) -> Result<Option<NumberDeclaration>, AppError> {
        let Some((kind, text)) = given else { return Ok(None) };
        let text = checked_line("DeclarationText", text, DECLARATION_CHARS_MAX)?;
        Ok(Some(NumberDeclaration { kind: *kind, text, at: self.clock.now() }))
    }

    /// Refuses a geographic number without what binds its holder to the zone, where the operator wants that.
    pub(crate) fn must_be_declared(
        &self,
        number_type: NumberType,
        declaration: Option<&NumberDeclaration>,
    ) -> Result<(), AppError> {
        let wanted = self.config.number_declarations && number_type == NumberType::Local;
        if wanted && declaration.is_none() { Err(ErrorCode::DeclarationWanted.into()) } else { Ok(()) }
    }

    fn check_day(&self, name: &str, day: Date) -> Result<(), AppError> {
        let today = self.local_today();
        let last = today.saturating_add(DAYS_AHEAD.days());
        if (today..=last).contains(&day) {
            return Ok(());
        }
        Err(refuse(ErrorCode::InvalidParameter, format!("{name} is a day from {today} to {last}.")))
    }

    /// What has moved before its day has not moved.
    fn is_its_day(&self, request: &PortingRequest) -> Result<(), AppError> {
        let day = request.confirmed_day.unwrap_or(request.requested_day);
        if day <= self.local_today() {
            return Ok(());
        }
        Err(refuse(ErrorCode::PortingState, format!("The number moves on {day}.")))
    }

    /// A number may come that could be rented here and is not this operator's.
    async fn may_come(&self, account: &Account, request: &PortingRequest) -> Result<(), AppError> {
        crate::auth::must_be_active(account)?;
        self.must_be_in_force(account.sid).await?;
        let number_type = self.portable(&request.number)?;
        self.must_be_declared(number_type, request.declaration.as_ref())?;
        match self.store.stock_number(&request.number).await? {
            Some(_) => Err(not_portable("it is a number of this operator")),
            None => Ok(()),
        }
    }

    /// What a number is that could be rented here.
    fn portable(&self, number: &E164) -> Result<NumberType, AppError> {
        let numbering = self.rater().numbering();
        let kind = numbering.number_type(number).filter(|kind| numbering.rentable(*kind));
        kind.ok_or_else(|| not_portable("numbers of its kind are not rented here"))
    }

    /// The number that goes: the account rents it, or has given it back not longer than a month ago (Directive (EU) 2018/1972, Article
    /// 106(3)) and it is in quarantine.
    async fn to_go(&self, request: &PortingRequest) -> Result<IncomingNumber, AppError> {
        let is_its = |number: &IncomingNumber| number.account_sid == request.account_sid;
        if let Some(number) = self.store.number_owner(&request.number).await?.filter(is_its) {
            return Ok(number);
        }
        let last = self.store.quarantined_number(&request.number).await?.filter(is_its);
        let last = last.ok_or_else(|| not_portable("it is not a number of the account"))?;
        let zone = self.rater().plan().zone();
        let month_later = |at: Timestamp| {
            let day = zone.to_datetime(at).checked_add(1.month()).ok()?;
            zone.to_timestamp(day).ok()
        };
        // The right is judged by when it was asked for, not by when the number goes.
        let right_until = last.released_at.and_then(month_later);
        if right_until.is_none_or(|until| request.created_at <= until) {
            return Ok(last);
        }
        Err(not_portable("it was given back more than a month ago"))
    }

    /// The number changes hands.
    async fn moves(&self, account: &Account, request: &mut PortingRequest) -> Result<ChangeSet, AppError> {
        match request.direction {
            PortingDirection::In => self.comes(account, request).await,
            PortingDirection::Out => self.goes(request).await,
        }
    }

    async fn comes(&self, account: &Account, request: &mut PortingRequest) -> Result<ChangeSet, AppError> {
        self.may_come(account, request).await?;
        let stock = StockNumber {
            number: request.number.clone(),
            country: self.config.home_country.clone(),
            number_type: self.portable(&request.number)?,
            capabilities: Capabilities { voice: true, sms: true, mms: false, fax: false },
        };
        let patch = NumberPatch::default();
        let mut number = self.rent_of(account, stock.clone(), patch)?;
        number.declaration.clone_from(&request.declaration);
        request.number_sid = Some(number.sid);
        let changes = ChangeSet::from(Change::ImportStock(vec![stock]));
        Ok(changes.with(Change::RentNumber(number.clone())).with(self.rent_begins(&number)?))
    }

    async fn goes(&self, request: &mut PortingRequest) -> Result<ChangeSet, AppError> {
        let number = self.to_go(request).await?;
        let (account, now) = (number.account_sid, self.clock.now());
        request.number_sid = Some(number.sid);
        let mut changes = ChangeSet::new();
        if number.released_at.is_none() {
            changes.push(Change::ReleaseNumber(account, number.sid, now, now));
            changes.push(Self::rent_ends(account, &number.number, now));
            changes.push(MessagingChange::DropNumber(number.sid).into());
        }
        changes.push(PortingChange::DropStock(number.number).into());
        Ok(changes)
    }

    /// What the customer's program is told.
    async fn porting_told(&self, request: &PortingRequest) -> Result<Option<Change>, AppError> {
        let customer = self.store.customer(request.account_sid).await?;
        let told = customer.and_then(|customer| crate::callbacks::number_porting(&customer, request));
        Ok(told.map(Change::QueueCallback))
    }
}

/// The request after a step.
fn stepped(request: PortingRequest, step: &PortingStep, now: Timestamp) -> Result<PortingRequest, AppError> {
    use PortingState as S;
    use PortingStep as D;
    let because = |text: &str| checked_line("Reason", text, REASON_CHARS_MAX).map(Some);
    let (state, day, reason) = match (request.state, step) {
        (S::Requested | S::Confirmed, D::Confirm(day)) => (S::Confirmed, Some(*day), None),
        (S::Requested | S::Confirmed, D::Reject(why)) => (S::Rejected, request.confirmed_day, because(why)?),
        (S::Requested | S::Confirmed, D::Cancel(why)) => (S::Cancelled, request.confirmed_day, because(why)?),
        (S::Confirmed, D::Done) => (S::Done, request.confirmed_day, None),
        (S::Requested, D::Done)
        | (S::Rejected | S::Done | S::Cancelled, D::Confirm(_) | D::Reject(_) | D::Done | D::Cancel(_)) => {
            let why = format!("The request is {}.", request.state.as_str());
            return Err(refuse(ErrorCode::PortingState, why));
        }
    };
    Ok(PortingRequest { state, confirmed_day: day, reason, updated_at: now, ..request })
}

fn not_portable(why: &str) -> AppError {
    refuse(ErrorCode::NotPortable, format!("The number cannot be ported: {why}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(steps: &[PortingStep]) -> Result<PortingState, ErrorCode> {
        let mut request = PortingRequest {
            sid: PortingRequestSid::from_u128(1),
            version: 1,
            account_sid: AccountSid::from_u128(1),
            number: "+3225550101".parse().unwrap(),
            direction: PortingDirection::In,
            operator: "Other".to_owned(),
            authorisation: "M".to_owned(),
            requested_day: jiff::civil::date(2027, 1, 15),
            confirmed_day: None,
            state: PortingState::Requested,
            reason: None,
            declaration: None,
            number_sid: None,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        };
        for step in steps {
            request = stepped(request, step, Timestamp::UNIX_EPOCH).map_err(|error| error.code())?;
        }
        Ok(request.state)
    }

    #[test]
    fn a_request_is_confirmed_before_it_is_done_and_is_over_once() {
        use PortingState as S;
        let day = jiff::civil::date(2027, 1, 18);
        let (confirm, done) = (PortingStep::Confirm(day), PortingStep::Done);
        let (reject, cancel) = (PortingStep::Reject("no".to_owned()), PortingStep::Cancel("no".to_owned()));
        for (steps, expected) in [
            (vec![&confirm], Ok(S::Confirmed)),
            (vec![&done], Err(ErrorCode::PortingState)),
            (vec![&confirm, &confirm, &done], Ok(S::Done)),
            (vec![&confirm, &done, &cancel], Err(ErrorCode::PortingState)),
            (vec![&reject], Ok(S::Rejected)),
            (vec![&confirm, &reject], Ok(S::Rejected)),
            (vec![&confirm, &cancel], Ok(S::Cancelled)),
            (vec![&cancel, &confirm], Err(ErrorCode::PortingState)),
            (vec![&PortingStep::Reject(String::new())], Err(ErrorCode::InvalidParameter)),
        ] {
            let steps: Vec<PortingStep> = steps.into_iter().cloned().collect();
            assert_eq!(after(&steps), expected, "{steps:?}");
        }
    }
}
