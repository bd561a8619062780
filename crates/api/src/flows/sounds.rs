//! Sound files that calls and flows play by name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flexio_domain::Sound;
use serde_json::{Value, json};

use super::{answer, body, views};
use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, invalid};
use crate::operation::{NATIVE, Operation, Shows, params, row};

const LIST: &str = "Accounts/{AccountSid}/Sounds";
const ONE: &str = "Accounts/{AccountSid}/Sounds/{SoundName}";

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "flows.sounds",
        Read,
        NATIVE,
        LIST,
        "Sound files, by name.",
        &[],
        Shows::One(views::object_sample),
        list
    ),
    row!(
        "flows.sound_save",
        Update,
        NATIVE,
        LIST,
        "Puts a sound file there, or another in its place.",
        params!["name": "1 to 100 letters, digits, `.`, `_` and `-`; played as `sound:name`.", "content": "WAV, MP3 or Ogg in base64, at most 4 MiB."],
        Shows::One(views::object_sample),
        save
    ),
    row!(
        "flows.sound",
        Read,
        NATIVE,
        ONE,
        "A sound file with its bytes, in base64.",
        &[],
        Shows::One(views::object_sample),
        fetch
    ),
    row!("flows.sound_delete", Delete, NATIVE, ONE, "Deletes a sound file.", &[], Shows::Nothing, delete),
];

fn view(sound: &Sound) -> Value {
    json!({
        "name": sound.name,
        "url": format!("{}{}", flexio_app::SOUND_SCHEME, sound.name),
        "content_type": sound.content_type,
        "bytes": sound.bytes,
        "date_created": sound.created_at,
    })
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let sounds = ask.app().sounds(ask.account.sid).await?;
    Ok(answer(200, &json!({ "sounds": sounds.iter().map(view).collect::<Vec<_>>() })))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Upload {
    name: String,
    content: String,
}

async fn save(ask: &Ask<'_>) -> Result<Answer> {
    let upload: Upload = body(ask)?;
    let bytes = STANDARD.decode(&upload.content).map_err(|_| invalid("content", "is not base64"))?;
    let sound = ask.app().save_sound(&ask.account, &upload.name, &bytes).await?;
    Ok(answer(200, &view(&sound)))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let name = ask.name("SoundName");
    let sound = ask.app().sound(ask.account.sid, name).await?;
    let bytes = ask.app().sound_bytes(ask.account.sid, name).await?;
    let mut shown = view(&sound);
    shown["content"] = json!(STANDARD.encode(bytes));
    Ok(answer(200, &shown))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_sound(ask.account.sid, ask.name("SoundName")).await?;
    Ok(Answer::empty())
}
