//! What the bank says became of collections: the money came, it was taken back, or it never came.

use flexio_billing::debit;
use flexio_documents::bank::{BankPayment, BankRefusal, BankReturn, CollectedBy, Refused};
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, DebitChange, InvoiceChange};

use crate::App;
use crate::error::{AppError, refuse};
use crate::payments::{Matched, TRANSFER};

/// Collections of a batch that are looked at: those of a whole file.
const BATCH_MAX: u32 = 10_000;

/// What became of money that a bank took back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returned {
    /// This invoice asks for so much again.
    Reopened {
        /// Number of the invoice.
        number: String,
        /// Left to pay.
        open: Money,
    },
    /// It was booked before.
    Again,
    /// Nothing was booked, and why: a person has to look.
    Unmatched(&'static str),
}

/// What became of what a bank refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedByBank {
    /// So many collections came back.
    Noted {
        /// At least one.
        count: u32,
    },
    /// All of it was noted before.
    Again,
    /// Nothing was noted, and why: a person has to look.
    Unmatched(&'static str),
}

impl App {
    /// The collection a payment settles, and its invoice; `None` where it is an ordinary payment. Payers of transfers may write another's
    /// reference into theirs: one that is not of the amount that was asked for is no collection.
    pub(crate) async fn collected(
        &self,
        payment: &BankPayment,
    ) -> Result<Option<(Collection, InvoiceState)>, AppError> {
        let Some(CollectedBy::EndToEnd(name)) = &payment.collected else { return Ok(None) };
        let Some(collection) = self.store.collection_by_end_to_end(name).await? else { return Ok(None) };
        if collection.state != CollectionState::Requested || collection.amount != payment.amount {
            return Ok(None);
        }
        let state = self.store.invoice(collection.account_sid, collection.invoice_sid).await?;
        Ok(state.map(|state| (collection, state)))
    }

    /// The change of a collection whose money came.
    pub(crate) fn settled(&self, collection: Collection, used: Money, reference: &str) -> Change {
        let settled = Collection {
            state: CollectionState::Settled,
            settled: used,
            bank_reference: Some(reference.to_owned()),
            updated_at: self.clock.now(),
            ..collection
        };
        DebitChange::UpdateCollection(Box::new(settled)).into()
    }

    /// Books a batch that the bank booked as one: each of its collections as a payment. `None` where it is no batch of ours.
    pub(crate) async fn take_batch(&self, payment: &BankPayment) -> Result<Option<Matched>, AppError> {
        let Some(CollectedBy::Batch(name)) = &payment.collected else { return Ok(None) };
        let members = self.store.collections_of_batch(name, None, BATCH_MAX).await?;
        if members.is_empty() {
            return Ok(None);
        }
        let part = |it: &Collection| format!("{}/{}", payment.reference, it.end_to_end);
        let is_in = |it: &Collection| {
            it.state == CollectionState::Requested || it.bank_reference.as_deref() == Some(&*part(it))
        };
        let members: Vec<Collection> = members.into_iter().filter(is_in).collect();
        let sum: Money = members.iter().map(|it| it.amount).sum();
        if sum != payment.amount || members.iter().any(|it| it.currency.to_string() != payment.currency) {
            let why = "the batch is not the sum of its collections: ask the bank to book each, or note those it refused";
            return Ok(Some(Matched::Unmatched(why)));
        }
        let (mut booked, mut again) = (0, 0);
        for member in &members {
            let one = BankPayment {
                reference: part(member),
                amount: member.amount,
                collected: Some(CollectedBy::EndToEnd(member.end_to_end.clone())),
                ..payment.clone()
            };
            match retrying!(self.try_take_payment(&one))? {
                Matched::Again => again += 1,
                Matched::Paid { .. } | Matched::Collected { .. } => booked += 1,
                unmatched @ Matched::Unmatched(_) => return Ok(Some(unmatched)),
            }
        }
        Ok(Some(if booked == 0 && again > 0 { Matched::Again } else { Matched::Collected { count: booked } }))
    }

    /// Books that a bank took a collection back: its invoice asks for the money again, and goes the way of one that is not paid.
    pub async fn take_return(&self, back: &BankReturn) -> Result<Returned, AppError> {
        retrying!(self.try_take_return(back))
    }

    async fn try_take_return(&self, back: &BankReturn) -> Result<Returned, AppError> {
        let Some(collection) = self.store.collection_by_end_to_end(&back.end_to_end).await? else {
            return Ok(Returned::Unmatched("no collection has this name"));
        };
        match collection.state {
            CollectionState::Settled => {}
            CollectionState::Requested => {
                return Ok(Returned::Unmatched(
                    "its money is not booked: read the statement by which it came first",
                ));
            }
            CollectionState::Returned => {
                let known = collection.returned.as_ref().and_then(|it| it.reference.as_ref());
                return Ok(if known == Some(&back.reference) {
                    Returned::Again
                } else {
                    Returned::Unmatched("the collection came back before")
                });
            }
        }
        let fee = back.amount - collection.amount;
        let has_fee = fee > Money::ZERO && back.original == Some(collection.amount);
        if back.currency != collection.currency.to_string() || !(fee == Money::ZERO || has_fee) {
            return Ok(Returned::Unmatched("another amount than was collected"));
        }
        let found = self.store.invoice(collection.account_sid, collection.invoice_sid).await?;
        let state = found.ok_or(ErrorCode::NotFound)?;
        let now = self.clock.now();
        let posting = debit::returned(&collection, TRANSFER, fee, &back.reference, now);
        let settled = state.settled - collection.settled;
        let outcome = Returned::Reopened {
            number: state.invoice.number.clone(),
            open: state.invoice.payable - settled,
        };
        let mut changes = ChangeSet::from(Change::Post(posting));
        if collection.settled > Money::ZERO {
            changes.push(InvoiceChange::Settle(Box::new(state), settled).into());
        }
        let noted = DebitReturn {
            reason: back.reason.clone(),
            reference: Some(back.reference.clone()),
            fee,
            at: now,
        };
        changes.append(self.came_back(collection, noted).await?);
        self.store.commit(changes).await?;
        self.stopped.clear();
        Ok(outcome)
    }

    /// Notes what a bank refused of a file, before any money moved: each collection that still waits.
    pub async fn take_refusal(&self, refusal: &BankRefusal) -> Result<RefusedByBank, AppError> {
        let refused = match &refusal.what {
            Refused::EndToEnd(name) => self.store.collection_by_end_to_end(name).await?.into_iter().collect(),
            Refused::Batch(name) => self.store.collections_of_batch(name, None, BATCH_MAX).await?,
            // Nothing of it was taken in: the same file goes again once its fault is known.
            Refused::File(_) => {
                return Ok(RefusedByBank::Unmatched(
                    "the bank took nothing of the file: mend it and send it again",
                ));
            }
        };
        if refused.is_empty() {
            return Ok(RefusedByBank::Unmatched("no collection has this name"));
        }
        let mut noted = 0;
        for collection in refused.iter().filter(|it| it.state == CollectionState::Requested) {
            let (account, sid) = (collection.account_sid, collection.sid);
            Box::pin(self.note_refused_collection(account, true, sid, &refusal.reason)).await?;
            noted += 1;
        }
        Ok(if noted == 0 { RefusedByBank::Again } else { RefusedByBank::Noted { count: noted } })
    }

    /// Notes that a bank refused a collection before its money came; for the operator, from what his bank tells him elsewhere.
    pub async fn note_refused_collection(
        &self,
        account: AccountSid,
        by_operator: bool,
        sid: CollectionSid,
        reason: &str,
    ) -> Result<Collection, AppError> {
        let found = self.store.collection_anyones(sid).await?;
        found.filter(|it| it.account_sid == account).ok_or(ErrorCode::NotFound)?;
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account notes what its bank refused."));
        }
        let is_code =
            reason.len() == 4 && reason.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if !is_code {
            return Err(refuse(ErrorCode::InvalidParameter, "Reason is a bank's code, such as AC04."));
        }
        retrying!(async {
            let collection = self.store.collection_anyones(sid).await?.ok_or(ErrorCode::NotFound)?;
            if collection.state != CollectionState::Requested {
                let why = "Its money came, or it came back before.";
                return Err(refuse(ErrorCode::CollectionState, why));
            }
            let noted = DebitReturn {
                reason: reason.to_owned(),
                reference: None,
                fee: Money::ZERO,
                at: self.clock.now(),
            };
            self.store.commit(self.came_back(collection, noted).await?).await?;
            self.store.collection_anyones(sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
        })
    }

    /// What a collection that did not work changes besides the money: some reasons end its mandate.
    async fn came_back(&self, collection: Collection, noted: DebitReturn) -> Result<ChangeSet, AppError> {
        let mut changes = ChangeSet::new();
        if ends_mandate(&noted.reason)
            && let Some(mandate) = self.store.mandate(collection.account_sid, collection.mandate_sid).await?
            && mandate.revoked_at.is_none()
        {
            changes.push(self.revoked(mandate, &noted.reason));
        }
        let back = Collection {
            state: CollectionState::Returned,
            returned: Some(noted),
            updated_at: self.clock.now(),
            ..collection
        };
        changes.push(DebitChange::UpdateCollection(Box::new(back)).into());
        Ok(changes)
    }

    /// Why an invoice that is collected is not asked for otherwise: its collection is still to come (`Ok`), or a person has to look
    /// (`Err`). `None` where the collection has been tried and came back, or cannot be tried.
    pub(crate) async fn collection_comes_first(
        &self,
        state: &InvoiceState,
    ) -> Result<Option<Result<(), String>>, AppError> {
        let Some(debit) = &state.invoice.direct_debit else { return Ok(None) };
        let today = self.local_today();
        if let Some(collection) = self.store.collection_of_invoice(state.invoice.sid).await? {
            let waits = collection.state == CollectionState::Requested;
            let late = collection.collect_on.saturating_add(jiff::Span::new().days(DAYS_TO_SETTLE)) < today;
            let day = collection.collect_on;
            return Ok(waits.then(|| {
                if late { Err(format!("its collection of {day} is on no statement")) } else { Ok(()) }
            }));
        }
        let mandate = self.store.mandate(state.invoice.account_sid, debit.mandate_sid).await?;
        if !mandate.is_some_and(|it| it.is_in_force(today)) {
            return Ok(None);
        }
        let day = debit.collect_on;
        let late = day < today;
        Ok(Some(if late {
            Err(format!("it was to be collected on {day} and is in no file for the bank"))
        } else {
            Ok(())
        }))
    }
}

/// Days from a collection to the statement that has it: banks settle on the day, and statements come the next; weekends and feasts between.
const DAYS_TO_SETTLE: i64 = 7;
