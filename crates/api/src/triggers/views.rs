//! Usage triggers as shown.

use flexio_app::TriggerShown;
use flexio_domain::*;
use jiff::civil::Date;

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

pub(super) fn trigger(w: &mut Writer, shown: &Shown<'_>, of: &TriggerShown) {
    let TriggerShown { trigger, current } = of;
    let account = trigger.account_sid;
    w.put("sid", trigger.sid.to_string());
    w.put("account_sid", account.to_string());
    w.put("api_version", shown.face.version());
    w.put("friendly_name", trigger.friendly_name.as_deref());
    w.put("usage_category", &trigger.category);
    w.put("trigger_by", trigger.by.as_str());
    w.put("trigger_value", &trigger.value);
    w.put("current_value", UsageTrigger::text(*current));
    w.put("recurring", trigger.recurring.as_str());
    w.put("callback_url", &trigger.callback.url);
    w.put("callback_method", trigger.callback.method.as_str());
    w.put("date_created", rfc2822(trigger.created_at));
    w.put("date_updated", rfc2822(trigger.updated_at));
    w.put("date_fired", trigger.fired.map(|(at, _)| rfc2822(at)));
    let records = format!("Usage/Records?Category={}", trigger.category);
    w.put("usage_record_uri", shown.uri(account, records));
    w.put("uri", shown.uri(account, format_args!("Usage/Triggers/{}", trigger.sid)));
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let webhook = Webhook { url: "https://app.example/used".to_owned(), method: HttpMethod::Post };
    let of = UsageTrigger {
        sid: UsageTriggerSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        friendly_name: Some("budget".to_owned()),
        category: "totalprice".to_owned(),
        by: TriggerBy::Price,
        value: "100".to_owned(),
        millionths: 100_000_000,
        base: None,
        recurring: Recurring::Monthly,
        callback: webhook,
        fired: Some((at, Date::constant(2025, 12, 1))),
        api_version: "2010-04-01".to_owned(),
        created_at: at,
        updated_at: at,
    };
    trigger(w, shown, &TriggerShown { trigger: of, current: 100_370_000 });
}
