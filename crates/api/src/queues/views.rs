//! Queues and their members as shown.

use flexio_app::{QueueMemberShown, QueueShown};
use flexio_domain::*;

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

pub(super) fn queue(w: &mut Writer, shown: &Shown<'_>, of: &QueueShown) {
    let queue = &of.queue;
    let path = format!("Queues/{}", queue.sid);
    w.put("sid", queue.sid.to_string());
    w.put("account_sid", queue.account_sid.to_string());
    w.put("friendly_name", &queue.friendly_name);
    w.put("current_size", u32::try_from(of.size).unwrap_or(u32::MAX));
    w.put("max_size", queue.max_size);
    w.put("average_wait_time", of.average_wait_s);
    w.put("date_created", rfc2822(queue.created_at));
    w.put("date_updated", rfc2822(queue.updated_at));
    w.put("uri", shown.uri(queue.account_sid, &path));
    w.object("subresource_uris", |w| {
        w.put("members", shown.uri(queue.account_sid, format_args!("{path}/Members")));
    });
}

pub(super) fn member(w: &mut Writer, shown: &Shown<'_>, of: &QueueMemberShown) {
    let member = &of.member;
    w.put("call_sid", member.call_sid.to_string());
    w.put("queue_sid", member.queue_sid.to_string());
    w.put("date_enqueued", rfc2822(member.enqueued_at));
    w.put("position", of.position);
    w.put("wait_time", of.wait_s);
    let path = format!("Queues/{}/Members/{}", member.queue_sid, member.call_sid);
    w.put("uri", shown.uri(member.account_sid, path));
}

fn at() -> Timestamp {
    Timestamp::from_second(1_766_000_000).expect("a second of 2025")
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let specimen = Queue {
        sid: QueueSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        friendly_name: "support".to_owned(),
        max_size: 100,
        created_at: at(),
        updated_at: at(),
    };
    queue(w, shown, &QueueShown { queue: specimen, size: 3, average_wait_s: 42 });
}

pub(super) fn member_sample(w: &mut Writer, shown: &Shown<'_>) {
    let specimen = QueueMember {
        queue_sid: QueueSid::from_u128(1),
        call_sid: CallSid::from_u128(1),
        account_sid: AccountSid::from_u128(1),
        priority: 0,
        enqueued_at: at(),
        node: String::new(),
    };
    member(w, shown, &QueueMemberShown { member: specimen, position: 1, wait_s: 42 });
}

pub(super) fn days(w: &mut Writer, (from, until): (&str, &str), days: &[QueueDay]) {
    w.put("start_date", from);
    w.put("end_date", until);
    w.put("in_time_s", QueueDay::IN_TIME_S);
    w.list("queue_days", "queue_day", days, day);
}

fn day(w: &mut Writer, day: &QueueDay) {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    w.put("queue", &day.queue);
    w.put("date", &day.day);
    w.put("entered", count(day.entered));
    w.put("served", count(day.served));
    w.put("in_time", count(day.in_time));
    w.put("abandoned", count(day.abandoned));
    w.put("waited_s", count(day.waited_s));
}

pub(super) fn days_sample(w: &mut Writer, _: &Shown<'_>) {
    let queue = "support".to_owned();
    let specimen = QueueDay { queue, day: "2025-12-17".to_owned(), entered: 1, ..QueueDay::default() };
    days(w, ("2025-12-17", "2025-12-17"), &[specimen]);
}
