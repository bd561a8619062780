//! One telephone number in an account: whom it belongs to has talked with the account, or was written to.
//!
//! Calls, messages and uses stay for statistics and charges, with what takes the number's place and without what was said; what is about
//! nothing else goes. An opt-out stays as a keyed digest: without it the person would be written to again.

use flexio_domain::*;
use flexio_store::{
    Change, ChangeSet, ErasureChange, Kept, MessagingChange, Page, RecordingFilter, TranscriptionChange,
    TranscriptionFilter,
};
use serde_json::Value;

use super::names::Forms;
use super::{BATCH, Work};
use crate::delivery::is_over;
use crate::error::AppError;
use crate::verify::wrong_mark;

/// Rows that are about the number and go.
pub(super) const DROPPED: [Kept; 16] = [
    Kept::Notifications,
    Kept::VerbRecords,
    Kept::Callbacks,
    Kept::Emails,
    Kept::Verifications,
    Kept::Attempts,
    Kept::Challenges,
    Kept::Entities,
    Kept::GuardDecisions,
    Kept::GuardCases,
    Kept::SpendCases,
    Kept::SafeNumbers,
    Kept::CallerIds,
    Kept::Executions,
    Kept::Conferences,
    Kept::Masking,
];
/// Archives, calls, messages; the rows above; opt-outs, audit, usage, answers, the rest, the certificate.
pub(super) const STAGES: u32 = 3 + 16 + 6;
/// Recordings of one call, and texts of one recording.
const PER_CALL_MAX: u32 = 1_000;

impl Work<'_> {
    /// One batch; whether there is more to do now.
    pub(super) async fn number_batch(&mut self) -> Result<bool, AppError> {
        let (Some(number), Some(alias)) = (self.number.clone(), self.erasure.alias.clone()) else {
            return Ok(false);
        };
        let forms = Forms::new(self.app.rater().numbering(), &number, &alias);
        let dropped = DROPPED.len();
        match usize::try_from(self.erasure.done).unwrap_or(usize::MAX) {
            0 => self.archives().await,
            1 => self.calls_with(&number, &forms).await,
            2 => self.messages_with(&number, &forms).await,
            at if at < 3 + dropped => self.rows_about(DROPPED[at - 3], &forms).await,
            at if at == 3 + dropped => self.opt_outs_of(&number, &forms).await,
            at if at == 4 + dropped => self.audit_naming(&forms).await,
            at if at == 5 + dropped => self.usage_naming(&forms).await,
            at if at == 6 + dropped => self.answers_naming(&forms).await,
            at if at == 7 + dropped => self.marks_of(&number).await,
            _ => self.close_number().await,
        }
    }

    async fn calls_with(&mut self, number: &E164, forms: &Forms) -> Result<bool, AppError> {
        let rows = self.rows::<Call>(Kept::Calls, Some(forms.needle())).await?;
        let (count, last) = (rows.len(), rows.last().map(|row| row.0));
        let (mut changes, mut left) = (ChangeSet::new(), false);
        for (_, document, call) in rows {
            if !forms.is_in_document(&document) {
                continue;
            }
            if !call.status.is_final() {
                left = true;
                continue;
            }
            let is_end = [&call.from, &call.to].iter().any(|end| end.number() == Some(number));
            for sid in [Some(call.sid), call.parent_call_sid].into_iter().flatten().filter(|_| is_end) {
                left |= !self.forget_audio(sid, &mut changes).await?;
                changes.push(ErasureChange::ForgetCall(call.account_sid, sid).into());
            }
            let mut call: Call = forms.rewritten(&call).map_err(unreadable)?;
            if is_end {
                call.document = None;
                call.sealed_document = None;
                call.caller_name = None;
                call.send_digits = None;
                call.options.reason = None;
            }
            changes.push(Change::UpdateCall(call));
            self.erasure.count("calls", 1);
        }
        self.moved_on_leaving((count, last), left, changes).await
    }

    /// What was recorded of a call, and of the conferences it was in; whether nothing of it is left.
    async fn forget_audio(&mut self, call: CallSid, changes: &mut ChangeSet) -> Result<bool, AppError> {
        let (app, account) = (self.app, self.erasure.account_sid);
        let page = Page { limit: PER_CALL_MAX, ..Page::default() };
        let of_call = RecordingFilter { call_sid: Some(call), ..RecordingFilter::default() };
        let mut recordings = app.store.recordings(account, &of_call, &page).await?;
        for conference in app.store.conferences_of_call(account, call).await? {
            let filter = RecordingFilter { conference_sid: Some(conference), ..RecordingFilter::default() };
            recordings.extend(app.store.recordings(account, &filter, &page).await?);
        }
        let mut is_gone = true;
        for recording in recordings {
            let filter =
                TranscriptionFilter { recording_sid: Some(recording.sid), ..TranscriptionFilter::default() };
            for text in app.store.transcriptions(account, &filter, &page).await? {
                changes.push(TranscriptionChange::Delete(account, text.sid).into());
                self.erasure.count("transcriptions", 1);
            }
            self.erasure.count("recordings", 1);
            is_gone &= app.erase_audio(recording).await?;
        }
        Ok(is_gone)
    }

    async fn messages_with(&mut self, number: &E164, forms: &Forms) -> Result<bool, AppError> {
        let rows = self.rows::<Message>(Kept::Messages, Some(forms.needle())).await?;
        let (app, count, last) = (self.app, rows.len(), rows.last().map(|row| row.0));
        let (mut changes, mut left) = (ChangeSet::new(), false);
        for (_, document, message) in rows {
            if !forms.is_in_document(&document) {
                continue;
            }
            if !is_over(&message, app.clock.now()) {
                left = true;
                continue;
            }
            let is_end = [&message.from, &message.to].iter().any(|end| end.number() == Some(number));
            let mut message: Message = forms.rewritten(&message).map_err(unreadable)?;
            if is_end {
                message.body = Pii(String::new());
                message.sealed_body = None;
                message.sip_headers = Vec::new();
                if message.media > 0 {
                    let media = MessagingChange::DropMediaOf(message.account_sid, message.sid);
                    changes.push(media.into());
                }
            }
            changes.push(Change::UpdateMessage(message));
            self.erasure.count("messages", 1);
        }
        self.moved_on_leaving((count, last), left, changes).await
    }

    async fn rows_about(&mut self, kind: Kept, forms: &Forms) -> Result<bool, AppError> {
        let rows = self.rows::<Value>(kind, Some(forms.needle())).await?;
        let (count, last) = (rows.len(), rows.last().map(|row| row.0));
        let mut changes = ChangeSet::new();
        for (key, document, _) in rows {
            if forms.is_in_document(&document) {
                self.drop_row(kind, key, &mut changes);
            }
        }
        self.moved_on(count, last);
        self.save(changes).await?;
        Ok(true)
    }

    /// The same opt-out, by digest: it is found when somebody wants to write to the number, and by nothing else.
    async fn opt_outs_of(&mut self, number: &E164, forms: &Forms) -> Result<bool, AppError> {
        let rows = self.rows::<OptOut>(Kept::OptOuts, Some(forms.needle())).await?;
        let (count, last) = (rows.len(), rows.last().map(|row| row.0));
        let mut changes = ChangeSet::new();
        for (_, _, opt_out) in rows.into_iter().filter(|(.., it)| it.recipient == *number) {
            changes.push(MessagingChange::EndOptOut(opt_out.account_sid, opt_out.sid).into());
            let mut kept: OptOut = forms.rewritten(&opt_out).map_err(unreadable)?;
            kept.erased.clone_from(&self.erasure.digest);
            changes.push(MessagingChange::OptOut(kept).into());
            self.erasure.count("opt_outs", 1);
        }
        self.moved_on(count, last);
        self.save(changes).await?;
        Ok(true)
    }

    async fn audit_naming(&mut self, forms: &Forms) -> Result<bool, AppError> {
        let rows = self.rows::<AuditEvent>(Kept::AuditEvents, Some(forms.needle())).await?;
        let (count, last) = (rows.len(), rows.last().map(|row| row.0));
        let mut changes = ChangeSet::new();
        for (_, document, event) in rows {
            if forms.is_in_document(&document) {
                let mut event: AuditEvent = forms.rewritten(&event).map_err(unreadable)?;
                event.details.erased = true;
                changes.push(ErasureChange::RewriteAudit(event).into());
                self.erasure.count("audit_events", 1);
            }
        }
        self.moved_on(count, last);
        self.save(changes).await?;
        Ok(true)
    }

    /// Other ends of uses; the ids and resources of monthly charges name numbers of the operator's stock, which are nobody's.
    async fn usage_naming(&mut self, forms: &Forms) -> Result<bool, AppError> {
        let account = self.erasure.account_sid;
        let behind = self.usage_place();
        let events = self.app.store.usage_naming(account, forms.needle(), &behind, BATCH).await?;
        let mut changes = ChangeSet::new();
        for event in &events {
            let (from, to) = (forms.replaced(&event.from), forms.replaced(&event.to));
            if from.is_none() && to.is_none() {
                continue;
            }
            let rewritten = UsageEvent {
                from: from.unwrap_or_else(|| event.from.clone()),
                to: to.unwrap_or_else(|| event.to.clone()),
                ..event.clone()
            };
            changes.push(ErasureChange::RewriteUsage(rewritten).into());
            self.erasure.count("usage_events", 1);
        }
        match events.last().filter(|_| events.len() >= BATCH as usize) {
            Some(last) => self.comes_behind(last),
            None => self.next_stage(),
        }
        self.save(changes).await?;
        Ok(true)
    }

    /// Answers that were kept under idempotency keys.
    async fn answers_naming(&mut self, forms: &Forms) -> Result<bool, AppError> {
        let account = self.erasure.account_sid;
        let answers = self.app.store.answers_kept(account, &self.erasure.after, BATCH).await?;
        let mut changes = ChangeSet::new();
        for (key, body) in &answers {
            if forms.is_in(&String::from_utf8_lossy(body)) || forms.is_in(key) {
                changes.push(ErasureChange::DropAnswer(account, key.clone()).into());
                self.erasure.count("idempotency_keys", 1);
            }
        }
        match answers.last().filter(|_| answers.len() >= BATCH as usize) {
            Some((key, _)) => self.erasure.after.clone_from(key),
            None => self.next_stage(),
        }
        self.save(changes).await?;
        Ok(true)
    }

    /// What limits count by, and that the account wrote to the number.
    async fn marks_of(&mut self, number: &E164) -> Result<bool, AppError> {
        let account = self.erasure.account_sid;
        let changes = ChangeSet::new()
            .with(ErasureChange::DropMarks(account, format!("to:{number}")).into())
            .with(ErasureChange::DropMarks(account, wrong_mark(number.as_str())).into())
            .with(ErasureChange::DropContact(account, number.to_string()).into());
        self.next_stage();
        self.save(changes).await?;
        Ok(true)
    }

    async fn close_number(&mut self) -> Result<bool, AppError> {
        self.erasure.state = ErasureState::Done;
        self.erasure.number = None;
        self.next_stage();
        self.certify(None).await?;
        self.save(ChangeSet::new()).await?;
        tracing::info!(erasure = %self.erasure.sid, account_sid = %self.erasure.account_sid, "number_erased");
        Ok(false)
    }

    /// Where the next batch begins. What could not go yet is looked at again later, from the beginning.
    async fn moved_on_leaving(
        &mut self,
        (rows, last): (usize, Option<u128>),
        left: bool,
        changes: ChangeSet,
    ) -> Result<bool, AppError> {
        let left = left || self.erasure.after.starts_with(super::LEFT);
        let last = last.filter(|_| rows >= BATCH as usize);
        match last {
            Some(last) if left => self.erasure.after = format!("{}{last:x}", super::LEFT),
            Some(last) => self.erasure.after = format!("{last:x}"),
            None if !left => self.next_stage(),
            None => {}
        }
        self.save(changes).await?;
        if last.is_none() && left { self.pause().await } else { Ok(true) }
    }
}

fn unreadable(error: serde_json::Error) -> AppError {
    flexio_store::StoreError::Broken(error.into()).into()
}
