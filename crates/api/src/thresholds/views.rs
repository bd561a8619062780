//! Spending thresholds as shown.

use flexio_domain::*;
use jiff::civil::Date;

use crate::ask::Shown;
use crate::dialect::rfc2822;
use crate::write::Writer;

pub(super) fn threshold(w: &mut Writer, shown: &Shown<'_>, threshold: &Threshold) {
    let fired = threshold.fired.as_ref();
    w.put("sid", threshold.sid.to_string());
    w.put("account_sid", threshold.account_sid.to_string());
    w.put("amount", threshold.amount.to_string());
    w.put("percent", threshold.percent.map(|percent| percent.to_string()));
    w.put("reaction", threshold.reaction.as_str());
    w.put("callback_url", threshold.callback.as_ref().map(|webhook| webhook.url.as_str()));
    w.put("callback_method", threshold.callback.as_ref().map(|webhook| webhook.method.as_str()));
    w.put("date_fired", fired.map(|fired| rfc2822(fired.at)));
    w.put("month", fired.map(|fired| fired.month.strftime("%Y-%m").to_string()));
    w.put("spent", fired.map(|fired| fired.net.to_string()));
    w.put("spent_incl_vat", fired.map(|fired| fired.gross.to_string()));
    w.put("balance", fired.map(|fired| (-fired.owed).to_string()));
    w.put("date_created", rfc2822(threshold.created_at));
    w.put("date_updated", rfc2822(threshold.updated_at));
    w.put("uri", shown.uri(threshold.account_sid, format_args!("Credit/Thresholds/{}", threshold.sid)));
}

pub(super) fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let month = Date::constant(2025, 12, 1);
    let (net, gross) = (Money::from_micros(41_500_000), Money::from_micros(50_215_000));
    let specimen = Threshold {
        sid: ThresholdSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        amount: Money::from_micros(50_000_000),
        percent: None,
        reaction: Reaction::BlockNew,
        callback: Some(Webhook { url: "https://app.example/spent".to_owned(), method: HttpMethod::Post }),
        fired: Some(Fired { at, month, net, gross, owed: net }),
        created_at: at,
        updated_at: at,
    };
    threshold(w, shown, &specimen);
}
