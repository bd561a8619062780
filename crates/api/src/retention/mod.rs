//! How long what is kept, and what went: for the top account, whose installation it is.

#[cfg(test)]
mod tests;

use flexio_app::{RetentionReport, RetentionTerms};
use flexio_store::RetentionCount;

use crate::answer::Answer;
use crate::ask::{Ask, Shown};
use crate::error::Result;
use crate::operation::{Access, Kind, NATIVE, Operation, Shows};
use crate::write::Writer;

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    id: "retention.fetch",
    kind: Kind::Read,
    faces: NATIVE,
    path: "Accounts/{AccountSid}/Retention",
    about: "How long what is kept, the last night in which what was over its term went, and how much of each class went in the last month. Only for the top account.",
    access: Access::Top,
    params: &[],
    shows: Shows::One(sample),
    run: |ask| Box::pin(fetch(ask)),
}];

async fn fetch(ask: &Ask<'_>) -> Result<Answer> {
    let report = ask.app().retention_report(&ask.account).await?;
    Ok(ask.one("Retention", |w| view(w, &report)))
}

fn view(w: &mut Writer, report: &RetentionReport) {
    w.put("last_night", report.night.as_deref());
    w.put("accounts_held", i64::try_from(report.held).unwrap_or(i64::MAX));
    w.list("terms", "Term", &report.terms.bounds(), |w, bound| {
        w.put("key", bound.key);
        w.put("value", u32::from(bound.value));
        w.put("least", u32::from(bound.least));
        w.put("most", u32::from(bound.most));
    });
    w.list("gone", "Gone", &report.counts, |w, count| {
        w.put("day", count.day.as_str());
        w.put("class", count.class.as_str());
        w.put("count", i64::try_from(count.gone).unwrap_or(i64::MAX));
    });
}

fn sample(w: &mut Writer, _: &Shown<'_>) {
    let counts =
        vec![RetentionCount { day: "2026-12-01".to_owned(), class: "bodies".to_owned(), gone: 1_200 }];
    let night = Some("2026-12-01".to_owned());
    view(w, &RetentionReport { terms: RetentionTerms::default(), night, counts, held: 1 });
}
