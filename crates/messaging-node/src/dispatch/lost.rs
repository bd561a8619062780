//! Who opted out while messages to them waited.
//!
//! Every message was checked when it was taken. So only opt-outs that are younger than the oldest message of a page matter to it, and they
//! are found by one question for the page: opt-outs sort by their creation.

use std::collections::HashSet;

use flexio_app::App;
use flexio_domain::{AccountSid, E164, Message, OptOutSid, Timestamp};
use flexio_store::StoreError;
use jiff::SignedDuration;

/// Opt-outs read for a page of messages. Where there are more, every message of the page is asked about.
const READ_MAX: u32 = 500;
/// Clocks of nodes may differ by this much.
const CLOCKS: SignedDuration = SignedDuration::from_secs(10);

/// Whom messages may have lost since they were taken.
#[derive(Debug)]
pub(crate) enum Lost {
    /// These, of these accounts.
    Some(HashSet<(AccountSid, E164)>),
    /// Too many to tell.
    Anybody,
}

impl Lost {
    /// Those that a page of messages may have lost.
    pub(super) async fn since(app: &App, page: &[Message]) -> Result<Self, StoreError> {
        let Some(oldest) = page.iter().map(|message| message.created_at).min() else {
            return Ok(Self::Some(HashSet::new()));
        };
        let found = app.store.opt_outs_behind(first_of(oldest), READ_MAX).await?;
        if found.len() >= READ_MAX as usize {
            return Ok(Self::Anybody);
        }
        Ok(Self::Some(found.into_iter().map(|one| (one.account_sid, one.recipient)).collect()))
    }

    /// Whether the message may have lost its recipient.
    pub(super) fn may_be(&self, message: &Message) -> bool {
        match (self, message.to.number()) {
            (_, None) => false,
            (Self::Anybody, Some(_)) => true,
            (Self::Some(who), Some(number)) => {
                !who.is_empty() && who.contains(&(message.account_sid, number.clone()))
            }
        }
    }
}

/// Before every sid that is made from this moment on: the first 48 bits of a UUIDv7 are milliseconds (RFC 9562 §5.7).
fn first_of(moment: Timestamp) -> OptOutSid {
    let ms = moment.saturating_sub(CLOCKS).unwrap_or(moment).as_millisecond();
    OptOutSid::from_u128(u128::try_from(ms).unwrap_or(0) << 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sid_that_is_made_now_lies_behind_this_moment_and_one_of_long_ago_does_not() {
        let fresh = OptOutSid::new().as_u128();
        let ms = i64::try_from(fresh >> 80).unwrap();
        let made = Timestamp::from_millisecond(ms).unwrap();
        assert!(fresh > first_of(made).as_u128());
        let later = made + SignedDuration::from_secs(11);
        assert!(fresh < first_of(later).as_u128());
    }
}
