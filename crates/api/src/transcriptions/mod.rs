//! Texts of recordings.

#[cfg(test)]
pub(crate) mod tests;

use flexio_app::transcriptions::Text;
use flexio_domain::*;
use flexio_store::TranscriptionFilter;

use crate::Face;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::calls::{put_price, scope};
use crate::dialect::rfc2822;
use crate::error::{Result, invalid};
use crate::operation::{BOTH, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged, SortKey};
use crate::write::Writer;

const FILTERS: &[Param] = params![
    "StartTime": "Created not before (classic API).",
    "EndTime": "Created not after (classic API).",
    "SubAccounts": "`true` adds the transcriptions of all descendants (classic API).",
    "SortBy": "`DateCreated`, with `:asc` or `:desc` (classic API).",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "transcriptions.list",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Transcriptions",
        "Texts of recordings, newest first.",
        FILTERS,
        Shows::Many(sample),
        list
    ),
    row!(
        "transcriptions.fetch",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Transcriptions/{TranscriptionSid}",
        "One text.",
        &[],
        Shows::One(sample),
        fetch
    ),
    row!(
        "transcriptions.delete",
        Delete,
        BOTH,
        "Accounts/{AccountSid}/Transcriptions/{TranscriptionSid}",
        "Deletes a text; its recording stays.",
        &[],
        Shows::Nothing,
        delete
    ),
    row!(
        "recording_transcriptions.list",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Recordings/{RecordingSid}/Transcriptions",
        "The texts of one recording.",
        FILTERS,
        Shows::Many(sample),
        list
    ),
    row!(
        "recording_transcriptions.fetch",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Recordings/{RecordingSid}/Transcriptions/{TranscriptionSid}",
        "One text of one recording.",
        &[],
        Shows::One(sample),
        fetch
    ),
    row!(
        "recording_transcriptions.delete",
        Delete,
        BOTH,
        "Accounts/{AccountSid}/Recordings/{RecordingSid}/Transcriptions/{TranscriptionSid}",
        "Deletes a text of one recording.",
        &[],
        Shows::Nothing,
        delete
    ),
];

impl Listed for Text {
    const MEMBERS: (&'static str, &'static str) = ("transcriptions", "transcriptions");
    const ELEMENTS: (&'static str, &'static str) = ("Transcriptions", "Transcription");
    const SORTABLE: &'static [&'static str] = &[];
    fn cursor(&self) -> u128 {
        self.transcription.sid.as_u128()
    }
    fn sort_key(&self, _attribute: &str) -> Option<SortKey> {
        None
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Text>(ask)?;
    if ask.params.text("TranscriptionText").is_some() {
        return Err(invalid("TranscriptionText", "cannot be searched for: texts are kept encrypted"));
    }
    let recording_sid = match ask.name("RecordingSid") {
        "" => None,
        // A foreign recording is not found rather than without texts.
        _ => Some(ask.app().recording(ask.account.sid, ask.sid("RecordingSid")?).await?.sid),
    };
    let created = ask.params.span_between("StartTime", "EndTime")?;
    let filter = TranscriptionFilter { scope: scope(ask)?, recording_sid, created };
    let total = match ask.face {
        Face::Native => Some(ask.app().count_transcriptions(ask.account.sid, &filter).await?),
        Face::Twilio => None,
    };
    let texts = ask.app().transcriptions(ask.account.sid, &filter, &paged.query()).await?;
    ask.page(&paged, texts, total, |w, text| properties(w, &ask.shown(), text))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let text = found(ask).await?;
    Ok(ask.one("Transcription", |w| properties(w, &ask.shown(), &text)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    let text = found(ask).await?;
    ask.app().delete_transcription(&ask.account, text.transcription.sid).await?;
    Ok(Answer::empty())
}

/// The text of the path; under a recording, only one of it.
async fn found(ask: &Ask<'_>) -> Result<Text> {
    let text = ask.app().transcription(ask.account.sid, ask.sid("TranscriptionSid")?).await?;
    let recording = ask.name("RecordingSid");
    let is_of_it = recording.is_empty() || text.transcription.recording_sid.to_string() == recording;
    if is_of_it { Ok(text) } else { Err(ErrorCode::NotFound.into()) }
}

fn properties(w: &mut Writer, shown: &Shown<'_>, text: &Text) {
    let transcription = &text.transcription;
    w.put("sid", transcription.sid.to_string());
    w.put("account_sid", transcription.account_sid.to_string());
    w.put("api_version", shown.face.version());
    w.put("date_created", rfc2822(transcription.created_at));
    w.put("date_updated", rfc2822(transcription.updated_at));
    w.put("recording_sid", transcription.recording_sid.to_string());
    w.put("status", transcription.status.as_str());
    w.put("type", "fast");
    w.put("duration", transcription.duration_ms.div_ceil(1_000).to_string());
    w.put("transcription_text", text.text.as_ref().map(|text| text.0.as_str()));
    if shown.prices() {
        // Transcription is free of charge: the recogniser is the operator's.
        put_price(w, None);
    }
    w.put("uri", shown.uri(transcription.account_sid, format!("Transcriptions/{}", transcription.sid)));
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = |second: i64| Timestamp::from_second(1_766_000_000 + second).expect("a second of 2025");
    let transcription = Transcription {
        sid: TranscriptionSid::from_u128(1),
        version: 2,
        account_sid: AccountSid::from_u128(1),
        call_sid: CallSid::from_u128(1),
        recording_sid: RecordingSid::from_u128(1),
        status: TranscriptionStatus::Completed,
        duration_ms: 14_700,
        text: None,
        due_at: None,
        expires_at: None,
        api_version: "2010-04-01".to_owned(),
        created_at: at(18),
        updated_at: at(20),
    };
    let text = Some(Pii("Please call me back.".to_owned()));
    properties(w, shown, &Text { transcription, text });
}
