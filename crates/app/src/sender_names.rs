//! Names that accounts want to send messages from: asked for with a proof, decided by the operator, usable once approved.
//!
//! A name is a claim to be somebody, and a handset shows nothing else, so nobody sends from one that was not looked at. It is one account's
//! at a time, without regard to case. What an operator writes into `platform.sender_names` is every account's.

use flexio_domain::*;
use flexio_store::{Change, MessagingChange, Page, SenderNameFilter, StoreError};

use crate::App;
use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;

/// Names of an account.
const NAMES_MAX: u64 = 100;
/// Characters of a proof, and of what a decision says.
const PROOF_CHARS_MAX: usize = 2_000;
const REASON_CHARS_MAX: usize = 500;

/// What the operator decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderNameDecision {
    /// Approved or refused; a name that was approved may be refused later.
    pub approved: bool,
    /// Why.
    pub reason: Option<String>,
}

impl App {
    /// Asks for a name. One that was refused is asked for again with another proof.
    pub async fn create_sender_name(
        &self,
        account: &Account,
        name: &str,
        proof: &str,
        keep: Keep<'_, SenderName>,
    ) -> Result<SenderName, AppError> {
        must_be_active(account)?;
        let Ok(name @ Address::Alphanumeric(_)) = name.parse() else {
            return Err(refuse(ErrorCode::InvalidParameter, "Name is no name that can be a sender."));
        };
        if proof.chars().count() > PROOF_CHARS_MAX {
            return Err(refuse(ErrorCode::InvalidParameter, "Proof has at most 2000 characters."));
        }
        if self.store.count_sender_names(account.sid, &SenderNameFilter::default()).await? >= NAMES_MAX {
            return Err(ErrorCode::TooManyResources.into());
        }
        let now = self.clock.now();
        let wanted = SenderName {
            sid: SenderNameSid::new(),
            version: 1,
            account_sid: account.sid,
            name,
            proof: proof.to_owned(),
            state: SenderNameState::Requested,
            reason: None,
            decided_by: None,
            decided_at: None,
            created_at: now,
            updated_at: now,
        };
        let changes = Change::from(MessagingChange::CreateSenderName(wanted.clone())).into();
        match self.commit_creation(changes, &wanted, keep).await {
            Err(AppError::Store(StoreError::Conflict(_))) => {
                Err(refuse(ErrorCode::SenderNameState, "The account has asked for this name already."))
            }
            done => done.map(|()| wanted),
        }
    }

    /// One name.
    pub async fn sender_name(&self, account: AccountSid, sid: SenderNameSid) -> Result<SenderName, AppError> {
        self.store.sender_name(account, sid).await?.ok_or_else(|| ErrorCode::NotFound.into())
    }

    /// Names.
    pub async fn sender_names(
        &self,
        account: AccountSid,
        filter: &SenderNameFilter,
        page: &Page,
    ) -> Result<Vec<SenderName>, AppError> {
        Ok(self.store.sender_names(account, filter, page).await?)
    }

    /// How many names match.
    pub async fn count_sender_names(
        &self,
        account: AccountSid,
        filter: &SenderNameFilter,
    ) -> Result<u64, AppError> {
        Ok(self.store.count_sender_names(account, filter).await?)
    }

    /// Decides about a name, or gives another proof, which makes a refused name one that is asked for. `by` is the account that asks: only
    /// the top account decides.
    pub async fn update_sender_name(
        &self,
        account: &Account,
        by: &Account,
        sid: SenderNameSid,
        (decision, proof): (Option<&SenderNameDecision>, Option<&str>),
    ) -> Result<SenderName, AppError> {
        must_be_active(account)?;
        // An account in between could approve anything for one that it makes below itself.
        if decision.is_some() && by.parent_sid.is_some() {
            return Err(refuse(ErrorCode::Forbidden, "Only the operator decides about a sender name."));
        }
        let too_long = |text: &str, max: usize| text.chars().count() > max;
        if proof.is_some_and(|proof| proof.is_empty() || too_long(proof, PROOF_CHARS_MAX)) {
            return Err(refuse(ErrorCode::InvalidParameter, "Proof has 1 to 2000 characters."));
        }
        let reason = decision.and_then(|decision| decision.reason.as_deref());
        if reason.is_some_and(|reason| too_long(reason, REASON_CHARS_MAX)) {
            return Err(refuse(ErrorCode::InvalidParameter, "Reason has at most 500 characters."));
        }
        retrying!(async {
            let mut name = self.sender_name(account.sid, sid).await?;
            let now = self.clock.now();
            if let Some(proof) = proof {
                if name.state == SenderNameState::Approved {
                    return Err(refuse(
                        ErrorCode::SenderNameState,
                        "The name is approved; its proof stands.",
                    ));
                }
                proof.clone_into(&mut name.proof);
                name.state = SenderNameState::Requested;
            }
            if let Some(decision) = decision {
                self.decide(&mut name, by.sid, decision).await?;
            }
            name.updated_at = now;
            self.store.commit(Change::from(MessagingChange::UpdateSenderName(name.clone())).into()).await?;
            self.held_names.remove(&name.key());
            name.version += 1;
            Ok::<_, AppError>(name)
        })
    }

    async fn decide(
        &self,
        name: &mut SenderName,
        by: AccountSid,
        decision: &SenderNameDecision,
    ) -> Result<(), AppError> {
        if decision.approved {
            let holder = self.store.held_name(&name.key()).await?;
            if holder.is_some_and(|holder| holder.sid != name.sid) {
                return Err(refuse(ErrorCode::SenderNameState, "Another account holds this name."));
            }
        }
        name.state = if decision.approved { SenderNameState::Approved } else { SenderNameState::Refused };
        name.reason.clone_from(&decision.reason);
        name.decided_by = Some(by);
        name.decided_at = Some(self.clock.now());
        Ok(())
    }

    /// Gives a name up. Messages that wait to leave from it fail.
    pub async fn delete_sender_name(&self, account: &Account, sid: SenderNameSid) -> Result<(), AppError> {
        must_be_active(account)?;
        let name = self.sender_name(account.sid, sid).await?;
        let change = MessagingChange::DeleteSenderName(account.sid, sid);
        self.store.commit(Change::from(change).into()).await?;
        self.held_names.remove(&name.key());
        Ok(())
    }

    /// Whether the account may send from this name: approved here, within [`crate::AppConfig::cache_seconds`] on other nodes.
    pub(crate) async fn holds_name(&self, account: AccountSid, name: &Address) -> Result<bool, AppError> {
        let (key, now) = (SenderName::key_of(name), self.clock.now());
        if let Some(holder) = self.held_names.get(&key, now) {
            return Ok(holder == Some(account));
        }
        let ticket = self.held_names.ticket();
        let holder = self.store.held_name(&key).await?.map(|held| held.account_sid);
        self.held_names.put(ticket, key, holder, now);
        Ok(holder == Some(account))
    }
}
