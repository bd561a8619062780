//! What is in an archive: lists as JSON lines and CSV of at most [`ROWS`] rows a file, documents and audio as they are.
//!
//! Each kind names the fields that are told; whatever is not named stays out, so that a new secret of an entity is never told by accident.

use std::fmt::Write as _;
use std::sync::Arc;

use flexio_documents::{invoice_pdf, tables, ubl};
use flexio_domain::*;
use flexio_store::{
    ApplicationFilter, CallFilter, CallerIdFilter, InvoiceFilter, MediaFilter, MessageFilter,
    NotificationFilter, NumberFilter, OptOutFilter, Order, Page, RecordingFilter, Span, TranscriptionFilter,
    UsageFilter, UsagePlace,
};
use serde::Serialize;
use serde_json::Value;

use super::archive::Archive;
use super::fields::*;
use super::{Making, unwritten};
use crate::error::AppError;
use crate::recordings::Audio;

/// Rows of one file.
const ROWS: u32 = 1_000;
/// Bytes of audio at once.
const AUDIO_STEP: u64 = 1 << 20;
/// Rows that come without pages: pins, notices, acceptances.
const WHOLE_MAX: u32 = 10_000;

/// A part of the archive; progress counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    About,
    Account,
    Contract,
    Numbers,
    Porting,
    Masking,
    CallerIds,
    Applications,
    Flows,
    Messages,
    Calls,
    Recordings,
    Transcriptions,
    Usage,
    Invoices,
    Dispatches,
    Payments,
    OptOuts,
    Emails,
    Notifications,
}

pub(super) const PARTS: [Part; 20] = [
    Part::About,
    Part::Account,
    Part::Contract,
    Part::Numbers,
    Part::Porting,
    Part::Masking,
    Part::CallerIds,
    Part::Applications,
    Part::Flows,
    Part::Messages,
    Part::Calls,
    Part::Recordings,
    Part::Transcriptions,
    Part::Usage,
    Part::Invoices,
    Part::Dispatches,
    Part::Payments,
    Part::OptOuts,
    Part::Emails,
    Part::Notifications,
];

const ABOUT: &str = "This archive holds what is kept of one account.

account.json, contract.json   the account, who pays, contracts, acceptances, prices, mandates of direct debit
<list>/0001.jsonl, .csv       one row a line, the same in both forms, 1 000 rows a file, oldest first
invoices/<number>.*           each document as PDF, UBL (xml), CSV and JSON
dispatches/, payments/        how documents were sent on, and payments through a provider: lists as above
recordings/<sid>.wav          audio; recordings/missing.txt names what could not be read
flows/<sid>.json              drafts of flows

Times are UTC, amounts in the account's currency before tax. Passwords, tokens, keys and secrets are not in it.
";

impl Part {
    /// Writes the part behind those before.
    pub(super) async fn write(self, making: &mut Making<'_>, archive: Archive) -> Result<Archive, AppError> {
        match self {
            Self::About => put(archive, "README.txt".to_owned(), ABOUT.into()).await,
            Self::Account => account(making, archive).await,
            Self::Contract => contract(making, archive).await,
            Self::Flows => {
                let archive = flows(making, archive).await?;
                sounds(making, archive).await
            }
            Self::Invoices => invoices(making, archive).await,
            Self::Dispatches => dispatches(making, archive).await,
            Self::Recordings => {
                let archive = list(self, making, archive).await?;
                audio(making, archive).await
            }
            Self::Messages => {
                let archive = list(self, making, archive).await?;
                pictures(making, archive).await
            }
            Self::Numbers
            | Self::Porting
            | Self::Masking
            | Self::CallerIds
            | Self::Applications
            | Self::Calls
            | Self::Transcriptions
            | Self::Usage
            | Self::Payments
            | Self::OptOuts
            | Self::Emails
            | Self::Notifications => list(self, making, archive).await,
        }
    }

    /// Folder of the list, and the fields told of each row.
    const fn form(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Numbers => ("numbers", NUMBERS),
            Self::Porting => ("porting", PORTING),
            Self::Masking => ("number-masking", MASKING),
            Self::CallerIds => ("caller-ids", CALLER_IDS),
            Self::Applications => ("applications", APPLICATIONS),
            Self::Messages => ("messages", MESSAGES),
            Self::Calls => ("calls", CALLS),
            Self::Recordings => ("recordings", RECORDINGS),
            Self::Transcriptions => ("transcriptions", TRANSCRIPTIONS),
            Self::Usage => ("usage", USAGE),
            Self::Dispatches => ("dispatches", DISPATCHES),
            Self::Payments => ("payments", PAYMENTS),
            Self::OptOuts => ("opt-outs", OPT_OUTS),
            Self::Emails => ("emails", EMAILS),
            Self::Notifications => ("notifications", NOTIFICATIONS),
            Self::About | Self::Account | Self::Contract | Self::Flows | Self::Invoices => ("", &[]),
        }
    }
}

/// Where the next page of a list begins.
#[derive(Debug, Clone, Default)]
enum After {
    #[default]
    Nothing,
    Sid(u128),
    Event(UsagePlace),
}

impl After {
    fn page(&self) -> Page {
        let after = match self {
            Self::Sid(sid) => Some(*sid),
            Self::Nothing | Self::Event(..) => None,
        };
        Page { after, skip: 0, limit: ROWS, order: Order::Oldest }
    }
}

/// Rows as they are told, and where the next begin.
type Told = (Vec<Value>, After);

fn told<T: Serialize>(rows: &[T], fields: &[&str], after: impl Fn(&T) -> u128) -> Result<Told, AppError> {
    let last = rows.last().map_or(After::Nothing, |row| After::Sid(after(row)));
    let picked: Result<Vec<Value>, AppError> = rows.iter().map(|row| pick(row, fields)).collect();
    Ok((picked?, last))
}

/// The named fields of an entity, in their order; one it does not have is null.
fn pick<T: Serialize>(row: &T, fields: &[&str]) -> Result<Value, AppError> {
    let whole = serde_json::to_value(row).map_err(|error| unwritten(std::io::Error::other(error)))?;
    let told =
        fields.iter().map(|name| ((*name).to_owned(), whole.get(*name).cloned().unwrap_or(Value::Null)));
    Ok(Value::Object(told.collect()))
}

async fn page(part: Part, making: &Making<'_>, after: &After) -> Result<Told, AppError> {
    let (store, account, page) = (&making.app.store, making.export.account_sid, after.page());
    let (_, fields) = part.form();
    match part {
        Part::Numbers => {
            let rows = store.numbers(account, &NumberFilter::default(), &page).await?;
            told(&rows, fields, |row| row.sid.as_u128())
        }
        Part::Porting => {
            let rows = store.porting_requests(account, &page).await?;
            told(&rows, fields, |row| row.sid.as_u128())
        }
        Part::Masking => {
            let rows = store.mask_records(account, MaskKind::Participant, None, None, &page).await?;
            told(&rows, fields, |row| row.sid.as_u128())
        }
        Part::CallerIds => {
            let rows = store.caller_ids(account, &CallerIdFilter::default(), &page).await?;
            told(&rows, fields, |row| row.sid.as_u128())
        }
        Part::Applications => {
            let rows = store.applications(account, &ApplicationFilter::default(), &page).await?;
            told(&rows, fields, |row| row.sid.as_u128())
        }
        Part::Messages => {
            let rows = store.messages(account, &MessageFilter::default(), &page).await?;
            told(&rows, fields, |row| row.sid.as_u128())
        }
        Part::Calls => {
            let rows = store.calls(account, &CallFilter::default(), &page).await?;
            told(&rows, fields, |row| row.sid.as_u128())
        }
        Part::Recordings => {
            let rows = store.recordings(account, &RecordingFilter::default(), &page).await?;
            told(&rows, fields, |row| row.sid.as_u128())
        }
        Part::Payments => {
            let rows = store.payment_intents(account, &page).await?;
            told(&rows, fields, |row| row.sid.as_u128())
        }
        Part::OptOuts => {
            let rows = store.opt_outs(account, &OptOutFilter::default(), &page).await?;
            told(&rows, fields, |row| row.sid.as_u128())
        }
        Part::Emails => {
            let rows = store.emails(account, Span::default(), &page).await?;
            told(&rows, fields, |row| row.sid.as_u128())
        }
        Part::Notifications => {
            let rows = store.notifications(account, &NotificationFilter::default(), &page).await?;
            told(&rows, fields, |row| row.sid.as_u128())
        }
        Part::Transcriptions => transcriptions(making, &page).await,
        Part::Usage => usage(making, after).await,
        Part::About | Part::Account | Part::Contract | Part::Flows | Part::Invoices | Part::Dispatches => {
            Ok((Vec::new(), After::Nothing))
        }
    }
}

/// Their texts are sealed where they lie, and readable here.
async fn transcriptions(making: &Making<'_>, page: &Page) -> Result<Told, AppError> {
    let filter = TranscriptionFilter::default();
    let texts = making.app.transcriptions(making.export.account_sid, &filter, page).await?;
    let last = texts.last().map_or(After::Nothing, |last| After::Sid(last.transcription.sid.as_u128()));
    let mut rows = Vec::with_capacity(texts.len());
    for text in texts {
        let mut row = pick(&text.transcription, TRANSCRIPTIONS)?;
        row["text"] = text.text.map_or(Value::Null, |text| text.0.into());
        rows.push(row);
    }
    Ok((rows, last))
}

async fn usage(making: &Making<'_>, after: &After) -> Result<Told, AppError> {
    let behind = match after {
        After::Event(place) => Some(place.clone()),
        After::Nothing | After::Sid(_) => None,
    };
    let filter = UsageFilter { after: behind, ..UsageFilter::default() };
    let rows = making.app.store.usage_events(making.export.account_sid, &filter, ROWS).await?;
    let (picked, _) = told(&rows, USAGE, |_| 0)?;
    let last = rows.last().map_or(After::Nothing, |row| After::Event(UsagePlace::of(row)));
    Ok((picked, last))
}

/// Every row of a list, a file of each form per page. A list without rows has one file without lines.
async fn list(part: Part, making: &mut Making<'_>, mut archive: Archive) -> Result<Archive, AppError> {
    let mut after = After::Nothing;
    for number in 1_u32.. {
        let (rows, last) = page(part, making, &after).await?;
        let is_last = rows.len() < ROWS as usize;
        if !rows.is_empty() || number == 1 {
            archive = put_rows(archive, part, number, &rows).await?;
        }
        making.beat().await?;
        if is_last {
            break;
        }
        after = last;
    }
    Ok(archive)
}

/// Rows of a list as lines of JSON and as CSV.
async fn put_rows(archive: Archive, part: Part, number: u32, rows: &[Value]) -> Result<Archive, AppError> {
    let (folder, fields) = part.form();
    let mut lines = String::new();
    for row in rows {
        let _ = writeln!(lines, "{row}");
    }
    let archive = put(archive, format!("{folder}/{number:04}.jsonl"), lines.into_bytes()).await?;
    put(archive, format!("{folder}/{number:04}.csv"), csv(fields, rows).into_bytes()).await
}

/// RFC 4180.
fn csv(fields: &[&str], rows: &[Value]) -> String {
    let mut out = fields.join(",");
    out.push_str("\r\n");
    for row in rows {
        let cells: Vec<String> = fields.iter().map(|name| cell(&row[*name])).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_plain = !text.contains([',', '"', '\r', '\n']);
    if is_plain { text } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

async fn put(mut archive: Archive, name: String, content: Vec<u8>) -> Result<Archive, AppError> {
    let written = move || archive.file(&name, &content).map(|()| archive);
    let joined = tokio::task::spawn_blocking(written).await;
    joined.map_err(|error| unwritten(std::io::Error::other(error)))?.map_err(unwritten)
}

fn pretty(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

async fn account(making: &Making<'_>, archive: Archive) -> Result<Archive, AppError> {
    let account = making.app.store.account(making.export.account_sid).await?.ok_or(ErrorCode::NotFound)?;
    put(archive, "account.json".to_owned(), pretty(&pick(&account, ACCOUNT)?)).await
}

/// Who pays and what was agreed to: none of it is secret.
async fn contract(making: &Making<'_>, archive: Archive) -> Result<Archive, AppError> {
    let (store, account) = (&making.app.store, making.export.account_sid);
    let subscription = store.subscription(account).await?;
    let acceptances = match &subscription {
        Some(contract) => store.acceptances(account, contract.sid, WHOLE_MAX).await?,
        None => Vec::new(),
    };
    let oldest = Page { limit: WHOLE_MAX, ..After::Nothing.page() };
    let whole = serde_json::json!({
        "mandates": store.mandates(account, &oldest).await?,
        "collections": store.collections(account, &oldest).await?,
        "customer": store.customer(account).await?,
        "subscription": subscription,
        "acceptances": acceptances,
        "pins": store.pins(account, WHOLE_MAX).await?,
        "price_notices": store.price_notices(account, WHOLE_MAX).await?,
        "terms_notices": store.terms_notices(account, WHOLE_MAX).await?,
        "promotions": store.redemptions(account, WHOLE_MAX).await?,
    });
    put(archive, "contract.json".to_owned(), pretty(&whole)).await
}

async fn flows(making: &mut Making<'_>, mut archive: Archive) -> Result<Archive, AppError> {
    let mut after = After::Nothing;
    loop {
        let flows = making.app.store.flows(making.export.account_sid, &after.page()).await?;
        for flow in &flows {
            let name = format!("flows/{}.json", flow.sid);
            archive = put(archive, name, flow.definition.clone().into_bytes()).await?;
        }
        making.beat().await?;
        match flows.last() {
            Some(last) if flows.len() == ROWS as usize => after = After::Sid(last.sid.as_u128()),
            _ => return Ok(archive),
        }
    }
}

/// Sound files by their names: `sounds/welcome.wav`.
async fn sounds(making: &mut Making<'_>, mut archive: Archive) -> Result<Archive, AppError> {
    let account = making.export.account_sid;
    for sound in making.app.sounds(account).await? {
        let bytes = making.app.sound_bytes(account, &sound.name).await?;
        archive = put(archive, format!("sounds/{}", sound.name), bytes).await?;
        making.beat().await?;
    }
    Ok(archive)
}

async fn invoices(making: &mut Making<'_>, mut archive: Archive) -> Result<Archive, AppError> {
    let mut after = After::Nothing;
    loop {
        let states = making
            .app
            .store
            .invoices(making.export.account_sid, &InvoiceFilter::default(), &after.page())
            .await?;
        let next =
            states.last().filter(|_| states.len() == ROWS as usize).map(|last| last.invoice.sid.as_u128());
        for state in states {
            archive = document(state.invoice, archive).await?;
            making.beat().await?;
        }
        match next {
            Some(sid) => after = After::Sid(sid),
            None => return Ok(archive),
        }
    }
}

/// How each document was sent on, a file of each form per page of documents.
async fn dispatches(making: &mut Making<'_>, mut archive: Archive) -> Result<Archive, AppError> {
    let (store, account) = (Arc::clone(&making.app.store), making.export.account_sid);
    let mut after = After::Nothing;
    for number in 1_u32.. {
        let states = store.invoices(account, &InvoiceFilter::default(), &after.page()).await?;
        let mut rows = Vec::new();
        for state in &states {
            let sent = store.dispatches(account, state.invoice.sid, WHOLE_MAX).await?;
            let told: Result<Vec<Value>, AppError> = sent.iter().map(|it| pick(it, DISPATCHES)).collect();
            rows.extend(told?);
        }
        if !rows.is_empty() || number == 1 {
            archive = put_rows(archive, Part::Dispatches, number, &rows).await?;
        }
        making.beat().await?;
        match states.last() {
            Some(last) if states.len() == ROWS as usize => after = After::Sid(last.invoice.sid.as_u128()),
            _ => break,
        }
    }
    Ok(archive)
}

/// An invoice or credit note in its four forms.
async fn document(invoice: Invoice, mut archive: Archive) -> Result<Archive, AppError> {
    let written = move || {
        let name = |form: &str| format!("invoices/{}.{form}", invoice.number);
        let pdf = invoice_pdf::document(&invoice).map_err(std::io::Error::other)?;
        archive.file(&name("pdf"), &pdf)?;
        archive.file(&name("xml"), ubl::document(&invoice).as_bytes())?;
        archive.file(&name("csv"), tables::csv(&invoice).as_bytes())?;
        archive.file(&name("json"), &pretty(&tables::json(&invoice)))?;
        Ok::<_, std::io::Error>(archive)
    };
    let joined = tokio::task::spawn_blocking(written).await;
    joined.map_err(|error| unwritten(std::io::Error::other(error)))?.map_err(unwritten)
}

/// What messages carry, by their sids: `media/{sid of the message}-{its own}.jpg`.
async fn pictures(making: &mut Making<'_>, mut archive: Archive) -> Result<Archive, AppError> {
    let mut after = After::Nothing;
    loop {
        let account = making.export.account_sid;
        let rows = making.app.medias(account, &MediaFilter::default(), &after.page()).await?;
        for media in &rows {
            let bytes = making.app.media_bytes(media).await?;
            let ending = flexio_messaging::media::kind_of(&bytes).map_or("bin", |(_, ending)| ending);
            let name = format!("media/{}-{}.{ending}", media.message_sid, media.sid);
            archive = put(archive, name, bytes).await?;
            making.beat().await?;
        }
        match rows.last() {
            Some(last) if rows.len() == ROWS as usize => after = After::Sid(last.sid.as_u128()),
            _ => return Ok(archive),
        }
    }
}

/// Audio of every recording that can be read; the others are named.
async fn audio(making: &mut Making<'_>, mut archive: Archive) -> Result<Archive, AppError> {
    let mut missing = String::new();
    let mut after = After::Nothing;
    loop {
        let account = making.export.account_sid;
        let rows = making.app.store.recordings(account, &RecordingFilter::default(), &after.page()).await?;
        for recording in rows.iter().filter(|row| row.status == RecordingStatus::Completed) {
            match making.app.audio_of(recording).await {
                Ok(audio) => archive = sound(making, archive, recording.sid, &audio).await?,
                Err(error) => {
                    tracing::warn!(recording_sid = %recording.sid, %error, "recording_not_exported");
                    let _ = writeln!(missing, "{}", recording.sid);
                }
            }
            making.beat().await?;
        }
        match rows.last() {
            Some(last) if rows.len() == ROWS as usize => after = After::Sid(last.sid.as_u128()),
            _ => break,
        }
    }
    put(archive, "recordings/missing.txt".to_owned(), missing.into_bytes()).await
}

async fn sound(
    making: &mut Making<'_>,
    mut archive: Archive,
    sid: RecordingSid,
    audio: &Audio,
) -> Result<Archive, AppError> {
    let bytes = audio.bytes();
    archive.begin(&format!("recordings/{sid}.wav"), bytes).map_err(unwritten)?;
    let mut at = 0;
    while at < bytes {
        let next = (at + AUDIO_STEP).min(bytes);
        let part = audio.read(at..next).await?;
        let written = move || archive.append(&part).map(|()| archive);
        let joined = tokio::task::spawn_blocking(written).await;
        archive = joined.map_err(|error| unwritten(std::io::Error::other(error)))?.map_err(unwritten)?;
        making.beat().await?;
        at = next;
    }
    Ok(archive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_tells_what_is_named_and_csv_is_quoted_where_it_must() {
        let row = json!({ "a": "x, \"y\"", "b": 7, "secret": "s", "c": null, "d": ["e"] });
        let told = pick(&row, &["b", "a", "c", "d", "absent"]).unwrap();
        assert_eq!(told, json!({ "b": 7, "a": "x, \"y\"", "c": null, "d": ["e"], "absent": null }));
        assert_eq!(csv(&["b", "a", "c", "d"], &[told]), "b,a,c,d\r\n7,\"x, \"\"y\"\"\",,\"[\"\"e\"\"]\"\r\n");
    }
}
