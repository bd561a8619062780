//! What a call or a message would cost, before it is made. Nothing is set aside and nothing is kept; asked by POST all the same, because
//! texts and numbers do not belong into addresses, which are logged on their way.

#[cfg(test)]
mod tests;

use flexio_app::{CallEstimate, Charged, CreateMessage, MessageEstimate};
use flexio_domain::{Account, Address, ErrorCode, MessageDirection, Money, Pii};
use flexio_rating::Timed;

use crate::accounts::specimen;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::{Result, invalid};
use crate::operation::{BOTH, Operation, Param, Shows, params, row};
use crate::write::Writer;

/// Seconds of a planned call: a day.
const SECONDS_MAX: u32 = 86_400;

const CALL: &[Param] = params![
    "To": "E.164 number, short code, `client:` or `sip:` address; required.",
    "Seconds": "Planned talk, 1 to 86400: its price is in the answer.",
    "Budget": "What the call may cost, a decimal: limits `longest_seconds`.",
];
const MESSAGE: &[Param] = params![
    "To": "E.164 number that can receive messages; required.",
    "Body": "Text, 1 to 1600 characters; required.",
    "From": "Sender; without it and MessagingServiceSid the shared one.",
    "MessagingServiceSid": "A messaging service, which chooses the sender.",
    "SmartEncoded": "`true` replaces typographic characters where that saves segments.",
    "Encoding": "`GSM` (default) or `UCS-2`.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "estimates.call",
        Update,
        BOTH,
        "Accounts/{AccountSid}/Estimates/Call",
        "What a call costs by the account's prices, before tax, and how long it may last for the money there is.",
        CALL,
        Shows::One(call_sample),
        fetch_call
    ),
    row!(
        "estimates.message",
        Update,
        BOTH,
        "Accounts/{AccountSid}/Estimates/Message",
        "Segments of a message and what they cost by the account's prices, before tax; refused as sending it would be.",
        MESSAGE,
        Shows::One(message_sample),
        fetch_message
    ),
];

async fn fetch_call(ask: &Ask<'_>) -> Result<Answer> {
    let to = address(ask, "To")?.ok_or(ErrorCode::ToMissing)?;
    let seconds = ask.params.whole("Seconds", 1..=SECONDS_MAX, ErrorCode::InvalidParameter)?;
    let budget: Option<Money> = ask.params.parsed("Budget", ErrorCode::InvalidParameter)?;
    if budget.is_some_and(|budget| budget < Money::ZERO) {
        return Err(invalid("Budget", "must not be negative"));
    }
    let estimate = ask.app().estimate_call(&ask.account, &to, seconds, budget).await?;
    Ok(ask.one("Estimate", |w| call(w, &ask.account, &to, &estimate)))
}

async fn fetch_message(ask: &Ask<'_>) -> Result<Answer> {
    let to = address(ask, "To")?.ok_or(ErrorCode::MessageToMissing)?;
    let body = Pii(ask.params.required("Body", ErrorCode::BodyMissing)?.to_owned());
    let new = CreateMessage {
        ucs2: matches!(ask.params.text("Encoding"), Some("UCS-2" | "UCS2" | "UTF-16")),
        smart: ask.params.boolean("SmartEncoded")?.unwrap_or(false),
        service: ask.params.parsed("MessagingServiceSid", ErrorCode::MessagingServiceUnknown)?,
        ..CreateMessage::new(
            address(ask, "From")?,
            to.clone(),
            body,
            MessageDirection::OutboundApi,
            ask.face.version(),
        )
    };
    let estimate = ask.app().estimate_message(&ask.account, new).await?;
    Ok(ask.one("Estimate", |w| message(w, &ask.account, &to, &estimate)))
}

fn address(ask: &Ask<'_>, name: &str) -> Result<Option<Address>> {
    let code = if name == "To" { ErrorCode::ToInvalid } else { ErrorCode::FromInvalid };
    ask.params.parsed(name, code)
}

fn charged(w: &mut Writer, account: &Account, to: &Address, charged: &Charged) {
    w.put("account_sid", account.sid.to_string());
    w.put("to", to.to_string());
    w.put("class", charged.class.as_str());
    w.put("item", charged.item.as_str());
    w.put("plan", charged.plan.as_str());
    w.put("price_unit", account.currency.to_string());
}

fn amount(money: Option<Money>) -> Option<String> {
    money.map(|money| money.to_decimals(6))
}

fn call(w: &mut Writer, account: &Account, to: &Address, estimate: &CallEstimate) {
    charged(w, account, to, &estimate.charged);
    w.put("price_per_minute", estimate.charged.unit_price.to_decimals(6));
    w.put("connection_fee", amount(estimate.timed.map(|timed| timed.connection_fee)));
    w.put("first_increment_seconds", estimate.timed.map(|timed| timed.first_s));
    w.put("next_increment_seconds", estimate.timed.map(|timed| timed.next_s));
    w.put("minimum_seconds", estimate.timed.map(|timed| timed.minimum_s));
    w.put("price", amount(estimate.price));
    w.put("available", amount(estimate.available));
    w.put("longest_seconds", i64::try_from(estimate.longest_s).unwrap_or(i64::MAX));
}

fn message(w: &mut Writer, account: &Account, to: &Address, estimate: &MessageEstimate) {
    charged(w, account, to, &estimate.charged);
    w.put("from", estimate.from.to_string());
    w.put("num_segments", estimate.segments);
    w.put("encoding", estimate.encoding);
    w.put("units", estimate.units);
    w.put("price_per_segment", estimate.charged.unit_price.to_decimals(6));
    w.put("price", estimate.price.to_decimals(6));
    w.put("available", amount(estimate.available));
    w.put("affordable", estimate.available.is_none_or(|available| estimate.price <= available));
}

fn sample_of(item: &str, price: i64) -> Charged {
    Charged {
        item: item.to_owned(),
        class: "mobile".to_owned(),
        plan: "flexio-be/1".to_owned(),
        unit_price: Money::from_micros(price),
    }
}

fn mobile() -> Address {
    "+32470123456".parse().expect("a number")
}

fn call_sample(w: &mut Writer, _: &Shown<'_>) {
    let timed = Timed {
        price: Money::from_micros(370_000),
        unit_s: 60,
        first_s: 1,
        next_s: 1,
        minimum_s: 1,
        connection_fee: Money::ZERO,
    };
    let estimate = CallEstimate {
        charged: sample_of("voice.out.mobile", 370_000),
        timed: Some(timed),
        price: Some(Money::from_micros(370_000)),
        available: Some(Money::from_micros(1_000_000)),
        longest_s: 162,
    };
    call(w, &specimen(), &mobile(), &estimate);
}

fn message_sample(w: &mut Writer, _: &Shown<'_>) {
    let estimate = MessageEstimate {
        charged: sample_of("sms.out", 95_000),
        from: Address::ShortCode("8640".to_owned()),
        segments: 2,
        encoding: "GSM-7",
        units: 161,
        price: Money::from_micros(190_000),
        available: None,
    };
    message(w, &specimen(), &mobile(), &estimate);
}
