//! Recordings: their facts. Their audio is in `media.rs`.

pub(crate) mod live;
#[cfg(test)]
mod tests;

use flexio_domain::*;
use flexio_store::RecordingFilter;

use crate::Face;
use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::calls::{call_sid, put_price, scope};
use crate::dialect::rfc2822;
use crate::error::{Result, invalid};
use crate::operation::{BOTH, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged, SortKey};
use crate::write::Writer;

/// Seconds the signed address in `file_uri` is valid.
const FILE_URI_SECONDS: u32 = 3_600;

const FILTERS: &[Param] = params![
    "CallSid": "Recordings of this call.",
    "ConferenceSid": "Recordings of this conference.",
    "DateCreated": "Day or second; `DateCreated<` and `DateCreated>` at or before and after (Twilio's API).",
    "IncludeSoftDeleted": "`true` adds deleted recordings.",
    "StartTime": "Created not before (classic API).",
    "EndTime": "Created not after (classic API).",
    "SubAccounts": "`true` adds the recordings of all descendants (classic API).",
    "SortBy": "`DateCreated`, `Duration` or `CallSid`, with `:asc` or `:desc` (classic API).",
];

pub(crate) const OPERATIONS: &[Operation] = &[
    row!(
        "recordings.list",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Recordings",
        "Recordings, newest first.",
        FILTERS,
        Shows::Many(sample),
        list
    ),
    row!(
        "recordings.fetch",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Recordings/{RecordingSid}",
        "One recording; with `.wav` or `.mp3` its audio.",
        &[],
        Shows::One(sample),
        fetch
    ),
    row!(
        "recordings.delete",
        Delete,
        BOTH,
        "Accounts/{AccountSid}/Recordings/{RecordingSid}",
        "Deletes a recording's audio; the record stays, `deleted`.",
        &[],
        Shows::Nothing,
        delete
    ),
    row!(
        "call_recordings.list",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Calls/{CallSid}/Recordings",
        "Recordings of one call.",
        FILTERS,
        Shows::Many(sample),
        list
    ),
    row!(
        "call_recordings.fetch",
        Read,
        BOTH,
        "Accounts/{AccountSid}/Calls/{CallSid}/Recordings/{RecordingSid}",
        "One recording of one call.",
        &[],
        Shows::One(sample),
        fetch
    ),
    row!(
        "call_recordings.delete",
        Delete,
        BOTH,
        "Accounts/{AccountSid}/Calls/{CallSid}/Recordings/{RecordingSid}",
        "Deletes the audio of a call's recording; the record stays, `deleted`.",
        &[],
        Shows::Nothing,
        delete
    ),
];

impl Listed for Recording {
    const MEMBERS: (&'static str, &'static str) = ("recordings", "recordings");
    const ELEMENTS: (&'static str, &'static str) = ("Recordings", "Recording");
    const SORTABLE: &'static [&'static str] = &["Duration", "CallSid"];
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
    fn sort_key(&self, attribute: &str) -> Option<SortKey> {
        match attribute {
            "Duration" => self.duration_ms.map(SortKey::count),
            "CallSid" => Some(self.call_sid.to_string().into()),
            _ => None,
        }
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<Recording>(ask)?;
    let filter = filter(ask).await?;
    let total = match ask.face {
        Face::Native => Some(ask.app().count_recordings(ask.account.sid, &filter).await?),
        Face::Twilio => None,
    };
    let recordings = ask.app().recordings(ask.account.sid, &filter, &paged.query()).await?;
    ask.page(&paged, recordings, total, |w, recording| view(w, ask, recording))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let recording = found(ask).await?;
    Ok(ask.one("Recording", |w| view(w, ask, &recording)))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    let recording = found(ask).await?;
    ask.app().delete_recording(&ask.account, recording.sid).await?;
    Ok(Answer::empty())
}

/// The recording of the path; under a call or a conference, only one of it.
async fn found(ask: &Ask<'_>) -> Result<Recording> {
    let recording = ask.app().recording(ask.account.sid, ask.sid("RecordingSid")?).await?;
    let of_call = ask.name("CallSid").is_empty() || call_sid(ask)? == recording.call_sid;
    let conference = ask.name("ConferenceSid");
    let of_conference =
        conference.is_empty() || recording.conference_sid.is_some_and(|sid| sid.to_string() == conference);
    let with_deleted = ask.params.boolean("IncludeSoftDeleted")? == Some(true);
    let is_shown = recording.status != RecordingStatus::Deleted || with_deleted;
    if of_call && of_conference && is_shown { Ok(recording) } else { Err(ErrorCode::NotFound.into()) }
}

async fn filter(ask: &Ask<'_>) -> Result<RecordingFilter> {
    let call_sid = if ask.name("CallSid").is_empty() {
        let given = ask.params.text("CallSid").map(CallSid::parse_any).transpose();
        given.map_err(|_| invalid("CallSid", "is not a call's sid"))?
    } else {
        // A foreign call is not found rather than without recordings.
        Some(ask.app().call(ask.account.sid, call_sid(ask)?).await?.sid)
    };
    let conference_sid = if ask.name("ConferenceSid").is_empty() {
        ask.params.parsed("ConferenceSid", ErrorCode::InvalidParameter)?
    } else {
        Some(ask.app().conference(ask.account.sid, ask.sid("ConferenceSid")?).await?.sid)
    };
    let created = match ask.face {
        Face::Twilio => ask.params.span("DateCreated")?,
        Face::Native => ask.params.span_between("StartTime", "EndTime")?,
    };
    let with_deleted = ask.params.boolean("IncludeSoftDeleted")? == Some(true);
    Ok(RecordingFilter { scope: scope(ask)?, call_sid, conference_sid, created, with_deleted })
}

fn view(w: &mut Writer, ask: &Ask<'_>, recording: &Recording) {
    let path = format!("/recordings/{}.wav", recording.sid);
    let file = match ask.face {
        Face::Native if ask.account.protected_media => {
            format!("{path}?{}", ask.app().sign_recording(recording, &path, FILE_URI_SECONDS))
        }
        Face::Native | Face::Twilio => path,
    };
    properties(w, &ask.shown(), recording, &file);
}

/// `file` is the path of the audio, signed where it has to be.
fn properties(w: &mut Writer, shown: &Shown<'_>, recording: &Recording, file: &str) {
    let path = format!("Recordings/{}", recording.sid);
    w.put("sid", recording.sid.to_string());
    w.put("account_sid", recording.account_sid.to_string());
    w.put("call_sid", recording.call_sid.to_string());
    w.put("date_created", rfc2822(recording.created_at));
    w.put("date_updated", rfc2822(recording.updated_at));
    w.put("api_version", shown.face.version());
    w.put("duration", recording.duration_ms.map(|ms| duration(shown, ms)));
    w.put("status", recording.status.as_str());
    w.put("channels", u32::from(recording.channels));
    w.put("source", recording.source.as_str());
    w.put("start_time", rfc2822(recording.started_at));
    if shown.prices() {
        put_price(w, recording.price);
    }
    let uri = shown.uri(recording.account_sid, &path);
    if shown.is_twilio() {
        w.put("conference_sid", recording.conference_sid.map(|sid| sid.to_string()));
        w.put("error_code", (recording.status == RecordingStatus::Failed).then_some(12_400_u32));
        w.put("encryption_details", None::<&str>);
        w.put("track", recording.track.as_str());
        let base = shown.base;
        w.put("media_url", format!("{base}/2010-04-01/Accounts/{}/{path}", recording.account_sid));
        let texts = shown.uri(recording.account_sid, format!("{path}/Transcriptions"));
        w.object("subresource_uris", |w| w.put("transcriptions", texts));
    } else {
        w.put("purpose", recording.purpose.map(flexio_domain::RecordingPurpose::as_str));
        w.put("date_expires", recording.expires_at.map(rfc2822));
        w.put("file_uri", format!("{}{file}", shown.base));
    }
    w.put("uri", uri);
}

/// Whole seconds, or natively with two decimals.
fn duration(shown: &Shown<'_>, ms: u64) -> String {
    if shown.is_twilio() {
        return ms.div_ceil(1000).to_string();
    }
    let hundredths = ms / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = |second: i64| Timestamp::from_second(1_766_000_000 + second).expect("a second of 2025");
    let specimen = Recording {
        sid: RecordingSid::from_u128(1),
        version: 2,
        account_sid: AccountSid::from_u128(1),
        call_sid: CallSid::from_u128(1),
        conference_sid: None,
        source: RecordingSource::RecordVerb,
        status: RecordingStatus::Completed,
        channels: 1,
        track: RecordingTrack::Inbound,
        purpose: None,
        node: None,
        is_stored: true,
        key: None,
        expires_at: None,
        duration_ms: Some(14_700),
        bytes: Some(235_244),
        api_version: "2010-04-01".to_owned(),
        price: Some(Money::from_micros(625)),
        started_at: at(3),
        created_at: at(3),
        updated_at: at(18),
    };
    let file = "/recordings/RE00000000000000000000000000000001.wav";
    properties(w, &Shown { native_prices: true, ..*shown }, &specimen, file);
}
