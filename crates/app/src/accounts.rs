//! Accounts and their sub-accounts.

use std::sync::Arc;

use flexio_domain::{
    Account, AccountSid, AccountStatus, AccountType, Currency, DayHours, ErrorCode, Pii, Reach, ReachError,
    TAG_CHARS_MAX,
};
use flexio_store::{AccountFilter, Change, ChangeSet, HoldingChange, NumberFilter, Order, Page, Scope};

use crate::auth::must_be_active;
use crate::error::{AppError, refuse};
use crate::idempotency::Keep;
use crate::{App, vault};

/// Levels of sub-accounts below the top account.
const DEPTH_MAX: usize = 8;
/// Characters of a name.
pub(crate) const NAME_CHARS_MAX: usize = 64;
/// Days an account may have the texts of its messages kept.
const MESSAGE_DAYS_MAX: u16 = 7;
/// Rows read per step when a whole tree is walked, and changes per change set of a cascade.
const STEP: u32 = 1_000;

/// A new sub-account.
#[derive(Debug, Clone, Default)]
pub struct CreateAccount {
    /// Default: the e-mail address, or `SubAccount`.
    pub friendly_name: Option<String>,
    /// Unique in the installation.
    pub email_address: Option<String>,
    /// Checked for strength. API sign-in is by token, and a token is never derived from it.
    pub password: Option<Pii<String>>,
    /// Default: the parent's.
    pub role: Option<String>,
}

/// Changes of an account.
#[derive(Debug, Clone, Default)]
pub struct UpdateAccount {
    /// New name.
    pub friendly_name: Option<String>,
    /// Checked for strength, see [`CreateAccount::password`].
    pub password: Option<Pii<String>>,
    /// New role.
    pub role: Option<String>,
    /// Days recordings made from now on are kept; 0 for ever.
    pub recording_days: Option<u16>,
    /// Days the SIP messages of calls that end from now on are kept; 0 keeps none.
    pub ladder_days: Option<u16>,
    /// Days the text of a message is kept, 0 to 7.
    pub message_days: Option<u16>,
    /// Segments due in a second; 0 is no limit. Only an ancestor may change it.
    pub messages_per_s: Option<u32>,
    /// Where its phones are of which nothing else is said.
    pub emergency_address: crate::EmergencyAddressPatch,
    /// Hours in which its marketing messages wait. Only an ancestor may change them.
    pub quiet_hours: Option<DayHours>,
    /// Where its calls may go that cost money. Only an ancestor may change it.
    pub calls_to: Option<ReachPatch>,
    /// The same of its messages.
    pub messages_to: Option<ReachPatch>,
    /// New status, for the account and all below it. Only an ancestor may change it.
    pub status: Option<AccountStatus>,
}

/// Another list of destinations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReachPatch {
    /// The operator's default, or what accounts above may.
    Default,
    /// These.
    To(Reach),
}

impl std::str::FromStr for ReachPatch {
    type Err = ReachError;

    /// `default`, or a list.
    fn from_str(text: &str) -> Result<Self, ReachError> {
        if text == "default" { Ok(Self::Default) } else { text.parse().map(Self::To) }
    }
}

impl ReachPatch {
    fn apply(&self, reach: &mut Option<Reach>) {
        *reach = match self {
            Self::Default => None,
            Self::To(reach) => Some(reach.clone()),
        };
    }
}

fn change_reach(account: &mut Account, changes: &UpdateAccount, by_ancestor: bool) -> Result<(), AppError> {
    if (changes.calls_to.is_some() || changes.messages_to.is_some()) && !by_ancestor {
        return Err(refuse(
            ErrorCode::Forbidden,
            "Only a parent account may change where calls and messages of an account may go.",
        ));
    }
    if let Some(patch) = &changes.calls_to {
        patch.apply(&mut account.calls_to);
    }
    if let Some(patch) = &changes.messages_to {
        patch.apply(&mut account.messages_to);
    }
    Ok(())
}

impl App {
    /// Makes the top account of an empty installation, with a given sid and token or new ones. Answers the token in clear.
    pub async fn create_root_account(
        &self,
        friendly_name: &str,
        given: Option<(AccountSid, String)>,
    ) -> Result<(Account, String), AppError> {
        if self.store.root_account().await?.is_some() {
            return Err(refuse(ErrorCode::Conflict, "The installation has a top account."));
        }
        let (sid, token) = given.unwrap_or_else(|| (AccountSid::new(), vault::new_auth_token()));
        let account = self.new_account(sid, &token, checked_name(friendly_name)?);
        self.store.commit(Change::CreateAccount(account.clone()).into()).await?;
        Ok((account, token))
    }

    /// Makes a sub-account of `parent`.
    pub async fn create_account(
        &self,
        parent: &Account,
        new: CreateAccount,
        keep: Keep<'_, Account>,
    ) -> Result<Account, AppError> {
        must_be_active(parent)?;
        self.check_password(new.password.as_ref())?;
        if parent.ancestors.len() + 1 > DEPTH_MAX {
            return Err(refuse(ErrorCode::Unprocessable, "Accounts nest at most 8 levels deep."));
        }
        if let Some(email) = &new.email_address {
            self.check_email(email).await?;
        }
        let name = new.friendly_name.or(new.email_address.clone()).unwrap_or_else(|| "SubAccount".to_owned());
        let mut account = self.new_account(AccountSid::new(), &vault::new_auth_token(), checked_name(&name)?);
        account.parent_sid = Some(parent.sid);
        account.ancestors.clone_from(&parent.ancestors);
        account.ancestors.push(parent.sid);
        account.email_address = new.email_address;
        account.role = checked_name(new.role.as_ref().unwrap_or(&parent.role))?;
        account.currency = parent.currency;
        account.account_type = parent.account_type;
        self.commit_creation(Change::CreateAccount(account.clone()).into(), &account, keep).await?;
        self.price_new_account(&account).await;
        Ok(account)
    }

    /// Direct sub-accounts.
    pub async fn accounts(
        &self,
        parent: AccountSid,
        filter: &AccountFilter,
        page: &Page,
    ) -> Result<Vec<Account>, AppError> {
        Ok(self.store.accounts(parent, filter, page).await?)
    }

    /// Changes an account. `by_ancestor` says whether it was asked by one: only ancestors change a status.
    ///
    /// A status goes to the whole tree below; `closed` is final and releases all numbers. A tree of more than a thousand rows takes
    /// several change sets, the account itself in the last: until then the request was not answered and can be sent again.
    pub async fn update_account(
        &self,
        sid: AccountSid,
        by_ancestor: bool,
        changes: UpdateAccount,
    ) -> Result<Account, AppError> {
        self.check_password(changes.password.as_ref())?;
        retrying!(self.try_update_account(sid, by_ancestor, &changes))
    }

    async fn try_update_account(
        &self,
        sid: AccountSid,
        by_ancestor: bool,
        changes: &UpdateAccount,
    ) -> Result<Account, AppError> {
        let mut account = self.store.account(sid).await?.ok_or(ErrorCode::NotFound)?;
        if account.status == AccountStatus::Closed {
            return Err(ErrorCode::AccountClosed.into());
        }
        if let Some(name) = &changes.friendly_name {
            account.friendly_name = checked_name(name)?;
        }
        if let Some(role) = &changes.role {
            account.role = checked_name(role)?;
        }
        account.recording_days = changes.recording_days.or(account.recording_days);
        account.ladder_days = changes.ladder_days.or(account.ladder_days);
        if changes.message_days.is_some_and(|days| days > MESSAGE_DAYS_MAX) {
            return Err(refuse(ErrorCode::InvalidParameter, "MessageDays is 0 to 7."));
        }
        account.message_days = changes.message_days.or(account.message_days);
        changes.emergency_address.apply(&mut account.emergency_address)?;
        if (changes.messages_per_s.is_some() || changes.quiet_hours.is_some()) && !by_ancestor {
            return Err(refuse(
                ErrorCode::Forbidden,
                "Only a parent account may change the pace and the quiet hours of an account.",
            ));
        }
        account.quiet_hours = changes.quiet_hours.or(account.quiet_hours);
        account.messages_per_s = changes.messages_per_s.or(account.messages_per_s);
        change_reach(&mut account, changes, by_ancestor)?;
        let mut last = ChangeSet::new();
        if let Some(status) = changes.status.filter(|status| *status != account.status) {
            if !by_ancestor {
                return Err(refuse(
                    ErrorCode::Forbidden,
                    "Only a parent account may change the status of an account.",
                ));
            }
            self.check_parent_allows(&account, status).await?;
            self.cascade(&account, status).await?;
            account.status = status;
            self.release_all(&account, &mut last).await?;
        }
        account.updated_at = self.clock.now();
        last.push(Change::UpdateAccount(account.clone()));
        self.store.commit(last).await?;
        account.version += 1;
        self.forget_accounts();
        Ok(account)
    }

    /// A sub-account cannot be more alive than its parent.
    async fn check_parent_allows(&self, account: &Account, status: AccountStatus) -> Result<(), AppError> {
        let Some(parent) = account.parent_sid.filter(|_| status == AccountStatus::Active) else {
            return Ok(());
        };
        match self.store.account(parent).await? {
            Some(parent) if parent.status == AccountStatus::Active => Ok(()),
            _ => Err(refuse(ErrorCode::Conflict, "The parent account is not active.")),
        }
    }

    /// Gives all descendants the status; closed ones stay closed.
    async fn cascade(&self, account: &Account, status: AccountStatus) -> Result<(), AppError> {
        let filter = AccountFilter { scope: Scope::Tree, ..AccountFilter::default() };
        let mut page = Page { limit: STEP, order: Order::Oldest, ..Page::default() };
        loop {
            let below = self.store.accounts(account.sid, &filter, &page).await?;
            let Some(last) = below.last() else { return Ok(()) };
            page.after = Some(last.sid.as_u128());
            let mut changes = ChangeSet::new();
            for mut descendant in below {
                if descendant.status != AccountStatus::Closed && descendant.status != status {
                    descendant.status = status;
                    descendant.updated_at = self.clock.now();
                    self.release_all(&descendant, &mut changes).await?;
                    changes.push(Change::UpdateAccount(descendant));
                }
            }
            self.store.commit(changes).await?;
            // Also after a part: what was committed must not be hidden by the cache if a later part fails.
            self.forget_accounts();
        }
    }

    /// The account and those below it that are active, those above first.
    pub(crate) async fn active_tree(&self, account: &Account) -> Result<Vec<AccountSid>, AppError> {
        let filter = AccountFilter { scope: Scope::Tree, ..AccountFilter::default() };
        let mut page = Page { limit: STEP, order: Order::Oldest, ..Page::default() };
        let mut active = Vec::from_iter((account.status == AccountStatus::Active).then_some(account.sid));
        loop {
            let below = self.store.accounts(account.sid, &filter, &page).await?;
            let Some(last) = below.last() else { return Ok(active) };
            page.after = Some(last.sid.as_u128());
            let some = below.iter().filter(|it| it.status == AccountStatus::Active && it.sid != account.sid);
            active.extend(some.map(|it| it.sid));
        }
    }

    /// Lets exactly these suspended accounts go on, those above first: what somebody else has suspended, or an account below such a one, stays.
    pub(crate) async fn resume(&self, accounts: &[AccountSid]) -> Result<(), AppError> {
        for sid in accounts {
            retrying!(async {
                let Some(mut account) = self.store.account(*sid).await? else { return Ok(()) };
                if account.status != AccountStatus::Suspended
                    || self.check_parent_allows(&account, AccountStatus::Active).await.is_err()
                {
                    return Ok(());
                }
                account.status = AccountStatus::Active;
                account.updated_at = self.clock.now();
                self.store.commit(Change::UpdateAccount(account).into()).await?;
                Ok::<_, AppError>(())
            })?;
        }
        self.forget_accounts();
        Ok(())
    }

    /// Adds the release of the numbers of a closed account, and the end of all it pays by the month; above [`STEP`] numbers they are
    /// committed in steps.
    async fn release_all(&self, account: &Account, changes: &mut ChangeSet) -> Result<(), AppError> {
        if account.status != AccountStatus::Closed {
            return Ok(());
        }
        let now = self.clock.now();
        let page = Page { limit: STEP, ..Page::default() };
        loop {
            let numbers = self.store.numbers(account.sid, &NumberFilter::default(), &page).await?;
            let full = numbers.len() >= STEP as usize;
            let mut step = ChangeSet::new();
            for number in numbers {
                self.owners.remove(&number.number);
                step.push(Change::ReleaseNumber(account.sid, number.sid, now, self.free_from(now)));
            }
            step.push(HoldingChange::EndAll(account.sid, now).into());
            if !full {
                changes.append(step);
                return Ok(());
            }
            self.store.commit(step).await?;
        }
    }

    /// Sign-in sees a change of the tree at once on this node.
    fn forget_accounts(&self) {
        self.accounts.clear();
    }

    fn new_account(&self, sid: AccountSid, token: &str, friendly_name: String) -> Account {
        let now = self.clock.now();
        Account {
            sid,
            version: 1,
            parent_sid: None,
            ancestors: Vec::new(),
            friendly_name,
            email_address: None,
            account_type: AccountType::Full,
            role: "Administrator".to_owned(),
            status: AccountStatus::Active,
            auth_token: self.vault.seal(&sid.to_string(), token.as_bytes()),
            auth_token_digest: vault::digest(token),
            currency: Currency::EUR,
            protected_media: true,
            recording_days: None,
            ladder_days: None,
            message_days: None,
            messages_per_s: None,
            calls_to: None,
            messages_to: None,
            emergency_address: None,
            quiet_hours: None,
            created_at: now,
            updated_at: now,
        }
    }

    async fn check_email(&self, email: &str) -> Result<(), AppError> {
        check_email_form(email)?;
        match self.store.account_by_email(email).await? {
            Some(_) => Err(ErrorCode::EmailTaken.into()),
            None => Ok(()),
        }
    }

    pub(crate) fn check_password(&self, password: Option<&Pii<String>>) -> Result<(), AppError> {
        let Some(Pii(password)) = password else { return Ok(()) };
        let min = usize::from(self.config.password_chars_min.max(8));
        let has = |test: fn(char) -> bool| password.chars().any(test);
        let strong = password.chars().count() >= min
            && has(char::is_uppercase)
            && has(char::is_lowercase)
            && has(|c| c.is_ascii_digit())
            && has(|c| !c.is_alphanumeric());
        if strong { Ok(()) } else { Err(ErrorCode::PasswordTooWeak.into()) }
    }

    /// The account by sid or e-mail address, if `by` is it or an ancestor.
    pub async fn find_account(
        &self,
        by: &crate::Principal,
        name: &str,
    ) -> Result<Option<Arc<Account>>, AppError> {
        let sid = match name.parse() {
            Ok(sid) => sid,
            Err(_) if name.contains('@') => match self.store.account_by_email(name).await? {
                Some(account) => account.sid,
                None => return Ok(None),
            },
            Err(_) => return Ok(None),
        };
        self.within_reach(by, sid).await
    }
}

/// A name of 1 to 64 characters without control characters.
pub(crate) fn checked_name(name: &str) -> Result<String, AppError> {
    let ok =
        !name.is_empty() && name.chars().count() <= NAME_CHARS_MAX && !name.chars().any(char::is_control);
    if ok {
        Ok(name.to_owned())
    } else {
        Err(refuse(
            ErrorCode::InvalidParameter,
            "A name has 1 to 64 characters, none of them a control character.",
        ))
    }
}

/// Words of a person: some, on one line.
pub(crate) fn checked_line(name: &str, text: &str, most: usize) -> Result<String, AppError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
        let why = format!("{name} has 1 to {most} characters, none of them a control character.");
        return Err(refuse(ErrorCode::InvalidParameter, why));
    }
    Ok(text.to_owned())
}

/// A tag of usage; an empty text is none.
pub fn checked_tag(tag: &str) -> Result<Option<String>, AppError> {
    let tag = tag.trim();
    if tag.chars().count() > TAG_CHARS_MAX || tag.chars().any(char::is_control) {
        return Err(refuse(
            ErrorCode::InvalidParameter,
            "A Tag has at most 64 characters, none of them a control character.",
        ));
    }
    Ok((!tag.is_empty()).then(|| tag.to_owned()))
}

/// Whether a text can be an e-mail address.
pub(crate) fn check_email_form(email: &str) -> Result<(), AppError> {
    let well_formed = email.len() <= 254
        && email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
        && email.bytes().all(|b| b.is_ascii_graphic());
    if !well_formed {
        return Err(refuse(ErrorCode::InvalidParameter, "EmailAddress is not an e-mail address."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_the_default_and_nothing_are_told_apart() {
        assert_eq!("default".parse(), Ok(ReachPatch::Default));
        assert_eq!("BE:mobile".parse(), Ok(ReachPatch::To("BE:mobile".parse().unwrap())));
        assert_eq!("Belgium".parse::<ReachPatch>(), Err(ReachError));
    }
}
