//! The audit log: what is noted of each request that changes something, and its resource.

use flexio_app::Act;
use flexio_domain::*;
use http::Method;
use serde_json::Value;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::{Format, rfc2822};
use crate::error::Result;
use crate::operation::{Access, BOTH, Found, Kind, Operation, Shows, find};
use crate::paging::{Listed, Paged};
use crate::write::Writer;

/// Fields of one entry.
const FIELDS_MAX: usize = 40;
/// Characters of one value; the rest is left out.
const VALUE_CHARS_MAX: usize = 200;
/// What stands in place of a secret, an address or a content.
const MASKED: &str = "***";
/// Parts of names whose values are not for the log: secrets, whom something goes to or comes from, and what was said.
const MASKS: [&str; 20] = [
    "password",
    "secret",
    "token",
    "auth",
    "pin",
    "code",
    "key",
    "digits",
    "body",
    "text",
    "twiml",
    "rcml",
    "content",
    "parameters",
    "email",
    "address",
    "number",
    "name",
    "iban",
    "street",
];
/// Whole names of which the same is true.
const MASKED_NAMES: [&str; 3] = ["To", "From", "Identity"];
/// A name that a part of above is in, and that is for the log all the same, but that of an account: an erasure could not find it in the logs
/// of the accounts above once it has changed.
const CLEAR: &str = "FriendlyName";
/// Acts that are many and leave a record of their own.
const FREQUENT: [&str; 5] =
    ["messages.create", "calls.create", "emails.create", "twofa.send", "verifications.create"];
/// Readings that are noted: of what people said and wrote.
const READINGS: [&str; 4] =
    ["messages.fetch", "messages.list", "transcriptions.fetch", "transcriptions.list"];

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "audit_events.list",
    kind: Kind::Read,
    faces: BOTH,
    path: "Accounts/{AccountSid}/AuditEvents",
    about: "Who did what: an entry for each request of the account, its keys and its people that changed something, newest first.",
    access: Access::Token,
    params: &[],
    shows: Shows::Many(sample),
    run: |ask| Box::pin(list(ask)),
}];

impl Listed for AuditEvent {
    const MEMBERS: (&'static str, &'static str) = ("audit_events", "audit_events");
    const ELEMENTS: (&'static str, &'static str) = ("AuditEvents", "AuditEvent");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<AuditEvent>(ask)?;
    let events = ask.app().audit_events(ask.account.sid, &paged.query()).await?;
    ask.bare(&paged, events, event)
}

fn event(w: &mut Writer, event: &AuditEvent) {
    let fields = |fields: &[(String, String)]| {
        let texts: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        texts.join("; ")
    };
    let details = &event.details;
    w.put("sid", event.sid.to_string());
    w.put("account_sid", event.account_sid.to_string());
    w.put("person_sid", event.person_sid.map(|sid| sid.to_string()));
    w.put("person", event.person.as_str());
    w.put("key_sid", details.key_sid.map(|sid| sid.to_string()));
    w.put("by_account_sid", details.by.map(|sid| sid.to_string()));
    w.put("ip", details.ip.as_deref());
    w.put("action", event.action.as_str());
    w.put("subject", event.subject.as_str());
    w.put("before", fields(&details.before));
    w.put("asked", fields(&details.asked));
    w.put("digest", details.digest.as_str());
    w.put("date_created", rfc2822(event.created_at));
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let specimen = AuditEvent {
        sid: AuditSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        person_sid: None,
        person: String::new(),
        action: "applications.update".to_owned(),
        subject:
            "Accounts/AC00000000000000000000000000000001/Applications/AP00000000000000000000000000000001"
                .to_owned(),
        details: AuditDetails {
            key_sid: Some(KeySid::from_u128(1)),
            by: Some(AccountSid::from_u128(1)),
            ip: Some("192.0.2.7".to_owned()),
            before: vec![("FriendlyName".to_owned(), "Desk".to_owned())],
            asked: vec![("FriendlyName".to_owned(), "Front desk".to_owned())],
            ..AuditDetails::default()
        },
        created_at: Timestamp::UNIX_EPOCH,
    };
    event(w, &specimen.signed());
}

/// Notes who asks for what, before it is done. What lawful officers do is noted with what it changes.
pub(crate) async fn note(ask: &Ask<'_>) -> Result<()> {
    let operation = ask.operation;
    let reads = !operation.kind.changes();
    if operation.access == Access::Officer || ask.replay || reads && !is_of(&READINGS, operation.id) {
        return Ok(());
    }
    let frequent = reads || is_of(&FREQUENT, operation.id);
    let asked: Vec<(String, String)> = if reads { Vec::new() } else { asked(ask) };
    let before = if frequent { Vec::new() } else { before(ask, &asked).await };
    let act = Act {
        action: operation.id,
        subject: ask.path.to_owned(),
        ip: ask.client.map(|client| client.to_string()),
        before,
        asked,
    };
    let noted = if frequent {
        ask.app().note_frequent_act(ask.principal, act).await
    } else {
        ask.app().note_act(ask.principal, act).await
    };
    Ok(noted?)
}

/// Whether it is one of them, or its twin under another path.
fn is_of(ids: &[&str], id: &str) -> bool {
    ids.iter().any(|known| id == *known || id.strip_prefix(known).is_some_and(|rest| rest.starts_with('_')))
}

fn asked(ask: &Ask<'_>) -> Vec<(String, String)> {
    let fields = ask.params.all().take(FIELDS_MAX);
    fields.map(|(name, value)| (short(name), shown(ask.operation, name, value))).collect()
}

/// What the fields are that are asked to change, as the resource shows them; of what is deleted all that it shows. Empty where nothing can be
/// read at the same path, or no field is named.
async fn before(ask: &Ask<'_>, asked: &[(String, String)]) -> Vec<(String, String)> {
    let deletes = ask.operation.kind == Kind::Delete;
    if ask.operation.kind == Kind::Create || !deletes && asked.is_empty() {
        return Vec::new();
    }
    let segments: Vec<String> = ask.path.split('/').map(str::to_owned).collect();
    let Found::Operation(fetch, names) = find(ask.face, &Method::GET, &segments) else { return Vec::new() };
    if !matches!(fetch.shows, Shows::One(_)) || fetch.access == Access::Officer || fetch.makes_documents() {
        return Vec::new();
    }
    let read = Ask {
        operation: fetch,
        names,
        format: Format::Json,
        params: crate::params::Params::default(),
        key: None,
        replay: true,
        file: None,
        account: std::sync::Arc::clone(&ask.account),
        ..*ask
    };
    let Ok(answer) = (fetch.run)(&read).await else { return Vec::new() };
    let Some(Value::Object(fields)) = serde_json::from_slice(&answer.body).ok() else {
        return Vec::new();
    };
    let wanted = |name: &str| {
        deletes || asked.iter().any(|(asked, _)| crate::write::pascal(name).eq_ignore_ascii_case(asked))
    };
    let scalars = fields.iter().filter(|(name, value)| {
        wanted(name) && matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
    });
    let fields = scalars.take(FIELDS_MAX).map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let name = crate::write::pascal(name).into_owned();
        let text = shown(ask.operation, &name, &text);
        (name, text)
    });
    fields.collect()
}

fn short(text: &str) -> String {
    text.chars().take(VALUE_CHARS_MAX).collect()
}

fn shown(operation: &Operation, name: &str, value: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let is_clear = name == CLEAR && !operation.id.starts_with("accounts.");
    let hidden = MASKED_NAMES.contains(&name) || MASKS.iter().any(|part| lower.contains(part)) && !is_clear;
    if hidden && !value.is_empty() { MASKED.to_owned() } else { short(value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::TABLE;

    #[test]
    fn secrets_addresses_and_contents_are_masked_and_settings_are_not() {
        let of = |id: &str| {
            TABLE.iter().find(|entry| entry.operation.id == id).expect("it is in the table").operation
        };
        let (numbers, accounts) = (of("numbers.update"), of("accounts.update"));
        let shown = |name: &str, value: &str| shown(numbers, name, value);
        assert_eq!(super::shown(accounts, "FriendlyName", "Peeters"), MASKED);
        for (name, value) in
            [("AuthToken", "x"), ("Body", "hello"), ("To", "+32470123456"), ("SmsBody", "x"), ("Pin", "1")]
        {
            assert_eq!(shown(name, value), MASKED, "{name}");
        }
        for (name, value) in [("FriendlyName", "Desk"), ("Amount", "50"), ("Status", "suspended")] {
            assert_eq!(shown(name, value), value, "{name}");
        }
        assert_eq!(shown("Amount", &"9".repeat(500)).len(), VALUE_CHARS_MAX);
    }

    #[test]
    fn what_is_named_here_is_in_the_table() {
        for id in FREQUENT.iter().chain(&READINGS) {
            assert!(TABLE.iter().any(|entry| entry.operation.id == *id), "{id}");
        }
    }
}
