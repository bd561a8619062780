//! What accounts hold and pay by the month: rented numbers, and the designer, which is on while a flow is published.
//!
//! The change that begins or ends a holding goes into the transaction of the rent, release or publication.

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, HoldingChange};

use crate::App;
use crate::error::{AppError, refuse};

/// Numbers and flows read at once when those of the time before holdings are taken in.
const ADOPTED_AT_ONCE: u32 = 50;

impl App {
    /// The price per month of whoever takes the thing now.
    fn terms_today(&self, item: HeldItem) -> Result<MonthlyTerms, AppError> {
        self.rater().monthly_terms(item).map_err(|_| {
            refuse(ErrorCode::Unprocessable, format!("The plan does not sell {}.", item.as_str()))
        })
    }

    /// The rent of a number begins.
    pub(crate) fn rent_begins(&self, number: &IncomingNumber) -> Result<Change, AppError> {
        Ok(rent(number, self.terms_today(HeldItem::Number)?))
    }

    /// The rent of a number ends.
    pub(crate) fn rent_ends(account: AccountSid, number: &E164, at: Timestamp) -> Change {
        HoldingChange::End(account, HeldItem::Number, number.as_str().to_owned(), at).into()
    }

    /// A number moves within the tree of accounts: its price stays, and the day of the move is paid by the account that had it.
    pub(crate) async fn rent_moves(
        &self,
        number: &E164,
        from: AccountSid,
        to: AccountSid,
    ) -> Result<ChangeSet, AppError> {
        let now = self.clock.now();
        let held = self.store.held(from, HeldItem::Number, Some(number.as_str())).await?;
        let terms = held.map_or_else(|| self.terms_today(HeldItem::Number), |held| Ok(held.terms))?;
        let zone = self.rater().plan().zone();
        let tomorrow = zone.to_datetime(now).date().tomorrow();
        let midnight = tomorrow.and_then(|day| zone.to_timestamp(day.at(0, 0, 0, 0))).unwrap_or(now);
        let begins = Holding {
            sid: HoldingSid::new(),
            account_sid: to,
            item: HeldItem::Number,
            subject: number.as_str().to_owned(),
            terms,
            from: midnight,
            until: None,
        };
        Ok(ChangeSet::from(Self::rent_ends(from, number, now)).with(HoldingChange::Begin(begins).into()))
    }

    /// A flow is published that was not: the designer is on. While it was on already its price stays.
    pub(crate) async fn designer_begins(&self, flow: &Flow, at: Timestamp) -> Result<Change, AppError> {
        let held = self.store.held(flow.account_sid, HeldItem::Designer, None).await?;
        let terms = held.map_or_else(|| self.terms_today(HeldItem::Designer), |held| Ok(held.terms))?;
        let first = flow.last_revision == 0;
        Ok(HoldingChange::Begin(Holding {
            sid: if first { HoldingSid::from_u128(flow.sid.as_u128()) } else { HoldingSid::new() },
            account_sid: flow.account_sid,
            item: HeldItem::Designer,
            subject: flow.sid.to_string(),
            terms,
            from: at,
            until: None,
        })
        .into())
    }

    /// A flow is published no longer.
    pub(crate) fn designer_ends(account: AccountSid, flow: FlowSid, at: Timestamp) -> Change {
        HoldingChange::End(account, HeldItem::Designer, flow.to_string(), at).into()
    }

    /// Gives numbers that were rented and flows that were published before there were holdings theirs: a number from the day of its rent, a
    /// flow from now on. At the start of the process; how many there were.
    pub async fn adopt_holdings(&self) -> Result<u64, AppError> {
        let mut adopted = 0;
        loop {
            let changes = retrying!(self.adopt_some())?;
            if changes == 0 {
                return Ok(adopted);
            }
            adopted += changes;
        }
    }

    async fn adopt_some(&self) -> Result<u64, AppError> {
        let mut changes = ChangeSet::new();
        for number in self.store.unheld_numbers(None, ADOPTED_AT_ONCE).await? {
            changes.push(rent(&number, self.terms_of_old(HeldItem::Number)));
        }
        let now = self.clock.now();
        for flow in self.store.unheld_flows(None, ADOPTED_AT_ONCE).await? {
            let begins = Holding {
                sid: HoldingSid::from_u128(flow.sid.as_u128()),
                account_sid: flow.account_sid,
                item: HeldItem::Designer,
                subject: flow.sid.to_string(),
                terms: self.terms_of_old(HeldItem::Designer),
                from: now,
                until: None,
            };
            changes.push(HoldingChange::Begin(begins).into());
        }
        let count = changes.changes().len() as u64;
        self.store.commit(changes).await?;
        Ok(count)
    }

    /// Today's price, or nothing where the plan does not sell such a thing any more.
    fn terms_of_old(&self, item: HeldItem) -> MonthlyTerms {
        let plan = self.rater().plan().label();
        self.rater().monthly_terms(item).unwrap_or_else(|_| MonthlyTerms {
            plan: plan.to_owned(),
            item: "free".to_owned(),
            price: Money::ZERO,
            by_day: false,
        })
    }
}

fn rent(number: &IncomingNumber, terms: MonthlyTerms) -> Change {
    HoldingChange::Begin(Holding {
        sid: HoldingSid::from_u128(number.sid.as_u128()),
        account_sid: number.account_sid,
        item: HeldItem::Number,
        subject: number.number.as_str().to_owned(),
        terms,
        from: number.created_at,
        until: number.released_at,
    })
    .into()
}
