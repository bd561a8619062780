//! Queues and the calls that wait in them.

#[cfg(test)]
mod tests;
mod views;

use flexio_app::{QueueMemberRef, QueueMemberShown, QueueShown};
use flexio_domain::{CallSid, ErrorCode, Queue, WebhookSet};

use crate::Face;
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::operation::{BOTH, NATIVE, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged, SortKey};

const LIST: &str = "Accounts/{AccountSid}/Queues";
const ONE: &str = "Accounts/{AccountSid}/Queues/{QueueSid}";
const DAYS: &str = "Accounts/{AccountSid}/QueueDays";
const MEMBERS: &str = "Accounts/{AccountSid}/Queues/{QueueSid}/Members";
const MEMBER: &str = "Accounts/{AccountSid}/Queues/{QueueSid}/Members/{MemberSid}";
const SHOWN: Shows = Shows::One(views::sample);
const SHOWN_MEMBER: Shows = Shows::One(views::member_sample);

const PARAMS: &[Param] = params![
    "FriendlyName": "Unique in the account, at most 64 characters; required at creation. Documents call the queue by it.",
    "MaxSize": "Calls it holds at most, 1 to 1000; default 100.",
];

const DEQUEUE: &[Param] = params![
    "Url": "Document the call runs from now on; required.",
    "Method": "GET or POST.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!("queues.list", Read, BOTH, LIST, "Queues.", &[], Shows::Many(views::sample), list),
    row!("queues.create", Create, BOTH, LIST, "Makes a queue.", PARAMS, SHOWN, create),
    row!("queues.fetch", Read, BOTH, ONE, "One queue, with its size and waiting time.", &[], SHOWN, fetch),
    row!("queues.update", Update, BOTH, ONE, "Changes a queue.", PARAMS, SHOWN, update),
    row!("queues.delete", Delete, BOTH, ONE, "Deletes an empty queue.", &[], Shows::Nothing, delete),
    row!(
        "queue_days.list",
        Read,
        NATIVE,
        DAYS,
        "Calls that came into queues, were served or gave up, by queue and day; the newest thousand.",
        params!["StartDate": "First day in UTC, `2026-11-23`; today where absent.", "EndDate": "Last day; today where absent."],
        Shows::One(views::days_sample),
        days
    ),
    row!(
        "queue_members.list",
        Read,
        BOTH,
        MEMBERS,
        "Calls that wait in a queue, in the order in which they are served.",
        &[],
        Shows::Many(views::member_sample),
        members
    ),
    row!(
        "queue_members.fetch",
        Read,
        BOTH,
        MEMBER,
        "One call that waits, by its sid or as `Front`.",
        &[],
        SHOWN_MEMBER,
        member
    ),
    row!(
        "queue_members.dequeue",
        Update,
        BOTH,
        MEMBER,
        "Takes a call out of the queue and lets it run another document.",
        DEQUEUE,
        SHOWN_MEMBER,
        dequeue
    ),
];

impl Listed for QueueShown {
    const MEMBERS: (&'static str, &'static str) = ("queues", "queues");
    const ELEMENTS: (&'static str, &'static str) = ("Queues", "Queue");
    const SORTABLE: &'static [&'static str] = &["FriendlyName"];
    fn cursor(&self) -> u128 {
        self.queue.sid.as_u128()
    }
    fn sort_key(&self, attribute: &str) -> Option<SortKey> {
        (attribute == "FriendlyName").then(|| self.queue.friendly_name.as_str().into())
    }
}

/// Members come in the order in which they are served, which is not that of their sids: they have no key.
impl Listed for QueueMemberShown {
    const MEMBERS: (&'static str, &'static str) = ("queue_members", "queue_members");
    const ELEMENTS: (&'static str, &'static str) = ("QueueMembers", "QueueMember");
    fn cursor(&self) -> u128 {
        0
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<QueueShown>(ask)?;
    let total = match ask.face {
        Face::Native => Some(ask.app().count_queues(ask.account.sid).await?),
        Face::Twilio => None,
    };
    let queues = ask.app().queues(ask.account.sid, &paged.query()).await?;
    ask.page(&paged, queues, total, |w, queue| views::queue(w, &ask.shown(), queue))
}

async fn days(ask: &Ask<'_>) -> Result<Answer> {
    let today = ask.app().clock.now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let day = |name: &str| match ask.params.text(name) {
        None => Ok(today),
        Some(text) => text.parse().map_err(|_| invalid(name, "is not a day such as 2026-11-23")),
    };
    let (from, until) = (day("StartDate")?.to_string(), day("EndDate")?.to_string());
    let days = ask.app().queue_days(ask.account.sid, (&from, &until)).await?;
    Ok(ask.one("QueueDays", |w| views::days(w, (&from, &until), &days)))
}

fn size(ask: &Ask<'_>) -> Result<Option<u32>> {
    ask.params.whole("MaxSize", 1..=Queue::SIZE_MAX, ErrorCode::InvalidParameter)
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let name = ask.params.required("FriendlyName", ErrorCode::InvalidParameter)?;
    let answer = |made: &QueueShown| ask.made("Queue", |w| views::queue(w, &ask.shown(), made));
    let keep = |made: &QueueShown| ask.kept(made.queue.sid, Some(&answer(made)));
    Ok(answer(&ask.app().create_queue(&ask.account, name, size(ask)?, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let queue = ask.app().queue(ask.account.sid, ask.sid("QueueSid")?).await?;
    Ok(ask.one("Queue", |w| views::queue(w, &ask.shown(), &queue)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let (sid, name) = (ask.sid("QueueSid")?, ask.params.text("FriendlyName"));
    let queue = ask.app().update_queue(&ask.account, sid, name, size(ask)?).await?;
    Ok(ask.one("Queue", |w| views::queue(w, &ask.shown(), &queue)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_queue(&ask.account, ask.sid("QueueSid")?).await?;
    Ok(Answer::empty())
}

async fn members(ask: &Ask<'_>) -> Result<Answer> {
    let found = ask.app().queue_members(ask.account.sid, ask.sid("QueueSid")?).await?;
    ask.numbered_page(found, |w, member| views::member(w, &ask.shown(), member))
}

fn which(ask: &Ask<'_>) -> Result<QueueMemberRef> {
    match ask.name("MemberSid") {
        "Front" => Ok(QueueMemberRef::Front),
        sid => match CallSid::parse_any(sid) {
            Ok(call) => Ok(QueueMemberRef::Call(call)),
            Err(_) => Err(ErrorCode::NotFound.into()),
        },
    }
}

async fn member(ask: &Ask<'_>) -> Result<Answer> {
    let member = ask.app().queue_member(ask.account.sid, ask.sid("QueueSid")?, which(ask)?).await?;
    Ok(ask.one("QueueMember", |w| views::member(w, &ask.shown(), &member)))
}

async fn dequeue(ask: &Ask<'_>) -> Result<Answer> {
    let primary = ask.params.webhook("Url", "Method", ErrorCode::UrlMissing)?;
    let instructions = WebhookSet { primary: Some(primary.ok_or(ErrorCode::UrlMissing)?), fallback: None };
    let queue = ask.sid("QueueSid")?;
    let member = ask.app().dequeue(&ask.account, queue, which(ask)?, instructions).await?;
    Ok(ask.one("QueueMember", |w| views::member(w, &ask.shown(), &member)))
}
