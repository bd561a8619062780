//! From a number, a call or a message to an account, and from the account to a person, within what is kept.
//!
//! After an erasure that is: who held a number (holdings stay with what was charged), whose a call or message was (its use stays), and who
//! the customer was until the term of identity is over.

use flexio_domain::*;
use flexio_store::{CallFilter, MessageFilter, Page, Span};
use jiff::SignedDuration;

use crate::App;
use crate::error::AppError;

/// Clocks of carriers and of the platform differ by less.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(15);
/// Calls and messages of an account that are looked at around a moment.
const ROWS_MAX: u32 = 1_000;
/// Of those, how many an answer has at most.
const TRAFFIC_MAX: usize = 100;

/// What is asked about a number.
struct Wanted<'a> {
    number: &'a E164,
    at: Timestamp,
    other: Option<&'a E164>,
}

impl App {
    /// Everybody who fits what is asked.
    pub(super) async fn lawful_findings(
        &self,
        subject: &LawfulSubject,
    ) -> Result<Vec<LawfulFinding>, AppError> {
        match subject {
            LawfulSubject::Number { number, at, other } => {
                self.had_number(&Wanted { number, at: *at, other: other.as_ref() }).await
            }
            LawfulSubject::Call(sid) => {
                let before = CallSid::from_u128(sid.as_u128().saturating_sub(1));
                let next = self.store.calls_after(before, 1).await?;
                match next.into_iter().find(|call| call.sid == *sid) {
                    Some(call) => {
                        let traffic = vec![of_call(&call)];
                        let ground = LawfulGround::Call;
                        let since = Some(call.created_at);
                        Ok(vec![self.finding(ground, call.account_sid, (since, None), traffic).await?])
                    }
                    None => self.by_use(&sid.to_string()).await,
                }
            }
            LawfulSubject::Message(sid) => {
                let before = MessageSid::from_u128(sid.as_u128().saturating_sub(1));
                let next = self.store.messages_after(before, 1).await?;
                match next.into_iter().find(|message| message.sid == *sid) {
                    Some(message) => {
                        let traffic = vec![of_message(&message)];
                        let ground = LawfulGround::Message;
                        let since = Some(message.created_at);
                        Ok(vec![self.finding(ground, message.account_sid, (since, None), traffic).await?])
                    }
                    None => self.by_use(&sid.to_string()).await,
                }
            }
        }
    }

    async fn had_number(&self, wanted: &Wanted<'_>) -> Result<Vec<LawfulFinding>, AppError> {
        let mut findings: Vec<LawfulFinding> = Vec::new();
        for held in self.store.holdings_of_subject(wanted.number.as_str(), wanted.at).await? {
            let traffic = self.traffic_of(held.account_sid, wanted).await?;
            let time = (Some(held.from), held.until);
            findings.push(self.finding(LawfulGround::Held, held.account_sid, time, traffic).await?);
        }
        for shown in self.store.caller_ids_of_number(wanted.number).await? {
            let is_known = findings.iter().any(|it| it.account_sid == shown.account_sid);
            if is_known || shown.created_at > wanted.at {
                continue;
            }
            let traffic = self.traffic_of(shown.account_sid, wanted).await?;
            let time = (Some(shown.created_at), None);
            findings.push(self.finding(LawfulGround::Proven, shown.account_sid, time, traffic).await?);
        }
        Ok(findings)
    }

    /// Calls that ran and messages that went at the moment.
    async fn traffic_of(
        &self,
        account: AccountSid,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<LawfulTraffic>, AppError> {
        let from = wanted.at.saturating_sub(TOLERANCE).unwrap_or(Timestamp::MIN);
        let until = Some(wanted.at.saturating_add(TOLERANCE).unwrap_or(Timestamp::MAX));
        let longest = SignedDuration::from_secs(self.config.call_seconds_max.into());
        let page = Page { limit: ROWS_MAX, ..Page::default() };
        let begun = from.saturating_sub(longest).unwrap_or(Timestamp::MIN);
        let begun = Span { from: Some(begun), until };
        let calls = CallFilter { started: begun, ..CallFilter::default() };
        let calls = self.store.calls(account, &calls, &page).await?;
        let ran = calls.iter().filter(|call| call.ended_at.is_none_or(|at| at >= from)).map(of_call);
        let made = Span { from: Some(from), until };
        let messages = MessageFilter { created: made, ..MessageFilter::default() };
        let messages = self.store.messages(account, &messages, &page).await?;
        let all = ran.chain(messages.iter().map(of_message));
        Ok(all.filter(|it| wanted.fits(&it.from, &it.to)).take(TRAFFIC_MAX).collect())
    }

    /// Neither calls nor messages are kept for ever; what they cost is.
    async fn by_use(&self, resource: &str) -> Result<Vec<LawfulFinding>, AppError> {
        let Some(used) = self.store.use_of_resource(resource).await? else { return Ok(Vec::new()) };
        let traffic = LawfulTraffic {
            resource: used.resource.clone(),
            from: used.from.clone(),
            to: used.to.clone(),
            at: used.at,
            ended_at: None,
        };
        let since = Some(used.at);
        Ok(vec![self.finding(LawfulGround::Use, used.account_sid, (since, None), vec![traffic]).await?])
    }

    async fn finding(
        &self,
        ground: LawfulGround,
        account: AccountSid,
        (since, until): (Option<Timestamp>, Option<Timestamp>),
        traffic: Vec<LawfulTraffic>,
    ) -> Result<LawfulFinding, AppError> {
        let found = self.store.account(account).await?.ok_or(ErrorCode::NotFound)?;
        let holder = match self.payer_of_invoices(account).await? {
            Some(payer) => self.store.customer(payer).await?.map(holder_of),
            None => None,
        };
        let account_status = found.status;
        Ok(LawfulFinding { ground, account_sid: account, account_status, since, until, traffic, holder })
    }
}

impl Wanted<'_> {
    /// Whether it is between the number and the other end, as far as their digits are kept.
    fn fits(&self, from: &str, to: &str) -> bool {
        let is = |asked: &E164, kept: &str| {
            let asked = asked.as_str();
            kept == asked || kept.strip_suffix("00").is_some_and(|left| left == &asked[..asked.len() - 2])
        };
        let by = |one: &str, other: &str| is(self.number, one) && self.other.is_none_or(|it| is(it, other));
        by(from, to) || by(to, from)
    }
}

fn of_call(call: &Call) -> LawfulTraffic {
    LawfulTraffic {
        resource: call.sid.to_string(),
        from: call.from.to_string(),
        to: call.to.to_string(),
        at: call.created_at,
        ended_at: call.ended_at,
    }
}

fn of_message(message: &Message) -> LawfulTraffic {
    LawfulTraffic {
        resource: message.sid.to_string(),
        from: message.from.to_string(),
        to: message.to.to_string(),
        at: message.created_at,
        ended_at: message.sent_at,
    }
}

fn holder_of(customer: Customer) -> LawfulHolder {
    LawfulHolder {
        account_sid: customer.account_sid,
        kind: customer.kind,
        legal_name: customer.legal_name,
        legal_form: customer.legal_form,
        address: customer.address,
        enterprise_number: customer.enterprise_number,
        email: customer.invoice_email,
        identified_at: customer.identified_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_digits_still_fits_and_another_number_does_not() {
        let (number, other) = ("+3225550101".parse().unwrap(), "+32470123456".parse().unwrap());
        let at = Timestamp::UNIX_EPOCH;
        let wanted = |other| Wanted { number: &number, at, other };
        for (from, to, any, with_other) in [
            ("+3225550101", "+32470123456", true, true),
            ("+32470123456", "+3225550101", true, true),
            ("+3225550100", "+32470123400", true, true),
            ("+3225550101", "+32470999999", true, false),
            ("+3225550102", "+32470123456", false, false),
            ("+3225500000", "+32470000000", false, false),
            ("8640", "+32470123456", false, false),
        ] {
            assert_eq!(wanted(None).fits(from, to), any, "{from} {to}");
            assert_eq!(wanted(Some(&other)).fits(from, to), with_other, "{from} {to}");
        }
    }
}
