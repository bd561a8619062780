//! Accounts as shown.

use flexio_domain::{Account, AccountSid, AccountStatus, AccountType, Currency, Money, Sealed, Timestamp};

use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::write::Writer;

/// An account with its token, which an API key does not get to see: the key can be revoked, what it has read cannot.
pub(super) fn account(w: &mut Writer, ask: &Ask<'_>, account: &Account) {
    let role = ask.principal.seat.as_ref().map(|seat| seat.person.role);
    let may_see = ask.principal.key.is_none() && role.is_none_or(crate::console::may_see_tokens);
    let token = if may_see { ask.app().auth_token(account).ok() } else { None };
    properties(w, &ask.shown(), account, token.as_deref());
}

fn properties(w: &mut Writer, shown: &Shown<'_>, account: &Account, token: Option<&str>) {
    let uri = |rest: &str| shown.uri(account.sid, rest);
    w.put("sid", account.sid.to_string());
    w.put("friendly_name", &account.friendly_name);
    if !shown.is_twilio() {
        w.put("email_address", account.email_address.as_deref());
        w.put("role", &account.role);
        w.put("organization", None::<&str>);
        w.put("sip_ladder_days", account.ladder_days.map(u32::from));
        w.put("message_days", account.message_days.map(u32::from));
        w.put("messages_per_second", account.messages_per_s);
        w.put("calls_to", account.calls_to.as_ref().map(ToString::to_string));
        w.put("messages_to", account.messages_to.as_ref().map(ToString::to_string));
        crate::emergency::put(w, account.emergency_address.as_ref());
        w.put("quiet_hours", account.quiet_hours.map(|hours| hours.to_string()));
    }
    w.put(
        "type",
        match account.account_type {
            AccountType::Full => "Full",
            AccountType::Trial => "Trial",
        },
    );
    w.put("status", account.status.as_str());
    w.put("date_created", rfc2822(account.created_at));
    w.put("date_updated", rfc2822(account.updated_at));
    w.put("auth_token", token);
    if shown.is_twilio() {
        w.put("owner_account_sid", account.parent_sid.unwrap_or(account.sid).to_string());
    }
    w.put("uri", shown.face.uri(shown.format, &format!("Accounts/{}", account.sid)));
    let messages =
        if shown.is_twilio() { ("messages", "Messages") } else { ("sms_messages", "SMS/Messages") };
    w.object("subresource_uris", |w| {
        for (name, path) in [
            ("available_phone_numbers", "AvailablePhoneNumbers"),
            ("calls", "Calls"),
            ("applications", "Applications"),
            ("incoming_phone_numbers", "IncomingPhoneNumbers"),
            ("notifications", "Notifications"),
            ("outgoing_caller_ids", "OutgoingCallerIds"),
            ("recordings", "Recordings"),
            messages,
            ("keys", "Keys"),
            ("usage_records", "Usage/Records"),
        ] {
            w.put(name, uri(path));
        }
    });
}

/// Owed money is a negative balance.
pub(super) fn balance(w: &mut Writer, account: &Account, owed: Money) {
    w.put("account_sid", account.sid.to_string());
    w.put("balance", (-owed).to_decimals(5));
    w.put("currency", account.currency.to_string());
}

pub(crate) fn specimen() -> Account {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    Account {
        sid: AccountSid::from_u128(1),
        version: 1,
        parent_sid: None,
        ancestors: Vec::new(),
        friendly_name: "Acme".to_owned(),
        email_address: Some("ops@acme.test".to_owned()),
        account_type: AccountType::Full,
        role: "Administrator".to_owned(),
        status: AccountStatus::Active,
        auth_token: Sealed(Vec::new()),
        auth_token_digest: [0; 32],
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
        created_at: at,
        updated_at: at,
    }
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    properties(w, shown, &specimen(), Some("0123456789abcdef0123456789abcdef"));
}

pub(super) fn balance_sample(w: &mut Writer, _: &Shown<'_>) {
    balance(w, &specimen(), Money::from_micros(1_234_500));
}
