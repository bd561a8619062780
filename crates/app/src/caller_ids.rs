//! Outgoing caller ids: numbers of somebody else that an account has shown to hold.
//!
//! Outside the sandbox, the platform calls the number and speaks a code, which the account then enters. The code is a keyed hash of the
//! caller id and its version, so nothing is stored; a wrong entry moves the version, so each call allows one guess.

use flexio_domain::*;
use flexio_store::{CallerIdFilter, Change, ChangeSet, Page};

use crate::App;
use crate::accounts::checked_name;
use crate::auth::must_be_active;
use crate::calls::{CallSource, CreateCall};
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;

/// Seconds the verification call may ring.
const RING_TIMEOUT_S: u32 = 60;

/// A caller id that was asked for, and how it is being verified.
#[derive(Debug, Clone)]
pub struct CallerIdRequest {
    /// The caller id; verified already in the sandbox.
    pub caller_id: OutgoingCallerId,
    /// The call that speaks the code; `None` in the sandbox.
    pub call: Option<CallSid>,
}

impl App {
    /// Registers a number as caller id. An unverified one is called again.
    ///
    /// Two change sets: the caller id, then the call. After a crash in between the number is simply asked for again.
    pub async fn create_caller_id(
        &self,
        account: &Account,
        number: &E164,
        friendly_name: Option<&str>,
        keep: Keep<'_, OutgoingCallerId>,
    ) -> Result<CallerIdRequest, AppError> {
        must_be_active(account)?;
        let name = friendly_name.map_or_else(|| Ok(number.to_string()), checked_name)?;
        if !self.class_may_be_shown(number) {
            let why = "Numbers of this class may not be shown by whoever does not rent them here.";
            return Err(refuse(ErrorCode::CallerIdNotAllowed, why));
        }
        let verifier = match &self.config.verification_caller {
            _ if self.config.sandbox => None,
            Some(number) => Some(number.clone()),
            None => {
                let why = "The operator has set no number that verification calls come from.";
                return Err(refuse(ErrorCode::Unprocessable, why));
            }
        };
        let (caller_id, is_new) = match self.caller_id_of(account.sid, number).await? {
            Some(known) if known.verified_at.is_some() => return Err(ErrorCode::CallerIdExists.into()),
            Some(known) => (known, false),
            None => (self.new_caller_id(account, number, name, keep).await?, true),
        };
        // The key of the request is kept with its first effect: the new caller id, or the call to a known one.
        let keep_with_call = |_: &Call| if is_new { None } else { keep(&caller_id) };
        let call = match verifier {
            Some(verifier) => {
                Some(self.call_with_code(account, &caller_id, verifier, &keep_with_call).await?)
            }
            None => None,
        };
        Ok(CallerIdRequest { caller_id, call })
    }

    async fn new_caller_id(
        &self,
        account: &Account,
        number: &E164,
        friendly_name: String,
        keep: Keep<'_, OutgoingCallerId>,
    ) -> Result<OutgoingCallerId, AppError> {
        let now = self.clock.now();
        let caller_id = OutgoingCallerId {
            sid: NumberSid::new(),
            version: 1,
            account_sid: account.sid,
            friendly_name,
            number: number.clone(),
            verified_at: self.config.sandbox.then_some(now),
            created_at: now,
            updated_at: now,
        };
        let changes = ChangeSet::from(Change::CreateCallerId(caller_id.clone()));
        self.commit_creation(changes, &caller_id, keep).await?;
        Ok(caller_id)
    }

    async fn call_with_code(
        &self,
        account: &Account,
        caller_id: &OutgoingCallerId,
        verifier: E164,
        keep: Keep<'_, Call>,
    ) -> Result<CallSid, AppError> {
        let spaced: Vec<String> = self.caller_id_code(caller_id).chars().map(String::from).collect();
        let spoken = spaced.join(". ");
        let document = format!(
            "<Response><Pause length=\"1\"/><Say language=\"en\" loop=\"3\">Your code is {spoken}.</Say></Response>"
        );
        let new = CreateCall {
            from: Address::Number(verifier),
            to: Address::Number(caller_id.number.clone()),
            source: CallSource::Document(document),
            ring_timeout_s: RING_TIMEOUT_S,
            ..CreateCall::default()
        };
        // The verifier belongs to the operator, so the rule about owned senders does not apply to it.
        self.place_call(account, new, keep).await.map(|call| call.sid)
    }

    /// Six digits that prove someone answered at the number.
    fn caller_id_code(&self, caller_id: &OutgoingCallerId) -> String {
        let parts = [caller_id.sid.to_string(), caller_id.version.to_string()];
        let signature = self.vault.sign("caller id code", &[&parts[0], &parts[1]]);
        let number = u64::from_str_radix(&signature[..15], 16).expect("hexadecimal digits of a signature");
        format!("{:06}", number % 1_000_000)
    }

    /// Enters the code that was spoken. A wrong one makes the code void: the number has to be called again.
    pub async fn confirm_caller_id(
        &self,
        account: &Account,
        sid: NumberSid,
        code: &str,
    ) -> Result<OutgoingCallerId, AppError> {
        must_be_active(account)?;
        let mut caller_id = self.caller_id(account.sid, sid).await?;
        if caller_id.verified_at.is_some() {
            return Ok(caller_id);
        }
        let right = crate::vault::same(
            &crate::vault::digest(code),
            &crate::vault::digest(&self.caller_id_code(&caller_id)),
        );
        caller_id.updated_at = self.clock.now();
        caller_id.verified_at = right.then_some(caller_id.updated_at);
        self.store.commit(Change::UpdateCallerId(caller_id.clone()).into()).await?;
        caller_id.version += 1;
        if right {
            Ok(caller_id)
        } else {
            Err(refuse(
                ErrorCode::Unprocessable,
                "The code is wrong and now void; have the number called again.",
            ))
        }
    }

    /// One caller id.
    pub async fn caller_id(&self, account: AccountSid, sid: NumberSid) -> Result<OutgoingCallerId, AppError> {
        self.store.caller_id(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Caller ids.
    pub async fn caller_ids(
        &self,
        account: AccountSid,
        filter: &CallerIdFilter,
        page: &Page,
    ) -> Result<Vec<OutgoingCallerId>, AppError> {
        Ok(self.store.caller_ids(account, filter, page).await?)
    }

    /// The account's caller id of this number.
    pub(crate) async fn caller_id_of(
        &self,
        account: AccountSid,
        number: &E164,
    ) -> Result<Option<OutgoingCallerId>, AppError> {
        let filter = CallerIdFilter { number: Some(number.clone()), friendly_name: None };
        let page = Page { limit: 1, ..Page::default() };
        Ok(self.store.caller_ids(account, &filter, &page).await?.into_iter().next())
    }

    /// Renames a caller id.
    pub async fn update_caller_id(
        &self,
        account: &Account,
        sid: NumberSid,
        friendly_name: Option<&str>,
    ) -> Result<OutgoingCallerId, AppError> {
        must_be_active(account)?;
        let name = friendly_name.map(checked_name).transpose()?;
        retrying!(async {
            let mut caller_id = self.caller_id(account.sid, sid).await?;
            if let Some(name) = &name {
                caller_id.friendly_name.clone_from(name);
            }
            caller_id.updated_at = self.clock.now();
            self.store.commit(Change::UpdateCallerId(caller_id.clone()).into()).await?;
            caller_id.version += 1;
            Ok::<_, AppError>(caller_id)
        })
    }

    /// Forgets a caller id.
    pub async fn delete_caller_id(&self, account: &Account, sid: NumberSid) -> Result<(), AppError> {
        must_be_active(account)?;
        self.caller_id(account.sid, sid).await?;
        Ok(self.store.commit(Change::DeleteCallerId(account.sid, sid).into()).await?)
    }
}
