//! Parameters of usage triggers.

use flexio_app::CreateTrigger;
use flexio_billing::categories::Category;
use flexio_domain::{ErrorCode, Recurring, TriggerBy, Webhook};
use flexio_store::TriggerFilter;

use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::params::one_of;

/// Characters of a name.
const NAME_CHARS_MAX: usize = 64;

fn category(ask: &Ask<'_>) -> Result<Option<Category>> {
    one_of("UsageCategory", ask.params.text("UsageCategory"), Category::from_wire)
}

fn by(ask: &Ask<'_>) -> Result<Option<TriggerBy>> {
    one_of("TriggerBy", ask.params.text("TriggerBy"), |text| {
        TriggerBy::ALL.into_iter().find(|by| by.as_str() == text)
    })
}

fn recurring(ask: &Ask<'_>) -> Result<Option<Recurring>> {
    one_of("Recurring", ask.params.text("Recurring"), |text| {
        Recurring::ALL.into_iter().find(|recurring| recurring.as_str() == text)
    })
}

fn name(ask: &Ask<'_>) -> Result<Option<String>> {
    let name = ask.params.owned("FriendlyName");
    match &name {
        Some(name) if name.chars().count() > NAME_CHARS_MAX => {
            Err(invalid("FriendlyName", "has more than 64 characters"))
        }
        Some(_) | None => Ok(name),
    }
}

pub(super) fn filter(ask: &Ask<'_>) -> Result<TriggerFilter> {
    let category = category(ask)?.map(|category| category.as_str().to_owned());
    Ok(TriggerFilter { category, by: by(ask)?, recurring: recurring(ask)? })
}

pub(super) fn create(ask: &Ask<'_>) -> Result<CreateTrigger> {
    let callback = ask.params.webhook("CallbackUrl", "CallbackMethod", ErrorCode::UrlInvalid)?;
    // Read as it came: a `+` that was not escaped is a blank by now.
    let value = ask.params.get("TriggerValue").filter(|text| !text.is_empty());
    Ok(CreateTrigger {
        friendly_name: name(ask)?,
        category: category(ask)?.ok_or_else(|| invalid("UsageCategory", "is missing"))?,
        by: by(ask)?.unwrap_or(TriggerBy::Usage),
        value: value.ok_or_else(|| invalid("TriggerValue", "is missing"))?.to_owned(),
        recurring: recurring(ask)?.unwrap_or(Recurring::AllTime),
        callback: callback.ok_or_else(|| invalid("CallbackUrl", "is missing"))?,
        api_version: ask.face.version(),
    })
}

pub(super) fn update(ask: &Ask<'_>) -> Result<(Option<String>, Option<Webhook>)> {
    let callback = ask.params.webhook("CallbackUrl", "CallbackMethod", ErrorCode::UrlInvalid)?;
    Ok((name(ask)?, callback))
}
