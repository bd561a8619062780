//! Flows as files: import and export.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flexio_app::flows::FlowContent;
use flexio_domain::{ErrorCode, Flow};
use flexio_flows::{self as engine, import};
use serde_json::{Value, json};

use super::{answer, body, sid, view};
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid, refuse};

#[derive(serde::Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Import {
    content: Option<String>,
    archive: Option<String>,
    name: Option<String>,
}

/// The project of an archive, or the text as it is.
fn text_of(import: &Import) -> Result<String> {
    match (&import.content, &import.archive) {
        (Some(content), None) => Ok(content.clone()),
        (None, Some(archive)) => {
            let bytes = STANDARD.decode(archive).map_err(|_| invalid("archive", "is not base64"))?;
            Ok(import::project(&bytes).map_err(|why| refuse(ErrorCode::FlowImportRefused, why))?)
        }
        _ => Err(invalid("content", "or `archive` is needed, one of the two")),
    }
}

pub(super) async fn import(ask: &Ask<'_>) -> Result<Answer> {
    let given: Import = body(ask)?;
    let imported = import::read(&text_of(&given)?, given.name.as_deref().unwrap_or("Imported"))
        .map_err(|error| refuse(ErrorCode::FlowImportRefused, format!("{error}.")))?;
    let mut flow = imported.flow;
    flow.name = given.name.unwrap_or(flow.name);
    let content = FlowContent { flow, studio: imported.studio, note: "imported".to_owned() };
    let keep = |made: &Flow| ask.kept(made.sid, None);
    let made = ask.app().create_flow(&ask.account, content, &keep).await?;
    let mut shown = view(ask, &made, true).await?;
    shown["report"] = json!(imported.report);
    Ok(answer(200, &shown))
}

pub(super) async fn export(ask: &Ask<'_>) -> Result<Answer> {
    let flow = ask.app().flow(ask.account.sid, sid(ask)?).await?;
    let document = ask.app().flow_document_of(&flow, None).await?;
    let format = ask.params.text("Format").unwrap_or("yaml");
    let content = match format {
        "yaml" => engine::to_yaml(&document),
        "json" => serde_json::to_string_pretty::<Value>(&engine::to_value(&document)).unwrap_or_default(),
        _ => return Err(invalid("Format", "must be yaml or json")),
    };
    Ok(answer(200, &json!({ "format": format, "content": content })))
}
