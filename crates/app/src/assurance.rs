//! Numbers that must be zero beyond the ledger's own sums: what was used, held and agreed to is in the books, and documents say what the
//! books say. Part of the nightly proof.

use std::sync::PoisonError;

use flexio_documents::{invoice_pdf, rules, ubl};
use flexio_domain::{
    Account, AccountSid, CallSid, ErrorCode, Faults, Invoice, MessageDirection, MessageSid, Money, PricePin,
    Subscription, SubscriptionState, Timestamp, UsageEvent, first_sid_of,
};
use flexio_rating::BillingMonth;
use flexio_store::UsageFilter;
use jiff::SignedDuration;

use crate::App;
use crate::books::BooksProof;
use crate::delivery::{is_decided, was_taken};
use crate::error::{AppError, refuse};
use crate::invoices::PlanBook;
use crate::rerating::PinsRead;

/// Calls and messages of this long are looked at: each night sees those of the one before too.
pub(crate) const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(48);
/// Rows read at once.
const ROWS_AT_ONCE: u32 = 500;
/// Events of one call or message.
const EVENTS_MAX: u32 = 100;
/// Documents issued in so many days are made and compared: those of the last run, and what came since.
const DOCUMENT_DAYS: i32 = 45;
/// Pins read of one contract.
const PINS_MAX: u32 = 1_000;

/// One of the numbers that must be zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// As in proofs and metrics.
    pub name: &'static str,
    /// Who looks at it.
    pub owner: &'static str,
    /// What a fault is.
    pub about: &'static str,
}

/// Every check of a proof, in its order. The threshold of each is 0; what to do stands in docs/ledger.md.
pub const CHECKS: [Check; 26] = [
    check("sum", "finance", "All legs sum to zero."),
    check("unbalanced", "finance", "A posting has two legs or more, which sum to zero."),
    check("unposted", "finance", "A usage event with an amount has its posting: accepted, rated, booked."),
    check("unfounded", "finance", "A posting of usage has its event."),
    check("stray_legs", "finance", "A leg has its posting."),
    check("balances", "finance", "A cached balance is the sum of its legs."),
    check("usage_days", "finance", "The sum that is kept of a day's usage is the sum of its events."),
    check("unheld_rents", "billing", "A rented number is paid for."),
    check("unrented_holdings", "billing", "A number that is paid for is rented."),
    check("credit", "finance", "What an account owes and has set aside is the sum it is kept from."),
    check("lost_grants", "voice", "No money is set aside for a call that cannot run any more."),
    check("parked_events", "finance", "No use came again with another content than the one on record."),
    check("unmetered_calls", "voice", "An answered leg that is over has its usage event."),
    check("unmetered_messages", "messaging", "A message that a carrier took has its usage event."),
    check("carrier_lists", "voice", "A carrier's list of calls and the legs that were metered agree."),
    check(
        "uncharged_holdings",
        "billing",
        "What was held in the last closed month, designer and numbers, is charged.",
    ),
    check("rerated", "billing", "A charge comes out again, by the plan version that was pinned."),
    check("unpinned", "billing", "A contract in force has a price for every item from its first instant on."),
    check("documents", "finance", "UBL, PDF and rules of a document say what its totals say."),
    check("uninvoiced", "billing", "A customer has the invoice of the last month that is due."),
    check("undelivered_notices", "legal", "A customer was told of a change of prices or terms."),
    check("late_lawful", "legal", "A request of an authority is decided on within 24 hours."),
    check(
        "interest_rates",
        "finance",
        "The statutory interest of the running half year is known, where it is asked for.",
    ),
    check("chain", "finance", "Postings and seals are as they were sealed."),
    check("legs", "finance", "The rows of legs are what their posting says."),
    check("audit", "finance", "Entries of the audit log are as they were sealed."),
];

const fn check(name: &'static str, owner: &'static str, about: &'static str) -> Check {
    Check { name, owner, about }
}

/// The last proof of this process.
#[derive(Debug, Clone)]
pub struct Proven {
    /// When it was complete.
    pub at: Timestamp,
    /// What it found.
    pub proof: BooksProof,
}

impl App {
    /// The last proof that this process made, by night or because somebody asked; `None` since its start. Only for the top account.
    pub fn last_proof(&self, account: &Account) -> Result<Option<Proven>, AppError> {
        only_top(account)?;
        Ok(self.proven.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Proves the books now. Only for the top account, and one at a time: it reads everything.
    pub async fn prove_now(&self, account: &Account) -> Result<Proven, AppError> {
        only_top(account)?;
        let Ok(_proving) = self.proving.try_lock() else {
            return Err(refuse(ErrorCode::Conflict, "The books are being proven: ask for the outcome."));
        };
        self.prove_books(None).await?;
        self.last_proof(account)?.ok_or_else(|| ErrorCode::Internal.into())
    }

    pub(crate) fn note_proof(&self, proof: &BooksProof) {
        let proven = Proven { at: self.clock.now(), proof: proof.clone() };
        *self.proven.lock().unwrap_or_else(PoisonError::into_inner) = Some(proven);
    }

    /// What the ledger alone cannot know, by name.
    pub(crate) async fn assure(&self) -> Result<Vec<(&'static str, Faults)>, AppError> {
        let mut again =
            Again { plans: self.plan_book().await?, pins: PinsRead::default(), faults: Faults::default() };
        let calls = self.unmetered_calls(&mut again).await?;
        let messages = self.unmetered_messages(&mut again).await?;
        let holdings = self.uncharged_holdings(&mut again).await?;
        Ok(vec![
            ("parked_events", self.parked_faults().await?),
            ("unmetered_calls", calls),
            ("unmetered_messages", messages),
            ("carrier_lists", self.carrier_differences().await?),
            ("uncharged_holdings", holdings),
            ("rerated", again.faults),
            ("unpinned", self.unpinned().await?),
            ("documents", self.wrong_documents().await?),
            ("uninvoiced", self.uninvoiced().await?),
            ("undelivered_notices", self.undelivered_notices().await?),
            ("late_lawful", self.late_lawful().await?),
            ("interest_rates", self.unknown_interest()),
        ])
    }

    /// The running half year, where somebody may be asked for interest and its rate is not in the file: until it is, none is asked for.
    fn unknown_interest(&self) -> Faults {
        let mut faults = Faults::default();
        let is_asked = self.config.late_companies || self.config.terms.iter().any(|terms| terms.late_charges);
        let today = self.local_today();
        if is_asked && self.config.interest_rates.on(today).is_none() {
            let half = if today.month() <= 6 { 1 } else { 2 };
            faults.add(&format!("{:04}-H{half}", today.year()));
        }
        faults
    }

    /// The first sid that may have been given in the time looked at.
    fn looked_back(&self) -> u128 {
        first_sid_of(self.clock.now().saturating_sub(LOOKED_BACK).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    async fn unmetered_calls(&self, again: &mut Again) -> Result<Faults, AppError> {
        let mut faults = Faults::default();
        let mut after = CallSid::from_u128(self.looked_back());
        loop {
            let calls = self.store.calls_after(after, ROWS_AT_ONCE).await?;
            for call in calls.iter().filter(|call| call.answered_at.is_some() && call.ended_at.is_some()) {
                let resource = call.sid.to_string();
                let id = format!("{resource}:leg");
                if !self.is_metered(call.account_sid, (&resource, &id), again).await? {
                    faults.add(&resource);
                }
            }
            match calls.last() {
                Some(last) if calls.len() == ROWS_AT_ONCE as usize => after = last.sid,
                _ => return Ok(faults),
            }
        }
    }

    async fn unmetered_messages(&self, again: &mut Again) -> Result<Faults, AppError> {
        let mut faults = Faults::default();
        let mut after = MessageSid::from_u128(self.looked_back());
        loop {
            let messages = self.store.messages_after(after, ROWS_AT_ONCE).await?;
            for message in &messages {
                let is_used = message.segment_states.iter().any(was_taken) && is_decided(message);
                if !is_used && message.price.is_none() {
                    continue;
                }
                let resource = message.sid.to_string();
                let is_inbound = message.direction == MessageDirection::Inbound;
                let word = if is_inbound { "received" } else { "accepted" };
                let id = format!("{resource}:{word}");
                if !self.is_metered(message.account_sid, (&resource, &id), again).await? {
                    faults.add(&resource);
                }
            }
            match messages.last() {
                Some(last) if messages.len() == ROWS_AT_ONCE as usize => after = last.sid,
                _ => return Ok(faults),
            }
        }
    }

    /// Whether there is an event of this id. All events of the thing are rated again.
    async fn is_metered(
        &self,
        account: AccountSid,
        (resource, id): (&str, &str),
        again: &mut Again,
    ) -> Result<bool, AppError> {
        let filter = UsageFilter { resource: Some(resource.to_owned()), ..UsageFilter::default() };
        let events = self.store.usage_events(account, &filter, EVENTS_MAX).await?;
        for event in &events {
            again.rate(event);
            if let Some(difference) = self.priced_unlike_pinned(event, &mut again.pins).await? {
                again.faults.add(&difference);
            }
        }
        Ok(events.iter().any(|event| event.id == id))
    }

    async fn last_closed(&self) -> Result<Option<BillingMonth>, AppError> {
        Ok(self.store.last_closed_month().await?.and_then(|closed| closed.month.parse().ok()))
    }

    /// Charges that closing the month again would make.
    async fn uncharged_holdings(&self, again: &mut Again) -> Result<Faults, AppError> {
        let mut faults = Faults::default();
        let Some(month) = self.last_closed().await? else { return Ok(faults) };
        let bounds = month.bounds(self.rater().plan().zone());
        for account in self.all_holders(bounds.0, bounds.1).await? {
            for charge in self.charges_of(account, month, bounds).await? {
                let event = charge.event;
                if !self.is_metered(account, (&event.resource, &event.id), again).await? {
                    faults.add(&event.id);
                }
            }
        }
        Ok(faults)
    }

    async fn unpinned(&self) -> Result<Faults, AppError> {
        let mut faults = Faults::default();
        for account in self.all_payers().await? {
            let Some(contract) = self.store.subscription(account).await? else { continue };
            let pins = self.store.pins(account, PINS_MAX).await?;
            if !is_priced(&contract, &pins) {
                faults.add(&contract.sid.to_string());
            }
        }
        Ok(faults)
    }

    /// Documents issued lately whose forms differ.
    async fn wrong_documents(&self) -> Result<Faults, AppError> {
        let mut faults = Faults::default();
        let today = self.local_today();
        let from = today.saturating_sub(jiff::Span::new().days(DOCUMENT_DAYS)).to_string();
        let (to, mut after) = (today.to_string(), (String::new(), None));
        loop {
            let issued = self.store.issued_invoices((&from, &to), (&after.0, after.1), ROWS_AT_ONCE).await?;
            let Some(last) = issued.last() else { return Ok(faults) };
            after = (last.invoice.issued_on.to_string(), Some(last.invoice.sid));
            let wrong = tokio::task::spawn_blocking(move || {
                let wrong = issued.iter().map(|state| &state.invoice).filter(|it| !says_its_totals(it));
                wrong.map(|it| it.number.clone()).collect::<Vec<_>>()
            });
            for number in wrong.await.map_err(|_| ErrorCode::Internal)? {
                faults.add(&number);
            }
        }
    }
}

/// What rating again finds of the events that are looked at anyhow: of the calls and messages of two days, and of what is held.
struct Again {
    plans: PlanBook,
    pins: PinsRead,
    faults: Faults,
}

impl Again {
    fn rate(&mut self, event: &UsageEvent) {
        if let Some(difference) = self.plans.difference(event) {
            self.faults.add(&difference);
        }
    }
}

pub(crate) fn only_top(account: &Account) -> Result<(), AppError> {
    if account.parent_sid.is_none() {
        return Ok(());
    }
    Err(refuse(
        ErrorCode::Forbidden,
        "The books are the installation's: only the top account sees them whole.",
    ))
}

/// Whether a contract that came into force has a pin of every item that holds from that instant.
fn is_priced(contract: &Subscription, pins: &[PricePin]) -> bool {
    let in_force = match contract.state {
        SubscriptionState::Active
        | SubscriptionState::Capped
        | SubscriptionState::Limited
        | SubscriptionState::Suspended
        | SubscriptionState::Closing => contract.activated_at,
        SubscriptionState::Draft
        | SubscriptionState::Offered
        | SubscriptionState::Expired
        | SubscriptionState::Ordered
        | SubscriptionState::NotInForce
        | SubscriptionState::Closed
        | SubscriptionState::Erased => return true,
    };
    // One that was left before it came into force has no prices.
    let Some(from) = in_force else { return contract.state == SubscriptionState::Closing };
    let of_all = |pin: &&PricePin| pin.subscription_sid == contract.sid && pin.item.is_none();
    pins.iter().filter(of_all).any(|pin| pin.valid_from <= from)
}

/// Whether the structured document and the pages have the amounts of the invoice, and it breaks no rule.
fn says_its_totals(invoice: &Invoice) -> bool {
    let document = ubl::document(invoice);
    let mut drawn = invoice_pdf::amounts_drawn(invoice).into_iter();
    let totals = [
        ("cbc:TaxExclusiveAmount", invoice.net),
        ("cbc:TaxAmount", invoice.tax),
        ("cbc:TaxInclusiveAmount", invoice.gross),
        ("cbc:PayableAmount", invoice.payable),
    ];
    let mut says = |(element, amount): (&str, Money)| {
        let wanted =
            format!("<{element} currencyID=\"{}\">{}</{element}>", invoice.currency, amount.to_decimals(2));
        // The pages have them in this order, behind those of the lines.
        document.contains(&wanted) && drawn.any(|it| it == amount)
    };
    rules::check(invoice).is_empty() && totals.into_iter().all(&mut says)
}
