//! Money for talk: set aside in the transaction that starts a leg, more of it while the leg lasts, given back with its charge.

use flexio_billing::{ConferenceStarted, Meter, Recorded};
use flexio_domain::{
    AccountSid, Call, CallDirection, CreditMode, CreditState, ErrorCode, Grant, Money, RecordingSid,
    Timestamp, UsageKind,
};
use flexio_rating::{Allowance, Authorised, Priced};
use flexio_store::{ChangeSet, CreditChange};
use flexio_voice::GRANT_S;
use jiff::SignedDuration;

use super::DialRefusal;
use super::end::carrier_caller;
use crate::App;
use crate::credit::no_credit;
use crate::error::AppError;

/// Lost grants given back at once; the rest waits for the next round.
const LOST_MAX: u32 = 1_000;

impl App {
    /// The grant a leg needs before it starts: for the first minute of its talk, or as much of it as can be paid. Empty where its talk
    /// needs no credit. `InsufficientCredit` where not even the shortest talk can be paid; the commit fails with it too, when
    /// others were quicker: ask again then ([`asking!`]).
    pub(crate) async fn talk_grant(&self, call: &mut Call) -> Result<ChangeSet, AppError> {
        call.granted_s = None;
        let meter = self.meter(call.account_sid);
        let Some(price) = price(&meter, call, self.clock.now()) else { return Ok(ChangeSet::new()) };
        if call.direction != CallDirection::Inbound {
            self.may_spend(call.account_sid).await?;
            self.spenders.goes_to(call.account_sid, &call.to.to_string(), self.clock.now());
        }
        if self.payer(call.account_sid).await?.is_none() {
            return Ok(ChangeSet::new());
        }
        let Some(state) = self.store.credit_for(call.account_sid).await? else { return Ok(ChangeSet::new()) };
        if is_taken_anyway(call, &state) {
            return Ok(ChangeSet::new());
        }
        let seconds = longest(&price, state.available(), GRANT_S).ok_or_else(|| {
            no_credit(call.account_sid, &state, price.cost_of(1), "the shortest call costs")
        })?;
        call.granted_s = Some(seconds);
        let amount = price.cost_of(seconds.into());
        let grant = self.grant(call, state.terms.account_sid, amount);
        Ok(ChangeSet::from(flexio_store::Change::from(CreditChange::Grant(grant))))
    }

    /// Gives back what is set aside for calls that cannot run any more, twice the longest call after they began: how many there were.
    /// Each is a fault somewhere, such as a database that was away for long when the call ended.
    pub async fn return_lost_grants(&self) -> Result<u64, AppError> {
        let kept = SignedDuration::from_secs(2 * i64::from(self.config.call_seconds_max));
        let now = self.clock.now();
        let lost = self.store.old_call_grants(now.saturating_sub(kept).unwrap_or(now), LOST_MAX).await?;
        let mut changes = ChangeSet::new();
        for id in &lost {
            changes.push(CreditChange::Return(id.clone()).into());
        }
        if !lost.is_empty() {
            self.store.commit(changes).await?;
        }
        Ok(lost.len() as u64)
    }

    fn grant(&self, call: &Call, payer: AccountSid, amount: Money) -> Grant {
        Grant { id: call.sid.to_string(), payer, amount, made_at: self.clock.now() }
    }
}

/// Sets money aside for the first talk of a leg that a document calls.
pub async fn reserve(app: &App, leg: &mut Call) -> Result<(), DialRefusal> {
    asking!(try_reserve(app, leg)).map_err(|error| refusal(&error, &leg.sid.to_string()))
}

/// Whether a recording of this call may begin: it costs by the minute, and the first has to be there.
pub async fn may_record(app: &App, call: &Call) -> Result<(), DialRefusal> {
    may_begin(app, call.account_sid, recorded_minute(app, call)).await
}

/// What a minute of recording costs.
pub(crate) fn recorded_minute(app: &App, call: &Call) -> Money {
    let (from, to, now) = (call.from.to_string(), call.to.to_string(), app.clock.now());
    let minute = app.meter(call.account_sid).recorded(&Recorded {
        recording_sid: RecordingSid::from_u128(0),
        account_sid: call.account_sid,
        from: &from,
        to: &to,
        started_at: now,
        ended_at: now,
        duration_ms: 60_000,
    });
    minute.amount()
}

/// Whether the account may open a conference.
pub async fn may_confer(app: &App, account: AccountSid) -> Result<(), DialRefusal> {
    let at = app.clock.now();
    let setup = app.meter(account).conference_started(&ConferenceStarted {
        conference: "",
        account_sid: account,
        at,
    });
    may_begin(app, account, setup.amount()).await
}

/// Where storage does not answer, what begins is charged when it can be: people talk all the same.
async fn may_begin(app: &App, account: AccountSid, amount: Money) -> Result<(), DialRefusal> {
    match app.may_begin(account, amount).await {
        Err(error) if stops_spending(error.code()) => Err(refusal(&error, &account.to_string())),
        Err(error) => {
            tracing::warn!(account_sid = %account, %error, "credit_not_asked");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

fn refusal(error: &AppError, subject: &str) -> DialRefusal {
    match error.code() {
        code if stops_spending(code) => {
            let text = match error {
                AppError::Refused(refusal) => refusal.to_string(),
                _ => code.sentence().to_owned(),
            };
            DialRefusal { code: code.number(), text }
        }
        _ => {
            tracing::error!(subject, error = error as &dyn std::error::Error, "credit_not_asked");
            DialRefusal { code: 12_400, text: "the account's credit could not be checked".to_owned() }
        }
    }
}

/// Whether it says that the account may spend nothing more, and why. Such refusals keep their own number in the debugging log.
pub(super) const fn stops_spending(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::InsufficientCredit
            | ErrorCode::SpendingThreshold
            | ErrorCode::SubscriptionOver
            | ErrorCode::SubscriptionSuspended
    )
}

async fn try_reserve(app: &App, leg: &mut Call) -> Result<(), AppError> {
    let grant = app.talk_grant(leg).await?;
    if !grant.changes().is_empty() {
        app.store.commit(grant).await?;
    }
    Ok(())
}

/// Sets more aside for a leg that runs, so that it may talk for `wanted_s` seconds from its answer, or as long as can be paid. What it may
/// talk now, in all: not more than before where nothing is left, 0 for a leg that has no grant (any more).
pub async fn extend(app: &App, leg: &Call, wanted_s: u32) -> Result<u32, AppError> {
    match asking!(try_extend(app, leg, wanted_s)) {
        // Others were quicker each time: what they left is as good as nothing, and the leg asks again before it ends.
        Err(error) if error.code() == ErrorCode::InsufficientCredit => Ok(0),
        done => done,
    }
}

async fn try_extend(app: &App, leg: &Call, wanted_s: u32) -> Result<u32, AppError> {
    let meter = app.meter(leg.account_sid);
    let Some(price) = price(&meter, leg, app.clock.now()) else { return Ok(wanted_s) };
    let id = leg.sid.to_string();
    let Some(held) = app.store.grant(&id).await? else { return Ok(0) };
    let Some(state) = app.store.credit_for(leg.account_sid).await? else { return Ok(wanted_s) };
    let payer = state.terms.account_sid;
    let own = if held.payer == payer { held.amount } else { Money::ZERO };
    let Some(seconds) = longest(&price, state.available() + own, wanted_s) else { return Ok(0) };
    let amount = price.cost_of(seconds.into());
    let mut changes = ChangeSet::new();
    if held.payer != payer {
        // The account has got terms of its own while it talked.
        changes.push(CreditChange::Return(id).into());
        changes.push(CreditChange::Grant(app.grant(leg, payer, amount)).into());
    } else if amount > own {
        changes.push(CreditChange::Extend(app.grant(leg, payer, amount - own)).into());
    } else {
        return Ok(seconds);
    }
    app.store.commit(changes).await?;
    Ok(seconds)
}

/// Whether talk on this leg costs something.
pub(crate) fn costs(app: &App, leg: &Call) -> bool {
    price(&app.meter(leg.account_sid), leg, app.clock.now()).is_some()
}

/// The longest talk that this money pays for.
pub(super) fn paid_seconds(app: &App, leg: &Call, money: Money) -> u32 {
    let meter = app.meter(leg.account_sid);
    let priced = price(&meter, leg, app.clock.now());
    priced.map_or(u32::MAX, |price| longest(&price, money, u32::MAX).unwrap_or(0))
}

/// What time on this leg costs, at the price of its answer; `None` where it costs nothing: then no credit is needed.
fn price<'m>(meter: &'m Meter, leg: &Call, now: Timestamp) -> Option<Priced<'m>> {
    let kind = if leg.direction == CallDirection::Inbound { UsageKind::VoiceIn } else { UsageKind::VoiceOut };
    let at = leg.answered_at.unwrap_or(now);
    match meter.authorise(kind, &carrier_caller(leg), &leg.to.to_string(), at) {
        Ok(_) if leg.options.carries_code && meter.includes_delivery(at) => None,
        Ok(Authorised::Priced(price)) => {
            (price.longest_call(Money::ZERO) != Allowance::Unlimited).then_some(price)
        }
        // What is refused is never charged.
        Ok(Authorised::Free { .. }) | Err(_) => None,
    }
}

/// The longest talk for this money, at most `seconds_max`; `None` where not even the shortest is paid.
fn longest(price: &Priced<'_>, money: Money, seconds_max: u32) -> Option<u32> {
    match price.longest_call(money) {
        Allowance::Refused => None,
        Allowance::Seconds(seconds) => {
            Some(u32::try_from(seconds.get()).map_or(seconds_max, |s| s.min(seconds_max)))
        }
        Allowance::Unlimited => Some(seconds_max),
    }
}

/// Whoever pays afterwards can always be called.
fn is_taken_anyway(call: &Call, state: &CreditState) -> bool {
    call.direction == CallDirection::Inbound && state.terms.mode == CreditMode::Postpaid
}
