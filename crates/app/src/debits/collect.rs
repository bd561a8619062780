//! Files for the bank: which invoices are in the next one, and the text of one that was made.

use std::collections::HashMap;

use flexio_billing::debit;
use flexio_documents::bank::pain;
use flexio_domain::*;
use flexio_store::{ChangeSet, DebitChange, Page};
use jiff::civil::Date;

use crate::App;
use crate::error::{AppError, refuse};

/// Collections of one file: each is two changes of its transaction.
const FILE_MAX: usize = 4_000;
/// Invoices read at once, and in one run.
const READ_AT_ONCE: u32 = 500;
const READ_MAX: usize = 1_000_000;
/// Invoices that a run names; the count is complete.
const LEFT_NAMED_MAX: usize = 100;
/// Collections of a file read at once.
const COLLECTIONS_AT_ONCE: u32 = 1_000;

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CollectRun {
    /// The file that was made, or would be; `None` where nothing is to be collected.
    pub file: Option<CollectionFile>,
    /// What is in it, in its order.
    pub collections: Vec<Collection>,
    /// Invoices that say that they are collected and cannot be: paid by transfer, or not at all.
    pub left: u64,
    /// The numbers of the first of them, and why.
    pub reasons: Vec<(String, String)>,
}

/// What a file is made of, before it has one.
#[derive(Default)]
struct Draft {
    /// Invoice, amount, day.
    wanted: Vec<(InvoiceState, Money, Date)>,
    /// As they were read.
    mandates: HashMap<MandateSid, Mandate>,
    left: u64,
    reasons: Vec<(String, String)>,
}

impl App {
    /// Puts every invoice that is to be collected until a day into a file for the bank, each once; a dry run only says which. What does
    /// not fit into one file is in the next.
    pub async fn collect(&self, until: Date, by: &str, dry_run: bool) -> Result<CollectRun, AppError> {
        let creditor = self.creditor()?;
        retrying!(self.try_collect(&creditor, until, by, dry_run))
    }

    fn creditor(&self) -> Result<(CreditorId, Iban), AppError> {
        let operator = &self.config.operator;
        let id = operator.creditor_id.clone().ok_or(ErrorCode::DirectDebitOff)?;
        let iban = operator.iban.parse();
        Ok((id, iban.map_err(|error| refuse(ErrorCode::Internal, format!("operator.iban {error}")))?))
    }

    async fn try_collect(
        &self,
        creditor: &(CreditorId, Iban),
        until: Date,
        by: &str,
        dry_run: bool,
    ) -> Result<CollectRun, AppError> {
        let draft = self.to_collect(until).await?;
        let (left, reasons) = (draft.left, draft.reasons.clone());
        let Some((file, collections, mandates)) = self.made(draft, creditor, by) else {
            return Ok(CollectRun { left, reasons, ..CollectRun::default() });
        };
        if !dry_run {
            let mut changes =
                ChangeSet::from(flexio_store::Change::from(DebitChange::CreateFile(Box::new(file.clone()))));
            changes.extend(collections.iter().map(|it| DebitChange::Request(Box::new(it.clone())).into()));
            changes.extend(mandates.into_iter().map(|it| DebitChange::UpdateMandate(Box::new(it)).into()));
            self.store.commit(changes).await?;
            tracing::info!(file_sid = %file.sid, count = file.count, "collection_file_made");
        }
        Ok(CollectRun { file: Some(file), collections, left, reasons })
    }

    async fn to_collect(&self, until: Date) -> Result<Draft, AppError> {
        let behind = until.tomorrow().unwrap_or(Date::MAX).to_string();
        let (mut day, mut after, mut read) = (String::new(), None, 0);
        let mut draft = Draft::default();
        while draft.wanted.len() < FILE_MAX {
            let some = self.store.overdue_invoices(&behind, (&day, after), READ_AT_ONCE).await?;
            read += some.len();
            let last = some.last().map(|it| (it.invoice.due_on.to_string(), it.invoice.sid));
            let is_last = some.len() < READ_AT_ONCE as usize || read >= READ_MAX;
            for state in some {
                let is_due = state.invoice.direct_debit.as_ref().is_some_and(|it| it.collect_on <= until);
                if is_due && draft.wanted.len() < FILE_MAX {
                    self.want(state, &mut draft).await?;
                }
            }
            match last {
                Some((due_on, sid)) if !is_last => (day, after) = (due_on, Some(sid)),
                _ => break,
            }
        }
        Ok(draft)
    }

    /// Takes an invoice into the draft, or says why it is left.
    async fn want(&self, state: InvoiceState, draft: &mut Draft) -> Result<(), AppError> {
        let Some(debit) = state.invoice.direct_debit.clone() else { return Ok(()) };
        if self.store.collection_of_invoice(state.invoice.sid).await?.is_some() {
            return Ok(());
        }
        let amount = state.open() - self.disputed(&state).await?;
        let day = debit::requested_day(debit.collect_on, self.local_today());
        if amount <= Money::ZERO {
            return Ok(());
        }
        if !draft.mandates.contains_key(&debit.mandate_sid)
            && let Some(mandate) = self.store.mandate(state.invoice.account_sid, debit.mandate_sid).await?
        {
            draft.mandates.insert(mandate.sid, mandate);
        }
        if draft.mandates.get(&debit.mandate_sid).is_some_and(|it| it.is_in_force(day)) {
            draft.wanted.push((state, amount, day));
            return Ok(());
        }
        draft.left += 1;
        if draft.reasons.len() < LEFT_NAMED_MAX {
            draft.reasons.push((state.invoice.number, "its mandate is not in force any more".to_owned()));
        }
        Ok(())
    }

    /// The file of a draft: batches by day and sequence, in that order. With it come the mandates as they are once it is made.
    fn made(
        &self,
        draft: Draft,
        (creditor_id, creditor_iban): &(CreditorId, Iban),
        by: &str,
    ) -> Option<(CollectionFile, Vec<Collection>, Vec<Mandate>)> {
        let Draft { mut wanted, mut mandates, .. } = draft;
        wanted.sort_by_key(|(state, _, day)| (*day, state.invoice.sid));
        let (operator, now) = (&self.config.operator, self.clock.now());
        let mut collections = Vec::new();
        let mut file = CollectionFile {
            sid: CollectionFileSid::new(),
            made_by: by.to_owned(),
            made_at: now,
            creditor_name: operator.name.clone(),
            creditor_id: creditor_id.clone(),
            creditor_iban: creditor_iban.clone(),
            creditor_bic: operator.bic.clone(),
            count: 0,
            total: Money::ZERO,
            currency: Currency::EUR,
        };
        let mut used = Vec::new();
        for (state, amount, day) in wanted {
            let invoice = state.invoice;
            let of = invoice.direct_debit.as_ref()?.mandate_sid;
            let (Some(communication), Some(mandate)) = (invoice.communication, mandates.get_mut(&of)) else {
                continue;
            };
            let is_first = mandate.last_collected_on.replace(day).is_none();
            let sequence = if is_first { DebitSequence::First } else { DebitSequence::Recurrent };
            if !used.contains(&of) {
                used.push(of);
            }
            collections.push(Collection {
                sid: CollectionSid::new(),
                version: 1,
                account_sid: invoice.account_sid,
                invoice_sid: invoice.sid,
                invoice_number: invoice.number,
                file_sid: file.sid,
                batch: String::new(),
                mandate_sid: of,
                mandate_reference: mandate.reference.clone(),
                mandate_signed_on: mandate.signed_on,
                debtor_name: mandate.debtor_name.clone(),
                iban: mandate.iban.clone(),
                amount,
                currency: invoice.currency,
                end_to_end: communication.digits(),
                collect_on: day,
                sequence,
                state: CollectionState::Requested,
                bank_reference: None,
                settled: Money::ZERO,
                returned: None,
                requested_at: now,
                updated_at: now,
            });
        }
        in_batches(&file, &mut collections);
        used.retain(|sid| collections.iter().any(|it| it.mandate_sid == *sid));
        file.count = u32::try_from(collections.len()).unwrap_or(u32::MAX);
        file.total = collections.iter().map(|it| it.amount).sum();
        let mandates = used.iter().filter_map(|sid| mandates.remove(sid)).collect();
        (!collections.is_empty()).then_some((file, collections, mandates))
    }

    /// A file that was made, and its text for the bank: the same bytes each time, until a payer in it is erased.
    pub async fn collection_file_text(
        &self,
        sid: CollectionFileSid,
    ) -> Result<(CollectionFile, Vec<Collection>, String), AppError> {
        let file = self.store.collection_file(sid).await?.ok_or(ErrorCode::NotFound)?;
        let mut collections: Vec<Collection> = Vec::new();
        loop {
            let after = collections.last().map(|it| it.sid);
            let some = self.store.collections_of_file(sid, after, COLLECTIONS_AT_ONCE).await?;
            let is_last = some.len() < COLLECTIONS_AT_ONCE as usize;
            collections.extend(some);
            if is_last {
                let text = pain::document(&file, &collections);
                return Ok((file, collections, text));
            }
        }
    }

    /// Files that were made, newest first.
    pub async fn collection_files(&self, page: &Page) -> Result<Vec<CollectionFile>, AppError> {
        Ok(self.store.collection_files(page).await?)
    }
}

/// Orders collections by day and sequence, names their batches and gives them sids in that order. What is beyond the batches of a file
/// waits for the next.
fn in_batches(file: &CollectionFile, collections: &mut Vec<Collection>) {
    // Stable: the first by a mandate comes before those that follow it on the same day.
    collections.sort_by_key(|it| (it.collect_on, it.sequence));
    let (mut number, mut last) = (0, None);
    for collection in collections.iter_mut() {
        let of = (collection.collect_on, collection.sequence);
        if last.replace(of) != Some(of) {
            number += 1;
        }
        collection.batch = pain::batch(file, number);
        collection.sid = CollectionSid::new();
    }
    let most = pain::batch(file, pain::BATCHES_MAX + 1);
    if let Some(too_many) = collections.iter().position(|it| it.batch == most) {
        collections.truncate(too_many);
    }
}
