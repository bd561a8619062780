//! E-mails: asked for over REST, by documents, flows and verifications; handed to the relay by a node, which tells what came of it.
//!
//! The row commits with whatever asks for it. Its text is sealed until the e-mail is over, and then gone: there is no reading it back.

use flexio_domain::*;
use flexio_messaging::email::{Outcome, tried};
use flexio_store::{Change, ChangeSet, MailChange, Page, Span, StoreError};
use jiff::SignedDuration;
use serde::Deserialize;

use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::{App, Format, callbacks};

/// Characters of a subject; what is longer is cut there.
pub const SUBJECT_MAX: usize = 160;
/// Bytes of a text.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// Recipients of an e-mail, copies included.
pub const RECIPIENTS_MAX: usize = 50;
/// A letter of the operator is tried for three days: the customer's mail server may be down over a weekend.
pub(crate) const LETTER_VALID_S: u32 = 3 * VALID_S;
/// Bytes of a recording that goes with an e-mail: ten minutes at telephone quality.
const ATTACHMENT_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// An e-mail is tried for a day where nobody says less.
const VALID_S: u32 = 86_400;
/// Code of the notification about an e-mail that did not go out (docs/notifications.md).
const NOT_SENT: u32 = 14_121;

/// A domain e-mail may be sent from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailSender {
    /// In lower case; its subdomains are others.
    pub domain: String,
    /// The one account that may; `None` for every account.
    pub account: Option<AccountSid>,
}

/// What an operator says about e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailPolicy {
    /// Sender where nobody names one, which every account may use; `None`: there is no e-mail.
    pub from: Option<Mailbox>,
    /// Other senders.
    pub senders: Vec<EmailSender>,
    /// E-mails an account may send in 24 hours.
    pub per_account_day: u32,
}

impl EmailPolicy {
    fn allows(&self, account: AccountSid, address: &EmailAddress) -> bool {
        let is_default = self.from.as_ref().is_some_and(|from| from.address == *address);
        let may = |sender: &EmailSender| {
            sender.domain == address.domain() && sender.account.is_none_or(|owner| owner == account)
        };
        is_default || self.senders.iter().any(may)
    }
}

/// Why a file cannot go with an e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailFileError {
    /// It is still being made, or cannot be read now.
    #[error("the recording is not ready")]
    NotYet,
    /// It failed, or was deleted.
    #[error("the recording is gone")]
    Gone,
    /// Larger than mail servers take.
    #[error("the recording is longer than ten minutes")]
    TooLarge,
    /// It cannot be read now.
    #[error("the invoice cannot be read")]
    Unread,
    /// It is not there, or cannot be printed.
    #[error("the invoice cannot be printed")]
    Unprinted,
}

/// A file that goes with an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailFile {
    /// Name, of letters, digits, dots and hyphens.
    pub name: String,
    /// Media type.
    pub kind: &'static str,
    /// Content.
    pub bytes: Vec<u8>,
}

/// What asks for an e-mail, beside a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EmailOrigin {
    /// The call whose document does.
    pub call: Option<CallSid>,
    /// The incoming message whose document does.
    pub message: Option<MessageSid>,
}

/// An e-mail to send.
#[derive(Debug, Clone, Default)]
pub struct CreateEmail {
    /// Identity that follows from the fact that asks for it; asked for again, the e-mail is the one that was made. `None` for a new one.
    pub sid: Option<EmailSid>,
    /// Sender; empty for the platform's.
    pub from: String,
    /// Receivers, with commas between them.
    pub to: String,
    /// Copies.
    pub cc: String,
    /// Blind copies.
    pub bcc: String,
    /// Subject; `None` for the account's name.
    pub subject: Option<String>,
    /// Text.
    pub body: Pii<String>,
    /// HTML rather than plain text.
    pub is_html: bool,
    /// A recording of the account that goes with it.
    pub recording: Option<RecordingSid>,
    /// An invoice or credit note of the account that goes with it.
    pub invoice: Option<InvoiceSid>,
    /// The operator's own mail to the customer: it counts for no limit of the account.
    pub by_operator: bool,
    /// Told of the outcome.
    pub status_callback: Option<Webhook>,
    /// Seconds it is tried, at most; `None` for a day.
    pub valid_s: Option<u32>,
    /// What asks for it.
    pub origin: EmailOrigin,
    /// API it is made through.
    pub api_version: &'static str,
}

impl App {
    /// Takes an e-mail: checks it and saves it as `queued`. It is sent after this returns.
    pub async fn create_email(
        &self,
        account: &Account,
        new: CreateEmail,
        keep: Keep<'_, Email>,
    ) -> Result<Email, AppError> {
        let given = new.sid;
        if let Some(sid) = given
            && let Some(made) = self.store.email(account.sid, sid).await?
        {
            return Ok(made);
        }
        let email = self.new_email(account, new).await?;
        let changes = Change::from(MailChange::Create(email.clone())).into();
        match self.commit_creation(changes, &email, keep).await {
            // A twin was quicker: its e-mail is the e-mail.
            Err(AppError::Store(StoreError::Conflict(what))) => {
                let made = match given {
                    Some(sid) => self.store.email(account.sid, sid).await?,
                    None => None,
                };
                return made.ok_or(AppError::Store(StoreError::Conflict(what)));
            }
            done => done?,
        }
        self.wake.emails.notify_one();
        Ok(email)
    }

    /// Everything [`App::create_email`] checks, and what it would keep.
    pub(crate) async fn new_email(&self, account: &Account, new: CreateEmail) -> Result<Email, AppError> {
        must_be_active(account)?;
        let policy = &self.config.email;
        let ours = policy.from.clone().ok_or(ErrorCode::EmailOff)?;
        let invalid = |why: &str| refuse(ErrorCode::EmailInvalid, why);
        let list = |name: &str, text: &str| {
            Mailbox::list(text)
                .map_err(|_| invalid(&format!("{name} has something that is no e-mail address.")))
        };
        let from = match new.from.trim() {
            "" => ours,
            text => text.parse().map_err(|_| invalid("From is not an e-mail address."))?,
        };
        if !policy.allows(account.sid, &from.address) {
            return Err(ErrorCode::EmailSenderNotAllowed.into());
        }
        let (to, cc, bcc) = (list("To", &new.to)?, list("CC", &new.cc)?, list("BCC", &new.bcc)?);
        if to.is_empty() {
            return Err(invalid("To is missing."));
        }
        let recipients = recipients([&to, &cc, &bcc]);
        if recipients.len() > RECIPIENTS_MAX {
            return Err(invalid("An e-mail has at most 50 recipients."));
        }
        let subject = new.subject.unwrap_or_else(|| account.friendly_name.clone());
        if subject.chars().any(char::is_control) {
            return Err(invalid("Subject must be one line."));
        }
        if new.body.0.is_empty() || new.body.0.len() > BODY_BYTES_MAX {
            return Err(invalid("Body must have 1 byte to 256 KiB."));
        }
        if let Some(recording) = new.recording {
            self.recording(account.sid, recording).await.map_err(|error| match error.code() {
                ErrorCode::NotFound => invalid("There is no such recording to attach."),
                _ => error,
            })?;
        }
        if !new.by_operator {
            self.must_have_room(account.sid).await?;
        }
        let most = if new.by_operator { LETTER_VALID_S } else { VALID_S };
        let valid_s = new.valid_s.unwrap_or(VALID_S).min(most);
        let new = CreateEmail { subject: Some(subject), valid_s: Some(valid_s), ..new };
        Ok(self.queued_email(account.sid, from, (to, cc, recipients), new))
    }

    /// An e-mail of the operator to a customer about an invoice, which goes with it. The account's own limits do not hold for it, nor does
    /// it matter whether the account may act.
    pub(crate) fn letter_email(
        &self,
        account: AccountSid,
        to: &str,
        (subject, text): (&str, &str),
        invoice: InvoiceSid,
    ) -> Result<Email, AppError> {
        let from = self.config.email.from.clone().ok_or(ErrorCode::EmailOff)?;
        let to = Mailbox::list(to).ok().filter(|to| !to.is_empty());
        let to = to.ok_or_else(|| refuse(ErrorCode::EmailInvalid, "InvoiceEmail is no address."))?;
        let recipients = recipients([&to, &[], &[]]);
        let new = CreateEmail {
            subject: Some(subject.to_owned()),
            body: Pii(text.to_owned()),
            invoice: Some(invoice),
            by_operator: true,
            valid_s: Some(LETTER_VALID_S),
            api_version: "2012-04-24",
            ..CreateEmail::default()
        };
        Ok(self.queued_email(account, from, (to, Vec::new(), recipients), new))
    }

    fn queued_email(
        &self,
        account_sid: AccountSid,
        from: Mailbox,
        (to, cc, recipients): (Vec<Mailbox>, Vec<Mailbox>, Vec<EmailRecipient>),
        new: CreateEmail,
    ) -> Email {
        let (sid, now) = (new.sid.unwrap_or_else(EmailSid::new), self.clock.now());
        let valid = SignedDuration::from_secs(i64::from(new.valid_s.unwrap_or(VALID_S)));
        let subject = new.subject.unwrap_or_default();
        Email {
            sid,
            version: 1,
            account_sid,
            from,
            to,
            cc,
            recipients,
            subject: Pii(subject.chars().take(SUBJECT_MAX).collect()),
            is_html: new.is_html,
            sealed_body: Some(self.vault.seal(&sid.to_string(), new.body.0.as_bytes())),
            recording_sid: new.recording,
            invoice_sid: new.invoice,
            by_operator: new.by_operator,
            call_sid: new.origin.call,
            message_sid: new.origin.message,
            status_callback: new.status_callback,
            status: EmailStatus::Queued,
            attempts: 0,
            next_attempt_at: Some(now),
            expires_at: now.saturating_add(valid).unwrap_or(Timestamp::MAX),
            last_error: None,
            error: None,
            sent_at: None,
            api_version: new.api_version.to_owned(),
            created_at: now,
            updated_at: now,
        }
    }

    /// Refuses what would go beyond the account's day.
    async fn must_have_room(&self, account: AccountSid) -> Result<(), AppError> {
        let day = self.clock.now().saturating_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
        let sent = self.store.count_own_emails(account, day).await?;
        let most = u64::from(self.config.email.per_account_day);
        if sent >= most {
            let why = format!("The account may send {most} e-mails in 24 hours.");
            return Err(refuse(ErrorCode::TooManyRequests, why));
        }
        Ok(())
    }

    /// One e-mail.
    pub async fn email(&self, account: AccountSid, sid: EmailSid) -> Result<Email, AppError> {
        self.store.email(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// E-mails.
    pub async fn emails(
        &self,
        account: AccountSid,
        created: Span,
        page: &Page,
    ) -> Result<Vec<Email>, AppError> {
        Ok(self.store.emails(account, created, page).await?)
    }

    /// How many e-mails there are.
    pub async fn count_emails(&self, account: AccountSid, created: Span) -> Result<u64, AppError> {
        Ok(self.store.count_emails(account, created).await?)
    }

    /// The text of an e-mail that has not left.
    pub fn email_body(&self, email: &Email) -> Result<String, AppError> {
        let Some(sealed) = &email.sealed_body else { return Ok(String::new()) };
        let bytes = self.vault.open(&email.sid.to_string(), sealed)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The files that go with an e-mail: a recording as WAV, an invoice as PDF and as UBL.
    pub async fn email_files(&self, email: &Email) -> Result<Vec<EmailFile>, EmailFileError> {
        let mut files = Vec::new();
        if let Some(sid) = email.recording_sid {
            let bytes = self.email_recording(email.account_sid, sid).await?;
            files.push(EmailFile { name: format!("{sid}.wav"), kind: "audio/wav", bytes });
        }
        if let Some(sid) = email.invoice_sid {
            files.extend(self.email_invoice(email.account_sid, sid).await?);
        }
        Ok(files)
    }

    async fn email_invoice(
        &self,
        account: AccountSid,
        sid: InvoiceSid,
    ) -> Result<[EmailFile; 2], EmailFileError> {
        let known = self.store.invoice(account, sid).await.map_err(|_| EmailFileError::Unread)?;
        let invoice = known.ok_or(EmailFileError::Unprinted)?.invoice;
        let pdf = flexio_documents::invoice_pdf::document(&invoice).map_err(|error| {
            tracing::error!(%error, invoice_sid = %sid, "invoice_not_printed");
            EmailFileError::Unprinted
        })?;
        let ubl = flexio_documents::ubl::document(&invoice).into_bytes();
        let file =
            |suffix, kind, bytes| EmailFile { name: format!("{}.{suffix}", invoice.number), kind, bytes };
        Ok([file("pdf", "application/pdf", pdf), file("xml", "application/xml", ubl)])
    }

    async fn email_recording(
        &self,
        account: AccountSid,
        sid: RecordingSid,
    ) -> Result<Vec<u8>, EmailFileError> {
        let known = self.store.recording(account, sid).await;
        let known = known.map_err(|_| EmailFileError::NotYet)?.ok_or(EmailFileError::Gone)?;
        match known.status {
            RecordingStatus::Completed => {}
            RecordingStatus::InProgress | RecordingStatus::Paused => return Err(EmailFileError::NotYet),
            _ => return Err(EmailFileError::Gone),
        }
        let media = self.recording_media(sid).await.map_err(|_| EmailFileError::Gone)?;
        let audio = self.recording_audio(&media, Format::Wav).await.map_err(|_| EmailFileError::NotYet)?;
        if audio.bytes() > ATTACHMENT_BYTES_MAX {
            return Err(EmailFileError::TooLarge);
        }
        audio.read(0..audio.bytes()).await.map_err(|_| EmailFileError::NotYet)
    }

    /// Keeps what came of a try. When the e-mail is over, its owner is told: by a callback if he asked for one, and by a notification if
    /// it did not reach everybody.
    pub async fn email_tried(
        &self,
        mut email: Email,
        outcomes: Vec<Outcome>,
        again: Option<Timestamp>,
    ) -> Result<Email, AppError> {
        let now = self.clock.now();
        let mut changes = ChangeSet::new();
        if tried(&mut email, outcomes, again, now) {
            let told = callbacks::email_status(&email).map(Change::QueueCallback);
            let noted = email.error.map(|error| not_sent(&email, error, now));
            told.into_iter().chain(noted).for_each(|change| changes.push(change));
        }
        changes.push(MailChange::Update(email.clone()).into());
        self.store.commit(changes).await?;
        self.wake.callbacks.notify_one();
        email.version += 1;
        Ok(email)
    }
}

/// Each address once, in the order of its first mention.
fn recipients(lists: [&[Mailbox]; 3]) -> Vec<EmailRecipient> {
    let mut found: Vec<EmailRecipient> = Vec::new();
    for mailbox in lists.into_iter().flatten() {
        if found.iter().all(|have| have.address != mailbox.address) {
            found.push(EmailRecipient { address: mailbox.address.clone(), state: RecipientState::Waiting });
        }
    }
    found
}

fn not_sent(email: &Email, error: ErrorCode, now: Timestamp) -> Change {
    let said = email.last_error.as_deref().unwrap_or("");
    Change::AddNotification(Notification {
        sid: NotificationSid::new(),
        account_sid: email.account_sid,
        call_sid: email.call_sid,
        message_sid: email.message_sid,
        level: Level::Error,
        code: NOT_SENT,
        text: format!("{}: {} ({}) {said}", email.sid, error.sentence(), error.number()),
        request_url: None,
        request_method: None,
        request_variables: None,
        response_headers: None,
        response_body: None,
        api_version: email.api_version.clone(),
        created_at: now,
    })
}
