//! A contract summary as shown.

use flexio_documents::summary::Summary;
use flexio_domain::Account;

use crate::ask::Shown;
use crate::write::Writer;

pub(super) fn summary(w: &mut Writer, account: &Account, shown: &Shown<'_>, summary: &Summary) {
    let language = summary.language().as_str();
    let path = format!("{}/restcomm/2012-04-24/Accounts/{}/ContractSummary", shown.base, account.sid);
    w.put("account_sid", account.sid.to_string());
    w.put("service", summary.service());
    w.put("provider", summary.provider());
    w.put("language", language);
    w.put("date_issued", summary.issued_on().to_string());
    w.put("pdf_url", format!("{path}.pdf?Language={language}"));
    w.put("html_url", format!("{path}.html?Language={language}"));
}

pub(super) fn sample(w: &mut Writer, _: &Shown<'_>) {
    for name in ["account_sid", "service", "provider", "language", "date_issued", "pdf_url", "html_url"] {
        w.put(name, "");
    }
}
