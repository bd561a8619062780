//! Calls made and changed over REST. How they run is the carrier's: see [`crate::CallControl`].

use flexio_domain::*;
use flexio_store::{
    CallFilter, Change, ChangeSet, CreditChange, Page, RecordingFilter, StoreError, TimelineEntry,
    UsageFilter,
};

use crate::auth::must_be_active;
use crate::control::{CallChange, CallControl, ControlError};
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::legs::{Shown, shown};
use crate::{App, callbacks};

/// Usage events and recordings shown with one call.
const SHOWN_MAX: u32 = 1_000;
/// Bytes of a document given in the request.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// Where the first instructions of a call come from.
#[derive(Debug, Clone)]
pub enum CallSource {
    /// From a URL.
    Url(WebhookSet),
    /// From the request itself.
    Document(String),
    /// From an application of the account.
    Application(ApplicationSid),
}

/// A call to make.
#[derive(Debug, Clone)]
pub struct CreateCall {
    /// Caller id.
    pub from: Address,
    /// Who is called.
    pub to: Address,
    /// Instructions after the answer.
    pub source: CallSource,
    /// Told of states.
    pub status_callback: Option<Webhook>,
    /// Which of `initiated ringing answered completed text` are told.
    pub status_callback_events: Vec<String>,
    /// Seconds the far end may ring, 1 to 600.
    pub ring_timeout_s: u32,
    /// Longest talk in seconds; `None` for the installation's limit.
    pub time_limit_s: Option<u32>,
    /// Digits sent after the answer.
    pub send_digits: Option<String>,
    /// Record from the answer on.
    pub record: bool,
    /// How, and what else was asked for.
    pub options: Box<CallOptions>,
    /// Digest credentials for the far end.
    pub sip_auth: Option<(String, Pii<String>)>,
    /// Language of the documents.
    pub dialect: Dialect,
    /// API the call was made through.
    pub api_version: String,
}

impl Default for CreateCall {
    fn default() -> Self {
        Self {
            from: Address::Anonymous,
            to: Address::Anonymous,
            source: CallSource::Url(WebhookSet::default()),
            status_callback: None,
            status_callback_events: Vec::new(),
            ring_timeout_s: 60,
            time_limit_s: None,
            send_digits: None,
            record: false,
            options: Box::default(),
            sip_auth: None,
            dialect: Dialect::Auto,
            api_version: "2010-04-01".to_owned(),
        }
    }
}

/// Everything that happened on a call.
#[derive(Debug, Clone)]
pub struct CallTimeline {
    /// The call.
    pub call: Call,
    /// What happened, in order.
    pub entries: Vec<TimelineEntry>,
    /// What was used, and what it cost: of the leg and of its recordings.
    pub usage: Vec<UsageEvent>,
    /// Who was told, and whether they heard.
    pub callbacks: Vec<Callback>,
    /// What was said over SIP, once the legs are over.
    pub ladders: Vec<SipLadder>,
}

impl App {
    /// Makes a call: checks it, saves it as `queued`, and hands it to the carrier.
    pub async fn create_call(
        &self,
        account: &Account,
        new: CreateCall,
        keep: Keep<'_, Call>,
    ) -> Result<Call, AppError> {
        must_be_active(account)?;
        self.check_caller(account.sid, &new.from, &new.to).await?;
        self.place_call(account, new, keep).await
    }

    pub(crate) async fn place_call(
        &self,
        account: &Account,
        new: CreateCall,
        keep: Keep<'_, Call>,
    ) -> Result<Call, AppError> {
        self.carrier()?;
        self.check_destination(account.sid, &new.from, &new.to).await?;
        let mut call = self.new_call(account, new).await?;
        asking!(self.try_queue(&mut call, keep))?;
        self.originate(&call).await?;
        Ok(call)
    }

    async fn try_queue(&self, call: &mut Call, keep: Keep<'_, Call>) -> Result<(), AppError> {
        let changes = self.queued(call).await?;
        self.commit_creation(changes, call, keep).await
    }

    /// A call that will be made: the money for its first talk, its record, and the first line of its timeline. `InsufficientCredit` like
    /// [`App::talk_grant`].
    pub(crate) async fn queued(&self, call: &mut Call) -> Result<ChangeSet, AppError> {
        let mut changes = self.talk_grant(call).await?;
        let entry = TimelineEntry {
            account_sid: call.account_sid,
            call_sid: call.sid,
            sequence: 0,
            at: call.created_at,
            event: "queued".to_owned(),
            fields: vec![("direction".to_owned(), call.direction.as_str().to_owned())],
            request: None,
        };
        changes.push(Change::CreateCall(call.clone()));
        changes.push(Change::AddTimeline(vec![entry]));
        Ok(changes)
    }

    /// Hands a call that was saved to the carrier; one it does not take has failed.
    pub(crate) async fn originate(&self, call: &Call) -> Result<(), AppError> {
        match self.carrier()?.originate(call).await {
            Ok(()) => Ok(()),
            Err(error) => {
                tracing::warn!(call_sid = %call.sid, %error, "the carrier did not take a call");
                self.fail_unplaced(call).await
            }
        }
    }

    /// The carrier of calls, if there is one in this process.
    pub(crate) fn control(&self) -> Result<&dyn CallControl, AppError> {
        self.control.get().map(|control| &**control).ok_or_else(|| ControlError::NotHere.into())
    }

    pub(crate) fn carrier(&self) -> Result<&dyn CallControl, AppError> {
        match self.control.get() {
            Some(control) if control.accepts_calls() => Ok(&**control),
            Some(_) | None => Err(ControlError::Overloaded.into()),
        }
    }

    /// A caller id must be the account's own number or one it has verified. Towards clients and SIP addresses, which do not go to the
    /// telephone network, it may also be a client name.
    pub(crate) async fn check_caller(
        &self,
        account: AccountSid,
        from: &Address,
        to: &Address,
    ) -> Result<(), AppError> {
        let may = match from {
            Address::Number(number) => self.may_show_number(account, number).await?,
            // A name, and no number that is written as one.
            Address::Client(_) => to.dialled().is_none() && self.is_name(from),
            Address::Sip(_) | Address::ShortCode(_) | Address::Alphanumeric(_) | Address::Anonymous => false,
        };
        if may { Ok(()) } else { Err(ErrorCode::CallerIdNotAllowed.into()) }
    }

    pub(crate) async fn check_destination(
        &self,
        account: AccountSid,
        from: &Address,
        to: &Address,
    ) -> Result<(), AppError> {
        if matches!(to, Address::Alphanumeric(_) | Address::Anonymous) {
            return Err(ErrorCode::ToInvalid.into());
        }
        self.must_be_open(to)?;
        if let Some(number) = to.number()
            && self.owner_of(number).await?.is_some()
        {
            return Ok(()); // On-net: it never meets a carrier or a price for the destination.
        }
        Box::pin(self.may_call(account, &from.to_string(), to)).await
    }

    fn is_name(&self, from: &Address) -> bool {
        match shown(from, self.rater().numbering().country_code()) {
            Shown::Name => true,
            Shown::Digits(digits) => digits.len() <= crate::legs::EXTENSION_DIGITS_MAX,
            Shown::Number(_) | Shown::Nobody => false,
        }
    }

    /// Whether a leg has a price or is free; if not, why in words fit for the customer.
    pub fn authorise_call(&self, account: AccountSid, to: &Address) -> Result<(), String> {
        let (meter, now) = (self.meter(account), self.clock.now());
        match meter.authorise(UsageKind::VoiceOut, "", &to.to_string(), now) {
            Ok(_) => Ok(()),
            Err(refusal) => Err(format!("the destination may not be called ({})", refusal.reason.code())),
        }
    }

    pub(crate) async fn new_call(&self, account: &Account, new: CreateCall) -> Result<Call, AppError> {
        let (instructions, document, application_sid) = match new.source {
            CallSource::Url(set) => (set, None, None),
            CallSource::Document(document) if document.len() <= DOCUMENT_BYTES_MAX => {
                (WebhookSet::default(), Some(document), None)
            }
            CallSource::Document(_) => {
                return Err(refuse(ErrorCode::UrlMissing, "The document is larger than 64 KiB."));
            }
            CallSource::Application(sid) => {
                let application = self.store.application(account.sid, sid).await?;
                (application.ok_or(ErrorCode::ApplicationInvalid)?.voice, None, Some(sid))
            }
        };
        let (sid, now) = (CallSid::new(), self.clock.now());
        let seal = |secret: Pii<String>| self.vault.seal(&sid.to_string(), secret.0.as_bytes());
        Ok(Call {
            sid,
            version: 1,
            account_sid: account.sid,
            parent_call_sid: None,
            from: new.from,
            to: new.to,
            phone_number_sid: None,
            application_sid,
            direction: CallDirection::OutboundApi,
            status: CallStatus::Queued,
            dialect: new.dialect,
            api_version: new.api_version,
            instructions,
            document,
            sealed_document: None,
            status_callback: new.status_callback,
            status_callback_events: new.status_callback_events,
            ring_timeout_s: new.ring_timeout_s,
            time_limit_s: new
                .time_limit_s
                .map_or(self.config.call_seconds_max, |limit| limit.min(self.config.call_seconds_max)),
            send_digits: new.send_digits,
            record: new.record,
            options: new.options,
            ringing_at: None,
            answered_at: None,
            ended_at: None,
            talk_ms: None,
            proven_at: None,
            proven_ms: None,
            granted_s: None,
            price: None,
            forwarded_from: None,
            caller_name: None,
            answered_by: None,
            reason: None,
            sip_call_id: None,
            sip_response_code: None,
            trunk: None,
            sip_auth: new.sip_auth.map(|(user, secret)| (user, seal(secret))),
            node: None,
            created_at: now,
            updated_at: now,
        })
    }

    /// Ends a call the carrier did not take, and tells whoever wanted to hear of its end.
    async fn fail_unplaced(&self, call: &Call) -> Result<(), AppError> {
        let mut failed = call.clone();
        failed.status = CallStatus::Failed;
        failed.reason = Some(Reason { code: 1000, text: "Internal Error".to_owned() });
        failed.updated_at = self.clock.now();
        failed.ended_at = Some(failed.updated_at);
        failed.sealed_document = None;
        let mut changes = ChangeSet::from(Change::UpdateCall(failed.clone()));
        if failed.granted_s.is_some() {
            changes.push(CreditChange::Return(failed.sid.to_string()).into());
        }
        if let Some(callback) = callbacks::call_ended(&failed) {
            changes.push(Change::QueueCallback(callback));
        }
        match self.store.commit(changes).await {
            // The carrier took it after all and has moved it on.
            Err(StoreError::Conflict(_)) => Ok(()),
            done => {
                self.wake.callbacks.notify_one();
                Ok(done?)
            }
        }
    }

    /// One leg.
    pub async fn call(&self, account: AccountSid, sid: CallSid) -> Result<Call, AppError> {
        self.store.call(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Legs.
    pub async fn calls(
        &self,
        account: AccountSid,
        filter: &CallFilter,
        page: &Page,
    ) -> Result<Vec<Call>, AppError> {
        Ok(self.store.calls(account, filter, page).await?)
    }

    /// How many legs match.
    pub async fn count_calls(&self, account: AccountSid, filter: &CallFilter) -> Result<u64, AppError> {
        Ok(self.store.count_calls(account, filter).await?)
    }

    /// Changes a live call. What comes back is the call after the carrier has taken the change.
    pub async fn modify_call(
        &self,
        account: &Account,
        sid: CallSid,
        change: CallChange,
    ) -> Result<Call, AppError> {
        must_be_active(account)?;
        let call = self.store.call(account.sid, sid).await?.ok_or(ErrorCode::CallNotFound)?;
        if call.status.is_final() {
            return Err(ErrorCode::CallOver.into());
        }
        self.control()?.modify(sid, change).await?;
        self.call(account.sid, sid).await
    }

    /// Deletes the record of a call that is over, and its timeline. What it cost stays in the ledger and in usage records; its recordings
    /// and notifications stay until they are deleted themselves.
    pub async fn delete_call(&self, account: &Account, sid: CallSid) -> Result<(), AppError> {
        must_be_active(account)?;
        let call = self.call(account.sid, sid).await?;
        if !call.status.is_final() {
            return Err(ErrorCode::CallStateInvalid.into());
        }
        self.must_not_be_held(account.sid, &[&call.from, &call.to]).await?;
        Ok(self.store.commit(Change::DeleteCall(account.sid, sid).into()).await?)
    }

    /// Everything that happened on a call, with what it cost.
    pub async fn call_timeline(&self, account: AccountSid, sid: CallSid) -> Result<CallTimeline, AppError> {
        let call = self.call(account, sid).await?;
        let entries = self.store.timeline(account, sid).await?;
        let mut usage = self.usage_of(account, sid.to_string()).await?;
        let filter = RecordingFilter { call_sid: Some(sid), ..RecordingFilter::default() };
        let page = Page { limit: SHOWN_MAX, ..Page::default() };
        for recording in self.store.recordings(account, &filter, &page).await? {
            usage.extend(self.usage_of(account, recording.sid.to_string()).await?);
        }
        let callbacks = self.store.callbacks_about(account, &sid.to_string()).await?;
        let ladders = self.ladders_of(&call).await?;
        Ok(CallTimeline { call, entries, usage, callbacks, ladders })
    }

    async fn usage_of(&self, account: AccountSid, resource: String) -> Result<Vec<UsageEvent>, AppError> {
        let filter = UsageFilter { resource: Some(resource), ..UsageFilter::default() };
        Ok(self.store.usage_events(account, &filter, SHOWN_MAX).await?)
    }
}
