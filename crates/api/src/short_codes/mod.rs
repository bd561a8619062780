//! Short codes of an account: the shared one, and who is asked when people answer it.

use flexio_app::ShortCodePatch;
use flexio_domain::*;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{BOTH, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged};
use crate::write::Writer;

const COLLECTION: &str = "Accounts/{AccountSid}/SMS/ShortCodes";
const ITEM: &str = "Accounts/{AccountSid}/SMS/ShortCodes/{ShortCodeSid}";

const UPDATE: &[Param] = params![
    "FriendlyName": "1 to 64 characters.",
    "SmsUrl": "Asked when somebody answers whom this account wrote to last.",
    "SmsMethod": "GET or POST.",
    "SmsFallbackUrl": "Asked if that fails.",
    "SmsFallbackMethod": "GET or POST.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "short_codes.list",
        Read,
        BOTH,
        COLLECTION,
        "Short codes: the one that all accounts share.",
        params!["FriendlyName": "Equal.", "ShortCode": "Equal."],
        Shows::Many(sample),
        list
    ),
    row!("short_codes.fetch", Read, BOTH, ITEM, "One short code.", &[], Shows::One(sample), fetch),
    row!(
        "short_codes.update",
        Update,
        BOTH,
        ITEM,
        "Says who is asked when people answer.",
        UPDATE,
        Shows::One(sample),
        update
    ),
];

impl Listed for ShortCode {
    const MEMBERS: (&'static str, &'static str) = ("short_codes", "short_codes");
    const ELEMENTS: (&'static str, &'static str) = ("ShortCodes", "ShortCode");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::whole::<ShortCode>(ask)?;
    let mut codes = ask.app().short_codes(&ask.account).await?;
    codes.retain(|code| {
        ask.params.text("FriendlyName").is_none_or(|name| name == code.friendly_name)
            && ask.params.text("ShortCode").is_none_or(|text| text == code.code.to_string())
    });
    ask.bare(&paged, codes, |w, code| view(w, &ask.shown(), code))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let code = ask.app().short_code(&ask.account, ask.sid("ShortCodeSid")?).await?;
    Ok(ask.one("ShortCode", |w| view(w, &ask.shown(), &code)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let patch = ShortCodePatch {
        friendly_name: ask.params.owned("FriendlyName"),
        sms: ask.params.webhook_patch("SmsUrl", "SmsMethod")?,
        fallback: ask.params.webhook_patch("SmsFallbackUrl", "SmsFallbackMethod")?,
    };
    let code = ask.app().update_short_code(&ask.account, ask.sid("ShortCodeSid")?, patch).await?;
    Ok(ask.one("ShortCode", |w| view(w, &ask.shown(), &code)))
}

fn view(w: &mut Writer, shown: &Shown<'_>, code: &ShortCode) {
    w.put("sid", code.sid.to_string());
    w.put("account_sid", code.account_sid.to_string());
    w.put("short_code", code.code.to_string());
    w.put("friendly_name", &code.friendly_name);
    w.put("api_version", shown.face.version());
    put_sms(w, &code.sms);
    w.put("date_created", rfc2822(code.created_at));
    w.put("date_updated", rfc2822(code.updated_at));
    w.put("uri", shown.uri(code.account_sid, format_args!("SMS/ShortCodes/{}", code.sid)));
}

/// Who is asked about messages.
pub(crate) fn put_sms(w: &mut Writer, sms: &WebhookSet) {
    for (url, method, webhook) in
        [("sms_url", "sms_method", &sms.primary), ("sms_fallback_url", "sms_fallback_method", &sms.fallback)]
    {
        w.put(url, webhook.as_ref().map(|webhook| webhook.url.as_str()));
        w.put(method, webhook.as_ref().map_or("POST", |webhook| webhook.method.as_str()));
    }
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let code = ShortCode {
        sid: ShortCodeSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        code: Address::ShortCode("8640".to_owned()),
        friendly_name: "8640".to_owned(),
        sms: WebhookSet {
            primary: Some(Webhook { url: "https://shop.example/sms".to_owned(), method: HttpMethod::Post }),
            fallback: None,
        },
        created_at: at,
        updated_at: at,
    };
    view(w, shown, &code);
}
