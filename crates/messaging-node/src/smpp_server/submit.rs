//! What becomes of a request: the same use cases as over REST.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use flexio_app::{App, AppError, CreateMessage, ReplaceMessage, delivery};
use flexio_domain::{
    Account, Address, ErrorCode, HttpMethod, Message, MessageDirection, MessageSid, MessageStatus, Pii,
    Timestamp, Webhook,
};
use flexio_messaging::{
    Encoding, PlanOptions,
    mo::{self, DefaultAlphabet, TextUnits},
    plan,
    udh::{Concat, Reference},
};
use flexio_smpp::{
    Address as Wire,
    server::{Replacement, Reply, Request, RequestId, Submit, status},
};

use jiff::{SignedDuration, civil::DateTime, tz::TimeZone};

use super::users::User;

/// An answer, and all requests it is for: the parts of a long message share one.
pub(super) type Answers = (Vec<RequestId>, Reply);

/// For the parts of a long message to come; they are answered together, so the peer needs a window for all of them.
const JOINING: Duration = Duration::from_secs(10);
/// Long messages of one connection that are not complete.
const JOINING_MAX: usize = 32;
/// `ESME_RINVDCS`: what was submitted is no text.
const INVALID_CODING: u32 = 0x104;

/// Values of the low bits of `registered_delivery` (SMPP 3.4 §5.2.17).
const FAILURE_ONLY: u8 = 2;
const SUCCESS_ONLY: u8 = 3;

/// A request with its text read.
pub(super) enum Work {
    Send { submit: Submit, to: Vec<Wire>, text: String, is_multi: bool },
    Query(String),
    Cancel(String),
    Replace(Replacement),
}

/// Long messages whose parts are not all there.
#[derive(Default)]
pub(super) struct Joining {
    sets: HashMap<(String, String, Reference, u8), Set>,
}

struct Set {
    parts: Vec<(u8, RequestId, TextUnits)>,
    /// What the parts ask for together: Kannel asks for a receipt with the first one only.
    registered_delivery: u8,
    since: Instant,
}

impl Joining {
    pub(super) fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Requests that wait for others.
    pub(super) fn waiting(&self) -> usize {
        self.sets.values().map(|set| set.parts.len()).sum()
    }

    /// What can be dealt with now, and whom to answer; `None` while parts are missing.
    pub(super) fn add(
        &mut self,
        id: RequestId,
        request: Request,
        now: Instant,
    ) -> Result<Option<(Vec<RequestId>, Work)>, u32> {
        let (mut submit, to, is_multi) = match request {
            Request::Query { message_id } => return Ok(Some((vec![id], Work::Query(message_id)))),
            Request::Cancel { message_id } => return Ok(Some((vec![id], Work::Cancel(message_id)))),
            Request::Replace(new) => return Ok(Some((vec![id], Work::Replace(new)))),
            Request::Submit(submit) => {
                let to = vec![submit.message.to.clone()];
                (submit, to, false)
            }
            Request::Multi(submit, to) => (submit, to, true),
        };
        let message = &submit.message;
        let part = mo::read(&message.payload, message.data_coding, message.has_udh, DefaultAlphabet::Gsm7);
        if matches!(part.units, TextUnits::Binary(_)) {
            return Err(INVALID_CODING);
        }
        let sar = message.sar.map(|sar| Concat {
            reference: Reference::Long(sar.reference),
            total: sar.total,
            sequence: sar.sequence,
        });
        let Some(place) = part.place.or(sar).filter(|place| place.total > 1 && !is_multi) else {
            let text = part.units.to_text();
            return Ok(Some((vec![id], Work::Send { submit, to, text, is_multi })));
        };
        let ends = (message.from.text().to_owned(), message.to.text().to_owned());
        let key = (ends.0, ends.1, place.reference, place.total);
        if !self.sets.contains_key(&key) && self.sets.len() >= JOINING_MAX {
            return Err(status::QUEUE_FULL);
        }
        let set = self.sets.entry(key.clone()).or_insert_with(|| Set {
            parts: Vec::new(),
            registered_delivery: 0,
            since: now,
        });
        if set.parts.iter().any(|(sequence, ..)| *sequence == place.sequence) {
            return Err(status::SUBMIT_FAILED);
        }
        set.parts.push((place.sequence, id, part.units));
        let asks = set.registered_delivery & 0b11 != 0;
        if !asks {
            set.registered_delivery = submit.registered_delivery;
        }
        if set.parts.len() < usize::from(place.total) {
            return Ok(None);
        }
        submit.registered_delivery = set.registered_delivery;
        let mut parts = self.sets.remove(&key).map(|set| set.parts).unwrap_or_default();
        parts.sort_by_key(|(sequence, ..)| *sequence);
        let ids = parts.iter().map(|(_, id, _)| *id).collect();
        let units = parts.into_iter().map(|(.., units)| units).collect();
        Ok(Some((ids, Work::Send { submit, to, text: joined(units), is_multi })))
    }

    /// Requests whose message was not completed in time.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<RequestId> {
        let late = self.sets.extract_if(|_, set| now.duration_since(set.since) >= JOINING);
        late.flat_map(|(_, set)| set.parts.into_iter().map(|(_, id, _)| id)).collect()
    }
}

/// Characters may be cut between parts, so they are made from the whole where the alphabet stays the same.
fn joined(parts: Vec<TextUnits>) -> String {
    let (mut text, mut units): (String, Option<TextUnits>) = (String::new(), None);
    for part in parts {
        match &mut units {
            None => units = Some(part),
            Some(all) => {
                if let Err(other) = all.append(part) {
                    text.push_str(&all.to_text());
                    units = Some(other);
                }
            }
        }
    }
    text + &units.map(|units| units.to_text()).unwrap_or_default()
}

pub(super) async fn deal_with(app: &App, user: &User, work: Work) -> Reply {
    let account = match app.account_now(user.terms().account).await {
        Ok(Some(account)) => account,
        Ok(None) => return Reply::Refused(status::SUBMIT_FAILED),
        Err(_) => return Reply::Refused(status::SYSTEM_ERROR),
    };
    match work {
        Work::Query(message_id) => query(app, &account, message_id).await,
        Work::Cancel(message_id) => cancel(app, &account, &message_id).await,
        Work::Replace(new) => match replace(app, &account, user, &new).await {
            Ok(()) => Reply::Replaced,
            Err(status) => Reply::Refused(status),
        },
        Work::Send { submit, to, text, is_multi: false } => {
            match send(app, &account, user, &submit, &to[0], &text).await {
                Ok(message) => Reply::Accepted { message_id: message.sid.to_string() },
                Err(status) => Reply::Refused(status),
            }
        }
        Work::Send { submit, to, text, is_multi: true } => {
            let (mut first, mut failed) = (None, Vec::new());
            for to in to {
                match send(app, &account, user, &submit, &to, &text).await {
                    Ok(message) => first = first.or(Some(message.sid)),
                    Err(status) => failed.push((to, status)),
                }
            }
            match (first, failed.first()) {
                (Some(sid), _) => Reply::Multi { message_id: sid.to_string(), failed },
                (None, Some((_, status))) => Reply::Refused(*status),
                (None, None) => Reply::Refused(status::INVALID_DESTINATION),
            }
        }
    }
}

async fn send(
    app: &App,
    account: &Account,
    user: &User,
    submit: &Submit,
    to: &Wire,
    text: &str,
) -> Result<Message, u32> {
    let from = address(&submit.message.from).ok_or(status::INVALID_SOURCE)?;
    let to = address(to).ok_or(status::INVALID_DESTINATION)?;
    let wanted = submit.registered_delivery & 0b11;
    let status_callback = (wanted != 0).then(|| receipts_to(user));
    let body = Pii(text.to_owned());
    let now = app.clock.now();
    let send_at = moment(&submit.schedule, now).map_err(|_| status::INVALID_SCHEDULE)?;
    let new = CreateMessage {
        send_at,
        flash: mo::is_flash(submit.message.data_coding),
        status_callback,
        told_of: receipts_of(wanted),
        validity_s: validity(&submit.validity, send_at.unwrap_or(now))?,
        ..CreateMessage::new(from, to, body, MessageDirection::OutboundApi, "2010-04-01")
    };
    app.create_message(account, new, &|_| None).await.map_err(|error| refusal(&error))
}

/// Receipts of a message are told to the program.
fn receipts_to(user: &User) -> Webhook {
    Webhook { url: format!("{}{}", delivery::SMPP, user.name), method: HttpMethod::Post }
}

/// States of which a receipt is wanted, by the low bits of `registered_delivery` (SMPP 3.4 §5.2.17; success alone is of SMPP 5.0).
fn receipts_of(wanted: u8) -> Vec<MessageStatus> {
    let failures = [MessageStatus::Undelivered, MessageStatus::Failed, MessageStatus::Canceled];
    match wanted {
        FAILURE_ONLY => failures.to_vec(),
        SUCCESS_ONLY => vec![MessageStatus::Delivered],
        _ => [MessageStatus::Delivered].into_iter().chain(failures).collect(),
    }
}

fn refusal(error: &AppError) -> u32 {
    match error.code() {
        ErrorCode::SenderNotCapable => status::INVALID_SOURCE,
        ErrorCode::ToInvalid
        | ErrorCode::ToNotMobile
        | ErrorCode::DestinationNotPermitted
        | ErrorCode::OptedOut => status::INVALID_DESTINATION,
        ErrorCode::BodyMissing | ErrorCode::BodyTooLong => status::INVALID_LENGTH,
        ErrorCode::TooManyRequests => status::QUEUE_FULL,
        ErrorCode::SendAtInvalid => status::INVALID_SCHEDULE,
        _ if matches!(error, AppError::Store(_)) => status::SYSTEM_ERROR,
        _ => status::SUBMIT_FAILED,
    }
}

async fn query(app: &App, account: &Account, message_id: String) -> Reply {
    let Ok(sid) = message_id.parse::<MessageSid>() else {
        return Reply::Refused(status::INVALID_MESSAGE_ID);
    };
    match app.message(account.sid, sid).await {
        Ok(message) => {
            let date = message.updated_at.strftime("%y%m%d%H%M%S000+").to_string();
            let final_date = if message.status.is_final() { date } else { String::new() };
            Reply::State { message_id, state: state_of(message.status), final_date, error: 0 }
        }
        Err(AppError::Store(_)) => Reply::Refused(status::SYSTEM_ERROR),
        Err(_) => Reply::Refused(status::INVALID_MESSAGE_ID),
    }
}

async fn cancel(app: &App, account: &Account, message_id: &str) -> Reply {
    let Ok(sid) = message_id.parse::<MessageSid>() else {
        return Reply::Refused(status::INVALID_MESSAGE_ID);
    };
    match app.cancel_message(account, sid).await {
        Ok(_) => Reply::Canceled,
        Err(AppError::Store(_)) => Reply::Refused(status::SYSTEM_ERROR),
        Err(error) if error.code() == ErrorCode::NotFound => Reply::Refused(status::INVALID_MESSAGE_ID),
        Err(_) => Reply::Refused(status::CANCEL_FAILED),
    }
}

/// The text is in the alphabet the message has, as none is named.
async fn replace(app: &App, account: &Account, user: &User, new: &Replacement) -> Result<(), u32> {
    let sid = new.message_id.parse::<MessageSid>().map_err(|_| status::INVALID_MESSAGE_ID)?;
    if !new.schedule.is_empty() {
        return Err(status::INVALID_SCHEDULE);
    }
    let from = match new.from.text() {
        "" => None,
        _ => Some(address(&new.from).ok_or(status::INVALID_SOURCE)?),
    };
    let failed = |error: AppError| match error.code() {
        _ if matches!(error, AppError::Store(_)) => status::SYSTEM_ERROR,
        ErrorCode::NotFound => status::INVALID_MESSAGE_ID,
        ErrorCode::FromInvalid => status::INVALID_SOURCE,
        ErrorCode::BodyMissing | ErrorCode::BodyTooLong => status::INVALID_LENGTH,
        _ => status::REPLACE_FAILED,
    };
    let old = app.message(account.sid, sid).await.map_err(failed)?;
    let planned = plan(&old.body.0, PlanOptions::default());
    let data_coding = match planned.map(|plan| plan.encoding) {
        Ok(Encoding::Ucs2) => 8,
        Ok(Encoding::Gsm7) | Err(_) => 0,
    };
    let text = mo::read(&new.payload, data_coding, false, DefaultAlphabet::Gsm7).units.to_text();
    let wanted = new.registered_delivery & 0b11;
    let replacement = ReplaceMessage {
        from,
        body: Pii(text),
        validity_s: validity(&new.validity, old.send_at.unwrap_or(app.clock.now()))?,
        status_callback: (wanted != 0).then(|| receipts_to(user)),
        told_of: receipts_of(wanted),
    };
    app.replace_message(account, sid, &replacement).await.map_err(failed)
}

/// SMPP 3.4 §5.2.28.
pub(super) const fn state_of(status: MessageStatus) -> u8 {
    match status {
        MessageStatus::Accepted
        | MessageStatus::Scheduled
        | MessageStatus::Queued
        | MessageStatus::Sending
        | MessageStatus::Sent => 1,
        MessageStatus::Delivered => 2,
        MessageStatus::Canceled => 4,
        MessageStatus::Undelivered | MessageStatus::PartiallyDelivered => 5,
        MessageStatus::Receiving | MessageStatus::Received => 6,
        MessageStatus::Failed => 8,
    }
}

/// A name is a name by its type; digits are a number or, up to six of them, a short code.
fn address(wire: &Wire) -> Option<Address> {
    const ALPHANUMERIC: u8 = 5;
    let text = wire.text();
    if wire.ton() == ALPHANUMERIC {
        return text.parse().ok();
    }
    let digits = text.strip_prefix('+').or_else(|| text.strip_prefix("00")).unwrap_or(text);
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        // Programs that do not know of types write names all the same.
        return text.parse().ok().filter(|address| matches!(address, Address::Alphanumeric(_)));
    }
    if digits.len() <= 6 { digits.parse().ok() } else { format!("+{digits}").parse().ok() }
}

/// What is no time of SMPP.
#[derive(Debug, PartialEq, Eq)]
struct NoTime;

/// A time of SMPP (3.4 §7.1.1): from `begin` on where it is relative (`YYMMDDhhmmss000R`, a month of 30 days, a year of 365), else by its
/// clock (`YYMMDDhhmmsstnn` and the sign of the `nn` quarters of an hour it is ahead of UTC). `None` where there is none, or no wait.
fn moment(text: &str, begin: Timestamp) -> Result<Option<Timestamp>, NoTime> {
    const SECONDS: [i64; 6] = [31_536_000, 2_592_000, 86_400, 3_600, 60, 1];
    if text.is_empty() {
        return Ok(None);
    }
    if text.len() != 16 || !text.as_bytes()[..15].iter().all(u8::is_ascii_digit) {
        return Err(NoTime);
    }
    let number =
        |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<i64>().ok()).ok_or(NoTime);
    let pair = |at: usize| number(2 * at, 2 * at + 2);
    let sign = match text.as_bytes()[15] {
        b'R' => {
            let wait_s = (0..6).try_fold(0, |sum, at| Ok(sum + pair(at)? * SECONDS[at]))?;
            let at = begin.saturating_add(SignedDuration::from_secs(wait_s)).map_err(|_| NoTime)?;
            return Ok((wait_s > 0).then_some(at));
        }
        b'+' => 1,
        b'-' => -1,
        _ => return Err(NoTime),
    };
    let small = |at: usize| pair(at).and_then(|number| i8::try_from(number).map_err(|_| NoTime));
    let year = i16::try_from(2_000 + pair(0)?).map_err(|_| NoTime)?;
    let local =
        DateTime::new(year, small(1)?, small(2)?, small(3)?, small(4)?, small(5)?, 0).map_err(|_| NoTime)?;
    let utc = TimeZone::UTC.to_timestamp(local).map_err(|_| NoTime)?;
    let ahead = SignedDuration::from_mins(15 * sign * number(13, 15)?);
    let at = utc.saturating_sub(ahead).map_err(|_| NoTime)?;
    at.checked_add(SignedDuration::from_millis(100 * number(12, 13)?)).map(Some).map_err(|_| NoTime)
}

/// Seconds a message may wait from `begin` on, ten hours at most; `None`, which is the default, where nothing is said.
fn validity(text: &str, begin: Timestamp) -> Result<Option<u32>, u32> {
    let end = moment(text, begin).map_err(|_| status::INVALID_EXPIRY)?;
    let wait_s = end.map(|end| end.duration_since(begin).as_secs());
    match wait_s {
        Some(..=0) => Err(status::INVALID_EXPIRY),
        Some(wait_s) => Ok(Some(u32::try_from(wait_s).unwrap_or(u32::MAX).min(36_000))),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_programs_write_them() {
        let cases = [
            (1, "32470000001", Some("+32470000001")),
            (0, "+32470000001", Some("+32470000001")),
            (0, "0032470000001", Some("+32470000001")),
            (3, "8640", Some("8640")),
            (5, "Acme", Some("Acme")),
            (0, "Acme", Some("Acme")),
            (2, "0470000001", None),
            (1, "", None),
            (1, "client:alice", None),
        ];
        for (ton, text, expected) in cases {
            let read = address(&Wire::with_type(ton, 1, text)).map(|address| address.to_string());
            assert_eq!(read.as_deref(), expected, "{ton} {text}");
        }
    }

    #[test]
    fn times_are_relative_or_by_a_clock_and_anything_else_is_none() {
        let begin: Timestamp = "2026-11-28T10:00:00Z".parse().unwrap();
        let cases = [
            ("", None),
            ("000000000000000R", None),
            ("000000010203000R", Some("2026-11-28T11:02:03Z")),
            ("000002000000000R", Some("2026-11-30T10:00:00Z")),
            ("261128120000000+", Some("2026-11-28T12:00:00Z")),
            // An hour ahead of UTC; three and a half behind.
            ("261128120000004+", Some("2026-11-28T11:00:00Z")),
            ("261128120000914-", Some("2026-11-28T15:30:00.9Z")),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|at| at.parse::<Timestamp>().unwrap());
            assert_eq!(moment(text, begin), Ok(expected), "{text}");
        }
        for wrong in [
            "0000000102xx000R",
            "261128120000000",
            "261328120000000+",
            "261128120000000Z",
            "now",
            "26112812000000é",
        ] {
            assert_eq!(moment(wrong, begin), Err(NoTime), "{wrong}");
        }
    }

    #[test]
    fn a_validity_ends_after_it_begins_and_within_ten_hours() {
        let begin: Timestamp = "2026-11-28T10:00:00Z".parse().unwrap();
        assert_eq!(validity("", begin), Ok(None));
        assert_eq!(validity("000000010203000R", begin), Ok(Some(3_723)));
        assert_eq!(validity("261128101500000+", begin), Ok(Some(900)));
        assert_eq!(validity("000100000000000R", begin), Ok(Some(36_000)));
        assert_eq!(validity("261128100000000+", begin), Err(status::INVALID_EXPIRY));
        assert_eq!(validity("tomorrow", begin), Err(status::INVALID_EXPIRY));
    }
}
