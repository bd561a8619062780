//! Money against invoices: payments that name one by its structured communication, and credit notes.

use flexio_billing::invoice::{self, CreditError, CreditLine, Credited, Identity};
use flexio_documents::bank::BankPayment;
use flexio_documents::rules;
use flexio_domain::{
    AccountSid, ErrorCode, Invoice, InvoiceSid, InvoiceState, LedgerAccount, LedgerLeg, LedgerTransaction,
    Money, StructuredCommunication,
};
use flexio_store::{Change, ChangeSet, InvoiceChange};

use crate::error::{AppError, refuse};
use crate::{App, callbacks};

/// How the money of bank statements came.
pub(crate) const TRANSFER: &str = "transfer";
/// Customers that are looked at who pay from one bank account, and open invoices of each.
const PAYERS_MAX: u32 = 100;
const OPEN_MAX: u32 = 1_000;
/// Credit notes of one invoice.
const NOTES_MAX: u32 = 1_000;

/// What became of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matched {
    /// It pays this invoice, of which so much is left open. What it was too much is in the customer's wallet.
    Paid {
        /// Number of the invoice.
        number: String,
        /// Left to pay.
        open: Money,
    },
    /// It is a batch of direct debits, of which so many were booked now.
    Collected {
        /// How many invoices it settles.
        count: usize,
    },
    /// It was booked before.
    Again,
    /// Nothing was booked, and why: a person has to look.
    Unmatched(&'static str),
}

/// A credit note that is not issued yet.
#[derive(Debug, Clone)]
pub(crate) struct CreditDraft {
    /// The invoice, where it stands.
    pub(crate) state: InvoiceState,
    pub(crate) note: Invoice,
    pub(crate) series: String,
    pub(crate) sequence: u32,
}

impl App {
    /// Books a payment of a bank statement to the invoice it names. The same one again, by its reference, changes nothing.
    pub async fn take_payment(&self, payment: &BankPayment) -> Result<Matched, AppError> {
        if let Some(batch) = self.take_batch(payment).await? {
            return Ok(batch);
        }
        retrying!(self.try_take_payment(payment))
    }

    pub(crate) async fn try_take_payment(&self, payment: &BankPayment) -> Result<Matched, AppError> {
        let id = format!("receipt:{TRANSFER}:{}", payment.reference);
        if let Some(known) = self.store.posting(&id).await? {
            let same = known.legs.first().is_some_and(|leg| leg.amount == payment.amount);
            return Ok(if same {
                Matched::Again
            } else {
                Matched::Unmatched("another payment with this reference was booked")
            });
        }
        let (collection, state) = match self.collected(payment).await? {
            Some((collection, state)) => (Some(collection), state),
            None => match self.invoice_paid_by(payment).await? {
                Ok(state) => (None, state),
                Err(reason) => return Ok(Matched::Unmatched(reason)),
            },
        };
        if payment.currency != state.invoice.currency.to_string() {
            return Ok(Matched::Unmatched("another currency than the invoice's"));
        }
        let customer = state.invoice.account_sid;
        let used = payment.amount.min(state.open());
        let posting = LedgerTransaction {
            id,
            account_sid: customer,
            reference: payment.reference.clone(),
            currency: state.invoice.currency,
            legs: without_zeros([
                (LedgerAccount::Cash(TRANSFER.to_owned()), payment.amount),
                (LedgerAccount::Receivable(customer), -used),
                (LedgerAccount::Wallet(customer), used - payment.amount),
            ]),
            posted_at: self.clock.now(),
        };
        let settled = state.settled + used;
        let outcome =
            Matched::Paid { number: state.invoice.number.clone(), open: state.invoice.payable - settled };
        let mut changes = ChangeSet::from(Change::Post(posting));
        changes.extend(collection.map(|it| self.settled(it, used, &payment.reference)));
        if used > Money::ZERO {
            self.tell_of_payment(&state, (used, &payment.reference), &mut changes).await?;
            changes.append(self.restored_by_payment(&state, used).await?);
            changes.push(InvoiceChange::Settle(Box::new(state), settled).into());
        }
        self.store.commit(changes).await?;
        self.stopped.clear();
        self.wake.callbacks.notify_one();
        self.wake.emails.notify_one();
        Ok(outcome)
    }

    /// The invoice a payment is for: by its communication, else by the account it came from and what is open. Otherwise why there is none.
    async fn invoice_paid_by(
        &self,
        payment: &BankPayment,
    ) -> Result<Result<InvoiceState, &'static str>, AppError> {
        let reason = match communication_of(&payment.communication) {
            Ok(communication) => match self.store.invoice_by_communication(&communication.digits()).await? {
                Some(state) => return Ok(Ok(state)),
                None => "no invoice has this communication",
            },
            Err(reason) => reason,
        };
        let Some(iban) = &payment.payer_iban else { return Ok(Err(reason)) };
        let mut found: Option<InvoiceState> = None;
        for account in self.store.payers_from(iban, PAYERS_MAX).await? {
            for state in self.store.open_invoices(account, OPEN_MAX).await? {
                let fits =
                    state.open() == payment.amount && payment.currency == state.invoice.currency.to_string();
                if fits && found.replace(state).is_some() {
                    return Ok(Err("several open invoices of this payer are of this amount"));
                }
            }
        }
        Ok(found.ok_or(reason))
    }

    /// Takes all or a part of an invoice back. What was paid of it already goes to the customer's wallet. Above the limit of one person
    /// it is refused: that takes two (`App::ask_credit_note`).
    pub async fn credit_invoice(
        &self,
        account: AccountSid,
        by_operator: bool,
        sid: InvoiceSid,
        credited: Credited<'_>,
        reason: &str,
    ) -> Result<InvoiceState, AppError> {
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account may credit an invoice."));
        }
        let credited = retrying!(async {
            let draft = self.draft_credit(account, sid, credited, reason).await?;
            let most = self.config.credit_note_alone_max;
            if draft.note.gross > most {
                let most = most.to_decimals(2);
                let why = format!("One person takes back {most} at most: ask with POST …/CreditRequests.");
                return Err(refuse(ErrorCode::SecondPersonWanted, why));
            }
            let note = draft.note.clone();
            self.store.commit(self.credit_changes(draft).await?).await?;
            Ok::<_, AppError>(InvoiceState { settled: note.payable, invoice: note })
        })?;
        self.stopped.clear();
        self.wake.emails.notify_one();
        self.wake.callbacks.notify_one();
        Ok(credited)
    }

    /// The credit note that would be issued now.
    pub(crate) async fn draft_credit(
        &self,
        account: AccountSid,
        sid: InvoiceSid,
        credited: Credited<'_>,
        reason: &str,
    ) -> Result<CreditDraft, AppError> {
        let (state, earlier) = self.creditable(account, sid).await?;
        self.drafted(state, &earlier, (credited, reason), 0).await
    }

    /// The same of as much of the parts as remains, behind so many others of one transaction, whose numbers follow each other; `None` where
    /// nothing remains of any: it was taken back before, or promotions paid for it.
    pub(crate) async fn draft_credit_within(
        &self,
        account: AccountSid,
        sid: InvoiceSid,
        (parts, reason): (&[CreditLine], &str),
        behind: u32,
    ) -> Result<Option<CreditDraft>, AppError> {
        let (state, earlier) = self.creditable(account, sid).await?;
        let parts =
            invoice::within(&state.invoice, &earlier, parts).map_err(|error| not_creditable(&error))?;
        if parts.is_empty() {
            return Ok(None);
        }
        let credited = (Credited::Lines(&parts), reason);
        Ok(Some(Box::pin(self.drafted(state, &earlier, credited, behind)).await?))
    }

    /// An invoice, and what was taken back of it.
    async fn creditable(
        &self,
        account: AccountSid,
        sid: InvoiceSid,
    ) -> Result<(InvoiceState, Vec<Invoice>), AppError> {
        let state = self.store.invoice(account, sid).await?.ok_or(ErrorCode::NotFound)?;
        let earlier = self.store.credit_notes(account, sid, NOTES_MAX).await?;
        Ok((state, earlier.into_iter().map(|note| note.invoice).collect()))
    }

    async fn drafted(
        &self,
        state: InvoiceState,
        earlier: &[Invoice],
        (credited, reason): (Credited<'_>, &str),
        behind: u32,
    ) -> Result<CreditDraft, AppError> {
        let issued_on = self.local_today();
        let series = format!("CN{:04}", issued_on.year());
        let sequence = self.store.last_in_series(&series).await? + 1 + behind;
        let identity = Identity { sid: InvoiceSid::new(), sequence, issued_on };
        let note = invoice::credit_note(&state.invoice, earlier, credited, reason, &identity)
            .map_err(|error| not_creditable(&error))?;
        if let Some(broken) = rules::check(&note).first() {
            return Err(refuse(ErrorCode::NotCreditable, broken.to_string()));
        }
        Ok(CreditDraft { state, note, series, sequence })
    }

    /// All that issuing a credit note changes: where nothing is owed any more, it brings a suspended service back.
    pub(crate) async fn credit_changes(&self, draft: CreditDraft) -> Result<ChangeSet, AppError> {
        let used = draft.note.gross.min(draft.state.open());
        let mut changes = self.credit_alone(draft.clone()).await?;
        if used > Money::ZERO {
            changes.append(self.restored_by_payment(&draft.state, used).await?);
        }
        Ok(changes)
    }

    /// The same where the contract is changed besides.
    pub(crate) async fn credit_alone(&self, draft: CreditDraft) -> Result<ChangeSet, AppError> {
        let CreditDraft { state, note, series, sequence } = draft;
        let now = self.clock.now();
        let used = note.gross.min(state.open());
        let credited_invoice = state.invoice.clone();
        let mut changes = ChangeSet::from(Change::Post(invoice::posting(&note, &[], now)));
        if note.gross > used {
            changes.push(Change::Post(to_wallet(&note, note.gross - used, now)));
        }
        if used > Money::ZERO {
            let settled = state.settled + used;
            self.tell_of_payment(&state, (used, &note.number), &mut changes).await?;
            changes.push(InvoiceChange::Settle(Box::new(state), settled).into());
        }
        let earlier = self.store.credit_notes(note.account_sid, credited_invoice.sid, NOTES_MAX).await?;
        let credited: Money = earlier.iter().map(|it| it.invoice.gross).sum();
        if credited + note.gross >= credited_invoice.gross {
            changes.extend(self.late_taken_back(&credited_invoice).await?.into_iter().map(Change::Post));
        }
        if let Some(customer) = self.store.customer(note.account_sid).await? {
            changes.append(self.tell_of_document(&customer, &note));
        }
        let issue = InvoiceChange::Issue { invoice: Box::new(note), series, sequence, supplies: Vec::new() };
        changes.push(issue.into());
        Ok(changes)
    }

    /// The customer's program is told that so much of an invoice is settled.
    pub(crate) async fn tell_of_payment(
        &self,
        state: &InvoiceState,
        (used, reference): (Money, &str),
        changes: &mut ChangeSet,
    ) -> Result<(), AppError> {
        let Some(customer) = self.store.customer(state.invoice.account_sid).await? else { return Ok(()) };
        let told = callbacks::payment_settled(&customer, state, (used, reference), self.clock.now());
        changes.extend(told.map(Change::QueueCallback));
        Ok(())
    }
}

/// What was paid of an invoice before it was taken back.
fn not_creditable(error: &CreditError) -> AppError {
    refuse(ErrorCode::NotCreditable, format!("{error}."))
}

fn to_wallet(note: &Invoice, amount: Money, posted_at: flexio_domain::Timestamp) -> LedgerTransaction {
    let customer = note.account_sid;
    LedgerTransaction {
        id: format!("credit:{}:wallet", note.number),
        account_sid: customer,
        reference: note.number.clone(),
        currency: note.currency,
        legs: without_zeros([
            (LedgerAccount::Receivable(customer), amount),
            (LedgerAccount::Wallet(customer), -amount),
        ]),
        posted_at,
    }
}

pub(crate) fn without_zeros<const N: usize>(legs: [(LedgerAccount, Money); N]) -> Vec<LedgerLeg> {
    let legs = legs.into_iter().filter(|(_, amount)| *amount != Money::ZERO);
    legs.map(|(account, amount)| LedgerLeg { account, amount }).collect()
}

/// The structured communication of what a payer wrote: all of it, or one of its words.
fn communication_of(text: &str) -> Result<StructuredCommunication, &'static str> {
    use flexio_domain::invoice::CommunicationError;
    let mut reason = "no structured communication";
    for candidate in std::iter::once(text).chain(text.split_whitespace()) {
        match candidate.parse() {
            Ok(communication) => return Ok(communication),
            // A typing error may have hit another customer's: never guessed.
            Err(CommunicationError::Check) => reason = "the check digits of the communication are wrong",
            Err(CommunicationError::Digits) => {}
        }
    }
    Err(reason)
}
