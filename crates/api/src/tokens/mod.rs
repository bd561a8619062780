//! Twilio's `Tokens`: relays a browser may need to reach the platform. There are none here and none is needed: the media address of a
//! node is reachable itself (ICE, RFC 8445), so the answer names no servers and no credentials for them.

use flexio_domain::{AccountSid, ErrorCode, Timestamp};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{Operation, Shows, TWILIO, params, row};
use crate::write::Writer;

/// Seconds.
const TTL: u32 = 86_400;

pub(crate) const OPERATIONS: &[Operation] = &[row!(
    "tokens.create",
    Create,
    TWILIO,
    "Accounts/{AccountSid}/Tokens",
    "Servers for ICE: an empty list, as the media address of the platform is reachable itself.",
    params!["Ttl": "Seconds, 1 to 86400 (default)."],
    Shows::One(sample),
    create
)];

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let ttl = ask.params.whole("Ttl", 1..=TTL, ErrorCode::InvalidParameter)?.unwrap_or(TTL);
    let now = ask.app().clock.now();
    Ok(ask.made("Token", |w| view(w, ask.account.sid, now, ttl)))
}

fn view(w: &mut Writer, account: AccountSid, now: Timestamp, ttl: u32) {
    w.put("account_sid", account.to_string());
    w.put("date_created", rfc2822(now));
    w.put("date_updated", rfc2822(now));
    w.put("ttl", ttl.to_string());
    w.put("username", None::<&str>);
    w.put("password", None::<&str>);
    w.list("ice_servers", "IceServer", &[] as &[&str], |_, _| ());
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    view(w, AccountSid::from_u128(1), at, TTL);
}
