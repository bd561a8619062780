//! What a fact changes: the payment, the ledger, and what of an invoice is settled.

use flexio_domain::{
    Currency, LedgerAccount, LedgerLeg, LedgerTransaction, Money, PaymentIntent, PaymentRefund, PaymentState,
    PayoutSid, RefundState,
};
use jiff::Timestamp;

use crate::{ChargebackFact, Fact, RefundFact};

/// Refunds of one payment, and movements of chargebacks, that are kept.
const MOVES_MAX: usize = 100;

/// What a fact changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// The payment as it is now, at the version it was read.
    pub intent: PaymentIntent,
    /// To be written with it.
    pub postings: Vec<LedgerTransaction>,
    /// What more of the invoice is settled; below zero where it is open again.
    pub settles: Money,
    /// The end of a contract whose money was paid back by this, or, `false`, was not after all.
    pub payout: Option<(PayoutSid, bool)>,
}

/// A fact that does not fit its payment: nothing is booked, and a person has to look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Mismatch(pub String);

/// Books a fact on a payment. `open` is what is left to pay of its invoice, zero where it pays none. `None`: nothing new.
///
/// What a payment settles of its invoice is what came, less what banks have taken back, as far as the invoice asks for it; the rest is
/// the wallet's. So it does not matter in which order the facts come.
pub fn book(
    intent: &PaymentIntent,
    fact: &Fact,
    open: Money,
    now: Timestamp,
) -> Result<Option<Booked>, Mismatch> {
    let mut booking =
        Booking { intent: intent.clone(), postings: Vec::new(), open, settles: Money::ZERO, now };
    let payout = match fact {
        Fact::Received { amount, currency } => {
            booking.same("received", *currency)?;
            if *amount != intent.amount {
                let (came, asked) = (amount.to_decimals(2), intent.amount.to_decimals(2));
                return Err(Mismatch(format!("{came} was received and {asked} was asked for")));
            }
            booking.receive(*amount);
            None
        }
        Fact::Declined(reason) => {
            if intent.state == PaymentState::Open {
                booking.intent.failure = Some(reason.clone());
            }
            None
        }
        Fact::Cancelled => {
            if intent.state == PaymentState::Open {
                booking.intent.state = PaymentState::Cancelled;
                booking.intent.look_at = None;
            }
            None
        }
        Fact::Refund(refund) => {
            booking.same("refunded", refund.currency)?;
            booking.refund(refund)?
        }
        Fact::Chargeback(chargeback) => {
            booking.same("charged back", chargeback.currency)?;
            booking.charge_back(chargeback)?;
            None
        }
        Fact::Fee { amount, currency } => {
            if intent.fee.is_none() {
                // In another currency it is on the provider's own invoice, and the books of this one have no place for it.
                let kept = if *currency == intent.currency { *amount } else { Money::ZERO };
                booking.keep_fee(kept);
            }
            None
        }
        Fact::Moved => {
            booking.intent.look_at = Some(now);
            None
        }
    };
    let Booking { intent: after, postings, settles, .. } = booking;
    if after == *intent && postings.is_empty() {
        return Ok(None);
    }
    let intent = PaymentIntent { updated_at: now, ..after };
    Ok(Some(Booked { intent, postings, settles, payout }))
}

struct Booking {
    intent: PaymentIntent,
    postings: Vec<LedgerTransaction>,
    open: Money,
    settles: Money,
    now: Timestamp,
}

impl Booking {
    fn same(&self, what: &str, currency: Currency) -> Result<(), Mismatch> {
        let asked = self.intent.currency;
        if currency == asked {
            return Ok(());
        }
        Err(Mismatch(format!("{currency} was {what} and {asked} was asked for")))
    }

    fn receive(&mut self, amount: Money) {
        if self.intent.state == PaymentState::Succeeded {
            return;
        }
        self.intent.state = PaymentState::Succeeded;
        self.intent.received = amount;
        self.intent.failure = None;
        let id = format!("{}:{}:received", self.intent.provider, self.intent.sid);
        let settles = self.settle();
        self.post(
            id,
            [(self.cash(), amount), (self.receivable(), -settles), (self.wallet(), settles - amount)],
        );
        // What the provider keeps of it is known a little later.
        self.intent.look_at = Some(self.now);
        self.intent.looks = 0;
    }

    /// Books where a refund stands: the end of a contract that is paid back by it, or, `false`, is not after all.
    fn refund(&mut self, fact: &RefundFact) -> Result<Option<(PayoutSid, bool)>, Mismatch> {
        let position = self.position(fact)?;
        let before = self.intent.refunds[position].clone();
        let refund = &mut self.intent.refunds[position];
        refund.provider_id = Some(fact.id.clone());
        if before.amount != fact.amount {
            let (back, asked) = (fact.amount.to_decimals(2), before.amount.to_decimals(2));
            return Err(Mismatch(format!("{back} was paid back and {asked} was asked for")));
        }
        let is_booked = matches!(before.state, RefundState::Pending | RefundState::Succeeded);
        match (before.state, fact.state) {
            // What is over is over: a state that comes late is old.
            (RefundState::Failed, _)
            | (RefundState::Succeeded, RefundState::Pending | RefundState::Asked) => {
                return Ok(None);
            }
            (_, state) => refund.state = state,
        }
        let from = match before.payout_sid {
            Some(_) => LedgerAccount::Refund(self.intent.account_sid),
            None => self.wallet(),
        };
        let id = format!("{}:refund:{}", self.intent.provider, fact.id);
        let amount = fact.amount;
        match (is_booked, fact.state) {
            (false, RefundState::Pending | RefundState::Succeeded) => {
                self.post(id, [(from, amount), (self.cash(), -amount)]);
                Ok(before.payout_sid.map(|payout| (payout, true)))
            }
            (true, RefundState::Failed) => {
                let id = format!("{id}:failed");
                self.post(id, [(self.cash(), amount), (from, -amount)]);
                Ok(before.payout_sid.map(|payout| (payout, false)))
            }
            _ => Ok(None),
        }
    }

    /// The refund a fact is about: by its number, by the provider's name, or a new one that was asked for elsewhere.
    fn position(&mut self, fact: &RefundFact) -> Result<usize, Mismatch> {
        let refunds = &self.intent.refunds;
        let known = refunds.iter().position(|it| it.provider_id.as_ref() == Some(&fact.id));
        let known = known.or_else(|| {
            let unnamed = |it: &PaymentRefund| Some(it.number) == fact.number && it.provider_id.is_none();
            refunds.iter().position(unnamed)
        });
        if let Some(position) = known {
            return Ok(position);
        }
        if refunds.len() >= MOVES_MAX {
            return Err(Mismatch(format!("the payment has {MOVES_MAX} refunds")));
        }
        let number = refunds.iter().map(|it| it.number).max().unwrap_or(0) + 1;
        self.intent.refunds.push(PaymentRefund {
            number,
            provider_id: None,
            amount: fact.amount,
            payout_sid: None,
            state: RefundState::Asked,
        });
        Ok(self.intent.refunds.len() - 1)
    }

    fn charge_back(&mut self, fact: &ChargebackFact) -> Result<(), Mismatch> {
        for movement in &fact.movements {
            if self.intent.movements.contains(&movement.id) {
                continue;
            }
            if self.intent.movements.len() >= MOVES_MAX {
                return Err(Mismatch(format!("the payment has {MOVES_MAX} movements of chargebacks")));
            }
            self.intent.movements.push(movement.id.clone());
            self.intent.charged_back -= movement.amount;
            let settles = self.settle();
            let id = format!("{}:chargeback:{}", self.intent.provider, movement.id);
            let legs = [
                (self.cash(), movement.amount - movement.fee),
                (LedgerAccount::Fee(self.intent.provider.clone()), movement.fee),
                (self.receivable(), -settles),
                (self.wallet(), settles - movement.amount),
            ];
            self.post(id, legs);
        }
        let was_closed = self
            .intent
            .chargeback
            .as_ref()
            .is_some_and(|known| known.is_closed && known.provider_id == fact.chargeback.provider_id);
        if !was_closed {
            self.intent.chargeback = Some(fact.chargeback.clone());
        }
        Ok(())
    }

    fn keep_fee(&mut self, amount: Money) {
        self.intent.fee = Some(amount);
        let id = format!("{}:{}:fee", self.intent.provider, self.intent.sid);
        let fee = LedgerAccount::Fee(self.intent.provider.clone());
        self.post(id, [(fee, amount), (self.cash(), -amount)]);
    }

    /// Brings what is settled of the invoice to what came and stayed: the difference.
    fn settle(&mut self) -> Money {
        let stayed = (self.intent.received - self.intent.charged_back).max(Money::ZERO);
        let wanted = stayed.min(self.open + self.intent.settled);
        let settles = wanted - self.intent.settled;
        self.intent.settled = wanted;
        self.open -= settles;
        self.settles += settles;
        settles
    }

    fn post<const N: usize>(&mut self, id: String, legs: [(LedgerAccount, Money); N]) {
        let legs = legs.into_iter().filter(|(_, amount)| *amount != Money::ZERO);
        let legs: Vec<LedgerLeg> = legs.map(|(account, amount)| LedgerLeg { account, amount }).collect();
        if legs.is_empty() {
            return;
        }
        self.postings.push(LedgerTransaction {
            id,
            account_sid: self.intent.account_sid,
            reference: self.intent.sid.to_string(),
            currency: self.intent.currency,
            legs,
            posted_at: self.now,
        });
    }

    fn cash(&self) -> LedgerAccount {
        LedgerAccount::Cash(self.intent.provider.clone())
    }

    fn wallet(&self) -> LedgerAccount {
        LedgerAccount::Wallet(self.intent.account_sid)
    }

    fn receivable(&self) -> LedgerAccount {
        LedgerAccount::Receivable(self.intent.account_sid)
    }
}

#[cfg(test)]
mod tests;
