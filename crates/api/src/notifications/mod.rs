//! The debugging log. Read-only.

use flexio_domain::*;
use flexio_store::NotificationFilter;

use crate::Face;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::calls::{call_sid, scope};
use crate::dialect::{iso_ms, rfc2822};
use crate::error::{Result, invalid};
use crate::operation::{BOTH, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged, SortKey};
use crate::write::Writer;

const FILTERS: &[Param] = params![
    "Log": "0 errors, 1 warnings (Twilio's API).",
    "MessageDate": "Day; `MessageDate<` and `MessageDate>` at or before and after (Twilio's API).",
    "StartTime": "Not before (classic API).",
    "EndTime": "Not after (classic API).",
    "ErrorCode": "Equal.",
    "RequestUrl": "Equal.",
    "MessageText": "Contained in the text.",
    "SubAccounts": "`true` adds the entries of all descendants (classic API).",
    "SortBy": "`DateCreated`, `Log`, `ErrorCode`, `CallSid` or `MessageText`, with `:asc` or `:desc` (classic API).",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "notifications.list",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Notifications",
        "Entries of the debugging log, newest first.",
        FILTERS,
        Shows::Many(sample),
        list
    ),
    row!(
        "notifications.fetch",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Notifications/{NotificationSid}",
        "One entry.",
        &[],
        Shows::One(sample),
        fetch
    ),
    row!(
        "call_notifications.list",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Calls/{CallSid}/Notifications",
        "Entries about one call.",
        FILTERS,
        Shows::Many(sample),
        list
    ),
    row!(
        "call_notifications.fetch",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Calls/{CallSid}/Notifications/{NotificationSid}",
        "One entry about one call.",
        &[],
        Shows::One(sample),
        fetch
    ),
];

impl Listed for Notification {
    const MEMBERS: (&'static str, &'static str) = ("notifications", "notifications");
    const ELEMENTS: (&'static str, &'static str) = ("Notifications", "Notification");
    const SORTABLE: &'static [&'static str] = &["Log", "ErrorCode", "CallSid", "MessageText"];
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
    fn sort_key(&self, attribute: &str) -> Option<SortKey> {
        match attribute {
            "Log" => Some(SortKey::Number(i64::from(self.level.log()))),
            "ErrorCode" => Some(SortKey::Number(i64::from(self.code))),
            "CallSid" => self.call_sid.map(|sid| sid.to_string().into()),
            "MessageText" => Some(self.text.as_str().into()),
            _ => None,
        }
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Notification>(ask)?;
    let filter = filter(ask).await?;
    let total = match ask.face {
        Face::Native => Some(ask.app().count_notifications(ask.account.sid, &filter).await?),
        Face::Twilio => None,
    };
    let notifications = ask.app().notifications(ask.account.sid, &filter, &paged.query()).await?;
    ask.page(&paged, notifications, total, |w, notification| view(w, &ask.shown(), notification))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let notification = ask.app().notification(ask.account.sid, ask.sid("NotificationSid")?).await?;
    if !ask.name("CallSid").is_empty() && Some(call_sid(ask)?) != notification.call_sid {
        return Err(ErrorCode::NotFound.into());
    }
    Ok(ask.one("Notification", |w| view(w, &ask.shown(), &notification)))
}

async fn filter(ask: &Ask<'_>) -> Result<NotificationFilter> {
    let params = &ask.params;
    let call_sid = match ask.name("CallSid") {
        "" => None,
        _ => Some(ask.app().call(ask.account.sid, call_sid(ask)?).await?.sid),
    };
    let created = match ask.face {
        Face::Twilio => params.span("MessageDate")?,
        Face::Native => params.span_between("StartTime", "EndTime")?,
    };
    let level = match params.text("Log") {
        None => None,
        Some("0") => Some(Level::Error),
        Some("1") => Some(Level::Warning),
        Some(_) => return Err(invalid("Log", "must be 0 or 1")),
    };
    Ok(NotificationFilter {
        scope: scope(ask)?,
        call_sid,
        level,
        code: params.parsed("ErrorCode", ErrorCode::InvalidParameter)?,
        request_url: params.owned("RequestUrl"),
        text_contains: params.owned("MessageText"),
        created,
    })
}

fn view(w: &mut Writer, shown: &Shown<'_>, entry: &Notification) {
    w.put("sid", entry.sid.to_string());
    w.put("account_sid", entry.account_sid.to_string());
    w.put("call_sid", entry.call_sid.map(|sid| sid.to_string()));
    w.put("date_created", rfc2822(entry.created_at));
    w.put("date_updated", rfc2822(entry.created_at));
    w.put("api_version", &entry.api_version);
    if shown.is_twilio() {
        // Numbers are texts there.
        w.put("log", entry.level.log().to_string());
        w.put("error_code", entry.code.to_string());
        w.put("message_date", rfc2822(entry.created_at));
    } else {
        w.put("log", u32::from(entry.level.log()));
        w.put("error_code", entry.code);
        w.put("message_date", iso_ms(entry.created_at));
    }
    w.put("message_text", &entry.text);
    w.put("more_info", format!("{}/notifications#{}", shown.base, entry.code));
    w.put("request_url", entry.request_url.as_deref());
    w.put("request_method", entry.request_method.map(HttpMethod::as_str));
    w.put("request_variables", entry.request_variables.as_deref());
    w.put("response_headers", entry.response_headers.as_deref());
    w.put("response_body", entry.response_body.as_deref());
    w.put("uri", shown.uri(entry.account_sid, format_args!("Notifications/{}", entry.sid)));
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let specimen = Notification {
        sid: NotificationSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        call_sid: Some(CallSid::from_u128(1)),
        message_sid: None,
        level: Level::Error,
        code: 11_205,
        text: "could not connect".to_owned(),
        request_url: Some("https://app.acme.test/voice".to_owned()),
        request_method: Some(HttpMethod::Post),
        request_variables: Some("CallSid=CA00000000000000000000000000000001".to_owned()),
        response_headers: None,
        response_body: None,
        api_version: "2010-04-01".to_owned(),
        created_at: Timestamp::from_second(1_766_000_000).expect("a second of 2025"),
    };
    view(w, shown, &specimen);
}

#[cfg(test)]
mod tests {
    use crate::tests::world::World;

    #[tokio::test]
    async fn entries_are_filtered_and_written_as_each_dialect_writes_numbers() {
        let world = World::new().await;
        let (call, _, sid) = world.records(&world.child).await;
        let native = format!("/restcomm/2012-04-24/Accounts/{}/Notifications.json", world.child.sid());
        let twilio = format!("/2010-04-01/Accounts/{}/Notifications", world.child.sid());
        let count = async |path: &str, query: &str| {
            let page = world.get(&world.child, &format!("{path}?{query}")).await.ok().json();
            page["notifications"].as_array().map_or(99, Vec::len)
        };
        for (query, found) in [
            ("ErrorCode=11205", 1),
            ("ErrorCode=11206", 0),
            ("MessageText=connect", 1),
            ("RequestUrl=https%3A%2F%2Fapp.test%2Fvoice", 1),
            ("RequestUrl=https%3A%2F%2Fapp.test", 0),
            ("StartTime=2026-11-23&EndTime=2026-11-23", 1),
            ("EndTime=2026-11-22", 0),
        ] {
            assert_eq!(count(&native, query).await, found, "{query}");
        }
        let twilio_list = format!("{twilio}.json");
        for (query, found) in
            [("Log=0", 1), ("Log=1", 0), ("MessageDate=2026-11-23", 1), ("MessageDate%3C=2026-11-22", 0)]
        {
            assert_eq!(count(&twilio_list, query).await, found, "{query}");
        }
        let of_call = format!("/2010-04-01/Accounts/{}/Calls/{call}/Notifications.json", world.child.sid());
        assert_eq!(count(&of_call, "").await, 1);
        let one = world.get(&world.child, &format!("{twilio}/{sid}.json")).await.ok().json();
        assert_eq!((&one["log"], &one["error_code"]), (&"0".into(), &"11205".into()));
        let native_rows = world.get(&world.child, &native).await.ok().json();
        assert_eq!(native_rows["notifications"][0]["error_code"], 11_205);
    }
}
