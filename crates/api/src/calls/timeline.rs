//! The story of a call: one list, in order of time.

use flexio_app::CallTimeline;
use flexio_domain::{
    AccountSid, CallSid, Callback, CallbackState, Currency, Money, SipLadder, SipMessage, Timestamp,
    UsageEvent,
};
use flexio_store::TimelineEntry;

use super::call_sid;
use super::views::specimen;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::iso_ms;
use crate::error::Result;
use crate::write::Writer;

/// One thing that happened.
enum Item<'a> {
    Noted(&'a TimelineEntry),
    Said(&'a SipLadder, &'a SipMessage),
    /// Messages before this one were dropped.
    Gap(&'a SipLadder, &'a SipMessage),
    Used(&'a UsageEvent),
    Told(&'a Callback),
}

impl Item<'_> {
    fn at(&self) -> Timestamp {
        match self {
            Self::Noted(entry) => entry.at,
            Self::Said(_, message) | Self::Gap(_, message) => message.at,
            Self::Used(event) => event.at,
            Self::Told(callback) => callback.created_at,
        }
    }
}

/// What an event of the engine is, for those who show some kinds only.
fn kind(event: &str) -> &'static str {
    match event {
        "verb" => "verb",
        "fetched" => "request",
        "media" => "media",
        "notification" => "notification",
        _ => "event",
    }
}

pub(super) async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let timeline = ask.app().call_timeline(ask.account.sid, call_sid(ask)?).await?;
    let currency = ask.account.currency;
    Ok(ask.one("Timeline", |w| view(w, &ask.shown(), &timeline, currency)))
}

fn view(w: &mut Writer, shown: &Shown<'_>, timeline: &CallTimeline, currency: Currency) {
    let call = &timeline.call;
    w.put("call_sid", call.sid.to_string());
    w.put("account_sid", call.account_sid.to_string());
    w.put("status", call.status.as_str());
    let total: Money = timeline.usage.iter().map(|event| event.amount).sum();
    w.put("price", total.to_string());
    w.put("price_unit", currency.to_string());
    w.list("items", "Item", &items(timeline), put_item);
    w.list("events", "Event", &timeline.entries, |w, entry| {
        w.put("sequence", entry.sequence);
        w.put("at", iso_ms(entry.at));
        w.put("event", &entry.event);
        w.list("fields", "Field", &entry.fields, |w, (name, value)| {
            w.put("name", name);
            w.put("value", value);
        });
        if entry.event == "fetched" {
            w.put("resendable", entry.request.is_some());
        }
    });
    w.list("usage", "Usage", &timeline.usage, |w, event| {
        w.put("kind", event.kind.as_str());
        w.put("at", iso_ms(event.at));
        put_usage(w, event);
    });
    w.list("callbacks", "Callback", &timeline.callbacks, |w, callback| {
        put_callback(w, callback);
        w.put("date_created", iso_ms(callback.created_at));
    });
    w.put("uri", shown.uri(call.account_sid, format_args!("Calls/{}/Timeline", call.sid)));
}

fn items(timeline: &CallTimeline) -> Vec<Item<'_>> {
    let mut items: Vec<Item<'_>> = timeline.entries.iter().map(Item::Noted).collect();
    for ladder in &timeline.ladders {
        for (number, message) in ladder.messages.iter().enumerate() {
            if ladder.dropped > 0 && number == ladder.before_gap {
                items.push(Item::Gap(ladder, message));
            }
            items.push(Item::Said(ladder, message));
        }
    }
    items.extend(timeline.usage.iter().map(Item::Used));
    items.extend(timeline.callbacks.iter().map(Item::Told));
    // Stable: what has one moment stays in the order above.
    items.sort_by_key(Item::at);
    items
}

fn put_item(w: &mut Writer, item: &Item<'_>) {
    let begin = |w: &mut Writer, kind: &str| {
        w.put("kind", kind);
        w.put("at", iso_ms(item.at()));
    };
    match item {
        Item::Noted(entry) => {
            begin(w, kind(&entry.event));
            w.put("sequence", entry.sequence);
            w.put("event", &entry.event);
            w.object("fields", |w| {
                for (name, value) in &entry.fields {
                    w.put(name, value);
                }
            });
            if entry.event == "fetched" {
                w.put("resendable", entry.request.is_some());
            }
        }
        Item::Said(ladder, message) => {
            begin(w, "sip");
            put_message(w, ladder.call_sid, message);
        }
        Item::Gap(ladder, _) => {
            begin(w, "sip_gap");
            w.put("call_sid", ladder.call_sid.to_string());
            w.put("dropped", ladder.dropped);
        }
        Item::Used(event) => {
            begin(w, "usage");
            put_usage(w, event);
        }
        Item::Told(callback) => {
            begin(w, "callback");
            put_callback(w, callback);
        }
    }
}

fn put_message(w: &mut Writer, leg: CallSid, message: &SipMessage) {
    w.put("call_sid", leg.to_string());
    w.put("direction", if message.is_sent { "sent" } else { "received" });
    w.put("transport", &message.transport);
    w.put("local", message.local.as_deref());
    w.put("remote", &message.remote);
    w.put("start_line", message.start_line());
    w.put("cseq", message.header("CSeq", "cseq"));
    w.put("sip_call_id", message.header("Call-ID", "i"));
    w.put("from_tag", message.tag("From", "f"));
    w.put("to_tag", message.tag("To", "t"));
    w.put("body", message.body_kind());
    w.put("text", &message.text);
}

fn put_usage(w: &mut Writer, event: &UsageEvent) {
    w.put("id", &event.id);
    w.put("usage", event.kind.as_str());
    w.put("resource", &event.resource);
    w.put("from", &event.from);
    w.put("to", &event.to);
    w.put("duration_ms", event.duration_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX)));
    w.put("quantity", event.quantity);
    w.put("class", &event.class);
    w.put("item", &event.item);
    w.put("billed", i64::try_from(event.billed).unwrap_or(i64::MAX));
    w.put("amount", event.amount.to_string());
    w.put("plan", &event.plan);
    w.put("month", &event.month);
    w.put("truncated", event.truncated);
}

fn put_callback(w: &mut Writer, callback: &Callback) {
    let param =
        |name: &str| callback.params.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str());
    w.put("sid", callback.sid.to_string());
    w.put("sequence", callback.sequence);
    w.put("event", param("CallEvent").or(param("CallStatus")));
    w.put("url", &callback.webhook.url);
    w.put("method", callback.webhook.method.as_str());
    let state = match callback.state {
        CallbackState::Pending => "pending",
        CallbackState::Delivered => "delivered",
        CallbackState::Dropped => "dropped",
    };
    w.put("state", state);
    w.put("attempts", callback.attempts);
    w.put("next_attempt_at", iso_ms(callback.next_attempt_at));
    w.put("last_error", callback.last_error.as_deref());
    w.put("resendable", callback.state != CallbackState::Pending);
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let call = specimen();
    let entry = TimelineEntry {
        account_sid: AccountSid::from_u128(1),
        call_sid: CallSid::from_u128(1),
        sequence: 1,
        at: call.created_at,
        event: "verb".to_owned(),
        fields: vec![("leg".to_owned(), "0".to_owned()), ("detail".to_owned(), "Say line 2".to_owned())],
        request: None,
    };
    let timeline = CallTimeline {
        call,
        entries: vec![entry],
        usage: Vec::new(),
        callbacks: Vec::new(),
        ladders: Vec::new(),
    };
    view(w, shown, &timeline, Currency::EUR);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_what_was_noted_stand_in_order_of_time_and_a_gap_stands_where_it_is() {
        let call = specimen();
        let message = |second: i64, text: &str| SipMessage {
            at: Timestamp::from_second(1_766_000_000 + second).unwrap(),
            is_sent: false,
            transport: "UDP".to_owned(),
            local: None,
            remote: "192.0.2.2:5060".to_owned(),
            text: format!("{text} sip:a@b SIP/2.0\r\n\r\n"),
        };
        let ladder = SipLadder {
            account_sid: call.account_sid,
            call_sid: call.sid,
            root_call_sid: call.sid,
            messages: vec![message(0, "INVITE"), message(9, "INFO"), message(10, "BYE")],
            before_gap: 1,
            dropped: 36,
        };
        let entry = TimelineEntry {
            account_sid: call.account_sid,
            call_sid: call.sid,
            sequence: 1,
            at: Timestamp::from_second(1_766_000_005).unwrap(),
            event: "fetched".to_owned(),
            fields: Vec::new(),
            request: None,
        };
        let timeline = CallTimeline {
            call,
            entries: vec![entry],
            usage: Vec::new(),
            callbacks: Vec::new(),
            ladders: vec![ladder],
        };
        let told: Vec<&str> = items(&timeline)
            .iter()
            .map(|item| match item {
                Item::Noted(entry) => kind(&entry.event),
                Item::Said(_, message) => message.start_line().split(' ').next().unwrap(),
                Item::Gap(..) => "gap",
                Item::Used(_) | Item::Told(_) => "other",
            })
            .collect();
        assert_eq!(told, ["INVITE", "request", "gap", "INFO", "BYE"]);
    }
}
