//! Texts of a customer's own around codes. Twilio lists them; that customers make them is ours.

use std::collections::BTreeMap;

use flexio_app::verify::TemplatePatch;
use flexio_domain::*;

use super::{channel, views::url};
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::iso;
use crate::error::{Result, refuse};
use crate::operation::{Operation, Param, Shows, TWILIO, params, row};
use crate::paging::{Listed, Paged};
use crate::write::Writer;

const LIST: &str = "v2/Templates";
const ONE: &str = "v2/Templates/{TemplateSid}";
const SHOWN: Shows = Shows::One(sample);
const PARAMS: &[Param] = params![
    "FriendlyName": "1 to 32 characters; required at creation.",
    "Translations": "JSON object: texts by `en`, `nl`, `fr`, `de`, each with `{{code}}` once; required at creation.",
    "DefaultLanguage": "For people whose language has no text; the first one otherwise.",
    "Channels": "`sms`, `call`, `email`, repeated; all of them otherwise.",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "verify_templates.list",
        Read,
        TWILIO,
        LIST,
        "Templates.",
        params!["FriendlyName": "Equal."],
        Shows::Many(sample),
        list
    ),
    row!("verify_templates.create", Create, TWILIO, LIST, "Makes a template.", PARAMS, SHOWN, create),
    row!("verify_templates.fetch", Read, TWILIO, ONE, "One template.", &[], SHOWN, fetch),
    row!("verify_templates.update", Update, TWILIO, ONE, "Changes a template.", PARAMS, SHOWN, update),
    row!("verify_templates.delete", Delete, TWILIO, ONE, "Deletes a template.", &[], Shows::Nothing, delete),
];

impl Listed for VerifyTemplate {
    const MEMBERS: (&'static str, &'static str) = ("templates", "templates");
    const ELEMENTS: (&'static str, &'static str) = ("Templates", "Template");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

fn patch(ask: &Ask<'_>) -> Result<TemplatePatch> {
    let channels = ask.params.words("Channels");
    let channels = channels.iter().map(|text| channel(text)).collect::<Result<Vec<_>>>()?;
    Ok(TemplatePatch {
        friendly_name: ask.params.owned("FriendlyName"),
        channels: (!channels.is_empty()).then_some(channels),
        texts: texts(ask.params.text("Translations"), "Translations")?,
        default_language: ask.params.owned("DefaultLanguage"),
    })
}

/// A JSON object whose values are texts or numbers.
pub(super) fn texts(text: Option<&str>, name: &str) -> Result<Option<BTreeMap<String, String>>> {
    use serde_json::Value;
    let Some(text) = text else { return Ok(None) };
    let bad = || refuse(ErrorCode::VerifyInvalid, format!("{name} must be a JSON object of texts."));
    let object: BTreeMap<String, Value> = serde_json::from_str(text).map_err(|_| bad())?;
    let text = |(name, value)| match value {
        Value::String(text) => Ok((name, text)),
        Value::Number(number) => Ok((name, number.to_string())),
        _ => Err(bad()),
    };
    object.into_iter().map(text).collect::<Result<_>>().map(Some)
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<VerifyTemplate>(ask)?;
    let name = ask.params.text("FriendlyName");
    let templates = ask.app().verify_templates(ask.account.sid, name, &paged.query()).await?;
    ask.page(&paged, templates, None, |w, template| view(w, &ask.shown(), template))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let answer = |made: &VerifyTemplate| ask.made("Template", |w| view(w, &ask.shown(), made));
    let keep = |made: &VerifyTemplate| ask.kept(made.sid, Some(&answer(made)));
    Ok(answer(&ask.app().create_verify_template(&ask.account, patch(ask)?, &keep).await?))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let template = ask.app().verify_template(ask.account.sid, ask.sid("TemplateSid")?).await?;
    Ok(ask.one("Template", |w| view(w, &ask.shown(), &template)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let sid = ask.sid("TemplateSid")?;
    let template = ask.app().update_verify_template(&ask.account, sid, patch(ask)?).await?;
    Ok(ask.one("Template", |w| view(w, &ask.shown(), &template)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_verify_template(&ask.account, ask.sid("TemplateSid")?).await?;
    Ok(Answer::empty())
}

fn view(w: &mut Writer, shown: &Shown<'_>, template: &VerifyTemplate) {
    w.put("sid", template.sid.to_string());
    w.put("account_sid", template.account_sid.to_string());
    w.put("friendly_name", &template.friendly_name);
    w.texts("channels", &template.channels.iter().map(|channel| channel.as_str()).collect::<Vec<_>>());
    w.object("translations", |w| {
        for (language, translation) in &template.translations {
            w.object(language, |w| {
                w.put("is_default_translation", *language == template.default_language);
                w.put("status", "approved");
                w.put("locale", language);
                w.put("text", &translation.text);
                w.put("date_created", iso(template.created_at));
                w.put("date_updated", iso(translation.updated_at));
            });
        }
    });
    w.put("date_created", iso(template.created_at));
    w.put("date_updated", iso(template.updated_at));
    w.put("url", url(shown, format!("Templates/{}", template.sid)));
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::UNIX_EPOCH;
    let text = "{{code}} is uw code voor {{friendly_name}}.".to_owned();
    let specimen = VerifyTemplate {
        sid: VerifyTemplateSid::from_u128(1),
        version: 1,
        account_sid: AccountSid::from_u128(1),
        friendly_name: "login".to_owned(),
        channels: vec![VerifyChannel::Sms],
        translations: BTreeMap::from([("nl".to_owned(), Translation { text, updated_at: at })]),
        default_language: "nl".to_owned(),
        created_at: at,
        updated_at: at,
    };
    view(w, shown, &specimen);
}
