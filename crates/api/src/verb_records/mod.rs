//! Records of verbs that ran, in the classic API: read-only and JSON only.

#[cfg(test)]
mod tests;

use flexio_domain::*;
use flexio_store::VerbRecordFilter;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::{iso_ms, rfc2822};
use crate::error::{Result, invalid};
use crate::operation::{NATIVE, Operation, Param, Shows, params, row};
use crate::paging::{Listed, Paged};
use crate::write::Writer;

const FILTERS: &[Param] = params![
    "CallSid": "Records of this call.",
    "Status": "Equal.",
    "StartTime": "Begun not before.",
    "EndTime": "Begun not after.",
];

/// The two operations of one collection.
macro_rules! collection {
    ($id:literal, $path:literal, $name:literal, $about:literal) => {
        [
            row!(
                concat!($id, ".list"),
                Read,
                NATIVE,
                concat!("Accounts/{AccountSid}/", $path),
                concat!($about, ", newest first."),
                FILTERS,
                Shows::Many(sample),
                list
            ),
            row!(
                concat!($id, ".fetch"),
                Read,
                NATIVE,
                concat!("Accounts/{AccountSid}/", $path, "/{", $name, "}"),
                concat!("One of them: ", $about, "."),
                &[],
                Shows::One(sample),
                fetch
            ),
        ]
    };
}

const ALL: [[Operation; 2]; 7] = [
    collection!("gathers_dtmf", "Gathers/DTMF", "GatherDtmfSid", "Keys that were gathered, without the keys"),
    collection!(
        "gathers_speech",
        "Gathers/Speech",
        "GatherSpeechSid",
        "Speech that was gathered, without the words"
    ),
    collection!("says", "Says", "SaySid", "What was said, without the text"),
    collection!("plays", "Plays", "PlaySid", "What was played"),
    collection!("holds", "Holds", "HoldSid", "Parties put on hold"),
    collection!("resumes", "Resumes", "ResumeSid", "Parties taken back from hold"),
    collection!("refers", "Refers", "ReferSid", "Parties transferred"),
];

pub(crate) const OPERATIONS: &[Operation] = ALL.as_flattened();

fn kind(ask: &Ask<'_>) -> VerbKind {
    let path = ask.operation.path;
    let named = [
        ("/Gathers/DTMF", VerbKind::GatherDtmf),
        ("/Gathers/Speech", VerbKind::GatherSpeech),
        ("/Says", VerbKind::Say),
        ("/Plays", VerbKind::Play),
        ("/Holds", VerbKind::Hold),
        ("/Resumes", VerbKind::Resume),
    ];
    named.into_iter().find(|(part, _)| path.contains(part)).map_or(VerbKind::Refer, |(_, kind)| kind)
}

/// The path of a collection, as `uri` shows it.
const fn collection_of(kind: VerbKind) -> &'static str {
    match kind {
        VerbKind::GatherDtmf => "Gathers/DTMF",
        VerbKind::GatherSpeech => "Gathers/Speech",
        VerbKind::Say => "Says",
        VerbKind::Play => "Plays",
        VerbKind::Hold => "Holds",
        VerbKind::Resume => "Resumes",
        VerbKind::Refer => "Refers",
    }
}

impl Listed for VerbRecord {
    const MEMBERS: (&'static str, &'static str) = ("records", "records");
    const ELEMENTS: (&'static str, &'static str) = ("Records", "Record");
    fn cursor(&self) -> u128 {
        self.id.0
    }
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::read::<VerbRecord>(ask)?;
    let call_sid = ask.params.text("CallSid").map(CallSid::parse_any).transpose();
    let filter = VerbRecordFilter {
        call_sid: call_sid.map_err(|_| invalid("CallSid", "is not a call's sid"))?,
        status: ask.params.owned("Status"),
        created: ask.params.span_between("StartTime", "EndTime")?,
    };
    let (account, kind) = (ask.account.sid, kind(ask));
    let total = ask.app().count_verb_records(account, kind, &filter).await?;
    let records = ask.app().verb_records(account, kind, &filter, &paged.query()).await?;
    ask.page(&paged, records, Some(total), |w, record| view(w, &ask.shown(), record))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    // Each collection has its own name for it, the last of the path.
    let sid = ask.names.last().map_or("", |(_, sid)| sid);
    let record = ask.app().verb_record(ask.account.sid, kind(ask), sid).await?;
    Ok(ask.one("Record", |w| view(w, &ask.shown(), &record)))
}

/// Facts that are numbers on the wire.
const NUMBERS: [&str; 6] = ["character_count", "loop", "num_digits", "timeout", "preTimeout", "postTimeout"];

fn view(w: &mut Writer, shown: &Shown<'_>, record: &VerbRecord) {
    let sid = record.sid();
    w.put("sid", sid.as_str());
    // The original shows these as the classic resources do, and the later ones in ISO 8601.
    let date = if record.kind == VerbKind::Say { rfc2822 } else { iso_ms };
    w.put("date_created", date(record.created_at));
    w.put("account_sid", record.account_sid.to_string());
    w.put("org_sid", None::<&str>);
    w.put("call_sid", record.call_sid.to_string());
    w.put("api_version", shown.face.version());
    w.put("status", &record.status);
    w.put("reason", record.reason.as_deref().unwrap_or(""));
    w.put("duration", record.duration_s);
    for (name, value) in &record.facts {
        match value.parse::<u32>() {
            Ok(number) if NUMBERS.contains(&name.as_str()) => w.put(name, number),
            _ => w.put(name, value),
        }
    }
    let path = format!("{}/{sid}", collection_of(record.kind));
    w.put("uri", shown.uri(record.account_sid, path));
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let specimen = VerbRecord {
        id: VerbRecordId(1),
        kind: VerbKind::Say,
        account_sid: AccountSid::from_u128(1),
        call_sid: CallSid::from_u128(1),
        status: "completed".to_owned(),
        reason: None,
        duration_s: Some(2),
        facts: vec![("language".to_owned(), "nl-BE".to_owned())],
        created_at: Timestamp::from_second(1_766_000_000).expect("a second of 2025"),
    };
    view(w, shown, &specimen);
}
