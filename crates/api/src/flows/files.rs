//! Flows as files: import and export.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flexio_app::AppError;
use flexio_app::flows::FlowContent;
use flexio_domain::{ErrorCode, Flow};
use flexio_flows::import::{Imported, Remark};
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

/// The project of an archive, or the text as it is; and the archive, where there is one.
fn text_of(import: &Import) -> Result<(String, Option<Vec<u8>>)> {
    match (&import.content, &import.archive) {
        (Some(content), None) => Ok((content.clone(), None)),
        (None, Some(archive)) => {
            let bytes = STANDARD.decode(archive).map_err(|_| invalid("archive", "is not base64"))?;
            let text = import::project(&bytes).map_err(|why| refuse(ErrorCode::FlowImportRefused, why))?;
            Ok((text, Some(bytes)))
        }
        _ => Err(invalid("content", "or `archive` is needed, one of the two")),
    }
}

/// Puts the sound files of a project among those of the account. One that is not in the archive, or cannot be kept, is told; one whose name
/// the account has for another sound gets a name of its own.
async fn keep_sounds(ask: &Ask<'_>, imported: &mut Imported, archive: Option<&[u8]>) -> Result<()> {
    let mut names = BTreeMap::new();
    for sound in &imported.sounds {
        let bytes = archive.ok_or_else(|| "There is no archive with it.".to_owned());
        let kept = match bytes.and_then(|archive| import::sound(archive, &sound.file)) {
            Ok(bytes) => keep_sound(ask, &sound.name, &bytes).await,
            Err(why) => Ok(Err(why)),
        };
        match kept? {
            Ok(name) => {
                names.insert(sound.name.clone(), name);
            }
            Err(why) => {
                let text = format!("put the sound file `{}` among those of the account: {why}", sound.name);
                imported.report.push(Remark { node: Some(sound.node.clone()), text });
            }
        }
    }
    imported.rename_sounds(&names);
    Ok(())
}

/// The name a sound is kept under, or why it is not.
async fn keep_sound(ask: &Ask<'_>, name: &str, bytes: &[u8]) -> Result<std::result::Result<String, String>> {
    let (app, account) = (ask.app(), &ask.account);
    for turn in 1..=NAMES_MAX {
        let name = if turn == 1 { name.to_owned() } else { format!("{turn}-{name}") };
        match app.sound_bytes(account.sid, &name).await {
            Ok(known) if known == bytes => return Ok(Ok(name)),
            Ok(_) => {}
            Err(AppError::Refused(_)) => {
                return match app.save_sound(account, &name, bytes).await {
                    Ok(_) => Ok(Ok(name)),
                    Err(AppError::Refused(refusal)) => Ok(Err(refusal.to_string())),
                    Err(error) => Err(error.into()),
                };
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Err("Its name is taken too often.".to_owned()))
}

/// Names that are tried for one sound, at most.
const NAMES_MAX: u32 = 20;

pub(super) async fn import(ask: &Ask<'_>) -> Result<Answer> {
    let given: Import = body(ask)?;
    let (text, archive) = text_of(&given)?;
    let mut imported = import::read(&text, given.name.as_deref().unwrap_or("Imported"))
        .map_err(|error| refuse(ErrorCode::FlowImportRefused, format!("{error}.")))?;
    keep_sounds(ask, &mut imported, archive.as_deref()).await?;
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
