//! Parameters of accounts.

use flexio_app::{CreateAccount, UpdateAccount};
use flexio_domain::{Account, AccountStatus, ErrorCode, Pii};
use flexio_store::AccountFilter;

use crate::Face;
use crate::ask::Ask;
use crate::error::Result;
use crate::params::one_of;

pub(super) fn filter(ask: &Ask<'_>) -> Result<AccountFilter> {
    Ok(AccountFilter {
        friendly_name: ask.params.owned("FriendlyName"),
        status: one_of("Status", ask.params.text("Status"), status)?,
        ..AccountFilter::default()
    })
}

/// Whether the filter lets this account through.
pub(super) fn holds(filter: &AccountFilter, account: &Account) -> bool {
    filter.friendly_name.as_ref().is_none_or(|name| *name == account.friendly_name)
        && filter.status.is_none_or(|status| status == account.status)
}

pub(super) fn create(ask: &Ask<'_>) -> Result<CreateAccount> {
    let params = &ask.params;
    let friendly_name = params.owned("FriendlyName");
    if ask.face == Face::Twilio {
        return Ok(CreateAccount { friendly_name, ..CreateAccount::default() });
    }
    Ok(CreateAccount {
        friendly_name,
        email_address: Some(params.required("EmailAddress", ErrorCode::InvalidParameter)?.to_owned()),
        password: Some(Pii(params.required("Password", ErrorCode::InvalidParameter)?.to_owned())),
        role: params.owned("Role"),
    })
}

pub(super) fn update(ask: &Ask<'_>) -> Result<UpdateAccount> {
    let native = ask.face == Face::Native;
    Ok(UpdateAccount {
        friendly_name: ask.params.owned("FriendlyName"),
        status: one_of("Status", ask.params.text("Status"), status)?,
        password: ask.params.owned("Password").filter(|_| native).map(Pii),
        role: ask.params.owned("Role").filter(|_| native),
        recording_days: ask.params.parsed("RecordingRetentionDays", ErrorCode::InvalidParameter)?,
        ladder_days: ask.params.parsed("SipLadderDays", ErrorCode::InvalidParameter)?,
        message_days: ask.params.parsed("MessageDays", ErrorCode::InvalidParameter)?,
        quiet_hours: ask.params.parsed("QuietHours", ErrorCode::InvalidParameter)?,
        calls_to: ask.params.parsed("CallsTo", ErrorCode::InvalidParameter)?,
        messages_to: ask.params.parsed("MessagesTo", ErrorCode::InvalidParameter)?,
        emergency_address: crate::emergency::patch(&ask.params),
        messages_per_s: ask.params.parsed("MessagesPerSecond", ErrorCode::InvalidParameter)?,
    })
}

fn status(text: &str) -> Option<AccountStatus> {
    [AccountStatus::Active, AccountStatus::Suspended, AccountStatus::Closed]
        .into_iter()
        .find(|status| status.as_str() == text)
}
