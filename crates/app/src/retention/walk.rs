//! Rows of an account in the order of their making, from where the last night ended to where a term begins.

use flexio_domain::*;
use flexio_rating::Numbering;
use flexio_store::{
    Change, ChangeSet, ErasureChange, Kept, KeptRow, MessagingChange, RetentionChange, StoreError,
};
use jiff::SignedDuration;
use jiff::civil::Date;
use serde::de::DeserializeOwned;

use super::{Class, Night, ROWS_A_NIGHT};
use crate::App;
use crate::delivery::is_over;
use crate::erasure::names;
use crate::error::AppError;

/// Rows of one transaction.
const BATCH: u32 = 100;
/// Rows that are old enough and not over yet, at most: a walk that met more waits at the next for the others.
const WAITING_MAX: usize = 1_000;

/// What is done with a row.
enum Step {
    /// Nothing: it is as it should be.
    Pass,
    /// This.
    Do(Vec<Change>),
    /// It is not over yet: it is looked at again each night, and does not keep what is behind it.
    Wait,
    /// It is too young: neither it nor what comes behind it.
    Stop,
}

/// Whose rows, of which kind, and under which mark.
struct Walk {
    account: AccountSid,
    class: Class,
    mark: &'static str,
    kind: Kept,
}

impl Walk {
    /// Under what those rows are kept that it went past before they were over.
    fn waiting(&self) -> String {
        format!("{}.waiting", self.mark)
    }

    fn waits(&self, waiting: &[u128]) -> RetentionChange {
        let keys: Vec<String> = waiting.iter().map(|key| format!("{key:x}")).collect();
        RetentionChange::Mark(self.account, self.waiting().into(), keys.join(","))
    }
}

impl App {
    async fn walk<T: DeserializeOwned>(
        &self,
        walk: &Walk,
        night: &mut Night,
        step: &(dyn Fn(T) -> Step + Sync),
    ) -> Result<(), AppError> {
        let mut waiting = self.walk_waiting(walk, night, step).await?;
        let done = self.store.retention_mark(walk.account, walk.mark).await?;
        let mut after = done.and_then(|done| u128::from_str_radix(&done, 16).ok()).unwrap_or(0);
        let mut seen = 0;
        while seen < ROWS_A_NIGHT {
            let rows = self.store.kept_rows(walk.account, walk.kind, (None, after), BATCH).await?;
            let (mut changes, mut gone, mut last) = (ChangeSet::new(), 0, after);
            let (mut is_over, waited) = (rows.len() < BATCH as usize, waiting.len());
            for row in rows {
                match step(row.read()?) {
                    Step::Pass => {}
                    Step::Wait if waiting.len() < WAITING_MAX => waiting.push(row.key),
                    Step::Do(with) => {
                        changes.extend(with);
                        gone += 1;
                    }
                    Step::Wait | Step::Stop => {
                        is_over = true;
                        break;
                    }
                }
                last = row.key;
                seen += 1;
            }
            if last != after {
                let mark = RetentionChange::Mark(walk.account, walk.mark.into(), format!("{last:x}"));
                changes.push(mark.into());
                if waiting.len() > waited {
                    changes.push(walk.waits(&waiting).into());
                }
                night.add(walk.class, gone, &mut changes);
                match self.store.commit(changes).await {
                    Ok(()) => {}
                    // A row was changed meanwhile: it is for the next night.
                    Err(StoreError::Conflict(_)) => return Ok(()),
                    Err(error) => return Err(error.into()),
                }
                after = last;
            }
            if is_over {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Looks again at rows that were not over when the walk went past them; those that still are not.
    async fn walk_waiting<T: DeserializeOwned>(
        &self,
        walk: &Walk,
        night: &mut Night,
        step: &(dyn Fn(T) -> Step + Sync),
    ) -> Result<Vec<u128>, AppError> {
        let kept = self.store.retention_mark(walk.account, &walk.waiting()).await?.unwrap_or_default();
        let mut waiting: Vec<u128> =
            kept.split(',').filter_map(|key| u128::from_str_radix(key, 16).ok()).collect();
        for key in waiting.clone() {
            let rows =
                self.store.kept_rows(walk.account, walk.kind, (None, key.saturating_sub(1)), 1).await?;
            let mut changes = ChangeSet::new();
            match rows.first().filter(|row| row.key == key).map(KeptRow::read).transpose()?.map(step) {
                Some(Step::Wait | Step::Stop) => continue,
                Some(Step::Do(with)) => changes.extend(with),
                Some(Step::Pass) | None => {}
            }
            let gone = u64::from(!changes.changes().is_empty());
            waiting.retain(|it| *it != key);
            changes.push(walk.waits(&waiting).into());
            night.add(walk.class, gone, &mut changes);
            match self.store.commit(changes).await {
                Ok(()) => {}
                // It was changed meanwhile: the next night.
                Err(StoreError::Conflict(_)) => waiting.push(key),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(waiting)
    }

    /// Texts of messages that have reached their end.
    pub(super) async fn retain_bodies(&self, account: AccountSid, night: &mut Night) -> Result<(), AppError> {
        let own = self.store.account(account).await?.and_then(|it| it.message_days);
        let days = i64::from(own.unwrap_or(night.terms.body_days));
        let until = night.now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(night.now);
        let now = night.now;
        let walk = Walk { account, class: Class::Bodies, mark: "bodies", kind: Kept::Messages };
        let step = |message: Message| {
            if message.created_at >= until {
                return Step::Stop;
            }
            if !is_over(&message, now) {
                return Step::Wait;
            }
            let has_headers = !message.sip_headers.is_empty();
            if message.body.0.is_empty()
                && message.sealed_body.is_none()
                && message.media == 0
                && !has_headers
            {
                return Step::Pass;
            }
            let media = MessagingChange::DropMediaOf(message.account_sid, message.sid);
            let media = (message.media > 0).then(|| media.into());
            let body = Pii(String::new());
            let text = Change::UpdateMessage(Message {
                body,
                sealed_body: None,
                sip_headers: Vec::new(),
                ..message
            });
            Step::Do(std::iter::once(text).chain(media).collect())
        };
        self.walk(&walk, night, &step).await
    }

    /// Digits of numbers in uses, calls and messages from before a day.
    pub(super) async fn retain_numbers(
        &self,
        account: AccountSid,
        (class, before): (Class, Date),
        night: &mut Night,
    ) -> Result<(), AppError> {
        let (usage, calls, messages) = match class {
            Class::Rest => ("usage.rest", "calls.rest", "messages.rest"),
            _ => ("usage.numbers", "calls.numbers", "messages.numbers"),
        };
        self.retain_usage(account, (class, usage, before), night).await?;
        let (until, now) = (night.start_of(before), night.now);
        let numbering = self.rater().numbering();
        let walk = Walk { account, class, mark: calls, kind: Kept::Calls };
        let step = |call: Call| {
            if call.created_at >= until {
                return Step::Stop;
            }
            if !call.status.is_final() {
                return Step::Wait;
            }
            let (from, to) = (shorter(numbering, class, &call.from), shorter(numbering, class, &call.to));
            let call = Call { from, to, caller_name: None, forwarded_from: None, document: None, ..call };
            Step::Do(vec![Change::UpdateCall(call)])
        };
        self.walk(&walk, night, &step).await?;
        let walk = Walk { account, class, mark: messages, kind: Kept::Messages };
        let step = |message: Message| {
            if message.created_at >= until {
                return Step::Stop;
            }
            if !is_over(&message, now) {
                return Step::Wait;
            }
            let ends = (shorter(numbering, class, &message.from), shorter(numbering, class, &message.to));
            Step::Do(vec![Change::UpdateMessage(Message { from: ends.0, to: ends.1, ..message })])
        };
        self.walk(&walk, night, &step).await
    }

    /// Day by day, because uses are in the order of their ids and not of their times.
    async fn retain_usage(
        &self,
        account: AccountSid,
        (class, mark, before): (Class, &'static str, Date),
        night: &mut Night,
    ) -> Result<(), AppError> {
        let before = before.to_string();
        let mut done = self.store.retention_mark(account, mark).await?.unwrap_or_default();
        let mut seen = 0;
        while let Some(day) = self.store.usage_day_after(account, &done).await?.filter(|day| *day < before) {
            let mut behind = (String::new(), String::new());
            loop {
                let events = self.store.usage_of_day(account, &day, (&behind.0, &behind.1), BATCH).await?;
                let (mut changes, mut gone) = (ChangeSet::new(), 0);
                for event in &events {
                    let numbering = self.rater().numbering();
                    let from = shorter_text(numbering, class, &event.from);
                    let to = shorter_text(numbering, class, &event.to);
                    if (&from, &to) != (&event.from, &event.to) {
                        changes.push(
                            ErasureChange::RewriteUsage(UsageEvent { from, to, ..event.clone() }).into(),
                        );
                        gone += 1;
                    }
                }
                seen += events.len() as u64;
                let is_last = events.len() < BATCH as usize;
                if let Some(last) = events.last() {
                    behind = (last.source.clone(), last.id.clone());
                }
                if is_last {
                    changes.push(RetentionChange::Mark(account, mark.into(), day.clone()).into());
                }
                night.add(class, gone, &mut changes);
                self.store.commit(changes).await?;
                if is_last {
                    break;
                }
            }
            done = day;
            if seen >= ROWS_A_NIGHT {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What calls left behind for those who look for faults, and what accounts were told of them.
    pub(super) async fn retain_traffic(
        &self,
        account: AccountSid,
        night: &mut Night,
    ) -> Result<(), AppError> {
        let until = night.start_of(night.months_ago(night.terms.traffic_months, 0));
        let class = Class::Traffic;
        let walk = Walk { account, class, mark: "traffic", kind: Kept::Calls };
        let step = |call: Call| {
            if call.created_at >= until {
                return Step::Stop;
            }
            if !call.status.is_final() {
                return Step::Wait;
            }
            Step::Do(vec![ErasureChange::ForgetCall(call.account_sid, call.sid).into()])
        };
        self.walk(&walk, night, &step).await?;
        let walk = Walk { account, class, mark: "notifications", kind: Kept::Notifications };
        let step = |it: Notification| {
            if it.created_at >= until {
                return Step::Stop;
            }
            Step::Do(vec![ErasureChange::Drop(Kept::Notifications, it.account_sid, it.sid.as_u128()).into()])
        };
        self.walk(&walk, night, &step).await
    }

    /// Who did what.
    pub(super) async fn retain_audit(&self, account: AccountSid, night: &mut Night) -> Result<(), AppError> {
        let until = night.start_of(night.months_ago(night.terms.audit_months, 0));
        let walk = Walk { account, class: Class::Audit, mark: "audit", kind: Kept::AuditEvents };
        let step = |it: AuditEvent| {
            if it.created_at >= until {
                return Step::Stop;
            }
            Step::Do(vec![ErasureChange::Drop(Kept::AuditEvents, it.account_sid, it.sid.as_u128()).into()])
        };
        self.walk(&walk, night, &step).await
    }
}

/// A number without its last two digits, or with country and class alone; what is no number is as it was, or nameless.
fn shorter(numbering: &Numbering, class: Class, end: &Address) -> Address {
    let Address::Number(number) = end else { return end.clone() };
    if class == Class::Rest {
        return Address::Number(names::alias(numbering, number));
    }
    let kept = &number.as_str()[..number.as_str().len() - 2];
    format!("{kept}00").parse().map_or_else(|_| end.clone(), Address::Number)
}

fn shorter_text(numbering: &Numbering, class: Class, end: &str) -> String {
    match end.parse::<Address>() {
        Ok(address @ Address::Number(_)) => shorter(numbering, class, &address).to_string(),
        Ok(_) | Err(_) if class == Class::Rest => crate::erasure::nameless(numbering, end),
        Ok(_) | Err(_) => end.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_loses_its_last_two_digits_and_then_all_that_says_whose_it_is() {
        let numbering =
            Numbering::parse("numbering", include_str!("../../../../data/belgian-numbering.toml"))
                .expect("ours");
        for (end, numbers, rest) in [
            ("+32470123456", "+32470123400", "+32470000000"),
            ("8640", "8640", "8640"),
            ("client:eva", "client:eva", "erased"),
            ("", "", ""),
        ] {
            assert_eq!(shorter_text(&numbering, Class::Numbers, end), numbers);
            assert_eq!(shorter_text(&numbering, Class::Rest, end), rest);
        }
    }
}
