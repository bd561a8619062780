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
    fn terms_today(&self, account: AccountSid, item: HeldItem) -> Result<MonthlyTerms, AppError> {
        self.selling(account, self.clock.now()).monthly_terms(item).map_err(|_| {
            refuse(ErrorCode::Unprocessable, format!("The plan does not sell {}.", item.as_str()))
        })
    }

    /// The rent of a number begins.
    pub(crate) fn rent_begins(&self, number: &IncomingNumber) -> Result<Change, AppError> {
        Ok(rent(number, self.terms_today(number.account_sid, HeldItem::Number)?))
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
        let zone = self.rater().plan().zone();
        let tomorrow = zone.to_datetime(now).date().tomorrow();
        let midnight = tomorrow.and_then(|day| zone.to_timestamp(day.at(0, 0, 0, 0))).unwrap_or(now);
        let mut changes = ChangeSet::from(Self::rent_ends(from, number, now));
        for terms in self.terms_from(from, HeldItem::Number, Some(number.as_str()), midnight).await? {
            changes.push(terms.begin(HoldingSid::new(), to, HeldItem::Number, number.as_str()));
        }
        Ok(changes)
    }

    /// A flow is published that was not: the designer is on. While it was on already its price stays.
    pub(crate) async fn designer_begins(&self, flow: &Flow, at: Timestamp) -> Result<ChangeSet, AppError> {
        let mut changes = ChangeSet::new();
        let mut sid = (flow.last_revision == 0).then(|| HoldingSid::from_u128(flow.sid.as_u128()));
        for terms in self.terms_from(flow.account_sid, HeldItem::Designer, None, at).await? {
            let sid = sid.take().unwrap_or_else(HoldingSid::new);
            changes.push(terms.begin(sid, flow.account_sid, HeldItem::Designer, &flow.sid.to_string()));
        }
        Ok(changes)
    }

    /// The prices a thing is held at from `at` on: those of what the account holds already, with what was announced for later; otherwise
    /// today's.
    async fn terms_from(
        &self,
        account: AccountSid,
        item: HeldItem,
        subject: Option<&str>,
        at: Timestamp,
    ) -> Result<Vec<Pinned>, AppError> {
        let now = self.clock.now();
        let held = match self.store.held(account, item, subject, now).await? {
            // Moved here today, it is held from tomorrow.
            None if at > now => self.store.held(account, item, subject, at).await?,
            held => held,
        };
        let Some(held) = held else {
            return Ok(vec![Pinned { terms: self.terms_today(account, item)?, from: at, until: None }]);
        };
        let chain = self.store.held_later(account, item, &held.subject, now).await?;
        let pinned = chain.into_iter().filter(|link| link.until.is_none_or(|until| until > at));
        Ok(pinned
            .map(|link| Pinned { terms: link.terms, from: link.from.max(at), until: link.until })
            .collect())
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

/// A price and when it holds.
struct Pinned {
    terms: MonthlyTerms,
    from: Timestamp,
    until: Option<Timestamp>,
}

impl Pinned {
    fn begin(self, sid: HoldingSid, account_sid: AccountSid, item: HeldItem, subject: &str) -> Change {
        let Self { terms, from, until } = self;
        let subject = subject.to_owned();
        HoldingChange::Begin(Holding { sid, account_sid, item, subject, terms, from, until }).into()
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
