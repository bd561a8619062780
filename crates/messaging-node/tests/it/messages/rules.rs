//! What a message is asked once more before it leaves: whether its recipient still wants it, whether it is night there, and which routes
//! take it.

use flexio_app::Zones;
use flexio_domain::{DayHours, ErrorCode, MessageClass};
use flexio_messaging_node::config::SmppRoute;
use flexio_testkit::smsc::{Behaviour, Faults, Smsc};
use jiff::tz::TimeZone;

use super::*;

const PERSON: &str = "+32470000100";

/// Hours of the day around this minute, or around the other half of the day.
fn hours(around_now: bool) -> DayHours {
    let now = TimeZone::UTC.to_datetime(Timestamp::now());
    let hour = i32::from(now.hour()) + if around_now { 0 } else { 12 };
    format!("{:02}:00-{:02}:00", (hour + 23) % 24, (hour + 2) % 24).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_waits_when_its_recipient_opts_out_does_not_leave() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let web = web::Web::pleased().await;
    let first = platform.send(PERSON, "first", Some(web.url("status"))).await;
    let other = platform.send("+32470000101", "somebody else's", None).await;
    let recipient = PERSON.parse().unwrap();
    platform.app.create_opt_out(&platform.account, OURS, recipient, false, &|_| None).await.unwrap();
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let node = platform.node(vec![route("a", &smsc)], false).await;
    let undelivered = platform.until(first.sid, MessageStatus::Undelivered).await;
    assert_eq!(undelivered.error, Some(ErrorCode::OptedOut));
    platform.until(other.sid, MessageStatus::Delivered).await;
    let charged: Vec<String> = platform.usage().await.into_iter().map(|(id, ..)| id).collect();
    assert_eq!(charged, [format!("{}:accepted", other.sid)], "what does not leave costs nothing");
    assert_eq!(smsc.record().taken.len(), 1);
    web.until(1).await;
    assert_eq!(web.values("status", "ErrorCode"), ["21610"]);
    platform.books_are_right().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marketing_waits_for_the_morning_of_its_recipient_and_nothing_else_does() {
    let quiet_hours = hours(true);
    let first = Platform::new().await;
    let config = AppConfig {
        sandbox: true,
        quiet_hours,
        zones: Zones::new(TimeZone::UTC, Vec::new()),
        ..AppConfig::default()
    };
    let platform = Platform {
        app: app_with(Arc::clone(&first.app.store), Arc::new(WallClock), config),
        account: first.account,
    };
    platform.rent(OURS, <_>::default()).await;
    let node = platform.node(vec![], true).await;
    let of = |class| move |new: &mut CreateMessage| new.class = Some(class);
    let marketing = platform.send_with(PERSON, "Buy!", None, of(MessageClass::Marketing)).await;
    let code = platform.send_with(PERSON, "Code", None, of(MessageClass::Otp)).await;
    let plain = platform.send(PERSON, "Plain", None).await;
    platform.until(code.sid, MessageStatus::Delivered).await;
    platform.until(plain.sid, MessageStatus::Delivered).await;
    let put_off = async {
        while platform.message(marketing.sid).await.version == 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, put_off).await.expect("it is put off");
    let waits = platform.message(marketing.sid).await;
    let due = waits.next_attempt_at.unwrap();
    assert_eq!(waits.status, MessageStatus::Queued);
    assert!(due > Timestamp::now() && due.as_second() % 3_600 == 0, "{due}");
    let left = due.duration_since(waits.created_at).as_secs();
    assert!(
        i64::from(waits.validity_s) - left >= i64::from(marketing.validity_s) - 2,
        "its validity waits too"
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routes_take_what_their_rules_name() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let smsc = Smsc::start(Behaviour::default()).await.unwrap();
    let codes = SmppRoute { classes: vec![MessageClass::Otp], ..route("codes", &smsc) };
    let night = SmppRoute { hours: hours(false), ..route("night", &smsc) };
    let dear = SmppRoute { cost_micros: 40_000, ..route("dear", &smsc) };
    let cheap = SmppRoute {
        cost_micros: 30_000,
        recipient_kinds: vec!["mobile".to_owned()],
        accounts: vec![platform.account.sid.to_string()],
        senders: vec!["+3225*".to_owned()],
        ..route("cheap", &smsc)
    };
    let node = platform.node(vec![codes, night, dear, cheap], false).await;
    for name in ["codes", "night", "dear", "cheap"] {
        up(&node, name).await;
    }
    let plain = platform.send(PERSON, "plain", None).await;
    let code = platform.send_with(PERSON, "code", None, |new| new.class = Some(MessageClass::Otp)).await;
    let shared =
        platform.send_with(PERSON, "shared", None, |new| new.from = Some("8640".parse().unwrap())).await;
    for (sent, expected) in [(plain, "cheap"), (code, "codes"), (shared, "dear")] {
        let message = platform.until(sent.sid, MessageStatus::Delivered).await;
        assert_eq!(message.route.as_deref(), Some(expected), "{}", message.body.0);
    }
    node.stop().await;
}

#[tokio::test]
async fn a_carriers_own_codes_decide_whether_a_message_is_tried_again() {
    let platform = Platform::new().await;
    platform.rent(OURS, <_>::default()).await;
    let refusing = |status: fn(&mut Faults)| {
        let mut faults = Faults::default();
        status(&mut faults);
        Behaviour { faults, ..Behaviour::default() }
    };
    // 0x45 (ESME_RSUBMITFAIL) ends a message elsewhere and 0x58 (ESME_RTHROTTLED) lets it wait; these two mean the opposite by them.
    let busy = Smsc::start(refusing(|faults| faults.refused = 1_000)).await.unwrap();
    let final_ = Smsc::start(refusing(|faults| faults.throttled = 1_000)).await.unwrap();
    let only = |name: &str, smsc: &Smsc, prefix: &str| SmppRoute {
        prefixes: vec![prefix.to_owned()],
        ..route(name, smsc)
    };
    let mild = SmppRoute { throttled_errors: vec![0x45], ..only("mild", &busy, "+3247") };
    let stern = SmppRoute { permanent_errors: vec![0x58], ..only("stern", &final_, "+3248") };
    let node = platform.node(vec![mild, stern], false).await;
    let ended = platform.send("+32480000100", "ends", None).await;
    let waits = platform.send(PERSON, "waits", None).await;
    let ended = platform.until(ended.sid, MessageStatus::Failed).await;
    assert_eq!(ended.error, Some(ErrorCode::QueueOverflow));
    tokio::time::timeout(PATIENCE, busy.until(|record| record.faults > 1)).await.expect("it was tried once");
    assert_eq!(platform.message(waits.sid).await.attempts, 0, "too much at a time is no failed try");
    busy.behave(Behaviour::default());
    platform.until(waits.sid, MessageStatus::Delivered).await;
    node.stop().await;
}
