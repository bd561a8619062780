//! Erasure of personal data: of an account whose contract is over, or of a telephone number in an account; and its certificate.

#[cfg(test)]
mod tests;
mod views;

use flexio_documents::erasure::Paper;
use flexio_domain::{E164, Erasure, ErasureSid, ErrorCode, Language};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, refuse};
use crate::operation::{Access, Kind, NATIVE, Operation, Shows, params, row};
use crate::paging::{Listed, Paged};

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "erasures.preview",
        kind: Kind::Update,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Erasures/Preview",
        about: "What an erasure would take, what it would leave and why, which legal holds stand against it. Nothing changes.",
        access: Access::Token,
        params: params!["Number": "A telephone number; all of the account if absent."],
        shows: Shows::One(views::preview_sample),
        run: |ask| Box::pin(preview(ask)),
    },
    Operation {
        id: "erasures.create",
        kind: Kind::Create,
        faces: NATIVE,
        path: "Accounts/{AccountSid}/Erasures",
        about: "Erases a telephone number in the account or, asked by an account above once account and contract are closed, all of it. It is done in the background.",
        access: Access::Token,
        params: params!["Number": "The telephone number of the person who asked; all of the account if absent."],
        shows: Shows::One(views::sample),
        run: |ask| Box::pin(create(ask)),
    },
    row!(
        "erasures.list",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Erasures",
        "Erasures, newest first.",
        &[],
        Shows::Many(views::sample),
        list
    ),
    row!(
        "erasures.fetch",
        Read,
        NATIVE,
        "Accounts/{AccountSid}/Erasures/{ErasureSid}",
        "How far an erasure is, and its certificate once it is done; with `.pdf` or `.html` the certificate as a document.",
        params!["Language": "Of the document: `nl`, `fr`, `de` or `en` (default)."],
        Shows::One(views::sample),
        fetch
    ),
];

impl Listed for Erasure {
    const MEMBERS: (&'static str, &'static str) = ("erasures", "erasures");
    const ELEMENTS: (&'static str, &'static str) = ("Erasures", "Erasure");
    fn cursor(&self) -> u128 {
        self.sid.as_u128()
    }
}

/// The number that is asked about.
pub(crate) fn number(ask: &Ask<'_>) -> Result<Option<E164>> {
    let Some(text) = ask.params.text("Number").filter(|text| !text.is_empty()) else { return Ok(None) };
    let read = text.parse().map_err(|_| refuse(ErrorCode::InvalidParameter, "Number is `+` and its digits."));
    read.map(Some)
}

async fn preview(ask: &Ask<'_>) -> Result<Answer> {
    let number = number(ask)?;
    let preview = ask.app().preview_erasure(&ask.account, number.as_ref()).await?;
    Ok(ask.one("ErasurePreview", |w| views::preview(w, &preview)))
}

async fn create(ask: &Ask<'_>) -> Result<Answer> {
    let keep = |erasure: &Erasure| ask.kept(erasure.sid, None);
    let by_operator = ask.is_by_ancestor();
    let erasure = ask.app().ask_erasure(&ask.account, by_operator, number(ask)?, ask.user(), &keep).await?;
    Ok(ask.made("Erasure", |w| views::erasure(w, &ask.shown(), &erasure, None)))
}

async fn list(ask: &Ask<'_>) -> Result<Answer> {
    let paged = Paged::whole::<Erasure>(ask)?;
    let erasures = ask.app().erasures(ask.account.sid, &paged.query()).await?;
    ask.bare(&paged, erasures, |w, erasure| views::erasure(w, &ask.shown(), erasure, None))
}

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let sid: ErasureSid = ask.sid("ErasureSid")?;
    let erasure = ask.app().erasure(ask.account.sid, sid).await?;
    match ask.file {
        None => {
            let genuine = ask.app().is_certificate_genuine(&erasure).await?;
            Ok(ask.one("Erasure", |w| views::erasure(w, &ask.shown(), &erasure, genuine)))
        }
        Some(form) => document(ask, &erasure, form),
    }
}

/// The certificate; there is none before the erasure is done.
fn document(ask: &Ask<'_>, erasure: &Erasure, form: &str) -> Result<Answer> {
    let certificate = erasure.certificate.as_ref().ok_or(ErrorCode::NotFound)?;
    let (app, language) = (ask.app(), language(ask)?);
    let day = |at| app.rater().plan().zone().to_datetime(at).date();
    let days = (day(erasure.created_at), day(certificate.issued_at));
    let paper = Paper::new((erasure, certificate), &app.config.operator, language, days);
    match form {
        "html" => Ok(Answer::new(200, "text/html; charset=utf-8", paper.html())),
        "pdf" => {
            let pdf = paper.pdf().map_err(|error| {
                tracing::error!(%error, erasure = %erasure.sid, "certificate_not_made");
                ErrorCode::Internal
            })?;
            Ok(Answer::new(200, "application/pdf", pdf))
        }
        _ => Err(ErrorCode::NotFound.into()),
    }
}

fn language(ask: &Ask<'_>) -> Result<Language> {
    let Some(text) = ask.params.text("Language") else { return Ok(Language::En) };
    Language::from_wire(text)
        .ok_or_else(|| refuse(ErrorCode::InvalidParameter, "Language is nl, fr, de or en."))
}
