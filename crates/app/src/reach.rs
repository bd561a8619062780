//! Where an account's calls and messages may go: the list of its own, of the accounts above it, or the operator's for new customers.

use flexio_domain::{Account, AccountSid, Address, ErrorCode, Reach, UsageKind};
use flexio_rating::{Authorised, Country};

use crate::App;
use crate::error::{AppError, Refusal, refuse_because};

/// Reason of a call that may not go there (docs/reason-codes.md).
const REASON: (u16, &str) = (2201, "Dial Destination Not Allowed");

/// What goes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goes {
    Calls,
    Messages,
}

impl Goes {
    fn own(self, account: &Account) -> Option<&Reach> {
        match self {
            Self::Calls => account.calls_to.as_ref(),
            Self::Messages => account.messages_to.as_ref(),
        }
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Calls => ("call", "CallsTo"),
            Self::Messages => ("write to", "MessagesTo"),
        }
    }
}

impl App {
    /// Whether a call of the account may go there: it has a price or is free, and where it costs something it is in reach. Numbers of the
    /// platform meet neither.
    pub(crate) async fn may_call(
        &self,
        account: AccountSid,
        from: &str,
        to: &Address,
    ) -> Result<(), AppError> {
        let now = self.clock.now();
        let meter = self.terms(account);
        let class = match meter.authorise(UsageKind::VoiceOut, from, &to.to_string(), now) {
            Ok(Authorised::Priced(priced)) => priced.class.to_owned(),
            Ok(Authorised::Free { .. }) => return Ok(()),
            Err(_) => return Err(refuse_because(ErrorCode::DestinationNotPermitted, REASON.0, REASON.1)),
        };
        self.must_reach(account, to, &class, Goes::Calls).await
    }

    /// Refuses a destination of a class that costs money and is not on the lists.
    pub(crate) async fn must_reach(
        &self,
        account: AccountSid,
        to: &Address,
        class: &str,
        goes: Goes,
    ) -> Result<(), AppError> {
        let Some(own) = self.account_now(account).await? else { return Ok(()) };
        // The top account is the operator's.
        if own.parent_sid.is_none() {
            return Ok(());
        }
        let country = to.number().and_then(|number| Country::of_digits(number.digits()));
        let country = country.map_or(self.config.home_country.as_str(), |country| country.iso);
        let default = match goes {
            Goes::Calls => &self.config.limits.calls_to,
            Goes::Messages => &self.config.limits.messages_to,
        };
        // Those below a customer may what he may, or less: what he sets for them opens nothing.
        let above = own.ancestors.iter().skip(1);
        for (at, sid) in above.chain([&own.sid]).enumerate() {
            let Some(account) = self.account_now(*sid).await? else { continue };
            let list = goes.own(&account).or((at == 0).then_some(default));
            if let Some(list) = list.filter(|list| !list.allows(country, class)) {
                return Err(not_in_reach(own.sid == account.sid, list, (country, class), goes));
            }
        }
        Ok(())
    }
}

/// Says what is open and who opens more; not what the list of another account is.
fn not_in_reach(is_own: bool, list: &Reach, (country, class): (&str, &str), goes: Goes) -> AppError {
    let (verb, parameter) = goes.words();
    let open =
        if is_own { format!("may {verb} {list}") } else { "is held to the list of one above it".to_owned() };
    let detail = format!(
        "The destination is {country}:{class}; the account {open}. A parent account opens more: {parameter} of the account."
    );
    AppError::Refused(Refusal {
        detail: Some(detail),
        reason: (goes == Goes::Calls)
            .then(|| flexio_domain::Reason { code: REASON.0, text: REASON.1.to_owned() }),
        ..Refusal::from(ErrorCode::DestinationNotPermitted)
    })
}
