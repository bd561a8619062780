//! Usage triggers.

mod params;
mod views;

use flexio_app::TriggerShown;
use flexio_domain::UsageTrigger;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::Result;
use crate::operation::{Access, BOTH, Kind, Operation, Shows, params};
use crate::paging::{Listed, Paged};

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "usage_triggers.list",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Usage/Triggers",
        about: "Usage triggers, with what each is compared with now.",
        access: Access::Own,
        params: params![
            "Recurring": "`daily`, `monthly`, `yearly` or `alltime`.",
            "TriggerBy": "`count`, `usage` or `price`.",
            "UsageCategory": "One category.",
        ],
        shows: Shows::Many(views::sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "usage_triggers.create",
        kind: Kind::Create,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Usage/Triggers",
        about: "Makes a usage trigger: a URL is told once in each period when usage reaches a value. At most 100 per account.",
        access: Access::Own,
        params: params![
            "CallbackUrl": "Required: told.",
            "CallbackMethod": "GET or POST.",
            "TriggerValue": "Required: a number above 0; with a `+` before it, from the present value on.",
            "UsageCategory": "Required: a category of usage records.",
            "FriendlyName": "At most 64 characters.",
            "Recurring": "`daily`, `monthly`, `yearly`, by UTC days; without it all usage counts and it fires once.",
            "TriggerBy": "What is compared: `usage` (default), `count` or `price`.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(create(ask)),
    },
    Operation {
        id: "usage_triggers.fetch",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Usage/Triggers/{UsageTriggerSid}",
        about: "One usage trigger.",
        access: Access::Own,
        params: &[],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "usage_triggers.update",
        kind: Kind::Update,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Usage/Triggers/{UsageTriggerSid}",
        about: "Renames a usage trigger, or tells another URL.",
        access: Access::Own,
        params: params![
            "CallbackUrl": "Told.",
            "CallbackMethod": "GET or POST.",
            "FriendlyName": "At most 64 characters.",
        ],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(update(ask)),
    },
    Operation {
        id: "usage_triggers.delete",
        kind: Kind::Delete,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Usage/Triggers/{UsageTriggerSid}",
        about: "Deletes a usage trigger.",
        access: Access::Own,
        params: &[],
        shows: Shows::Nothing,
        run: |ask| Box::pin(delete(ask)),
    },
];

impl Listed for TriggerShown {
    const MEMBERS: (&'static str, &'static str) = ("usage_triggers", "usage_triggers");
    const ELEMENTS: (&'static str, &'static str) = ("UsageTriggers", "UsageTrigger");
    fn cursor(&self) -> u128 {
        self.trigger.sid.as_u128()
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::whole::<TriggerShown>(ask)?;
    let filter = params::filter(ask)?;
    let triggers = ask.app().usage_triggers(ask.account.sid, &filter, &paged.query()).await?;
    ask.bare(&paged, triggers, |w, shown| views::trigger(w, &ask.shown(), shown))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let new = params::create(ask)?;
    let keep = |trigger: &UsageTrigger| ask.kept(trigger.sid, None);
    let made = ask.app().create_trigger(&ask.account, new, &keep).await?;
    Ok(ask.made("UsageTrigger", |w| views::trigger(w, &ask.shown(), &made)))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let trigger = ask.app().usage_trigger(ask.account.sid, ask.sid("UsageTriggerSid")?).await?;
    Ok(ask.one("UsageTrigger", |w| views::trigger(w, &ask.shown(), &trigger)))
}

async fn update(ask: &Ask<'_>) -> Result<Answer> {
    let sid = ask.sid("UsageTriggerSid")?;
    let (name, callback) = params::update(ask)?;
    let trigger = ask.app().update_trigger(ask.account.sid, sid, name, callback).await?;
    Ok(ask.one("UsageTrigger", |w| views::trigger(w, &ask.shown(), &trigger)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_trigger(ask.account.sid, ask.sid("UsageTriggerSid")?).await?;
    Ok(Answer::empty())
}
