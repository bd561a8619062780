//! What happened on a call, as Twilio's API lists it: pairs of a request and a response.
//!
//! A request is what the call's engine noted (a document, a verb, a leg) or what an application was told; a response is there where one
//! was waited for. The classic API's timeline has the same facts with their prices.

use flexio_domain::{Callback, CallbackState};
use flexio_store::TimelineEntry;

use super::call_sid;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::iso_ms;
use crate::error::Result;
use crate::operation::{Operation, Shows, TWILIO, row};
use crate::paging::Listed;
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[row!(
    "call_events.list",
    Read,
    TWILIO,
    "Accounts/{AccountSid}/Calls/{CallSid}/Events",
    "What happened on a call, and who was told of it, in order of time.",
    &[],
    Shows::Many(sample),
    list
)];

enum Event {
    Noted(TimelineEntry),
    Told(Callback),
}

impl Event {
    fn at(&self) -> flexio_domain::Timestamp {
        match self {
            Self::Noted(entry) => entry.at,
            Self::Told(callback) => callback.created_at,
        }
    }
}

/// Events have no sid: they are all here already and are paged by number.
impl Listed for Event {
    const MEMBERS: (&'static str, &'static str) = ("events", "events");
    const ELEMENTS: (&'static str, &'static str) = ("Events", "Event");
    fn cursor(&self) -> u128 {
        0
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let timeline = ask.app().call_timeline(ask.account.sid, call_sid(ask)?).await?;
    let noted = timeline.entries.into_iter().map(Event::Noted);
    let mut events: Vec<Event> = noted.chain(timeline.callbacks.into_iter().map(Event::Told)).collect();
    // Stable: what was noted of one moment comes before what was told of it.
    events.sort_by_key(Event::at);
    ask.numbered_page(events, view)
}

fn view(w: &mut Writer, event: &Event) {
    match event {
        Event::Noted(entry) => {
            w.object("request", |w| {
                w.put("event", &entry.event);
                w.put("timestamp", iso_ms(entry.at));
                w.put("sequence", entry.sequence);
                w.object("parameters", |w| pairs(w, &entry.fields));
            });
            w.put("response", None::<&str>);
        }
        Event::Told(callback) => {
            w.object("request", |w| {
                w.put("event", "callback");
                w.put("timestamp", iso_ms(callback.created_at));
                w.put("method", callback.webhook.method.as_str());
                w.put("url", &callback.webhook.url);
                w.object("parameters", |w| pairs(w, &callback.params));
            });
            w.object("response", |w| {
                let state = match callback.state {
                    CallbackState::Pending => "pending",
                    CallbackState::Delivered => "delivered",
                    CallbackState::Dropped => "dropped",
                };
                w.put("state", state);
                w.put("attempts", callback.attempts);
                w.put("error", callback.last_error.as_deref());
            });
        }
    }
}

/// Names are our own or a webhook's: letters, digits, `_` and `-`.
fn pairs(w: &mut Writer, pairs: &[(String, String)]) {
    for (name, value) in pairs {
        w.put(name, value);
    }
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let entry = TimelineEntry {
        account_sid: flexio_domain::AccountSid::from_u128(1),
        call_sid: flexio_domain::CallSid::from_u128(1),
        sequence: 1,
        at: flexio_domain::Timestamp::from_second(1_766_000_000).expect("a second of 2025"),
        event: "fetch".to_owned(),
        fields: vec![("leg".to_owned(), "0".to_owned())],
        request: None,
    };
    view(w, &Event::Noted(entry));
}
