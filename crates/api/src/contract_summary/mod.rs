//! The contract summary of the plan on sale, as HTML and PDF. Not Twilio's: its prices are on its web site.

mod views;

#[cfg(test)]
mod tests;

use flexio_domain::{ErrorCode, Language};

use crate::answer::Answer;
use crate::ask::Ask;
use crate::error::{Result, refuse};
use crate::operation::{NATIVE, Operation, Shows, params, row};

pub(crate) const OPERATIONS: &[Operation] = &[row!(
    "contract_summary.fetch",
    Read,
    NATIVE,
    "Accounts/{AccountSid}/ContractSummary",
    "The contract summary (Directive (EU) 2018/1972, Article 102(3)) of the plan on sale: with `.pdf` or `.html` the document, else where it is.",
    params!["Language": "`nl`, `fr`, `de` or `en` (default)."],
    Shows::One(views::sample),
    fetch
)];

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let summary = ask.app().contract_summary(language(ask)?);
    match ask.file {
        None => Ok(ask.one("ContractSummary", |w| views::summary(w, &ask.account, &ask.shown(), &summary))),
        Some("html") => Ok(Answer::new(200, "text/html; charset=utf-8", summary.html())),
        Some("pdf") => match summary.pdf() {
            Ok(pdf) => Ok(Answer::new(200, "application/pdf", pdf)),
            // The configuration is refused where this can happen.
            Err(error) => {
                tracing::error!(%error, "the contract summary cannot be made");
                Err(ErrorCode::Internal.into())
            }
        },
        Some(_) => Err(ErrorCode::NotFound.into()),
    }
}

fn language(ask: &Ask<'_>) -> Result<Language> {
    let Some(text) = ask.params.text("Language") else { return Ok(Language::En) };
    Language::from_wire(text)
        .ok_or_else(|| refuse(ErrorCode::InvalidParameter, "Language is nl, fr, de or en."))
}
