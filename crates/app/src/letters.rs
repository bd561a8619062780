//! Letters about an invoice: it is sent with its issue, again on request, and each is kept as its own proof.
//!
//! A letter commits with the fact it tells of. What became of it is what became of its e-mail.

use flexio_billing::dunning::after_term;
use flexio_billing::late::Late;
use flexio_documents::letters::{LateWords, LetterFacts, letter};
use flexio_domain::*;
use flexio_store::{Change, ChangeSet, LetterChange, MailChange};
use jiff::civil::Date;

use crate::App;
use crate::error::{AppError, refuse};
use crate::vault::{digest, hex};

/// Letters about one invoice; beyond it no more is written.
pub(crate) const LETTERS_MAX: u32 = 100;
/// Items of revenue of what is paid late.
const LATE_FIXED: &str = "late.fixed";
const LATE_INTEREST: &str = "late.interest";
/// How often an invoice is sent, the first time with it.
const ISSUES_MAX: usize = 20;

/// A letter, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterShown {
    /// As it was written.
    pub letter: Letter,
    /// `queued`, `sent`, `failed`, or `posted`.
    pub state: &'static str,
    /// When the mail server took it; when it was written, if it was posted.
    pub sent_at: Option<Timestamp>,
    /// Why it failed.
    pub reason: Option<String>,
}

/// What a letter asks for besides its invoice: owed from the wallet, so that whatever is paid beyond the invoice pays it. It is damages and
/// bears no tax.
fn late_posting(invoice: &Invoice, letter: &Letter, posted_at: Timestamp) -> Option<LedgerTransaction> {
    let (fixed, interest) = (letter.late_fixed, letter.late_interest);
    let legs = crate::payments::without_zeros([
        (LedgerAccount::Wallet(letter.account_sid), fixed + interest),
        (LedgerAccount::Revenue(LATE_FIXED.to_owned()), -fixed),
        (LedgerAccount::Revenue(LATE_INTEREST.to_owned()), -interest),
    ]);
    (!legs.is_empty()).then(|| LedgerTransaction {
        id: format!("late:{}:{}", letter.invoice_sid, letter.number),
        account_sid: letter.account_sid,
        reference: invoice.number.clone(),
        currency: invoice.currency,
        legs,
        posted_at,
    })
}

/// What a letter is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) kind: LetterKind,
    pub(crate) channel: LetterChannel,
    pub(crate) invoice: &'a Invoice,
    /// Open, and not in dispute.
    pub(crate) amount: Money,
    pub(crate) disputed: Money,
    pub(crate) suspend_on: Option<Date>,
    pub(crate) charges: Charges,
}

/// What is asked for besides the invoice.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Charges {
    /// By this letter, for the first time.
    pub(crate) new: Late,
    /// The fixed sum and the interest that were asked for before.
    pub(crate) before: (Money, Money),
    /// The fixed sum that a reminder says may follow.
    pub(crate) announced: Option<Money>,
}

impl App {
    /// The letter behind `number` others, and its e-mail where it goes by e-mail and the installation sends any.
    pub(crate) fn write_letter(&self, to: &str, number: u32, about: &About<'_>) -> (Letter, ChangeSet) {
        let (now, today) = (self.clock.now(), self.local_today());
        let rules = &self.config.dunning;
        let behind = match about.kind {
            LetterKind::Suspension => {
                today.saturating_add(jiff::Span::new().days(i64::from(rules.close_days)))
            }
            _ => after_term(today, about.channel, rules.term_days).yesterday().unwrap_or(today),
        };
        let (subject, text) = letter(&LetterFacts {
            kind: about.kind,
            invoice: about.invoice,
            amount: about.amount,
            disputed: about.disputed,
            pay_until: behind,
            suspend_on: about.suspend_on,
            close_days: rules.close_days,
            late: LateWords {
                announced: about.charges.announced,
                fixed: about.charges.before.0 + about.charges.new.fixed,
                interest: about.charges.before.1 + about.charges.new.interest,
            },
        });
        let account = about.invoice.account_sid;
        let (mut changes, mut failure) = (ChangeSet::new(), None);
        let mut email_sid = None;
        if about.channel == LetterChannel::Email {
            match self.letter_email(account, to, (&subject, &text), about.invoice.sid) {
                Ok(email) => {
                    email_sid = Some(email.sid);
                    changes.push(MailChange::Create(email).into());
                }
                Err(error) => failure = Some(error.to_string()),
            }
        }
        let letter = Letter {
            sid: LetterSid::new(),
            invoice_sid: about.invoice.sid,
            account_sid: account,
            number: number + 1,
            kind: about.kind,
            channel: about.channel,
            to: to.to_owned(),
            email_sid,
            failure,
            sha256: hex(&digest(&format!("{subject}\n{text}"))),
            subject,
            text,
            amount: about.amount,
            late_fixed: about.charges.new.fixed,
            late_interest: about.charges.new.interest,
            interest_until: about.charges.new.until,
            suspend_on: about.suspend_on,
            written_on: today,
            written_at: now,
        };
        changes.extend(late_posting(about.invoice, &letter, now).map(Change::Post));
        changes.push(LetterChange::Write(Box::new(letter.clone())).into());
        (letter, changes)
    }

    /// The letter that goes with a new document, and the callback that tells of it.
    pub(crate) fn tell_of_document(&self, customer: &Customer, invoice: &Invoice) -> ChangeSet {
        let about = About {
            kind: LetterKind::Issue,
            channel: LetterChannel::Email,
            invoice,
            amount: invoice.payable,
            disputed: Money::ZERO,
            suspend_on: None,
            charges: Charges::default(),
        };
        let (_, mut changes) = self.write_letter(&customer.invoice_email, 0, &about);
        let told = crate::callbacks::document_issued(customer, invoice, self.clock.now());
        changes.extend(told.map(Change::QueueCallback));
        let sending = self.dispatch_of(invoice, 1);
        changes.extend(sending.map(|dispatch| Change::from(LetterChange::Send(Box::new(dispatch)))));
        changes
    }

    /// Sends an invoice or credit note again, to the customer's present address.
    pub async fn send_invoice(&self, account: AccountSid, sid: InvoiceSid) -> Result<LetterShown, AppError> {
        let sent = retrying!(self.try_send_invoice(account, sid))?;
        self.wake.emails.notify_one();
        self.letter_shown(sent).await
    }

    async fn try_send_invoice(&self, account: AccountSid, sid: InvoiceSid) -> Result<Letter, AppError> {
        let state = self.store.invoice(account, sid).await?.ok_or(ErrorCode::NotFound)?;
        let customer = self.customer(account).await?;
        let letters = self.store.letters(account, sid, LETTERS_MAX).await?;
        let issues = letters.iter().filter(|letter| letter.kind == LetterKind::Issue).count();
        if issues >= ISSUES_MAX || letters.len() >= LETTERS_MAX as usize {
            let why = format!("A document is sent {ISSUES_MAX} times at most.");
            return Err(refuse(ErrorCode::TooManyResources, why));
        }
        let amount = match state.invoice.kind {
            InvoiceKind::Invoice => state.open(),
            InvoiceKind::CreditNote => state.invoice.payable,
        };
        let about = About {
            kind: LetterKind::Issue,
            channel: LetterChannel::Email,
            invoice: &state.invoice,
            amount,
            disputed: Money::ZERO,
            suspend_on: None,
            charges: Charges::default(),
        };
        let number = letters.last().map_or(0, |letter| letter.number);
        let (letter, changes) = self.write_letter(&customer.invoice_email, number, &about);
        if let Some(failure) = letter.failure {
            return Err(refuse(ErrorCode::EmailOff, failure));
        }
        self.store.commit(changes).await?;
        Ok(letter)
    }

    /// What takes the charges for late payment of an invoice back, once all of it is credited: there was nothing to pay late.
    pub(crate) async fn late_taken_back(
        &self,
        invoice: &Invoice,
    ) -> Result<Vec<LedgerTransaction>, AppError> {
        let letters = self.store.letters(invoice.account_sid, invoice.sid, LETTERS_MAX).await?;
        let now = self.clock.now();
        let posted = letters.iter().filter_map(|letter| late_posting(invoice, letter, letter.written_at));
        Ok(posted.map(|posting| flexio_billing::ledger::reversal(&posting, now)).collect())
    }

    /// What was written about an invoice or credit note, oldest first.
    pub async fn letters(&self, account: AccountSid, sid: InvoiceSid) -> Result<Vec<LetterShown>, AppError> {
        self.store.invoice(account, sid).await?.ok_or(ErrorCode::NotFound)?;
        let mut shown = Vec::new();
        for letter in self.store.letters(account, sid, LETTERS_MAX).await? {
            shown.push(self.letter_shown(letter).await?);
        }
        Ok(shown)
    }

    pub(crate) async fn letter_shown(&self, letter: Letter) -> Result<LetterShown, AppError> {
        if letter.channel == LetterChannel::Post {
            let sent_at = Some(letter.written_at);
            return Ok(LetterShown { letter, state: "posted", sent_at, reason: None });
        }
        let account = letter.account_sid;
        let (state, sent_at, reason) =
            self.email_outcome(account, letter.email_sid, letter.failure.as_deref()).await?;
        Ok(LetterShown { letter, state, sent_at, reason })
    }

    /// What became of an e-mail to a customer, when the mail server took it, and why it failed: `queued`, `sent` or `failed`. `failure` is
    /// why there is none.
    pub(crate) async fn email_outcome(
        &self,
        account: AccountSid,
        email: Option<EmailSid>,
        failure: Option<&str>,
    ) -> Result<(&'static str, Option<Timestamp>, Option<String>), AppError> {
        let email = match email {
            Some(sid) => self.store.email(account, sid).await?,
            None => None,
        };
        let Some(email) = email else { return Ok(("failed", None, failure.map(str::to_owned))) };
        Ok(match email.status {
            EmailStatus::Queued => ("queued", None, None),
            EmailStatus::Sent | EmailStatus::PartiallySent => ("sent", email.sent_at, None),
            EmailStatus::Failed => {
                let words = || email.error.map(|code| code.sentence().to_owned());
                ("failed", email.sent_at, email.last_error.clone().or_else(words))
            }
        })
    }
}
