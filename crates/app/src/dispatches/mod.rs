//! Structured documents to Belgian businesses: queued with their issue, handed over, followed until somebody says that they arrived.
//!
//! A sending is decided by what the other side says of it. It has a name that follows from the document and its number, so that a hand-over
//! whose answer was lost is made again without a second document.

pub mod folder;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flexio_documents::ubl;
use flexio_domain::*;
use flexio_store::{Change, LetterChange, StoreError};
use jiff::SignedDuration;

use crate::App;
use crate::cache::Cache;
use crate::error::{AppError, refuse};
use crate::vault::{digest, hex};

/// How often it is looked what is due, and how much at once.
const LOOK_EVERY: Duration = Duration::from_secs(10);
const AT_ONCE: u32 = 50;
/// Sendings of one document.
const SENDINGS_MAX: usize = 20;
/// A document that cannot be handed over is given up after this.
const TRIED_FOR: SignedDuration = SignedDuration::from_hours(72);
/// Where nobody says what became of it, it is not asked any more after this; it stays sent.
const ASKED_FOR: SignedDuration = SignedDuration::from_hours(24 * 14);
/// Longest wait between two tries.
const WAIT_MAX: SignedDuration = SignedDuration::from_hours(6);
/// Characters of a reason that are kept.
const REASON_MAX: usize = 500;
/// Seconds for which it is known what a participant takes.
const KNOWN_S: u32 = 86_400;

/// A document to hand over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingDocument {
    /// The same when it is handed over again: `2026-000042-1`.
    pub name: String,
    /// What it is.
    pub kind: InvoiceKind,
    /// UBL.
    pub content: String,
    /// The seller, with its scheme.
    pub sender: String,
    /// The buyer, with its scheme.
    pub receiver: String,
}

/// What became of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Nobody knows yet.
    Sent,
    /// It arrived.
    Delivered,
    /// It will not, and why.
    Rejected(String),
}

/// A document was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The other side's name of it.
    pub reference: String,
    /// What became of it already.
    pub fate: Fate,
}

/// Why a document was not handed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// It will not be taken, and why.
    #[error("refused: {0}")]
    Refused(String),
    /// It may have been taken or not: to be handed over again, under the same name.
    #[error("not reached: {0}")]
    Unknown(String),
}

/// Takes structured documents on their way.
#[async_trait]
pub trait DocumentTransport: Send + Sync + std::fmt::Debug {
    /// How it goes.
    fn way(&self) -> DispatchWay;
    /// Whether it ever says that a document arrived.
    fn tells_delivery(&self) -> bool;
    /// Hands a document over; the same name again is the same document.
    async fn send(&self, document: &OutgoingDocument) -> Result<Receipt, TransportError>;
    /// What became of one.
    async fn fate(&self, reference: &str) -> Result<Fate, TransportError>;
}

/// Knows who takes what.
#[async_trait]
pub trait ParticipantDirectory: Send + Sync + std::fmt::Debug {
    /// Whether a participant takes documents of this kind; the error says why that is not known now.
    async fn takes(&self, participant: &str, kind: InvoiceKind) -> Result<bool, String>;
}

/// How documents go out of this process.
#[derive(Debug)]
pub(crate) struct Outgoing {
    transport: Arc<dyn DocumentTransport>,
    directory: Option<Arc<dyn ParticipantDirectory>>,
    known: Cache<(String, InvoiceKind), bool>,
}

/// Sends documents that are due and hears what became of others, until the process ends. Any number of processes may.
pub async fn keep_dispatches(app: Arc<App>) {
    if app.outgoing.get().is_none() {
        return;
    }
    loop {
        if let Err(error) = app.dispatch_due().await {
            tracing::error!(%error, "documents_not_dispatched");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

impl App {
    /// Names how structured documents go out; the first one stays. Without one they go by e-mail and over the API only.
    pub fn set_document_transport(
        &self,
        transport: Arc<dyn DocumentTransport>,
        directory: Option<Arc<dyn ParticipantDirectory>>,
    ) {
        if self.outgoing.set(Outgoing { transport, directory, known: Cache::new(KNOWN_S) }).is_err() {
            tracing::warn!("the transport of documents was set twice; the first stays");
        }
    }

    /// The sending that goes with a document, where its buyer gets it this way: a business in Belgium that is registered for value added tax.
    pub(crate) fn dispatch_of(&self, invoice: &Invoice, number: u32) -> Option<Dispatch> {
        let outgoing = self.outgoing.get()?;
        let buyer = &invoice.buyer;
        let is_due = buyer.address.country == "BE" && buyer.vat_number.is_some();
        let participant = ubl::participant(buyer).filter(|_| is_due)?;
        let now = self.clock.now();
        Some(Dispatch {
            invoice_sid: invoice.sid,
            number,
            version: 1,
            account_sid: invoice.account_sid,
            way: outgoing.transport.way(),
            participant,
            sha256: hex(&digest(&ubl::document(invoice))),
            state: DispatchState::Queued,
            reason: None,
            reference: None,
            tries: 0,
            due_at: Some(now),
            created_at: now,
            sent_at: None,
            decided_at: None,
        })
    }

    /// Sendings of an invoice or credit note, oldest first.
    pub async fn dispatches(&self, account: AccountSid, sid: InvoiceSid) -> Result<Vec<Dispatch>, AppError> {
        self.store.invoice(account, sid).await?.ok_or(ErrorCode::NotFound)?;
        Ok(self.store.dispatches(account, sid, SENDINGS_LIMIT).await?)
    }

    /// Sends a document again: one that was rejected, or one that nobody says has arrived.
    pub async fn dispatch_again(
        &self,
        account: AccountSid,
        by_operator: bool,
        sid: InvoiceSid,
    ) -> Result<Dispatch, AppError> {
        let state = self.store.invoice(account, sid).await?.ok_or(ErrorCode::NotFound)?;
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account sends a document again."));
        }
        let none = || refuse(ErrorCode::Unprocessable, "The document does not go out this way.");
        retrying!(async {
            let earlier = self.store.dispatches(account, sid, SENDINGS_LIMIT).await?;
            match earlier.last().map(|it| it.state) {
                Some(DispatchState::Queued) => {
                    return Err(refuse(ErrorCode::Conflict, "The document waits to be sent."));
                }
                Some(DispatchState::Delivered) => {
                    return Err(refuse(ErrorCode::Conflict, "The document has arrived."));
                }
                Some(DispatchState::Sent | DispatchState::Rejected) | None => {}
            }
            if earlier.len() >= SENDINGS_MAX {
                let why = format!("A document is sent {SENDINGS_MAX} times at most.");
                return Err(refuse(ErrorCode::TooManyResources, why));
            }
            let number = earlier.last().map_or(0, |it| it.number) + 1;
            let next = self.dispatch_of(&state.invoice, number).ok_or_else(none)?;
            let mut changes =
                flexio_store::ChangeSet::from(Change::from(LetterChange::Send(Box::new(next.clone()))));
            // Of the one before nobody asks any more.
            if let Some(last) = earlier.into_iter().next_back().filter(|it| it.due_at.is_some()) {
                changes.push(LetterChange::UpdateSending(Box::new(Dispatch { due_at: None, ..last })).into());
            }
            self.store.commit(changes).await?;
            Ok::<_, AppError>(next)
        })
    }

    /// Does what is due: how many documents were looked at.
    pub async fn dispatch_due(&self) -> Result<usize, AppError> {
        let Some(outgoing) = self.outgoing.get() else { return Ok(0) };
        let due = self.store.due_dispatches(self.clock.now(), AT_ONCE).await?;
        let count = due.len();
        for dispatch in due {
            let name = format!("{}/{}", dispatch.invoice_sid, dispatch.number);
            let moved = match dispatch.state {
                DispatchState::Queued => self.hand_over(outgoing, dispatch).await?,
                DispatchState::Sent => self.hear(outgoing, dispatch).await,
                DispatchState::Delivered | DispatchState::Rejected => Dispatch { due_at: None, ..dispatch },
            };
            let state = moved.state.as_str();
            if let Some(reason) = &moved.reason {
                tracing::warn!(document = name, state, reason, "document_not_delivered");
            }
            metrics::counter!("documents_dispatched_total", "state" => state).increment(1);
            match self.store.commit(Change::from(LetterChange::UpdateSending(Box::new(moved))).into()).await {
                // Another process was there too; whoever takes documents knows them by their names.
                Ok(()) | Err(StoreError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(count)
    }

    async fn hand_over(&self, outgoing: &Outgoing, dispatch: Dispatch) -> Result<Dispatch, AppError> {
        let (account, sid) = (dispatch.account_sid, dispatch.invoice_sid);
        let Some(state) = self.store.invoice(account, sid).await? else {
            return Ok(self.decided(dispatch, Fate::Rejected("the document is gone".to_owned())));
        };
        let invoice = &state.invoice;
        match self.is_taken(outgoing, &dispatch.participant, invoice.kind).await {
            Ok(true) => {}
            Ok(false) => {
                let why = format!("{} takes no such documents over Peppol", dispatch.participant);
                return Ok(self.decided(dispatch, Fate::Rejected(why)));
            }
            Err(why) => return Ok(self.put_off(dispatch, &why)),
        }
        let pdf = match flexio_documents::invoice_pdf::document(invoice) {
            Ok(pdf) => pdf,
            Err(error) => return Ok(self.put_off(dispatch, &format!("the PDF cannot be made: {error}"))),
        };
        let content = ubl::with_pdf(invoice, &pdf);
        let sha256 = hex(&digest(&content));
        let document = OutgoingDocument {
            name: format!("{}-{}", invoice.number, dispatch.number),
            kind: invoice.kind,
            content,
            sender: ubl::seller_participant(&invoice.seller),
            receiver: dispatch.participant.clone(),
        };
        Ok(match outgoing.transport.send(&document).await {
            Ok(Receipt { reference, fate }) => {
                let now = self.clock.now();
                let sent = Dispatch {
                    state: DispatchState::Sent,
                    reason: None,
                    reference: Some(reference),
                    sha256,
                    tries: 0,
                    sent_at: Some(now),
                    due_at: later(now, 0),
                    ..dispatch
                };
                self.decided(sent, fate)
            }
            Err(TransportError::Refused(why)) => self.decided(dispatch, Fate::Rejected(why)),
            Err(TransportError::Unknown(why)) => self.put_off(dispatch, &why),
        })
    }

    /// What became of a document that was handed over.
    async fn hear(&self, outgoing: &Outgoing, dispatch: Dispatch) -> Dispatch {
        let now = self.clock.now();
        let tries = dispatch.tries + 1;
        let is_old = dispatch.sent_at.is_some_and(|at| now.duration_since(at) > ASKED_FOR);
        let reference = dispatch.reference.clone().unwrap_or_default();
        match outgoing.transport.fate(&reference).await {
            Ok(Fate::Sent) | Err(_) => {
                let due_at = later(now, tries).filter(|_| !is_old);
                Dispatch { tries, due_at, ..dispatch }
            }
            Ok(fate) => self.decided(dispatch, fate),
        }
    }

    fn decided(&self, dispatch: Dispatch, fate: Fate) -> Dispatch {
        let now = Some(self.clock.now());
        match fate {
            Fate::Sent => dispatch,
            Fate::Delivered => Dispatch {
                state: DispatchState::Delivered,
                reason: None,
                due_at: None,
                decided_at: now,
                ..dispatch
            },
            Fate::Rejected(why) => Dispatch {
                state: DispatchState::Rejected,
                reason: Some(why.chars().filter(|c| !c.is_control()).take(REASON_MAX).collect()),
                due_at: None,
                decided_at: now,
                ..dispatch
            },
        }
    }

    /// It is tried again, later and later, for three days.
    fn put_off(&self, dispatch: Dispatch, why: &str) -> Dispatch {
        let now = self.clock.now();
        if now.duration_since(dispatch.created_at) > TRIED_FOR {
            return self.decided(dispatch, Fate::Rejected(format!("given up: {why}")));
        }
        let tries = dispatch.tries + 1;
        let reason = Some(why.chars().filter(|c| !c.is_control()).take(REASON_MAX).collect());
        Dispatch { tries, reason, due_at: later(now, tries), ..dispatch }
    }

    /// Whether the buyer takes the document; known for a day.
    async fn is_taken(
        &self,
        outgoing: &Outgoing,
        participant: &str,
        kind: InvoiceKind,
    ) -> Result<bool, String> {
        let Some(directory) = &outgoing.directory else { return Ok(true) };
        let (key, now) = ((participant.to_lowercase(), kind), self.clock.now());
        if let Some(known) = outgoing.known.get(&key, now) {
            return Ok(known);
        }
        let ticket = outgoing.known.ticket();
        let takes = directory.takes(participant, kind).await?;
        outgoing.known.put(ticket, key, takes, now);
        Ok(takes)
    }

    /// Why nobody may be asked for a document yet: it went out as a structured one, and did not arrive. `None`: it did, or goes another way.
    pub(crate) async fn not_delivered(
        &self,
        account: AccountSid,
        sid: InvoiceSid,
    ) -> Result<Option<String>, AppError> {
        let sendings = self.store.dispatches(account, sid, SENDINGS_LIMIT).await?;
        let Some(last) = sendings.last() else { return Ok(None) };
        let tells = self.outgoing.get().is_none_or(|outgoing| outgoing.transport.tells_delivery());
        let arrived = sendings.iter().any(|it| match it.state {
            DispatchState::Delivered => true,
            // Whoever hands over into a folder hears of what was rejected, and of nothing else.
            DispatchState::Sent => !tells,
            DispatchState::Queued | DispatchState::Rejected => false,
        });
        if arrived {
            return Ok(None);
        }
        let why = last.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
        Ok(Some(format!("its structured document was not delivered, it is {}{why}", last.state.as_str())))
    }
}

/// Sendings of one document that are read.
const SENDINGS_LIMIT: u32 = 100;

/// 1 minute, 2, 4, … up to six hours.
fn later(now: Timestamp, tries: u32) -> Option<Timestamp> {
    let wait = SignedDuration::from_mins(1_i64 << tries.min(10)).min(WAIT_MAX);
    now.checked_add(wait).ok()
}
