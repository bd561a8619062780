//! Notices of prices and terms: each goes by e-mail, and what was written is kept with what became of it. One that did not arrive is written
//! again.

use flexio_domain::*;
use flexio_store::{Change, ChangeSet, MailChange, NoticeChange};
use jiff::SignedDuration;

use crate::App;
use crate::emails::{CreateEmail, LETTER_VALID_S};
use crate::error::{AppError, refuse};
use crate::vault::{digest, hex};

/// Letters of one notice.
const LETTERS_MAX: u32 = 20;
/// Notices of this long are looked at for those that did not arrive.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Notices looked at together.
const AT_ONCE: u32 = 500;

/// A letter, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeLetterShown {
    /// As it was written.
    pub letter: NoticeLetter,
    /// `queued`, `sent` (the mail server took it), `failed`, or `posted`.
    pub state: &'static str,
    /// When the mail server took it; when it was noted, if it was posted.
    pub sent_at: Option<Timestamp>,
    /// Why it failed.
    pub reason: Option<String>,
}

impl App {
    /// The letter of a notice behind `number` others, and its e-mail to the customer's address for notices; where no e-mail can leave, the
    /// letter says why.
    pub(crate) async fn write_notice(
        &self,
        (account, customer): (&Account, &Customer),
        notice_sid: NoticeSid,
        number: u32,
        (subject, text): (String, String),
    ) -> Result<(NoticeLetter, ChangeSet), AppError> {
        let new = CreateEmail {
            to: customer.notice_email.as_ref().unwrap_or(&customer.invoice_email).clone(),
            subject: Some(subject.clone()),
            body: Pii(text.clone()),
            by_operator: true,
            valid_s: Some(LETTER_VALID_S),
            api_version: "2012-04-24",
            ..CreateEmail::default()
        };
        let mut changes = ChangeSet::new();
        let (email_sid, failure) = match Box::pin(self.new_email(account, new)).await {
            Ok(email) => {
                let sid = email.sid;
                changes.push(MailChange::Create(email).into());
                (Some(sid), None)
            }
            Err(AppError::Refused(refusal)) => {
                tracing::warn!(account = %account.sid, %refusal, "customer_not_mailed");
                (None, Some(refusal.to_string()))
            }
            Err(error) => return Err(error),
        };
        let letter = NoticeLetter {
            notice_sid,
            number: number + 1,
            account_sid: account.sid,
            channel: LetterChannel::Email,
            email_sid,
            failure,
            sha256: hex(&digest(&format!("{subject}\n{text}"))),
            subject,
            text,
            written_at: self.clock.now(),
        };
        changes.push(NoticeChange::Write(letter.clone()).into());
        Ok((letter, changes))
    }

    /// What was written to bring a notice, oldest first; nothing for a notice of another account.
    pub async fn notice_letters(
        &self,
        account: AccountSid,
        notice: NoticeSid,
    ) -> Result<Vec<NoticeLetterShown>, AppError> {
        let mut shown = Vec::new();
        for letter in self.store.notice_letters(account, notice, LETTERS_MAX).await? {
            shown.push(self.notice_letter_shown(letter).await?);
        }
        Ok(shown)
    }

    /// The last letter of a notice; `None` where it was announced before letters were kept.
    pub async fn last_notice_letter(
        &self,
        account: AccountSid,
        notice: NoticeSid,
    ) -> Result<Option<NoticeLetterShown>, AppError> {
        match self.store.notice_letters(account, notice, LETTERS_MAX).await?.pop() {
            Some(letter) => Ok(Some(self.notice_letter_shown(letter).await?)),
            None => Ok(None),
        }
    }

    async fn notice_letter_shown(&self, letter: NoticeLetter) -> Result<NoticeLetterShown, AppError> {
        if letter.channel == LetterChannel::Post {
            let sent_at = Some(letter.written_at);
            return Ok(NoticeLetterShown { letter, state: "posted", sent_at, reason: None });
        }
        let account = letter.account_sid;
        let (state, sent_at, reason) =
            self.email_outcome(account, letter.email_sid, letter.failure.as_deref()).await?;
        Ok(NoticeLetterShown { letter, state, sent_at, reason })
    }

    /// Writes a notice again, word by word, to the customer's present address; by post it is only noted that the operator did. Only for an
    /// ancestor.
    pub async fn resend_notice(
        &self,
        account: &Account,
        by_operator: bool,
        notice: NoticeSid,
        channel: LetterChannel,
    ) -> Result<NoticeLetterShown, AppError> {
        let letters = self.store.notice_letters(account.sid, notice, LETTERS_MAX).await?;
        let last = letters.last().ok_or(ErrorCode::NotFound)?;
        if !by_operator {
            return Err(refuse(ErrorCode::Forbidden, "Only a parent account writes notices."));
        }
        if letters.len() >= LETTERS_MAX as usize {
            let why = format!("A notice is written {LETTERS_MAX} times at most.");
            return Err(refuse(ErrorCode::TooManyResources, why));
        }
        if channel == LetterChannel::Post {
            let posted = NoticeLetter {
                number: last.number + 1,
                channel,
                email_sid: None,
                failure: None,
                written_at: self.clock.now(),
                ..last.clone()
            };
            self.store.commit(Change::from(NoticeChange::Write(posted.clone())).into()).await?;
            return self.notice_letter_shown(posted).await;
        }
        let customer = self.customer(account.sid).await?;
        let words = (last.subject.clone(), last.text.clone());
        let (letter, changes) = self.write_notice((account, &customer), notice, last.number, words).await?;
        if let Some(failure) = letter.failure {
            return Err(refuse(ErrorCode::EmailOff, failure));
        }
        self.store.commit(changes).await?;
        self.wake.emails.notify_one();
        self.notice_letter_shown(letter).await
    }

    /// Notices of the last time whose last letter did not leave.
    pub(crate) async fn undelivered_notices(&self) -> Result<Faults, AppError> {
        let mut faults = Faults::default();
        let from = self.clock.now().saturating_sub(LOOKED_BACK).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut after = first_sid_of(from);
        loop {
            let letters = self.store.last_notice_letters(after, AT_ONCE).await?;
            let Some(last) = letters.last() else { return Ok(faults) };
            after = last.notice_sid.as_u128();
            for letter in letters {
                let (account, notice) = (letter.account_sid, letter.notice_sid);
                let shown = self.notice_letter_shown(letter).await?;
                if shown.state == "failed" {
                    faults.add(&format!("{account} {notice}: {}", shown.reason.unwrap_or_default()));
                }
            }
        }
    }
}
