//! Archives of everything that is kept of an account, for whoever has a right to it.

#[cfg(test)]
mod tests;

use axum::body::Body;
use flexio_app::Audio;
use flexio_domain::{AccountSid, ErrorCode, Export, ExportSid, ExportState, Timestamp};
use futures_util::stream;
use http::{HeaderValue, header};

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::dialect::rfc2822;
use crate::error::Result;
use crate::operation::{Access, BOTH, Kind, Operation, Shows};
use crate::paging::{Listed, Paged};
use crate::write::Writer;

/// Bytes of an archive that are opened at once.
const STEP: u64 = 1 << 18;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "exports.create",
        kind: Kind::Create,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Exports",
        about: "Asks for an archive of all that is kept of the account: it is made in the background, one at a time and five a day.",
        access: Access::Token,
        params: &[],
        shows: Shows::One(sample),
        run: |ask| Box::pin(create(ask)),
    },
    Operation {
        id: "exports.list",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Exports",
        about: "Archives, newest first.",
        access: Access::Branch,
        params: &[],
        shows: Shows::Many(sample),
        run: |ask| Box::pin(list(ask)),
    },
    Operation {
        id: "exports.fetch",
        kind: Kind::Read,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Exports/{ExportSid}",
        about: "How far an archive is; with `.tgz` the archive itself, a tar under gzip, while it is ready.",
        access: Access::Token,
        params: &[],
        shows: Shows::One(sample),
        run: |ask| Box::pin(fetch(ask)),
    },
    Operation {
        id: "exports.delete",
        kind: Kind::Delete,
        faces: BOTH,
        path: "Accounts/{AccountSid}/Exports/{ExportSid}",
        about: "Deletes an archive before its time: its key with the answer.",
        access: Access::Token,
        params: &[],
        shows: Shows::Nothing,
        run: |ask| Box::pin(delete(ask)),
    },
];

impl Listed for Export {
    const MEMBERS: (&'static str, &'static str) = ("exports", "exports");
    const ELEMENTS: (&'static str, &'static str) = ("Exports", "Export");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let asked_by = match (&ask.principal.seat, ask.principal.key) {
        (Some(seat), _) => seat.person.sid.to_string(),
        (None, Some(key)) => key.to_string(),
        (None, None) => ask.principal.account.sid.to_string(),
    };
    let keep = |export: &Export| ask.kept(export.sid, None);
    let export = ask.app().ask_export(&ask.account, asked_by, &keep).await?;
    Ok(ask.made("Export", |w| view(w, &ask.shown(), &export)))
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::whole::<Export>(ask)?;
    let exports = ask.app().exports(ask.account.sid, &paged.query()).await?;
    ask.bare(&paged, exports, |w, export| view(w, &ask.shown(), export))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    match ask.file {
        Some("tgz") => archive(ask).await,
        Some(_) => Err(ErrorCode::NotFound.into()),
        None => {
            let export = ask.app().export(ask.account.sid, ask.sid("ExportSid")?).await?;
            Ok(ask.one("Export", |w| view(w, &ask.shown(), &export)))
        }
    }
}

async fn archive(ask: &Ask<'_>) -> Result<Answer> {
    let sid: ExportSid = ask.sid("ExportSid")?;
    let audio = ask.app().export_archive(ask.account.sid, sid).await?;
    let bytes = audio.bytes();
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{sid}.tgz\"")).expect("a sid is ASCII");
    let mut answer = Answer::new(200, "application/gzip", "")
        .with(header::CONTENT_LENGTH, HeaderValue::from(bytes))
        .with(header::CONTENT_DISPOSITION, name)
        .with(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    answer.stream = Some(body(audio, bytes));
    Ok(answer)
}

/// What cannot be read any more ends the connection before its announced length.
fn body(archive: Audio, bytes: u64) -> Body {
    Body::from_stream(stream::try_unfold((archive, 0), move |(archive, at)| async move {
        if at >= bytes {
            return Ok::<_, flexio_app::AppError>(None);
        }
        let next = (at + STEP).min(bytes);
        let part = archive.read(at..next).await?;
        Ok(Some((part, (archive, next))))
    }))
}

async fn delete(ask: &Ask<'_>) -> Result<Answer> {
    ask.app().delete_export(ask.account.sid, ask.sid("ExportSid")?).await?;
    Ok(Answer::empty())
}

fn view(w: &mut Writer, shown: &Shown<'_>, export: &Export) {
    w.put("sid", export.sid.to_string());
    w.put("account_sid", export.account_sid.to_string());
    w.put("status", export.state.as_str());
    w.put("parts_done", export.done);
    w.put("parts", export.parts);
    w.put("bytes", export.bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)));
    w.put("sha256", export.sha256.as_ref());
    w.put("error_message", export.error.as_ref());
    w.put("date_created", rfc2822(export.created_at));
    w.put("date_updated", rfc2822(export.updated_at));
    w.put("date_expires", export.expires_at.map(rfc2822));
    let uri = shown.uri(export.account_sid, format!("Exports/{}", export.sid));
    let archive = format!("{}.tgz", uri.trim_end_matches(".json"));
    w.put("archive_uri", (export.state == ExportState::Ready).then_some(archive));
    w.put("uri", uri);
}

fn sample(w: &mut Writer, shown: &Shown<'_>) {
    let at = Timestamp::from_second(1_766_000_000).expect("a second of 2025");
    let export = Export {
        sid: ExportSid::from_u128(1),
        version: 3,
        account_sid: AccountSid::from_u128(1),
        state: ExportState::Ready,
        asked_by: String::new(),
        done: 15,
        parts: 15,
        attempts: 1,
        node: None,
        bytes: Some(20_480),
        sha256: Some("9f86d081".repeat(8)),
        key: None,
        error: None,
        due_at: None,
        expires_at: Some(at),
        created_at: at,
        updated_at: at,
    };
    view(w, shown, &export);
}
